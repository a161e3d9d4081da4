//! Organisations, and the producers, buyers and agencies that they are.

use crate::support::{Draft, Record, TestApp, Value, a_buyer, a_mou, a_producer, an_agency, an_organisation, json};

// Codes that their owners publish: Vinamilk, Viettel, FPT, Hòa Phát.
const VINAMILK: &str = "0300588569";
const VIETTEL: &str = "0100109106";
const FPT: &str = "0101248141";

/// An individual's code: 12 digits, personal data since July 2025.
const PERSONAL: &str = "094085001234";

fn a_household(app: &TestApp) -> Draft<'_> {
    a_producer(app)
        .named("Hộ kinh doanh Thạch Thị Sa Rây")
        .with(json!({"legal_form": "household_business", "producer": {"kind": "household_business", "invoice_kind": "none"}}))
}

fn names(app: &TestApp, query: &str) -> Vec<String> {
    let answer = app.get(query).send().expect(200);
    answer.items().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

fn fault(pointer: &str, code: &str) -> (String, String) {
    (pointer.into(), code.into())
}

#[test]
fn a_producer_is_read_back_as_it_was_registered() {
    let app = TestApp::start();
    let made = a_producer(&app).named("Hợp tác xã Vú sữa Kế Sách").in_province("94@2020-10-27").with_tax_code("0300 588 569").create();
    let read = app.get(&made.path).send().expect(200);
    let json = read.json();
    assert_eq!(json, made.json);
    assert_eq!(json["name"], "Hợp tác xã Vú sữa Kế Sách");
    assert_eq!(json["tax_code"], VINAMILK, "spaces are left out");
    assert_eq!(json["version"], 1);
    assert_eq!(json["origin"], "TEST");
    assert_eq!(json["status"], "active");
    assert_eq!(json["created_at"], "2026-11-23T05:00:00.000000Z");
    assert_eq!(json["producer"], json!({"kind": "cooperative", "invoice_kind": "vat_e_invoice"}));
    // The unit of 2020, with the one in its place on the day of the request.
    assert_eq!(json["province"]["code"], "94");
    assert_eq!(json["province"]["name"], "Tỉnh Sóc Trăng");
    assert_eq!(json["province"]["successor"]["code"], "92");
    assert_eq!(json["province"]["successor"]["name"], "Thành phố Cần Thơ");
    let then = app.get(&format!("{}?as_of=2020-10-27", made.path)).send().expect(200).json();
    assert_eq!(then["province"].get("successor"), None, "on that day Sóc Trăng was Sóc Trăng");
}

#[test]
fn an_organisation_is_found_where_its_profile_is_and_nowhere_else() {
    let app = TestApp::start();
    let (producer, buyer, agency) = (a_producer(&app).create(), a_buyer(&app).create(), an_agency(&app).create());
    let plain = an_organisation(&app).create();
    for (record, home) in [(&producer, "producers"), (&buyer, "buyers"), (&agency, "agencies"), (&plain, "organisations")] {
        for collection in ["organisations", "producers", "buyers", "agencies"] {
            let status = app.get(&format!("/v1/{collection}/{}", record.id)).send().status;
            let there = collection == home || collection == "organisations";
            assert_eq!(status, if there { 200 } else { 404 }, "{home} under {collection}");
            assert_eq!(
                app.get(&format!("/v1/{collection}")).send().ids().contains(&record.id),
                there,
                "{home} in the list of {collection}"
            );
        }
    }
    let by_profile = app.get("/v1/organisations?profile=agency").send().expect(200).ids();
    assert_eq!(by_profile, [agency.id]);
}

#[test]
fn a_tax_code_belongs_to_one_organisation_in_every_collection() {
    let app = TestApp::start();
    let first = a_producer(&app).with_tax_code(VINAMILK).create();
    for draft in [a_producer(&app), a_buyer(&app), an_agency(&app), an_organisation(&app)] {
        let refused = draft.with_tax_code("0300-588-569").send().expect(409);
        assert_eq!(refused.problem_code(), "already_exists");
        assert_eq!(refused.header("Location"), Some(format!("/v1/organisations/{}", first.id).as_str()));
    }
    let other = a_buyer(&app).with_tax_code(VIETTEL).create();
    let refused = app.patch(&other.path, &other.etag, json!({"tax_code": VINAMILK})).key(&app.admin()).send().expect(409);
    assert_eq!(refused.header("Location"), Some(format!("/v1/organisations/{}", first.id).as_str()));
    assert_eq!(app.get(&other.path).send().json()["tax_code"], VIETTEL);
    // A branch is another taxpayer.
    a_producer(&app).with_tax_code("0300588569-001").create();
}

#[test]
fn a_buyer_becomes_a_producer_too_under_the_same_id() {
    let app = TestApp::start();
    let buyer = a_buyer(&app).with_tax_code(FPT).create();
    let path = format!("/v1/organisations/{}/producer", buyer.id);
    let profile = json!({"kind": "enterprise", "invoice_kind": "vat_e_invoice"});
    let admin = app.admin();
    assert_eq!(app.put(&path, profile.clone()).key(&admin).send().expect(428).problem_code(), "precondition_required");
    let answer = app.put(&path, profile.clone()).key(&admin).header("If-Match", &buyer.etag).send().expect(200).json();
    assert_eq!(answer["version"], 2);
    assert_eq!(answer["producer"]["kind"], "enterprise");
    assert_eq!(answer["buyer"], buyer.json["buyer"]);
    let producer = app.get(&format!("/v1/producers/{}", buyer.id)).send().expect(200);
    assert_eq!(producer.json()["tax_code"], FPT);
    app.get(&buyer.path).send().expect(200);
    // The same profile again changes nothing.
    let again = app.put(&path, profile).key(&admin).header("If-Match", &producer.etag()).send().expect(200);
    assert_eq!(again.json()["version"], 2);
    // And away again: the profile goes, the organisation stays.
    app.delete(&format!("/v1/producers/{}", buyer.id), &again.etag()).key(&admin).send().expect(204);
    app.get(&format!("/v1/producers/{}", buyer.id)).send().expect(404);
    assert_eq!(app.get(&buyer.path).send().expect(200).json()["version"], 3);
}

#[test]
fn a_personal_code_is_kept_and_never_shown() {
    let app = TestApp::start();
    let admin = app.admin();
    let household = a_household(&app).with_tax_code(PERSONAL).create();
    let path = format!("/v1/organisations/{}", household.id);
    let changed = app.patch(&path, &household.etag, json!({"address": "Ấp Biển, Vĩnh Châu"})).key(&admin).send().expect(200);
    assert_eq!(changed.json()["has_personal_tax_code"], true, "a patch of something else keeps the code");
    let refused = a_household(&app).named("Hộ kinh doanh khác").with_tax_code("094 085 001 234").send().expect(409);
    assert_eq!(refused.header("Location"), Some(path.as_str()), "unique by its digest");
    let batch = json!({"items": [a_household(&app).with_tax_code(PERSONAL).into_body()]});

    let mut answers = vec![changed.text, refused.text];
    for query in ["", "?at=2026-11-23T05:00:00Z", "/history"] {
        answers.push(app.get(&format!("{path}{query}")).key(&admin).send().expect(200).text);
    }
    answers.push(app.get("/v1/producers").key(&admin).send().expect(200).text);
    answers.push(app.get(&format!("/v1/organisations?tax_code={PERSONAL}")).key(&admin).send().expect(200).text);
    answers.push(app.post("/v1/producers/batch?on_error=skip", batch).key(&admin).send().expect(200).text);
    answers.extend(app.changes_after(0).into_iter().filter_map(|change| change.body));
    for answer in &answers {
        assert!(!answer.contains(PERSONAL), "{answer}");
    }
    let digest_shown = answers.iter().filter(|answer| answer.contains("personal_code_digest")).count();
    assert_eq!(digest_shown, 0, "the digest stands in its column alone");
    assert_eq!(
        crate::support::count(&mut app.db(), &format!("SELECT count(*) AS n FROM personal_codes WHERE personal_code = '{PERSONAL}'")),
        1
    );
}

#[test]
fn who_asks_for_a_personal_code_finds_nobody() {
    let app = TestApp::start();
    a_household(&app).with_tax_code(PERSONAL).create();
    assert!(names(&app, &format!("/v1/producers?tax_code={PERSONAL}")).is_empty());
}

#[test]
fn a_deleted_household_leaves_no_personal_code() {
    let app = TestApp::start();
    let household = a_household(&app).with_tax_code(PERSONAL).create();
    app.delete(&format!("/v1/organisations/{}", household.id), &household.etag).key(&app.admin()).send().expect(204);
    assert_eq!(app.rows()["personal_codes"], 0);
    a_household(&app).with_tax_code(PERSONAL).create();
}

#[test]
fn a_company_has_no_personal_code() {
    let app = TestApp::start();
    let refused = a_producer(&app).with_tax_code(PERSONAL).send().expect(422);
    assert_eq!(refused.fault_codes(), [fault("/tax_code", "personal_tax_code")]);
}

#[test]
fn namesakes_of_one_province_without_tax_codes_are_warned_of_and_not_refused() {
    let app = TestApp::start();
    let first = a_producer(&app).named("Hợp tác xã Hoà Bình").in_province("94@2020-10-27").create();
    assert_eq!(first.json.get("possible_duplicates"), None);
    // Other accents, and the province under its new name: the same place.
    let second = a_producer(&app).named("HỢP TÁC XÃ HÒA BÌNH").in_province("Cần Thơ").create();
    assert_eq!(second.json["possible_duplicates"], json!([first.id]));
    assert_eq!(app.get(&first.path).send().json()["possible_duplicates"], json!([second.id]));
    let elsewhere = a_producer(&app).named("Hợp tác xã Hòa Bình").in_province("Hà Nội").create();
    assert_eq!(elsewhere.json.get("possible_duplicates"), None);
    let with_code = a_producer(&app).named("Hợp tác xã Hòa Bình").with_tax_code(VIETTEL).create();
    assert_eq!(with_code.json.get("possible_duplicates"), None);
}

#[test]
fn what_is_referred_to_is_not_deleted_and_the_refusal_lists_why() {
    let app = TestApp::start();
    let admin = app.admin();
    let successor = an_agency(&app).in_province("92@2025-07-01").named("Sở Công Thương thành phố Cần Thơ").create();
    let old = an_agency(&app).with(json!({"status": "dissolved", "successor_id": successor.id, "succeeded_on": "2025-07-01"})).create();
    let path = format!("/v1/organisations/{}", successor.id);
    let refused = app.delete(&path, &successor.etag).key(&admin).send().expect(409);
    assert_eq!(refused.problem_code(), "in_use");
    assert_eq!(refused.json()["references"], json!([{"collection": "organisations", "ids": [old.id]}]));
    app.delete(&format!("/v1/organisations/{}", old.id), &old.etag).key(&admin).send().expect(204);
    app.delete(&path, &successor.etag).key(&admin).send().expect(204);
    app.get(&path).send().expect(404);
}

#[test]
fn who_may_not_list_keys_is_not_told_which_ones_an_organisation_has() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    app.producer(&producer);
    let path = format!("/v1/organisations/{}", producer.id);
    let refused = app.delete(&path, &producer.etag).key(&app.officer("92")).send().expect(409);
    assert_eq!(refused.json()["references"], json!([]));
    assert!(!refused.text.contains("key"), "{}", refused.text);
    let refused = app.delete(&path, &producer.etag).key(&app.admin()).send().expect(409);
    assert_eq!(refused.json()["references"][0]["collection"], "keys");
    // The same of a profile whose memorandum is registered elsewhere and not signed: its producer is a party and may see it.
    let draft = a_mou(&app).of_producer(&producer).with_buyer(&a_buyer(&app).create()).draft().create();
    let refused = app.patch(&path, &producer.etag, json!({"producer": null})).key(&app.producer(&producer)).send().expect(409);
    assert_eq!(refused.json()["references"], json!([{"collection": "mous", "ids": [draft.id]}]));
}

#[test]
fn an_organisation_whose_key_is_at_work_is_not_deleted() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    app.producer(&producer);
    let refused = app.delete(&format!("/v1/organisations/{}", producer.id), &producer.etag).key(&app.admin()).send().expect(409);
    assert_eq!(refused.json()["references"][0]["collection"], "keys");
}

#[test]
fn a_province_finds_what_the_units_before_it_had() {
    let app = TestApp::start();
    a_producer(&app).named("của Sóc Trăng").in_province("94@2020-10-27").create();
    a_producer(&app).named("của Cần Thơ trước 2025").in_province("92@2020-10-27").create();
    a_producer(&app).named("của Cần Thơ từ 2025").in_province("92").create();
    a_producer(&app).named("của Kiên Giang").in_province("91@2020-10-27").create();
    a_producer(&app).named("của An Giang trước 2025").in_province("89@2020-10-27").create();
    a_producer(&app).named("của An Giang từ 2025").in_province("91").create();

    let cantho = ["của Sóc Trăng", "của Cần Thơ trước 2025", "của Cần Thơ từ 2025"];
    assert_eq!(names(&app, "/v1/producers?province=92"), cantho);
    assert_eq!(names(&app, "/v1/producers?province=can+tho"), cantho);
    assert_eq!(names(&app, "/v1/producers?province=92&as_of=2020-10-27"), ["của Cần Thơ trước 2025"]);
    assert_eq!(names(&app, "/v1/producers?province=94&as_of=2020-10-27"), ["của Sóc Trăng"]);
    // Code 91 was Kiên Giang's and is An Giang's.
    assert_eq!(names(&app, "/v1/producers?province=91&as_of=2020-10-27"), ["của Kiên Giang"]);
    assert_eq!(names(&app, "/v1/producers?province=91"), ["của Kiên Giang", "của An Giang trước 2025", "của An Giang từ 2025"]);
    let made = a_producer(&app).in_province("91").create();
    assert_eq!(made.json["province"]["name"], "Tỉnh An Giang");
    let made = a_producer(&app).in_province("91@2020-10-27").create();
    assert_eq!(made.json["province"]["name"], "Tỉnh Kiên Giang");
}

#[test]
fn an_unknown_province_is_named_with_the_nearest() {
    let app = TestApp::start();
    let refused = a_producer(&app).in_province("Sóc Trằn").send().expect(422);
    assert_eq!(refused.fault_codes(), [fault("/province", "unknown_province")]);
    assert!(refused.text.contains("Sóc Trăng"), "{}", refused.text);
    let refused = app.get("/v1/producers?province=Sóc Trằn").send().expect(400);
    assert_eq!(refused.fault_codes(), [fault("?province", "unknown_province")]);
    assert!(refused.text.contains("Sóc Trăng"), "{}", refused.text);
}

#[test]
fn lists_filter_by_what_stands_in_the_record() {
    let app = TestApp::start();
    a_producer(&app).named("A").create();
    a_producer(&app).named("B").with(json!({"illustrative": false, "status": "suspended"})).create();
    a_household(&app).named("C").create();
    a_buyer(&app).named("D").with(json!({"buyer": {"kind": "supermarket", "retail_system": "SAIGON_COOP"}})).create();
    a_buyer(&app).named("E").with_tax_code(FPT).create();
    an_agency(&app).named("G").with(json!({"agency": {"kind": "provincial_peoples_committee"}})).create();
    for (query, found) in [
        ("producers?legal_form=cooperative", vec!["A", "B"]),
        ("producers?legal_form=cooperative&status=active", vec!["A"]),
        ("producers?status=suspended", vec!["B"]),
        ("producers?illustrative=true", vec!["A", "C"]),
        ("producers?illustrative=false", vec!["B"]),
        ("producers?kind=household_business", vec!["C"]),
        ("producers?invoice_kind=vat_e_invoice", vec!["A", "B"]),
        ("buyers?kind=supermarket", vec!["D"]),
        ("buyers?retail_system=SAIGON_COOP", vec!["D"]),
        ("buyers?tax_code=0101 248 141", vec!["E"]),
        ("agencies?kind=provincial_peoples_committee", vec!["G"]),
        ("agencies?kind=ministry", vec![]),
        ("organisations?profile=buyer", vec!["D", "E"]),
        ("organisations?stars=3", vec![]),
        ("producers?certificate_kind=OCOP", vec![]),
    ] {
        assert_eq!(names(&app, &format!("/v1/{query}")), found, "{query}");
    }
}

#[test]
fn names_are_found_by_their_beginning_with_and_without_accents() {
    let app = TestApp::start();
    for name in ["Đồng Tâm", "Đông Á", "Hợp tác xã Đồng Tâm"] {
        a_producer(&app).named(name).create();
    }
    assert_eq!(names(&app, "/v1/producers?name=dong"), ["Đồng Tâm", "Đông Á"]);
    assert_eq!(names(&app, "/v1/producers?name=Đồng t"), ["Đồng Tâm"]);
    assert_eq!(names(&app, "/v1/producers?name=DONG TAM"), ["Đồng Tâm"]);
    assert!(names(&app, "/v1/producers?name=tam").is_empty(), "only the beginning counts");
}

#[test]
fn lists_are_sorted_by_making_and_by_name() {
    let app = TestApp::start();
    for name in ["Bạc Liêu", "Ấp Ba", "Đầm Dơi", "Ấp Ba"] {
        a_producer(&app).named(name).create();
    }
    assert_eq!(names(&app, "/v1/producers"), ["Bạc Liêu", "Ấp Ba", "Đầm Dơi", "Ấp Ba"]);
    assert_eq!(names(&app, "/v1/producers?sort=-created"), ["Ấp Ba", "Đầm Dơi", "Ấp Ba", "Bạc Liêu"]);
    assert_eq!(names(&app, "/v1/producers?sort=name"), ["Ấp Ba", "Ấp Ba", "Bạc Liêu", "Đầm Dơi"]);
    assert_eq!(names(&app, "/v1/producers?sort=-name"), ["Đầm Dơi", "Bạc Liêu", "Ấp Ba", "Ấp Ba"]);
    for sort in ["created", "-created", "name", "-name"] {
        let whole = app.get(&format!("/v1/producers?sort={sort}")).send().ids();
        assert_eq!(crate::support::walk(&app, &format!("/v1/producers?sort={sort}&limit=1")), whole, "{sort}");
    }
}

#[test]
fn fields_picks_members_and_refuses_others() {
    let app = TestApp::start();
    let made = a_producer(&app).named("A").create();
    let read = app.get(&format!("{}?fields=name,id", made.path)).send().expect(200);
    assert_eq!(read.json(), json!({"id": made.id, "name": "A"}));
    let list = app.get("/v1/producers?fields=name").send().expect(200);
    assert_eq!(list.items(), [json!({"name": "A"})]);
    for hidden in ["personal_code_digest", "name_folded", "nom"] {
        let refused = app.get(&format!("/v1/producers?fields={hidden}")).send().expect(400);
        assert_eq!(refused.fault_codes(), [fault("?fields", "unknown_member")], "{hidden}");
    }
}

#[test]
fn every_fault_of_meaning_is_named_at_once() {
    let app = TestApp::start();
    let refused = a_buyer(&app)
        .with(json!({
            "name": "   ", "tax_code": "0300588568", "province": "Atlantis", "website": "sokhuyen.vn", "succeeded_on": "2025-07-01",
            "address": "dòng một\u{7}", "buyer": {"kind": "supermarket", "retail_system": "NIRGENDWO"}
        }))
        .send()
        .expect(422);
    let mut found = refused.fault_codes();
    found.sort();
    assert_eq!(
        found,
        [
            fault("/address", "control_character"),
            fault("/buyer/retail_system", "unknown_retail_system"),
            fault("/name", "empty"),
            fault("/province", "unknown_province"),
            fault("/succeeded_on", "incomplete"),
            fault("/tax_code", "bad_check_digit"),
            fault("/website", "not_a_url"),
        ]
    );
    for item in refused.json()["errors"].as_array().unwrap() {
        assert!(item["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{item}");
    }
}

#[test]
fn a_collection_needs_its_profile() {
    let app = TestApp::start();
    let refused = a_producer(&app).with(json!({"producer": null})).send().expect(422);
    assert_eq!(refused.fault_codes(), [fault("/producer", "missing")]);
    let made = a_producer(&app).create();
    let refused = app.patch(&made.path, &made.etag, json!({"producer": null})).key(&app.admin()).send().expect(422);
    assert_eq!(refused.fault_codes(), [fault("/producer", "missing")]);
}

#[test]
fn form_faults_name_their_place() {
    let app = TestApp::start();
    let admin = app.admin();
    let before = app.rows();
    let body = |text: &str| app.request("POST", "/v1/producers").key(&admin).header("Content-Type", "application/json").body(text).send();
    let good = a_producer(&app).into_body();
    let with = |change: Value| a_producer(&app).with(change).into_body().to_string();
    for (text, pointer, code) in [
        (with(json!({"colour": "red"})), "/colour", "unknown_member"),
        (with(json!({"producer": {"stars": 5}})), "/producer/stars", "unknown_member"),
        (with(json!({"a/b~c": 1})), "/a~1b~0c", "unknown_member"),
        (with(json!({"name": 5})), "/name", "wrong_type"),
        (with(json!({"name": null})), "/name", "missing"),
        (with(json!({"legal_form": "gmbh"})), "/legal_form", "not_allowed"),
        (with(json!({"producer": {"kind": "chợ"}})), "/producer/kind", "not_allowed"),
        (with(json!({"succeeded_on": "2025-02-30"})), "/succeeded_on", "not_a_day"),
        (with(json!({"illustrative": "yes"})), "/illustrative", "wrong_type"),
        (good.to_string().replacen("Hợp", "\\u0000Hợp", 1), "/name", "nul"),
        (good.to_string().replacen("Hợp", "\\ud800Hợp", 1), "/name", "not_json"),
        (good.to_string().replacen('{', "{\"name\": \"A\",", 1), "/name", "duplicate_member"),
        (format!("{good} {{}}"), "", "not_json"),
        ("[]".into(), "", "wrong_type"),
        (String::new(), "", "not_json"),
    ] {
        let refused = body(&text).expect(400);
        assert_eq!(refused.fault_codes(), [fault(pointer, code)], "{text}");
    }
    assert_eq!(app.rows(), before, "nothing was kept");
}

#[test]
fn texts_are_bounded_by_characters_and_stored_composed() {
    let app = TestApp::start();
    let longest = "ế".repeat(200);
    let made = a_producer(&app).named(&longest).create();
    assert_eq!(made.json["name"], longest);
    let refused = a_producer(&app).named(&format!("{longest}x")).send().expect(422);
    assert_eq!(refused.fault_codes(), [fault("/name", "too_long")]);
    let decomposed = a_producer(&app).named("Ho\u{300}a Bi\u{300}nh").create();
    assert_eq!(decomposed.json["name"], "Hòa Bình");
}

#[test]
fn a_merge_patch_replaces_what_it_names_and_null_takes_away() {
    let app = TestApp::start();
    let admin = app.admin();
    let made = a_producer(&app).with(json!({"address": "Số 1", "website": "https://vinhchau.vn"})).create();
    app.set_clock("2026-11-23 06:00:00");
    let change = json!({"address": null, "name_en": "Vinh Chau Shallots", "producer": {"description": "Từ năm 1990"}});
    let answer = app.patch(&made.path, &made.etag, change).key(&admin).send().expect(200);
    let json = answer.json();
    assert_eq!(json.get("address"), None);
    assert_eq!(json["website"], "https://vinhchau.vn");
    assert_eq!(json["name_en"], "Vinh Chau Shallots");
    assert_eq!(json["producer"], json!({"kind": "cooperative", "invoice_kind": "vat_e_invoice", "description": "Từ năm 1990"}));
    assert_eq!(json["version"], 2);
    assert_eq!(json["created_at"], made.json["created_at"]);
    assert_eq!(json["updated_at"], "2026-11-23T06:00:00.000000Z");
    assert_eq!(app.get(&made.path).send().json(), json);
    // What changes nothing makes no version.
    let head = app.log_head();
    let same =
        app.patch(&made.path, &answer.etag(), json!({"name_en": "Vinh Chau Shallots", "address": null})).key(&admin).send().expect(200);
    assert_eq!((same.json()["version"].as_i64(), app.log_head()), (Some(2), head));
    // The result is checked as a whole.
    let refused = app.patch(&made.path, &answer.etag(), json!({"succeeded_on": "2026-01-01"})).key(&admin).send().expect(422);
    assert_eq!(refused.fault_codes(), [fault("/succeeded_on", "incomplete")]);
    let refused = app.patch(&made.path, &answer.etag(), json!({"name": null})).key(&admin).send().expect(400);
    assert_eq!(refused.fault_codes(), [fault("/name", "missing")]);
    let refused = app.patch(&made.path, &answer.etag(), json!({"successor_id": made.id, "succeeded_on": "2026-01-01"})).key(&admin).send();
    assert_eq!(refused.expect(422).fault_codes(), [fault("/successor_id", "itself")]);
}

#[test]
fn an_unknown_successor_is_a_fault() {
    let app = TestApp::start();
    let refused = an_agency(&app).with(json!({"successor_id": "org_0", "succeeded_on": "2025-07-01"})).send().expect(422);
    assert_eq!(refused.fault_codes(), [fault("/successor_id", "unknown_reference")]);
    // Beside the other faults, not only when there are no others.
    let both = json!({"name": " ", "successor_id": "org_0", "succeeded_on": "2025-07-01"});
    let expected = [fault("/name", "empty"), fault("/successor_id", "unknown_reference")];
    assert_eq!(an_agency(&app).with(both.clone()).send().expect(422).fault_codes(), expected);
    let made = an_agency(&app).create();
    assert_eq!(app.patch(&made.path, &made.etag, both).key(&app.admin()).send().expect(422).fault_codes(), expected);
}

#[test]
fn a_script_puts_the_same_row_again_and_again() {
    let app = TestApp::start();
    let admin = app.admin();
    let path = "/v1/producers/by-ref/soc-trang-2020/hàng-17";
    let body = a_household(&app).named("Hộ kinh doanh Sơn").with_tax_code(PERSONAL).into_body();
    let put = |body: &Value| app.put(path, body.clone()).key(&admin).send();
    app.get(path).send().expect(404);
    let first = put(&body).expect(201);
    let id = first.id();
    assert_eq!(first.header("Location"), Some(format!("/v1/producers/{id}").as_str()));
    let head = app.log_head();
    let again = put(&body).expect(200);
    assert_eq!(
        (again.id(), again.json()["version"].as_i64(), app.log_head()),
        (id.clone(), Some(1), head),
        "the same row makes no version"
    );
    let mut other = body.clone();
    other["address"] = "Chợ Vĩnh Châu".into();
    let changed = put(&other).expect(200);
    assert_eq!((changed.id(), changed.json()["version"].as_i64()), (id.clone(), Some(2)));
    let read = app.get(path).send().expect(200);
    assert_eq!(read.header("Content-Location"), Some(format!("/v1/producers/{id}").as_str()));
    assert_eq!(read.json(), changed.json());
    let create_only = app.put(path, other).key(&admin).header("If-None-Match", "*").send().expect(412);
    assert!(create_only.etag().starts_with("\"v2-"), "{}", create_only.etag());
    // A key frees its name when its record goes, and the name's versions go on.
    app.delete(&format!("/v1/organisations/{id}"), &changed.etag()).key(&admin).send().expect(204);
    app.get(path).send().expect(404);
    assert_ne!(put(&body).expect(201).id(), id);
}

#[test]
fn a_row_with_a_taken_tax_code_names_the_organisation_that_has_it() {
    let app = TestApp::start();
    let first = a_buyer(&app).with_tax_code(FPT).create();
    let refused = app.put("/v1/producers/by-ref/a/1", a_producer(&app).with_tax_code(FPT).into_body()).key(&app.admin()).send().expect(409);
    assert_eq!(refused.header("Location"), Some(format!("/v1/organisations/{}", first.id).as_str()));
}

fn three_items(app: &TestApp) -> Value {
    json!({"items": [
        a_producer(app).named("Một").into_body(),
        a_producer(app).named("").in_province("Atlantis").into_body(),
        a_producer(app).named("Ba").with(json!({"colour": "red"})).into_body(),
        a_producer(app).named("Bốn").into_body(),
    ]})
}

#[test]
fn a_batch_keeps_nothing_when_one_item_is_bad_and_names_every_fault() {
    let app = TestApp::start();
    let before = app.rows();
    let refused = app.post("/v1/producers/batch", three_items(&app)).key(&app.admin()).send().expect(422);
    let mut faults = refused.fault_codes();
    faults.sort();
    assert_eq!(
        faults,
        [fault("/items/1/name", "empty"), fault("/items/1/province", "unknown_province"), fault("/items/2/colour", "unknown_member"),]
    );
    assert_eq!(refused.json()["results"].as_array().unwrap().len(), 4);
    let mut after = app.rows();
    // The administrator's key and its change are the only new rows.
    for table in ["keys", "changes"] {
        after.entry(table).and_modify(|n| *n -= 1);
    }
    assert_eq!(after, before);
}

#[test]
fn a_batch_that_skips_keeps_the_good_items_with_one_result_each() {
    let app = TestApp::start();
    let answer = app.post("/v1/producers/batch?on_error=skip", three_items(&app)).key(&app.admin()).send().expect(200).json();
    assert_eq!((answer["created"].as_i64(), answer["failed"].as_i64()), (Some(2), Some(2)));
    let results = answer["results"].as_array().unwrap();
    let statuses: Vec<i64> = results.iter().map(|result| result["status"].as_i64().unwrap()).collect();
    assert_eq!(statuses, [201, 422, 400, 201]);
    assert_eq!(results[1]["problem"]["errors"][0]["pointer"].as_str().map(|p| p.starts_with("/items/1/")), Some(true));
    assert_eq!(names(&app, "/v1/producers"), ["Một", "Bốn"]);
    for at in [0, 3] {
        let read = app.get(results[at]["location"].as_str().unwrap()).send().expect(200);
        assert_eq!(results[at]["id"], read.json()["id"]);
    }
}

#[test]
fn a_tax_code_twice_in_a_batch_is_taken_once() {
    let app = TestApp::start();
    let items: Vec<Value> = ["Một", "Hai"].iter().map(|name| a_producer(&app).named(name).with_tax_code(FPT).into_body()).collect();
    let answer = app.post("/v1/producers/batch?on_error=skip", json!({"items": items})).key(&app.admin()).send().expect(200).json();
    assert_eq!(answer["results"][0]["status"], 201);
    assert_eq!(answer["results"][1]["problem"]["code"], "already_exists");
}

#[test]
fn a_batch_has_one_to_a_thousand_items() {
    let app = TestApp::start();
    let admin = app.admin();
    let item = a_producer(&app).into_body();
    let send = |n: usize| app.post("/v1/producers/batch", json!({"items": vec![item.clone(); n]})).key(&admin).send();
    assert_eq!(send(0).expect(422).fault_codes(), [fault("/items", "out_of_range")]);
    assert_eq!(send(1_001).expect(422).fault_codes(), [fault("/items", "out_of_range")]);
    let answer = send(1_000).expect(200).json();
    assert_eq!((answer["created"].as_i64(), answer["results"].as_array().unwrap().len()), (Some(1_000), 1_000));
    for (body, pointer) in [(json!({}), "/items"), (json!({"items": [], "x": 1}), "/x"), (json!({"items": {}}), "/items")] {
        let refused = app.post("/v1/producers/batch", body).key(&admin).send().expect(400);
        assert_eq!(refused.fault_codes()[0].0, pointer);
    }
}

#[test]
fn validate_only_checks_everything_and_leaves_nothing_behind() {
    let app = TestApp::start();
    let admin = app.admin();
    let made = a_producer(&app).create();
    let (rows, head) = (app.rows(), app.log_head());
    let body = a_household(&app).with_tax_code(PERSONAL).into_body();
    let ask = |method: &str, path: &str| {
        app.request(method, path)
            .key(&admin)
            .header("If-Match", &made.etag)
            .header("Idempotency-Key", "thử")
            .header("Idempotency-Key", "try")
    };
    let checked = ask("POST", "/v1/producers?validate_only=true").json(&body).send().expect(200);
    assert_eq!(checked.json()["has_personal_tax_code"], true);
    assert_eq!(checked.header("Location"), None);
    app.request("PUT", "/v1/producers/by-ref/a/1?validate_only=true").key(&admin).json(&body).send().expect(200);
    let batch = ask("POST", "/v1/producers/batch?validate_only=true").json(&json!({"items": [body]})).send().expect(200);
    assert_eq!(batch.json(), json!({"created": 1, "failed": 0, "results": [{"index": 0, "status": 200}]}), "no id of what is gone");
    let patched = ask("PATCH", &format!("{}?validate_only=true", made.path)).json(&json!({"name": "Tên mới"})).send().expect(200);
    assert_eq!(patched.json()["name"], "Tên mới");
    ask("PUT", &format!("/v1/organisations/{}/buyer?validate_only=true", made.id)).json(&json!({"kind": "hotel"})).send().expect(200);
    ask("DELETE", &format!("/v1/organisations/{}?validate_only=true", made.id)).send().expect(204);
    let refused = ask("POST", "/v1/producers?validate_only=true").json(&json!({})).send().expect(400);
    assert_eq!(refused.problem_code(), "invalid_body");
    assert_eq!((app.rows(), app.log_head()), (rows, head));
    assert_eq!(app.get(&made.path).send().json(), made.json);
}

#[test]
fn officers_write_in_their_province_and_in_the_units_before_it() {
    let app = TestApp::start();
    let (can_tho, an_giang) = (app.officer("92"), app.officer("91"));
    let made = a_producer(&app).in_province("94@2020-10-27").by(&can_tho).create();
    let refused = a_producer(&app).in_province("94@2020-10-27").by(&an_giang).send().expect(403);
    assert_eq!(refused.problem_code(), "forbidden");
    app.patch(&made.path, &made.etag, json!({"name": "X"})).key(&an_giang).send().expect(403);
    // Not into another's province either.
    app.patch(&made.path, &made.etag, json!({"province": "91"})).key(&can_tho).send().expect(403);
    app.patch(&made.path, &made.etag, json!({"name": "X"})).key(&can_tho).send().expect(200);
}

#[test]
fn a_producer_changes_its_address_and_not_who_it_is() {
    let app = TestApp::start();
    let (mine, other) = (a_producer(&app).create(), a_producer(&app).named("Khác").create());
    let key = app.producer(&mine);
    let changed = app.patch(&mine.path, &mine.etag, json!({"address": "Số 2"})).key(&key).send().expect(200);
    app.patch(&other.path, &other.etag, json!({"address": "Số 2"})).key(&key).send().expect(403);
    for change in [
        json!({"tax_code": FPT}),
        json!({"legal_form": "farm"}),
        json!({"province": "79"}),
        json!({"status": "dissolved"}),
        json!({"illustrative": false}),
    ] {
        app.patch(&mine.path, &changed.etag(), change.clone()).key(&key).send().expect(403);
    }
    let current: Record = Record { etag: changed.etag(), ..mine };
    assert_eq!(app.get(&current.path).send().json(), changed.json());
}

#[test]
fn every_version_is_in_the_history_with_what_it_changed() {
    let app = TestApp::start();
    let officer = app.officer("92");
    let made = a_producer(&app).with(json!({"address": "Số 1"})).by(&officer).create();
    app.set_clock("2026-11-24 05:00:00");
    let key = app.producer(&made);
    let second = app.patch(&made.path, &made.etag, json!({"address": "Số 2", "website": "https://a.vn"})).key(&key).send().expect(200);
    app.set_clock("2026-11-25 05:00:00");
    app.patch(&made.path, &second.etag(), json!({"address": null})).key(&app.admin()).send().expect(200);

    let history = app.get(&format!("{}/history", made.path)).send().expect(200).items();
    let told: Vec<(i64, &str, &str, &str)> = history
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap();
            (entry["version"].as_i64().unwrap(), text("operation"), text("actor_role"), text("recorded_at"))
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, "create", "officer", "2026-11-23T05:00:00Z"),
            (2, "update", "producer", "2026-11-24T05:00:00Z"),
            (3, "update", "admin", "2026-11-25T05:00:00Z"),
        ]
    );
    assert_eq!(
        history[1]["changed"],
        json!([
            {"pointer": "/address", "from": "Số 1", "to": "Số 2"},
            {"pointer": "/website", "from": null, "to": "https://a.vn"},
        ])
    );
    assert_eq!(history[2]["changed"], json!([{"pointer": "/address", "from": "Số 2", "to": null}]));
    assert_eq!(history[1]["actor_organisation_id"], json!(made.id));
    assert_eq!(history[0].get("actor_key_id"), None, "which key it was is not for everybody");
    let seen = app.get(&format!("{}/history", made.path)).key(&officer).send().expect(200).items();
    assert!(seen[0]["actor_key_id"].as_str().is_some_and(|id| id.starts_with("key_")));
}

#[test]
fn a_deleted_organisation_is_still_known_as_of_an_instant_and_in_its_history() {
    let app = TestApp::start();
    let admin = app.admin();
    let made = a_producer(&app).named("Hợp tác xã cũ").create();
    app.set_clock("2026-11-24 05:00:00");
    app.delete(&format!("/v1/organisations/{}", made.id), &made.etag).key(&admin).send().expect(204);
    app.get(&made.path).send().expect(404);
    let then = app.get(&format!("{}?at=2026-11-23T12:00:00Z", made.path)).send().expect(200).json();
    assert_eq!(then["name"], "Hợp tác xã cũ");
    app.get(&format!("{}?at=2026-11-23T04:59:59Z", made.path)).send().expect(404);
    app.get(&format!("{}?at=2026-11-24T05:00:00Z", made.path)).send().expect(404);
    let history = app.get(&format!("{}/history", made.path)).send().expect(200).items();
    assert_eq!(history[1]["operation"], "delete");
    assert_eq!(history[1]["changed"], json!([]));
}

#[test]
fn a_collection_shows_the_time_in_which_an_organisation_had_its_profile() {
    let app = TestApp::start();
    let admin = app.admin();
    let buyer = a_buyer(&app).create();
    let as_producer = format!("/v1/producers/{}", buyer.id);
    app.get(&format!("{as_producer}/history")).send().expect(404);
    app.set_clock("2026-11-24 05:00:00");
    let path = format!("/v1/organisations/{}/producer", buyer.id);
    app.put(&path, json!({"kind": "enterprise"})).key(&admin).header("If-Match", &buyer.etag).send().expect(200);
    app.get(&format!("{as_producer}?at=2026-11-23T12:00:00Z")).send().expect(404);
    app.get(&format!("{as_producer}?at=2026-11-24T12:00:00Z")).send().expect(200);
    app.get(&format!("{}?at=2026-11-23T12:00:00Z", buyer.path)).send().expect(200);
    let versions: Vec<i64> = app
        .get(&format!("{as_producer}/history"))
        .send()
        .expect(200)
        .items()
        .iter()
        .map(|entry| entry["version"].as_i64().unwrap())
        .collect();
    assert_eq!(versions, [2]);
}

#[test]
fn a_lost_profile_frees_the_keys_that_scripts_had_for_it() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = a_producer(&app).with(json!({"buyer": {"kind": "processor"}})).into_body();
    let first = app.put("/v1/producers/by-ref/a/1", body.clone()).key(&admin).send().expect(201);
    let path = format!("/v1/organisations/{}", first.id());
    app.patch(&path, &first.etag(), json!({"producer": null})).key(&admin).send().expect(200);
    app.get("/v1/producers/by-ref/a/1").send().expect(404);
    assert_ne!(app.put("/v1/producers/by-ref/a/1", body).key(&admin).send().expect(201).id(), first.id());
}

/// Tax codes that pass: nine digits `100000000 + n` with their check digit, where they have one.
fn tax_codes() -> impl Iterator<Item = String> {
    (0..).filter_map(|n| {
        let nine = format!("{}", 100_000_000 + n);
        let weights = [31, 29, 23, 19, 17, 13, 7, 5, 3];
        let sum: u32 = nine.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        // A sum that would need the digit 10 belongs to no code.
        let check = 10 - sum % 11;
        (check < 10).then(|| format!("{nine}{check}"))
    })
}

#[test]
fn of_many_who_register_one_tax_code_at_once_one_does_and_the_others_hear_where() {
    let app = TestApp::start();
    let other = app.second_server();
    let admin = app.admin();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..16)
            .map(|index| {
                let app = other.as_ref().filter(|_| index % 2 == 1).unwrap_or(&app);
                let admin = &admin;
                scope.spawn(move || a_producer(app).with_tax_code(FPT).by(admin).send())
            })
            .collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1);
    let location = format!("/v1/organisations/{}", made[0].id());
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((refused.status, refused.header("Location")), (409, Some(location.as_str())), "{}", refused.text);
    }
}

#[test]
fn of_many_who_put_one_row_at_once_one_makes_it() {
    let app = TestApp::start();
    let other = app.second_server();
    let admin = app.admin();
    let body = a_producer(&app).into_body();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..16)
            .map(|index| {
                let app = other.as_ref().filter(|_| index % 2 == 1).unwrap_or(&app);
                let (admin, body) = (&admin, &body);
                scope.spawn(move || app.put("/v1/producers/by-ref/a/1", body.clone()).key(admin).send())
            })
            .collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(200)), (1, 15), "{answers:?}");
    assert_eq!(app.rows()["organisations"], 1);
}

#[test]
fn batches_that_cross_do_not_lock_each_other_out() {
    let app = TestApp::start();
    let admin = app.admin();
    let mut codes = tax_codes();
    for round in 0..3 {
        let mut items: Vec<Value> = codes.by_ref().take(300).map(|code| a_producer(&app).with_tax_code(&code).into_body()).collect();
        let upwards = json!({"items": items});
        items.reverse();
        let downwards = json!({"items": items});
        let mut statuses: Vec<u16> = std::thread::scope(|scope| {
            let asked: Vec<_> = [&upwards, &downwards, &upwards, &downwards]
                .into_iter()
                .map(|batch| scope.spawn(|| app.post("/v1/producers/batch", batch.clone()).key(&admin).send().status))
                .collect();
            asked.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        // One is stored; the others hear that every code is taken.
        assert_eq!(statuses, [200, 422, 422, 422]);
        assert_eq!(app.rows()["producers"], 300 * (round + 1));
    }
}
