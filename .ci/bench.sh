#!/usr/bin/env bash
# Measures: claims, latencies, fills, a large fleet at rest. The lines go into docs/benchmarks.md.
#   LARGE=10000 .ci/bench.sh    how many VMs at rest
set -euo pipefail
cd "$(dirname "$0")/.."
rm -f vmm-service/target/benchmarks.md
echo "$(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg), $(date -u +%F)"
.ci/process-test.sh "BenchTest${ONLY:+#$ONLY}" "-Dvmm.large=${LARGE:-10000}" "-Dvmm.rest=${REST:-120}" ${PROFILE:+"-Dvmm.profile=$PROFILE"}
