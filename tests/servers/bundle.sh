#!/bin/sh
# Installs the template engine that examples/bundle uses, for Python and for Node.js, once, below target/, and prints where:
#   PYTHONPATH=.../python
#   NODE_PATH=.../node/node_modules
set -eu

fail() {
    echo "bundle.sh: $1" >&2
    exit 1
}

root=$(cd "$(dirname "$0")/../.." && pwd)
site=$root/target/servers/bundle
command -v python3 >/dev/null || fail 'python3 is missing: apt-get install python3 python3-pip'
command -v npm >/dev/null || fail 'npm is missing: apt-get install nodejs npm'

if [ ! -d "$site" ]; then
    mkdir -p "$root/target/servers"
    # Next to its place and then moved there: a broken or parallel installation never looks like a complete one.
    fresh=$(mktemp -d "$site.XXXXXX")
    trap 'rm -rf "$fresh"' EXIT
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps \
        --target "$fresh/python" 'minijinja==3.1.0' >&2 || fail 'pip could not install minijinja; is the package index reachable?'
    npm install --silent --no-audit --no-fund --prefix "$fresh/node" 'minijinja-js@2.11.0' >&2 ||
        fail 'npm could not install minijinja-js; is the registry reachable?'
    mv -T "$fresh" "$site" 2>/dev/null || [ -d "$site" ] || fail "cannot write $site"
fi
echo "PYTHONPATH=$site/python"
echo "NODE_PATH=$site/node/node_modules"
