//! What a person may ask: everything that is held on him or her, and its erasure, after which nothing holds it.

mod canary;

use crate::contacts::{a_person, make};
use crate::support::document::Operation;
use crate::support::{Response, TestApp, Value, a_buyer, a_producer, assert_refused, count, json};

const PHONE: &str = "0912 345 667";

fn register(app: &TestApp, key: &str, body: Value) -> Response {
    app.post("/v1/personal-data-requests", body).key(key).send()
}

fn by_phone(kind: &str) -> Value {
    json!({"kind": kind, "phone": PHONE, "channel": "paper"})
}

/// A list of requests that goes page by page, with several items.
pub fn paged_list(app: &TestApp, admin: &str, operation: &Operation) -> Option<String> {
    if operation.path != "/v1/personal-data-requests" {
        return None;
    }
    (0..5).for_each(|_| drop(register(app, admin, by_phone("export")).expect(201)));
    Some(operation.path.clone())
}

#[test]
fn a_request_says_until_when_it_is_answered_and_keeps_nothing_to_find_the_person_by() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let contact = make(&app, &producer, a_person());
    let officer = app.officer("92");
    // A Saturday: Monday and Tuesday are the two working days.
    let mut body = by_phone("erasure");
    body["received_on"] = json!("2026-11-21");
    body["email"] = json!("nguoi.khac@example.vn");
    let made = register(&app, &officer, body).expect(201);
    assert_eq!(made.header("Cache-Control"), Some("no-store"));
    let json = made.json();
    assert_eq!((json["answer_by"].as_str(), json["status"].as_str()), (Some("2026-11-24"), Some("open")));
    assert_eq!((json["contact_ids"].clone(), json["held_elsewhere"].clone()), (json!([contact.rsplit('/').next().unwrap()]), json!(false)));
    for table in ["changes", "idempotency_keys", "personal_data_requests", "audit_pending"] {
        for value in ["912345667", "345 667", "nguoi.khac"] {
            let columns = cungcau::access::columns::COLUMNS.iter().find(|(name, _)| *name == table).unwrap().1;
            for (column, _) in columns {
                let found =
                    count(&mut app.db(), &format!("SELECT count(*) AS n FROM {table} WHERE CAST({column} AS TEXT) LIKE '%{value}%'"));
                assert_eq!(found, 0, "{table}.{column}");
            }
        }
    }
    let path = made.header("Location").unwrap();
    app.get(path).key(&app.officer("01")).send().expect(404);
    app.get(path).key(&app.auditor()).send().expect(200);
    app.get(path).key(&app.producer(&producer)).send().expect(403);
    assert_eq!(app.get("/v1/personal-data-requests").key(&app.officer("01")).send().expect(200).items().len(), 0);
    assert_eq!(app.get("/v1/personal-data-requests?status=open&kind=erasure").key(&officer).send().items().len(), 1);
    let answered = app.post(&format!("{path}/answer"), json!({})).key(&officer).send().expect(200).json();
    assert_eq!((answered["status"].as_str(), answered["answered_at"].as_str()), (Some("answered"), Some("2026-11-23T05:00:00.000000Z")));
    let refused = register(
        &app,
        &officer,
        json!({"kind": "export", "channel": "paper", "received_on": "2026-11-24", "personal_code": "0123456789ab"}),
    );
    assert_refused(refused, 422, &[("/received_on", "in_future"), ("/personal_code", "not_a_personal_code")]);
    assert_refused(register(&app, &officer, json!({"kind": "export", "channel": "paper"})), 422, &[("/phone", "missing")]);
}

#[test]
fn an_export_gives_all_that_is_held_and_to_whom_it_was_shown() {
    let app = TestApp::start();
    let producer = a_producer(&app)
        .with(json!({"legal_form": "household_business", "tax_code": "094085001234", "producer": {"kind": "household_business"}}))
        .create();
    let contact = make(&app, &producer, a_person());
    let officer = app.officer("92");
    app.post(&format!("{contact}/disclose"), json!({"reason": "Xác minh hồ sơ hội nghị"})).key(&officer).send().expect(200);
    let mut body = by_phone("export");
    body["personal_code"] = json!("094 085 001 234");
    let path = register(&app, &officer, body).expect(201).header("Location").unwrap().to_owned();
    let export = || app.get(&format!("{path}/export")).key(&officer).send();
    let held = export().expect(200);
    assert_eq!(held.header("Cache-Control"), Some("no-store"));
    let json = held.json();
    assert_eq!(json["personal_codes"], json!([{"organisation_id": producer.id, "personal_code": "094085001234"}]));
    let of = &json["contacts"][0];
    assert_eq!((&of["contact"]["phone"], &of["contact"]["consent"]["text_version"]), (&json!("+84912345667"), &json!("2026-01")));
    let shown = of["disclosures"].as_array().unwrap();
    assert_eq!(
        (shown.len(), shown[0]["reason"].as_str(), shown[0]["actor_role"].as_str()),
        (1, Some("Xác minh hồ sơ hội nghị"), Some("officer"))
    );
    assert_eq!(export().expect(200).json()["contacts"][0]["disclosures"].as_array().unwrap().len(), 2, "the export is a showing too");
    let noted = |action: &str| count(&mut app.db(), &format!("SELECT count(*) AS n FROM audit_pending WHERE action = '{action}'"));
    assert_eq!(noted("export"), 4, "a contact and a code, twice");
    app.post(&format!("{path}/erase"), json!({})).key(&officer).send().expect(409);
    let done = app.post(&format!("{path}/answer"), json!({})).key(&officer).send().expect(200).json();
    assert_eq!(done["status"], "done");
    assert_eq!(export().expect(409).problem_code(), "illegal_transition");
}

#[test]
fn an_officer_erases_what_his_province_holds_and_an_administrator_the_rest() {
    let app = TestApp::start();
    let (here, there) = (a_producer(&app).create(), a_buyer(&app).create());
    let (contact, elsewhere) = (make(&app, &here, a_person()), make(&app, &there, a_person()));
    let (officer, admin) = (app.officer("92"), app.admin());
    let made = register(&app, &officer, by_phone("erasure")).expect(201);
    assert_eq!((&made.json()["held_elsewhere"], made.json()["contact_ids"].as_array().unwrap().len()), (&json!(true), 1));
    let erase = |key: &str| app.post(&format!("{}/erase", made.header("Location").unwrap()), json!({})).key(key).send().expect(200).json();
    let id_of = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let begun = erase(&officer);
    assert_eq!((&begun["status"], &begun["held_elsewhere"], begun.get("done_at")), (&json!("answered"), &json!(true), None));
    // Thirty days from 2026-11-23.
    assert_eq!((&begun["backups_until"], &begun["contact_ids"]), (&json!("2026-12-23"), &json!([id_of(&contact)])));
    app.get(&contact).key(&admin).send().expect(404);
    app.get(&elsewhere).key(&admin).send().expect(200);
    assert_eq!(erase(&officer), begun, "asking again is harmless");
    let done = erase(&admin);
    let mut both = [id_of(&contact), id_of(&elsewhere)];
    both.sort();
    assert_eq!((&done["status"], &done["held_elsewhere"], &done["contact_ids"]), (&json!("done"), &json!(false), &json!(both)));
    app.get(&elsewhere).key(&admin).send().expect(404);
    assert_eq!(count(&mut app.db(), "SELECT count(*) AS n FROM audit_pending WHERE action = 'erase' AND entity = 'contact'"), 2);
    assert_eq!(count(&mut app.db(), "SELECT count(*) AS n FROM personal_data_requests WHERE phone_digest IS NOT NULL"), 0);
}

#[test]
fn after_an_erasure_no_other_request_of_the_person_tells_by_what_it_was_found() {
    let app = TestApp::start();
    let (here, there) = (a_producer(&app).create(), a_buyer(&app).create());
    let contact = make(&app, &here, a_person());
    let other = json!({"phone": "0987 654 321", "email": "nguoi.khac@example.vn"});
    let mut of_another = a_person();
    of_another.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    make(&app, &there, of_another);
    let (officer, admin) = (app.officer("92"), app.admin());
    let path = |body: Value| register(&app, &officer, body).expect(201).header("Location").unwrap().to_owned();
    let by_email = |email: &str| json!({"kind": "export", "email": email, "channel": "paper"});
    let same_phone = path(by_phone("export"));
    let same_email = path(by_email("buoi.tran@htx-vinhphuoc.com.vn"));
    let another = path(by_email("nguoi.khac@example.vn"));
    let erasure = path(by_phone("erasure"));
    let held = |path: &str| app.get(&format!("{path}/export")).key(&admin).send().expect(200).json()["contacts"].as_array().unwrap().len();
    assert_eq!([&same_phone, &same_email, &another].map(|path| held(path)), [1, 1, 1]);
    let erased = app.post(&format!("{erasure}/erase?validate_only=true"), json!({})).key(&officer).send().expect(200);
    assert_eq!((&erased.json()["status"], held(&same_phone)), (&json!("done"), 1), "it was only tried");
    app.post(&format!("{erasure}/erase"), json!({})).key(&officer).send().expect(200);
    let known =
        |column: &str| count(&mut app.db(), &format!("SELECT count(*) AS n FROM personal_data_requests WHERE {column} IS NOT NULL"));
    assert_eq!([known("phone_digest"), known("email_digest"), known("personal_code_digest")], [0, 1, 0], "another person's stays");
    assert_eq!([&same_phone, &same_email, &another].map(|path| held(path)), [0, 0, 1]);
    let done = app.post(&format!("{same_phone}/answer"), json!({})).key(&officer).send().expect(200).json();
    assert_eq!((&done["status"], &done["version"]), (&json!("done"), &json!(3)));
    // The audit log says which request the erasure was made for.
    let id = erasure.rsplit('/').next().unwrap();
    let noted = app.get("/v1/audit?action=erase").key(&app.auditor()).send().expect(200).items();
    assert_eq!((noted.len(), &noted[0]["reason"]), (1, &json!(id)));
    assert!(contact.ends_with(noted[0]["entity_id"].as_str().unwrap()));
}

#[test]
fn what_is_due_is_found_by_its_day() {
    let app = TestApp::start();
    let officer = app.officer("92");
    let received = |day: &str| {
        let mut body = by_phone("export");
        body["received_on"] = json!(day);
        register(&app, &officer, body).expect(201).id()
    };
    // Due on the 24th, the 20th, the 24th and the 25th.
    let ids = ["2026-11-20", "2026-11-18", "2026-11-21", "2026-11-23"].map(received);
    let found = |query: &str| app.get(&format!("/v1/personal-data-requests?{query}")).key(&officer).send().expect(200).ids();
    let of = |order: &[usize]| order.iter().map(|at| ids[*at].clone()).collect::<Vec<_>>();
    assert_eq!(found("due_until=2026-11-24"), of(&[0, 1, 2]));
    assert_eq!(found("due_until=2026-11-24&sort=answer_by"), of(&[1, 0, 2]));
    assert_eq!(found("sort=-answer_by"), of(&[3, 2, 0, 1]));
    assert_eq!(found("due_until=2026-11-19"), of(&[]));
    app.post(&format!("/v1/personal-data-requests/{}/answer", ids[1]), json!({})).key(&officer).send().expect(200);
    assert_eq!(found("status=open&due_until=2026-11-24&sort=answer_by"), of(&[0, 2]));
    let walked = crate::support::walk_as(&app, "/v1/personal-data-requests?sort=answer_by&limit=1", Some(&officer));
    assert_eq!(walked, of(&[1, 0, 2, 3]));
    assert_refused(app.get("/v1/personal-data-requests?due_until=mai").key(&officer).send(), 400, &[("?due_until", "not_a_day")]);
}

#[test]
fn an_export_stays_open_while_others_hold_more() {
    let app = TestApp::start();
    make(&app, &a_producer(&app).create(), a_person());
    make(&app, &a_buyer(&app).create(), a_person());
    let (officer, admin) = (app.officer("92"), app.admin());
    let path = register(&app, &officer, by_phone("export")).expect(201).header("Location").unwrap().to_owned();
    let answer = |key: &str| app.post(&format!("{path}/answer"), json!({})).key(key).send().expect(200).json();
    let export = |key: &str| app.get(&format!("{path}/export")).key(key).send().expect(200).json()["contacts"].as_array().unwrap().len();
    assert_eq!(export(&officer), 1);
    let answered = answer(&officer);
    assert_eq!((&answered["status"], &answered["held_elsewhere"]), (&json!("answered"), &json!(true)));
    assert_eq!(answer(&officer), answered, "asking again changes nothing");
    assert_eq!(export(&admin), 2);
    assert_eq!(answer(&admin)["status"], "done");
}

#[test]
fn what_is_held_elsewhere_alone_is_an_administrators_to_erase() {
    let app = TestApp::start();
    let contact = make(&app, &a_buyer(&app).create(), a_person());
    let (officer, admin) = (app.officer("92"), app.admin());
    let path = register(&app, &officer, by_phone("erasure")).expect(201).header("Location").unwrap().to_owned();
    let erase = |key: &str| app.post(&format!("{path}/erase"), json!({})).key(key).send();
    let refused = erase(&officer).expect(409);
    assert_eq!(refused.problem_code(), "illegal_transition");
    assert!(refused.text.contains("an administrator is needed"), "{}", refused.text);
    let open = app.get(&path).key(&officer).send().expect(200).json();
    assert_eq!((&open["status"], open.get("backups_until")), (&json!("open"), None));
    app.get(&contact).key(&admin).send().expect(200);
    assert_eq!(erase(&admin).expect(200).json()["status"], "done");
    app.get(&contact).key(&admin).send().expect(404);
    // Where nothing is held nothing was erased, and no backup is promised to forget it.
    let path = register(&app, &officer, by_phone("erasure")).expect(201).header("Location").unwrap().to_owned();
    let done = app.post(&format!("{path}/erase"), json!({})).key(&officer).send().expect(200).json();
    assert_eq!((&done["status"], done.get("backups_until")), (&json!("done"), None));
}

#[test]
fn a_request_that_is_only_tried_does_not_tell_whether_somebody_is_registered() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    make(&app, &producer, a_person());
    for key in [app.officer("92"), app.officer("01"), app.admin()] {
        let tried = app.post("/v1/personal-data-requests?validate_only=true", by_phone("erasure")).key(&key).send().expect(200).json();
        assert_eq!([&tried["contact_ids"], &tried["organisation_ids"], &tried["held_elsewhere"]], [&json!([]), &json!([]), &json!(false)]);
    }
    assert_eq!(app.rows()["personal_data_requests"], 0);
}

#[test]
fn erasing_a_personal_code_leaves_the_organisation() {
    let app = TestApp::start();
    let household = || {
        a_producer(&app)
            .with(json!({"legal_form": "household_business", "tax_code": "094085001234", "producer": {"kind": "household_business"}}))
    };
    let producer = household().create();
    let admin = app.admin();
    let body = json!({"kind": "erasure", "personal_code": "094085001234", "channel": "email"});
    let made = register(&app, &admin, body).expect(201);
    assert_eq!(made.json()["organisation_ids"], json!([producer.id]));
    let path = format!("{}/erase", made.header("Location").unwrap());
    assert_eq!(app.post(&format!("{path}?validate_only=true"), json!({})).key(&admin).send().expect(200).json()["status"], "done");
    assert_eq!(app.rows()["personal_codes"], 1);
    let send = || app.post(&path, json!({})).key(&admin).header("Idempotency-Key", "k").send().expect(200);
    let (first, again) = (send(), send());
    assert_eq!((again.header("Idempotency-Replayed"), &first.text), (Some("true"), &again.text));
    let now = app.get(&producer.path).send().expect(200).json();
    assert_eq!((&now["has_personal_tax_code"], &now["version"], &now["name"]), (&json!(false), &json!(2), &producer.json["name"]));
    let before = app.get(&format!("{}?at=2026-11-23T05:00:00Z", producer.path)).send();
    assert_eq!(before.status, 200, "{}", before.text);
    assert_eq!(app.rows()["personal_codes"], 0);
    assert_eq!(count(&mut app.db(), "SELECT count(*) AS n FROM organisations WHERE personal_code_digest IS NOT NULL"), 0);
    // The code is nobody's here now.
    household().named("Hộ kinh doanh khác").create();
}
