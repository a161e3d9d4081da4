//! Rows of many blocks copied together, so that a scan of them reads what it needs and no more.

#![expect(clippy::indexing_slicing, reason = "rows are those that were added, fewer than GATHERED, or of their blocks")]

use super::book::{Place, row_of};
use super::columns::{Block, Columns, Rest};
use super::facts::Supply;
use super::question::Question;
use super::ranking::Race;
use super::scan::{Beside, scan};

/// So many at once.
const GATHERED: usize = 64;

/// Rows on their way to a scan.
pub(super) struct Gathered<'b> {
    columns: Columns<GATHERED>,
    from: Vec<(&'b Block, Place)>,
}

impl<'b> Gathered<'b> {
    pub fn new() -> Self {
        Self { columns: Columns::new(), from: Vec::with_capacity(GATHERED) }
    }

    /// Adds the row of `place`, which lies in `block` and is not wide; scans all of them once there is no room for more.
    pub fn add(&mut self, question: &Question<'_>, block: &'b Block, place: Place, race: &mut Race<Place>) {
        let kinds = [0, 1, 2, 3].map(|plane: usize| question.required[plane] | question.preferred[plane] != 0);
        self.columns.copy(self.from.len(), &block.columns, row_of(place), question.place.0, kinds);
        self.from.push((block, place));
        if self.from.len() == GATHERED {
            self.scan(question, race);
        }
    }

    /// Scans those that are there, and forgets them.
    pub fn scan(&mut self, question: &Question<'_>, race: &mut Race<Place>) {
        let used = self.from.len();
        if used > 0 {
            // Behind them may stand some of an earlier round.
            self.columns.until[used..].fill(0);
            let beside = Scattered(&self.from);
            scan(question, (&self.columns, used), None, &beside, race);
            self.from.clear();
        }
    }
}

/// Where the rest of gathered rows lies.
struct Scattered<'a, 'b>(&'a [(&'b Block, Place)]);

impl Beside for Scattered<'_, '_> {
    fn place(&self, row: usize) -> Place {
        self.0[row].1
    }

    fn rest(&self, row: usize) -> &Rest {
        let (block, place) = self.0[row];
        &block.rest[row_of(place)]
    }

    fn supply(&self, row: usize) -> Supply {
        let (block, place) = self.0[row];
        block.get(row_of(place), place.group)
    }
}
