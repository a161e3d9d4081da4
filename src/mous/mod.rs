//! Memoranda of cooperation: who signed what with whom, on which day, and what became of it.
//!
//! A finished, signed `MoU` is registered in one call, or a draft goes through its decisions. The kind follows
//! from the sides. Parties keep name, capacity and province as they signed; who took over a party's
//! obligations is shown beside it. The server numbers an `MoU` when it is registered as signed, and never
//! reuses a number. What is not signed exists for its parties and officers alone; commitments, documents,
//! decisions and notes are seen by them alone.

mod body;
mod collection;
mod commitments;
mod http;
mod list;
mod model;
mod promised;
mod rules;
mod store;

pub use body::{NewMou, NewMouCommitment, NewMouParty};
pub use collection::Mous;
pub use http::routes;
pub use list::{Named, using};
pub use model::{Document, Mou, MouCommitment, MouKind, MouParty, MouPhase, MouRow, MouStatus, MouView, Note, Period, Side, Transition};
pub use promised::{Commitment, PromisedMonth, PromisedOf, Season, Written, promised, promised_months, signed_commitments};
pub(crate) use store::unsigned_alike;
