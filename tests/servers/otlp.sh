#!/usr/bin/env bash
# A throw-away OpenTelemetry collector (rotel) on the loopback address, for tests. What it takes it forwards, again over OTLP, to a
# program that reads it by OpenTelemetry's own definitions and writes every span as a line of JSON into the file SPANS.
#
#   tests/servers/otlp.sh SPANS
#
# Prints COLLECTOR=http://127.0.0.1:PORT when ready, and before it SINK=..., the program behind the collector, which takes JSON too.
# Serves until its standard input closes; then nothing of it is left but the programs in target/servers/otlp, which the next start
# uses again. They come from PyPI wheels.
set -euo pipefail

# The last rotel that is a program of its own; later ones link a Python.
wheels=('rotel==0.0.1a8' 'opentelemetry-proto==1.43.0')
python=${PYTHON:-python3}

fail() {
  echo "otlp.sh: $1" >&2
  exit 1
}

spans=$1
cd "$(dirname "$0")/../.."
site=$PWD/target/servers/otlp
if [ ! -d "$site" ]; then
  "$python" -m pip --version >/dev/null 2>&1 || fail 'python3 with pip is missing (Debian: apt-get install python3-pip)'
  mkdir -p "$(dirname "$site")"
  fresh=$(mktemp -d "$site.XXXXXX")
  "$python" -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
    --target "$fresh" "${wheels[@]}" </dev/null >&2 || { rm -rf "$fresh"; fail "pip cannot install ${wheels[*]}"; }
  chmod +x "$fresh/rotel/rotel-agent"
  # Another process may have been faster.
  mv -T "$fresh" "$site" 2>/dev/null || { rm -rf "$fresh"; [ -d "$site" ] || fail "cannot write $site"; }
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/llmops-otlp.XXXXXX")
processes=()
# shellcheck disable=SC2329  # the trap calls it
stop() {
  for process in "${processes[@]}"; do kill -KILL "$process" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 143' INT TERM HUP

PYTHONPATH=$site "$python" tests/servers/otlp.py "$spans" </dev/null >"$folder/sink" 2>"$folder/sink.log" &
processes+=($!)
until grep -q SINK= "$folder/sink"; do
  kill -0 "${processes[0]}" 2>/dev/null || { cat "$folder/sink.log" >&2; fail 'the sink does not start'; }
  sleep 0.02
done
cat "$folder/sink"
sink=$(sed -n 's/^SINK=//p' "$folder/sink")

# Somebody may take a port between its choice and its use.
for _ in 1 2 3 4 5; do
  read -r grpc http < <("$python" -c '
import socket
both = [socket.socket(), socket.socket()]
for one in both: one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in both))')
  "$site/rotel/rotel-agent" start --otlp-grpc-endpoint "127.0.0.1:$grpc" --otlp-http-endpoint "127.0.0.1:$http" \
    --exporter otlp --otlp-exporter-protocol http --otlp-exporter-endpoint "$sink" --otlp-exporter-compression none \
    --pid-file "$folder/pid" --log-file "$folder/own.log" </dev/null >"$folder/log" 2>&1 &
  collector=$!
  processes+=("$collector")
  while kill -0 "$collector" 2>/dev/null; do
    if "$python" -c "import socket; socket.create_connection(('127.0.0.1', $http))" 2>/dev/null; then
      echo "COLLECTOR=http://127.0.0.1:$http"
      # Whoever started this keeps the other end open; the end of that process, however it comes, closes it.
      cat >/dev/null
      exit 0
    fi
    sleep 0.02
  done
done
cat "$folder/log" >&2
fail 'the collector does not start'
