//! What the register knew: every version of a record, what each changed, and a record as of an instant.

use super::{Change, Operation};
use crate::db::Db;
use crate::db::schema::changes;
use crate::error::{Problem, Result};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// One member that a version changed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MemberChange {
    /// JSON Pointer of the member.
    pub pointer: String,
    /// Its value before; null when it was absent.
    #[schema(value_type = Option<Value>)]
    pub from: Value,
    /// Its value after; null when it was removed.
    #[schema(value_type = Option<Value>)]
    pub to: Value,
}

/// One version of a record.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HistoryEntry {
    /// The version, from 1.
    pub version: i64,
    /// What was done: create, update or delete.
    #[schema(value_type = Operation)]
    pub operation: Operation,
    /// When, UTC.
    pub recorded_at: DateTime<Utc>,
    /// In which role it was done; `system` for the program itself.
    pub actor_role: String,
    /// For which organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_organisation_id: Option<String>,
    /// With which key, or under which name of a person with a token; shown to officers of the province, auditors and administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_key_id: Option<String>,
    /// Position in the change log.
    pub seq: i64,
    /// What changed against the version before; empty for a delete.
    pub changed: Vec<MemberChange>,
}

/// A record as of an instant.
#[derive(Debug)]
pub enum At {
    /// It existed: its body.
    Known(String),
    /// It did not exist yet, or no more.
    Unknown,
}

/// The record `id` as the register knew it at `instant` (UTC).
///
/// # Errors
/// What the database says.
pub fn at(db: &mut Db, entity: &str, id: &str, instant: NaiveDateTime) -> Result<At> {
    let body: Option<Option<String>> = changes::table
        .filter(changes::entity.eq(entity).and(changes::entity_id.eq(id)).and(changes::recorded_at.le(instant)))
        .order(changes::version.desc())
        .select(changes::body)
        .first(db)
        .optional()?;
    Ok(body.flatten().map_or(At::Unknown, At::Known))
}

/// The newest version of the record `id`, of a deleted one the last before its end; none when there never was one.
///
/// # Errors
/// What the database says.
pub fn latest(db: &mut Db, entity: &str, id: &str) -> Result<Option<String>> {
    let body: Option<Option<String>> = changes::table
        .filter(changes::entity.eq(entity).and(changes::entity_id.eq(id)).and(changes::body.is_not_null()))
        .order(changes::version.desc())
        .select(changes::body)
        .first(db)
        .optional()?;
    Ok(body.flatten())
}

/// Changes of `id` with versions after `after`, oldest first, at most `limit`, and the body of version `after`.
///
/// # Errors
/// What the database says.
pub fn history(db: &mut Db, entity: &str, id: &str, after: i64, limit: i64) -> Result<(Option<String>, Vec<Change>)> {
    let of_record = changes::entity.eq(entity.to_owned()).and(changes::entity_id.eq(id.to_owned()));
    let before: Option<Option<String>> =
        changes::table.filter(of_record.clone().and(changes::version.eq(after))).select(changes::body).first(db).optional()?;
    let rows = changes::table
        .filter(of_record.and(changes::version.gt(after)))
        .order(changes::version.asc())
        .limit(limit)
        .select(Change::as_select())
        .load(db)?;
    Ok((before.flatten(), rows))
}

impl HistoryEntry {
    /// The entry for `change`, with what it changed from `before` to `after` (both as the reader may see them).
    pub fn new(change: Change, before: &Map<String, Value>, after: &Map<String, Value>) -> Self {
        let changed = if change.operation == Operation::Delete { Vec::new() } else { differences(before, after) };
        Self {
            version: change.version,
            operation: change.operation,
            recorded_at: change.recorded_at.and_utc(),
            actor_role: change.actor_role,
            actor_organisation_id: change.actor_organisation_id,
            actor_key_id: change.actor_key_id,
            seq: change.seq,
            changed,
        }
    }
}

/// Members kept by the register itself: they change with every version and say nothing about it.
const BOOKKEEPING: [&str; 3] = ["version", "updated_at", "created_at"];

/// Whether two versions of a record say the same: a body may spell it in another way ("94@2020-10-27" for
/// "94@2008-08-01", a default that is left out), which makes no new version.
///
/// # Errors
/// 500 when a record can't be serialised.
pub fn is_same(current: &impl Serialize, next: &impl Serialize) -> Result<bool> {
    let said = |record: serde_json::Result<Value>| -> Result<Map<String, Value>> {
        match record.map_err(Problem::internal)? {
            Value::Object(mut object) => {
                for name in BOOKKEEPING {
                    object.shift_remove(name);
                }
                Ok(object)
            }
            _ => Err(Problem::internal("a record is not an object")),
        }
    };
    Ok(said(serde_json::to_value(current))? == said(serde_json::to_value(next))?)
}

/// Members whose values differ, in the order of their names.
fn differences(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<MemberChange> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter(|name| !BOOKKEEPING.contains(&name.as_str()))
        .filter_map(|name| {
            let from = before.get(name).cloned().unwrap_or(Value::Null);
            let to = after.get(name).cloned().unwrap_or(Value::Null);
            (from != to).then(|| MemberChange { pointer: format!("/{}", name.replace('~', "~0").replace('/', "~1")), from, to })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_version_names_what_it_changed_and_not_its_bookkeeping() {
        let object = |value: Value| value.as_object().unwrap().clone();
        let before = object(json!({"name": "A", "address": "1", "version": 1}));
        let after = object(json!({"name": "B", "website": "w", "version": 2}));
        let changed = differences(&before, &after);
        assert_eq!(changed.len(), 3);
        assert_eq!(changed[0], MemberChange { pointer: "/address".into(), from: json!("1"), to: Value::Null });
        assert_eq!(changed[1], MemberChange { pointer: "/name".into(), from: json!("A"), to: json!("B") });
        assert_eq!(changed[2], MemberChange { pointer: "/website".into(), from: Value::Null, to: json!("w") });
    }
}
