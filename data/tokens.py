#!/usr/bin/env python3
"""Makes data/*_base.ranks.gz, the tokens of OpenAI's encodings that llmops embeds, from tiktoken's files.

    python3 -m pip download --no-deps litellm==1.106.2
    unzip litellm-1.106.2-*.whl 'litellm/litellm_core_utils/tokenizers/*'
    data/tokens.py litellm/litellm_core_utils/tokenizers

The wheel holds the files as tiktoken caches them, named by the SHA-1 of their address; the digests below are those that
tiktoken itself expects.
"""

import base64
import gzip
import hashlib
import sys
from pathlib import Path

ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
SHA256 = {
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}


def main(folder):
    for name, expected in SHA256.items():
        source = Path(folder) / hashlib.sha1(ADDRESS.format(name).encode()).hexdigest()
        content = source.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest != expected:
            sys.exit(f"{source}: sha256 is {digest}, not {expected}")
        tokens = []
        for rank, row in enumerate(content.splitlines()):
            token, number = row.split()
            assert int(number) == rank, row
            tokens.append(base64.b64decode(token))
        packed = b"".join(bytes([len(token)]) + token for token in tokens)
        target = Path(__file__).with_name(f"{name}.ranks.gz")
        target.write_bytes(gzip.compress(packed, 9, mtime=0))
        print(f"{target}: {len(tokens)} tokens, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
