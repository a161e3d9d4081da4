//! Sealing: what was committed since the last time becomes rows of the chain, in one transaction.

use super::chain;
use super::model::{Action, ENTRY_COLUMNS, Entry, Pending};
use super::subject;
use crate::db::schema::{audit, audit_head, audit_pending};
use crate::db::{BIND_LIMIT, Db, each, insert_all};
use crate::error::Result;
use crate::log::{self, Change, Operation};
use diesel::prelude::*;

/// Rows that one transaction seals: it holds the writer of `SQLite` for some milliseconds.
const BATCH: i64 = 1_000;
const PENDING_COLUMNS: usize = 13;

/// Where the chain ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Number of the last row; 0 before the first.
    pub seq: i64,
    /// Number of the last change that is sealed.
    pub change_seq: i64,
    /// Hash of the last row.
    pub hash: String,
}

/// What one transaction sealed.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) end: End,
    /// Whether there may be more.
    pub(super) is_full: bool,
}

/// Where the chain ends.
///
/// # Errors
/// What the database says.
pub fn end(db: &mut Db) -> Result<End> {
    let (seq, change_seq, hash) = audit_head::table.select((audit_head::seq, audit_head::change_seq, audit_head::hash)).first(db)?;
    Ok(End { seq, change_seq, hash })
}

/// Whether something is committed that is not sealed.
pub(super) fn is_behind(db: &mut Db) -> Result<bool> {
    if log::head(db)? > end(db)?.change_seq {
        return Ok(true);
    }
    let pending: Option<String> = audit_pending::table.select(audit_pending::id).first(db).optional()?;
    Ok(pending.is_some())
}

/// Seals the next rows, `counted` among them. Whoever comes at the same time waits for this transaction and finds the end
/// that it left.
pub(super) fn seal(db: &mut Db, counted: &[Pending]) -> Result<Sealed> {
    insert_all!(db, audit_pending::table, &counted.iter().collect::<Vec<_>>(), PENDING_COLUMNS)?;
    // The update holds the row until the commit; only then is it known where the chain ends.
    let row = diesel::update(audit_head::table).set(audit_head::seq.eq(audit_head::seq));
    each!(&mut *db, |conn| row.execute(conn))?;
    let before = end(db)?;
    let changes = log::after(db, before.change_seq, BATCH)?;
    let pending: Vec<Pending> =
        audit_pending::table.order((audit_pending::recorded_at, audit_pending::id)).limit(BATCH).select(Pending::as_select()).load(db)?;
    let is_full = i64::try_from(changes.len().max(pending.len())) == Ok(BATCH);
    let ids: Vec<String> = pending.iter().map(|row| row.id.clone()).collect();
    let organisations = subject::organisations(db, &changes)?;
    let changes = changes.into_iter().zip(organisations);
    let mut end = before.clone();
    let entries: Vec<Entry> = in_order(changes, pending).map(|row| next(&mut end, row)).collect();
    if end == before {
        return Ok(Sealed { end, is_full: false });
    }
    insert_all!(db, audit::table, &entries.iter().collect::<Vec<_>>(), ENTRY_COLUMNS)?;
    for ids in ids.chunks(BIND_LIMIT) {
        each!(&mut *db, |conn| diesel::delete(audit_pending::table.filter(audit_pending::id.eq_any(ids))).execute(conn))?;
    }
    let new = (audit_head::seq.eq(end.seq), audit_head::change_seq.eq(end.change_seq), audit_head::hash.eq(&end.hash));
    each!(&mut *db, |conn| diesel::update(audit_head::table).set(new).execute(conn))?;
    Ok(Sealed { end, is_full })
}

enum Row {
    /// With the organisation that it is about.
    Change(Change, Option<String>),
    Pending(Pending),
}

/// Both by time, where the changes allow it: these stay in the order of their numbers.
fn in_order(changes: impl Iterator<Item = (Change, Option<String>)>, pending: Vec<Pending>) -> impl Iterator<Item = Row> {
    let (mut changes, mut pending) = (changes.peekable(), pending.into_iter().peekable());
    std::iter::from_fn(move || match (changes.peek(), pending.peek()) {
        (Some((change, _)), Some(note)) if note.recorded_at < change.recorded_at => pending.next().map(Row::Pending),
        (Some(_), _) => changes.next().map(|(change, organisation_id)| Row::Change(change, organisation_id)),
        (None, _) => pending.next().map(Row::Pending),
    })
}

/// The entry for `row` after `end`, which moves on to it.
fn next(end: &mut End, row: Row) -> Entry {
    let seq = end.seq + 1;
    let mut entry = match row {
        Row::Change(change, organisation_id) => of_change(seq, change, organisation_id),
        Row::Pending(pending) => of_pending(seq, pending),
    };
    entry.hash = chain::hash(&end.hash, &entry);
    end.seq = seq;
    end.hash.clone_from(&entry.hash);
    end.change_seq = entry.last_change.unwrap_or(end.change_seq);
    entry
}

fn of_change(seq: i64, change: Change, organisation_id: Option<String>) -> Entry {
    let digest = chain::digest(&change);
    let Change { seq: number, recorded_at, entity, entity_id, version, operation, actor_key_id, actor_role, actor_organisation_id, .. } =
        change;
    let action = match operation {
        Operation::Create => Action::Create,
        Operation::Update => Action::Update,
        Operation::Delete => Action::Delete,
    };
    Entry {
        seq,
        recorded_at,
        action,
        operation: None,
        code: None,
        actor_key_id,
        actor_role,
        actor_organisation_id,
        entity: Some(entity),
        entity_id: Some(entity_id),
        version: Some(version),
        organisation_id,
        reason: None,
        times: 1,
        first_change: Some(number),
        last_change: Some(number),
        changes_digest: Some(digest),
        hash: String::new(),
    }
}

fn of_pending(seq: i64, pending: Pending) -> Entry {
    let Pending {
        id: _,
        recorded_at,
        action,
        operation,
        code,
        actor_key_id,
        actor_role,
        actor_organisation_id,
        entity,
        entity_id,
        organisation_id,
        reason,
        times,
    } = pending;
    Entry {
        seq,
        recorded_at,
        action,
        operation: Some(operation),
        code,
        actor_key_id,
        actor_role,
        actor_organisation_id,
        entity,
        entity_id,
        version: None,
        organisation_id,
        reason,
        times,
        first_change: None,
        last_change: None,
        changes_digest: None,
        hash: String::new(),
    }
}

/// Seals all changes that are not sealed as one row: what the program itself made in bulk.
///
/// # Errors
/// What the database says.
pub fn seal_import(db: &mut Db, at: chrono::NaiveDateTime) -> Result<()> {
    let mut end = end(db)?;
    let (first, last) = (end.change_seq + 1, log::head(db)?);
    if first > last {
        return Ok(());
    }
    let mut digest = chain::Digest::default();
    let mut from = end.change_seq;
    while from < last {
        let changes = log::after(db, from, 10 * BATCH)?;
        let Some(newest) = changes.last() else { break };
        from = newest.seq;
        for change in &changes {
            digest.take(change);
        }
    }
    let mut entry = Entry {
        seq: end.seq + 1,
        recorded_at: at,
        action: Action::Import,
        operation: None,
        code: None,
        actor_key_id: None,
        actor_role: "system".to_owned(),
        actor_organisation_id: None,
        entity: None,
        entity_id: None,
        version: None,
        organisation_id: None,
        reason: None,
        times: last - first + 1,
        first_change: Some(first),
        last_change: Some(last),
        changes_digest: Some(digest.finish()),
        hash: String::new(),
    };
    entry.hash = chain::hash(&end.hash, &entry);
    end = End { seq: entry.seq, change_seq: last, hash: entry.hash.clone() };
    insert_all!(db, audit::table, &[&entry], ENTRY_COLUMNS)?;
    let new = (audit_head::seq.eq(end.seq), audit_head::change_seq.eq(end.change_seq), audit_head::hash.eq(&end.hash));
    each!(&mut *db, |conn| diesel::update(audit_head::table).set(new).execute(conn))?;
    Ok(())
}
