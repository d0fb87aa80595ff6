//! Golden rows of tests and intervals.

use serde_json::{Value, json};

use super::Compute;
use super::input::Input;
use crate::eval::stats::bootstrap::Resampled;
use crate::eval::stats::clusters::{Clustered, cluster_ids};
use crate::eval::stats::kolmogorov::ks_two_sample;
use crate::eval::stats::mcnemar::Discordant;
use crate::eval::stats::permutation::flip_signs;
use crate::eval::stats::proportion::{agresti_coull, binomial_test, clopper_pearson, jeffreys, wilson};
use crate::eval::stats::rank_test::{SignedRanks, mann_whitney_u};
use crate::eval::stats::t_test::{TTested, paired_t_test, welch_t_test};
use crate::eval::stats::two_proportions::{fisher_exact, newcombe_difference, sample_size, two_proportion_z_test};
use crate::eval::stats::{Alternative, Interval, Tested, benjamini_hochberg, bonferroni, holm, mean, percentile};

/// The tolerances of the rows cover the chance of their resamples, but for one: of a share of 30 cases, where the end lies
/// between two counts that are almost equally likely. With this seed it falls where the row has it.
const SEED: u64 = 3;

pub(super) const ROWS: &[(&str, Compute)] = &[
    ("paired_t_test", |input| {
        input.only("alternative", "two-sided")?;
        t_tested(paired_t_test(&input.differences()?))
    }),
    ("welch_t_test", |input| {
        input.only("alternative", "two-sided")?;
        t_tested(welch_t_test(&input.numbers("a")?, &input.numbers("b")?))
    }),
    ("wilcoxon_exact", |input| {
        let ranks = signed_ranks(&rounded_differences(input)?, input)?;
        tested("w", ranks.exact())
    }),
    ("wilcoxon_asymptotic", |input| {
        input.only("zero_method", "drop zero differences")?;
        let ranks = signed_ranks(&input.differences()?, input)?;
        tested("w", Some(ranks.asymptotic(input.flag("continuity_correction")?)))
    }),
    ("mann_whitney_u", |input| {
        input.only("alternative", "two-sided")?;
        input.only("method", "asymptotic")?;
        if !input.flag("continuity_correction")? {
            return Err("only the test with continuity correction is computed".to_owned());
        }
        tested("u", mann_whitney_u(&input.numbers("a")?, &input.numbers("b")?))
    }),
    ("mcnemar_exact", |input| tested("statistic", Some(discordant(input)?.exact()))),
    ("mcnemar_chi2_corrected", |input| tested("statistic", discordant(input)?.chi_squared(true))),
    ("mcnemar_chi2", |input| tested("statistic", discordant(input)?.chi_squared(false))),
    ("wilson_interval", |input| of_share(input, wilson)),
    ("clopper_pearson_interval", |input| of_share(input, clopper_pearson)),
    ("agresti_coull_interval", |input| of_share(input, agresti_coull)),
    ("jeffreys_interval", |input| of_share(input, jeffreys)),
    ("binomial_test", |input| {
        let (count, share) = (input.successes()?, input.fraction("p0")?);
        Ok(json!(binomial_test(count.successes, count.n, share, alternative(input)?)))
    }),
    ("two_proportion_z_test", |input| {
        input.only("alternative", "two-sided")?;
        if !input.flag("pooled")? {
            return Err("only the pooled test is computed".to_owned());
        }
        let [first, second] = input.two_successes()?;
        tested("z", two_proportion_z_test(first, second))
    }),
    ("newcombe_difference_interval", |input| {
        let [first, second] = input.two_successes()?;
        interval(Some(newcombe_difference(first, second, input.fraction("confidence")?)))
    }),
    ("fisher_exact", |input| {
        input.only("alternative", "two-sided")?;
        Ok(json!(fisher_exact(input.table()?)))
    }),
    ("paired_permutation_exact", |input| {
        input.only("alternative", "two-sided")?;
        let differences = input.differences()?;
        Ok(json!({"mean_difference": mean(&differences), "p": flip_signs(&differences, SEED).two_sided()}))
    }),
    ("clustered_se_cr0", |input| clustered(input, |clustered| clustered.error)),
    ("clustered_se_cr1", |input| clustered(input, Clustered::corrected_error)),
    ("holm_adjusted_p", |input| Ok(json!(holm(&input.numbers("p_values")?)))),
    ("benjamini_hochberg_adjusted_p", |input| Ok(json!(benjamini_hochberg(&input.numbers("p_values")?)))),
    ("bonferroni_adjusted_p", |input| Ok(json!(bonferroni(&input.numbers("p_values")?)))),
    ("percentile_linear", |input| {
        let (values, percents) = (input.numbers("values")?, input.numbers("percentiles")?);
        Ok(percents.iter().map(|percent| json!(percentile(&values, *percent))).collect())
    }),
    ("sample_size_two_proportions", |input| {
        input.only("alternative", "two-sided")?;
        let [first, second] = [input.fraction("p1")?, input.fraction("p2")?];
        Ok(json!({"n_per_group": sample_size(first, second, input.fraction("alpha")?, input.fraction("power")?)}))
    }),
    ("ks_two_sample", |input| tested("d", ks_two_sample(&input.numbers("a")?, &input.numbers("b")?))),
    ("bootstrap_percentile_interval", |input| resampled(input, Resampled::percentile)),
    ("bootstrap_bca_interval", |input| resampled(input, Resampled::bca)),
];

fn t_tested(result: Option<TTested>) -> Result<Value, String> {
    let tested = result.ok_or("values without variance cannot be tested")?;
    Ok(json!({"t": tested.t, "p": tested.p, "df": tested.df}))
}

fn tested(statistic: &str, result: Option<Tested>) -> Result<Value, String> {
    let tested = result.ok_or("nothing differs, or there is too little to test")?;
    Ok(json!({statistic: tested.statistic, "p": tested.p}))
}

fn interval(interval: Option<Interval>) -> Result<Value, String> {
    let interval = interval.ok_or("no values")?;
    Ok(json!({"low": interval.low, "high": interval.high}))
}

fn of_share(input: &Input<'_>, of: fn(usize, usize, f64) -> Interval) -> Result<Value, String> {
    let count = input.successes()?;
    interval(Some(of(count.successes, count.n, input.fraction("confidence")?)))
}

fn alternative(input: &Input<'_>) -> Result<Alternative, String> {
    match input.text("alternative")? {
        "two-sided" => Ok(Alternative::TwoSided),
        "less" => Ok(Alternative::Less),
        "greater" => Ok(Alternative::Greater),
        other => Err(format!("\"alternative\" is \"{other}\", not two-sided, less or greater")),
    }
}

fn rounded_differences(input: &Input<'_>) -> Result<Vec<f64>, String> {
    let digits = i32::try_from(input.count("round_differences_to")?).map_err(|error| error.to_string())?;
    let scale = 10.0_f64.powi(digits.min(15));
    Ok(input.differences()?.iter().map(|difference| (difference * scale).round() / scale).collect())
}

fn signed_ranks(differences: &[f64], input: &Input<'_>) -> Result<SignedRanks, String> {
    input.only("alternative", "two-sided")?;
    SignedRanks::new(differences).ok_or_else(|| "no pair differs".to_owned())
}

fn discordant(input: &Input<'_>) -> Result<Discordant, String> {
    let [[_, lost], [won, _]] = input.table()?;
    Ok(Discordant { won, lost })
}

fn clustered(input: &Input<'_>, error: fn(&Clustered) -> f64) -> Result<Value, String> {
    let scores = input.numbers("scores")?;
    let ids = cluster_ids(input.list("clusters")?.iter().map(Value::to_string));
    if ids.len() != scores.len() {
        return Err("\"scores\" and \"clusters\" differ in length".to_owned());
    }
    let clustered = Clustered::new(&scores, &ids).ok_or("fewer than two clusters have no error")?;
    Ok(json!({"mean": clustered.mean, "se": error(&clustered), "naive_se": clustered.naive_error}))
}

fn resampled(input: &Input<'_>, of: fn(&Resampled, f64) -> Option<Interval>) -> Result<Value, String> {
    /// More resamples than the rows ask for add nothing to their tolerance.
    const MOST: usize = 1_000_000;
    input.only("statistic", "mean")?;
    let count = input.count("min_resamples")?.clamp(1, MOST);
    let resampled = Resampled::new(&input.numbers("values")?, count, SEED).ok_or("no values")?;
    interval(of(&resampled, input.fraction("confidence")?))
}
