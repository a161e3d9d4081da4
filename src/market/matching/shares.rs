//! What an offer can bring a demand, stretch by stretch: what a memorandum of the two would commit.

use super::calendar::{first_day, last_day};
use super::facts::{Need, Setting, Supply};
use super::judge::left_in;
use super::reach::Reach;
use crate::market::record::{Day, Month};

/// A stretch of months of both sides in which the same can be brought each month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// First day.
    pub from: Day,
    /// Last day.
    pub until: Day,
    /// Thousandths of the base unit a month: what is left, at most what is needed; more than 0.
    pub quantity: i64,
}

/// What `supply` can bring of what is still needed, beside what is promised of either; nothing where they share no month, or all
/// that is needed is promised.
pub fn shares(supply: &Supply, need: &Need, setting: &Setting<'_>) -> Vec<Share> {
    if need.is_met(setting.as_of) {
        return Vec::new();
    }
    let need = &*need.still_needed(setting);
    let reach = Reach::new(supply, need, setting);
    let mut shares: Vec<(Month, Share)> = Vec::new();
    for month in reach.months(need).take_while(|_| reach.shares_months && reach.shares_days) {
        let quantity = left_in(supply, month, setting).min(need.needed_in(month));
        // Of less than its least order nothing is brought.
        if quantity < supply.minimum_order.max(1) {
            continue;
        }
        let until = last_day(month).min(need.until).min(supply.end_on(setting.as_of));
        match shares.last_mut() {
            Some((last, share)) if *last + 1 == month && share.quantity == quantity => (*last, share.until) = (month, until),
            _ => {
                let from = first_day(month).max(need.from).max(supply.from);
                shares.push((month, Share { from, until, quantity }));
            }
        }
    }
    shares.into_iter().map(|(_, share)| share).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, World};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_share_lies_within_both_sides_and_is_no_more_than_is_needed(offered in samples::offered(), need in samples::need()) {
            let world = World::new(&[offered]);
            let Some(supply) = world.supplies.first() else { return Ok(()) };
            let shares = shares(supply, &need, &world.today());
            let is_eligible = super::super::evaluate(supply, &need, true, &world.today()).eligible;
            prop_assert!(!is_eligible || !shares.is_empty(), "whoever fits has something to bring");
            for share in &shares {
                prop_assert!(0 < share.quantity && share.quantity <= need.quantity.min(supply.quantity));
                prop_assert!(supply.minimum_order <= share.quantity);
                prop_assert!(need.from.max(supply.from) <= share.from && share.from <= share.until);
                prop_assert!(share.until <= need.until.min(supply.until));
            }
            prop_assert!(shares.is_sorted_by(|one, next| one.until < next.from), "they follow each other");
        }
    }
}
