//! Offers by the same questions: the products that the words and filters mean, offer by offer.

use super::filter::{Lookup, OfferFails, Question, Sort, seen_price};
use super::own::own_rows;
use super::passing::ByPassing;
use super::run::Search;
use super::scan::{Counter, Judge};
use super::top::Top;
use crate::market::Market;
use crate::market::facet::{Counts, Entry, Facet, Seen, price_bucket};
use crate::market::matching::Supply;
use crate::market::order::SortKey;
use crate::market::orders::newest;
use crate::market::products::NO_ROW;
use crate::market::record::MonthBits;
use crate::market::rowset::{Bits, RowSet};
use crate::market::text::query::{Found as Words, How};

/// An offer that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundOffer {
    /// The offer.
    pub supply: Supply,
    /// Where it stands: what the cursor holds.
    pub key: SortKey,
    /// How the product's name was found, where words were asked.
    pub how: Option<How>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundOffers {
    /// The first offers after the cursor.
    pub hits: Vec<FoundOffer>,
    /// Whether more follow.
    pub more: bool,
    /// How many offers there are on all pages.
    pub total: u32,
    /// How many by facet.
    pub counts: Counts,
}

impl Market {
    /// The offers, open or to come on the day asked, that `question` finds.
    pub fn search_offers(&self, question: &Question<'_>) -> FoundOffers {
        self.search_offers_by(question, question.as_of == self.today)
    }

    /// The same from what is kept ready for the day, or offer by offer.
    pub(super) fn search_offers_by(&self, question: &Question<'_>, is_ready: bool) -> FoundOffers {
        let distances = question.place.map(|place| place.distances(&self.tables));
        let seen = Seen::at(question.view.level);
        // That a product has offers is no question here, and none is of a product without.
        if question.filter.is_offered == Some(false) {
            return FoundOffers { hits: Vec::new(), more: false, total: 0, counts: Counts::default() };
        }
        let mut question = question.clone();
        question.filter.is_offered = None;
        // What is asked of the product alone: its offers are judged one by one.
        let mut of_product = question.clone();
        of_product.filter.months = 0;
        of_product.filter.quantity = None;
        of_product.filter.price_at_most = None;
        of_product.filter.unit = None;
        of_product.filter.delivers_to = None;
        let lookup = Lookup::new(&of_product.filter, distances.as_ref(), seen);
        // Prices are read from the offer: what the columns know of them does not matter.
        let judge = Judge::new(self, &of_product, &lookup, seen, true);
        let own = if is_ready { own_rows(self, &question.view, seen) } else { None };
        let words = question.text.and_then(|text| self.products_meant(text));
        let mut asked = Asked {
            market: self,
            question: &question,
            distances: distances.as_ref(),
            words: words.as_ref(),
            judge,
            own: own.as_ref(),
            seen,
            is_ready,
            counter: Counter::new(question.facets, seen, u64::from(self.products.rows())),
            top: Top::new(question.limit, question.after),
        };
        let mut of_single = None;
        if let Some(words) = &words {
            words.rows().iter().for_each(|row| asked.look_at(row));
        } else {
            let mut rows = self.rows_to_look_at(&of_product, &lookup, seen, distances.as_ref());
            if is_ready && question.is_of_sets() {
                let (single, others) = self.by_offers(own.as_ref(), self.promised_where_it_orders(&question));
                rows.intersect(&others);
                let whole = Lookup::new(&question.filter, distances.as_ref(), seen);
                let judge = Judge::new(self, &question, &whole, seen, true);
                let search = Search {
                    market: self,
                    question: &question,
                    judge,
                    lookup: &whole,
                    seen,
                    distances: distances.as_ref(),
                    is_ready,
                    own: None,
                    by_passing: ByPassing::default(),
                };
                of_single = Some(search.among(single, |rows| rows.iter().for_each(|row| asked.offer_single(*row))));
            }
            rows.iter().for_each(|row| asked.look_at(row));
        }
        let Asked { counter, top, .. } = asked;
        let (hits, more) = top.into_page();
        let (mut counts, mut total) = counter.finish();
        if let Some((of_single, more)) = of_single {
            counts.add(&of_single);
            total = total.saturating_add(more);
        }
        let found = |(key, offer, _): (SortKey, u32, _)| {
            let supply = self.offers.get(offer)?;
            let by_name = |words: &Words<'_>| words.score(supply.product, &self.products.words(supply.product));
            let how = words.as_ref().map(|words| self.how_in_full(words, supply.product, by_name(words)));
            Some(FoundOffer { supply, key, how })
        };
        FoundOffers { hits: hits.into_iter().filter_map(found).collect(), more, total, counts }
    }

    /// The products with one offer that is open or to come, of which the columns say all that is asked of it; and those
    /// with several, with a price that only this caller sees, or `promised`.
    fn by_offers<'a>(&'a self, own: Option<&Bits<'a>>, promised: Option<&'a RowSet>) -> (Bits<'a>, Bits<'a>) {
        let bitmaps = self.products.bitmaps();
        let mut others = Bits::none(self.products.rows());
        others.add(&bitmaps.several);
        if let Some(promised) = promised {
            others.add(promised);
        }
        if let Some(own) = own {
            others.unite(own);
        }
        let mut single = Bits::none(self.products.rows());
        single.add(&bitmaps.offered);
        single.subtract(&others);
        (single, others)
    }
}

/// A question that is being answered.
struct Asked<'a> {
    market: &'a Market,
    question: &'a Question<'a>,
    distances: Option<&'a [u16; 128]>,
    words: Option<&'a Words<'a>>,
    /// Of the product alone.
    judge: Judge<'a>,
    /// Products in which the caller sees more than today's terms say.
    own: Option<&'a Bits<'a>>,
    seen: Seen,
    is_ready: bool,
    counter: Counter,
    top: Top,
}

impl Asked<'_> {
    /// Judges and counts each offer of a product.
    fn look_at(&mut self, row: u32) {
        let market = self.market;
        let first_offer = market.products.first_offer(row);
        if first_offer == NO_ROW {
            return;
        }
        // Whatever fails in two dimensions counts nowhere, and no offer mends what its product fails.
        let Some((of_row, fails)) = self.judge.without_offers(row).filter(|(_, fails)| fails & fails.wrapping_sub(1) == 0) else {
            return;
        };
        let knows_terms = self.is_ready && self.own.is_none_or(|own| !own.contains(row));
        for offer in market.offers.chain(first_offer) {
            let Some(terms) = self.terms(offer, knows_terms) else { continue };
            let entry = Entry { facet: of_row.facet.with_price(price_bucket(terms.price)), months: terms.months, ..of_row };
            let fails = fails | terms.fails.bits();
            self.counter.count_failing(entry, fails);
            if fails == 0 {
                let quantity = || market.offers.get(offer).map_or(0, |supply| self.question.quantity_left(&supply, market));
                self.offer(row, offer, of_row.facet, terms.price, quantity);
            }
        }
    }

    /// Takes the one offer of a product that passes, and is counted, where it belongs on the page.
    fn offer_single(&mut self, row: u32) {
        let (market, products) = (self.market, &self.market.products);
        // Others may have ended.
        let open = market.offers.chain(products.first_offer(row)).find(|offer| market.offers.terms(*offer).months != 0);
        if let Some(offer) = open {
            self.offer(row, offer, products.facet(row), products.price(row, self.seen), || products.quantity(row));
        }
    }

    #[inline]
    fn offer(&mut self, row: u32, offer: u32, facet: Facet, price: u32, quantity: impl Fn() -> i64) {
        let market = self.market;
        let first = match self.question.sort {
            Sort::Relevance | Sort::Newest => {
                let words = self.words.filter(|_| self.question.sort == Sort::Relevance);
                let score = words.map(|words| u64::from(u32::MAX - words.score(row, &market.products.words(row)).0));
                score.unwrap_or_else(|| newest(market.offers.id(offer)))
            }
            Sort::Price => u64::from(price),
            Sort::Quantity => u64::MAX - quantity().unsigned_abs(),
            Sort::Stars => 3 - u64::try_from(facet.star_step()).unwrap_or(0),
            Sort::Distance => self.distances.and_then(|distances| distances.get(facet.province())).map_or(0, |km| u64::from(*km)),
        };
        if self.top.may_enter(first) {
            self.top.offer((first, market.offers.id(offer)), offer, None);
        }
    }

    /// What an offer is to the caller on the day asked; nothing where it is not open then. Where the caller sees no more
    /// than anybody at its level, today's terms say it.
    #[inline]
    fn terms(&self, offer: u32, knows_terms: bool) -> Option<TermsSeen> {
        let (offers, filter) = (&self.market.offers, &self.question.filter);
        if !knows_terms {
            let supply = offers.get(offer)?;
            let months = supply.months_left(self.question.as_of);
            return (months != 0).then(|| TermsSeen {
                months,
                price: seen_price(&supply, &self.question.view),
                fails: self.question.takes(&supply, self.market),
            });
        }
        let terms = offers.terms(offer);
        if terms.months == 0 {
            return None;
        }
        let price = terms.price(self.seen);
        let month = terms.months & filter.months != filter.months;
        let is_dear = filter.price_at_most.is_some_and(|most| price > most);
        let other = filter.asks_terms() && offers.get(offer).is_none_or(|supply| !self.question.takes_terms(&supply, self.market));
        Some(TermsSeen { months: terms.months, price, fails: OfferFails { month, price: is_dear, other } })
    }
}

/// What an offer is to a caller on a day.
struct TermsSeen {
    months: MonthBits,
    /// Whole đồng for a base unit.
    price: u32,
    /// In which dimensions it fails.
    fails: OfferFails,
}
