//! Proposals for a higher star, which never count as stars.

use crate::support::{
    Record, TestApp, Value, a_certificate, a_producer, a_product, a_star_proposal, an_agency, an_ocop_certificate, assert_refused, json,
};

/// A product of 4 stars from 2020-06-24 to 2023-06-24, and the department that proposes it.
fn a_product_of_four_stars(app: &TestApp) -> (Record, Record) {
    let product = a_product(app, &a_producer(app).create()).create();
    an_ocop_certificate(app, &product).stars(4).create();
    (product, an_agency(app).create())
}

#[test]
fn a_proposal_is_read_back_as_it_was_registered() {
    let app = TestApp::start();
    let (product, agency) = a_product_of_four_stars(&app);
    let made = a_star_proposal(&app, &product, &agency).with(json!({"outcome": null})).create();
    assert!(made.id.starts_with("spr_"), "{}", made.id);
    let json = app.get(&made.path).send().expect(200).json();
    assert_eq!(json, made.json);
    assert_eq!((&json["stars"], &json["outcome"], json.get("outcome_on")), (&json!(5), &json!("pending"), None));
    assert_eq!(json["product"], json!({"id": product.id, "name": "Gạo ST25", "producer_id": product.json["producer_id"]}));
    assert_eq!((&json["proposed_by"]["id"], &json["proposed_by"]["name"]), (&json!(agency.id), &agency.json["name"]));
}

#[test]
fn potential_five_stars_are_not_five_stars() {
    let app = TestApp::start();
    let (product, agency) = a_product_of_four_stars(&app);
    a_star_proposal(&app, &product, &agency).with(json!({"outcome": "granted", "outcome_on": "2020-10-01"})).create();
    let shown = app.get(&format!("{}?as_of=2020-10-27", product.path)).send().expect(200).json();
    assert_eq!(shown["stars"], 4, "granted or not, stars come with a certificate");
    for collection in ["products", "producers", "certificates"] {
        let found = app.get(&format!("/v1/{collection}?stars=5&as_of=2020-10-27")).send().expect(200).ids();
        assert!(found.is_empty(), "{collection}");
    }
}

#[test]
fn a_proposal_is_for_more_stars_than_hold_on_its_day() {
    let app = TestApp::start();
    let (product, agency) = a_product_of_four_stars(&app);
    let propose = |stars: u8, day: &str| a_star_proposal(&app, &product, &agency).stars(stars).with(json!({"proposed_on": day})).send();
    for (stars, day) in [(4, "2020-06-24"), (3, "2020-09-25"), (4, "2023-06-24")] {
        let refused = propose(stars, day);
        assert!(refused.text.contains("4 stars"), "{}", refused.text);
        assert_refused(refused, 422, &[("/stars", "not_higher")]);
    }
    for (stars, day) in [(5, "2020-09-25"), (3, "2020-06-23"), (4, "2023-06-25")] {
        propose(stars, day).expect(201);
    }
}

#[test]
fn every_fault_of_a_proposal_is_named_at_once() {
    let app = TestApp::start();
    let refused = a_star_proposal(&app, &"prd_none", &"org_none")
        .with(json!({"stars": 6, "proposed_on": "2026-11-24", "outcome_on": "2026-11-23", "certificate_id": "crt_none"}))
        .send();
    assert_refused(
        refused,
        422,
        &[
            ("/product_id", "unknown_reference"),
            ("/proposed_by_id", "unknown_reference"),
            ("/stars", "not_stars"),
            ("/proposed_on", "in_future"),
            ("/outcome_on", "wrong_order"),
            ("/outcome_on", "not_allowed"),
            ("/certificate_id", "not_allowed"),
            ("/certificate_id", "unknown_reference"),
        ],
    );
}

#[test]
fn an_outcome_has_its_day_and_a_grant_its_certificate() {
    let app = TestApp::start();
    let admin = app.admin();
    let (product, agency) = a_product_of_four_stars(&app);
    let other_product = a_product(&app, &a_producer(&app).named("Khác").create()).create();
    let of_other = an_ocop_certificate(&app, &other_product).stars(5).create();
    let four = app.get(&format!("/v1/certificates?product={}", product.id)).send().expect(200).ids().remove(0);
    let halal = a_certificate(&app, "HALAL", &product.json["producer_id"].as_str().unwrap().to_owned())
        .with(json!({"product_id": product.id}))
        .create();
    let five = an_ocop_certificate(&app, &product).stars(5).issued_on("2021-01-01").valid_until("2024-01-01").create();
    let proposal = a_star_proposal(&app, &product, &agency).create();
    let patch = |etag: &str, change: Value| app.patch(&proposal.path, etag, change).key(&admin).send();
    let granted = |certificate: &str| json!({"outcome": "granted", "outcome_on": "2021-01-01", "certificate_id": certificate});
    for (change, faults) in [
        (json!({"outcome": "granted"}), vec![("/outcome_on", "missing")]),
        (json!({"outcome": "refused"}), vec![("/outcome_on", "missing")]),
        (json!({"outcome": "withdrawn", "outcome_on": "2020-09-24"}), vec![("/outcome_on", "wrong_order")]),
        (json!({"outcome": "refused", "outcome_on": "2026-11-24"}), vec![("/outcome_on", "in_future")]),
        (json!({"outcome_on": "2021-01-01"}), vec![("/outcome_on", "not_allowed")]),
        (json!({"certificate_id": five.id}), vec![("/certificate_id", "not_allowed")]),
        (json!({"outcome": "refused", "outcome_on": "2021-01-01", "certificate_id": five.id}), vec![("/certificate_id", "not_allowed")]),
        (granted("crt_none"), vec![("/certificate_id", "unknown_reference")]),
        (granted(&of_other.id), vec![("/certificate_id", "other_certificate")]),
        (granted(&four), vec![("/certificate_id", "other_certificate")]),
        (granted(&halal.id), vec![("/certificate_id", "other_certificate")]),
    ] {
        assert_refused(patch(&proposal.etag, change), 422, &faults);
    }
    let answer = patch(&proposal.etag, granted(&five.id)).expect(200);
    assert_eq!((&answer.json()["outcome"], &answer.json()["certificate_id"]), (&json!("granted"), &json!(five.id)));
    assert_eq!(answer.json()["version"], 2);
}

#[test]
fn a_proposal_stays_right_when_an_older_certificate_turns_up() {
    let app = TestApp::start();
    let product = a_product(&app, &a_producer(&app).create()).create();
    let proposal = a_star_proposal(&app, &product, &an_agency(&app).create()).stars(4).create();
    an_ocop_certificate(&app, &product).stars(4).create();
    let refusal = json!({"outcome": "refused", "outcome_on": "2020-12-01"});
    app.patch(&proposal.path, &proposal.etag, refusal).key(&app.admin()).send().expect(200);
}

#[test]
fn proposals_are_filtered_and_sorted() {
    let app = TestApp::start();
    let (product, agency) = a_product_of_four_stars(&app);
    let ha_noi = a_product(&app, &a_producer(&app).in_province("Hà Nội").create()).create();
    let office = an_agency(&app).named("Văn phòng").create();
    let one = a_star_proposal(&app, &product, &agency).create();
    let two = a_star_proposal(&app, &ha_noi, &office)
        .stars(4)
        .with(json!({"proposed_on": "2020-01-01", "outcome": "refused", "outcome_on": "2020-02-01"}))
        .create();
    for (query, found) in [
        (String::new(), vec![&one, &two]),
        (format!("product={}", product.id), vec![&one]),
        (format!("proposed_by={}", office.id), vec![&two]),
        ("outcome=refused".into(), vec![&two]),
        ("stars=5".into(), vec![&one]),
        ("stars=4".into(), vec![&two]),
        ("stars=3".into(), vec![]),
        ("province=92".into(), vec![&one]),
        ("province=92&as_of=2020-10-27".into(), vec![]),
        ("province=94&as_of=2020-10-27".into(), vec![&one]),
        ("sort=-created".into(), vec![&two, &one]),
        ("sort=proposed_on".into(), vec![&two, &one]),
    ] {
        let ids = app.get(&format!("/v1/star-proposals?{query}")).send().expect(200).ids();
        assert_eq!(ids, found.into_iter().map(|record| record.id.clone()).collect::<Vec<_>>(), "{query}");
    }
}

#[test]
fn officers_of_the_producers_province_propose_and_producers_do_not() {
    let app = TestApp::start();
    let (product, agency) = a_product_of_four_stars(&app);
    let producer = app.producer(product.json["producer_id"].as_str().unwrap());
    a_star_proposal(&app, &product, &agency).by(&producer).send().expect(403);
    a_star_proposal(&app, &product, &agency).by(&app.officer("79")).send().expect(403);
    let officer = app.officer("92");
    let made = a_star_proposal(&app, &product, &agency).by(&officer).create();
    app.patch(&made.path, &made.etag, json!({"illustrative": false})).key(&app.officer("79")).send().expect(403);
    app.delete(&made.path, &made.etag).key(&officer).send().expect(204);
    app.get(&made.path).send().expect(404);
}

#[test]
fn a_batch_of_proposals_skips_or_rolls_back() {
    let app = TestApp::start();
    let admin = app.admin();
    let (product, agency) = a_product_of_four_stars(&app);
    let of = |stars: u8| a_star_proposal(&app, &product, &agency).stars(stars).into_body();
    let items = json!({"items": [of(5), of(4)]});
    let before = (app.rows(), app.log_head());
    let refused = app.post("/v1/star-proposals/batch", items.clone()).key(&admin).send();
    assert_refused(refused, 422, &[("/items/1/stars", "not_higher")]);
    assert_eq!((app.rows(), app.log_head()), before);
    let answer = app.post("/v1/star-proposals/batch?on_error=skip", items).key(&admin).send().expect(200).json();
    assert_eq!((&answer["created"], &answer["failed"]), (&json!(1), &json!(1)));
}
