//! What the database itself says of this instance: its name and its secrets, made at the first start.
//!
//! They stand in the database, not in a file, since every process of an instance needs the same ones.

use crate::db::schema::settings;
use crate::db::{Db, each};
use crate::ids::{Randomness, base32};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use diesel::prelude::*;
use std::fmt;

/// Name and secrets of an instance.
#[derive(Clone)]
pub struct Settings {
    /// Name of the instance, the prefix of its `MoU` numbers.
    pub instance: String,
    /// Key of the cursors' seals.
    pub cursor_secret: Vec<u8>,
    /// Key of the digests of personal values.
    pub digest_key: Vec<u8>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("instance", &self.instance).finish_non_exhaustive()
    }
}

/// Why the settings could not be read.
#[derive(Debug)]
pub struct SettingsError(String);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingsError {}

impl Settings {
    /// The instance's name alone, of a database that has one.
    ///
    /// # Errors
    /// When it has none: nothing was ever served from it.
    pub fn instance_of(db: &mut Db) -> Result<String, SettingsError> {
        let found = settings::table.filter(settings::name.eq("instance")).select(settings::value).first(db).optional().map_err(failed)?;
        found.ok_or_else(|| SettingsError("this database belongs to no instance: nothing was ever served from it".into()))
    }

    /// Reads them, and makes what is missing: the instance's name is `wanted`, or random.
    ///
    /// # Errors
    /// When the database has another name than the one wanted: numbers were given under it.
    pub fn load(db: &mut Db, wanted: Option<&str>, ids: &Randomness) -> Result<Self, SettingsError> {
        let instance = if let Some(name) = wanted {
            name.to_owned()
        } else {
            let mut bytes = [0_u8; 4];
            ids.fill(&mut bytes).map_err(failed)?;
            format!("CC{}", base32(u128::from(u32::from_be_bytes(bytes)), 5))
        };
        let instance = get_or_put(db, "instance", &instance)?;
        if let Some(wanted) = wanted.filter(|wanted| *wanted != instance) {
            return Err(SettingsError(format!(
                "CUNGCAU_INSTANCE is {wanted}, but this database belongs to instance {instance}, under which it gave its numbers: leave the setting out or use another database"
            )));
        }
        let cursor_secret = get_or_put(db, "cursor_secret", &secret(ids)?)?;
        let digest_key = get_or_put(db, "digest_key", &secret(ids)?)?;
        let decode = |text: &str| BASE64_STANDARD.decode(text).map_err(failed);
        Ok(Self { instance, cursor_secret: decode(&cursor_secret)?, digest_key: decode(&digest_key)? })
    }
}

fn secret(ids: &Randomness) -> Result<String, SettingsError> {
    let mut bytes = [0_u8; 32];
    ids.fill(&mut bytes).map_err(failed)?;
    Ok(BASE64_STANDARD.encode(bytes))
}

/// The value that is there, or `value`; two processes that start at once agree on the first one's.
fn get_or_put(db: &mut Db, name: &str, value: &str) -> Result<String, SettingsError> {
    let row = (settings::name.eq(name), settings::value.eq(value));
    each!(&mut *db, |conn| diesel::insert_into(settings::table).values(row).on_conflict_do_nothing().execute(conn)).map_err(failed)?;
    settings::table.filter(settings::name.eq(name)).select(settings::value).first(db).map_err(failed)
}

fn failed(error: impl fmt::Display) -> SettingsError {
    SettingsError(error.to_string())
}
