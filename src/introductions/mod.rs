//! Introductions: one side of a demand and an offer asks the other to exchange contacts, the other accepts, and from
//! then on each sees the other's.
//!
//! There is one live introduction (asked or accepted) of a demand and an offer. Asked, it is accepted or declined by the
//! other side or withdrawn by the one that asked; accepted, it is ended by either. Whoever is shown a contact by it is
//! noted in the audit log, in the transaction that reads it. An introduction holds no personal value itself.

mod http;
mod model;
mod routes;
mod rules;
mod store;

pub use model::{Introduction, IntroductionSide, IntroductionStatus, NewIntroduction};
pub use routes::routes;
pub use store::{introduced_to_demands, introduced_to_offers};
