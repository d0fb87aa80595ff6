//! Signatures of ledger lines, made and checked by `ssh-keygen`, as git does it for commits.
//!
//! What is signed is the hash of the line as text, in the namespace `llmops-prompt`, so that no signature of anything else can be
//! taken for one of a line. The hash covers the whole line and, through the line before, all the history.

use std::ffi::OsStr;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::ledger::{Entry, email};
use crate::config::{Config, STATE_FOLDER};
use crate::error::{Error, Result};
use crate::git::{self, SigningKey};

const NAMESPACE: &str = "llmops-prompt";

/// Signs lines, or leaves them unsigned where the project does not ask for signatures.
pub(crate) struct Signer {
    key: Option<SigningKey>,
    folder: PathBuf,
    /// Whether somebody is there who can type a passphrase.
    is_attended: bool,
    signers: Option<Signers>,
    email: String,
}

impl Signer {
    /// The signer for whoever `by` is (`Name <address>`).
    pub(crate) fn open(config: &Config, by: &str) -> Result<Self> {
        let key = if config.prompts.sign { Some(git::signing_key(&config.root)?) } else { None };
        let in_ci = config.env.get("CI").is_some_and(|value| !matches!(value, "false" | "0"));
        Ok(Self {
            key,
            folder: config.root.clone(),
            is_attended: std::io::stdin().is_terminal() && !in_ci,
            signers: Signers::open(config)?,
            email: email(by).to_owned(),
        })
    }

    /// The signature of a line's hash; `None` where the project does not sign. One that would not hold is an error now, not only
    /// when somebody else verifies it.
    pub(crate) fn sign(&self, hash: &str) -> Result<Option<String>> {
        let Some(key) = &self.key else { return Ok(None) };
        let signature = match key {
            SigningKey::File(file) => self.sign_with(file.as_os_str(), &[], hash)?,
            SigningKey::Literal(key) => {
                let file = Scratch::write(&self.folder, "pub", &format!("{key}\n"))?;
                // The private half is with the agent.
                self.sign_with(file.0.as_os_str(), &["-U"], hash)?
            }
        };
        if let Some(signers) = &self.signers
            && let Err(why) = signers.check_text(&self.email, hash, &signature, None)
        {
            let message = format!("{} does not accept your signature as that of {}: {why}", signers.shown, self.email);
            return Err(Error::config(message).hint(format!(
                "a line of that file: {} namespaces=\"{NAMESPACE}\" ssh-ed25519 AAAA... (your public key); or set git's \
                 user.signingkey to the key that is there",
                self.email
            )));
        }
        Ok(Some(signature))
    }

    fn sign_with(&self, key: &OsStr, options: &[&str], hash: &str) -> Result<String> {
        let mut command = Command::new("ssh-keygen");
        command.current_dir(&self.folder).args(["-Y", "sign", "-n", NAMESPACE]).args(options).arg("-f").arg(key);
        if !self.is_attended {
            // Nobody could answer: a key that asks for its passphrase fails instead of waiting.
            command.env("SSH_ASKPASS", "false").env("SSH_ASKPASS_REQUIRE", "force");
        }
        let output = run(&mut command, hash).map_err(not_run)?;
        if output.status.success() {
            return String::from_utf8(output.stdout)
                .map_err(|error| Error::unavailable("ssh-keygen made no text").source(error));
        }
        let message = format!("ssh-keygen cannot sign with {}: {}", key.display(), said(&output));
        Err(Error::config(message).hint(
            "user.signingkey in git's configuration names the key; one with a passphrase must be in an agent where nobody can type \
             it (ssh-add); prompts.sign = false signs nothing",
        ))
    }
}

/// The file that says whose signature is made with which key.
#[derive(Debug)]
pub(crate) struct Signers {
    folder: PathBuf,
    path: PathBuf,
    pub(crate) shown: String,
}

impl Signers {
    /// The project's; `None` if it names none. It must be there, and so must `ssh-keygen`.
    pub(crate) fn open(config: &Config) -> Result<Option<Self>> {
        let Some(shown) = &config.prompts.signers else { return Ok(None) };
        let path = config.path(&shown.value);
        let path = std::path::absolute(&path).map_err(|error| Error::io("find", &path, error))?;
        if !path.is_file() {
            let problem =
                config.problem(shown, format!("there is no file {}, which prompts.signers names", shown.value));
            return Err(problem.hint("a line for each person: author@example.org ssh-ed25519 AAAA...").into());
        }
        // It has no option that only says that it is there; this one fails at once.
        run(Command::new("ssh-keygen").args(["-Y", "check-novalidate"]), "").map_err(not_run)?;
        Ok(Some(Self { folder: config.root.clone(), path, shown: shown.value.clone() }))
    }

    /// Why a line's signature does not hold, if it does not.
    pub(crate) fn check(&self, entry: &Entry) -> std::result::Result<(), String> {
        let Some(signature) = &entry.signature else { return Err("is not signed".to_owned()) };
        self.check_text(entry.email(), &entry.hash, signature, Some(&entry.time))
            .map_err(|why| format!("has a signature that does not hold: {why}"))
    }

    /// `time` is when it was signed, for keys that were valid for a while.
    fn check_text(
        &self,
        email: &str,
        hash: &str,
        signature: &str,
        time: Option<&str>,
    ) -> std::result::Result<(), String> {
        let file = Scratch::write(&self.folder, "sig", signature).map_err(|error| error.to_string())?;
        let mut command = Command::new("ssh-keygen");
        command.args(["-Y", "verify", "-n", NAMESPACE, "-I", email, "-f"]).arg(&self.path).arg("-s").arg(&file.0);
        if let Some(time) = time {
            let digits: String = time.chars().filter(char::is_ascii_digit).take(14).collect();
            command.arg(format!("-Overify-time={digits}")).env("TZ", "UTC");
        }
        let output = run(&mut command, hash).map_err(|error| not_run(error).to_string())?;
        if output.status.success() { Ok(()) } else { Err(said(&output)) }
    }
}

/// Runs a command with a text on its standard input.
fn run(command: &mut Command, input: &str) -> std::io::Result<Output> {
    let mut child: Child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).env("LC_ALL", "C").spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that has ended without reading says why on its own.
        let _ = stdin.write_all(input.as_bytes());
    }
    child.wait_with_output()
}

fn not_run(error: std::io::Error) -> Error {
    let is_missing = error.kind() == std::io::ErrorKind::NotFound;
    let message = if is_missing { "ssh-keygen is not installed" } else { "cannot run ssh-keygen" };
    Error::unavailable(message)
        .source(error)
        .hint("signatures of prompts are made and checked with OpenSSH 8.2 or later")
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
    fn write(root: &Path, extension: &str, text: &str) -> Result<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let folder = root.join(STATE_FOLDER).join("prompts");
        let name = format!("{}-{}.{extension}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = folder.join(name);
        let absolute = std::path::absolute(&path).and_then(|absolute| {
            std::fs::create_dir_all(&folder)?;
            std::fs::write(&absolute, text)?;
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
