//! What a demand may be, and how it stands on a day: pure decisions, no database, no clock.

use super::model::{Ceiling, DemandStatus, NewCeiling, NewDemand};
use crate::check;
use crate::decimal::Decimal;
use crate::error::{Faults, text};
use crate::measure::{self, Base, Worth};
use crate::months::{self, Months};
use crate::price::{Visibility, check_amount};
use crate::reference::texts::Taken;
use crate::reference::{CertificateKindId, GroupId, ProvinceId, UnitId, reference, texts};
use crate::text::{fold, in_vietnamese};
use chrono::{Datelike, NaiveDate};

/// More kinds of paper than any buyer was seen to ask for.
const MOST_CERTIFICATES: usize = 20;
/// Longest shelf life: ten years, as for dried goods and spirits.
const LONGEST_SHELF_LIFE_DAYS: i32 = 3_650;
/// As many suppliers as a batch has items: beyond that the limit limits nothing.
const MOST_SUPPLIERS: i32 = 1_000;
/// Calendar months of the longest demand, five years: what matching counts month by month.
const MOST_MONTHS: i32 = 60;
/// Nobody knows what is needed later; a year that was mistyped is one of these.
const MOST_YEARS_AHEAD: i32 = 20;

/// What the checks found, where it is good.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The product group.
    pub group_id: Option<GroupId>,
    /// Unit of the quantity.
    pub unit: UnitId,
    /// The quantity in its base unit.
    pub base: Base,
    /// Months in which it is needed.
    pub months: Months,
    /// Where it is delivered to.
    pub delivery_province_id: ProvinceId,
    /// The highest price.
    pub price_ceiling: Option<Ceiling>,
    /// Papers that are needed.
    pub required_certificates: Vec<CertificateKindId>,
    /// Papers that are welcome.
    pub preferred_certificates: Vec<CertificateKindId>,
}

/// Checks everything about `new` that does not need the database.
pub fn check(new: &NewDemand, today: NaiveDate, faults: &mut Faults) -> Option<Checked> {
    check::line(faults, "/title", &new.title, check::NAME_LIMIT);
    check::maybe_line(faults, "/text", new.text.as_deref(), check::LINE_LIMIT);
    if new.text.as_deref().is_some_and(|words| !words.trim().is_empty() && fold(words).is_empty()) {
        faults.add(
            "/text",
            "no_words",
            text("Words for what is needed: letters or digits.", "Cần có từ chỉ hàng cần mua: chữ cái hoặc chữ số."),
        );
    }
    if new.text.is_none() && new.group.is_none() {
        faults.add(
            "/text",
            "text_or_group_needed",
            text("Say what is needed: text, group, or both.", "Hãy cho biết cần gì: text, group hoặc cả hai."),
        );
    }
    check_days(new, today, faults);
    number(faults, "/least_stars", new.least_stars, 3, 5);
    number(faults, "/minimum_remaining_shelf_life_days", new.minimum_remaining_shelf_life_days, 1, LONGEST_SHELF_LIFE_DAYS);
    number(faults, "/suppliers_at_most", new.suppliers_at_most, 1, MOST_SUPPLIERS);
    let group = new.group.as_deref().map(|input| check::group(faults, "/group", input, today));
    let months = read_months(new, faults);
    let place = check::province(faults, "/delivery_province", &new.delivery_province, today);
    let required_certificates = read_certificates(faults, "/required_certificates", &new.required_certificates, &[]);
    let preferred_certificates = read_certificates(faults, "/preferred_certificates", &new.preferred_certificates, &required_certificates);
    let unit = check::unit(faults, "/unit", &new.unit, Taken::Fixed);
    let base = unit.and_then(|unit| measure::read(faults, ("/quantity", "/unit"), new.quantity, unit, Worth::Fixed));
    let ceiling = new.price_ceiling.as_ref().map(|ceiling| read_ceiling(ceiling, base, faults));
    Some(Checked {
        group_id: match group {
            None => None,
            Some(group) => Some(group?),
        },
        unit: unit?,
        base: base?,
        months: months?,
        delivery_province_id: place?,
        price_ceiling: match ceiling {
            None => None,
            Some(ceiling) => Some(ceiling?),
        },
        required_certificates,
        preferred_certificates,
    })
}

fn check_days(new: &NewDemand, today: NaiveDate, faults: &mut Faults) {
    check::day(faults, "/starts_on", Some(new.starts_on));
    check::day(faults, "/ends_on", Some(new.ends_on));
    check::day(faults, "/answer_by", new.answer_by);
    check::order(
        faults,
        "/ends_on",
        Some(new.starts_on),
        Some(new.ends_on),
        "A demand ends on or after its first day",
        "Nhu cầu kết thúc vào hoặc sau ngày bắt đầu",
    );
    check::order(
        faults,
        "/answer_by",
        new.answer_by,
        Some(new.ends_on),
        "Answers come on or before the last day of delivery",
        "Hạn trả lời vào hoặc trước ngày giao cuối",
    );
    let last_year = today.year() + MOST_YEARS_AHEAD;
    let told = if new.ends_on.year() > last_year {
        text(format!("A demand ends in {last_year} at the latest."), format!("Nhu cầu kết thúc chậm nhất vào năm {last_year}."))
    } else if Months::touched(new.starts_on, new.ends_on) > MOST_MONTHS {
        text(
            format!("A demand lasts at most {MOST_MONTHS} calendar months, the first and the last counted."),
            format!("Nhu cầu kéo dài tối đa {MOST_MONTHS} tháng dương lịch, tính cả tháng đầu và tháng cuối."),
        )
    } else {
        return;
    };
    faults.add("/ends_on", "out_of_range", told);
}

/// A whole number in its bounds, where it is given.
fn number(faults: &mut Faults, pointer: &str, value: Option<i32>, least: i32, most: i32) {
    if value.is_some_and(|value| !(least..=most).contains(&value)) {
        faults.add(pointer, "out_of_range", text(format!("{least} to {most}."), format!("Từ {least} đến {most}.")));
    }
}

/// The months that are named, each of which lies in the period; or those of the period.
fn read_months(new: &NewDemand, faults: &mut Faults) -> Option<Months> {
    let period = Months::of_period(new.starts_on, new.ends_on);
    let Some(list) = &new.months else { return period };
    let months = months::read(faults, "/months", list)?;
    // A period that ends before it begins has been named: it says nothing about months.
    let period = period?;
    let allowed: Vec<String> = period.list().iter().map(ToString::to_string).collect();
    let allowed = allowed.join(", ");
    for (index, _) in list.iter().enumerate().filter(|(_, month)| u32::try_from(**month).is_ok_and(|month| !period.contains(month))) {
        faults.add(
            &format!("/months/{index}"),
            "outside_period",
            text(
                format!("No day from {} to {} lies in this month; months of the period: {allowed}.", new.starts_on, new.ends_on),
                format!(
                    "Không ngày nào từ {} đến {} thuộc tháng này; các tháng trong kỳ: {allowed}.",
                    in_vietnamese(new.starts_on),
                    in_vietnamese(new.ends_on)
                ),
            ),
        );
    }
    Some(months)
}

/// The kinds of `codes`; one that stands here twice, or in `others`, is named.
fn read_certificates(faults: &mut Faults, pointer: &str, codes: &[String], others: &[CertificateKindId]) -> Vec<CertificateKindId> {
    if codes.len() > MOST_CERTIFICATES {
        faults.add(pointer, "out_of_range", text(format!("At most {MOST_CERTIFICATES}."), format!("Tối đa {MOST_CERTIFICATES}.")));
        return Vec::new();
    }
    let mut kinds = Vec::with_capacity(codes.len());
    for (index, code) in codes.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        match reference().certificate_kinds.resolve(code) {
            Err(_) => faults.add(&pointer, "unknown_certificate_kind", texts::certificate_kind_error()),
            Ok(kind) if kinds.contains(&kind) || others.contains(&kind) => {
                faults.add(&pointer, "repeated", text("This kind is asked for twice.", "Loại giấy này được yêu cầu hai lần."));
            }
            Ok(kind) => kinds.push(kind),
        }
    }
    kinds
}

fn read_ceiling(new: &NewCeiling, base: Option<Base>, faults: &mut Faults) -> Option<Ceiling> {
    let NewCeiling { amount, currency, per_unit, basis, vat_included, visibility } = new.clone();
    let currency = check_amount(faults, "/price_ceiling", amount, &currency);
    let at = "/price_ceiling/per_unit";
    let per_unit = check::unit(faults, at, &per_unit, Taken::Fixed)?;
    let one = measure::read(faults, (at, at), Decimal(1_000), per_unit, Worth::Fixed)?;
    measure::same_dimension(faults, at, one, base?.unit).then_some(())?;
    Some(Ceiling { amount, currency: currency?, per_unit, basis, vat_included, visibility: visibility.unwrap_or(Visibility::Hidden) })
}

/// The months as a body gives them: those of the whole period are what is meant when none is named.
pub fn months_as_given(months: Months, starts_on: NaiveDate, ends_on: NaiveDate) -> Option<Vec<i32>> {
    (Months::of_period(starts_on, ends_on) != Some(months)).then(|| months.list())
}

/// How a demand for some `months` stands on `as_of`: it takes answers until its day to answer by, and as long as a day is
/// left of one of its months before its period ends. (All its months lie in its period, which may be to come as a whole.)
pub fn status(
    closed_on: Option<NaiveDate>,
    answer_by: Option<NaiveDate>,
    (months, ends_on): (Months, NaiveDate),
    as_of: NaiveDate,
) -> DemandStatus {
    if closed_on.is_some_and(|day| day <= as_of) {
        DemandStatus::Closed
    } else if answer_by.is_some_and(|day| day < as_of) || !months.are_left(as_of, Some(ends_on)) {
        DemandStatus::Ended
    } else {
        DemandStatus::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// `base` with a merge patch applied.
    fn merged(mut base: Value, change: Value) -> Value {
        if let (Value::Object(base), Value::Object(change)) = (&mut base, change) {
            crate::http::body::merge(base, change);
        }
        base
    }

    fn checked(change: Value) -> Result<Checked, Vec<(String, &'static str)>> {
        let body = json!({
            "buyer_id": "org_1", "title": "Hành tím cho Tết", "text": "hành tím", "quantity": "5", "unit": "TAN", "starts_on": "2027-01-15",
            "ends_on": "2027-03-31", "delivery_province": "01"
        });
        let new: NewDemand = serde_json::from_value(merged(body, change)).unwrap();
        let mut faults = Faults::new();
        let checked = check(&new, day("2026-11-23"), &mut faults);
        match faults.into_result() {
            Ok(()) => Ok(checked.expect("what has no fault is checked")),
            Err(problem) => Err(problem.errors().iter().map(|fault| (fault.pointer.clone(), fault.code)).collect()),
        }
    }

    fn ceiling(change: Value) -> Value {
        let ceiling = json!({"amount": "30000", "currency": "VND", "per_unit": "KG", "basis": "delivered", "vat_included": true});
        json!({"price_ceiling": merged(ceiling, change)})
    }

    #[test]
    fn a_demand_is_for_every_month_of_its_period_unless_it_names_some() {
        let months = |change: Value| checked(change).unwrap().months.list();
        assert_eq!(months(json!({})), [1, 2, 3]);
        assert_eq!(months(json!({"months": [3, 1]})), [1, 3]);
        let (from, until) = (day("2027-01-15"), day("2027-03-31"));
        let as_given = |list: &[i32]| months_as_given(Months::from_list(list).unwrap(), from, until);
        assert_eq!(as_given(&[1, 2, 3]), None);
        assert_eq!(as_given(&[1, 3]), Some(vec![1, 3]));
    }

    #[test]
    fn a_ceiling_is_hidden_unless_it_says_otherwise() {
        let visibility = |change: Value| checked(ceiling(change)).unwrap().price_ceiling.unwrap().visibility;
        assert_eq!(visibility(json!({})), Visibility::Hidden);
        assert_eq!(visibility(json!({"visibility": "keys"})), Visibility::Keys);
    }

    #[test]
    fn each_fault_has_its_pointer_and_word() {
        for (change, pointer, code) in [
            (json!({"ends_on": "2027-01-14"}), "/ends_on", "wrong_order"),
            (json!({"quantity": "0"}), "/quantity", "not_positive"),
            (json!({"months": [2, 4]}), "/months/1", "outside_period"),
            (json!({"months": [2, 13]}), "/months/1", "out_of_range"),
            (json!({"months": []}), "/months", "empty"),
            (json!({"unit": "THUNG"}), "/unit", "pack_needed"),
            (json!({"unit": "CHUC"}), "/unit", "ambiguous_unit"),
            (json!({"unit": "bô"}), "/unit", "unknown_unit"),
            (json!({"text": null}), "/text", "text_or_group_needed"),
            (json!({"text": " "}), "/text", "empty"),
            (json!({"text": "%%% 😀"}), "/text", "no_words"),
            // A vowel sign of Thai is a letter to Unicode, and no word by itself.
            (json!({"text": "\u{e31}"}), "/text", "no_words"),
            (json!({"starts_on": "2027-01-31", "ends_on": "2032-01-01", "months": null}), "/ends_on", "out_of_range"),
            (json!({"starts_on": "2047-01-31", "ends_on": "2047-02-01"}), "/ends_on", "out_of_range"),
            (json!({"title": ""}), "/title", "empty"),
            (json!({"group": "IX"}), "/group", "unknown_group"),
            (json!({"delivery_province": "Atlantis"}), "/delivery_province", "unknown_province"),
            (json!({"answer_by": "2027-04-01"}), "/answer_by", "wrong_order"),
            (json!({"least_stars": 2}), "/least_stars", "out_of_range"),
            (json!({"suppliers_at_most": 0}), "/suppliers_at_most", "out_of_range"),
            (json!({"minimum_remaining_shelf_life_days": 0}), "/minimum_remaining_shelf_life_days", "out_of_range"),
            (json!({"required_certificates": ["HACCP", "NONE"]}), "/required_certificates/1", "unknown_certificate_kind"),
            (json!({"required_certificates": ["HACCP", "haccp"]}), "/required_certificates/1", "repeated"),
            (json!({"required_certificates": ["HACCP"], "preferred_certificates": ["HACCP"]}), "/preferred_certificates/0", "repeated"),
            (ceiling(json!({"amount": "0"})), "/price_ceiling/amount", "not_positive"),
            (ceiling(json!({"per_unit": "L"})), "/price_ceiling/per_unit", "unit_mismatch"),
            (ceiling(json!({"per_unit": "THUNG"})), "/price_ceiling/per_unit", "pack_needed"),
        ] {
            assert_eq!(checked(change.clone()).unwrap_err(), [(pointer.to_owned(), code)], "{change}");
        }
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let found = checked(json!({"ends_on": "2026-01-01", "months": [5], "quantity": "0", "delivery_province": "x"})).unwrap_err();
        let mut pointers: Vec<String> = found.into_iter().map(|(pointer, _)| pointer).collect();
        pointers.sort();
        assert_eq!(pointers, ["/delivery_province", "/ends_on", "/quantity"]);
    }

    #[test]
    fn a_demand_takes_answers_until_its_days_say() {
        let ends = (Months::ALL, day("2027-03-31"));
        assert_eq!(status(None, None, ends, day("2020-01-01")), DemandStatus::Open);
        assert_eq!(status(None, None, ends, ends.1), DemandStatus::Open);
        assert_eq!(status(None, None, ends, day("2027-04-01")), DemandStatus::Ended);
        assert_eq!(status(None, Some(day("2026-12-15")), ends, day("2026-12-15")), DemandStatus::Open);
        assert_eq!(status(None, Some(day("2026-12-15")), ends, day("2026-12-16")), DemandStatus::Ended);
        assert_eq!(status(Some(day("2026-12-01")), None, ends, day("2026-11-30")), DemandStatus::Open);
        assert_eq!(status(Some(day("2026-12-01")), None, ends, day("2027-12-01")), DemandStatus::Closed);
    }

    #[test]
    fn a_demand_of_which_no_month_is_left_takes_no_answers() {
        let months = |list: &[i32]| Months::from_list(list).unwrap();
        let in_spring = (months(&[1, 2]), day("2027-06-30"));
        assert_eq!(status(None, None, in_spring, day("2026-03-01")), DemandStatus::Open, "before the period");
        assert_eq!(status(None, None, in_spring, day("2027-02-28")), DemandStatus::Open);
        assert_eq!(status(None, None, in_spring, day("2027-03-01")), DemandStatus::Ended);
        // From mid November to the 10th of the next one: ten days are left of its only month.
        let in_november = (months(&[11]), day("2027-11-10"));
        assert_eq!(status(None, None, in_november, day("2026-12-01")), DemandStatus::Open);
        assert_eq!(status(None, None, in_november, day("2027-11-10")), DemandStatus::Open);
        assert_eq!(status(None, None, in_november, day("2027-11-11")), DemandStatus::Ended);
        // Of several years.
        assert_eq!(status(None, None, (months(&[1]), day("2029-12-31")), day("2027-02-01")), DemandStatus::Open);
        assert_eq!(status(None, None, (months(&[1]), day("2029-12-31")), day("2029-02-01")), DemandStatus::Ended);
        // A day from which on no month can be counted twelve times.
        assert_eq!(status(None, None, (months(&[12]), NaiveDate::MAX), NaiveDate::MAX), DemandStatus::Open);
    }
}
