//! What the records alone say that a search finds, row by row: the other side of the tests of searches.

use super::Sort;
use super::tests::Asked;
use crate::market::facet::{Dimension, ones};
use crate::market::record::{Change, Day, Id, OfferRecord, Paper, Price, Promise, Visibility};
use chrono::{Datelike, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};

/// Facts of one product, read from the records alone.
pub struct Row<'a> {
    pub id: Id,
    pub offers: Vec<&'a OfferRecord>,
    province: u8,
    group: u8,
    kind: u8,
    producer: u128,
    is_illustrative: bool,
    papers: Vec<Paper>,
    promises: Vec<&'a Promise>,
}

/// What a product or an offer is to a question.
pub struct Judged {
    /// Where it counts by dimension.
    pub values: BTreeMap<Dimension, Vec<usize>>,
    pub passes: bool,
    /// Where it stands in the order, but for its id and for words.
    pub key: u64,
}

/// The same of a product alone, whatever its offers are.
struct OfProduct {
    values: BTreeMap<Dimension, Vec<usize>>,
    /// The dimensions in which it fails; nothing for what is no facet.
    fails: BTreeSet<Option<Dimension>>,
    stars: u8,
    km: u16,
}

fn date(day: Day) -> NaiveDate {
    NaiveDate::default() + chrono::TimeDelta::days(day.into())
}

/// The months of the year that an offer has left, day by day.
fn months_left(offer: &OfferRecord, as_of: Day) -> u16 {
    let first = if offer.closed_on <= as_of { Day::MAX } else { offer.from.max(as_of) };
    let days = (first..=offer.until.min(first.saturating_add(364))).map(date);
    days.fold(0, |months, day| months | 1 << day.month0()) & offer.months
}

impl Row<'_> {
    /// What is left of `offer` in the month of those asked with the least, or in the one with the most where none is asked.
    fn left(&self, offer: &OfferRecord, asked: &Asked, own: Option<u128>) -> i64 {
        let month = |day: Day| (date(day).year(), date(day).month0());
        let (months, is_shown) = (asked.filter.months, asked.level == Visibility::Hidden || own == Some(self.producer));
        let (first, last) = (offer.from.max(asked.as_of), offer.until);
        // Day by day: an offer here ends within some weeks.
        let days: BTreeSet<(i32, u32)> = (first..=last.min(first + 364)).map(month).collect();
        let supplied = days.into_iter().filter(|(_, month)| offer.months >> month & 1 == 1 && (months == 0 || months >> month & 1 == 1));
        let left = supplied.map(|in_month| {
            let in_force = self.promises.iter().filter(|promise| promise.signed_on <= asked.as_of && asked.as_of < promise.ended_on);
            let counted = in_force.filter(|promise| promise.unit == offer.unit);
            let promised = counted.filter(|promise| (month(promise.from)..=month(promise.until)).contains(&in_month));
            let promised: i64 = promised.map(|promise| promise.quantity).sum();
            let left = (offer.quantity - promised).max(0);
            if promised == 0 || is_shown {
                return left;
            }
            let digits = left.to_string();
            format!("{}{}", &digits[..digits.len().min(2)], "0".repeat(digits.len().saturating_sub(2))).parse().unwrap()
        });
        if months == 0 { left.max() } else { left.min() }.unwrap_or(offer.quantity)
    }

    /// Whole đồng for a base unit, rounded up, as far as the caller sees a price in đồng.
    fn seen_price(&self, offer: &OfferRecord, asked: &Asked, own: Option<u128>) -> Option<u32> {
        let is_party = |price: &Price| price.visibility == Visibility::Parties && asked.introduced.contains(&offer.id);
        let price = offer.price.filter(|price| price.visibility <= asked.level || own == Some(self.producer) || is_party(price))?;
        let (dong, base_units) = (price.amount / 100, price.per_base / 1_000);
        (price.currency == 0).then(|| u32::try_from((dong + base_units - 1) / base_units).unwrap())
    }

    /// Quantity, unit and delivery.
    fn has_terms(&self, offer: &OfferRecord, asked: &Asked, own: Option<u128>) -> bool {
        let filter = &asked.filter;
        filter.quantity.is_none_or(|(least, unit)| offer.unit == unit && self.left(offer, asked, own) >= least)
            && filter.unit.is_none_or(|unit| unit == offer.unit)
            && filter.delivers_to.is_none_or(|unit| offer.delivers_to.is_none_or(|units| units.contains(unit)))
    }

    fn is_cheap(&self, offer: &OfferRecord, asked: &Asked, own: Option<u128>) -> bool {
        asked.filter.price_at_most.is_none_or(|most| self.seen_price(offer, asked, own).is_some_and(|price| price <= most))
    }

    fn of_product(&self, asked: &Asked) -> OfProduct {
        let filter = &asked.filter;
        let (from, until) = filter.period.unwrap_or((asked.as_of, asked.as_of));
        let papers: Vec<&Paper> = self.papers.iter().filter(|paper| paper.from <= from && until <= paper.until).collect();
        let stars = papers.iter().map(|paper| paper.stars).max().unwrap_or(0);
        let kinds = papers.iter().fold(0_u64, |kinds, paper| kinds | 1 << paper.kind);
        let values = BTreeMap::from([
            (Dimension::Province, vec![usize::from(self.province)]),
            (Dimension::Group, vec![usize::from(self.group)]),
            (Dimension::Stars, vec![usize::from(stars.saturating_sub(2))]),
            (Dimension::ProducerKind, vec![usize::from(self.kind)]),
            (Dimension::Certificate, ones(kinds).collect()),
        ]);
        let km = [0, 111, 222, 334][usize::from(self.province.abs_diff(asked.place.unwrap_or(0)))];
        let fails = [
            (filter.provinces.is_some_and(|rows| !rows.contains(self.province)), Some(Dimension::Province)),
            (filter.region.is_some_and(|rows| !rows.contains(self.province)), None),
            (filter.groups.is_some_and(|rows| !rows.contains(self.group)), Some(Dimension::Group)),
            (stars < filter.least_stars, Some(Dimension::Stars)),
            (kinds & filter.certificates != filter.certificates, Some(Dimension::Certificate)),
            (kinds & filter.held != filter.held, None),
            (filter.kinds.is_some_and(|kinds| kinds >> self.kind & 1 == 0), Some(Dimension::ProducerKind)),
            (filter.within_km.is_some_and(|most| km > most), None),
            (filter.is_illustrative.is_some_and(|asked| asked != self.is_illustrative), None),
            (asked.producer.is_some_and(|producer| producer != self.producer), None),
        ];
        let fails = fails.into_iter().filter(|(fails, _)| *fails).map(|(_, dimension)| dimension).collect();
        OfProduct { values, fails, stars, km }
    }
}

/// The products of `changes`, with what belongs to each.
pub fn rows_of_records(changes: &[Change]) -> Vec<Row<'_>> {
    let mut organisations = BTreeMap::new();
    let mut rows: Vec<Row<'_>> = Vec::new();
    for change in changes {
        match change {
            Change::Organisation(record) => drop(organisations.insert(record.id, record)),
            Change::Product(record) => {
                let producer = organisations[&record.producer];
                rows.push(Row {
                    id: record.id,
                    offers: Vec::new(),
                    province: producer.province,
                    group: record.group,
                    kind: producer.producer_kind.unwrap(),
                    producer: producer.id.0,
                    is_illustrative: record.illustrative,
                    papers: Vec::new(),
                    promises: Vec::new(),
                });
            }
            Change::Certificate(record) => {
                let is_for = |row: &Row<'_>| record.product.map_or(row.producer == record.holder.0, |product| row.id == product);
                rows.iter_mut().filter(|row| is_for(row)).for_each(|row| row.papers.push(record.paper));
            }
            Change::Offer(record) => rows.iter_mut().filter(|row| row.id == record.product).for_each(|row| row.offers.push(record)),
            Change::Mou(record) => {
                for (product, promise) in &record.promises {
                    rows.iter_mut().filter(|row| row.id == *product).for_each(|row| row.promises.push(promise));
                }
            }
            _ => unreachable!("samples have no other change"),
        }
    }
    rows
}

fn bucket(price: Option<u32>) -> usize {
    price.map_or(9, |price| [10_000, 20_000, 50_000, 100_000].iter().filter(|step| price >= **step).count())
}

/// What a product is to the question.
///
/// In a dimension counts what passes all filters but its own, and is there what it is by all but its own.
pub fn judged(row: &Row<'_>, asked: &Asked, own: Option<u128>) -> Judged {
    let filter = &asked.filter;
    let OfProduct { mut values, mut fails, stars, km } = row.of_product(asked);
    let open: Vec<&&OfferRecord> = row.offers.iter().filter(|offer| months_left(offer, asked.as_of) != 0).collect();
    if filter.is_offered.is_some_and(|offered| offered == open.is_empty()) {
        fails.insert(None);
    }
    let in_season = |offer: &OfferRecord| months_left(offer, asked.as_of) & filter.months == filter.months;
    let is_cheap = |offer: &OfferRecord| row.is_cheap(offer, asked, own);
    let taken: Vec<&&OfferRecord> = open.into_iter().filter(|offer| row.has_terms(offer, asked, own)).collect();
    // Which offers count for the months and for the price; a product without an offer has no price to anybody.
    let (cheap, seasonal): (Vec<_>, Vec<_>) =
        (taken.iter().filter(|offer| is_cheap(offer)).collect(), taken.iter().filter(|offer| in_season(offer)).collect());
    let months = cheap.iter().fold(0_u16, |months, offer| months | months_left(offer, asked.as_of));
    values.insert(Dimension::Month, ones(u64::from(months)).collect());
    let asks_beside_price = filter.months != 0 || filter.quantity.is_some() || filter.unit.is_some() || filter.delivers_to.is_some();
    if !asks_beside_price || !seasonal.is_empty() {
        values.insert(Dimension::Price, vec![bucket(seasonal.iter().filter_map(|offer| row.seen_price(offer, asked, own)).min())]);
    }
    let passing = || taken.iter().filter(|offer| is_cheap(offer) && in_season(offer));
    let has_one = !(asks_beside_price || filter.price_at_most.is_some()) || passing().next().is_some();
    // Months and price have been judged by the offers already.
    values.retain(|dimension, _| {
        let is_of_offers = matches!(dimension, Dimension::Month | Dimension::Price);
        fails.iter().all(|failed| *failed == Some(*dimension)) && (is_of_offers || has_one)
    });
    let key = match asked.sort {
        // Of the offers that pass.
        Sort::Price => passing().filter_map(|offer| row.seen_price(offer, asked, own)).min().map_or(u64::from(u32::MAX), u64::from),
        Sort::Quantity => u64::MAX - passing().map(|offer| row.left(offer, asked, own)).max().unwrap_or(0).unsigned_abs(),
        sort => key_of_product(sort, row.id, stars, km),
    };
    Judged { values, passes: fails.is_empty() && has_one, key }
}

/// What an offer is to the question: it stands where its product does, but in what is asked of it alone.
pub fn judged_offer(row: &Row<'_>, offer: &OfferRecord, asked: &Asked, own: Option<u128>) -> Judged {
    let OfProduct { mut values, mut fails, stars, km } = row.of_product(asked);
    let (months, price) = (months_left(offer, asked.as_of), row.seen_price(offer, asked, own));
    values.insert(Dimension::Month, ones(u64::from(months)).collect());
    values.insert(Dimension::Price, vec![bucket(price)]);
    let of_offer = [
        (months & asked.filter.months != asked.filter.months, Some(Dimension::Month)),
        (!row.is_cheap(offer, asked, own), Some(Dimension::Price)),
        (months == 0 || !row.has_terms(offer, asked, own) || asked.filter.is_offered == Some(false), None),
    ];
    fails.extend(of_offer.into_iter().filter(|(fails, _)| *fails).map(|(_, dimension)| dimension));
    values.retain(|dimension, _| fails.iter().all(|failed| *failed == Some(*dimension)));
    let key = match asked.sort {
        Sort::Price => price.map_or(u64::from(u32::MAX), u64::from),
        Sort::Quantity => u64::MAX - row.left(offer, asked, own).unsigned_abs(),
        sort => key_of_product(sort, offer.id, stars, km),
    };
    Judged { values, passes: fails.is_empty(), key }
}

fn key_of_product(sort: Sort, id: Id, stars: u8, km: u16) -> u64 {
    match sort {
        Sort::Stars => 3 - u64::from(stars.saturating_sub(2)),
        Sort::Distance => u64::from(km),
        // The later its millisecond, the earlier it comes.
        _ => u64::MAX - u64::try_from(id.0 >> 80).unwrap(),
    }
}
