#!/usr/bin/env bash
# The real service with docs/fleet-mixed.yaml on an OpenStack, an EC2 and an Azure of the tests.
#   mixed.sh           each cloud out in turn and back; kills between a create and its answer; no secret in any log
#   mixed.sh --smoke   one cloud out and back
#   mixed.sh --run     serves it on http://localhost:8080 until it is stopped, with clouds that can be switched off
set -euo pipefail
cd "$(dirname "$0")/.."

run() {
    make jar
    local directory java clouds service
    java=$(.ci/jdk25.sh)/bin/java
    directory=$(mktemp -d)
    mvn -q -ntp -B -DskipUi -pl cloud-adapters/cloud-jclouds -am test-compile \
        dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile="$directory/classpath"
    "$java" -cp "cloud-adapters/cloud-jclouds/target/classes:cloud-adapters/cloud-jclouds/target/test-classes:$(<"$directory/classpath")" \
        vmm.cloud.jclouds.MixedClouds "$directory/environment" &
    clouds=$!
    # shellcheck disable=SC2064 # the ids of now
    trap "kill $clouds 2>/dev/null || true; rm -rf '$directory'" EXIT
    until [ -e "$directory/environment" ]; do
        kill -0 $clouds 2>/dev/null || { echo "the clouds did not start" >&2; exit 1; }
        sleep 0.2
    done
    set -a
    # shellcheck disable=SC1091 # made above
    . "$directory/environment"
    set +a
    echo "Switch a cloud off and on again: curl -X POST $SWITCHES/ireland/out (rutherford, ireland, uksouth; out, back), then claim some machines"
    echo "What they are, for make cloud-check FLEET=docs/fleet-mixed.yaml: set -a; . $directory/environment"
    VMM_DATA_DIR=${VMM_DATA_DIR:-$directory/data} make run FLEET=docs/fleet-mixed.yaml &
    service=$!
    # shellcheck disable=SC2064 # the ids of now
    trap "kill $service 2>/dev/null || true; wait $service 2>/dev/null || true; kill $clouds 2>/dev/null || true; rm -rf '$directory'" EXIT
    trap 'exit 143' TERM INT
    wait $service
}

case ${1:-} in
    --run) run ;;
    --smoke)
        exec .ci/process-test.sh 'MixedCloudsTest#poolIsSpread*' -Dvmm.mixed.sites=IRELAND
        ;;
    "") exec .ci/process-test.sh MixedCloudsTest ;;
    *)
        sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0" >&2
        exit 2
        ;;
esac
