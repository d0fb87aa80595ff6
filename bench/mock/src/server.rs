//! What the server is told to do, and what it therefore does with one request.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use clap::Parser;

use crate::answer;
use crate::delay::Delay;
use crate::fault::{Fault, Rates};
use crate::hash::hash;
use crate::http::respond;
use crate::stats::Stats;

/// How many bytes of a truncated body never come.
const MISSING_BYTES: usize = 100;

/// A model server on loopback that answers after a set time and fails at set rates, the same way for the same seed.
/// It prints OPENAI_BASE_URL=... and ends when its standard input closes. GET /stats counts what arrived.
#[derive(Debug, Clone, Parser)]
#[expect(clippy::doc_markdown, reason = "the text is the command's help")]
pub(crate) struct Options {
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Time from a request's last byte to its answer
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    pub(crate) latency_ms: u64,
    /// What answers with 429 say: seconds, or none
    #[arg(long, value_name = "SECONDS", default_value = "1")]
    pub(crate) retry_after: String,
    #[command(flatten)]
    pub(crate) rates: Rates,
    /// Answer everything with 503
    #[arg(long)]
    pub(crate) down: bool,
    /// Which requests fail, and how
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// What is done about a request once its answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    KeepAlive,
    Close,
    /// Nothing was written, and nothing will be.
    StaySilent,
}

pub(crate) struct Server {
    options: Options,
    delay: Option<Delay>,
    pub(crate) stats: Stats,
    /// How often each body has arrived, by its hash. Kept only if anything can fail.
    attempts: RefCell<HashMap<u64, u32>>,
}

impl Server {
    pub(crate) fn new(options: Options) -> Self {
        let latency = Duration::from_millis(options.latency_ms);
        let delay = (!latency.is_zero()).then(|| Delay::new(latency));
        Self { options, delay, stats: Stats::default(), attempts: RefCell::default() }
    }

    /// What the answer to this path waits for.
    pub(crate) fn delay(&self, path: &str) -> Option<&Delay> {
        self.delay.as_ref().filter(|_| path != "/stats")
    }

    /// Writes the answer to one request.
    pub(crate) fn reply(&self, path: &str, body: &[u8], output: &mut Vec<u8>) -> Then {
        let answer = match path {
            "/stats" => {
                respond(output, "200 OK", "", &self.stats.json(), 0);
                return Then::KeepAlive;
            }
            _ if path.ends_with("/chat/completions") => answer::chat,
            _ if path.ends_with("/embeddings") => answer::embeddings,
            _ => return self.refuse(output, "404 Not Found", "no such path"),
        };
        if self.options.down {
            return self.fail(Fault::Unavailable, b"", output);
        }
        let Some(answer) = answer(body) else {
            return self.refuse(output, "400 Bad Request", "not a request that this server understands");
        };
        if let Some(fault) = self.fault(body) {
            return self.fail(fault, &answer, output);
        }
        self.stats.became("answered");
        respond(output, "200 OK", "", &answer, 0);
        Then::KeepAlive
    }

    fn fault(&self, body: &[u8]) -> Option<Fault> {
        if !self.options.rates.any() {
            return None;
        }
        let request = hash(body);
        let mut attempts = self.attempts.borrow_mut();
        let attempt = attempts.entry(request).or_default();
        *attempt += 1;
        self.options.rates.draw(self.options.seed, request, *attempt - 1)
    }

    fn fail(&self, fault: Fault, answer: &[u8], output: &mut Vec<u8>) -> Then {
        self.stats.became(kind(fault));
        match fault {
            Fault::RateLimited { says_when } => {
                let wait = &self.options.retry_after;
                let says_when = says_when && wait != "none";
                let header = if says_when { format!("retry-after: {wait}\r\n") } else { String::new() };
                let body = error("Rate limit reached for requests", "rate_limit_exceeded");
                respond(output, "429 Too Many Requests", &header, &body, 0);
            }
            Fault::Unavailable => {
                let body = error("The server is overloaded or not ready yet", "server_error");
                respond(output, "503 Service Unavailable", "", &body, 0);
            }
            Fault::Malformed => respond(output, "200 OK", "", &answer[..answer.len() / 2], 0),
            Fault::WrongShape => respond(output, "200 OK", "", br#"{"object":"something.else","result":[]}"#, 0),
            Fault::Truncated => {
                respond(output, "200 OK", "", &answer[..answer.len() / 2], MISSING_BYTES);
                return Then::Close;
            }
            Fault::Hang => return Then::StaySilent,
        }
        Then::KeepAlive
    }

    fn refuse(&self, output: &mut Vec<u8>, status: &str, message: &str) -> Then {
        self.stats.became("refused");
        respond(output, status, "", &error(message, "invalid_request_error"), 0);
        Then::KeepAlive
    }
}

/// What the statistics call it.
fn kind(fault: Fault) -> &'static str {
    match fault {
        Fault::RateLimited { says_when: true } => "429 with retry-after",
        Fault::RateLimited { says_when: false } => "429",
        Fault::Unavailable => "503",
        Fault::Hang => "hang",
        Fault::Truncated => "truncated",
        Fault::Malformed => "malformed",
        Fault::WrongShape => "wrong shape",
    }
}

fn error(message: &str, code: &str) -> Vec<u8> {
    serde_json::json!({ "error": { "message": message, "type": code, "code": code } }).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"model":"mock","messages":[{"role":"user","content":"What?"}]}"#;

    fn server(arguments: &[&str]) -> Server {
        Server::new(Options::try_parse_from(["mock-model"].iter().chain(arguments)).unwrap())
    }

    fn reply(server: &Server, path: &str, body: &[u8]) -> (String, Then) {
        let mut output = Vec::new();
        let then = server.reply(path, body, &mut output);
        (String::from_utf8(output).unwrap(), then)
    }

    #[test]
    fn each_fault_looks_like_itself() {
        let cases = [
            ("--latency-ms=5", "HTTP/1.1 200 OK", "\"content\":\"Answer ", Then::KeepAlive),
            ("--down", "HTTP/1.1 503 ", "server_error", Then::KeepAlive),
            ("--rate-503=1", "HTTP/1.1 503 ", "server_error", Then::KeepAlive),
            ("--rate-429=1", "HTTP/1.1 429 ", "\r\nretry-after: 1\r\n", Then::KeepAlive),
            ("--rate-malformed=1", "HTTP/1.1 200 OK", "chatcmpl-mock", Then::KeepAlive),
            ("--rate-wrong-shape=1", "HTTP/1.1 200 OK", "something.else", Then::KeepAlive),
            ("--rate-truncate=1", "HTTP/1.1 200 OK", "chatcmpl-mock", Then::Close),
            ("--rate-hang=1", "", "", Then::StaySilent),
        ];
        for (option, start, part, then) in cases {
            let (text, told) = reply(&server(&[option]), "/v1/chat/completions", BODY);
            assert!(text.starts_with(start) && text.contains(part), "{option}: {text}");
            assert_eq!(told, then, "{option}");
        }
    }

    #[test]
    fn a_malformed_body_has_the_length_that_it_announces_and_is_not_json() {
        let (text, _) = reply(&server(&["--rate-malformed=1"]), "/v1/chat/completions", BODY);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        assert!(serde_json::from_str::<serde_json::Value>(body).is_err(), "{body}");
    }

    #[test]
    fn retry_after_can_be_left_out() {
        for option in ["--retry-after=none", "--retry-after-share=0"] {
            let (text, _) = reply(&server(&["--rate-429=1", option]), "/v1/chat/completions", BODY);
            assert!(text.starts_with("HTTP/1.1 429 ") && !text.contains("retry-after"), "{text}");
        }
    }

    #[test]
    fn a_retry_of_a_body_is_its_next_attempt() {
        let server = server(&["--rate-503=0.5"]);
        let told: Vec<bool> =
            (0..64).map(|_| reply(&server, "/v1/chat/completions", BODY).0.starts_with("HTTP/1.1 503 ")).collect();
        let expected: Vec<bool> =
            (0..64).map(|attempt| server.options.rates.draw(1, hash(BODY), attempt).is_some()).collect();
        assert_eq!(told, expected);
        assert!(told.contains(&true) && told.contains(&false), "{told:?}");
    }

    #[test]
    fn other_paths_and_bodies_are_refused() {
        let server = server(&[]);
        assert!(reply(&server, "/v1/models", b"").0.starts_with("HTTP/1.1 404 "));
        assert!(reply(&server, "/v1/chat/completions", b"{}").0.starts_with("HTTP/1.1 400 "));
    }
}
