//! How a question is answered: which rows are looked at, by which way the first ones are found.

use super::filter::{Filter, Lookup, Question, Sort};
use super::scan::{Counter, Judge};
use super::top::Top;
use super::{Found, Hit};
use crate::market::Market;
use crate::market::cube::{Entry, Extra};
use crate::market::facet::{Counts, Dimension, Facet, Seen, UNKNOWN_PRICE, ones, price_bucket, rows_of};
use crate::market::order::SortKey;
use crate::market::products::{Kept, newest};
use crate::market::record::{Rows, Visibility};
use crate::market::search::filter::seen_price;
use crate::market::text::query::{Found as Words, How};
use roaring::{MultiOps, RoaringBitmap};

/// Below so many rows that pass it is cheaper to look at each than to walk an order until the page is full.
const FEW_ROWS: u64 = 2_000;

impl Market {
    /// The products that `question` finds.
    pub fn search(&self, question: &Question<'_>) -> Found {
        let seen = if question.view.level == Visibility::Public { Seen::Public } else { Seen::Keys };
        // Owners and officers see prices of their own that no column is kept for.
        let knows_prices =
            question.view.level <= Visibility::Keys && question.view.organisation.is_none() && question.view.provinces.is_empty();
        let distances = question.place.map(|place| place.distances(&self.tables));
        let lookup = Lookup::new(&question.filter, distances.as_ref(), seen);
        let search = Search {
            market: self,
            question,
            judge: Judge::new(self, question, &lookup, seen, knows_prices),
            lookup: &lookup,
            seen,
            distances: distances.as_ref(),
            is_ready: question.as_of == self.today && knows_prices,
        };
        match question.text.map(|text| Words::new(text, &self.lexicon, &self.thesaurus)) {
            Some(Some(words)) => search.by_words(&words),
            // A text without a word, such as "-", asks nothing of the words.
            Some(None) | None => search.by_filters(),
        }
    }

    /// A row's facets on a day and for a caller for which no column is kept ready.
    pub(super) fn entry_on(&self, row: u32, question: &Question<'_>) -> Option<Entry> {
        let facts = self.facts_on(row, question.as_of)?;
        let price = self.seen_price_of(row, question);
        // Both buckets are this caller's: whichever is read is right.
        let bits = u32::from(price_bucket(price));
        let facet = Facet(facts.facet.0 & !(0xFF << 20) | bits << 20 | bits << 24);
        Some(Entry { facet, months: facts.months, certificates: facts.certificates })
    }

    /// The rows that pass the filters for which bitmaps are kept, where none of them is counted apart.
    pub(super) fn rows_to_look_at(
        &self,
        question: &Question<'_>,
        lookup: &Lookup,
        seen: Seen,
        distances: Option<&[u16; 128]>,
    ) -> RoaringBitmap {
        let judge = Judge::new(self, question, lookup, seen, true);
        let search = Search { market: self, question, judge, lookup, seen, distances, is_ready: question.as_of == self.today };
        search.candidates(OwnCounts::FromRows).0
    }

    fn seen_price_of(&self, row: u32, question: &Question<'_>) -> u32 {
        let offers = self.offers.chain(self.products.first_offer(row)).filter_map(|offer| self.offers.get(offer));
        offers
            .filter(|supply| supply.is_open(question.as_of))
            .map(|supply| seen_price(&supply, &question.view))
            .min()
            .unwrap_or(UNKNOWN_PRICE)
    }
}

/// Where the counts of the only filtered dimension may come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OwnCounts {
    /// The cube holds them: products are counted.
    FromCube,
    /// Every row is looked at: something else is counted.
    FromRows,
}

struct Search<'a> {
    market: &'a Market,
    question: &'a Question<'a>,
    judge: Judge<'a>,
    lookup: &'a Lookup,
    seen: Seen,
    distances: Option<&'a [u16; 128]>,
    /// Whether columns, orders and cube are right for the day and the caller.
    is_ready: bool,
}

impl Search<'_> {
    fn by_words(&self, words: &Words) -> Found {
        let mut counter = Counter::new(self.question.facets, self.seen, words.rows().len());
        let mut top = Top::new(self.question.limit, self.question.after);
        for row in words.rows() {
            let Some((entry, fails)) = self.judge.judge(row) else { continue };
            counter.count(&entry, fails);
            if fails == 0 {
                let first = match self.question.sort {
                    Sort::Relevance => u64::from(u32::MAX - words.score(row, self.market.products.words(row)).0),
                    _ => self.first_key(row, &entry),
                };
                if top.may_enter(first) {
                    top.offer((first, self.market.products.id(row)), row);
                }
            }
        }
        let how = |row: u32| Some(words.score(row, self.market.products.words(row)).1);
        found(top, counter.finish(), how)
    }

    fn by_filters(&self) -> Found {
        if let Some(extra) = self.in_cube().filter(|_| self.is_ready && !self.is_rare()) {
            return self.by_cube(extra);
        }
        let (rows, own) = self.candidates(OwnCounts::FromCube);
        let mut counter = Counter::new(self.question.facets, self.seen, rows.len());
        let mut top = Top::new(self.question.limit, self.question.after);
        for row in &rows {
            let Some((entry, fails)) = self.judge.judge(row) else { continue };
            counter.count(&entry, fails);
            if fails == 0 {
                let first = self.first_key(row, &entry);
                if top.may_enter(first) {
                    top.offer((first, self.market.products.id(row)), row);
                }
            }
        }
        let (mut counts, total) = counter.finish();
        if let Some(dimension) = own {
            self.count_without(dimension, &mut counts);
        }
        found(top, (counts, total), |_| None)
    }

    /// What is asked beside province, group, stars and kind, where the cube can count with it.
    fn in_cube(&self) -> Option<Extra> {
        let filter = &self.question.filter;
        let extra = match (filter.months.count_ones(), filter.certificates.count_ones()) {
            (0, 0) => Extra::Nothing,
            (1, 0) => Extra::Month(filter.months.trailing_zeros() as usize),
            (0, 1) if filter.period.is_none() => Extra::Certificate(filter.certificates.trailing_zeros() as usize),
            _ => return None,
        };
        let Filter {
            provinces: _,
            region,
            groups: _,
            least_stars,
            kinds: _,
            certificates: _,
            period,
            months: _,
            quantity,
            price_at_most,
            delivers_to,
            within_km,
            is_offered,
            is_illustrative,
            producer,
        } = filter;
        let is_all = region.is_none()
            && (period.is_none() || *least_stars == 0)
            && quantity.is_none()
            && price_at_most.is_none()
            && delivers_to.is_none()
            && within_km.is_none()
            && is_offered.is_none()
            && is_illustrative.is_none()
            && producer.is_none();
        is_all.then_some(extra)
    }

    /// Whether so few rows have two of the filters that looking at each costs less than looking at every cell.
    fn is_rare(&self) -> bool {
        /// Cells that are looked at in the time that a row takes.
        const CELLS_FOR_A_ROW: u64 = 2;
        let (filter, bitmaps) = (&self.question.filter, self.market.products.bitmaps());
        let sum =
            |rows: Rows, bitmaps: &[RoaringBitmap]| rows_of(rows).filter_map(|row| bitmaps.get(row)).map(RoaringBitmap::len).sum::<u64>();
        let mut sizes = Vec::with_capacity(4);
        sizes.extend(filter.provinces.map(|rows| sum(rows, &bitmaps.province)));
        sizes.extend(filter.groups.map(|rows| sum(rows, &bitmaps.group)));
        sizes.extend(ones(filter.certificates).filter_map(|kind| bitmaps.certificate.get(kind)).map(RoaringBitmap::len));
        if filter.least_stars > 2 && filter.period.is_none() {
            sizes.push(bitmaps.stars.iter().skip(usize::from(filter.least_stars - 2)).map(RoaringBitmap::len).sum());
        }
        sizes.sort_unstable();
        let few = match sizes.as_slice() {
            [first, second, ..] => first + second,
            _ => return false,
        };
        few * CELLS_FOR_A_ROW < u64::try_from(self.market.products.cube().len()).unwrap_or(u64::MAX)
    }

    fn by_cube(&self, extra: Extra) -> Found {
        /// What the cube counts only where nothing else is asked.
        const SUMMED: u8 = Dimension::Month.bit() | Dimension::Price.bit() | Dimension::Certificate.bit();
        let (question, products) = (self.question, &self.market.products);
        let mut counts = Counts::default();
        let total = products.cube().count(self.seen, extra, question.facets, |facet| self.lookup.cell_fails(facet), &mut counts);
        let mut counts = self.asked(counts);
        let left = extra.dimension().map_or(0, |own| question.facets & SUMMED & !own.bit());
        if left == 0 {
            return found(self.page_by_cube(extra, u64::from(total)), (counts, total), |_| None);
        }
        // What is left is counted row by row, of those that pass; the page is filled on the way.
        let mut counter = Counter::new(left, self.seen, u64::from(total));
        let mut top = Top::new(question.limit, question.after);
        for row in &self.in_all(0xFF) {
            let Some(entry) = products.scanned(row) else { continue };
            counter.count(&entry, 0);
            let first = self.first_key(row, &entry);
            if top.may_enter(first) {
                top.offer((first, products.id(row)), row);
            }
        }
        let (rest, _) = counter.finish();
        if left & Dimension::Month.bit() != 0 {
            counts.month = rest.month;
        }
        if left & Dimension::Price.bit() != 0 {
            counts.price = rest.price;
        }
        if left & Dimension::Certificate.bit() != 0 {
            counts.certificate = rest.certificate;
        }
        found(top, (counts, total), |_| None)
    }

    /// The first rows where `total` rows pass the filters of the cube.
    fn page_by_cube(&self, extra: Extra, total: u64) -> Top {
        let (products, question) = (&self.market.products, self.question);
        let mut top = Top::new(question.limit, question.after);
        let kept = match (question.sort, self.seen) {
            (Sort::Price, Seen::Public) => Some(Kept::Price),
            (Sort::Quantity, _) => Some(Kept::Quantity),
            (Sort::Stars, _) => Some(Kept::Stars),
            (Sort::Newest | Sort::Relevance, _) => Some(Kept::Newest),
            (Sort::Price, Seen::Keys) | (Sort::Distance, _) => None,
        };
        if question.sort == Sort::Distance && total >= FEW_ROWS {
            self.nearest(&mut top);
            return top;
        }
        if let Some(kept) = kept.filter(|_| total >= FEW_ROWS) {
            for row in products.in_order(kept, question.after) {
                if self.passes(row, extra) {
                    top.offer(kept.key(products.id(row), &products.facts(row)), row);
                    if top.is_full() {
                        break;
                    }
                }
            }
            return top;
        }
        for row in &self.in_all(0xFF) {
            let Some(entry) = products.scanned(row) else { continue };
            let first = self.first_key(row, &entry);
            if top.may_enter(first) {
                top.offer((first, products.id(row)), row);
            }
        }
        top
    }

    /// Whether a row passes all that the cube counts by.
    fn passes(&self, row: u32, extra: Extra) -> bool {
        let products = &self.market.products;
        let has_extra = || match extra {
            Extra::Nothing => true,
            Extra::Month(month) => products.scanned(row).is_some_and(|entry| entry.months >> month & 1 == 1),
            Extra::Certificate(kind) => products.scanned(row).is_some_and(|entry| entry.certificates >> kind & 1 == 1),
        };
        self.lookup.cell_fails(products.facet(row)) == 0 && has_extra()
    }

    /// Fills the page from the nearest units outwards.
    fn nearest(&self, top: &mut Top) {
        let Some(distances) = self.distances else { return };
        let products = &self.market.products;
        let pass = self.in_all(!Dimension::Province.bit());
        let mut units: Vec<(u16, usize)> = (0_usize..128).filter_map(|row| distances.get(row).map(|km| (*km, row))).collect();
        units.retain(|(_, row)| {
            self.question.filter.provinces.is_none_or(|provinces| u8::try_from(*row).is_ok_and(|row| provinces.contains(row)))
        });
        units.sort_unstable();
        for ring in units.chunk_by(|left, right| left.0 == right.0) {
            let Some((km, _)) = ring.first() else { continue };
            if self.question.after.is_some_and(|after| u64::from(*km) < after.0) {
                continue;
            }
            for rows in ring.iter().filter_map(|(_, row)| products.bitmaps().province.get(*row)).filter(|rows| !rows.is_empty()) {
                for row in &(rows & &pass) {
                    top.offer((u64::from(*km), products.id(row)), row);
                }
            }
            if top.is_full() {
                return;
            }
        }
    }

    /// The dimensions with a filter for which bitmaps are kept, with the rows of each.
    fn filtered(&self) -> Vec<(Dimension, RoaringBitmap)> {
        let filter = &self.question.filter;
        if !self.is_ready {
            // On another day other rows have stars and offers; provinces and groups alone stay as they are.
            return self.fixed();
        }
        let bitmaps = self.market.products.bitmaps();
        let mut found = self.fixed();
        if filter.least_stars > 2 && filter.period.is_none() {
            let steps = usize::from(filter.least_stars.saturating_sub(2))..4;
            found.push((Dimension::Stars, bitmaps.stars.get(steps).unwrap_or_default().iter().union()));
        }
        if filter.certificates != 0 && filter.period.is_none() {
            let kinds = ones(filter.certificates).filter_map(|kind| bitmaps.certificate.get(kind));
            found.push((Dimension::Certificate, kinds.intersection()));
        }
        if filter.months != 0 {
            let months = ones(u64::from(filter.months)).filter_map(|month| bitmaps.month.get(month));
            found.push((Dimension::Month, months.intersection()));
        }
        if let Some(kinds) = filter.kinds {
            found.push((Dimension::ProducerKind, ones(u64::from(kinds)).filter_map(|kind| bitmaps.kind.get(kind)).union()));
        }
        found
    }

    fn fixed(&self) -> Vec<(Dimension, RoaringBitmap)> {
        let (filter, bitmaps) = (&self.question.filter, self.market.products.bitmaps());
        let union = |rows: Rows, bitmaps: &[RoaringBitmap]| rows_of(rows).filter_map(|row| bitmaps.get(row)).union();
        let mut found = Vec::new();
        if let Some(provinces) = filter.provinces {
            found.push((Dimension::Province, union(provinces, &bitmaps.province)));
        }
        if let Some(groups) = filter.groups {
            found.push((Dimension::Group, union(groups, &bitmaps.group)));
        }
        found
    }

    /// Rows that pass every filter with bitmaps whose dimension is in `dimensions`.
    fn in_all(&self, dimensions: u8) -> RoaringBitmap {
        let sets: Vec<RoaringBitmap> =
            self.filtered().into_iter().filter(|(dimension, _)| dimensions & dimension.bit() != 0).map(|(_, rows)| rows).collect();
        self.intersection(sets)
    }

    /// The rows in all of `sets`, in the region and near enough; all that are shown where nothing is asked.
    fn intersection(&self, mut sets: Vec<RoaringBitmap>) -> RoaringBitmap {
        let filter = &self.question.filter;
        if filter.region.is_some() || filter.within_km.is_some() {
            let bitmaps = &self.market.products.bitmaps().province;
            sets.push(rows_of(self.lookup.near).filter_map(|row| bitmaps.get(row)).union());
        }
        if let Some(producer) = filter.producer {
            let products = self.market.organisations.get(producer).map(|producer| producer.products.as_slice()).unwrap_or_default();
            sets.push(products.iter().copied().collect::<RoaringBitmap>() & self.market.products.shown());
        }
        sets.sort_by_key(RoaringBitmap::len);
        match sets.as_slice() {
            [] => self.market.products.shown().clone(),
            [only] => only.clone(),
            several => several.iter().intersection(),
        }
    }

    /// The rows to look at; and the dimension whose own counts need all rows, where that is the only filter that is
    /// counted: its counts come from elsewhere.
    ///
    /// A row that fails in two counted dimensions is counted nowhere, so it must pass one of any two of them: the two
    /// rarest are enough.
    fn candidates(&self, own: OwnCounts) -> (RoaringBitmap, Option<Dimension>) {
        let mut counted: Vec<(Dimension, RoaringBitmap)> = Vec::new();
        let mut needed: Vec<RoaringBitmap> = Vec::new();
        for (dimension, rows) in self.filtered() {
            if self.question.facets & dimension.bit() != 0 { counted.push((dimension, rows)) } else { needed.push(rows) }
        }
        // A price is judged row by row: where it is counted too, any row may fail in it alone.
        let price_is_counted = self.question.filter.price_at_most.is_some() && self.question.facets & Dimension::Price.bit() != 0;
        let stars_are_slow = self.question.filter.period.is_some() || !self.is_ready;
        if counted.len() + usize::from(price_is_counted || stars_are_slow) < 2
            || (price_is_counted || stars_are_slow) && !counted.is_empty()
        {
            if let ([(dimension, _)], false) = (counted.as_slice(), price_is_counted || stars_are_slow)
                && own == OwnCounts::FromCube
                && self.counts_from_cube(*dimension)
                && let Some((dimension, rows)) = counted.pop()
            {
                needed.push(rows);
                return (self.intersection(needed), Some(dimension));
            }
            return (self.intersection(needed), None);
        }
        counted.sort_by_key(|(_, rows)| rows.len());
        let mut rarest = counted.into_iter().map(|(_, rows)| rows);
        if let (Some(first), Some(second)) = (rarest.next(), rarest.next()) {
            needed.push(first | second);
        }
        (self.intersection(needed), None)
    }

    /// Whether all rows, counted by `dimension`, are what its own counts would be without it: nothing else is asked.
    fn counts_from_cube(&self, dimension: Dimension) -> bool {
        let filter = &self.question.filter;
        let others = filter.region.is_some()
            || filter.within_km.is_some()
            || filter.is_offered.is_some()
            || filter.is_illustrative.is_some()
            || filter.producer.is_some()
            || filter.quantity.is_some()
            || filter.delivers_to.is_some()
            || filter.price_at_most.is_some()
            || self.filtered().iter().any(|(other, _)| *other != dimension);
        self.is_ready && !others
    }

    /// Counts by `dimension` as if nothing were asked.
    fn count_without(&self, dimension: Dimension, counts: &mut Counts) {
        let all = self.market.products.cube().all(self.seen);
        match dimension {
            Dimension::Province => counts.province = all.province,
            Dimension::Group => counts.group = all.group,
            Dimension::Stars => counts.stars = all.stars,
            Dimension::Certificate => counts.certificate = all.certificate,
            Dimension::ProducerKind => counts.kind = all.kind,
            Dimension::Month => counts.month = all.month,
            Dimension::Price => counts.price = all.price,
        }
    }

    /// What of `counts` was asked for.
    fn asked(&self, mut counts: Counts) -> Counts {
        let none = Counts::default();
        let asked = |dimension: Dimension| self.question.facets & dimension.bit() != 0;
        if !asked(Dimension::Province) {
            counts.province = none.province;
        }
        if !asked(Dimension::Group) {
            counts.group = none.group;
        }
        if !asked(Dimension::Stars) {
            counts.stars = none.stars;
        }
        if !asked(Dimension::Certificate) {
            counts.certificate = none.certificate;
        }
        if !asked(Dimension::ProducerKind) {
            counts.kind = none.kind;
        }
        if !asked(Dimension::Month) {
            counts.month = none.month;
        }
        if !asked(Dimension::Price) {
            counts.price = none.price;
        }
        counts
    }

    /// What a row is sorted by, beside its id.
    fn first_key(&self, row: u32, entry: &Entry) -> u64 {
        let products = &self.market.products;
        match self.question.sort {
            Sort::Price if self.is_ready => {
                let facts = products.facts(row);
                u64::from(if self.seen == Seen::Public { facts.public_price } else { facts.keys_price })
            }
            Sort::Price => u64::from(self.market.seen_price_of(row, self.question)),
            Sort::Quantity if self.is_ready => Kept::Quantity.key(products.id(row), &products.facts(row)).0,
            Sort::Quantity => u64::MAX - self.market.facts_on(row, self.question.as_of).map_or(0, |facts| facts.quantity.unsigned_abs()),
            Sort::Stars => 3 - u64::try_from(entry.facet.star_step()).unwrap_or(0),
            Sort::Distance => self.distances.and_then(|distances| distances.get(entry.facet.province())).map_or(0, |km| u64::from(*km)),
            Sort::Newest | Sort::Relevance => newest(products.id(row)),
        }
    }
}

fn found(top: Top, (counts, total): (Counts, u32), how: impl Fn(u32) -> Option<How>) -> Found {
    let (rows, more) = top.into_page();
    let hits = rows.into_iter().map(|(key, row): (SortKey, u32)| Hit { row, key, how: how(row) }).collect();
    Found { hits, more, total, counts }
}
