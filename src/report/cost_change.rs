//! Why an answer costs more or less than in the baseline: a longer context, longer answers, or dearer tokens.

use serde::{Deserialize, Serialize};

use crate::cost::{Tariff, Usage};

/// What changed an answer's cost, on average. The three amounts add up to the change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct CostChange {
    /// Tokens of the whole prompt of an answer, cached ones included.
    pub(crate) input_tokens: BeforeAndNow,
    /// Tokens that the model wrote for an answer, thoughts included.
    pub(crate) output_tokens: BeforeAndNow,
    /// US dollars that the difference in each costs, at the rates of now.
    pub(crate) input_usd: f64,
    pub(crate) output_usd: f64,
    /// The rest: another model, other prices, another share that was cached.
    pub(crate) price_usd: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct BeforeAndNow {
    pub(crate) baseline: f64,
    pub(crate) current: f64,
}

/// Tokens of the same cases in two runs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usages {
    answers: u64,
    baseline: MeanUsage,
    current: MeanUsage,
}

/// Tokens of answers added up.
#[derive(Debug, Clone, Copy, Default)]
struct MeanUsage {
    input: f64,
    output: f64,
}

impl Usages {
    /// The tokens of an answer to one case, each a mean over its repeats.
    pub(super) fn add(&mut self, (baseline, baseline_answers): (Usage, u32), (current, answers): (Usage, u32)) {
        self.answers += 1;
        self.baseline.add(baseline, baseline_answers);
        self.current.add(current, answers);
    }

    /// What changed the mean cost by `change` dollars. `None` without tokens, or without a price for the model.
    pub(super) fn explain(&self, change: f64, model: &str, tariff: &Tariff) -> Option<CostChange> {
        let (before, now) = (self.baseline.of(self.answers)?, self.current.of(self.answers)?);
        let (input_rate, output_rate) = rates(model, tariff)?;
        let input_usd = (now.input - before.input) * input_rate;
        let output_usd = (now.output - before.output) * output_rate;
        Some(CostChange {
            input_tokens: BeforeAndNow { baseline: before.input, current: now.input },
            output_tokens: BeforeAndNow { baseline: before.output, current: now.output },
            input_usd,
            output_usd,
            price_usd: change - input_usd - output_usd,
        })
    }
}

impl MeanUsage {
    fn add(&mut self, usage: Usage, answers: u32) {
        #[expect(clippy::cast_precision_loss, reason = "tokens of a run are far below 2^52")]
        let of_one = |tokens: u64| tokens as f64 / f64::from(answers.max(1));
        self.input += of_one(usage.all_input());
        self.output += of_one(usage.output + usage.reasoning);
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of answers are far below 2^52")]
    fn of(self, answers: u64) -> Option<Self> {
        let n = answers as f64;
        (answers > 0 && self.input > 0.0).then(|| Self { input: self.input / n, output: self.output / n })
    }
}

/// What a token in and a token out cost in a small call, in dollars.
fn rates(model: &str, tariff: &Tariff) -> Option<(f64, f64)> {
    const TOKENS: u64 = 1000;
    let (provider, name) = model.split_once('/')?;
    let rate = |usage: Usage| {
        let cost = tariff.of_calls(provider, name, &usage)?;
        cost.to_f64().is_finite().then(|| cost.to_f64() / 1000.0)
    };
    let input = rate(Usage { input: TOKENS, ..Usage::default() })?;
    let output = rate(Usage { output: TOKENS, ..Usage::default() })?;
    Some((input, output))
}

impl CostChange {
    /// The part that most of the change is due to: "context grew by 410 tokens"; `None` if nothing changed.
    pub(super) fn cause(&self, same_model: bool) -> Option<String> {
        let change = self.input_usd + self.output_usd + self.price_usd;
        let parts = [self.input_usd, self.output_usd, self.price_usd];
        let (largest, _) = parts
            .iter()
            .enumerate()
            .filter(|(_, part)| **part * change > 0.0)
            .max_by(|(_, one), (_, other)| one.abs().total_cmp(&other.abs()))?;
        let grew = |tokens: BeforeAndNow| {
            let more = (tokens.current - tokens.baseline).round();
            let verb = if more < 0.0 { "shrank" } else { "grew" };
            format!("{verb} by {} tokens", more.abs())
        };
        Some(match largest {
            0 => format!("context {}", grew(self.input_tokens)),
            1 => format!("answers {}", grew(self.output_tokens)),
            _ => {
                let dearer = if change > 0.0 { "dearer" } else { "cheaper" };
                format!("{dearer} {}", if same_model { "tokens" } else { "model" })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(input: u64, output: u64) -> Usage {
        Usage { input, output, ..Usage::default() }
    }

    /// gpt-4o-mini: $0.15 and $0.60 for a million tokens.
    fn explain(before: Usage, now: Usage, change: f64) -> CostChange {
        let mut usages = Usages::default();
        usages.add((before, 1), (now, 1));
        usages.explain(change, "openai/gpt-4o-mini", &Tariff::embedded()).unwrap()
    }

    #[test]
    fn the_largest_part_of_a_change_is_its_cause() {
        let cases = [
            (usage(1000, 100), usage(1410, 110), 6.75e-5, true, Some("context grew by 410 tokens")),
            (usage(1000, 200), usage(1010, 100), -5.85e-5, true, Some("answers shrank by 100 tokens")),
            (usage(1000, 100), usage(1000, 100), 0.001, false, Some("dearer model")),
            (usage(1000, 100), usage(1000, 100), -0.001, true, Some("cheaper tokens")),
            (usage(1000, 100), usage(1000, 100), 0.0, true, None),
        ];
        for (before, now, change, same_model, expected) in cases {
            let explained = explain(before, now, change);
            let sum = explained.input_usd + explained.output_usd + explained.price_usd;
            assert!((sum - change).abs() < 1e-12, "{sum}");
            assert_eq!(explained.cause(same_model).as_deref(), expected);
        }
    }

    #[test]
    fn repeats_are_a_mean_and_without_tokens_or_a_price_nothing_is_said() {
        let mut usages = Usages::default();
        usages.add((usage(2000, 200), 2), (usage(1000, 100), 1));
        let explained = usages.explain(0.0, "openai/gpt-4o-mini", &Tariff::embedded()).unwrap();
        assert_eq!(explained.input_tokens, BeforeAndNow { baseline: 1000.0, current: 1000.0 });
        assert_eq!(usages.explain(0.0, "openai/nobody-knows", &Tariff::embedded()), None);
        assert_eq!(Usages::default().explain(0.0, "openai/gpt-4o-mini", &Tariff::embedded()), None);
    }
}
