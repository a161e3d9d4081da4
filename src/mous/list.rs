//! Which MoUs a list, or a question about an event, may find: filters, and whose existence a caller may know.

use super::model::{MouKind, MouPhase, MouStatus};
use super::store::signing_day;
use crate::access::{Caller, Permit};
use crate::check;
use crate::db::Db;
use crate::db::schema::{mou_parties, mous};
use crate::error::{Code, Problem, Result, text};
use crate::http::query::Args;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::json;

type Query = mous::BoxedQuery<'static, crate::db::MultiBackend>;

/// The MoUs whose existence the caller may know: the same decision as `Mous::is_visible`, as SQL.
pub(super) fn visible(caller: &Caller) -> Query {
    let query = mous::table.into_boxed();
    let Ok(permit) = Permit::new("see_unsigned_mou", caller.clone()) else { return query.filter(mous::signed_on.is_not_null()) };
    if permit.is_for_all() {
        return query;
    }
    let of_province = mou_parties::table.filter(mou_parties::province_id.eq_any(caller.own_provinces())).select(mou_parties::mou_id);
    let signed_or_of_province = mous::signed_on.is_not_null().or(mous::id.eq_any(of_province));
    match caller.organisation_id.clone() {
        None => query.filter(signed_or_of_province),
        Some(own) => {
            let of_party = mou_parties::table.filter(mou_parties::organisation_id.eq(own)).select(mou_parties::mou_id);
            query.filter(signed_or_of_province.or(mous::id.eq_any(of_party)))
        }
    }
}

/// How many MoUs are named when the deletion of their event is refused.
const NAMED: i64 = 5;

/// Refuses while an MoU names the event; one that the caller may not know is not named.
///
/// # Errors
/// 409 with the list.
pub fn none_at_event(db: &mut Db, caller: &Caller, event_id: &str) -> Result<()> {
    let at_event = || mous::event_id.eq(event_id.to_owned());
    let known: Vec<String> = visible(caller).filter(at_event()).order(mous::id).limit(NAMED).select(mous::id).load(db)?;
    check::unused(&[("mous", known)])?;
    let hidden: Option<String> = mous::table.filter(at_event()).select(mous::id).first(db).optional()?;
    match hidden {
        None => Ok(()),
        Some(_) => Err(Problem::new(
            Code::InUse,
            text(
                "An MoU names it that you may not see: its parties have to change it first.",
                "Có biên bản tham chiếu đến mà bạn không được xem: các bên của biên bản cần sửa trước.",
            ),
        )
        .with_member("references", json!([{"collection": "mous", "ids": []}]))),
    }
}

/// The filters of the list as SQL.
pub(super) fn filtered(mut query: Query, args: &Args, as_of: NaiveDate) -> Result<Query> {
    if let Some(event) = args.get("event") {
        query = query.filter(mous::event_id.eq(event.to_owned()));
    }
    if let Some(kind) = args.word::<MouKind>("kind") {
        query = query.filter(mous::kind.eq(kind));
    }
    if let Some(party) = args.get("party") {
        query = query.filter(
            mous::id.eq_any(mou_parties::table.filter(mou_parties::organisation_id.eq(party.to_owned())).select(mou_parties::mou_id)),
        );
    }
    if let Some(provinces) = args.provinces("province", as_of)? {
        query = query
            .filter(mous::id.eq_any(mou_parties::table.filter(mou_parties::province_id.eq_any(provinces)).select(mou_parties::mou_id)));
    }
    if let Some(status) = args.word::<MouStatus>("status") {
        query = query.filter(mous::status.eq(status));
    }
    if let Some(day) = args.day("signed_from") {
        query = query.filter(signing_day().ge(day)).filter(mous::signed_on.is_not_null());
    }
    if let Some(day) = args.day("signed_until") {
        query = query.filter(signing_day().le(day));
    }
    if let Some(number) = args.get("number") {
        query = query.filter(mous::number.eq(number.to_owned()));
    }
    if let Some(registrar) = args.get("registrar") {
        query = query.filter(mous::registrar_id.eq(registrar.to_owned()));
    }
    if let Some(number) = args.get("external_number") {
        query = query.filter(mous::external_number.eq(number.to_owned()));
    }
    if let Some(illustrative) = args.maybe_flag("illustrative") {
        query = query.filter(mous::illustrative.eq(illustrative));
    }
    if let Some(day) = args.day("on") {
        query = in_phase(query, MouPhase::InEffect, day);
    }
    if let Some(phase) = args.word::<MouPhase>("phase") {
        query = in_phase(query, phase, as_of);
    }
    Ok(query)
}

/// The same decisions as `rules::phase_on`, as SQL; a test compares the two.
fn in_phase(query: Query, phase: MouPhase, day: NaiveDate) -> Query {
    let ended = |query: Query, status: MouStatus| query.filter(mous::status.eq(status).and(mous::ended_on.le(day)));
    let open = open_on(day);
    match phase {
        MouPhase::Completed => ended(query, MouStatus::Completed),
        MouPhase::Terminated => ended(query, MouStatus::Terminated),
        MouPhase::Cancelled => ended(query, MouStatus::Cancelled),
        MouPhase::InPreparation => query.filter(open).filter(mous::signed_on.is_null().or(mous::signed_on.gt(day))),
        MouPhase::NotYetInEffect => query.filter(open).filter(mous::signed_on.le(day)).filter(mous::effective_from.gt(day)),
        MouPhase::InEffect => query
            .filter(open)
            .filter(mous::signed_on.le(day))
            .filter(mous::effective_from.le(day))
            .filter(mous::effective_until.is_null().or(mous::effective_until.ge(day))),
        MouPhase::Lapsed => {
            query.filter(open).filter(mous::signed_on.le(day)).filter(mous::effective_from.le(day)).filter(mous::effective_until.lt(day))
        }
    }
}

/// Not ended by a decision on `day`.
#[diesel::dsl::auto_type(no_type_alias)]
fn open_on(day: NaiveDate) -> _ {
    mous::ended_on.is_null().or(mous::ended_on.gt(day))
}
