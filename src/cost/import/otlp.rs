//! Traces in OTLP's JSON, as the OpenTelemetry collector's file exporter writes them: spans with the attributes of the conventions
//! for generative AI, or of `OpenInference`.
//!
//! Agents and chains repeat what the calls below them took. A span above others counts only if it is itself a call of a model and
//! its tokens are not theirs.
//!
//! Source: <https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/>,
//! <https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto>

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::super::ledger::Entry;
use super::super::{Usage, Used};
use super::entry::{Found, Identity, dollars, prompt_name};
use super::{Format, Reading};
use crate::digest::raw_sha256_parts;
use crate::error::Problem;

pub(super) const FORMAT: Format = Format { is_like, read };

const MODELS: &[&str] = &["gen_ai.response.model", "gen_ai.request.model", "llm.model_name"];
const PROVIDERS: &[&str] = &["gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system"];
const INPUT: &[&str] =
    &["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens", "llm.token_count.prompt"];
const OUTPUT: &[&str] = &[
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.completion_tokens",
    "llm.token_count.completion",
];
const CACHE_READ: &[&str] = &[
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.cached_tokens",
    "llm.token_count.prompt_details.cache_read",
];
const CACHE_WRITE: &[&str] = &[
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_write_input_tokens",
    "llm.token_count.prompt_details.cache_write",
];
const REASONING: &[&str] = &[
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "llm.token_count.completion_details.reasoning",
];
const COSTS: &[&str] = &["gen_ai.usage.cost", "gen_ai.usage.cost_usd", "gen_ai.usage.cost.total", "llm.cost.total"];
const TIERS: &[&str] = &["openai.response.service_tier", "gen_ai.openai.response.service_tier"];
const PROMPTS: &[(&str, &str)] = &[
    ("gen_ai.prompt.name", "gen_ai.prompt.version"),
    ("langfuse.observation.prompt.name", "langfuse.observation.prompt.version"),
];
/// Which of these says what a span is, and what it says of a call of a model.
const KINDS: &[(&str, &[&str])] = &[
    (
        "gen_ai.operation.name",
        &["chat", "text_completion", "generate_content", "embeddings", "completion", "embedding", "rerank"],
    ),
    ("openinference.span.kind", &["llm", "embedding", "reranker"]),
    ("llm.request.type", &["chat", "completion", "embedding", "rerank"]),
];
/// Spans between one and another above it. No trace is so deep, and a hostile one must not take for ever.
const MOST_LEVELS: usize = 256;

fn is_like(value: &Value) -> bool {
    ["resourceSpans", "resourceLogs", "resourceMetrics"].iter().any(|name| value.get(name).is_some())
}

/// A trace and one of its spans.
type Key = u128;

/// Spans of all files, until it is known what stands above what.
#[derive(Default)]
pub(super) struct Spans {
    parents: HashMap<Key, Key>,
    calls: BTreeMap<Key, Seen>,
}

/// A span that says what a call took, or that it is one.
struct Seen {
    made: Result<Entry, Problem>,
    /// Of all kinds of input, and of all kinds of output; `None` if nothing is said.
    tokens: Option<(u64, u64)>,
    is_call: bool,
}

fn read(value: &Value, reading: &mut Reading<'_>) {
    for resource in array(value, &["resourceSpans"]) {
        for scope in array(resource, &["scopeSpans", "instrumentationLibrarySpans"]) {
            for span in array(scope, &["spans"]) {
                read_span(span, reading);
            }
        }
    }
}

fn array<'a>(value: &'a Value, names: &[&str]) -> &'a [Value] {
    names.iter().find_map(|name| value.get(name)?.as_array()).map_or(&[], Vec::as_slice)
}

fn read_span(span: &Value, reading: &mut Reading<'_>) {
    let text = |name: &str| span.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let ids = text("traceId").zip(text("spanId"));
    if let Some((trace, id)) = ids
        && let Some(parent) = text("parentSpanId")
    {
        reading.spans.parents.insert(key(trace, id), key(trace, parent));
    }
    let attributes = Attributes(array(span, &["attributes"]));
    let is_call = attributes.is_call();
    let used = attributes.used();
    let said_usd = attributes.first(COSTS).and_then(dollars);
    if used.is_none() && said_usd.is_none() && !is_call {
        return;
    }
    let Some((trace, id)) = ids else {
        return reading.bad(Problem::new("a span of a call has no traceId or no spanId"));
    };
    let at = span.get("startTimeUnixNano").and_then(nanoseconds);
    let found = Found {
        at: at.unwrap_or_default(),
        provider: attributes.text(PROVIDERS),
        models: MODELS.iter().filter_map(|name| attributes.text(&[*name])).collect(),
        run: Some(trace),
        prompt: PROMPTS
            .iter()
            .find_map(|(name, version)| prompt_name(attributes.text(&[*name]), attributes.first(&[*version]))),
        used,
        said_usd,
        is_failed: is_error(span),
    };
    let made = match at {
        Some(_) => reading.entry(&found, &Identity::Span(trace, id)),
        None => Err(Problem::new("a span of a call has no startTimeUnixNano")),
    };
    let made = made.map_err(|problem| problem.at(&reading.file, reading.line));
    let tokens = used.map(|Used { usage, .. }| (usage.all_input(), usage.output.saturating_add(usage.reasoning)));
    reading.spans.calls.insert(key(trace, id), Seen { made, tokens, is_call });
}

fn key(trace: &str, span: &str) -> Key {
    let digest = raw_sha256_parts([trace.as_bytes(), span.as_bytes()]);
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    Key::from_be_bytes(first)
}

/// 64-bit numbers are texts in this JSON.
fn nanoseconds(value: &Value) -> Option<i64> {
    let nanoseconds = value.as_u64().or_else(|| value.as_str()?.parse().ok()).filter(|number| *number > 0)?;
    i64::try_from(nanoseconds / 1_000_000_000).ok()
}

fn is_error(span: &Value) -> bool {
    let code = span.pointer("/status/code");
    code.is_some_and(|code| *code == json!(2) || *code == json!("STATUS_CODE_ERROR"))
}

struct Attributes<'a>(&'a [Value]);

impl<'a> Attributes<'a> {
    /// The first of these that is there, without the name of its type.
    fn first(&self, names: &[&str]) -> Option<&'a Value> {
        names.iter().find_map(|name| {
            let attribute =
                self.0.iter().find(|attribute| attribute.get("key").and_then(Value::as_str) == Some(name))?;
            let value = attribute.get("value")?.as_object()?;
            value.get("stringValue").or_else(|| value.get("intValue")).or_else(|| value.get("doubleValue"))
        })
    }

    fn text(&self, names: &[&str]) -> Option<&'a str> {
        self.first(names)?.as_str().filter(|text| !text.is_empty())
    }

    fn count(&self, names: &[&str]) -> Option<u64> {
        let value = self.first(names)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a whole number")]
        let of_float = |number: f64| (number.fract() == 0.0 && (0.0..9e15).contains(&number)).then_some(number as u64);
        value.as_f64().or_else(|| value.as_str()?.parse().ok()).and_then(of_float)
    }

    fn is_call(&self) -> bool {
        let said = KINDS.iter().find_map(|(name, calls)| Some((self.text(&[*name])?, calls)));
        said.is_some_and(|(kind, calls)| calls.iter().any(|call| call.eq_ignore_ascii_case(kind)))
    }

    /// By the conventions, input includes what was read from and written to a cache, and output includes thinking. Who counts them
    /// apart is known by parts that are more than the whole.
    fn used(&self) -> Option<Used> {
        let (input, output) = (self.count(INPUT), self.count(OUTPUT));
        if input.is_none() && output.is_none() {
            return None;
        }
        let (input, output) = (input.unwrap_or_default(), output.unwrap_or_default());
        let cached_input = self.count(CACHE_READ).unwrap_or_default();
        let cache_write = self.count(CACHE_WRITE).unwrap_or_default();
        let reasoning = self.count(REASONING).unwrap_or_default();
        let usage = Usage {
            input: input.checked_sub(cached_input + cache_write).unwrap_or(input),
            cached_input,
            cache_write,
            cache_write_1h: 0,
            output: output.checked_sub(reasoning).unwrap_or(output),
            reasoning,
        };
        Some(Used::read(usage, &json!({ "service_tier": self.text(TIERS) })))
    }
}

impl Spans {
    /// The calls, without those that only repeat what others took.
    pub(super) fn calls(self) -> Vec<Result<Entry, Problem>> {
        let mut below: HashMap<Key, Vec<Option<(u64, u64)>>> = HashMap::new();
        for (key, seen) in &self.calls {
            if let Some(above) = self.above(*key) {
                below.entry(above).or_default().push(seen.tokens);
            }
        }
        let counts = |key: &Key, seen: &Seen| below.get(key).is_none_or(|below| !repeats(seen, below));
        self.calls.into_iter().filter(|(key, seen)| counts(key, seen)).map(|(_, seen)| seen.made).collect()
    }

    /// The nearest span above one that also says what it took.
    fn above(&self, key: Key) -> Option<Key> {
        let parents = std::iter::successors(self.parents.get(&key), |parent| self.parents.get(parent));
        parents.take(MOST_LEVELS).find(|parent| self.calls.contains_key(parent) && **parent != key).copied()
    }
}

/// Whether a span that stands above these says only what they say.
fn repeats(seen: &Seen, below: &[Option<(u64, u64)>]) -> bool {
    let Some(tokens) = seen.tokens else { return true };
    let sum = below
        .iter()
        .flatten()
        .fold((0_u64, 0_u64), |sum, tokens| (sum.0.saturating_add(tokens.0), sum.1.saturating_add(tokens.1)));
    !seen.is_call || tokens == sum || below.contains(&Some(tokens))
}
