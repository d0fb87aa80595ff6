//! The response cache: what it answers, what it does not, and that it never is the reason why a run fails.

use std::process::Stdio;

#[cfg(target_os = "linux")]
use crate::support::chat::with_own_mounts;
use crate::support::chat::{KEY, answer, command, config, project, run};
use crate::support::http::{Scripted, Server};
use crate::support::{Project, Ran};

/// Runs, and says how many requests the model got.
fn requests(project: &Project, server: &Server, arguments: &[&str]) -> usize {
    let before = server.received().len();
    run(project, server, arguments).ends(0);
    server.received().len() - before
}

#[test]
fn a_second_run_sends_nothing_and_measures_the_same() {
    let server = Server::start(answer);
    let project = project(8);
    assert_eq!(requests(&project, &server, &["eval"]), 8);
    let first = project.report();
    assert_eq!(requests(&project, &server, &["eval"]), 0);
    let second = project.report();
    assert_eq!(first["estimates"], second["estimates"]);
    assert_eq!(first["usage"], second["usage"]);
    let row = &second["results"][0];
    assert_eq!((&row["cached"], &row["attempts"], &row["latency_ms"]), (&true.into(), &0.into(), &().into()));
    let ran = run(&project, &server, &["eval"]).ends(0);
    assert!(ran.stdout.contains("from the cache     8 answers"), "{}", ran.stdout);
    // Another key shares what was paid for; no key is in the file.
    let ran = Ran::of(command(&project, &server, &["eval"]).env("OPENAI_API_KEY", "sk-another-key-987654"));
    ran.ends(0);
    assert_eq!(server.received().len(), 8);
    let file = std::fs::read(project.path(".llmops/cache.db")).unwrap();
    assert!(!file.windows(KEY.len()).any(|window| window == KEY.as_bytes()));
}

#[test]
fn whatever_can_change_the_answer_asks_again() {
    let server = Server::start(answer);
    let project = project(3);
    let warm = |arguments: &[&str]| requests(&project, &server, arguments);
    assert_eq!(warm(&["eval"]), 3);
    assert_eq!(warm(&["eval", "--no-cache"]), 3);
    assert_eq!(warm(&["eval", "--model", "openai/other"]), 3);
    // The first of the repeats is known already.
    assert_eq!(warm(&["eval", "--repeats", "3"]), 6);
    let prompt = "---\nvariables: [question]\nparameters: { temperature: 0.5 }\n---\n{{ question }}\n";
    project.write("prompts/qa/1.0.1.md", prompt);
    assert_eq!(warm(&["eval"]), 3);
    project.write("prompts/qa/1.0.2.md", &prompt.replace("0.5", "0.6"));
    assert_eq!(warm(&["eval"]), 3);
    assert_eq!(warm(&["eval"]), 0);
    // A bar on latency wants the model's own time.
    project.write("llmops.toml", &format!("{}latency = \"10 s\"\n", config("")));
    assert_eq!(warm(&["eval"]), 3);
    project.write("llmops.toml", &format!("{}[cache]\nenabled = false\n", config("")));
    assert_eq!(warm(&["eval"]), 3);
}

#[test]
fn processes_share_the_file() {
    let server = Server::start(answer);
    let project = project(20);
    let start = || {
        command(&project, &server, &["eval", "-q", "--report", "other.json"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..4).map(|_| start()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(requests(&project, &server, &["eval"]), 0);
    let stats = project.run(&["cache", "stats", "--json"]).ends(0);
    let stats: serde_json::Value = serde_json::from_str(&stats.stdout).unwrap();
    assert_eq!((&stats["replies"], &stats["expired"]), (&20.into(), &0.into()));
}

#[test]
fn a_damaged_file_is_set_aside_and_said() {
    let server = Server::start(answer);
    let project = project(3);
    requests(&project, &server, &["eval"]);
    let path = project.path(".llmops/cache.db");
    let whole = std::fs::read(&path).unwrap();
    for damaged in [
        b"this is no database, whatever it was before it became this".to_vec(),
        [&whole[..100], &[0xff; 5000]].concat(),
    ] {
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(project.path(&format!(".llmops/cache.db{suffix}")));
        }
        std::fs::write(&path, &damaged).unwrap();
        let ran = run(&project, &server, &["eval"]).ends(0);
        assert!(
            ran.stderr
                .contains("warning: the response cache .llmops/cache.db was damaged; it is now cache.db.damaged-"),
            "{}",
            ran.stderr
        );
        assert_eq!(requests(&project, &server, &["eval"]), 0);
    }
    let names: Vec<String> = std::fs::read_dir(project.path(".llmops"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(names.iter().any(|name| name.starts_with("cache.db.damaged")), "{names:?}");
}

#[test]
fn what_is_kept_can_be_seen_and_deleted() {
    let server = Server::start(answer);
    let project = project(5);
    for command in [&["cache", "stats"][..], &["cache", "prune"]] {
        assert_eq!(project.run(command).ends(0).stdout, "no replies are kept\n");
    }
    requests(&project, &server, &["eval"]);
    let stats = project.run(&["cache", "stats"]).ends(0).stdout;
    assert!(stats.starts_with("replies  5\n"), "{stats}");
    let pruned = project.run(&["cache", "prune"]).ends(0).stdout;
    assert!(pruned.starts_with("0 replies removed, 5 left"), "{pruned}");
    let pruned = project.run(&["cache", "prune", "--all"]).ends(0).stdout;
    assert!(pruned.starts_with("5 replies removed, 0 left"), "{pruned}");
    assert_eq!(requests(&project, &server, &["eval"]), 5);
    project.run(&["cache", "prune", "--older-than", "7"]).ends(3);
}

#[test]
fn what_is_too_old_or_was_no_answer_is_asked_again() {
    let server = Server::start(answer);
    let old = project(3);
    old.write("llmops.toml", &format!("{}[cache]\nttl = \"1 ms\"\n", config("")));
    for _ in 0..2 {
        assert_eq!(requests(&old, &server, &["eval"]), 3);
    }
    let refusal = r#"{"choices": [{"message": {"content": null, "refusal": "No."}, "finish_reason": "stop"}]}"#;
    let server = Server::start(move |_| Scripted::json(refusal));
    let refused = project(3);
    for runs in 1..=2 {
        run(&refused, &server, &["eval", "-q"]).ends(2);
        assert_eq!(server.received().len(), 3 * runs);
    }
}

/// The journal of runs, which lies in the same folder, stays on the usual disk; its failures have tests of their own.
#[cfg(target_os = "linux")]
const JOURNAL: &str = "mkdir -p .llmops/runs && mount --bind runs .llmops/runs";

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_the_cache_and_not_the_run() {
    let server = Server::start(answer);
    let project = project(5);
    for folder in ["runs", ".llmops"] {
        std::fs::create_dir(project.path(folder)).unwrap();
    }
    let script = format!("mount -t tmpfs -o size=8k none .llmops && {JOURNAL} && $LLMOPS eval -q");
    let Some(ran) = with_own_mounts(&project, &server, &script) else { return };
    let ran = ran.ends(0);
    assert!(ran.stderr.starts_with("warning: "), "{}", ran.stderr);
    let [cache, ledger] = ran.stderr.lines().collect::<Vec<_>>()[..] else { panic!("{}", ran.stderr) };
    assert!(cache.contains(".llmops/cache.db"), "{cache}");
    let expected = "warning: not every call is written down: cannot open the ledger of costs .llmops/ledger.db: ";
    assert!(ledger.starts_with(expected), "{ledger}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_cache_is_still_read() {
    let server = Server::start(answer);
    let project = project(5);
    std::fs::create_dir(project.path("runs")).unwrap();
    assert_eq!(requests(&project, &server, &["eval"]), 5);
    // So that the replies are in the file itself and not in SQLite's log beside it.
    project.run(&["cache", "prune"]).ends(0);
    let rows = project.read("evals/dataset.jsonl");
    let row = rows.lines().last().unwrap().replace('4', "9");
    project.write("evals/dataset.jsonl", &format!("{rows}{row}\n"));
    let expected = "warning: cannot write to the response cache .llmops/cache.db: it is read-only; new replies are not \
                    kept\nwarning: not every call is written down: cannot ";
    let evidence = "\nwhat was measured of the prompt is not kept for `llmops prompt`: cannot write \
                    ./.llmops/evaluations/";
    let script =
        format!("mount --bind .llmops .llmops && {JOURNAL} && mount -o remount,bind,ro .llmops && $LLMOPS eval -q");
    // First as SQLite leaves the folder, then with the database alone.
    for sent in [6, 7] {
        let Some(ran) = with_own_mounts(&project, &server, &script) else { return };
        let ran = ran.ends(0);
        assert_eq!(server.received().len(), sent);
        assert!(ran.stderr.starts_with(expected) && ran.stderr.contains(evidence), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 3, "{}", ran.stderr);
        for suffix in ["wal", "shm"] {
            let _ = std::fs::remove_file(project.path(&format!(".llmops/cache.db-{suffix}")));
        }
    }
}
