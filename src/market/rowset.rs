//! Sets of rows: kept ones, by value, and those that a question makes of them.

/// Rows of a chunk.
const CHUNK: usize = 1 << 16;
/// Words of a chunk that has a bit for each row.
const WORDS: usize = CHUNK / 64;
/// Rows of a chunk up to which their numbers take less room than bits.
const MOST_SPARSE: usize = CHUNK / 16;

/// Rows that are kept: numbers where there are few, bits where there are many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowSet {
    chunks: Vec<Chunk>,
    len: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Chunk {
    /// In order.
    Sparse(Vec<u16>),
    /// And how many there are.
    Dense(Box<[u64; WORDS]>, usize),
}

/// Chunk and place within.
fn place(row: u32) -> (usize, u16) {
    let [high, low] = [row >> 16, row & 0xFFFF];
    (high as usize, u16::try_from(low).unwrap_or(0))
}

/// Word of a chunk, and bit.
fn bit(low: u16) -> (usize, u64) {
    (usize::from(low >> 6), 1 << (low & 63))
}

impl RowSet {
    /// Puts `row` in.
    pub fn insert(&mut self, row: u32) {
        let (high, low) = place(row);
        if self.chunks.len() <= high {
            self.chunks.resize(high + 1, Chunk::Sparse(Vec::new()));
        }
        let Some(chunk) = self.chunks.get_mut(high) else { return };
        self.len += u64::from(chunk.insert(low));
    }

    /// Takes `row` out.
    pub fn remove(&mut self, row: u32) {
        let (high, low) = place(row);
        let Some(chunk) = self.chunks.get_mut(high) else { return };
        self.len -= u64::from(chunk.remove(low));
    }

    /// Whether `row` is in it.
    pub fn contains(&self, row: u32) -> bool {
        let (high, low) = place(row);
        match self.chunks.get(high) {
            None => false,
            Some(Chunk::Sparse(rows)) => rows.binary_search(&low).is_ok(),
            Some(Chunk::Dense(words, _)) => {
                let (word, bit) = bit(low);
                words.get(word).is_some_and(|word| word & bit != 0)
            }
        }
    }

    /// How many rows are in it.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        let heap = |chunk: &Chunk| match chunk {
            Chunk::Sparse(rows) => rows.capacity() * size_of::<u16>(),
            Chunk::Dense(..) => WORDS * size_of::<u64>(),
        };
        self.chunks.capacity() * size_of::<Chunk>() + self.chunks.iter().map(heap).sum::<usize>()
    }
}

impl Chunk {
    /// Whether it was not in yet.
    fn insert(&mut self, low: u16) -> bool {
        match self {
            Self::Sparse(rows) => {
                let at = match rows.last() {
                    Some(last) if *last >= low => match rows.binary_search(&low) {
                        Ok(_) => return false,
                        Err(at) => at,
                    },
                    _ => rows.len(),
                };
                rows.insert(at, low);
                if rows.len() > MOST_SPARSE {
                    let mut words = Box::new([0; WORDS]);
                    add(words.as_mut_slice(), rows);
                    *self = Self::Dense(words, MOST_SPARSE + 1);
                }
                true
            }
            Self::Dense(words, len) => {
                let (word, bit) = bit(low);
                let Some(word) = words.get_mut(word).filter(|word| **word & bit == 0) else { return false };
                *word |= bit;
                *len += 1;
                true
            }
        }
    }

    /// Whether it was in.
    fn remove(&mut self, low: u16) -> bool {
        match self {
            Self::Sparse(rows) => {
                let Ok(at) = rows.binary_search(&low) else { return false };
                rows.remove(at);
                true
            }
            Self::Dense(words, len) => {
                let (word, bit) = bit(low);
                let Some(word) = words.get_mut(word).filter(|word| **word & bit != 0) else { return false };
                *word &= !bit;
                *len -= 1;
                // Only well below, so that one row that comes and goes does not turn it over each time.
                if *len <= MOST_SPARSE / 2 {
                    *self = Self::Sparse(ones(words.as_slice()).filter_map(|row| u16::try_from(row).ok()).collect());
                }
                true
            }
        }
    }
}

/// Sets the bits of `rows`.
fn add(words: &mut [u64], rows: &[u16]) {
    for low in rows {
        let (word, bit) = bit(*low);
        words.get_mut(word).into_iter().for_each(|word| *word |= bit);
    }
}

/// The set bits, from the lowest on.
fn ones(words: &[u64]) -> impl Iterator<Item = u32> {
    let mut words = (0_u32..).step_by(64).zip(words);
    let (mut start, mut rest) = (0, 0_u64);
    std::iter::from_fn(move || {
        while rest == 0 {
            let (next, word) = words.next()?;
            (start, rest) = (next, *word);
        }
        let at = rest.trailing_zeros();
        rest &= rest - 1;
        Some(start + at)
    })
}

/// Rows that a question makes, a bit for each row of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// None of the first `rows` rows; others can't be put in.
    pub fn none(rows: u32) -> Self {
        Self { words: vec![0; rows.div_ceil(64) as usize] }
    }

    /// Puts a row in.
    pub fn insert(&mut self, row: u32) {
        self.words.get_mut((row >> 6) as usize).into_iter().for_each(|word| *word |= 1 << (row & 63));
    }

    /// Takes a row out.
    pub fn remove(&mut self, row: u32) {
        self.words.get_mut((row >> 6) as usize).into_iter().for_each(|word| *word &= !(1 << (row & 63)));
    }

    /// Whether a row is in it.
    #[inline]
    pub fn contains(&self, row: u32) -> bool {
        self.words.get((row >> 6) as usize).is_some_and(|word| word >> (row & 63) & 1 == 1)
    }

    /// Puts the rows of `set` in.
    pub fn add(&mut self, set: &RowSet) {
        for (words, chunk) in self.words.chunks_mut(WORDS).zip(&set.chunks) {
            match chunk {
                Chunk::Sparse(rows) => add(words, rows),
                Chunk::Dense(dense, _) => words.iter_mut().zip(dense.iter()).for_each(|(word, other)| *word |= other),
            }
        }
    }

    /// Puts the rows of `other` in.
    pub fn unite(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Leaves those that are in `other` too.
    pub fn intersect(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// Takes those out that are in `other`.
    pub fn subtract(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// How many rows are in it.
    pub fn len(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Its rows, from the first on.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        ones(&self.words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn bits(set: &RowSet) -> Vec<u32> {
        let mut bits = Bits::none(3 * 65_536);
        bits.add(set);
        bits.iter().collect()
    }

    #[test]
    fn a_chunk_turns_dense_and_sparse_again() {
        let mut set = RowSet::default();
        let all: Vec<u32> = (0..10_000).map(|n| 70_000 + n * 3).collect();
        all.iter().rev().for_each(|row| set.insert(*row));
        assert_eq!(bits(&set), all);
        assert!(matches!(set.chunks.get(1), Some(Chunk::Dense(..))));
        all.iter().skip(100).for_each(|row| set.remove(*row));
        assert!(matches!(set.chunks.get(1), Some(Chunk::Sparse(_))));
        assert_eq!(bits(&set), &all[..100]);
        assert_eq!(set.len(), 100);
    }

    proptest! {
        // Against a set of the standard library.
        #[test]
        fn a_set_has_what_was_put_in_and_not_taken_out(steps in prop::collection::vec((prop::sample::select(vec![0_u32, 65_500, 131_000]), 0_u32..80, any::<bool>()), 0..200)) {
            let (mut set, mut expected) = (RowSet::default(), BTreeSet::new());
            for (near, row, keep) in steps {
                let row = near + row;
                if keep { set.insert(row) } else { set.remove(row) }
                if keep { expected.insert(row); } else { expected.remove(&row); }
                prop_assert_eq!(set.contains(row), keep);
                prop_assert_eq!(set.len(), expected.len() as u64);
                prop_assert_eq!(set.is_empty(), expected.is_empty());
            }
            prop_assert_eq!(bits(&set), expected.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn bits_are_a_set(left in prop::collection::btree_set(0_u32..300, 0..100), right in prop::collection::btree_set(0_u32..300, 0..100)) {
            let of = |rows: &BTreeSet<u32>| {
                let mut bits = Bits::none(300);
                for row in rows {
                    bits.insert(*row);
                }
                bits
            };
            let found = |change: &dyn Fn(&mut Bits, &Bits)| {
                let mut bits = of(&left);
                change(&mut bits, &of(&right));
                bits.iter().collect::<BTreeSet<_>>()
            };
            prop_assert_eq!(found(&|bits, other| bits.unite(other)), &left | &right);
            prop_assert_eq!(found(&|bits, other| bits.intersect(other)), &left & &right);
            prop_assert_eq!(found(&|bits, other| bits.subtract(other)), &left - &right);
            prop_assert_eq!(found(&|bits, other| other.iter().for_each(|row| bits.remove(row))), &left - &right);
            let bits = of(&left);
            prop_assert_eq!((bits.len(), bits.is_empty()), (left.len() as u64, left.is_empty()));
            prop_assert!((0..310).all(|row| bits.contains(row) == left.contains(&row)));
        }
    }
}
