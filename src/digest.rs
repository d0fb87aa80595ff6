//! SHA-256, the identity of everything that a report or a store refers to.

use std::fmt::Write as _;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// Lower-case hexadecimal SHA-256 of the bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The same as bytes.
pub(crate) fn raw_sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 of everything that is left to read, which need not fit into memory.
pub(crate) fn sha256_of(mut reader: impl Read) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hex(&hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// SHA-256 of several parts; each part's length goes in, so that ("ab", "c") and ("a", "bc") differ.
pub(crate) fn sha256_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    hex(&raw_sha256_parts(parts.into_iter().map(str::as_bytes)))
}

/// The same as bytes, of bytes.
pub(crate) fn raw_sha256_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Hashes everything that is read through it.
pub(crate) struct Hashing<R> {
    reader: R,
    hasher: Sha256,
}

impl<R: Read> Hashing<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, hasher: Sha256::new() }
    }

    /// SHA-256 of all that the reader holds, what nobody has asked for included.
    pub(crate) fn finish(mut self) -> io::Result<String> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(hex(&self.hasher.finalize()))
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_the_one_of_sha256sum() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(sha256_of(&b"abc"[..]).unwrap(), sha256(b"abc"));
        let mut hashing = Hashing::new(&b"abc"[..]);
        assert_eq!(hashing.read(&mut [0; 2]).unwrap(), 2);
        assert_eq!(hashing.finish().unwrap(), sha256(b"abc"));
        assert_ne!(sha256_parts(["ab", "c"]), sha256_parts(["a", "bc"]));
    }
}
