#!/usr/bin/env bash
# Measures: claims, latencies, fills, a large fleet at rest. The lines go into docs/benchmarks.md.
#   LARGE=10000         how many VMs at rest
#   REST=120            for how many seconds they are watched
#   ONLY=method         one of the measurements of BenchTest
#   PROFILE=file.jfr    records a flight of the service
set -euo pipefail
cd "$(dirname "$0")/.."
rm -f vmm-service/target/benchmarks.md
echo "$(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg), $(date -u +%F)"
.ci/process-test.sh "BenchTest${ONLY:+#$ONLY}" "-Dvmm.large=${LARGE:-10000}" "-Dvmm.rest=${REST:-120}" ${PROFILE:+"-Dvmm.profile=$PROFILE"}
