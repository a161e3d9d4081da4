//! Which MoUs a list, or a question about an event, may find: filters, and whose existence a caller may know.

use super::model::{MouKind, MouPhase, MouStatus};
use super::store::signing_day;
use crate::access::{Caller, Permit};
use crate::check::{NAMED, Uses};
use crate::db::Db;
use crate::db::schema::{mou_commitments, mou_parties, mous};
use crate::error::Result;
use crate::http::query::Args;
use crate::organisations::ProfileKind;
use crate::reference::{ProvinceId, UnitId};
use chrono::NaiveDate;
use diesel::prelude::*;

type Query = mous::BoxedQuery<'static, crate::db::MultiBackend>;

/// The MoUs whose existence the caller may know: the same decision as `Mous::is_visible`, as SQL.
pub(super) fn visible(caller: &Caller) -> Query {
    let query = mous::table.into_boxed();
    match own(caller) {
        Own::All => query,
        Own::Nothing => query.filter(mous::signed_on.is_not_null()),
        Own::Of { provinces, organisations } => {
            query.filter(mous::signed_on.is_not_null().or(mous::id.eq_any(of_parties(provinces, organisations))))
        }
    }
}

/// Those whose unsigned ones the caller may know, and whose commitments it sees.
enum Own {
    All,
    Nothing,
    /// Those with a party in these provinces or of these organisations.
    Of {
        provinces: Vec<ProvinceId>,
        organisations: Vec<String>,
    },
}

fn own(caller: &Caller) -> Own {
    let Ok(permit) = Permit::new("see_unsigned_mou", caller.clone()) else { return Own::Nothing };
    if permit.is_for_all() {
        return Own::All;
    }
    Own::Of { provinces: caller.own_provinces(), organisations: caller.organisation_id.iter().cloned().collect() }
}

#[diesel::dsl::auto_type(no_type_alias)]
fn of_parties(provinces: Vec<ProvinceId>, organisations: Vec<String>) -> _ {
    let are_in = mou_parties::province_id.eq_any(provinces);
    mou_parties::table.filter(are_in.or(mou_parties::organisation_id.eq_any(organisations))).select(mou_parties::mou_id)
}

/// The filters by what commitments name, which find nothing whose commitments the caller does not see.
pub(super) fn of_commitments(mut query: Query, args: &Args, caller: &Caller) -> Query {
    let (demand, offer) = (args.get("demand"), args.get("offer"));
    if demand.is_none() && offer.is_none() {
        return query;
    }
    match own(caller) {
        Own::All => {}
        Own::Nothing => return query.filter(mous::id.eq_any(Vec::<String>::new())),
        Own::Of { provinces, organisations } => query = query.filter(mous::id.eq_any(of_parties(provinces, organisations))),
    }
    if let Some(demand) = demand {
        query = naming(query, Named::Demand(demand));
    }
    if let Some(offer) = offer {
        query = naming(query, Named::Offer(offer));
    }
    query
}

/// What an MoU may refer to.
#[derive(Debug, Clone, Copy)]
pub enum Named<'a> {
    /// An event at which it was signed.
    Event(&'a str),
    /// A product that a commitment is about.
    Product(&'a str),
    /// A product of which a signed MoU that has not ended commits so many of this unit, on this day or later.
    Units(&'a str, UnitId, NaiveDate),
    /// A demand that a commitment is to meet.
    Demand(&'a str),
    /// An offer that a commitment is made of.
    Offer(&'a str),
    /// An organisation, as a party or as the registrar.
    Organisation(&'a str),
    /// An organisation that is a party by this profile.
    Profile(&'a str, ProfileKind),
}

fn naming(query: Query, named: Named<'_>) -> Query {
    match named {
        Named::Event(id) => query.filter(mous::event_id.eq(id.to_owned())),
        Named::Product(id) => {
            let committed = mou_commitments::table.filter(mou_commitments::product_id.eq(id.to_owned()));
            query.filter(mous::id.eq_any(committed.select(mou_commitments::mou_id)))
        }
        Named::Units(id, unit, day) => {
            let committed =
                || mou_commitments::table.filter(mou_commitments::product_id.eq(id.to_owned()).and(mou_commitments::unit.eq(unit)));
            let until = committed().filter(mou_commitments::ends_on.ge(day)).select(mou_commitments::mou_id);
            // Where a commitment states no last day, that of its MoU holds.
            let throughout = committed().filter(mou_commitments::ends_on.is_null()).select(mou_commitments::mou_id);
            let goes_on = mous::effective_until.is_null().or(mous::effective_until.ge(day));
            query
                .filter(mous::signed_on.is_not_null())
                .filter(mous::ended_on.is_null().or(mous::ended_on.gt(day)))
                .filter(mous::id.eq_any(until).or(goes_on.and(mous::id.eq_any(throughout))))
        }
        Named::Demand(id) => {
            let committed = mou_commitments::table.filter(mou_commitments::demand_id.eq(id.to_owned()));
            query.filter(mous::id.eq_any(committed.select(mou_commitments::mou_id)))
        }
        Named::Offer(id) => {
            let committed = mou_commitments::table.filter(mou_commitments::offer_id.eq(id.to_owned()));
            query.filter(mous::id.eq_any(committed.select(mou_commitments::mou_id)))
        }
        Named::Organisation(id) => {
            let of_party = mou_parties::table.filter(mou_parties::organisation_id.eq(id.to_owned())).select(mou_parties::mou_id);
            query.filter(mous::id.eq_any(of_party).or(mous::registrar_id.eq(id.to_owned())))
        }
        Named::Profile(id, profile) => {
            let of_party = mou_parties::table
                .filter(mou_parties::organisation_id.eq(id.to_owned()).and(mou_parties::capacity.eq(profile)))
                .select(mou_parties::mou_id);
            query.filter(mous::id.eq_any(of_party))
        }
    }
}

/// `uses` with the MoUs that refer to `named`: a few of those that the caller may know, and whether there are others alone.
///
/// # Errors
/// What the database says.
pub fn using(db: &mut Db, caller: &Caller, uses: Uses, named: Named<'_>) -> Result<Uses> {
    let seen: Vec<String> = naming(visible(caller), named).order(mous::id).limit(NAMED).select(mous::id).load(db)?;
    if !seen.is_empty() {
        return Ok(uses.and("mous", seen));
    }
    let hidden: Option<String> = naming(mous::table.into_boxed(), named).select(mous::id).first(db).optional()?;
    Ok(uses.and_hidden(hidden.is_some()))
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
