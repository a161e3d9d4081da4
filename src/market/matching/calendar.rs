//! Days and calendar months as whole numbers.

use crate::market::record::{Day, Month, MonthBits};

/// Days from 0000-03-01 to 1970-01-01 in the Gregorian calendar.
const DAYS_TO_1970: i64 = 719_468;
/// Days of 400 years.
const DAYS_OF_ERA: i64 = 146_097;

/// The calendar month in which `day` lies.
///
/// Source: "chrono-compatible low-level date algorithms" (Howard Hinnant), `civil_from_days`; years begin in March there,
/// so that the leap day is the last of its year.
pub(super) fn month_of(day: Day) -> Month {
    let days = i64::from(day) + DAYS_TO_1970;
    let (era, day_of_era) = (days.div_euclid(DAYS_OF_ERA), days.rem_euclid(DAYS_OF_ERA));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    clamped((era * 400 + year_of_era) * 12 + month_from_march + 2)
}

/// The first day of a calendar month (`days_from_civil` of the same source).
pub(super) fn first_day(month: Month) -> Day {
    let from_march = i64::from(month) - 2;
    let (year, month_from_march) = (from_march.div_euclid(12), from_march.rem_euclid(12));
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month_from_march + 2) / 5;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    clamped(era * DAYS_OF_ERA + day_of_era - DAYS_TO_1970)
}

/// The last day of a calendar month.
pub(super) fn last_day(month: Month) -> Day {
    first_day(month.saturating_add(1)).saturating_sub(1)
}

/// The month of the year of a calendar month, as a set.
pub(super) fn bit(month: Month) -> MonthBits {
    1 << month.rem_euclid(12)
}

/// The months of the year that are touched from `first` to `last`, both included.
pub(super) fn bits(first: Month, last: Month) -> MonthBits {
    (first..=last).take(12).fold(0, |bits, month| bits | bit(month))
}

/// How many calendar months from `first` to `last`, both included, are in `months`.
pub(super) fn count(first: Month, last: Month, months: MonthBits) -> u32 {
    let all = i64::from(last) - i64::from(first) + 1;
    if all <= 0 {
        return 0;
    }
    let years = u32::try_from(all / 12).unwrap_or(u32::MAX);
    let rest = i32::try_from(all % 12).unwrap_or(0);
    years.saturating_mul(months.count_ones()) + (bits(first, first + rest - 1) & months).count_ones()
}

/// `value`, or the nearest number that fits.
fn clamped(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::record::{ALL_MONTHS, FOREVER};
    use proptest::prelude::*;

    #[test]
    fn known_days_lie_in_their_months() {
        // 1970-01-01 is day 0; 2000-02-29 is day 11016 (30 years of 365 days, 7 leap days before 2000, 31 + 28 days).
        assert_eq!((month_of(0), first_day(1970 * 12)), (1970 * 12, 0));
        assert_eq!((month_of(11_016), last_day(2000 * 12 + 1)), (2000 * 12 + 1, 11_016));
        assert_eq!(month_of(11_017), 2000 * 12 + 2);
        assert_eq!(month_of(-1), 1969 * 12 + 11);
        assert!(month_of(FOREVER) > month_of(FOREVER - 31));
    }

    #[test]
    fn months_are_counted_by_the_calendar() {
        let (january, march) = (2027 * 12, 2027 * 12 + 2);
        assert_eq!(count(january, march, 0b101), 2);
        assert_eq!(count(january, january + 24, 0b1), 3);
        assert_eq!(count(march, january, ALL_MONTHS), 0);
    }

    proptest! {
        #[test]
        fn a_month_has_the_days_from_its_first_to_its_last(day in -800_000..800_000_i32) {
            let month = month_of(day);
            prop_assert!(first_day(month) <= day && day <= last_day(month));
            prop_assert_eq!(month_of(first_day(month)), month);
            prop_assert_eq!(last_day(month) + 1, first_day(month + 1));
        }

        #[test]
        fn counting_agrees_with_going_through_them(first in 20_000..25_000_i32, length in 0..60_i32, months in 0..4096_u16) {
            let last = first + length - 1;
            let one_by_one = (first..=last).filter(|month| bit(*month) & months != 0).count();
            prop_assert_eq!(count(first, last, months) as usize, one_by_one);
        }
    }
}
