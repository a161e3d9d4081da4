//! Making, changing and deleting a contact, each with its change in the log.

use super::model::{Contact, NewContact};
use super::rules::{Before, Checked, MOST_CONTACTS, check, stands};
use super::seal::{Of, keyed_digest, salted_digest};
use super::store;
use crate::error::{Faults, Problem, Result, text};
use crate::hex::hex;
use crate::log::{Meta, Operation, Tx};

/// Entity of the log.
pub const ENTITY: &str = "contact";

/// Makes a contact of an organisation.
///
/// # Errors
/// 422 with every fault.
pub(super) fn create(tx: &mut Tx<'_>, organisation_id: &str, new: NewContact) -> Result<Contact> {
    let mut faults = Faults::new();
    let checked = check(&new, None, tx.today, &mut faults);
    if store::count(tx.db, organisation_id)? >= MOST_CONTACTS {
        faults.add(
            "",
            "too_many",
            text(
                format!("An organisation has at most {MOST_CONTACTS} contacts: delete one that is no longer used."),
                format!("Mỗi tổ chức có tối đa {MOST_CONTACTS} liên hệ: hãy xóa liên hệ không còn dùng."),
            ),
        );
    }
    faults.into_result()?;
    let mut salt = [0_u8; 16];
    tx.randomness().fill(&mut salt).map_err(Problem::internal)?;
    let meta = tx.first_version("cnt")?;
    let contact = contact_of(tx, organisation_id, new, checked, meta, hex(salt), None)?;
    store::insert(tx.db, &contact)?;
    tx.record(Operation::Create, ENTITY, &contact.id, contact.version, &contact.logged())?;
    Ok(contact)
}

/// Stores the next version of what was `before`.
///
/// # Errors
/// 422 with every fault.
pub(super) fn replace(tx: &mut Tx<'_>, before: Before<'_>, new: NewContact) -> Result<Contact> {
    let mut faults = Faults::new();
    let checked = check(&new, Some(before), tx.today, &mut faults);
    faults.into_result()?;
    let current = before.contact;
    let meta = tx.next_version(Meta {
        id: current.id.clone(),
        version: current.version,
        origin: current.origin.clone(),
        created_at: current.created_at,
        updated_at: current.updated_at,
    });
    let next = contact_of(tx, &current.organisation_id, new, checked, meta, current.salt.clone(), Some(current))?;
    if !store::update(tx.db, current, &next)? {
        return Err(Problem::unavailable("another writer was faster").contended());
    }
    tx.record(Operation::Update, ENTITY, &next.id, next.version, &next.logged())?;
    Ok(next)
}

/// Deletes the row, and with it the salt of every digest that the log holds of it. The log keeps a tombstone.
///
/// # Errors
/// What the database says.
pub(super) fn delete(tx: &mut Tx<'_>, contact: &Contact) -> Result<()> {
    if !store::delete(tx.db, contact)? {
        return Err(Problem::unavailable("another writer was faster").contended());
    }
    tx.record(Operation::Delete, ENTITY, &contact.id, contact.version + 1, &())
}

/// The row that `new` makes; destructured, so that a new member can't be forgotten.
fn contact_of(
    tx: &Tx<'_>,
    organisation_id: &str,
    new: NewContact,
    checked: Checked,
    meta: Meta,
    salt: String,
    current: Option<&Contact>,
) -> Result<Contact> {
    let NewContact { kind, purpose, ground, visibility: _, name, position, phone: _, email: _, consent: _, retention_until, illustrative } =
        new;
    let Checked { visibility, phone, email, consent } = checked;
    let keyed = |of, value: Option<&String>| value.map(|value| keyed_digest(tx.digest_key, of, value)).transpose();
    let (phone_digest, email_digest) = (keyed(Of::Phone, phone.as_ref())?, keyed(Of::Email, email.as_ref())?);
    let Meta { id, version, origin, created_at, updated_at } = meta;
    let mut contact = Contact {
        id,
        version,
        origin,
        created_at,
        updated_at,
        organisation_id: organisation_id.to_owned(),
        kind,
        purpose,
        ground,
        visibility,
        name,
        position,
        phone,
        email,
        phone_digest,
        email_digest,
        salt,
        digest: String::new(),
        consent_given_on: None,
        consent_channel: None,
        consent_text_version: None,
        consent_recorded_at: None,
        consent_recorded_by_key_id: None,
        consent_recorded_by_organisation_id: None,
        consent_withdrawn_on: None,
        retention_until,
        illustrative,
    };
    contact.digest = salted_digest(&contact)?;
    let Some(consent) = consent else { return Ok(contact) };
    // Who recorded a consent stays as long as that consent stands; another one is recorded by whoever states it.
    let recorded = current.filter(|current| stands(current, &consent));
    (contact.consent_recorded_at, contact.consent_recorded_by_key_id, contact.consent_recorded_by_organisation_id) = match recorded {
        Some(current) => {
            (current.consent_recorded_at, current.consent_recorded_by_key_id.clone(), current.consent_recorded_by_organisation_id.clone())
        }
        None => (Some(tx.now), tx.caller.key_id.clone(), tx.caller.organisation_id.clone()),
    };
    contact.consent_given_on = Some(consent.given_on);
    contact.consent_channel = Some(consent.channel);
    contact.consent_text_version = Some(consent.text_version);
    contact.consent_withdrawn_on = consent.withdrawn_on;
    Ok(contact)
}
