//! The one client: finds a model's provider, sends the call, and makes a reply of the answer.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::limits::{self, Limits};
use super::providers::NoAnswer;
use super::providers::extractive::{self, Extract};
use super::providers::recorded::Recording;
use super::transport::{Inspect, Transport};
use super::{Endpoint, Finish, LOCAL, Model, PROVIDERS, Reply, Request};
use crate::config::{Config, CustomProvider, Env, Secret};
use crate::cost::Usage;
use crate::error::{Error, Result, suggestion};

/// One HTTP request, complete but for retries.
#[derive(Debug, Clone)]
pub(crate) struct HttpCall {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) body: Option<Value>,
}

/// A JSON answer with what it took to get it.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) body: Value,
    /// Time of the attempt that succeeded.
    pub(crate) latency: Duration,
    pub(crate) attempts: u32,
}

/// Calls models and other servers. Clones share connections.
#[derive(Clone)]
pub(crate) struct Client(Arc<Inner>);

struct Inner {
    transport: Transport,
    limits: Limits,
    env: Env,
    /// The providers of the configuration's own; they win over known ones of the same name.
    custom: Vec<CustomProvider>,
    /// The configuration file as messages name it.
    file: String,
    root: PathBuf,
    /// By file name, each read once.
    recordings: Mutex<HashMap<String, Arc<Recording>>>,
}

impl Client {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        Self::timed(config, fastrand::f64, limits::FLOOR)
    }

    /// `jitter`, from 0 to 1, spreads the waits; no attempt is thought to hang before `floor`.
    fn timed(config: &Config, jitter: fn() -> f64, floor: Duration) -> Result<Self> {
        // Wrong ones are said at once; their keys are read when they are used.
        for provider in &config.providers {
            Endpoint::custom(provider, &config.file, &config.env)?;
        }
        for limits in &config.limits {
            if LOCAL.iter().any(|(name, _)| *name == limits.provider) {
                let message = format!("[limits.{0}] has no effect: {0} sends nothing", limits.provider);
                return Err(Error::config(message).at(&config.file, limits.line).hint("remove it"));
            }
        }
        Ok(Self(Arc::new(Inner {
            limits: Limits::new(config.limits.clone(), floor),
            transport: Transport::new(config.target.timeout, jitter),
            env: config.env.clone(),
            custom: config.providers.clone(),
            file: config.file.clone(),
            root: config.root.clone(),
            recordings: Mutex::default(),
        })))
    }

    /// Is this model callable: provider known, key there, recorded file readable? Before anything runs.
    pub(crate) fn check(&self, model: &Model) -> Result<()> {
        match self.route(model)? {
            Route::Wire(_) | Route::Extractive => Ok(()),
            Route::Recorded => self.recording(&model.name).map(drop),
        }
    }

    /// What the model answers. Refusals, blocks and empty answers are errors.
    pub(crate) async fn chat(&self, model: &Model, request: &Request) -> Result<Reply> {
        match self.route(model)? {
            Route::Extractive => Ok(extract(request)),
            Route::Recorded => self.recording(&model.name)?.reply(request.question()),
            Route::Wire(endpoint) => self.chat_over_wire(&endpoint, &model.name, request).await,
        }
    }

    async fn chat_over_wire(&self, endpoint: &Endpoint, model: &str, request: &Request) -> Result<Reply> {
        let dialect = &endpoint.dialect;
        if !dialect.has_stop && !request.parameters.stop.is_empty() {
            return Err(Error::config(format!("{} has no stop sequences", endpoint.provider))
                .hint("remove \"stop\" from the prompt's parameters"));
        }
        let call = (dialect.encode)(endpoint, model, request);
        // Decoding takes microseconds; a reply of a foreign shape is found while it can still be asked for again.
        let inspect = |body: &Value| match (dialect.decode)(body) {
            Ok(decoded) => Ok(Some(decoded.usage)),
            Err(NoAnswer::Said(_)) => Ok(None),
            Err(NoAnswer::Foreign(message)) => Err(message),
        };
        let answered = self.exchange(endpoint, model, &call, &inspect).await?;
        let decoded = (dialect.decode)(&answered.body)?;
        Ok(Reply {
            text: decoded.text,
            usage: decoded.usage,
            finish: decoded.finish,
            abstained: None,
            latency: Some(answered.latency),
            attempts: answered.attempts,
        })
    }

    /// Sends one JSON request with retries within the time limit. Errors name the URL.
    pub(crate) async fn send(&self, call: &HttpCall) -> Result<Answered> {
        let lane = self.0.limits.of_server(call);
        self.0.transport.send(call, &lane, &|_| Ok(None)).await.map_err(|gave_up| gave_up.of_server(call))
    }

    /// The same for a provider's model; errors name the provider, its key and the model.
    pub(crate) async fn call(&self, endpoint: &Endpoint, model: &str, call: &HttpCall) -> Result<Answered> {
        self.exchange(endpoint, model, call, &|_| Ok(None)).await
    }

    async fn exchange(
        &self,
        endpoint: &Endpoint,
        model: &str,
        call: &HttpCall,
        inspect: Inspect<'_>,
    ) -> Result<Answered> {
        let lane = self.0.limits.of_model(endpoint, model);
        let sent = self.0.transport.send(call, &lane, inspect).await;
        sent.map_err(|gave_up| gave_up.of_model(endpoint, model, call))
    }

    /// Where a provider is; a configuration error if it is unknown or its key is missing.
    pub(crate) fn endpoint(&self, provider: &str) -> Result<Endpoint> {
        if let Some(custom) = self.0.custom.iter().find(|custom| custom.name == provider) {
            return Endpoint::custom_with_key(custom, &self.0.file, &self.0.env);
        }
        if let Some(known) = PROVIDERS.iter().find(|known| known.name == provider) {
            return Endpoint::known(known, &self.0.env);
        }
        let names: Vec<&str> = (self.0.custom.iter().map(|custom| custom.name.as_str()))
            .chain(PROVIDERS.iter().map(|known| known.name))
            .chain(LOCAL.iter().map(|(name, _)| *name))
            .collect();
        let hint = suggestion(provider, names.iter().copied());
        Err(Error::config(format!("unknown provider \"{provider}\"")).hint(hint))
    }

    fn route(&self, model: &Model) -> Result<Route> {
        match (model.provider.as_str(), model.name.as_str()) {
            ("local", "extractive") => Ok(Route::Extractive),
            ("local", name) => {
                let hint = suggestion(name, ["extractive"]);
                Err(Error::config(format!("unknown local model \"{name}\"")).hint(hint))
            }
            ("recorded", _) => Ok(Route::Recorded),
            (provider, _) => self.endpoint(provider).map(Route::Wire),
        }
    }

    fn recording(&self, file: &str) -> Result<Arc<Recording>> {
        let mut recordings = self.0.recordings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(recording) = recordings.get(file) {
            return Ok(Arc::clone(recording));
        }
        let recording = Arc::new(Recording::read(&self.0.root.join(file), file)?);
        recordings.insert(file.to_owned(), Arc::clone(&recording));
        Ok(recording)
    }
}

/// How a model is reached.
enum Route {
    Wire(Endpoint),
    Recorded,
    Extractive,
}

fn extract(request: &Request) -> Reply {
    let started = Instant::now();
    let min_support = request.parameters.min_support.unwrap_or(extractive::DEFAULT_MIN_SUPPORT);
    let Extract { text, abstained } = extractive::answer(request.question(), &request.grounding.passages, min_support);
    Reply {
        text,
        usage: Usage::default(),
        finish: Finish::Stop,
        abstained: Some(abstained),
        latency: Some(started.elapsed()),
        attempts: 0,
    }
}

#[cfg(test)]
mod tests;
