//! What an event is: the row, the body that makes it, the answer, and its summary.

use crate::access::Owners;
use crate::db::schema::events;
use crate::db::text_enum;
use crate::decimal::{Amount, Quantity};
use crate::mous::Period;
use crate::reference::views::{GroupView, ProvinceView};
use crate::reference::{ProvinceId, UnitId};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// Kind of event.
    EventKind {
        /// Hội nghị kết nối cung cầu.
        SupplyDemandConference = "supply_demand_conference",
        /// Hội chợ.
        TradeFair = "trade_fair",
        /// Lễ hội.
        Festival = "festival",
        /// Đoàn xúc tiến thương mại.
        TradeMission = "trade_mission",
        /// Phiên kết nối trực tuyến.
        OnlineSession = "online_session",
        /// Anything else.
        Other = "other",
    }
}

text_enum! {
    /// Whether an event took place.
    EventStatus {
        /// To come.
        Planned = "planned",
        /// It took place.
        Held = "held",
        /// It did not take place.
        Cancelled = "cancelled",
    }
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[schema(as = EventRecord)]
#[diesel(table_name = events, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Event {
    /// Id, `evt_…`.
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
    /// Name.
    pub name: String,
    /// Search key of the name.
    #[serde(skip)]
    pub name_folded: String,
    /// English name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
    /// Kind.
    pub kind: EventKind,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
    /// Province-level unit in which it takes place, as of its first day.
    pub province_id: ProvinceId,
    /// Place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// Organisation that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organiser_id: Option<String>,
    /// Whether it took place.
    pub status: EventStatus,
    /// Invented for the demo.
    pub illustrative: bool,
}

/// Columns of an event.
pub(super) const EVENT_COLUMNS: usize = 16;

impl Event {
    /// Whose it is: its organiser's, in its province.
    pub fn owners(&self) -> Owners {
        Owners { organisations: self.organiser_id.iter().cloned().collect(), provinces: vec![self.province_id], ..Owners::default() }
    }
}

/// An event as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventView {
    /// The record.
    #[serde(flatten)]
    pub record: Event,
    /// Its province-level unit, with today's in its place.
    pub province: ProvinceView,
    /// Name of the organiser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organiser_name: Option<String>,
}

/// The body that makes an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEvent {
    /// Name.
    #[schema(min_length = 1, max_length = 300)]
    pub name: String,
    /// English name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 300)]
    pub name_en: Option<String>,
    /// Kind.
    pub kind: EventKind,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day; the first unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<NaiveDate>,
    /// Province-level unit: code or name, meant on the first day unless `@YYYY-MM-DD` follows.
    #[schema(min_length = 1, max_length = 100, example = "94")]
    pub province: String,
    /// Place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 300)]
    pub venue: Option<String>,
    /// Organisation that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub organiser_id: Option<String>,
    /// `planned` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<EventStatus>,
    /// Invented, for a demo.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "std::ops::Not::not")]
    #[schema(nullable)]
    pub illustrative: bool,
}

impl From<&Event> for NewEvent {
    fn from(event: &Event) -> Self {
        let Event {
            id: _,
            version: _,
            origin: _,
            created_at: _,
            updated_at: _,
            name,
            name_folded: _,
            name_en,
            kind,
            starts_on,
            ends_on,
            province_id,
            venue,
            organiser_id,
            status,
            illustrative,
        } = event.clone();
        Self {
            name,
            name_en,
            kind,
            starts_on,
            ends_on: Some(ends_on),
            province: province_id.as_str().to_owned(),
            venue,
            organiser_id,
            status: Some(status),
            illustrative,
        }
    }
}

/// How many MoUs of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ByKind {
    /// Department with department.
    pub agency_agency: usize,
    /// Province with retail or distribution systems.
    pub province_retail: usize,
    /// Producers with distributors.
    pub producer_distributor: usize,
    /// Others.
    pub other: usize,
}

/// A unit and how many of the MoUs have a party in it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProvinceCount {
    /// The unit of the day of signing, with the day asked's in its place.
    #[serde(flatten)]
    pub province: ProvinceView,
    /// MoUs with a party in it.
    pub mous: usize,
}

/// What was committed of one product or group, in one unit, for one period.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CommittedQuantity {
    /// The product, where one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// The product group, where one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupView>,
    /// Unit.
    pub unit: UnitId,
    /// What the quantity is for.
    pub period: Period,
    /// Sum, a decimal string.
    #[schema(value_type = String, example = "120.5")]
    pub quantity: Quantity,
    /// MoUs that commit it.
    pub mous: usize,
}

/// What was committed in money, in one currency for one period.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CommittedValue {
    /// ISO 4217 code.
    pub currency: String,
    /// What the value is for, where that is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Sum, a decimal string.
    #[schema(value_type = String, example = "2500000000")]
    pub value: Amount,
    /// MoUs that commit it.
    pub mous: usize,
}

/// An event in numbers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventSummary {
    /// The event.
    pub event_id: String,
    /// The day asked: what was signed later is not counted, and successors are worked out for it.
    pub as_of: NaiveDate,
    /// MoUs signed at it.
    pub signed: usize,
    /// By kind.
    pub by_kind: ByKind,
    /// Distinct buyers in the MoUs between producers and distributors.
    pub distributors: usize,
    /// Distinct producers in them.
    pub producers: usize,
    /// Units with a party, most MoUs first.
    pub provinces: Vec<ProvinceCount>,
    /// Quantities, by product and unit.
    pub commitments: Vec<CommittedQuantity>,
    /// Values, by currency.
    pub values: Vec<CommittedValue>,
    /// Sums that are not shown to this caller: they would tell what one party committed.
    pub withheld: usize,
}
