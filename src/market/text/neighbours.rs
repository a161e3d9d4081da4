//! Which folds stand side by side in names: what a misspelt word was meant to be shows by the words beside it.

use super::vocabulary::Fold;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// Two neighbours in three bytes each, and in how many names they stand so, [`MANY`] at most. Names have as many pairs as
/// words, nearly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pair {
    left: [u8; 3],
    right: [u8; 3],
    times: [u8; 2],
}

/// A pair that so many names have is not forgotten any more: what no name has finds nothing, whatever stands beside it.
const MANY: u16 = u16::MAX;

/// Pairs of neighbours.
#[derive(Debug, Clone, Default)]
pub struct Neighbours {
    pairs: HashTable<Pair>,
    hasher: RandomState,
}

impl Neighbours {
    /// Counts `left` before `right` in one name more, or in one less.
    pub fn count(&mut self, left: Fold, right: Fold, more: bool) {
        let Some(key) = key(left, right) else { return };
        let Self { pairs, hasher } = self;
        let hash = |pair: &Pair| hasher.hash_one((pair.left, pair.right));
        match pairs.find_entry(hash(&key), is(key)) {
            Ok(mut found) => {
                let times = u16::from_ne_bytes(found.get().times);
                match times {
                    MANY => {}
                    1 if !more => _ = found.remove(),
                    _ => found.get_mut().times = if more { times + 1 } else { times - 1 }.to_ne_bytes(),
                }
            }
            Err(_) if more => _ = pairs.insert_unique(hash(&key), key, hash),
            Err(_) => {}
        }
    }

    /// Whether `left` stands before `right` in some name.
    pub fn are_side_by_side(&self, left: Fold, right: Fold) -> bool {
        key(left, right).is_some_and(|key| self.pairs.find(self.hasher.hash_one((key.left, key.right)), is(key)).is_some())
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.pairs.allocation_size()
    }
}

/// The pair as one name has it. Folds beyond three bytes are found all the same; they only don't help with misspelt words.
fn key(left: Fold, right: Fold) -> Option<Pair> {
    let short = |fold: Fold| {
        let [first, second, third, rest] = fold.to_le_bytes();
        (rest == 0).then_some([first, second, third])
    };
    Some(Pair { left: short(left)?, right: short(right)?, times: 1_u16.to_ne_bytes() })
}

fn is(key: Pair) -> impl Fn(&Pair) -> bool {
    move |pair| (pair.left, pair.right) == (key.left, key.right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[test]
    fn folds_beyond_three_bytes_are_neighbours_of_nothing() {
        let mut neighbours = Neighbours::default();
        for (left, right) in [(1 << 24, 1), (1, 1 << 24), ((1 << 24) - 1, 1)] {
            neighbours.count(left, right, true);
        }
        assert!(!neighbours.are_side_by_side(0, 1) && !neighbours.are_side_by_side(1 << 24, 1) && !neighbours.are_side_by_side(1, 1 << 24));
        assert!(neighbours.are_side_by_side((1 << 24) - 1, 1));
    }

    #[test]
    fn what_many_names_have_stays() {
        let mut neighbours = Neighbours::default();
        (0..u32::from(MANY)).for_each(|_| neighbours.count(1, 2, true));
        (0..u32::from(MANY)).for_each(|_| neighbours.count(1, 2, false));
        assert!(neighbours.are_side_by_side(1, 2));
    }

    proptest! {
        // Against a count of the standard library.
        #[test]
        fn neighbours_are_those_that_some_name_has(steps in prop::collection::vec((0_u32..4, 0_u32..4, any::<bool>()), 0..200)) {
            let (mut neighbours, mut expected) = (Neighbours::default(), HashMap::<(u32, u32), u32>::new());
            for (left, right, more) in steps {
                let count = expected.entry((left, right)).or_default();
                *count = if more { *count + 1 } else { count.saturating_sub(1) };
                neighbours.count(left, right, more);
            }
            for (left, right) in (0..4).flat_map(|left| (0..4).map(move |right| (left, right))) {
                let is_there = expected.get(&(left, right)).is_some_and(|count| *count > 0);
                prop_assert_eq!(neighbours.are_side_by_side(left, right), is_there);
            }
        }
    }
}
