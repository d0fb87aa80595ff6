//! How often are the gate's statistics right? Draws runs whose true answer is known, gives them to the very code of the
//! gate, counts, and prints the tables of `docs/statistics.md`.
//!
//! ```text
//! cases (known truth) ──> eval::stats (the gate's code) ──> Tally ──> table
//! ```
//!
//! Exits with 1 if a promise is broken beyond what chance explains.

mod cases;
mod coverage;
mod eval;
mod judge;
mod pairs;
mod power;
mod regression;
mod stopping;
mod table;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use table::Table;

/// Simulated runs with known answers, and how often the gate's statistics were right.
#[derive(Parser)]
struct Options {
    /// Runs of each setting
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// One table only
    #[arg(long)]
    only: Option<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Coverage,
    Regression,
    Power,
    Stopping,
    Judge,
}

type Simulate = fn(usize) -> Table;

const PARTS: &[(Part, Simulate)] = &[
    (Part::Coverage, coverage::simulate),
    (Part::Regression, regression::simulate),
    (Part::Power, power::simulate),
    (Part::Stopping, stopping::decided),
    (Part::Stopping, stopping::confident),
    (Part::Judge, judge::simulate),
];

fn main() -> io::Result<ExitCode> {
    let options = Options::parse();
    let runs = options.runs as usize;
    let mut out = io::stdout().lock();
    let mut broken = Vec::new();
    for (part, simulate) in PARTS {
        if options.only.is_none_or(|only| only == *part) {
            let table = simulate(runs);
            writeln!(out, "{table}")?;
            out.flush()?;
            broken.extend(table.broken);
        }
    }
    let mut errors = io::stderr().lock();
    for promise in &broken {
        writeln!(errors, "broken: {promise}")?;
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
