//! Events, and what was signed at them.

use crate::support::{Record, TestApp, Value, a_buyer, a_mou, a_producer, a_product, an_agency, an_event, json};

fn fault(pointer: &str, code: &str) -> (String, String) {
    (pointer.into(), code.into())
}

#[test]
fn an_event_is_read_back_as_it_was_registered() {
    let app = TestApp::start();
    let organiser = an_agency(&app).create();
    let body =
        json!({"name_en": "Supply and demand conference", "venue": "Thành phố Sóc Trăng", "organiser_id": organiser.id, "ends_on": null});
    let event = an_event(&app).with(body).in_province("94").by(&app.officer("92")).create();
    let read = app.get(&event.path).send().expect(200).json();
    assert_eq!(read, event.json);
    assert_eq!((&read["starts_on"], &read["ends_on"]), (&json!("2020-10-27"), &json!("2020-10-27")));
    assert_eq!((&read["status"], &read["kind"]), (&json!("held"), &json!("supply_demand_conference")));
    assert_eq!(read["organiser_name"], organiser.json["name"]);
    assert_eq!(read["province"]["name"], "Tỉnh Sóc Trăng", "code 94 on its first day");
    assert_eq!(read["province"]["successor"]["name"], "Thành phố Cần Thơ");
    let planned =
        an_event(&app).with(json!({"status": null, "starts_on": "2027-03-01", "ends_on": "2027-03-03", "province": "92"})).create();
    assert_eq!(planned.json["status"], "planned");
}

#[test]
fn an_event_belongs_to_its_province_and_organiser() {
    let app = TestApp::start();
    let elsewhere = app.officer("01");
    an_event(&app).by(&elsewhere).send().expect(403);
    let event = an_event(&app).by(&app.officer("94@2020-10-27")).create();
    app.patch(&event.path, &event.etag, json!({"venue": "Nhà văn hóa"})).key(&elsewhere).send().expect(403);
    app.patch(&event.path, &event.etag, json!({"venue": "Nhà văn hóa"})).key(&app.officer("92")).send().expect(200);
    // Nor is it given to another province.
    app.patch(&event.path, "*", json!({"province": "01"})).key(&app.officer("92")).send().expect(403);
}

#[test]
fn every_fault_of_an_event_is_told_at_once() {
    let app = TestApp::start();
    for (change, faults) in [
        (json!({"ends_on": "2020-10-26"}), vec![fault("/ends_on", "wrong_order")]),
        (json!({"province": "Sóc Trằn"}), vec![fault("/province", "unknown_province")]),
        (json!({"organiser_id": "org_0"}), vec![fault("/organiser_id", "unknown_reference")]),
        (json!({"name": " ", "venue": "x".repeat(301)}), vec![fault("/name", "empty"), fault("/venue", "too_long")]),
        (json!({"starts_on": "1492-10-12", "province": "94@2020-10-27"}), vec![fault("/starts_on", "out_of_range")]),
    ] {
        assert_eq!(an_event(&app).with(change.clone()).send().expect(422).fault_codes(), faults, "{change}");
    }
    for change in [json!({"starts_on": "2020-02-30"}), json!({"kind": "party"}), json!({"guests": 300}), json!({"name": "a\u{0}"})] {
        an_event(&app).with(change).send().expect(400);
    }
    assert_eq!(app.rows()["events"], 0);
}

#[test]
fn lists_filter_by_what_stands_in_the_event() {
    let app = TestApp::start();
    let organiser = an_agency(&app).create();
    let conference = an_event(&app).named("Hội nghị 2020").create();
    let fair = an_event(&app)
        .named("Hội chợ 2021")
        .with(json!({"kind": "trade_fair", "starts_on": "2021-04-30", "ends_on": "2021-05-03", "province": "91", "organiser_id": organiser.id}))
        .create();
    let planned =
        an_event(&app).named("Đoàn 2027").with(json!({"kind": "trade_mission", "starts_on": "2027-03-01", "ends_on": null, "province": "92", "status": "planned", "illustrative": false})).create();
    let of = |records: &[&Record]| records.iter().map(|record| record.id.clone()).collect::<Vec<_>>();
    for (query, found) in [
        ("kind=trade_fair".to_owned(), of(&[&fair])),
        ("status=held".into(), of(&[&conference, &fair])),
        ("province=92".into(), of(&[&conference, &planned])),
        ("province=94&as_of=2020-10-27".into(), of(&[&conference])),
        ("province=91&as_of=2021-04-30".into(), of(&[&fair])),
        ("from=2020-10-28".into(), of(&[&fair, &planned])),
        ("until=2020-10-27".into(), of(&[&conference])),
        ("from=2021-01-01&until=2021-12-31".into(), of(&[&fair])),
        (format!("organiser={}", organiser.id), of(&[&fair])),
        ("name=hoi".into(), of(&[&conference, &fair])),
        ("name=Hội ch".into(), of(&[&fair])),
        ("illustrative=false".into(), of(&[&planned])),
        ("sort=-starts_on".into(), of(&[&planned, &fair, &conference])),
        ("sort=name".into(), of(&[&planned, &fair, &conference])),
    ] {
        assert_eq!(app.get(&format!("/v1/events?{query}")).send().expect(200).ids(), found, "{query}");
    }
}

#[test]
fn an_event_at_which_something_was_signed_is_not_deleted() {
    let app = TestApp::start();
    let officer = app.officer("94@2020-10-27");
    let event = an_event(&app).create();
    let parties = || a_mou(&app).of_producer(&a_producer(&app).create()).with_buyer(&a_buyer(&app).create()).at_event(&event);
    let mou = parties().create();
    let refused = app.delete(&event.path, &event.etag).key(&officer).send().expect(409);
    assert_eq!(refused.problem_code(), "in_use");
    assert_eq!(refused.json()["references"], json!([{"collection": "mous", "ids": [mou.id]}]));
    // A draft between others keeps it too, and is not named to who may not know of it.
    let empty = an_event(&app).create();
    let far = |name: &str| a_producer(&app).named(name).in_province("01").create();
    let draft =
        a_mou(&app).draft().of_producer(&far("Một")).with_buyer(&a_buyer(&app).in_province("01").create()).at_event(&empty).create();
    let refused = app.delete(&empty.path, &empty.etag).key(&officer).send().expect(409);
    assert!(!refused.text.contains(&draft.id), "{}", refused.text);
    let refused = app.delete(&empty.path, &empty.etag).key(&app.admin()).send().expect(409);
    assert!(refused.text.contains(&draft.id), "{}", refused.text);
    app.delete(&draft.path, &draft.etag).key(&app.admin()).send().expect(204);
    app.delete(&empty.path, &empty.etag).key(&officer).send().expect(204);
}

/// The conference with memoranda of every kind, and what does not count.
fn a_conference(app: &TestApp) -> Record {
    let event = an_event(app).create();
    let (dept, other) = (an_agency(app).create(), an_agency(app).named("Sở Công Thương An Giang").in_province("89@2020-10-27").create());
    let buyers = [1, 2].map(|n| a_buyer(app).named(&format!("Nhà phân phối {n}")).create());
    let producers = [1, 2, 3].map(|n| a_producer(app).named(&format!("Hợp tác xã {n}")).create());
    let products = [0, 1, 2].map(|n| a_product(app, &producers[n]).named(&format!("Hành tím {n}")).create());
    a_mou(app).of_agency(&dept).party(&other, "b", "agency").at_event(&event).create();
    a_mou(app).of_agency(&dept).with_buyer(&buyers[0]).at_event(&event).create();
    let money = |value: &str| json!({"description": "doanh số", "value": value, "currency": "VND", "period": "year"});
    for (producer, buyer, product) in [(0, 0, &products[0]), (1, 0, &products[0]), (2, 1, &products[2])] {
        let group = json!({"group": "N1.1.a", "quantity": "0.001", "unit": "KG", "period": "total"});
        let mou = a_mou(app).of_producer(&producers[producer]).with_buyer(&buyers[buyer]).at_event(&event);
        let mou = mou.committing(product, "1.5", "TAN", "month").committing(product, "500", "KG", "month");
        let mut body = mou.into_body();
        body["commitments"].as_array_mut().unwrap().extend([group, money("1000000000")]);
        app.post("/v1/mous", body).key(&app.admin()).send().expect(201);
    }
    // A draft, what was signed elsewhere, and what was signed later.
    a_mou(app).draft().of_producer(&producers[0]).with_buyer(&buyers[1]).at_event(&event).create();
    a_mou(app).of_producer(&producers[0]).with_buyer(&buyers[1]).create();
    a_mou(app).of_producer(&producers[0]).with_buyer(&buyers[1]).with(json!({"signed_on": "2020-12-01"})).at_event(&event).create();
    event
}

#[test]
fn the_summary_counts_what_was_signed_by_the_day_asked() {
    let app = TestApp::start();
    let event = a_conference(&app);
    let auditor = app.auditor();
    let summary = |day: &str| app.get(&format!("{}/summary?as_of={day}", event.path)).key(&auditor).send().expect(200).json();
    let then = summary("2020-10-27");
    assert_eq!((&then["event_id"], &then["as_of"], &then["signed"]), (&json!(event.id), &json!("2020-10-27"), &json!(5)));
    assert_eq!(then["by_kind"], json!({"agency_agency": 1, "province_retail": 1, "producer_distributor": 3, "other": 0}));
    assert_eq!((&then["distributors"], &then["producers"]), (&json!(2), &json!(3)));
    let provinces: Vec<_> =
        then["provinces"].as_array().unwrap().iter().map(|p| (p["name"].as_str().unwrap(), p["mous"].as_i64().unwrap())).collect();
    assert_eq!(provinces, [("Tỉnh Sóc Trăng", 5), ("Thành phố Hồ Chí Minh", 4), ("Tỉnh An Giang", 1)]);
    let sums: Vec<_> = then["commitments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| {
            let name = c["product_name"].as_str().or(c["group"]["code"].as_str()).unwrap();
            (name, c["unit"].as_str().unwrap(), c["period"].as_str().unwrap(), c["quantity"].as_str().unwrap(), c["mous"].as_i64().unwrap())
        })
        .collect();
    let mut sums = sums;
    sums.sort_unstable();
    assert_eq!(
        sums,
        [
            ("Hành tím 0", "KG", "month", "1000", 2),
            ("Hành tím 0", "TAN", "month", "3", 2),
            ("Hành tím 2", "KG", "month", "500", 1),
            ("Hành tím 2", "TAN", "month", "1.5", 1),
            ("N1.1.a", "KG", "total", "0.003", 3),
        ]
    );
    assert_eq!(then["values"], json!([{"currency": "VND", "period": "year", "value": "3000000000", "mous": 3}]));
    // Today: what was signed later, and the units of today beside those of the papers.
    let now = app.get(&format!("{}/summary", event.path)).send().expect(200).json();
    assert_eq!((&now["signed"], &now["as_of"]), (&json!(6), &json!("2026-11-23")));
    assert_eq!(now["provinces"][0]["successor"]["name"], "Thành phố Cần Thơ");
    assert_eq!(summary("2020-10-26")["signed"], json!(0), "the day before");
}

#[test]
fn a_sum_that_would_tell_what_one_party_committed_is_kept_from_strangers() {
    let app = TestApp::start();
    let event = a_conference(&app);
    let path = format!("{}/summary?as_of=2020-10-27", event.path);
    // Two memoranda commit product 0, one product 2, and three the group and a value; two of them are of one buyer.
    let told = |answer: Value| {
        let mut mous: Vec<_> = answer["commitments"].as_array().unwrap().iter().map(|sum| sum["mous"].as_i64().unwrap()).collect();
        mous.sort_unstable();
        (mous, answer["values"].as_array().unwrap().len(), answer["withheld"].as_i64().unwrap())
    };
    let as_key = |key: &str| told(app.get(&path).key(key).send().expect(200).json());
    let public = || told(app.get(&path).send().expect(200).json());
    for key in [app.auditor(), app.admin(), app.officer("94@2020-10-27")] {
        assert_eq!(as_key(&key), (vec![1, 1, 2, 2, 3], 1, 0));
    }
    // Who signed two of three would know the third.
    assert_eq!(public(), (vec![], 0, 6));
    let organisation = |path: &str| app.get(path).send().expect(200).items()[0]["id"].as_str().unwrap().to_owned();
    let (first, second) = (organisation("/v1/buyers?name=nha+phan+phoi+1"), organisation("/v1/buyers?name=nha+phan+phoi+2"));
    let buyer = app.buyer(&first);
    assert_eq!(as_key(&buyer), (vec![2, 2], 0, 4), "its own");
    let mut body =
        a_mou(&app).of_producer(&a_producer(&app).named("Hợp tác xã 4").create()).with_buyer(&second).at_event(&event).into_body();
    body["commitments"] = json!([
        {"group": "N1.1.a", "quantity": "0.001", "unit": "KG", "period": "total"},
        {"description": "doanh số", "value": "1000000000", "currency": "VND", "period": "year"}
    ]);
    app.post("/v1/mous", body).key(&app.admin()).send().expect(201);
    assert_eq!(public(), (vec![4], 1, 4), "two of four are of others, whoever asks");
    assert_eq!(as_key(&app.buyer(a_buyer(&app).named("Người lạ").create())), public());
    assert_eq!(as_key(&buyer), (vec![2, 2, 4], 1, 2));
}

#[test]
fn the_summary_of_an_event_that_is_not_there_is_not_found() {
    let app = TestApp::start();
    app.get("/v1/events/evt_0/summary").send().expect(404);
    let event = an_event(&app).create();
    let empty = app.get(&format!("{}/summary", event.path)).send().expect(200).json();
    assert_eq!((&empty["signed"], &empty["provinces"], &empty["commitments"]), (&json!(0), &json!([]), &json!([])));
    app.get(&format!("{}/summary?colour=red", event.path)).send().expect(400);
    let public: Value = app.get(&format!("{}/summary", event.path)).send().json();
    assert_eq!(app.get(&format!("{}/summary", event.path)).key(&app.admin()).send().json(), public);
}

#[test]
fn a_script_that_repeats_its_event_changes_nothing() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = json!({"name": "Hội nghị", "kind": "trade_fair", "starts_on": "2020-10-27", "province": "Soc Trang"});
    app.put("/v1/events/by-ref/a/1", body.clone()).key(&admin).send().expect(201);
    let head = app.log_head();
    assert_eq!(app.put("/v1/events/by-ref/a/1", body).key(&admin).send().expect(200).json()["version"], 1);
    assert_eq!(app.log_head(), head);
}
