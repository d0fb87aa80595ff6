//! Several people who work on the prompts of one git repository.

use std::fmt::Write as _;
use std::process::Command;

use super::{Project, Ran};

/// Somebody whom git knows, perhaps with a key of `keys/`.
#[derive(Clone, Copy)]
pub(crate) struct Person {
    pub(crate) name: &'static str,
    key: Option<&'static str>,
}

pub(crate) const AUTHOR: Person = Person { name: "author", key: None };
pub(crate) const REVIEWER: Person = Person { name: "reviewer", key: None };
pub(crate) const OTHER: Person = Person { name: "other", key: None };

impl Person {
    /// The same, signing with the key of this file in `keys/`.
    pub(crate) fn signing(self, key: &'static str) -> Self {
        Self { key: Some(key), ..self }
    }

    /// The program, run by this person.
    pub(crate) fn command(self, project: &Project, arguments: &[&str]) -> Command {
        let mut command = project.command(".", arguments);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.env("GIT_AUTHOR_NAME", self.name).env("GIT_AUTHOR_EMAIL", format!("{}@example.org", self.name));
        if let Some(key) = self.key {
            let settings = [("gpg.format", "ssh".to_owned()), ("user.signingkey", format!("keys/{key}"))];
            command.env("GIT_CONFIG_COUNT", "2");
            for (place, (name, value)) in settings.into_iter().enumerate() {
                command.env(format!("GIT_CONFIG_KEY_{place}"), name).env(format!("GIT_CONFIG_VALUE_{place}"), value);
            }
        }
        command
    }

    pub(crate) fn runs(self, project: &Project, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(project, arguments))
    }

    /// `llmops prompt`, run by this person.
    pub(crate) fn prompt(self, project: &Project, arguments: &[&str]) -> Ran {
        self.runs(project, &[&["prompt"], arguments].concat())
    }
}

/// A repository with the releases 1.0.0 and 1.0.1 of the prompt `qa` by Author, and three cases whose answers are right.
pub(crate) fn repository(config: &str) -> Project {
    let project = Project::new(&[(".gitignore", ".llmops/\nllmops/\n")]);
    configure(&project, config);
    let (mut cases, mut answers) = (String::new(), String::new());
    for case in 0..3 {
        writeln!(
            cases,
            "{{\"id\": \"c{case}\", \"question\": \"Is it {case}?\", \"expected_answer_keywords\": [\"yes\"]}}"
        )
        .unwrap();
        writeln!(answers, "{{\"question\": \"Is it {case}?\", \"answer\": \"yes\"}}").unwrap();
    }
    project.write("evals/dataset.jsonl", &cases);
    project.write("answers.jsonl", &answers);
    git(&project, &["init", "-q", "-b", "main"]);
    release(&project, AUTHOR, "Answer: {{ question }}").ends(0);
    release(&project, AUTHOR, "Answer briefly: {{ question }}").ends(0);
    project
}

pub(crate) fn configure(project: &Project, config: &str) {
    let target = "[target]\nkind = \"prompt\"\nprompt = \"qa\"\nmodel = \"recorded/answers.jsonl\"\n";
    let eval = "[eval]\nmetrics = [\"answer_relevancy\"]\n[gate]\nanswer_relevancy = 0.5\n";
    project.write("llmops.toml", &format!("{target}{eval}{config}"));
}

/// Releases a text as the next version.
pub(crate) fn release(project: &Project, who: Person, template: &str) -> Ran {
    project.write("prompts/qa/draft.md", &format!("---\nvariables: [question]\n---\n{template}\n"));
    who.prompt(project, &["release", "qa", "--bump", "patch", "-m", "because"])
}

pub(crate) fn git(project: &Project, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(project.path(".")).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The lines of the ledger.
pub(crate) fn ledger(project: &Project) -> Vec<String> {
    project.read("prompts/qa/ledger.jsonl").lines().map(str::to_owned).collect()
}
