//! Keys as they are stored, asked for and answered.

use super::KeyText;
use crate::access::scopes::Scope;
use crate::access::{Caller, Owners, Role};
use crate::db::Json;
use crate::db::schema::keys;
use crate::reference::ProvinceId;
use crate::reference::views::ProvinceView;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use utoipa::ToSchema;

/// A key as it is stored. Its digest is no part of a change.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = keys, treat_none_as_null = true, treat_none_as_default_value = false)]
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
    /// Version, from 1.
    pub version: i64,
    /// What it may do within its role; everything when the list is empty.
    pub scopes: Json<Vec<String>>,
    /// From where it is accepted; from everywhere when the list is empty.
    pub addresses: Json<Vec<String>>,
    /// The key that replaces it.
    pub replaced_by_id: Option<String>,
    /// Why it was revoked.
    pub revocation_reason: Option<String>,
    /// The first of the keys that replaced one another up to this one.
    pub family_id: String,
}

impl Key {
    /// Who a request with this key is.
    pub fn caller(&self) -> Caller {
        Caller {
            key_id: Some(self.id.clone()),
            family_id: Some(self.family_id.clone()),
            role: Some(self.role),
            organisation_id: self.organisation_id.clone(),
            province_id: self.province_id,
            scopes: self.parsed_scopes(),
        }
    }

    /// A scope of a later version of this program opens nothing here, and leaves the key as narrow as it was meant.
    fn parsed_scopes(&self) -> Vec<Scope> {
        let scopes = self.scopes.get();
        let known: Vec<Scope> = scopes.iter().filter_map(|scope| scope.parse().ok()).collect();
        if known.is_empty() && !scopes.is_empty() { vec![Scope::NOTHING] } else { known }
    }

    /// Whether it holds at `now`.
    pub fn holds(&self, now: NaiveDateTime) -> bool {
        self.status(now) == KeyStatus::Active
    }

    /// How it stands at `now`.
    pub fn status(&self, now: NaiveDateTime) -> KeyStatus {
        if self.revoked_at.is_some_and(|revoked| revoked <= now) {
            KeyStatus::Revoked
        } else if self.expires_at <= now {
            KeyStatus::Expired
        } else {
            KeyStatus::Active
        }
    }

    /// Whether it is accepted from `address`.
    pub fn is_accepted_from(&self, address: Option<IpAddr>) -> bool {
        let networks = self.addresses.get();
        let contains = |text: &String, address: &IpAddr| network(text).is_some_and(|network| network.contains(address));
        networks.is_empty() || address.is_some_and(|address| networks.iter().any(|text| contains(text, &address)))
    }

    /// Whose it is: its own.
    pub fn owners(&self) -> Owners {
        Owners::key(&self.id)
    }

    /// As it is answered at `now`.
    pub fn view(&self, last_used_at: Option<NaiveDateTime>, now: NaiveDateTime, as_of: NaiveDate) -> KeyView {
        KeyView {
            id: self.id.clone(),
            version: self.version,
            prefix: KeyText::prefix(&self.id),
            last_four: self.last_four.clone(),
            name: self.name.clone(),
            role: self.role,
            organisation_id: self.organisation_id.clone(),
            province: self.province_id.map(|id| ProvinceView::new(id, as_of)),
            scopes: self.scopes.get().clone(),
            addresses: self.addresses.get().clone(),
            status: self.status(now),
            created_at: self.created_at,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
            replaced_by_id: self.replaced_by_id.clone(),
            revocation_reason: self.revocation_reason.clone(),
            last_used_at,
        }
    }
}

/// A network, or one address.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

crate::db::text_enum! {
    /// How a key stands.
    KeyStatus {
        /// It holds.
        Active = "active",
        /// Its time has run out.
        Expired = "expired",
        /// It was revoked.
        Revoked = "revoked",
    }
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
    /// What it may do within its role; everything when the list is empty.
    pub scopes: Vec<String>,
    /// Networks from which it is accepted; everywhere when the list is empty.
    pub addresses: Vec<String>,
    /// Days until it expires, 1 to 365.
    pub days: i64,
}

/// The body that makes a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What it is for, in words.
    #[schema(min_length = 1, max_length = 300)]
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The organisation it acts for: a producer's and a buyer's key needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40)]
    pub organisation_id: Option<String>,
    /// Province of an officer: code or name today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub province: Option<String>,
    /// What it may do within its role, such as `mous:write`, `offers:read` or `*:read`; everything when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "crate::http::body::or_default")]
    #[schema(max_items = 40, value_type = Vec<crate::check::Line>, inline)]
    pub scopes: Vec<String>,
    /// Addresses and networks from which it is accepted, such as `203.0.113.7` or `2001:db8::/32`; all when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "crate::http::body::or_default")]
    #[schema(max_items = 40, value_type = Vec<crate::check::Line>, inline)]
    pub addresses: Vec<String>,
    /// Days until it expires, 1 to 365; 365 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 365)]
    pub days: Option<i64>,
}

/// The body that replaces a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRotation {
    /// Hours for which the old key goes on beside the new one, 0 to 720; 24 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 720)]
    pub overlap_hours: Option<i64>,
}

/// The body that revokes a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRevocation {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub reason: Option<String>,
    /// Whether the keys that this one has made to replace it go on; unless said, they are revoked with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_successors: Option<bool>,
}

/// A key as it is answered; never the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeyView {
    /// Id, `key_…`.
    pub id: String,
    /// Version, from 1.
    pub version: i64,
    /// How the key begins, up to its secret.
    pub prefix: String,
    /// How its secret ends.
    pub last_four: String,
    /// What it is for, in words.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The organisation it acts for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation_id: Option<String>,
    /// The province of an officer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub province: Option<ProvinceView>,
    /// What it may do within its role; everything when the list is empty.
    pub scopes: Vec<String>,
    /// From where it is accepted; from everywhere when the list is empty.
    pub addresses: Vec<String>,
    /// How it stands now.
    pub status: KeyStatus,
    /// When it was made.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: NaiveDateTime,
    /// From when it no longer holds.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub expires_at: NaiveDateTime,
    /// When it was revoked.
    #[serde(with = "crate::clock::maybe_utc", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub revoked_at: Option<NaiveDateTime>,
    /// The key that replaces it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by_id: Option<String>,
    /// Why it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_reason: Option<String>,
    /// When it was used last, to the minute.
    #[serde(with = "crate::clock::maybe_utc", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub last_used_at: Option<NaiveDateTime>,
}

/// A new key, with the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MadeKey {
    /// As it will be listed.
    #[serde(flatten)]
    pub view: KeyView,
    /// The key itself, shown this once: a repeated answer of the same `Idempotency-Key` leaves it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}
