#!/usr/bin/env bash
# The adapter and the service on a real OpenStack, two of them, on this machine.
#   openstack.sh          the adapter's tests, and the service: fill, claim, a fault, drain
#   openstack.sh --smoke  the same within 8 minutes, packages included; what there is no time for is left out
#   openstack.sh --bench  a fill of SERVERS=100 against a bare loop of creates, for docs/benchmarks.md
#   openstack.sh --chaos  every fault in a fill, a cloud away as planned, KILLS=50 kills of the service, SERVERS=520 servers;
#                         SEED=… repeats the moments
# The clouds are stopped at the end unless they ran before.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/surefire.sh
testbed=$PWD/cloud-adapters/cloud-jclouds/testbed
mode=${1:---full}
deadline=$((SECONDS + 450)) # of the smoke

if [ "$(id -u)" -ne 0 ] || ! grep -q '^VERSION_CODENAME=bookworm' /etc/os-release; then
    echo "openstack: left out: it needs root on Debian 12"
    [ "$mode" = --smoke ]
    exit
fi

began=$(mktemp)
log=$(mktemp)
failed=() left_out=()
ran_before=$("$testbed/ctl" a status 2>/dev/null | grep -c ' runs$' || true)
finish() {
    rm -f "$began" "$log"
    [ "$ran_before" -gt 0 ] || "$testbed/down" || true
}
trap finish EXIT

# within SECONDS COMMAND…: only the smoke is bounded.
within() {
    local limit=$1
    shift
    if [ "$mode" = --smoke ]; then timeout --kill-after=20 "$limit" "$@"; else "$@"; fi
}

# run NAME SECONDS COMMAND…
run() {
    local name=$1 status=0
    printf '\n== %s\n' "$name"
    within "$2" "${@:3}" || status=$?
    case $status in
        0) ;;
        124) left_out+=("$name (no time left)") ;;
        *) failed+=("$name") ;;
    esac
}

remaining() { echo $((deadline - SECONDS)); }

summary() {
    local ok bad left
    read -r ok bad left < <(count_surefire "$began")
    for name in "${failed[@]}"; do echo "FAILED: $name"; done
    for name in "${left_out[@]}"; do echo "left out: $name"; done
    echo "openstack: $ok passed, $((bad > ${#failed[@]} ? bad : ${#failed[@]})) failed, $((left + ${#left_out[@]})) skipped in $((SECONDS / 60)) min $((SECONDS % 60)) s"
    [ ${#failed[@]} -eq 0 ]
}

adapter_tests() {
    mvn -q -ntp -B -DskipUi -pl cloud-adapters/cloud-jclouds -am -Dgroups=openstack -DexcludedGroups= \
        -Dsurefire.failIfNoSpecifiedTests=false "-Dsurefire.argLine=-Xmx1g -Dvmm.openstack.ctl=$testbed/ctl" test
}

service_test() { .ci/process-test.sh "$@" -Dvmm.openstack.ctl="$testbed/ctl"; }

export -f adapter_tests service_test
export testbed

.ci/jdk25.sh >/dev/null
status=0
within 300 "$testbed/up" a b 2>&1 | tee "$log" || status=$?
if [ "$status" -ne 0 ]; then
    if [ "$status" -eq 124 ]; then
        left_out+=("everything (the clouds did not start in the time there is; make test-openstack has no limit)")
    else
        failed+=("openstack-up: $(tail -n 1 "$log")")
    fi
    summary
    exit
fi
for cloud in a b; do "$testbed/ctl" $cloud reset; done

case $mode in
    --chaos)
        run "chaos" 0 service_test OpenStackChaosTest,OpenStackWindowTest -Dvmm.kills="${KILLS:-50}" -Dvmm.servers="${SERVERS:-520}" ${SEED:+-Dvmm.seed="$SEED"}
        ;;
    --bench)
        run "bench" 0 service_test OpenStackBenchTest -Dvmm.servers="${SERVERS:-100}"
        ;;
    --full)
        run "adapter" 0 adapter_tests
        run "service" 0 service_test OpenStackSmokeTest
        ;;
    --smoke)
        if [ "$(remaining)" -gt 60 ]; then
            run "service" "$(remaining)" bash -c 'service_test OpenStackSmokeTest'
        else
            left_out+=("service (no time left)")
        fi
        if [ "$(remaining)" -gt 60 ]; then
            run "adapter" "$(remaining)" bash -c adapter_tests
        else
            left_out+=("adapter (no time left; make test-openstack)")
        fi
        ;;
    *)
        sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0" >&2
        exit 2
        ;;
esac
printf '\n== summary\n'
summary
