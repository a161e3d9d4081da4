//! Sets of rows: kept ones, by value, and those that a question makes of them.

use fearless_simd::{Level, dispatch};

/// A row's chunk is in the bits above these.
const CHUNK_BITS: u32 = 12;
/// Rows of a chunk: few, so that rows which stand close together leave most chunks empty.
const CHUNK: usize = 1 << CHUNK_BITS;
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
    Dense(Box<Words>, usize),
}

/// A bit for each row of a chunk.
pub type Words = [u64; WORDS];

/// Chunk and place within.
fn place(row: u32) -> (usize, u16) {
    let [high, low] = [row >> CHUNK_BITS, row & ((1 << CHUNK_BITS) - 1)];
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

    /// The number of the chunk of `row`, how many rows of that come before it, and whether it is in itself.
    #[expect(clippy::inline_always, reason = "what is not inlined is compiled without the wide instructions")]
    #[inline(always)]
    pub fn place(&self, row: u32) -> (usize, usize, bool) {
        let (high, low) = place(row);
        match self.chunks.get(high) {
            None => (high, 0, false),
            Some(Chunk::Sparse(rows)) => {
                let (Ok(at) | Err(at)) = rows.binary_search(&low);
                (high, at, rows.get(at) == Some(&low))
            }
            Some(Chunk::Dense(words, _)) => {
                let (at, bit) = bit(low);
                let word = words.get(at).copied().unwrap_or(0);
                let before = words.iter().take(at).map(|word| word.count_ones()).sum::<u32>() + (word & (bit - 1)).count_ones();
                (high, before as usize, word & bit != 0)
            }
        }
    }

    /// Hands the rows of a chunk that are in `words` too to `take`, each with how many rows of the chunk come before it.
    #[expect(clippy::inline_always, reason = "what is not inlined is compiled without the wide instructions")]
    #[inline(always)]
    pub fn each_common(&self, chunk: usize, words: &Words, mut take: impl FnMut(u32, usize)) {
        let start = u32::try_from(chunk * CHUNK).unwrap_or(u32::MAX);
        match self.chunks.get(chunk) {
            None => {}
            Some(Chunk::Sparse(rows)) => {
                for (place, low) in rows.iter().enumerate() {
                    let (word, bit) = bit(*low);
                    if words.get(word).is_some_and(|word| word & bit != 0) {
                        take(start + u32::from(*low), place);
                    }
                }
            }
            Some(Chunk::Dense(dense, _)) => {
                let mut before = 0;
                for ((at, own), other) in (start..).step_by(64).zip(dense.iter()).zip(words) {
                    let mut both = own & other;
                    while both != 0 {
                        let bit = both & both.wrapping_neg();
                        take(at + bit.trailing_zeros(), (before + (own & (bit - 1)).count_ones()) as usize);
                        both ^= bit;
                    }
                    before += own.count_ones();
                }
            }
        }
    }

    /// How many rows are in it.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// How many of the rows of a chunk are in it.
    #[expect(clippy::inline_always, reason = "what is not inlined is compiled without the wide instructions")]
    #[inline(always)]
    pub fn common(&self, chunk: usize, words: &Words) -> u32 {
        match self.chunks.get(chunk) {
            None => 0,
            Some(Chunk::Sparse(rows)) => {
                let is_in = |low: &u16| {
                    let (word, bit) = bit(*low);
                    u32::from(words.get(word).is_some_and(|word| word & bit != 0))
                };
                rows.iter().map(is_in).sum()
            }
            Some(Chunk::Dense(dense, _)) => words.iter().zip(dense.iter()).map(|(one, other)| (one & other).count_ones()).sum(),
        }
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Gives back what it has grown beyond what it holds.
    pub fn shrink(&mut self) {
        self.chunks.shrink_to_fit();
        for chunk in &mut self.chunks {
            if let Chunk::Sparse(rows) = chunk {
                rows.shrink_to_fit();
            }
        }
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

#[expect(clippy::inline_always, reason = "what is not inlined is compiled without the wide instructions")]
#[inline(always)]
fn keep_at_most(words: &mut Words, column: &[u32], most: u32) {
    for (word, values) in words.iter_mut().zip(column.chunks(64)).filter(|(word, _)| **word != 0) {
        let mut bits = 0;
        for (at, value) in (0_u32..).zip(values) {
            bits |= u64::from(*value <= most) << at;
        }
        *word &= bits;
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

/// Rows that a question makes. Chunks of kept sets are borrowed as long as nothing is done to them, and empty ones are
/// left out of everything.
#[derive(Debug, Clone)]
pub struct Bits<'a> {
    chunks: Vec<Part<'a>>,
    own: Vec<Words>,
}

#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Empty,
    /// Of a kept set.
    Kept(&'a Words),
    /// Its place among the own ones.
    Own(usize),
}

const EMPTY: Words = [0; WORDS];

impl<'a> Bits<'a> {
    /// None of the first `rows` rows.
    pub fn none(rows: u32) -> Self {
        Self { chunks: vec![Part::Empty; (rows as usize).div_ceil(CHUNK)], own: Vec::new() }
    }

    fn words(&self, chunk: usize) -> Option<&Words> {
        match self.chunks.get(chunk)? {
            Part::Empty => None,
            Part::Kept(words) => Some(words),
            Part::Own(at) => self.own.get(*at),
        }
    }

    /// The words of a chunk, to be changed; nothing beyond the rows.
    fn own(&mut self, chunk: usize) -> Option<&mut Words> {
        if self.own.is_empty() {
            self.own.reserve(self.chunks.len());
        }
        let part = self.chunks.get_mut(chunk)?;
        let words = match part {
            Part::Own(at) => return self.own.get_mut(*at),
            Part::Empty => EMPTY,
            Part::Kept(words) => **words,
        };
        *part = Part::Own(self.own.len());
        self.own.push(words);
        self.own.last_mut()
    }

    /// Puts a row in, where it is not beyond the last chunk.
    pub fn insert(&mut self, row: u32) {
        let (chunk, low) = place(row);
        let (word, bit) = bit(low);
        self.own(chunk).and_then(|words| words.get_mut(word)).into_iter().for_each(|word| *word |= bit);
    }

    /// Puts rows in; quickest where those of a chunk come one after the other.
    pub fn insert_all(&mut self, rows: &[u32]) {
        for rows in rows.chunk_by(|one, next| place(*one).0 == place(*next).0) {
            let Some(words) = rows.first().and_then(|row| self.own(place(*row).0)) else { continue };
            for row in rows {
                let (word, bit) = bit(place(*row).1);
                words.get_mut(word).into_iter().for_each(|word| *word |= bit);
            }
        }
    }

    /// Takes a row out.
    pub fn remove(&mut self, row: u32) {
        if self.contains(row) {
            let (chunk, low) = place(row);
            let (word, bit) = bit(low);
            self.own(chunk).and_then(|words| words.get_mut(word)).into_iter().for_each(|word| *word &= !bit);
        }
    }

    /// Whether a row is in it.
    #[inline]
    pub fn contains(&self, row: u32) -> bool {
        let (chunk, low) = place(row);
        let (word, bit) = bit(low);
        self.words(chunk).and_then(|words| words.get(word)).is_some_and(|word| word & bit != 0)
    }

    /// Puts the rows of `set` in.
    pub fn add(&mut self, set: &'a RowSet) {
        for (at, chunk) in set.chunks.iter().enumerate().take(self.chunks.len()) {
            match chunk {
                Chunk::Sparse(rows) if rows.is_empty() => {}
                Chunk::Sparse(rows) => self.own(at).into_iter().for_each(|words| add(words, rows)),
                Chunk::Dense(words, _) => self.unite_chunk(at, Part::Kept(words), words),
            }
        }
    }

    /// Puts the rows of `words` in; where there are none yet, they are taken as they are if they are kept.
    fn unite_chunk(&mut self, at: usize, part: Part<'a>, words: &Words) {
        let Some(place) = self.chunks.get_mut(at) else { return };
        if let (Part::Empty, Part::Kept(_)) = (&place, part) {
            *place = part;
        } else if let Some(own) = self.own(at) {
            own.iter_mut().zip(words).for_each(|(word, other)| *word |= other);
        }
    }

    /// Puts the rows of `other` in.
    pub fn unite(&mut self, other: &Self) {
        for (at, part) in other.chunks.iter().enumerate() {
            if let Some(words) = other.words(at) {
                self.unite_chunk(at, *part, words);
            }
        }
    }

    /// Leaves those that are in `other` too.
    pub fn intersect(&mut self, other: &Self) {
        for at in 0..self.chunks.len() {
            if let Some(Part::Empty) = self.chunks.get(at) {
                continue;
            }
            let any = other.words(at).and_then(|others| {
                let words = self.own(at)?;
                words.iter_mut().zip(others).for_each(|(word, other)| *word &= other);
                Some(words.iter().fold(0, |any, word| any | word))
            });
            if any.unwrap_or(0) == 0
                && let Some(part) = self.chunks.get_mut(at)
            {
                *part = Part::Empty;
            }
        }
    }

    /// Leaves those whose value in `column`, which has one for each row, is at most `most`.
    pub fn keep_at_most(&mut self, column: &[u32], most: u32) {
        for at in 0..self.chunks.len() {
            if let (Some(column), Some(Part::Kept(_) | Part::Own(_))) = (column.get(at * CHUNK..), self.chunks.get(at))
                && let Some(words) = self.own(at)
            {
                dispatch!(Level::new(), _ => keep_at_most(words, column, most));
            }
        }
    }

    /// Takes those out that are in `other`.
    pub fn subtract(&mut self, other: &Self) {
        for at in 0..self.chunks.len() {
            if let (Some(others), Some(Part::Kept(_) | Part::Own(_))) = (other.words(at), self.chunks.get(at))
                && let Some(words) = self.own(at)
            {
                words.iter_mut().zip(others).for_each(|(word, other)| *word &= !other);
            }
        }
    }

    /// Its chunks that are not empty, by number.
    #[inline]
    pub fn chunks(&self) -> impl Iterator<Item = (usize, &Words)> {
        (0..self.chunks.len()).filter_map(|at| Some((at, self.words(at)?)))
    }

    /// How many rows are in it.
    pub fn len(&self) -> u64 {
        self.chunks().map(|(_, words)| words.iter().map(|word| u64::from(word.count_ones())).sum::<u64>()).sum()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.chunks().all(|(_, words)| words.iter().all(|word| *word == 0))
    }

    /// Its rows, from the first on.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.chunks().flat_map(|(at, words)| {
            let start = u32::try_from(at * CHUNK).unwrap_or(u32::MAX);
            ones(words).map(move |row| start + row)
        })
    }
}

/// Room for the rows of a chunk.
pub type ChunkRows = [u32; CHUNK];

/// No rows yet.
pub const NO_ROWS: ChunkRows = [0; CHUNK];

/// The rows of a chunk, written into `rows`.
pub fn rows_of_chunk<'b>(chunk: usize, words: &Words, rows: &'b mut ChunkRows) -> &'b [u32] {
    let start = u32::try_from(chunk * CHUNK).unwrap_or(u32::MAX);
    let mut length = 0;
    for (at, word) in (start..).step_by(64).zip(words) {
        let mut rest = *word;
        while rest != 0 {
            if let Some(place) = rows.get_mut(length) {
                *place = at + rest.trailing_zeros();
            }
            length += 1;
            rest &= rest - 1;
        }
    }
    rows.get(..length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn bits(set: &RowSet) -> Vec<u32> {
        let mut bits = Bits::none(3 * 4_096);
        bits.add(set);
        bits.iter().collect()
    }

    #[test]
    fn a_chunk_turns_dense_and_sparse_again() {
        let mut set = RowSet::default();
        let all: Vec<u32> = (0..1_000).map(|n| 5_000 + n * 3).collect();
        all.iter().rev().for_each(|row| set.insert(*row));
        assert_eq!(bits(&set), all);
        assert!(matches!(set.chunks.get(1), Some(Chunk::Dense(..))));
        all.iter().skip(100).for_each(|row| set.remove(*row));
        assert!(matches!(set.chunks.get(1), Some(Chunk::Sparse(_))));
        assert_eq!(bits(&set), &all[..100]);
        assert_eq!(set.len(), 100);
    }

    proptest! {
        // Against looking at each row, of kept chunks and of own ones.
        #[test]
        fn rows_are_kept_by_their_value(rows in prop::collection::btree_set(0_u32..9_000, 0..700), more in 0_u32..3_000, own in prop::collection::vec(0_u32..9_000, 0..3), most in 0_u32..12) {
            let rows: BTreeSet<u32> = rows.into_iter().chain(more..more + 300).collect();
            let (mut kept, mut found) = (RowSet::default(), Bits::none(9_000));
            for row in &rows {
                kept.insert(*row);
            }
            found.add(&kept);
            for row in &own {
                found.insert(*row);
            }
            let column: Vec<u32> = (0..9_000_u32).map(|row| row.wrapping_mul(2_654_435_761) >> 28).collect();
            found.keep_at_most(&column, most);
            let expected: BTreeSet<u32> = rows.into_iter().chain(own).filter(|row| column[*row as usize] <= most).collect();
            prop_assert_eq!(found.iter().collect::<BTreeSet<u32>>(), expected);
        }

        // Against a set of the standard library.
        #[test]
        fn a_set_has_what_was_put_in_and_not_taken_out(steps in prop::collection::vec((prop::sample::select(vec![0_u32, 4_060, 8_160]), 0_u32..80, any::<bool>()), 0..200)) {
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

        // Numbers and bits, one chunk and several, kept and own ones.
        #[test]
        fn bits_are_a_set(left in prop::collection::vec(spread(), 0..4), right in prop::collection::vec(spread(), 0..4)) {
            let kept = |all: &[(u32, u32, u32)]| all.iter().map(|(from, step, many)| {
                let mut set = RowSet::default();
                (0..*many).for_each(|n| set.insert(from + n * step));
                set
            }).collect::<Vec<RowSet>>();
            let (kept_left, kept_right) = (kept(&left), kept(&right));
            let of = |all: &[(u32, u32, u32)]| all.iter().flat_map(|(from, step, many)| (0..*many).map(move |n| from + n * step)).collect::<BTreeSet<u32>>();
            let (rows_left, rows_right) = (of(&left), of(&right));
            let mut left = Bits::none(ROWS);
            for set in &kept_left {
                left.add(set);
            }
            let mut right = Bits::none(ROWS);
            for set in &kept_right {
                right.add(set);
            }
            prop_assert_eq!(changed(&left, &right, |_, _| {}), rows_left.clone());
            let common: u32 = kept_right.first().map_or(0, |kept| left.chunks().map(|(chunk, words)| kept.common(chunk, words)).sum());
            let first = kept_right.first().map(bits).unwrap_or_default().into_iter().collect::<BTreeSet<_>>();
            prop_assert_eq!(common as usize, (&rows_left & &first).len());
            prop_assert_eq!(changed(&left, &right, Bits::unite), &rows_left | &rows_right);
            prop_assert_eq!(changed(&left, &right, Bits::intersect), &rows_left & &rows_right);
            prop_assert_eq!(changed(&left, &right, Bits::subtract), &rows_left - &rows_right);
            prop_assert_eq!(changed(&left, &right, |bits, other| other.iter().for_each(|row| bits.remove(row))), &rows_left - &rows_right);
            prop_assert_eq!(changed(&left, &right, |bits, other| other.iter().for_each(|row| bits.insert(row))), &rows_left | &rows_right);
            prop_assert_eq!(changed(&left, &right, |bits, other| bits.insert_all(&other.iter().collect::<Vec<u32>>())), &rows_left | &rows_right);
            prop_assert!((0..ROWS + 10).all(|row| left.contains(row) == rows_left.contains(&row)));
        }
    }

    /// The rows after a change, whichever way they are read.
    fn changed<'a>(left: &Bits<'a>, right: &Bits<'a>, change: impl Fn(&mut Bits<'a>, &Bits<'a>)) -> BTreeSet<u32> {
        let mut bits = left.clone();
        change(&mut bits, right);
        let rows = bits.iter().collect::<BTreeSet<_>>();
        let (mut by_chunk, mut room) = (Vec::new(), NO_ROWS);
        bits.chunks().for_each(|(chunk, words)| by_chunk.extend_from_slice(rows_of_chunk(chunk, words, &mut room)));
        assert_eq!(by_chunk, rows.iter().copied().collect::<Vec<_>>());
        assert_eq!((bits.len(), bits.is_empty()), (rows.len() as u64, rows.is_empty()));
        rows
    }

    const ROWS: u32 = 3 * 4_096;

    /// Where rows begin, how far apart they are, and how many.
    fn spread() -> impl Strategy<Value = (u32, u32, u32)> {
        (0..ROWS - 1_000, 1_u32..8, prop::sample::select(vec![0_u32, 1, 20, 125]))
            .prop_map(|(from, step, many)| if many == 20 { (from, 1, 900) } else { (from, step, many) })
    }
}
