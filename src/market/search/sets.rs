//! Filters alone, for today and a caller for whom columns are kept: each filter is a set of rows, and a row is looked at
//! only where it passes all of them.
//!
//! A facet that is chosen does not narrow itself: its values are counted in the rows that pass all other filters. Where
//! that is one filter, whose values no product has two of, the counts are sums of the table of pairs
//! ([`crate::market::pairs`]); else the other filters' sets are intersected and their rows counted by that facet alone.

use super::Found;
use super::filter::Sort;
use super::run::Search;
use super::tally::Tally;
use super::top::Top;
use super::walk::{walk, walk_and_visit};
use crate::market::facet::{Counts, Dimension, Seen, ones, price_bucket, rows_of};
use crate::market::orders::Kept;
use crate::market::pairs::Pairs;
use crate::market::rowset::{Bits, RowSet};
use crate::market::text::query::Found as Words;
use std::borrow::Cow;

/// Below so many rows that pass it is cheaper to look at each than to go outwards from unit to unit.
const FEW_ROWS: u64 = 2_000;

/// The rows that pass one filter.
#[derive(Debug)]
pub(super) struct Set<'a> {
    /// The facet that it chooses, where it is counted.
    pub(super) dimension: Option<Dimension>,
    pub(super) rows: Bits<'a>,
    pub(super) parts: Option<Parts<'a>>,
}

/// What a set is made of for the table of pairs: the rows with one of the values, of which none has two, and the rest.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    values: Vec<usize>,
    rest: Option<Bits<'a>>,
}

impl<'a> Search<'a> {
    /// The answer to a question whose filters are sets of rows; what words mean is one more.
    pub(super) fn by_sets(&self, words: Option<&Words<'_>>) -> Found {
        let (question, products) = (self.question, &self.market.products);
        let mut sets = self.sets_of_products();
        if let Some(words) = words {
            let mut rows = Bits::none(products.rows());
            let (mut meant, mut many) = (words.rows().iter(), [0; 512]);
            while let some @ [_, ..] = &*meant.next_many(&mut many) {
                rows.insert_all(some);
            }
            sets.push(Set { dimension: None, rows, parts: None });
        }
        let of_products = sets.len();
        sets.extend(self.sets_of_offers());
        let passing = intersection(sets.iter());
        let total = passing.as_ref().map_or_else(|| products.shown().len(), |rows| rows.len());
        let mut tally = Tally::new(products.columns(), self.seen);
        let left = self.count_chosen(&sets, &mut tally);
        let mut top = Top::new(question.limit, question.after);
        let by_score = words.filter(|_| question.sort == Sort::Relevance);
        let in_order = by_score.is_none() && self.page_by_order(passing.as_deref(), total, &mut top);
        if !in_order || left != 0 {
            let passing = passing.unwrap_or_else(|| Cow::Owned(self.all()));
            if in_order {
                walk(products, &mut tally, &passing, left);
            } else {
                walk_and_visit(products, &mut tally, &passing, left, |rows| self.offer_rows(by_score, rows, &mut top));
            }
        }
        let mut counts = tally.finish();
        let (of_products, of_offers) = sets.split_at(of_products);
        self.count_mixed_anew(of_products, of_offers, &mut counts);
        self.found(words, top, (counts, u32::try_from(total).unwrap_or(u32::MAX)))
    }

    /// The rows of `among` that pass, shown to `visit` some at a time, and counted.
    pub(super) fn among(&self, among: Bits<'a>, visit: impl FnMut(&[u32])) -> (Counts, u32) {
        let products = &self.market.products;
        let mut sets = self.sets();
        sets.push(Set { dimension: None, rows: among, parts: None });
        let mut tally = Tally::new(products.columns(), self.seen);
        let left = self.count_chosen(&sets, &mut tally);
        let passing = intersection(sets.iter());
        let total = passing.as_ref().map_or(0, |rows| rows.len());
        if let Some(passing) = &passing {
            walk_and_visit(products, &mut tally, passing, left, visit);
        }
        (tally.finish(), u32::try_from(total).unwrap_or(u32::MAX))
    }

    /// Counts each facet that is chosen in what passes all other sets. What is left is to be counted in what passes all.
    fn count_chosen(&self, sets: &[Set<'a>], tally: &mut Tally<'_>) -> u8 {
        let chosen = sets.iter().filter_map(|set| set.dimension).fold(0, |bits, dimension| bits | dimension.bit());
        for dimension in sets.iter().filter_map(|set| set.dimension) {
            let others = || sets.iter().filter(|set| set.dimension != Some(dimension));
            if !self.count_by_pairs(others(), dimension.bit(), tally)
                && let Some(rows) = intersection(others())
            {
                walk(&self.market.products, tally, &rows, dimension.bit());
            }
        }
        let left = self.question.facets & !chosen;
        if self.count_by_pairs(sets.iter(), left, tally) { 0 } else { left }
    }

    /// Counts `dimensions` in the rows of `sets` from the table of pairs, where it can.
    fn count_by_pairs<'b>(&self, mut sets: impl Iterator<Item = &'b Set<'a>>, dimensions: u8, tally: &mut Tally<'_>) -> bool
    where
        'a: 'b,
    {
        let products = &self.market.products;
        let asked = Dimension::ALL.into_iter().filter(|dimension| dimensions & dimension.bit() != 0);
        match (sets.next(), sets.next()) {
            (None, _) => asked.for_each(|dimension| products.pairs().count_all(dimension, self.seen, tally.counts())),
            (Some(Set { parts: Some(Parts { values, rest }), .. }), None) => {
                asked.for_each(|dimension| products.pairs().count(values, dimension, self.seen, tally.counts()));
                if let Some(rest) = rest {
                    walk(products, tally, rest, dimensions);
                }
            }
            _ => return false,
        }
        true
    }

    /// The sets of filters for which they are kept: what a row must pass, if not all that it must.
    pub(super) fn sets(&self) -> Vec<Set<'a>> {
        let mut sets = self.sets_of_products();
        sets.extend(self.sets_of_offers());
        sets
    }

    /// Those of what is asked of the product.
    fn sets_of_products(&self) -> Vec<Set<'a>> {
        let filter = &self.question.filter;
        let bitmaps = self.market.products.bitmaps();
        let mut sets = self.fixed_sets();
        if filter.least_stars > 0 && filter.period.is_none() {
            let least = usize::from(filter.least_stars.saturating_sub(2)).max(1);
            sets.push(self.any_of(Dimension::Stars, &bitmaps.stars, least..bitmaps.stars.len()));
        }
        if let Some(kinds) = filter.kinds {
            sets.push(self.any_of(Dimension::ProducerKind, &bitmaps.kind, ones(u64::from(kinds))));
        }
        if filter.certificates != 0 && filter.period.is_none() {
            sets.push(self.all_of(Dimension::Certificate, &bitmaps.certificate, filter.certificates));
        }
        if filter.held != 0 && filter.period.is_none() {
            sets.push(Set { dimension: None, ..self.all_of(Dimension::Certificate, &bitmaps.certificate, filter.held) });
        }
        sets.extend(filter.is_offered.map(|asked| self.either(asked, &bitmaps.offered)));
        sets
    }

    /// Those of what is asked of one offer: of its months, then of its price.
    fn sets_of_offers(&self) -> Vec<Set<'a>> {
        let filter = &self.question.filter;
        let price = filter.price_at_most.map(|most| self.not_dearer(most));
        let rows = price.as_ref().map(|set| &set.rows);
        let is_of_sets = self.question.is_of_sets();
        let months = (filter.months != 0).then(|| if is_of_sets { self.supplying(rows) } else { self.in_months() });
        months.into_iter().chain(price).collect()
    }

    /// The sets that are the same on every day and for every caller.
    pub(super) fn fixed_sets(&self) -> Vec<Set<'a>> {
        let (filter, products) = (&self.question.filter, &self.market.products);
        let bitmaps = products.bitmaps();
        let mut sets = Vec::with_capacity(4);
        if let Some(rows) = filter.provinces {
            sets.push(self.any_of(Dimension::Province, &bitmaps.province, rows_of(rows)));
        }
        if let Some(rows) = filter.groups {
            sets.push(self.any_of(Dimension::Group, &bitmaps.group, rows_of(rows)));
        }
        if filter.region.is_some() || filter.within_km.is_some() {
            let near = self.any_of(Dimension::Province, &bitmaps.province, rows_of(self.lookup.near));
            sets.push(Set { dimension: None, ..near });
        }
        sets.extend(filter.is_illustrative.map(|asked| self.either(asked, &bitmaps.illustrative)));
        if let Some(producer) = filter.producer {
            let own = self.market.products_of(producer);
            let mut rows = Bits::none(products.rows());
            own.filter(|row| products.shown().contains(*row)).for_each(|row| rows.insert(row));
            sets.push(Set { dimension: None, rows, parts: None });
        }
        sets
    }

    /// `rows`, or all others that are shown.
    fn either(&self, asked: bool, rows: &'a RowSet) -> Set<'a> {
        let mut found = self.bits_of([rows]);
        if !asked {
            let mut others = self.all();
            others.subtract(&found);
            found = others;
        }
        Set { dimension: None, rows: found, parts: None }
    }

    /// All rows that are shown.
    pub(super) fn all(&self) -> Bits<'a> {
        let mut all = Bits::none(self.market.products.rows());
        self.market.products.shown().iter().for_each(|row| all.insert(row));
        all
    }

    /// The rows of any of `sets`.
    pub(super) fn bits_of(&self, sets: impl IntoIterator<Item = &'a RowSet>) -> Bits<'a> {
        self.market.products.in_any(sets)
    }

    /// Whether `dimension` is counted.
    fn counted(&self, dimension: Dimension) -> Option<Dimension> {
        (self.question.facets & dimension.bit() != 0).then_some(dimension)
    }

    /// The rows with one of `values`.
    fn any_of(&self, dimension: Dimension, bitmaps: &'a [RowSet], values: impl Iterator<Item = usize>) -> Set<'a> {
        let values: Vec<usize> = values.filter(|value| bitmaps.get(*value).is_some_and(|rows| !rows.is_empty())).collect();
        let rows = self.bits_of(values.iter().filter_map(|value| bitmaps.get(*value)));
        let values = values.into_iter().map(|value| Pairs::value(dimension, value, self.seen)).collect();
        Set { dimension: self.counted(dimension), rows, parts: Some(Parts { values, rest: None }) }
    }

    /// The rows with all of `values`, one bit each.
    fn all_of(&self, dimension: Dimension, bitmaps: &'a [RowSet], values: u64) -> Set<'a> {
        let mut known = ones(values).filter_map(|value| bitmaps.get(value).map(|rows| (value, rows)));
        let Some((first, rows)) = known.next() else {
            return Set { dimension: self.counted(dimension), rows: self.bits_of([]), parts: None };
        };
        let mut parts = Some(Parts { values: vec![Pairs::value(dimension, first, self.seen)], rest: None });
        let mut rows = self.bits_of([rows]);
        for (_, other) in known {
            rows.intersect(&self.bits_of([other]));
            parts = None;
        }
        Set { dimension: self.counted(dimension), rows, parts }
    }

    /// The rows whose lowest price is at most `most`.
    fn not_dearer(&self, most: u32) -> Set<'a> {
        let products = &self.market.products;
        let bitmaps = products.bitmaps().price(self.seen);
        let last = usize::from(price_bucket(most));
        let mut set = self.any_of(Dimension::Price, bitmaps, 0..last);
        let mut rest = self.bits_of(bitmaps.get(last));
        let lower = self.lower_at_most(&rest, most);
        rest.keep_at_most(products.columns().highest_prices(), most);
        for row in lower {
            rest.insert(row);
        }
        set.rows.unite(&rest);
        set.parts = set.parts.map(|parts| Parts { rest: Some(rest), ..parts });
        set
    }

    /// Those of `rows` whose price is lower to the caller than the column says, and at most `most`: everybody sees none that
    /// is, and who sees more sees it of one of several offers.
    fn lower_at_most(&self, rows: &Bits<'a>, most: u32) -> Vec<u32> {
        let (products, seen) = (&self.market.products, self.seen);
        if seen == Seen::Public {
            return Vec::new();
        }
        let mut several = self.bits_of([&products.bitmaps().several]);
        several.intersect(rows);
        several.iter().filter(|row| products.columns().is_lower(*row, seen) && products.price(*row, seen) <= most).collect()
    }

    /// The rows whose offers supply in all months asked, each in some.
    pub(super) fn in_months(&self) -> Set<'a> {
        self.all_of(Dimension::Month, &self.market.products.bitmaps().month, u64::from(self.question.filter.months))
    }

    /// Fills the page by walking a kept order, where that is quicker than looking at each row that passes.
    fn page_by_order(&self, passing: Option<&Bits<'a>>, total: u64, top: &mut Top) -> bool {
        /// Steps along an order in the time in which a row that passes is looked at.
        const STEPS: u64 = 2;
        let (question, products) = (self.question, &self.market.products);
        let passes = |row: u32| passing.map_or_else(|| products.shown().contains(row), |rows| rows.contains(row)) && !self.is_own(row);
        if question.sort == Sort::Distance && total >= FEW_ROWS {
            self.nearest(passes, top);
            return true;
        }
        let kept = match (question.sort, self.seen) {
            (Sort::Price, Seen::Public) => Kept::Price,
            (Sort::Quantity, _) => Kept::Quantity,
            (Sort::Stars, _) => Kept::Stars,
            (Sort::Newest | Sort::Relevance, _) => Kept::Newest,
            (Sort::Price, Seen::Keys | Seen::All) | (Sort::Distance, _) => return false,
        };
        // Where rows that pass stand evenly in the order; where they stand at its end the walk is given up.
        let budget = total / STEPS;
        let wanted = u64::try_from(question.limit + 1).unwrap_or(u64::MAX);
        if total == 0 || wanted.saturating_mul(products.shown().len()) / total > budget / 2 {
            return false;
        }
        let mut by_passing = Vec::new();
        for row in products.in_order(kept, question.after).take(usize::try_from(budget).unwrap_or(usize::MAX)) {
            if !passes(row) {
                continue;
            }
            if self.by_passing.contains(row) {
                by_passing.push(row);
                continue;
            }
            top.offer(products.kept_key(kept, row), row, None);
            if top.is_full() {
                if question.after.is_some() {
                    // Some that stand before it in the order may come behind it by the offers that pass.
                    by_passing = self.bits_of(self.by_passing.sets()).iter().filter(|row| passes(*row)).collect();
                }
                self.offer_by_passing(&by_passing, kept, top);
                return true;
            }
        }
        *top = Top::new(question.limit, question.after);
        false
    }

    /// Fills the page from the nearest units outwards.
    fn nearest(&self, passes: impl Fn(u32) -> bool, top: &mut Top) {
        let Some(distances) = self.distances else { return };
        let products = &self.market.products;
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
                for row in self.bits_of([rows]).iter().filter(|row| passes(*row)) {
                    top.offer((u64::from(*km), products.id(row)), row, None);
                }
            }
            if top.is_full() {
                return;
            }
        }
    }
}

/// The rows in all of `sets`; `None` where there is no set.
fn intersection<'a, 'b>(mut sets: impl Iterator<Item = &'b Set<'a>>) -> Option<Cow<'b, Bits<'a>>>
where
    'a: 'b,
{
    let mut rows = Cow::Borrowed(&sets.next()?.rows);
    for set in sets {
        rows.to_mut().intersect(&set.rows);
    }
    Some(rows)
}
