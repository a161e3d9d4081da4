//! What a plan makes: the same each time, in the shares that the sources give.

use super::{Plan, lines_of, world::KINDS};
use crate::certificates::OCOP;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

fn plan(counts: [usize; 4]) -> Plan {
    Plan::new(counts, 7, "2026-11-23".parse().unwrap())
}

fn text(plan: Plan) -> String {
    let mut out = Vec::new();
    lines_of(plan, "TEST", &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn entries(plan: Plan) -> Vec<Value> {
    text(plan).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn bodies<'a>(entries: &'a [Value], entity: &'a str) -> Vec<&'a Value> {
    entries.iter().filter(|entry| entry["entity"] == entity).map(|entry| &entry["body"]).collect()
}

/// Whether `n` of `all` is so many in a thousand, give or take four times the scatter of a fair draw.
fn is_share(n: usize, all: usize, per_mille: f64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let (n, all) = (n as f64, all as f64);
    let share = per_mille / 1_000.0;
    (n - all * share).abs() <= 4.0 * (all * share * (1.0 - share)).sqrt() + 1.0
}

#[test]
fn the_same_plan_makes_the_same_bytes_and_another_seed_others() {
    let small = plan([60, 120, 150, 40]);
    let once = text(small.clone());
    assert_eq!(once, text(small.clone()));
    assert_ne!(once, text(Plan { seed: 8, ..small }));
}

#[test]
fn more_records_leave_those_that_stand_for_themselves_as_they_are() {
    let names =
        |plan: Plan| -> Vec<Value> { bodies(&entries(plan), "organisation").iter().take(50).map(|body| body["name"].clone()).collect() };
    assert_eq!(names(plan([50, 0, 0, 0])), names(plan([80, 10, 0, 0])));
}

#[test]
fn entries_are_numbered_and_ids_and_instants_rise() {
    let entries = entries(plan([60, 120, 150, 40]));
    for (place, entry) in entries.iter().enumerate() {
        assert_eq!(entry["seq"], place + 1);
        assert_eq!((&entry["version"], &entry["operation"]), (&1.into(), &"create".into()));
        assert_eq!((&entry["entity_id"], &entry["recorded_at"]), (&entry["body"]["id"], &entry["body"]["created_at"]));
    }
    assert!(entries.windows(2).all(|pair| pair[0]["recorded_at"].as_str() <= pair[1]["recorded_at"].as_str()));
    let ids: Vec<&str> = entries.iter().map(|entry| entry["entity_id"].as_str().unwrap()).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    // The time of an id is in its first ten digits; several papers of one product share it.
    assert!(ids.windows(2).all(|pair| pair[0][4..14] <= pair[1][4..14]));
}

#[test]
fn everything_is_illustrative_and_every_invented_name_says_so() {
    let entries = entries(plan([300, 400, 100, 60]));
    assert!(entries.iter().all(|entry| entry["body"]["illustrative"] == true));
    for entity in ["organisation", "facility", "product"] {
        assert!(bodies(&entries, entity).iter().all(|body| body["name"].as_str().unwrap().ends_with(" (minh họa)")), "{entity}");
    }
    assert!(bodies(&entries, "certificate").iter().all(|body| body["issuer"].as_str().unwrap().ends_with(" (minh họa)")));
}

#[test]
fn producers_have_the_shares_of_2024() {
    let entries = entries(plan([6_000, 0, 0, 0]));
    let producers: Vec<&Value> = bodies(&entries, "organisation").into_iter().filter(|body| body["producer"].is_object()).collect();
    assert_eq!(producers.len(), 6_000);
    for (kind, share) in KINDS {
        let n = producers.iter().filter(|body| body["producer"]["kind"] == kind.as_str()).count();
        #[expect(clippy::cast_precision_loss, reason = "below a thousand")]
        let share = share as f64;
        assert!(is_share(n, 6_000, share), "{}: {n}", kind.as_str());
    }
    assert!(is_share(producers.iter().filter(|body| body["province_id"].as_str().unwrap().ends_with("@2008-08-01")).count(), 6_000, 200.0));
    let codes: Vec<&str> = producers.iter().filter_map(|body| body["tax_code"].as_str()).collect();
    assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
    // 95% of the enterprises and 75% of the cooperatives.
    assert!(is_share(codes.len(), 6_000, 0.95 * 220.0 + 0.75 * 325.0));
}

#[test]
fn products_follow_zipf_over_groups_and_each_producer_has_one() {
    let entries = entries(plan([2_000, 8_000, 0, 0]));
    let products = bodies(&entries, "product");
    let mut by_leaf: HashMap<String, usize> = HashMap::new();
    for product in &products {
        let group: crate::reference::GroupId = product["group_id"].as_str().unwrap().parse().unwrap();
        let leaf = crate::reference::reference().product_groups.current(group).unwrap();
        *by_leaf.entry(leaf.as_str().to_owned()).or_default() += 1;
    }
    // Zipf with exponent 0.9 over 26: the sum of k^-0.9 is 4.5656, and 2^-0.9 is 0.5359, 10^-0.9 is 0.1259.
    for (code, weight) in [("QD26-2026/I.3.c", 1.0), ("QD26-2026/I.3.b", 0.5359), ("QD26-2026/IV.1", 0.1259)] {
        assert!(is_share(by_leaf[code], 8_000, 1_000.0 * weight / 4.5656), "{code}: {}", by_leaf[code]);
    }
    let old = products.iter().filter(|product| !product["group_id"].as_str().unwrap().starts_with("QD26-2026/")).count();
    // A part of the leaves has no counterpart in 2019, so that not all of the fifteen percent are old.
    assert!((800..1_300).contains(&old), "{old}");
    let makers: HashSet<&str> = products.iter().filter_map(|product| product["producer_id"].as_str()).collect();
    assert_eq!(makers.len(), 2_000);
}

#[test]
fn three_products_in_five_are_certified_with_the_stars_of_2024_and_a_part_has_run_out() {
    let entries = entries(plan([1_000, 6_000, 0, 0]));
    let certificates = bodies(&entries, "certificate");
    let ocop: Vec<&&Value> = certificates.iter().filter(|body| body["kind"] == OCOP).collect();
    let certified: HashSet<&str> = ocop.iter().filter_map(|body| body["product_id"].as_str()).collect();
    assert!(is_share(certified.len(), 6_000, 600.0), "{}", certified.len());
    let of = |stars: i32| ocop.iter().filter(|body| body["stars"] == stars).count();
    assert!(is_share(of(4), ocop.len(), 249.0) && is_share(of(5), ocop.len(), 4.0), "{} {} of {}", of(4), of(5), ocop.len());
    let expired: HashSet<&str> = ocop
        .iter()
        .filter(|body| body["valid_until"].as_str().unwrap() < "2026-11-23")
        .filter_map(|body| body["product_id"].as_str())
        .collect();
    // Issued over five years for three: two in five have ended.
    assert!(is_share(expired.len(), certified.len(), 400.0), "{} of {}", expired.len(), certified.len());
}

#[test]
fn offers_have_the_shares_of_the_plan() {
    let entries = entries(plan([500, 1_000, 6_000, 0]));
    let offers = bodies(&entries, "offer");
    let priced: Vec<&&Value> = offers.iter().filter(|body| body["price"].is_object()).collect();
    for (visibility, share) in [("public", 600.0), ("keys", 350.0), ("hidden", 50.0)] {
        let n = priced.iter().filter(|body| body["price"]["visibility"] == visibility).count();
        assert!(is_share(n, priced.len(), share), "{visibility}: {n} of {}", priced.len());
    }
    assert!(is_share(offers.iter().filter(|body| body["delivers_to"].is_null()).count(), 6_000, 400.0));
    let ended = offers.iter().filter(|body| body["available_until"].is_string()).count();
    // Those of three in ten whose end leaves them a month of their season.
    assert!(ended <= 1_950 && ended > 1_300, "{ended}");
    // The API takes no offer of what is not made any more, unless it is over.
    let products = bodies(&entries, "product");
    let given_up: HashSet<&str> =
        products.iter().filter(|body| body["status"] == "discontinued").filter_map(|body| body["id"].as_str()).collect();
    let (over, others): (Vec<&Value>, Vec<&Value>) =
        offers.iter().partition(|body| given_up.contains(body["product_id"].as_str().unwrap()));
    assert!(!over.is_empty() && over.iter().all(|body| body["available_until"] == "2026-11-21"), "{}", over.len());
    assert!(others.iter().all(|body| body["available_from"].as_str().unwrap() > "2025-11-22"));
    let kilograms: Vec<f64> = offers
        .iter()
        .filter(|body| body["quantity_base"]["unit"] == "KG")
        .map(|body| body["quantity_base"]["quantity"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(is_share(kilograms.iter().filter(|kg| **kg < 500.0).count(), kilograms.len(), 333.3));
    // Rounding, and whole packs, may go a little beyond.
    assert!(kilograms.iter().all(|kg| (40.0..=55_000.0).contains(kg)));
}

#[test]
fn demands_lie_in_the_next_twelve_months_and_two_cities_take_a_third() {
    let entries = entries(plan([10, 0, 0, 3_000]));
    let demands = bodies(&entries, "demand");
    assert!(
        demands.iter().all(|body| body["starts_on"].as_str().unwrap() > "2026-11-23" && body["ends_on"].as_str().unwrap() <= "2027-11-23")
    );
    let cities =
        demands.iter().filter(|body| ["79@2025-07-01", "01@2025-07-01"].contains(&body["delivery_province_id"].as_str().unwrap())).count();
    // 1 + 1/2 of the sum of 1/k up to 34, which is 4.118.
    assert!(is_share(cities, 3_000, 364.2), "{cities}");
    assert_eq!(bodies(&entries, "organisation").len(), 10 + 300);
}

#[test]
fn a_plan_says_what_it_lacks() {
    assert_eq!(plan([0, 5, 0, 0]).check(), Err("products need at least one producer".into()));
    assert_eq!(plan([5, 0, 5, 0]).check(), Err("offers need at least one product".into()));
    assert_eq!(Plan { buyers: 0, ..plan([0, 0, 0, 5]) }.check(), Err("demands need at least one buyer".into()));
    assert_eq!(plan(Plan::M).check(), Ok(()));
}
