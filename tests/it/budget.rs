//! Limits on what may be spent: never passed, by many calls at once, by processes side by side, or over a kill.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::chat::{answer, command, config, project, run};
use crate::support::http::Server;
use crate::support::{Project, Ran, journalled, postgres, until};

/// Dollars of an answer of gpt-4o-mini with three tokens in and two out, in units of 10^-8.
const ANSWER: u64 = 165;

const PROMPT: &str = "---\nvariables: [question]\nparameters: {max_tokens: 10}\n---\n{{ question }}\n";

/// A project whose answers are short, with these limits.
fn limited(cases: usize, limits: &str) -> Project {
    let project = project(cases);
    project.write("prompts/qa/1.0.0.md", PROMPT);
    limit(&project, limits);
    project
}

fn limit(project: &Project, limits: &str) {
    let config = config("").replace("openai/m", "openai/gpt-4o-mini");
    project.write("llmops.toml", &format!("{config}[cost]\n{limits}\n"));
}

/// The lines of a project's ledger by state, and what they come to in units of 10^-8 dollars.
fn ledger(project: &Project, state: &str) -> (usize, u64) {
    let connection = rusqlite::Connection::open(project.path(".llmops/ledger.db")).unwrap();
    let mut statement = connection.prepare("select usd from call where state = ?").unwrap();
    let amounts: Vec<f64> = statement
        .query_map([state], |row| Ok(row.get::<_, String>(0)?.parse::<f64>().unwrap()))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "amounts of a test are small")]
    let units = (amounts.iter().sum::<f64>() * 1e8).round() as u64;
    (amounts.len(), units)
}

#[test]
fn a_run_that_reaches_its_budget_keeps_what_is_done_and_goes_on_after_a_raise() {
    let server = Server::start(answer);
    let project = limited(20, "budget_run = \"0.00003 USD\"");
    let ran = run(&project, &server, &["eval", "-q"]).ends(4);
    assert!(ran.stdout.contains("cost.budget_run is reached: $0.0000"), "{}", ran.stdout);
    let report = project.report();
    let finished = report["cases"]["finished"].as_u64().unwrap();
    assert!((1..20).contains(&finished), "{finished}");
    assert_eq!(report["cases"]["errored"], 0);
    assert_eq!(journalled(&project) as u64, finished);
    let calls = server.received().len();
    assert_eq!((calls as u64, ledger(&project, "answered")), (finished, (calls, finished * ANSWER)));

    // As long as nothing is raised, nothing is asked.
    run(&project, &server, &["eval", "-q", "--resume"]).ends(4);
    assert_eq!(server.received().len(), calls);

    limit(&project, "budget_run = \"1 USD\"");
    run(&project, &server, &["eval", "-q", "--resume"]).ends(0);
    assert_eq!(server.received().len(), 20);
    assert_eq!(project.report()["cases"]["finished"], 20);
    assert_eq!(ledger(&project, "answered"), (20, 20 * ANSWER));
}

#[test]
fn kept_answers_are_written_down_with_what_they_saved_and_fit_any_budget() {
    let server = Server::start(answer);
    let project = limited(4, "");
    run(&project, &server, &["eval", "-q"]).ends(0);
    limit(&project, "budget_day = \"0.0000066 USD\"");
    run(&project, &server, &["eval", "-q"]).ends(0);
    assert_eq!(ledger(&project, "answered"), (4, 4 * ANSWER));
    assert_eq!(ledger(&project, "kept"), (4, 4 * ANSWER));
}

#[test]
fn requests_of_a_day_end_a_run_of_a_free_tier() {
    let server = Server::start(answer);
    let model = "[cost.models.\"openai/gpt-4o-mini\"]\nfree = true\nrequests_per_day";
    let project = limited(10, &format!("{model} = 5"));
    let ran = run(&project, &server, &["eval", "-q", "--concurrency", "3"]).ends(4);
    let reason = "requests_per_day is reached: 5 of 5 requests of openai/gpt-4o-mini today are spent";
    assert!(ran.stdout.contains(reason), "{}", ran.stdout);
    let warning = "requests_per_day is nearly reached: ";
    assert!(ran.stderr.contains(warning), "{}", ran.stderr);
    assert_eq!(server.received().len(), 5);
    assert_eq!(ledger(&project, "answered"), (5, 0));
}

#[test]
fn a_killed_run_leaves_its_calls_counted_at_the_most_that_they_may_have_cost() {
    let asked = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&asked);
    let server = Server::start(move |request| {
        match seen.fetch_add(1, Ordering::Relaxed) {
            // The first process is never answered.
            0..4 => crate::support::http::Scripted::Hang,
            _ => answer(request),
        }
    });
    let project = limited(20, "budget_day = \"0.00009 USD\"");
    let arguments = ["eval", "-q", "--concurrency", "4"];
    let mut child = command(&project, &server, &arguments).spawn().unwrap();
    until("calls under way", || asked.load(Ordering::Relaxed) == 4);
    child.kill().unwrap();
    child.wait().unwrap();
    let (open, reserved) = ledger(&project, "open");
    assert_eq!(open, 4);
    assert!(reserved > 4 * 10 * 60, "{reserved}");
    let ran = run(&project, &server, &arguments).ends(4);
    let elsewhere = "more is under way elsewhere or was when its process was killed";
    assert!(ran.stdout.contains(elsewhere), "{}", ran.stdout);
    let (_, spent) = ledger(&project, "answered");
    assert!(spent + reserved <= 9000, "{spent} + {reserved}");
}

#[test]
fn processes_side_by_side_share_a_budget() {
    let server = Server::start(answer);
    let project = limited(40, "budget_day = \"0.00006 USD\"");
    let arguments = ["eval", "-q", "--no-cache", "--concurrency", "64"];
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = command(&project, &server, &arguments);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert_eq!(child.wait().unwrap().code(), Some(4));
    }
    let (answered, spent) = ledger(&project, "answered");
    assert_eq!(answered, server.received().len());
    assert!(spent <= 6000, "{spent}");
    assert_eq!(ledger(&project, "open").0, 0);
}

/// As jobs of a CI system on different machines do.
#[test]
fn projects_on_one_database_share_a_budget() {
    let server = Server::start(answer);
    let url = postgres::database();
    let limits = "ledger = \"env:LEDGER_URL\"\nbudget_day = \"0.00006 USD\"";
    let machines = [limited(40, limits), limited(40, limits)];
    let children: Vec<_> = machines
        .iter()
        .map(|machine| {
            let text = machine.read("llmops.toml");
            machine.write("llmops.toml", &format!("[project]\nname = \"shared\"\n{text}"));
            let mut command = command(machine, &server, &["eval", "-q", "--no-cache", "--concurrency", "64"]);
            command.env("LEDGER_URL", &url).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert_eq!(child.wait().unwrap().code(), Some(4));
    }
    let select = "select count(*), sum(usd) <= 0.00006, count(*) filter (where state <> 'answered') from llmops_call";
    assert_eq!(postgres::execute(&url, select), [format!("{}|t|0", server.received().len())]);
    let mut budget = machines[0].command(".", &["cost", "budget"]);
    let shown = Ran::of(budget.env("LEDGER_URL", &url)).ends(0).stdout;
    assert!(shown.starts_with("cost.budget_day: $0.0000"), "{shown}");
}

#[test]
fn where_there_is_a_limit_what_cannot_be_written_down_is_not_asked() {
    let server = Server::start(answer);
    let project = limited(3, "budget_day = \"1 USD\"");
    project.write(".llmops/ledger.db", "no database at all, whatever it is called, and longer than a header");
    let ran: Ran = run(&project, &server, &["eval", "-q"]).ends(2);
    assert!(ran.stdout.contains("cannot open the ledger of costs"), "{}", ran.stdout);
    assert_eq!(server.received().len(), 0);
    // Without a limit it is only told.
    limit(&project, "");
    let ran = run(&project, &server, &["eval", "-q"]).ends(0);
    assert!(ran.stderr.contains("cannot open the ledger of costs"), "{}", ran.stderr);
}
