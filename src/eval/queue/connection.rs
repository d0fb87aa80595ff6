//! The connection to the server: address, credentials, and whether it stands.

use std::path::Path;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, ServerAddr, jetstream};
use percent_encoding::percent_decode_str;
use tokio::sync::watch;

use crate::config::Secret;
use crate::error::{Error, Result};

/// For all that it takes to connect: name, network, TLS, password.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// A request that has no answer after this time is made again.
const REQUEST_LIMIT: Duration = Duration::from_secs(5);

/// A connection that comes back by itself when it is lost.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(super) client: Client,
    pub(super) context: jetstream::Context,
    /// `host:port`, for messages.
    pub(super) server: String,
    /// Whether the connection stands.
    pub(super) stands: watch::Receiver<bool>,
}

impl Connection {
    /// Connects to `nats://` or `tls://` with the credentials of the address or of a credentials file.
    pub(crate) async fn open(url: &Secret, credentials: Option<&Path>) -> Result<Self> {
        let address = parse(url)?;
        let server = format!("{}:{}", address.host(), address.port());
        let (sender, stands) = watch::channel(true);
        let options =
            ConnectOptions::new().name("llmops").connection_timeout(CONNECT_LIMIT).event_callback(move |event| {
                let state = match event {
                    Event::Connected => Some(true),
                    Event::Disconnected | Event::Closed => Some(false),
                    _ => None,
                };
                if let Some(state) = state {
                    sender.send_replace(state);
                }
                std::future::ready(())
            });
        let options = authorize(options, &address, credentials)?;
        let unavailable = || {
            Error::unavailable(format!("cannot connect to the queue {server}"))
                .hint("is nats-server running there, with JetStream (nats-server -js), and are the credentials right?")
        };
        let client = match tokio::time::timeout(CONNECT_LIMIT, options.connect(bare(&address))).await {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => return Err(unavailable().source(error)),
            Err(_) => return Err(unavailable()),
        };
        let context = jetstream::context::ContextBuilder::new().timeout(REQUEST_LIMIT).build(client.clone());
        Ok(Self { client, context, server, stands })
    }

    /// The server could not do what a run needs of it.
    pub(super) fn failed(&self, action: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
        Error::unavailable(format!("cannot {action} on the queue {}", self.server))
            .source(error)
            .hint("does the server have JetStream (nats-server -js), and may this user use it?")
    }
}

fn parse(url: &Secret) -> Result<ServerAddr> {
    // The parser's own message may quote a piece of the password.
    let address = url.reveal().parse::<ServerAddr>().ok();
    address.filter(|address| matches!(address.scheme(), "nats" | "tls") && !address.host().is_empty()).ok_or_else(
        || {
            Error::config("the address of the queue is not one of a NATS server").hint(
                "write nats://host:4222 or tls://user:password@host:4222; in a password, write @ as %40 and / as %2F",
            )
        },
    )
}

/// `user:password@` and `token@` of the address, unless there is a file.
fn authorize(options: ConnectOptions, address: &ServerAddr, credentials: Option<&Path>) -> Result<ConnectOptions> {
    if let Some(path) = credentials {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::config(format!("cannot read NATS_CREDS {}", path.display())).source(error))?;
        return options
            .credentials(&text)
            .map_err(|_| Error::config(format!("NATS_CREDS {} holds no NATS credentials", path.display())));
    }
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Ok(match (address.username(), address.password()) {
        (Some(user), Some(password)) => options.user_and_password(decode(user), decode(password)),
        (Some(token), None) => options.token(decode(token)),
        (None, _) => options,
    })
}

/// The address without credentials: the client gets them apart, and must not show them.
fn bare(address: &ServerAddr) -> String {
    let host = address.host();
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    format!("{}://{host}:{}", address.scheme(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_no_credentials() {
        let cases = [
            ("nats://me:s%40cret@host:4333", "nats://host:4333"),
            ("tls://token@host", "tls://host:4222"),
            ("host", "nats://host:4222"),
            ("nats://[::1]:1", "nats://[::1]:1"),
        ];
        for (url, expected) in cases {
            assert_eq!(bare(&parse(&Secret::new(url)).unwrap()), expected);
        }
        for wrong in ["http://me:s3cret@host", "nats://", "ws://host", "nats://me:s3cret@ho st"] {
            let error = parse(&Secret::new(wrong)).unwrap_err().to_string();
            assert_eq!(error, "the address of the queue is not one of a NATS server", "{wrong}");
        }
    }
}
