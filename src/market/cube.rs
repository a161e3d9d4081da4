//! Counts of products by province, group, stars and kind of producer, kept ready: questions that filter by these alone
//! are counted from some ten thousand cells, not from a million rows.

use super::facet::{Counts, Dimension, Facet, Seen};
use std::collections::HashMap;

/// Months, then buckets of the two prices, then kinds of certificate.
const MONTHS: usize = 12;
const PRICES: usize = 16;
const CERTIFICATES: usize = 40;
const WIDTH: usize = MONTHS + 2 * PRICES + CERTIFICATES;
/// Where the counts of certificates begin.
const FIRST_CERTIFICATE: usize = MONTHS + 2 * PRICES;

/// What a row adds to its cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its facets.
    pub facet: Facet,
    /// Its months of supply.
    pub months: u16,
    /// Its kinds of certificate.
    pub certificates: u64,
}

/// What beside the cube's own dimensions every counted row must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// Nothing.
    Nothing,
    /// Supply in this month, 0 for January.
    Month(usize),
    /// A valid certificate of this kind.
    Certificate(usize),
}

impl Extra {
    /// Where its count stands in a cell.
    fn place(self) -> Option<usize> {
        match self {
            Self::Nothing => None,
            Self::Month(month) => Some(month),
            Self::Certificate(kind) => Some(FIRST_CERTIFICATE + kind),
        }
    }

    /// The dimension that it is of.
    pub fn dimension(self) -> Option<Dimension> {
        match self {
            Self::Nothing => None,
            Self::Month(_) => Some(Dimension::Month),
            Self::Certificate(_) => Some(Dimension::Certificate),
        }
    }
}

/// The cells.
#[derive(Debug, Clone, Default)]
pub struct Cube {
    cells: HashMap<u32, u32>,
    keys: Vec<Facet>,
    /// Rows of each cell.
    rows: Vec<u32>,
    /// [`WIDTH`] counts a cell.
    counts: Vec<u32>,
    /// The sums of all cells.
    sums: Vec<u32>,
    /// All rows by the dimensions of the cells.
    all: Counts,
    total: u32,
}

impl Cube {
    /// Adds a row.
    pub fn add(&mut self, entry: Entry) {
        self.change(entry, |count| *count = count.saturating_add(1));
    }

    /// Takes a row out that was added.
    pub fn subtract(&mut self, entry: Entry) {
        self.change(entry, |count| *count = count.saturating_sub(1));
    }

    fn change(&mut self, entry: Entry, change: impl Fn(&mut u32)) {
        let next = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        let cell = *self.cells.entry(entry.facet.cell()).or_insert(next);
        if cell == next {
            self.keys.push(Facet(entry.facet.cell()));
            self.rows.push(0);
            self.counts.resize(self.counts.len() + WIDTH, 0);
            self.sums.resize(WIDTH, 0);
        }
        self.rows.get_mut(cell as usize).into_iter().for_each(&change);
        change(&mut self.total);
        change_row(entry.facet, &mut self.all, &change);
        let start = cell as usize * WIDTH;
        for counts in [self.counts.get_mut(start..start + WIDTH), self.sums.get_mut(..)].into_iter().flatten() {
            let mut at = |place: usize| counts.get_mut(place).into_iter().for_each(&change);
            super::facet::ones(u64::from(entry.months)).for_each(&mut at);
            at(MONTHS + entry.facet.price(Seen::Public));
            at(MONTHS + PRICES + entry.facet.price(Seen::Keys));
            super::facet::ones(entry.certificates).filter(|kind| *kind < CERTIFICATES).for_each(|kind| at(FIRST_CERTIFICATE + kind));
        }
    }

    /// Counts the cells: `fails` says which dimensions keep a cell out, one bit each. A cell that fails in one dimension
    /// alone is counted in that dimension alone.
    ///
    /// Of months, prices and certificates it counts those in `facets` that it can: all where `extra` is nothing, else the
    /// one of `extra`, which does not narrow itself. Returns how many rows fail in none.
    pub fn count(&self, seen: Seen, extra: Extra, facets: u8, fails: impl Fn(Facet) -> u8, counts: &mut Counts) -> u32 {
        const SUMMED: u8 = Dimension::Month.bit() | Dimension::Price.bit() | Dimension::Certificate.bit();
        let mut passed = 0;
        let mut sums = [0_u32; WIDTH];
        let wants_sums = facets & SUMMED != 0;
        let mut cells_passed = 0;
        let mut passing = Vec::new();
        for (cell, (key, rows)) in self.keys.iter().zip(&self.rows).enumerate() {
            let failed = fails(*key);
            if failed & failed.wrapping_sub(1) != 0 {
                continue;
            }
            let weight = match extra.place() {
                None => *rows,
                Some(place) => self.counts.get(cell * WIDTH + place).copied().unwrap_or(0),
            };
            count_row(*key, failed, weight, counts);
            if failed == 0 {
                passed += weight;
                cells_passed += 1;
                if wants_sums {
                    passing.push(cell);
                }
            }
        }
        if wants_sums && cells_passed == self.keys.len() {
            sums.iter_mut().zip(&self.sums).for_each(|(sum, count)| *sum = *count);
        } else {
            for cell in passing {
                let counts = self.counts.get(cell * WIDTH..(cell + 1) * WIDTH).unwrap_or_default();
                sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            }
        }
        let (months, rest) = sums.split_at(MONTHS);
        let (public, rest) = rest.split_at(PRICES);
        let (keys, certificates) = rest.split_at(PRICES);
        let set = |to: &mut [u32], from: &[u32]| to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        let counted = |dimension: Dimension| facets & dimension.bit() != 0 && extra.dimension().is_none_or(|own| own == dimension);
        if counted(Dimension::Month) {
            set(&mut counts.month, months);
        }
        if counted(Dimension::Price) {
            set(&mut counts.price, if seen == Seen::Public { public } else { keys });
        }
        if counted(Dimension::Certificate) {
            set(&mut counts.certificate, certificates);
        }
        passed
    }

    /// How many cells there are: what a count looks at.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The counts of all rows.
    pub fn all(&self, seen: Seen) -> Counts {
        let mut all = self.all.clone();
        let at = |place: usize| self.sums.get(place).copied().unwrap_or(0);
        let prices = if seen == Seen::Public { MONTHS } else { MONTHS + PRICES };
        all.month.iter_mut().enumerate().for_each(|(month, count)| *count = at(month));
        all.price.iter_mut().enumerate().for_each(|(bucket, count)| *count = at(prices + bucket));
        all.certificate.iter_mut().take(CERTIFICATES).enumerate().for_each(|(kind, count)| *count = at(FIRST_CERTIFICATE + kind));
        all
    }

    /// Bytes of memory, estimated.
    pub fn bytes(&self) -> usize {
        self.counts.capacity() * 4 + self.keys.capacity() * 8 + self.cells.capacity() * 12
    }
}

/// Changes what a row counts for in the four dimensions of the cube.
fn change_row(facet: Facet, counts: &mut Counts, change: &impl Fn(&mut u32)) {
    counts.province.get_mut(facet.province()).into_iter().for_each(change);
    counts.group.get_mut(facet.group()).into_iter().for_each(change);
    counts.stars.get_mut(facet.star_step()).into_iter().for_each(change);
    counts.kind.get_mut(facet.kind()).into_iter().for_each(change);
}

/// Counts `rows` rows of one cell in the four dimensions of the cube.
fn count_row(key: Facet, failed: u8, rows: u32, counts: &mut Counts) {
    let counted = |dimension: Dimension| failed & !dimension.bit() == 0;
    if counted(Dimension::Province)
        && let Some(count) = counts.province.get_mut(key.province())
    {
        *count += rows;
    }
    if counted(Dimension::Group)
        && let Some(count) = counts.group.get_mut(key.group())
    {
        *count += rows;
    }
    if counted(Dimension::Stars)
        && let Some(count) = counts.stars.get_mut(key.star_step())
    {
        *count += rows;
    }
    if counted(Dimension::ProducerKind)
        && let Some(count) = counts.kind.get_mut(key.kind())
    {
        *count += rows;
    }
}
