//! Matches over HTTP: the right offers with their reasons, what just misses and what mends it, through whose eyes, and drafts.

mod mends;
mod met;
mod notes;
mod proposals;
mod readiness;

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
    // Pineapple without HACCP; rice with "thơm" in its name is none.
    assert_eq!((offers(&found, "items"), offers(&found, "near_misses")), (Vec::new(), vec![pineapple.id.clone()]));
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
    // Pickled greens are dưa, and dưa muối.
    made("Dưa cải muối Sóc Trăng");
    for words in ["dưa", "dưa muối", "dưa cải"] {
        let body = onions_wanted(&fair.app, &fair.buyer).with(json!({"text": words, "group": null})).into_body();
        let preview = fair.app.post("/v1/matches/preview", body).key(&fair.app.admin()).send().expect(200).json();
        assert_eq!(preview["considered"], 1, "{words}");
    }
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
    // The day before, both were open, and nobody knew that the first would be closed.
    assert_eq!((before["considered"].as_u64(), before["eligible"].as_u64()), (Some(2), Some(2)));
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
    let key = fair.app.buyer(&fair.buyer);
    let before = (fair.app.rows(), fair.app.log_head());
    let answer = fair.app.post("/v1/matches/preview?limit=5", body.clone()).key(&key).send().expect(200);
    assert_eq!((fair.app.rows(), fair.app.log_head()), before, "nothing is stored");
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
    assert_eq!(fair.app.rows()["demands"], before.0["demands"]);
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
