//! What is in a folder before it is a project, and how its repository lies. Nothing is written, no value of a secret is kept.

mod cases;
mod prompts;
mod repository;
mod table;

use std::path::Path;

use ignore::WalkBuilder;

pub(super) use self::cases::Cases;
pub(super) use self::prompts::PromptFile;
pub(super) use self::repository::Repository;
pub(super) use self::table::Table;
use crate::cmd::block_on;
use crate::cmd::guard::documents::may_stay;
use crate::config::Config;
use crate::llm::PROVIDERS;
use crate::rag::read_documents;

/// Everything that decides what is suggested.
pub(super) struct Found {
    /// Of the folder.
    pub(super) name: String,
    pub(super) repository: Repository,
    /// Providers whose key is set, with the variable that holds it.
    pub(super) keys: Vec<(&'static str, &'static str)>,
    pub(super) has_database: bool,
    pub(super) documents: Option<Documents>,
    pub(super) prompts: Vec<PromptFile>,
    pub(super) cases: Vec<Cases>,
    pub(super) table: Option<Table>,
    /// What looked like something and could not be read.
    pub(super) notes: Vec<String>,
}

/// A folder of documents that is there.
pub(super) struct Documents {
    /// With a slash at its end.
    pub(super) folder: String,
    /// Titles and ids.
    pub(super) names: Vec<String>,
    /// Titles of some documents that will be in the store, each of one document only.
    pub(super) titles: Vec<String>,
}

/// Folders that hold documents, the likeliest first.
const FOLDERS: [&str; 3] = ["documents", "docs", "knowledge"];
/// As many questions as a first dataset asks.
const TITLES: usize = 5;

/// `config` is the project's own, or the default where there is none.
pub(super) fn detect(config: &Config) -> Found {
    let mut notes = Vec::new();
    let env = &config.env;
    let keys = PROVIDERS.iter().filter(|provider| provider.key_required);
    let keys = keys.filter_map(|provider| Some((provider.name, env.first(provider.key_env)?.0))).collect();
    let files = files(&config.root);
    let table = match &config.retrieval.pgvector.url {
        Some(url) => block_on(table::find(url)).unwrap_or_else(|error| {
            notes.push(format!("the database was not looked at: {error}"));
            None
        }),
        None => None,
    };
    let cases = cases::find(config, &files, &mut notes);
    Found {
        name: config.name.clone(),
        repository: Repository::of(&config.root),
        keys,
        has_database: config.retrieval.pgvector.url.is_some(),
        documents: documents(config, !cases.is_empty(), &mut notes),
        prompts: prompts::find(config, &files, &mut notes),
        cases,
        table,
        notes,
    }
}

/// `all`: the names of all documents are asked for.
fn documents(config: &Config, all: bool, notes: &mut Vec<String>) -> Option<Documents> {
    let folder = FOLDERS.into_iter().find(|folder| config.root.join(folder).is_dir())?;
    let folder = format!("{folder}/");
    let documents = match read_documents(&config.root.join(&folder), &folder) {
        Ok(documents) => documents,
        Err(error) => {
            // An empty folder is no news.
            if config.root.join(&folder).read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
                notes.push(format!("{folder} was not taken for documents: {error}"));
            }
            return None;
        }
    };
    let is_alone = |title: &str| documents.iter().filter(|other| other.title == title).count() == 1;
    let stored = || documents.iter().filter(|document| may_stay(config, document));
    let titles = stored().filter(|document| is_alone(&document.title));
    let titles: Vec<String> = titles.map(|document| document.title.clone()).take(TITLES).collect();
    let names = stored().filter(|_| all).flat_map(|document| [document.title.clone(), document.id.clone()]).collect();
    (!titles.is_empty()).then_some(Documents { folder, names, titles })
}

/// Deeper than this lies nothing that people wrote for us.
const DEPTH: usize = 4;
/// A larger file is no list of prompts or questions.
const BYTES: u64 = 5 * 1024 * 1024;
const FILES: usize = 5_000;
const NOT_OURS: [&str; 9] =
    ["node_modules", "venv", "target", "dist", "build", "site-packages", "__pycache__", "llmops", "vendor"];

/// The files that could hold something, as seen from the folder, in order.
fn files(root: &Path) -> Vec<String> {
    let walk = WalkBuilder::new(root)
        .max_depth(Some(DEPTH))
        .max_filesize(Some(BYTES))
        .require_git(false)
        .filter_entry(|entry| !NOT_OURS.contains(&entry.file_name().to_string_lossy().as_ref()))
        .build();
    let known = |name: &str| {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        ["py", "json", "jsonl", "ndjson", "csv", "yaml", "yml"].contains(&extension)
    };
    let mut files: Vec<String> = walk
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| {
            let parts = entry.path().strip_prefix(root).ok()?.iter().map(|part| part.to_str());
            Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
        })
        .filter(|name| known(name))
        .take(FILES)
        .collect();
    files.sort();
    files
}
