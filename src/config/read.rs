//! Turns the document into the configuration, section by section. Every section is read to its end before anything is
//! unwrapped, so that all problems are found.

mod gate;
mod retrieval;
mod target;

use std::path::Path;
use std::time::Duration;

use self::gate::{metric_unit, read_gate, read_metrics};
use self::retrieval::read_retrieval;
use self::target::read_target;
use super::document::{Document, Section};
use super::{
    Cache, Config, CustomProvider, Env, Eval, Guard, GuardDocuments, GuardOutput, Judge, Located, MetricUnit,
    OwnMetric, ProviderLimits, Purpose, Queue, Report, Secret, Source, Stop, Temperature, Vocabulary,
};
use crate::digest::sha256;
use crate::error::suggestion;

/// What every section's reader needs beside its section.
struct Context<'a> {
    document: &'a Document<'a>,
    env: &'a Env,
    metrics: Vec<&'a str>,
    metric_unit: fn(&str) -> Option<MetricUnit>,
    own_metrics: &'a [OwnMetric],
    /// Built-in and own providers.
    providers: Vec<&'a str>,
    purpose: Purpose,
}

pub(super) fn read(root: &Section, document: &Document, source: Source<'_>, vocabulary: &Vocabulary) -> Option<Config> {
    let env = source.env;
    let project = root.section("project");
    let name = project.string("name").map(|name| name.value);
    project.finish();
    let own = read_providers(&root.section("providers"), document);
    let providers = vocabulary.providers.iter().copied().chain(own.iter().map(|own| own.name.as_str())).collect();
    let purpose = vocabulary.purpose;
    let own_metrics = read_metrics(&root.section("metrics"), document, vocabulary);
    let context = Context {
        document,
        env: &env,
        metrics: vocabulary.metrics.iter().copied().chain(own_metrics.iter().map(|own| own.name.as_str())).collect(),
        metric_unit: vocabulary.metric_unit,
        own_metrics: &own_metrics,
        providers,
        purpose,
    };
    let target = read_target(&root.section("target"), &context);
    let retrieval = read_retrieval(&root.section("retrieval"), &context);
    let eval = read_eval(&root.section("eval"), &context);
    let judge = read_judge(&root.section("judge"), &context);
    let gate = read_gate(&root.section("gate"), &context);
    let cost = super::cost::read(&root.section("cost"), document, (&env, purpose));
    let guard = read_guard(&root.section("guard"), document);
    let prompts = super::prompts::read(&root.section("prompts"), document);
    let evidence = super::evidence::read(&root.section("evidence"), document, &env);
    let deploys = super::deploy::read(&root.section("deploy"), document);
    let limits = read_limits(&root.section("limits"), &context);
    let cache = read_cache(&root.section("cache"));
    let queue = read_queue(&root.section("queue"), document);
    let report = read_report(&root.section("report"), document, &vocabulary.formats);
    let trace = super::trace::read(&root.section("trace"), document);
    Some(Config {
        name: name.unwrap_or_else(|| folder_name(&source.root)),
        root: source.root,
        file: source.file.to_owned(),
        digest: sha256(source.text.as_bytes()),
        identity: identity(source.text),
        target: target?,
        retrieval: retrieval?,
        eval: eval?,
        judge: judge?,
        metrics: own_metrics,
        gate: gate?,
        cost: cost?,
        guard: guard?,
        prompts,
        evidence: evidence?,
        deploys: deploys?,
        cache: cache?,
        cassette: None,
        estimates_in: None,
        queue: queue?,
        report: report?,
        trace: trace?,
        providers: own,
        limits,
        env,
    })
}

/// The sections that can change an answer, whatever their spacing and comments; a longer time limit only lets more
/// answers through.
fn identity(text: &str) -> String {
    let mut table: toml::Table = toml::from_str(text).unwrap_or_default();
    table.retain(|section, _| matches!(section, "target" | "retrieval" | "providers"));
    if let Some(toml::Value::Table(target)) = table.get_mut("target") {
        target.remove("timeout");
    }
    sha256(serde_json::json!(table).to_string().as_bytes())
}

/// Workers give three signs of life in this time.
const SHORTEST_REDELIVERY: Duration = Duration::from_secs(1);

const MODEL_HINT: &str = "write provider/model, for example \"gemini/gemini-2.5-flash\"";

/// A model is written `provider/model`, and its provider is known.
fn check_model(context: &Context, model: &Located<String>, hint: &str) {
    let document = context.document;
    match model.value.split_once('/') {
        Some((provider, name)) if !provider.is_empty() && !name.is_empty() => {
            if !context.providers.contains(&provider) {
                let hint = suggestion(provider, context.providers.iter().copied());
                document.report(model.line, format!("unknown model provider \"{provider}\""), Some(hint));
            }
        }
        _ => {
            document.report(model.line, format!("\"{}\" is not a model", model.value), Some(hint.into()));
        }
    }
}

fn folder_name(folder: &Path) -> String {
    let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    absolute.file_name().map_or_else(|| "project".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn secret(document: &Document, env: &Env, value: &Located<String>) -> Option<Secret> {
    match env.resolve(&value.value) {
        Ok(value) => Some(Secret::new(value)),
        Err(problem) => {
            document.report(value.line, problem.message, problem.hint);
            None
        }
    }
}

fn read_eval(section: &Section, context: &Context) -> Option<Eval> {
    let dataset = section.string("dataset");
    let metrics = section.strings("metrics");
    for name in metrics.iter().flatten() {
        metric_unit(context, &name.value, name.line);
    }
    let concurrency = section.integer("concurrency", 1..=4096);
    let repeats = section.integer("repeats", 1..=1000);
    let cluster = section.string("cluster");
    let stops = [("never", Stop::Never), ("decided", Stop::Decided), ("confident", Stop::Confident)];
    let stop = section.choice("stop", &stops);
    section.finish();
    Some(Eval {
        dataset: dataset?,
        metrics: metrics?,
        concurrency: concurrency?,
        repeats: repeats.and_then(|repeats| u32::try_from(repeats).ok())?,
        cluster,
        stop: stop?,
    })
}

fn read_judge(section: &Section, context: &Context) -> Option<Judge> {
    let model = section.string("model");
    let panel = section.strings("models");
    if model.is_some() && panel.is_some() {
        let hint = "keep judge.model for one judge, or judge.models for several";
        let message = "judge.model and judge.models are both set".to_owned();
        context.document.report(section.line_of("models"), message, Some(hint.into()));
    }
    let models: Vec<Located<String>> = model.into_iter().chain(panel.into_iter().flatten()).collect();
    for (index, model) in models.iter().enumerate() {
        check_model(context, model, MODEL_HINT);
        if models[..index].iter().any(|earlier| earlier.value == model.value) {
            let message = format!("{} is named twice in judge.models", model.value);
            context.document.report(model.line, message, Some("two equal votes are one".into()));
        }
    }
    let temperature = if section.is_word("temperature", "default") {
        Temperature::Provider
    } else {
        let number = section.number("temperature", 0.0..=2.0);
        number.map_or(Temperature::Unset, |number| Temperature::Fixed(number.value))
    };
    let seed = section.integer("seed", 0..=i64::from(i32::MAX)).and_then(|seed| i64::try_from(seed).ok());
    let max_tokens = section.integer("max_tokens", 16..=1_000_000).and_then(|most| u32::try_from(most).ok());
    let structured_output = section.boolean("structured_output");
    let logprobs = section.boolean("logprobs").map(|logprobs| logprobs.value);
    let allow_same_model = section.boolean("allow_same_model");
    let calibration = section.string("calibration");
    let min_kappa = section.number("min_kappa", -1.0..=1.0).map(|least| least.value);
    section.finish();
    Some(Judge {
        models,
        temperature,
        seed,
        max_tokens,
        structured_output: structured_output?.value,
        logprobs,
        allow_same_model: allow_same_model?.value,
        calibration: calibration?,
        min_kappa,
    })
}

fn read_cache(section: &Section) -> Option<Cache> {
    let enabled = section.boolean("enabled");
    let ttl = section.duration_up_to("ttl", &LONGEST_TTL);
    section.finish();
    Some(Cache { enabled: enabled?.value, ttl: ttl?.value })
}

/// Ten years.
const LONGEST_TTL: (Duration, &str) = (Duration::from_secs(3650 * 24 * 60 * 60), "3650 d");

fn read_queue(section: &Section, document: &Document) -> Option<Queue> {
    let redeliver_after = section.duration("redeliver_after");
    section.finish();
    let redeliver_after = redeliver_after?;
    if redeliver_after.value < SHORTEST_REDELIVERY {
        let message = "queue.redeliver_after is too short: a busy worker would seem dead".to_owned();
        document.report(redeliver_after.line, message, Some("write at least \"1 s\"".into()));
    }
    Some(Queue { redeliver_after: redeliver_after.value })
}

fn read_report(section: &Section, document: &Document, known: &[&str]) -> Option<Report> {
    let formats = section.strings("formats");
    section.finish();
    for format in formats.iter().flatten().filter(|format| !known.contains(&format.value.as_str())) {
        let hint = match format.value.as_str() {
            "json" | "terminal" => "every run has it; leave it out".to_owned(),
            name => suggestion(name, known.iter().copied()),
        };
        document.report(format.line, format!("report.formats has no \"{}\"", format.value), Some(hint));
    }
    Some(Report { formats: formats?.into_iter().map(|format| format.value).collect() })
}

fn read_providers(section: &Section, document: &Document) -> Vec<CustomProvider> {
    let mut providers = Vec::new();
    for (name, provider) in section.sections() {
        let dialect = provider.string("dialect");
        let base_url = provider.string("base_url");
        let api_key = provider.string("api_key");
        let line = section.line_of(&name);
        if base_url.is_none() {
            document.report(line, format!("providers.{name}.base_url is missing"), None);
        }
        provider.finish();
        providers.push(CustomProvider {
            name,
            line,
            dialect: dialect.map_or_else(|| "openai".to_owned(), |dialect| dialect.value),
            base_url: base_url.map(|url| url.value).unwrap_or_default(),
            api_key,
        });
    }
    providers
}

fn read_limits(section: &Section, context: &Context) -> Vec<ProviderLimits> {
    let mut limits = Vec::new();
    for (name, provider) in section.sections() {
        let line = section.line_of(&name);
        if !context.providers.contains(&name.as_str()) {
            let hint = suggestion(&name, context.providers.iter().copied());
            context.document.report(line, format!("unknown provider \"{name}\" in [limits]"), Some(hint));
        }
        limits.push(ProviderLimits {
            requests_per_minute: provider.integer("requests_per_minute", 1..=1_000_000_000),
            tokens_per_minute: provider.integer("tokens_per_minute", 1..=1_000_000_000_000),
            concurrency: provider.integer("concurrency", 1..=4096),
            provider: name,
            line,
        });
        provider.finish();
    }
    limits
}

fn read_guard(section: &Section, document: &Document) -> Option<Guard> {
    let flag_at = section.number("flag_at", 0.0..=1.0);
    let block_at = section.number("block_at", 0.0..=1.0);
    let max_characters = section.integer("max_characters", 1..=10_000_000);
    let topics = section.strings("forbidden_topics");
    let model = section.string("model");
    let min_recall = section.number("min_recall", 0.0..=1.0);
    let max_false_positive_rate = section.number("max_false_positive_rate", 0.0..=1.0);
    let required_kinds = section.strings("required_kinds");
    let output = read_guard_output(&section.section("output"));
    let documents = read_guard_documents(&section.section("documents"));
    section.finish();
    let (flag_at, block_at) = (flag_at?, block_at?);
    if block_at.value < flag_at.value {
        let message = "guard.block_at is below guard.flag_at, so nothing would only be flagged".to_owned();
        document.report(block_at.line.or(flag_at.line), message, Some("raise block_at, or lower flag_at".into()));
    }
    for topic in topics.iter().flatten().filter(|topic| !topic.value.chars().any(char::is_alphanumeric)) {
        document.report(topic.line, "guard.forbidden_topics has a topic without a letter".to_owned(), None);
    }
    Some(Guard {
        flag_at: flag_at.value,
        block_at: block_at.value,
        max_characters: max_characters?,
        forbidden_topics: values(topics?),
        model,
        min_recall: min_recall.map(|bar| bar.value),
        max_false_positive_rate: max_false_positive_rate.map(|bar| bar.value),
        required_kinds: values(required_kinds?),
        output: output?,
        documents: documents?,
    })
}

fn read_guard_output(section: &Section) -> Option<GuardOutput> {
    let allowed_hosts = section.strings("allowed_hosts");
    let max_characters = section.integer("max_characters", 1..=10_000_000);
    let canaries = section.strings("canaries");
    let keep_known_data = section.boolean("keep_known_data");
    section.finish();
    Some(GuardOutput {
        allowed_hosts: values(allowed_hosts?),
        max_characters,
        canaries: values(canaries?),
        keep_known_data: keep_known_data?.value,
    })
}

fn read_guard_documents(section: &Section) -> Option<GuardDocuments> {
    let quarantine = section.boolean("quarantine");
    let trusted = section.strings("trusted");
    section.finish();
    Some(GuardDocuments { quarantine: quarantine?.value, trusted: values(trusted?) })
}

fn values(strings: Vec<Located<String>>) -> Vec<String> {
    strings.into_iter().map(|string| string.value).collect()
}
