//! `cungcau demo-data`: a register that the API could have made, record by record.

use crate::support::{Database, TestApp};
use cungcau::certificates::Certificates;
use cungcau::copy::copy;
use cungcau::db::Target;
use cungcau::demands::Demands;
use cungcau::demo_data::{Plan, fill};
use cungcau::facilities::Facilities;
use cungcau::http::collection::Collection;
use cungcau::log::{Change, Operation};
use cungcau::offers::Offers;
use cungcau::organisations::Organisations;
use cungcau::products::Products;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashMap;

fn plan(counts: [usize; 4]) -> Plan {
    Plan::new(counts, 7, "2026-11-23".parse().unwrap())
}

fn filled(counts: [usize; 4]) -> (Database, i64) {
    let database = Database::fresh();
    let head = fill(plan(counts), &database.target, Some("TEST")).unwrap();
    (database, head)
}

#[test]
fn a_filled_register_has_a_gapless_log_and_answers_like_any_other() {
    let (database, head) = filled([500, 500, 500, 500]);
    let app = TestApp::start_on(database);
    assert_eq!(app.log_head(), head);
    let changes = app.changes_after(0);
    assert_eq!(changes.iter().map(|change| change.seq).collect::<Vec<_>>(), (1..=head).collect::<Vec<_>>());
    assert!(changes.iter().all(|change| change.operation == Operation::Create && change.version == 1 && change.body.is_some()));
    for (path, n) in [("products", 500), ("offers", 500), ("demands", 500), ("organisations", 550)] {
        let entity = path.trim_end_matches('s');
        let of_entity: Vec<&Change> = changes.iter().filter(|change| change.entity == entity).collect();
        assert_eq!(of_entity.len(), n, "{path}");
        let list = app.get(&format!("/v1/{path}?limit=100&sort=-created")).send().json();
        let newest: Vec<&str> = list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        let mut ids: Vec<&str> = of_entity.iter().map(|change| change.entity_id.as_str()).collect();
        ids.sort_unstable();
        ids.reverse();
        assert_eq!(newest, ids[..100], "{path}");
        let id = ids[0];
        assert_eq!(app.get(&format!("/v1/{path}/{id}")).send().status, 200);
        let history = app.get(&format!("/v1/{path}/{id}/history")).key(&app.admin()).send().json();
        assert_eq!((history["items"].as_array().unwrap().len(), &history["items"][0]["operation"]), (1, &"create".into()), "{path}");
    }
    // The next record takes the next number.
    let admin = app.admin();
    let head = app.log_head();
    app.post(
        "/v1/organisations",
        serde_json::json!({"name": "Sau cùng (minh họa)", "legal_form": "cooperative", "province": "92", "illustrative": true}),
    )
    .key(&admin)
    .send()
    .expect(201);
    assert_eq!(app.log_head(), head + 1);
}

#[test]
fn a_filled_register_can_be_copied_and_is_not_filled_again() {
    let (database, head) = filled([50, 80, 80, 30]);
    let folder = tempfile::tempdir().unwrap();
    let file = Target::Sqlite(folder.path().join("there.db"));
    let copied = copy(&database.target, &file).unwrap();
    let rows = |table: &str| copied.iter().find(|(name, _)| name == table).unwrap().1;
    assert_eq!(rows("changes"), usize::try_from(head).unwrap());
    assert_eq!((rows("producers"), rows("products"), rows("offers"), rows("demands")), (50, 80, 80, 30));
    let refused = fill(plan([1, 1, 1, 1]), &file, None).unwrap_err().to_string();
    assert!(refused.starts_with("the register is not empty"), "{refused}");
}

#[test]
fn a_new_file_waits_for_the_disk_again_once_it_is_filled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep").join("new.db");
    let file = Target::Sqlite(path.clone());
    fill(plan([20, 20, 20, 20]), &file, None).unwrap();
    let log = path.with_extension("db-wal");
    assert!(!log.exists() || log.metadata().unwrap().len() == 0, "everything is in the file itself");
}

/// The body that would make the record of an entry, with its collection.
fn body_of(change: &Change) -> (&'static str, Value) {
    fn new<C: Collection>(body: &str) -> (&'static str, Value)
    where
        C::Record: DeserializeOwned,
    {
        let record: C::Record = serde_json::from_str(body).unwrap();
        (C::SPEC.name, serde_json::to_value(C::to_new(&record)).unwrap())
    }
    let body = change.body.as_deref().unwrap();
    match change.entity.as_str() {
        "organisation" => new::<Organisations>(body),
        "facility" => new::<Facilities>(body),
        "product" => new::<Products>(body),
        "certificate" => new::<Certificates>(body),
        "offer" => new::<Offers>(body),
        "demand" => new::<Demands>(body),
        other => panic!("{other} is not made up"),
    }
}

/// `value` with every id of `ids` replaced.
fn renamed(value: Value, ids: &HashMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(ids.get(&text).cloned().unwrap_or(text)),
        Value::Array(items) => items.into_iter().map(|item| renamed(item, ids)).collect(),
        Value::Object(members) => Value::Object(members.into_iter().map(|(name, value)| (name, renamed(value, ids))).collect()),
        other => other,
    }
}

/// A stored record without what the register gives it.
fn stated(change: &Change) -> Value {
    let mut body: Value = serde_json::from_str(change.body.as_deref().unwrap()).unwrap();
    let members = body.as_object_mut().unwrap();
    for given in ["id", "created_at", "updated_at"] {
        members.shift_remove(given);
    }
    body
}

#[test]
fn the_api_takes_every_record_and_stores_the_same() {
    let (database, _) = filled([60, 110, 120, 60]);
    let made_up = TestApp::start_on(database).changes_after(0);
    let app = TestApp::start();
    // The day on which all of it was registered.
    app.set_clock("2026-11-22 05:00:00");
    let admin = app.admin();
    let mut ids: HashMap<String, String> = HashMap::new();
    for change in &made_up {
        let (collection, body) = body_of(change);
        let answer = app.post(&format!("/v1/{collection}"), renamed(body, &ids)).key(&admin).send();
        assert_eq!(answer.status, 201, "{}: {}", change.body.as_deref().unwrap(), answer.json());
        ids.insert(change.entity_id.clone(), answer.json()["id"].as_str().unwrap().to_owned());
    }
    let stored: HashMap<String, Change> = app.changes_after(0).into_iter().map(|change| (change.entity_id.clone(), change)).collect();
    for change in &made_up {
        assert_eq!(renamed(stated(change), &ids), stated(&stored[&ids[&change.entity_id]]));
    }
}
