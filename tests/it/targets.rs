//! Applications of other people: over HTTP, and as a command.

use serde_json::{Value, json};

use crate::support::http::{Scripted, Server};
use crate::support::{Project, Ran};

const DATASET: &str = r#"{"id": "a", "question": "Say \"hi\" {{ x }}", "lang": "en", "expected_docs": ["Greetings"], "expected_answer_keywords": ["hello"]}
"#;

fn http_project(server: &Server, rest: &str) -> Project {
    let config = format!(
        "[target]\nkind = \"http\"\nurl = \"{}/ask?lang={{{{ lang }}}}\"\n{rest}\n[eval]\nmetrics = []\n[gate]\ncontext_recall = 1.0\nanswer_relevancy = 1.0\n",
        server.url
    );
    Project::new(&[("llmops.toml", &config), ("evals/dataset.jsonl", DATASET)])
}

#[test]
fn an_application_is_asked_over_http() {
    let server = Server::start(|_| {
        let sources = json!([{ "id": 7, "title": "Greetings", "text": "..." }]);
        let reply = json!({ "data": { "answer": "Hello!", "sources": sources }, "usage": { "prompt_tokens": 3, "completion_tokens": 2 } });
        Scripted::json(reply.to_string())
    });
    let project = http_project(
        &server,
        "headers = { Authorization = \"env:TOKEN\" }\nbody = '{\"q\": {{ question | tojson }}}'\n\
         answer = \"/data/answer\"\npassages = \"/data/sources\"\nusage = \"/usage\"",
    );
    Ran::of(project.command(".", &["eval"]).env("TOKEN", "Bearer secret-token")).ends(0);
    let request = &server.received()[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/ask?lang=en"));
    assert_eq!(request.header("authorization"), Some("Bearer secret-token"));
    assert_eq!(serde_json::from_str::<Value>(&request.body).unwrap(), json!({ "q": "Say \"hi\" {{ x }}" }));
    let report = project.report();
    assert_eq!(report["usage"]["target"]["input"], 3);
    assert_eq!(report["results"][0]["passages"][0]["document"], "7");
    assert!(!report.to_string().contains("secret-token"));
}

#[test]
fn a_reply_of_another_shape_is_an_error_of_the_case_that_says_what_is_there() {
    let server = Server::start(|_| Scripted::json(r#"{"text": "Hello!", "sources": []}"#));
    let project = http_project(&server, "passages = \"/sources\"");
    let ran = project.run(&["eval", "-q"]).ends(2);
    assert!(ran.stdout.contains("the reply has no /answer; it has /text, /sources"), "{}", ran.stdout);
}

#[test]
fn a_metric_that_the_target_cannot_serve_is_said_before_any_call() {
    let server = Server::start(|_| Scripted::json(r#"{"answer": "Hello!"}"#));
    let project = http_project(&server, "");
    let ran = project.run(&["eval"]).ends(3);
    let expected = "error: llmops.toml:8: context_recall needs to know what was retrieved, and this target does not say\n\
                    hint: set target.passages to where the reply lists them, for example \"/sources\"\n";
    assert_eq!(ran.stderr, expected);
    assert!(server.received().is_empty());
}

fn command_project(program: &str) -> Project {
    let config = "\
[target]
kind = \"command\"
command = [\"python3\", \"app.py\"]
timeout = \"20 s\"
[gate]
answer_relevancy = 1.0
";
    let rows: Vec<String> = (0..20)
        .map(|index| {
            format!(r#"{{"id": "{index}", "question": "{index}?", "expected_answer_keywords": ["<{index}?>"]}}"#)
        })
        .collect();
    let files = [("llmops.toml", config), ("evals/dataset.jsonl", &rows.join("\n")), ("app.py", program)];
    Project::new(&files)
}

#[test]
fn a_command_reads_cases_and_is_kept_alive() {
    let project = command_project(
        "import json, os, sys\nopen(f'started.{os.getpid()}', 'w')\n\
         for line in sys.stdin:\n    case = json.loads(line)\n    assert 'expected_answer_keywords' not in case\n    \
         print(json.dumps({'answer': '<' + case['question'] + '>', 'passages': []}), flush=True)\n",
    );
    project.run(&["eval", "--concurrency", "2"]).ends(0);
    let started = std::fs::read_dir(project.path(".")).unwrap().flatten();
    let started = started.filter(|entry| entry.file_name().to_string_lossy().starts_with("started.")).count();
    assert!((1..=2).contains(&started), "{started} processes");
}

#[test]
fn a_command_that_dies_or_talks_nonsense_costs_its_case_only() {
    let project = command_project(
        "import json, sys\nfor line in sys.stdin:\n    q = json.loads(line)['question']\n    \
         if q == '3?': print('Traceback...'); sys.stdout.flush(); continue\n    \
         if q == '5?': raise SystemExit('out of memory')\n    \
         if q == '7?': print(json.dumps({'error': 'no such tenant'}), flush=True); continue\n    \
         print(json.dumps({'answer': '<' + q + '>'}), flush=True)\n",
    );
    project.run(&["eval", "-q", "--concurrency", "2"]).ends(2);
    let report = project.report();
    let error = |index: usize| report["results"][index]["error"].as_str().unwrap_or_default().to_owned();
    assert!(error(3).contains("the command answered \"Traceback...\""), "{}", error(3));
    assert!(error(5).contains("the command ended without an answer (exit status: 1): out of memory"), "{}", error(5));
    assert_eq!(error(7), "the command says: no such tenant");
    assert_eq!(report["cases"]["errored"], 3);
    assert_eq!(report["estimates"]["answer_relevancy"]["n"], 17);
}

/// A line too many would shift every later answer by one case.
#[test]
fn a_command_that_says_too_much_never_answers_for_another_case() {
    let greeting = "print('Loading model...', flush=True)\n";
    let twice = "print(json.dumps({'answer': 'late'}), flush=True)";
    for (start, extra) in [(greeting, "pass"), ("", twice)] {
        let project = command_project(&format!(
            "import json, sys\n{start}for line in sys.stdin:\n    q = json.loads(line)['question']\n    \
             sys.stdout.write(json.dumps({{'answer': '<' + q + '>'}}) + '\\n')\n    {extra}\n    sys.stdout.flush()\n"
        ));
        project.write("llmops.toml", &format!("{}max_error_rate = 1.0\n", project.read("llmops.toml")));
        project.run(&["eval", "-q", "--concurrency", "1"]).ends(2);
        for result in project.report()["results"].as_array().unwrap() {
            assert!(result["error"].is_string(), "{result}");
        }
    }
}

#[test]
fn a_command_that_answers_another_case_is_caught_by_its_id() {
    let project = command_project(
        "import json, sys\nfor line in sys.stdin:\n    case = json.loads(line)\n    \
         wrong = 'x' if case['id'] == '4' else case['id']\n    \
         print(json.dumps({'id': wrong, 'answer': '<' + case['question'] + '>'}), flush=True)\n",
    );
    project.run(&["eval", "-q"]).ends(2);
    let report = project.report();
    assert_eq!(report["results"][4]["error"], "the command answered the case \"x\"");
    assert_eq!(report["cases"]["errored"], 1);
}

#[test]
fn a_command_that_does_not_exist_is_undecided() {
    let project = command_project("");
    project.write("llmops.toml", &project.read("llmops.toml").replace("python3", "no-such-program"));
    let ran = project.run(&["eval", "-q"]).ends(2);
    assert!(ran.stdout.contains("cannot start \"no-such-program\""), "{}", ran.stdout);
}

#[test]
fn a_field_that_the_request_needs_is_looked_for_before_any_call() {
    let server = Server::start(|_| Scripted::json("{}"));
    let project = http_project(&server, "passages = \"/sources\"\nbody = '{\"q\": {{ qustion | tojson }}}'");
    let ran = project.run(&["eval"]).ends(3);
    let expected =
        "error: llmops.toml:5: the case \"a\" has no field \"qustion\"\nhint: there is: id, lang, question\n";
    assert_eq!(ran.stderr.replace("lang, id, question", "id, lang, question"), expected);
    assert!(server.received().is_empty());
}

#[test]
fn an_address_or_a_header_that_cannot_be_is_a_configuration_error() {
    let config = "[target]\nkind = \"http\"\nurl = \"localhost:8000/ask\"\nheaders = { \"bad header\" = \"x\" }\n\
                  [gate]\nanswer_relevancy = 1.0\n";
    let project = Project::new(&[("llmops.toml", config), ("evals/dataset.jsonl", DATASET)]);
    let ran = project.run(&["eval"]).ends(3);
    let expected = "\
error: llmops.toml:3: target.url is \"localhost:8000/ask\", which is no address
hint: write it like \"http://localhost:8000/ask\"
error: llmops.toml:4: target.headers.bad header is no HTTP header
";
    assert_eq!(ran.stderr, expected);
}

/// A wrapper's child would go on after its parent was killed.
#[cfg(unix)]
#[test]
fn a_command_that_hangs_is_ended_with_what_it_started() {
    let project = command_project("");
    let config = project
        .read("llmops.toml")
        .replace("[\"python3\", \"app.py\"]", "[\"sh\", \"-c\", \"echo $$ > group; sleep 600; true\"]");
    project.write("llmops.toml", &config.replace("20 s", "300 ms"));
    let row = project.read("evals/dataset.jsonl").lines().next().unwrap().to_owned();
    project.write("evals/dataset.jsonl", &row);
    let ran = project.run(&["eval", "-q"]).ends(2);
    assert!(ran.stdout.contains("no answer within 300 ms"), "{}", ran.stdout);
    let group = project.read("group");
    let running = std::process::Command::new("ps").args(["-o", "stat=", "-g", group.trim()]).output().unwrap();
    let running = String::from_utf8(running.stdout).unwrap();
    assert!(running.lines().all(|state| state.starts_with('Z')), "{running}");
}

#[test]
fn a_line_without_an_end_does_not_fill_the_memory() {
    let project = command_project("import sys\nwhile True:\n    sys.stdout.write('x' * 1000000)\n");
    let row = project.read("evals/dataset.jsonl").lines().next().unwrap().to_owned();
    project.write("evals/dataset.jsonl", &row);
    let ran = project.run(&["eval", "-q"]).ends(2);
    assert!(ran.stdout.contains("the command's line is longer than 32 MB"), "{}", ran.stdout);
}
