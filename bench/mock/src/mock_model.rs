//! A model server that answers at once, or after a set latency, or badly at set rates; always the same way for the
//! same seed. It speaks `OpenAI`'s chat completions and embeddings over HTTP/1.1, on loopback and on one processor.
//!
//! ```text
//! connection -> http::read -> Delay::after -> Server::reply: answer, fault or silence
//! ```

mod answer;
mod connection;
mod delay;
mod fault;
mod hash;
mod http;
mod length;
mod server;
mod stats;

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use clap::Parser;
use tokio::net::TcpSocket;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use server::{Options, Server};

/// Connections that may wait to be accepted; a client that opens a thousand at once must not meet lost packets.
const BACKLOG: u32 = 4096;

fn main() -> io::Result<()> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        tokio::select! {
            result = listen(options) => result,
            _ = input_closed() => Ok(()),
        }
    })
}

async fn listen(options: Options) -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, options.port)))?;
    let listener = socket.listen(BACKLOG)?;
    let mut out = io::stdout().lock();
    writeln!(out, "OPENAI_BASE_URL=http://{}/v1", listener.local_addr()?)?;
    out.flush()?;
    drop(out);
    let server = Rc::new(Server::new(options));
    loop {
        let (stream, _) = listener.accept().await?;
        let server = Rc::clone(&server);
        // A client that goes away ends its own connection and nothing else.
        tokio::task::spawn_local(async move { drop(connection::serve(stream, &server).await) });
    }
}

/// Completes when standard input ends: the server ends with whoever started it, however that ends.
fn input_closed() -> oneshot::Receiver<()> {
    let (closed, waiting) = oneshot::channel();
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        let mut ignored = [0; 256];
        while stdin.read(&mut ignored).is_ok_and(|bytes| bytes > 0) {}
        drop(closed);
    });
    waiting
}
