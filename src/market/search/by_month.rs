//! What the prices by month ([`crate::market::month_prices`]) say of a product's offers, where that is enough: of one month at
//! most, and of what everybody sees.

use super::filter::Question;
use crate::market::facet::{Dimension, PRICE_BUCKETS, Seen, price_bucket};
use crate::market::month_prices::MonthPrices;
use crate::market::record::MonthBits;

/// What is asked of one offer, as far as the prices by month say it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByMonth {
    /// The month asked, 0 to 11.
    month: Option<u32>,
    /// The bucket of the highest price asked.
    most: Option<u8>,
}

/// A bucket above all that there are.
#[expect(clippy::cast_possible_truncation, reason = "there are ten")]
const ABOVE_ALL: u8 = PRICE_BUCKETS as u8;

impl ByMonth {
    /// That of a `question` about today, where those prices can say it: where nothing else is asked of the offer.
    pub fn of(question: &Question<'_>, seen: Seen) -> Option<Self> {
        let filter = &question.filter;
        let is_said = seen == Seen::Public && filter.months.count_ones() <= 1 && !filter.asks_terms();
        let month = (filter.months != 0).then_some(filter.months.trailing_zeros());
        is_said.then(|| Self { month, most: filter.price_at_most.map(price_bucket) })
    }

    /// The months in which an offer costs no more than is asked; `None` where that depends on where in its bucket a price is.
    #[inline]
    pub fn months(self, prices: MonthPrices) -> Option<MonthBits> {
        let (below, inside) = prices.up_to(self.most.unwrap_or(ABOVE_ALL));
        (inside == 0).then_some(below)
    }

    /// Whether one offer supplies in the month asked for no more than is asked; `None` where that is not known.
    #[inline]
    pub fn supplies(self, prices: MonthPrices) -> Option<bool> {
        match (prices.in_month(self.month?), self.most) {
            (Some(lowest), Some(most)) if lowest == most => None,
            (lowest, most) => Some(lowest.is_some_and(|lowest| most.is_none_or(|most| lowest < most))),
        }
    }

    /// The months of those offers that cost no more than is asked, and the bucket of the lowest price of those that supply in
    /// the month asked, as far as `counted` asks for them; `None` where that is not known.
    #[inline]
    pub fn counted(self, prices: MonthPrices, counted: u8) -> Option<(Option<MonthBits>, Option<u8>)> {
        let months = if counted & Dimension::Month.bit() == 0 { 0 } else { self.months(prices)? };
        Some((Some(months).filter(|months| *months != 0), self.lowest(prices)))
    }

    /// The bucket of the lowest price of the offers that supply in the month asked; none where none does or none is asked.
    #[inline]
    pub fn lowest(self, prices: MonthPrices) -> Option<u8> {
        self.month.and_then(|month| prices.in_month(month))
    }

    /// Whether a month is asked.
    pub fn asks_month(self) -> bool {
        self.month.is_some()
    }
}
