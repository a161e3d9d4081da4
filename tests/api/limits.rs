//! Limits of requests, on the program itself: in the tests of everything else they are off.

use crate::support::process::{Place, Server};
use crate::support::{Response, TestApp, Value, a_producer, json};
use cungcau::ids::Randomness;
use cungcau::keys::KeyText;

fn limited(place: &Place, name: &str, rate: &str) -> Server {
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env(name, rate);
    Server::start(command)
}

fn admin_key(place: &Place) -> String {
    std::fs::read_to_string(place.data().join("admin-key.txt")).unwrap().trim().to_owned()
}

/// Asks until it is refused; how often it was not.
fn until_refused(ask: impl Fn() -> Response) -> (usize, Response) {
    let mut answers = (0..200).map(|_| ask());
    let mut taken = 0;
    let refused = answers.by_ref().inspect(|_| taken += 1).find(|answer| answer.status == 429).expect("it is never refused");
    (taken - 1, refused)
}

#[test]
fn an_address_without_a_key_has_its_share_and_is_told_what_is_left() {
    let place = Place::new();
    let server = limited(&place, "CUNGCAU_ANONYMOUS_RATE", "1/60");
    let first = server.get("/v1/producers").send().expect(200);
    assert_eq!(first.header("RateLimit-Policy"), Some("\"address\";q=60;w=60"));
    assert_eq!(first.header("RateLimit"), Some("\"address\";r=58;t=2"));
    // A list takes two of the sixty tokens; a slow machine earns some meanwhile.
    let (taken, refused) = until_refused(|| server.get("/v1/producers").send());
    assert!((29..60).contains(&taken), "{taken}");
    assert_eq!(refused.problem_code(), "too_many_requests");
    let wait: u32 = refused.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    // A list needs two: one may be there.
    let left = refused.header("RateLimit").unwrap();
    assert!(left.starts_with("\"address\";r=0;t=60") || left.starts_with("\"address\";r=1;t=59"), "{left}");
    let report = server.get("/v1/stats/ocop").send();
    assert_eq!(report.status, 429, "a report takes ten");
    for watched in ["/healthz", "/readyz", "/metrics"] {
        server.get(watched).send().expect(200);
    }
    // Whoever has a key has a bucket of its own.
    let known = server.get("/v1/producers").key(&admin_key(&place)).send().expect(200);
    assert_eq!(known.header("RateLimit"), None, "keys are not limited here");
}

#[test]
fn a_key_has_its_share_and_a_batch_costs_less_than_its_items() {
    let place = Place::new();
    let server = limited(&place, "CUNGCAU_KEY_RATE", "1/100");
    let key = admin_key(&place);
    let producer = |n: usize| json!({"name": format!("Hợp tác xã {n} (minh họa)"), "legal_form": "cooperative", "province": "92", "illustrative": true, "producer": {"kind": "cooperative"}});
    let items: Vec<Value> = (0..100).map(producer).collect();
    let made = server.post("/v1/producers/batch", &json!({"items": items})).key(&key).send().expect(200);
    assert_eq!(made.header("RateLimit-Policy"), Some("\"key\";q=100;w=100"));
    let (taken, refused) = until_refused(|| server.post("/v1/producers", &producer(1000)).key(&key).send());
    assert!((10..30).contains(&taken), "{taken} records of five tokens each came after a batch of fifty");
    assert_eq!(refused.status, 429);
    server.get("/v1/producers").send().expect(200);
}

fn id_of(key: &str) -> String {
    format!("key_{}", key.split('_').nth(2).unwrap())
}

/// The tokens that `answer` says are left by `policy`.
#[track_caller]
fn left(answer: &Response, policy: &str) -> u32 {
    let header = answer.header("RateLimit").unwrap();
    let of_policy = header.split(", ").find_map(|item| item.strip_prefix(&format!("\"{policy}\";r=")));
    of_policy.and_then(|rest| rest.split(';').next()?.parse().ok()).unwrap_or_else(|| panic!("no {policy} in {header}"))
}

#[test]
fn who_replaces_a_key_has_the_same_bucket() {
    let app = TestApp::start_with(|app| app.limited(None, "1/100".parse().ok()));
    let key = app.officer("92");
    let list = |key: &str| left(&app.get("/v1/producers").key(key).send().expect(200), "key");
    assert_eq!(list(&key), 98);
    let mut last = key.clone();
    for tokens in [93, 88] {
        let rotated = app.post(&format!("/v1/keys/{}/rotate", id_of(&last)), json!({"overlap_hours": 1})).key(&last).send().expect(201);
        assert_eq!(left(&rotated, "key"), tokens);
        last = rotated.json()["key"].as_str().unwrap().to_owned();
    }
    assert_eq!((list(&last), list(&key)), (86, 84), "both take of one bucket");
    // What is done is noted of the key itself.
    let made = app.post("/v1/producers", a_producer(&app).into_body()).key(&last).send().expect(201);
    let noted = app.changes_after(0).into_iter().find(|change| change.entity_id == made.id()).unwrap();
    assert_eq!(noted.actor_key_id, Some(id_of(&last)));
    assert_eq!(list(&app.officer("92")), 98, "another key has its own");
}

#[test]
fn who_may_not_send_a_batch_is_told_what_is_left_and_can_use_it() {
    let app = TestApp::start_with(|app| app.limited(None, "1/100".parse().ok()));
    let key = app.admin();
    let batch = || app.post("/v1/producers/batch", json!({"items": [a_producer(&app).into_body()]})).key(&key).send();
    assert_eq!(left(&batch().expect(200), "key"), 50);
    app.get("/v1/producers").key(&key).send().expect(200);
    let refused = batch().expect(429);
    assert_eq!(refused.header("RateLimit"), Some("\"key\";r=48;t=52"));
    assert_eq!(refused.header("Retry-After"), Some("2"));
    assert_eq!(left(&app.get("/v1/producers").key(&key).send().expect(200), "key"), 46);
    app.set_clock("2026-11-23 05:00:04");
    assert_eq!(left(&batch().expect(200), "key"), 0);
}

#[test]
fn the_api_document_costs_what_a_report_costs_and_watching_nothing() {
    let place = Place::new();
    let server = limited(&place, "CUNGCAU_ANONYMOUS_RATE", "1/60");
    let first = server.get("/openapi.json").send().expect(200);
    assert_eq!(first.header("RateLimit"), Some("\"address\";r=50;t=10"));
    let (taken, _) = until_refused(|| server.get("/openapi.json").send());
    assert!((5..30).contains(&taken), "{taken}");
    for free in ["/healthz", "/readyz", "/metrics", "/docs/"] {
        let answer = server.get(free).try_send().unwrap().expect(200);
        assert_eq!(answer.header("RateLimit"), None, "{free}");
    }
}

#[test]
fn who_guesses_keys_is_told_of_that_limit_beside_those_of_every_request() {
    let place = Place::new();
    let server = limited(&place, "CUNGCAU_ANONYMOUS_RATE", "1/60");
    for n in 0..5 {
        server.get("/v1/producers").key(&format!("cc_live_{n}")).send().expect(401);
    }
    let policies = |answer: &Response| answer.header("RateLimit-Policy").map(str::to_owned);
    let refused = server.get("/v1/producers").key("cc_live_6").send().expect(429);
    assert_eq!(policies(&refused).as_deref(), Some("\"wrong-key\";q=5;w=60"));
    assert_eq!(left(&refused, "wrong-key"), 0);
    let wait: u32 = refused.header("Retry-After").unwrap().parse().unwrap();
    assert_eq!(refused.header("RateLimit"), Some(format!("\"wrong-key\";r=0;t={wait}").as_str()));
    assert!((30..=60).contains(&wait), "{wait}");
    // One that might be right is looked for, and that takes a token of the address.
    let guess = KeyText::generate("01JDB3B8Q00000000000000000A", &Randomness::System).unwrap().reveal().to_owned();
    let refused = server.get("/v1/producers").key(&guess).send().expect(429);
    assert_eq!(policies(&refused).as_deref(), Some("\"wrong-key\";q=5;w=60, \"address\";q=60;w=60"));
    assert_eq!((left(&refused, "wrong-key"), left(&refused, "address")), (0, 59));
}
