//! Which products a question finds, in which order, and how many by each facet.
//!
//! A facet that is chosen does not narrow itself. Questions by text scan the rows that the words mean, and so do those
//! whose filters are judged row by row: one pass counts each row under all filters and, where a row fails in one counted
//! dimension alone, in that dimension. All other filters are sets of rows. Of a product with several offers those count
//! that pass all that is asked beside the facet: for June, the lowest price of what is supplied in June.
//!
//! In reading order: [`filter`] (what is asked), `meant` (which rows its words mean), [`top`] (the first rows), [`run`] (how it is answered), [`sets`] (filters
//! as sets), `mixed` and `by_month` (products with several offers among them), [`walk`] and [`tally`] (counting their rows), [`screen`] (judging rows column by column), [`scan`] (judging
//! row by row), [`own`] (callers who see more than the columns), [`organisations`] (by name), [`suggest`].

mod by_month;
#[cfg(test)]
mod by_record;
pub mod filter;
#[cfg(test)]
mod large_tests;
mod meant;
mod mixed;
mod offers;
pub mod organisations;
mod own;
mod passing;
mod run;
mod scan;
mod screen;
mod sets;
pub mod suggest;
mod tally;
#[cfg(test)]
mod tests;
mod top;
#[cfg(test)]
mod typed_tests;
mod walk;

pub use filter::{Filter, Place, Question, Sort, seen_price};
pub use offers::{FoundOffer, FoundOffers};

use super::facet::Counts;
use super::order::SortKey;
use super::text::query::How;

/// A product or an organisation that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Its row.
    pub row: u32,
    /// Where it stands: what the cursor holds.
    pub key: SortKey,
    /// How its name was found, where words were asked.
    pub how: Option<How>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The first products after the cursor.
    pub hits: Vec<Hit>,
    /// Whether more follow.
    pub more: bool,
    /// How many products there are on all pages.
    pub total: u32,
    /// How many by facet; only the dimensions that were asked for are filled.
    pub counts: Counts,
}
