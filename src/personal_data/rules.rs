//! Until when a person is answered, and what a request may say.

use super::model::NewPersonalDataRequest;
use crate::check;
use crate::contacts::{read_email, read_phone};
use crate::error::{Faults, text};
use crate::organisations::personal;
use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Working days within which a person is answered (Decree 356/2025/NĐ-CP, as the domain notes read it).
const WORKING_DAYS: u32 = 2;
/// Public holidays of a fixed day (month, day): New Year, 30 April, 1 May, 2 September (Labour Code 2019, article 112).
const HOLIDAYS: [(u32, u32); 4] = [(1, 1), (4, 30), (5, 1), (9, 2)];

/// The day by which a request that came on `received_on` is answered.
pub(super) fn answer_by(received_on: NaiveDate) -> NaiveDate {
    let mut day = received_on;
    let mut left = WORKING_DAYS;
    while left > 0 {
        let Some(next) = day.checked_add_days(Days::new(1)) else { return day };
        day = next;
        let is_free = matches!(day.weekday(), Weekday::Sat | Weekday::Sun) || HOLIDAYS.contains(&(day.month(), day.day()));
        left -= u32::from(!is_free);
    }
    day
}

/// By what a person is found, in one spelling each.
pub(super) struct Person {
    pub phone: Option<String>,
    pub email: Option<String>,
    pub personal_code: Option<String>,
}

/// Checks `new`; no fault repeats what was sent.
pub(super) fn check(new: &NewPersonalDataRequest, today: NaiveDate, faults: &mut Faults) -> Person {
    let NewPersonalDataRequest { kind: _, phone, email, personal_code, received_on, channel: _ } = new;
    if phone.is_none() && email.is_none() && personal_code.is_none() {
        faults.add(
            "/phone",
            "missing",
            text("Give a phone, an e-mail address or a personal code.", "Hãy ghi số điện thoại, địa chỉ e-mail hoặc số định danh cá nhân."),
        );
    }
    check::day(faults, "/received_on", *received_on);
    if received_on.is_some_and(|day| day > today) {
        faults.add("/received_on", "in_future", text("Today or earlier.", "Hôm nay hoặc trước đó."));
    }
    let code = personal_code.as_deref().and_then(personal::code);
    if personal_code.is_some() && code.is_none() {
        faults.add("/personal_code", "not_a_personal_code", text("Twelve digits are expected.", "Cần 12 chữ số."));
    }
    Person {
        phone: phone.as_deref().and_then(|typed| read_phone(faults, typed)),
        email: email.as_deref().and_then(|typed| read_email(faults, typed)),
        personal_code: code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_answered_two_working_days_later() {
        for (received, due) in [
            // Monday to Wednesday, Thursday over the weekend to Monday, Friday to Tuesday, Saturday to Tuesday.
            ("2026-11-23", "2026-11-25"),
            ("2026-11-26", "2026-11-30"),
            ("2026-11-27", "2026-12-01"),
            ("2026-11-28", "2026-12-01"),
            // Tuesday, then Wednesday, two holidays, a weekend, Monday.
            ("2026-04-28", "2026-05-04"),
            // 31 December is a Thursday; 1 January is free.
            ("2026-12-30", "2027-01-04"),
            // 2 September is a Wednesday.
            ("2026-09-01", "2026-09-04"),
        ] {
            assert_eq!(answer_by(received.parse().unwrap()).to_string(), due, "{received}");
        }
    }
}
