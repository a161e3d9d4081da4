//! Proposals in the database.

use super::model::{STAR_PROPOSAL_COLUMNS, StarProposal};
use crate::db::schema::{products, star_proposals};
use crate::db::{Db, each, insert_all};
use crate::error::Result;
use diesel::prelude::*;
use std::collections::HashMap;

/// Producer and name of each product of `ids`.
pub(super) fn products_of(db: &mut Db, ids: &[&str]) -> Result<HashMap<String, (String, String)>> {
    let rows: Vec<(String, (String, String))> = products::table
        .filter(products::id.eq_any(ids.iter().copied()))
        .select((products::id, (products::producer_id, products::name)))
        .load(db)?;
    Ok(rows.into_iter().collect())
}

pub(super) fn load(db: &mut Db, ids: &[String]) -> Result<Vec<StarProposal>> {
    Ok(star_proposals::table.filter(star_proposals::id.eq_any(ids)).select(StarProposal::as_select()).load(db)?)
}

pub(super) fn insert(db: &mut Db, records: &[&StarProposal]) -> Result<()> {
    Ok(insert_all!(db, star_proposals::table, records, STAR_PROPOSAL_COLUMNS)?)
}

/// Stores `next` in place of the version before it; false when another writer was faster.
pub(super) fn update(db: &mut Db, current: &StarProposal, next: &StarProposal) -> Result<bool> {
    let of_version = star_proposals::table.filter(star_proposals::id.eq(&current.id).and(star_proposals::version.eq(current.version)));
    Ok(each!(&mut *db, |conn| diesel::update(of_version).set(next).execute(conn))? > 0)
}

pub(super) fn delete(db: &mut Db, id: &str) -> Result<()> {
    diesel::delete(star_proposals::table.find(id)).execute(db)?;
    Ok(())
}
