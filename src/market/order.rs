//! Rows kept in an order, in pieces: where a filter lets many rows pass, the first twenty are found by walking.

use super::record::Id;
use std::cmp::Ordering;

/// Rows of a piece at most; a full one is divided.
const PIECE: usize = 1_024;

/// What rows are sorted by: a key, then the id.
pub type SortKey = (u64, Id);

/// Rows in the order of their keys. The keys stand elsewhere, and must not change while their row is in.
#[derive(Debug, Clone)]
pub struct Order {
    rows: Rows,
}

/// The rows in three bytes each, as long as their numbers fit: the orders of a register have each row four times.
#[derive(Debug, Clone)]
enum Rows {
    Short(Pieces<Short>),
    Long(Pieces<u32>),
}

/// A row number as it is kept.
trait Number: Copy {
    fn of(row: u32) -> Self;
    fn row(self) -> u32;
}

impl Number for u32 {
    fn of(row: u32) -> Self {
        row
    }

    #[inline]
    fn row(self) -> u32 {
        self
    }
}

/// A row number below [`TOO_LONG`].
#[derive(Debug, Clone, Copy)]
struct Short([u8; 3]);

/// The first row number that three bytes do not hold.
const TOO_LONG: u32 = 1 << 24;

impl Number for Short {
    fn of(row: u32) -> Self {
        let [first, second, third, _] = row.to_le_bytes();
        Self([first, second, third])
    }

    #[inline]
    fn row(self) -> u32 {
        let Self([first, second, third]) = self;
        u32::from_le_bytes([first, second, third, 0])
    }
}

#[derive(Debug, Clone, Default)]
struct Pieces<R>(Vec<Vec<R>>);

impl Default for Order {
    fn default() -> Self {
        Self { rows: Rows::Short(Pieces(Vec::new())) }
    }
}

impl Order {
    /// All of `rows`, which come in the order of their ids, sorted; `key` is the first part of their keys.
    pub fn build(rows: impl Iterator<Item = u32>, key: impl Fn(u32) -> u64) -> Self {
        let mut keyed: Vec<(u64, u32)> = rows.map(|row| (key(row), row)).collect();
        // Those of one key stay in the order in which they came.
        keyed.sort_by_key(|(key, _)| *key);
        let is_long = keyed.iter().any(|(_, row)| *row >= TOO_LONG);
        Self { rows: if is_long { Rows::Long(Pieces::of(&keyed)) } else { Rows::Short(Pieces::of(&keyed)) } }
    }

    /// Puts `row` in its place.
    pub fn insert(&mut self, row: u32, key: impl Fn(u32) -> SortKey) {
        if let Rows::Short(pieces) = &self.rows
            && row >= TOO_LONG
        {
            self.rows = Rows::Long(pieces.longer());
        }
        match &mut self.rows {
            Rows::Short(pieces) => pieces.insert(row, key),
            Rows::Long(pieces) => pieces.insert(row, key),
        }
    }

    /// Takes `row` out; its key must still be the one with which it came in.
    pub fn remove(&mut self, row: u32, key: impl Fn(u32) -> SortKey) {
        match &mut self.rows {
            Rows::Short(pieces) => pieces.remove(row, key),
            Rows::Long(pieces) => pieces.remove(row, key),
        }
    }

    /// The rows after `after`, in order.
    pub fn after(&self, after: Option<SortKey>, key: impl Fn(u32) -> SortKey) -> impl Iterator<Item = u32> {
        let (short, long) = match &self.rows {
            Rows::Short(pieces) => (Some(pieces.after(after, key)), None),
            Rows::Long(pieces) => (None, Some(pieces.after(after, key))),
        };
        short.into_iter().flatten().chain(long.into_iter().flatten())
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Short(Pieces(pieces)) => pieces.iter().map(Vec::len).sum(),
            Rows::Long(Pieces(pieces)) => pieces.iter().map(Vec::len).sum(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        match &self.rows {
            Rows::Short(pieces) => pieces.bytes(),
            Rows::Long(pieces) => pieces.bytes(),
        }
    }
}

impl<R: Number> Pieces<R> {
    fn of(keyed: &[(u64, u32)]) -> Self {
        // Half full, so that most insertions divide nothing.
        Self(keyed.chunks(PIECE / 4 * 3).map(|piece| piece.iter().map(|(_, row)| R::of(*row)).collect()).collect())
    }

    fn longer(&self) -> Pieces<u32> {
        Pieces(self.0.iter().map(|piece| piece.iter().map(|row| row.row()).collect()).collect())
    }

    fn insert(&mut self, row: u32, key: impl Fn(u32) -> SortKey) {
        let wanted = key(row);
        let at = self.piece_of(wanted, &key);
        let Some(piece) = self.0.get_mut(at) else {
            self.0.push(vec![R::of(row)]);
            return;
        };
        let place = piece.partition_point(|other| key(other.row()) < wanted);
        piece.insert(place, R::of(row));
        if piece.len() > PIECE {
            let rest = piece.split_off(PIECE / 2);
            self.0.insert(at + 1, rest);
        }
    }

    fn remove(&mut self, row: u32, key: impl Fn(u32) -> SortKey) {
        let wanted = key(row);
        let at = self.piece_of(wanted, &key);
        let Some(piece) = self.0.get_mut(at) else { return };
        let place = piece.partition_point(|other| key(other.row()) < wanted);
        if piece.get(place).is_some_and(|other| other.row() == row) {
            piece.remove(place);
        }
        if piece.is_empty() {
            self.0.remove(at);
        }
    }

    /// The piece in which `wanted` belongs: the first that ends at or after it, else the last.
    fn piece_of(&self, wanted: SortKey, key: impl Fn(u32) -> SortKey) -> usize {
        let ends_before = |piece: &Vec<R>| piece.last().is_some_and(|last| key(last.row()).cmp(&wanted) == Ordering::Less);
        self.0.partition_point(ends_before).min(self.0.len().saturating_sub(1))
    }

    fn after(&self, after: Option<SortKey>, key: impl Fn(u32) -> SortKey) -> impl Iterator<Item = u32> {
        let (first, skip) = match after {
            None => (0, 0),
            Some(after) => {
                let is_past = |piece: &Vec<R>| piece.last().is_some_and(|last| key(last.row()) <= after);
                let first = self.0.partition_point(is_past);
                (first, self.0.get(first).map_or(0, |piece| piece.partition_point(|row| key(row.row()) <= after)))
            }
        };
        self.0.iter().skip(first).flatten().skip(skip).map(|row| row.row())
    }

    fn bytes(&self) -> usize {
        let Self(pieces) = self;
        pieces.capacity() * size_of::<Vec<R>>() + pieces.iter().map(|piece| piece.capacity() * size_of::<R>()).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // Against a sorted list.
        #[test]
        fn rows_stand_in_the_order_of_their_keys(keys in prop::collection::vec(0_u64..50, 1..3000), removed in prop::collection::vec(any::<prop::sample::Index>(), 0..500), after in 0_u64..50, first in prop::sample::select(vec![0, TOO_LONG - 1_000, TOO_LONG])) {
            let key = |row: u32| (keys[(row - first) as usize], Id(u128::from(row)));
            let half = first + u32::try_from(keys.len() / 2).unwrap();
            let all = first + u32::try_from(keys.len()).unwrap();
            let mut order = Order::build(first..half, |row| key(row).0);
            (half..all).for_each(|row| order.insert(row, key));
            let mut expected: Vec<u32> = (first..all).collect();
            for index in removed {
                let row = expected[index.index(expected.len())];
                order.remove(row, key);
                expected.retain(|other| *other != row);
                if expected.is_empty() { break; }
            }
            expected.sort_by_key(|row| key(*row));
            prop_assert_eq!(order.after(None, key).collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!(order.len(), expected.len());
            let bound = (after, Id(u128::from(first) + 7));
            expected.retain(|row| key(*row) > bound);
            prop_assert_eq!(order.after(Some(bound), key).collect::<Vec<_>>(), expected);
        }
    }
}
