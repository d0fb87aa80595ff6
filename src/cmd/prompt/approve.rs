//! `llmops prompt approve`: somebody other than the author has looked at a version.

use serde_json::json;

use super::{output, recorded, split_version, writing};
use crate::cli::{Approve, Global};
use crate::config::Config;
use crate::error::{Error, ExitStatus, Result};
use crate::prompt::{Event, Folder, Protection, Record, Signer, email};
use crate::text::count;

pub(super) fn run(global: &Global, config: &Config, arguments: &Approve) -> Result<ExitStatus> {
    let (name, version) = split_version(&arguments.prompt)?;
    let folder = Folder::existing(&config.root, name)?;
    let mut writing = writing(config, &folder)?;
    let version = recorded(&folder, version)?;
    let which = format!("{name}@{}", version.version);
    let history = writing.history()?;
    let by = writing.by().to_owned();
    let me = email(&by);
    if history.authors(&version.digest).iter().any(|author| author.eq_ignore_ascii_case(me)) {
        return Err(Error::config(format!("{me} released {which}, and nobody approves their own work"))
            .hint(format!("somebody else runs: llmops prompt approve {which}")));
    }
    let protection = Protection::open(config)?;
    let record = Record { name, entries: writing.entries(), history: &history };
    let is_new = !protection.approved(record, &version.digest, me, writing.next_seq());
    if is_new {
        let signer = Signer::open(config, &by)?;
        let message = arguments.message.trim().to_owned();
        let event = Event::Approved { version: version.version.clone(), digest: version.digest.clone(), message };
        writing.add(event, &|hash| signer.sign(hash))?;
    }
    let approvers = writing.history()?.approvers(&version.digest, writing.next_seq()).len();
    if global.json {
        output::print_json(&json!({
            "name": name, "version": version.version, "digest": version.digest, "by": by, "new": is_new, "approvals": approvers,
        }))?;
        return Ok(ExitStatus::Pass);
    }
    if !is_new {
        output::print(&format!("{which} is approved already by {me}\n"))?;
        return Ok(ExitStatus::Pass);
    }
    output::print(&format!(
        "{which} is approved by {me}: {} of content {}\ncommit the ledger: git add {}\n",
        count(approvers, "approval"),
        &version.digest[..12],
        folder.shown_ledger()
    ))?;
    Ok(ExitStatus::Pass)
}
