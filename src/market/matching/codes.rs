//! Numbers in fewer bytes than they have, in the same order: what a scan reads must be small.
//!
//! A day is two bytes, from 1950 to 2129; a quantity four, to eight digits. What
//! does not fit is told, and kept elsewhere.

use crate::market::record::{Day, FOREVER, Price};

/// The day before the first that has a code: 1949-12-31.
pub(super) const BEFORE_DAYS: Day = -7_306;
/// The code of [`FOREVER`], behind every day.
const FOREVER_CODE: u16 = u16::MAX;
/// The last code of a day; the one between it and [`FOREVER_CODE`] is of none, so that a day before the end of all days is
/// behind every day too.
const LAST_DAY_CODE: u16 = u16::MAX - 2;

/// The code of a day; `None` for one that has none.
pub fn day_code(day: Day) -> Option<u16> {
    if day == FOREVER {
        return Some(FOREVER_CODE);
    }
    let code = u16::try_from(i64::from(day) - i64::from(BEFORE_DAYS)).ok()?;
    (1..=LAST_DAY_CODE).contains(&code).then_some(code)
}

/// A code that stands to the code of any other day as `day` stands to that day, also for one that has none.
pub(super) fn nearest_day_code(day: Day) -> u16 {
    day_code(day).unwrap_or(if day <= BEFORE_DAYS { 0 } else { FOREVER_CODE })
}

/// The day of a code.
pub fn day_of(code: u16) -> Day {
    if code == FOREVER_CODE { FOREVER } else { BEFORE_DAYS + Day::from(code) }
}

/// Bits of the digits of a quantity's code; the power of ten stands above them.
const DIGIT_BITS: u32 = 28;
const DIGITS: i32 = (1 << DIGIT_BITS) - 1;

/// The code of the largest number with a code that is at most `value`, and whether that is `value` itself. Codes rise with
/// their numbers.
pub(super) fn floor_code(value: i64) -> (i32, bool) {
    if value < 0 {
        return (0, false);
    }
    let (mut digits, mut exponent, mut exact) = (value, 0, true);
    while digits > i64::from(DIGITS) {
        exact &= digits % 10 == 0;
        digits /= 10;
        exponent += 1;
    }
    match i32::try_from(digits) {
        Ok(digits) if exponent < 8 => (exponent << DIGIT_BITS | digits, exact),
        _ => (i32::MAX, false),
    }
}

/// A code that every number of at least `value` reaches, and no smaller one.
pub(super) fn ceil_code(value: i64) -> i32 {
    match floor_code(value) {
        (code, true) => code,
        (code, false) => code.saturating_add(1),
    }
}

/// The number of a code.
pub(super) fn value_of(code: i32) -> i64 {
    let digits = i64::from(code & DIGITS);
    // Most numbers are as they stand.
    if code <= DIGITS { digits } else { digits * 10_i64.pow((code >> DIGIT_BITS).unsigned_abs()) }
}

/// Numbers up to this are exact in a float of eight bytes.
pub(super) const MOST_EXACT: i64 = 1 << 53;

/// A quantity as a scan reads it: in the order of quantities, but large ones that are close may have the same.
pub(super) fn size_code(value: i64) -> u32 {
    #[expect(clippy::cast_precision_loss, reason = "rounded, in order")]
    let size = value.max(0) as f32;
    size.to_bits()
}

/// What a price is for one thousandth of the base unit, as a scan reads it: the bits of a float of four bytes. It never falls
/// while the price rises, and prices for which it is equal have to be compared.
///
/// Both numbers of the price are at most [`MOST_EXACT`]: division and rounding keep the order of exact numbers.
pub(super) fn rate_bits(price: &Price) -> u32 {
    rate(price).to_bits()
}

/// The same as a number.
pub(super) fn rate(price: &Price) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "exact up to MOST_EXACT")]
    let rate = price.amount.max(0) as f64 / price.per_base.max(1) as f64;
    #[expect(clippy::cast_possible_truncation, reason = "rounded, in order")]
    let rate = rate as f32;
    rate
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::matching::calendar;
    use crate::market::record::{Basis, Visibility};
    use proptest::prelude::*;

    #[test]
    fn days_from_1950_to_2129_have_codes() {
        let first = calendar::first_day(1950 * 12);
        assert_eq!((day_code(first), day_code(first - 1)), (Some(1), None));
        assert_eq!(day_code(calendar::last_day(2129 * 12 + 4)).map(day_of), Some(calendar::last_day(2129 * 12 + 4)));
        assert_eq!((day_code(FOREVER), day_code(FOREVER - 1), day_of(FOREVER_CODE)), (Some(FOREVER_CODE), None, FOREVER));
    }

    fn number() -> impl Strategy<Value = i64> {
        prop_oneof![0..1_000_i64, 0..600_000_000_i64, (0..60_u32, 0..3_i64).prop_map(|(power, more)| (1 << power) + more), 0..i64::MAX]
    }

    proptest! {
        #[test]
        fn codes_of_quantities_stand_in_their_order(one in number(), other in number()) {
            let (code, exact) = floor_code(one);
            prop_assert_eq!(exact, code != i32::MAX && value_of(code) == one);
            if exact {
                prop_assert_eq!(code > floor_code(other).0, one > other, "at most");
                prop_assert_eq!(code >= ceil_code(other), one >= other, "at least");
            }
        }

        #[test]
        fn codes_of_prices_never_fall(one in (number(), 1..100_000_i64), other in (number(), 1..100_000_i64)) {
            let price = |(amount, per_base)| Price { amount, per_base, currency: 0, basis: Basis::Delivered, vat_included: true, visibility: Visibility::Public };
            let (one, other) = (price((one.0.min(MOST_EXACT), one.1)), price((other.0.min(MOST_EXACT), other.1)));
            let (over_one, over_other) = super::super::score::over_one(&one, &other);
            match rate_bits(&one).cmp(&rate_bits(&other)) {
                std::cmp::Ordering::Less => prop_assert!(over_one < over_other),
                std::cmp::Ordering::Greater => prop_assert!(over_one > over_other),
                std::cmp::Ordering::Equal => {}
            }
        }
    }
}
