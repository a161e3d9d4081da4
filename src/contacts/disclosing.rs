//! Showing a contact to somebody: noted in the audit log, in the transaction that reads it, and counted where it is a
//! person's. That a key has had its share of the day is a refusal like others, which the audit log counts.

use super::model::{Contact, ContactKind};
use super::write::ENTITY;
use crate::audit::{self, Action, Note};
use crate::error::Result;
use crate::log::Tx;
use crate::quotas::{self, Kind};

/// Contacts of persons that one key may be shown on a day unless set otherwise: more than a person calls, less than a list to sell.
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
    /// Contacts of persons that the key may be shown on a day.
    pub limit: i64,
}

/// Notes that `contact` is shown to the caller; counts it where it is a person's.
///
/// # Errors
/// 429 when the key has been shown as many today as it may be.
pub fn note(tx: &mut Tx<'_>, contact: &Contact, showing: &Showing<'_>) -> Result<()> {
    if contact.kind == ContactKind::Person {
        count(tx, showing)?;
    }
    write_down(tx, ENTITY, &contact.id, &contact.organisation_id, showing)
}

/// Notes and counts that another record is shown which holds personal data.
///
/// # Errors
/// As [`note`].
pub fn note_of(tx: &mut Tx<'_>, entity: &str, entity_id: &str, organisation_id: &str, showing: &Showing<'_>) -> Result<()> {
    count(tx, showing)?;
    write_down(tx, entity, entity_id, organisation_id, showing)
}

fn count(tx: &mut Tx<'_>, showing: &Showing<'_>) -> Result<()> {
    let caller = tx.caller;
    caller.key_id.as_ref().map_or(Ok(()), |key_id| quotas::take(tx, key_id, Kind::Disclosures, showing.limit))
}

fn write_down(tx: &mut Tx<'_>, entity: &str, entity_id: &str, organisation_id: &str, showing: &Showing<'_>) -> Result<()> {
    let Showing { operation, action, reason, limit: _ } = *showing;
    audit::note(tx, &Note { action, operation, entity, entity_id, organisation_id: Some(organisation_id), reason })
}
