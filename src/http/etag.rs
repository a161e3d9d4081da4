//! `ETags`, `If-Match` and `If-None-Match`.
//!
//! An `ETag` is `"v{version}-{day}-{view}-{digest}"`: what is shown depends on the day, on who looks, and on other
//! records (a product's stars are its certificates'), for which the digest of the answer stands. `If-Match`
//! compares the version alone, since only that is what a writer may have missed.

use super::Context;
use crate::error::{Code, Problem, Result, text};
use crate::hex::hex;
use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use sha2::{Digest, Sha256};

/// `ETag` of version `version` as `context` sees it in the answer `body`.
pub fn etag_of(version: i64, context: &Context, body: &str) -> String {
    let digest = hex(Sha256::digest(body.as_bytes()).into_iter().take(4));
    format!("\"v{version}-{}-{}-{digest}\"", context.as_of, context.caller.view_letter())
}

/// `ETag` for `If-Match` where there is no answer to digest.
pub fn etag(version: i64, context: &Context) -> String {
    format!("\"v{version}-{}-{}\"", context.as_of, context.caller.view_letter())
}

/// Whether `If-None-Match` names `current`, so that 304 is the answer.
pub fn is_not_modified(request: &HttpRequest, current: &str) -> bool {
    header(request, &IF_NONE_MATCH)
        .is_some_and(|sent| sent.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == current))
}

/// Whether `If-None-Match: *` is sent: create only.
pub fn must_not_exist(request: &HttpRequest) -> bool {
    header(request, &IF_NONE_MATCH).is_some_and(|sent| sent.trim() == "*")
}

/// The versions that `If-Match` allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whichever is there.
    Any,
    /// These.
    Versions(Vec<i64>),
}

impl IfMatch {
    /// Reads the header.
    ///
    /// # Errors
    /// 428 when it is missing, 400 when it holds no `ETag` of this service.
    pub fn read(request: &HttpRequest) -> Result<Self> {
        let Some(sent) = header(request, &IF_MATCH) else {
            return Err(Problem::new(
                Code::PreconditionRequired,
                text(
                    "Read the record, then send its ETag as If-Match, so that nobody's change is lost.",
                    "Hãy đọc bản ghi rồi gửi ETag của nó trong If-Match để không làm mất thay đổi của người khác.",
                ),
            ));
        };
        if sent.trim() == "*" {
            return Ok(Self::Any);
        }
        let versions: Option<Vec<i64>> = sent.split(',').map(|tag| version_of(tag.trim())).collect();
        versions.map(Self::Versions).ok_or_else(|| {
            Problem::new(
                Code::InvalidHeader,
                text(
                    "If-Match takes an ETag of this service, such as \"v3-2026-11-23-o\".",
                    "If-Match nhận một ETag của dịch vụ này, ví dụ \"v3-2026-11-23-o\".",
                ),
            )
        })
    }

    /// Reads the header of an operation that can do without it.
    ///
    /// # Errors
    /// 400 when it holds no `ETag` of this service.
    pub fn read_if_sent(request: &HttpRequest) -> Result<Self> {
        if request.headers().contains_key(IF_MATCH) { Self::read(request) } else { Ok(Self::Any) }
    }

    /// Checks the record's version.
    ///
    /// # Errors
    /// 412 with the current `ETag`.
    pub fn check(&self, version: i64, context: &Context) -> Result<()> {
        if self.allows(version) { Ok(()) } else { Err(stale(version, etag(version, context))) }
    }

    /// Whether `version` is one of them.
    pub fn allows(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }
}

/// 412 with the current `ETag`.
pub fn stale(version: i64, current: String) -> Problem {
    Problem::new(
        Code::PreconditionFailed,
        text(
            format!("The record is at version {version} now: read it again and repeat the change."),
            format!("Bản ghi hiện ở phiên bản {version}: hãy đọc lại rồi thực hiện lại thay đổi."),
        ),
    )
    .with_header("ETag", current)
}

/// 412 where something was expected, and nothing is.
pub fn nothing_to_match() -> Problem {
    Problem::new(
        Code::PreconditionFailed,
        text("There is no such record, so no version of it either.", "Không có bản ghi này nên cũng không có phiên bản nào của nó."),
    )
}

fn version_of(tag: &str) -> Option<i64> {
    let inner = tag.strip_prefix("\"v")?.strip_suffix('"')?;
    inner.split('-').next()?.parse().ok().filter(|version| *version >= 1)
}

fn header<'r>(request: &'r HttpRequest, name: &HeaderName) -> Option<&'r str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_compares_the_version_whatever_the_day_and_the_view() {
        assert_eq!(version_of("\"v12-2026-11-23-o\""), Some(12));
        assert_eq!(version_of("\"v12\""), Some(12));
        for bad in ["v12", "\"12\"", "\"v0-2026-11-23-o\"", "\"vx\"", ""] {
            assert_eq!(version_of(bad), None, "{bad}");
        }
    }
}
