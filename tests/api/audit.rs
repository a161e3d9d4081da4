//! The audit log: what stands in it, who reads it, and that whatever is done to it shows.

use crate::contacts::{a_person, make};
use crate::support::process::Place;
use crate::support::{
    Record, TestApp, Value, a_buyer, a_certificate, a_demand, a_facility, a_mou, a_producer, a_product, a_star_proposal, an_agency,
    an_event, an_offer, assert_refused, execute, json,
};
use cungcau::audit::{self, Finding};
use std::time::Duration;

/// The rows that `query` chooses, oldest first.
fn rows(app: &TestApp, query: &str) -> Vec<Value> {
    app.get(&format!("/v1/audit?sort=created&limit=100&{query}")).key(&app.auditor()).send().expect(200).items()
}

fn findings(app: &TestApp) -> Vec<Finding> {
    audit::verify(&mut app.db(), "TEST", None, &[]).unwrap().findings
}

/// Some mutations, all sealed; how many rows there are.
fn filled(app: &TestApp) -> i64 {
    for _ in 0..4 {
        a_producer(app).create();
    }
    let all = rows(app, "");
    all.last().unwrap()["seq"].as_i64().unwrap()
}

#[test]
fn every_mutation_stands_in_it_with_who_did_it() {
    let app = TestApp::start();
    let officer = app.officer("92");
    let event = an_event(&app).by(&officer).create();
    let patched = app.patch(&event.path, &event.etag, json!({"venue": "Trung tâm hội nghị"})).key(&officer).send().expect(200);
    app.delete(&event.path, &patched.etag()).key(&officer).send().expect(204);
    let found = rows(&app, &format!("entity_id={}", event.id));
    let key = found[0]["actor_key_id"].as_str().unwrap();
    assert!(officer.contains(key.trim_start_matches("key_")), "the officer's key: {key}");
    let told: Vec<_> = found.iter().map(|row| (&row["action"], &row["version"], &row["actor_role"], &row["entity"])).collect();
    let entity = json!("event");
    assert_eq!(
        told,
        [
            (&json!("create"), &json!(1), &json!("officer"), &entity),
            (&json!("update"), &json!(2), &json!("officer"), &entity),
            (&json!("delete"), &json!(3), &json!("officer"), &entity),
        ]
    );
    assert_eq!(rows(&app, &format!("key={key}")).len(), 3);
    assert_eq!(rows(&app, &format!("key={key}&action=delete")), found[2..]);
    // Each change of the register has its row, in the order of their numbers.
    let changes: Vec<i64> = rows(&app, "").iter().filter_map(|row| row["first_change"].as_i64()).collect();
    assert_eq!(changes, (1..=app.log_head()).collect::<Vec<_>>());
    assert_eq!(findings(&app), []);
}

#[test]
fn whatever_is_about_an_organisation_is_found_by_it_whoever_did_it() {
    let app = TestApp::start();
    let (admin, officer) = (app.admin(), app.officer("92"));
    let (producer, buyer, agency) = (a_producer(&app).create(), a_buyer(&app).create(), an_agency(&app).create());
    let stranger = a_producer(&app).named("Người ngoài").create();
    let product = a_product(&app, &producer).by(&officer).create();
    let offer = an_offer(&app, &product).create();
    let demand = a_demand(&app, &buyer).create();
    let facility = a_facility(&app, &producer).create();
    let certificate = a_certificate(&app, "HACCP", &producer).with(json!({"facility_id": facility.id})).create();
    let proposal = a_star_proposal(&app, &product, &agency).create();
    let contact = make(&app, &producer, a_person());
    let contact = contact.rsplit('/').next().unwrap().to_owned();
    let event = an_event(&app).with(json!({"organiser_id": agency.id})).create();
    let mou = a_mou(&app).of_producer(&producer).with_buyer(&buyer).create();
    let draft = a_mou(&app).of_producer(&producer).with_buyer(&buyer).draft().create();
    let own = app.producer(&producer);
    let introduction =
        app.post("/v1/introductions", json!({"demand_id": demand.id, "offer_id": offer.id})).key(&own).send().expect(201).id();
    let referred = app.put("/v1/products/by-ref/kho/17", a_product(&app, &producer).named("Bánh pía").into_body()).key(&admin).send();
    let referred = referred.expect(201).id();
    let of = |organisation: &Record| -> Vec<(String, String)> {
        let found = rows(&app, &format!("organisation={}", organisation.id));
        let word = |row: &Value, name: &str| row[name].as_str().unwrap_or("-").to_owned();
        found.iter().map(|row| (word(row, "action"), word(row, "entity_id"))).collect()
    };
    let entry = |action: &str, id: &str| (action.to_owned(), id.to_owned());
    let created = |ids: &[&str]| ids.iter().map(|id| entry("create", id)).collect::<Vec<_>>();
    let key = rows(&app, &format!("organisation={}&entity=key", producer.id))[0]["entity_id"].as_str().unwrap().to_owned();
    let of_producer = created(&[
        &producer.id,
        &product.id,
        &offer.id,
        &facility.id,
        &certificate.id,
        &proposal.id,
        &contact,
        &mou.id,
        &draft.id,
        &key,
        &introduction,
        &referred,
        "products/kho/17",
    ]);
    assert_eq!(of(&producer), of_producer);
    assert_eq!(of(&buyer), created(&[&buyer.id, &demand.id, &mou.id, &draft.id, &introduction]));
    assert_eq!(of(&agency), created(&[&agency.id, &event.id]));
    assert_eq!(of(&stranger), created(&[&stranger.id]));
    // Deletions, where nothing but the log knows any longer whose it was; sealed together, and one after the other.
    for (path, etag) in
        [(&proposal.path, &proposal.etag), (&offer.path, &offer.etag), (&product.path, &product.etag), (&draft.path, &draft.etag)]
    {
        app.delete(path, etag).key(&admin).send().expect(204);
    }
    app.delete(&format!("/v1/products/{referred}"), "*").key(&admin).send().expect(204);
    app.delete(&format!("/v1/organisations/{}/contacts/{contact}", producer.id), "*").key(&officer).send().expect(204);
    let ids = [&proposal.id, &offer.id, &product.id, &draft.id];
    let mut gone: Vec<(String, String)> = ids.iter().map(|id| entry("delete", id)).collect();
    gone.extend([entry("delete", "products/kho/17"), entry("delete", &referred), entry("delete", &contact)]);
    let mut found = of(&producer).split_off(of_producer.len());
    gone.sort();
    found.sort();
    assert_eq!(found, gone);
    assert!(of(&buyer).contains(&entry("delete", &draft.id)));
    for paper in [&certificate, &facility] {
        app.delete(&paper.path, &paper.etag).key(&admin).send().expect(204);
        assert!(of(&producer).contains(&entry("delete", &paper.id)));
    }
    // What its key tried counts as well.
    app.post("/v1/keys", json!({})).key(&own).send().expect(403);
    let tried = rows(&app, &format!("organisation={}&action=refuse", producer.id));
    assert_eq!((tried.len(), &tried[0]["actor_organisation_id"], &tried[0]["operation"]), (1, &json!(producer.id), &json!("create_key")));
    assert_eq!(findings(&app), []);
    // The hash covers whose it is.
    execute(&app, &format!("UPDATE audit SET organisation_id = '{}' WHERE entity_id = '{}'", stranger.id, product.id));
    assert!(findings(&app).iter().any(|finding| matches!(finding, Finding::Altered { .. })));
}

#[test]
fn auditors_and_administrators_alone_read_it() {
    let app = TestApp::start();
    let (producer, buyer) = (a_producer(&app).create(), a_buyer(&app).create());
    for path in ["/v1/audit", "/v1/audit/export", "/v1/audit/export.csv"] {
        app.get(path).send().expect(401);
        for key in [app.officer("92"), app.producer(&producer), app.buyer(&buyer), app.partner()] {
            app.get(path).key(&key).send().expect(403);
        }
        for key in [app.auditor(), app.admin()] {
            let answer = app.get(path).key(&key).send().expect(200);
            assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        }
    }
}

#[test]
fn refusals_are_counted_by_operation_reason_and_key() {
    let app = TestApp::start();
    let (producer, buyer) = (a_producer(&app).create(), a_buyer(&app).create());
    let draft = a_mou(&app).of_producer(&producer).with_buyer(&buyer).draft().create();
    let stranger = app.buyer(a_buyer(&app).create());
    for _ in 0..3 {
        app.post("/v1/keys", json!({})).key(&stranger).send().expect(403);
        app.get(&draft.path).key(&stranger).send().expect(404);
    }
    // Nothing is there: that is no refusal.
    app.get("/v1/mous/mou_00000000000000000000000000").key(&stranger).send().expect(404);
    app.post("/v1/keys", json!({})).send().expect(401);
    app.get("/v1/producers").key("cc_live_none").send().expect(401);
    let found = rows(&app, "action=refuse");
    let mut told: Vec<_> = found
        .iter()
        .map(|row| {
            let word = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
            (word("operation"), word("code"), word("actor_role"), row["times"].as_i64().unwrap())
        })
        .collect();
    told.sort();
    let row = |operation: &str, code: &str, role: &str, times| (operation.to_owned(), code.to_owned(), role.to_owned(), times);
    assert_eq!(
        told,
        [
            row("create_key", "forbidden", "buyer", 3),
            row("create_key", "unauthenticated", "anonymous", 1),
            row("get_mou", "hidden", "buyer", 3),
            row("list_producers", "unauthenticated", "anonymous", 1),
        ]
    );
    assert_eq!(rows(&app, "action=refuse&code=hidden&operation=get_mou").len(), 1);
    assert_eq!(findings(&app), []);
}

#[test]
fn the_pages_of_the_audit_log_are_walked_and_filtered_by_time() {
    let app = TestApp::start();
    let last = filled(&app);
    let auditor = app.auditor();
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.get(&format!("/v1/audit?limit=3&action=create{cursor}")).key(&auditor).send().expect(200);
        seen.extend(page.items().iter().map(|row| row["seq"].as_i64().unwrap()));
        match page.json()["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert!(seen.len() >= usize::try_from(last).unwrap() && seen.is_sorted_by(|a, b| a > b), "newest first, each once: {seen:?}");
    app.get("/v1/audit?limit=3&cursor=AAAA").key(&auditor).send().expect(400);
    for (query, pointer, code) in [
        ("action=read", "?action", "not_allowed"),
        ("entity=offers", "?entity", "not_allowed"),
        ("code=not_found", "?code", "not_allowed"),
        ("operation=get_memorandum", "?operation", "unknown_operation"),
        ("from=2026-11-25T00:00:00Z&until=2026-11-24T00:00:00Z", "?until", "wrong_order"),
    ] {
        for path in ["/v1/audit", "/v1/audit/export", "/v1/audit/export.csv"] {
            assert_refused(app.get(&format!("{path}?{query}")).key(&auditor).send(), 400, &[(pointer, code)]);
        }
    }
    app.set_clock("2026-11-24 05:00:00");
    let late = a_buyer(&app).create();
    let found = rows(&app, "from=2026-11-24T05:00:00Z&action=create&entity=organisation");
    assert_eq!(found.iter().map(|row| &row["entity_id"]).collect::<Vec<_>>(), [&json!(late.id)]);
    assert!(rows(&app, "until=2026-11-24T05:00:00Z").iter().all(|row| row["recorded_at"].as_str() < Some("2026-11-24")));
}

#[test]
fn the_whole_of_it_is_exported_as_lines_of_json_and_as_a_table() {
    let app = TestApp::start();
    filled(&app);
    let listed = rows(&app, "action=create");
    let auditor = app.auditor();
    let lines = app.get("/v1/audit/export?action=create").header("Accept", "application/x-ndjson").key(&auditor).send().expect(200);
    let exported: Vec<Value> = lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(exported[..listed.len()], listed);
    assert!(lines.header("Content-Disposition").unwrap().contains("audit.ndjson"));
    let table = app.get("/v1/audit/export.csv?action=create").header("Accept", "text/csv").key(&auditor).send().expect(200);
    let mut reader = csv::Reader::from_reader(table.text.as_bytes());
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(head, listed[0].as_object().unwrap().keys().cloned().collect::<Vec<_>>());
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    for (row, record) in listed.iter().zip(&records) {
        for (name, cell) in head.iter().zip(record) {
            let expected = match &row[name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(cell, expected, "{name}");
        }
    }
}

#[test]
fn whatever_is_done_to_a_row_is_found() {
    let edits = |last| {
        vec![
            ("UPDATE audit SET actor_role = 'auditor' WHERE seq = 5", Finding::Altered { seq: 5 }),
            ("UPDATE audit SET times = times + 1 WHERE seq = 5", Finding::Altered { seq: 5 }),
            ("UPDATE audit SET reason = 'x' WHERE seq = 5", Finding::Altered { seq: 5 }),
            ("DELETE FROM audit WHERE seq = 5", Finding::Missing { from: 5, to: 5 }),
            ("DELETE FROM audit WHERE seq > 5", Finding::End { last: 5, noted: last }),
        ]
    };
    for index in 0..edits(0).len() {
        let app = TestApp::start();
        let (edit, expected) = edits(filled(&app)).swap_remove(index);
        assert_eq!(findings(&app), [], "before: {edit}");
        execute(&app, edit);
        let found = findings(&app);
        assert!(found.contains(&expected), "{edit}: {found:?}");
    }
}

#[test]
fn rows_that_change_places_are_found() {
    let app = TestApp::start();
    filled(&app);
    for (from, to) in [(4, 0), (5, 4), (0, 5)] {
        execute(&app, &format!("UPDATE audit SET seq = {to} WHERE seq = {from}"));
    }
    let found = findings(&app);
    assert!(found.contains(&Finding::Altered { seq: 4 }) && found.contains(&Finding::Altered { seq: 5 }), "{found:?}");
}

#[test]
fn a_change_of_the_register_that_is_edited_or_deleted_is_found() {
    for edit in [
        "UPDATE changes SET body = body || ' ' WHERE seq = 3",
        "UPDATE changes SET actor_role = 'system' || actor_role WHERE seq = 3",
        "DELETE FROM changes WHERE seq = 3",
    ] {
        let app = TestApp::start();
        filled(&app);
        execute(&app, edit);
        assert_eq!(findings(&app), [Finding::Changes { from: 3, to: 3 }], "{edit}");
    }
}

#[test]
fn sealing_at_the_same_time_makes_one_chain() {
    let app = TestApp::start();
    let other = app.second_server();
    let second = other.as_ref().unwrap_or(&app);
    std::thread::scope(|scope| {
        for server in [&app, second] {
            for _ in 0..3 {
                scope.spawn(move || {
                    for _ in 0..5 {
                        a_producer(server).create();
                        rows(server, "");
                    }
                });
            }
        }
    });
    rows(&app, "");
    let report = audit::verify(&mut app.db(), "TEST", None, &[]).unwrap();
    assert_eq!((report.findings, report.changes), (vec![], app.log_head()));
}

/// What `cungcau audit verify` says, and whether it found the log whole.
fn verdict(place: &Place, arguments: &[&str]) -> (bool, String) {
    let output = place.command(&[&["audit", "verify"], arguments].concat()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout) + &text(output.stderr))
}

#[test]
fn the_command_finds_what_was_cut_off_or_made_anew_by_the_checkpoints() {
    use diesel::connection::SimpleConnection;
    let place = Place::new();
    let server = place.serve();
    // Nobody reads it, and it is sealed within a second or so.
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while server.metric("cungcau_audit_seq") == 0 {
        assert!(std::time::Instant::now() < deadline, "{}", server.said());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.metric("cungcau_audit_failures_total"), 0);
    server.signal("TERM");
    assert!(server.wait(Duration::from_secs(30)).0.success());
    let (whole, said) = verdict(&place, &[]);
    assert!(whole && said.contains("1 checkpoints") && said.contains("The audit log is whole."), "{said}");

    // The checkpoints are emptied.
    let file = place.data().join("audit-checkpoints.jsonl");
    let signed = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, "").unwrap();
    let (whole, said) = verdict(&place, &[]);
    assert!(!whole && said.contains("there are rows and no checkpoint"), "{said}");
    std::fs::write(&file, signed).unwrap();

    // The end is cut off, and the register's own note of it made to fit.
    let sealed: Vec<(i64, i64, String)> = {
        use cungcau::db::schema::audit_head;
        use diesel::prelude::*;
        audit_head::table.select((audit_head::seq, audit_head::change_seq, audit_head::hash)).load(&mut place.db()).unwrap()
    };
    let last = sealed[0].0;
    assert!(last >= 1, "the administrator's key was made");
    let cut = "DELETE FROM audit; UPDATE audit_head SET seq = 0, change_seq = 0, hash = ''";
    place.db().batch_execute(cut).unwrap();
    let (whole, said) = verdict(&place, &[]);
    assert!(!whole && said.contains(&format!("row {last} is missing: the checkpoint of")), "{said}");
    assert!(verdict(&place, &["--without-checkpoints"]).0, "the database alone looks whole");

    // All of it is made anew by the program itself, from an edited log.
    let edited = "UPDATE changes SET actor_role = 'admin'";
    place.db().batch_execute(edited).unwrap();
    let server = place.serve();
    server.signal("TERM");
    server.wait(Duration::from_secs(30));
    let (whole, said) = verdict(&place, &[]);
    assert!(!whole && said.contains(&format!("row {last} is not the one that the checkpoint of")), "{said}");

    // Checkpoints of somebody else's making.
    let other = Place::new();
    let server = other.serve();
    server.signal("TERM");
    server.wait(Duration::from_secs(30));
    let foreign = other.data().join("audit-checkpoints.jsonl");
    let (whole, said) = verdict(&place, &["--checkpoints", foreign.to_str().unwrap()]);
    assert!(!whole && said.contains("is not signed by this key for this instance"), "{said}");
    let (whole, said) = verdict(&place, &["--checkpoints", "nowhere.jsonl"]);
    assert!(!whole && said.contains("nowhere.jsonl"), "{said}");
}
