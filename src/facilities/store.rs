//! Facilities in the database.

use super::model::{FACILITY_COLUMNS, Facility};
use crate::check::{NAMED, Uses};
use crate::db::schema::{certificates, facilities};
use crate::db::{Db, each, insert_all};
use crate::error::Result;
use diesel::prelude::*;

pub(super) fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Facility>> {
    Ok(facilities::table.filter(facilities::id.eq_any(ids)).select(Facility::as_select()).load(db)?)
}

/// Stores new places.
pub(crate) fn insert(db: &mut Db, records: &[&Facility]) -> Result<()> {
    Ok(insert_all!(db, facilities::table, records, FACILITY_COLUMNS)?)
}

/// Stores `next` in place of the version before it; false when another writer was faster.
pub(super) fn update(db: &mut Db, current: &Facility, next: &Facility) -> Result<bool> {
    let of_version = facilities::table.filter(facilities::id.eq(&current.id).and(facilities::version.eq(current.version)));
    Ok(each!(&mut *db, |conn| diesel::update(of_version).set(next).execute(conn))? > 0)
}

pub(super) fn delete(db: &mut Db, id: &str) -> Result<()> {
    diesel::delete(facilities::table.find(id)).execute(db)?;
    Ok(())
}

/// What refers to a place.
pub(super) fn uses(db: &mut Db, id: &str) -> Result<Uses> {
    let of_certificates =
        certificates::table.filter(certificates::facility_id.eq(id)).order(certificates::id).select(certificates::id).limit(NAMED);
    Ok(Uses::default().and("certificates", of_certificates.load(db)?))
}
