//! The steps of a deployment, one after the other, each written down before and after.
//!
//! What fails is undone (`undo`). What is killed is gone on with by the next call: every step can be done twice, but for the
//! trigger, of which the platform is asked first whether it has begun.

use futures_util::future::LocalBoxFuture;
use tokio::time::Instant;

use super::driver::{Driver, Found, Order, Stage, Status, Trouble, TroubleKind};
use super::identity::{Pause, Probe, Wanted, is_commit, short};
use super::journal::{Failed, Intent, Journal, Kind, LabelMove, Step};
use super::record::{Ended, Outcome};
use super::watch::Watcher;
use crate::config::Deploy;
use crate::error::{Error, Result};
use crate::evidence::ProvenPrompt;

/// Answers in a row that may be no success while a platform is only asked how far it is.
const PATIENCE: usize = 5;

/// What the machine needs of the project around it.
pub(crate) trait Project {
    /// Golden cases, asked of the running application.
    fn smoke(&self) -> LocalBoxFuture<'_, Result<Smoked>>;

    /// Lets the label mean the evaluated version; says so if it did not before.
    fn place(&self, label: &str, to: &LabelMove, why: &str) -> Result<Option<String>>;

    /// Lets the label mean what it meant before, if it means the evaluated version now.
    fn restore(&self, label: &str, from: &LabelMove, why: &str) -> Result<Option<String>>;

    /// Tells whoever waits.
    fn say(&self, text: &str);
}

/// How the golden cases went.
pub(crate) enum Smoked {
    /// In words.
    Passed(String),
    Failed(String),
    NotConfigured,
}

/// One attempt, on its way.
pub(crate) struct Machine<'a> {
    pub(crate) deploy: &'a Deploy,
    pub(crate) driver: &'a dyn Driver,
    pub(crate) probe: Option<&'a Probe>,
    pub(crate) watcher: Option<&'a Watcher>,
    pub(crate) project: &'a dyn Project,
    pub(crate) journal: &'a mut Journal,
}

type Stepped<T> = std::result::Result<T, Failed>;

/// Something bad was seen after the platform had been asked.
pub(super) fn seen(reason: impl Into<String>) -> Failed {
    Failed { reason: reason.into(), untouched: false }
}

impl Machine<'_> {
    /// Goes on until the attempt has ended, one way or the other.
    pub(crate) async fn run(&mut self) -> Result<Ended> {
        if self.journal.failure().is_none() {
            self.forward().await?;
        }
        let deployment = self.journal.deployment().map(str::to_owned);
        let Some(failed) = self.journal.failure().cloned() else {
            let is_return = self.intent()?.kind == Kind::Return;
            let outcome = if is_return { Outcome::Returned } else { Outcome::Deployed };
            return Ok(Ended { outcome, deployment, reason: None, notes: Vec::new() });
        };
        if self.journal.undoing().is_none() {
            self.project.say(&format!("failed: {}", failed.reason));
            let (outcome, notes) = self.undo(&failed).await?;
            self.journal.undone(outcome, notes)?;
        }
        let (outcome, notes) = self.journal.undoing().unwrap_or((Outcome::Failed, &[]));
        Ok(Ended { outcome, deployment, reason: Some(failed.reason), notes: notes.to_vec() })
    }

    /// Undoes an attempt that somebody else's takes the place of. One whose steps are all done has ended well.
    pub(crate) async fn abandon(&mut self, reason: &str) -> Result<Ended> {
        let is_return = self.intent()?.kind == Kind::Return;
        if self.journal.failure().is_none() && self.journal.next().is_some() && !is_return {
            let untouched = !self.journal.has_begun(Step::Trigger);
            self.journal.fail(Failed { reason: reason.to_owned(), untouched })?;
        }
        self.run().await
    }

    pub(super) fn intent(&self) -> Result<Intent> {
        self.journal.intent().cloned().ok_or_else(|| Error::unavailable("no deployment is under way"))
    }

    async fn forward(&mut self) -> Result<()> {
        let intent = self.intent()?;
        let deadline = Instant::now() + self.deploy.timeout;
        while let Some(step) = self.journal.next() {
            let is_again = self.journal.has_begun(step);
            if !is_again {
                self.journal.begin(step)?;
            }
            match self.step(&intent, (step, is_again), deadline).await {
                Ok((deployment, note)) => {
                    self.journal.end(step, deployment)?;
                    self.project.say(&format!("{}: {note}", step.name()));
                }
                Err(failed) => return self.journal.fail(failed),
            }
        }
        Ok(())
    }

    async fn step(
        &self,
        intent: &Intent,
        (step, is_again): (Step, bool),
        deadline: Instant,
    ) -> Stepped<(Option<String>, String)> {
        let deployment = match intent.kind {
            Kind::Prompts => intent.before.as_ref().and_then(|before| before.id.as_deref()),
            Kind::Platform | Kind::Return => self.journal.deployment(),
        };
        let note = match step {
            Step::Trigger => {
                let begun = self.trigger(intent, is_again).await?;
                let named = begun.as_ref().map_or_else(|| "the platform was asked".to_owned(), Clone::clone);
                return Ok((begun, named));
            }
            Step::Wait => self.wait(deployment, deadline).await?,
            Step::Identity => self.identify(intent, deployment, deadline).await?,
            Step::Smoke => match self.project.smoke().await {
                Ok(Smoked::Passed(note)) => note,
                Ok(Smoked::Failed(reason)) => return Err(seen(format!("the smoke test failed: {reason}"))),
                Ok(Smoked::NotConfigured) => "no smoke test is configured".to_owned(),
                Err(error) => return Err(seen(format!("the smoke test could not be made: {error}"))),
            },
            Step::Watch => self.watch(deployment).await?,
            Step::Labels => self.labels(intent)?,
            Step::Prompts => self.prompts(intent).await?,
        };
        Ok((None, note))
    }

    /// Asks the platform, unless it was asked before a crash.
    async fn trigger(&self, intent: &Intent, is_again: bool) -> Stepped<Option<String>> {
        let order = order(intent, self.deploy);
        if intent.kind == Kind::Return {
            let Some(before) = &intent.before else { return Err(seen("there is nothing to return to")) };
            let back = self.driver.roll_back(&order, intent.newest.as_deref(), before).await;
            return back.map_err(|trouble| seen(trouble.message));
        }
        if is_again {
            match self.driver.find(&order, intent.newest.as_deref()).await {
                Ok(Found::Begun(id)) => return Ok(Some(id)),
                Ok(Found::NotBegun | Found::CannotTell) => {}
                Err(trouble) => return Err(seen(trouble.message)),
            }
        }
        match self.driver.trigger(&order).await {
            Ok(Some(id)) => Ok(Some(id)),
            // The platform has taken it and did not say what it calls it.
            Ok(None) if self.driver.tells() => match self.driver.find(&order, intent.newest.as_deref()).await {
                Ok(Found::Begun(id)) => Ok(Some(id)),
                Ok(_) => Err(seen("the platform took the request, and lists no deployment of this commit")),
                Err(trouble) => Err(seen(trouble.message)),
            },
            Ok(None) => Ok(None),
            Err(Trouble { message, kind, .. }) => {
                // After a crash, an earlier request may have been taken.
                let untouched = matches!(kind, TroubleKind::Refused | TroubleKind::Config) && !is_again;
                Err(Failed { reason: message, untouched })
            }
        }
    }

    /// Waits until the platform says that it is live.
    pub(super) async fn wait(&self, deployment: Option<&str>, deadline: Instant) -> Stepped<String> {
        if deployment.is_none() && self.driver.tells() {
            // Only where nothing had to be begun.
            return Ok("it is live already".to_owned());
        }
        let mut pause = Pause::new(self.deploy.poll);
        let mut silent = 0;
        loop {
            let last = match self.driver.status(deployment).await {
                Ok(Status { stage: Stage::Live, .. }) => return Ok("the platform says that it is live".to_owned()),
                Ok(Status { stage: Stage::Untold, .. }) => {
                    return Ok("the platform does not tell; the running application will".to_owned());
                }
                Ok(Status { stage: Stage::Failed(word), .. }) => {
                    return Err(seen(format!("the deployment failed on the platform: {word}")));
                }
                Ok(Status { stage: Stage::Pending(word), .. }) => {
                    silent = 0;
                    word
                }
                Err(trouble) => {
                    let message = trouble.message.clone();
                    bear(trouble, &mut silent).map_err(|trouble| seen(trouble.message))?;
                    message
                }
            };
            if !pause.wait(deadline).await {
                let limit = crate::text::span(self.deploy.timeout);
                return Err(seen(format!("it was not live within {limit}; the last word was: {last}")));
            }
        }
    }

    /// What runs must be what was evaluated.
    async fn identify(&self, intent: &Intent, deployment: Option<&str>, deadline: Instant) -> Stepped<String> {
        let mut told = String::new();
        if self.driver.tells() {
            told = self.told_identity(intent, deployment).await?;
        }
        let Some(probe) = self.probe else { return Ok(told) };
        let with_prompts = self.deploy.prompts == crate::config::PromptsAre::Bundled && intent.kind == Kind::Platform;
        let prompts = if with_prompts && probe.tells_prompts() { &intent.prompts[..] } else { &[] };
        let wanted = Wanted { commit: Some(&intent.runs), prompts };
        probe.agree(&wanted, deadline).await.map_err(seen)
    }

    async fn told_identity(&self, intent: &Intent, deployment: Option<&str>) -> Stepped<String> {
        let (commit, image) = if deployment.is_some() {
            let status = self.patient_status(deployment).await?;
            (status.commit, status.image)
        } else {
            let standing = self.driver.standing().await.map_err(|trouble| seen(trouble.message))?;
            let live = standing.live.unwrap_or_default();
            (live.commit, live.image)
        };
        let (runs, wanted) = (short(&intent.runs), intent.image.as_ref());
        match (commit, image) {
            (Some(commit), _) if is_commit(&commit, &intent.runs) => Ok(format!("the platform runs {runs}")),
            (Some(commit), _) => Err(seen(format!("the platform runs commit {}, not {runs}", short(&commit)))),
            (None, Some(image)) if Some(&image) == wanted => Ok(format!("the platform runs {image}")),
            (None, Some(image)) => {
                let wanted = wanted.map_or("none", String::as_str);
                Err(seen(format!("the platform runs the image {image}, not {wanted}")))
            }
            (None, None) if self.probe.is_some_and(Probe::tells_commit) => Ok(String::new()),
            (None, None) => Err(seen("the platform does not say what it runs")),
        }
    }

    async fn patient_status(&self, deployment: Option<&str>) -> Stepped<Status> {
        let mut silent = 0;
        loop {
            match self.driver.status(deployment).await {
                Ok(status) => return Ok(status),
                Err(trouble) => bear(trouble, &mut silent).map_err(|trouble| seen(trouble.message))?,
            }
            tokio::time::sleep(self.deploy.poll).await;
        }
    }

    /// All labels; what is half done when one fails is undone by `undo`.
    fn labels(&self, intent: &Intent) -> Stepped<String> {
        let label = &intent.label;
        let mut notes = Vec::new();
        for prompt in &intent.prompts {
            let moved = if intent.kind == Kind::Return {
                let why = intent.reason.as_deref().unwrap_or("llmops deploy rollback");
                self.project.restore(label, prompt, why)
            } else {
                let why = format!(
                    "llmops deploy: {} in {}, evidence {}",
                    short(&intent.commit),
                    self.deploy.environment,
                    intent.evidence.get(..12).unwrap_or(&intent.evidence)
                );
                self.project.place(label, prompt, &why)
            };
            notes.extend(moved.map_err(|error| seen(error.to_string()))?);
        }
        Ok(if notes.is_empty() { format!("{label} is where it was") } else { notes.join("; ") })
    }

    /// The running application must have read the new prompts.
    async fn prompts(&self, intent: &Intent) -> Stepped<String> {
        let Some(probe) = self.probe else { return Ok("nothing to ask".to_owned()) };
        let deadline = Instant::now() + self.deploy.timeout;
        let wanted = Wanted { commit: Some(&intent.runs), prompts: &intent.prompts };
        probe.agree(&wanted, deadline).await.map_err(seen)
    }
}

/// A platform may be silent for a moment while it is only asked, but not for long.
pub(super) fn bear(trouble: Trouble, silent: &mut usize) -> std::result::Result<(), Trouble> {
    *silent += 1;
    let may_pass = matches!(trouble.kind, TroubleKind::Failed | TroubleKind::Silent);
    if may_pass && *silent < PATIENCE { Ok(()) } else { Err(trouble) }
}

pub(super) fn order(intent: &Intent, deploy: &Deploy) -> Order {
    let prompt = |moved: &LabelMove| ProvenPrompt {
        name: moved.name.clone(),
        version: moved.version.clone(),
        digest: moved.digest.clone(),
    };
    Order {
        environment: deploy.environment.clone(),
        commit: intent.runs.clone(),
        image: intent.image.clone(),
        prompts: intent.prompts.iter().map(prompt).collect(),
        evidence: intent.evidence.clone(),
        key: intent.key.clone(),
    }
}
