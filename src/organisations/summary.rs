//! An organisation as it stands inside other records, and whose the records of organisations are.

use super::store::{Identity, identities};
use crate::access::Owners;
use crate::db::Db;
use crate::error::Result;
use crate::reference::views::ProvinceView;
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

/// Who is meant, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrganisationSummary {
    /// Id.
    pub id: String,
    /// Name today.
    pub name: String,
    /// Its province-level unit, with the one in its place on the day asked.
    pub province: ProvinceView,
}

impl Identity {
    /// The organisation `id` for a record shown on `as_of`.
    pub fn summary(&self, id: &str, as_of: NaiveDate) -> OrganisationSummary {
        OrganisationSummary { id: id.to_owned(), name: self.name.clone(), province: ProvinceView::new(self.province_id, as_of) }
    }
}

/// Whose records of the organisations `ids` are, in their order: the organisation's, in its province.
///
/// An organisation that is gone still owns what the log tells of it, in no province.
///
/// # Errors
/// What the database says.
pub fn owners(db: &mut Db, ids: &[&str]) -> Result<Vec<Owners>> {
    let known = identities(db, ids)?;
    let owners_of = |id: &&str| match known.get(*id) {
        Some(identity) => identity.owners(id),
        None => Owners { organisations: vec![(*id).to_owned()], ..Owners::default() },
    };
    Ok(ids.iter().map(owners_of).collect())
}
