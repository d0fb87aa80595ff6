#!/usr/bin/env python3
"""How long whole processes take: starting, and the quickstart from its first question to its written report.

    bench/program.py [--program target/release/llmops] [--runs 41]

The floor is a process that does nothing, started the same way, in turn with the others.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/llmops")
    parser.add_argument("--runs", type=int, default=41)
    arguments = parser.parse_args()
    program = os.path.abspath(arguments.program)
    with tempfile.TemporaryDirectory() as folder:
        for part in ("docs", "examples/quickstart"):
            shutil.copytree(ROOT / part, pathlib.Path(folder, part))
        project = str(pathlib.Path(folder, "examples", "quickstart"))
        subprocess.run([program, "-C", project, "ingest"], check=True, capture_output=True)
        commands = {
            "floor: true": ["true"],
            "llmops --version": [program, "--version"],
            "llmops eval, quickstart": [program, "-C", project, "eval"],
        }
        taken = {name: [] for name in commands}
        for _ in range(arguments.runs):
            for name, command in commands.items():
                taken[name].append(run(command))
    print(f"{'milliseconds':<26} {'median':>8} {'least':>8} {'most':>8}")
    for name, times in taken.items():
        print(f"{name:<26} {statistics.median(times):8.2f} {min(times):8.2f} {max(times):8.2f}")
    print(f"binary                     {os.path.getsize(program) / 1e6:8.1f} MB")


def run(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
