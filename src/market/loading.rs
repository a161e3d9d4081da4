//! Loading a new index: what many rows have in common is done for all of them at once, and what does not hang together on
//! several threads. A server answers nothing until it is done.

use super::Market;
use super::facts::Facts;
use super::matching::PaperSet;
use super::products::NO_ROW;
use super::record::{OfferRecord, Paper, ProductRecord};
use super::text::lexicon::Lexicon;
use super::upkeep::{Stored, stated};

/// Of so many names the parts are counted, so that those that come most often take the least room.
const EXPECTED: usize = 1 << 14;

impl Market {
    /// Gives products that were loaded their rows, neighbours by group and place side by side.
    ///
    /// A question mostly finds products of few groups and places: what it reads of them then lies close together, and sets
    /// of rows are short or without gaps. Those that come later stand at the end.
    pub(super) fn put_waiting_products(&mut self) {
        let waiting = std::mem::take(&mut self.waiting_products);
        let arranged = self.arranged_products(&waiting);
        self.products.reserve(waiting.len());
        let first = self.products.rows();
        let mut are_new = true;
        for (row, (_, record)) in (first..).zip(&arranged) {
            are_new &= self.products.row_or_new(record.id) == row;
        }
        if are_new {
            self.put_new_products(first, &arranged);
        } else {
            for (_, record) in arranged {
                self.put_product(record);
            }
        }
    }

    /// Products with the rows of their producers, in the order of their rows to be.
    fn arranged_products<'a>(&mut self, waiting: &'a [ProductRecord]) -> Vec<(u32, &'a ProductRecord)> {
        let key = |record: &ProductRecord| {
            let producer = self.organisations.row_or_new(record.producer);
            let province = self.organisations.get(producer).map_or(0, |producer| producer.province);
            u64::from(record.group) << 48 | u64::from(province) << 40 | u64::from(producer)
        };
        let mut places: Vec<(u64, u32)> = waiting.iter().map(key).zip(0_u32..).collect();
        let record = |at: u32| waiting.get(at as usize);
        let id = |at: u32| record(at).map(|record| record.id);
        // Those of one producer by their ids.
        places.sort_unstable_by(|(key, at), (other_key, other)| key.cmp(other_key).then_with(|| (id(*at), at).cmp(&(id(*other), other))));
        let producer = |key: u64| u32::try_from(key & u64::from(u32::MAX)).unwrap_or(NO_ROW);
        places.into_iter().filter_map(|(key, at)| Some((producer(key), record(at)?))).collect()
    }

    /// The same as putting one product after the other in the rows from `first` on, of which nothing is known yet: their
    /// words beside the rest.
    fn put_new_products(&mut self, first: u32, arranged: &[(u32, &ProductRecord)]) {
        let Self { lexicon, organisations, products, .. } = self;
        let of_producers = &*organisations;
        let is_idle = |producer: u32| of_producers.get(producer).is_some_and(|producer| producer.is_idle);
        let mut names = std::mem::take(&mut products.names);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for (row, (producer, record)) in (first..).zip(arranged) {
                    products.state(row, &stated(record, *producer, is_idle(*producer)));
                }
            });
            names.expect(arranged.iter().step_by(arranged.len() / EXPECTED + 1).map(|(_, record)| record.name.as_str()));
            let mut words = Vec::new();
            for (row, (producer, record)) in (first..).zip(arranged) {
                names.set(row, &record.name, lexicon);
                if record.is_active && !is_idle(*producer) {
                    words.clear();
                    words.extend(names.words(row));
                    words.iter().copied().chain(of_producers.product_words(*producer)).for_each(|word| lexicon.post_later(word, row));
                    lexicon.count_neighbours(&words, true);
                }
            }
        });
        self.products.names = names;
        for (row, (producer, _)) in (first..).zip(arranged) {
            self.offers.note(row);
            self.list(row, *producer);
        }
    }

    /// Ends loading: everything that follows from the records is worked out, once for every row.
    pub fn finish_loading(&mut self) {
        self.put_waiting_products();
        self.is_loading = false;
        // What is worked out beside it needs no words.
        let mut lexicons = [std::mem::take(&mut self.lexicon), std::mem::take(&mut self.organisation_lexicon)];
        std::thread::scope(|scope| {
            scope.spawn(|| lexicons.iter_mut().for_each(Lexicon::settle));
            self.work_out();
        });
        let [mut lexicon, of_organisations] = lexicons;
        lexicon.note_all_names(|row, names| self.names_of(row, names));
        (self.lexicon, self.organisation_lexicon) = (lexicon, of_organisations);
    }

    /// Works out what follows from the records, but for their words.
    fn work_out(&mut self) {
        let waiting = std::mem::take(&mut self.waiting_offers);
        let order = self.set_all_papers(&waiting);
        let mut found: Vec<Option<Facts>> = (0..self.products.rows()).map(|row| self.facts_without_offers(row, self.today)).collect();
        // Products with an offer of which another version came before.
        let mut again = Vec::new();
        self.offers.reserve(waiting.len());
        for (product, record) in order.into_iter().filter_map(|(product, at)| Some((product, waiting.get(at as usize)?))) {
            let product = if product == NO_ROW { self.products.row_or_new(record.product) } else { product };
            let Some(Stored { product, before, terms }) = self.store_offer(record, product) else { continue };
            if let Some(before) = before {
                again.extend([before, product]);
                continue;
            }
            // A product that only offers name has no record, and is not shown.
            if let Some(facts) = found.get_mut(product as usize).and_then(Option::as_mut).filter(|_| terms.months != 0) {
                facts.take(terms, record.quantity);
            }
        }
        drop(waiting);
        self.offers.finish_loading(&self.papers);
        for row in again {
            let facts = self.facts_on(row, self.today);
            found.get_mut(row as usize).into_iter().for_each(|place| *place = facts);
        }
        self.products.shrink();
        self.organisations.shrink();
        self.offers.shrink();
        self.demands.shrink();
        self.sources.shrink();
        self.met.shrink();
        self.papers.shrink();
        self.products.set_all_facts(&found);
    }

    /// Works out the papers of all products; beside that the order of the offers that wait.
    fn set_all_papers(&mut self, waiting: &[OfferRecord]) -> Vec<(u32, u32)> {
        let mut papers = std::mem::take(&mut self.papers);
        let (mut order, mut sets): (Vec<(u32, u32)>, Vec<PaperSet>) = (Vec::new(), Vec::new());
        std::thread::scope(|scope| {
            let market = &*self;
            scope.spawn(|| order = market.arranged_offers(waiting));
            sets = (0..market.products.rows()).map(|row| papers.intern(market.papers_of(row).collect())).collect();
        });
        self.papers = papers;
        (0_u32..).zip(sets).for_each(|(row, set)| self.products.set_papers(row, set));
        order
    }

    /// The rows of the products of offers, or [`NO_ROW`], and the places of the offers in `waiting`: those of one group with
    /// most stars first, and of these the ones of like names one after the other. So they stand in the book: a demand soon
    /// knows how good an offer must be and finds most blocks to have none that is, and one with words finds the offers that
    /// it means in few blocks; those of one product side by side, so that who looks at all of them does not wait for each.
    /// Whatever the order, the answers are the same.
    fn arranged_offers(&self, waiting: &[OfferRecord]) -> Vec<(u32, u32)> {
        let key = |(at, offer): (u32, &OfferRecord)| {
            let product = self.products.row(offer.product).unwrap_or(NO_ROW);
            let words = self.products.head(product).words().into_iter().fold(0, |words, word| words << 16 | u64::from(word));
            (u16::from(self.group_on_offer(product)) << 8 | u16::from(u8::MAX - self.renown(product)), words, product, at)
        };
        let mut places: Vec<(u16, u64, u32, u32)> = (0_u32..).zip(waiting).map(key).collect();
        places.sort_unstable();
        places.into_iter().map(|(_, _, product, at)| (product, at)).collect()
    }
    /// A number by which products stand in the order of their stars today, those that had some before the others.
    fn renown(&self, product: u32) -> u8 {
        let stars = |paper: Paper| paper.stars.min(7) * if paper.until >= self.today { 8 } else { 1 };
        self.papers_of(product).map(stars).max().unwrap_or(0)
    }
}
