//! Taking the register's steps: what each change means for the columns.
//!
//! A record may name another that comes later: the row is made at the first mention and counts from its record on.
//! While an index is loaded, only what records say is written down; what follows is worked out at the end (`loading`).

use super::Market;
use super::certificates::{Certificates, Holder};
use super::facet::{Facet, Parts, SEEN, UNKNOWN_PRICE, price_bucket};
use super::facts::Facts;
use super::matching::Supply;
use super::offers::Terms;
use super::products::{NO_ROW, Stated};
use super::record::{
    CertificateRecord, Change, Day, Id, MouRecord, OfferRecord, OrganisationRecord, Paper, Price, ProductRecord, Promise, Visibility,
};
use super::text::lexicon::Word;
use super::text::senses::RowNames;
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// The group of what is not made any more: the reference table has no such row.
const NO_GROUP: u8 = 127;

/// Days for which an ended promise is remembered: a year, for questions about days that have passed.
const REMEMBERED_DAYS: Day = 366;

/// The product of an offer that was stored and, of an older version of it, the product that it was of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stored {
    pub product: u32,
    pub before: Option<u32>,
    /// What it is today.
    pub terms: Terms,
}

/// What is kept to undo a change: certificates and promises by the record that brought them.
#[derive(Debug, Default)]
pub(super) struct Sources {
    certificates: Certificates,
    mous: HashMap<Id, (i64, Vec<u32>), RandomState>,
    /// Promises of a product, by its row and the `MoU`.
    promises: HashMap<u32, Vec<(Id, Promise)>, RandomState>,
}

impl Sources {
    pub(super) fn bytes(&self) -> usize {
        let lists = self.mous.values().map(|(_, products)| products.capacity() * size_of::<u32>()).sum::<usize>()
            + self.promises.values().map(|promises| promises.capacity() * size_of::<(Id, Promise)>()).sum::<usize>();
        self.certificates.bytes() + table_bytes(&self.mous) + table_bytes(&self.promises) + lists
    }

    /// Gives back what has grown beyond what it holds.
    pub(super) fn shrink(&mut self) {
        self.certificates.shrink();
        self.mous.shrink_to_fit();
        self.promises.shrink_to_fit();
    }
}

impl Market {
    /// Takes one step of the register. A version that is known already, or an older one, changes nothing.
    pub fn apply(&mut self, change: Change) {
        if !self.waiting_products.is_empty() && !matches!(change, Change::Organisation(_) | Change::Product(_)) {
            self.put_waiting_products();
        }
        match change {
            Change::Organisation(record) => self.put_organisation(&record),
            Change::OrganisationGone(id) => self.forget_organisation(id),
            Change::Product(record) if self.is_loading => self.waiting_products.push(record),
            Change::Product(record) => self.put_product(&record),
            Change::ProductGone(id) => self.forget_product(id),
            Change::Certificate(record) => self.put_certificate(&record),
            Change::CertificateGone(id) => self.forget_certificate(id),
            Change::Offer(record) => self.put_offer(record),
            Change::OfferGone(id) => self.forget_offer(id),
            Change::Demand(record) => self.put_demand(record),
            Change::DemandGone(id) => self.demands.remove(id),
            Change::Mou(record) => self.put_mou(&record),
            Change::MouGone(id) => self.forget_mou(id),
            Change::Introduction(record) => self.introductions.put(record),
            Change::IntroductionGone(id) => self.introductions.forget(id),
        }
    }

    fn put_organisation(&mut self, record: &OrganisationRecord) {
        let row = self.organisations.row_or_new(record.id);
        let Some(known) = self.organisations.get(row) else { return };
        if i64::from(known.version) >= record.version {
            return;
        }
        let renamed = !self.organisations.is_named(row, &record.name);
        let turned = known.is_idle == record.is_active;
        let moved = known.province != record.province;
        let products: Vec<u32> = self.products_of(row).collect();
        let old: Vec<Word> = self.organisations.words(row).collect();
        let had: Vec<Word> = self.organisations.product_words(row).collect();
        self.organisations.put(row, record, &mut self.organisation_lexicon, &mut self.lexicon);
        self.post_organisation(row, &old);
        if moved || turned {
            self.demands.move_buyer(row, record.province, !record.is_active);
        }
        for product in products {
            match (self.products.is_active(product), self.products.is_made(product) && record.is_active) {
                (false, true) => self.post_product(product, row),
                (true, false) => self.forget_words(product, &had),
                (true, true) if renamed => self.repost(product, &had),
                _ => {}
            }
            self.refresh_with_offers(product);
        }
    }

    /// Posts an organisation's name in the lexicon of organisations, in place of the one whose words were `old`.
    fn post_organisation(&mut self, row: u32, old: &[Word]) {
        let lexicon = &mut self.organisation_lexicon;
        let new: Vec<Word> = self.organisations.words(row).collect();
        if old != new {
            lexicon.unpost(old, row);
            lexicon.count_neighbours(old, false);
            for word in &new {
                if self.is_loading { lexicon.post_later(*word, row) } else { lexicon.post(*word, row) }
            }
            lexicon.count_neighbours(&new, true);
        }
    }

    /// An organisation that is gone has no products any more; its row stays, for what the log may still say.
    fn forget_organisation(&mut self, id: Id) {
        if let Some(row) = self.organisations.row(id) {
            let version = self.organisations.get(row).map_or(0, |known| i64::from(known.version));
            let gone = OrganisationRecord {
                id,
                version: version + 1,
                name: String::new(),
                province: 0,
                producer_kind: None,
                is_buyer: false,
                is_active: true,
            };
            self.put_organisation(&gone);
            if let Some(known) = self.organisations.get_mut(row) {
                known.version = 0;
            }
        }
    }

    /// Posts a product's words anew after its producer's, `had` until now, have changed.
    fn repost(&mut self, product: u32, had: &[Word]) {
        self.offers.note(product);
        self.lexicon.unpost(had, product);
        let of_producer = self.organisations.product_words(self.products.producer(product));
        for word in self.products.all_words(product).chain(of_producer) {
            self.lexicon.post(word, product);
        }
        self.note_names(product);
    }

    /// Notes the names of a product that is on the market, once they are posted.
    fn note_names(&mut self, product: u32) {
        if !self.is_loading {
            let mut names = RowNames::default();
            self.names_of(product, &mut names);
            self.lexicon.note_names(product, &names);
        }
    }

    pub(super) fn put_product(&mut self, record: &ProductRecord) {
        let row = self.products.row_or_new(record.id);
        if self.products.version(row) >= record.version {
            return;
        }
        self.unlist(row);
        let producer = self.organisations.row_or_new(record.producer);
        let is_idle = self.organisations.get(producer).is_some_and(|producer| producer.is_idle);
        self.products.state(row, &stated(record, producer, is_idle));
        self.products.names.set(row, &record.name, &mut self.lexicon);
        self.offers.note(row);
        self.list(row, producer);
        if self.products.is_active(row) {
            self.post_product(row, producer);
        }
        self.refresh_papers(row);
        self.refresh_with_offers(row);
    }

    fn forget_product(&mut self, id: Id) {
        let Some(row) = self.products.row(id) else { return };
        self.unlist(row);
        let gone =
            Stated { version: 0, producer: NO_ROW, group: 0, shelf_life_days: 0, illustrative: false, is_made: false, is_active: false };
        self.products.state(row, &gone);
        self.products.names.set(row, "", &mut self.lexicon);
        self.offers.note(row);
        self.refresh_papers(row);
        self.refresh_with_offers(row);
    }

    /// Puts `row` in its producer's list.
    pub(super) fn list(&mut self, row: u32, producer: u32) {
        if let Some(producer) = self.organisations.get_mut(producer) {
            producer.last_product = self.products.add_made(row, producer.last_product);
        }
    }

    /// Takes `row` out of the lexicon and of its producer's list.
    fn unlist(&mut self, row: u32) {
        if self.products.version(row) == 0 {
            return;
        }
        let producer = self.products.producer(row);
        let Some(known) = self.organisations.get_mut(producer) else { return };
        known.last_product = self.products.remove_made(row, known.last_product);
        if self.products.is_active(row) {
            let of_producer: Vec<Word> = self.organisations.product_words(producer).collect();
            self.forget_words(row, &of_producer);
        }
    }

    /// Posts the words of a product that is on the market from now on, and those of its producer.
    fn post_product(&mut self, row: u32, producer: u32) {
        self.products.set_active(row, true);
        self.offers.note(row);
        let words: Vec<Word> = self.products.all_words(row).collect();
        for word in words.iter().copied().chain(self.organisations.product_words(producer)) {
            if self.is_loading { self.lexicon.post_later(word, row) } else { self.lexicon.post(word, row) }
        }
        self.lexicon.count_neighbours(&words, true);
        self.note_names(row);
    }

    /// Takes a product that is on the market no longer out of the lexicon; `of_producer` are its producer's words there.
    fn forget_words(&mut self, row: u32, of_producer: &[Word]) {
        self.products.set_active(row, false);
        self.offers.note(row);
        let name: Vec<Word> = self.products.all_words(row).collect();
        let words: Vec<Word> = name.iter().chain(of_producer).copied().collect();
        self.lexicon.unpost(&words, row);
        self.lexicon.count_neighbours(&name, false);
    }

    fn put_certificate(&mut self, record: &CertificateRecord) {
        let known = self.sources.certificates.version(record.id);
        if known.is_some_and(|version| version >= record.version) {
            return;
        }
        if known.is_some() {
            self.forget_certificate(record.id);
        }
        let holder = self.organisations.row_or_new(record.holder);
        let of_product = record.product.map(|product| Holder::Product(self.products.row_or_new(product)));
        let holder = of_product.unwrap_or(Holder::Organisation(holder));
        self.sources.certificates.put(record.id, record.version, holder, record.paper);
        self.refresh_holder(holder);
    }

    fn forget_certificate(&mut self, id: Id) {
        if let Some(holder) = self.sources.certificates.remove(id) {
            self.refresh_holder(holder);
        }
    }

    /// Works out anew what follows from the papers of `holder`.
    fn refresh_holder(&mut self, holder: Holder) {
        if self.is_loading {
            return;
        }
        let products = match holder {
            Holder::Product(product) => vec![product],
            Holder::Organisation(row) => self.products_of(row).collect(),
        };
        for product in products {
            self.refresh_papers(product);
            self.refresh_with_offers(product);
        }
    }

    /// The papers of a product and of its producer.
    pub(super) fn papers_of(&self, row: u32) -> impl Iterator<Item = Paper> {
        let certificates = &self.sources.certificates;
        let of_producer = Holder::Organisation(self.products.producer(row));
        certificates.papers(Holder::Product(row)).chain(certificates.papers(of_producer))
    }

    fn refresh_papers(&mut self, row: u32) {
        if self.is_loading {
            return;
        }
        let set = self.papers.intern(self.papers_of(row).collect());
        let old = self.products.papers(row);
        self.products.set_papers(row, set);
        self.papers.release(old);
    }

    fn put_offer(&mut self, record: OfferRecord) {
        if self.is_loading {
            self.waiting_offers.push(record);
            return;
        }
        let product = self.products.row_or_new(record.product);
        if let Some(Stored { product, before, .. }) = self.store_offer(&record, product) {
            if let Some(before) = before.filter(|before| *before != product) {
                self.refresh(before);
            }
            self.refresh(product);
        }
    }

    /// Stores an offer of the product in row `product` where the version is news.
    pub(super) fn store_offer(&mut self, record: &OfferRecord, product: u32) -> Option<Stored> {
        let supply = self.supply(record, product);
        let terms = terms(&supply, self.today);
        let mut before = None;
        if let Some(row) = self.offers.row(record.id) {
            let known = self.offers.get(row)?;
            if known.version >= supply.version {
                return None;
            }
            before = Some(known.product);
            if known.product == product {
                self.offers.replace(row, supply, &self.papers);
                self.note_terms(product);
                return Some(Stored { product, before, terms });
            }
            let first = self.offers.remove(row, self.products.first_offer(known.product));
            self.products.set_first_offer(known.product, first);
        }
        let first = self.offers.add(supply, terms, self.products.first_offer(product), &self.papers);
        self.products.set_first_offer(product, first);
        Some(Stored { product, before, terms })
    }

    fn forget_offer(&mut self, id: Id) {
        let Some(row) = self.offers.row(id) else { return };
        let Some(known) = self.offers.get(row) else { return };
        let first = self.offers.remove(row, self.products.first_offer(known.product));
        self.products.set_first_offer(known.product, first);
        self.refresh(known.product);
    }

    pub(super) fn supply(&self, record: &OfferRecord, product: u32) -> Supply {
        let producer = self.products.producer(product);
        Supply {
            id: record.id,
            version: u32::try_from(record.version).unwrap_or(u32::MAX),
            product,
            producer,
            province: self.organisations.get(producer).map_or(0, |producer| producer.province),
            group: self.group_on_offer(product),
            unit: record.unit,
            quantity: record.quantity,
            months: record.months,
            from: record.from,
            until: record.until,
            closed_on: record.closed_on,
            minimum_order: record.minimum_order,
            lead_time_days: record.lead_time_days,
            price: record.price,
            delivers_to: record.delivers_to,
            // An offer that says nothing is as good as its product keeps.
            shelf_life_days: record.shelf_life_days.unwrap_or_else(|| self.products.shelf_life_days(product)),
            states_shelf_life: record.shelf_life_days.is_some(),
            papers: self.products.papers(product),
            promises: self.promise_sets.get(&product).copied().unwrap_or_default(),
            illustrative: record.illustrative,
        }
    }

    /// The group under which offers of a product are matched: none that anybody asks for, where it is not made any more or
    /// its producer is not at work.
    pub(super) fn group_on_offer(&self, product: u32) -> u8 {
        if self.products.is_active(product) { self.products.group(product) } else { NO_GROUP }
    }

    /// Works out anew what the offers of a product take from it, then the product itself.
    fn refresh_with_offers(&mut self, product: u32) {
        if self.is_loading {
            return;
        }
        let offers: Vec<u32> = self.offers.chain(self.products.first_offer(product)).collect();
        let producer = self.products.producer(product);
        let province = self.organisations.get(producer).map_or(0, |producer| producer.province);
        for row in offers {
            let Some(known) = self.offers.get(row) else { continue };
            let now = Supply {
                producer,
                province,
                group: self.group_on_offer(product),
                papers: self.products.papers(product),
                promises: self.promise_sets.get(&product).copied().unwrap_or_default(),
                shelf_life_days: if known.states_shelf_life { known.shelf_life_days } else { self.products.shelf_life_days(product) },
                ..known.clone()
            };
            if now != known {
                self.offers.replace(row, now, &self.papers);
            }
        }
        self.refresh(product);
    }

    fn put_mou(&mut self, record: &MouRecord) {
        if self.sources.mous.get(&record.id).is_some_and(|(version, _)| *version >= record.version) {
            return;
        }
        self.forget_mou(record.id);
        let mut products = Vec::new();
        // What ended long ago takes nothing from what is offered now; a register keeps thousands of such MoUs.
        let oldest = self.today.saturating_sub(REMEMBERED_DAYS);
        for (product, promise) in record.promises.iter().filter(|(_, promise)| promise.until >= oldest) {
            let product = self.products.row_or_new(*product);
            self.sources.promises.entry(product).or_default().push((record.id, *promise));
            products.push(product);
        }
        products.sort_unstable();
        products.dedup();
        self.sources.mous.insert(record.id, (record.version, products.clone()));
        for product in products {
            self.refresh_promises(product);
        }
        let meets = record.meets.iter().filter(|(_, promise)| promise.until >= oldest).copied();
        for demand in self.met.put(record.id, meets) {
            self.refresh_met(demand);
        }
    }

    /// Forgets what an index that is built today would not know.
    pub(super) fn forget_old_promises(&mut self) {
        let oldest = self.today.saturating_sub(REMEMBERED_DAYS);
        for demand in self.met.forget_before(oldest) {
            self.refresh_met(demand);
        }
        let mut changed = Vec::new();
        for (product, promises) in &mut self.sources.promises {
            let before = promises.len();
            promises.retain(|(_, promise)| promise.until >= oldest);
            if promises.len() < before {
                changed.push(*product);
            }
        }
        self.sources.promises.retain(|_, promises| !promises.is_empty());
        for product in changed {
            self.refresh_promises(product);
        }
    }

    fn forget_mou(&mut self, id: Id) {
        let Some((_, products)) = self.sources.mous.remove(&id) else { return };
        for product in products {
            if let Some(promises) = self.sources.promises.get_mut(&product) {
                promises.retain(|(mou, _)| *mou != id);
                if promises.is_empty() {
                    self.sources.promises.remove(&product);
                }
            }
            self.refresh_promises(product);
        }
        for demand in self.met.forget(id) {
            self.refresh_met(demand);
        }
    }

    fn refresh_promises(&mut self, product: u32) {
        let promises: Vec<Promise> = self.sources.promises.get(&product).into_iter().flatten().map(|(_, promise)| *promise).collect();
        let old = self.promise_sets.remove(&product);
        if promises.is_empty() {
            self.promised_products.remove(product);
        } else {
            let set = self.promises.intern(promises);
            self.promise_sets.insert(product, set);
            self.promised_products.insert(product);
        }
        if let Some(old) = old {
            self.promises.release(old);
        }
        self.refresh_with_offers(product);
    }

    /// Works out anew what is shown of a product.
    pub(super) fn refresh(&mut self, row: u32) {
        if self.is_loading {
            return;
        }
        self.kept.forget(row);
        for offer in self.offers.chain(self.products.first_offer(row)) {
            self.kept_offers.forget(offer);
            self.kept_shown.forget(offer);
        }
        match self.facts_on(row, self.today) {
            Some(facts) => self.products.set_facts(row, facts),
            None => self.products.hide(row),
        }
    }

    /// Notes what each offer of a product is today.
    pub(super) fn note_terms(&mut self, product: u32) {
        let first = self.products.first_offer(product);
        if first != NO_ROW {
            let today = self.today;
            let first = self.offers.note_terms(first, |supply| terms(supply, today));
            self.products.set_first_offer(product, first);
        }
    }

    /// What follows for a product on `day`; nothing when it is not shown: not made any more, or of a producer
    /// who is unknown or not at work.
    pub(super) fn facts_on(&self, row: u32, day: Day) -> Option<Facts> {
        let mut facts = self.facts_without_offers(row, day)?;
        for offer in self.offers.chain(self.products.first_offer(row)) {
            let Some(supply) = self.offers.get(offer) else { continue };
            let terms = terms(&supply, day);
            if terms.months != 0 {
                facts.take(terms, supply.quantity);
            }
        }
        Some(facts)
    }

    /// The same as if it had no offer.
    pub(super) fn facts_without_offers(&self, row: u32, day: Day) -> Option<Facts> {
        let producer = self.organisations.get(self.products.producer(row)).filter(|producer| producer.version > 0)?;
        if !self.products.is_active(row) {
            return None;
        }
        let held = self.papers.held(self.products.papers(row), day, day);
        let parts = Parts {
            province: producer.province,
            group: self.products.group(row),
            stars: held.stars,
            kind: producer.producer_kind.unwrap_or(0),
            prices: [price_bucket(UNKNOWN_PRICE); SEEN],
            is_illustrative: self.products.is_illustrative(row),
            ..Parts::default()
        };
        Some(Facts { facet: Facet::from(parts), certificates: held.kinds, ..Facts::default() })
    }
}

/// What an offer is to a search on a day, with the months that it has left: nothing where it is over.
pub(super) fn terms(supply: &Supply, day: Day) -> Terms {
    let months = supply.months_left(day);
    if months == 0 {
        return Terms::default();
    }
    let price = supply.price.as_ref().map_or((UNKNOWN_PRICE, Visibility::Public), |price| (dong_per_base(price), price.visibility));
    Terms::new(months, price, supply.unit)
}

/// A price in whole đồng for one base unit, rounded up; [`UNKNOWN_PRICE`] in another currency: rates are not ours to say.
pub(super) fn dong_per_base(price: &Price) -> u32 {
    if price.currency != 0 || price.per_base <= 0 {
        return UNKNOWN_PRICE;
    }
    // Hundredths for thousandths of the base unit: ten times the ratio is đồng for a whole one.
    let exact = i128::from(price.amount) * 10;
    let per = i128::from(price.per_base);
    u32::try_from((exact + per - 1) / per).map_or(UNKNOWN_PRICE - 1, |amount| amount.min(UNKNOWN_PRICE - 1))
}

/// What a product's record says but for its name, with the row of its producer and whether that one is not at work.
pub(super) fn stated(record: &ProductRecord, producer: u32, is_idle: bool) -> Stated {
    Stated {
        version: record.version,
        producer,
        group: record.group & 0x7F,
        shelf_life_days: record.shelf_life_days.unwrap_or(0),
        illustrative: record.illustrative,
        is_made: record.is_active,
        is_active: record.is_active && !is_idle,
    }
}

/// Bytes of a table: it has room for seven in eight places, whose number is a power of two, and a byte beside each place.
pub(super) fn table_bytes<K, V, S>(table: &HashMap<K, V, S>) -> usize {
    let places = if table.capacity() == 0 { 0 } else { (table.capacity() * 8 / 7).next_power_of_two() };
    places * (size_of::<(K, V)>() + 1)
}
