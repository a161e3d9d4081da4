//! The HTTP kernel: what every operation has in common. It names no slice but those that every request passes.
//!
//! [`collection`] runs the operations that all collections share; [`route`] is the one list entry type which
//! yields both the router and the API document; [`edge`] wraps every answer.

pub mod address;
pub mod answer;
pub mod auth;
pub mod body;
pub mod collection;
pub mod collection_handlers;
pub mod cors;
pub mod course;
pub mod document;
pub mod door;
pub mod edge;
pub mod etag;
#[cfg(feature = "bench-floor")]
pub mod floor;
mod form;
pub mod headers;
pub mod history;
pub mod idempotency;
pub mod limits;
pub mod pace;
pub mod page;
pub mod parameters;
pub mod posted;
pub mod query;
pub mod refs;
pub mod responses;
pub mod route;
mod shape;

use crate::access::Caller;
use actix_web::HttpRequest;
use chrono::{NaiveDate, NaiveDateTime};
use std::time::Duration;

/// A JSON body: the largest `MoU` with 50 parties and 200 commitments is under 100 KiB.
pub const BODY_LIMIT: usize = 256 * 1024;
/// A batch body: 1,000 items of the size of a usual `MoU`, eight times over.
pub const BATCH_BODY_LIMIT: usize = 8 * 1024 * 1024;
/// Items of a batch: one transaction holds the writer for well under a second.
pub const BATCH_ITEMS: usize = 1_000;
/// How long a body may take to arrive; actix itself has no limit.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an answer may take.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What a request is asked under.
#[derive(Debug, Clone)]
pub struct Context {
    /// Who asks.
    pub caller: Caller,
    /// The day for which what follows from dates is worked out.
    pub as_of: NaiveDate,
    /// The instant of the request, UTC.
    pub now: NaiveDateTime,
}

/// A member of the path; empty, which names nothing, where it has a control character.
pub fn path_member<'r>(request: &'r HttpRequest, name: &str) -> &'r str {
    // PostgreSQL can't even be asked for NUL.
    request.match_info().get(name).filter(|value| !value.chars().any(char::is_control)).unwrap_or_default()
}
