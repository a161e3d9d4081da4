//! People with access tokens of an OpenID provider: which tokens hold, what their claims mean, whose keys are believed.

mod callers;
mod provider;
mod tokens;

use crate::support::provider::Provider;
use crate::support::{Response, START, TestApp, Value, instant, json};
use cungcau::outgoing::Client;
use cungcau::people::{Claim, PeopleSettings};
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
