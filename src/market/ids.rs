//! Rows by id: a table of row numbers alone, since the ids stand in a column already.
//!
//! It is nearly full, so that a row takes little more than its number: what is looked at for nothing on the way to a row
//! is told apart by some bits of its hash, which stand beside the row where that needs fewer than 32 bits.

use super::record::Id;

/// Where no row stands.
const FREE: u32 = u32::MAX;
/// Of so many places [`FULL`] are taken at most, and [`FILLED`] when the table is made.
const OF_PLACES: usize = 16;
const FULL: usize = 15;
const FILLED: usize = 14;

/// Row numbers by the id that stands in the row. Who asks it says which id that is: it must be so until the row is removed.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// Open addressing with linear probing: a row is at its [home](`Self::home`) or behind it, with nothing free between.
    places: Vec<u32>,
    /// Bits of a place for the row; those above are some of its hash.
    row_bits: u32,
    len: usize,
}

impl Index {
    /// The row of `id`.
    pub fn find(&self, id: Id, id_of: impl Fn(u32) -> Option<Id>) -> Option<u32> {
        self.place(id, id_of).map(|(_, row)| row)
    }

    /// Where `id` stands, and its row.
    fn place(&self, id: Id, id_of: impl Fn(u32) -> Option<Id>) -> Option<(usize, u32)> {
        let hash = hash(id);
        let (mask, tag) = (self.row_mask(), self.tag(hash));
        let mut at = self.home(hash);
        loop {
            let place = self.places.get(at).copied().filter(|place| *place != FREE)?;
            let row = place & mask;
            if place & !mask == tag && id_of(row) == Some(id) {
                return Some((at, row));
            }
            at = self.after(at);
        }
    }

    /// Notes that `id` stands in `row`, where it was not before.
    pub fn insert(&mut self, id: Id, row: u32, id_of: impl Fn(u32) -> Option<Id>) {
        if (self.len + 1) * OF_PLACES > self.places.len() * FULL || row >= self.row_mask() {
            // A fifth more, so that it is not made anew too soon.
            self.make(self.len + 1 + self.len / 5, row, id_of);
        }
        self.put(hash(id), row);
        self.len += 1;
    }

    /// Makes room for so many more, in the rows after the last.
    pub fn reserve(&mut self, more: usize, id_of: impl Fn(u32) -> Option<Id>) {
        let len = self.len + more;
        if len * OF_PLACES > self.places.len() * FULL {
            self.make(len, u32::try_from(len).unwrap_or(FREE), id_of);
        }
    }

    /// Gives back what it has grown beyond what it holds.
    pub fn shrink(&mut self, id_of: impl Fn(u32) -> Option<Id>) {
        if self.places.len() > places_for(self.len) {
            self.make(self.len, 0, id_of);
        }
    }

    /// Forgets `id`.
    pub fn remove(&mut self, id: Id, id_of: impl Fn(u32) -> Option<Id>) -> Option<u32> {
        let (mut hole, row) = self.place(id, &id_of)?;
        // What stands behind the hole moves up, unless its home lies behind the hole too.
        let mut at = self.after(hole);
        while let Some(place) = self.places.get(at).copied().filter(|place| *place != FREE) {
            let wanted = id_of(place & self.row_mask()).map_or(0, |id| self.home(hash(id)));
            if self.steps(wanted, at) >= self.steps(hole, at) {
                self.set(hole, place);
                hole = at;
            }
            at = self.after(at);
        }
        self.set(hole, FREE);
        self.len -= 1;
        Some(row)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.places.capacity() * size_of::<u32>()
    }

    /// Makes the table anew, with room for `len` rows, among them `row`.
    fn make(&mut self, len: usize, row: u32, id_of: impl Fn(u32) -> Option<Id>) {
        let mask = self.row_mask();
        let old = std::mem::take(&mut self.places);
        let rows = || old.iter().filter(|place| **place != FREE).map(|place| place & mask);
        let largest = rows().fold(row, u32::max).max(u32::try_from(len).unwrap_or(FREE));
        // One number more, so that no row with its tag is what marks a free place.
        self.row_bits = (u32::BITS - largest.saturating_add(1).leading_zeros()).max(1);
        self.places = vec![FREE; places_for(len)];
        for row in rows() {
            self.put(id_of(row).map_or(0, hash), row);
        }
    }

    /// Puts a row in the next free place from its home on.
    fn put(&mut self, hash: u64, row: u32) {
        let mut at = self.home(hash);
        while self.places.get(at).is_some_and(|place| *place != FREE) {
            at = self.after(at);
        }
        self.set(at, self.tag(hash) | row);
    }

    fn set(&mut self, at: usize, place: u32) {
        self.places.get_mut(at).into_iter().for_each(|known| *known = place);
    }

    /// The bits of a place that are the row's.
    fn row_mask(&self) -> u32 {
        u32::MAX.checked_shr(u32::BITS - self.row_bits).unwrap_or(0)
    }

    /// What a place has of a hash.
    fn tag(&self, hash: u64) -> u32 {
        let [low, ..] = halves(u128::from(hash));
        u32::try_from(low & u64::from(u32::MAX)).unwrap_or(0).checked_shl(self.row_bits).unwrap_or(0)
    }

    /// Where a hash would stand if it were alone.
    fn home(&self, hash: u64) -> usize {
        let [_, place] = halves(u128::from(hash) * self.places.len() as u128);
        usize::try_from(place).unwrap_or(0)
    }

    fn after(&self, at: usize) -> usize {
        if at + 1 < self.places.len() { at + 1 } else { 0 }
    }

    /// From one place on to another.
    fn steps(&self, from: usize, to: usize) -> usize {
        if to >= from { to - from } else { to + self.places.len() - from }
    }
}

/// Which id stands in a row of a column.
pub fn id_in(ids: &[Id]) -> impl Fn(u32) -> Option<Id> {
    |row| ids.get(row as usize).copied()
}

/// How many places a table of so many rows is made with; one is always free.
fn places_for(len: usize) -> usize {
    len * OF_PLACES / FILLED + OF_PLACES
}

/// The lower and the upper half.
fn halves(number: u128) -> [u64; 2] {
    [number & u128::from(u64::MAX), number >> 64].map(|half| u64::try_from(half).unwrap_or(0))
}

/// An id is time and randomness: mixing its halves spreads it well enough, also for ids that count up.
fn hash(id: Id) -> u64 {
    let [low, high] = halves(id.0);
    let mixed = (low ^ high).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[derive(Debug, Clone)]
    enum Step {
        Put(u128),
        Remove(u128),
        Reserve(usize),
        Shrink,
    }

    fn step() -> impl Strategy<Value = Step> {
        let id = || 0_u128..60;
        prop_oneof![6 => id().prop_map(Step::Put), 3 => id().prop_map(Step::Remove), 1 => (0..40_usize).prop_map(Step::Reserve), 1 => Just(Step::Shrink)]
    }

    proptest! {
        // Against a map; rows leave gaps, so that some have more bits than there are rows.
        #[test]
        fn every_id_is_found_in_its_row(steps in prop::collection::vec(step(), 0..300), gap in prop::sample::select(vec![1_u32, 3, 1 << 20])) {
            let mut ids: HashMap<u32, Id> = HashMap::new();
            let mut index = Index::default();
            let mut expected: HashMap<Id, u32> = HashMap::new();
            for (row, step) in (0..).step_by(gap as usize).zip(steps) {
                let of = |id: u128| Id(id << 70 | id);
                match step {
                    Step::Put(id) if !expected.contains_key(&of(id)) => {
                        ids.insert(row, of(id));
                        index.insert(of(id), row, |row| ids.get(&row).copied());
                        expected.insert(of(id), row);
                    }
                    Step::Put(_) => {}
                    Step::Remove(id) => prop_assert_eq!(index.remove(of(id), |row| ids.get(&row).copied()), expected.remove(&of(id))),
                    Step::Reserve(more) => index.reserve(more, |row| ids.get(&row).copied()),
                    Step::Shrink => index.shrink(|row| ids.get(&row).copied()),
                }
                prop_assert_eq!((index.len(), index.is_empty()), (expected.len(), expected.is_empty()));
                for id in (0..60).map(of) {
                    prop_assert_eq!(index.find(id, |row| ids.get(&row).copied()), expected.get(&id).copied());
                }
            }
        }
    }

    #[test]
    fn a_row_takes_little_more_than_its_number() {
        let ids: Vec<Id> = (0_u128..10_000).map(|id| Id((id << 80) + id * id)).collect();
        let id_of = |row: u32| ids.get(row as usize).copied();
        let mut index = Index::default();
        (0_u32..).zip(&ids).for_each(|(row, id)| index.insert(*id, row, id_of));
        index.shrink(id_of);
        assert!(index.bytes() < 10_000 * 19 / 4, "{}", index.bytes());
        assert!((0_u32..).zip(&ids).all(|(row, id)| index.find(*id, id_of) == Some(row)));
    }
}
