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
    dispatch!(Level::new(), _ => count(tally, rows, &counted, None::<&mut fn(&[u32])>));
}

/// Counts `dimensions` of `rows` and shows them to `visit`, some at a time.
pub(super) fn walk_and_visit(products: &Products, tally: &mut Tally<'_>, rows: &Bits<'_>, dimensions: u8, mut visit: impl FnMut(&[u32])) {
    let counted = counted(products, tally.seen(), dimensions);
    dispatch!(Level::new(), _ => count(tally, rows, &counted, Some(&mut visit)));
}

fn counted(products: &Products, seen: Seen, dimensions: u8) -> Vec<Counted<'_>> {
    let asked = Dimension::ALL.into_iter().filter(|dimension| dimensions & dimension.bit() != 0);
    asked.map(|dimension| Counted::new(dimension, products, seen)).collect()
}

#[expect(clippy::inline_always, reason = "what is not inlined is compiled without the wide instructions")]
#[inline(always)]
fn count(tally: &mut Tally<'_>, rows: &Bits<'_>, counted: &[Counted<'_>], mut visit: Option<&mut impl FnMut(&[u32])>) {
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
            visit(listed);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::facet::{Counts, Facet, NO_PRICE, Offered, Parts, SEEN, ones};
    use crate::market::facts::Facts;
    use crate::market::record::Id;
    use proptest::prelude::*;

    /// So many products of few values, each by chance, that chunks have from none to thousands of a set.
    fn products(rows: u32, seed: u64) -> Products {
        let mut products = Products::default();
        let mut state = seed;
        let mut chance = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        };
        let small = |value: u64| u8::try_from(value).unwrap();
        let facts: Vec<Option<Facts>> = (0..rows)
            .map(|row| {
                products.row_or_new(Id(u128::from(row) + 1));
                let is_offered = chance(3) > 0;
                let price = if is_offered { small(chance(10)) } else { NO_PRICE };
                let parts = Parts {
                    province: small(u64::from(row / 700) + chance(2)),
                    group: small(u64::from(row / 2_000) % 128),
                    stars: [0, 3, 4, 5][usize::from(small(chance(4)))],
                    kind: small(chance(4)),
                    prices: [price; SEEN],
                    offered: Offered::of(u8::from(is_offered)),
                    ..Parts::default()
                };
                let months = if is_offered { u16::try_from(chance(4_096)).unwrap() } else { 0 };
                Some(Facts { facet: Facet::from(parts), months, certificates: chance(8) | chance(2) << 63, ..Facts::default() })
            })
            .collect();
        products.set_all_facts(&facts);
        products
    }

    fn looked_at(products: &Products, rows: &[u32]) -> Counts {
        let mut counts = Counts::default();
        for facts in rows.iter().map(|row| products.facts(*row)) {
            counts.province[facts.facet.province()] += 1;
            counts.group[facts.facet.group()] += 1;
            counts.stars[facts.facet.star_step()] += 1;
            counts.kind[facts.facet.kind()] += 1;
            counts.price[facts.facet.price(Seen::Public)] += 1;
            ones(u64::from(facts.months)).for_each(|month| counts.month[month] += 1);
            ones(facts.certificates).for_each(|kind| counts.certificate[kind] += 1);
        }
        counts
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        // Against looking at each row, by words and by rows.
        #[test]
        fn rows_are_counted_whatever_way_is_quicker(rows in 1_u32..9_000, seed: u64, step in 1_u32..60, from in 0_u32..5_000) {
            let products = products(rows, seed);
            let chosen: Vec<u32> = (from.min(rows - 1)..rows).filter(|row| row % step == 0 || row % 97 < 5).collect();
            let mut set = Bits::none(rows);
            for row in &chosen {
                set.insert(*row);
            }
            let expected = looked_at(&products, &chosen);

            let mut tally = Tally::new(products.columns(), Seen::Public);
            walk(&products, &mut tally, &set, 0x7F);
            prop_assert_eq!(tally.finish(), expected.clone());

            let (mut tally, mut seen) = (Tally::new(products.columns(), Seen::Public), Vec::new());
            walk_and_visit(&products, &mut tally, &set, 0x7F, |rows| seen.extend_from_slice(rows));
            prop_assert_eq!((tally.finish(), &seen), (expected.clone(), &chosen));

            let mut tally = Tally::new(products.columns(), Seen::Public);
            chosen.chunks(MANY).for_each(|rows| tally.count_all(0x7F, rows));
            prop_assert_eq!(tally.finish(), expected);
        }
    }
}
