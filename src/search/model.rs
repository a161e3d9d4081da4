//! The answers of a search, for the document: `write` writes them without these.

use crate::market::text::query::How;
use crate::measure::Base;
use crate::months::Months;
use crate::organisations::{OrganisationSummary, OrganisationView};
use crate::price::PriceBasis;
use crate::reference::CertificateKindId;
use crate::reference::views::GroupView;
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

crate::db::text_enum! {
    /// How a name was found.
    Matched {
        /// As it was typed.
        Exact = "exact",
        /// Without regard to marks.
        Folded = "folded",
        /// The last word is the beginning of one.
        Prefix = "prefix",
        /// By another name of the same thing.
        Synonym = "synonym",
        /// With one typing error mended.
        Typo = "typo",
        /// Its name has most of the words, not all.
        Partial = "partial",
    }
}

impl From<How> for Matched {
    fn from(how: How) -> Self {
        match how {
            How::Exact => Self::Exact,
            How::Folded => Self::Folded,
            How::Prefix => Self::Prefix,
            How::Synonym => Self::Synonym,
            How::Typo => Self::Typo,
            // Its name has not all of the words: `in_place` tells why it is meant.
            How::Place | How::Partial => Self::Partial,
        }
    }
}

/// A product that a search found: members of the product, and what can be had of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProductHit {
    /// Id, `prd_…`.
    pub id: String,
    /// Version, from 1.
    pub version: i64,
    /// Organisation that makes it.
    pub producer_id: String,
    /// Name.
    pub name: String,
    /// OCOP group, under the decision that it was chosen by.
    pub group: GroupView,
    /// Who makes it.
    pub producer: OrganisationSummary,
    /// Stars that hold on the day, or over the whole period, asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stars: Option<u8>,
    /// Papers of the product and of its producer that are valid on the day, or over the whole period, asked.
    pub valid_certificates: Vec<HitCertificate>,
    /// How many of its offers are open or to come.
    pub open_offers: u32,
    /// The offer with the lowest price that the caller sees, or else the largest one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<HitOffer>,
    /// Invented for a demo.
    pub illustrative: bool,
    /// Kilometres from the place asked to the centroid of the producer's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_km: Option<u16>,
    /// How its name was found, where words were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched: Option<Matched>,
    /// With `matched` partial: the other words name a province, and the producer is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_place: Option<bool>,
}

/// A paper that is valid.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HitCertificate {
    /// Kind.
    pub kind: CertificateKindId,
    /// OCOP stars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stars: Option<u8>,
    /// Last day on which it is in force, as far as is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_through: Option<NaiveDate>,
}

/// An offer in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HitOffer {
    /// Id, `ofr_…`.
    pub id: String,
    /// How much a month, in the base unit.
    pub quantity_base: Base,
    /// What is left of that beside what signed `MoUs` promise of it, where it is less: in the month of `months` asked with
    /// the least, or in the month with the most. Rounded down to two digits for callers to whom `promised` is not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_base: Option<Base>,
    /// Months of the year in which it supplies.
    pub months: Months,
    /// First day.
    pub available_from: NaiveDate,
    /// Last day; open-ended without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_until: Option<NaiveDate>,
    /// Price, where the caller sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<HitPrice>,
}

/// A price in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HitPrice {
    /// How much of the currency for `quantity_base`.
    pub amount: crate::decimal::Amount,
    /// ISO 4217.
    pub currency: String,
    /// What that buys, in the base unit.
    pub quantity_base: Base,
    /// Where it holds.
    pub basis: PriceBasis,
    /// Whether value-added tax is in it.
    pub vat_included: bool,
}

/// An offer that a search found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OfferHit {
    /// The offer.
    #[serde(flatten)]
    pub offer: HitOffer,
    /// Version, from 1.
    pub version: i64,
    /// The product.
    pub product_id: String,
    /// Least quantity of one order, in the base unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_order_base: Option<crate::decimal::Quantity>,
    /// Days from order to delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_time_days: Option<u16>,
    /// The product, with its group.
    pub product: HitProduct,
    /// Who makes it.
    pub producer: OrganisationSummary,
    /// Stars that hold on the day, or over the whole period, asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stars: Option<u8>,
    /// Papers that are valid on the day, or over the whole period, asked.
    pub valid_certificates: Vec<HitCertificate>,
    /// Kilometres from the place asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_km: Option<u16>,
    /// How the product's name was found, where words were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched: Option<Matched>,
    /// With `matched` partial: the other words name a province, and the producer is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_place: Option<bool>,
    /// Invented for a demo.
    pub illustrative: bool,
}

/// The product of an offer that was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HitProduct {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its OCOP product group.
    pub group: GroupView,
}

/// How many there are by each facet that was asked for, under the other filters: a facet does not narrow itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Facets {
    /// By province-level unit of today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub province: Option<Vec<NamedCount>>,
    /// By product group of 2026.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Vec<NamedCount>>,
    /// By stars; 0 without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stars: Option<Vec<NumberCount>>,
    /// By kind of valid certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Vec<WordCount>>,
    /// By kind of producer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer_kind: Option<Vec<WordCount>>,
    /// By month in which an offer supplies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<Vec<NumberCount>>,
    /// By the lowest price that the caller sees, đồng for a base unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Vec<PriceCount>>,
}

/// A count by a row of a reference table.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NamedCount {
    /// Its key.
    pub id: String,
    /// Its code.
    pub code: String,
    /// Its Vietnamese name.
    pub name: String,
    /// How many.
    pub count: u32,
}

/// A count by a number.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NumberCount {
    /// The number.
    pub value: u8,
    /// How many.
    pub count: u32,
}

/// A count by a word.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WordCount {
    /// The word.
    pub value: String,
    /// How many.
    pub count: u32,
}

/// A count by a range of prices.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PriceCount {
    /// From so many đồng; absent in the lowest range and where no price is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<u32>,
    /// Below so many đồng; absent in the highest range and where no price is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below: Option<u32>,
    /// Whether a price in đồng is known to the caller.
    pub known: bool,
    /// How many.
    pub count: u32,
}

/// A page of a search.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProductSearchPage {
    /// The products.
    pub items: Vec<ProductHit>,
    /// Ask again with cursor= this; null on the last page.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// How many there are on all pages.
    pub total: u32,
    /// How the first one of this page was found; null without words, and where the page is empty.
    #[schema(required)]
    pub matched: Option<Matched>,
    /// Counts.
    pub facets: Facets,
    /// The day for which stars and validity were worked out.
    pub as_of: NaiveDate,
}

/// A page of a search for offers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OfferSearchPage {
    /// The offers.
    pub items: Vec<OfferHit>,
    /// Ask again with cursor= this; null on the last page.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// How many there are on all pages.
    pub total: u32,
    /// How the first one of this page was found; null without words, and where the page is empty.
    #[schema(required)]
    pub matched: Option<Matched>,
    /// Counts.
    pub facets: Facets,
    /// The day for which stars and validity were worked out.
    pub as_of: NaiveDate,
}

/// A producer or buyer of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrganisationHit {
    /// As everywhere.
    #[serde(flatten)]
    pub organisation: OrganisationView,
    /// How its name was found, where words were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched: Option<Matched>,
}

/// A page of producers or buyers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrganisationHitPage {
    /// Those on it.
    pub items: Vec<OrganisationHit>,
    /// Ask again with cursor= this; null on the last page.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// How the best one of this page was found, where words were asked; null where the page is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched: Option<Matched>,
}

/// Names to choose from while one types.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Suggestions {
    /// Products, by name.
    pub products: Vec<SuggestedName>,
    /// Product groups of 2026, by code or name.
    pub groups: Vec<SuggestedName>,
    /// Province-level units of the day asked, by their own names or by those of units that they succeeded.
    pub provinces: Vec<SuggestedName>,
    /// Producers.
    pub producers: Vec<SuggestedName>,
    /// Buyers.
    pub buyers: Vec<SuggestedName>,
}

/// A name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SuggestedName {
    /// Id, or key of the reference table.
    pub id: String,
    /// The name.
    pub name: String,
    /// Of a province-level unit that was found by it: the name of a unit before it, of which it is the successor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_name: Option<String>,
    /// How it was found.
    pub matched: Matched,
}
