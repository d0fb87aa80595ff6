//! How long the application took.

use super::scorer::of_output;
use super::{Metric, Scale, never_skipped, scored, skipped};
use crate::eval::{Case, Outcome, Output};

pub(super) const METRIC: Metric = Metric {
    name: "latency",
    summary: "time to the answer, in milliseconds",
    documentation: "\
Milliseconds from asking to the complete answer. For models it is the retrieval, with whatever that waits for, and the
model's attempt that succeeded, without earlier attempts and waits between them. For a command, the first answer of
each process includes its start. A case that fails has no latency.

Lower is better: `[gate] latency = \"2 s\"` is the most that the mean over the measured cases may be. It is not part of
`overall`. The report also holds the median, the 95th percentile and the maximum.

Skipped for replayed answers. Errored if the case is.

Source: own measurement, on a monotonic clock.",
    scale: Scale::Milliseconds,
    needs: &[],
    options: &[],
    skip: never_skipped,
    build: |_| Ok(of_output(measure)),
};

fn measure(_: &Case, output: &Output) -> Outcome {
    match output.latency {
        Some(latency) => scored(latency.as_secs_f64() * 1000.0),
        None => skipped("a replayed answer took no time that says anything"),
    }
}
