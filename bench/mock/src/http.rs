//! Requests of HTTP/1.1 with a `Content-Length`, read from a kept-alive connection; answers as bytes.

use std::io::{self, ErrorKind, Write as _};
use std::ops::Range;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::length::content_length;

const MAX_HEADERS: usize = 64;

/// Where things are in the bytes that were read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) body: Range<usize>,
}

/// Reads one whole request into `input`, which may hold its beginning already. `None`: the client has gone.
pub(crate) async fn read(stream: &mut TcpStream, input: &mut Vec<u8>) -> io::Result<Option<Request>> {
    let mut known = None;
    loop {
        if known.is_none() {
            known = head(input)?;
        }
        if let Some(request) = known.take_if(|request| request.body.end <= input.len()) {
            return Ok(Some(request));
        }
        if stream.read_buf(input).await? == 0 {
            return Ok(None);
        }
    }
}

/// The request's line and headers, once they are complete.
fn head(input: &[u8]) -> io::Result<Option<Request>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let parsed = request.parse(input).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    let httparse::Status::Complete(start) = parsed else { return Ok(None) };
    let length = content_length(request.headers).unwrap_or(0);
    let path = request.path.unwrap_or_default().to_owned();
    Ok(Some(Request { path, body: start..start + length }))
}

/// A JSON answer; `missing` bytes more are announced than come. `headers` are whole lines.
pub(crate) fn respond(output: &mut Vec<u8>, status: &str, headers: &str, body: &[u8], missing: usize) {
    let length = body.len() + missing;
    let written = write!(
        output,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n"
    );
    written.expect("writing to memory cannot fail");
    output.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nContent-Length: 4\r\n\r\nbody";

    #[test]
    fn a_head_is_read_once_it_is_complete() {
        let start = POST.len() - 4;
        for end in 0..start {
            assert_eq!(head(&POST.as_bytes()[..end]).unwrap(), None, "{end}");
        }
        let expected = Request { path: "/v1/chat/completions".to_owned(), body: start..start + 4 };
        assert_eq!(head(&POST.as_bytes()[..start]).unwrap(), Some(expected));
    }

    #[test]
    fn what_is_not_http_ends_the_connection() {
        assert!(head(b"\x16\x03\x01 a TLS handshake\r\n\r\n").is_err());
    }

    #[test]
    fn a_request_without_length_has_no_body() {
        let request = head(b"GET /stats HTTP/1.1\r\n\r\n").unwrap().unwrap();
        assert_eq!((request.path.as_str(), request.body.len()), ("/stats", 0));
    }

    #[test]
    fn a_truncated_answer_announces_what_does_not_come() {
        let mut output = Vec::new();
        respond(&mut output, "200 OK", "", b"{}", 3);
        assert!(output.ends_with(b"content-length: 5\r\n\r\n{}"));
    }
}
