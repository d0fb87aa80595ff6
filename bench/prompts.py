#!/usr/bin/env python3
"""The prompt registry on a large store: how long whole processes take, beside a floor.

    bench/prompts.py [--program FILE] [--prompts 1000] [--versions 50] [--runs 20] [--git]

The store is written here and not by the program: files and ledgers by the rules of docs/prompts.md, so that a store that
verifies is also a check of these rules. The floor of `show` is `cat` of the same file; that of `verify` is `sha256sum` of all
files on one processor. With --git the store is committed, and `verify` asks git as well.
"""

import argparse
import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/llmops")
    parser.add_argument("--prompts", type=int, default=1000)
    parser.add_argument("--versions", type=int, default=50)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--git", action="store_true")
    arguments = parser.parse_args()
    program = os.path.abspath(arguments.program)
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        write_store(root, arguments.prompts, arguments.versions)
        if arguments.git:
            commit(root)
        print(f"{arguments.prompts} prompts of {arguments.versions} versions{', in git' if arguments.git else ''}; ms")
        print(f"{'':34}{'median':>8}{'best':>8}{'worst':>8}")
        middle = f"p{arguments.prompts // 2:04}"
        latest = root / "prompts" / middle / f"1.{arguments.versions - 1}.0.md"
        row("prompt show", root, [program, "prompt", "show", middle], arguments.runs)
        row("  floor: cat", root, ["cat", str(latest)], arguments.runs)
        row("prompt list NAME", root, [program, "prompt", "list", middle], arguments.runs)
        few = max(3, arguments.runs // 4)
        row("prompt list", root, [program, "prompt", "list"], few)
        row("prompt verify", root, [program, "prompt", "verify"], few)
        row("  floor: sha256sum", root, ["sh", "-c", "find prompts -type f -print0 | xargs -0 sha256sum"], few)


def write_store(root, prompts, versions):
    (root / "llmops.toml").write_text("[project]\nname = \"store\"\n")
    for prompt in range(prompts):
        folder = root / "prompts" / f"p{prompt:04}"
        folder.mkdir(parents=True)
        ledger = Ledger()
        for version in range(versions):
            number = f"1.{version}.0"
            text = (
                "---\ndescription: one of many\nvariables: [context, question]\n---\nsystem:\n"
                f"You are assistant {prompt}, in its {version}th version. {'Be exact. ' * 40}\n\n"
                "user:\n{{ context }}\n\nQuestion: {{ question }}\n"
            )
            (folder / f"{number}.md").write_text(text)
            file = hashlib.sha256(text.encode()).hexdigest()
            # Of the content, which is not looked at here: the file's own is.
            digest = hashlib.sha256(f"{prompt} {number}".encode()).hexdigest()
            ledger.add(event="released", version=number, digest=digest, file=file, message="next")
        (folder / "ledger.jsonl").write_text(ledger.text)


class Ledger:
    def __init__(self):
        self.text, self.previous, self.seq = "", "0" * 64, 0

    def add(self, **event):
        self.seq += 1
        entry = {"seq": self.seq, "time": "2026-01-01T00:00:00Z", "by": "A <a@example.org>", **event, "previous": self.previous}
        self.previous = entry["hash"] = hashlib.sha256(canonical(entry).encode()).hexdigest()
        self.text += json.dumps(entry, ensure_ascii=False) + "\n"


def canonical(value):
    """JSON with sorted keys and no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def commit(root):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "gc.auto=0"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "store"]):
        subprocess.run(["git", *identity, *command], cwd=root, check=True)


def row(name, root, command, runs):
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        done = subprocess.run(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        times.append(1000 * (time.perf_counter() - start))
        if done.returncode != 0:
            print(f"{name:34}failed: {done.stderr.decode().strip().splitlines()[:1]}")
            return
    # The first one warms the file system's cache.
    times = times[1:]
    print(f"{name:34}{statistics.median(times):8.1f}{min(times):8.1f}{max(times):8.1f}")


if __name__ == "__main__":
    main()
