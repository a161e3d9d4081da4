//! The orders that are kept of products.
//!
//! Many products have the last of all keys: no price that everybody sees, no quantity, no stars. Those come by their ids, as
//! the order of the newest has them backwards: they stand in no other.

use super::facet::{Facet, UNKNOWN_PRICE};
use super::facts::Facts;
use super::order::{Order, SortKey};
use super::record::Id;

/// The orders that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Lowest price that everybody sees first.
    Price,
    /// Largest quantity first.
    Quantity,
    /// Most stars first.
    Stars,
    /// Newest first.
    Newest,
}

impl Kept {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Price, Self::Quantity, Self::Stars, Self::Newest];

    /// The key of a product with this id and these facts; the smallest comes first.
    pub fn key(self, id: Id, facts: &Facts) -> SortKey {
        let [public_price, ..] = facts.prices;
        let first = match self {
            Self::Price => u64::from(public_price),
            Self::Quantity => u64::MAX - facts.quantity.unsigned_abs(),
            Self::Stars => after_stars(facts.facet),
            Self::Newest => newest(id),
        };
        (first, id)
    }

    /// The first part of the keys of those that stand in this order by their ids alone, behind all others.
    fn last(self) -> Option<u64> {
        match self {
            Self::Price => Some(u64::from(UNKNOWN_PRICE)),
            Self::Quantity => Some(u64::MAX),
            Self::Stars => Some(3),
            Self::Newest => None,
        }
    }
}

/// A key that puts most stars first.
pub(super) fn after_stars(facet: Facet) -> u64 {
    3 - u64::try_from(facet.star_step()).unwrap_or(0)
}

/// A key that puts later ids first, to the millisecond.
pub fn newest(id: Id) -> u64 {
    u64::MAX - u64::try_from(id.0 >> 80).unwrap_or(u64::MAX)
}

/// The rows that are shown in all orders.
#[derive(Debug, Clone, Default)]
pub struct Orders([Order; 4]);

impl Orders {
    /// Those of the rows that have facts.
    pub fn of(ids: &[Id], by_row: &[Option<Facts>]) -> Self {
        let known = |row: u32| Some((*ids.get(row as usize)?, by_row.get(row as usize)?.as_ref()?));
        let mut rows: Vec<(u64, u32)> =
            (0_u32..).zip(ids).filter(|(row, _)| known(*row).is_some()).map(|(row, id)| (time(*id), row)).collect();
        // Nearly all ids differ in their first half already.
        rows.sort_unstable_by(|(time, row), (other_time, other)| {
            time.cmp(other_time).then_with(|| known(*row).map(|(id, _)| id).cmp(&known(*other).map(|(id, _)| id)))
        });
        Self(Kept::ALL.map(|kept| {
            let keyed = rows.iter().filter_map(|(_, row)| known(*row).map(|(id, facts)| (kept.key(id, facts).0, *row)));
            Order::build(keyed.filter(|(first, _)| Some(*first) != kept.last()))
        }))
    }

    /// Puts `row` in its place in those orders in which it `moves`.
    pub fn insert(&mut self, row: u32, moves: [bool; 4], key: impl Fn(Kept, u32) -> SortKey) {
        self.each(row, moves, &key, |kept, order| order.insert(row, |row| key(kept, row)));
    }

    /// Takes `row` out of those orders in which it `moves`; its keys must still be those with which it came in.
    pub fn remove(&mut self, row: u32, moves: [bool; 4], key: impl Fn(Kept, u32) -> SortKey) {
        self.each(row, moves, &key, |kept, order| order.remove(row, |row| key(kept, row)));
    }

    /// Those orders in which `row` `moves` and has a place of its own.
    fn each(&mut self, row: u32, moves: [bool; 4], key: &impl Fn(Kept, u32) -> SortKey, mut change: impl FnMut(Kept, &mut Order)) {
        for ((kept, order), _) in Kept::ALL.into_iter().zip(&mut self.0).zip(moves).filter(|(_, moves)| *moves) {
            if kept.last() != Some(key(kept, row).0) {
                change(kept, order);
            }
        }
    }

    /// The rows in an order, those after `after`.
    pub fn after(&self, kept: Kept, after: Option<SortKey>, key: impl Fn(Kept, u32) -> SortKey + Copy) -> impl Iterator<Item = u32> {
        let Self([price, quantity, stars, by_time]) = self;
        let order = match kept {
            Kept::Price => price,
            Kept::Quantity => quantity,
            Kept::Stars => stars,
            Kept::Newest => by_time,
        };
        let own = order.after(after, move |row| key(kept, row));
        let last = kept.last().filter(|last| after.is_none_or(|(first, _)| first <= *last));
        let by_ids = last.map(|last| {
            let after = after.filter(|(first, _)| *first == last).map(|(_, id)| (newest(id), id));
            let is_last = move |row: &u32| key(kept, *row).0 == last;
            by_time.by_ids(after, move |row| key(Kept::Newest, row)).filter(is_last)
        });
        own.chain(by_ids.into_iter().flatten())
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(Order::bytes).sum()
    }
}

/// The first half of an id.
fn time(id: Id) -> u64 {
    u64::try_from(id.0 >> 64).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::facet::Parts;
    use proptest::prelude::*;

    fn facts() -> impl Strategy<Value = Facts> {
        let price = prop_oneof![Just(UNKNOWN_PRICE), 0..4_u32];
        (price, prop_oneof![Just(0_i64), 1..4_i64], prop::sample::select(vec![0_u8, 3, 4, 5])).prop_map(|(price, quantity, stars)| Facts {
            facet: Facet::from(Parts { stars, ..Parts::default() }),
            quantity,
            prices: [price, price, price],
            ..Facts::default()
        })
    }

    proptest! {
        // Against sorting all keys; some rows stand there from the start, some come, some go.
        #[test]
        fn rows_come_in_each_order_from_any_of_them_on(
            mut all in prop::collection::vec(prop::option::of(facts()), 1..60), time in prop::sample::select(vec![1_u128, 3, 100]),
            changes in prop::collection::vec((any::<prop::sample::Index>(), prop::option::of(facts())), 0..20),
        ) {
            // In an order that is not theirs, some of one millisecond.
            let ids: Vec<Id> = (0..all.len() as u128).map(|row| Id(((row * 37 % 61 / time) << 80) | row)).collect();
            let mut orders = Orders::of(&ids, &all);
            for (row, now) in changes {
                let at = row.index(all.len());
                let row = u32::try_from(at).unwrap();
                let key = |all: &[Option<Facts>], kept: Kept, row: u32| kept.key(ids[row as usize], &all[row as usize].unwrap_or_default());
                if all[at].is_some() {
                    orders.remove(row, [true; 4], |kept, row| key(&all, kept, row));
                }
                all[at] = now;
                if now.is_some() {
                    orders.insert(row, [true; 4], |kept, row| key(&all, kept, row));
                }
            }
            for kept in Kept::ALL {
                let key = |kept: Kept, row: u32| kept.key(ids[row as usize], &all[row as usize].unwrap_or_default());
                let mut expected: Vec<u32> = (0_u32..).zip(&all).filter(|(_, facts)| facts.is_some()).map(|(row, _)| row).collect();
                expected.sort_by_key(|row| key(kept, *row));
                prop_assert_eq!(orders.after(kept, None, key).collect::<Vec<_>>(), expected.clone());
                for (at, row) in expected.iter().enumerate() {
                    prop_assert_eq!(orders.after(kept, Some(key(kept, *row)), key).collect::<Vec<_>>(), expected[at + 1..].to_vec());
                }
            }
        }
    }
}
