//! Connections to a `PostgreSQL` server, and what goes wrong with them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Connection, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::Secret;
use crate::error::{Error, Result};

/// For all that it takes to connect: name, network, TLS, password.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Where a database is.
pub(crate) struct Server {
    config: tokio_postgres::Config,
    /// `host:port/database`, for messages.
    shown: String,
    /// What to do if it does not answer.
    hint: &'static str,
    connect_limit: Duration,
}

impl Server {
    /// Errors if the address is not one. Nothing is connected yet.
    pub(crate) fn new(url: &Secret, hint: &'static str) -> Result<Self> {
        // The parser's own message may quote a piece of a password that was not escaped.
        let mut config: tokio_postgres::Config = spelling(url.reveal()).parse().map_err(|_| {
            Error::config("the address of the database is not a PostgreSQL connection string").hint(
                "write postgresql://user:password@host:5432/database; in a password, write @ as %40, / as %2F, # as %23",
            )
        })?;
        if config.get_application_name().is_none() {
            config.application_name("llmops");
        }
        // Nobody listens on the way to the own machine, and its certificate is rarely one that can be checked.
        if config.get_ssl_mode() == SslMode::Prefer && config.get_hosts().iter().all(is_local) {
            config.ssl_mode(SslMode::Disable);
        }
        let shown = shown(&config);
        Ok(Self { config, shown, hint, connect_limit: CONNECT_LIMIT })
    }

    /// A connection, which lives on a task of its own until its client is dropped.
    pub(crate) async fn connect(&self) -> Result<Client> {
        let failed = || Error::unavailable(format!("cannot connect to PostgreSQL at {}", self.shown)).hint(self.hint);
        let connect = async {
            if self.config.get_ssl_mode() == SslMode::Disable {
                return Ok(self.config.connect(NoTls).await.map(serve)?);
            }
            let tls = MakeRustlsConnect::new(tls().map_err(Failure::Tls)?);
            Ok(self.config.connect(tls).await.map(serve)?)
        };
        match tokio::time::timeout(self.connect_limit, connect).await {
            Ok(Ok(client)) => Ok(client),
            Ok(Err(Failure::Tls(error))) => Err(failed().source(error)),
            Ok(Err(Failure::Server(error))) => {
                let message = error.to_string();
                let hint = hint_for(&message, self.hint);
                Err(error.into_source().into_iter().fold(failed().hint(hint), Error::source))
            }
            Err(_) => {
                let limit = self.connect_limit.as_secs_f64();
                Err(failed().source(format!("it did not answer within {limit} s")))
            }
        }
    }
}

enum Failure {
    Tls(rustls::Error),
    Server(tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error)
    }
}

fn hint_for(message: &str, otherwise: &'static str) -> &'static str {
    if message.contains("TLS") {
        return "its certificate must be one that this machine trusts; for a connection without TLS, add sslmode=disable";
    }
    otherwise
}

/// Certificates are always checked, by what the operating system trusts.
fn tls() -> std::result::Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_platform_verifier()?.with_no_client_auth())
}

/// Drives the connection until its client is dropped.
fn serve<S, T>((client, connection): (Client, Connection<S, T>)) -> Client
where
    Connection<S, T>: Future + Send + 'static,
    <Connection<S, T> as Future>::Output: Send,
{
    tokio::spawn(connection);
    client
}

/// The same address in the parser's spelling: SQLAlchemy writes the driver into the scheme, and libpq has two more
/// modes of checking the certificate, which is what we always do.
fn spelling(url: &str) -> String {
    let url = match url.split_once("://") {
        Some((scheme, rest)) if scheme.starts_with("postgres") => {
            format!("{}://{rest}", scheme.split('+').next().unwrap_or(scheme))
        }
        _ => url.to_owned(),
    };
    url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require")
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn shown(config: &tokio_postgres::Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("{host}:{port}/{}", config.get_dbname().or(config.get_user()).unwrap_or_default())
}

/// The answer of the database, within a time limit.
pub(crate) async fn limited<T>(
    limit: Duration,
    answer: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
) -> Result<T> {
    match tokio::time::timeout(limit, answer).await {
        Ok(answer) => answer.map_err(failure),
        Err(_) => Err(Error::unavailable(format!("PostgreSQL did not answer within {} s", limit.as_secs()))),
    }
}

/// What the database said, in one line.
pub(crate) fn failure(error: tokio_postgres::Error) -> Error {
    let Some(said) = error.as_db_error() else {
        let failed = Error::unavailable("the connection to PostgreSQL failed");
        return match error.into_source() {
            Some(source) => failed.source(source),
            None => failed,
        };
    };
    let detail = said.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    let message = format!("PostgreSQL says: {}{detail}", said.message());
    let error = if is_for_the_user(said.code()) { Error::config(message) } else { Error::unavailable(message) };
    said.hint().into_iter().fold(error, Error::hint)
}

/// Whether only a person can mend it. Classes of <https://www.postgresql.org/docs/current/errcodes-appendix.html>:
/// features, data, constraints, permissions and names; the others are the server's state.
fn is_for_the_user(code: &SqlState) -> bool {
    ["0A", "22", "23", "28", "3D", "3F", "42"].iter().any(|class| code.code().starts_with(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_understood_in_every_spelling() {
        let cases = [
            ("postgresql://u:p@db.example.org/app", "db.example.org:5432/app", SslMode::Prefer),
            ("postgresql+psycopg2://u:p@localhost:6000/app", "localhost:6000/app", SslMode::Disable),
            ("postgres://u@127.0.0.1/app?sslmode=require", "127.0.0.1:5432/app", SslMode::Require),
            ("postgres://u@h/app?sslmode=verify-full", "h:5432/app", SslMode::Require),
            ("host='h' port='1' dbname='d' user='u' password='a b'", "h:1/d", SslMode::Prefer),
        ];
        for (url, shown, mode) in cases {
            let server = Server::new(&Secret::new(url), "").unwrap();
            assert_eq!((server.shown.as_str(), server.config.get_ssl_mode()), (shown, mode), "{url}");
        }
    }

    #[test]
    fn a_wrong_address_is_not_repeated() {
        for url in ["mysql://u:hunter22@h/d", "postgres://u:hunter22@h:port/d", "host=h password=x hunter22=y"] {
            let error = Server::new(&Secret::new(url), "").err().unwrap();
            assert_eq!(error.to_string(), "the address of the database is not a PostgreSQL connection string");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_down_or_silent_is_named_without_the_password() {
        let down = Server::new(&Secret::new("postgres://u:hunter22@127.0.0.1:1/d"), "").unwrap();
        let error = down.connect().await.err().unwrap();
        assert_eq!(error.kind, crate::error::ErrorKind::Unavailable);
        let message = error.to_string();
        assert!(message.starts_with("cannot connect to PostgreSQL at 127.0.0.1:1/d: "), "{message}");
        assert!(message.to_lowercase().contains("connection refused") && !message.contains("hunter22"), "{message}");

        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("postgres://u:hunter22@{}/d", silent.local_addr().unwrap());
        let silent =
            Server { connect_limit: Duration::from_millis(200), ..Server::new(&Secret::new(url), "").unwrap() };
        let message = silent.connect().await.err().unwrap().to_string();
        assert!(message.ends_with(": it did not answer within 0.2 s"), "{message}");
    }
}
