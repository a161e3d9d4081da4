//! The founding case: the conference of Sóc Trăng on 27/10/2020, with the counts of the article.

use crate::support::TestApp;
use serde_json::Value;

fn with_demo() -> TestApp {
    let app = TestApp::start();
    app.load_demo();
    app
}

/// Every item of a list.
fn all(app: &TestApp, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let page = app.get(&format!("{path}{sign}limit=100{cursor}")).send();
        assert_eq!(page.status, 200, "{path}");
        let page = page.json();
        items.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

#[test]
fn the_summary_of_the_conference_has_the_articles_counts() {
    let app = with_demo();
    let events = all(&app, "/v1/events");
    assert_eq!(events.len(), 1);
    let id = events[0]["id"].as_str().unwrap();
    let summary = app.get(&format!("/v1/events/{id}/summary")).send().json();
    let kinds = &summary["by_kind"];
    assert_eq!(
        (kinds["agency_agency"].as_u64(), kinds["province_retail"].as_u64(), kinds["producer_distributor"].as_u64()),
        (Some(14), Some(8), Some(34))
    );
    assert_eq!((summary["signed"].as_u64(), summary["distributors"].as_u64()), (Some(56), Some(8)));
    assert_eq!(kinds["other"], 0);
}

#[test]
fn the_statistics_of_the_day_have_the_articles_counts() {
    let app = with_demo();
    let on_the_day = app.get("/v1/stats/ocop?province=94&as_of=2020-10-27").send().json();
    assert_eq!((on_the_day["products"].as_u64(), on_the_day["producers"].as_u64()), (Some(99), Some(52)));
    let stars = &on_the_day["stars"];
    assert_eq!((stars["4"].as_u64(), stars["3"].as_u64(), stars["5"].as_u64()), (Some(24), Some(75), Some(0)));
    assert_eq!(on_the_day["proposed_for_five_stars"], 8);
    let today = app.get("/v1/stats/ocop?province=92").send().json();
    assert_eq!((today["products"].as_u64(), today["stars"]["4"].as_u64()), (Some(0), Some(0)), "every certificate has run out");
}

#[test]
fn what_soc_trang_signed_is_found_under_todays_can_tho_and_not_under_that_of_2020() {
    let app = with_demo();
    assert_eq!(all(&app, "/v1/mous?province=92").len(), 56);
    assert_eq!(all(&app, "/v1/mous?province=Cần Thơ".replace(' ', "%20").as_str()).len(), 56);
    assert_eq!(all(&app, "/v1/mous?province=92&as_of=2020-10-27").len(), 0);
    assert_eq!(all(&app, "/v1/mous?province=94&as_of=2020-10-27").len(), 56);
    assert_eq!(all(&app, "/v1/producers?province=92").len(), 52);
}

#[test]
fn code_91_is_kien_giang_in_2020_and_an_giang_in_2026() {
    let app = with_demo();
    let name = |path: &str| app.get(path).send().json()["name"].as_str().unwrap().to_owned();
    assert_eq!(name("/v1/provinces/91?as_of=2020-10-27"), "Tỉnh Kiên Giang");
    assert_eq!(name("/v1/provinces/91?as_of=2026-11-23"), "Tỉnh An Giang");
}

#[test]
fn every_certificate_of_the_demo_was_valid_on_the_day_and_has_expired_since() {
    let app = with_demo();
    let on_the_day = all(&app, "/v1/certificates?as_of=2020-10-27");
    assert_eq!(on_the_day.len(), 99);
    assert!(on_the_day.iter().all(|certificate| certificate["status"] == "valid"));
    assert!(all(&app, "/v1/certificates?as_of=2026-11-23").iter().all(|certificate| certificate["status"] == "expired"));
    assert!(all(&app, "/v1/products?as_of=2026-11-23").iter().all(|product| product.get("stars").is_none_or(Value::is_null)));
    assert_eq!(all(&app, "/v1/products?stars=4&as_of=2020-10-27").len(), 24);
}

#[test]
fn what_is_invented_is_marked() {
    let app = with_demo();
    for path in ["/v1/products", "/v1/certificates", "/v1/star-proposals", "/v1/mous"] {
        assert!(all(&app, path).iter().all(|record| record["illustrative"] == true), "{path}");
    }
    // Two bodies are real: the article names them.
    let real: Vec<Value> = all(&app, "/v1/organisations?illustrative=false");
    let mut names: Vec<&str> = real.iter().map(|record| record["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Sở Công Thương tỉnh Sóc Trăng", "Ủy ban nhân dân tỉnh Sóc Trăng"]);
    let invented = all(&app, "/v1/organisations?illustrative=true");
    assert!(invented.iter().all(|record| record["name"].as_str().unwrap().ends_with("(minh họa)")));
}

#[test]
fn the_articles_specialties_are_among_the_products_by_name() {
    let app = with_demo();
    for name in [
        "Gạo ST25",
        "Gạo Tài Nguyên",
        "Gạo Sữa",
        "Hành tím Vĩnh Châu",
        "Bánh pía",
        "Lạp xưởng",
        "Tôm đông",
        "Bưởi",
        "Xoài",
        "Sầu riêng",
        "Nhãn",
        "Vú sữa",
        "Dừa",
        "Cam",
    ] {
        let found = app.get(&format!("/v1/products?name={}", name.replace(' ', "%20"))).send().json();
        assert!(!found["items"].as_array().unwrap().is_empty(), "{name}");
    }
}

#[test]
fn a_partys_successor_is_shown_since_it_took_over() {
    let app = with_demo();
    let successor = |as_of: &str| {
        let mous = app.get(&format!("/v1/mous?kind=agency_agency&limit=1&as_of={as_of}")).send().json();
        let parties = mous["items"][0]["parties"].as_array().unwrap().clone();
        let own = parties.into_iter().find(|party| party["name"] == "Sở Công Thương tỉnh Sóc Trăng").unwrap();
        own["successor"]["name"].as_str().map(str::to_owned)
    };
    assert_eq!(successor("2025-06-30"), None);
    assert_eq!(successor("2025-07-01").as_deref(), Some("Sở Công Thương thành phố Cần Thơ (minh họa)"));
}

#[test]
fn the_demo_is_loaded_once() {
    let app = with_demo();
    let head = app.log_head();
    app.load_demo();
    assert_eq!(app.log_head(), head);
}

#[test]
fn two_servers_that_start_at_once_load_the_demo_once() {
    let app = TestApp::start();
    let Some(other) = app.second_server() else { return };
    std::thread::scope(|scope| {
        for server in [&app, &other] {
            scope.spawn(|| server.load_demo());
        }
    });
    assert_eq!(all(&app, "/v1/products").len(), 99);
}
