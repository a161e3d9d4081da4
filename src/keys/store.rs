//! Keys in the database.

use super::KeyText;
use crate::access::{Caller, Role};
use crate::db::Db;
use crate::db::schema::{keys, organisations};
use crate::error::{Faults, Problem, Result, text};
use crate::log::{Operation, Tx};
use crate::reference::ProvinceId;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use serde::Serialize;

/// A key lives at most a year.
const LONGEST_LIFE_DAYS: i64 = 366;

/// A key as it is stored. Its digest is no part of a change.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = keys, treat_none_as_default_value = false)]
pub struct Key {
    /// Id, `key_…`.
    pub id: String,
    /// SHA-256 of the key.
    #[serde(skip)]
    pub digest: String,
    /// By which a person tells keys apart.
    pub last_four: String,
    /// What it is for, in words.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The organisation it acts for.
    pub organisation_id: Option<String>,
    /// The province of an officer.
    pub province_id: Option<ProvinceId>,
    /// When it was made.
    pub created_at: NaiveDateTime,
    /// From when it no longer holds.
    pub expires_at: NaiveDateTime,
    /// Since when it no longer holds.
    pub revoked_at: Option<NaiveDateTime>,
}

/// What a new key is to be.
#[derive(Debug, Clone)]
pub struct KeyRequest {
    /// What it is for, in words.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The organisation it acts for.
    pub organisation_id: Option<String>,
    /// The province of an officer.
    pub province_id: Option<ProvinceId>,
    /// Days until it expires, 1 to 366.
    pub days: i64,
}

impl Key {
    /// Who a request with this key is.
    pub fn caller(&self) -> Caller {
        Caller {
            key_id: Some(self.id.clone()),
            role: Some(self.role),
            organisation_id: self.organisation_id.clone(),
            province_id: self.province_id,
        }
    }

    /// Whether it holds at `now`.
    pub fn holds(&self, now: NaiveDateTime) -> bool {
        now < self.expires_at && self.revoked_at.is_none_or(|revoked| now < revoked)
    }
}

/// Makes a key; its text is returned this once.
///
/// # Errors
/// 422 with every fault: a role without what it needs, an organisation that isn't there, a life over a year.
pub fn create(tx: &mut Tx<'_>, request: &KeyRequest, ids: &crate::ids::Randomness) -> Result<(Key, KeyText)> {
    let mut faults = Faults::new();
    if request.role == Role::Officer && request.province_id.is_none() {
        faults.add("/province", "missing", text("An officer's key needs a province.", "Khóa của cán bộ cần có tỉnh."));
    }
    if matches!(request.role, Role::Producer | Role::Buyer) && request.organisation_id.is_none() {
        faults.add(
            "/organisation",
            "missing",
            text("This role acts for an organisation: name it.", "Vai trò này đại diện cho một tổ chức: hãy nêu tổ chức."),
        );
    }
    if !(1..=LONGEST_LIFE_DAYS).contains(&request.days) {
        faults.add("/days", "out_of_range", text("A key lives 1 to 366 days.", "Khóa có hiệu lực từ 1 đến 366 ngày."));
    }
    if let Some(id) = &request.organisation_id {
        let known: Option<String> = organisations::table.find(id).select(organisations::id).first(tx.db).optional()?;
        if known.is_none() {
            faults.add(
                "/organisation",
                "unknown_organisation",
                text("There is no organisation with this id.", "Không có tổ chức với mã này."),
            );
        }
    }
    faults.into_result()?;
    let id = tx.new_id("key")?;
    let key_text = KeyText::generate(id.trim_start_matches("key_"), ids).map_err(Problem::internal)?;
    let key = Key {
        id,
        digest: key_text.digest(),
        last_four: key_text.last_four(),
        name: request.name.clone(),
        role: request.role,
        organisation_id: request.organisation_id.clone(),
        province_id: request.province_id,
        created_at: tx.now,
        expires_at: tx.now + TimeDelta::days(request.days),
        revoked_at: None,
    };
    crate::db::each!(&mut *tx.db, |conn| diesel::insert_into(keys::table).values(&key).execute(conn))?;
    tx.record(Operation::Create, "key", &key.id, 1, &key)?;
    Ok((key, key_text))
}

/// The key with this digest.
///
/// # Errors
/// What the database says.
pub fn find(db: &mut Db, digest: &str) -> Result<Option<Key>> {
    Ok(keys::table.filter(keys::digest.eq(digest)).select(Key::as_select()).first(db).optional()?)
}

/// Whether an administrator's key was ever made: the first start makes one.
///
/// # Errors
/// What the database says.
pub fn first_admin_exists(db: &mut Db) -> Result<bool> {
    let admins: i64 = keys::table.filter(keys::role.eq(Role::Admin)).count().get_result(db)?;
    Ok(admins > 0)
}
