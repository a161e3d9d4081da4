//! Counting sets of rows that all pass: nothing is judged, only what is counted is read.
//!
//! Chunk by chunk: where a set has many rows of one, the rows that it has in common with each value's set are counted in
//! words of bits; where it has few, each row is looked at.

use super::tally::{MANY, Tally};
use crate::market::facet::{Dimension, Seen};
use crate::market::products::{Bitmaps, Products};
use crate::market::rowset::{Bits, NO_ROWS, RowSet, Words, rows_of_chunk};
use fearless_simd::{Level, dispatch};

/// From so many rows of a chunk on its words are quicker than its rows: each value takes about as long as so many.
const ROWS_A_VALUE: usize = 12;
/// The same for units and groups, however many: neighbours have few of them.
const ROWS_OF_NEIGHBOURS: usize = 300;

/// A dimension with its values that some product has, by their places in the counts.
struct Counted<'a> {
    dimension: Dimension,
    values: Vec<(usize, &'a RowSet)>,
    /// Rows of a chunk from which on words are quicker.
    many: usize,
}

impl<'a> Counted<'a> {
    fn new(dimension: Dimension, products: &'a Products, seen: Seen) -> Self {
        let values = values(products.bitmaps(), dimension, seen);
        let many = match dimension {
            Dimension::Province | Dimension::Group => ROWS_OF_NEIGHBOURS,
            _ => values.len() * ROWS_A_VALUE,
        };
        Self { dimension, values, many }
    }
}

/// Counts `dimensions` of `rows`.
pub(super) fn walk(products: &Products, tally: &mut Tally<'_>, rows: &Bits<'_>, dimensions: u8) {
    let counted = counted(products, tally.seen(), dimensions);
    dispatch!(Level::new(), _ => count(tally, rows, &counted, None::<&mut fn(u32)>));
}

/// Counts `dimensions` of `rows` and shows each row to `visit`.
pub(super) fn walk_and_visit(products: &Products, tally: &mut Tally<'_>, rows: &Bits<'_>, dimensions: u8, mut visit: impl FnMut(u32)) {
    let counted = counted(products, tally.seen(), dimensions);
    dispatch!(Level::new(), _ => count(tally, rows, &counted, Some(&mut visit)));
}

fn counted(products: &Products, seen: Seen, dimensions: u8) -> Vec<Counted<'_>> {
    let asked = Dimension::ALL.into_iter().filter(|dimension| dimensions & dimension.bit() != 0);
    asked.map(|dimension| Counted::new(dimension, products, seen)).collect()
}

#[expect(clippy::inline_always, reason = "what is not inlined is compiled without the wide instructions")]
#[inline(always)]
fn count(tally: &mut Tally<'_>, rows: &Bits<'_>, counted: &[Counted<'_>], mut visit: Option<&mut impl FnMut(u32)>) {
    let mut room = NO_ROWS;
    for (chunk, words) in rows.chunks() {
        let length = words.iter().map(|word| word.count_ones()).sum::<u32>() as usize;
        for counted in counted.iter().filter(|counted| length > counted.many) {
            in_words(tally, counted, chunk, words);
        }
        let by_row = || counted.iter().filter(|counted| length <= counted.many);
        if length == 0 || visit.is_none() && by_row().next().is_none() {
            continue;
        }
        let listed = rows_of_chunk(chunk, words, &mut room);
        for counted in by_row() {
            listed.chunks(MANY).for_each(|rows| tally.count(counted.dimension, rows));
        }
        if let Some(visit) = &mut visit {
            listed.iter().for_each(|row| visit(*row));
        }
    }
}

#[expect(clippy::inline_always, reason = "what is not inlined is compiled without the wide instructions")]
#[inline(always)]
fn in_words(tally: &mut Tally<'_>, Counted { dimension, values, .. }: &Counted<'_>, chunk: usize, words: &Words) {
    let counts = tally.counts().of_mut(*dimension);
    for (value, set) in values {
        let common = set.common(chunk, words);
        counts.get_mut(*value).into_iter().for_each(|count| *count += common);
    }
}

/// The values of a dimension that some product has, by their places in the counts.
fn values(bitmaps: &Bitmaps, dimension: Dimension, seen: Seen) -> Vec<(usize, &RowSet)> {
    let sets = match dimension {
        Dimension::Province => &bitmaps.province,
        Dimension::Group => &bitmaps.group,
        Dimension::Stars => &bitmaps.stars,
        Dimension::Certificate => &bitmaps.certificate,
        Dimension::ProducerKind => &bitmaps.kind,
        Dimension::Month => &bitmaps.month,
        Dimension::Price => bitmaps.price(seen),
    };
    sets.iter().enumerate().filter(|(_, set)| !set.is_empty()).collect()
}
