//! An answer as the transaction made it, before it becomes a response.

use super::Context;
use super::etag::etag_of;
use crate::error::{Problem, Result, text};
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde_json::{Map, Value};

/// Status, headers that belong to the effect, and the body as JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Address of what was made.
    pub location: Option<String>,
    /// `ETag` of what is in the body.
    pub etag: Option<String>,
    /// JSON.
    pub body: String,
    /// Whether it was given before.
    pub replayed: bool,
}

impl Answer {
    /// 200 with `body`.
    pub fn ok(body: String) -> Self {
        Self { status: 200, location: None, etag: None, body, replayed: false }
    }

    /// The same with the `ETag` of `version`.
    #[must_use]
    pub fn with_version(mut self, version: i64, context: &Context) -> Self {
        self.etag = Some(etag_of(version, context, &self.body));
        self
    }

    /// The response.
    pub fn into_response(self) -> HttpResponse {
        let mut response = HttpResponse::build(StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK));
        response.content_type("application/json");
        if let Some(location) = self.location {
            response.insert_header((header::LOCATION, location));
        }
        if let Some(etag) = self.etag {
            response.insert_header((header::ETAG, etag));
        }
        if self.replayed {
            response.insert_header(("Idempotency-Replayed", "true"));
        }
        response.body(self.body)
    }
}

/// Keeps only the members that `fields` names.
///
/// # Errors
/// 400 for a name that is no member of this kind of record, whether or not the caller may see it.
pub fn pick(object: &mut Map<String, Value>, fields: &[String]) {
    object.retain(|name, _| fields.contains(name));
}

/// Reads `fields=`.
///
/// # Errors
/// 400 for a name that is no member, with those there are.
pub fn read_fields(asked: Option<&str>, members: &[String]) -> Result<Option<Vec<String>>> {
    let Some(asked) = asked else { return Ok(None) };
    let fields: Vec<String> = asked.split(',').map(|field| field.trim().to_owned()).collect();
    if fields.iter().all(|field| members.contains(field)) {
        Ok(Some(fields))
    } else {
        let members = members.join(", ");
        Err(Problem::parameter("fields", "unknown_member", text(format!("Members are: {members}."), format!("Các trường gồm: {members}."))))
    }
}
