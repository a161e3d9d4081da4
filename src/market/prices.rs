//! The lowest prices of products as each [`Seen`] sees them: one column, and beside it the few that differ.
//!
//! Most products have one offer, whose price a caller sees or does not. A byte of the row says which; only where who sees
//! more sees a lower price than others do, several must be kept.

use super::facet::{SEEN, Seen, UNKNOWN_PRICE};
use super::facts::Column;
use super::upkeep::table_bytes;
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// The row has a price, but not for this [`Seen`].
const HIDDEN: u8 = 0x20;
/// The price for this [`Seen`] stands beside the column.
const BESIDE: u8 = 0x40;

/// The prices by row.
#[derive(Debug, Clone, Default)]
pub struct Prices {
    /// Of the prices that are known to some the one that most see, [`UNKNOWN_PRICE`] without any: whoever sees more sees
    /// none that is higher.
    column: Vec<u32>,
    /// Prices that are lower than that: what keys see, and what who sees all sees where that is another price yet.
    beside: [HashMap<u32, u32, RandomState>; 2],
}

impl Prices {
    /// What everybody's price is, if it is known at all; nobody's is higher.
    pub fn column(&self) -> &[u32] {
        &self.column
    }

    /// The price of `row` for `seen`; `of_row` is the byte of that which [`Prices::set`] has given bits for.
    #[inline]
    pub fn get(&self, row: u32, of_row: u8, seen: Seen) -> u32 {
        if Self::is_beside(of_row) {
            return self.beside(row, seen);
        }
        // Whether it is hidden comes at random: a branch for it would be foretold wrongly.
        let hidden = u32::from(of_row & HIDDEN != 0) * UNKNOWN_PRICE;
        self.column.get(row as usize).map_or(UNKNOWN_PRICE, |price| price | hidden)
    }

    fn beside(&self, row: u32, seen: Seen) -> u32 {
        let [of_keys, of_all] = &self.beside;
        let own = if seen == Seen::All { of_all.get(&row) } else { None };
        own.or_else(|| of_keys.get(&row)).copied().unwrap_or(UNKNOWN_PRICE)
    }

    /// Whether a byte says that the price stands beside the column.
    #[inline]
    pub fn is_beside(of_row: u8) -> bool {
        of_row & BESIDE != 0
    }

    /// A row more, without a price.
    pub fn push(&mut self) {
        self.column.push(UNKNOWN_PRICE);
    }

    /// Writes the prices of `row`; the bits to be kept for each [`Seen`].
    pub fn set(&mut self, row: u32, prices: [u32; SEEN]) -> [u8; SEEN] {
        let widest = prices.into_iter().find(|price| *price != UNKNOWN_PRICE).unwrap_or(UNKNOWN_PRICE);
        let bits = prices.map(|price| match price {
            _ if price == widest => 0,
            UNKNOWN_PRICE => HIDDEN,
            _ => BESIDE,
        });
        self.column.get_mut(row as usize).into_iter().for_each(|place| *place = widest);
        let [_, keys, all] = prices;
        let [_, keys_bits, all_bits] = bits;
        let lower = [(keys, keys_bits == BESIDE), (all, all_bits == BESIDE && all != keys)];
        for (beside, (price, is_lower)) in self.beside.iter_mut().zip(lower) {
            if is_lower {
                beside.insert(row, price);
            } else if !beside.is_empty() {
                beside.remove(&row);
            }
        }
        bits
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.column.capacity() * size_of::<u32>() + self.beside.iter().map(table_bytes).sum::<usize>()
    }
}

impl Column for Prices {
    fn make_room(&mut self, more: usize) {
        self.column.reserve(more);
    }

    fn give_back(&mut self) {
        self.column.shrink_to_fit();
        self.beside.iter_mut().for_each(HashMap::shrink_to_fit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is seen of up to three prices by who sees more and more of them.
    fn prices() -> impl Strategy<Value = [u32; SEEN]> {
        prop::array::uniform3(prop_oneof![Just(UNKNOWN_PRICE), 0..50_u32])
            .prop_map(|[public, keys, all]| [public, public.min(keys), public.min(keys).min(all)])
    }

    proptest! {
        // Against three numbers a row.
        #[test]
        fn prices_are_read_as_they_were_written(writes in prop::collection::vec((0..8_u32, prices()), 1..40), flags: u8) {
            let mut kept = Prices::default();
            let mut expected = [[UNKNOWN_PRICE; SEEN]; 8];
            let mut bits = [[0_u8; SEEN]; 8];
            for _ in &expected {
                kept.push();
            }
            for (row, prices) in writes {
                expected[row as usize] = prices;
                bits[row as usize] = kept.set(row, prices);
            }
            for (row, prices) in (0_u32..).zip(expected) {
                for (seen, price) in Seen::EACH.into_iter().zip(prices) {
                    let of_row = *seen.of(&bits[row as usize]) | flags & !(HIDDEN | BESIDE);
                    prop_assert_eq!(kept.get(row, of_row, seen), price);
                    let highest = kept.column()[row as usize];
                    prop_assert!(price == UNKNOWN_PRICE || price <= highest);
                    prop_assert_eq!(Prices::is_beside(of_row), price < highest);
                }
            }
            let lower = |other: u32, price: u32| other != UNKNOWN_PRICE && price < other;
            let of_keys = expected.iter().filter(|[public, keys, _]| lower(*public, *keys)).count();
            let of_all = expected.iter().filter(|[_, keys, all]| lower(*keys, *all)).count();
            prop_assert_eq!(kept.beside.each_ref().map(HashMap::len), [of_keys, of_all]);
        }
    }
}
