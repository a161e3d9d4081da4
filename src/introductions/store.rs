//! Introductions in the database.

use super::model::{Introduction, IntroductionStatus};
use crate::access::{Caller, Role};
use crate::db::schema::{introductions, organisations};
use crate::db::{Db, each};
use crate::error::Result;
use crate::http::page::{Page, keyset};
use crate::http::query::Args;
use diesel::prelude::*;
use std::collections::HashMap;

pub(super) fn load(db: &mut Db, id: &str) -> Result<Option<Introduction>> {
    Ok(introductions::table.find(id).select(Introduction::as_select()).first(db).optional()?)
}

/// The live introduction of a demand and an offer.
pub(super) fn live(db: &mut Db, demand_id: &str, offer_id: &str) -> Result<Option<String>> {
    let pair = introductions::demand_id.eq(demand_id).and(introductions::offer_id.eq(offer_id));
    let of_status = introductions::status.eq_any([IntroductionStatus::Asked, IntroductionStatus::Accepted]);
    Ok(introductions::table.filter(pair.and(of_status)).select(introductions::id).first(db).optional()?)
}

/// Buyers by the offers of `ids` about which an introduction was accepted.
///
/// # Errors
/// What the database says.
pub fn introduced_to_offers(db: &mut Db, ids: &[&str]) -> Result<HashMap<String, Vec<String>>> {
    let accepted = introductions::table.filter(introductions::status.eq(IntroductionStatus::Accepted));
    let about = accepted.filter(introductions::offer_id.eq_any(ids));
    Ok(gathered(about.select((introductions::offer_id, introductions::buyer_id)).load(db)?))
}

/// Producers by the demands of `ids` about which an introduction was accepted.
///
/// # Errors
/// What the database says.
pub fn introduced_to_demands(db: &mut Db, ids: &[&str]) -> Result<HashMap<String, Vec<String>>> {
    let accepted = introductions::table.filter(introductions::status.eq(IntroductionStatus::Accepted));
    let about = accepted.filter(introductions::demand_id.eq_any(ids));
    Ok(gathered(about.select((introductions::demand_id, introductions::producer_id)).load(db)?))
}

fn gathered(pairs: Vec<(String, String)>) -> HashMap<String, Vec<String>> {
    let mut found = HashMap::<String, Vec<String>>::new();
    for (about, organisation) in pairs {
        found.entry(about).or_default().push(organisation);
    }
    found
}

/// A page of those that concern the caller; of all for auditors and administrators.
pub(super) fn list(db: &mut Db, args: &Args, page: &Page, caller: &Caller) -> Result<Vec<Introduction>> {
    let mut query = introductions::table.into_boxed();
    query = match caller.role {
        Some(Role::Admin | Role::Auditor) => query,
        Some(Role::Officer) => {
            let own = || organisations::table.filter(organisations::province_id.eq_any(caller.own_provinces())).select(organisations::id);
            query.filter(introductions::buyer_id.eq_any(own()).or(introductions::producer_id.eq_any(own())))
        }
        _ => {
            let own = caller.organisation_id.clone().unwrap_or_default();
            query.filter(introductions::buyer_id.eq(own.clone()).or(introductions::producer_id.eq(own)))
        }
    };
    if let Some(status) = args.word::<IntroductionStatus>("status") {
        query = query.filter(introductions::status.eq(status));
    }
    if let Some(demand) = args.get("demand") {
        query = query.filter(introductions::demand_id.eq(demand.to_owned()));
    }
    if let Some(offer) = args.get("offer") {
        query = query.filter(introductions::offer_id.eq(offer.to_owned()));
    }
    if let Some(id) = args.get("organisation") {
        query = query.filter(introductions::buyer_id.eq(id.to_owned()).or(introductions::producer_id.eq(id.to_owned())));
    }
    Ok(keyset!(query, page, introductions::id).select(Introduction::as_select()).load(db)?)
}

pub(super) fn insert(db: &mut Db, introduction: &Introduction) -> Result<()> {
    each!(db, |conn| diesel::insert_into(introductions::table).values(introduction).execute(conn))?;
    Ok(())
}

/// Stores `next` in place of the version before it; false when another writer was faster.
pub(super) fn update(db: &mut Db, current: &Introduction, next: &Introduction) -> Result<bool> {
    let of_version = introductions::table.filter(introductions::id.eq(&current.id).and(introductions::version.eq(current.version)));
    Ok(each!(db, |conn| diesel::update(of_version).set(next).execute(conn))? == 1)
}
