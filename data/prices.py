#!/usr/bin/env python3
"""Makes data/prices.tsv.gz, the prices that llmops embeds, from litellm's price map.

    python3 -m pip download --no-deps litellm==1.106.2
    unzip litellm-1.106.2-*.whl litellm/model_prices_and_context_window_backup.json
    data/prices.py litellm/model_prices_and_context_window_backup.json

Only what prices text is kept, each rate as the decimal text of the source. See data/README.md for the format. For a
newer map change RELEASE, DATE and SHA256; a map that lost many models is refused, because it is more likely damaged.
"""

import gzip
import hashlib
import json
import re
import sys
from decimal import Decimal
from pathlib import Path

RELEASE = "litellm 1.106.2"
DATE = "2026-10-21"
SHA256 = "66970be01c88f94618f9f69c1a1d29e400474f2d7b89973de7e373c110f455c2"

TARGET = Path(__file__).with_name("prices.tsv.gz")
MODES = {"chat", "completion", "responses", "embedding"}
MIN_MODELS = 3000
MIN_SHARE_OF_BEFORE = 0.9

KINDS = {
    "input_cost_per_token": "in",
    "output_cost_per_token": "out",
    "cache_read_input_token_cost": "read",
    "cache_creation_input_token_cost": "write",
    "cache_creation_input_token_cost_above_1hr": "write1h",
    "output_cost_per_reasoning_token": "reason",
    "input_cost_per_request": "request",
}
# What a kind costs where a tier of a table leaves it out.
STANDS_IN = {"read": "in", "write": "in", "reason": "out"}
TIERS = {"": "", "_batches": "batch", "_flex": "flex", "_priority": "priority"}
FIELD = re.compile(
    "^(" + "|".join(sorted(KINDS, key=len, reverse=True)) + r")(?:_above_(\d+)k_tokens)?(_batches|_flex|_priority)?$"
)
# Providers whose tier begins at its number of tokens, not after it.
FROM_THRESHOLD = {"xai"}


def flat_rates(entry):
    """(kind, first prompt token of the tier, service tier) -> price, from the fields of one model."""
    rates = {}
    for field, price in entry.items():
        match = FIELD.match(field)
        if not match or not isinstance(price, Decimal):
            continue
        kind, thousands, tier = match.groups()
        first = 0
        if thousands:
            first = int(thousands) * 1000 + (0 if entry["litellm_provider"] in FROM_THRESHOLD else 1)
        rates[KINDS[kind], first, TIERS[tier or ""]] = price
    return rates


def table_rates(entry):
    """The same from a table of tiers, each of which prices every kind that the table prices anywhere."""
    tiers = [tier for tier in entry.get("tiered_pricing", ()) if "range" in tier and "input_cost_per_token" in tier]
    named = [{KINDS[field]: price for field, price in tier.items() if field in KINDS} for tier in tiers]
    kinds = {kind for prices in named for kind in prices}
    rates = {}
    for index, (tier, prices) in enumerate(sorted(zip(tiers, named), key=lambda pair: pair[0]["range"][0])):
        first = int(tier["range"][0]) + 1 if index else 0
        for kind in kinds:
            price = prices.get(kind, prices.get(STANDS_IN.get(kind)))
            if price is not None:
                rates[kind, first, ""] = price
    return rates


def priced(entry):
    """The rates of a model that is billed by tokens; empty for others."""
    if entry.get("mode") not in MODES:
        return {}
    rates = flat_rates(entry) | table_rates(entry)
    if ("in", 0, "") not in rates:
        return {}
    # Zero a token, and a price for something else: a picture, a second, a query.
    elsewhere = any("cost" in field and field not in KINDS and price for field, price in entry.items())
    return {} if elsewhere and not any(rates.values()) else rates


def line(name, entry, rates):
    def word(key):
        kind, first, tier = key
        return kind + (f">={first}" if first else "") + (f"@{tier}" if tier else "")

    words = [f"{word(key)}:{rates[key].normalize()}" for key in sorted(rates)]
    most = entry.get("max_output_tokens")
    if isinstance(most, Decimal) and most > 0 and any(kind == "out" for kind, _, _ in rates):
        words.append(f"most:{int(most)}")
    fields = [name, entry["litellm_provider"], " ".join(words)]
    assert not any("\t" in field or "\n" in field for field in fields), name
    return "\t".join(fields)


def known_before():
    if not TARGET.exists():
        return 0
    return sum(not text.startswith("#") for text in gzip.decompress(TARGET.read_bytes()).decode().splitlines())


def main(source):
    content = Path(source).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        sys.exit(f"{source}: sha256 is {digest}, not {SHA256}")
    models = json.loads(content, parse_float=Decimal, parse_int=Decimal)
    lines = [line(name, entry, rates) for name, entry in sorted(models.items()) if (rates := priced(entry))]
    if len(lines) < max(MIN_MODELS, MIN_SHARE_OF_BEFORE * known_before()):
        sys.exit(f"{source}: only {len(lines)} models have a price")
    text = f"# {RELEASE}\t{DATE}\t{SHA256}\n" + "\n".join(lines) + "\n"
    TARGET.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{TARGET}: {len(lines)} models, {len(text)} bytes, {TARGET.stat().st_size} compressed")


if __name__ == "__main__":
    main(*sys.argv[1:])
