//! What the answer cost.

use super::scorer::of_output;
use super::{Metric, Need, Scale, never_skipped, scored};
use crate::eval::{Case, Outcome, Output};

pub(super) const METRIC: Metric = Metric {
    name: "cost",
    summary: "what the model's answer costs, in US dollars",
    documentation: "\
The list price of the model's call: its tokens as the reply reports them, times the prices that are built into the program
(`cost.prices` of the report names their source and date).

- Every token is billed once: input, input from the provider's cache, input written to it, output, reasoning. Without a price
  of their own, cached input and cache writes cost what input costs, and reasoning what output costs.
- The whole prompt decides on the tier of prices that begins above a number of tokens, and the tier prices all of the call.
- A price belongs to the very name of a model. Another date or `-latest` may cost something else and counts as unknown.
- Own servers (`ollama`, `vllm`, `llamacpp`), `local` and `recorded` cost nothing.
- An answer from the response cache costs what it cost when it was asked for, so that two runs can be compared.
- Embeddings, attempts that failed, discounts, regional surcharges and taxes are not in it.

Lower is better: `[gate] cost = \"0.002 USD\"` is the most that the mean over the measured cases may be. It is not part of
`overall`.

Skipped for no case. Errored if the case is, if the model has no known price, or if the reply does not say how many tokens
it took: what is unknown is never free.

Source: the model's price times the tokens that the provider counted; prices from litellm.",
    scale: Scale::Dollars,
    needs: &[Need::Model],
    options: &[],
    skip: never_skipped,
    build: |_| Ok(of_output(measure)),
};

fn measure(_: &Case, output: &Output) -> Outcome {
    match &output.cost {
        Some(Ok(cost)) => scored(cost.to_f64()),
        Some(Err(reason)) => Outcome::Errored { message: reason.clone() },
        None => Outcome::Errored { message: "the target does not say which model it asked".to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::Cost;

    #[test]
    fn a_known_cost_is_the_score_and_an_unknown_one_an_error() {
        let errored = |message: &str| Outcome::Errored { message: message.into() };
        let cases = [
            (Some(Ok(Cost::parse("0.0033").unwrap())), scored(0.0033)),
            (Some(Ok(Cost::ZERO)), scored(0.0)),
            (Some(Err("no price".to_owned())), errored("no price")),
            (None, errored("the target does not say which model it asked")),
        ];
        for (cost, expected) in cases {
            let output = Output { cost, ..Output::default() };
            assert_eq!(measure(&Case::default(), &output), expected);
        }
    }
}
