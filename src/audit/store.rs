//! Reading the audit log.

use super::model::{Action, Entry};
use crate::db::Db;
use crate::db::schema::{audit, changes, introductions, mou_parties, mous};
use crate::error::{REFUSALS, Result};
use crate::http::query::{Args, Kind, Param, param};
use crate::log::ENTITIES;
use diesel::prelude::*;

/// What a list may find.
pub(super) const FILTERS: &[Param] = &[
    param("action", Kind::Word(Action::WORDS), "What was done."),
    param("entity", Kind::Word(ENTITIES), "What kind of record it is about."),
    param("entity_id", Kind::Id, "About this record."),
    param("organisation", Kind::Id, "About data of this organisation, MoUs and introductions with it among them, or done or tried for it."),
    param("key", Kind::Id, "Done or tried with this key."),
    param("operation", Kind::Text, "By this operation, of what is no mutation, such as `get_mou`."),
    param("code", Kind::Word(REFUSALS), "Refused with this code; `hidden` is a 404 for what the caller may not see."),
    param("from", Kind::Instant, "At this instant or later."),
    param("until", Kind::Instant, "Before this instant."),
];

/// What the body of an MoU has where the organisation is a party.
fn naming(id: &str) -> String {
    format!("%\"organisation_id\":\"{id}\"%")
}

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
        // A row names one organisation, and what has several sides none: these are looked up here. Of an MoU that was deleted
        // the log alone knows the parties.
        let signed = mou_parties::table.filter(mou_parties::organisation_id.eq(id.to_owned())).select(mou_parties::mou_id.nullable());
        let is_gone = changes::entity.eq("mou").and(changes::entity_id.ne_all(mous::table.select(mous::id)));
        let of_deleted = changes::table.filter(is_gone.and(changes::body.like(naming(id)))).select(changes::entity_id.nullable());
        let is_side = introductions::buyer_id.eq(id.to_owned()).or(introductions::producer_id.eq(id.to_owned()));
        let introduced = introductions::table.filter(is_side).select(introductions::id.nullable());
        let named = audit::organisation_id.eq(id.to_owned()).or(audit::actor_organisation_id.eq(id.to_owned()));
        let is_one_of = audit::entity_id.eq_any(signed).or(audit::entity_id.eq_any(of_deleted)).or(audit::entity_id.eq_any(introduced));
        query = query.filter(named.or(is_one_of));
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
