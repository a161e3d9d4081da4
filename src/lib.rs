//! Cung Cầu (supply and demand): a register of producers, buyers and memoranda of cooperation.
//!
//! In reading order: [`app`] (what is shared, the one list of routes), [`http`] (what every operation has in
//! common), [`log`] (one numbered change for every mutation), [`access`] (who may do and see what), [`db`]
//! (one code over two databases), [`mod@reference`] (provinces, groups, papers, units), then a module for each noun;
//! [`market`] (the index in memory) and [`indexing`] (what feeds it from the log).

pub mod access;
pub mod agencies;
pub mod app;
pub mod audit;
pub mod buyers;
pub mod certificates;
mod check;
pub mod clock;
pub mod closing;
pub mod commands;
pub mod config;
pub mod contacts;
pub mod copy;
pub mod db;
pub mod decimal;
pub mod demands;
pub mod demo;
pub mod demo_data;
pub mod error;
pub mod events;
pub mod facilities;
mod hex;
pub mod http;
pub mod ids;
pub mod indexing;
pub mod introductions;
pub mod keys;
pub mod log;
pub mod market;
pub mod matches;
pub mod measure;
pub mod metrics;
pub mod months;
pub mod mous;
pub mod offers;
pub mod operation;
pub mod organisations;
pub mod outgoing;
pub mod people;
pub mod personal_data;
pub mod price;
pub mod producers;
pub mod products;
pub mod quotas;
pub mod reference;
pub mod reports;
pub mod search;
pub mod server;
pub mod settings;
pub mod star_proposals;
pub mod text;

/// What all memory comes from, of the program as of its tests and benchmarks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
