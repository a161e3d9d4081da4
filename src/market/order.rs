//! Rows kept in an order, in pieces: where a filter lets many rows pass, the first twenty are found by walking.

use super::numbers::{Number, Short, TOO_LONG};
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

#[derive(Debug, Clone, Default)]
struct Pieces<R>(Vec<Vec<R>>);

impl Default for Order {
    fn default() -> Self {
        Self { rows: Rows::Short(Pieces(Vec::new())) }
    }
}

impl Order {
    /// All rows with the first parts of their keys, which come in the order of their ids, sorted.
    pub fn build(keyed: impl Iterator<Item = (u64, u32)>) -> Self {
        let mut keyed: Vec<(u64, u32)> = keyed.collect();
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

    /// The rows by their ids, those after `after`: of rows in which later ids come first, those of one time by their ids.
    pub fn by_ids(&self, after: Option<SortKey>, key: impl Fn(u32) -> SortKey) -> impl Iterator<Item = u32> {
        let (short, long) = match &self.rows {
            Rows::Short(pieces) => (Some(pieces.by_ids(after, key)), None),
            Rows::Long(pieces) => (None, Some(pieces.by_ids(after, key))),
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

    /// Backwards from one run of rows with the same first part of the key to the one before; each run forwards.
    fn by_ids<K: Fn(u32) -> SortKey>(&self, after: Option<SortKey>, key: K) -> impl Iterator<Item = u32> + use<'_, R, K> {
        let last = (self.0.len(), 0);
        let mut runs = Runs { pieces: self, key, next: last, end: last, start: last };
        if let Some((first, Id(id))) = after {
            runs.start = runs.first_from((first, Id(0)));
            runs.end = first.checked_add(1).map_or(last, |later| runs.first_from((later, Id(0))));
            runs.next = id.checked_add(1).map_or(runs.end, |id| runs.first_from((first, Id(id))));
        }
        runs
    }

    fn bytes(&self) -> usize {
        let Self(pieces) = self;
        pieces.capacity() * size_of::<Vec<R>>() + pieces.iter().map(|piece| piece.capacity() * size_of::<R>()).sum::<usize>()
    }
}

/// Where a row stands: in which piece, and where in it. Behind the last row it is the first place of the next piece.
type At = (usize, usize);

/// Goes through the runs of rows with the same first part of the key.
struct Runs<'a, R, K> {
    pieces: &'a Pieces<R>,
    key: K,
    /// The next row of the run that is being walked, its end, and where it began.
    next: At,
    end: At,
    start: At,
}

impl<R: Number, K: Fn(u32) -> SortKey> Runs<'_, R, K> {
    fn row(&self, (piece, place): At) -> Option<u32> {
        self.pieces.0.get(piece)?.get(place).map(|row| row.row())
    }

    fn before(&self, (piece, place): At) -> Option<At> {
        match place.checked_sub(1) {
            Some(place) => Some((piece, place)),
            None => Some((piece.checked_sub(1)?, self.pieces.0.get(piece - 1)?.len().checked_sub(1)?)),
        }
    }

    fn behind(&self, (piece, place): At) -> At {
        let is_in_piece = self.pieces.0.get(piece).is_some_and(|rows| place + 1 < rows.len());
        if is_in_piece { (piece, place + 1) } else { (piece + 1, 0) }
    }

    /// Where the first row stands whose key is at least `wanted`.
    fn first_from(&self, wanted: SortKey) -> At {
        let Pieces(pieces) = self.pieces;
        let piece = pieces.partition_point(|piece| piece.last().is_some_and(|last| (self.key)(last.row()) < wanted));
        (piece, pieces.get(piece).map_or(0, |piece| piece.partition_point(|row| (self.key)(row.row()) < wanted)))
    }

    /// Where the run begins that ends at `end`.
    fn start_of(&self, end: At) -> Option<At> {
        /// So many rows are looked at before the pieces are searched.
        const STEPS: usize = 8;
        let mut start = self.before(end)?;
        let (first, _) = (self.key)(self.row(start)?);
        for _ in 0..STEPS {
            match self.before(start).filter(|place| self.row(*place).is_some_and(|row| (self.key)(row).0 == first)) {
                Some(place) => start = place,
                None => return Some(start),
            }
        }
        Some(self.first_from((first, Id(0))))
    }
}

impl<R: Number, K: Fn(u32) -> SortKey> Iterator for Runs<'_, R, K> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.next == self.end {
            self.end = self.start;
            self.start = self.start_of(self.end)?;
            self.next = self.start;
        }
        let row = self.row(self.next);
        self.next = self.behind(self.next);
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // Against a sorted list; few times, so that some have runs over several pieces.
        #[test]
        fn rows_come_by_their_ids_from_the_order_of_the_newest(times in prop::collection::vec(prop_oneof![3 => 0_u64..5, 1 => 0_u64..3_000], 1..4_000), after in 0_u64..3_000) {
            let ids: Vec<Id> = times.iter().zip(0_u128..).map(|(time, row)| Id((u128::from(*time) << 80) + row * 7)).collect();
            let key = |row: u32| (super::super::orders::newest(ids[row as usize]), ids[row as usize]);
            let mut rows: Vec<u32> = (0..u32::try_from(ids.len()).unwrap()).collect();
            rows.sort_by_key(|row| ids[*row as usize]);
            let order = Order::build(rows.iter().map(|row| (key(*row).0, *row)));
            prop_assert_eq!(order.by_ids(None, key).collect::<Vec<_>>(), rows.clone());
            for bound in [Id((u128::from(after) << 80) + 700), Id(u128::from(after) << 80)].into_iter().chain(ids.first().copied()) {
                let expected: Vec<u32> = rows.iter().copied().filter(|row| ids[*row as usize] > bound).collect();
                prop_assert_eq!(order.by_ids(Some((super::super::orders::newest(bound), bound)), key).collect::<Vec<_>>(), expected);
            }
        }

        // Against a sorted list.
        #[test]
        fn rows_stand_in_the_order_of_their_keys(keys in prop::collection::vec(0_u64..50, 1..3000), removed in prop::collection::vec(any::<prop::sample::Index>(), 0..500), after in 0_u64..50, first in prop::sample::select(vec![0, TOO_LONG - 1_000, TOO_LONG])) {
            let key = |row: u32| (keys[(row - first) as usize], Id(u128::from(row)));
            let half = first + u32::try_from(keys.len() / 2).unwrap();
            let all = first + u32::try_from(keys.len()).unwrap();
            let mut order = Order::build((first..half).map(|row| (key(row).0, row)));
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
