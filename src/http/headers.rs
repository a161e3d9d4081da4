//! Headers that keep browsers from doing with an answer what it was not made for.

use super::address::came_over_https;
use crate::app::App;
use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// An answer of the API is read by programs: it runs nothing, loads nothing and stands in no frame.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";
/// What the documentation page needs: its own scripts, styles and pictures (some of them inside its styles), and this API.
const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                    form-action 'none'; frame-ancestors 'none'";
/// Where the documentation page is.
pub const PAGE_PATH: &str = "/docs/";
/// A year, as browsers' lists ask for; of this name alone, since others below it are not ours.
const HTTPS_ONLY: &str = "max-age=31536000";

/// What an answer of the API has, unless its handler says otherwise.
pub const EVERYWHERE: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", NOTHING),
    ("referrer-policy", "no-referrer"),
    // For browsers that don't know frame-ancestors.
    ("x-frame-options", "DENY"),
    // Asked for without CORS alone: pages that CORS lets in are not kept out by it.
    ("cross-origin-resource-policy", "same-origin"),
    // What is answered depends on the key and the language, and on the day.
    ("vary", "Authorization, Accept-Language"),
];

/// Adds what the answer does not say itself.
pub fn secure(headers: &mut HeaderMap, http: &HttpRequest, app: Option<&App>) {
    if http.path().starts_with(PAGE_PATH) {
        put(headers, header::CONTENT_SECURITY_POLICY, PAGE);
    }
    for (name, value) in EVERYWHERE {
        put(headers, HeaderName::from_static(name), value);
    }
    // Over plain HTTP browsers ignore it, and who serves without TLS must not be locked out of his own name.
    if app.is_some_and(|app| came_over_https(http, &app.proxies)) {
        put(headers, header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
