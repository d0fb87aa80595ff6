//! What a run's calls cost, by who made them.

use serde::{Deserialize, Serialize};

use super::{Difference, Report};
use crate::cost::{Cost, Costs};
use crate::eval::Measured;
use crate::text::count;

/// The costs of a run at list prices, in US dollars. What is not known is `None`, never 0 or a part of the sum.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct CostByRole {
    /// The calls of this run that answered cases.
    pub(crate) target_usd: Option<Cost>,
    /// Answers that were asked for and whose cost is not known.
    pub(crate) target_unknown: usize,
    /// What the answers and verdicts from the response cache or a recording would have cost, as far as it is known.
    pub(crate) saved_usd: Cost,
    /// The mean list price of an answer, from the cache or not; `None` if that of any is not known, or there are none.
    #[serde(default)]
    pub(crate) answer_usd: Option<Cost>,
    pub(crate) embedder_usd: Option<Cost>,
    #[serde(default)]
    pub(crate) judge_usd: Option<Cost>,
    /// Calls of the judge whose cost is not known.
    #[serde(default)]
    pub(crate) judge_unknown: usize,
    /// Where the prices are from, their day, and the SHA-256 of their source.
    pub(crate) prices: String,
}

/// What the configuration says of costs: bars of the gate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CostLimits {
    /// How much more an answer may cost than in the baseline: 0.2 is a fifth more.
    pub(crate) max_increase: Option<f64>,
    pub(crate) max_per_case: Option<Cost>,
    /// How many answers users get a month.
    pub(crate) requests_per_month: Option<u64>,
    pub(crate) max_per_month: Option<Cost>,
    /// Whether a run, a day or a month has a budget.
    pub(crate) has_budget: bool,
}

impl CostLimits {
    /// Whether the gate looks at costs, which the cases that are left may still change.
    pub(crate) fn is_a_bar(&self) -> bool {
        *self != Self { requests_per_month: self.requests_per_month, ..Self::default() }
    }
}

impl Report {
    /// What a month of answers costs, at what one costs on average; `None` if that is not known, or nobody said how many
    /// there are.
    pub(crate) fn monthly_cost(&self) -> Option<Cost> {
        self.cost.answer_usd?.times(self.cost_limits.requests_per_month?)
    }
}

/// Adds up the costs of rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spend {
    spent: Cost,
    saved: Cost,
    unknown: usize,
    answers: usize,
    /// The list price of the answers; `None` if that of one is not known.
    listed: Option<Cost>,
    judge: Costs,
}

impl Default for Spend {
    fn default() -> Self {
        Self {
            spent: Cost::ZERO,
            saved: Cost::ZERO,
            unknown: 0,
            answers: 0,
            listed: Some(Cost::ZERO),
            judge: Costs::default(),
        }
    }
}

impl Spend {
    pub(super) fn add(&mut self, row: &Measured) {
        self.judge += row.judge_cost;
        if row.error.is_none() {
            self.answers += 1;
            self.listed = self.listed.zip(row.cost_usd).map(|(sum, cost)| sum + cost);
        }
        let sent = row.attempts > 0;
        match row.cost_usd {
            // What a failed case consumed is in no reply.
            _ if row.error.is_some() => {}
            Some(cost) if sent => self.spent += cost,
            Some(cost) => self.saved += cost,
            None if sent => self.unknown += 1,
            // It cost nothing now, whatever its price.
            None => {}
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of answers are far below 2^52")]
    fn of_an_answer(&self) -> Option<Cost> {
        let sum = self.listed.filter(|_| self.answers > 0)?;
        Cost::near(sum.to_f64() / self.answers as f64)
    }

    /// The costs of a run whose rows these were; what no row says is as in `known`.
    pub(super) fn by_role(self, known: CostByRole) -> CostByRole {
        CostByRole {
            target_usd: (self.unknown == 0).then_some(self.spent),
            target_unknown: self.unknown,
            saved_usd: self.saved + self.judge.saved_usd,
            answer_usd: self.of_an_answer(),
            judge_usd: (self.judge.unknown == 0).then_some(self.judge.usd),
            judge_unknown: self.judge.unknown,
            ..known
        }
    }
}

/// The costs for people; `None` where there is nothing to say: no model of ours was asked, or nothing was used.
pub(super) fn line(report: &Report) -> Option<String> {
    let (cost, usage) = (&report.cost, &report.usage);
    let mut parts = Vec::new();
    if let Some(model) = &report.target.model
        && !(usage.target.is_zero() && usage.embedder.is_zero())
    {
        parts.push(match cost.target_usd {
            Some(known) => known.to_string(),
            None => format!("not known for {} of {model}", count(cost.target_unknown, "answer")),
        });
    }
    if !usage.embedder.is_zero() {
        match cost.embedder_usd {
            Some(Cost::ZERO) => {}
            Some(known) => parts.push(format!("embedder {known}")),
            None => parts.push("embedder not known".to_owned()),
        }
    }
    if !usage.judge.is_zero() {
        parts.push(match cost.judge_usd {
            Some(known) => format!("judge {known}"),
            None => format!("judge not known for {}", count(cost.judge_unknown, "call")),
        });
    }
    if parts.is_empty() {
        return None;
    }
    if cost.saved_usd > Cost::ZERO {
        parts.push(format!("{} saved by kept answers", cost.saved_usd));
    }
    Some(parts.join(", "))
}

/// What a month of answers costs: "$412 for 50,000 answers".
pub(super) fn month(report: &Report) -> Option<String> {
    let requests = report.cost_limits.requests_per_month?;
    let cost = report.monthly_cost().map_or_else(|| "not known".to_owned(), |cost| cost.to_string());
    Some(format!("{cost} for {requests} answers"))
}

/// What an answer costs beside the baseline, and why: "$0.0012, +12 % against $0.00107, $38 more a month; cause: context grew by
/// 410 tokens"; `None` where it is not known of both, or where nothing costs anything.
pub(super) fn change(report: &Report) -> Option<String> {
    Some(format!("{}{}", against(report)?, why(report).unwrap_or_default()))
}

fn why(report: &Report) -> Option<String> {
    let comparison = report.comparison.as_ref()?;
    let Difference { baseline, current, .. } = comparison.cost.as_ref()?;
    let more = current - baseline;
    // Less than a hundredth is no change that anybody asks about.
    if more.abs() < 0.01 * baseline {
        return None;
    }
    let month = report.cost_limits.requests_per_month.and_then(|requests| {
        let cost = Cost::near(more.abs())?.times(requests)?;
        Some(format!(", {cost} {} a month", if more > 0.0 { "more" } else { "less" }))
    });
    let same_model = comparison.baseline.model == report.target.model;
    let cause = comparison.cost_change.and_then(|change| change.cause(same_model));
    let cause = cause.map_or_else(String::new, |cause| format!("; cause: {cause}"));
    Some(month.unwrap_or_default() + &cause)
}

fn against(report: &Report) -> Option<String> {
    let Difference { scale, baseline, current, n, .. } = report.comparison.as_ref()?.cost.as_ref()?;
    let (now, before) = (scale.show(*current), scale.show(*baseline));
    let of = if *n < report.cases.total { format!(" in {}", count(*n, "case")) } else { String::new() };
    match (*baseline > 0.0, *current > 0.0) {
        (false, false) => None,
        (false, true) => Some(format!("{now}, {before} in the baseline{of}")),
        (true, _) => Some(format!("{now}, {:+.0} % against {before}{of}", 100.0 * (current / baseline - 1.0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cost: Option<&str>, attempts: u32) -> Measured {
        Measured { cost_usd: cost.and_then(Cost::parse), attempts, ..Measured::default() }
    }

    fn shown(rows: &[Measured], embedder_usd: Option<Cost>) -> Option<String> {
        let mut spend = Spend::default();
        for row in rows {
            spend.add(row);
        }
        let mut report = crate::report::json::empty_for_tests();
        report.target.model = Some("openai/gpt-x".into());
        report.usage.target.input = 1;
        report.usage.embedder.input = 1_000_000;
        report.cost = spend.by_role(CostByRole { embedder_usd, ..CostByRole::default() });
        line(&report)
    }

    #[test]
    fn a_sum_with_an_unknown_part_is_unknown_and_kept_answers_cost_nothing_now() {
        let failed = Measured { error: Some("down".into()), ..Measured::default() };
        let cases = [
            (vec![row(Some("0.001"), 1), row(Some("0.002"), 1), failed], "$0.003"),
            (vec![row(Some("0.001"), 1), row(None, 1)], "not known for 1 answer of openai/gpt-x"),
            (vec![row(Some("0.001"), 0), row(None, 0)], "$0, $0.001 saved by kept answers"),
        ];
        for (rows, expected) in cases {
            assert_eq!(shown(&rows, Some(Cost::ZERO)).as_deref(), Some(expected));
        }
    }

    #[test]
    fn an_answer_costs_what_it_costs_from_the_cache_or_not_and_whatever_the_judge_does() {
        let each = |rows: &[Measured]| {
            let mut spend = Spend::default();
            for row in rows {
                spend.add(row);
            }
            spend.by_role(CostByRole::default()).answer_usd.map(|cost| cost.to_string())
        };
        let judge_cost = Costs { saved_usd: Cost::parse("5").unwrap(), ..Costs::default() };
        let judged = Measured { judge_cost, ..row(Some("0.002"), 0) };
        let failed = Measured { error: Some("down".into()), ..Measured::default() };
        assert_eq!(each(&[row(Some("0.001"), 1), judged, failed.clone()]).as_deref(), Some("$0.0015"));
        assert_eq!((each(&[row(Some("0.001"), 1), row(None, 0)]), each(&[failed]), each(&[])), (None, None, None));
    }

    #[test]
    fn a_number_of_requests_alone_is_no_bar() {
        let requests = CostLimits { requests_per_month: Some(1), ..CostLimits::default() };
        assert!(!requests.is_a_bar());
        assert!(CostLimits { max_per_case: Some(Cost::ZERO), ..requests }.is_a_bar());
        assert!(CostLimits { has_budget: true, ..requests }.is_a_bar());
    }

    #[test]
    fn the_judges_cost_is_its_own() {
        let judged = |usd: &str, unknown: usize| {
            let mut spend = Spend::default();
            let judge_cost = Costs { usd: Cost::parse(usd).unwrap(), unknown, ..Costs::default() };
            spend.add(&Measured { judge_cost, ..row(Some("0.001"), 1) });
            let mut report = crate::report::json::empty_for_tests();
            report.target.model = None;
            report.usage.judge.input = 1;
            report.cost = spend.by_role(CostByRole::default());
            line(&report)
        };
        assert_eq!(judged("0.002", 0).as_deref(), Some("judge $0.002"));
        assert_eq!(judged("0.002", 1).as_deref(), Some("judge not known for 1 call"));
    }

    #[test]
    fn the_embedders_cost_stands_beside_the_targets() {
        let cases =
            [(Cost::parse("0.02"), "$0, embedder $0.02"), (Some(Cost::ZERO), "$0"), (None, "$0, embedder not known")];
        for (embedder, expected) in cases {
            assert_eq!(shown(&[], embedder).as_deref(), Some(expected));
        }
    }
}
