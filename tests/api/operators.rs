//! The operators' address: what is there is not at everybody's.

use crate::support::process::{Place, Server, refusal};
use std::time::Duration;

fn with_operators(place: &Place) -> Server {
    Server::start(place.command(&["serve", "--listen", "127.0.0.1:0", "--operations-listen", "127.0.0.1:0"]))
}

#[test]
fn operators_alone_are_told_how_the_service_is() {
    let place = Place::new();
    let server = with_operators(&place);
    let operators = server.operators();

    let public = server.get("/readyz").send().expect(200);
    assert_eq!(public.text, r#"{"status":"ok"}"#);
    let hidden = server.get("/metrics").send().expect(404);
    assert_eq!(hidden.problem_code(), "not_found");
    server.get("/healthz").send().expect(200);

    let told = operators.request("GET", "/readyz").send().expect(200).json();
    assert_eq!((&told["status"], &told["version"]), (&"ok".into(), &env!("CARGO_PKG_VERSION").into()));
    assert!(told["index_position"].is_i64() && told["index_age_seconds"].is_u64(), "{told}");
    operators.request("GET", "/healthz").send().expect(200);
    let metrics = operators.request("GET", "/metrics").send().expect(200).text;
    assert!(metrics.contains("cungcau_requests_total{method=\"GET\",route=\"/readyz\",status=\"200\"}"), "{metrics}");
    // What everybody uses is not there, and what is not there says so as everywhere.
    for path in ["/v1/producers", "/docs/", "/openapi.json", "/v1/keys"] {
        let answer = operators.request("GET", path).try_send().unwrap();
        assert_eq!((answer.status, answer.problem_code().as_str()), (404, "not_found"), "{path}");
        assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"));
    }
}

#[test]
fn without_an_address_of_their_own_operators_ask_where_everybody_asks() {
    let place = Place::new();
    let server = place.serve();
    server.get("/metrics").send().expect(200);
    assert_eq!(server.get("/readyz").send().expect(200).json()["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_stop_is_seen_by_operators_and_closes_both_doors() {
    let place = Place::new();
    let server = with_operators(&place);
    let (operators, address) = (server.operators(), server.address().to_owned());
    server.signal("TERM");
    // Both are open for a second and a half; then the public one closes, and the operators' when everything is finished.
    let stopping = (0..100).map(|_| operators.request("GET", "/readyz").try_send()).find_map(|answer| {
        std::thread::sleep(Duration::from_millis(10));
        answer.ok().filter(|answer| answer.status == 503)
    });
    let stopping = stopping.expect("operators are told");
    assert_eq!(stopping.json()["detail"], "The process is stopping.");
    let operators = operators.address().to_owned();
    let (status, said) = server.wait(Duration::from_secs(30));
    assert!(status.success(), "{said}");
    for closed in [address, operators] {
        assert!(std::net::TcpStream::connect(&closed).is_err(), "{closed}");
    }
}

#[test]
fn an_address_that_is_none_stops_the_start() {
    let place = Place::new();
    for (arguments, words) in [
        (["serve", "--operations-listen", "9090"].as_slice(), "--operations-listen is \"9090\""),
        (&["serve", "--listen", "127.0.0.1:9090", "--operations-listen", "127.0.0.1:9090"], "CUNGCAU_OPERATIONS_LISTEN is 127.0.0.1:9090"),
    ] {
        let said = refusal(place.command(arguments));
        assert!(said.contains(words), "{said}");
    }
}
