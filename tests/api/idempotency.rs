//! A creating request that is repeated with its key has its effect once.

use crate::support::document::operations;
use crate::support::{Request, Response, TestApp, Value, a_producer, count, json, seeds};
use cungcau::db::Db;
use diesel::connection::SimpleConnection;
use std::time::{Duration, Instant};

fn a_post<'a>(app: &'a TestApp, key: &str, idempotency_key: &str, body: &Value) -> Request<'a> {
    app.post("/v1/producers", body.clone()).key(key).header("Idempotency-Key", idempotency_key)
}

fn post(app: &TestApp, key: &str, idempotency_key: &str, body: &Value) -> Response {
    a_post(app, key, idempotency_key, body).send()
}

fn producers(app: &TestApp) -> i64 {
    app.rows()["producers"]
}

#[test]
fn a_repeated_request_has_the_same_answer_and_no_second_effect() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = a_producer(&app).into_body();
    let first = post(&app, &admin, "row-17", &body).expect(201);
    assert_eq!(first.header("Idempotency-Replayed"), None);
    let head = app.log_head();
    // Quoted as the draft has it, or bare: the same key.
    for key in ["row-17", "\"row-17\"", " row-17 "] {
        let again = post(&app, &admin, key, &body).expect(201);
        assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
        assert_eq!(
            (again.text.as_str(), again.header("ETag"), again.header("Location")),
            (first.text.as_str(), first.header("ETag"), first.header("Location"))
        );
    }
    assert_eq!((producers(&app), app.log_head()), (1, head));
}

#[test]
fn what_a_caller_writes_into_the_key_is_not_kept() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = a_producer(&app).into_body();
    post(&app, &admin, "import 0912 345 667 buoi.tran@example.vn", &body).expect(201);
    let kept = |what: &str| count(&mut app.db(), &format!("SELECT count(*) AS n FROM idempotency_keys WHERE {what}"));
    assert_eq!((kept("TRUE"), kept("length(idempotency_key) = 64"), kept("idempotency_key LIKE '%345%667%buoi%'")), (1, 1, 0));
    let again = post(&app, &admin, "import 0912 345 667 buoi.tran@example.vn", &body).expect(201);
    assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
    // The same words of another caller are another key.
    assert_eq!(post(&app, &app.admin(), "import 0912 345 667 buoi.tran@example.vn", &body).header("Idempotency-Replayed"), None);
}

#[test]
fn the_answer_is_repeated_as_it_was_when_the_record_has_changed_since() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = a_producer(&app).into_body();
    let first = post(&app, &admin, "k", &body).expect(201);
    let path = first.header("Location").unwrap().to_owned();
    app.patch(&path, &first.etag(), json!({"name": "Tên mới"})).key(&admin).send().expect(200);
    assert_eq!(post(&app, &admin, "k", &body).expect(201).text, first.text);
}

#[test]
fn a_key_belongs_to_one_request() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = a_producer(&app).into_body();
    post(&app, &admin, "k", &body).expect(201);
    let other = a_producer(&app).named("Khác").into_body();
    let as_batch = json!({"items": [body]});
    for (path, body) in [
        ("/v1/producers", &other),
        ("/v1/organisations", &body),
        ("/v1/producers?as_of=2020-10-27", &body),
        ("/v1/producers/batch", &as_batch),
    ] {
        let refused = app.post(path, body.clone()).key(&admin).header("Idempotency-Key", "k").send().expect(422);
        assert_eq!(refused.problem_code(), "idempotency_mismatch", "{path}");
    }
    assert_eq!(producers(&app), 1);
}

#[test]
fn a_key_is_the_callers_own() {
    let app = TestApp::start();
    let body = a_producer(&app).into_body();
    let first = post(&app, &app.admin(), "k", &body).expect(201);
    let second = post(&app, &app.officer("92"), "k", &body).expect(201);
    assert_ne!(first.id(), second.id());
    assert_eq!(second.header("Idempotency-Replayed"), None);
}

#[test]
fn a_refused_request_leaves_its_key_free() {
    let app = TestApp::start();
    let admin = app.admin();
    post(&app, &admin, "k", &a_producer(&app).named(" ").into_body()).expect(422);
    post(&app, &admin, "k", &json!({})).expect(400);
    assert_eq!(app.rows()["idempotency_keys"], 0);
    post(&app, &admin, "k", &a_producer(&app).into_body()).expect(201);
}

#[test]
fn a_key_is_kept_for_seven_days() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = a_producer(&app).into_body();
    let first = post(&app, &admin, "k", &body).expect(201);
    app.set_clock("2026-11-30 05:00:00");
    assert_eq!(post(&app, &admin, "k", &body).expect(201).id(), first.id());
    app.set_clock("2026-11-30 05:00:01");
    assert_ne!(post(&app, &admin, "k", &body).expect(201).id(), first.id());
}

#[test]
fn old_answers_are_forgotten_though_nobody_asks_for_them_again() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = a_producer(&app).into_body();
    for key in ["a", "b", "c"] {
        post(&app, &admin, key, &body).expect(201);
    }
    assert_eq!(app.rows()["idempotency_keys"], 3);
    app.set_clock("2026-12-01 05:00:00");
    post(&app, &admin, "d", &body).expect(201);
    assert_eq!(app.rows()["idempotency_keys"], 1);
}

#[test]
fn a_key_is_printable_ascii_of_up_to_200_characters() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = a_producer(&app).into_body();
    for bad in ["", "\"\"", &"k".repeat(201), "khóa"] {
        assert_eq!(post(&app, &admin, bad, &body).expect(400).problem_code(), "invalid_header", "{bad}");
    }
    post(&app, &admin, &"k".repeat(200), &body).expect(201);
}

#[test]
fn a_batch_that_skipped_repeats_its_results() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = json!({"items": [a_producer(&app).into_body(), {}]});
    let send = || app.post("/v1/producers/batch?on_error=skip", body.clone()).key(&admin).header("Idempotency-Key", "k").send().expect(200);
    let (first, again) = (send(), send());
    assert_eq!(first.text, again.text);
    assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
    assert_eq!(producers(&app), 1);
}

#[test]
fn every_creating_post_takes_a_key() {
    let app = TestApp::start();
    let admin = app.admin();
    for operation in operations().iter().filter(|operation| operation.method == "POST") {
        let header = operation.spec["parameters"].as_array().unwrap().iter().any(|known| known["name"] == "Idempotency-Key");
        // A preview makes nothing: there is nothing to make twice. To be shown a contact twice are two disclosures.
        if ["preview_matches", "disclose_contact"].contains(&operation.id.as_str()) {
            assert!(!header);
            continue;
        }
        assert!(header, "{} does not take an Idempotency-Key", operation.id);
        // A proposal needs a demand and an offer that fit each other: tested with the matches.
        // A key is not shown twice: tested with the keys. Contacts and what is about persons: tested there.
        let elsewhere = ["/v1/keys", "/v1/introductions", "/v1/personal-data-requests"].iter().any(|path| operation.path.starts_with(path));
        if operation.id.starts_with("propose_") || elsewhere || operation.path.contains("/contacts") {
            continue;
        }
        let collection = operation.path.split('/').nth(2).unwrap();
        let seed = seeds(&app, collection, 1).remove(0);
        let path = operation.path.replace("{id}", &seed.record.id);
        let body = match path.rsplit('/').next() {
            Some("batch") => json!({"items": [seed.body]}),
            Some("transitions") => json!({"to": "proposed", "on": "2020-09-03"}),
            Some("close") => json!({"reason": "Đã đủ hàng"}),
            Some("notes") => json!({"text": "Đã gọi điện."}),
            _ => seed.body,
        };
        let send = || app.post(&path, body.clone()).key(&admin).header("Idempotency-Key", &operation.id).send();
        let (first, rows) = (send(), app.rows());
        assert!(first.status < 300, "{}: {}", operation.id, first.text);
        let again = send().expect(first.status);
        assert_eq!((again.text, again.headers.get("idempotency-replayed").is_some()), (first.text, true), "{}", operation.id);
        assert_eq!(app.rows(), rows, "{}", operation.id);
    }
}

/// 50 requests with one key at once, spread over the servers.
fn fifty(servers: &[&TestApp], key: &str) -> Vec<Response> {
    let body = a_producer(servers[0]).into_body();
    std::thread::scope(|scope| {
        let asked: Vec<_> = (0..50)
            .map(|index| {
                let (server, body) = (servers[index % servers.len()], &body);
                scope.spawn(move || a_post(server, key, "one", body).send_patiently())
            })
            .collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn assert_one_effect(app: &TestApp, answers: &[Response], head: i64) {
    let first = answers.iter().filter(|answer| answer.header("Idempotency-Replayed").is_none()).count();
    let ids: std::collections::BTreeSet<String> = answers.iter().map(|answer| answer.clone().expect(201).id()).collect();
    assert_eq!((first, ids.len()), (1, 1));
    assert_eq!((producers(app), app.log_head()), (1, head + 1));
}

#[test]
fn fifty_requests_with_one_key_at_once_make_one_record_and_one_change() {
    let app = TestApp::start();
    let admin = app.admin();
    let head = app.log_head();
    assert_one_effect(&app, &fifty(&[&app], &admin), head);
}

// On SQLite a second server is refused (see faults).
#[test]
fn two_servers_on_one_postgresql_give_one_effect_too() {
    let app = TestApp::start();
    let Some(other) = app.second_server() else { return };
    let admin = app.admin();
    let head = app.log_head();
    assert_one_effect(&app, &fifty(&[&app, &other], &admin), head);
}

/// Holds up every write of organisations for over two seconds: `work` runs meanwhile.
fn with_writes_held_up<T>(app: &TestApp, work: impl FnOnce() -> T) -> T {
    let (mut first, mut second) = (app.db(), app.db());
    match (&mut first, &mut second) {
        (Db::Sqlite(first), _) => first.batch_execute("BEGIN IMMEDIATE").unwrap(),
        // Two locks, one after the other: a statement waits for a lock for 2 s at most.
        (Db::Postgres(first), Db::Postgres(second)) => {
            first.batch_execute("BEGIN; LOCK TABLE organisations IN ACCESS EXCLUSIVE MODE").unwrap();
            second.batch_execute("BEGIN; UPDATE feed_head SET head = head").unwrap();
        }
        _ => unreachable!("both connections are of one kind"),
    }
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(1_700));
            if let Db::Postgres(first) = &mut first {
                first.batch_execute("ROLLBACK").unwrap();
            }
            std::thread::sleep(Duration::from_millis(1_700));
            match (&mut first, &mut second) {
                (Db::Sqlite(first), _) => first.batch_execute("ROLLBACK").unwrap(),
                (_, Db::Postgres(second)) => second.batch_execute("ROLLBACK").unwrap(),
                _ => {}
            }
        });
        work()
    })
}

#[test]
fn a_second_request_waits_two_seconds_for_the_first_and_then_is_told_to_come_back() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = a_producer(&app).into_body();
    // Both keys are known to the cache before anything is held up.
    app.get("/v1/producers").key(&admin).send().expect(200);
    let (first, second, waited) = with_writes_held_up(&app, || {
        std::thread::scope(|scope| {
            let first = scope.spawn(|| post(&app, &admin, "k", &body));
            std::thread::sleep(Duration::from_millis(200));
            let asked = Instant::now();
            let second = post(&app, &admin, "k", &body);
            (first.join().unwrap(), second, asked.elapsed())
        })
    });
    assert_eq!((second.status, second.problem_code().as_str()), (409, "request_running"));
    assert_eq!(second.header("Retry-After"), Some("1"));
    assert!(waited >= Duration::from_secs(2), "{waited:?}");
    let first = first.expect(201);
    assert_eq!(post(&app, &admin, "k", &body).expect(201).text, first.text);
}
