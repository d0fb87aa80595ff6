//! The evidence of a pipeline that passed, or why there is none.

use std::fs::File;
use std::path::PathBuf;

use super::security;
use super::stage::{Outcome, Pipeline};
use crate::cli::Ci;
use crate::cmd::eval::Gated;
use crate::cmd::formats::remove_before_a_run;
use crate::config::Config;
use crate::digest::sha256_of;
use crate::error::{Error, Result};
use crate::evidence::{self, Passed, Signing, Statement};
use crate::file::replace;
use crate::git;
use crate::text::count;

fn path(config: &Config) -> PathBuf {
    config.path(evidence::FILE)
}

/// Removes what an earlier pipeline has proven, for which this one must not be mistaken.
pub(super) fn remove(config: &Config) -> Result<()> {
    remove_before_a_run(&path(config))
}

/// Writes the evidence, or says in the pipeline's report why there is none. That it cannot be written fails the pipeline: what comes
/// next relies on it.
pub(super) fn make(
    config: &Config,
    arguments: &Ci,
    signing: &Signing,
    (pipeline, gated): (&mut Pipeline, Option<&Gated>),
) {
    if pipeline.stages.is_empty() {
        return;
    }
    let Some(gated) = gated.filter(|_| pipeline.is_whole()) else {
        let why = match () {
            () if pipeline.verdict != Outcome::Pass => "not everything has passed",
            () if arguments.eval.shard.is_some() => "only a shard of the dataset was measured",
            () => "only a part of the pipeline was run",
        };
        why.clone_into(&mut pipeline.evidence_note);
        return;
    };
    if let Some(why) = obstacle(config, arguments, (pipeline, gated)) {
        pipeline.evidence_note = why;
        return;
    }
    match write(config, arguments, signing, (pipeline, gated)) {
        Ok(()) => {
            pipeline.evidence = Some(evidence::FILE.to_owned());
            pipeline.evidence_note = signing.shown();
        }
        Err(error) => pipeline.fails_with(&error),
    }
}

/// Why what passed is not what the commit holds.
fn obstacle(config: &Config, arguments: &Ci, (pipeline, gated): (&Pipeline, &Gated)) -> Option<String> {
    let tested = &arguments.eval.tested;
    if arguments.eval.asking.replay.is_some() {
        return Some("the answers are recorded ones".to_owned());
    }
    if tested.model.is_some() || tested.top_k.is_some() {
        return Some("--model or --top-k tests something else than the commit holds".to_owned());
    }
    let Some(commit) = git::commit(&config.root) else {
        return Some("the project is not in a commit of git".to_owned());
    };
    if pipeline.commit.as_ref().is_none_or(|before| before.sha != commit.sha) {
        return Some("another commit was checked out while it was tested".to_owned());
    }
    if gated.report.prompt.as_ref().is_some_and(|prompt| prompt.version == crate::prompt::DRAFT) {
        return Some("a draft was tested, and only releases are deployed".to_owned());
    }
    let changed = match evidence::changed(config) {
        Ok(changed) => changed,
        Err(error) => return Some(error.to_string()),
    };
    let first = changed.first()?;
    Some(match changed.len() - 1 {
        0 => format!("{first} is not as in the commit"),
        more => format!("{first} and {} are not as in the commit", count(more, "other file")),
    })
}

fn write(config: &Config, arguments: &Ci, signing: &Signing, (pipeline, gated): (&Pipeline, &Gated)) -> Result<()> {
    let report = &gated.report;
    let digest = File::open(&gated.path).and_then(sha256_of);
    let mut passed = Passed {
        report: digest.map_err(|error| Error::io("read", &gated.path, error))?,
        image: arguments.image.clone(),
        url: run_url(config),
        ..Passed::default()
    };
    for stage in &pipeline.stages {
        for check in &stage.checks {
            let names = if check.warned { &mut passed.warned } else { &mut passed.tests };
            // Files that have not changed since then were not looked through.
            let since = arguments.since.as_ref().filter(|_| check.name == security::SECRETS);
            let since = since.map_or_else(String::new, |since| format!(" since {since}"));
            names.push(format!("{}: {}{since}", stage.name, check.name));
        }
    }
    for (name, estimate) in report.in_order() {
        if let Some(bar) = report.thresholds.get(name) {
            let sign = if estimate.scale.lower_is_better() { "<=" } else { ">=" };
            passed.tests.push(format!("eval: {name} {sign} {}", estimate.scale.show(*bar)));
        }
    }
    let commit = pipeline.commit.clone().ok_or_else(|| Error::unavailable("the project is not in a commit of git"))?;
    let statement = Statement::of(report, &config.file, commit, passed);
    let envelope = signing.sign(&statement)?;
    let text = serde_json::to_string_pretty(&envelope)
        .map_err(|error| Error::unavailable("cannot write the evidence").source(error))?;
    let path = path(config);
    replace(&path, (text + "\n").as_bytes()).map_err(|error| Error::io("write", &path, error))
}

/// Where the run can be looked at, on forges that say it.
fn run_url(config: &Config) -> Option<String> {
    if let Some(url) = config.env.get("CI_PIPELINE_URL") {
        return Some(url.to_owned());
    }
    let of = |name| config.env.get(name);
    Some(format!("{}/{}/actions/runs/{}", of("GITHUB_SERVER_URL")?, of("GITHUB_REPOSITORY")?, of("GITHUB_RUN_ID")?))
}
