//! The audit log: every mutation, who was shown personal data and why, who was refused.
//!
//! Mutations stand in the change log already; what changes nothing is noted in the transaction of what it tells of
//! ([`note`]). A moment later both are sealed: numbered without gaps, each row with the digest of itself and the row
//! before. A row holds ids and no personal value.

mod model;

pub use model::{Action, Entry};

use crate::access::Role;
use crate::db::each;
use crate::db::schema::audit_pending;
use crate::error::Result;
use crate::log::Tx;
use diesel::prelude::*;
use model::Pending;

/// What a caller did that is no mutation.
#[derive(Debug, Clone, Copy)]
pub struct Note<'a> {
    /// What was done.
    pub action: Action,
    /// By which operation of the API.
    pub operation: &'a str,
    /// What kind of record it is about.
    pub entity: &'a str,
    /// Which record.
    pub entity_id: &'a str,
    /// Whose it is.
    pub organisation_id: Option<&'a str>,
    /// Why, as the caller said. Holds no personal value.
    pub reason: Option<&'a str>,
}

/// Notes what the caller of `tx` does; it stands in the audit log if the transaction is kept, and nowhere if not.
///
/// # Errors
/// What the database says.
pub fn note(tx: &mut Tx<'_>, note: &Note<'_>) -> Result<()> {
    let Note { action, operation, entity, entity_id, organisation_id, reason } = *note;
    let row = Pending {
        id: tx.new_id("adt")?,
        recorded_at: tx.now,
        action,
        operation: operation.to_owned(),
        code: None,
        actor_key_id: tx.caller.key_id.clone(),
        actor_role: tx.caller.role.as_ref().map_or("anonymous", Role::as_str).to_owned(),
        actor_organisation_id: tx.caller.organisation_id.clone(),
        entity: Some(entity.to_owned()),
        entity_id: Some(entity_id.to_owned()),
        organisation_id: organisation_id.map(ToOwned::to_owned),
        reason: reason.map(ToOwned::to_owned),
        times: 1,
    };
    each!(&mut *tx.db, |conn| diesel::insert_into(audit_pending::table).values(&row).execute(conn))?;
    Ok(())
}
