//! Counting rows by facet, one dimension after the other: each reads one column.

use crate::market::facet::{Counts, Dimension, Entry, NO_PRICE, Seen, ones};
use crate::market::facts::{FactColumns, GROUP, KIND, KIND_SHIFT, MONTHS, PLACE, SET_SHIFT, SLOT, STARS};
use crate::market::pairs::NO_OFFER;
use crate::market::record::MonthBits;

/// Rows that are handed over at once at most: months are summed up in bytes.
pub(super) const MANY: usize = 255;
/// From so many rows at once on sets of certificates are counted by their number first.
const MANY_SETS: usize = 24;

/// For each six months, one bit each, a byte each.
#[expect(clippy::indexing_slicing, reason = "worked out by the compiler")]
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

    /// Which prices are counted.
    pub fn seen(&self) -> Seen {
        self.seen
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

    /// Counts one row by those of `dimensions` that are of its offers, whatever the columns say.
    pub fn count_entry(&mut self, entry: &Entry, dimensions: u8) {
        if dimensions & Dimension::Month.bit() != 0 {
            self.count_months(entry.months);
        }
        if dimensions & Dimension::Price.bit() != 0 {
            self.count_price(entry.facet.price(self.seen));
        }
    }

    /// The same by the months and the bucket of the lowest price of those of its offers that count.
    #[inline]
    pub fn count_of_offers(&mut self, months: Option<MonthBits>, bucket: Option<u8>, dimensions: u8) {
        if let Some(months) = months.filter(|_| dimensions & Dimension::Month.bit() != 0) {
            self.count_months(months);
        }
        if let Some(bucket) = bucket.filter(|_| dimensions & Dimension::Price.bit() != 0) {
            self.count_price(usize::from(bucket));
        }
    }

    #[inline]
    fn count_months(&mut self, months: MonthBits) {
        for (month, count) in self.counts.month.iter_mut().enumerate() {
            *count += u32::from(months >> month & 1);
        }
    }

    #[inline]
    fn count_price(&mut self, bucket: usize) {
        self.counts.price.get_mut(bucket).into_iter().for_each(|count| *count += 1);
    }

    /// Counts `rows`, [`MANY`] at most, by one dimension.
    pub fn count(&mut self, dimension: Dimension, rows: &[u32]) {
        let (columns, counts, seen) = (self.columns, &mut self.counts, self.seen);
        match dimension {
            Dimension::Province => {
                in_runs(columns.places(), rows, |place| place & PLACE, |place, rows| plus(&mut counts.province, place, rows));
            }
            Dimension::Group => in_runs(columns.groups(), rows, |group| group & GROUP, |group, rows| plus(&mut counts.group, group, rows)),
            Dimension::Stars => in_lanes(columns.ranks(), rows, |rank| rank & STARS, &mut counts.stars),
            Dimension::ProducerKind => in_lanes(columns.ranks(), rows, |rank| rank >> KIND_SHIFT & KIND, &mut counts.kind),
            Dimension::Price => in_lanes(columns.price_slots(seen), rows, |slot| slot & SLOT, &mut counts.price),
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
            in_runs(
                self.columns.months(),
                rows,
                |word| word >> SET_SHIFT,
                |set, rows| {
                    sets.get_mut(set as usize).into_iter().for_each(|count| *count += rows);
                },
            );
        }
    }

    /// The counts. Products without an offer stand with those of unknown price.
    pub fn finish(mut self) -> Counts {
        let sets = self.columns.kinds().sets();
        for (set, rows) in sets.iter().zip(&self.sets).filter(|(_, rows)| **rows > 0) {
            add(&mut self.counts.certificate, *set, *rows);
        }
        let unoffered = self.counts.price.get_mut(NO_OFFER).map(std::mem::take).unwrap_or_default();
        if let Some(unknown) = self.counts.price.get_mut(usize::from(NO_PRICE)) {
            *unknown += unoffered;
        }
        self.counts
    }
}

fn add(counts: &mut [u32; 64], kinds: u64, rows: u32) {
    ones(kinds).for_each(|kind| counts.get_mut(kind).into_iter().for_each(|count| *count += rows));
}

fn plus(counts: &mut [u32], at: u8, rows: u32) {
    counts.get_mut(usize::from(at)).into_iter().for_each(|count| *count += rows);
}

/// Hands each value to `take` with how many rows have it one after the other: neighbours are mostly of one group and
/// place, and of one producer. Adding one to the same count again and again would wait for the sum before.
#[inline]
fn in_runs<T: Copy, V: Copy + PartialEq>(column: &[T], rows: &[u32], value: impl Fn(T) -> V, mut take: impl FnMut(V, u32)) {
    let mut run: Option<(V, u32)> = None;
    each(column, rows, |cell| {
        let found = value(cell);
        match &mut run {
            Some((last, rows)) if *last == found => *rows += 1,
            _ => {
                if let Some((last, rows)) = run.replace((found, 1)) {
                    take(last, rows);
                }
            }
        }
    });
    if let Some((last, rows)) = run {
        take(last, rows);
    }
}

/// Counts values below sixteen, in turn into one of four tables: few values come again at once, and each would wait for
/// the sum before.
#[inline]
#[expect(clippy::indexing_slicing, reason = "every index is masked to its table's size")]
fn in_lanes(column: &[u8], rows: &[u32], value: impl Fn(u8) -> u8, counts: &mut [u32]) {
    let mut lanes = [[0_u32; 16]; 4];
    let mut lane = 0;
    each(column, rows, |cell| {
        lanes[lane & 3][usize::from(value(cell) & 0xF)] += 1;
        lane += 1;
    });
    for lane in lanes {
        counts.iter_mut().zip(lane).for_each(|(count, more)| *count += more);
    }
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
