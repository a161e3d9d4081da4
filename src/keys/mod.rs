//! API keys: `cc_live_<id>_<secret>_<checksum>`, stored as a digest, shown once.
//!
//! The checksum tells a mistyped key from a wrong one without asking the database. A key that was found is
//! trusted for five seconds, so a revocation reaches every process within that time. A key is never logged.

mod cache;
mod http;
mod model;
mod rules;
mod store;
mod wrong;

pub use cache::KeyCache;
pub use http::routes;
pub use model::{Key, KeyRequest, KeyStatus};
pub use rules::create;
pub use store::{family_of, first_admin_exists};

use crate::hex::hex;
use crate::ids::{Randomness, base32};
use sha2::{Digest, Sha256};

const PREFIX: &str = "cc_live_";
/// 200 random bits.
const SECRET_DIGITS: u32 = 40;

/// A key's text, fresh or as a caller sent it. Does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText(String);

impl std::fmt::Debug for KeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyText(…)")
    }
}

impl KeyText {
    /// A new key for the id without its prefix.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn generate(id: &str, ids: &Randomness) -> Result<Self, getrandom::Error> {
        let mut halves = [0_u8; 32];
        ids.fill(&mut halves)?;
        let (high, low) = halves.split_at(16);
        let number = |half: &[u8]| half.iter().fold(0_u128, |n, byte| (n << 8) | u128::from(*byte));
        let secret = format!("{}{}", base32(number(high), SECRET_DIGITS / 2), base32(number(low), SECRET_DIGITS / 2));
        let body = format!("{PREFIX}{id}_{secret}");
        let sum = checksum(&body);
        Ok(Self(format!("{body}_{sum}")))
    }

    /// Whether `text`, right or wrong, wants to be a key.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// Reads a key that a caller sent; `None` when it can't be one.
    pub fn parse(text: &str) -> Option<Self> {
        let (body, sum) = text.rsplit_once('_')?;
        let (id, secret) = body.strip_prefix(PREFIX)?.split_once('_')?;
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (plain(id) && plain(secret) && text.len() <= 120 && sum == checksum(body)).then(|| Self(text.to_owned()))
    }

    /// What is stored of it: SHA-256 in hexadecimal. The secret has 200 random bits, so no slow hash is needed.
    pub fn digest(&self) -> String {
        hex(Sha256::digest(self.0.as_bytes()))
    }

    /// The last four characters of the secret, by which a person tells keys apart.
    pub fn last_four(&self) -> String {
        let secret = self.0.rsplit('_').nth(1).unwrap_or_default();
        secret.get(secret.len().saturating_sub(4)..).unwrap_or_default().to_owned()
    }

    /// How the key with `id` begins: what is no secret of it.
    pub fn prefix(id: &str) -> String {
        format!("{PREFIX}{}", id.trim_start_matches("key_"))
    }

    /// The key itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

fn checksum(body: &str) -> String {
    let number = Sha256::digest(body.as_bytes()).iter().take(5).fold(0_u128, |n, byte| (n << 8) | u128::from(*byte));
    base32(number, 6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_read_back_and_one_wrong_letter_is_seen() {
        let key = KeyText::generate("01JDB3B8Q00000000000000000A", &Randomness::System).unwrap();
        let text = key.reveal().to_owned();
        assert_eq!(KeyText::parse(&text), Some(key));
        let mut wrong = text.clone();
        wrong.replace_range(45..46, if &text[45..46] == "A" { "B" } else { "A" });
        assert_eq!(KeyText::parse(&wrong), None);
    }

    #[test]
    fn a_key_does_not_print_itself() {
        let key = KeyText::generate("01JDB3B8Q00000000000000000A", &Randomness::System).unwrap();
        assert_eq!(format!("{key:?}"), "KeyText(…)");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_key_parser_panic(text in "\\PC{0,150}") {
            let _ = KeyText::parse(&text);
        }
    }
}
