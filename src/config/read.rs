//! Turns the document into the configuration, section by section. Every section is read to its end before anything is
//! unwrapped, so that all problems are found.

use std::path::Path;
use std::time::Duration;

use super::document::{Document, Section};
use super::{
    Cache, Config, CustomProvider, Env, Eval, Gate, HttpTarget, Judge, Located, MetricUnit, OwnMetric, Pgvector,
    ProviderLimits, Purpose, Queue, Regression, Report, Retrieval, Rule, Secret, Source, Stop, StoreKind, Target,
    TargetKind, Temperature, Vocabulary,
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
    let prompts = super::prompts::read(&root.section("prompts"), document);
    let limits = read_limits(&root.section("limits"), &context);
    let cache = read_cache(&root.section("cache"));
    let queue = read_queue(&root.section("queue"), document);
    let report = read_report(&root.section("report"), document, &vocabulary.formats);
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
        prompts,
        cache: cache?,
        cassette: None,
        queue: queue?,
        report: report?,
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
const EMBEDDER_HINT: &str = "write \"none\", \"local\" or provider/model, for example \"gemini/gemini-embedding-001\"";

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

fn read_target(section: &Section, context: &Context) -> Option<Target> {
    let document = context.document;
    let kinds = [
        ("rag", TargetKind::Rag),
        ("prompt", TargetKind::Prompt),
        ("http", TargetKind::Http),
        ("command", TargetKind::Command),
    ];
    let kind = section.choice("kind", &kinds);
    let prompt = section.string("prompt");
    let model = section.string("model").inspect(|model| check_model(context, model, MODEL_HINT));
    let top_k = section.integer("top_k", 1..=1000);
    let timeout = section.duration("timeout");
    let http = read_http(section, context);
    let command = section.strings("command");
    if let Some(kind) = kind {
        keys_fit_kind(section, document, kind);
    }
    section.finish();
    Some(Target {
        kind: kind?,
        prompt: prompt?,
        model: model?,
        prompt_is_chosen: false,
        model_is_chosen: false,
        top_k: top_k?,
        timeout: timeout?.value,
        http: http?,
        command: command.unwrap_or_default().into_iter().map(|word| word.value).collect(),
    })
}

/// A key of another kind of target would silently do nothing; a missing one could never work.
fn keys_fit_kind(section: &Section, document: &Document, kind: TargetKind) {
    use TargetKind::{Command, Http, Prompt, Rag};
    let rules: [(&str, &[TargetKind], bool); 11] = [
        ("prompt", &[Rag, Prompt], false),
        ("model", &[Rag, Prompt], false),
        ("top_k", &[Rag], false),
        ("url", &[Http], true),
        ("method", &[Http], false),
        ("headers", &[Http], false),
        ("body", &[Http], false),
        ("answer", &[Http], false),
        ("passages", &[Http], false),
        ("usage", &[Http], false),
        ("command", &[Command], true),
    ];
    for (key, kinds, required) in rules {
        let line = section.line_of(key);
        if line.is_some() && !kinds.contains(&kind) {
            let message = format!("{} has no meaning for this kind of target", section.path(key));
            document.report(line, message, Some("remove it, or change target.kind".into()));
        }
        if line.is_none() && required && kinds.contains(&kind) {
            let message = format!("{} is missing", section.path(key));
            document.report(section.line_of("kind"), message, Some("llmops explain config shows every key".into()));
        }
    }
}

fn read_http(section: &Section, context: &Context) -> Option<HttpTarget> {
    let document = context.document;
    let url = section.string("url").unwrap_or(Located { value: String::new(), line: None });
    let methods = [("POST", "POST"), ("GET", "GET"), ("PUT", "PUT"), ("PATCH", "PATCH")];
    let method = if section.line_of("method").is_some() { section.choice("method", &methods) } else { Some("POST") };
    let headers = section.string_map("headers");
    for (name, value) in &headers {
        check_header(section, document, name, value);
    }
    let from_env = headers.iter().filter(|(_, value)| value.value.starts_with("env:"));
    let secrets = from_env.filter_map(|(_, value)| context.env.resolve(&value.value).ok()).map(Secret::new).collect();
    let headers = headers.into_iter().filter_map(|(name, value)| {
        let is_there = context.purpose == Purpose::Online || context.env.resolve(&value.value).is_ok();
        Some((name, if is_there { secret(document, context.env, &value)? } else { Secret::new("") }))
    });
    let headers = headers.collect();
    let pointer = |key: &str, default: Option<&str>| {
        let Some(found) = section.string(key) else { return default.map(str::to_owned) };
        if !found.value.is_empty() && !found.value.starts_with('/') {
            let message = format!("{} is \"{}\", which is not a JSON pointer", section.path(key), found.value);
            document.report(found.line, message, Some(format!("write \"/{}\"", found.value.replace('.', "/"))));
        }
        Some(found.value)
    };
    let (answer, passages, usage) =
        (pointer("answer", Some("/answer")), pointer("passages", None), pointer("usage", None));
    let body = section.string("body");
    if !url.value.is_empty() && !url.value.starts_with("http://") && !url.value.starts_with("https://") {
        let message = format!("{} is \"{}\", which is no address", section.path("url"), url.value);
        document.report(url.line, message, Some("write it like \"http://localhost:8000/ask\"".into()));
    }
    Some(HttpTarget { url, method: method?.to_owned(), headers, secrets, body, answer: answer?, passages, usage })
}

/// A name and a value as HTTP allows them (RFC 9110, 5.1 and 5.5).
fn check_header(section: &Section, document: &Document, name: &str, value: &Located<String>) {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(is_token) || value.value.chars().any(char::is_control) {
        document.report(value.line, format!("{}.{name} is no HTTP header", section.path("headers")), None);
    }
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

fn read_retrieval(section: &Section, context: &Context) -> Option<Retrieval> {
    let document = context.document;
    let store = section.choice("store", &[("embedded", StoreKind::Embedded), ("pgvector", StoreKind::Pgvector)]);
    let embedder = section.string("embedder");
    if let Some(embedder) = embedder.as_ref().filter(|embedder| !matches!(embedder.value.as_str(), "none" | "local")) {
        check_model(context, embedder, EMBEDDER_HINT);
    }
    // pgvector's `vector` type holds at most 16,000 dimensions.
    let dimensions = section.integer("dimensions", 1..=16_000);
    let documents = section.string("documents");
    let chunk_words = section.integer("chunk_words", 20..=5_000);
    let chunk_overlap_words = section.integer("chunk_overlap_words", 0..=2_500);
    if let (Some(words), Some(overlap)) = (chunk_words, chunk_overlap_words)
        && overlap * 2 > words
    {
        let line = section.line_of("chunk_overlap_words").or(section.line_of("chunk_words"));
        let message = format!("retrieval.chunk_overlap_words is {overlap}, more than half of chunk_words ({words})");
        document.report(line, message, None);
    }
    let pgvector = read_pgvector(&section.section("pgvector"), context, store == Some(StoreKind::Pgvector));
    if store == Some(StoreKind::Pgvector) && embedder.as_ref().is_some_and(|embedder| embedder.value == "none") {
        let hint = "for example embedder = \"gemini/gemini-embedding-001\", or store = \"embedded\" for lexical search";
        document.report(
            section.line_of("store"),
            "the store pgvector needs retrieval.embedder".into(),
            Some(hint.into()),
        );
    }
    section.finish();
    Some(Retrieval {
        store: store?,
        embedder: embedder?,
        dimensions,
        documents: documents?,
        chunk_words: chunk_words?,
        chunk_overlap_words: chunk_overlap_words?,
        pgvector: pgvector?,
    })
}

/// Secrets are read only where they are used, so that a project works without those that it does not need.
fn read_pgvector(section: &Section, context: &Context, is_used: bool) -> Option<Pgvector> {
    let url = match section.string("url") {
        Some(url) if is_used => secret(context.document, context.env, &url),
        Some(_) => None,
        None => database_url(context.env).map(Secret::new),
    };
    let name = |key: &str| section.string(key).map(|name| name.value);
    let (table, id, title, body, embedding) =
        (name("table"), name("id"), name("title"), name("body"), name("embedding"));
    section.finish();
    Some(Pgvector { url, table: table?, id: id?, title: title?, body: body?, embedding: embedding? })
}

/// `DATABASE_URL`, or one made of the `DB_*` variables that tutorials use.
fn database_url(env: &Env) -> Option<String> {
    if let Some(url) = env.get("DATABASE_URL") {
        return Some(url.to_owned());
    }
    let name = env.get("DB_NAME")?;
    // The key=value form of libpq: values are quoted, so that a password may hold any character.
    let quote = |value: &str| format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"));
    let parts = [
        ("host", env.get("DB_HOST").unwrap_or("localhost")),
        ("port", env.get("DB_PORT").unwrap_or("5432")),
        ("dbname", name),
        ("user", env.get("DB_USER").unwrap_or("postgres")),
        ("password", env.get("DB_PASSWORD").unwrap_or_default()),
    ];
    let parts = parts.iter().filter(|(_, value)| !value.is_empty());
    Some(parts.map(|(key, value)| format!("{key}={}", quote(value))).collect::<Vec<_>>().join(" "))
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

/// The unit of a metric's threshold; a problem if there is no such metric.
fn metric_unit(context: &Context, name: &str, line: Option<usize>) -> Option<MetricUnit> {
    let own = context.own_metrics.iter().find(|own| own.name == name);
    if let Some(own) = own {
        // What is wrong with its type is said where it is built.
        let kind = own.table.get("type").and_then(serde_json::Value::as_str).unwrap_or_default();
        return Some((context.metric_unit)(kind).unwrap_or(MetricUnit::Share));
    }
    let found = (context.metric_unit)(name);
    if found.is_none() {
        let hint = suggestion(name, context.metrics.iter().copied());
        let hint = format!("{hint}; `llmops explain` lists all metrics");
        context.document.report(line, format!("unknown metric \"{name}\""), Some(hint));
    }
    found
}

/// Names that mean something else in a report's rows or under `[gate]`.
const TAKEN: [&str; 23] = [
    "id",
    "question",
    "category",
    "line",
    "index",
    "repeat",
    "answer",
    "error",
    "expected_docs",
    "passages",
    "outcomes",
    "latency_ms",
    "finish",
    "attempts",
    "cached",
    "usage",
    "judge_usage",
    "judge_cost",
    "judged",
    "cost",
    "cost_usd",
    "rule",
    "regression",
];

fn read_metrics(section: &Section, document: &Document, vocabulary: &Vocabulary) -> Vec<OwnMetric> {
    let mut metrics = Vec::new();
    for (name, table) in section.sections() {
        let line = section.line_of(&name);
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !name.chars().all(is_word) || name.starts_with("max_") || TAKEN.contains(&name.as_str()) {
            let message = format!("\"{name}\" cannot be the name of a metric");
            let hint = "take small letters, digits and _; not a word that reports or [gate] use, and not max_...";
            document.report(line, message, Some(hint.into()));
        } else if (vocabulary.metric_unit)(&name).is_some() {
            let message = format!("there is a metric \"{name}\" already");
            document.report(line, message, Some("take another name for your own".into()));
        }
        metrics.push(OwnMetric { name, line, table: table.json() });
        table.finish();
    }
    metrics
}

fn read_gate(section: &Section, context: &Context) -> Option<Gate> {
    const OTHER_KEYS: [&str; 4] = ["max_error_rate", "max_not_applicable", "rule", "regression"];
    let max_error_rate = section.number("max_error_rate", 0.0..=1.0);
    let max_not_applicable = section.number("max_not_applicable", 0.0..=1.0);
    let rule = section.choice("rule", &[("point", Rule::Point), ("strict", Rule::Strict)]);
    let regression = read_regression(&section.section("regression"));
    let mut thresholds = Vec::new();
    let keys = section.user_keys();
    let named = keys.iter().filter(|key| !OTHER_KEYS.contains(&key.as_str()));
    for key in named {
        let line = section.line_of(key);
        let value = match metric_unit(context, key, line) {
            Some(MetricUnit::Time) => section.duration(key).map(|limit| limit.value.as_secs_f64() * 1000.0),
            Some(MetricUnit::Share) => section.number(key, 0.0..=1.0).map(|bar| bar.value),
            Some(MetricUnit::Dollars) => section.dollars(key).map(|bar| bar.value),
            None => None,
        };
        thresholds.extend(value.map(|value| (Located { value: key.clone(), line }, value)));
    }
    Some(Gate {
        thresholds,
        max_error_rate: max_error_rate?.value,
        max_not_applicable: max_not_applicable?.value,
        rule: rule?,
        regression: regression?,
    })
}

fn read_regression(section: &Section) -> Option<Regression> {
    let baseline = section.string("baseline");
    let max_drop = section.number("max_drop", 0.0..=1.0).map(|drop| drop.value);
    section.finish();
    Some(Regression { baseline: baseline?, max_drop })
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
