//! Products in columns, with what is kept ready for searching: facets, bitmaps, orders, counts.
//!
//! INVARIANT: bitmaps, orders and pairs hold exactly the rows that are shown, with the facts that stand in the columns:
//! [`Products::set_facts`] and [`Products::hide`] alone change either, both together.

use super::facet::{Entry, Facet, KINDS, PRICE_BUCKETS, SEEN, Seen, UNKNOWN_PRICE, ones};
use super::facts::{Column, FactColumns, Facts};
use super::ids::{Index, id_in};
use super::matching::PaperSet;
use super::names::{FirstCodes, Named};
use super::order::{Order, SortKey};
use super::pairs::{Pairs, price_slot};
use super::record::Id;
use super::rowset::RowSet;
use super::text::lexicon::Word;
use super::text::query::{NameHead, NameWords};
use roaring::RoaringBitmap;

/// No offer.
pub const NO_ROW: u32 = u32::MAX;

/// The orders that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Lowest price that everybody sees first.
    Price,
    /// Largest quantity first.
    Quantity,
    /// Most stars first.
    Stars,
    /// Newest first.
    Newest,
}

impl Kept {
    const ALL: [Self; 4] = [Self::Price, Self::Quantity, Self::Stars, Self::Newest];

    /// The key of a product with this id and these facts; the smallest comes first.
    pub fn key(self, id: Id, facts: &Facts) -> SortKey {
        let [public_price, ..] = facts.prices;
        let first = match self {
            Self::Price => u64::from(public_price),
            Self::Quantity => u64::MAX - facts.quantity.unsigned_abs(),
            Self::Stars => after_stars(facts.facet),
            Self::Newest => newest(id),
        };
        (first, id)
    }
}

/// A key that puts most stars first.
pub(super) fn after_stars(facet: Facet) -> u64 {
    3 - u64::try_from(facet.star_step()).unwrap_or(0)
}

/// A key that puts later ids first, to the millisecond.
pub fn newest(id: Id) -> u64 {
    u64::MAX - u64::try_from(id.0 >> 80).unwrap_or(u64::MAX)
}

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
    /// With several: what they have together no single one may have.
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
    versions: Vec<u32>,
    producers: Vec<u32>,
    groups: Vec<u8>,
    shelf_lives: Vec<u16>,
    flags: Vec<u8>,
    papers: Vec<PaperSet>,
    first_offers: Vec<u32>,
    pub(super) names: Named,
    facts: FactColumns,
    shown: RoaringBitmap,
    bitmaps: Bitmaps,
    orders: [Order; 4],
    pairs: Pairs,
}

const ACTIVE: u8 = 1;
const ILLUSTRATIVE: u8 = 2;
const MADE: u8 = 4;

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
        let Self { ids, versions, producers, groups, shelf_lives, flags, papers, first_offers, .. } = self;
        [ids, versions, producers, groups, shelf_lives, flags, papers, first_offers]
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
        self.groups.push(0);
        self.shelf_lives.push(0);
        self.flags.push(0);
        self.papers.push(PaperSet::default());
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
        self.versions.get(row as usize).copied().map_or(0, i64::from)
    }

    /// Row of the producer.
    pub fn producer(&self, row: u32) -> u32 {
        self.producers.get(row as usize).copied().unwrap_or(NO_ROW)
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
        self.flags.get(row as usize).is_some_and(|flags| flags & MADE != 0)
    }

    /// Notes whether its producer is at work, where it is still made.
    pub fn set_active(&mut self, row: u32, is_active: bool) {
        if let Some(flags) = self.flags.get_mut(row as usize) {
            *flags = if is_active { *flags | ACTIVE } else { *flags & !ACTIVE };
        }
    }

    /// Whether it has a record, is still made, and its producer is at work.
    pub fn is_active(&self, row: u32) -> bool {
        self.flags.get(row as usize).is_some_and(|flags| flags & ACTIVE != 0)
    }

    /// Invented for a demo.
    pub fn is_illustrative(&self, row: u32) -> bool {
        self.flags.get(row as usize).is_some_and(|flags| flags & ILLUSTRATIVE != 0)
    }

    /// Its papers and its producer's.
    pub fn papers(&self, row: u32) -> PaperSet {
        self.papers.get(row as usize).copied().unwrap_or_default()
    }

    /// Sets its papers.
    pub fn set_papers(&mut self, row: u32, papers: PaperSet) {
        if let Some(place) = self.papers.get_mut(row as usize) {
            *place = papers;
        }
    }

    /// Row of its first offer, or [`NO_ROW`].
    pub fn first_offer(&self, row: u32) -> u32 {
        self.first_offers.get(row as usize).copied().unwrap_or(NO_ROW)
    }

    /// Sets the row of its first offer.
    pub fn set_first_offer(&mut self, row: u32, offer: u32) {
        if let Some(place) = self.first_offers.get_mut(row as usize) {
            *place = offer;
        }
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
        set(&mut self.versions, at, u32::try_from(stated.version).unwrap_or(u32::MAX));
        set(&mut self.producers, at, stated.producer);
        set(&mut self.groups, at, stated.group);
        set(&mut self.shelf_lives, at, stated.shelf_life_days);
        let flags = [(stated.is_active, ACTIVE), (stated.illustrative, ILLUSTRATIVE), (stated.is_made, MADE)];
        set(&mut self.flags, at, flags.into_iter().map(|(is_so, flag)| u8::from(is_so) * flag).sum());
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

    /// Lowest price of `row` that everybody, or keys, see.
    pub fn price(&self, row: u32, seen: Seen) -> u32 {
        self.facts.prices(seen).get(row as usize).copied().unwrap_or(UNKNOWN_PRICE)
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
        let key = move |row: u32| self.kept_key(kept, row);
        let order = match kept {
            Kept::Price => &self.orders[0],
            Kept::Quantity => &self.orders[1],
            Kept::Stars => &self.orders[2],
            Kept::Newest => &self.orders[3],
        };
        order.after(after, key)
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
        for (kept, order) in Kept::ALL.into_iter().zip(&mut self.orders).zip(moves).filter_map(|(order, moves)| moves.then_some(order)) {
            order.insert(row, |row| columns.key(kept, ids, row));
        }
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
        for (kept, order) in Kept::ALL.into_iter().zip(&mut self.orders).zip(moves).filter_map(|(order, moves)| moves.then_some(order)) {
            order.remove(row, |row| columns.key(kept, ids, row));
        }
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
            scope.spawn(move || *orders = orders_of(ids, by_row));
            for (row, facts) in rows() {
                columns.set(row, *facts);
                shown.insert(row);
            }
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
        let columns = self.ids.capacity() * (16 + 4 + 4 + 1 + 2 + 1 + 4 + 4);
        self.index.bytes()
            + columns
            + self.facts.bytes()
            + self.names.bytes()
            + self.bitmaps.bytes()
            + self.shown.serialized_size()
            + self.orders.iter().map(Order::bytes).sum::<usize>()
            + self.pairs.bytes()
    }
}

/// The orders of the rows that have facts.
fn orders_of(ids: &[Id], by_row: &[Option<Facts>]) -> [Order; 4] {
    let known = |row: u32| Some((*ids.get(row as usize)?, by_row.get(row as usize)?.as_ref()?));
    let mut rows: Vec<(u64, u32)> = (0_u32..).zip(ids).filter(|(row, _)| known(*row).is_some()).map(|(row, id)| (time(*id), row)).collect();
    // Nearly all ids differ in their first half already.
    rows.sort_unstable_by(|(time, row), (other_time, other)| {
        time.cmp(other_time).then_with(|| known(*row).map(|(id, _)| id).cmp(&known(*other).map(|(id, _)| id)))
    });
    Kept::ALL.map(|kept| {
        let key = |row: u32| known(row).map_or(u64::MAX, |(id, facts)| kept.key(id, facts).0);
        Order::build(rows.iter().map(|(_, row)| *row), key)
    })
}

/// The first half of an id.
fn time(id: Id) -> u64 {
    u64::try_from(id.0 >> 64).unwrap_or(u64::MAX)
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
