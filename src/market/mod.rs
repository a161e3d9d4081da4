//! The market index: structured supply against structured demand, in memory.
//!
//! Pure: no I/O, no clock, no HTTP, no SQL, and nothing of the reference tables but what it is given
//! ([`tables::Tables`]). The same records give the same answers, in whatever order they came. It is fed by the change
//! log; everything in it can be thrown away and rebuilt from the tables.
//!
//! In reading order: [`record`] (what goes in), [`tables`] (what it is told of the reference tables),
//! [`matching`] (which offer serves which demand).

pub mod matching;
pub mod record;
pub mod tables;

use record::{Change, Day};
use tables::Tables;

/// The whole index: every product, offer and demand of the register.
#[derive(Debug)]
pub struct Market {
    tables: Tables,
    today: Day,
    changes: u64,
}

impl Market {
    /// An empty index for `today`.
    pub fn new(tables: Tables, today: Day) -> Self {
        Self { tables, today, changes: 0 }
    }

    /// Takes one step of the register.
    ///
    /// Records may refer to others that come later; they count from then on.
    pub fn apply(&mut self, change: Change) {
        drop(change);
        self.changes += 1;
    }

    /// The day for which stars and validity are kept ready.
    pub fn today(&self) -> Day {
        self.today
    }

    /// Moves the day on: what is kept ready for today is worked out anew.
    pub fn set_today(&mut self, today: Day) {
        self.today = today;
    }

    /// What it was told of the reference tables.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// How many products, offers and demands it holds.
    pub fn sizes(&self) -> Sizes {
        Sizes::default()
    }
}

/// How large the index is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Organisations.
    pub organisations: usize,
    /// Products that are still made.
    pub products: usize,
    /// Offers, of whatever day.
    pub offers: usize,
    /// Demands, of whatever day.
    pub demands: usize,
    /// Bytes of memory, estimated.
    pub bytes: usize,
}
