//! The workflow of CI, for GitHub or GitLab: security, evaluation and gate, deployment.

use serde_json::Value;

use super::detect::{Found, Repository};
use super::plan::{File, Plan};
use super::setup::Setup;
use super::template::Values;
use crate::cli::{Driver, Forge};

// Actions by commit, since a tag can be moved; the version is for people.
const CHECKOUT: &str = "3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";
const CACHE: &str = "27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5";
const UPLOAD: &str = "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0";
const DOWNLOAD: &str = "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1";

/// Adds the workflow to what is written, and says what it needs.
pub(super) fn add(plan: &mut Plan, found: &Found, setup: &Setup) {
    let repository = &found.repository;
    let name = name(repository);
    let (shown, content) = match setup.forge {
        Forge::None => return,
        Forge::Github => (format!(".github/workflows/{name}.yml"), github(&name, repository, setup)),
        // Somebody's pipeline is not ours to change.
        Forge::Gitlab if repository.has_pipeline || !repository.folder.is_empty() => {
            (format!(".gitlab/{name}.yml"), gitlab(&name, repository, setup))
        }
        Forge::Gitlab => (".gitlab-ci.yml".to_owned(), gitlab(&name, repository, setup)),
    };
    let path = repository.top.join(&shown);
    let is_new = !path.exists();
    if !is_new && !setup.is_asked {
        return;
    }
    if is_new && shown.starts_with(".gitlab/") {
        plan.notes.push(format!("add to .gitlab-ci.yml: include: [{{ local: \"{shown}\" }}]"));
    }
    if is_new && setup.binary.is_none() {
        plan.notes
            .push("the workflow needs the variables LLMOPS_URL and LLMOPS_SHA256, see docs/ci.md of llmops".into());
    }
    if is_new && setup.deploy.is_some() {
        plan.notes.push(
            "the deployment needs [deploy] in llmops.toml, and the secret LLMOPS_EVIDENCE_KEY, which `llmops evidence key` makes; see docs/deploy.md of llmops"
                .into(),
        );
    }
    plan.files.push(File { shown, path, content });
}

/// Projects of one repository have workflows of their own.
fn name(repository: &Repository) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let folder: String = repository.folder.chars().map(plain).collect();
    if folder.is_empty() { "llmops".to_owned() } else { format!("llmops-{folder}") }
}

fn github(name: &str, repository: &Repository, setup: &Setup) -> String {
    let mut values = shared(name, repository, setup);
    values.set("checkout", CHECKOUT).set("cache", CACHE).set("upload", UPLOAD).set("download", DOWNLOAD);
    values.set("branch", quoted(&repository.branch));
    if setup.binary.is_none() {
        values.set("url", "${{ vars.LLMOPS_URL }}").set("sha256", "${{ vars.LLMOPS_SHA256 }}");
    }
    let get = values.fill(include_str!("templates/github_get.yml"));
    let mut secrets: Vec<String> = setup.keys.iter().map(|name| secret(name)).collect();
    if secrets.is_empty() {
        secrets.push("# GEMINI_API_KEY: ${{ secrets.GEMINI_API_KEY }}".to_owned());
    }
    values.set("get", get.trim_end());
    if setup.deploy.is_some() {
        let key = "github.event_name == 'push' && secrets.LLMOPS_EVIDENCE_KEY || ''";
        secrets.push(format!("LLMOPS_EVIDENCE_KEY: ${{{{ {key} }}}}"));
    }
    values.set("secrets", secrets.join("\n"));
    for (job, title, artifact) in [
        ("security", "Security", "llmops-security"),
        // The evidence is of both, so security is looked at once more.
        ("eval", "Evaluation and gate", "llmops-report"),
    ] {
        values.set("job", job).set("title", title).set("artifact", artifact).switch("eval", job == "eval");
        let text = values.fill(include_str!("templates/github_job.yml"));
        values.set(job, text.trim_end());
    }
    values.set("deploy_secrets", deploy_secrets(setup).join("\n"));
    values.switch("github_driver", setup.deploy == Some(Driver::Github));
    values.fill(include_str!("templates/github.yml"))
}

fn gitlab(name: &str, repository: &Repository, setup: &Setup) -> String {
    let mut values = shared(name, repository, setup);
    values.set("keys", setup.keys.join(", "));
    let protected = std::iter::once("LLMOPS_EVIDENCE_KEY").chain(deploy_variables(setup).iter().copied());
    values.set("protected", protected.collect::<Vec<_>>().join(", "));
    values.switch("job_variables", setup.uses_pgvector || setup.uses_weights);
    values.fill(include_str!("templates/gitlab.yml"))
}

fn shared(name: &str, repository: &Repository, setup: &Setup) -> Values {
    let plain = |path: &str| match repository.folder.as_str() {
        "" => path.to_owned(),
        folder => format!("{folder}/{path}"),
    };
    let below = |path: &str| quoted(&plain(path));
    let mut values = Values::default();
    values.set("name", name).switch("deploy", setup.deploy.is_some());
    values.switch("pgvector", setup.uses_pgvector).switch("weights", setup.uses_weights);
    values.set("folder", if repository.folder.is_empty() { String::new() } else { quoted(&repository.folder) });
    // What a later run need not pay for again: replies, and results of what has not changed.
    let (replies, results, journal) = (".llmops/cache.db", ".llmops/results/", ".llmops/deploy/");
    values.set("state", below(replies)).set("results", below(results));
    values.set("state_plain", plain(replies)).set("results_plain", plain(results));
    values.set("journal", below(journal)).set("journal_plain", plain(journal));
    values.switch("fly", setup.deploy == Some(Driver::Fly));
    values.set("reports", below("llmops/"));
    values.set("junit", below("llmops/eval_report.junit.xml"));
    if let Some((url, sha256)) = &setup.binary {
        values.switch("binary", true).set("url", quoted(url)).set("sha256", quoted(sha256));
    }
    values
}

fn secret(name: &str) -> String {
    format!("{name}: ${{{{ secrets.{name} }}}}")
}

/// The variables that a platform is asked with, as the examples in the configuration call them.
fn deploy_variables(setup: &Setup) -> &'static [&'static str] {
    match setup.deploy {
        Some(Driver::Render) => &["RENDER_API_KEY"],
        Some(Driver::RenderHook) => &["RENDER_DEPLOY_HOOK_URL"],
        Some(Driver::Vercel) => &["VERCEL_TOKEN"],
        Some(Driver::Fly) => &["FLY_API_TOKEN"],
        Some(Driver::Webhook) => &["DEPLOY_WEBHOOK_URL", "DEPLOY_WEBHOOK_SECRET"],
        Some(Driver::Github) => &["GITHUB_TOKEN"],
        Some(Driver::Command) | None => &[],
    }
}

/// The secrets that a deployment is made with.
fn deploy_secrets(setup: &Setup) -> Vec<String> {
    let mut secrets: Vec<String> = match setup.deploy {
        Some(Driver::Github) => vec![
            "# Its events start no workflow: where one is to deploy, take a token of your own.".to_owned(),
            "GITHUB_TOKEN: ${{ github.token }}".to_owned(),
        ],
        _ => deploy_variables(setup).iter().map(|name| secret(name)).collect(),
    };
    // Golden cases are judged as in the evaluation.
    secrets.extend(setup.judges.iter().map(|name| secret(name)));
    secrets.push("# Whatever else is \"env:NAME\" under [deploy] in llmops.toml: ${{ secrets.NAME }}".to_owned());
    secrets
}

/// A YAML string; JSON's are.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
