//! A load with an arrival rate of its own: requests are sent when they are due, whether or not those before them were
//! answered, on as many connections as that takes. The time of an answer counts from when its request was due, so that a
//! server which stops answering does not stop the clock (coordinated omission).
//!
//! One thread, which looks at its sockets without rest: it wants a core to itself.

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// More connections than that are not opened: whoever has none when it is due counts as failed.
const CONNECTIONS: usize = 8_000;
/// Clients that were there before: under too much load it matters whether each has to be let in first.
const RESTING: usize = 1_000;
/// How long the last answers are waited for.
const AFTER: Duration = Duration::from_secs(3);
/// At most this much of an answer's head.
const HEAD: usize = 4096;

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    pub sent: usize,
    /// Answers 200 to 299, microseconds from when they were due.
    pub good: Vec<u64>,
    /// Answers 503 with `Retry-After`.
    pub shed: Vec<u64>,
    /// Any other answer, and whatever had none; the status, or 0.
    pub other: Vec<u16>,
    pub connections: usize,
    pub seconds: f64,
    /// How late the last request was sent: a generator that is too slow measures itself.
    pub latest: Duration,
}

impl Outcome {
    /// Good answers a second.
    pub fn rate(&self) -> f64 {
        self.good.len() as f64 / self.seconds
    }
}

struct Connection {
    socket: TcpStream,
    due: Option<Instant>,
    answer: Answer,
}

impl Connection {
    fn new(socket: std::net::TcpStream, token: usize, poll: &Poll) -> Self {
        socket.set_nodelay(true).unwrap();
        socket.set_nonblocking(true).unwrap();
        let mut socket = TcpStream::from_std(socket);
        poll.registry().register(&mut socket, Token(token), Interest::READABLE).unwrap();
        Self { socket, due: None, answer: Answer::default() }
    }
}

/// An answer as far as it has come.
#[derive(Default)]
struct Answer {
    head: Vec<u8>,
    status: u16,
    has_retry_after: bool,
    closes: bool,
    /// What is missing of the body, when the head is there.
    missing: Option<usize>,
}

impl Answer {
    /// Takes in what was read; true when it is whole.
    fn take(&mut self, read: &[u8]) -> bool {
        if let Some(missing) = &mut self.missing {
            *missing = missing.saturating_sub(read.len());
            return *missing == 0;
        }
        self.head.extend_from_slice(&read[..read.len().min(HEAD)]);
        let Some(end) = self.head.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) else {
            assert!(self.head.len() < HEAD, "an answer's head is too long");
            return false;
        };
        let text = std::str::from_utf8(&self.head[..end]).unwrap();
        self.status = text.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
        let mut length = 0;
        for line in text.lines() {
            let has = |name: &str| line.len() > name.len() && line.as_bytes()[..name.len()].eq_ignore_ascii_case(name.as_bytes());
            if has("content-length:") {
                length = line[15..].trim().parse().unwrap();
            } else if has("retry-after:") {
                self.has_retry_after = true;
            } else if line.eq_ignore_ascii_case("connection: close") {
                self.closes = true;
            }
        }
        let before = self.head.len() - read.len().min(HEAD);
        let missing = length - (before + read.len() - end).min(length);
        self.missing = Some(missing);
        missing == 0
    }
}

/// When the next request is due.
enum Arrivals {
    /// So many a second.
    Open { every: Duration, next: Instant },
    /// So many at a time: the next when one was answered.
    Closed { waiting: usize },
}

/// Sends `requests` in turn to `address` at `rate` a second for `time`.
pub fn open(address: SocketAddr, requests: &[Vec<u8>], rate: f64, time: Duration) -> Outcome {
    run(address, requests, Arrivals::Open { every: Duration::from_secs_f64(1.0 / rate), next: Instant::now() }, time)
}

/// The same, `at_a_time` and as fast as they are answered: what the server can do at all.
pub fn closed(address: SocketAddr, requests: &[Vec<u8>], at_a_time: usize, time: Duration) -> Outcome {
    run(address, requests, Arrivals::Closed { waiting: at_a_time }, time)
}

#[expect(clippy::too_many_lines, reason = "one loop: what is due is sent, and what has come is taken")]
fn run(address: SocketAddr, requests: &[Vec<u8>], mut arrivals: Arrivals, time: Duration) -> Outcome {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(1024);
    let mut connections: Vec<Option<Connection>> = Vec::new();
    let (mut idle, mut free) = (VecDeque::new(), Vec::new());
    let mut buffer = vec![0; 256 * 1024];
    let mut outcome = Outcome::default();
    for token in 0..RESTING {
        let mut socket = std::net::TcpStream::connect(address).unwrap();
        // Each was answered once.
        socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n").unwrap();
        assert!(socket.read(&mut buffer).unwrap() > 0);
        connections.push(Some(Connection::new(socket, token, &poll)));
        idle.push_back(token);
    }
    let begun = Instant::now();
    if let Arrivals::Open { next, .. } = &mut arrivals {
        *next = begun;
    }
    let (mut running, mut at) = (0_usize, 0);
    loop {
        let now = Instant::now();
        let over = now - begun >= time;
        if over && (running == 0 || now - begun >= time + AFTER) {
            break;
        }
        // As many as are due, and then a look at the answers.
        for _ in 0..64 {
            let due = match &mut arrivals {
                _ if over => break,
                Arrivals::Open { every, next } => {
                    if *next > now {
                        break;
                    }
                    let due = *next;
                    *next += *every;
                    due
                }
                Arrivals::Closed { waiting } => {
                    if *waiting == 0 {
                        break;
                    }
                    *waiting -= 1;
                    now
                }
            };
            outcome.sent += 1;
            outcome.latest = outcome.latest.max(now - due);
            let request = &requests[at % requests.len()];
            at += 1;
            let token = match idle.pop_front() {
                Some(token) => token,
                None if connections.len() < CONNECTIONS || !free.is_empty() => {
                    let token = free.pop().unwrap_or_else(|| {
                        connections.push(None);
                        connections.len() - 1
                    });
                    // On the same machine the kernel itself answers, at once.
                    let socket = std::net::TcpStream::connect(address).unwrap();
                    connections[token] = Some(Connection::new(socket, token, &poll));
                    outcome.connections += 1;
                    token
                }
                None => {
                    outcome.other.push(0);
                    continue;
                }
            };
            let connection = connections[token].as_mut().unwrap();
            match connection.socket.write(request) {
                Ok(n) if n == request.len() => {
                    connection.due = Some(due);
                    running += 1;
                }
                _ => {
                    outcome.other.push(0);
                    connections[token] = None;
                    free.push(token);
                }
            }
        }
        poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
        for event in &events {
            let token = event.token().0;
            let Some(connection) = &mut connections[token] else { continue };
            let closed = loop {
                match connection.socket.read(&mut buffer) {
                    Ok(n) if n > 0 && connection.due.is_some() => {
                        if !connection.answer.take(&buffer[..n]) {
                            continue;
                        }
                        let answer = std::mem::take(&mut connection.answer);
                        let time = u64::try_from(connection.due.take().unwrap().elapsed().as_micros()).unwrap();
                        running -= 1;
                        match answer.status {
                            200..=299 => outcome.good.push(time),
                            503 if answer.has_retry_after => outcome.shed.push(time),
                            status => outcome.other.push(status),
                        }
                        if let Arrivals::Closed { waiting } = &mut arrivals {
                            *waiting += 1;
                        }
                        if answer.closes {
                            break true;
                        }
                        idle.push_back(token);
                        // Nothing more comes before the next request.
                        break false;
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break false,
                    // The end, or an answer that nobody asked for.
                    Ok(_) | Err(_) => break true,
                }
            };
            if closed {
                if connection.due.is_some() {
                    running -= 1;
                    outcome.other.push(0);
                }
                connections[token] = None;
                idle.retain(|other| *other != token);
                free.push(token);
            }
        }
    }
    outcome.other.extend(std::iter::repeat_n(0, running));
    outcome.seconds = time.as_secs_f64();
    outcome
}
