//! Digests of personal values: keyed ones find them, salted ones prove later what stood there while the salt stands.

use super::model::Contact;
use crate::error::{Problem, Result};
use crate::hex::hex;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Of what a value is a digest: a number and an address that look alike have different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// A phone number, E.164.
    Phone,
    /// An e-mail address, lower case.
    Email,
}

impl Of {
    fn word(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
        }
    }
}

/// Digest of a value under the instance's own key, by which it is found again.
///
/// # Errors
/// Never: HMAC takes a key of any length.
pub fn keyed_digest(key: &[u8], of: Of, value: &str) -> Result<String> {
    digest(key, &[Some(of.word()), Some(value)])
}

/// Digest of the values of `contact` under its salt.
pub(super) fn salted_digest(contact: &Contact) -> Result<String> {
    let Contact { name, position, phone, email, salt, .. } = contact;
    digest(salt.as_bytes(), &[name.as_deref(), position.as_deref(), phone.as_deref(), email.as_deref()])
}

fn digest(key: &[u8], parts: &[Option<&str>]) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(Problem::internal)?;
    for part in parts {
        // An absent value is not an empty one, and no value runs into the next.
        let length = part.map_or(u64::MAX, |part| part.len() as u64);
        mac.update(&length.to_be_bytes());
        mac.update(part.unwrap_or_default().as_bytes());
    }
    Ok(hex(mac.finalize().into_bytes()))
}
