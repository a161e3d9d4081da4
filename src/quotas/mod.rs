//! How much one key, with those that it replaced, may do on a day in Viet Nam. It is counted in the database, so it holds
//! for all processes together.
//!
//! [`take`] counts exactly, in the transaction of what is counted. Requests can't each wait for that: [`Days`] counts them
//! in memory and writes it down in batches.

mod days;
mod store;

pub use days::{Days, Left, keep_writing, write_down};

use crate::clock::{next_day, start_of};
use crate::db::{Db, text_enum};
use crate::error::{Code, Problem, Result, text};
use crate::keys;
use crate::log::Tx;
use chrono::{NaiveDate, NaiveDateTime};

/// Tokens of a key on a day, unless set otherwise: 23 a second from midnight to midnight, a sixth of what its bucket allows.
pub const A_DAY: i64 = 2_000_000;

text_enum! {
    /// What is counted.
    Kind {
        /// Tokens of all requests.
        Requests = "requests",
        /// Contacts of persons that were shown.
        Disclosures = "disclosures",
    }
}

impl Kind {
    /// Its name in `RateLimit`.
    fn policy(self) -> &'static str {
        match self {
            Self::Requests => "day",
            Self::Disclosures => "disclosures",
        }
    }
}

/// Takes one from what the key, and those that it replaced, may still do of `kind` today: `limit` times a day. It counts if the transaction is kept.
///
/// Two transactions of one key wait for each other from here on, so that neither takes the other's.
///
/// # Errors
/// 429 until midnight when nothing is left; what the database says.
pub fn take(tx: &mut Tx<'_>, key_id: &str, kind: Kind, limit: i64) -> Result<()> {
    // A person has no key, and is a family of one.
    let family = keys::family_of(tx.db, key_id)?;
    let key_id = family.as_deref().unwrap_or(key_id);
    if store::take(tx.db, key_id, tx.today, kind, limit)? {
        return Ok(());
    }
    let (policy, seconds) = (kind.policy(), left_of(tx.today, tx.now));
    Err(used_up(kind, tx.today, tx.now)
        .with_header("RateLimit", format!("\"{policy}\";r=0;t={seconds}"))
        .with_header("RateLimit-Policy", format!("\"{policy}\";q={limit};w=86400")))
}

/// What is written down of the tokens that the keys of `family` have used on `day`.
///
/// # Errors
/// What the database says.
pub fn used(db: &mut Db, family: &str, day: NaiveDate) -> Result<i64> {
    store::used(db, family, day, Kind::Requests)
}

/// 429 for the rest of `day`.
pub(crate) fn used_up(kind: Kind, day: NaiveDate, now: NaiveDateTime) -> Problem {
    let seconds = left_of(day, now);
    let said = match kind {
        Kind::Requests => text(
            "This key has used its share of the day: the next one begins at midnight in Viet Nam.",
            "Khóa này đã dùng hết hạn mức trong ngày: hạn mức mới bắt đầu lúc 0 giờ, giờ Việt Nam.",
        ),
        Kind::Disclosures => text(
            "This key has been shown as many contacts of persons today as it may be: more from midnight in Viet Nam.",
            "Khóa này đã xem đủ số liên hệ của cá nhân được phép xem trong ngày: có thể xem tiếp từ 0 giờ, giờ Việt Nam.",
        ),
    };
    Problem::new(Code::TooManyRequests, said).with_header("Retry-After", seconds.to_string())
}

/// Whole seconds until `day` ends, at least one.
pub(crate) fn left_of(day: NaiveDate, now: NaiveDateTime) -> i64 {
    let left = start_of(next_day(day)) - now;
    (left.num_seconds() + i64::from(left.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_in_viet_nam() {
        let day: NaiveDate = "2026-11-23".parse().unwrap();
        let at = |time: &str| time.parse().unwrap();
        assert_eq!(left_of(day, at("2026-11-23T05:00:00")), 12 * 3600, "noon there");
        assert_eq!(left_of(day, at("2026-11-23T16:59:58.5")), 2);
        assert_eq!(left_of(day, at("2026-11-23T17:00:00")), 1);
        assert_eq!(left_of(day, at("2026-11-22T17:00:00")), 24 * 3600);
    }
}
