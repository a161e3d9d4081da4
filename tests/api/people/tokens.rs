//! Which tokens hold, and what is said of those that do not.

use super::{AUDIENCE, ask, claims, known_to, seconds, settings, with, without};
use crate::support::provider::{Provider, SigningKey, encoded, unsigned};
use crate::support::{START, TestApp, json};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

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
