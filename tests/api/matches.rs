//! Matches over HTTP: the right offers with their reasons, what just misses and what mends it, through whose eyes, and drafts.

use crate::support::{
    Draft, Record, TestApp, Value, a_buyer, a_certificate, a_demand, a_facility, a_mou, a_producer, a_product, an_ocop_certificate,
    an_offer, json,
};

/// Onions of Vĩnh Châu with 4 stars and HACCP over the first quarter of 2027, 5 tonnes a month from January to March,
/// delivered everywhere; and a demand for just that.
struct Fair {
    app: TestApp,
    producer: Record,
    buyer: Record,
    product: Record,
    workshop: Record,
    haccp: Record,
    offer: Record,
    demand: Record,
}

/// What is said of the price on both sides, where it can be compared.
fn price(amount: &str, visibility: &str) -> Value {
    json!({"amount": amount, "currency": "VND", "per_unit": "KG", "basis": "delivered", "vat_included": true, "visibility": visibility})
}

fn offered(amount: &str, visibility: &str) -> Value {
    let mut price = price(amount, visibility);
    price["as_of"] = json!("2026-11-20");
    json!({"price": price})
}

fn a_fair() -> Fair {
    let app = TestApp::start();
    let producer = a_producer(&app).named("Hợp tác xã Bưng Tròn").create();
    let buyer = a_buyer(&app).create();
    let product = a_product(&app, &producer).named("Hành tím Vĩnh Châu").with(json!({"group": "QD26-2026/I.1.a"})).create();
    an_ocop_certificate(&app, &product).stars(4).issued_on("2025-06-01").valid_until("2028-06-01").create();
    let workshop = a_facility(&app, &producer).create();
    let haccp = haccp_until(&app, &producer, &workshop, "2027-03-31").create();
    let offer = onions(&app, &product).create();
    let demand = onions_wanted(&app, &buyer).create();
    Fair { app, producer, buyer, product, workshop, haccp, offer, demand }
}

fn haccp_until<'a>(app: &'a TestApp, producer: &Record, workshop: &Record, day: &str) -> Draft<'a> {
    a_certificate(app, "HACCP", producer)
        .with(json!({"subject": "facility", "facility_id": workshop.id}))
        .issued_on("2025-03-01")
        .valid_until(day)
}

fn onions<'a>(app: &'a TestApp, product: &Record) -> Draft<'a> {
    an_offer(app, product).with(json!({"months": [1, 2, 3], "delivers_to": null})).with(offered("36000", "public"))
}

fn onions_wanted<'a>(app: &'a TestApp, buyer: &Record) -> Draft<'a> {
    a_demand(app, buyer).with(json!({"price_ceiling": price("45000", "public"), "preferred_certificates": ["VIETGAP"], "least_stars": 3}))
}

impl Fair {
    fn ask(&self, path: &str, key: Option<&str>) -> Value {
        ask(&self.app, path, key)
    }

    /// The matches of the demand as everybody sees them.
    fn matches(&self) -> Value {
        self.ask(&format!("{}/matches", self.demand.path), None)
    }

    fn pair(&self, key: Option<&str>) -> Value {
        self.ask(&format!("{}/matches/{}", self.demand.path, self.offer.id), key)
    }

    /// Changes the record of `made` by an administrator.
    #[track_caller]
    fn change(&self, made: &Record, change: Value) {
        let admin = self.app.admin();
        let etag = self.app.get(&made.path).key(&admin).send().expect(200).etag();
        self.app.patch(&made.path, &etag, change).key(&admin).send().expect(200);
    }
}

/// Asks, and adds up the points of every pair in the answer.
#[track_caller]
fn ask(app: &TestApp, path: &str, key: Option<&str>) -> Value {
    let request = app.get(path);
    let answer = match key {
        Some(key) => request.key(key).send().expect(200),
        None => request.send().expect(200),
    };
    assert!(answer.header("Server-Timing").is_some_and(|timing| timing.starts_with("match;dur=")), "{path}");
    assert_eq!(answer.header("Cungcau-Degraded"), None);
    let json = answer.json();
    adds_up(&json);
    json
}

#[track_caller]
fn adds_up(answer: &Value) {
    let weights = answer["weights"].as_object();
    if let Some(weights) = weights {
        assert_eq!(weights.values().map(|weight| weight.as_u64().unwrap()).sum::<u64>(), 10_000);
    }
    let lists = ["items", "near_misses"].into_iter().filter_map(|name| answer[name].as_array());
    for pair in lists.flatten().chain(answer.get("parts").map(|_| answer)) {
        let parts = pair["parts"].as_array().unwrap();
        let points: u64 = parts.iter().map(|part| part["points_bp"].as_u64().unwrap()).sum();
        assert_eq!(Some(points), pair["score_bp"].as_u64(), "{pair}");
        for part in parts {
            let number = |name: &str| part[name].as_u64().unwrap();
            assert_eq!(number("weight_bp") * number("fit_bp") / 10_000, number("points_bp"), "{part}");
            assert_eq!(Some(number("weight_bp")), answer["weights"][part["criterion"].as_str().unwrap()].as_u64());
        }
    }
}

fn offers(answer: &Value, list: &str) -> Vec<String> {
    answer[list].as_array().unwrap().iter().map(|item| item["offer"]["id"].as_str().unwrap().to_owned()).collect()
}

fn demands(answer: &Value, list: &str) -> Vec<String> {
    answer[list].as_array().unwrap().iter().map(|item| item["demand"]["id"].as_str().unwrap().to_owned()).collect()
}

/// The part of a pair for `criterion`.
fn part<'a>(pair: &'a Value, criterion: &str) -> &'a Value {
    pair["parts"].as_array().unwrap().iter().find(|part| part["criterion"] == criterion).unwrap()
}

// 5 of 5 t, 3 of 3 months, 36,000 a fifth below 45,000 (60 %), 4 stars (80 %), none of one preferred, Sóc Trăng to Hà Nội.
#[test]
fn a_demand_finds_the_offer_that_serves_it_with_every_reason() {
    let fair = a_fair();
    let rice = a_product(&fair.app, &fair.producer).create();
    an_offer(&fair.app, &rice).create();
    let found = fair.matches();
    assert_eq!(offers(&found, "items"), [fair.offer.id.as_str()]);
    assert_eq!((found["considered"].as_u64(), found["eligible"].as_u64()), (Some(1), Some(1)), "rice is no onion, whoever grows it");
    assert_eq!((found["as_of"].as_str(), found["weights_version"].as_str()), (Some("2026-11-23"), Some("2026-11.3")));
    assert_eq!(found["weights"]["volume"], 3_000);
    let item = &found["items"][0];
    assert_eq!(item["offer"]["product"]["name"], "Hành tím Vĩnh Châu");
    assert_eq!(item["offer"]["quantity_base"], json!({"quantity": "5000", "unit": "KG"}));
    assert_eq!(item["producer"]["province"]["successor"]["code"], "92");
    let fits: Vec<u64> = item["parts"].as_array().unwrap().iter().map(|part| part["fit_bp"].as_u64().unwrap()).collect();
    let km = item["distance_km"].as_u64().unwrap();
    assert!(km > 1_000, "{km} km");
    assert_eq!(fits, [10_000, 10_000, 6_000, 8_000, 0, 10_000 - 5 * km, 5_000]);
    assert_eq!((part(item, "volume")["value"].as_str(), part(item, "volume")["of"].as_str()), (Some("15000"), Some("15000")));
    assert_eq!((part(item, "price")["value"].as_str(), part(item, "price")["of"].as_str()), (Some("36000"), Some("45000")));
    assert_eq!(part(item, "volume")["text"], "15,000 of 15,000 kg in the months of both");
    assert_eq!(part(item, "price")["text"], "36,000 VND/kg; the ceiling is 45,000 VND/kg");
    assert_eq!(part(item, "preferred")["text"], "0 of 1 preferred certificates");
    let vi = fair.app.get(&format!("{}/matches", fair.demand.path)).header("Accept-Language", "vi").send().expect(200).json();
    assert_eq!(part(&vi["items"][0], "volume")["text"], "Đáp ứng 15.000 trên 15.000 kg trong các tháng chung");
    assert_eq!(part(&vi["items"][0], "stars")["text"], "OCOP 4 sao trong suốt kỳ giao");
}

#[test]
fn both_directions_and_the_single_pair_say_the_same() {
    let fair = a_fair();
    let others = a_buyer(&fair.app).named("Siêu thị Bốn Mùa").create();
    let other = onions_wanted(&fair.app, &others)
        .with(json!({"text": null, "group": "I.1", "quantity": "8", "preferred_certificates": []}))
        .create();
    onions_wanted(&fair.app, &others).with(json!({"text": "gạo", "group": null})).create();
    let near = onions_wanted(&fair.app, &others).with(json!({"required_certificates": ["GLOBALGAP"]})).create();
    let back = fair.ask(&format!("{}/matches", fair.offer.path), None);
    assert_eq!((back["considered"].as_u64(), back["eligible"].as_u64()), (Some(3), Some(2)));
    assert_eq!(demands(&back, "near_misses"), [near.id.as_str()]);
    let mut found = demands(&back, "items");
    found.sort_unstable();
    let mut both = [fair.demand.id.as_str(), other.id.as_str()];
    both.sort_unstable();
    assert_eq!(found, both);
    for (demand, list) in [(&fair.demand, "items"), (&other, "items"), (&near, "near_misses")] {
        let there = fair.ask(&format!("{}/matches", demand.path), None);
        let back = back[list].as_array().unwrap().iter().find(|item| item["demand"]["id"] == demand.id.as_str()).unwrap();
        let pair = fair.ask(&format!("{}/matches/{}", demand.path, fair.offer.id), None);
        for member in ["score_bp", "distance_km", "parts"] {
            assert_eq!(there[list][0][member], back[member], "{member}");
            assert_eq!(pair[member], back[member], "{member}");
        }
        assert_eq!(pair["eligible"], list == "items");
        assert_eq!(there[list][0].get("what_if"), back.get("what_if"));
        assert_eq!(pair["demand"], back["demand"]);
        assert_eq!(pair["offer"], there[list][0]["offer"]);
    }
}

/// A way to keep the offer from the demand, and to mend it by what the answer says.
struct Case {
    code: &'static str,
    of_offer: Value,
    of_demand: Value,
    mend: fn(&Fair, &Value),
}

fn patch_offer(fair: &Fair, change: Value) {
    fair.change(&fair.offer, change);
}

fn cases() -> Vec<Case> {
    let case = |code, of_offer, of_demand, mend| Case { code, of_offer, of_demand, mend };
    vec![
        case("stars", json!({}), json!({"least_stars": 5}), |fair, mend| {
            assert_eq!(
                (mend["stars"].as_u64(), mend["from"].as_str(), mend["until"].as_str()),
                (Some(5), Some("2027-01-01"), Some("2027-03-31"))
            );
            an_ocop_certificate(&fair.app, &fair.product)
                .stars(5)
                .with(json!({"number": "5-2026", "issuer": "Bộ Nông nghiệp và Môi trường", "issuer_level": "ministry"}))
                .issued_on("2026-11-01")
                .valid_until(mend["until"].as_str().unwrap())
                .create();
        }),
        case("certificate", json!({}), json!({"required_certificates": ["HACCP", "ISO22000"]}), |fair, mend| {
            assert_eq!(mend["certificates"], json!(["ISO22000"]));
            assert_eq!(mend["text"], "ISO22000 in force from 2027-01-01 to 2027-03-31 would be enough");
            a_certificate(&fair.app, "ISO22000", &fair.producer)
                .with(json!({"subject": "facility", "facility_id": fair.workshop.id}))
                .issued_on("2026-11-01")
                .valid_until(mend["until"].as_str().unwrap())
                .create();
        }),
        case("period", json!({"available_until": "2026-12-31", "months": [1, 2, 3, 12]}), json!({}), |fair, mend| {
            patch_offer(fair, json!({"available_until": mend["until"]}));
        }),
        case("months", json!({"months": [6, 12]}), json!({}), |fair, mend| {
            assert_eq!(mend["months"], json!([1]));
            patch_offer(fair, json!({"months": [6, 12, mend["months"][0]]}));
        }),
        // One supplier must be there in each of them.
        case("months", json!({"months": [1, 3, 12]}), json!({"suppliers_at_most": 1}), |fair, mend| {
            assert_eq!(mend["months"], json!([2]));
            patch_offer(fair, json!({"months": [1, 2, 3]}));
        }),
        case("minimum_order", json!({"minimum_order": "6", "minimum_order_unit": "TAN"}), json!({}), |fair, mend| {
            let least = &mend["quantity_base"];
            patch_offer(fair, json!({"minimum_order": least["quantity"], "minimum_order_unit": least["unit"]}));
        }),
        case("quantity", json!({"quantity": "4"}), json!({"suppliers_at_most": 1}), |fair, mend| {
            let least = &mend["quantity_base"];
            assert_eq!(least["quantity"], "5000");
            patch_offer(fair, json!({"quantity": least["quantity"], "unit": least["unit"]}));
        }),
        case("price", offered("50000", "public"), json!({}), |fair, mend| {
            assert_eq!(mend["price"]["amount"], "45000");
            patch_offer(fair, json!({"price": {"amount": mend["price"]["amount"]}}));
        }),
        case("delivery", json!({"delivers_to": ["79"]}), json!({}), |fair, mend| {
            patch_offer(fair, json!({"delivers_to": ["79", mend["provinces"][0]]}));
        }),
        case("shelf_life", json!({"remaining_shelf_life_days": 20}), json!({"minimum_remaining_shelf_life_days": 30}), |fair, mend| {
            patch_offer(fair, json!({"remaining_shelf_life_days": mend["days"]}));
        }),
    ]
}

#[test]
fn what_just_misses_is_told_with_the_least_change_and_that_change_mends_it() {
    for Case { code, of_offer, of_demand, mend } in cases() {
        let fair = a_fair();
        fair.change(&fair.offer, of_offer);
        fair.change(&fair.demand, of_demand);
        let found = fair.matches();
        assert_eq!((offers(&found, "items"), offers(&found, "near_misses")), (Vec::new(), vec![fair.offer.id.clone()]), "{code}");
        let missed = &found["near_misses"][0];
        assert_eq!(missed["blocked_by"].as_array().map(Vec::len), Some(1), "{missed}");
        let change = &missed["what_if"][0];
        assert_eq!((missed["blocked_by"][0]["code"].as_str(), change["code"].as_str()), (Some(code), Some(code)));
        let pair = fair.pair(None);
        let failing: Vec<&str> = pair["constraints"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["passes"] == false)
            .map(|one| one["code"].as_str().unwrap())
            .collect();
        assert_eq!((failing, &pair["what_if"], &pair["mendable"]), (vec![code], &missed["what_if"], &json!(true)));
        mend(&fair, change);
        let mended = fair.matches();
        assert_eq!(offers(&mended, "items"), [fair.offer.id.as_str()], "{code}: {mended}");
        let pair = fair.pair(None);
        assert_eq!((&pair["eligible"], &pair["what_if"]), (&json!(true), &json!([])));
    }
}

// It ended a month ago and was not closed: lasting until January it would be on offer again.
#[test]
fn an_offer_that_is_over_is_mended_by_lasting_longer() {
    let fair = a_fair();
    let over = json!({"available_from": "2026-09-01", "available_until": "2026-10-31", "months": [1, 2, 3, 9, 10]});
    fair.change(&fair.offer, over);
    let pair = fair.pair(None);
    assert_eq!((&pair["offer_is_open"], &pair["eligible"], &pair["mendable"]), (&json!(false), &json!(false), &json!(true)));
    let change = &pair["what_if"][0];
    assert_eq!((&change["code"], &change["until"]), (&json!("period"), &json!("2027-01-01")));
    patch_offer(&fair, json!({"available_until": change["until"]}));
    assert_eq!(fair.pair(None)["eligible"], true);
    let admin = fair.app.admin();
    patch_offer(&fair, json!({"available_until": "2026-10-31"}));
    fair.app.post(&format!("{}/close", fair.offer.path), json!({})).key(&admin).send().expect(200);
    assert_eq!(fair.pair(None)["mendable"], false, "nothing opens what is closed");
}

// Nothing of its season is left until it ends: it is over as in lists, and another month opens it again.
#[test]
fn an_offer_without_a_month_left_is_over_and_is_mended_by_another_month() {
    let fair = a_fair();
    fair.change(&fair.offer, json!({"available_from": "2026-01-01", "available_until": "2027-01-31", "months": [8, 9]}));
    fair.app.set_clock("2026-12-01 05:00:00");
    let offer = || fair.app.get(&fair.offer.path).send().expect(200).json();
    assert_eq!(offer()["status"], "ended");
    let found = fair.matches();
    assert_eq!((found["considered"].as_u64(), &found["near_misses"]), (Some(0), &json!([])));
    let note =
        fair.app.get(&format!("{}/matches", fair.offer.path)).header("Accept-Language", "en").send().expect(200).json()["note"].clone();
    assert_eq!((&note["code"], &note["text"]), (&json!("offer_over"), &json!("No month in which it supplies is left.")));
    let pair = fair.pair(None);
    assert_eq!((&pair["offer_is_open"], &pair["eligible"], &pair["mendable"]), (&json!(false), &json!(false), &json!(true)));
    let change = &pair["what_if"][0];
    assert_eq!((&change["code"], &change["months"]), (&json!("months"), &json!([1])));
    patch_offer(&fair, json!({"months": [1, 8, 9]}));
    assert_eq!((&offer()["status"], &fair.pair(None)["eligible"]), (&json!("open"), &json!(true)));
    assert_eq!(offers(&fair.matches(), "items"), [fair.offer.id.as_str()]);
}

// Offered to the end of February, and in January alone: a single supplier must be there on a day of March, and in two more months.
#[test]
fn where_it_takes_two_changes_neither_is_said_to_be_enough() {
    let fair = a_fair();
    fair.change(&fair.demand, json!({"suppliers_at_most": 1}));
    fair.change(&fair.offer, json!({"available_until": "2027-02-28", "months": [1]}));
    let pair = fair.pair(None);
    let changes = pair["what_if"].as_array().unwrap().iter().map(|change| (&change["code"], &change["text"])).collect::<Vec<_>>();
    assert_eq!(
        changes,
        [
            (&json!("months"), &json!("Offered until 2027-03-01 or later would be enough with the other change for this")),
            (&json!("months"), &json!("Offered in February, March as well would be enough with the other change for this")),
        ]
    );
    patch_offer(&fair, json!({"available_until": "2027-03-31"}));
    let pair = fair.pair(None);
    assert_eq!(pair["eligible"], false);
    assert_eq!(pair["what_if"][0]["text"], "Offered in February, March as well would be enough");
    patch_offer(&fair, json!({"months": [1, 2, 3]}));
    assert_eq!(fair.pair(None)["eligible"], true);
}

// 5 t a month with a least order of 4 t, of which 2 t are promised in each month: there is no room for an order.
#[test]
fn an_offer_without_room_for_its_own_least_order_is_not_proposed() {
    let fair = a_fair();
    fair.change(&fair.offer, json!({"minimum_order": "4", "minimum_order_unit": "TAN"}));
    assert_eq!(fair.pair(None)["eligible"], true);
    a_mou(&fair.app)
        .of_producer(&fair.producer)
        .with_buyer(&fair.buyer)
        .with(json!({
            "proposed_on": "2026-10-01", "agreed_on": "2026-10-15", "signed_on": "2026-11-01", "effective_from": "2026-11-01", "effective_until": "2027-12-31",
            "commitments": [{"product_id": fair.product.id, "quantity": "2", "unit": "TAN", "period": "month", "starts_on": "2027-01-01", "ends_on": "2027-03-31"}]
        }))
        .create();
    let pair = fair.pair(None);
    let failing = pair["constraints"].as_array().unwrap().iter().filter(|one| one["passes"] == false).collect::<Vec<_>>();
    assert_eq!(failing.iter().map(|one| &one["code"]).collect::<Vec<_>>(), ["minimum_order"]);
    assert_eq!(failing[0]["text"], "The minimum order is 4,000 kg; left are at least 3,000 kg a month");
    assert_eq!(pair["what_if"][0]["text"], "A minimum order of at most 3,000 kg would be enough");
    let propose =
        || fair.app.post(&format!("{}/matches/{}/propose", fair.demand.path, fair.offer.id), json!({})).key(&fair.app.admin()).send();
    assert_eq!(propose().expect(409).problem_code(), "not_eligible");
    patch_offer(&fair, json!({"minimum_order": "3", "minimum_order_unit": "TAN"}));
    propose().expect(201);
}

// "Thơm" is pineapple in the south, and fragrant of rice.
#[test]
fn words_of_a_demand_mean_what_they_mean_in_a_search() {
    let fair = a_fair();
    let made = |name: &str| {
        let product = a_product(&fair.app, &fair.producer).named(name).create();
        an_offer(&fair.app, &product).with(json!({"months": [1, 2, 3], "delivers_to": null})).create()
    };
    let (rice, pineapple) = (made("Gạo Đài thơm 8"), made("Khóm sấy dẻo"));
    let wanted = onions_wanted(&fair.app, &fair.buyer).with(json!({"text": "dứa", "group": null})).create();
    let found = fair.ask(&format!("{}/matches?near_misses=20", wanted.path), None);
    assert_eq!(found["considered"], 1);
    let all = [offers(&found, "items"), offers(&found, "near_misses")].concat();
    assert!(all.is_empty() || all == [pineapple.id.clone()], "{all:?}");
    let text = |offer: &Record| {
        let pair = fair.ask(&format!("{}/matches/{}", wanted.path, offer.id), None);
        pair["constraints"].as_array().unwrap().iter().any(|one| one["code"] == "text" && one["passes"] == true)
    };
    assert_eq!((text(&rice), text(&pineapple)), (false, true));
    assert_eq!(fair.ask(&format!("/v1/offers/{}/matches", rice.id), None)["considered"], 0);
    assert_eq!(fair.app.get("/v1/offers?q=d%E1%BB%A9a").send().expect(200).json()["total"], 1);
    let renamed = fair.app.get(&format!("/v1/offers/{}", rice.id)).send().expect(200).json()["product_id"].as_str().unwrap().to_owned();
    let etag = fair.app.get(&format!("/v1/products/{renamed}")).key(&fair.app.admin()).send().expect(200).etag();
    fair.app.patch(&format!("/v1/products/{renamed}"), &etag, json!({"name": "Thơm tươi"})).key(&fair.app.admin()).send().expect(200);
    assert!(text(&rice), "it is pineapple now");
}

#[test]
fn a_pair_that_fails_much_is_explained_and_no_near_miss() {
    let fair = a_fair();
    let litres = onions_wanted(&fair.app, &fair.buyer)
        .with(json!({"text": null, "group": "II", "unit": "L", "price_ceiling": null, "required_certificates": ["ISO22000"], "delivery_province": "79"}))
        .create();
    fair.change(&fair.offer, json!({"delivers_to": ["01"]}));
    let pair = fair.ask(&format!("{}/matches/{}", litres.path, fair.offer.id), None);
    let constraints = pair["constraints"].as_array().unwrap();
    assert_eq!(constraints.len(), 12);
    let failing: Vec<&str> = constraints.iter().filter(|one| one["passes"] == false).map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(failing, ["category", "certificate", "delivery", "unit"], "what is counted in two units is not compared");
    let told = |code: &str| constraints.iter().find(|one| one["code"] == code).map(|one| (&one["text"], &one["needed"], &one["found"]));
    for code in ["minimum_order", "quantity"] {
        let (text, nothing) = (json!("Offer and demand count in different units: not compared"), json!({}));
        assert_eq!(told(code), Some((&text, &nothing, &nothing)), "{code}");
    }
    assert_eq!(part(&pair, "volume")["text"], "Offer and demand count in different units: nothing is counted");
    assert_eq!((&part(&pair, "volume")["fit_bp"], part(&pair, "volume").get("value")), (&json!(0), None));
    assert_eq!((pair["eligible"].as_bool(), pair["mendable"].as_bool()), (Some(false), Some(false)), "nothing mends a unit");
    let mends: Vec<&str> = pair["what_if"].as_array().unwrap().iter().map(|mend| mend["code"].as_str().unwrap()).collect();
    assert_eq!(mends, ["certificate", "delivery"], "no number of kilograms mends a demand in litres");
    assert_eq!(constraints[0]["found"]["groups"], json!(["QD26-2026/I.1.a"]));
    assert_eq!(constraints[11]["text"], "Needed in l; offered in kg");
    let there = fair.ask(&format!("{}/matches", litres.path), None);
    assert_eq!((there["considered"].as_u64(), &there["near_misses"]), (Some(0), &json!([])));
}

#[test]
fn a_certificate_counts_only_where_it_is_in_force_on_every_day() {
    let fair = a_fair();
    assert_eq!(fair.matches()["eligible"], 1);
    for (end, stands) in
        [("2027-03-30", "until 2027-03-30, and ends within the period"), ("2026-12-31", "until 2026-12-31, before the period begins")]
    {
        fair.change(&fair.haccp, json!({"valid_until": end}));
        let found = fair.matches();
        assert_eq!(
            (found["eligible"].as_u64(), &found["near_misses"][0]["blocked_by"][0]["found"]),
            (Some(0), &json!({"certificates": []})),
            "{end}"
        );
        assert_eq!(
            found["near_misses"][0]["blocked_by"][0]["text"],
            format!("Not in force over the whole period: HACCP (in force {stands})")
        );
    }
    fair.change(&fair.haccp, json!({"valid_until": "2027-03-31"}));
    assert_eq!(fair.matches()["eligible"], 1);
    // Two papers that follow each other are none over the whole.
    fair.change(&fair.haccp, json!({"valid_until": "2027-02-01"}));
    haccp_until(&fair.app, &fair.producer, &fair.workshop, "2028-01-01").issued_on("2026-11-23").create();
    assert_eq!(fair.matches()["eligible"], 1, "this one holds alone");
}

#[test]
fn what_is_promised_is_not_offered_again() {
    let fair = a_fair();
    let sign = |quantity: &str| {
        a_mou(&fair.app)
            .of_producer(&fair.producer)
            .with_buyer(&fair.buyer)
            .with(json!({
                "proposed_on": "2026-10-01", "agreed_on": "2026-10-15", "signed_on": "2026-11-01", "effective_from": "2026-11-01",
                "effective_until": "2027-12-31",
                "commitments": [{"product_id": fair.product.id, "quantity": quantity, "unit": "TAN", "period": "month",
                                 "starts_on": "2027-01-01", "ends_on": "2027-03-31"}]
            }))
            .create()
    };
    let volume = || {
        let found = fair.matches();
        let part = part(&found["items"][0], "volume").clone();
        (part["value"].as_str().unwrap().to_owned(), part["fit_bp"].as_u64().unwrap())
    };
    assert_eq!(volume(), ("15000".to_owned(), 10_000));
    sign("2");
    assert_eq!(volume(), ("9000".to_owned(), 6_000));
    assert_eq!(fair.matches()["items"][0]["offer"]["left_base"]["quantity"], "3000");
    // On a day before it was signed nothing was promised.
    let before = fair.ask(&format!("{}/matches?as_of=2026-10-31", fair.demand.path), None);
    assert_eq!(part(&before["items"][0], "volume")["value"], "15000");
    sign("3");
    let found = fair.matches();
    assert_eq!((found["eligible"].as_u64(), found["near_misses"][0]["blocked_by"][0]["code"].as_str()), (Some(0), Some("quantity")));
    assert_eq!(found["near_misses"][0]["blocked_by"][0]["found"]["quantity_base"]["quantity"], "0");
    // Beside the 5 t that are promised there must be room for an order of 200 kg: in two digits, whoever asks.
    assert_eq!(found["near_misses"][0]["what_if"][0]["quantity_base"]["quantity"], "5200");
    let officer = fair.app.officer("92");
    let told = fair.ask(&format!("{}/matches", fair.demand.path), Some(&officer));
    assert_eq!(told["near_misses"][0]["what_if"][0]["quantity_base"]["quantity"], "5200");
    // Without a least order something must be left, a whole kilogram; who is not shown what is promised is told two digits.
    fair.change(&fair.offer, json!({"minimum_order": null, "minimum_order_unit": null}));
    let least = |key: Option<&str>| {
        let found = fair.ask(&format!("{}/matches", fair.demand.path), key);
        found["near_misses"][0]["what_if"][0]["quantity_base"]["quantity"].as_str().unwrap().to_owned()
    };
    assert_eq!((least(Some(&officer)), least(None)), ("5001".to_owned(), "5100".to_owned()));
}

// What is asked at the gate without tax can only come out dearer when it is delivered with tax.
#[test]
fn prices_of_other_terms_are_told_with_them() {
    let fair = a_fair();
    let at_the_gate = |amount: &str| {
        let mut offered = offered(amount, "public");
        offered["price"]["basis"] = json!("farm_gate");
        offered["price"]["vat_included"] = json!(false);
        offered
    };
    fair.change(&fair.offer, at_the_gate("36000"));
    let buyer = fair.app.buyer(&fair.buyer);
    let found = fair.ask(&format!("{}/matches", fair.demand.path), Some(&buyer));
    let part = part(&found["items"][0], "price");
    let told = "36,000 VND/kg at the farm gate without VAT; the ceiling is 45,000 VND/kg delivered with VAT: not compared, counted half";
    assert_eq!((part["text"].as_str(), &part["fit_bp"], part.get("value")), (Some(told), &json!(5_000), None));
    let verdict = |pair: &Value| pair["constraints"].as_array().unwrap().iter().find(|told| told["code"] == "price").unwrap().clone();
    let pair = fair.pair(Some(&buyer));
    let told =
        "The price of 36,000 VND/kg at the farm gate without VAT and the ceiling of 45,000 VND/kg delivered with VAT can't be compared";
    assert_eq!((&verdict(&pair)["passes"], verdict(&pair)["text"].as_str()), (&json!(true), Some(told)));

    let offer = fair.app.get(&fair.offer.path).key(&fair.app.admin()).send().expect(200);
    fair.app.patch(&fair.offer.path, offer.header("etag").unwrap(), at_the_gate("46000")).key(&fair.app.admin()).send().expect(200);
    let pair = fair.pair(Some(&buyer));
    let told = "The price of 46,000 VND/kg at the farm gate without VAT is above the ceiling of 45,000 VND/kg delivered with VAT";
    assert_eq!((&verdict(&pair)["passes"], verdict(&pair)["text"].as_str()), (&json!(false), Some(told)));
    let told = "A price of at most 45,000 VND/kg at the farm gate without VAT would be enough";
    assert_eq!(pair["what_if"][0]["text"], told);
    let vietnamese = fair
        .app
        .get(&format!("{}/matches/{}", fair.demand.path, fair.offer.id))
        .key(&buyer)
        .header("Accept-Language", "vi")
        .send()
        .expect(200)
        .json();
    let told = "Giá 46.000 VND/kg tại nơi sản xuất chưa gồm thuế GTGT cao hơn giá trần 45.000 VND/kg giao tận nơi đã gồm thuế GTGT";
    assert_eq!(verdict(&vietnamese)["text"], told);
}

// The price stands 5,000 above the ceiling, which only the buyer's side may know.
#[test]
fn what_one_may_not_see_of_prices_and_ceilings_is_unknown() {
    let fair = a_fair();
    fair.change(&fair.offer, offered("50000", "keys"));
    fair.change(&fair.demand, json!({"price_ceiling": price("45000", "hidden")}));
    let app = &fair.app;
    let stranger = a_producer(app).named("Khác").create();
    let other_buyer = a_buyer(app).named("Người mua khác").in_province("01").create();
    let seen = |who: &str, key: Option<String>, eligible: bool, price_told: bool, ceiling_told: bool| {
        let matches = fair.ask(&format!("{}/matches", fair.demand.path), key.as_deref());
        let back = fair.ask(&format!("{}/matches", fair.offer.path), key.as_deref());
        let pair = fair.pair(key.as_deref());
        for answer in [&matches, &back] {
            assert_eq!(answer["eligible"].as_u64(), Some(u64::from(eligible)), "{who}: {answer}");
        }
        assert_eq!(pair["eligible"], eligible, "{who}");
        let text = format!("{matches}{back}{pair}");
        let tells = |numbers: [&str; 3]| numbers.iter().any(|number| text.contains(number));
        assert_eq!(tells(["\"50000\"", "50,000", "50.000"]), price_told, "{who}: the price");
        assert_eq!(tells(["\"45000\"", "45,000", "45.000"]), ceiling_told, "{who}: the ceiling");
        if eligible {
            assert_eq!(part(&matches["items"][0], "price")["fit_bp"], 5_000, "{who}: unknown counts half");
            assert_eq!(part(&matches["items"][0], "price").get("value"), None);
        }
        (matches, pair)
    };
    seen("anonymous", None, true, false, false);
    seen("another producer", Some(app.producer(&stranger)), true, false, false);
    seen("another buyer", Some(app.buyer(&other_buyer)), true, true, false);
    seen("a partner", Some(app.partner()), true, false, false);
    seen("the producer's officer", Some(app.officer("92")), true, true, false);
    let (matches, pair) = seen("the producer", Some(app.producer(&fair.producer)), false, true, false);
    let missed = &matches["near_misses"][0];
    assert_eq!(missed["blocked_by"][0]["text"], "The price of 50,000 VND/kg is above the ceiling", "above it, but not by how much");
    assert_eq!((&missed["blocked_by"][0]["needed"], &missed["what_if"], &pair["mendable"]), (&json!({}), &json!([]), &json!(false)));
    let all_knowing = [
        ("the buyer", app.buyer(&fair.buyer)),
        ("its officer", app.officer("79")),
        ("an auditor", app.auditor()),
        ("an administrator", app.admin()),
    ];
    for (who, key) in all_knowing {
        let (matches, _) = seen(who, Some(key), false, true, true);
        assert_eq!(matches["near_misses"][0]["what_if"][0]["price"]["amount"], "45000", "{who}");
    }
    // A price that only the parties see is unknown to the buyer as well.
    fair.change(&fair.offer, offered("50000", "parties"));
    seen("the buyer", Some(app.buyer(&fair.buyer)), true, false, true);
    seen("the producer", Some(app.producer(&fair.producer)), false, true, false);
}

#[test]
fn a_caller_matches_what_it_wrote_a_moment_ago() {
    let fair = a_fair();
    let second = onions(&fair.app, &fair.product).with(json!({"quantity": "2"})).create();
    assert_eq!(offers(&fair.matches(), "items"), [fair.offer.id.as_str(), second.id.as_str()]);
    fair.app.post(&format!("{}/close", fair.offer.path), json!({})).key(&fair.app.admin()).send().expect(200);
    assert_eq!(offers(&fair.matches(), "items"), [second.id.as_str()]);
    let closed = fair.pair(None);
    assert_eq!((&closed["offer_is_open"], &closed["eligible"]), (&json!(false), &json!(false)));
    assert_eq!(fair.ask(&format!("{}/matches", fair.offer.path), None)["considered"], 0);
    fair.change(&fair.product, json!({"status": "discontinued"}));
    assert_eq!(fair.matches()["considered"], 0, "what is not made any more is not offered");
    let pair = fair.ask(&format!("{}/matches/{}", fair.demand.path, second.id), None);
    assert_eq!((&pair["offer_is_open"], &pair["eligible"]), (&json!(false), &json!(false)));
    fair.change(&fair.product, json!({"status": "active"}));
    assert_eq!(offers(&fair.matches(), "items"), [second.id.as_str()]);
    fair.change(&fair.product, json!({"name": "Tỏi cô đơn"}));
    assert_eq!(fair.matches()["considered"], 0);
    fair.change(&fair.demand, json!({"text": "tỏi"}));
    assert_eq!(offers(&fair.matches(), "items"), [second.id.as_str()]);
    fair.app.post(&format!("{}/close", fair.demand.path), json!({})).key(&fair.app.admin()).send().expect(200);
    assert_eq!(fair.matches()["considered"], 0);
    let before = fair.ask(&format!("{}/matches?as_of=2026-11-22", fair.demand.path), None);
    // The day before, both were open; of the first it is known by now that it closes before it could deliver.
    assert_eq!((before["considered"].as_u64(), before["eligible"].as_u64()), (Some(2), Some(1)));
}

// The text of an offer is kept from one answer to the next, until it changes, or its product or its producer does.
#[test]
fn a_match_shows_offer_product_and_producer_as_they_are_now() {
    let fair = a_fair();
    let shown = || {
        let found = fair.matches();
        let item = found["items"][0].clone();
        assert_eq!(found, fair.matches(), "asked again");
        let texts = [&item["offer"]["product"]["name"], &item["producer"]["name"], &item["offer"]["quantity_base"]["quantity"]];
        texts.map(|text| text.as_str().unwrap().to_owned())
    };
    assert_eq!(shown(), ["Hành tím Vĩnh Châu", "Hợp tác xã Bưng Tròn", "5000"]);
    fair.change(&fair.product, json!({"name": "Hành tím Vĩnh Châu loại 1"}));
    assert_eq!(shown(), ["Hành tím Vĩnh Châu loại 1", "Hợp tác xã Bưng Tròn", "5000"]);
    fair.change(&fair.producer, json!({"name": "Hợp tác xã Vĩnh Hải"}));
    assert_eq!(shown(), ["Hành tím Vĩnh Châu loại 1", "Hợp tác xã Vĩnh Hải", "5000"]);
    fair.change(&fair.offer, json!({"quantity": "7"}));
    assert_eq!(shown(), ["Hành tím Vĩnh Châu loại 1", "Hợp tác xã Vĩnh Hải", "7000"]);
}

#[test]
fn weights_are_the_callers_to_choose_and_are_repeated() {
    let fair = a_fair();
    let asked = fair.ask(&format!("{}/matches?weights=price:60,stars:40", fair.demand.path), None);
    assert_eq!(
        (asked["weights_version"].as_str(), &asked["weights"]["price"], &asked["weights"]["volume"]),
        (Some("custom"), &json!(6_000), &json!(0))
    );
    // 60 % of 60 and 40 % of 80.
    assert_eq!(asked["items"][0]["score_bp"], 6_800);
    let refused = |query: &str| {
        let answer = fair.app.get(&format!("{}/matches?{query}", fair.demand.path)).send().expect(400);
        answer.fault_codes().remove(0)
    };
    let fault = |parameter: &str, code: &str| (format!("?{parameter}"), code.to_owned());
    assert_eq!(refused("weights=price:60,stars:30"), fault("weights", "wrong_sum"));
    assert_eq!(refused("weights=price:60,colour:40"), fault("weights", "not_allowed"));
    assert_eq!(refused("weights=price:50,price:50"), fault("weights", "not_allowed"));
    assert_eq!(refused("limit=0"), fault("limit", "out_of_range"));
    assert_eq!(refused("near_misses=101"), fault("near_misses", "out_of_range"));
    assert_eq!(refused("as_of=2026-02-30"), fault("as_of", "not_a_day"));
    assert_eq!(refused("cursor=x"), fault("cursor", "unknown_parameter"));
    for path in [
        "/v1/demands/dmd_00000000000000000000000000/matches".to_owned(),
        "/v1/demands/x/matches".to_owned(),
        format!("/v1/demands/{}/matches", fair.offer.id),
        format!("/v1/offers/{}/matches", fair.demand.id),
        format!("{}/matches/ofr_00000000000000000000000000", fair.demand.path),
        format!("/v1/demands/{}/matches/{}", fair.demand.id.replace("dmd", "ofr"), fair.offer.id),
        "/v1/producers/org_00000000000000000000000000/readiness".to_owned(),
        format!("/v1/producers/{}/readiness", fair.buyer.id),
    ] {
        fair.app.get(&path).send().expect(404);
    }
}

#[test]
fn how_many_are_told_is_the_callers_to_choose() {
    let fair = a_fair();
    for quantity in ["4", "3", "2"] {
        onions(&fair.app, &fair.product).with(json!({"quantity": quantity})).create();
    }
    for least in ["6", "7"] {
        onions(&fair.app, &fair.product).with(json!({"minimum_order": least, "minimum_order_unit": "TAN"})).create();
    }
    let told = |query: &str| {
        let found = fair.ask(&format!("{}/matches?{query}", fair.demand.path), None);
        assert_eq!((found["considered"].as_u64(), found["eligible"].as_u64()), (Some(6), Some(4)));
        (offers(&found, "items").len(), offers(&found, "near_misses").len())
    };
    assert_eq!([told(""), told("limit=1&near_misses=0"), told("limit=3&near_misses=1")], [(4, 2), (1, 0), (3, 1)]);
    let all = fair.matches();
    let scores: Vec<u64> = all["items"].as_array().unwrap().iter().map(|item| item["score_bp"].as_u64().unwrap()).collect();
    assert!(scores.is_sorted_by(|one, next| one > next), "{scores:?}");
}

#[test]
fn a_demand_is_tried_before_it_is_stored() {
    let fair = a_fair();
    let body = onions_wanted(&fair.app, &fair.buyer).into_body();
    let before = (fair.app.rows(), fair.app.log_head());
    let key = fair.app.buyer(&fair.buyer);
    let after = (fair.app.rows(), fair.app.log_head());
    let answer = fair.app.post("/v1/matches/preview?limit=5", body.clone()).key(&key).send().expect(200);
    assert!(answer.header("Server-Timing").is_some());
    let preview = answer.json();
    adds_up(&preview);
    let stored = fair.ask(&format!("{}/matches?limit=5", fair.demand.path), Some(&key));
    assert_eq!(preview, stored);
    let with = |change: Value| {
        let mut body = body.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        body
    };
    // One's own ceiling is no secret to oneself.
    let hidden =
        fair.app.post("/v1/matches/preview", with(json!({"price_ceiling": price("30000", "hidden")}))).key(&key).send().expect(200);
    assert_eq!(hidden.json()["near_misses"][0]["blocked_by"][0]["code"], "price");
    let refused = fair
        .app
        .post("/v1/matches/preview", with(json!({"buyer_id": fair.producer.id, "ends_on": "2026-12-31", "quantity": "0"})))
        .key(&fair.app.admin())
        .send()
        .expect(422);
    let pointers: Vec<String> = refused.fault_codes().into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(pointers, ["/buyer_id", "/ends_on", "/quantity"]);
    fair.app.post("/v1/matches/preview", with(json!({"colour": "red"}))).key(&key).send().expect(400);
    let other = a_buyer(&fair.app).named("Khác").create();
    fair.app.post("/v1/matches/preview", body.clone()).key(&fair.app.buyer(&other)).send().expect(403);
    fair.app.post("/v1/matches/preview", body.clone()).key(&fair.app.producer(&fair.producer)).send().expect(403);
    fair.app.post("/v1/matches/preview", body).send().expect(401);
    assert_eq!((before.0["demands"], before.1 < after.1), (after.0["demands"], true), "only the key was made");
    assert_eq!(fair.app.rows()["demands"], before.0["demands"]);
}

#[test]
fn a_producer_hears_what_it_is_ready_for_and_what_each_lack_costs() {
    let fair = a_fair();
    let wants = |change: Value| onions_wanted(&fair.app, &fair.buyer).with(change).create();
    wants(json!({"required_certificates": ["ISO22000"], "quantity": "3"}));
    wants(json!({"required_certificates": ["HACCP", "ISO22000"], "quantity": "2", "ends_on": "2027-02-28"}));
    wants(json!({"least_stars": 5, "quantity": "1"}));
    wants(json!({"text": "gạo"}));
    // Two lacks at once are nobody's price.
    wants(json!({"least_stars": 5, "required_certificates": ["ISO22000"]}));
    let found = fair.ask(&format!("/v1/producers/{}/readiness", fair.producer.id), None);
    assert_eq!(found["producer"]["id"], fair.producer.id.as_str());
    assert_eq!([&found["open"], &found["considered"], &found["served"]], [&json!(6), &json!(5), &json!(1)]);
    let unlocks = found["unlocks"].as_array().unwrap();
    assert_eq!(unlocks.len(), 2);
    assert_eq!((unlocks[0]["code"].as_str(), unlocks[0]["demands"].as_u64()), (Some("certificate"), Some(2)));
    assert_eq!(unlocks[0]["quantities"], json!([{"quantity": "5000", "unit": "KG"}]));
    assert_eq!(unlocks[0]["what_if"][0]["certificates"], json!(["ISO22000"]));
    assert_eq!(unlocks[0]["what_if"][0]["until"], "2027-03-31", "enough for both");
    assert_eq!((unlocks[1]["code"].as_str(), unlocks[1]["demands"].as_u64()), (Some("stars"), Some(1)));
    let onions = json!({"id": fair.product.id, "name": "Hành tím Vĩnh Châu"});
    assert_eq!(unlocks[0]["offers"], json!([{"id": fair.offer.id, "product": onions, "demands": 2}]));
    assert_eq!(unlocks[1]["offers"], json!([{"id": fair.offer.id, "product": onions, "demands": 1}]));
    // The paper comes, and the demands with it.
    a_certificate(&fair.app, "ISO22000", &fair.producer)
        .with(json!({"subject": "facility", "facility_id": fair.workshop.id}))
        .issued_on("2026-11-01")
        .valid_until("2027-03-31")
        .create();
    let found = fair.ask(&format!("/v1/producers/{}/readiness", fair.producer.id), None);
    assert_eq!((found["served"].as_u64(), found["unlocks"][0]["code"].as_str()), (Some(3), Some("stars")));
    assert_eq!(found["unlocks"][0]["demands"], 2);
}

#[test]
fn a_lack_names_the_offers_that_it_is_about_and_no_other() {
    let fair = a_fair();
    // One keeps shorter than is asked for, one does not say, and one long enough that stands apart by its months.
    fair.change(&fair.demand, json!({"minimum_remaining_shelf_life_days": 217}));
    fair.change(&fair.offer, json!({"remaining_shelf_life_days": 30}));
    let young = a_product(&fair.app, &fair.producer)
        .named("Hành tím non")
        .with(json!({"group": "QD26-2026/I.1.a", "shelf_life_days": null}))
        .create();
    an_ocop_certificate(&fair.app, &young)
        .stars(4)
        .with(json!({"number": "4-2025"}))
        .issued_on("2025-06-01")
        .valid_until("2028-06-01")
        .create();
    let silent = onions(&fair.app, &young).create();
    let other = onions(&fair.app, &fair.product).with(json!({"remaining_shelf_life_days": 300, "months": [6]})).create();
    let found = fair.ask(&format!("/v1/producers/{}/readiness", fair.producer.id), None);
    let of = |code: &str| -> Vec<String> {
        let unlock = found["unlocks"].as_array().unwrap().iter().find(|unlock| unlock["code"] == code).unwrap();
        unlock["offers"].as_array().unwrap().iter().map(|offer| offer["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(of("shelf_life"), [fair.offer.id.clone(), silent.id]);
    assert_eq!(of("months"), [other.id]);
}

#[test]
fn where_nobody_is_on_the_other_side_both_are_told() {
    let fair = a_fair();
    let told = |path: &str, language: &str| {
        let answer = fair.app.get(&format!("{path}/matches")).header("Accept-Language", language).send().expect(200).json();
        (
            answer["considered"].as_u64(),
            answer["note"]["code"].as_str().map(str::to_owned),
            answer["note"]["text"].as_str().map(str::to_owned),
        )
    };
    assert_eq!(told(&fair.demand.path, "en"), (Some(1), None, None));
    fair.change(&fair.demand, json!({"text": "hành tím hữu cơ Vĩnh Tế"}));
    let (considered, code, text) = told(&fair.demand.path, "vi");
    assert_eq!((considered, code.as_deref()), (Some(0), Some("nothing_offered")));
    // "Vĩnh" is a word of its name too.
    let told_vi = "Không có chào bán nào đang mở có đủ các từ “hành tím hữu cơ Vĩnh Tế” mà nhu cầu nêu; nếu ghi “hành tím Vĩnh” sẽ có 1.";
    assert_eq!(text.as_deref(), Some(told_vi));
    let note = fair.matches()["note"].clone();
    assert_eq!((note["words"].as_str(), note["offers"].as_u64()), (Some("hành tím Vĩnh"), Some(1)));
    let body = onions_wanted(&fair.app, &fair.buyer).with(json!({"text": "hanh tin Sóc Trăng"})).into_body();
    let preview = fair.app.post("/v1/matches/preview", body).key(&fair.app.admin()).send().expect(200).json();
    assert_eq!((preview["considered"].as_u64(), preview["note"]["words"].as_str()), (Some(0), Some("Hành tím")), "{preview}");
    // Of groups is spoken where some are asked for.
    let asked = |asked: Value| {
        let body = onions_wanted(&fair.app, &fair.buyer).with(asked).into_body();
        fair.app.post("/v1/matches/preview", body).key(&fair.app.admin()).send().expect(200).json()["note"]["text"].clone()
    };
    for (body, text) in [
        (
            json!({"text": "hành tím tươi", "group": "QD26-2026/I"}),
            "No open offer is of the product groups and has the words “hành tím tươi” that the demand asks for; with “hành tím” there would be 1.",
        ),
        (json!({"text": "xoài"}), "No open offer has the words that the demand asks for; other words may find some."),
        (
            json!({"text": "xoài", "group": "QD26-2026/II"}),
            "No open offer is of the product groups and words that the demand asks for; other words or a wider group may find some.",
        ),
        (
            json!({"text": null, "group": "QD26-2026/II"}),
            "No open offer is of the product groups that the demand asks for; a wider group may find some.",
        ),
    ] {
        assert_eq!(asked(body.clone()), text, "{body}");
    }
    let body = onions_wanted(&fair.app, &fair.buyer).with(json!({"group": "II"})).into_body();
    let preview = fair.app.post("/v1/matches/preview", body).key(&fair.app.admin()).send().expect(200).json();
    let told_en = "No open offer with the words “hành tím” is of the product groups that the demand asks for; of other groups there are 1.";
    assert_eq!((preview["note"]["text"].as_str(), preview["note"].get("words")), (Some(told_en), None), "{preview}");
    assert_eq!(told(&fair.offer.path, "en").1.as_deref(), Some("nothing_asked_for"));
    fair.change(&fair.demand, json!({"text": "hành"}));
    assert_eq!((told(&fair.demand.path, "en").0, told(&fair.offer.path, "en").1), (Some(1), None));
}

#[test]
fn what_takes_no_part_says_why_nothing_was_considered() {
    let fair = a_fair();
    let note = |path: &str| fair.ask(&format!("{path}/matches"), None).get("note").cloned();
    assert_eq!((note(&fair.demand.path), note(&fair.offer.path)), (None, None));
    let admin = fair.app.admin();
    fair.change(&fair.demand, json!({"answer_by": "2026-11-30"}));
    fair.app.set_clock("2026-12-01 05:00:00");
    let said = |path: &str, language: &str| {
        let answer = fair.app.get(&format!("{path}/matches")).header("Accept-Language", language).send().expect(200).json();
        assert_eq!((answer["considered"].as_u64(), &answer["items"]), (Some(0), &json!([])));
        (answer["note"]["code"].as_str().unwrap().to_owned(), answer["note"]["text"].as_str().unwrap().to_owned())
    };
    let told = |code: &str, text: &str| (code.to_owned(), text.to_owned());
    assert_eq!(said(&fair.demand.path, "en"), told("answer_by_passed", "The demand took answers until 2026-11-30."));
    assert_eq!(said(&fair.demand.path, "vi"), told("answer_by_passed", "Nhu cầu chỉ nhận trả lời đến hết ngày 30/11/2026."));
    let body = onions_wanted(&fair.app, &fair.buyer).with(json!({"answer_by": "2026-12-05"})).into_body();
    let preview = fair.app.post("/v1/matches/preview?as_of=2026-12-06", body).key(&admin).send().expect(200).json();
    assert_eq!((preview["considered"].as_u64(), preview["note"]["code"].as_str()), (Some(0), Some("answer_by_passed")));
    // Without a day to answer by it is the period that is over.
    let body = onions_wanted(&fair.app, &fair.buyer).into_body();
    let preview = fair.app.post("/v1/matches/preview?as_of=2028-02-01", body).key(&admin).send().expect(200).json();
    assert_eq!((preview["considered"].as_u64(), preview["note"]["code"].as_str()), (Some(0), Some("demand_over")));
    fair.app.post(&format!("{}/close", fair.demand.path), json!({"on": "2026-11-28"})).key(&admin).send().expect(200);
    assert_eq!(said(&fair.demand.path, "vi"), told("demand_closed", "Nhu cầu đã đóng từ ngày 28/11/2026."));
    fair.turn(&fair.buyer, "suspended");
    assert_eq!(said(&fair.demand.path, "en").0, "buyer_not_active");
    fair.change(&fair.offer, json!({"available_until": "2026-11-30"}));
    assert_eq!(said(&fair.offer.path, "en"), told("offer_over", "The offer ended on 2026-11-30."));
    fair.app.post(&format!("{}/close", fair.offer.path), json!({"on": "2026-11-28"})).key(&admin).send().expect(200);
    assert_eq!(said(&fair.offer.path, "vi"), told("offer_closed", "Chào bán đã đóng từ ngày 28/11/2026."));
    fair.change(&fair.product, json!({"status": "discontinued"}));
    assert_eq!(said(&fair.offer.path, "en").0, "product_discontinued");
    let readiness = |fair: &Fair| fair.app.get(&format!("/v1/producers/{}/readiness", fair.producer.id)).send().expect(200).json();
    assert_eq!(readiness(&fair).get("note"), None);
    fair.turn(&fair.producer, "dissolved");
    assert_eq!(said(&fair.offer.path, "en").0, "producer_not_active");
    assert_eq!((&readiness(&fair)["considered"], &readiness(&fair)["note"]["code"]), (&json!(0), &json!("producer_not_active")));
}

#[test]
fn a_pair_that_is_in_no_list_says_why() {
    let fair = a_fair();
    let admin = fair.app.admin();
    assert_eq!(fair.pair(None).get("note"), None);
    fair.app.post(&format!("{}/close", fair.offer.path), json!({"on": "2026-11-20"})).key(&admin).send().expect(200);
    let pair = fair.pair(None);
    assert_eq!((&pair["eligible"], &pair["mendable"], &pair["note"]["code"]), (&json!(false), &json!(false), &json!("offer_closed")));
    let path = format!("{}/matches/{}/propose", fair.demand.path, fair.offer.id);
    let refused = fair.app.post(&path, json!({})).key(&admin).header("Accept-Language", "vi").send().expect(409);
    assert_eq!(
        (refused.problem_code().as_str(), &refused.json()["detail"]),
        ("not_eligible", &json!("Chào bán đã đóng từ ngày 20/11/2026."))
    );
    fair.turn(&fair.buyer, "suspended");
    assert_eq!(fair.pair(None)["note"]["code"], "buyer_not_active");
}

// It is 23 November 2026: of January 2026 to March 2027 five months are left, of which the offer has three.
#[test]
fn a_running_demand_is_matched_and_proposed_by_what_is_left_of_it() {
    let fair = a_fair();
    let running = json!({"starts_on": "2026-01-01", "ends_on": "2027-03-31", "months": null, "answer_by": null});
    fair.change(&fair.demand, running);
    let found = fair.matches();
    let [only] = found["items"].as_array().unwrap().as_slice() else { panic!("{found}") };
    assert!(part(only, "months")["text"].as_str().unwrap().starts_with("3 of 5 months"), "{only}");
    // The demand itself is shown as it was registered.
    let from_the_offer = fair.ask(&format!("{}/matches", fair.offer.path), None);
    assert_eq!(from_the_offer["items"][0]["demand"]["starts_on"], "2026-01-01");
    assert_eq!(from_the_offer["items"][0]["parts"], only["parts"]);
    assert_eq!(fair.pair(None)["parts"], only["parts"]);

    // A paper from today on is enough, and what is proposed begins today.
    let certificate = json!({"required_certificates": ["ATTP_GCN"]});
    fair.change(&fair.demand, certificate);
    let mend = fair.pair(None)["what_if"][0].clone();
    assert_eq!((&mend["code"], &mend["from"], &mend["until"]), (&json!("certificate"), &json!("2026-11-23"), &json!("2027-03-31")));
    a_certificate(&fair.app, "ATTP_GCN", &fair.producer)
        .with(json!({"subject": "facility", "facility_id": fair.workshop.id}))
        .issued_on("2026-11-23")
        .valid_until("2029-11-22")
        .create();
    fair.change(&fair.offer, json!({"months": null, "available_from": "2026-01-01"}));
    let propose = format!("{}/matches/{}/propose", fair.demand.path, fair.offer.id);
    let draft = fair.app.post(&propose, json!({})).key(&fair.app.admin()).send().expect(201).json();
    let [commitment] = draft["commitments"].as_array().unwrap().as_slice() else { panic!("{draft}") };
    assert_eq!((&commitment["starts_on"], &commitment["ends_on"]), (&json!("2026-11-23"), &json!("2027-03-31")));

    // What was needed in spring alone is not needed any more, though the period goes on.
    fair.change(&fair.demand, json!({"months": [4, 5], "ends_on": "2026-12-31"}));
    let over = fair.matches();
    assert_eq!((&over["considered"], &over["note"]["code"]), (&json!(0), &json!("demand_over")));
    fair.app.post(&propose, json!({})).key(&fair.app.admin()).send().expect(409);
    let in_spring = fair.ask(&format!("{}/matches?as_of=2026-04-10", fair.demand.path), None);
    assert_eq!(in_spring.get("note"), None);
}

#[test]
fn a_refused_proposal_names_what_keeps_the_two_apart_in_words() {
    let fair = a_fair();
    fair.change(&fair.demand, json!({"suppliers_at_most": 1, "least_stars": 5}));
    fair.change(&fair.offer, json!({"quantity": "4"}));
    let path = format!("{}/matches/{}/propose", fair.demand.path, fair.offer.id);
    let refused = |language: &str| {
        let answer = fair.app.post(&path, json!({})).key(&fair.app.admin()).header("Accept-Language", language).send().expect(409);
        answer.json()["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused("en"), "The offer does not fit the demand; what keeps them apart: OCOP stars, quantity.");
    assert_eq!(refused("vi"), "Chào bán không đáp ứng nhu cầu về: sao OCOP, số lượng.");
}

impl Fair {
    /// What everybody is shown of the producer's goods: by search, by suggestion, by matches from both sides, ready or not.
    fn on_the_market(&self) -> Value {
        let count = |path: &str| self.app.get(path).send().expect(200).json();
        let matches = |path: &str| {
            let found = count(&format!("{path}/matches"));
            [found["considered"].clone(), found["eligible"].clone()]
        };
        let suggested = count("/v1/suggest?q=Hành tím");
        json!({
            "products": count("/v1/products?q=hành tím")["total"],
            "by filter": count("/v1/products?facets=stars")["total"],
            "offers": count("/v1/offers?q=hành tím")["total"],
            "suggested": suggested["products"].as_array().map(Vec::len),
            "producers": count("/v1/suggest?q=Bưng Tròn")["producers"].as_array().map(Vec::len),
            "buyers": count("/v1/suggest?q=Gánh Hàng")["buyers"].as_array().map(Vec::len),
            "demand": matches(&self.demand.path),
            "offer": matches(&self.offer.path),
            "open": count(&format!("/v1/producers/{}/readiness", self.producer.id))["open"],
        })
    }

    fn turn(&self, organisation: &Record, status: &str) {
        let path = format!("/v1/organisations/{}", organisation.id);
        let admin = self.app.admin();
        let etag = self.app.get(&path).key(&admin).send().expect(200).etag();
        self.app.patch(&path, &etag, json!({"status": status})).key(&admin).send().expect(200);
    }
}

#[test]
fn who_is_suspended_or_dissolved_offers_and_needs_nothing_until_it_is_active_again() {
    let fair = a_fair();
    let propose = || {
        let path = format!("{}/matches/{}/propose", fair.demand.path, fair.offer.id);
        fair.app.post(&path, json!({})).key(&fair.app.admin()).send()
    };
    let all = json!({
        "products": 1, "by filter": 1, "offers": 1, "suggested": 1, "producers": 1, "buyers": 1, "demand": [1, 1], "offer": [1, 1], "open": 1
    });
    assert_eq!(fair.on_the_market(), all);
    let anew = || {
        fair.app.index().rebuild().unwrap();
        fair.on_the_market()
    };
    for status in ["suspended", "dissolved"] {
        fair.turn(&fair.producer, status);
        let none = json!({
            "products": 0, "by filter": 0, "offers": 0, "suggested": 0, "producers": 0, "buyers": 1, "demand": [0, 0], "offer": [0, 0],
            "open": 1
        });
        assert_eq!(fair.on_the_market(), none, "{status}");
        assert_eq!(anew(), none, "{status}, read from the tables");
        let refused = propose().expect(409);
        assert_eq!(refused.problem_code(), "not_eligible");
        assert!(refused.json()["detail"].as_str().unwrap().contains("suspended or dissolved"), "{}", refused.text);
        // The register still shows all of it, and the organisation by its name.
        for path in [&fair.product.path, &fair.offer.path, &fair.producer.path] {
            fair.app.get(path).send().expect(200);
        }
        for list in ["/v1/products", "/v1/offers", &format!("/v1/producers?q=Bưng Tròn&status={status}")] {
            assert_eq!(fair.app.get(list).send().expect(200).items().len(), 1, "{list}");
        }
        fair.turn(&fair.producer, "active");
        assert_eq!(fair.on_the_market(), all, "{status} no more");
        fair.turn(&fair.buyer, status);
        let none = json!({
            "products": 1, "by filter": 1, "offers": 1, "suggested": 1, "producers": 1, "buyers": 0, "demand": [0, 0], "offer": [0, 0],
            "open": 0
        });
        assert_eq!(fair.on_the_market(), none, "{status} buyer");
        assert_eq!(anew(), none, "{status} buyer, read from the tables");
        assert_eq!(propose().expect(409).problem_code(), "not_eligible");
        fair.turn(&fair.buyer, "active");
        assert_eq!(anew(), all);
    }
    // What is registered meanwhile waits as well.
    fair.turn(&fair.producer, "suspended");
    onions(&fair.app, &a_product(&fair.app, &fair.producer).named("Hành tím non").with(json!({"group": "QD26-2026/I.1.a"})).create())
        .create();
    assert_eq!(fair.on_the_market()["products"], 0);
    fair.turn(&fair.producer, "active");
    assert_eq!((&fair.on_the_market()["products"], &fair.on_the_market()["offers"]), (&json!(2), &json!(2)));
    propose().expect(201);
}

#[test]
fn a_match_becomes_a_draft_that_the_parties_alone_see() {
    let fair = a_fair();
    let (app, key) = (&fair.app, fair.app.buyer(&fair.buyer));
    let propose = format!("{}/matches/{}/propose", fair.demand.path, fair.offer.id);
    let checked = app.post(&format!("{propose}?validate_only=true"), json!({})).key(&key).send().expect(200);
    assert_eq!(checked.json()["status"], "draft");
    assert_eq!(app.rows()["mous"], 0);
    let ask = || app.post(&propose, json!({})).key(&key).header("Idempotency-Key", "tet-2027").send();
    let made = ask().expect(201);
    let mou = made.json();
    assert_eq!((mou["status"].as_str(), mou["kind"].as_str()), (Some("draft"), Some("producer_distributor")));
    assert_eq!(mou["title"], "Biên bản ghi nhớ cung cấp Hành tím Vĩnh Châu");
    assert_eq!(mou["illustrative"], true);
    let parties: Vec<&str> = mou["parties"].as_array().unwrap().iter().map(|party| party["organisation_id"].as_str().unwrap()).collect();
    assert_eq!(parties, [fair.producer.id.as_str(), fair.buyer.id.as_str()]);
    let commitments = mou["commitments"].as_array().unwrap();
    assert_eq!(commitments.len(), 1);
    let commitment = &commitments[0];
    assert_eq!(commitment["product_id"], fair.product.id.as_str());
    assert_eq!(
        (commitment["quantity"].as_str(), commitment["unit"].as_str(), commitment["period"].as_str()),
        (Some("5000"), Some("KG"), Some("month"))
    );
    assert_eq!((commitment["starts_on"].as_str(), commitment["ends_on"].as_str()), (Some("2027-01-01"), Some("2027-03-31")));
    let again = ask().expect(201);
    assert_eq!((again.text, again.headers.get("Idempotency-Replayed").is_some()), (made.text.clone(), true));
    assert_eq!(app.rows()["mous"], 1);
    let path = made.header("Location").unwrap().to_owned();
    for key in [&key, &app.producer(&fair.producer), &app.officer("92"), &app.officer("79"), &app.admin()] {
        app.get(&path).key(key).send().expect(200);
    }
    let stranger = a_producer(app).named("Người lạ").in_province("01").create();
    app.get(&path).key(&app.producer(&stranger)).send().expect(404);
    app.get(&path).send().expect(404);
    // A draft promises nothing yet; signed, it does.
    assert_eq!(fair.matches()["eligible"], 1);
    let admin = app.admin();
    for to in ["proposed", "agreed", "signed"] {
        app.post(&format!("{path}/transitions"), json!({"to": to})).key(&admin).send().expect(200);
    }
    assert_eq!(fair.matches()["eligible"], 0);
    let refused = app.post(&propose, json!({})).key(&key).send().expect(409);
    assert_eq!((refused.problem_code().as_str(), refused.json()["blocked_by"][0]["code"].as_str()), ("not_eligible", Some("quantity")));
}

#[test]
fn who_may_make_a_memorandum_of_either_side_proposes() {
    let fair = a_fair();
    let app = &fair.app;
    let propose = format!("{}/matches/{}/propose?validate_only=true", fair.demand.path, fair.offer.id);
    let ask = |key: &str, body: Value| app.post(&propose, body).key(key).send();
    let stranger = a_producer(app).named("Người lạ").in_province("01").create();
    for (key, status) in [
        (app.producer(&fair.producer), 200),
        (app.buyer(&fair.buyer), 200),
        (app.officer("92"), 200),
        (app.officer("79"), 200),
        (app.admin(), 200),
        (app.producer(&stranger), 403),
        (app.buyer(&stranger), 403),
        (app.officer("01"), 403),
        (app.auditor(), 403),
        (app.partner(), 403),
    ] {
        ask(&key, json!({})).expect(status);
    }
    app.post(&propose, json!({})).send().expect(401);
    let admin = app.admin();
    assert_eq!(ask(&admin, json!({"title": "Tên riêng"})).expect(200).json()["title"], "Tên riêng");
    assert_eq!(ask(&admin, json!({"title": " "})).expect(422).fault_codes()[0].0, "/title");
    assert_eq!(ask(&admin, json!({"event_id": "evt_0"})).expect(422).fault_codes()[0].0, "/event_id");
    ask(&admin, json!({"quantity": "1"})).expect(400);
    for (demand, offer) in [("dmd_0", fair.offer.id.as_str()), (fair.demand.id.as_str(), "ofr_0")] {
        app.post(&format!("/v1/demands/{demand}/matches/{offer}/propose"), json!({})).key(&admin).send().expect(404);
    }
    app.post(&format!("{}/close", fair.offer.path), json!({})).key(&admin).send().expect(200);
    assert_eq!(ask(&admin, json!({})).expect(409).problem_code(), "not_eligible");
    assert_eq!(app.rows()["mous"], 0);
}

// Needed in January and March; 1 t of January is promised already.
#[test]
fn a_draft_commits_month_by_month_what_is_left_and_needed() {
    let fair = a_fair();
    fair.change(&fair.demand, json!({"months": [1, 3], "ends_on": "2027-03-15"}));
    a_mou(&fair.app)
        .of_producer(&fair.producer)
        .with_buyer(&fair.buyer)
        .with(json!({
            "proposed_on": "2026-10-01", "agreed_on": "2026-10-15", "signed_on": "2026-11-01", "effective_from": "2026-11-01", "effective_until": "2027-12-31",
            "commitments": [{"product_id": fair.product.id, "quantity": "1", "unit": "TAN", "period": "month", "starts_on": "2027-01-01", "ends_on": "2027-01-31"}]
        }))
        .create();
    let propose = format!("{}/matches/{}/propose", fair.demand.path, fair.offer.id);
    let mou = fair.app.post(&propose, json!({})).key(&fair.app.admin()).send().expect(201).json();
    let told: Vec<(&str, &str, &str)> = mou["commitments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["quantity"].as_str().unwrap(), one["starts_on"].as_str().unwrap(), one["ends_on"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("4000", "2027-01-01", "2027-01-31"), ("5000", "2027-03-01", "2027-03-15")]);
}
