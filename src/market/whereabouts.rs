//! Where each offer stands in the book, by row.
//!
//! Loaded offers come group by group, each behind the one before: of a million only the places where a run of them begins
//! are kept. What was moved since stands beside; once that is much, every row has its place.

use super::matching::Place;
use super::upkeep::table_bytes;
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// So many runs are kept, and one in so many rows may be moved, before each row has a place.
const MOST_RUNS: usize = 1 << 10;
const OF_MOVED: usize = 16;
const FEW_MOVED: usize = 8;

/// The places.
#[derive(Debug)]
pub struct Whereabouts {
    places: Places,
    rows: u32,
}

#[derive(Debug)]
enum Places {
    Runs { runs: Vec<Run>, moved: HashMap<u32, Place, RandomState> },
    Each(Vec<Place>),
}

/// Rows one behind the other, from `first` on, which stands in `place`.
#[derive(Debug, Clone, Copy)]
struct Run {
    first: u32,
    place: Place,
}

impl Run {
    fn place(&self, row: u32) -> Place {
        Place { slot: self.place.slot.wrapping_add(row.wrapping_sub(self.first)), ..self.place }
    }
}

impl Default for Whereabouts {
    fn default() -> Self {
        Self { places: Places::Runs { runs: Vec::new(), moved: HashMap::default() }, rows: 0 }
    }
}

impl Whereabouts {
    /// Where the offer in `row` stands.
    #[inline]
    pub fn get(&self, row: u32) -> Option<Place> {
        match &self.places {
            Places::Runs { runs, moved } => {
                let is_moved = || moved.get(&row).copied();
                let run = runs.get(runs.partition_point(|run| run.first <= row).checked_sub(1)?)?;
                (row < self.rows).then(|| if moved.is_empty() { None } else { is_moved() }.unwrap_or_else(|| run.place(row)))
            }
            Places::Each(places) => places.get(row as usize).copied(),
        }
    }

    /// A row more; its number.
    pub fn push(&mut self, place: Place) -> u32 {
        let row = self.rows;
        self.rows += 1;
        match &mut self.places {
            Places::Runs { runs, .. } => {
                if runs.last().map(|run| run.place(row)) != Some(place) {
                    runs.push(Run { first: row, place });
                }
            }
            Places::Each(places) => places.push(place),
        }
        self.keep_each_if_many();
        row
    }

    /// Notes that the offer in `row` stands in another place.
    pub fn set(&mut self, row: u32, place: Place) {
        match &mut self.places {
            Places::Runs { moved, .. } => _ = moved.insert(row, place),
            Places::Each(places) => places.get_mut(row as usize).into_iter().for_each(|known| *known = place),
        }
        self.keep_each_if_many();
    }

    fn keep_each_if_many(&mut self) {
        if let Places::Runs { runs, moved } = &self.places
            && (runs.len() > MOST_RUNS || moved.len() > FEW_MOVED + self.rows as usize / OF_MOVED)
        {
            self.places = Places::Each((0..self.rows).filter_map(|row| self.get(row)).collect());
        }
    }

    /// Gives back what has grown beyond what it holds.
    pub fn shrink(&mut self) {
        match &mut self.places {
            Places::Runs { runs, moved } => {
                runs.shrink_to_fit();
                moved.shrink_to_fit();
            }
            Places::Each(places) => places.shrink_to_fit(),
        }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        match &self.places {
            Places::Runs { runs, moved } => runs.capacity() * size_of::<Run>() + table_bytes(moved),
            Places::Each(places) => places.capacity() * size_of::<Place>(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place() -> impl Strategy<Value = Place> {
        (0..3_u8, 0..9_u32).prop_map(|(group, slot)| Place { group, slot })
    }

    proptest! {
        // Against a place for each row.
        #[test]
        fn every_row_is_where_it_was_put(
            lengths in prop::collection::vec(0..40_u32, 0..4), pushed in prop::collection::vec(place(), 0..20),
            moved in prop::collection::vec((any::<prop::sample::Index>(), place()), 0..20), runs in prop::sample::select(vec![0, MOST_RUNS]),
        ) {
            let alone = (0..runs).map(|at| Place { group: 7, slot: u32::try_from(at * 2).unwrap() });
            let loaded = (0..).zip(lengths).flat_map(|(group, length)| (0..length).map(move |slot| Place { group, slot }));
            let (mut places, mut expected) = (Whereabouts::default(), Vec::new());
            for place in loaded.chain(alone).chain(pushed) {
                prop_assert_eq!(places.push(place) as usize, expected.len());
                expected.push(place);
            }
            for (row, place) in moved {
                if expected.is_empty() { break; }
                let row = row.index(expected.len());
                expected[row] = place;
                places.set(u32::try_from(row).unwrap(), place);
            }
            let rows = u32::try_from(expected.len()).unwrap();
            prop_assert_eq!((0..rows).filter_map(|row| places.get(row)).collect::<Vec<_>>(), expected);
            prop_assert_eq!(places.get(rows), None);
        }
    }

    #[test]
    fn loaded_offers_take_nothing() {
        let mut places = Whereabouts::default();
        (0..3).flat_map(|group| (0..10_000).map(move |slot| Place { group, slot })).for_each(|place| _ = places.push(place));
        places.shrink();
        assert!(places.bytes() < 64, "{}", places.bytes());
    }
}
