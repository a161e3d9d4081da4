//! Reading the audit log.

use super::model::{Action, Entry};
use crate::db::Db;
use crate::db::schema::audit;
use crate::error::{REFUSALS, Result};
use crate::http::query::{Args, Kind, Param, param};
use crate::log::ENTITIES;
use diesel::prelude::*;

/// What a list may find.
pub(super) const FILTERS: &[Param] = &[
    param("action", Kind::Word(Action::WORDS), "What was done."),
    param("entity", Kind::Word(ENTITIES), "What kind of record it is about."),
    param("entity_id", Kind::Id, "About this record."),
    param("organisation", Kind::Id, "About data of this organisation, or done for it."),
    param("key", Kind::Id, "Done or tried with this key."),
    param("operation", Kind::Text, "By this operation, of what is no mutation, such as `get_mou`."),
    param("code", Kind::Word(REFUSALS), "Refused with this code; `hidden` is a 404 for what the caller may not see."),
    param("from", Kind::Instant, "At this instant or later."),
    param("until", Kind::Instant, "Before this instant."),
];

/// The first `limit` rows of those that `args` chooses, after the row `after`; newest first where `descending`.
pub(super) fn list(db: &mut Db, args: &Args, after: Option<i64>, descending: bool, limit: i64) -> Result<Vec<Entry>> {
    let mut query = audit::table.into_boxed();
    if let Some(action) = args.word::<Action>("action") {
        query = query.filter(audit::action.eq(action));
    }
    if let Some(entity) = args.get("entity") {
        query = query.filter(audit::entity.eq(entity.to_owned()));
    }
    if let Some(id) = args.get("entity_id") {
        query = query.filter(audit::entity_id.eq(id.to_owned()));
    }
    if let Some(id) = args.get("organisation") {
        query = query.filter(audit::organisation_id.eq(id.to_owned()).or(audit::actor_organisation_id.eq(id.to_owned())));
    }
    if let Some(key) = args.get("key") {
        query = query.filter(audit::actor_key_id.eq(key.to_owned()));
    }
    if let Some(operation) = args.get("operation") {
        query = query.filter(audit::operation.eq(operation.to_owned()));
    }
    if let Some(code) = args.get("code") {
        query = query.filter(audit::code.eq(code.to_owned()));
    }
    if let Some(from) = args.instant("from") {
        query = query.filter(audit::recorded_at.ge(from));
    }
    if let Some(until) = args.instant("until") {
        query = query.filter(audit::recorded_at.lt(until));
    }
    query = match (after, descending) {
        (Some(after), false) => query.filter(audit::seq.gt(after)),
        (Some(after), true) => query.filter(audit::seq.lt(after)),
        (None, _) => query,
    };
    query = if descending { query.order(audit::seq.desc()) } else { query.order(audit::seq.asc()) };
    Ok(query.limit(limit).select(Entry::as_select()).load(db)?)
}
