//! The record and the ledgers, pushed to a real repository.

use std::path::PathBuf;

use super::setting::{Setting, by_api};

/// What `origin` of the project is, and a clone of it where somebody else works.
struct Origin(tempfile::TempDir);

impl Origin {
    fn of(setting: &Setting) -> Self {
        let origin = Self(tempfile::tempdir().unwrap());
        let path = origin.path("origin.git");
        setting.git(&["init", "-q", "--bare", "-b", "main", &path]);
        setting.git(&["remote", "add", "origin", &path]);
        setting.git(&["push", "-q", "origin", "main"]);
        origin
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Somebody else pushes a file.
    fn gets(&self, setting: &Setting, (file, content): (&str, &str), message: &str) {
        let clone = self.path("clone");
        setting.git(&["clone", "-q", &self.path("origin.git"), &clone]);
        let file = PathBuf::from(&clone).join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
        setting.git(&["-C", &clone, "add", "-A"]);
        setting.git(&["-C", &clone, "commit", "-q", "-m", message]);
        setting.git(&["-C", &clone, "push", "-q"]);
    }
}

fn pushing(url: &str) -> String {
    by_api(url) + "push = true\n"
}

fn log(setting: &Setting, reference: &str) -> String {
    setting.git(&["log", "--format=%s", "-1", reference])
}

#[test]
fn the_record_is_committed_alone_and_pushed() {
    let setting = Setting::new(pushing);
    let _origin = Origin::of(&setting);
    let commit = setting.commit();
    let ran = setting.deploy().ends(0);
    assert!(ran.stderr.contains("the record is pushed to main"), "{}", ran.stderr);
    setting.git(&["fetch", "-q", "origin"]);
    assert_eq!(log(&setting, "origin/main"), format!("deployments: production runs {} [skip ci]", &commit[..9]));
    let files = setting.git(&["show", "--name-only", "--format=", "origin/main"]);
    assert_eq!(files, "deployments/production.jsonl\nprompts/qa/ledger.jsonl");
}

#[test]
fn somebody_who_was_faster_is_followed() {
    let setting = Setting::new(pushing);
    let origin = Origin::of(&setting);
    origin.gets(&setting, ("news.txt", "news\n"), "news");
    setting.deploy().ends(0);
    setting.git(&["fetch", "-q", "origin"]);
    assert!(log(&setting, "origin/main").starts_with("deployments: production runs "));
    assert_eq!(log(&setting, "origin/main~1"), "news");
}

#[test]
fn a_ledger_that_others_wrote_meanwhile_is_not_merged_and_the_way_by_hand_is_said() {
    let setting = Setting::new(pushing);
    let origin = Origin::of(&setting);
    origin.gets(&setting, ("deployments/production.jsonl", "{}\n"), "another deployment");
    let ran = setting.deploy().ends(2);
    assert!(ran.stdout.starts_with("production runs "), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("the deployment is done, and its record is not pushed: git rebase: others have written"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains(
            "hint: by hand: git pull --rebase origin main && git push origin HEAD:main
"
        ),
        "{}",
        ran.stderr
    );
    // The work tree is as it was.
    assert!(!setting.project.path(".git/rebase-merge").exists());
    assert_eq!(setting.entries().len(), 1);
}

#[test]
fn a_job_on_no_branch_pushes_to_the_one_that_it_is_about() {
    let setting = Setting::new(pushing);
    let _origin = Origin::of(&setting);
    setting.git(&["checkout", "-q", "--detach"]);
    let ran = setting.deploy().ends(3);
    assert!(ran.stderr.contains("deploy.push is on, and it is not known to which branch"), "{}", ran.stderr);
    let mut command = setting.command(&["deploy"]);
    command.env("GITHUB_REF_NAME", "main").env("GITHUB_REF_TYPE", "branch");
    crate::support::Ran::of(command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped())).ends(0);
    setting.git(&["fetch", "-q", "origin"]);
    assert!(log(&setting, "origin/main").starts_with("deployments: production runs "));
}

#[test]
fn a_repository_that_cannot_be_reached_is_said_without_its_password() {
    let setting = Setting::new(pushing);
    setting.git(&["remote", "add", "origin", "http://me:pass-w0rd@127.0.0.1:9/nowhere.git"]);
    let ran = setting.deploy().ends(2);
    assert!(ran.stdout.starts_with("production runs "), "{}", ran.stdout);
    assert!(ran.stderr.contains("its record is not pushed"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("pass-w0rd"), "{}", ran.stderr);
}
