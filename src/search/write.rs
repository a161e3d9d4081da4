//! The answers as JSON, written from the columns of the index into one buffer.

use super::parts::Parts;
use super::plain::{push_day, push_decimal, push_id, push_number, quote};
use crate::decimal::CURRENCIES;
use crate::market::Market;
use crate::market::facet::Counts;
use crate::market::matching::{Supply, View};
use crate::market::record::{Basis, Day, FOREVER, Id, MonthBits, Paper, Price};
use crate::market::search::{Found, FoundOffers, Hit, Place, Question, Sort};
use crate::market::text::query::How;
use chrono::NaiveDate;
use std::ops::Range;
use std::sync::Arc;

/// More than most answers have, so that few are moved while they grow.
const CAPACITY: usize = 32 * 1024;

/// What an answer is written under.
#[derive(Debug)]
pub struct Writer<'a> {
    pub(super) market: &'a Market,
    view: &'a View<'a>,
    as_of: Day,
    /// What was asked of offers and their order, where a product is to show the offer that it was found for.
    question: Option<&'a Question<'a>>,
    place: Option<Place>,
    fields: Option<Vec<String>>,
    pub(super) parts: Arc<Parts>,
    pub(crate) out: Vec<u8>,
}

/// What an answer shows of a product's offers.
#[derive(Debug)]
struct Shown {
    /// How many are open.
    open: u32,
    /// The one that is written out, with its row.
    offer: Option<(u32, Supply)>,
}

impl<'a> Writer<'a> {
    /// A writer for `day`; `fields` are the members of an item to keep.
    pub fn new(
        market: &'a Market,
        view: &'a View<'a>,
        as_of: Day,
        day: NaiveDate,
        place: Option<Place>,
        fields: Option<Vec<String>>,
    ) -> Self {
        Self { market, view, as_of, question: None, place, fields, parts: Parts::of(day), out: Vec::with_capacity(CAPACITY) }
    }

    /// The same, of the answer to `question`.
    #[must_use]
    pub fn answering(self, question: &'a Question<'a>) -> Self {
        Self { question: Some(question), place: question.place, ..self }
    }

    /// A page of products.
    pub fn products(mut self, found: &Found, facets: u8, next: Option<&str>) -> Vec<u8> {
        self.out.extend_from_slice(b"{\"items\":[");
        if self.is_everybodys() {
            self.kept_products(&found.hits);
        } else {
            for (at, hit) in found.hits.iter().enumerate() {
                self.separate(at);
                self.product(hit);
                self.where_and_how(hit);
            }
        }
        self.rest(found.total, found.hits.first().and_then(|hit| hit.how), &found.counts, facets, next);
        self.out
    }

    /// A page of offers.
    pub fn offers(mut self, found: &FoundOffers, facets: u8, next: Option<&str>) -> Vec<u8> {
        self.out.extend_from_slice(b"{\"items\":[");
        for (at, hit) in found.hits.iter().enumerate() {
            self.separate(at);
            self.out.push(b'{');
            self.offer_members(&hit.supply);
            self.about_offer(&hit.supply, hit.how);
            self.out.push(b'}');
        }
        self.rest(found.total, found.hits.first().and_then(|hit| hit.how), &found.counts, facets, next);
        self.out
    }

    /// Whether the answer is for today and everybody's eyes, with all members: then an item is the same for the next one
    /// who finds it.
    pub(crate) fn is_everybodys(&self) -> bool {
        self.fields.is_none()
            && self.period() == (self.as_of, self.as_of)
            && self.as_of == self.market.today()
            && *self.view == View::PUBLIC
    }

    /// Products whose text is kept, and those whose text is kept from now on.
    fn kept_products(&mut self, hits: &[Hit]) {
        let market = self.market;
        let (mut made, mut made_shown) = (Vec::new(), Vec::new());
        let (kept, kept_shown) = (market.kept().read(), market.kept_shown().read());
        // Which of several offers a product shows depends on what was asked of them: by that one its text is kept.
        let several = &market.products().bitmaps().several;
        let chooses = self.question.is_some_and(|question| question.filter.asks_offers() || question.sort == Sort::Quantity);
        let shown = |hit: &Hit| if chooses && several.contains(hit.row) { self.shown(hit.row).offer.map(|(row, _)| row) } else { None };
        let shown: Vec<Option<u32>> = hits.iter().map(shown).collect();
        // What is left of an offer depends on the months that were asked.
        let is_promised = |hit: &Hit| market.promised_products().contains(hit.row);
        let text = |(hit, shown): (&Hit, &Option<u32>)| {
            if is_promised(hit) {
                return None;
            }
            shown.map_or_else(|| kept.get(hit.row), |offer| kept_shown.get(offer))
        };
        let texts: Vec<Option<&str>> = hits.iter().zip(&shown).map(text).collect();
        fetch(texts.iter().copied().flatten().flat_map(lines));
        for (at, ((hit, shown), text)) in hits.iter().zip(shown).zip(texts).enumerate() {
            self.separate(at);
            if let Some(text) = text {
                self.raw(text);
            } else {
                let start = self.out.len();
                self.product(hit);
                match shown {
                    _ if is_promised(hit) => {}
                    Some(offer) => made_shown.push((offer, self.since(start))),
                    None => made.push((hit.row, self.since(start))),
                }
            }
            self.where_and_how(hit);
        }
        drop((kept, kept_shown));
        for (kept, made) in [(market.kept(), made), (market.kept_shown(), made_shown)] {
            if !made.is_empty() {
                kept.keep(made);
            }
        }
    }

    /// What is of the question, not of the product; ends the item.
    fn where_and_how(&mut self, hit: &Hit) {
        if self.place.is_none() && self.fields.is_none() {
            if let Some(how) = hit.how {
                self.out.extend_from_slice(b",\"matched\":\"");
                self.raw(word(how));
                self.out.push(b'"');
                if how == How::Place {
                    self.raw(",\"in_place\":true");
                }
            }
        } else {
            self.how_and_where(self.market.products().producer(hit.row), hit.how);
        }
        self.out.push(b'}');
    }

    /// What was written from `start` on, to be kept.
    pub(crate) fn since(&self, start: usize) -> Arc<str> {
        String::from_utf8_lossy(self.out.get(start..).unwrap_or_default()).into()
    }

    /// Writes once more what stands in `place`.
    pub(crate) fn again(&mut self, place: Range<usize>) {
        self.out.extend_from_within(place);
    }

    pub(crate) fn separate(&mut self, at: usize) {
        if at > 0 {
            self.out.push(b',');
        }
    }

    fn rest(&mut self, total: u32, matched: Option<How>, counts: &Counts, facets: u8, next: Option<&str>) {
        self.out.extend_from_slice(b"],\"next_cursor\":");
        match next {
            Some(cursor) => quote(&mut self.out, cursor),
            None => self.out.extend_from_slice(b"null"),
        }
        self.out.extend_from_slice(b",\"total\":");
        self.number(total);
        self.out.extend_from_slice(b",\"matched\":");
        match matched {
            Some(how) => quote(&mut self.out, word(how)),
            None => self.out.extend_from_slice(b"null"),
        }
        self.out.extend_from_slice(b",\"facets\":{");
        self.facets(counts, facets);
        self.out.extend_from_slice(b"},\"as_of\":");
        self.day(self.as_of);
        self.out.push(b'}');
    }

    /// Whether member `name` of an item is wanted; begins it then.
    fn member(&mut self, name: &str) -> bool {
        if self.fields.as_ref().is_some_and(|fields| !fields.iter().any(|field| field == name)) {
            return false;
        }
        if !self.out.ends_with(b"{") {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.raw(name);
        self.out.extend_from_slice(b"\":");
        true
    }

    /// The members that are of the product alone.
    fn product(&mut self, hit: &Hit) {
        let (market, row) = (self.market, hit.row);
        let products = market.products();
        let producer = products.producer(row);
        self.out.push(b'{');
        if self.member("id") {
            self.id("prd", products.id(row));
        }
        if self.member("version") {
            self.number(products.version(row));
        }
        if self.member("producer_id") {
            self.id("org", market.organisations().id(producer));
        }
        if self.member("name") {
            quote(&mut self.out, &products.name(row));
        }
        if self.member("group") {
            self.group(products.group(row));
        }
        if self.member("producer") {
            self.producer(producer);
        }
        self.papers(row);
        self.open_offers(row);
        if self.member("illustrative") {
            self.raw(if products.is_illustrative(row) { "true" } else { "false" });
        }
    }

    pub(crate) fn group(&mut self, group: u8) {
        self.out.extend_from_slice(self.parts.groups.get(usize::from(group)).map_or("null", String::as_str).as_bytes());
    }

    pub(crate) fn producer(&mut self, row: u32) {
        let market = self.market;
        let organisation = market.organisations().get(row);
        self.out.extend_from_slice(b"{\"id\":");
        self.id("org", market.organisations().id(row));
        self.out.extend_from_slice(b",\"name\":");
        quote(&mut self.out, &market.organisations().name(row));
        self.out.extend_from_slice(b",\"province\":");
        self.province(organisation.map_or(0, |organisation| organisation.province));
        self.out.push(b'}');
    }

    /// Over which days stars and certificates are asked to hold: the day asked, where nothing is said.
    fn period(&self) -> (Day, Day) {
        self.question.and_then(|question| question.filter.period).unwrap_or((self.as_of, self.as_of))
    }

    /// `stars` and `valid_certificates`, those that hold on the day or over the period asked: of each kind the paper that
    /// holds longest.
    fn papers(&mut self, row: u32) {
        let market = self.market;
        let papers = market.papers().get(market.products().papers(row));
        let (from, until) = self.period();
        let valid = || papers.clone().filter(|paper| paper.holds_through(from, until));
        let stars = valid().map(|paper| paper.stars).max().filter(|stars| *stars > 0);
        if let Some(stars) = stars
            && self.member("stars")
        {
            self.number(stars);
        }
        if self.member("valid_certificates") {
            self.out.push(b'[');
            for (at, paper) in valid().enumerate() {
                self.separate(at);
                self.paper(&paper);
            }
            self.out.push(b']');
        }
    }

    fn paper(&mut self, paper: &Paper) {
        self.out.extend_from_slice(b"{\"kind\":\"");
        self.out.extend_from_slice(self.parts.kinds.get(usize::from(paper.kind)).copied().unwrap_or_default().as_bytes());
        self.out.push(b'"');
        if paper.stars > 0 {
            self.out.extend_from_slice(b",\"stars\":");
            self.number(paper.stars);
        }
        if paper.until != FOREVER {
            self.out.extend_from_slice(b",\"valid_through\":");
            self.day(paper.until);
        }
        self.out.push(b'}');
    }

    /// `open_offers` and `offer`.
    fn open_offers(&mut self, row: u32) {
        let wants = |name: &str| self.fields.as_ref().is_none_or(|fields| fields.iter().any(|field| field == name));
        if !wants("open_offers") && !wants("offer") {
            return;
        }
        let Shown { open, offer } = self.shown(row);
        if self.member("open_offers") {
            self.number(open);
        }
        if let Some((_, supply)) = offer
            && self.member("offer")
        {
            let fields = self.fields.take();
            self.out.push(b'{');
            self.offer_members(&supply);
            self.out.push(b'}');
            self.fields = fields;
        }
    }

    /// What of a product's offers is shown.
    fn shown(&self, row: u32) -> Shown {
        let market = self.market;
        let (mut open, mut best, mut shown) = (0_u32, None, None);
        let by_quantity = self.question.is_some_and(|question| question.sort == Sort::Quantity);
        for offer in market.offers().chain(market.products().first_offer(row)) {
            let Some(supply) = market.offers().get(offer).filter(|supply| supply.months_left(self.as_of) != 0) else { continue };
            open += 1;
            // The one that was found comes first: that does what was asked of one offer.
            let is_other = self.question.is_some_and(|question| question.takes(&supply, market).bits() != 0);
            let price = if by_quantity { 0 } else { crate::market::search::seen_price(&supply, self.view) };
            let rank = (is_other, price, -self.quantity_left(&supply), supply.id);
            if best.is_none_or(|best| rank < best) {
                (best, shown) = (Some(rank), Some((offer, supply)));
            }
        }
        Shown { open, offer: shown }
    }

    /// What is left of an offer in the months that were asked, or in the one with the most.
    fn quantity_left(&self, supply: &Supply) -> i64 {
        let months = self.question.map_or(0, |question| question.filter.months);
        self.market.quantity_left(supply, months, *self.view, self.as_of)
    }

    pub(crate) fn offer_members(&mut self, supply: &Supply) {
        if self.member("id") {
            self.id("ofr", supply.id);
        }
        if self.member("quantity_base") {
            self.base(supply.quantity, supply.unit);
        }
        let left = self.quantity_left(supply);
        if left != supply.quantity && self.member("left_base") {
            self.base(left, supply.unit);
        }
        if self.member("months") {
            self.months(supply.months);
        }
        if self.member("available_from") {
            self.day(supply.from);
        }
        if supply.until != FOREVER && self.member("available_until") {
            self.day(supply.until);
        }
        if let Some(price) = supply.price.filter(|_| self.view.sees_price(supply))
            && self.member("price")
        {
            self.price(&price, supply.unit);
        }
    }

    pub(crate) fn price(&mut self, price: &Price, unit: u8) {
        let currency = CURRENCIES.get(usize::from(price.currency)).map_or("VND", |(code, _)| code);
        self.out.extend_from_slice(b"{\"amount\":\"");
        push_decimal(&mut self.out, price.amount, 2);
        self.out.extend_from_slice(b"\",\"currency\":\"");
        self.raw(currency);
        self.out.extend_from_slice(b"\",\"quantity_base\":");
        self.base(price.per_base, unit);
        let basis = if price.basis == Basis::FarmGate { "farm_gate" } else { "delivered" };
        self.out.extend_from_slice(b",\"basis\":\"");
        self.raw(basis);
        self.raw(if price.vat_included { "\",\"vat_included\":true}" } else { "\",\"vat_included\":false}" });
    }

    pub(crate) fn province(&mut self, province: u8) {
        self.out.extend_from_slice(self.parts.provinces.get(usize::from(province)).map_or("null", String::as_str).as_bytes());
    }

    pub(crate) fn months(&mut self, months: MonthBits) {
        self.out.push(b'[');
        for (at, month) in (1_u16..=12).filter(|month| months >> (month - 1) & 1 == 1).enumerate() {
            self.separate(at);
            self.number(u64::from(month));
        }
        self.out.push(b']');
    }

    /// What an offer that was found says beside itself.
    fn about_offer(&mut self, supply: &Supply, how: Option<How>) {
        let products = self.market.products();
        if self.member("version") {
            self.number(supply.version);
        }
        if self.member("product_id") {
            self.id("prd", products.id(supply.product));
        }
        if supply.minimum_order > 0 && self.member("minimum_order_base") {
            self.out.push(b'"');
            push_decimal(&mut self.out, supply.minimum_order, 3);
            self.out.push(b'"');
        }
        if let Some(days) = supply.lead_time_days
            && self.member("lead_time_days")
        {
            self.number(days);
        }
        if self.member("product") {
            self.out.extend_from_slice(b"{\"id\":");
            self.id("prd", products.id(supply.product));
            self.out.extend_from_slice(b",\"name\":");
            quote(&mut self.out, &products.name(supply.product));
            self.out.extend_from_slice(b",\"group\":");
            self.group(supply.group);
            self.out.push(b'}');
        }
        if self.member("producer") {
            self.producer(supply.producer);
        }
        self.papers(supply.product);
        self.how_and_where(supply.producer, how);
        if self.member("illustrative") {
            self.raw(if supply.illustrative { "true" } else { "false" });
        }
    }

    fn how_and_where(&mut self, producer: u32, how: Option<How>) {
        if let Some(place) = self.place
            && self.member("distance_km")
        {
            let province = self.market.organisations().get(producer).map_or(0, |producer| producer.province);
            self.number(place.distance(self.market.tables(), province));
        }
        if let Some(how) = how
            && self.member("matched")
        {
            quote(&mut self.out, word(how));
        }
        if how == Some(How::Place) && self.member("in_place") {
            self.raw("true");
        }
    }

    pub(crate) fn base(&mut self, quantity: i64, unit: u8) {
        self.out.extend_from_slice(b"{\"quantity\":\"");
        push_decimal(&mut self.out, quantity, 3);
        self.out.extend_from_slice(b"\",\"unit\":\"");
        self.out.extend_from_slice(self.parts.units.get(usize::from(unit)).copied().unwrap_or_default().as_bytes());
        self.out.extend_from_slice(b"\"}");
    }

    pub(crate) fn id(&mut self, prefix: &str, id: Id) {
        self.out.push(b'"');
        push_id(&mut self.out, prefix, id);
        self.out.push(b'"');
    }

    pub(crate) fn day(&mut self, day: Day) {
        self.out.push(b'"');
        push_day(&mut self.out, day);
        self.out.push(b'"');
    }

    pub(crate) fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(super) fn number(&mut self, number: impl TryInto<u64>) {
        push_number(&mut self.out, number.try_into().unwrap_or(0));
    }
}

/// Has the processor bring what `bytes` lie in, anywhere in memory, all at once: used one after the other, each would be
/// waited for.
pub fn fetch(bytes: impl Iterator<Item = u8>) {
    std::hint::black_box(bytes.fold(0, |all, byte| all ^ byte));
}

/// A byte of each line of memory that `text` lies in.
pub fn lines(text: &str) -> impl Iterator<Item = u8> {
    const LINE: usize = 64;
    text.as_bytes().iter().step_by(LINE).copied()
}

/// The word of an answer for how something was found.
pub fn word(how: How) -> &'static str {
    match how {
        How::Exact => "exact",
        How::Folded => "folded",
        How::Prefix => "prefix",
        How::Synonym => "synonym",
        How::Typo => "typo",
        How::Place | How::Partial => "partial",
    }
}
