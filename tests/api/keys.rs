//! Keys over the API: made, shown once, narrowed, replaced, revoked; wrong ones by the minute.

use crate::support::{Response, TestApp, Value, a_producer, assert_refused, count, execute, json};
use cungcau::ids::Randomness;
use cungcau::keys::KeyText;

fn made(answer: &Response) -> (String, String) {
    (answer.id(), answer.json()["key"].as_str().unwrap().to_owned())
}

fn make(app: &TestApp, admin: &str, body: Value) -> (String, String) {
    made(&app.post("/v1/keys", body).key(admin).send().expect(201))
}

fn an_auditors() -> Value {
    json!({"name": "Ứng dụng mua hàng (minh họa)", "role": "auditor"})
}

#[test]
fn a_key_is_shown_when_it_is_made_and_never_again() {
    let app = TestApp::start();
    let admin = app.admin();
    let answer = app.post("/v1/keys", an_auditors()).key(&admin).send().expect(201);
    let (id, key) = made(&answer);
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert_eq!(answer.header("Location"), Some(format!("/v1/keys/{id}").as_str()));
    app.get("/v1/keys").key(&key).send().expect(200);
    let secret = key.split('_').nth(3).unwrap();
    let listed = app.get("/v1/keys?role=auditor").key(&admin).send().expect(200);
    let item = &listed.items()[0];
    assert_eq!(item["last_four"], secret[secret.len() - 4..]);
    assert!(key.starts_with(item["prefix"].as_str().unwrap()), "{item}");
    assert_eq!((item["status"].as_str().unwrap(), item["expires_at"].as_str().unwrap()), ("active", "2027-11-23T05:00:00.000000Z"));
    for text in [listed.text, app.get(&format!("/v1/keys/{id}")).key(&admin).send().expect(200).text] {
        assert!(!text.contains(secret), "{text}");
    }
    let changes = app.changes_after(0);
    let bodies: Vec<&str> = changes.iter().filter_map(|change| change.body.as_deref()).collect();
    assert!(bodies.iter().any(|body| body.contains(&id)) && bodies.iter().all(|body| !body.contains(secret)));
}

#[test]
fn a_repeated_request_makes_one_key_and_does_not_show_it_twice() {
    let app = TestApp::start();
    let admin = app.admin();
    let post = || app.post("/v1/keys", an_auditors()).key(&admin).header("Idempotency-Key", "make-1").send().expect(201);
    let (id, key) = made(&post());
    let again = post();
    assert_eq!((again.header("Idempotency-Replayed"), again.id()), (Some("true"), id));
    assert_eq!(again.json().get("key"), None);
    let secret = key.split('_').nth(3).unwrap();
    let kept = count(&mut app.db(), &format!("SELECT count(*) AS n FROM idempotency_keys WHERE body LIKE '%{secret}%'"));
    assert_eq!(kept, 0, "the record of the answer holds no key");
    assert_eq!(app.get("/v1/keys?role=auditor").key(&admin).send().items().len(), 1);
    let rows = app.rows()["keys"];
    let tried = app.post("/v1/keys?validate_only=true", an_auditors()).key(&admin).send().expect(200);
    assert_eq!((tried.json().get("key"), app.rows()["keys"]), (None, rows));
}

#[test]
fn every_fault_of_a_new_key_is_named_at_once() {
    let app = TestApp::start();
    let body = json!({
        "name": " ", "role": "buyer", "organisation_id": "org_00000000000000000000000000", "province": "92", "days": 400,
        "scopes": ["offers:read", "offers:delete"], "addresses": ["203.0.113.7", "localhost"],
    });
    let refused = app.post("/v1/keys", body).key(&app.admin()).send().expect(422);
    let codes = refused.fault_codes();
    let codes: Vec<(&str, &str)> = codes.iter().map(|(pointer, code)| (pointer.as_str(), code.as_str())).collect();
    assert_eq!(
        codes,
        [
            ("/name", "empty"),
            ("/province", "not_applicable"),
            ("/days", "out_of_range"),
            ("/scopes/1", "unknown_scope"),
            ("/addresses/1", "not_an_address"),
            ("/organisation_id", "unknown_reference"),
        ]
    );
}

#[test]
fn a_scope_makes_a_key_narrower_than_its_role() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = json!({"name": "Nhập nguồn cung", "role": "officer", "province": "92", "scopes": ["producers:write", "offers:read"]});
    let (_, key) = make(&app, &admin, body);
    let producer = a_producer(&app).into_body();
    app.post("/v1/producers", producer).key(&key).send().expect(201);
    app.get("/v1/producers").key(&key).send().expect(200);
    app.get("/v1/offers").key(&key).send().expect(200);
    app.get("/v1/provinces").key(&key).send().expect(200);
    let refused = app.get("/v1/mous").key(&key).send().expect(403);
    assert_eq!(refused.problem_code(), "forbidden");
    assert_eq!(refused.header("WWW-Authenticate"), Some("Bearer realm=\"cungcau\", error=\"insufficient_scope\", scope=\"mous:read\""));
    app.post("/v1/offers", json!({})).key(&key).send().expect(403);
    // Within the role all the same: an officer makes no keys, whatever the scopes say.
    let (_, key) = make(&app, &admin, json!({"name": "x", "role": "officer", "province": "92", "scopes": ["*:write"]}));
    app.post("/v1/keys", an_auditors()).key(&key).send().expect(403);
}

#[test]
fn a_key_with_addresses_is_refused_from_elsewhere() {
    let app = TestApp::start();
    let admin = app.admin();
    let (_, elsewhere) = make(&app, &admin, json!({"name": "x", "role": "auditor", "addresses": ["203.0.113.0/24", "2001:db8::/32"]}));
    let (_, here) = make(&app, &admin, json!({"name": "x", "role": "auditor", "addresses": ["203.0.113.0/24", "127.0.0.0/8"]}));
    app.get("/v1/mous").key(&here).send().expect(200);
    let refused = app.get("/v1/mous").key(&elsewhere).send().expect(403);
    assert_eq!(refused.problem_code(), "forbidden");
    assert_eq!(refused.header("WWW-Authenticate"), Some("Bearer realm=\"cungcau\", error=\"insufficient_scope\""));
    // The header of a stranger is not believed.
    app.get("/v1/mous").key(&elsewhere).header("X-Forwarded-For", "203.0.113.7").send().expect(403);
}

#[test]
fn every_refusal_of_a_known_caller_says_so_to_clients_of_tokens() {
    let app = TestApp::start();
    let (own, other) = (a_producer(&app).create(), a_producer(&app).named("Khác").create());
    let key = app.producer(&own);
    let challenge = Some("Bearer realm=\"cungcau\", error=\"insufficient_scope\"");
    for refused in [
        app.patch(&other.path, &other.etag, json!({"name": "x"})).key(&key).send(),
        app.patch(&own.path, &own.etag, json!({"tax_code": "0100109106"})).key(&key).send(),
        app.post("/v1/keys", an_auditors()).key(&key).send(),
    ] {
        assert_eq!(refused.expect(403).header("WWW-Authenticate"), challenge);
    }
}

#[test]
fn a_key_lives_a_year_at_most() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = |days: i64| json!({"name": "Máy chủ", "role": "auditor", "days": days});
    let longest = app.post("/v1/keys", body(365)).key(&admin).send().expect(201).json();
    assert_eq!(longest["expires_at"], "2027-11-23T05:00:00.000000Z");
    assert_refused(app.post("/v1/keys", body(366)).key(&admin).send(), 422, &[("/days", "out_of_range")]);
}

#[test]
fn a_key_is_replaced_with_an_overlap() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = json!({"name": "Máy chủ", "role": "auditor", "scopes": ["*:read"], "days": 30});
    let (old_id, old) = make(&app, &admin, body);
    let rotated = app.post(&format!("/v1/keys/{old_id}/rotate"), json!({"overlap_hours": 2})).key(&admin).send().expect(201);
    let (new_id, new) = made(&rotated);
    assert_eq!(rotated.json()["scopes"], json!(["*:read"]));
    assert_eq!(rotated.json()["expires_at"], "2026-12-23T05:00:00.000000Z");
    let shown = app.get(&format!("/v1/keys/{old_id}")).key(&admin).send().expect(200).json();
    assert_eq!((&shown["replaced_by_id"], &shown["expires_at"]), (&json!(new_id), &json!("2026-11-23T07:00:00.000000Z")));
    app.post(&format!("/v1/keys/{old_id}/rotate"), json!({})).key(&admin).send().expect(409);
    for (at, old_status) in [("2026-11-23 06:59:59", 200), ("2026-11-23 07:00:00", 401)] {
        app.set_clock(at);
        app.get("/v1/mous").key(&old).send().expect(old_status);
        app.get("/v1/mous").key(&new).send().expect(200);
    }
    app.post(&format!("/v1/keys/{new_id}/rotate"), json!({"overlap_hours": 721})).key(&admin).send().expect(422);
}

#[test]
fn a_script_replaces_its_own_key_and_nobody_elses() {
    let app = TestApp::start();
    let admin = app.admin();
    let producer = a_producer(&app).create();
    let body = json!({"name": "Kho hàng", "role": "producer", "organisation_id": producer.id});
    let ((mine, key), (other, _)) = (make(&app, &admin, body.clone()), make(&app, &admin, body));
    app.get(&format!("/v1/keys/{mine}")).key(&key).send().expect(200);
    for (method, tail) in [("GET", ""), ("POST", "/rotate"), ("POST", "/revoke")] {
        let ask = |id: &str| app.request(method, &format!("/v1/keys/{id}{tail}")).json(&json!({})).key(&key).send();
        let (there, not) = (ask(&other), ask("key_00000000000000000000000000"));
        assert_eq!((there.status, not.status, there.problem_code()), (404, 404, not.problem_code()), "{method} {tail}");
    }
    let (_, next) = made(&app.post(&format!("/v1/keys/{mine}/rotate"), json!({"overlap_hours": 0})).key(&key).send().expect(201));
    app.set_clock("2026-11-23 05:00:06");
    app.get("/v1/offers").key(&key).send().expect(401);
    app.get("/v1/offers").key(&next).send().expect(200);
}

#[test]
fn a_key_is_revoked_within_five_seconds_on_every_server() {
    let app = TestApp::start();
    let other = app.second_server();
    let admin = app.admin();
    let (id, key) = make(&app, &admin, an_auditors());
    let servers: Vec<&TestApp> = std::iter::once(&app).chain(&other).collect();
    for server in &servers {
        server.get("/v1/mous").key(&key).send().expect(200);
    }
    let revoke = || app.post(&format!("/v1/keys/{id}/revoke"), json!({"reason": "Máy tính bị mất"})).key(&admin).send().expect(200).json();
    let first = revoke();
    assert_eq!(first["status"], "revoked");
    assert_eq!(revoke()["revoked_at"], first["revoked_at"]);
    for server in &servers {
        server.set_clock("2026-11-23 05:00:05");
        server.get("/v1/mous").key(&key).send().expect(401);
    }
    for (status, n) in [("revoked", 1), ("active", 0), ("expired", 0)] {
        assert_eq!(app.get(&format!("/v1/keys?role=auditor&status={status}")).key(&admin).send().items().len(), n, "{status}");
    }
}

#[test]
fn a_key_at_work_is_asked_for_anew_beside_the_requests() {
    let app = TestApp::start();
    let (id, key) = make(&app, &app.admin(), an_auditors());
    let status = || app.get("/v1/mous").key(&key).send().status;
    assert_eq!(status(), 200);
    // As another server does it.
    execute(&app, &format!("UPDATE keys SET revoked_at = '2026-11-23 05:00:00' WHERE id = '{id}'"));
    app.set_clock("2026-11-23 05:00:01");
    assert_eq!(status(), 200, "it was asked for a second ago");
    // From then on it is asked for beside the requests, which go on meanwhile, well before it is trusted no more.
    app.set_clock("2026-11-23 05:00:03");
    assert_eq!(status(), 200, "nobody waits for what is known");
    let refused = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        status() == 401
    });
    assert!(refused, "what was asked is known soon, without the clock moving on");
}

#[test]
fn the_sixth_wrong_key_of_a_minute_is_refused_and_a_good_one_goes_on() {
    let app = TestApp::start();
    let (known, fresh) = (app.admin(), app.auditor());
    app.get("/v1/mous").key(&known).send().expect(200);
    for n in 0..5 {
        assert_eq!(app.get("/v1/producers").key(&format!("cc_live_{n}")).send().status, 401);
    }
    let refused = app.get("/v1/producers").key("cc_live_6").send().expect(429);
    assert_eq!((refused.problem_code().as_str(), refused.header("Retry-After")), ("too_many_requests", Some("60")));
    assert_eq!(refused.header("RateLimit"), Some("\"wrong-key\";r=0;t=60"));
    assert_eq!(refused.header("RateLimit-Policy"), Some("\"wrong-key\";q=5;w=60"));
    app.get("/v1/mous").key(&known).send().expect(200);
    app.get("/v1/producers").send().expect(200);
    // One that is not known here yet goes on as well, and a well-formed wrong one does not.
    app.get("/v1/mous").key(&fresh).send().expect(200);
    let other = KeyText::generate("01JDB3B8Q00000000000000000A", &Randomness::System).unwrap().reveal().to_owned();
    app.get("/v1/mous").key(&other).send().expect(429);
    app.set_clock("2026-11-23 05:01:00");
    app.get("/v1/mous").key(&other).send().expect(401);
    app.get("/v1/producers").key("cc_live_7").send().expect(401);
}

#[test]
fn what_a_key_made_of_itself_goes_with_it_and_what_an_administrator_made_stays() {
    let app = TestApp::start();
    let admin = app.admin();
    let rotate = |by: &str, id: &str| {
        let answer = app.post(&format!("/v1/keys/{id}/rotate"), json!({"overlap_hours": 24})).key(by).send().expect(201);
        made(&answer)
    };
    let revoke = |id: &str, body: Value| app.post(&format!("/v1/keys/{id}/revoke"), body).key(&admin).send().expect(200);
    let statuses = |keys: [&str; 3]| keys.map(|key| app.get("/v1/mous").key(key).send().status);
    // Whoever stole it replaced it twice.
    let an_officers = || json!({"name": "Sở Công Thương", "role": "officer", "province": "92"});
    let (first_id, first) = make(&app, &admin, an_officers());
    let (second_id, second) = rotate(&first, &first_id);
    let (_, third) = rotate(&second, &second_id);
    assert_eq!(statuses([&first, &second, &third]), [200; 3]);
    revoke(&first_id, json!({}));
    assert_eq!(statuses([&first, &second, &third]), [401; 3], "at once on this server");
    // An administrator replaced it, and then ended the overlap.
    let (first_id, first) = make(&app, &admin, an_officers());
    let (second_id, second) = rotate(&admin, &first_id);
    revoke(&first_id, json!({}));
    assert_eq!(statuses([&first, &second, &second]), [401, 200, 200]);
    // Its owner did, and asks to keep it.
    let (_, third) = rotate(&second, &second_id);
    revoke(&second_id, json!({"keep_successors": true}));
    assert_eq!(statuses([&second, &third, &third]), [401, 200, 200]);
}

#[test]
fn when_a_key_was_used_last_is_known_to_the_minute() {
    let app = TestApp::start();
    let admin = app.admin();
    let (id, key) = make(&app, &admin, an_auditors());
    let last = |expected: Value| {
        // It is noted beside the request.
        let ask = || app.get(&format!("/v1/keys/{id}")).key(&admin).send().expect(200).json()["last_used_at"].clone();
        let found =
            (0..100).map(|_| ask()).inspect(|_| std::thread::sleep(std::time::Duration::from_millis(20))).find(|at| *at == expected);
        assert_eq!(found, Some(expected));
    };
    last(Value::Null);
    app.get("/v1/mous").key(&key).send().expect(200);
    last(json!("2026-11-23T05:00:00.000000Z"));
    app.set_clock("2026-11-23 05:00:59");
    app.get("/v1/mous").key(&key).send().expect(200);
    last(json!("2026-11-23T05:00:00.000000Z"));
    app.set_clock("2026-11-23 05:01:00");
    app.get("/v1/mous").key(&key).send().expect(200);
    last(json!("2026-11-23T05:01:00.000000Z"));
}

#[test]
fn a_key_that_did_not_change_is_not_sent_again() {
    let app = TestApp::start();
    let admin = app.admin();
    let read = |id: &str| app.get(&format!("/v1/keys/{id}")).key(&admin).send().expect(200);
    let read_unless = |id: &str, tag: &str| app.get(&format!("/v1/keys/{id}")).key(&admin).header("If-None-Match", tag).send();
    let post = |id: &str, step: &str| app.post(&format!("/v1/keys/{id}/{step}"), json!({})).key(&admin).send();
    let made = app.post("/v1/keys", an_auditors()).key(&admin).send().expect(201);
    let id = made.id();
    assert_eq!(made.etag(), read(&id).etag(), "as it is read, without the key itself");
    assert!(made.etag().starts_with("\"v1-"), "{}", made.etag());
    let unchanged = read_unless(&id, &made.etag()).expect(304);
    assert_eq!((unchanged.text.as_str(), unchanged.etag()), ("", made.etag()));
    // Replaced: both have another state.
    let next = post(&id, "rotate").expect(201);
    assert_eq!(next.etag(), read(&next.id()).etag());
    read_unless(&next.id(), &next.etag()).expect(304);
    let replaced = read_unless(&id, &made.etag()).expect(200);
    assert_eq!((replaced.etag(), &replaced.json()["replaced_by_id"]), (read(&id).etag(), &json!(next.id())));
    // It runs out, which changes no version.
    app.set_clock("2026-11-24 05:00:00");
    let expired = read_unless(&id, &replaced.etag()).expect(200);
    assert_eq!(expired.json()["status"], "expired");
    let revoked = post(&id, "revoke").expect(200);
    assert_eq!((revoked.etag(), &revoked.text), (read(&id).etag(), &read(&id).text));
    read_unless(&id, &expired.etag()).expect(200);
    read_unless(&id, &revoked.etag()).expect(304);
    assert_eq!(post(&id, "revoke").expect(200).etag(), revoked.etag(), "revoking it again changes nothing");
}

#[test]
fn a_repeated_answer_has_the_same_etag() {
    let app = TestApp::start();
    let admin = app.admin();
    let id = make(&app, &admin, an_auditors()).0;
    let rotate =
        || app.post(&format!("/v1/keys/{id}/rotate"), json!({})).key(&admin).header("Idempotency-Key", "rotate-1").send().expect(201);
    let (first, again) = (rotate(), rotate());
    assert_eq!((again.header("Idempotency-Replayed"), again.etag()), (Some("true"), first.etag()));
}
