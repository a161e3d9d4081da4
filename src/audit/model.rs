//! A row of the audit log, sealed and not sealed yet.

use crate::db::schema::{audit, audit_pending};
use crate::db::text_enum;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

text_enum! {
    /// What was done.
    Action {
        /// A record was made.
        Create = "create",
        /// A record was changed.
        Update = "update",
        /// A record was deleted.
        Delete = "delete",
        /// Many records were made at once by the program itself.
        Import = "import",
        /// Personal data was shown to somebody.
        Disclose = "disclose",
        /// All that is held on a person was given out.
        Export = "export",
        /// Personal data was erased.
        Erase = "erase",
        /// Somebody was refused.
        Refuse = "refuse",
    }
}

/// What is noted in the transaction of what it tells of, and sealed a moment later.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_pending, treat_none_as_default_value = false)]
pub struct Pending {
    /// Id, `adt_…`.
    pub id: String,
    /// When, UTC.
    pub recorded_at: NaiveDateTime,
    /// What was done.
    pub action: Action,
    /// The operation of the API.
    pub operation: String,
    /// Of a refusal: why, as the answer said.
    pub code: Option<String>,
    /// The key that acted.
    pub actor_key_id: Option<String>,
    /// In which role; `anonymous` without a key.
    pub actor_role: String,
    /// For which organisation.
    pub actor_organisation_id: Option<String>,
    /// What kind of record it is about.
    pub entity: Option<String>,
    /// Which record.
    pub entity_id: Option<String>,
    /// Whose it is.
    pub organisation_id: Option<String>,
    /// Why, as the actor said.
    pub reason: Option<String>,
    /// How many that were alike it stands for.
    pub times: i64,
}

/// One row of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize, ToSchema)]
#[diesel(table_name = audit, treat_none_as_default_value = false)]
#[schema(as = AuditEntry)]
pub struct Entry {
    /// Position in the audit log, from 1, without gaps.
    #[schema(minimum = 1, example = 1)]
    pub seq: i64,
    /// When it happened (of refusals that are counted: when the counting ended), UTC.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: NaiveDateTime,
    /// What was done.
    pub action: Action,
    /// The operation of the API, of what is no mutation.
    pub operation: Option<String>,
    /// Of a refusal: the `code` of the problem that was answered.
    pub code: Option<String>,
    /// The key that acted.
    pub actor_key_id: Option<String>,
    /// In which role: `system` for the program itself, `anonymous` without a key.
    pub actor_role: String,
    /// For which organisation.
    pub actor_organisation_id: Option<String>,
    /// What kind of record it is about.
    pub entity: Option<String>,
    /// Which record.
    pub entity_id: Option<String>,
    /// Version of the record after a mutation.
    pub version: Option<i64>,
    /// The organisation whose data it is about; none of what has several sides, as MoUs and introductions have.
    pub organisation_id: Option<String>,
    /// Why, as the actor said.
    pub reason: Option<String>,
    /// How many that were alike the row stands for: refusals are counted, not written one by one.
    #[schema(minimum = 1)]
    pub times: i64,
    /// The first change of the log that it covers.
    pub first_change: Option<i64>,
    /// The last change of the log that it covers.
    pub last_change: Option<i64>,
    /// SHA-256 over those changes.
    pub changes_digest: Option<String>,
    /// SHA-256 over the hash of the row before and this row.
    pub hash: String,
}

/// Columns of [`Entry`].
pub(super) const ENTRY_COLUMNS: usize = 18;
