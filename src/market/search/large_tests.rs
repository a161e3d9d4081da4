//! Every quick way against judging row by row, in a market that is large enough for each of them; that is held against
//! looking at each record in small markets.

use super::*;
use crate::market::Market;
use crate::market::facet::Dimension;
use crate::market::matching::View;
use crate::market::record::{Basis, Change, FOREVER, Id, MouRecord, Per, Price, Promise, Rows, Visibility};
use crate::market::samples::{TODAY, loaded, offer, organisation, paper, product};
use crate::market::search::tests::asked;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

const PRODUCTS: u128 = 6_000;

const LEVELS: [Visibility; 4] = [Visibility::Public, Visibility::Keys, Visibility::Parties, Visibility::Hidden];

/// Eight producers in four units, thousands of products with few names, with no, one or two offers.
static MARKET: LazyLock<Market> = LazyLock::new(|| {
    let mut state = 7_u64;
    let mut chance = |most: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    let small = |value: u64| u8::try_from(value).unwrap();
    let mut changes = Vec::new();
    for producer in 0..8 {
        let mut record = organisation(1_000 + producer, "HTX Minh Phát", u8::try_from(producer % 4).unwrap());
        record.producer_kind = Some(u8::try_from(producer % 3).unwrap());
        changes.push(Change::Organisation(record));
        // Kinds 1 and 2 are asked for together.
        for kind in [small(chance(3)), if producer % 2 == 0 { 1 } else { 2 }] {
            let id = 50_000 + 10 * producer + u128::from(kind);
            changes.push(Change::Certificate(paper(id, 1_000 + producer, None, kind, 0, TODAY - 9, TODAY + 9)));
        }
    }
    for id in 1..=PRODUCTS {
        let name = ["Dứa sấy", "Dừa sáp", "Khóm tươi", "Dứa sấy dẻo", "Gạo ST25", "Cá dứa khô"][usize::from(small(chance(6)))];
        let mut record = product(id, 1_000 + u128::from(chance(8)), name, small(chance(7)));
        record.illustrative = chance(5) == 0;
        record.is_active = chance(20) > 0;
        changes.push(Change::Product(record));
        if chance(3) == 0 {
            let (from, until) = (TODAY - i32::try_from(chance(30)).unwrap(), TODAY + i32::try_from(chance(40)).unwrap() - 5);
            changes.push(Change::Certificate(paper(100_000 + id, 0, Some(id), 6, small(3 + chance(3)), from, until)));
        }
        for n in 0..chance(3) {
            let mut record = offer(id * 4 + u128::from(n), id, i64::try_from(1 + chance(99)).unwrap());
            record.months = u16::try_from(1 + chance(4_095)).unwrap();
            record.until = if chance(10) == 0 { TODAY - 1 } else { FOREVER };
            record.price = (chance(4) > 0).then(|| Price {
                amount: i64::try_from(100 * (5_000 + chance(60_000))).unwrap(),
                per_base: 1_000,
                currency: 0,
                basis: Basis::FarmGate,
                vat_included: true,
                visibility: LEVELS[usize::from(small(chance(6))).saturating_sub(2)],
            });
            changes.push(Change::Offer(record));
        }
        if chance(20) == 0 {
            let promise = Promise {
                unit: 0,
                quantity: i64::try_from(1 + chance(60)).unwrap(),
                per: Per::Month,
                from: TODAY,
                until: TODAY + i32::try_from(chance(200)).unwrap(),
                effect: (-30_000, FOREVER),
                signed_on: TODAY,
                ended_on: FOREVER,
            };
            changes.push(Change::Mou(MouRecord { id: Id(200_000 + id), version: 1, promises: vec![(Id(id), promise)], meets: Vec::new() }));
        }
    }
    loaded(changes)
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn columns_and_sets_say_what_every_row_says(
        asked in asked(),
        text in prop::sample::select(vec![None, Some("dứa"), Some("dua"), Some("dứa sấy"), Some("khóm"), Some("gao s")]),
        level in prop::sample::select(LEVELS.to_vec()),
        owner in prop::option::of(1_000_u128..1_008),
        provinces in prop::sample::select(vec![Rows::default(), Rows::default(), Rows::of([1]), Rows::of([0, 3])]),
        introduced in prop_oneof![Just(BTreeSet::new()), prop::collection::btree_set(4_u128..25_000, 1..60)],
        (asks_prices, asks) in (any::<bool>(), 0..4_u8),
        goes_on in prop::option::of(0_usize..30),
    ) {
        let market = &*MARKET;
        let organisation = owner.and_then(|owner| market.organisations().row(Id(owner)));
        prop_assert_eq!(organisation.is_some(), owner.is_some());
        // About offers; a few of these ids are of none.
        let introduced: Vec<Id> = introduced.into_iter().map(|id| Id(id / 4 * 4 + id % 2)).collect::<BTreeSet<_>>().into_iter().collect();
        // All that may be asked mostly finds nothing: half of the questions ask what belongs to one offer, or to the product.
        let all = asked.filter.clone();
        let filter = match asks {
            0 | 1 => all,
            2 => Filter { provinces: all.provinces, groups: all.groups, is_illustrative: all.is_illustrative, within_km: all.within_km, ..Filter::default() },
            _ => Filter { months: all.months, quantity: all.quantity, price_at_most: all.price_at_most, certificates: all.certificates, ..Filter::default() },
        };
        let mut question = Question {
            text,
            filter,
            facets: asked.facets | if asks_prices { Dimension::Price.bit() } else { 0 },
            sort: asked.sort,
            place: asked.place.map(Place::Unit),
            limit: 30,
            after: None,
            as_of: TODAY,
            view: View { level, organisation, provinces, introduced: &introduced },
        };
        let (products, offers) = (market.search(&question), market.search_offers(&question));
        prop_assert_eq!(&products, &market.search_by(&question, false));
        prop_assert_eq!(&offers, &market.search_offers_by(&question, false));
        // And from somewhere on the first page on.
        let Some(place) = goes_on else { return Ok(()) };
        question.after = products.hits.get(place.min(products.hits.len().saturating_sub(1))).map(|hit| hit.key);
        prop_assert_eq!(market.search(&question), market.search_by(&question, false));
        question.after = offers.hits.get(place.min(offers.hits.len().saturating_sub(1))).map(|hit| hit.key);
        prop_assert_eq!(market.search_offers(&question), market.search_offers_by(&question, false));
    }
}
