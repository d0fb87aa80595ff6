# Everything that people and CI run. `just` lists the recipes.

default:
    @just --list

# all tests; real PostgreSQL, model server and weights are installed on demand
test *arguments:
    cargo test {{ arguments }}

# what CI runs
ci:
    .ci/run

# format, lint
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# write the generated reference pages
docs:
    cargo build --quiet
    target/debug/llmops reference report-schema > docs/reference/report.schema.json
    for page in commands configuration metrics providers; do target/debug/llmops reference $page > docs/reference/$page.md; done

# the quickstart, green
quickstart:
    cargo run --release --quiet -- ci -C examples/quickstart

# the runner beside a floor: speed, memory, faults, kills; see bench/runner.py --help
bench *arguments:
    cargo build --release --quiet --package llmops --package llmops-bench
    bench/runner.py {{ arguments }}

# how long whole processes take
bench-program:
    cargo build --release --quiet
    bench/program.py

# the prompt registry on a large store; see bench/prompts.py --help
bench-prompts *arguments:
    cargo build --release --quiet
    bench/prompts.py {{ arguments }}

# retrieval quality on a folder with documents.jsonl and cases.jsonl; see bench/retrieval.py --help
bench-retrieval folder *arguments:
    cargo build --release --quiet
    bench/retrieval.py {{ folder }} {{ arguments }}

# how well groundedness tells, on answers labelled faithful or hallucinated; see bench/groundedness.py --help
bench-groundedness file *arguments:
    cargo build --release --quiet
    bench/groundedness.py {{ file }} {{ arguments }}

# the guard: texts a second, and documents that are made to take long
bench-guard *arguments:
    cargo build --release --quiet
    bench/guard.py {{ arguments }}

# looks for texts that the guard fails on, for so many seconds each; needs a nightly compiler and cargo-fuzz
fuzz seconds="600":
    fuzz/seeds.py
    cd fuzz && for target in guard_input guard_answer; do cargo +nightly fuzz run --fuzz-dir . -s none $target -- -max_total_time={{ seconds }} -timeout=5 -max_len=4096; done

# how often the gate's statistics are right, as tables of docs/statistics.md: --runs 2000, --only PART
simulate *arguments:
    cargo run --release --quiet --package llmops-simulate -- {{ arguments }}

# known vulnerabilities of the dependencies; needs the network
audit:
    cargo deny check advisories
