//! What a product may be: pure decisions, no database, no clock.

use super::model::{NewPack, NewProduct, Pack, Picture};
use crate::check;
use crate::error::{Faults, text};
use crate::measure;
use crate::organisations::{Identity, ProfileKind};
use crate::reference::texts::Taken;
use crate::reference::{FactorKind, GroupId, UnitId, reference};
use chrono::NaiveDate;

/// A hundred years: nothing that is sold keeps longer, and a mistyped figure does.
const LONGEST_SHELF_LIFE_DAYS: i32 = 36_500;
/// As many as a dossier for a buyer shows.
const PICTURES: usize = 20;
/// Longest address of a picture: signed addresses of object stores run to a few hundred characters.
const URL_LIMIT: usize = 500;

/// Lengths of a GTIN (GTIN-8, -12, -13, -14).
const GTIN_LENGTHS: [usize; 4] = [8, 12, 13, 14];

/// Reads a GTIN; spaces and hyphens are left out, the digits are kept as given.
///
/// Any prefix may stand: 893 is that of GS1 Viet Nam, but a product made here may carry another.
///
/// # Errors
/// A stable word: `bad_gtin` for the form, `bad_check_digit` for the last digit.
pub fn gtin(input: &str) -> Result<String, &'static str> {
    let digits: String = input.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let is_zero = digits.bytes().all(|byte| byte == b'0');
    if is_zero || !digits.bytes().all(|byte| byte.is_ascii_digit()) || !GTIN_LENGTHS.contains(&digits.len()) {
        return Err("bad_gtin");
    }
    if has_check_digit(&digits) { Ok(digits) } else { Err("bad_check_digit") }
}

/// Whether the last digit makes the sum a multiple of ten, the digits weighing 3 and 1 by turns from the one
/// before the last.
///
/// Source: GS1 General Specifications, section 7.9.1; TCVN 6939:2019 for GTIN-13.
fn has_check_digit(digits: &str) -> bool {
    let from_the_right = digits.chars().rev().filter_map(|digit| digit.to_digit(10));
    let sum: u32 = from_the_right.zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    sum.is_multiple_of(10)
}

/// Every way to write one GTIN: a shorter one with zeros before it is the same number.
pub fn gtin_forms(digits: &str) -> Vec<String> {
    let bare = digits.trim_start_matches('0');
    GTIN_LENGTHS.into_iter().filter(|length| *length >= bare.len()).map(|length| format!("{bare:0>length$}")).collect()
}

/// Reads an HS code; dots and spaces are left out.
///
/// # Errors
/// `bad_hs_code` unless it has 6 digits (the world's), 8 (ASEAN's) or 10.
pub fn hs_code(input: &str) -> Result<String, &'static str> {
    let digits: String = input.chars().filter(|c| !matches!(c, ' ' | '.')).collect();
    let is_code = digits.bytes().all(|byte| byte.is_ascii_digit()) && matches!(digits.len(), 6 | 8 | 10);
    if is_code { Ok(digits) } else { Err("bad_hs_code") }
}

/// What the checks found, where it is good.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub group_id: GroupId,
    pub hs_code: Option<String>,
    pub gtin: Option<String>,
    pub pack: Option<Pack>,
}

/// Checks everything about `new`, whose producer is `producer` when there is such an organisation.
pub(super) fn check(new: &NewProduct, producer: Option<&Identity>, today: NaiveDate, faults: &mut Faults) -> Option<Checked> {
    check_producer(producer, faults);
    check::line(faults, "/name", &new.name, check::NAME_LIMIT);
    check::maybe_line(faults, "/name_en", new.name_en.as_deref(), check::NAME_LIMIT);
    check::maybe_prose(faults, "/story", new.story.as_deref(), check::PROSE_LIMIT);
    check_pictures(&new.pictures, faults);
    if new.shelf_life_days.is_some_and(|days| !(1..=LONGEST_SHELF_LIFE_DAYS).contains(&days)) {
        faults.add(
            "/shelf_life_days",
            "out_of_range",
            text(format!("From 1 to {LONGEST_SHELF_LIFE_DAYS} days."), format!("Từ 1 đến {LONGEST_SHELF_LIFE_DAYS} ngày.")),
        );
    }
    let group_id = check::group(faults, "/group", &new.group, today).and_then(|group| leaf(group, faults));
    let hs_code = new.hs_code.as_deref().and_then(|input| read_hs_code(input, faults));
    let gtin = new.gtin.as_deref().and_then(|input| read_gtin(input, faults));
    let pack = new.pack.as_ref().and_then(|pack| read_pack(pack, faults));
    Some(Checked { group_id: group_id?, hs_code, gtin, pack })
}

fn check_producer(producer: Option<&Identity>, faults: &mut Faults) {
    match producer {
        None => check::unknown_reference(faults, "/producer_id", "organisation", "tổ chức"),
        Some(producer) if !producer.profiles.contains(&ProfileKind::Producer) => faults.add(
            "/producer_id",
            "missing_profile",
            text(
                "This organisation has no profile of a producer: add it with PUT /v1/organisations/{id}/producer.",
                "Tổ chức này chưa có hồ sơ chủ thể sản xuất: hãy thêm bằng PUT /v1/organisations/{id}/producer.",
            ),
        ),
        Some(_) => {}
    }
}

/// `group`, when no group of its decision stands below it: products are listed in the lowest groups.
fn leaf(group: GroupId, faults: &mut Faults) -> Option<GroupId> {
    let below: Vec<&str> =
        reference().product_groups.all().iter().filter(|other| other.parent == Some(group)).map(|other| other.id.as_str()).collect();
    if below.is_empty() {
        return Some(group);
    }
    let below = below.join(", ");
    faults.add(
        "/group",
        "not_a_leaf",
        text(
            format!("This group has subgroups; choose the one that the product is in: {below}."),
            format!("Nhóm này còn phân nhóm; hãy chọn phân nhóm của sản phẩm: {below}."),
        ),
    );
    None
}

fn check_pictures(pictures: &[Picture], faults: &mut Faults) {
    let n = pictures.len();
    if n > PICTURES {
        faults.add(
            "/pictures",
            "too_many",
            text(format!("At most {PICTURES} pictures; here are {n}."), format!("Tối đa {PICTURES} hình; ở đây có {n}.")),
        );
    }
    for (index, picture) in pictures.iter().enumerate() {
        let pointer = format!("/pictures/{index}/url");
        check::line(faults, &pointer, &picture.url, URL_LIMIT);
        let is_url = picture.url.strip_prefix("https://").is_some_and(|rest| {
            !rest.is_empty()
                && !rest.starts_with(['/', '?', '#', ':'])
                && !rest.chars().any(|c| c.is_whitespace() || matches!(c, '"' | '<' | '>'))
        });
        if !is_url {
            faults.add(
                &pointer,
                "not_a_url",
                text(
                    "An address that begins with https:// and has no spaces.",
                    "Một địa chỉ bắt đầu bằng https:// và không có khoảng trắng.",
                ),
            );
        }
        check::maybe_line(faults, &format!("/pictures/{index}/caption"), picture.caption.as_deref(), check::NAME_LIMIT);
    }
}

fn read_hs_code(input: &str, faults: &mut Faults) -> Option<String> {
    let code = hs_code(input);
    if let Err(word) = code {
        faults.add(
            "/hs_code",
            word,
            text("An HS code has 6, 8 or 10 digits, such as 1006.30.", "Mã HS có 6, 8 hoặc 10 chữ số, ví dụ 1006.30."),
        );
    }
    code.ok()
}

fn read_gtin(input: &str, faults: &mut Faults) -> Option<String> {
    let code = gtin(input);
    if let Err(word) = code {
        let detail = if word == "bad_check_digit" {
            text(
                "The last digit does not fit the others: a digit is mistyped.",
                "Chữ số cuối không khớp các chữ số khác: có chữ số bị gõ sai.",
            )
        } else {
            text("A GTIN has 8, 12, 13 or 14 digits.", "Mã GTIN có 8, 12, 13 hoặc 14 chữ số.")
        };
        faults.add("/gtin", word, detail);
    }
    code.ok()
}

fn read_pack(pack: &NewPack, faults: &mut Faults) -> Option<Pack> {
    let unit = check::unit(faults, "/pack/unit", &pack.unit, Taken::Packages);
    let content_unit = check::unit(faults, "/pack/content_unit", &pack.content_unit, Taken::Fixed);
    if unit.is_some_and(|unit| !is_package(unit)) {
        faults.add(
            "/pack/unit",
            "not_a_package",
            text(
                "A pack is a unit whose content depends on the product or the place, such as THUNG, HOP, TUI or CHUC.",
                "Quy cách phải là đơn vị tùy sản phẩm hoặc tùy vùng, như THUNG, HOP, TUI hoặc CHUC.",
            ),
        );
    }
    if content_unit.is_some_and(|unit| reference().units.get(unit).factor_kind != FactorKind::Fixed) {
        faults.add(
            "/pack/content_unit",
            "not_fixed",
            text(
                "The content is counted in a unit that is the same everywhere, such as KG, L or CAI.",
                "Lượng chứa phải tính bằng đơn vị cố định, như KG, L hoặc CAI.",
            ),
        );
    }
    if pack.content_quantity.0 <= 0 {
        faults.add("/pack/content_quantity", "out_of_range", text("More than nothing.", "Phải lớn hơn 0."));
    }
    Some(Pack { unit: unit?, content_quantity: pack.content_quantity, content_unit: content_unit? })
}

/// Whether a product may state what a `unit` of it holds: a package, or what is another number from place to place (a chục is
/// 10, 12 or 14). Of every other unit the table alone says what it is worth.
pub fn is_package(unit: UnitId) -> bool {
    Taken::Packages.takes(reference().units.get(unit))
}

/// Whether what is counted in packs of `pack` would be worth something else with `next`.
pub(super) fn is_worth_another(pack: &Pack, next: Option<Pack>) -> bool {
    let worth = |stated: &Pack| {
        let stated = measure::Pack { unit: stated.unit, content: stated.content_quantity, content_unit: stated.content_unit };
        measure::one(pack.unit, Some(&stated))
    };
    match next {
        None => true,
        // What is too fine or too large to be told in a base unit is the same only when it is stated alike.
        Some(next) => next != *pack && (worth(pack).is_err() || worth(pack) != worth(&next)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // The worked example of GS1's own page on check digits (6291041500213), widely published examples of a
    // GTIN-8 and a GTIN-12, a case of the first, and a number under the Vietnamese prefix worked out by hand.
    const GOOD: [&str; 5] = ["6291041500213", "96385074", "036000291452", "16291041500210", "8938505974194"];

    #[test]
    fn published_gtins_pass_and_each_with_one_digit_changed_fails() {
        for code in GOOD {
            assert_eq!(gtin(code), Ok(code.to_owned()));
            for at in 0..code.len() {
                let mut digits: Vec<char> = code.chars().collect();
                digits[at] = char::from_digit((digits[at].to_digit(10).unwrap() + 1) % 10, 10).unwrap();
                let wrong: String = digits.into_iter().collect();
                assert_eq!(gtin(&wrong), Err("bad_check_digit"), "{wrong}");
            }
        }
    }

    #[test]
    fn a_gtin_has_8_12_13_or_14_digits() {
        assert_eq!(gtin("6-291041 500213"), Ok("6291041500213".into()));
        for bad in
            ["", "0", "1234567", "123456789", "12345678901", "123456789012345", "00000000", "629104150021x", "６２９１０４１５００２１３"]
        {
            assert_eq!(gtin(bad), Err("bad_gtin"), "{bad}");
        }
    }

    #[test]
    fn zeros_before_a_gtin_do_not_make_it_another() {
        assert_eq!(gtin_forms("036000291452"), ["036000291452", "0036000291452", "00036000291452"]);
        assert_eq!(gtin_forms("00000096385074"), ["96385074", "000096385074", "0000096385074", "00000096385074"]);
    }

    #[test]
    fn an_hs_code_has_6_8_or_10_digits() {
        for (input, code) in [("1006.30", "100630"), ("100630", "100630"), ("1006.30.40", "10063040"), ("1006 30 4010", "1006304010")] {
            assert_eq!(hs_code(input), Ok(code.to_owned()));
        }
        for bad in ["", "1006", "10063", "1006.30.4", "10063040100", "1006.3o", "1006-30"] {
            assert_eq!(hs_code(bad), Err("bad_hs_code"), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn exactly_one_last_digit_fits_the_others(head in "[1-9][0-9]{6}|[1-9][0-9]{10,12}") {
            let fitting = (0..10).filter(|digit| gtin(&format!("{head}{digit}")).is_ok()).count();
            prop_assert_eq!(fitting, 1);
        }

        #[test]
        fn every_way_to_write_a_gtin_is_one(head in "[0-9]{4}[1-9][0-9]{2}|[0-9]{8}[1-9][0-9]{2,4}") {
            let code = (0..10).find_map(|digit| gtin(&format!("{head}{digit}")).ok()).unwrap();
            let forms = gtin_forms(&code);
            prop_assert!(forms.contains(&code));
            for form in &forms {
                prop_assert!(gtin(form).is_ok());
                prop_assert_eq!(&gtin_forms(form), &forms);
            }
        }
    }
}
