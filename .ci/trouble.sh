#!/usr/bin/env bash
# The real service on two OpenStacks (of the tests) that are given every trouble in turn.
#   trouble.sh           all of them, each for MINUTES=2 (10 is the full run); FAULTS=LIST_LAGS,SLOW_10X only these
#   trouble.sh --windows only the maintenance windows, both at the same time, each for MINUTES=2 after a lead of five
#   trouble.sh --smoke   two troubles at the same time, for half a minute, within 5 minutes
set -euo pipefail
cd "$(dirname "$0")/.."

two_at_once=(-Djunit.jupiter.execution.parallel.enabled=true -Djunit.jupiter.execution.parallel.config.strategy=fixed
    -Djunit.jupiter.execution.parallel.config.fixed.parallelism=2)

case ${1:-} in
    --smoke)
        exec .ci/process-test.sh 'TroubleTest#oneCloudIsInTrouble*' -Dvmm.trouble.minutes=0.5 \
            -Dvmm.trouble.faults=NEVER_BOOTS,CREATE_500 "${two_at_once[@]}"
        ;;
    --windows)
        exec .ci/process-test.sh MaintenanceTroubleTest -Dvmm.trouble.minutes="${MINUTES:-2}" "${two_at_once[@]}"
        ;;
    "")
        what=TroubleTest,MaintenanceTroubleTest
        [ -z "${FAULTS:-}" ] || what='TroubleTest#oneCloudIsInTrouble*'
        exec .ci/process-test.sh "$what" -Dvmm.trouble.minutes="${MINUTES:-2}" ${FAULTS:+-Dvmm.trouble.faults="$FAULTS"}
        ;;
    *)
        sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0" >&2
        exit 2
        ;;
esac
