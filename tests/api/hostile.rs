//! What no client means well by, sent over a bare socket: each is refused with a 4xx at once, and the next is served.

use crate::support::process::{Place, Server};
use crate::support::{TestApp, Value};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// "At once", on a machine that runs other tests as well.
const AT_ONCE: Duration = Duration::from_secs(5);

/// What came back on one connection, until it was closed or nothing more came.
struct Said {
    text: String,
    status: u16,
}

impl Said {
    /// A refusal that the application itself made.
    #[track_caller]
    fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.head());
        assert!(self.head().to_lowercase().contains("content-type: application/problem+json"), "{}", self.head());
        let (head, rest) = self.text.split_once("\r\n\r\n").unwrap();
        let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        let body: Value = serde_json::from_str(&rest[..length]).unwrap();
        assert_eq!(body["code"], code, "{body}");
    }

    /// A refusal by whoever reads the head, before the application sees a request, or by the application: it has all that
    /// an answer has.
    #[track_caller]
    fn is_refused(&self) {
        assert!((400..500).contains(&self.status), "{}", self.head());
        let (status, code) = if self.status == 404 { (404, "not_found") } else { (400, "invalid_header") };
        self.is_problem(status, code);
        for name in ["x-content-type-options: nosniff", "content-security-policy: ", "x-request-id: req_"] {
            assert!(self.head().contains(name), "{name}: {}", self.head());
        }
    }

    fn head(&self) -> &str {
        self.text.split("\r\n\r\n").next().unwrap_or_default()
    }

    fn request_id(&self) -> &str {
        self.head().lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap_or_default()
    }

    /// What came on `socket` until it was closed: the last answer, and the statuses of those before it.
    #[track_caller]
    fn last_on(socket: &mut TcpStream) -> (Vec<u16>, Self) {
        let mut text = String::new();
        // What is sent further to a socket that is closed is answered with a reset.
        if let Err(error) = socket.read_to_string(&mut text) {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset, "it is not closed: {text}");
        }
        let mut answers: Vec<&str> = text.split("HTTP/1.1 ").skip(1).collect();
        let status = |answer: &str| answer.get(..3).and_then(|status| status.parse().ok()).unwrap_or_default();
        let last = answers.pop().unwrap_or_default();
        let said = Self { text: format!("HTTP/1.1 {last}"), status: status(last) };
        (answers.into_iter().map(status).collect(), said)
    }
}

/// Sends `bytes` as far as they are taken, and listens until the first answer is whole.
#[track_caller]
fn say(app: &TestApp, bytes: &[u8]) -> Said {
    let mut socket = TcpStream::connect(app.address()).unwrap();
    socket.set_read_timeout(Some(AT_ONCE)).unwrap();
    let begun = Instant::now();
    // Whoever is refused midway may be cut off.
    let _ = socket.write_all(bytes);
    let mut said = Vec::new();
    let mut buffer = [0; 16 * 1024];
    let is_whole = |said: &[u8]| {
        let text = String::from_utf8_lossy(said).to_lowercase();
        text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")).and_then(|length| length.parse::<usize>().ok());
            length.is_some_and(|length| body.len() >= length)
        })
    };
    while !is_whole(&said) {
        match socket.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(n) => said.extend_from_slice(&buffer[..n]),
        }
    }
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    let text = String::from_utf8_lossy(&said).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer: {text:?}"));
    app.get("/healthz").send().expect(200);
    Said { text, status }
}

/// A request of an administrator with a body.
fn post(app: &TestApp, headers: &str, body: &[u8]) -> Vec<u8> {
    let key = app.admin();
    let mut request =
        format!("POST /v1/producers HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n{headers}\r\n")
            .into_bytes();
    request.extend_from_slice(body);
    request
}

#[test]
fn a_compressed_body_is_refused_unread() {
    let app = TestApp::start();
    // The head of a gzip file, before a body that says it is far longer than it may be.
    let bomb = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0; 4000]].concat();
    for encoding in ["gzip", "br", "deflate", "gzip, gzip", "zstd"] {
        let headers = format!("Content-Encoding: {encoding}\r\nContent-Length: {}\r\n", bomb.len());
        say(&app, &post(&app, &headers, &bomb)).is_problem(415, "unsupported_media_type");
    }
}

#[test]
fn a_body_nested_ten_thousand_deep_is_refused() {
    let app = TestApp::start();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let body = format!("{{\"name\": {}1{}}}", open.repeat(10_000), close.repeat(10_000));
        let length = format!("Content-Length: {}\r\n", body.len());
        say(&app, &post(&app, &length, body.as_bytes())).is_problem(400, "malformed_json");
        let unclosed = format!("{{\"name\": {}", open.repeat(10_000));
        let length = format!("Content-Length: {}\r\n", unclosed.len());
        say(&app, &post(&app, &length, unclosed.as_bytes())).is_problem(400, "malformed_json");
    }
}

#[test]
fn long_heads_are_refused() {
    let app = TestApp::start();
    let with_header = |length: usize| format!("GET /v1/producers HTTP/1.1\r\nHost: a\r\nX-Long: {}\r\n\r\n", "a".repeat(length));
    say(&app, with_header(100_000).as_bytes()).is_problem(400, "invalid_header");
    say(&app, with_header(500_000).as_bytes()).is_refused();
    let key = format!("GET /v1/producers HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer cc_live_{}\r\n\r\n", "A".repeat(15_000));
    say(&app, key.as_bytes()).is_problem(401, "unauthenticated");
    let many = |n: usize| format!("GET /v1/producers HTTP/1.1\r\nHost: a\r\n{}\r\n", "X-One: 1\r\n".repeat(n));
    say(&app, many(5_000).as_bytes()).is_refused();
    assert_eq!(say(&app, many(50).as_bytes()).status, 200);
    say(&app, format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(64 * 1024)).as_bytes()).is_refused();
    say(&app, format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(60_000)).as_bytes()).is_problem(400, "invalid_parameter");
    say(&app, format!("GET /v1/products?q={} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(60_000)).as_bytes())
        .is_problem(400, "invalid_parameter");
    say(&app, format!("GET /v1/products?q={} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(7_000)).as_bytes())
        .is_problem(400, "invalid_parameter");
}

#[test]
fn what_is_no_text_is_refused() {
    let app = TestApp::start();
    let get = |target: &[u8]| [b"GET ", target, b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    for target in ["/v1/products?q=%", "/v1/products?q=%zz", "/v1/products?q=%ff%fe", "/v1/products?q=%00"] {
        say(&app, &get(target.as_bytes())).is_problem(400, "invalid_parameter");
    }
    for target in ["/v1/products/%", "/v1/products/%zz", "/v1/products/%ff%fe", "/v1/products/%00"] {
        say(&app, &get(target.as_bytes())).is_problem(404, "not_found");
    }
    for target in [&b"/v1/products/\xff\xfe"[..], b"/v1/products/a b", b"/v1/\0", b"products"] {
        say(&app, &get(target)).is_refused();
    }
    let body = b"{\"name\": \"\xff\xfe\"}";
    let length = format!("Content-Length: {}\r\n", body.len());
    say(&app, &post(&app, &length, body)).is_problem(400, "malformed_json");
    for line in ["GET", "GET /", "GET / HTTP/9.9", "\u{0}\u{1}\u{2}", "GET  /  HTTP/1.1", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}"]
    {
        say(&app, format!("{line}\r\nHost: a\r\n\r\n").as_bytes()).is_refused();
    }
}

#[test]
fn a_body_whose_length_is_a_lie_is_refused() {
    let app = TestApp::start();
    let body = b"{\"name\": \"a\"}";
    for headers in [
        "Content-Length: 13\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 13\r\nContent-Length: 14\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x0d\r\n",
        "Content-Length: 13, 13\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Transfer-Encoding: gzip\r\n",
    ] {
        say(&app, &post(&app, headers, body)).is_refused();
    }
    say(&app, &post(&app, "Content-Length: 900000000\r\n", body)).is_problem(413, "body_too_large");
    // Shorter than what follows: that is read as the next request, and is none.
    let said = say(&app, &post(&app, "Content-Length: 5\r\n", body));
    said.is_problem(400, "malformed_json");
    // Longer, and then nothing comes any more.
    let mut socket = TcpStream::connect(app.address()).unwrap();
    socket.set_read_timeout(Some(AT_ONCE)).unwrap();
    socket.write_all(&post(&app, "Content-Length: 1000\r\n", body)).unwrap();
    socket.shutdown(Shutdown::Write).unwrap();
    let mut said = String::new();
    let _ = socket.read_to_string(&mut said);
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
    assert_eq!(app.get("/v1/producers").send().expect(200).items(), Vec::<Value>::new());
}

#[test]
fn a_body_without_end_is_cut_off_where_it_is_too_large() {
    let app = TestApp::start();
    let mut request = post(&app, "Transfer-Encoding: chunked\r\n", b"");
    for _ in 0..60 {
        request.extend_from_slice(b"4000\r\n");
        request.extend_from_slice(&[b' '; 0x4000]);
        request.extend_from_slice(b"\r\n");
    }
    say(&app, &request).is_problem(413, "body_too_large");
    for chunk in ["zz\r\n", "-1\r\n", "fffffffffffffffff\r\n", "4\r\n{}XX}\r\n"] {
        // Where the framing is broken there is nothing to answer in between: actix closes the connection, without a word.
        let mut socket = TcpStream::connect(app.address()).unwrap();
        socket.set_read_timeout(Some(AT_ONCE)).unwrap();
        socket.write_all(&post(&app, "Transfer-Encoding: chunked\r\n", chunk.as_bytes())).unwrap();
        let mut said = String::new();
        socket.read_to_string(&mut said).expect("it is closed");
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
    }
    assert_eq!(app.get("/v1/producers").send().expect(200).items(), Vec::<Value>::new());
}

#[test]
fn requests_sent_ahead_are_answered_in_their_order() {
    let app = TestApp::start();
    let mut socket = TcpStream::connect(app.address()).unwrap();
    socket.set_read_timeout(Some(AT_ONCE)).unwrap();
    let mut requests = String::new();
    for n in 0..100 {
        requests += &format!("GET /v1/products?limit=1 HTTP/1.1\r\nHost: a\r\nX-Request-Id: ahead-{n}\r\n\r\n");
    }
    requests += "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    socket.write_all(requests.as_bytes()).unwrap();
    let mut said = String::new();
    socket.read_to_string(&mut said).unwrap();
    let ids: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("x-request-id: ahead-")).collect();
    assert_eq!(ids, (0..100).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[test]
fn an_old_client_is_answered_and_let_go() {
    let app = TestApp::start();
    let mut socket = TcpStream::connect(app.address()).unwrap();
    socket.set_read_timeout(Some(AT_ONCE)).unwrap();
    socket.write_all(b"GET /v1/products HTTP/1.0\r\n\r\n").unwrap();
    let mut said = String::new();
    socket.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.0 200") || said.starts_with("HTTP/1.1 200"), "{said}");
}

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

/// A connection on which one request was answered.
#[track_caller]
fn used(address: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_nodelay(true).unwrap();
    socket.set_read_timeout(Some(AT_ONCE)).unwrap();
    socket.write_all(HEALTH.as_bytes()).unwrap();
    let (mut said, mut buffer) = (String::new(), [0; 4096]);
    while !said.ends_with("{\"status\":\"ok\"}") {
        let n = socket.read(&mut buffer).unwrap();
        assert!(n > 0, "{said}");
        said += std::str::from_utf8(&buffer[..n]).unwrap();
    }
    socket
}

/// Waits until `server` has logged the line of `said`'s answer.
#[track_caller]
fn is_logged(server: &Server, said: &Said) {
    let id = said.request_id().to_owned();
    assert!(id.starts_with("req_"), "{}", said.head());
    let begun = Instant::now();
    let line = loop {
        if let Some(line) = server.said().lines().find(|line| line.contains(&id)) {
            break line.to_owned();
        }
        assert!(begun.elapsed() < AT_ONCE, "{id} is not in the log");
        std::thread::sleep(Duration::from_millis(5));
    };
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["level"], &line["fields"]["status"]), (&"INFO".into(), &said.status.into()), "{line}");
}

#[test]
fn a_name_of_a_header_that_does_not_end_is_refused_wherever_it_comes() {
    let place = Place::new();
    let server = place.serve();
    let fresh = || {
        let socket = TcpStream::connect(server.address()).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(AT_ONCE)).unwrap();
        socket
    };
    let named = |length: usize| format!("GET /v1/producers HTTP/1.1\r\nHost: a\r\n{}: 1\r\n\r\n", "x".repeat(length));
    let chunks = "POST /v1/producers HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    let cases = [
        ("first", fresh(), named(65_536), usize::MAX, vec![]),
        ("longer", fresh(), named(120_000), usize::MAX, vec![]),
        ("in pieces", fresh(), named(65_536), 1_000, vec![]),
        ("second", used(server.address()), named(65_536), usize::MAX, vec![]),
        ("second in pieces", used(server.address()), named(70_000), 700, vec![]),
        ("sent ahead", fresh(), format!("{HEALTH}{HEALTH}{}", named(65_536)), usize::MAX, vec![200, 200]),
        ("after chunks", fresh(), format!("{chunks}{}", named(65_536)), usize::MAX, vec![401]),
    ];
    for (what, mut socket, request, piece, before) in cases {
        let begun = Instant::now();
        for piece in request.as_bytes().chunks(piece) {
            // It is refused before all of it has come.
            if socket.write_all(piece).is_err() {
                break;
            }
        }
        let (earlier, said) = Said::last_on(&mut socket);
        assert!(begun.elapsed() < AT_ONCE, "{what}: {:?}", begun.elapsed());
        if what == "after chunks" && earlier.is_empty() {
            // Whoever is refused before the body is read may be let go with that.
            assert_eq!(said.status, 401, "{}", said.head());
            continue;
        }
        assert_eq!(earlier, before, "{what}");
        said.is_refused();
        is_logged(&server, &said);
    }
    // A name that is only too long is refused as all headers that are.
    let mut socket = fresh();
    socket.write_all(named(30_000).replace("Host: a", "Host: a\r\nConnection: close").as_bytes()).unwrap();
    Said::last_on(&mut socket).1.is_problem(400, "invalid_header");
    server.get("/healthz").send().expect(200);
    let said = server.said();
    assert!(!said.contains("panicked") && !said.contains("\"ERROR\""), "{said}");
}

#[test]
fn what_strangers_send_is_no_error_in_the_log_and_its_answer_is_found_there() {
    let place = Place::new();
    let server = place.serve();
    for bytes in ["GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n", "GET /v1/producers HTTP/1.1\r\n\r\n"] {
        let mut socket = used(server.address());
        socket.write_all(bytes.as_bytes()).unwrap();
        let (_, said) = Said::last_on(&mut socket);
        said.is_refused();
        is_logged(&server, &said);
    }
    let said = server.said();
    assert!(!said.contains("\"ERROR\"") && !said.contains("stream error"), "{said}");
}

#[test]
fn every_head_of_a_connection_has_the_same_time_to_come() {
    const LEAST: Duration = Duration::from_secs(9);
    const MOST: Duration = Duration::from_secs(15);
    let place = Place::new();
    let server = place.serve();
    let key = std::fs::read_to_string(place.data().join("admin-key.txt")).unwrap();
    let answered_in_pieces = || {
        let mut socket = used(server.address());
        let head = format!("POST /v1/producers HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n", key.trim());
        for piece in [&head, "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n", "{", "}"] {
            socket.write_all(piece.as_bytes()).unwrap();
            std::thread::sleep(Duration::from_millis(50));
        }
        let mut buffer = [0; 8 * 1024];
        let n = socket.read(&mut buffer).unwrap();
        assert!(buffer.starts_with(b"HTTP/1.1 4") && buffer[..n].ends_with(b"}"), "{}", String::from_utf8_lossy(&buffer[..n]));
        socket
    };
    let cases = [
        ("the first", TcpStream::connect(server.address()).unwrap(), false),
        ("one that stops", used(server.address()), false),
        ("one that drips", used(server.address()), true),
        ("one after a request in pieces", answered_in_pieces(), true),
    ];
    std::thread::scope(|scope| {
        for (what, mut socket, drips) in cases {
            let server = &server;
            scope.spawn(move || {
                let begun = Instant::now();
                socket.write_all(b"GET /v1/producers HTTP/1.1\r\nHost: a\r\nX-Slow: ").unwrap();
                socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
                let mut first = [0; 1];
                loop {
                    match socket.peek(&mut first) {
                        Ok(n) => break assert_eq!(n, 1, "{what}: closed without an answer"),
                        Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{what}"),
                    }
                    assert!(begun.elapsed() < MOST, "{what}: it is still open");
                    if drips {
                        let _ = socket.write_all(b"x");
                    }
                }
                assert!(begun.elapsed() > LEAST, "{what}: {:?}", begun.elapsed());
                socket.set_read_timeout(Some(AT_ONCE)).unwrap();
                let (before, said) = Said::last_on(&mut socket);
                assert_eq!(before, Vec::<u16>::new(), "{what}");
                said.is_problem(408, "request_timeout");
                assert!(said.head().contains("connection: close"), "{what}: {}", said.head());
                is_logged(server, &said);
            });
        }
    });
    server.get("/healthz").send().expect(200);
}
