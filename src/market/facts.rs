//! What follows for a product, and all of it in columns.
//!
//! A scan asks two or three things of many rows, and counts by one: each stands in a byte column of its own, so that a
//! column of a million products fits the cache of a core.

use super::facet::{Entry, Facet, KindSets, Parts, Seen, UNKNOWN_PRICE, price_bucket};
use super::offers::Terms;
use super::order::SortKey;
use super::pairs::{NO_OFFER, price_slot};
use super::products::{Kept, after_stars, newest};
use super::record::Id;

/// What follows for a product from its producer, its papers and its offers, today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Province, group, stars, kind, buckets of price.
    pub facet: Facet,
    /// Months in which an offer that is open or to come supplies.
    pub months: u16,
    /// Kinds of certificate that are valid today.
    pub certificates: u64,
    /// Largest quantity a month of those offers, thousandths of its base unit.
    pub quantity: i64,
    /// Lowest price that everybody sees, VND for a base unit; [`UNKNOWN_PRICE`] without.
    pub public_price: u32,
    /// Lowest price that keys see.
    pub keys_price: u32,
}

impl Default for Facts {
    fn default() -> Self {
        Self { facet: Facet::default(), months: 0, certificates: 0, quantity: 0, public_price: UNKNOWN_PRICE, keys_price: UNKNOWN_PRICE }
    }
}

impl Facts {
    /// What a product is counted by.
    pub fn entry(&self) -> Entry {
        Entry { facet: self.facet, months: self.months, certificates: self.certificates }
    }

    /// Adds an offer that is open or to come.
    pub fn take(&mut self, terms: Terms, quantity: i64) {
        self.months |= terms.months;
        self.quantity = self.quantity.max(quantity);
        self.public_price = self.public_price.min(terms.public_price);
        self.keys_price = self.keys_price.min(terms.keys_price);
        self.facet = self.facet.with_one_more_offer(price_bucket(self.public_price), price_bucket(self.keys_price));
    }
}

/// Lower bits of [`FactColumns::places`]: the unit as recorded.
pub const PLACE: u8 = 0x7F;
/// Its upper bit: an offer is open or to come.
pub const OFFERED: u8 = 0x80;
/// Lower bits of [`FactColumns::groups`]: the group as recorded.
pub const GROUP: u8 = 0x7F;
/// Its upper bit: invented for a demo.
const ILLUSTRATIVE: u8 = 0x80;
/// Lower bits of [`FactColumns::ranks`]: stars less two.
pub const STARS: u8 = 3;
/// Bits above: the kind of producer.
pub const KIND: u8 = 0xF;
/// How far above.
pub const KIND_SHIFT: u32 = 2;
/// And on top: several offers are open or to come.
pub const SEVERAL: u8 = 0x40;
/// How far above the months the number of the set of kinds of certificate stands.
pub const SET_SHIFT: u32 = 12;
/// The months.
pub const MONTHS: u32 = 0xFFF;

/// The columns.
#[derive(Debug, Clone, Default)]
pub struct FactColumns {
    places: Vec<u8>,
    groups: Vec<u8>,
    ranks: Vec<u8>,
    price_slots: Vec<u8>,
    /// Months below, the number of the set of kinds of certificate above.
    months: Vec<u32>,
    kinds: KindSets,
    quantities: Vec<i64>,
    public_prices: Vec<u32>,
    keys_prices: Vec<u32>,
}

/// Slot of a price in [`FactColumns::price_slots`] as the caller sees it.
#[inline]
pub fn slot_seen(slots: u8, seen: Seen) -> u8 {
    if seen == Seen::Public { slots & 0xF } else { slots >> 4 }
}

impl FactColumns {
    /// Units, and whether there is an offer.
    pub fn places(&self) -> &[u8] {
        &self.places
    }

    /// Groups, and whether it is invented.
    pub fn groups(&self) -> &[u8] {
        &self.groups
    }

    /// Stars, kinds of producer, and whether there are several offers.
    pub fn ranks(&self) -> &[u8] {
        &self.ranks
    }

    /// [`price_slot`] of the price that everybody sees below, of the one that keys see above.
    pub fn price_slots(&self) -> &[u8] {
        &self.price_slots
    }

    /// Months and sets of kinds of certificate.
    pub fn months(&self) -> &[u32] {
        &self.months
    }

    /// The sets of kinds of certificate, by number.
    pub fn kinds(&self) -> &KindSets {
        &self.kinds
    }

    /// Lowest prices as the caller sees them.
    pub fn prices(&self, seen: Seen) -> &[u32] {
        if seen == Seen::Public { &self.public_prices } else { &self.keys_prices }
    }

    /// Largest quantity a month of the offers of `row`.
    pub fn quantity(&self, row: u32) -> i64 {
        self.quantities.get(row as usize).copied().unwrap_or(0)
    }

    /// A row more.
    pub fn push(&mut self, facts: Facts) {
        self.places.push(0);
        self.groups.push(0);
        self.ranks.push(0);
        self.price_slots.push(0);
        self.months.push(0);
        self.quantities.push(0);
        self.public_prices.push(0);
        self.keys_prices.push(0);
        self.set(u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX), facts);
    }

    /// Writes what follows for `row` now.
    pub fn set(&mut self, row: u32, facts: Facts) {
        let (at, facet) = (row as usize, facts.facet);
        let small = |value: usize| u8::try_from(value).unwrap_or(0);
        let flag = |stands: bool, bit: u8| if stands { bit } else { 0 };
        set(&mut self.places, at, small(facet.province()) | flag(facet.is_offered(), OFFERED));
        set(&mut self.groups, at, small(facet.group()) | flag(facet.is_illustrative(), ILLUSTRATIVE));
        set(&mut self.ranks, at, small(facet.star_step() | facet.kind() << KIND_SHIFT) | flag(facet.has_several(), SEVERAL));
        let slots = small(price_slot(facet, Seen::Public)) | small(price_slot(facet, Seen::Keys)) << 4;
        set(&mut self.price_slots, at, slots);
        let months = u32::from(facts.months) & MONTHS | self.kinds.number(facts.certificates) << SET_SHIFT;
        set(&mut self.months, at, months);
        set(&mut self.quantities, at, facts.quantity);
        set(&mut self.public_prices, at, facts.public_price);
        set(&mut self.keys_prices, at, facts.keys_price);
    }

    /// What follows for `row`.
    pub fn get(&self, row: u32) -> Facts {
        let at = row as usize;
        let value = || {
            let Entry { facet, months, certificates } = self.entry(row)?;
            let (public_price, keys_price) = (*self.public_prices.get(at)?, *self.keys_prices.get(at)?);
            Some(Facts { facet, months, certificates, quantity: *self.quantities.get(at)?, public_price, keys_price })
        };
        value().unwrap_or_default()
    }

    /// Facets of `row`.
    #[inline]
    pub fn facet(&self, row: u32) -> Facet {
        let at = row as usize;
        let (Some(place), Some(group), Some(rank), Some(slots)) =
            (self.places.get(at), self.groups.get(at), self.ranks.get(at), self.price_slots.get(at))
        else {
            return Facet::default();
        };
        // The slot of products without an offer lies above that of unknown prices.
        let bucket = |seen: Seen| slot_seen(*slots, seen) - u8::from(usize::from(slot_seen(*slots, seen)) == NO_OFFER);
        let parts = Parts {
            province: place & PLACE,
            group: group & GROUP,
            stars: 0,
            kind: rank >> KIND_SHIFT & KIND,
            public_price: bucket(Seen::Public),
            keys_price: bucket(Seen::Keys),
            is_offered: place & OFFERED != 0,
            is_illustrative: group & ILLUSTRATIVE != 0,
            has_several: rank & SEVERAL != 0,
        };
        let stars = rank & STARS;
        Facet::from(parts).with_stars(if stars == 0 { 0 } else { stars + 2 })
    }

    /// What `row` is counted by.
    #[inline]
    pub fn entry(&self, row: u32) -> Option<Entry> {
        let word = *self.months.get(row as usize)?;
        let months = u16::try_from(word & MONTHS).unwrap_or(0);
        Some(Entry { facet: self.facet(row), months, certificates: self.kinds.get(word >> SET_SHIFT) })
    }

    /// [`Kept::key`] of `row`, from the one column that it needs; `ids` is the column of ids.
    pub fn key(&self, kept: Kept, ids: &[Id], row: u32) -> SortKey {
        let at = row as usize;
        let id = ids.get(at).copied().unwrap_or_default();
        let first = match kept {
            Kept::Price => self.public_prices.get(at).map_or(u64::MAX, |price| u64::from(*price)),
            Kept::Quantity => u64::MAX - self.quantity(row).unsigned_abs(),
            Kept::Stars => after_stars(self.facet(row)),
            Kept::Newest => newest(id),
        };
        (first, id)
    }

    /// Gives back what the columns have grown beyond what they hold.
    pub fn shrink(&mut self) {
        let Self { places, groups, ranks, price_slots, months, kinds: _, quantities, public_prices, keys_prices } = self;
        for column in [places, groups, ranks, price_slots] {
            column.shrink_to_fit();
        }
        for column in [months, public_prices, keys_prices] {
            column.shrink_to_fit();
        }
        quantities.shrink_to_fit();
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.places.capacity() * (4 + 4 + 8 + 4 + 4)
    }
}

fn set<T>(column: &mut [T], at: usize, value: T) {
    if let Some(place) = column.get_mut(at) {
        *place = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn facts() -> impl Strategy<Value = Facts> {
        let parts = ((0_u8..128, 0_u8..128, prop::sample::select(vec![0_u8, 3, 4, 5]), 0_u8..16), any::<bool>());
        (parts, prop::collection::vec((0_u16..0x1000, any::<[u32; 2]>(), 0_i64..1 << 40), 0..3), any::<u64>()).prop_map(
            |(((province, group, stars, kind), is_illustrative), offers, certificates)| {
                let bucket = price_bucket(UNKNOWN_PRICE);
                let parts =
                    Parts { province, group, stars, kind, is_illustrative, public_price: bucket, keys_price: bucket, ..Parts::default() };
                let mut facts = Facts { facet: Facet::from(parts), certificates, ..Facts::default() };
                for (months, prices, quantity) in offers {
                    facts.take(Terms::new(months, prices, 0, quantity), quantity);
                }
                facts
            },
        )
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(all in prop::collection::vec(facts(), 1..8), again in facts(), at in any::<prop::sample::Index>()) {
            let mut columns = FactColumns::default();
            for facts in &all {
                columns.push(*facts);
            }
            let changed = at.index(all.len());
            columns.set(u32::try_from(changed).unwrap(), again);
            for (row, facts) in (0_u32..).zip(&all) {
                let expected = if row as usize == changed { again } else { *facts };
                prop_assert_eq!(columns.get(row), expected);
                prop_assert_eq!((columns.facet(row), columns.entry(row)), (expected.facet, Some(expected.entry())));
            }
        }
    }
}
