//! Certificates: dated papers, whose validity follows from their dates on the day asked.

use crate::support::{
    Draft, Record, TestApp, Value, a_certificate, a_facility, a_producer, a_product, a_star_proposal, an_agency, an_ocop_certificate,
    assert_refused, json,
};

fn a_certified_product(app: &TestApp) -> (Record, Record) {
    let producer = a_producer(app).create();
    let product = a_product(app, &producer).create();
    (producer, product)
}

/// Papers without a subject of their own to register: a business registration.
fn a_registration<'a>(app: &'a TestApp, holder: &Record, number: &str) -> Draft<'a> {
    a_certificate(app, "DKKD", holder).with(json!({"number": number}))
}

fn numbers(app: &TestApp, query: &str) -> Vec<String> {
    let answer = app.get(&format!("/v1/certificates?{query}")).send().expect(200);
    answer.items().iter().map(|item| item["number"].as_str().unwrap_or("-").to_owned()).collect()
}

fn status(app: &TestApp, certificate: &Record, day: &str) -> String {
    let json = app.get(&format!("{}?as_of={day}", certificate.path)).send().expect(200).json();
    json["status"].as_str().unwrap().to_owned()
}

#[test]
fn a_certificate_is_read_back_as_it_was_registered() {
    let app = TestApp::start();
    let (producer, product) = a_certified_product(&app);
    let agency = an_agency(&app).create();
    let made = an_ocop_certificate(&app, &product)
        .stars(4)
        .with(json!({
            "subject": null, "decision_number": "1520/QĐ-UBND", "scope": "Gạo ST25 túi 5 kg\nvà túi 2 kg",
            "checked_by_id": agency.id, "checked_on": "2020-07-01"
        }))
        .create();
    assert!(made.id.starts_with("crt_"), "{}", made.id);
    let json = app.get(&made.path).send().expect(200).json();
    assert_eq!(json, made.json);
    for (member, value) in [
        ("kind", json!("OCOP")),
        ("kind_name", json!("Giấy chứng nhận sản phẩm OCOP")),
        ("number", json!("94-942-00000-1-2020")),
        ("holder_id", json!(producer.id)),
        ("subject", json!("product")),
        ("product_id", json!(product.id)),
        ("issuer", json!("Ủy ban nhân dân tỉnh Sóc Trăng")),
        ("issuer_level", json!("province")),
        ("decision_number", json!("1520/QĐ-UBND")),
        ("issued_on", json!("2020-06-24")),
        ("valid_until", json!("2023-06-24")),
        ("valid_through", json!("2023-06-24")),
        ("stars", json!(4)),
        ("checked_by_id", json!(agency.id)),
        ("checked_on", json!("2020-07-01")),
        ("status", json!("expired")),
    ] {
        assert_eq!(json[member], value, "{member}");
    }
    assert_eq!((&json["holder"]["id"], &json["holder"]["name"]), (&json!(producer.id), &producer.json["name"]));
    assert_eq!(json["holder"]["province"]["code"], "94");
}

#[test]
fn what_a_certificate_is_follows_from_its_dates_on_the_day_asked() {
    let app = TestApp::start();
    let (_, product) = a_certified_product(&app);
    let certificate = an_ocop_certificate(&app, &product).create();
    for (day, expected) in [
        ("2020-06-23", "not_yet_valid"),
        ("2020-06-24", "valid"),
        ("2020-10-27", "valid"),
        ("2023-06-24", "valid"),
        ("2023-06-25", "expired"),
        ("2026-11-23", "expired"),
    ] {
        assert_eq!(status(&app, &certificate, day), expected, "{day}");
    }
    assert_eq!(app.get(&certificate.path).send().json()["status"], "expired", "today");
    let endless = a_registration(&app, &a_producer(&app).named("Khác").create(), "1").with(json!({"valid_until": null})).create();
    assert_eq!((&endless.json["status"], endless.json.get("valid_through")), (&json!("valid"), None));
}

#[test]
fn an_extension_carries_a_certificate_past_its_end() {
    let app = TestApp::start();
    let (_, product) = a_certified_product(&app);
    let certificate = an_ocop_certificate(&app, &product).create();
    let change = json!({"extended_until": "2023-12-21"});
    let extended = app.patch(&certificate.path, &certificate.etag, change).key(&app.admin()).send().expect(200).json();
    assert_eq!((&extended["valid_until"], &extended["valid_through"]), (&json!("2023-06-24"), &json!("2023-12-21")));
    assert_eq!(extended["version"], 2);
    for (day, expected) in [("2023-06-25", "valid"), ("2023-12-21", "valid"), ("2023-12-22", "expired")] {
        assert_eq!(status(&app, &certificate, day), expected, "{day}");
    }
}

#[test]
fn a_revocation_ends_a_certificate_on_its_day() {
    let app = TestApp::start();
    let admin = app.admin();
    let (_, product) = a_certified_product(&app);
    let certificate = an_ocop_certificate(&app, &product).create();
    let patch = |etag: &str, change: Value| app.patch(&certificate.path, etag, change).key(&admin).send();
    assert_refused(patch(&certificate.etag, json!({"revoked_on": "2021-03-01"})), 422, &[("/revocation_reason", "missing")]);
    assert_refused(patch(&certificate.etag, json!({"revocation_reason": "Vi phạm"})), 422, &[("/revoked_on", "missing")]);
    let before_issue = json!({"revoked_on": "2020-06-23", "revocation_reason": "Vi phạm"});
    assert_refused(patch(&certificate.etag, before_issue), 422, &[("/revoked_on", "wrong_order")]);
    let revoked = patch(&certificate.etag, json!({"revoked_on": "2021-03-01", "revocation_reason": "Không duy trì tiêu chí"})).expect(200);
    assert_eq!((&revoked.json()["status"], &revoked.json()["valid_through"]), (&json!("revoked"), &json!("2021-02-28")));
    for (day, expected) in [("2020-06-23", "not_yet_valid"), ("2021-02-28", "valid"), ("2021-03-01", "revoked"), ("2026-11-23", "revoked")]
    {
        assert_eq!(status(&app, &certificate, day), expected, "{day}");
    }
    // Extending what is revoked does not bring it back.
    patch(&revoked.etag(), json!({"extended_until": "2030-01-01"})).expect(200);
    assert_eq!(status(&app, &certificate, "2021-03-01"), "revoked");
    let history = app.get(&format!("{}/history", certificate.path)).send().expect(200).items();
    assert_eq!(history.len(), 3);
}

#[test]
fn every_fault_of_a_certificate_is_named_at_once() {
    let app = TestApp::start();
    let refused = a_certificate(&app, "OCOP", &"org_none")
        .with(json!({
            "number": "x".repeat(101), "product_id": "prd_none", "facility_id": "fac_none", "issuer": " ", "decision_number": "a\nb",
            "issued_on": "2026-11-24", "valid_until": "2026-11-23", "extended_until": "2026-11-22", "revoked_on": "2026-11-21", "stars": 2,
            "checked_by_id": "org_none"
        }))
        .send();
    assert_refused(
        refused,
        422,
        &[
            ("/holder_id", "unknown_reference"),
            ("/product_id", "unknown_reference"),
            ("/facility_id", "not_allowed"),
            ("/number", "too_long"),
            ("/issuer", "empty"),
            ("/decision_number", "control_character"),
            ("/issued_on", "in_future"),
            ("/valid_until", "wrong_order"),
            ("/extended_until", "wrong_order"),
            ("/revoked_on", "wrong_order"),
            ("/revocation_reason", "missing"),
            ("/stars", "not_stars"),
            ("/checked_on", "missing"),
            ("/checked_by_id", "unknown_reference"),
        ],
    );
}

#[test]
fn each_bad_date_is_refused_for_its_own_reason() {
    let app = TestApp::start();
    let holder = a_producer(&app).create();
    for (change, status, pointer, code) in [
        (json!({"issued_on": "2021-02-29"}), 400, "/issued_on", "wrong_type"),
        (json!({"issued_on": "24/06/2020"}), 400, "/issued_on", "wrong_type"),
        (json!({"issued_on": null}), 400, "/issued_on", "missing"),
        (json!({"issued_on": "1899-12-31"}), 422, "/issued_on", "out_of_range"),
        (json!({"issued_on": "2026-11-24", "valid_until": null}), 422, "/issued_on", "in_future"),
        (json!({"valid_until": "2020-06-23"}), 422, "/valid_until", "wrong_order"),
        (json!({"extended_until": "2023-06-23"}), 422, "/extended_until", "wrong_order"),
        (json!({"extended_until": "2023-06-25", "valid_until": null}), 422, "/valid_until", "missing"),
        (json!({"checked_on": "2020-07-01"}), 422, "/checked_by_id", "missing"),
        (json!({"checked_by_id": holder.id, "checked_on": "2026-11-24"}), 422, "/checked_on", "in_future"),
        (json!({"checked_by_id": holder.id, "checked_on": "2020-06-23"}), 422, "/checked_on", "wrong_order"),
    ] {
        let answer = a_registration(&app, &holder, "1").with(change).send();
        if status == 400 && code == "wrong_type" {
            assert_eq!(answer.expect(400).fault_codes()[0].0, pointer);
        } else {
            assert_refused(answer, status, &[(pointer, code)]);
        }
    }
    // Issued today, or for one day, is right.
    a_registration(&app, &holder, "today").with(json!({"issued_on": "2026-11-23", "valid_until": "2026-11-23"})).create();
}

#[test]
fn an_ocop_certificate_has_its_stars_and_its_end_and_others_have_no_stars() {
    let app = TestApp::start();
    let (producer, product) = a_certified_product(&app);
    for (change, faults) in [
        (json!({"stars": null}), vec![("/stars", "missing")]),
        (json!({"valid_until": null}), vec![("/valid_until", "missing")]),
        (json!({"stars": 2}), vec![("/stars", "not_stars")]),
        (json!({"stars": 6, "valid_until": null}), vec![("/stars", "not_stars"), ("/valid_until", "missing")]),
    ] {
        let refused = an_ocop_certificate(&app, &product).with(change).send();
        if faults[0].1 == "not_stars" {
            assert!(refused.text.contains("Certificates exist for 3, 4 and 5 stars only."), "{}", refused.text);
        }
        assert_refused(refused, 422, &faults);
    }
    let halal = a_certificate(&app, "HALAL", &producer).with(json!({"product_id": product.id, "stars": 3}));
    assert_refused(halal.send(), 422, &[("/stars", "not_allowed")]);
    let text = an_ocop_certificate(&app, &product).with(json!({"stars": "4"})).send();
    assert_refused(text, 400, &[("/stars", "wrong_type")]);
}

#[test]
fn the_subject_follows_from_the_kind_and_needs_its_record() {
    let app = TestApp::start();
    let (producer, product) = a_certified_product(&app);
    let other = a_producer(&app).named("Khác").create();
    let facility = a_facility(&app, &producer).create();
    let farm = a_facility(&app, &producer).named("Ao tôm").with(json!({"kind": "farm"})).create();
    let of_other = a_facility(&app, &other).create();
    for (kind, change, subject) in [
        ("HALAL", json!({"product_id": product.id}), "product"),
        ("HALAL", json!({"product_id": product.id, "subject": "product"}), "product"),
        ("HACCP", json!({"facility_id": facility.id}), "facility"),
        ("VIETGAP", json!({"facility_id": farm.id, "subject": "farm"}), "farm"),
        ("DKKD", json!({}), "entity"),
        ("TM", json!({"subject_name": "Sao Vàng Ấp Ba"}), "brand"),
        ("GI", json!({"subject_name": "Vĩnh Châu"}), "origin_name"),
        ("CHUOI_ATTP", json!({"subject_name": "Chuỗi hành tím"}), "chain"),
    ] {
        let made = a_certificate(&app, kind, &producer).with(change).create();
        assert_eq!(made.json["subject"], subject, "{kind}");
    }
    for (kind, change, pointer, code) in [
        ("OCOPP", json!({}), "/kind", "unknown_certificate_kind"),
        ("HALAL", json!({"product_id": product.id, "subject": "farm"}), "/subject", "not_allowed"),
        ("HALAL", json!({}), "/product_id", "missing"),
        ("HALAL", json!({"product_id": "prd_none"}), "/product_id", "unknown_reference"),
        ("HALAL", json!({"product_id": product.id, "facility_id": facility.id}), "/facility_id", "not_allowed"),
        ("HALAL", json!({"product_id": product.id, "holder_id": other.id}), "/product_id", "other_holder"),
        ("HACCP", json!({}), "/facility_id", "missing"),
        ("HACCP", json!({"facility_id": "fac_none"}), "/facility_id", "unknown_reference"),
        ("HACCP", json!({"facility_id": farm.id}), "/facility_id", "wrong_kind"),
        ("VIETGAP", json!({"facility_id": facility.id}), "/facility_id", "wrong_kind"),
        ("HACCP", json!({"facility_id": of_other.id}), "/facility_id", "other_holder"),
        ("HACCP", json!({"facility_id": facility.id, "product_id": product.id}), "/product_id", "not_allowed"),
        ("DKKD", json!({"product_id": product.id}), "/product_id", "not_allowed"),
        ("TM", json!({}), "/subject_name", "missing"),
        ("GI", json!({}), "/subject_name", "missing"),
        ("CHUOI_ATTP", json!({}), "/subject_name", "missing"),
    ] {
        assert_refused(a_certificate(&app, kind, &producer).with(change).send(), 422, &[(pointer, code)]);
    }
    let unknown_level = a_registration(&app, &producer, "1").with(json!({"issuer_level": "village"})).send();
    assert_refused(unknown_level, 400, &[("/issuer_level", "not_allowed")]);
}

#[test]
fn numbers_of_any_shape_are_kept_as_printed() {
    let app = TestApp::start();
    let (_, product) = a_certified_product(&app);
    for number in ["94-942-00000-1-2020", "01-0412-2026/OCOP", "Số 12/GCN-UBND"] {
        let made = an_ocop_certificate(&app, &product).with(json!({"number": number})).create();
        assert_eq!(made.json["number"], number);
        assert_eq!(app.get(&format!("/v1/certificates?number={number}")).send().expect(200).ids(), [made.id]);
    }
}

#[test]
fn a_paper_with_a_number_is_registered_once() {
    let app = TestApp::start();
    let admin = app.admin();
    let (producer, product) = a_certified_product(&app);
    let first = an_ocop_certificate(&app, &product).create();
    let refused = an_ocop_certificate(&app, &product).stars(4).send().expect(409);
    assert_eq!(refused.problem_code(), "already_exists");
    assert_eq!(refused.header("Location"), Some(first.path.as_str()));
    // Another day, another number, another kind, or no number: another paper.
    let second = an_ocop_certificate(&app, &product).issued_on("2020-06-25").create();
    an_ocop_certificate(&app, &product).with(json!({"number": "94-942-00000-2-2020"})).create();
    a_registration(&app, &producer, "94-942-00000-1-2020").create();
    for _ in 0..2 {
        an_ocop_certificate(&app, &product).with(json!({"number": null})).create();
    }
    let refused = app.patch(&second.path, &second.etag, json!({"issued_on": "2020-06-24"})).key(&admin).send().expect(409);
    assert_eq!(refused.header("Location"), Some(first.path.as_str()));
    app.patch(&first.path, &first.etag, json!({"stars": 4})).key(&admin).send().expect(200);
}

#[test]
fn a_script_puts_the_same_paper_again_and_again() {
    let app = TestApp::start();
    let admin = app.admin();
    let (_, product) = a_certified_product(&app);
    let path = "/v1/certificates/by-ref/soc-trang/row-1";
    let body = an_ocop_certificate(&app, &product).with(json!({"subject": null, "kind": "ocop"})).into_body();
    let made = app.put(path, body.clone()).key(&admin).send().expect(201).json();
    let head = app.log_head();
    let again = app.put(path, body.clone()).key(&admin).send().expect(200).json();
    assert_eq!((&again["id"], &again["version"], app.log_head()), (&made["id"], &json!(1), head), "nothing new was said");
    let mut renewed = body;
    renewed["extended_until"] = json!("2023-12-21");
    let renewed = app.put(path, renewed).key(&admin).send().expect(200).json();
    assert_eq!((&renewed["id"], &renewed["version"]), (&made["id"], &json!(2)));
}

#[test]
fn of_eight_who_register_one_paper_at_once_one_succeeds() {
    let app = TestApp::start();
    let (_, product) = a_certified_product(&app);
    let (admin, body) = (app.admin(), an_ocop_certificate(&app, &product).into_body());
    let post = || app.post("/v1/certificates", body.clone()).key(&admin).send().status;
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..8).map(|_| scope.spawn(post)).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(app.rows()["certificates"], 1);
}

#[test]
fn a_batch_keeps_all_or_with_skip_the_good_ones() {
    let app = TestApp::start();
    let admin = app.admin();
    let (producer, product) = a_certified_product(&app);
    an_ocop_certificate(&app, &product).with(json!({"number": "taken"})).create();
    let of = |change: Value| an_ocop_certificate(&app, &product).with(change).into_body();
    let items = json!({"items": [
        of(json!({"number": "1"})),
        of(json!({"number": "2", "stars": 6})),
        of(json!({"number": "taken"})),
        of(json!({"number": "1"})),
        a_registration(&app, &producer, "1").into_body(),
        of(json!({"number": "3", "holder_id": "org_none"}))
    ]});
    let before = (app.rows(), app.log_head());
    assert_refused(
        app.post("/v1/certificates/batch", items.clone()).key(&admin).send(),
        422,
        &[
            ("/items/1/stars", "not_stars"),
            ("/items/2", "already_exists"),
            ("/items/3", "already_exists"),
            ("/items/5/holder_id", "unknown_reference"),
            ("/items/5/product_id", "other_holder"),
        ],
    );
    assert_eq!((app.rows(), app.log_head()), before);
    let answer = app.post("/v1/certificates/batch?on_error=skip", items).key(&admin).send().expect(200).json();
    let statuses: Vec<i64> = answer["results"].as_array().unwrap().iter().map(|result| result["status"].as_i64().unwrap()).collect();
    assert_eq!(statuses, [201, 422, 409, 409, 201, 422]);
    assert_eq!((app.rows()["certificates"], app.log_head()), (3, before.1 + 2));
}

#[test]
fn stars_and_the_checking_of_papers_are_the_word_of_officers() {
    let app = TestApp::start();
    let (producer, product) = a_certified_product(&app);
    let agency = an_agency(&app).create();
    let key = app.producer(&producer);
    let officer = app.officer("92");
    let checked = json!({"checked_by_id": agency.id, "checked_on": "2020-07-01"});

    let refused = an_ocop_certificate(&app, &product).by(&key).send().expect(403);
    assert!(refused.text.contains("officer of the province"), "{}", refused.text);
    a_registration(&app, &producer, "1").with(checked.clone()).by(&key).send().expect(403);
    let other = a_producer(&app).named("Khác").create();
    a_registration(&app, &other, "1").by(&key).send().expect(403);

    // Its own other papers it states and mends itself, while nobody has checked them.
    let own = a_registration(&app, &producer, "1").by(&key).create();
    let patch = |etag: &str, change: Value, key: &str| app.patch(&own.path, etag, change).key(key).send();
    let extended = patch(&own.etag, json!({"extended_until": "2024-01-01"}), &key).expect(200);
    patch(&extended.etag(), checked.clone(), &key).expect(403);
    let now_checked = patch(&extended.etag(), checked, &officer).expect(200);
    for change in [
        json!({"issued_on": "2020-06-25"}),
        json!({"valid_until": "2023-06-25"}),
        json!({"extended_until": null}),
        json!({"revoked_on": "2024-01-01", "revocation_reason": "x"}),
        json!({"number": "2"}),
        json!({"checked_by_id": null, "checked_on": null}),
    ] {
        assert_eq!(patch(&now_checked.etag(), change.clone(), &key).expect(403).problem_code(), "forbidden", "{change}");
    }
    patch(&now_checked.etag(), json!({"scope": "Ngành nghề: chế biến"}), &key).expect(200);

    let ocop = an_ocop_certificate(&app, &product).by(&officer).create();
    for change in [json!({"stars": 4}), json!({"valid_until": "2029-06-24"}), json!({"extended_until": "2029-06-24"})] {
        app.patch(&ocop.path, &ocop.etag, change).key(&key).send().expect(403);
    }
    let halal = a_certificate(&app, "HALAL", &producer).with(json!({"product_id": product.id})).by(&key).create();
    app.patch(&halal.path, &halal.etag, json!({"kind": "OCOP", "stars": 5})).key(&key).send().expect(403);
    app.delete(&halal.path, &halal.etag).key(&key).send().expect(403);
    an_ocop_certificate(&app, &product).by(&app.officer("79")).send().expect(403);
}

/// Four papers of one holder, named by what they are on 2021-01-01.
fn four_papers(app: &TestApp) -> Record {
    let holder = a_producer(app).create();
    a_registration(app, &holder, "valid").create();
    a_registration(app, &holder, "expired").with(json!({"issued_on": "2017-01-01", "valid_until": "2020-12-31"})).create();
    a_registration(app, &holder, "later").with(json!({"issued_on": "2021-06-01", "valid_until": null})).create();
    a_registration(app, &holder, "revoked").with(json!({"revoked_on": "2021-01-01", "revocation_reason": "Vi phạm"})).create();
    a_registration(app, &holder, "extended")
        .with(json!({"issued_on": "2017-01-01", "valid_until": "2020-06-30", "extended_until": "2021-01-01"}))
        .create();
    holder
}

#[test]
fn papers_are_found_by_what_they_are_on_a_day_and_over_a_period() {
    let app = TestApp::start();
    four_papers(&app);
    for (query, found) in [
        ("valid_on=2021-01-01", vec!["valid", "extended"]),
        ("valid_on=2021-01-02", vec!["valid"]),
        ("valid_on=2020-12-31", vec!["valid", "expired", "revoked", "extended"]),
        ("valid_on=2100-01-01", vec!["later"]),
        ("valid_from=2020-12-31&valid_until=2021-01-01", vec!["valid", "extended"]),
        ("valid_from=2020-06-24&valid_until=2023-06-24", vec!["valid"]),
        ("valid_from=2020-06-23&valid_until=2023-06-24", vec![]),
        ("valid_from=2021-06-01&valid_until=2100-01-01", vec!["later"]),
        ("valid_from=2020-12-30&valid_until=2020-12-31", vec!["valid", "expired", "revoked", "extended"]),
        ("status=valid&as_of=2021-01-01", vec!["valid", "extended"]),
        ("status=expired&as_of=2021-01-01", vec!["expired"]),
        ("status=not_yet_valid&as_of=2021-01-01", vec!["later"]),
        ("status=revoked&as_of=2021-01-01", vec!["revoked"]),
        ("status=revoked&as_of=2020-12-31", vec![]),
        ("status=expired&as_of=2021-01-02", vec!["expired", "extended"]),
        ("status=revoked", vec!["revoked"]),
        // Valid over the period, whatever is asked of today.
        ("valid_on=2021-01-01&status=expired", vec!["valid", "extended"]),
    ] {
        assert_eq!(numbers(&app, query), found, "{query}");
    }
    assert_refused(app.get("/v1/certificates?valid_from=2021-01-01").send(), 400, &[("?valid_until", "missing")]);
    assert_refused(app.get("/v1/certificates?valid_until=2021-01-01").send(), 400, &[("?valid_from", "missing")]);
    let backwards = app.get("/v1/certificates?valid_from=2021-01-02&valid_until=2021-01-01").send();
    assert_refused(backwards, 400, &[("?valid_until", "wrong_order")]);
    assert_refused(app.get("/v1/certificates?valid_on=2021-02-29").send(), 400, &[("?valid_on", "not_a_day")]);
}

#[test]
fn the_list_and_the_item_agree_on_every_day() {
    let app = TestApp::start();
    four_papers(&app);
    for day in ["2016-12-31", "2017-01-01", "2020-06-30", "2020-12-31", "2021-01-01", "2021-01-02", "2023-06-24", "2023-06-25"] {
        let all = app.get(&format!("/v1/certificates?as_of={day}")).send().expect(200).items();
        assert_eq!(all.len(), 5);
        let mut found = 0;
        for status in ["not_yet_valid", "valid", "expired", "revoked"] {
            let listed = app.get(&format!("/v1/certificates?status={status}&as_of={day}")).send().expect(200).ids();
            let said: Vec<String> =
                all.iter().filter(|item| item["status"] == status).map(|item| item["id"].as_str().unwrap().to_owned()).collect();
            assert_eq!(listed, said, "{status} on {day}");
            found += listed.len();
        }
        assert_eq!(found, 5, "{day}");
    }
}

#[test]
fn papers_are_filtered_by_what_stands_on_them() {
    let app = TestApp::start();
    let (producer, product) = a_certified_product(&app);
    let other = a_producer(&app).named("Khác").in_province("Hà Nội").create();
    let facility = a_facility(&app, &producer).create();
    an_ocop_certificate(&app, &product).stars(3).with(json!({"number": "ocop 3"})).create();
    an_ocop_certificate(&app, &product).stars(4).with(json!({"number": "ocop 4", "issuer_level": "ministry"})).create();
    a_certificate(&app, "HACCP", &producer).with(json!({"facility_id": facility.id, "number": "haccp"})).create();
    a_registration(&app, &other, "dkkd").with(json!({"issued_on": "2019-01-01"})).create();
    for (query, found) in [
        (format!("holder={}", producer.id), vec!["ocop 3", "ocop 4", "haccp"]),
        (format!("product={}", product.id), vec!["ocop 3", "ocop 4"]),
        (format!("facility={}", facility.id), vec!["haccp"]),
        ("kind=haccp".into(), vec!["haccp"]),
        ("subject=entity".into(), vec!["dkkd"]),
        ("stars=3".into(), vec!["ocop 3", "ocop 4"]),
        ("stars=4".into(), vec!["ocop 4"]),
        ("issuer_level=ministry".into(), vec!["ocop 4"]),
        ("number=haccp".into(), vec!["haccp"]),
        ("province=92".into(), vec!["ocop 3", "ocop 4", "haccp"]),
        ("province=92&as_of=2020-10-27".into(), vec![]),
        ("province=94&as_of=2020-10-27&kind=OCOP&stars=4&status=valid".into(), vec!["ocop 4"]),
        ("sort=issued_on&limit=1".into(), vec!["dkkd"]),
        ("sort=issued_on".into(), vec!["dkkd", "ocop 3", "ocop 4", "haccp"]),
        ("sort=-issued_on".into(), vec!["haccp", "ocop 4", "ocop 3", "dkkd"]),
        ("sort=-created".into(), vec!["dkkd", "haccp", "ocop 4", "ocop 3"]),
    ] {
        assert_eq!(numbers(&app, &query), found, "{query}");
    }
    assert_refused(app.get("/v1/certificates?kind=ocopp").send(), 400, &[("?kind", "unknown_certificate_kind")]);
    assert_refused(app.get("/v1/certificates?subject=shop").send(), 400, &[("?subject", "not_allowed")]);
}

#[test]
fn a_certificate_that_a_granted_proposal_names_stays_what_it_is() {
    let app = TestApp::start();
    let admin = app.admin();
    let (_, product) = a_certified_product(&app);
    let agency = an_agency(&app).create();
    let certificate = an_ocop_certificate(&app, &product).stars(5).issued_on("2021-01-01").valid_until("2024-01-01").create();
    let proposal = a_star_proposal(&app, &product, &agency)
        .with(json!({"outcome": "granted", "outcome_on": "2021-01-01", "certificate_id": certificate.id}))
        .create();
    let references = json!([{"collection": "star-proposals", "ids": [proposal.id]}]);
    let refused = app.delete(&certificate.path, &certificate.etag).key(&admin).send().expect(409);
    assert_eq!((refused.problem_code().as_str(), &refused.json()["references"]), ("in_use", &references));
    let refused = app.patch(&certificate.path, &certificate.etag, json!({"stars": 4})).key(&admin).send().expect(409);
    assert_eq!(refused.json()["references"], references);
    // Its dates may still change.
    let revoked = json!({"revoked_on": "2022-01-01", "revocation_reason": "Vi phạm"});
    let revoked = app.patch(&certificate.path, &certificate.etag, revoked).key(&admin).send().expect(200);
    app.delete(&proposal.path, &proposal.etag).key(&admin).send().expect(204);
    app.delete(&certificate.path, &revoked.etag()).key(&admin).send().expect(204);
}
