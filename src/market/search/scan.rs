//! One pass over rows: each is judged, counted, and offered to the page.

use super::by_month::ByMonth;
use super::filter::{Filter, Lookup, OTHER, OfferFails, Question, seen_price};
use crate::market::Market;
use crate::market::facet::{Counts, Dimension, Entry, NO_PRICE, Seen, UNKNOWN_PRICE, ones, price_bucket};
use crate::market::offers::Terms;
use crate::market::record::MonthBits;

/// Below so many rows months are counted one by one; above, by their combination first.
const MANY_ROWS: u64 = 8_192;

/// Rows that are taken out of a bitmap at once.
const MANY: usize = 256;

/// The dimensions of what is asked of one offer.
pub(super) const OF_OFFERS: u8 = Dimension::Month.bit() | Dimension::Price.bit();

/// Beside the dimensions in which a row counts: that it passes all filters.
pub(super) const PASSES: u8 = 0x80;

/// What a row is counted by, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    /// What it is on the day asked. Months and price are those of the offers that pass all that is asked beside them.
    pub entry: Entry,
    /// The dimensions in which it counts, one bit each: those of which it passes the filters of all others. And [`PASSES`].
    pub counts: u8,
}

impl Judged {
    /// Whether it passes all filters.
    pub fn passes(&self) -> bool {
        self.counts & PASSES != 0
    }
}

/// Where a row counts that fails in the dimensions `fails`: in one that alone keeps it out, everywhere if none does.
fn counts(fails: u8) -> u8 {
    match fails {
        0 => u8::MAX,
        one if one.is_power_of_two() => one & !OTHER,
        _ => 0,
    }
}

/// What offers of a product have of which one is asked to be had by one of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfOffers {
    passes: bool,
    /// The months of those that cost no more than is asked; nothing where none does.
    pub months: Option<MonthBits>,
    /// The bucket of the lowest price of those that supply in all months asked; nothing where none does.
    pub bucket: Option<u8>,
}

impl OfOffers {
    const NONE: Self = Self { passes: false, months: None, bucket: None };

    #[inline]
    fn take(&mut self, months: MonthBits, price: u32, fails: OfferFails) {
        if fails.other {
            return;
        }
        self.passes |= !fails.month && !fails.price;
        if !fails.price {
            self.months = Some(self.months.unwrap_or_default() | months);
        }
        if !fails.month {
            let bucket = price_bucket(price);
            self.bucket = Some(self.bucket.map_or(bucket, |lowest| lowest.min(bucket)));
        }
    }

    /// Where the product counts that fails in the dimensions `fails` by what is not asked of an offer.
    fn counts(self, fails: u8) -> u8 {
        let all = if self.passes { counts(fails) & !OF_OFFERS } else { 0 };
        if fails != 0 {
            return all;
        }
        let of = |any: bool, dimension: Dimension| if any { dimension.bit() } else { 0 };
        all | of(self.months.is_some(), Dimension::Month) | of(self.bucket.is_some(), Dimension::Price)
    }
}

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
    /// Whether what several offers of different months have together does not say enough.
    asks_each_of_mixed: bool,
    /// Whether stars and certificates are to be those of the period.
    shows_period: bool,
    /// What the prices by month are asked of a product's offers, where they say all that is.
    by_month: Option<ByMonth>,
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
            asks_each_of_mixed: question.asks_each_of_mixed(),
            shows_period: question.shows_period(),
            by_month: if is_in_columns { ByMonth::of(question, seen) } else { None },
            seen,
        }
    }

    /// What the prices by month are asked of a product's offers, where they say all that is.
    pub fn by_month(&self) -> Option<ByMonth> {
        self.by_month
    }

    /// Hands every row that `next` fills in to `take`, judged.
    pub fn each(&self, mut next: impl FnMut(&mut [u32]) -> usize, mut take: impl FnMut(u32, Judged)) {
        let mut many = [0_u32; MANY];
        loop {
            let length = next(&mut many);
            if length == 0 {
                break;
            }
            for row in many.iter().take(length) {
                if let Some(judged) = self.judge(*row) {
                    take(*row, judged);
                }
            }
        }
    }

    /// The row as it is on the day asked, and where it counts.
    #[inline]
    pub fn judge(&self, row: u32) -> Option<Judged> {
        let (entry, fails) = self.without_offers(row)?;
        if !self.asks_offers || fails & OTHER != 0 {
            return Some(Judged { entry, counts: counts(fails) });
        }
        Some(self.with_offers(row, entry, fails))
    }

    /// The row as it is on the day asked, and in which dimensions it fails, whatever is asked of its offers.
    #[inline]
    pub fn without_offers(&self, row: u32) -> Option<(Entry, u8)> {
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
        Some((entry, fails))
    }

    /// The same with what is asked of an offer, of which one must have all.
    #[inline]
    fn with_offers(&self, row: u32, mut entry: Entry, fails: u8) -> Judged {
        let filter = &self.question.filter;
        if !entry.facet.is_offered() {
            // Its price is as unknown as one that the caller does not see.
            let fails = if filter.asks_beside_price() { OTHER } else { fails | Dimension::Price.bit() };
            return Judged { entry, counts: counts(fails) };
        }
        let month = u8::from(entry.months & filter.months != filter.months) * Dimension::Month.bit();
        // What fails in two dimensions counts nowhere, and what all offers together do not have none has.
        if counts(fails | month) == 0 {
            return Judged { entry, counts: 0 };
        }
        // Of offers of the same months the columns say what the best one has.
        if self.is_in_columns && !(self.asks_each_of_mixed && entry.facet.is_mixed()) {
            let price = filter.price_at_most.is_some_and(|most| self.market.products.price(row, self.seen) > most);
            return Judged { entry, counts: counts(fails | month | (u8::from(price) * Dimension::Price.bit())) };
        }
        // The terms of offers are those of today, with the prices that the caller sees.
        let by_month = self.by_month.and_then(|asked| self.of_months(row, asked, &entry));
        let found = by_month.unwrap_or_else(|| if self.is_in_facets { self.of_terms(row) } else { self.of_offers(row) });
        entry.months = found.months.unwrap_or_default();
        entry.facet = entry.facet.with_price(found.bucket.unwrap_or(NO_PRICE));
        Judged { entry, counts: found.counts(fails & !OF_OFFERS) }
    }

    /// The lowest price of the offers that pass, today.
    pub fn lowest_price(&self, row: u32) -> u32 {
        let mut prices = self.passing_terms(row).map(|(_, terms)| terms.price(self.seen));
        // The cheapest is first, but for those whose price is not seen.
        prices.find(|price| *price != UNKNOWN_PRICE).unwrap_or(UNKNOWN_PRICE)
    }

    /// The largest quantity of the offers that pass, today, beside what is promised of them.
    pub fn largest_quantity(&self, row: u32) -> i64 {
        let Market { offers, promised_products, .. } = self.market;
        let is_promised = promised_products.contains(row);
        let left = |offer: u32| offers.get(offer).map(|supply| self.question.quantity_left(&supply, self.market));
        let quantities = self.passing_terms(row).filter_map(|(offer, _)| if is_promised { left(offer) } else { offers.quantity(offer) });
        quantities.max().unwrap_or(0)
    }

    fn passing_terms(&self, row: u32) -> impl Iterator<Item = (u32, Terms)> {
        self.open_terms(row).filter(move |(offer, terms)| self.term_fails(row, *offer, *terms).bits() == 0)
    }

    /// Offers with their terms today, of those that are open or to come.
    #[inline]
    fn open_terms(&self, row: u32) -> impl Iterator<Item = (u32, Terms)> {
        let offers = &self.market.offers;
        let all = offers.chain(self.market.products.first_offer(row)).map(|offer| (offer, offers.terms(offer)));
        all.filter(|(_, terms)| terms.months != 0)
    }

    #[inline]
    fn term_fails(&self, row: u32, offer: u32, terms: Terms) -> OfferFails {
        let filter = &self.question.filter;
        OfferFails {
            month: terms.months & filter.months != filter.months,
            price: filter.price_at_most.is_some_and(|most| terms.price(self.seen) > most),
            other: filter.asks_terms() && !self.has_terms(row, offer, terms),
        }
    }

    /// The same as [`Self::of_offers`], today.
    #[inline]
    fn of_terms(&self, row: u32) -> OfOffers {
        let mut found = OfOffers::NONE;
        for (offer, terms) in self.open_terms(row) {
            found.take(terms.months, terms.price(self.seen), self.term_fails(row, offer, terms));
        }
        found
    }

    /// The same by the prices by month, where these say it.
    fn of_months(&self, row: u32, asked: ByMonth, entry: &Entry) -> Option<OfOffers> {
        let prices = self.market.products.columns().mixed().get(row)?;
        let months = Some(asked.months(prices)?).filter(|months| *months != 0);
        if asked.asks_month() {
            return Some(OfOffers { passes: asked.supplies(prices)?, months, bucket: asked.lowest(prices) });
        }
        Some(OfOffers { passes: months.is_some(), months, bucket: u8::try_from(entry.facet.price(self.seen)).ok() })
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

    /// What the offers of the product have of which one is asked to be had by one of them.
    fn of_offers(&self, row: u32) -> OfOffers {
        let mut found = OfOffers::NONE;
        for supply in self.market.open_offers(row, self.question.as_of) {
            found.take(
                supply.months_left(self.question.as_of),
                seen_price(&supply, &self.question.view),
                self.question.takes(&supply, self.market),
            );
        }
        found
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

    /// Counts what fails in the dimensions `fails`.
    #[inline]
    pub fn count_failing(&mut self, entry: Entry, fails: u8) {
        self.count(&Judged { entry, counts: counts(fails) });
    }

    /// Counts a row where it counts.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "every index is masked to its table's size")]
    pub fn count(&mut self, judged: &Judged) {
        self.total += u32::from(judged.passes());
        let (entry, counted) = (&judged.entry, self.facets & judged.counts);
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
