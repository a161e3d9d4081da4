//! What an `MoU` is: its rows and the answer.

use crate::access::Owners;
use crate::db::schema::{mou_commitments, mou_parties, mous};
use crate::db::{Json, text_enum};
use crate::decimal::{Amount, Quantity};
use crate::organisations::ProfileKind;
use crate::reference::views::{GroupView, ProvinceView};
use crate::reference::{GroupId, ProvinceId, UnitId};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// Kind of MoU, which follows from its sides.
    MouKind {
        /// Department with department.
        AgencyAgency = "agency_agency",
        /// A province or its department with retail or distribution systems.
        ProvinceRetail = "province_retail",
        /// Producers with distributors, supermarkets or processors.
        ProducerDistributor = "producer_distributor",
        /// Anything else.
        Other = "other",
    }
}

text_enum! {
    /// Status: where the decisions have brought it. What follows from dates is the phase.
    MouStatus {
        /// Being written.
        Draft = "draft",
        /// Put to the other side.
        Proposed = "proposed",
        /// Agreed, to be signed on the day.
        Agreed = "agreed",
        /// Signed.
        Signed = "signed",
        /// Signed and fulfilled.
        Completed = "completed",
        /// Signed and ended before its time.
        Terminated = "terminated",
        /// Given up before signing.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// Phase on the day asked: worked out from dates, never stored.
    MouPhase {
        /// Not signed by that day.
        InPreparation = "in_preparation",
        /// Signed, begins later.
        NotYetInEffect = "not_yet_in_effect",
        /// In effect.
        InEffect = "in_effect",
        /// Its end passed without a decision.
        Lapsed = "lapsed",
        /// Fulfilled.
        Completed = "completed",
        /// Ended before its time.
        Terminated = "terminated",
        /// Given up before signing.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// A side of the table.
    Side {
        /// First.
        A = "a",
        /// Second.
        B = "b",
        /// Third.
        C = "c",
        /// Fourth.
        D = "d",
    }
}

text_enum! {
    /// What a committed quantity is for.
    Period {
        /// Each month.
        Month = "month",
        /// Each quarter.
        Quarter = "quarter",
        /// Each year.
        Year = "year",
        /// The whole time.
        Total = "total",
    }
}

/// A document by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// SHA-256 of the file, 64 hexadecimal digits.
    #[schema(min_length = 64, max_length = 64)]
    pub sha256: String,
    /// Title.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// Media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub media_type: Option<String>,
    /// Size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub size_bytes: Option<i64>,
}

/// A decision: from which status to which, on which day, by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Transition {
    /// Status before; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<MouStatus>,
    /// Status after.
    pub to: MouStatus,
    /// Day of the decision.
    pub on: NaiveDate,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// First day of effect, where the decision set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<NaiveDate>,
    /// Last day of effect, where the decision set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_until: Option<NaiveDate>,
    /// In which role it was recorded.
    pub actor_role: String,
    /// For which organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_organisation_id: Option<String>,
    /// When it was recorded, UTC.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub recorded_at: NaiveDateTime,
    /// Version of the MoU that it made.
    pub version: i64,
}

/// A note that the parties and officers keep with an `MoU`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Note {
    /// The day it is about.
    pub on: NaiveDate,
    /// What there is to say.
    pub text: String,
    /// In which role it was recorded.
    pub actor_role: String,
    /// For which organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_organisation_id: Option<String>,
    /// When it was recorded, UTC.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub recorded_at: NaiveDateTime,
}

/// An `MoU`'s own columns.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = mous, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct MouRow {
    /// Id, `mou_…`.
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
    /// Number, given when it is registered as signed and never reused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Kind, derived from the sides.
    pub kind: MouKind,
    /// Status.
    pub status: MouStatus,
    /// Title.
    pub title: String,
    /// Event at which it was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// Organisation that registered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registrar_id: Option<String>,
    /// Number that the registering organisation gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_number: Option<String>,
    /// Day on which it was proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_on: Option<NaiveDate>,
    /// Day on which it was agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed_on: Option<NaiveDate>,
    /// Day on which it was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_on: Option<NaiveDate>,
    /// First day of its effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<NaiveDate>,
    /// Last day of its effect; open when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_until: Option<NaiveDate>,
    /// Day on which it was completed, terminated or cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_on: Option<NaiveDate>,
    /// Fields of cooperation.
    #[schema(value_type = Vec<String>)]
    pub fields_of_cooperation: Json<Vec<String>>,
    /// Documents; shown to the parties and officers.
    #[schema(value_type = Option<Vec<Document>>)]
    pub documents: Json<Vec<Document>>,
    /// Decisions so far; shown to the parties and officers.
    #[schema(value_type = Option<Vec<Transition>>)]
    pub transitions: Json<Vec<Transition>>,
    /// Notes; shown to the parties and officers.
    #[schema(value_type = Option<Vec<Note>>)]
    pub notes: Json<Vec<Note>>,
    /// Invented for the demo.
    pub illustrative: bool,
}

/// Columns of an `MoU`.
pub(super) const MOU_COLUMNS: usize = 23;

/// A party as it signed.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = mou_parties, treat_none_as_default_value = false)]
pub struct MouParty {
    /// The `MoU`.
    #[serde(skip)]
    pub mou_id: String,
    /// Place in the list, from 0.
    #[serde(skip)]
    pub position: i32,
    /// The organisation.
    pub organisation_id: String,
    /// Its side.
    pub side: Side,
    /// In which capacity it signed.
    pub capacity: ProfileKind,
    /// Its name on the day.
    pub name: String,
    /// Its province-level unit on the day.
    pub province_id: ProvinceId,
    /// For whom it signed, where not for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acting_for: Option<String>,
}

/// Columns of a party.
pub(super) const PARTY_COLUMNS: usize = 8;

/// What was committed.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = mou_commitments, treat_none_as_default_value = false)]
pub struct MouCommitment {
    /// The `MoU`.
    #[serde(skip)]
    pub mou_id: String,
    /// Place in the list, from 0.
    #[serde(skip)]
    pub position: i32,
    /// The product, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// The product group, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Quantity in the unit.
    #[diesel(column_name = quantity_milli)]
    #[serde(default, rename = "quantity", skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// Unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// What the quantity is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_on: Option<NaiveDate>,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<NaiveDate>,
    /// Value in the currency, for the same period as the quantity where one is given.
    #[diesel(column_name = value_cents)]
    #[serde(default, rename = "value", skip_serializing_if = "Option::is_none")]
    pub value: Option<Amount>,
    /// ISO 4217 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The demand that it is to meet, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand_id: Option<String>,
    /// The offer that it is made of, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_id: Option<String>,
}

/// Columns of a commitment.
pub(super) const COMMITMENT_COLUMNS: usize = 14;

/// An `MoU` with its parties and commitments: the whole record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = MouRecord)]
pub struct Mou {
    /// Its own columns.
    #[serde(flatten)]
    pub row: MouRow,
    /// Parties, as they signed.
    pub parties: Vec<MouParty>,
    /// Commitments.
    #[serde(default)]
    pub commitments: Vec<MouCommitment>,
}

impl Mou {
    /// Whose it is: its parties', in the provinces in which they signed.
    pub fn owners(&self) -> Owners {
        Owners {
            organisations: self.parties.iter().map(|party| party.organisation_id.clone()).collect(),
            provinces: self.parties.iter().map(|party| party.province_id).collect(),
            ..Owners::default()
        }
    }
}

/// Who took over a party's obligations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SuccessorView {
    /// The organisation.
    pub organisation_id: String,
    /// Its name.
    pub name: String,
    /// Since when.
    pub since: NaiveDate,
}

/// A party as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MouPartyView {
    /// As it signed.
    #[serde(flatten)]
    pub party: MouParty,
    /// The unit of the day, with today's in its place.
    pub province: ProvinceView,
    /// Who took over its obligations by the day asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<SuccessorView>,
}

/// A commitment as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MouCommitmentView {
    /// As it was made.
    #[serde(flatten)]
    pub commitment: MouCommitment,
    /// The product group, where one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupView>,
}

/// An `MoU` as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Mou)]
pub struct MouView {
    /// Its own columns.
    #[serde(flatten)]
    pub row: MouRow,
    /// Phase on the day asked.
    pub phase: MouPhase,
    /// Parties, as they signed.
    pub parties: Vec<MouPartyView>,
    /// Commitments; shown to the parties and officers.
    #[schema(required = false)]
    pub commitments: Vec<MouCommitmentView>,
    /// Name of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
}
