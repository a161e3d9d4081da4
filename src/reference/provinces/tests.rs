//! Expected values are read from provinces.csv by hand.

use super::*;
use crate::reference::Reference;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn founding() -> NaiveDate {
    day("2020-10-27")
}

fn today() -> NaiveDate {
    day("2026-11-23")
}

fn table() -> &'static Provinces {
    &reference().provinces
}

fn id(text: &str) -> ProvinceId {
    text.parse().unwrap()
}

fn resolved(input: &str, day: NaiveDate) -> String {
    table().resolve(input, day).unwrap().to_string()
}

fn texts(ids: &[ProvinceId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[test]
fn the_lists_have_63_and_34_units() {
    let count = |text: &str| table().in_force(day(text)).count();
    assert_eq!(count("2008-07-31"), 0);
    assert_eq!(count("2020-10-27"), 63);
    assert_eq!(count("2025-06-30"), 63);
    assert_eq!(count("2025-07-01"), 34);
    assert_eq!(count("2026-11-23"), 34);
    assert_eq!(table().all().len(), 100);
}

#[test]
fn a_row_carries_its_columns() {
    let soc_trang = table().get(id("94@2008-08-01"));
    assert_eq!(soc_trang.list_edition, 63);
    assert_eq!(soc_trang.valid_to, Some(day("2025-06-30")));
    assert_eq!(soc_trang.unit_type, ProvinceKind::Tinh);
    assert_eq!((soc_trang.name.as_str(), soc_trang.short_name.as_str()), ("Tỉnh Sóc Trăng", "Sóc Trăng"));
    assert_eq!((soc_trang.region_code.as_str(), soc_trang.region.as_str()), ("DBSCL", "Đồng bằng sông Cửu Long"));
    assert_eq!(soc_trang.subregion_code, None);
    assert_eq!((soc_trang.lat, soc_trang.lon), (956, 10_593));
    assert_eq!(soc_trang.successor, Some(id("92@2025-07-01")));
    let can_tho = table().get(id("92@2025-07-01"));
    assert_eq!(can_tho.unit_type, ProvinceKind::ThanhPho);
    assert_eq!(can_tho.successor, None);
    assert_eq!(texts(&can_tho.predecessors), ["92@2008-08-01", "93@2008-08-01", "94@2008-08-01"]);
}

#[test]
fn a_name_is_known_in_any_spelling() {
    for input in ["94", "soc trang", "Sóc Trăng", "So\u{301}c Tra\u{306}ng", "TỈNH SÓC TRĂNG", "t. Soc-Trang", "SocTrang"] {
        assert_eq!(resolved(input, founding()), "94@2008-08-01", "{input}");
    }
    for input in ["Tp HCM", "TPHCM", "TP.HCM", "hcm", "Sài Gòn", "Ho Chi Minh City", "Thành phố Hồ Chí Minh", "79"] {
        assert_eq!(resolved(input, founding()), "79@2008-08-01", "{input}");
        assert_eq!(resolved(input, today()), "79@2025-07-01", "{input}");
    }
    for (input, expected) in [
        ("TP. Cần Thơ", "92@2025-07-01"),
        ("Hanoi", "01@2025-07-01"),
        ("Ha Noi City", "01@2025-07-01"),
        ("Đắc Lắc", "66@2025-07-01"),
        ("daklak", "66@2025-07-01"),
        ("dak nong", "67@2008-08-01"),
        ("Đắc Nông", "67@2008-08-01"),
        ("BRVT", "77@2008-08-01"),
        ("Vũng Tàu", "77@2008-08-01"),
        ("Bà Rịa – Vũng Tàu", "77@2008-08-01"),
        ("Hoà Bình", "17@2008-08-01"),
        ("Bắc Cạn", "06@2008-08-01"),
    ] {
        assert_eq!(resolved(input, today()), expected, "{input}");
    }
}

#[test]
fn hue_is_one_territory_under_two_names() {
    for input in ["Thừa Thiên Huế", "Huế", "hue", "46"] {
        assert_eq!(resolved(input, founding()), "46@2008-08-01", "{input}");
    }
    for input in ["Huế", "TP Huế", "46"] {
        assert_eq!(resolved(input, day("2025-01-01")), "46@2025-01-01", "{input}");
    }
    assert_eq!(resolved("Thừa Thiên Huế", today()), "46@2008-08-01", "an old name means the old unit");
    let both = ["46@2008-08-01", "46@2025-01-01"];
    assert_eq!(texts(&table().match_filter("Thừa Thiên Huế", today()).unwrap()), both);
    assert_eq!(texts(&table().match_filter("Huế", founding()).unwrap()), both);
    assert_eq!(table().as_of(id("46@2025-01-01"), founding()), id("46@2008-08-01"));
}

#[test]
fn seven_codes_changed_hands() {
    for (code, before, after) in [
        ("15", "Yên Bái", "Lào Cai"),
        ("24", "Bắc Giang", "Bắc Ninh"),
        ("44", "Quảng Bình", "Quảng Trị"),
        ("52", "Bình Định", "Gia Lai"),
        ("80", "Long An", "Tây Ninh"),
        ("82", "Tiền Giang", "Đồng Tháp"),
        ("91", "Kiên Giang", "An Giang"),
    ] {
        let name_on = |day| table().get(table().by_code(code, day).unwrap()).short_name.as_str();
        assert_eq!((name_on(day("2025-06-30")), name_on(day("2025-07-01"))), (before, after), "{code}");
    }
}

#[test]
fn three_provinces_became_cities_in_2026() {
    for (code, last_day, first_day) in
        [("75", "2026-04-29", "2026-04-30"), ("22", "2026-08-31", "2026-09-01"), ("24", "2026-09-19", "2026-09-20")]
    {
        let before = table().by_code(code, day(last_day)).unwrap();
        let after = table().by_code(code, day(first_day)).unwrap();
        assert_eq!(table().get(before).unit_type, ProvinceKind::Tinh, "{code}");
        assert_eq!(table().get(after).unit_type, ProvinceKind::ThanhPho, "{code}");
        assert_eq!(before.to_string(), format!("{code}@2025-07-01"));
        assert_eq!(table().current(before), after);
        assert_eq!(table().as_of(after, day(last_day)), before);
    }
}

#[test]
fn an_old_name_or_code_means_the_unit_that_ended_and_a_later_one_the_unit_to_come() {
    assert_eq!(resolved("Sóc Trăng", today()), "94@2008-08-01");
    assert_eq!(resolved("94", today()), "94@2008-08-01");
    assert_eq!(resolved("94", day("2025-07-01")), "94@2008-08-01");
    assert_eq!(resolved("91", today()), "91@2025-07-01");
    assert_eq!(resolved("91", founding()), "91@2008-08-01");
    assert_eq!(resolved("An Giang", founding()), "89@2008-08-01");
    assert_eq!(resolved("Cần Thơ", day("1999-01-01")), "92@2008-08-01");
}

#[test]
fn a_day_in_the_input_overrides_the_day() {
    assert_eq!(resolved("91@2020-10-27", today()), "91@2008-08-01");
    assert_eq!(resolved("An Giang@2020-10-27", today()), "89@2008-08-01");
    assert_eq!(resolved("an giang @ 2026-11-23", founding()), "91@2025-07-01");
    for wrong in ["91@", "91@2025-7-1", "91@01/07/2025", "91@2025-02-30", "91@2025-07-01@2025-07-01"] {
        let refused = table().resolve(wrong, today());
        assert_eq!(refused, Err(ProvinceError::BadDay { input: wrong.to_owned() }), "{wrong}");
    }
}

#[test]
fn an_unknown_name_comes_with_what_is_near() {
    let unknown = |input: &str, near: &[&str]| {
        let suggestions = near.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(table().resolve(input, today()), Err(ProvinceError::Unknown { input: input.to_owned(), suggestions }));
    };
    unknown("Soc Tragn", &["Sóc Trăng"]);
    unknown("99", &[]);
    unknown("", &[]);
    unknown("tỉnh", &[]);
    let error = table().resolve("Cần Thư", today()).unwrap_err();
    assert!(error.to_string().contains("Cần Thơ"), "{error}");
}

#[test]
fn a_territory_is_followed_to_another_day() {
    assert_eq!(table().as_of(id("94@2008-08-01"), today()), id("92@2025-07-01"));
    assert_eq!(table().as_of(id("94@2008-08-01"), founding()), id("94@2008-08-01"));
    assert_eq!(table().as_of(id("27@2008-08-01"), day("2026-01-01")), id("24@2025-07-01"));
    assert_eq!(table().as_of(id("27@2008-08-01"), today()), id("24@2026-09-20"));
    assert_eq!(table().as_of(id("01@2025-07-01"), founding()), id("01@2008-08-01"));
    assert_eq!(table().as_of(id("22@2026-09-01"), founding()), id("22@2008-08-01"));
    // Cần Thơ of today is three provinces of then.
    assert_eq!(table().as_of(id("92@2025-07-01"), founding()), id("92@2025-07-01"));
}

#[test]
fn a_filter_finds_what_became_part_of_the_unit_and_nothing_merged_later() {
    let filter = |input: &str, day| texts(&table().match_filter(input, day).unwrap());
    assert_eq!(filter("92", today()), ["92@2008-08-01", "93@2008-08-01", "94@2008-08-01", "92@2025-07-01"]);
    assert_eq!(filter("92", founding()), ["92@2008-08-01"]);
    assert_eq!(filter("91", founding()), ["91@2008-08-01"]);
    assert_eq!(filter("91", today()), ["89@2008-08-01", "91@2008-08-01", "91@2025-07-01"]);
    assert_eq!(filter("94", today()), ["94@2008-08-01"]);
    assert_eq!(filter("Hà Nội", founding()), ["01@2008-08-01", "01@2025-07-01"]);
    let bac_ninh = ["24@2008-08-01", "27@2008-08-01", "24@2025-07-01", "24@2026-09-20"];
    assert_eq!(filter("Bắc Ninh", today()), bac_ninh);
    assert_eq!(filter("Bắc Ninh", day("2026-01-01")), bac_ninh, "the city of September 2026 is the same territory");
    assert_eq!(filter("Bắc Ninh", founding()), ["27@2008-08-01"]);
}

#[test]
fn every_unit_reaches_one_of_today_and_is_in_its_closure() {
    for province in table().all() {
        let current = table().current(province.id);
        assert!(table().get(current).is_in_force(today()), "{}", province.id);
        assert_eq!(table().as_of(province.id, today()), current);
        assert!(table().closure(current).contains(&province.id));
        let closure = table().closure(province.id);
        assert!(closure.contains(&province.id) && closure.is_sorted());
    }
}

#[test]
fn the_text_form_is_read_back_exactly() {
    for province in table().all() {
        let text = province.id.to_string();
        assert_eq!(text.parse(), Ok(province.id));
        assert_eq!(table().resolve(&text, founding()), Ok(province.id));
        let json = serde_json::to_string(&province.id).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<ProvinceId>(&json).unwrap(), province.id);
    }
    for wrong in ["94", "94@2025-07-01", "94@2008-8-1", "Sóc Trăng@2008-08-01", "94@", "@", ""] {
        assert!(wrong.parse::<ProvinceId>().is_err(), "{wrong}");
    }
}

#[test]
fn a_broken_table_is_refused_with_its_line() {
    for (from, to, line, problem) in [
        ("63,02,", "63,01,", 3, "01 Hà Giang has the code or name of Thành phố Hà Nội at the same time"),
        ("63,02,", "63,2,", 3, "code \"2\" is not two digits"),
        ("105.70,01,2025-07-01", "105.70,03,2025-07-01", 2, "successor 03@2025-07-01 is not a row"),
        ("105.70,01,2025-07-01", "105.70,,", 2, "an end and a successor belong together"),
        ("2025-06-30,thanh_pho", "2025-06-29,thanh_pho", 2, "ends on 2025-06-29, but its successor begins on 2025-07-01"),
        ("2025-06-30,thanh_pho", "2005-06-30,thanh_pho", 2, "ends before it begins"),
        ("01,2025-07-01,01", "01,2025-07-01,04", 2, "current code is 04, but the successors lead to 01"),
        ("08,absorbed", "08,unchanged", 3, "unchanged contradicts the number of units that its successor comes from"),
        ("02|08", "08", 67, "merged from 08, but the successors say 02|08"),
        (",21.00,", ",-21.00,", 2, "latitude \"-21.00\""),
    ] {
        let error = Provinces::parse(&CSV.replacen(from, to, 1)).unwrap_err();
        assert_eq!((error.file, error.line, error.problem.as_str()), ("provinces.csv", line, problem), "{from} -> {to}");
    }
    assert!(Provinces::parse(&CSV.replacen("thanh_pho", "city", 1)).unwrap_err().to_string().contains("line 2"));
    assert!(Reference::load().is_ok());
}
