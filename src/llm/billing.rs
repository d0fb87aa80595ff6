//! What one call may cost and what it did cost, for the ledger.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde_json::Value;

use super::HttpCall;
use crate::clock;
use crate::cost::ledger::{Call, Held, Ledger, Outcome, PromptName, Refusal, Role};
use crate::cost::{Cost, Price, Tariff, Used};
use crate::error::{Error, Result};

/// What a price map says of no model's answer: more than any of them writes.
const UNSAID_OUTPUT: u64 = 131_072;

/// Why calls are made: what their lines in the ledger say beside the model.
#[derive(Clone)]
pub(crate) struct Purpose {
    role: Role,
    prompt: Option<Arc<PromptName>>,
    run: Arc<Run>,
}

/// What all calls of a run have in common.
struct Run {
    /// Random, so that no other run has it; a run that is continued keeps its first name.
    name: RwLock<Arc<str>>,
    /// Why no more of its calls are made: a limit that one of them would have passed.
    over_budget: OnceLock<String>,
}

/// The calls of one model, for one purpose.
pub(super) struct Billing<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) tariff: &'a Tariff,
    pub(super) project: &'a Arc<str>,
    pub(super) purpose: &'a Purpose,
    pub(super) provider: &'a str,
    pub(super) model: &'a str,
    /// What may be asked of it next.
    pub(super) call: &'a HttpCall,
}

impl Default for Purpose {
    fn default() -> Self {
        Self { role: Role::Target, prompt: None, run: Arc::new(Run::new()) }
    }
}

impl Purpose {
    pub(super) fn role(&self) -> Role {
        self.role
    }

    /// `name@version` of the prompt that the calls are made with.
    pub(super) fn prompt(&self) -> Option<&str> {
        self.prompt.as_ref().map(|prompt| prompt.name.as_str())
    }

    /// The same in another role.
    pub(super) fn as_role(&self, role: Role) -> Self {
        Self { role, ..self.clone() }
    }

    /// The same for another run, with this prompt.
    pub(super) fn for_run_of(&self, prompt: Option<PromptName>) -> Self {
        Self { role: self.role, prompt: prompt.map(Arc::new), run: Arc::new(Run::new()) }
    }

    pub(super) fn run(&self) -> Arc<str> {
        Arc::clone(&self.run.name.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The run is the one of this name: it goes on.
    pub(super) fn go_on(&self, run: &str) {
        *self.run.name.write().unwrap_or_else(PoisonError::into_inner) = run.into();
    }

    /// Why no more calls of the run are made, if a limit is reached.
    pub(super) fn over_budget(&self) -> Option<&str> {
        self.run.over_budget.get().map(String::as_str)
    }
}

impl Run {
    fn new() -> Self {
        let name = RwLock::new(format!("{:016x}", fastrand::u64(..)).into());
        Self { name, over_budget: OnceLock::new() }
    }
}

impl Billing<'_> {
    /// Waits until the call, whose body has so many bytes, may be sent.
    pub(super) async fn reserve(&self, bytes: usize) -> Result<Held> {
        self.ledger.reserve(self.line(), self.most(bytes)).await.map_err(|refusal| {
            let is_limit = matches!(refusal, Refusal::Limit { .. });
            let error = Error::from(refusal);
            if is_limit {
                // The first is enough.
                let _ = self.purpose.run.over_budget.set(error.to_string());
            }
            error
        })
    }

    /// Writes down a reply that nothing was sent for.
    pub(super) fn keep(&self, body: &Value) {
        let used = Used::of_body(body).unwrap_or_default();
        self.ledger.record(self.line(), Outcome::kept(used.usage, self.cost(&used)));
    }

    /// What a reply came to.
    pub(super) fn of_reply(&self, body: &Value) -> Outcome {
        let used = Used::of_body(body).unwrap_or_default();
        Outcome::answered(used.usage, self.cost(&used))
    }

    fn cost(&self, used: &Used) -> Option<Cost> {
        self.tariff.of_call(self.provider, self.model, used).ok()
    }

    fn line(&self) -> Call {
        Call {
            at: clock::unix_seconds(),
            project: Arc::clone(self.project),
            run: self.purpose.run(),
            role: self.purpose.role,
            model: format!("{}/{}", self.provider, self.model).into(),
            prompt: self.purpose.prompt.clone(),
        }
    }

    /// No tokenizer makes more tokens of a text than it has bytes, and what a provider puts around a message is less than the
    /// JSON around it here.
    fn most(&self, bytes: usize) -> Option<Cost> {
        let price = self.tariff.find(self.provider, self.model)?;
        let output = self.call.body.as_ref().map_or(0, |body| most_output(body, price));
        price.most(bytes as u64, output)
    }
}

/// The most tokens of an answer. An embedder gives none.
fn most_output(body: &Value, price: &Price) -> u64 {
    if !price.has_output() {
        return 0;
    }
    asked_output(body).or(price.max_output()).unwrap_or(UNSAID_OUTPUT)
}

/// The most tokens of the answer that a request asks for, under any dialect's name.
pub(super) fn asked_output(body: &Value) -> Option<u64> {
    const PLACES: &[&str] = &[
        "/max_tokens",
        "/max_completion_tokens",
        "/max_output_tokens",
        "/generationConfig/maxOutputTokens",
        "/options/num_predict",
    ];
    PLACES.iter().find_map(|place| body.pointer(place)?.as_u64())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn most(provider: &str, model: &str, body: Value) -> Option<String> {
        let bytes = body.to_string().len();
        let call = HttpCall { method: "POST", url: String::new(), headers: Vec::new(), body: Some(body) };
        let ledger = Ledger::in_memory();
        let (tariff, purpose, project) = (Tariff::embedded(), Purpose::default(), "p".into());
        let billing = Billing {
            ledger: &ledger,
            tariff: &tariff,
            project: &project,
            purpose: &purpose,
            provider,
            model,
            call: &call,
        };
        billing.most(bytes).map(Cost::decimal)
    }

    #[test]
    fn the_most_is_a_token_a_byte_and_as_long_an_answer_as_there_can_be() {
        // {"max_tokens":10} has 17 bytes.
        assert_eq!(most("openai", "gpt-4o-mini", json!({"max_tokens": 10})).as_deref(), Some("0.00000855"));
        assert_eq!(most("openai", "gpt-4o-mini", json!({})).as_deref(), Some("0.0098307"));
        assert_eq!(most("openai", "text-embedding-3-small", json!({"input": "a"})).as_deref(), Some("0.00000026"));
        assert_eq!(most("ollama", "any", json!({})).as_deref(), Some("0"));
        assert_eq!(most("openai", "nobody-knows", json!({})), None);
    }
}
