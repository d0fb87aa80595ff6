//! A scripted HTTP/1.1 server on loopback: a closure answers each request, well or badly, and what came is recorded.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A request as it arrived; header names in lower case.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What the server does with a request.
pub(crate) enum Scripted {
    /// A complete answer: status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// A complete announcement, of which only the first bytes of the body come; then the connection closes.
    Break(usize, String),
    /// The same, but the connection stays open and silent.
    Stall(usize, String),
    /// Nothing comes, and the connection stays open.
    Hang,
    /// The connection closes without an answer.
    Close,
}

impl Scripted {
    /// 200 with a JSON body.
    pub(crate) fn json(body: impl Into<String>) -> Self {
        Self::status(200, body)
    }

    pub(crate) fn status(status: u16, body: impl Into<String>) -> Self {
        Self::Answer(status, Vec::new(), body.into())
    }
}

type Handler = dyn Fn(&Received) -> Scripted + Send + Sync;

/// The running server. Its threads end with the process.
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Starts a server on a free port.
    pub(crate) fn start(handler: impl Fn(&Received) -> Scripted + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let received = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let server = Self { url, received: Arc::clone(&received), connections: Arc::clone(&connections) };
        let handler: Arc<Handler> = Arc::new(handler);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                connections.fetch_add(1, Ordering::Relaxed);
                let (log, handler) = (Arc::clone(&received), Arc::clone(&handler));
                thread::spawn(move || serve(stream, &log, &*handler));
            }
        });
        server
    }

    /// Answers the n-th request with the n-th of these, and every later one with the last.
    pub(crate) fn sequence(answers: Vec<fn() -> Scripted>) -> Self {
        let count = Mutex::new(0);
        Self::start(move |_| {
            let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = answers.get(*count).or(answers.last()).expect("a sequence has an answer");
            *count += 1;
            answer()
        })
    }

    /// How many connections clients have opened.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Everything that has arrived so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Serves one connection until it ends; clients keep connections open for further requests.
fn serve(stream: TcpStream, log: &Mutex<Vec<Received>>, handler: &Handler) {
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        log.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        match handler(&request) {
            Scripted::Answer(status, headers, body) => {
                if writer.write_all(answer(status, &headers, &body).as_bytes()).is_err() {
                    return;
                }
            }
            Scripted::Break(bytes, body) => {
                write_part(&mut writer, bytes, &body);
                return;
            }
            Scripted::Stall(bytes, body) => {
                write_part(&mut writer, bytes, &body);
                wait_for_end(&mut reader);
            }
            Scripted::Hang => wait_for_end(&mut reader),
            Scripted::Close => return,
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Received { method, path, headers, body: String::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    Some(request)
}

fn answer(status: u16, headers: &[(&str, String)], body: &str) -> String {
    let length = body.len();
    let mut lines = vec![format!("HTTP/1.1 {status} -"), "content-type: application/json".to_owned()];
    lines.push(format!("content-length: {length}"));
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    format!("{}\r\n\r\n{body}", lines.join("\r\n"))
}

fn write_part(writer: &mut TcpStream, bytes: usize, body: &str) {
    let whole = answer(200, &[], body);
    let end = whole.len() - body.len() + bytes.min(body.len());
    // The client may have gone already, which is its affair.
    let _ = writer.write_all(&whole.as_bytes()[..end]);
}

/// Returns when the client gives up.
fn wait_for_end(reader: &mut BufReader<TcpStream>) {
    let _ = reader.read(&mut [0; 1]);
}
