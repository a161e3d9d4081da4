//! Events in the database, and the rows that a summary counts.

use super::model::{EVENT_COLUMNS, Event};
use crate::db::schema::{events, mou_commitments, mou_parties, mous, products};
use crate::db::{BIND_LIMIT, Db, each, insert_all, load_of};
use crate::error::Result;
use crate::mous::{MouCommitment, MouKind, MouParty};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

/// Names of the events of `ids` that exist, by id.
///
/// # Errors
/// What the database says.
pub fn names(db: &mut Db, ids: &[&str]) -> Result<HashMap<String, String>> {
    let found: Vec<(String, String)> = load_of!(db, ids, events::id, events::table.select((events::id, events::name)));
    Ok(found.into_iter().collect())
}

pub(super) fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Event>> {
    Ok(events::table.filter(events::id.eq_any(ids)).select(Event::as_select()).load(db)?)
}

pub(super) fn insert(db: &mut Db, records: &[&Event]) -> Result<()> {
    insert_all!(db, events::table, records, EVENT_COLUMNS)?;
    Ok(())
}

/// Stores `next` in place of the version before it; false when another writer was faster.
pub(super) fn update(db: &mut Db, current: &Event, next: &Event) -> Result<bool> {
    let of_version = events::table.filter(events::id.eq(&current.id).and(events::version.eq(current.version)));
    Ok(each!(db, |conn| diesel::update(of_version).set(next).execute(conn))? > 0)
}

pub(super) fn delete(db: &mut Db, id: &str) -> Result<()> {
    diesel::delete(events::table.find(id)).execute(db)?;
    Ok(())
}

/// The MoUs signed at the event by `day`: id and kind.
pub(super) fn signed_mous(db: &mut Db, id: &str, day: NaiveDate) -> Result<Vec<(String, MouKind)>> {
    Ok(mous::table.filter(mous::event_id.eq(id).and(mous::signed_on.le(day))).select((mous::id, mous::kind)).load(db)?)
}

/// The parties of the MoUs signed at the event by `day`.
pub(super) fn parties_of(db: &mut Db, id: &str, day: NaiveDate) -> Result<Vec<MouParty>> {
    let signed = mous::table.filter(mous::event_id.eq(id).and(mous::signed_on.le(day))).select(mous::id);
    Ok(mou_parties::table.filter(mou_parties::mou_id.eq_any(signed)).select(MouParty::as_select()).load(db)?)
}

/// The commitments of the MoUs signed at the event by `day`.
pub(super) fn commitments_of(db: &mut Db, id: &str, day: NaiveDate) -> Result<Vec<MouCommitment>> {
    let signed = mous::table.filter(mous::event_id.eq(id).and(mous::signed_on.le(day))).select(mous::id);
    Ok(mou_commitments::table.filter(mou_commitments::mou_id.eq_any(signed)).select(MouCommitment::as_select()).load(db)?)
}

/// Names of products.
pub(super) fn product_names(db: &mut Db, ids: &[&str]) -> Result<HashMap<String, String>> {
    let mut names = HashMap::new();
    for chunk in ids.chunks(BIND_LIMIT) {
        let found: Vec<(String, String)> =
            products::table.filter(products::id.eq_any(chunk.iter().copied())).select((products::id, products::name)).load(db)?;
        names.extend(found);
    }
    Ok(names)
}
