//! The edge: what every answer has, whatever made it.
//!
//! Wraps each resource and the fallback: request id, language, problem documents, a caught panic, security
//! headers, the access log and the metrics. It runs after routing, so that it may keep the request.

use super::REQUEST_TIMEOUT;
use super::auth::Asked;
use super::door::{Refusal, is_posted_question, is_reading, is_watched};
use super::headers::secure;
use super::limits::Counter;
use super::pace;
use crate::access::{Caller, Role};
use crate::app::App;
use crate::audit;
use crate::error::{Code, Language, Problem, text};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

/// Longest request id that is taken over from a caller.
const LONGEST_REQUEST_ID: usize = 64;
/// Longest path with its query: eight times the longest search of the documentation page.
const LONGEST_TARGET: usize = 8 * 1024;
/// Longest headers in all: a key, a cookie that somebody else wanted to be sent here, what proxies add.
const LONGEST_HEADERS: usize = 16 * 1024;

/// What a caller is told who is known and may not.
const INSUFFICIENT: &str = "Bearer realm=\"cungcau\", error=\"insufficient_scope\"";

/// Id of a request, in its answer and in the log.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Who was recognised, for the access log and the audit log.
#[derive(Debug, Clone, Default)]
pub struct Recognised {
    /// The key, or the name of a person with a token.
    pub key_id: Option<String>,
    /// Its role.
    pub role: Option<Role>,
    /// The organisation that it acts for.
    pub organisation_id: Option<String>,
}

impl From<&Caller> for Recognised {
    fn from(caller: &Caller) -> Self {
        Self { key_id: caller.key_id.clone(), role: caller.role, organisation_id: caller.organisation_id.clone() }
    }
}

/// The middleware.
///
/// # Errors
/// None of its own: whatever fails becomes a problem document.
pub async fn edge(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let http = request.request().clone();
    let app = http.app_data::<Data<App>>().cloned();
    let id = request_id(&http, app.as_ref().map(actix_web::web::Data::get_ref));
    http.extensions_mut().insert(RequestId(id.clone()));

    let turned_away = app.as_ref().and_then(|app| crowd(app, &http, started));
    let response = match turned_away.or_else(|| refusal(&http)) {
        None => answer(next, request, &http, &id).await,
        Some(problem) => ServiceResponse::new(http.clone(), problem_response(&problem, &http, &id)),
    };
    let mut response = response;
    let draining = app.as_ref().is_some_and(|app| app.is_draining());
    dress(response.headers_mut(), &http, &id);
    secure(response.headers_mut(), &http, app.as_ref().map(actix_web::web::Data::get_ref));
    if let Some(cors) = app.as_ref().and_then(|app| app.cors.as_ref()) {
        response = cors.dress(&http, response);
    }
    // actix writes this header itself, from the connection's type, and drops one that a handler has set.
    if response.headers_mut().remove(header::CONNECTION).next().is_some() || draining {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    report(&http, &response, app.as_ref().map(actix_web::web::Data::get_ref), &id, started);
    Ok(response)
}

/// What is told when there is a crowd before what `http` asks.
fn crowd(app: &App, http: &HttpRequest, now: Instant) -> Option<Problem> {
    if is_watched(http.path()) {
        return None;
    }
    if pace::is_behind(now) {
        app.turned_away();
        return Some(Problem::overloaded());
    }
    let joins_the_queue = !is_reading(http.method().as_str()) && !is_posted_question(http.path());
    if joins_the_queue { app.store.look_before_writing().err() } else { None }
}

/// What is wrong with a request before anybody looks at what it asks.
fn refusal(http: &HttpRequest) -> Option<Problem> {
    if http.uri().path_and_query().is_some_and(|target| target.as_str().len() > LONGEST_TARGET) {
        return Some(Problem::new(
            Code::InvalidParameter,
            text(
                format!("A path with its query has at most {LONGEST_TARGET} bytes."),
                format!("Đường dẫn cùng truy vấn tối đa {LONGEST_TARGET} byte."),
            ),
        ));
    }
    let length: usize = http.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if length > LONGEST_HEADERS {
        return Some(Problem::new(
            Code::InvalidHeader,
            text(
                format!("Headers have at most {LONGEST_HEADERS} bytes in all."),
                format!("Các header tổng cộng tối đa {LONGEST_HEADERS} byte."),
            ),
        ));
    }
    if accepts_json(http) {
        return None;
    }
    Some(Problem::new(Code::NotAcceptable, text("Accept application/json.", "Hãy chấp nhận application/json.")))
}

async fn answer(next: Next<impl MessageBody + 'static>, request: ServiceRequest, http: &HttpRequest, id: &str) -> ServiceResponse<BoxBody> {
    let outcome = tokio::time::timeout(REQUEST_TIMEOUT + super::BODY_TIMEOUT, AssertUnwindSafe(next.call(request)).catch_unwind()).await;
    let problem = match outcome {
        Ok(Ok(Ok(response))) => match response.response().error().map(Problem::from_actix) {
            None => return response.map_into_boxed_body(),
            Some(problem) => problem,
        },
        Ok(Ok(Err(error))) => Problem::from_actix(&error),
        Ok(Err(_)) => Problem::internal("a handler panicked"),
        Err(_) => Problem::unavailable("the answer took over a minute"),
    };
    ServiceResponse::new(http.clone(), problem_response(&problem, http, id))
}

impl Problem {
    /// What an error of actix means here.
    fn from_actix(error: &Error) -> Self {
        if let Some(problem) = error.as_error::<Self>() {
            return problem.clone();
        }
        let status = error.as_response_error().status_code();
        if status.is_client_error() {
            return Self::new(Code::InvalidParameter, text("The request can't be read.", "Không đọc được yêu cầu."));
        }
        Self::internal(error)
    }
}

fn problem_response(problem: &Problem, http: &HttpRequest, id: &str) -> HttpResponse {
    if let Some(cause) = problem.cause() {
        if problem.code().status().is_server_error() {
            tracing::error!(request_id = id, code = problem.code().word(), cause, "request failed");
        } else {
            tracing::info!(request_id = id, code = problem.code().word(), cause, "request refused");
        }
    }
    note_refusal(problem, http);
    let language = language(http);
    let mut response = HttpResponse::build(problem.code().status());
    response.content_type("application/problem+json");
    response.insert_header((header::CONTENT_LANGUAGE, if language == Language::Vi { "vi" } else { "en" }));
    if problem.code() == Code::Forbidden {
        // RFC 6750, section 3.1; whoever knows which scope is needed says so below.
        response.insert_header((header::WWW_AUTHENTICATE, INSUFFICIENT));
    }
    for (name, value) in problem.headers() {
        response.insert_header((*name, value.as_str()));
    }
    // Who is turned away is told in few microseconds: there are thousands of them.
    response.body(if problem.is_overload() { Refusal::of(language).body(id) } else { problem.to_json(language, Some(id)).to_string() })
}

/// Counts it for the audit log when somebody was refused.
fn note_refusal(problem: &Problem, http: &HttpRequest) {
    let (Some(code), Some(app)) = (problem.refusal(), http.app_data::<Data<App>>()) else { return };
    let extensions = http.extensions();
    let Some(Asked(operation)) = extensions.get::<Asked>().copied() else { return };
    let Recognised { key_id, role, organisation_id } = extensions.get::<Recognised>().cloned().unwrap_or_default();
    app.audit.refused(audit::Refusal { operation, code, key_id, role, organisation_id });
}

impl ResponseError for Problem {
    fn status_code(&self) -> actix_web::http::StatusCode {
        self.code().status()
    }

    /// The edge makes the answer; nothing is worded before.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// The language that `Accept-Language` prefers: Vietnamese or English.
pub fn language(http: &HttpRequest) -> Language {
    language_of(http.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default())
}

/// The language that an `Accept-Language` of `sent` prefers.
pub fn language_of(sent: &str) -> Language {
    let weight = |wanted: &str| {
        sent.split(',')
            .filter_map(|range| {
                let mut parts = range.trim().split(';');
                let tag = parts.next()?.trim().to_ascii_lowercase();
                let q: f32 = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok())?;
                (tag == wanted || tag.starts_with(&format!("{wanted}-"))).then_some(q)
            })
            .fold(0.0_f32, f32::max)
    };
    if weight("vi") > weight("en") { Language::Vi } else { Language::En }
}

fn accepts_json(http: &HttpRequest) -> bool {
    if !http.path().starts_with("/v1") {
        return true;
    }
    let Some(accept) = http.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()) else { return true };
    // A list of nothing says no more than no list.
    if accept.trim().is_empty() {
        return true;
    }
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused = parts.any(is_weight_of_nothing);
        let exported = http.path().contains("/export") && matches!(media.as_str(), "application/x-ndjson" | "text/csv" | "text/*");
        !refused && (exported || matches!(media.as_str(), "*/*" | "application/*" | "application/json" | "application/problem+json"))
    })
}

/// Whether `part` of a media range says that it is not wanted: `q=0`, with up to three decimal places.
fn is_weight_of_nothing(part: &str) -> bool {
    let weight = part.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("q")).map(|(_, weight)| weight);
    weight.is_some_and(|weight| matches!(weight, "0" | "0." | "0.0" | "0.00" | "0.000"))
}

fn request_id(http: &HttpRequest, app: Option<&App>) -> String {
    if let Some(sent) = http.headers().get("x-request-id").and_then(|value| value.to_str().ok()).and_then(kept_id) {
        return sent.to_owned();
    }
    app.and_then(|app| app.ids.id("req", app.clock.now()).ok()).unwrap_or_else(|| "req_unknown".to_owned())
}

/// The id that a caller gives its request, if it can be taken over.
pub fn kept_id(sent: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (!sent.is_empty() && sent.len() <= LONGEST_REQUEST_ID && sent.bytes().all(plain)).then_some(sent)
}

fn dress(headers: &mut header::HeaderMap, http: &HttpRequest, id: &str) {
    let mut put = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    // What is answered depends on the key and the language, and on the day.
    put(header::CACHE_CONTROL, if http.headers().contains_key(header::AUTHORIZATION) { "private, no-cache" } else { "no-cache" });
    if let Some(counter) = http.extensions().get::<Counter>() {
        for (name, value) in [("ratelimit", counter.header()), ("ratelimit-policy", counter.policy())] {
            let name = HeaderName::from_static(name);
            // A refusal may name the policy by which it was made: that one first, then those that every request counts by.
            let value = match headers.get(&name).and_then(|own| own.to_str().ok()) {
                Some(own) => format!("{own}, {value}"),
                None => value,
            };
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
}

/// The method for the metrics: callers can't make up series.
fn known_method(http: &HttpRequest) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == http.method().as_str()).unwrap_or("other")
}

fn report(http: &HttpRequest, response: &ServiceResponse<BoxBody>, app: Option<&App>, id: &str, started: Instant) {
    let elapsed = started.elapsed();
    let status = response.status().as_u16();
    let route = http.match_pattern().unwrap_or_else(|| "unknown".to_owned());
    if let Some(app) = app {
        app.metrics.observe(known_method(http), &route, status, elapsed);
    }
    let extensions = http.extensions();
    let (key, role) = extensions.get::<Recognised>().map_or((None, None), |known| (known.key_id.as_deref(), known.role));
    // The route's pattern, not the path: a query may hold a name, and a key never stands in either.
    tracing::info!(
        request_id = id,
        method = http.method().as_str(),
        route,
        status,
        micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        key,
        role = role.map(|role| role.as_str()),
        "answered"
    );
}
