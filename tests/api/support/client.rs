//! A client that shows every answer as it came, whatever its status.

use cungcau::error::Problem;
use serde_json::Value;
use std::time::Duration;
use ureq::http;

/// A client of one server.
pub struct Client {
    agent: ureq::Agent,
    base: String,
}

impl Client {
    /// A client of the server at `base`, such as `http://127.0.0.1:8080`.
    pub fn new(base: String) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .proxy(None)
            .max_idle_connections(128)
            .max_idle_connections_per_host(128)
            .timeout_global(Some(Duration::from_mins(1)))
            .build();
        Self { agent: config.into(), base }
    }

    /// A request to `path`, with nothing set.
    pub fn request(&self, method: &str, path: &str) -> Request<'_> {
        Request { client: self, method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: None }
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }
}

/// How often a patient caller asks.
const TRIES: usize = 30;

/// A request that is being put together.
#[derive(Clone)]
#[must_use = "nothing is asked before send()"]
pub struct Request<'c> {
    client: &'c Client,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request<'_> {
    /// Asks with this API key.
    pub fn key(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }

    /// Sets a header; a second value takes the place of the first.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A JSON body.
    pub fn json(self, body: &Value) -> Self {
        let media = if self.method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        self.header("Content-Type", media).body(body.to_string())
    }

    /// A body as it is.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends it, and holds the answer against the API document.
    #[track_caller]
    pub fn send(self) -> Response {
        let (method, path) = (self.method.clone(), self.path.clone());
        let response = self.try_send().unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        super::document::check(&method, &path, &response);
        response
    }

    /// Sends it as one of a crowd should: whoever the full queue before the database turned away comes again after the time
    /// that he was told. How many these are is up to the machine's disk. No other refusal is asked again.
    #[track_caller]
    pub fn send_patiently(self) -> Response {
        let turned_away = Problem::overloaded().detail().en.clone();
        for _ in 1..TRIES {
            let answer = self.clone().send();
            if answer.status != 503 || answer.json()["detail"] != turned_away.as_str() {
                return answer;
            }
            let seconds = answer.header("Retry-After").and_then(|told| told.parse().ok());
            std::thread::sleep(Duration::from_secs(seconds.expect("a full queue tells when to come again")));
        }
        self.send()
    }

    /// Sends it to a server that may be gone.
    pub fn try_send(self) -> Result<Response, ureq::Error> {
        let uri = format!("{}{}", self.client.base, encoded(&self.path));
        let mut request = http::Request::builder().method(self.method.as_str()).uri(uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let agent = &self.client.agent;
        let answer = match self.body {
            Some(body) => agent.run(request.body(body).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        };
        let (parts, mut body) = answer?.into_parts();
        let text = body.with_config().limit(64 << 20).read_to_string()?;
        Ok(Response { asked: format!("{} {}", self.method, self.path), status: parts.status.as_u16(), headers: parts.headers, text })
    }
}

/// A path with letters beyond ASCII, and spaces, as a URL has them.
fn encoded(path: &str) -> String {
    let byte = |byte: u8| if byte.is_ascii_graphic() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(byte).collect()
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Response {
    asked: String,
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: http::HeaderMap,
    /// Its body.
    pub text: String,
}

impl Response {
    /// The same answer, when it has this status; otherwise the test fails and shows the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text);
        self
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{}: {} is not JSON: {error}", self.asked, self.text))
    }

    /// The body as JSON; null where it is none, or empty.
    pub fn json_or_null(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The ETag.
    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("ETag").unwrap_or_else(|| panic!("{}: no ETag", self.asked)).to_owned()
    }

    /// The member `id` of the body.
    #[track_caller]
    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap_or_else(|| panic!("{}: no id in {}", self.asked, self.text)).to_owned()
    }

    /// `code` of a problem.
    #[track_caller]
    pub fn problem_code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_else(|| panic!("{}: {} is no problem", self.asked, self.text)).to_owned()
    }

    /// Pointer and code of every fault that a problem names.
    #[track_caller]
    pub fn fault_codes(&self) -> Vec<(String, String)> {
        let word = |fault: &Value, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
        let json = self.json();
        json["errors"].as_array().map_or_else(Vec::new, |list| list.iter().map(|f| (word(f, "pointer"), word(f, "code"))).collect())
    }

    /// The items of a page.
    #[track_caller]
    pub fn items(&self) -> Vec<Value> {
        self.json()["items"].as_array().unwrap_or_else(|| panic!("{}: no items in {}", self.asked, self.text)).clone()
    }

    /// The ids of the items of a page.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        self.items().iter().map(|item| item["id"].as_str().unwrap_or_default().to_owned()).collect()
    }
}
