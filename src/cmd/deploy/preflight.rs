//! Before anything is asked of the platform: everything that would forbid the deployment is found, and what is to be done is decided.

use std::fmt::Write as _;

use super::{Tools, labels, output, push, refused, smoke};
use crate::clock;
use crate::config::{Config, Deploy, PromptsAre};
use crate::deploy::{
    Entry, Intent, Journal, Kind, LabelMove, Order, Outcome, Probe, Record, Release, Step, is_commit, short,
};
use crate::digest::sha256_parts;
use crate::error::{Error, ExitStatus, Result};
use crate::evidence::Proof;
use crate::git;

/// What is to be done.
pub(super) struct Planned {
    pub(super) intent: Intent,
    /// What whoever deploys should know.
    pub(super) notes: Vec<String>,
    /// Whether it was done already.
    pub(super) is_there: bool,
}

/// Decides what is to be done; the platform is only looked at.
pub(super) async fn plan(tools: &Tools<'_>, proof: &Proof, moves: Vec<LabelMove>) -> Result<Planned> {
    let (config, deploy) = (tools.config, tools.deploy);
    let record = Record::read(&config.root, &deploy.environment)?;
    let order = order(deploy, proof, &record);
    tools.driver.check(&order)?;
    smoke::check(tools.global, &deploy.environment)?;
    if deploy.push {
        push::branch(tools)?;
    }
    let by = git::identity(&config.root)?;
    let standing = tools.driver.standing().await?;
    let last = record.standing().last().copied();
    let (before, is_seen) = before(tools, standing.live, last).await;
    let before = good(before, record.entries.last());
    let runs_last = is_seen && last.is_some_and(|last| runs(before.as_ref(), last));
    let mut notes = Vec::new();
    let alone = last.filter(|last| runs_last && only_prompts(tools, last, proof));
    if let Some(last) = alone {
        notes.push(format!("only prompts changed since {}: the platform is not deployed", short(&last.runs)));
    }
    if deploy.smoke.is_none() {
        notes.push("no smoke test is configured: see [deploy.smoke]".to_owned());
    }
    let kind = if alone.is_some() { Kind::Prompts } else { Kind::Platform };
    let is_there = runs_last
        && moves.iter().all(|moved| moved.from.as_ref() == Some(&moved.version))
        && last.is_some_and(|last| last.evidence == proof.digest);
    let time = clock::timestamp();
    let process = std::process::id().to_string();
    let mut name = sha256_parts([order.key.as_str(), &time, &process]);
    name.truncate(16);
    let intent = Intent {
        attempt: name,
        kind,
        began: time,
        by,
        evidence: proof.digest.clone(),
        commit: proof.commit.clone(),
        runs: alone.map_or_else(|| proof.commit.clone(), |last| last.runs.clone()),
        image: proof.image.clone(),
        key: order.key,
        driver: tools.driver_name().to_owned(),
        service: tools.driver.service(),
        before,
        newest: standing.newest,
        label: deploy.label.clone(),
        steps: steps(tools, kind, &moves),
        prompts: moves,
        reason: None,
    };
    Ok(Planned { intent, notes, is_there })
}

fn order(deploy: &Deploy, proof: &Proof, record: &Record) -> Order {
    // A platform that has seen a key does nothing more for it, and this is to be done anew.
    let key = match record.attempts_of(&proof.digest) {
        0 => proof.digest.clone(),
        earlier => format!("{}-{}", proof.digest, earlier + 1),
    };
    Order {
        environment: deploy.environment.clone(),
        commit: proof.commit.clone(),
        image: proof.image.clone(),
        prompts: proof.prompts.clone(),
        evidence: proof.digest.clone(),
        key,
    }
}

/// What is live now, as the platform says, or the running application, or the record; false with what nobody but the record says.
async fn before(tools: &Tools<'_>, live: Option<Release>, last: Option<&Entry>) -> (Option<Release>, bool) {
    let recorded = last.map(|last| Release {
        id: last.deployment.clone(),
        commit: Some(last.runs.clone()),
        image: last.image.clone(),
    });
    if tools.driver.tells() {
        return (live, true);
    }
    let seen = match &tools.probe {
        Some(probe) => probe.look().await.ok().and_then(|seen| seen.commit),
        None => None,
    };
    match (seen, recorded) {
        // The record knows the whole name, where the application may only say the first signs.
        (Some(seen), Some(recorded)) if recorded.commit.as_ref().is_some_and(|commit| is_commit(&seen, commit)) => {
            (Some(recorded), true)
        }
        (Some(seen), _) => (Some(Release { id: None, commit: Some(seen), image: None }), true),
        (None, recorded) => (recorded, false),
    }
}

/// What to return to: what is live, unless that is what the last deployment failed to undo.
fn good(before: Option<Release>, last: Option<&Entry>) -> Option<Release> {
    let failed = last.filter(|last| last.outcome == Outcome::Failed && last.kind == Kind::Platform);
    match failed {
        Some(failed) if failed.before.is_some() && runs(before.as_ref(), failed) => failed.before.clone(),
        _ => before,
    }
}

/// Whether what is live is what was deployed last.
fn runs(before: Option<&Release>, last: &Entry) -> bool {
    let Some(before) = before else { return false };
    match (&before.commit, &before.image) {
        (Some(commit), _) => is_commit(commit, &last.runs),
        (None, Some(image)) => last.image.as_ref() == Some(image),
        (None, None) => false,
    }
}

/// Whether nothing differs from what runs but files that the application does not run.
fn only_prompts(tools: &Tools<'_>, last: &Entry, proof: &Proof) -> bool {
    if tools.deploy.prompts == PromptsAre::Bundled || last.image != proof.image {
        return false;
    }
    let Some(changed) = git::between(&tools.config.root, &last.runs, &proof.commit) else { return false };
    let Some(here) = git::commit(&tools.config.root) else { return false };
    let free = free_places(tools.config, &here.folder);
    changed
        .iter()
        .all(|file| free.iter().any(|place| file == place || (place.ends_with('/') && file.starts_with(place))))
}

/// Prompts, cases and the record, as git names them. A dataset that stands beside code takes none of that with it.
fn free_places(config: &Config, folder: &str) -> Vec<String> {
    let folders = ["prompts", "evals", crate::deploy::FOLDER].map(|name| format!("{folder}{name}/"));
    folders.into_iter().chain([format!("{folder}{}", config.eval.dataset.value)]).collect()
}

fn steps(tools: &Tools<'_>, kind: Kind, moves: &[LabelMove]) -> Vec<Step> {
    let deploy = tools.deploy;
    let watch = (!deploy.watch.time.is_zero()).then_some(Step::Watch);
    let smoke = deploy.smoke.is_some().then_some(Step::Smoke);
    let tells_prompts = tools.probe.as_ref().is_some_and(Probe::tells_prompts);
    let prompts = (deploy.prompts == PromptsAre::Live && tells_prompts && !moves.is_empty()).then_some(Step::Prompts);
    let mut steps = Vec::new();
    if kind == Kind::Prompts {
        steps.extend([Step::Identity, Step::Labels]);
        steps.extend([prompts, smoke, watch].into_iter().flatten());
    } else {
        steps.extend([Step::Trigger, Step::Wait, Step::Identity]);
        steps.extend([smoke, watch].into_iter().flatten());
        steps.push(Step::Labels);
        steps.extend(prompts);
    }
    steps
}

/// Says what would be done, and does none of it.
pub(super) async fn show(tools: &Tools<'_>, proof: &Proof) -> Result<ExitStatus> {
    let moves = match labels::may_move(tools.config, tools.deploy, proof) {
        Ok(moves) => moves,
        Err(error) => return refused(error),
    };
    let Planned { intent, mut notes, is_there } = plan(tools, proof, moves).await?;
    if let Some(unfinished) = Journal::read(&tools.folder())?.intent() {
        let which = short(&unfinished.commit);
        notes.push(format!("a deployment of {which} is under way or was interrupted: that comes to its end first"));
    }
    if tools.global.json {
        let plan = serde_json::to_value(&intent)
            .map_err(|error| Error::unavailable("cannot write the plan as JSON").source(error))?;
        output::print_json(&serde_json::json!({ "plan": plan, "notes": notes, "nothing_to_do": is_there }))?;
        return Ok(ExitStatus::Pass);
    }
    let live = intent.before.as_ref().map_or_else(
        || "nothing that is known".to_owned(),
        |before| {
            let commit = before.commit.as_deref().or(before.image.as_deref()).map(short);
            [before.id.clone(), commit].into_iter().flatten().collect::<Vec<_>>().join(" ")
        },
    );
    // The digest of a program or a hook's address tells people nothing.
    let service = Some(&intent.service).filter(|service| !service.is_empty() && !service.starts_with("sha256:"));
    let service = service.map_or_else(String::new, |service| format!(" ({service})"));
    let (commit, environment) = (short(&intent.commit), &tools.deploy.environment);
    let mut text = format!("would deploy {commit} to {environment} with {}{service}\n", intent.driver);
    let _ = writeln!(text, "evidence  {}, of {}", proof.digest, proof.time);
    let _ = writeln!(text, "live now  {live}");
    for moved in &intent.prompts {
        let from = moved.from.as_deref().unwrap_or("nothing");
        let _ = writeln!(text, "label     {} of {}: {from} -> {}", intent.label, moved.name, moved.version);
    }
    let steps: Vec<&str> = intent.steps.iter().map(|step| step.name()).collect();
    let steps = if is_there { "none: it is there".to_owned() } else { steps.join(", ") };
    let _ = writeln!(text, "steps     {steps}");
    for note in &notes {
        let _ = writeln!(text, "{note}");
    }
    text.push_str("nothing was begun\n");
    output::print(&text)?;
    Ok(ExitStatus::Pass)
}
