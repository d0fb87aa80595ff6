//! A run of attacks for people: the rate, where attacks worked, what was not tried, and the first that worked.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::fmt::Write as _;

use super::Ran;
use crate::cost::Costs;
use crate::error::ExitStatus;
use crate::eval::stats::{Estimate, Share};
use crate::guard::attack::{Answered, Compared, Outcome, Place, Tally, Trial, Worth, goal, is_invisible, owasp_title};
use crate::text::{brief, count};

/// More are in the JSON.
const SHOWN_HITS: usize = 5;
const SHOWN_STRATEGIES: usize = 10;
const SHOWN_ERRORS: usize = 3;
const SHOWN_CHARACTERS: usize = 200;

pub(super) fn text(ran: &Ran<'_>) -> String {
    let mut text = headline(ran);
    let measured = ran.measured;
    if measured.overall.decided() > 0 {
        let owasp = |name: &str| goal(name).map(|goal| goal.owasp.join(", ")).unwrap_or_default();
        let goals = measured.by_goal.iter().map(|(name, tally)| (*name, *tally, owasp(name)));
        table(&mut text, "goal", goals.collect());
        strategies(&mut text, ran);
        let ids = measured.by_owasp.iter().map(|(id, tally)| (*id, *tally, owasp_title(id).to_owned()));
        table(&mut text, "OWASP id", ids.collect());
    }
    not_tried(&mut text, ran);
    work(&mut text, ran);
    hits(&mut text, ran);
    errors(&mut text, ran);
    if let Some(compared) = ran.compared {
        comparison(&mut text, compared);
    }
    let _ = writeln!(text, "{}", said(ran));
    text
}

/// Those that worked most often; in a table of all, they would be lost.
fn strategies(text: &mut String, ran: &Ran<'_>) {
    let all = &ran.measured.by_strategy;
    let worked = all.iter().filter(|(_, tally)| tally.hits > 0);
    let mut worked: Vec<_> = worked.map(|(name, tally)| (name.as_str(), *tally, String::new())).collect();
    let never = all.len() - worked.len();
    worked.sort_by_key(|(_, tally, _)| Reverse((tally.hits * 1000 / tally.decided().max(1), tally.hits)));
    let more = worked.len().saturating_sub(SHOWN_STRATEGIES);
    worked.truncate(SHOWN_STRATEGIES);
    if !worked.is_empty() {
        table(text, "strategy", worked);
        // Under the table, not apart from it.
        text.pop();
    }
    let _ = match more {
        0 => writeln!(text, "strategies that never worked: {never}\n"),
        _ => writeln!(text, "strategies that worked less often: {more}, never: {never}\n"),
    };
}

fn headline(ran: &Ran<'_>) -> String {
    let (about, all) = (ran.about, ran.measured.overall);
    let whom = match (&about.prompt, &about.model) {
        (Some(prompt), Some(model)) => format!("{prompt} with {model}"),
        _ => format!("the {} target", about.kind),
    };
    let by = about.attacker.as_ref().map_or_else(String::new, |attacker| format!(", by {attacker}"));
    let (planned, possible) = (ran.planned, ran.plan.possible);
    let of = if planned < possible { format!("{planned} of ") } else { String::new() };
    let attacks = format!("{of}{}", count(possible, "attack"));
    let mut text = format!("{attacks} on {whom}{by}\n\n");
    let _ = writeln!(text, "attack success rate  {}", rate(all.success_rate()));
    let seeds = ran.measured.any_of;
    if let Some(share) = seeds.rate() {
        let _ = writeln!(text, "wordings broken      {}  by any strategy", rate(Some(share)));
    }
    let Tally { hits, resisted, refused, empty, errors } = all;
    let _ = writeln!(
        text,
        "{hits} worked, {refused} refused, {resisted} resisted; not decided: {empty} empty, {errors} failed{}\n",
        cost(ran)
    );
    text
}

fn cost(ran: &Ran<'_>) -> String {
    let mut costs = Costs::default();
    for trial in &ran.finished.trials {
        costs += trial.target.costs;
        costs += trial.attacker.costs;
    }
    if costs.is_none() || costs.unknown > 0 { String::new() } else { format!("; cost {} USD", costs.usd.decimal()) }
}

fn rate(share: Option<Share>) -> String {
    let Some(share) = share else { return "not measured".to_owned() };
    format!("{:.4}  {:.4} to {:.4}  of {}", share.value, share.interval.low, share.interval.high, share.n)
}

fn table(text: &mut String, what: &str, rows: Vec<(&str, Tally, String)>) {
    if rows.is_empty() {
        return;
    }
    let width = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or_default().max(22);
    let _ = writeln!(text, "{what:<width$}  worked  decided  share   95 % interval");
    for (name, tally, note) in rows {
        let share = match tally.success_rate() {
            None => "not measured".to_owned(),
            Some(share) => format!("{:.4}  {:.4} to {:.4}", share.value, share.interval.low, share.interval.high),
        };
        let line = format!("{name:<width$}  {:>6}  {:>7}  {share:<24}  {note}", tally.hits, tally.decided());
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text.push('\n');
}

fn not_tried(text: &mut String, ran: &Ran<'_>) {
    let plan = ran.plan;
    if !plan.left_out.is_empty() {
        text.push_str("not tried\n");
        for left_out in &plan.left_out {
            let part = if left_out.is_whole_goal() {
                String::new()
            } else {
                format!(", {} of {} wordings", left_out.seeds, left_out.of_seeds)
            };
            let _ = writeln!(text, "  {}{part}: {}", left_out.goal, left_out.reason);
        }
        text.push('\n');
    }
    if !plan.not_repeated.is_empty() {
        let _ = writeln!(text, "worked in the baseline, and this run cannot try them\n{}", ids(&plan.not_repeated));
    }
}

/// What the target's own work is worth meanwhile.
fn work(text: &mut String, ran: &Ran<'_>) {
    let utility = match ran.utility {
        Ok(utility) => utility,
        Err(reason) => {
            let _ = writeln!(text, "utility under attack: not measured, {}\n", brief(reason, SHOWN_CHARACTERS));
            return;
        }
    };
    let shown = |estimate: &Estimate| match estimate.interval {
        Some(interval) => format!("{:.3}  {:.3} to {:.3}", estimate.mean, interval.low, interval.high),
        None => format!("{:.3}", estimate.mean),
    };
    let _ = writeln!(text, "{:<22}  {:<23}  under attack", "utility", "plain");
    for Worth { metric, plain, attacked } in &utility.metrics {
        let metric = brief(metric, 22);
        let _ = writeln!(text, "{metric:<22}  {:<23}  {}", shown(plain), shown(attacked));
    }
    let (cases, errors) = (count(utility.cases, "case"), utility.errors);
    let _ = match errors {
        0 => writeln!(text, "{cases}, each asked twice\n"),
        _ => writeln!(text, "{cases}, each asked twice; {errors} not answered both times\n"),
    };
}

fn ids(ids: &[String]) -> String {
    let mut text = String::new();
    for id in ids.iter().take(SHOWN_HITS) {
        let _ = writeln!(text, "  {}", brief(id, SHOWN_CHARACTERS));
    }
    if ids.len() > SHOWN_HITS {
        let _ = writeln!(text, "  and {} more", ids.len() - SHOWN_HITS);
    }
    text
}

/// What is new comes first, then one of each goal.
fn hits(text: &mut String, ran: &Ran<'_>) {
    let is_new = |trial: &Trial| {
        ran.compared.is_none_or(|compared| {
            compared.new.contains(&trial.attempt.id) || compared.not_known.contains(&trial.attempt.id)
        })
    };
    let mut hits: Vec<(&Trial, &Answered)> = ran.finished.trials.iter().filter_map(worked).collect();
    let mut seen = HashSet::new();
    let mut is_first_of_goal = |trial: &Trial| seen.insert(trial.attempt.goal);
    hits.sort_by_cached_key(|(trial, _)| (!is_new(trial), !is_first_of_goal(trial)));
    if hits.is_empty() {
        return;
    }
    text.push_str("what worked\n");
    for (trial, answered) in hits.iter().take(SHOWN_HITS) {
        let attempt = &trial.attempt;
        let place = match attempt.place {
            Place::Question => "asked",
            Place::Passage => "planted",
        };
        let note = note(&answered.outcome);
        let _ = writeln!(text, "  {}{note}", attempt.id);
        let _ = writeln!(text, "    {place}: {}", shown(attempt.attack()));
        let _ = writeln!(text, "    answered: {}", shown(&answered.excerpt));
    }
    if hits.len() > SHOWN_HITS {
        let _ = writeln!(text, "  and {} more; --json has them all", hits.len() - SHOWN_HITS);
    }
    text.push('\n');
}

/// With a dot for each character that nobody would see.
fn shown(text: &str) -> String {
    let dotted = |character: char| if is_invisible(character) && !character.is_control() { '·' } else { character };
    brief(&text.chars().map(dotted).collect::<String>(), SHOWN_CHARACTERS)
}

fn worked(trial: &Trial) -> Option<(&Trial, &Answered)> {
    let answered = trial.ended.as_ref().ok()?;
    answered.outcome.is_hit().then_some((trial, answered))
}

fn note(outcome: &Outcome) -> String {
    let Outcome::Hit { evidence, with_refusal } = outcome else { return String::new() };
    let mut notes: Vec<String> = Vec::new();
    if !evidence.decoders.is_empty() {
        notes.push(format!("read through {}", evidence.decoders.join(", ")));
    }
    if *with_refusal {
        notes.push("the answer begins like a refusal".to_owned());
    }
    if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) }
}

fn errors(text: &mut String, ran: &Ran<'_>) {
    let mut failures =
        ran.finished.trials.iter().filter_map(|trial| Some((trial, trial.ended.as_ref().err()?))).peekable();
    if failures.peek().is_none() {
        return;
    }
    text.push_str("what failed\n");
    for (trial, error) in failures.by_ref().take(SHOWN_ERRORS) {
        let _ = writeln!(text, "  {}: {}", trial.attempt.id, brief(error, SHOWN_CHARACTERS));
    }
    match failures.count() {
        0 => {}
        more => {
            let _ = writeln!(text, "  and {more} more");
        }
    }
    text.push('\n');
}

fn comparison(text: &mut String, compared: &Compared) {
    let Compared { pairs, new, not_known, mended, still } = compared;
    let _ = writeln!(
        text,
        "against the baseline, {}: {} new, {} still working, {} mended; {} that it does not know",
        count(*pairs, "attempt"),
        new.len(),
        still.len(),
        mended.len(),
        not_known.len()
    );
    for (title, which) in [("new", new), ("not known to the baseline", not_known), ("mended", mended)] {
        if !which.is_empty() {
            let _ = write!(text, "{title}\n{}", ids(which));
        }
    }
    text.push('\n');
}

fn said(ran: &Ran<'_>) -> String {
    let verdict = ran.verdict;
    let join = |reasons: &[String]| brief(&reasons.join("; "), 600);
    match verdict.status() {
        ExitStatus::Failed => format!("FAILED: {}", join(&verdict.missed)),
        ExitStatus::Pass => {
            format!("PASSED: {} of {} worked", ran.measured.overall.hits, ran.measured.overall.decided())
        }
        ExitStatus::Undecided | ExitStatus::Config | ExitStatus::OverBudget => {
            format!("UNDECIDED: {}", join(&verdict.undecided))
        }
    }
}
