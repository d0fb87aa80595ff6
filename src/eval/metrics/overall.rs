//! The mean of what was measured of a case.

use super::{Measure, Metric, Scale, Scorer, never_skipped, scored, skipped};
use crate::eval::Outcome;

pub(crate) const METRIC: Metric = Metric {
    name: "overall",
    summary: "mean of the case's measured metrics",
    documentation: "    mean of the values of every other metric from 0 to 1 that was measured of the case

A metric that is skipped for the case does not count, so that an unanswerable question is judged by `refusal` alone. Metrics
with a unit, such as `latency`, never count.

0 worst, 1 best. The run's `overall` is the mean over its cases.

Skipped if nothing was measured of the case. Errored if any of its metrics is.

Source: own definition; a mean of means that leaves out what was not measured.",
    scale: Scale::Share,
    needs: &[],
    options: &[],
    skip: never_skipped,
    build: |_| Ok(Measure::Outcomes(measure)),
};

fn measure(outcomes: &[(&Scorer, Outcome)]) -> Outcome {
    let mut values = Vec::new();
    for (scorer, outcome) in outcomes {
        match outcome {
            Outcome::Errored { .. } => {
                return Outcome::Errored { message: format!("{} could not be measured", scorer.name) };
            }
            Outcome::Scored { value, .. } if scorer.scale() == Scale::Share => values.push(*value),
            Outcome::Scored { .. } | Outcome::Skipped { .. } | Outcome::NotApplicable { .. } => {}
        }
    }
    match crate::eval::metrics::mean(&values) {
        Some(mean) => scored(mean),
        None => skipped("nothing was measured of this case"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(value: f64) -> Outcome {
        scored(value)
    }

    #[test]
    fn the_mean_is_of_measured_shares_only() {
        let skipped = || skipped("-");
        let errored = || Outcome::Errored { message: "-".into() };
        let cases = [
            (vec![("context_recall", value(1.0)), ("answer_relevancy", value(0.5))], Some(0.75)),
            (vec![("context_recall", skipped()), ("refusal", value(1.0))], Some(1.0)),
            (vec![("context_recall", value(0.5)), ("latency", value(900.0))], Some(0.5)),
            (vec![("context_recall", value(1.0)), ("refusal", errored())], None),
            (vec![("context_recall", skipped())], None),
            (vec![], None),
        ];
        for (outcomes, expected) in cases {
            let scorers: Vec<Scorer> = outcomes.iter().map(|(name, _)| Scorer::plain(name).unwrap()).collect();
            let pairs: Vec<(&Scorer, Outcome)> =
                scorers.iter().zip(outcomes.iter().map(|(_, outcome)| outcome.clone())).collect();
            assert_eq!(measure(&pairs).value(), expected, "{outcomes:?}");
        }
    }
}
