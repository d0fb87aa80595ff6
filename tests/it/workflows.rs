//! The workflows that `llmops init` writes: sound by their schemas and by actionlint, and every step does what it says.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::http::{Scripted, Server};
use crate::support::team::git;
use crate::support::{Project, Ran};

const SHA: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Where the linters are: programs, and Python's packages.
fn tools() -> &'static (PathBuf, String) {
    static TOOLS: OnceLock<(PathBuf, String)> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/workflow.sh");
        let ran = Ran::of(&mut Command::new(script)).ends(0);
        let value = |name: &str| ran.stdout.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        (value("BIN=").into(), value("PYTHONPATH="))
    })
}

/// A repository on somebody's server.
fn repository(remote: &str) -> Project {
    let project = Project::new(&[]);
    git(&project, &["init", "-q", "-b", "trunk"]);
    git(&project, &["remote", "add", "origin", remote]);
    project
}

fn init(project: &Project, folder: &str, arguments: &[&str]) -> Ran {
    let mut command = project.command(folder, &[&["init"], arguments].concat());
    Ran::of(command.env("GIT_AUTHOR_NAME", "author").env("GIT_AUTHOR_EMAIL", "author@example.org"))
}

const GITHUB: &str = "git@github.com:team/app.git";
const GITLAB: &str = "https://gitlab.example.org/team/app.git";

/// Flags that change the workflow.
const KINDS: [&[&str]; 5] = [
    &[],
    &["--store", "pgvector", "--deploy", "render"],
    &["--model", "gemini/gemini-2.5-flash", "--deploy", "github"],
    &["--binary-url", "https://example.org/llmops", "--binary-sha256", SHA, "--deploy", "command"],
    &["--store", "pgvector", "--binary-url", "https://example.org/llmops", "--binary-sha256", SHA],
];

/// A project that embeds on its own, without a database.
fn with_weights(remote: &str) -> Project {
    let project = repository(remote);
    project.write("llmops.toml", "[retrieval]\nembedder = \"local\"\n[gate]\ncontext_recall = 0.5\n");
    init(&project, ".", &[]).ends(0);
    project
}

fn lint(files: &[PathBuf], schema: &str) {
    let (bin, packages) = tools();
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", packages).args(["-m", "check_jsonschema", "--builtin-schema", schema]);
    Ran::of(command.args(files)).ends(0);
    if schema.contains("workflows") {
        let mut command = Command::new(bin.join("actionlint"));
        command.arg("-shellcheck").arg(bin.join("shellcheck")).args(["-pyflakes", ""]);
        Ran::of(command.args(files)).ends(0);
    }
}

/// A script, as it is run: it ends with the first command that fails.
fn shellcheck(script: &str) {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), format!("set -eo pipefail\n{script}")).unwrap();
    let mut command = Command::new(tools().0.join("shellcheck"));
    Ran::of(command.args(["--shell", "bash"]).arg(file.path())).ends(0);
}

#[test]
fn workflows_for_github_are_sound() {
    let mut files = Vec::new();
    let projects: Vec<Project> = KINDS.iter().map(|_| repository(GITHUB)).collect();
    for (project, arguments) in projects.iter().zip(KINDS) {
        init(project, ".", arguments).ends(0);
        let text = project.read(".github/workflows/llmops.yml");
        assert!(text.contains("branches: [\"trunk\"]") && !text.contains("@{") && !text.contains("@if"), "{text}");
        assert_eq!(text.contains("pgvector/pgvector"), arguments.contains(&"pgvector"));
        assert_eq!(text.contains("llmops deploy"), arguments.contains(&"--deploy"));
        assert_eq!(text.contains("vars.LLMOPS_URL"), !arguments.contains(&"--binary-url"));
        files.push(project.path(".github/workflows/llmops.yml"));
    }
    // A folder whose name has a space, below the root.
    let project = repository(GITHUB);
    std::fs::create_dir(project.path("my app")).unwrap();
    let ran = init(&project, "my app", &["--deploy", "fly"]).ends(0);
    assert!(ran.stdout.contains(".github/workflows/llmops-my-app.yml  written\n"), "{}", ran.stdout);
    assert!(!project.path("my app/.github").exists());
    files.push(project.path(".github/workflows/llmops-my-app.yml"));
    let weights = with_weights(GITHUB);
    assert!(weights.read(".github/workflows/llmops.yml").contains("run: llmops model pull"));
    files.push(weights.path(".github/workflows/llmops.yml"));
    lint(&files, "vendor.github-workflows");
    let ran = init(&project, "my app", &["--deploy", "fly"]).ends(0);
    assert!(ran.stdout.ends_with("nothing is to be done\n"), "{}", ran.stdout);
}

#[test]
fn pipelines_for_gitlab_are_sound() {
    let mut files = Vec::new();
    let projects: Vec<Project> = KINDS.iter().map(|_| repository(GITLAB)).collect();
    for (project, arguments) in projects.iter().zip(KINDS) {
        init(project, ".", arguments).ends(0);
        let text = project.read(".gitlab-ci.yml");
        assert!(!text.contains("@{") && !text.contains("@if"), "{text}");
        assert_eq!(text.contains("pgvector/pgvector"), arguments.contains(&"pgvector"));
        files.push(project.path(".gitlab-ci.yml"));
    }
    for (job, key) in [
        (".llmops", "before_script"),
        ("llmops-security", "script"),
        ("llmops-eval", "script"),
        ("llmops-comment", "script"),
        ("llmops-deploy", "script"),
    ] {
        shellcheck(&gitlab_script(&projects[1], job, key));
    }
    let project = repository(GITLAB);
    project.write(".gitlab-ci.yml", "build:\n  script: make\n");
    let ran = init(&project, ".", &[]).ends(0);
    assert!(ran.stdout.contains("note: add to .gitlab-ci.yml: include: [{ local: \".gitlab/llmops.yml\" }]\n"));
    assert_eq!(project.read(".gitlab-ci.yml"), "build:\n  script: make\n");
    files.push(project.path(".gitlab/llmops.yml"));
    // Files that are included are one pipeline: two projects must not take each other's jobs.
    let mut jobs: Vec<String> = Vec::new();
    for folder in ["one", "two"] {
        std::fs::create_dir(project.path(folder)).unwrap();
        init(&project, folder, &["--deploy", "fly"]).ends(0);
        let file = format!(".gitlab/llmops-{folder}.yml");
        let pipeline: Value = serde_saphyr::from_str(&project.read(&file)).unwrap();
        jobs.extend(pipeline.as_object().unwrap().keys().cloned());
        files.push(project.path(&file));
    }
    assert_eq!(jobs.len(), 10, "{jobs:?}");
    jobs.sort();
    jobs.dedup();
    assert_eq!(jobs.len(), 10, "{jobs:?}");
    let weights = with_weights(GITLAB);
    assert!(weights.read(".gitlab-ci.yml").contains("- llmops model pull"));
    files.push(weights.path(".gitlab-ci.yml"));
    lint(&files, "vendor.gitlab-ci");
    let ran = init(&project, ".", &[]).ends(0);
    assert!(ran.stdout.ends_with("nothing is to be done\n"), "{}", ran.stdout);
}

#[test]
fn nobody_gets_more_than_they_need() {
    let project = repository(GITHUB);
    init(&project, ".", KINDS[1]).ends(0);
    let text = project.read(".github/workflows/llmops.yml");
    let workflow: Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(workflow["permissions"], serde_json::json!({}));
    assert!(workflow["on"].get("pull_request_target").is_none());
    let permissions = |job: &str| workflow["jobs"][job]["permissions"].to_string();
    assert_eq!(permissions("security"), "{\"contents\":\"read\"}");
    assert_eq!(permissions("eval"), "{\"contents\":\"read\"}");
    assert_eq!(permissions("comment"), "{\"pull-requests\":\"write\"}");
    assert_eq!(permissions("deploy"), "{\"contents\":\"write\"}");
    for (name, job) in workflow["jobs"].as_object().unwrap() {
        for step in job["steps"].as_array().unwrap() {
            // What others write reaches a script through variables alone.
            assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{name}: {step}");
            if let Some(action) = step["uses"].as_str() {
                let commit = action.split_once('@').unwrap().1;
                assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{action}");
            }
            // Who runs what a fork wrote has no secrets.
            if step["env"].to_string().contains("secrets.") && name != "deploy" {
                assert_eq!(step["if"], "env.IS_FORK == 'false'", "{name}: {step}");
            }
        }
    }
}

#[test]
fn a_workflow_that_is_there_is_only_news_to_who_asks_for_one() {
    let project = repository(GITHUB);
    init(&project, ".", &["--deploy", "fly"]).ends(0);
    let ran = init(&project, ".", &[]).ends(0);
    assert_eq!(ran.stdout, "nothing is to be done\n");
    let ran = init(&project, ".", &["--deploy", "render"]).ends(0);
    let stays = ".github/workflows/llmops.yml  is here and stays; it is not what would be written now\n";
    assert!(ran.stdout.starts_with(stays), "{}", ran.stdout);
}

/// Shell steps of a workflow, run one by one in a project, with stand-ins for the programs that they call.
struct Runner {
    project: Project,
    workflow: Value,
}

impl Runner {
    fn new(arguments: &[&str]) -> Self {
        let project = repository(GITHUB);
        init(&project, ".", arguments).ends(0);
        let workflow = serde_saphyr::from_str(&project.read(".github/workflows/llmops.yml")).unwrap();
        let runner = Self { project, workflow };
        runner.stand_in("gh", "printf '%s\\n' \"$*\" >> \"$LOG\"; case \"$*\" in *--paginate*) cat ids;; esac");
        runner.llmops("mkdir -p llmops; echo '# PASS' > llmops/ci_report.md");
        runner
    }

    fn stand_in(&self, name: &str, script: &str) {
        self.project.write(&format!("bin/{name}"), &format!("#!/bin/bash\n{script}\n"));
        fs::set_permissions(self.project.path(&format!("bin/{name}")), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// What `llmops` does when it is called, beside writing down how.
    fn llmops(&self, script: &str) {
        self.stand_in("llmops", &format!("printf '<%s>' \"$@\" >> \"$LOG\"; echo >> \"$LOG\"\n{script}"));
    }

    fn step(&self, job: &str, name: &str, values: &[(&str, &str)]) -> Ran {
        self.run(&self.workflow["jobs"][job]["steps"], name, values)
    }

    /// A step as the runner runs it: GitHub's own variables, and those that the workflow gives from these values.
    fn run(&self, steps: &Value, name: &str, values: &[(&str, &str)]) -> Ran {
        let mut steps = steps.as_array().unwrap().iter();
        let step = steps.find(|step| step["name"] == name).unwrap_or_else(|| panic!("no step {name}"));
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().unwrap()]);
        let path = |name: &str| self.project.path(name);
        command.current_dir(path(".")).env_clear();
        command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", path("bin").display()));
        command.env("LOG", path("log")).env("RUNNER_TEMP", path("temp")).env("GITHUB_PATH", path("path"));
        command.env("GITHUB_STEP_SUMMARY", path("summary")).env("GITHUB_OUTPUT", path("output"));
        command.env("GITHUB_REPOSITORY", "team/app");
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap();
            let given = values.iter().find(|(expression, _)| value == format!("${{{{ {expression} }}}}"));
            let given = given.map_or(if value.contains("${{") { "" } else { value }, |(_, given)| given);
            command.env(name, given);
        }
        Ran::of(&mut command)
    }

    fn log(&self) -> String {
        let log = fs::read_to_string(self.project.path("log")).unwrap_or_default();
        let _ = fs::remove_file(self.project.path("log"));
        log
    }
}

#[test]
fn the_program_is_fetched_and_its_hash_is_checked() {
    let runner = Runner::new(&[]);
    let server = Server::start(|_| Scripted::json("#!/bin/sh\necho I am llmops\n"));
    let url = format!("{}/llmops", server.url);
    let get = |url: &str, sha256: &str| {
        runner.step("eval", "Get llmops", &[("vars.LLMOPS_URL", url), ("vars.LLMOPS_SHA256", sha256)])
    };
    let ran = get("", "").ends(1);
    assert!(ran.stdout.starts_with("::error::Set the variables LLMOPS_URL and LLMOPS_SHA256"), "{}", ran.stdout);
    let ran = get(&url, SHA).ends(1);
    assert!(ran.stderr.contains("did NOT match"), "{}", ran.stderr);
    assert!(!runner.project.path("path").exists());
    runner.project.write("expected", "#!/bin/sh\necho I am llmops\n");
    let mut command = Command::new("sha256sum");
    let sum = Ran::of(command.arg(runner.project.path("expected"))).ends(0).stdout;
    get(&url, sum.split(' ').next().unwrap()).ends(0);
    let folder = runner.project.read("path").trim().to_owned();
    assert_eq!(Ran::of(&mut Command::new(format!("{folder}/llmops"))).stdout, "I am llmops\n");
}

#[test]
fn every_stage_is_run_and_a_gate_that_fails_fails_the_job_with_its_report() {
    let runner = Runner::new(&[]);
    runner.step("security", "Security", &[]).ends(0);
    assert_eq!(runner.log(), "<ci><--stage><security>\n");
    runner.step("eval", "Evaluation and gate", &[]).ends(0);
    assert_eq!(runner.log(), "<ci>\n");
    runner.step("eval", "Evaluation and gate", &[("github.base_ref", "a branch")]).ends(0);
    assert_eq!(runner.log(), "<ci><--since><origin/a branch>\n");

    for code in [1, 2, 3, 4] {
        runner.llmops(&format!("mkdir -p llmops; echo '# code {code}' > llmops/ci_report.md; exit {code}"));
        runner.step("eval", "Evaluation and gate", &[]).ends(code);
        // The program has added it to the summary itself.
        runner.step("eval", "Summary", &[]).ends(0);
        assert!(!runner.project.path("summary").exists());
    }
    fs::remove_dir_all(runner.project.path("llmops")).unwrap();
    runner.step("eval", "Summary", &[]).ends(0);
    assert!(runner.project.read("summary").ends_with("llmops wrote no report: the log of the steps above says why.\n"));
}

#[test]
fn a_fork_replays_or_is_told_why_it_cannot() {
    let runner = Runner::new(&[]);
    let ran = runner.step("eval", "Evaluation and gate, from recorded answers", &[]).ends(1);
    assert!(
        ran.stdout.starts_with("::error::A fork has no secrets, and there are no recorded answers."),
        "{}",
        ran.stdout
    );
    assert_eq!(runner.log(), "");
    runner.project.write("evals/recorded.jsonl", "");
    runner.step("eval", "Evaluation and gate, from recorded answers", &[]).ends(0);
    assert_eq!(runner.log(), "<ci><--replay><evals/recorded.jsonl>\n");
    // Security calls no model: there is nothing to replay, and nothing to keep from a fork.
    let security = runner.workflow["jobs"]["security"].to_string();
    assert!(!security.contains("secrets.") && !security.contains("IS_FORK"), "{security}");
}

#[test]
fn the_comment_is_written_once_and_then_renewed() {
    let runner = Runner::new(&[]);
    let comment = || runner.step("comment", "Comment", &[("github.event.pull_request.number", "7")]);
    runner.project.write("ids", "");
    let ran = comment().ends(0);
    assert_eq!((ran.stdout.as_str(), runner.log().as_str()), ("::notice::there is no report to show\n", ""));

    runner.project.write("reports/llmops-security/ci_report.md", "# security only\n");
    comment().ends(0);
    assert_eq!(runner.project.read("comment.md"), "<!-- llmops -->\n# security only\n");
    let log = runner.log();
    assert!(
        log.ends_with("api --silent --method POST repos/team/app/issues/7/comments --field body=@comment.md\n"),
        "{log}"
    );

    runner.project.write("reports/llmops-report/ci_report.md", "# all\n");
    runner.project.write("ids", "41\n42\n");
    comment().ends(0);
    assert_eq!(runner.project.read("comment.md"), "<!-- llmops -->\n# all\n");
    let log = runner.log();
    assert!(
        log.ends_with("api --silent --method PATCH repos/team/app/issues/comments/41 --field body=@comment.md\n"),
        "{log}"
    );
    assert!(log.contains("select(.user.login == \"github-actions[bot]\""), "{log}");
}

#[test]
fn the_deployment_takes_the_evidence_of_the_gate() {
    let runner = Runner::new(&["--deploy", "render-hook"]);
    let deploy = &runner.workflow["jobs"]["deploy"];
    assert_eq!(deploy["needs"], "eval");
    let only =
        "github.event_name == 'push' && github.ref == format('refs/heads/{0}', github.event.repository.default_branch)";
    assert_eq!(deploy["if"], only);
    assert_eq!(deploy["concurrency"]["cancel-in-progress"], false);
    runner.llmops("echo \"$RENDER_DEPLOY_HOOK_URL\" >> \"$LOG\"; exit 1");
    runner.step("deploy", "Deploy", &[("secrets.RENDER_DEPLOY_HOOK_URL", "https://hook")]).ends(1);
    assert_eq!(runner.log(), "<deploy><--evidence><llmops/evidence.json>\nhttps://hook\n");
}

#[test]
fn what_a_killed_deployment_left_is_kept_for_the_next() {
    let runner = Runner::new(&["--deploy", "render"]);
    let steps = runner.workflow["jobs"]["deploy"]["steps"].as_array().unwrap();
    let of = |action: &str| {
        let is = |step: &&Value| step["uses"].as_str().is_some_and(|uses| uses.starts_with(action));
        steps.iter().find(is).unwrap_or_else(|| panic!("no step {action}"))
    };
    let (restored, saved) = (of("actions/cache/restore@"), of("actions/cache/save@"));
    assert_eq!(restored["with"]["path"], ".llmops/deploy/");
    assert_eq!((&saved["with"]["path"], &saved["if"]), (&restored["with"]["path"], &Value::from("always()")));
    assert_eq!(saved["with"]["key"], restored["with"]["key"]);
    assert!(restored["with"]["key"].as_str().unwrap().starts_with(restored["with"]["restore-keys"].as_str().unwrap()));
}

#[test]
fn a_deployment_gets_the_keys_of_its_judges_and_no_others() {
    let project = repository(GITHUB);
    let config = "[target]\nmodel = \"openai/gpt-5-mini\"\n[judge]\nmodel = \"gemini/gemini-2.5-flash\"\n\
                  [gate]\nfaithfulness = 0.5\n";
    project.write("llmops.toml", config);
    init(&project, ".", &["--deploy", "vercel"]).ends(0);
    let workflow: Value = serde_saphyr::from_str(&project.read(".github/workflows/llmops.yml")).unwrap();
    let steps = workflow["jobs"]["deploy"]["steps"].as_array().unwrap();
    let deploy = steps.iter().find(|step| step["name"] == "Deploy").unwrap();
    let names = deploy["env"].as_object().unwrap().keys().filter(|name| !name.starts_with("GIT_"));
    assert_eq!(names.collect::<Vec<_>>(), ["VERCEL_TOKEN", "GEMINI_API_KEY"]);
}

#[test]
fn the_workflows_own_program_passes_the_gate_of_a_new_project() {
    let runner = Runner::new(&[]);
    // The real one, so that what init writes and what the workflow calls fit together; stages are its own affair.
    runner.stand_in("llmops", &format!("exec {} \"$@\"", env!("CARGO_BIN_EXE_llmops")));
    let ran = runner.step("eval", "Evaluation and gate", &[]).ends(0);
    assert!(ran.stdout.contains("PASS  "), "{}", ran.stdout);
}

/// The composite action of this repository, with its own checkout beside it.
fn action() -> (Runner, Value, String) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let action: Value = serde_saphyr::from_str(&fs::read_to_string(root.join("action.yml")).unwrap()).unwrap();
    let runner = Runner::new(&[]);
    fs::create_dir(runner.project.path("temp")).unwrap();
    let here = runner.project.path("action");
    for folder in ["src", "data", "target/release"] {
        fs::create_dir_all(here.join(folder)).unwrap();
    }
    for file in ["src/main.rs", "Cargo.toml", "Cargo.lock"] {
        fs::write(here.join(file), file).unwrap();
    }
    (runner, action["runs"]["steps"].clone(), here.to_str().unwrap().to_owned())
}

#[test]
fn the_action_is_sound_and_pins_what_it_uses() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml");
    lint(std::slice::from_ref(&file), "vendor.github-actions");
    let (_, steps, _) = action();
    for step in steps.as_array().unwrap() {
        assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{step}");
        if let Some(used) = step["uses"].as_str() {
            assert_eq!(used.split_once('@').unwrap().1.len(), 40, "{used}");
        }
        if let Some(script) = step["run"].as_str() {
            shellcheck(script);
        }
    }
}

#[test]
fn the_action_builds_from_its_own_checkout_and_only_when_the_source_is_another() {
    let (runner, steps, here) = action();
    let hash = || {
        let _ = fs::remove_file(runner.project.path("output"));
        runner.run(&steps, "Source", &[("github.action_path", &here)]).ends(0);
        runner.project.read("output")
    };
    let first = hash();
    assert!(first.starts_with("hash=") && first.trim().len() == 5 + 64, "{first}");
    assert_eq!(hash(), first);
    fs::write(format!("{here}/src/main.rs"), "changed").unwrap();
    assert_ne!(hash(), first);
    runner.stand_in("cargo", "printf '<%s>' \"$@\" >> \"$LOG\"");
    runner.run(&steps, "Build", &[("github.action_path", &here)]).ends(0);
    let expected = format!(
        "<build><--release><--locked><--quiet><--manifest-path><{here}/Cargo.toml><--target-dir><{here}/target>"
    );
    assert_eq!(runner.log(), expected);
}

#[test]
fn the_action_says_how_it_went_and_fails_with_the_gate() {
    let (runner, steps, here) = action();
    let program = |script: &str| {
        runner.llmops(script);
        fs::copy(runner.project.path("bin/llmops"), format!("{here}/target/release/llmops")).unwrap();
    };
    let inputs = [
        ("github.action_path", here.as_str()),
        ("inputs.directory", "my app"),
        ("inputs.stage", "security eval"),
        ("inputs.since", "origin/a b"),
        ("inputs.args", "--repeats 2"),
    ];
    fs::create_dir(runner.project.path("my app")).unwrap();
    let written = "mkdir -p llmops; echo '{}' > llmops/eval_report.json; echo '{}' > llmops/evidence.json; echo '# R' > llmops/ci_report.md";
    program(written);
    runner.run(&steps, "Run", &inputs).ends(0);
    assert_eq!(runner.log(), "<ci><--stage><security><--stage><eval><--since><origin/a b><--repeats><2>\n");
    let expected =
        "exit-code=0\nverdict=pass\nreport=my app/llmops/eval_report.json\nevidence=my app/llmops/evidence.json\n";
    assert_eq!(runner.project.read("output"), expected);

    program(&format!("{written}; exit 1"));
    fs::remove_file(runner.project.path("output")).unwrap();
    runner.run(&steps, "Run", &[&inputs[..2], &[("inputs.replay", "r.jsonl")]].concat()).ends(0);
    assert_eq!(runner.log(), "<ci><--replay><r.jsonl>\n");
    let expected = "exit-code=1\nverdict=failed\nreport=my app/llmops/eval_report.json\n";
    assert_eq!(runner.project.read("output"), expected);
    runner.run(&steps, "Summary", &inputs).ends(0);
    assert!(!runner.project.path("summary").exists());
    runner.project.write("ids", "41\n");
    runner.run(&steps, "Comment", &[&inputs[..2], &[("github.event.pull_request.number", "7")]].concat()).ends(0);
    assert_eq!(runner.project.read("temp/llmops-comment.md"), "<!-- llmops my app -->\n# R\n");
    assert!(runner.log().contains("--method PATCH repos/team/app/issues/comments/41"));
    runner.run(&steps, "Verdict", &[("steps.run.outputs.exit-code", "1")]).ends(1);
}

/// GitLab's scripts are lists of lines for one shell.
fn gitlab_script(project: &Project, job: &str, key: &str) -> String {
    let pipeline: Value = serde_saphyr::from_str(&project.read(".gitlab-ci.yml")).unwrap();
    let lines = pipeline[job][key].as_array().unwrap_or_else(|| panic!("{job} has no {key}"));
    lines.iter().map(|line| line.as_str().unwrap().to_owned() + "\n").collect()
}

fn gitlab_run(runner: &Runner, script: &str, variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new("bash");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", runner.project.path("bin").display());
    command.args(["-eo", "pipefail", "-c", script]).current_dir(runner.project.path(".")).env_clear();
    command.env("PATH", path).env("LOG", runner.project.path("log"));
    Ran::of(command.envs(variables.iter().copied()))
}

fn gitlab_runner(arguments: &[&str]) -> Runner {
    let project = repository(GITLAB);
    init(&project, ".", arguments).ends(0);
    let runner = Runner { project, workflow: Value::Null };
    runner.llmops("mkdir -p llmops; echo '# PASS' > llmops/ci_report.md");
    runner
}

#[test]
fn on_gitlab_the_gate_runs_or_a_fork_replays() {
    let runner = gitlab_runner(&["--deploy", "command"]);
    let script = gitlab_script(&runner.project, "llmops-security", "script");
    gitlab_run(&runner, &script, &[]).ends(0);
    assert_eq!(runner.log(), "<ci><--stage><security>\n");
    let script = gitlab_script(&runner.project, "llmops-eval", "script");
    let own = [
        ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "1"),
        ("CI_MERGE_REQUEST_PROJECT_ID", "1"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "abc"),
    ];
    gitlab_run(&runner, &script, &own).ends(0);
    assert_eq!(runner.log(), "<ci><--since><abc>\n");
    let fork = [("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "2"), ("CI_MERGE_REQUEST_PROJECT_ID", "1")];
    let ran = gitlab_run(&runner, &script, &fork).ends(1);
    assert!(ran.stdout.starts_with("A fork has no keys"), "{}", ran.stdout);
    runner.project.write("evals/recorded.jsonl", "");
    gitlab_run(&runner, &script, &fork).ends(0);
    assert_eq!(runner.log(), "<ci><--replay><evals/recorded.jsonl>\n");
    runner.llmops("exit 1");
    gitlab_run(&runner, &script, &own).ends(1);
    runner.log();

    let script = gitlab_script(&runner.project, "llmops-deploy", "script");
    gitlab_run(&runner, &script, &[("GITLAB_USER_NAME", "a b"), ("GITLAB_USER_EMAIL", "a@b")]).ends(1);
    assert_eq!(runner.log(), "<deploy><--evidence><llmops/evidence.json>\n");
}

#[test]
fn on_gitlab_the_program_is_checked_and_the_comment_is_renewed() {
    let runner = gitlab_runner(&[]);
    let script = gitlab_script(&runner.project, ".llmops", "before_script");
    runner.stand_in("apt-get", "exit 0");
    let ran = gitlab_run(&runner, &script, &[]).ends(1);
    assert!(ran.stdout.starts_with("Set the CI/CD variables LLMOPS_URL and LLMOPS_SHA256"), "{}", ran.stdout);
    let server = Server::start(|_| Scripted::json("something else"));
    let ran = gitlab_run(&runner, &script, &[("LLMOPS_URL", &server.url), ("LLMOPS_SHA256", SHA)]).ends(1);
    assert!(ran.stderr.contains("did NOT match"), "{}", ran.stderr);

    let script = gitlab_script(&runner.project, "llmops-comment", "script");
    let server = Server::start(|_| Scripted::json("[]"));
    // `jq` is installed by the job; here only what it gives counts.
    let variables = [
        ("CI_API_V4_URL", server.url.as_str()),
        ("CI_PROJECT_ID", "3"),
        ("CI_MERGE_REQUEST_IID", "7"),
        ("LLMOPS_GITLAB_TOKEN", "token"),
    ];
    runner.stand_in("jq", "cat > /dev/null");
    gitlab_run(&runner, &script, &variables).ends(0);
    assert!(server.received().is_empty());
    runner.project.write("llmops/ci_report.md", "# all\n");
    gitlab_run(&runner, &script, &variables).ends(0);
    runner.stand_in("jq", "cat > /dev/null; echo 41");
    gitlab_run(&runner, &script, &variables).ends(0);
    let received = server.received();
    let sent: Vec<String> = received.iter().map(|request| format!("{} {}", request.method, request.path)).collect();
    let notes = "/projects/3/merge_requests/7/notes";
    let list = format!("GET {notes}?per_page=100");
    assert_eq!(sent, [list.clone(), format!("POST {notes}"), list, format!("PUT {notes}/41")]);
    assert!(
        received[1].body.replace("%20", "+").starts_with("body=%3C%21--+llmops+--%3E%0A%23+all"),
        "{}",
        received[1].body
    );
    assert_eq!(received[1].header("private-token"), Some("token"));
}
