//! Whether the answer came in time.

use std::time::Duration;

use serde_json::Value;

use super::{Key, Measure, Metric, Options, Scale, never_skipped, scored, scored_because, skipped};
use crate::eval::{Outcome, Output};
use crate::text::span;

pub(super) const METRIC: Metric = Metric {
    name: "max_latency",
    summary: "whether the answer came within a time",
    documentation: "    1 if the latency is at most `value`, else 0

The time is that of the metric `latency`; the mean of this one is the share of answers that came in time.

0 worst, 1 best. Skipped for replayed answers. Errored if the case is.

Source: own measurement, on a monotonic clock.",
    scale: Scale::Share,
    needs: &[],
    options: &[Key {
        name: "value",
        help: "the longest time, such as \"2 s\", or a number of milliseconds",
        required: true,
    }],
    skip: never_skipped,
    build,
};

fn build(options: &Options) -> Result<Measure, String> {
    let limit = limit(options).filter(|limit| !limit.is_zero());
    let limit =
        limit.ok_or("the option \"value\" must be a time such as \"2 s\", or a number of milliseconds, above 0")?;
    Ok(Measure::Output(Box::new(move |_, output| measure(output, limit))))
}

fn limit(options: &Options) -> Option<Duration> {
    match options.value("value")? {
        Value::String(text) => humantime::parse_duration(text).ok(),
        number => number.as_f64().and_then(|number| Duration::try_from_secs_f64(number / 1000.0).ok()),
    }
}

fn measure(output: &Output, limit: Duration) -> Outcome {
    match output.latency {
        None => skipped("a replayed answer took no time that says anything"),
        Some(latency) if latency <= limit => scored(1.0),
        Some(latency) => scored_because(0.0, format!("{}, more than {}", span(latency), span(limit))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::eval::Case;
    use crate::eval::metrics::Scorer;
    use crate::eval::metrics::scorer::measured;

    #[test]
    fn an_answer_in_time_is_within_the_limit() {
        let cases = [
            (json!("2 s"), Some(2000), Some(1.0)),
            (json!("2 s"), Some(2001), Some(0.0)),
            (json!(1500), Some(1500), Some(1.0)),
            (json!("2 s"), None, None),
        ];
        for (value, latency, expected) in cases {
            let output = Output { latency: latency.map(Duration::from_millis), ..Output::default() };
            let outcome = measured("max_latency", &json!({ "value": value }), &Case::default(), &output);
            assert_eq!(outcome.value(), expected, "{value} {latency:?}");
        }
    }

    #[test]
    fn a_limit_is_a_time_above_0() {
        for value in [json!("soon"), json!(0), json!(-1), json!("0 s"), json!(1e300), json!([])] {
            let table = json!({"type": "max_latency", "value": value}).as_object().unwrap().clone();
            assert!(Scorer::of_table("x", table).is_err(), "{value}");
        }
    }
}
