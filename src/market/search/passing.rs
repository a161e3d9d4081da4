//! Rows whose key of order the columns do not say: not each of their offers may pass, or something of these is promised.
//!
//! What the columns say stands no later in the order than what is so: an offer that passes is never before the first of all,
//! and what is left of it is never more than it has.

use super::filter::{Ordered, Question, Sort};
use super::run::Search;
use super::top::Top;
use crate::market::Market;
use crate::market::orders::Kept;
use crate::market::rowset::RowSet;

/// The rows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ByPassing<'a> {
    /// Of several offers, of which not each may pass.
    several: Option<&'a RowSet>,
    /// Of which something is promised, where quantities are the order.
    promised: Option<&'a RowSet>,
}

impl<'a> ByPassing<'a> {
    /// Those that `question` asks about.
    pub fn new(market: &'a Market, question: &Question<'_>) -> Self {
        let bitmaps = market.products.bitmaps();
        let several = match question.ordered_by_passing() {
            Ordered::Nothing => None,
            Ordered::Mixed => Some(market.products.columns().mixed().rows()),
            Ordered::Several => Some(&bitmaps.several),
        };
        Self { several, promised: market.promised_where_it_orders(question) }
    }

    /// Whether `row` is one of them.
    #[inline]
    pub fn contains(&self, row: u32) -> bool {
        self.sets().any(|rows| rows.contains(row))
    }

    pub fn sets(&self) -> impl Iterator<Item = &'a RowSet> {
        self.several.into_iter().chain(self.promised)
    }
}

impl Market {
    /// The products of which something is promised, where `question` asks for an order by quantities.
    pub(super) fn promised_where_it_orders(&self, question: &Question<'_>) -> Option<&RowSet> {
        Some(&self.promised_products).filter(|rows| question.sort == Sort::Quantity && !rows.is_empty())
    }
}

impl Search<'_> {
    /// What a row is sorted by, beside its id, by the offers that pass.
    pub(super) fn key_by_passing(&self, row: u32) -> u64 {
        match self.question.sort {
            Sort::Price => u64::from(self.judge.lowest_price(row)),
            _ => u64::MAX - self.judge.largest_quantity(row).unsigned_abs(),
        }
    }

    /// Offers such rows to a page on which all others stand.
    pub(super) fn offer_by_passing(&self, rows: &[u32], kept: Kept, top: &mut Top) {
        let products = &self.market.products;
        for row in rows {
            if top.may_enter(products.kept_key(kept, *row).0) {
                self.offer(None, *row, false, || products.facet(*row), top);
            }
        }
    }
}
