//! The door: what a worker that is behind tells those who come, before anything is made of their requests.
//!
//! It stands between the connection and actix. Turning somebody away here takes the reading of the request's head and
//! one write; with a router, a caller and an answer it is several times as much, and under three times the load that can be
//! answered that alone would take most of the worker's time. It answers only in the place of a request that has
//! arrived whole and alone, on a connection where everything before was answered. All else goes through, and is
//! turned away at the edge.
//!
//! What actix itself says to a head that it cannot read, or that does not come, is a status and nothing else. It leaves
//! by this door too, as a problem with all that an answer has.

use super::edge::{kept_id, language_of};
use super::pace;
use crate::app::App;
use crate::error::{Code, Language, Problem, text};
use actix_web::rt::net::TcpStream;
use actix_web::web::Data;
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A request with more headers goes through.
const HEADERS: usize = 32;

/// Where a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Nothing has come yet. actix counts the time until the first head, so it has to see one.
    Fresh,
    /// A whole request went through, and its answer is not out.
    Asked,
    /// Everything that went through was answered.
    Answered,
    /// Something went through of which it is not known where it ends.
    Unsure,
}

/// A connection.
#[derive(Debug)]
pub struct Door {
    connection: TcpStream,
    turn: Turn,
    app: Data<App>,
    /// Whether what was to be written last is only partly out.
    is_within: bool,
    said_instead: Option<SaidInstead>,
}

/// What is written in the place of an answer that says nothing.
#[derive(Debug)]
struct SaidInstead {
    answer: Vec<u8>,
    written: usize,
    /// Bytes of the answer whose place it takes.
    stands_for: usize,
}

impl Door {
    /// The door of `connection`; everything goes through where nobody is to be turned away.
    pub fn new(connection: TcpStream, app: Data<App>) -> Self {
        let turn = if app.sheds { Turn::Fresh } else { Turn::Unsure };
        Self { connection, turn, app, is_within: false, said_instead: None }
    }

    /// What is said in the place of `bytes`, where these begin with an answer that says nothing.
    fn instead_of(&self, bytes: &[u8]) -> Option<SaidInstead> {
        if self.is_within {
            return None;
        }
        let (status, stands_for) = bare(bytes)?;
        let id = self.app.ids.id("req", self.app.clock.now()).unwrap_or_default();
        Some(SaidInstead { answer: Refusal::of_status(status).answer(&id, true), written: 0, stands_for })
    }

    /// Looks at what was just read: the answer of whoever is turned away.
    fn look(&mut self, read: &[u8]) -> Option<Vec<u8>> {
        if read.is_empty() || self.turn == Turn::Unsure {
            return None;
        }
        let is_behind = pace::ask(Instant::now());
        let request = (self.turn != Turn::Asked).then(|| Whole::read(read)).flatten();
        let turned_away = match (&request, self.turn) {
            (Some(request), Turn::Answered) if !is_watched(request.path) => {
                if is_behind {
                    self.app.turned_away();
                }
                is_behind || self.finds_a_full_queue(request)
            }
            _ => false,
        };
        let Some(request) = request.as_ref().filter(|_| turned_away) else {
            self.turn = if request.as_ref().is_some_and(|request| !is_streamed(request.path)) { Turn::Asked } else { Turn::Unsure };
            return None;
        };
        let id = request.id.and_then(kept_id).map(str::to_owned);
        let id = id.or_else(|| self.app.ids.id("req", self.app.clock.now()).ok()).unwrap_or_default();
        Some(Refusal::of(request.language).answer(&id, request.wants_body))
    }

    /// Whether the queue of the database is full where `request` is bound to join it.
    fn finds_a_full_queue(&self, request: &Whole<'_>) -> bool {
        let store = &self.app.store;
        let looked = match request.is_reading {
            true if is_a_record(request.path) => store.look_before_reading(),
            // It may be answered from memory.
            true => Ok(()),
            false if is_posted_question(request.path) => Ok(()),
            false => store.look_before_writing(),
        };
        looked.is_err()
    }
}

impl AsyncRead for Door {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        let filled = buffer.filled().len();
        loop {
            ready!(Pin::new(&mut self.connection).poll_read(context, buffer))?;
            let Some(answer) = buffer.filled().get(filled..).and_then(|read| self.look(read)) else { return Poll::Ready(Ok(())) };
            // Nothing else is on its way there, so that there is room for it unless somebody does not read.
            if self.connection.try_write(&answer)? != answer.len() {
                return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
            }
            buffer.set_filled(filled);
        }
    }
}

impl AsyncWrite for Door {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        if self.said_instead.is_none() {
            self.said_instead = self.instead_of(bytes);
        }
        let this = &mut *self;
        while let Some(said) = &mut this.said_instead {
            let left = said.answer.get(said.written..).unwrap_or_default();
            if left.is_empty() {
                let stands_for = said.stands_for;
                this.said_instead = None;
                return Poll::Ready(Ok(stands_for));
            }
            match ready!(Pin::new(&mut this.connection).poll_write(context, left))? {
                0 => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                n => said.written += n,
            }
        }
        let written = Pin::new(&mut self.connection).poll_write(context, bytes);
        if let Poll::Ready(Ok(n)) = &written {
            self.is_within = *n < bytes.len();
        }
        if matches!(self.turn, Turn::Asked | Turn::Answered) {
            // INVARIANT: an answer that is not streamed is whole in memory before its first byte is written, so that with the last byte of what
            // there is to write it is out.
            let is_out = matches!(&written, Poll::Ready(Ok(n)) if *n == bytes.len());
            self.turn = if is_out { Turn::Answered } else { Turn::Asked };
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }
}

/// Whether this is how the service itself is watched: that must work when everything else is too much.
pub fn is_watched(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics")
}

/// Whether the answer may come piece by piece: of such a one it is not known here where it ends.
fn is_streamed(path: &str) -> bool {
    path.contains("/export")
}

/// Whether `path` is that of a single record, `/v1/products/prd_…`: what is read by its id is in the database.
fn is_a_record(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or(path);
    let Some((collection, id)) = path.strip_prefix("/v1/").and_then(|rest| rest.split_once('/')) else { return false };
    let is_id = id.split_once('_').is_some_and(|(prefix, number)| {
        prefix.bytes().all(|byte| byte.is_ascii_lowercase())
            && number.len() == 26
            && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    !collection.is_empty() && is_id
}

/// Whether what is posted to `path` is a question that memory answers: it joins no queue.
pub fn is_posted_question(path: &str) -> bool {
    static PATHS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let posted = crate::app::routes().into_iter().filter(|route| route.doc.from_memory && !is_reading(route.method.as_str()));
        posted.map(|route| route.path).collect()
    });
    path.split('?').next().is_some_and(|path| PATHS.iter().any(|known| known == path))
}

/// Whether a request by `method` changes nothing.
pub fn is_reading(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
}

/// A request that is all there.
#[derive(Debug, PartialEq, Eq)]
struct Whole<'a> {
    path: &'a str,
    is_reading: bool,
    wants_body: bool,
    language: Language,
    id: Option<&'a str>,
}

impl<'a> Whole<'a> {
    /// `bytes`, if they are one whole request and nothing else, and there is no doubt about it.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        // The parser that actix has: what is whole here is whole there.
        let mut request = httparse::Request::new(&mut headers);
        let httparse::Status::Complete(head) = request.parse(bytes).ok()? else { return None };
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
        (bytes.len().checked_sub(head)? == body.unwrap_or(0)).then_some(whole)
    }
}

/// Status and length of an answer at the beginning of `bytes` that is an error and has none of what all answers of this
/// service have.
fn bare(bytes: &[u8]) -> Option<(u16, usize)> {
    let rest = bytes.strip_prefix(b"HTTP/1.1 ")?;
    if !matches!(rest.first(), Some(b'4' | b'5')) {
        return None;
    }
    let length = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(bytes.get(..length)?).ok()?;
    let is_bare = head.contains("content-length: 0\r\n") && super::headers::EVERYWHERE.iter().all(|(name, _)| !head.contains(name));
    let status = head.get(9..12)?.parse().ok()?;
    is_bare.then_some((status, length))
}

static ENGLISH: LazyLock<Refusal> = LazyLock::new(|| Refusal::new(&Problem::overloaded(), Language::En, false));
static VIETNAMESE: LazyLock<Refusal> = LazyLock::new(|| Refusal::new(&Problem::overloaded(), Language::Vi, false));
/// Nobody knows the language of who sends what cannot be read.
static UNREADABLE: LazyLock<Refusal> = LazyLock::new(|| {
    let problem = Problem::new(
        Code::InvalidHeader,
        text(
            "The head of the request is not HTTP/1.1, or is larger than is taken: 64 KiB for the path, 128 KiB and 96 headers in all.",
            "Phần đầu của yêu cầu không đúng HTTP/1.1 hoặc quá lớn: tối đa 64 KiB cho đường dẫn, 128 KiB và 96 header cho cả phần đầu.",
        ),
    );
    Refusal::new(&problem, Language::En, true)
});
static LATE: LazyLock<Refusal> = LazyLock::new(|| {
    let problem = Problem::new(
        Code::RequestTimeout,
        text("The head of the request did not arrive in time.", "Phần đầu của yêu cầu không đến kịp thời hạn."),
    );
    Refusal::new(&problem, Language::En, true)
});
static FAILED: LazyLock<Refusal> = LazyLock::new(|| {
    let problem = Problem::new(Code::Internal, text("The request could not be served.", "Không phục vụ được yêu cầu này."));
    Refusal::new(&problem, Language::En, true)
});

/// What is told, with a gap for the request's id.
#[derive(Debug)]
pub struct Refusal {
    head: String,
    body: (String, String),
}

impl Refusal {
    /// In `language`.
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &ENGLISH,
            Language::Vi => &VIETNAMESE,
        }
    }

    /// In the place of an answer of this status that says nothing; the connection ends with it.
    fn of_status(status: u16) -> &'static Self {
        match status {
            408 => &LATE,
            500.. => &FAILED,
            _ => &UNREADABLE,
        }
    }

    /// The problem document of the request with this id.
    pub fn body(&self, id: &str) -> String {
        [&self.body.0, id, &self.body.1].concat()
    }

    fn new(problem: &Problem, language: Language, is_last: bool) -> Self {
        const GAP: &str = "req_gap";
        let body = problem.to_json(language, Some(GAP)).to_string();
        let (before, after) = body.split_once(GAP).unwrap_or((&body, ""));
        let mut head = format!("HTTP/1.1 {}\r\ncontent-type: application/problem+json\r\n", problem.code().status());
        for (name, value) in problem.headers() {
            head += &format!("{}: {value}\r\n", name.to_ascii_lowercase());
        }
        head += if language == Language::Vi { "content-language: vi\r\n" } else { "content-language: en\r\n" };
        for (name, value) in super::headers::EVERYWHERE {
            head += &format!("{name}: {value}\r\n");
        }
        head += "cache-control: no-cache\r\n";
        if is_last {
            head += "connection: close\r\n";
        }
        Self { head, body: (before.to_owned(), after.to_owned()) }
    }

    /// The whole answer.
    fn answer(&self, id: &str, wants_body: bool) -> Vec<u8> {
        let (before, after) = (&self.body.0, &self.body.1);
        let length = before.len() + id.len() + after.len();
        let mut answer = Vec::with_capacity(self.head.len() + length + 100);
        let mut put = |text: &str| answer.extend_from_slice(text.as_bytes());
        put(&self.head);
        put("x-request-id: ");
        put(id);
        put("\r\ncontent-length: ");
        put(&length.to_string());
        put("\r\n\r\n");
        if wants_body {
            put(before);
            put(id);
            put(after);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Option<Whole<'_>> {
        Whole::read(text.as_bytes())
    }

    #[test]
    fn a_request_is_whole_when_nothing_of_it_is_missing_and_nothing_follows() {
        let get = whole("GET /v1/products?q=gao HTTP/1.1\r\nHost: a\r\nAccept-Language: vi\r\nX-Request-Id: r1\r\n\r\n").unwrap();
        assert_eq!(get, Whole { path: "/v1/products?q=gao", is_reading: true, wants_body: true, language: Language::Vi, id: Some("r1") });
        assert!(!whole("HEAD /v1/products HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n").unwrap().wants_body);
        assert!(whole("POST /v1/mous HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}").is_some());
    }

    #[test]
    fn only_a_single_record_is_known_to_be_in_the_database() {
        assert!(is_a_record("/v1/products/prd_01M86782GTG80Y17X1VB1MRB0N"));
        assert!(is_a_record("/v1/mous/mou_01M86782GTG80Y17X1VB1MRB0N?fields=number"));
        for path in [
            "/v1/products",
            "/v1/products?q=prd_01M86782GTG80Y17X1VB1MRB0N",
            "/v1/provinces/92@2025-07-01",
            "/v1/demands/dmd_01M86782GTG80Y17X1VB1MRB0N/matches",
            "/v1/products/gao",
            "/healthz",
            "/v1//prd_01M86782GTG80Y17X1VB1MRB0N",
        ] {
            assert!(!is_a_record(path), "{path}");
        }
    }

    #[test]
    fn a_posted_question_is_known_by_its_path() {
        assert!(is_posted_question("/v1/matches/preview?limit=5"));
        for path in ["/v1/matches/preview/x", "/v1/mous", "/v1/products?q=gao", "/v1/offers/batch"] {
            assert!(!is_posted_question(path), "{path}");
        }
    }

    #[test]
    fn answers_that_come_in_pieces_are_known_by_their_paths() {
        let in_pieces = |media: &str| matches!(media, "application/x-ndjson" | "text/csv");
        let routes = crate::app::routes();
        let streamed: Vec<&str> = routes
            .iter()
            .filter(|route| route.doc.answers.iter().any(|(_, media, ..)| in_pieces(media)))
            .map(|route| route.path.as_str())
            .collect();
        assert!(!streamed.is_empty() && streamed.iter().all(|path| is_streamed(path)), "{streamed:?}");
        assert!(!is_streamed("/v1/products?q=gao") && !is_streamed("/v1/audit?limit=5"));
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

    #[test]
    fn an_answer_that_says_nothing_is_known_by_that() {
        let bare_of = |text: &str| bare(text.as_bytes());
        let said = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\ndate: Tue, 27 Oct 2020 01:00:00 GMT\r\n\r\n";
        assert_eq!(bare_of(said), Some((400, said.len())));
        assert_eq!(bare_of(&format!("{said}HTTP/1.1 200 OK\r\n\r\n")), Some((400, said.len())));
        for other in [
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nx-content-type-options: nosniff\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n",
            "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 4",
            "",
        ] {
            assert_eq!(bare_of(other), None, "{other}");
        }
        for (status, expected) in [(400, 400), (431, 400), (408, 408), (500, 500)] {
            let answer = String::from_utf8(Refusal::of_status(status).answer("req_1", true)).unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")) && answer.contains("\r\nconnection: close\r\n"), "{answer}");
            assert_eq!(bare_of(&answer), None);
        }
    }

    #[test]
    fn the_refusal_says_how_long_it_is() {
        for language in [Language::En, Language::Vi] {
            let refusal = Refusal::new(&Problem::overloaded(), language, false);
            let answer = String::from_utf8(refusal.answer("req_1", true)).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{head}");
            assert!(head.contains("\r\nretry-after: 1\r\n") && head.contains("\r\nx-request-id: req_1\r\n"), "{head}");
            assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(serde_json::from_str::<serde_json::Value>(&refusal.body("req_1")).unwrap(), body);
            assert_eq!((&body["code"], &body["request_id"]), (&"unavailable".into(), &"req_1".into()));
            let without = String::from_utf8(refusal.answer("req_1", false)).unwrap();
            assert_eq!(without, format!("{head}\r\n\r\n"));
        }
    }
}
