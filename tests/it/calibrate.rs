//! A judge held against people: the figures, what the gate makes of them, and what must not be made of them.

use std::collections::HashSet;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::formats::problems;
use crate::support::http::{Scripted, Server};
use crate::support::judge::{Asked, JUDGE, asked, run, says};
use crate::support::{Project, Ran, chromium};

/// An application that answers with the question, and a judge.
fn serve(judge: impl Fn(&Asked) -> Scripted + Send + Sync + 'static) -> Server {
    Server::start(move |request| {
        if request.path == "/ask" {
            let body: Value = serde_json::from_str(&request.body).unwrap();
            return Scripted::json(json!({ "answer": body["question"] }).to_string());
        }
        match Asked::of(request) {
            Some(asked) => judge(&asked),
            None => Scripted::status(400, "no judge is asked like this"),
        }
    })
}

/// What is judged of an answer stands in it: `+` and `-`, or a digit.
fn text(asked: &Asked) -> String {
    asked.data["items"][0]["text"].as_str().unwrap().to_owned()
}

fn says_of_plus(asked: &Asked) -> Scripted {
    asked.verdicts(if text(asked).contains('+') { "same" } else { "conflict" }, &[])
}

/// The judge's whole grade is the answer's digit.
fn grades(asked: &Asked) -> Scripted {
    let score: u8 = text(asked).chars().next().unwrap().to_digit(10).unwrap().try_into().unwrap();
    says(&json!({ "id": "answer", "reason": "as it stands", "score": score }).to_string())
}

/// A project that measures one metric, described in `more`, of that application.
fn project(server: &Server, metric: &str, bar: f64, more: &str) -> Project {
    let config = format!(
        "[target]\nkind = \"http\"\nurl = \"{}/ask\"\nbody = '{{\"question\": {{{{ question | tojson }}}}}}'\ntimeout = \"5 s\"\n\
         [eval]\nmetrics = [\"{metric}\"]\n[gate]\n{metric} = {bar}\n{more}",
        server.url
    );
    Project::new(&[("llmops.toml", &config)])
}

fn configure(project: &Project, from: &str, to: &str) {
    let config = project.read("llmops.toml");
    assert!(config.contains(from), "{config}");
    project.write("llmops.toml", &config.replace(from, to));
}

/// Passes and failures, by a judge with one call an answer.
const RIGHT: &str = "[metrics.right]\ntype = \"factuality\"\npass_mark = 0.5\n";
/// Grades of 1 to 5, as 0, 0.25, ... 1.
const TONE: &str = "[metrics.tone]\ntype = \"rubric\"\ncriteria = \"Kind.\"\n";
const NO_LOGPROBS: &str = "[judge]\nmodel = \"openai/judge\"\nlogprobs = false\n";

/// Writes rows as the file's lines.
fn write(project: &Project, file: &str, rows: impl IntoIterator<Item = Value>) {
    let lines: Vec<String> = rows.into_iter().map(|row| row.to_string()).collect();
    project.write(file, &(lines.join("\n") + "\n"));
}

fn label(id: usize, answer: &str, label: &Value) -> Value {
    let answer = format!("{answer} {id}");
    json!({ "id": format!("l{id}"), "question": "Q?", "answer": answer, "reference_answer": "R", "label": label })
}

/// 40 failures, of which the judge fails 34, and 60 passes, of which it passes 54.
fn label_passes(project: &Project) {
    let judged = |index: usize, right: usize, of: &str, other: &str| {
        if index < right { of.to_owned() } else { other.to_owned() }
    };
    let failing = (0..40).map(|index| label(index, &judged(index, 34, "-", "+"), &json!("fail")));
    let passing = (0..60).map(|index| label(40 + index, &judged(index, 54, "+", "-"), &json!("pass")));
    write(project, "labels.jsonl", failing.chain(passing));
}

/// A dataset whose application gives so many answers that the judge passes.
fn cases(project: &Project, passed: usize, of: usize) {
    let question = |index: usize| if index < passed { format!("+ {index}") } else { format!("- {index}") };
    let case = |index: usize| json!({ "id": index, "question": question(index), "reference_answer": "R" });
    write(project, "evals/dataset.jsonl", (0..of).map(case));
}

fn calibrated(project: &Project, server: &Server) -> Ran {
    run(project, server, &["judge", "calibrate", "labels.jsonl", "-q"]).ends(0)
}

fn kept(project: &Project) -> Value {
    serde_json::from_str(&project.read("evals/calibration.json")).unwrap()
}

#[track_caller]
fn close(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

#[test]
fn a_judge_with_known_errors_has_the_known_figures() {
    let server = serve(says_of_plus);
    let project = project(&server, "right", 0.8, &format!("{RIGHT}{JUDGE}"));
    label_passes(&project);
    let ran = run(&project, &server, &["judge", "calibrate", "labels.jsonl", "-q", "--json"]).ends(0);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    let figures = &found["figures"];
    // scikit-learn 1.9.1: accuracy_score, cohen_kappa_score, precision_recall_fscore_support; the interval is that of statsmodels'
    // proportion_confint(88, 100, method="wilson").
    close(&figures["accuracy"]["value"], 0.88);
    close(&figures["accuracy"]["low"], 0.801_879_005_732_885_7);
    close(&figures["kappa"]["value"], 0.75);
    for (class, share, n) in [(0, 0.85, 40), (1, 0.9, 60)] {
        let class = &figures["classes"][class];
        close(&class["precision"]["value"], share);
        close(&class["recall"]["value"], share);
        assert_eq!((&class["recall"]["n"], &class["labelled"]), (&json!(n), &json!(n)));
    }
    close(&figures["classes"][0]["recall"]["low"], 0.709_276_756_335_102_9);
    close(&figures["repeats"]["value"], 1.0);
    assert_eq!(figures["disagreements"].as_array().unwrap().len(), 12);
    assert_eq!((&found["method"], &found["cost"]["unknown"]), (&json!("rogan_gladen"), &json!(200)));
    let entry = &kept(&project)["metrics"]["right"];
    let expected = json!({ "counts": { "failing": { "right": 34, "of": 40 }, "passing": { "right": 54, "of": 60 } } });
    assert_eq!((&entry["evidence"], &entry["labels"]["n"]), (&expected, &json!(100)));
    // Asked twice, and the second time not answered from the cache of the first; now both are kept.
    assert_eq!(asked(&server).len(), 200);
    let ran = calibrated(&project, &server);
    assert_eq!(asked(&server).len(), 200);
    for line in [
        "right  openai/judge  factuality 1 (",
        "  labels           100 in labels.jsonl, 40 fail, 60 pass\n",
        "  accuracy         0.880 [0.802, 0.930], n = 100\n",
        "  kappa            0.750 [",
        "  fail             precision 0.850 [0.709, 0.929], n = 40; recall 0.850 [0.709, 0.929], n = 40\n",
        "  repeats agree    1.000 [0.963, 1.000], n = 100\n",
        "  kept in          evals/calibration.json\n",
        "the gate will correct the pass rate by how often the judge is right on passes and on failures: that of these answers \
         from 0.600 to 0.600 [",
        "judge and people disagree on 12 answers\n  labels.jsonl:35 l34  Q?\n      people 0, judge 1  same: because of answer\n",
        "  ... and 2 more with --json\n",
    ] {
        assert!(ran.stdout.contains(line), "{line}\n{}", ran.stdout);
    }
}

#[test]
fn the_gate_decides_by_the_corrected_pass_rate() {
    let server = serve(says_of_plus);
    let project = project(&server, "right", 0.85, &format!("{RIGHT}{JUDGE}"));
    label_passes(&project);
    // Without a calibration the judged rate of 0.8 misses the bar.
    cases(&project, 160, 200);
    let eval = |exit| run(&project, &server, &["eval", "-q"]).ends(exit);
    let ran = eval(1);
    assert!(ran.stdout.contains("right is 0.800, under its bar of 0.850 (n = 200)"), "{}", ran.stdout);
    calibrated(&project, &server);
    let ran = eval(0);
    assert_eq!(problems(&project.report()), [""; 0]);
    let estimate = project.report()["estimates"]["right"].clone();
    close(&estimate["mean"], 0.8);
    // The paper's code (github.com/UW-Madison-Lee-Lab/LLM-judge-reporting, calibration.py) for 160 of 200, 34 of 40 and 54 of 60.
    close(&estimate["calibration"]["value"], 0.866_666_666_666_666_6);
    close(&estimate["calibration"]["low"], 0.754_649_758_347_525_5);
    let shown = "judged 0.800 [0.739, 0.850], corrected by 100 labels, kappa 0.75";
    assert!(ran.stdout.contains(shown), "{}", ran.stdout);
    assert!(ran.stdout.contains("0.867 ≥ 0.850    95 % [0.755, 1.000], n = 200"), "{}", ran.stdout);
    let shown_again = run(&project, &server, &["report", "--format", "markdown"]).ends(0).stdout;
    assert!(shown_again.contains(shown), "{shown_again}");
    let page = run(&project, &server, &["report", "--format", "html"]).ends(0).stdout;
    project.write("page.html", &page);
    let page = chromium::open(&project.path("page.html"), "").dom;
    assert!(page.contains("judged 0.800 (0.739 – 0.850), corrected by 100 labels, kappa 0.75"), "{page}");
    assert!(page.contains(">0.867</td>") && page.contains(">0.755 – 1.000</td>"), "{page}");
    // Its bound does not clear the bar.
    configure(&project, "[gate]\n", "[gate]\nrule = \"strict\"\n");
    let reason = "right is 0.867 corrected for the judge's errors (judged 0.800), but its 95 % bound is 0.7";
    let ran = eval(2);
    assert!(ran.stdout.contains(reason), "{}", ran.stdout);
    // A rate that the judge sees too high: (0.55 + 0.85 - 1) / 0.75.
    configure(&project, "rule = \"strict\"\nright = 0.85", "right = 0.54");
    cases(&project, 110, 200);
    let reason = "right is 0.533 corrected for the judge's errors (judged 0.550), under its bar of 0.540 (n = 200)";
    let ran = eval(1);
    assert!(ran.stdout.contains(reason), "{}", ran.stdout);
    // The verdict is that of the report alone.
    std::fs::remove_file(project.path("evals/calibration.json")).unwrap();
    run(&project, &server, &["report"]).ends(1);
}

#[test]
fn grades_are_corrected_by_the_judges_mean_error() {
    const PAIRS: [(f64, u8); 10] =
        [(1.0, 5), (1.0, 4), (0.75, 4), (0.75, 5), (0.5, 4), (0.5, 3), (0.25, 3), (0.25, 2), (0.0, 2), (0.0, 1)];
    let server = serve(grades);
    let project = project(&server, "tone", 0.55, &format!("{TONE}{NO_LOGPROBS}"));
    let labels = (0..30).map(|index| {
        let (truth, grade) = PAIRS[index % 10];
        label(index, &grade.to_string(), &json!(truth))
    });
    write(&project, "labels.jsonl", labels);
    let ran = run(&project, &server, &["judge", "calibrate", "labels.jsonl", "-q", "--json"]).ends(0);
    let figures = serde_json::from_str::<Value>(&ran.stdout).unwrap()["figures"].clone();
    // scikit-learn 1.9.1: cohen_kappa_score(..., weights="quadratic"); accuracy_score at 0.55, the bar.
    close(&figures["kappa"]["value"], 0.864_864_864_864_864_9);
    close(&figures["accuracy"]["value"], 0.9);
    assert_eq!((&figures["pass_mark"], &figures["kappa_is_weighted"]), (&json!(0.55), &json!(true)));
    assert_eq!(figures["judged"], json!({ "greedy": 30 }));
    close(&figures["mean_label"], 0.5);
    close(&figures["mean_judged"], 0.575);
    // Judged 0.6; people give 0.075 less, so that the bar is missed.
    let grades = ["3", "4", "3", "4", "3"];
    let case = |index: usize| json!({ "id": index, "question": format!("{} {index}", grades[index % 5]) });
    write(&project, "evals/dataset.jsonl", (0..40).map(case));
    let ran = run(&project, &server, &["eval", "-q"]).ends(1);
    assert_eq!(problems(&project.report()), [""; 0]);
    let estimate = project.report()["estimates"]["tone"].clone();
    close(&estimate["mean"], 0.6);
    close(&estimate["calibration"]["value"], 0.525);
    assert_eq!(estimate["calibration"]["method"], "prediction_powered");
    let reason = "tone is 0.525 corrected for the judge's errors (judged 0.600), under its bar of 0.550 (n = 40)";
    assert!(ran.stdout.contains(reason), "{}", ran.stdout);
}

#[test]
fn the_gate_does_not_decide_by_a_judge_below_the_least_kappa() {
    let server = serve(says_of_plus);
    let judge = JUDGE.replace("[judge]\n", "[judge]\nmin_kappa = 0.76\n");
    let project = project(&server, "right", 0.5, &format!("{RIGHT}{judge}"));
    label_passes(&project);
    cases(&project, 19, 20);
    let undecided = |reason: &str| {
        let ran = run(&project, &server, &["eval", "-q"]).ends(2);
        assert!(ran.stdout.contains(reason), "{}", ran.stdout);
    };
    undecided("right is judged, judge.min_kappa is 0.76, and it was never calibrated; run `llmops judge calibrate");
    let ran = calibrated(&project, &server);
    let said = "kappa 0.750 is below judge.min_kappa 0.76: the gate will not decide on right\n";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    undecided("the judge of right agrees with people at a kappa of 0.750, below judge.min_kappa 0.76 (100 labels)");
    let shown = |format: &str| run(&project, &server, &["report", "--format", format]).ends(2).stdout;
    assert!(shown("markdown").contains("**not decided**"));
    assert!(shown("junit").contains("<skipped message=\"right is 1.000, "), "{}", shown("junit"));
    configure(&project, "0.76", "0.74");
    run(&project, &server, &["eval", "-q"]).ends(0);
    configure(&project, "0.74", "1.5");
    let ran = run(&project, &server, &["eval", "-q"]).ends(3);
    assert!(ran.stderr.contains("judge.min_kappa is 1.5"), "{}", ran.stderr);
}

#[test]
fn a_calibration_of_something_else_is_not_used() {
    let changes = [
        ("openai/judge", "openai/other", "another judge, or one that is asked in another way"),
        ("Kind.", "Very kind.", "other instructions to the judge"),
        ("pass_mark = 0.7", "pass_mark = 0.8", "other options of the metric"),
        ("logprobs = false", "logprobs = false\nseed = 3", "another judge, or one that is asked in another way"),
    ];
    for (from, to, what) in changes {
        let server = serve(grades);
        let project = project(&server, "tone", 0.5, &format!("{TONE}pass_mark = 0.7\n{NO_LOGPROBS}"));
        let labels = [("5", "pass"), ("4", "fail"), ("1", "fail"), ("5", "pass"), ("2", "pass")];
        let labels = labels.iter().enumerate().map(|(id, (grade, word))| label(id, grade, &json!(word)));
        write(&project, "labels.jsonl", labels);
        calibrated(&project, &server);
        write(&project, "evals/dataset.jsonl", (0..4).map(|id| json!({ "id": id, "question": format!("5 {id}") })));
        let calibration = || project.report()["estimates"]["tone"].get("calibration").cloned();
        run(&project, &server, &["eval", "-q"]).ends(0);
        assert!(calibration().is_some());
        configure(&project, from, to);
        let ran = run(&project, &server, &["eval", "-q"]).ends(0);
        assert_eq!(calibration(), None);
        let note = format!(
            "tone is not corrected: its calibration is of {what}; `llmops judge calibrate labels.jsonl --metric tone` renews it"
        );
        assert!(ran.stdout.contains(&note), "{}", ran.stdout);
    }
}

#[test]
fn answers_that_cannot_be_judged_keep_nothing() {
    let server = serve(|asked| if text(asked).contains("- 7") { says("no JSON") } else { says_of_plus(asked) });
    let project = project(&server, "right", 0.5, &format!("{RIGHT}{JUDGE}"));
    label_passes(&project);
    let ran = run(&project, &server, &["judge", "calibrate", "labels.jsonl", "-q"]).ends(2);
    let message = "error: 1 of 100 answers could not be judged (allowed: 0 %); for example: the reply of the judge openai/judge \
                   cannot be used";
    assert!(ran.stderr.starts_with(message), "{}", ran.stderr);
    assert!(!project.path("evals/calibration.json").exists());
    configure(&project, "[gate]\n", "[gate]\nmax_error_rate = 0.01\n");
    let ran = calibrated(&project, &server);
    assert!(
        ran.stdout.contains("100 in labels.jsonl, 39 fail, 60 pass, 1 that could not be judged\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(kept(&project)["metrics"]["right"]["labels"]["n"], 99);
    // A judge that is down is left alone after twenty answers.
    let server = serve(|_| Scripted::status(401, "{}"));
    let ran = run(&project, &server, &["judge", "calibrate", "labels.jsonl", "-q", "--no-cache", "--concurrency", "1"])
        .ends(2);
    assert!(ran.stderr.contains("20 of 20 failed: the judge openai/judge failed"), "{}", ran.stderr);
    assert_eq!(asked(&server).len(), 40);
    assert_eq!(kept(&project)["metrics"]["right"]["labels"]["n"], 99);
}

#[test]
fn wrong_labels_are_said_at_once_and_nothing_is_asked() {
    let server = serve(says_of_plus);
    let project = project(&server, "right", 0.5, &format!("{RIGHT}{JUDGE}"));
    let rows = [
        json!({ "id": "a", "question": "Q", "answer": "+", "reference_answer": "R", "label": "pass" }),
        json!({ "id": "a", "question": "Q", "answer": "+", "reference_answer": "R", "label": 0.5 }),
        json!({ "id": "c", "question": "Q", "answer": "+", "label": "good" }),
    ];
    write(&project, "labels.jsonl", rows);
    let refused = |arguments: &[&str], expected: &str| {
        let ran = run(&project, &server, arguments).ends(3);
        assert_eq!(ran.stderr, expected);
        assert!(server.received().is_empty());
    };
    let arguments = ["judge", "calibrate", "labels.jsonl"];
    refused(
        &arguments,
        "\
error: labels.jsonl:2: the label is 0.5, but on line 1 labels are pass or fail
hint: label all answers in one way
error: labels.jsonl:2: the id \"a\" is already used on line 1
error: labels.jsonl:3: the label is \"good\"
hint: write \"pass\" or \"fail\", true or false, or a number from 0 to 1
error: labels.jsonl:3: right cannot judge it: the case has no reference answer
",
    );
    project.write("evals/calibration.json", "{}");
    label_passes(&project);
    let not_readable = "error: evals/calibration.json: not a calibration: missing field `schema` at line 1 column 2\n\
                        hint: restore it, or remove it and run `llmops judge calibrate` again\n";
    refused(&arguments, not_readable);
    cases(&project, 1, 2);
    refused(&["eval", "-q"], not_readable);
    std::fs::remove_file(project.path("evals/calibration.json")).unwrap();
    refused(
        &["judge", "calibrate", "labels.jsonl", "--metric", "tone"],
        "error: \"tone\" is no metric of the project that a model judges\nhint: it has: right\n",
    );
    configure(&project, "metrics = [\"right\"]", "metrics = [\"right\", \"factuality\"]");
    refused(
        &arguments,
        "error: the project has several metrics that a model judges\nhint: choose one with --metric: right, factuality\n",
    );
}

#[test]
fn a_judge_that_changes_its_mind_is_seen() {
    // It passes an answer with "?" the first time that it is asked, and not the second.
    let seen = Mutex::new(HashSet::new());
    let server = serve(move |asked| {
        let text = text(asked);
        let is_first = seen.lock().unwrap().insert(text.clone());
        let passes = text.contains('+') || (text.contains('?') && is_first);
        asked.verdicts(if passes { "same" } else { "conflict" }, &[])
    });
    let project = project(&server, "right", 0.5, &format!("{RIGHT}{JUDGE}"));
    let answers = ["+", "+", "+", "-", "-", "?", "?", "-", "+", "+"];
    let labels = answers.iter().enumerate().map(|(id, answer)| label(id, answer, &json!(*answer == "+")));
    write(&project, "labels.jsonl", labels);
    let ran = calibrated(&project, &server);
    assert!(ran.stdout.contains("  repeats agree    0.800 ["), "{}", ran.stdout);
}

#[test]
fn pairs_are_held_against_people_in_both_orders() {
    // It prefers what is better where it sees it, and else what stands first.
    let server = serve(|asked| {
        let item = |place: &str| asked.data["items"][0][place].as_str().unwrap().to_owned();
        let verdict = if item("second").contains('+') { "second" } else { "first" };
        asked.verdicts(verdict, &[])
    });
    let project = project(&server, "pairwise", 0.5, JUDGE);
    let rows = [("+", "better"), ("+", "better"), ("+", "tie"), ("=", "tie"), ("=", "worse")];
    let rows = rows.iter().enumerate().map(|(id, (answer, word))| label(id, answer, &json!(word)));
    write(&project, "labels.jsonl", rows);
    let ran = run(&project, &server, &["judge", "calibrate", "labels.jsonl", "-q"]).ends(0);
    for line in [
        "5 in labels.jsonl, 1 worse, 2 tie, 2 better\n",
        "  judged           orders agree 3 of 5\n",
        "  tie              precision 0.500 [",
        "weighted by squared distances\n",
        "from 0.800 to 0.600 [",
    ] {
        assert!(ran.stdout.contains(line), "{line}\n{}", ran.stdout);
    }
}

#[test]
fn the_correction_outlives_shards() {
    let server = serve(says_of_plus);
    let project = project(&server, "right", 0.85, &format!("{RIGHT}{JUDGE}"));
    label_passes(&project);
    cases(&project, 160, 200);
    calibrated(&project, &server);
    for shard in ["1/2", "2/2"] {
        let file = format!("shards/{}.json", &shard[..1]);
        run(&project, &server, &["eval", "-q", "--shard", shard, "--report", &file]).ends(0);
    }
    std::fs::remove_file(project.path("evals/calibration.json")).unwrap();
    run(&project, &server, &["merge", "shards"]).ends(0);
    close(&project.report()["estimates"]["right"]["calibration"]["low"], 0.754_649_758_347_525_5);
}

#[test]
fn a_judged_value_that_is_corrected_stops_no_run() {
    let server = serve(says_of_plus);
    let project = project(&server, "right", 0.7, &format!("{RIGHT}{JUDGE}"));
    configure(&project, "[eval]\n", "[eval]\nstop = \"decided\"\nconcurrency = 1\n");
    label_passes(&project);
    cases(&project, 32, 40);
    let finished = || project.report()["cases"]["finished"].as_u64().unwrap();
    run(&project, &server, &["eval", "-q"]).ends(0);
    assert!(finished() < 40, "{}", finished());
    calibrated(&project, &server);
    run(&project, &server, &["eval", "-q"]).ends(0);
    assert_eq!(finished(), 40);
}

#[test]
fn calibrations_that_are_made_at_once_are_all_kept() {
    let server = serve(says_of_plus);
    let names: Vec<String> = (0..6).map(|number| format!("right_{number}")).collect();
    let tables: String = names.iter().map(|name| RIGHT.replace("metrics.right", &format!("metrics.{name}"))).collect();
    let project = project(&server, "right", 0.5, &format!("{RIGHT}{tables}{JUDGE}"));
    let listed = format!("metrics = [\"right\", \"{}\"]", names.join("\", \""));
    configure(&project, "metrics = [\"right\"]", &listed);
    label_passes(&project);
    std::thread::scope(|scope| {
        for name in &names {
            let (project, server) = (&project, &server);
            scope.spawn(move || {
                run(project, server, &["judge", "calibrate", "labels.jsonl", "-q", "--metric", name]).ends(0)
            });
        }
    });
    let found: Vec<String> = kept(&project)["metrics"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(found, names);
}

#[test]
fn grades_and_a_pass_mark_are_passes_and_failures() {
    let server = serve(grades);
    let project = project(&server, "tone", 0.5, &format!("{TONE}pass_mark = 0.7\n{NO_LOGPROBS}"));
    // People pass three of five, from 0.7 on; the judge passes 4 and 5, which are 0.75 and 1.
    let rows = [("5", 1.0), ("4", 0.7), ("3", 0.9), ("4", 0.5), ("2", 0.0)];
    let labels = rows.iter().enumerate().map(|(id, (answer, grade))| label(id, answer, &json!(grade)));
    write(&project, "labels.jsonl", labels);
    let ran = calibrated(&project, &server);
    for line in [
        "5 in labels.jsonl, 2 fail, 3 pass\n",
        "  accuracy         0.600 [0.231, 0.882], n = 5, a grade of 0.7 is a pass\n",
        "  means            people 0.600, judge 0.600\n",
    ] {
        assert!(ran.stdout.contains(line), "{line}\n{}", ran.stdout);
    }
    let counts = json!({ "counts": { "failing": { "right": 1, "of": 2 }, "passing": { "right": 2, "of": 3 } } });
    assert_eq!(kept(&project)["metrics"]["tone"]["evidence"], counts);
}
