//! What lets somebody in: tokens of services by table, and secrets that their surroundings tell.
//!
//! The shapes are facts that the services document, or that the rule sets of gitleaks
//! (<https://github.com/gitleaks/gitleaks>) and `TruffleHog` (<https://github.com/trufflesecurity/trufflehog>) agree
//! on.

pub(super) mod ai;
pub(super) mod assignment;
pub(super) mod business;
pub(super) mod cloud;
pub(super) mod code;
pub(super) mod discord;
pub(super) mod header;
pub(super) mod jwt;
pub(super) mod messages;
pub(super) mod monitoring;
pub(super) mod pem;
pub(super) mod placeholder;
pub(super) mod url;

#[cfg(test)]
mod tests;
