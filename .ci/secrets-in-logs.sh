#!/usr/bin/env bash
# No secret that the tests plant is in what they logged: secrets-in-logs.sh <file or directory>…
# Planted are the constants of the tests that are called …PASSWORD, …SECRET…, …TOKEN, …ASSERTION or …SIGNATURE.
set -euo pipefail
cd "$(dirname "$0")/.."

planted=$(mktemp)
trap 'rm -f "$planted"' EXIT
find cloud-adapters vmm-service -path '*/src/test/*' -name '*.java' -print0 | xargs -0 perl -0777 -ne '
    while (/String\s+\w*(?:PASSWORD|SECRET|TOKEN|ASSERTION|SIGNATURE)\w*\s*=\s*"([^"\/][^"]{9,})"/g) { print "$1\n" }' | sort -u >"$planted"
count=$(wc -l <"$planted")
if [ "$count" -lt 5 ]; then
    echo "only $count planted secrets were found in the tests: this check has lost its way" >&2
    exit 1
fi
if grep -rlFf "$planted" -- "$@"; then
    echo "the files above hold a secret" >&2
    exit 1
fi
echo "none of $count planted secrets is in the log"
