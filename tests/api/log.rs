//! The change log: one numbered entry for every mutation, in its transaction, without gaps.

use crate::support::document::collections;
use crate::support::{START, TestApp, Value, a_buyer, a_producer, count, instant, json, seeds};
use cungcau::log::{Change, Operation};
use std::sync::atomic::{AtomicBool, Ordering};

/// Collections that show a part of another one's records: deleting there takes the part away.
const PARTS: [&str; 3] = ["producers", "buyers", "agencies"];

/// What a mutation is to write: entity, operation, version.
type Entry = (String, &'static str, i64);

fn said(changes: &[Change]) -> Vec<Entry> {
    let mut said: Vec<Entry> = changes.iter().map(|change| (change.entity.clone(), change.operation.as_str(), change.version)).collect();
    said.sort();
    said
}

/// Takes the changes since the last call and holds them against what is expected.
fn expect(app: &TestApp, head: &mut i64, key: &str, what: &str, expected: &[Entry]) -> Vec<Change> {
    let changes = app.changes_after(*head);
    let mut sorted = expected.to_vec();
    sorted.sort();
    assert_eq!(said(&changes), sorted, "{what}");
    for change in &changes {
        *head += 1;
        assert_eq!(change.seq, *head, "{what}: a gap");
        assert_eq!(change.actor_key_id.as_deref(), Some(key), "{what}");
        assert_eq!((change.actor_role.as_str(), change.origin.as_str()), ("admin", "TEST"), "{what}");
        assert_eq!(change.recorded_at, instant(START), "{what}");
        assert_eq!(change.body.is_none(), change.operation == Operation::Delete, "{what}");
        if let (Some(body), false) = (&change.body, change.entity == "ref") {
            let body: Value = serde_json::from_str(body).unwrap();
            assert_eq!((&body["id"], &body["version"]), (&json!(change.entity_id), &json!(change.version)), "{what}");
        }
    }
    assert_eq!(app.log_head(), *head, "{what}");
    changes
}

/// The entity of a collection's changes.
fn entity(collection: &str) -> String {
    match collection {
        "organisations" | "producers" | "buyers" | "agencies" => "organisation".to_owned(),
        "facilities" => "facility".to_owned(),
        other => other.trim_end_matches('s').replace('-', "_"),
    }
}

#[test]
fn every_mutation_of_every_collection_writes_its_change() {
    let app = TestApp::start();
    let admin = app.admin();
    let key = format!("key_{}", admin.split('_').nth(2).unwrap());
    for collection in collections() {
        let body = seeds(&app, &collection, 1).remove(0).body;
        let mut head = app.log_head();
        let of_record = |operation, version| (entity(&collection), operation, version);
        let of_ref = |operation, version| ("ref".to_owned(), operation, version);
        let gone = if PARTS.contains(&collection.as_str()) { "update" } else { "delete" };
        let path = format!("/v1/{collection}");
        let mut check = |what: &str, expected: &[Entry]| expect(&app, &mut head, &key, &format!("{collection}: {what}"), expected);

        let made = app.post(&path, body.clone()).key(&admin).send().expect(201);
        let changes = check("create", &[of_record("create", 1)]);
        assert_eq!(changes[0].entity_id, made.id());
        let item = format!("{path}/{}", made.id());
        let patched = app.patch(&item, &made.etag(), json!({"illustrative": false})).key(&admin).send().expect(200);
        check("patch", &[of_record("update", 2)]);
        app.patch(&item, &patched.etag(), json!({"illustrative": false})).key(&admin).send().expect(200);
        check("a patch that changes nothing", &[]);
        app.delete(&item, &patched.etag()).key(&admin).send().expect(204);
        check("delete", &[of_record(gone, 3)]);

        let by_ref = format!("{path}/by-ref/log/1");
        app.put(&by_ref, body.clone()).key(&admin).send().expect(201);
        check("the first put", &[of_record("create", 1), of_ref("create", 1)]);
        app.put(&by_ref, body.clone()).key(&admin).send().expect(200);
        check("the same put again", &[]);
        let mut other = body.clone();
        other["illustrative"] = json!(false);
        let put = app.put(&by_ref, other).key(&admin).send().expect(200);
        check("another put", &[of_record("update", 2)]);
        app.delete(&format!("{path}/{}", put.id()), &put.etag()).key(&admin).send().expect(204);
        check("delete of what was put", &[of_record(gone, 3), of_ref("delete", 2)]);
        app.put(&by_ref, body.clone()).key(&admin).send().expect(201);
        check("a put under the freed key", &[of_record("create", 1), of_ref("create", 3)]);

        app.post(&format!("{path}/batch"), json!({"items": [body, body, body]})).key(&admin).send().expect(200);
        check("a batch", &[of_record("create", 1), of_record("create", 1), of_record("create", 1)]);
        let answer = app.post(&format!("{path}/batch?on_error=skip"), json!({"items": [{}, body]})).key(&admin).send().expect(200);
        assert_eq!(answer.json()["created"], 1);
        check("a batch that skipped", &[of_record("create", 1)]);
        app.post(&format!("{path}/batch"), json!({"items": [body, {}]})).key(&admin).send().expect(422);
        check("a batch that was refused", &[]);
    }
}

#[test]
fn adding_and_taking_a_profile_is_one_change_of_the_organisation() {
    let app = TestApp::start();
    let admin = app.admin();
    let buyer = a_buyer(&app).create();
    let head = app.log_head();
    let path = format!("/v1/organisations/{}/producer", buyer.id);
    let made = app.put(&path, json!({"kind": "enterprise"})).key(&admin).header("If-Match", &buyer.etag).send().expect(200);
    app.delete(&format!("/v1/producers/{}", buyer.id), &made.etag()).key(&admin).send().expect(204);
    let changes = app.changes_after(head);
    assert_eq!(said(&changes), [("organisation".to_owned(), "update", 2), ("organisation".to_owned(), "update", 3)]);
    let has_producer = |change: &Change| change.body.as_deref().is_some_and(|body| body.contains("\"producer\""));
    assert!(has_producer(&changes[0]) && !has_producer(&changes[1]));
}

#[test]
fn a_change_tells_who_acted_for_whom() {
    let app = TestApp::start();
    let producer = a_producer(&app).by(&app.officer("92")).create();
    let key = app.producer(&producer);
    app.patch(&producer.path, &producer.etag, json!({"address": "Số 1"})).key(&key).send().expect(200);
    let changes: Vec<Change> = app.changes_after(0).into_iter().filter(|change| change.entity == "organisation").collect();
    let actors: Vec<(&str, Option<&str>)> =
        changes.iter().map(|change| (change.actor_role.as_str(), change.actor_organisation_id.as_deref())).collect();
    assert_eq!(actors, [("officer", None), ("producer", Some(producer.id.as_str()))]);
}

#[test]
fn no_change_holds_a_secret_or_a_personal_value() {
    let app = TestApp::start();
    let admin = app.admin();
    let secret = admin.split('_').nth(3).unwrap();
    let body = a_producer(&app)
        .with(json!({"legal_form": "household_business", "tax_code": "094085001234", "producer": {"kind": "household_business"}}))
        .into_body();
    app.put("/v1/producers/by-ref/a/1", body.clone()).key(&admin).header("Idempotency-Key", "k").send().expect(201);
    let mut other = body;
    other["tax_code"] = json!("094085009999");
    app.put("/v1/producers/by-ref/a/1", other).key(&admin).send().expect(200);
    for (table, column) in
        [("changes", "body"), ("idempotency_keys", "body"), ("organisations", "personal_code_digest"), ("keys", "digest")]
    {
        for value in ["094085001234", "094085009999", secret] {
            let found = count(&mut app.db(), &format!("SELECT count(*) AS n FROM {table} WHERE {column} LIKE '%{value}%'"));
            assert_eq!(found, 0, "{value} in {table}.{column}");
        }
    }
    let of_key: Vec<String> = app.changes_after(0).into_iter().filter(|c| c.entity == "key").filter_map(|c| c.body).collect();
    assert_eq!(of_key.len(), 1);
    assert!(!of_key[0].contains("digest"), "{}", of_key[0]);
    assert_eq!(count(&mut app.db(), "SELECT count(*) AS n FROM personal_codes WHERE personal_code = '094085009999'"), 1);
}

#[test]
fn numbers_have_no_gaps_and_are_never_seen_out_of_order_under_eight_writers() {
    let app = TestApp::start();
    // On PostgreSQL the writers are spread over two servers.
    let other = app.second_server();
    let admin = app.admin();
    let body = a_producer(&app).into_body();
    let done = AtomicBool::new(false);
    let seen: Vec<i64> = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            use cungcau::db::schema::changes;
            use diesel::prelude::*;
            let mut db = app.db();
            let mut seen: Vec<i64> = Vec::new();
            loop {
                let last_round = done.load(Ordering::Acquire);
                let cursor = seen.last().copied().unwrap_or(0);
                let page: Vec<i64> =
                    changes::table.filter(changes::seq.gt(cursor)).order(changes::seq).select(changes::seq).load(&mut db).unwrap();
                seen.extend(page);
                if last_round {
                    return seen;
                }
            }
        });
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let app = other.as_ref().filter(|_| writer % 2 == 1).unwrap_or(&app);
                let (admin, body) = (&admin, &body);
                scope.spawn(move || {
                    for round in 0..12 {
                        match (writer + round) % 4 {
                            // Refused: takes no number.
                            0 => drop(app.post("/v1/producers", json!({"name": ""})).key(admin).send().expect(400)),
                            1 => drop(app.post("/v1/producers/batch", json!({"items": [body, body, body]})).key(admin).send().expect(200)),
                            2 => drop(app.post("/v1/producers?validate_only=true", body.clone()).key(admin).send().expect(200)),
                            _ => drop(app.post("/v1/producers", body.clone()).key(admin).send().expect(201)),
                        }
                    }
                })
            })
            .collect();
        let written: Vec<_> = writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        // Also when a writer failed: the reader would never end.
        done.store(true, Ordering::Release);
        for written in written {
            written.unwrap();
        }
        reader.join().unwrap()
    });
    // The administrator's key, and of 12 rounds of 8 writers a quarter each of 3 records and of 1.
    assert_eq!(app.log_head(), 1 + 24 * 3 + 24);
    assert_eq!(seen, (1..=app.log_head()).collect::<Vec<_>>(), "a reader that asks for what follows its cursor misses nothing");
}

#[test]
fn a_record_is_told_as_the_register_knew_it_at_an_instant() {
    let app = TestApp::start();
    let admin = app.admin();
    let made = a_producer(&app).named("Một").create();
    app.set_clock("2026-11-24 05:00:00");
    let second = app.patch(&made.path, &made.etag, json!({"name": "Hai"})).key(&admin).send().expect(200);
    app.set_clock("2026-11-25 05:00:00");
    app.patch(&made.path, &second.etag(), json!({"name": "Ba"})).key(&admin).send().expect(200);
    for (at, name) in [
        ("2026-11-23T04:59:59.999999Z", None),
        ("2026-11-23T05:00:00Z", Some("Một")),
        // The same instant by the clock of Viet Nam.
        ("2026-11-24T11:59:59%2B07:00", Some("Một")),
        ("2026-11-24T12:00:00%2B07:00", Some("Hai")),
        ("2026-11-25T04:59:59Z", Some("Hai")),
        ("2026-11-25T05:00:00Z", Some("Ba")),
        ("2030-01-01T00:00:00Z", Some("Ba")),
    ] {
        let answer = app.get(&format!("{}?at={at}", made.path)).send();
        match name {
            None => drop(answer.expect(404)),
            Some(name) => assert_eq!(answer.expect(200).json()["name"], name, "{at}"),
        }
    }
    // What follows from dates is that day's, unless another day is asked.
    let of_day = app.get(&format!("{}?at=2026-11-23T12:00:00Z", made.path)).send().expect(200);
    assert!(of_day.etag().starts_with("\"v1-2026-11-23-p-"), "{}", of_day.etag());
    let of_2020 = app.get(&format!("{}?at=2026-11-23T12:00:00Z&as_of=2020-10-27", made.path)).send().expect(200);
    assert!(of_2020.etag().starts_with("\"v1-2020-10-27-p-"), "{}", of_2020.etag());
    for bad in ["yesterday", "2026-11-23", "2026-11-23T12:00:00"] {
        let refused = app.get(&format!("{}?at={bad}", made.path)).send().expect(400);
        assert_eq!(refused.fault_codes(), [("?at".into(), "not_an_instant".into())], "{bad}");
    }
}
