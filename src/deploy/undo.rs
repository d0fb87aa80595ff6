//! The way back: what was done of an attempt that failed is undone, the labels first, since that takes no time.

use tokio::time::Instant;

use super::driver::{Found, Release, Stage, TroubleKind};
use super::identity::{Wanted, short};
use super::journal::{Failed, Intent, Kind, Step};
use super::machine::{Machine, bear, order};
use super::record::Outcome;
use crate::error::Result;

impl Machine<'_> {
    /// Undoes what was done, and says what came of it.
    pub(super) async fn undo(&mut self, failed: &Failed) -> Result<(Outcome, Vec<String>)> {
        let intent = self.intent()?;
        if intent.kind == Kind::Return {
            let mut notes =
                vec!["what was there before is not known to be there again: look at the platform".to_owned()];
            if self.journal.has_begun(Step::Labels) && !intent.prompts.is_empty() {
                notes.push(format!("{} has gone back before the platform was asked", intent.label));
            }
            return Ok((Outcome::Failed, notes));
        }
        let mut notes = Vec::new();
        let mut is_clean = self.labels_back(&intent, &failed.reason, &mut notes);
        let is_touched = intent.kind == Kind::Platform && self.journal.has_begun(Step::Trigger) && !failed.untouched;
        if is_touched {
            match self.platform_back(&intent).await {
                Ok(note) => notes.push(note),
                Err(why) => {
                    is_clean = false;
                    notes.push(why);
                }
            }
        } else if intent.kind == Kind::Platform {
            notes.push("the platform was not changed".to_owned());
        }
        for note in &notes {
            self.project.say(&format!("rollback: {note}"));
        }
        Ok((if is_clean { Outcome::RolledBack } else { Outcome::Failed }, notes))
    }

    /// Whether every label means again what it meant before.
    fn labels_back(&self, intent: &Intent, reason: &str, notes: &mut Vec<String>) -> bool {
        if !self.journal.has_begun(Step::Labels) {
            return true;
        }
        let mut is_clean = true;
        for prompt in &intent.prompts {
            let why = format!("llmops deploy, undone: {reason}");
            match self.project.restore(&intent.label, prompt, &why) {
                Ok(note) => notes.extend(note),
                Err(error) => {
                    is_clean = false;
                    notes.push(format!("{} of {} could not be moved back: {error}", intent.label, prompt.name));
                }
            }
        }
        is_clean
    }

    async fn platform_back(&self, intent: &Intent) -> std::result::Result<String, String> {
        let order = order(intent, self.deploy);
        let mut ours = self.journal.deployment().map(str::to_owned);
        if ours.is_none()
            && let Ok(Found::Begun(id)) = self.driver.find(&order, intent.newest.as_deref()).await
        {
            ours = Some(id);
        }
        let Some(before) = &intent.before else {
            let status = self.driver.status(ours.as_deref()).await;
            if status.is_ok_and(|status| matches!(status.stage, Stage::Failed(_))) {
                return Ok("nothing was live before, and nothing is".to_owned());
            }
            return Err(format!("no earlier deployment is known to return to: {} may be live", short(&intent.runs)));
        };
        let mut silent = 0;
        let begun = loop {
            match self.driver.roll_back(&order, ours.as_deref(), before).await {
                Ok(begun) => break begun,
                Err(trouble) if trouble.kind == TroubleKind::Config => return Err(lost(before, &trouble.message)),
                Err(trouble) => {
                    bear(trouble, &mut silent).map_err(|trouble| lost(before, &trouble.message))?;
                }
            }
            tokio::time::sleep(self.deploy.poll).await;
        };
        let deadline = Instant::now() + self.deploy.timeout;
        if begun.is_some() {
            self.wait(begun.as_deref(), deadline).await.map_err(|failed| lost(before, &failed.reason))?;
        }
        if let (Some(probe), Some(commit)) = (self.probe, &before.commit) {
            let wanted = Wanted { commit: Some(commit), prompts: &[] };
            probe.agree(&wanted, deadline).await.map_err(|reason| lost(before, &reason))?;
        }
        let name = name(before);
        let is_kept = begun.is_none() && self.driver.tells();
        Ok(if is_kept { format!("{name} never ceased to be live") } else { format!("{name} is live again") })
    }
}

/// What people know a deployment by.
fn name(release: &Release) -> String {
    let commit = release.commit.as_deref().or(release.image.as_deref()).map(short);
    match (&release.id, commit) {
        (Some(id), Some(commit)) => format!("{id} ({commit})"),
        (Some(id), None) => id.clone(),
        (None, Some(commit)) => commit,
        (None, None) => "what was there before".to_owned(),
    }
}

fn lost(before: &Release, reason: &str) -> String {
    format!("it is not known whether {} is live again: {reason}", name(before))
}
