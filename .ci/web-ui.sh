#!/usr/bin/env bash
# Builds web-ui/dist if anything it is made of is newer; with --deps only installs its packages.
set -euo pipefail
cd "$(dirname "$0")/../web-ui"

for program in node npm; do
    command -v $program >/dev/null || {
        echo "$program is missing: install Node.js 20 or later, or build without the pages (-DskipUi)" >&2
        exit 1
    }
done

# npm writes this file at the end of an installation: older than the lock file means other packages.
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error
    touch node_modules/.package-lock.json
fi
[ "${1:-}" = --deps ] && exit 0

sources=(.)
[ -d ../docs/api ] && sources+=(../docs/api)
if [ ! -f dist/index.html ] || [ -n "$(find "${sources[@]}" \
    \( -path ./node_modules -o -path ./dist -o -path ./e2e \) -prune -o -newer dist/index.html -print -quit)" ]; then
    npm run --silent build
    touch dist/index.html
    rm -rf ../vmm-service/target/classes/static # assets are named by their content: old ones would stay
fi
