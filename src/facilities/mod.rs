//! Facilities and farms: the places that certificates are given to, each of one organisation.
//!
//! A facility is where goods are made or packed, a farm is land, herd or pond; a certificate's kind says which
//! it is given to. A place is named and has a province of its own, which may be another than its holder's.
//! Nothing here says what a place makes: that is the scope of its certificates.

mod collection;
mod model;
mod store;

pub use collection::Facilities;
pub(crate) use collection::made;
pub use model::{Facility, FacilityKind, FacilityView, NewFacility};
pub(crate) use store::insert;
