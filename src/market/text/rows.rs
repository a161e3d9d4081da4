//! The rows in which a word stands.
//!
//! Most words of a register are numbers and proper names, which a few rows have that lie far apart: these are listed. A
//! bitmap takes forty bytes for every 65,536 rows of which it has any.

use roaring::{MultiOps, RoaringBitmap};
use std::borrow::Cow;

/// Rows up to which they are listed.
const MOST_LISTED: usize = 64;
/// Rows that need no list beside the word: a bitmap takes as much room itself.
const MOST_HERE: usize = 3;
/// Up to so many rows of a set each is looked for among the rows that were found.
const SMALL_SET: u64 = 8;
/// Up to so many rows each is looked for in sets, which is cheaper than to intersect.
const SINGLE_ROWS: u64 = 16;
/// What it costs to unite any sets, in rows.
const UNITING: u64 = 8_192;
/// Up to so many rows, or so many sets, they are united one by one: together they are first laid out in full.
const FEW_TO_UNITE: u64 = 1_024;
const FEW_SETS: usize = 4;
/// Up to so many pairs of sets each pair is intersected, and what is found united, which is little.
const MOST_PAIRS: usize = 16;
/// Up to so many rows sets are sooner united.
const FEW_FOR_PAIRS: u64 = 512;

/// Rows that are kept, each once.
#[derive(Debug, Clone)]
pub struct Rows(Kept);

#[derive(Debug, Clone)]
enum Kept {
    /// So many of these, in order.
    Here([u32; MOST_HERE], u8),
    /// In order.
    Listed(Box<[u32]>),
    Many(RoaringBitmap),
}

impl Default for Rows {
    fn default() -> Self {
        Self(Kept::Here([0; MOST_HERE], 0))
    }
}

impl Rows {
    /// Those in `rows`, in order.
    fn listed(rows: &[u32]) -> Self {
        if rows.len() > MOST_HERE {
            return Self(Kept::Listed(rows.into()));
        }
        let mut here = [0; MOST_HERE];
        here.iter_mut().zip(rows).for_each(|(place, row)| *place = *row);
        Self(Kept::Here(here, u8::try_from(rows.len()).unwrap_or(0)))
    }

    /// To be read.
    #[inline]
    pub fn read(&self) -> Set<'_> {
        match &self.0 {
            Kept::Here(rows, len) => Set::Few(rows.get(..usize::from(*len)).unwrap_or_default()),
            Kept::Listed(rows) => Set::Few(rows),
            Kept::Many(rows) => Set::Many(rows),
        }
    }

    /// Puts `row` in.
    pub fn insert(&mut self, row: u32) {
        if let Kept::Many(rows) = &mut self.0 {
            rows.insert(row);
        } else if let Set::Few(rows) = self.read()
            && let Err(at) = rows.binary_search(&row)
        {
            let mut rows = rows.to_vec();
            rows.insert(at, row);
            *self = if rows.len() > MOST_LISTED { Self(Kept::Many(rows.into_iter().collect())) } else { Self::listed(&rows) };
        }
    }

    /// Puts `more` in: quickest where they are in order and come after those that are there.
    pub fn append(&mut self, more: &[u32]) {
        if more.is_empty() {
            return;
        }
        if let Set::Few(rows) = self.read() {
            if rows.len() + more.len() <= MOST_LISTED {
                let mut rows = [rows, more].concat();
                rows.sort_unstable();
                rows.dedup();
                *self = Self::listed(&rows);
                return;
            }
            *self = Self(Kept::Many(rows.iter().copied().collect()));
        }
        if let Kept::Many(rows) = &mut self.0 {
            // A word may stand twice in one name; a row that came before is out of order.
            let mut last = None;
            if rows.append(more.iter().copied().filter(|row| last.replace(*row) != Some(*row))).is_err() {
                rows.extend(more);
            }
        }
    }

    /// Takes `row` out.
    pub fn remove(&mut self, row: u32) {
        if let Set::Few(rows) = self.read() {
            if let Ok(at) = rows.binary_search(&row) {
                let mut rows = rows.to_vec();
                rows.remove(at);
                *self = Self::listed(&rows);
            }
        } else if let Kept::Many(rows) = &mut self.0 {
            rows.remove(row);
            // Only well below, so that one row that comes and goes does not turn it over each time.
            if rows.len() <= MOST_LISTED as u64 / 2 {
                *self = Self::listed(&rows.iter().collect::<Vec<u32>>());
            }
        }
    }

    /// Gives back what it has grown beyond what it holds.
    pub fn shrink(&mut self) {
        if let Kept::Many(rows) = &mut self.0 {
            // What has grown row by row has room for more; its copy has not.
            *rows = rows.clone();
        }
    }

    /// Bytes of memory beside itself.
    pub fn bytes(&self) -> usize {
        match &self.0 {
            Kept::Here(..) => 0,
            Kept::Listed(rows) => size_of_val::<[u32]>(rows),
            Kept::Many(rows) => bitmap_bytes(rows),
        }
    }
}

/// Bytes that a bitmap takes beside itself: forty for each run of 65,536 rows in which it has any, and these rows.
pub(super) fn bitmap_bytes(rows: &RoaringBitmap) -> usize {
    let known = rows.statistics();
    // Of lists four bytes are told for each row, which takes two.
    let lists = usize::try_from(known.n_bytes_array_containers / 2).unwrap_or(0);
    let runs = usize::try_from(known.n_bytes_run_containers).unwrap_or(0);
    known.n_containers as usize * 40 + lists + known.n_bitset_containers as usize * 8_192 + runs
}

/// Rows to be read.
#[derive(Debug, Clone, Copy)]
pub enum Set<'a> {
    /// In order.
    Few(&'a [u32]),
    /// A bitmap.
    Many(&'a RoaringBitmap),
}

impl<'a> Set<'a> {
    /// How many there are.
    #[inline]
    pub fn len(self) -> u64 {
        match self {
            Self::Few(rows) => rows.len() as u64,
            Self::Many(rows) => rows.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        match self {
            Self::Few(rows) => rows.is_empty(),
            Self::Many(rows) => rows.is_empty(),
        }
    }

    /// Whether one of its rows is in `others`.
    pub fn meets(self, others: &RoaringBitmap) -> bool {
        match self {
            Self::Few(rows) => rows.iter().any(|row| others.contains(*row)),
            Self::Many(rows) => !rows.is_disjoint(others),
        }
    }

    /// Whether `row` is in it.
    #[inline]
    pub fn contains(self, row: u32) -> bool {
        match self {
            Self::Few(rows) => rows.binary_search(&row).is_ok(),
            Self::Many(rows) => rows.contains(row),
        }
    }

    /// As a bitmap.
    pub fn to_bitmap(self) -> Cow<'a, RoaringBitmap> {
        match self {
            Self::Few(rows) => Cow::Owned(rows.iter().copied().collect()),
            Self::Many(rows) => Cow::Borrowed(rows),
        }
    }

    /// Those that are in `rows` too.
    pub fn and(self, rows: &RoaringBitmap) -> RoaringBitmap {
        match self {
            Self::Few(few) => few.iter().copied().filter(|row| rows.contains(*row)).collect(),
            Self::Many(many) => rows & many,
        }
    }

    /// Puts them into `rows`.
    fn add_to(self, rows: &mut RoaringBitmap) {
        match self {
            Self::Few(few) => rows.extend(few),
            Self::Many(many) => *rows |= many,
        }
    }
}

/// The rows that are in any of `few` and in any of `many`, which are more.
pub fn in_both(few: &[Set<'_>], many: &[Set<'_>]) -> RoaringBitmap {
    if let ([one], [other]) = (few, many) {
        return match (one, other) {
            (one, Set::Many(rows)) => one.and(rows),
            (Set::Many(rows), other) => other.and(rows),
            (Set::Few(rows), other) => rows.iter().copied().filter(|row| other.contains(*row)).collect(),
        };
    }
    let least: u64 = few.iter().map(|set| set.len()).sum();
    if least <= SINGLE_ROWS {
        let rows = united(few.iter().copied());
        return rows.iter().filter(|row| many.iter().any(|set| set.contains(*row))).collect();
    }
    if least <= FEW_FOR_PAIRS || few.len() * many.len() > MOST_PAIRS {
        return in_any(&united(few.iter().copied()), many);
    }
    let mut all = RoaringBitmap::new();
    for set in few {
        put(in_any(&set.to_bitmap(), many), &mut all);
    }
    all
}

/// Those of `rows` that are in any of `sets`.
fn in_any(rows: &RoaringBitmap, sets: &[Set<'_>]) -> RoaringBitmap {
    if let [only] = sets {
        return only.and(rows);
    }
    if rows.len() > FEW_TO_UNITE && sets.len() > MOST_PAIRS {
        let (count, size) = sets.iter().fold((0, 0), |(count, size), set| (count + 1, size + set.len()));
        // Intersecting reads the rows once a set, uniting writes the rows of the sets: about twice as slow.
        if count * rows.len() > 2 * size + UNITING {
            return united(sets.iter().copied()) & rows;
        }
        let found: Vec<RoaringBitmap> = sets.iter().map(|set| set.and(rows)).collect();
        return united(found.iter().map(Set::Many));
    }
    let mut all = RoaringBitmap::new();
    for set in sets {
        match set {
            Set::Many(set) if set.len() <= SMALL_SET => all.extend(set.iter().filter(|row| rows.contains(*row))),
            set => put(set.and(rows), &mut all),
        }
    }
    all
}

/// Puts `rows` into `all`.
fn put(rows: RoaringBitmap, all: &mut RoaringBitmap) {
    if all.is_empty() {
        *all = rows;
    } else {
        *all |= rows;
    }
}

/// The rows of any of `sets`.
pub fn united<'a>(sets: impl Iterator<Item = Set<'a>> + Clone) -> RoaringBitmap {
    let sets = sets.filter(|set| !set.is_empty());
    let (count, size) = sets.clone().fold((0, 0), |(count, size), set| (count + 1, size + set.len()));
    if count > FEW_SETS && size > FEW_TO_UNITE {
        let many = |set: Set<'a>| if let Set::Many(rows) = set { Some(rows) } else { None };
        let mut all = sets.clone().filter_map(many).union();
        let few = |set: Set<'a>| if let Set::Few(rows) = set { rows } else { &[] };
        all.extend(sets.flat_map(few));
        return all;
    }
    let mut sets = sets;
    let mut all = sets.next().map(Set::to_bitmap).unwrap_or_default().into_owned();
    sets.for_each(|set| set.add_to(&mut all));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_word_takes_no_more_room_than_its_bitmap() {
        assert_eq!(size_of::<Rows>(), size_of::<RoaringBitmap>());
    }

    fn kept(rows: impl IntoIterator<Item = u32>) -> Rows {
        let mut kept = Rows::default();
        kept.append(&rows.into_iter().collect::<Vec<u32>>());
        kept
    }

    fn set() -> impl Strategy<Value = Rows> {
        let few = prop::collection::btree_set(0_u32..200, 0..30).prop_map(kept);
        let some = prop::collection::btree_set(0_u32..200, 50..90).prop_map(kept);
        let many = (0_u32..70_000, 1_usize..40).prop_map(|(from, step)| kept((from..from + 60_000).step_by(step)));
        prop_oneof![3 => few, 1 => some, 1 => many]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        // Against uniting and intersecting row by row, of sets small and large, few and many.
        #[test]
        fn rows_in_any_of_the_sets(rows in set(), sets in prop::collection::vec(set(), 0..20), few in prop::collection::vec(set(), 0..4)) {
            let rows = rows.read().to_bitmap();
            let sets: Vec<Set<'_>> = sets.iter().map(Rows::read).collect();
            let expected: RoaringBitmap = rows.iter().filter(|row| sets.iter().any(|set| set.contains(*row))).collect();
            prop_assert_eq!(in_any(&rows, &sets), expected);
            let all = |sets: &[Set<'_>]| sets.iter().flat_map(|set| set.to_bitmap().iter().collect::<Vec<u32>>()).collect::<RoaringBitmap>();
            prop_assert_eq!(united(sets.iter().copied()), all(&sets));
            let few: Vec<Set<'_>> = few.iter().map(Rows::read).collect();
            prop_assert_eq!(in_both(&few, &sets), all(&few) & all(&sets));
        }
    }

    proptest! {
        // Against a set of the standard library: around three rows and around sixty-four.
        #[test]
        fn rows_are_those_that_were_put_in_and_not_taken_out(
            first in prop::collection::vec(0_u32..100, 0..90),
            steps in prop::collection::vec((0_u32..100, any::<bool>()), 0..120),
            second in prop::collection::vec(0_u32..100, 0..90),
        ) {
            let (mut rows, mut expected) = (Rows::default(), BTreeSet::new());
            rows.append(&first);
            expected.extend(first);
            for (row, is_put) in steps {
                if is_put { rows.insert(row) } else { rows.remove(row) }
                if is_put { expected.insert(row); } else { expected.remove(&row); }
                prop_assert_eq!(rows.read().contains(row), is_put);
                prop_assert_eq!((rows.read().len(), rows.read().is_empty()), (expected.len() as u64, expected.is_empty()));
            }
            rows.append(&second);
            expected.extend(second);
            rows.shrink();
            let found: Vec<u32> = rows.read().to_bitmap().iter().collect();
            prop_assert_eq!(found, expected.into_iter().collect::<Vec<u32>>());
        }
    }
}
