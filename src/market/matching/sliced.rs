//! A column of numbers by their bits: row by row a few bits of each number, 512 rows to a word.
//!
//! What is kept is in which of a few equal steps a number lies. Against any other number, most are then known to be smaller
//! or larger; those of the same step have to be looked up. The frame of the steps is chosen from the numbers that are there,
//! and may be any.

#![expect(clippy::inline_always, reason = "what is not inlined is compiled without the wide instructions")]

use super::bits::Bits;
use crate::market::fetch::fetch;

/// The frame of a column in `2 ^ B` steps: the first is below the frame and the last above it.
#[derive(Debug, Clone)]
pub(super) struct Frame<const B: usize> {
    base: u32,
    shift: u32,
    /// No number is less, and none more.
    least: u32,
    most: u32,
    /// Nor below the frame is any more, nor above it less.
    most_below: u32,
    least_above: u32,
}

/// A column: its frame, which is read first and often says enough, and the bits of the steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sliced<'a, const B: usize> {
    pub frame: &'a Frame<B>,
    pub planes: &'a [Bits; B],
}

/// Of a comparison.
#[derive(Debug, Clone, Copy)]
pub(super) struct Against {
    /// Those for which it certainly does not hold.
    pub fails: Bits,
    /// Those for which it is not known.
    pub unsure: Bits,
}

impl Against {
    /// It holds for all.
    pub const HOLDS: Self = Self { fails: Bits::NONE, unsure: Bits::NONE };
}

impl Against {
    /// It holds for none.
    const FAILS: Self = Self { fails: Bits::ALL, unsure: Bits::NONE };
}

impl<const B: usize> Frame<B> {
    const LAST: u32 = (1 << B) - 1;

    /// Of numbers below `2 ^ width`.
    pub const fn new(width: u32) -> Self {
        Self { base: 0, shift: width + 1 - Self::LAST.count_ones(), least: u32::MAX, most: 0, most_below: 0, least_above: u32::MAX }
    }

    #[inline(always)]
    fn step(&self, number: u32) -> u32 {
        if number < self.base { 0 } else { ((number - self.base) >> self.shift).min(Self::LAST - 1) + 1 }
    }

    /// The first number of a step.
    #[inline(always)]
    fn first(&self, step: u32) -> u64 {
        if step == 0 { 0 } else { u64::from(self.base) + (u64::from(step - 1) << self.shift) }
    }

    /// The last number of a step.
    #[inline(always)]
    fn last(&self, step: u32) -> u64 {
        if step == Self::LAST { u64::from(u32::MAX) } else { self.first(step + 1).saturating_sub(1) }
    }

    /// Writes the number of a row.
    pub fn put(&mut self, planes: &mut [Bits; B], row: usize, number: u32) {
        (self.least, self.most) = (self.least.min(number), self.most.max(number));
        let step = self.step(number);
        match step {
            0 => self.most_below = self.most_below.max(number),
            _ if step == Self::LAST => self.least_above = self.least_above.min(number),
            _ => {}
        }
        for (place, plane) in planes.iter_mut().enumerate() {
            plane.put(row, step >> place & 1 != 0);
        }
    }

    /// Chooses the frame so that most of `numbers` lie in it, all but so many of the least and some of the largest; all rows
    /// must be written anew.
    pub fn choose(&mut self, mut numbers: Vec<u32>, below: usize) {
        (self.least, self.most, self.most_below, self.least_above) = (u32::MAX, 0, 0, u32::MAX);
        numbers.sort_unstable();
        // Some stand far out: no end, no price.
        let above = numbers.len() / 64;
        let (Some(least), Some(most)) = (numbers.get(below), numbers.get(numbers.len().saturating_sub(1 + above))) else { return };
        self.base = *least;
        self.shift = (0..32).find(|shift| most.saturating_sub(*least) >> shift <= Self::LAST - 2).unwrap_or(31);
    }

    /// Whether it says by itself of all rows whether they are at least `number`: where all are, or none.
    #[inline(always)]
    fn all_at_least(&self, number: u32, exact: bool) -> Option<Against> {
        if number < self.least || (exact && number == self.least) {
            Some(Against::HOLDS)
        } else if number > self.most {
            Some(Against::FAILS)
        } else {
            None
        }
    }

    /// The same for at most `number`.
    #[inline(always)]
    fn all_at_most(&self, number: u32, exact: bool) -> Option<Against> {
        if number > self.most || (exact && number == self.most) {
            Some(Against::HOLDS)
        } else if number < self.least {
            Some(Against::FAILS)
        } else {
            None
        }
    }
}

impl<const B: usize> Sliced<'_, B> {
    const LAST: u32 = Frame::<B>::LAST;

    /// Lets the processor fetch what [`Sliced::at_least`] will read.
    #[inline(always)]
    pub fn fetch_at_least(&self, number: u32) {
        if self.frame.all_at_least(number, true).is_none() {
            fetch(self.planes);
        }
    }

    /// Lets the processor fetch what [`Sliced::at_most`] will read.
    #[inline(always)]
    pub fn fetch_at_most(&self, number: u32) {
        if self.frame.all_at_most(number, true).is_none() {
            fetch(self.planes);
        }
    }

    /// Rows whose number is certainly less than `number`, and those of its step.
    #[inline(always)]
    fn split(&self, step: u32) -> (Bits, Bits) {
        let (mut less, mut same) = (Bits::NONE, Bits::ALL);
        for (place, plane) in self.planes.iter().enumerate().rev() {
            // Without a branch: the steps of the frames come at random, and each would be foretold wrongly.
            let bit = Bits::all_if(step >> place & 1 != 0);
            less = less.or(same.and(bit).without(*plane));
            same = same.without(plane.differs(bit));
        }
        (less, same)
    }

    /// Whether numbers are at least `number`; `exact` says whether they are what is meant, or equal ones may differ.
    #[inline(always)]
    pub fn at_least(&self, number: u32, exact: bool) -> Against {
        let frame = self.frame;
        if let Some(all) = frame.all_at_least(number, exact) {
            return all;
        }
        let step = frame.step(number);
        let (less, same) = self.split(step);
        if step == 0 && number > frame.most_below {
            return Against { fails: less.or(same), unsure: Bits::NONE };
        }
        let first = if step == Self::LAST { frame.least_above.into() } else { frame.first(step) };
        let known = u64::from(number) < first || (exact && u64::from(number) == first);
        Against { fails: less, unsure: if known { Bits::NONE } else { same } }
    }

    /// Whether numbers are at most `number`.
    #[inline(always)]
    pub fn at_most(&self, number: u32, exact: bool) -> Against {
        let frame = self.frame;
        if let Some(all) = frame.all_at_most(number, exact) {
            return all;
        }
        let step = frame.step(number);
        let (less, same) = self.split(step);
        if step == Self::LAST && number < frame.least_above {
            return Against { fails: less.not(), unsure: Bits::NONE };
        }
        let last = if step == 0 { frame.most_below.into() } else { frame.last(step) };
        let known = u64::from(number) > last || (exact && u64::from(number) == last);
        Against { fails: less.or(same).not(), unsure: if known { Bits::NONE } else { same } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number() -> impl Strategy<Value = u32> {
        prop_oneof![Just(0), Just(u32::MAX), 0..100_u32, 1_000..2_000_u32, any::<u32>()]
    }

    proptest! {
        // Against comparing each; a number between two steps of a frame of one is known whatever it is.
        #[test]
        fn what_is_known_of_a_comparison_is_so(
            numbers in proptest::collection::vec(number(), 1..100), other in number(), framed in any::<bool>(), exact in any::<bool>(),
        ) {
            let (mut frame, mut planes) = (Frame::<6>::new(32), [Bits::NONE; 6]);
            if framed {
                frame.choose(numbers.clone(), numbers.len() / 64);
            }
            numbers.iter().enumerate().for_each(|(row, number)| frame.put(&mut planes, row, *number));
            let sliced = Sliced { frame: &frame, planes: &planes };
            let (least, most) = (sliced.at_least(other, exact), sliced.at_most(other, exact));
            for (row, number) in numbers.iter().enumerate() {
                prop_assert!(!least.fails.has(row) || *number < other);
                prop_assert!(!most.fails.has(row) || *number > other);
                if !least.unsure.has(row) {
                    prop_assert!(least.fails.has(row) == (*number < other) && (exact || *number != other));
                }
                if !most.unsure.has(row) {
                    prop_assert!(most.fails.has(row) == (*number > other) && (exact || *number != other));
                }
            }
        }

        // 64 numbers or more: the least but one is where the frame begins. Thirty different ones have a step each.
        #[test]
        fn numbers_that_lie_close_are_told_apart(mut numbers in proptest::collection::vec(500..530_u32, 64..100), other in 500..530_u32) {
            let (mut frame, mut planes) = (Frame::<6>::new(16), [Bits::NONE; 6]);
            frame.choose(numbers.clone(), numbers.len() / 64);
            numbers.iter().enumerate().for_each(|(row, number)| frame.put(&mut planes, row, *number));
            let sliced = Sliced { frame: &frame, planes: &planes };
            numbers.sort_unstable();
            let is_in_frame = numbers.get(1).is_some_and(|least| *least <= other);
            let unsure = sliced.at_least(other, true).unsure.or(sliced.at_most(other, true).unsure);
            prop_assert!(!is_in_frame || unsure.is_empty());
        }
    }
}
