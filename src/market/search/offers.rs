//! Offers by the same questions: the products that the words and filters mean, offer by offer.

use super::filter::{Lookup, Question, Sort, seen_price};
use super::scan::{Counter, Judge};
use super::top::Top;
use crate::market::Market;
use crate::market::facet::{Counts, Entry, Seen, price_bucket};
use crate::market::matching::Supply;
use crate::market::order::SortKey;
use crate::market::products::newest;
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
        let distances = question.place.map(|place| place.distances(&self.tables));
        // What is asked of the product alone: its offers are judged one by one.
        let mut of_product = question.clone();
        of_product.filter.months = 0;
        of_product.filter.quantity = None;
        of_product.filter.price_at_most = None;
        of_product.filter.delivers_to = None;
        of_product.filter.is_offered = None;
        let seen = Seen::at(question.view.level);
        let lookup = Lookup::new(&of_product.filter, distances.as_ref(), seen);
        // Prices are read from the offer: what the columns know of them does not matter.
        let judge = Judge::new(self, &of_product, &lookup, seen, true);
        let words = question.text.and_then(|text| Words::new(text, &self.lexicon, &self.thesaurus));
        let everything;
        let rows: Box<dyn Iterator<Item = u32>> = if let Some(words) = &words {
            Box::new(words.rows().iter())
        } else {
            everything = self.rows_to_look_at(&of_product, &lookup, seen, distances.as_ref());
            Box::new(everything.iter())
        };
        let mut counter = Counter::new(question.facets, seen, u64::from(self.products.rows()));
        let mut top = Top::new(question.limit, question.after);
        for row in rows {
            let first_offer = self.products.first_offer(row);
            if self.offers.chain(first_offer).next().is_none() {
                continue;
            }
            let Some((of_row, fails)) = judge.judge(row) else { continue };
            for offer in self.offers.chain(first_offer) {
                let Some(supply) = self.offers.get(offer).filter(|supply| supply.is_open(question.as_of)) else { continue };
                let price = seen_price(&supply, &question.view);
                let facet = of_row.facet.with_price(price_bucket(price));
                let entry = Entry { facet, months: supply.months, certificates: of_row.certificates };
                let fails = fails | question.filter.takes(&supply, &question.view).bits();
                counter.count(&entry, fails);
                if fails == 0 {
                    let first = match question.sort {
                        Sort::Relevance if words.is_some() => {
                            words.as_ref().map_or(0, |words| u64::from(u32::MAX - words.score(row, &self.products.words(row)).0))
                        }
                        Sort::Relevance | Sort::Newest => newest(supply.id),
                        Sort::Price => u64::from(price),
                        Sort::Quantity => u64::MAX - supply.quantity.unsigned_abs(),
                        Sort::Stars => 3 - u64::try_from(facet.star_step()).unwrap_or(0),
                        Sort::Distance => {
                            distances.as_ref().and_then(|distances| distances.get(facet.province())).map_or(0, |km| u64::from(*km))
                        }
                    };
                    if top.may_enter(first) {
                        top.offer((first, supply.id), offer, None);
                    }
                }
            }
        }
        let (hits, more) = top.into_page();
        let (counts, total) = counter.finish();
        let found = |(key, offer, _): (SortKey, u32, _)| {
            let supply = self.offers.get(offer)?;
            let how = words.as_ref().map(|words| words.score(supply.product, &self.products.words(supply.product)).1);
            Some(FoundOffer { supply, key, how })
        };
        FoundOffers { hits: hits.into_iter().filter_map(found).collect(), more, total, counts }
    }
}
