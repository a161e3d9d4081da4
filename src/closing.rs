//! Closing an offer or a demand: `POST /v1/{collection}/{id}/close`. A decision with a day and a reason, and final.

use crate::app::App;
use crate::check;
use crate::error::{Code, Faults, Problem, Result, text};
use crate::http::answer::Answer;
use crate::http::auth::{Operation, Permitted};
use crate::http::body::Media;
use crate::http::collection::Collection;
use crate::http::collection_handlers::{WRITE_PARAMS, told, visible};
use crate::http::path_member;
use crate::http::posted::Posted;
use crate::http::route::{Doc, Route, schema_of};
use crate::log::Tx;
use crate::text::in_vietnamese;
use actix_web::http::Method;
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::marker::PhantomData;
use utoipa::ToSchema;

/// A collection whose records are closed one day.
pub trait Closes: Collection {
    /// Operation id.
    const OPERATION: &'static str;

    /// The day from which on the record is closed.
    fn closed_on(record: &Self::Record) -> Option<NaiveDate>;
    /// Stores the closed version of `current`, which is not closed.
    ///
    /// # Errors
    /// What the database says.
    fn close(tx: &mut Tx<'_>, current: &Self::Record, on: NaiveDate, reason: Option<String>) -> Result<Self::Record>;
}

/// The body that closes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClosing {
    /// Day from which on it is closed; today unless given, never a later day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<NaiveDate>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub reason: Option<String>,
}

/// 409 for an edit of what was closed on `day`.
pub fn closed_already(day: NaiveDate) -> Problem {
    Problem::new(
        Code::NotEditable,
        text(
            format!("It was closed on {day}, which is final: make a new one."),
            format!("Đã đóng ngày {} và không mở lại: hãy tạo mới.", in_vietnamese(day)),
        ),
    )
}

/// `close_…` of collection `C`.
#[derive(Debug)]
pub struct Close<C>(PhantomData<C>);

impl<C: Closes> Operation for Close<C> {
    const ID: &'static str = C::OPERATION;
}

/// The route that closes.
pub fn close_route<C: Closes>() -> Route {
    let noun = C::SPEC.noun;
    Route {
        method: Method::POST,
        path: format!("/v1/{}/{{id}}/close", C::SPEC.name),
        operation: C::OPERATION,
        handler: || web::post().to(close::<C>),
        doc: Doc {
            summary: format!("Close {} {noun}", if noun.starts_with('o') { "an" } else { "a" }),
            description: format!(
                "From the day on it takes part in nothing more. Closing is final: a closed {noun} takes no change, and closing it again is 409. One that has an end by itself needs no closing."
            ),
            tag: C::SPEC.name,
            params: WRITE_PARAMS.to_vec(),
            idempotency_key: true,
            body: Some((Media::Json, "NewClosing".into(), json!({"on": "2026-11-23", "reason": "Đã bán hết"}))),
            answers: vec![(200, "application/json", Some(C::View::name().into_owned()), None)],
            problems: vec![
                Code::Unauthenticated,
                Code::Forbidden,
                Code::NotFound,
                Code::IllegalTransition,
                Code::BodyTooLarge,
                Code::UnsupportedMediaType,
                Code::Invalid,
                Code::RequestTimeout,
            ],
            schemas: vec![schema_of::<NewClosing>],
            ..Doc::default()
        },
    }
}

async fn close<C: Closes>(permit: Permitted<Close<C>>, app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse> {
    let Posted::<NewClosing> { body: closing, key, context, validate_only } =
        Posted::read(&permit.caller, &app, &request, payload, WRITE_PARAMS).await?;
    let id = path_member(&request, "id").to_owned();
    let permit = permit.into_inner();
    let answer: Answer = app
        .create_once(&context, key, validate_only, move |tx, context| {
            let (record, owners) = visible::<C>(tx.db, &id, context)?;
            permit.require(&owners)?;
            if let Some(day) = C::closed_on(&record) {
                return Err(Problem::new(
                    Code::IllegalTransition,
                    text(format!("It was closed on {day} already."), format!("Đã đóng từ ngày {}.", in_vietnamese(day))),
                ));
            }
            let on = checked(&closing, tx.today)?;
            let record = C::close(tx, &record, on, closing.reason.clone())?;
            told::<C>(tx.db, record, context)
        })
        .await?;
    Ok(answer.into_response())
}

/// The day of `closing`, where nothing is wrong with it.
fn checked(closing: &NewClosing, today: NaiveDate) -> Result<NaiveDate> {
    let mut faults = Faults::new();
    let NewClosing { on, reason } = closing;
    check::day(&mut faults, "/on", *on);
    if on.is_some_and(|on| on > today) {
        faults.add(
            "/on",
            "in_future",
            text(
                format!("Today ({today}) or an earlier day; for a later end, change the last day instead."),
                format!("Hôm nay ({}) hoặc ngày trước đó; nếu kết thúc sau, hãy sửa ngày cuối.", in_vietnamese(today)),
            ),
        );
    }
    check::maybe_line(&mut faults, "/reason", reason.as_deref(), check::LINE_LIMIT);
    faults.into_result().map(|()| on.unwrap_or(today))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closing_is_of_today_or_before() {
        let today: NaiveDate = "2026-11-23".parse().unwrap();
        let closing = |on: Option<&str>, reason: Option<&str>| NewClosing {
            on: on.map(|day| day.parse().unwrap()),
            reason: reason.map(str::to_owned),
        };
        assert_eq!(checked(&closing(None, None), today).unwrap(), today);
        assert_eq!(checked(&closing(Some("2026-11-01"), Some("Đã bán hết")), today).unwrap().to_string(), "2026-11-01");
        let problem = checked(&closing(Some("2026-11-24"), Some(" ")), today).unwrap_err();
        let codes: Vec<&str> = problem.errors().iter().map(|fault| fault.code).collect();
        assert_eq!(codes, ["in_future", "empty"]);
    }
}
