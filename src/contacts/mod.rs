//! Contacts: how an organisation is reached, each a record of its own with a purpose, the consent it rests on, who may
//! see it and until when it is kept.
//!
//! The values of a contact (name, position, phone, e-mail) stand in its row alone: no change, history, stored answer or
//! log line holds them. What is logged of a version is a digest of its values, salted with a number that stands in the
//! row and goes with it. After its day a contact is absent at once, and [`purge`] deletes its row.
//!
//! Anybody sees what is public. Keys see masked what is `matched`; the organisation sees its own; officers of its
//! province, auditors and administrators see everything masked, and are shown a value when they say why
//! ([`disclosing`]), which the audit log keeps.

mod cleaning;
pub(crate) mod disclosing;
mod http;
mod mask;
mod model;
mod normal;
mod routes;
mod rules;
mod seal;
mod sight;
mod store;
mod write;

pub(crate) use cleaning::{erase, scrub};
pub use cleaning::{keep_purging, purge};
pub use disclosing::DAILY as DAILY_DISCLOSURES;
pub(crate) use http::no_store;
pub use model::{
    Consent, ConsentChannel, Contact, ContactGround, ContactKind, ContactPurpose, ContactView, ContactVisibility, NewConsent, NewContact,
};
pub use routes::routes;
pub(crate) use rules::{read_email, read_phone};
pub(crate) use seal::{Of, keyed_digest};
pub(crate) use sight::{clear, view};
pub(crate) use store::{found_by, of_organisations};
pub use write::ENTITY;
