//! What an organisation may be: pure decisions, no database, no clock.

use super::model::{LegalForm, NewOrganisation, ProfileKind};
use crate::check;
use crate::error::{Faults, text};
use crate::reference::{ProvinceId, reference};
use chrono::NaiveDate;

/// A tax code, told apart by its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaxCode {
    /// 10 digits, or 13 for a branch: public.
    Organisation(String),
    /// 12 digits: an individual's personal identification number.
    Person(String),
}

/// Weights of the first nine digits; the tenth is 10 minus the weighted sum modulo 11.
///
/// Source: the structure of tax codes in Circular 105/2020/TT-BTC and its predecessors; checked against
/// published codes of large companies in the tests.
const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];

/// Reads a tax code; spaces and hyphens are left out.
///
/// # Errors
/// A stable word: `bad_tax_code` for the form, `bad_check_digit` for the digit.
pub fn tax_code(input: &str) -> Result<TaxCode, &'static str> {
    let digits: String = input.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("bad_tax_code");
    }
    match digits.len() {
        10 | 13 => {
            let values: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(10)).collect();
            let sum: u32 = values.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
            let expected = 10 - sum % 11;
            if values.get(9) == Some(&expected) { Ok(TaxCode::Organisation(digits)) } else { Err("bad_check_digit") }
        }
        // With a hyphen it is a branch's code that lost a digit.
        12 if !input.contains('-') => Ok(TaxCode::Person(digits)),
        _ => Err("bad_tax_code"),
    }
}

/// What the checks found, where it is good.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The unit.
    pub province_id: ProvinceId,
    /// The code, where there is one.
    pub tax_code: Option<TaxCode>,
    /// Code of the retail system as the table spells it.
    pub retail_system: Option<String>,
}

/// Checks everything about `new` that does not need the database.
pub fn check(new: &NewOrganisation, required: Option<ProfileKind>, today: NaiveDate, faults: &mut Faults) -> Option<Checked> {
    check::line(faults, "/name", &new.name, check::NAME_LIMIT);
    check::maybe_line(faults, "/name_en", new.name_en.as_deref(), check::NAME_LIMIT);
    check::maybe_line(faults, "/address", new.address.as_deref(), check::LINE_LIMIT);
    check::maybe_line(faults, "/website", new.website.as_deref(), check::LINE_LIMIT);
    if new.website.as_deref().is_some_and(|website| !website.starts_with("https://") && !website.starts_with("http://")) {
        faults.add("/website", "not_a_url", text("Begin with https:// or http://.", "Bắt đầu bằng https:// hoặc http://."));
    }
    check::day(faults, "/succeeded_on", new.succeeded_on);
    if new.successor_id.is_some() != new.succeeded_on.is_some() {
        faults.add(
            "/succeeded_on",
            "incomplete",
            text("Give successor_id and succeeded_on together.", "Hãy ghi cả successor_id và succeeded_on."),
        );
    }
    let province_id = check::province(faults, "/province", &new.province, today);
    let tax_code = read_tax_code(new, faults);
    check_profiles(new, required, faults);
    let retail_system = new.buyer.as_ref().and_then(|buyer| buyer.retail_system.as_deref()).and_then(|code| {
        if let Ok(system) = reference().retail_systems.resolve(code) {
            Some(system.code.clone())
        } else {
            faults.add(
                "/buyer/retail_system",
                "unknown_retail_system",
                text(
                    "No retail system has this code; leave it out when it is not in the list.",
                    "Không có hệ thống bán lẻ nào mang mã này; hãy bỏ trường này nếu không có trong danh mục.",
                ),
            );
            None
        }
    });
    Some(Checked { province_id: province_id?, tax_code, retail_system })
}

fn read_tax_code(new: &NewOrganisation, faults: &mut Faults) -> Option<TaxCode> {
    let input = new.tax_code.as_deref()?;
    match tax_code(input) {
        Ok(TaxCode::Person(_)) if new.legal_form != LegalForm::HouseholdBusiness && new.legal_form != LegalForm::Farm => {
            faults.add(
                "/tax_code",
                "personal_tax_code",
                text(
                    "A 12-digit code is an individual's: only a household business or a farm has one.",
                    "Mã 12 chữ số là của cá nhân: chỉ hộ kinh doanh hoặc trang trại dùng.",
                ),
            );
            None
        }
        Ok(code) => Some(code),
        Err("bad_check_digit") => {
            faults.add(
                "/tax_code",
                "bad_check_digit",
                text(
                    "The tenth digit does not fit the first nine: a digit is mistyped.",
                    "Chữ số thứ mười không khớp chín chữ số đầu: có chữ số bị gõ sai.",
                ),
            );
            None
        }
        Err(word) => {
            faults.add(
                "/tax_code",
                word,
                text(
                    "A tax code has 10 digits, 13 for a branch, or 12 for an individual.",
                    "Mã số thuế có 10 chữ số, 13 cho chi nhánh, hoặc 12 cho cá nhân.",
                ),
            );
            None
        }
    }
}

fn check_profiles(new: &NewOrganisation, required: Option<ProfileKind>, faults: &mut Faults) {
    let has = |profile| match profile {
        ProfileKind::Producer => new.producer.is_some(),
        ProfileKind::Buyer => new.buyer.is_some(),
        ProfileKind::Agency => new.agency.is_some(),
    };
    if let Some(profile) = required.filter(|profile| !has(*profile)) {
        let word = profile.as_str();
        faults.add(
            &format!("/{word}"),
            "missing",
            text(format!("This collection needs the profile \"{word}\"."), format!("Tập hợp này cần hồ sơ \"{word}\".")),
        );
    }
    check::maybe_prose(
        faults,
        "/producer/description",
        new.producer.as_ref().and_then(|profile| profile.description.as_deref()),
        check::PROSE_LIMIT,
    );
    check::maybe_prose(
        faults,
        "/buyer/description",
        new.buyer.as_ref().and_then(|profile| profile.description.as_deref()),
        check::PROSE_LIMIT,
    );
    check::maybe_prose(
        faults,
        "/agency/description",
        new.agency.as_ref().and_then(|profile| profile.description.as_deref()),
        check::PROSE_LIMIT,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    // Codes that their owners publish: Vinamilk 0300588569, Viettel 0100109106, FPT 0101248141, Hòa Phát 0900189284.
    #[test]
    fn published_tax_codes_pass_and_each_with_one_digit_changed_fails() {
        for code in ["0300588569", "0100109106", "0101248141", "0900189284"] {
            assert_eq!(tax_code(code), Ok(TaxCode::Organisation(code.to_owned())));
            for at in 0..9 {
                let mut digits: Vec<char> = code.chars().collect();
                digits[at] = char::from_digit((digits[at].to_digit(10).unwrap() + 1) % 10, 10).unwrap();
                let wrong: String = digits.into_iter().collect();
                assert_eq!(tax_code(&wrong), Err("bad_check_digit"), "{wrong}");
            }
        }
    }

    #[test]
    fn a_branch_has_three_more_digits_and_a_person_has_twelve() {
        assert_eq!(tax_code("0100109106-011"), Ok(TaxCode::Organisation("0100109106011".into())));
        assert_eq!(tax_code("094085001234"), Ok(TaxCode::Person("094085001234".into())));
        for bad in ["", "123", "01001091061", "0100109106-01", "010010910x"] {
            assert_eq!(tax_code(bad), Err("bad_tax_code"), "{bad}");
        }
    }
}
