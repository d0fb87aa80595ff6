//! `llmops prompt new` and `release`: from a draft to a version that never changes.

use std::fmt::Write as _;

use semver::Version;
use serde_json::json;

use super::{output, split, writing};
use crate::cli::{Global, New, Release};
use crate::config::Config;
use crate::error::{Error, ExitStatus, Result};
use crate::prompt::{self, Folder, LATEST, Number, Released, Signer, is_name, plain_version};

pub(super) fn new(config: &Config, arguments: &New) -> Result<ExitStatus> {
    let (name, version) = split(&arguments.prompt);
    if !is_name(name) {
        return Err(Error::config(format!("\"{name}\" is no name of a prompt"))
            .hint("letters, digits, `_`, `-` and `.`, for example rag_answer"));
    }
    let folder = Folder::new(&config.root, name);
    let from = match version {
        Some(version) => Some(Folder::existing(&config.root, name)?.resolve(version)?),
        None if folder.path.is_dir() => folder.resolve(LATEST).ok(),
        None => None,
    };
    let file = from.as_deref().map(|version| folder.file(version));
    prompt::new_draft(&folder, file.as_deref())?;
    let begun = from.map_or_else(|| "an example".to_owned(), |version| format!("{name}@{version}"));
    output::print(&format!(
        "{} is begun from {begun}\nedit it, try it with `llmops eval -p {name}@draft`, then: llmops prompt release {name} --bump patch -m \"...\"\n",
        folder.shown(prompt::DRAFT)
    ))?;
    Ok(ExitStatus::Pass)
}

pub(super) fn run(global: &Global, config: &Config, arguments: &Release) -> Result<ExitStatus> {
    let (name, version) = split(&arguments.prompt);
    let folder = Folder::existing(&config.root, name)?;
    if arguments.message.trim().is_empty() {
        return Err(Error::config("--message is empty").hint("say why there is this version"));
    }
    let mut writing = writing(config, &folder)?;
    let has_releases = !writing.history()?.releases.is_empty();
    let number = number(arguments, version, has_releases)?;
    let signer = Signer::open(config, writing.by())?;
    let sign = |hash: &str| signer.sign(hash);
    let released = prompt::release(&folder, &mut writing, &number, &arguments.message, &sign)?;
    show(global, name, &released)?;
    Ok(ExitStatus::Pass)
}

fn number(arguments: &Release, version: Option<&str>, has_releases: bool) -> Result<Number> {
    if let Some(text) = version {
        let number = plain_version(text).and_then(|plain| Version::parse(plain).ok());
        let number = number.ok_or_else(|| {
            Error::config(format!("\"{text}\" is no version"))
                .hint("write it like NAME@1.2.0; NAME alone releases the draft")
        })?;
        if arguments.bump.is_some() || arguments.as_version.is_some() {
            return Err(Error::config("NAME@VERSION has its version; --bump and --as are for the draft"));
        }
        return Ok(Number::Existing(number));
    }
    match (arguments.bump, &arguments.as_version) {
        (_, Some(version)) => Ok(Number::Exactly(version.clone())),
        (Some(bump), None) => Ok(Number::Next(bump)),
        // The first version is 1.0.0, whatever it is called.
        (None, None) if !has_releases => Ok(Number::Next(prompt::Bump::Major)),
        (None, None) => Err(Error::config("which version is it to be?").hint(
            "--bump patch (wording), minor (callers may give more) or major (callers must change); what is too little is refused",
        )),
    }
}

fn show(global: &Global, name: &str, released: &Released) -> Result<()> {
    let Released { version, digest, file, since } = released;
    if global.json {
        let since = since.as_ref().map(|(version, interface)| {
            json!({ "version": version.to_string(), "least_bump": interface.least.name(), "reasons": interface.reasons })
        });
        return output::print_json(&json!({
            "name": name, "version": version.to_string(), "digest": digest, "file": file, "since": since,
        }));
    }
    let mut text = format!("{name}@{version} is released: {file}\ndigest {digest}\n");
    if let Some((before, interface)) = since {
        for reason in &interface.reasons {
            let _ = writeln!(text, "since {before}: {reason}");
        }
    }
    let _ = writeln!(text, "commit it with its ledger: git add prompts/{name}");
    output::print(&text)
}
