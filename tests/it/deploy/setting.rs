//! A project that is ready to be deployed to a scripted platform.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::support::platform::{Platform, TOKEN, WEBHOOK_KEY};
use crate::support::team::{AUTHOR, configure, repository};
use crate::support::{Project, Ran};

/// What runs before anything is deployed.
pub(super) const OLD: &str = "00000000000000000000000000000000000000aa";

pub(super) struct Setting {
    pub(super) project: Project,
    pub(super) platform: Platform,
}

/// `[deploy]` for Render's API.
pub(super) fn by_api(url: &str) -> String {
    format!("driver = \"render\"\ntoken = \"env:DEPLOY_TOKEN\"\nservice = \"srv-1\"\napi = \"{url}\"\n")
}

/// Where the application says what it is.
pub(super) fn identity(url: &str) -> String {
    format!("[deploy.identity]\nurl = \"{url}/version\"\ncommit = \"/commit\"\n")
}

/// Golden cases.
pub(super) fn smoke(url: &str) -> String {
    format!("[deploy.smoke]\nurl = \"{url}/ask\"\ncases = 2\n")
}

/// Limits that nothing reaches that goes on at all.
const PATIENT: &str = "timeout = \"60 s\"
request_timeout = \"30 s\"
";

/// The same `[deploy]` with limits that are soon reached.
pub(super) fn hasty(deploy: &str) -> String {
    format!(
        "timeout = \"2 s\"
request_timeout = \"900 ms\"
{deploy}"
    )
}

fn sha256(bytes: &[u8]) -> String {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl Setting {
    /// With this `[deploy]`, without `[deploy.smoke]`, which is added. The platform runs `OLD`.
    pub(super) fn new(deploy: impl Fn(&str) -> String) -> Self {
        Self::on(Platform::start(Some(OLD)), deploy)
    }

    pub(super) fn on(platform: Platform, deploy: impl Fn(&str) -> String) -> Self {
        let project = repository("");
        project.write("code.py", "print(1)\n");
        let setting = Self { project, platform };
        setting.configure(deploy);
        AUTHOR.runs(&setting.project, &["eval", "-q", "-p", "qa@1.0.1"]).ends(0);
        setting.prove("1.0.1");
        setting
    }

    /// Writes and commits the configuration.
    pub(super) fn configure(&self, deploy: impl Fn(&str) -> String) {
        let url = self.platform.url();
        let own = deploy(url);
        let (keys, sections) = own.find("\n[").map_or((&own[..], ""), |end| own.split_at(end + 1));
        let with_smoke = if own.contains("[deploy.smoke]") { String::new() } else { smoke(url) };
        let limits = if keys.contains("timeout = ") { "" } else { PATIENT };
        configure(
            &self.project,
            &format!(
                "[evidence]\nunsigned = true\n[deploy]\npoll = \"5 ms\"\n{limits}{keys}\n{sections}\n{with_smoke}"
            ),
        );
        self.commit_all("configure");
    }

    pub(super) fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.current_dir(self.project.path(".")).args(arguments);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "author").env(format!("GIT_{role}_EMAIL"), "author@example.org");
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(super) fn commit_all(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    pub(super) fn commit(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// Evidence for the commit that is here and a version of the prompt.
    pub(super) fn prove(&self, version: &str) {
        self.prove_all(&[("qa", version)], &Value::Null);
    }

    /// Evidence as another program would write it, which nobody has signed.
    pub(super) fn prove_all(&self, prompts: &[(&str, &str)], image: &Value) {
        let with_content = |&(name, version): &(_, _)| (name, version, self.digest(name, version));
        self.prove_contents(&prompts.iter().map(with_content).collect::<Vec<_>>(), image);
    }

    /// The same of contents that the versions need not have.
    pub(super) fn prove_contents(&self, prompts: &[(&str, &str, String)], image: &Value) {
        let mut subject = vec![json!({"name": "commit", "digest": {"gitCommit": self.commit()}})];
        for (name, version, digest) in prompts {
            let name_and_version = format!("prompt {name}@{version}");
            subject.push(json!({"name": name_and_version, "digest": {"sha256": digest}}));
        }
        if let Some(image) = image.as_str() {
            subject.push(json!({"name": "image", "digest": {"sha256": image.trim_start_matches("sha256:")}}));
        }
        let configuration = json!({
            "name": "configuration llmops.toml",
            "digest": {"sha256": sha256(self.project.read("llmops.toml").as_bytes())},
        });
        subject.push(configuration.clone());
        let details = json!({
            "version": "1", "project": "app", "time": self.project.report()["timestamp"], "cases": 3, "metrics": {},
            "cost_per_answer_usd": null, "report": "",
        });
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": subject,
            "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
            "predicate": {"result": "PASSED", "configuration": [configuration], "llmops": details},
        });
        let payload = base64::prelude::BASE64_STANDARD.encode(statement.to_string());
        let envelope = json!({"payloadType": "application/vnd.in-toto+json", "payload": payload, "signatures": []});
        self.project.write("llmops/evidence.json", &envelope.to_string());
    }

    /// What a prompt's ledger says, the last line first.
    fn ledger(&self, name: &str) -> impl Iterator<Item = Value> + use<> {
        let text = self.project.read(&format!("prompts/{name}/ledger.jsonl"));
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.into_iter().rev()
    }

    pub(super) fn digest(&self, name: &str, version: &str) -> String {
        // A release's is in its ledger, which is read sooner than the program starts.
        let is_it = |line: &Value| line["event"] == "released" && line["version"] == version;
        if let Some(line) = self.ledger(name).find(is_it) {
            return line["digest"].as_str().unwrap().to_owned();
        }
        let shown = self.project.run(&["prompt", "show", &format!("{name}@{version}"), "--json"]).ends(0).stdout;
        let prompt: Value = serde_json::from_str(&shown).unwrap();
        prompt["digest"].as_str().unwrap().to_owned()
    }

    /// The program with every secret that a driver could ask for.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = AUTHOR.command(&self.project, arguments);
        command.env("GIT_COMMITTER_NAME", "author").env("GIT_COMMITTER_EMAIL", "author@example.org");
        command.env("DEPLOY_TOKEN", TOKEN).env("DEPLOY_HOOK", self.platform.hook()).env("DEPLOY_SECRET", WEBHOOK_KEY);
        command.env("DEPLOY_WEBHOOK", format!("{}/webhook/secret-path-3b9a", self.platform.url()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    pub(super) fn runs(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()))
    }

    pub(super) fn deploy(&self) -> Ran {
        self.runs(&["deploy"])
    }

    /// What `production` means.
    pub(super) fn production(&self) -> Value {
        self.label("production")
    }

    pub(super) fn label(&self, label: &str) -> Value {
        self.label_of("qa", label)
    }

    pub(super) fn label_of(&self, name: &str, label: &str) -> Value {
        let moved = self.ledger(name).find(|line| line["label"] == label);
        moved.map_or(Value::Null, |line| line["version"].clone())
    }

    /// The lines of the record.
    pub(super) fn entries(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.project.path("deployments/production.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(super) fn last_entry(&self) -> Value {
        self.entries().pop().unwrap()
    }

    /// Everything as it was before the first deployment, but for the evidence.
    pub(super) fn reset(&self) {
        self.platform.reset();
        for folder in [".llmops/deploy", "deployments"] {
            let _ = std::fs::remove_dir_all(self.project.path(folder));
        }
        self.git(&["checkout", "-q", "--", "prompts"]);
    }

    /// Nothing is under way.
    pub(super) fn is_at_rest(&self) -> bool {
        !self.project.path(".llmops/deploy/production/journal.jsonl").exists()
    }
}
