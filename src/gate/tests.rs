use super::*;
use crate::report::calibration::{Correction, CorrectionMethod};
use crate::report::{CaseCounts, Comparison, CostLimits, Difference, Estimate, Outdated};

/// A report with these counts, thresholds and estimates: (metric, threshold, mean, n).
fn report(total: usize, finished: usize, errored: usize, rows: &[(&str, f64, Option<f64>, usize)]) -> Report {
    let mut report = crate::report::json::empty_for_tests();
    report.cases = CaseCounts { total, finished, errored };
    for (name, threshold, mean, n) in rows {
        report.thresholds.insert((*name).to_owned(), *threshold);
        let (metric, _) = metrics::find(name).unwrap();
        let (kind, scale) = (metric.name.to_owned(), metric.scale);
        let estimate = Estimate { kind, scale, mean: *mean, n: *n, errored, ..Estimate::default() };
        report.estimates.insert((*name).to_owned(), estimate);
    }
    report
}

#[test]
fn the_gate_passes_only_on_what_was_measured() {
    use Decision::{Fail, Pass, Undecided};
    let recall = |mean: Option<f64>| ("context_recall", 0.8, mean, 10);
    let cases = vec![
        ("met", report(10, 10, 0, &[recall(Some(0.8))]), Pass),
        ("met but for rounding", report(10, 10, 0, &[recall(Some(0.799_999_999_99))]), Pass),
        ("missed", report(10, 10, 0, &[recall(Some(0.79))]), Fail),
        ("one of two missed", report(10, 10, 0, &[recall(Some(0.9)), ("refusal", 0.9, Some(0.5), 4)]), Fail),
        ("latency met", report(10, 10, 0, &[("latency", 500.0, Some(499.0), 10)]), Pass),
        ("latency missed", report(10, 10, 0, &[("latency", 500.0, Some(501.0), 10)]), Fail),
        ("no cases", report(0, 0, 0, &[recall(None)]), Undecided),
        ("no thresholds", report(10, 10, 0, &[]), Undecided),
        ("interrupted", report(10, 9, 0, &[recall(Some(1.0))]), Undecided),
        ("interrupted before the first", report(10, 0, 0, &[recall(None)]), Undecided),
        ("an error", report(10, 10, 1, &[recall(Some(1.0))]), Undecided),
        ("an error and a miss", report(10, 10, 1, &[recall(Some(0.0))]), Undecided),
        ("all errors", report(10, 10, 10, &[recall(None)]), Undecided),
        ("nothing measured", report(10, 10, 0, &[recall(None)]), Undecided),
        ("not a number", report(10, 10, 0, &[recall(Some(f64::NAN))]), Undecided),
    ];
    for (name, report, expected) in cases {
        let verdict = check(&report);
        assert_eq!(verdict.decision, expected, "{name}: {:?}", verdict.reasons);
        assert_eq!(verdict.reasons.is_empty(), expected == Pass, "{name}");
    }
}

#[test]
fn errors_up_to_the_allowed_share_do_not_stop_the_gate() {
    let mut report = report(10, 10, 1, &[("context_recall", 0.8, Some(0.9), 9)]);
    report.max_error_rate = 0.1;
    assert_eq!(check(&report).decision, Decision::Pass);
    report.max_error_rate = 0.09;
    assert_eq!(check(&report).decision, Decision::Undecided);
}

#[test]
fn errors_that_gather_in_one_metric_stop_the_gate() {
    let mut report = report(100, 100, 9, &[("context_recall", 0.8, Some(0.9), 91), ("refusal", 0.9, Some(1.0), 1)]);
    report.max_error_rate = 0.1;
    let verdict = check(&report);
    assert_eq!(verdict.decision, Decision::Undecided);
    assert_eq!(verdict.reasons, ["refusal could not be measured in 9 of its 10 cases"]);
}

#[test]
fn answers_that_give_nothing_to_measure_stop_the_gate() {
    let mut report = report(40, 40, 0, &[("context_recall", 0.8, Some(1.0), 30)]);
    report.max_not_applicable = 0.2;
    report.estimates.get_mut("context_recall").unwrap().not_applicable = 7;
    assert_eq!(check(&report).decision, Decision::Pass);
    report.estimates.get_mut("context_recall").unwrap().not_applicable = 10;
    let verdict = check(&report);
    assert_eq!(verdict.decision, Decision::Undecided);
    assert_eq!(verdict.reasons, ["context_recall had nothing to measure in 10 of 40 answers (allowed: 20 %)"]);
}

#[test]
fn the_strict_rule_is_never_laxer_than_the_mean() {
    use Decision::{Fail, Pass, Undecided};
    let with_bound = |mean: f64, bound: Option<f64>| {
        let mut report = report(10, 10, 0, &[("context_recall", 0.8, Some(mean), 10)]);
        report.rule = Rule::Strict;
        report.estimates.get_mut("context_recall").unwrap().bound = bound;
        check(&report).decision
    };
    let found =
        [with_bound(0.95, Some(0.85)), with_bound(0.85, Some(0.7)), with_bound(0.85, None), with_bound(0.7, Some(0.9))];
    assert_eq!(found, [Pass, Undecided, Undecided, Fail]);
}

#[test]
fn a_run_that_was_stopped_is_judged_by_what_it_measured() {
    let mut report = report(100, 40, 0, &[("context_recall", 0.8, Some(0.9), 40)]);
    report.stopped = Some(crate::eval::Stopped::Confident);
    assert_eq!(check(&report).decision, Decision::Pass);
    report.cases.finished = 0;
    assert_eq!(check(&report).decision, Decision::Undecided);
}

#[test]
fn a_reason_says_the_number_the_bar_and_the_cases() {
    let verdict = check(&report(10, 10, 0, &[("context_recall", 0.8, Some(0.625), 8)]));
    assert_eq!(verdict.reasons, ["context_recall is 0.625, under its bar of 0.800 (n = 8)"]);
}

#[test]
fn a_shard_decides_nothing_and_exits_by_whether_it_was_measured() {
    let shard = crate::report::ShardFacts { shard: crate::eval::Shard { index: 2, count: 3 }, dataset_cases: 30 };
    let of = |report: Report| {
        let report = Report { shard: Some(shard), ..report };
        let verdict = check(&report);
        assert_eq!(verdict.decision, Decision::Undecided);
        exit_status(&report.decided(verdict))
    };
    let recall = |mean| [("context_recall", 0.8, mean, 10)];
    assert_eq!(of(report(10, 10, 0, &recall(Some(0.1)))), ExitStatus::Pass);
    assert_eq!(of(report(10, 10, 1, &recall(Some(1.0)))), ExitStatus::Undecided);
    assert_eq!(of(report(10, 9, 0, &recall(Some(1.0)))), ExitStatus::Undecided);
    assert_eq!(of(report(0, 0, 0, &recall(None))), ExitStatus::Pass);
    assert_eq!(exit_status(&report(10, 10, 0, &recall(Some(1.0)))), ExitStatus::Undecided);
}

#[test]
fn a_run_that_ended_early_says_why() {
    let report = Report { ended_early: Some("20 of 20 failed: down".into()), ..report(100, 20, 0, &[]) };
    assert_eq!(check(&report).reasons[0], "the run ended after 20 of 100 cases: 20 of 20 failed: down");
    // A missing shard counts even if no case of the dataset fell to it.
    let complete = Report { cases: CaseCounts { total: 20, finished: 20, errored: 0 }, ..report };
    assert_eq!(check(&complete).decision, Decision::Undecided);
}

/// A judged metric with a bar of 0.8: its judged mean, what it is corrected to with its bound, its kappa, the least one.
fn judged(mean: f64, corrected: Option<(f64, f64)>, kappa: Option<f64>, least: Option<f64>) -> Report {
    let mut report = report(10, 10, 0, &[("faithfulness", 0.8, Some(mean), 10)]);
    let facts = serde_json::json!({
        "models": ["a/b"], "settings": "a/b", "rubrics": {"faithfulness": []}, "min_kappa": least,
    });
    report.judge = serde_json::from_value(facts).unwrap();
    report.estimates.get_mut("faithfulness").unwrap().calibration = Some(Correction {
        method: CorrectionMethod::RoganGladen,
        kappa,
        n_labels: 90,
        value: corrected.map(|(value, _)| value),
        low: None,
        high: None,
        bound: corrected.map(|(_, bound)| bound),
        refused: corrected.is_none().then(|| "it knows nothing".to_owned()),
    });
    report
}

#[test]
fn the_corrected_value_is_compared_and_both_are_said() {
    let verdict = check(&judged(0.9, Some((0.75, 0.7)), Some(0.7), None));
    let reason =
        "faithfulness is 0.750 corrected for the judge's errors (judged 0.900), under its bar of 0.800 (n = 10)";
    assert_eq!((verdict.decision, verdict.reasons), (Decision::Fail, vec![reason.to_owned()]));
    assert_eq!(verdict.breaches[0].judged, Some(0.9));
    assert_eq!(check(&judged(0.7, Some((0.85, 0.75)), Some(0.7), None)).decision, Decision::Pass);
    let strict = |bound| check(&Report { rule: Rule::Strict, ..judged(0.7, Some((0.85, bound)), Some(0.7), None) });
    assert_eq!(strict(0.8).decision, Decision::Pass);
    let reason = "faithfulness is 0.850 corrected for the judge's errors (judged 0.700), but its 95 % bound is 0.790, on the \
                  wrong side of the bar of 0.800 (n = 10)";
    assert_eq!((strict(0.79).decision, strict(0.79).reasons), (Decision::Undecided, vec![reason.to_owned()]));
}

#[test]
fn a_judge_that_is_not_good_enough_decides_nothing() {
    let good = || judged(0.9, Some((0.9, 0.85)), Some(0.61), Some(0.6));
    assert_eq!(check(&good()).decision, Decision::Pass);
    let reasons = |report: &Report| {
        let verdict = check(report);
        assert_eq!(verdict.decision, Decision::Undecided);
        verdict.reasons.join("; ")
    };
    let poor = judged(0.9, Some((0.9, 0.85)), Some(0.59), Some(0.6));
    let expected =
        "the judge of faithfulness agrees with people at a kappa of 0.590, below judge.min_kappa 0.6 (90 labels)";
    assert_eq!(reasons(&poor), expected);
    assert!(reasons(&judged(0.9, Some((0.9, 0.85)), None, Some(0.6))).contains("no kappa"));
    // A miss is not decided on either.
    assert!(reasons(&judged(0.1, Some((0.1, 0.0)), Some(0.1), Some(0.6))).starts_with("the judge of"));
    let refused = "faithfulness cannot be corrected for the judge's errors: it knows nothing";
    assert_eq!(reasons(&judged(0.9, None, Some(0.7), None)), refused);
    let mut never = good();
    never.estimates.get_mut("faithfulness").unwrap().calibration = None;
    let expected = "faithfulness is judged, judge.min_kappa is 0.6, and it was never calibrated; run `llmops judge \
                    calibrate LABELS.jsonl --metric faithfulness`";
    assert_eq!(reasons(&never), expected);
    never.judge.as_mut().unwrap().min_kappa = None;
    assert_eq!(check(&never).decision, Decision::Pass);
}

#[test]
fn a_calibration_of_another_judge_is_said() {
    let mut report = judged(0.9, None, None, None);
    report.estimates.get_mut("faithfulness").unwrap().calibration = None;
    let outdated = Outdated { why: "another judge".into(), labels: "evals/labels.jsonl".into() };
    report.judge.as_mut().unwrap().outdated.insert("faithfulness".into(), outdated);
    let verdict = check(&report);
    let note = "faithfulness is not corrected: its calibration is of another judge; `llmops judge calibrate \
                evals/labels.jsonl --metric faithfulness` renews it";
    assert_eq!((verdict.decision, verdict.notes), (Decision::Pass, vec![note.to_owned()]));
    report.judge.as_mut().unwrap().min_kappa = Some(0.5);
    let verdict = check(&report);
    assert_eq!((verdict.decision, verdict.notes), (Decision::Undecided, Vec::<String>::new()));
    assert!(verdict.reasons[0].contains("its calibration is of another judge; run `llmops"), "{:?}", verdict.reasons);
}

fn dollars(text: &str) -> Option<crate::cost::Cost> {
    crate::cost::Cost::parse(text)
}

/// A report that meets its bar, whose answers cost 0.002 now and 0.001 in the baseline.
fn costing(limits: CostLimits) -> Report {
    let mut report = report(10, 10, 0, &[("context_recall", 0.8, Some(0.9), 10)]);
    report.cost_limits = limits;
    report.cost.answer_usd = dollars("0.002");
    report.cost.embedder_usd = dollars("0");
    let cost = Difference { baseline: 0.001, current: 0.002, n: 10, ..Difference::default() };
    report.comparison = Some(Comparison { cost: Some(cost), ..Comparison::default() });
    report
}

#[test]
fn answers_that_cost_too_much_fail() {
    let month = |most: &str| CostLimits {
        requests_per_month: Some(50_000),
        max_per_month: dollars(most),
        ..CostLimits::default()
    };
    let cases = [
        (CostLimits { max_per_case: dollars("0.002"), ..CostLimits::default() }, None),
        (
            CostLimits { max_per_case: dollars("0.0019"), ..CostLimits::default() },
            Some("an answer costs $0.002, above the $0.0019 of cost.max_per_case"),
        ),
        (month("100"), None),
        (month("99"), Some("a month costs $100.00, above the $99.00 of cost.max_per_month")),
        (CostLimits { max_increase: Some(1.0), ..CostLimits::default() }, None),
        (
            CostLimits { max_increase: Some(0.2), ..CostLimits::default() },
            Some(
                "an answer costs $0.002, +100 % against $0.001 in the baseline, more than the 20 % of cost.max_increase \
                 (n = 10)",
            ),
        ),
    ];
    for (limits, expected) in cases {
        let verdict = check(&costing(limits));
        let decision = if expected.is_some() { Decision::Fail } else { Decision::Pass };
        assert_eq!((verdict.decision, verdict.reasons.first().map(String::as_str)), (decision, expected));
        assert_eq!(verdict.breaches.is_empty(), expected.is_none());
    }
}

#[test]
fn a_cost_that_is_not_known_fails_what_depends_on_it() {
    let limits = [
        CostLimits { max_per_case: dollars("1"), ..CostLimits::default() },
        CostLimits { max_per_month: dollars("1"), requests_per_month: Some(1), ..CostLimits::default() },
        CostLimits { max_increase: Some(1.0), ..CostLimits::default() },
        CostLimits { has_budget: true, ..CostLimits::default() },
    ];
    for limits in limits {
        let mut report = costing(limits);
        report.cost.answer_usd = None;
        report.cost.target_unknown = 3;
        report.comparison = Some(Comparison::default());
        let verdict = check(&report);
        assert_eq!(verdict.decision, Decision::Fail, "{limits:?}");
        assert!(verdict.reasons[0].contains("not known"), "{:?}", verdict.reasons);
    }
    let mut report = costing(CostLimits::default());
    report.cost.answer_usd = None;
    report.cost.target_unknown = 3;
    assert_eq!(check(&report).decision, Decision::Pass);
}

#[test]
fn an_increase_needs_a_baseline() {
    let mut report = costing(CostLimits { max_increase: Some(0.2), ..CostLimits::default() });
    report.comparison = None;
    assert_eq!(check(&report).decision, Decision::Undecided);
}
