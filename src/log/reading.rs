//! Following the log: where it ends, and what comes after a number.

use super::Change;
use crate::db::Db;
use crate::db::schema::{changes, feed_head};
use crate::error::Result;
use diesel::prelude::*;

/// A place in the log by its number and by what stands there: a restored database may have the number again, but
/// hardly the same change at it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Position {
    /// Number of the newest change; 0 before the first.
    pub seq: i64,
    /// Record and version of that change.
    pub change: Option<(String, i64)>,
}

impl Position {
    /// The place of `change`.
    pub fn of(change: &Change) -> Self {
        Self { seq: change.seq, change: Some((change.entity_id.clone(), change.version)) }
    }
}

/// The number of the newest change.
///
/// # Errors
/// What the database says.
pub fn head(db: &mut Db) -> Result<i64> {
    Ok(feed_head::table.select(feed_head::head).first(db)?)
}

/// Where the log ends.
///
/// # Errors
/// What the database says.
pub fn position(db: &mut Db) -> Result<Position> {
    let seq = head(db)?;
    at_position(db, seq)
}

/// What stands at the number `seq`.
///
/// # Errors
/// What the database says.
pub fn at_position(db: &mut Db, seq: i64) -> Result<Position> {
    let change = changes::table.find(seq).select((changes::entity_id, changes::version)).first(db).optional()?;
    Ok(Position { seq, change })
}

/// The key that made the record; none where the program itself did, or there is no such record.
///
/// # Errors
/// What the database says.
pub fn maker(db: &mut Db, entity: &str, id: &str) -> Result<Option<String>> {
    let first = changes::table.filter(changes::entity.eq(entity).and(changes::entity_id.eq(id)).and(changes::version.eq(1)));
    Ok(first.select(changes::actor_key_id).first(db).optional()?.flatten())
}

/// The changes after number `seq` in the order of their numbers, at most `limit`.
///
/// # Errors
/// What the database says.
pub fn after(db: &mut Db, seq: i64, limit: i64) -> Result<Vec<Change>> {
    let newer = changes::table.filter(changes::seq.gt(seq)).order(changes::seq).limit(limit);
    Ok(newer.select(Change::as_select()).load(db)?)
}
