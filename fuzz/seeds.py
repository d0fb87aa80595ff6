#!/usr/bin/env python3
"""Writes the rows that ship, at most 2,000 bytes each, as the texts that fuzzing begins with."""

import gzip
import hashlib
import json
import pathlib

folder = pathlib.Path(__file__).parent
rows = gzip.open(folder.parent / "data/guard/corpus.jsonl.gz", "rt", encoding="utf-8")
texts = [json.loads(row)["text"].encode()[:2000].decode(errors="ignore") for row in rows]
for target in ["guard_input", "guard_answer"]:
    seeds = folder / "corpus" / target
    seeds.mkdir(parents=True, exist_ok=True)
    for text in texts:
        content = text if target == "guard_input" else f"Answer from the passages only.\0{text}"
        (seeds / hashlib.sha1(content.encode()).hexdigest()).write_text(content, encoding="utf-8")
print(f"{len(texts)} seeds a target")
