//! The documentation is what the program says: generated pages are current, and links lead somewhere.

use std::path::{Path, PathBuf};

use crate::support::program;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn markdown_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            markdown_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
}

#[test]
fn the_reference_pages_are_what_the_program_prints() {
    for page in ["commands", "configuration", "metrics", "providers"] {
        let output = program().args(["reference", page]).output().unwrap();
        let file = root().join("docs/reference").join(format!("{page}.md"));
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(written == printed, "docs/reference/{page}.md is not current; run: just docs");
    }
}

#[test]
fn the_reports_schema_is_what_the_program_prints() {
    let output = program().args(["reference", "report-schema"]).output().unwrap();
    let written = std::fs::read_to_string(root().join("docs/reference/report.schema.json")).unwrap();
    assert!(written == String::from_utf8(output.stdout).unwrap(), "not current; run: just docs");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut files = vec![root().join("README.md"), root().join("CONTRIBUTING.md"), root().join("ARCHITECTURE.md")];
    markdown_files(&root().join("docs"), &mut files);
    let mut broken = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            if !target.is_empty() && !target.contains("://") && !file.parent().unwrap().join(target).exists() {
                broken.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}
