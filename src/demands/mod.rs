//! Demands: what a buyer needs, how much a month, in which months, from when to when, delivered where.
//!
//! What is needed is named by a product group, by words, or by both. A demand has no product, so its units are those of
//! fixed size. The price ceiling is seen by whom its visibility names, at first by nobody but the buyer and its officers.
//! Whether a demand is open follows from dates, for the day asked; closing is a decision, is final, and ends every edit.
//!
//! Matching offers to demands is elsewhere.

mod collection;
mod http;
mod model;
mod rules;
mod store;

pub(crate) use collection::made;
pub use collection::{Demands, FILTERS, SORTS};
pub use http::routes;
pub use model::{Ceiling, Demand, DemandStatus, DemandView, NewCeiling, NewDemand};
pub use rules::status;
pub(crate) use store::insert;
