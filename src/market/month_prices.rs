//! The lowest price of a product in each month, where its offers do not all supply in the same months.
//!
//! What all offers of a product have together stands in columns. Where one of them must have both the month and the price,
//! that says too much; but who asks about one month needs no more than what it costs least then, and mostly no more than the
//! bucket of that. So much is kept beside each other for all such products, whose offers lie anywhere.

use super::facet::ones;
use super::record::MonthBits;
use super::rowset::{Bits, RowSet};
use fearless_simd::{Level, dispatch};

/// Bits of a month.
const WIDTH: usize = 4;
/// The bits of a month in which no offer supplies: above all buckets.
const NOBODY: u64 = 0xF;
/// Bytes that hold all months.
const BYTES: usize = 12 * WIDTH / 8;

/// The bucket of the lowest price that everybody sees, of the offers that supply in a month, for each month of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthPrices(u64);

impl MonthPrices {
    /// No offer in any month.
    pub const NONE: Self = Self((1 << (12 * WIDTH)) - 1);

    /// With an offer more that supplies in `months` at a price in `bucket`.
    #[must_use]
    pub fn with(self, months: MonthBits, bucket: u8) -> Self {
        let lower = |all: u64, month: usize| {
            let known = all >> (month * WIDTH) & NOBODY;
            all ^ (known ^ known.min(bucket.into())) << (month * WIDTH)
        };
        Self(ones(months.into()).filter(|month| *month < 12).fold(self.0, lower))
    }

    /// The bucket of a month of the year, 0 to 11; nothing where no offer supplies.
    #[inline]
    pub fn in_month(self, month: u32) -> Option<u8> {
        let bucket = self.0 >> (month as usize % 12 * WIDTH) & NOBODY;
        u8::try_from(bucket).ok().filter(|_| bucket != NOBODY)
    }

    /// The months whose bucket is below `bucket`, and those that lie in it.
    #[inline]
    pub fn up_to(self, bucket: u8) -> (MonthBits, MonthBits) {
        let (mut below, mut inside, bucket) = (0, 0, u64::from(bucket));
        for month in 0..12 {
            let own = self.0 >> (month * WIDTH) & NOBODY;
            below |= MonthBits::from(own < bucket) << month;
            inside |= MonthBits::from(own == bucket) << month;
        }
        (below, inside)
    }

    fn packed(self) -> [u8; BYTES] {
        let [first, second, third, fourth, fifth, sixth, ..] = self.0.to_le_bytes();
        [first, second, third, fourth, fifth, sixth]
    }

    #[inline]
    fn unpacked([first, second, third, fourth, fifth, sixth]: [u8; BYTES]) -> Self {
        Self(u64::from_le_bytes([first, second, third, fourth, fifth, sixth, 0, 0]))
    }
}

/// The rows whose offers supply in different months, with what each costs least in every month.
#[derive(Debug, Clone, Default)]
pub struct Mixed {
    rows: RowSet,
    /// By chunk of the rows, in their order.
    prices: Vec<Vec<[u8; BYTES]>>,
}

impl Mixed {
    /// The rows.
    pub fn rows(&self) -> &RowSet {
        &self.rows
    }

    /// What `row` costs; nothing where it is not one of them.
    #[inline]
    pub fn get(&self, row: u32) -> Option<MonthPrices> {
        let (chunk, place, is_in) = dispatch!(Level::new(), _ => self.rows.place(row));
        if is_in { self.prices.get(chunk)?.get(place).copied().map(MonthPrices::unpacked) } else { None }
    }

    /// Puts `row` in, or notes other prices of it.
    pub fn put(&mut self, row: u32, prices: MonthPrices) {
        let (chunk, place, is_in) = self.rows.place(row);
        if self.prices.len() <= chunk {
            self.prices.resize(chunk + 1, Vec::new());
        }
        let Some(of_chunk) = self.prices.get_mut(chunk) else { return };
        if let Some(known) = of_chunk.get_mut(place).filter(|_| is_in) {
            *known = prices.packed();
        } else {
            of_chunk.insert(place.min(of_chunk.len()), prices.packed());
            self.rows.insert(row);
        }
    }

    /// Takes `row` out.
    pub fn remove(&mut self, row: u32) {
        let (chunk, place, is_in) = self.rows.place(row);
        if is_in && let Some(of_chunk) = self.prices.get_mut(chunk).filter(|of_chunk| place < of_chunk.len()) {
            of_chunk.remove(place);
            self.rows.remove(row);
        }
    }

    /// Hands those of `rows` that are among them to `take`, with their prices.
    #[inline]
    pub fn each_of(&self, rows: &Bits<'_>, mut take: impl FnMut(u32, MonthPrices)) {
        dispatch!(Level::new(), _ => self.hand_over(rows, &mut take));
    }

    #[expect(clippy::inline_always, reason = "what is not inlined is compiled without the wide instructions")]
    #[inline(always)]
    fn hand_over(&self, rows: &Bits<'_>, take: &mut impl FnMut(u32, MonthPrices)) {
        for (chunk, words) in rows.chunks() {
            let Some(prices) = self.prices.get(chunk) else { continue };
            self.rows.each_common(chunk, words, |row, place| {
                if let Some(prices) = prices.get(place) {
                    take(row, MonthPrices::unpacked(*prices));
                }
            });
        }
    }

    /// Gives back what it has grown beyond what it holds.
    pub fn shrink(&mut self) {
        self.rows.shrink();
        self.prices.iter_mut().for_each(Vec::shrink_to_fit);
        self.prices.shrink_to_fit();
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        let prices: usize = self.prices.iter().map(|prices| prices.capacity() * BYTES).sum();
        self.rows.bytes() + self.prices.capacity() * size_of::<Vec<[u8; BYTES]>>() + prices
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_month_costs_what_the_cheapest_offer_in_it_does() {
        let spring_dear_and_march_cheap = MonthPrices::NONE.with(0b111, 5).with(0b1100, 2).with(0b10, 7);
        assert_eq!([0, 1, 2, 3, 4].map(|month| spring_dear_and_march_cheap.in_month(month)), [Some(5), Some(5), Some(2), Some(2), None]);
        assert_eq!(spring_dear_and_march_cheap.up_to(5), (0b1100, 0b11));
        assert_eq!(spring_dear_and_march_cheap.up_to(9), (0b1111, 0));
        assert_eq!(MonthPrices::NONE.up_to(9), (0, 0));
    }

    proptest! {
        // Against a map; the rows lie in three chunks, of which one has many.
        #[test]
        fn each_row_has_the_prices_that_were_put_last(
            many in 0..2_000_u32, steps in prop::collection::vec((prop_oneof![0..40_u32, 4_000..4_200_u32, 8_192..8_200_u32], prop::option::weighted(0.7, (0..0x1000_u16, 0..10_u8))), 0..60),
            asked in prop::collection::btree_set(0..9_000_u32, 0..300),
        ) {
            let (mut mixed, mut expected) = (Mixed::default(), BTreeMap::new());
            let all = (0..many).map(|at| (4_096 + at * 2, Some((0x0FF, u8::try_from(at % 10).unwrap())))).chain(steps);
            for (row, now) in all {
                if let Some((months, bucket)) = now {
                    mixed.put(row, MonthPrices::NONE.with(months, bucket));
                    expected.insert(row, MonthPrices::NONE.with(months, bucket));
                } else {
                    mixed.remove(row);
                    expected.remove(&row);
                }
            }
            prop_assert_eq!(mixed.rows().len(), expected.len() as u64);
            let mut rows = Bits::none(9_000);
            for row in &asked {
                rows.insert(*row);
            }
            let mut found = Vec::new();
            mixed.each_of(&rows, |row, prices| found.push((row, prices)));
            let chosen = expected.iter().filter(|(row, _)| asked.contains(row));
            prop_assert_eq!(found, chosen.map(|(row, prices)| (*row, *prices)).collect::<Vec<_>>());
            for row in asked {
                prop_assert_eq!(mixed.get(row), expected.get(&row).copied());
            }
        }
    }
}
