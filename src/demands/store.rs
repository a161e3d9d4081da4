//! Demands in the database.

use super::model::{DEMAND_COLUMNS, Demand};
use crate::db::schema::demands;
use crate::db::{Db, each, insert_all};
use crate::error::Result;
use diesel::prelude::*;

pub(super) fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Demand>> {
    Ok(demands::table.filter(demands::id.eq_any(ids)).select(Demand::as_select()).load(db)?)
}

/// Stores new demands.
pub(crate) fn insert(db: &mut Db, records: &[Demand]) -> Result<()> {
    let rows: Vec<&Demand> = records.iter().collect();
    insert_all!(db, demands::table, &rows, DEMAND_COLUMNS)?;
    Ok(())
}

/// Stores `next` in place of the version before it; false when another writer was faster.
pub(super) fn update(db: &mut Db, current: &Demand, next: &Demand) -> Result<bool> {
    let of_version = demands::table.filter(demands::id.eq(&current.id).and(demands::version.eq(current.version)));
    let changed = each!(&mut *db, |conn| diesel::update(of_version).set(next).execute(conn))?;
    Ok(changed > 0)
}

pub(super) fn delete(db: &mut Db, id: &str) -> Result<()> {
    diesel::delete(demands::table.find(id)).execute(db)?;
    Ok(())
}
