//! Matches: which offers serve a demand, which demands an offer serves, why, what just misses, and what would mend it.
//!
//! Computed, never stored as truth: every answer comes from the market index, without the database, also while that is
//! away. What the caller may not see of prices and ceilings is unknown to the answer, in its order, its numbers and its
//! sentences. A pair that fits becomes a draft of a memorandum (`propose`), which people finish. Dividing demands among
//! many suppliers is elsewhere.
//!
//! In reading order: [`model`] (the answers), `params` (what may be asked), `http` (the questions), `propose`, `write`,
//! `parts` and `terms` (JSON), `texts` and `pen` (sentences), `notes` (why nothing was considered).

mod http;
pub mod model;
mod notes;
mod params;
mod parts;
mod pen;
mod propose;
mod terms;
mod texts;
mod write;

pub use http::routes;
