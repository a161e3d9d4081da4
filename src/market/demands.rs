//! Demands in the index, and what is asked of them: the best offers for one, the best of them for an offer.

use super::Market;
use super::matching::{DemandBook, Need, Place, Ranking, Readiness, Setting, Supply, View, Weights, readiness};
use super::record::{Day, DemandRecord, Id, OfferRecord};
use super::text::lexicon::Word;
use super::text::synonyms::Thesaurus;
use super::text::tokens::tokens;
use super::wording::{Wanted, Wording, Wordings, in_columns};
use std::collections::HashMap;

/// What is known of a demand beside what it is matched by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Version, from 1.
    pub version: i64,
    /// What it is called.
    pub title: Box<str>,
    /// Words for what is needed.
    pub text: Option<Box<str>>,
    /// Number of the wording, where the words have one.
    wording: Option<usize>,
}

/// All demands.
#[derive(Debug, Default)]
pub struct Demands {
    book: DemandBook,
    about: HashMap<Id, About>,
    wordings: Wordings,
}

impl Demands {
    /// The demands as they are matched.
    pub fn book(&self) -> &DemandBook {
        &self.book
    }

    /// A demand, and what else is known of it.
    pub fn get(&self, id: Id) -> Option<(&Need, &About)> {
        Some((self.book.get(id)?, self.about.get(&id)?))
    }

    /// Version of a demand; 0 where it is not known.
    pub fn version(&self, id: Id) -> i64 {
        self.about.get(&id).map_or(0, |about| about.version)
    }

    /// Adds a demand, or puts it in the place of an older version of itself.
    pub fn put(&mut self, need: Need, record: DemandRecord, thesaurus: &Thesaurus) {
        self.remove(record.id);
        let DemandRecord { id, version, title, text, .. } = record;
        let wording = text.as_ref().and_then(|text| self.wordings.take(text, thesaurus));
        self.about.insert(id, About { version, title: title.into(), text: text.map(Into::into), wording });
        self.book.put(need);
    }

    /// Takes a demand out, where it is there.
    pub fn remove(&mut self, id: Id) {
        self.book.remove(id);
        if let Some(About { text: Some(text), wording: Some(_), .. }) = self.about.remove(&id) {
            self.wordings.release(&text);
        }
    }

    /// Moves the demands of a buyer to the unit that the buyer lies in now: its officers see their ceilings.
    pub fn move_buyer(&mut self, buyer: u32, province: u8) {
        let of_buyer: Vec<Need> = self.book.iter().filter(|need| need.buyer == buyer && need.buyer_province != province).cloned().collect();
        for need in of_buyer {
            self.book.put(Need { buyer_province: province, ..need });
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.book.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.book.is_empty()
    }

    /// Bytes of memory, estimated.
    pub fn bytes(&self) -> usize {
        let texts: usize = self.about.values().map(|about| about.title.len() + about.text.as_ref().map_or(0, |text| text.len())).sum();
        self.len() * (size_of::<Need>() + size_of::<About>() + 64) + texts + self.wordings.bytes()
    }
}

/// A demand made ready to be held against offers.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What is needed.
    pub need: Need,
    /// Its words, where it has some.
    wanted: Option<Wanted>,
}

impl Market {
    /// What questions are judged by.
    pub fn setting(&self, view: View, weights: Weights, as_of: Day) -> Setting<'_> {
        Setting { tables: &self.tables, papers: &self.papers, promises: &self.promises, view, weights, as_of }
    }

    /// All demands.
    pub fn demands(&self) -> &Demands {
        &self.demands
    }

    /// The demand `id`, ready to be held against offers.
    pub fn asked(&self, id: Id) -> Option<Asked> {
        let (need, about) = self.demands.get(id)?;
        let wording = about.wording.and_then(|number| self.demands.wordings.get(number));
        Some(Asked { need: need.clone(), wanted: wording.map(|wording| wording.resolve(&self.lexicon)) })
    }

    /// A demand that is not stored, ready to be held against offers.
    pub fn asked_by(&self, record: &DemandRecord) -> Asked {
        let wording = record.text.as_ref().and_then(|text| Wording::new(text, &self.thesaurus));
        Asked { need: self.need(record), wanted: wording.map(|wording| wording.resolve(&self.lexicon)) }
    }

    fn need(&self, record: &DemandRecord) -> Need {
        let buyer = self.organisations.row(record.buyer).unwrap_or(u32::MAX);
        let province = self.organisations.get(buyer).map_or(0, |buyer| buyer.province);
        Need::new(record, buyer, province, &self.tables)
    }

    pub(super) fn put_demand(&mut self, record: DemandRecord) {
        if self.demands.version(record.id) < record.version {
            self.organisations.row_or_new(record.buyer);
            let need = self.need(&record);
            self.demands.put(need, record, &self.thesaurus);
        }
    }

    /// The best `limit` offers for a demand, and the best `near_limit` of those that just miss.
    pub fn best_offers(&self, asked: &Asked, setting: &Setting<'_>, limit: usize, near_limit: usize) -> Ranking<Place> {
        let book = self.offers.book();
        let Some(wanted) = &asked.wanted else { return book.best(&asked.need, setting, limit, near_limit) };
        let rows = wanted.rows(&self.lexicon).into_iter().filter(|row| {
            asked.need.wants(self.products.group(*row))
                && self.products.first_offer(*row) != super::products::NO_ROW
                && self.takes(wanted, *row)
        });
        let offers = rows.flat_map(|row| self.offers.chain(self.products.first_offer(row)));
        book.best_among(&asked.need, setting, limit, near_limit, offers.filter_map(|offer| self.offers.place(offer)))
    }

    /// The best `limit` demands for an offer, and the best `near_limit` of those that it just misses.
    pub fn best_demands(&self, supply: &Supply, setting: &Setting<'_>, limit: usize, near_limit: usize) -> Ranking<Id> {
        // What is not made any more answers nothing.
        let limits = if self.products.is_active(supply.product) { (limit, near_limit) } else { (0, 0) };
        let answers = self.answering(supply.product);
        self.demands.book.for_offer(supply, |need| answers(need), setting, limits.0, limits.1)
    }

    /// What a producer is ready for, over all open demands.
    pub fn readiness(&self, producer: u32, setting: &Setting<'_>) -> Readiness {
        let products = self.organisations.get(producer).map(|producer| producer.products.as_slice()).unwrap_or_default();
        let made = products.iter().filter(|product| self.products.is_active(**product));
        let offers = made.flat_map(|product| self.offers.chain(self.products.first_offer(*product)));
        let supplies: Vec<Supply> = offers.filter_map(|offer| self.offers.get(offer)).collect();
        let answering: HashMap<u32, _> = supplies.iter().map(|supply| (supply.product, self.answering(supply.product))).collect();
        let answers = |supply: &Supply, need: &Need| answering.get(&supply.product).is_some_and(|answers| answers(need));
        readiness(&supplies, &self.demands.book, answers, setting)
    }

    /// The offer `id`.
    pub fn offer(&self, id: Id) -> Option<Supply> {
        self.offers.row(id).and_then(|row| self.offers.get(row))
    }

    /// An offer as `record` says it is, with what the index has of its product; `None` where it does not have that.
    pub fn supply_of(&self, record: &OfferRecord) -> Option<Supply> {
        let product = self.products.row(record.product).filter(|product| self.products.version(*product) > 0)?;
        Some(self.supply(record, product))
    }

    /// Whether the product of an offer is still made.
    pub fn is_made(&self, supply: &Supply) -> bool {
        self.products.is_active(supply.product)
    }

    /// Whether a product answers a demand's words.
    pub fn answers(&self, product: u32, asked: &Asked) -> bool {
        asked.wanted.as_ref().is_none_or(|wanted| self.takes(wanted, product))
    }

    /// Says of any demand whether `product` answers its words; each wording is looked at once.
    fn answering(&self, product: u32) -> impl Fn(&Need) -> bool {
        let (name, producer) = (self.name_words(product), self.producer_words(product));
        let memo = self.demands.wordings.memo();
        move |need| {
            let Some(number) = self.demands.about.get(&need.id).and_then(|about| about.wording) else { return true };
            let Some(known) = memo.get(number) else { return false };
            if let Some(answers) = known.get() {
                return answers;
            }
            let wording = self.demands.wordings.get(number);
            let answers = wording.is_some_and(|wording| wording.resolve(&self.lexicon).takes(&name, producer, &self.lexicon));
            known.set(Some(answers));
            answers
        }
    }

    fn takes(&self, wanted: &Wanted, product: u32) -> bool {
        let producer = self.producer_words(product);
        let mut name = [0; super::text::query::NAME_WORDS];
        let Some(words) = in_columns(self.products.words(product)) else {
            return wanted.takes(&self.name_words(product), producer, &self.lexicon);
        };
        let mut length = 0;
        for (place, word) in name.iter_mut().zip(words) {
            *place = word;
            length += 1;
        }
        wanted.takes(name.get(..length).unwrap_or_default(), producer, &self.lexicon)
    }

    /// All words of a product's name.
    fn name_words(&self, product: u32) -> Vec<Word> {
        tokens(self.products.name(product)).iter().filter_map(|token| self.lexicon.word(token)).collect()
    }

    fn producer_words(&self, product: u32) -> &[Word] {
        self.organisations.get(self.products.producer(product)).map(|producer| producer.words.as_slice()).unwrap_or_default()
    }
}
