//! What the register itself notes of every record: id, version, origin, instants.

use super::Tx;
use crate::error::Result;
use chrono::NaiveDateTime;

/// The members of a record that no body states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Id.
    pub id: String,
    /// Version, from 1.
    pub version: i64,
    /// Instance that made the record.
    pub origin: String,
    /// When it was made.
    pub created_at: NaiveDateTime,
    /// When it was last changed.
    pub updated_at: NaiveDateTime,
}

impl Tx<'_> {
    /// Those of a record made now, with an id of this prefix.
    ///
    /// # Errors
    /// 500 when the operating system has no randomness to give.
    pub fn first_version(&self, prefix: &str) -> Result<Meta> {
        Ok(Meta { id: self.new_id(prefix)?, version: 1, origin: self.origin.to_owned(), created_at: self.now, updated_at: self.now })
    }

    /// Those of the version after `current`.
    pub fn next_version(&self, current: Meta) -> Meta {
        Meta { version: current.version + 1, updated_at: self.now, ..current }
    }
}
