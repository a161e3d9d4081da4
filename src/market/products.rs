//! Products in columns, with what is kept ready for searching: facets, bitmaps, orders, counts.
//!
//! INVARIANT: bitmaps, orders and pairs hold exactly the rows that are shown, with the facts that stand in the columns:
//! [`Products::set_facts`] and [`Products::hide`] alone change either, both together.

use super::facet::{Entry, Facet, KINDS, PRICE_BUCKETS, SEEN, Seen, ones};
use super::facts::{Column, FactColumns, Facts};
use super::ids::{Index, id_in};
use super::matching::PaperSet;
use super::names::{FirstCodes, Named};
use super::numbers::Numbers;
use super::order::SortKey;
use super::orders::{Kept, Orders};
use super::pairs::{Pairs, price_slot};
use super::record::Id;
use super::rings::Rings;
use super::rowset::{Bits, RowSet};
use super::text::lexicon::Word;
use super::text::query::{NameHead, NameWords};
use super::upkeep::table_bytes;
use foldhash::fast::RandomState;
use roaring::RoaringBitmap;
use std::collections::HashMap;

/// No offer.
pub const NO_ROW: u32 = u32::MAX;

/// Rows by one facet.
#[derive(Debug, Clone)]
pub struct Bitmaps {
    /// By unit as recorded.
    pub province: Vec<RowSet>,
    /// By group as recorded.
    pub group: Vec<RowSet>,
    /// By stars less two.
    pub stars: Vec<RowSet>,
    /// By kind of producer.
    pub kind: Vec<RowSet>,
    /// By kind of certificate.
    pub certificate: Vec<RowSet>,
    /// By month.
    pub month: Vec<RowSet>,
    /// By [`price_slot`] of the lowest price, for each [`Seen`].
    price: [Vec<RowSet>; SEEN],
    /// With an offer that is open or to come at a price that is not seen, for each [`Seen`].
    unseen: [RowSet; SEEN],
    /// With an offer that is open or to come.
    pub offered: RowSet,
    /// With several.
    pub several: RowSet,
    /// Invented for a demo.
    pub illustrative: RowSet,
}

impl Default for Bitmaps {
    fn default() -> Self {
        let of = |size: usize| vec![RowSet::default(); size];
        Self {
            province: of(128),
            group: of(128),
            stars: of(4),
            kind: of(KINDS),
            certificate: of(64),
            month: of(12),
            price: std::array::from_fn(|_| of(PRICE_BUCKETS + 1)),
            unseen: std::array::from_fn(|_| RowSet::default()),
            offered: RowSet::default(),
            several: RowSet::default(),
            illustrative: RowSet::default(),
        }
    }
}

impl Bitmaps {
    /// By [`price_slot`] of the lowest price that the caller sees.
    pub fn price(&self, seen: Seen) -> &[RowSet] {
        seen.of(&self.price).as_slice()
    }

    /// With an offer that is open or to come at a price that the caller does not see.
    pub fn unseen(&self, seen: Seen) -> &RowSet {
        seen.of(&self.unseen)
    }

    fn shrink(&mut self) {
        let Self { province, group, stars, kind, certificate, month, price, unseen, offered, several, illustrative } = self;
        let of_values = [province, group, stars, kind, certificate, month].into_iter().chain(price).flatten();
        of_values.chain(unseen).chain([offered, several, illustrative]).for_each(RowSet::shrink);
    }

    fn bytes(&self) -> usize {
        let Self { province, group, stars, kind, certificate, month, price, unseen, offered, several, illustrative } = self;
        let of_values = [province, group, stars, kind, certificate, month].into_iter().chain(price).flatten();
        of_values.chain(unseen).chain([offered, several, illustrative]).map(RowSet::bytes).sum()
    }
}

/// The columns.
#[derive(Debug, Clone, Default)]
pub struct Products {
    index: Index,
    ids: Vec<Id>,
    /// Versions, and above them [`ACTIVE`], [`ILLUSTRATIVE`] and [`MADE`]; [`MANY_VERSIONS`] for those that stand beside.
    versions: Vec<u8>,
    /// The versions that are too large for the column, by row: hardly any is.
    large_versions: HashMap<u32, u32, RandomState>,
    producers: Numbers,
    /// The products of each producer.
    of_producers: Rings,
    groups: Vec<u8>,
    shelf_lives: Vec<u16>,
    papers: Numbers,
    first_offers: Numbers,
    pub(super) names: Named,
    facts: FactColumns,
    shown: RoaringBitmap,
    bitmaps: Bitmaps,
    orders: Orders,
    pairs: Pairs,
}

/// Bits of [`Products::versions`]: on the market, invented for a demo, still made.
const ACTIVE: u8 = 1 << 7;
const ILLUSTRATIVE: u8 = 1 << 6;
const MADE: u8 = 1 << 5;
/// The version as it stands below them, of one that is at least so large.
const MANY_VERSIONS: u8 = MADE - 1;

/// What a product's own record says.
#[derive(Debug, Clone, Copy)]
pub struct Stated {
    /// Version.
    pub version: i64,
    /// Row of the producer.
    pub producer: u32,
    /// Group, as recorded.
    pub group: u8,
    /// Days; 0 where not stated.
    pub shelf_life_days: u16,
    /// Invented for a demo.
    pub illustrative: bool,
    /// Whether it is still made.
    pub is_made: bool,
    /// Whether its producer is at work as well.
    pub is_active: bool,
}

impl Products {
    /// All columns that have a place for each row, but for the names and the facts.
    fn columns_mut(&mut self) -> [&mut dyn Column; 8] {
        let Self { ids, versions, producers, of_producers, groups, shelf_lives, papers, first_offers, .. } = self;
        [ids, versions, producers, of_producers, groups, shelf_lives, papers, first_offers]
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        self.index.reserve(more, id_in(&self.ids));
        self.facts.reserve(more);
        self.names.reserve(more);
        self.columns_mut().into_iter().for_each(|column| column.make_room(more));
    }

    /// The row of `id`; one without a record yet is made.
    pub fn row_or_new(&mut self, id: Id) -> u32 {
        if let Some(row) = self.index.find(id, id_in(&self.ids)) {
            return row;
        }
        let row = u32::try_from(self.ids.len()).unwrap_or(NO_ROW);
        self.ids.push(id);
        self.versions.push(0);
        self.producers.push(NO_ROW);
        self.of_producers.push();
        self.groups.push(0);
        self.shelf_lives.push(0);
        self.papers.push(0);
        self.first_offers.push(NO_ROW);
        self.names.push();
        self.facts.push(Facts::default());
        self.index.insert(id, row, id_in(&self.ids));
        row
    }

    /// The row of `id`, where it is known.
    pub fn row(&self, id: Id) -> Option<u32> {
        self.index.find(id, id_in(&self.ids))
    }

    /// How many rows there are, shown or not.
    pub fn rows(&self) -> u32 {
        u32::try_from(self.ids.len()).unwrap_or(NO_ROW)
    }

    /// Id of `row`.
    pub fn id(&self, row: u32) -> Id {
        self.ids.get(row as usize).copied().unwrap_or_default()
    }

    /// Version of `row`; 0 before its record came.
    pub fn version(&self, row: u32) -> i64 {
        match self.versions.get(row as usize).map_or(0, |version| version & MANY_VERSIONS) {
            MANY_VERSIONS => self.large_versions.get(&row).copied().map_or(0, i64::from),
            version => i64::from(version),
        }
    }

    /// Row of the producer.
    pub fn producer(&self, row: u32) -> u32 {
        self.producers.get(row).unwrap_or(NO_ROW)
    }

    /// The products of a producer, of which `last` is the last.
    pub fn made_by(&self, last: u32) -> impl Iterator<Item = u32> {
        self.of_producers.of(last)
    }

    /// Puts `row` behind `last`, the last product of its producer; the last one now.
    pub fn add_made(&mut self, row: u32, last: u32) -> u32 {
        self.of_producers.add(row, last)
    }

    /// Takes `row` from its producer, whose last product is `last`; the last one now.
    pub fn remove_made(&mut self, row: u32, last: u32) -> u32 {
        self.of_producers.remove(row, last)
    }

    /// Group, as recorded.
    pub fn group(&self, row: u32) -> u8 {
        self.groups.get(row as usize).copied().unwrap_or(0)
    }

    /// Days of shelf life; 0 where not stated.
    pub fn shelf_life_days(&self, row: u32) -> u16 {
        self.shelf_lives.get(row as usize).copied().unwrap_or(0)
    }

    /// Whether it has a record by which it is still made.
    pub fn is_made(&self, row: u32) -> bool {
        self.versions.get(row as usize).is_some_and(|version| version & MADE != 0)
    }

    /// Notes whether its producer is at work, where it is still made.
    pub fn set_active(&mut self, row: u32, is_active: bool) {
        if let Some(version) = self.versions.get_mut(row as usize) {
            *version = if is_active { *version | ACTIVE } else { *version & !ACTIVE };
        }
    }

    /// Whether it has a record, is still made, and its producer is at work.
    pub fn is_active(&self, row: u32) -> bool {
        self.versions.get(row as usize).is_some_and(|version| version & ACTIVE != 0)
    }

    /// Invented for a demo.
    pub fn is_illustrative(&self, row: u32) -> bool {
        self.versions.get(row as usize).is_some_and(|version| version & ILLUSTRATIVE != 0)
    }

    /// Its papers and its producer's.
    pub fn papers(&self, row: u32) -> PaperSet {
        self.papers.get(row).map(PaperSet).unwrap_or_default()
    }

    /// Sets its papers.
    pub fn set_papers(&mut self, row: u32, papers: PaperSet) {
        self.papers.set(row, papers.0);
    }

    /// Row of its first offer, or [`NO_ROW`].
    pub fn first_offer(&self, row: u32) -> u32 {
        self.first_offers.get(row).unwrap_or(NO_ROW)
    }

    /// Sets the row of its first offer.
    pub fn set_first_offer(&mut self, row: u32, offer: u32) {
        self.first_offers.set(row, offer);
    }

    /// Name.
    pub fn name(&self, row: u32) -> String {
        self.names.get(row)
    }

    /// The beginning of the name, for ranking.
    #[inline]
    pub fn head(&self, row: u32) -> NameHead {
        self.names.head(row)
    }

    /// Words of the name, for ranking.
    pub fn words(&self, row: u32) -> NameWords {
        self.names.ranked(row)
    }

    /// What [`Self::words_by`] reads of a name.
    #[inline]
    pub fn first_codes(&self, row: u32) -> FirstCodes {
        self.names.first_codes(row)
    }

    /// Words of the name, which begins with `codes`, for ranking.
    #[inline]
    pub fn words_by(&self, row: u32, codes: &FirstCodes) -> NameWords {
        self.names.ranked_by(row, codes)
    }

    /// All words of the name.
    pub fn all_words(&self, row: u32) -> impl Iterator<Item = Word> {
        self.names.words(row)
    }

    /// Writes down what its record says, but for its name.
    pub fn state(&mut self, row: u32, stated: &Stated) {
        let at = row as usize;
        let flag = |stands: bool, bit: u8| if stands { bit } else { 0 };
        let flags = flag(stated.is_active, ACTIVE) | flag(stated.illustrative, ILLUSTRATIVE) | flag(stated.is_made, MADE);
        let small = u8::try_from(stated.version).ok().filter(|version| *version < MANY_VERSIONS);
        if small.is_none() {
            self.large_versions.insert(row, u32::try_from(stated.version).unwrap_or(u32::MAX));
        } else if !self.large_versions.is_empty() {
            self.large_versions.remove(&row);
        }
        set(&mut self.versions, at, small.unwrap_or(MANY_VERSIONS) | flags);
        self.producers.set(row, stated.producer);
        set(&mut self.groups, at, stated.group);
        set(&mut self.shelf_lives, at, stated.shelf_life_days);
    }

    /// What follows for each row, in columns.
    pub fn columns(&self) -> &FactColumns {
        &self.facts
    }

    /// What follows for `row`.
    pub fn facts(&self, row: u32) -> Facts {
        self.facts.get(row)
    }

    /// Facets of `row`.
    #[inline]
    pub fn facet(&self, row: u32) -> Facet {
        self.facts.facet(row)
    }

    /// Lowest price of `row` as the caller sees it.
    #[inline]
    pub fn price(&self, row: u32, seen: Seen) -> u32 {
        self.facts.price(row, seen)
    }

    /// Largest quantity a month of the offers of `row`.
    pub fn quantity(&self, row: u32) -> i64 {
        self.facts.quantity(row)
    }

    /// Facets, months and certificates of `row`: what a scan asks of every row.
    #[inline]
    pub fn scanned(&self, row: u32) -> Option<Entry> {
        self.facts.entry(row)
    }

    /// Rows that are shown.
    pub fn shown(&self) -> &RoaringBitmap {
        &self.shown
    }

    /// The rows that are in any of `sets`.
    pub fn in_any<'a>(&self, sets: impl IntoIterator<Item = &'a RowSet>) -> Bits<'a> {
        let mut rows = Bits::none(self.rows());
        sets.into_iter().for_each(|set| rows.add(set));
        rows
    }

    /// Rows by facet.
    pub fn bitmaps(&self) -> &Bitmaps {
        &self.bitmaps
    }

    /// Counts by value, and by two values together.
    pub fn pairs(&self) -> &Pairs {
        &self.pairs
    }

    /// [`Kept::key`] of a row.
    pub fn kept_key(&self, kept: Kept, row: u32) -> SortKey {
        self.facts.key(kept, &self.ids, row)
    }

    /// The rows in a kept order, after `after`.
    pub fn in_order(&self, kept: Kept, after: Option<SortKey>) -> impl Iterator<Item = u32> {
        self.orders.after(kept, after, |kept, row| self.kept_key(kept, row))
    }

    /// Shows `row` with `facts`: what stays as it was is not touched.
    pub fn set_facts(&mut self, row: u32, facts: Facts) {
        let before = self.shown.contains(row).then(|| self.facts(row));
        if before == Some(facts) {
            return;
        }
        let id = self.id(row);
        let moves = Kept::ALL.map(|kept| before.is_none_or(|before| kept.key(id, &before) != kept.key(id, &facts)));
        let changes = before.is_none_or(|before| before.entry() != facts.entry());
        if let Some(before) = before {
            self.take_out(row, &before, moves, changes);
        }
        self.facts.set(row, facts);
        self.shown.insert(row);
        if changes {
            self.put_in_bitmaps(row, &facts);
            self.pairs.add(&facts.entry());
        }
        let (ids, columns) = (&self.ids, &self.facts);
        self.orders.insert(row, moves, |kept, row| columns.key(kept, ids, row));
    }

    /// Shows `row` no more.
    pub fn hide(&mut self, row: u32) {
        if self.shown.contains(row) {
            self.take_out(row, &self.facts(row), [true; 4], true);
            self.shown.remove(row);
            self.facts.set(row, Facts::default());
        }
    }

    /// Takes `row` out of the orders in which it moves and, where that `changes`, out of all that goes by its values.
    fn take_out(&mut self, row: u32, facts: &Facts, moves: [bool; 4], changes: bool) {
        let (ids, columns) = (&self.ids, &self.facts);
        self.orders.remove(row, moves, |kept, row| columns.key(kept, ids, row));
        if changes {
            self.pairs.subtract(&facts.entry());
            for_each_bitmap(&mut self.bitmaps, facts, |rows| rows.remove(row));
        }
    }

    fn put_in_bitmaps(&mut self, row: u32, facts: &Facts) {
        for_each_bitmap(&mut self.bitmaps, facts, |rows| rows.insert(row));
    }

    /// Shows the rows that have facts, all at once: for a new index. Nothing was shown before.
    pub fn set_all_facts(&mut self, by_row: &[Option<Facts>]) {
        let Self { ids, facts: columns, shown, bitmaps, orders, pairs, .. } = self;
        let ids = ids.as_slice();
        let rows = || (0_u32..).zip(by_row).filter_map(|(row, facts)| Some((row, facts.as_ref()?)));
        // Each is a work of its own: a start waits for the longest, not for all.
        std::thread::scope(|scope| {
            scope.spawn(move || {
                rows().for_each(|(row, facts)| for_each_bitmap(bitmaps, facts, |set| set.insert(row)));
                bitmaps.shrink();
            });
            scope.spawn(move || pairs.add_all(rows().map(|(_, facts)| facts.entry())));
            scope.spawn(move || *orders = Orders::of(ids, by_row));
            for (row, facts) in rows() {
                columns.set(row, *facts);
                shown.insert(row);
            }
            columns.shrink();
        });
    }

    /// Gives back what the columns have grown beyond what they hold.
    pub fn shrink(&mut self) {
        self.index.shrink(id_in(&self.ids));
        self.facts.shrink();
        self.names.shrink();
        self.columns_mut().into_iter().for_each(Column::give_back);
    }

    /// Bytes of memory, estimated.
    pub fn bytes(&self) -> usize {
        let columns =
            self.ids.capacity() * size_of::<Id>() + self.versions.capacity() + self.groups.capacity() + self.shelf_lives.capacity() * 2;
        self.index.bytes()
            + columns
            + table_bytes(&self.large_versions)
            + self.of_producers.bytes()
            + [&self.producers, &self.papers, &self.first_offers].into_iter().map(Numbers::bytes).sum::<usize>()
            + self.facts.bytes()
            + self.names.bytes()
            + self.bitmaps.bytes()
            + self.shown.serialized_size()
            + self.orders.bytes()
            + self.pairs.bytes()
    }
}

fn set<T>(column: &mut [T], at: usize, value: T) {
    if let Some(place) = column.get_mut(at) {
        *place = value;
    }
}

/// Every bitmap in which a row with `facts` stands.
fn for_each_bitmap(bitmaps: &mut Bitmaps, facts: &Facts, mut change: impl FnMut(&mut RowSet)) {
    let facet = facts.facet;
    let mut at = |bitmaps: &mut [RowSet], place: usize| bitmaps.get_mut(place).into_iter().for_each(&mut change);
    at(&mut bitmaps.province, facet.province());
    at(&mut bitmaps.group, facet.group());
    at(&mut bitmaps.stars, facet.star_step());
    at(&mut bitmaps.kind, facet.kind());
    ones(facts.certificates).for_each(|kind| at(&mut bitmaps.certificate, kind));
    ones(u64::from(facts.months)).for_each(|month| at(&mut bitmaps.month, month));
    for (seen, prices) in Seen::EACH.into_iter().zip(&mut bitmaps.price) {
        at(prices, price_slot(facet, seen));
    }
    for (_, rows) in Seen::EACH.into_iter().zip(&mut bitmaps.unseen).filter(|(seen, _)| facet.has_unseen(*seen)) {
        change(rows);
    }
    for (rows, stands) in [
        (&mut bitmaps.offered, facet.is_offered()),
        (&mut bitmaps.several, facet.has_several()),
        (&mut bitmaps.illustrative, facet.is_illustrative()),
    ] {
        if stands {
            change(rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn version() -> impl Strategy<Value = i64> {
        prop_oneof![0_i64..40, 200_i64..300, Just(i64::from(u32::MAX))]
    }

    proptest! {
        // Few bits of the column are left for versions: those beyond stand beside, and come back.
        #[test]
        fn a_version_and_its_flags_are_read_as_they_were_stated(
            steps in prop::collection::vec((0_u32..3, version(), any::<bool>(), any::<bool>(), any::<bool>()), 1..30),
        ) {
            let mut products = Products::default();
            (1..=3).for_each(|id| _ = products.row_or_new(Id(id)));
            let mut expected = [(0, false, false, false); 3];
            for (row, version, is_active, illustrative, is_made) in steps {
                let stated = Stated { version, producer: NO_ROW, group: 0, shelf_life_days: 0, illustrative, is_made, is_active };
                products.state(row, &stated);
                expected[row as usize] = (version, is_active, illustrative, is_made);
                let found = [0, 1, 2].map(|row| (products.version(row), products.is_active(row), products.is_illustrative(row), products.is_made(row)));
                prop_assert_eq!(found, expected);
            }
        }
    }
}
