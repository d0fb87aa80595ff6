//! Runs over many processes through a real NATS server: every case is in the result exactly once, whatever dies.

use std::fmt::Write as _;

use serde_json::Value;

use crate::support::http::Server;
use crate::support::nats::{Background, Nats};
use crate::support::{Project, Ran, chat, comparable, ids, journalled, until};

const PROMPT: &str = "---\nvariables: [question]\n---\n{{ question }}\n";
const CONFIG: &str = "\
[target]
kind = \"prompt\"
prompt = \"qa\"
model = \"recorded/evals/recorded.jsonl\"
[gate]
answer_relevancy = 0.9
[queue]
redeliver_after = \"2 s\"
";

/// A project whose model replays the answers of so many cases.
fn project(cases: usize) -> Project {
    let project = Project::new(&[("llmops.toml", CONFIG), ("prompts/qa/1.0.0.md", PROMPT)]);
    let (mut dataset, mut recorded) = (String::new(), String::new());
    for number in 0..cases {
        let question = format!("What is number {number}?");
        writeln!(
            dataset,
            r#"{{"id": "c{number}", "question": "{question}", "expected_answer_keywords": ["n{number}"]}}"#
        )
        .unwrap();
        writeln!(recorded, r#"{{"question": "{question}", "answer": "It is n{number}."}}"#).unwrap();
    }
    project.write("evals/dataset.jsonl", &dataset);
    project.write("evals/recorded.jsonl", &recorded);
    project
}

fn coordinator(project: &Project, nats: &Nats, flags: &[&str]) -> Background {
    let command = project.command(".", &[&["eval", "--queue", nats.url()], flags].concat());
    Background::start(command, project.path("coordinator.log"))
}

fn worker(project: &Project, nats: &Nats, name: &str, flags: &[&str]) -> Background {
    let command = project.command(".", &[&["worker", "--queue", nats.url()], flags].concat());
    Background::start(command, project.path(&format!("{name}.log")))
}

/// Every case exactly once, in the order of the dataset.
#[track_caller]
fn is_complete(report: &Value, cases: usize) {
    assert_eq!(ids(report), (0..cases).map(|number| format!("c{number}")).collect::<Vec<_>>());
    assert_eq!((&report["passed"], &report["cases"]["finished"]), (&true.into(), &cases.into()));
}

#[test]
fn every_case_counts_once_though_workers_die_and_the_server_restarts() {
    const CASES: usize = 10_000;
    let project = project(CASES);
    let mut nats = Nats::start(&[]);
    let mut coordinator = coordinator(&project, &nats, &[]);
    let mut steady = worker(&project, &nats, "steady", &["--once", "--concurrency", "8"]);
    let mut killed = worker(&project, &nats, "killed", &["--concurrency", "64"]);
    let mut paused = worker(&project, &nats, "paused", &["--once", "--concurrency", "64"]);
    for worker in [&mut steady, &mut killed, &mut paused] {
        worker.says("working for the run");
    }
    until("first results", || journalled(&project) > 500);
    killed.signal("KILL");
    paused.signal("STOP");
    assert!(journalled(&project) < CASES, "the run was over before anything could be killed");
    until("results of the last worker", || journalled(&project) > 2000);
    nats.restart();
    assert!(journalled(&project) < CASES, "the run was over before the server was restarted");
    coordinator.ends(0);
    // What it had in hand when it was stopped, others have done; its own results come too late.
    paused.signal("CONT");
    paused.ends(0);
    steady.ends(0);
    is_complete(&project.report(), CASES);
    assert_eq!(journalled(&project), CASES + 1, "each row once, and the mark of the end");

    let queued = comparable(project.report());
    project.run(&["eval", "-q"]).ends(0);
    assert_eq!(queued, comparable(project.report()));
}

#[test]
fn a_killed_coordinator_goes_on_with_what_was_measured_meanwhile() {
    const CASES: usize = 2000;
    let project = project(CASES);
    let nats = Nats::start(&[]);
    let first = coordinator(&project, &nats, &[]);
    let mut worker = worker(&project, &nats, "worker", &["--once", "--concurrency", "4"]);
    until("first results", || journalled(&project) > 200);
    first.signal("KILL");
    let mut second = coordinator(&project, &nats, &["--resume"]);
    second.says("going on with an interrupted run");
    second.ends(0);
    worker.ends(0);
    is_complete(&project.report(), CASES);
    // What the worker had in hand was put on the queue a second time.
    assert_eq!(journalled(&project), CASES + 1, "each row once, and the mark of the end");
    // Nothing of the run is left, so a worker finds none.
    let mut idle = self::worker(&project, &nats, "idle", &["--once"]);
    idle.says("waiting for a run");
    idle.signal("INT");
    idle.ends(2);
    assert!(!idle.output().contains("working for"), "{}", idle.output());
    drop(first);
    drop(worker);
}

#[test]
fn what_workers_measure_while_the_coordinator_is_dead_is_not_asked_again() {
    const CASES: usize = 1000;
    let project = chat::project(CASES);
    let model = Server::start(chat::answer);
    let nats = Nats::start(&[]);
    let start = |name: &str, arguments: &[&str]| {
        let arguments = [arguments, &["--queue", nats.url(), "--no-cache"]].concat();
        Background::start(chat::command(&project, &model, &arguments), project.path(&format!("{name}.log")))
    };
    let first = start("first", &["eval"]);
    until("all cases on the queue", || nats.cases() == CASES as u64);
    let mut worker = start("worker", &["worker", "--once", "--concurrency", "4"]);
    until("first results", || journalled(&project) > 100);
    first.signal("KILL");
    until("an empty queue", || nats.cases() == 0);
    let asked = model.received().len();
    start("second", &["eval", "--resume"]).ends(0);
    worker.ends(0);
    is_complete(&project.report(), CASES);
    // Only what was on its way into the journal at the kill is asked twice.
    assert_eq!(asked, CASES);
    assert!(model.received().len() < CASES + 30, "{}", model.received().len());
}

#[test]
fn an_interrupted_run_takes_its_cases_off_the_queue_and_goes_on_later() {
    const CASES: usize = 2000;
    let project = project(CASES);
    let nats = Nats::start(&[]);
    let mut coordinator = coordinator(&project, &nats, &[]);
    let mut first = worker(&project, &nats, "first", &["--once", "--concurrency", "4"]);
    until("first results", || journalled(&project) > 100);
    coordinator.signal("INT");
    coordinator.ends(2);
    first.ends(0);
    let mut second = worker(&project, &nats, "second", &["--once"]);
    Ran::of(&mut project.command(".", &["eval", "--queue", nats.url(), "--resume"])).ends(0);
    second.ends(0);
    is_complete(&project.report(), CASES);
}

#[test]
fn a_worker_with_another_prompt_says_so_and_takes_nothing() {
    let ours = project(20);
    let theirs = project(20);
    theirs.write("prompts/qa/1.0.0.md", &PROMPT.replace("{{ question }}", "Please: {{ question }}"));
    let nats = Nats::start(&[]);
    let mut coordinator = coordinator(&ours, &nats, &[]);
    let mut other = worker(&theirs, &nats, "other", &[]);
    other.says("is not for this worker: prompt is qa@1.0.0 ");
    assert_eq!(journalled(&ours), 0);
    let mut right = worker(&ours, &nats, "right", &["--once"]);
    coordinator.ends(0);
    right.ends(0);
    other.signal("INT");
    other.ends(0);
    assert!(!other.output().contains("working for"), "{}", other.output());
    is_complete(&ours.report(), 20);
}

#[test]
fn a_case_that_the_server_would_not_take_fails_alone() {
    let project = project(3);
    let long = format!("Is {} long?", "x".repeat(9000));
    project.write(
        "evals/dataset.jsonl",
        &format!("{}{{\"id\": \"long\", \"question\": \"{long}\"}}\n", project.read("evals/dataset.jsonl")),
    );
    let folder = project.path("nats.conf");
    std::fs::write(&folder, "max_payload: 8192\n").unwrap();
    let nats = Nats::start(&["-c", folder.to_str().unwrap()]);
    let mut worker = worker(&project, &nats, "worker", &["--once"]);
    Ran::of(&mut project.command(".", &["eval", "--queue", nats.url()])).ends(2);
    worker.ends(0);
    let error = project.report()["results"][3]["error"].as_str().unwrap().to_owned();
    assert!(error.ends_with("and the queue's server takes at most 8192 (its max_payload)"), "{error}");
    assert_eq!(project.report()["cases"]["errored"], 1);
}

#[test]
fn credentials_are_used_and_not_shown() {
    let project = project(3);
    let nats = Nats::start(&["--user", "me", "--pass", "s3cret/word"]);
    let url = nats.url().replace("nats://", "nats://me:s3cret%2Fword@");
    let right = [("URL", url.as_str())];
    let mut command = project.command(".", &["worker", "--once", "--queue", "env:URL"]);
    let mut worker = Background::start(
        {
            command.envs(right);
            command
        },
        project.path("worker.log"),
    );
    let ran = Ran::of(project.command(".", &["eval", "--queue", "env:URL"]).envs(right)).ends(0);
    worker.ends(0);
    let wrong = url.replace("s3cret", "wr0ng");
    let refused = Ran::of(&mut project.command(".", &["eval", "--queue", &wrong])).ends(2);
    assert!(refused.stderr.contains("authorization violation"), "{}", refused.stderr);
    for text in [ran.stderr, refused.stderr, worker.output()] {
        assert!(!text.contains("s3cret") && !text.contains("wr0ng"), "{text}");
    }
}

#[test]
fn without_a_server_the_error_says_what_is_missing() {
    let project = project(3);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("nats://127.0.0.1:{port}");
    for command in ["eval", "worker"] {
        let ran = project.run(&[command, "--queue", &url]).ends(2);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert!(
            lines[0].starts_with(&format!("error: cannot connect to the queue 127.0.0.1:{port}: ")),
            "{}",
            ran.stderr
        );
        assert!(lines[1].starts_with("hint: is nats-server running there, with JetStream"), "{}", ran.stderr);
    }
    let ran = project.run(&["eval", "--queue", "http://me:s3cret@host"]).ends(3);
    assert!(
        ran.stderr.starts_with("error: the address of the queue is not one of a NATS server\nhint: "),
        "{}",
        ran.stderr
    );
}
