#!/usr/bin/env python3
"""How well and how fast `llmops` retrieves, over a folder of documents and questions.

    bench/retrieval.py FOLDER [--program target/release/llmops] [--embedder none] [--set chunk_words=250 ...]

FOLDER holds documents.jsonl ({"id", "title", "body"}) and cases.jsonl ({"question", "expected_docs"}: ids). Questions
without expected documents are left out. A project is made in a temporary folder, ingested, and evaluated once with ten
passages a question; the figures come from the passages in its report. Beside them stands a floor, computed here: plain
BM25 (k1 = 1.2, b = 0.75) over whole documents, lower-cased words, without stemming or stop words.

recall@5   the share of expected documents among the first five passages, mean over the questions
nDCG@10    each expected document counts 1 / log2(1 + rank) at its first passage, relative to the ideal order
MRR        1 / rank of the first passage from an expected document, 0 without one
"""

import argparse
import collections
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

DEPTH = 10

PROMPT = """\
---
variables: [question]
---
{{ question }}
"""

CONFIGURATION = """
[target]
kind = "rag"
prompt = "question@draft"
model = "local/extractive"
top_k = {depth}

[retrieval]
documents = "documents/"
embedder = "{embedder}"
{settings}

[eval]
dataset = "cases.jsonl"
metrics = ["context_recall"]

[gate]
context_recall = 0.0
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--program", default="target/release/llmops")
    parser.add_argument("--embedder", default="none")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a key of [retrieval]")
    arguments = parser.parse_args()
    cases = read_cases(arguments.folder / "cases.jsonl")
    with tempfile.TemporaryDirectory() as folder:
        project = pathlib.Path(folder)
        make_project(project, cases, arguments)
        ingest_s = run(arguments.program, project, "ingest")
        again_s = run(arguments.program, project, "ingest")
        eval_s = run(arguments.program, project, "eval")
        report = json.loads((project / "llmops" / "eval_report.json").read_text(encoding="utf-8"))
    found = {row["id"]: [passage["document"] for passage in row["passages"]] for row in report["results"]}
    missing = [case["id"] for case in cases if case["id"] not in found]
    if missing:
        sys.exit(f"the report lacks {len(missing)} questions, the first is {missing[0]}")
    scores = [score(found[case["id"]], set(case["expected_docs"])) for case in cases]
    floor = floor_scores(arguments.folder / "documents.jsonl", cases)
    print(f"{len(cases)} questions      llmops   floor")
    for name, mean, floor_mean in zip(("recall@5", "nDCG@10", "MRR"), means(scores), means(floor)):
        print(f"{name:<18} {mean:.4f}   {floor_mean:.4f}")
    print(f"ingest             {ingest_s * 1000:.0f} ms, again {again_s * 1000:.0f} ms")
    print(f"eval per question  {eval_s * 1000 / len(cases):.2f} ms (the whole program, answers and report included)")


def means(scores):
    return [sum(column) / len(scores) for column in zip(*scores)]


def floor_scores(path, cases):
    """What plain BM25 reaches on the same questions."""
    documents = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    counts = [collections.Counter(words(f"{row['title']} {row['body']}")) for row in documents]
    lengths = [sum(count.values()) for count in counts]
    average = sum(lengths) / len(lengths)
    having = collections.Counter(word for count in counts for word in count)

    def weight(word, count, length):
        rarity = math.log(1 + (len(counts) - having[word] + 0.5) / (having[word] + 0.5))
        return rarity * count[word] * 2.2 / (count[word] + 1.2 * (0.25 + 0.75 * length / average))

    scores = []
    for case in cases:
        asked = set(words(case["question"]))
        value = [sum(weight(word, count, length) for word in asked if word in count)
                 for count, length in zip(counts, lengths)]
        best = sorted(range(len(documents)), key=lambda index: -value[index])[:DEPTH]
        scores.append(score([documents[index]["id"] for index in best], set(case["expected_docs"])))
    return scores


def words(text):
    return re.findall(r"\w+", text.lower())


def read_cases(path):
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    rows = [row for row in rows if row.get("expected_docs")]
    if not rows:
        sys.exit(f"{path} has no question with expected_docs")
    return [{"id": f"q{number}", "question": row["question"], "expected_docs": row["expected_docs"]}
            for number, row in enumerate(rows, 1)]


def make_project(project, cases, arguments):
    (project / "documents").mkdir()
    shutil.copy(arguments.folder / "documents.jsonl", project / "documents" / "documents.jsonl")
    (project / "prompts" / "question").mkdir(parents=True)
    (project / "prompts" / "question" / "draft.md").write_text(PROMPT, encoding="utf-8")
    lines = [json.dumps(case, ensure_ascii=False) + "\n" for case in cases]
    (project / "cases.jsonl").write_text("".join(lines), encoding="utf-8")
    settings = "\n".join(setting.replace("=", " = ", 1) for setting in arguments.set)
    text = CONFIGURATION.format(depth=DEPTH, embedder=arguments.embedder, settings=settings)
    (project / "llmops.toml").write_text(text, encoding="utf-8")


def run(program, project, command):
    """Seconds that the command took."""
    start = time.perf_counter()
    done = subprocess.run([os.path.abspath(program), "-C", str(project), command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"llmops {command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - start


def score(found, expected):
    """recall@5, nDCG@10 and reciprocal rank of one question."""
    ranks = {}
    for rank, document in enumerate(found[:DEPTH], 1):
        if document in expected:
            ranks.setdefault(document, rank)
    recall = sum(rank <= 5 for rank in ranks.values()) / len(expected)
    gain = sum(1 / math.log2(1 + rank) for rank in ranks.values())
    ideal = sum(1 / math.log2(1 + rank) for rank in range(1, min(len(expected), DEPTH) + 1))
    return recall, gain / ideal, 1 / min(ranks.values()) if ranks else 0.0


if __name__ == "__main__":
    main()
