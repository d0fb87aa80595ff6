//! Why one time cost more than another: more calls, longer prompts, longer answers, or dearer tokens.
//!
//! ```text
//! cost = calls x (input tokens a call x USD an input token) + calls x (output tokens a call x USD an output token)
//! ```
//!
//! Each factor's part is its Shapley value: what the change of that factor alone makes, averaged over every order in which the
//! factors may change. So the parts add up to the whole, and none depends on which is looked at first.
//!
//! Source: Shapley, "A value for n-person games", 1953; for factors of a sum: Albrecht, François and Schoors, "A Shapley
//! decomposition of carbon emissions without residuals", Energy Policy 30, 2002.

use crate::cost::Cost;

/// Calls of one time whose cost is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) calls: u64,
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    pub(crate) input_usd: Cost,
    pub(crate) output_usd: Cost,
}

/// From one time to the next. The four parts add up to `after` less `before`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) before: Cost,
    pub(crate) after: Cost,
    /// Of more or fewer calls.
    pub(crate) calls: Cost,
    /// Of more or fewer input tokens a call.
    pub(crate) prompts: Cost,
    /// Of more or fewer output tokens a call.
    pub(crate) answers: Cost,
    /// Of dearer or cheaper tokens: other models, or other prices.
    pub(crate) rates: Cost,
}

/// A part that is smaller, measured by what both times cost, is the rounding of binary numbers.
const NOISE: f64 = 1e-12;
/// No part of anything that was ever paid: a rate beyond all reason, of a log that makes no sense.
const MOST: f64 = 1e12;

impl Side {
    pub(crate) fn usd(&self) -> Cost {
        self.input_usd + self.output_usd
    }
}

impl Change {
    pub(crate) fn between(before: &Side, after: &Side) -> Self {
        let whole = after.usd() - before.usd();
        let none = Self {
            before: before.usd(),
            after: after.usd(),
            calls: Cost::ZERO,
            prompts: Cost::ZERO,
            answers: Cost::ZERO,
            rates: Cost::ZERO,
        };
        if before.calls == 0 || after.calls == 0 {
            return Self { calls: whole, ..none };
        }
        let input = effects([before, after].map(|side| stream(side, side.input_tokens, side.input_usd)));
        let output = effects([before, after].map(|side| stream(side, side.output_tokens, side.output_usd)));
        if [input, output].as_flattened().iter().any(|part| part.abs() > MOST) {
            return Self { rates: whole, ..none };
        }
        let noise = NOISE * (before.usd().to_f64() + after.usd().to_f64());
        let amount = |part: f64| if part.abs() <= noise { Cost::ZERO } else { Cost::near(part).unwrap_or_default() };
        let mut parts =
            [input[0] + output[0], input[1], output[1], input[2] + output[2]].map(|part| (part.abs(), amount(part)));
        // Amounts are exact and binary numbers are not: the largest part bears the difference, to the last digit.
        let rest = whole - parts.iter().map(|(_, part)| *part).sum();
        if let Some((_, largest)) = parts.iter_mut().max_by(|(left, _), (right, _)| left.total_cmp(right)) {
            *largest += rest;
        }
        let [calls, prompts, answers, rates] = parts.map(|(_, part)| part);
        Self { calls, prompts, answers, rates, ..none }
    }

    pub(crate) fn whole(&self) -> Cost {
        self.after - self.before
    }
}

/// Input or output of one time: calls, tokens, dollars.
fn stream(side: &Side, tokens: u64, usd: Cost) -> [f64; 3] {
    [as_f64(side.calls), as_f64(tokens), usd.to_f64()]
}

/// What calls, tokens a call and dollars a token each contribute.
fn effects(sides: [[f64; 3]; 2]) -> [f64; 3] {
    // Where something is billed without tokens, as a fee is, tokens explain nothing: each call counts as one.
    let by_tokens = sides.iter().all(|[_, tokens, usd]| *tokens > 0.0 || *usd == 0.0);
    let factors = sides.map(|[calls, tokens, usd]| {
        let tokens = if by_tokens { tokens } else { calls };
        (calls, tokens / calls, (tokens > 0.0).then(|| usd / tokens))
    });
    let [(n0, t0, rate0), (n1, t1, rate1)] = factors;
    // A rate that was not seen has not changed.
    let (r0, r1) = (rate0.or(rate1).unwrap_or(0.0), rate1.or(rate0).unwrap_or(0.0));
    let part = |change: f64, (a0, a1): (f64, f64), (b0, b1): (f64, f64)| {
        change * ((a0 * b0 + a1 * b1) / 3.0 + (a0 * b1 + a1 * b0) / 6.0)
    };
    [part(n1 - n0, (t0, t1), (r0, r1)), part(t1 - t0, (n0, n1), (r0, r1)), part(r1 - r0, (n0, n1), (t0, t1))]
}

#[expect(clippy::cast_precision_loss, reason = "what is lost of such a count is no part that anybody sees")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(text: &str) -> Cost {
        Cost::parse(text).unwrap()
    }

    fn side(calls: u64, (input_tokens, input_usd): (u64, &str), (output_tokens, output_usd): (u64, &str)) -> Side {
        Side { calls, input_tokens, output_tokens, input_usd: dollars(input_usd), output_usd: dollars(output_usd) }
    }

    /// Whole, calls, prompts, answers, rates.
    fn parts(before: &Side, after: &Side) -> [String; 5] {
        let change = Change::between(before, after);
        let sum = change.calls + change.prompts + change.answers + change.rates;
        assert_eq!(sum, change.whole(), "{change:?}");
        [change.whole(), change.calls, change.prompts, change.answers, change.rates].map(|part| part.to_string())
    }

    #[test]
    fn a_change_of_one_thing_is_all_its_own() {
        let before = side(10, (1000, "0.1"), (100, "0.04"));
        let cases = [
            // Twice the calls, all else a call the same.
            (side(20, (2000, "0.2"), (200, "0.08")), ["$0.14", "$0.14", "$0", "$0", "$0"]),
            // Prompts of half the length.
            (side(10, (500, "0.05"), (100, "0.04")), ["-$0.05", "$0", "-$0.05", "$0", "$0"]),
            // Answers of three times the length.
            (side(10, (1000, "0.1"), (300, "0.12")), ["$0.08", "$0", "$0", "$0.08", "$0"]),
            // Dearer input, cheaper output.
            (side(10, (1000, "0.3"), (100, "0.02")), ["$0.18", "$0", "$0", "$0", "$0.18"]),
            (before, ["$0", "$0", "$0", "$0", "$0"]),
            // Nothing was asked any more, or before.
            (Side::default(), ["-$0.14", "-$0.14", "$0", "$0", "$0"]),
        ];
        for (after, expected) in cases {
            assert_eq!(parts(&before, &after), expected, "{after:?}");
        }
        assert_eq!(parts(&Side::default(), &before), ["$0.14", "$0.14", "$0", "$0", "$0"]);
        assert_eq!(parts(&Side::default(), &Side::default()), ["$0", "$0", "$0", "$0", "$0"]);
    }

    /// 2 x 3 x 5 becomes 3 x 4 x 7. Over all six orders, with Python's fractions: 127/6, 91/6 and 53/3.
    #[test]
    fn parts_are_averaged_over_every_order() {
        let before = side(2, (6, "30"), (0, "0"));
        let after = side(3, (12, "84"), (0, "0"));
        assert_eq!(parts(&before, &after), ["$54.00", "$21.17", "$15.17", "$0", "$17.67"]);
    }

    #[test]
    fn what_is_billed_without_tokens_is_a_matter_of_calls_and_rates() {
        let before = side(10, (0, "1"), (0, "0"));
        assert_eq!(parts(&before, &side(20, (0, "2"), (0, "0"))), ["$1.00", "$1.00", "$0", "$0", "$0"]);
        assert_eq!(parts(&before, &side(10, (500, "3"), (0, "0"))), ["$2.00", "$0", "$0", "$0", "$2.00"]);
        // Output that was never seen before has no other rate.
        assert_eq!(
            parts(&side(10, (10, "1"), (0, "0")), &side(10, (10, "1"), (10, "5"))),
            ["$5.00", "$0", "$0", "$5.00", "$0"]
        );
    }

    #[test]
    fn parts_add_up_to_the_last_digit_whatever_the_numbers() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut any = || {
            let mut amount = || Cost::parse(&format!("{}e-{}", random.u64(..), random.u32(6..24))).unwrap();
            let (input_usd, output_usd) = (amount(), amount());
            let calls = random.u64(..1000);
            let (input_tokens, output_tokens) = (random.u64(..1 << 40), random.u64(..3));
            Side { calls, input_tokens, output_tokens, input_usd, output_usd }
        };
        for _ in 0..1000 {
            parts(&any(), &any());
        }
    }
}
