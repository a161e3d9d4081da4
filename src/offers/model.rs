//! What an offer is: the row, the body that makes it, and the answer.

use super::rules::months_as_given;
use crate::db::schema::offers;
use crate::db::{Json, text_enum};
use crate::decimal::{Amount, Quantity};
use crate::log::Meta;
use crate::measure::Base;
use crate::months::Months;
use crate::mous::{PromisedMonth, Season};
use crate::organisations::OrganisationSummary;
use crate::price::{PriceBasis, Visibility};
use crate::reference::views::GroupView;
use crate::reference::{ProvinceId, UnitId};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// How an offer stands on a day by what it says itself. Searches and matches leave out what is of a product that is not made
    /// any more, or of a producer who is suspended or dissolved.
    OfferStatus {
        /// It can supply from a later day on.
        NotYet = "not_yet",
        /// It can supply.
        Open = "open",
        /// Its last day has passed, or no day of its months is left before.
        Ended = "ended",
        /// It was closed.
        Closed = "closed",
    }
}

/// An offer as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = offers, treat_none_as_null = true, treat_none_as_default_value = false)]
#[schema(as = OfferRecord)]
pub struct Offer {
    /// Id, `ofr_…`.
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
    /// The product.
    pub product_id: String,
    /// How much a month, in `unit`.
    #[diesel(column_name = quantity_milli)]
    pub quantity: Quantity,
    /// Unit of the quantity.
    pub unit: UnitId,
    /// The same in the base unit of its dimension.
    #[diesel(embed)]
    #[schema(value_type = Base)]
    pub quantity_base: BaseColumns,
    /// Months of the year in which it supplies.
    pub months: Months,
    /// First day.
    pub available_from: NaiveDate,
    /// Last day; open-ended without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_until: Option<NaiveDate>,
    /// Least quantity of one order, in `minimum_order_unit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[diesel(column_name = minimum_order_milli)]
    pub minimum_order: Option<Quantity>,
    /// Unit of the least quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_order_unit: Option<UnitId>,
    /// The least quantity in the unit of `quantity_base`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[diesel(column_name = minimum_order_base_milli)]
    pub minimum_order_base: Option<Quantity>,
    /// Days from order to delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_time_days: Option<i32>,
    /// Price; absent when there is none or the caller may not see it.
    #[serde(default, skip_serializing_if = "PriceColumns::is_absent")]
    #[diesel(embed)]
    #[schema(value_type = Option<Price>)]
    pub price: PriceColumns,
    /// Province-level units it delivers to; everywhere when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<ProvinceId>>)]
    pub delivers_to: Option<Json<Vec<ProvinceId>>>,
    /// Days of shelf life that are left at delivery; matches take those that the product keeps where none are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_shelf_life_days: Option<i32>,
    /// Day from which on it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_on: Option<NaiveDate>,
    /// Why it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_reason: Option<String>,
    /// Invented for the demo.
    pub illustrative: bool,
}

impl Offer {
    /// When it supplies.
    pub(crate) fn season(&self) -> Season {
        Season { months: self.months, from: self.available_from, until: self.available_until }
    }

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

/// Columns of an offer.
pub(super) const OFFER_COLUMNS: usize = 30;

/// The columns of a quantity in its base unit; on the wire a [`Base`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize)]
#[diesel(table_name = offers)]
#[serde(from = "Base", into = "Base")]
pub struct BaseColumns {
    /// How much.
    #[diesel(column_name = quantity_base_milli)]
    pub quantity: Quantity,
    /// Of which base unit.
    #[diesel(column_name = base_unit)]
    pub unit: UnitId,
}

impl From<Base> for BaseColumns {
    fn from(Base { quantity, unit }: Base) -> Self {
        Self { quantity, unit }
    }
}

impl From<BaseColumns> for Base {
    fn from(BaseColumns { quantity, unit }: BaseColumns) -> Self {
        Self { quantity, unit }
    }
}

/// The price of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Price {
    /// How much of the currency for one `per_unit`.
    pub amount: Amount,
    /// ISO 4217.
    #[schema(example = "VND")]
    pub currency: String,
    /// Unit that is priced.
    pub per_unit: UnitId,
    /// One `per_unit` in the unit of the offer's `quantity_base`.
    pub per_unit_base: Quantity,
    /// Where it holds.
    pub basis: PriceBasis,
    /// Whether value-added tax is in it.
    pub vat_included: bool,
    /// Day on which it was true.
    pub as_of: NaiveDate,
    /// Who may see it.
    pub visibility: Visibility,
}

/// The columns of a price: all or none of them, as the table's CHECKs demand. On the wire an optional [`Price`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize)]
#[diesel(table_name = offers, treat_none_as_null = true, treat_none_as_default_value = false)]
#[serde(from = "Option<Price>", into = "Option<Price>")]
pub struct PriceColumns {
    #[diesel(column_name = price_cents)]
    amount: Option<Amount>,
    #[diesel(column_name = price_currency)]
    currency: Option<String>,
    #[diesel(column_name = price_unit)]
    per_unit: Option<UnitId>,
    #[diesel(column_name = price_unit_base_milli)]
    per_unit_base: Option<Quantity>,
    #[diesel(column_name = price_basis)]
    basis: Option<PriceBasis>,
    #[diesel(column_name = price_vat_included)]
    vat_included: Option<bool>,
    #[diesel(column_name = price_as_of)]
    as_of: Option<NaiveDate>,
    #[diesel(column_name = price_visibility)]
    visibility: Option<Visibility>,
}

impl PriceColumns {
    /// The price, where there is one.
    pub fn get(&self) -> Option<Price> {
        self.clone().into()
    }

    fn is_absent(&self) -> bool {
        self.amount.is_none()
    }
}

impl From<Option<Price>> for PriceColumns {
    fn from(price: Option<Price>) -> Self {
        let Some(Price { amount, currency, per_unit, per_unit_base, basis, vat_included, as_of, visibility }) = price else {
            return Self::default();
        };
        Self {
            amount: Some(amount),
            currency: Some(currency),
            per_unit: Some(per_unit),
            per_unit_base: Some(per_unit_base),
            basis: Some(basis),
            vat_included: Some(vat_included),
            as_of: Some(as_of),
            visibility: Some(visibility),
        }
    }
}

impl From<PriceColumns> for Option<Price> {
    fn from(columns: PriceColumns) -> Self {
        Some(Price {
            amount: columns.amount?,
            currency: columns.currency?,
            per_unit: columns.per_unit?,
            per_unit_base: columns.per_unit_base?,
            basis: columns.basis?,
            vat_included: columns.vat_included?,
            as_of: columns.as_of?,
            visibility: columns.visibility?,
        })
    }
}

/// An offer as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Offer)]
pub struct OfferView {
    /// The record.
    #[serde(flatten)]
    pub record: Offer,
    /// How it stands on the day asked.
    pub status: OfferStatus,
    /// The product; absent when it has been deleted since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductOfOffer>,
    /// Who makes it; absent when the product has been deleted since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer: Option<OrganisationSummary>,
    /// What signed `MoUs` that name the product have promised in its months, over the twelve calendar months from the day
    /// asked; months without a promise are left out. Shown to the owner, officers of its province, auditors and administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promised: Option<Vec<PromisedMonth>>,
}

/// The product of an offer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProductOfOffer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its OCOP product group.
    pub group: GroupView,
}

/// The body that states a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPrice {
    /// How much of the currency for one `per_unit`.
    pub amount: Amount,
    /// ISO 4217.
    #[schema(min_length = 3, max_length = 3, example = "VND")]
    pub currency: String,
    /// Unit that is priced, of the same dimension as the quantity.
    #[schema(min_length = 1, max_length = 60, example = "KG")]
    pub per_unit: String,
    /// Where it holds.
    pub basis: PriceBasis,
    /// Whether value-added tax is in it.
    pub vat_included: bool,
    /// Day on which it was true; not after today.
    pub as_of: NaiveDate,
    /// Who may see it; `keys` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
}

/// The body that makes an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOffer {
    /// The product.
    #[schema(min_length = 1, max_length = 40, example = "prd_01JDB3B8Q00000000000000000")]
    pub product_id: String,
    /// How much a month.
    pub quantity: Quantity,
    /// Unit of the quantity: one with a fixed factor, or the product's own pack.
    #[schema(min_length = 1, max_length = 60, example = "TAN")]
    pub unit: String,
    /// Months of the year in which it supplies; all unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Months>)]
    pub months: Option<Vec<i32>>,
    /// First day.
    pub available_from: NaiveDate,
    /// Last day; open-ended without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_until: Option<NaiveDate>,
    /// Least quantity of one order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_order: Option<Quantity>,
    /// Unit of the least quantity; that of the quantity unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 60)]
    pub minimum_order_unit: Option<String>,
    /// Days from order to delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 365)]
    pub lead_time_days: Option<i32>,
    /// Price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<NewPrice>,
    /// Province-level units it delivers to, by code or name; everywhere unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 100, value_type = Option<Vec<crate::check::Line>>, inline)]
    pub delivers_to: Option<Vec<String>>,
    /// Days of shelf life that are left at delivery; matches take those that the product keeps where none are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3650)]
    pub remaining_shelf_life_days: Option<i32>,
    /// Invented, for a demo.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "std::ops::Not::not")]
    #[schema(nullable)]
    pub illustrative: bool,
}

impl From<&Offer> for NewOffer {
    fn from(offer: &Offer) -> Self {
        let Offer {
            id: _,
            version: _,
            origin: _,
            created_at: _,
            updated_at: _,
            product_id,
            quantity,
            unit,
            quantity_base: _,
            months,
            available_from,
            available_until,
            minimum_order,
            minimum_order_unit,
            minimum_order_base: _,
            lead_time_days,
            price,
            delivers_to,
            remaining_shelf_life_days,
            closed_on: _,
            closed_reason: _,
            illustrative,
        } = offer.clone();
        Self {
            product_id,
            quantity,
            unit: unit.as_str().to_owned(),
            months: months_as_given(months),
            available_from,
            available_until,
            minimum_order,
            minimum_order_unit: minimum_order_unit.map(|unit| unit.as_str().to_owned()),
            lead_time_days,
            price: price.get().map(|price| NewPrice {
                amount: price.amount,
                currency: price.currency,
                per_unit: price.per_unit.as_str().to_owned(),
                basis: price.basis,
                vat_included: price.vat_included,
                as_of: price.as_of,
                visibility: Some(price.visibility),
            }),
            delivers_to: delivers_to.map(|units| units.get().iter().map(|unit| unit.as_str().to_owned()).collect()),
            remaining_shelf_life_days,
            illustrative,
        }
    }
}
