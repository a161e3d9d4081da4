//! Cross-origin requests: which pages' scripts may read an answer. Off unless origins are configured.
//!
//! No cookie is ever taken, so credentials mode is never allowed: a script sends its key or token in `Authorization`,
//! which it must have been given. Works at the edge, on whatever is answered: a 404, 405 or 429 is as readable as a 200.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};

/// Headers that requests may carry: those that the operations take.
const TAKEN: &str = "Authorization, Content-Type, Accept, Accept-Language, If-Match, If-None-Match, Idempotency-Key, X-Request-Id";
/// The same of a reader without credentials.
const TAKEN_OF_READERS: &str = "Accept, Accept-Language, If-None-Match, X-Request-Id";
/// Headers of answers that scripts may read, beside the few that they always may.
const EXPOSED: &str = "Accept-Patch, Accept-Post, Allow, Content-Disposition, Content-Location, Cungcau-Degraded, ETag, \
                       Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, Server-Timing, \
                       WWW-Authenticate, X-Request-Id";
/// For how many seconds a browser need not ask again: two hours, the most that any of them takes.
const MAX_AGE: &str = "7200";
/// What a preflight's answer depends on.
const PREFLIGHT_VARY: &str = "Access-Control-Request-Method, Access-Control-Request-Headers";

/// Whom browsers may show answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors {
    /// Origins exactly as browsers send them, which may do everything.
    origins: Vec<HeaderValue>,
    /// Whether every other may read what needs no key.
    anyone_reads: bool,
}

/// What an origin may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Allowed {
    Everything,
    Reading,
}

impl Cors {
    /// Reads a list such as `https://app.example.vn,http://localhost:5173`, or `*`.
    ///
    /// # Errors
    /// The entry that is no origin.
    pub fn parse(list: &str) -> Result<Self, String> {
        let mut cors = Self::default();
        for entry in list.split(',').map(str::trim) {
            match HeaderValue::from_str(entry) {
                _ if entry == "*" => cors.anyone_reads = true,
                Ok(origin) if is_origin(entry) => cors.origins.push(origin),
                _ => return Err(entry.to_owned()),
            }
        }
        Ok(cors)
    }

    fn allowed(&self, origin: &HeaderValue, method: Option<&[u8]>, headers: &HeaderMap) -> Option<Allowed> {
        if self.origins.contains(origin) {
            return Some(Allowed::Everything);
        }
        let reads = matches!(method, Some(b"GET" | b"HEAD")) && !headers.contains_key(header::AUTHORIZATION);
        (self.anyone_reads && reads).then_some(Allowed::Reading)
    }

    /// Dresses `response` for the origin that asks, and makes an answer to a preflight of what would be a 405.
    pub fn dress(&self, http: &HttpRequest, mut response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        let headers = http.headers();
        let asked_method = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD);
        let preflight = asked_method.filter(|_| http.method() == Method::OPTIONS);
        append_vary(response.headers_mut(), "Origin");
        let Some(origin) = headers.get(header::ORIGIN) else { return response };
        let method = preflight.map_or(http.method().as_str().as_bytes(), HeaderValue::as_bytes);
        let Some(allowed) = self.allowed(origin, Some(method), headers) else { return response };
        if preflight.is_some() && response.status() == StatusCode::METHOD_NOT_ALLOWED {
            response = preflight_answer(http, &response, allowed);
        }
        let to = match allowed {
            Allowed::Everything => origin.clone(),
            Allowed::Reading => HeaderValue::from_static("*"),
        };
        let answer = response.headers_mut();
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, to);
        answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        response
    }
}

/// 204 with the methods of the route, which its 405 names.
fn preflight_answer(http: &HttpRequest, refused: &ServiceResponse<BoxBody>, allowed: Allowed) -> ServiceResponse<BoxBody> {
    let mut response = ServiceResponse::new(http.clone(), HttpResponse::NoContent().finish());
    let headers = response.headers_mut();
    for (name, value) in refused.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LANGUAGE && name != header::CONTENT_LENGTH {
            headers.append(name.clone(), value.clone());
        }
    }
    let reads = |method: &&str| matches!(*method, "GET" | "HEAD");
    let methods = refused.headers().get(header::ALLOW).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (methods, taken) = match allowed {
        Allowed::Everything => (methods.to_owned(), TAKEN),
        Allowed::Reading => (methods.split(", ").filter(reads).collect::<Vec<_>>().join(", "), TAKEN_OF_READERS),
    };
    if let Ok(methods) = HeaderValue::from_str(&methods) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(taken));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    append_vary(headers, PREFLIGHT_VARY);
    response
}

fn append_vary(headers: &mut HeaderMap, more: &str) {
    let known = headers.get(header::VARY).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let all = if known.is_empty() { more.to_owned() } else { format!("{known}, {more}") };
    if let Ok(value) = HeaderValue::from_str(&all) {
        headers.insert(header::VARY, value);
    }
}

/// Whether a browser would send exactly this as `Origin`.
fn is_origin(text: &str) -> bool {
    let (rest, default_port) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (rest, ":443"),
        (None, Some(rest)) => (rest, ":80"),
        (None, None) => return false,
    };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._:[]".contains(&byte);
    let has_host = rest.parse::<actix_web::http::uri::Authority>().is_ok_and(|authority| !authority.host().is_empty());
    has_host && rest.bytes().all(plain) && !rest.ends_with(default_port) && !rest.ends_with(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_browsers_send() {
        for origin in ["https://app.example.vn", "http://localhost:5173", "https://xn--cn-hqa.vn", "http://[::1]:8000", "https://a.vn:8443"]
        {
            assert!(is_origin(origin), "{origin}");
        }
        for other in [
            "",
            "*",
            "null",
            "app.example.vn",
            "https://",
            "https://app.example.vn/",
            "https://app.example.vn/a",
            "https://App.example.vn",
            "https://app.example.vn:443",
            "http://a.vn:80",
            "https://u@a.vn",
            "https://a.vn:",
            "ftp://a.vn",
            "https://*.a.vn",
            "https://a.vn?x",
        ] {
            assert!(!is_origin(other), "{other}");
        }
        assert_eq!(Cors::parse("https://a.vn, b.vn"), Err("b.vn".to_owned()));
    }
}
