//! The answers of matching, for the document: `write` writes them without these.

use crate::measure::Base;
use crate::months::Months;
use crate::organisations::OrganisationSummary;
use crate::reference::views::ProvinceView;
use crate::reference::{CertificateKindId, UnitId};
use crate::search::model::{HitOffer, HitPrice, HitProduct};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

crate::db::text_enum! {
    /// What a pair is scored by.
    MatchCriterion {
        /// How much of the demanded quantity is left in the months of both.
        Volume = "volume",
        /// How many of the demanded months are served.
        Months = "months",
        /// How far below the ceiling the price is.
        Price = "price",
        /// OCOP stars over the whole period that is still to come.
        Stars = "stars",
        /// How many of the preferred certificates hold over the whole period that is still to come.
        Preferred = "preferred",
        /// How near the producer is.
        Distance = "distance",
        /// Record of deliveries.
        Deliveries = "deliveries",
    }
}

crate::db::text_enum! {
    /// What a pair must pass.
    MatchConstraint {
        /// The product is of a group that is asked for.
        Category = "category",
        /// The product answers the demand's words.
        Text = "text",
        /// OCOP stars over the whole period that is still to come.
        Stars = "stars",
        /// Each required certificate over the whole period that is still to come.
        Certificate = "certificate",
        /// A day of both.
        Period = "period",
        /// A month of both; each month that is needed where one supplier must bring all.
        Months = "months",
        /// The minimum order is no more than what is needed a month, nor than what is left in some month.
        MinimumOrder = "minimum_order",
        /// Something is left; for a single supplier all that is needed.
        Quantity = "quantity",
        /// At most the ceiling, as far as the caller may know.
        Price = "price",
        /// It delivers there.
        Delivery = "delivery",
        /// Days of shelf life at delivery.
        ShelfLife = "shelf_life",
        /// One base unit.
        Unit = "unit",
    }
}

/// What is needed, found or would be enough: the members that the constraint is about.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct MatchTerms {
    /// Product groups, by their keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// Words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// OCOP stars; 0 without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stars: Option<u8>,
    /// Kinds of certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Vec<CertificateKindId>>,
    /// First day; of a change: this or an earlier one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// Last day; of a change: this or a later one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// Months of the year; of a change: those to add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub months: Option<Months>,
    /// Quantity in the base unit; of a change: at least this, for `minimum_order` at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity_base: Option<Base>,
    /// Price or ceiling, where the caller sees it; of a change: at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<HitPrice>,
    /// Province-level units of today, by their keys; everywhere without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provinces: Option<Vec<String>>,
    /// Days of shelf life; 0 where none are asked for or stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u16>,
    /// Base unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
}

/// One part of a score.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MatchPart {
    /// What it is for.
    pub criterion: MatchCriterion,
    /// Its weight, in basis points.
    pub weight_bp: u16,
    /// How well the pair fits in this, in basis points, rounded down.
    pub fit_bp: u16,
    /// What it adds to the score: weight times fit, in basis points, rounded down. All parts add up to the score.
    pub points_bp: u16,
    /// What the fit was worked out from: base units, months, money for one base unit, stars, certificates, kilometres; absent
    /// where it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What that was held against, where there is such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The same in words.
    pub text: String,
}

/// A constraint that keeps a pair apart.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MatchBlock {
    /// Which.
    pub code: MatchConstraint,
    /// Why, in words.
    pub text: String,
    /// What is needed.
    pub needed: MatchTerms,
    /// What there is.
    pub found: MatchTerms,
}

/// How a constraint came out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MatchVerdict {
    /// Which.
    pub code: MatchConstraint,
    /// Whether it holds; what the caller may not know holds.
    pub passes: bool,
    /// Why, in words.
    pub text: String,
    /// What is needed.
    pub needed: MatchTerms,
    /// What there is.
    pub found: MatchTerms,
}

/// The least change of the offer or of its papers that makes a constraint hold.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MatchChange {
    /// Which constraint.
    pub code: MatchConstraint,
    /// The change in words.
    pub text: String,
    /// What would be enough.
    #[serde(flatten)]
    pub enough: MatchTerms,
}

/// An offer as it stands in a match.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MatchedOffer {
    /// The offer.
    #[serde(flatten)]
    pub offer: HitOffer,
    /// Its product.
    pub product: HitProduct,
    /// Invented for a demo.
    pub illustrative: bool,
}

/// A demand as it stands in a match.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MatchedDemand {
    /// Id, `dmd_…`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Words for what is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// How much a month, in the base unit.
    pub quantity_base: Base,
    /// How much of it is needed still, beside what signed memoranda promise the demand, in the month with most; where that is
    /// less, and rounded up to two digits for callers to whom promises are not shown. A pair is judged by what is needed so in
    /// each month, and papers over the days from the first to the last month of which something is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_base: Option<Base>,
    /// Months of the year in which it is needed.
    pub months: Months,
    /// First day of delivery.
    pub starts_on: NaiveDate,
    /// Last day of delivery.
    pub ends_on: NaiveDate,
    /// Where it is delivered to.
    pub delivery_province: ProvinceView,
    /// The highest price, where the caller sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_ceiling: Option<HitPrice>,
    /// Last day on which it takes answers.
    pub answer_by: NaiveDate,
    /// Invented for a demo.
    pub illustrative: bool,
}

/// An offer that fits a demand.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OfferMatch {
    /// The offer.
    pub offer: MatchedOffer,
    /// Who makes it.
    pub producer: OrganisationSummary,
    /// The score, in basis points.
    pub score_bp: u16,
    /// Kilometres between the centroids of the units of producer and delivery.
    pub distance_km: u16,
    /// What the score is made of.
    pub parts: Vec<MatchPart>,
}

/// An offer that fails one constraint alone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OfferNearMiss {
    /// What it is, and what it would score.
    #[serde(flatten)]
    pub pair: OfferMatch,
    /// What it fails.
    pub blocked_by: Vec<MatchBlock>,
    /// What would mend it; nothing where that would tell what the caller may not see.
    pub what_if: Vec<MatchChange>,
}

/// A demand that an offer fits.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DemandMatch {
    /// The demand.
    pub demand: MatchedDemand,
    /// Whose it is.
    pub buyer: OrganisationSummary,
    /// The score, in basis points.
    pub score_bp: u16,
    /// Kilometres between the centroids of the units of producer and delivery.
    pub distance_km: u16,
    /// What the score is made of.
    pub parts: Vec<MatchPart>,
}

/// A demand of which an offer fails one constraint alone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DemandNearMiss {
    /// What it is, and what the offer would score.
    #[serde(flatten)]
    pub pair: DemandMatch,
    /// What the offer fails.
    pub blocked_by: Vec<MatchBlock>,
    /// What would mend it; nothing where that would tell what the caller may not see.
    pub what_if: Vec<MatchChange>,
}

/// What counts how much, in basis points.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MatchWeights {
    /// Volume.
    pub volume: u16,
    /// Months.
    pub months: u16,
    /// Price.
    pub price: u16,
    /// Stars.
    pub stars: u16,
    /// Preferred certificates.
    pub preferred: u16,
    /// Distance.
    pub distance: u16,
    /// Record of deliveries.
    pub deliveries: u16,
}

crate::db::text_enum! {
    /// Why nothing was considered on the day, or one pair was not.
    MatchNoteCode {
        /// The demand was closed.
        DemandClosed = "demand_closed",
        /// The demand takes no answers any more.
        AnswerByPassed = "answer_by_passed",
        /// The last month in which it is needed has passed.
        DemandOver = "demand_over",
        /// Signed memoranda promise the demand all that is still to come.
        DemandMet = "demand_met",
        /// The buyer is suspended or dissolved.
        BuyerNotActive = "buyer_not_active",
        /// The offer was closed.
        OfferClosed = "offer_closed",
        /// No month in which the offer supplies is left, or its last day has passed.
        OfferOver = "offer_over",
        /// The product is not made any more.
        ProductDiscontinued = "product_discontinued",
        /// The producer is suspended or dissolved.
        ProducerNotActive = "producer_not_active",
        /// Both sides are one organisation; of a demand: all open offers of what it asks for are the buyer's own.
        OwnOffer = "own_offer",
        /// No open offer is of what the demand asks for; of a producer: it has no open offer.
        NothingOffered = "nothing_offered",
        /// No open demand asks for what is offered.
        NothingAskedFor = "nothing_asked_for",
    }
}

/// Why nothing was considered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MatchNote {
    /// Stable word.
    pub code: MatchNoteCode,
    /// For people.
    pub text: String,
    /// Words that would find offers, with `nothing_offered`: those that products on offer in the groups asked for have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// How many offers these would find.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offers: Option<u32>,
}

/// The best offers for a demand.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OfferMatches {
    /// Those that fit, the best first.
    pub items: Vec<OfferMatch>,
    /// Those that fail one constraint alone, the best first.
    pub near_misses: Vec<OfferNearMiss>,
    /// How many offers are open and of the group and words that are asked for.
    pub considered: u32,
    /// How many of them fit.
    pub eligible: u32,
    /// Why none was considered: the demand takes no part on the day, since it was closed, its day for answers or its last
    /// needed month has passed, or its buyer is suspended or dissolved; or no open offer is of the group and words that are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<MatchNote>,
    /// What counted how much.
    pub weights: MatchWeights,
    /// Version of the weights; `custom` where the request gave them.
    pub weights_version: String,
    /// The day for which they were judged.
    pub as_of: NaiveDate,
}

/// The best demands for an offer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DemandMatches {
    /// Those that it fits, the best first.
    pub items: Vec<DemandMatch>,
    /// Those of which it fails one constraint alone, the best first.
    pub near_misses: Vec<DemandNearMiss>,
    /// How many demands are open and ask for the offer's group and words.
    pub considered: u32,
    /// How many of them it fits.
    pub eligible: u32,
    /// Why none was considered: the offer takes no part on the day, since it was closed or is over, its product is not made
    /// any more, or its producer is suspended or dissolved; or no open demand asks for its group and words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<MatchNote>,
    /// What counted how much.
    pub weights: MatchWeights,
    /// Version of the weights; `custom` where the request gave them.
    pub weights_version: String,
    /// The day for which they were judged.
    pub as_of: NaiveDate,
}

/// One pair, whether it fits or not.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own")]
pub struct MatchExplanation {
    /// The demand.
    pub demand: MatchedDemand,
    /// Whose it is.
    pub buyer: OrganisationSummary,
    /// The offer.
    pub offer: MatchedOffer,
    /// Who makes it.
    pub producer: OrganisationSummary,
    /// Whether the demand takes answers on the day, anything of it is needed still, and its buyer is at work.
    pub demand_is_open: bool,
    /// Whether the offer is neither closed nor over on the day but has a month left, its product still made, and its
    /// producer at work.
    pub offer_is_open: bool,
    /// Whether both are open and every constraint holds.
    pub eligible: bool,
    /// The score that it has, or would have, in basis points.
    pub score_bp: u16,
    /// Kilometres between the centroids of the units of producer and delivery.
    pub distance_km: u16,
    /// What the score is made of.
    pub parts: Vec<MatchPart>,
    /// Every constraint.
    pub constraints: Vec<MatchVerdict>,
    /// The least changes for what is missing: one or two for each constraint that fails, none for category, text and unit, nor
    /// for a price above a ceiling that the caller may not see.
    pub what_if: Vec<MatchChange>,
    /// Whether all these changes together make it fit, as far as the caller may know; `true` where it fits already.
    pub mendable: bool,
    /// Why the pair is in no list on the day, whatever its constraints say: the demand or the offer is closed or over, the
    /// product is not made any more, one side is suspended or dissolved, or both are one organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<MatchNote>,
    /// What counted how much.
    pub weights: MatchWeights,
    /// Version of the weights; `custom` where the request gave them.
    pub weights_version: String,
    /// The day for which it was judged.
    pub as_of: NaiveDate,
}

/// A product by its name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConcernedProduct {
    /// Id, `prd_…`.
    pub id: String,
    /// Name.
    pub name: String,
}

/// An offer that one lack keeps from demands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConcernedOffer {
    /// Id, `ofr_…`.
    pub id: String,
    /// What is offered.
    pub product: ConcernedProduct,
    /// From how many of the demands it is kept by this alone.
    pub demands: u32,
}

/// What one lack costs a producer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReadinessUnlock {
    /// The constraint that keeps it out.
    pub code: MatchConstraint,
    /// How many demands that no offer of it serves lack nothing but this.
    pub demands: u32,
    /// What those could be brought a month, by base unit.
    pub quantities: Vec<Base>,
    /// Changes that are enough for all of them; nothing where that would tell what the caller may not see.
    pub what_if: Vec<MatchChange>,
    /// The offers that this is about: each lacks nothing else for at least one of these demands. At most 20, those first
    /// that are kept from most.
    #[schema(max_items = 20)]
    pub offers: Vec<ConcernedOffer>,
}

/// What a producer is ready for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProducerReadiness {
    /// The producer.
    pub producer: OrganisationSummary,
    /// Open demands of others, whatever they ask for.
    pub open: u32,
    /// Those that ask for the group and words of a product on offer.
    pub considered: u32,
    /// Those that at least one offer fits.
    pub served: u32,
    /// What would serve more, most valuable first.
    pub unlocks: Vec<ReadinessUnlock>,
    /// What keeps it out altogether.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<MatchNote>,
    /// The day for which it was judged.
    pub as_of: NaiveDate,
}

/// The body of a proposal: what the draft is called, and where it is to be signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProposal {
    /// Title of the memorandum; made of the product's name unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 300)]
    pub title: Option<String>,
    /// Event at which it is to be signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub event_id: Option<String>,
}
