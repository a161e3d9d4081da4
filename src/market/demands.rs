//! Demands in the index, and what is asked of them: the best offers for one, the best of them for an offer.

use super::Market;
use super::answering::Answering;
use super::matching::{DemandBook, Need, Place, Ranking, Readiness, Setting, Supply, View, Weights, readiness};
use super::record::{Day, DemandRecord, Id, OfferRecord, Promise, Rows};
use super::text::senses::RowNames;
use super::text::synonyms::Thesaurus;
use super::upkeep::table_bytes;
use super::wording::{Wanted, Wording};
use super::wordings::Wordings;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::Arc;

/// What is known of a demand beside what it is matched by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// What it is called.
    pub title: Box<str>,
    /// Version, from 1.
    version: u32,
    /// Day from which on it is closed. Of a buyer who is not at work it is matched as if it had always been.
    closed_on: Day,
    /// Number of the wording, which has the text, or [`NO_WORDING`].
    wording: u32,
}

/// The number of no wording.
const NO_WORDING: u32 = u32::MAX;

impl About {
    fn wording(&self) -> Option<u32> {
        (self.wording != NO_WORDING).then_some(self.wording)
    }
}

/// All demands.
#[derive(Debug, Default)]
pub struct Demands {
    book: DemandBook,
    /// In the order of the book.
    about: Vec<About>,
    wordings: Wordings,
    /// Texts that have no wording, being without a word: hardly any.
    wordless: HashMap<Id, Box<str>, RandomState>,
}

impl Demands {
    /// The demands as they are matched.
    pub fn book(&self) -> &DemandBook {
        &self.book
    }

    /// A demand, and what else is known of it.
    pub fn get(&self, id: Id) -> Option<(&Need, &About)> {
        Some((self.book.get(id)?, self.about_of(id)?))
    }

    /// Version of a demand; 0 where it is not known.
    pub fn version(&self, id: Id) -> i64 {
        self.about_of(id).map_or(0, |about| about.version.into())
    }

    /// Words for what a demand needs.
    pub fn text(&self, id: Id) -> Option<&str> {
        match self.about_of(id)?.wording() {
            Some(wording) => self.wordings.text(wording),
            None => self.wordless.get(&id).map(|text| &**text),
        }
    }

    fn about_of(&self, id: Id) -> Option<&About> {
        self.about.get(self.book.row(id)?)
    }

    /// Adds a demand, or puts it in the place of an older version of itself.
    pub fn put(&mut self, need: Need, record: DemandRecord, thesaurus: &Thesaurus) {
        self.remove(record.id);
        let DemandRecord { version, title, text, closed_on, .. } = record;
        let wording = text.as_ref().and_then(|text| self.wordings.take(text, thesaurus));
        if let Some(text) = text.filter(|_| wording.is_none()) {
            self.wordless.insert(record.id, text.into());
        }
        self.book.put(need);
        let version = u32::try_from(version).unwrap_or(u32::MAX);
        self.about.push(About { version, title: title.into(), closed_on, wording: wording.unwrap_or(NO_WORDING) });
    }

    /// Takes a demand out, where it is there.
    pub fn remove(&mut self, id: Id) {
        self.wordless.remove(&id);
        if let Some(row) = self.book.remove(id)
            && let Some(wording) = self.about.swap_remove(row).wording()
        {
            self.wordings.release(wording);
        }
    }

    /// Moves the demands of a buyer to the unit that the buyer lies in now, whose officers see their ceilings, and closes
    /// them while the buyer is not at work.
    pub fn move_buyer(&mut self, buyer: u32, province: u8, is_idle: bool) {
        let of_buyer: Vec<Need> = self.book.iter().filter(|need| need.buyer == buyer).cloned().collect();
        for need in of_buyer {
            let stated = self.get(need.id).map_or(need.closed_on, |(_, about)| about.closed_on);
            self.book.put(Need { buyer_province: province, closed_on: if is_idle { Day::MIN } else { stated }, ..need });
        }
    }

    /// States anew what is promised to a demand, where it is known.
    pub fn meet(&mut self, id: Id, met: Option<Arc<[Promise]>>) {
        if let Some(need) = self.book.get(id).cloned() {
            self.book.put(Need { met, ..need });
        }
    }

    /// Gives back what has grown beyond what it holds.
    pub fn shrink(&mut self) {
        self.book.shrink();
        self.about.shrink_to_fit();
        self.wordings.shrink();
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
        let titles: usize = self.about.iter().map(|about| about.title.len()).sum();
        let wordless = table_bytes(&self.wordless) + self.wordless.values().map(|text| text.len()).sum::<usize>();
        self.book.bytes() + self.about.capacity() * size_of::<About>() + titles + wordless + self.wordings.bytes()
    }
}

/// A demand made ready to be held against offers.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What is needed.
    pub need: Need,
    words: Words,
}

impl Asked {
    /// The same whatever group a product is of.
    pub(super) fn of_any_group(&self) -> Self {
        Self { need: Need { groups: Rows::ALL, ..self.need.clone() }, words: self.words.clone() }
    }

    /// The same in the words of `text`; `None` where it has no word.
    pub(super) fn in_words(&self, text: &str, market: &Market) -> Option<Self> {
        Some(Self { need: self.need.clone(), words: market.own_words(text)? })
    }
}

/// What a product must answer.
#[derive(Debug, Clone)]
enum Words {
    /// Nothing.
    None,
    /// The wording of this number.
    Kept(u32),
    /// Words that no demand has.
    Own(Wanted),
}

impl Market {
    /// What questions are judged by.
    pub fn setting<'a>(&'a self, view: View<'a>, weights: Weights, as_of: Day) -> Setting<'a> {
        Setting { tables: &self.tables, papers: &self.papers, promises: &self.promises, view, weights, as_of }
    }

    /// All demands.
    pub fn demands(&self) -> &Demands {
        &self.demands
    }

    /// The demand `id`, ready to be held against offers.
    pub fn asked(&self, id: Id) -> Option<Asked> {
        let (need, about) = self.demands.get(id)?;
        Some(Asked { need: need.clone(), words: about.wording().map_or(Words::None, Words::Kept) })
    }

    /// A demand that is not stored, ready to be held against offers.
    pub fn asked_by(&self, record: &DemandRecord) -> Asked {
        let words = record.text.as_ref().and_then(|text| self.own_words(text));
        Asked { need: self.need(record), words: words.unwrap_or(Words::None) }
    }

    /// The words of `text`, which no demand needs to have; `None` where it has no word.
    fn own_words(&self, text: &str) -> Option<Words> {
        Some(Words::Own(Wording::new(text, &self.thesaurus)?.resolve(&self.lexicon)))
    }

    fn need(&self, record: &DemandRecord) -> Need {
        let buyer = self.organisations.row(record.buyer).unwrap_or(u32::MAX);
        let known = self.organisations.get(buyer);
        let need = Need::new(record, buyer, known.map_or(0, |buyer| buyer.province), &self.tables);
        let need = Need { met: self.met.promises(record.id), ..need };
        if known.is_some_and(|buyer| buyer.is_idle) { Need { closed_on: Day::MIN, ..need } } else { need }
    }

    pub(super) fn put_demand(&mut self, record: DemandRecord) {
        if self.demands.version(record.id) < record.version {
            self.organisations.row_or_new(record.buyer);
            let need = self.need(&record);
            self.demands.put(need, record, &self.thesaurus);
        }
    }

    /// Works out anew what is promised to a demand.
    pub(super) fn refresh_met(&mut self, demand: Id) {
        self.demands.meet(demand, self.met.promises(demand));
    }

    /// The best `limit` offers for a demand, and the best `near_limit` of those that just miss.
    pub fn best_offers(&self, asked: &Asked, setting: &Setting<'_>, limit: usize, near_limit: usize) -> Ranking<Place> {
        let (book, own, limits) = (self.offers.book(), self.own_offers(&asked.need), (limit, near_limit));
        let answering = match &asked.words {
            Words::None => return book.best(&asked.need, setting, limits, &own),
            Words::Kept(wording) => self.offers_answering(*wording),
            Words::Own(wanted) => Arc::new(self.all_answering(wanted)),
        };
        book.best_among(&asked.need, setting, limits, &own, answering.places())
    }

    /// Whether an open offer of the buyer itself is of the groups and has the words that its demand asks for.
    pub fn has_own_offer(&self, asked: &Asked, as_of: Day) -> bool {
        let own = self.own_offers(&asked.need).into_iter().filter_map(|place| self.offers.book().get(place));
        let mut open = own.filter(|supply| supply.is_open(as_of) && asked.need.wants(supply.group) && self.is_made(supply));
        open.any(|supply| self.answers(supply.product, asked))
    }

    /// Where the offers of the buyer itself stand, in order: hardly any buyer has some.
    fn own_offers(&self, need: &Need) -> Vec<Place> {
        let mut places: Vec<Place> = self.products_of(need.buyer).flat_map(|product| self.offers_of(product)).collect();
        places.sort_unstable();
        places
    }

    /// The offers whose products answer a wording.
    fn offers_answering(&self, wording: u32) -> Arc<Answering> {
        let (answered, changes) = (self.demands.wordings.answered(), self.offers.changes());
        let known = answered.get(wording as usize);
        if let Some(known) = known.as_ref().filter(|known| known.then() == changes.now()) {
            return Arc::clone(known);
        }
        let Some(wanted) = self.demands.wordings.get(wording).map(|wording| wording.resolve(&self.lexicon)) else {
            return Arc::default();
        };
        let list = match known.and_then(|known| Some((changes.since(known.then())?, known))) {
            Some((products, known)) => {
                let mut names = RowNames::default();
                let takes =
                    products.iter().filter(|product| self.products.is_active(**product) && self.takes(&wanted, **product, &mut names));
                let offers = takes.flat_map(|product| self.offers_of(*product)).collect();
                match known.changed(&products, |place| self.offers.book().product(place), offers, changes.now()) {
                    Some(list) => list,
                    None => return known,
                }
            }
            None => self.all_answering(&wanted),
        };
        let list = Arc::new(list);
        answered.keep(wording as usize, &list);
        list
    }

    fn all_answering(&self, wanted: &Wanted) -> Answering {
        let rows = wanted.rows(&self.lexicon).into_iter();
        let mut names = RowNames::default();
        let offered = rows.filter(|row| self.products.first_offer(*row) != super::products::NO_ROW && self.takes(wanted, *row, &mut names));
        Answering::new(offered.flat_map(|row| self.offers_of(row)).collect(), self.offers.changes().now())
    }

    /// Where the offers of a product stand.
    fn offers_of(&self, product: u32) -> impl Iterator<Item = Place> {
        let offers = self.offers.chain(self.products.first_offer(product));
        offers.filter_map(|offer| self.offers.place(offer))
    }

    /// The best `limit` demands for an offer, and the best `near_limit` of those that it just misses.
    pub fn best_demands(&self, supply: &Supply, setting: &Setting<'_>, limit: usize, near_limit: usize) -> Ranking<Id> {
        // What is not made any more answers nothing, nor does what its producer does not offer while not at work.
        let is_active = self.products.is_active(supply.product);
        let answers = self.answering(supply.product);
        self.demands.book.for_offer(supply, |need| is_active && answers(need), setting, limit, near_limit)
    }

    /// What a producer is ready for, over all open demands of others.
    pub fn readiness(&self, producer: u32, setting: &Setting<'_>) -> Readiness {
        let made = self.products_of(producer).filter(|product| self.products.is_active(*product));
        let offers = made.flat_map(|product| self.offers.chain(self.products.first_offer(product)));
        let supplies: Vec<Supply> = offers.filter_map(|offer| self.offers.get(offer)).collect();
        let answering: HashMap<u32, _> = supplies.iter().map(|supply| (supply.product, self.answering(supply.product))).collect();
        let answers = |supply: &Supply, need: &Need| answering.get(&supply.product).is_some_and(|answers| answers(need));
        readiness(producer, &supplies, &self.demands.book, answers, setting)
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

    /// Whether the product of an offer is still made, and its producer at work.
    pub fn is_made(&self, supply: &Supply) -> bool {
        self.products.is_active(supply.product)
    }

    /// Whether a product answers a demand's words.
    pub fn answers(&self, product: u32, asked: &Asked) -> bool {
        match &asked.words {
            Words::None => true,
            Words::Kept(wording) => {
                let wording = self.demands.wordings.get(*wording);
                wording.is_some_and(|wording| self.takes(&wording.resolve(&self.lexicon), product, &mut RowNames::default()))
            }
            Words::Own(wanted) => self.takes(wanted, product, &mut RowNames::default()),
        }
    }

    /// Says of any demand whether `product` answers its words; each wording is looked at once.
    fn answering(&self, product: u32) -> impl Fn(&Need) -> bool {
        let mut names = RowNames::default();
        self.names_of(product, &mut names);
        let memo = self.demands.wordings.memo();
        move |need| {
            let Some(number) = self.demands.about_of(need.id).and_then(About::wording) else { return true };
            let Some(known) = memo.get(number as usize) else { return false };
            if let Some(answers) = known.get() {
                return answers;
            }
            let wording = self.demands.wordings.get(number);
            let answers = wording.is_some_and(|wording| wording.resolve(&self.lexicon).takes(&names, &self.lexicon));
            known.set(Some(answers));
            answers
        }
    }

    /// Whether a product answers; `names` is room for its names.
    fn takes(&self, wanted: &Wanted, product: u32, names: &mut RowNames) -> bool {
        self.names_of(product, names);
        wanted.takes(names, &self.lexicon)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::record::Change;
    use crate::market::samples::{self, TODAY};
    use proptest::prelude::*;

    const NAMES: [&str; 6] = ["Dứa Tiền Giang", "Khóm sấy", "Mít sấy", "Cá dứa", "Gạo ST25", "mít"];
    const MAKERS: [&str; 3] = ["HTX Minh Phát", "HTX Mít Ngon", "HTX Dứa sấy"];
    const WORDS: [&str; 5] = ["dứa", "mít sấy", "sấy", "khom", "gạo lứt"];

    fn demand(id: u128, version: i64, text: &str) -> DemandRecord {
        DemandRecord { version, groups: Some(Rows::of([0, 1])), ..samples::demand(id, 900, Some(text)) }
    }

    /// One step: makers 800 to 802, products 100 to 104, offers 200 to 205, demands 300 to 304.
    fn change((kind, one, other, flag): (u8, u8, u8, bool), version: i64) -> Change {
        let id = |first: u128, of: u8| first + u128::from(one % of);
        let name = |names: &[&'static str]| names[usize::from(other) % names.len()];
        match kind {
            0 => {
                let record = samples::organisation(id(800, 3), name(&MAKERS), 0);
                Change::Organisation(crate::market::record::OrganisationRecord { version, ..record })
            }
            1 | 2 => {
                let record = samples::product(id(100, 5), 800 + u128::from(other % 3), name(&NAMES), u8::from(flag));
                Change::Product(crate::market::record::ProductRecord { version, is_active: other % 7 > 0, ..record })
            }
            3 => Change::ProductGone(Id(id(100, 5))),
            4 | 5 => Change::Offer(OfferRecord { version, ..samples::offer(id(200, 6), 100 + u128::from(other % 5), 2_000) }),
            6 => Change::OfferGone(Id(id(200, 6))),
            7 => Change::DemandGone(Id(id(300, 5))),
            _ => Change::Demand(demand(id(300, 5), version, name(&WORDS))),
        }
    }

    #[test]
    fn loaded_offers_of_like_names_stand_side_by_side() {
        let names = (0..30_u128).map(|at| (at, NAMES[usize::try_from(at).unwrap() % NAMES.len()]));
        let market = samples::loaded(names.flat_map(|(at, name)| {
            let product = samples::product(100 + at, 800, name, 0);
            [Change::Offer(samples::offer(200 + at, 100 + at, 2_000)), Change::Product(product)]
        }));
        let at = |offer: u128| market.offers().row(Id(offer)).and_then(|row| market.offers().place(row)).unwrap().slot;
        for first in 200..206 {
            let mut slots: Vec<u32> = (first..230).step_by(NAMES.len()).map(at).collect();
            slots.sort_unstable();
            assert_eq!(slots, (slots[0]..slots[0] + 5).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_text_is_told_as_it_was_written_with_a_word_or_without() {
        let mut market = samples::loaded([]);
        let text_after = |market: &mut Market, version: i64, text: &str| {
            market.apply(Change::Demand(demand(300, version, text)));
            market.demands().text(Id(300)).map(str::to_owned)
        };
        for (version, text) in (1..).zip(["Dứa  sấy", "?", "!", "khóm"]) {
            assert_eq!(text_after(&mut market, version, text).as_deref(), Some(text));
        }
        market.apply(Change::Demand(DemandRecord { text: None, ..demand(300, 9, "") }));
        assert_eq!(market.demands().text(Id(300)), None);
        assert_eq!(text_after(&mut market, 10, "?").as_deref(), Some("?"));
        market.apply(Change::DemandGone(Id(300)));
        assert_eq!(market.demands().text(Id(300)), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        // A preview of the same demand keeps no list.
        #[test]
        fn what_is_kept_of_words_is_what_looking_at_every_product_finds(
            steps in proptest::collection::vec(((0..10_u8), any::<u8>(), any::<u8>(), any::<bool>()), 1..60),
        ) {
            let mut market = samples::loaded((0..5).map(|step| change((0, step, step, false), 1)));
            for (version, step) in (2..).zip(steps) {
                market.apply(change(step, version));
                let setting = market.setting(View::PUBLIC, Weights::default(), TODAY);
                for demand in (300..305).map(Id).filter(|id| market.demands().get(*id).is_some()) {
                    let words = market.demands().text(demand).unwrap_or_default();
                    let (kept, looked) = (market.asked(demand).unwrap(), market.asked_by(&self::demand(demand.0, 1, words)));
                    prop_assert_eq!(market.best_offers(&kept, &setting, 5, 5), market.best_offers(&looked, &setting, 5, 5));
                }
            }
        }
    }
}
