//! People with access tokens of an OpenID provider: which tokens hold, what their claims mean, whose keys are believed.

use crate::support::document::{self, operations};
use crate::support::process::{Place, Server, refusal};
use crate::support::provider::{Answer, Provider, SigningKey, encoded, unsigned};
use crate::support::{Response, START, TestApp, Value, a_producer, a_product, instant, json};
use cungcau::access::Role;
use cungcau::outgoing::Client;
use cungcau::people::{Claim, PeopleSettings};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::time::{Duration, Instant};

const AUDIENCE: &str = "cungcau";
const ROLES: &str = "quan-tri=admin,so-cong-thuong=officer,thanh-tra=auditor,htx=producer,sieu-thi=buyer,doi-tac=partner";

fn settings(provider: &Provider) -> PeopleSettings {
    PeopleSettings {
        issuer: provider.issuer(),
        audience: AUDIENCE.into(),
        keys_url: Some(provider.keys_url()),
        role: Claim::parse("realm_access.roles", ROLES, |word| word.parse().ok()).unwrap(),
        organisation: Claim::parse("organisation", "", |id| Some(id.to_owned())).unwrap(),
        province: Claim::parse("province", "SCT-SOCTRANG=94@2020-10-27", |input| Some(input.to_owned())).unwrap(),
        scope_claim: None,
    }
}

fn known_to(settings: PeopleSettings) -> TestApp {
    let loopback = ["127.0.0.0/8".parse().unwrap()];
    TestApp::start_with(|app| app.known_to(Some(settings), Client::new(&loopback)))
}

/// The seconds of an instant such as the start of every test.
fn seconds(at: &str) -> i64 {
    instant(at).and_utc().timestamp()
}

/// What the provider says of a person in this role, in the hour from `at`.
fn claims_at(provider: &Provider, at: &str, role: &str) -> Value {
    json!({
        "iss": provider.issuer(), "aud": AUDIENCE, "sub": "7d1f6c1e-người-dùng", "iat": seconds(at), "exp": seconds(at) + 3600,
        "email": "nguyen.thi.hanh@example.vn", "name": "Nguyễn Thị Hạnh", "realm_access": {"roles": ["offline_access", role]},
    })
}

fn claims(provider: &Provider, role: &str) -> Value {
    claims_at(provider, START, role)
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// What only auditors and administrators read.
fn ask(app: &TestApp, token: &str) -> Response {
    app.get("/v1/keys").key(token).send()
}

/// Waits for what happens beside the requests.
#[track_caller]
fn until(mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !happened() {
        assert!(Instant::now() < deadline, "it does not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn tokens_of_every_algorithm_and_kind_that_is_taken_hold() {
    let keys = [SigningKey::rsa("rsa-1"), SigningKey::p256("ec-1"), SigningKey::ed25519("ed-1")];
    let provider = Provider::start(&keys.each_ref());
    let app = known_to(settings(&provider));
    let claims = claims(&provider, "thanh-tra");
    for key in &keys {
        ask(&app, &key.token(&claims)).expect(200);
        for kind in ["JWT", "jwt", "AT+JWT", "application/at+jwt"] {
            ask(&app, &key.token_with(&json!({"alg": key.algorithm, "kid": key.id, "typ": kind}), &claims)).expect(200);
        }
        // Without an id where one key alone can be meant.
        ask(&app, &key.token_with(&json!({"alg": key.algorithm}), &claims)).expect(200);
    }
    let several = with(claims, "aud", json!(["account", AUDIENCE]));
    ask(&app, &keys[1].token(&several)).expect(200);
    assert_eq!(provider.asked(), 1, "the keys are asked for once");
}

/// Sends a wrong token in a minute of its own, so that it is looked at.
#[track_caller]
fn assert_wrong(app: &TestApp, minute: &mut i64, token: &str, description: &str) {
    *minute += 1;
    app.set_clock(&format!("2026-11-23 {:02}:{:02}:00", 5 + *minute / 60, *minute % 60));
    for path in ["/v1/keys", "/v1/producers"] {
        let refused = app.get(path).key(token).send().expect(401);
        let expected = format!("Bearer realm=\"cungcau\", error=\"invalid_token\", error_description=\"{description}\"");
        assert_eq!(refused.header("WWW-Authenticate"), Some(expected.as_str()), "{path}");
        assert_eq!(refused.problem_code(), "unauthenticated");
        assert_eq!(refused.json()["detail"], format!("{description}."));
    }
}

#[test]
fn a_token_with_a_wrong_claim_does_not_hold_and_the_answer_says_which() {
    let key = SigningKey::p256("ec-1");
    let provider = Provider::start(&[&key]);
    let app = known_to(settings(&provider));
    let (right, start, mut minute) = (claims(&provider, "quan-tri"), seconds(START), 0);
    for (name, value, description) in [
        ("iss", json!("https://id.example.com"), "The token is of another issuer"),
        ("iss", json!(format!("{}/", provider.issuer())), "The token is of another issuer"),
        ("iss", json!([provider.issuer()]), "The token is of another issuer"),
        ("aud", json!("another"), "The token is for another audience"),
        ("aud", json!(["account", "cungcau2"]), "The token is for another audience"),
        ("aud", json!([]), "The token is for another audience"),
        ("exp", json!(start - 3600), "The token expired"),
        ("exp", json!(-1), "The token expired"),
        ("exp", json!("2030-01-01"), "The token is malformed"),
        ("nbf", json!(start + 86_400), "The token is not valid yet"),
        ("iat", json!(start + 86_400), "The token is not valid yet"),
        ("iat", json!("today"), "The token is malformed"),
        ("sub", json!(""), "The token names no subject"),
        ("sub", json!(7), "The token names no subject"),
    ] {
        assert_wrong(&app, &mut minute, &key.token(&with(right.clone(), name, value)), description);
    }
    for (name, description) in [
        ("iss", "The token is of another issuer"),
        ("aud", "The token is for another audience"),
        ("exp", "The token expired"),
        ("sub", "The token names no subject"),
    ] {
        assert_wrong(&app, &mut minute, &key.token(&without(right.clone(), name)), description);
    }
    ask(&app, &key.token(&right)).expect(200);
}

#[test]
fn clocks_may_be_half_a_minute_apart_and_no_more() {
    let key = SigningKey::p256("ec-1");
    let provider = Provider::start(&[&key]);
    let app = known_to(settings(&provider));
    let (right, start) = (claims(&provider, "quan-tri"), seconds(START));
    for (name, value, status) in [
        ("exp", json!(start - 29), 200),
        ("exp", json!(start - 30), 401),
        ("nbf", json!(start + 30), 200),
        ("nbf", json!(start + 31), 401),
        ("iat", json!(start + 30), 200),
        ("iat", json!(start + 31), 401),
        ("exp", json!(f64::from(1 << 30) * 4.0 + 0.5), 200),
    ] {
        let what = format!("{name} {value}");
        assert_eq!(ask(&app, &key.token(&with(right.clone(), name, value))).status, status, "{what}");
    }
}

#[test]
fn a_token_that_the_provider_did_not_sign_does_not_hold() {
    let (rsa, ec, ed) = (SigningKey::rsa("rsa-1"), SigningKey::p256("ec-1"), SigningKey::ed25519("ed-1"));
    let provider = Provider::start(&[&rsa, &ec, &ed]);
    let app = known_to(settings(&provider));
    let (right, mut minute) = (with(claims(&provider, "quan-tri"), "exp", json!(seconds(START) + 86_400)), 0);
    let algorithm = "The token is not signed with RS256, ES256 or EdDSA";
    let signature = "The signature of the token does not hold";
    let unknown = "The token is signed with a key that the issuer does not have";
    let malformed = "The token is malformed";

    for key in [&rsa, &ec, &ed] {
        // Not signed at all, in all spellings.
        for none in ["none", "None", "NONE", ""] {
            let token = format!("{}.", unsigned(&json!({"alg": none, "typ": "JWT", "kid": key.id}), &right));
            assert_wrong(&app, &mut minute, &token, algorithm);
        }
        // The public key, which everybody has, as a secret.
        for secret in [key.public_bytes(), key.jwk().to_string().into_bytes()] {
            let text = unsigned(&json!({"alg": "HS256", "typ": "JWT", "kid": key.id}), &right);
            let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
            mac.update(text.as_bytes());
            assert_wrong(&app, &mut minute, &format!("{text}.{}", encoded(&mac.finalize().into_bytes())), algorithm);
        }
    }
    let token = ec.token(&right);
    let (head, tail) = token.rsplit_once('.').unwrap();
    let stranger = SigningKey::p256("ec-1");
    for (token, description) in [
        (stranger.token(&right), signature),
        (format!("{head}.{}", encoded(&[0; 64])), signature),
        (format!("{head}.{}", encoded(&stranger.sign("x"))), signature),
        (format!("{head}."), signature),
        // What was signed is not what is said.
        (
            format!(
                "{}.{tail}",
                unsigned(&json!({"alg": "ES256", "typ": "at+jwt", "kid": "ec-1"}), &with(right.clone(), "sub", json!("x")))
            ),
            signature,
        ),
        (SigningKey::p256("ec-2").token(&right), unknown),
        // The key's kind decides, not the token's word.
        (ec.token_with(&json!({"alg": "RS256", "kid": "ec-1"}), &right), unknown),
        (ec.token_with(&json!({"alg": "EdDSA", "kid": "rsa-1"}), &right), unknown),
        (ec.token_with(&json!({"alg": "ES384", "kid": "ec-1"}), &right), algorithm),
        (ec.token_with(&json!({"alg": "RS512", "kid": "rsa-1"}), &right), algorithm),
        (ec.token_with(&json!({"alg": "ES256", "kid": "ec-1", "typ": "dpop+jwt"}), &right), malformed),
        (ec.token_with(&json!({"alg": "ES256", "kid": "ec-1", "crit": ["exp"]}), &right), malformed),
        (ec.token_with(&json!({"kid": "ec-1"}), &right), malformed),
        (ec.token_with(&json!({"alg": "ES256", "kid": "ec-1"}), &json!([right.clone()])), malformed),
        (token.replace('.', "="), malformed),
        (format!("{token}.{tail}"), malformed),
        (format!("{token}="), malformed),
        ("x.y.z".to_owned(), malformed),
        ("..".to_owned(), malformed),
        ("eyJ".to_owned(), malformed),
        (ec.token(&with(right.clone(), "pad", json!("x".repeat(8 * 1024)))), "The token is larger than 8 KiB"),
    ] {
        assert_wrong(&app, &mut minute, &token, description);
    }
    let large = ec.token(&with(right, "pad", json!("x".repeat(5 * 1024))));
    assert!(large.len() > 6 * 1024);
    ask(&app, &large).expect(200);
}

#[test]
fn without_credentials_the_challenge_says_nothing_more() {
    let key = SigningKey::p256("ec-1");
    let provider = Provider::start(&[&key]);
    let app = known_to(settings(&provider));
    let plain = Some("Bearer realm=\"cungcau\"");
    assert_eq!(app.get("/v1/keys").send().expect(401).header("WWW-Authenticate"), plain);
    assert_eq!(app.get("/v1/keys").header("Authorization", "Basic dTpw").send().expect(401).header("WWW-Authenticate"), plain);
    let key_refused = app.get("/v1/keys").key("cc_live_1_2_3").send().expect(401);
    assert!(key_refused.header("WWW-Authenticate").unwrap().contains("error=\"invalid_token\""));
    let role_refused = app.get("/v1/keys").key(&key.token(&claims(&provider, "doi-tac"))).send().expect(403);
    assert_eq!(role_refused.header("WWW-Authenticate"), Some("Bearer realm=\"cungcau\", error=\"insufficient_scope\""));
    let app = TestApp::start();
    let refused = ask(&app, &key.token(&claims(&provider, "quan-tri"))).expect(401);
    assert!(refused.header("WWW-Authenticate").unwrap().contains("invalid_token"), "no provider, no people");
}

#[test]
fn the_sixth_wrong_token_of_a_minute_is_too_many_and_a_good_one_goes_on() {
    let key = SigningKey::p256("ec-1");
    let provider = Provider::start(&[&key]);
    let app = known_to(settings(&provider));
    let right = claims(&provider, "quan-tri");
    let wrong = key.token(&with(right.clone(), "aud", json!("another")));
    for _ in 0..5 {
        app.get("/v1/producers").key(&wrong).send().expect(401);
    }
    let refused = app.get("/v1/producers").key(&wrong).send().expect(429);
    assert_eq!(refused.header("Retry-After"), Some("60"));
    ask(&app, &key.token(&right)).expect(200);
    app.set_clock("2026-11-23 05:01:00");
    app.get("/v1/producers").key(&wrong).send().expect(401);
}

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

#[test]
fn a_new_key_is_known_at_once_and_strangers_do_not_make_the_service_ask() {
    let (old, new) = (SigningKey::p256("2026-10"), SigningKey::ed25519("2026-11"));
    let provider = Provider::start(&[&old]);
    let app = known_to(settings(&provider));
    let claims = claims(&provider, "quan-tri");
    ask(&app, &old.token(&claims)).expect(200);
    provider.rotate(&[&old, &new]);
    // Asked a moment ago: not again within ten seconds, whatever comes.
    ask(&app, &new.token(&claims)).expect(401);
    assert_eq!(provider.asked(), 1);
    app.set_clock("2026-11-23 05:00:10");
    ask(&app, &new.token(&claims)).expect(200);
    ask(&app, &old.token(&claims)).expect(200);
    assert_eq!(provider.asked(), 2);
    for n in 0..3 {
        ask(&app, &SigningKey::p256(&format!("made-up-{n}")).token(&claims)).expect(401);
    }
    assert_eq!(provider.asked(), 2);
    // What the provider withdraws is believed no more once its keys were fetched again.
    provider.rotate(&[&new]);
    app.set_clock("2026-11-23 05:05:11");
    ask(&app, &old.token(&claims)).expect(200);
    until(|| provider.asked() == 3);
    until(|| ask(&app, &new.token(&claims)).expect(200).status == 200 && ask(&app, &old.token(&claims)).status != 200);
}

#[test]
fn after_a_long_rest_a_withdrawn_key_is_not_believed_even_once() {
    let (old, new) = (SigningKey::p256("1"), SigningKey::p256("2"));
    let provider = Provider::start(&[&old]);
    let app = known_to(settings(&provider));
    let token = |key: &SigningKey| key.token(&claims_at(&provider, "2026-11-23 05:15:00", "quan-tri"));
    ask(&app, &old.token(&claims(&provider, "quan-tri"))).expect(200);
    provider.rotate(&[&new]);
    app.set_clock("2026-11-23 05:15:00");
    ask(&app, &token(&old)).expect(401);
    ask(&app, &token(&new)).expect(200);
    assert_eq!(provider.asked(), 2);
}

#[test]
fn known_keys_are_used_for_a_day_while_the_provider_is_away() {
    let key = SigningKey::p256("1");
    let provider = Provider::start(&[&key]);
    let app = known_to(settings(&provider));
    let at = |clock: &str| {
        app.set_clock(clock);
        ask(&app, &key.token(&claims_at(&provider, clock, "quan-tri")))
    };
    at(START).expect(200);
    provider.answer(Answer::Status(503));
    for clock in ["2026-11-23 05:04:59", "2026-11-23 05:05:00", "2026-11-23 05:30:00", "2026-11-23 17:00:00", "2026-11-24 04:59:59"] {
        at(clock).expect(200);
    }
    assert!(provider.asked() > 3, "it was asked again and again");
    let away = at("2026-11-24 05:00:00").expect(503);
    assert_eq!((away.problem_code().as_str(), away.header("Retry-After")), ("unavailable", Some("1")));
    assert!(away.json()["detail"].as_str().unwrap().contains("OpenID provider"), "{}", away.text);
    // Keys of the service's own have nothing to do with it.
    ask(&app, &app.admin()).expect(200);
    provider.answer(Answer::Keys);
    at("2026-11-24 05:00:08").expect(503);
    at("2026-11-24 05:00:09").expect(200);
}

#[test]
fn a_provider_that_keeps_silent_holds_nobody_up_who_is_known() {
    let key = SigningKey::p256("1");
    let provider = Provider::start(&[&key]);
    let app = known_to(settings(&provider));
    let at = |clock: &str| {
        app.set_clock(clock);
        let (began, answer) = (Instant::now(), ask(&app, &key.token(&claims_at(&provider, clock, "quan-tri"))));
        (answer.status, began.elapsed())
    };
    assert_eq!(at(START).0, 200);
    provider.answer(Answer::Silence);
    let (status, took) = at("2026-11-23 05:05:00");
    assert!(status == 200 && took < Duration::from_millis(900), "{status} after {took:?}");
    until(|| provider.asked() == 2);
    // After a long rest a moment is waited, by one of those who ask.
    let (status, took) = at("2026-11-23 06:00:00");
    assert!(status == 200 && took < Duration::from_secs(3), "{status} after {took:?}");
    let (status, took) = at("2026-11-23 06:00:01");
    assert!(status == 200 && took < Duration::from_millis(900), "{status} after {took:?}");
}

#[test]
fn only_what_is_a_key_set_of_the_providers_own_is_taken() {
    let key = SigningKey::p256("1");
    let stranger = Provider::start(&[&key]);
    let provider = Provider::start(&[&key]);
    let app = known_to(settings(&provider));
    let ask_at = |second: usize| {
        app.set_clock(&format!("2026-11-23 05:{:02}:{:02}", second / 60, second % 60));
        ask(&app, &key.token(&claims(&provider, "quan-tri"))).status
    };
    let answers = [Answer::Status(500), Answer::Status(204), Answer::Redirect(stranger.keys_url()), Answer::Flood];
    for (n, answer) in answers.into_iter().enumerate() {
        provider.answer(answer.clone());
        assert_eq!(ask_at(n * 10), 503, "{answer:?}");
    }
    assert_eq!(stranger.asked(), 0, "it was not followed");
    provider.answer(Answer::Keys);
    let mut other_end = key.jwk();
    other_end["use"] = json!("enc");
    let mut other_algorithm = key.jwk();
    other_algorithm["alg"] = json!("ES256K");
    let mut other_curve = key.jwk();
    other_curve["crv"] = json!("P-384");
    let secret = json!({"kty": "oct", "kid": "1", "alg": "HS256", "k": encoded(b"secret")});
    let of_no_use = [other_end, other_algorithm, other_curve, secret, json!("x"), json!({"kty": "EC"})];
    for (n, set) in [json!({}), json!([]), json!({"keys": of_no_use})].into_iter().enumerate() {
        provider.serve(set.clone());
        assert_eq!(ask_at(60 + n * 10), 503, "{set}");
    }
    let mut among_others = of_no_use.to_vec();
    among_others.push(key.jwk());
    provider.serve(json!({"keys": among_others}));
    assert_eq!(ask_at(120), 200);
}

#[test]
fn keys_are_found_by_the_providers_own_description() {
    let key = SigningKey::rsa("1");
    let provider = Provider::start(&[&key]);
    let app = known_to(PeopleSettings { keys_url: None, ..settings(&provider) });
    ask(&app, &key.token(&claims(&provider, "quan-tri"))).expect(200);
    assert_eq!(provider.asked(), 2);
    // A description that names another issuer is not this one's: localhost is another name than 127.0.0.1.
    let issuer = provider.issuer().replace("127.0.0.1", "localhost");
    let app = known_to(PeopleSettings { keys_url: None, issuer: issuer.clone(), ..settings(&provider) });
    ask(&app, &key.token(&with(claims(&provider, "quan-tri"), "iss", json!(issuer)))).expect(503);
}

#[test]
fn this_machine_is_not_asked_unless_that_is_allowed() {
    let key = SigningKey::p256("1");
    let provider = Provider::start(&[&key]);
    let settings = settings(&provider);
    let app = TestApp::start_with(|app| app.known_to(Some(settings), Client::new(&[])));
    ask(&app, &key.token(&claims(&provider, "quan-tri"))).expect(503);
    assert_eq!(provider.asked(), 0);
}

#[test]
fn a_provider_is_asked_over_https_and_only_with_a_certificate_that_the_machine_trusts() {
    let key = SigningKey::p256("1");
    let (provider, certificate) = Provider::start_with_tls(&[&key]);
    let place = Place::new();
    let start = |trusted: &str| {
        let file = place.data().with_extension("pem");
        std::fs::write(&file, trusted).unwrap();
        let mut command = configured(&place, &provider);
        command.env("CUNGCAU_OUTGOING_NETWORKS", "127.0.0.0/8,::1").env("SSL_CERT_FILE", &file).env_remove("SSL_CERT_DIR");
        Server::start(command)
    };
    let now = chrono::Utc::now().naive_utc().format("%Y-%m-%d %H:%M:%S").to_string();
    let token = key.token(&claims_at(&provider, &now, "quan-tri"));
    let (stranger, another) = Provider::start_with_tls(&[&key]);
    let server = start(&another);
    server.get("/v1/keys").key(&token).send().expect(503);
    until(|| server.said().contains("could not be fetched"));
    assert_eq!((provider.asked(), stranger.asked()), (0, 0), "{}", server.said());
    drop(server);
    let server = start(&certificate);
    server.get("/v1/keys").key(&token).send().expect(200);
    assert_eq!(provider.asked(), 2);
}

fn configured(place: &Place, provider: &Provider) -> std::process::Command {
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("CUNGCAU_OIDC_ISSUER", provider.issuer()).env("CUNGCAU_OIDC_AUDIENCE", AUDIENCE);
    command.env("CUNGCAU_OIDC_ROLES", ROLES).env("CUNGCAU_OIDC_ROLE_CLAIM", "realm_access.roles");
    command.env("CUNGCAU_OUTGOING_NETWORKS", "127.0.0.0/8");
    command
}

#[test]
fn the_program_takes_people_as_configured_and_logs_no_personal_value() {
    let key = SigningKey::rsa("1");
    let provider = Provider::start(&[&key]);
    let place = Place::new();
    // A proxy of the machine's is not asked: the provider would not be reached through this one.
    let mut command = configured(&place, &provider);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        command.env(name, "http://127.0.0.1:9");
    }
    let server = Server::start(command);
    until(|| provider.asked() == 2);
    let now = chrono::Utc::now().naive_utc().format("%Y-%m-%d %H:%M:%S").to_string();
    let token = key.token(&claims_at(&provider, &now, "quan-tri"));
    let body = json!({"name": "Hợp tác xã Hành tím", "legal_form": "cooperative", "province": "92", "producer": {"kind": "cooperative"}});
    let made = server.post("/v1/producers", &body).key(&token).send().expect(201);
    let history = server.get(&format!("/v1/producers/{}/history", made.id())).key(&token).send().expect(200);
    let actor = history.items()[0]["actor_key_id"].as_str().unwrap().to_owned();
    assert!(actor.starts_with("per_"), "{actor}");
    until(|| server.said().contains(&actor));
    for personal in ["7d1f6c1e", "nguyen.thi.hanh", "Nguyễn", token.as_str()] {
        assert!(!server.said().contains(personal) && !history.text.contains(personal), "{personal}");
    }
    assert!(document::document()["components"]["securitySchemes"]["api_key"]["description"].as_str().unwrap().contains("JWT"));
    // A person who is known by a token at one server is the same at the next, and after a restart.
    drop(server);
    let server = Server::start(configured(&place, &provider));
    let etag = server.get(&format!("/v1/producers/{}", made.id())).send().etag();
    let patch = server.request("PATCH", &format!("/v1/producers/{}", made.id())).json(&json!({"name": "Hợp tác xã Hành tím Vĩnh Châu"}));
    patch.header("Content-Type", "application/merge-patch+json").header("If-Match", &etag).key(&token).send().expect(200);
    let history = server.get(&format!("/v1/producers/{}/history", made.id())).key(&token).send().expect(200);
    assert_eq!(history.items()[1]["actor_key_id"], actor.as_str());
}

#[test]
fn a_provider_that_may_not_be_asked_stops_the_start() {
    let provider = Provider::start(&[]);
    let place = Place::new();
    for (name, value, words) in [
        ("CUNGCAU_OUTGOING_NETWORKS", "", "CUNGCAU_OIDC_ISSUER is \"http://127.0.0.1:"),
        ("CUNGCAU_OIDC_AUDIENCE", "", "CUNGCAU_OIDC_AUDIENCE is not set"),
        ("CUNGCAU_OIDC_ROLES", "quan-tri", "CUNGCAU_OIDC_ROLES has \"quan-tri\""),
        ("CUNGCAU_OIDC_ISSUER", "", "CUNGCAU_OIDC_AUDIENCE is set, but CUNGCAU_OIDC_ISSUER is not"),
    ] {
        let mut command = configured(&place, &provider);
        command.env(name, value);
        let said = refusal(command);
        assert!(said.contains(words), "{said}");
    }
    let mut command = configured(&place, &provider);
    command.env("CUNGCAU_OIDC_JWKS_URL", "http://id.example.vn/keys");
    assert!(refusal(command).contains("CUNGCAU_OIDC_JWKS_URL is \"http://id.example.vn/keys\": https is needed"));
}
