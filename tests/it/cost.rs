//! What runs cost, and a gate on it.

use serde_json::Value;

use crate::support::Project;
use crate::support::chat::{answer, config, project, run};
use crate::support::chromium::open;
use crate::support::http::Server;

/// A model with a price: 0.00000165 USD for the three tokens in and two out of every answer.
fn priced(bar: &str) -> String {
    format!("{}cost = \"{bar}\"\n", config("")).replace("openai/m", "openai/gpt-4o-mini")
}

fn costs(project: &Project) -> (Value, Value, Value) {
    let cost = project.report()["cost"].clone();
    (cost["target_usd"].clone(), cost["saved_usd"].clone(), cost["target_unknown"].clone())
}

#[test]
fn a_run_says_what_it_cost_and_what_kept_answers_saved() {
    let server = Server::start(answer);
    let project = project(4);
    project.write("llmops.toml", &priced("0.000002 USD"));
    let ran = run(&project, &server, &["eval", "-q"]).ends(0);
    assert!(ran.stdout.contains("  cost                $0.00000165 ≤ $0.000002"), "{}", ran.stdout);
    assert!(ran.stdout.contains("  cost of the run    $0.0000066\n"), "{}", ran.stdout);
    assert_eq!(costs(&project), (6.6e-6.into(), 0.into(), 0.into()));
    // Written out in full, as no parser's binary number is.
    assert!(project.read("llmops/eval_report.json").contains("\"cost_usd\":0.00000165,"));

    let ran = run(&project, &server, &["eval", "-q"]).ends(0);
    assert!(ran.stdout.contains("  cost of the run    $0, $0.0000066 saved by kept answers\n"), "{}", ran.stdout);
    assert_eq!(costs(&project), (0.into(), 6.6e-6.into(), 0.into()));
    // A kept answer is as dear as it was.
    project.write("llmops.toml", &priced("0.000001 USD"));
    let ran = run(&project, &server, &["eval", "-q"]).ends(1);
    assert!(ran.stdout.contains("$0.00000165 > $0.000001"), "{}", ran.stdout);
}

#[test]
fn what_an_answer_costs_stands_beside_the_baseline() {
    let server = Server::start(answer);
    let project = project(4);
    project.write("llmops.toml", &priced("1 USD"));
    run(&project, &server, &["eval", "-q"]).ends(0);
    run(&project, &server, &["baseline"]).ends(0);
    // Ten times the price for the tokens in, and ten times that for the tokens out.
    let dearer = ["eval", "-q", "-m", "openai/gpt-4o"];
    let ran = run(&project, &server, &dearer).ends(0);
    let change = "$0.0000275, +1567 % against $0.00000165; cause: dearer model";
    assert!(ran.stdout.contains(&format!("  cost of an answer  {change}\n")), "{}", ran.stdout);
    let markdown = project.run(&["report", "--format", "markdown"]).ends(0).stdout;
    let change =
        "An answer costs <code>&#36;0.0000275, &#43;1567 % against &#36;0.00000165; cause&#58; dearer model</code>.\n";
    assert!(markdown.contains(change), "{markdown}");
}

#[test]
fn a_model_without_a_price_is_unknown_and_its_gate_undecided() {
    let server = Server::start(answer);
    let project = project(4);
    let ran = run(&project, &server, &["eval", "-q"]).ends(0);
    assert!(ran.stdout.contains("  cost of the run    not known for 4 answers of openai/m\n"), "{}", ran.stdout);
    assert_eq!(costs(&project), (Value::Null, 0.into(), 4.into()));
    assert_eq!(project.report()["results"][0]["cost_usd"], Value::Null);
    project.write("llmops.toml", &format!("{}cost = \"1 USD\"\n", config("")));
    let ran = run(&project, &server, &["eval", "-q"]).ends(2);
    let message = "the cost of openai/m is not known: there is no price for it";
    assert!(ran.stdout.contains(message), "{}", ran.stdout);
}

#[test]
fn a_bar_on_the_cost_of_an_application_is_an_error_before_any_call() {
    let project = project(1);
    let gate = "[gate]\ncost = \"1 USD\"\n";
    project.write("llmops.toml", &format!("[target]\nkind = \"http\"\nurl = \"http://127.0.0.1:9\"\n{gate}"));
    let ran = project.run(&["eval", "-q"]).ends(3);
    let message = "llmops.toml:5: cost needs to know which model answers, and this target chooses it itself";
    assert!(ran.stderr.contains(message), "{}", ran.stderr);
}

/// The same project with a longer prompt: its cost, the month, the reason and the gate.
#[test]
fn a_longer_context_is_named_as_the_cause_and_fails_the_gate() {
    // A token for every four bytes.
    let server = Server::start(|request| {
        let tokens = request.body.len() / 4;
        let message = serde_json::json!({
            "choices": [{"message": {"content": "<0>"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": tokens, "completion_tokens": 2},
        });
        crate::support::http::Scripted::json(message.to_string())
    });
    let project = project(4);
    let limits = "[cost]\nrequests_per_month = 50000\n";
    project.write("llmops.toml", &format!("{}{limits}", priced("1 USD").replace("answer_relevancy = 0.5\n", "")));
    let ran = run(&project, &server, &["eval", "-q"]).ends(0);
    assert!(ran.stdout.contains("  cost of a month    $0."), "{}", ran.stdout);
    run(&project, &server, &["baseline"]).ends(0);
    let prompt = project.read("prompts/qa/1.0.0.md");
    project.write("prompts/qa/1.1.0.md", &format!("{prompt}{}", "Four".repeat(410)));
    let limits = format!("{limits}max_increase = \"20 %\"\n");
    project.write("llmops.toml", &format!("{}{limits}", priced("1 USD").replace("answer_relevancy = 0.5\n", "")));
    let ran = run(&project, &server, &["eval", "-q"]).ends(1);
    assert!(ran.stdout.contains(" % of cost.max_increase (n = 4)"), "{}", ran.stdout);
    assert!(ran.stdout.contains(" more a month; cause: context grew by 411 tokens\n"), "{}", ran.stdout);
    let markdown = project.run(&["report", "--format", "markdown"]).ends(1).stdout;
    assert!(markdown.contains("more a month; cause&#58; context grew by 411 tokens</code>."), "{markdown}");
    let page = project.run(&["report", "--format", "html"]).ends(1).stdout;
    project.write("page.html", &page);
    let shown = open(&project.path("page.html"), "");
    for text in ["for a month of 50,000 answers", "context, +411 tokens", "price and model"] {
        assert!(shown.dom.contains(text), "{text} in {}", shown.dom);
    }
}

#[test]
fn a_budget_on_a_model_without_a_price_fails_the_gate() {
    let server = Server::start(answer);
    let project = project(4);
    project.write("llmops.toml", &format!("{}[cost]\nbudget_run = \"1 USD\"\n", config("")));
    let ran = run(&project, &server, &["eval", "-q"]).ends(1);
    let reason = "the cost of 4 calls is not known, so that the budgets of [cost] do not hold";
    assert!(ran.stdout.contains(reason), "{}", ran.stdout);
    // With a price of its own it holds.
    let own = "[cost.models.\"openai/m\"]\ninput = \"1 USD\"\noutput = \"1 USD\"\n";
    project.write("llmops.toml", &format!("{}[cost]\nbudget_run = \"1 USD\"\n{own}", config("")));
    let ran = run(&project, &server, &["eval", "-q", "--no-cache"]).ends(0);
    assert!(ran.stdout.contains("  cost of the run    $0.00002\n"), "{}", ran.stdout);
}
