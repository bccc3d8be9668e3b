#!/usr/bin/env bash
# The real service on two OpenStacks (of the tests) that are given every trouble in turn.
#   trouble.sh           all of them, each for MINUTES=2 (10 is the full run); FAULTS=LIST_LAGS,SLOW_10X only these;
#                        AT_ONCE=3 as many at the same time, each with a service and clouds of its own
#   trouble.sh --windows only the maintenance windows, both at the same time, each for MINUTES=2 after a lead of five
#   trouble.sh --smoke   two troubles at the same time, for half a minute, within 5 minutes
set -euo pipefail
cd "$(dirname "$0")/.."

at_once() {
    echo -Djunit.jupiter.execution.parallel.enabled=true -Djunit.jupiter.execution.parallel.config.strategy=fixed \
        -Djunit.jupiter.execution.parallel.config.fixed.parallelism="$1"
}

# shellcheck disable=SC2046 # settings are words
case ${1:-} in
    --smoke)
        exec .ci/process-test.sh 'TroubleTest#oneCloudIsInTrouble*' -Dvmm.trouble.minutes=0.5 \
            -Dvmm.trouble.faults=NEVER_BOOTS,CREATE_500 $(at_once 2)
        ;;
    --windows)
        exec .ci/process-test.sh MaintenanceTroubleTest -Dvmm.trouble.minutes="${MINUTES:-2}" $(at_once 2)
        ;;
    "")
        what=TroubleTest,MaintenanceTroubleTest
        [ -z "${FAULTS:-}" ] || what='TroubleTest#oneCloudIsInTrouble*'
        exec .ci/process-test.sh "$what" $(at_once "${AT_ONCE:-1}") \
            -Dvmm.trouble.minutes="${MINUTES:-2}" ${FAULTS:+-Dvmm.trouble.faults="$FAULTS"}
        ;;
    *)
        sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0" >&2
        exit 2
        ;;
esac
