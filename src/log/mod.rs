//! The change log: one numbered entry for every mutation, written in the transaction of the mutation.
//!
//! INVARIANT: numbers have no gaps and rise in commit order, since the one row of `feed_head` is updated
//! last and its lock is held through the commit. A reader of `seq > cursor` therefore never meets a smaller
//! number later. A delete leaves its entry: nothing that the log has named disappears without one.
//! Bodies hold no personal value; the columns that are personal are not part of any record (see `access::columns`).

mod announce;
mod history;
mod meta;
mod reading;

pub use announce::{announced, listen};
pub use history::{At, HistoryEntry, MemberChange, at, history, is_same, latest};
pub use meta::Meta;
pub use reading::{Position, after, at_position, head, maker, position};

use crate::access::Caller;
use crate::db::schema::changes;
use crate::db::{Db, insert_all, text_enum};
use crate::error::{Problem, Result};
use crate::ids::Randomness;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::Serialize;

/// Every kind of record that the log and the audit log speak of: as what one looks for them.
pub const ENTITIES: &[&str] = &[
    "certificate",
    "contact",
    "demand",
    "event",
    "facility",
    "introduction",
    "key",
    "mou",
    "offer",
    "organisation",
    "personal_data_request",
    "product",
    "ref",
    "star_proposal",
];

text_enum! {
    /// What a change did.
    Operation {
        /// The first version.
        Create = "create",
        /// A later version.
        Update = "update",
        /// The tombstone.
        Delete = "delete",
    }
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = changes, treat_none_as_default_value = false)]
pub struct Change {
    /// Position in the log, from 1.
    pub seq: i64,
    /// When, UTC.
    pub recorded_at: NaiveDateTime,
    /// What kind of record.
    pub entity: String,
    /// Which record.
    pub entity_id: String,
    /// The record's version after the change.
    pub version: i64,
    /// What the change did.
    pub operation: Operation,
    /// The key that did it.
    pub actor_key_id: Option<String>,
    /// In which role: `system` for the program itself.
    pub actor_role: String,
    /// For which organisation.
    pub actor_organisation_id: Option<String>,
    /// The instance that made the record.
    pub origin: String,
    /// The whole record as JSON; none for a tombstone.
    pub body: Option<String>,
}

const CHANGE_COLUMNS: usize = 11;

impl Change {
    /// The entry for the first version of a record that the program itself makes at `at`; numbered when it is written.
    ///
    /// # Errors
    /// 500 when the record can't be serialised.
    pub(crate) fn first(entity: &str, id: &str, at: NaiveDateTime, origin: &str, body: &impl Serialize) -> Result<Self> {
        Ok(Self {
            seq: 0,
            recorded_at: at,
            entity: entity.to_owned(),
            entity_id: id.to_owned(),
            version: 1,
            operation: Operation::Create,
            actor_key_id: None,
            actor_role: SYSTEM.to_owned(),
            actor_organisation_id: None,
            origin: origin.to_owned(),
            body: Some(serde_json::to_string(body).map_err(Problem::internal)?),
        })
    }
}

/// Role of the program itself.
const SYSTEM: &str = "system";

/// A write transaction: the database, the time, who acts, and the changes so far.
pub struct Tx<'a> {
    /// The database, inside the transaction.
    pub db: &'a mut Db,
    /// The instant of the transaction, UTC.
    pub now: NaiveDateTime,
    /// The day in Vietnam of that instant.
    pub today: NaiveDate,
    /// Name of this instance.
    pub origin: &'a str,
    /// Key of the digests of personal values.
    pub digest_key: &'a [u8],
    /// Who acts.
    pub caller: &'a Caller,
    ids: &'a Randomness,
    pending: Vec<Change>,
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("now", &self.now).field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}

impl<'a> Tx<'a> {
    /// A transaction that `App::write` has begun.
    pub fn new(db: &'a mut Db, now: NaiveDateTime, origin: &'a str, digest_key: &'a [u8], caller: &'a Caller, ids: &'a Randomness) -> Self {
        Self { db, now, today: crate::clock::day_of(now), origin, digest_key, caller, ids, pending: Vec::new() }
    }

    /// A new id such as `prd_01HF…`.
    ///
    /// # Errors
    /// 500 when the operating system has no randomness to give.
    pub fn new_id(&self, prefix: &str) -> Result<String> {
        self.ids.id(prefix, self.now).map_err(Problem::internal)
    }

    /// Where the randomness of new keys comes from.
    pub fn randomness(&self) -> &Randomness {
        self.ids
    }

    /// In which role the log and the audit log say that the caller acts: whoever has no key here is the program itself.
    pub fn actor_role(&self) -> &'static str {
        match (&self.caller.key_id, self.caller.role) {
            (None, _) => SYSTEM,
            (Some(_), role) => role.map_or("anonymous", |role| role.as_str()),
        }
    }

    /// Notes a change; it is numbered and written at the end of the transaction.
    ///
    /// # Errors
    /// 500 when the record can't be serialised.
    pub fn record(&mut self, operation: Operation, entity: &str, id: &str, version: i64, body: &impl Serialize) -> Result<()> {
        debug_assert!(ENTITIES.contains(&entity), "{entity} is missing in ENTITIES");
        let body = match operation {
            Operation::Delete => None,
            Operation::Create | Operation::Update => Some(serde_json::to_string(body).map_err(Problem::internal)?),
        };
        self.pending.push(Change {
            seq: 0,
            recorded_at: self.now,
            entity: entity.to_owned(),
            entity_id: id.to_owned(),
            version,
            operation,
            actor_key_id: self.caller.key_id.clone(),
            actor_role: self.actor_role().to_owned(),
            actor_organisation_id: self.caller.organisation_id.clone(),
            origin: self.origin.to_owned(),
            body,
        });
        Ok(())
    }

    /// Notes entries that [`Change::first`] made beforehand: serialising many records need not hold a transaction up.
    pub(crate) fn note(&mut self, entries: Vec<Change>) {
        self.pending.extend(entries);
    }

    /// Numbers the changes and writes them: the last statements before the commit.
    ///
    /// # Errors
    /// What the database says.
    pub fn finish(self) -> Result<Vec<Change>> {
        let mut pending = self.pending;
        let Ok(n) = i64::try_from(pending.len()) else { return Err(Problem::internal("more changes than an i64 counts")) };
        if n == 0 {
            return Ok(pending);
        }
        let head = announce::take_numbers(self.db, n)?;
        for (change, seq) in pending.iter_mut().zip(head - n + 1..) {
            change.seq = seq;
        }
        insert_all!(self.db, changes::table, &pending.iter().collect::<Vec<_>>(), CHANGE_COLUMNS)?;
        Ok(pending)
    }
}
