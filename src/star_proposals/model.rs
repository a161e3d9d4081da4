//! What a proposal is: the row, the body that makes it, and the answer.

use crate::db::schema::star_proposals;
use crate::db::text_enum;
use crate::log::Meta;
use crate::organisations::OrganisationSummary;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// What came of a proposal.
    Outcome {
        /// Nothing yet.
        Pending = "pending",
        /// The stars were given, with a certificate.
        Granted = "granted",
        /// They were not.
        Refused = "refused",
        /// It was taken back.
        Withdrawn = "withdrawn",
    }
}

/// A proposal, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = star_proposals, treat_none_as_null = true, treat_none_as_default_value = false)]
#[schema(as = StarProposalRecord)]
pub struct StarProposal {
    /// Id, `spr_…`.
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
    /// Product that is proposed.
    pub product_id: String,
    /// Stars that it is proposed for: never stars that it has.
    #[schema(minimum = 3, maximum = 5)]
    pub stars: i32,
    /// Organisation that proposed it.
    pub proposed_by_id: String,
    /// On which day.
    pub proposed_on: NaiveDate,
    /// What came of it.
    pub outcome: Outcome,
    /// On which day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome_on: Option<NaiveDate>,
    /// The certificate that was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<String>,
    /// Invented for the demo.
    pub illustrative: bool,
}

/// Columns of a proposal.
pub(super) const STAR_PROPOSAL_COLUMNS: usize = 13;

impl StarProposal {
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

/// The product that is proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProposedProduct {
    /// Id.
    pub id: String,
    /// Name today.
    pub name: String,
    /// Organisation that makes it.
    pub producer_id: String,
}

/// A proposal as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StarProposal)]
pub struct StarProposalView {
    /// The record.
    #[serde(flatten)]
    pub record: StarProposal,
    /// The product; absent when it has been deleted since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<ProposedProduct>,
    /// Who proposed it; absent when that organisation has been deleted since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<OrganisationSummary>,
}

/// The body that makes a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStarProposal {
    /// Product that is proposed.
    #[schema(min_length = 1, max_length = 40)]
    pub product_id: String,
    /// Stars that it is proposed for: 3, 4 or 5, and more than hold on that day.
    #[schema(minimum = 3, maximum = 5)]
    pub stars: i32,
    /// Organisation that proposed it.
    #[schema(min_length = 1, max_length = 40)]
    pub proposed_by_id: String,
    /// On which day.
    pub proposed_on: NaiveDate,
    /// What came of it; `pending` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// On which day; needed unless pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome_on: Option<NaiveDate>,
    /// The certificate that was granted: an OCOP certificate of this product with these stars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub certificate_id: Option<String>,
    /// Invented, for a demo.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "std::ops::Not::not")]
    #[schema(nullable)]
    pub illustrative: bool,
}

impl From<&StarProposal> for NewStarProposal {
    fn from(proposal: &StarProposal) -> Self {
        let StarProposal {
            id: _,
            version: _,
            origin: _,
            created_at: _,
            updated_at: _,
            product_id,
            stars,
            proposed_by_id,
            proposed_on,
            outcome,
            outcome_on,
            certificate_id,
            illustrative,
        } = proposal.clone();
        Self { product_id, stars, proposed_by_id, proposed_on, outcome: Some(outcome), outcome_on, certificate_id, illustrative }
    }
}
