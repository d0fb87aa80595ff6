//! One connection: requests one after the other until the client goes.

use std::io;
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::http;
use crate::server::{Server, Then};

/// Enough for most requests, so that most are one read.
const BUFFER_BYTES: usize = 8 * 1024;

pub(crate) async fn serve(mut stream: TcpStream, server: &Server) -> io::Result<()> {
    stream.set_nodelay(true)?;
    server.stats.connected();
    let mut input = Vec::with_capacity(BUFFER_BYTES);
    let mut output = Vec::with_capacity(BUFFER_BYTES);
    while let Some(request) = http::read(&mut stream, &mut input).await? {
        let arrived = Instant::now();
        let under_way = (request.path != "/stats").then(|| server.stats.arrived(request.body.len()));
        if let Some(delay) = server.delay(&request.path) {
            delay.after(arrived).await;
        }
        output.clear();
        let end = request.body.end;
        match server.reply(&request.path, &input[request.body], &mut output) {
            Then::KeepAlive => stream.write_all(&output).await?,
            Then::Close => return stream.write_all(&output).await,
            Then::StaySilent => return silence(&mut stream).await,
        }
        drop(under_way);
        input.drain(..end);
    }
    Ok(())
}

/// Ends when the client gives up.
async fn silence(stream: &mut TcpStream) -> io::Result<()> {
    while stream.read(&mut [0; 64]).await? > 0 {}
    Ok(())
}
