//! Organisations: who one is. A producer, a buyer and an agency are profiles of an organisation under the
//! same id, each a collection of its own (`/v1/producers`, `/v1/buyers`, `/v1/agencies`).
//!
//! An organisation with its profiles is one record with one version and one history. A tax code, where there
//! is one, is unique; an individual's 12-digit code is personal data: stored apart, never shown, unique by a
//! keyed digest. Without a code a likely duplicate is named in the answer, not refused.

mod collection;
mod http;
mod model;
pub(crate) mod personal;
mod rules;
mod store;
mod summary;

pub(crate) use collection::made;
pub use collection::{AGENCY_FILTERS, BUYER_FILTERS, Of, Organisations, PRODUCER_FILTERS, Profile, SORTS};
pub use http::routes;
pub use model::{
    Agency, AgencyKind, Buyer, BuyerKind, InvoiceKind, LegalForm, NewAgencyProfile, NewBuyerProfile, NewOrganisation, NewProducerProfile,
    Organisation, OrganisationRow, OrganisationStatus, OrganisationView, Producer, ProducerKind, ProfileKind,
};
pub(crate) use store::insert;
pub use store::{Identity, identities};
pub use summary::{OrganisationSummary, owners};
