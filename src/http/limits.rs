//! Token buckets: how much one key, or one address without a key, may ask in a while; and how much a key on a day. The keys
//! that replace one another share what one of them has: to rotate a key fills nothing.
//!
//! Each process has buckets of its own, so that n processes let through n times as much; no request waits for another process
//! or the database because of it. The tokens of a day are counted for all processes together ([`quotas::Days`]).
//! Dearer operations take more tokens. Counters go out as `RateLimit` and `RateLimit-Policy`
//! (draft-ietf-httpapi-ratelimit-headers-11).

use crate::clock::Clock;
use crate::error::{Code, Problem, text};
use crate::quotas::{self, Left};
use governor::clock::Clock as Ticking;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::fmt;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Checks between two looks for buckets that are full again and can be forgotten.
const FORGETS_EVERY: u32 = 4_096;

/// Tokens a second, and how many may be saved up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    a_second: NonZeroU32,
    burst: NonZeroU32,
}

impl Rate {
    /// For an address without a key: a person at a desk, or a handful behind one router.
    pub const ANONYMOUS: Self = Self::new(50, 500);
    /// For a key: an app, or a script.
    pub const KEY: Self = Self::new(200, 2_000);

    const fn new(a_second: u32, burst: u32) -> Self {
        let (Some(a_second), Some(burst)) = (NonZeroU32::new(a_second), NonZeroU32::new(burst)) else {
            return Self { a_second: NonZeroU32::MIN, burst: NonZeroU32::MIN };
        };
        Self { a_second, burst }
    }

    /// Seconds in which an empty bucket fills.
    fn window(self) -> u32 {
        self.burst.get().div_ceil(self.a_second.get())
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.a_second, self.burst)
    }
}

impl FromStr for Rate {
    type Err = ();

    /// `50/500`: 50 a second, and 500 at once.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (a_second, burst) = text.split_once('/').ok_or(())?;
        let number = |text: &str| text.parse().map_err(|_| ());
        let rate = Self { a_second: number(a_second)?, burst: number(burst)? };
        // The dearest request must fit, or it could never be made.
        if rate.burst.get() >= DEAREST && rate.a_second <= rate.burst { Ok(rate) } else { Err(()) }
    }
}

/// Tokens of the dearest operation.
const DEAREST: u32 = 50;

/// Tokens of `operation`: about what it costs beside a single read.
fn cost(operation: &str) -> u32 {
    match operation {
        // Watching how the service is must work when everything else is too much, and costs little. The documentation page
        // takes nothing either: it is no operation, and its files lie ready in the program.
        "get_health" | "get_readiness" | "get_metrics" => 0,
        "get_producer_readiness" => 20,
        // The API document is made for each who asks for it, and has over a megabyte.
        "get_event_summary" | "get_ocop_statistics" | "get_openapi" => 10,
        "list_suggestions" => 1,
        "preview_matches" | "list_demand_matches" | "list_offer_matches" => 2,
        _ if operation.ends_with("_batch") => DEAREST,
        _ if operation.starts_with("list_") => 2,
        _ if operation.starts_with("get_") => 1,
        _ => 5,
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// A key, by the id of the first of its family; a person, by name.
    Key(&'a str),
    /// Nobody known, from an address.
    Address(IpAddr),
}

/// What is left of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bucket {
    policy: &'static str,
    rate: Rate,
    remaining: u32,
}

/// What is left, for the headers of an answer.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    bucket: Option<Bucket>,
    day: Option<Left>,
}

impl Counter {
    /// `RateLimit`
    pub fn header(&self) -> String {
        let bucket = |bucket: Bucket| {
            let missing = bucket.rate.burst.get().saturating_sub(bucket.remaining);
            format!("\"{}\";r={};t={}", bucket.policy, bucket.remaining, missing.div_ceil(bucket.rate.a_second.get()))
        };
        self.each(bucket, |day| format!("\"day\";r={};t={}", day.tokens, day.seconds))
    }

    /// `RateLimit-Policy`
    pub fn policy(&self) -> String {
        let bucket = |bucket: Bucket| format!("\"{}\";q={};w={}", bucket.policy, bucket.rate.burst, bucket.rate.window());
        self.each(bucket, |day| format!("\"day\";q={};w=86400", day.quota))
    }

    fn each(&self, bucket: impl Fn(Bucket) -> String, day: impl Fn(Left) -> String) -> String {
        match (self.bucket.map(bucket), self.day.map(day)) {
            (Some(bucket), Some(day)) => bucket + ", " + &day,
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => String::new(),
        }
    }
}

/// The buckets of a process.
#[derive(Default)]
pub struct Limits {
    addresses: Option<Buckets<IpAddr>>,
    keys: Option<Buckets<String>>,
    days: Option<quotas::Days>,
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rates = (self.addresses.as_ref().map(|buckets| buckets.rate), self.keys.as_ref().map(|buckets| buckets.rate));
        f.debug_tuple("Limits").field(&rates).finish()
    }
}

impl Limits {
    /// Limits for addresses and for keys; none where there is no rate.
    pub fn new(anonymous: Option<Rate>, key: Option<Rate>, clock: &Clock) -> Self {
        Self {
            addresses: anonymous.map(|rate| Buckets::new("address", rate, clock)),
            keys: key.map(|rate| Buckets::new("key", rate, clock)),
            days: None,
        }
    }

    /// The same with so many tokens a day for each key.
    #[must_use]
    pub fn with_quota(mut self, a_day: Option<i64>, clock: &Clock) -> Self {
        self.days = a_day.map(|quota| quotas::Days::new(quota, clock));
        self
    }

    /// The tokens of the day.
    pub fn days(&self) -> Option<&quotas::Days> {
        self.days.as_ref()
    }

    /// Takes the tokens of `operation`; what is left, where there is a limit, and the refusal where that is not enough.
    pub fn take(&self, who: Who<'_>, operation: &str) -> (Option<Counter>, Option<Problem>) {
        let Some(cost) = NonZeroU32::new(cost(operation)) else { return (None, None) };
        let (bucket, mut refused) = match who {
            Who::Key(id) => self.keys.as_ref().map_or((None, None), |buckets| buckets.take(&id.to_owned(), cost)),
            Who::Address(address) => self.addresses.as_ref().map_or((None, None), |buckets| buckets.take(&address, cost)),
        };
        let mut day = None;
        // What the bucket refuses takes nothing of the day.
        if let (Some(days), Who::Key(id), None) = (&self.days, who, &refused) {
            let (left, used_up) = days.take(id, cost.get());
            (day, refused) = (Some(left), used_up);
        }
        let counter = (bucket.is_some() || day.is_some()).then_some(Counter { bucket, day });
        (counter, refused)
    }
}

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, Ticks, StateInformationMiddleware>;

/// One bucket for each `K`.
struct Buckets<K: Hash + Eq + Clone> {
    policy: &'static str,
    rate: Rate,
    limiter: Limiter<K>,
    clock: Ticks,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    fn new(policy: &'static str, rate: Rate, clock: &Clock) -> Self {
        let quota = Quota::per_second(rate.a_second).allow_burst(rate.burst);
        let clock = Ticks(clock.clone());
        let limiter = RateLimiter::hashmap_with_clock(quota, clock.clone()).with_middleware();
        Self { policy, rate, limiter, clock, checks: AtomicU32::new(0) }
    }

    fn take(&self, key: &K, cost: NonZeroU32) -> (Option<Bucket>, Option<Problem>) {
        if self.checks.fetch_add(1, Ordering::Relaxed) % FORGETS_EVERY == FORGETS_EVERY - 1 {
            self.limiter.retain_recent();
        }
        let bucket = |remaining| Some(Bucket { policy: self.policy, rate: self.rate, remaining });
        match self.limiter.check_key_n(key, cost) {
            Ok(Ok(state)) => (bucket(state.remaining_burst_capacity()), None),
            Ok(Err(until)) => {
                let wait = until.wait_time_from(self.clock.now());
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                // As many tokens are missing as come in within the wait; the others are there for what costs less.
                let missing = wait.as_nanos().div_ceil(until.quota().replenish_interval().as_nanos().max(1));
                let left = u128::from(cost.get()).saturating_sub(missing);
                (bucket(u32::try_from(left).unwrap_or_default()), Some(too_many(seconds.max(1))))
            }
            // Refused when the rate is read: the dearest request fits.
            Err(_) => (bucket(0), Some(too_many(u64::from(self.rate.window())))),
        }
    }
}

fn too_many(seconds: u64) -> Problem {
    Problem::new(
        Code::TooManyRequests,
        text(
            format!("That is more than this caller's share: try again in {seconds} s. Many records go at once in a batch."),
            format!("Vượt quá hạn mức của bên gọi: hãy thử lại sau {seconds} giây. Nhiều bản ghi có thể gửi một lượt theo lô."),
        ),
    )
    .with_header("Retry-After", seconds.to_string())
}

/// The service's clock, as the buckets read it.
#[derive(Debug, Clone)]
struct Ticks(Clock);

impl Ticking for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.now().signed_duration_since(chrono::DateTime::UNIX_EPOCH.naive_utc()).to_std().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveDateTime, TimeDelta};

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    #[test]
    fn a_bucket_gives_its_burst_at_once_and_its_rate_after() {
        let start: NaiveDateTime = "2026-11-23T05:00:00".parse().unwrap();
        let clock = Clock::fixed(start);
        let limits = Limits::new(None, Some(rate("10/100")), &clock);
        let ask = |operation: &str| limits.take(Who::Key("key_1"), operation);
        for n in 1..=20_u32 {
            let (counter, refused) = ask("create_mou");
            assert!(refused.is_none());
            assert_eq!(counter.unwrap().header(), format!("\"key\";r={};t={}", 100 - 5 * n, (5 * n).div_ceil(10)));
        }
        let (counter, refused) = ask("create_mou");
        assert_eq!(counter.unwrap().policy(), "\"key\";q=100;w=10");
        let refused = refused.unwrap();
        assert_eq!((refused.code(), refused.headers()), (Code::TooManyRequests, [("Retry-After", "1".to_owned())].as_slice()));
        clock.set(start + TimeDelta::milliseconds(500));
        assert!(ask("create_mou").1.is_none(), "half a second is worth five tokens");
        assert!(ask("get_mou").1.is_some());
        clock.set(start + TimeDelta::milliseconds(4_849));
        let (counter, refused) = ask("create_mou_batch");
        let refused = refused.unwrap();
        assert_eq!(counter.unwrap().header(), "\"key\";r=43;t=6", "a batch is refused, and what is left told");
        assert_eq!(refused.headers(), [("Retry-After", "1".to_owned())]);
        let (counter, refused) = ask("get_openapi");
        assert!(refused.is_none(), "and taken by whoever asks for less");
        assert_eq!(counter.unwrap().header(), "\"key\";r=33;t=7");
        assert!(limits.take(Who::Key("key_2"), "get_mou").1.is_none(), "each key has a bucket of its own");
        assert!(ask("get_health").1.is_none(), "watching costs nothing");
        let (counter, refused) = limits.take(Who::Address(IpAddr::from([127, 0, 0, 1])), "list_mous");
        assert!(counter.is_none() && refused.is_none(), "no rate, no limit");
    }

    #[test]
    fn a_key_has_tokens_for_a_day_beside_those_of_its_bucket() {
        let clock = Clock::fixed("2026-11-23T05:00:00".parse().unwrap());
        let limits = Limits::new(Some(rate("10/100")), Some(rate("10/100")), &clock).with_quota(Some(12), &clock);
        let ask = |operation: &str| limits.take(Who::Key("key_1"), operation);
        let (counter, refused) = ask("create_mou");
        assert!(refused.is_none());
        assert_eq!(counter.unwrap().header(), "\"key\";r=95;t=1, \"day\";r=7;t=43200");
        assert_eq!(counter.unwrap().policy(), "\"key\";q=100;w=10, \"day\";q=12;w=86400");
        assert!(ask("create_mou").1.is_none());
        let refused = ask("create_mou").1.unwrap();
        assert_eq!((refused.code(), refused.headers()), (Code::TooManyRequests, [("Retry-After", "43200".to_owned())].as_slice()));
        assert!(ask("get_mou").1.is_none(), "two are left");
        let (counter, _) = limits.take(Who::Address(IpAddr::from([127, 0, 0, 1])), "list_mous");
        assert_eq!(counter.unwrap().policy(), "\"address\";q=100;w=10");
    }

    #[test]
    fn the_dearest_request_fits_into_every_rate() {
        assert_eq!(rate("50/500"), Rate::ANONYMOUS);
        assert_eq!(rate("200/2000"), Rate::KEY);
        for text in ["", "50", "50/", "/500", "0/500", "50/0", "10/49", "100/60", "-1/500", "50/500/1"] {
            assert_eq!(text.parse::<Rate>(), Err(()), "{text}");
        }
        for row in crate::access::table::TABLE {
            assert!(cost(row.0) <= DEAREST, "{}", row.0);
        }
    }
}
