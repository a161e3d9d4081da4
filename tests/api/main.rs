//! API tests: over HTTP, on the real routes, on a fresh database for each test.
//!
//! SQLite in a temporary folder, or a schema of its own in PostgreSQL when `TEST_DATABASE_URL` is set.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::needless_pass_by_value,
    clippy::doc_markdown,
    clippy::similar_names,
    missing_docs,
    reason = "a test that can't go on panics with the reason, its helpers included; TEST_DATABASE_URL is read here; ETag and \
              SQLite are words; path and patch are different ones"
)]

mod access;
mod audit;
mod browsers;
mod certificates;
mod contacts;
mod contract;
mod copy;
mod demands;
mod demo;
mod demo_data;
mod events;
mod facilities;
mod faults;
mod hostile;
mod idempotency;
mod index;
mod introductions;
mod keys;
mod limits;
mod log;
mod matches;
mod mous;
mod offers;
mod operators;
mod organisation_search;
mod organisations;
mod people;
mod personal_data;
mod preconditions;
mod products;
mod quotas;
mod readme;
mod relevance;
mod reports;
mod schema;
mod search;
mod search_filters;
mod shedding;
mod star_proposals;
mod support;
