//! Counts of products by province, group, stars and kind of producer, kept ready: questions that filter by these alone
//! are counted from some ten thousand cells, not from a million rows.

use super::facet::{Counts, Facet, Seen};
use std::collections::HashMap;

/// Months, then buckets of the two prices, then kinds of certificate.
const MONTHS: usize = 12;
const PRICES: usize = 16;
const CERTIFICATES: usize = 40;
const WIDTH: usize = 1 + MONTHS + 2 * PRICES + CERTIFICATES;

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

/// The cells.
#[derive(Debug, Clone, Default)]
pub struct Cube {
    cells: HashMap<u32, u32>,
    keys: Vec<Facet>,
    /// [`WIDTH`] counts a cell.
    counts: Vec<u32>,
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
            self.counts.resize(self.counts.len() + WIDTH, 0);
        }
        let start = cell as usize * WIDTH;
        let Some([rows, counts @ ..]) = self.counts.get_mut(start..start + WIDTH) else { return };
        change(rows);
        let (months, rest) = counts.split_at_mut(MONTHS);
        let (public, rest) = rest.split_at_mut(PRICES);
        let (keys, certificates) = rest.split_at_mut(PRICES);
        for (month, count) in months.iter_mut().enumerate() {
            if entry.months >> month & 1 == 1 {
                change(count);
            }
        }
        public.get_mut(entry.facet.price(Seen::Public)).into_iter().for_each(&change);
        keys.get_mut(entry.facet.price(Seen::Keys)).into_iter().for_each(&change);
        for kind in super::facet::ones(entry.certificates) {
            certificates.get_mut(kind).into_iter().for_each(&change);
        }
    }

    /// Counts the cells: `fails` says which dimensions keep a cell out, one bit each. A cell that fails in one dimension
    /// alone is counted in that dimension alone; months, prices and certificates count what fails in none.
    /// Returns how many rows fail in none.
    pub fn count(&self, seen: Seen, fails: impl Fn(Facet) -> u8, counts: &mut Counts) -> u32 {
        let mut passed = 0;
        let mut sums = [0_u32; WIDTH];
        for (key, cell) in self.keys.iter().zip(self.counts.chunks_exact(WIDTH)) {
            let failed = fails(*key);
            if failed.count_ones() > 1 {
                continue;
            }
            let rows = cell.first().copied().unwrap_or(0);
            count_row(*key, failed, rows, counts);
            if failed == 0 {
                passed += rows;
                sums.iter_mut().zip(cell).for_each(|(sum, count)| *sum += count);
            }
        }
        let [_, rest @ ..] = &sums;
        let (months, rest) = rest.split_at(MONTHS);
        let (public, rest) = rest.split_at(PRICES);
        let (keys, certificates) = rest.split_at(PRICES);
        let add = |to: &mut [u32], from: &[u32]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        add(&mut counts.month, months);
        add(&mut counts.price, if seen == Seen::Public { public } else { keys });
        add(&mut counts.certificate, certificates);
        passed
    }

    /// Bytes of memory, estimated.
    pub fn bytes(&self) -> usize {
        self.counts.capacity() * 4 + self.keys.capacity() * 4 + self.cells.capacity() * 12
    }
}

/// Counts `rows` rows of one cell in the four dimensions of the cube.
fn count_row(key: Facet, failed: u8, rows: u32, counts: &mut Counts) {
    use super::facet::Dimension;
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
