//! The course of a connection, from the bytes that pass the door: where a request begins and ends, whether it was
//! answered, and until when what is missing may be waited for.
//!
//! It follows whole requests and those that come in pieces, as far as there is no doubt where they end. After a doubt it
//! knows one thing only: whether something was written since something came.

use super::door::{is_reading, is_streamed};
use super::edge::language_of;
use super::{BODY_TIMEOUT, REQUEST_TIMEOUT};
use crate::error::Language;
use std::time::{Duration, Instant};

/// How long the head of a request may take.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long something may come on a connection before anything is written there.
const LONGEST_SILENCE: Duration = Duration::from_secs(90);
// Whoever is being answered is not cut off.
const _: () = assert!(LONGEST_SILENCE.as_secs() > BODY_TIMEOUT.as_secs() + REQUEST_TIMEOUT.as_secs());
/// A request with more headers leaves a doubt.
const HEADERS: usize = 32;
/// The longest name of a header that goes through: twice what all headers may have. At 64 KiB actix panics.
const LONGEST_NAME: usize = 32 * 1024;
/// What was read is looked at in pieces of this size, so that a name that is too long is seen at the end of one.
const PIECE: usize = 16 * 1024;

/// Where a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nothing has come yet. actix counts the time until the first head, so it has to see one.
    Fresh,
    /// A part of a head went through, and everything before was answered.
    Head {
        /// Whether it is the first, for which actix counts.
        is_first: bool,
    },
    /// A head went through and not yet all of its body, and nothing was answered.
    Body,
    /// A whole request went through, and its answer is not out.
    Asked,
    /// Everything that went through was answered.
    Answered,
    /// Something went through of which it is not known where it ends.
    Unsure,
}

/// A connection's course.
#[derive(Debug)]
pub struct Course {
    turn: Turn,
    /// The head that comes in pieces, as far as it has come.
    head: Vec<u8>,
    /// Bytes of a body that are missing.
    missing: usize,
    /// So many bytes at the end of what came may be the name of a header; none where the end is not within a name.
    name: Option<usize>,
    deadline: Option<Instant>,
}

impl Default for Course {
    fn default() -> Self {
        Self { turn: Turn::Fresh, head: Vec::new(), missing: 0, name: None, deadline: None }
    }
}

impl Course {
    /// Where the connection is.
    pub const fn turn(&self) -> Turn {
        self.turn
    }

    /// Until when something must have come, or have been written.
    pub const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Whether what is waited for is a head that nobody else counts the time for.
    pub fn is_late_head(&self) -> bool {
        self.turn == (Turn::Head { is_first: false })
    }

    /// Whether the name of a header comes that is longer than one can be. No body has so many such bytes behind
    /// the beginning of a line.
    pub fn names_without_end(&mut self, read: &[u8]) -> bool {
        if self.turn == Turn::Body {
            return false;
        }
        for piece in read.chunks(PIECE) {
            let length = piece.iter().rev().take_while(|byte| is_of_a_name(**byte)).count();
            self.name = match piece.iter().rev().nth(length) {
                None => self.name.map(|before| before + length),
                Some(b'\n') => Some(length),
                Some(_) => None,
            };
            if self.name.is_some_and(|length| length > LONGEST_NAME) {
                return true;
            }
        }
        false
    }

    /// `read`, of which `begun` is known, goes through where nothing was being waited for.
    pub fn begins(&mut self, begun: &Begun<'_>, read: &[u8], now: Instant) {
        let is_first = self.turn == Turn::Fresh;
        if matches!(begun, Begun::Head) {
            self.turn = Turn::Head { is_first };
            self.deadline = Some(now + if is_first { LONGEST_SILENCE } else { HEAD_TIMEOUT });
            self.head.extend_from_slice(read);
        } else {
            self.enter(begun, now);
        }
    }

    /// `read` goes through where more was being waited for, or where nothing is known.
    pub fn goes_on(&mut self, read: &[u8], now: Instant) {
        match self.turn {
            Turn::Body => match self.missing.checked_sub(read.len()) {
                Some(0) => (self.turn, self.deadline) = (Turn::Asked, None),
                Some(missing) => self.missing = missing,
                None => self.turn = Turn::Unsure,
            },
            Turn::Head { .. } => {
                let mut head = std::mem::take(&mut self.head);
                head.extend_from_slice(read);
                match Begun::read(&head) {
                    Begun::Head => self.head = head,
                    begun => self.enter(&begun, now),
                }
            }
            _ => _ = self.deadline.get_or_insert(now + LONGEST_SILENCE),
        }
    }

    /// A head has come, or what is none.
    fn enter(&mut self, begun: &Begun<'_>, now: Instant) {
        (self.turn, self.deadline) = match begun {
            // The edge counts the time of the answer.
            Begun::Whole(request) if !is_streamed(request.path) => (Turn::Asked, None),
            Begun::Body(request, missing) if !is_streamed(request.path) => {
                self.missing = *missing;
                self.name = None;
                (Turn::Body, Some(now + LONGEST_SILENCE))
            }
            _ => (Turn::Unsure, Some(now + LONGEST_SILENCE)),
        };
    }

    /// Of `all` bytes that there are to write `n` were written.
    pub fn wrote(&mut self, n: usize, all: usize) {
        if n > 0 {
            self.deadline = None;
        }
        match self.turn {
            // INVARIANT: an answer that is not streamed is whole in memory before its first byte is written, so that with the last byte of what
            // there is to write it is out.
            Turn::Asked | Turn::Answered => self.turn = if n == all { Turn::Answered } else { Turn::Asked },
            // Answered before it was read: what still comes of it is thrown away, and nobody says here where that ends.
            Turn::Body => self.turn = Turn::Unsure,
            _ => {}
        }
    }
}

/// Whether the name of a header may have this byte, for the parser that actix has.
const fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}

/// What bytes are that begin where a request does.
#[derive(Debug, PartialEq, Eq)]
pub enum Begun<'a> {
    /// One whole request and nothing else, and there is no doubt about it.
    Whole(Whole<'a>),
    /// The same without so many bytes at the end of its body.
    Body(Whole<'a>, usize),
    /// A part of a head.
    Head,
    /// Something else.
    Doubtful,
}

/// A request of which it is known where it ends.
#[derive(Debug, PartialEq, Eq)]
pub struct Whole<'a> {
    /// Path and query.
    pub path: &'a str,
    /// Whether it changes nothing.
    pub is_reading: bool,
    /// Whether the answer has a body.
    pub wants_body: bool,
    /// The language that it prefers.
    pub language: Language,
    /// The id that it brings.
    pub id: Option<&'a str>,
}

impl<'a> Begun<'a> {
    /// What `bytes` are.
    pub fn read(bytes: &'a [u8]) -> Self {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        // The parser that actix has: what is whole here is whole there.
        let mut request = httparse::Request::new(&mut headers);
        let head = match request.parse(bytes) {
            Ok(httparse::Status::Complete(head)) => head,
            Ok(httparse::Status::Partial) => return Self::Head,
            Err(_) => return Self::Doubtful,
        };
        let Some((whole, body)) = Whole::of(&request) else { return Self::Doubtful };
        let arrived = bytes.len().saturating_sub(head);
        match body.checked_sub(arrived) {
            Some(0) => Self::Whole(whole),
            Some(missing) => Self::Body(whole, missing),
            None => Self::Doubtful,
        }
    }
}

impl<'a> Whole<'a> {
    /// The request of this head, and the length of its body.
    fn of(request: &httparse::Request<'_, 'a>) -> Option<(Self, usize)> {
        let (path, method) = (request.path?, request.method?);
        let mut whole = Self { path, is_reading: is_reading(method), wants_body: method != "HEAD", language: Language::En, id: None };
        if request.version? != 1 {
            return None;
        }
        let mut body = None;
        for header in request.headers.iter() {
            let is = |name: &str| header.name.eq_ignore_ascii_case(name);
            let value = std::str::from_utf8(header.value).unwrap_or_default();
            if is("content-length") {
                if body.is_some() || value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                body = Some(value.parse::<usize>().ok()?);
            } else if is("connection") {
                if !value.eq_ignore_ascii_case("keep-alive") {
                    return None;
                }
            } else if ["transfer-encoding", "expect", "upgrade", "origin"].into_iter().any(is) {
                // Where a request ends is not plain, or the answer must say whether a page's script may read it.
                return None;
            } else if is("accept-language") {
                whole.language = language_of(value);
            } else if is("x-request-id") {
                whole.id = Some(value);
            }
        }
        Some((whole, body.unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Option<Whole<'_>> {
        match Begun::read(text.as_bytes()) {
            Begun::Whole(whole) => Some(whole),
            _ => None,
        }
    }

    #[test]
    fn a_request_is_whole_when_nothing_of_it_is_missing_and_nothing_follows() {
        let get = whole("GET /v1/products?q=gao HTTP/1.1\r\nHost: a\r\nAccept-Language: vi\r\nX-Request-Id: r1\r\n\r\n").unwrap();
        assert_eq!(get, Whole { path: "/v1/products?q=gao", is_reading: true, wants_body: true, language: Language::Vi, id: Some("r1") });
        assert!(!whole("HEAD /v1/products HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n").unwrap().wants_body);
        assert!(whole("POST /v1/mous HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}").is_some());
    }

    #[test]
    fn what_leaves_a_doubt_is_not_whole() {
        for text in [
            "GET /v1/products HTTP/1.1\r\nHost: a\r\n",
            "GET /v1/products HTTP/1.0\r\nHost: a\r\n\r\n",
            "GET /v1/products HTTP/1.1\r\nHost: a\r\n\r\nGET /v1/products HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /v1/products HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "GET /v1/products HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
            "POST /v1/mous HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n{}",
            "POST /v1/mous HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n{}",
            "POST /v1/mous HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\n{}",
            "POST /v1/mous HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
            "POST /v1/mous HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /v1/mous HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
            "GET /v1/products HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example.vn\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
            "{\"name\": \"Cà phê\"}",
        ] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    const GET: &str = "GET /v1/products HTTP/1.1\r\nHost: a\r\n\r\n";

    fn read(course: &mut Course, text: &str, now: Instant) {
        assert!(!course.names_without_end(text.as_bytes()));
        match course.turn() {
            Turn::Fresh | Turn::Answered => course.begins(&Begun::read(text.as_bytes()), text.as_bytes(), now),
            Turn::Asked => course.begins(&Begun::Doubtful, text.as_bytes(), now),
            _ => course.goes_on(text.as_bytes(), now),
        }
    }

    /// A connection on which one request was answered.
    fn answered(now: Instant) -> Course {
        let mut course = Course::default();
        read(&mut course, GET, now);
        course.wrote(100, 100);
        assert_eq!((course.turn(), course.deadline()), (Turn::Answered, None));
        course
    }

    #[test]
    fn a_request_in_pieces_is_followed_to_its_end() {
        let now = Instant::now();
        let mut course = answered(now);
        let later = now + Duration::from_secs(3);
        read(&mut course, "POST /v1/mous HTTP/1.1\r\nHost: a\r\nContent-", now);
        assert!(course.is_late_head());
        read(&mut course, "Length: 4\r\n", later);
        assert_eq!(course.deadline(), Some(now + HEAD_TIMEOUT), "more of it gives no more time");
        read(&mut course, "\r\n{", later);
        assert_eq!((course.turn(), course.deadline()), (Turn::Body, Some(later + LONGEST_SILENCE)));
        read(&mut course, "\"a", later);
        read(&mut course, "}", later);
        assert_eq!((course.turn(), course.deadline()), (Turn::Asked, None));
        course.wrote(10, 20);
        assert_eq!(course.turn(), Turn::Asked);
        course.wrote(10, 10);
        assert_eq!(course.turn(), Turn::Answered);
    }

    #[test]
    fn the_first_head_is_counted_elsewhere() {
        let now = Instant::now();
        let mut course = Course::default();
        read(&mut course, "GET /", now);
        assert!(!course.is_late_head());
        assert_eq!(course.deadline(), Some(now + LONGEST_SILENCE));
    }

    #[test]
    fn what_is_not_understood_has_a_bound_until_something_is_written() {
        let now = Instant::now();
        let later = now + Duration::from_secs(50);
        let chunked = "POST /v1/mous HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        for begin in [chunked, &format!("{GET}{GET}"), &GET.replace("1.1", "1.0"), "GET /v1/mous/export HTTP/1.1\r\nHost: a\r\n\r\n"] {
            let mut course = answered(now);
            read(&mut course, begin, now);
            assert_eq!((course.turn(), course.deadline()), (Turn::Unsure, Some(now + LONGEST_SILENCE)), "{begin}");
            read(&mut course, "x", later);
            assert_eq!(course.deadline(), Some(now + LONGEST_SILENCE), "a drip gives no more time");
            course.wrote(0, 10);
            assert!(course.deadline().is_some());
            course.wrote(1, 10);
            assert_eq!((course.turn(), course.deadline()), (Turn::Unsure, None));
            read(&mut course, "x", later);
            assert_eq!(course.deadline(), Some(later + LONGEST_SILENCE));
        }
        let mut course = answered(now);
        read(&mut course, "POST /v1/mous HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n{", now);
        course.wrote(10, 10);
        assert_eq!(course.turn(), Turn::Unsure, "answered before it had come");
        let mut course = answered(now);
        read(&mut course, "POST /v1/mous HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n{", now);
        read(&mut course, "\"a\"}GET", now);
        assert_eq!(course.turn(), Turn::Unsure, "more than the body");
    }

    #[test]
    fn a_name_without_end_is_seen_in_whatever_pieces_it_comes() {
        let name = "x".repeat(65_536);
        let heads = ["GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\n", "4\r\nabcd\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "GET / HTTP/1.1\n"];
        for head in heads {
            let text = format!("{head}{name}: 1\r\n\r\n");
            for size in [1, 7, 1_000, 8 * 1024, 20_000, 65_536, 200_000] {
                let mut course = Course { turn: Turn::Unsure, ..Course::default() };
                assert!(text.as_bytes().chunks(size).any(|piece| course.names_without_end(piece)), "{size}: {head}");
            }
        }
    }

    #[test]
    fn what_is_no_name_may_be_long() {
        let long = "x".repeat(200_000);
        for text in [
            format!("GET /{long} HTTP/1.1\r\n"),
            format!("GET / HTTP/1.1\r\nX-Long: {long}\r\n"),
            format!("GET / HTTP/1.1\r\nCookie:{long}\r\n"),
            format!("{{\"name\":\"{long}\"}}"),
            format!("{{\r\n\"name\": \"{long}\"\r\n}}"),
        ] {
            for size in [1, 1_000, 20_000, 300_000] {
                let mut course = Course { turn: Turn::Unsure, ..Course::default() };
                assert!(!text.as_bytes().chunks(size).any(|piece| course.names_without_end(piece)), "{size}: {}", &text[..30]);
            }
        }
        let mut course = Course::default();
        read(&mut course, "POST /v1/mous HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\nx", Instant::now());
        assert!(!course.names_without_end(long.as_bytes()), "of a body it is known that it is one");
    }
}
