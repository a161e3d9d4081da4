//! What was used, in the database.

use super::Kind;
use crate::db::schema::key_days;
use crate::db::{Db, each};
use crate::error::Result;
use chrono::NaiveDate;
use diesel::prelude::*;

/// Counts one more of `limit`; false when nothing is left.
pub(super) fn take(db: &mut Db, key_id: &str, day: NaiveDate, kind: Kind, limit: i64) -> Result<bool> {
    let row = (key_days::key_id.eq(key_id), key_days::day.eq(day), key_days::kind.eq(kind), key_days::used.eq(0));
    each!(&mut *db, |conn| diesel::insert_into(key_days::table).values(row).on_conflict_do_nothing().execute(conn))?;
    let left = key_days::table.find((key_id, day, kind)).filter(key_days::used.lt(limit));
    let taken = each!(db, |conn| diesel::update(left).set(key_days::used.eq(key_days::used + 1)).execute(conn))?;
    Ok(taken == 1)
}

/// Counts `count` more; what all have counted then.
pub(super) fn add(db: &mut Db, key_id: &str, day: NaiveDate, kind: Kind, count: i64) -> Result<i64> {
    let row = (key_days::key_id.eq(key_id), key_days::day.eq(day), key_days::kind.eq(kind), key_days::used.eq(count));
    let total = each!(db, |conn| diesel::insert_into(key_days::table)
        .values(row)
        .on_conflict((key_days::key_id, key_days::day, key_days::kind))
        .do_update()
        .set(key_days::used.eq(key_days::used + count))
        .returning(key_days::used)
        .get_result(conn))?;
    Ok(total)
}

/// What all have counted.
pub(super) fn used(db: &mut Db, key_id: &str, day: NaiveDate, kind: Kind) -> Result<i64> {
    let row = key_days::table.find((key_id, day, kind)).select(key_days::used);
    Ok(row.first(db).optional()?.unwrap_or_default())
}

/// Forgets what was used before `day`.
pub(super) fn forget(db: &mut Db, day: NaiveDate) -> Result<()> {
    diesel::delete(key_days::table.filter(key_days::day.lt(day))).execute(db)?;
    Ok(())
}
