//! `POST /v1/mous/{id}/transitions` and `POST /v1/mous/{id}/notes`.

use super::collection::{Mous, actor_role, number, refuse_taken, save, stated_by_officer, transition};
use super::model::{Mou, MouStatus, MouView, Note, Transition};
use super::rules::{legal_from, party_may};
use crate::access::Permit;
use crate::app::App;
use crate::check;
use crate::db::Json;
use crate::error::{Code, Faults, Problem, Result, text};
use crate::http::auth::{Permitted, operation};
use crate::http::body::Media;
use crate::http::collection_handlers::{WRITE_PARAMS, told, visible};
use crate::http::etag::IfMatch;
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
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Most notes: they stand in the MoU's row and in each of its changes; monthly notes of fifteen years are 180.
const MOST_NOTES: usize = 200;

operation!(TransitionMou = "transition_mou");
operation!(CreateMouNote = "create_mou_note");

/// A decision about an MoU.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTransition {
    /// Status after it.
    pub to: MouStatus,
    /// Day of the decision; today unless given.
    #[serde(default)]
    pub on: Option<NaiveDate>,
    /// Why; needed for `terminated` and `cancelled`.
    #[serde(default)]
    #[schema(max_length = 300)]
    pub reason: Option<String>,
    /// First day of its effect, when signing; the day of signing unless given.
    #[serde(default)]
    pub effective_from: Option<NaiveDate>,
    /// Last day of its effect, when signing.
    #[serde(default)]
    pub effective_until: Option<NaiveDate>,
}

/// A note.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// The day it is about; today unless given.
    #[serde(default)]
    pub on: Option<NaiveDate>,
    /// What there is to say.
    #[schema(min_length = 1, max_length = 4000)]
    pub text: String,
}

/// Routes of decisions and notes.
pub fn routes() -> Vec<Route> {
    let route =
        |path: &str, operation, handler, summary: &str, description: &str, schema: &str, example: Value, schemas, problems: &[Code]| {
            Route {
                method: Method::POST,
                path: path.into(),
                operation,
                handler,
                doc: Doc {
                    summary: summary.into(),
                    description: description.into(),
                    tag: "mous",
                    params: WRITE_PARAMS.to_vec(),
                    may_if_match: true,
                    idempotency_key: true,
                    body: Some((Media::Json, schema.into(), example)),
                    answers: vec![(200, "application/json", Some("Mou".into()), None)],
                    problems: problems.to_vec(),
                    schemas,
                    ..Doc::default()
                },
            }
        };
    let problems = [
        Code::Unauthenticated,
        Code::Forbidden,
        Code::NotFound,
        Code::PreconditionFailed,
        Code::BodyTooLarge,
        Code::UnsupportedMediaType,
        Code::Invalid,
        Code::RequestTimeout,
        Code::IllegalTransition,
        // Signing checks whether its number is another's.
        Code::AlreadyExists,
    ];
    vec![
        route(
            "/v1/mous/{id}/transitions",
            "transition_mou",
            || web::post().to(transition_mou),
            "Decide about a memorandum",
            "draft → proposed → agreed → signed → completed or terminated; cancelled before signing only. Signing gives the number. An illegal step is 409 and names the legal ones. Parties propose, take back and cancel; that an MoU was agreed, signed, completed or terminated is stated by an officer of a party's province.",
            "NewTransition",
            json!({"to": "proposed", "on": "2020-09-03"}),
            vec![schema_of::<NewTransition>, schema_of::<MouView>],
            &problems,
        ),
        route(
            "/v1/mous/{id}/notes",
            "create_mou_note",
            || web::post().to(create_mou_note),
            "Note something with a memorandum",
            "Notes are seen by the parties and officers alone, and are never changed.",
            "NewNote",
            json!({"on": "2020-12-01", "text": "Đã giao chuyến hàng đầu tiên."}),
            vec![schema_of::<NewNote>, schema_of::<MouView>],
            &problems,
        ),
    ]
}

async fn transition_mou(permit: Permitted<TransitionMou>, app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse> {
    change(permit.into_inner(), app, request, payload, |tx, permit, mou, new: &NewTransition| decide(tx, permit, mou, new)).await
}

async fn create_mou_note(permit: Permitted<CreateMouNote>, app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse> {
    change(permit.into_inner(), app, request, payload, |tx, _, mou, new: &NewNote| note(tx, mou, new)).await
}

async fn change<T>(
    permit: Permit,
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
    next: fn(&mut Tx<'_>, &Permit, &Mou, &T) -> Result<Mou>,
) -> Result<HttpResponse>
where
    T: serde::de::DeserializeOwned + utoipa::ToSchema + Send + 'static,
{
    let if_match = IfMatch::read_if_sent(&request)?;
    let Posted::<T> { body: new, key, context, validate_only } =
        Posted::read(&permit.caller, &app, &request, payload, WRITE_PARAMS).await?;
    let id = path_member(&request, "id").to_owned();
    let answer = app
        .create_once(&context, key, validate_only, move |tx, context| {
            let (mou, owners) = visible::<Mous>(tx.db, &id, context)?;
            permit.require(&owners)?;
            if_match.check(mou.row.version, context)?;
            let mou = next(tx, &permit, &mou, &new)?;
            told::<Mous>(tx.db, mou, context)
        })
        .await?;
    Ok(answer.into_response())
}

fn decide(tx: &mut Tx<'_>, permit: &Permit, mou: &Mou, new: &NewTransition) -> Result<Mou> {
    let from = mou.row.status;
    let legal = legal_from(from);
    if !legal.contains(&new.to) {
        let words: Vec<&str> = legal.iter().map(MouStatus::as_str).collect();
        let (from, to, list) = (from.as_str(), new.to.as_str(), if words.is_empty() { "-".to_owned() } else { words.join(", ") });
        return Err(Problem::new(
            Code::IllegalTransition,
            text(
                format!("From {from} it can't go to {to}; legal: {list}."),
                format!("Từ {from} không thể sang {to}; các bước hợp lệ: {list}."),
            ),
        )
        .with_member("legal", json!(words)));
    }
    if !party_may(new.to) {
        stated_by_officer(permit, &mou.owners())?;
    }
    let on = new.on.unwrap_or(tx.today);
    check_decision(tx, mou, new, on)?;
    let mut next = mou.clone();
    let row = &mut next.row;
    row.version += 1;
    row.updated_at = tx.now;
    row.status = new.to;
    match new.to {
        MouStatus::Draft => (row.proposed_on, row.agreed_on) = (None, None),
        MouStatus::Proposed => {
            // Taken back from agreed, it was proposed on the day that it has.
            row.proposed_on = row.proposed_on.filter(|_| from == MouStatus::Agreed).or(Some(on));
            row.agreed_on = None;
        }
        MouStatus::Agreed => row.agreed_on = Some(on),
        MouStatus::Signed => {
            row.signed_on = Some(on);
            row.effective_from = Some(new.effective_from.or(row.effective_from).unwrap_or(on));
            row.effective_until = new.effective_until.or(row.effective_until);
        }
        MouStatus::Completed | MouStatus::Terminated | MouStatus::Cancelled => row.ended_on = Some(on),
    }
    let NewTransition { to, on: _, reason, effective_from, effective_until } = new.clone();
    let mut transitions = row.transitions.get().clone();
    transitions.push(Transition { reason, effective_from, effective_until, ..transition(tx, (Some(from), to), on, row.version) });
    row.transitions = Json::new(transitions);
    if to == MouStatus::Signed {
        refuse_taken(tx, row)?;
        number(tx, std::iter::once(&mut next))?;
    }
    save(tx, mou, next)
}

fn check_decision(tx: &Tx<'_>, mou: &Mou, new: &NewTransition, on: NaiveDate) -> Result<()> {
    let mut faults = Faults::new();
    if on > tx.today {
        let today = tx.today;
        faults.add(
            "/on",
            "in_future",
            text(
                format!("It has not happened yet: today is {today}."),
                format!("Việc này chưa xảy ra: hôm nay là {}.", in_vietnamese(today)),
            ),
        );
    }
    check::day(&mut faults, "/on", Some(on));
    let last = mou.row.transitions.get().last().map(|transition| transition.on);
    check::order(&mut faults, "/on", last, Some(on), "Decided before the step before it", "Quyết định trước bước liền trước");
    check::maybe_line(&mut faults, "/reason", new.reason.as_deref(), check::LINE_LIMIT);
    if matches!(new.to, MouStatus::Terminated | MouStatus::Cancelled) && new.reason.is_none() {
        faults.add("/reason", "missing", text("Say why it ends.", "Hãy nêu lý do chấm dứt."));
    }
    if new.to == MouStatus::Signed {
        let from = new.effective_from.or(mou.row.effective_from).unwrap_or(on);
        let until = new.effective_until.or(mou.row.effective_until);
        check::day(&mut faults, "/effective_from", new.effective_from);
        check::day(&mut faults, "/effective_until", new.effective_until);
        check::order(&mut faults, "/on", Some(on), until, "Signed after its end", "Ký sau ngày kết thúc");
        check::order(&mut faults, "/effective_until", Some(from), until, "It ends before it begins", "Kết thúc trước khi bắt đầu");
    } else if new.effective_from.is_some() || new.effective_until.is_some() {
        faults.add("/effective_from", "not_allowed", text("These days are set when signing.", "Các ngày này được đặt khi ký."));
    }
    faults.into_result()
}

fn note(tx: &mut Tx<'_>, mou: &Mou, new: &NewNote) -> Result<Mou> {
    let mut faults = Faults::new();
    check::maybe_prose(&mut faults, "/text", Some(&new.text), check::PROSE_LIMIT);
    check::day(&mut faults, "/on", new.on);
    if mou.row.notes.get().len() >= MOST_NOTES {
        faults.add(
            "/text",
            "too_many",
            text(format!("An MoU has at most {MOST_NOTES} notes."), format!("Một biên bản có tối đa {MOST_NOTES} ghi chú.")),
        );
    }
    faults.into_result()?;
    let mut next = mou.clone();
    next.row.version += 1;
    next.row.updated_at = tx.now;
    let mut notes = next.row.notes.get().clone();
    notes.push(Note {
        on: new.on.unwrap_or(tx.today),
        text: new.text.clone(),
        actor_role: actor_role(tx),
        actor_organisation_id: tx.caller.organisation_id.clone(),
        recorded_at: tx.now,
    });
    next.row.notes = Json::new(notes);
    save(tx, mou, next)
}
