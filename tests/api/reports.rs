//! Counts for reports.

use crate::support::{Record, TestApp, Value, a_certificate, a_producer, a_product, a_star_proposal, an_agency, an_ocop_certificate, json};

/// A product of `producer` in a group.
fn a_product_of(app: &TestApp, name: &str, producer: &Record, group: &str) -> Record {
    a_product(app, producer).named(name).with(json!({"group": group})).create()
}

/// An OCOP certificate from June 2020 to June 2023, unless `change` says otherwise.
fn certify(app: &TestApp, product: &Record, stars: u8, change: Value) {
    an_ocop_certificate(app, product).stars(stars).with(json!({"number": null})).with(change).create();
}

/// Two producers of Sóc Trăng and one of Kiên Giang, with papers of every sort.
fn a_province(app: &TestApp) {
    let producers = [
        a_producer(app).named("Một").create(),
        a_producer(app).named("Hai").create(),
        a_producer(app).named("Kiên Giang").in_province("91@2020-10-27").create(),
    ];
    let [one, two, far] = &producers;
    let p1 = a_product_of(app, "p1", one, "QD1048-2019/N1.1.a");
    let p2 = a_product_of(app, "p2", one, "QD1048-2019/N1.2.a");
    let p3 = a_product_of(app, "p3", two, "QD148-2023/I.1.a");
    let p4 = a_product_of(app, "p4", two, "QD1048-2019/N1.1.a");
    let p5 = a_product_of(app, "p5", two, "QD1048-2019/N1.1.a");
    let p6 = a_product_of(app, "p6", far, "QD1048-2019/N1.1.a");
    let p7 = a_product_of(app, "p7", far, "QD1048-2019/N1.1.a");
    certify(app, &p1, 3, json!({}));
    // A higher one beside it: the product counts once, with four stars.
    certify(app, &p1, 4, json!({"issued_on": "2020-08-01", "valid_until": "2023-08-01"}));
    certify(app, &p2, 3, json!({"extended_until": "2024-06-24"}));
    certify(app, &p3, 4, json!({"revoked_on": "2021-01-01", "revocation_reason": "đánh giá lại không đạt"}));
    certify(app, &p4, 3, json!({"issued_on": "2020-11-01", "valid_until": "2023-11-01"}));
    certify(app, &p6, 5, json!({}));
    // Not of OCOP: no stars, no count.
    a_certificate(app, "HALAL", two).with(json!({"subject": "product", "product_id": p5.id})).create();
    let agency = an_agency(app).create();
    let propose = |product: &Record, change: Value| {
        a_star_proposal(app, product, &agency).with(json!({"proposed_on": "2020-09-01"})).with(change).create()
    };
    propose(&p1, json!({}));
    propose(&p2, json!({"outcome": "refused", "outcome_on": "2020-12-01"}));
    propose(&p3, json!({"outcome": "refused", "outcome_on": "2020-10-01"}));
    propose(&p4, json!({"proposed_on": "2020-10-28"}));
    propose(&p5, json!({"stars": 4}));
    propose(&p7, json!({}));
}

fn statistics(app: &TestApp, query: &str) -> Value {
    app.get(&format!("/v1/stats/ocop?{query}")).send().expect(200).json()
}

#[test]
fn certified_products_are_counted_for_the_day_asked() {
    let app = TestApp::start();
    a_province(&app);
    let then = statistics(&app, "province=94&as_of=2020-10-27");
    assert_eq!(then["as_of"], "2020-10-27");
    assert_eq!(then["province"]["name"], "Tỉnh Sóc Trăng");
    assert_eq!((&then["products"], &then["producers"]), (&json!(3), &json!(2)));
    assert_eq!(then["stars"], json!({"3": 1, "4": 2, "5": 0}));
    assert_eq!(then["proposed_for_five_stars"], 2, "p1, and p2 which was not decided yet; p3 was, p4 came the day after");
    let groups: Vec<_> = then["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| (group["code"].as_str().unwrap(), &group["products"], &group["producers"]))
        .collect();
    let total: i64 = groups.iter().map(|(_, products, _)| products.as_i64().unwrap()).sum();
    assert_eq!(total, 3, "each product stands in one group: {groups:?}");
    assert!(groups.iter().all(|(code, _, _)| code.matches('.').count() <= 1), "{groups:?}");
    // One more, and one revoked.
    let later = statistics(&app, "province=94&as_of=2021-01-01");
    assert_eq!((&later["products"], &later["stars"]), (&json!(3), &json!({"3": 2, "4": 1, "5": 0})));
    // Extended, the others have run out.
    assert_eq!(statistics(&app, "province=94@2020-10-27&as_of=2024-01-01")["products"], 1);
    let today = statistics(&app, "province=92");
    assert_eq!((&today["as_of"], &today["products"], &today["stars"]), (&json!("2026-11-23"), &json!(0), &json!({"3": 0, "4": 0, "5": 0})));
    assert_eq!(today["groups"], json!([]));
}

#[test]
fn a_province_of_today_counts_what_is_in_the_units_before_it() {
    let app = TestApp::start();
    a_province(&app);
    assert_eq!(statistics(&app, "province=92@2025-07-01&as_of=2020-10-27")["products"], 3, "today's Cần Thơ, of that day");
    assert_eq!(statistics(&app, "province=92&as_of=2020-10-27")["products"], 0, "the Cần Thơ of that day");
    let everywhere = statistics(&app, "as_of=2020-10-27");
    assert_eq!((&everywhere["products"], &everywhere["producers"], &everywhere["stars"]["5"]), (&json!(4), &json!(3), &json!(1)));
    assert_eq!(everywhere["proposed_for_five_stars"], 3);
    assert_eq!(everywhere.get("province"), None);
}

#[test]
fn a_question_that_means_nothing_is_refused() {
    let app = TestApp::start();
    for (query, pointer) in [("province=Sóc Trằn", "?province"), ("as_of=2021-02-29", "?as_of"), ("stars=3", "?stars")] {
        assert_eq!(app.get(&format!("/v1/stats/ocop?{query}")).send().expect(400).fault_codes()[0].0, pointer);
    }
    assert_eq!(statistics(&app, "")["products"], 0, "an empty register");
}
