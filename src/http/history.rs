//! The history of a record that is no collection's: its versions from the log, as the caller may see them.

use super::page::{After, Page, seal};
use super::query::Args;
use crate::access::Sight;
use crate::db::Db;
use crate::error::{Problem, Result};
use crate::log::{self, HistoryEntry};
use serde_json::{Map, Value, json};

/// A version as the caller sees it.
pub type Seen = Option<(Map<String, Value>, Sight)>;

/// A page of the history of record `id` of `entity`; `see` gives what the caller sees of a version's body, and none of
/// what he may not know of. A tombstone is shown to whoever saw the version before it.
///
/// # Errors
/// 404 when nothing of it is seen.
pub fn history_page(
    db: &mut Db,
    (entity, id): (&str, &str),
    page: &Page,
    (scope, args, secret): (&str, &Args, &[u8]),
    see: impl Fn(&mut Db, &str) -> Result<Seen>,
) -> Result<String> {
    let after = page.after.as_ref().and_then(|after| after.id.parse().ok()).unwrap_or(0);
    let (body_before, mut changes) = log::history(db, entity, id, after, page.rows())?;
    let more = page.cut(&mut changes);
    let next = changes
        .last()
        .filter(|_| more)
        .map(|last| seal(&After { key: String::new(), id: last.version.to_string() }, scope, &args.fingerprint(), secret));
    let mut seen = |body: Option<&str>| body.map_or(Ok(None), |body| see(db, body));
    let mut before = seen(body_before.as_deref())?;
    let mut items = Vec::new();
    for mut change in changes {
        let current = seen(change.body.as_deref())?;
        let Some(sight) = current.as_ref().or(before.as_ref()).map(|(_, sight)| *sight) else { continue };
        if sight < Sight::Officers {
            change.actor_key_id = None;
        }
        let empty = Map::new();
        let members = |seen: &Seen| seen.as_ref().map_or(empty.clone(), |(object, _)| object.clone());
        items.push(HistoryEntry::new(change, &members(&before), &members(&current)));
        before = current;
    }
    if items.is_empty() && page.after.is_none() {
        return Err(Problem::not_found());
    }
    Ok(json!({"items": items, "next_cursor": next}).to_string())
}
