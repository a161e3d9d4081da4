//! Numbers, days and ids as text, without the formatting machinery: an answer has hundreds of them.

use crate::market::record::{Day, Id};

const BASE32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Appends a whole number.
pub fn push_number(out: &mut String, number: u64) {
    let mut digits = [0_u8; 20];
    let mut rest = number;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    push_ascii(out, digits.get(20 - used..).unwrap_or_default());
}

/// Appends `parts` of 10^-`places` as a decimal without trailing zeros.
pub fn push_decimal(out: &mut String, parts: i64, places: u32) {
    if parts < 0 {
        out.push('-');
    }
    let scale = 10_u64.pow(places);
    let (whole, mut rest) = (parts.unsigned_abs() / scale, parts.unsigned_abs() % scale);
    push_number(out, whole);
    if rest > 0 {
        out.push('.');
        let mut place = scale / 10;
        while rest > 0 {
            push_number(out, rest / place);
            rest %= place;
            place = (place / 10).max(1);
        }
    }
}

/// Appends a day as `YYYY-MM-DD`; days outside the years 0 to 9999 are none of the register's.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
pub fn push_day(out: &mut String, day: Day) {
    // The era begins on 1 March of year 0, so that the leap day is the last of a year.
    let shifted = i64::from(day) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let digit = |number: i64, place: i64| b'0' + u8::try_from(number.div_euclid(place).rem_euclid(10)).unwrap_or(0);
    let text = [
        digit(year, 1_000),
        digit(year, 100),
        digit(year, 10),
        digit(year, 1),
        b'-',
        digit(month, 10),
        digit(month, 1),
        b'-',
        digit(day, 10),
        digit(day, 1),
    ];
    push_ascii(out, &text);
}

/// Appends an id with its prefix.
pub fn push_id(out: &mut String, prefix: &str, id: Id) {
    out.push_str(prefix);
    out.push('_');
    let mut digits = [0_u8; 26];
    let mut rest = id.0;
    for digit in digits.iter_mut().rev() {
        *digit = BASE32.get(usize::try_from(rest & 31).unwrap_or(0)).copied().unwrap_or(b'0');
        rest >>= 5;
    }
    push_ascii(out, &digits);
}

fn push_ascii(out: &mut String, ascii: &[u8]) {
    out.push_str(std::str::from_utf8(ascii).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal::Decimal;
    use crate::ids::base32;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    fn pushed(push: impl Fn(&mut String)) -> String {
        let mut out = String::new();
        push(&mut out);
        out
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_the_standard_library_does(number: u64) {
            prop_assert_eq!(pushed(|out| push_number(out, number)), number.to_string());
        }

        #[test]
        fn decimals_are_written_as_everywhere_else(parts in -1_000_000_000_000_i64..1_000_000_000_000) {
            prop_assert_eq!(pushed(|out| push_decimal(out, parts, 3)), Decimal::<3>(parts).to_string());
            prop_assert_eq!(pushed(|out| push_decimal(out, parts, 2)), Decimal::<2>(parts).to_string());
        }

        #[test]
        fn days_are_written_as_chrono_does(day in -700_000_i32..2_900_000) {
            let expected = NaiveDate::from_num_days_from_ce_opt(day + 719_163).unwrap().to_string();
            prop_assert_eq!(pushed(|out| push_day(out, day)), expected);
        }

        #[test]
        fn ids_are_written_as_they_are_made(id: u128) {
            prop_assert_eq!(pushed(|out| push_id(out, "prd", Id(id))), format!("prd_{}", base32(id, 26)));
        }
    }
}
