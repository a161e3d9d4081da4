//! Showing a person's contact to somebody: counted, and noted in the audit log, in the transaction that reads it. That a
//! key has had its share of the day is a refusal like others, which the audit log counts.

use super::model::Contact;
use super::write::ENTITY;
use crate::audit::{self, Action, Note};
use crate::error::Result;
use crate::log::Tx;
use crate::quotas::{self, Kind};

/// Contacts that one key may be shown on a day unless set otherwise: more than a person calls, less than a list to sell.
pub const DAILY: i64 = 50;

/// What is shown, to be counted and noted.
#[derive(Debug, Clone, Copy)]
pub struct Showing<'a> {
    /// By which operation.
    pub operation: &'a str,
    /// [`Action::Disclose`] or [`Action::Export`].
    pub action: Action,
    /// Why.
    pub reason: Option<&'a str>,
    /// Contacts that the key may be shown on a day.
    pub limit: i64,
}

/// Counts and notes that `contact` is shown to the caller.
///
/// # Errors
/// 429 when the key has been shown as many today as it may be.
pub fn note(tx: &mut Tx<'_>, contact: &Contact, showing: &Showing<'_>) -> Result<()> {
    note_of(tx, ENTITY, &contact.id, &contact.organisation_id, showing)
}

/// The same for another record that holds personal data.
///
/// # Errors
/// As [`note`].
pub fn note_of(tx: &mut Tx<'_>, entity: &str, entity_id: &str, organisation_id: &str, showing: &Showing<'_>) -> Result<()> {
    let Showing { operation, action, reason, limit } = *showing;
    let caller = tx.caller;
    if let Some(key_id) = &caller.key_id {
        quotas::take(tx, key_id, Kind::Disclosures, limit)?;
    }
    audit::note(tx, &Note { action, operation, entity, entity_id, organisation_id: Some(organisation_id), reason })
}
