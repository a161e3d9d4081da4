//! What a demand is: the row, the body that makes it, and the answer.

use super::rules::months_as_given;
use crate::db::schema::demands;
use crate::db::{Json, text_enum};
use crate::decimal::{Amount, Quantity};
use crate::log::Meta;
use crate::measure::Base;
use crate::months::Months;
use crate::mous::PromisedMonth;
use crate::organisations::OrganisationSummary;
use crate::price::{PriceBasis, Visibility};
use crate::reference::views::{GroupView, ProvinceView};
use crate::reference::{CertificateKindId, GroupId, ProvinceId, UnitId};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// How a demand stands on a day by what it says itself. Matches leave out that of a buyer who is suspended or dissolved, and one
    /// to which signed memoranda promise all that is still to come.
    DemandStatus {
        /// It takes answers.
        Open = "open",
        /// The day to answer by, the last day of delivery, or the last of its months has passed.
        Ended = "ended",
        /// It was closed.
        Closed = "closed",
    }
}

/// A demand as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = demands, treat_none_as_null = true, treat_none_as_default_value = false)]
#[schema(as = DemandRecord)]
pub struct Demand {
    /// Id, `dmd_…`.
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
    /// The buyer.
    pub buyer_id: String,
    /// What it is called.
    pub title: String,
    /// Search key of the title.
    #[serde(skip)]
    pub title_folded: String,
    /// Words for what is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[diesel(column_name = words)]
    pub text: Option<String>,
    /// Product group of what is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
    /// How much a month, in `unit`.
    #[diesel(column_name = quantity_milli)]
    pub quantity: Quantity,
    /// Unit of the quantity.
    pub unit: UnitId,
    /// The same in thousandths of the base unit: it follows from quantity and unit.
    #[serde(skip)]
    pub quantity_base_milli: Quantity,
    /// Months of the year in which it is needed.
    pub months: Months,
    /// First day of delivery.
    pub starts_on: NaiveDate,
    /// Last day of delivery.
    pub ends_on: NaiveDate,
    /// Province-level unit of delivery, as recorded.
    pub delivery_province_id: ProvinceId,
    /// Highest price; absent when there is none or the caller may not see it.
    #[serde(default, skip_serializing_if = "CeilingColumns::is_absent")]
    #[diesel(embed)]
    #[schema(value_type = Option<Ceiling>)]
    pub price_ceiling: CeilingColumns,
    /// OCOP stars at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_stars: Option<i32>,
    /// Kinds of certificate that are needed over the whole period, as far as it is still to come.
    #[schema(value_type = Vec<CertificateKindId>)]
    pub required_certificates: Json<Vec<CertificateKindId>>,
    /// Kinds of certificate that are welcome.
    #[schema(value_type = Vec<CertificateKindId>)]
    pub preferred_certificates: Json<Vec<CertificateKindId>>,
    /// Days of shelf life that must be left at delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_remaining_shelf_life_days: Option<i32>,
    /// Last day on which it takes answers; to the end of the period when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<NaiveDate>,
    /// Among how many suppliers it may be divided; any number when absent. Where it is 1, an offer fits that brings the whole
    /// quantity in every month in which it is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppliers_at_most: Option<i32>,
    /// Day from which on it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_on: Option<NaiveDate>,
    /// Why it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_reason: Option<String>,
    /// Invented for the demo.
    pub illustrative: bool,
}

impl Demand {
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

/// Columns of a demand.
pub(super) const DEMAND_COLUMNS: usize = 32;

/// The highest price of a demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PriceCeiling)]
pub struct Ceiling {
    /// How much of the currency for one `per_unit`.
    pub amount: Amount,
    /// ISO 4217.
    #[schema(example = "VND")]
    pub currency: String,
    /// Unit that is priced.
    pub per_unit: UnitId,
    /// Where it holds.
    pub basis: PriceBasis,
    /// Whether value-added tax is in it.
    pub vat_included: bool,
    /// Who may see it.
    pub visibility: Visibility,
}

/// The columns of a ceiling: all or none of them, as the table's CHECKs demand. On the wire an optional [`Ceiling`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize)]
#[diesel(table_name = demands, treat_none_as_null = true, treat_none_as_default_value = false)]
#[serde(from = "Option<Ceiling>", into = "Option<Ceiling>")]
pub struct CeilingColumns {
    #[diesel(column_name = ceiling_cents)]
    amount: Option<Amount>,
    #[diesel(column_name = ceiling_currency)]
    currency: Option<String>,
    #[diesel(column_name = ceiling_unit)]
    per_unit: Option<UnitId>,
    #[diesel(column_name = ceiling_basis)]
    basis: Option<PriceBasis>,
    #[diesel(column_name = ceiling_vat_included)]
    vat_included: Option<bool>,
    #[diesel(column_name = ceiling_visibility)]
    visibility: Option<Visibility>,
}

impl CeilingColumns {
    /// The ceiling, where there is one.
    pub fn get(&self) -> Option<Ceiling> {
        self.clone().into()
    }

    fn is_absent(&self) -> bool {
        self.amount.is_none()
    }
}

impl From<Option<Ceiling>> for CeilingColumns {
    fn from(ceiling: Option<Ceiling>) -> Self {
        let Some(Ceiling { amount, currency, per_unit, basis, vat_included, visibility }) = ceiling else { return Self::default() };
        Self {
            amount: Some(amount),
            currency: Some(currency),
            per_unit: Some(per_unit),
            basis: Some(basis),
            vat_included: Some(vat_included),
            visibility: Some(visibility),
        }
    }
}

impl From<CeilingColumns> for Option<Ceiling> {
    fn from(columns: CeilingColumns) -> Self {
        Some(Ceiling {
            amount: columns.amount?,
            currency: columns.currency?,
            per_unit: columns.per_unit?,
            basis: columns.basis?,
            vat_included: columns.vat_included?,
            visibility: columns.visibility?,
        })
    }
}

/// A demand as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Demand)]
pub struct DemandView {
    /// The record.
    #[serde(flatten)]
    pub record: Demand,
    /// How it stands on the day asked.
    pub status: DemandStatus,
    /// The quantity in the base unit of its dimension.
    pub quantity_base: Base,
    /// The buyer; absent when that organisation has been deleted since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer: Option<OrganisationSummary>,
    /// Product group of what is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupView>,
    /// Province-level unit of delivery, with today's in its place.
    pub delivery_province: ProvinceView,
    /// What signed `MoUs` with a commitment that names the demand have promised it in its months, over the twelve calendar months
    /// from the day asked; months without a promise are left out. Shown to the owner, officers of its province, auditors and
    /// administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promised: Option<Vec<PromisedMonth>>,
}

/// The body that states a highest price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPriceCeiling)]
pub struct NewCeiling {
    /// How much of the currency for one `per_unit`.
    pub amount: Amount,
    /// ISO 4217.
    #[schema(min_length = 3, max_length = 3, example = "VND")]
    pub currency: String,
    /// Unit that is priced, of fixed size and of the same dimension as the quantity.
    #[schema(min_length = 1, max_length = 60, example = "KG")]
    pub per_unit: String,
    /// Where it holds.
    pub basis: PriceBasis,
    /// Whether value-added tax is in it.
    pub vat_included: bool,
    /// Who may see it; `hidden` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
}

/// The body that makes a demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDemand {
    /// The buyer.
    #[schema(min_length = 1, max_length = 40, example = "org_01JDB3B8Q00000000000000000")]
    pub buyer_id: String,
    /// What it is called.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// Words for what is needed; this or `group` is given. A product answers them when its name and its producer's have each
    /// word whole, as it is spelled where it has marks, or another name of the same thing: more strictly than a search for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300, example = "hành tím Vĩnh Châu")]
    pub text: Option<String>,
    /// Product group of what is needed: a code, of today's decision unless the decision stands before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 60, example = "I.1.a")]
    pub group: Option<String>,
    /// How much a month.
    pub quantity: Quantity,
    /// Unit of the quantity, of fixed size: a pack is another quantity for each product.
    #[schema(min_length = 1, max_length = 60, example = "TAN")]
    pub unit: String,
    /// Months of the year in which it is needed, each of the period; all of the period unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Months>)]
    pub months: Option<Vec<i32>>,
    /// First day of delivery.
    pub starts_on: NaiveDate,
    /// Last day of delivery: a demand touches at most 60 calendar months, and ends 20 calendar years from now at the latest.
    pub ends_on: NaiveDate,
    /// Province-level unit of delivery: code or name, `@YYYY-MM-DD` for another day than today.
    #[schema(min_length = 1, max_length = 100, example = "01")]
    pub delivery_province: String,
    /// Highest price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_ceiling: Option<NewCeiling>,
    /// OCOP stars at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 3, maximum = 5)]
    pub least_stars: Option<i32>,
    /// Codes of the kinds of certificate that are needed over the whole period, as far as it is still to come.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "Vec::is_empty")]
    #[schema(nullable, max_items = 20, value_type = Vec<crate::check::Line>, inline)]
    pub required_certificates: Vec<String>,
    /// Codes of the kinds of certificate that are welcome.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "Vec::is_empty")]
    #[schema(nullable, max_items = 20, value_type = Vec<crate::check::Line>, inline)]
    pub preferred_certificates: Vec<String>,
    /// Days of shelf life that must be left at delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3650)]
    pub minimum_remaining_shelf_life_days: Option<i32>,
    /// Last day on which it takes answers; not after `ends_on`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<NaiveDate>,
    /// Among how many suppliers it may be divided; 1 asks an offer for the whole quantity in every month, beside what signed
    /// memoranda promise already, whoever does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000)]
    pub suppliers_at_most: Option<i32>,
    /// Invented, for a demo.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "std::ops::Not::not")]
    #[schema(nullable)]
    pub illustrative: bool,
}

impl From<&Demand> for NewDemand {
    fn from(demand: &Demand) -> Self {
        let Demand {
            id: _,
            version: _,
            origin: _,
            created_at: _,
            updated_at: _,
            buyer_id,
            title,
            title_folded: _,
            text,
            group_id,
            quantity,
            unit,
            quantity_base_milli: _,
            months,
            starts_on,
            ends_on,
            delivery_province_id,
            price_ceiling,
            least_stars,
            required_certificates,
            preferred_certificates,
            minimum_remaining_shelf_life_days,
            answer_by,
            suppliers_at_most,
            closed_on: _,
            closed_reason: _,
            illustrative,
        } = demand.clone();
        let codes = |kinds: &Json<Vec<CertificateKindId>>| kinds.get().iter().map(|kind| kind.as_str().to_owned()).collect();
        Self {
            buyer_id,
            title,
            text,
            group: group_id.map(|group| group.as_str().to_owned()),
            quantity,
            unit: unit.as_str().to_owned(),
            months: months_as_given(months, starts_on, ends_on),
            starts_on,
            ends_on,
            delivery_province: delivery_province_id.as_str().to_owned(),
            price_ceiling: price_ceiling.get().map(|ceiling| NewCeiling {
                amount: ceiling.amount,
                currency: ceiling.currency,
                per_unit: ceiling.per_unit.as_str().to_owned(),
                basis: ceiling.basis,
                vat_included: ceiling.vat_included,
                visibility: Some(ceiling.visibility),
            }),
            least_stars,
            required_certificates: codes(&required_certificates),
            preferred_certificates: codes(&preferred_certificates),
            minimum_remaining_shelf_life_days,
            answer_by,
            suppliers_at_most,
            illustrative,
        }
    }
}
