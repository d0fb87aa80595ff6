//! `llmops deploy rollback`: what was deployed before the last deployment is deployed again, and the labels go back.

use super::{Tools, chosen, output};
use crate::cli::{DeployPlace, Global};
use crate::clock;
use crate::cmd::configuration_for;
use crate::config::Purpose;
use crate::deploy::{Entry, Intent, Journal, Kind, Record, Step, short};
use crate::digest::sha256_parts;
use crate::error::{Error, ExitStatus, Result};
use crate::git;

pub(super) async fn run(global: &Global, place: &DeployPlace, message: &str) -> Result<ExitStatus> {
    let reason = message.trim();
    if reason.is_empty() {
        return Err(Error::config("--message is empty").hint("say why, for whoever reads the record"));
    }
    let config = configuration_for(global, Purpose::Online)?;
    let tools = Tools::open(global, &config, chosen(&config, place)?)?;
    let _lock = tools.lock("of a rollback")?;
    let mut journal = Journal::open(&tools.folder())?;
    if let Some(intent) = journal.intent().cloned() {
        let is_ours = intent.kind == Kind::Return;
        output::note(&format!("first to its end: an unfinished deployment of {}", short(&intent.commit)));
        let status = tools.go_on(&mut journal, Some("a rollback was asked for")).await?;
        if is_ours || status == ExitStatus::Undecided {
            return Ok(status);
        }
    }
    let environment = &tools.deploy.environment;
    let record = Record::read(&config.root, environment)?;
    let standing = record.standing();
    let Some(last) = standing.last() else {
        return Err(Error::config(format!("nothing was deployed to {environment} that is known"))
            .hint(format!("{} has no deployment", record.shown)));
    };
    if last.kind == Kind::Platform && last.before.is_none() {
        return Err(Error::config(format!("no deployment of {environment} before {} is known", short(&last.runs))));
    }
    if last.kind == Kind::Platform && last.driver != tools.driver_name() {
        let (then, now) = (&last.driver, tools.driver_name());
        return Err(Error::config(format!("{} was deployed with {then}, and {now} is configured", short(&last.runs)))
            .hint(format!("configure {then} as it was, or deploy an earlier commit with its evidence")));
    }
    journal.begin_attempt(intent(&tools, last, reason)?)?;
    tools.go_on(&mut journal, None).await
}

fn intent(tools: &Tools<'_>, last: &Entry, reason: &str) -> Result<Intent> {
    let time = clock::timestamp();
    let process = std::process::id().to_string();
    let mut attempt = sha256_parts([last.hash.as_str(), &time, &process]);
    attempt.truncate(16);
    let before = last.before.clone();
    let runs = match (last.kind, &before) {
        (Kind::Prompts, _) => last.runs.clone(),
        (_, before) => before.as_ref().and_then(|before| before.commit.clone()).unwrap_or_else(|| last.runs.clone()),
    };
    let image = before.as_ref().and_then(|before| before.image.clone());
    let steps = match last.kind {
        Kind::Prompts => vec![Step::Labels],
        // Without a commit the platform's own word is all that there is.
        _ if before.as_ref().is_some_and(|before| before.commit.is_some() || before.image.is_some()) => {
            vec![Step::Labels, Step::Trigger, Step::Wait, Step::Identity]
        }
        _ => vec![Step::Labels, Step::Trigger, Step::Wait],
    };
    Ok(Intent {
        key: format!("return-{attempt}"),
        attempt,
        kind: Kind::Return,
        began: time,
        by: git::identity(&tools.config.root)?,
        evidence: last.evidence.clone(),
        commit: last.commit.clone(),
        runs,
        image,
        driver: tools.driver_name().to_owned(),
        service: tools.driver.service(),
        before,
        newest: last.deployment.clone(),
        label: last.label.clone(),
        prompts: last.prompts.clone(),
        reason: Some(reason.to_owned()),
        steps,
    })
}
