//! What came of a deployment: said, pushed, and turned into the exit code.

use super::{Says, Tools, output, push};
use crate::clock;
use crate::deploy::{Entry, Kind, Outcome, short};
use crate::error::{ExitStatus, Result};
use crate::evidence::Proof;
use crate::trace::{Scope, Took, Value};

/// What a trace says of a deployment that has ended: from when to when, of what, and how.
pub(super) fn trace(scope: &Scope, environment: &str, entry: &Entry) {
    let began = humantime::parse_rfc3339(&entry.began).ok();
    let start = began.and_then(|began| began.duration_since(std::time::UNIX_EPOCH).ok());
    let start = start.and_then(|start| u64::try_from(start.as_nanos()).ok()).unwrap_or_default();
    let is_good = matches!(entry.outcome, Outcome::Deployed | Outcome::Returned);
    let mut attributes = vec![
        ("deployment_id", Value::from(entry.deployment.as_deref().unwrap_or(&entry.attempt))),
        ("deployment_environment", Value::from(environment)),
        ("deployment_status", Value::from(if is_good { "succeeded" } else { "failed" })),
        ("deployment_target", Value::from(entry.driver.as_str())),
        ("commit", Value::from(entry.runs.as_str())),
    ];
    attributes.extend(entry.reason.as_deref().map(|reason| ("deployment.reason", Value::from(reason))));
    let took = Took { start, end: clock::unix_nanoseconds() };
    let ended = if is_good { Ok(()) } else { Err("deployment_failed") };
    scope.annotate(format!("deployment {environment}"), took, attributes, ended);
}

/// Says it, and pushes the record if that is wanted. `is_result` is false of what had to be ended before what was asked for.
pub(super) fn finish(tools: &Tools<'_>, entry: &Entry, (record, is_result): (&str, bool)) -> Result<ExitStatus> {
    let environment = &tools.deploy.environment;
    let commit = short(&entry.commit);
    let text = match (entry.outcome, entry.kind) {
        (Outcome::Deployed, Kind::Prompts) => {
            format!("{environment} has the prompts of {commit}, and runs {} as before", short(&entry.runs))
        }
        (Outcome::Deployed, _) => format!("{environment} runs {commit}"),
        (Outcome::RolledBack, _) => format!("{environment} is as it was: {commit} was not deployed"),
        (Outcome::Returned, _) => format!("{environment} is back at {}", short(&entry.runs)),
        (Outcome::Failed, _) => {
            format!("{environment} needs to be looked at: {commit} was not deployed, and not undone")
        }
    };
    let mut lines = vec![text];
    lines.extend(entry.reason.iter().map(|reason| format!("  because {reason}")));
    lines.extend(entry.notes.iter().map(|note| format!("  {note}")));
    if is_result {
        tools.says.say(&lines.join("\n"), || serde_json::to_value(entry).unwrap_or_default())?;
    } else {
        for line in &lines {
            output::note(line);
        }
    }
    let status = match entry.outcome {
        Outcome::Deployed | Outcome::Returned => ExitStatus::Pass,
        Outcome::RolledBack => ExitStatus::Failed,
        Outcome::Failed => ExitStatus::Undecided,
    };
    if !tools.deploy.push {
        if is_result && tools.says != Says::Json {
            let paths = push::paths(entry, record).join(" ");
            tools.says.say(&format!("commit the record: git add {paths}"), || serde_json::Value::Null)?;
        }
        return Ok(status);
    }
    match push::push(tools, entry, record) {
        Ok(branch) => {
            output::note(&format!("the record is pushed to {branch}"));
            Ok(status)
        }
        Err(error) => {
            output::error(&error);
            Ok(if status == ExitStatus::Pass { ExitStatus::Undecided } else { status })
        }
    }
}

pub(super) fn nothing_to_do(tools: &Tools<'_>, proof: &Proof) -> Result<ExitStatus> {
    let (environment, commit) = (&tools.deploy.environment, short(&proof.commit));
    let text = format!("{environment} runs {commit} already, with this evidence: there is nothing to do");
    tools.says.say(&text, || serde_json::json!({ "nothing_to_do": true, "commit": proof.commit }))?;
    Ok(ExitStatus::Pass)
}
