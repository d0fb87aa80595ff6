//! Runs that are interrupted, killed, split, repeated or starved: nothing is lost, nothing is counted twice.

use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::Value;

#[cfg(target_os = "linux")]
use crate::support::chat::with_own_mounts;
use crate::support::chat::{answer, command, config, project, reply, run};
use crate::support::http::{Scripted, Server};
use crate::support::{Project, Ran, comparable, ids, journalled, until};

/// Answers so many requests and holds the others, until it is opened.
struct Valve {
    left: Mutex<usize>,
    opened: Condvar,
    held: AtomicUsize,
}

impl Valve {
    fn new(answers: usize) -> Arc<Self> {
        Arc::new(Self { left: Mutex::new(answers), opened: Condvar::new(), held: AtomicUsize::new(0) })
    }

    fn pass(&self) {
        let mut left = self.left.lock().unwrap();
        if *left == 0 {
            self.held.fetch_add(1, Ordering::SeqCst);
        }
        while *left == 0 {
            left = self.opened.wait(left).unwrap();
        }
        *left -= 1;
    }

    fn open(&self) {
        *self.left.lock().unwrap() = usize::MAX;
        self.opened.notify_all();
    }
}

#[test]
fn a_killed_run_goes_on_and_gives_the_report_of_an_undisturbed_one() {
    let valve = Valve::new(30);
    let gate = Arc::clone(&valve);
    let server = Server::start(move |request| {
        gate.pass();
        answer(request)
    });
    let project = project(60);
    let mut child = command(&project, &server, &["eval", "--no-cache", "--concurrency", "8"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("30 rows are journalled", || journalled(&project) == 30);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!project.path("llmops/eval_report.json").exists());

    valve.open();
    let before = server.received().len();
    let ran = run(&project, &server, &["eval", "--no-cache", "--resume"]).ends(0);
    assert!(ran.stderr.contains("going on with an interrupted run: 30 of 60 are done"), "{}", ran.stderr);
    assert_eq!(server.received().len() - before, 30);
    let resumed = project.report();
    run(&project, &server, &["eval", "--no-cache"]).ends(0);
    assert_eq!(ids(&resumed), (0..60).map(|id| format!("c{id}")).collect::<Vec<_>>());
    assert_eq!(comparable(resumed), comparable(project.report()));
    // There is nothing left to go on with.
    let ran = run(&project, &server, &["eval", "--no-cache", "--resume"]).ends(0);
    assert!(!ran.stderr.contains("going on"), "{}", ran.stderr);
}

#[test]
fn on_a_ci_system_an_interrupted_run_goes_on_by_itself() {
    let valve = Valve::new(5);
    let gate = Arc::clone(&valve);
    let server = Server::start(move |request| {
        gate.pass();
        answer(request)
    });
    let project = project(12);
    project.record("qa@1.0.0");
    let mut child = command(&project, &server, &["ci", "--no-cache", "--concurrency", "2"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("5 rows are journalled", || journalled(&project) == 5);
    child.kill().unwrap();
    child.wait().unwrap();
    valve.open();
    // By hand it begins anew, and says that it need not.
    let ran = run(&project, &server, &["eval", "--no-cache"]).ends(0);
    assert!(ran.stderr.contains("an interrupted run of the same content has 5 of 12"), "{}", ran.stderr);
    let ran = Ran::of(command(&project, &server, &["ci", "--no-cache"]).env("CI", "true")).ends(0);
    assert!(ran.stderr.contains("going on with an interrupted run: 5 of 12 are done"), "{}", ran.stderr);
    // What changes an answer makes another run of it; what only changes the bar does not.
    assert!(
        !run(&project, &server, &["eval", "--no-cache", "--resume", "--model", "openai/other"])
            .ends(0)
            .stderr
            .contains("going")
    );
}

/// When a kill comes is random, by the clock or by the number of answers, so that it hits whatever the program does:
/// starting, checking, asking, writing a line, writing the report.
#[test]
fn two_hundred_random_kills_lose_nothing_and_double_nothing() {
    const KILLS: usize = 200;
    let answered = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&answered);
    let server = Server::start(move |request| {
        count.fetch_add(1, Ordering::SeqCst);
        answer(request)
    });
    let project = project(150);
    let mut random = fastrand::Rng::with_seed(7);
    let (mut kills, mut resumed) = (0, 0);
    while kills < KILLS {
        let mut child = command(&project, &server, &["eval", "--no-cache", "--resume", "--concurrency", "2"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let until = std::time::Instant::now() + std::time::Duration::from_micros(random.u64(5_000..60_000));
        let enough = answered.load(Ordering::SeqCst) + random.usize(1..120);
        let is_due = || match kills % 2 {
            0 => std::time::Instant::now() >= until,
            _ => answered.load(Ordering::SeqCst) >= enough,
        };
        let ended = loop {
            match child.try_wait().unwrap() {
                Some(status) => break Some(status),
                None if is_due() => break None,
                None => std::thread::yield_now(),
            }
        };
        if let Some(status) = ended {
            assert!(status.success());
            check_complete(&project, 150);
            continue;
        }
        child.kill().unwrap();
        let stderr = child.wait_with_output().unwrap().stderr;
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        resumed += usize::from(stderr.contains("going on with an interrupted run"));
        kills += 1;
    }
    run(&project, &server, &["eval", "--no-cache", "--resume"]).ends(0);
    let after_kills = comparable(project.report());
    run(&project, &server, &["eval", "--no-cache"]).ends(0);
    assert_eq!(after_kills, comparable(project.report()));
    assert!(resumed > KILLS / 10, "{resumed}: hardly any kill hit a run in its middle");
}

fn check_complete(project: &Project, cases: usize) {
    let report = project.report();
    assert_eq!(ids(&report), (0..cases).map(|id| format!("c{id}")).collect::<Vec<_>>());
    assert_eq!(project.relevancy(), (Some(0.5), cases as u64, 0, 0));
}

#[test]
fn only_what_failed_is_asked_again() {
    let sick = Arc::new(AtomicUsize::new(1));
    let state = Arc::clone(&sick);
    let server = Server::start(move |request| {
        let fails = state.load(Ordering::SeqCst) == 1 && request.body.contains("Say 3.");
        if fails { Scripted::status(400, r#"{"error":{"message":"no"}}"#) } else { answer(request) }
    });
    let project = project(10);
    let ran = run(&project, &server, &["eval", "--no-cache", "--retry-errors"]).ends(3);
    assert!(ran.stderr.starts_with("error: there is no run of this content"), "{}", ran.stderr);
    run(&project, &server, &["eval", "--no-cache"]).ends(2);
    sick.store(0, Ordering::SeqCst);
    let before = server.received().len();
    let ran = run(&project, &server, &["eval", "--no-cache", "--retry-errors"]).ends(0);
    assert!(ran.stderr.contains("1 failed and are asked again; 9 of 10 are kept"), "{}", ran.stderr);
    assert_eq!(server.received().len() - before, 1);
    check_complete(&project, 10);
}

#[test]
fn shards_and_merge_give_the_report_of_the_whole_run() {
    let server = Server::start(answer);
    let project = project(11);
    run(&project, &server, &["eval", "--no-cache"]).ends(0);
    let whole = comparable(project.report());
    let mut files = Vec::new();
    for shard in 1..=3 {
        let file = format!("shards/{shard}.json");
        let part = format!("{shard}/3");
        let ran = run(&project, &server, &["eval", "--no-cache", "--shard", &part, "--report", &file]).ends(0);
        assert!(ran.stdout.starts_with("SHARD  "), "{}", ran.stdout);
        // A shard alone is no pass, whatever it measured.
        let report: Value = serde_json::from_str(&project.read(&file)).unwrap();
        assert_eq!((&report["verdict"], &report["passed"]), (&"undecided".into(), &false.into()));
        files.push(file);
    }
    let ran = project.run(&["merge", "shards"]).ends(0);
    assert!(ran.stdout.starts_with("PASS  "), "{}", ran.stdout);
    assert_eq!(comparable(project.report()), whole);

    // A job that only gates has no checkout of the project.
    let elsewhere = Project::new(&[]);
    for file in &files {
        elsewhere.write(file, &project.read(file));
    }
    elsewhere.run(&["merge", "shards"]).ends(0);
    assert_eq!(comparable(elsewhere.report()), whole);

    let ran = project.run(&["merge", &files[0], &files[2]]).ends(2);
    assert!(ran.stdout.contains("the run ended after 7 of 11 cases: the shard 2/3 is missing"), "{}", ran.stdout);
    let ran = project.run(&["merge", &files[0], "llmops/eval_report.previous.json"]).ends(3);
    assert!(ran.stderr.contains("this is the report of a whole run, not of a shard"), "{}", ran.stderr);
    project.run(&["merge", &files[0], &files[0]]).ends(3);
    // A bar that the whole run misses fails after merging as it does before.
    project.write("llmops.toml", &config("").replace("= 0.5", "= 0.6"));
    run(&project, &server, &["eval", "--no-cache"]).ends(1);
    for (shard, file) in (1..).zip(&files) {
        let part = format!("{shard}/3");
        run(&project, &server, &["eval", "--no-cache", "--shard", &part, "--report", file]).ends(0);
    }
    project.run(&["merge", "shards"]).ends(1);
}

#[test]
fn a_shard_that_goes_on_counts_its_own_cases() {
    let valve = Valve::new(2);
    let gate = Arc::clone(&valve);
    let server = Server::start(move |request| {
        gate.pass();
        answer(request)
    });
    let project = project(11);
    let shard = ["eval", "--no-cache", "--shard", "1/3"];
    let ran = run(&project, &server, &[&shard[..], &["--concurrency", "1", "--max-time", "2 s"]].concat()).ends(2);
    assert!(ran.stdout.contains("the run ended after 2 of 4 cases"), "{}", ran.stdout);
    valve.open();
    let ran = run(&project, &server, &[&shard[..], &["--resume"]].concat()).ends(0);
    assert!(ran.stderr.contains("going on with an interrupted run: 2 of 4 are done"), "{}", ran.stderr);
}

#[test]
fn a_provider_that_is_down_ends_the_run_early() {
    let server = Server::start(|_| Scripted::status(401, r#"{"error":{"message":"wrong key"}}"#));
    let project = project(500);
    let ran = run(&project, &server, &["eval", "--no-cache", "--concurrency", "4"]).ends(2);
    let expected =
        "the run ended after 20 of 500 cases: 20 of 20 failed: openai refused the key in OPENAI_API_KEY: wrong key";
    assert!(ran.stdout.contains(expected), "{}", ran.stdout);
    assert!(server.received().len() < 30, "{}", server.received().len());
}

#[test]
fn a_run_ends_when_its_time_is_up_and_can_go_on() {
    let valve = Valve::new(7);
    let gate = Arc::clone(&valve);
    let server = Server::start(move |request| {
        gate.pass();
        answer(request)
    });
    let project = project(20);
    let ran = run(&project, &server, &["eval", "--no-cache", "--concurrency", "3", "--max-time", "2 s"]).ends(2);
    assert!(ran.stdout.contains("the run ended after 7 of 20 cases: the run's time of 2 s was up"), "{}", ran.stdout);
    assert_eq!(project.report()["ended_early"], "the run's time of 2 s was up");
    valve.open();
    run(&project, &server, &["eval", "--no-cache", "--resume"]).ends(0);
    check_complete(&project, 20);
    run(&project, &server, &["eval", "--no-cache", "--max-time", "7"]).ends(3);
}

#[test]
fn repeats_ask_each_case_again_and_count_it_once() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| {
        // Every second answer is right.
        let is_right = count.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
        reply(if is_right { "<0> <1> <2> never" } else { "no" })
    });
    let project = project(3);
    let ran = run(&project, &server, &["eval", "--no-cache", "--repeats", "2", "--concurrency", "1"]).ends(0);
    let report = project.report();
    assert_eq!(project.relevancy(), (Some(0.5), 3, 0, 0));
    assert_eq!(report["flaky"].as_array().unwrap().len(), 3);
    assert!(ran.stdout.contains("pass@2 1.000, pass^2 0.000"), "{}", ran.stdout);
    assert!(ran.stdout.contains("answer_relevancy met in 1 of 2"), "{}", ran.stdout);
    assert_eq!((report["repeats"].clone(), report["cases"]["total"].clone()), (2.into(), 3.into()));
    let places: Vec<(u64, u64)> = report["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["index"].as_u64().unwrap(), row["repeat"].as_u64().unwrap()))
        .collect();
    assert_eq!(places, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]);
    assert_eq!(server.received().len(), 6);
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_what_was_finished_is_kept() {
    let server = Server::start(answer);
    let project = project(400);
    // What the small disk holds is copied away before it is gone with its namespace.
    let script = "mkdir -p .llmops/runs kept && mount -t tmpfs -o size=64k none .llmops/runs && \
                  $LLMOPS eval --no-cache -q --concurrency 4; code=$?; cp .llmops/runs/* kept/; exit $code";
    let Some(ran) = with_own_mounts(&project, &server, script) else { return };
    let ran = ran.ends(2);
    assert!(ran.stderr.starts_with("error: cannot write the journal ./.llmops/runs/"), "{}", ran.stderr);
    assert!(ran.stderr.contains("No space left on device"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("hint: what was finished before is kept; free the disk, and go on with --resume"),
        "{}",
        ran.stderr
    );
    // On a larger disk it goes on.
    std::fs::remove_dir(project.path(".llmops/runs")).unwrap();
    std::fs::rename(project.path("kept"), project.path(".llmops/runs")).unwrap();
    let kept = journalled(&project);
    assert!((20..400).contains(&kept), "{kept}");
    let before = server.received().len();
    let resumed = run(&project, &server, &["eval", "--no-cache", "--resume"]).ends(0);
    assert!(resumed.stderr.contains(&format!("{kept} of 400 are done")), "{}", resumed.stderr);
    assert_eq!(server.received().len() - before, 400 - kept);
    check_complete(&project, 400);
}

#[cfg(target_os = "linux")]
#[test]
fn in_a_read_only_folder_nothing_is_asked() {
    let server = Server::start(answer);
    let project = project(5);
    let script = "mount --bind . . && mount -o remount,ro,bind . && cd \"$PWD\" && $LLMOPS eval -q";
    let Some(ran) = with_own_mounts(&project, &server, script) else { return };
    let ran = ran.ends(2);
    assert!(ran.stderr.starts_with("error: cannot write the report"), "{}", ran.stderr);
    assert!(ran.stderr.contains("Read-only file system"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: nothing was run"), "{}", ran.stderr);
    assert!(server.received().is_empty());
    // Only the state folder: the same of the journal.
    std::fs::create_dir_all(project.path(".llmops")).unwrap();
    let script = "mount --bind .llmops .llmops && mount -o remount,ro,bind .llmops && $LLMOPS eval -q";
    let ran = with_own_mounts(&project, &server, script).unwrap().ends(2);
    assert!(ran.stderr.starts_with("error: cannot write the journal"), "{}", ran.stderr);
    assert!(server.received().is_empty());
}
