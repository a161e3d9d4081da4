//! What comes with a POST that makes something or takes a step: a strict body, an idempotency key, a day, and whether it is only tried.

use super::body::{self, Media};
use super::idempotency::IdempotencyKey;
use super::query::{Args, Param};
use super::{BODY_LIMIT, Context};
use crate::access::Caller;
use crate::app::App;
use crate::error::Result;
use actix_web::HttpRequest;
use actix_web::web::Payload;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

/// A POST with a body of `T`.
#[derive(Debug)]
pub struct Posted<T> {
    /// The body.
    pub body: T,
    /// Under which the answer is kept for repetitions.
    pub key: Option<IdempotencyKey>,
    /// Who asks, when, and for which day.
    pub context: Context,
    /// Whether every check is done and nothing kept.
    pub validate_only: bool,
}

impl<T: DeserializeOwned + ToSchema> Posted<T> {
    /// Reads it from a caller who was permitted to send a body; the query may have `params` alone.
    ///
    /// # Errors
    /// 400 for a parameter, a header or a body that is not of the form, 408, 413 and 415 for one that is not taken.
    pub async fn read(caller: &Caller, app: &App, request: &HttpRequest, payload: Payload, params: &[Param]) -> Result<Self> {
        let args = Args::parse(request.query_string(), &[params])?;
        let bytes = body::read(request, payload, Media::Json, BODY_LIMIT).await?;
        let body = body::typed(Value::Object(body::parse(&bytes)?), "")?;
        let key = IdempotencyKey::read(request, caller.name(), &bytes)?;
        Ok(Self { body, key, context: app.context(caller, &args), validate_only: args.flag("validate_only") })
    }
}
