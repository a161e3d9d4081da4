//! What a facility is: the row, the body that makes it, and the answer.

use crate::db::schema::facilities;
use crate::db::text_enum;
use crate::log::Meta;
use crate::reference::ProvinceId;
use crate::reference::views::ProvinceView;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// Kind of place.
    FacilityKind {
        /// Where goods are made or packed.
        Facility = "facility",
        /// Land, herd or pond.
        Farm = "farm",
    }
}

/// A place, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = facilities, treat_none_as_null = true, treat_none_as_default_value = false)]
#[schema(as = FacilityRecord)]
pub struct Facility {
    /// Id, `fac_…`.
    pub id: String,
    /// Version, from 1.
    pub version: i64,
    /// Instance that made the record.
    pub origin: String,
    /// When it was made.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: NaiveDateTime,
    /// When it was last changed.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub updated_at: NaiveDateTime,
    /// Organisation whose place it is.
    pub holder_id: String,
    /// Kind of place.
    pub kind: FacilityKind,
    /// Name.
    pub name: String,
    /// Search key of the name.
    #[serde(skip)]
    pub name_folded: String,
    /// Province-level unit, as recorded.
    pub province_id: ProvinceId,
    /// Address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Invented for the demo.
    pub illustrative: bool,
}

/// Columns of a place.
pub(super) const FACILITY_COLUMNS: usize = 12;

impl Facility {
    /// What the register notes of it.
    pub(super) fn meta(&self) -> Meta {
        Meta {
            id: self.id.clone(),
            version: self.version,
            origin: self.origin.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// A place as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Facility)]
pub struct FacilityView {
    /// The record.
    #[serde(flatten)]
    pub record: Facility,
    /// Its province-level unit, with the one in its place on the day asked.
    pub province: ProvinceView,
}

/// The body that makes a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFacility {
    /// Organisation whose place it is.
    #[schema(min_length = 1, max_length = 40)]
    pub holder_id: String,
    /// Kind of place.
    pub kind: FacilityKind,
    /// Name.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Address; a business address, never a home that is not one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub address: Option<String>,
    /// Province-level unit: code or name, `@YYYY-MM-DD` for another day than today.
    #[schema(min_length = 1, max_length = 100, example = "94@2020-10-27")]
    pub province: String,
    /// Invented, for a demo.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "std::ops::Not::not")]
    #[schema(nullable)]
    pub illustrative: bool,
}

impl From<&Facility> for NewFacility {
    fn from(facility: &Facility) -> Self {
        let Facility {
            id: _,
            version: _,
            origin: _,
            created_at: _,
            updated_at: _,
            holder_id,
            kind,
            name,
            name_folded: _,
            province_id,
            address,
            illustrative,
        } = facility.clone();
        Self { holder_id, kind, name, address, province: province_id.as_str().to_owned(), illustrative }
    }
}
