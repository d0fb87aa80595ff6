use super::*;

pub(super) fn vocabulary() -> Vocabulary {
    Vocabulary {
        metrics: vec!["context_recall", "answer_relevancy", "refusal", "overall", "latency", "cost"],
        metric_unit: |name| match name {
            "context_recall" | "answer_relevancy" | "refusal" | "overall" => Some(MetricUnit::Share),
            "latency" => Some(MetricUnit::Time),
            "cost" => Some(MetricUnit::Dollars),
            _ => None,
        },
        formats: vec!["html", "junit"],
        purpose: Purpose::Online,
        providers: vec![
            "local",
            "recorded",
            "gemini",
            "openai",
            "openai-responses",
            "anthropic",
            "ollama",
            "vllm",
            "fake",
        ],
    }
}

fn parse_with(text: &str, env: &[(&str, &str)]) -> Result<Config> {
    Config::of_text(PathBuf::from("."), text, env)
}

const GATE: &str = "[gate]\ncontext_recall = 0.8\n";

/// Every problem as `place: message | hint`, for a text below a valid gate.
fn problems(text: &str) -> Vec<String> {
    let text = if text.contains("[gate]") { text.to_owned() } else { format!("{text}\n{GATE}") };
    match parse_with(&text, &[]) {
        Ok(_) => Vec::new(),
        Err(error) => error
            .problems
            .iter()
            .map(|problem| match &problem.hint {
                Some(hint) => format!("{problem} | {hint}"),
                None => problem.to_string(),
            })
            .collect(),
    }
}

#[test]
fn a_gate_is_all_that_a_configuration_must_have() {
    let config = parse_with(GATE, &[]).unwrap();
    assert_eq!(config.target.model, Located { value: "local/extractive".into(), line: None });
    assert_eq!(config.retrieval.documents.value, "documents/");
    assert_eq!(config.eval.concurrency, 32);
    let (metric, bar) = &config.gate.thresholds[0];
    assert_eq!(metric, &Located { value: "context_recall".into(), line: Some(2) });
    assert!((bar - 0.8).abs() < 1e-12);
}

#[test]
fn all_problems_come_at_once_with_line_and_suggestion() {
    let text = "\
[target]
kind = \"rga\"
top_k = 0
modle = \"local/extractive\"
timeout = \"60\"
[retreival]
store = \"embedded\"
[eval]
metrics = [\"context_recall\",
  \"faithfullness\"]
concurrency = \"many\"
[gate]
answer_relevancy = 1.5
latency = 2
cost = \"2 EUR\"
";
    let expected = [
        "llmops.toml:2: target.kind is \"rga\", which is not known | did you mean \"rag\"?",
        "llmops.toml:3: target.top_k is 0, but must be from 1 to 1000",
        "llmops.toml:5: target.timeout is \"60\", which is not a time | write it like \"500 ms\", \"60 s\" or \"2 min\"",
        "llmops.toml:4: unknown key \"modle\" in [target] | did you mean \"model\"?",
        "llmops.toml:11: eval.concurrency must be a whole number, not a string",
        "llmops.toml:13: gate.answer_relevancy is 1.5, but must be from 0 to 1",
        "llmops.toml:14: gate.latency must be a string, not an integer",
        "llmops.toml:15: gate.cost is \"2 EUR\", which is not an amount of money | write it like \"0.002 USD\"",
        "llmops.toml:6: unknown key \"retreival\" | did you mean \"retrieval\"?",
    ];
    let found = problems(text);
    for problem in expected {
        assert!(found.iter().any(|line| line == problem), "{problem}\nnot in {found:#?}");
    }
    let metric = found.iter().find(|line| line.contains("faithfullness")).unwrap();
    assert!(metric.starts_with("llmops.toml:10: unknown metric \"faithfullness\""), "{metric}");
    assert_eq!(found.len(), expected.len() + 1);
}

#[test]
fn keys_of_another_kind_of_target_and_missing_ones_are_problems() {
    let cases = [
        (
            "[target]\nurl = \"http://x\"",
            "llmops.toml:2: target.url has no meaning for this kind of target | remove it, or change target.kind",
        ),
        ("[target]\nkind = \"http\"", "llmops.toml:2: target.url is missing | llmops explain config shows every key"),
        (
            "[target]\nkind = \"command\"",
            "llmops.toml:2: target.command is missing | llmops explain config shows every key",
        ),
        (
            "[target]\nkind = \"http\"\nurl = \"http://x\"\nanswer = \"data.answer\"",
            "llmops.toml:4: target.answer is \"data.answer\", which is not a JSON pointer | write \"/data/answer\"",
        ),
        (
            "[retrieval]\nstore = \"pgvector\"",
            "llmops.toml:2: the store pgvector needs retrieval.embedder | for example embedder = \"gemini/gemini-embedding-001\", or store = \"embedded\" for lexical search",
        ),
        (
            "[retrieval]\nchunk_words = 40\nchunk_overlap_words = 30",
            "llmops.toml:3: retrieval.chunk_overlap_words is 30, more than half of chunk_words (40)",
        ),
        (
            "[target]\nmodel = \"gemni/gemini-2.5-flash\"",
            "llmops.toml:2: unknown model provider \"gemni\" | did you mean \"gemini\"?",
        ),
        (
            "[target]\nmodel = \"gemini\"",
            "llmops.toml:2: \"gemini\" is not a model | write provider/model, for example \"gemini/gemini-2.5-flash\"",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(problems(text), [expected], "{text}");
    }
}

#[test]
fn formats_are_known_and_those_of_every_run_are_not_asked_for() {
    assert_eq!(parse_with(GATE, &[]).unwrap().report.formats, Vec::<String>::new());
    let text = format!("[report]\nformats = [\"junit\"]\n{GATE}");
    assert_eq!(parse_with(&text, &[]).unwrap().report.formats, ["junit"]);
    let expected = [
        "llmops.toml:3: report.formats has no \"junt\" | did you mean \"junit\"?",
        "llmops.toml:4: report.formats has no \"json\" | every run has it; leave it out",
    ];
    assert_eq!(problems("[report]\nformats = [\n\"junt\",\n\"json\"]"), expected);
}

#[test]
fn limits_belong_to_a_provider_that_there_is() {
    let own = "[providers.inhouse]\nbase_url = \"http://x\"\n[limits.inhouse]\nconcurrency = 4";
    let text = format!("{own}\n[limits.openai]\nrequests_per_minute = 500\ntokens_per_minute = 200_000\n{GATE}");
    let found = parse_with(&text, &[]).unwrap().limits;
    let numbers = |name: &str| {
        let limits = found.iter().find(|limits| limits.provider == name).unwrap();
        (limits.requests_per_minute, limits.tokens_per_minute, limits.concurrency)
    };
    assert_eq!(numbers("inhouse"), (None, None, Some(4)));
    assert_eq!(numbers("openai"), (Some(500), Some(200_000), None));
    let text = "[limits.opnai]\nrequest_per_minute = 5\n[limits.openai]\nconcurrency = 0";
    let expected = [
        "llmops.toml:1: unknown provider \"opnai\" in [limits] | did you mean \"openai\"?",
        "llmops.toml:2: unknown key \"request_per_minute\" in [limits.opnai] | did you mean \"requests_per_minute\"?",
        "llmops.toml:4: limits.openai.concurrency is 0, but must be from 1 to 4096",
    ];
    assert_eq!(problems(text), expected);
}

#[test]
fn broken_toml_names_its_line() {
    let found = problems("[target]\nmodel = \n");
    assert!(found[0].starts_with("llmops.toml:2: "), "{found:?}");
}

#[test]
fn the_database_is_found_in_the_environment() {
    let url =
        |env: &[(&str, &str)]| parse_with(GATE, env).unwrap().retrieval.pgvector.url.map(|url| url.reveal().to_owned());
    assert_eq!(url(&[]), None);
    assert_eq!(url(&[("DATABASE_URL", "postgres://x/y")]).as_deref(), Some("postgres://x/y"));
    let parts = [("DB_NAME", "app"), ("DB_HOST", "db"), ("DB_USER", "me"), ("DB_PASSWORD", "it's")];
    let expected = "host='db' port='5432' dbname='app' user='me' password='it\\'s'";
    assert_eq!(url(&parts).as_deref(), Some(expected));
}

#[test]
fn secrets_come_from_the_environment_and_a_missing_one_is_named() {
    let text =
        format!("[target]\nkind = \"http\"\nurl = \"http://x\"\nheaders = {{ Authorization = \"env:TOKEN\" }}\n{GATE}");
    let config = parse_with(&text, &[("TOKEN", "secret")]).unwrap();
    assert_eq!(config.target.http.headers[0].1.reveal(), "secret");
    let error = parse_with(&text, &[]).err().unwrap();
    assert_eq!(error.to_string(), "llmops.toml:4: the environment variable TOKEN is not set");
}

#[test]
fn an_amount_of_money_is_a_plain_number_of_dollars() {
    let cost = |text: &str| {
        let config = parse_with(&format!("[gate]\ncost = \"{text}\"\n"), &[]).ok()?;
        config.gate.thresholds.iter().find(|(name, _)| name.value == "cost").map(|(_, bar)| *bar)
    };
    for (text, expected) in [
        ("0.002 USD", Some(0.002)),
        ("1USD", Some(1.0)),
        ("0 USD", Some(0.0)),
        ("-1 USD", None),
        ("1e-3 USD", None),
        ("inf USD", None),
        ("USD", None),
        ("0.002", None),
    ] {
        assert_eq!(cost(text), expected, "{text}");
    }
}

#[test]
fn labels_are_protected_by_what_their_section_says() {
    let config = parse_with(
        &format!("{GATE}[prompts.labels.production]\n[prompts.labels.eu]\napprovals = 2\nevidence = false\n"),
        &[],
    );
    let prompts = config.unwrap().prompts;
    assert_eq!(
        prompts.rule("production"),
        Some(&LabelRule { name: "production".into(), approvals: 1, evidence: true })
    );
    assert_eq!(prompts.rule("eu"), Some(&LabelRule { name: "eu".into(), approvals: 2, evidence: false }));
    assert!(prompts.rule("staging").is_none() && !prompts.sign);
    let signed = parse_with(&format!("{GATE}[prompts]\nsigners = \"s\"\n"), &[]).unwrap().prompts;
    assert!(signed.sign);
    let cases = [
        ("[prompts.labels.latest]", "llmops.toml:1: \"latest\" cannot be the name of a label"),
        (
            "[prompts.labels.p]\napprovals = 21",
            "llmops.toml:2: prompts.labels.p.approvals is 21, but must be from 0 to 20",
        ),
        ("[prompts.labels.p]\napproval = 1", "llmops.toml:2: unknown key \"approval\" in [prompts.labels.p]"),
        ("[prompts.labels.p]\napprovals = 0\nevidence = false", "llmops.toml:1: prompts.labels.p protects nothing"),
    ];
    for (text, expected) in cases {
        assert!(problems(text)[0].starts_with(expected), "{:?}", problems(text));
    }
}

#[test]
fn a_trace_goes_nowhere_unless_the_file_says_so_and_only_to_an_address() {
    let variables = [("LANGFUSE_PUBLIC_KEY", "pk"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318")];
    let trace = parse_with(GATE, &variables).unwrap().trace;
    assert_eq!((trace.to, trace.content, trace.names), (TraceTo::Nobody, false, TraceNames::Current));
    let expected = [
        "llmops.toml:2: trace.to is \"langfuze\", which is not known | did you mean \"langfuse\"?",
        "llmops.toml:3: trace.endpoint is \"c:4318\", which is no address | write it like \"http://collector:4318\"",
    ];
    assert_eq!(problems("[trace]\nto = \"langfuze\"\nendpoint = \"c:4318\""), expected);
}
