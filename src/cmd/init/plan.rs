//! From what was found and chosen to files. What is there already is looked at, never changed.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::choose::{Choices, MODEL};
use super::detect::{Cases, Found, PromptFile};
use super::setup::Setup;
use super::template::Values;
use super::{FILE, workflow};
use crate::cli::{Forge, Init, Store};
use crate::config::{Config, StoreKind, TargetKind};
use crate::prompt::{Folder, Selector};
use crate::text::count;

const PROMPT: &str = "rag_answer";
const DATASET: &str = "evals/dataset.jsonl";
const DOCUMENTS: &str = "documents/";

/// A file that is to be there.
pub(super) struct File {
    /// As messages name it.
    pub(super) shown: String,
    pub(super) path: PathBuf,
    pub(super) content: String,
}

#[derive(Default)]
pub(super) struct Plan {
    pub(super) files: Vec<File>,
    /// Files of other tools whose prompts are imported.
    pub(super) imports: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// The cases that a project begins with.
enum First<'a> {
    /// Ours, about documents of ours.
    Sample,
    /// A question for each of some titles.
    Titles(&'a [String]),
    Taken(&'a Cases),
}

/// What a plan is made from.
pub(super) struct Base<'a> {
    /// The project's own, or the default where there is none.
    pub(super) config: &'a Config,
    pub(super) found: &'a Found,
    pub(super) choices: &'a Choices,
    pub(super) arguments: &'a Init,
}

/// The plan for a folder without a configuration.
pub(super) fn begin(base: &Base<'_>) -> Plan {
    let Base { config, found, choices, arguments } = base;
    let mut plan = Plan { imports: choices.prompts.clone(), notes: found.notes.clone(), ..Plan::default() };
    let table = found.table.as_ref().filter(|_| choices.table);
    let first = base.first(&mut plan);
    let embedder = match (choices.store, table) {
        (Store::Embedded, _) => "none",
        (Store::Pgvector, Some(table)) => table.embedder(|name| found.keys.iter().any(|(known, _)| *known == name)),
        (Store::Pgvector, None) => "local",
    };
    let setup = Setup::of_choices(choices, embedder, found, arguments);
    let documents = found.documents.as_ref().map_or(DOCUMENTS, |documents| documents.folder.as_str());
    // A table that has its rows is not given ours.
    let documents = Some(documents).filter(|_| table.is_none_or(|table| table.titles.is_empty()));
    let prompt = base.prompt(&mut plan);
    let dataset = match first {
        First::Sample | First::Titles(_) if config.path(DATASET).exists() => "evals/sample.jsonl".to_owned(),
        First::Sample | First::Titles(_) => DATASET.to_owned(),
        First::Taken(cases) => cases.dataset(),
    };
    let mut values = Values::default();
    values.set("name", quoted(&found.name)).set("prompt", prompt).set("model", quoted(&choices.model));
    values.set("suggested", suggested(found)).set("keys", providers(found));
    values.switch("embedded", choices.store == Store::Embedded).switch("pgvector", choices.store == Store::Pgvector);
    values.set("embedder", quoted(embedder)).switch("local", embedder == "local");
    values.set("documents", documents.map(quoted).unwrap_or_default()).set("dataset", quoted(&dataset));
    if let Some(table) = table {
        let dimensions = table.dimensions.filter(|_| embedder != "local" && !embedder.starts_with("ollama/"));
        values.set("dimensions", dimensions.map(|dimensions| dimensions.to_string()).unwrap_or_default());
        values.set("table", quoted(&table.name)).set("id", quoted(&table.id)).set("title", quoted(&table.title));
        values.set("body", quoted(&table.body)).set("embedding", quoted(&table.embedding));
        plan.notes.push(format!(
            "the store is the table {}; its vectors must be those of {embedder}, or set retrieval.embedder to what filled it",
            table.shown()
        ));
    }
    bars(&first, &mut values);
    let formats = match setup.forge {
        Forge::Github => "\"github\", \"html\"",
        Forge::Gitlab => "\"junit\", \"html\"",
        Forge::None => "",
    };
    values.set("formats", formats).set("driver", setup.driver()).set("deploy_example", setup.driver_keys());
    values.switch("identity", setup.needs_identity());
    base.add(&mut plan, FILE, values.fill(include_str!("templates/llmops.toml")));
    base.add_first(&mut plan, &first, &dataset);
    base.add_other_cases(&mut plan, &first);
    if embedder == "local" {
        plan.notes.push("the embedder needs its weights once: llmops model pull".to_owned());
    }
    workflow::add(&mut plan, found, &setup);
    plan
}

/// The plan for a project: what its configuration names and is not there, the workflow, and imports that are asked for.
pub(super) fn complete(base: &Base<'_>) -> Plan {
    let Base { config, found, choices, arguments } = base;
    let mut plan = Plan { imports: choices.prompts.clone(), notes: found.notes.clone(), ..Plan::default() };
    let is_rag = config.target.kind == TargetKind::Rag;
    let name = Selector::parse(&config.target.prompt.value).name;
    let folder = Folder::new(&config.root, &name);
    let text = include_str!("templates/prompt.md");
    // Also when an earlier run was killed before the ledger knew it.
    let is_ours = std::fs::read_to_string(folder.file("1.0.0")).is_ok_and(|there| there == text);
    if is_rag && (is_ours || !folder.path.exists()) && plan.imports.is_empty() {
        base.add(&mut plan, &folder.shown("1.0.0"), text.to_owned());
    }
    let (dataset, documents) = (&config.eval.dataset.value, &config.retrieval.documents.value);
    if !config.path(dataset).exists() {
        let embedded = is_rag && config.retrieval.store == StoreKind::Embedded;
        if embedded && !config.path(documents).exists() && documents == DOCUMENTS && dataset == DATASET {
            base.add_first(&mut plan, &First::Sample, dataset);
        } else {
            plan.notes.push(format!("{dataset} is not there: it holds the questions, see docs/datasets.md of llmops"));
        }
    }
    if config.gate.thresholds.is_empty() {
        let bars = "[gate] with context_recall = 0.90 and answer_relevancy = 0.80";
        plan.notes.push(format!("{} has no bar, so nothing could fail: add {bars}", config.file));
    }
    let differing = [
        ("target.model", arguments.model.as_deref(), config.target.model.value.as_str()),
        ("retrieval.store", arguments.store.map(|_| store_name(choices.store)), config_store(config)),
    ];
    for (key, wanted, there) in differing {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != there) {
            plan.notes.push(format!("{} is here and stays: its {key} is \"{there}\", not \"{wanted}\"", config.file));
        }
    }
    base.add_other_cases(&mut plan, &First::Sample);
    workflow::add(&mut plan, found, &Setup::of_config(config, choices, found, arguments));
    plan
}

fn store_name(store: Store) -> &'static str {
    match store {
        Store::Embedded => "embedded",
        Store::Pgvector => "pgvector",
    }
}

fn config_store(config: &Config) -> &'static str {
    match config.retrieval.store {
        StoreKind::Embedded => "embedded",
        StoreKind::Pgvector => "pgvector",
    }
}

impl<'a> Base<'a> {
    fn add(&self, plan: &mut Plan, shown: &str, content: String) {
        plan.files.push(File { shown: shown.to_owned(), path: self.config.path(shown), content });
    }

    /// The cases that the documents can answer.
    fn first(&self, plan: &mut Plan) -> First<'a> {
        let titles = match (self.found.table.as_ref().filter(|_| self.choices.table), &self.found.documents) {
            (Some(table), _) => table.titles.as_slice(),
            (None, Some(documents)) => documents.titles.as_slice(),
            (None, None) => &[],
        };
        if titles.is_empty() {
            return First::Sample;
        }
        for cases in &self.found.cases {
            // What lies where a dataset belongs needs no leave.
            if cases.file != DATASET && !self.choices.cases.contains(&cases.file) {
                continue;
            }
            let names = self.found.documents.as_ref().map_or(&[][..], |documents| documents.names.as_slice());
            let missing = cases.expected_docs.iter().find(|name| !names.contains(name));
            match missing.filter(|_| !self.choices.table) {
                None => return First::Taken(cases),
                Some(missing) => plan.notes.push(format!(
                    "{} expects the document \"{missing}\", which is not here: set eval.dataset to it when it is",
                    cases.file
                )),
            }
        }
        First::Titles(titles)
    }

    /// The prompt under test: one that is here, one that is imported, or the sample.
    fn prompt(&self, plan: &mut Plan) -> &'a str {
        if Folder::new(&self.config.root, PROMPT).path.exists() {
            return PROMPT;
        }
        let taken = self.found.prompts.iter().filter(|file| self.choices.prompts.contains(&file.file));
        if let Some(name) = taken.clone().find_map(PromptFile::answering) {
            return name;
        }
        if taken.clone().next().is_some() {
            plan.notes.push(format!(
                "no imported prompt takes a question and passages alone, so {PROMPT} is tested; target.prompt names another"
            ));
        }
        let file = format!("prompts/{PROMPT}/1.0.0.md");
        self.add(plan, &file, include_str!("templates/prompt.md").to_owned());
        PROMPT
    }

    fn add_first(&self, plan: &mut Plan, first: &First<'_>, dataset: &str) {
        match first {
            First::Sample => {
                let documents = [
                    ("gate.md", include_str!("templates/documents/gate.md")),
                    ("prompts.md", include_str!("templates/documents/prompts.md")),
                    ("dataset.md", include_str!("templates/documents/dataset.md")),
                ];
                for (name, text) in documents {
                    self.add(plan, &format!("{DOCUMENTS}{name}"), text.to_owned());
                }
                self.add(plan, dataset, include_str!("templates/dataset.jsonl").to_owned());
            }
            First::Titles(titles) => self.add(plan, dataset, questions(titles)),
            First::Taken(Cases { converted: Some(lines), .. }) => self.add(plan, dataset, lines.clone()),
            First::Taken(_) => {}
        }
    }

    /// Cases that were taken over and are not the dataset wait beside it.
    fn add_other_cases(&self, plan: &mut Plan, first: &First<'_>) {
        let is_first = |cases: &Cases| matches!(first, First::Taken(taken) if taken.file == cases.file);
        let is_known = |cases: &Cases| cases.dataset() == self.config.eval.dataset.value;
        let chosen = self.found.cases.iter().filter(|cases| self.choices.cases.contains(&cases.file));
        for cases in chosen.filter(|cases| !is_known(cases)) {
            let (dataset, number) = (cases.dataset(), count(cases.count, "case"));
            for left in &cases.left_out {
                plan.notes.push(format!("{}: left out, as there is no counterpart: {left}", cases.file));
            }
            if is_first(cases) {
                plan.notes.push(format!("the dataset is {dataset}, with {number}"));
                continue;
            }
            if let Some(lines) = &cases.converted {
                self.add(plan, &dataset, lines.clone());
            }
            plan.notes
                .push(format!("{dataset} holds {number}; set eval.dataset to it when the target can answer them"));
        }
    }
}

fn questions(titles: &[String]) -> String {
    let mut lines = String::new();
    for (place, title) in titles.iter().enumerate() {
        let question = format!("What do the documents say about {title}?");
        let _ = writeln!(
            lines,
            "{}",
            json!({ "id": format!("title-{}", place + 1), "question": question, "expected_docs": [title] })
        );
    }
    lines
}

/// What is measured, and the bars. Those for what we have not measured are low.
fn bars(first: &First<'_>, values: &mut Values) {
    let bars: Vec<(&str, &str)> = match first {
        First::Sample => vec![("context_recall", "0.90"), ("answer_relevancy", "0.80"), ("refusal", "0.90")],
        First::Titles(_) => vec![("context_recall", "0.50")],
        First::Taken(cases) => {
            let mut bars = Vec::new();
            if !cases.expected_docs.is_empty() {
                bars.push(("context_recall", "0.20"));
            }
            if cases.has_keywords {
                bars.push(("answer_relevancy", "0.20"));
            }
            if bars.is_empty() && cases.has_references {
                bars.push(("token_f1", "0.05"));
            }
            bars
        }
    };
    let names: Vec<String> = bars.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let lines: Vec<String> = bars.iter().map(|(name, bar)| format!("{name} = {bar}")).collect();
    values.set("metrics", names.join(", ")).set("bars", lines.join("\n"));
    values.switch("low", !matches!(first, First::Sample));
}

/// The providers that a key is set for.
fn providers(found: &Found) -> String {
    let names: Vec<String> = found.keys.iter().map(|(name, variable)| format!("{name} ({variable})")).collect();
    names.join(", ")
}

/// A model for the comment: of the first provider that a key is set for.
fn suggested(found: &Found) -> &'static str {
    let known = [
        ("gemini", "gemini/gemini-2.5-flash"),
        ("openai", "openai/gpt-5-mini"),
        ("anthropic", "anthropic/claude-haiku-4-5"),
        ("mistral", "mistral/mistral-small-latest"),
    ];
    let has = |name: &str| found.keys.iter().any(|(known, _)| *known == name);
    known.into_iter().find(|(name, _)| has(name)).map_or("gemini/gemini-2.5-flash", |(_, model)| model)
}

/// A TOML string.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// What was found and not taken over, each with what would do it.
pub(super) fn left(base: &Base<'_>, is_project: bool) -> Vec<String> {
    let Base { config, found, choices, .. } = base;
    let mut notes = Vec::new();
    for file in found.prompts.iter().filter(|file| file.is_new() && !choices.prompts.contains(&file.file)) {
        notes.push(format!("{} holds prompts ({}): llmops prompt import {}", file.file, file.names(), file.file));
    }
    let is_taken = |cases: &Cases| cases.converted.is_some() && config.path(&cases.dataset()).is_file();
    let is_left = |cases: &&Cases| !choices.cases.contains(&cases.file) && cases.file != DATASET && !is_taken(cases);
    for cases in found.cases.iter().filter(is_left) {
        let how = match cases.converted {
            None => format!("set eval.dataset = {} in {FILE}", quoted(&cases.file)),
            Some(_) => "llmops init --import".to_owned(),
        };
        notes.push(format!("{} holds {}: {how}", cases.file, count(cases.count, "case")));
    }
    if let Some(table) = found.table.as_ref().filter(|_| !choices.table && !is_project) {
        notes.push(format!(
            "the database has the table {}: set retrieval.store = \"pgvector\" in {FILE}",
            table.shown()
        ));
    }
    if choices.model == MODEL && !is_project && !found.keys.is_empty() {
        notes.push(format!(
            "a key is set for {}: set target.model = \"{}\" in {FILE}",
            providers(found),
            suggested(found)
        ));
    }
    notes
}
