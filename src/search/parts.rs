//! What stands in many items and facets (a unit, a group, a kind of certificate): serialised once for a day and copied.

use super::plain::{push_number, quote};
use crate::market::facet::PRICE_STEPS;
use crate::organisations::ProducerKind;
use crate::reference::views::{GroupView, ProvinceUnit, ProvinceView};
use crate::reference::{CertificateKindId, GroupId, ProvinceId, UnitId};
use chrono::NaiveDate;
use parking_lot::RwLock;
use serde::Serialize;
use std::sync::Arc;

/// What is the same in many items of a day.
#[derive(Debug)]
pub struct Parts {
    day: NaiveDate,
    /// Each unit as it stands in a producer.
    pub provinces: Vec<String>,
    /// Each group as it stands in a product.
    pub groups: Vec<String>,
    /// Codes of certificate kinds.
    pub kinds: Vec<&'static str>,
    /// Codes of units.
    pub units: Vec<&'static str>,
    /// What facets are made of.
    pub facets: FacetParts,
}

/// Each value as it stands in a facet, up to its count, by the place of its count.
#[derive(Debug)]
pub struct FacetParts {
    pub provinces: Vec<Vec<u8>>,
    pub groups: Vec<Vec<u8>>,
    pub stars: Vec<Vec<u8>>,
    pub certificates: Vec<Vec<u8>>,
    pub producer_kinds: Vec<Vec<u8>>,
    pub months: Vec<Vec<u8>>,
    pub prices: Vec<Vec<u8>>,
}

impl Parts {
    fn new(day: NaiveDate) -> Self {
        let kinds: Vec<&'static str> = (0_u8..64).map_while(CertificateKindId::from_row).map(|kind| kind.as_str()).collect();
        Self {
            day,
            provinces: provinces().map(|id| json(&ProvinceView::new(id, day))).collect(),
            groups: groups().map(|id| json(&GroupView::from(id))).collect(),
            units: (0_u8..128).map_while(UnitId::from_row).map(|unit| unit.as_str()).collect(),
            facets: FacetParts::new(&kinds),
            kinds,
        }
    }

    /// Those of `day`, made at the first question of a day; another day than the last asked has them made anew.
    pub fn of(day: NaiveDate) -> Arc<Self> {
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

impl FacetParts {
    fn new(kinds: &[&str]) -> Self {
        let named = |id: &str, code: &str, name: &str| {
            let mut part = b"{\"id\":".to_vec();
            quote(&mut part, id);
            part.extend_from_slice(b",\"code\":");
            quote(&mut part, code);
            part.extend_from_slice(b",\"name\":");
            quote(&mut part, name);
            counted(part)
        };
        let word = |word: &&str| {
            let mut part = b"{\"value\":".to_vec();
            quote(&mut part, word);
            counted(part)
        };
        let number = |number: u64| {
            let mut part = b"{\"value\":".to_vec();
            push_number(&mut part, number);
            counted(part)
        };
        Self {
            provinces: provinces().map(ProvinceUnit::from).map(|unit| named(&unit.id, &unit.code, &unit.name)).collect(),
            groups: groups().map(GroupView::from).map(|group| named(&group.id, &group.code, &group.name)).collect(),
            stars: [0, 3, 4, 5].map(number).into(),
            certificates: kinds.iter().map(word).collect(),
            producer_kinds: ProducerKind::WORDS.iter().map(word).collect(),
            months: (1..=12).map(number).collect(),
            prices: (0..PRICE_STEPS.len() + 2).map(prices).collect(),
        }
    }
}

fn counted(mut part: Vec<u8>) -> Vec<u8> {
    part.extend_from_slice(b",\"count\":");
    part
}

/// A bucket of prices; the one behind the steps is of those above them, the last of those that are not known.
fn prices(bucket: usize) -> Vec<u8> {
    let mut part = b"{".to_vec();
    let is_known = bucket <= PRICE_STEPS.len();
    if let Some(from) = bucket.checked_sub(1).and_then(|below| PRICE_STEPS.get(below)).filter(|_| is_known) {
        part.extend_from_slice(b"\"from\":");
        push_number(&mut part, u64::from(*from));
        part.push(b',');
    }
    if let Some(below) = PRICE_STEPS.get(bucket) {
        part.extend_from_slice(b"\"below\":");
        push_number(&mut part, u64::from(*below));
        part.push(b',');
    }
    part.extend_from_slice(if is_known { b"\"known\":true" } else { b"\"known\":false" });
    counted(part)
}

fn provinces() -> impl Iterator<Item = ProvinceId> {
    (0_u8..128).map_while(ProvinceId::from_row)
}

fn groups() -> impl Iterator<Item = GroupId> {
    (0_u8..128).map_while(GroupId::from_row)
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(parts: &[Vec<u8>], at: usize) -> &str {
        std::str::from_utf8(&parts[at]).unwrap()
    }

    #[test]
    fn facets_are_made_of_what_they_count() {
        let parts = FacetParts::new(&["OCOP", "ISO_22000"]);
        assert_eq!(text(&parts.stars, 1), "{\"value\":3,\"count\":");
        assert_eq!(text(&parts.months, 11), "{\"value\":12,\"count\":");
        assert_eq!(text(&parts.certificates, 1), "{\"value\":\"ISO_22000\",\"count\":");
        assert_eq!(text(&parts.prices, 0), "{\"below\":10000,\"known\":true,\"count\":");
        assert_eq!(text(&parts.prices, 3), "{\"from\":50000,\"below\":100000,\"known\":true,\"count\":");
        assert_eq!(text(&parts.prices, 8), "{\"from\":2000000,\"known\":true,\"count\":");
        assert_eq!(text(&parts.prices, 9), "{\"known\":false,\"count\":");
        assert_eq!(parts.prices.len(), 10);
    }
}
