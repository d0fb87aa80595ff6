//! Pushes to a real git server whose hooks run the pipeline: what does not pass does not get in, and what does is deployed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::support::http::{Scripted, Server};
use crate::support::platform::{Platform, TOKEN};
use crate::support::{CONFIG, PROMPT, Project, Ran, small_project};

const HOOKS: &str = "examples/git-server/hooks";

/// A bare repository with the hooks of the example, and a clone of it that somebody works in.
struct Forge {
    folder: Project,
    work: Project,
}

impl Forge {
    fn new(config: &str) -> Self {
        let forge = Self { folder: Project::new(&[]), work: small_project() };
        forge.folder.write("bin/.keep", "");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_llmops"), forge.folder.path("bin/llmops")).unwrap();
        git(&forge.folder.path("."), &["init", "-q", "--bare", "-b", "main", "server.git"]);
        let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join(HOOKS);
        for hook in std::fs::read_dir(hooks).unwrap() {
            let hook = hook.unwrap();
            std::fs::copy(hook.path(), forge.folder.path("server.git/hooks").join(hook.file_name())).unwrap();
        }
        let work = &forge.work;
        work.run(&["evidence", "key"]).ends(0);
        let key = work.read(".llmops/evidence.key");
        let secrets = format!("export LLMOPS_EVIDENCE_KEY='{key}' DEPLOY_TOKEN='{TOKEN}'\n");
        forge.folder.write("server.git/llmops/env", &secrets);
        work.write(".gitignore", ".llmops/\nllmops/\n");
        work.write("llmops.toml", &format!("{CONFIG}{config}"));
        forge.git(&["init", "-q", "-b", "main"]).ends(0);
        forge.git(&["remote", "add", "origin", forge.server().to_str().unwrap()]).ends(0);
        work.record("rag_answer@1.0.0");
        forge
    }

    fn server(&self) -> PathBuf {
        self.folder.path("server.git")
    }

    /// Git in the work tree, with the built program on the path, as hooks see it too.
    fn git(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new("git");
        command.current_dir(self.work.path(".")).args(arguments).env_clear();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.folder.path("bin").display());
        command.env("PATH", path).env("HOME", self.folder.path(".")).env("GIT_CONFIG_GLOBAL", "/dev/null");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "author").env(format!("GIT_{role}_EMAIL"), "author@example.org");
        }
        Ran::of(&mut command)
    }

    fn push(&self, message: &str) -> Ran {
        self.git(&["add", "."]).ends(0);
        self.git(&["commit", "-q", "-m", message]).ends(0);
        self.git(&["push", "-q", "origin", "main"])
    }

    /// What the server says that the label means.
    fn production(&self) -> Value {
        let ledger = self.show("prompts/rag_answer/ledger.jsonl");
        let mut lines = ledger.lines().rev().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.find(|line| line["label"] == "production").map_or(Value::Null, |line| line["version"].clone())
    }

    /// The last deployment that the server knows of.
    fn deployment(&self) -> Value {
        serde_json::from_str(self.show("deployments/production.jsonl").lines().last().unwrap()).unwrap()
    }

    /// A file as the server has it.
    fn show(&self, file: &str) -> String {
        let mut command = Command::new("git");
        Ran::of(command.arg("-C").arg(self.server()).args(["show", &format!("main:{file}")])).ends(0).stdout
    }

    /// The commit that the server has.
    fn head(&self) -> String {
        let output = Command::new("git").arg("-C").arg(self.server()).args(["rev-parse", "main"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    assert!(Command::new("git").current_dir(folder).args(arguments).status().unwrap().success());
}

#[test]
fn a_push_that_breaks_retrieval_or_leaks_a_secret_does_not_get_in() {
    let forge = Forge::new("");
    let ran = forge.push("begin").ends(0);
    assert!(ran.stderr.contains("remote: PASS  "), "{}", ran.stderr);
    let good = forge.head();
    assert!(forge.server().join(format!("llmops/evidence/{good}.json")).is_file());

    // The document that answers one of the two questions is emptied.
    forge.work.write("documents/keys.md", "# Keys\n\nWe moved.\n");
    let ran = forge.push("tidy up").ends(1);
    assert!(ran.stderr.contains("remote: FAIL  "), "{}", ran.stderr);
    assert!(ran.stderr.contains("remote:   answer_relevancy is 0.500, under its bar of 0.800"), "{}", ran.stderr);
    assert!(ran.stderr.contains("[remote rejected] main -> main (pre-receive hook declined)"), "{}", ran.stderr);
    assert_eq!(forge.head(), good);
    forge.git(&["reset", "-q", "--hard", &good]).ends(0);

    let token = ["ghp_0123456789abcdefghij", "ABCDEFGHIJ4u2Yux"].concat();
    forge.work.write("prompts/rag_answer/1.1.0.md", &PROMPT.replace("Question", &format!("{token} Question")));
    forge.work.record("rag_answer@1.1.0");
    let ran = forge.push("new prompt").ends(1);
    assert!(ran.stderr.contains("remote: secrets: 1 secret in 5 files"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(&token), "{}", ran.stderr);
    assert_eq!(forge.head(), good);
    // Other branches are nobody's business.
    forge.git(&["push", "-q", "origin", "main:try"]).ends(0);
}

/// What runs in production: it knows both answers, until somebody breaks it.
fn application() -> (Server, Arc<AtomicBool>) {
    let is_broken = Arc::new(AtomicBool::new(false));
    let broken = Arc::clone(&is_broken);
    let server = Server::start(move |_| {
        let answer = if broken.load(Ordering::Relaxed) { "I do not know." } else { "Flowerpot, nine to five." };
        Scripted::json(json!({ "answer": answer }).to_string())
    });
    (server, is_broken)
}

#[test]
fn a_good_push_is_deployed_and_a_bad_smoke_test_takes_it_back() {
    const BEFORE: &str = "00000000000000000000000000000000000000aa";
    let (platform, (application, is_broken)) = (Platform::start(Some(BEFORE)), application());
    let forge = Forge::new(&format!(
        "[deploy]\ndriver = \"render\"\ntoken = \"env:DEPLOY_TOKEN\"\nservice = \"srv-1\"\napi = \"{}\"\npush = true\n\
         poll = \"5 ms\"\n[deploy.smoke]\nurl = \"{}/ask\"\n",
        platform.url(),
        application.url
    ));
    let ran = forge.push("begin").ends(0);
    for line in ["PASS  ", "trigger: dep-1", "smoke: 2 golden cases passed", "production runs "] {
        assert!(ran.stderr.contains(&format!("remote: {line}")), "{line}: {}", ran.stderr);
    }
    let first = forge.git(&["rev-parse", "HEAD"]).ends(0).stdout.trim().to_owned();
    assert_eq!(platform.live().as_ref(), Some(&first));
    // The label and the record are on the server, and have begun nothing else.
    assert_eq!(forge.production(), "1.0.0");
    assert_eq!((&forge.deployment()["outcome"], &forge.deployment()["commit"]), (&json!("deployed"), &json!(first)));
    assert_eq!(platform.begun(), 2);
    assert_ne!(forge.head(), first);

    // The next version is as good here, and breaks where it is deployed.
    forge.git(&["pull", "-q", "--ff-only", "origin", "main"]).ends(0);
    forge.work.write("prompts/rag_answer/1.1.0.md", &PROMPT.replace("Question:", "Asked:"));
    forge.work.record("rag_answer@1.1.0");
    forge.work.write("app.py", "print('new')\n");
    is_broken.store(true, Ordering::Relaxed);
    let ran = forge.push("another prompt").ends(0);
    assert!(ran.stderr.contains("remote: failed: the smoke test failed: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("remote: production is as it was: "), "{}", ran.stderr);
    assert_eq!(platform.live().as_ref(), Some(&first));
    assert_eq!(forge.production(), "1.0.0");
    let deployment = forge.deployment();
    assert_eq!(deployment["outcome"], "rolled_back");
    assert!(deployment["reason"].as_str().unwrap().starts_with("the smoke test failed: "), "{deployment}");

    // Mended, it is deployed with its prompt.
    forge.git(&["pull", "-q", "--ff-only", "origin", "main"]).ends(0);
    is_broken.store(false, Ordering::Relaxed);
    forge.work.write("app.py", "print('mended')\n");
    forge.push("mend").ends(0);
    assert_eq!(forge.production(), "1.1.0");
    let mended = forge.git(&["rev-parse", "HEAD"]).ends(0).stdout.trim().to_owned();
    assert_eq!(platform.live(), Some(mended));
}
