//! Contacts in the database. Whatever is past its day is absent here, whether it was deleted yet or not.

use super::model::{Contact, ContactKind, ContactPurpose, ContactVisibility};
use crate::db::schema::contacts;
use crate::db::{Db, MultiBackend, each};
use crate::error::Result;
use crate::http::page::{Page, keyset};
use crate::http::query::Args;
use chrono::NaiveDate;
use diesel::prelude::*;

type Query = contacts::BoxedQuery<'static, MultiBackend>;

/// Contacts that are kept on `today`.
fn held(today: NaiveDate) -> Query {
    contacts::table.filter(contacts::retention_until.is_null().or(contacts::retention_until.ge(today))).into_boxed()
}

/// The contact `id` of an organisation.
pub(super) fn load(db: &mut Db, organisation_id: &str, id: &str, today: NaiveDate) -> Result<Option<Contact>> {
    let one = held(today).filter(contacts::id.eq(id.to_owned()).and(contacts::organisation_id.eq(organisation_id.to_owned())));
    Ok(one.select(Contact::as_select()).first(db).optional()?)
}

/// How many rows an organisation has.
pub(super) fn count(db: &mut Db, organisation_id: &str) -> Result<i64> {
    Ok(contacts::table.filter(contacts::organisation_id.eq(organisation_id)).count().get_result(db)?)
}

/// A page of an organisation's contacts of these visibilities.
pub(super) fn list(
    db: &mut Db,
    organisation_id: &str,
    visibilities: Vec<ContactVisibility>,
    args: &Args,
    page: &Page,
    today: NaiveDate,
) -> Result<Vec<Contact>> {
    let mut query =
        held(today).filter(contacts::organisation_id.eq(organisation_id.to_owned()).and(contacts::visibility.eq_any(visibilities)));
    if let Some(kind) = args.word::<ContactKind>("kind") {
        query = query.filter(contacts::kind.eq(kind));
    }
    if let Some(purpose) = args.word::<ContactPurpose>("purpose") {
        query = query.filter(contacts::purpose.eq(purpose));
    }
    Ok(keyset!(query, page, contacts::id).select(Contact::as_select()).load(db)?)
}

/// The contacts of `organisations` for this purpose with these visibilities, by id: at most as many as so many organisations may have.
///
/// # Errors
/// What the database says.
pub(crate) fn of_organisations(
    db: &mut Db,
    organisations: &[&str],
    purpose: ContactPurpose,
    visibilities: &[ContactVisibility],
    today: NaiveDate,
) -> Result<Vec<Contact>> {
    let organisations: Vec<String> = organisations.iter().map(|id| (*id).to_owned()).collect();
    let some = held(today)
        .filter(contacts::organisation_id.eq_any(organisations).and(contacts::purpose.eq(purpose)))
        .filter(contacts::visibility.eq_any(visibilities.to_vec()))
        .order((contacts::organisation_id, contacts::id));
    Ok(some.select(Contact::as_select()).load(db)?)
}

/// The contacts with this phone or this e-mail address, also those past their day: they are held until they are deleted.
///
/// # Errors
/// What the database says.
pub(crate) fn found_by(db: &mut Db, phone_digest: Option<&str>, email_digest: Option<&str>) -> Result<Vec<Contact>> {
    let mut found: Vec<Contact> = Vec::new();
    if let Some(digest) = phone_digest {
        found.extend(contacts::table.filter(contacts::phone_digest.eq(digest)).select(Contact::as_select()).load(db)?);
    }
    if let Some(digest) = email_digest {
        found.extend(contacts::table.filter(contacts::email_digest.eq(digest)).select(Contact::as_select()).load(db)?);
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found.dedup_by(|a, b| a.id == b.id);
    Ok(found)
}

/// Contacts past their day, at most `limit`.
pub(super) fn expired(db: &mut Db, today: NaiveDate, limit: i64) -> Result<Vec<Contact>> {
    let past = contacts::table.filter(contacts::retention_until.lt(today)).order(contacts::id).limit(limit);
    Ok(past.select(Contact::as_select()).load(db)?)
}

pub(super) fn insert(db: &mut Db, contact: &Contact) -> Result<()> {
    each!(db, |conn| diesel::insert_into(contacts::table).values(contact).execute(conn))?;
    Ok(())
}

/// Stores `next` in place of the version before it; false when another writer was faster.
pub(super) fn update(db: &mut Db, current: &Contact, next: &Contact) -> Result<bool> {
    let of_version = contacts::table.filter(contacts::id.eq(&current.id).and(contacts::version.eq(current.version)));
    Ok(each!(db, |conn| diesel::update(of_version).set(next).execute(conn))? == 1)
}

/// Deletes this version; false when another writer was faster.
pub(super) fn delete(db: &mut Db, current: &Contact) -> Result<bool> {
    let of_version = contacts::table.filter(contacts::id.eq(&current.id).and(contacts::version.eq(current.version)));
    Ok(diesel::delete(of_version).execute(db)? == 1)
}
