//! Limits of requests, on the program itself: in the tests of everything else they are off.

use crate::support::process::{Place, Server};
use crate::support::{Response, Value, json};

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
    assert!(refused.header("RateLimit").unwrap().starts_with("\"address\";r=0;t="));
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
