//! Which cases of the dataset are asked under attack, and by what they are scored.

use std::ops::ControlFlow;

use crate::cli::Attack;
use crate::cmd::eval;
use crate::config::Config;
use crate::error::Result;
use crate::eval::metrics::{ASSERTIONS, Metric, OVERALL, Scale};
use crate::eval::{Case, Dataset};
use crate::guard::attack::{Reach, Sampled};

/// The cases, or why there are none.
pub(super) type MaybeSampled = std::result::Result<Sampled, String>;

/// Cases from all over the dataset that a metric of answers alone can measure.
pub(super) fn sample(
    config: &Config,
    arguments: &Attack,
    dataset: Option<&Dataset>,
    reach: Reach,
) -> Result<MaybeSampled> {
    let wanted = usize::try_from(arguments.utility).unwrap_or(usize::MAX);
    if wanted == 0 {
        return Ok(Err("--utility is 0".to_owned()));
    }
    let Some(dataset) = dataset else {
        return Ok(Err(format!("there is no dataset {}", config.eval.dataset.value)));
    };
    // Without these, the metrics of the project are wrong, which is for `llmops eval` to say.
    let mut scorers = eval::scorers::build(config, &mut Vec::new());
    scorers.retain(|scorer| is_of_answers(scorer.metric));
    let is_measured = |case: &Case| scorers.iter().any(|scorer| (scorer.metric.skip)(case).is_none());
    let mut measured = 0;
    dataset.each(&mut |case| {
        measured += usize::from(is_measured(&case));
        ControlFlow::Continue(())
    })?;
    if measured == 0 {
        return Ok(Err("no metric of [eval] and [gate] scores answers of the dataset without a judge".to_owned()));
    }
    let (mut seen, mut cases) = (0, Vec::new());
    dataset.each(&mut |case| {
        if is_measured(&case) {
            // The k-th of n is taken when it is the first beyond a further part of the whole.
            if seen * wanted / measured < (seen + 1) * wanted / measured || measured <= wanted {
                cases.push(case);
            }
            seen += 1;
        }
        ControlFlow::Continue(())
    })?;
    Ok(Ok(Sampled { cases, scorers, reach, seed: arguments.seed }))
}

/// Whether a metric looks at nothing but the answer, and says from 0 to 1 how good that is.
fn is_of_answers(metric: &Metric) -> bool {
    let is_own = ![ASSERTIONS.name, OVERALL.name].contains(&metric.name);
    is_own && metric.needs.is_empty() && metric.scale == Scale::Share
}
