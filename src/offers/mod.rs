//! Offers: what a producer can supply of a product, how much a month, in which months, from when to when, at which price.
//!
//! A quantity stands as it was given and in the base unit of its dimension, worked out when the offer was written. While an
//! open offer counts in its product's pack, that pack can't be stated anew. The price is seen by whom its
//! visibility names, here, in histories and wherever else an offer is shown. Whether an offer is open follows from
//! dates, for the day asked, and is never stored; closing is a decision, is final, and ends every edit.
//!
//! What signed `MoUs` have promised of the product is shown to the owner and officers (settled question 12). Searching and
//! matching are elsewhere.

mod collection;
mod http;
mod model;
mod rules;
mod store;

pub(crate) use collection::made;
pub use collection::{FILTERS, Offers, SORTS};
pub use http::routes;
pub use model::{NewOffer, NewPrice, Offer, OfferStatus, OfferView, Price, ProductOfOffer};
pub use rules::status;
pub(crate) use store::insert;
