//! A real NATS server with `JetStream`, one for each test that asks, and processes beside it.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::process::{Launched, value};
use super::until;

pub(crate) struct Nats(Launched);

impl Nats {
    pub(crate) fn start(options: &[&str]) -> Self {
        Self(Launched::start("nats.sh", options, "NATS_URL"))
    }

    pub(crate) fn url(&self) -> &str {
        &self.0.value
    }

    /// How many cases are on the queue and not acknowledged.
    pub(crate) fn cases(&self) -> u64 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let jetstream = async_nats::jetstream::new(async_nats::connect(self.url()).await.unwrap());
            match jetstream.get_stream("llmops-cases").await {
                Ok(stream) => stream.cached_info().state.messages,
                // Not made yet.
                Err(_) => 0,
            }
        })
    }

    /// Kills the server with SIGKILL, and starts it again on the same port and files.
    pub(crate) fn restart(&mut self) {
        writeln!(self.0.child.stdin.as_mut().unwrap(), "restart").unwrap();
        value(&mut self.0.lines, "RESTARTED").unwrap();
    }
}

/// A process in the background, its output in a file; killed when it is dropped.
pub(crate) struct Background {
    child: Child,
    log: PathBuf,
}

impl Background {
    pub(crate) fn start(mut command: Command, log: PathBuf) -> Self {
        let file = File::create(&log).unwrap();
        let child = command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        Self { child, log }
    }

    pub(crate) fn output(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until the process has printed this.
    #[track_caller]
    pub(crate) fn says(&mut self, text: &str) {
        until(&format!("\"{text}\""), || {
            let output = self.output();
            let ended = self.child.try_wait().unwrap();
            assert!(output.contains(text) || ended.is_none(), "{ended:?} without \"{text}\":\n{output}");
            output.contains(text)
        });
    }

    /// `KILL`, `STOP`, `CONT`, `INT` ...
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Waits for the end, which must have this code.
    #[track_caller]
    pub(crate) fn ends(&mut self, code: i32) {
        let mut ended = None;
        until("the end of a process", || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        assert_eq!(ended.unwrap().code(), Some(code), "{}", self.output());
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
