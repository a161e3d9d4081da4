//! How many products have one value, and how many have two values together: a question with one filter, and the counts
//! of a chosen facet beside one other filter, are sums of a few rows of this table, whatever the size of the register.

use super::facet::{Counts, Dimension, Entry, Facet, NO_PRICE, SEEN, Seen, ones};
use std::ops::Range;

const PROVINCE: usize = 0;
const GROUP: usize = 128;
const STARS: usize = 256;
const KIND: usize = 260;
const MONTH: usize = 276;
/// For each [`Seen`].
const PRICES: usize = 288;
const CERTIFICATE: usize = PRICES + SEEN * SLOTS;
/// Values of all dimensions, one after the other.
const VALUES: usize = CERTIFICATE + 64;
/// Places for prices.
const SLOTS: usize = 16;

/// Where products without an offer are counted by price, apart from those with an offer of unknown price.
pub const NO_OFFER: usize = NO_PRICE as usize + 1;

/// Where a product is counted by price.
#[inline]
pub fn price_slot(facet: Facet, seen: Seen) -> usize {
    facet.price(seen) + usize::from(!facet.is_offered())
}

/// The values of `dimension` in the table.
fn span(dimension: Dimension, seen: Seen) -> Range<usize> {
    match dimension {
        Dimension::Province => PROVINCE..GROUP,
        Dimension::Group => GROUP..STARS,
        Dimension::Stars => STARS..KIND,
        Dimension::ProducerKind => KIND..MONTH,
        Dimension::Month => MONTH..PRICES,
        Dimension::Price => PRICES + SLOTS * seen as usize..PRICES + SLOTS * (seen as usize + 1),
        Dimension::Certificate => CERTIFICATE..VALUES,
    }
}

/// The table: for each value a row with how many products have it and each other one.
#[derive(Debug, Clone, Default)]
pub struct Pairs {
    counts: Vec<u32>,
    /// Products that have each value.
    single: Vec<u32>,
}

impl Pairs {
    /// Adds a product.
    pub fn add(&mut self, entry: &Entry) {
        self.change(entry, 1);
    }

    /// Adds all products of a new index: no product was added before.
    pub fn add_all(&mut self, entries: impl Iterator<Item = Entry>) {
        let mut entries = entries.peekable();
        if entries.peek().is_none() {
            return;
        }
        let mut counts = vec![0; VALUES * VALUES];
        let mut values = Vec::with_capacity(24);
        for entry in entries {
            write_values(&entry, &mut values);
            // Two values are counted in the row of the one that comes first, and in the other's at the end.
            let mut left = values.as_slice();
            while let [value, rest @ ..] = left {
                if let Some(row) = counts.get_mut(value * VALUES..(value + 1) * VALUES) {
                    for other in left {
                        add(row, *other, 1);
                    }
                }
                left = rest;
            }
        }
        for one in 0..VALUES {
            for other in 0..one {
                let count = counts.get(other * VALUES + one).copied().unwrap_or(0);
                counts.get_mut(one * VALUES + other).into_iter().for_each(|place| *place = count);
            }
        }
        self.single = (0..VALUES).map(|value| counts.get(value * (VALUES + 1)).copied().unwrap_or(0)).collect();
        self.counts = counts;
    }

    /// Takes a product out that was added.
    pub fn subtract(&mut self, entry: &Entry) {
        self.change(entry, u32::MAX);
    }

    /// Adds `step`, modulo 2³²: what was added can be taken out again.
    fn change(&mut self, entry: &Entry, step: u32) {
        if self.counts.is_empty() {
            self.counts = vec![0; VALUES * VALUES];
            self.single = vec![0; VALUES];
        }
        let mut values = Vec::with_capacity(24);
        write_values(entry, &mut values);
        for value in &values {
            add(&mut self.single, *value, step);
            let Some(row) = self.counts.get_mut(value * VALUES..(value + 1) * VALUES) else { continue };
            for other in &values {
                add(row, *other, step);
            }
        }
    }

    /// The value of `dimension` that stands in `place` of its counts.
    pub fn value(dimension: Dimension, place: usize, seen: Seen) -> usize {
        span(dimension, seen).start + place
    }

    /// Adds to the counts of `dimension` all products.
    pub fn count_all(&self, dimension: Dimension, seen: Seen, counts: &mut Counts) {
        sum(counts.of_mut(dimension), self.single.get(span(dimension, seen)));
    }

    /// Adds to the counts of `dimension` the products that have one of `values`; no product has two of them.
    pub fn count(&self, values: &[usize], dimension: Dimension, seen: Seen, counts: &mut Counts) {
        let span = span(dimension, seen);
        for value in values {
            let at = value * VALUES;
            sum(counts.of_mut(dimension), self.counts.get(at + span.start..at + span.end));
        }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        (self.counts.capacity() + self.single.capacity()) * size_of::<u32>()
    }
}

/// Writes all values of a product, in their order.
fn write_values(entry: &Entry, values: &mut Vec<usize>) {
    let facet = entry.facet;
    values.clear();
    values.extend([PROVINCE + facet.province(), GROUP + facet.group(), STARS + facet.star_step(), KIND + facet.kind()]);
    values.extend(ones(u64::from(entry.months & 0xFFF)).map(|month| MONTH + month));
    values.extend(Seen::EACH.map(|seen| span(Dimension::Price, seen).start + price_slot(facet, seen)));
    values.extend(ones(entry.certificates).map(|kind| CERTIFICATE + kind));
}

fn add(counts: &mut [u32], at: usize, step: u32) {
    counts.get_mut(at).into_iter().for_each(|count| *count = count.wrapping_add(step));
}

fn sum(to: &mut [u32], from: Option<&[u32]>) {
    to.iter_mut().zip(from.unwrap_or_default()).for_each(|(to, from)| *to += from);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::facet::{Facet, Parts};
    use proptest::prelude::*;

    fn an_entry() -> impl Strategy<Value = Entry> {
        ((0_u8..3, 125_u8..128, prop::sample::select(vec![0_u8, 3, 5]), 0_u8..16), prop::array::uniform3(0_u8..10), 0_u16..0x1000, 0_u64..8)
            .prop_map(|((province, group, stars, kind), prices, months, certificates)| {
                let facet = Parts { province, group, stars, kind, prices, ..Parts::default() };
                Entry { facet: Facet::from(facet), months, certificates: certificates | certificates << 61 }
            })
    }

    /// Places in the counts of a dimension that an entry has.
    fn places(entry: &Entry, dimension: Dimension, seen: Seen) -> Vec<usize> {
        match dimension {
            Dimension::Province => vec![entry.facet.province()],
            Dimension::Group => vec![entry.facet.group()],
            Dimension::Stars => vec![entry.facet.star_step()],
            Dimension::ProducerKind => vec![entry.facet.kind()],
            Dimension::Price => vec![price_slot(entry.facet, seen)],
            Dimension::Month => (0..12).filter(|month| entry.months >> month & 1 == 1).collect(),
            Dimension::Certificate => (0..64).filter(|kind| entry.certificates >> kind & 1 == 1).collect(),
        }
    }

    proptest! {
        // Against looking at each entry.
        #[test]
        fn two_values_are_counted_together(kept in prop::collection::vec(an_entry(), 0..20), gone in prop::collection::vec(an_entry(), 0..10), at_once: bool, seen in prop::sample::select(Seen::EACH.to_vec())) {
            let mut pairs = Pairs::default();
            if at_once {
                pairs.add_all(kept.iter().chain(&gone).copied());
            } else {
                kept.iter().chain(&gone).for_each(|entry| pairs.add(entry));
            }
            for entry in &gone {
                pairs.subtract(entry);
            }
            for dimension in Dimension::ALL {
                let mut all = Counts::default();
                pairs.count_all(dimension, seen, &mut all);
                for (place, count) in all.of_mut(dimension).iter().enumerate() {
                    let expected = kept.iter().filter(|entry| places(entry, dimension, seen).contains(&place)).count();
                    prop_assert_eq!(*count as usize, expected);
                }
                for other in Dimension::ALL {
                    let place = 1;
                    let mut counts = Counts::default();
                    pairs.count(&[Pairs::value(other, place, seen)], dimension, seen, &mut counts);
                    let having: Vec<&Entry> = kept.iter().filter(|entry| places(entry, other, seen).contains(&place)).collect();
                    for (place, count) in counts.of_mut(dimension).iter().enumerate() {
                        let expected = having.iter().filter(|entry| places(entry, dimension, seen).contains(&place)).count();
                        prop_assert_eq!(*count as usize, expected);
                    }
                }
            }
        }
    }
}
