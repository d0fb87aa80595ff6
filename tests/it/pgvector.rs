//! The example with documents in PostgreSQL, against a real server; Gemini is a stand-in on loopback.

use std::process::Command;

use crate::support::http::Server;
use crate::support::{Project, Ran, gemini, llama, postgres, small_project};

const FOLDER: &str = "examples/pgvector";

struct Workshop {
    project: Project,
    gemini: Server,
    database: String,
}

impl Workshop {
    /// The example with its table filled by its own SQL.
    fn new() -> Self {
        let workshop =
            Self { project: Project::example("pgvector"), gemini: gemini::start(), database: postgres::database() };
        postgres::execute(&workshop.database, &workshop.project.read(&format!("{FOLDER}/schema.sql")));
        workshop
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.project.command(FOLDER, arguments);
        command.env("DATABASE_URL", &self.database);
        command.env("GEMINI_BASE_URL", &self.gemini.url).env("GEMINI_API_KEY", gemini::KEY);
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    fn report(&self) -> serde_json::Value {
        serde_json::from_str(&self.project.read(&format!("{FOLDER}/llmops/eval_report.json"))).unwrap()
    }
}

#[test]
fn the_example_is_green_and_with_one_passage_or_a_fifth_fewer_documents_red() {
    let workshop = Workshop::new();
    workshop.run(&["ingest"]).ends(0);
    let ran = workshop.run(&["eval"]).ends(0);
    assert!(
        ran.stdout.starts_with("PASS  bicycle-workshop · rag_answer@1.0.0 · gemini/gemini-2.5-flash"),
        "{}",
        ran.stdout
    );
    assert!(workshop.report()["usage"]["target"]["input"].as_u64().unwrap() > 0);

    workshop.run(&["eval", "--top-k", "1"]).ends(1);

    postgres::execute(&workshop.database, "delete from documents where id % 5 = 0");
    let ran = workshop.run(&["eval"]).ends(1);
    assert!(ran.stdout.contains("context_recall is "), "{}", ran.stdout);
}

#[test]
fn ingest_embeds_each_row_once() {
    let workshop = Workshop::new();
    workshop.run(&["ingest"]).ends(0);
    let calls = workshop.gemini.received().len();
    workshop.run(&["ingest"]).ends(0);
    assert_eq!(workshop.gemini.received().len(), calls);
    let indexes =
        postgres::execute(&workshop.database, "select indexdef from pg_indexes where tablename = 'documents'");
    let hnsw = "USING hnsw (embedding vector_cosine_ops) WITH (m='16', ef_construction='64')";
    assert_eq!(indexes.iter().filter(|definition| definition.contains(hnsw)).count(), 1, "{indexes:?}");
}

#[test]
fn ci_fills_the_table_itself() {
    let workshop = Workshop::new();
    workshop.run(&["ci"]).ends(0);
}

#[test]
fn a_table_that_is_not_there_says_what_to_do() {
    let workshop = Workshop::new();
    postgres::execute(&workshop.database, "drop table documents");
    let ran = workshop.run(&["eval"]).ends(3);
    assert!(ran.stderr.contains("documents"), "{}", ran.stderr);
    assert!(ran.stderr.contains("llmops ingest"), "{}", ran.stderr);
}

#[test]
fn a_wrong_key_is_undecided_with_one_message_and_no_key_in_it() {
    let workshop = Workshop::new();
    workshop.run(&["ingest"]).ends(0);
    let mut command = workshop.command(&["eval", "-q"]);
    let ran = Ran::of(command.env("GEMINI_API_KEY", "wrong-key-987654321")).ends(2);
    assert!(ran.stdout.contains("gemini refused the key in GEMINI_API_KEY"), "{}", ran.stdout);
    let everything = format!("{}{}{}", ran.stdout, ran.stderr, workshop.report());
    assert!(!everything.contains("wrong-key-987654321"));
}

#[test]
fn a_missing_key_is_a_configuration_error_before_any_call() {
    let workshop = Workshop::new();
    let mut command = workshop.command(&["eval"]);
    let ran = Ran::of(command.env_remove("GEMINI_API_KEY").env_remove("GEMINI_BASE_URL")).ends(3);
    assert!(ran.stderr.contains("GEMINI_API_KEY"), "{}", ran.stderr);
    assert!(workshop.gemini.received().is_empty());
}

#[test]
fn a_database_that_is_down_is_undecided_and_its_password_is_not_shown() {
    let workshop = Workshop::new();
    let mut command = workshop.command(&["eval"]);
    // Nothing listens on port 1.
    let ran = Ran::of(command.env("DATABASE_URL", "postgresql://me:s3cret-pass@127.0.0.1:1/app")).ends(2);
    assert!(ran.stderr.contains("127.0.0.1:1"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("s3cret-pass"), "{}", ran.stderr);
}

/// No stand-in anywhere: PostgreSQL, and a model server that embeds and answers.
#[test]
fn a_real_database_and_a_real_model_server_work_together() {
    let project = small_project();
    project.write(
        "llmops.toml",
        "[target]\nmodel = \"openai/smollm2\"\ntimeout = \"2 min\"\n\
         [retrieval]\nstore = \"pgvector\"\nembedder = \"openai/smollm2\"\n\
         [gate]\ncontext_recall = 1.0\nlatency = \"1 min\"\n",
    );
    let prompt = project.read("prompts/rag_answer/1.0.0.md");
    project.write(
        "prompts/rag_answer/1.0.0.md",
        &prompt.replace("---\nvariables", "---\nparameters: { max_tokens: 30 }\nvariables"),
    );
    let database = postgres::database();
    let run = |arguments: &[&str]| {
        let mut command = project.command(".", arguments);
        command.env("OPENAI_BASE_URL", llama::base_url()).env("DATABASE_URL", &database);
        Ran::of(&mut command)
    };
    let ran = run(&["eval"]).ends(3);
    assert!(ran.stderr.contains("table documents does not exist\nhint: run `llmops ingest`"), "{}", ran.stderr);
    project.record("rag_answer@1.0.0");
    run(&["ci"]).ends(0);
    let report = project.report();
    assert!(report["usage"]["target"]["output"].as_u64().unwrap() > 0);
    assert!(report["usage"]["embedder"]["input"].as_u64().unwrap() > 0);
    assert_eq!(report["results"][0]["passages"].as_array().unwrap().len(), 2);
}

#[test]
fn rows_without_embeddings_are_said_and_not_measured_as_misses() {
    let workshop = Workshop::new();
    let ran = workshop.run(&["eval"]).ends(3);
    let expected = "error: none of the table's 16 rows has an embedding\nhint: run `llmops ingest`\n";
    assert_eq!(ran.stderr, expected);
    workshop.run(&["ingest"]).ends(0);
    postgres::execute(&workshop.database, "update documents set embedding = null where id = 1");
    let ran = workshop.run(&["eval", "-q"]);
    assert!(ran.stderr.contains("warning: 1 of the table's 16 rows have no embedding"), "{}", ran.stderr);
}

#[test]
fn vectors_of_another_embedder_are_not_searched() {
    let workshop = Workshop::new();
    workshop.run(&["ingest"]).ends(0);
    let config = workshop.project.read(&format!("{FOLDER}/llmops.toml"));
    let other = config.replace("gemini/gemini-embedding-001", "gemini/text-embedding-004");
    workshop.project.write(&format!("{FOLDER}/llmops.toml"), &other);
    let ran = workshop.run(&["eval"]).ends(3);
    assert!(ran.stderr.contains("16 of the table's 16 rows were embedded with another embedder"), "{}", ran.stderr);
    workshop.run(&["ci"]).ends(0);
}

#[test]
fn an_embedder_of_another_length_is_refused_before_anything_is_written() {
    let workshop = Workshop::new();
    let config = workshop.project.read(&format!("{FOLDER}/llmops.toml"));
    workshop.project.write(&format!("{FOLDER}/llmops.toml"), &config.replace("dimensions = 768", "dimensions = 256"));
    let ran = workshop.run(&["ingest"]).ends(3);
    assert!(ran.stderr.contains("table documents has vector(768), the embedder gemini/"), "{}", ran.stderr);
    let filled = "select count(*) from documents where embedding is not null";
    assert_eq!(postgres::execute(&workshop.database, filled), ["0"]);
}
