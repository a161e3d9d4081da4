//! Contacts: who sees what of them, under which consent, until when, and that nothing else holds their values.

use crate::support::document::Operation;
use crate::support::{Record, Response, TestApp, Value, a_buyer, a_producer, assert_refused, count, execute, json};
use cungcau::contacts::purge;

/// A person's contact, seen by keys and shown to the other side of an introduction.
pub fn a_person() -> Value {
    json!({
        "kind": "person", "purpose": "trade", "ground": "consent", "visibility": "matched", "name": "Trần Thị Bưởi",
        "position": "Trưởng phòng kinh doanh", "phone": "0912 345 667", "email": "Buoi.Tran@htx-vinhphuoc.com.vn",
        "consent": {"given_on": "2026-10-27", "channel": "event", "text_version": "2026-01"}, "retention_until": "2027-10-27",
        "illustrative": true
    })
}

/// A mailbox of the sales department, for everybody.
pub fn a_mailbox() -> Value {
    json!({"kind": "mailbox", "purpose": "trade", "visibility": "public", "email": "kinhdoanh@htx-vinhphuoc.vn", "illustrative": true})
}

fn list_of(organisation: &Record) -> String {
    format!("/v1/organisations/{}/contacts", organisation.id)
}

/// Makes a contact; the answer may be a refusal.
pub fn post(app: &TestApp, organisation: &Record, key: &str, body: Value) -> Response {
    app.post(&list_of(organisation), body).key(key).send()
}

/// The address of a contact that is made now.
pub fn make(app: &TestApp, organisation: &Record, body: Value) -> String {
    let made = post(app, organisation, &app.admin(), body).expect(201);
    made.header("Location").unwrap().to_owned()
}

/// A list of contacts that goes page by page, with several items.
pub fn paged_list(app: &TestApp, admin: &str, operation: &Operation) -> Option<String> {
    if !operation.path.starts_with("/v1/organisations/{id}/contacts") {
        return None;
    }
    let producer = a_producer(app).create();
    let paths: Vec<String> = (0..5).map(|_| make(app, &producer, a_mailbox())).collect();
    if operation.path.ends_with("/contacts") {
        return Some(list_of(&producer));
    }
    assert!(operation.path.ends_with("/{contact}/history"), "{}", operation.path);
    for purpose in ["memoranda", "deliveries", "trade"] {
        app.patch(&paths[0], "*", json!({"purpose": purpose})).key(admin).send().expect(200);
    }
    Some(format!("{}/history", paths[0]))
}

/// What of its values an answer shows: name, position, phone, e-mail, masked.
fn values(json: &Value) -> [Value; 5] {
    ["name", "position", "phone", "email", "masked"].map(|member| json[member].clone())
}

#[test]
fn who_sees_a_contact_sees_it_clear_or_masked() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let stranger = a_buyer(&app).create();
    let person = make(&app, &producer, a_person());
    let closed = make(&app, &producer, {
        let mut body = a_person();
        body["visibility"] = json!("officers");
        body
    });
    let mailbox = make(&app, &producer, a_mailbox());
    let clear = [
        json!("Trần Thị Bưởi"),
        json!("Trưởng phòng kinh doanh"),
        json!("+84912345667"),
        json!("buoi.tran@htx-vinhphuoc.com.vn"),
        json!(false),
    ];
    let masked = [json!("T••• T••• B•••"), Value::Null, json!("09•• ••• •67"), json!("b•••@h•••.vn"), json!(true)];
    let public = [Value::Null, Value::Null, Value::Null, json!("kinhdoanh@htx-vinhphuoc.vn"), json!(false)];
    let (c, m) = (Some(&clear), Some(&masked));
    for (who, key, sees_matched, sees_closed) in [
        ("anybody", None, None, None),
        ("another organisation", Some(app.buyer(&stranger)), m, None),
        ("a partner", Some(app.partner()), m, None),
        ("an officer elsewhere", Some(app.officer("01")), m, None),
        ("its own key", Some(app.producer(&producer)), c, c),
        // Sóc Trăng is a part of Cần Thơ today.
        ("an officer of its province", Some(app.officer("92")), m, m),
        ("an auditor", Some(app.auditor()), m, m),
        ("an administrator", Some(app.admin()), m, m),
    ] {
        let ask = |path: &str| match &key {
            Some(key) => app.get(path).key(key).send(),
            None => app.get(path).send(),
        };
        for (path, expected) in [(&mailbox, Some(&public)), (&person, sees_matched), (&closed, sees_closed)] {
            let answer = ask(path);
            let refused = if key.is_some() { "private, no-cache" } else { "no-cache" };
            assert_eq!(answer.header("Cache-Control"), Some(if expected.is_some() { "no-store" } else { refused }));
            let Some(expected) = expected else {
                let impersonal = |answer: Response| {
                    let mut problem = answer.expect(404).json();
                    problem["request_id"] = Value::Null;
                    problem
                };
                assert_eq!(impersonal(answer), impersonal(ask(&format!("{}/cnt_0", list_of(&producer)))), "{who}: {path}");
                continue;
            };
            assert_eq!(&values(&answer.expect(200).json()), expected, "{who}: {path}");
        }
        let listed = ask(&list_of(&producer)).expect(200);
        assert_eq!(listed.header("Cache-Control"), Some("no-store"));
        let found: Vec<[Value; 5]> = listed.items().iter().map(values).collect();
        let expected: Vec<[Value; 5]> = [sees_matched, sees_closed, Some(&public)].into_iter().flatten().cloned().collect();
        assert_eq!(found, expected, "{who}");
        // On which ground it is kept concerns the organisation and whoever oversees it.
        let concerned = sees_closed.is_some();
        assert_eq!(listed.items().iter().any(|item| item.get("consent").is_some()), concerned, "{who}");
    }
}

#[test]
fn who_may_make_and_change_a_contact() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let stranger = a_buyer(&app).create();
    let path = make(&app, &producer, a_mailbox());
    let etag = app.get(&path).send().etag();
    for (key, made) in [
        (app.producer(&producer), 201),
        (app.officer("92"), 201),
        (app.buyer(&stranger), 403),
        (app.officer("01"), 403),
        (app.auditor(), 403),
        (app.partner(), 403),
    ] {
        post(&app, &producer, &key, a_mailbox()).expect(made);
        let done = if made == 201 { 200 } else { 403 };
        app.patch(&format!("{path}?validate_only=true"), &etag, json!({"purpose": "memoranda"})).key(&key).send().expect(done);
        let done = if made == 201 { 204 } else { 403 };
        app.delete(&format!("{path}?validate_only=true"), &etag).key(&key).send().expect(done);
    }
    app.post(&list_of(&producer), a_mailbox()).send().expect(401);
    app.post("/v1/organisations/org_0/contacts", a_mailbox()).key(&app.admin()).send().expect(404);
    app.get("/v1/organisations/org_0/contacts").send().expect(404);
    // Under another organisation's address there is no such contact.
    app.get(&path.replace(&producer.id, &stranger.id)).key(&app.admin()).send().expect(404);
    // What a key may not know of it can't change either.
    let closed = make(&app, &producer, {
        let mut body = a_mailbox();
        body["visibility"] = json!("officers");
        body
    });
    app.patch(&closed, "*", json!({})).key(&app.buyer(&stranger)).send().expect(404);
    app.delete(&closed, "*").key(&app.buyer(&stranger)).send().expect(404);
    let in_use =
        app.delete(&producer.path.replace("producers", "organisations"), &producer.etag).key(&app.officer("92")).send().expect(409);
    assert!(in_use.text.contains("\"contacts\""), "{}", in_use.text);
}

#[test]
fn every_fault_of_a_contact_is_named_and_no_value_is_repeated() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let body = json!({
        "kind": "person", "purpose": "trade", "visibility": "public", "phone": "0912 345 66", "email": "buoi.tran(at)example.vn",
        "consent": {"given_on": "2026-11-24", "channel": "event", "text_version": "", "withdrawn_on": "2026-11-20"},
        "retention_until": "2032-01-01"
    });
    let refused = post(&app, &producer, &app.admin(), body);
    assert!(!refused.text.contains("345 66") && !refused.text.contains("buoi"), "{}", refused.text);
    let faults = [
        ("/phone", "not_a_phone"),
        ("/email", "not_an_email"),
        ("/name", "missing"),
        ("/ground", "missing"),
        ("/consent/given_on", "in_future"),
        ("/consent/withdrawn_on", "wrong_order"),
        ("/consent/text_version", "not_allowed"),
        ("/retention_until", "out_of_range"),
        ("/visibility", "needs_consent"),
    ];
    assert_refused(refused, 422, &faults);
    // A number that hides where nobody looks for one.
    for (position, refused) in [
        ("Anh Nam 0912345678", true),
        ("Trực 0299.382.2333", true),
        ("Hotline 1900 55 68", true),
        ("Tổng đài (84) 29-93-82", true),
        ("Phòng 203, tầng 12", false),
        ("Trưởng phòng 2026", false),
    ] {
        for mut body in [a_mailbox(), a_person()] {
            body["position"] = json!(position);
            let answer = app.post(&format!("{}?validate_only=true", list_of(&producer)), body).key(&app.admin()).send();
            if refused {
                assert!(!answer.text.contains(position), "{}", answer.text);
                assert_refused(answer, 422, &[("/position", "personal_number")]);
            } else {
                answer.expect(200);
            }
        }
    }
    // What only answers have.
    for member in ["id", "version", "origin", "created_at", "updated_at", "organisation_id", "masked"] {
        let mut body = a_person();
        body[member] = json!("x");
        let refused = post(&app, &producer, &app.admin(), body);
        assert_refused(refused, 400, &[(&format!("/{member}"), "unknown_member")]);
    }
    assert_eq!(app.rows()["contacts"], 0);
}

#[test]
fn a_contact_changes_under_if_match_and_its_history_tells_no_value() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let own = app.producer(&producer);
    let path = make(&app, &producer, a_person());
    let first = app.get(&path).key(&own).send().expect(200);
    assert_eq!(app.get(&path).key(&own).header("If-None-Match", &first.etag()).send().status, 304);
    let patch = |etag: &str, body: Value| app.patch(&path, etag, body).key(&own).send();
    app.request("PATCH", &path).json(&json!({})).key(&own).send().expect(428);
    let second = patch(&first.etag(), json!({"phone": "0987 654 321", "purpose": "memoranda"})).expect(200);
    assert_eq!((second.json()["phone"].as_str(), second.json()["version"].as_i64()), (Some("+84987654321"), Some(2)));
    assert_eq!(patch(&first.etag(), json!({"purpose": "trade"})).expect(412).problem_code(), "precondition_failed");
    assert_eq!(patch(&second.etag(), json!({"phone": "+84 987.654.321"})).expect(200).json()["version"], 3, "spelt in another way");
    assert_eq!(patch("*", json!({"purpose": "memoranda"})).expect(200).json()["version"], 3, "nothing changed");
    let history = app.get(&format!("{path}/history")).key(&own).send().expect(200);
    assert_eq!(history.header("Cache-Control"), Some("no-store"));
    let pointers: Vec<Vec<String>> = history
        .items()
        .iter()
        .map(|item| item["changed"].as_array().unwrap().iter().map(|change| change["pointer"].as_str().unwrap().to_owned()).collect())
        .collect();
    assert_eq!(pointers[1], ["/digest", "/purpose"]);
    assert!(pointers[0].contains(&"/consent".to_owned()) && pointers[2].is_empty(), "{pointers:?}");
    for text in app.changes_after(0).into_iter().filter_map(|change| change.body).chain([history.text]) {
        for value in ["Bưởi", "Trưởng phòng", "912345667", "987654321", "buoi.tran"] {
            assert!(!text.contains(value), "{text}");
        }
    }
    app.delete(&path, "*").key(&own).send().expect(204);
    app.get(&path).key(&own).send().expect(404);
    let history = app.get(&format!("{path}/history")).key(&own).send().expect(200).items();
    assert_eq!((history.len(), history[3]["operation"].as_str()), (4, Some("delete")));
    // A stranger is told nothing of it.
    app.get(&format!("{path}/history")).key(&app.officer("01")).send().expect(404);
    app.get(&format!("{path}/history")).send().expect(401);
}

#[test]
fn withdrawing_a_consent_closes_the_contact_at_once() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let stranger = app.buyer(a_buyer(&app).create());
    let path = make(&app, &producer, a_person());
    app.get(&path).key(&stranger).send().expect(200);
    let own = app.producer(&producer);
    let recorded = app.get(&path).key(&app.auditor()).send().json()["consent"].clone();
    assert_eq!(recorded["recorded_at"], "2026-11-23T05:00:00.000000Z");
    assert!(recorded["recorded_by_key_id"].as_str().unwrap().starts_with("key_"));
    let closed = app.patch(&path, "*", json!({"consent": {"withdrawn_on": "2026-11-23"}})).key(&own).send().expect(200).json();
    assert_eq!((&closed["visibility"], &closed["consent"]["withdrawn_on"]), (&json!("officers"), &json!("2026-11-23")));
    assert_eq!(closed["consent"].get("recorded_by_key_id"), None, "which key it was concerns whoever oversees");
    app.get(&path).key(&stranger).send().expect(404);
    let refused = app.patch(&path, "*", json!({"visibility": "matched"})).key(&own).send();
    assert_refused(refused, 422, &[("/visibility", "needs_consent")]);
    // A new consent opens it again, and whoever states it has recorded it.
    let again = json!({"visibility": "public", "consent": {"given_on": "2026-11-23", "withdrawn_on": null}});
    let open = app.patch(&path, "*", again).key(&own).send().expect(200).json();
    assert_eq!(open["consent"]["recorded_by_organisation_id"], json!(producer.id));
    app.get(&path).send().expect(200);
}

#[test]
fn a_repeated_request_makes_one_contact_and_its_record_holds_no_value() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let own = app.producer(&producer);
    let send = || app.post(&list_of(&producer), a_person()).key(&own).header("Idempotency-Key", "k").send().expect(201);
    let (first, again) = (send(), send());
    assert_eq!((again.header("Idempotency-Replayed"), &again.text, again.etag()), (Some("true"), &first.text, first.etag()));
    assert_eq!(first.json()["phone"], "+84912345667");
    assert_eq!(app.rows()["contacts"], 1);
    let kept = |value: &str| count(&mut app.db(), &format!("SELECT count(*) AS n FROM idempotency_keys WHERE body LIKE '%{value}%'"));
    assert_eq!([kept("912345667"), kept("Bưởi"), kept("buoi.tran"), kept("cnt_")], [0, 0, 0, 1]);
    // Where the row is gone, its values are: the answer is repeated without.
    app.delete(first.header("Location").unwrap(), "*").key(&own).send().expect(204);
    let gone = send();
    assert_eq!((gone.id(), values(&gone.json())), (first.id(), [Value::Null, Value::Null, Value::Null, Value::Null, json!(true)]));
    let tried = app.post(&format!("{}?validate_only=true", list_of(&producer)), a_person()).key(&own).send().expect(200);
    assert_eq!((tried.json()["phone"].as_str(), app.rows()["contacts"]), (Some("+84912345667"), 0));
}

#[test]
fn a_patch_does_not_tell_an_officer_whether_a_guess_is_right() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let officer = app.officer("92");
    let path = make(&app, &producer, a_person());
    let guess = |phone: &str| {
        let mut answer =
            app.patch(&format!("{path}?validate_only=true"), "*", json!({"phone": phone})).key(&officer).send().expect(200).json();
        answer["phone"] = Value::Null;
        answer
    };
    assert_eq!(guess("0912 345 667"), guess("0912 111 667"));
}

#[test]
fn a_patch_shows_no_value_that_its_sender_did_not_see_before() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let (officer, own) = (app.officer("92"), app.producer(&producer));
    let path = make(&app, &producer, a_person());
    let masked = [json!("T••• T••• B•••"), Value::Null, json!("09•• ••• •67"), json!("b•••@h•••.vn"), json!(true)];
    let widen = |tail: &str, key: &str| {
        let answer = app.patch(&format!("{path}{tail}"), "*", json!({"visibility": "public"})).key(key).send().expect(200).json();
        assert_eq!(answer["visibility"], "public");
        values(&answer)
    };
    assert_eq!(widen("?validate_only=true", &officer), masked);
    assert_eq!(widen("?validate_only=true", &own)[2], "+84912345667");
    assert_eq!(widen("", &officer), masked);
    // Whoever could read it before reads it in the answer.
    assert_eq!(widen("", &officer)[2], "+84912345667");
}

#[test]
fn a_consent_that_was_withdrawn_is_not_revived() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let own = app.producer(&producer);
    let path = make(&app, &producer, a_person());
    let patch = |body: Value| app.patch(&path, "*", body).key(&own).send();
    let withdrawn = patch(json!({"consent": {"withdrawn_on": "2026-11-23"}})).expect(200).json();
    assert_eq!(withdrawn["visibility"], "officers");
    for body in [json!({"consent": {"withdrawn_on": null}}), json!({"consent": {"withdrawn_on": null}, "visibility": "matched"})] {
        assert_refused(patch(body), 422, &[("/consent/withdrawn_on", "withdrawn")]);
    }
    let anew = json!({"consent": {"given_on": "2026-11-23", "withdrawn_on": null}, "visibility": "matched"});
    assert_eq!(patch(anew).expect(200).json()["visibility"], "matched");
}

#[test]
fn a_consent_is_that_of_the_person_who_gave_it() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let (officer, own) = (app.officer("92"), app.producer(&producer));
    let path = make(&app, &producer, a_person());
    let patch = |key: &str, body: Value| app.patch(&path, "*", body).key(key).send();
    let another = [("/name", "another_person")];
    assert_refused(patch(&own, json!({"name": "Lê Văn Mít"})), 422, &another);
    assert_refused(patch(&own, json!({"name": "Lê Văn Mít", "visibility": "public", "phone": "0987 654 321"})), 422, &another);
    // Accents and spelling make nobody another person.
    patch(&own, json!({"name": "TRẦN THỊ BƯỞI"})).expect(200);
    // What an officer sees masked he does not find out by guessing.
    for (name, visibility) in [("Trần Thị Bưởi", "matched"), ("Lê Văn Mít", "matched"), ("Trần Thị Bưởi", "officers")] {
        let tried = app.patch(&format!("{path}?validate_only=true"), "*", json!({"name": name, "visibility": visibility}));
        let tried = tried.key(&officer).send();
        if visibility == "matched" {
            assert_refused(tried, 422, &another);
        } else {
            assert_eq!(tried.expect(200).json().get("consent"), None, "as with another name");
        }
    }
    // Under a consent of his own.
    let stated = json!({"name": "Lê Văn Mít", "consent": {"given_on": "2026-11-20"}});
    assert_eq!(patch(&own, stated).expect(200).json()["visibility"], "matched");
    // For officers alone without one; the consent of the other does not go with the name and opens nothing later.
    let closed = patch(&own, json!({"name": "Phạm Thị Na", "ground": "contract", "visibility": "officers"})).expect(200).json();
    assert_eq!((closed["name"].as_str(), closed.get("consent")), (Some("Phạm Thị Na"), None));
    assert_refused(patch(&own, json!({"visibility": "matched"})), 422, &[("/visibility", "needs_consent")]);
}

#[test]
fn a_persons_contact_does_not_become_a_roles() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let own = app.producer(&producer);
    let path = make(&app, &producer, a_person());
    let bare = |kind: &str| json!({"kind": kind, "name": null, "consent": null, "phone": null, "visibility": "public"});
    for kind in ["mailbox", "switchboard"] {
        assert_refused(app.patch(&path, "*", bare(kind)).key(&own).send(), 422, &[("/kind", "another_kind")]);
    }
    assert_eq!(app.get(&path).key(&own).send().expect(200).json()["kind"], "person");
    let mailbox = make(&app, &producer, a_mailbox());
    app.patch(&mailbox, "*", json!({"kind": "switchboard"})).key(&own).send().expect(200);
}

#[test]
fn a_contact_is_shown_to_an_officer_who_says_why_and_that_is_noted() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let officer = app.officer("92");
    let path = make(&app, &producer, a_person());
    let ask = |key: &str, reason: &str| app.post(&format!("{path}/disclose"), json!({"reason": reason})).key(key).send();
    let why = "Xác minh hồ sơ hội nghị";
    let named = ["gọi chị Tran thi buoi hỏi", "Gọi chị Bưởi về hội nghị", "hỏi bà TRẦN về hồ sơ", "Ask Ms. Buoi about it"];
    let reached = ["gọi số 0912 345 667 ngay", "viết cho a@b.vn hôm nay", "mail Buoi.Tran at example.vn", "mail buoi-tran tại HTX"];
    for reason in named.into_iter().chain(reached).chain(["gọi"]) {
        let refused = ask(&officer, reason).expect(422);
        assert_eq!(refused.fault_codes()[0].0, "/reason", "{reason}");
    }
    let notes = || count(&mut app.db(), "SELECT count(*) AS n FROM audit_pending");
    assert_eq!(notes(), 0);
    let shown = ask(&officer, why).expect(200);
    assert_eq!(shown.header("Cache-Control"), Some("no-store"));
    assert_eq!((shown.json()["name"].as_str(), shown.json()["phone"].as_str()), (Some("Trần Thị Bưởi"), Some("+84912345667")));
    // A word that is somebody's name is a word where no form of address stands before it.
    let south = make(&app, &producer, {
        let mut body = a_person();
        body["name"] = json!("Lê Thị Nam");
        body["email"] = json!("nam@htx-vinhphuoc.vn");
        body
    });
    let of_south = |reason: &str| app.post(&format!("{south}/disclose"), json!({"reason": reason})).key(&officer).send().status;
    assert_eq!(of_south("Gọi chị Nam về hội nghị"), 422);
    assert_eq!(of_south("Xác minh hồ sơ hội nghị miền Nam, nơi có thị trường"), 200);
    execute(&app, &format!("DELETE FROM audit_pending WHERE entity_id = '{}'", south.rsplit('/').next().unwrap()));
    ask(&app.officer("01"), why).expect(403);
    ask(&app.producer(&producer), why).expect(403);
    ask(&app.auditor(), why).expect(403);
    let noted = format!(
        "SELECT count(*) AS n FROM audit_pending WHERE action = 'disclose' AND operation = 'disclose_contact' AND entity = 'contact' \
         AND entity_id = '{}' AND organisation_id = '{}' AND actor_role = 'officer' AND reason = '{why}'",
        shown.id(),
        producer.id
    );
    assert_eq!((count(&mut app.db(), &noted), notes()), (1, 1));
}

#[test]
fn a_key_is_shown_fifty_contacts_a_day_and_the_next_is_refused_and_noted() {
    let app = TestApp::start_with(|app| app.limited(None, "200/2000".parse().ok()));
    let producer = a_producer(&app).create();
    let (officer, other) = (app.officer("92"), app.officer("92"));
    let path = make(&app, &producer, a_person());
    let ask = |key: &str| app.post(&format!("{path}/disclose"), json!({"reason": "Xác minh hồ sơ hội nghị"})).key(key).send();
    for _ in 0..50 {
        ask(&officer).expect(200);
    }
    let refused = ask(&officer).expect(429);
    // Noon in Viet Nam.
    assert_eq!((refused.problem_code().as_str(), refused.header("Retry-After")), ("too_many_requests", Some("43200")));
    assert!(refused.text.contains("contacts of persons"), "{}", refused.text);
    // The policy that refuses, and that by which every request counts.
    assert_eq!(refused.header("RateLimit"), Some("\"disclosures\";r=0;t=43200, \"key\";r=1745;t=2"));
    assert_eq!(refused.header("RateLimit-Policy"), Some("\"disclosures\";q=50;w=86400, \"key\";q=2000;w=10"));
    ask(&officer).expect(429);
    let noted = |action: &str| count(&mut app.db(), &format!("SELECT count(*) AS n FROM audit_pending WHERE action = '{action}'"));
    assert_eq!(noted("disclose"), 50);
    // Refusals are counted, and stand in the audit log when it is read next.
    let refusals = app.get("/v1/audit?action=refuse").key(&app.auditor()).send().expect(200).items();
    let of_quota: Vec<&Value> = refusals.iter().filter(|row| row["code"] == "too_many_requests").collect();
    assert_eq!((of_quota.len(), &of_quota[0]["times"], &of_quota[0]["operation"]), (1, &json!(2), &json!("disclose_contact")));

    ask(&other).expect(200);
    app.set_clock("2026-11-23 17:00:00");
    ask(&officer).expect(200);
}

#[test]
fn a_contact_past_its_day_is_absent_at_once_and_then_deleted() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let own = app.producer(&producer);
    let path = make(&app, &producer, a_person());
    let stays = make(&app, &producer, a_mailbox());
    // Its last day, 2027-10-27, ends at 17:00 UTC; keys live until 2027-11-23.
    app.set_clock("2027-10-27 16:59:59");
    app.get(&path).key(&own).send().expect(200);
    let purged = || actix_web::rt::System::new().block_on(purge(app.app())).unwrap();
    assert_eq!(purged(), 0);
    app.set_clock("2027-10-27 17:00:00");
    app.get(&path).key(&own).send().expect(404);
    app.patch(&path, "*", json!({})).key(&own).send().expect(404);
    assert_eq!(app.get(&list_of(&producer)).key(&own).send().items().len(), 1);
    assert_eq!(app.rows()["contacts"], 2);
    assert_eq!((purged(), purged(), app.rows()["contacts"]), (1, 0, 1));
    app.get(&stays).key(&own).send().expect(200);
    let last = app.changes_after(0).pop().unwrap();
    assert_eq!((last.operation.as_str(), path.ends_with(&last.entity_id), last.body), ("delete", true, None));
    // The change and the note say alike who it was: the program itself.
    assert_eq!(last.actor_role, "system");
    let noted = "SELECT count(*) AS n FROM audit_pending WHERE action = 'erase' AND operation = 'purge_contacts' AND actor_role = 'system'";
    assert_eq!(count(&mut app.db(), noted), 1);
}

#[test]
fn a_source_that_is_named_contacts_is_a_source() {
    let app = TestApp::start();
    let admin = app.admin();
    let body = a_producer(&app).into_body();
    let put = app.put("/v1/organisations/by-ref/contacts/row-1", body).key(&admin).send().expect(201);
    assert_eq!(app.get("/v1/organisations/by-ref/contacts/row-1").send().expect(200).id(), put.id());
    app.patch("/v1/organisations/by-ref/contacts/row-1", "*", json!({})).key(&admin).send().expect(405);
}

#[test]
fn an_organisation_has_at_most_fifty_contacts() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let path = make(&app, &producer, a_mailbox());
    let id = path.rsplit('/').next().unwrap();
    let columns = "version, origin, created_at, updated_at, organisation_id, kind, purpose, visibility, email, salt, digest, illustrative";
    for n in 1..50 {
        execute(&app, &format!("INSERT INTO contacts (id, {columns}) SELECT 'cnt_{n}', {columns} FROM contacts WHERE id = '{id}'"));
    }
    assert_refused(post(&app, &producer, &app.admin(), a_mailbox()), 422, &[("", "too_many")]);
}
