//! Feeding the market index: the tables at the start, then the change log, change by change.
//!
//! [`crate::market`] is pure; this is what keeps one in step with the database. A process applies its own changes after
//! its commit and before its answer, so that a caller reads what it wrote; a thread follows the log for those of other
//! processes ([`follow`]). Changes are applied once each, in the order of their numbers, and whoever applies holds no lock
//! while it asks the database. A rebuild makes a new index beside the old one and puts it in its place.
//!
//! In reading order: [`tables`] (reference tables), `convert` (records), `promises` (`MoUs`), `load` (the start), this file
//! (the order of changes), [`follow`] (other processes).

mod cells;
mod convert;
pub mod follow;
pub mod load;
mod promises;
mod rows;
mod step;
pub mod tables;

use crate::clock::{Clock, day_of};
use crate::db::{Db, Store, connect, not_ready, read_once_on};
use crate::error::{Problem, Result};
use crate::log::{self, Position};
use crate::market::record::{Change, Day, Id};
use crate::market::{Market, Sizes};
pub use convert::{day, demand, offer};
use parking_lot::{MappedRwLockReadGuard, Mutex, RwLock, RwLockReadGuard};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use step::Step;

/// Changes that are read from the log at once.
const READ_AT_ONCE: i64 = 1_000;
/// Changes that are applied under one hold of the lock.
const APPLIED_AT_ONCE: usize = 256;
/// How long one hold of the lock may be: what a search that waits for it hardly notices.
const HOLD: Duration = Duration::from_millis(2);
/// Changes between two looks at the clock.
const BETWEEN_LOOKS: usize = 16;

/// The market index with its place in the log.
#[derive(Debug)]
pub struct Index {
    store: Store,
    clock: Clock,
    /// None until it is built.
    market: RwLock<Option<Box<Market>>>,
    /// Where the index is in the log. Its holder alone applies changes; taken before `market`.
    position: Mutex<Position>,
    /// `position.seq` for those who only look. Changed under the write lock of `market`, so that under its read lock it
    /// is the number of the newest change that the reader sees.
    applied: AtomicI64,
    /// The newest head that was heard of.
    head: AtomicI64,
    /// Microseconds from `started` to when the index was last known to be in step with the database.
    in_step: AtomicU64,
    started: Instant,
    /// Products that some commitment names: where one of them changes, an `MoU` may be worth something else.
    promised: Mutex<HashSet<Id>>,
    /// Whether a change was left half applied.
    broken: AtomicBool,
    rebuilds: AtomicU64,
    errors: AtomicU64,
}

/// Where the index is, and how long ago that was where the database ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Whether it is built.
    pub is_built: bool,
    /// Number of the newest change in it.
    pub position: i64,
    /// Number of the newest change that was heard of.
    pub head: i64,
    /// Time since it was last known to be in step with the database.
    pub age: Duration,
    /// How often it was built anew in the place of one that was there.
    pub rebuilds: u64,
    /// Changes and records that it could not take.
    pub errors: u64,
}

/// What an answer from memory says while the database is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Degraded {
    /// Number of the newest change in it.
    pub position: i64,
    /// Seconds since it was last known to be in step with the database.
    pub age_seconds: u64,
}

impl From<State> for Degraded {
    fn from(state: State) -> Self {
        Self { position: state.position, age_seconds: state.age.as_secs() }
    }
}

/// The index as a reader has it: no change is applied meanwhile, so it is held for one answer and not across a wait.
pub type Reading<'a> = MappedRwLockReadGuard<'a, Market>;

/// Whether steps could be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// They are in the index now, whoever put them there.
    All,
    /// Changes before them are missing: the log has to be read.
    Gap,
    /// There is no index yet; it will be built with them.
    NotBuilt,
}

impl Index {
    /// An index that is not built yet, of the register in `store`.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            market: RwLock::new(None),
            position: Mutex::default(),
            applied: AtomicI64::new(0),
            head: AtomicI64::new(0),
            in_step: AtomicU64::new(0),
            started: Instant::now(),
            promised: Mutex::default(),
            broken: AtomicBool::new(false),
            rebuilds: AtomicU64::new(0),
            errors: AtomicU64::new(0),
        }
    }

    /// The index, for one answer, with what is kept ready for today being today's.
    ///
    /// # Errors
    /// 503 until it is built.
    pub fn read(&self) -> Result<Reading<'_>> {
        let today = self.today();
        let reading = self.reading()?;
        if reading.today() == today {
            return Ok(reading);
        }
        drop(reading);
        self.roll_over();
        self.reading()
    }

    fn reading(&self) -> Result<Reading<'_>> {
        RwLockReadGuard::try_map(self.market.read(), Option::as_deref).map_err(|_| not_built())
    }

    /// Number of the newest change in the index; for a holder of a [`Reading`], of the newest that it sees.
    pub fn applied(&self) -> i64 {
        self.applied.load(Ordering::Acquire)
    }

    /// Whether there is an index to read.
    pub fn is_built(&self) -> bool {
        self.market.read().is_some()
    }

    /// How it stands. Waits for nobody but a change that is being applied.
    pub fn state(&self) -> State {
        let position = self.applied();
        State {
            is_built: self.is_built(),
            position,
            head: self.head.load(Ordering::Relaxed).max(position),
            age: self.started.elapsed().saturating_sub(Duration::from_micros(self.in_step.load(Ordering::Relaxed))),
            rebuilds: self.rebuilds.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
        }
    }

    /// How large it is; nothing before it is built.
    pub fn sizes(&self) -> Sizes {
        self.market.read().as_ref().map(|market| market.sizes()).unwrap_or_default()
    }

    /// Takes the changes of a transaction that this process has committed; on the thread that wrote them, which may wait.
    ///
    /// Whatever fails here is made up for by whoever follows the log: the commit stands.
    pub fn committed(&self, changes: &[log::Change]) {
        let Some(last) = changes.last() else { return };
        self.head.fetch_max(last.seq, Ordering::Relaxed);
        let take = || {
            if self.take_own(changes)? == Taken::Gap {
                self.store.read_here(|db| self.catch_up(db))?;
            }
            Ok::<_, Problem>(())
        };
        // A fault of the index must not make us say that nothing was stored.
        match catch_unwind(AssertUnwindSafe(take)) {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => tracing::warn!(cause = %problem, seq = last.seq, "the market index will have this change later"),
            Err(_) => self.note_broken(),
        }
    }

    /// Notes that a change was left half applied: the index is built anew.
    fn note_broken(&self) {
        tracing::error!(seq = self.applied(), "the market index failed in the middle of a change");
        self.errors.fetch_add(1, Ordering::Relaxed);
        self.broken.store(true, Ordering::Release);
    }

    fn take_own(&self, changes: &[log::Change]) -> Result<Taken> {
        if !self.will_be_missed() {
            return Ok(Taken::NotBuilt);
        }
        let mut steps = self.steps(changes);
        if self.needs_promises(&steps) {
            self.store.read_here(|db| self.add_promises(&mut steps, db))?;
        }
        Ok(self.take(steps.list))
    }

    /// Whether a change that is not applied now would be missing. While there is no index, nothing is: asked under the
    /// lock of the order, since a build that ends meanwhile has either read the change or lets it wait here.
    fn will_be_missed(&self) -> bool {
        self.is_built() || {
            let _order = self.position.lock();
            self.is_built()
        }
    }

    fn is_promised(&self, product: Id) -> bool {
        self.promised.lock().contains(&product)
    }

    /// Applies what the log has and the index has not, in an open read transaction.
    ///
    /// # Errors
    /// What the database says.
    fn catch_up(&self, db: &mut Db) -> Result<()> {
        loop {
            let from = self.applied();
            let changes = log::after(db, from, READ_AT_ONCE)?;
            let (Some(first), Some(last)) = (changes.first(), changes.last()) else { break };
            if first.seq != from + 1 {
                tracing::error!(from, next = first.seq, "the log has a hole: the market index is built anew");
                self.broken.store(true, Ordering::Release);
                break;
            }
            self.head.fetch_max(last.seq, Ordering::Relaxed);
            let mut steps = self.steps(&changes);
            self.add_promises(&mut steps, db)?;
            let is_last = i64::try_from(changes.len()).is_ok_and(|read| read < READ_AT_ONCE);
            match self.take(steps.list) {
                Taken::NotBuilt => break,
                Taken::All if is_last => break,
                Taken::All | Taken::Gap => {}
            }
        }
        Ok(())
    }

    /// Applies `steps`, which follow each other, from the first that is not in the index on.
    fn take(&self, steps: Vec<Step>) -> Taken {
        let mut position = self.position.lock();
        if !self.is_built() {
            return Taken::NotBuilt;
        }
        if steps.first().is_some_and(|first| first.seq > position.seq + 1) {
            return Taken::Gap;
        }
        let known = position.seq;
        // A commitment has come to name the product since: the step is to be made anew.
        if steps.iter().any(|step| step.seq > known && step.unpromised.is_some_and(|product| self.is_promised(product))) {
            return Taken::Gap;
        }
        let mut steps = steps.into_iter().filter(|step| step.seq > known).peekable();
        while steps.peek().is_some() {
            let mut market = self.market.write();
            let Some(market) = market.as_deref_mut() else { return Taken::NotBuilt };
            let since = Instant::now();
            let mut held = 0;
            while let Some(step) = steps.next_if(|_| held < APPLIED_AT_ONCE && (held % BETWEEN_LOOKS != 0 || since.elapsed() < HOLD)) {
                held += 1;
                self.applied.store(step.seq, Ordering::Release);
                *position = step.position.clone();
                step.apply(market);
            }
        }
        if self.head.load(Ordering::Relaxed) <= position.seq {
            self.note_in_step();
        }
        Taken::All
    }

    /// What `changes` of the log change in the index, with what is asked of `db` for it.
    ///
    /// # Errors
    /// What the database says.
    pub fn changes_of(&self, db: &mut Db, changes: &[log::Change]) -> Result<Vec<Change>> {
        let mut steps = self.steps(changes);
        self.add_promises(&mut steps, db)?;
        Ok(steps.list.into_iter().flat_map(|step| step.changes).collect())
    }

    /// Builds the index from the tables and puts it in the place of the one that is there, which is read until then.
    ///
    /// # Errors
    /// What the database says; then the old one stays.
    pub fn rebuild(&self) -> Result<()> {
        let since = Instant::now();
        let mut market = Box::new(Market::new(tables::tables(), tables::thesaurus(), self.today()));
        let loaded = load::load(self.store.target(), &mut |change| market.apply(change))?;
        market.finish_loading();
        self.errors.fetch_add(loaded.unfit, Ordering::Relaxed);
        self.promised.lock().extend(loaded.promised);
        let mut at = loaded.position;
        // A connection of its own: those of the pool may all wait for the lock that is held here.
        let mut db = connect(self.store.target()).map_err(Problem::unavailable)?;
        // Without the lock as long as there is much to catch up with, then with it: writers wait for a few changes.
        while self.bring_on(&mut db, &mut market, &mut at)? >= APPLIED_AT_ONCE {}
        let mut position = self.position.lock();
        while self.bring_on(&mut db, &mut market, &mut at)? > 0 {}
        market.set_today(self.today());
        let sizes = market.sizes();
        let old = {
            let mut current = self.market.write();
            self.applied.store(at.seq, Ordering::Release);
            current.replace(market)
        };
        self.head.store(at.seq, Ordering::Relaxed);
        let seq = at.seq;
        *position = at;
        drop(position);
        self.note_in_step();
        if old.is_some() {
            self.rebuilds.fetch_add(1, Ordering::Relaxed);
        }
        tracing::info!(
            seq,
            products = sizes.products,
            offers = sizes.offers,
            millis = since.elapsed().as_millis(),
            "the market index is built"
        );
        Ok(())
    }

    /// Applies what the log has after `at` to an index that nobody reads yet; how many changes there were.
    fn bring_on(&self, db: &mut Db, market: &mut Market, at: &mut Position) -> Result<usize> {
        let from = at.seq;
        let steps = read_once_on(db, |db| {
            let mut steps = self.steps(&log::after(db, from, READ_AT_ONCE)?);
            self.add_promises(&mut steps, db)?;
            Ok(steps.list)
        })?;
        let read = steps.len();
        for step in steps {
            *at = step.position.clone();
            step.apply(market);
        }
        Ok(read)
    }

    /// The place in the log that the index has.
    fn position(&self) -> Position {
        self.position.lock().clone()
    }

    /// Notes where the log ends.
    fn heard_of(&self, head: i64) {
        self.head.fetch_max(head, Ordering::Relaxed);
        if self.applied() >= head {
            self.note_in_step();
        }
    }

    fn today(&self) -> Day {
        convert::day(day_of(self.clock.now()))
    }

    /// Rolls over to today where that has changed, as it does at midnight in Viet Nam.
    fn roll_over(&self) {
        let today = self.today();
        if self.market.read().as_ref().is_none_or(|market| market.today() == today) {
            return;
        }
        let mut market = self.market.write();
        if let Some(market) = market.as_deref_mut().filter(|market| market.today() != today) {
            market.set_today(today);
        }
    }

    fn note_in_step(&self) {
        let micros = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.in_step.fetch_max(micros, Ordering::Relaxed);
    }

    fn note_error(&self, seq: i64, entity: &str, cause: &impl std::fmt::Display) {
        self.errors.fetch_add(1, Ordering::Relaxed);
        tracing::error!(seq, entity, %cause, "a change is left out of the market index");
    }
}

/// 503 until the index is built.
pub fn not_built() -> Problem {
    not_ready("The index is being built.", "Chỉ mục đang được xây dựng.")
}
