//! How a question is answered: which rows are looked at, by which way the first ones are found.

use super::filter::{Lookup, Question, Sort};
use super::own::{Own, own_rows};
use super::passing::ByPassing;
use super::scan::{Counter, Judge};
use super::screen::Screen;
use super::sets::Set;
use super::tally::Tally;
use super::top::Top;
use super::{Found, Hit};
use crate::market::Market;
use crate::market::facet::{Counts, Entry, Facet, Seen, UNKNOWN_PRICE, price_bucket};
use crate::market::matching::Supply;
use crate::market::names::FirstCodes;
use crate::market::order::SortKey;
use crate::market::orders::newest;
use crate::market::record::Day;
use crate::market::rowset::Bits;
use crate::market::search::filter::seen_price;
use crate::market::text::query::{Found as Words, How, NameHead, TextScore};

impl Market {
    /// The products that `question` finds.
    pub fn search(&self, question: &Question<'_>) -> Found {
        self.search_by(question, question.as_of == self.today)
    }

    /// The same from what is kept ready for the day, or row by row.
    pub(super) fn search_by(&self, question: &Question<'_>, is_ready: bool) -> Found {
        let seen = Seen::at(question.view.level);
        let distances = question.place.map(|place| place.distances(&self.tables));
        let lookup = Lookup::new(&question.filter, distances.as_ref(), seen);
        let rows = if is_ready && question.asks_prices() { own_rows(self, &question.view, seen) } else { None };
        let search = Search {
            market: self,
            question,
            judge: Judge::new(self, question, &lookup, seen, is_ready),
            lookup: &lookup,
            seen,
            distances: distances.as_ref(),
            is_ready,
            own: rows.map(|rows| Own { rows, judge: Judge::new(self, question, &lookup, seen, false) }),
            by_passing: ByPassing::new(self, question),
        };
        match question.text.map(|text| self.products_meant(text)) {
            Some(Some(words)) => search.by_words(&words),
            // A text without a word, such as "-", asks nothing of the words.
            Some(None) | None => search.by_filters(),
        }
    }

    /// A row's facets on a day and for a caller for which no column is kept ready.
    pub(super) fn entry_on(&self, row: u32, question: &Question<'_>) -> Option<Entry> {
        let facts = self.facts_on(row, question.as_of)?;
        let facet = facts.facet.with_price(price_bucket(self.seen_price_of(row, question)));
        Some(Entry { facet, months: facts.months, certificates: facts.certificates })
    }

    /// The rows whose offers are to be looked at: those with an offer that pass the filters for which sets are kept.
    pub(super) fn rows_to_look_at<'a>(
        &'a self,
        question: &'a Question<'a>,
        lookup: &'a Lookup,
        seen: Seen,
        distances: Option<&'a [u16; 128]>,
    ) -> Bits<'a> {
        let judge = Judge::new(self, question, lookup, seen, true);
        let is_ready = question.as_of == self.today;
        let search =
            Search { market: self, question, judge, lookup, seen, distances, is_ready, own: None, by_passing: ByPassing::default() };
        let mut rows = search.candidates();
        if search.is_ready {
            rows.intersect(&search.bits_of([&self.products.bitmaps().offered]));
        }
        rows
    }

    /// How a product was found by `words`, of which some may stand in its producer's name.
    pub(super) fn how_in_full(&self, words: &Words<'_>, row: u32, by_name: (TextScore, How)) -> How {
        let of_producer = self.organisations.product_words(self.products.producer(row));
        words.how_in_full(by_name, self.products.all_words(row).chain(of_producer))
    }

    /// The offers of a product that are open or to come on `day`, with a month that is left.
    pub(super) fn open_offers(&self, row: u32, day: Day) -> impl Iterator<Item = Supply> {
        let offers = self.offers.chain(self.products.first_offer(row)).filter_map(|offer| self.offers.get(offer));
        offers.filter(move |supply| supply.months_left(day) != 0)
    }

    fn seen_price_of(&self, row: u32, question: &Question<'_>) -> u32 {
        let prices = self.open_offers(row, question.as_of).map(|supply| seen_price(&supply, &question.view));
        prices.min().unwrap_or(UNKNOWN_PRICE)
    }

    /// Those offers of the product that pass, as the caller sees them.
    fn passing_offers(&self, row: u32, question: &Question<'_>) -> impl Iterator<Item = Supply> {
        self.open_offers(row, question.as_of).filter(|supply| question.takes(supply, self).bits() == 0)
    }
}

/// The lowest score that could still come in.
pub(super) fn least_score(top: &Top) -> TextScore {
    u32::try_from(top.last()).map_or(0, |last| u32::MAX - last)
}

/// Names that are read at once.
const MANY_NAMES: usize = 64;

/// A question that is being answered.
pub(super) struct Search<'a> {
    pub(super) market: &'a Market,
    pub(super) question: &'a Question<'a>,
    pub(super) judge: Judge<'a>,
    pub(super) lookup: &'a Lookup,
    pub(super) seen: Seen,
    pub(super) distances: Option<&'a [u16; 128]>,
    /// Whether columns, bitmaps, orders and pairs are right for the day.
    pub(super) is_ready: bool,
    /// The rows for which they are not right for the caller.
    pub(super) own: Option<Own<'a>>,
    /// The rows whose key of order is that of the offers which pass, beside what is promised of them.
    pub(super) by_passing: ByPassing<'a>,
}

impl<'a> Search<'a> {
    fn by_words(&self, words: &Words<'_>) -> Found {
        /// From one row in so many that words mean, bits are quicker than judging each.
        const ONE_OF: u64 = 30;
        let is_many = words.rows().len() * ONE_OF > self.market.products.shown().len();
        if is_many && self.is_ready && self.question.is_of_sets() {
            return self.by_sets(Some(words));
        }
        let by_score = Some(words).filter(|_| self.question.sort == Sort::Relevance);
        let mut rows = words.rows().iter();
        let (top, counts) = self.judged(words.rows().len(), |many| rows.next_many(many).len(), by_score);
        self.found(Some(words), top, counts)
    }

    fn by_filters(&self) -> Found {
        if self.is_ready && self.question.is_of_sets() {
            return self.by_sets(None);
        }
        let candidates = self.candidates();
        let mut rows = candidates.iter();
        let next = |many: &mut [u32]| many.iter_mut().zip(&mut rows).map(|(place, row)| *place = row).count();
        let (top, counts) = self.judged(candidates.len(), next, None);
        self.found(None, top, counts)
    }

    /// Judges each of about `length` rows that `next` fills in: the first of the page, and the counts with the total.
    fn judged(&self, length: u64, mut next: impl FnMut(&mut [u32]) -> usize, by_score: Option<&Words<'_>>) -> (Top, (Counts, u32)) {
        let mut top = Top::new(self.question.limit, self.question.after);
        let shows_period = self.question.shows_period();
        if self.is_ready && !shows_period {
            let mut tally = Tally::new(self.market.products.columns(), self.seen);
            let screen = Screen::new(self.market, self.question, self.lookup, &self.judge, self.seen);
            let total = screen.pass(&mut next, &mut tally, |rows| self.offer_rows(by_score, rows, &mut top));
            return (top, (tally.finish(), total));
        }
        let mut counter = Counter::new(self.question.facets, self.seen, length);
        self.judge.each(next, |row, judged| {
            counter.count(&judged);
            if judged.passes() && !self.is_own(row) {
                self.offer(by_score, row, !self.is_ready, || judged.entry.facet, &mut top);
            }
        });
        (top, counter.finish())
    }

    /// The same as [`Self::offer`] for rows whose facets stand in the columns.
    pub(super) fn offer_rows(&self, by_score: Option<&Words<'_>>, rows: &[u32], top: &mut Top) {
        if let Some(words) = by_score {
            rows.chunks(MANY_NAMES).for_each(|rows| self.offer_names(words, rows, top));
        } else {
            for row in rows.iter().filter(|row| !self.is_own(**row)) {
                self.offer(None, *row, false, || self.market.products.facet(*row), top);
            }
        }
    }

    /// Offers [`MANY_NAMES`] rows at most by their score. What is read of each is on its way from memory before it is
    /// asked for: first the beginnings of the names, then all words of those of which these do not tell.
    #[expect(clippy::indexing_slicing, reason = "no more are left than there are")]
    fn offer_names(&self, words: &Words<'_>, rows: &[u32], top: &mut Top) {
        let products = &self.market.products;
        let mut heads = [NameHead::NONE; MANY_NAMES];
        for (head, row) in heads.iter_mut().zip(rows) {
            *head = products.head(*row);
        }
        let (mut left, mut count) = ([0; MANY_NAMES], 0);
        for (row, head) in rows.iter().zip(heads) {
            if let Some(score) = words.score_by_head(least_score(top), *row, head) {
                self.offer_scored(*row, score, top);
            } else {
                left[count] = *row;
                count += 1;
            }
        }
        let mut names = [FirstCodes::NONE; MANY_NAMES];
        for (name, row) in names.iter_mut().zip(&left[..count]) {
            *name = products.first_codes(*row);
        }
        for (row, name) in left[..count].iter().zip(&names) {
            self.offer_scored(*row, words.score_from(least_score(top), *row, &products.words_by(*row, name)), top);
        }
    }

    #[inline]
    fn offer_scored(&self, row: u32, (score, how): (TextScore, How), top: &mut Top) {
        let first = u64::from(u32::MAX - score);
        if top.may_enter(first) && !self.is_own(row) {
            top.offer((first, self.market.products.id(row)), row, Some(how));
        }
    }

    /// Whether the columns are not right for the caller in `row`.
    #[inline]
    pub(super) fn is_own(&self, row: u32) -> bool {
        self.own.as_ref().is_some_and(|own| own.rows.contains(row))
    }

    /// Offers a row that passes to the page; whether the caller's price of it `is_own`.
    #[inline]
    pub(super) fn offer(&self, by_score: Option<&Words<'_>>, row: u32, is_own: bool, facet: impl Fn() -> Facet, top: &mut Top) {
        let products = &self.market.products;
        let (first, how) = match by_score {
            Some(words) => {
                let (score, how) = words.score_from(least_score(top), row, &products.words(row));
                (u64::from(u32::MAX - score), Some(how))
            }
            None if self.is_ready && !is_own => (self.first_key(row, facet), None),
            None => (self.first_key_by_offers(row, facet), None),
        };
        if !top.may_enter(first) {
            return;
        }
        // No offer that passes stands before the first of all.
        let first = if !is_own && self.by_passing.contains(row) { self.key_by_passing(row) } else { first };
        if top.may_enter(first) {
            top.offer((first, products.id(row)), row, how);
        }
    }

    /// The answer with how each row of the page was found by `words`.
    pub(super) fn found(&self, words: Option<&Words<'_>>, mut top: Top, mut counted: (Counts, u32)) -> Found {
        if let Some(own) = &self.own {
            self.correct(own, words, &mut top, &mut counted);
        }
        let (counts, total) = counted;
        let (rows, more) = top.into_page();
        let by_name = |row: u32, key: u64, how: Option<How>, words: &Words<'_>| match how {
            Some(how) => (u32::try_from(key).map_or(0, |key| u32::MAX - key), how),
            None => words.score(row, &self.market.products.words(row)),
        };
        let how = |row, key: SortKey, how| words.map(|words| self.market.how_in_full(words, row, by_name(row, key.0, how, words)));
        let hits = rows.into_iter().map(|(key, row, found)| Hit { row, key, how: how(row, key, found) }).collect();
        Found { hits, more, total, counts }
    }

    /// The rows to look at.
    ///
    /// A row that fails in two counted dimensions is counted nowhere, so it must pass one of any two of them: the two
    /// rarest are enough.
    fn candidates(&self) -> Bits<'a> {
        let products = &self.market.products;
        let sets = if self.is_ready { self.sets() } else { self.fixed_sets() };
        let (mut counted, needed): (Vec<Set<'a>>, Vec<Set<'a>>) = sets.into_iter().partition(|set| set.dimension.is_some());
        let mut needed: Vec<Bits<'a>> = needed.into_iter().map(|set| set.rows).collect();
        counted.sort_by_key(|set| set.rows.len());
        if let [first, second, ..] = counted.as_mut_slice() {
            first.rows.unite(&second.rows);
            needed.extend(counted.into_iter().next().map(|either| either.rows));
        }
        if self.is_ready && self.question.filter.asks_beside_price() {
            needed.push(self.bits_of([&products.bitmaps().offered]));
        }
        let mut needed = needed.into_iter();
        let Some(mut rows) = needed.next() else { return self.all() };
        needed.for_each(|other| rows.intersect(&other));
        rows
    }

    /// What a row is sorted by, beside its id, as the columns have it: of offers by the first of all.
    fn first_key(&self, row: u32, facet: impl Fn() -> Facet) -> u64 {
        let products = &self.market.products;
        match self.question.sort {
            Sort::Price => u64::from(products.price(row, self.seen)),
            Sort::Quantity => u64::MAX - products.quantity(row).unsigned_abs(),
            Sort::Stars => 3 - u64::try_from(facet().star_step()).unwrap_or(0),
            Sort::Distance => self.distances.and_then(|distances| distances.get(facet().province())).map_or(0, |km| u64::from(*km)),
            Sort::Newest | Sort::Relevance => newest(products.id(row)),
        }
    }

    /// The same for a day or a caller for which columns are not right.
    fn first_key_by_offers(&self, row: u32, facet: impl Fn() -> Facet) -> u64 {
        let question = self.question;
        let passing = || self.market.passing_offers(row, question);
        match question.sort {
            Sort::Price => passing().map(|supply| seen_price(&supply, &question.view)).min().unwrap_or(UNKNOWN_PRICE).into(),
            Sort::Quantity => {
                let left = passing().map(|supply| question.quantity_left(&supply, self.market));
                u64::MAX - left.max().unwrap_or(0).unsigned_abs()
            }
            _ => self.first_key(row, facet),
        }
    }
}
