//! Tokens of Discord bots.
//!
//! Three parts in base64url, joined by dots: the decimal id of the bot (so that the token begins with M, N or O), six
//! characters of time, and a signature. Source: <https://discord.com/developers/docs/reference#authentication>.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::{Found, Kind, Search, context};

pub(in super::super) const KIND: Kind = Kind::secret(
    "secret.discord_token",
    "the token of a Discord bot",
    "DISCORD_TOKEN",
    &[Search::Words(|byte| matches!(byte, b'M' | b'N' | b'O'), read)],
);

fn read(text: &str, start: usize) -> Option<Found> {
    let window = context::window(text, start, 100);
    let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    let mut parts = window.split('.');
    let (id, time) = (parts.next()?, parts.next()?);
    if !(22..=28).contains(&id.len()) || time.len() != 6 || !time.chars().all(is_part) {
        return None;
    }
    let signature = parts.next()?;
    let signature = &signature[..signature.find(|character| !is_part(character)).unwrap_or(signature.len())];
    let number = URL_SAFE_NO_PAD.decode(id).ok()?;
    let is_id = (17..=20).contains(&number.len()) && number.iter().all(u8::is_ascii_digit);
    (is_id && (27..=40).contains(&signature.len()))
        .then(|| Found { bytes: start..start + id.len() + 1 + time.len() + 1 + signature.len(), confidence: 0.98 })
}
