//! Products: what a producer makes, with its OCOP group, codes, pack, shelf life and story.
//!
//! A product has no stars of its own: it shows the stars that its certificates give on the day asked, and
//! which certificates are valid on that day. It stays its producer's for life.
//! Quantities, prices and seasons are not a product's but an offer's.

mod collection;
mod model;
mod rules;
mod store;

pub use collection::Products;
pub(crate) use collection::made;
pub use model::{NewPack, NewProduct, Pack, Picture, Product, ProductStatus, ProductView, Storage, ValidCertificate};
pub(crate) use rules::is_package;
pub(crate) use store::{insert, lock};
