//! What follows for a product, and all of it in columns.
//!
//! A scan asks two or three things of many rows, and counts by one: each stands in a byte column of its own, so that a
//! column of a million products fits the cache of a core.

use super::facet::{Entry, Facet, KindSets, Offered, Parts, SEEN, Seen, UNKNOWN_PRICE, price_bucket};
use super::month_prices::{Mixed, MonthPrices};
use super::offers::Terms;
use super::order::SortKey;
use super::orders::{Kept, after_stars, newest};
use super::pairs::{NO_OFFER, price_slot};
use super::prices::Prices;
use super::record::Id;
use super::upkeep::table_bytes;
use foldhash::fast::RandomState;
use std::collections::HashMap;

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
    /// Lowest prices by [`Seen`], VND for a base unit; [`UNKNOWN_PRICE`] without.
    pub prices: [u32; SEEN],
    /// The lowest price that everybody sees in each month.
    pub by_month: MonthPrices,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            facet: Facet::default(),
            months: 0,
            certificates: 0,
            quantity: 0,
            prices: [UNKNOWN_PRICE; SEEN],
            by_month: MonthPrices::NONE,
        }
    }
}

impl Facts {
    /// What a product is counted by.
    pub fn entry(&self) -> Entry {
        Entry { facet: self.facet, months: self.months, certificates: self.certificates }
    }

    /// Adds an offer that is open or to come.
    pub fn take(&mut self, terms: Terms, quantity: i64) {
        let has_other_months = terms.months != self.months;
        self.months |= terms.months;
        self.quantity = self.quantity.max(quantity);
        self.by_month = self.by_month.with(terms.months, price_bucket(terms.price(Seen::Public)));
        for (price, seen) in self.prices.iter_mut().zip(Seen::EACH) {
            *price = terms.price(seen).min(*price);
        }
        let is_unseen = Seen::EACH.map(|seen| terms.is_unseen(seen));
        self.facet = self.facet.with_one_more_offer(self.prices.map(price_bucket), is_unseen, has_other_months);
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
/// The bits of [`Offered`] on top, of which both are set of [`Offered::Mixed`] alone.
pub const MIXED: u8 = 0xC0;
/// How far above they stand.
const OFFERED_SHIFT: u32 = 6;
/// Lower bits of [`FactColumns::price_slots`]: the slot.
pub const SLOT: u8 = 0xF;
/// Its upper bit: a price is not seen. Between the two stands where the lowest price that is seen is ([`Prices`]).
pub const UNSEEN: u8 = 0x80;
/// How far above the months the number of the set of kinds of certificate stands.
pub const SET_SHIFT: u32 = 12;
/// The months.
pub const MONTHS: u32 = 0xFFF;

/// So much that it stands beside the column: over 4,000 tonnes a month.
const MUCH: u32 = u32::MAX;

/// A column, whatever it holds, as far as its memory goes.
pub trait Column {
    /// Makes room for so many rows more.
    fn make_room(&mut self, more: usize);
    /// Gives back what it has grown beyond what it holds.
    fn give_back(&mut self);
}

impl<T> Column for Vec<T> {
    fn make_room(&mut self, more: usize) {
        self.reserve(more);
    }

    fn give_back(&mut self) {
        self.shrink_to_fit();
    }
}

/// The columns.
#[derive(Debug, Clone, Default)]
pub struct FactColumns {
    places: Vec<u8>,
    groups: Vec<u8>,
    ranks: Vec<u8>,
    price_slots: [Vec<u8>; SEEN],
    /// Months below, the number of the set of kinds of certificate above.
    months: Vec<u32>,
    kinds: KindSets,
    /// [`MUCH`] for those that stand beside.
    quantities: Vec<u32>,
    /// The quantities that are too large for the column, by row: hardly any is.
    large: HashMap<u32, i64, RandomState>,
    prices: Prices,
    mixed: Mixed,
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

    /// Stars, kinds of producer, and which offers there are.
    pub fn ranks(&self) -> &[u8] {
        &self.ranks
    }

    /// [`price_slot`] of the lowest price as the caller sees it, and whether there is a price that it does not see.
    pub fn price_slots(&self, seen: Seen) -> &[u8] {
        seen.of(&self.price_slots).as_slice()
    }

    /// Months and sets of kinds of certificate.
    pub fn months(&self) -> &[u32] {
        &self.months
    }

    /// The sets of kinds of certificate, by number.
    pub fn kinds(&self) -> &KindSets {
        &self.kinds
    }

    /// The rows with several offers that supply in different months: what these have together no single one may have.
    pub fn mixed(&self) -> &Mixed {
        &self.mixed
    }

    /// The lowest price of `row` as the caller sees it.
    #[inline]
    pub fn price(&self, row: u32, seen: Seen) -> u32 {
        let of_row = self.price_slots(seen).get(row as usize);
        of_row.map_or(UNKNOWN_PRICE, |of_row| self.prices.get(row, *of_row, seen))
    }

    /// What prices are to everybody, as far as anybody knows them: to the caller none is higher.
    pub fn highest_prices(&self) -> &[u32] {
        self.prices.column()
    }

    /// Whether the price of `row` is lower to the caller than [`Self::highest_prices`] says.
    #[inline]
    pub fn is_lower(&self, row: u32, seen: Seen) -> bool {
        self.price_slots(seen).get(row as usize).is_some_and(|of_row| Prices::is_beside(*of_row))
    }

    /// Largest quantity a month of the offers of `row`.
    pub fn quantity(&self, row: u32) -> i64 {
        match self.quantities.get(row as usize) {
            Some(&MUCH) => self.large.get(&row).copied().unwrap_or(0),
            Some(quantity) => i64::from(*quantity),
            None => 0,
        }
    }

    /// A row more.
    pub fn push(&mut self, facts: Facts) {
        self.places.push(0);
        self.groups.push(0);
        self.ranks.push(0);
        self.price_slots.iter_mut().for_each(|slots| slots.push(0));
        self.months.push(0);
        self.quantities.push(0);
        self.prices.push();
        self.set(u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX), facts);
    }

    /// Writes what follows for `row` now.
    pub fn set(&mut self, row: u32, facts: Facts) {
        let (at, facet) = (row as usize, facts.facet);
        let small = |value: usize| u8::try_from(value).unwrap_or(0);
        let flag = |stands: bool, bit: u8| if stands { bit } else { 0 };
        set(&mut self.places, at, small(facet.province()) | flag(facet.is_offered(), OFFERED));
        set(&mut self.groups, at, small(facet.group()) | flag(facet.is_illustrative(), ILLUSTRATIVE));
        let offered = (facet.offered() as u8) << OFFERED_SHIFT;
        set(&mut self.ranks, at, small(facet.star_step() | facet.kind() << KIND_SHIFT) | offered);
        let of_prices = self.prices.set(row, facts.prices);
        for ((seen, slots), of_price) in Seen::EACH.into_iter().zip(&mut self.price_slots).zip(of_prices) {
            set(slots, at, small(price_slot(facet, seen)) | of_price | flag(facet.has_unseen(seen), UNSEEN));
        }
        let months = u32::from(facts.months) & MONTHS | self.kinds.number(facts.certificates) << SET_SHIFT;
        set(&mut self.months, at, months);
        let known = self.quantities.get(at).copied().unwrap_or(0);
        let quantity = u32::try_from(facts.quantity).unwrap_or(MUCH);
        if quantity == MUCH {
            self.large.insert(row, facts.quantity);
        } else if known == MUCH {
            self.large.remove(&row);
        }
        set(&mut self.quantities, at, quantity);
        if facet.is_mixed() {
            self.mixed.put(row, facts.by_month);
        } else {
            self.mixed.remove(row);
        }
    }

    /// What follows for `row`.
    pub fn get(&self, row: u32) -> Facts {
        let value = || {
            let Entry { facet, months, certificates } = self.entry(row)?;
            let prices = Seen::EACH.map(|seen| self.price(row, seen));
            // Where all offers supply in the same months it costs the same in each.
            let alike = || MonthPrices::NONE.with(months, price_bucket(*Seen::Public.of(&prices)));
            let by_month = self.mixed.get(row).unwrap_or_else(alike);
            Some(Facts { facet, months, certificates, quantity: self.quantity(row), prices, by_month })
        };
        value().unwrap_or_default()
    }

    /// Facets of `row`.
    #[inline]
    pub fn facet(&self, row: u32) -> Facet {
        let at = row as usize;
        let (Some(place), Some(group), Some(rank)) = (self.places.get(at), self.groups.get(at), self.ranks.get(at)) else {
            return Facet::default();
        };
        let slots = self.price_slots.each_ref().map(|slots| slots.get(at).copied().unwrap_or(0));
        // The slot of products without an offer lies above that of unknown prices.
        let bucket = |slot: u8| (slot & SLOT) - u8::from(usize::from(slot & SLOT) == NO_OFFER);
        let parts = Parts {
            province: place & PLACE,
            group: group & GROUP,
            stars: 0,
            kind: rank >> KIND_SHIFT & KIND,
            prices: slots.map(bucket),
            offered: Offered::of(rank >> OFFERED_SHIFT),
            is_illustrative: group & ILLUSTRATIVE != 0,
            has_unseen: slots.map(|slot| slot & UNSEEN != 0),
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
        let id = ids.get(row as usize).copied().unwrap_or_default();
        let first = match kept {
            Kept::Price => u64::from(self.price(row, Seen::Public)),
            Kept::Quantity => u64::MAX - self.quantity(row).unsigned_abs(),
            Kept::Stars => after_stars(self.facet(row)),
            Kept::Newest => newest(id),
        };
        (first, id)
    }

    fn columns_mut(&mut self) -> [&mut dyn Column; 9] {
        let Self { places, groups, ranks, price_slots, months, kinds: _, quantities, large: _, prices, mixed: _ } = self;
        let [slots, key_slots, all_slots] = price_slots;
        [places, groups, ranks, slots, key_slots, all_slots, months, quantities, prices]
    }

    /// Makes room for so many rows more.
    pub fn reserve(&mut self, more: usize) {
        self.columns_mut().into_iter().for_each(|column| column.make_room(more));
    }

    /// Gives back what the columns have grown beyond what they hold.
    pub fn shrink(&mut self) {
        self.columns_mut().into_iter().for_each(Column::give_back);
        self.mixed.shrink();
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.places.capacity() * (3 + SEEN + 4 + 4)
            + self.prices.bytes()
            + self.kinds.bytes()
            + table_bytes(&self.large)
            + self.mixed.bytes()
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
    use crate::market::record::Visibility;
    use proptest::prelude::*;

    fn visibility() -> impl Strategy<Value = Visibility> {
        prop::sample::select(vec![Visibility::Public, Visibility::Keys, Visibility::Parties, Visibility::Hidden])
    }

    fn facts() -> impl Strategy<Value = Facts> {
        let parts = ((0_u8..128, 0_u8..128, prop::sample::select(vec![0_u8, 3, 4, 5]), 0_u8..16), any::<bool>());
        (parts, prop::collection::vec((0_u16..0x1000, (any::<u32>(), visibility()), 0_i64..1 << 40), 0..3), any::<u64>()).prop_map(
            |(((province, group, stars, kind), is_illustrative), offers, certificates)| {
                let bucket = price_bucket(UNKNOWN_PRICE);
                let parts = Parts { province, group, stars, kind, is_illustrative, prices: [bucket; SEEN], ..Parts::default() };
                let mut facts = Facts { facet: Facet::from(parts), certificates, ..Facts::default() };
                for (months, price, quantity) in offers {
                    facts.take(Terms::new(months, price, 0), quantity);
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
