//! Who is not at work offers nothing and needs nothing, in whatever order the records come.

use super::Market;
use super::matching::Weights;
use super::record::{Change, DemandRecord, Id, OrganisationRecord};
use super::samples::{self, TODAY, loaded, offer, organisation, product, public, question};
use proptest::prelude::*;

/// A maker, who buys as well, in its versions; what it makes and offers, and what others and it itself need.
fn records(versions: &[bool]) -> Vec<Change> {
    let of = |id: u128, name: &'static str| {
        (1_i64..).zip(versions).map(move |(version, is_active)| {
            let record = organisation(id, if version % 2 == 0 { name } else { "HTX Cũ" }, 0);
            Change::Organisation(OrganisationRecord { version, is_buyer: true, is_active: *is_active, ..record })
        })
    };
    let demand = |id: u128, buyer: u128, text: Option<&str>| Change::Demand(DemandRecord { months: 1, ..samples::demand(id, buyer, text) });
    let rest = [
        Change::Organisation(organisation(801, "HTX An", 1)),
        Change::Organisation(organisation(802, "Siêu thị Tân Định", 0)),
        Change::Product(product(1, 800, "Tỏi khô", 1)),
        Change::Product(product(2, 801, "Tỏi đen", 1)),
        Change::Offer(offer(11, 1, 9_000)),
        Change::Offer(offer(12, 2, 9_000)),
        demand(21, 802, Some("tỏi")),
        demand(22, 800, Some("tỏi")),
        demand(23, 802, None),
        demand(24, 800, None),
    ];
    of(800, "HTX Minh Phát").chain(rest).collect()
}

/// All that the market says of what the maker offers and needs.
fn said(market: &Market) -> Vec<String> {
    let names = |text: Option<&str>| {
        let hits = market.search(&question(text)).hits;
        let mut names: Vec<String> = hits.iter().map(|hit| market.products().name(hit.row)).collect();
        names.sort();
        format!("{text:?}: {}", names.join(", "))
    };
    let mut said = vec![names(None), names(Some("tỏi")), names(Some("htx")), names(Some("minh phát"))];
    let mut suggested: Vec<String> = market.suggest_products("tỏi", 9).iter().map(|found| market.products().name(found.row)).collect();
    suggested.sort();
    said.push(suggested.join(", "));
    said.push(format!("{} offers", market.search_offers(&question(None)).total));
    let setting = market.setting(public(), Weights::default(), TODAY);
    for demand in 21..25 {
        let asked = market.asked(Id(demand)).unwrap();
        let found = market.best_offers(&asked, &setting, 9, 9);
        said.push(format!("{demand}: {} of {}", found.best.len(), found.considered));
    }
    for offer in 11..13 {
        let found = market.best_demands(&market.offer(Id(offer)).unwrap(), &setting, 9, 9);
        said.push(format!("{offer}: {} of {}", found.best.len(), found.considered));
    }
    let ready = |id: u128| market.organisations().row(Id(id)).map(|row| market.readiness(row, &setting));
    said.push(format!("{:?}", [ready(800), ready(801)].map(|ready| ready.map(|ready| (ready.open, ready.served)))));
    said
}

#[test]
fn who_is_not_at_work_offers_and_needs_nothing_until_it_is_again() {
    let mut market = loaded(records(&[true]));
    let at_work = said(&market);
    let state = |version: i64, is_active: bool| {
        let record = organisation(800, "HTX Cũ", 0);
        Change::Organisation(OrganisationRecord { version, is_buyer: true, is_active, ..record })
    };
    market.apply(state(2, false));
    let expected = [
        "None: Tỏi đen",
        "Some(\"tỏi\"): Tỏi đen",
        "Some(\"htx\"): Tỏi đen",
        "Some(\"minh phát\"): ",
        "Tỏi đen",
        "1 offers",
        "21: 1 of 1",
        "22: 0 of 0",
        "23: 1 of 1",
        "24: 0 of 0",
        "11: 0 of 0",
        "12: 2 of 2",
        "[Some((2, 0)), Some((2, 2))]",
    ];
    assert_eq!(said(&market), expected);
    market.apply(state(1, true));
    assert_eq!(said(&market), expected, "what was said before is not news");
    market.apply(state(3, true));
    assert_eq!(said(&market), at_work);
    assert!(at_work.contains(&"21: 2 of 2".to_owned()), "{at_work:?}");
}

proptest! {
    #[test]
    fn the_order_of_the_records_does_not_matter(
        versions in proptest::collection::vec(any::<bool>(), 1..5),
        seed in any::<u64>(),
        late in 0..14_usize,
    ) {
        let known = versions.len();
        let mut shuffled = records(&versions);
        let mut state = seed;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(at, usize::try_from((state >> 33) % (at as u64 + 1)).unwrap());
        }
        let expected = said(&loaded(records(&versions)));
        let rest = shuffled.split_off(late.min(shuffled.len()));
        let mut market = loaded(shuffled);
        for change in rest {
            market.apply(change);
        }
        prop_assert_eq!(said(&market), expected, "{} versions", known);
    }
}
