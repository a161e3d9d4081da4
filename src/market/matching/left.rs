//! What is left of an offer in its months, beside what is promised: the same without a demand.

use super::calendar::{bit, month_of};
use super::facts::{Setting, Supply};
use super::judge::left_in;
use crate::market::record::{Month, MonthBits};

/// Calendar months that are looked at: each month of the year comes once.
const MONTHS: Month = 12;

/// Thousandths of the base unit a month that are left of `supply` from the day of the setting on: in the month of `months`
/// with the least, or, where none is asked, in the one with the most; what the caller does not see of promises is rounded
/// against it.
pub fn left(supply: &Supply, months: MonthBits, setting: &Setting<'_>) -> i64 {
    let first = month_of(supply.from.max(setting.as_of));
    let last = month_of(supply.end_on(setting.as_of)).min(first.saturating_add(MONTHS - 1));
    let asked = if months == 0 { supply.months } else { supply.months & months };
    let left = (first..=last).filter(|month| bit(*month) & asked != 0).map(|month| left_in(supply, month, setting));
    if months == 0 { left.max() } else { left.min() }.unwrap_or(supply.quantity)
}
