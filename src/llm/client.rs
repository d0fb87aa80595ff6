//! The one client: finds a model's provider, sends the call, and makes a reply of the answer.
//!
//! ```text
//! call -> replay
//!       | cache -> transport   -> decode -> cache, recorder
//! ```

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::billing::{Billing, Purpose};
use super::cache::Cache;
use super::cassette::Tape;
use super::estimator::{Estimates, Estimator};
use super::exchange::Exchange;
use super::limits::{self, Limits};
use super::providers::NoAnswer;
use super::providers::extractive::{self, Extract};
use super::providers::recorded::Recording;
use super::traced::{ChatSpan, call_span, end_call, joined};
use super::transport::Transport;
use super::{Endpoint, Finish, LOCAL, Model, PROVIDERS, Reply, Request};
use crate::clock;
use crate::config::{Config, CustomProvider, Env, Secret};
use crate::cost::ledger::{Ledger, PromptName, Role};
use crate::cost::{Cost, Tariff, Usage};
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
    /// Time of the attempt that succeeded; `None` if nothing was sent.
    pub(crate) latency: Option<Duration>,
    pub(crate) attempts: u32,
    /// From the response cache.
    pub(crate) cached: bool,
}

/// Calls models and other servers. Clones share connections; each has a purpose.
#[derive(Clone)]
pub(crate) struct Client(Arc<Inner>, Purpose);

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
    /// By provider.
    endpoints: Mutex<HashMap<String, Arc<Endpoint>>>,
    /// What earlier runs were answered; for models only, since an application under test may change at any time.
    cache: Option<Cache>,
    tape: Option<Tape>,
    tariff: Tariff,
    ledger: Ledger,
    /// Counts the calls instead of making them.
    estimator: Option<Estimator>,
    /// As the ledger names it.
    project: Arc<str>,
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
        let tape = Tape::open(config)?;
        let is_cached = config.cache.enabled && !config.is_replayed();
        let inner = Inner {
            limits: Limits::new(config.limits.clone(), floor),
            transport: Transport::new(config.target.timeout, jitter),
            env: config.env.clone(),
            custom: config.providers.clone(),
            file: config.file.clone(),
            root: config.root.clone(),
            recordings: Mutex::default(),
            endpoints: Mutex::default(),
            cache: is_cached.then(|| Cache::new(config, clock::unix_seconds)),
            tape,
            tariff: Tariff::open(config)?,
            ledger: Ledger::new(config),
            estimator: config.estimates_in.is_some().then(Estimator::default),
            project: config.name.as_str().into(),
        };
        Ok(Self(Arc::new(inner), Purpose::default()))
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
        self.chat_if(model, request, &|_| true).await
    }

    /// The same for an answer that must be usable. One whose text `is_usable` refuses is given all the same, but it is
    /// neither taken from the cache nor kept there: asking again later must be able to mend it.
    pub(crate) async fn chat_if(&self, model: &Model, request: &Request, is_usable: &IsUsable<'_>) -> Result<Reply> {
        let route = self.route(model)?;
        let url = if let Route::Wire(endpoint) = &route { Some(endpoint.base_url.as_str()) } else { None };
        let span = ChatSpan::begin(model, request, &self.1, url);
        let reply = self.answer((route, model), request, is_usable).await;
        if let Some(span) = span {
            span.end(&reply);
        }
        reply
    }

    async fn answer(
        &self,
        (route, model): (Route, &Model),
        request: &Request,
        is_usable: &IsUsable<'_>,
    ) -> Result<Reply> {
        match route {
            Route::Extractive => Ok(extract(request)),
            Route::Recorded => self.recording(&model.name)?.reply(request.question()),
            Route::Wire(endpoint) => self.chat_over_wire((&endpoint, &model.name), request, is_usable).await,
        }
    }

    async fn chat_over_wire(
        &self,
        (endpoint, model): (&Endpoint, &str),
        request: &Request,
        is_usable: &IsUsable<'_>,
    ) -> Result<Reply> {
        let dialect = &endpoint.dialect;
        if !dialect.has_stop && !request.parameters.stop.is_empty() {
            return Err(Error::config(format!("{} has no stop sequences", endpoint.provider))
                .hint("remove \"stop\" from the prompt's parameters"));
        }
        let call = (dialect.encode)(endpoint, model, request);
        let exchange = Exchange { endpoint: Some(endpoint), model, call: &call, repeat: request.repeat };
        if let Some(reply) = self.estimate(&exchange, request) {
            return Ok(reply);
        }
        let (decoded, answered) = self
            .ask(exchange, dialect.decode, |decoded| Told {
                usage: Some(decoded.used.usage),
                is_usable: is_usable(&decoded.text),
            })
            .await?;
        Ok(Reply {
            text: decoded.text,
            usage: decoded.used.usage,
            cost: self.0.tariff.of_call(&endpoint.provider, model, &decoded.used),
            finish: decoded.finish,
            abstained: None,
            latency: answered.latency,
            attempts: answered.attempts,
            cached: answered.cached,
            tokens: decoded.tokens,
        })
    }

    /// Counts a chat that the cache does not answer, and gives what stands for its reply; `None` if calls are made.
    fn estimate(&self, exchange: &Exchange<'_>, request: &Request) -> Option<Reply> {
        let estimator = self.0.estimator.as_ref()?;
        let (provider, name) = (exchange.provider().to_owned(), exchange.model.to_owned());
        let model = Model { provider, name };
        if self.is_kept(exchange) {
            estimator.keep(self.1.role(), &model.to_string());
            return None;
        }
        let body = exchange.call.body.as_ref()?;
        let text = estimator.chat((self.1.role(), &self.0.tariff), &model, (request, body));
        Some(Reply { text, ..nothing_sent(Finish::Stop) })
    }

    fn is_kept(&self, exchange: &Exchange<'_>) -> bool {
        self.0.cache.as_ref().is_some_and(|cache| cache.get(&exchange.cache_key()).is_some())
    }

    /// Counts texts that would be embedded, if calls are only counted.
    pub(crate) fn estimate_embedding(&self, model: &Model, call: &HttpCall, texts: &[String]) -> bool {
        let Some(estimator) = &self.0.estimator else { return false };
        let Ok(endpoint) = self.endpoint(&model.provider) else { return false };
        let exchange = Exchange { endpoint: Some(&endpoint), model: &model.name, call, repeat: 0 };
        if self.is_kept(&exchange) {
            estimator.keep(self.1.role(), &model.to_string());
            return false;
        }
        estimator.embed((self.1.role(), &self.0.tariff), model, texts);
        true
    }

    /// What was counted instead of sent, and counts anew.
    pub(crate) fn take_estimates(&self) -> Estimates {
        self.0.estimator.as_ref().map(Estimator::take).unwrap_or_default()
    }

    /// Sends one JSON request to an application under test, with retries within the time limit. Errors name the URL.
    pub(crate) async fn send(&self, call: &HttpCall, repeat: u32) -> Result<Answered> {
        let exchange = Exchange { endpoint: None, model: "", call, repeat };
        if let Some(Tape::Replay(replay)) = &self.0.tape {
            return replay.answer(&exchange);
        }
        let lane = exchange.lane(&self.0.limits);
        // The header that joins the application's spans to ours is no part of what is asked.
        let mut span = call_span(call);
        let joined = span.as_ref().map(|span| joined(call, span));
        let sent = self.0.transport.send(joined.as_ref().unwrap_or(call), &lane, (&|_| Ok(None), None)).await;
        let answered = sent.map_err(|gave_up| gave_up.of_exchange(&exchange));
        if let Some(span) = &mut span {
            end_call(span, &answered);
        }
        let answered = answered?;
        self.record(&exchange, &answered);
        Ok(answered)
    }

    /// Calls a provider's model; errors name the provider, its key and the model. Only what `decode` accepts is kept.
    pub(crate) async fn call<T>(
        &self,
        endpoint: &Endpoint,
        model: &str,
        call: &HttpCall,
        decode: impl Fn(&Value) -> Result<T> + Sync,
    ) -> Result<T> {
        let exchange = Exchange { endpoint: Some(endpoint), model, call, repeat: 0 };
        let decode = |body: &Value| decode(body).map_err(NoAnswer::Said);
        let told = |_: &T| Told { usage: None, is_usable: true };
        self.ask(exchange, decode, told).await.map(|(decoded, _)| decoded)
    }

    /// The reply to a call of a model, from wherever it is to come. `tell` says what there is to know of a reply.
    async fn ask<T>(
        &self,
        exchange: Exchange<'_>,
        decode: impl Fn(&Value) -> std::result::Result<T, NoAnswer> + Sync,
        tell: impl Fn(&T) -> Told + Sync,
    ) -> Result<(T, Answered)> {
        let inner = &self.0;
        if let Some(Tape::Replay(replay)) = &inner.tape {
            let answered = replay.answer(&exchange)?;
            return Ok((decode(&answered.body)?, answered));
        }
        let cache = inner.cache.as_ref().map(|cache| (cache, exchange.cache_key()));
        // What can no longer be read is asked for again.
        if let Some(body) = cache.as_ref().and_then(|(cache, key)| cache.get(key))
            && let Ok(decoded) = decode(&body)
            && tell(&decoded).is_usable
        {
            let answered = Answered { body, latency: None, attempts: 0, cached: true };
            if let Some(billing) = self.billing(&exchange).filter(|_| inner.estimator.is_none()) {
                billing.keep(&answered.body);
            }
            self.record(&exchange, &answered);
            return Ok((decoded, answered));
        }
        if inner.estimator.is_some() {
            return Err(Error::unavailable("an estimate sends nothing"));
        }
        // Decoding takes microseconds; a reply of a foreign shape is found while it can still be asked for again.
        let inspect = |body: &Value| match decode(body) {
            Ok(decoded) => Ok(tell(&decoded).usage),
            Err(NoAnswer::Said(_)) => Ok(None),
            Err(NoAnswer::Foreign(message)) => Err(message),
        };
        let (lane, billing) = (exchange.lane(&inner.limits), self.billing(&exchange));
        let sent = inner.transport.send(exchange.call, &lane, (&inspect, billing.as_ref())).await;
        let answered = sent.map_err(|gave_up| gave_up.of_exchange(&exchange))?;
        let decoded = decode(&answered.body)?;
        if let Some((cache, key)) = cache
            && tell(&decoded).is_usable
        {
            cache.put(key, &answered.body);
        }
        self.record(&exchange, &answered);
        Ok((decoded, answered))
    }

    /// What the ledger is told of a call; `None` if it goes to an application, which pays for itself.
    fn billing<'a>(&'a self, exchange: &Exchange<'a>) -> Option<Billing<'a>> {
        let Inner { ledger, tariff, project, .. } = &*self.0;
        let (purpose, provider) = (&self.1, exchange.endpoint?.provider.as_str());
        Some(Billing { ledger, tariff, project, purpose, provider, model: exchange.model, call: exchange.call })
    }

    fn record(&self, exchange: &Exchange<'_>, answered: &Answered) {
        if let Some(Tape::Record(recorder)) = &self.0.tape {
            recorder.record(exchange, answered);
        }
    }

    /// What models cost this project.
    pub(crate) fn tariff(&self) -> &Tariff {
        &self.0.tariff
    }

    /// Whether texts should be sent one by one, so that each can be found again in a cassette whatever its company.
    pub(crate) fn is_taped(&self) -> bool {
        self.0.tape.is_some()
    }

    /// Ends the recording, if there is one; an error if it is not complete.
    pub(crate) fn finish_recording(&self) -> Result<()> {
        match &self.0.tape {
            Some(Tape::Record(recorder)) => recorder.finish(),
            _ => Ok(()),
        }
    }

    /// Waits until the ledger and the cache are written, and gives what the user should know of them. To be called when a run
    /// ends, however it ends.
    pub(crate) fn close(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if let Some(cache) = &self.0.cache {
            cache.close();
            notices = cache.take_notices();
        }
        let broken = self.0.ledger.flush().err();
        notices.extend(broken.map(|error| format!("warning: not every call is written down: {error}")));
        notices.extend(self.0.ledger.take_notices().iter().map(|notice| format!("warning: {notice}")));
        notices
    }

    /// The same client for calls in another role.
    pub(crate) fn as_role(&self, role: Role) -> Self {
        Self(Arc::clone(&self.0), self.1.as_role(role))
    }

    /// The same for a run of its own, with this prompt.
    pub(crate) fn for_run_of(&self, prompt: Option<PromptName>) -> Self {
        Self(Arc::clone(&self.0), self.1.for_run_of(prompt))
    }

    /// What the ledger calls the run.
    pub(crate) fn run(&self) -> Arc<str> {
        self.1.run()
    }

    /// Goes on with a run of this name, for all clients of it.
    pub(crate) fn go_on_with(&self, run: &str) {
        self.1.go_on(run);
    }

    /// Why no more calls of the run are made, if a limit of `[cost]` is reached.
    pub(crate) fn over_budget(&self) -> Option<&str> {
        self.1.over_budget()
    }

    /// Where a provider is; a configuration error if it is unknown or its key is missing. Found out once.
    pub(crate) fn endpoint(&self, provider: &str) -> Result<Arc<Endpoint>> {
        let mut endpoints = self.0.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(endpoint) = endpoints.get(provider) {
            return Ok(Arc::clone(endpoint));
        }
        let endpoint = Arc::new(self.find_endpoint(provider)?);
        endpoints.insert(provider.to_owned(), Arc::clone(&endpoint));
        Ok(endpoint)
    }

    fn find_endpoint(&self, provider: &str) -> Result<Endpoint> {
        // Where nothing is sent, no key is needed.
        let is_replayed = matches!(self.0.tape, Some(Tape::Replay(_)));
        let needs_no_key = is_replayed || self.0.estimator.is_some();
        let env = &self.0.env;
        if let Some(custom) = self.0.custom.iter().find(|custom| custom.name == provider) {
            let keyless = || Endpoint::custom(custom, &self.0.file, env);
            if is_replayed {
                return keyless();
            }
            let found = Endpoint::custom_with_key(custom, &self.0.file, env);
            return if needs_no_key { found.or_else(|_| keyless()) } else { found };
        }
        if let Some(known) = PROVIDERS.iter().find(|known| known.name == provider) {
            if is_replayed {
                return Ok(Endpoint::replayed(known, env));
            }
            let found = Endpoint::known(known, env);
            return if needs_no_key { found.or_else(|_| Ok(Endpoint::replayed(known, env))) } else { found };
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

/// Whether the text of an answer can be used.
pub(crate) type IsUsable<'a> = dyn Fn(&str) -> bool + Send + Sync + 'a;

/// What the client must know of a reply.
struct Told {
    /// What the reply says that it consumed.
    usage: Option<Usage>,
    /// Whether it answers an equal request of later runs.
    is_usable: bool,
}

/// How a model is reached.
enum Route {
    Wire(Arc<Endpoint>),
    Recorded,
    Extractive,
}

fn extract(request: &Request) -> Reply {
    let started = Instant::now();
    let min_support = request.parameters.min_support.unwrap_or(extractive::DEFAULT_MIN_SUPPORT);
    let Extract { text, abstained } = extractive::answer(request.question(), &request.grounding.passages, min_support);
    Reply { text, abstained: Some(abstained), latency: Some(started.elapsed()), ..nothing_sent(Finish::Stop) }
}

/// The reply to a call that no server was asked for, without its text.
fn nothing_sent(finish: Finish) -> Reply {
    Reply {
        text: String::new(),
        usage: Usage::default(),
        cost: Ok(Cost::ZERO),
        finish,
        abstained: None,
        latency: None,
        attempts: 0,
        cached: false,
        tokens: None,
    }
}

#[cfg(test)]
mod tests;
