//! Rows kept in an order, in pieces: where a filter lets many rows pass, the first twenty are found by walking.

use super::record::Id;
use std::cmp::Ordering;

/// Rows of a piece at most; a full one is divided.
const PIECE: usize = 1_024;

/// What rows are sorted by: a key, then the id.
pub type SortKey = (u64, Id);

/// Rows in the order of their keys. The keys stand elsewhere, and must not change while their row is in.
#[derive(Debug, Clone, Default)]
pub struct Order {
    pieces: Vec<Vec<u32>>,
}

impl Order {
    /// All of `rows`, which come in the order of their ids, sorted; `key` is the first part of their keys.
    pub fn build(rows: impl Iterator<Item = u32>, key: impl Fn(u32) -> u64) -> Self {
        let mut keyed: Vec<(u64, u32)> = rows.map(|row| (key(row), row)).collect();
        // Those of one key stay in the order in which they came.
        keyed.sort_by_key(|(key, _)| *key);
        // Half full, so that most insertions divide nothing.
        let pieces = keyed.chunks(PIECE / 4 * 3).map(|piece| piece.iter().map(|(_, row)| *row).collect()).collect();
        Self { pieces }
    }

    /// Puts `row` in its place.
    pub fn insert(&mut self, row: u32, key: impl Fn(u32) -> SortKey) {
        let wanted = key(row);
        let at = self.piece_of(wanted, &key);
        let Some(piece) = self.pieces.get_mut(at) else {
            self.pieces.push(vec![row]);
            return;
        };
        let place = piece.partition_point(|other| key(*other) < wanted);
        piece.insert(place, row);
        if piece.len() > PIECE {
            let rest = piece.split_off(PIECE / 2);
            self.pieces.insert(at + 1, rest);
        }
    }

    /// Takes `row` out; its key must still be the one with which it came in.
    pub fn remove(&mut self, row: u32, key: impl Fn(u32) -> SortKey) {
        let wanted = key(row);
        let at = self.piece_of(wanted, &key);
        let Some(piece) = self.pieces.get_mut(at) else { return };
        let place = piece.partition_point(|other| key(*other) < wanted);
        if piece.get(place) == Some(&row) {
            piece.remove(place);
        }
        if piece.is_empty() {
            self.pieces.remove(at);
        }
    }

    /// The piece in which `wanted` belongs: the first that ends at or after it, else the last.
    fn piece_of(&self, wanted: SortKey, key: impl Fn(u32) -> SortKey) -> usize {
        let ends_before = |piece: &Vec<u32>| piece.last().is_some_and(|last| key(*last).cmp(&wanted) == Ordering::Less);
        self.pieces.partition_point(ends_before).min(self.pieces.len().saturating_sub(1))
    }

    /// The rows after `after`, in order.
    pub fn after(&self, after: Option<SortKey>, key: impl Fn(u32) -> SortKey) -> impl Iterator<Item = u32> {
        let (first, skip) = match after {
            None => (0, 0),
            Some(after) => {
                let is_past = |piece: &Vec<u32>| piece.last().is_some_and(|last| key(*last) <= after);
                let first = self.pieces.partition_point(is_past);
                (first, self.pieces.get(first).map_or(0, |piece| piece.partition_point(|row| key(*row) <= after)))
            }
        };
        self.pieces.iter().skip(first).flatten().skip(skip).copied()
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Bytes of memory, estimated.
    pub fn bytes(&self) -> usize {
        self.pieces.iter().map(|piece| piece.capacity() * 4 + 24).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // Against a sorted list.
        #[test]
        fn rows_stand_in_the_order_of_their_keys(keys in prop::collection::vec(0_u64..50, 1..3000), removed in prop::collection::vec(any::<prop::sample::Index>(), 0..500), after in 0_u64..50) {
            let key = |row: u32| (keys[row as usize], Id(u128::from(row)));
            let half = u32::try_from(keys.len() / 2).unwrap();
            let all = u32::try_from(keys.len()).unwrap();
            let mut order = Order::build(0..half, |row| key(row).0);
            (half..all).for_each(|row| order.insert(row, key));
            let mut expected: Vec<u32> = (0..all).collect();
            for index in removed {
                let row = expected[index.index(expected.len())];
                order.remove(row, key);
                expected.retain(|other| *other != row);
                if expected.is_empty() { break; }
            }
            expected.sort_by_key(|row| key(*row));
            prop_assert_eq!(order.after(None, key).collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!(order.len(), expected.len());
            let bound = (after, Id(7));
            expected.retain(|row| key(*row) > bound);
            prop_assert_eq!(order.after(Some(bound), key).collect::<Vec<_>>(), expected);
        }
    }
}
