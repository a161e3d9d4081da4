//! More requests at once than can be answered in time: some are turned away, at once and in the form of every refusal.

use crate::support::Value;
use crate::support::process::{Place, Server};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

fn serve(place: &Place) -> Server {
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--demo"]);
    command.env("CUNGCAU_SHEDDING", "on");
    Server::start(command)
}

/// One answer: status, head, body.
fn listen(socket: &mut TcpStream) -> (u16, String, String) {
    let mut said = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let n = socket.read(&mut buffer).unwrap();
        assert!(n > 0, "closed: {}", String::from_utf8_lossy(&said));
        said.extend_from_slice(&buffer[..n]);
        let Some(end) = said.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(said[..end].to_vec()).unwrap();
        let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        if said.len() == end + 4 + length {
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            return (status, head, String::from_utf8(said[end + 4..].to_vec()).unwrap());
        }
    }
}

#[test]
fn a_crowd_is_turned_away_in_part_and_told_when_to_come_back() {
    let place = Place::new();
    let server = serve(&place);
    let search =
        "GET /v1/products?q=hanh+tim+vinh+chau&limit=100 HTTP/1.1\r\nHost: a\r\nAccept-Language: vi\r\nX-Request-Id: crowd\r\n\r\n";
    let mut crowd: Vec<TcpStream> = (0..400)
        .map(|_| {
            let mut socket = TcpStream::connect(server.address()).unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
            assert_eq!(listen(&mut socket).0, 200);
            socket
        })
        .collect();
    let (mut good, mut turned_away) = (0, 0);
    // A machine with many idle cores may be quick enough for one crowd.
    for _ in 0..20 {
        for socket in &mut crowd {
            socket.write_all(search.as_bytes()).unwrap();
        }
        let mut watching = TcpStream::connect(server.address()).unwrap();
        watching.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert_eq!(listen(&mut watching).0, 200, "how it is must be seen then as well");
        for socket in &mut crowd {
            let (status, head, body) = listen(socket);
            if status == 200 {
                good += 1;
                continue;
            }
            turned_away += 1;
            assert_eq!(status, 503);
            for header in [
                "retry-after: 1",
                "content-type: application/problem+json",
                "content-language: vi",
                "x-content-type-options: nosniff",
                "x-request-id: crowd",
            ] {
                assert!(head.lines().any(|line| line.eq_ignore_ascii_case(header)), "no {header} in {head}");
            }
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((&body["code"], &body["request_id"], &body["status"]), (&"unavailable".into(), &"crowd".into(), &503.into()));
        }
        if turned_away > 0 {
            break;
        }
    }
    assert!(turned_away > 0, "all {good} were answered");
    assert!(good > 0);
    assert_eq!(server.metric("cungcau_turned_away_total{queue=\"worker\"}"), turned_away);
    // Each connection is where it was: nothing is on its way that nobody asked for.
    for socket in &mut crowd {
        socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let (status, _, body) = listen(socket);
        assert_eq!((status, body.as_str()), (200, "{\"status\":\"ok\"}"));
    }
}

#[test]
fn what_is_sent_ahead_is_answered_in_its_order_by_a_busy_worker_too() {
    let place = Place::new();
    let server = serve(&place);
    let ahead = |n: usize| {
        let search = |m: usize| format!("GET /v1/products?q=hanh+tim&limit=100 HTTP/1.1\r\nHost: a\r\nX-Request-Id: r{n}-{m}\r\n\r\n");
        (0..5).map(search).collect::<String>()
    };
    let mut crowd: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    for (n, socket) in crowd.iter_mut().enumerate() {
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // In two pieces, one of which ends within a request.
        let requests = ahead(n);
        let (first, second) = requests.split_at(requests.len() / 2);
        socket.write_all(first.as_bytes()).unwrap();
        socket.write_all(second.as_bytes()).unwrap();
        socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    }
    for (n, socket) in crowd.iter_mut().enumerate() {
        let mut said = String::new();
        socket.read_to_string(&mut said).unwrap();
        let ids: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("x-request-id: r")).take(5).collect();
        assert_eq!(ids, (0..5).map(|m| format!("{n}-{m}")).collect::<Vec<_>>());
    }
}
