//! What was spent: reports on the ledger, and what the running application adds to it.

use std::io::Write as _;
use std::process::Stdio;

use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use crate::support::chat::{answer, config, run};
use crate::support::http::Server;
use crate::support::postgres::{database, execute};
use crate::support::{Project, Ran};

/// A project without a model, and its `[cost]`.
fn project(cost: &str) -> Project {
    let config = format!("[project]\nname = \"desk\"\n[gate]\nrefusal = 0.5\n[cost]\n{cost}\n");
    Project::new(&[("llmops.toml", &config)])
}

/// A call of 1000 tokens in and 100 out, which cost $0.00021, so many days ago.
fn call(id: &str, days_ago: i64) -> String {
    let at = Timestamp::now().checked_sub(Span::new().hours(24 * days_ago)).unwrap();
    let usage = json!({"prompt_tokens": 1000, "completion_tokens": 100});
    let line = json!({"id": id, "timestamp": at.to_string(), "model": "openai/gpt-4o-mini", "prompt": "qa@1.2.0",
        "usage": usage});
    format!("{line}\n")
}

fn report(project: &Project, arguments: &[&str]) -> Value {
    let arguments = [&["cost", "report", "--json"], arguments].concat();
    serde_json::from_str(&project.run(&arguments).ends(0).stdout).unwrap()
}

#[test]
fn a_ledger_without_calls_says_so() {
    let project = project("");
    let ran = project.run(&["cost", "report"]).ends(0);
    assert!(ran.stdout.starts_with("the ledger has no calls of desk from 20"), "{}", ran.stdout);
    assert!(!project.path(".llmops/ledger.db").exists());
    let report = report(&project, &["--by", "model"]);
    assert_eq!(
        (&report["schema"], &report["total"]["calls"], &report["tables"][0]["rows"]),
        (&json!(1), &json!(0), &json!([]))
    );
    assert_eq!((&report["change"], &report["forecast"]), (&Value::Null, &Value::Null));
    let csv = project.run(&["cost", "report", "--format", "csv"]).ends(0).stdout;
    assert!(csv.starts_with("by,day,model,prompt,role,run,project,calls,input_tokens,"), "{csv}");
    assert_eq!(csv.lines().count(), 1);
}

#[test]
fn what_is_imported_is_reported_and_importing_it_again_changes_nothing() {
    let project = project("");
    let lines: String = (0..40).map(|day| call(&format!("c{day}"), day)).collect();
    let unknown = call("u", 0).replace("openai/gpt-4o-mini", "gateway/ours");
    project.write("calls.jsonl", &format!("{lines}{unknown}"));
    let import = ["cost", "import", "calls.jsonl"];
    let dry = project.run(&[&import[..], &["--dry-run"]].concat()).ends(0).stdout;
    assert!(
        dry.starts_with("41 calls of 2 models, $0.0084, 1 unknown; 41 would be new; nothing was written\n"),
        "{dry}"
    );
    assert!(!project.path(".llmops/ledger.db").exists());
    let first = project.run(&import).ends(0).stdout;
    assert!(first.starts_with("41 calls of 2 models, $0.0084, 1 unknown; 41 were new\n"), "{first}");
    assert!(first.contains("the cost of 1 call of gateway/ours is not known\n"), "{first}");
    // A log that has grown, and one that was reported before.
    project.write("calls.jsonl", &format!("{}{lines}{unknown}", call("new", 1)));
    let second = project.run(&[&import[..], &["--json"]].concat()).ends(0).stdout;
    let second: Value = serde_json::from_str(&second).unwrap();
    assert_eq!((&second["calls"], &second["new"], &second["unknown_calls"]), (&json!(42), &json!(1), &json!(1)));

    let found = report(&project, &["--by", "model,prompt,role,project", "--since", "30 d"]);
    assert_eq!(found["total"]["calls"], 32);
    let rows = found["tables"][0]["rows"].as_array().unwrap();
    assert_eq!((&rows[0]["model"], &rows[0]["usd"]), (&json!("openai/gpt-4o-mini"), &json!(0.00651)));
    // What is not known is no number.
    assert_eq!(
        (&rows[1]["model"], &rows[1]["usd"], &rows[1]["unknown_calls"]),
        (&json!("gateway/ours"), &Value::Null, &json!(1))
    );
    let of = |table: usize, key: &str| found["tables"][table]["rows"][0][key].clone();
    assert_eq!(
        (of(1, "prompt"), of(2, "role"), of(3, "project")),
        (json!("qa@1.2.0"), json!("production"), json!("desk"))
    );
    assert_eq!(found["forecast"]["days"], 28);

    let text = project.run(&["cost", "report"]).ends(0).stdout;
    assert!(text.starts_with("desk, 20") && text.contains("$0.00651 + 1 unknown"), "{text}");
    assert!(text.contains("█") && text.contains("\nforecast for 20"), "{text}");
    assert!(text.contains(" against the 30 days before, whose first call was on 20"), "{text}");
    let parts =
        ["calls_usd", "prompts_usd", "answers_usd", "rates_usd"].map(|part| found["change"][part].as_f64().unwrap());
    let whole = found["change"]["after_usd"].as_f64().unwrap() - found["change"]["before_usd"].as_f64().unwrap();
    assert!((parts.iter().sum::<f64>() - whole).abs() < 1e-15, "{found}");
    // Others are other projects' calls.
    let other = project.run(&["cost", "import", "calls.jsonl", "--project", "other"]).ends(0).stdout;
    assert!(other.contains("; 0 were new"), "{other}");
    project.write("other.jsonl", &call("other", 0));
    project.run(&["cost", "import", "other.jsonl", "--project", "other"]).ends(0);
    assert_eq!(report(&project, &["--since", "1 d"])["total"]["calls"], 2);
    assert_eq!(report(&project, &["--since", "1 d", "--all-projects"])["total"]["calls"], 3);
}

#[test]
fn a_line_that_cannot_be_read_stops_the_import_unless_it_may_be_skipped() {
    let project = project("");
    project.write("calls.jsonl", &format!("{}{{\"model\": \"x/y\"}}\n{}no\n", call("a", 0), call("b", 0)));
    let ran = project.run(&["cost", "import", "calls.jsonl"]).ends(3);
    for expected in [
        "error: calls.jsonl:2: it has no time\n",
        "error: calls.jsonl:4: this is no JSON: expected ident at column 2\n",
        "error: nothing was imported\nhint: --skip-bad imports the other lines\n",
    ] {
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
    assert!(!project.path(".llmops/ledger.db").exists());
    let ran = project.run(&["cost", "import", "calls.jsonl", "--skip-bad"]).ends(0);
    assert!(ran.stdout.ends_with("2 were new\n2 lines could not be read and were skipped\n"), "{}", ran.stdout);
    assert!(ran.stderr.starts_with("skipped: calls.jsonl:2: it has no time\n"), "{}", ran.stderr);
    let ran = project.run(&["cost", "import", "nowhere.jsonl"]).ends(3);
    assert!(ran.stderr.starts_with("error: cannot read nowhere.jsonl: "), "{}", ran.stderr);
}

#[test]
fn traces_come_in_on_standard_input() {
    let project = project("");
    let nanoseconds = Timestamp::now().as_nanosecond().to_string();
    let span = |id: &str, parent: &str, operation: &str| {
        let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
        let count = |key: &str, value: &str| json!({"key": key, "value": {"intValue": value}});
        json!({"traceId": "5b8efff798038103d269b633813fc60c", "spanId": id, "parentSpanId": parent,
            "startTimeUnixNano": nanoseconds, "attributes": [text("gen_ai.operation.name", operation),
                text("gen_ai.provider.name", "gcp.gemini"), text("gen_ai.request.model", "gemini-2.5-flash"),
                count("gen_ai.usage.input_tokens", "1000"), count("gen_ai.usage.output_tokens", "100")]})
    };
    let spans = [span("eee19b7ec3c1b174", "", "invoke_agent"), span("eee19b7ec3c1b173", "eee19b7ec3c1b174", "chat")];
    let export = json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]});
    let mut command = project.command(".", &["cost", "import", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{export:#}").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "1 call of 1 model, $0.00055; 1 were new\n");
    let found = report(&project, &["--by", "run"]);
    assert_eq!(found["tables"][0]["rows"][0]["run"], "5b8efff798038103d269b633813fc60c");
}

#[test]
fn what_users_spend_counts_against_the_budget_of_a_day() {
    let server = Server::start(answer);
    let project = crate::support::chat::project(3);
    let limit = |usd: &str| {
        let config = config("").replace("openai/m", "openai/gpt-4o-mini");
        project.write("llmops.toml", &format!("{config}[cost]\nbudget_day = \"{usd} USD\"\n"));
    };
    project.write(
        "prompts/qa/1.0.0.md",
        "---\nvariables: [question]\nparameters: {max_tokens: 10}\n---\n{{ question }}\n",
    );
    limit("0.01");
    run(&project, &server, &["eval", "-q", "--no-cache"]).ends(0);
    // The day's sum is there by now, and must grow with what comes in.
    let lines: String = (0..50).map(|id| call(&format!("c{id}"), 0)).collect();
    project.write("calls.jsonl", &lines);
    project.run(&["cost", "import", "calls.jsonl"]).ends(0);
    let used = project.run(&["cost", "budget"]).ends(0).stdout;
    assert!(used.contains("cost.budget_day: $0.0105 of $0.01 today, reached"), "{used}");
    let ran = run(&project, &server, &["eval", "-q", "--no-cache"]).ends(4);
    assert!(ran.stdout.contains("cost.budget_day is reached: $0.0105 of $0.01 today is spent"), "{}", ran.stdout);
    assert_eq!(server.received().len(), 3);
    // A limit that is new adds up what is there.
    limit("0.0104");
    run(&project, &server, &["eval", "-q", "--no-cache"]).ends(4);
    limit("1");
    run(&project, &server, &["eval", "-q", "--no-cache"]).ends(0);

    let text = project.run(&["cost", "report", "--by", "role,prompt"]).ends(0).stdout;
    assert!(text.contains("\nproduction     50 "), "{text}");
    assert!(text.contains("\ntarget          6 "), "{text}");
    assert!(text.contains("\nqa@1.0.0      6 "), "{text}");
}

#[test]
fn what_was_kept_is_told_as_saved_and_not_as_spent() {
    let server = Server::start(answer);
    let project = crate::support::chat::project(4);
    project.write("llmops.toml", &config("").replace("openai/m", "openai/gpt-4o-mini"));
    run(&project, &server, &["eval", "-q"]).ends(0);
    run(&project, &server, &["eval", "-q"]).ends(0);
    let total = &report(&project, &[])["total"];
    assert_eq!((&total["calls"], &total["kept_calls"]), (&json!(4), &json!(4)));
    assert_eq!(total["usd"], total["saved_usd"]);
    let text = project.run(&["cost", "report", "--by", "model"]).ends(0).stdout;
    assert!(text.contains("  saved") && text.contains("  $0.0000066  $0.0000066  █"), "{text}");
}

#[test]
fn a_ledger_of_a_team_takes_imports_and_gives_the_same_report() {
    let url = database();
    let own = project("");
    let team = project(&format!("ledger = \"{url}\"\nbudget_day = \"1 USD\""));
    // More than one transaction.
    let lines: String = (0..5000).map(|id| call(&format!("c{id}"), id % 35)).collect();
    for project in [&own, &team] {
        project.write("calls.jsonl", &lines);
        let dry: Ran = project.run(&["cost", "import", "calls.jsonl", "--dry-run"]).ends(0);
        assert!(dry.stdout.contains("; 5000 would be new"), "{}", dry.stdout);
        let ran = project.run(&["cost", "import", "calls.jsonl"]).ends(0);
        assert!(ran.stdout.starts_with("5000 calls of 1 model, $1.05; 5000 were new\n"), "{}", ran.stdout);
        let ran = project.run(&["cost", "import", "calls.jsonl"]).ends(0);
        assert!(ran.stdout.contains("; 0 were new"), "{}", ran.stdout);
    }
    assert_eq!(execute(&url, "select count(*), sum(usd) from llmops_call"), ["5000|1.05000"]);
    let csv = |project: &Project| project.run(&["cost", "report", "--format", "csv"]).ends(0).stdout;
    assert_eq!(csv(&own), csv(&team));
    assert_eq!(csv(&own).lines().filter(|line| line.starts_with("day,")).count(), 30);
}

#[test]
fn what_cannot_be_reported_is_said_with_what_can() {
    let project = project("");
    for (arguments, expected) in [
        (&["--by", "week"][..], "\"week\" is none of day, model, prompt, role, run, project"),
        (&["--since", "yesterday"][..], "write a day like 2026-11-01, or a time like \"7 d\" or \"12 h\""),
        (&["--since", "2026-11-02", "--until", "2026-11-01"][..], "which is not before --until"),
        (&["--json", "--format", "csv"][..], "--json is another format than --format"),
        (&["--since", "9999999 d"][..], "this time is not one that can be reported"),
    ] {
        let ran = project.run(&[&["cost", "report"], arguments].concat()).ends(3);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}
