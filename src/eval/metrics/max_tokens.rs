//! Whether the model's reply has at most so many tokens.

use super::limit::{LIMIT, limit, within};
use super::{Measure, Metric, Options, Scale, never_skipped};
use crate::eval::{Outcome, Output};

pub(super) const METRIC: Metric = Metric {
    name: "max_tokens",
    summary: "whether the reply has at most so many tokens",
    documentation: "    1 if the reply has at most `value` output tokens, else 0

Tokens are what the provider reports that the model wrote for the user; what a reasoning model spent on thinking does not
count. Different models cut the same text into different tokens: `max_words` compares across models.

0 worst, 1 best. Never skipped. Errored if the target does not report tokens, as commands and plain HTTP targets may not, or
if the case is.

Source: the usage that the provider reports.",
    scale: Scale::Share,
    needs: &[],
    options: LIMIT,
    skip: never_skipped,
    build,
};

fn build(options: &Options) -> Result<Measure, String> {
    let limit = limit(options)?;
    Ok(Measure::Output(Box::new(move |_, output| measure(output, limit))))
}

fn measure(output: &Output, limit: u64) -> Outcome {
    if output.usage.is_zero() {
        return Outcome::Errored { message: "the target did not say how many tokens the reply has".to_owned() };
    }
    within(output.usage.output, limit, "tokens")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::Usage;

    #[test]
    fn reported_output_tokens_are_held_to_the_limit() {
        let output = |output| Output { usage: Usage { input: 9, output, ..Usage::default() }, ..Output::default() };
        for (tokens, expected) in [(0, 1.0), (5, 1.0), (6, 0.0)] {
            assert_eq!(measure(&output(tokens), 5).value(), Some(expected), "{tokens}");
        }
        assert!(matches!(measure(&Output::default(), 5), Outcome::Errored { .. }));
    }
}
