//! The body that makes an `MoU`, and the one that would make it again.

use super::model::{Document, Mou, MouKind, MouRow, MouStatus, Period, Side};
use crate::decimal::{Amount, Quantity};
use crate::organisations::ProfileKind;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A party of a new `MoU`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMouParty {
    /// The organisation.
    #[schema(min_length = 1, max_length = 40)]
    pub organisation_id: String,
    /// Its side.
    pub side: Side,
    /// In which capacity it signs; it must have that profile.
    pub capacity: ProfileKind,
    /// Its name on the day; the registered one unless given. A replacement keeps the name that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// Its province-level unit on the day; the recorded one unless given. A replacement keeps the unit that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub province: Option<String>,
    /// For whom it signs, where not for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub acting_for: Option<String>,
}

/// A commitment of a new `MoU`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMouCommitment {
    /// The product, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub product_id: Option<String>,
    /// The product group, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub group: Option<String>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 300)]
    pub description: Option<String>,
    /// Quantity in the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// Unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40, example = "TAN")]
    pub unit: Option<String>,
    /// What the quantity is for. Signed, it promises so much of each calendar month from that of the first day to that of the
    /// last one: a month's quantity, a third of a quarter's, a twelfth of a year's, and of a total an equal share of each (of one
    /// without a last day a twelfth of each of the first twelve); in months in which the memorandum is not in effect, nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// First day; that of the memorandum's effect unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_on: Option<NaiveDate>,
    /// Last day; that of the memorandum's effect unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<NaiveDate>,
    /// Value in the currency, for the same period as the quantity where one is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Amount>,
    /// ISO 4217 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 3, max_length = 3, example = "VND")]
    pub currency: Option<String>,
    /// The demand that it is to meet; its buyer is a party as such. What is signed is not asked for again, also where it was
    /// fulfilled before its time (the offer is free again then): matches and memoranda that are proposed of the demand are about what is left of it. It counts in
    /// the demand's months, where both count in one base unit; in a pack, where the product says what it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub demand_id: Option<String>,
    /// The offer that it is made of; its producer is a party as such. The product is that of the offer, and of all offers of this
    /// product so much is promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub offer_id: Option<String>,
}

/// The body that makes an `MoU`: a draft, or a finished, signed one in one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMou {
    /// Title.
    #[schema(min_length = 1, max_length = 300)]
    pub title: String,
    /// Kind; it follows from the sides, and is checked when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<MouKind>,
    /// draft, proposed, agreed or signed; `draft` unless given. Later it changes by transitions alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<MouStatus>,
    /// Event at which it was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub event_id: Option<String>,
    /// Organisation that registers it; the key's unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub registrar_id: Option<String>,
    /// Number that the registering organisation gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
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
    /// First day of its effect; the day of signing unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<NaiveDate>,
    /// Last day of its effect; open when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_until: Option<NaiveDate>,
    /// Fields of cooperation.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 30, nullable, value_type = Vec<crate::check::Line>, inline)]
    pub fields_of_cooperation: Vec<String>,
    /// At least two, on at least two sides.
    #[schema(min_items = 2, max_items = 50)]
    pub parties: Vec<NewMouParty>,
    /// What is committed.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 200, nullable)]
    pub commitments: Vec<NewMouCommitment>,
    /// Documents by their content.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50, nullable)]
    pub documents: Vec<Document>,
    /// Invented, for a demo.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "std::ops::Not::not")]
    #[schema(nullable)]
    pub illustrative: bool,
}

impl From<&Mou> for NewMou {
    fn from(mou: &Mou) -> Self {
        let MouRow {
            id: _,
            version: _,
            origin: _,
            created_at: _,
            updated_at: _,
            number: _,
            // It follows from the sides: stated, a patch of the parties would contradict it.
            kind: _,
            status,
            title,
            event_id,
            registrar_id,
            external_number,
            proposed_on,
            agreed_on,
            signed_on,
            effective_from,
            effective_until,
            ended_on: _,
            fields_of_cooperation,
            documents,
            transitions: _,
            notes: _,
            illustrative,
        } = mou.row.clone();
        Self {
            title,
            kind: None,
            status: Some(status),
            event_id,
            registrar_id,
            external_number,
            proposed_on,
            agreed_on,
            signed_on,
            effective_from,
            effective_until,
            fields_of_cooperation: fields_of_cooperation.get().clone(),
            parties: mou
                .parties
                .iter()
                .map(|party| NewMouParty {
                    organisation_id: party.organisation_id.clone(),
                    side: party.side,
                    capacity: party.capacity,
                    name: Some(party.name.clone()),
                    province: Some(party.province_id.as_str().to_owned()),
                    acting_for: party.acting_for.clone(),
                })
                .collect(),
            commitments: mou
                .commitments
                .iter()
                .map(|commitment| NewMouCommitment {
                    product_id: commitment.product_id.clone(),
                    group: commitment.group_id.map(|group| group.as_str().to_owned()),
                    description: commitment.description.clone(),
                    quantity: commitment.quantity,
                    unit: commitment.unit.map(|unit| unit.as_str().to_owned()),
                    period: commitment.period,
                    starts_on: commitment.starts_on,
                    ends_on: commitment.ends_on,
                    value: commitment.value,
                    currency: commitment.currency.clone(),
                    demand_id: commitment.demand_id.clone(),
                    offer_id: commitment.offer_id.clone(),
                })
                .collect(),
            documents: documents.get().clone(),
            illustrative,
        }
    }
}
