//! Introductions: who asks, who answers, who is shown what, and until when.

use crate::contacts::{a_mailbox, a_person, make};
use crate::support::document::Operation;
use crate::support::{Record, Response, TestApp, Value, a_buyer, a_demand, a_producer, a_product, an_offer, assert_refused, count, json};

/// A demand and an offer with their sides.
struct Pair {
    producer: Record,
    buyer: Record,
    demand: Record,
    offer: Record,
}

impl Pair {
    fn new(app: &TestApp) -> Self {
        let (producer, buyer) = (a_producer(app).create(), a_buyer(app).create());
        let offer = an_offer(app, &a_product(app, &producer).create()).create();
        Self { demand: a_demand(app, &buyer).create(), offer, producer, buyer }
    }

    fn body(&self) -> Value {
        json!({"demand_id": self.demand.id, "offer_id": self.offer.id})
    }
}

fn ask(app: &TestApp, key: &str, body: Value) -> Response {
    app.post("/v1/introductions", body).key(key).send()
}

fn step(app: &TestApp, key: &str, id: &str, step: &str) -> Response {
    app.post(&format!("/v1/introductions/{id}/{step}"), json!({})).key(key).send()
}

/// A list of introductions that goes page by page, with several items.
pub fn paged_list(app: &TestApp, admin: &str, operation: &Operation) -> Option<String> {
    if !operation.path.starts_with("/v1/introductions") {
        return None;
    }
    let pair = Pair::new(app);
    let buyer = app.buyer(&pair.buyer);
    let id = ask(app, &buyer, pair.body()).expect(201).id();
    for _ in 0..4 {
        let offer = an_offer(app, &a_product(app, &pair.producer).create()).create();
        ask(app, &buyer, json!({"demand_id": pair.demand.id, "offer_id": offer.id})).expect(201);
    }
    step(app, admin, &id, "accept").expect(200);
    step(app, &buyer, &id, "end").expect(200);
    Some(operation.path.replace("{id}", &id))
}

#[test]
fn one_side_asks_the_other_accepts_and_each_sees_the_others_contacts() {
    let app = TestApp::start();
    let pair = Pair::new(&app);
    let (buyer, producer) = (app.buyer(&pair.buyer), app.producer(&pair.producer));
    make(&app, &pair.producer, a_person());
    make(&app, &pair.producer, a_mailbox());
    make(&app, &pair.producer, {
        let mut body = a_person();
        body["visibility"] = json!("officers");
        body
    });
    make(&app, &pair.buyer, {
        let mut body = a_person();
        body["phone"] = json!("0987 654 321");
        body
    });
    let asked = ask(&app, &buyer, pair.body()).expect(201);
    let (id, path) = (asked.id(), asked.header("Location").unwrap().to_owned());
    assert_eq!((asked.json()["asked_by"].as_str(), asked.json()["status"].as_str()), (Some("buyer"), Some("asked")));
    assert_eq!((asked.json()["buyer_id"].clone(), asked.json()["producer_id"].clone()), (json!(pair.buyer.id), json!(pair.producer.id)));
    let contacts = format!("{path}/contacts");
    assert_eq!(app.get(&contacts).key(&buyer).send().expect(409).problem_code(), "illegal_transition");
    step(&app, &buyer, &id, "accept").expect(403);
    let accepted = step(&app, &producer, &id, "accept").expect(200).json();
    assert_eq!((accepted["status"].as_str(), accepted["answered_at"].as_str()), (Some("accepted"), Some("2026-11-23T05:00:00.000000Z")));
    let seen = |key: &str| {
        let answer = app.get(&contacts).key(key).send().expect(200);
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        let items = answer.items();
        items.iter().map(|item| [item["phone"].clone(), item["email"].clone(), item["masked"].clone()]).collect::<Vec<_>>()
    };
    let notes = || {
        count(
            &mut app.db(),
            &format!("SELECT count(*) AS n FROM audit_pending WHERE action = 'disclose' AND entity = 'contact' AND reason = '{id}'"),
        )
    };
    let clear = |phone: &str| [json!(phone), json!("buoi.tran@htx-vinhphuoc.com.vn"), json!(false)];
    let mailbox = [Value::Null, json!("kinhdoanh@htx-vinhphuoc.vn"), json!(false)];
    assert_eq!(seen(&buyer), [clear("+84912345667"), mailbox.clone()]);
    assert_eq!(notes(), 1, "everybody sees the mailbox anyway");
    assert_eq!(seen(&producer), [clear("+84987654321")]);
    assert_eq!(notes(), 2);
    // Who oversees it sees both sides, masked, and an officer of the other province what he sees anywhere.
    let masked = |phone: &str| [json!(phone), json!("b•••@h•••.vn"), json!(true)];
    let both = [masked("09•• ••• •67"), mailbox.clone(), masked("09•• ••• •67"), masked("09•• ••• •21")];
    for key in [app.auditor(), app.admin()] {
        let mut found = seen(&key);
        found.sort_by_key(|item| item[0] == json!("09•• ••• •21"));
        assert_eq!(found, both);
    }
    assert_eq!(seen(&app.officer("79")).len(), 3, "the producer's closed contact is another province's");
    assert_eq!(notes(), 2);
    // A consent that is withdrawn shuts it, and so does the end.
    step(&app, &buyer, &id, "end").expect(200);
    app.get(&contacts).key(&producer).send().expect(409);
    let history = app.get(&format!("{path}/history")).key(&buyer).send().expect(200).items();
    assert_eq!(history.len(), 3);
    assert_eq!(history[2]["changed"][0], json!({"pointer": "/ended_at", "from": null, "to": "2026-11-23T05:00:00.000000Z"}));
    for change in app.changes_after(0).into_iter().filter(|change| change.entity == "introduction") {
        assert!(!change.body.unwrap().contains("key_"), "which key asked is the actor of the change");
    }
}

#[test]
fn a_price_for_parties_is_read_by_the_other_side_as_long_as_the_introduction_holds() {
    let app = TestApp::start();
    let (producer, buyer) = (a_producer(&app).create(), a_buyer(&app).create());
    let price = json!({"amount": "30000", "currency": "VND", "per_unit": "KG", "basis": "farm_gate", "vat_included": false,
                       "as_of": "2026-11-20", "visibility": "parties"});
    let product = a_product(&app, &producer).create();
    let offer = an_offer(&app, &product).with(json!({"price": price})).create();
    let other = an_offer(&app, &product).with(json!({"price": price})).create();
    let ceiling = json!({"amount": "31000", "currency": "VND", "per_unit": "KG", "basis": "farm_gate", "vat_included": false,
                         "visibility": "parties"});
    let asks = json!({"price_ceiling": ceiling, "text": "gạo", "required_certificates": [], "delivery_province": "79"});
    let demand = a_demand(&app, &buyer).with(asks).create();
    let (buying, producing) = (app.buyer(&buyer), app.producer(&producer));
    let stranger = app.buyer(a_buyer(&app).named("Người mua khác (minh họa)").create());
    let sees = |record: &Record, member: &str, key: &str| {
        let list = record.path.rsplit_once('/').unwrap().0;
        let listed = app.get(list).key(key).send().expect(200).items();
        let listed = listed.iter().find(|item| item["id"] == record.id.as_str()).unwrap()[member].is_object();
        let past = app.get(&format!("{}/history", record.path)).key(key).send().expect(200).text.contains("\"parties\"");
        let read = app.get(&record.path).key(key).send().expect(200).json()[member].is_object();
        assert!(read == listed && read == past, "{}: {read} {listed} {past}", record.path);
        read
    };
    let seen = || {
        [
            sees(&offer, "price", &buying),
            sees(&demand, "price_ceiling", &producing),
            sees(&other, "price", &buying),
            sees(&offer, "price", &stranger),
        ]
    };
    // The same of searches, by filter, count and page, of matches and of pairs.
    let market = |key: &str| {
        let found = app.get("/v1/offers?price_at_most=30000&facets=price").key(key).send().expect(200).json();
        let ids: Vec<&str> = found["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert!(ids.len() != 1 || ids == [offer.id.as_str()], "{found}");
        let matches = app.get(&format!("{}/matches", demand.path)).key(key).send().expect(200).text;
        let pair = app.get(&format!("{}/matches/{}", demand.path, offer.id)).key(key).send().expect(200).text;
        let products = app.get("/v1/products?price_at_most=30000").key(key).send().expect(200).items();
        // Held against each other where both are seen; of a pair each is told by itself.
        let compared = matches.contains("\"value\":\"30000\",\"of\":\"31000\"");
        assert_eq!(products.len(), ids.len().min(1), "both offers are of one product");
        (ids.len(), compared, pair.contains("\"amount\":\"31000\""))
    };
    assert_eq!((market(&buying), market(&producing), market(&stranger)), ((0, false, true), (2, false, false), (0, false, false)));
    assert_eq!(seen(), [false; 4]);
    let id = ask(&app, &buying, json!({"demand_id": demand.id, "offer_id": offer.id})).expect(201).id();
    assert_eq!(seen(), [false; 4], "asked is not accepted");
    step(&app, &producing, &id, "accept").expect(200);
    assert_eq!(seen(), [true, true, false, false]);
    let introduced = ((1, true, true), (2, true, true), (0, false, false));
    assert_eq!((market(&buying), market(&producing), market(&stranger)), introduced);
    // As much from the tables as from the log.
    app.index().rebuild().unwrap();
    assert_eq!((market(&buying), market(&producing), market(&stranger)), introduced);
    step(&app, &producing, &id, "end").expect(200);
    assert_eq!(seen(), [false; 4]);
    assert_eq!((market(&buying), market(&producing)), ((0, false, true), (2, false, false)));
}

#[test]
fn contacts_are_shown_only_as_many_as_the_quota_and_none_when_it_is_used_up() {
    let app = TestApp::start();
    let pair = Pair::new(&app);
    let (buyer, producer) = (app.buyer(&pair.buyer), app.producer(&pair.producer));
    for _ in 0..20 {
        make(&app, &pair.producer, a_person());
    }
    let id = ask(&app, &buyer, pair.body()).expect(201).id();
    step(&app, &producer, &id, "accept").expect(200);
    let contacts = || app.get(&format!("/v1/introductions/{id}/contacts")).key(&buyer).send();
    contacts().expect(200);
    contacts().expect(200);
    contacts().expect(429);
    let noted = |action: &str| count(&mut app.db(), &format!("SELECT count(*) AS n FROM audit_pending WHERE action = '{action}'"));
    assert_eq!(noted("disclose"), 40, "twenty at once are not shown by halves");
}

#[test]
fn persons_count_against_the_quota_roles_are_noted_and_what_is_public_is_neither() {
    let app = TestApp::start();
    let pair = Pair::new(&app);
    let buyer = app.buyer(&pair.buyer);
    let with = |mut body: Value, visibility: &str| {
        body["visibility"] = json!(visibility);
        make(&app, &pair.producer, body);
    };
    with(a_person(), "matched");
    with(a_person(), "public");
    with(a_mailbox(), "matched");
    with(a_mailbox(), "public");
    let id = ask(&app, &buyer, pair.body()).expect(201).id();
    step(&app, &app.producer(&pair.producer), &id, "accept").expect(200);
    let shown = app.get(&format!("/v1/introductions/{id}/contacts")).key(&buyer).send().expect(200).items();
    assert!(shown.len() == 4 && shown.iter().all(|contact| contact["masked"] == false), "{shown:?}");
    let n = |sql: &str| count(&mut app.db(), sql);
    assert_eq!(n("SELECT count(*) AS n FROM audit_pending WHERE action = 'disclose'"), 2);
    assert_eq!(n("SELECT count(*) AS n FROM key_days WHERE kind = 'disclosures' AND used = 1"), 1);
    assert_eq!(n("SELECT count(*) AS n FROM key_days WHERE kind = 'disclosures'"), 1);
}

#[test]
fn only_contacts_for_trade_are_shown() {
    let app = TestApp::start();
    let pair = Pair::new(&app);
    let (buyer, producer) = (app.buyer(&pair.buyer), app.producer(&pair.producer));
    for purpose in ["administration", "memoranda", "deliveries", "trade"] {
        for mut body in [a_person(), a_mailbox()] {
            body["purpose"] = json!(purpose);
            make(&app, &pair.producer, body);
        }
    }
    let id = ask(&app, &buyer, pair.body()).expect(201).id();
    step(&app, &producer, &id, "accept").expect(200);
    for key in [&buyer, &app.auditor(), &app.officer("92")] {
        let shown = app.get(&format!("/v1/introductions/{id}/contacts")).key(key).send().expect(200).items();
        let purposes: Vec<&str> = shown.iter().map(|contact| contact["purpose"].as_str().unwrap()).collect();
        assert_eq!(purposes, ["trade", "trade"]);
    }
    assert_eq!(count(&mut app.db(), "SELECT count(*) AS n FROM audit_pending WHERE action = 'disclose'"), 1);
}

#[test]
fn what_was_closed_after_it_was_asked_for_is_not_accepted() {
    let app = TestApp::start();
    let admin = app.admin();
    for closes_the_demand in [true, false] {
        let pair = Pair::new(&app);
        let producer = app.producer(&pair.producer);
        let id = ask(&app, &app.buyer(&pair.buyer), pair.body()).expect(201).id();
        let closed = if closes_the_demand { &pair.demand } else { &pair.offer };
        app.post(&format!("{}/close", closed.path), json!({})).key(&admin).send().expect(200);
        assert_eq!(step(&app, &producer, &id, "accept").expect(409).problem_code(), "illegal_transition");
        assert_eq!(step(&app, &producer, &id, "decline").expect(200).json()["status"], "declined");
    }
}

#[test]
fn there_is_one_live_introduction_of_a_demand_and_an_offer() {
    let app = TestApp::start();
    let pair = Pair::new(&app);
    let (buyer, producer) = (app.buyer(&pair.buyer), app.producer(&pair.producer));
    let first = ask(&app, &buyer, pair.body()).expect(201);
    let refused = ask(&app, &producer, pair.body()).expect(409);
    assert_eq!((refused.problem_code().as_str(), refused.header("Location")), ("already_exists", first.header("Location")));
    for (key, way, next) in [(&producer, "decline", &buyer), (&buyer, "withdraw", &buyer)] {
        let live = app.get("/v1/introductions?status=asked").key(key).send().ids().remove(0);
        step(&app, key, &live, way).expect(200);
        step(&app, key, &live, way).expect(409);
        ask(&app, next, pair.body()).expect(201);
    }
    let racing: Vec<u16> = std::thread::scope(|scope| {
        let other = Pair::new(&app);
        let body = other.body();
        let keys = [app.buyer(&other.buyer), app.producer(&other.producer)];
        let asks: Vec<_> = (0..8)
            .map(|n| {
                let (key, body, app) = (keys[n % 2].clone(), body.clone(), &app);
                scope.spawn(move || ask(app, &key, body).status)
            })
            .collect();
        asks.into_iter().map(|ask| ask.join().unwrap()).collect()
    });
    assert_eq!(racing.iter().filter(|status| **status == 201).count(), 1, "{racing:?}");
    assert!(racing.iter().all(|status| matches!(status, 201 | 409)), "{racing:?}");
}

#[test]
fn what_is_closed_or_has_ended_is_not_introduced() {
    let app = TestApp::start();
    let pair = Pair::new(&app);
    let (buyer, admin) = (app.buyer(&pair.buyer), app.admin());
    app.set_clock("2027-04-01 05:00:00");
    assert_eq!(ask(&app, &buyer, pair.body()).expect(409).problem_code(), "illegal_transition", "the demand ended");
    app.set_clock("2026-11-23 05:00:00");
    app.post(&format!("{}/close", pair.offer.path), json!({})).key(&admin).send().expect(200);
    ask(&app, &buyer, pair.body()).expect(409);
    let refused = ask(&app, &buyer, json!({"demand_id": "dmd_0", "offer_id": "ofr_0"}));
    assert_refused(refused, 422, &[("/demand_id", "unknown_reference"), ("/offer_id", "unknown_reference")]);
    // One organisation does not need to be introduced to itself.
    let both = a_producer(&app).with(json!({"buyer": {"kind": "processor"}})).create();
    let offer = an_offer(&app, &a_product(&app, &both).create()).create();
    let demand = a_demand(&app, &both).create();
    let body = json!({"demand_id": demand.id, "offer_id": offer.id, "side": "buyer"});
    assert_refused(ask(&app, &admin, body), 422, &[("/offer_id", "same_organisation")]);
}

#[test]
fn an_officer_asks_for_a_side_of_his_province_and_does_not_answer_himself() {
    let app = TestApp::start();
    let pair = Pair::new(&app);
    let (can_tho, hcm, admin) = (app.officer("92"), app.officer("79"), app.admin());
    ask(&app, &app.officer("01"), pair.body()).expect(403);
    ask(&app, &app.buyer(a_buyer(&app).create()), pair.body()).expect(403);
    assert_refused(ask(&app, &admin, pair.body()), 422, &[("/side", "missing")]);
    let id = ask(&app, &can_tho, pair.body()).expect(201).id();
    assert_eq!(app.get(&format!("/v1/introductions/{id}")).key(&hcm).send().expect(200).json()["asked_by"], "producer");
    step(&app, &can_tho, &id, "accept").expect(403);
    step(&app, &hcm, &id, "withdraw").expect(403);
    step(&app, &hcm, &id, "accept").expect(200);
    step(&app, &can_tho, &id, "end").expect(200);
    let mut body = pair.body();
    body["side"] = json!("buyer");
    ask(&app, &can_tho, body.clone()).expect(403);
    let id = ask(&app, &admin, body).expect(201).id();
    assert_eq!(step(&app, &admin, &id, "accept").expect(403).problem_code(), "forbidden", "the same key asked");
    step(&app, &app.admin(), &id, "accept").expect(200);
}

#[test]
fn strangers_know_of_no_introduction() {
    let app = TestApp::start();
    let pair = Pair::new(&app);
    let id = ask(&app, &app.buyer(&pair.buyer), pair.body()).expect(201).id();
    let stranger = a_buyer(&app).create();
    for key in [app.buyer(&stranger), app.producer(&stranger), app.officer("01")] {
        for tail in ["", "/history", "/contacts"] {
            let without_id = |id: &str| {
                let mut problem = app.get(&format!("/v1/introductions/{id}{tail}")).key(&key).send().expect(404).json();
                problem["request_id"] = Value::Null;
                problem
            };
            assert_eq!(without_id(&id), without_id("int_0"), "{tail}");
        }
        for way in ["accept", "decline", "withdraw", "end"] {
            step(&app, &key, &id, way).expect(404);
        }
        assert_eq!(app.get("/v1/introductions").key(&key).send().expect(200).items(), Vec::<Value>::new());
    }
    for key in [app.buyer(&pair.buyer), app.producer(&pair.producer), app.officer("92"), app.officer("79"), app.auditor(), app.admin()] {
        assert_eq!(app.get("/v1/introductions").key(&key).send().ids(), std::slice::from_ref(&id));
    }
    let admin = app.admin();
    for (filter, found) in [
        (format!("status=asked&demand={}", pair.demand.id), 1),
        (format!("offer={}&organisation={}", pair.offer.id, pair.buyer.id), 1),
        (format!("organisation={}", stranger.id), 0),
        ("status=accepted".into(), 0),
    ] {
        assert_eq!(app.get(&format!("/v1/introductions?{filter}")).key(&admin).send().items().len(), found, "{filter}");
    }
}

#[test]
fn a_repeated_request_or_step_has_its_effect_once() {
    let app = TestApp::start();
    let pair = Pair::new(&app);
    let (buyer, producer) = (app.buyer(&pair.buyer), app.producer(&pair.producer));
    let tried = app.post("/v1/introductions?validate_only=true", pair.body()).key(&buyer).send().expect(200);
    assert_eq!((tried.json()["status"].as_str(), app.rows()["introductions"]), (Some("asked"), 0));
    let twice = |path: &str, key: &str, body: Value| {
        let send = || app.post(path, body.clone()).key(key).header("Idempotency-Key", path).send();
        let (first, again) = (send(), send());
        assert_eq!((again.header("Idempotency-Replayed"), &again.text), (Some("true"), &first.text), "{path}");
        first
    };
    let id = twice("/v1/introductions", &buyer, pair.body()).expect(201).id();
    for (way, key, version) in [("accept", &producer, 2), ("end", &producer, 3)] {
        assert_eq!(twice(&format!("/v1/introductions/{id}/{way}"), key, json!({})).expect(200).json()["version"], version);
    }
    let refused = app.post(&format!("/v1/introductions/{id}/end"), json!({"why": "x"})).key(&buyer).send();
    assert_refused(refused, 400, &[("/why", "unknown_member")]);
}
