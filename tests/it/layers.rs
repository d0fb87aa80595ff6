//! The direction of imports: a module uses only modules of later ranks, and none of its own rank.

use std::path::{Path, PathBuf};

const RANKS: &[&[&str]] = &[
    &["main"],
    &["lib"],
    &["cmd", "fuzzing"],
    &["cli", "deploy"],
    &["gate", "evidence"],
    &["report"],
    &["guard"],
    &["eval"],
    &["rag", "prompt"],
    &["llm"],
    &["cost"],
    &["postgres", "trace"],
    &["ssh"],
    &["git", "config", "download"],
    &["http"],
    &["chain"],
    &["error", "text", "digest", "clock", "file", "lockfile", "money", "program", "test_support"],
];

fn rank(module: &str) -> usize {
    let found = RANKS.iter().position(|rank| rank.contains(&module));
    found.unwrap_or_else(|| panic!("the module `{module}` has no rank; give it one here and in ARCHITECTURE.md"))
}

fn source_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The modules that follow `crate::` in a text, also those of a list in braces.
fn imports(text: &str) -> Vec<&str> {
    let name = |text| -> &str {
        let text: &str = text;
        let end = text.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(text.len());
        &text[..end]
    };
    let mut found = Vec::new();
    for rest in text.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => found.push(name(rest)),
            Some(list) => found.extend(list.split("};").next().unwrap().split(',').map(|item| name(item.trim()))),
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

#[test]
fn imports_are_seen_in_lists_too() {
    assert_eq!(imports("use crate::{clock, gate};\nuse crate::error::Error;"), ["clock", "gate", "error"]);
}

#[test]
fn modules_import_only_from_later_ranks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&root, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let module = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if module == "lib" || module == "main" {
            continue;
        }
        for import in imports(&std::fs::read_to_string(&file).unwrap()) {
            if import != module && rank(import) <= rank(module) {
                wrong.push(format!("{} imports crate::{import}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "against the direction of imports:\n{}", wrong.join("\n"));
}
