//! What a run would cost, said before it and without a call.

use serde_json::Value;

use crate::support::chat::{answer, command, config, project, run};
use crate::support::http::Server;
use crate::support::{Project, Ran, llama};

fn estimated(project: &Project, arguments: &[&str]) -> Value {
    let mut all = vec!["cost", "estimate", "--json"];
    all.extend(arguments);
    serde_json::from_str(&project.run(&all).ends(0).stdout).unwrap()
}

fn priced(project: &Project) {
    project.write("llmops.toml", &config("").replace("openai/m", "openai/gpt-4o-mini"));
}

#[test]
fn an_estimate_makes_no_call_needs_no_key_and_knows_what_is_kept() {
    let server = Server::start(answer);
    let project = project(4);
    priced(&project);
    let before = estimated(&project, &[]);
    let calls = &before["calls"][0];
    assert_eq!((&calls["role"], &calls["model"]), (&"target".into(), &"openai/gpt-4o-mini".into()));
    assert_eq!((&calls["calls"], &calls["kept"]), (&4.into(), &0.into()));
    // "Say 0." has four tokens in o200k_base; the rest is a message's frame.
    assert_eq!(calls["input_tokens"]["low"], 16);
    assert_eq!(server.received().len(), 0);
    assert!(!project.path(".llmops/ledger.db").exists());
    let twice = estimated(&project, &["--repeats", "2"]);
    assert_eq!(twice["calls"][0]["calls"], 8);

    run(&project, &server, &["eval", "-q"]).ends(0);
    let after = estimated(&project, &[]);
    // The replies are found under the address that they came from.
    let asked = ["cost", "estimate", "--json"];
    let known: Value = serde_json::from_str(&run(&project, &server, &asked).ends(0).stdout).unwrap();
    assert_eq!((&known["calls"][0]["calls"], &known["calls"][0]["kept"]), (&0.into(), &4.into()));
    assert_eq!(after["calls"][0]["calls"], 4);
    assert_eq!(server.received().len(), 4);
}

#[test]
fn a_run_says_what_it_will_cost_and_asks_nothing() {
    let server = Server::start(answer);
    let project = project(4);
    priced(&project);
    let ran = Ran::of(command(&project, &server, &["eval"]).env("CI", "true")).ends(0);
    assert!(ran.stderr.contains("cost of the run: about $0.000"), "{}", ran.stderr);
    assert!(ran.stderr.contains(", at most $0.0394; 4 calls of openai/gpt-4o-mini\n"), "{}", ran.stderr);
    // Nothing is left to be paid.
    let ran = run(&project, &server, &["eval"]).ends(0);
    assert!(!ran.stderr.contains("cost of the run"), "{}", ran.stderr);
    // A model without a price is said to have none.
    project.write("llmops.toml", &config(""));
    let ran = run(&project, &server, &["eval"]).ends(0);
    let unknown = "cost of the run: not known; 4 calls of openai/m, which has no price\n";
    assert!(ran.stderr.contains(unknown), "{}", ran.stderr);
}

#[test]
fn the_judge_is_counted_with_all_its_steps_and_a_limit_in_the_way_is_said() {
    let project = project(3);
    let row = |id| format!("{{\"id\": \"c{id}\", \"question\": \"Say {id}.\", \"reference_answer\": \"One. Two.\"}}\n");
    let rows = [row(0), row(1), row(2)].concat();
    project.write("evals/dataset.jsonl", &rows);
    let text = config("").replace("openai/m", "openai/gpt-4o-mini").replace("answer_relevancy", "answer_correctness");
    let more =
        "[judge]\nmodel = \"openai/gpt-4.1\"\n[cost]\nbudget_run = \"0.000001 USD\"\nbudget_day = \"0.000001 USD\"\n";
    project.write("llmops.toml", &format!("{text}{more}"));
    let estimate = estimated(&project, &[]);
    let judge = &estimate["calls"][1];
    assert_eq!((&judge["role"], &judge["model"]), (&"judge".into(), &"openai/gpt-4.1".into()));
    // The claims of both texts, then a verdict on each.
    assert_eq!(judge["calls"], 6);
    let text = project.run(&["cost", "estimate"]).ends(0).stdout;
    assert!(text.contains("\njudge openai/gpt-4.1\n  6 calls\n"), "{text}");
    assert!(text.contains("that is more than cost.budget_run of $0.000001\n"), "{text}");
    assert!(text.contains("that is more than what is left of cost.budget_day: $0 of $0.000001 today\n"), "{text}");
}

#[test]
fn the_range_holds_what_a_real_model_uses() {
    let project = project(6);
    let prompt = "---\nvariables: [question]\nparameters: {max_tokens: 48, temperature: 0}\n---\n\
                  Answer the user's request in one short sentence of plain English.\n\n{{ question }}\n";
    project.write("prompts/qa/1.0.0.md", prompt);
    let own = "[cost.models.\"llamacpp/smollm2\"]\ninput = \"1 USD\"\noutput = \"4 USD\"\n";
    let text = config("").replace("openai/m", "llamacpp/smollm2").replace("timeout = \"5 s\"", "timeout = \"100 s\"");
    project.write("llmops.toml", &format!("{}{own}", text.replace("answer_relevancy = 0.5", "answer_relevancy = 0.0")));
    let estimate = estimated(&project, &[]);
    let mut eval = project.command(".", &["eval", "-q"]);
    Ran::of(eval.env("LLAMACPP_BASE_URL", llama::base_url())).ends(0);
    let report = project.report();
    let used = &report["usage"]["target"];
    let input = used["input"].as_u64().unwrap() + used["cached_input"].as_u64().unwrap();
    let calls = &estimate["calls"][0];
    for (tokens, span) in [(input, &calls["input_tokens"]), (used["output"].as_u64().unwrap(), &calls["output_tokens"])]
    {
        let (low, high) = (span["low"].as_u64().unwrap(), span["high"].as_u64().unwrap());
        assert!((low..=high).contains(&tokens), "{tokens} is not in {span}");
    }
    let dollars = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
    let (low, high) = (dollars(&estimate["usd"]["low"]), dollars(&estimate["usd"]["high"]));
    let cost = report["cost"]["target_usd"].as_f64().unwrap();
    assert!((low..=high).contains(&cost), "{cost} is not in {low} to {high}");
}
