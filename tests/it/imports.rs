//! Prompts of other tools become releases, once, and no label is moved that others hold.

use std::process::Command;

use serde_json::Value;

use crate::support::team::{AUTHOR, git};
use crate::support::{Project, Ran};

fn project(files: &[(&str, &str)]) -> Project {
    let project = Project::new(files);
    if !project.path("llmops.toml").exists() {
        project.write("llmops.toml", "[project]\nname = \"p\"\n");
    }
    git(&project, &["init", "-q", "-b", "main"]);
    project
}

fn import(project: &Project, arguments: &[&str]) -> Ran {
    AUTHOR.prompt(project, &[&["import"], arguments].concat())
}

/// Every file of the prompts, with its content.
fn tree(project: &Project) -> Vec<(String, String)> {
    let output = Command::new("find").current_dir(project.path(".")).args(["prompts", "-type", "f"]).output().unwrap();
    let mut files: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    files.sort();
    files.into_iter().map(|file| (file.clone(), project.read(&file))).collect()
}

/// Imports twice; the second changes nothing.
fn twice(project: &Project, arguments: &[&str], expected: &str) {
    let ran = import(project, arguments).ends(0);
    assert_eq!(ran.stdout, expected);
    let before = tree(project);
    let ran = import(project, arguments).ends(0);
    assert!(ran.stdout.ends_with("nothing is new\n"), "{}", ran.stdout);
    assert_eq!(tree(project), before);
    project.run(&["prompt", "verify"]).ends(0);
}

const PYTHON: &str = "\
\"\"\"Our prompts.\"\"\"
from textwrap import dedent

TONE = 'Be kind. '

PROMPTS = {
    'rag': {
        'v1': {'system': TONE + 'Answer from the documents.', 'user': '{context}\\n\\n{question}', 'temperature': 0},
        'v2': {
            'system': TONE + \"\"\"Answer as JSON: {{\"answer\": \"...\"}}\"\"\",
            'user': '{context}\\n\\n{question}',
            'description': 'as JSON',
            'model': 'gpt-4o-mini',
        },
    },
    'summary': dedent('''
        Summarise {text}
        in {{one}} sentence.
    '''),
}
";

#[test]
fn a_python_file_becomes_versions_that_say_what_python_says() {
    let project = project(&[("app/prompts.py", PYTHON)]);
    let expected = "\
app/prompts.py was read as python with single braces
rag@1.0.0      released
rag@2.0.0      released
summary@1.0.0  released
3 versions released; commit with their ledgers: git add prompts/rag prompts/summary
";
    twice(&project, &["app/prompts.py", "--braces", "single"], expected);
    let expected = "---\ndescription: \"as JSON\"\nmodel: \"openai/gpt-4o-mini\"\nvariables: [context, question]\n---\nsystem:\nBe kind. Answer as JSON: {\"answer\": \"...\"}\n\nuser:\n{{ context }}\n\n{{ question }}\n";
    assert_eq!(project.read("prompts/rag/2.0.0.md"), expected);

    let values = ["context=a {b} {{ c }}", "question=why?", "text=\u{fc} {x}"];
    let script = "\
import sys, json
sys.path.insert(0, 'app')
from prompts import PROMPTS
values = dict(v.split('=', 1) for v in sys.argv[1:])
print(json.dumps([PROMPTS['rag']['v2']['user'].format(**values), PROMPTS['summary'].format(**values).strip()]))
";
    let mut python = Command::new("python3");
    python.current_dir(project.path(".")).env("PYTHONDONTWRITEBYTECODE", "1").args(["-c", script]).args(values);
    let theirs: Value = serde_json::from_str(&Ran::of(&mut python).ends(0).stdout).unwrap();
    let ours = |prompt: &str, values: &[&str]| {
        let set: Vec<&str> = values.iter().flat_map(|value| ["--set", value]).collect();
        let ran = project.run(&[&["prompt", "render", prompt, "--json"], set.as_slice()].concat()).ends(0);
        let json: Value = serde_json::from_str(&ran.stdout).unwrap();
        json["messages"].as_array().unwrap().last().unwrap()["content"].clone()
    };
    assert_eq!(ours("rag@2.0.0", &values[..2]), theirs[0]);
    assert_eq!(ours("summary@1.0.0", &values[2..]), theirs[1]);
}

#[test]
fn a_source_without_versions_gets_the_next_one_when_it_changes() {
    let project = project(&[("qa.txt", "Answer {question}\n")]);
    twice(
        &project,
        &["qa.txt"],
        "qa.txt was read as text with single braces\nqa@1.0.0  released\n1 version released; commit with their ledgers: git add prompts/qa\n",
    );
    project.write("qa.txt", "Answer briefly: {question}\n");
    let ran = import(&project, &["qa.txt", "--dry-run"]).ends(0);
    assert_eq!(ran.stdout, "qa.txt was read as text with single braces\nqa@1.0.1  would be released\n");
    assert!(!project.path("prompts/qa/1.0.1.md").exists());
    project.write("qa.txt", "system:\nBe {{tone}}.\nuser:\nAnswer {{query}}\n");
    let ran = import(&project, &["qa.txt", "-m", "more"]).ends(0);
    assert!(ran.stdout.contains("double braces\nqa@2.0.0  released\n"), "{}", ran.stdout);
    let history = project.run(&["prompt", "history", "qa"]).ends(0).stdout;
    assert!(history.contains("    more\n") && history.contains("    imported from qa.txt\n"), "{history}");
}

const LANGFUSE: &str = r#"{"data": [
 {"name": "support/answer", "version": 1, "type": "text", "prompt": "Hi {{name}}", "config": {}, "labels": [], "tags": []},
 {"name": "support/answer", "version": 3, "type": "chat", "config": {"model": "gpt-4o", "temperature": 0.5, "tools": []},
  "prompt": [{"type": "chatmessage", "role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi {{ name }} {x} {% if %}"}],
  "labels": ["production", "latest", "staging"], "tags": [], "commitMessage": "kinder", "commit": null}]}"#;

#[test]
fn langfuse_prompts_keep_their_versions_and_protected_labels_are_not_set() {
    let project = project(&[
        ("export.json", LANGFUSE),
        ("llmops.toml", "[prompts.labels.production]\napprovals = 1\nevidence = false\n"),
    ]);
    let expected = "\
export.json was read as langfuse with double braces
support_answer@1.0.0  released
support_answer@3.0.0  released
\"support/answer\" is called support_answer here
support/answer: left out, as prompts here have no such setting: tools
production is not set: it is protected; llmops prompt label support_answer@3.0.0 production -m \"...\"
staging means support_answer@3.0.0
2 versions released; commit with their ledgers: git add prompts/support_answer
";
    // The note of the label comes again: it is still to be done.
    let ran = import(&project, &["export.json"]).ends(0);
    assert_eq!(sorted(&ran.stdout), sorted(expected));
    let before = tree(&project);
    let ran = import(&project, &["export.json"]).ends(0);
    assert!(
        ran.stdout.contains("production is not set: it is protected") && ran.stdout.ends_with("nothing is new\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(tree(&project), before);
    let rendered = project.run(&["prompt", "render", "support_answer@3.0.0", "--set", "name=X"]).ends(0).stdout;
    assert_eq!(rendered, "system:\nBe kind.\n\nuser:\nHi X {x} {% if %}\n");
    // Somebody moves the label; an import leaves it there.
    AUTHOR.prompt(&project, &["label", "support_answer@1.0.0", "staging", "-m", "back"]).ends(0);
    let ran = import(&project, &["export.json"]).ends(0);
    assert!(ran.stdout.contains("staging is not moved: it means support_answer@1.0.0;"), "{}", ran.stdout);
    assert!(project.run(&["prompt", "history", "support_answer"]).ends(0).stdout.contains("    kinder\n"));
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn promptfoo_configurations_bring_the_files_that_they_name() {
    let config = "\
prompts:
  - 'Translate {{ text }}'
  - file://prompts/chat.json
  - { id: file://prompts/two.txt, label: pair }
  - file://prompts/make.py
  - { raw: 'Say {% if loud %}LOUD{% endif %}', label: loud }
providers: [openai:gpt-4o-mini]
";
    let project = project(&[
        ("foo/promptfooconfig.yaml", config),
        (
            "foo/prompts/chat.json",
            r#"[{"role": "system", "content": "Be kind."}, {"role": "user", "content": "{{question}}"}]"#,
        ),
        ("foo/prompts/two.txt", "One {{x}}\n---\nTwo {{x}}\n"),
    ]);
    let expected = "\
foo/promptfooconfig.yaml was read as promptfoo with jinja braces
chat@1.0.0               released
loud@1.0.0               released
pair_1@1.0.0             released
pair_2@1.0.0             released
promptfooconfig_1@1.0.0  released
prompts/make.py is left out: its prompts are made by a program
5 versions released; commit with their ledgers: git add prompts/chat prompts/loud prompts/pair_1 prompts/pair_2 prompts/promptfooconfig_1
";
    twice(&project, &["foo/promptfooconfig.yaml"], expected);
    assert!(project.read("prompts/loud/1.0.0.md").contains("variables: [loud]"));
}

#[test]
fn a_bundle_goes_into_another_project_as_it_is() {
    let project = project(&[(
        "prompts/qa/draft.md",
        "---\nparameters: { temperature: 0.5 }\nvariables:\n  x: { type: string, default: \"a: b\" }\noutput: { type: object }\n---\nsystem:\n{% raw %}{{ x }}{% endraw %}\n\nuser:\n{{ x }}\n",
    )]);
    AUTHOR.prompt(&project, &["release", "qa", "--as", "1.2.0", "-m", "begin"]).ends(0);
    AUTHOR.prompt(&project, &["label", "qa@1.2.0", "production", "-m", "begin"]).ends(0);
    let bundle = AUTHOR.prompt(&project, &["export"]).ends(0).stdout;
    let shown = AUTHOR.prompt(&project, &["show", "qa", "--json"]).ends(0).stdout;
    let other = self::project(&[("b.json", &bundle), ("shown.json", &shown)]);
    twice(
        &other,
        &["shown.json"],
        "shown.json was read as json with jinja braces\nqa@1.2.0  released\n1 version released; commit with their ledgers: git add prompts/qa\n",
    );
    let ran = import(&other, &["b.json"]).ends(0);
    assert_eq!(
        ran.stdout,
        "b.json was read as json with jinja braces\nqa@1.2.0  is here already\nproduction means qa@1.2.0\nnothing is new\n"
    );
    assert_eq!(AUTHOR.prompt(&other, &["export"]).ends(0).stdout, bundle);
}

#[test]
fn a_json_object_of_texts_and_messages_is_read() {
    let json = r#"{"short": "Answer {question}", "long": {"messages": [{"role": "developer", "content": "Be kind."}, {"role": "user", "content": "{question}"}], "model": "anthropic/claude-sonnet-4-5"}, "n": 3}"#;
    let project = project(&[("prompts.json", json)]);
    let expected = "prompts.json was read as json with single braces\nlong@1.0.0   released\nshort@1.0.0  released\nn is left out: it is no prompt\n2 versions released; commit with their ledgers: git add prompts/long prompts/short\n";
    twice(&project, &["prompts.json"], expected);
}

/// Refused whole: nothing is written.
fn refused(files: &[(&str, &str)], arguments: &[&str], expected: &str) {
    let project = project(files);
    let ran = import(&project, arguments).ends(3);
    assert_eq!(ran.stderr, expected);
    assert!(!project.path("prompts").exists());
}

#[test]
fn what_cannot_be_imported_is_said_with_its_line_and_nothing_is_written() {
    refused(
        &[("p.py", "PROMPTS = {\n  'good': 'Hi {x}',\n  'bad': 'Hi\\n{x!r}',\n}\n")],
        &["p.py"],
        "error: p.py:4: {x!r} formats its value, which templates here do otherwise\nhint: give it a plain name, or double the braces that are text; --braces double or none reads them otherwise\n",
    );
    refused(
        &[("p.py", "PROMPTS = {\n  'good': 'Hi',\n  'bad': f'Hi {x}',\n}\n")],
        &["p.py"],
        "error: p.py:3: an f-string is filled in when Python reads the file; write it without the f\nhint: only literals are read: write the prompt as a string in the dict\n",
    );
    refused(
        &[("q.txt", "{a} and {{b}}")],
        &["q.txt"],
        "error: q.txt: both {name} and {{name}} are in it, so what marks a variable cannot be told\nhint: --braces single (then {{ is a brace), or --braces double (then { is one)\n",
    );
    refused(
        &[("l.json", r#"[{"name": "a", "version": 1, "prompt": [{"type": "placeholder", "name": "history"}]}]"#)],
        &["l.json"],
        "error: l.json: a 1 has a place for messages, \"history\"\nhint: a prompt here is what is always sent; let the application add the history, and remove the placeholder\n",
    );
    refused(
        &[("d.json", r#"{"a b": "x", "a/b": "y"}"#)],
        &["d.json"],
        "error: d.json: \"a b\" and \"a/b\" would both be called a_b\n",
    );
    refused(
        &[("e.py", "X = 1\n")],
        &["e.py"],
        "error: e.py: no prompts are found in it\nhint: it was read as python (a file with a dict of prompts; it is read, not run); --as reads it as something else\n",
    );
}

#[test]
fn a_number_that_has_another_content_stops_the_whole_import() {
    let project = project(&[("p.json", r#"{"a": {"1.0.0": "one"}, "b": {"1.0.0": "one"}}"#)]);
    import(&project, &["p.json"]).ends(0);
    project.write("p.json", r#"{"a": {"1.0.0": "one", "1.1.0": "new"}, "b": {"1.0.0": "two"}}"#);
    let before = tree(&project);
    let ran = import(&project, &["p.json"]).ends(3);
    assert_eq!(
        ran.stderr,
        "error: p.json: b@1.0.0 is released with another content\nhint: a released version never changes; import under another name with --name\n"
    );
    assert_eq!(tree(&project), before);
}
