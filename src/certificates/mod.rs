//! Certificates: dated papers that attach to a product, a facility, a farm or an organisation.
//!
//! A certificate says what its paper says: the end is the one printed, never computed from a usual term, and
//! stars are stated, never derived from a score. Whether it is valid on a day or over a period follows from
//! issue, end, extension and revocation each time it is asked; nothing of that is stored.
//! Stars, and that a paper was checked, are the word of an officer; other papers an organisation states itself.
//! Numbers are kept as printed and not taken apart: OCOP numbers come in several shapes.

mod collection;
mod model;
mod rules;
mod store;

pub use collection::Certificates;
pub(crate) use collection::made;
pub use model::{Certificate, CertificateStatus, CertificateView, IssuerLevel, NewCertificate};
pub use rules::{OCOP, Validity, are_stars, not_stars};
pub(crate) use store::insert;
pub use store::{of_products, valid_for_products, valid_on, valid_through};
