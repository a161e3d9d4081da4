//! What a person may ask of the register: everything that is held on him or her, and its erasure.
//!
//! An officer or an administrator registers the request as it came in; it is answered within two working days. The number,
//! address or code by which the person is found is not stored: the request has their keyed digests until it is done, or until
//! an erasure that the same person asked for is. An
//! officer reaches the organisations of his province; `held_elsewhere` says that an administrator is needed for the rest, and
//! until then the request is not done.
//!
//! After an erasure no table, index, log, history, stored answer or file of the database holds what was erased (see
//! `db::scrub` for what a write-ahead log holds for a while); backups age out by `backups_until`. Organisations, their
//! roles and their memoranda stay whole. The name of a household business is the name of a business, and stays, also where
//! it is its owner's; so does what somebody wrote about a person into free text, such as a product's story, which is
//! changed where it stands.

mod http;
mod model;
mod routes;
mod rules;
mod store;

pub use model::{NewPersonalDataRequest, PersonalDataRequest, RequestKind, RequestStatus};
pub use routes::routes;

/// Days after which no backup holds what was erased, unless the operator keeps them longer or shorter.
pub const BACKUP_DAYS: i64 = 30;
