//! Counting rows that all pass: nothing is judged, only what is counted is read.

use crate::market::facet::{Counts, Dimension, Entry, Seen, ones};
use crate::market::pairs::price_slot;
use crate::market::products::Products;
use crate::market::rowset::Bits;

/// Below so many rows months are counted one by one; above, by their combination first.
const MANY_ROWS: u64 = 4_096;

/// Counts `dimensions` of `rows` and shows each row to `visit`.
pub(super) fn walk(products: &Products, seen: Seen, rows: &Bits, dimensions: u8, counts: &mut Counts, visit: impl FnMut(u32, &Entry)) {
    let is_one = |dimension: Dimension| dimensions == dimension.bit();
    if dimensions == 0 {
        each(products, rows, |_| {}, visit);
    } else if is_one(Dimension::Province) {
        each(products, rows, |entry| add(&mut counts.province, entry.facet.province()), visit);
    } else if is_one(Dimension::Group) {
        each(products, rows, |entry| add(&mut counts.group, entry.facet.group()), visit);
    } else if is_one(Dimension::Stars) {
        each(products, rows, |entry| add(&mut counts.stars, entry.facet.star_step()), visit);
    } else {
        several(products, seen, rows, dimensions, counts, visit);
    }
}

/// Counts any dimensions.
fn several(products: &Products, seen: Seen, rows: &Bits, dimensions: u8, counts: &mut Counts, visit: impl FnMut(u32, &Entry)) {
    let asks = |dimension: Dimension| dimensions & dimension.bit() != 0;
    let [provinces, groups, stars, kinds] = [Dimension::Province, Dimension::Group, Dimension::Stars, Dimension::ProducerKind].map(asks);
    let [prices, certificates, months] = [Dimension::Price, Dimension::Certificate, Dimension::Month].map(asks);
    let mut by_months = if months && rows.len() > MANY_ROWS { vec![0_u32; 4_096] } else { Vec::new() };
    let count = |entry: &Entry| {
        let facet = entry.facet;
        if provinces {
            add(&mut counts.province, facet.province());
        }
        if groups {
            add(&mut counts.group, facet.group());
        }
        if stars {
            add(&mut counts.stars, facet.star_step());
        }
        if kinds {
            add(&mut counts.kind, facet.kind());
        }
        if prices {
            add(&mut counts.price, price_slot(facet, seen));
        }
        if certificates {
            ones(entry.certificates).for_each(|kind| add(&mut counts.certificate, kind));
        }
        if months {
            let months = entry.months & 0xFFF;
            if by_months.is_empty() {
                ones(u64::from(months)).for_each(|month| add(&mut counts.month, month));
            } else {
                add(&mut by_months, usize::from(months));
            }
        }
    };
    each(products, rows, count, visit);
    for (months, rows) in (0_u64..).zip(&by_months).filter(|(_, rows)| **rows > 0) {
        ones(months).for_each(|month| counts.month.get_mut(month).into_iter().for_each(|count| *count += rows));
    }
}

#[inline]
fn each(products: &Products, rows: &Bits, mut count: impl FnMut(&Entry), mut visit: impl FnMut(u32, &Entry)) {
    for row in rows.iter() {
        let Some(entry) = products.scanned(row) else { continue };
        count(&entry);
        visit(row, &entry);
    }
}

#[inline]
fn add(counts: &mut [u32], at: usize) {
    counts.get_mut(at).into_iter().for_each(|count| *count += 1);
}
