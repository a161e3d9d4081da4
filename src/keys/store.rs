//! Keys in the database.

use super::model::{Key, KeyStatus};
use crate::access::Role;
use crate::db::schema::{key_uses, keys, organisations};
use crate::db::{Db, each};
use crate::error::Result;
use crate::http::page::{Page, keyset};
use crate::http::query::Args;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use std::collections::HashMap;

pub(super) fn organisation_exists(db: &mut Db, id: &str) -> Result<bool> {
    let known: Option<String> = organisations::table.find(id).select(organisations::id).first(db).optional()?;
    Ok(known.is_some())
}

pub(super) fn insert(db: &mut Db, key: &Key) -> Result<()> {
    each!(db, |conn| diesel::insert_into(keys::table).values(key).execute(conn))?;
    Ok(())
}

/// Stores `next` in place of the version before it; false when another writer was faster.
pub(super) fn update(db: &mut Db, current: &Key, next: &Key) -> Result<bool> {
    let of_version = keys::table.filter(keys::id.eq(&current.id).and(keys::version.eq(current.version)));
    let changed = each!(db, |conn| diesel::update(of_version).set(next).execute(conn))?;
    Ok(changed == 1)
}

/// The key with this digest.
pub(super) fn find(db: &mut Db, digest: &str) -> Result<Option<Key>> {
    Ok(keys::table.filter(keys::digest.eq(digest)).select(Key::as_select()).first(db).optional()?)
}

/// The key with this id.
pub(super) fn load(db: &mut Db, id: &str) -> Result<Option<Key>> {
    Ok(keys::table.find(id).select(Key::as_select()).first(db).optional()?)
}

/// The family of the key with this id; none of what is no key.
///
/// # Errors
/// What the database says.
pub fn family_of(db: &mut Db, id: &str) -> Result<Option<String>> {
    Ok(keys::table.find(id).select(keys::family_id).first(db).optional()?)
}

/// A page of keys, newest last.
pub(super) fn list(db: &mut Db, args: &Args, page: &Page, now: NaiveDateTime) -> Result<Vec<Key>> {
    let mut query = keys::table.into_boxed();
    if let Some(role) = args.word::<Role>("role") {
        query = query.filter(keys::role.eq(role));
    }
    if let Some(organisation) = args.get("organisation") {
        query = query.filter(keys::organisation_id.eq(organisation.to_owned()));
    }
    query = match args.word::<KeyStatus>("status") {
        None => query,
        Some(KeyStatus::Revoked) => query.filter(keys::revoked_at.le(now)),
        Some(KeyStatus::Expired) => query.filter(keys::revoked_at.is_null().and(keys::expires_at.le(now))),
        Some(KeyStatus::Active) => query.filter(keys::revoked_at.is_null().and(keys::expires_at.gt(now))),
    };
    Ok(keyset!(query, page, keys::id).select(Key::as_select()).load(db)?)
}

/// When each of `ids` was used last, of those that were.
pub(super) fn uses(db: &mut Db, ids: &[&str]) -> Result<HashMap<String, NaiveDateTime>> {
    let found: Vec<(String, NaiveDateTime)> =
        key_uses::table.filter(key_uses::key_id.eq_any(ids.iter().copied())).select((key_uses::key_id, key_uses::last_used_at)).load(db)?;
    Ok(found.into_iter().collect())
}

/// Notes that `id` was used at `now`.
pub(super) fn note_use(db: &mut Db, id: &str, now: NaiveDateTime) -> Result<()> {
    each!(db, |conn| diesel::insert_into(key_uses::table)
        .values((key_uses::key_id.eq(id), key_uses::last_used_at.eq(now)))
        .on_conflict(key_uses::key_id)
        .do_update()
        .set(key_uses::last_used_at.eq(now))
        .execute(conn))?;
    Ok(())
}

/// Whether an administrator's key was ever made: the first start makes one.
///
/// # Errors
/// What the database says.
pub fn first_admin_exists(db: &mut Db) -> Result<bool> {
    let admins: i64 = keys::table.filter(keys::role.eq(Role::Admin)).count().get_result(db)?;
    Ok(admins > 0)
}
