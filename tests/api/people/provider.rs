//! The keys of the provider: when they are asked for, which are believed and how long; the program as it is configured.

use super::{AUDIENCE, ROLES, ask, claims, claims_at, known_to, settings, until, with};
use crate::support::document;
use crate::support::process::{Place, Server, refusal};
use crate::support::provider::{Answer, Provider, SigningKey, encoded};
use crate::support::{START, TestApp, json};
use cungcau::outgoing::Client;
use cungcau::people::PeopleSettings;
use std::time::{Duration, Instant};

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
    let metrics = app.get("/metrics").send().expect(200).text;
    let age = format!("cungcau_oidc_keys_age_seconds{{issuer=\"{}\"}} 86399", provider.issuer());
    assert!(metrics.contains(&age), "{metrics}");
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
