//! Certificates in the database, and validity as SQL.
//!
//! INVARIANT: [`valid_on`] and [`valid_through`] say what `rules::Validity` says of the same dates.

use super::model::{CERTIFICATE_COLUMNS, Certificate};
use super::rules::{Known, Paper};
use crate::check::{NAMED, Uses};
use crate::db::schema::{certificates, facilities, products, star_proposals};
use crate::db::{Db, each, insert_all};
use crate::error::Result;
use crate::organisations::identities;
use crate::reference::CertificateKindId;
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

/// Whether a certificate is valid on `day`, as SQL: issued by then, not ended, not revoked.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn valid_on(day: NaiveDate) -> _ {
    certificates::issued_on
        .le(day)
        .and(certificates::valid_until.is_null().or(certificates::valid_until.ge(day)).or(certificates::extended_until.ge(day)))
        .and(certificates::revoked_on.is_null().or(certificates::revoked_on.gt(day)))
}

/// Whether a certificate is valid on every day from `from` to `until`, as SQL.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn valid_through(from: NaiveDate, until: NaiveDate) -> _ {
    certificates::issued_on
        .le(from)
        .and(certificates::valid_until.is_null().or(certificates::valid_until.ge(until)).or(certificates::extended_until.ge(until)))
        .and(certificates::revoked_on.is_null().or(certificates::revoked_on.gt(until)))
}

/// The certificates of `product_ids` that are valid on `day`, by id, in one query.
///
/// # Errors
/// What the database says.
pub fn valid_for_products(db: &mut Db, product_ids: &[&str], day: NaiveDate) -> Result<Vec<Certificate>> {
    if product_ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(certificates::table
        .filter(certificates::product_id.eq_any(product_ids.iter().copied()))
        .filter(valid_on(day))
        .order(certificates::id)
        .select(Certificate::as_select())
        .load(db)?)
}

/// Every certificate of `product_ids`, of whatever day, and those of `ids`, in one query.
///
/// # Errors
/// What the database says.
pub fn of_products(db: &mut Db, product_ids: &[&str], ids: &[&str]) -> Result<Vec<Certificate>> {
    Ok(certificates::table
        .filter(certificates::product_id.eq_any(product_ids.iter().copied()).or(certificates::id.eq_any(ids.iter().copied())))
        .order(certificates::id)
        .select(Certificate::as_select())
        .load(db)?)
}

/// What the bodies refer to, in one query a kind.
pub(super) fn known(db: &mut Db, organisation_ids: &[&str], product_ids: &[&str], facility_ids: &[&str]) -> Result<Known> {
    let mut known = Known { organisations: identities(db, organisation_ids)?, ..Known::default() };
    if !product_ids.is_empty() {
        let found: Vec<(String, String)> = products::table
            .filter(products::id.eq_any(product_ids.iter().copied()))
            .select((products::id, products::producer_id))
            .load(db)?;
        known.products = found.into_iter().collect();
    }
    if !facility_ids.is_empty() {
        let found: Vec<(String, (String, crate::facilities::FacilityKind))> = facilities::table
            .filter(facilities::id.eq_any(facility_ids.iter().copied()))
            .select((facilities::id, (facilities::holder_id, facilities::kind)))
            .load(db)?;
        known.facilities = found.into_iter().collect();
    }
    Ok(known)
}

/// The papers with these numbers that are registered, with their ids.
pub(super) fn registered(db: &mut Db, numbers: &[&str]) -> Result<HashMap<Paper, String>> {
    type Row = (CertificateKindId, Option<String>, String, NaiveDate, String);
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = certificates::table
        .filter(certificates::number.eq_any(numbers.iter().copied()))
        .select((certificates::kind, certificates::number, certificates::holder_id, certificates::issued_on, certificates::id))
        .load(db)?;
    let paper = |(kind, number, holder_id, issued_on, id): Row| number.map(|number| (Paper { kind, number, holder_id, issued_on }, id));
    Ok(rows.into_iter().filter_map(paper).collect())
}

pub(super) fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Certificate>> {
    Ok(certificates::table.filter(certificates::id.eq_any(ids)).select(Certificate::as_select()).load(db)?)
}

/// Stores new certificates.
pub(crate) fn insert(db: &mut Db, records: &[&Certificate]) -> Result<()> {
    Ok(insert_all!(db, certificates::table, records, CERTIFICATE_COLUMNS)?)
}

/// Stores `next` in place of the version before it; false when another writer was faster.
pub(super) fn update(db: &mut Db, current: &Certificate, next: &Certificate) -> Result<bool> {
    let of_version = certificates::table.filter(certificates::id.eq(&current.id).and(certificates::version.eq(current.version)));
    Ok(each!(&mut *db, |conn| diesel::update(of_version).set(next).execute(conn))? > 0)
}

pub(super) fn delete(db: &mut Db, id: &str) -> Result<()> {
    diesel::delete(certificates::table.find(id)).execute(db)?;
    Ok(())
}

/// What refers to a certificate.
pub(super) fn uses(db: &mut Db, id: &str) -> Result<Uses> {
    let proposals = star_proposals::table
        .filter(star_proposals::certificate_id.eq(id))
        .order(star_proposals::id)
        .select(star_proposals::id)
        .limit(NAMED);
    Ok(Uses::default().and("star-proposals", proposals.load(db)?))
}
