//! Golden cases against the deployed application: an evaluation whose target is its address, by the bars of the gate that can be
//! measured there.

use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::eval::{keep_measurable_bars, open_journal, prepare, report};
use super::super::ingest::Fill;
use super::super::{configuration_for, output};
use crate::cli::Global;
use crate::config::{Config, Located, Purpose, Rule, Secret, Smoke, Stop, TargetKind};
use crate::deploy::Smoked;
use crate::error::{Error, Result, suggestion};
use crate::eval::{Case, Dataset, Ended, Event, Identity, Journal, Run, Start, run as run_cases};
use crate::file::replace;
use crate::gate;
use crate::report::{Decision, Facts, Progress, Report, json as report_json};
use crate::text::count;

/// Where the report is, in the project's folder.
const REPORT: &str = "llmops/smoke_report.json";

/// Everything that can be wrong with the golden cases is found before anything is deployed.
pub(super) fn check(global: &Global, environment: &str) -> Result<()> {
    configuration(global, environment).map(|_| ())
}

pub(super) async fn run(global: &Global, environment: &str) -> Result<Smoked> {
    let Some(config) = configuration(global, environment)? else { return Ok(Smoked::NotConfigured) };
    let path = config.root.join(REPORT);
    report_json::prepare(&path)?;
    let (report, journal) = measure(global, &config).await?;
    let rows = |take: &mut dyn FnMut(&[u8]) -> Result<()>| journal.each(&mut |_, row| take(row));
    report_json::write(&report, &rows, &path)?;
    journal.finish();
    let cases = count(report.cases.finished, "golden case");
    Ok(match report.verdict.decision {
        Decision::Pass => Smoked::Passed(format!("{cases} passed")),
        Decision::Fail | Decision::Undecided => {
            let reasons = report.verdict.reasons.join("; ");
            output::note(&format!("the report of the smoke test: {REPORT}"));
            Smoked::Failed(reasons)
        }
    })
}

/// The project's configuration with the deployed application as its target and the golden cases as its dataset; `None` if none
/// are configured.
fn configuration(global: &Global, environment: &str) -> Result<Option<Config>> {
    let mut config = configuration_for(global, Purpose::Online)?;
    let chosen = config.deploys.all.iter_mut().find(|deploy| deploy.environment == environment);
    let Some(smoke) = chosen.and_then(|deploy| deploy.smoke.take()) else { return Ok(None) };
    let file = format!("{}/deploy/{environment}/smoke.jsonl", crate::config::STATE_FOLDER);
    let dataset = &config.eval.dataset;
    let dataset = Dataset::read(&config.path(&dataset.value), &dataset.value)?;
    let rows = golden(&config, &smoke, &dataset)?;
    let path = config.path(&file);
    replace(&path, rows.as_bytes()).map_err(|error| Error::io("write", &path, error))?;
    aim(&mut config, smoke)?;
    config.eval.dataset = Located { value: file.clone(), line: None };
    config.eval.repeats = 1;
    config.eval.stop = Stop::Never;
    config.eval.cluster = None;
    config.gate.rule = Rule::Point;
    config.gate.max_error_rate = 0.0;
    config.cost.max_per_case = None;
    config.cost.max_per_month = None;
    config.cost.max_increase = None;
    let golden = Dataset::read(&path, &file)?;
    keep_measurable_bars(&mut config, &golden)?;
    if config.gate.thresholds.is_empty() && golden.asserted.is_empty() {
        return Err(Error::config("no bar of [gate] can be measured on the golden cases of [deploy.smoke]")
            .at(&config.file, None)
            .hint("choose cases with a reference, keywords or assertions, or say where the reply has its passages"));
    }
    Ok(Some(config))
}

/// The target is what was deployed.
fn aim(config: &mut Config, smoke: Smoke) -> Result<()> {
    let is_http = config.target.kind == TargetKind::Http;
    let Smoke { url, method, headers, body, answer, passages, .. } = smoke;
    let http = &mut config.target.http;
    if !is_http && url.is_none() {
        return Err(Error::config("[deploy.smoke] has no url").at(&config.file, None).hint(
            "say where the deployed application answers questions, for example url = \"https://app.example.org/ask\"",
        ));
    }
    if let Some(url) = url {
        let value = config.env.resolve(&url.value)?;
        http.url = Located { value, line: url.line };
    }
    if let Some(method) = method {
        method.clone_into(&mut http.method);
    }
    if let Some(headers) = headers {
        http.headers.clear();
        for (name, value) in headers {
            let secret = Secret::new(config.env.resolve(&value.value)?);
            if value.value.starts_with("env:") {
                http.secrets.push(secret.clone());
            }
            http.headers.push((name, secret));
        }
    }
    if let Some(answer) = answer {
        http.answer = answer;
    }
    http.body = body.or(http.body.take());
    http.passages = passages.or(http.passages.take());
    config.target.kind = TargetKind::Http;
    Ok(())
}

/// The chosen cases as JSONL.
fn golden(config: &Config, smoke: &Smoke, dataset: &Dataset) -> Result<String> {
    let mut rows = String::new();
    let (mut taken, mut known) = (Vec::new(), Vec::new());
    dataset.each(&mut |case| {
        known.push(case.id.clone());
        let is_named = smoke.ids.is_empty() || smoke.ids.iter().any(|id| id.value == case.id);
        let is_of = smoke.category.as_ref().is_none_or(|category| case.category.as_ref() == Some(&category.value));
        let has_room = smoke.cases.is_none_or(|most| taken.len() < most);
        if is_named && is_of && has_room {
            taken.push(case.id.clone());
            rows.push_str(&row(&case));
            rows.push('\n');
        }
        ControlFlow::Continue(())
    })?;
    let unknown = smoke.ids.iter().filter(|id| !known.contains(&id.value)).map(|id| {
        let hint = suggestion(&id.value, known.iter().map(String::as_str));
        config.problem(id, format!("the dataset has no case \"{}\"", id.value)).hint(hint)
    });
    Error::unless_empty(unknown.collect())?;
    if taken.is_empty() {
        let hint = format!("set cases, ids or category to what {} has", config.eval.dataset.value);
        return Err(Error::config("[deploy.smoke] chooses no case of the dataset").at(&config.file, None).hint(hint));
    }
    Ok(rows)
}

fn row(case: &Case) -> String {
    let mut row: Map<String, Value> = case.metadata.clone();
    let Case { id, question, expected_docs, expected_answer_keywords, reference_answer, category, .. } = case;
    row.insert("id".into(), json!(id));
    row.insert("question".into(), json!(question));
    row.insert("expected_docs".into(), json!(expected_docs));
    row.insert("expected_answer_keywords".into(), json!(expected_answer_keywords));
    row.insert("reference_answer".into(), json!(reference_answer));
    row.insert("category".into(), json!(category));
    row.insert("answerable".into(), json!(case.answerable));
    if !case.assertions.is_empty() {
        row.insert("assert".into(), json!(case.assertions));
    }
    Value::Object(row).to_string()
}

/// Asks every golden case anew: an answer of an earlier deployment says nothing of this one.
async fn measure(global: &Global, config: &Config) -> Result<(Report, Journal)> {
    let prepared = prepare(global, config, Fill::Embedded, None).await?;
    let rows = prepared.dataset.cases;
    let content = prepared.facts.content(config);
    let identity = Identity {
        digest: prepared.facts.identity(&content),
        run: prepared.client.run().to_string(),
        timestamp: prepared.facts.timestamp.clone(),
        rows,
    };
    let journal = open_journal(config, &identity, Start::Fresh, None)?;
    prepared.client.go_on_with(journal.run());
    let work = Run {
        dataset: Arc::clone(&prepared.dataset),
        measurer: prepared.measurer(config, 1),
        concurrency: config.eval.concurrency,
        queue: None,
        shard: None,
        stop: None,
        max_time: None,
        embedder_tokens: Box::new(prepared.embedder_tokens()),
    };
    let client = prepared.client.clone();
    let facts = Facts { timestamp: journal.timestamp().to_owned(), ..prepared.facts };
    let mut progress = Progress::new("golden cases", rows, global.quiet);
    let never = std::future::pending();
    let ended = run_cases(work, journal, never, &mut |event: Event<'_>| progress.on(&event)).await;
    progress.finish();
    let Ended { journal, early, .. } = ended?;
    // The baseline is of another target.
    let report = Report { regression: None, ..report(facts, &journal, early, client.tariff())? };
    let verdict = gate::check(&report);
    Ok((report.decided(verdict), journal))
}
