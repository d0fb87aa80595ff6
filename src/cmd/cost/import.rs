//! `llmops cost import`: what the running application spent, from its logs or traces into the ledger.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::super::output;
use super::configuration;
use crate::cli::{CostImport, Global};
use crate::clock::unix_seconds;
use crate::cost::import::{Imported, Reading, Settings, without_mark};
use crate::cost::ledger::{self, Amounts, Entry};
use crate::cost::{Cost, Tariff};
use crate::error::{Error, ExitStatus, Problem, Result};
use crate::text::count;

/// Raise it when the JSON changes in a way that readers notice.
const SCHEMA: u32 = 1;
/// Models without a price that are named.
const MOST_NAMED: usize = 12;

pub(super) fn run(global: &Global, arguments: &CostImport) -> Result<ExitStatus> {
    let config = configuration(global)?;
    let tariff = Tariff::open(&config)?;
    let settings = Settings {
        project: arguments.project.as_deref().unwrap_or(&config.name),
        provider: arguments.provider.as_deref(),
        tariff: &tariff,
        now: unix_seconds(),
    };
    let Imported { entries, problems, bad } = read(global, arguments, &settings)?;
    if bad > 0 {
        let others = (bad > problems.len()).then(|| Problem::new(format!("and {} more", bad - problems.len())));
        let problems: Vec<Problem> = problems.into_iter().chain(others).collect();
        if !arguments.skip_bad {
            let advice = Problem::new("nothing was imported").hint("--skip-bad imports the other lines");
            return Error::unless_empty(problems.into_iter().chain([advice]).collect()).map(|()| ExitStatus::Config);
        }
        for problem in &problems {
            output::note(&format!("skipped: {problem}"));
        }
    }
    let summary = Summary::of(&entries);
    let new = ledger::import(&config, entries, !arguments.dry_run)?;
    let summary = Summary { new, skipped: bad, dry_run: arguments.dry_run, ..summary };
    if global.json {
        let text = serde_json::to_string_pretty(&summary);
        let text = text.map_err(|error| Error::unavailable("cannot write the summary").source(error))?;
        output::print(&(text + "\n"))?;
    } else {
        output::print(&text(&summary))?;
    }
    Ok(ExitStatus::Pass)
}

fn read(global: &Global, arguments: &CostImport, settings: &Settings<'_>) -> Result<Imported> {
    let mut reading = Reading::new(settings);
    for file in &arguments.files {
        let (name, reader): (_, Box<dyn Read>) = if file == Path::new("-") {
            ("standard input".to_owned(), Box::new(io::stdin().lock()))
        } else {
            let shown = file.display().to_string();
            let opened = File::open(global.directory.join(file));
            let opened = opened.map_err(|error| Error::config(format!("cannot read {shown}")).source(error))?;
            (shown, Box::new(opened))
        };
        reading.file(&name, without_mark(reader))?;
    }
    Ok(reading.finish())
}

#[derive(Debug, Serialize)]
struct Summary {
    schema: u32,
    calls: u64,
    /// As far as it is known; `null` if it is known of no call.
    usd: Option<Cost>,
    unknown_calls: u64,
    failed_calls: u64,
    models: Vec<ModelSum>,
    new: usize,
    skipped: usize,
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct ModelSum {
    model: String,
    calls: u64,
    usd: Option<Cost>,
    unknown_calls: u64,
}

impl Summary {
    fn of(entries: &[Entry]) -> Self {
        let mut models: BTreeMap<&Arc<str>, Amounts> = BTreeMap::new();
        let mut total = Amounts::default();
        for Entry { line, .. } in entries {
            models.entry(&line.call.model).or_default().add(&line.outcome);
            total.add(&line.outcome);
        }
        let known = |amounts: &Amounts| (amounts.calls == 0 || amounts.unknown < amounts.calls).then_some(amounts.usd);
        let model = |(model, amounts): (&Arc<str>, Amounts)| ModelSum {
            model: model.to_string(),
            calls: amounts.calls,
            usd: known(&amounts),
            unknown_calls: amounts.unknown,
        };
        Self {
            schema: SCHEMA,
            calls: total.calls,
            usd: known(&total),
            unknown_calls: total.unknown,
            failed_calls: total.failed,
            models: models.into_iter().map(model).collect(),
            new: 0,
            skipped: 0,
            dry_run: false,
        }
    }
}

/// `412 calls of 3 models, $1.23, 2 unknown; 400 were new`
fn text(summary: &Summary) -> String {
    let calls = |number: u64| count(usize::try_from(number).unwrap_or(usize::MAX), "call");
    let mut text = format!("{} of {}", calls(summary.calls), count(summary.models.len(), "model"));
    if let Some(usd) = summary.usd {
        let _ = write!(text, ", {usd}");
    }
    if summary.unknown_calls > 0 {
        let _ = write!(text, ", {} unknown", summary.unknown_calls);
    }
    if summary.failed_calls > 0 {
        let _ = write!(text, ", {} failed", summary.failed_calls);
    }
    let (were, then) = if summary.dry_run { ("would be", "; nothing was written") } else { ("were", "") };
    let _ = writeln!(text, "; {} {were} new{then}", summary.new);
    if summary.skipped > 0 {
        let _ = writeln!(text, "{} could not be read and {were} skipped", count(summary.skipped, "line"));
    }
    let unknown: Vec<&ModelSum> = summary.models.iter().filter(|model| model.unknown_calls > 0).collect();
    for model in unknown.iter().take(MOST_NAMED) {
        let _ = writeln!(text, "the cost of {} of {} is not known", calls(model.unknown_calls), model.model);
    }
    if unknown.len() > MOST_NAMED {
        let _ = writeln!(text, "and of {} more", count(unknown.len() - MOST_NAMED, "model"));
    }
    if !unknown.is_empty() {
        text.push_str("where there is no price, give it in [cost.models.\"provider/model\"] before you import\n");
    }
    text
}
