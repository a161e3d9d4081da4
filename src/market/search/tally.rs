//! Counting rows by facet, one dimension after the other: each reads one column.

use crate::market::facet::{Counts, Dimension, NO_PRICE, Seen, ones};
use crate::market::facts::{FactColumns, GROUP, KIND, KIND_SHIFT, MONTHS, PLACE, SET_SHIFT, STARS, slot_seen};
use crate::market::pairs::NO_OFFER;

/// Rows that are handed over at once at most: months are summed up in bytes.
pub(super) const MANY: usize = 255;
/// From so many rows at once on sets of certificates are counted by their number first.
const MANY_SETS: usize = 24;

/// For each six months, one bit each, a byte each.
const MONTHS_IN_BYTES: [u64; 64] = {
    let mut table = [0_u64; 64];
    let mut bits = 0_usize;
    while bits < 64 {
        let mut month = 0;
        while month < 6 {
            if bits >> month & 1 == 1 {
                table[bits] |= 1 << (8 * month);
            }
            month += 1;
        }
        bits += 1;
    }
    table
};

/// Counts so far.
#[derive(Debug)]
pub(super) struct Tally<'a> {
    columns: &'a FactColumns,
    seen: Seen,
    counts: Counts,
    /// Rows by the number of their set of certificates, once there are many.
    sets: Vec<u32>,
}

impl<'a> Tally<'a> {
    pub fn new(columns: &'a FactColumns, seen: Seen) -> Self {
        Self { columns, seen, counts: Counts::default(), sets: Vec::new() }
    }

    /// The counts, to which may be added.
    pub fn counts(&mut self) -> &mut Counts {
        &mut self.counts
    }

    /// Counts `rows`, [`MANY`] at most, by each of `dimensions`.
    pub fn count_all(&mut self, dimensions: u8, rows: &[u32]) {
        for dimension in Dimension::ALL.into_iter().filter(|dimension| dimensions & dimension.bit() != 0) {
            self.count(dimension, rows);
        }
    }

    /// Counts `rows`, [`MANY`] at most, by one dimension.
    #[expect(clippy::indexing_slicing, reason = "every index is masked to its table's size")]
    pub fn count(&mut self, dimension: Dimension, rows: &[u32]) {
        let (columns, counts, seen) = (self.columns, &mut self.counts, self.seen);
        match dimension {
            Dimension::Province => each(columns.places(), rows, |place| counts.province[usize::from(place & PLACE)] += 1),
            Dimension::Group => each(columns.groups(), rows, |group| counts.group[usize::from(group & GROUP)] += 1),
            Dimension::Stars => each(columns.ranks(), rows, |rank| counts.stars[usize::from(rank & STARS)] += 1),
            Dimension::ProducerKind => {
                each(columns.ranks(), rows, |rank| counts.kind[usize::from(rank >> KIND_SHIFT & KIND)] += 1);
            }
            Dimension::Price => {
                each(columns.price_slots(), rows, |slots| counts.price[usize::from(slot_seen(slots, seen) & 0xF)] += 1);
            }
            Dimension::Month => self.months(rows),
            Dimension::Certificate => self.certificates(rows),
        }
    }

    #[expect(clippy::indexing_slicing, reason = "six bits number the table's places")]
    fn months(&mut self, rows: &[u32]) {
        let mut halves = [0_u64; 2];
        each(self.columns.months(), rows, |word| {
            let months = (word & MONTHS) as usize;
            halves[0] += MONTHS_IN_BYTES[months & 63];
            halves[1] += MONTHS_IN_BYTES[months >> 6];
        });
        for (months, half) in self.counts.month.chunks_mut(6).zip(halves) {
            months.iter_mut().zip(half.to_le_bytes()).for_each(|(count, more)| *count += u32::from(more));
        }
    }

    fn certificates(&mut self, rows: &[u32]) {
        let kinds = self.columns.kinds();
        if self.sets.is_empty() && rows.len() >= MANY_SETS {
            self.sets = vec![0; kinds.sets().len()];
        }
        if self.sets.is_empty() {
            let counts = &mut self.counts.certificate;
            each(self.columns.months(), rows, |word| add(counts, kinds.get(word >> SET_SHIFT), 1));
        } else {
            let sets = &mut self.sets;
            each(self.columns.months(), rows, |word| sets.get_mut((word >> SET_SHIFT) as usize).into_iter().for_each(|count| *count += 1));
        }
    }

    /// The counts. Products without an offer stand with those of unknown price, unless a price was asked: then they fail
    /// in more than the price.
    pub fn finish(mut self, is_price_asked: bool) -> Counts {
        let sets = self.columns.kinds().sets();
        for (set, rows) in sets.iter().zip(&self.sets).filter(|(_, rows)| **rows > 0) {
            add(&mut self.counts.certificate, *set, *rows);
        }
        let unoffered = self.counts.price.get_mut(NO_OFFER).map(std::mem::take).unwrap_or_default();
        if let Some(unknown) = self.counts.price.get_mut(usize::from(NO_PRICE)).filter(|_| !is_price_asked) {
            *unknown += unoffered;
        }
        self.counts
    }
}

fn add(counts: &mut [u32; 64], kinds: u64, rows: u32) {
    ones(kinds).for_each(|kind| counts.get_mut(kind).into_iter().for_each(|count| *count += rows));
}

/// Hands each row's value to `take`.
#[inline]
fn each<T: Copy>(column: &[T], rows: &[u32], mut take: impl FnMut(T)) {
    for row in rows {
        if let Some(value) = column.get(*row as usize) {
            take(*value);
        }
    }
}
