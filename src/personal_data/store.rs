//! Requests of persons in the database, and what the register holds on one.

use super::model::{HeldDisclosure, PersonalDataRequest, RequestKind, RequestStatus};
use crate::access::Caller;
use crate::audit::Action;
use crate::contacts::{self, Contact};
use crate::db::schema::{audit, audit_pending, personal_data_requests as requests};
use crate::db::{Db, each};
use crate::error::Result;
use crate::http::page::{Page, day_key, keyset};
use crate::http::query::Args;
use crate::organisations::{self, Organisation, personal};
use diesel::prelude::*;
use std::collections::BTreeSet;

pub(super) fn load(db: &mut Db, id: &str) -> Result<Option<PersonalDataRequest>> {
    Ok(requests::table.find(id).select(PersonalDataRequest::as_select()).first(db).optional()?)
}

/// A page of requests; of those of his province for an officer.
pub(super) fn list(db: &mut Db, args: &Args, page: &Page, caller: &Caller) -> Result<Vec<PersonalDataRequest>> {
    let mut query = requests::table.into_boxed();
    if caller.province_id.is_some() {
        query = query.filter(requests::province_id.eq_any(caller.own_provinces().into_iter().map(Some).collect::<Vec<_>>()));
    }
    if let Some(kind) = args.word::<RequestKind>("kind") {
        query = query.filter(requests::kind.eq(kind));
    }
    query = match args.word::<RequestStatus>("status") {
        None => query,
        Some(RequestStatus::Done) => query.filter(requests::done_at.is_not_null()),
        Some(RequestStatus::Answered) => query.filter(requests::done_at.is_null().and(requests::answered_at.is_not_null())),
        Some(RequestStatus::Open) => query.filter(requests::done_at.is_null().and(requests::answered_at.is_null())),
    };
    if let Some(day) = args.day("due_until") {
        query = query.filter(requests::answer_by.le(day));
    }
    Ok(if page.sort.ends_with("answer_by") {
        keyset!(query, page, requests::id, requests::answer_by, day_key).select(PersonalDataRequest::as_select()).load(db)?
    } else {
        keyset!(query, page, requests::id).select(PersonalDataRequest::as_select()).load(db)?
    })
}

pub(super) fn insert(db: &mut Db, request: &PersonalDataRequest) -> Result<()> {
    each!(db, |conn| diesel::insert_into(requests::table).values(request).execute(conn))?;
    Ok(())
}

/// The requests that have one of these digests.
pub(super) fn with_digests(
    db: &mut Db,
    phones: &BTreeSet<String>,
    emails: &BTreeSet<String>,
    codes: &BTreeSet<String>,
) -> Result<Vec<PersonalDataRequest>> {
    let has_one =
        requests::phone_digest.eq_any(phones).or(requests::email_digest.eq_any(emails)).or(requests::personal_code_digest.eq_any(codes));
    Ok(requests::table.filter(has_one).order(requests::id).select(PersonalDataRequest::as_select()).load(db)?)
}

/// Stores `next` in place of the version before it; false when another writer was faster.
pub(super) fn update(db: &mut Db, current: &PersonalDataRequest, next: &PersonalDataRequest) -> Result<bool> {
    let of_version = requests::table.filter(requests::id.eq(&current.id).and(requests::version.eq(current.version)));
    Ok(each!(db, |conn| diesel::update(of_version).set(next).execute(conn))? == 1)
}

/// What is held on a person.
#[derive(Default)]
pub(super) struct Held {
    pub contacts: Vec<Contact>,
    pub organisations: Vec<Organisation>,
    /// Whether more is held of organisations that the caller does not reach.
    pub elsewhere: bool,
}

/// What is held on the person of these digests, of organisations that `caller` reaches.
pub(super) fn held(db: &mut Db, [phone, email, code]: [Option<&str>; 3], caller: &Caller) -> Result<Held> {
    let mut found = contacts::found_by(db, phone, email)?;
    let mut with_code: Vec<Organisation> = match code {
        Some(digest) => personal::found_by(db, digest)?.into_iter().collect(),
        None => Vec::new(),
    };
    let n = found.len() + with_code.len();
    if caller.role == Some(crate::access::Role::Officer) {
        let ids: Vec<&str> = found.iter().map(|contact| contact.organisation_id.as_str()).collect();
        let owners = organisations::owners(db, &ids)?;
        let mut reached = owners.iter().map(|owners| caller.owns(owners));
        found.retain(|_| reached.next().unwrap_or(false));
        with_code.retain(|organisation| caller.owns(&organisation.owners()));
    }
    let elsewhere = found.len() + with_code.len() < n;
    Ok(Held { contacts: found, organisations: with_code, elsewhere })
}

/// To whom a contact was shown, oldest first.
pub(super) fn disclosures(db: &mut Db, contact_id: &str) -> Result<Vec<HeldDisclosure>> {
    let shown = [Action::Disclose, Action::Export];
    let mut found: Vec<HeldDisclosure> = audit::table
        .filter(audit::entity.eq(contacts::ENTITY).and(audit::entity_id.eq(contact_id)).and(audit::action.eq_any(shown)))
        .order(audit::seq)
        .select((audit::recorded_at, audit::action, audit::actor_role, audit::actor_organisation_id, audit::actor_key_id, audit::reason))
        .load(db)?;
    // What was noted a moment ago is not sealed yet.
    let pending: Vec<HeldDisclosure> = audit_pending::table
        .filter(
            audit_pending::entity
                .eq(contacts::ENTITY)
                .and(audit_pending::entity_id.eq(contact_id))
                .and(audit_pending::action.eq_any(shown)),
        )
        .order(audit_pending::id)
        .select((
            audit_pending::recorded_at,
            audit_pending::action,
            audit_pending::actor_role,
            audit_pending::actor_organisation_id,
            audit_pending::actor_key_id,
            audit_pending::reason,
        ))
        .load(db)?;
    found.extend(pending);
    Ok(found)
}
