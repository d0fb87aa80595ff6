//! A folder becomes a project, once, and passes at once.

use std::path::Path;
use std::process::Command;

use crate::support::team::git;
use crate::support::{Project, Ran, minilm, postgres, small_project};

/// The program for somebody whom git knows, or whom it does not.
fn init_by(project: &Project, folder: &str, who: Option<&str>, arguments: &[&str]) -> Ran {
    let mut command = project.command(folder, &[&["init"], arguments].concat());
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", "/nonexistent");
    if let Some(name) = who {
        command.env("GIT_AUTHOR_NAME", name).env("GIT_AUTHOR_EMAIL", "author@example.org");
    } else {
        let settings =
            [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "user.useConfigOnly"), ("GIT_CONFIG_VALUE_0", "true")];
        command.envs(settings);
    }
    Ran::of(&mut command)
}

fn init(project: &Project, arguments: &[&str]) -> Ran {
    init_by(project, ".", Some("author"), arguments)
}

/// Every file that is no local state, with its content.
fn tree(project: &Project) -> Vec<(String, String)> {
    let mut command = Command::new("find");
    command.current_dir(project.path(".")).args([".", "-type", "f"]);
    let output = command.args(["-not", "-path", "*/.llmops/*", "-not", "-path", "*/.git/*"]).output().unwrap();
    let mut files: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    files.sort();
    files.into_iter().map(|file| (file.clone(), project.read(&file))).collect()
}

/// Runs again, and nothing changes.
fn again(project: &Project, arguments: &[&str]) -> Ran {
    let before = tree(project);
    let ran = init(project, arguments).ends(0);
    assert!(ran.stdout.ends_with("nothing is to be done\n"), "{}", ran.stdout);
    assert_eq!(tree(project), before);
    ran
}

#[test]
fn an_empty_folder_becomes_a_project_that_passes_at_once() {
    let project = Project::new(&[]);
    git(&project, &["init", "-q", "-b", "main"]);
    let ran = init(&project, &[]).ends(0);
    for file in ["llmops.toml", "prompts/rag_answer/1.0.0.md", "prompts/rag_answer/ledger.jsonl", "evals/dataset.jsonl"]
    {
        assert!(ran.stdout.contains(&format!("{file}  written\n")), "{}", ran.stdout);
    }
    assert!(project.read("prompts/rag_answer/ledger.jsonl").contains("author <author@example.org>"));
    let passed = project.run(&["ci"]).ends(0);
    assert!(passed.stdout.starts_with("PASS  "), "{}", passed.stdout);
    assert_eq!(project.report()["cases"]["errored"], 0);
    let status =
        Command::new("git").current_dir(project.path(".")).args(["status", "--porcelain", "-uall"]).output().unwrap();
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(!status.contains(".llmops/") && !status.contains("eval_report"), "{status}");
    again(&project, &[]);
    project.run(&["ci"]).ends(0);
}

#[test]
fn without_git_and_without_a_name_it_passes_too() {
    let project = Project::new(&[]);
    std::fs::create_dir(project.path("my app")).unwrap();
    let ran = init_by(&project, "my app", None, &[]).ends(0);
    assert!(
        ran.stdout.contains("note: git does not know who you are, so rag_answer@1.0.0 is recorded as by llmops init")
    );
    assert!(project.read("my app/llmops.toml").contains("name = \"my app\"\n"));
    Ran::of(&mut project.command("my app", &["ci"])).ends(0);
}

#[test]
fn what_is_there_is_never_overwritten() {
    let own = "[gate]\ncontext_recall = 0.5\n";
    let project = Project::new(&[("llmops.toml", own), (".gitignore", "/target\r\n.env"), ("evals/notes.txt", "ours")]);
    let ran = init(&project, &["--store", "pgvector", "--forge", "none"]).ends(0);
    let differs = "note: llmops.toml is here and stays: its retrieval.store is \"embedded\", not \"pgvector\"\n";
    assert!(ran.stdout.contains(differs), "{}", ran.stdout);
    assert_eq!(project.read("llmops.toml"), own);
    assert_eq!(project.read(".gitignore"), "/target\r\n.env\r\n.llmops/\r\n/llmops/\r\n");
    project.run(&["ci"]).ends(0);
    again(&project, &["--forge", "none"]);

    let dataset = project.read("evals/dataset.jsonl") + "\n";
    project.write("evals/dataset.jsonl", &dataset);
    again(&project, &["--forge", "none"]);
    assert_eq!(project.read("evals/dataset.jsonl"), dataset);
}

#[test]
fn a_dry_run_writes_nothing() {
    let project = Project::new(&[]);
    let ran = init(&project, &["--dry-run"]).ends(0);
    assert_eq!(tree(&project), []);
    // It names every file that is written then.
    let named = |ran: &Ran, how: &str| {
        let files = ran.stdout.lines().filter_map(|line| line.strip_suffix(how).map(str::to_owned));
        files.collect::<Vec<String>>()
    };
    let written = init(&project, &[]).ends(0);
    assert_eq!(named(&ran, "  would be written"), named(&written, "  written"));
    assert!(written.stdout.ends_with("next: llmops ci, then git init, git add and commit what was written\n"));
}

const PROMPTS: &str = "PROMPTS = {\"town\": {\"v1\": \"Answer from {context}: {question}\"}}\n";
const CASES: &str = "query,ground_truth,keywords\n\
    When is waste collected?,On Mondays,Mondays\n\
    What does the licence of a dog cost?,20 euro,20 euro\n";
const PROMPTFOO: &str = "\
prompts:
  - \"Say {{question}}\"
tests:
  - vars: {question: \"When is waste collected?\"}
    assert: [{type: icontains, value: Mondays}, {type: llm-rubric, value: kind}]
";

/// A repository with documents, prompts and cases of other tools.
fn team() -> Project {
    let project = Project::new(&[
        ("docs/dogs.md", "# Dogs\n\nThe licence of a dog costs 20 euro.\n"),
        ("docs/waste.md", "# Waste\n\nWaste is collected on Mondays.\n"),
        ("app/prompts.py", PROMPTS),
        ("data/questions.csv", CASES),
        ("promptfooconfig.yaml", PROMPTFOO),
        (".env", "GEMINI_API_KEY=a-key-that-nobody-sees\n"),
    ]);
    git(&project, &["init", "-q", "-b", "main"]);
    project
}

#[test]
fn what_is_not_imported_is_named_with_the_command_that_would_do_it() {
    let project = team();
    let ran = init(&project, &[]).ends(0);
    let notes: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with("note: ")).collect();
    assert_eq!(
        notes,
        [
            "note: the workflow needs the variables LLMOPS_URL and LLMOPS_SHA256, see docs/ci.md of llmops",
            "note: app/prompts.py holds prompts (town): llmops prompt import app/prompts.py",
            "note: promptfooconfig.yaml holds prompts (promptfooconfig_1): llmops prompt import promptfooconfig.yaml",
            "note: data/questions.csv holds 2 cases: llmops init --import",
            "note: promptfooconfig.yaml holds 1 case: llmops init --import",
            "note: a key is set for gemini (GEMINI_API_KEY): set target.model = \"gemini/gemini-2.5-flash\" in llmops.toml",
        ]
    );
    assert!(tree(&project).iter().all(|(file, text)| file == "./.env" || !text.contains("a-key-that-nobody-sees")));
    // The questions are about the documents that are here.
    assert!(project.read("llmops.toml").contains("documents = \"docs/\"\n"));
    assert!(project.read("evals/dataset.jsonl").contains("What do the documents say about Dogs?"));
    project.run(&["ci"]).ends(0);
}

#[test]
fn prompts_and_cases_are_imported_once() {
    let project = team();
    let ran = init(&project, &["--import"]).ends(0);
    let left = "note: promptfooconfig.yaml: left out, as there is no counterpart: assertions of type llm-rubric (1)\n";
    assert!(ran.stdout.contains("town@1.0.0  released\n") && ran.stdout.contains(left), "{}", ran.stdout);
    let config = project.read("llmops.toml");
    assert!(
        config.contains("prompt = \"town\"\n") && config.contains("dataset = \"evals/questions.cases.jsonl\"\n"),
        "{config}"
    );
    assert_eq!(
        project.read("evals/promptfooconfig.cases.jsonl"),
        "{\"id\":\"promptfooconfig-1\",\"question\":\"When is waste collected?\",\"expected_answer_keywords\":[\"Mondays\"]}\n"
    );
    assert!(!project.path("prompts/rag_answer").exists());
    let passed = project.run(&["ci"]).ends(0);
    assert!(passed.stdout.contains("town@1.0.0"), "{}", passed.stdout);
    again(&project, &["--import"]);
    // What was taken over is no longer offered.
    let ran = again(&project, &[]);
    assert!(!ran.stdout.contains("2 cases"), "{}", ran.stdout);
}

#[test]
fn prompts_wait_until_git_knows_who_imports_them() {
    let project = team();
    let ran = init_by(&project, ".", None, &["--import"]).ends(0);
    assert!(
        ran.stdout.contains("note: app/prompts.py was not imported: git does not know who you are"),
        "{}",
        ran.stdout
    );
    assert!(project.read("llmops.toml").contains("prompt = \"rag_answer\"\n"));
    project.run(&["ci"]).ends(0);
}

#[test]
fn a_python_list_of_cases_is_read_and_cases_whose_documents_are_missing_wait() {
    let python = "CASES = [\n    {'question': 'Who?', 'expected_docs': ['People']},\n]\n";
    let project =
        Project::new(&[("docs/dogs.md", "# Dogs\n\nThe licence costs 20 euro.\n"), ("tests/golden.py", python)]);
    let ran = init(&project, &["--import"]).ends(0);
    assert!(
        ran.stdout.contains("note: tests/golden.py expects the document \"People\", which is not here"),
        "{}",
        ran.stdout
    );
    let expected = "{\"id\":\"golden-1\",\"question\":\"Who?\",\"expected_docs\":[\"People\"]}\n";
    assert_eq!(project.read("evals/golden.cases.jsonl"), expected);
    project.run(&["ci"]).ends(0);
}

#[test]
fn a_table_with_vectors_is_offered_with_its_length() {
    let url = postgres::database();
    postgres::execute(
        &url,
        "create extension vector; create table documents (uuid text primary key, name text, content text, vec vector(1536));
        insert into documents select n::text, 'Page ' || n, 'Text ' || n, array_fill(0.1, array[1536])::vector from generate_series(1, 3) n;
        insert into documents values ('9', 'New', 'no vector yet', null)",
    );
    let project = Project::new(&[(".env", &format!("DATABASE_URL={url}\nOPENAI_API_KEY=sk-unseen\n"))]);
    let ran = init(&project, &["--dry-run"]).ends(0);
    let offer = "the database has the table documents (vector(1536), 4 rows, 1 without a vector): set retrieval.store";
    assert!(ran.stdout.contains(offer), "{}", ran.stdout);
    init(&project, &["--store", "pgvector"]).ends(0);
    let config = project.read("llmops.toml");
    for line in [
        "store = \"pgvector\"",
        "embedder = \"openai/text-embedding-3-small\"",
        "dimensions = 1536",
        "table = \"documents\"",
        "id = \"uuid\"",
        "title = \"name\"",
        "body = \"content\"",
        "embedding = \"vec\"",
    ] {
        assert!(config.contains(&format!("\n{line}\n")), "{line} in {config}");
    }
    // Documents of ours have no place in a table that has its rows.
    assert!(!project.path("documents").exists() && !config.contains("\ndocuments = "));
    assert!(project.read("evals/dataset.jsonl").contains("\"expected_docs\":[\"Page 1\"]"));
    project.run(&["prompt", "list"]).ends(0);
}

#[test]
fn a_database_that_is_down_is_told_and_stops_nothing() {
    let project = Project::new(&[(".env", "DATABASE_URL=postgres://u:hunter22@127.0.0.1:1/d\n")]);
    let ran = init(&project, &[]).ends(0);
    assert!(ran.stdout.contains("note: the database was not looked at: cannot connect to PostgreSQL at 127.0.0.1:1/d"));
    assert!(!ran.stdout.contains("hunter22"));
    project.run(&["ci"]).ends(0);
}

#[test]
fn wrong_wishes_write_nothing() {
    let project = Project::new(&[]);
    let ran = init(&project, &["--model", "gemni/flash"]).ends(3);
    assert_eq!(ran.stderr, "error: unknown model provider \"gemni\"\nhint: did you mean \"gemini\"?\n");
    init(&project, &["--binary-url", "https://example.org/llmops"]).ends(3);
    init(&project, &["--binary-url", "https://example.org/llmops", "--binary-sha256", "abc"]).ends(3);
    assert_eq!(tree(&project), []);
}

#[test]
fn a_table_that_our_own_embedder_filled_passes_at_once() {
    let (url, models) = (postgres::database(), minilm::models());
    let variables = [("DATABASE_URL", url.as_str()), ("LLMOPS_MODELS", models.to_str().unwrap())];
    let first = Project::new(&[
        ("llmops.toml", "[retrieval]\nstore = \"pgvector\"\nembedder = \"local\"\n"),
        ("documents/dogs.md", "# Dogs\n\nThe licence of a dog costs 20 euro.\n"),
        ("documents/waste.md", "# Waste\n\nWaste is collected on Mondays.\n"),
    ]);
    Ran::of(first.command(".", &["ingest"]).envs(variables)).ends(0);

    let project = Project::new(&[]);
    git(&project, &["init", "-q"]);
    let run = |arguments: &[&str]| {
        let mut command = project.command(".", arguments);
        command.env("GIT_AUTHOR_NAME", "author").env("GIT_AUTHOR_EMAIL", "author@example.org");
        Ran::of(command.envs(variables))
    };
    let ran = run(&["init", "--yes"]).ends(0);
    assert!(ran.stdout.contains("note: the store is the table documents (vector(384), 2 rows)"), "{}", ran.stdout);
    assert!(project.read(".github/workflows/llmops.yml").contains("image: pgvector/pgvector:pg17"));
    let passed = run(&["ci"]).ends(0);
    assert!(passed.stdout.contains("context_recall            1.000"), "{}", passed.stdout);
    assert_eq!(postgres::execute(&url, "select count(*) from documents"), ["2"]);
    let doctor = run(&["doctor"]).ends(0);
    assert!(doctor.stdout.contains("the table documents has 2 rows, all with vectors"), "{}", doctor.stdout);
    let ran = run(&["init", "--yes"]).ends(0);
    assert!(ran.stdout.ends_with("nothing is to be done\n"), "{}", ran.stdout);
}

#[test]
fn where_a_file_cannot_be_written_none_is() {
    let project = Project::new(&[("evals", "a file where a folder belongs")]);
    let ran = init(&project, &[]).ends(2);
    assert!(
        ran.stderr.contains("cannot write into ") && ran.stderr.contains("hint: nothing was written"),
        "{}",
        ran.stderr
    );
    assert_eq!(tree(&project).len(), 1);
}

#[test]
fn a_project_below_another_is_told_so() {
    let project = small_project();
    std::fs::create_dir(project.path("inner")).unwrap();
    let ran = init_by(&project, "inner", Some("author"), &["--forge", "none"]).ends(0);
    assert!(ran.stdout.contains("is another project's: this folder becomes one of its own"), "{}", ran.stdout);
    Ran::of(&mut project.command("inner", &["ci"])).ends(0);
}

/// Runs `llmops init` in a terminal of its own, types these lines, and gives the exit code and what the terminal showed.
fn in_a_terminal(project: &Project, typed: &str) -> (i32, String) {
    const SCRIPT: &str = "\
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], 'init'])
shown, typed = b'', sys.argv[2].encode()
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    # Not before somebody listens: a Ctrl-C would be lost.
    if typed and b'] ' in shown:
        os.write(terminal, typed)
        typed = b''
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
";
    let mut command = Command::new("python3");
    let program: &Path = Path::new(env!("CARGO_BIN_EXE_llmops"));
    command.args(["-c", SCRIPT]).arg(program).arg(typed).current_dir(project.path("."));
    command.env("GIT_AUTHOR_NAME", "author").env("GIT_AUTHOR_EMAIL", "author@example.org");
    for variable in ["GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY", "DATABASE_URL", "DB_NAME"] {
        command.env_remove(variable);
    }
    let ran = Ran::of(&mut command);
    (ran.code, ran.stdout)
}

#[test]
fn in_a_terminal_it_asks_and_an_empty_line_takes_what_is_offered() {
    let project = team();
    let (code, shown) = in_a_terminal(&project, "subversion\nnone\ngpt\n\n\ny\nn\n\n\n");
    assert_eq!(code, 0, "{shown}");
    for question in [
        "Write a CI workflow for github, gitlab or none? [github] ",
        "answer github, gitlab or none",
        "Test which model, as provider/model; a key is set for gemini? [local/extractive] ",
        "\"gpt\" is not a model: write provider/model, for example \"gemini/gemini-2.5-flash\"",
        "Import the prompts of app/prompts.py (town)? [Y/n] ",
        "Import the prompts of promptfooconfig.yaml (promptfooconfig_1)? [Y/n] ",
        "Take over 2 cases of data/questions.csv? [Y/n] ",
    ] {
        assert!(shown.contains(question), "{question} in {shown}");
    }
    assert!(!shown.contains("Deploy"), "{shown}");
    assert!(project.path("prompts/town/1.0.0.md").exists() && project.path("prompts/promptfooconfig_1").exists());
    assert!(!project.path(".github").exists());
    project.run(&["ci"]).ends(0);
}

#[test]
fn who_leaves_in_the_middle_leaves_nothing() {
    // The end of the input, and Ctrl-C.
    for typed in ["github\n\u{4}", "github\n\u{3}"] {
        let project = Project::new(&[]);
        let (code, shown) = in_a_terminal(&project, typed);
        assert_ne!(code, 0, "{shown}");
        assert_eq!(tree(&project), [], "{shown}");
    }
}

#[test]
fn a_yes_takes_every_offer() {
    let project = team();
    init(&project, &["--yes"]).ends(0);
    assert!(project.path("prompts/town/1.0.0.md").exists());
    project.run(&["ci"]).ends(0);
    again(&project, &["--yes"]);
}
