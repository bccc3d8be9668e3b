#!/usr/bin/env bash
# A scientist in a real browser against the real service with the demo fleet: pick, wait, granted, release.
set -euo pipefail
cd "$(dirname "$0")/.."

java=$(.ci/jdk25.sh)/bin/java
CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)} || {
    echo "no chromium: apt-get install chromium" >&2
    exit 1
}
export CHROMIUM
make jar
.ci/web-ui.sh --deps

work=$(mktemp -d)
for variable in ${!VMM_@} ${!SPRING_@} ${!SERVER_@}; do unset "$variable"; done
VMM_DATA_DIR=$work/data SERVER_PORT=0 "$java" -jar vmm-service/target/vmm.jar >"$work/service.log" 2>&1 &
service=$!
finish() {
    kill "$service" 2>/dev/null || true
    wait "$service" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

for _ in $(seq 1200); do
    url=$(grep -oE 'VMM ready on http://[^ ]+' "$work/service.log" | tail -1 | cut -d' ' -f4) && break
    kill -0 "$service" 2>/dev/null || break
    sleep 0.1
done
if [ -z "${url:-}" ]; then
    echo "the service did not start:" >&2
    tail -30 "$work/service.log" >&2
    exit 1
fi
(cd web-ui && BASE_URL=$url npm run --silent e2e) || {
    tail -30 "$work/service.log" >&2
    exit 1
}
