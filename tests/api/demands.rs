//! Demands: what a buyer needs, who sees its price ceiling, and how it ends.

use crate::support::{Record, TestApp, Value, a_buyer, a_demand, a_producer, json, walk};

fn fault(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}

/// A ceiling with this visibility, as a change of a body.
fn ceiling(visibility: &str) -> Value {
    json!({"price_ceiling": {"visibility": visibility}})
}

#[test]
fn a_unit_that_there_is_none_of_is_answered_with_those_that_fit_here() {
    let app = TestApp::start();
    let buyer = a_buyer(&app).create();
    let refused = a_demand(&app, &buyer).with(json!({"unit": "furlong"})).send().expect(422);
    assert_eq!(refused.fault_codes(), [("/unit".to_owned(), "unknown_unit".to_owned())]);
    let detail = refused.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("TAN") && detail.contains("KHACH") && !detail.contains("HOP"), "{detail}");
    let near =
        a_demand(&app, &buyer).with(json!({"unit": "TANN"})).send().expect(422).json()["errors"][0]["detail"].as_str().unwrap().to_owned();
    assert!(near.contains("Near: TAN"), "{near}");
}

#[test]
fn a_demand_is_read_back_with_its_buyer_its_place_and_its_base_unit() {
    let app = TestApp::start();
    let buyer = a_buyer(&app).create();
    let made = a_demand(&app, &buyer).with(json!({"group": "N1.1.a", "months": [3, 1], "quantity": "1.5", "least_stars": 4})).create();
    let read = app.get(&made.path).send().expect(200).json();
    assert!(made.id.starts_with("dmd_"));
    assert_eq!((read["quantity"].as_str(), read["unit"].as_str()), (Some("1.5"), Some("TAN")));
    assert_eq!(read["quantity_base"], json!({"quantity": "1500", "unit": "KG"}));
    assert_eq!(read["months"], json!([1, 3]));
    assert_eq!(read["status"], "open");
    assert_eq!((read["buyer"]["id"].as_str(), read["buyer"]["name"].as_str()), (Some(buyer.id.as_str()), buyer.json["name"].as_str()));
    assert_eq!(read["delivery_province"]["name"], "Thành phố Hà Nội");
    assert_eq!(read["group"]["code"], "N1.1.a");
    assert_eq!(read["required_certificates"], json!(["HACCP"]));
    assert_eq!(read["preferred_certificates"], json!([]));
    assert_eq!(read.get("title_folded"), None);
    // Months that are not named are all months of the period, also after the period was moved.
    let whole = a_demand(&app, &buyer).create();
    assert_eq!(whole.json["months"], json!([1, 2, 3]));
    let moved = app.patch(&whole.path, &whole.etag, json!({"ends_on": "2027-05-01"})).key(&app.admin()).send().expect(200);
    assert_eq!(moved.json()["months"], json!([1, 2, 3, 4, 5]));
}

#[test]
fn what_a_demand_cannot_mean_is_named_all_at_once() {
    let app = TestApp::start();
    let (buyer, producer) = (a_buyer(&app).create(), a_producer(&app).create());
    let refused = |change: Value| a_demand(&app, &buyer).with(change).send().expect(422).fault_codes();
    assert_eq!(refused(json!({"ends_on": "2026-12-31"})), [fault("/ends_on", "wrong_order")]);
    assert_eq!(refused(json!({"quantity": "0"})), [fault("/quantity", "not_positive")]);
    assert_eq!(refused(json!({"months": [2, 7]})), [fault("/months/1", "outside_period")]);
    assert_eq!(refused(json!({"unit": "THUNG"})), [fault("/unit", "pack_needed")]);
    assert_eq!(refused(json!({"unit": "chục"})), [fault("/unit", "ambiguous_unit")]);
    assert_eq!(refused(json!({"text": null})), [fault("/text", "text_or_group_needed")]);
    assert_eq!(refused(json!({"buyer_id": producer.id})), [fault("/buyer_id", "unknown_reference")]);
    let mut all = refused(json!({
        "buyer_id": "org_0", "title": " ", "text": null, "quantity": "0", "delivery_province": "Atlantis", "answer_by": "2028-01-01",
        "required_certificates": ["NONE"], "price_ceiling": {"amount": "0.5", "currency": "XXX", "per_unit": "L"}
    }));
    all.sort();
    assert_eq!(
        all,
        [
            fault("/answer_by", "wrong_order"),
            fault("/buyer_id", "unknown_reference"),
            fault("/delivery_province", "unknown_province"),
            fault("/price_ceiling/currency", "unknown_currency"),
            fault("/price_ceiling/per_unit", "unit_mismatch"),
            fault("/quantity", "not_positive"),
            fault("/required_certificates/0", "unknown_certificate_kind"),
            fault("/text", "text_or_group_needed"),
            fault("/title", "empty"),
        ]
    );
    assert_eq!(app.rows()["demands"], 0);
    let form = a_demand(&app, &buyer).with(json!({"quantity": "1,5"})).send().expect(400);
    assert_eq!(form.problem_code(), "invalid_body");
}

/// Who reads of `path` what stands in member `name`.
fn readers(app: &TestApp, path: &str, name: &str, keys: &[(&'static str, Option<String>)]) -> Vec<&'static str> {
    let seen = |key: &Option<String>, path: &str| {
        let request = app.get(path);
        let request = match key {
            Some(key) => request.key(key),
            None => request,
        };
        request.send().expect(200).json()
    };
    let (list, _) = path.rsplit_once('/').unwrap();
    keys.iter()
        .filter(|(who, key)| {
            let shown = seen(key, path).get(name).is_some();
            let by_fields = seen(key, &format!("{path}?fields=id,{name}")).get(name).is_some();
            let listed = seen(key, &format!("{list}?limit=100"))["items"].as_array().unwrap().iter().any(|item| item.get(name).is_some());
            let at = seen(key, &format!("{path}?at=2026-11-23T05:00:00Z")).get(name).is_some();
            let pointer = format!("/{name}");
            let told = seen(key, &format!("{path}/history"))["items"].as_array().unwrap().iter().any(|entry| {
                entry["changed"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|change| change["pointer"].as_str().is_some_and(|at| at.starts_with(&pointer)))
            });
            assert_eq!([by_fields, listed, at, told], [shown; 4], "{who}: fields, list, at, history");
            shown
        })
        .map(|(who, _)| *who)
        .collect()
}

/// A key of everybody there is, for a record of `owner`, whose role is `own`, in Ho Chi Minh City.
fn everybody(app: &TestApp, owner: &Record) -> Vec<(&'static str, Option<String>)> {
    let (other, producer) = (a_buyer(app).named("Khác").create(), a_producer(app).create());
    vec![
        ("anonymous", None),
        ("owner", Some(app.buyer(owner))),
        ("another buyer", Some(app.buyer(&other))),
        ("producer", Some(app.producer(&producer))),
        ("officer here", Some(app.officer("79"))),
        ("officer elsewhere", Some(app.officer("92"))),
        ("auditor", Some(app.auditor())),
        ("partner", Some(app.partner())),
        ("admin", Some(app.admin())),
    ]
}

#[test]
fn a_price_ceiling_is_seen_by_whom_its_visibility_names_and_by_nobody_else() {
    let owners = ["owner", "officer here", "auditor", "admin"];
    for (visibility, expected) in [
        (None, owners.to_vec()),
        (Some("hidden"), owners.to_vec()),
        (Some("parties"), owners.to_vec()),
        (Some("keys"), vec!["owner", "another buyer", "officer here", "officer elsewhere", "auditor", "admin"]),
        (
            Some("public"),
            vec!["anonymous", "owner", "another buyer", "producer", "officer here", "officer elsewhere", "auditor", "partner", "admin"],
        ),
    ] {
        let app = TestApp::start();
        let buyer = a_buyer(&app).create();
        let keys = everybody(&app, &buyer);
        let made = a_demand(&app, &buyer).with(visibility.map_or(json!({}), ceiling)).create();
        assert_eq!(readers(&app, &made.path, "price_ceiling", &keys), expected, "{visibility:?}");
    }
}

#[test]
fn who_hides_a_ceiling_hides_it_in_the_past_as_well() {
    let app = TestApp::start();
    let buyer = a_buyer(&app).create();
    let made = a_demand(&app, &buyer).with(ceiling("public")).create();
    app.set_clock("2026-11-24 05:00:00");
    let hidden = app.patch(&made.path, &made.etag, ceiling("hidden")).key(&app.admin()).send().expect(200);
    let history = format!("{}/history", made.path);
    let at = format!("{}?at=2026-11-23T12:00:00Z", made.path);
    for path in [&history, &at] {
        assert!(!app.get(path).send().expect(200).text.contains("45000"), "{path}");
        assert!(app.get(path).key(&app.buyer(&buyer)).send().expect(200).text.contains("45000"), "{path}");
    }
    // What is shown from now on was not shown before.
    app.set_clock("2026-11-25 05:00:00");
    let change = json!({"price_ceiling": {"visibility": "public", "amount": "50000"}});
    app.patch(&made.path, &hidden.etag(), change).key(&app.admin()).send().expect(200);
    let told = app.get(&history).send().expect(200).items();
    assert_eq!(told[1]["changed"][0]["to"], Value::Null);
    assert_eq!((&told[2]["changed"][0]["from"], told[2]["changed"][0]["to"]["amount"].as_str()), (&Value::Null, Some("50000")));
    let gone = app.get(&made.path).key(&app.admin()).send().expect(200).etag();
    app.delete(&made.path, &gone).key(&app.admin()).send().expect(204);
    assert!(app.get(&history).send().expect(200).text.contains("50000"));
}

#[test]
fn a_closed_demand_takes_no_change_and_is_not_opened_again() {
    let app = TestApp::start();
    let buyer = a_buyer(&app).create();
    let key = app.buyer(&buyer);
    let made = a_demand(&app, &buyer).by(&key).create();
    let close = format!("{}/close", made.path);
    let refused = app.post(&close, json!({"on": "2026-11-24"})).key(&key).send().expect(422);
    assert_eq!(refused.fault_codes(), [fault("/on", "in_future")]);
    let other = a_buyer(&app).named("Khác").create();
    app.post(&close, json!({})).key(&app.buyer(&other)).send().expect(403);
    app.post(&close, json!({})).send().expect(401);
    let checked = app.post(&format!("{close}?validate_only=true"), json!({})).key(&key).send().expect(200);
    assert_eq!(checked.json()["status"], "closed");
    assert_eq!(app.get(&made.path).send().json()["status"], "open");

    let ask = || app.post(&close, json!({"on": "2026-11-20", "reason": "Đã đủ hàng"})).key(&key).header("Idempotency-Key", "close").send();
    let closed = ask().expect(200);
    assert_eq!((closed.json()["status"].as_str(), closed.json()["version"].as_i64()), (Some("closed"), Some(2)));
    assert_eq!((closed.json()["closed_on"].as_str(), closed.json()["closed_reason"].as_str()), (Some("2026-11-20"), Some("Đã đủ hàng")));
    assert_eq!(ask().expect(200).text, closed.text, "the same request is the same closing");
    assert_eq!(app.post(&close, json!({})).key(&key).send().expect(409).problem_code(), "illegal_transition");
    let refused = app.patch(&made.path, &closed.etag(), json!({"title": "Khác"})).key(&key).send().expect(409);
    assert_eq!(refused.problem_code(), "not_editable");
    app.patch(&made.path, &closed.etag(), json!({"closed_on": null})).key(&key).send().expect(400);
    let before = app.get(&format!("{}?as_of=2026-11-19", made.path)).send().expect(200).json();
    assert_eq!(before["status"], "open", "closing follows from its day");
    app.delete(&made.path, &closed.etag()).key(&key).send().expect(204);
}

#[test]
fn demands_are_found_by_what_they_say() {
    let app = TestApp::start();
    let (buyer, other) = (a_buyer(&app).create(), a_buyer(&app).named("Khác").create());
    let shallots = a_demand(&app, &buyer).with(json!({"group": "N1.1.a", "answer_by": "2026-12-15"})).create().id;
    let rice = a_demand(&app, &other)
        .named("Gạo cho bếp ăn")
        .with(json!({"text": "gạo", "starts_on": "2026-10-01", "ends_on": "2026-10-31", "delivery_province": "94@2020-10-27", "illustrative": false}))
        .create()
        .id;
    let found = |query: &str| walk(&app, &format!("/v1/demands?{query}"));
    let (only_shallots, only_rice) = ([shallots.clone()], [rice.clone()]);
    assert_eq!(found("limit=1"), [shallots.clone(), rice.clone()]);
    assert_eq!(found("sort=starts_on&limit=1"), [rice.clone(), shallots.clone()]);
    assert_eq!(found(&format!("buyer={}", other.id)), only_rice);
    assert_eq!(found("group=N1"), only_shallots);
    assert_eq!(found("group=I.1"), only_shallots, "under the decision of today as well");
    assert_eq!(found("province=92"), only_rice, "Cần Thơ has what Sóc Trăng had");
    assert_eq!(found("province=01"), only_shallots);
    assert_eq!(found("month=10"), only_rice);
    assert_eq!(found("month=2"), only_shallots);
    assert_eq!(found("text=hanh tim"), only_shallots);
    assert_eq!(found("illustrative=false"), only_rice);
    assert_eq!(found("open=true"), only_shallots);
    assert_eq!(found("open=false"), only_rice);
    assert_eq!(found("open=true&as_of=2026-10-31").len(), 2);
    assert_eq!(found("open=true&as_of=2026-12-16"), [""; 0], "the day to answer by has passed");
    for (query, code) in
        [("month=13", "not_allowed"), ("text=!", "no_words"), ("group=IX", "unknown_group"), ("province=Atlantis", "unknown_province")]
    {
        let refused = app.get(&format!("/v1/demands?{query}")).send().expect(400);
        assert_eq!(refused.fault_codes()[0].1, code, "{query}");
    }
}

#[test]
fn a_demand_of_which_no_month_is_left_is_no_longer_open() {
    let app = TestApp::start();
    let buyer = a_buyer(&app).create();
    let demand = |months: Value, (starts_on, ends_on): (&str, &str)| {
        a_demand(&app, &buyer).with(json!({"months": months, "starts_on": starts_on, "ends_on": ends_on})).create().id
    };
    let early = demand(json!([1, 2]), ("2027-01-01", "2027-06-30"));
    let whole = demand(json!([1, 2, 3, 4, 5, 6]), ("2027-01-01", "2027-06-30"));
    // Some of its only month lies at the beginning of the period, and some at its end.
    let twice = demand(json!([11]), ("2026-11-15", "2027-11-10"));
    for (day, expected) in [
        ("2026-11-23", vec![&early, &whole, &twice]),
        ("2027-02-28", vec![&early, &whole, &twice]),
        ("2027-03-01", vec![&whole, &twice]),
        ("2027-07-01", vec![&twice]),
        ("2027-11-10", vec![&twice]),
        ("2027-11-11", vec![]),
        ("2200-12-31", vec![]),
    ] {
        let open = walk(&app, &format!("/v1/demands?open=true&as_of={day}"));
        assert_eq!(open.iter().collect::<Vec<_>>(), expected, "{day}");
        for id in [&early, &whole, &twice] {
            let shown = app.get(&format!("/v1/demands/{id}?as_of={day}")).send().expect(200).json();
            assert_eq!(shown["status"], if expected.contains(&id) { "open" } else { "ended" }, "{id} on {day}");
        }
        let others = walk(&app, &format!("/v1/demands?open=false&as_of={day}"));
        assert_eq!(others.len() + open.len(), 3, "{day}");
    }
}

#[test]
fn a_buyer_writes_its_own_demands_and_keeps_its_profile_while_it_has_some() {
    let app = TestApp::start();
    let (buyer, other) = (a_buyer(&app).create(), a_buyer(&app).named("Khác").create());
    let key = app.buyer(&buyer);
    let mine = a_demand(&app, &buyer).by(&key).create();
    a_demand(&app, &other).by(&key).send().expect(403);
    a_demand(&app, &buyer).by(&app.producer(a_producer(&app).create())).send().expect(403);
    a_demand(&app, &buyer).by(&app.officer("79")).send().expect(201);
    a_demand(&app, &buyer).by(&app.officer("92")).send().expect(403);
    app.patch(&mine.path, &mine.etag, json!({"buyer_id": other.id})).key(&key).send().expect(403);
    for path in ["/v1/buyers", "/v1/organisations"] {
        let refused = app.delete(&format!("{path}/{}", buyer.id), &buyer.etag).key(&app.admin()).send().expect(409);
        let named: Vec<&str> = refused.json()["references"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["collection"].as_str().unwrap().to_owned().leak() as &str)
            .collect();
        assert!(named.contains(&"demands"), "{path}: {}", refused.text);
    }
}
