//! Introductions as they are stored, asked for and answered.

use crate::contacts::ContactView;
use crate::db::schema::introductions;
use crate::db::text_enum;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// A side of an introduction.
    IntroductionSide {
        /// The demand's buyer.
        Buyer = "buyer",
        /// The offer's producer.
        Producer = "producer",
    }
}

impl IntroductionSide {
    /// The other side.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Buyer => Self::Producer,
            Self::Producer => Self::Buyer,
        }
    }
}

text_enum! {
    /// How an introduction stands.
    IntroductionStatus {
        /// One side asked.
        Asked = "asked",
        /// The other agreed: each sees the other's contacts.
        Accepted = "accepted",
        /// The other refused.
        Declined = "declined",
        /// The side that asked took it back.
        Withdrawn = "withdrawn",
        /// It was accepted, and one side ended it.
        Ended = "ended",
    }
}

/// An introduction.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = introductions, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Introduction {
    /// Id, `int_…`.
    pub id: String,
    /// Version, from 1.
    pub version: i64,
    /// Instance that made it.
    pub origin: String,
    /// When it was made.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: NaiveDateTime,
    /// When it was last changed.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub updated_at: NaiveDateTime,
    /// The demand.
    pub demand_id: String,
    /// The offer.
    pub offer_id: String,
    /// The demand's buyer.
    pub buyer_id: String,
    /// The offer's producer.
    pub producer_id: String,
    /// The side that asked.
    pub asked_by: IntroductionSide,
    /// With which key.
    #[serde(skip)]
    #[schema(ignore)]
    pub asked_by_key_id: Option<String>,
    /// How it stands.
    pub status: IntroductionStatus,
    /// When it was accepted or declined.
    #[serde(default, with = "crate::clock::maybe_utc", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub answered_at: Option<NaiveDateTime>,
    /// When it was withdrawn or ended.
    #[serde(default, with = "crate::clock::maybe_utc", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub ended_at: Option<NaiveDateTime>,
    /// Invented for a demonstration, as its demand or its offer is.
    pub illustrative: bool,
}

impl Introduction {
    /// The organisation of a side.
    pub fn organisation(&self, side: IntroductionSide) -> &str {
        match side {
            IntroductionSide::Buyer => &self.buyer_id,
            IntroductionSide::Producer => &self.producer_id,
        }
    }

    /// The side that an organisation is.
    pub fn side_of(&self, organisation_id: &str) -> Option<IntroductionSide> {
        [IntroductionSide::Buyer, IntroductionSide::Producer].into_iter().find(|side| self.organisation(*side) == organisation_id)
    }
}

/// The body that asks for an introduction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIntroduction {
    /// The demand.
    #[schema(min_length = 1, max_length = 40)]
    pub demand_id: String,
    /// The offer.
    #[schema(min_length = 1, max_length = 40)]
    pub offer_id: String,
    /// The side that asks; needed of a key that may act for both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<IntroductionSide>,
}

/// The body of a step: it has no members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntroductionStep {}

/// The contacts that an introduction shows.
#[derive(Serialize, ToSchema)]
pub struct IntroductionContacts {
    /// Given for the purpose `trade`. Of the other side; of both, masked, for officers, auditors and administrators.
    pub items: Vec<ContactView>,
}
