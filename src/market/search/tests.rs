//! Every way of answering against looking at each row.

use super::*;
use crate::market::Market;
use crate::market::facet::{Counts, Dimension};
use crate::market::matching::View;
use crate::market::record::{Basis, Change, FOREVER, Id, MouRecord, Per, Price, Promise, Rows, Visibility};
use crate::market::samples::{TODAY, loaded, offer, organisation, paper, product, question, tables};
use crate::market::search::by_record::{Judged, judged, judged_offer, rows_of_records};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Days are from today.
#[derive(Debug, Clone)]
struct SampleOffer {
    product: usize,
    unit: u8,
    quantity: i64,
    months: u16,
    from: i32,
    days: i32,
    closed_on: Option<i32>,
    /// Đồng for one or twelve base units, and whether they are in fact dollars.
    price: Option<(i64, bool, bool, Visibility)>,
    delivers_to: Option<u8>,
}

/// Product, unit, quantity a month, first day and last from today, day from today on which it was signed, whether it ended since.
type SamplePromise = (usize, u8, i64, i32, i32, i32, bool);

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

/// Mostly kilograms.
fn unit() -> impl Strategy<Value = u8> {
    prop::sample::select(vec![0_u8, 0, 0, 1])
}

fn an_offer() -> impl Strategy<Value = SampleOffer> {
    let price = (5_000_i64..60_000, prop::bool::weighted(0.2), prop::bool::weighted(0.1), visibility());
    (
        (0_usize..25, unit(), 1_i64..400, 1_u16..0x1000),
        prop_oneof![3 => (Just(-30), -10_i32..70), 1 => (-40_i32..40, 0_i32..80)],
        prop::option::weighted(0.1, -20_i32..20),
        (prop::option::of(price), prop::option::of(0_u8..4)),
    )
        .prop_map(|((product, unit, quantity, months), (from, days), closed_on, (price, delivers_to))| SampleOffer {
            product,
            unit,
            quantity,
            months,
            from,
            days,
            closed_on,
            price,
            delivers_to,
        })
}

/// Ids of some milliseconds, which say what is newer, in another order than records have.
fn product_id(at: usize) -> Id {
    Id(((at * 3 % 4) as u128) << 80 | (1 + at as u128))
}

fn offer_id(at: usize) -> Id {
    Id(((at * 5 % 3) as u128) << 80 | (7_000 + at as u128))
}

fn a_sample() -> impl Strategy<Value = Sample> {
    (
        prop::collection::vec((0_u8..4, 0_u8..3), 1..4),
        prop::collection::vec((0_usize..4, 0_u8..7, 0_usize..8), 1..25),
        prop::collection::vec((0_usize..25, 0_u8..4, 3_u8..6, -50_i32..20, -10_i32..60, any::<bool>()), 0..15),
        prop::collection::vec(an_offer(), 0..25),
        prop::collection::vec((0_usize..25, unit(), 1_i64..200, -40_i32..40, 0_i32..60, -20_i32..10, any::<bool>()), 0..10),
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
        let mut record = product(product_id(at).0, producer_of(at), WORDS[*name], *group);
        record.illustrative = is_illustrative(*group);
        changes.push(Change::Product(record));
    }
    for (at, (of, kind, stars, from, until, is_of_holder)) in sample.papers.iter().enumerate() {
        let of = of % sample.products.len();
        let subject = if *is_of_holder && *kind != 0 { None } else { Some(product_id(of).0) };
        let stars = if *kind == 0 { *stars } else { 0 };
        changes.push(Change::Certificate(paper(5_000 + at as u128, producer_of(of), subject, *kind, stars, TODAY + from, TODAY + until)));
    }
    for (at, sampled) in sample.offers.iter().enumerate() {
        let mut record = offer(offer_id(at).0, product_id(sampled.product % sample.products.len()).0, sampled.quantity);
        record.unit = sampled.unit;
        record.months = sampled.months;
        (record.from, record.until) = (TODAY + sampled.from, TODAY + sampled.from + sampled.days);
        record.closed_on = sampled.closed_on.map_or(FOREVER, |day| TODAY + day);
        record.price = sampled.price.map(|(dong, is_of_twelve, is_foreign, visibility)| Price {
            amount: dong * 100,
            per_base: if is_of_twelve { 12_000 } else { 1_000 },
            currency: u8::from(is_foreign),
            basis: Basis::FarmGate,
            vat_included: false,
            visibility,
        });
        record.delivers_to = sampled.delivers_to.map(|unit| Rows::of([unit]));
        changes.push(Change::Offer(record));
    }
    for (at, (of, unit, quantity, from, days, signed, has_ended)) in sample.promises.iter().enumerate() {
        let promise = Promise {
            unit: *unit,
            quantity: *quantity,
            per: Per::Month,
            from: TODAY + from,
            until: TODAY + from + days,
            effect: (-30_000, FOREVER),
            signed_on: TODAY + signed,
            ended_on: if *has_ended { TODAY + 12 } else { FOREVER },
        };
        changes.push(Change::Mou(MouRecord {
            id: Id(9_000 + at as u128),
            version: 1,
            promises: vec![(product_id(of % sample.products.len()), promise)],
            meets: Vec::new(),
        }));
    }
    changes
}

#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) filter: Filter,
    pub(super) sort: Sort,
    pub(super) place: Option<u8>,
    text: Option<usize>,
    pub(super) as_of: i32,
    pub(super) level: Visibility,
    organisation: bool,
    /// Offers about which the caller was introduced, in order.
    pub(super) introduced: Vec<Id>,
    pub(super) facets: u8,
    /// Of this producer alone, by its id.
    pub(super) producer: Option<u128>,
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
            prop::option::weighted(0.2, (1_i64..300, unit())),
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
                quantity,
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
        (any::<bool>(), prop_oneof![Just(BTreeSet::new()), prop::collection::btree_set((0_usize..25).prop_map(offer_id), 1..6)]),
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
            introduced: introduced.into_iter().collect(),
            facets,
            producer,
        })
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

/// What the records say of all that are found: how many, how many by dimension and value, and in which order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Expected {
    total: u32,
    counts: BTreeMap<(Dimension, usize), u32>,
    order: Vec<(u64, Id)>,
}

impl Expected {
    fn take(&mut self, judged: Judged, id: Id, facets: u8) {
        if judged.passes {
            self.total += 1;
            self.order.push((judged.key, id));
        }
        for (dimension, values) in judged.values.into_iter().filter(|(dimension, _)| facets & dimension.bit() != 0) {
            for value in values {
                *self.counts.entry((dimension, value)).or_default() += 1;
            }
        }
    }
}

fn filled(counts: &Counts) -> BTreeMap<(Dimension, usize), u32> {
    let of = |dimension: Dimension, counts: &[u32]| {
        let counted = (0_usize..).zip(counts.to_vec()).filter(|(_, count)| *count > 0);
        counted.map(move |(value, count)| ((dimension, value), count)).collect::<Vec<_>>()
    };
    [
        of(Dimension::Province, &counts.province),
        of(Dimension::Group, &counts.group),
        of(Dimension::Stars, &counts.stars),
        of(Dimension::Certificate, &counts.certificate),
        of(Dimension::ProducerKind, &counts.kind),
        of(Dimension::Month, &counts.month),
        of(Dimension::Price, &counts.price),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The keys of all pages from `first` on, where `search` gives those of one and whether more follow.
fn walk(first: &Question<'_>, search: impl Fn(&Question<'_>) -> (Vec<SortKey>, bool)) -> Vec<SortKey> {
    let (mut page, mut walked) = (first.clone(), Vec::new());
    loop {
        let (keys, more) = search(&page);
        page.after = keys.last().copied();
        walked.extend(keys);
        if !more {
            return walked;
        }
    }
}

fn check(market: &Market, sample: &Sample, asked: &Asked) -> Result<(), TestCaseError> {
    let changes = changes(sample);
    let text = asked.text.map(|text| WORDS[text]);
    let own = asked.organisation.then_some(1_000);
    // Which rows the words mean, and how well, is tested above: here only that filters narrow it.
    let meant: Option<Vec<Id>> = text.map(|text| {
        let mut all = question(Some(text));
        all.limit = 100;
        market.search(&all).hits.iter().map(|hit| market.products().id(hit.row)).collect()
    });
    let (mut products, mut offers) = (Expected::default(), Expected::default());
    for row in rows_of_records(&changes).iter().filter(|row| meant.as_ref().is_none_or(|meant| meant.contains(&row.id))) {
        products.take(judged(row, asked, own), row.id, asked.facets);
        row.offers.iter().for_each(|offer| offers.take(judged_offer(row, offer, asked, own), offer.id, asked.facets));
    }
    // How well the words fit is not worked out here.
    let by_words = text.is_some() && asked.sort == Sort::Relevance;
    let ordered = |mut keys: Vec<(u64, Id)>| {
        keys.iter_mut().filter(|_| by_words).for_each(|(key, _)| *key = 0);
        keys.sort_unstable();
        keys
    };

    let found = market.search(&question_of(asked, text, market, 100));
    let hits: Vec<(u64, Id)> = found.hits.iter().map(|hit| hit.key).collect();
    prop_assert!(hits.is_sorted());
    prop_assert_eq!((found.total, filled(&found.counts)), (products.total, products.counts));
    prop_assert_eq!(ordered(hits.clone()), ordered(products.order));

    let found = market.search_offers(&question_of(asked, text, market, 100));
    let offer_hits: Vec<(u64, Id)> = found.hits.iter().map(|hit| hit.key).collect();
    prop_assert!(offer_hits.is_sorted());
    prop_assert_eq!((found.total, filled(&found.counts)), (offers.total, offers.counts));
    prop_assert_eq!(ordered(offer_hits.clone()), ordered(offers.order));

    // Page by page the same, each once.
    let page = question_of(asked, text, market, 3);
    let products = |page: &Question<'_>| {
        let found = market.search(page);
        (found.hits.iter().map(|hit| hit.key).collect(), found.more)
    };
    prop_assert_eq!(walk(&page, products), hits);
    let offers = |page: &Question<'_>| {
        let found = market.search_offers(page);
        (found.hits.iter().map(|hit| hit.key).collect(), found.more)
    };
    prop_assert_eq!(walk(&page, offers), offer_hits);
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
    fn an_index_that_followed_is_one_that_was_loaded(
        sample in a_sample(), before in a_sample(), asked in asked(), days in prop_oneof![Just(15), -40..15_i32, -800..15_i32],
    ) {
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
        market.set_today(TODAY + days);
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
}
