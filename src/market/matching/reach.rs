//! When an offer reaches a demand: the days and months of both, or the nearest that a change would open.

use super::calendar::{self, bit};
use super::facts::{Need, Setting, Supply};
use super::judge::{enough_in_month, left_in};
use crate::market::record::{Day, Month, MonthBits};

/// Days and months of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// Whether the two have a day in common.
    pub shares_days: bool,
    /// Whether they have a month in common: a calendar month where they have days in common, else a month of the year. Of who
    /// is to bring all of it alone: each month that is needed.
    pub shares_months: bool,
    /// Calendar months of both.
    pub common: u32,
    /// Calendar months that are of both once [`Reach::window`] and [`Reach::season`] are what the offer says; at least 1.
    pub opened: u32,
    /// First and last day that the offer must have.
    pub window: (Day, Day),
    /// Months of the year that the offer must have.
    pub season: MonthBits,
}

impl Reach {
    /// As of a day: an offer that is over by then must last until it at least.
    pub fn new(supply: &Supply, need: &Need, setting: &Setting<'_>) -> Self {
        let window = (supply.from, supply.end_on(setting.as_of));
        let common = common(window, supply.months, need);
        let shares_days = supply.from.max(need.from) <= window.1.min(need.until);
        let is_enough = common >= need.least_months();
        let shares_months = if shares_days { is_enough } else { need.is_in_season(supply.months) };
        let as_it_is = Self { shares_days, shares_months, common, opened: common, window, season: supply.months };
        if is_enough {
            as_it_is
        } else if need.single_supplier {
            as_it_is.opening_all(need, setting.as_of)
        } else {
            as_it_is.opening(supply, need, setting)
        }
    }

    /// The calendar months of both, once the offer says what it must.
    pub fn months(&self, need: &Need) -> impl Iterator<Item = Month> {
        let season = self.season;
        need.months_between(self.window.0, self.window.1).filter(move |month| bit(*month) & season != 0)
    }

    /// The least change that shares a month of which enough is left: one of days or of months rather than of both, of months
    /// rather than of days, of the month nearest to the season, and of the fewest days.
    fn opening(self, supply: &Supply, need: &Need, setting: &Setting<'_>) -> Self {
        let as_of = setting.as_of;
        let target = need.months_between(need.from, need.until).min_by_key(|month| {
            let days = days_to(self.window, *month, need);
            let season = distance_to(self.season, *month);
            let needed = need.needed_in(*month);
            let enough = enough_in_month(supply, need, needed, need.quantity);
            let is_promised = left_in(supply, *month, setting) < enough || needed < enough;
            (u8::from(days > 0) + u8::from(season > 0) + u8::from(is_promised), is_promised, days > 0, season, days, *month)
        });
        let Some(month) = target else { return self };
        let (first, last) = need.days_of(month);
        let (from, end) = self.window;
        let window = if days_to(self.window, month, need) == 0 {
            self.window
        } else {
            let day = from.clamp(first, last);
            (from.min(day), end.max(day))
        };
        self.opened(window, self.season | bit(month), need, as_of)
    }

    /// The least change that shares every month: a day of the first one and of the last, and all between.
    fn opening_all(self, need: &Need, as_of: Day) -> Self {
        let Some((first, last)) = need.first_and_last_month() else { return self };
        let ((first_begins, first_ends), (last_begins, _)) = (need.days_of(first), need.days_of(last));
        let from = self.window.0.min(first_ends);
        // It ends after it begins, also where one month is needed.
        let end = self.window.1.max(last_begins).max(from.max(first_begins));
        self.opened((from, end), self.season | need.months, need, as_of)
    }

    /// With other days and months; an offer that is over by now must last until today at least.
    fn opened(self, window: (Day, Day), season: MonthBits, need: &Need, as_of: Day) -> Self {
        let window = (window.0, if self.window.1 < as_of { window.1.max(as_of) } else { window.1 });
        Self { window, season, opened: common(window, season, need), ..self }
    }
}

/// How many calendar months a window and a season share with a demand.
fn common((from, end): (Day, Day), season: MonthBits, need: &Need) -> u32 {
    let (from, end) = (from.max(need.from), end.min(need.until));
    if from > end {
        0
    } else if need.uneven.is_some() {
        let of_both = need.months_between(from, end).filter(|month| bit(*month) & season != 0);
        u32::try_from(of_both.count()).unwrap_or(u32::MAX)
    } else {
        calendar::count(calendar::month_of(from), calendar::month_of(end), season & need.months)
    }
}

/// By how many days a window must grow to have a day of `month` in the demand's period.
fn days_to((from, end): (Day, Day), month: Month, need: &Need) -> i64 {
    let (first, last) = need.days_of(month);
    let early = i64::from(first) - i64::from(end);
    let late = i64::from(from) - i64::from(last);
    // A window that ends before it begins must grow to a day at all.
    early.max(0) + late.max(0) + i64::from(from > end && early <= 0 && late <= 0)
}

/// How many months lie between `month` and the nearest month of a season, around the year.
fn distance_to(season: MonthBits, month: Month) -> u8 {
    (0..=6_u8).find(|away| (bit(month + Month::from(*away)) | bit(month - Month::from(*away))) & season != 0).unwrap_or(7)
}
