//! Contacts as they are stored, logged, asked for and answered.

use crate::access::Owners;
use crate::db::schema::contacts;
use crate::db::text_enum;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

text_enum! {
    /// What a contact reaches.
    ContactKind {
        /// A mailbox of a role, such as that of the sales department.
        Mailbox = "mailbox",
        /// A switchboard or hotline.
        Switchboard = "switchboard",
        /// One person: also the owner of a household business.
        Person = "person",
    }
}

text_enum! {
    /// What a contact is given for.
    ContactPurpose {
        /// Buying and selling: what introductions show.
        Trade = "trade",
        /// Memoranda and conferences.
        Memoranda = "memoranda",
        /// Deliveries.
        Deliveries = "deliveries",
        /// Dealings with the administration.
        Administration = "administration",
    }
}

text_enum! {
    /// On which ground of the law (Law 91/2025/QH15) a person's contact is kept.
    ContactGround {
        /// The person agreed.
        Consent = "consent",
        /// A contract with the person is carried out.
        Contract = "contract",
        /// A task of a State body.
        PublicTask = "public_task",
    }
}

text_enum! {
    /// How a consent or a request reached the register.
    ConsentChannel {
        /// On paper, signed.
        Paper = "paper",
        /// By e-mail.
        Email = "email",
        /// By phone.
        Phone = "phone",
        /// On a web page.
        Web = "web",
        /// At a conference or fair.
        Event = "event",
    }
}

text_enum! {
    /// Who sees a contact.
    ContactVisibility {
        /// Everybody.
        Public = "public",
        /// Keys see it masked; the other side of an accepted introduction sees it.
        Matched = "matched",
        /// The organisation; officers, auditors and administrators see it masked.
        Officers = "officers",
    }
}

/// A contact as it is stored. Does not print its values, and is never serialised: see [`ContactView`] and [`Logged`].
#[derive(Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = contacts, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Contact {
    /// Id, `cnt_…`.
    pub id: String,
    /// Version, from 1.
    pub version: i64,
    /// Instance that made it.
    pub origin: String,
    /// When it was made.
    pub created_at: NaiveDateTime,
    /// When it was last changed.
    pub updated_at: NaiveDateTime,
    /// Whom it reaches.
    pub organisation_id: String,
    /// What it reaches.
    pub kind: ContactKind,
    /// What it is given for.
    pub purpose: ContactPurpose,
    /// Ground of the law.
    pub ground: Option<ContactGround>,
    /// Who sees it.
    pub visibility: ContactVisibility,
    /// Name of a person.
    pub name: Option<String>,
    /// Position.
    pub position: Option<String>,
    /// Phone, E.164.
    pub phone: Option<String>,
    /// E-mail address, lower case.
    pub email: Option<String>,
    /// Keyed digest of the phone, by which a person's data is found.
    pub phone_digest: Option<String>,
    /// Keyed digest of the e-mail address.
    pub email_digest: Option<String>,
    /// Salt of `digest`.
    pub salt: String,
    /// Salted digest of the values.
    pub digest: String,
    /// When consent was given.
    pub consent_given_on: Option<NaiveDate>,
    /// How it came.
    pub consent_channel: Option<ConsentChannel>,
    /// To which text.
    pub consent_text_version: Option<String>,
    /// When it was recorded.
    pub consent_recorded_at: Option<NaiveDateTime>,
    /// With which key.
    pub consent_recorded_by_key_id: Option<String>,
    /// For which organisation.
    pub consent_recorded_by_organisation_id: Option<String>,
    /// When it was withdrawn.
    pub consent_withdrawn_on: Option<NaiveDate>,
    /// Last day on which it is kept.
    pub retention_until: Option<NaiveDate>,
    /// Invented for the demo.
    pub illustrative: bool,
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact").field("id", &self.id).field("version", &self.version).finish_non_exhaustive()
    }
}

/// A version of a contact in the change log: everything but its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Logged {
    pub id: String,
    pub version: i64,
    pub origin: String,
    #[serde(with = "crate::clock::utc")]
    pub created_at: NaiveDateTime,
    #[serde(with = "crate::clock::utc")]
    pub updated_at: NaiveDateTime,
    pub organisation_id: String,
    pub kind: ContactKind,
    pub purpose: ContactPurpose,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<ContactGround>,
    pub visibility: ContactVisibility,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_until: Option<NaiveDate>,
    pub digest: String,
    pub illustrative: bool,
}

/// A recorded consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Consent {
    /// Day on which the person gave it.
    pub given_on: NaiveDate,
    /// How it came.
    pub channel: ConsentChannel,
    /// Version of the text that the person agreed to.
    pub text_version: String,
    /// When it was recorded here.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub recorded_at: NaiveDateTime,
    /// The organisation whose key recorded it, where the key acts for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_by_organisation_id: Option<String>,
    /// The key that recorded it; shown to officers of the province, auditors and administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_by_key_id: Option<String>,
    /// Day on which the person withdrew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_on: Option<NaiveDate>,
}

/// The body that makes or replaces a contact. Does not print itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    /// What it reaches.
    pub kind: ContactKind,
    /// What it is given for.
    pub purpose: ContactPurpose,
    /// Ground of the law on which it is kept: a person's needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<ContactGround>,
    /// Who sees it; `officers` unless given. A person's is `public` or `matched` only under a consent that holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<ContactVisibility>,
    /// Name of the person; of a person alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// Position, such as "Trưởng phòng kinh doanh", without a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub position: Option<String>,
    /// Phone in Viet Nam: `0912 345 678`, `+84 299 3822 333`, `1900 …`. This or `email` is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 30)]
    pub phone: Option<String>,
    /// E-mail address. This or `phone` is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 254)]
    pub email: Option<String>,
    /// The person's consent; of a person alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<NewConsent>,
    /// Last day on which it is kept, at most five years ahead: a person's needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_until: Option<NaiveDate>,
    /// Invented for a demonstration.
    #[serde(default, deserialize_with = "crate::http::body::or_default")]
    #[schema(nullable)]
    pub illustrative: bool,
}

/// A consent to be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsent {
    /// Day on which the person gave it.
    pub given_on: NaiveDate,
    /// How it came.
    pub channel: ConsentChannel,
    /// Version of the text that the person agreed to, such as `2026-01`.
    #[schema(min_length = 1, max_length = 40)]
    pub text_version: String,
    /// Day on which the person withdrew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_on: Option<NaiveDate>,
}

/// A contact as it is answered.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Contact)]
pub struct ContactView {
    /// Id, `cnt_…`.
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
    /// Whom it reaches.
    pub organisation_id: String,
    /// What it reaches.
    pub kind: ContactKind,
    /// What it is given for.
    pub purpose: ContactPurpose,
    /// Who sees it.
    pub visibility: ContactVisibility,
    /// Whether the values are masked: `09•• ••• •67`, `n•••@d•••.vn`, `N••• V••• A•••`; a position is left out then.
    pub masked: bool,
    /// Name of a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// Phone, E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// E-mail address, lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Ground of the law; shown to the organisation and to officers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<ContactGround>,
    /// The consent; shown to the organisation and to officers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// Last day on which it is kept; shown to the organisation and to officers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_until: Option<NaiveDate>,
    /// Invented for a demonstration.
    pub illustrative: bool,
}

/// The body that asks to be shown a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDisclosure {
    /// Why, in three words or more, without a number, an address, the person's name or a word of it after a form of address: it stays in the audit log.
    #[schema(min_length = 1, max_length = 300)]
    pub reason: String,
}

impl Contact {
    /// What the log holds of this version.
    pub(super) fn logged(&self) -> Logged {
        // The key that recorded a consent is the actor of its change.
        let consent = self.consent().map(|consent| Consent { recorded_by_key_id: None, ..consent });
        Logged {
            id: self.id.clone(),
            version: self.version,
            origin: self.origin.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            organisation_id: self.organisation_id.clone(),
            kind: self.kind,
            purpose: self.purpose,
            ground: self.ground,
            visibility: self.visibility,
            consent,
            retention_until: self.retention_until,
            digest: self.digest.clone(),
            illustrative: self.illustrative,
        }
    }

    /// The consent, where one was recorded.
    pub fn consent(&self) -> Option<Consent> {
        Some(Consent {
            given_on: self.consent_given_on?,
            channel: self.consent_channel?,
            text_version: self.consent_text_version.clone()?,
            recorded_at: self.consent_recorded_at?,
            recorded_by_organisation_id: self.consent_recorded_by_organisation_id.clone(),
            recorded_by_key_id: self.consent_recorded_by_key_id.clone(),
            withdrawn_on: self.consent_withdrawn_on,
        })
    }

    /// The body that would make it, for merge patches.
    pub(super) fn to_new(&self) -> NewContact {
        NewContact {
            kind: self.kind,
            purpose: self.purpose,
            ground: self.ground,
            visibility: Some(self.visibility),
            name: self.name.clone(),
            position: self.position.clone(),
            phone: self.phone.clone(),
            email: self.email.clone(),
            consent: self.consent().map(|consent| NewConsent {
                given_on: consent.given_on,
                channel: consent.channel,
                text_version: consent.text_version,
                withdrawn_on: consent.withdrawn_on,
            }),
            retention_until: self.retention_until,
            illustrative: self.illustrative,
        }
    }

    /// Its address.
    pub(super) fn location(&self) -> String {
        format!("/v1/organisations/{}/contacts/{}", self.organisation_id, self.id)
    }
}

/// A contact with whose it is.
#[derive(Debug)]
pub(crate) struct Owned {
    pub contact: Contact,
    pub owners: Owners,
}
