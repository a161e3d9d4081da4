//! The answers as JSON, written from the columns of the index into one buffer.
//!
//! What stands in many items (a unit, a group, a kind of certificate) is serialised once for a day and copied.

use super::plain::{push_day, push_decimal, push_id, push_number};
use crate::decimal::CURRENCIES;
use crate::market::Market;
use crate::market::facet::{Counts, Dimension, PRICE_STEPS};
use crate::market::matching::{Supply, View};
use crate::market::record::{Basis, Day, FOREVER, Id, MonthBits, Paper, Price};
use crate::market::search::{Found, FoundOffers, Hit, Place};
use crate::market::text::query::How;
use crate::organisations::ProducerKind;
use crate::reference::views::{GroupView, ProvinceUnit, ProvinceView};
use crate::reference::{CertificateKindId, GroupId, ProvinceId, UnitId};
use chrono::NaiveDate;
use parking_lot::RwLock;
use serde::Serialize;
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

/// What is the same in many items of a day.
#[derive(Debug)]
struct Parts {
    day: NaiveDate,
    /// Each unit as it stands in a producer.
    provinces: Vec<String>,
    /// Each group as it stands in a product.
    groups: Vec<String>,
    /// Each unit as it stands in a facet, up to its count.
    province_facets: Vec<String>,
    /// Each group as it stands in a facet, up to its count.
    group_facets: Vec<String>,
    /// Codes of certificate kinds.
    kinds: Vec<&'static str>,
    /// Codes of units.
    units: Vec<&'static str>,
}

impl Parts {
    fn new(day: NaiveDate) -> Self {
        let provinces = || (0_u8..128).map_while(ProvinceId::from_row);
        let groups = || (0_u8..128).map_while(GroupId::from_row);
        let facet = |id: &str, code: &str, name: &str| {
            let mut text = String::from("{\"id\":");
            quote(&mut text, id);
            text.push_str(",\"code\":");
            quote(&mut text, code);
            text.push_str(",\"name\":");
            quote(&mut text, name);
            text.push_str(",\"count\":");
            text
        };
        Self {
            day,
            provinces: provinces().map(|id| json(&ProvinceView::new(id, day))).collect(),
            groups: groups().map(|id| json(&GroupView::from(id))).collect(),
            province_facets: provinces().map(ProvinceUnit::from).map(|unit| facet(&unit.id, &unit.code, &unit.name)).collect(),
            group_facets: groups().map(GroupView::from).map(|group| facet(&group.id, &group.code, &group.name)).collect(),
            kinds: (0_u8..64).map_while(CertificateKindId::from_row).map(|kind| kind.as_str()).collect(),
            units: (0_u8..128).map_while(UnitId::from_row).map(|unit| unit.as_str()).collect(),
        }
    }

    /// Those of `day`, made at the first question of a day; another day than the last asked has them made anew.
    fn of(day: NaiveDate) -> Arc<Self> {
        static LATEST: RwLock<Option<Arc<Parts>>> = RwLock::new(None);
        if let Some(parts) = LATEST.read().as_ref().filter(|parts| parts.day == day) {
            return Arc::clone(parts);
        }
        let made = Arc::new(Self::new(day));
        // Today's stay: another day is asked seldom.
        if day >= LATEST.read().as_ref().map_or(NaiveDate::MIN, |parts| parts.day) {
            *LATEST.write() = Some(Arc::clone(&made));
        }
        made
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// What an answer is written under.
#[derive(Debug)]
pub struct Writer<'a> {
    market: &'a Market,
    view: &'a View,
    as_of: Day,
    day: NaiveDate,
    place: Option<Place>,
    fields: Option<Vec<String>>,
    parts: Arc<Parts>,
    pub(crate) out: String,
}

impl<'a> Writer<'a> {
    /// A writer for `day`; `fields` are the members of an item to keep.
    pub fn new(market: &'a Market, view: &'a View, as_of: Day, day: NaiveDate, place: Option<Place>, fields: Option<Vec<String>>) -> Self {
        Self { market, view, as_of, day, place, fields, parts: Parts::of(day), out: String::with_capacity(32 * 1024) }
    }

    /// A page of products.
    pub fn products(mut self, found: &Found, facets: u8, next: Option<&str>) -> String {
        self.out.push_str("{\"items\":[");
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
    pub fn offers(mut self, found: &FoundOffers, facets: u8, next: Option<&str>) -> String {
        self.out.push_str("{\"items\":[");
        for (at, hit) in found.hits.iter().enumerate() {
            self.separate(at);
            self.out.push('{');
            self.offer_members(&hit.supply);
            self.about_offer(&hit.supply, hit.how);
            self.out.push('}');
        }
        self.rest(found.total, found.hits.first().and_then(|hit| hit.how), &found.counts, facets, next);
        self.out
    }

    /// Whether the answer is for today and everybody's eyes, with all members: then an item is the same for the next one
    /// who finds it.
    pub(crate) fn is_everybodys(&self) -> bool {
        self.fields.is_none() && self.as_of == self.market.today() && *self.view == View::PUBLIC
    }

    /// Products whose text is kept, and those whose text is kept from now on.
    fn kept_products(&mut self, hits: &[Hit]) {
        let market = self.market;
        let mut made = Vec::new();
        let kept = market.kept().read();
        for (at, hit) in hits.iter().enumerate() {
            self.separate(at);
            if let Some(text) = kept.get(hit.row as usize).and_then(Option::as_ref) {
                self.out.push_str(text);
            } else {
                let start = self.out.len();
                self.product(hit);
                made.push((hit.row, Arc::from(self.out.get(start..).unwrap_or_default())));
            }
            self.where_and_how(hit);
        }
        drop(kept);
        if !made.is_empty() {
            market.kept().keep(made);
        }
    }

    /// What is of the question, not of the product; ends the item.
    fn where_and_how(&mut self, hit: &Hit) {
        self.how_and_where(self.market.products().producer(hit.row), hit.how);
        self.out.push('}');
    }

    /// Writes once more what stands in `place`.
    pub(crate) fn again(&mut self, place: Range<usize>) {
        self.out.extend_from_within(place);
    }

    pub(crate) fn separate(&mut self, at: usize) {
        if at > 0 {
            self.out.push(',');
        }
    }

    fn rest(&mut self, total: u32, matched: Option<How>, counts: &Counts, facets: u8, next: Option<&str>) {
        self.out.push_str("],\"next_cursor\":");
        match next {
            Some(cursor) => quote(&mut self.out, cursor),
            None => self.out.push_str("null"),
        }
        let _ = write!(self.out, ",\"total\":{total},\"matched\":");
        match matched {
            Some(how) => quote(&mut self.out, word(how)),
            None => self.out.push_str("null"),
        }
        self.out.push_str(",\"facets\":{");
        self.facets(counts, facets);
        let _ = write!(self.out, "}},\"as_of\":\"{}\"}}", self.day);
    }

    /// Whether member `name` of an item is wanted; begins it then.
    fn member(&mut self, name: &str) -> bool {
        if self.fields.as_ref().is_some_and(|fields| !fields.iter().any(|field| field == name)) {
            return false;
        }
        if !self.out.ends_with('{') {
            self.out.push(',');
        }
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
        true
    }

    /// The members that are of the product alone.
    fn product(&mut self, hit: &Hit) {
        let (market, row) = (self.market, hit.row);
        let products = market.products();
        let producer = products.producer(row);
        self.out.push('{');
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
            quote(&mut self.out, products.name(row));
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
            self.out.push_str(if products.is_illustrative(row) { "true" } else { "false" });
        }
    }

    pub(crate) fn group(&mut self, group: u8) {
        self.out.push_str(self.parts.groups.get(usize::from(group)).map_or("null", String::as_str));
    }

    pub(crate) fn producer(&mut self, row: u32) {
        let market = self.market;
        let organisation = market.organisations().get(row);
        self.out.push_str("{\"id\":");
        self.id("org", market.organisations().id(row));
        self.out.push_str(",\"name\":");
        quote(&mut self.out, organisation.map_or("", |organisation| &organisation.name));
        self.out.push_str(",\"province\":");
        self.province(organisation.map_or(0, |organisation| organisation.province));
        self.out.push('}');
    }

    /// `stars` and `valid_certificates`: of each kind the paper that holds longest.
    fn papers(&mut self, row: u32) {
        let market = self.market;
        let papers = market.papers().get(market.products().papers(row));
        let as_of = self.as_of;
        let valid = || papers.iter().filter(|paper| paper.holds_through(as_of, as_of));
        let stars = valid().map(|paper| paper.stars).max().filter(|stars| *stars > 0);
        if let Some(stars) = stars
            && self.member("stars")
        {
            self.number(stars);
        }
        if self.member("valid_certificates") {
            self.out.push('[');
            for (at, paper) in valid().enumerate() {
                self.separate(at);
                self.paper(paper);
            }
            self.out.push(']');
        }
    }

    fn paper(&mut self, paper: &Paper) {
        self.out.push_str("{\"kind\":\"");
        self.out.push_str(self.parts.kinds.get(usize::from(paper.kind)).copied().unwrap_or_default());
        self.out.push('"');
        if paper.stars > 0 {
            self.out.push_str(",\"stars\":");
            self.number(paper.stars);
        }
        if paper.until != FOREVER {
            self.out.push_str(",\"valid_through\":");
            self.day(paper.until);
        }
        self.out.push('}');
    }

    /// `open_offers` and `offer`.
    fn open_offers(&mut self, row: u32) {
        let wants = |name: &str| self.fields.as_ref().is_none_or(|fields| fields.iter().any(|field| field == name));
        if !wants("open_offers") && !wants("offer") {
            return;
        }
        let market = self.market;
        let mut count = 0_u32;
        let mut best: Option<((u32, i64, Id), Supply)> = None;
        for offer in market.offers().chain(market.products().first_offer(row)) {
            let Some(supply) = market.offers().get(offer).filter(|supply| supply.is_open(self.as_of)) else { continue };
            count += 1;
            let rank = (crate::market::search::seen_price(&supply, self.view), -supply.quantity, supply.id);
            if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                best = Some((rank, supply));
            }
        }
        if self.member("open_offers") {
            self.number(count);
        }
        if let Some((_, supply)) = best
            && self.member("offer")
        {
            let fields = self.fields.take();
            self.out.push('{');
            self.offer_members(&supply);
            self.out.push('}');
            self.fields = fields;
        }
    }

    pub(crate) fn offer_members(&mut self, supply: &Supply) {
        if self.member("id") {
            self.id("ofr", supply.id);
        }
        if self.member("quantity_base") {
            self.base(supply.quantity, supply.unit);
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
        self.out.push_str("{\"amount\":\"");
        push_decimal(&mut self.out, price.amount, 2);
        self.out.push_str("\",\"currency\":\"");
        self.out.push_str(currency);
        self.out.push_str("\",\"quantity_base\":");
        self.base(price.per_base, unit);
        let basis = if price.basis == Basis::FarmGate { "farm_gate" } else { "delivered" };
        self.out.push_str(",\"basis\":\"");
        self.out.push_str(basis);
        self.out.push_str(if price.vat_included { "\",\"vat_included\":true}" } else { "\",\"vat_included\":false}" });
    }

    pub(crate) fn province(&mut self, province: u8) {
        self.out.push_str(self.parts.provinces.get(usize::from(province)).map_or("null", String::as_str));
    }

    pub(crate) fn months(&mut self, months: MonthBits) {
        self.out.push('[');
        for (at, month) in (1_u16..=12).filter(|month| months >> (month - 1) & 1 == 1).enumerate() {
            self.separate(at);
            self.number(u64::from(month));
        }
        self.out.push(']');
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
            self.out.push('"');
            push_decimal(&mut self.out, supply.minimum_order, 3);
            self.out.push('"');
        }
        if let Some(days) = supply.lead_time_days
            && self.member("lead_time_days")
        {
            self.number(days);
        }
        if self.member("product") {
            self.out.push_str("{\"id\":");
            self.id("prd", products.id(supply.product));
            self.out.push_str(",\"name\":");
            quote(&mut self.out, products.name(supply.product));
            self.out.push_str(",\"group\":");
            self.group(supply.group);
            self.out.push('}');
        }
        if self.member("producer") {
            self.producer(supply.producer);
        }
        self.papers(supply.product);
        self.how_and_where(supply.producer, how);
        if self.member("illustrative") {
            self.out.push_str(if supply.illustrative { "true" } else { "false" });
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
    }

    fn facets(&mut self, counts: &Counts, facets: u8) {
        let asked = |dimension: Dimension| facets & dimension.bit() != 0;
        let parts = Arc::clone(&self.parts);
        if asked(Dimension::Province) {
            self.named("province", &counts.by_current_province(self.market.tables()), &parts.province_facets);
        }
        if asked(Dimension::Group) {
            self.named("group", &counts.by_current_group(self.market.tables()), &parts.group_facets);
        }
        if asked(Dimension::Stars) {
            self.list("stars", counts.stars.iter().zip([0, 3, 4, 5]).rev().filter(|(count, _)| **count > 0), |out, (count, stars)| {
                let _ = write!(out, "{{\"value\":{stars},\"count\":{count}}}");
            });
        }
        if asked(Dimension::Certificate) {
            self.list("certificate", counts.certificate.iter().zip(&parts.kinds).filter(|(count, _)| **count > 0), |out, (count, kind)| {
                let _ = write!(out, "{{\"value\":\"{kind}\",\"count\":{count}}}");
            });
        }
        if asked(Dimension::ProducerKind) {
            self.list(
                "producer_kind",
                counts.kind.iter().zip(ProducerKind::WORDS).filter(|(count, _)| **count > 0),
                |out, (count, kind)| {
                    let _ = write!(out, "{{\"value\":\"{kind}\",\"count\":{count}}}");
                },
            );
        }
        if asked(Dimension::Month) {
            self.list("month", (1..).zip(&counts.month).filter(|(_, count)| **count > 0), |out, (month, count): (u8, &u32)| {
                let _ = write!(out, "{{\"value\":{month},\"count\":{count}}}");
            });
        }
        if asked(Dimension::Price) {
            self.list(
                "price",
                counts.price.iter().take(PRICE_STEPS.len() + 2).enumerate().filter(|(_, count)| **count > 0),
                |out, (bucket, count)| {
                    out.push('{');
                    let is_known = bucket <= PRICE_STEPS.len();
                    if let Some(from) = bucket.checked_sub(1).and_then(|below| PRICE_STEPS.get(below)).filter(|_| is_known) {
                        let _ = write!(out, "\"from\":{from},");
                    }
                    if let Some(below) = PRICE_STEPS.get(bucket) {
                        let _ = write!(out, "\"below\":{below},");
                    }
                    let _ = write!(out, "\"known\":{is_known},\"count\":{count}}}");
                },
            );
        }
    }

    fn named(&mut self, name: &str, counts: &[(u8, u32)], parts: &[String]) {
        self.list(
            name,
            counts.iter().filter_map(|(row, count)| parts.get(usize::from(*row)).map(|part| (part, count))),
            |out, (part, count)| {
                out.push_str(part);
                let _ = write!(out, "{count}}}");
            },
        );
    }

    fn list<T>(&mut self, name: &str, items: impl Iterator<Item = T>, item: impl Fn(&mut String, T)) {
        if !self.out.ends_with('{') {
            self.out.push(',');
        }
        let _ = write!(self.out, "\"{name}\":[");
        for (at, value) in items.enumerate() {
            self.separate(at);
            item(&mut self.out, value);
        }
        self.out.push(']');
    }

    pub(crate) fn base(&mut self, quantity: i64, unit: u8) {
        self.out.push_str("{\"quantity\":\"");
        push_decimal(&mut self.out, quantity, 3);
        self.out.push_str("\",\"unit\":\"");
        self.out.push_str(self.parts.units.get(usize::from(unit)).copied().unwrap_or_default());
        self.out.push_str("\"}");
    }

    pub(crate) fn id(&mut self, prefix: &str, id: Id) {
        self.out.push('"');
        push_id(&mut self.out, prefix, id);
        self.out.push('"');
    }

    pub(crate) fn day(&mut self, day: Day) {
        self.out.push('"');
        push_day(&mut self.out, day);
        self.out.push('"');
    }

    fn number(&mut self, number: impl TryInto<u64>) {
        push_number(&mut self.out, number.try_into().unwrap_or(0));
    }
}

/// The word of an answer for how something was found.
pub fn word(how: How) -> &'static str {
    match how {
        How::Exact => "exact",
        How::Folded => "folded",
        How::Prefix => "prefix",
        How::Synonym => "synonym",
        How::Typo => "typo",
        How::Partial => "partial",
    }
}

/// Appends `text` as a JSON string.
pub fn quote(out: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        out.push_str(&json(&text));
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}
