//! A project that asks a chat model, and what that model answers.

use std::process::Command;

use super::http::{Received, Scripted, Server};
use super::{Project, Ran};

/// The key that the project's model wants.
pub(crate) const KEY: &str = "sk-test-key-0123456789";

const PROMPT: &str = "---\nvariables: [question]\n---\n{{ question }}\n";

/// A project that asks a chat model `cases` questions.
pub(crate) fn project(cases: usize) -> Project {
    let rows: String = (0..cases).map(|id| row(id) + "\n").collect::<Vec<_>>().concat();
    Project::new(&[("llmops.toml", &config("")), ("prompts/qa/1.0.0.md", PROMPT), ("evals/dataset.jsonl", &rows)])
}

pub(crate) fn config(more: &str) -> String {
    format!(
        "[target]\nkind = \"prompt\"\nprompt = \"qa\"\nmodel = \"openai/m\"\ntimeout = \"5 s\"\n{more}\n\
         [eval]\nmetrics = [\"answer_relevancy\"]\n[gate]\nanswer_relevancy = 0.5\n"
    )
}

fn row(id: usize) -> String {
    format!(r#"{{"id": "c{id}", "question": "Say {id}.", "expected_answer_keywords": ["<{id}>", "never"]}}"#)
}

/// What a model says that repeats the number it is asked for.
pub(crate) fn answer(request: &Received) -> Scripted {
    let number: String = request.body.split("Say ").nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect();
    reply(&format!("<{number}>"))
}

pub(crate) fn reply(text: &str) -> Scripted {
    let message = serde_json::json!({
        "choices": [{"message": {"content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
    });
    Scripted::json(message.to_string())
}

pub(crate) fn command(project: &Project, server: &Server, arguments: &[&str]) -> Command {
    let mut command = project.command(".", arguments);
    command.env("OPENAI_BASE_URL", &server.url).env("OPENAI_API_KEY", KEY);
    command
}

pub(crate) fn run(project: &Project, server: &Server, arguments: &[&str]) -> Ran {
    Ran::of(&mut command(project, server, arguments))
}

/// Runs a shell script that may mount what it likes and sees the program as `$LLMOPS`; `None` where the system does
/// not allow that.
#[cfg(target_os = "linux")]
#[expect(clippy::print_stderr, reason = "a test that could not be made says so")]
pub(crate) fn with_own_mounts(project: &Project, server: &Server, script: &str) -> Option<Ran> {
    let shell = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
        command
    };
    if !shell("mount -t tmpfs none /mnt").output().is_ok_and(|output| output.status.success()) {
        eprintln!("not tested: this system allows no mounts in a namespace of one's own");
        return None;
    }
    let with_environment = command(project, server, &[]);
    let mut command = shell(script);
    command.current_dir(project.path(".")).env_clear().env("LLMOPS", env!("CARGO_BIN_EXE_llmops"));
    command.envs(with_environment.get_envs().filter_map(|(key, value)| Some((key, value?))));
    Some(Ran::of(&mut command))
}
