//! A program under test: it reads one case a line as JSON, answers each with one line of JSON, and is kept alive.
//!
//! ```text
//! -> {"id": "a", "question": "...", ...}
//! <- {"answer": "...", "passages": ["title", ...], "usage": {"input_tokens": 1, "output_tokens": 1}}   or {"error": "..."}
//! ```
//! The answer may repeat the case's id, which is then checked. As many processes run as cases are under way; one that misbehaves is ended and replaced.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};

use super::http::read_passages;
use super::{Question, Target};
use crate::config::Config;
use crate::cost::tokens_of;
use crate::error::{Error, Problem, Result};
use crate::eval::{Case, Output};
use crate::program::{self, Running};
use crate::text::span;

pub(super) struct CommandTarget {
    command: Vec<String>,
    folder: PathBuf,
    time_limit: Duration,
    idle: Mutex<Vec<Process>>,
}

impl CommandTarget {
    pub(super) fn open(config: &Config) -> Self {
        Self {
            command: config.target.command.clone(),
            folder: config.root.clone(),
            time_limit: config.target.timeout,
            idle: Mutex::default(),
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Process>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self) -> Result<Process> {
        let (name, arguments) = self.command.split_first().ok_or_else(|| Error::config("target.command is empty"))?;
        let mut command = program::command(name, arguments, &self.folder);
        let child =
            command.spawn().map_err(|error| Error::unavailable(format!("cannot start \"{name}\"")).source(error))?;
        let mut running = Running(child);
        let child = &mut running.0;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(Error::unavailable(format!("\"{name}\" has no pipes")));
        };
        let complaints = Complaints::collect(stderr);
        Ok(Process { running, stdin, stdout: BufReader::new(stdout), complaints })
    }
}

impl Target for CommandTarget {
    fn answer<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Output>> {
        Box::pin(async move {
            question.must_be_plain()?;
            let case = question.case;
            let idle = self.idle().pop();
            let mut process = match idle {
                Some(process) => process,
                None => self.start()?,
            };
            let started = Instant::now();
            // On any error the process is dropped here, which kills it: its next line could belong to this case.
            let line = tokio::time::timeout(self.time_limit, process.ask(&request(case)))
                .await
                .map_err(|_| Error::unavailable(format!("no answer within {}", span(self.time_limit))))??;
            let latency = started.elapsed();
            let reply = Reply::parse(&line, &case.id)?;
            process.must_have_nothing_more()?;
            self.idle().push(process);
            let output = reply.output()?;
            Ok(Output { latency: Some(latency), attempts: 1, ..output })
        })
    }

    fn check(&self, _: &Case) -> std::result::Result<(), Problem> {
        Ok(())
    }
}

/// A longer answer is none; a program that never ends its line must not fill the memory.
const MAX_LINE_BYTES: usize = 32 << 20;

/// What the program may know: the question and the user's own fields, not what a good answer is.
fn request(case: &Case) -> String {
    Value::Object(case.fields()).to_string()
}

/// A line that is an answer to this case: with an answer or an error in it, and no other case's id.
struct Reply(Value);

impl Reply {
    fn parse(line: &str, id: &str) -> Result<Self> {
        let reply: Value = serde_json::from_str(line).map_err(|error| {
            Error::unavailable(format!("the command answered \"{}\"", shortened(line))).source(error)
        })?;
        let is_answer = reply.get("answer").is_some_and(Value::is_string);
        let is_error = reply.get("error").is_some_and(|error| !error.is_null());
        if !is_answer && !is_error {
            return Err(Error::unavailable(format!("the command's line has no \"answer\": {}", shortened(line))));
        }
        match reply.get("id").and_then(Value::as_str).filter(|other| *other != id) {
            Some(other) => Err(Error::unavailable(format!("the command answered the case \"{}\"", shortened(other)))),
            None => Ok(Self(reply)),
        }
    }

    fn output(&self) -> Result<Output> {
        let Self(reply) = self;
        if let Some(message) = reply.get("error").filter(|error| !error.is_null()) {
            let message = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
            return Err(Error::unavailable(format!("the command says: {message}")));
        }
        let answer = reply.get("answer").and_then(Value::as_str).unwrap_or_default();
        let passages = reply.get("passages").filter(|passages| !passages.is_null()).map(read_passages).transpose()?;
        let usage = reply.get("usage").and_then(tokens_of).unwrap_or_default();
        Ok(Output { answer: answer.to_owned(), passages, usage, ..Output::default() })
    }
}

fn shortened(text: &str) -> String {
    let text = text.trim_end();
    let mut short: String = text.chars().take(120).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

struct Process {
    running: Running,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    complaints: Complaints,
}

impl Process {
    /// A line too many would be taken for the next case's answer.
    fn must_have_nothing_more(&self) -> Result<()> {
        let rest = self.stdout.buffer();
        if rest.is_empty() {
            return Ok(());
        }
        let rest = shortened(String::from_utf8_lossy(rest).trim_end());
        Err(Error::unavailable(format!("the command printed more than one line: {rest}")))
    }

    async fn ask(&mut self, request: &str) -> Result<String> {
        let written = async {
            self.stdin.write_all(request.as_bytes()).await?;
            self.stdin.write_all(b"\n").await?;
            self.stdin.flush().await
        };
        let answered = match written.await {
            Ok(()) => self.line().await,
            Err(error) => Err(error),
        };
        match answered {
            Ok(line) if line.ends_with('\n') => Ok(line),
            Ok(line) if line.len() >= MAX_LINE_BYTES => {
                let limit = MAX_LINE_BYTES >> 20;
                Err(Error::unavailable(format!("the command's line is longer than {limit} MB")))
            }
            Ok(_) => Err(self.ended().await),
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(self.ended().await),
            Err(error) => Err(Error::unavailable("cannot talk to the command").source(error)),
        }
    }

    /// The next line with its end, or what there is of it at the end of the output or at the limit.
    async fn line(&mut self) -> std::io::Result<String> {
        let mut line = Vec::new();
        (&mut self.stdout).take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut line).await?;
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    async fn ended(&mut self) -> Error {
        let status = match self.running.0.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let said = self.complaints.last_line().await;
        let said = if said.is_empty() { said } else { format!(": {said}") };
        Error::unavailable(format!("the command ended without an answer ({status}){said}"))
    }
}

/// The last of what a process wrote to its standard error.
struct Complaints {
    text: Arc<Mutex<Vec<u8>>>,
    reader: tokio::task::JoinHandle<()>,
}

/// Enough for the last line of a traceback.
const COMPLAINT_BYTES: usize = 4096;

impl Complaints {
    fn collect(mut stderr: ChildStderr) -> Self {
        let text: Arc<Mutex<Vec<u8>>> = Arc::default();
        let shared = Arc::clone(&text);
        let reader = tokio::spawn(async move {
            let mut buffer = [0; 1024];
            while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
                let mut text = shared.lock().unwrap_or_else(PoisonError::into_inner);
                text.extend_from_slice(&buffer[..count]);
                let excess = text.len().saturating_sub(COMPLAINT_BYTES);
                text.drain(..excess);
            }
        });
        Self { text, reader }
    }

    /// After the process has ended.
    async fn last_line(&mut self) -> String {
        // A grandchild may hold the pipe open, so this does not wait for long.
        let _ = tokio::time::timeout(Duration::from_secs(1), &mut self.reader).await;
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&text);
        text.lines().rfind(|line| !line.trim().is_empty()).map(|line| shortened(line.trim())).unwrap_or_default()
    }
}
