#!/usr/bin/env python3
"""The runner beside a floor: speed, CPU time, memory, faults and kills, against the mock model server of this folder.

    bench/runner.py [--program FILE] [--programs FOLDER] [--only ROW]... [--quick] [--kills 200]

The floor is a bare client that sends as many requests of the same length to the same server, started the same way in
the same run. Ideal is cases x latency / in flight. All figures are of whole processes, from start to exit; medians
where a row is run more than once. The server and the floor run on the same processors as the program.
"""

import argparse
import datetime
import functools
import os
import pathlib
import platform
import random
import statistics
import subprocess
import time

import harness
from harness import Missed, Mock, Project

COLUMNS = [
    ("", 38),
    ("program", 56),
    ("floor", 9),
    ("of ideal", 8),
    ("floor's", 7),
    ("CPU ms a case", 13),
    ("peak MB", 7),
]
FAULTS = "--rate-429 .05 --retry-after 1 --retry-after-share .5 --rate-503 .05 --rate-malformed .01 --rate-hang .002"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/llmops")
    parser.add_argument("--programs", default="target/release", help="where mock-model and floor are")
    parser.add_argument("--only", action="append", choices=ROWS, metavar="ROW", help=f"one of {', '.join(ROWS)}")
    parser.add_argument("--quick", action="store_true", help="fewer cases, each once: does it work at all?")
    parser.add_argument("--kills", type=int, help="how many kills must land; 200, or 10 if quick")
    arguments = parser.parse_args()
    harness.allow_many_connections()
    bench = Bench(arguments)
    start = time.perf_counter()
    bench.print_head()
    for name in arguments.only or ROWS:
        try:
            ROWS[name](bench)
        except Missed as missed:
            bench.print_row(name, str(missed))
    print(f"\n{time.perf_counter() - start:.0f} s in all")


class Bench:
    def __init__(self, arguments):
        self.program = os.path.abspath(arguments.program)
        self.programs = pathlib.Path(arguments.programs).resolve()
        self.quick = arguments.quick
        self.kills = arguments.kills or (10 if self.quick else 200)
        self.help = subprocess.run([self.program, "eval", "--help"], capture_output=True, text=True).stdout

    def mock(self, *options):
        return Mock(self.programs, *options)

    def project(self, cases, **options):
        return Project(self.program, cases, **options)

    def few(self, number):
        """A number of cases, or a tenth of it."""
        return max(number // 10, 1) if self.quick else number

    def needs(self, flag):
        if flag not in self.help:
            raise Missed(f"not available, {flag} is unknown to this program")

    def print_head(self):
        version = subprocess.run([self.program, "--version"], capture_output=True, text=True).stdout.strip()
        machine = f"{os.cpu_count()} processors ({processor()}), {platform.system()}"
        print(f"Measured {datetime.date.today()} on {machine}, {version}.\n", flush=True)
        self.print_cells([name for name, _ in COLUMNS])
        print("|" + "|".join(" --- " for _ in COLUMNS) + "|")

    def print_row(self, label, program="", floor="", **figures):
        shares = [f"{share:.2f}" if share else "" for share in (figures.get("share"), figures.get("floor_share"))]
        cpu, peak = figures.get("cpu_ms"), figures.get("peak_bytes")
        rest = [f"{cpu:.3f}" if cpu else "", f"{peak / 1e6:.1f}" if peak else ""]
        self.print_cells([label, program, floor, *shares, *rest])

    def print_cells(self, cells):
        padded = (f" {cell:<{width}} " for cell, (_, width) in zip(cells, COLUMNS))
        print("|" + "|".join(padded) + "|", flush=True)


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if platform.system() == "Linux" else []:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def median(runs, name):
    return statistics.median(getattr(run, name) for run in runs)


def side_by_side(bench, cases, in_flight, latency_ms, times, options=()):
    """The program and the floor in turn, each time from nothing: two lists of runs."""
    runs, floors = [], []
    for _ in range(1 if bench.quick else times):
        with bench.mock("--latency-ms", latency_ms) as mock, bench.project(cases) as project:
            runs.append(project.run(mock, in_flight, *options).ends(0))
            must_have_asked(mock, cases)
            floors.append(mock.floor(cases, in_flight))
    return runs, floors


def must_have_asked(mock, requests):
    asked = mock.stats()["requests"]
    if asked != requests:
        raise Missed(f"{asked} requests arrived instead of {requests}")


def wire(bench, cases, in_flight, times):
    latency_ms, cases = 50, bench.few(cases)
    runs, floors = side_by_side(bench, cases, in_flight, latency_ms, times)
    wall, floor = median(runs, "wall_s"), median(floors, "wall_s")
    ideal = cases * latency_ms / 1000 / in_flight
    bench.print_row(
        f"{latency_ms} ms, {in_flight:,} in flight, {cases:,} cases",
        f"{wall:.3f} s",
        f"{floor:.3f} s",
        share=ideal / wall,
        floor_share=ideal / floor,
        cpu_ms=median(runs, "cpu_s") * 1000 / cases,
        peak_bytes=median(runs, "peak_bytes"),
    )


def at_once(bench, options=()):
    cases = bench.few(10_000)
    runs, floors = side_by_side(bench, cases, 64, 0, 3, options)
    print_rate(bench, ", ".join([f"0 ms, 64 in flight, {cases:,} cases", *options]), cases, runs, floors)


def print_rate(bench, label, cases, runs, floors):
    bench.print_row(
        label,
        f"{cases / median(runs, 'wall_s'):,.0f} cases/s",
        f"{cases / median(floors, 'wall_s'):,.0f}/s" if floors else "",
        cpu_ms=median(runs, "cpu_s") * 1000 / cases,
        peak_bytes=median(runs, "peak_bytes"),
    )


def without_cache(bench):
    bench.needs("--no-cache")
    at_once(bench, ["--no-cache"])


def cold(bench):
    latency_ms = 50
    runs, floors = side_by_side(bench, 1, 1, latency_ms, 11)
    beside = [median(measured, "wall_s") * 1000 - latency_ms for measured in (runs, floors)]
    cpu_ms, peak_bytes = median(runs, "cpu_s") * 1000, median(runs, "peak_bytes")
    label = f"one case, beside its {latency_ms} ms"
    bench.print_row(label, f"{beside[0]:.1f} ms", f"{beside[1]:.1f} ms", cpu_ms=cpu_ms, peak_bytes=peak_bytes)


def rag(bench):
    cases = bench.few(5_000)
    with bench.mock() as mock, bench.project(cases, kind="rag") as project:
        project.ingest(mock)
        runs = [project.run(mock, 64).ends(0)]
        floors = [mock.floor(cases, 64)]
    print_rate(bench, f"rag, embedded store, 0 ms, {cases:,} cases", cases, runs, floors)


def memory(bench):
    for cases in (1_000, 10_000, 100_000):
        cases = bench.few(cases)
        with bench.mock() as mock, bench.project(cases) as project:
            run = project.run(mock, 64).ends(0)
        print_rate(bench, f"memory, 0 ms, {cases:,} cases", cases, [run], [])


def cached(bench):
    bench.needs("--no-cache")
    cases = bench.few(10_000)
    with bench.mock() as mock, bench.project(cases) as project:
        project.run(mock, 64).ends(0)
        runs = [project.run(mock, 64).ends(0) for _ in range(3)]
        must_have_asked(mock, cases)
    print_rate(bench, f"all cached, {cases:,} cases", cases, runs, [])


def faults(bench):
    cases, in_flight, latency_ms = bench.few(1_000), 64, 50
    options = {"cases": cases, "timeout": "5 s"}
    with bench.mock("--latency-ms", latency_ms) as mock, bench.project(**options) as project:
        good = project.run(mock, in_flight).ends(0)
        expected = project.complete_report()["results"]
    with bench.mock("--latency-ms", latency_ms, *FAULTS.split()) as mock, bench.project(**options) as project:
        bad = project.run(mock, in_flight).ends(0)
        results = project.complete_report()["results"]
        hung = mock.stats()["by_kind"].get("hang", 0)
    answered = [pair for pair in zip(results, expected) if pair[0].get("error") is None]
    wrong = sum(bool(harness.differences(*pair)) for pair in answered)
    told = f"{bad.wall_s:.2f} s: {len(answered)} answered, {cases - len(answered)} errors, {wrong} wrong"
    figures = {"cpu_ms": bad.cpu_s * 1000 / cases, "peak_bytes": bad.peak_bytes}
    bench.print_row(f"faults ({hung} hung), {cases:,} cases; without", told, f"{good.wall_s:.3f} s", **figures)


def down(bench):
    cases = bench.few(1_000)
    with bench.mock("--down") as mock, bench.project(cases) as project:
        run = project.run(mock, 64).ends(2)
        asked = mock.stats()["requests"]
    bench.print_row(f"provider down, {cases:,} cases", f"{run.wall_s:.2f} s, exit 2, {asked:,} requests")


def killed(bench):
    """Kills with -9 at random moments, resumed each time; whenever a run gets to its end, its report is compared."""
    bench.needs("--resume")
    # With a cache, a case that the journal lost would not show.
    cases, chance, kills, reports = bench.few(4_000), random.Random(1), 0, 0
    options = ["--concurrency", "64", "--resume"] + (["--no-cache"] if "--no-cache" in bench.help else [])
    with bench.mock("--latency-ms", 10) as mock:
        with bench.project(cases) as project:
            # Short enough for several kills in a run, long enough to get on, from the first moment to the last.
            longest = project.run(mock, 64).ends(0).wall_s * 0.4
            expected = project.complete_report()
            before = mock.stats()["requests"]
        while kills < bench.kills:
            with bench.project(cases) as project:
                kills += kill_until_done(project, mock, options, chance, longest, bench.kills - kills)
                found = harness.differences(project.complete_report(), expected)
            if found:
                raise Missed(f"after {kills} kills the report differs at {', '.join(found[:3])}")
            reports += 1
        calls = (mock.stats()["requests"] - before) / (cases * reports)
    told = f"{kills} kills, {reports} reports as undisturbed, {calls:.2f} calls a case"
    bench.print_row(f"kill -9, --resume, {cases:,} cases", told)


def kill_until_done(project, mock, options, chance, longest, most):
    """Starts and kills until a run ends by itself, which it may after `most` kills; how many kills have landed."""
    kills = 0
    while True:
        with project.start(mock, *options) as process:
            try:
                limit = chance.uniform(0, longest) if kills < most else harness.LIMIT_S
                _, stderr = process.communicate(timeout=limit)
            except subprocess.TimeoutExpired:
                if kills == most:
                    raise Missed(f"not done within {harness.LIMIT_S} s after {kills} kills") from None
                kills += 1
                continue
            if process.returncode != 0:
                raise Missed(f"after {kills} kills, exit {process.returncode}: {stderr.strip()[:120]}")
            return kills


ROWS = {
    "wire-1k": functools.partial(wire, cases=1_000, in_flight=64, times=3),
    "wire-10k": functools.partial(wire, cases=10_000, in_flight=64, times=1),
    "wire-1024": functools.partial(wire, cases=10_000, in_flight=1_024, times=3),
    "at-once": at_once,
    "no-cache": without_cache,
    "cold": cold,
    "rag": rag,
    "memory": memory,
    "cached": cached,
    "faults": faults,
    "down": down,
    "kills": killed,
}


if __name__ == "__main__":
    main()
