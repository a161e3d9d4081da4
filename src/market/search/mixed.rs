//! Products with several offers, where sets of rows say what all offers have together, and one must have all that is asked.

use super::filter::Question;
use super::run::Search;
use super::sets::Set;
use super::tally::Tally;
use super::walk::walk;
use crate::market::facet::{Counts, Dimension, UNKNOWN_PRICE, price_bucket};
use crate::market::products::NO_ROW;
use crate::market::record::MonthBits;
use crate::market::rowset::Bits;

/// Products whose offers are looked at together.
const MANY_PRODUCTS: usize = 64;

impl<'a> Search<'a> {
    /// The rows that supply in all months asked.
    ///
    /// One offer must do so, and keep the price too. Where no offer of a product does both, but some offer does either, it
    /// is the months that the product is left out of.
    pub(super) fn supplying(&self, not_dearer: Option<&Bits<'a>>) -> Set<'a> {
        let (filter, market) = (&self.question.filter, self.market);
        let mut set = self.in_months();
        let asks_one_month = filter.months.is_power_of_two();
        if asks_one_month && not_dearer.is_none() {
            return set;
        }
        let mixed = market.products.columns().mixed();
        let mut rows = self.bits_of([mixed.rows()]);
        rows.intersect(&set.rows);
        // A product that is too dear has an offer for the one month all the same.
        if let Some(not_dearer) = not_dearer.filter(|_| asks_one_month) {
            rows.intersect(not_dearer);
        }
        let (mut without, mut unknown) = (Vec::new(), Vec::new());
        let by_month = self.judge.by_month();
        mixed.each_of(&rows, |row, prices| match by_month.and_then(|asked| asked.supplies(prices)) {
            Some(true) => {}
            Some(false) => without.push(row),
            None => unknown.push(row),
        });
        for rows in unknown.chunks(MANY_PRODUCTS) {
            without.extend(self.without_one_for_all(rows));
        }
        for row in without {
            set.rows.remove(row);
            set.parts = None;
        }
        set
    }

    /// Those of [`MANY_PRODUCTS`] rows at most of which no single offer supplies in all months asked, within the price where
    /// any offer is.
    fn without_one_for_all(&self, rows: &[u32]) -> impl Iterator<Item = u32> {
        let (filter, market, seen) = (&self.question.filter, self.market, self.seen);
        let firsts = self.first_offers(rows);
        firsts.into_iter().zip(rows).filter_map(move |(first, row)| {
            let lowest = market.products.price(*row, seen);
            let most = filter.price_at_most.filter(|most| lowest <= *most).unwrap_or(u32::MAX);
            (!self.has_one_for_all(first, most)).then_some(*row)
        })
    }

    /// Whether one of the offers of a product, from the first one on, supplies in all months asked for `most` at most.
    #[inline]
    fn has_one_for_all(&self, first: u32, most: u32) -> bool {
        let (asked, offers) = (self.question.filter.months, &self.market.offers);
        let mut row = first;
        while row != NO_ROW {
            let terms = offers.terms(row);
            if terms.months & asked == asked && terms.price(self.seen) <= most {
                return true;
            }
            // Those that follow cost no less.
            row = if terms.cost() > most { NO_ROW } else { offers.after(row) };
        }
        false
    }

    /// The first offers of [`MANY_PRODUCTS`] rows at most. They lie anywhere: all are on their way from memory before one is
    /// looked at.
    fn first_offers(&self, rows: &[u32]) -> [u32; MANY_PRODUCTS] {
        let mut firsts = [NO_ROW; MANY_PRODUCTS];
        for (first, row) in firsts.iter_mut().zip(rows) {
            *first = self.market.products.first_offer(*row);
            self.market.offers.fetch(*first);
        }
        firsts
    }

    /// Of the offers of a product, from the first one on: the months of those that cost no more than is asked, and the bucket
    /// of the lowest price of those that supply in all months asked, as far as `counted` asks for them.
    #[inline]
    fn of_passing(&self, first: u32, counted: u8) -> (Option<MonthBits>, Option<u8>) {
        let (offers, seen) = (&self.market.offers, self.seen);
        let (asked, most) = (self.question.filter.months, self.question.filter.price_at_most.unwrap_or(UNKNOWN_PRICE));
        let [counts_months, counts_price] = [Dimension::Month, Dimension::Price].map(|dimension| counted & dimension.bit() != 0);
        let (mut months, mut supplies, mut lowest) = (0, false, UNKNOWN_PRICE);
        let mut row = first;
        while row != NO_ROW {
            let terms = offers.terms(row);
            row = offers.after(row);
            let price = terms.price(seen);
            if price <= most {
                months |= terms.months;
            }
            if terms.months & asked == asked && terms.months != 0 {
                supplies = true;
                lowest = lowest.min(price);
            }
            // The cheapest is first, but for those whose price is not seen: those that follow cost no less.
            let has_price = !counts_price || lowest != UNKNOWN_PRICE;
            if has_price && (!counts_months || terms.cost() > most) {
                break;
            }
        }
        (Some(months).filter(|months| *months != 0), supplies.then(|| price_bucket(lowest)))
    }

    /// Of products whose offers supply in different months, the months of those that cost no more than is asked, and the
    /// lowest price of those that supply when it is asked: the columns have counted what all have together.
    pub(super) fn count_mixed_anew(&self, of_products: &[Set<'a>], of_offers: &[Set<'a>], counts: &mut Counts) {
        let (Question { filter, facets, .. }, products) = (self.question, &self.market.products);
        let narrowed = |by: bool, dimension: Dimension| if by { facets & dimension.bit() } else { 0 };
        let asks_price = filter.price_at_most.is_some();
        let anew = narrowed(asks_price, Dimension::Month) | narrowed(filter.months != 0, Dimension::Price);
        let mixed = products.columns().mixed();
        if anew == 0 || mixed.rows().is_empty() {
            return;
        }
        let mut rows = self.bits_of([mixed.rows()]);
        for set in of_products {
            rows.intersect(&set.rows);
        }
        // What has neither the months nor the price counts nowhere.
        let mut either = Bits::none(products.rows());
        for set in of_offers {
            either.unite(&set.rows);
        }
        rows.intersect(&either);
        let (mut before, mut now) = (Tally::new(products.columns(), self.seen), Tally::new(products.columns(), self.seen));
        for dimension in [Dimension::Month, Dimension::Price].into_iter().filter(|dimension| anew & dimension.bit() != 0) {
            let others = of_offers.iter().filter(|set| set.dimension != Some(dimension));
            let mut counted = rows.clone();
            others.for_each(|set| counted.intersect(&set.rows));
            walk(products, &mut before, &counted, dimension.bit());
        }
        let mut unknown = Vec::new();
        let by_month = self.judge.by_month();
        mixed.each_of(&rows, |row, prices| match by_month.and_then(|asked| asked.counted(prices, anew)) {
            Some((months, bucket)) => now.count_of_offers(months, bucket, anew),
            None => unknown.push(row),
        });
        for rows in unknown.chunks(MANY_PRODUCTS) {
            for (first, _) in self.first_offers(rows).into_iter().zip(rows) {
                let (months, bucket) = self.of_passing(first, anew);
                now.count_of_offers(months, bucket, anew);
            }
        }
        counts.subtract(&before.finish());
        counts.add(&now.finish());
    }
}
