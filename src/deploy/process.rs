//! Programs that deploy: started in the project's folder, ended with all that they started when their time is over.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::driver::{Told, Trouble, TroubleKind};
use crate::config::Secret;
use crate::program::{self, Running};
use crate::text::{printable, span};

/// What of an output is kept: its end.
const KEPT: usize = 1 << 20;

/// A program and its arguments.
pub(super) struct Program {
    pub(super) words: Vec<String>,
    pub(super) folder: PathBuf,
    pub(super) limit: Duration,
    pub(super) secrets: Vec<Secret>,
}

impl Program {
    /// Its standard output, if it ends well.
    pub(super) async fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Told<String> {
        let Some((name, own)) = self.words.split_first() else {
            return Err(Trouble::config("deploy.command is empty"));
        };
        let mut command = program::command(name, own, &self.folder);
        command.args(arguments).envs(variables.iter().copied()).stdin(Stdio::null());
        let child = command
            .spawn()
            .map_err(|error| Trouble::new(TroubleKind::Refused, format!("cannot start \"{name}\": {error}")))?;
        let mut running = Running(child);
        let (out, errors) = (running.0.stdout.take(), running.0.stderr.take());
        let work = async {
            let (out, errors, status) = tokio::join!(end_of(out), end_of(errors), running.0.wait());
            (out, errors, status)
        };
        let Ok((out, errors, status)) = tokio::time::timeout(self.limit, work).await else {
            let message = format!("\"{name}\" did not end within {}", span(self.limit));
            return Err(Trouble::new(TroubleKind::Silent, message));
        };
        match status {
            Ok(status) if status.success() => Ok(out),
            Ok(status) => {
                let said = errors.lines().rfind(|line| !line.trim().is_empty()).map(|line| self.shown(line));
                let said = said.map_or_else(String::new, |said| format!(": {said}"));
                Err(Trouble::new(TroubleKind::Failed, format!("\"{name}\" failed ({status}){said}")))
            }
            Err(error) => Err(Trouble::new(TroubleKind::Failed, format!("\"{name}\" is lost: {error}"))),
        }
    }

    fn shown(&self, line: &str) -> String {
        let hidden = self.secrets.iter().fold(line.trim().to_owned(), |text, secret| secret.redact(&text));
        printable(&hidden.chars().take(200).collect::<String>()).into_owned()
    }
}

async fn end_of(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let mut kept = Vec::new();
    let Some(mut pipe) = pipe else { return String::new() };
    let mut buffer = vec![0; 1 << 14];
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..count]);
        let excess = kept.len().saturating_sub(KEPT);
        kept.drain(..excess);
    }
    String::from_utf8_lossy(&kept).into_owned()
}
