//! A bare client: so many chat requests over so many kept-alive connections, nothing parsed but the answer's head and
//! nothing kept. No program that asks the same of the same server can be faster than this by much.

mod length;

use std::cell::Cell;
use std::io::{self, ErrorKind, Write as _};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

use clap::Parser;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};

/// Sends chat requests over kept-alive connections as fast as the server answers, and says how long that took.
#[derive(Debug, Clone, Parser)]
struct Options {
    /// Base URL of the server, as mock-model prints it: http://ADDRESS:PORT/v1
    #[arg(long)]
    url: String,
    /// How many requests in all
    #[arg(long, default_value_t = 10_000)]
    requests: u64,
    /// How many at once, each on a connection of its own
    #[arg(long, default_value_t = 64)]
    in_flight: u64,
    /// Length of a request's body
    #[arg(long, default_value_t = 400)]
    body_bytes: usize,
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let started = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, run(options.clone()))?;
    let seconds = started.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = options.requests as f64 / seconds;
    writeln!(io::stdout(), "{} requests in {seconds:.3} s, {rate:.0} a second", options.requests)
}

async fn run(options: Options) -> io::Result<()> {
    let address = (options.url.strip_prefix("http://"))
        .and_then(|rest| rest.split('/').next()?.parse().ok())
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "the URL is not http://ADDRESS:PORT/v1"))?;
    let next = Rc::new(Cell::new(0));
    let options = Rc::new(options);
    let mut workers = JoinSet::new();
    for _ in 0..options.in_flight.min(options.requests) {
        workers.spawn_local(work(address, Rc::clone(&options), Rc::clone(&next)));
    }
    while let Some(ended) = workers.join_next().await {
        ended.map_err(io::Error::other)??;
    }
    Ok(())
}

async fn work(address: SocketAddr, options: Rc<Options>, next: Rc<Cell<u64>>) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut input = Vec::with_capacity(8 * 1024);
    while next.get() < options.requests {
        next.set(next.get() + 1);
        stream.write_all(&request(next.get(), options.body_bytes)).await?;
        receive(&mut stream, &mut input).await?;
    }
    Ok(())
}

/// The `number`-th request, with a body of about this length.
fn request(number: u64, body_bytes: usize) -> Vec<u8> {
    let start = format!(r#"{{"model":"mock","messages":[{{"role":"user","content":"{number}. "#);
    let end = r#""}]}"#;
    let filler = "x".repeat(body_bytes.saturating_sub(start.len() + end.len()));
    let length = start.len() + filler.len() + end.len();
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    format!("{head}content-length: {length}\r\n\r\n{start}{filler}{end}").into_bytes()
}

/// Reads one answer, which must be a success.
async fn receive(stream: &mut TcpStream, input: &mut Vec<u8>) -> io::Result<()> {
    input.clear();
    loop {
        if stream.read_buf(input).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if let Some(end) = end_of_answer(input)?
            && input.len() >= end
        {
            return Ok(());
        }
    }
}

/// Where the answer ends, once its head is complete.
fn end_of_answer(input: &[u8]) -> io::Result<Option<usize>> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut answer = httparse::Response::new(&mut headers);
    let parsed = answer.parse(input).map_err(io::Error::other)?;
    let httparse::Status::Complete(start) = parsed else { return Ok(None) };
    if answer.code != Some(200) {
        return Err(io::Error::other(format!("the server answered {}", answer.code.unwrap_or_default())));
    }
    Ok(Some(start + length::content_length(answer.headers).unwrap_or(0)))
}
