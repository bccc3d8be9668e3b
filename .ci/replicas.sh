#!/usr/bin/env bash
# Two real services on one PostgreSQL and CLAIMS (5000) claims by 32 clients; --smoke: 600 claims.
set -euo pipefail
cd "$(dirname "$0")/.."
claims=${CLAIMS:-5000}
[ "${1:-}" != --smoke ] || claims=600
exec .ci/process-test.sh ReplicasTest -Dvmm.claims="$claims"
