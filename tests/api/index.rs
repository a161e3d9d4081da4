//! The market index beside its database: it has what was written, by whomever, once and in order, and is never wrong for long.

use crate::support::process::{Place, Server};
use crate::support::{
    Record, START, TestApp, Value, a_buyer, a_certificate, a_demand, a_facility, a_mou, a_producer, a_product, an_agency,
    an_ocop_certificate, an_offer, an_organisation, execute, instant, json,
};
use cungcau::clock::day_of;
use cungcau::indexing::load;
use cungcau::market::record::{Change, Id};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Asks until it is so, for at most ten seconds.
#[track_caller]
fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < deadline, "not within ten seconds: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn admin_key(place: &Place) -> String {
    std::fs::read_to_string(place.data().join("admin-key.txt")).unwrap().trim().to_owned()
}

fn a_body(name: &str) -> Value {
    json!({"name": name, "legal_form": "cooperative", "province": "94@2020-10-27", "producer": {"kind": "cooperative"}, "illustrative": true})
}

/// One of everything, with every member that the index reads, in more than one version.
fn a_market(app: &TestApp) -> Vec<Record> {
    let admin = app.admin();
    let (producer, buyer) = (a_producer(app).create(), a_buyer(app).create());
    let agency = an_agency(app).create();
    an_organisation(app).create();
    let rice = a_product(app, &producer).create();
    let onion = a_product(app, &producer).named("Hành tím").with(json!({"pack": {"unit": "THUNG", "content_quantity": "12"}})).create();
    let old = a_product(app, &producer).named("Bánh pía").with(json!({"status": "discontinued", "shelf_life_days": null})).create();
    an_ocop_certificate(app, &rice).create();
    an_ocop_certificate(app, &onion).stars(4).with(json!({"number": "2", "extended_until": "2027-06-24"})).create();
    an_ocop_certificate(app, &old).with(json!({"number": "3", "revoked_on": "2021-01-01", "revocation_reason": "Mẫu không đạt"})).create();
    let workshop = a_facility(app, &producer).create();
    a_certificate(app, "HACCP", &producer).with(json!({"facility_id": workshop.id})).create();
    let offer = an_offer(app, &rice).create();
    let boxes = an_offer(app, &onion).with(json!({"quantity": "10", "unit": "THUNG", "months": [11, 12, 1, 2], "available_until": "2028-02-29",
        "lead_time_days": 3, "remaining_shelf_life_days": 20, "price": null, "delivers_to": null, "minimum_order": null, "minimum_order_unit": null})).create();
    let closed = an_offer(app, &rice).create();
    app.post(&format!("{}/close", closed.path), json!({})).key(&admin).send().expect(200);
    let demand = a_demand(app, &buyer)
        .with(json!({"group": "I.2.a", "least_stars": 3, "preferred_certificates": ["VIETGAP", "OCOP"], "months": [1, 2],
        "minimum_remaining_shelf_life_days": 60, "answer_by": "2026-12-15", "suppliers_at_most": 3}))
        .create();
    a_demand(app, &buyer).with(json!({"price_ceiling": null, "text": null, "group": "N1.2.a", "required_certificates": []})).create();
    let introduced = |offer: &Record, steps: &[&str]| {
        let id = app
            .post("/v1/introductions", json!({"demand_id": demand.id, "offer_id": offer.id}))
            .key(&app.buyer(&buyer))
            .send()
            .expect(201)
            .id();
        for step in steps {
            app.post(&format!("/v1/introductions/{id}/{step}"), json!({})).key(&admin).send().expect(200);
        }
    };
    introduced(&offer, &["accept"]);
    introduced(&boxes, &["accept", "end"]);
    let asked = an_offer(app, &rice).create();
    introduced(&asked, &[]);
    let mou = a_mou(app)
        .of_producer(&producer)
        .with_buyer(&buyer)
        .committing(&onion, "10", "THUNG", "month")
        .committing(&rice, "3", "TAN", "quarter")
        .create();
    a_mou(app).of_producer(&producer).with_buyer(&buyer).committing(&rice, "1", "TAN", "total").draft().create();
    a_mou(app).of_agency(&agency).with_buyer(&buyer).create();
    let gone = an_offer(app, &old).with(json!({"available_until": "2026-10-31"})).create();
    app.delete(&gone.path, &gone.etag).key(&admin).send().expect(204);
    app.patch(&offer.path, &offer.etag, json!({"quantity": "6"})).key(&admin).send().expect(200);
    let idle = a_producer(app).named("Tạm nghỉ").with(json!({"status": "suspended"})).create();
    an_offer(app, &a_product(app, &idle).create()).create();
    // What the box holds is stated anew, after the offer in boxes was closed: the memorandum, whose time is over, is worth
    // something else.
    app.post(&format!("{}/close", boxes.path), json!({})).key(&admin).send().expect(200);
    app.patch(&onion.path, &onion.etag, json!({"pack": {"content_quantity": "15"}})).key(&admin).send().expect(200);
    vec![producer, rice, onion, offer, mou]
}

/// What changes come to in the end: the last of each record, without those that are gone.
fn in_the_end(changes: impl IntoIterator<Item = Change>) -> BTreeMap<(&'static str, Id), Change> {
    let mut records = BTreeMap::new();
    for change in changes {
        let (key, is_gone) = match &change {
            Change::Organisation(record) => (("organisation", record.id), false),
            Change::OrganisationGone(id) => (("organisation", *id), true),
            Change::Product(record) => (("product", record.id), false),
            Change::ProductGone(id) => (("product", *id), true),
            Change::Certificate(record) => (("certificate", record.id), false),
            Change::CertificateGone(id) => (("certificate", *id), true),
            Change::Offer(record) => (("offer", record.id), false),
            Change::OfferGone(id) => (("offer", *id), true),
            Change::Demand(record) => (("demand", record.id), false),
            Change::DemandGone(id) => (("demand", *id), true),
            Change::Mou(record) => (("mou", record.id), false),
            Change::MouGone(id) => (("mou", *id), true),
            // One that opens nothing is as good as none.
            Change::Introduction(record) => (("introduction", record.id), !record.is_accepted),
            Change::IntroductionGone(id) => (("introduction", *id), true),
        };
        if is_gone {
            records.remove(&key);
        } else {
            records.insert(key, change);
        }
    }
    records
}

#[test]
fn a_caller_reads_what_it_wrote() {
    let app = TestApp::start();
    let admin = app.admin();
    let made = a_producer(&app).create();
    assert_eq!(app.index().applied(), app.log_head());
    app.patch(&made.path, &made.etag, json!({"address": "Số 1"})).key(&admin).send().expect(200);
    assert_eq!(app.index().applied(), app.log_head());
    let batch = json!({"items": vec![a_body("Hợp tác xã"); 600]});
    app.post("/v1/producers/batch", batch.clone()).key(&admin).send().expect(200);
    assert_eq!(app.index().applied(), app.log_head());
    app.post("/v1/producers", a_body("Một lần")).key(&admin).header("Idempotency-Key", "k").send().expect(201);
    assert_eq!(app.index().applied(), app.log_head());
    // What was only checked is in neither.
    app.post("/v1/producers/batch?validate_only=true", batch).key(&admin).send().expect(200);
    assert_eq!(app.index().applied(), app.log_head());
    let state = app.index().state();
    assert_eq!((state.is_built, state.errors, state.rebuilds, state.head), (true, 0, 0, app.log_head()));
}

#[test]
fn eight_writers_at_once_each_read_what_they_wrote() {
    let app = TestApp::start();
    let admin = app.admin();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let made = app.post("/v1/producers", a_body("Hợp tác xã")).key(&admin).send().expect(201);
                    // What others wrote may be on its way; what this writer wrote is there with the answer.
                    let applied = app.index().applied();
                    let later = app.changes_after(applied);
                    assert!(later.iter().all(|change| change.entity_id != made.id()), "{} is not in the index", made.id());
                    let head = app.log_head();
                    soon("the others' as well", || app.index().applied() >= head);
                }
            });
        }
    });
    assert_eq!(app.index().applied(), app.log_head());
    assert_eq!(app.index().state().errors, 0);
}

#[track_caller]
fn tables_and_log_agree(app: &TestApp) {
    assert_eq!(app.index().applied(), app.log_head());
    let mut loaded = Vec::new();
    let found = load::load(app.target(), &mut |change| loaded.push(change)).unwrap();
    assert_eq!((found.position.seq, found.unfit), (app.log_head(), 0));
    let followed = app.index().changes_of(&mut app.db(), &app.changes_after(0)).unwrap();
    let (loaded, followed) = (in_the_end(loaded), in_the_end(followed));
    assert_eq!(loaded.len(), followed.len());
    for (key, change) in &loaded {
        assert_eq!(Some(change), followed.get(key), "{key:?}");
    }
    assert_eq!(app.index().state().errors, 0);
}

#[test]
fn the_tables_and_the_log_say_the_same() {
    let app = TestApp::start();
    a_market(&app);
    tables_and_log_agree(&app);
}

#[test]
fn the_tables_and_the_log_of_the_founding_case_say_the_same() {
    let app = TestApp::start();
    app.load_demo();
    tables_and_log_agree(&app);
}

#[test]
fn a_pack_that_is_stated_anew_changes_what_was_promised_in_it() {
    let app = TestApp::start();
    let mou = Id::parse(&a_market(&app)[4].id).unwrap();
    let changes: Vec<_> = app.changes_after(0);
    let promised: Vec<_> = app
        .index()
        .changes_of(&mut app.db(), &changes[changes.len() - 1..])
        .unwrap()
        .into_iter()
        .filter_map(|change| match change {
            Change::Mou(record) if record.id == mou => {
                Some(record.promises.iter().map(|(_, promise)| promise.quantity).collect::<Vec<_>>())
            }
            _ => None,
        })
        .collect();
    // Ten boxes of 15 kg, and 3 t.
    assert_eq!(promised, [[150_000, 3_000_000]]);
}

#[test]
fn an_index_that_is_built_anew_has_what_the_old_one_had() {
    let app = TestApp::start();
    a_market(&app);
    let (sizes, applied) = (app.index().sizes(), app.index().applied());
    let answers = || {
        let of = |path: &str| app.get(path).send().expect(200).json();
        [
            of("/v1/products?sort=price&facets=province,group,stars,certificate,producer_kind,month,price"),
            of("/v1/offers?sort=quantity&facets=month"),
        ]
    };
    let before = answers();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (0..20).for_each(|_| drop(a_producer(&app).create())));
        // Readers go on meanwhile, with all that is there.
        let (answers, before) = (&answers, &before);
        let reader = scope.spawn(move || {
            while !writer.is_finished() {
                assert_eq!(&answers(), before);
            }
        });
        for _ in 0..3 {
            app.index().rebuild().unwrap();
        }
        reader.join().unwrap();
    });
    assert!(app.index().applied() > applied);
    assert_eq!(app.index().applied(), app.log_head());
    assert_eq!(app.index().state().rebuilds, 3);
    assert_eq!((app.index().sizes().products, app.index().sizes().offers), (sizes.products, sizes.offers));
    assert_eq!(answers(), before);
    assert!(before.iter().all(|answer| answer["total"].as_u64() > Some(0)), "there is something to compare: {before:?}");
}

#[test]
fn a_change_that_cannot_be_read_stops_nothing() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    for (entity, id, body) in
        [("product", "prd_1", "{}"), ("offer", "ofr_1", "[1"), ("volcano", "vol_1", "{}"), ("demand", "dmd_1", "null")]
    {
        execute(
            &app,
            &format!(
                "UPDATE feed_head SET head = head + 1;
                 INSERT INTO changes (seq, recorded_at, entity, entity_id, version, operation, actor_role, origin, body)
                 SELECT head, '2026-11-23 05:00:00', '{entity}', '{id}', 1, 'create', 'system', 'TEST', '{body}' FROM feed_head"
            ),
        );
    }
    a_product(&app, &producer).create();
    assert_eq!(app.index().applied(), app.log_head());
    // What the index has no use for is no error.
    assert_eq!(app.index().state().errors, 3);
    let metrics = app.get("/metrics").send().expect(200).text;
    assert!(metrics.contains("cungcau_index_errors_total 3\n"), "{metrics}");
    assert!(metrics.contains(&format!("cungcau_index_applied_seq {}\n", app.log_head())), "{metrics}");
    assert!(metrics.contains("cungcau_index_head_lag 0\n"), "{metrics}");
}

#[test]
fn a_server_is_alive_before_its_index_is_built_and_ready_after() {
    let app = TestApp::start_without_index();
    app.get("/healthz").send().expect(200);
    let refused = app.get("/readyz").send().expect(503);
    assert_eq!(refused.json()["detail"], "The index is being built.");
    assert!(app.index().read().is_err());
    // It is written to meanwhile.
    a_producer(&app).create();
    assert_eq!(app.index().applied(), 0);
    app.get("/metrics").send().expect(200);
    app.build_index();
    app.get("/readyz").send().expect(200);
    assert!(app.index().read().is_ok());
    assert_eq!(app.index().applied(), app.log_head());
    assert_eq!(app.index().state().rebuilds, 0);
}

#[test]
fn a_database_that_was_restored_is_read_anew() {
    let app = TestApp::start();
    a_producer(&app).create();
    let kept = app.log_head();
    a_producer(&app).create();
    execute(&app, &format!("DELETE FROM changes WHERE seq > {kept}; UPDATE feed_head SET head = {kept}"));
    soon("a rebuild", || app.index().state().rebuilds > 0);
    assert_eq!(app.index().applied(), kept);
    a_product(&app, &a_producer(&app).create()).create();
    assert_eq!(app.index().applied(), app.log_head());
}

#[test]
fn a_hole_in_the_log_is_passed_by_a_new_index() {
    let app = TestApp::start();
    a_producer(&app).create();
    execute(&app, "UPDATE feed_head SET head = head + 1");
    let producer = a_producer(&app).create();
    soon("a rebuild", || app.index().state().rebuilds > 0);
    a_product(&app, &producer).create();
    assert_eq!(app.index().applied(), app.log_head());
}

#[test]
fn what_the_command_line_writes_beside_the_server_is_followed() {
    let app = TestApp::start();
    app.admin();
    let head = app.log_head();
    soon("the key's change", || app.index().applied() == head);
}

#[test]
fn the_index_is_todays() {
    let app = TestApp::start();
    let today = || app.index().read().unwrap().today();
    let first = today();
    assert_eq!(i64::from(first), (day_of(instant(START)) - "1970-01-01".parse::<chrono::NaiveDate>().unwrap()).num_days());
    app.set_clock("2026-11-23 16:59:59");
    assert_eq!(today(), first);
    // Midnight in Viet Nam.
    app.set_clock("2026-11-23 17:00:00");
    assert_eq!(today(), first + 1);
}

#[test]
fn a_second_server_has_what_the_first_one_wrote() {
    let app = TestApp::start();
    let Some(second) = app.second_server() else { return };
    for _ in 0..20 {
        a_producer(&app).create();
        let head = app.log_head();
        soon("the first one's producer", || second.index().applied() >= head);
        a_producer(&second).create();
        let head = app.log_head();
        assert_eq!(second.index().applied(), head);
        soon("the second one's producer", || app.index().applied() >= head);
    }
    assert_eq!((app.index().state().rebuilds, second.index().state().rebuilds), (0, 0));
}

fn applied(server: &Server) -> i64 {
    server.metric("cungcau_index_applied_seq")
}

#[test]
fn two_processes_follow_each_other_and_one_that_was_killed_is_the_same_again() {
    let place = Place::new();
    let first = place.serve();
    let key = admin_key(&place);
    let write = |server: &Server| drop(server.post("/v1/producers", &a_body("Hợp tác xã")).key(&key).send().expect(201));
    write(&first);
    let head = applied(&first);
    assert_eq!(first.metric("cungcau_index_errors_total"), 0);
    if let cungcau::db::Target::Postgres(_) = place.target() {
        let second = place.serve();
        assert_eq!(applied(&second), head);
        write(&second);
        soon("what the other process wrote", || applied(&first) > head);
        write(&first);
        soon("what the other process wrote", || applied(&second) > head + 1);
        assert_eq!(applied(&first), applied(&second));
    }
    let before = applied(&first);
    first.signal("KILL");
    drop(first);
    let again = place.serve();
    assert_eq!(applied(&again), before);
    write(&again);
    assert!(applied(&again) > before);
}

/// What is answered from memory of a made-up register: searches with every count, matches from both sides, a pair, readiness.
fn answers(server: &Server) -> Vec<(String, String)> {
    const FACETS: &str = "facets=province,group,stars,certificate,producer_kind,month,price";
    let list = |path: &str| server.get(path).send().expect(200).ids();
    let (demands, offers, producers) = (list("/v1/demands?limit=5"), list("/v1/offers?limit=5"), list("/v1/producers?limit=5"));
    let mut paths: Vec<String> = ["relevance", "price", "quantity", "stars", "newest", "distance"]
        .iter()
        .flat_map(|sort| ["products", "offers"].map(|of| format!("/v1/{of}?{FACETS}&near=Cần Thơ&sort={sort}")))
        .collect();
    paths.extend(["gạo", "tra", "mắm"].map(|typed| format!("/v1/products?q={typed}&{FACETS}")));
    paths.extend(demands.iter().map(|id| format!("/v1/demands/{id}/matches?near_misses=20")));
    paths.extend(offers.iter().map(|id| format!("/v1/offers/{id}/matches")));
    paths.extend(demands.iter().zip(&offers).map(|(demand, offer)| format!("/v1/demands/{demand}/matches/{offer}")));
    paths.extend(producers.iter().map(|id| format!("/v1/producers/{id}/readiness")));
    let body = |path: String| {
        let body = server.get(&path).send().expect(200).json().to_string();
        (path, body)
    };
    paths.into_iter().map(body).collect()
}

#[test]
fn a_process_that_was_killed_answers_the_same_again_and_so_does_another() {
    let place = Place::new();
    let made = place
        .command(&["demo-data", "--producers", "60", "--products", "120", "--offers", "150", "--demands", "40", "--seed", "7"])
        .status();
    assert!(made.unwrap().success());
    let first = place.serve();
    let key = admin_key(&place);
    // What came change by change, and not from the tables at the start.
    let offers = first.get("/v1/offers?limit=2").send().expect(200).ids();
    let (changed, closed) = (&offers[0], &offers[1]);
    let path = format!("/v1/offers/{changed}");
    let etag = first.get(&path).key(&key).send().expect(200).etag();
    let change = json!({"quantity": "7", "unit": "TAN"});
    first
        .request("PATCH", &path)
        .key(&key)
        .header("If-Match", &etag)
        .header("Content-Type", "application/merge-patch+json")
        .json(&change)
        .send()
        .expect(200);
    first.post(&format!("/v1/offers/{closed}/close"), &json!({})).key(&key).send().expect(200);
    let before = answers(&first);
    assert!(before.iter().any(|(path, body)| path.ends_with("near_misses=20") && body.contains("\"items\":[{")), "some demand has a match");
    if let cungcau::db::Target::Postgres(_) = place.target() {
        let second = place.serve();
        assert_eq!(answers(&second), before);
    }
    first.signal("KILL");
    drop(first);
    assert_eq!(answers(&place.serve()), before);
}
