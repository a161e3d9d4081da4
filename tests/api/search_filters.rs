//! Each filter and order of a search over HTTP, of products and of offers alike: which are found, and which are not.

use crate::support::{Record, TestApp, Value, a_certificate, a_facility, a_producer, a_product, an_ocop_certificate, an_offer, json};

/// Rice of a cooperative of Sóc Trăng with two papers, invented; onions of a household of Quảng Ngãi, not invented.
struct Market {
    app: TestApp,
    cooperative: Record,
    rice: (Record, Record),
    onions: (Record, Record),
}

fn a_market() -> Market {
    let app = TestApp::start();
    let cooperative = a_producer(&app).named("Hợp tác xã Bưng Tròn").create();
    let household = a_producer(&app)
        .named("Hộ kinh doanh Đảo Bé")
        .in_province("Quảng Ngãi")
        .with(json!({"legal_form": "household_business", "producer": {"kind": "household_business"}, "illustrative": false}))
        .create();
    let rice = a_product(&app, &cooperative).named("Gạo tím than Sóc Trăng").with(json!({"group": "N1.2.a"})).create();
    let onions =
        a_product(&app, &household).named("Hành tím Lý Sơn").with(json!({"group": "QD26-2026/I.1.a", "illustrative": false})).create();
    an_ocop_certificate(&app, &rice).stars(4).issued_on("2025-06-01").valid_until("2028-06-01").create();
    an_ocop_certificate(&app, &onions).stars(4).issued_on("2025-06-01").valid_until("2028-06-01").create();
    let workshop = a_facility(&app, &cooperative).create();
    for kind in ["HACCP", "ISO22000"] {
        a_certificate(&app, kind, &cooperative)
            .with(json!({"subject": "facility", "facility_id": workshop.id}))
            .issued_on("2025-03-01")
            .valid_until("2027-12-31")
            .create();
    }
    let of_rice = an_offer(&app, &rice).with(json!({"months": [1, 2, 3], "quantity": "8"})).create();
    let of_onions = an_offer(&app, &onions).with(json!({"delivers_to": null, "illustrative": false})).create();
    Market { app, cooperative, rice: (rice, of_rice), onions: (onions, of_onions) }
}

fn found(app: &TestApp, path: &str) -> Vec<String> {
    let page = app.get(path).send().expect(200).json();
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

// "tím" is in both names, so that words alone never decide.
#[test]
fn each_filter_finds_those_that_pass_and_no_other() {
    let Market { app, cooperative, rice, onions } = a_market();
    let of_cooperative = format!("producer={}", cooperative.id);
    let (neither, of_rice, of_onions, both) = ([false, false], [true, false], [false, true], [true, true]);
    for (filter, expected) in [
        ("", both),
        // Any level, and the code of an earlier decision, whatever the product was listed under.
        ("group=I", both),
        ("group=I.1", of_onions),
        ("group=N1.1.a", of_onions),
        ("group=I.2.a", of_rice),
        ("group=I.2.a&group=I.1.a", both),
        ("group=II", neither),
        ("producer_kind=cooperative", of_rice),
        ("producer_kind=household_business", of_onions),
        ("producer_kind=household_business&producer_kind=cooperative", both),
        ("producer_kind=farm", neither),
        (of_cooperative.as_str(), of_rice),
        ("producer=org_01JDB3B8Q00000000000000000", neither),
        ("illustrative=true", of_rice),
        ("illustrative=false", of_onions),
        ("certificates=HACCP", of_rice),
        ("certificates=HACCP&certificates=ISO22000", of_rice),
        ("certificates=HACCP&certificates=OCOP", of_rice),
        ("certificates=HACCP&certificates=HALAL", neither),
        ("stars=4", both),
        ("stars=5", neither),
        // The unit of 2020 and the one that it is in since July 2025; a region.
        ("province=94@2020-10-27", of_rice),
        ("province=Cần Thơ", of_rice),
        ("province=Quảng Ngãi&province=94@2020-10-27", both),
        ("region=DBSCL", of_rice),
        ("months=2", both),
        ("months=2&months=7", of_onions),
        ("quantity=6&unit=TAN", of_rice),
        ("quantity=5000", both),
        ("delivers_to=Hà Nội", of_onions),
        ("delivers_to=79", both),
        ("valid_on=2028-07-01&stars=4", neither),
        ("offered=true", both),
    ] {
        for (collection, of) in [("products", [&rice.0, &onions.0]), ("offers", [&rice.1, &onions.1])] {
            let expected: Vec<&str> = of.iter().zip(expected).filter(|(_, is)| *is).map(|(record, _)| record.id.as_str()).collect();
            // With words, and by filters alone.
            for query in [format!("q=tím&{filter}"), format!("facets=stars&{filter}")] {
                let mut ids = found(&app, &format!("/v1/{collection}?{query}"));
                ids.sort_unstable();
                assert_eq!(ids, expected, "/v1/{collection}?{query}");
            }
        }
    }
}

// From 10.03° N 105.78° E it is 54.8 km to the centroid of Sóc Trăng as the list has it (9.56° N 105.93° E, mean radius of the
// earth 6,371 km), and 586.5 km to that of Quảng Ngãi of today (14.77° N 108.15° E).
#[test]
fn distances_are_measured_from_a_point_too() {
    let Market { app, rice, onions, .. } = a_market();
    for (collection, near, far) in [("products", &rice.0, &onions.0), ("offers", &rice.1, &onions.1)] {
        let asked = |query: &str| app.get(&format!("/v1/{collection}?q=tím&near=10.03,105.78&{query}")).send().expect(200).json();
        let ordered = asked("sort=distance");
        let told: Vec<(&Value, &Value)> =
            ordered["items"].as_array().unwrap().iter().map(|item| (&item["id"], &item["distance_km"])).collect();
        assert_eq!(told, [(&json!(near.id), &json!(55)), (&json!(far.id), &json!(587))]);
        assert_eq!(asked("within_km=55")["items"][0]["id"], near.id.as_str());
        assert_eq!(
            (&asked("within_km=54")["total"], &asked("within_km=55")["total"], &asked("within_km=587")["total"]),
            (&json!(0), &json!(1), &json!(2))
        );
    }
}

#[test]
fn the_newest_come_first() {
    let app = TestApp::start();
    let mut made = Vec::new();
    for (minute, name) in [(7, "Hành tím một"), (3, "Hành tím hai"), (5, "Hành tím ba")] {
        app.set_clock(&format!("2026-11-23 05:0{minute}:00"));
        let product = a_product(&app, &a_producer(&app).create()).named(name).create();
        made.push((minute, product.id.clone(), an_offer(&app, &product).create().id));
    }
    made.sort_unstable_by_key(|(minute, ..)| std::cmp::Reverse(*minute));
    let of = |record: fn(&(i32, String, String)) -> &String| made.iter().map(record).cloned().collect::<Vec<_>>();
    for query in ["q=hành tím&sort=newest", "sort=newest", "facets=stars"] {
        assert_eq!(found(&app, &format!("/v1/products?{query}")), of(|(_, product, _)| product), "{query}");
        assert_eq!(found(&app, &format!("/v1/offers?{query}")), of(|(.., offer)| offer), "{query}");
    }
}
