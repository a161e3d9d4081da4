//! Judging rows column by column, for today and a caller for whom columns are kept.
//!
//! Some hundred rows at a time: each column that the filters ask about marks the rows that fail in its dimension; rows that
//! fail in two count nowhere and are left out; the others are sorted by the one in which they fail, and counted there.
//! Loops without a branch over one column each keep many rows on their way from memory at once.

use super::filter::{Lookup, OTHER, Question};
use super::scan::{Judge, Judged, OF_OFFERS, PASSES, lacks};
use super::tally::{MANY, Tally};
use crate::market::Market;
use crate::market::facet::{Dimension, Seen};
use crate::market::facts::{FactColumns, KIND, KIND_SHIFT, MIXED, MONTHS, SET_SHIFT, SLOT, STARS};
use crate::market::pairs::NO_OFFER;

/// Places for rows by the only dimension in which they fail, by its bit; then those that count nowhere, those that pass, and
/// those that pass and whose offers are counted.
const LISTS: usize = 10;
const NOWHERE: usize = 7;
const PASSING: usize = 8;
const COUNTED: usize = 9;

/// What a column's bytes fail in.
#[derive(Debug)]
struct Table<'a> {
    column: &'a [u8],
    fails: [u8; 256],
}

/// What the lower seven bits fail in, and beside it what the upper one does where it is not set and where it is.
fn in_halves(of: &[u8; 128], unset: u8, set: u8) -> [u8; 256] {
    let mut fails = [0; 256];
    let (lower, upper) = fails.split_at_mut(128);
    for (half, also) in [(lower, unset), (upper, set)] {
        half.iter_mut().zip(of).for_each(|(fails, of)| *fails = of | also);
    }
    fails
}

/// How rows are judged by the columns.
#[derive(Debug)]
pub(super) struct Screen<'a> {
    judge: &'a Judge<'a>,
    columns: &'a FactColumns,
    tables: Vec<Table<'a>>,
    facets: u8,
    /// Months that are asked.
    months: u32,
    /// By number of a set of certificates: whether it lacks one that is asked; nothing where none is.
    lacks: Vec<u8>,
    /// What prices are at most, and the highest that is asked; who sees them.
    price: Option<(&'a [u32], u32)>,
    seen: Seen,
    /// Whether each row that the columns leave must be judged by itself.
    judges_each: bool,
    /// Whether those with offers of different months must.
    judges_mixed: bool,
}

impl<'a> Screen<'a> {
    pub fn new(market: &'a Market, question: &Question<'_>, lookup: &Lookup, judge: &'a Judge<'a>, seen: Seen) -> Self {
        let (filter, columns) = (&question.filter, market.products.columns());
        let asks_beside_price = filter.asks_beside_price();
        let mut tables = Vec::with_capacity(4);
        if filter.provinces.is_some()
            || filter.region.is_some()
            || filter.within_km.is_some()
            || asks_beside_price
            || filter.is_offered.is_some()
        {
            let fails_if = |is_offered: bool| {
                let wrong = asks_beside_price && !is_offered || filter.is_offered.is_some_and(|asked| asked != is_offered);
                if wrong { OTHER } else { 0 }
            };
            tables.push(Table { column: columns.places(), fails: in_halves(lookup.provinces(), fails_if(false), fails_if(true)) });
        }
        if filter.groups.is_some() || filter.is_illustrative.is_some() {
            let fails_if = |invented: bool| if filter.is_illustrative.is_some_and(|asked| asked != invented) { OTHER } else { 0 };
            tables.push(Table { column: columns.groups(), fails: in_halves(lookup.groups(), fails_if(false), fails_if(true)) });
        }
        if filter.least_stars > 0 || filter.kinds.is_some() {
            let fails = std::array::from_fn(|byte| {
                lookup.of_stars(byte & usize::from(STARS)) | lookup.of_kind(byte >> KIND_SHIFT & usize::from(KIND))
            });
            tables.push(Table { column: columns.ranks(), fails });
        }
        if filter.price_at_most.is_some() {
            let fails = std::array::from_fn(|byte| {
                let slot = byte & usize::from(SLOT);
                lookup.of_price(slot - usize::from(slot == NO_OFFER))
            });
            tables.push(Table { column: columns.price_slots(seen), fails });
        }
        let asks_kinds = filter.period.is_none() && filter.certificates | filter.held != 0;
        Self {
            judge,
            columns,
            tables,
            facets: question.facets,
            months: u32::from(filter.months),
            lacks: if asks_kinds { columns.kinds().sets().iter().map(|set| lacks(filter, *set)).collect() } else { Vec::new() },
            price: filter.price_at_most.map(|most| (columns.highest_prices(), most)),
            seen,
            judges_each: filter.asks_terms() || filter.asks_papers_of_a_period() || filter.producer.is_some(),
            judges_mixed: question.asks_each_of_mixed(),
        }
    }

    /// Counts every row that `next` fills in where it counts, and hands those that pass to `take`; how many these are.
    #[expect(clippy::indexing_slicing, reason = "a list takes as many rows as there are, and lists are numbered")]
    pub fn pass(&self, next: &mut impl FnMut(&mut [u32]) -> usize, tally: &mut Tally<'_>, mut take: impl FnMut(&[u32])) -> u32 {
        let mut many = [0_u32; MANY];
        let mut left = [(0_u32, 0_u8); MANY];
        let mut lists = [[0_u32; MANY]; LISTS];
        let mut total = 0;
        loop {
            let length = next(&mut many).min(MANY);
            if length == 0 {
                return total;
            }
            let mut lengths = [0_usize; LISTS];
            for (row, fails) in self.left(&many[..length], &mut left) {
                let list = self.list(*row, self.fails(*row, *fails), tally);
                lists[list][lengths[list]] = *row;
                lengths[list] += 1;
            }
            for dimension in Dimension::ALL.into_iter().filter(|dimension| self.facets & dimension.bit() != 0) {
                let list = dimension as usize;
                tally.count(dimension, &lists[list][..lengths[list]]);
            }
            for (list, facets) in [(PASSING, self.facets), (COUNTED, self.facets & !OF_OFFERS)] {
                let passing = &lists[list][..lengths[list]];
                tally.count_all(facets, passing);
                total += u32::try_from(passing.len()).unwrap_or(0);
                take(passing);
            }
        }
    }

    /// The rows that fail in one dimension at most by the columns of bytes.
    #[expect(clippy::indexing_slicing, reason = "no more are left than there are, and a byte numbers 256 places")]
    fn left<'b>(&self, rows: &[u32], left: &'b mut [(u32, u8); MANY]) -> &'b [(u32, u8)] {
        let mut fails = [0_u8; MANY];
        for Table { column, fails: of } in &self.tables {
            for (row, fails) in rows.iter().zip(&mut fails) {
                *fails |= of[usize::from(column.get(*row as usize).copied().unwrap_or(0))];
            }
        }
        let mut count = 0;
        for (row, fails) in rows.iter().zip(fails) {
            left[count] = (*row, fails);
            count += usize::from(fails & fails.wrapping_sub(1) == 0);
        }
        &left[..count]
    }

    /// In which dimensions a row fails that the columns of bytes have left.
    #[inline]
    fn fails(&self, row: u32, mut fails: u8) -> u8 {
        let at = row as usize;
        if self.months != 0 || !self.lacks.is_empty() {
            let word = self.columns.months().get(at).copied().unwrap_or(0);
            fails |= u8::from(word & MONTHS & self.months != self.months) * Dimension::Month.bit();
            fails |= self.lacks.get((word >> SET_SHIFT) as usize).copied().unwrap_or(0);
        }
        // Those whose price is unknown fail by the column of bytes.
        if let Some((prices, most)) = self.price {
            let mut is_dear = prices.get(at).is_none_or(|price| *price > most);
            if is_dear && self.seen != Seen::Public {
                is_dear = self.columns.price(row, self.seen) > most;
            }
            fails |= u8::from(is_dear) * Dimension::Price.bit();
        }
        fails
    }

    /// The list in which a row belongs that fails by the columns in the dimensions `fails`. Where its offers must be looked
    /// at they are counted at once.
    #[inline]
    fn list(&self, row: u32, fails: u8, tally: &mut Tally<'_>) -> usize {
        let is_one = fails & fails.wrapping_sub(1) == 0;
        let is_mixed = || self.columns.ranks().get(row as usize).is_some_and(|rank| *rank & MIXED == MIXED);
        match (is_one, self.judges_each || self.judges_mixed) {
            (true, true) if self.judges_each || is_mixed() => self.judged(row, tally),
            (true, _) => (fails.trailing_zeros() as usize).min(PASSING),
            (false, _) => NOWHERE,
        }
    }

    /// The same for a row that is judged by itself.
    fn judged(&self, row: u32, tally: &mut Tally<'_>) -> usize {
        let Some(judged) = self.judge.judge(row) else { return NOWHERE };
        let Judged { entry, counts } = judged;
        tally.count_entry(&entry, self.facets & counts & OF_OFFERS);
        let elsewhere = counts & !OF_OFFERS;
        if elsewhere & PASSES != 0 { COUNTED } else { (elsewhere.trailing_zeros() as usize).min(NOWHERE) }
    }
}
