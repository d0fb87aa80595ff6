//! Where a new price map is from: a file, or an address.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use reqwest::Url;

use crate::cost::MAX_BYTES;
use crate::download::Http;
use crate::error::{Error, Result};
use crate::http::shown;
use crate::text::{printable, span};

/// For all of a download; a map has a few megabytes.
const TIME_LIMIT: Duration = Duration::from_secs(180);
const ELSEWHERE: &str = "download it by other means, and give the file";

/// Where the new map is from.
pub(super) enum Source<'a> {
    Address(Url),
    File(&'a str),
}

impl<'a> Source<'a> {
    pub(super) fn of(text: &'a str) -> Result<Self> {
        if !text.contains("://") {
            return Ok(Self::File(text));
        }
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        // The text may hold a password, so it is not quoted.
        let wrong = || Error::config("the source of the prices is neither a file nor an http or https address");
        url.map(Self::Address).ok_or_else(wrong)
    }

    /// Without the secrets that an address may hold, and without the folders of this machine.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Address(url) => shown(url),
            Self::File(path) => {
                let name = Path::new(path).file_name().map_or((*path).into(), |name| name.to_string_lossy());
                printable(&name).into_owned()
            }
        }
    }

    pub(super) async fn read(&self, folder: &Path) -> Result<Vec<u8>> {
        match self {
            Self::Address(url) => {
                let http = Http::new(ELSEWHERE)?;
                let body = tokio::time::timeout(TIME_LIMIT, http.read(url, "*/*", MAX_BYTES)).await;
                body.unwrap_or_else(|_| {
                    let message = format!("{} did not arrive within {}", shown(url), span(TIME_LIMIT));
                    Err(Error::unavailable(message).hint(ELSEWHERE))
                })
            }
            Self::File(path) => {
                let mut bytes = Vec::new();
                // One byte more than a map may have, which tells that it is too long.
                let read =
                    File::open(folder.join(path)).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
                read.map_err(|error| Error::config(format!("cannot read {path}")).source(error))?;
                Ok(bytes)
            }
        }
    }

    /// A file is for the user to change; what a server sends is not.
    pub(super) fn damaged(&self, what: &str) -> Error {
        match self {
            Self::Address(url) => Error::unavailable(what).at(shown(url), None).hint(ELSEWHERE),
            Self::File(path) => Error::config(what)
                .at(path, None)
                .hint("give litellm's model_prices_and_context_window.json, or a price map that this command wrote"),
        }
    }
}
