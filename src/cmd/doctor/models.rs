//! Whether the models can be reached: each provider is asked for the list of its models, which costs nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::Patient;
use super::finding::Finding;
use crate::cmd::eval::{answers_itself, find_prompt, model_of};
use crate::config::Config;
use crate::error::suggest;
use crate::http;
use crate::llm::{Endpoint, HttpCall, LOCAL, Model};
use crate::text::brief;

const LIMIT: Duration = Duration::from_secs(15);

/// The model under test, if we call it.
pub(super) fn target(config: &Config) -> Option<Model> {
    if !answers_itself(config) {
        return None;
    }
    let prompt = find_prompt(config).ok();
    let name = prompt.as_ref().and_then(|prompt| model_of(config, prompt)).unwrap_or(&config.target.model.value);
    name.parse().ok()
}

/// The models that calls go to, and what each is for.
pub(super) fn used(config: &Config) -> Vec<(&'static str, Model)> {
    let judges = config.judge.models.iter().filter_map(|judge| judge.value.parse().ok());
    let embedder = config.retrieval.embedder.value.parse::<Model>().ok();
    let roles = (target(config).into_iter().map(|model| ("model", model)))
        .chain(judges.map(|model| ("judge", model)))
        .chain(embedder.map(|model| ("embedder", model)));
    roles.filter(|(_, model)| !LOCAL.iter().any(|(name, _)| *name == model.provider)).collect()
}

pub(super) async fn check(patient: &Patient) -> Vec<Finding> {
    let mut by_provider: BTreeMap<String, Vec<Model>> = BTreeMap::new();
    for (_, model) in used(&patient.config) {
        by_provider.entry(model.provider.clone()).or_default().push(model);
    }
    if by_provider.is_empty() {
        return vec![Finding::ok("no model of a provider is used")];
    }
    if patient.offline {
        return vec![Finding::skipped("--offline: no model is asked for")];
    }
    let mut found = Vec::new();
    for (provider, mut models) in by_provider {
        models.dedup();
        match patient.client.endpoint(&provider) {
            Ok(endpoint) => found.extend(of_provider(&endpoint, &models).await),
            Err(_) => found.push(Finding::skipped(format!("{provider} is not called: see secrets"))),
        }
    }
    found
}

async fn of_provider(endpoint: &Endpoint, models: &[Model]) -> Vec<Finding> {
    let call = endpoint.list_models();
    let address = Url::parse(&call.url).map_or_else(|_| endpoint.provider.clone(), |url| http::shown(&url));
    match get(&call).await {
        Err(reason) => vec![Finding::problem(
            format!("{} cannot be reached at {address}: {reason}", endpoint.provider),
            "check the address (the provider's ..._BASE_URL), that the server runs, and proxies and firewalls on the way",
        )],
        Ok((200, _, body)) => {
            let known = names(&body);
            models.iter().map(|model| listed(endpoint, model, &known)).collect()
        }
        Ok((status, headers, body)) => vec![refused(endpoint, &address, status, (&headers, &body))],
    }
}

async fn get(call: &HttpCall) -> std::result::Result<(u16, HeaderMap, Vec<u8>), String> {
    let client = http::build(http::client().timeout(LIMIT)).map_err(|error| error.to_string())?;
    let mut request = client.get(&call.url);
    for (name, value) in &call.headers {
        request = request.header(name, value.reveal());
    }
    // The innermost cause says something; the outer ones repeat the URL.
    let reason = |error: reqwest::Error| {
        if error.is_timeout() {
            return format!("no answer within {} s", LIMIT.as_secs());
        }
        let error = error.without_url();
        let mut last: &dyn std::error::Error = &error;
        while let Some(cause) = last.source() {
            last = cause;
        }
        last.to_string()
    };
    let response = request.send().await.map_err(reason)?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.map_err(reason)?;
    Ok((status, headers, body.to_vec()))
}

/// The models of a list, however the dialect writes it.
fn names(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let list = body["data"].as_array().or(body["models"].as_array()).or(body.as_array());
    let name = |entry: &Value| {
        let name = ["id", "name", "model"].iter().find_map(|key| entry[*key].as_str())?;
        Some(name.strip_prefix("models/").unwrap_or(name).to_owned())
    };
    list.into_iter().flatten().filter_map(name).collect()
}

fn listed(endpoint: &Endpoint, model: &Model, known: &[String]) -> Finding {
    // A deployment of Azure's has a name of its own.
    if known.is_empty() || endpoint.dialect.name == "azure" {
        return Finding::ok(format!("{} answers; it does not say whether it has {}", endpoint.provider, model.name));
    }
    let is_it = |name: &String| *name == model.name || name.strip_suffix(":latest") == Some(model.name.as_str());
    if known.iter().any(is_it) {
        return Finding::ok(format!("{model} is there"));
    }
    let near = suggest(&model.name, known.iter().map(String::as_str));
    let fix = match near {
        Some(near) => format!("did you mean \"{}/{near}\"?", model.provider),
        None if endpoint.dialect.name == "ollama" => format!("ollama pull {}", model.name),
        None => format!("name another, for example \"{}/{}\"", model.provider, known[0]),
    };
    Finding::problem(format!("{} has no model \"{}\" for this key", endpoint.provider, model.name), fix)
}

fn refused(endpoint: &Endpoint, address: &str, status: u16, (headers, body): (&HeaderMap, &[u8])) -> Finding {
    let (provider, place) = (&endpoint.provider, endpoint.key_place());
    let says_key = || String::from_utf8_lossy(body).contains("API_KEY_INVALID");
    match status {
        401 | 403 => wrong_key(provider, place, status),
        // Google says so of a key that is none.
        400 if says_key() => wrong_key(provider, place, status),
        404 | 405 => Finding::warning(
            format!("{address} has no list of models ({status}), so nobody knows whether the model is there"),
            "check the path of the address: most end in /v1; a server without a list is fine",
        ),
        429 => {
            let told = told(headers);
            let told = if told.is_empty() { String::new() } else { format!("; it says {told}") };
            Finding::problem(
                format!("{provider} refuses calls for now: its rate limit is reached (429){told}"),
                format!("wait, raise the limit with {provider}, or write what it allows into [limits.{provider}]"),
            )
        }
        status => Finding::problem(
            format!("{provider} at {address} answers {status}"),
            "try again later; its status page may say more",
        ),
    }
}

fn wrong_key(provider: &str, place: &str, status: u16) -> Finding {
    let fix = match provider {
        "gemini" => {
            format!("make a key in Google AI Studio and put it into {place}; one of Vertex AI does not work there")
        }
        _ => format!("make a new key with {provider}, and put it into {place}"),
    };
    Finding::problem(format!("{provider} refuses the key of {place} ({status})"), fix)
}

/// What headers say of limits: names and values of a few.
fn told(headers: &HeaderMap) -> String {
    const MOST: usize = 6;
    let is_limit = |name: &str| name == "retry-after" || name.contains("ratelimit");
    let told = headers.iter().filter(|(name, _)| is_limit(name.as_str()));
    let told = told.filter_map(|(name, value)| Some(format!("{name}: {}", brief(value.to_str().ok()?, 40))));
    told.take(MOST).collect::<Vec<_>>().join(", ")
}
