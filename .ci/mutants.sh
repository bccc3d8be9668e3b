#!/usr/bin/env bash
# Breaks the engine on purpose, one way at a time, in a copy of the tree, and shows that the simulation or the test of
# concurrent claims catches each. Fails when one survives, or when one no longer applies.
#
#   .ci/mutants.sh [name…]      SEEDS=60 seeds for each at most
set -euo pipefail

SEEDS=${SEEDS:-60}
ONLY=("$@")
ROOT=$(cd "$(dirname "$0")/.." && pwd)
COPY=$(mktemp -d "${TMPDIR:-/tmp}/mutants.XXXXXX")
trap 'rm -rf "$COPY"' EXIT

(cd "$ROOT" && git ls-files -z --cached --others --exclude-standard -- pom.xml cloud-adapters vmm-service db |
    xargs -0 -I{} sh -c 'test ! -e "$1" || printf "%s\0" "$1"' _ {} | tar -c --null -T -) | tar -x -C "$COPY"
cd "$COPY"
mvn -q -ntp -B -pl vmm-service -am test-compile dependency:build-classpath \
    -Dmdep.outputFile="$COPY/classpath" -Dmdep.includeScope=test
CLASSPATH="$COPY/vmm-service/target/test-classes:$COPY/vmm-service/target/classes:$(cat "$COPY/classpath")"

BIN=$("$ROOT/.ci/jdk25.sh")/bin
MAIN=vmm-service/src/main/java/vmm
# However the formatter breaks its lines.
REPLACE='BEGIN { $old = join("\\s*", map { quotemeta } $ENV{OLD} =~ /\w+|[^\w\s]/g) } $n = s/$old/$ENV{NEW}/g; END { exit($n ? 0 : 3) }'
TABLE=()
WRONG=0

# mutant <name> <simulation|concurrency> <file> <old text> <new text>
mutant() {
    local name=$1 hunter=$2 file=$MAIN/$3 verdict
    if [ ${#ONLY[@]} -gt 0 ] && [[ " ${ONLY[*]} " != *" $name "* ]]; then return; fi
    cp "$file" "$COPY/original"
    if ! OLD=$4 NEW=$5 perl -0777 -i -pe "$REPLACE" "$file"; then
        verdict="DOES NOT APPLY"
        WRONG=1
    else
        "$BIN/javac" -nowarn -parameters -proc:none -d vmm-service/target/classes -cp "$CLASSPATH" "$file"
        (cd vmm-service && "$BIN/java" -Xmx1g -cp "$CLASSPATH" vmm.simulation.Hunt "$hunter" "$SEEDS") \
            > "$COPY/hunt.log" 2>&1 || true
        verdict=$(grep -E '^(CAUGHT|SURVIVED)' "$COPY/hunt.log" | cut -c1-150 || true)
        if [ -z "$verdict" ]; then
            verdict="DID NOT RUN"
            tail -20 "$COPY/hunt.log" >&2
        fi
        case $verdict in CAUGHT*) ;; *) WRONG=1 ;; esac
    fi
    cp "$COPY/original" "$file"
    "$BIN/javac" -nowarn -parameters -proc:none -d vmm-service/target/classes -cp "$CLASSPATH" "$file"
    TABLE+=("$(printf '%-34s %s' "$name" "$verdict")")
    printf '%-34s %s\n' "$name" "$verdict"
}

mutant unknown-is-absent simulation reconcile/LifecycleLoop.java \
    'return Look.failed(began, failure);' \
    'return Look.at(began, List.of(), store.id());'

mutant adoption-forgotten simulation lifecycle/VmLifecycle.java \
    'if (seen instanceof Present) return new Step.Become(VmState.PROVISIONING' \
    'if (seen instanceof Present && vm.createResult() != Vm.CreateResult.UNKNOWN) return new Step.Become(VmState.PROVISIONING'

mutant create-not-idempotent simulation lifecycle/VmLifecycle.java \
    'return over(sent, terms.createGrace(), now)
                ?' \
    'if (over(sent, Terms.BEFORE_ASKING_AGAIN, now)) return new Step.Create();
        return over(sent, terms.createGrace(), now)
                ?'

mutant claim-without-lock concurrency allocation/Allocations.java \
    'ORDER BY state_since, id LIMIT 1 FOR UPDATE SKIP LOCKED' \
    'ORDER BY state_since, id LIMIT 1'

mutant claim-waits-for-locks concurrency allocation/Allocations.java \
    'ORDER BY state_since, id LIMIT 1 FOR UPDATE SKIP LOCKED' \
    'ORDER BY state_since, id LIMIT 1 FOR UPDATE'

mutant grant-without-lock concurrency allocation/Allocations.java \
    'state_since, id LIMIT :limit FOR UPDATE SKIP LOCKED' \
    'state_since, id LIMIT :limit'

mutant grant-waits-for-locks concurrency allocation/Allocations.java \
    'state_since, id LIMIT :limit FOR UPDATE SKIP LOCKED' \
    'state_since, id LIMIT :limit FOR UPDATE'

mutant vanished-after-one-look simulation lifecycle/VmLifecycle.java \
    'return since.plus(terms.betweenLooks()).isAfter(now)' \
    'return since.isAfter(now)'

mutant listing-believed-at-once simulation lifecycle/VmLifecycle.java \
    'return vm.instanceId() == null ? WAIT : new Step.Look(vm.instanceId());' \
    'return gone(VmReason.UNHEALTHY, "not listed");'

mutant lease-condition-lost simulation allocation/Allocations.java \
    '"allocation.expires_at <= :now"' \
    "\"allocation.expires_at <= CAST(:now AS timestamptz) + interval '10 minutes'\""

mutant orphan-reaped-in-first-pass simulation reconcile/OrphanLoop.java \
    'case DEAD_ROW, DOUBLE -> orphan.passes() >= 2;' \
    'case DEAD_ROW, DOUBLE -> true;'

mutant other-store-reaped simulation reconcile/OrphanLoop.java \
    'if (!store.id().equals(instance.tags().store())) return Optional.of(Kind.OTHER_STORE);' \
    ''

mutant release-does-not-check-state simulation allocation/Allocations.java \
    "AND allocation.state = 'ACTIVE'
                  AND vm.state = 'ALLOCATED' AND %s" \
    'AND %s'

mutant hold-does-not-hold simulation lifecycle/VmLifecycle.java \
    'return vm.held() && isForbidden(step) ? WAIT : step;' \
    'return step;'

mutant silence-is-idleness simulation guest/GuestReports.java \
    'CASE WHEN reported_at >= :silent THEN reporting_since ELSE :now END' \
    'COALESCE(reporting_since, CASE WHEN reported_at >= :silent THEN reporting_since ELSE :now END)'

mutant no-warning simulation allocation/Allocations.java \
    'NOT vm.held AND allocation.warned_at <= CAST(:now AS timestamptz)" + " - " + WARNING + " AND "' \
    'NOT vm.held AND "'

mutant youngest-request-first simulation allocation/Allocations.java \
    'row_number() OVER (ORDER BY effective_at, requested_at, id) AS n' \
    'row_number() OVER (ORDER BY effective_at DESC, requested_at DESC, id) AS n'

mutant one-more-than-the-maximum simulation reconcile/RefillLoop.java \
    'pool.maxSize(), seen.queued(),' \
    'pool.maxSize() + 1, seen.queued(),'

mutant cloud-cap-forgotten simulation placement/Shelf.java \
    'return Math.min(Math.min(ownRoom, cloudRoom), atOnce);' \
    'return Math.min(ownRoom, atOnce);'

mutant create-whatever-the-row-became simulation vm/Vms.java \
    "WHERE vm.id = :id AND vm.version = :version AND vm.state = 'REQUESTED'" \
    "WHERE vm.id = :id AND vm.version <= :version + 1000"

mutant deleting-never-asked-again simulation lifecycle/VmLifecycle.java \
    'vm.deleteSentAt() != null && !over(vm.deleteSentAt(), Terms.BEFORE_ASKING_AGAIN, now)' \
    'vm.deleteSentAt() != null'

mutant events-left-out simulation event/Events.java \
    "WHERE seq IS NULL ORDER BY id LIMIT :limit" \
    "WHERE seq IS NULL AND id % 3 > 0 ORDER BY id LIMIT :limit"

echo
printf '%s\n' "${TABLE[@]}"
exit $WRONG
