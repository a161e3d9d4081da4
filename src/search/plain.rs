//! Numbers, days, ids and texts in an answer, without the formatting machinery: there are hundreds of them in one.
//!
//! They are put behind bytes, not behind a `String`: what is known to be text need not be looked at once more each time.

use crate::ids::base32;
use crate::market::record::{Day, Id};
use chrono::NaiveDate;

const BASE32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Two digits of each number below a hundred.
static PAIRS: [[u8; 2]; 100] = pairs();

#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "at compile time, below a hundred")]
const fn pairs() -> [[u8; 2]; 100] {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + number as u8 / 10, b'0' + number as u8 % 10];
        number += 1;
    }
    pairs
}

/// 1970-01-01 in chrono's count of days.
const EPOCH: i32 = 719_163;

/// A day of the index as everywhere else; none where there is no such day.
pub fn date(day: Day) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(day.saturating_add(EPOCH))
}

/// The last two digits of `number`.
#[inline]
fn pair(number: u64) -> [u8; 2] {
    usize::try_from(number % 100).ok().and_then(|number| PAIRS.get(number)).copied().unwrap_or_default()
}

/// The last digit of `number`.
#[inline]
fn digit(number: u64) -> u8 {
    pair(number % 10)[1]
}

/// Appends a whole number.
#[inline]
pub fn push_number(out: &mut Vec<u8>, number: u64) {
    match number {
        0..10 => out.push(digit(number)),
        10..100 => out.extend_from_slice(&pair(number)),
        100..1_000 => push_three(out, number),
        1_000..10_000 => push_four(out, number),
        _ => push_long(out, number),
    }
}

fn push_long(out: &mut Vec<u8>, number: u64) {
    push_number(out, number / 10_000);
    push_four(out, number);
}

/// Appends the last three digits of a number.
#[inline]
pub fn push_three(out: &mut Vec<u8>, number: u64) {
    let [tens, ones] = pair(number);
    out.extend_from_slice(&[digit(number / 100), tens, ones]);
}

/// Appends the last four digits of a number.
#[inline]
pub fn push_four(out: &mut Vec<u8>, number: u64) {
    let ([thousands, hundreds], [tens, ones]) = (pair(number / 100), pair(number));
    out.extend_from_slice(&[thousands, hundreds, tens, ones]);
}

/// Appends the last two digits of a number.
#[inline]
pub fn push_two(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&pair(number));
}

/// Appends `rest` as `places` decimals, of which zeros at the end are left out.
pub fn push_decimals(out: &mut Vec<u8>, rest: u64, places: u32) {
    let (mut rest, mut places) = (rest, places);
    while places > 1 && rest % 10 == 0 {
        rest /= 10;
        places -= 1;
    }
    match places {
        1 => out.push(digit(rest)),
        2 => push_two(out, rest),
        3 => push_three(out, rest),
        _ => push_padded(out, rest, places),
    }
}

/// Appends the last `width` digits of a number.
fn push_padded(out: &mut Vec<u8>, number: u64, width: u32) {
    if width > 0 {
        push_padded(out, number / 10, width - 1);
        out.push(digit(number));
    }
}

/// Appends `parts` of 10^-`places` as a decimal without trailing zeros.
pub fn push_decimal(out: &mut Vec<u8>, parts: i64, places: u32) {
    if parts < 0 {
        out.push(b'-');
    }
    // Division by a number that is known is several times as quick.
    let (whole, rest) = match places {
        3 => (parts.unsigned_abs() / 1_000, parts.unsigned_abs() % 1_000),
        2 => (parts.unsigned_abs() / 100, parts.unsigned_abs() % 100),
        _ => (parts.unsigned_abs() / 10_u64.pow(places), parts.unsigned_abs() % 10_u64.pow(places)),
    };
    push_number(out, whole);
    if rest > 0 {
        out.push(b'.');
        push_decimals(out, rest, places);
    }
}

/// Year, month and day of the month of a day; days outside the years 0 to 9999 are none of the register's.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
pub fn civil(day: Day) -> (u64, u64, u64) {
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
    (year.unsigned_abs(), month.unsigned_abs(), day.unsigned_abs())
}

/// Appends a day as `YYYY-MM-DD`.
pub fn push_day(out: &mut Vec<u8>, day: Day) {
    let (year, month, day) = civil(day);
    push_four(out, year);
    out.push(b'-');
    push_two(out, month);
    out.push(b'-');
    push_two(out, day);
}

/// An id with its prefix.
pub fn id_text(prefix: &str, id: Id) -> String {
    format!("{prefix}_{}", base32(id.0, 26))
}

/// Appends an id with its prefix.
pub fn push_id(out: &mut Vec<u8>, prefix: &str, id: Id) {
    out.extend_from_slice(prefix.as_bytes());
    let mut text = [b'_'; 27];
    let mut rest = id.0;
    for digit in text.iter_mut().skip(1).rev() {
        *digit = BASE32.get(usize::try_from(rest & 31).unwrap_or(0)).copied().unwrap_or(b'0');
        rest >>= 5;
    }
    out.extend_from_slice(&text);
}

/// Appends `text` as a JSON string.
pub fn quote(out: &mut Vec<u8>, text: &str) {
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        out.extend_from_slice(serde_json::to_string(text).unwrap_or_default().as_bytes());
    } else {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal::Decimal;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    fn pushed(push: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_the_standard_library_does(number: u64, digits in 1_u32..20) {
            for number in [number, number % 10_u64.pow(digits), 10_u64.pow(digits), 10_u64.pow(digits) - 1, 0, u64::MAX] {
                prop_assert_eq!(pushed(|out| push_number(out, number)), number.to_string());
            }
        }

        #[test]
        fn digits_at_the_end_are_written_with_zeros_before_them(number: u64) {
            prop_assert_eq!(pushed(|out| push_two(out, number)), format!("{:02}", number % 100));
            prop_assert_eq!(pushed(|out| push_three(out, number)), format!("{:03}", number % 1_000));
            prop_assert_eq!(pushed(|out| push_four(out, number)), format!("{:04}", number % 10_000));
        }

        #[test]
        fn decimals_lose_their_zeros_at_the_end(rest in 1_u64..1_000_000, zeros in 0_u32..6) {
            let rest = (rest / 10_u64.pow(zeros) * 10_u64.pow(zeros)).max(1);
            let expected = format!("{rest:06}");
            prop_assert_eq!(pushed(|out| push_decimals(out, rest, 6)), expected.trim_end_matches('0'));
        }

        #[test]
        fn decimals_are_written_as_everywhere_else(parts in -1_000_000_000_000_i64..1_000_000_000_000, cut in 0_u32..12) {
            for parts in [parts, parts / 10_i64.pow(cut) * 10_i64.pow(cut), parts % 10_i64.pow(cut)] {
                prop_assert_eq!(pushed(|out| push_decimal(out, parts, 3)), Decimal::<3>(parts).to_string());
                prop_assert_eq!(pushed(|out| push_decimal(out, parts, 2)), Decimal::<2>(parts).to_string());
            }
            prop_assert_eq!(pushed(|out| push_decimal(out, parts, 0)), parts.to_string());
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

        #[test]
        fn texts_are_quoted_as_serde_does(text in ".{0,20}", control in "[\u{0}-\u{7F}]{0,5}") {
            for text in [&text, &control] {
                prop_assert_eq!(pushed(|out| quote(out, text)), serde_json::to_string(text).unwrap());
            }
        }
    }
}
