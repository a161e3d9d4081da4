//! Time is passed in: this is its only source, and tests hold it still.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use std::sync::{Arc, Mutex, PoisonError};

/// `Asia/Ho_Chi_Minh` has been UTC+7 without daylight saving since 1975.
const VIETNAM_OFFSET: TimeDelta = TimeDelta::hours(7);

/// Where "now" comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock which a test sets.
    Fixed(Arc<Mutex<NaiveDateTime>>),
}

impl Clock {
    /// A clock that stands at `instant` (UTC) until it is set.
    pub fn fixed(instant: NaiveDateTime) -> Self {
        Self::Fixed(Arc::new(Mutex::new(instant)))
    }

    /// Now in UTC, cut to microseconds: what both databases can keep.
    #[expect(clippy::disallowed_methods, reason = "the one home of the machine's clock")]
    pub fn now(&self) -> NaiveDateTime {
        match self {
            Self::System => {
                let now = Utc::now();
                DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now).naive_utc()
            }
            Self::Fixed(instant) => *instant.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Sets a fixed clock; the machine's clock is left alone.
    pub fn set(&self, instant: NaiveDateTime) {
        if let Self::Fixed(held) = self {
            *held.lock().unwrap_or_else(PoisonError::into_inner) = instant;
        }
    }
}

/// The day in `Asia/Ho_Chi_Minh` at `instant` (UTC).
pub fn day_of(instant: NaiveDateTime) -> NaiveDate {
    (instant + VIETNAM_OFFSET).date()
}

/// The instant (UTC) at which `day` begins in `Asia/Ho_Chi_Minh`.
pub fn start_of(day: NaiveDate) -> NaiveDateTime {
    day.and_time(chrono::NaiveTime::MIN) - VIETNAM_OFFSET
}

/// The day after `day`; the last day of the calendar is its own successor.
pub fn next_day(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

/// Instants on the wire: RFC 3339 in UTC, from and to the naive UTC of the columns.
pub mod utc {
    use chrono::{DateTime, NaiveDateTime, SecondsFormat};
    use serde::{Deserialize, Deserializer, Serializer, de};

    /// As `2026-11-23T07:30:00.000000Z`.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(instant: &NaiveDateTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&instant.and_utc().to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    /// From RFC 3339 with any offset.
    ///
    /// # Errors
    /// When the text is no instant.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDateTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        DateTime::parse_from_rfc3339(&text).map(|instant| instant.naive_utc()).map_err(de::Error::custom)
    }
}

/// The same of an instant that may be absent.
pub mod maybe_utc {
    use chrono::NaiveDateTime;
    use serde::{Deserialize, Deserializer, Serializer};

    /// As [`super::utc`], or null.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(instant: &Option<NaiveDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
        match instant {
            Some(instant) => super::utc::serialize(instant, serializer),
            None => serializer.serialize_none(),
        }
    }

    #[derive(Deserialize)]
    struct Instant(#[serde(deserialize_with = "super::utc::deserialize")] NaiveDateTime);

    /// From RFC 3339, or null.
    ///
    /// # Errors
    /// When the text is no instant.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDateTime>, D::Error> {
        Ok(Option::<Instant>::deserialize(deserializer)?.map(|Instant(instant)| instant))
    }
}
