//! The usual mistakes are found, each with what mends it, and no secret is shown.

use serde_json::Value;

use crate::support::http::{Scripted, Server};
use crate::support::team::git;
use crate::support::{Project, Ran, postgres, small_project};

/// A project in a repository, as it should be.
fn healthy() -> Project {
    let project = small_project();
    project.write(".gitignore", ".llmops/\nllmops/\n.env\n");
    project.record("rag_answer@1.0.0");
    git(&project, &["init", "-q", "-b", "main"]);
    git(&project, &["add", "."]);
    git(&project, &["-c", "user.name=author", "-c", "user.email=author@example.org", "commit", "-q", "-m", "begin"]);
    project
}

fn doctor_with(project: &Project, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let mut command = project.command(".", &[&["doctor"], arguments].concat());
    command.env("GIT_AUTHOR_NAME", "author").env("GIT_AUTHOR_EMAIL", "author@example.org");
    Ran::of(command.envs(variables.iter().copied()))
}

fn doctor(project: &Project) -> Ran {
    doctor_with(project, &[], &[])
}

/// The exit code, and what is said of a state: check, message and fix.
fn said(ran: &Ran, state: &str) -> Vec<(String, String, String)> {
    let value: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = value["findings"].as_array().unwrap().iter().filter(|finding| finding["state"] == state);
    findings.map(|finding| (text(&finding["check"]), text(&finding["message"]), text(&finding["fix"]))).collect()
}

/// The only problem that is found.
#[track_caller]
fn problem(project: &Project, variables: &[(&str, &str)]) -> (String, String, String) {
    let ran = doctor_with(project, variables, &["--json"]).ends(1);
    let problems = said(&ran, "problem");
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.into_iter().next().unwrap()
}

#[track_caller]
fn expect(found: &(String, String, String), check: &str, message: &str, fix: &str) {
    assert!(found.0 == check && found.1.contains(message) && found.2.contains(fix), "{found:#?}");
}

#[test]
fn a_healthy_project_has_no_problem_and_stays_as_it_is() {
    let project = healthy();
    std::fs::remove_dir_all(project.path(".llmops")).unwrap();
    let ran = doctor(&project).ends(0);
    assert!(ran.stdout.ends_with("0 problems, 0 warnings\n"), "{}", ran.stdout);
    assert!(ran.stdout.starts_with("ok       configuration  llmops.toml is sound\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 prompt with 1 version: whole\n") && ran.stdout.contains("has 2 documents\n"));
    assert!(!project.path(".llmops").exists());
}

#[test]
fn a_new_project_of_init_is_healthy() {
    let project = Project::new(&[]);
    git(&project, &["init", "-q"]);
    let mut command = project.command(".", &["init"]);
    Ran::of(command.env("GIT_AUTHOR_NAME", "author").env("GIT_AUTHOR_EMAIL", "author@example.org")).ends(0);
    let ran = doctor(&project).ends(0);
    assert!(ran.stdout.ends_with("0 problems, 0 warnings\n"), "{}", ran.stdout);
}

#[test]
fn a_configuration_that_cannot_be_read_is_a_finding_and_exit_code_3() {
    let project = healthy();
    project.write("llmops.toml", "[gate]\ncontext_recal = 0.8\n");
    let ran = doctor(&project).ends(3);
    assert!(
        ran.stdout.starts_with("problem  configuration  llmops.toml:2: unknown metric \"context_recal\""),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("fix: did you mean \"context_recall\"?"), "{}", ran.stdout);
    assert!(ran.stdout.contains("ok       repository"), "{}", ran.stdout);
    let empty = Project::new(&[]);
    let ran = doctor(&empty).ends(3);
    assert!(ran.stdout.contains("fix: go to the project's folder"), "{}", ran.stdout);
}

#[test]
fn a_shallow_clone_is_known() {
    let origin = healthy();
    origin.write("notes.md", "more\n");
    git(&origin, &["add", "."]);
    git(&origin, &["-c", "user.name=author", "-c", "user.email=author@example.org", "commit", "-q", "-m", "more"]);
    let clone = Project::new(&[]);
    let url = format!("file://{}", origin.path("").display());
    git(&clone, &["clone", "-q", "--depth", "1", &url, "."]);
    expect(&problem(&clone, &[]), "repository", "the clone is shallow", "git fetch --unshallow");
    git(&clone, &["fetch", "-q", "--unshallow"]);
    doctor(&clone).ends(0);
}

#[test]
fn secrets_that_git_would_take_are_known() {
    let project = healthy();
    project.write(".gitignore", "llmops/\n");
    project.write(".env", "A=hunter22\n");
    expect(&problem(&project, &[]), "repository", "git does not ignore .env", "echo .env >> .gitignore");
    let ran = doctor_with(&project, &[], &["--json"]).ends(1);
    assert!(said(&ran, "warning")[0].1.contains("git does not ignore .llmops/"), "{}", ran.stdout);
    git(&project, &["add", ".env"]);
    expect(&problem(&project, &[]), "repository", "git has .env", "git rm --cached .env");
    assert!(!doctor(&project).stdout.contains("hunter22"));
}

#[test]
fn a_key_of_evidence_that_git_would_take_is_known() {
    let project = healthy();
    project.write(".gitignore", "llmops/\n");
    let ran = project.run(&["evidence", "key"]).ends(0);
    let note = "git does not ignore .llmops/evidence.key: echo .llmops/ >> .gitignore\n";
    assert!(ran.stderr.ends_with(note), "{}", ran.stderr);
    let found = problem(&project, &[]);
    expect(&found, "repository", "git does not ignore .llmops/evidence.key", "echo .llmops/ >> .gitignore");
    git(&project, &["add", ".llmops/evidence.key"]);
    project.write(".gitignore", "llmops/\n.llmops/\n");
    let found = problem(&project, &[]);
    expect(&found, "repository", "git has .llmops/evidence.key", "git rm --cached .llmops/evidence.key");
    git(&project, &["rm", "-q", "--cached", ".llmops/evidence.key"]);
    doctor(&project).ends(0);
}

#[test]
fn an_edited_release_and_a_broken_dataset_are_known() {
    let project = healthy();
    let prompt = project.read("prompts/rag_answer/1.0.0.md") + "more\n";
    project.write("prompts/rag_answer/1.0.0.md", &prompt);
    project.write("evals/dataset.jsonl", "{\"id\": \"a\"}\n");
    let ran = doctor_with(&project, &[], &["--json"]).ends(1);
    let checks: Vec<String> = said(&ran, "problem").into_iter().map(|(check, ..)| check).collect();
    assert_eq!(checks, ["prompts", "dataset"], "{}", ran.stdout);
    let nobody = Project::new(&[("llmops.toml", "[project]\nname = \"p\"\n")]);
    let ran = doctor_with(&nobody, &[], &["--json"]).ends(1);
    let found = said(&ran, "problem");
    expect(&found[0], "configuration", "has no bar in [gate]", "give a metric its bar");
    expect(&found[1], "prompts", "there is no prompt \"rag_answer\"", "llmops prompt new rag_answer");
    assert!(said(&ran, "warning")[0].1.contains("the project is in no git repository"));
}

#[test]
fn no_documents_are_an_empty_index() {
    let project = healthy();
    std::fs::remove_dir_all(project.path("documents")).unwrap();
    expect(
        &problem(&project, &[]),
        "store",
        "documents/ does not exist, so the index is empty",
        "put your documents there",
    );
}

fn with_model(model: &str, more: &str) -> Project {
    let project = healthy();
    project.write("llmops.toml", &format!("[target]\nmodel = \"{model}\"\n[gate]\ncontext_recall = 0.8\n{more}"));
    project
}

#[test]
fn a_missing_secret_is_named_with_the_one_that_is_almost_it() {
    let project = with_model("gemini/gemini-2.5-flash", "");
    let found = problem(&project, &[]);
    let message = "no key for gemini: set GEMINI_API_KEY or GOOGLE_API_KEY; the model gemini/gemini-2.5-flash needs it";
    expect(&found, "secrets", message, "export GEMINI_API_KEY=...");
    let found = problem(&project, &[("GEMINI_KEY", "hunter22")]);
    expect(&found, "secrets", message, "GEMINI_KEY is set: call it GEMINI_API_KEY");

    let more =
        "[providers.own]\ndialect = \"openai\"\nbase_url = \"http://127.0.0.1:1\"\napi_key = \"env:OWN_TOKEN\"\n";
    let project = with_model("local/extractive", more);
    expect(
        &problem(&project, &[("OWN_TOKE", "x")]),
        "secrets",
        "asks for the variable OWN_TOKEN, which is not set",
        "OWN_TOKE is set",
    );
}

const MODELS: &str = r#"{"data": [{"id": "gpt-5-mini"}, {"id": "text-embedding-3-small"}]}"#;

#[test]
fn a_model_is_looked_up_in_its_providers_list_and_costs_nothing() {
    let server = Server::start(|_| Scripted::json(MODELS));
    let variables = [("OPENAI_BASE_URL", server.url.as_str()), ("OPENAI_API_KEY", "sk-hunter22")];
    let ran = doctor_with(&with_model("openai/gpt-5-mini", ""), &variables, &[]).ends(0);
    assert!(ran.stdout.contains("ok       models         openai/gpt-5-mini is there\n"), "{}", ran.stdout);
    let found = problem(&with_model("openai/gpt-5-mni", ""), &variables);
    expect(&found, "models", "openai has no model \"gpt-5-mni\" for this key", "did you mean \"openai/gpt-5-mini\"?");
    for request in server.received() {
        assert_eq!((request.method.as_str(), request.path.as_str(), request.body.as_str()), ("GET", "/v1/models", ""));
        assert_eq!(request.header("authorization"), Some("Bearer sk-hunter22"));
    }
    let asked = server.received().len();
    let ran = doctor_with(&with_model("openai/gpt-5-mini", ""), &variables, &["--offline"]).ends(0);
    assert!(ran.stdout.contains("skipped  models         --offline"), "{}", ran.stdout);
    assert_eq!(server.received().len(), asked);
}

#[test]
fn each_dialect_is_asked_in_its_own_way() {
    let cases = [
        ("gemini", "GEMINI", "/v1beta/models?pageSize=1000", "x-goog-api-key", r#"{"models": [{"name": "models/m"}]}"#),
        ("anthropic", "ANTHROPIC", "/v1/models?limit=1000", "x-api-key", r#"{"data": [{"id": "m"}]}"#),
        ("ollama", "OLLAMA", "/api/tags", "host", r#"{"models": [{"name": "m:latest"}]}"#),
        ("azure", "AZURE_OPENAI", "/openai/v1/models", "api-key", r#"{"data": [{"id": "other"}]}"#),
    ];
    for (provider, prefix, path, header, body) in cases {
        let server = Server::start(move |_| Scripted::json(body));
        let (url, key) = (format!("{prefix}_BASE_URL"), format!("{prefix}_API_KEY"));
        let variables = [(url.as_str(), server.url.as_str()), (key.as_str(), "secret-key")];
        let ran = doctor_with(&with_model(&format!("{provider}/m"), ""), &variables, &[]).ends(0);
        assert!(ran.stdout.contains("ok       models"), "{}", ran.stdout);
        let received = server.received();
        assert_eq!(received[0].path, path);
        assert!(received[0].header(header).is_some(), "{provider}");
        assert_eq!(received[0].header("anthropic-version").is_some(), provider == "anthropic");
    }
}

#[test]
fn what_a_provider_answers_is_told_with_its_fix() {
    type Answer = fn() -> Scripted;
    let limited: Answer = || {
        let headers = vec![("retry-after", "17".to_owned()), ("x-ratelimit-limit-requests", "500".to_owned())];
        Scripted::Answer(429, headers, "{}".into())
    };
    let cases: [(&str, Answer, &str, &str); 4] = [
        (
            "openai",
            || Scripted::status(401, "{\"error\": \"bad key sk-hunter22\"}"),
            "openai refuses the key of OPENAI_API_KEY (401)",
            "make a new key with openai",
        ),
        (
            "gemini",
            || Scripted::status(400, "{\"error\": {\"details\": [{\"reason\": \"API_KEY_INVALID\"}]}}"),
            "gemini refuses the key of GEMINI_API_KEY (400)",
            "Google AI Studio",
        ),
        (
            "openai",
            limited,
            "its rate limit is reached (429); it says retry-after: 17, x-ratelimit-limit-requests: 500",
            "[limits.openai]",
        ),
        ("openai", || Scripted::status(503, "{}"), "answers 503", "try again later"),
    ];
    for (provider, answer, message, fix) in cases {
        let server = Server::start(move |_| answer());
        let upper = provider.to_uppercase();
        let (url, key) = (format!("{upper}_BASE_URL"), format!("{upper}_API_KEY"));
        let variables = [(url.as_str(), server.url.as_str()), (key.as_str(), "sk-hunter22")];
        let found = problem(&with_model(&format!("{provider}/m"), ""), &variables);
        expect(&found, "models", message, fix);
        assert!(!found.1.contains("hunter22"));
    }
    let server = Server::start(|_| Scripted::status(404, "{}"));
    let variables = [("OPENAI_BASE_URL", server.url.as_str()), ("OPENAI_API_KEY", "k")];
    let ran = doctor_with(&with_model("openai/m", ""), &variables, &["--json"]).ends(0);
    assert!(said(&ran, "warning")[0].1.contains("/v1/models has no list of models (404)"), "{}", ran.stdout);
    let variables = [("OPENAI_BASE_URL", "http://127.0.0.1:1"), ("OPENAI_API_KEY", "k")];
    let found = problem(&with_model("openai/m", ""), &variables);
    expect(&found, "models", "openai cannot be reached at http://127.0.0.1:1/v1/models: ", "check the address");
}

#[test]
fn a_run_that_passes_a_free_tiers_day_is_known() {
    let more = "[cost.models.\"openai/gpt-5-mini\"]\nfree = true\nrequests_per_day = 1\n[limits.openai]\nrequests_per_minute = 500\n";
    let server = Server::start(|_| Scripted::json(MODELS));
    let variables = [("OPENAI_BASE_URL", server.url.as_str()), ("OPENAI_API_KEY", "k")];
    let found = problem(&with_model("openai/gpt-5-mini", more), &variables);
    expect(
        &found,
        "limits",
        "a run asks openai/gpt-5-mini 2 times, and [cost.models.\"openai/gpt-5-mini\"] allows 1 a day",
        "--resume",
    );
}

/// A project whose store is a table, with an embedder that gives three numbers.
fn with_table() -> (Project, String, Server) {
    let more = "[retrieval]\nstore = \"pgvector\"\nembedder = \"own/e\"\ndimensions = 3\n\
        [providers.own]\ndialect = \"openai\"\nbase_url = \"http://own\"\n";
    let server = Server::start(|request| match request.path.as_str() {
        "/v1/models" => Scripted::json(r#"{"data": [{"id": "e"}]}"#),
        _ => Scripted::json(
            r#"{"data": [{"index": 0, "embedding": [1, 0, 0]}], "usage": {"prompt_tokens": 1, "total_tokens": 1}}"#,
        ),
    });
    (with_model("local/extractive", more), postgres::database(), server)
}

#[test]
fn what_a_database_lacks_is_known() {
    let (project, url, server) = with_table();
    let variables = [("DATABASE_URL", url.as_str()), ("OWN_BASE_URL", server.url.as_str())];
    let found = problem(&project, &variables);
    expect(&found, "store", "the database lacks the extension vector", "llmops ingest creates it");
    postgres::execute(&url, "create extension vector");
    expect(&problem(&project, &variables), "store", "table documents does not exist", "llmops ingest");
    postgres::execute(&url, "create table documents (id text primary key, title text, body text, embedding vector(3))");
    expect(
        &problem(&project, &variables),
        "store",
        "the index is empty: the table documents has no rows",
        "llmops ingest",
    );
    postgres::execute(
        &url,
        "insert into documents values ('1', 'Keys', 'text', null), ('2', 'hours.md', 'text', null)",
    );
    expect(
        &problem(&project, &variables),
        "store",
        "the index is empty: none of the 2 rows of documents has a vector",
        "llmops ingest",
    );
    postgres::execute(&url, "update documents set embedding = '[1,0,0]' where id = '1'");
    let ran = doctor_with(&project, &variables, &["--json"]).ends(0);
    assert!(said(&ran, "warning")[0].1.contains("1 of the 2 rows of documents have no vector"), "{}", ran.stdout);
    postgres::execute(&url, "update documents set embedding = '[1,0,0]'");
    let ran = doctor_with(&project, &variables, &[]).ends(0);
    assert!(
        ran.stdout.contains("ok       store          the table documents has 2 rows, all with vectors\n"),
        "{}",
        ran.stdout
    );

    postgres::execute(&url, "alter table documents alter embedding type vector(2) using '[1,0]'");
    let found = problem(&project, &variables);
    expect(&found, "store", "2", "dimensions");
    let ran = doctor_with(&project, &variables, &["--offline"]).ends(0);
    assert!(ran.stdout.contains("skipped  store          --offline"), "{}", ran.stdout);
}

#[test]
fn a_wrong_length_is_known_also_where_only_the_embedder_knows_it() {
    let (project, url, server) = with_table();
    let config = project.read("llmops.toml").replace("dimensions = 3\n", "");
    project.write("llmops.toml", &config);
    let variables = [("DATABASE_URL", url.as_str()), ("OWN_BASE_URL", server.url.as_str())];
    let rows = "create extension vector; create table documents (id text primary key, title text, body text, embedding vector(2));
        insert into documents values ('1', 'Keys', 'text', '[1,0]')";
    postgres::execute(&url, rows);
    expect(&problem(&project, &variables), "store", "2", "dimensions");
}

#[test]
fn a_database_that_is_down_is_named_without_its_password() {
    let (project, _, server) = with_table();
    let variables = [("DATABASE_URL", "postgres://u:hunter22@127.0.0.1:1/d"), ("OWN_BASE_URL", server.url.as_str())];
    let found = problem(&project, &variables);
    expect(&found, "store", "cannot connect to PostgreSQL at 127.0.0.1:1/d", "start it, or check DATABASE_URL");
    assert!(!found.1.contains("hunter22"));
}

#[test]
fn a_hook_of_another_service_is_known_and_never_shown() {
    let project = healthy();
    let hook = "https://api.vercel.com/v1/integrations/deploy/prj_1/hunter22";
    let found = problem(&project, &[("RENDER_DEPLOY_HOOK_URL", hook)]);
    expect(&found, "deployment", "RENDER_DEPLOY_HOOK_URL holds a hook of Vercel, not of Render", "driver = \"vercel\"");
    let ran = doctor_with(&project, &[("RENDER_DEPLOY_HOOK_URL", hook)], &[]).ends(1);
    assert!(!ran.stdout.contains("hunter22") && !ran.stderr.contains("hunter22"));
    doctor_with(&project, &[("VERCEL_DEPLOY_HOOK_URL", hook)], &[]).ends(0);
    // The one that [deploy] names, under whatever name; without it only the job that deploys would fail.
    let config = project.read("llmops.toml")
        + "\n[deploy]\ndriver = \"render-hook\"\nhook = \"env:OUR_HOOK\"\n\
                  [deploy.identity]\nurl = \"https://example.org/version\"\ncommit = \"/commit\"\n";
    project.write("llmops.toml", &config);
    let found = problem(&project, &[("OUR_HOOK", hook)]);
    expect(
        &found,
        "deployment",
        "deploy.hook (env:OUR_HOOK) holds a hook of Vercel, not of Render",
        "driver = \"vercel\"",
    );
    doctor_with(&project, &[], &[]).ends(0);
}

#[test]
fn a_deployment_that_could_not_begin_is_known() {
    let project = healthy();
    let own = project.read("llmops.toml");
    let set = |deploy: &str| project.write("llmops.toml", &format!("{own}\n[deploy]\n{deploy}"));
    set("driver = \"heroku\"\n");
    expect(&problem(&project, &[]), "deployment", "there is no driver \"heroku\"", "known: render, ");
    set("driver = \"render\"\ntoken = \"env:RENDER_API_KEY\"\n");
    expect(&problem(&project, &[]), "deployment", "deploy.service is missing", "the driver render needs it");
    set("driver = \"command\"\ncommand = [\"./deploy.sh\"]\n");
    let found = problem(&project, &[]);
    expect(&found, "deployment", "the driver command cannot tell what runs", "give url and commit (or header)");
    let identity = "[deploy.identity]\nurl = \"https://example.org/version\"\ncommit = \"/commit\"\n";
    set(&format!("driver = \"command\"\ncommand = [\"./deploy.sh\"]\n{identity}"));
    let ran = doctor(&project).ends(0);
    assert!(
        ran.stdout.contains("ok       deployment     [deploy] says how to deploy to production\n"),
        "{}",
        ran.stdout
    );
    project.write("llmops.toml", &own);
    assert!(doctor(&project).stdout.contains("skipped  deployment     no deployment is configured\n"));
    std::fs::remove_file(project.path("evals/dataset.jsonl")).unwrap();
    expect(&problem(&project, &[]), "dataset", "there is no dataset evals/dataset.jsonl", "llmops init writes");
}

#[test]
fn it_works_from_a_folder_of_the_project_and_outside_of_git() {
    let project = small_project();
    project.record("rag_answer@1.0.0");
    let ran = Ran::of(&mut project.command("documents", &["doctor", "--json"])).ends(0);
    let warnings = said(&ran, "warning");
    expect(&warnings[0], "repository", "the project is in no git repository", "git init");
}
