//! What a product is: the row, the body that makes it, and the answer.

use crate::db::schema::products;
use crate::db::{Json, text_enum};
use crate::decimal::Quantity;
use crate::log::Meta;
use crate::organisations::OrganisationSummary;
use crate::reference::views::GroupView;
use crate::reference::{CertificateKindId, GroupId, UnitId};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// How a product is kept.
    Storage {
        /// Nhiệt độ thường.
        Ambient = "ambient",
        /// Nơi mát.
        Cool = "cool",
        /// Ướp lạnh.
        Chilled = "chilled",
        /// Đông lạnh.
        Frozen = "frozen",
        /// Sống.
        Live = "live",
    }
}

text_enum! {
    /// Whether a product is still made.
    ProductStatus {
        /// It is.
        Active = "active",
        /// No longer.
        Discontinued = "discontinued",
    }
}

/// A pack and what is in it: "1 thùng = 12 kg".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pack {
    /// The package.
    pub unit: UnitId,
    /// How much is in it.
    pub content_quantity: Quantity,
    /// In which unit.
    pub content_unit: UnitId,
}

/// A pack as columns: all three, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize)]
#[diesel(table_name = products, treat_none_as_null = true, treat_none_as_default_value = false)]
#[serde(from = "Option<Pack>", into = "Option<Pack>")]
pub struct PackColumns {
    #[diesel(column_name = pack_unit)]
    unit: Option<UnitId>,
    #[diesel(column_name = pack_content_milli)]
    content_quantity: Option<Quantity>,
    #[diesel(column_name = pack_content_unit)]
    content_unit: Option<UnitId>,
}

impl From<Option<Pack>> for PackColumns {
    fn from(pack: Option<Pack>) -> Self {
        Self {
            unit: pack.map(|pack| pack.unit),
            content_quantity: pack.map(|pack| pack.content_quantity),
            content_unit: pack.map(|pack| pack.content_unit),
        }
    }
}

impl From<PackColumns> for Option<Pack> {
    fn from(columns: PackColumns) -> Self {
        match columns {
            PackColumns { unit: Some(unit), content_quantity: Some(content_quantity), content_unit: Some(content_unit) } => {
                Some(Pack { unit, content_quantity, content_unit })
            }
            _ => None,
        }
    }
}

impl Default for PackColumns {
    fn default() -> Self {
        None.into()
    }
}

impl PackColumns {
    fn is_absent(&self) -> bool {
        Option::<Pack>::from(*self).is_none()
    }
}

/// A picture elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// Its address, `https://…`.
    #[schema(min_length = 9, max_length = 500)]
    pub url: String,
    /// What it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub caption: Option<String>,
}

/// A product, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = products, treat_none_as_null = true, treat_none_as_default_value = false)]
#[schema(as = ProductRecord)]
pub struct Product {
    /// Id, `prd_…`.
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
    /// Organisation that makes it.
    pub producer_id: String,
    /// Name.
    pub name: String,
    /// Search key of the name.
    #[serde(skip)]
    pub name_folded: String,
    /// English name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
    /// OCOP group, under the decision that it was chosen by.
    pub group_id: GroupId,
    /// HS code: 6, 8 or 10 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hs_code: Option<String>,
    /// GTIN of the consumer unit: 8, 12, 13 or 14 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// Its pack.
    #[diesel(embed)]
    #[serde(default, skip_serializing_if = "PackColumns::is_absent")]
    #[schema(value_type = Option<Pack>)]
    pub pack: PackColumns,
    /// Shelf life in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shelf_life_days: Option<i32>,
    /// How it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
    /// Its story.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<String>,
    /// Pictures.
    #[schema(value_type = Vec<Picture>)]
    pub pictures: Json<Vec<Picture>>,
    /// Whether it is still made.
    pub status: ProductStatus,
    /// Invented for the demo.
    pub illustrative: bool,
}

/// Columns of a product.
pub(super) const PRODUCT_COLUMNS: usize = 21;

impl Product {
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

/// A certificate that is valid on the day asked, as a product shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ValidCertificate {
    /// Id of the certificate.
    pub id: String,
    /// Its kind.
    pub kind: CertificateKindId,
    /// Stars of an OCOP certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 3, maximum = 5)]
    pub stars: Option<i32>,
    /// Last day, as printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<NaiveDate>,
    /// The last day on which it is valid as far as is known, extension and revocation included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_through: Option<NaiveDate>,
}

/// A product as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Product)]
pub struct ProductView {
    /// The record.
    #[serde(flatten)]
    pub record: Product,
    /// Its OCOP group, with the counterpart of 2026.
    pub group: GroupView,
    /// Who makes it; absent when that organisation has been deleted since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer: Option<OrganisationSummary>,
    /// The stars that hold on the day asked: the highest of its OCOP certificates that are valid then; absent
    /// when none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 3, maximum = 5)]
    pub stars: Option<i32>,
    /// Its certificates that are valid on the day asked.
    pub valid_certificates: Vec<ValidCertificate>,
}

/// A pack in a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPack {
    /// The package: a unit whose content depends on the product, such as THUNG or HOP, or on the place, such as CHUC.
    #[schema(min_length = 1, max_length = 40, example = "THUNG")]
    pub unit: String,
    /// How much is in it; more than nothing.
    pub content_quantity: Quantity,
    /// In a unit that is the same everywhere, such as KG, L or CAI.
    #[schema(min_length = 1, max_length = 40, example = "KG")]
    pub content_unit: String,
}

/// The body that makes a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    /// Organisation that makes it; it has the profile of a producer. Never changes.
    #[schema(min_length = 1, max_length = 40)]
    pub producer_id: String,
    /// Name.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// English name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub name_en: Option<String>,
    /// OCOP group without subgroups: a code of the decision that governs today (`I.2.a`), one of 2019 (`N1.2.a`),
    /// or a code with its decision (`QD148-2023/I.2.a`).
    #[schema(min_length = 1, max_length = 40, example = "N1.2.a")]
    pub group: String,
    /// HS code: 6, 8 or 10 digits; dots are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20, example = "1006.30")]
    pub hs_code: Option<String>,
    /// GTIN of the consumer unit: 8, 12, 13 or 14 digits, the last a check digit; any prefix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20, example = "8938505974194")]
    pub gtin: Option<String>,
    /// Its pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<NewPack>,
    /// Shelf life in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 36500)]
    pub shelf_life_days: Option<i32>,
    /// How it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
    /// Its story.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4000)]
    pub story: Option<String>,
    /// Pictures.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "Vec::is_empty")]
    #[schema(nullable, max_items = 20)]
    pub pictures: Vec<Picture>,
    /// Whether it is still made; `active` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ProductStatus>,
    /// Invented, for a demo.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "std::ops::Not::not")]
    #[schema(nullable)]
    pub illustrative: bool,
}

impl From<&Product> for NewProduct {
    fn from(product: &Product) -> Self {
        let Product {
            id: _,
            version: _,
            origin: _,
            created_at: _,
            updated_at: _,
            producer_id,
            name,
            name_folded: _,
            name_en,
            group_id,
            hs_code,
            gtin,
            pack,
            shelf_life_days,
            storage,
            story,
            pictures,
            status,
            illustrative,
        } = product.clone();
        Self {
            producer_id,
            name,
            name_en,
            group: group_id.as_str().to_owned(),
            hs_code,
            gtin,
            pack: Option::<Pack>::from(pack).map(|pack| NewPack {
                unit: pack.unit.as_str().to_owned(),
                content_quantity: pack.content_quantity,
                content_unit: pack.content_unit.as_str().to_owned(),
            }),
            shelf_life_days,
            storage,
            story,
            pictures: pictures.get().clone(),
            status: Some(status),
            illustrative,
        }
    }
}
