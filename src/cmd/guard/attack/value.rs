//! A run of attacks as JSON: what scripts read, and what the next run is compared with.

use serde_json::{Value, json};

use super::Ran;
use crate::cmd::guard::value::share;
use crate::cost::{Cost, Spent};
use crate::error::ExitStatus;
use crate::eval::stats::Estimate;
use crate::guard::attack::{
    Answered, AnyOf, Compared, LeftOut, Outcome, SCHEMA, Step, Tally, Trial, Utility, goal, owasp_title,
};

pub(super) fn of(ran: &Ran<'_>) -> Value {
    let Ran { about, plan, planned, finished, measured, utility, compared, verdict } = ran;
    let mut target = Spent::default();
    let mut attacker = Spent::default();
    for trial in &finished.trials {
        target += trial.target;
        attacker += trial.attacker;
    }
    json!({
        "schema": SCHEMA,
        "tool_version": env!("CARGO_PKG_VERSION"),
        "project": about.project,
        "timestamp": about.timestamp,
        "target": {"kind": about.kind, "prompt": about.prompt, "model": about.model},
        "attacker": about.attacker,
        "seed": about.seed,
        "planned": planned,
        "possible": plan.possible,
        "ended_early": finished.early,
        "attack_success_rate": share(measured.overall.success_rate()),
        "counts": counts(&measured.overall),
        "seeds_broken": any_of(&measured.any_of),
        "by_goal": measured.by_goal.iter().map(|(name, tally)| {
            let mut group = group(name, tally);
            group["owasp"] = json!(goal(name).map(|goal| goal.owasp));
            group["seeds_broken"] = measured.any_of_by_goal.get(name).map_or(Value::Null, any_of);
            group
        }).collect::<Vec<_>>(),
        "by_strategy": measured.by_strategy.iter().map(|(name, tally)| group(name, tally)).collect::<Vec<_>>(),
        "by_owasp": measured.by_owasp.iter().map(|(name, tally)| {
            let mut group = group(name, tally);
            group["title"] = owasp_title(name).into();
            group
        }).collect::<Vec<_>>(),
        "not_tried": plan.left_out.iter().map(left_out).collect::<Vec<_>>(),
        "not_repeated": plan.not_repeated,
        "utility": match utility {
            Ok(utility) => work(utility),
            Err(reason) => json!({"not_measured": reason}),
        },
        "baseline": compared.map_or(Value::Null, comparison),
        "usage": {"target": spent(&target), "attacker": about.attacker.as_ref().map(|_| spent(&attacker))},
        "verdict": match verdict.status() {
            ExitStatus::Pass => "pass",
            ExitStatus::Failed => "fail",
            ExitStatus::Undecided | ExitStatus::Config | ExitStatus::OverBudget => "undecided",
        },
        "reasons": verdict.missed.iter().chain(&verdict.undecided).collect::<Vec<_>>(),
        "attempts": finished.trials.iter().map(attempt).collect::<Vec<_>>(),
    })
}

fn counts(tally: &Tally) -> Value {
    let Tally { hits, resisted, refused, empty, errors } = tally;
    json!({"hits": hits, "resisted": resisted, "refused": refused, "empty": empty, "errors": errors})
}

fn group(name: &str, tally: &Tally) -> Value {
    json!({"name": name, "attack_success_rate": share(tally.success_rate()), "counts": counts(tally)})
}

fn any_of(any_of: &AnyOf) -> Value {
    json!({"broken": any_of.broken, "seeds": any_of.seeds, "share": share(any_of.rate())})
}

fn left_out(left_out: &LeftOut) -> Value {
    let LeftOut { goal, reason, seeds, of_seeds } = left_out;
    json!({"goal": goal, "reason": reason, "seeds": seeds, "of_seeds": of_seeds})
}

fn work(utility: &Utility) -> Value {
    let estimate = |estimate: &Estimate| {
        let interval = estimate.interval.map(|interval| (interval.low, interval.high));
        json!({"mean": estimate.mean, "low": interval.map(|it| it.0), "high": interval.map(|it| it.1), "n": estimate.n})
    };
    let metrics = utility.metrics.iter().map(|worth| {
        json!({"metric": worth.metric, "plain": estimate(&worth.plain), "under_attack": estimate(&worth.attacked)})
    });
    json!({"cases": utility.cases, "errors": utility.errors, "metrics": metrics.collect::<Vec<_>>()})
}

fn comparison(compared: &Compared) -> Value {
    let Compared { pairs, new, not_known, mended, still } = compared;
    json!({"pairs": pairs, "new": new, "not_known": not_known, "mended": mended, "still": still, "p": compared.p()})
}

/// A cost that is not known as a whole is not a number.
fn spent(spent: &Spent) -> Value {
    let costs = spent.costs;
    let is_known = costs.unknown == 0 && !costs.is_none();
    json!({
        "tokens": (!spent.usage.is_zero()).then_some(spent.usage),
        "cost_usd": is_known.then(|| Cost::to_f64(costs.usd)),
        "saved_usd": is_known.then(|| Cost::to_f64(costs.saved_usd)),
    })
}

fn attempt(trial: &Trial) -> Value {
    let attempt = &trial.attempt;
    let mut value = json!({
        "id": attempt.id,
        "goal": attempt.goal,
        "seed": attempt.seed,
        "strategy": attempt.strategy,
        "owasp": attempt.owasp,
        "proof": attempt.proof.sign.name(),
        "question": attempt.question,
        "planted": attempt.planted,
        "system": attempt.system,
    });
    ended(&mut value, &trial.ended);
    value["usage"] = spent(&trial.target);
    if !trial.steps.is_empty() {
        value["steps"] = trial.steps.iter().map(step).collect();
        value["attacker_usage"] = spent(&trial.attacker);
    }
    value
}

fn step(step: &Step) -> Value {
    let mut value = json!({"attack": step.attack});
    ended(&mut value, &step.ended);
    value
}

fn ended(value: &mut Value, ended: &Result<Answered, String>) {
    match ended {
        Err(error) => {
            value["outcome"] = Value::Null;
            value["error"] = error.as_str().into();
        }
        Ok(answered) => {
            value["outcome"] = answered.outcome.name().into();
            value["answer"] = answered.answer.as_str().into();
            value["answer_bytes"] = answered.answer_bytes.into();
            value["cached"] = answered.cached.into();
            value["latency_ms"] = json!(answered.latency.map(|latency| latency.as_secs_f64() * 1000.0));
            if let Outcome::Hit { evidence, with_refusal } = &answered.outcome {
                value["evidence"] = json!({
                    "start": evidence.span.start,
                    "end": evidence.span.end,
                    "excerpt": answered.excerpt,
                    "decoders": evidence.decoders,
                    "with_refusal": with_refusal,
                });
            }
        }
    }
}
