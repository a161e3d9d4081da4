//! The audit log: every mutation, who was shown personal data and why, who was refused.
//!
//! Mutations stand in the change log already; what changes nothing is noted in the transaction of what it tells of
//! ([`note`]). A moment later both are sealed: numbered without gaps, each row with the digest of itself and the row
//! before. A row holds ids and no personal value. Of a change it says whose data it is
//! about ([`subject`]).

mod chain;
mod checkpoint;
mod http;
mod model;
mod refusals;
mod seal;
mod sealer;
mod store;
mod subject;
mod verify;

pub use checkpoint::{CHECKPOINTS_FILE, Checkpoint, Checkpoints, PUBLIC_KEY_FILE, public_key, read as read_checkpoints};
pub use http::routes;
pub use model::{Action, Entry};
pub use refusals::Refusal;
pub use seal::seal_import;
pub use sealer::{finish, follow, seal};
pub use verify::{Finding, Report, verify};

use crate::db::each;
use crate::db::schema::audit_pending;
use crate::error::Result;
use crate::log::{ENTITIES, Tx};
use diesel::prelude::*;
use model::Pending;

/// What a process keeps for the audit log.
#[derive(Debug, Default)]
pub struct Audit {
    refusals: refusals::Refusals,
    /// Held by whoever seals.
    progress: tokio::sync::Mutex<sealer::Progress>,
}

impl Audit {
    /// Counts a refusal; it stands in the audit log after the next sealing.
    pub fn refused(&self, refusal: Refusal) {
        self.refusals.count(refusal);
    }
}

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
    debug_assert!(ENTITIES.contains(&entity), "{entity} is missing in ENTITIES");
    let row = Pending {
        id: tx.new_id("adt")?,
        recorded_at: tx.now,
        action,
        operation: operation.to_owned(),
        code: None,
        actor_key_id: tx.caller.key_id.clone(),
        actor_role: tx.actor_role().to_owned(),
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
