//! Who owns offers, is an officer of their places or was introduced about them sees prices there that the columns for it do
//! not have.
//!
//! Everything is answered from the columns first. Then the few rows in which the caller sees more are corrected: what the
//! columns had counted of them is taken back, and they are judged offer by offer.

use super::filter::{OTHER, Sort};
use super::run::Search;
use super::scan::{Counter, Judge};
use super::top::Top;
use crate::market::Market;
use crate::market::facet::{Counts, Dimension, Seen, rows_of};
use crate::market::matching::View;
use crate::market::record::{Id, Visibility};
use crate::market::rowset::Bits;
use crate::market::text::query::Found as Words;

/// The rows in which the caller sees a price that the columns for it do not have, and how they are judged.
#[derive(Debug)]
pub(super) struct Own<'a> {
    pub rows: Bits<'a>,
    pub judge: Judge<'a>,
}

/// Those rows; nothing, where no row is different to the caller.
pub(super) fn own_rows<'a>(market: &'a Market, view: &View<'_>, seen: Seen) -> Option<Bits<'a>> {
    let sees_all = view.level == Visibility::Hidden;
    let owns_nothing = view.organisation.is_none() && view.provinces.is_empty() && view.introduced.is_empty();
    if sees_all || owns_nothing && view.level != Visibility::Parties {
        return None;
    }
    let products = &market.products;
    let unseen = products.bitmaps().unseen(seen);
    let mut rows = Bits::none(products.rows());
    if view.level == Visibility::Parties {
        rows.add(unseen);
    } else {
        rows_of(view.provinces).filter_map(|unit| products.bitmaps().province.get(unit)).for_each(|in_unit| rows.add(in_unit));
        let mut all_unseen = Bits::none(products.rows());
        all_unseen.add(unseen);
        rows.intersect(&all_unseen);
        let own = view.organisation.into_iter().flat_map(|row| market.products_of(row));
        let own = own.chain(view.introduced.iter().filter_map(|offer| product_of(market, *offer)));
        own.filter(|row| unseen.contains(*row)).for_each(|row| rows.insert(row));
    }
    (!rows.is_empty()).then_some(rows)
}

fn product_of(market: &Market, offer: Id) -> Option<u32> {
    market.offers.book().product(market.offers.place(market.offers.row(offer)?)?)
}

impl Search<'_> {
    /// Corrects what the columns have answered, in the rows that `words` mean where there are any.
    pub(super) fn correct(&self, own: &Own<'_>, words: Option<&Words<'_>>, top: &mut Top, (counts, total): &mut (Counts, u32)) {
        let by_score = words.filter(|_| self.question.sort == Sort::Relevance);
        let count = || Counter::new(self.question.facets, self.seen, own.rows.len());
        let (mut before, mut now) = (count(), count());
        let mut judge = |row: u32| {
            if self.fails_whatever_it_costs(row) {
                return;
            }
            if let Some(judged) = self.judge.judge(row) {
                before.count(&judged);
            }
            if let Some(judged) = own.judge.judge(row) {
                now.count(&judged);
                if judged.passes() {
                    self.offer(by_score, row, true, || judged.entry.facet, top);
                }
            }
        };
        match words.map(Words::rows) {
            Some(meant) if meant.len() < own.rows.len() => meant.iter().filter(|row| own.rows.contains(*row)).for_each(&mut judge),
            Some(meant) => own.rows.iter().filter(|row| meant.contains(*row)).for_each(&mut judge),
            None => own.rows.iter().for_each(&mut judge),
        }
        let ((before, less), (now, more)) = (before.finish(), now.finish());
        *total = total.saturating_sub(less).saturating_add(more);
        counts.subtract(&before);
        counts.add(&now);
    }

    /// Whether `row` counts nowhere by what is known of it without its prices.
    fn fails_whatever_it_costs(&self, row: u32) -> bool {
        let fails = self.lookup.fails(self.market.products.facet(row)) & !Dimension::Price.bit();
        fails & OTHER != 0 || fails & fails.wrapping_sub(1) != 0
    }
}
