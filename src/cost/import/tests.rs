use serde_json::json;

use super::*;
use crate::cost::Cost;
use crate::cost::ledger::State;

/// Noon of 2026-11-28 in UTC.
const NOW: i64 = 1_795_867_200;

fn read(texts: &[&str]) -> Imported {
    let tariff = Tariff::embedded();
    let settings = Settings { project: "p", provider: None, tariff: &tariff, now: NOW };
    let mut reading = Reading::new(&settings);
    for text in texts {
        reading.file("calls.jsonl", without_mark(text.as_bytes())).unwrap();
    }
    reading.finish()
}

/// `time model input+cached+written>output+reasoning usd [prompt] [run]`
fn shown(entry: &Entry) -> String {
    let (call, outcome) = (&entry.line.call, &entry.line.outcome);
    let usage = &outcome.usage;
    let usd = outcome.usd.map_or_else(|| "?".to_owned(), Cost::decimal);
    let prompt = call.prompt.as_ref().map(|prompt| format!(" {}", prompt.name)).unwrap_or_default();
    let run = if call.run.is_empty() { String::new() } else { format!(" in {}", call.run) };
    let state = if outcome.state == State::Answered { String::new() } else { format!(" {}", outcome.state.name()) };
    format!(
        "{} {} {}+{}+{}>{}+{} {usd}{prompt}{run}{state}",
        call.at - NOW,
        call.model,
        usage.input,
        usage.cached_input,
        usage.cache_write,
        usage.output,
        usage.reasoning
    )
}

fn calls(texts: &[&str]) -> Vec<String> {
    let imported = read(texts);
    assert_eq!(imported.problems, []);
    imported.entries.iter().map(shown).collect()
}

fn problems(text: &str) -> Vec<String> {
    let imported = read(&[text]);
    assert_eq!(imported.bad, imported.problems.len());
    imported.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_line_of_a_log_is_a_call_whoever_wrote_it() {
    let cases = [
        // One's own.
        (
            json!({"timestamp": "2026-11-28T12:00:00Z", "model": "openai/gpt-4o-mini", "prompt_tokens": 1000,
                "completion_tokens": 100, "prompt": "qa@1.2.0"}),
            "0 openai/gpt-4o-mini 1000+0+0>100+0 0.00021 qa@1.2.0",
        ),
        // A kept reply of OpenAI, which does not say whose it is.
        (
            json!({"id": "chatcmpl-1", "object": "chat.completion", "created": NOW - 5, "model": "gpt-4o-mini-2024-07-18",
                "usage": {"prompt_tokens": 1000, "completion_tokens": 100,
                    "prompt_tokens_details": {"cached_tokens": 400}}}),
            "-5 openai/gpt-4o-mini-2024-07-18 600+400+0>100+0 0.00018",
        ),
        // Anthropic's, wrapped in a line with a time.
        (
            json!({"time": "2026-11-28T13:00:00.5+01:00", "provider": "anthropic", "response": {"type": "message",
                "model": "claude-sonnet-4-5", "usage": {"input_tokens": 10, "output_tokens": 2,
                    "cache_read_input_tokens": 100}}}),
            "0 anthropic/claude-sonnet-4-5 10+100+0>2+0 0.00009",
        ),
        // Gemini's.
        (
            json!({"@timestamp": (NOW - 60) * 1000, "modelVersion": "gemini-2.5-flash", "usageMetadata":
                {"promptTokenCount": 1000, "candidatesTokenCount": 60, "thoughtsTokenCount": 40}}),
            "-60 gemini/gemini-2.5-flash 1000+0+0>60+40 0.00055",
        ),
        // A gateway's, whose price for a model that it does not know is 0.
        (
            json!({"startTime": 1_795_867_100.25, "custom_llm_provider": "openai", "model": "openai/gpt-4o-mini",
                "response_cost": 0.0, "prompt_tokens": 1000, "completion_tokens": 100, "prompt_version": "1.2.0",
                "prompt_name": "qa", "trace_id": "t1"}),
            "-100 openai/gpt-4o-mini 1000+0+0>100+0 0.00021 qa@1.2.0 in t1",
        ),
        // What is said to cost something costs that.
        (json!({"ts": NOW, "model": "nobody/knows", "cost": "0.25"}), "0 nobody/knows 0+0+0>0+0 0.25"),
        // Without a price, and without a word of tokens, it is not known.
        (json!({"ts": NOW, "model": "nobody/knows", "input_tokens": 5}), "0 nobody/knows 5+0+0>0+0 ?"),
        (json!({"ts": NOW, "model": "gpt-4o-mini"}), "0 openai/gpt-4o-mini 0+0+0>0+0 ?"),
        (
            json!({"ts": NOW, "model": "gpt-4o-mini", "error": {"message": "overloaded"}}),
            "0 openai/gpt-4o-mini 0+0+0>0+0 0 failed",
        ),
        // What was asked is no name of a prompt.
        (json!({"ts": NOW, "model": "local/x", "prompt": "Who is bob@example.com?"}), "0 local/x 0+0+0>0+0 0"),
        (json!({"ts": NOW, "model": "local/x", "prompt": "bob@example.com"}), "0 local/x 0+0+0>0+0 0"),
    ];
    for (line, expected) in cases {
        assert_eq!(calls(&[&line.to_string()]), [expected], "{line}");
    }
    let whole = json!([{"ts": NOW, "model": "local/x"}, {"ts": NOW - 1, "model": "local/y"}]);
    assert_eq!(calls(&[&format!("{whole:#}")]), ["0 local/x 0+0+0>0+0 0", "-1 local/y 0+0+0>0+0 0"]);
}

#[test]
fn what_makes_no_sense_is_told_with_its_place_and_nothing_else_happens() {
    let cases = [
        ("7", "this is no JSON object"),
        (r#"{"model": "gpt-4o-mini"}"#, "it has no time"),
        (
            r#"{"ts": 0, "model": "gpt-4o-mini"}"#,
            "its time is 1970-01-01T00:00:00Z, which is before 2000 or after today",
        ),
        (r#"{"ts": 1e300, "model": "gpt-4o-mini"}"#, "its time 1e+300 cannot be understood"),
        (r#"{"ts": -5, "model": "gpt-4o-mini"}"#, "its time -5 cannot be understood"),
        (r#"{"ts": "2026-11-28 12:00:00", "model": "x/y"}"#, "its time \"2026-11-28 12:00:00\" cannot be understood"),
        (r#"{"ts": {"a": 1}, "model": "gpt-4o-mini"}"#, "its time {\"a\":1} cannot be understood"),
        (r#"{"ts": 1795867200}"#, "it names no model"),
        (r#"{"ts": 1795867200, "model": 7}"#, "its model 7 is no text"),
        (r#"{"ts": 1795867200, "model": "gpt-9000"}"#, "nobody knows whose model gpt-9000 is"),
        (r#"{"ts": 1795867200, "model": "/x"}"#, "\"/x\" is no name of a model"),
        (r#"{"ts": 1795867200, "model": "=cmd/x"}"#, "\"=cmd/x\" is no name of a model"),
        (r#"{"ts": 1795867200, "model": "a/\u001b[31m\u0000"}"#, "\"a/ [31m \" is no name of a model"),
        (r#"{"ts": 1795867200, "model": "x/y", "cost": -1}"#, "it says that it cost -$1.00"),
        (r#"{"ts": 1795867200, "model": "x/y", "cost": 1e9}"#, "it says that it cost $1000000000.00"),
        (r#"{"ts": 1795867200, "model": "x/y", "cost": 1e300}"#, "its cost 1e+300 is no amount in US dollars"),
        (r#"{"ts": 1795867200, "model": "x/y", "cost": "lots"}"#, "its cost \"lots\" is no amount in US dollars"),
        (
            r#"{"ts": 1795867200, "model": "x/y", "prompt_tokens": 8e15, "completion_tokens": 8e15}"#,
            "it says that it took 16000000000000000 tokens",
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(problems(&format!("\n{line}")), [format!("calls.jsonl:2: {expected}")], "{line}");
    }
    let long = json!({"ts": NOW, "model": format!("x/{}", "y".repeat(300))}).to_string();
    assert_eq!(read(&[&long]).bad, 1);
    let many = "no\n".repeat(1000);
    let imported = read(&[&many]);
    assert_eq!((imported.bad, imported.problems.len(), imported.entries.len()), (1000, MOST_PROBLEMS, 0));
}

#[test]
fn a_call_has_the_same_id_whenever_it_is_read_and_no_other_has_it() {
    let ids = |texts: &[&str]| read(texts).entries.iter().map(|entry| entry.id).collect::<Vec<_>>();
    let plain = json!({"ts": NOW, "model": "local/x", "input_tokens": 5}).to_string();
    let twice = format!("{plain}\n{plain}\n");
    // Two like lines of one file are two calls, and the same two when the file is read again or is longer by then.
    let first = ids(&[&twice]);
    assert_eq!(first.len(), 2);
    assert_eq!(ids(&[&twice, &twice]), first);
    assert_eq!(ids(&[&format!("{twice}{plain}")])[..2], first);
    assert!(first.iter().all(|id| *id > 0));
    // A request of several calls has one id for all.
    let of =
        |tokens: u64| json!({"ts": NOW, "model": "local/x", "request_id": "r1", "input_tokens": tokens}).to_string();
    assert_eq!(ids(&[&of(1), &of(2), &of(1)]).len(), 2);
    // What a log learns later makes no other call of it.
    let later = json!({"ts": NOW, "model": "local/x", "request_id": "r1", "input_tokens": 1, "cost": 0.5}).to_string();
    assert_eq!(ids(&[&later]), ids(&[&of(1)]));
}

/// `(span, parent, attributes)`.
type Spans<'a> = &'a [(&'a str, &'a str, Value)];

/// Numbers are texts, as the JSON of protocol buffers writes them.
fn trace(spans: Spans<'_>) -> String {
    let attribute = |(key, value): (&String, &Value)| {
        let value = match value {
            Value::String(text) => json!({"stringValue": text}),
            Value::Number(number) if number.is_f64() => json!({"doubleValue": number}),
            number => json!({"intValue": number.to_string()}),
        };
        json!({"key": key, "value": value})
    };
    let span = |(id, parent, attributes): &(&str, &str, Value)| {
        let attributes: Vec<Value> = attributes.as_object().unwrap().iter().map(attribute).collect();
        json!({"traceId": "t", "spanId": id, "parentSpanId": parent, "startTimeUnixNano": format!("{NOW}000000000"),
            "attributes": attributes})
    };
    let spans: Vec<Value> = spans.iter().map(span).collect();
    json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).to_string()
}

fn chat(input: u64, output: u64) -> Value {
    json!({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": input, "gen_ai.usage.output_tokens": output})
}

fn agent(input: u64, output: u64) -> Value {
    let mut agent = chat(input, output);
    agent["gen_ai.operation.name"] = "invoke_agent".into();
    agent
}

#[test]
fn a_span_of_a_call_is_read_by_every_name_of_the_conventions() {
    let cases = [
        (chat(1000, 100), "0 openai/gpt-4o-mini 1000+0+0>100+0 0.00021 in t"),
        // Before the conventions had their names of today; input includes what came from a cache.
        (
            json!({"gen_ai.system": "anthropic", "gen_ai.response.model": "claude-sonnet-4-5",
                "gen_ai.usage.prompt_tokens": 110, "gen_ai.usage.completion_tokens": 2,
                "gen_ai.usage.cache_read_input_tokens": 100}),
            "0 anthropic/claude-sonnet-4-5 10+100+0>2+0 0.00009 in t",
        ),
        // Counted apart, against the conventions: the part is more than the whole.
        (
            json!({"gen_ai.system": "anthropic", "gen_ai.response.model": "claude-sonnet-4-5",
                "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 2,
                "gen_ai.usage.cache_read.input_tokens": 100}),
            "0 anthropic/claude-sonnet-4-5 10+100+0>2+0 0.00009 in t",
        ),
        (
            json!({"gen_ai.provider.name": "gcp.gemini", "gen_ai.request.model": "gemini-2.5-flash",
                "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100,
                "gen_ai.usage.reasoning.output_tokens": 40, "langfuse.observation.prompt.name": "qa",
                "langfuse.observation.prompt.version": 3}),
            "0 gemini/gemini-2.5-flash 1000+0+0>60+40 0.00055 qa@3 in t",
        ),
        (
            json!({"gen_ai.operation.name": "embeddings", "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "text-embedding-3-small", "gen_ai.usage.input_tokens": 1000}),
            "0 openai/text-embedding-3-small 1000+0+0>0+0 0.00002 in t",
        ),
        // What it is said to cost wins; an unknown model stays unknown.
        (
            json!({"openinference.span.kind": "LLM", "llm.provider": "openai", "llm.model_name": "gpt-4o-mini",
                "llm.token_count.prompt": 1000, "llm.token_count.completion": 100, "llm.cost.total": 0.5}),
            "0 openai/gpt-4o-mini 1000+0+0>100+0 0.5 in t",
        ),
        (
            json!({"gen_ai.provider.name": "aws.bedrock", "gen_ai.request.model": "amazon.nova-pro-v1:0",
                "gen_ai.usage.input_tokens": 10}),
            "0 bedrock/amazon.nova-pro-v1:0 10+0+0>0+0 ? in t",
        ),
        // A deployment answers with a name that has no price.
        (
            json!({"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini",
                "gen_ai.response.model": "our-deployment", "gen_ai.usage.input_tokens": 1000,
                "gen_ai.usage.output_tokens": 100}),
            "0 openai/gpt-4o-mini 1000+0+0>100+0 0.00021 in t",
        ),
        // A call that says nothing of tokens is not known.
        (
            json!({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini"}),
            "0 openai/gpt-4o-mini 0+0+0>0+0 ? in t",
        ),
    ];
    for (attributes, expected) in cases {
        assert_eq!(calls(&[&trace(&[("a", "", attributes.clone())])]), [expected], "{attributes}");
    }
    let others = r#"{"resourceLogs": []}"#;
    assert!(calls(&[others, &trace(&[("a", "", json!({"http.route": "/"}))])]).is_empty());
}

#[test]
fn what_agents_repeat_of_the_calls_below_them_counts_once() {
    let tokens = |texts: &[&str]| {
        let mut tokens: Vec<u64> = read(texts).entries.iter().map(|entry| entry.line.outcome.usage.input).collect();
        tokens.sort_unstable();
        tokens
    };
    let none = || json!({"http.route": "/"});
    let cases: [(Spans<'_>, &[u64]); 7] = [
        // An agent's sum, over a step that says nothing.
        (&[("a", "", agent(30, 3)), ("s", "a", none()), ("b", "s", chat(10, 1)), ("c", "a", chat(20, 2))], &[10, 20]),
        // A chain that repeats the only call, and one that wraps the chain.
        (&[("a", "", agent(10, 1)), ("b", "a", agent(10, 1)), ("c", "b", chat(10, 1))], &[10]),
        // Two libraries that record the same call.
        (&[("a", "", chat(10, 1)), ("b", "a", chat(10, 1))], &[10]),
        // An agent that counts otherwise than its calls.
        (&[("a", "", agent(99, 9)), ("b", "a", chat(10, 1))], &[10]),
        // A call whose tool calls another model.
        (&[("a", "", chat(50, 5)), ("b", "a", chat(10, 1))], &[10, 50]),
        // An agent alone.
        (&[("a", "", agent(30, 3))], &[30]),
        // A span that is its own parent, and two that are each other's.
        (&[("a", "a", chat(10, 1)), ("x", "y", none()), ("y", "x", chat(20, 2))], &[10, 20]),
    ];
    for (spans, expected) in cases {
        assert_eq!(tokens(&[&trace(spans)]), expected, "{spans:?}");
    }
    // Spans of one trace come in several lines, and a line may come twice.
    let (above, below) = (trace(&[("a", "", agent(10, 1))]), trace(&[("b", "a", chat(10, 1))]));
    assert_eq!(tokens(&[&format!("{above}\n{below}\n{below}")]), [10]);
    assert_eq!(tokens(&[&below, &above]), [10]);
}

#[test]
fn spans_that_make_no_sense_are_told_and_hostile_ones_do_no_harm() {
    let spans = |spans: Value| json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).to_string();
    let no_id = spans(json!([{"attributes": [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": "5"}}]}]));
    assert_eq!(problems(&no_id), ["calls.jsonl:1: a span of a call has no traceId or no spanId"]);
    let no_time = spans(json!([{"traceId": "t", "spanId": "a", "startTimeUnixNano": "-5",
        "attributes": [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": "5"}}]}]));
    assert_eq!(problems(&no_time), ["calls.jsonl:1: a span of a call has no startTimeUnixNano"]);
    // An agent without a model is no problem where its calls have one.
    let nameless = json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 10});
    assert_eq!(calls(&[&trace(&[("a", "", nameless.clone()), ("b", "a", chat(10, 1))])]).len(), 1);
    assert_eq!(problems(&trace(&[("a", "", nameless)])), ["calls.jsonl:1: it names no model"]);
    for odd in [json!(null), json!(7), json!([null, 7, []]), json!([{"attributes": {"a": 1}, "status": 2}])] {
        assert_eq!(calls(&[&spans(odd)]), [""; 0]);
    }
    let huge = json!({"gen_ai.request.model": "x/y", "gen_ai.usage.input_tokens": "1e300"});
    assert_eq!(calls(&[&trace(&[("a", "", huge)])]), [""; 0]);
    // A trace that is deeper than any takes no long time.
    let mut deep: Vec<(String, String, Value)> = Vec::new();
    for level in 0..20_000 {
        deep.push((level.to_string(), (level + 1).to_string(), json!({"http.route": "/"})));
    }
    let deep: Vec<(&str, &str, Value)> =
        deep.iter().map(|(id, parent, attributes)| (id.as_str(), parent.as_str(), attributes.clone())).collect();
    let mut spans = vec![("leaf", "0", chat(10, 1))];
    spans.extend(deep);
    assert_eq!(calls(&[&trace(&spans)]).len(), 1);
}
