//! What a token makes of a person: roles, organisations, provinces, scopes, the name in the log.

use super::{ROLES, ask, claims, known_to, settings, with, without};
use crate::support::document::operations;
use crate::support::provider::{Provider, SigningKey};
use crate::support::{Response, Value, a_producer, a_product, json};
use cungcau::access::Role;
use cungcau::people::{Claim, PeopleSettings};

/// The answer without what differs from request to request.
fn impersonal(answer: &Response) -> (u16, Option<String>, Value) {
    let mut json: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    if let Some(object) = json.as_object_mut() {
        object.remove("request_id");
    }
    (answer.status, answer.header("WWW-Authenticate").map(str::to_owned), json)
}

#[test]
fn a_person_may_do_in_every_operation_what_a_key_of_the_role_may() {
    let key = SigningKey::ed25519("ed-1");
    let provider = Provider::start(&[&key]);
    let app = known_to(settings(&provider));
    let organisation = a_producer(&app).create();
    let said = |role: &str, name: &str, value: &str| key.token(&with(claims(&provider, role), name, json!(value)));
    let callers = [
        (Role::Producer, app.producer(&organisation), said("htx", "organisation", &organisation.id)),
        (Role::Buyer, app.buyer(&organisation), said("sieu-thi", "organisation", &organisation.id)),
        (Role::Officer, app.officer("94@2020-10-27"), said("so-cong-thuong", "province", "SCT-SOCTRANG")),
        (Role::Auditor, app.auditor(), said("thanh-tra", "x", "")),
        (Role::Partner, app.partner(), said("doi-tac", "x", "")),
        (Role::Admin, app.admin(), said("quan-tri", "x", "")),
    ];
    // Reading what the counters count differs from call to call.
    for operation in operations().iter().filter(|operation| operation.id != "get_metrics") {
        for (role, key, token) in &callers {
            let ask = |credentials: &str| {
                let request = app.request(&operation.method, &operation.example_path()).header("If-Match", "\"v1\"").key(credentials);
                let request = if operation.body().is_some() { request.json(&json!({})) } else { request };
                let merge = operation.method == "PATCH";
                let request = if merge { request.header("Content-Type", "application/merge-patch+json") } else { request };
                impersonal(&request.send())
            };
            assert_eq!(ask(token), ask(key), "{} as {role:?}", operation.id);
        }
    }
}

#[test]
fn a_person_changes_its_own_records_alone_and_stands_in_the_log_without_a_name() {
    let key = SigningKey::p256("ec-1");
    let provider = Provider::start(&[&key]);
    let app = known_to(settings(&provider));
    let (own, other) = (a_producer(&app).create(), a_producer(&app).named("Hợp tác xã Khác").create());
    let person = |sub: &str| {
        let claims = with(claims(&provider, "htx"), "organisation", json!(own.id));
        key.token(&with(claims, "sub", json!(sub)))
    };
    let (hanh, lan) = (person("hanh@example.vn"), person("lan@example.vn"));
    let mine = app.post("/v1/products", a_product(&app, &own).into_body()).key(&hanh).send().expect(201);
    app.post("/v1/products", a_product(&app, &other).into_body()).key(&hanh).send().expect(403);
    let path = format!("/v1/products/{}", mine.id());
    let patch = |token: &str, etag: &str, name: &str| app.patch(&path, etag, json!({"name": name})).key(token).send().expect(200).etag();
    let etag = patch(&lan, &mine.etag(), "Gạo thơm");
    patch(&hanh, &etag, "Gạo thơm ST25");

    let changes: Vec<_> = app.changes_after(0).into_iter().filter(|change| change.entity_id == mine.id()).collect();
    let names: Vec<&str> = changes.iter().map(|change| change.actor_key_id.as_deref().unwrap()).collect();
    assert_eq!((names[0], names.len()), (names[2], 3), "the same person has the same name");
    assert_ne!(names[0], names[1]);
    for change in &changes {
        let name = change.actor_key_id.as_deref().unwrap();
        assert!(name.starts_with("per_") && name.len() == 30, "{name}");
        assert_eq!((change.actor_role.as_str(), change.actor_organisation_id.as_deref()), ("producer", Some(own.id.as_str())));
        assert!(!format!("{change:?}").contains('@'), "{change:?}");
    }
    // Two people may use the same idempotency key; one who repeats is told so.
    let post = |token: &str| app.post("/v1/products", a_product(&app, &own).into_body()).key(token).header("Idempotency-Key", "1").send();
    let (first, second, again) = (post(&hanh), post(&lan), post(&hanh));
    assert_eq!((again.header("Idempotency-Replayed"), again.id()), (Some("true"), first.id()));
    assert_ne!(first.id(), second.id());
}

#[test]
fn claims_are_found_in_objects_and_mean_what_is_configured() {
    let key = SigningKey::p256("ec-1");
    let provider = Provider::start(&[&key]);
    let mut settings = settings(&provider);
    let text = |word: &str| Some(word.to_owned());
    settings.role = Claim::parse("https://cungcau.vn/claims.role", "a=b=auditor, quan-tri=admin", |word| word.parse().ok()).unwrap();
    settings.province = Claim::parse("address.region.code", "VN-CT=92", text).unwrap();
    let app = known_to(settings.clone());
    let base = without(claims(&provider, "x"), "realm_access");
    let role = |value: Value| with(base.clone(), "https://cungcau.vn/claims.role", value);
    ask(&app, &key.token(&role(json!("quan-tri")))).expect(200);
    ask(&app, &key.token(&role(json!("a=b")))).expect(200);
    // Of several the first of the setting counts: an auditor makes no keys.
    let both = key.token(&role(json!(["quan-tri", "a=b"])));
    app.post("/v1/keys", json!({"name": "x", "role": "auditor"})).key(&both).send().expect(403);
    for nothing in
        [json!("admin"), json!("QUAN-TRI"), json!([]), json!(null), json!({"quan-tri": true}), json!(["x", 1]), json!("quan-tri,")]
    {
        let refused = ask(&app, &key.token(&role(nothing.clone())));
        assert_eq!((refused.status, refused.problem_code().as_str()), (403, "forbidden"), "{nothing}");
    }

    settings.role = Claim::parse("resource_access.cungcau.roles", ROLES, |word| word.parse().ok()).unwrap();
    settings.organisation = Claim::parse("groups", "/HTX/Vĩnh Châu=org_1", text).unwrap();
    let app = known_to(settings);
    let person = |role: &str, more: &[(&str, Value)]| {
        let base = with(base.clone(), "resource_access", json!({"cungcau": {"roles": [role]}}));
        key.token(&more.iter().fold(base, |claims, (name, value)| with(claims, name, value.clone())))
    };
    let region = |code: &str| ("address", json!({"region": {"code": code}}));
    let can_tho = |token: &str| {
        let body = a_producer(&app).in_province("92@2025-07-01").into_body();
        app.post("/v1/producers?validate_only=true", body).key(token).send().status
    };
    assert_eq!(can_tho(&person("so-cong-thuong", &[region("VN-CT")])), 200);
    assert_eq!(can_tho(&person("so-cong-thuong", &[region("Cần Thơ")])), 200, "what is not mapped is a code or name");
    assert_eq!(can_tho(&person("so-cong-thuong", &[region("Hà Nội")])), 403);
    let producer = a_producer(&app).create();
    let by = |organisation: Value| {
        let body = a_product(&app, &producer).into_body();
        app.post("/v1/products?validate_only=true", body).key(&person("htx", &[("groups", organisation)])).send().status
    };
    assert_eq!(by(json!(["/x", producer.id])), 200);
    assert_eq!(by(json!(["/HTX/Vĩnh Châu"])), 403, "another organisation's");
    // A role that needs what the token does not say has no part here.
    for (role, more) in [
        ("so-cong-thuong", vec![]),
        ("so-cong-thuong", vec![region("Atlantis")]),
        ("htx", vec![]),
        ("htx", vec![("groups", json!(["/HTX/Khác"]))]),
        ("sieu-thi", vec![("groups", json!("prd_1"))]),
    ] {
        app.get("/v1/producers").key(&person(role, &more)).send().expect(403);
    }
}

#[test]
fn scopes_of_a_token_make_it_narrower_where_they_are_configured() {
    let key = SigningKey::p256("ec-1");
    let provider = Provider::start(&[&key]);
    let admin = |scope: Value| key.token(&with(claims(&provider, "quan-tri"), "scope", scope));
    let app = known_to(settings(&provider));
    app.get("/v1/mous").key(&admin(json!("openid"))).send().expect(200);
    let app = known_to(PeopleSettings { scope_claim: Some("scope".into()), ..settings(&provider) });
    for (scope, mous, keys) in [
        (json!("openid profile mous:read"), 200, 403),
        (json!(["openid", "keys:read"]), 403, 200),
        (json!("*:read"), 200, 200),
        (json!("openid profile"), 403, 403),
        (json!(""), 403, 403),
        (Value::Null, 403, 403),
    ] {
        let token = admin(scope.clone());
        let refused = app.get("/v1/mous").key(&token).send();
        assert_eq!((refused.status, ask(&app, &token).status), (mous, keys), "{scope}");
        if mous == 403 {
            let challenge = "Bearer realm=\"cungcau\", error=\"insufficient_scope\", scope=\"mous:read\"";
            assert_eq!(refused.header("WWW-Authenticate"), Some(challenge));
        }
        app.get("/v1/provinces").key(&token).send().expect(200);
    }
}
