//! The code of an individual that a household business has instead of a tax code: found by its digest, shown to nobody but
//! the person, and taken out when the person asks for it. The organisation stays, with its name: it is that of a business.

use super::model::{Organisation, OrganisationRow};
use super::rules::{TaxCode, tax_code};
use super::store;
use crate::db::Db;
use crate::db::schema::{organisations, personal_codes};
use crate::error::{Problem, Result};
use crate::hex::hex;
use crate::log::{Operation, Tx};
use diesel::prelude::*;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Entity of the log.
pub const ENTITY: &str = "organisation";

/// The digest of a code under the instance's own key.
pub fn digest(key: &[u8], code: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(code.as_bytes());
    Some(hex(mac.finalize().into_bytes()))
}

/// The twelve digits of an individual's code, of text that is one.
pub fn code(input: &str) -> Option<String> {
    match tax_code(input) {
        Ok(TaxCode::Person(code)) => Some(code),
        Ok(TaxCode::Organisation(_)) | Err(_) => None,
    }
}

/// The organisation whose individual's code has this digest.
///
/// # Errors
/// What the database says.
pub fn found_by(db: &mut Db, digest: &str) -> Result<Option<Organisation>> {
    let row = organisations::table.filter(organisations::personal_code_digest.eq(digest)).select(OrganisationRow::as_select());
    let row: Option<OrganisationRow> = row.first(db).optional()?;
    Ok(store::with_profiles(db, row.into_iter().collect())?.pop())
}

/// The code itself.
///
/// # Errors
/// What the database says.
pub fn code_of(db: &mut Db, organisation_id: &str) -> Result<Option<String>> {
    Ok(personal_codes::table.find(organisation_id).select(personal_codes::personal_code).first(db).optional()?)
}

/// Takes the code and its digest out of the organisation, in a new version of it.
///
/// # Errors
/// What the database says.
pub fn erase(tx: &mut Tx<'_>, current: &Organisation) -> Result<()> {
    let mut next = current.clone();
    next.row.personal_code_digest = None;
    next.row.version += 1;
    next.row.updated_at = tx.now;
    if !store::update(tx.db, current, &next)? {
        return Err(Problem::unavailable("another writer was faster").contended());
    }
    store::forget_personal_code(tx.db, &next.row.id)?;
    tx.record(Operation::Update, ENTITY, &next.row.id, next.row.version, &next)
}

/// A digest as a change has it: that there is one.
pub mod presence {
    use serde::{Deserialize, Deserializer, Serializer};

    /// Whether there is one.
    ///
    /// # Errors
    /// Those of the serializer.
    #[expect(clippy::ref_option, reason = "serde calls it with a reference to the member")]
    pub fn serialize<S: Serializer>(digest: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(digest.is_some())
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Said {
        There(bool),
        /// As changes had it before.
        Digest(String),
    }

    /// Some, without the digest, where there was one.
    ///
    /// # Errors
    /// When it is neither said nor a digest.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
        Ok(match Option::<Said>::deserialize(deserializer)? {
            None | Some(Said::There(false)) => None,
            Some(Said::There(true)) => Some(String::new()),
            Some(Said::Digest(digest)) => Some(digest),
        })
    }
}
