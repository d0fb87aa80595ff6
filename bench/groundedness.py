#!/usr/bin/env python3
"""How well `groundedness` tells faithful answers from hallucinated ones, beside word overlap.

    bench/groundedness.py FILE.jsonl [--program target/release/llmops] [--threshold 0.60] [--floor-threshold T]

A row of FILE is {"id", "context", "answer", "label": "faithful" or "hallucinated", "source"}, and perhaps "question". A
project is made in a temporary folder whose target is a command, this script, which gives each row's answer and its
context as the one passage retrieved; `llmops eval` measures it, and the values come from its report.

AUROC      the chance that a faithful answer has the higher value, with the 95 % interval of DeLong (1988)
accuracy   balanced: the mean of the shares of faithful answers at or above the threshold and hallucinated ones below
n/a        rows that the metric did not score; they are left out of every figure, and of the floor's

The floor is the share of the answer's different words, without stop words and endings, that the context holds. Its
threshold is the best one for the whole file, unless it is given: that favours the floor.
"""

import argparse
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

CONFIGURATION = """\
[target]
kind = "command"
command = [{python}, {script}, "--serve", {file}]

[eval]
dataset = "cases.jsonl"
metrics = ["groundedness"]

[gate]
groundedness = 0.0
"""

STOP_WORDS = set(
    "a about all also am an and any are as at be been but by can could did do does for from had has have he her his how "
    "i if in into is it its just me more most my no not of on or our s she so some such t than that the their them then "
    "there these they this those to very was we were what when where which who will with would you your".split())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--program", default="target/release/llmops")
    parser.add_argument("--threshold", type=float, default=0.60)
    parser.add_argument("--floor-threshold", type=float)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    rows = read(arguments.file)
    if arguments.serve:
        serve(rows)
    else:
        table(rows, measured(arguments.program, arguments.file, rows), arguments)


def read(path):
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {str(row["id"]): row for row in rows}


def serve(rows):
    """The command target: answers every case with what the file says."""
    for line in sys.stdin:
        row = rows[json.loads(line)["id"]]
        passage = {"id": row["id"], "title": "", "text": row["context"]}
        print(json.dumps({"answer": row["answer"], "passages": [passage]}), flush=True)


def measured(program, file, rows):
    """The metric's value of each row that it scored."""
    with tempfile.TemporaryDirectory() as folder:
        project = pathlib.Path(folder)
        parts = {"python": sys.executable, "script": os.path.abspath(__file__), "file": str(file.resolve())}
        text = CONFIGURATION.format(**{name: json.dumps(part) for name, part in parts.items()})
        (project / "llmops.toml").write_text(text, encoding="utf-8")
        cases = [json.dumps({"id": name, "question": row.get("question") or "?"}) + "\n" for name, row in rows.items()]
        (project / "cases.jsonl").write_text("".join(cases), encoding="utf-8")
        command = [os.path.abspath(program), "-C", folder, "eval"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode not in (0, 2):
            sys.exit(f"llmops eval ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        report = json.loads((project / "llmops" / "eval_report.json").read_text(encoding="utf-8"))
    outcomes = {row["id"]: row["outcomes"]["groundedness"] for row in report["results"]}
    if errors := [outcome["message"] for outcome in outcomes.values() if outcome["outcome"] == "errored"]:
        sys.exit(f"{len(errors)} rows could not be measured: {errors[0]}")
    return {name: outcome["value"] for name, outcome in outcomes.items() if outcome["outcome"] == "scored"}


def table(rows, values, arguments):
    floor = {name: stem_share(rows[name]) for name in values}
    faithful = {name: rows[name]["label"] == "faithful" for name in rows}
    floor_threshold = arguments.floor_threshold or best_threshold(floor, faithful)
    print(f"| source | n | n/a | AUROC | 95 % | accuracy at {arguments.threshold:.2f} | floor's AUROC "
          f"| floor's accuracy at {floor_threshold:.2f} |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    sources = sorted({row["source"] for row in rows.values()})
    for source in [*sources, None]:
        every = [name for name in rows if source in (None, rows[name]["source"])]
        names = [name for name in every if name in values]
        value, low, high = auroc(*split(values, names, faithful))
        floor_value, _, _ = auroc(*split(floor, names, faithful))
        accuracy = balanced_accuracy(*split(values, names, faithful), arguments.threshold)
        floor_accuracy = balanced_accuracy(*split(floor, names, faithful), floor_threshold)
        print(f"| {source or 'all'} | {len(every)} | {len(every) - len(names)} | {value:.3f} | {low:.3f} to {high:.3f} "
              f"| {accuracy:.3f} | {floor_value:.3f} | {floor_accuracy:.3f} |")


def split(values, names, faithful):
    return [values[name] for name in names if faithful[name]], [values[name] for name in names if not faithful[name]]


def auroc(positive, negative):
    """The area and its interval: Sun and Xu's form of DeLong, DeLong and Clarke-Pearson 1988."""
    if len(positive) < 2 or len(negative) < 2:
        return math.nan, math.nan, math.nan
    above = [sum((p > n) + (p == n) / 2 for n in negative) / len(negative) for p in positive]
    below = [sum((p > n) + (p == n) / 2 for p in positive) / len(positive) for n in negative]
    area = sum(above) / len(above)
    deviation = math.sqrt(variance(above) / len(above) + variance(below) / len(below))
    return area, max(0.0, area - 1.96 * deviation), min(1.0, area + 1.96 * deviation)


def variance(values):
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def balanced_accuracy(positive, negative, threshold):
    if not positive or not negative:
        return math.nan
    return (sum(value >= threshold for value in positive) / len(positive)
            + sum(value < threshold for value in negative) / len(negative)) / 2


def best_threshold(values, faithful):
    halves = split(values, list(values), faithful)
    return max(sorted(set(values.values())), key=lambda threshold: balanced_accuracy(*halves, threshold))


def stem_share(row):
    context = set(stems(row["context"]))
    answer = set(stems(row["answer"]))
    return len(answer & context) / len(answer) if answer else 1.0


def stems(text):
    words = re.findall(r"[^\W_]+", text.lower())
    return [re.sub(r"(?<=...)(?:ing|ed|es|s)$", "", word) for word in words if word not in STOP_WORDS]


if __name__ == "__main__":
    main()
