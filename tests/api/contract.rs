//! What holds for every operation: the document, the access table, problems, headers, response-only members, pages.

use crate::support::document::{self, Operation, collections, members, operations, resolve};
use crate::support::{Request, Response, TestApp, Value, a_buyer, a_producer, execute, json, seeds, walk_as};
use chrono::{NaiveDateTime, TimeDelta};
use cungcau::access::Role;
use cungcau::access::table::{QUESTIONS, Rule, TABLE, rule};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn the_document_served_is_the_committed_one() {
    let app = TestApp::start();
    let served = app.get("/openapi.json").send().expect(200).text;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        std::fs::write(path, &served).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(served == committed, "openapi/openapi.json is not what the server serves. Write it anew and commit it:\n\n    make openapi\n");
}

#[test]
fn the_document_is_of_openapi_3_1_and_names_its_licence() {
    let document = document::document();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["license"]["identifier"], "Apache-2.0");
    assert!(document::text().ends_with("}\n"));
}

/// Verbs that an operation's id may begin with.
const VERBS: [&str; 19] = [
    "get",
    "list",
    "create",
    "patch",
    "delete",
    "put",
    "transition",
    "close",
    "preview",
    "propose",
    "rotate",
    "revoke",
    "disclose",
    "accept",
    "decline",
    "withdraw",
    "end",
    "answer",
    "erase",
];

#[test]
fn every_operation_is_described() {
    let tags: BTreeSet<&str> = document::document()["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut ids = BTreeSet::new();
    for operation in operations() {
        let id = operation.id.as_str();
        assert!(ids.insert(id), "{id} twice");
        let (verb, noun) = id.split_once('_').unwrap_or_else(|| panic!("{id} is no verb_noun"));
        assert!(VERBS.contains(&verb), "{id}");
        assert!(!noun.is_empty() && noun.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{id}");
        for member in ["summary", "description"] {
            assert!(operation.spec[member].as_str().is_some_and(|text| text.len() > 8), "{id} has no {member}");
        }
        let tag = operation.spec["tags"][0].as_str().unwrap();
        assert!(tags.contains(tag), "{id} has the unknown tag {tag}");
        assert!(operation.spec["security"].is_array(), "{id}");
        let statuses: BTreeSet<u16> = operation.spec["responses"].as_object().unwrap().keys().map(|s| s.parse().unwrap()).collect();
        assert!(statuses.iter().any(|status| *status < 300), "{id} never succeeds");
        for status in [400, 401, 403, 405, 406, 429, 500, 503] {
            assert!(statuses.contains(&status), "{id} does not tell of {status}");
        }
        for parameter in operation.spec["parameters"].as_array().unwrap() {
            assert!(parameter["description"].as_str().is_some_and(|text| text.len() > 8), "{id}: {parameter}");
            assert!(!parameter["example"].is_null(), "{id}: {parameter}");
        }
        for member in operation.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')) {
            let parameters = operation.spec["parameters"].as_array().unwrap();
            assert!(parameters.iter().any(|known| known["in"] == "path" && known["name"] == member), "{id}: {member}");
        }
        if operation.method != "GET" && operation.method != "DELETE" {
            let content = operation.spec["requestBody"]["content"].as_object().unwrap();
            for (media, body) in content {
                assert_eq!(media == "application/merge-patch+json", operation.method == "PATCH", "{id}");
                document::conforms(&body["example"], &body["schema"], id, false);
            }
            for status in [401, 403, 413, 415, 422] {
                assert!(statuses.contains(&status), "{id} does not tell of {status}");
            }
        }
    }
}

#[test]
fn every_example_of_a_parameter_is_taken_where_it_stands() {
    let app = TestApp::start();
    let admin = app.admin();
    for operation in operations().iter().filter(|operation| operation.method == "GET") {
        let parameters = operation.spec["parameters"].as_array().unwrap();
        // A cursor is a server's own: none can be made up.
        for parameter in parameters.iter().filter(|known| known["in"] == "query" && known["name"] != "cursor") {
            let (name, example) = (parameter["name"].as_str().unwrap(), &parameter["example"]);
            // Of what may be given several times, one.
            let example = example.as_array().and_then(|list| list.first()).unwrap_or(example);
            let example = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
            let answer = app.get(&format!("{}?{name}={example}", operation.example_path())).key(&admin).send();
            // The other day of a period may be missing.
            let refused = answer.status == 400 && answer.fault_codes().iter().any(|(pointer, _)| *pointer == format!("?{name}"));
            assert!(matches!(answer.status, 200 | 400 | 404) && !refused, "{}, {name}={example}: {}", operation.id, answer.text);
        }
    }
}

#[test]
fn the_document_states_the_limits_of_a_request() {
    let description = document::document()["info"]["description"].as_str().unwrap();
    for limit in ["256 KiB", "8 MiB", "1000 items", "32 levels", "within 30 s", "at most 100 items"] {
        assert!(description.contains(limit), "{limit}: {description}");
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    fn walk(value: &Value) {
        match value {
            Value::Object(object) => {
                if let Some(path) = object.get("$ref").and_then(Value::as_str) {
                    assert!(document::document().pointer(path.strip_prefix('#').unwrap()).is_some(), "{path}");
                }
                object.values().for_each(walk);
            }
            Value::Array(list) => list.iter().for_each(walk),
            _ => {}
        }
    }
    walk(document::document());
}

#[test]
fn the_access_table_and_the_document_name_the_same_operations() {
    let table: BTreeSet<&str> = TABLE.iter().map(|(operation, ..)| *operation).collect();
    assert_eq!(table.len(), TABLE.len(), "a row stands twice");
    let documented: BTreeSet<&str> = operations().iter().map(|operation| operation.id.as_str()).collect();
    let questions: BTreeSet<&str> = QUESTIONS.iter().copied().collect();
    let without_row: Vec<_> = documented.difference(&table).collect();
    assert!(without_row.is_empty(), "operations without a row in access::table: {without_row:?}");
    let of_table: BTreeSet<&str> = table.difference(&questions).copied().collect();
    let without_operation: Vec<_> = of_table.difference(&documented).collect();
    assert!(without_operation.is_empty(), "rows of access::table which are no operation: {without_operation:?}");
    assert!(questions.is_subset(&table) && questions.is_disjoint(&documented));
}

#[test]
fn the_document_says_of_each_operation_whether_it_needs_a_key() {
    for operation in operations() {
        let anonymous = !matches!(rule(&operation.id, None), Some(Rule::Deny | Rule::Hide));
        let said = operation.spec["security"].as_array().unwrap().contains(&json!({}));
        assert_eq!(said, anonymous, "{}", operation.id);
    }
}

/// An operation with an empty body and nothing that it is about: permits come before everything else.
fn bare<'a>(app: &'a TestApp, operation: &Operation) -> Request<'a> {
    let request = app.request(&operation.method, &operation.example_path());
    match operation.method.as_str() {
        "GET" => request,
        "DELETE" => request.header("If-Match", "\"v1\""),
        "PATCH" => request.json(&json!({})).header("Content-Type", "application/merge-patch+json").header("If-Match", "\"v1\""),
        _ => request.json(&json!({})).header("If-Match", "\"v1\""),
    }
}

#[test]
fn every_cell_of_the_access_table_is_kept() {
    let app = TestApp::start();
    let organisation = a_producer(&app).create();
    let keys = [
        (None, String::new()),
        (Some(Role::Producer), app.producer(&organisation)),
        (Some(Role::Buyer), app.buyer(&organisation)),
        (Some(Role::Officer), app.officer("94@2020-10-27")),
        (Some(Role::Auditor), app.auditor()),
        (Some(Role::Partner), app.partner()),
        (Some(Role::Admin), app.admin()),
    ];
    let rows = app.rows();
    for operation in operations() {
        for (role, key) in &keys {
            let request = bare(&app, operation);
            let answer = if role.is_some() { request.key(key).send() } else { request.send() };
            let what = format!("{} as {role:?}: {} {}", operation.id, answer.status, answer.text);
            match rule(&operation.id, *role).unwrap() {
                Rule::Deny if role.is_none() => {
                    assert_eq!((answer.status, answer.problem_code().as_str()), (401, "unauthenticated"), "{what}");
                }
                Rule::Deny => assert_eq!((answer.status, answer.problem_code().as_str()), (403, "forbidden"), "{what}"),
                Rule::Hide => assert_eq!(answer.status, 404, "{what}"),
                Rule::Allow | Rule::Own | Rule::OwnElseHide => assert!(!matches!(answer.status, 401 | 403 | 500..), "{what}"),
            }
        }
    }
    assert_eq!(app.rows(), rows, "nothing was done");
}

#[test]
fn whose_a_record_is_decides_who_may_change_it() {
    let app = TestApp::start();
    let stranger = a_buyer(&app).named("Người lạ").in_province("01@2020-10-27").create();
    for collection in collections() {
        let seed = seeds(&app, &collection, 1).remove(0);
        let owner = seed.owner.as_deref().unwrap_or(&stranger.id);
        let callers = [
            (Role::Producer, app.producer(owner), seed.owner.is_some()),
            (Role::Producer, app.producer(&stranger), false),
            (Role::Buyer, app.buyer(owner), seed.owner.is_some()),
            (Role::Buyer, app.buyer(&stranger), false),
            (Role::Officer, app.officer(seed.province), true),
            (Role::Officer, app.officer("01"), false),
        ];
        let (rows, head) = (app.rows(), app.log_head());
        let etag = seed.record.etag.clone();
        let path = format!("{}?validate_only=true", seed.record.path);
        for (method, done) in [("PATCH", 200), ("DELETE", 204)] {
            let operation = document::operation_of(method, &path).unwrap();
            for (role, key, own) in &callers {
                let request = app.request(method, &path).key(key).header("If-Match", &etag);
                let request = if method == "PATCH" { request.json(&json!({})) } else { request };
                let answer = request.send();
                let expected = match (rule(&operation.id, Some(*role)).unwrap(), own) {
                    (Rule::Allow, _) | (Rule::Own | Rule::OwnElseHide, true) => done,
                    (Rule::OwnElseHide | Rule::Hide, _) => 404,
                    (Rule::Own | Rule::Deny, _) => 403,
                };
                // What a key acts for is used by it: such an organisation can't be deleted.
                let expected = if expected == 204 && ["organisations"].contains(&collection.as_str()) { 409 } else { expected };
                assert_eq!(answer.status, expected, "{} as {role:?}, own: {own}: {}", operation.id, answer.text);
            }
        }
        assert_eq!((app.rows(), app.log_head()), (rows, head), "{collection}");
    }
}

/// The answer without what differs from request to request.
fn impersonal(answer: &Response) -> (u16, Value) {
    let mut json = answer.json();
    json["request_id"] = Value::Null;
    (answer.status, json)
}

#[test]
fn somebody_elses_private_record_is_as_one_that_does_not_exist() {
    let app = TestApp::start();
    let admin = app.admin();
    let seed = seeds(&app, "mous", 1).remove(0);
    let put = app.put("/v1/mous/by-ref/script/1", seed.body.clone()).key(&admin).send().expect(201);
    let stranger = a_producer(&app).named("Người lạ").in_province("01@2020-10-27").create();
    for (who, key) in [
        ("nobody", None),
        ("another producer", Some(app.producer(&stranger))),
        ("another buyer", Some(app.buyer(&stranger))),
        ("an officer of another province", Some(app.officer("01"))),
        ("a partner", Some(app.partner())),
    ] {
        let ask = |method: &str, path: &str, body: Option<Value>| {
            let request = app.request(method, path).header("If-Match", &seed.record.etag);
            let request = if let Some(key) = &key { request.key(key) } else { request };
            if let Some(body) = body { request.json(&body).send() } else { request.send() }
        };
        for (id, none) in [(&seed.record.id, "mou_00000000000000000000000000"), (&put.id(), "x")] {
            for (method, tail, body) in [
                ("GET", "", None),
                ("GET", "?at=2026-11-23T05:00:00Z", None),
                ("GET", "/history", None),
                ("PATCH", "", Some(json!({"title": "x"}))),
                ("DELETE", "", None),
                ("POST", "/transitions", Some(json!({"to": "proposed"}))),
                ("POST", "/notes", Some(json!({"text": "x"}))),
            ] {
                let (there, not) =
                    (ask(method, &format!("/v1/mous/{id}{tail}"), body.clone()), ask(method, &format!("/v1/mous/{none}{tail}"), body));
                assert_eq!(impersonal(&there), impersonal(&not), "{who}: {method} {tail}");
                assert!(there.status >= 400, "{who}: {method} {tail}: {}", there.text);
            }
        }
        let (there, not) = (ask("GET", "/v1/mous/by-ref/script/1", None), ask("GET", "/v1/mous/by-ref/script/2", None));
        assert_eq!(impersonal(&there), impersonal(&not), "{who}");
        for filter in ["", "?status=draft", "?phase=in_preparation", "?illustrative=true"] {
            assert_eq!(ask("GET", &format!("/v1/mous{filter}"), None).expect(200).items(), Vec::<Value>::new(), "{who}: {filter}");
        }
    }
    let owner = app.producer(seed.owner.as_deref().unwrap());
    app.get(&seed.record.path).key(&owner).send().expect(200);
    assert_eq!(app.get("/v1/mous").key(&owner).send().ids(), [seed.record.id, put.id()]);
}

#[test]
fn a_key_that_does_not_hold_opens_nothing_not_even_what_is_public() {
    let app = TestApp::start();
    let (revoked, good) = (app.admin(), app.admin());
    let last = if good.ends_with('0') { '1' } else { '0' };
    let mistyped = format!("{}{last}", &good[..good.len() - 1]);
    // Well formed, but of no key: made by another server.
    let stranger = TestApp::start();
    let strange = stranger.officer("92");
    let id = revoked.split('_').nth(2).unwrap();
    execute(&app, &format!("UPDATE keys SET revoked_at = created_at WHERE id = 'key_{id}'"));
    let sent = [
        "Bearer",
        "Bearer x",
        "Basic YTpi",
        "cc_live_x",
        &format!("Bearer {mistyped}"),
        &format!("Bearer {strange}"),
        &format!("Bearer {revoked}"),
    ]
    .map(str::to_owned);
    let later: NaiveDateTime = "2026-12-01T00:00:00".parse().unwrap();
    for (minute, operation) in operations().iter().enumerate() {
        for (n, header) in sent.iter().enumerate() {
            // The sixth wrong key of a minute would be refused for that alone.
            let second = u32::try_from((minute * sent.len() + n) * 15).unwrap();
            app.set_clock(&(later + TimeDelta::seconds(second.into())).to_string());
            let answer = bare(&app, operation).header("Authorization", header).send();
            assert_eq!((answer.status, answer.problem_code().as_str()), (401, "unauthenticated"), "{} with {header}", operation.id);
        }
    }
    app.get("/v1/producers").key(&good).send().expect(200);
    // Keys live 365 days here.
    app.set_clock("2027-11-23 05:00:01");
    app.get("/v1/producers").key(&good).send().expect(401);
}

#[test]
fn a_revoked_key_opens_nothing_five_seconds_later_on_any_server() {
    let app = TestApp::start();
    let other = app.second_server();
    let key = app.admin();
    let servers: Vec<&TestApp> = std::iter::once(&app).chain(&other).collect();
    for server in &servers {
        server.get("/v1/producers").key(&key).send().expect(200);
    }
    execute(&app, &format!("UPDATE keys SET revoked_at = created_at WHERE id = 'key_{}'", key.split('_').nth(2).unwrap()));
    for server in &servers {
        server.set_clock("2026-11-23 05:00:05");
        server.get("/v1/producers").key(&key).send().expect(401);
    }
}

fn code_of(answer: &Response) -> (u16, String) {
    (answer.status, answer.problem_code())
}

// That each of these is a whole problem document, with the headers that every answer has, is checked by `send`.
#[test]
fn what_is_wrong_with_a_request_is_told_in_a_problem_document() {
    let app = TestApp::start();
    let admin = app.admin();
    for path in [
        "/",
        "/v2",
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/producers/org_0",
        "/v1/producers/",
        "/v1//producers",
        "/metrics/x",
        "/v1/producers/a/b/c/d",
    ] {
        assert_eq!(code_of(&app.get(path).send()), (404, "not_found".into()), "{path}");
    }
    // What no id is asks the database nothing that it can't be asked.
    for id in ["%00", "a%00b", "%ff", "%F0%9F%92%A9", "..%2f..%2fetc", "%2e%2e", "a%0d%0ab", &"x".repeat(5_000)] {
        for tail in ["", "/history", "?at=2026-11-23T05:00:00Z"] {
            assert_eq!(code_of(&app.get(&format!("/v1/producers/{id}{tail}")).send()), (404, "not_found".into()), "{id}{tail}");
        }
        for path in [format!("/v1/producers/by-ref/{id}/r"), format!("/v1/producers/by-ref/s/{id}")] {
            let answer = app.get(&path).send();
            assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.text);
        }
        for reference in ["provinces", "product-groups", "certificate-kinds", "units"] {
            assert_eq!(app.get(&format!("/v1/{reference}/{id}")).send().status, 404, "{reference}/{id}");
        }
        let gone = app.patch(&format!("/v1/producers/{id}"), "\"v1\"", json!({})).key(&admin).send();
        assert_eq!(code_of(&gone), (404, "not_found".into()), "{id}");
    }
    for (method, path, allow) in [
        ("DELETE", "/v1/producers", "GET, HEAD, POST"),
        ("PATCH", "/v1/producers/batch", "POST"),
        ("POST", "/v1/producers/org_0", "GET, HEAD, PATCH, DELETE"),
        ("OPTIONS", "/v1/producers/by-ref/a/b", "GET, HEAD, PUT"),
        ("POST", "/v1/provinces", "GET, HEAD"),
        ("PUT", "/healthz", "GET, HEAD"),
        ("BREW", "/openapi.json", "GET, HEAD"),
        ("POST", "/docs", "GET, HEAD"),
        ("DELETE", "/docs/index.html", "GET, HEAD"),
    ] {
        let refused = app.request(method, path).key(&admin).send();
        assert_eq!(code_of(&refused), (405, "method_not_allowed".into()), "{method} {path}");
        assert_eq!(refused.header("Allow"), Some(allow), "{method} {path}");
    }
    let refused = app.get("/v1/producers").header("Accept", "text/html").send();
    assert_eq!(code_of(&refused), (406, "not_acceptable".into()));
    app.get("/v1/producers").header("Accept", "text/html, application/*;q=0.1").send().expect(200);
    for nothing in ["0", "0.", "0.0", "0.00", "0.000"] {
        app.get("/v1/producers").header("Accept", &format!("application/json; q={nothing}")).send().expect(406);
    }
    app.get("/v1/producers").header("Accept", "application/json; q=0.001").send().expect(200);
    app.get("/v1/producers").header("Accept", "").send().expect(200);
    let post = |text: &str| app.request("POST", "/v1/producers").key(&admin).header("Content-Type", "application/json").body(text).send();
    assert_eq!(code_of(&post("{")), (400, "malformed_json".into()));
    assert_eq!(code_of(&post("{}")), (400, "invalid_body".into()));
    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "colour=red",
        "sort=colour",
        "as_of=2021-02-29",
        "stars=6",
        "illustrative=1",
        "limit=1&limit=2",
        "name=",
        "cursor=x",
        "fields=x",
    ] {
        let refused = app.get(&format!("/v1/producers?{query}")).send();
        assert_eq!(code_of(&refused), (400, "invalid_parameter".into()), "{query}");
        assert_eq!(refused.fault_codes()[0].0, format!("?{}", query.split('=').next().unwrap()), "{query}");
    }
    assert_eq!(code_of(&app.get("/v1/producers?%ff=%ff").send()).0, 400);
}

#[test]
fn another_media_type_is_refused_with_the_one_that_is_taken() {
    let app = TestApp::start();
    let admin = app.admin();
    for operation in operations().iter().filter(|operation| operation.body().is_some()) {
        let (header, media) = if operation.method == "PATCH" {
            ("Accept-Patch", "application/merge-patch+json")
        } else {
            ("Accept-Post", "application/json")
        };
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/json-patch+json"] {
            let refused = bare(&app, operation).key(&admin).header("Content-Type", content_type).send();
            assert_eq!(code_of(&refused), (415, "unsupported_media_type".into()), "{}", operation.id);
            assert_eq!(refused.header(header), Some(media), "{}", operation.id);
        }
        let refused = bare(&app, operation).key(&admin).header("Content-Encoding", "gzip").send();
        assert_eq!(refused.status, 415, "{}", operation.id);
        let taken = bare(&app, operation).key(&admin).header("Content-Type", &format!("{media}; charset=utf-8")).send();
        assert_ne!(taken.status, 415, "{}", operation.id);
        if operation.method == "PATCH" {
            // What a member's absence or null means is said by the media type.
            bare(&app, operation).key(&admin).header("Content-Type", "application/json").send().expect(415);
        }
    }
}

#[test]
fn a_body_over_its_limit_is_refused() {
    let app = TestApp::start();
    let admin = app.admin();
    // 256 KiB for one record, 8 MiB for a batch.
    let body = |bytes: usize| format!("{{\"name\":\"{}\"}}", "x".repeat(bytes - 11));
    let send = |path: &str, bytes: usize| {
        let body = body(bytes);
        assert_eq!(body.len(), bytes);
        app.request("POST", path).key(&admin).header("Content-Type", "application/json").body(body).send()
    };
    assert_eq!(code_of(&send("/v1/producers", 256 * 1024)).0, 400, "it is read, and not a producer");
    let refused = send("/v1/producers", 256 * 1024 + 1);
    assert_eq!(code_of(&refused), (413, "body_too_large".into()));
    assert_eq!(refused.header("Connection"), Some("close"), "the rest of the body is not waited for");
    assert_eq!(code_of(&send("/v1/producers/batch", 8 * 1024 * 1024)).0, 400);
    assert_eq!(code_of(&send("/v1/producers/batch", 8 * 1024 * 1024 + 1)), (413, "body_too_large".into()));
}

#[test]
fn sentences_are_vietnamese_or_english_as_the_caller_prefers() {
    let app = TestApp::start();
    let title = |header: &str| {
        let answer = app.get("/v1/nothing").header("Accept-Language", header).send();
        (answer.json()["title"].as_str().unwrap().to_owned(), answer.header("Content-Language").unwrap().to_owned())
    };
    let (vi, en) = (("Không tìm thấy".to_owned(), "vi".to_owned()), ("Not found".to_owned(), "en".to_owned()));
    for header in ["vi", "vi-VN", "vi-VN,vi;q=0.9,en;q=0.8", "en;q=0.3, vi;q=0.4", "de, vi;q=0.1"] {
        assert_eq!(title(header), vi, "{header}");
    }
    for header in ["en", "en-GB", "vi;q=0.5, en", "de", "", ";;,q=x"] {
        assert_eq!(title(header), en, "{header}");
    }
    let refused =
        app.post("/v1/producers", a_producer(&app).named(" ").into_body()).key(&app.admin()).header("Accept-Language", "vi").send();
    let detail = refused.expect(422).json()["errors"][0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("Hãy"), "{detail}");
}

#[test]
fn a_request_keeps_its_id_or_gets_one() {
    let app = TestApp::start();
    let answer = app.get("/healthz").header("X-Request-Id", "hội-nghị").send();
    let made = answer.header("X-Request-Id").unwrap().to_owned();
    assert!(made.starts_with("req_"), "{made}");
    let answer = app.get("/v1/nothing").header("X-Request-Id", "row-17.a_B").send();
    assert_eq!(answer.header("X-Request-Id"), Some("row-17.a_B"));
    assert_eq!(answer.json()["request_id"], "row-17.a_B");
    for bad in ["a b", "<x>", &"a".repeat(65)] {
        let answer = app.get("/healthz").header("X-Request-Id", bad).send();
        assert!(answer.header("X-Request-Id").unwrap().starts_with("req_"), "{bad}");
    }
}

#[test]
fn answers_to_a_key_are_not_shared_by_caches() {
    let app = TestApp::start();
    let open = app.get("/v1/producers").send();
    assert_eq!(open.header("Cache-Control"), Some("no-cache"));
    assert_eq!(open.header("Vary"), Some("Authorization, Accept-Language"));
    let own = app.get("/v1/producers").key(&app.admin()).send();
    assert_eq!(own.header("Cache-Control"), Some("private, no-cache"));
}

#[test]
fn every_get_answers_head_with_the_same_headers_and_no_body() {
    let app = TestApp::start();
    let made = a_producer(&app).create();
    for path in ["/v1/producers", &made.path, "/v1/provinces", "/healthz", "/readyz", "/openapi.json"] {
        let (get, head) = (app.get(path).send().expect(200), app.request("HEAD", path).send().expect(200));
        assert_eq!(head.text, "", "{path}");
        for name in ["Content-Type", "ETag", "Cache-Control", "Content-Length"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
    }
    app.request("HEAD", "/v1/producers/org_0").send().expect(404);
}

#[test]
fn the_service_tells_how_it_is() {
    let app = TestApp::start();
    assert_eq!(app.get("/healthz").send().expect(200).json()["status"], "ok");
    let ready = app.get("/readyz").send().expect(200).json();
    assert_eq!((&ready["status"], &ready["version"]), (&json!("ok"), &json!(env!("CARGO_PKG_VERSION"))));
    assert!(ready["index_position"] == 0 && ready["index_age_seconds"].is_u64(), "{ready}");
    a_producer(&app).create();
    let metrics = app.get("/metrics").send().expect(200).text;
    assert!(metrics.contains("# TYPE "), "{metrics}");
    assert!(metrics.lines().any(|line| line.contains("/v1/producers") && line.contains("201")), "{metrics}");
    app.request("BREW", "/v1/producers").send().expect(405);
    let metrics = app.get("/metrics").send().text;
    assert!(!metrics.contains("BREW") && metrics.contains("other"), "callers make no series of their own");
    let docs = app.get("/docs/").send().expect(200);
    assert!(docs.text.contains("swagger"), "{}", docs.text);
}

/// Members, at any depth, that answers have and requests don't: (path of the object, member).
fn response_only(view: &'static Value, new: &'static Value, at: &str, found: &mut Vec<(String, String)>) {
    let (view, new) = (members(view), members(new));
    for (name, of_view) in view {
        let Some(of_new) = new.get(name) else {
            found.push((at.to_owned(), name.to_owned()));
            continue;
        };
        let (of_view, of_new) = (resolve(of_view), resolve(of_new));
        if of_view["type"] == "array" {
            let (of_view, of_new) = (resolve(&of_view["items"]), resolve(&of_new["items"]));
            if !members(of_view).is_empty() && !members(of_new).is_empty() {
                response_only(of_view, of_new, &format!("{at}/{name}/0"), found);
            }
        } else if !members(of_view).is_empty() && !members(of_new).is_empty() {
            response_only(of_view, of_new, &format!("{at}/{name}"), found);
        }
    }
}

#[test]
fn what_only_answers_have_is_refused_in_every_request_and_changes_nothing() {
    let app = TestApp::start();
    let admin = app.admin();
    for collection in collections() {
        let seed = seeds(&app, &collection, 1).remove(0);
        let path = format!("/v1/{collection}/{}", seed.record.id);
        let current = app.get(&path).key(&admin).send().expect(200);
        let of = |method: &str, path: &str| document::operation_of(method, path).unwrap();
        let new = of("POST", &format!("/v1/{collection}")).body().unwrap();
        let view = &of("GET", &path).answer(200)["content"]["application/json"]["schema"];
        let mut found = Vec::new();
        response_only(view, new, "", &mut found);
        for needed in ["id", "version", "origin", "created_at", "updated_at"] {
            assert!(found.contains(&(String::new(), needed.into())), "{collection} does not answer {needed}");
        }
        let before = (app.rows(), app.log_head());
        for (at, member) in found {
            // The value that the record has, where it has one: what a client sends back that read it.
            let value = current.json().pointer(&format!("{at}/{member}")).filter(|value| !value.is_null()).cloned().unwrap_or(json!("x"));
            let mut body = seed.body.clone();
            let Some(place) = body.pointer_mut(&at) else { continue };
            place[&member] = value.clone();
            let fault = vec![(format!("{at}/{member}"), "unknown_member".to_owned())];
            let sent = [
                app.post(&format!("/v1/{collection}"), body.clone()).key(&admin).send(),
                app.put(&format!("/v1/{collection}/by-ref/a/b"), body.clone()).key(&admin).send(),
                app.post(&format!("/v1/{collection}/batch"), json!({"items": [body]})).key(&admin).send(),
            ];
            for (index, refused) in sent.into_iter().enumerate() {
                let expected: Vec<_> = fault
                    .iter()
                    .map(|(p, c)| if index == 2 { (format!("/items/0{p}"), c.clone()) } else { (p.clone(), c.clone()) })
                    .collect();
                assert_eq!(refused.fault_codes(), expected, "{collection}: {}", refused.text);
                assert_eq!(refused.status, if index == 2 { 422 } else { 400 }, "{collection}");
            }
            if at.is_empty() {
                for value in [value, Value::Null] {
                    let refused = app.patch(&path, &current.etag(), json!({&member: value})).key(&admin).send().expect(400);
                    assert_eq!(refused.fault_codes(), fault, "{collection}: {}", refused.text);
                }
            }
        }
        assert_eq!((app.rows(), app.log_head()), before, "{collection}");
        assert_eq!(app.get(&path).key(&admin).send().json(), current.json(), "{collection}");
    }
}

#[test]
fn a_member_that_may_be_absent_may_be_null() {
    let app = TestApp::start();
    let admin = app.admin();
    for collection in collections() {
        let seed = seeds(&app, &collection, 1).remove(0);
        let new = document::operation_of("POST", &format!("/v1/{collection}")).unwrap().body().unwrap();
        let required: Vec<&str> = resolve(new)["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        for name in members(new).keys().filter(|name| !required.contains(*name)) {
            let (mut absent, mut null) = (seed.body.clone(), seed.body.clone());
            absent.as_object_mut().unwrap().shift_remove(*name);
            null[*name] = Value::Null;
            let ask = |body| app.post(&format!("/v1/{collection}?validate_only=true"), body).key(&admin).send();
            let (absent, null) = (ask(absent), ask(null));
            assert_eq!(null.status, absent.status, "{collection}, {name}: {}", null.text);
        }
    }
}

/// Every list that goes page by page, with a query that has several items.
fn paged_lists(app: &TestApp, admin: &str) -> Vec<String> {
    let mut lists = Vec::new();
    for operation in operations().iter().filter(|operation| operation.takes("cursor")) {
        let collection = operation.path.split('/').nth(2).unwrap();
        if collection == "keys" {
            // The other records were made with keys: of these there are more than a page holds.
            (0..5).for_each(|_| drop(app.auditor()));
            lists.push(format!("{}?role=auditor", operation.path));
            continue;
        }
        if collection == "audit" {
            seeds(app, "events", 5);
            lists.push(format!("{}?entity=event&action=create", operation.path));
            continue;
        }
        if let Some(path) = crate::contacts::paged_list(app, admin, operation)
            .or_else(|| crate::introductions::paged_list(app, admin, operation))
            .or_else(|| crate::personal_data::paged_list(app, admin, operation))
        {
            lists.push(path);
            continue;
        }
        let seeds = seeds(app, collection, 5);
        if !operation.path.contains('{') {
            lists.push(operation.path.clone());
            continue;
        }
        assert!(operation.path.ends_with("/{id}/history"), "no items are known for the list {}", operation.path);
        let path = seeds[0].record.path.clone();
        let mut etag = app.get(&path).key(admin).send().expect(200).etag();
        for illustrative in [false, true, false] {
            etag = app.patch(&path, &etag, json!({"illustrative": illustrative})).key(admin).send().expect(200).etag();
        }
        lists.push(format!("{path}/history"));
    }
    lists
}

#[test]
fn every_list_passes_the_paging_test() {
    let app = TestApp::start();
    let admin = app.admin();
    let key = |item: &Value| item.get("id").or(item.get("seq")).unwrap().to_string();
    for list in paged_lists(&app, &admin) {
        let and = if list.contains('?') { '&' } else { '?' };
        let page = |query: &str| app.get(&format!("{list}{and}{query}")).key(&admin).send();
        let whole: Vec<String> = page("limit=100").expect(200).items().iter().map(key).collect();
        assert!(whole.len() >= 3, "{list} has too few items to be tested");
        assert!(page("limit=100").json()["next_cursor"].is_null(), "{list}");
        for limit in [1, 2, whole.len() - 1, whole.len()] {
            let mut found = Vec::new();
            let mut query = format!("limit={limit}");
            loop {
                let answer = page(&query).expect(200);
                assert!(answer.items().len() <= limit, "{list}");
                found.extend(answer.items().iter().map(key));
                let Some(cursor) = answer.json()["next_cursor"].as_str().map(str::to_owned) else { break };
                assert_eq!(answer.items().len(), limit, "{list}: a page that others follow is full");
                query = format!("limit={limit}&cursor={cursor}");
            }
            assert_eq!(found, whole, "{list} by {limit}");
        }
        for limit in ["0", "101", "-1", "1.0", "ten"] {
            assert_eq!(page(&format!("limit={limit}")).expect(400).fault_codes(), [("?limit".into(), "out_of_range".into())], "{list}");
        }
        let cursor = page("limit=1").json()["next_cursor"].as_str().unwrap().to_owned();
        let refused = |query: &str| {
            let answer = page(query).expect(400);
            assert_eq!(answer.fault_codes(), [("?cursor".into(), "invalid_cursor".into())], "{list}?{query}");
        };
        for at in [0, cursor.len() / 2, cursor.len() - 2] {
            let other = if &cursor[at..=at] == "A" { "B" } else { "A" };
            let mut tampered = cursor.clone();
            tampered.replace_range(at..=at, other);
            refused(&format!("cursor={tampered}"));
        }
        refused("cursor=");
        refused("cursor=eyJrIjoiIn0");
        let operation = document::operation_of("GET", &list).unwrap();
        for other in ["as_of=2020-10-27", "illustrative=true", "sort=-created"] {
            if operation.takes(other.split('=').next().unwrap()) {
                refused(&format!("{other}&cursor={cursor}"));
            }
        }
        // Another list's cursor.
        let foreign = if list == "/v1/producers" { "/v1/organisations" } else { "/v1/producers" };
        let foreign = app.get(&format!("{foreign}?limit=1")).send().json()["next_cursor"].as_str().unwrap().to_owned();
        refused(&format!("cursor={foreign}"));
    }
}

#[test]
fn every_sort_of_every_list_gives_the_same_items() {
    let app = TestApp::start();
    let admin = app.admin();
    for collection in collections() {
        seeds(&app, &collection, 5);
        let list = format!("/v1/{collection}");
        let operation = document::operation_of("GET", &list).unwrap();
        let sort = operation.spec["parameters"].as_array().unwrap().iter().find(|known| known["name"] == "sort").unwrap();
        let mut whole = app.get(&format!("{list}?limit=100")).key(&admin).send().ids();
        whole.sort();
        let mut orders: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for word in sort["schema"]["enum"].as_array().unwrap().iter().filter_map(Value::as_str) {
            // Distances are measured from somewhere.
            let near = if word == "distance" { "&near=92" } else { "" };
            let found = walk_as(&app, &format!("{list}?limit=2&sort={word}{near}"), Some(&admin));
            orders.insert(word, found.clone());
            let mut sorted = found;
            sorted.sort();
            assert_eq!(sorted, whole, "{list}?sort={word}");
        }
        for (word, order) in &orders {
            if let Some(downwards) = orders.get(format!("-{word}").as_str()) {
                let reversed: Vec<String> = downwards.iter().rev().cloned().collect();
                assert_eq!(&reversed, order, "{list}?sort=-{word}");
            }
        }
    }
}

#[test]
fn a_walk_under_eight_writers_returns_every_item_that_was_there_exactly_once() {
    let app = TestApp::start();
    let admin = app.admin();
    for collection in collections() {
        let first: Vec<String> = seeds(&app, &collection, 12).into_iter().map(|seed| seed.record.id).collect();
        let body = seeds(&app, &collection, 1).remove(0).body;
        for sort in ["created", "-created"] {
            let stop = std::sync::atomic::AtomicBool::new(false);
            let list = format!("/v1/{collection}?limit=3&sort={sort}");
            let found = std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        for _ in 0..8 {
                            if stop.load(std::sync::atomic::Ordering::Relaxed) {
                                break;
                            }
                            app.post(&format!("/v1/{collection}"), body.clone()).key(&admin).send().expect(201);
                        }
                    });
                }
                let found = walk_as(&app, &list, Some(&admin));
                stop.store(true, std::sync::atomic::Ordering::Relaxed);
                found
            });
            for id in &first {
                assert_eq!(found.iter().filter(|seen| *seen == id).count(), 1, "{id} in {list}");
            }
            let distinct: BTreeSet<&String> = found.iter().collect();
            assert_eq!(distinct.len(), found.len(), "{list} shows an item twice");
        }
    }
}
