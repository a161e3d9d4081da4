//! Wrong keys by the address that sent them: five a minute, then no more are looked at.
//!
//! Each process counts for itself: it keeps a guesser from asking the database, and a script with a mistyped key from
//! asking for ever. A key that this process knows goes on, also behind an address that others guess from.

use crate::error::{Code, Problem, text};
use crate::http::address::shared;
use chrono::{NaiveDateTime, TimeDelta};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;

/// Wrong keys that an address may send in a [`WINDOW`].
const MOST: u32 = 5;
const WINDOW: TimeDelta = TimeDelta::seconds(60);
/// Addresses that are counted at once; beyond it those go whose minute is over, and then all.
const ADDRESSES: usize = 50_000;

/// The counts.
#[derive(Debug, Default)]
pub(super) struct WrongKeys(Mutex<HashMap<IpAddr, (NaiveDateTime, u32)>>);

impl WrongKeys {
    /// Refuses another key that is not known from `address`.
    ///
    /// # Errors
    /// 429 until the minute is over.
    pub fn check(&self, address: Option<IpAddr>, now: NaiveDateTime) -> Result<(), Problem> {
        let Some(address) = address.map(shared) else { return Ok(()) };
        let counts = self.0.lock();
        match counts.get(&address) {
            Some((since, n)) if *n >= MOST && now - *since < WINDOW => {
                let left = (WINDOW - (now - *since)).num_seconds().max(1);
                Err(Problem::new(
                    Code::TooManyRequests,
                    text(
                        format!("{MOST} wrong keys or tokens came from this address within a minute: try again in {left} s, with one that holds."),
                        format!("Địa chỉ này đã gửi {MOST} khóa hoặc mã truy cập sai trong một phút: hãy thử lại sau {left} giây với khóa hoặc mã còn hiệu lực."),
                    ),
                )
                .with_header("Retry-After", left.to_string())
                .with_header("RateLimit", format!("\"wrong-key\";r=0;t={left}"))
                .with_header("RateLimit-Policy", format!("\"wrong-key\";q={MOST};w={}", WINDOW.num_seconds())))
            }
            _ => Ok(()),
        }
    }

    /// Counts a wrong key from `address`.
    pub fn note(&self, address: Option<IpAddr>, now: NaiveDateTime) {
        let Some(address) = address.map(shared) else { return };
        let mut counts = self.0.lock();
        if counts.len() >= ADDRESSES {
            counts.retain(|_, (since, _)| now - *since < WINDOW);
            if counts.len() >= ADDRESSES {
                counts.clear();
            }
        }
        let (since, n) = counts.entry(address).or_insert((now, 0));
        if now - *since >= WINDOW {
            (*since, *n) = (now, 0);
        }
        *n = n.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> NaiveDateTime {
        NaiveDateTime::default() + TimeDelta::seconds(second)
    }

    fn from(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn five_are_taken_in_a_minute_and_the_sixth_waits_for_its_end() {
        let wrong = WrongKeys::default();
        for second in 0..5 {
            wrong.check(Some(from("203.0.113.7")), at(second)).unwrap();
            wrong.note(Some(from("203.0.113.7")), at(second));
        }
        let refused = wrong.check(Some(from("203.0.113.7")), at(5)).unwrap_err();
        assert_eq!(refused.code(), Code::TooManyRequests);
        let headers: Vec<(&str, &str)> = refused.headers().iter().map(|(name, value)| (*name, value.as_str())).collect();
        let expected = [("Retry-After", "55"), ("RateLimit", "\"wrong-key\";r=0;t=55"), ("RateLimit-Policy", "\"wrong-key\";q=5;w=60")];
        assert_eq!(headers, expected);
        wrong.check(Some(from("203.0.113.8")), at(5)).unwrap();
        wrong.check(Some(from("203.0.113.7")), at(60)).unwrap();
    }

    #[test]
    fn the_addresses_of_one_network_of_ipv6_count_together() {
        let wrong = WrongKeys::default();
        (0..5).for_each(|n| wrong.note(Some(from(&format!("2001:db8::{n}"))), at(0)));
        assert!(wrong.check(Some(from("2001:db8::ffff:1")), at(1)).is_err());
        wrong.check(Some(from("2001:db8:0:1::1")), at(1)).unwrap();
        (0..5).for_each(|_| wrong.note(Some(from("::ffff:203.0.113.7")), at(0)));
        assert!(wrong.check(Some(from("203.0.113.7")), at(1)).is_err());
    }
}
