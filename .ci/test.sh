#!/usr/bin/env bash
# Everything that can be tested on this machine, and a summary that also says what was left out and why.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. .ci/surefire.sh

# Tests must not meet the data of whoever runs them.
for variable in ${!VMM_@} ${!SPRING_@} ${!SERVER_@}; do unset "$variable"; done

passed=0 failed=0 skipped=0
left_out=() broken=()
started=$(mktemp)
output=$(mktemp)
java_log=$(mktemp)
trap 'rm -f "$started" "$output" "$java_log"' EXIT

say() { printf '\n== %s\n' "$1"; }

# One check that counts as one test.
check() {
    local name=$1
    shift
    say "$name"
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        broken+=("$name")
    fi
}

leave_out() { left_out+=("$1: $2"); }

java_tests() {
    say "Java: compile with all warnings as errors, tests"
    local status=0 ok bad left
    mvn -ntp -B -fae verify 2>&1 | tee "$java_log" || status=$?
    read -r ok bad left < <(count_surefire "$started")
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
    if [ "$status" -ne 0 ]; then
        [ "$bad" -gt 0 ] || failed=$((failed + 1))
        broken+=("Java (mvn verify)")
    fi
}

web_tests() {
    if ! command -v npm >/dev/null; then
        leave_out "web UI tests" "npm is missing (install Node.js 20 or later)"
        return
    fi
    say "web UI"
    local status=0 tests ok bad left
    { .ci/web-ui.sh --deps && cd web-ui && NO_COLOR=1 npm test && cd ..; } 2>&1 | tee "$output" || status=$?
    tests=$(grep -E '^ *Tests +[0-9]' "$output" | tail -1)
    ok=$(grep -oE '[0-9]+ passed' <<<"$tests" | cut -d' ' -f1)
    bad=$(grep -oE '[0-9]+ failed' <<<"$tests" | cut -d' ' -f1)
    left=$(grep -oE '[0-9]+ (skipped|todo)' <<<"$tests" | awk '{ sum += $1 } END { print sum + 0 }')
    passed=$((passed + ${ok:-0})) failed=$((failed + ${bad:-0})) skipped=$((skipped + ${left:-0}))
    if [ "$status" -ne 0 ]; then
        [ "${bad:-0}" -gt 0 ] || failed=$((failed + 1))
        broken+=("web UI")
    fi
}

browser_test() {
    if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
        leave_out "browser test" "no chromium (apt-get install chromium)"
    elif ! command -v npm >/dev/null; then
        leave_out "browser test" "npm is missing (install Node.js 20 or later)"
    else
        check "browser test" .ci/e2e.sh
    fi
}

if ! .ci/jdk25.sh >/dev/null; then
    exit 1
fi
# All that the tests of this run have said, also the reports that Maven keeps of each.
no_secret_logged() {
    local reports=()
    mapfile -d '' -t reports < <(find . -path ./web-ui -prune -o -path '*/target/*-reports/*' -type f -newer "$started" -print0)
    .ci/secrets-in-logs.sh "$java_log" "${reports[@]}"
}

check "format" .ci/format.sh --check
java_tests
check "no secret in the log" no_secret_logged
web_tests
browser_test
check "crash smoke test" .ci/crash.sh --smoke

say "summary"
for name in "${broken[@]}"; do echo "FAILED: $name"; done
for line in "${left_out[@]}"; do echo "left out: $line"; done
echo "$passed passed, $failed failed, $((skipped + ${#left_out[@]})) skipped"
[ "$failed" -eq 0 ]
