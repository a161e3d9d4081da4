//! Producers and buyers by the words of their names: spelling, filters, pages, who sees what.

use crate::support::{
    Draft, TestApp, Value, a_buyer, a_certificate, a_producer, a_product, an_agency, an_ocop_certificate, an_organisation, json, walk,
};
use std::time::{Duration, Instant};

const VINAMILK: &str = "0300588569";
const PERSONAL: &str = "094085001234";

/// Names in order, and how the best was found.
fn found(app: &TestApp, query: &str) -> (Vec<String>, Option<String>) {
    let page = app.get(&format!("/v1/{query}")).send().expect(200);
    let names = page.items().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect();
    (names, page.json()["matched"].as_str().map(str::to_owned))
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

#[test]
fn names_are_found_by_words_within_them_however_they_are_typed() {
    let app = TestApp::start();
    for name in ["Hợp tác xã Hành tím Vĩnh Châu", "Cơ sở Tỏi Lý Sơn", "Cơ sở Dừa Sáp Trà Vinh", "Tổ Dứa Cầu Đúc", "Trang trại Hòa Bình"]
    {
        a_producer(&app).named(name).create();
    }
    for name in ["Siêu thị Sao Khuê", "Công ty Phân phối Hòa Lợi"] {
        a_buyer(&app).named(name).create();
    }
    let is = |query: &str, names: &[&str], how: &str| {
        let expected: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(found(&app, query), (expected, Some(how.to_owned())), "{query}");
    };
    let onions = &["Hợp tác xã Hành tím Vĩnh Châu"];
    is("producers?q=vĩnh châu", onions, "exact");
    is("producers?q=vi\u{303}nh cha\u{302}u", onions, "exact");
    is("producers?q=VĨNH CHÂU, hành (TÍM)!", onions, "exact");
    is("producers?q=vinh chau", onions, "folded");
    is("producers?q=vịnh châu", onions, "folded");
    is("producers?q=hành tím vĩnh ch", onions, "prefix");
    is("producers?q=vinnh chau", onions, "typo");
    is("producers?q=HTX hành tím", onions, "synonym");
    is("producers?q=hành tím Bạc Liêu", onions, "partial");
    // Coconut and pineapple are told apart by their marks alone.
    is("producers?q=dừa", &["Cơ sở Dừa Sáp Trà Vinh"], "exact");
    is("producers?q=dứa", &["Tổ Dứa Cầu Đúc"], "exact");
    let (both, how) = found(&app, "producers?q=dua");
    assert_eq!((sorted(both), how.as_deref()), (vec!["Cơ sở Dừa Sáp Trà Vinh".into(), "Tổ Dứa Cầu Đúc".into()], Some("folded")));
    // The tone stands on either vowel.
    is("producers?q=hoà bình", &["Trang trại Hòa Bình"], "exact");
    is("buyers?q=hoà lợi", &["Công ty Phân phối Hòa Lợi"], "exact");
    is("buyers?q=sao khue", &["Siêu thị Sao Khuê"], "folded");
    is("buyers?q=SIÊU TH", &["Siêu thị Sao Khuê"], "prefix");
    is("buyers?q=phan phoi hoaa", &["Công ty Phân phối Hòa Lợi"], "typo");
    assert_eq!(found(&app, "producers?q=xyzzy"), (vec![], None));
    assert_eq!(found(&app, "producers?name=vinh chau"), (vec![], None), "only words within the name begin so");
}

#[test]
fn the_best_come_first_and_each_says_how_it_was_found() {
    let app = TestApp::start();
    for name in ["Cơ sở Gạo Sông Hậu", "Sông Hậu Xanh", "Sông Hậu", "Sông Hận", "Sông Hậuu"] {
        a_producer(&app).named(name).create();
    }
    let page = app.get("/v1/producers?q=sông hậu").send().expect(200);
    let each: Vec<(Value, Value)> = page.items().iter().map(|item| (item["name"].clone(), item["matched"].clone())).collect();
    let is = |name: &str, how: &str| (json!(name), json!(how));
    assert_eq!(each, [is("Sông Hậu", "exact"), is("Sông Hậu Xanh", "exact"), is("Cơ sở Gạo Sông Hậu", "exact"), is("Sông Hậuu", "prefix")]);
    assert_eq!(page.json()["matched"], "exact");
    let some = app.get("/v1/producers?q=sông hậu&limit=1&fields=name,matched").send().expect(200).json();
    assert_eq!(some["items"], json!([{"name": "Sông Hậu", "matched": "exact"}]));
    let names = app.get("/v1/producers?q=sông hậu&limit=1&fields=name").send().expect(200).json();
    assert_eq!((&names["items"], &names["matched"]), (&json!([{"name": "Sông Hậu"}]), &json!("exact")));
    let plain = app.get("/v1/producers").send().expect(200).json();
    assert!(plain.get("matched").is_none() && plain["items"][0].get("matched").is_none(), "a list says nothing of it");
}

#[test]
fn words_go_with_every_filter_of_producers() {
    let app = TestApp::start();
    let cooperative = a_producer(&app).named("Hợp tác xã Sông Hậu").create();
    let household = a_producer(&app)
        .named("Hộ kinh doanh Sông Hậu")
        .in_province("Quảng Ngãi")
        .with(json!({"legal_form": "household_business", "producer": {"kind": "household_business", "invoice_kind": "none"}}))
        .create();
    let company = a_producer(&app)
        .named("Sông Hậu Xanh")
        .with(
            json!({"legal_form": "joint_stock_company", "status": "suspended", "illustrative": false, "producer": {"kind": "enterprise"}}),
        )
        .with_tax_code(VINAMILK)
        .create();
    a_producer(&app).named("Hợp tác xã Bưng Tròn").with(json!({"status": "suspended", "illustrative": false})).create();
    let rice = a_product(&app, &cooperative).create();
    an_ocop_certificate(&app, &rice).stars(4).issued_on("2025-06-01").valid_until("2028-06-01").create();
    let onions = a_product(&app, &household).create();
    an_ocop_certificate(&app, &onions).stars(3).issued_on("2025-06-01").valid_until("2028-06-01").with(json!({"number": "2"})).create();
    let is = |filter: &str, expected: &[&str]| {
        let ids = app.get(&format!("/v1/producers?q=song hau{filter}")).send().expect(200).ids();
        assert_eq!(sorted(ids), sorted(expected.iter().map(|id| (*id).to_owned()).collect()), "{filter}");
    };
    let (cooperative, household, company) = (cooperative.id.as_str(), household.id.as_str(), company.id.as_str());
    is("", &[cooperative, household, company]);
    // Sóc Trăng is in Cần Thơ today.
    is("&province=92", &[cooperative, company]);
    is("&province=sóc trăng@2020-10-27", &[cooperative, company]);
    is("&province=Quảng Ngãi", &[household]);
    is("&kind=enterprise", &[company]);
    is("&kind=household_business", &[household]);
    is("&kind=enterprise&province=Quảng Ngãi", &[]);
    is("&invoice_kind=none", &[household]);
    is("&legal_form=joint_stock_company", &[company]);
    is("&status=suspended", &[company]);
    is("&status=active", &[cooperative, household]);
    is(&format!("&tax_code={VINAMILK}"), &[company]);
    is("&illustrative=false", &[company]);
    is("&name=ho kinh", &[household]);
    is("&name=hop tac", &[cooperative]);
    is("&certificate_kind=OCOP", &[cooperative, household]);
    is("&certificate_kind=HACCP", &[]);
    is("&stars=3", &[cooperative, household]);
    is("&stars=4", &[cooperative]);
    is("&stars=4&as_of=2028-06-02", &[]);
    is("&stars=3&status=active&province=92&kind=cooperative&illustrative=true", &[cooperative]);
}

#[test]
fn words_go_with_every_filter_of_buyers() {
    let app = TestApp::start();
    let chain =
        a_buyer(&app).named("Siêu thị Sông Hậu").with(json!({"buyer": {"kind": "supermarket", "retail_system": "SAIGON_COOP"}})).create();
    let distributor = a_buyer(&app).named("Phân phối Sông Hậu").in_province("92").with_tax_code(VINAMILK).create();
    a_certificate(&app, "DKKD", &distributor).with(json!({"subject": "entity", "valid_until": null})).create();
    let is = |filter: &str, expected: &[&str]| {
        let ids = app.get(&format!("/v1/buyers?q=song hau{filter}")).send().expect(200).ids();
        assert_eq!(sorted(ids), sorted(expected.iter().map(|id| (*id).to_owned()).collect()), "{filter}");
    };
    let (chain, distributor) = (chain.id.as_str(), distributor.id.as_str());
    is("", &[chain, distributor]);
    is("&kind=supermarket", &[chain]);
    is("&kind=distributor", &[distributor]);
    is("&retail_system=SAIGON_COOP", &[chain]);
    is("&province=79", &[chain]);
    is("&province=92", &[distributor]);
    is(&format!("&tax_code={VINAMILK}"), &[distributor]);
    is("&certificate_kind=DKKD", &[distributor]);
    is("&legal_form=limited_liability_company&status=active&illustrative=true", &[chain, distributor]);
    is("&name=sieu thi", &[chain]);
    is("&kind=supermarket&province=92", &[]);
}

#[test]
fn pages_of_names_follow_each_other_without_doubles_or_gaps() {
    let app = TestApp::start();
    for number in 0..11 {
        let name = format!("{} Gạo Thơm {}", ["HTX", "Cơ sở", ""][number % 3], "Xanh ".repeat(number % 2));
        a_producer(&app).named(name.trim()).with(json!({"illustrative": number % 4 != 0})).create();
    }
    for (filter, count) in [("", 11), ("&illustrative=true", 8), ("&illustrative=false&province=92", 3), ("&status=suspended", 0)] {
        let whole = app.get(&format!("/v1/producers?q=gao thom&limit=100{filter}")).send().expect(200);
        assert_eq!((whole.ids().len(), whole.json()["next_cursor"].clone()), (count, Value::Null), "{filter}");
        for limit in [1, 2, 3, 8, 11] {
            assert_eq!(walk(&app, &format!("/v1/producers?q=gao thom&limit={limit}{filter}")), whole.ids(), "{filter} by {limit}");
        }
    }
    // One that comes in ahead of what was read moves nothing.
    let first = app.get("/v1/producers?q=gao thom&limit=4").send().expect(200);
    let whole = app.get("/v1/producers?q=gao thom&limit=100").send().expect(200).ids();
    a_producer(&app).named("Gạo Thơm").create();
    let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
    let rest = app.get(&format!("/v1/producers?q=gao thom&limit=100&cursor={cursor}")).send().expect(200).ids();
    assert_eq!((&first.ids()[..], &rest[..]), (&whole[..4], &whole[4..]));
    // A cursor belongs to its words, filters and list.
    for other in ["producers?q=gạo thơm", "producers?q=gao thom&kind=cooperative", "buyers?q=gao thom", "producers?limit=5"] {
        let refused = app.get(&format!("/v1/{other}&cursor={cursor}")).send().expect(400);
        assert_eq!(refused.fault_codes(), [("?cursor".to_owned(), "invalid_cursor".to_owned())], "{other}");
    }
    app.get(&format!("/v1/producers?q=gao thom&cursor=x{cursor}")).send().expect(400);
    let listed = app.get("/v1/producers?limit=1").send().expect(200).json()["next_cursor"].as_str().unwrap().to_owned();
    app.get(&format!("/v1/producers?q=gao thom&cursor={listed}")).send().expect(400);
}

// Of names that fit alike the eldest comes first, and the filter lets only the youngest pass.
#[test]
fn what_passes_a_filter_is_found_behind_hundreds_that_do_not() {
    let app = TestApp::start();
    let items: Vec<Value> =
        (0..300).map(|number| a_producer(&app).named("Cơ sở Sông Tiền").with(json!({"illustrative": number < 298})).into_body()).collect();
    app.post("/v1/producers/batch", json!({"items": items})).key(&app.admin()).send().expect(200);
    let expected = app.get("/v1/producers?illustrative=false").send().expect(200).ids();
    assert_eq!(expected.len(), 2);
    let page = app.get("/v1/producers?q=song tien&illustrative=false").send().expect(200);
    assert_eq!((page.ids(), page.json()["next_cursor"].clone()), (expected.clone(), Value::Null));
    assert_eq!(walk(&app, "/v1/producers?q=song tien&illustrative=false&limit=1"), expected);
    assert_eq!(walk(&app, "/v1/producers?q=song tien&limit=100").len(), 300);
}

#[test]
fn an_item_is_what_the_list_shows_the_same_caller_and_no_more_is_told() {
    let app = TestApp::start();
    let household = a_producer(&app)
        .named("Hộ kinh doanh Thạch Thị Sa Rây")
        .with(json!({"legal_form": "household_business", "address": "Ấp Biển", "producer": {"kind": "household_business"}}))
        .with_tax_code(PERSONAL)
        .create();
    let (own, officer, buyer, admin) = (app.producer(&household), app.officer("92"), app.buyer(a_buyer(&app).create()), app.admin());
    for key in [None, Some(&own), Some(&officer), Some(&buyer), Some(&admin)] {
        let item = |query: &str| {
            let request = app.get(&format!("/v1/producers?{query}"));
            let answer = key.map_or_else(|| app.get(&format!("/v1/producers?{query}")), |key| request.key(key)).send().expect(200);
            assert!(!answer.text.contains(PERSONAL) && !answer.text.contains("digest"), "{}", answer.text);
            answer.items()[0].clone()
        };
        let listed = item("name=ho kinh doanh");
        let mut hit = item("q=sa ray");
        assert_eq!(hit.as_object_mut().unwrap().remove("matched"), Some(json!("folded")));
        assert_eq!(hit, listed, "{key:?}");
    }
    assert_eq!(found(&app, &format!("producers?q={PERSONAL}")), (vec![], None));
    assert_eq!(found(&app, "producers?q=ấp biển"), (vec![], None), "an address is no name");
}

#[test]
fn each_is_found_in_the_lists_that_show_it_and_at_once_after_every_change() {
    let app = TestApp::start();
    let admin = app.admin();
    let ids = |list: &str, q: &str| app.get(&format!("/v1/{list}?q={q}")).send().expect(200).ids();
    an_agency(&app).named("Sở Công Thương Sông Hậu").create();
    an_organisation(&app).named("Hội Nông dân Sông Hậu").create();
    assert_eq!((ids("producers", "song hau"), ids("buyers", "song hau")), (vec![], vec![]), "neither makes nor buys");
    let producer = a_producer(&app).named("Hợp tác xã Sông Hậu").create();
    assert_eq!(ids("producers", "song hau"), [producer.id.as_str()]);
    let buyer = a_buyer(&app).named("Phân phối Sông Hậu").create();
    assert_eq!(ids("buyers", "song hau"), [buyer.id.as_str()]);
    assert_eq!(ids("producers", "song hau"), [producer.id.as_str()]);
    // Renamed.
    let renamed = app.patch(&producer.path, &producer.etag, json!({"name": "Hợp tác xã Bưng Tròn"})).key(&admin).send().expect(200);
    assert_eq!((ids("producers", "song hau"), ids("producers", "bung tron")), (vec![], vec![producer.id.clone()]));
    // A buyer too, and no producer any more.
    let path = format!("/v1/organisations/{}/buyer", producer.id);
    let both = app.put(&path, json!({"kind": "processor"})).key(&admin).header("If-Match", &renamed.etag()).send().expect(200);
    assert_eq!((ids("producers", "bung tron"), ids("buyers", "bung tron")), (vec![producer.id.clone()], vec![producer.id.clone()]));
    app.delete(&producer.path, &both.etag()).key(&admin).send().expect(204);
    assert_eq!((ids("producers", "bung tron"), ids("buyers", "bung tron")), (vec![], vec![producer.id.clone()]));
    // Checked only, and deleted.
    let body = a_producer(&app).named("Hợp tác xã Kế Sách").into_body();
    app.post("/v1/producers?validate_only=true", body).key(&admin).send().expect(200);
    assert_eq!(ids("producers", "ke sach"), Vec::<String>::new());
    let organisation = format!("/v1/organisations/{}", buyer.id);
    app.delete(&organisation, &buyer.etag).key(&admin).send().expect(204);
    assert_eq!(ids("buyers", "song hau"), Vec::<String>::new());
}

#[test]
fn a_name_of_the_other_side_hides_nobody() {
    let app = TestApp::start();
    a_producer(&app).named("Công ty Dừa Sông Hậu Xanh").create();
    a_buyer(&app).named("Phân phối Dứa Sông Hậu").create();
    let buyer = vec!["Phân phối Dứa Sông Hậu".to_owned()];
    assert_eq!(found(&app, "buyers?q=dừa"), (buyer.clone(), Some("folded".to_owned())));
    assert_eq!(found(&app, "buyers?q=công ty sông hậu xanh"), (buyer, Some("partial".to_owned())));
}

#[test]
fn what_names_nothing_is_refused_quickly_and_as_for_products() {
    let app = TestApp::start();
    a_producer(&app).create();
    // The one has more characters than a parameter may have, the other more than an address may.
    let (long, longer) = ("a".repeat(5_000), "a".repeat(10_000));
    let words = "hành tím ".repeat(33);
    for q in [long.as_str(), longer.as_str(), "%3F%21%20-%20%E2%80%A6", "%00", "a%07b", "%C2%85", "%20", "", "x&q=y", "%ff", "%F0%9F%8C%B6"]
    {
        let since = Instant::now();
        let of_products = app.get(&format!("/v1/products?q={q}")).send().expect(400);
        for list in ["producers", "buyers"] {
            let refused = app.get(&format!("/v1/{list}?q={q}")).send().expect(400);
            assert_eq!(refused.fault_codes(), of_products.fault_codes(), "{list}?q={q}");
            assert_eq!(refused.json()["detail"], of_products.json()["detail"]);
        }
        assert!(since.elapsed() < Duration::from_secs(5), "{q}");
    }
    for q in [words.trim(), "a b c d e f g h i j k l m n o p", "%25", "٣", "𝐇𝐚̀𝐧𝐡"] {
        let (products, producers) = (app.get(&format!("/v1/products?q={q}")).send(), app.get(&format!("/v1/producers?q={q}")).send());
        assert_eq!(producers.status, products.status, "{q}");
        assert!(producers.status < 500, "{q}");
    }
}

#[test]
fn another_order_than_by_fit_is_refused_with_what_is_allowed() {
    let app = TestApp::start();
    let fault = |query: &str| app.get(&format!("/v1/{query}")).send().expect(400).fault_codes();
    let is = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    assert_eq!(fault("producers?q=hành&sort=name"), is("?sort", "not_together"));
    assert_eq!(fault("buyers?q=hành&sort=-created"), is("?sort", "not_together"));
    assert_eq!(fault("producers?q=hành&sort=relevance"), is("?sort", "not_allowed"));
    assert_eq!(fault("producers?q=hành&colour=red"), is("?colour", "unknown_parameter"));
    assert_eq!(fault("producers?q=hành&province=Nơi nào"), is("?province", "unknown_province"));
    assert_eq!(fault("producers?q=hành&certificate_kind=X"), is("?certificate_kind", "unknown_certificate_kind"));
    assert_eq!(fault("producers?q=hành&limit=101"), is("?limit", "out_of_range"));
    assert_eq!(fault("producers?q=hành&fields=colour"), is("?fields", "unknown_member"));
    assert_eq!(fault("agencies?q=hành"), is("?q", "unknown_parameter"));
    let told = |language: &str| {
        let answer = app.get("/v1/producers?q=hành&sort=name").header("Accept-Language", language).send().expect(400);
        answer.json()["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(told("en"), "With q the best come first: leave sort out, or q. Every other parameter goes with q.");
    assert_eq!(told("vi"), "Có q thì kết quả khớp nhất đứng trước: hãy bỏ sort hoặc bỏ q. Mọi tham số khác đều dùng được cùng q.");
}

#[test]
fn before_the_index_is_built_names_are_listed_and_not_searched() {
    let app = TestApp::start_without_index();
    let producer: Draft<'_> = a_producer(&app).named("Hợp tác xã Sông Hậu");
    let id = producer.create().id;
    assert_eq!(app.get("/v1/producers?name=hop tac xa").send().expect(200).ids(), [id.as_str()]);
    let refused = app.get("/v1/producers?q=song hau").send().expect(503);
    assert!(refused.header("Retry-After").is_some());
    app.build_index();
    assert_eq!(app.get("/v1/producers?q=song hau").send().expect(200).ids(), [id]);
}
