//! Facilities and farms, which certificates are given to.

use crate::support::{TestApp, a_certificate, a_facility, a_producer, assert_refused, json};

#[test]
fn a_facility_is_read_back_as_it_was_registered() {
    let app = TestApp::start();
    let holder = a_producer(&app).in_province("79@2020-10-27").create();
    let made = a_facility(&app, &holder).named("Xưởng sấy hành tím").create();
    assert!(made.id.starts_with("fac_"), "{}", made.id);
    let json = app.get(&made.path).send().expect(200).json();
    assert_eq!(json, made.json);
    assert_eq!(json["holder_id"], holder.id.as_str());
    assert_eq!((&json["kind"], &json["name"]), (&json!("facility"), &json!("Xưởng sấy hành tím")));
    assert_eq!(json["address"], "Ấp Biển Dưới, Vĩnh Châu");
    // The place is in Sóc Trăng, whatever province its holder is in.
    assert_eq!(json["province_id"], "94@2008-08-01");
    assert_eq!((&json["province"]["code"], &json["province"]["successor"]["code"]), (&json!("94"), &json!("92")));
    assert_eq!(json.get("name_folded"), None);
}

#[test]
fn every_fault_of_a_facility_is_named_at_once() {
    let app = TestApp::start();
    let refused = a_facility(&app, &"org_none").with(json!({"name": " ", "address": "x\ny", "province": "Sóc Trằn"})).send();
    assert_refused(
        refused,
        422,
        &[("/holder_id", "unknown_reference"), ("/name", "empty"), ("/address", "control_character"), ("/province", "unknown_province")],
    );
    let holder = a_producer(&app).create();
    assert_refused(a_facility(&app, &holder).with(json!({"kind": "shop"})).send(), 400, &[("/kind", "not_allowed")]);
    assert_refused(a_facility(&app, &holder).with(json!({"name": "x".repeat(201)})).send(), 422, &[("/name", "too_long")]);
}

#[test]
fn facilities_are_filtered_and_sorted() {
    let app = TestApp::start();
    let (one, other) = (a_producer(&app).create(), a_producer(&app).named("Khác").create());
    a_facility(&app, &one).named("Ao tôm Đông Hải").with(json!({"kind": "farm"})).create();
    a_facility(&app, &one).named("Xưởng B").in_province("Hà Nội").create();
    a_facility(&app, &other).named("Ấp Ba").create();
    for (query, found) in [
        (String::new(), vec!["Ao tôm Đông Hải", "Xưởng B", "Ấp Ba"]),
        ("sort=-created".into(), vec!["Ấp Ba", "Xưởng B", "Ao tôm Đông Hải"]),
        ("sort=name".into(), vec!["Ao tôm Đông Hải", "Ấp Ba", "Xưởng B"]),
        ("sort=-name".into(), vec!["Xưởng B", "Ấp Ba", "Ao tôm Đông Hải"]),
        (format!("holder={}", one.id), vec!["Ao tôm Đông Hải", "Xưởng B"]),
        ("kind=farm".into(), vec!["Ao tôm Đông Hải"]),
        ("province=92".into(), vec!["Ao tôm Đông Hải", "Ấp Ba"]),
        ("province=92&as_of=2020-10-27".into(), vec![]),
        ("name=ap b".into(), vec!["Ấp Ba"]),
    ] {
        let items = app.get(&format!("/v1/facilities?{query}")).send().expect(200).items();
        assert_eq!(items.iter().map(|item| item["name"].as_str().unwrap()).collect::<Vec<_>>(), found, "{query}");
    }
}

#[test]
fn a_holder_registers_its_own_facilities_and_no_others() {
    let app = TestApp::start();
    let (own, other) = (a_producer(&app).create(), a_producer(&app).named("Khác").in_province("79@2020-10-27").create());
    let key = app.producer(&own);
    let made = a_facility(&app, &own).by(&key).create();
    assert_eq!(a_facility(&app, &other).by(&key).send().expect(403).problem_code(), "forbidden");
    let moved = app.patch(&made.path, &made.etag, json!({"holder_id": other.id})).key(&key).send().expect(403);
    assert_eq!(moved.problem_code(), "forbidden");
    // The officer of the holder's province, under its old code or its new one.
    a_facility(&app, &own).by(&app.officer("92")).create();
    a_facility(&app, &own).by(&app.officer("94@2020-10-27")).create();
    a_facility(&app, &own).by(&app.officer("79")).send().expect(403);
}

#[test]
fn a_facility_with_certificates_stays_what_it_is() {
    let app = TestApp::start();
    let admin = app.admin();
    let (holder, other) = (a_producer(&app).create(), a_producer(&app).named("Khác").create());
    let facility = a_facility(&app, &holder).create();
    let certificate = a_certificate(&app, "HACCP", &holder).with(json!({"facility_id": facility.id})).create();
    let references = json!([{"collection": "certificates", "ids": [certificate.id]}]);
    let refused = app.delete(&facility.path, &facility.etag).key(&admin).send().expect(409);
    assert_eq!((refused.problem_code().as_str(), &refused.json()["references"]), ("in_use", &references));
    for change in [json!({"holder_id": other.id}), json!({"kind": "farm"})] {
        let refused = app.patch(&facility.path, &facility.etag, change).key(&admin).send().expect(409);
        assert_eq!((refused.problem_code().as_str(), &refused.json()["references"]), ("in_use", &references));
    }
    let renamed = app.patch(&facility.path, &facility.etag, json!({"name": "Xưởng sấy số 2"})).key(&admin).send().expect(200);
    assert_eq!(renamed.json()["version"], 2);
    app.delete(&certificate.path, &certificate.etag).key(&admin).send().expect(204);
    app.delete(&facility.path, &renamed.etag()).key(&admin).send().expect(204);
    app.get(&facility.path).send().expect(404);
}
