//! `[target]`: what is tested.

use super::super::document::{Document, Section};
use super::super::{HttpTarget, Located, Purpose, Secret, Target, TargetKind};
use super::{Context, MODEL_HINT, check_model, secret};

pub(super) fn read_target(section: &Section, context: &Context) -> Option<Target> {
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
