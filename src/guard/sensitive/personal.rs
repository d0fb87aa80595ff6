//! Data of a person: how to reach, pay, locate or identify somebody.

pub(super) mod birth;
pub(super) mod card;
pub(super) mod email;
pub(super) mod iban;
pub(super) mod id;
pub(super) mod network;
pub(super) mod passport;
pub(super) mod phone;
