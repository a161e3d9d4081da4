//! One pass over rows: each is judged, counted, and offered to the page.

use super::filter::{Filter, Lookup, OTHER, OfferFails, Question};
use crate::market::Market;
use crate::market::facet::{Counts, Dimension, Entry, Seen, UNKNOWN_PRICE, ones};
use crate::market::offers::Terms;

/// Below so many rows months are counted one by one; above, by their combination first.
const MANY_ROWS: u64 = 8_192;

/// Rows that are taken out of a bitmap at once.
const MANY: usize = 256;

/// What a scan needs to judge a row.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is worked out once for a question, and asked for every row")]
pub struct Judge<'a> {
    market: &'a Market,
    question: &'a Question<'a>,
    lookup: &'a Lookup,
    /// Whether facets in the columns are those of the day and the caller.
    is_in_facets: bool,
    asks_offers: bool,
    /// Whether the columns say all that is asked of a single offer.
    is_in_columns: bool,
    /// Whether so little is asked of one offer that what all have together says whether one has it.
    asks_one_thing: bool,
    /// Whether stars and certificates are to be those of the period.
    shows_period: bool,
    seen: Seen,
}

impl<'a> Judge<'a> {
    pub fn new(market: &'a Market, question: &'a Question<'a>, lookup: &'a Lookup, seen: Seen, knows_prices: bool) -> Self {
        let is_today = question.as_of == market.today;
        let filter = &question.filter;
        let is_in_columns = is_today && knows_prices && !filter.asks_terms();
        Self {
            market,
            question,
            lookup,
            is_in_facets: is_today && knows_prices,
            asks_offers: filter.asks_offers(),
            is_in_columns,
            asks_one_thing: filter.asks_one_thing(),
            shows_period: question.shows_period(),
            seen,
        }
    }

    /// Hands every row that `next` fills in to `take`, with the row as it is on the day asked and in which dimensions it
    /// fails.
    pub fn each(&self, mut next: impl FnMut(&mut [u32]) -> usize, mut take: impl FnMut(u32, Entry, u8)) {
        let mut many = [0_u32; MANY];
        loop {
            let length = next(&mut many);
            if length == 0 {
                break;
            }
            for row in many.iter().take(length) {
                if let Some((entry, fails)) = self.judge(*row) {
                    take(*row, entry, fails);
                }
            }
        }
    }

    /// The row as it is on the day asked, and in which dimensions it fails.
    #[inline]
    pub fn judge(&self, row: u32) -> Option<(Entry, u8)> {
        let mut entry = self.market.products.scanned(row)?;
        if !self.is_in_facets {
            entry = self.market.entry_on(row, self.question)?;
        }
        let filter = &self.question.filter;
        let mut fails = self.lookup.fails(entry.facet);
        match filter.period {
            None => fails |= lacks(filter, entry.certificates),
            Some((from, until)) => {
                let held = self.market.papers.held(self.market.products.papers(row), from, until);
                fails |= lacks(filter, held.kinds) | (u8::from(held.stars < filter.least_stars) * Dimension::Stars.bit());
                if self.shows_period {
                    (entry.facet, entry.certificates) = (entry.facet.with_stars(held.stars), held.kinds);
                }
            }
        }
        if filter.producer.is_some_and(|producer| producer != self.market.products.producer(row)) {
            fails |= OTHER;
        }
        if self.asks_offers && fails & OTHER == 0 {
            fails |= self.offers_fail(row, &entry, fails);
        }
        Some((entry, fails))
    }

    /// In which dimensions no single offer of the product satisfies.
    #[inline]
    fn offers_fail(&self, row: u32, entry: &Entry, fails: u8) -> u8 {
        const OF_OFFERS: u8 = Dimension::Month.bit() | Dimension::Price.bit();
        let filter = &self.question.filter;
        if !entry.facet.is_offered() {
            return OTHER;
        }
        let month = u8::from(entry.months & filter.months != filter.months) * Dimension::Month.bit();
        let failed = fails | month;
        // What fails in two dimensions counts nowhere: no need to know in which others.
        if failed & failed.wrapping_sub(1) != 0 && (fails & !OF_OFFERS != 0 || !entry.facet.has_several()) {
            return month;
        }
        // What the columns say of a single offer is what it is.
        if self.is_in_columns && (self.asks_one_thing || !entry.facet.has_several()) {
            let price = filter.price_at_most.is_some_and(|most| self.market.products.price(row, self.seen) > most);
            return month | (u8::from(price) * Dimension::Price.bit());
        }
        // The terms of offers are those of today, with the prices that the caller sees.
        if self.is_in_facets { self.every_term_fails(row, filter) } else { self.every_offer_fails(row) }
    }

    /// The same as [`Self::every_offer_fails`], today.
    fn every_term_fails(&self, row: u32, filter: &Filter) -> u8 {
        let offers = &self.market.offers;
        let most = filter.price_at_most.unwrap_or(UNKNOWN_PRICE);
        let open = offers.chain(self.market.products.first_offer(row)).map(|offer| (offer, offers.terms(offer)));
        let fails = open.filter(|(_, terms)| terms.months != 0).map(|(offer, terms)| {
            let (month, price) = (terms.months & filter.months != filter.months, terms.price(self.seen) > most);
            let other = !self.has_terms(row, offer, terms);
            OfferFails { month, price, other }.bits()
        });
        fails.min_by_key(|bits| (bits & OTHER != 0, bits.count_ones(), *bits)).unwrap_or(OTHER)
    }

    /// Whether quantity, unit and delivery are as asked: by what the columns say, where that is all. What the product has at
    /// most is what its only offer has; the book is asked where there are several, or something may be promised.
    fn has_terms(&self, row: u32, offer: u32, terms: Terms) -> bool {
        let (filter, Market { products, offers, .. }) = (&self.question.filter, self.market);
        if filter.unit.is_some_and(|unit| unit != terms.unit) {
            return false;
        }
        let mut is_certain = filter.delivers_to.is_none();
        if let Some((least, unit)) = filter.quantity {
            let in_book = || !products.facet(row).has_several() || offers.quantity(offer).is_some_and(|quantity| quantity >= least);
            if unit != terms.unit || products.quantity(row) < least || !in_book() {
                return false;
            }
            is_certain &= !offers.has_promises();
        }
        is_certain || offers.get(offer).is_some_and(|supply| self.question.takes_terms(&supply, self.market))
    }

    /// In which dimensions the best offer of the product fails: the one with the fewest, so that a row which one offer
    /// would pass but for its price is counted under the price.
    fn every_offer_fails(&self, row: u32) -> u8 {
        let offers = &self.market.offers;
        let open = offers
            .chain(self.market.products.first_offer(row))
            .filter_map(|offer| offers.get(offer))
            .filter(|supply| supply.is_open(self.question.as_of));
        let fails = open.map(|supply| self.question.takes(&supply, self.market).bits());
        fails.min_by_key(|bits| (bits & OTHER != 0, bits.count_ones(), *bits)).unwrap_or(OTHER)
    }
}

/// In which dimensions a row with valid papers of `kinds` fails.
#[inline]
pub(super) fn lacks(filter: &Filter, kinds: u64) -> u8 {
    let chosen = u8::from(kinds & filter.certificates != filter.certificates) * Dimension::Certificate.bit();
    chosen | (u8::from(kinds & filter.held != filter.held) * OTHER)
}

/// Counts rows by the dimensions that were asked for.
#[derive(Debug)]
pub struct Counter {
    counts: Counts,
    facets: u8,
    seen: Seen,
    by_months: Option<Vec<u32>>,
    pub total: u32,
}

impl Counter {
    /// For about `rows` rows.
    pub fn new(facets: u8, seen: Seen, rows: u64) -> Self {
        let by_months = (facets & Dimension::Month.bit() != 0 && rows > MANY_ROWS).then(|| vec![0; 4096]);
        Self { counts: Counts::default(), facets, seen, by_months, total: 0 }
    }

    /// Counts a row that fails in the dimensions `fails`.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "every index is masked to its table's size")]
    pub fn count(&mut self, entry: &Entry, fails: u8) {
        if fails & fails.wrapping_sub(1) != 0 {
            return;
        }
        self.total += u32::from(fails == 0);
        // A row that fails in one dimension is counted there alone.
        let counted = if fails == 0 { self.facets } else { self.facets & fails };
        if counted == 0 {
            return;
        }
        let facet = entry.facet;
        if counted & Dimension::Province.bit() != 0 {
            self.counts.province[facet.province() & 127] += 1;
        }
        if counted & Dimension::Group.bit() != 0 {
            self.counts.group[facet.group() & 127] += 1;
        }
        if counted & Dimension::Stars.bit() != 0 {
            self.counts.stars[facet.star_step() & 3] += 1;
        }
        if counted & Dimension::ProducerKind.bit() != 0 {
            self.counts.kind[facet.kind() & 15] += 1;
        }
        if counted & Dimension::Price.bit() != 0 {
            self.counts.price[facet.price(self.seen) & 15] += 1;
        }
        if counted & Dimension::Certificate.bit() != 0 {
            ones(entry.certificates).for_each(|kind| self.counts.certificate[kind & 63] += 1);
        }
        if counted & Dimension::Month.bit() != 0 {
            match &mut self.by_months {
                Some(by_months) => by_months[usize::from(entry.months & 0xFFF)] += 1,
                None => ones(u64::from(entry.months & 0xFFF)).for_each(|month| self.counts.month[month % 12] += 1),
            }
        }
    }

    /// The counts, months unfolded.
    pub fn finish(mut self) -> (Counts, u32) {
        for (months, rows) in (0_u64..).zip(self.by_months.iter().flatten()).filter(|(_, rows)| **rows > 0) {
            ones(months).for_each(|month| self.counts.month.get_mut(month).into_iter().for_each(|count| *count += rows));
        }
        (self.counts, self.total)
    }
}
