//! From a match to the draft of a memorandum, and why not.

use super::*;
use crate::support::Response;

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
    // Whichever side asks again is told of it, checked or not.
    let twice = app.post(&propose, json!({})).key(&key).send().expect(409);
    assert_eq!((twice.problem_code().as_str(), twice.header("Location")), ("already_exists", Some(path.as_str())));
    let other_side = app.post(&format!("{propose}?validate_only=true"), json!({})).key(&app.producer(&fair.producer)).send().expect(409);
    assert_eq!(other_side.header("Location"), Some(path.as_str()));
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
    // What is needed is met, and for others nothing is left of the offer.
    assert_eq!(fair.matches()["note"]["code"], "demand_met");
    app.post(&propose, json!({})).key(&key).send().expect(409);
    let of_another = onions_wanted(app, &a_buyer(app).named("Chuỗi cửa hàng Sen Xanh").create()).create();
    let refused = app.post(&format!("{}/matches/{}/propose", of_another.path, fair.offer.id), json!({})).key(&admin).send().expect(409);
    assert_eq!((refused.problem_code().as_str(), refused.json()["blocked_by"][0]["code"].as_str()), ("not_eligible", Some("quantity")));
}

#[test]
fn what_was_cancelled_or_is_of_another_time_or_buyer_is_proposed() {
    let fair = a_fair();
    let propose = |demand: &Record| {
        fair.app.post(&format!("{}/matches/{}/propose", demand.path, fair.offer.id), json!({})).key(&fair.app.admin()).send()
    };
    let first = propose(&fair.demand).expect(201);
    let path = first.header("Location").unwrap().to_owned();
    // Another demand of the same buyer is another matter; a memorandum that names none may be about it.
    let until_february = onions_wanted(&fair.app, &fair.buyer).with(json!({"ends_on": "2027-02-28"})).create();
    let of_another_demand = propose(&until_february).expect(201);
    assert_eq!(propose(&until_february).expect(409).header("Location"), of_another_demand.header("Location"));
    let for_no_demand = json!([{"product_id": fair.product.id, "starts_on": "2027-01-01", "ends_on": "2027-01-31"}]);
    let february = onions_wanted(&fair.app, &fair.buyer).with(json!({"months": [2]})).create();
    let january = onions_wanted(&fair.app, &fair.buyer).with(json!({"months": [1]})).create();
    let by_hand =
        a_mou(&fair.app).draft().of_producer(&fair.producer).with_buyer(&fair.buyer).with(json!({"commitments": for_no_demand})).create();
    propose(&february).expect(201);
    assert_eq!(propose(&january).expect(409).header("Location"), Some(by_hand.path.as_str()));
    let a_year_later = onions_wanted(&fair.app, &fair.buyer)
        .with(json!({"starts_on": "2028-01-01", "ends_on": "2028-03-31", "required_certificates": []}))
        .create();
    propose(&a_year_later).expect(201);
    let of_another = onions_wanted(&fair.app, &a_buyer(&fair.app).named("Chuỗi cửa hàng Sen Xanh").create()).create();
    propose(&of_another).expect(201);
    propose(&fair.demand).expect(409);
    for path in [&path, &by_hand.path] {
        let cancelled = json!({"to": "cancelled", "reason": "Nhập nhầm"});
        fair.app.post(&format!("{path}/transitions"), cancelled).key(&fair.app.admin()).send().expect(200);
    }
    propose(&fair.demand).expect(201);
}

#[test]
fn of_two_who_propose_at_once_one_is_told_of_the_other() {
    let fair = a_fair();
    let app = &fair.app;
    let propose = format!("{}/matches/{}/propose", fair.demand.path, fair.offer.id);
    let keys = [app.buyer(&fair.buyer), app.producer(&fair.producer), app.admin(), app.officer("92")];
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let path = &propose;
        let asked: Vec<_> =
            keys.iter().map(|key| scope.spawn(move || app.post(path, json!({})).key(key).send_patiently().status)).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!((statuses, app.rows()["mous"]), (vec![201, 409, 409, 409], 1));
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

// 1,050 kg are left in March, which the buyer is told as 1,000, below the least order: its draft has two months, the
// producer's would have three.
#[test]
fn who_sees_more_of_what_is_left_makes_no_second_draft() {
    let fair = a_fair();
    fair.change(&fair.offer, json!({"quantity": "10000", "unit": "KG", "minimum_order": "1020", "minimum_order_unit": "KG"}));
    fair.change(&fair.demand, json!({"quantity": "1500", "unit": "KG"}));
    a_mou(&fair.app)
        .of_producer(&fair.producer)
        .with_buyer(&a_buyer(&fair.app).named("Chuỗi cửa hàng Sen Xanh").create())
        .with(json!({
            "proposed_on": "2026-10-01", "agreed_on": "2026-10-15", "signed_on": "2026-11-01", "effective_from": "2026-11-01", "effective_until": "2027-12-31",
            "commitments": [{"product_id": fair.product.id, "quantity": "8950", "unit": "KG", "period": "month", "starts_on": "2027-03-01", "ends_on": "2027-03-31"}]
        }))
        .create();
    let propose = format!("{}/matches/{}/propose", fair.demand.path, fair.offer.id);
    let last_day = |answer: &Response| answer.json()["commitments"].as_array().unwrap().last().unwrap()["ends_on"].clone();
    let (buyer, producer) = (fair.app.buyer(&fair.buyer), fair.app.producer(&fair.producer));
    let would = fair.app.post(&format!("{propose}?validate_only=true"), json!({})).key(&producer).send().expect(200);
    assert_eq!(last_day(&would), "2027-03-31");
    let made = fair.app.post(&propose, json!({})).key(&buyer).send().expect(201);
    assert_eq!(last_day(&made), "2027-02-28");
    let refused = fair.app.post(&propose, json!({})).key(&producer).send().expect(409);
    assert_eq!((refused.problem_code().as_str(), refused.header("Location")), ("already_exists", made.header("Location")));
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

#[test]
fn nobody_is_matched_or_makes_a_memorandum_with_itself() {
    let fair = a_fair();
    let own_without = |asked: Value| onions_wanted(&fair.app, &fair.buyer).with(asked).create();
    let anything = json!({"least_stars": null, "required_certificates": []});
    let of_another = own_without(anything.clone());
    let both = a_producer(&fair.app).with(json!({"buyer": {"kind": "processor"}})).create();
    let before = fair.app.get(&format!("{}/matches", of_another.path)).send().expect(200).json()["considered"].as_u64().unwrap();
    let product = a_product(&fair.app, &both).named("Hành tím sấy").with(json!({"group": "QD26-2026/I.1.a"})).create();
    let offer = onions(&fair.app, &product).create();
    let own = onions_wanted(&fair.app, &both).with(anything.clone()).create();
    let dried = onions_wanted(&fair.app, &both).with(anything).with(json!({"text": "sấy"})).create();
    let matches = |path: &str| fair.app.get(&format!("{path}/matches")).send().expect(200).json();
    assert_eq!(matches(&of_another.path)["considered"], before + 1, "others are told of it");
    let found = matches(&own.path);
    assert_eq!(found["considered"], before);
    for list in ["items", "near_misses"] {
        assert!(found[list].as_array().unwrap().iter().all(|one| one["offer"]["id"] != *offer.id), "{found}");
        let demands = matches(&offer.path);
        assert!(demands[list].as_array().unwrap().iter().all(|one| one["demand"]["id"] != *own.id), "{demands}");
    }
    assert_eq!(matches(&dried.path)["note"]["code"], "own_offer", "nobody else dries any");
    let open = |id: &str| fair.app.get(&format!("/v1/producers/{id}/readiness")).send().expect(200).json()["open"].as_u64().unwrap();
    assert_eq!(open(&both.id) + 2, open(&fair.producer.id));
    let pair = fair.app.get(&format!("{}/matches/{}", own.path, offer.id)).send().expect(200).json();
    assert_eq!((&pair["eligible"], &pair["mendable"], &pair["note"]["code"]), (&json!(false), &json!(false), &json!("own_offer")));
    assert_eq!(pair["what_if"], json!([]), "{pair}");
    let path = format!("{}/matches/{}/propose", own.path, offer.id);
    let refused = fair.app.post(&path, json!({})).key(&fair.app.admin()).send().expect(409);
    assert_eq!(refused.problem_code(), "not_eligible");
    assert!(refused.json()["detail"].as_str().unwrap().contains("one organisation"), "{}", refused.json());
}
