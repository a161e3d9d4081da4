//! Queues in front of the database: bounded in number and in time. Whoever comes when one is full is told so at once.
//!
//! A queue without a bound helps nobody under more load than there is strength for: each answer comes later than the one
//! before, until nobody waits for it any more.

use crate::error::{Problem, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Waiting for one queue: a quarter of a second of reads as they come from the whole register.
const MOST: usize = 256;
/// Nobody joins while the one who began last had waited so long, or runs since: it would be as long again.
const STANDS: Duration = Duration::from_millis(300);
/// The longest wait: with the work itself an answer comes within a second.
const LONGEST: Duration = Duration::from_millis(800);
/// So few in a queue are no crowd: one long piece of work, or a slow disk, is in their way, and they would only come again.
const FEW: usize = 8;
/// The longest that these wait.
const PATIENCE: Duration = Duration::from_secs(5);

/// A queue, its length and its age.
#[derive(Debug)]
pub(super) struct Queue {
    epoch: Instant,
    waiting: AtomicUsize,
    /// When the one who began last had joined, in microseconds since `epoch`; 0 before the first.
    begun: AtomicU64,
    turned_away: AtomicU64,
}

impl Queue {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { epoch: Instant::now(), waiting: AtomicUsize::new(0), begun: AtomicU64::new(0), turned_away: AtomicU64::new(0) })
    }

    /// Joins the queue.
    ///
    /// # Errors
    /// 503 at once when it is full, or stands.
    pub fn join(self: &Arc<Self>) -> Result<Ticket> {
        let joined = Instant::now();
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        let ticket = Ticket { queue: Arc::clone(self), joined };
        if self.is_full(waiting, joined) {
            return Err(self.turn_away());
        }
        Ok(ticket)
    }

    /// Turns somebody away who has not come as far as to join, when the queue is full.
    ///
    /// # Errors
    /// 503 at once.
    pub fn look(&self) -> Result<()> {
        let waiting = self.waiting.load(Ordering::Relaxed);
        // Most come when nobody else waits: these need not ask for the time.
        if waiting >= FEW && self.is_full(waiting, Instant::now()) { Err(self.turn_away()) } else { Ok(()) }
    }

    fn is_full(&self, waiting: usize, now: Instant) -> bool {
        waiting >= MOST || (waiting >= FEW && self.age(now) > STANDS)
    }

    /// How many were turned away.
    pub fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    /// 503, counted.
    fn turn_away(&self) -> Problem {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        Problem::overloaded()
    }

    /// How long ago the one who began last joined.
    fn age(&self, now: Instant) -> Duration {
        match self.begun.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            micros => (now - self.epoch).saturating_sub(Duration::from_micros(micros)),
        }
    }
}

/// A place in a queue, given up when it is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    queue: Arc<Queue>,
    joined: Instant,
}

impl Ticket {
    /// It is one's turn.
    ///
    /// # Errors
    /// 503 when it came too late.
    pub fn begin(self) -> Result<()> {
        let since = u64::try_from((self.joined - self.queue.epoch).as_micros()).unwrap_or(u64::MAX);
        self.queue.begun.store(since.max(1), Ordering::Relaxed);
        let longest = if self.queue.waiting.load(Ordering::Relaxed) > FEW { LONGEST } else { PATIENCE };
        if self.joined.elapsed() > longest { Err(self.queue.turn_away()) } else { Ok(()) }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.queue.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A queue before so many who may go at a time.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    queue: Arc<Queue>,
    permits: Arc<Semaphore>,
}

impl Gate {
    pub fn new(at_a_time: u32) -> Self {
        // usize has 32 bits at least wherever this runs.
        Self { queue: Queue::new(), permits: Arc::new(Semaphore::new(usize::try_from(at_a_time).unwrap_or(usize::MAX >> 3))) }
    }

    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Waits for its turn, which lasts as long as the permit.
    ///
    /// # Errors
    /// 503 when the queue is full or the turn does not come in time.
    pub async fn enter(&self) -> Result<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        let ticket = self.queue.join()?;
        match tokio::time::timeout(LONGEST, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => ticket.begin().map(|()| permit),
            Ok(Err(_)) => Err(Problem::internal("a gate was closed")),
            Err(_) => Err(self.queue.turn_away()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use futures_util::FutureExt;

    #[test]
    fn a_full_queue_turns_away_at_once_and_takes_again_when_one_has_left() {
        let queue = Queue::new();
        let mut waiting: Vec<Ticket> = (0..MOST).map(|_| queue.join().unwrap()).collect();
        queue.look().unwrap_err();
        let refused = queue.join().unwrap_err();
        assert_eq!((refused.code(), refused.headers()), (Code::Unavailable, [("Retry-After", "1".to_owned())].as_slice()));
        assert_eq!(queue.turned_away(), 2);
        waiting.pop().unwrap().begin().unwrap();
        queue.look().unwrap();
        drop(queue.join().unwrap());
        drop(waiting.pop());
        waiting.push(queue.join().unwrap());
        waiting.push(queue.join().unwrap());
        queue.join().unwrap_err();
    }

    #[test]
    fn nobody_joins_a_crowd_that_stands() {
        let queue = Queue::new();
        let long_ago = Instant::now().checked_sub(STANDS + Duration::from_millis(10)).unwrap();
        let queue =
            Arc::new(Queue { epoch: long_ago, waiting: AtomicUsize::new(0), begun: AtomicU64::new(1), ..Arc::into_inner(queue).unwrap() });
        let mut waiting: Vec<Ticket> = (0..FEW).map(|_| queue.join().expect("they are few")).collect();
        queue.join().unwrap_err();
        waiting.pop().unwrap().begin().unwrap();
        waiting.push(queue.join().unwrap());
        queue.join().expect("it moves again");
    }

    #[test]
    fn whoever_waited_too_long_is_not_let_in() {
        let queue = Queue::new();
        let since = |time| {
            let mut ticket = queue.join().unwrap();
            ticket.joined = ticket.joined.checked_sub(time).unwrap();
            ticket.begin()
        };
        since(LONGEST).expect("nobody else waits");
        assert_eq!(since(PATIENCE).unwrap_err().code(), Code::Unavailable);
        let _crowd: Vec<Ticket> = (0..FEW).map(|_| queue.join().unwrap()).collect();
        assert_eq!(since(LONGEST).unwrap_err().code(), Code::Unavailable);
    }

    #[test]
    fn a_gate_lets_so_many_in_and_the_others_in_their_order() {
        let gate = Gate::new(2);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (first, _second) = (gate.enter().await.unwrap(), gate.enter().await.unwrap());
            let mut third = std::pin::pin!(gate.enter());
            let mut fourth = std::pin::pin!(gate.enter());
            assert!(third.as_mut().now_or_never().is_none());
            assert!(fourth.as_mut().now_or_never().is_none());
            drop(first);
            let third = third.as_mut().now_or_never().unwrap().unwrap();
            assert!(fourth.as_mut().now_or_never().is_none());
            drop(third);
            drop(fourth.await.unwrap());
        });
    }
}
