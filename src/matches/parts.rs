//! The parts of a score, of which an answer has nearly two hundred: few words, many numbers, and much that is the same as
//! in the item before.

use super::write::{Page, criterion_word};
use crate::market::matching::{Criterion, Part, Raw, Scored, Weights};
use crate::market::record::Price;
use crate::search::{push_decimal, push_number};
use std::ops::Range;

/// What parts are written with.
#[derive(Debug)]
pub(super) struct Parts {
    /// The beginning of a part of each criterion, up to its fit: criterion and weight are the same in every item.
    heads: Vec<u8>,
    /// Where each of them stands.
    places: [Range<usize>; 7],
    /// Of each criterion the last part with the unit of its quantities, and where it stands: what comes again is copied.
    last: [Option<(Part, u8, Range<usize>)>; 7],
}

impl Parts {
    /// Those of an answer under `weights`.
    pub fn new(weights: Weights) -> Self {
        let mut heads = Vec::with_capacity(512);
        let mut places = [const { 0..0 }; 7];
        for ((criterion, percent), place) in Criterion::ALL.into_iter().zip(weights.percent()).zip(&mut places) {
            let start = heads.len();
            heads.extend_from_slice(b"{\"criterion\":\"");
            heads.extend_from_slice(criterion_word(criterion).as_bytes());
            heads.extend_from_slice(b"\",\"weight_bp\":");
            push_number(&mut heads, u64::from(percent) * 100);
            heads.extend_from_slice(b",\"fit_bp\":");
            *place = start..heads.len();
        }
        Self { heads, places, last: [const { None }; 7] }
    }

    /// The beginning of a part.
    fn head(&self, criterion: Criterion) -> &[u8] {
        self.places.get(criterion as usize).and_then(|place| self.heads.get(place.clone())).unwrap_or_default()
    }

    /// Where the same part stands already, if it was the last one.
    fn known(&self, part: &Part, unit: u8) -> Option<Range<usize>> {
        let (known, of, place) = self.last.get(part.criterion as usize)?.as_ref()?;
        (*of == unit && known == part).then(|| place.clone())
    }
}

impl Page<'_> {
    /// A score with its parts; quantities are in `unit`.
    pub(super) fn score(&mut self, found: &Scored, unit: u8) {
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
        if let Some(place) = self.parts.known(part, unit) {
            self.json.again(place);
            return;
        }
        let out = &mut self.json.out;
        let start = out.len();
        out.extend_from_slice(self.parts.head(part.criterion));
        push_number(out, part.fit_bp.into());
        out.extend_from_slice(b",\"points_bp\":");
        push_number(out, part.points_bp().into());
        let (value, of) = values(&part.raw);
        if let Some((number, decimals)) = value {
            out.extend_from_slice(b",\"value\":\"");
            push_decimal(out, i64::try_from(number).unwrap_or(i64::MAX), decimals);
            out.push(b'"');
        }
        if let Some((number, decimals)) = of {
            out.extend_from_slice(b",\"of\":\"");
            push_decimal(out, i64::try_from(number).unwrap_or(i64::MAX), decimals);
            out.push(b'"');
        }
        out.extend_from_slice(b",\"text\":\"");
        self.pen().part(part, unit);
        self.raw("\"}");
        let place = start..self.json.out.len();
        if let Some(last) = self.parts.last.get_mut(part.criterion as usize) {
            *last = Some((*part, unit, place));
        }
    }
}

/// A number with its decimals.
type Value = (i128, u32);

/// The number that a part was worked out from, and the one it was held against.
fn values(raw: &Raw) -> (Option<Value>, Option<Value>) {
    match *raw {
        Raw::Volume { covered, asked, .. } => (Some((covered, 3)), Some((asked, 3))),
        Raw::Months { common, needed } => (Some((common.into(), 0)), Some((needed.into(), 0))),
        Raw::Price(prices) => (prices.map(|(price, _)| (for_one(&price), 2)), prices.map(|(_, ceiling)| (for_one(&ceiling), 2))),
        Raw::Stars(stars) => (Some((stars.into(), 0)), None),
        Raw::Preferred { held, asked } => (Some((held.count_ones().into(), 0)), Some((asked.count_ones().into(), 0))),
        Raw::Distance(km) => (Some((km.into(), 0)), None),
        Raw::PricesApart(..) | Raw::OtherUnit | Raw::Deliveries => (None, None),
    }
}

/// Hundredths of the currency for one base unit, rounded.
fn for_one(price: &Price) -> i128 {
    // What most prices are for; dividing long numbers takes as long as writing the rest of a part.
    if price.per_base == 1_000 && price.amount >= 0 {
        return price.amount.into();
    }
    let per = i128::from(price.per_base).max(1);
    (i128::from(price.amount) * 1_000 + per / 2) / per
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_for_many_is_told_for_one() {
        let price = |amount, per_base| {
            use crate::market::record::{Basis, Visibility};
            for_one(&Price { amount, per_base, currency: 0, basis: Basis::Delivered, vat_included: true, visibility: Visibility::Public })
        };
        // 240,000 for 12 kg; 100,000 for 7 kg is 14,285.71…
        assert_eq!([price(24_000_000, 12_000), price(10_000_000, 7_000), price(123, 1_000)], [2_000_000, 1_428_571, 123]);
    }

    #[test]
    fn a_head_has_the_weight_of_its_criterion() {
        let parts = Parts::new(Weights::default());
        assert_eq!(parts.head(Criterion::Volume), b"{\"criterion\":\"volume\",\"weight_bp\":3000,\"fit_bp\":");
        assert_eq!(parts.head(Criterion::Deliveries), b"{\"criterion\":\"deliveries\",\"weight_bp\":500,\"fit_bp\":");
    }

    #[test]
    fn only_the_same_part_in_the_same_unit_is_known() {
        let part = |fit_bp| Part { criterion: Criterion::Distance, weight_pct: 10, fit_bp, raw: Raw::Distance(120) };
        let mut parts = Parts::new(Weights::default());
        assert_eq!(parts.known(&part(9_400), 1), None);
        parts.last[Criterion::Distance as usize] = Some((part(9_400), 1, 3..9));
        assert_eq!([parts.known(&part(9_400), 1), parts.known(&part(9_399), 1), parts.known(&part(9_400), 2)], [Some(3..9), None, None]);
    }
}
