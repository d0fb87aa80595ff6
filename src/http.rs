//! Plain HTTP: clients with proxies and certificates as the system has them, and addresses as messages may show them.

use std::time::Duration;

use reqwest::{ClientBuilder, Url};

use crate::error::{Error, Result};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A client that says who it is and gives up on hosts that accept no connection. Other time limits are the caller's.
pub(crate) fn client() -> ClientBuilder {
    // Fails when one is installed already, which is as good.
    rustls::crypto::ring::default_provider().install_default().ok();
    reqwest::Client::builder()
        .user_agent(concat!("llmops/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
}

/// The client that was described.
pub(crate) fn build(builder: ClientBuilder) -> Result<reqwest::Client> {
    builder.build().map_err(|error| Error::unavailable("cannot start the HTTP client").source(error))
}

/// The address as a message may show it: without user, password and query.
pub(crate) fn shown(url: &Url) -> String {
    let origin = url.origin().ascii_serialization();
    format!("{origin}{}", url.path())
}
