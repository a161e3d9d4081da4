//! What keys ask on a day: counted in memory, and written down every few seconds and at the stop.
//!
//! A process hears what the others have counted whenever it asks the database for a key, thus before it answers the first
//! request with it, and when it writes down its own. So all together let through what they take between two writings more
//! than the quota at most; a process that is killed forgets as much. Of a person, for whose token no database is asked,
//! it hears at its first writing.
//!
//! Keys that replace one another are counted as one.

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
use tokio::sync::oneshot;

/// What one key has used on a day, to be written down.
type Row = (NaiveDate, String, i64);

/// Between two writings.
const EVERY: Duration = Duration::from_secs(5);
/// How long it is known what a key has used.
const KEPT: Span = Span::new(31);

/// Counts of one key on one day.
#[derive(Debug, Default, Clone, Copy)]
struct Used {
    /// Written down by all processes, as far as this one has heard. It never falls: what was read before it was heard of
    /// more tells nothing new.
    known: i64,
    /// By this one, and not known to be written down.
    fresh: i64,
    /// Of these, what is being written down now: a total that is read meanwhile may hold it or not.
    in_flight: i64,
}

impl Used {
    /// Hears that `total` is written down. What is in flight is taken off, lest it count twice; when it has arrived, its
    /// writing brings the whole.
    fn hear(&mut self, total: i64) {
        self.known = self.known.max(total - self.in_flight);
    }

    /// Hears that `count` of its own was written down, which made it `total`.
    fn land(&mut self, count: i64, total: i64) {
        self.fresh -= count;
        self.in_flight = 0;
        self.hear(total);
    }
}

#[derive(Debug, Default)]
struct Counts {
    day: NaiveDate,
    keys: HashMap<String, Used>,
    /// What was not written down when a day ended.
    before: Vec<Row>,
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

    /// Hears that `total` of `key` stood in the database for `day`.
    pub fn hear(&self, key: &str, day: NaiveDate, total: i64) {
        let mut counts = self.counts.lock();
        counts.turn_to(day_of(self.clock.now()));
        // What was asked before midnight says nothing of the day that has begun.
        if day == counts.day {
            counts.keys.entry(key.to_owned()).or_default().hear(total);
        }
    }

    /// What is to be written down now, in an order that is the same everywhere.
    fn set_off(&self) -> Vec<Row> {
        let mut counts = self.counts.lock();
        counts.turn_to(day_of(self.clock.now()));
        let Counts { day, keys, before, .. } = &mut *counts;
        let mut rows = before.clone();
        for (key, used) in keys.iter_mut().filter(|(_, used)| used.fresh > 0) {
            used.in_flight = used.fresh;
            rows.push((*day, key.clone(), used.fresh));
        }
        rows.sort();
        rows
    }

    /// Notes that `rows` were written down, and what all processes together had counted then.
    fn landed(&self, rows: &[Row], totals: &[i64]) {
        let mut counts = self.counts.lock();
        for ((day, key, count), total) in rows.iter().zip(totals) {
            if *day != counts.day {
                // More may have been used between the writing and midnight.
                let left = counts.before.iter_mut().find(|(other, of, _)| other == day && of == key);
                if let Some((_, _, left)) = left {
                    *left -= count;
                }
            } else if let Some(used) = counts.keys.get_mut(key) {
                used.land(*count, *total);
            }
        }
        counts.before.retain(|(_, _, left)| *left > 0);
    }

    /// Notes that nothing of it was written down.
    fn turned_back(&self) {
        self.counts.lock().keys.values_mut().for_each(|used| used.in_flight = 0);
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

/// Writes down what was counted. One at a time: of two, each would write what the other writes.
///
/// # Errors
/// What the database says; then it is written the next time.
pub async fn write_down(app: &App) -> Result<()> {
    let Some(days) = app.limits.days() else { return Ok(()) };
    let rows = days.set_off();
    if rows.is_empty() {
        return Ok(());
    }
    let now = app.clock.now();
    let context = Context { caller: Caller::system(), as_of: day_of(now), now };
    let (forget, to_write) = (days.to_forget(), rows.clone());
    let outcome = app
        .write(&context, false, move |tx| {
            if let Some(day) = forget {
                store::forget(tx.db, day)?;
            }
            to_write.iter().map(|(day, key, count)| store::add(tx.db, key, *day, Kind::Requests, *count)).collect::<Result<Vec<i64>>>()
        })
        .await;
    match outcome {
        Ok(totals) => {
            days.landed(&rows, &totals);
            Ok(())
        }
        Err(problem) => {
            days.turned_back();
            Err(problem)
        }
    }
}

/// Writes down what was counted, again and again until `stop`. It ends between two writings: one that is left alone in the
/// middle arrives all the same, and would be made again at the end.
pub async fn keep_writing(app: actix_web::web::Data<App>, mut stop: oneshot::Receiver<()>) {
    while tokio::time::timeout(EVERY, &mut stop).await.is_err() {
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
        let rows = days.set_off();
        assert_eq!(rows, [(first, "key_1".into(), 60), (second, "key_1".into(), 50)]);
        days.take("key_1", 5);
        // Another process has taken 30.
        days.landed(&rows, &[60, 80]);
        assert_eq!(days.take("key_1", 1).0.tokens, 14);
        assert_eq!(days.set_off(), [(second, "key_1".into(), 6)]);
    }

    #[test]
    fn what_is_used_while_a_day_is_written_down_at_its_end_is_written_once_too() {
        let clock = Clock::fixed("2026-11-23T16:59:58".parse().unwrap());
        let days = Days::new(100, &clock);
        days.take("key_1", 60);
        let rows = days.set_off();
        days.take("key_1", 7);
        clock.set("2026-11-23T17:00:00".parse().unwrap());
        days.take("key_2", 1);
        days.landed(&rows, &[60]);
        let (first, second) = ("2026-11-23".parse().unwrap(), "2026-11-24".parse().unwrap());
        assert_eq!(days.set_off(), [(first, "key_1".into(), 7), (second, "key_2".into(), 1)]);
    }

    #[test]
    fn what_others_have_used_is_heard_and_nothing_counts_twice_or_is_forgotten() {
        let clock = Clock::fixed("2026-11-23T05:00:00".parse().unwrap());
        let days = Days::new(100, &clock);
        let today = "2026-11-23".parse().unwrap();
        let left = || days.take("key_1", 0).0.tokens;
        days.hear("key_1", today, 30);
        assert_eq!(left(), 70, "before anything was asked here");
        days.take("key_1", 10);
        days.hear("key_1", today, 30);
        assert_eq!(left(), 60, "what is not written down yet still counts");
        // Being written down; others have taken 5 meanwhile. Who reads may find the ten or not.
        let rows = days.set_off();
        days.take("key_1", 1);
        days.hear("key_1", today, 35);
        assert_eq!(left(), 59, "it may be the ten that are not there");
        days.hear("key_1", today, 45);
        assert_eq!(left(), 54, "the ten are there");
        days.landed(&rows, &[45]);
        assert_eq!(left(), 54, "and are not counted twice");
        days.hear("key_1", today, 30);
        assert_eq!(left(), 54, "what was read before is heard late");
        days.hear("key_1", today, 50);
        assert_eq!(left(), 49);
        // A writing that fails takes nothing with it.
        let rows = days.set_off();
        assert_eq!(rows, [(today, "key_1".into(), 1)]);
        days.turned_back();
        assert_eq!(days.set_off(), rows);
        days.landed(&rows, &[51]);
        assert_eq!((left(), days.set_off()), (49, vec![]));
        // What others use up is refused here.
        days.hear("key_1", today, 100);
        assert!(days.take("key_1", 1).1.is_some());
        // A day later nobody has used anything, whatever was read before midnight.
        clock.set("2026-11-23T17:00:00".parse().unwrap());
        days.hear("key_1", today, 100);
        assert_eq!(left(), 100);
    }

    #[test]
    fn old_rows_are_forgotten_once_a_day() {
        let clock = Clock::fixed("2026-11-23T05:00:00".parse().unwrap());
        let days = Days::new(100, &clock);
        assert_eq!(days.to_forget(), Some("2026-10-23".parse().unwrap()));
        assert_eq!(days.to_forget(), None);
    }
}
