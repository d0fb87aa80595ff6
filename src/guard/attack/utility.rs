//! Whether the target still does its own work while it is attacked: cases of the project's dataset, each asked as it is
//! and with an attack beside it, scored by the metrics that need nobody's opinion.
//!
//! Source: utility under attack, `AgentDojo`, Debenedetti et al. 2024.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt, stream};

use super::run::{Asking, passage};
use super::{Attempt, Options, Place, Reach, plan};
use crate::error::Result;
use crate::eval::metrics::{Scorer, Tools};
use crate::eval::stats::{Estimate, Interval, SEED, Sample, estimate};
use crate::eval::{Added, Case, Outcome, Question, answer};

/// Enough to see that a target stops working, and not so many that they cost more than the attacks.
pub(crate) const UTILITY_CASES: usize = 20;

/// What is asked, and how it is scored.
pub(crate) struct Sampled {
    pub(crate) cases: Vec<Case>,
    /// Of answers alone, from 0 to 1.
    pub(crate) scorers: Vec<Arc<Scorer>>,
    pub(crate) reach: Reach,
    pub(crate) seed: u64,
}

/// What the target's own work is worth without and with an attack.
pub(crate) struct Utility {
    pub(crate) metrics: Vec<Worth>,
    pub(crate) cases: usize,
    /// Cases that were not answered both times.
    pub(crate) errors: usize,
    /// What the target says when it is not attacked.
    pub(crate) plain_answers: Vec<String>,
}

/// A metric over the cases that it measured both times.
pub(crate) struct Worth {
    pub(crate) metric: String,
    pub(crate) plain: Estimate,
    pub(crate) attacked: Estimate,
}

/// Asks each case twice, so many at once; tells after each.
pub(crate) async fn utility(
    asking: &Asking,
    sampled: &Sampled,
    concurrency: usize,
    tell: &mut dyn FnMut(),
) -> Result<Utility> {
    let attacks = attacks(sampled.reach, sampled.seed)?;
    let pairs = sampled.cases.iter().zip(attacks.iter().cycle());
    let mut asked =
        stream::iter(pairs.map(|(case, attack)| twice(asking, &sampled.scorers, case, attack))).buffered(concurrency);
    let mut utility = Utility { metrics: Vec::new(), cases: sampled.cases.len(), errors: 0, plain_answers: Vec::new() };
    let mut values: BTreeMap<String, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    while let Some((plain, attacked)) = asked.next().await {
        tell();
        utility.errors += usize::from(attacked.is_none());
        let Some(plain) = plain else { continue };
        for (name, now) in attacked.iter().flat_map(|attacked| &attacked.scores) {
            if let Some(before) = plain.scores.get(name) {
                let (plain, attacked) = values.entry(name.clone()).or_default();
                plain.push(*before);
                attacked.push(*now);
            }
        }
        utility.plain_answers.push(plain.answer);
    }
    let worth = |(metric, (plain, attacked)): (String, (Vec<f64>, Vec<f64>))| {
        Some(Worth { metric, plain: estimated(&plain)?, attacked: estimated(&attacked)? })
    };
    utility.metrics = values.into_iter().filter_map(worth).collect();
    Ok(utility)
}

/// Plain attacks, in a passage where one can be planted.
fn attacks(reach: Reach, seed: u64) -> Result<Vec<Attempt>> {
    let (goal, strategy) =
        if reach == Reach::Passages { ("indirect_injection", "visible") } else { ("instruction_override", "basic") };
    let options = Options {
        seed,
        goals: vec![goal.to_owned()],
        strategies: vec![strategy.to_owned()],
        target: reach,
        ..Options::default()
    };
    Ok(plan(&options)?.attempts)
}

struct Answered {
    answer: String,
    scores: BTreeMap<String, f64>,
}

/// The case as it is, and if that has an answer, with the attack beside it.
async fn twice(
    asking: &Asking,
    scorers: &[Arc<Scorer>],
    case: &Case,
    attack: &Attempt,
) -> (Option<Answered>, Option<Answered>) {
    let (attacked, added) = match attack.place {
        Place::Passage => (case.clone(), Added { passage: Some(passage(attack.attack())), ..Added::default() }),
        Place::Question => {
            let question = format!("{}\n\n{}", case.question, attack.attack());
            (Case { question, ..case.clone() }, Added::default())
        }
    };
    let plain = scored(asking, scorers, case, Question::plain(case, 0)).await;
    if plain.is_none() {
        return (None, None);
    }
    let attacked = scored(asking, scorers, case, Question { case: &attacked, repeat: 0, added: &added }).await;
    (plain, attacked)
}

/// `None` without an answer.
async fn scored(asking: &Asking, scorers: &[Arc<Scorer>], case: &Case, question: Question<'_>) -> Option<Answered> {
    let output = answer(&*asking.target, question, asking.time_limit).await.ok()?;
    let mut found = BTreeMap::new();
    for scorer in scorers {
        if let Outcome::Scored { value, .. } = scorer.score(case, &output, &Tools::default()).await.outcome {
            found.insert(scorer.name.to_string(), value);
        }
    }
    Some(Answered { answer: output.answer, scores: found })
}

fn estimated(values: &[f64]) -> Option<Estimate> {
    estimate(Sample { values, clusters: None, range: Some(Interval::UNIT) }, SEED)
}
