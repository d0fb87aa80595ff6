//! Signed history: an approval or a move counts only with the key of whom it names.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::team::{AUTHOR, OTHER, Person, REVIEWER, configure, ledger, release, repository};
use crate::support::{Project, Ran, until};

const SIGNED: &str = "[prompts]\nsign = true\nsigners = \"prompts/allowed_signers\"\n\
                      [prompts.labels.production]\napprovals = 1\nevidence = false\n";

/// Makes a key in `keys/`, perhaps with a passphrase.
fn key(project: &Project, name: &str, passphrase: &str) {
    std::fs::create_dir_all(project.path("keys")).unwrap();
    let file = project.path("keys").join(name);
    let arguments = ["-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f"];
    let made = Command::new("ssh-keygen").args(arguments).arg(file).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Author, Reviewer and Other have keys, and the file of signers names Author and Reviewer.
fn team() -> (Project, [Person; 3]) {
    let project = repository("");
    let mut signers = String::new();
    for name in ["author", "reviewer", "other"] {
        key(&project, name, "");
        let public = project.read(&format!("keys/{name}.pub"));
        if name != "other" {
            signers.extend([name, "@example.org namespaces=\"llmops-prompt\" ", &public]);
        }
    }
    project.write("prompts/allowed_signers", &signers);
    configure(&project, SIGNED);
    (project, [AUTHOR.signing("author"), REVIEWER.signing("reviewer"), OTHER.signing("other")])
}

fn label(who: Person, project: &Project, version: &str) -> Ran {
    who.prompt(project, &["label", version, "production", "-m", "go"])
}

#[test]
fn signed_releases_approvals_and_moves_are_verified() {
    let (project, [author, reviewer, _]) = team();
    release(&project, author, "Signed: {{ question }}").ends(0);
    reviewer.prompt(&project, &["approve", "qa@1.0.2"]).ends(0);
    label(author, &project, "qa@1.0.2").ends(0);
    let lines = ledger(&project);
    assert!(lines[2..].iter().all(|line| line.contains("BEGIN SSH SIGNATURE")), "{lines:?}");
    author.prompt(&project, &["verify"]).ends(0);
    let history = author.prompt(&project, &["history", "qa"]).ends(0).stdout;
    assert!(history.contains("by reviewer <reviewer@example.org>, signed\n"), "{history}");
    // The public key does as well, where the private one is beside it.
    label(reviewer.signing("reviewer.pub"), &project, "qa@1.0.2").ends(0);
    assert!(
        std::fs::read_dir(project.path(".llmops/prompts"))
            .unwrap()
            .flatten()
            .all(|file| { file.path().extension().is_some_and(|extension| extension == "lock") })
    );
}

#[test]
fn an_unsigned_release_grants_nothing_since_nobody_knows_its_author() {
    let (project, [author, reviewer, _]) = team();
    reviewer.prompt(&project, &["approve", "qa@1.0.1"]).ends(0);
    let stderr = label(author, &project, "qa@1.0.1").ends(3).stderr;
    assert!(
        stderr.starts_with("error: production is protected, and the release of qa@1.0.1 is not signed\n"),
        "{stderr}"
    );
    // The same content, signed, as the next version; the approval was of the content.
    author.prompt(&project, &["release", "qa", "--bump", "patch", "-m", "signed"]).ends(0);
    label(author, &project, "qa@1.0.2").ends(0);
    author.prompt(&project, &["verify"]).ends(0);
}

#[test]
fn an_unsigned_approval_does_not_count_and_is_found_until_it_is_given_again() {
    let (project, [author, reviewer, _]) = team();
    release(&project, author, "Signed: {{ question }}").ends(0);
    configure(&project, "");
    // Author says that she is Reviewer.
    REVIEWER.prompt(&project, &["approve", "qa@1.0.2"]).ends(0);
    configure(&project, SIGNED);
    let stderr = label(author, &project, "qa@1.0.2").ends(3).stderr;
    assert!(stderr.starts_with("error: production is protected: qa@1.0.2 has 0 of 1 approvals"), "{stderr}");
    let verified = author.prompt(&project, &["verify"]).ends(1).stdout;
    let expected = "prompts/qa/ledger.jsonl:4: the approval of qa@1.0.2 by reviewer <reviewer@example.org> is not signed, so it does not count\n    ";
    assert!(verified.starts_with(expected), "{verified}");
    assert!(verified.contains("llmops prompt approve qa@1.0.2\n"), "{verified}");
    reviewer.prompt(&project, &["approve", "qa@1.0.2"]).ends(0);
    label(author, &project, "qa@1.0.2").ends(0);
    author.prompt(&project, &["verify"]).ends(0);
}

#[test]
fn a_signature_of_another_key_or_another_line_does_not_hold() {
    let (project, [author, reviewer, _]) = team();
    release(&project, author, "Signed: {{ question }}").ends(0);
    reviewer.prompt(&project, &["approve", "qa@1.0.2"]).ends(0);
    label(author, &project, "qa@1.0.2").ends(0);
    let whole = project.read("prompts/qa/ledger.jsonl");
    let signature = |line: &str| -> String { line.split("\"signature\":").nth(1).unwrap().to_owned() };
    let lines = ledger(&project);
    // Author's signature on Reviewer's approval.
    let forged = whole.replace(&signature(&lines[3]), &signature(&lines[4]));
    project.write("prompts/qa/ledger.jsonl", &forged);
    let verified = author.prompt(&project, &["verify"]).ends(1).stdout;
    let expected = "prompts/qa/ledger.jsonl:4: the approval of qa@1.0.2 by reviewer <reviewer@example.org> has a signature that does not hold: ";
    assert!(verified.starts_with(expected), "{verified}");
    assert!(
        verified.contains(":5: the move of production to qa@1.0.2 by author <author@example.org> was not granted"),
        "{verified}"
    );
    // And a move that nobody signed.
    let unsigned = whole.replace(&format!(",\"signature\":{}", signature(&lines[4])), "}");
    project.write("prompts/qa/ledger.jsonl", &unsigned);
    let verified = author.prompt(&project, &["verify"]).ends(1).stdout;
    let expected = "prompts/qa/ledger.jsonl:5: the move of production to qa@1.0.2 by author <author@example.org> is not signed\n    ";
    assert!(verified.starts_with(expected), "{verified}");
    label(reviewer, &project, "qa@1.0.2").ends(0);
    author.prompt(&project, &["verify"]).ends(0);
}

#[test]
fn a_key_that_the_file_does_not_name_is_refused_at_once() {
    let (project, [author, reviewer, other]) = team();
    release(&project, author, "Signed: {{ question }}").ends(0);
    let lines = ledger(&project).len();
    for who in [other, OTHER.signing("reviewer"), REVIEWER.signing("other")] {
        let stderr = who.prompt(&project, &["approve", "qa@1.0.2"]).ends(3).stderr;
        assert!(
            stderr.starts_with("error: prompts/allowed_signers does not accept your signature as that of "),
            "{stderr}"
        );
    }
    assert_eq!(ledger(&project).len(), lines);
    // Whoever leaves the team leaves the file.
    reviewer.prompt(&project, &["approve", "qa@1.0.2"]).ends(0);
    let signers = project.read("prompts/allowed_signers");
    project.write("prompts/allowed_signers", signers.lines().next().unwrap());
    author.prompt(&project, &["verify"]).ends(1);
    label(author, &project, "qa@1.0.2").ends(3);
}

#[test]
fn what_signing_needs_and_lacks_is_said_and_nothing_waits_for_a_passphrase() {
    let (project, [author, reviewer, _]) = team();
    release(&project, author, "Signed: {{ question }}").ends(0);
    let refused = |who: Person, expected: &str| {
        let stderr = who.prompt(&project, &["approve", "qa@1.0.2"]).ends(3).stderr;
        assert!(stderr.starts_with(expected) && stderr.contains("\nhint: "), "{stderr}");
    };
    refused(REVIEWER, "error: git has no SSH key to sign with: gpg.format is not \"ssh\"\n");
    refused(REVIEWER.signing("none"), "error: there is no key ");
    key(&project, "secret", "a long passphrase");
    refused(REVIEWER.signing("secret"), "error: ssh-keygen cannot sign with ");
    // Git is there, and ssh-keygen is not.
    let git = Command::new("sh").args(["-c", "command -v git"]).output().unwrap();
    let git = String::from_utf8(git.stdout).unwrap();
    std::fs::create_dir_all(project.path("bin")).unwrap();
    std::os::unix::fs::symlink(git.trim(), project.path("bin/git")).unwrap();
    for arguments in [["prompt", "approve", "qa@1.0.2"].as_slice(), &["prompt", "verify"]] {
        let mut command = reviewer.command(&project, arguments);
        let ran = Ran::of(command.env("PATH", project.path("bin"))).ends(2);
        assert!(ran.stderr.starts_with("error: ssh-keygen is not installed: "), "{}", ran.stderr);
    }
    std::fs::remove_file(project.path("prompts/allowed_signers")).unwrap();
    let stderr = reviewer.prompt(&project, &["verify"]).ends(3).stderr;
    assert!(stderr.contains("there is no file prompts/allowed_signers, which prompts.signers names\n"), "{stderr}");
}

/// An agent that ends with the test.
struct Agent {
    process: std::process::Child,
    socket: std::path::PathBuf,
}

impl Agent {
    fn start(project: &Project) -> Self {
        let socket = project.path("agent");
        let mut command = Command::new("ssh-agent");
        let process = command.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn().unwrap();
        until("socket of the agent", || socket.exists());
        Self { process, socket }
    }

    fn add(&self, key: &Path) {
        let added = Command::new("ssh-add").arg("-q").arg(key).env("SSH_AUTH_SOCK", &self.socket).output().unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_key_that_only_an_agent_has_signs() {
    let (project, [author, _, _]) = team();
    let agent = Agent::start(&project);
    agent.add(&project.path("keys/author"));
    std::fs::remove_file(project.path("keys/author")).unwrap();
    let literal = format!("key::{}", project.read("keys/author.pub").trim());
    for (version, key) in [("1.0.2", literal.as_str()), ("1.0.3", "keys/author.pub")] {
        project
            .write("prompts/qa/draft.md", &format!("---\nvariables: [question]\n---\n{version}: {{{{ question }}}}\n"));
        let arguments = ["prompt", "release", "qa", "--bump", "patch", "-m", "by the agent"];
        let mut command = author.command(&project, &arguments);
        let without = Ran::of(command.env("GIT_CONFIG_VALUE_1", key)).ends(3);
        assert!(without.stderr.starts_with("error: ssh-keygen cannot sign with "), "{}", without.stderr);
        let mut command = author.command(&project, &arguments);
        Ran::of(command.env("GIT_CONFIG_VALUE_1", key).env("SSH_AUTH_SOCK", &agent.socket)).ends(0);
        assert!(ledger(&project).last().unwrap().contains("BEGIN SSH SIGNATURE"));
    }
    author.prompt(&project, &["verify"]).ends(0);
}
