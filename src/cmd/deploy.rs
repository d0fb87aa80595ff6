//! `llmops deploy`: a deployment that is checked before, while and after it happens.

mod finish;
mod labels;
mod preflight;
mod push;
mod rollback;
mod smoke;
mod status;

use std::fs::File;
use std::path::{Path, PathBuf};

use self::labels::Surroundings;
use super::tracing::{self, Tracing};
use super::{configuration_for, output, unless_interrupted};
use crate::cli::{Deploy as Arguments, DeployCommand, DeployNow, DeployPlace, Global};
use crate::config::{Config, Deploy, Purpose};
use crate::deploy::{Driver, Intent, Journal, Kind, Machine, Probe, Record, Watcher, open_driver, short};
use crate::error::{Error, ErrorKind, ExitStatus, Result};
use crate::evidence::{self, Checked, Proof};
use crate::lockfile::{Tried, try_hold};
use crate::trace::Active;

pub(super) async fn run(global: &Global, arguments: &Arguments) -> Result<ExitStatus> {
    match &arguments.command {
        None => {
            let says = if global.json { Says::Json } else { Says::Text };
            Box::pin(unless_interrupted(deploy(global, &arguments.now, says))).await
        }
        Some(DeployCommand::Status(place)) => status::run(global, place),
        Some(DeployCommand::Rollback { message, place }) => {
            Box::pin(unless_interrupted(rollback::run(global, place, message))).await
        }
    }
}

/// A deployment as a part of something that says more: to the environment of `[deploy]`, with the evidence that is there. Gives its
/// exit status and a line about it.
pub(super) async fn stage(global: &Global) -> Result<(ExitStatus, String)> {
    let config = configuration_for(global, Purpose::Online)?;
    let now = DeployNow { evidence: None, place: DeployPlace { environment: None }, dry_run: false };
    let deploy = chosen(&config, &now.place)?;
    let recorded = || Record::read(&config.root, &deploy.environment).map(|record| record.entries);
    let before = recorded()?.len();
    let says = if global.json { Says::Aside } else { Says::Text };
    let status = Box::pin(unless_interrupted(self::deploy(global, &now, says))).await?;
    let after = recorded()?;
    let line = match after.last().filter(|_| after.len() > before || status == ExitStatus::Pass) {
        Some(last) if status == ExitStatus::Pass => format!("{} runs {}", deploy.environment, short(&last.runs)),
        Some(last) => last.reason.clone().unwrap_or_else(|| "it was not deployed".to_owned()),
        None => "it was refused, and nothing was changed".to_owned(),
    };
    Ok((status, line))
}

/// Where a command says what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Text,
    Json,
    /// On standard error, since standard output is another command's.
    Aside,
}

impl Says {
    fn say(self, text: &str, json: impl FnOnce() -> serde_json::Value) -> Result<()> {
        match self {
            Self::Text => output::print(&format!("{text}\n")),
            Self::Json => output::print_json(&json()),
            Self::Aside => {
                text.lines().for_each(output::note);
                Ok(())
            }
        }
    }
}

/// The environment that is deployed to.
fn chosen<'a>(config: &'a Config, place: &DeployPlace) -> Result<&'a Deploy> {
    let name = place.environment.as_deref();
    config.deploys.find(name).map_err(|hint| {
        let name = name.unwrap_or_default();
        Error::config(format!("the configuration has no environment \"{name}\"")).hint(hint)
    })
}

type Parts = (Box<dyn Driver>, Option<Probe>, Option<Watcher>);

/// What asks the platform and looks at the application, if that is configured so that it can work.
pub(super) fn open(config: &Config, deploy: &Deploy) -> Result<Parts> {
    let driver = open_driver(config, deploy)?;
    let probe = Probe::open(config, deploy)?;
    if !driver.tells() && !probe.as_ref().is_some_and(Probe::tells_commit) {
        let driver = deploy.driver.as_ref().map_or("", |driver| driver.value.as_str());
        let message =
            format!("the driver {driver} cannot tell what runs, and [deploy.identity] does not say where to ask");
        return Err(Error::config(message).at(&config.file, None).hint(
            "let the application say its commit at an address, and give url and commit (or header) under [deploy.identity]",
        ));
    }
    let watcher = Watcher::open(config, deploy)?;
    if !deploy.watch.time.is_zero() && watcher.is_none() && !driver.tells() {
        return Err(Error::config("[deploy.watch] has nothing to look at").at(&config.file, None).hint("give its url"));
    }
    Ok((driver, probe, watcher))
}

/// What a deployment is made with.
struct Tools<'a> {
    global: &'a Global,
    says: Says,
    config: &'a Config,
    deploy: &'a Deploy,
    driver: Box<dyn Driver>,
    probe: Option<Probe>,
    watcher: Option<Watcher>,
}

impl<'a> Tools<'a> {
    fn open(global: &'a Global, config: &'a Config, deploy: &'a Deploy) -> Result<Self> {
        let (driver, probe, watcher) = open(config, deploy)?;
        let says = if global.json { Says::Json } else { Says::Text };
        Ok(Self { global, says, config, deploy, driver, probe, watcher })
    }

    /// Where local state of the environment is.
    fn folder(&self) -> PathBuf {
        self.config.state_folder().join("deploy").join(&self.deploy.environment)
    }

    /// One deployment of an environment at a time.
    fn lock(&self, commit: &str) -> Result<File> {
        let path = self.folder().join("lock");
        let by = format!("process {}, commit {}", std::process::id(), short(commit));
        match try_hold(&path, &by).map_err(|error| Error::io("lock", &path, error))? {
            Tried::Held(file) => Ok(file),
            Tried::By(by) => {
                let environment = &self.deploy.environment;
                Err(Error::unavailable(format!("a deployment of {environment} is under way: {by}"))
                    .hint("wait for it; `llmops deploy status` shows how far it is"))
            }
        }
    }

    fn driver_name(&self) -> &str {
        self.deploy.driver.as_ref().map_or("", |driver| driver.value.as_str())
    }

    /// Goes on with the attempt of the journal to its end, records it, and says what came of it.
    async fn go_on(&self, journal: &mut Journal, instead: Option<&str>) -> Result<ExitStatus> {
        let intent = self.intent_of(journal)?;
        let surroundings = Surroundings { global: self.global, config: self.config, deploy: self.deploy };
        let mut machine = Machine {
            deploy: self.deploy,
            driver: self.driver.as_ref(),
            probe: self.probe.as_ref(),
            watcher: self.watcher.as_ref(),
            project: &surroundings,
            journal,
        };
        let tracing = Tracing::open(self.config);
        let mut span = tracing.begin("deploy", self.config);
        let work = async {
            match instead {
                None => machine.run().await,
                Some(reason) => machine.abandon(reason).await,
            }
        };
        let ended = tracing::inside(&mut span, work).await?;
        let mut record = Record::read(&self.config.root, &self.deploy.environment)?;
        let shown = record.shown.clone();
        let entry = record.add(&intent, ended)?.clone();
        if let Some(scope) = span.as_ref().and_then(Active::scope) {
            finish::trace(&scope, &self.deploy.environment, &entry);
        }
        // Whatever is killed before the journal is closed is done again by the next call, the push included.
        let status = finish::finish(self, &entry, (&shown, instead.is_none()))?;
        journal.close()?;
        Ok(status)
    }

    /// The attempt that is under way, if it is of what is configured.
    fn intent_of(&self, journal: &Journal) -> Result<Intent> {
        let intent = journal.intent().cloned().ok_or_else(|| Error::unavailable("no deployment is under way"))?;
        let (driver, service) = (self.driver_name(), self.driver.service());
        if intent.driver == driver && intent.service == service {
            return Ok(intent);
        }
        let message = format!(
            "an unfinished deployment of {} was made with {} ({}), and {driver} ({service}) is configured",
            self.deploy.environment, intent.driver, intent.service
        );
        Err(Error::config(message).hint("configure [deploy] as it was, and run `llmops deploy` to finish or undo it"))
    }
}

async fn deploy(global: &Global, arguments: &DeployNow, says: Says) -> Result<ExitStatus> {
    let config = configuration_for(global, Purpose::Online)?;
    let tools = Tools { says, ..Tools::open(global, &config, chosen(&config, &arguments.place)?)? };
    let file = match &arguments.evidence {
        Some(file) => global.directory.join(file),
        None => config.path(&tools.deploy.evidence.value),
    };
    let proof = proven(&config, &file);
    if arguments.dry_run {
        return match proof {
            Ok(proof) => preflight::show(&tools, &proof).await,
            Err(error) => refused(error),
        };
    }
    let commit = proof.as_ref().map_or_else(|_| String::new(), |proof| proof.commit.clone());
    let _lock = tools.lock(&commit)?;
    let mut journal = Journal::open(&tools.folder())?;
    if let Some(intent) = journal.intent().cloned() {
        let is_same = proof.as_ref().is_ok_and(|proof| proof.digest == intent.evidence);
        let step = journal.next().map_or("the end", |step| step.name());
        let which = format!("the deployment of {} that was interrupted at {step}", short(&intent.commit));
        if is_same && intent.kind != Kind::Return {
            output::note(&format!("going on with {which}"));
            return tools.go_on(&mut journal, None).await;
        }
        output::note(&format!("first to its end: {which}"));
        let reason = "it was interrupted, and another deployment was asked for";
        let status = tools.go_on(&mut journal, Some(reason)).await?;
        if status == ExitStatus::Undecided {
            return Ok(status);
        }
    }
    match proof {
        Ok(proof) => begin(&tools, &proof, &mut journal).await,
        Err(error) => refused(error),
    }
}

/// What the evidence proves; an error that says why it proves nothing.
fn proven(config: &Config, file: &Path) -> Result<Proof> {
    match evidence::check(config, file)? {
        Checked::Valid(proof) => Ok(*proof),
        Checked::Refused(problems) => {
            Error::unless_empty(problems)?;
            Err(Error::config("the evidence is refused"))
        }
    }
}

/// Checks everything, writes down what is to be done, and does it.
async fn begin(tools: &Tools<'_>, proof: &Proof, journal: &mut Journal) -> Result<ExitStatus> {
    let moves = match labels::may_move(tools.config, tools.deploy, proof) {
        Ok(moves) => moves,
        Err(error) => return refused(error),
    };
    let planned = preflight::plan(tools, proof, moves).await?;
    if planned.is_there {
        return finish::nothing_to_do(tools, proof);
    }
    for note in &planned.notes {
        output::note(note);
    }
    journal.begin_attempt(planned.intent)?;
    tools.go_on(journal, None).await
}

/// What must not be deployed is a no of the gate, not a mistake in the command.
fn refused(error: Error) -> Result<ExitStatus> {
    if error.kind != ErrorKind::Config {
        return Err(error);
    }
    output::error(&error);
    output::note("the deployment is refused; nothing was changed");
    Ok(ExitStatus::Failed)
}
