//! `llmops cost estimate`: what a run would cost, without making a call.
//!
//! ```text
//! a run's own preparation and cases, a client that counts -> by role and model -> the whole run
//! ```

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::super::eval::{self, Prepared, prepare};
use super::super::ingest::Fill;
use super::super::{block_on, configuration_for, output, unless_interrupted};
use crate::cli::{Estimate as Arguments, Global};
use crate::clock::unix_seconds;
use crate::config::{Config, Purpose, StoreKind, TargetKind};
use crate::cost::ledger::{self, Most};
use crate::cost::{Cost, Tariff};
use crate::error::{Error, ExitStatus, Result};
use crate::eval::Item;
use crate::llm::{Amounts, Estimates, Span};
use crate::text::count;

/// Rows whose prompts are made; of more the cost is that of so many, scaled.
const MOST_ROWS: usize = 1000;
/// The same before every run, where nobody wants to wait.
const MOST_ROWS_BEFORE_A_RUN: usize = 50;
/// Retrieval is work of this machine.
const AT_ONCE: usize = 8;

/// What a run would take.
pub(in crate::cmd) struct Estimated {
    calls: Estimates,
    /// Rows of the whole run, and those that were looked at.
    rows: usize,
    looked_at: usize,
    /// What the application under test takes is its own affair.
    is_application: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<ExitStatus> {
    // Keys and addresses need not be there; that of a ledger elsewhere is used if it is.
    let mut config =
        configuration_for(global, Purpose::Online).or_else(|_| configuration_for(global, Purpose::Offline))?;
    eval::apply(&mut config, &arguments.tested)?;
    if let Some(repeats) = arguments.repeats {
        config.eval.repeats = repeats;
    }
    let estimated = block_on(unless_interrupted(estimate(global, &mut config, MOST_ROWS)))?;
    if global.json {
        output::print_json(&estimated.value())?;
    } else {
        output::print(&estimated.text())?;
        for line in over_limits(&config, &estimated)? {
            output::print(&format!("{line}\n"))?;
        }
    }
    Ok(ExitStatus::Pass)
}

/// One line about a run that is about to begin; `None` if nothing is billed. What is wrong with the run it says itself.
pub(in crate::cmd) async fn before_a_run(global: &Global, mut config: Config) -> Option<String> {
    if !is_billed(&config) {
        return None;
    }
    // What is embedded here costs time and no money, and the run does it again: what words find has the same length.
    if config.retrieval.embedder.value == "local" && config.retrieval.store == StoreKind::Embedded {
        "none".clone_into(&mut config.retrieval.embedder.value);
    }
    estimate(global, &mut config, MOST_ROWS_BEFORE_A_RUN).await.ok()?.line()
}

/// Whether any of the models has a price other than nothing, or none that is known.
fn is_billed(config: &Config) -> bool {
    let Ok(tariff) = Tariff::open(config) else { return false };
    let prompt = eval::answers_itself(config).then(|| eval::find_prompt(config).ok()).flatten();
    let target = prompt.as_ref().and_then(|prompt| eval::model_of(config, prompt));
    let judges = config.judge.models.iter().map(|judge| judge.value.as_str());
    let embedder = Some(config.retrieval.embedder.value.as_str()).filter(|_| config.target.kind == TargetKind::Rag);
    let models = target.into_iter().chain(judges).chain(embedder);
    models
        .filter_map(|model| model.split_once('/'))
        .any(|(provider, name)| tariff.find(provider, name).is_none_or(|price| !price.is_free()))
}

async fn estimate(global: &Global, config: &mut Config, most_rows: usize) -> Result<Estimated> {
    let folder =
        tempfile::tempdir().map_err(|error| Error::unavailable("cannot make a temporary folder").source(error))?;
    copy_store(config, folder.path());
    config.estimates_in = Some(folder.path().to_owned());
    let quiet = Global {
        directory: global.directory.clone(),
        config: global.config.clone(),
        quiet: true,
        color: global.color,
        json: global.json,
    };
    // On the heap: preparing is a large future.
    let prepared = Box::pin(prepare(&quiet, config, Fill::Embedded, None)).await?;
    // What the documents take is taken once, however many rows there are.
    let once = prepared.client.take_estimates();
    let (rows, items) = sample(&prepared, config.eval.repeats as usize, most_rows)?;
    let looked_at = items.len();
    let is_application = matches!(config.target.kind, TargetKind::Http | TargetKind::Command);
    let measurer = prepared.counting_measurer(config);
    stream::iter(items).for_each_concurrent(AT_ONCE, |item| async { drop(measurer.clone().measure(item).await) }).await;
    let mut calls: Estimates = prepared.client.take_estimates();
    for estimate in calls.values_mut() {
        *estimate = estimate.scaled(rows as u64, looked_at as u64);
    }
    for (who, estimate) in once {
        calls.entry(who).or_default().add(&estimate);
    }
    Ok(Estimated { calls, rows, looked_at, is_application })
}

/// Vectors that are known need not be counted. A store that cannot be copied is made anew, as any damaged one.
fn copy_store(config: &Config, folder: &Path) {
    for name in ["store.db", "store.db-wal"] {
        let _ = std::fs::copy(config.state_folder().join(name), folder.join(name));
    }
}

/// All rows of a small run, and rows at equal distances of a large one.
fn sample(prepared: &Prepared, repeats: usize, most: usize) -> Result<(usize, Vec<Item>)> {
    let rows = prepared.dataset.cases * repeats;
    let step = rows.div_ceil(most.max(1)).max(1);
    let (mut number, mut items) = (0, Vec::new());
    prepared.dataset.each(&mut |case| {
        for repeat in 0..u32::try_from(repeats).unwrap_or(u32::MAX) {
            if number % step == 0 {
                items.push(Item { number, repeat, case: case.clone(), traceparent: None });
            }
            number += 1;
        }
        ControlFlow::Continue(())
    })?;
    Ok((rows, items))
}

/// Limits that the run is expected to reach.
fn over_limits(config: &Config, estimated: &Estimated) -> Result<Vec<String>> {
    let dollars = estimated.amounts().map(|amounts| amounts.expected);
    let mut lines = Vec::new();
    if let Some(most) = config.cost.budgets.run.filter(|most| dollars.is_some_and(|dollars| dollars > *most)) {
        lines.push(format!("that is more than cost.budget_run of {most}"));
    }
    for (limit, sum) in ledger::used(config, unix_seconds())? {
        let is_over = match limit.most {
            Most::Dollars(most) => dollars.is_some_and(|dollars| sum.usd + sum.open_usd + dollars > most),
            Most::Requests(most) => sum.requests + estimated.calls_of(limit.model().unwrap_or_default()) > most,
        };
        if is_over {
            lines.push(format!("that is more than what is left of {limit}: {}", limit.used(&sum)));
        }
    }
    Ok(lines)
}

impl Estimated {
    /// In all; `None` if a model has no price.
    fn amounts(&self) -> Option<Amounts> {
        let each = self.calls.values().filter(|estimate| estimate.calls > 0).map(|estimate| estimate.usd);
        each.sum::<Option<Amounts>>()
    }

    /// Calls of a model in any role.
    fn calls_of(&self, model: &str) -> u64 {
        self.calls.iter().filter(|((_, name), _)| name == model).map(|(_, estimate)| estimate.calls).sum()
    }

    fn text(&self) -> String {
        if self.calls.is_empty() {
            return format!("{}: no model is called over a network\n", count(self.rows, "row"));
        }
        let mut text = String::new();
        let looked_at = match self.looked_at {
            all if all == self.rows => String::new(),
            some => format!(", by {some} of them"),
        };
        let _ = writeln!(text, "{}{looked_at}", count(self.rows, "row"));
        for ((role, model), estimate) in &self.calls {
            let _ = writeln!(text, "\n{} {model}", role.name());
            let kept =
                if estimate.kept > 0 { format!(", {} more from the cache", estimate.kept) } else { String::new() };
            let calls = usize::try_from(estimate.calls).unwrap_or(usize::MAX);
            let _ = writeln!(text, "  {}{kept}", count(calls, "call"));
            if estimate.calls > 0 {
                let _ = writeln!(text, "  tokens in   {}", range(estimate.input));
                if estimate.output.high > 0 {
                    let _ = writeln!(text, "  tokens out  {}", range(estimate.output));
                }
                let cost = estimate.usd.map_or_else(|| "not known: the model has no price".to_owned(), money);
                let _ = writeln!(text, "  cost        {cost}");
            }
        }
        let all = self.amounts().map_or_else(|| "not known".to_owned(), money);
        let _ = writeln!(text, "\nin all        {all}");
        if self.is_application {
            let _ = writeln!(text, "what the application's own calls cost is not in it");
        }
        text
    }

    /// `about $0.021 ($0.011 to $0.19), at most $0.60: 55 calls of openai/gpt-4o-mini`
    fn line(&self) -> Option<String> {
        let sent = || self.calls.iter().filter(|(_, estimate)| estimate.calls > 0);
        let amounts = self.amounts();
        if sent().next().is_none() || amounts.is_some_and(|amounts| amounts.most == Cost::ZERO) {
            return None;
        }
        let calls = sent().map(|((_, model), estimate)| {
            let calls = count(usize::try_from(estimate.calls).unwrap_or(usize::MAX), "call");
            let unknown = if estimate.usd.is_none() { ", which has no price" } else { "" };
            format!("{calls} of {model}{unknown}")
        });
        let calls = calls.collect::<Vec<_>>().join(", ");
        let cost = amounts.map_or_else(|| "not known".to_owned(), |amounts| format!("about {}", money(amounts)));
        Some(format!("cost of the run: {cost}; {calls}"))
    }

    fn value(&self) -> Value {
        let span = |span: Span| json!({ "low": span.low, "expected": span.expected, "high": span.high });
        let dollars = |amounts: Amounts| {
            let Amounts { low, expected, high, most } = amounts;
            json!({ "low": low.decimal(), "expected": expected.decimal(), "high": high.decimal(), "most": most.decimal() })
        };
        let each = self.calls.iter().map(|((role, model), estimate)| {
            json!({
                "role": role.name(),
                "model": model,
                "calls": estimate.calls,
                "kept": estimate.kept,
                "input_tokens": span(estimate.input),
                "output_tokens": span(estimate.output),
                "usd": estimate.usd.map(dollars),
            })
        });
        json!({
            "schema": 1,
            "rows": self.rows,
            "rows_looked_at": self.looked_at,
            "calls": each.collect::<Vec<_>>(),
            "usd": self.amounts().map(dollars),
        })
    }
}

/// `41200 (29000 to 66000)`
fn range(span: Span) -> String {
    if span.low == span.high {
        span.expected.to_string()
    } else {
        format!("{} ({} to {})", span.expected, span.low, span.high)
    }
}

fn money(amounts: Amounts) -> String {
    let Amounts { low, expected, high, most } = amounts;
    if most == Cost::ZERO {
        return "$0".to_owned();
    }
    format!("{expected} ({low} to {high}), at most {most}")
}
