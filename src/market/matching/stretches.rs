//! Offers in few bytes where many of them stand one after the other, as those do whose products have like names.

use super::bits::{Bits, ROWS};
use super::book::Place;
use crate::market::varints::{next, write};

/// Offers that stand one after the other in one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub first: Place,
    /// How many; more than 0.
    pub length: u32,
}

/// A set of places.
///
/// Of each stretch is written how far it is from the end of the one before, with two bits below, [`ALONE`] and
/// [`ELSEWHERE`]; then its group and its first slot, if it is elsewhere; then its length, unless it is alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stretches(Box<[u8]>);

/// [`ROWS`] as slots are counted.
#[expect(clippy::cast_possible_truncation, reason = "it is far below")]
const ROWS_OF_SLOTS: u32 = ROWS as u32;
/// A stretch of one offer.
const ALONE: u32 = 1;
/// A stretch in another group than the one before, or [`FAR`] from it.
const ELSEWHERE: u32 = 2;
/// From here on a distance does not fit beside the two bits.
const FAR: u32 = 1 << 30;

impl Stretches {
    /// The set of `places`, in whatever order.
    pub fn new(mut places: Vec<Place>) -> Self {
        places.sort_unstable();
        places.dedup();
        let mut bytes = Vec::new();
        let mut end = None;
        for run in places.chunk_by(|one, other| one.group == other.group && other.slot - one.slot == 1) {
            let Some(first) = run.first().copied() else { continue };
            let length = u32::try_from(run.len()).unwrap_or(u32::MAX);
            let alone = if length == 1 { ALONE } else { 0 };
            let near = end.filter(|end: &Place| end.group == first.group).map(|end| first.slot - end.slot).filter(|far| *far < FAR);
            if let Some(far) = near {
                write(&mut bytes, far << 2 | alone);
            } else {
                write(&mut bytes, ELSEWHERE | alone);
                write(&mut bytes, first.group.into());
                write(&mut bytes, first.slot);
            }
            if alone == 0 {
                write(&mut bytes, length);
            }
            end = Some(Place { slot: first.slot.saturating_add(length), ..first });
        }
        Self(bytes.into())
    }

    /// The stretches, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Stretch> {
        let mut bytes = &*self.0;
        let mut end = Place { group: 0, slot: 0 };
        std::iter::from_fn(move || {
            let head = next(&mut bytes)?;
            let first = if head & ELSEWHERE == 0 {
                Place { slot: end.slot + (head >> 2), ..end }
            } else {
                Place { group: u8::try_from(next(&mut bytes)?).ok()?, slot: next(&mut bytes)? }
            };
            let length = if head & ALONE == 0 { next(&mut bytes)? } else { 1 };
            end = Place { slot: first.slot.saturating_add(length), ..first };
            Some(Stretch { first, length })
        })
    }

    /// The places by the blocks in which they stand: the first place of each block, and rows of it. Groups that are not
    /// `wanted` are left out.
    pub(super) fn by_block(&self, wanted: impl Fn(u8) -> bool) -> impl Iterator<Item = (Place, Bits)> {
        let mut stretches = self.iter().filter(move |stretch| wanted(stretch.first.group));
        let mut left = stretches.next();
        std::iter::from_fn(move || {
            let Stretch { first: Place { group, slot }, .. } = left?;
            let start = slot - slot % ROWS_OF_SLOTS;
            let mut rows = Bits::NONE;
            while let Some(Stretch { first, length }) =
                left.filter(|next| next.first.group == group && next.first.slot - start < ROWS_OF_SLOTS)
            {
                let row = first.slot - start;
                let here = length.min(ROWS_OF_SLOTS - row);
                rows.put_all(row as usize..(row + here) as usize);
                let rest = Stretch { first: Place { slot: first.slot.saturating_add(here), ..first }, length: length - here };
                left = if rest.length > 0 { Some(rest) } else { stretches.next() };
            }
            Some((Place { group, slot: start }, rows))
        })
    }

    /// The places, in order.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.iter().flat_map(|Stretch { first, length }| (0..length).map(move |step| Place { slot: first.slot + step, ..first }))
    }

    /// Bytes of memory beside itself.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn place() -> impl Strategy<Value = Place> {
        let slot = prop_oneof![5 => 0..12_u32, 3 => 0..5_000_u32, 1 => any::<u32>(), 1 => u32::MAX - 5..=u32::MAX];
        (prop_oneof![0..3_u8, any::<u8>()], slot).prop_map(|(group, slot)| Place { group, slot })
    }

    proptest! {
        #[test]
        fn places_come_back_each_once_and_in_order(places in prop::collection::vec(place(), 0..60)) {
            let expected: BTreeSet<Place> = places.iter().copied().collect();
            let set = Stretches::new(places);
            prop_assert_eq!(set.places().collect::<Vec<_>>(), expected.iter().copied().collect::<Vec<_>>());
            let stretches: Vec<Stretch> = set.iter().collect();
            prop_assert!(stretches.iter().all(|stretch| stretch.length > 0));
            let touch = |one: &Stretch, other: &Stretch| one.first.group == other.first.group && one.first.slot + one.length == other.first.slot;
            let blocks: Vec<(Place, Bits)> = set.by_block(|group| group != 1).collect();
            let in_blocks = blocks.iter().flat_map(|(start, rows)| rows.rows().map(|row| Place { slot: start.slot + u32::try_from(row).unwrap(), ..*start }));
            prop_assert_eq!(in_blocks.collect::<Vec<_>>(), expected.iter().copied().filter(|place| place.group != 1).collect::<Vec<_>>());
            prop_assert!(blocks.is_sorted_by(|(one, _), (other, _)| one < other), "each block once");
            prop_assert!(!stretches.windows(2).any(|pair| touch(&pair[0], &pair[1])), "a stretch is as long as it can be");
        }
    }

    #[test]
    fn neighbours_take_few_bytes() {
        let places = |group: u8, slots: std::ops::Range<u32>| slots.map(move |slot| Place { group, slot });
        let set = Stretches::new(places(7, 100..1_100).chain(places(7, 1_110..1_111)).chain(places(9, 0..2)).collect());
        // Head, group, slot and two bytes of length; one byte; head, group, slot and length.
        assert_eq!((set.places().count(), set.bytes()), (1_003, 5 + 1 + 4));
    }
}
