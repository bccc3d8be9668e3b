#!/usr/bin/env bash
# The simulation: virtual time, seeded faults, real PostgreSQL, all invariants after each step, then calm.
#
#   .ci/sim.sh                  300,000 steps over as many seeds as that takes; all that can happen must have happened
#   SEED=17 .ci/sim.sh          one seed, told step by step
#   SEEDS=200 FROM=1000 .ci/sim.sh
#   STEPS=1000000 .ci/sim.sh    at least so many steps
#   SEEDS=forever .ci/sim.sh    other seeds each time, until stopped or something is found
#   MINUTES=600 .ci/sim.sh      at least so long
set -euo pipefail
cd "$(dirname "$0")/.."

options=(-Dtest=SimulationTest -Dsurefire.failIfNoSpecifiedTests=false)
if [ -n "${SEED:-}" ]; then
    options+=("-Dsim.seed=$SEED" -Dsim.aloud=true)
elif [ "${SEEDS:-}" = forever ]; then
    options+=("-Dsim.from=${FROM:-$RANDOM$RANDOM}" -Dsim.minutes=1000000)
elif [ -n "${SEEDS:-}" ]; then
    options+=("-Dsim.seeds=$SEEDS" "-Dsim.from=${FROM:-1}" "-Dsim.steps=${STEPS:-0}")
else
    options+=(-Dsim.seeds=1 "-Dsim.from=${FROM:-1}" "-Dsim.steps=${STEPS:-300000}" "-Dsim.minutes=${MINUTES:-0}")
    # A short run cannot meet everything.
    [ "${STEPS:-300000}" -lt 300000 ] || options+=(-Dsim.everything=true)
fi
exec mvn -q -ntp -B -pl vmm-service -am "${options[@]}" test
