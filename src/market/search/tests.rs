//! Every way of answering against looking at each row.

use super::*;
use crate::market::Market;
use crate::market::facet::{Dimension, ones};
use crate::market::matching::View;
use crate::market::record::{Basis, Change, FOREVER, Id, MouRecord, OfferRecord, Paper, Per, Price, Promise, Rows, Visibility};
use crate::market::samples::{TODAY, loaded, offer, organisation, paper, product, public, question, tables};
use chrono::{Datelike, NaiveDate};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Product, quantity, months, last day from today, price with its visibility, unit it delivers to.
type SampleOffer = (usize, i64, u16, i32, Option<(i64, Visibility)>, Option<u8>);

/// Product, quantity a month, first day and last from today, day from today on which it was signed, whether it ended since.
type SamplePromise = (usize, i64, i32, i32, i32, bool);

#[derive(Debug, Clone)]
struct Sample {
    organisations: Vec<(u8, u8)>,
    products: Vec<(usize, u8, usize)>,
    papers: Vec<(usize, u8, u8, i32, i32, bool)>,
    offers: Vec<SampleOffer>,
    promises: Vec<SamplePromise>,
}

const WORDS: [&str; 8] = ["hành tím", "hành lá", "tỏi", "dừa sáp", "dứa", "khóm", "cá dứa", "dứa cá dứa"];

fn visibility() -> impl Strategy<Value = Visibility> {
    prop::sample::select(vec![Visibility::Public, Visibility::Keys, Visibility::Parties, Visibility::Hidden])
}

fn a_sample() -> impl Strategy<Value = Sample> {
    (
        prop::collection::vec((0_u8..4, 0_u8..3), 1..4),
        prop::collection::vec((0_usize..4, 0_u8..7, 0_usize..8), 1..25),
        prop::collection::vec((0_usize..25, 0_u8..4, 3_u8..6, -50_i32..20, -10_i32..60, any::<bool>()), 0..15),
        prop::collection::vec(
            (
                0_usize..25,
                1_i64..400,
                1_u16..0x1000,
                -40_i32..40,
                prop::option::of((5_000_i64..60_000, visibility())),
                prop::option::of(0_u8..4),
            ),
            0..25,
        ),
        prop::collection::vec((0_usize..25, 1_i64..200, -40_i32..40, 0_i32..60, -20_i32..10, any::<bool>()), 0..10),
    )
        .prop_map(|(organisations, products, papers, offers, promises)| Sample { organisations, products, papers, offers, promises })
}

/// Some are, by chance.
fn is_illustrative(group: u8) -> bool {
    group % 3 == 1
}

/// The changes of a sample. Papers of kind 0 have stars; the others none.
fn changes(sample: &Sample) -> Vec<Change> {
    let mut changes = Vec::new();
    for (at, (province, kind)) in sample.organisations.iter().enumerate() {
        let mut record = organisation(1_000 + at as u128, ["HTX Tỏi", "Cơ sở Lá Dứa", "HTX Dừa", "Hộ Ba"][at], *province);
        record.producer_kind = Some(*kind);
        changes.push(Change::Organisation(record));
    }
    let producer_of = |product: usize| 1_000 + (sample.products[product].0 % sample.organisations.len()) as u128;
    for (at, (_, group, name)) in sample.products.iter().enumerate() {
        let mut record = product(1 + at as u128, producer_of(at), WORDS[*name], *group);
        record.illustrative = is_illustrative(*group);
        changes.push(Change::Product(record));
    }
    for (at, (of, kind, stars, from, until, is_of_holder)) in sample.papers.iter().enumerate() {
        let of = of % sample.products.len();
        let subject = if *is_of_holder && *kind != 0 { None } else { Some(1 + of as u128) };
        let stars = if *kind == 0 { *stars } else { 0 };
        changes.push(Change::Certificate(paper(5_000 + at as u128, producer_of(of), subject, *kind, stars, TODAY + from, TODAY + until)));
    }
    for (at, (of, quantity, months, until, price, unit)) in sample.offers.iter().enumerate() {
        let mut record = offer(7_000 + at as u128, 1 + (of % sample.products.len()) as u128, *quantity);
        record.months = *months;
        record.until = TODAY + until;
        record.price = price.map(|(dong, visibility)| Price {
            amount: dong * 100,
            per_base: 1_000,
            currency: 0,
            basis: Basis::FarmGate,
            vat_included: false,
            visibility,
        });
        record.delivers_to = unit.map(|unit| Rows::of([unit]));
        changes.push(Change::Offer(record));
    }
    for (at, (of, quantity, from, days, signed, has_ended)) in sample.promises.iter().enumerate() {
        let promise = Promise {
            product: Id(1 + (of % sample.products.len()) as u128),
            unit: 0,
            quantity: *quantity,
            per: Per::Month,
            from: TODAY + from,
            until: TODAY + from + days,
            signed_on: TODAY + signed,
            ended_on: if *has_ended { TODAY + 12 } else { FOREVER },
        };
        changes.push(Change::Mou(MouRecord { id: Id(9_000 + at as u128), version: 1, promises: vec![promise] }));
    }
    changes
}

#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) filter: Filter,
    pub(super) sort: Sort,
    pub(super) place: Option<u8>,
    text: Option<usize>,
    as_of: i32,
    level: Visibility,
    organisation: bool,
    /// Offers about which the caller was introduced, in order.
    introduced: Vec<Id>,
    pub(super) facets: u8,
    /// Of this producer alone, by its id.
    producer: Option<u128>,
}

fn rows(most: u8) -> impl Strategy<Value = Option<Rows>> {
    prop::option::weighted(0.4, prop::collection::vec(0..most, 1..3).prop_map(Rows::of))
}

pub(super) fn asked() -> impl Strategy<Value = Asked> {
    let filter = (
        (rows(4), rows(4), rows(7), prop::sample::select(vec![0_u8, 0, 0, 3, 4, 5]), prop::option::weighted(0.3, 1_u16..8)),
        (
            (prop::sample::select(vec![0_u64, 0, 0, 1, 2, 6]), prop::sample::select(vec![0_u64, 0, 0, 0, 2])),
            prop::option::weighted(0.2, (-20_i32..20, 0_i32..30)),
            prop::sample::select(vec![0_u16, 0, 0, 1, 3, 0x800]),
        ),
        (
            prop::option::weighted(0.2, 1_i64..300),
            (prop::option::weighted(0.2, 5_000_u32..60_000), prop::option::weighted(0.1, 0_u8..2)),
            prop::option::weighted(0.2, 0_u8..4),
            prop::option::weighted(0.2, 0_u16..400),
            prop::option::weighted(0.2, any::<bool>()),
            prop::option::weighted(0.2, any::<bool>()),
        ),
    )
        .prop_map(
            |(
                (provinces, region, groups, least_stars, kinds),
                ((certificates, held), period, months),
                (quantity, (price_at_most, unit), delivers_to, within_km, is_offered, is_illustrative),
            )| Filter {
                provinces,
                region,
                groups,
                least_stars,
                kinds,
                certificates,
                held,
                period: period.map(|(from, days)| (TODAY + from, TODAY + from + days)),
                months,
                quantity: quantity.map(|quantity| (quantity, 0)),
                price_at_most,
                unit,
                delivers_to,
                within_km,
                is_offered,
                is_illustrative,
                producer: None,
            },
        );
    (
        filter,
        prop::sample::select(vec![Sort::Relevance, Sort::Price, Sort::Quantity, Sort::Stars, Sort::Distance, Sort::Newest]),
        0_u8..4,
        prop::option::weighted(0.4, 0_usize..8),
        prop::sample::select(vec![TODAY, TODAY, TODAY, TODAY + 15, TODAY - 15]),
        prop::sample::select(vec![Visibility::Public, Visibility::Public, Visibility::Keys, Visibility::Hidden]),
        (any::<bool>(), prop_oneof![Just(BTreeSet::new()), prop::collection::btree_set(7_000_u128..7_025, 1..6)]),
        prop::sample::select(vec![0x7F_u8, 0x7F, 0, 0x11, 0x42]),
        prop::option::weighted(0.1, 1_000_u128..1_005),
    )
        .prop_map(|(filter, sort, place, text, as_of, level, (organisation, introduced), facets, producer)| Asked {
            filter,
            sort,
            place: Some(place),
            text,
            as_of,
            level,
            organisation,
            introduced: introduced.into_iter().map(Id).collect(),
            facets,
            producer,
        })
}

/// Facts of one product, read from the records alone.
struct Row<'a> {
    id: u128,
    province: u8,
    group: u8,
    kind: u8,
    producer: u128,
    papers: Vec<Paper>,
    offers: Vec<&'a OfferRecord>,
    promises: Vec<&'a Promise>,
}

impl Row<'_> {
    /// What is left of `offer` in the month of `months` with the least, or in the one with the most where none is asked.
    fn left(&self, offer: &OfferRecord, asked: &Asked, own: Option<u128>) -> i64 {
        let date = |day: i32| NaiveDate::default() + chrono::TimeDelta::days(day.into());
        let month = |day: i32| (date(day).year(), date(day).month0());
        let (months, is_shown) = (asked.filter.months, asked.level == Visibility::Hidden || own == Some(self.producer));
        let first = offer.from.max(asked.as_of);
        // Day by day: an offer here ends within some weeks.
        let days: BTreeSet<(i32, u32)> = (first..=offer.until.min(first + 364)).map(month).collect();
        let supplied = days.into_iter().filter(|(_, month)| offer.months >> month & 1 == 1 && (months == 0 || months >> month & 1 == 1));
        let left = supplied.map(|in_month| {
            let in_force = self.promises.iter().filter(|promise| promise.signed_on <= asked.as_of && asked.as_of < promise.ended_on);
            let promised = in_force.filter(|promise| (month(promise.from)..=month(promise.until)).contains(&in_month));
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
}

/// The months of the year that an offer has left, day by day.
fn months_left(offer: &OfferRecord, as_of: i32) -> u16 {
    let first = offer.from.max(as_of);
    let days = (first..=offer.until.min(first + 364)).map(|day| NaiveDate::default() + chrono::TimeDelta::days(day.into()));
    days.fold(0, |months, day| months | 1 << day.month0()) & offer.months
}

fn rows_of_records(changes: &[Change]) -> Vec<Row<'_>> {
    let mut organisations = BTreeMap::new();
    let mut rows: Vec<Row<'_>> = Vec::new();
    for change in changes {
        match change {
            Change::Organisation(record) => drop(organisations.insert(record.id, record)),
            Change::Product(record) => {
                let producer = organisations[&record.producer];
                rows.push(Row {
                    id: record.id.0,
                    province: producer.province,
                    group: record.group,
                    kind: producer.producer_kind.unwrap(),
                    producer: producer.id.0,
                    papers: Vec::new(),
                    offers: Vec::new(),
                    promises: Vec::new(),
                });
            }
            Change::Certificate(record) => {
                let is_for = |row: &Row<'_>| record.product.map_or(row.producer == record.holder.0, |product| row.id == product.0);
                rows.iter_mut().filter(|row| is_for(row)).for_each(|row| row.papers.push(record.paper));
            }
            Change::Offer(record) => rows.iter_mut().filter(|row| row.id == record.product.0).for_each(|row| row.offers.push(record)),
            Change::Mou(record) => {
                for promise in &record.promises {
                    rows.iter_mut().filter(|row| row.id == promise.product.0).for_each(|row| row.promises.push(promise));
                }
            }
            _ => unreachable!("samples have no other change"),
        }
    }
    rows
}

/// What the row is to the question: where it counts by dimension, whether it passes, and its sort key.
///
/// In a dimension counts what passes all filters but its own, and is there what it is by all but its own.
fn judged(row: &Row<'_>, asked: &Asked, own: Option<u128>) -> (BTreeMap<Dimension, Vec<usize>>, bool, u64) {
    let filter = &asked.filter;
    let held = |from: i32, until: i32| {
        let papers: Vec<&Paper> = row.papers.iter().filter(|paper| paper.from <= from && until <= paper.until).collect();
        (papers.iter().map(|paper| paper.stars).max().unwrap_or(0), papers.iter().fold(0_u64, |kinds, paper| kinds | 1 << paper.kind))
    };
    let open: Vec<&&OfferRecord> = row.offers.iter().filter(|offer| months_left(offer, asked.as_of) != 0).collect();
    let seen_price = |offer: &OfferRecord| {
        let is_party = |price: &Price| price.visibility == Visibility::Parties && asked.introduced.contains(&offer.id);
        let price = offer.price.filter(|price| price.visibility <= asked.level || own == Some(row.producer) || is_party(price));
        price.map(|price| u32::try_from(price.amount / 100).unwrap())
    };
    let (from, until) = filter.period.unwrap_or((asked.as_of, asked.as_of));
    let (stars, kinds) = held(from, until);
    let bucket =
        |price: Option<u32>| price.map_or(9, |price| [10_000, 20_000, 50_000, 100_000].iter().filter(|step| price >= **step).count());
    let mut values = BTreeMap::new();
    values.insert(Dimension::Province, vec![usize::from(row.province)]);
    values.insert(Dimension::Group, vec![usize::from(row.group)]);
    values.insert(Dimension::Stars, vec![usize::from(stars.saturating_sub(2))]);
    values.insert(Dimension::ProducerKind, vec![usize::from(row.kind)]);
    values.insert(Dimension::Certificate, ones(kinds).collect());

    let km = 111 * u16::from(row.province.abs_diff(asked.place.unwrap_or(0)));
    let km = if km == 333 { 334 } else { km };
    let mut fails: Vec<Option<Dimension>> = Vec::new();
    let mut fail = |failed: bool, dimension: Option<Dimension>| {
        if failed && !fails.contains(&dimension) {
            fails.push(dimension);
        }
    };
    fail(filter.provinces.is_some_and(|rows| !rows.contains(row.province)), Some(Dimension::Province));
    fail(filter.region.is_some_and(|rows| !rows.contains(row.province)), None);
    fail(filter.groups.is_some_and(|rows| !rows.contains(row.group)), Some(Dimension::Group));
    fail(stars < filter.least_stars, Some(Dimension::Stars));
    fail(kinds & filter.certificates != filter.certificates, Some(Dimension::Certificate));
    fail(kinds & filter.held != filter.held, None);
    fail(filter.kinds.is_some_and(|kinds| kinds >> row.kind & 1 == 0), Some(Dimension::ProducerKind));
    fail(filter.within_km.is_some_and(|most| km > most), None);
    fail(filter.is_offered.is_some_and(|offered| offered == open.is_empty()), None);
    fail(filter.is_illustrative.is_some_and(|asked| asked != is_illustrative(row.group)), None);
    fail(asked.producer.is_some_and(|producer| producer != row.producer), None);
    let in_season = |offer: &OfferRecord| months_left(offer, asked.as_of) & filter.months == filter.months;
    let is_cheap = |offer: &OfferRecord| filter.price_at_most.is_none_or(|most| seen_price(offer).is_some_and(|price| price <= most));
    let has_terms = |offer: &OfferRecord| {
        filter.quantity.is_none_or(|(least, _)| row.left(offer, asked, own) >= least)
            && filter.unit.is_none_or(|unit| unit == offer.unit)
            && filter.delivers_to.is_none_or(|unit| offer.delivers_to.is_none_or(|units| units.contains(unit)))
    };
    let taken: Vec<&&OfferRecord> = open.iter().copied().filter(|offer| has_terms(offer)).collect();
    let asks_offers = filter.asks_offers();
    // Which offers count for the months and for the price; a product without an offer has no price to anybody.
    let (cheap, seasonal): (Vec<_>, Vec<_>) =
        (taken.iter().filter(|offer| is_cheap(offer)).collect(), taken.iter().filter(|offer| in_season(offer)).collect());
    values.insert(
        Dimension::Month,
        ones(u64::from(cheap.iter().fold(0_u16, |months, offer| months | months_left(offer, asked.as_of)))).collect(),
    );
    let asks_beside_price = filter.months != 0 || filter.quantity.is_some() || filter.unit.is_some() || filter.delivers_to.is_some();
    if !asks_beside_price || !seasonal.is_empty() {
        values.insert(Dimension::Price, vec![bucket(seasonal.iter().filter_map(|offer| seen_price(offer)).min())]);
    }
    let passing = || taken.iter().filter(|offer| is_cheap(offer) && in_season(offer));
    let has_one = !asks_offers || passing().next().is_some();
    // Months and price have been judged by the offers already.
    values.retain(|dimension, _| {
        let is_of_offers = matches!(dimension, Dimension::Month | Dimension::Price);
        fails.iter().all(|failed| *failed == Some(*dimension)) && (is_of_offers || has_one)
    });
    let key = match asked.sort {
        // Of the offers that pass.
        Sort::Price => passing().filter_map(|offer| seen_price(offer)).min().map_or(u64::from(u32::MAX), u64::from),
        Sort::Quantity => u64::MAX - passing().map(|offer| row.left(offer, asked, own)).max().unwrap_or(0).unsigned_abs(),
        Sort::Stars => 3 - u64::from(stars.saturating_sub(2)),
        Sort::Distance => u64::from(km),
        // Samples are all of one millisecond.
        Sort::Newest | Sort::Relevance => u64::MAX,
    };
    (values, fails.is_empty() && has_one, key)
}

fn question_of<'a>(asked: &'a Asked, text: Option<&'a str>, market: &Market, limit: usize) -> Question<'a> {
    let organisation = if asked.organisation { market.organisations().row(Id(1_000)) } else { None };
    let producer = asked.producer.map(|id| market.organisations().row(Id(id)).unwrap_or(u32::MAX));
    Question {
        text,
        filter: Filter { producer, ..asked.filter.clone() },
        facets: asked.facets,
        sort: asked.sort,
        place: asked.place.map(Place::Unit),
        limit,
        after: None,
        as_of: asked.as_of,
        view: View { level: asked.level, organisation, introduced: &asked.introduced, ..View::PUBLIC },
    }
}

fn check(market: &Market, sample: &Sample, asked: &Asked) -> Result<(), TestCaseError> {
    let changes = changes(sample);
    let text = asked.text.map(|text| WORDS[text]);
    let own = asked.organisation.then_some(1_000);
    // Which rows the words mean, and how well, is tested above: here only that filters narrow it.
    let meant: Option<Vec<u128>> = text.map(|text| {
        let mut all = question(Some(text));
        all.limit = 100;
        market.search(&all).hits.iter().map(|hit| market.products().id(hit.row).0).collect()
    });
    let mut total = 0;
    let mut counts: BTreeMap<(Dimension, usize), u32> = BTreeMap::new();
    let mut passing: Vec<(u64, Id)> = Vec::new();
    for row in rows_of_records(&changes).iter().filter(|row| meant.as_ref().is_none_or(|meant| meant.contains(&row.id))) {
        let (values, passes, key) = judged(row, asked, own);
        if passes {
            total += 1;
            passing.push((key, Id(row.id)));
        }
        for (dimension, values) in values {
            let counted = asked.facets & dimension.bit() != 0;
            values.into_iter().filter(|_| counted).for_each(|value| *counts.entry((dimension, value)).or_default() += 1);
        }
    }
    passing.sort_unstable();

    let found = market.search(&question_of(asked, text, market, 100));
    prop_assert_eq!(found.total, total);
    let by_words = text.is_some() && asked.sort == Sort::Relevance;
    let mut hits: Vec<(u64, Id)> = found.hits.iter().map(|hit| hit.key).collect();
    prop_assert!(hits.is_sorted());
    if by_words {
        hits = hits.into_iter().map(|(_, id)| (u64::MAX, id)).collect();
        hits.sort_unstable();
    }
    prop_assert_eq!(&hits, &passing);
    let filled = |dimension: Dimension, counts: &[u32]| {
        (0_usize..)
            .zip(counts.to_vec())
            .filter(|(_, count)| *count > 0)
            .map(move |(value, count)| ((dimension, value), count))
            .collect::<Vec<_>>()
    };
    let found_counts: BTreeMap<(Dimension, usize), u32> = [
        filled(Dimension::Province, &found.counts.province),
        filled(Dimension::Group, &found.counts.group),
        filled(Dimension::Stars, &found.counts.stars),
        filled(Dimension::Certificate, &found.counts.certificate),
        filled(Dimension::ProducerKind, &found.counts.kind),
        filled(Dimension::Month, &found.counts.month),
        filled(Dimension::Price, &found.counts.price),
    ]
    .into_iter()
    .flatten()
    .collect();
    prop_assert_eq!(found_counts, counts);

    // Page by page the same, each once.
    let mut walked = Vec::new();
    let mut page = question_of(asked, text, market, 3);
    loop {
        let found = market.search(&page);
        walked.extend(found.hits.iter().map(|hit| hit.key));
        page.after = found.hits.last().map(|hit| hit.key);
        if !found.more {
            break;
        }
    }
    let all: Vec<(u64, Id)> = found.hits.iter().map(|hit| hit.key).collect();
    prop_assert_eq!(walked, all);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_what_looking_at_each_row_gives(sample in a_sample(), asked in asked()) {
        check(&loaded(changes(&sample)), &sample, &asked)?;
    }

    // Change by change, with detours: each record first came in an older version of another sample's making.
    #[test]
    fn an_index_that_followed_is_one_that_was_loaded(sample in a_sample(), before in a_sample(), asked in asked()) {
        let mut market = loaded([]);
        for change in self::changes(&before) {
            market.apply(change);
        }
        // What is not in the second sample goes; what is comes as a newer version.
        let now = self::changes(&sample);
        for change in self::changes(&before) {
            match change {
                Change::Product(record) if !now.iter().any(|new| matches!(new, Change::Product(new) if new.id == record.id)) => market.apply(Change::ProductGone(record.id)),
                Change::Certificate(record) => market.apply(Change::CertificateGone(record.id)),
                Change::Mou(record) => market.apply(Change::MouGone(record.id)),
                Change::Offer(record) if !now.iter().any(|new| matches!(new, Change::Offer(new) if new.id == record.id)) => market.apply(Change::OfferGone(record.id)),
                _ => {}
            }
        }
        for mut change in now {
            match &mut change {
                Change::Organisation(record) => record.version = 2,
                Change::Product(record) => record.version = 2,
                Change::Offer(record) => record.version = 2,
                _ => {}
            }
            market.apply(change);
        }
        // On another day other offers are over.
        market.set_today(TODAY + 15);
        market.set_today(TODAY);
        check(&market, &sample, &asked)?;
        // What words mean may depend on names that are gone no more than on the way they came.
        let fresh = loaded(self::changes(&sample));
        for text in WORDS {
            let means = |market: &Market| {
                let found = market.search(&Question { limit: 50, ..question(Some(text)) });
                found.hits.iter().map(|hit| (hit.key, hit.how)).collect::<Vec<_>>()
            };
            prop_assert_eq!(means(&market), means(&fresh), "{}", text);
        }
    }

    #[test]
    fn the_order_of_loading_does_not_matter(sample in a_sample(), asked in asked(), seed in any::<u64>()) {
        let mut shuffled = self::changes(&sample);
        let mut state = seed | 1;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
        }
        let text = asked.text.map(|text| WORDS[text]);
        let one = loaded(self::changes(&sample));
        let other = loaded(shuffled);
        let (left, right) = (one.search(&question_of(&asked, text, &one, 50)), other.search(&question_of(&asked, text, &other, 50)));
        let keys = |found: &Found| found.hits.iter().map(|hit| (hit.key, hit.how)).collect::<Vec<_>>();
        prop_assert_eq!(keys(&left), keys(&right));
        prop_assert_eq!((left.total, left.counts), (right.total, right.counts));
    }
}

#[test]
fn distances_are_those_of_the_tables() {
    assert_eq!(Place::Unit(0).distances(&tables())[..4], [0, 111, 222, 334]);
    let _ = public();
}
