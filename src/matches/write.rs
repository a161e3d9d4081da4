//! The answers as JSON, written from the index into one buffer.

use super::notes::Note;
use super::parts::Parts;
use super::pen::Pen;
use crate::error::Language;
use crate::market::Market;
use crate::market::demands::Asked;
use crate::market::matching::{
    Code, Concerned, Criterion, Need, Place, Ranking, Readiness, Scored, Setting, Supply, Unlock, are_enough, evaluate, mends, missed,
    scored,
};
use crate::market::record::{Day, Id};
use crate::search::{Writer, fetch, lines, push_number, quote};
use chrono::NaiveDate;
use std::sync::Arc;

/// What an answer is written under.
#[derive(Debug)]
pub struct Page<'a> {
    pub(super) market: &'a Market,
    pub(super) setting: &'a Setting<'a>,
    language: Language,
    pub(super) json: Writer<'a>,
    /// Rows of offers with their texts, to be kept from now on.
    made: Vec<(u32, Arc<str>)>,
    pub(super) parts: Parts,
}

/// Offers that are named for one thing that a producer lacks.
pub const MOST_CONCERNED: usize = 20;

/// Bytes of an item, by experience somewhat more.
const ITEM_BYTES: usize = 1_200;

/// Which of a pair an item shows: the other one is what was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows<'t> {
    /// The offer with its producer, by the text that is kept of them.
    Kept(&'t str),
    /// The same to be written, and to be kept of the offer in this row.
    Offer(Option<u32>),
    /// The demand with its buyer.
    Demand,
}

impl<'t> Shows<'t> {
    fn text(&self) -> Option<&'t str> {
        if let Self::Kept(text) = self { Some(text) } else { None }
    }
}

impl<'a> Page<'a> {
    /// A page for what `setting` says; `day` is its day.
    pub fn new(market: &'a Market, setting: &'a Setting<'a>, day: NaiveDate, language: Language) -> Self {
        let json = Writer::new(market, &setting.view, setting.as_of, day, None, None);
        Self { market, setting, language, json, made: Vec::new(), parts: Parts::new(setting.weights) }
    }

    /// The best offers for a demand with the `words`.
    pub fn offers(mut self, asked: &Asked, words: Option<&str>, ranking: &Ranking<Place>, version: &str) -> Vec<u8> {
        let (market, offers, need) = (self.market, self.market.offers(), &asked.need);
        let (best, near) = (ranking.best.iter().map(|ranked| ranked.place), ranking.near.iter().map(|near| near.place));
        self.json.out.reserve((best.len() + near.len() + 1) * ITEM_BYTES);
        let mut supplies: Vec<Supply> = best.filter_map(|place| offers.book().get(place)).collect();
        let fitting = supplies.len();
        supplies.extend(near.filter_map(|place| offers.book().get(place)));
        // For today and everybody's eyes the text of an offer and its producer is kept.
        let kept = self.json.is_everybodys().then(|| market.kept_offers().read());
        let row = |supply: &Supply| offers.row_among(supply.id, market.products().first_offer(supply.product));
        let rows: Vec<Option<u32>> = supplies.iter().map(|supply| kept.as_ref().and_then(|_| row(supply))).collect();
        let text = |row: Option<u32>| kept.as_ref()?.get(row?);
        let shows: Vec<Shows<'_>> = rows.iter().map(|row| text(*row).map_or(Shows::Offer(*row), Shows::Kept)).collect();
        fetch(shows.iter().filter_map(Shows::text).flat_map(lines));
        fetch(supplies.iter().filter_map(|supply| market.papers().get(supply.papers).next()).map(|paper| paper.kind));
        self.raw("{\"items\":[");
        for (at, (supply, shows)) in supplies.iter().zip(&shows).take(fitting).enumerate() {
            self.json.separate(at);
            self.fitting(*shows, supply, need);
        }
        self.raw("],\"near_misses\":[");
        for (at, (supply, shows)) in supplies.iter().zip(&shows).skip(fitting).enumerate() {
            self.json.separate(at);
            self.missing(*shows, supply, need);
        }
        drop(shows);
        drop(kept);
        if !self.made.is_empty() {
            market.kept_offers().keep(std::mem::take(&mut self.made));
        }
        let note = (ranking.considered == 0).then(|| Note::on_no_offer(market, asked, words, self.setting));
        self.end((ranking.considered, ranking.eligible), note.as_ref(), version)
    }

    /// The best demands for an offer.
    pub fn demands(mut self, supply: &Supply, ranking: &Ranking<Id>, version: &str) -> Vec<u8> {
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
        let note = (ranking.considered == 0).then(|| Note::on_no_demand(self.market, supply, self.setting.as_of));
        self.end((ranking.considered, ranking.eligible), note.as_ref(), version)
    }

    fn fitting(&mut self, shows: Shows<'_>, supply: &Supply, need: &Need) {
        self.raw("{");
        self.sides(shows, supply, need);
        self.raw(",");
        self.score(&scored(supply, need, self.setting), supply.unit);
        self.raw("}");
    }

    fn missing(&mut self, shows: Shows<'_>, supply: &Supply, need: &Need) {
        self.raw("{");
        self.sides(shows, supply, need);
        self.raw(",");
        let need = &*need.still_needed(self.setting);
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

    fn end(mut self, (considered, eligible): (u32, u32), note: Option<&Note>, version: &str) -> Vec<u8> {
        self.number("],\"considered\":", considered.into());
        self.number(",\"eligible\":", eligible.into());
        self.note(note);
        self.weights(version);
        self.end_with()
    }

    fn note(&mut self, note: Option<&Note>) {
        if let Some(note) = note {
            self.raw(",\"note\":{\"code\":\"");
            self.raw(note.code.as_str());
            self.raw("\",\"text\":");
            quote(&mut self.json.out, note.text(self.language));
            if let Some((words, offers)) = &note.instead {
                self.raw(",\"words\":");
                quote(&mut self.json.out, words);
                self.number(",\"offers\":", (*offers).into());
            }
            self.raw("}");
        }
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

    fn end_with(mut self) -> Vec<u8> {
        self.named_day("as_of", self.setting.as_of);
        self.raw("}");
        self.json.out
    }

    /// One pair with every constraint.
    pub fn explanation(mut self, supply: &Supply, asked: &Asked, version: &str) -> Vec<u8> {
        let (setting, market, need) = (self.setting, self.market, &asked.need);
        let found = evaluate(supply, need, market.answers(supply.product, asked), setting);
        // What is closed takes no change, what is over or met needs none, and nobody serves itself: nothing mends that.
        let is_past = need.is_over(setting.as_of) || need.is_met(setting.as_of);
        let (is_closed, is_own) = (supply.closed_on <= setting.as_of || is_past, need.is_of(supply.producer));
        let mends = if is_closed || is_own { Vec::new() } else { mends(supply, need, setting) };
        let (demand_is_open, offer_is_open) = (need.is_open(setting.as_of), supply.is_open(setting.as_of) && market.is_made(supply));
        let eligible = found.eligible && demand_is_open && offer_is_open;
        let mendable = market.is_made(supply) && !is_own && are_enough(&mends, &found, supply, need, setting);
        self.raw("{");
        self.sides(Shows::Demand, supply, need);
        self.raw(",");
        self.sides(Shows::Offer(None), supply, need);
        for (name, value) in [("demand_is_open", demand_is_open), ("offer_is_open", offer_is_open), ("eligible", eligible)] {
            self.flag(name, value);
        }
        self.raw(",");
        self.score(&Scored { parts: found.parts, score_bp: found.score_bp, distance_km: found.distance_km }, supply.unit);
        self.raw(",\"constraints\":[");
        let needed = need.still_needed(setting);
        for (at, verdict) in found.verdicts.iter().enumerate() {
            self.json.separate(at);
            self.verdict(verdict, supply, &needed, Some(verdict.passes));
        }
        self.raw("]");
        self.what_if(&mends, supply.unit);
        self.flag("mendable", mendable);
        self.note(Note::of_pair(market, need, supply, setting.as_of).as_ref());
        self.weights(version);
        self.end_with()
    }

    /// What a producer is ready for.
    pub fn readiness(mut self, producer: u32, found: &Readiness) -> Vec<u8> {
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
        self.note(Note::of_readiness(self.market, producer, found).as_ref());
        self.end_with()
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
        self.raw(",\"offers\":[");
        for (at, Concerned { offer, product, demands }) in unlock.offers.iter().take(MOST_CONCERNED).enumerate() {
            self.json.separate(at);
            self.raw("{\"id\":");
            self.json.id("ofr", *offer);
            self.raw(",\"product\":{\"id\":");
            self.json.id("prd", self.market.products().id(*product));
            self.raw(",\"name\":");
            quote(&mut self.json.out, &self.market.products().name(*product));
            self.number("},\"demands\":", (*demands).into());
            self.raw("}");
        }
        self.raw("]}");
    }

    fn sides(&mut self, shows: Shows<'_>, supply: &Supply, need: &Need) {
        match shows {
            Shows::Kept(text) => self.raw(text),
            Shows::Offer(row) => {
                let start = self.json.out.len();
                self.offer_and_producer(supply);
                self.made.extend(row.map(|row| (row, self.json.since(start))));
            }
            Shows::Demand => {
                self.raw("\"demand\":{");
                self.demand(need);
                self.raw("},\"buyer\":");
                self.json.producer(need.buyer);
            }
        }
    }

    fn offer_and_producer(&mut self, supply: &Supply) {
        let products = self.market.products();
        self.raw("\"offer\":{");
        self.json.offer_members(supply);
        self.raw(",\"product\":{\"id\":");
        self.json.id("prd", products.id(supply.product));
        self.raw(",\"name\":");
        quote(&mut self.json.out, &products.name(supply.product));
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
        if let Some(text) = self.market.demands().text(need.id) {
            self.raw(",\"text\":");
            quote(&mut self.json.out, text);
        }
        self.raw(",\"quantity_base\":");
        self.json.base(need.quantity, need.unit);
        let left = need.left(self.setting);
        if left < need.quantity {
            self.raw(",\"left_base\":");
            self.json.base(left, need.unit);
        }
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
        self.json.raw(text);
    }

    pub(super) fn pen(&mut self) -> Pen<'_> {
        Pen { out: &mut self.json.out, language: self.language }
    }
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

#[cfg(test)]
mod tests {
    use super::super::model::{MatchConstraint, MatchCriterion};
    use super::*;

    #[test]
    fn the_document_has_every_word() {
        assert_eq!(Criterion::ALL.map(criterion_word), MatchCriterion::WORDS);
        assert_eq!(Code::ALL.map(code_word), MatchConstraint::WORDS);
    }
}
