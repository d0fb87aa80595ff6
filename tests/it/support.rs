//! What the tests stand on: the built program, temporary projects, and real components started on demand.

pub(crate) mod chat;
pub(crate) mod chromium;
pub(crate) mod gemini;
pub(crate) mod http;
pub(crate) mod judge;
pub(crate) mod llama;
pub(crate) mod minilm;
pub(crate) mod nats;
pub(crate) mod otlp;
#[cfg(unix)]
pub(crate) mod platform;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod team;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

#[expect(clippy::disallowed_methods, reason = "a test must know its machine")]
fn machine(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// The built program with a clean environment: no keys, no proxies, no colours, nothing of the machine's.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_llmops"));
    command.env_clear();
    for name in ["PATH", "HOME", "TMPDIR", "LANG"] {
        if let Some(value) = machine(name) {
            command.env(name, value);
        }
    }
    command.env("NO_PROXY", "127.0.0.1,localhost");
    command
}

/// A project in a temporary folder.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// A project with these files: path and content.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        for (path, content) in files {
            project.write(path, content);
        }
        project
    }

    /// A copy of one of the repository's examples, with the documents that it refers to.
    pub(crate) fn example(name: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let project = Self { folder: tempfile::tempdir().unwrap() };
        copy(&root.join("docs"), &project.folder.path().join("docs"));
        copy(&root.join("examples").join(name), &project.folder.path().join("examples").join(name));
        project
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub(crate) fn write(&self, relative: &str, content: &str) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, relative: &str) -> String {
        std::fs::read_to_string(self.path(relative)).unwrap()
    }

    /// The program, started in a folder of the project.
    pub(crate) fn command(&self, folder: &str, arguments: &[&str]) -> Command {
        let mut command = program();
        command.current_dir(self.path(folder)).args(arguments);
        command
    }

    /// Runs the program in the project's own folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(".", arguments))
    }

    /// Has the ledger know a version whose file is there, as `llmops ci` asks for.
    pub(crate) fn record(&self, version: &str) {
        let mut command = self.command(".", &["prompt", "release", version, "-m", "begin"]);
        Ran::of(command.env("GIT_AUTHOR_NAME", "Author").env("GIT_AUTHOR_EMAIL", "author@example.org")).ends(0);
    }

    /// What the last run's report says of `answer_relevancy`: mean, and how many cases were measured, skipped, errored.
    pub(crate) fn relevancy(&self) -> (Option<f64>, u64, u64, u64) {
        let estimate = &self.report()["estimates"]["answer_relevancy"];
        let count = |key: &str| estimate[key].as_u64().unwrap();
        (estimate["mean"].as_f64(), count("n"), count("skipped"), count("errored"))
    }

    /// The report of the last run.
    pub(crate) fn report(&self) -> serde_json::Value {
        serde_json::from_str(&self.read("llmops/eval_report.json")).unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if entry.path().is_dir() {
            // Local state of somebody's own run is no part of an example.
            if name != ".llmops" && name != "llmops" {
                copy(&entry.path(), &to.join(name));
            }
        } else {
            std::fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        Self {
            code: status.code().unwrap_or(-1),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Fails the test with everything that was printed, unless the exit code is this one.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// A report without what differs from run to run.
pub(crate) fn comparable(mut report: Value) -> Value {
    for key in ["timestamp", "duration_ms", "latency"] {
        report.as_object_mut().unwrap().remove(key);
    }
    for row in report["results"].as_array_mut().unwrap() {
        for key in ["latency_ms", "attempts", "cached"] {
            row.as_object_mut().unwrap().remove(key);
        }
    }
    report
}

/// The ids of a report's cases, in order.
pub(crate) fn ids(report: &Value) -> Vec<String> {
    let rows = report["results"].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// The whole lines of a project's journals, headers not counted.
pub(crate) fn journalled(project: &Project) -> usize {
    let Ok(entries) = std::fs::read_dir(project.path(".llmops/runs")) else { return 0 };
    let texts = entries.flatten().filter_map(|entry| std::fs::read_to_string(entry.path()).ok());
    texts.map(|text| text.matches('\n').count().saturating_sub(1)).sum()
}

/// Waits for something that another process does; far longer than it takes, and not for ever.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    const LIMIT: Duration = Duration::from_secs(120);
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "no {what} after {LIMIT:?}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

pub(crate) const CONFIG: &str = "\
[gate]
context_recall = 0.8
answer_relevancy = 0.8
";

pub(crate) const PROMPT: &str = "\
---
variables: [context, question]
---
{{ context }}

Question: {{ question }}
";

/// Two documents, two cases, green.
pub(crate) fn small_project() -> Project {
    Project::new(&[
        ("llmops.toml", CONFIG),
        ("prompts/rag_answer/1.0.0.md", PROMPT),
        ("documents/keys.md", "# Keys\n\nThe key is under the blue flowerpot.\n"),
        ("documents/hours.md", "# Hours\n\nThe shop is open from nine to five.\n"),
        (
            "evals/dataset.jsonl",
            "{\"id\": \"key\", \"question\": \"Where is the key?\", \"expected_docs\": [\"Keys\"], \"expected_answer_keywords\": [\"flowerpot\"]}\n\
             {\"id\": \"hours\", \"question\": \"When is the shop open?\", \"expected_docs\": [\"hours.md\"], \"expected_answer_keywords\": [\"nine to five\"]}\n",
        ),
    ])
}
