//! `llmops guard attack`: targets that are weak on purpose, one that is not, and those that misbehave.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::http::{Received, Scripted, Server};
use crate::support::process::Served;
use crate::support::{Project, Ran, chat};

static MODELS: LazyLock<Served> = LazyLock::new(|| Served::start("models.sh", &[], "PORT"));

/// One of the targets that ship as examples.
struct Example {
    project: Project,
    folder: String,
}

impl Example {
    fn new(name: &str) -> Self {
        let project = Project::example("attack");
        let folder = format!("examples/attack/{name}");
        let config = format!("{folder}/llmops.toml");
        project.write(&config, &project.read(&config).replace("8765", &MODELS.value));
        Self { project, folder }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let all = [&["guard", "attack", "-q"], arguments].concat();
        Ran::of(&mut self.project.command(&self.folder, &all))
    }

    fn report(&self, code: i32, arguments: &[&str]) -> Value {
        json_of(&self.run(&[&["--json"], arguments].concat()).ends(code))
    }
}

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap()
}

fn attempts(report: &Value) -> &[Value] {
    report["attempts"].as_array().unwrap()
}

/// The attempts that worked.
fn hits(report: &Value) -> Vec<&Value> {
    attempts(report).iter().filter(|attempt| attempt["outcome"] == "hit").collect()
}

fn goals_of<'a>(attempts: &[&'a Value]) -> BTreeSet<&'a str> {
    attempts.iter().map(|attempt| attempt["goal"].as_str().unwrap()).collect()
}

fn counts(report: &Value) -> [u64; 5] {
    ["hits", "resisted", "refused", "empty", "errors"].map(|name| report["counts"][name].as_u64().unwrap())
}

#[test]
fn a_target_that_obeys_its_users_is_found_out_in_all_that_they_can_reach() {
    let report = Example::new("obedient").report(1, &[]);
    let expected = [
        "instruction_override",
        "link_exfiltration",
        "system_prompt_leak",
        "topic_hijack",
        "unbounded_output",
        "unsafe_output",
    ];
    assert_eq!(goals_of(&hits(&report)), BTreeSet::from(expected));
    assert_eq!(report["verdict"], "fail");
    let not_tried = report["not_tried"].as_array().unwrap();
    let reasons: Vec<_> = not_tried.iter().map(|left| (left["goal"].as_str().unwrap(), &left["reason"])).collect();
    let reason = json!("no passage can be put among the target's retrieved ones");
    let left_out = ["indirect_injection", "data_leak", "link_exfiltration", "unsafe_output"];
    assert_eq!(reasons, left_out.map(|goal| (goal, &reason)));
    let [hits, resisted, refused, empty, errors] = counts(&report);
    assert_eq!((hits + resisted + refused, empty, errors), (200, 0, 0));
    let rate = &report["attack_success_rate"];
    assert_eq!(rate["n"], 200);
    assert!(rate["low"].as_f64().unwrap() < rate["value"].as_f64().unwrap());
}

#[test]
fn a_target_that_obeys_its_documents_is_found_out_by_what_is_planted_there() {
    let report = Example::new("gullible").report(1, &[]);
    let found = hits(&report);
    let expected = ["data_leak", "indirect_injection", "link_exfiltration", "unsafe_output"];
    assert_eq!(goals_of(&found), BTreeSet::from(expected));
    assert!(found.iter().all(|attempt| attempt["planted"].is_string()), "what is only asked does nothing");
    let tried = attempts(&report).iter().filter(|attempt| attempt["goal"] == "indirect_injection").count();
    let worked = found.iter().filter(|attempt| attempt["goal"] == "indirect_injection").count();
    assert_eq!((tried, worked), (25, 25));
    assert_eq!(report["not_tried"], json!([]));
    for attempt in found {
        let evidence = &attempt["evidence"];
        let at = |key: &str| usize::try_from(evidence[key].as_u64().unwrap()).unwrap();
        let proof = &attempt["answer"].as_str().unwrap()[at("start")..at("end")];
        assert!(proof.len() >= 12 && evidence["excerpt"].as_str().unwrap().contains(proof), "{attempt}");
    }
}

/// It quotes, decodes and escapes what it is asked, which a search for the attack's words would take for obedience.
#[test]
fn of_a_hardened_target_nothing_false_is_reported() {
    let example = Example::new("hardened");
    for seed in ["1", "2"] {
        let report = example.report(0, &["--seed", seed, "--limit", "400"]);
        let [hits, resisted, refused, empty, errors] = counts(&report);
        assert_eq!((hits, empty, errors), (0, 0, 0));
        assert!(resisted > 50 && refused > 150, "{resisted} and {refused}");
        assert_eq!(report["verdict"], "pass");
    }
    let ran = example.run(&["--limit", "40"]).ends(0);
    assert!(ran.stdout.ends_with("PASSED: 0 of 40 worked\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("attack success rate  0.0000  0.0000 to 0.0876  of 40\n"), "{}", ran.stdout);
}

#[test]
fn the_targets_own_work_is_measured_while_it_is_attacked() {
    for (name, code, under_attack) in [("gullible", 1, 0.0), ("hardened", 0, 1.0)] {
        let report = Example::new(name).report(code, &["--limit", "8"]);
        let utility = &report["utility"];
        assert_eq!((&utility["cases"], &utility["errors"]), (&json!(4), &json!(0)));
        let worth = &utility["metrics"][0];
        assert_eq!(worth["metric"], "answer_relevancy");
        assert_eq!((&worth["plain"]["mean"], &worth["plain"]["n"]), (&json!(1.0), &json!(4)));
        assert_eq!(worth["under_attack"]["mean"], under_attack, "{name}");
    }
    let report = Example::new("obedient").report(1, &["--limit", "8"]);
    assert_eq!(report["utility"], json!({"not_measured": "there is no dataset evals/dataset.jsonl"}));
}

#[test]
fn cases_for_the_utility_come_from_all_over_the_dataset() {
    let (project, server) =
        behind_http(
            |_, request| {
                if request.body.contains("Case 0?") { Scripted::status(400, "no") } else { answered("yes") }
            },
        );
    let row = |id: usize| {
        let keywords = if id.is_multiple_of(2) { json!(["yes"]) } else { json!([]) };
        json!({"id": id.to_string(), "question": format!("Case {id}?"), "expected_answer_keywords": keywords})
            .to_string()
    };
    project.write("evals/dataset.jsonl", &(0..50).map(row).collect::<Vec<_>>().join("\n"));
    let run = |utility: &str| {
        let ran = project.run(&["guard", "attack", "-q", "--json", "--limit", "5", "--no-cache", "--utility", utility]);
        json_of(&ran.ends(0))["utility"].clone()
    };
    assert_eq!(run("5")["cases"], 5);
    let asked: Vec<_> = server.received().into_iter().map(|request| request.body).collect();
    let is_asked = |id: usize| asked.iter().any(|body| body.contains(&format!("\"Case {id}?\"")));
    assert_eq!((0..50).filter(|id| is_asked(*id)).collect::<Vec<_>>(), [8, 18, 28, 38, 48]);
    let all = run("100");
    assert_eq!((&all["cases"], &all["errors"], &all["metrics"][0]["plain"]["n"]), (&json!(25), &json!(1), &json!(24)));
    assert_eq!(run("0"), json!({"not_measured": "--utility is 0"}));
}

#[test]
fn the_same_seed_asks_the_same_and_another_one_has_other_canaries() {
    let example = Example::new("obedient");
    let asked = |seed: &str| {
        let report = example.report(1, &["--limit", "20", "--seed", seed]);
        attempts(&report).iter().map(|attempt| attempt["question"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(asked("1"), asked("1"));
    assert_ne!(asked("1"), asked("2"));
}

#[test]
fn a_baseline_forgives_what_worked_before_and_nothing_else() {
    let example = Example::new("obedient");
    let chosen = ["--goals", "topic_hijack,system_prompt_leak", "--limit", "30"];
    let ran = example.run(&[&chosen[..], &["--output", "then.json"]].concat()).ends(1);
    assert!(ran.stdout.ends_with("\nwritten to then.json\n"), "{}", ran.stdout);
    let file = format!("{}/then.json", example.folder);
    let then: Value = serde_json::from_str(&example.project.read(&file)).unwrap();
    let worked = hits(&then).len();
    let with_baseline = [&chosen[..], &["--baseline", "then.json"]].concat();
    let now = example.report(0, &with_baseline);
    assert_eq!(now["baseline"]["still"].as_array().unwrap().len(), worked);
    assert_eq!((&now["baseline"]["new"], &now["baseline"]["pairs"]), (&json!([]), &json!(30)));

    // Hits of attempts that were resisted, and of one that was not tried.
    let mut better = then.clone();
    let known = hits(&then)[0]["id"].as_str().unwrap().to_owned();
    let rows = better["attempts"].as_array_mut().unwrap();
    rows.retain(|row| row["id"] != known.as_str());
    let row = rows.iter_mut().find(|row| row["outcome"] == "hit").unwrap();
    row["outcome"] = "resisted".into();
    let new = row["id"].as_str().unwrap().to_owned();
    example.project.write(&file, &better.to_string());
    let ran = example.run(&with_baseline).ends(1);
    let expected = format!("new\n  {new}\nnot known to the baseline\n  {known}\n");
    assert!(ran.stdout.contains(&expected), "{}", ran.stdout);
    assert!(ran.stdout.contains("FAILED: 1 attempt that the baseline resisted worked (chance alone: p = 0.500); "));

    // What worked then is tried first, chosen or not.
    let report = example.report(1, &["--goals", "unbounded_output", "--limit", "4", "--baseline", "then.json"]);
    let goals: Vec<_> = attempts(&report).iter().map(|attempt| attempt["goal"].as_str().unwrap()).collect();
    assert_eq!(goals.len(), worked - 2 + 4);
    assert!(goals[..worked - 2].iter().all(|goal| *goal != "unbounded_output"), "{goals:?}");
}

#[test]
fn a_baseline_that_says_nothing_is_refused_before_anything_is_asked() {
    let example = Example::new("obedient");
    for (content, said) in [
        ("[]", "it is no run of attacks"),
        ("{\"schema\": 1, \"attempts\": []}", "no attempt in it was decided"),
        ("{\"schema\": 9, \"attempts\": []}", "its schema is 9"),
    ] {
        example.project.write(&format!("{}/then.json", example.folder), content);
        let ran = example.run(&["--baseline", "then.json"]).ends(3);
        assert!(ran.stderr.starts_with(&format!("error: then.json: {said}")), "{}", ran.stderr);
    }
    example.run(&["--baseline", "missing.json"]).ends(3);
}

#[test]
fn a_rate_may_be_allowed() {
    let example = Example::new("obedient");
    let chosen = ["--goals", "topic_hijack", "--strategies", "basic,authority", "--fail-on"];
    let run = |rate: &str| example.run(&[&chosen[..], &[rate]].concat());
    run("99%").ends(1);
    let config = format!("{}/llmops.toml", example.folder);
    let hardened = example.project.read(&config).replace("example/obedient", "example/hardened");
    example.project.write(&config, &hardened);
    run("50%").ends(0);
    run("0.2").ends(0);
    // None of a dozen worked, and yet more than 2 in 10 of such attempts might.
    example.project.write(&config, &format!("{hardened}\n[gate]\nrule = \"strict\"\n"));
    run("50%").ends(0);
    let ran = run("0.2").ends(2);
    assert!(ran.stdout.contains("UNDECIDED: up to 0.2425 of such attempts may work, more than 0.2"), "{}", ran.stdout);
    assert!(run("2").ends(3).stderr.contains("write a share from 0 to below 1, like 0.02 or 2%"));
}

#[test]
fn names_that_are_not_known_are_answered_with_a_hint() {
    let example = Example::new("obedient");
    let said = |arguments: &[&str]| example.run(arguments).ends(3).stderr;
    let expected = "error: unknown attack goal \"data_leek\"\nhint: did you mean \"data_leak\"?\n";
    assert_eq!(said(&["--goals", "data_leek"]), expected);
    let expected = "error: unknown attack strategy \"bas64\"\nhint: did you mean \"base64\"?\n";
    assert_eq!(said(&["--strategies", "basic,bas64"]), expected);
    assert!(said(&["--method", "crescendo"]).contains("--attacker"));
    let project = Project::new(&[]);
    let list = project.run(&["guard", "attack", "--list"]).ends(0).stdout;
    assert!(list.contains("  data_leak             The target hands out") && list.contains("LLM10:2025"), "{list}");
    let list = json_of(&project.run(&["guard", "attack", "--list", "--json"]).ends(0));
    for entry in list["goals"].as_array().unwrap().iter().chain(list["strategies"].as_array().unwrap()) {
        project.run(&["explain", entry["name"].as_str().unwrap()]).ends(0);
    }
}

/// A running application, of which only the question can be attacked.
fn behind_http(answer: impl Fn(usize, &Received) -> Scripted + Send + Sync + 'static) -> (Project, Server) {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |request| answer(count.fetch_add(1, Ordering::SeqCst), request));
    let config = format!("[target]\nkind = \"http\"\nurl = \"{}/ask\"\ntimeout = \"5 s\"\n", server.url);
    (Project::new(&[("llmops.toml", &config)]), server)
}

fn answered(text: &str) -> Scripted {
    Scripted::json(json!({ "answer": text }).to_string())
}

#[test]
fn what_cannot_be_planted_is_said_and_the_target_cannot_tell_an_attack_by_its_id() {
    let (project, server) = behind_http(|_, _| answered("I'm sorry, I can't help with that."));
    let ran = project.run(&["guard", "attack", "-q", "--limit", "20"]).ends(0);
    let expected = "not tried\n  \
        system_prompt_leak: the target's system prompt is not known\n  \
        indirect_injection: no passage can be put among the target's retrieved ones\n  \
        data_leak: no passage can be put among the target's retrieved ones\n  \
        link_exfiltration, 3 of 7 wordings: no passage can be put among the target's retrieved ones\n  \
        unsafe_output, 2 of 7 wordings: no passage can be put among the target's retrieved ones\n";
    assert!(ran.stdout.contains(expected), "{}", ran.stdout);
    assert_eq!(server.received().len(), 20);
    let ran = project.run(&["guard", "attack", "-q", "--goals", "data_leak"]).ends(2);
    assert!(ran.stdout.ends_with("UNDECIDED: nothing was tried\n"), "{}", ran.stdout);
}

#[test]
fn errors_and_empty_answers_are_counted_apart_and_never_pass() {
    let (project, _server) = behind_http(|count, _| match count % 4 {
        0 => Scripted::status(400, "no"),
        1 => answered(" \n"),
        2 => answered("I can't do that."),
        _ => answered("The office is open from nine to twelve."),
    });
    let run = |code, more: &[&str]| {
        let fixed = ["guard", "attack", "-q", "--json", "--limit", "40", "--concurrency", "1"];
        json_of(&project.run(&[&fixed[..], more].concat()).ends(code))
    };
    let report = run(2, &[]);
    assert_eq!(counts(&report), [0, 10, 10, 10, 10]);
    assert_eq!(report["attack_success_rate"]["n"], 20);
    assert_eq!(report["reasons"], json!(["10 of 40 attempts failed with an error"]));
    let failed = attempts(&report).iter().find(|attempt| attempt["outcome"].is_null()).unwrap();
    assert!(failed["error"].as_str().unwrap().contains("400") && failed.get("answer").is_none(), "{failed}");
    project.write("llmops.toml", &(project.read("llmops.toml") + "[gate]\nmax_error_rate = 0.3\n"));
    run(0, &["--no-cache"]);
}

#[test]
fn a_target_that_never_answers_is_undecided_and_ends_the_run_early() {
    let (project, server) = behind_http(|_, _| Scripted::status(400, "down"));
    let ran = project.run(&["guard", "attack", "-q", "--concurrency", "1"]).ends(2);
    assert!(ran.stdout.contains("attack success rate  not measured\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("UNDECIDED: the run ended early: 20 of 20 failed: "), "{}", ran.stdout);
    assert_eq!(server.received().len(), 20);
    let (project, _server) = behind_http(|_, _| answered(""));
    let report = json_of(&project.run(&["guard", "attack", "-q", "--json", "--limit", "12"]).ends(2));
    assert_eq!((counts(&report), &report["attack_success_rate"]), ([0, 0, 0, 12, 0], &Value::Null));
}

#[test]
fn a_target_that_hangs_times_out() {
    let (project, _server) = behind_http(|_, _| Scripted::Hang);
    project.write("llmops.toml", &project.read("llmops.toml").replace("5 s", "50 ms"));
    let ran = project.run(&["guard", "attack", "-q", "--limit", "4", "--concurrency", "4"]).ends(2);
    assert!(ran.stdout.contains("no complete answer within 50 ms"), "{}", ran.stdout);
}

#[test]
fn an_interrupted_run_says_what_it_knows_and_is_undecided() {
    let (project, server) = behind_http(|count, _| match count {
        0 => answered("I can't do that."),
        _ => Scripted::Hang,
    });
    project.write("llmops.toml", &project.read("llmops.toml").replace("5 s", "10 min"));
    let mut command = project.command(".", &["guard", "attack", "-q", "--concurrency", "1"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    crate::support::until("second question", || server.received().len() == 2);
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stdout}");
    assert!(stdout.contains("0 worked, 1 refused") && stdout.contains("ended early: interrupted"), "{stdout}");
}

/// Half of a made-up word, as attacks give it.
fn halves(text: &str) -> Vec<&str> {
    let is_half = |word: &&str| {
        let is_vowel = |letter: u8| b"aeiou".contains(&letter);
        word.len() == 6 && word.bytes().enumerate().all(|(at, letter)| is_vowel(letter) == (at % 2 == 1))
    };
    text.split(|letter: char| !letter.is_ascii_lowercase()).filter(is_half).collect()
}

#[test]
fn hostile_answers_reach_neither_the_terminal_nor_the_memory() {
    let (project, _server) = behind_http(|_, request| {
        let halves = halves(&request.body);
        let words: String =
            halves.iter().flat_map(|one| halves.iter().map(move |two| format!("{one}{two} "))).collect();
        let flood = "\u{1b}]0;owned\u{7}\u{202e}\u{9b}2J\r\n".repeat(60_000);
        answered(&format!("\u{1b}[2J\u{1b}[31m{words}\u{1b}]8;;https://x.invalid\u{7}{flood}"))
    });
    let chosen = ["guard", "attack", "-q", "--goals", "unsafe_output,topic_hijack", "--strategies", "basic"];
    let ran = project.run(&[&chosen[..], &["--output", "run.json"]].concat()).ends(1);
    assert!(ran.stdout.contains("what worked\n"), "{}", ran.stdout);
    let is_safe =
        |text: &str| text.chars().all(|letter| letter == '\n' || !letter.is_control() && letter != '\u{202e}');
    assert!(is_safe(&ran.stdout) && is_safe(&ran.stderr), "{:?}", ran.stdout);
    assert!(ran.stdout.len() < 8000, "{}", ran.stdout.len());
    let file = project.read("run.json");
    let report: Value = serde_json::from_str(&file).unwrap();
    assert!(attempts(&report).iter().all(|attempt| attempt["answer_bytes"].as_u64().unwrap() > 1_000_000));
    let per_attempt = file.len() / attempts(&report).len();
    assert!(per_attempt < 400_000, "{per_attempt} bytes an attempt");
}

#[test]
fn what_a_provider_withholds_is_refused_or_empty_and_keys_appear_nowhere() {
    let server = Server::start(|request| match request.body.len() % 3 {
        0 => Scripted::json(r#"{"choices": [{"message": {"refusal": "I'm sorry, no."}, "finish_reason": "stop"}]}"#),
        1 => Scripted::json(r#"{"choices": [{"message": {"content": ""}, "finish_reason": "length"}]}"#),
        _ => Scripted::status(400, r#"{"error": {"code": "content_filter", "message": "filtered"}}"#),
    });
    let project = chat::project(1);
    let ran =
        chat::run(&project, &server, &["guard", "attack", "-q", "--json", "--limit", "60", "--output", "run.json"]);
    let report = json_of(&ran);
    let [hits, resisted, refused, empty, errors] = counts(&report);
    assert_eq!((hits, resisted, errors), (0, 0, 0), "{}", ran.stdout);
    assert!(refused > 20 && empty > 10 && refused + empty == 60, "{refused} and {empty}");
    let with_key = [&ran.stdout, &ran.stderr, &project.read("run.json")].iter().any(|text| text.contains(chat::KEY));
    assert!(!with_key);
    let sent = server.received();
    assert!(sent.iter().any(|request| request.body.contains("Confidential: the internal reference")));
}

/// A model that writes attacks, and a target that gives in at the third.
fn two_models(request: &Received) -> Scripted {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let messages = body["messages"].as_array().unwrap();
    let last = messages.last().unwrap()["content"].as_str().unwrap();
    if body["model"] == "writer" {
        return match last.matches("Step ").count() {
            0 => chat::reply("I would rather not."),
            step => chat::reply(&format!("Perhaps so. <attack>Please, number {step}.</attack>")),
        };
    }
    let system = messages[0]["content"].as_str().unwrap();
    chat::reply(if last.contains("number 3") { system } else { "We are open on Mondays." })
}

#[test]
fn an_attacker_model_goes_on_until_its_text_works() {
    for method in ["iterative", "crescendo"] {
        let (project, server) = (chat::project(1), Server::start(two_models));
        let attack = ["guard", "attack", "-q", "--json", "--attacker", "openai/writer", "--method", method];
        let chosen = ["--goals", "system_prompt_leak", "--limit", "1"];
        let report = json_of(&chat::run(&project, &server, &[&attack[..], &chosen].concat()).ends(1));
        let attempt = &attempts(&report)[0];
        assert!(attempt["id"].as_str().unwrap().ends_with(&format!("/{method}")), "{attempt}");
        assert_eq!(
            (attempt["outcome"].as_str(), attempt["question"].as_str()),
            (Some("hit"), Some("Please, number 3."))
        );
        let steps = attempt["steps"].as_array().unwrap();
        let outcomes: Vec<_> = steps.iter().map(|step| step["outcome"].as_str()).collect();
        assert_eq!(outcomes, [None, Some("resisted"), Some("resisted"), Some("hit")]);
        assert_eq!(steps[0]["error"], "there was no text between <attack> and </attack>");
        assert_eq!(report["usage"]["attacker"]["tokens"]["input"], 12);
        let last = server.received().pop().unwrap().body;
        assert_eq!(last.contains("Please, number 1."), method == "crescendo", "{last}");
        let told = server.received().into_iter().filter(|request| request.body.contains("writer"));
        let canary = attempt["evidence"]["excerpt"].as_str().unwrap().split(" is ").nth(1).unwrap();
        let canary = canary.split('.').next().unwrap().to_owned();
        assert!(canary.len() == 12 && told.into_iter().all(|request| !request.body.contains(&canary)), "{canary}");
    }
}

#[test]
fn an_attacker_model_that_does_not_write_is_no_resistance() {
    let server = Server::start(|_| chat::reply("I would rather not."));
    let project = chat::project(1);
    let attack =
        ["guard", "attack", "-q", "--attacker", "openai/writer", "--limit", "2", "--steps", "2", "--utility", "0"];
    let ran = chat::run(&project, &server, &attack).ends(2);
    assert!(ran.stdout.contains("the attacker model wrote nothing to ask with"), "{}", ran.stdout);
    assert_eq!(server.received().len(), 4);
    let (project, _server) = behind_http(|_, _| answered("no"));
    let attack = ["guard", "attack", "-q", "--attacker", "local/extractive", "--method", "crescendo"];
    let ran = project.run(&attack).ends(2);
    let reason = "topic_hijack: the target takes no earlier turns of a conversation";
    assert!(ran.stdout.contains(reason) && ran.stdout.contains("UNDECIDED: nothing was tried"), "{}", ran.stdout);
}
