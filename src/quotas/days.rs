//! What keys ask on a day: counted in memory, and written down every few seconds and at the stop.
//!
//! A process hears what the others have counted when it writes down its own. So all together let through what they take
//! between two writings more than the quota at most; a process that is killed forgets as much.

use super::{Kind, left_of, store, used_up};
use crate::access::Caller;
use crate::app::App;
use crate::clock::{Clock, day_of};
use crate::error::{Problem, Result};
use crate::http::Context;
use chrono::{Days as Span, NaiveDate};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Duration;

/// Between two writings.
const EVERY: Duration = Duration::from_secs(5);
/// How long it is known what a key has used.
const KEPT: Span = Span::new(31);

/// Counts of one key on one day.
#[derive(Debug, Default, Clone, Copy)]
struct Used {
    /// By all processes, when this one heard of it last.
    known: i64,
    /// By this one, not written down yet.
    fresh: i64,
}

#[derive(Debug, Default)]
struct Counts {
    day: NaiveDate,
    keys: HashMap<String, Used>,
    /// What was not written down when a day ended.
    before: Vec<(NaiveDate, String, i64)>,
    /// The last day on which old rows were forgotten.
    forgot: NaiveDate,
}

impl Counts {
    fn turn_to(&mut self, day: NaiveDate) {
        if self.day != day {
            let ended = self.day;
            let fresh = self.keys.drain().filter(|(_, used)| used.fresh > 0);
            self.before.extend(fresh.map(|(key, used)| (ended, key, used.fresh)));
            self.day = day;
        }
    }
}

/// What is left of a key's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// The quota.
    pub quota: i64,
    /// Tokens.
    pub tokens: i64,
    /// Until it is full again.
    pub seconds: i64,
}

/// The counts of this process.
#[derive(Debug)]
pub struct Days {
    quota: i64,
    clock: Clock,
    counts: Mutex<Counts>,
}

impl Days {
    /// So many tokens a day for each key.
    pub fn new(quota: i64, clock: &Clock) -> Self {
        Self { quota, clock: clock.clone(), counts: Mutex::default() }
    }

    /// Takes `cost` tokens of `key`: what is left, and the refusal where that is not enough.
    pub fn take(&self, key: &str, cost: u32) -> (Left, Option<Problem>) {
        let now = self.clock.now();
        let day = day_of(now);
        let cost = i64::from(cost);
        let mut counts = self.counts.lock();
        counts.turn_to(day);
        if !counts.keys.contains_key(key) {
            counts.keys.insert(key.to_owned(), Used::default());
        }
        let mut tokens = self.quota;
        let mut is_taken = false;
        if let Some(used) = counts.keys.get_mut(key) {
            is_taken = used.known + used.fresh + cost <= self.quota;
            used.fresh += if is_taken { cost } else { 0 };
            tokens -= used.known + used.fresh;
        }
        let left = Left { quota: self.quota, tokens: tokens.max(0), seconds: left_of(day, now) };
        (left, (!is_taken).then(|| used_up(Kind::Requests, day, now)))
    }

    /// What is to be written down, in an order that is the same everywhere.
    fn fresh(&self) -> Vec<(NaiveDate, String, i64)> {
        let mut counts = self.counts.lock();
        counts.turn_to(day_of(self.clock.now()));
        let today = counts.keys.iter().filter(|(_, used)| used.fresh > 0).map(|(key, used)| (counts.day, key.clone(), used.fresh));
        let mut rows: Vec<_> = counts.before.iter().cloned().chain(today).collect();
        rows.sort();
        rows
    }

    /// Notes that `rows` were written down, and what all processes together have counted since.
    fn written(&self, rows: &[(NaiveDate, String, i64)], totals: &[i64]) {
        let mut counts = self.counts.lock();
        for (row, total) in rows.iter().zip(totals) {
            let (day, key, count) = row;
            if *day != counts.day {
                counts.before.retain(|other| other != row);
            } else if let Some(used) = counts.keys.get_mut(key) {
                used.fresh -= count;
                used.known = *total;
            }
        }
    }

    /// The day before which rows are to be forgotten now; once a day.
    fn to_forget(&self) -> Option<NaiveDate> {
        let mut counts = self.counts.lock();
        let today = day_of(self.clock.now());
        let is_due = counts.forgot != today;
        counts.forgot = today;
        today.checked_sub_days(KEPT).filter(|_| is_due)
    }
}

/// Writes down what was counted.
///
/// # Errors
/// What the database says; then it is written the next time.
pub async fn write_down(app: &App) -> Result<()> {
    let Some(days) = app.limits.days() else { return Ok(()) };
    let rows = days.fresh();
    if rows.is_empty() {
        return Ok(());
    }
    let now = app.clock.now();
    let context = Context { caller: Caller::system(), as_of: day_of(now), now };
    let (forget, to_write) = (days.to_forget(), rows.clone());
    let totals = app
        .write(&context, false, move |tx| {
            if let Some(day) = forget {
                store::forget(tx.db, day)?;
            }
            to_write.iter().map(|(day, key, count)| store::add(tx.db, key, *day, Kind::Requests, *count)).collect::<Result<Vec<i64>>>()
        })
        .await?;
    days.written(&rows, &totals);
    Ok(())
}

/// Writes down what was counted, again and again.
pub async fn keep_writing(app: actix_web::web::Data<App>) {
    loop {
        actix_web::rt::time::sleep(EVERY).await;
        if let Err(problem) = write_down(&app).await {
            tracing::debug!(cause = %problem, "what keys have used was not written down");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_written_down_when_a_day_ends_is_not_lost() {
        let clock = Clock::fixed("2026-11-23T16:59:59".parse().unwrap());
        let days = Days::new(100, &clock);
        let (left, refused) = days.take("key_1", 60);
        assert_eq!((left, refused.is_none()), (Left { quota: 100, tokens: 40, seconds: 1 }, true));
        assert!(days.take("key_1", 50).1.is_some());
        clock.set("2026-11-23T17:00:00".parse().unwrap());
        assert_eq!(days.take("key_1", 50).0, Left { quota: 100, tokens: 50, seconds: 86_400 });
        let (first, second) = ("2026-11-23".parse().unwrap(), "2026-11-24".parse().unwrap());
        let rows = days.fresh();
        assert_eq!(rows, [(first, "key_1".into(), 60), (second, "key_1".into(), 50)]);
        days.take("key_1", 5);
        // Another process has taken 30.
        days.written(&rows, &[60, 80]);
        assert_eq!(days.fresh(), [(second, "key_1".into(), 5)]);
        assert_eq!(days.take("key_1", 1).0.tokens, 14);
    }

    #[test]
    fn old_rows_are_forgotten_once_a_day() {
        let clock = Clock::fixed("2026-11-23T05:00:00".parse().unwrap());
        let days = Days::new(100, &clock);
        assert_eq!(days.to_forget(), Some("2026-10-23".parse().unwrap()));
        assert_eq!(days.to_forget(), None);
    }
}
