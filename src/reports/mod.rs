//! Reports: counts over several collections, for the officer's report.
//!
//! `/v1/stats/ocop`: certified products, producers and stars on a day, by group.

mod http;
mod store;

pub use http::{GroupCount, OcopStatistics, Stars, routes};
