//! Searching products and offers over HTTP: words, filters, facets, pages, prices by caller, and from memory.

use crate::support::{
    Record, TestApp, Value, a_buyer, a_certificate, a_facility, a_mou, a_producer, a_product, an_ocop_certificate, an_offer, json, walk,
};

/// Purple onions of Vĩnh Châu with 4 stars, HACCP and an offer; shallots of Lý Sơn with neither; pineapple under its
/// southern name; coconut.
struct Market {
    app: TestApp,
    cooperative: Record,
    onions: Record,
    shallots: Record,
    offer: Record,
}

fn a_market() -> Market {
    let app = TestApp::start();
    let cooperative = a_producer(&app).named("Hợp tác xã Bưng Tròn").create();
    let islanders = a_producer(&app).named("Cơ sở Tỏi Lý Sơn").in_province("Quảng Ngãi").create();
    let onions = a_product(&app, &cooperative).named("Hành tím Vĩnh Châu").with(json!({"group": "QD26-2026/I.1.a"})).create();
    let shallots = a_product(&app, &islanders).named("Hành tím Lý Sơn").with(json!({"group": "QD26-2026/I.1.a"})).create();
    a_product(&app, &cooperative).named("Khóm Cầu Đúc").with(json!({"group": "QD26-2026/I.1.a"})).create();
    a_product(&app, &islanders).named("Dừa sáp").with(json!({"group": "QD26-2026/I.1.a"})).create();
    an_ocop_certificate(&app, &onions).stars(4).issued_on("2025-06-01").valid_until("2028-06-01").create();
    let workshop = a_facility(&app, &cooperative).create();
    a_certificate(&app, "HACCP", &cooperative)
        .with(json!({"subject": "facility", "facility_id": workshop.id}))
        .issued_on("2025-03-01")
        .valid_until("2027-03-31")
        .create();
    let offer = an_offer(&app, &onions).with(json!({"months": [1, 2, 3]})).create();
    Market { app, cooperative, onions, shallots, offer }
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

fn count(page: &Value, facet: &str, member: &str, value: &Value) -> Value {
    let counts = page["facets"][facet].as_array().unwrap();
    counts.iter().find(|count| &count[member] == value).map_or(json!(0), |count| count["count"].clone())
}

// The purchasing manager of the mission: types, narrows, and has the right supplier.
#[test]
fn typed_words_narrowed_by_stars_papers_volume_and_place_find_the_supplier() {
    let Market { app, cooperative, onions, shallots, offer } = a_market();
    let typed = app.get("/v1/products?q=hanh tim&facets=stars,province,certificate").send().expect(200).json();
    let mut found = ids(&typed);
    found.sort_unstable();
    let mut both = [onions.id.as_str(), shallots.id.as_str()];
    both.sort_unstable();
    assert_eq!(found, both);
    assert_eq!((typed["total"].as_u64(), typed["matched"].as_str()), (Some(2), Some("folded")));

    let narrowed = "/v1/products?q=hanh tim&stars=4&certificates=HACCP&valid_from=2027-01-01&valid_until=2027-03-31&quantity=5&unit=TAN&delivers_to=79&facets=stars,province";
    let page = app.get(narrowed).send().expect(200).json();
    assert_eq!(ids(&page), [onions.id.as_str()]);
    let item = &page["items"][0];
    assert_eq!((item["name"].as_str(), item["stars"].as_u64()), (Some("Hành tím Vĩnh Châu"), Some(4)));
    assert_eq!(item["producer"]["id"], cooperative.id.as_str());
    assert_eq!(item["producer"]["province"]["successor"]["code"], "92");
    assert_eq!(item["offer"]["id"], offer.id.as_str());
    assert_eq!(item["offer"]["quantity_base"], json!({"quantity": "5000", "unit": "KG"}));
    assert_eq!(item["valid_certificates"].as_array().map(Vec::len), Some(2));

    // A facet that is chosen does not narrow itself: without the stars there are both.
    let stars = app.get("/v1/products?q=hanh tim&stars=4&facets=stars,province").send().expect(200).json();
    assert_eq!(stars["total"], 1);
    assert_eq!(count(&stars, "stars", "value", &json!(4)), 1);
    assert_eq!(count(&stars, "stars", "value", &json!(0)), 1);
    assert_eq!(count(&stars, "province", "code", &json!("92")), 1);
    assert_eq!(stars["facets"]["province"].as_array().map(Vec::len), Some(1));

    let a_day_longer =
        app.get("/v1/products?q=hanh tim&certificates=HACCP&valid_from=2027-01-01&valid_until=2027-04-01").send().expect(200);
    assert_eq!(a_day_longer.json()["total"], 0, "the paper ends a day before");
    let too_much = app.get("/v1/products?q=hanh tim&quantity=5001&unit=KG").send().expect(200);
    assert_eq!(too_much.json()["total"], 0);
    let alone = app.get("/v1/products?q=hanh tim&unit=KG").send().expect(400).json();
    assert_eq!((alone["errors"][0]["pointer"].as_str(), alone["errors"][0]["code"].as_str()), (Some("?quantity"), Some("missing")));
    let summer = app.get("/v1/products?q=hanh tim&months=3&months=6").send().expect(200);
    assert_eq!(summer.json()["total"], 0, "no offer is for June");
}

#[test]
fn marks_other_names_and_slips_are_said() {
    let Market { app, .. } = a_market();
    let found = |q: &str| {
        let page = app.get(&format!("/v1/products?q={q}")).send().expect(200).json();
        let names: Vec<String> = page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect();
        (names, page["matched"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(found("dừa"), (vec!["Dừa sáp".to_owned()], "exact".to_owned()));
    assert_eq!(found("dứa"), (vec!["Khóm Cầu Đúc".to_owned()], "synonym".to_owned()));
    assert_eq!(found("khom cau duc").1, "folded");
    assert_eq!(found("khóm cầu đ").1, "prefix");
    assert_eq!(found("hanhh vinh chau").1, "typo");
    assert_eq!(found("hành tím Bạc Liêu").1, "partial");
}

// The cooperative stands in Sóc Trăng, which is in Cần Thơ since July 2025.
#[test]
fn a_province_among_the_words_is_where_the_producer_is() {
    let Market { app, onions, shallots, .. } = a_market();
    for (text, found) in [
        ("hành tím sóc trăng", &onions),
        ("hanh tim tinh soc tr", &onions),
        ("hành tím cần thơ", &onions),
        ("Hành tím TP. Cần Thơ", &onions),
        ("hành tím quảng ngãi", &shallots),
        ("dứa cần thơ", &onions),
    ] {
        let page = app.get(&format!("/v1/products?q={text}")).send().expect(200).json();
        let names: Vec<&str> = page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
        if text.starts_with("dứa") {
            assert_eq!(names, ["Khóm Cầu Đúc"], "another name of it, there");
        } else {
            assert_eq!(ids(&page), [found.id.as_str()], "{text}");
        }
        let item = &page["items"][0];
        assert_eq!((&page["matched"], &item["matched"], &item["in_place"]), (&json!("partial"), &json!("partial"), &json!(true)), "{text}");
    }
    let offers = app.get("/v1/offers?q=hành tím sóc trăng").send().expect(200).json();
    assert_eq!((offers["total"].as_u64(), offers["matched"].as_str()), (Some(1), Some("partial")));
    assert_eq!(offers["items"][0]["in_place"], true);
    let elsewhere = app.get("/v1/products?q=hành tím hà nội").send().expect(200).json();
    assert_eq!((&elsewhere["matched"], elsewhere["items"][0].get("in_place")), (&json!("partial"), None));
    let suggested = app.get("/v1/suggest?q=hành tím sóc tr").send().expect(200).json();
    assert_eq!(suggested["products"][0]["name"], "Hành tím Vĩnh Châu", "{suggested}");
}

#[test]
fn filters_without_words_count_and_sort() {
    let Market { app, onions, shallots, .. } = a_market();
    let page = app.get("/v1/products?facets=province,group,producer_kind&province=92&sort=newest").send().expect(200).json();
    assert_eq!(page["total"], 2, "Sóc Trăng is found under Cần Thơ");
    assert_eq!(count(&page, "province", "code", &json!("92")), 2);
    assert_eq!(count(&page, "province", "code", &json!("51")), 2, "what is chosen does not narrow itself");
    assert_eq!(count(&page, "group", "code", &json!("I.1.a")), 2);
    assert_eq!(count(&page, "producer_kind", "value", &json!("cooperative")), 2);
    let old = app.get("/v1/products?province=94@2020-10-27&sort=newest").send().expect(200).json();
    assert_eq!(old["total"], 2);
    let both = app.get("/v1/products?province=92&province=51&sort=stars").send().expect(200).json();
    assert_eq!((both["total"].as_u64(), ids(&both)[0]), (Some(4), onions.id.as_str()));
    let near = app.get("/v1/products?q=hành tím&near=Quảng Ngãi&sort=distance").send().expect(200).json();
    assert_eq!(ids(&near), [shallots.id.as_str(), onions.id.as_str()]);
    assert_eq!(near["items"][0]["distance_km"], 0);
    let within = app.get("/v1/products?q=hành tím&near=Quảng Ngãi&within_km=100").send().expect(200).json();
    assert_eq!(ids(&within), [shallots.id.as_str()]);
    let region = app.get("/v1/products?region=đồng bằng sông cửu long&sort=newest").send().expect(200).json();
    assert_eq!(region["total"], 2);
    let offered = app.get("/v1/products?offered=true").send().expect(200).json();
    assert_eq!(ids(&offered), [onions.id.as_str()]);
}

#[test]
fn stars_and_papers_are_those_of_the_day_asked() {
    let Market { app, onions, .. } = a_market();
    let total = |query: &str| app.get(&format!("/v1/products?{query}")).send().expect(200).json()["total"].clone();
    assert_eq!(total("q=hành&stars=4"), 1);
    assert_eq!(total("q=hành&stars=4&as_of=2028-06-01"), 1);
    assert_eq!(total("q=hành&stars=4&as_of=2028-06-02"), 0, "the certificate has ended");
    assert_eq!(total("q=hành&stars=4&valid_on=2028-06-02"), 0);
    let shown = app.get("/v1/products?q=hành tím vĩnh&as_of=2028-06-02").send().expect(200).json();
    assert_eq!(ids(&shown), [onions.id.as_str()]);
    assert!(shown["items"][0].get("stars").is_none());
}

// What a facet counts is what choosing it finds.
#[test]
fn facets_of_papers_are_those_of_the_period_asked() {
    let Market { app, shallots, .. } = a_market();
    an_ocop_certificate(&app, &shallots).stars(3).issued_on("2026-01-01").valid_until("2029-01-01").create();
    let asked = |query: &str| app.get(&format!("/v1/{query}&facets=stars,certificate")).send().expect(200).json();
    for (period, four, three, papers) in [
        ("valid_on=2027-01-01", 1, 1, 2),
        ("valid_on=2028-06-02", 0, 1, 1),
        ("valid_from=2027-01-01&valid_until=2028-06-02", 0, 1, 1),
        ("valid_on=2030-01-01", 0, 0, 0),
    ] {
        let page = asked(&format!("products?q=hanh tim&{period}"));
        assert_eq!(page["total"], 2, "{period}");
        let counts = [(4, four), (3, three)].map(|(stars, expected)| (count(&page, "stars", "value", &json!(stars)), json!(expected)));
        for (count, expected) in counts {
            assert_eq!(count, expected, "{period}");
        }
        assert_eq!(count(&page, "certificate", "value", &json!("OCOP")), papers, "{period}");
        let chosen = asked(&format!("products?q=hanh tim&{period}&certificates=OCOP"));
        assert_eq!((&chosen["total"], count(&chosen, "certificate", "value", &json!("OCOP"))), (&json!(papers), json!(papers)), "{period}");
        let offers = asked(&format!("offers?q=hanh tim&{period}"));
        assert_eq!(count(&offers, "stars", "value", &json!(4)), four, "{period}");
    }
    let by_stars = asked("products?q=hanh tim&valid_on=2028-06-02&sort=stars");
    assert_eq!(ids(&by_stars)[0], shallots.id, "three stars that hold are more than four that have ended");
    // Each item shows by what it was found and sorted.
    let shown = |item: &Value| (item["stars"].as_u64(), item["valid_certificates"].as_array().map_or(0, Vec::len));
    assert_eq!(by_stars["items"].as_array().unwrap().iter().map(shown).collect::<Vec<_>>(), [(Some(3), 1), (None, 0)]);
    let offers = asked("offers?q=hanh tim&valid_on=2028-06-02");
    assert_eq!(shown(&offers["items"][0]), (None, 0));
}

// What a facet counts is what choosing it finds, and an order is one of the offers that were found.
#[test]
fn of_several_offers_those_that_pass_are_counted_shown_and_sorted_by() {
    let Market { app, cooperative, onions, .. } = a_market();
    let offered = |product: &Record, months: Value, amount: &str, quantity: &str| {
        let terms = json!({"months": months, "quantity": quantity, "price": {"amount": amount, "visibility": "public"}});
        an_offer(&app, product).with(terms).create()
    };
    offered(&onions, json!([6]), "90000", "1");
    offered(&onions, json!([9]), "40000", "9");
    let dried = a_product(&app, &cooperative).named("Hành tím sấy").with(json!({"group": "QD26-2026/I.1.a"})).create();
    offered(&dried, json!([6, 9]), "60000", "3");
    let asked = |query: &str| app.get(&format!("/v1/products?q=hanh tim&{query}&facets=month,price")).send().expect(200).json();
    let months = |page: &Value| (1..=12).filter(|month| count(page, "month", "value", &json!(month)) != json!(0)).collect::<Vec<u8>>();
    let costing = |page: &Value, from: u32| count(page, "price", "from", &json!(from));

    let june = asked("months=6&sort=price");
    assert_eq!((costing(&june, 50_000), costing(&june, 20_000)), (json!(2), json!(0)), "40,000 is asked in September alone");
    assert_eq!(ids(&june), [dried.id.as_str(), onions.id.as_str()]);
    assert_eq!(june["items"][1]["offer"]["price"]["amount"], "90000");
    assert_eq!(asked("months=6&price_at_most=49999")["total"], 0, "as the facet says");
    assert_eq!(ids(&asked("months=6&sort=quantity")), [dried.id.as_str(), onions.id.as_str()]);
    assert_eq!(ids(&asked("months=9&sort=quantity")), [onions.id.as_str(), dried.id.as_str()]);

    // What has no offer has no price that anybody knows, whatever price is asked.
    let unknown = |page: &Value| count(page, "price", "known", &json!(false));
    assert_eq!((unknown(&asked("sort=price")), unknown(&asked("price_at_most=50000"))), (json!(1), json!(1)));
    assert_eq!(unknown(&june), json!(0), "it supplies nothing in June");
    let cheap = asked("price_at_most=50000");
    assert_eq!((cheap["total"].as_u64(), months(&cheap)), (Some(1), vec![9]), "the onions of June are dearer");
    // Neither month nor price alone keeps the onions out: each of their offers lacks one, and they count under both.
    let neither = asked("months=6&price_at_most=50000");
    assert_eq!(neither["total"], 0);
    assert_eq!((months(&neither), costing(&neither, 50_000)), (vec![9], json!(2)));
}

#[test]
fn a_geographical_indication_narrows_the_papers_that_are_counted() {
    let Market { app, cooperative, shallots, .. } = a_market();
    an_ocop_certificate(&app, &shallots).stars(3).issued_on("2026-01-01").valid_until("2029-01-01").create();
    let right = json!({"subject": "product", "product_id": shallots.id});
    let islanders = app.get(&format!("/v1/products/{}", shallots.id)).send().expect(200).json()["producer_id"].clone();
    let holder = islanders.as_str().unwrap().to_owned();
    a_certificate(&app, "GI_USE", &holder).with(right).issued_on("2025-01-01").valid_until("2030-01-01").create();
    let page = app.get("/v1/products?q=hanh tim&gi=true&facets=certificate").send().expect(200).json();
    assert_eq!((ids(&page), count(&page, "certificate", "value", &json!("OCOP"))), (vec![shallots.id.as_str()], json!(1)));
    assert_eq!(count(&page, "certificate", "value", &json!("HACCP")), 0, "which {} has", cooperative.id);
    let over = app.get("/v1/products?facets=certificate&gi=true&certificates=OCOP&valid_on=2029-06-01").send().expect(200).json();
    assert_eq!((&over["total"], count(&over, "certificate", "value", &json!("OCOP"))), (&json!(0), json!(0)), "the stars have ended");
}

#[test]
fn a_price_for_a_unit_is_asked_of_what_is_counted_in_it() {
    let Market { app, cooperative, onions, .. } = a_market();
    let sauce = a_product(&app, &cooperative).named("Nước mắm hành").with(json!({"group": "QD26-2026/I.3.b"})).create();
    let price = json!({"amount": "20000", "currency": "VND", "per_unit": "L", "basis": "farm_gate", "vat_included": false, "as_of": "2026-11-20", "visibility": "public"});
    let litres = json!({"quantity": "300", "unit": "L", "minimum_order": null, "minimum_order_unit": null, "price": price});
    let of_sauce = an_offer(&app, &sauce).with(litres).create();
    let kilograms = json!({"price": {"amount": "15000", "currency": "VND", "per_unit": "KG", "basis": "farm_gate", "vat_included": false, "as_of": "2026-11-20", "visibility": "public"}});
    let of_onions = an_offer(&app, &onions).with(kilograms).create();
    let found = |query: &str| {
        let page = app.get(&format!("/v1/{query}")).send().expect(200).json();
        let mut ids: Vec<String> = ids(&page).into_iter().map(str::to_owned).collect();
        ids.sort_unstable();
        ids
    };
    let sorted = |mut ids: Vec<String>| {
        ids.sort_unstable();
        ids
    };
    let (sauce, onions) = (sauce.id, onions.id);
    assert_eq!(found("products?q=hành&price_at_most=25000&unit=L"), [sauce.as_str()]);
    assert_eq!(found("products?q=hành&price_at_most=25000000&unit=TAN"), [onions.as_str()]);
    assert_eq!(found("products?price_at_most=25000&unit=CAI"), [""; 0]);
    assert_eq!(found("products?q=hành&price_at_most=25000"), sorted(vec![sauce, onions]), "for whatever it is counted in");
    assert_eq!(found("offers?price_at_most=25000&unit=L"), [of_sauce.id.as_str()]);
    assert_eq!(found("offers?price_at_most=25000&unit=KG"), [of_onions.id.as_str()]);
}

// The offer that is shown is one that was asked for, also after the product was found for another reason.
#[test]
fn of_several_offers_the_one_that_was_asked_for_is_shown() {
    let Market { app, onions, offer, .. } = a_market();
    let priced = |amount: &str| json!({"amount": amount, "currency": "VND", "per_unit": "KG", "basis": "farm_gate", "vat_included": false, "as_of": "2026-11-20", "visibility": "public"});
    let small = an_offer(&app, &onions).with(json!({"quantity": "300", "unit": "KG", "months": [7, 8], "price": priced("9000")})).create();
    let shown =
        |query: &str| app.get(&format!("/v1/products?q=hành tím vĩnh{query}")).send().expect(200).json()["items"][0]["offer"]["id"].clone();
    for _ in 0..2 {
        assert_eq!(shown(""), small.id.as_str(), "the cheapest");
        assert_eq!(shown("&quantity=5&unit=TAN"), offer.id.as_str());
        assert_eq!(shown("&months=2"), offer.id.as_str());
        assert_eq!(shown("&months=8"), small.id.as_str());
        assert_eq!(shown("&sort=quantity"), offer.id.as_str(), "the largest");
        assert_eq!(shown("&sort=price"), small.id.as_str());
    }
}

// 2,766 of 5,000 kg are promised in January and February: 2,234 are left there, and in March all.
#[test]
fn what_is_left_beside_promises_orders_and_is_shown() {
    let Market { app, cooperative, onions, shallots, offer } = a_market();
    let other = an_offer(&app, &shallots).with(json!({"quantity": "4", "unit": "TAN", "months": [1, 2, 3]})).create();
    let (first, second) = ([offer.id.as_str(), other.id.as_str()], [other.id.as_str(), offer.id.as_str()]);
    let asked = |months: &str, key: Option<&str>| {
        let answers = ["products", "offers"].map(|what| {
            // What was written for one who asked before must not be what the next is told.
            let request = app.get(&format!("/v1/{what}?q=hành tím&sort=quantity{months}"));
            key.map_or(request.clone(), |key| request.key(key)).send().expect(200).json()
        });
        let [of_products, of_offers] = answers.map(|answer| answer["items"].as_array().unwrap().clone());
        let shown: Vec<Value> = of_products.into_iter().map(|item| item["offer"].clone()).collect();
        for (shown, offer) in shown.iter().zip(&of_offers) {
            assert_eq!((&shown["id"], &shown["left_base"]), (&offer["id"], &offer["left_base"]));
        }
        let ids: Vec<String> = shown.iter().map(|offer| offer["id"].as_str().unwrap().to_owned()).collect();
        let left = shown.into_iter().find(|shown| shown["id"] == offer.id.as_str()).unwrap();
        assert_eq!(left["quantity_base"]["quantity"], "5000");
        (ids, left["left_base"]["quantity"].as_str().map(str::to_owned))
    };
    assert_eq!(asked("&months=2", None), (first.map(str::to_owned).to_vec(), None));
    let buyer = a_buyer(&app).create();
    a_mou(&app)
        .of_producer(&cooperative)
        .with_buyer(&buyer)
        .with(json!({"effective_until": "2027-12-31", "commitments": [{"product_id": onions.id, "quantity": "2766", "unit": "KG",
                                      "period": "month", "starts_on": "2027-01-01", "ends_on": "2027-02-28"}]}))
        .create();
    let (owner, officer) = (app.producer(&cooperative), app.officer("92"));
    for (months, key, order, left) in [
        ("&months=2", None, second, Some("2200")),
        ("&months=2", Some(&owner), second, Some("2234")),
        ("&months=2", Some(&officer), second, Some("2234")),
        ("&months=2", None, second, Some("2200")),
        ("&months=3", None, first, None),
        ("&months=2&months=3", None, second, Some("2200")),
        ("", None, first, None),
    ] {
        let expected = (order.map(str::to_owned).to_vec(), left.map(str::to_owned));
        assert_eq!(asked(months, key.map(String::as_str)), expected, "{months} {key:?}");
    }
}

// Today is 23 November 2026: of an offer of January to March that ends in February there is no March.
#[test]
fn an_offer_supplies_in_the_months_that_it_has_left() {
    let Market { app, onions, offer, .. } = a_market();
    let admin = app.admin();
    let until = |day: &str| {
        let etag = app.get(&offer.path).key(&admin).send().expect(200).etag();
        app.patch(&offer.path, &etag, json!({"available_until": day})).key(&admin).send().expect(200);
    };
    let found = |query: &str| {
        let page = app.get(&format!("/v1/offers?q=hành tím&facets=month{query}")).send().expect(200).json();
        let months: Vec<u64> = page["facets"]["month"].as_array().unwrap().iter().map(|count| count["value"].as_u64().unwrap()).collect();
        let products = app.get(&format!("/v1/products?q=hành tím vĩnh&offered=true&facets=month{query}")).send().expect(200).json();
        assert_eq!((&products["total"], &products["facets"]["month"]), (&page["total"], &page["facets"]["month"]));
        (page["total"].as_u64().unwrap(), months)
    };
    assert_eq!(found(""), (1, vec![1, 2, 3]));
    assert_eq!((found("&months=3").0, found("&months=2&quantity=1").0), (1, 1));
    until("2027-02-10");
    assert_eq!(found(""), (1, vec![1, 2]));
    assert_eq!((found("&months=3").0, found("&months=2&quantity=1").0), (0, 1));
    assert_eq!(found("&as_of=2027-02-01"), (1, vec![2]));
    assert_eq!(found("&months=1&as_of=2027-02-01").0, 0);
    // None of its months is left before it ends.
    until("2026-12-31");
    assert_eq!(found(""), (0, vec![]));
    let product = app.get("/v1/products?q=hành tím vĩnh&fields=id,open_offers,offer").send().expect(200).json();
    assert_eq!(product["items"], json!([{"id": onions.id, "open_offers": 0}]));
}

// In February nobody knew that it would be closed in March, before its only month.
#[test]
fn on_a_day_that_has_passed_an_offer_was_open_until_it_was_closed() {
    let Market { app, offer, .. } = a_market();
    let admin = app.admin();
    let etag = app.get(&offer.path).key(&admin).send().expect(200).etag();
    let season = json!({"months": [6], "available_from": "2026-01-01", "available_until": null});
    app.patch(&offer.path, &etag, season).key(&admin).send().expect(200);
    app.post(&format!("{}/close", offer.path), json!({"on": "2026-03-15"})).key(&admin).send().expect(200);
    for (day, is_open) in [("2026-02-01", true), ("2026-03-14", true), ("2026-03-15", false)] {
        let listed = walk(&app, &format!("/v1/offers?open=true&as_of={day}")).contains(&offer.id);
        let found = app.get(&format!("/v1/offers?q=hành tím&as_of={day}")).send().expect(200).json();
        let found = found["items"].as_array().unwrap().iter().any(|item| item["id"] == offer.id.as_str());
        assert_eq!((listed, found), (is_open, is_open), "{day}");
    }
}

#[test]
fn of_several_offers_what_is_shown_of_one_goes_with_every_change() {
    let Market { app, cooperative, onions, offer, .. } = a_market();
    let admin = app.admin();
    let small = an_offer(&app, &onions).with(json!({"quantity": "300", "unit": "KG", "months": [7, 8]})).create();
    let found =
        |months: &str| app.get(&format!("/v1/products?q=hành tím vĩnh&months={months}")).send().expect(200).json()["items"][0].clone();
    let shows = |pointer: &str, expected: Value| {
        for (months, offer) in [("2", &offer), ("8", &small), ("2", &offer), ("8", &small)] {
            let item = found(months);
            assert_eq!((&item["offer"]["id"], item.pointer(pointer)), (&json!(offer.id), Some(&expected)), "{item}");
        }
    };
    shows("/open_offers", json!(2));
    app.patch(&onions.path, &onions.etag, json!({"name": "Hành tím Vĩnh Châu loại 1"})).key(&admin).send().expect(200);
    shows("/name", json!("Hành tím Vĩnh Châu loại 1"));
    app.patch(&cooperative.path, &cooperative.etag, json!({"name": "Hợp tác xã Vĩnh Hải"})).key(&admin).send().expect(200);
    shows("/producer/name", json!("Hợp tác xã Vĩnh Hải"));
    app.patch(&offer.path, &offer.etag, json!({"quantity": "7"})).key(&admin).send().expect(200);
    assert_eq!(found("2")["offer"]["quantity_base"]["quantity"], "7000");
    let third = an_offer(&app, &onions).with(json!({"months": [12]})).create();
    shows("/open_offers", json!(3));
    app.post(&format!("{}/close", third.path), json!({})).key(&admin).send().expect(200);
    shows("/open_offers", json!(2));
    app.delete(&small.path, &small.etag).key(&admin).send().expect(204);
    // A new one may stand where that stood.
    let new = an_offer(&app, &onions).with(json!({"quantity": "400", "unit": "KG", "months": [7]})).create();
    assert_eq!(
        (found("7")["offer"]["id"].as_str(), found("7")["offer"]["quantity_base"]["quantity"].as_str()),
        (Some(new.id.as_str()), Some("400"))
    );
}

#[test]
fn a_price_is_unknown_to_whom_it_is_not_shown_in_filters_sorts_and_facets() {
    let Market { app, cooperative, onions, .. } = a_market();
    let officer = app.officer("92");
    let buyer = app.buyer(a_buyer(&app).create());
    let own = app.producer(&cooperative);
    let asked = "/v1/products?q=hành tím&price_at_most=40000&facets=price";
    let seen = |key: Option<&str>| {
        let request = app.get(asked);
        let page = key.map_or_else(|| app.get(asked), |key| request.key(key)).send().expect(200).json();
        (page["total"].as_u64(), page["items"][0]["offer"]["price"]["amount"].as_str().map(str::to_owned))
    };
    assert_eq!(seen(None), (Some(0), None), "prices are for keys unless stated otherwise");
    for key in [&officer, &buyer, &own, &app.admin()] {
        assert_eq!(seen(Some(key)), (Some(1), Some("32000".to_owned())));
    }
    let facet = app.get("/v1/products?q=hành tím vĩnh&facets=price").send().expect(200).json();
    assert_eq!(facet["facets"]["price"], json!([{"known": false, "count": 1}]));
    let facet = app.get("/v1/products?q=hành tím vĩnh&facets=price").key(&buyer).send().expect(200).json();
    assert_eq!(facet["facets"]["price"], json!([{"from": 20000, "below": 50000, "known": true, "count": 1}]));

    an_offer(&app, &onions).with(json!({"price": {"amount": "20000", "visibility": "hidden"}})).create();
    assert_eq!(seen(Some(&buyer)).1.as_deref(), Some("32000"));
    assert_eq!(seen(Some(&own)).1.as_deref(), Some("20000"));
    assert_eq!(seen(Some(&officer)).1.as_deref(), Some("20000"));
}

#[test]
fn a_walk_through_a_search_meets_every_product_once() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    for number in 0..11 {
        let product = a_product(&app, &producer).named(&format!("Gạo thơm {number}")).create();
        an_offer(&app, &product).with(json!({"quantity": (number % 3 + 1).to_string(), "price": {"visibility": "public", "amount": (10_000 * (number % 2 + 1)).to_string()}})).create();
    }
    for sort in ["relevance", "price", "quantity", "stars", "newest", "distance&near=92"] {
        let all = app.get(&format!("/v1/products?q=gao&limit=100&sort={sort}")).send().expect(200).json();
        assert_eq!(all["total"], 11);
        let mut walked = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = app.get(&format!("/v1/products?q=gao&limit=3&sort={sort}{cursor}")).send().expect(200).json();
            walked.extend(ids(&page).into_iter().map(str::to_owned));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(walked, ids(&all), "{sort}");
        let offers = app.get(&format!("/v1/offers?q=gao&limit=100&sort={sort}")).send().expect(200).json();
        assert_eq!(offers["total"], 11);
    }
    let page = app.get("/v1/products?q=gao&limit=3").send().expect(200).json();
    let cursor = page["next_cursor"].as_str().unwrap();
    app.get(&format!("/v1/products?q=gạo&limit=3&cursor={cursor}")).send().expect(400);
    app.get(&format!("/v1/products?q=gao&limit=3&cursor=x{cursor}")).send().expect(400);
}

#[test]
fn offers_are_found_by_their_product_and_their_own_terms() {
    let Market { app, onions, offer, .. } = a_market();
    let large = an_offer(&app, &onions)
        .with(json!({"quantity": "20", "price": {"amount": "30000", "visibility": "public"}, "delivers_to": null}))
        .create();
    let found = |query: &str| app.get(&format!("/v1/offers?{query}")).send().expect(200).json();
    let by_quantity = found("q=hành tím&sort=quantity");
    assert_eq!(ids(&by_quantity), [large.id.as_str(), offer.id.as_str()]);
    assert_eq!(by_quantity["items"][0]["product"]["name"], "Hành tím Vĩnh Châu");
    assert_eq!(by_quantity["items"][0]["price"]["amount"], "30000");
    assert!(by_quantity["items"][1].get("price").is_none(), "it is for keys");
    assert_eq!(ids(&found("q=hành tím&price_at_most=30000")), [large.id.as_str()]);
    assert_eq!(ids(&found("q=hành tím&delivers_to=Hà Nội")), [large.id.as_str()]);
    assert_eq!(ids(&found("q=hành tím&months=7")), [large.id.as_str()]);
    assert_eq!(found("stars=4&facets=month")["total"], 2);
    let closed = app.post(&format!("{}/close", large.path), json!({})).key(&app.admin()).send().expect(200);
    assert_eq!(closed.json()["status"], "closed");
    assert_eq!(ids(&found("q=hành tím&sort=quantity")), [offer.id.as_str()], "a caller reads what it wrote");
}

#[test]
fn what_is_wrong_with_a_search_is_said() {
    let app = TestApp::start();
    let fault = |query: &str| app.get(&format!("/v1/products?{query}")).send().expect(400).fault_codes().remove(0);
    let of = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    assert_eq!(fault("q=x&facets=colour"), of("?facets", "not_allowed"));
    assert_eq!(fault("q=x&region=Atlantis"), of("?region", "unknown_region"));
    assert_eq!(fault("q=x&certificates=NONE"), of("?certificates", "unknown_certificate_kind"));
    assert_eq!(fault("q=x&quantity=0"), of("?quantity", "not_a_quantity"));
    assert_eq!(fault("q=x&quantity=5&unit=THUNG"), of("?unit", "pack_needed"));
    assert_eq!(fault("q=x&price_at_most=-1"), of("?price_at_most", "out_of_range"));
    assert_eq!(fault("q=x&within_km=50"), of("?near", "missing"));
    assert_eq!(fault("q=x&near=91,200"), of("?near", "not_a_place"));
    assert_eq!(fault("q=x&valid_from=2027-01-01"), of("?valid_until", "missing"));
    assert_eq!(fault("q=x&valid_until=2027-01-01"), of("?valid_from", "missing"));
    assert_eq!(fault("q=x&valid_on=2027-01-01&valid_until=2027-01-01"), of("?valid_on", "not_together"));
    assert_eq!(fault("q=x&valid_from=2027-01-02&valid_until=2027-01-01"), of("?valid_until", "wrong_order"));
    assert_eq!(fault("q=x&province=Atlantis"), of("?province", "unknown_province"));
    assert_eq!(fault("q=x&name=gạo"), of("?name", "not_together"), "a list's own filter does not go with a search");
    assert_eq!(fault("q=x&sort=name"), of("?sort", "not_allowed"));
    assert_eq!(fault("q=- %25"), of("?q", "no_words"));
    let empty = app.get("/v1/products?q=xoài cát").send().expect(200).json();
    assert_eq!((empty["total"].as_u64(), &empty["matched"], &empty["items"]), (Some(0), &Value::Null, &json!([])));
}

#[test]
fn everything_that_is_wrong_with_a_search_is_said_at_once() {
    let app = TestApp::start();
    let refused = |path: &str| app.get(path).send().expect(400);
    let codes = |path: &str| {
        let mut codes: Vec<String> = refused(path).fault_codes().into_iter().map(|(at, code)| format!("{at} {code}")).collect();
        codes.sort();
        codes
    };
    assert_eq!(
        codes(
            "/v1/products?q=a&group=X&certificates=Y&certificates=W&unit=Z&quantity=0&province=Atlantis&facets=colour&region=Q&near=91,1"
        ),
        [
            "?certificates unknown_certificate_kind",
            "?certificates unknown_certificate_kind",
            "?facets not_allowed",
            "?group unknown_group",
            "?near not_a_place",
            "?province unknown_province",
            "?quantity not_a_quantity",
            "?region unknown_region",
            "?unit unknown_unit",
        ]
    );
    assert_eq!(codes("/v1/products?q=!&fields=x&facets=y"), ["?facets not_allowed", "?fields unknown_member", "?q no_words"]);
    // A plain list as well.
    assert_eq!(codes("/v1/offers?group=X&province=Atlantis"), ["?group unknown_group", "?province unknown_province"]);
    let detail = |path: &str| refused(path).json()["errors"][0]["detail"].as_str().unwrap().to_owned();
    // Every unit of fixed size is named, and no other.
    let unknown = detail("/v1/products?q=a&quantity=1&unit=FOO");
    for code in ["KG", "G", "LANG", "TAN", "ML", "M3", "QUA", "TA12", "DOI", "KHACH"] {
        assert!(unknown.split([' ', ',', '.']).any(|word| word == code), "{code}: {unknown}");
    }
    for code in ["THUNG", "HOP", "CHUC", "NAI"] {
        assert!(!unknown.contains(code), "{code}: {unknown}");
    }
    let ten = refused("/v1/products?q=a&quantity=1&unit=CHUC");
    assert_eq!(ten.fault_codes(), [("?unit".to_owned(), "ambiguous_unit".to_owned())]);
    assert!(ten.json()["detail"].as_str().unwrap().contains("differs by region"), "{}", ten.text);
    let pack = detail("/v1/products?q=a&quantity=1&unit=THUNG");
    assert!(pack.contains("something else for each product") && pack.contains("KHACH"), "{pack}");
    // Whoever asks the list for what only a search has is told of both.
    for (path, words) in [
        ("/v1/products?sort=best", ["created", "-name", "relevance", "distance"]),
        ("/v1/offers?sort=best", ["created", "-available_from", "price", "newest"]),
        ("/v1/products?facet=stars", ["name", "sort", "facets", "q"]),
        ("/v1/offers?facet=stars", ["month", "cursor", "facets", "price_at_most"]),
    ] {
        let detail = detail(path);
        for word in words {
            assert!(detail.split([' ', ',', ';', '.']).any(|known| known == word), "{path}: {word}: {detail}");
        }
    }
    assert_eq!(codes("/v1/products?sort=best&colour=red"), ["?colour unknown_parameter", "?sort not_allowed"]);
}

#[test]
fn fields_pick_members_and_the_time_it_took_is_said() {
    let Market { app, .. } = a_market();
    let answer = app.get("/v1/products?q=hành tím vĩnh&fields=name,stars").send().expect(200);
    assert_eq!(answer.json()["items"], json!([{"name": "Hành tím Vĩnh Châu", "stars": 4}]));
    assert!(answer.headers["server-timing"].to_str().unwrap().starts_with("search;dur="));
    app.get("/v1/products?q=hành&fields=colour").send().expect(400);
}

#[test]
fn names_are_suggested_while_one_types() {
    let Market { app, cooperative, onions, .. } = a_market();
    let buyer = a_buyer(&app).named("Siêu thị Hành Trình").create();
    let names = app.get("/v1/suggest?q=bung tr").send().expect(200).json();
    assert_eq!(names["producers"][0]["id"], cooperative.id.as_str());
    let names = app.get("/v1/suggest?q=hanh ti").send().expect(200).json();
    assert_eq!(names["products"].as_array().map(Vec::len), Some(2));
    assert!(names["products"].as_array().unwrap().iter().any(|name| name["id"] == onions.id.as_str()));
    let names = app.get("/v1/suggest?q=hanh tr&limit=1").send().expect(200).json();
    assert_eq!(names["buyers"], json!([{"id": buyer.id, "name": "Siêu thị Hành Trình", "matched": "prefix"}]));
    let places = app.get("/v1/suggest?q=can th").send().expect(200).json();
    assert_eq!(places["provinces"][0]["name"], "Thành phố Cần Thơ");
    // By the name of a unit before it, and by the code of a group.
    let former = app.get("/v1/suggest?q=soc trang").send().expect(200).json();
    assert_eq!(
        former["provinces"],
        json!([{"id": "92@2025-07-01", "name": "Thành phố Cần Thơ", "former_name": "Tỉnh Sóc Trăng", "matched": "folded"}])
    );
    let coded = app.get("/v1/suggest?q=i.1.a").send().expect(200).json();
    assert_eq!((coded["groups"][0]["id"].as_str(), coded["groups"][0]["matched"].as_str()), (Some("QD26-2026/I.1.a"), Some("exact")));
    // What is a typing error away is for where nothing of any kind has the very words.
    a_buyer(&app).named("Chuỗi cửa hàng Lúa Biếc").create();
    let shops = |typed: &str| app.get(&format!("/v1/suggest?q={typed}")).send().expect(200).json()["buyers"].clone();
    // "dua" is one letter from the "cửa" of the shop, and products have the very word.
    assert_eq!(shops("dua"), json!([]));
    assert_eq!(shops("sieu thi hanh trinhh")[0]["matched"], "typo");
    // Some of the words are not enough.
    let some = app.get("/v1/suggest?q=siêu thị ân thi").send().expect(200).json();
    assert_eq!((&some["buyers"], &some["products"]), (&json!([]), &json!([])));
    let groups = app.get("/v1/suggest?q=rau cu qua").send().expect(200).json();
    assert!(!groups["groups"].as_array().unwrap().is_empty());
    app.get("/v1/suggest").send().expect(400);
}

// What was written once is kept: it must go with every change of what it was made of.
#[test]
fn a_product_that_was_found_before_shows_every_change_at_once() {
    let Market { app, cooperative, onions, offer, .. } = a_market();
    let admin = app.admin();
    let found = || app.get("/v1/products?q=hành tím vĩnh").send().expect(200).json()["items"][0].clone();
    let (first, second) = (found(), found());
    assert_eq!(first, second);
    app.patch(&onions.path, &onions.etag, json!({"name": "Hành tím Vĩnh Châu loại 1"})).key(&admin).send().expect(200);
    assert_eq!(found()["name"], "Hành tím Vĩnh Châu loại 1");
    app.patch(&cooperative.path, &cooperative.etag, json!({"name": "Hợp tác xã Vĩnh Hải"})).key(&admin).send().expect(200);
    assert_eq!(found()["producer"]["name"], "Hợp tác xã Vĩnh Hải");
    app.patch(&offer.path, &offer.etag, json!({"quantity": "7"})).key(&admin).send().expect(200);
    assert_eq!(found()["offer"]["quantity_base"]["quantity"], "7000");
    an_ocop_certificate(&app, &onions)
        .stars(5)
        .issued_on("2026-10-01")
        .valid_until("2029-10-01")
        .with(json!({"number": "5-2026"}))
        .create();
    assert_eq!(found()["stars"], 5);
    app.post(&format!("{}/close", offer.path), json!({})).key(&admin).send().expect(200);
    assert_eq!((found()["open_offers"].as_u64(), found().get("offer").is_none()), (Some(0), true));
    app.set_clock("2029-10-02 05:00:00");
    assert!(found().get("stars").is_none(), "the day has moved on");
}
