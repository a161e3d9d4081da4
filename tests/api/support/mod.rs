//! What every test uses: a server of its own, a client, keys, and builders that read like the domain.

mod app;
mod builders;
mod client;
mod common;
pub mod document;
pub mod process;
pub mod provider;
mod refusals;
mod seeds;

pub use app::{Database, START, TestApp, count, execute};
pub use builders::{
    Draft, Record, a_buyer, a_certificate, a_demand, a_facility, a_mou, a_producer, a_product, a_star_proposal, an_agency, an_event,
    an_ocop_certificate, an_offer, an_organisation,
};
pub use client::{Request, Response};
pub use common::{walk, walk_as};
pub use refusals::assert_refused;
pub use seeds::seeds;
pub use serde_json::{Value, json};

/// An instant of UTC, such as `2026-11-23 05:00:00`.
pub fn instant(text: &str) -> chrono::NaiveDateTime {
    chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap_or_else(|_| panic!("{text} is no instant"))
}
