//! Proposals of products for a higher star: which product, how many stars, by whom, on which day, what came of it.
//!
//! A proposal never counts as stars, not even a granted one: what was granted is the certificate that it names.

mod collection;
mod model;
mod rules;
mod store;

pub use collection::StarProposals;
pub use model::{NewStarProposal, Outcome, ProposedProduct, StarProposal, StarProposalView};
