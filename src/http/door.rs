//! The door: what a worker that is behind tells those who come, before anything is made of their requests.
//!
//! It stands between the connection and actix. Turning somebody away here takes the reading of the request's head and
//! one write; with a router, a caller and an answer it is several times as much, and under three times the load that can be
//! answered that alone would take most of the worker's time. It answers only in the place of a request that has
//! arrived whole and alone, on a connection where everything before was answered. All else goes through, and is
//! turned away at the edge.
//!
//! What actix does not guard itself against is stopped here: a head that does not come on a connection that was used
//! before, and a name of a header that is so long that actix panics.
//!
//! What actix itself says to a head that it cannot read, or that does not come, is a status and nothing else. It leaves
//! by this door too, as a problem with all that an answer has, and with a line in the log.

use super::course::{Begun, Course, Turn, Whole};
use super::edge::kept_id;
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
use tokio::time::{Sleep, sleep_until};

/// As much is thrown away of what has arrived behind something that can't be read: a connection that is closed with
/// something unread is reset, and then the answer may not be read either.
const THROWN_AWAY: usize = 1024 * 1024;
/// How an answer begins.
const STATUS_LINE: &[u8] = b"HTTP/1.1 ";

/// A connection.
#[derive(Debug)]
pub struct Door {
    connection: TcpStream,
    course: Course,
    app: Data<App>,
    /// Wakes where something is waited for that does not come. Most connections never have one.
    timer: Option<Pin<Box<Sleep>>>,
    ending: Ending,
    /// Whether what was to be written last is only partly out.
    is_within: bool,
    said_instead: Option<SaidInstead>,
}

/// Whether a connection is at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    No,
    /// Nothing is read any more, as if nothing more had been sent.
    Deaf,
    /// The last word was written here: whatever actix still has to say is thrown away.
    Said,
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
    /// The door of `connection`.
    pub fn new(connection: TcpStream, app: Data<App>) -> Self {
        Self { connection, course: Course::default(), app, timer: None, ending: Ending::No, is_within: false, said_instead: None }
    }

    /// What is said in the place of `bytes`, where these begin with an answer that says nothing.
    fn instead_of(&self, bytes: &[u8]) -> Option<SaidInstead> {
        if self.is_within {
            return None;
        }
        let (status, stands_for) = bare(bytes)?;
        Some(SaidInstead { answer: self.last_word(status), written: 0, stands_for })
    }

    /// The part of `bytes` before an answer that says nothing, where that comes behind others and a name without end
    /// was its reason.
    fn before_the_last<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        if self.ending != Ending::Deaf || !bytes.ends_with(b"\r\n\r\n") {
            return bytes;
        }
        let begin = bytes.windows(STATUS_LINE.len()).rposition(|window| window == STATUS_LINE).unwrap_or_default();
        let (others, last) = bytes.split_at(begin);
        if !others.is_empty() && bare(last).is_some_and(|(_, length)| length == last.len()) { others } else { bytes }
    }

    /// The answer with which a connection ends.
    fn last_word(&self, status: u16) -> Vec<u8> {
        let id = self.app.ids.id("req", self.app.clock.now()).unwrap_or_default();
        let refusal = Refusal::of_status(status);
        // Nobody else tells of it: the edge has not seen a request.
        tracing::info!(request_id = id, status = refusal.status, "answered");
        refusal.answer(&id, true)
    }

    /// Looks at what was just read: the answer of whoever is turned away.
    fn look(&mut self, read: &[u8]) -> Option<Vec<u8>> {
        if read.is_empty() {
            return None;
        }
        let now = Instant::now();
        let turn = self.course.turn();
        if matches!(turn, Turn::Head { .. } | Turn::Body | Turn::Unsure) {
            self.course.goes_on(read, now);
            return None;
        }
        let is_behind = self.app.sheds && pace::ask(now);
        let begun = if turn == Turn::Asked { Begun::Doubtful } else { Begun::read(read) };
        let turned_away = match (&begun, turn) {
            // While the process is stopping the edge does it, and says that the connection ends.
            (Begun::Whole(request), Turn::Answered) if self.app.sheds && !is_watched(request.path) && !self.app.is_draining() => {
                if is_behind {
                    self.app.turned_away();
                }
                (is_behind || self.finds_a_full_queue(request)).then_some(request)
            }
            _ => None,
        };
        let Some(request) = turned_away else {
            self.course.begins(&begun, read, now);
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

    /// Whether what is waited for is overdue, and what follows.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Some(deadline) = self.course.deadline() else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline.into())));
        if timer.deadline() > deadline.into() {
            timer.as_mut().reset(deadline.into());
        }
        while timer.as_mut().poll(context).is_ready() {
            // It may have been set for something that came in time.
            if Instant::now() < deadline {
                timer.as_mut().reset(deadline.into());
                continue;
            }
            self.ending = Ending::Deaf;
            if self.course.is_late_head() {
                self.say_last(408)?;
            }
            return Poll::Ready(Ok(()));
        }
        Poll::Pending
    }

    /// Writes the answer with which the connection ends. Nothing else may be on its way there.
    fn say_last(&mut self, status: u16) -> Result<(), Error> {
        let answer = self.last_word(status);
        self.ending = Ending::Said;
        self.write_at_once(&answer)
    }

    /// Writes where nothing else is on its way, so that there is room for it unless somebody does not read.
    fn write_at_once(&self, answer: &[u8]) -> Result<(), Error> {
        if self.connection.try_write(answer)? == answer.len() { Ok(()) } else { Err(ErrorKind::BrokenPipe.into()) }
    }

    /// Throws away what has arrived already.
    fn throw_away(&self) {
        let (mut scrap, mut thrown) = ([0; 8 * 1024], 0);
        while thrown < THROWN_AWAY {
            match self.connection.try_read(&mut scrap) {
                Ok(0) | Err(_) => return,
                Ok(n) => thrown += n,
            }
        }
    }
}

impl AsyncRead for Door {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        if self.ending != Ending::No {
            return Poll::Ready(Ok(()));
        }
        let filled = buffer.filled().len();
        loop {
            let Poll::Ready(outcome) = Pin::new(&mut self.connection).poll_read(context, buffer) else { return self.wait(context) };
            outcome?;
            let read = buffer.filled().get(filled..).unwrap_or_default();
            if self.course.names_without_end(read) {
                // actix panics at the end of such a name. It gets a byte instead that stands in no head, and refuses
                // that in its place, behind what was asked before.
                self.ending = Ending::Deaf;
                self.throw_away();
                buffer.set_filled(filled);
                buffer.put_slice(b"\0");
                return Poll::Ready(Ok(()));
            }
            let Some(answer) = self.look(read) else { return Poll::Ready(Ok(())) };
            self.write_at_once(&answer)?;
            buffer.set_filled(filled);
        }
    }
}

impl AsyncWrite for Door {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        if self.ending == Ending::Said {
            return Poll::Ready(Ok(bytes.len()));
        }
        if self.said_instead.is_none() {
            self.said_instead = self.instead_of(bytes);
        }
        let bytes = self.before_the_last(bytes);
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
        let n = match &written {
            Poll::Ready(Ok(n)) => {
                self.is_within = *n < bytes.len();
                *n
            }
            _ => 0,
        };
        self.course.wrote(n, bytes.len());
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
pub fn is_streamed(path: &str) -> bool {
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

/// Status and length of an answer at the beginning of `bytes` that is an error and has none of what all answers of this
/// service have.
fn bare(bytes: &[u8]) -> Option<(u16, usize)> {
    let rest = bytes.strip_prefix(STATUS_LINE)?;
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
    status: u16,
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
        Self { status: problem.code().status().as_u16(), head, body: (before.to_owned(), after.to_owned()) }
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
