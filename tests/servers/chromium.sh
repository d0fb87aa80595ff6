#!/bin/sh
# Finds a Chromium for the tests of the HTML report, installs Debian's where there is none, and prints where it is:
#   CHROMIUM=/usr/bin/chromium
# To use a browser of your own, set LLMOPS_TEST_CHROMIUM.
set -eu

fail() {
    echo "chromium.sh: $1" >&2
    exit 1
}

find_browser() {
    for name in "${LLMOPS_TEST_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable chrome; do
        [ -n "$name" ] || continue
        browser=$(command -v "$name") && return 0
    done
    return 1
}

# stdout is for the answer only.
if ! find_browser; then
    command -v apt-get >/dev/null || fail 'there is no Chromium; install one, or name it with LLMOPS_TEST_CHROMIUM'
    [ "$(id -u)" = 0 ] || fail 'there is no Chromium: sudo apt-get install chromium, or name one with LLMOPS_TEST_CHROMIUM'
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    # Tests ask at the same moment, and apt lets one in at a time.
    apt='apt-get -o DPkg::Lock::Timeout=300 -qq'
    { $apt update && DEBIAN_FRONTEND=noninteractive $apt install -y --no-install-recommends chromium fonts-dejavu-core; } \
        >"$log" 2>&1 || fail "apt-get cannot install chromium: $(tail -n 1 "$log")"
    find_browser || fail 'chromium is installed, and cannot be found'
fi
echo "CHROMIUM=$browser"
