//! Sets of a block's rows, a bit for each: what a scan reads of 512 offers at once.

#![expect(clippy::inline_always, reason = "what is not inlined is compiled without the wide instructions")]
#![expect(clippy::indexing_slicing, reason = "rows are below ROWS")]

use std::ops::Range;

/// Rows of a block.
pub(super) const ROWS: usize = 512;
const WORDS: usize = ROWS / 64;

/// A set of rows: one line of the processor's cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Bits([u64; WORDS]);

impl Bits {
    pub const NONE: Self = Self([0; WORDS]);
    pub const ALL: Self = Self([u64::MAX; WORDS]);

    #[inline(always)]
    pub fn and(self, other: Self) -> Self {
        self.with(other, |one, other| one & other)
    }

    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        self.with(other, |one, other| one | other)
    }

    /// Those of this set that are not in the other.
    #[inline(always)]
    pub fn without(self, other: Self) -> Self {
        self.with(other, |one, other| one & !other)
    }

    /// Those that are in one of both alone.
    #[inline(always)]
    pub fn differs(self, other: Self) -> Self {
        self.with(other, |one, other| one ^ other)
    }

    #[inline(always)]
    pub fn all_if(all: bool) -> Self {
        Self([u64::from(all).wrapping_neg(); WORDS])
    }

    #[inline(always)]
    pub fn not(self) -> Self {
        Self::ALL.without(self)
    }

    #[inline(always)]
    fn with(mut self, other: Self, step: impl Fn(u64, u64) -> u64) -> Self {
        for (one, other) in self.0.iter_mut().zip(other.0) {
            *one = step(*one, other);
        }
        self
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.0.iter().fold(0, |all, word| all | word) == 0
    }

    #[inline(always)]
    pub fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    #[inline(always)]
    pub fn has(&self, row: usize) -> bool {
        self.0[row / 64 % WORDS] >> (row % 64) & 1 != 0
    }

    #[inline(always)]
    pub fn put(&mut self, row: usize, is: bool) {
        let (word, bit) = (&mut self.0[row / 64 % WORDS], row % 64);
        *word = *word & !(1 << bit) | u64::from(is) << bit;
    }

    /// Puts in all of `rows`.
    #[inline(always)]
    pub fn put_all(&mut self, rows: Range<usize>) {
        for (word, start) in self.0.iter_mut().zip((0..).step_by(64)) {
            let (from, until) = (rows.start.clamp(start, start + 64) - start, rows.end.clamp(start, start + 64) - start);
            let below = |row: usize| u64::MAX.checked_shl(u32::try_from(row).unwrap_or(64)).map_or(u64::MAX, |above| !above);
            *word |= below(until) & !below(from);
        }
    }

    /// How many rows before `row` are in it.
    #[inline(always)]
    pub fn rank(&self, row: usize) -> usize {
        let before = self.0[..row / 64 % WORDS].iter().map(|word| word.count_ones()).sum::<u32>();
        (before + (self.0[row / 64 % WORDS] & ((1 << (row % 64)) - 1)).count_ones()) as usize
    }

    /// Those of its rows that are among `rows` and for whose number in this set `is` holds.
    #[inline(always)]
    pub fn and_ranked(&self, rows: Self, is: impl Fn(usize) -> bool) -> Self {
        let (mut found, mut before) = (Self::NONE, 0);
        for ((word, own), other) in found.0.iter_mut().zip(self.0).zip(rows.0) {
            let mut left = own & other;
            while left != 0 {
                let bit = left & left.wrapping_neg();
                *word |= if is((before + (own & (bit - 1)).count_ones()) as usize) { bit } else { 0 };
                left ^= bit;
            }
            before += own.count_ones();
        }
        found
    }

    /// Its rows, the first one first.
    #[inline(always)]
    pub fn rows(self) -> impl Iterator<Item = usize> {
        let (mut at, mut left) = (0, self.0[0]);
        std::iter::from_fn(move || {
            while left == 0 {
                at += 1;
                left = *self.0.get(at)?;
            }
            let bit = left.trailing_zeros() as usize;
            left &= left - 1;
            Some(at * 64 + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        // Against a set of numbers.
        #[test]
        fn bits_are_a_set_of_rows(steps in proptest::collection::vec((0..ROWS, any::<bool>()), 0..200), row in 0..ROWS) {
            let (mut bits, mut set) = (Bits::NONE, BTreeSet::new());
            for (row, is) in steps {
                bits.put(row, is);
                if is { set.insert(row) } else { set.remove(&row) };
            }
            prop_assert_eq!(bits.rows().collect::<Vec<_>>(), set.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!((bits.has(row), bits.rank(row)), (set.contains(&row), set.range(..row).count()));
            prop_assert_eq!((bits.count() as usize, bits.is_empty()), (set.len(), set.is_empty()));
            let ranked = bits.and_ranked(Bits::ALL, |rank| rank % 3 == 0);
            prop_assert_eq!(ranked.rows().collect::<Vec<_>>(), set.iter().copied().step_by(3).collect::<Vec<_>>());
            prop_assert_eq!(bits.not().count() as usize, ROWS - set.len());
            let until = row + set.len();
            bits.put_all(row..until.min(ROWS));
            set.extend(row..until.min(ROWS));
            prop_assert_eq!(bits.rows().collect::<Vec<_>>(), set.into_iter().collect::<Vec<_>>());
        }
    }
}
