#!/usr/bin/env bash
# Runs one test of whole processes: process-test.sh <class> [-Dname=value …]
set -euo pipefail
cd "$(dirname "$0")/.."
class=$1
shift
make jar
arguments="$* -Dvmm.jar=$PWD/vmm-service/target/vmm.jar"
exec mvn -q -ntp -B -DskipUi -pl vmm-service -am -Dtest="$class" -Dsurefire.failIfNoSpecifiedTests=false \
    -DexcludedGroups= "-Dsurefire.argLine=-Xmx1g $arguments" test
