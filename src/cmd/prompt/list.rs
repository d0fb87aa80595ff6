//! `llmops prompt list`: the prompts, or the versions of one, with labels.

use std::fmt::Write as _;

use semver::Version;
use serde_json::{Value, json};

use super::output;
use crate::cli::{Global, List};
use crate::config::Config;
use crate::cost::Cost;
use crate::error::{ExitStatus, Result};
use crate::prompt::{DRAFT, Evaluation, Folder, History, latest_version, names, versions};
use crate::text::printable;

pub(super) fn run(global: &Global, config: &Config, arguments: &List) -> Result<ExitStatus> {
    match &arguments.name {
        Some(name) => one(global, &Folder::existing(&config.root, name)?)?,
        None => all(global, config)?,
    }
    Ok(ExitStatus::Pass)
}

/// A prompt and what is known of its versions.
struct Known<'a> {
    folder: Folder<'a>,
    /// In ascending order.
    versions: Vec<Version>,
    history: History,
    has_draft: bool,
}

impl<'a> Known<'a> {
    fn of(folder: Folder<'a>) -> Result<Self> {
        let (versions, history) = (versions(&folder.path)?, folder.history()?);
        let has_draft = folder.file(DRAFT).is_file();
        Ok(Self { folder, versions, history, has_draft })
    }

    fn latest(&self) -> Option<&Version> {
        latest_version(&self.versions)
    }
}

fn all(global: &Global, config: &Config) -> Result<()> {
    let names = names(&config.root)?;
    let known: Vec<Known<'_>> =
        names.iter().map(|name| Known::of(Folder::new(&config.root, name))).collect::<Result<_>>()?;
    if global.json {
        return output::print_json(&known.iter().map(summary).collect::<Vec<_>>().into());
    }
    if known.is_empty() {
        return output::print("there are no prompts; begin one: llmops prompt new NAME\n");
    }
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for one in &known {
        let latest = one.latest().map_or_else(|| "no release".to_owned(), ToString::to_string);
        let labels = one.history.meanings().map(|(label, version)| format!("{label} {version}"));
        let mut parts: Vec<String> = labels.collect();
        if one.has_draft {
            parts.push("a draft".to_owned());
        }
        let versions = crate::text::count(one.versions.len(), "version");
        let _ =
            writeln!(text, "{:<width$}  {latest:<12} {versions:<12} {}", one.folder.name, printable(&parts.join(", ")));
    }
    output::print(&text)
}

fn summary(one: &Known<'_>) -> Value {
    let labels = one.history.meanings().map(|(label, version)| (label.to_owned(), Value::from(version)));
    json!({
        "name": one.folder.name,
        "latest": one.latest().map(ToString::to_string),
        "versions": one.versions.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "labels": labels.collect::<serde_json::Map<_, _>>(),
        "draft": one.has_draft,
    })
}

fn one(global: &Global, folder: &Folder<'_>) -> Result<()> {
    let known = Known::of(Folder::new(folder.root, folder.name))?;
    let rows: Vec<Value> = known.versions.iter().rev().map(|version| row(&known, version)).collect();
    if global.json {
        return output::print_json(&rows.into());
    }
    let mut text = String::new();
    for row in &rows {
        let field = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let labels: Vec<&str> = row["labels"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let about = if row["released"].is_null() { "not recorded".to_owned() } else { field("message") };
        let time = row["released"].as_str().map_or("", |time| &time[..time.len().min(10)]);
        let evaluated = evaluated(&row["evaluation"]);
        let line = format!("{:<12} {time:<10} {:<16} {evaluated:<40} {about}", field("version"), labels.join(","));
        let _ = writeln!(text, "{}", printable(line.trim_end()));
    }
    if known.has_draft {
        let _ = writeln!(text, "{DRAFT}");
    }
    output::print(&text)
}

/// The last evaluation of a version: its verdict, its score, and what an answer cost.
fn evaluated(evaluation: &Value) -> String {
    let Some(verdict) = evaluation["verdict"].as_str() else { return "not evaluated".to_owned() };
    let score = match (evaluation["metric"].as_str(), evaluation["shown"].as_str()) {
        (Some(metric), Some(shown)) => format!(" {metric} {shown}"),
        _ => String::new(),
    };
    let cost = evaluation["cost_usd"].as_str().and_then(Cost::parse);
    let cost = cost.map_or_else(String::new, |cost| format!(", {cost} an answer"));
    format!("{verdict}{score}{cost}")
}

fn row(known: &Known<'_>, version: &Version) -> Value {
    let (release, version) = (known.history.releases.get(version), version.to_string());
    let evaluation = release.and_then(|release| Evaluation::last(known.folder.root, &release.digest));
    let evaluation = evaluation.map(|Evaluation { score, evidence, .. }| {
        json!({
            "verdict": evidence.verdict,
            "metric": score.as_ref().map(|score| &score.metric),
            "score": score.as_ref().map(|score| score.value),
            "shown": score.as_ref().map(|score| &score.shown),
            "cost_usd": evidence.cost_usd,
            "time": evidence.time,
            "cases": evidence.cases,
            "model": evidence.model,
        })
    });
    json!({
        "version": version,
        "labels": known.history.labels_of(&version),
        "released": release.map(|release| &release.time),
        "by": release.map(|release| &release.by),
        "message": release.map(|release| &release.message),
        "digest": release.map(|release| &release.digest),
        "evaluation": evaluation,
    })
}
