//! A stand-in for an application and its judge on one server: `/ask` is the application, everything else the judge.

use serde_json::{Value, json};

use super::http::{Received, Scripted, Server};
use super::{Project, Ran};

/// What a judge is asked.
pub(crate) struct Asked {
    pub(crate) model: String,
    pub(crate) rubric: String,
    pub(crate) instructions: String,
    /// The user's message, which is JSON.
    pub(crate) data: Value,
}

impl Asked {
    pub(crate) fn of(request: &Received) -> Option<Self> {
        let body: Value = serde_json::from_str(&request.body).ok()?;
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            model: text("/model")?,
            rubric: text("/response_format/json_schema/name")?,
            instructions: text("/messages/0/content")?,
            data: serde_json::from_str(&text("/messages/1/content")?).ok()?,
        })
    }

    pub(crate) fn ids(&self) -> Vec<&str> {
        self.data["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
    }

    /// The same verdict for every item, but for those that are named.
    pub(crate) fn verdicts(&self, usual: &str, others: &[(&str, &str)]) -> Scripted {
        let verdict = |id: &&str| {
            let verdict = others.iter().find(|(other, _)| other == id).map_or(usual, |(_, verdict)| *verdict);
            json!({ "id": id, "reason": format!("because of {id}"), "verdict": verdict })
        };
        let verdicts: Vec<Value> = self.ids().iter().map(verdict).collect();
        says(&json!({ "verdicts": verdicts }).to_string())
    }
}

/// A reply with ten input tokens and five output tokens.
pub(crate) fn says(text: &str) -> Scripted {
    let choice = json!({ "message": { "role": "assistant", "content": text }, "finish_reason": "stop" });
    let usage = json!({ "prompt_tokens": 10, "completion_tokens": 5 });
    Scripted::json(json!({ "choices": [choice], "usage": usage }).to_string())
}

/// Serves an application that always answers this from these sources, and a judge.
pub(crate) fn serve(
    answer: &str,
    sources: &[&str],
    judge: impl Fn(&Asked) -> Scripted + Send + Sync + 'static,
) -> Server {
    let sources: Vec<Value> = sources.iter().map(|text| json!({ "title": "Doc", "text": text })).collect();
    let reply = json!({ "answer": answer, "sources": sources }).to_string();
    Server::start(move |request| {
        if request.path == "/ask" {
            return Scripted::json(reply.clone());
        }
        match Asked::of(request) {
            Some(asked) => judge(&asked),
            None => Scripted::status(400, "no judge is asked like this"),
        }
    })
}

/// What the judge was asked, in the order in which it came.
pub(crate) fn asked(server: &Server) -> Vec<Asked> {
    server.received().iter().filter_map(Asked::of).collect()
}

/// A project with one case that measures one metric of that application.
pub(crate) fn project(server: &Server, metric: &str, more: &str) -> Project {
    let config = format!(
        "[target]\nkind = \"http\"\nurl = \"{}/ask\"\nbody = '{{\"question\": {{{{ question | tojson }}}}}}'\n\
         passages = \"/sources\"\ntimeout = \"5 s\"\n\
         [eval]\nmetrics = [\"{metric}\"]\n[gate]\n{metric} = 0.5\n{more}",
        server.url
    );
    let case =
        json!({ "id": "c", "question": "Where is the key?", "reference_answer": "Under the blue pot. It is old." });
    Project::new(&[("llmops.toml", &config), ("evals/dataset.jsonl", &format!("{case}\n"))])
}

pub(crate) const JUDGE: &str = "[judge]\nmodel = \"openai/judge\"\n";

pub(crate) fn run(project: &Project, server: &Server, arguments: &[&str]) -> Ran {
    let mut command = project.command(".", arguments);
    command.env("OPENAI_BASE_URL", format!("{}/v1", server.url)).env("OPENAI_API_KEY", "sk-test-0123456789");
    Ran::of(&mut command)
}
