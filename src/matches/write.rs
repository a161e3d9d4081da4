//! The answers as JSON, written from the index into one buffer.

use super::texts::Pen;
use crate::error::Language;
use crate::ids::base32;
use crate::market::Market;
use crate::market::demands::Asked;
use crate::market::matching::{
    Code, Criterion, Need, Part, Place, Ranking, Raw, Readiness, Scored, Setting, Supply, Unlock, evaluate, mends, missed, scored,
};
use crate::market::record::{Day, Id, Price};
use crate::search::{Writer, push_decimal, push_number, quote};
use chrono::NaiveDate;
use std::ops::Range;

/// What an answer is written under.
#[derive(Debug)]
pub struct Page<'a> {
    pub(super) market: &'a Market,
    setting: &'a Setting<'a>,
    language: Language,
    pub(super) json: Writer<'a>,
    /// Of each criterion the last part that may come again, and where it stands.
    written: [(Option<Part>, Option<Range<usize>>); 7],
}

/// Bytes of an item, by experience somewhat more.
const ITEM_BYTES: usize = 1_200;

/// Which of a pair an item shows: the other one is what was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    Offer,
    Demand,
}

impl<'a> Page<'a> {
    /// A page for what `setting` says; `day` is its day.
    pub fn new(market: &'a Market, setting: &'a Setting<'a>, day: NaiveDate, language: Language) -> Self {
        let json = Writer::new(market, &setting.view, setting.as_of, day, None, None);
        Self { market, setting, language, json, written: std::array::from_fn(|_| (None, None)) }
    }

    /// The best offers for a demand.
    pub fn offers(mut self, need: &Need, ranking: &Ranking<Place>, version: &str, day: NaiveDate) -> String {
        let book = self.market.offers().book();
        let (best, near) = (ranking.best.iter().map(|ranked| ranked.place), ranking.near.iter().map(|near| near.place));
        self.json.out.reserve((best.len() + near.len() + 1) * ITEM_BYTES);
        self.raw("{\"items\":[");
        for (at, supply) in best.filter_map(|place| book.get(place)).enumerate() {
            self.json.separate(at);
            self.fitting(Shows::Offer, &supply, need);
        }
        self.raw("],\"near_misses\":[");
        for (at, supply) in near.filter_map(|place| book.get(place)).enumerate() {
            self.json.separate(at);
            self.missing(Shows::Offer, &supply, need);
        }
        self.end(ranking.considered, ranking.eligible, version, day)
    }

    /// The best demands for an offer.
    pub fn demands(mut self, supply: &Supply, ranking: &Ranking<Id>, version: &str, day: NaiveDate) -> String {
        let demands = self.market.demands().book();
        let (best, near) = (ranking.best.iter().map(|ranked| ranked.place), ranking.near.iter().map(|near| near.place));
        self.json.out.reserve((best.len() + near.len() + 1) * ITEM_BYTES);
        self.raw("{\"items\":[");
        for (at, need) in best.filter_map(|id| demands.get(id)).enumerate() {
            self.json.separate(at);
            self.fitting(Shows::Demand, supply, need);
        }
        self.raw("],\"near_misses\":[");
        for (at, need) in near.filter_map(|id| demands.get(id)).enumerate() {
            self.json.separate(at);
            self.missing(Shows::Demand, supply, need);
        }
        self.end(ranking.considered, ranking.eligible, version, day)
    }

    fn fitting(&mut self, shows: Shows, supply: &Supply, need: &Need) {
        self.raw("{");
        self.sides(shows, supply, need);
        self.raw(",");
        self.score(&scored(supply, need, self.setting), supply.unit);
        self.raw("}");
    }

    fn missing(&mut self, shows: Shows, supply: &Supply, need: &Need) {
        self.raw("{");
        self.sides(shows, supply, need);
        self.raw(",");
        let found = missed(supply, need, self.setting);
        self.score(&found.scored, supply.unit);
        self.raw(",\"blocked_by\":[");
        for (at, verdict) in found.fails.iter().enumerate() {
            self.json.separate(at);
            self.verdict(verdict, supply, need, None);
        }
        self.raw("]");
        self.what_if(&found.mends, supply.unit);
        self.raw("}");
    }

    fn end(mut self, considered: u32, eligible: u32, version: &str, day: NaiveDate) -> String {
        self.number("],\"considered\":", considered.into());
        self.number(",\"eligible\":", eligible.into());
        self.weights(version);
        self.end_with(day)
    }

    fn weights(&mut self, version: &str) {
        self.raw(",\"weights\":{");
        for (at, (criterion, percent)) in Criterion::ALL.into_iter().zip(self.setting.weights.percent()).enumerate() {
            self.json.separate(at);
            self.raw("\"");
            self.raw(criterion_word(criterion));
            self.number("\":", u64::from(percent) * 100);
        }
        self.raw("},\"weights_version\":\"");
        self.raw(version);
        self.raw("\"");
    }

    fn end_with(mut self, day: NaiveDate) -> String {
        self.raw(",\"as_of\":\"");
        self.raw(&day.to_string());
        self.raw("\"}");
        self.json.out
    }

    /// One pair with every constraint.
    pub fn explanation(mut self, supply: &Supply, asked: &Asked, version: &str, day: NaiveDate) -> String {
        let (setting, market, need) = (self.setting, self.market, &asked.need);
        let found = evaluate(supply, need, market.answers(supply.product, asked), setting);
        // What is closed takes no change: nothing mends it.
        let is_closed = supply.closed_on <= setting.as_of;
        let mends = if is_closed { Vec::new() } else { mends(supply, need, setting) };
        let (demand_is_open, offer_is_open) = (need.is_open(setting.as_of), supply.is_open(setting.as_of) && market.is_made(supply));
        let eligible = found.eligible && demand_is_open && offer_is_open;
        let mendable = demand_is_open && offer_is_open && found.failing().all(|code| mends.iter().any(|(mended, _)| *mended == code));
        self.raw("{");
        self.sides(Shows::Demand, supply, need);
        self.raw(",");
        self.sides(Shows::Offer, supply, need);
        for (name, value) in [("demand_is_open", demand_is_open), ("offer_is_open", offer_is_open), ("eligible", eligible)] {
            self.flag(name, value);
        }
        self.raw(",");
        self.score(&Scored { parts: found.parts, score_bp: found.score_bp, distance_km: found.distance_km }, supply.unit);
        self.raw(",\"constraints\":[");
        for (at, verdict) in found.verdicts.iter().enumerate() {
            self.json.separate(at);
            self.verdict(verdict, supply, need, Some(verdict.passes));
        }
        self.raw("]");
        self.what_if(&mends, supply.unit);
        self.flag("mendable", mendable);
        self.weights(version);
        self.end_with(day)
    }

    /// What a producer is ready for.
    pub fn readiness(mut self, producer: u32, found: &Readiness, day: NaiveDate) -> String {
        self.raw("{\"producer\":");
        self.json.producer(producer);
        for (name, number) in [("open", found.open), ("considered", found.considered), ("served", found.served)] {
            self.raw(",\"");
            self.raw(name);
            self.number("\":", number.into());
        }
        self.raw(",\"unlocks\":[");
        for (at, unlock) in found.unlocks.iter().enumerate() {
            self.json.separate(at);
            self.unlock(unlock);
        }
        self.raw("]");
        self.end_with(day)
    }

    fn unlock(&mut self, unlock: &Unlock) {
        let code = unlock.lack.code();
        self.raw("{\"code\":\"");
        self.raw(code_word(code));
        self.number("\",\"demands\":", unlock.demands.into());
        self.raw(",\"quantities\":[");
        for (at, (unit, quantity)) in unlock.quantities.iter().enumerate() {
            self.json.separate(at);
            self.json.base(i64::try_from(*quantity).unwrap_or(i64::MAX), *unit);
        }
        self.raw("]");
        // Quantities of a lack are of the offers that have it; what they count in is what its demands count in.
        let unit = unlock.quantities.first().map_or(0, |(unit, _)| *unit);
        self.what_if(&unlock.mends.iter().map(|mend| (code, *mend)).collect::<Vec<_>>(), unit);
        self.raw("}");
    }

    fn sides(&mut self, shows: Shows, supply: &Supply, need: &Need) {
        match shows {
            Shows::Offer => self.offer_and_producer(supply),
            Shows::Demand => {
                self.raw("\"demand\":{");
                self.demand(need);
                self.raw("},\"buyer\":");
                self.json.producer(need.buyer);
            }
        }
    }

    /// An offer and its producer: for today and everybody's eyes, the text is kept.
    fn offer_and_producer(&mut self, supply: &Supply) {
        let first = self.market.products().first_offer(supply.product);
        let Some(row) = self.market.offers().row_among(supply.id, first).filter(|_| self.json.is_everybodys()) else {
            return self.write_offer_and_producer(supply);
        };
        let kept = self.market.kept_offers();
        if let Some(text) = kept.read().get(row as usize).and_then(Option::as_ref) {
            self.json.out.push_str(text);
            return;
        }
        let start = self.json.out.len();
        self.write_offer_and_producer(supply);
        kept.keep(vec![(row, self.json.out.get(start..).unwrap_or_default().into())]);
    }

    fn write_offer_and_producer(&mut self, supply: &Supply) {
        let products = self.market.products();
        self.raw("\"offer\":{");
        self.json.offer_members(supply);
        self.raw(",\"product\":{\"id\":");
        self.json.id("prd", products.id(supply.product));
        self.raw(",\"name\":");
        quote(&mut self.json.out, products.name(supply.product));
        self.raw(",\"group\":");
        self.json.group(products.group(supply.product));
        self.raw("}");
        self.flag("illustrative", supply.illustrative);
        self.raw("},\"producer\":");
        self.json.producer(supply.producer);
    }

    fn demand(&mut self, need: &Need) {
        let Some((_, about)) = self.market.demands().get(need.id) else { return };
        self.raw("\"id\":");
        self.json.id("dmd", need.id);
        self.raw(",\"title\":");
        quote(&mut self.json.out, &about.title);
        if let Some(text) = &about.text {
            self.raw(",\"text\":");
            quote(&mut self.json.out, text);
        }
        self.raw(",\"quantity_base\":");
        self.json.base(need.quantity, need.unit);
        self.raw(",\"months\":");
        self.json.months(need.months);
        for (name, day) in [("starts_on", need.from), ("ends_on", need.until), ("answer_by", need.answer_by)] {
            self.named_day(name, day);
        }
        self.raw(",\"delivery_province\":");
        self.json.province(need.province);
        if let Some(ceiling) = need.ceiling.filter(|_| self.setting.view.sees_ceiling(need)) {
            self.raw(",\"price_ceiling\":");
            self.json.price(&ceiling, need.unit);
        }
        self.flag("illustrative", need.illustrative);
    }

    fn score(&mut self, found: &Scored, unit: u8) {
        self.number("\"score_bp\":", found.score_bp.into());
        self.number(",\"distance_km\":", found.distance_km.into());
        self.raw(",\"parts\":[");
        for (at, part) in found.parts.iter().enumerate() {
            self.json.separate(at);
            self.part(part, unit);
        }
        self.raw("]");
    }

    fn part(&mut self, part: &Part, unit: u8) {
        // What is not asked for, or not known of anybody, is the same in every item: the last one's is copied.
        let is_same = matches!(part.raw, Raw::Deliveries | Raw::Preferred { asked: 0, .. } | Raw::Price(None) | Raw::Stars(_));
        let place = part.criterion as usize;
        if let Some((known, text)) = self.written.get(place).filter(|_| is_same)
            && known.as_ref() == Some(part)
            && let Some(text) = text.clone()
        {
            self.json.again(text);
            return;
        }
        let start = self.json.out.len();
        self.raw("{\"criterion\":\"");
        self.raw(criterion_word(part.criterion));
        self.number("\",\"weight_bp\":", part.weight_bp().into());
        self.number(",\"fit_bp\":", part.fit_bp().into());
        self.number(",\"points_bp\":", part.points_bp().into());
        let (value, of) = values(&part.raw);
        for (name, value) in [(",\"value\":\"", value), (",\"of\":\"", of)] {
            if let Some((number, decimals)) = value {
                self.raw(name);
                push_decimal(&mut self.json.out, i64::try_from(number).unwrap_or(i64::MAX), decimals);
                self.raw("\"");
            }
        }
        self.raw(",\"text\":\"");
        self.pen().part(part, unit);
        self.raw("\"}");
        let end = self.json.out.len();
        if let Some(written) = self.written.get_mut(place).filter(|_| is_same) {
            *written = (Some(*part), Some(start..end));
        }
    }

    fn named_day(&mut self, name: &str, day: Day) {
        self.raw(",\"");
        self.raw(name);
        self.raw("\":");
        self.json.day(day);
    }

    pub(super) fn flag(&mut self, name: &str, value: bool) {
        self.raw(",\"");
        self.raw(name);
        self.raw(if value { "\":true" } else { "\":false" });
    }

    pub(super) fn number(&mut self, before: &str, number: u64) {
        self.raw(before);
        push_number(&mut self.json.out, number);
    }

    pub(super) fn raw(&mut self, text: &str) {
        self.json.out.push_str(text);
    }

    pub(super) fn pen(&mut self) -> Pen<'_> {
        Pen { out: &mut self.json.out, language: self.language }
    }
}

/// A number with its decimals.
type Value = (i128, u32);

/// The number that a part was worked out from, and the one it was held against.
fn values(raw: &Raw) -> (Option<Value>, Option<Value>) {
    match *raw {
        Raw::Volume { covered, asked } => (Some((covered, 3)), Some((asked, 3))),
        Raw::Months { common, needed } => (Some((common.into(), 0)), Some((needed.into(), 0))),
        Raw::Price(prices) => (prices.map(|(price, _)| (for_one(&price), 2)), prices.map(|(_, ceiling)| (for_one(&ceiling), 2))),
        Raw::Stars(stars) => (Some((stars.into(), 0)), None),
        Raw::Preferred { held, asked } => (Some((held.count_ones().into(), 0)), Some((asked.count_ones().into(), 0))),
        Raw::Distance(km) => (Some((km.into(), 0)), None),
        Raw::Deliveries => (None, None),
    }
}

/// Hundredths of the currency for one base unit, rounded.
fn for_one(price: &Price) -> i128 {
    let per = i128::from(price.per_base).max(1);
    (i128::from(price.amount) * 1_000 + per / 2) / per
}

/// The word of a criterion.
pub fn criterion_word(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Volume => "volume",
        Criterion::Months => "months",
        Criterion::Price => "price",
        Criterion::Stars => "stars",
        Criterion::Preferred => "preferred",
        Criterion::Distance => "distance",
        Criterion::Deliveries => "deliveries",
    }
}

/// The word of a constraint.
pub fn code_word(code: Code) -> &'static str {
    match code {
        Code::Category => "category",
        Code::Text => "text",
        Code::Stars => "stars",
        Code::Certificate => "certificate",
        Code::Period => "period",
        Code::Months => "months",
        Code::MinimumOrder => "minimum_order",
        Code::Quantity => "quantity",
        Code::Price => "price",
        Code::Delivery => "delivery",
        Code::ShelfLife => "shelf_life",
        Code::Unit => "unit",
    }
}

/// An id in words.
pub fn id_text(prefix: &str, id: Id) -> String {
    format!("{prefix}_{}", base32(id.0, 26))
}

#[cfg(test)]
mod tests {
    use super::super::model::{MatchConstraint, MatchCriterion};
    use super::*;

    #[test]
    fn the_document_has_every_word() {
        assert_eq!(Criterion::ALL.map(criterion_word), MatchCriterion::WORDS);
        assert_eq!(Code::ALL.map(code_word), MatchConstraint::WORDS);
    }

    #[test]
    fn a_price_for_many_is_told_for_one() {
        let price = |amount, per_base| {
            use crate::market::record::{Basis, Visibility};
            for_one(&Price { amount, per_base, currency: 0, basis: Basis::Delivered, vat_included: true, visibility: Visibility::Public })
        };
        // 240,000 for 12 kg; 100,000 for 7 kg is 14,285.71…
        assert_eq!([price(24_000_000, 12_000), price(10_000_000, 7_000)], [2_000_000, 1_428_571]);
    }
}
