#!/usr/bin/env bash
# Kills the real service with SIGKILL at random moments: --smoke 4 times, else KILLS=50. SEED=… repeats the moments.
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${KILLS:-50}
[ "${1:-}" != --smoke ] || kills=4
exec .ci/process-test.sh CrashTest -Dvmm.kills="$kills" ${SEED:+-Dvmm.seed="$SEED"}
