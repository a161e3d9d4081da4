//! How far behind a worker is with the requests that have arrived.
//!
//! A worker is one thread, which takes what has arrived in the order in which it was woken for it. Searches and matches
//! run on it, so under more of them than it can answer each would wait longer than the one before. How long nobody can
//! say: a connection does not tell since when it has something to read. It can be bounded, though. Together with the
//! first request of a round a task of our own is woken, and with that stands at the end of the line; when it is run the
//! round is over, and everybody who stood in the line has been served. So whoever is served in a round was woken
//! after the round before it began.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

/// The longest that a request may have waited. Those behind it in the line are told within the 50 ms that they may be
/// kept waiting: telling one takes a few microseconds.
const LONGEST: Duration = Duration::from_millis(30);
/// As much of each round is for those who come first in it, however long the one before took: a worker that does nothing
/// but turn away would never catch up with so many that this takes longer than anybody may have waited.
const SHARE: Duration = Duration::from_millis(5);
/// So few are answered, whatever it takes: one slow question is no reason to turn away those that came meanwhile.
const FEW: u32 = 8;
/// A longer pause between two rounds is one in which nobody stood in the line.
const PAUSE: Duration = Duration::from_millis(1);

/// The rounds of one worker.
#[derive(Debug, Default, Clone, Copy)]
struct Rounds {
    /// When the round that runs began, and how many asked in it.
    current: Option<(Instant, u32)>,
    /// The same of the one before it, when there was no pause between them.
    last: Option<(Instant, u32)>,
    ended: Option<Instant>,
}

impl Rounds {
    /// Counts a request that is served `now`; true when it begins a round.
    fn ask(&mut self, now: Instant) -> bool {
        if let Some((_, asked)) = &mut self.current {
            *asked = asked.saturating_add(1);
            return false;
        }
        if self.ended.is_some_and(|ended| now.saturating_duration_since(ended) > PAUSE) {
            self.last = None;
        }
        self.current = Some((now, 1));
        true
    }

    fn end(&mut self, now: Instant) {
        self.last = self.current.take();
        self.ended = Some(now);
    }

    /// Whether what is served `now` may have waited too long.
    fn is_behind(&self, now: Instant) -> bool {
        let count = |round: Option<(Instant, u32)>| round.map_or(0, |(_, asked)| asked);
        let since = |round: Option<(Instant, u32)>| round.map_or(Duration::ZERO, |(began, _)| now.saturating_duration_since(began));
        since(self.last.or(self.current)) > LONGEST && since(self.current) > SHARE && count(self.last) + count(self.current) > FEW
    }
}

thread_local! {
    static ROUNDS: Cell<Rounds> = const { Cell::new(Rounds { current: None, last: None, ended: None }) };
    /// Wakes the task that ends the round; none where nobody looks after this thread's pace.
    static END: RefCell<Option<Waker>> = const { RefCell::new(None) };
}

/// Looks after the pace of this worker from now on.
pub fn watch() {
    actix_web::rt::spawn(poll_fn(|context| {
        let mut rounds = ROUNDS.get();
        rounds.end(Instant::now());
        ROUNDS.set(rounds);
        END.with_borrow_mut(|end| *end = Some(context.waker().clone()));
        Poll::<()>::Pending
    }));
}

/// Counts a request of this worker, and says whether it may have waited too long. Never where nobody looks after the pace.
pub fn ask(now: Instant) -> bool {
    END.with_borrow(|end| {
        let Some(end) = end else { return false };
        let mut rounds = ROUNDS.get();
        if rounds.ask(now) {
            end.wake_by_ref();
        }
        ROUNDS.set(rounds);
        rounds.is_behind(now)
    })
}

/// The same of a request that was counted.
pub fn is_behind(now: Instant) -> bool {
    END.with_borrow(Option::is_some) && ROUNDS.get().is_behind(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn whoever_may_have_waited_too_long_is_told_from_the_beginning_of_the_round_before() {
        let start = Instant::now();
        let mut rounds = Rounds::default();
        assert!(rounds.ask(start));
        for n in 1..20 {
            assert!(!rounds.ask(at(start, n)));
        }
        assert!(!rounds.is_behind(at(start, 30)));
        assert!(rounds.is_behind(at(start, 31)), "who is served after 31 ms of a round stood in the line before it began");
        rounds.end(at(start, 20));
        assert!(rounds.ask(at(start, 20)));
        assert!(!rounds.is_behind(at(start, 30)));
        assert!(rounds.is_behind(at(start, 31)), "who came when that round had just begun");
        for n in 32..40 {
            rounds.ask(at(start, n));
        }
        rounds.end(at(start, 40));
        assert!(rounds.ask(at(start, 40)));
        assert!(!rounds.is_behind(at(start, 50)), "the round before began at 20 ms");
        assert!(rounds.is_behind(at(start, 51)));
    }

    #[test]
    fn some_are_answered_in_each_round() {
        let start = Instant::now();
        let mut rounds = Rounds::default();
        for n in 0..1_000 {
            rounds.ask(start + Duration::from_micros(60 * n));
        }
        rounds.end(at(start, 60));
        rounds.ask(at(start, 60));
        assert!(!rounds.is_behind(at(start, 65)));
        assert!(rounds.is_behind(at(start, 66)));
    }

    #[test]
    fn after_a_pause_nobody_has_waited() {
        let start = Instant::now();
        let mut rounds = Rounds::default();
        for n in 0..20 {
            rounds.ask(at(start, n));
        }
        rounds.end(at(start, 29));
        rounds.ask(at(start, 35));
        assert!(!rounds.is_behind(at(start, 35)));
    }

    #[test]
    fn one_slow_question_turns_nobody_away() {
        let start = Instant::now();
        let mut rounds = Rounds::default();
        rounds.ask(start);
        rounds.end(at(start, 90));
        for n in 0..7 {
            rounds.ask(at(start, 90 + 2 * n));
            assert!(!rounds.is_behind(at(start, 90 + 2 * n)));
        }
        rounds.ask(at(start, 105));
        assert!(rounds.is_behind(at(start, 105)), "with nine in the line it is no longer one question");
    }

    #[test]
    fn nobody_is_behind_where_nobody_looks() {
        assert!(!(0..100).any(|_| ask(Instant::now())));
        assert!(!is_behind(Instant::now() + Duration::from_secs(1)));
    }
}
