//! All facets of a product packed into one word, and what is counted by them.
//!
//! Province and group stand as recorded; they are counted so and gathered into today's units and groups at the end.

use super::record::{Rows, Visibility};
use super::tables::Tables;
use super::upkeep::table_bytes;
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// A product's facets in 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Facet(u64);

const PROVINCE: u32 = 0;
const GROUP: u32 = 7;
const STARS: u32 = 14;
const KIND: u32 = 16;
/// Buckets of the lowest prices, four bits for each [`Seen`].
const PRICES: u32 = 20;
/// How many offers, two bits.
const OFFERED: u32 = 32;
const ILLUSTRATIVE: u32 = 34;
/// Whether a price is not seen, one bit for each [`Seen`].
const UNSEEN: u32 = 35;

/// Upper ends of the price buckets, VND for a base unit; dearer ones and unknown ones have buckets of their own.
pub const PRICE_STEPS: [u32; 8] = [10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000];
/// Bucket of prices that are not known to the caller.
pub const NO_PRICE: u8 = 9;
/// A price that is not known.
pub const UNKNOWN_PRICE: u32 = u32::MAX;
/// Buckets of prices.
pub const PRICE_BUCKETS: usize = 10;
/// Kinds of producer; more do not fit the word.
pub const KINDS: usize = 16;

/// The bucket of a price.
pub fn price_bucket(price: u32) -> u8 {
    if price == UNKNOWN_PRICE {
        return NO_PRICE;
    }
    let above = PRICE_STEPS.iter().filter(|step| price >= **step).count();
    u8::try_from(above).unwrap_or(NO_PRICE)
}

/// The offers of a product that are open or to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[repr(u8)]
pub enum Offered {
    /// There is none.
    #[default]
    None,
    /// There is one.
    Once,
    /// There are several that supply in the same months.
    Alike,
    /// There are several that supply in different months: what they have together no single one may have.
    Mixed,
}

impl Offered {
    /// The one of these two bits.
    pub const fn of(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::None,
            1 => Self::Once,
            2 => Self::Alike,
            _ => Self::Mixed,
        }
    }

    /// With one more; whether it supplies in other months than those before.
    const fn with_one_more(self, has_other_months: bool) -> Self {
        match (self, has_other_months) {
            (Self::None, _) => Self::Once,
            (Self::Once | Self::Alike, false) => Self::Alike,
            (Self::Once | Self::Alike, true) | (Self::Mixed, _) => Self::Mixed,
        }
    }
}

/// The parts of a [`Facet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts {
    /// Unit as recorded, below 128.
    pub province: u8,
    /// Group as recorded, below 128.
    pub group: u8,
    /// Stars: 0, 3, 4 or 5.
    pub stars: u8,
    /// Kind of producer, below 16.
    pub kind: u8,
    /// Buckets of the lowest prices, by [`Seen`].
    pub prices: [u8; SEEN],
    /// Which offers are open or to come.
    pub offered: Offered,
    /// Invented for a demo.
    pub is_illustrative: bool,
    /// Whether the price of such an offer is not among those that are [`Seen`].
    pub has_unseen: [bool; SEEN],
}

impl From<Parts> for Facet {
    fn from(parts: Parts) -> Self {
        let bits = |value: u8, mask: u8, at: u32| u64::from(value & mask) << at;
        Self(
            bits(parts.province, 0x7F, PROVINCE)
                | bits(parts.group, 0x7F, GROUP)
                | bits(parts.stars.saturating_sub(2), 3, STARS)
                | bits(parts.kind, 0xF, KIND)
                | price_bits(parts.prices)
                | (parts.offered as u64) << OFFERED
                | u64::from(parts.is_illustrative) << ILLUSTRATIVE
                | unseen_bits(parts.has_unseen),
        )
    }
}

fn price_bits(buckets: [u8; SEEN]) -> u64 {
    buckets.into_iter().zip([0, 4, 8]).map(|(bucket, at)| u64::from(bucket & 0xF) << (PRICES + at)).sum()
}

fn unseen_bits(has_unseen: [bool; SEEN]) -> u64 {
    has_unseen.into_iter().zip(0..).map(|(is_unseen, at)| u64::from(is_unseen) << (UNSEEN + at)).sum()
}

impl Facet {
    fn part(self, at: u32, mask: u64) -> usize {
        usize::try_from((self.0 >> at) & mask).unwrap_or(0)
    }

    /// Unit as recorded.
    pub fn province(self) -> usize {
        self.part(PROVINCE, 0x7F)
    }

    /// Group as recorded.
    pub fn group(self) -> usize {
        self.part(GROUP, 0x7F)
    }

    /// Stars less two: 0 without, 1 to 3.
    pub fn star_step(self) -> usize {
        self.part(STARS, 3)
    }

    /// Stars: 0, 3, 4 or 5.
    pub fn stars(self) -> u8 {
        match self.star_step() {
            0 => 0,
            1 => 3,
            2 => 4,
            _ => 5,
        }
    }

    /// Kind of producer.
    pub fn kind(self) -> usize {
        self.part(KIND, 0xF)
    }

    /// Bucket of the lowest price that is seen.
    pub fn price(self, seen: Seen) -> usize {
        self.part(PRICES + 4 * seen as u32, 0xF)
    }

    /// Whether an offer that is open or to come has a price that is not seen.
    pub fn has_unseen(self, seen: Seen) -> bool {
        self.part(UNSEEN + seen as u32, 1) == 1
    }

    /// Whether an offer is open or to come.
    pub fn is_offered(self) -> bool {
        self.offered() != Offered::None
    }

    /// Which offers are open or to come.
    pub fn offered(self) -> Offered {
        Offered::of(u8::try_from(self.part(OFFERED, 3)).unwrap_or(0))
    }

    /// Invented for a demo.
    pub fn is_illustrative(self) -> bool {
        self.part(ILLUSTRATIVE, 1) == 1
    }

    /// Whether several offers are open or to come.
    pub fn has_several(self) -> bool {
        self.offered() >= Offered::Alike
    }

    /// Whether several offers are open or to come that do not all supply in the same months.
    pub fn is_mixed(self) -> bool {
        self.offered() == Offered::Mixed
    }

    /// With one more offer that is open or to come, the buckets of the lowest prices of all, by whom its own price is not
    /// seen, and whether it supplies in other months than those before.
    #[must_use]
    pub fn with_one_more_offer(self, prices: [u8; SEEN], is_unseen: [bool; SEEN], has_other_months: bool) -> Self {
        let offered = self.offered().with_one_more(has_other_months) as u64;
        Self(self.0 & !(0xFFF << PRICES | 3 << OFFERED) | price_bits(prices) | offered << OFFERED | unseen_bits(is_unseen))
    }

    /// With `price` as the bucket of the lowest price, whoever asks.
    #[must_use]
    pub fn with_price(self, price: u8) -> Self {
        Self(self.0 & !(0xFFF << PRICES) | price_bits([price; SEEN]))
    }

    /// With other stars.
    #[must_use]
    pub fn with_stars(self, stars: u8) -> Self {
        Self(self.0 & !(3 << STARS) | u64::from(stars.saturating_sub(2) & 3) << STARS)
    }
}

/// What a product is counted by: all that is asked of every row of a scan stands together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its facets.
    pub facet: Facet,
    /// Its months of supply.
    pub months: u16,
    /// Its kinds of certificate.
    pub certificates: u64,
}

/// The sets of kinds of certificate that products have: some hundreds, however many products there are. A million have a
/// number that fits; nobody holds papers of so many different combinations.
#[derive(Debug, Clone, Default)]
pub struct KindSets {
    sets: Vec<u64>,
    numbers: HashMap<u64, u32, RandomState>,
}

impl KindSets {
    /// The number of a set, given now when it is new.
    pub fn number(&mut self, kinds: u64) -> u32 {
        let next = u32::try_from(self.sets.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(kinds).or_insert_with(|| {
            self.sets.push(kinds);
            next
        })
    }

    /// The set of a number.
    #[inline]
    pub fn get(&self, number: u32) -> u64 {
        self.sets.get(number as usize).copied().unwrap_or(0)
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.sets.capacity() * size_of::<u64>() + table_bytes(&self.numbers)
    }

    /// All sets, by number.
    pub fn sets(&self) -> &[u64] {
        &self.sets
    }
}

/// Which prices of anybody a caller sees, as columns are kept ready for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Seen {
    /// Those that everybody sees.
    Public,
    /// Those that keys see.
    Keys,
    /// All: to auditors and administrators.
    All,
}

/// How many [`Seen`] there are.
pub const SEEN: usize = 3;

impl Seen {
    /// All, in their order.
    pub const EACH: [Self; SEEN] = [Self::Public, Self::Keys, Self::All];

    /// What is seen of anybody at `level`. Who sees what the parties see is shown no more than keys: it is not known here
    /// to what it is a party.
    pub fn at(level: Visibility) -> Self {
        match level {
            Visibility::Public => Self::Public,
            Visibility::Keys | Visibility::Parties => Self::Keys,
            Visibility::Hidden => Self::All,
        }
    }

    /// The one of three that is for it.
    pub fn of<T>(self, each: &[T; SEEN]) -> &T {
        let [public, keys, all] = each;
        match self {
            Self::Public => public,
            Self::Keys => keys,
            Self::All => all,
        }
    }

    /// Whether what is shown to `visibility` is seen.
    pub fn sees(self, visibility: Visibility) -> bool {
        visibility
            <= match self {
                Self::Public => Visibility::Public,
                Self::Keys => Visibility::Keys,
                Self::All => Visibility::Hidden,
            }
    }
}

/// What can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Dimension {
    /// Province-level units of today.
    Province,
    /// Product groups of 2026.
    Group,
    /// Stars.
    Stars,
    /// Kinds of certificate.
    Certificate,
    /// Kinds of producer.
    ProducerKind,
    /// Months of supply.
    Month,
    /// Buckets of price.
    Price,
}

impl Dimension {
    /// All, in the order of their bits.
    pub const ALL: [Self; 7] = [Self::Province, Self::Group, Self::Stars, Self::Certificate, Self::ProducerKind, Self::Month, Self::Price];

    /// Its bit.
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Counts by row of the reference tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// By unit as recorded.
    pub province: [u32; 128],
    /// By group as recorded.
    pub group: [u32; 128],
    /// By stars less two.
    pub stars: [u32; 4],
    /// By kind of certificate.
    pub certificate: [u32; 64],
    /// By kind of producer.
    pub kind: [u32; KINDS],
    /// By month of the year.
    pub month: [u32; 12],
    /// By bucket.
    pub price: [u32; 16],
}

impl Default for Counts {
    fn default() -> Self {
        Self { province: [0; 128], group: [0; 128], stars: [0; 4], certificate: [0; 64], kind: [0; KINDS], month: [0; 12], price: [0; 16] }
    }
}

impl Counts {
    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.change(other, u32::saturating_add);
    }

    /// Takes `other` out.
    pub fn subtract(&mut self, other: &Self) {
        self.change(other, u32::saturating_sub);
    }

    fn change(&mut self, other: &Self, change: impl Fn(u32, u32) -> u32) {
        for dimension in Dimension::ALL {
            for (count, by) in self.of_mut(dimension).iter_mut().zip(other.of(dimension)) {
                *count = change(*count, *by);
            }
        }
    }

    /// Those of one dimension.
    pub fn of(&self, dimension: Dimension) -> &[u32] {
        match dimension {
            Dimension::Province => &self.province,
            Dimension::Group => &self.group,
            Dimension::Stars => &self.stars,
            Dimension::Certificate => &self.certificate,
            Dimension::ProducerKind => &self.kind,
            Dimension::Month => &self.month,
            Dimension::Price => &self.price,
        }
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, dimension: Dimension) -> &mut [u32] {
        match dimension {
            Dimension::Province => &mut self.province,
            Dimension::Group => &mut self.group,
            Dimension::Stars => &mut self.stars,
            Dimension::Certificate => &mut self.certificate,
            Dimension::ProducerKind => &mut self.kind,
            Dimension::Month => &mut self.month,
            Dimension::Price => &mut self.price,
        }
    }

    /// By today's unit.
    pub fn by_current_province(&self, tables: &Tables) -> Vec<(u8, u32)> {
        gathered(&self.province, |row| tables.current(row))
    }

    /// By group of 2026.
    pub fn by_current_group(&self, tables: &Tables) -> Vec<(u8, u32)> {
        gathered(&self.group, |row| tables.group_2026(row))
    }
}

/// Counts by what each row has become, the most frequent first.
fn gathered(counts: &[u32; 128], now: impl Fn(u8) -> u8) -> Vec<(u8, u32)> {
    let (mut by_row, mut have_any) = ([0_u32; 128], 0_u128);
    for (row, count) in (0_u8..).zip(counts).filter(|(_, count)| **count > 0) {
        let now = now(row);
        if let Some(sum) = by_row.get_mut(usize::from(now)) {
            *sum += count;
            have_any |= 1 << now;
        }
    }
    let mut list = Vec::with_capacity(have_any.count_ones() as usize);
    list.extend(rows_of(Rows(have_any)).filter_map(|row| Some((u8::try_from(row).ok()?, *by_row.get(row)?))));
    // One number to sort by: the count downwards, then the row.
    list.sort_unstable_by_key(|(row, count)| u64::from(!count) << 8 | u64::from(*row));
    list
}

/// The set bits of `bits`, lowest first.
pub fn ones(bits: u64) -> impl Iterator<Item = usize> {
    let mut rest = bits;
    std::iter::from_fn(move || {
        (rest != 0).then(|| {
            let at = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            at
        })
    })
}

/// The rows of a set, lowest first.
pub fn rows_of(rows: Rows) -> impl Iterator<Item = usize> {
    let mut left = rows.0;
    std::iter::from_fn(move || {
        let row = (left != 0).then_some(left.trailing_zeros() as usize)?;
        left &= left - 1;
        Some(row)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_price_stands_in_the_bucket_below_its_step() {
        for (price, bucket) in [(0, 0), (9_999, 0), (10_000, 1), (1_999_999, 7), (2_000_000, 8), (UNKNOWN_PRICE, NO_PRICE)] {
            assert_eq!(price_bucket(price), bucket, "{price}");
        }
    }

    proptest! {
        #[test]
        fn every_part_is_read_as_it_was_packed(province in 0_u8..128, group in 0_u8..128, stars in prop::sample::select(vec![0_u8, 3, 4, 5]), kind in 0_u8..16,
            prices in prop::array::uniform3(0_u8..10), offered in 0_u8..4, is_illustrative: bool, has_unseen: [bool; SEEN]) {
            let offered = Offered::of(offered);
            let facet = Facet::from(Parts { province, group, stars, kind, prices, offered, is_illustrative, has_unseen });
            prop_assert_eq!(facet.province(), usize::from(province));
            prop_assert_eq!(facet.group(), usize::from(group));
            prop_assert_eq!(facet.stars(), stars);
            prop_assert_eq!(facet.kind(), usize::from(kind));
            prop_assert_eq!(Seen::EACH.map(|seen| facet.price(seen)), prices.map(usize::from));
            prop_assert_eq!(Seen::EACH.map(|seen| facet.has_unseen(seen)), has_unseen);
            prop_assert_eq!(Seen::EACH.map(|seen| facet.with_price(3).price(seen)), [3; SEEN]);
            prop_assert_eq!((facet.offered(), facet.is_illustrative()), (offered, is_illustrative));
            prop_assert_eq!(facet.with_stars(5).stars(), 5);
            prop_assert_eq!(facet.with_stars(stars), facet);
        }

        #[test]
        fn counts_are_gathered_by_what_rows_have_become(few in prop::collection::vec((0_usize..128, 0_u32..50), 0..60)) {
            let mut counts = [0; 128];
            for (row, count) in few {
                counts[row] = count;
            }
            let now = |row: u8| if row.is_multiple_of(3) { row / 2 } else { row };
            let mut expected: std::collections::BTreeMap<u8, u32> = std::collections::BTreeMap::new();
            (0_u8..).zip(counts).filter(|(_, count)| *count > 0).for_each(|(row, count)| *expected.entry(now(row)).or_default() += count);
            let mut expected: Vec<(u8, u32)> = expected.into_iter().collect();
            expected.sort_by_key(|(row, count)| (std::cmp::Reverse(*count), *row));
            prop_assert_eq!(gathered(&counts, now), expected);
        }

        #[test]
        fn ones_are_the_set_bits(bits: u64) {
            let expected: Vec<usize> = (0..64).filter(|at| (bits >> at) & 1 == 1).collect();
            prop_assert_eq!(ones(bits).collect::<Vec<_>>(), expected);
        }
    }
}
