//! The least change of an offer, or of its papers, that makes it pass what it fails.

use super::constraints::{Code, Evaluation};
use super::facts::{Need, Setting, Supply};
use super::judge::{Judgement, enough_in_month, judge, promised, two_digits_up};
use crate::market::record::{Day, MonthBits, Price};

/// A change that makes a constraint hold. Quantities are thousandths of the base unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mend {
    /// An OCOP paper of so many stars.
    Stars {
        /// Stars.
        stars: u8,
        /// In force from this day at the latest.
        from: Day,
        /// In force until this day at least.
        until: Day,
    },
    /// A paper of each of these kinds.
    Certificates {
        /// One bit a row of the certificate kinds.
        kinds: u64,
        /// In force from this day at the latest.
        from: Day,
        /// In force until this day at least.
        until: Day,
    },
    /// Other days of the offer.
    Window {
        /// First day at the latest, where it must be earlier.
        from_at_latest: Option<Day>,
        /// Last day at least, and not closed before, where it must be later.
        until_at_least: Option<Day>,
    },
    /// Other months of the year: one, or, for a single supplier, all that it lacks.
    AddMonths(MonthBits),
    /// A least order of at most this.
    MinimumOrder(i64),
    /// At least this a month.
    Quantity(i64),
    /// At most this price, in the currency and for the quantity of the offer's own.
    Price(Price),
    /// Delivery to this unit of today.
    DeliverTo(u8),
    /// At least so many days of shelf life at delivery.
    ShelfLife(u16),
}

/// The least changes for the constraints that the pair fails, each with its constraint, in the order of [`Code::ALL`].
///
/// All of them together make the pair eligible, unless it fails what no change mends (category, text, unit), the caller may
/// not see the ceiling that the price is above, or no price is low enough.
pub fn mends(supply: &Supply, need: &Need, setting: &Setting<'_>) -> Vec<(Code, Mend)> {
    let need = &*need.still_needed(setting);
    let found = judge(supply, need, true, setting);
    Code::ALL.into_iter().flat_map(|code| mend(code, &found, supply, need, setting)).collect()
}

/// Whether `changes` make a pair eligible that was `found` so: nothing mends what is closed, but what is only over is on offer
/// again once it shares a month that is left.
pub fn are_enough(changes: &[(Code, Mend)], found: &Evaluation, supply: &Supply, need: &Need, setting: &Setting<'_>) -> bool {
    let is_mended = |code: Code| changes.iter().any(|(mended, _)| *mended == code);
    need.is_open(setting.as_of) && supply.closed_on > setting.as_of && found.failing().all(is_mended)
}

/// The changes for one constraint: at most two.
pub(super) fn mend(code: Code, found: &Judgement, supply: &Supply, need: &Need, setting: &Setting<'_>) -> Vec<(Code, Mend)> {
    if !found.fails.contains(code) {
        return Vec::new();
    }
    let one = |mend: Mend| vec![(code, mend)];
    match code {
        Code::Category | Code::Text | Code::Unit => Vec::new(),
        Code::Stars => one(Mend::Stars { stars: need.least_stars, from: need.from, until: need.until }),
        Code::Certificate => one(Mend::Certificates { kinds: need.required & !found.held.kinds, from: need.from, until: need.until }),
        Code::Period => {
            // Where what both name in the year is promised, the least change is another month as well.
            let added = if found.fails.contains(Code::Months) { 0 } else { found.reach.season & !supply.months };
            let months = (added != 0).then_some(Mend::AddMonths(added));
            window(found, supply, setting.as_of).into_iter().chain(months).map(|mend| (code, mend)).collect()
        }
        Code::Months => months(found, supply, setting.as_of).into_iter().map(|mend| (code, mend)).collect(),
        Code::MinimumOrder => one(Mend::MinimumOrder(whole_down(found.largest_order))),
        Code::Quantity => one(Mend::Quantity(whole_up(quantity(found, supply, need, setting)))),
        Code::Price => price(supply, need, setting).map(|price| (code, Mend::Price(price))).into_iter().collect(),
        Code::Delivery => one(Mend::DeliverTo(need.place)),
        Code::ShelfLife => one(Mend::ShelfLife(need.shelf_life_days)),
    }
}

fn window(found: &Judgement, supply: &Supply, as_of: Day) -> Option<Mend> {
    let ((from, until), end) = (found.reach.window, supply.end_on(as_of));
    let (from_at_latest, until_at_least) = ((from < supply.from).then_some(from), (until > end).then_some(until));
    (from_at_latest.is_some() || until_at_least.is_some()).then_some(Mend::Window { from_at_latest, until_at_least })
}

/// Other months, or, where the days that both share lack a demanded month, other days, or both; days are the period's to mend
/// where no day is shared at all.
fn months(found: &Judgement, supply: &Supply, as_of: Day) -> Vec<Mend> {
    let added = found.reach.season & !supply.months;
    let days = if found.fails.contains(Code::Period) { None } else { window(found, supply, as_of) };
    days.into_iter().chain((added != 0).then_some(Mend::AddMonths(added))).collect()
}

/// Thousandths of a kilogram, a litre or a piece.
const ONE: i64 = 1_000;

/// The next whole of the base unit: nobody weighs thousandths.
fn whole_up(quantity: i64) -> i64 {
    quantity.checked_add(ONE - 1).map_or(quantity, |more| more / ONE * ONE)
}

/// The whole of the base unit before it, where that is something.
fn whole_down(quantity: i64) -> i64 {
    if quantity < ONE { quantity } else { quantity / ONE * ONE }
}

/// What leaves enough beside what is promised.
fn quantity(found: &Judgement, supply: &Supply, need: &Need, setting: &Setting<'_>) -> i64 {
    let promises = setting.promises.get(supply.promises);
    let of_month = |month| (month, need.needed_in(month));
    // Where less is needed than an order of the least size no more is of use.
    let is_of_use = |(_, needed): &(_, i64)| *needed > 0 && *needed >= enough_in_month(supply, need, *needed, found.left.needed);
    let in_month = |(month, needed)| {
        let enough = enough_in_month(supply, need, needed, found.left.needed);
        match promised(promises, supply.unit, month, setting.as_of) {
            taken if taken == 0 || setting.view.sees_promises(supply) => taken.saturating_add(enough),
            // Neither what is promised nor what is left of the greater offer is shown but in two digits.
            taken => two_digits_up(taken.saturating_add(two_digits_up(enough))),
        }
    };
    let least = found.reach.months(need).map(of_month).filter(is_of_use).map(in_month);
    let least = if need.single_supplier { least.max() } else { least.min() };
    least.unwrap_or_else(|| enough_in_month(supply, need, need.quantity, need.quantity))
}

/// Hundredths in the smallest coin of a currency: whole đồng, yen and won, cents of the others.
fn smallest_coin(currency: u8) -> i64 {
    const WHOLE: [u8; 3] = [0, 4, 5];
    if WHOLE.contains(&currency) { 100 } else { 1 }
}

fn price(supply: &Supply, need: &Need, setting: &Setting<'_>) -> Option<Price> {
    let price = supply.price?;
    let ceiling = need.ceiling.filter(|_| setting.view.sees_ceiling(need))?;
    let most = i128::from(ceiling.amount) * i128::from(price.per_base) / i128::from(ceiling.per_base.max(1));
    // Rounded down to a whole coin, so that it can be entered and is still under the ceiling.
    let coin = smallest_coin(price.currency);
    let amount = i64::try_from(most).ok().map(|most| most / coin * coin).filter(|amount| *amount > 0)?;
    Some(Price { amount, ..price })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::market::matching::papers::Papers;
    use crate::market::record::Paper;

    /// What `supply` is after `mend`: what is good enough already stays as it is.
    pub fn apply(mend: &Mend, mut supply: Supply, papers: &mut Papers) -> Supply {
        let mut add = |supply: &mut Supply, added: &[Paper]| {
            let all = papers.get(supply.papers).chain(added.iter().copied()).collect();
            supply.papers = papers.intern(all);
        };
        match *mend {
            Mend::Stars { stars, from, until } => add(&mut supply, &[Paper { kind: 0, stars, from, until }]),
            Mend::Certificates { kinds, from, until } => {
                let added: Vec<Paper> =
                    (0..64).filter(|kind| kinds >> kind & 1 == 1).map(|kind| Paper { kind, stars: 0, from, until }).collect();
                add(&mut supply, &added);
            }
            Mend::Window { from_at_latest, until_at_least } => {
                supply.from = from_at_latest.map_or(supply.from, |from| supply.from.min(from));
                if let Some(until) = until_at_least {
                    supply.until = supply.until.max(until);
                    supply.closed_on = supply.closed_on.max(until + 1);
                }
            }
            Mend::AddMonths(month) => supply.months |= month,
            Mend::MinimumOrder(most) => supply.minimum_order = supply.minimum_order.min(most),
            Mend::Quantity(least) => supply.quantity = supply.quantity.max(least),
            Mend::Price(price) => supply.price = Some(price),
            Mend::DeliverTo(unit) => supply.delivers_to = supply.delivers_to.map(|units| crate::market::record::Rows(units.0 | 1 << unit)),
            Mend::ShelfLife(days) => supply.shelf_life_days = supply.shelf_life_days.max(days),
        }
        supply
    }
}
