//! SSH signatures, made and checked by `ssh-keygen`, as git does it for commits. Each has a namespace, so that a signature of one
//! thing can't be taken for one of another.

use std::ffi::OsStr;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config::{Config, Located, STATE_FOLDER};
use crate::error::{Error, Result};
use crate::git::{self, SigningKey};

/// The key that git signs commits with.
pub(crate) struct Signer {
    key: SigningKey,
    folder: PathBuf,
    /// Whether somebody is there who can type a passphrase.
    is_attended: bool,
}

impl Signer {
    pub(crate) fn open(config: &Config) -> Result<Self> {
        let is_attended = std::io::stdin().is_terminal() && !config.env.is_ci();
        Ok(Self { key: git::signing_key(&config.root)?, folder: config.root.clone(), is_attended })
    }

    /// The signature of some bytes, armoured. `off` is the setting that would do without one.
    pub(crate) fn sign(&self, namespace: &str, bytes: &[u8], off: &str) -> Result<String> {
        match &self.key {
            SigningKey::File(file) => self.sign_with(file.as_os_str(), &[], (namespace, bytes, off)),
            SigningKey::Literal(key) => {
                let file = Scratch::write(&self.folder, "pub", format!("{key}\n").as_bytes())?;
                // The private half is with the agent.
                self.sign_with(file.0.as_os_str(), &["-U"], (namespace, bytes, off))
            }
        }
    }

    fn sign_with(&self, key: &OsStr, options: &[&str], (namespace, bytes, off): (&str, &[u8], &str)) -> Result<String> {
        let mut command = Command::new("ssh-keygen");
        command.current_dir(&self.folder).args(["-Y", "sign", "-n", namespace]).args(options).arg("-f").arg(key);
        if !self.is_attended {
            // Nobody could answer: a key that asks for its passphrase fails instead of waiting.
            command.env("SSH_ASKPASS", "false").env("SSH_ASKPASS_REQUIRE", "force");
        }
        let output = run(&mut command, bytes).map_err(not_run)?;
        if output.status.success() {
            return String::from_utf8(output.stdout)
                .map_err(|error| Error::unavailable("ssh-keygen made no text").source(error));
        }
        let message = format!("ssh-keygen cannot sign with {}: {}", key.display(), said(&output));
        Err(Error::config(message).hint(format!(
            "user.signingkey in git's configuration names the key; one with a passphrase must be in an agent where nobody can type \
             it (ssh-add); {off}",
        )))
    }
}

/// An allowed-signers file of OpenSSH: whose signature is made with which key.
#[derive(Debug)]
pub(crate) struct Signers {
    folder: PathBuf,
    path: PathBuf,
    pub(crate) shown: String,
}

impl Signers {
    /// The file that a setting names. It must be there, and so must `ssh-keygen`.
    pub(crate) fn open(config: &Config, file: &Located<String>, setting: &str) -> Result<Self> {
        let path = config.path(&file.value);
        let path = std::path::absolute(&path).map_err(|error| Error::io("find", &path, error))?;
        if !path.is_file() {
            let problem = config.problem(file, format!("there is no file {}, which {setting} names", file.value));
            return Err(problem.hint("a line for each person: author@example.org ssh-ed25519 AAAA...").into());
        }
        // It has no option that only says that it is there; this one fails at once.
        run(Command::new("ssh-keygen").args(["-Y", "check-novalidate"]), b"").map_err(not_run)?;
        Ok(Self { folder: config.root.clone(), path, shown: file.value.clone() })
    }

    /// Why an armoured signature of some bytes is not that of `who`, if it is not. `time` is when it was made, as
    /// `clock::timestamp` writes it, for keys that were valid for a while.
    pub(crate) fn check(
        &self,
        who: &str,
        (namespace, bytes): (&str, &[u8]),
        signature: &str,
        time: Option<&str>,
    ) -> std::result::Result<(), String> {
        let file = Scratch::write(&self.folder, "sig", signature.as_bytes()).map_err(|error| error.to_string())?;
        let mut command = Command::new("ssh-keygen");
        command.args(["-Y", "verify", "-n", namespace, "-I", who, "-f"]).arg(&self.path).arg("-s").arg(&file.0);
        at(&mut command, time);
        let output = run(&mut command, bytes).map_err(|error| not_run(error).to_string())?;
        if output.status.success() { Ok(()) } else { Err(said(&output)) }
    }

    /// Whose key an armoured signature was made with, or why it is nobody's here. The signature itself is not checked.
    pub(crate) fn find(&self, signature: &str) -> std::result::Result<String, String> {
        let file = Scratch::write(&self.folder, "sig", signature.as_bytes()).map_err(|error| error.to_string())?;
        let mut command = Command::new("ssh-keygen");
        command.args(["-Y", "find-principals", "-f"]).arg(&self.path).arg("-s").arg(&file.0);
        let output = run(&mut command, b"").map_err(|error| not_run(error).to_string())?;
        let names = String::from_utf8_lossy(&output.stdout);
        match names.lines().next().filter(|_| output.status.success()) {
            Some(name) => Ok(name.trim().to_owned()),
            None => Err(format!("{} names nobody with its key", self.shown)),
        }
    }
}

/// Looks at keys as they were valid at a time.
fn at(command: &mut Command, time: Option<&str>) {
    if let Some(time) = time {
        let digits: String = time.chars().filter(char::is_ascii_digit).take(14).collect();
        command.arg(format!("-Overify-time={digits}")).env("TZ", "UTC");
    }
}

/// Runs a command with something on its standard input.
fn run(command: &mut Command, input: &[u8]) -> std::io::Result<Output> {
    let mut child: Child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).env("LC_ALL", "C").spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that has ended without reading says why on its own.
        let _ = stdin.write_all(input);
    }
    child.wait_with_output()
}

fn not_run(error: std::io::Error) -> Error {
    let is_missing = error.kind() == std::io::ErrorKind::NotFound;
    let message = if is_missing { "ssh-keygen is not installed" } else { "cannot run ssh-keygen" };
    Error::unavailable(message).source(error).hint("SSH signatures are made and checked with OpenSSH 8.2 or later")
}

/// The first thing that it complains about.
fn said(output: &Output) -> String {
    let text = [&output.stderr[..], &output.stdout[..]].map(String::from_utf8_lossy).concat();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("Signing "));
    lines.next().map_or_else(|| output.status.to_string(), |line| line.trim_end_matches(['.', '\r']).to_owned())
}

/// A file that only `ssh-keygen` reads, gone when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn write(root: &Path, extension: &str, content: &[u8]) -> Result<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let folder = root.join(STATE_FOLDER).join("ssh");
        let name = format!("{}-{}.{extension}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = folder.join(name);
        let absolute = std::path::absolute(&path).and_then(|absolute| {
            std::fs::create_dir_all(&folder)?;
            std::fs::write(&absolute, content)?;
            Ok(absolute)
        });
        absolute.map(Self).map_err(|error| Error::io("write", &path, error))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
