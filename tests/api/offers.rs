//! Offers: what a producer can supply, who sees its price and what is promised of it, and how it ends.

use crate::support::{
    Draft, Record, Response, TestApp, Value, a_buyer, a_mou, a_producer, a_product, an_ocop_certificate, an_offer, json, walk,
};

fn fault(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}

/// A price with this visibility, as a change of a body.
fn price(visibility: &str) -> Value {
    json!({"price": {"visibility": visibility}})
}

#[test]
fn an_offer_is_read_back_with_its_product_its_producer_and_its_base_unit() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let product = a_product(&app, &producer).create();
    let made = an_offer(&app, &product)
        .with(json!({"quantity": "200", "unit": "túi", "minimum_order": "4", "minimum_order_unit": null, "months": [12, 1], "price": {"per_unit": "TUI"}}))
        .create();
    assert!(made.id.starts_with("ofr_"));
    let read = app.get(&made.path).key(&app.admin()).send().expect(200).json();
    assert_eq!((read["quantity"].as_str(), read["unit"].as_str()), (Some("200"), Some("TUI")));
    assert_eq!(read["quantity_base"], json!({"quantity": "1000", "unit": "KG"}), "a bag holds 5 kg");
    assert_eq!(
        (&read["minimum_order"], &read["minimum_order_unit"], &read["minimum_order_base"]),
        (&json!("4"), &json!("TUI"), &json!("20"))
    );
    assert_eq!(read["months"], json!([1, 12]));
    assert_eq!((read["price"]["per_unit_base"].as_str(), read["price"]["visibility"].as_str()), (Some("5"), Some("keys")));
    assert_eq!(read["delivers_to"], json!(["79@2025-07-01", "92@2025-07-01"]));
    assert_eq!((read["product"]["id"].as_str(), read["product"]["name"].as_str()), (Some(product.id.as_str()), Some("Gạo ST25")));
    assert_eq!(read["product"]["group"]["code"], "N1.2.a");
    assert_eq!((read["producer"]["id"].as_str(), read["producer"]["province"]["code"].as_str()), (Some(producer.id.as_str()), Some("94")));
    assert_eq!(read["producer"]["province"]["successor"]["code"], "92");
    assert_eq!((read["status"].as_str(), &read["promised"]), (Some("open"), &json!([])));
    let status = |day: &str| app.get(&format!("{}?as_of={day}", made.path)).send().expect(200).json()["status"].clone();
    assert_eq!(status("2025-12-31"), "not_yet");
    let all_year = an_offer(&app, &product).create();
    assert_eq!(all_year.json["months"].as_array().map(Vec::len), Some(12));
    let ended = app.patch(&all_year.path, &all_year.etag, json!({"available_until": "2026-11-22"})).key(&app.admin()).send().expect(200);
    assert_eq!(ended.json()["status"], "ended");
}

#[test]
fn what_an_offer_cannot_mean_is_named_all_at_once() {
    let app = TestApp::start();
    let product = a_product(&app, &a_producer(&app).create()).create();
    let refused = |change: Value| an_offer(&app, &product).with(change).send().expect(422).fault_codes();
    assert_eq!(refused(json!({"unit": "THUNG"})), [fault("/unit", "pack_needed")]);
    assert_eq!(refused(json!({"unit": "chục"})), [fault("/unit", "ambiguous_unit")]);
    assert_eq!(refused(json!({"product_id": "prd_0"})), [fault("/product_id", "unknown_reference")]);
    assert_eq!(refused(json!({"quantity": "999999999999"})), [fault("/quantity", "too_large")]);
    assert_eq!(refused(json!({"minimum_order_unit": "L"})), [fault("/minimum_order_unit", "unit_mismatch")]);
    let mut all = refused(json!({
        "quantity": "0", "months": [0], "available_until": "2025-01-01", "lead_time_days": -1, "delivers_to": ["79", "Atlantis"],
        "price": {"amount": "0", "currency": "XXX", "per_unit": "L", "as_of": "2026-12-01"}
    }));
    all.sort();
    assert_eq!(
        all,
        [
            fault("/available_until", "wrong_order"),
            fault("/delivers_to/1", "unknown_province"),
            fault("/lead_time_days", "out_of_range"),
            fault("/months/0", "out_of_range"),
            fault("/price/amount", "not_positive"),
            fault("/price/as_of", "in_future"),
            fault("/price/currency", "unknown_currency"),
            fault("/quantity", "not_positive"),
        ]
    );
    assert_eq!(app.rows()["offers"], 0);
    let form = an_offer(&app, &product).with(json!({"price": {"colour": "red"}})).send().expect(400);
    assert_eq!(form.fault_codes(), [fault("/price/colour", "unknown_member")]);
}

#[test]
fn what_is_not_made_any_more_is_not_offered_from_today_on() {
    let app = TestApp::start();
    let product = a_product(&app, &a_producer(&app).create()).create();
    let before = an_offer(&app, &product).create();
    let old = app.patch(&product.path, &product.etag, json!({"status": "discontinued"})).key(&app.admin()).send().expect(200);
    let refused = an_offer(&app, &product).with(json!({"quantity": "0"})).send().expect(422);
    assert_eq!(refused.fault_codes(), [fault("/quantity", "not_positive"), fault("/product_id", "product_discontinued")]);
    let today = json!({"available_until": "2026-11-23"});
    assert_eq!(an_offer(&app, &product).with(today).send().expect(422).fault_codes(), [fault("/product_id", "product_discontinued")]);
    // What is told of the past, and what was on offer before, are taken.
    let over = an_offer(&app, &product).with(json!({"available_until": "2026-11-22"})).create();
    app.patch(&before.path, &before.etag, json!({"quantity": "4"})).key(&app.admin()).send().expect(200);
    // But what is over is not opened again, nor is an offer of something else moved there.
    let other = an_offer(&app, &a_product(&app, &a_producer(&app).named("Hợp tác xã An").create()).create()).create();
    for (offer, change) in [(&over, json!({"available_until": null})), (&other, json!({"product_id": product.id}))] {
        let refused = app.patch(&offer.path, &offer.etag, change).key(&app.admin()).send().expect(422);
        assert_eq!(refused.fault_codes(), [fault("/product_id", "product_discontinued")]);
    }
    app.patch(&product.path, &old.etag(), json!({"status": "active"})).key(&app.admin()).send().expect(200);
    an_offer(&app, &product).create();
}

/// The names of those of `keys` whose answer has member `name`, wherever the offer is shown.
fn readers(app: &TestApp, path: &str, name: &str, keys: &[(&'static str, Option<String>)]) -> Vec<&'static str> {
    let seen = |key: &Option<String>, path: &str| {
        let request = app.get(path);
        let request = match key {
            Some(key) => request.key(key),
            None => request,
        };
        request.send().expect(200).json()
    };
    keys.iter()
        .filter(|(who, key)| {
            let shown = seen(key, path).get(name).is_some();
            let by_fields = seen(key, &format!("{path}?fields=id,{name}")).get(name).is_some();
            let listed = seen(key, "/v1/offers?limit=100")["items"].as_array().unwrap().iter().any(|item| item.get(name).is_some());
            let at = seen(key, &format!("{path}?at=2026-11-23T05:00:00Z")).get(name).is_some();
            assert_eq!([by_fields, listed, at], [shown; 3], "{who}: fields, list, at");
            if name == "price" {
                let told = seen(key, &format!("{path}/history")).to_string().contains("32000");
                assert_eq!(told, shown, "{who}: history");
            }
            shown
        })
        .map(|(who, _)| *who)
        .collect()
}

/// A key of everybody there is, for an offer of `owner` in Sóc Trăng, today's Cần Thơ.
fn everybody(app: &TestApp, owner: &Record) -> Vec<(&'static str, Option<String>)> {
    let (other, buyer) = (a_producer(app).named("Khác").create(), a_buyer(app).create());
    vec![
        ("anonymous", None),
        ("owner", Some(app.producer(owner))),
        ("another producer", Some(app.producer(&other))),
        ("buyer", Some(app.buyer(&buyer))),
        ("officer here", Some(app.officer("92"))),
        ("officer elsewhere", Some(app.officer("79"))),
        ("auditor", Some(app.auditor())),
        ("partner", Some(app.partner())),
        ("admin", Some(app.admin())),
    ]
}

#[test]
fn a_price_is_seen_by_whom_its_visibility_names_and_by_nobody_else() {
    let keys_see = vec!["owner", "buyer", "officer here", "officer elsewhere", "auditor", "admin"];
    let everybody_sees =
        vec!["anonymous", "owner", "another producer", "buyer", "officer here", "officer elsewhere", "auditor", "partner", "admin"];
    let owners = vec!["owner", "officer here", "auditor", "admin"];
    for (visibility, expected) in [
        (None, &keys_see),
        (Some("keys"), &keys_see),
        (Some("public"), &everybody_sees),
        (Some("parties"), &owners),
        (Some("hidden"), &owners),
    ] {
        let app = TestApp::start();
        let producer = a_producer(&app).create();
        let keys = everybody(&app, &producer);
        let product = a_product(&app, &producer).create();
        let made = an_offer(&app, &product).with(visibility.map_or(json!({}), price)).create();
        assert_eq!(&readers(&app, &made.path, "price", &keys), expected, "{visibility:?}");
    }
}

#[test]
fn who_hides_a_price_hides_it_in_the_past_as_well() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let made = an_offer(&app, &a_product(&app, &producer).create()).with(price("public")).create();
    app.set_clock("2026-11-24 05:00:00");
    app.patch(&made.path, &made.etag, price("hidden")).key(&app.admin()).send().expect(200);
    for path in [format!("{}/history", made.path), format!("{}?at=2026-11-23T12:00:00Z", made.path)] {
        assert!(!app.get(&path).send().expect(200).text.contains("32000"), "{path}");
        assert!(app.get(&path).key(&app.producer(&producer)).send().expect(200).text.contains("32000"), "{path}");
    }
}

/// A memorandum by which `producer` delivers `commitment` of `product`, signed on 2026-11-01.
fn an_mou<'a>(app: &'a TestApp, producer: &Record, buyer: &Record, commitment: Value) -> Draft<'a> {
    a_mou(app).of_producer(producer).with_buyer(buyer).with(json!({
        "proposed_on": "2026-10-01", "agreed_on": "2026-10-15", "signed_on": "2026-11-01", "effective_from": "2026-11-01",
        "effective_until": "2027-10-31", "commitments": [commitment]
    }))
}

// Settled question 12: 12 t from January to June, offer in season March to August: 2 t a month, of which March to June count.
#[test]
fn what_signed_memoranda_promise_is_shown_month_by_month_to_the_owner_and_officers() {
    let app = TestApp::start();
    let (producer, buyer) = (a_producer(&app).create(), a_buyer(&app).create());
    let product = a_product(&app, &producer).create();
    let other = a_product(&app, &producer).named("Gạo khác").create();
    let commit = |product: &Record, change: Value| {
        let mut commitment = json!({"product_id": product.id, "quantity": "12", "unit": "TAN", "period": "total", "starts_on": "2027-01-01", "ends_on": "2027-06-30"});
        commitment.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        commitment
    };
    an_mou(&app, &producer, &buyer, commit(&product, json!({}))).create();
    // 10 bags of 5 kg a month, in May alone; another product; something that is no mass; a draft.
    an_mou(
        &app,
        &producer,
        &buyer,
        commit(&product, json!({"quantity": "10", "unit": "TUI", "period": "month", "starts_on": "2027-05-01", "ends_on": "2027-05-31"})),
    )
    .create();
    an_mou(&app, &producer, &buyer, commit(&other, json!({}))).create();
    an_mou(&app, &producer, &buyer, commit(&product, json!({"unit": "L"}))).create();
    a_mou(&app).draft().of_producer(&producer).with_buyer(&buyer).with(json!({"commitments": [commit(&product, json!({}))]})).create();
    let keys = everybody(&app, &producer);
    let offer = an_offer(&app, &product).with(json!({"months": [3, 4, 5, 6, 7, 8], "price": null})).create();
    let promised = app.get(&offer.path).key(&app.producer(&producer)).send().expect(200).json()["promised"].clone();
    assert_eq!(
        promised,
        json!([
            {"month": "2027-03", "quantity": "2000", "unit": "KG"},
            {"month": "2027-04", "quantity": "2000", "unit": "KG"},
            {"month": "2027-05", "quantity": "2050", "unit": "KG"},
            {"month": "2027-06", "quantity": "2000", "unit": "KG"},
        ])
    );
    let before = app.get(&format!("{}?as_of=2026-10-31", offer.path)).key(&app.admin()).send().expect(200);
    assert_eq!(before.json()["promised"], json!([]), "nothing was signed yet");
    assert_eq!(readers(&app, &offer.path, "promised", &keys), ["owner", "officer here", "auditor", "admin"]);
}

#[test]
fn a_closed_offer_takes_no_change_and_is_not_opened_again() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let key = app.producer(&producer);
    let made = an_offer(&app, &a_product(&app, &producer).create()).by(&key).create();
    let close = format!("{}/close", made.path);
    app.post(&close, json!({})).key(&app.producer(a_producer(&app).named("Khác").create())).send().expect(403);
    let early = app.post(&close, json!({"on": "2026-12-01"})).key(&key).header("Accept-Language", "vi").send().expect(422);
    assert!(early.text.contains("Hôm nay (23/11/2026)"), "{}", early.text);
    let turned = json!({"available_until": "2025-12-31"});
    let turned = app.patch(&made.path, &made.etag, turned).key(&key).header("Accept-Language", "vi").send().expect(422);
    assert!(turned.text.contains("(31/12/2025 trước 01/01/2026)"), "{}", turned.text);
    app.post(&close, json!({})).key(&app.buyer(a_buyer(&app).create())).send().expect(403);
    app.post("/v1/offers/ofr_0/close", json!({})).key(&key).send().expect(404);
    let closed = app.post(&close, json!({"reason": "Đã bán hết"})).key(&key).send().expect(200);
    assert_eq!((closed.json()["status"].as_str(), closed.json()["closed_on"].as_str()), (Some("closed"), Some("2026-11-23")));
    assert_eq!(app.post(&close, json!({})).key(&app.admin()).send().expect(409).problem_code(), "illegal_transition");
    let refused = app.patch(&made.path, &closed.etag(), json!({"quantity": "6"})).key(&key).send().expect(409);
    assert_eq!(refused.problem_code(), "not_editable");
    let told = app.get(&format!("{}/history", made.path)).send().expect(200).items();
    assert_eq!(told[1]["changed"][0], json!({"pointer": "/closed_on", "from": null, "to": "2026-11-23"}));
}

#[test]
fn offers_are_found_by_what_they_say_and_by_their_products() {
    let app = TestApp::start();
    let (here, there) = (a_producer(&app).create(), a_producer(&app).named("Nơi khác").in_province("01").create());
    let rice = a_product(&app, &here).create();
    let onion = a_product(&app, &there).named("Hành tím").with(json!({"group": "N1.1.a"})).create();
    an_ocop_certificate(&app, &rice).stars(4).issued_on("2026-01-01").valid_until("2030-01-01").create();
    let of_rice = an_offer(&app, &rice).with(json!({"months": [1, 2]})).create().id;
    let of_onion =
        an_offer(&app, &onion).with(json!({"months": [2, 3], "available_from": "2025-01-01", "available_until": "2026-06-30"})).create().id;
    let found = |query: &str| walk(&app, &format!("/v1/offers?{query}"));
    let (only_rice, only_onion) = ([of_rice.clone()], [of_onion.clone()]);
    assert_eq!(found("limit=1"), [of_rice.clone(), of_onion.clone()]);
    assert_eq!(found("sort=available_from&limit=1"), [of_onion.clone(), of_rice.clone()]);
    assert_eq!(found(&format!("product={}", rice.id)), only_rice);
    assert_eq!(found(&format!("producer={}", there.id)), only_onion);
    assert_eq!(found("group=N1.1"), only_onion);
    assert_eq!(found("province=92"), only_rice, "Cần Thơ has what Sóc Trăng had");
    assert_eq!(found("province=Hà Nội"), only_onion);
    assert_eq!(found("month=1"), only_rice);
    assert_eq!(found("month=2").len(), 2);
    assert_eq!(found("month=12"), [""; 0]);
    assert_eq!(found("open=true"), only_rice);
    assert_eq!(found("open=false"), only_onion);
    assert_eq!(found("open=true&as_of=2025-06-01"), only_onion);
    assert_eq!(found("stars=4"), only_rice);
    assert_eq!(found("stars=5"), [""; 0]);
    assert_eq!(found("stars=4&as_of=2030-01-02"), [""; 0], "the certificate has ended");
    assert_eq!(found("illustrative=false"), [""; 0]);
    app.get("/v1/offers?sort=colour").send().expect(400);
}

// Of ten eggs there are twelve in parts of the Mekong delta: the product says how many of its own.
#[test]
fn what_differs_by_region_is_offered_once_the_product_says_what_it_holds() {
    let app = TestApp::start();
    let eggs = a_product(&app, &a_producer(&app).create()).named("Trứng vịt").create();
    let offer = || {
        an_offer(&app, &eggs)
            .with(json!({"quantity": "100", "unit": "CHUC", "price": null, "minimum_order": null, "minimum_order_unit": null}))
    };
    assert_eq!(offer().send().expect(422).fault_codes(), [fault("/unit", "ambiguous_unit")]);
    let pack = json!({"unit": "CHUC", "content_quantity": "12", "content_unit": "QUA"});
    let etag = app.get(&eggs.path).send().expect(200).etag();
    app.patch(&eggs.path, &etag, json!({"pack": pack})).key(&app.admin()).send().expect(200);
    assert_eq!(offer().create().json["quantity_base"], json!({"quantity": "1200", "unit": "UNIT"}));
}

#[test]
fn an_offer_of_which_no_month_is_left_is_no_longer_open() {
    let app = TestApp::start();
    let rice = a_product(&app, &a_producer(&app).create()).create();
    let offer = |months: Value, until: Option<&str>| {
        let season = json!({"months": months, "available_from": "2026-11-01", "available_until": until});
        an_offer(&app, &rice).with(season).create().id
    };
    let early = offer(json!([1, 2]), Some("2027-06-30"));
    let whole = offer(json!([1, 2, 3, 4, 5, 6]), Some("2027-06-30"));
    let every_year = offer(json!([1]), None);
    for (day, open, ended) in [
        ("2026-10-31", vec![], vec![]),
        ("2026-11-01", vec![&early, &whole, &every_year], vec![]),
        ("2027-02-28", vec![&early, &whole, &every_year], vec![]),
        ("2027-03-01", vec![&whole, &every_year], vec![&early]),
        ("2027-07-01", vec![&every_year], vec![&early, &whole]),
        ("2200-12-31", vec![&every_year], vec![&early, &whole]),
    ] {
        let found = walk(&app, &format!("/v1/offers?open=true&as_of={day}"));
        assert_eq!(found.iter().collect::<Vec<_>>(), open, "{day}");
        assert_eq!(walk(&app, &format!("/v1/offers?open=false&as_of={day}")).len(), 3 - open.len(), "{day}");
        for id in [&early, &whole, &every_year] {
            let shown = app.get(&format!("/v1/offers/{id}?as_of={day}")).send().expect(200).json();
            let expected = if open.contains(&id) {
                "open"
            } else if ended.contains(&id) {
                "ended"
            } else {
                "not_yet"
            };
            assert_eq!(shown["status"], expected, "{id} on {day}");
        }
    }
}

#[test]
fn a_producer_offers_its_own_products_and_a_product_is_kept_while_it_is_offered() {
    let app = TestApp::start();
    let (mine, other) = (a_producer(&app).create(), a_producer(&app).named("Khác").create());
    let (my_product, its_product) = (a_product(&app, &mine).create(), a_product(&app, &other).create());
    let key = app.producer(&mine);
    let offer = an_offer(&app, &my_product).by(&key).create();
    an_offer(&app, &its_product).by(&key).send().expect(403);
    app.patch(&offer.path, &offer.etag, json!({"product_id": its_product.id})).key(&key).send().expect(403);
    an_offer(&app, &my_product).by(&app.officer("92")).send().expect(201);
    an_offer(&app, &my_product).by(&app.officer("79")).send().expect(403);
    let refused = app.delete(&my_product.path, &my_product.etag).key(&app.admin()).send().expect(409);
    assert!(refused.json()["references"].to_string().contains("offers"), "{}", refused.text);
}

/// The answer to `product` with another pack.
fn restated(app: &TestApp, product: &Record, pack: Value) -> Response {
    let etag = app.get(&product.path).send().expect(200).etag();
    app.patch(&product.path, &etag, json!({"pack": pack})).key(&app.admin()).send()
}

#[test]
fn a_pack_keeps_its_content_while_an_open_offer_is_counted_in_it() {
    let app = TestApp::start();
    let product = a_product(&app, &a_producer(&app).create()).create();
    let in_bags = json!({"quantity": "10", "unit": "TUI", "minimum_order": "60", "minimum_order_unit": "KG"});
    let offer = an_offer(&app, &product).with(in_bags.clone()).create();
    assert_eq!(offer.json["quantity_base"]["quantity"], "50");
    for pack in [json!({"content_quantity": "10"}), json!({"unit": "THUNG"}), Value::Null] {
        let refused = restated(&app, &product, pack).expect(409);
        assert_eq!(refused.problem_code(), "in_use");
        assert_eq!(refused.fault_codes(), [fault("/pack", "counted_in_packs")]);
        let told = refused.json();
        assert_eq!(told["references"], json!([{"collection": "offers", "ids": [offer.id]}]));
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains("1 TUI = 5 KG") && detail.contains(&offer.id), "{detail}");
    }
    // Of its season nothing is left until it ends: nobody counts on its packs any more.
    let etag = app.get(&offer.path).send().expect(200).etag();
    let ended = json!({"available_until": "2026-12-31", "months": [6]});
    let etag = app.patch(&offer.path, &etag, ended).key(&app.admin()).send().expect(200).etag();
    restated(&app, &product, json!({"content_quantity": "10"})).expect(200);
    restated(&app, &product, json!({"content_quantity": "5"})).expect(200);
    app.patch(&offer.path, &etag, json!({"available_until": null, "months": null})).key(&app.admin()).send().expect(200);
    // The same in other words is no other pack, and everything else of the product changes as before.
    restated(&app, &product, json!({"content_quantity": "5000", "content_unit": "G"})).expect(200);
    restated(&app, &product, json!({"content_quantity": "5", "content_unit": "KG"})).expect(200);
    let kept = app.get(&product.path).send().expect(200).etag();
    app.patch(&product.path, &kept, json!({"shelf_life_days": 300})).key(&app.admin()).send().expect(200);
    // By least order and by price alone it counts as well.
    let etag = app.get(&offer.path).send().expect(200).etag();
    let by_order = json!({"quantity": "50", "unit": "KG", "minimum_order": "2", "minimum_order_unit": "TUI"});
    let stated = app.patch(&offer.path, &etag, by_order).key(&app.admin()).send().expect(200);
    restated(&app, &product, Value::Null).expect(409);
    let by_price = json!({"minimum_order": "10", "minimum_order_unit": "KG", "price": {"per_unit": "TUI"}});
    let stated = app.patch(&offer.path, &stated.etag(), by_price).key(&app.admin()).send().expect(200);
    restated(&app, &product, Value::Null).expect(409);
    // In kilograms it stands whatever the bag holds.
    app.patch(&offer.path, &stated.etag(), json!({"price": {"per_unit": "KG"}})).key(&app.admin()).send().expect(200);
    restated(&app, &product, json!({"content_quantity": "10"})).expect(200);
    // Neither a closed offer nor one whose days are over stands in the way.
    let closed = an_offer(&app, &product).with(in_bags.clone()).create();
    assert_eq!(closed.json["quantity_base"]["quantity"], "100");
    restated(&app, &product, json!({"content_quantity": "5"})).expect(409);
    app.post(&format!("{}/close", closed.path), json!({})).key(&app.admin()).send().expect(200);
    an_offer(&app, &product).with(in_bags).with(json!({"available_until": "2026-11-22"})).create();
    restated(&app, &product, Value::Null).expect(200);
    assert_eq!(app.get(&closed.path).send().expect(200).json()["quantity_base"]["quantity"], "100", "it stays what it was");
}

#[test]
fn a_pack_keeps_its_content_while_a_signed_memorandum_commits_so_many() {
    let app = TestApp::start();
    let (producer, buyer) = (a_producer(&app).create(), a_buyer(&app).create());
    let product = a_product(&app, &producer).create();
    let offer =
        an_offer(&app, &product).with(json!({"quantity": "120", "unit": "KG", "minimum_order": null, "minimum_order_unit": null})).create();
    let promise = |unit: &str| json!({"commitments": [{"product_id": product.id, "quantity": "3", "unit": unit, "period": "month", "starts_on": "2026-11-01"}]});
    let mou = |unit: &str, until: &str| {
        a_mou(&app).of_producer(&producer).with_buyer(&buyer).with(promise(unit)).with(json!({"effective_until": until}))
    };
    // A draft, another unit, and one whose time is over.
    a_mou(&app).draft().of_producer(&producer).with_buyer(&buyer).with(promise("TUI")).create();
    mou("KG", "2027-10-27").create();
    mou("TUI", "2026-11-22").create();
    restated(&app, &product, json!({"content_quantity": "10"})).expect(200);
    let signed = mou("TUI", "2027-10-27").create();
    let promised = |app: &TestApp| {
        let read = app.get(&offer.path).key(&app.admin()).send().expect(200).json();
        read["promised"][1].clone()
    };
    // Three kilograms and three bags of ten.
    assert_eq!(promised(&app), json!({"month": "2026-12", "quantity": "33", "unit": "KG"}));
    for pack in [json!({"content_quantity": "5"}), Value::Null] {
        let refused = restated(&app, &product, pack).expect(409);
        assert_eq!(refused.json()["references"], json!([{"collection": "mous", "ids": [signed.id]}]));
    }
    assert_eq!(promised(&app)["quantity"], "33");
    // A script that puts its product again is told the same.
    let body = a_product(&app, &producer).with(json!({"name": "Gạo bao"})).into_body();
    let put = |change: Value| {
        let mut body = body.clone();
        body["pack"]["content_quantity"] = change;
        app.put("/v1/products/by-ref/sheet/1", body).key(&app.admin()).send()
    };
    let bags = put(json!("5")).expect(201).id();
    let bags = Record { path: format!("/v1/products/{bags}"), etag: String::new(), json: Value::Null, id: bags };
    an_offer(&app, &bags).with(json!({"quantity": "10", "unit": "TUI"})).create();
    assert_eq!(put(json!("6")).expect(409).problem_code(), "in_use");
    put(json!("5")).expect(200);
    // What is ended binds nobody any more.
    let ended = json!({"to": "terminated", "on": "2026-11-23", "reason": "Hai bên thỏa thuận"});
    app.post(&format!("{}/transitions", signed.path), ended).key(&app.admin()).send().expect(200);
    restated(&app, &product, Value::Null).expect(200);
}

#[test]
fn a_pack_and_an_offer_that_counts_in_it_never_pass_each_other() {
    let app = TestApp::start();
    let admin = app.admin();
    let producer = a_producer(&app).create();
    for _ in 0..8 {
        let product = a_product(&app, &producer).create();
        let (offered, restated) = std::thread::scope(|scope| {
            let offered = scope.spawn(|| an_offer(&app, &product).by(&admin).with(json!({"quantity": "10", "unit": "TUI"})).create());
            let pack = json!({"pack": {"content_quantity": "10"}});
            let restated = scope.spawn(|| app.patch(&product.path, &product.etag, pack).key(&admin).send().status);
            (offered.join().unwrap(), restated.join().unwrap())
        });
        let worth = offered.json["quantity_base"]["quantity"].clone();
        match restated {
            200 => assert_eq!(worth, "100"),
            409 => assert_eq!(worth, "50"),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_thousand_offers_are_registered_in_one_request() {
    let app = TestApp::start();
    let product = a_product(&app, &a_producer(&app).create()).create();
    let mut items: Vec<Value> =
        (1..=1_000).map(|n| an_offer(&app, &product).with(json!({"quantity": n.to_string()})).into_body()).collect();
    items[17]["unit"] = json!("THUNG");
    items[18]["product_id"] = json!("prd_0");
    let answer = app.post("/v1/offers/batch?on_error=skip", json!({"items": items})).key(&app.admin()).send().expect(200).json();
    assert_eq!((answer["created"].as_i64(), answer["failed"].as_i64()), (Some(998), Some(2)));
    assert_eq!(answer["results"][17]["problem"]["errors"][0]["pointer"], "/items/17/unit");
    assert_eq!(app.rows()["offers"], 998);
}

#[test]
fn a_script_puts_the_same_offer_in_other_words_without_a_new_version() {
    let app = TestApp::start();
    let product = a_product(&app, &a_producer(&app).create()).create();
    let admin = app.admin();
    let put = |change: Value| {
        let body = an_offer(&app, &product).with(change).into_body();
        app.put("/v1/offers/by-ref/sheet/7", body).key(&admin).send()
    };
    assert_eq!(put(json!({})).expect(201).json()["version"], 1);
    let same =
        put(json!({"unit": "tấn", "delivers_to": ["Hồ Chí Minh", "Cần Thơ"], "months": (1..=12).rev().collect::<Vec<_>>()})).expect(200);
    assert_eq!(same.json()["version"], 1);
    assert_eq!(put(json!({"quantity": "6"})).expect(200).json()["version"], 2);
}
