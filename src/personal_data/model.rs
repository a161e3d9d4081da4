//! Requests of persons as they are stored, registered and answered, and what is held on one.

use crate::access::Owners;
use crate::audit::Action;
use crate::contacts::{ConsentChannel, ContactView};
use crate::db::schema::personal_data_requests;
use crate::db::{Json, text_enum};
use crate::reference::ProvinceId;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// What a person asks.
    RequestKind {
        /// Everything that is held.
        Export = "export",
        /// That it be erased.
        Erasure = "erasure",
    }
}

text_enum! {
    /// How a request stands.
    RequestStatus {
        /// Nobody has answered the person yet.
        Open = "open",
        /// The person was answered; what was asked is still to be done.
        Answered = "answered",
        /// It was done.
        Done = "done",
    }
}

/// A request as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = personal_data_requests, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct PersonalDataRequest {
    /// Id, `pdr_…`.
    pub id: String,
    /// Version, from 1.
    pub version: i64,
    /// Instance that made it.
    pub origin: String,
    /// When it was registered.
    pub created_at: NaiveDateTime,
    /// When it was last changed.
    pub updated_at: NaiveDateTime,
    /// What is asked.
    pub kind: RequestKind,
    /// How it came.
    pub channel: ConsentChannel,
    /// When it came.
    pub received_on: NaiveDate,
    /// Day by which the person is answered.
    pub answer_by: NaiveDate,
    /// Province whose officer registered it; none when an administrator did.
    pub province_id: Option<ProvinceId>,
    /// Keyed digest of the person's phone, until it is done.
    pub phone_digest: Option<String>,
    /// Keyed digest of the person's e-mail address, until it is done.
    pub email_digest: Option<String>,
    /// Keyed digest of the person's code, until it is done.
    pub personal_code_digest: Option<String>,
    /// Contacts that were found, or erased.
    pub contact_ids: Json<Vec<String>>,
    /// Organisations whose personal code was found, or erased.
    pub organisation_ids: Json<Vec<String>>,
    /// Whether more is held of organisations elsewhere.
    pub held_elsewhere: bool,
    /// Who registered it.
    pub registered_by_key_id: Option<String>,
    /// When the person was answered.
    pub answered_at: Option<NaiveDateTime>,
    /// By whom.
    pub answered_by_key_id: Option<String>,
    /// When it was done.
    pub done_at: Option<NaiveDateTime>,
    /// By whom.
    pub done_by_key_id: Option<String>,
    /// Last day on which a backup may hold what was erased.
    pub backups_until: Option<NaiveDate>,
}

impl PersonalDataRequest {
    /// Whose it is: the province's; an administrator's alone where it has none.
    pub fn owners(&self) -> Owners {
        self.province_id.map_or_else(Owners::default, Owners::province)
    }

    /// How it stands.
    pub fn status(&self) -> RequestStatus {
        match (self.done_at, self.answered_at) {
            (Some(_), _) => RequestStatus::Done,
            (None, Some(_)) => RequestStatus::Answered,
            (None, None) => RequestStatus::Open,
        }
    }

    /// As it is answered and logged.
    pub(super) fn view(&self) -> RequestView {
        RequestView {
            id: self.id.clone(),
            version: self.version,
            origin: self.origin.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            kind: self.kind,
            channel: self.channel,
            received_on: self.received_on,
            answer_by: self.answer_by,
            status: self.status(),
            province_id: self.province_id,
            contact_ids: self.contact_ids.get().clone(),
            organisation_ids: self.organisation_ids.get().clone(),
            held_elsewhere: self.held_elsewhere,
            registered_by_key_id: self.registered_by_key_id.clone(),
            answered_at: self.answered_at,
            answered_by_key_id: self.answered_by_key_id.clone(),
            done_at: self.done_at,
            done_by_key_id: self.done_by_key_id.clone(),
            backups_until: self.backups_until,
        }
    }
}

/// A request as it is answered: never by what the person is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PersonalDataRequest)]
pub struct RequestView {
    /// Id, `pdr_…`.
    pub id: String,
    /// Version, from 1.
    pub version: i64,
    /// Instance that made it.
    pub origin: String,
    /// When it was registered.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: NaiveDateTime,
    /// When it was last changed.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub updated_at: NaiveDateTime,
    /// What is asked.
    pub kind: RequestKind,
    /// How it came.
    pub channel: ConsentChannel,
    /// Day on which it came.
    pub received_on: NaiveDate,
    /// Day by which the person is answered: two working days later. Tết and the anniversary of the Hùng kings follow the
    /// moon and are not known here, so that the day is never late.
    pub answer_by: NaiveDate,
    /// How it stands.
    pub status: RequestStatus,
    /// Province whose officer registered it; none when an administrator did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub province_id: Option<ProvinceId>,
    /// Contacts that were found; of what was erased, those that were.
    pub contact_ids: Vec<String>,
    /// Organisations whose personal code was found; of what was erased, those whose code was.
    pub organisation_ids: Vec<String>,
    /// Whether more is held of organisations elsewhere, which an administrator reaches.
    pub held_elsewhere: bool,
    /// The key that registered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered_by_key_id: Option<String>,
    /// When the person was answered.
    #[serde(with = "crate::clock::maybe_utc", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub answered_at: Option<NaiveDateTime>,
    /// The key that said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_by_key_id: Option<String>,
    /// When it was done.
    #[serde(with = "crate::clock::maybe_utc", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub done_at: Option<NaiveDateTime>,
    /// The key that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_by_key_id: Option<String>,
    /// Last day on which a backup may hold what was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backups_until: Option<NaiveDate>,
}

/// The body that registers a request. Does not print itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPersonalDataRequest {
    /// What is asked.
    pub kind: RequestKind,
    /// The person's phone. This, `email` or `personal_code` is needed, and none is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 30)]
    pub phone: Option<String>,
    /// The person's e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 254)]
    pub email: Option<String>,
    /// The person's identification number, 12 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 12, max_length = 20)]
    pub personal_code: Option<String>,
    /// Day on which it came; today unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_on: Option<NaiveDate>,
    /// How it came.
    pub channel: ConsentChannel,
}

/// The body of a step of a request: it has no members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonalDataStep {}

/// Everything that is held on a person.
#[derive(Serialize, ToSchema)]
pub struct PersonalDataExport {
    /// Contacts, with the consent they rest on and to whom they were shown.
    pub contacts: Vec<HeldContact>,
    /// Personal codes of household businesses.
    pub personal_codes: Vec<HeldCode>,
}

/// A contact that is held.
#[derive(Serialize, ToSchema)]
pub struct HeldContact {
    /// The contact with its values.
    pub contact: ContactView,
    /// To whom it was shown, oldest first.
    pub disclosures: Vec<HeldDisclosure>,
}

/// One showing of a contact.
#[derive(Serialize, ToSchema, Queryable)]
pub struct HeldDisclosure {
    /// When.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub at: NaiveDateTime,
    /// Shown to somebody, or given out to the person.
    pub action: Action,
    /// In which role.
    pub actor_role: String,
    /// For which organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_organisation_id: Option<String>,
    /// With which key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_key_id: Option<String>,
    /// Why: what was said, or the introduction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A personal code that is held.
#[derive(Serialize, ToSchema)]
pub struct HeldCode {
    /// The household business.
    pub organisation_id: String,
    /// The code.
    pub personal_code: String,
}
