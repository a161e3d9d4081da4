//! Searching products, offers, producers and buyers: words, filters, facets, and the names to choose from while one types.
//!
//! `GET /v1/products` and `GET /v1/offers` list the register as every collection does. With words (`q`), facets, or a
//! filter or sort that only a search has, they are answered from the market index, without the database: what is found
//! is open to trade on the day asked, with how it was found and what can be had of it. `GET /v1/producers` and
//! `GET /v1/buyers` with words take the order from the index and what they show from the database.
//!
//! In reading order: [`params`] (what may be asked), [`model`] (the answers), `http` and `organisations` (the
//! operations), `write`, `facets`, `parts` and `plain` (JSON).

mod facets;
mod http;
pub mod model;
mod organisations;
pub mod params;
mod parts;
mod plain;
mod suggest;
mod view;
mod write;

pub use http::{from_memory, routes, searchable};
pub use organisations::by_name;
pub(crate) use plain::{civil, date, id_text, push_decimal, push_decimals, push_four, push_number, push_three, push_two, quote};
pub use view::view_of;
pub(crate) use write::{Writer, fetch, lines};
