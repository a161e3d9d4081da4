//! Rows by id: a table of row numbers alone, since the ids stand in a column already.

use super::record::Id;
use hashbrown::HashTable;

/// Row numbers by the id that stands in the row.
#[derive(Debug, Clone, Default)]
pub struct Index {
    rows: HashTable<u32>,
}

impl Index {
    /// The row of `id`; `ids` is the column.
    pub fn find(&self, id: Id, ids: &[Id]) -> Option<u32> {
        self.rows.find(hash(id), |row| ids.get(*row as usize) == Some(&id)).copied()
    }

    /// Notes that `id` stands in `row` of the column `ids`, where it was not before.
    pub fn insert(&mut self, id: Id, row: u32, ids: &[Id]) {
        self.rows.insert_unique(hash(id), row, |row| ids.get(*row as usize).map_or(0, |id| hash(*id)));
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize, ids: &[Id]) {
        self.rows.reserve(more, |row| ids.get(*row as usize).map_or(0, |id| hash(*id)));
    }

    /// Forgets `id`.
    pub fn remove(&mut self, id: Id, ids: &[Id]) -> Option<u32> {
        let found = self.rows.find_entry(hash(id), |row| ids.get(*row as usize) == Some(&id));
        found.ok().map(|entry| entry.remove().0)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes of memory, estimated.
    pub fn bytes(&self) -> usize {
        self.rows.capacity() * 6
    }
}

/// An id is time and randomness: mixing its halves spreads it well enough, also for ids that count up.
fn hash(id: Id) -> u64 {
    let halves = (id.0 ^ (id.0 >> 64)) & u128::from(u64::MAX);
    let mixed = u64::try_from(halves).unwrap_or(0).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ (mixed >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;
    use std::collections::hash_map::Entry;

    proptest! {
        // Against a map.
        #[test]
        fn every_id_is_found_in_its_row(steps in prop::collection::vec((0_u128..40, any::<bool>()), 0..200)) {
            let mut ids: Vec<Id> = Vec::new();
            let mut index = Index::default();
            let mut expected: HashMap<Id, u32> = HashMap::new();
            for (id, keep) in steps {
                let id = Id(id << 70 | id);
                if !keep {
                    prop_assert_eq!(index.remove(id, &ids), expected.remove(&id));
                } else if let Entry::Vacant(place) = expected.entry(id) {
                    let row = u32::try_from(ids.len()).unwrap();
                    ids.push(id);
                    index.insert(id, row, &ids);
                    place.insert(row);
                }
            }
            prop_assert_eq!(index.len(), expected.len());
            for (id, row) in expected {
                prop_assert_eq!(index.find(id, &ids), Some(row));
            }
        }
    }
}
