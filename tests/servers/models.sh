#!/usr/bin/env bash
# The models of examples/attack, for tests. Prints PORT=... and serves until its standard input closes.
set -euo pipefail
cd "$(dirname "$0")/../../examples/attack"
"${PYTHON:-python3}" model.py 0 </dev/null &
server=$!
trap 'kill -KILL "$server" 2>/dev/null || true' EXIT
trap 'exit 143' INT TERM HUP
cat >/dev/null
