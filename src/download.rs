//! Fetches a file from a server, to disk or into memory, with limits on time and size.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Client, Response, Url};

use crate::error::{Error, Result};
use crate::http::{self, shown};

/// Between two pieces of a file, so that a slow line may take its time and a dead one may not.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Called with the bytes that have arrived and, where known, how many there will be.
pub(crate) type Progress<'p> = &'p mut (dyn FnMut(u64, Option<u64>) + Send);

/// A plain HTTP client: proxies and certificates as the system has them.
pub(crate) struct Http {
    client: Client,
    /// What to do if a server fails, in place of what it has.
    elsewhere: &'static str,
}

impl Http {
    /// `elsewhere` is the hint where a server fails.
    pub(crate) fn new(elsewhere: &'static str) -> Result<Self> {
        let client = http::build(http::client().read_timeout(READ_TIMEOUT))?;
        Ok(Self { client, elsewhere })
    }

    /// A small body in memory; `accept` is the media type that is asked for.
    pub(crate) async fn read(&self, url: &Url, accept: &'static str, limit_bytes: u64) -> Result<Vec<u8>> {
        let mut response = self.get(url, accept).await?;
        let mut body = Vec::new();
        self.copy(url, &mut response, &mut body, (limit_bytes, &mut |_, _| ())).await?;
        Ok(body)
    }

    /// A body as a new file. One that is longer than `limit_bytes` is an error.
    pub(crate) async fn save(&self, url: &Url, path: &Path, limit_bytes: u64, progress: Progress<'_>) -> Result<()> {
        let mut response = self.get(url, "*/*").await?;
        let unwritable = |error| Error::io("write", path, error);
        let mut file = BufWriter::new(File::create(path).map_err(unwritable)?);
        self.copy(url, &mut response, &mut file, (limit_bytes, progress)).await?;
        file.flush().map_err(unwritable)
    }

    async fn get(&self, url: &Url, accept: &'static str) -> Result<Response> {
        let request = self.client.get(url.clone()).header(ACCEPT, HeaderValue::from_static(accept));
        let response = request.send().await.map_err(|error| self.broken(url, error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(Error::unavailable(format!("{} answered {}", shown(url), response.status())).hint(self.elsewhere))
    }

    async fn copy(
        &self,
        url: &Url,
        response: &mut Response,
        into: &mut (dyn Write + Send),
        (limit_bytes, progress): (u64, Progress<'_>),
    ) -> Result<()> {
        let total = response.content_length();
        let mut done = 0;
        while let Some(piece) = response.chunk().await.map_err(|error| self.broken(url, error))? {
            done += piece.len() as u64;
            if done > limit_bytes {
                return Err(Error::unavailable(format!("{} is longer than {limit_bytes} bytes", shown(url))));
            }
            into.write_all(&piece).map_err(|error| Error::unavailable("cannot write a download").source(error))?;
            progress(done, total);
        }
        Ok(())
    }

    fn broken(&self, url: &Url, error: reqwest::Error) -> Error {
        // Its own message repeats the address, which may hold a password.
        let error = error.without_url();
        Error::unavailable(format!("cannot download {}", shown(url))).source(error).hint(self.elsewhere)
    }
}

/// The address that the environment variable `variable` leads to.
pub(crate) fn parse_url(text: &str, variable: &str) -> Result<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    // The text may hold a password, so it is not quoted.
    url.ok_or_else(|| {
        Error::config(format!("{variable} is not an http or https address"))
            .hint(format!("correct or unset {variable}"))
    })
}
