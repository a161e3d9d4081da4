//! Products: what a producer makes, with the stars that hold on the day asked.

use crate::support::{
    Record, TestApp, Value, a_buyer, a_certificate, a_mou, a_producer, a_product, a_star_proposal, an_agency, an_ocop_certificate,
    an_offer, assert_refused, json,
};
use diesel::connection::SimpleConnection;

// GS1's own worked example, and a number under the Vietnamese prefix.
const GTIN: &str = "6291041500213";
const OTHER_GTIN: &str = "8938505974194";

fn names(app: &TestApp, query: &str) -> Vec<String> {
    let answer = app.get(&format!("/v1/products?{query}")).send().expect(200);
    answer.items().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

fn on(app: &TestApp, product: &Record, day: &str) -> Value {
    app.get(&format!("{}?as_of={day}", product.path)).send().expect(200).json()
}

#[test]
fn a_product_is_read_back_as_it_was_registered() {
    let app = TestApp::start();
    let producer = a_producer(&app).named("Hợp tác xã Gạo thơm").create();
    let made = a_product(&app, &producer)
        .with(json!({
            "name_en": "ST25 fragrant rice", "hs_code": "1006.30.40", "gtin": GTIN, "story": "Giống lúa của kỹ sư.\nHai dòng.",
            "pictures": [{"url": "https://example.vn/st25.jpg", "caption": "Túi 5 kg"}, {"url": "https://example.vn/b.jpg"}]
        }))
        .create();
    assert!(made.id.starts_with("prd_"), "{}", made.id);
    let json = app.get(&made.path).send().expect(200).json();
    assert_eq!(json, made.json);
    assert_eq!(json["hs_code"], "10063040", "dots are left out");
    assert_eq!(json["gtin"], GTIN);
    assert_eq!(json["pack"], json!({"unit": "TUI", "content_quantity": "5", "content_unit": "KG"}));
    assert_eq!(json["shelf_life_days"], 365);
    assert_eq!((&json["storage"], &json["status"]), (&json!("ambient"), &json!("active")));
    assert_eq!(
        json["pictures"],
        json!([{"url": "https://example.vn/st25.jpg", "caption": "Túi 5 kg"}, {"url": "https://example.vn/b.jpg"}])
    );
    assert_eq!(json["group_id"], "QD1048-2019/N1.2.a");
    assert_eq!((&json["group"]["code"], &json["group"]["code_2026"]), (&json!("N1.2.a"), &json!("I.2.a")));
    assert_eq!((&json["producer"]["id"], &json["producer"]["name"]), (&json!(producer.id), &json!("Hợp tác xã Gạo thơm")));
    assert_eq!(json["producer"]["province"]["successor"]["code"], "92");
    assert_eq!(on(&app, &made, "2020-10-27")["producer"]["province"].get("successor"), None);
    assert_eq!((json.get("stars"), &json["valid_certificates"]), (None, &json!([])));
}

#[test]
fn four_stars_of_2020_have_ended_by_2026() {
    let app = TestApp::start();
    let product = a_product(&app, &a_producer(&app).create()).create();
    let certificate = an_ocop_certificate(&app, &product).stars(4).create();
    let then = on(&app, &product, "2020-10-27");
    assert_eq!(then["stars"], 4);
    assert_eq!(
        then["valid_certificates"],
        json!([{"id": certificate.id, "kind": "OCOP", "stars": 4, "valid_until": "2023-06-24", "valid_through": "2023-06-24"}])
    );
    let now = on(&app, &product, "2026-11-23");
    assert_eq!((now.get("stars"), &now["valid_certificates"]), (None, &json!([])));
    for (day, status) in [("2020-10-27", "valid"), ("2026-11-23", "expired")] {
        let shown = app.get(&format!("{}?as_of={day}", certificate.path)).send().expect(200).json();
        assert_eq!((&shown["status"], &shown["stars"]), (&json!(status), &json!(4)), "{day}");
    }
    assert_eq!(names(&app, "stars=4&as_of=2020-10-27"), ["Gạo ST25"]);
    assert!(names(&app, "stars=5&as_of=2020-10-27").is_empty());
    assert!(names(&app, "stars=3").is_empty(), "none holds today");
}

#[test]
fn the_highest_of_the_certificates_that_are_valid_counts_and_a_proposal_never() {
    let app = TestApp::start();
    let admin = app.admin();
    let producer = a_producer(&app).create();
    let product = a_product(&app, &producer).create();
    let first = an_ocop_certificate(&app, &product).stars(3).create();
    let second = an_ocop_certificate(&app, &product)
        .stars(4)
        .issued_on("2021-12-15")
        .valid_until("2024-12-15")
        .with(json!({"number": "01/2021"}))
        .create();
    let halal = a_certificate(&app, "HALAL", &producer).with(json!({"product_id": product.id})).valid_until("2021-06-24").create();
    a_star_proposal(&app, &product, &an_agency(&app).create()).create();
    let ids = |json: &Value| -> Vec<Value> {
        json["valid_certificates"].as_array().unwrap().iter().map(|certificate| certificate["id"].clone()).collect()
    };
    for (day, stars, valid) in [
        ("2020-06-23", None, vec![]),
        ("2020-06-24", Some(3), vec![&first, &halal]),
        ("2021-12-14", Some(3), vec![&first]),
        ("2021-12-15", Some(4), vec![&first, &second]),
        ("2023-06-25", Some(4), vec![&second]),
        ("2024-12-16", None, vec![]),
    ] {
        let json = on(&app, &product, day);
        assert_eq!(json["stars"].as_i64(), stars, "{day}");
        assert_eq!(ids(&json), valid.into_iter().map(|record| json!(record.id)).collect::<Vec<_>>(), "{day}");
    }
    let revoked = json!({"revoked_on": "2022-03-01", "revocation_reason": "Không duy trì tiêu chí"});
    app.patch(&second.path, &second.etag, revoked).key(&admin).send().expect(200);
    assert_eq!(on(&app, &product, "2022-02-28")["stars"], 4);
    assert_eq!(on(&app, &product, "2022-03-01")["stars"], 3, "the other one still holds");
    assert_eq!(on(&app, &product, "2023-06-25").get("stars"), None);
}

#[test]
fn every_fault_of_a_product_is_named_at_once() {
    let app = TestApp::start();
    let refused = a_product(&app, &"org_none")
        .with(json!({
            "name": "", "name_en": "x".repeat(201), "group": "I.2.z", "hs_code": "10063", "gtin": "6291041500214",
            "pack": {"unit": "KG", "content_quantity": "0", "content_unit": "THUNG"}, "shelf_life_days": 0, "story": "x".repeat(4001),
            "pictures": [{"url": "http://example.vn/a.jpg"}, {"url": "https://example.vn/b.jpg", "caption": "a\tb"}]
        }))
        .send();
    assert_refused(
        refused,
        422,
        &[
            ("/producer_id", "unknown_reference"),
            ("/name", "empty"),
            ("/name_en", "too_long"),
            ("/group", "unknown_group"),
            ("/hs_code", "bad_hs_code"),
            ("/gtin", "bad_check_digit"),
            ("/pack/unit", "not_a_package"),
            ("/pack/content_quantity", "out_of_range"),
            ("/pack/content_unit", "not_fixed"),
            ("/shelf_life_days", "out_of_range"),
            ("/story", "too_long"),
            ("/pictures/0/url", "not_a_url"),
            ("/pictures/1/caption", "control_character"),
        ],
    );
}

#[test]
fn each_bad_member_of_a_product_is_refused_for_its_own_reason() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let pictures: Vec<Value> = (0..21).map(|n| json!({"url": format!("https://example.vn/{n}.jpg")})).collect();
    for (change, status, pointer, code) in [
        (json!({"gtin": "123"}), 422, "/gtin", "bad_gtin"),
        (json!({"gtin": "629104150021x"}), 422, "/gtin", "bad_gtin"),
        (json!({"hs_code": "1006-30"}), 422, "/hs_code", "bad_hs_code"),
        (json!({"shelf_life_days": 36_501}), 422, "/shelf_life_days", "out_of_range"),
        (json!({"shelf_life_days": 1.5}), 400, "/shelf_life_days", "wrong_type"),
        (json!({"storage": "warm"}), 400, "/storage", "not_allowed"),
        (json!({"pack": {"unit": "furlong"}}), 422, "/pack/unit", "unknown_unit"),
        (json!({"pack": {"content_unit": "CHUC"}}), 422, "/pack/content_unit", "not_fixed"),
        (json!({"pack": {"weight": "5"}}), 400, "/pack/weight", "unknown_member"),
        (json!({"pack": {"content_quantity": null}}), 400, "/pack/content_quantity", "missing"),
        (json!({"pictures": pictures}), 422, "/pictures", "too_many"),
        (json!({"pictures": [{"url": "https://"}]}), 422, "/pictures/0/url", "not_a_url"),
        (json!({"pictures": [{"url": "https://a b"}]}), 422, "/pictures/0/url", "not_a_url"),
        (json!({"pictures": [{"url": "https://a", "href": "https://a"}]}), 400, "/pictures/0/href", "unknown_member"),
        (json!({"stars": 4}), 400, "/stars", "unknown_member"),
        (json!({"name": "Gạo\u{0}"}), 400, "/name", "nul"),
    ] {
        assert_refused(a_product(&app, &producer).with(change).send(), status, &[(pointer, code)]);
    }
    // Faults of form are told at once too.
    let change = json!({"stars": 4, "version": 2, "shelf_life_days": 1.5, "pictures": [{"href": "https://a"}]});
    let faults = [
        ("/stars", "unknown_member"),
        ("/version", "unknown_member"),
        ("/shelf_life_days", "wrong_type"),
        ("/pictures/0/href", "unknown_member"),
        ("/pictures/0/url", "missing"),
    ];
    assert_refused(a_product(&app, &producer).with(change).send(), 400, &faults);
    assert_eq!(app.rows()["products"], 0);
}

#[test]
fn a_gtin_of_any_length_and_prefix_is_kept_as_it_was_given() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    for (given, kept) in
        [("96385074", "96385074"), ("036000291452", "036000291452"), ("16291041500210", "16291041500210"), ("893 8505 974194", OTHER_GTIN)]
    {
        let made = a_product(&app, &producer).with(json!({"gtin": given})).create();
        assert_eq!(made.json["gtin"], kept);
    }
    assert_eq!(app.get("/v1/products?gtin=36000291452").send().items().len(), 1);
    assert_eq!(app.get("/v1/products?gtin=00036000291452").send().items().len(), 1, "zeros before it do not matter");
    assert_eq!(app.get("/v1/products?gtin=none").send().items().len(), 0);
}

#[test]
fn a_group_is_named_by_any_decision_and_has_no_subgroups() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    for (group, id, of_2026) in [
        ("I.2.a", "QD26-2026/I.2.a", json!("I.2.a")),
        ("n1.2.a", "QD1048-2019/N1.2.a", json!("I.2.a")),
        ("QD148-2023/I.2.a", "QD148-2023/I.2.a", json!("I.2.a")),
        ("N3.3.a", "QD1048-2019/N3.3.a", Value::Null),
    ] {
        let made = a_product(&app, &producer).with(json!({"group": group})).create();
        assert_eq!(made.json["group_id"], id);
        assert_eq!(made.json["group"]["id"], id);
        assert_eq!(made.json["group"]["code_2026"], of_2026);
    }
    let refused = a_product(&app, &producer).with(json!({"group": "I.2"})).send();
    assert!(refused.text.contains("QD26-2026/I.2.a, QD26-2026/I.2.b"), "{}", refused.text);
    assert_refused(refused, 422, &[("/group", "not_a_leaf")]);
    assert_refused(a_product(&app, &producer).with(json!({"group": "N1"})).send(), 422, &[("/group", "not_a_leaf")]);
}

#[test]
fn only_a_producer_has_products() {
    let app = TestApp::start();
    assert_refused(a_product(&app, &a_buyer(&app).create()).send(), 422, &[("/producer_id", "missing_profile")]);
}

#[test]
fn a_product_stays_its_producers() {
    let app = TestApp::start();
    let (own, other) = (a_producer(&app).create(), a_producer(&app).named("Khác").create());
    let product = a_product(&app, &own).create();
    let change = json!({"producer_id": other.id, "shelf_life_days": 0});
    let refused = app.patch(&product.path, &product.etag, change).key(&app.admin()).send();
    assert_refused(refused, 422, &[("/producer_id", "immutable"), ("/shelf_life_days", "out_of_range")]);
}

#[test]
fn a_producers_gtin_is_registered_once() {
    let app = TestApp::start();
    let admin = app.admin();
    let producer = a_producer(&app).create();
    let first = a_product(&app, &producer).with(json!({"gtin": GTIN})).create();
    for again in [GTIN, "06291041500213", "629 1041 500213"] {
        let refused = a_product(&app, &producer).named("Khác").with(json!({"gtin": again})).send().expect(409);
        assert_eq!(refused.problem_code(), "already_exists");
        assert_eq!(refused.header("Location"), Some(first.path.as_str()));
    }
    // What two producers pack under one number is their affair.
    a_product(&app, &a_producer(&app).named("Khác").create()).with(json!({"gtin": GTIN})).create();
    let second = a_product(&app, &producer).with(json!({"gtin": OTHER_GTIN})).create();
    let refused = app.patch(&second.path, &second.etag, json!({"gtin": GTIN})).key(&admin).send().expect(409);
    assert_eq!(refused.header("Location"), Some(first.path.as_str()));
    // Its own number is not in its way.
    app.patch(&first.path, &first.etag, json!({"name": "Gạo ST25 túi 5 kg"})).key(&admin).send().expect(200);
}

#[test]
fn a_patch_changes_the_parts_that_it_names() {
    let app = TestApp::start();
    let admin = app.admin();
    let product = a_product(&app, &a_producer(&app).create()).with(json!({"pictures": [{"url": "https://example.vn/a.jpg"}]})).create();
    app.set_clock("2026-11-24 05:00:00");
    let change = json!({"pack": {"content_quantity": "10.5"}, "storage": null, "status": "discontinued"});
    let changed = app.patch(&product.path, &product.etag, change).key(&admin).send().expect(200);
    let json = changed.json();
    assert_eq!(json["pack"], json!({"unit": "TUI", "content_quantity": "10.5", "content_unit": "KG"}));
    assert_eq!((json.get("storage"), &json["status"], &json["version"]), (None, &json!("discontinued"), &json!(2)));
    let bare = app.patch(&product.path, &changed.etag(), json!({"pack": null, "pictures": null})).key(&admin).send().expect(200);
    assert_eq!((bare.json().get("pack"), &bare.json()["pictures"]), (None, &json!([])));
    // Spelt in another way it is the same product: no new version.
    let same = json!({"group": "QD1048-2019/N1.2.a", "hs_code": "1006.30", "status": "discontinued"});
    let same = app.patch(&product.path, &bare.etag(), same).key(&admin).send().expect(200);
    assert_eq!(same.json()["version"], 3);
    let before = app.get(&format!("{}?at=2026-11-23T06:00:00Z", product.path)).send().expect(200).json();
    assert_eq!(before["pack"], json!({"unit": "TUI", "content_quantity": "5", "content_unit": "KG"}));
    assert_eq!(before["pictures"], json!([{"url": "https://example.vn/a.jpg"}]));
}

#[test]
fn a_batch_keeps_all_or_with_skip_the_good_ones() {
    let app = TestApp::start();
    let admin = app.admin();
    let (producer, other) = (a_producer(&app).create(), a_producer(&app).named("Khác").create());
    let registered = a_product(&app, &producer).with(json!({"gtin": OTHER_GTIN})).create();
    let of = |producer: &Record, change: Value| a_product(&app, producer).with(change).into_body();
    let items = json!({"items": [
        of(&producer, json!({"gtin": GTIN})),
        of(&producer, json!({"group": "I.2", "shelf_life_days": 0})),
        of(&producer, json!({"gtin": GTIN})),
        of(&other, json!({"gtin": GTIN})),
        of(&producer, json!({"gtin": OTHER_GTIN})),
        of(&producer, json!({"colour": "red"}))
    ]});
    let before = (app.rows(), app.log_head());
    let refused = app.post("/v1/products/batch", items.clone()).key(&admin).send();
    assert_refused(
        refused,
        422,
        &[
            ("/items/1/group", "not_a_leaf"),
            ("/items/1/shelf_life_days", "out_of_range"),
            ("/items/2", "already_exists"),
            ("/items/4", "already_exists"),
            ("/items/5/colour", "unknown_member"),
        ],
    );
    assert_eq!((app.rows(), app.log_head()), before, "one bad item keeps all out");
    let answer = app.post("/v1/products/batch?on_error=skip", items).key(&admin).send().expect(200).json();
    assert_eq!((&answer["created"], &answer["failed"]), (&json!(2), &json!(4)));
    let statuses: Vec<i64> = answer["results"].as_array().unwrap().iter().map(|result| result["status"].as_i64().unwrap()).collect();
    assert_eq!(statuses, [201, 422, 409, 201, 409, 400]);
    assert_eq!(app.log_head(), before.1 + 2);
    assert_eq!(app.get("/v1/products").send().ids().len(), 3);
    app.get(&registered.path).send().expect(200);
}

#[test]
fn products_are_filtered_by_what_they_are_and_whose() {
    let app = TestApp::start();
    let soc_trang = a_producer(&app).create();
    let ha_noi = a_producer(&app).named("Gốm").in_province("Hà Nội").create();
    a_product(&app, &soc_trang).named("Gạo ST25").create();
    a_product(&app, &soc_trang).named("Gạo lứt").with(json!({"group": "QD26-2026/I.2.a", "status": "discontinued"})).create();
    a_product(&app, &soc_trang).named("Tôm đông").with(json!({"group": "I.1.b", "storage": "frozen", "illustrative": false})).create();
    a_product(&app, &ha_noi).named("Đèn lồng").with(json!({"group": "IV.1", "gtin": GTIN, "storage": null})).create();
    for (query, found) in [
        (format!("producer={}", ha_noi.id), vec!["Đèn lồng"]),
        // Any level, any decision.
        ("group=I.2.a".into(), vec!["Gạo ST25", "Gạo lứt"]),
        ("group=N1.2.a".into(), vec!["Gạo ST25", "Gạo lứt"]),
        ("group=I".into(), vec!["Gạo ST25", "Gạo lứt", "Tôm đông"]),
        ("group=I&status=active".into(), vec!["Gạo ST25", "Tôm đông"]),
        ("province=92".into(), vec!["Gạo ST25", "Gạo lứt", "Tôm đông"]),
        ("province=94&as_of=2020-10-27".into(), vec!["Gạo ST25", "Gạo lứt", "Tôm đông"]),
        ("province=92&as_of=2020-10-27".into(), vec![]),
        ("name=gao".into(), vec!["Gạo ST25", "Gạo lứt"]),
        ("name=den lo".into(), vec!["Đèn lồng"]),
        ("storage=frozen".into(), vec!["Tôm đông"]),
        ("illustrative=false".into(), vec!["Tôm đông"]),
        (format!("gtin={GTIN}"), vec!["Đèn lồng"]),
        ("sort=name".into(), vec!["Đèn lồng", "Gạo lứt", "Gạo ST25", "Tôm đông"]),
        ("sort=-created&group=I".into(), vec!["Tôm đông", "Gạo lứt", "Gạo ST25"]),
    ] {
        assert_eq!(names(&app, &query), found, "{query}");
    }
    for (query, code) in [
        ("group=I.2.z", "?group unknown_group"),
        ("certificate_kind=ocopp", "?certificate_kind unknown_certificate_kind"),
        ("stars=2", "?stars not_stars"),
        ("storage=warm", "?storage not_allowed"),
        ("province=Paris", "?province unknown_province"),
    ] {
        let (pointer, code) = code.split_once(' ').unwrap();
        assert_refused(app.get(&format!("/v1/products?{query}")).send(), 400, &[(pointer, code)]);
    }
}

#[test]
fn products_are_found_by_the_certificates_that_are_valid_on_the_day_asked() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let three = a_product(&app, &producer).named("ba sao").create();
    let four = a_product(&app, &producer).named("bốn sao").create();
    let none = a_product(&app, &producer).named("không sao").create();
    an_ocop_certificate(&app, &three).stars(3).create();
    let certificate = an_ocop_certificate(&app, &four).stars(4).with(json!({"number": "2"})).create();
    a_certificate(&app, "TCB", &producer).with(json!({"product_id": none.id, "valid_until": null})).create();
    for (query, found) in [
        ("stars=3&as_of=2020-10-27", vec!["ba sao", "bốn sao"]),
        ("stars=4&as_of=2020-10-27", vec!["bốn sao"]),
        ("stars=5&as_of=2020-10-27", vec![]),
        ("stars=3", vec![]),
        ("certificate_kind=OCOP&as_of=2020-10-27", vec!["ba sao", "bốn sao"]),
        ("certificate_kind=ocop&as_of=2023-06-25", vec![]),
        ("certificate_kind=TCB", vec!["không sao"]),
        ("certificate_kind=TCB&stars=3&as_of=2020-10-27", vec![]),
    ] {
        assert_eq!(names(&app, query), found, "{query}");
    }
    app.patch(&certificate.path, &certificate.etag, json!({"extended_until": "2023-12-21"})).key(&app.admin()).send().expect(200);
    assert_eq!(names(&app, "stars=3&as_of=2023-06-25"), ["bốn sao"], "extended");
    // The organisations' own filter agrees.
    assert_eq!(app.get("/v1/producers?stars=4&as_of=2023-12-21").send().expect(200).ids(), [producer.id]);
    assert!(app.get("/v1/producers?stars=4&as_of=2023-12-22").send().expect(200).ids().is_empty());
}

#[test]
fn a_product_that_is_referred_to_is_not_deleted_and_the_refusal_lists_why() {
    let app = TestApp::start();
    let admin = app.admin();
    let product = a_product(&app, &a_producer(&app).create()).create();
    let certificate = an_ocop_certificate(&app, &product).create();
    let proposal = a_star_proposal(&app, &product, &an_agency(&app).create()).create();
    committed(&app, &product);
    let refused = app.delete(&product.path, &product.etag).key(&admin).send().expect(409);
    assert_eq!(refused.problem_code(), "in_use");
    assert_eq!(
        refused.json()["references"],
        json!([
            {"collection": "certificates", "ids": [certificate.id]},
            {"collection": "star-proposals", "ids": [proposal.id]},
            {"collection": "mous", "ids": ["mou_1"]}
        ])
    );
    let free = a_product(&app, &a_producer(&app).named("Khác").create()).create();
    app.delete(&free.path, &free.etag).key(&admin).send().expect(204);
    app.get(&free.path).send().expect(404);
}

#[test]
fn a_refused_deletion_names_nothing_that_its_sender_may_not_see() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let own = app.producer(&producer);
    let product = a_product(&app, &producer).create();
    committed(&app, &product);
    for tail in ["", "?validate_only=true"] {
        let refused = app.delete(&format!("{}{tail}", product.path), &product.etag).key(&own).send().expect(409);
        assert_eq!((refused.problem_code().as_str(), &refused.json()["references"]), ("in_use", &json!([])));
        assert!(!refused.text.contains("mou") && refused.text.contains("you may not see"), "{}", refused.text);
        assert!(app.delete(&format!("{}{tail}", product.path), &product.etag).key(&app.auditor()).send().status == 403);
        let refused = app.delete(&format!("{}{tail}", product.path), &product.etag).key(&app.admin()).send().expect(409);
        assert_eq!(refused.json()["references"], json!([{"collection": "mous", "ids": ["mou_1"]}]));
    }
    app.get("/v1/mous/mou_1").key(&own).send().expect(404);
    // Beside what may be seen the rest is not spoken of.
    let offer = an_offer(&app, &product).create();
    let refused = app.delete(&product.path, &product.etag).key(&own).send().expect(409);
    assert_eq!(refused.json()["references"], json!([{"collection": "offers", "ids": [offer.id]}]));
    assert!(!refused.text.contains("mou"), "{}", refused.text);
    // A draft of its own is named to it.
    let free = a_product(&app, &producer).named("Tỏi Vĩnh Châu").create();
    let draft =
        a_mou(&app).of_producer(&producer).with_buyer(&a_buyer(&app).create()).committing(&free, "1", "TAN", "month").draft().create();
    let refused = app.delete(&free.path, &free.etag).key(&own).send().expect(409);
    assert_eq!(refused.json()["references"], json!([{"collection": "mous", "ids": [draft.id]}]));
}

/// A memorandum with two commitments of `product`, past everything that memoranda themselves demand.
fn committed(app: &TestApp, product: &Record) {
    let now = "2026-11-23 05:00:00";
    let sql = format!(
        "INSERT INTO mous (id, version, origin, created_at, updated_at, kind, status, title, fields_of_cooperation, documents, transitions, \
         notes, illustrative) VALUES ('mou_1', 1, 'TEST', '{now}', '{now}', 'other', 'draft', 't', '[]', '[]', '[]', '[]', TRUE); \
         INSERT INTO mou_commitments (mou_id, position, product_id) VALUES ('mou_1', 0, '{id}'); \
         INSERT INTO mou_commitments (mou_id, position, product_id) VALUES ('mou_1', 1, '{id}')",
        id = product.id
    );
    match &mut app.db() {
        cungcau::db::Db::Sqlite(connection) => connection.batch_execute(&sql),
        cungcau::db::Db::Postgres(connection) => connection.batch_execute(&sql),
    }
    .unwrap();
}

#[test]
fn a_producer_keeps_its_own_products_and_officers_those_of_their_province() {
    let app = TestApp::start();
    let (own, other) = (a_producer(&app).create(), a_producer(&app).named("Khác").in_province("79@2020-10-27").create());
    let key = app.producer(&own);
    let product = a_product(&app, &own).by(&key).create();
    let of_other = a_product(&app, &other).create();
    a_product(&app, &other).by(&key).send().expect(403);
    app.patch(&of_other.path, &of_other.etag, json!({"name": "x"})).key(&key).send().expect(403);
    app.delete(&of_other.path, &of_other.etag).key(&key).send().expect(403);
    a_product(&app, &own).by(&app.buyer(a_buyer(&app).create())).send().expect(403);
    a_product(&app, &own).by(&app.officer("92")).create();
    a_product(&app, &own).by(&app.officer("79")).send().expect(403);
    let items = json!({"items": [a_product(&app, &own).into_body(), a_product(&app, &other).into_body()]});
    let answer = app.post("/v1/products/batch?on_error=skip", items).key(&key).send().expect(200).json();
    assert_eq!((&answer["results"][0]["status"], &answer["results"][1]["status"]), (&json!(201), &json!(403)));
    app.delete(&product.path, &product.etag).key(&key).send().expect(204);
}
