//! Ids: a prefix that says what it is, then 26 characters that sort by time of making.
//!
//! 48 bits of milliseconds and 80 random bits in Crockford's base 32, as in ULID.

use chrono::NaiveDateTime;
use std::sync::atomic::{AtomicU64, Ordering};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Where randomness comes from: passed in, so that tests can repeat it.
#[derive(Debug)]
pub enum Randomness {
    /// The operating system.
    System,
    /// A counter: distinct and repeatable, for tests alone.
    Counter(AtomicU64),
}

impl Randomness {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn fill(&self, bytes: &mut [u8]) -> Result<(), getrandom::Error> {
        match self {
            Self::System => getrandom::fill(bytes),
            Self::Counter(counter) => {
                let n = counter.fetch_add(1, Ordering::Relaxed).to_be_bytes();
                bytes.fill(0);
                for (to, from) in bytes.iter_mut().rev().zip(n.iter().rev()) {
                    *to = *from;
                }
                Ok(())
            }
        }
    }

    /// A new id such as `prd_01HF…` for something made at `now`.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn id(&self, prefix: &str, now: NaiveDateTime) -> Result<String, getrandom::Error> {
        let mut tail = [0_u8; 10];
        self.fill(&mut tail)?;
        let millis = u64::try_from(now.and_utc().timestamp_millis()).unwrap_or(0) & 0xFFFF_FFFF_FFFF;
        let random = tail.iter().fold(0_u128, |n, byte| (n << 8) | u128::from(*byte));
        Ok(format!("{prefix}_{}", base32((u128::from(millis) << 80) | random, 26)))
    }
}

/// `digits` digits of `value` in Crockford's base 32, most significant first.
pub fn base32(value: u128, digits: u32) -> String {
    (0..digits)
        .rev()
        .map(|i| char::from(ALPHABET.get(usize::try_from((value >> (5 * i)) & 31).unwrap_or(0)).copied().unwrap_or(b'0')))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use std::collections::BTreeSet;

    #[test]
    fn ids_sort_by_time_of_making_and_differ_within_a_millisecond() {
        let day = NaiveDate::from_ymd_opt(2020, 10, 27).unwrap();
        let source = Randomness::System;
        let early = source.id("prd", day.and_hms_milli_opt(8, 0, 0, 0).unwrap()).unwrap();
        let late = source.id("prd", day.and_hms_milli_opt(8, 0, 0, 1).unwrap()).unwrap();
        assert!(early < late);
        assert_eq!(early.len(), 30);
        let many: BTreeSet<String> = (0..1000).map(|_| source.id("prd", day.and_hms_opt(8, 0, 0).unwrap()).unwrap()).collect();
        assert_eq!(many.len(), 1000);
    }

    #[test]
    fn base32_is_crockfords() {
        assert_eq!(base32(0, 2), "00");
        assert_eq!(base32(31, 2), "0Z");
        assert_eq!(base32(32 * 17 + 22, 2), "HP");
    }
}
