//! What an offer may be, and how it stands on a day: pure decisions, no database, no clock.

use super::model::{NewOffer, NewPrice, OfferStatus, Price};
use crate::check;
use crate::decimal::{Decimal, Quantity};
use crate::error::{Faults, text};
use crate::measure::{self, Base, Worth};
use crate::months::{self, Months};
use crate::mous::Season;
use crate::price::{Visibility, check_amount};
use crate::products::is_package;
use crate::reference::texts::Taken;
use crate::reference::{ProvinceId, UnitId, reference};
use crate::text::in_vietnamese;
use chrono::NaiveDate;

/// Longest lead time: what takes over a year is no offer of this year's goods.
const LONGEST_LEAD_DAYS: i32 = 365;
/// Longest shelf life: ten years, as for dried goods and spirits.
const LONGEST_SHELF_LIFE_DAYS: i32 = 3_650;
/// All units of all times are about a hundred.
const MOST_PROVINCES: usize = 100;

/// What the checks found, where it is good.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Unit of the quantity.
    pub unit: UnitId,
    /// The quantity in its base unit.
    pub base: Base,
    /// Months in which it supplies.
    pub months: Months,
    /// Unit of the minimum order, and the order in the unit of the base.
    pub minimum_order: Option<(UnitId, Quantity)>,
    /// The price.
    pub price: Option<Price>,
    /// Where it delivers to.
    pub delivers_to: Option<Vec<ProvinceId>>,
}

/// Checks everything about `new`; `worth` is what its product says of its pack, none when there is no such product.
pub fn check(new: &NewOffer, worth: Option<Worth<'_>>, today: NaiveDate, faults: &mut Faults) -> Option<Checked> {
    check::day(faults, "/available_from", Some(new.available_from));
    check::day(faults, "/available_until", new.available_until);
    check::order(
        faults,
        "/available_until",
        Some(new.available_from),
        new.available_until,
        "An offer ends on or after its first day",
        "Chào bán kết thúc vào hoặc sau ngày bắt đầu",
    );
    days(faults, "/lead_time_days", new.lead_time_days, 0, LONGEST_LEAD_DAYS);
    days(faults, "/remaining_shelf_life_days", new.remaining_shelf_life_days, 1, LONGEST_SHELF_LIFE_DAYS);
    let months = read_months(new, faults);
    let delivers_to = read_provinces(new, today, faults);
    let unit = check::unit(faults, "/unit", &new.unit, Taken::Any);
    // What is wrong with a price shows even when the product or the quantity is wrong.
    let price = new.price.as_ref().map(|price| (price, read_price(price, today, faults)));
    if worth.is_none() {
        check::unknown_reference(faults, "/product_id", "product", "sản phẩm");
    }
    let worth = worth?;
    let unit = unit?;
    let base = measure::read(faults, ("/quantity", "/unit"), new.quantity, unit, worth);
    let minimum_order = read_minimum_order(new, unit, base, worth, faults);
    let price = price.map(|(new, read)| priced(new, read?, base?, worth, faults));
    Some(Checked {
        unit,
        base: base?,
        months: months?,
        minimum_order,
        price: match price {
            None => None,
            Some(price) => Some(price?),
        },
        delivers_to: match &new.delivers_to {
            None => None,
            Some(_) => Some(delivers_to?),
        },
    })
}

/// What is not made any more was on offer, and is not from `today` on.
pub fn must_be_over(until: Option<NaiveDate>, today: NaiveDate, faults: &mut Faults) {
    if until.is_none_or(|day| day >= today) {
        faults.add(
            "/product_id",
            "product_discontinued",
            text(
                "The product is not made any more: make it active again before it is offered. An offer that is over already (available_until before today) may be registered.",
                "Sản phẩm không còn được sản xuất: hãy chuyển sản phẩm về trạng thái đang sản xuất trước khi chào bán. Chào bán đã kết thúc (available_until trước hôm nay) vẫn được ghi nhận.",
            ),
        );
    }
}

/// Whether its quantity, least order or price is worth what the product says of its pack.
pub fn counts_in_packs(new: &NewOffer) -> bool {
    let units = [Some(&new.unit), new.minimum_order_unit.as_ref(), new.price.as_ref().map(|price| &price.per_unit)];
    units.into_iter().flatten().any(|unit| reference().units.resolve(unit).is_ok_and(is_package))
}

/// A number of days in its bounds, where it is given.
fn days(faults: &mut Faults, pointer: &str, value: Option<i32>, least: i32, most: i32) {
    if value.is_some_and(|days| !(least..=most).contains(&days)) {
        faults.add(pointer, "out_of_range", text(format!("{least} to {most} days."), format!("Từ {least} đến {most} ngày.")));
    }
}

fn read_months(new: &NewOffer, faults: &mut Faults) -> Option<Months> {
    let list = new.months.as_ref().map(|list| months::read(faults, "/months", list));
    let months = list.unwrap_or(Some(Months::ALL))?;
    if let Some(until) = new.available_until
        && Months::of_period(new.available_from, until).is_some_and(|period| months.and(period).is_none())
    {
        faults.add(
            "/months",
            "outside_period",
            text(
                format!("None of these months lies between {} and {until}.", new.available_from),
                format!("Không tháng nào nằm trong khoảng từ {} đến {}.", in_vietnamese(new.available_from), in_vietnamese(until)),
            ),
        );
    }
    Some(months)
}

fn read_provinces(new: &NewOffer, today: NaiveDate, faults: &mut Faults) -> Option<Vec<ProvinceId>> {
    let names = new.delivers_to.as_ref()?;
    if names.is_empty() || names.len() > MOST_PROVINCES {
        faults.add(
            "/delivers_to",
            "out_of_range",
            text(
                format!("1 to {MOST_PROVINCES} provinces; leave the member out when it delivers everywhere."),
                format!("Từ 1 đến {MOST_PROVINCES} tỉnh; hãy bỏ trường này nếu giao toàn quốc."),
            ),
        );
        return None;
    }
    let mut units: Vec<ProvinceId> = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let pointer = format!("/delivers_to/{index}");
        let Some(unit) = check::province(faults, &pointer, name, today) else { continue };
        if units.contains(&unit) {
            faults.add(&pointer, "repeated", text("This province stands here twice.", "Tỉnh này xuất hiện hai lần."));
        } else {
            units.push(unit);
        }
    }
    Some(units)
}

fn read_minimum_order(
    new: &NewOffer,
    unit: UnitId,
    base: Option<Base>,
    worth: Worth<'_>,
    faults: &mut Faults,
) -> Option<(UnitId, Quantity)> {
    let Some(quantity) = new.minimum_order else {
        if new.minimum_order_unit.is_some() {
            faults.add(
                "/minimum_order",
                "incomplete",
                text("Give minimum_order with its unit, or leave both out.", "Hãy ghi minimum_order cùng đơn vị, hoặc bỏ cả hai."),
            );
        }
        return None;
    };
    let own = match &new.minimum_order_unit {
        None => unit,
        Some(input) => check::unit(faults, "/minimum_order_unit", input, Taken::Any)?,
    };
    let unit_at = if new.minimum_order_unit.is_some() { "/minimum_order_unit" } else { "/unit" };
    // The same unit has been judged with the quantity: it is not named twice.
    if own == unit && base.is_none() {
        return None;
    }
    let least = measure::read(faults, ("/minimum_order", unit_at), quantity, own, worth)?;
    measure::same_dimension(faults, unit_at, least, base?.unit).then_some((own, least.quantity))
}

/// What a price says by itself: currency and unit.
fn read_price(new: &NewPrice, today: NaiveDate, faults: &mut Faults) -> Option<(String, UnitId)> {
    check::day(faults, "/price/as_of", Some(new.as_of));
    if new.as_of > today {
        faults.add(
            "/price/as_of",
            "in_future",
            text(
                format!("The day on which the price was true: {today} or before."),
                format!("Ngày giá còn đúng: {} hoặc trước đó.", in_vietnamese(today)),
            ),
        );
    }
    let currency = check_amount(faults, "/price", new.amount, &new.currency);
    let unit = check::unit(faults, "/price/per_unit", &new.per_unit, Taken::Any);
    Some((currency?, unit?))
}

/// The price against the dimension of the quantity.
fn priced(new: &NewPrice, (currency, per_unit): (String, UnitId), base: Base, worth: Worth<'_>, faults: &mut Faults) -> Option<Price> {
    let NewPrice { amount, currency: _, per_unit: _, basis, vat_included, as_of, visibility } = new.clone();
    let one = measure::read(faults, ("/price/per_unit", "/price/per_unit"), Decimal(1_000), per_unit, worth)?;
    measure::same_dimension(faults, "/price/per_unit", one, base.unit).then(|| Price {
        amount,
        currency,
        per_unit,
        per_unit_base: one.quantity,
        basis,
        vat_included,
        as_of,
        visibility: visibility.unwrap_or(Visibility::Keys),
    })
}

/// The months as a body gives them: all twelve are what is meant when none is named.
pub fn months_as_given(months: Months) -> Option<Vec<i32>> {
    (months != Months::ALL).then(|| months.list())
}

/// How an offer of that `season` stands on `as_of`: it can supply as long as a day of its months is left. (Where it begins
/// later, that is so: a month lies between its days.)
pub fn status(closed_on: Option<NaiveDate>, season: Season, as_of: NaiveDate) -> OfferStatus {
    let Season { months, from, until } = season;
    if closed_on.is_some_and(|day| day <= as_of) {
        OfferStatus::Closed
    } else if as_of < from {
        OfferStatus::NotYet
    } else if !months.are_left(as_of, until) {
        OfferStatus::Ended
    } else {
        OfferStatus::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Pack;
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

    fn offer(change: Value) -> NewOffer {
        let body = json!({"product_id": "prd_1", "quantity": "5", "unit": "TAN", "available_from": "2027-01-01"});
        serde_json::from_value(merged(body, change)).unwrap()
    }

    fn carton() -> Pack {
        Pack { unit: "THUNG".parse().unwrap(), content: "12".parse().unwrap(), content_unit: "KG".parse().unwrap() }
    }

    fn checked(change: Value) -> Result<Checked, Vec<(String, &'static str)>> {
        let mut faults = Faults::new();
        let checked = check(&offer(change), Some(Worth::OfProduct(Some(&carton()))), day("2026-11-23"), &mut faults);
        match faults.into_result() {
            Ok(()) => Ok(checked.expect("what has no fault is checked")),
            Err(problem) => Err(problem.errors().iter().map(|fault| (fault.pointer.clone(), fault.code)).collect()),
        }
    }

    fn price(change: Value) -> Value {
        let price = json!({"amount": "25000", "currency": "VND", "per_unit": "KG", "basis": "farm_gate", "vat_included": false, "as_of": "2026-11-20"});
        json!({"price": merged(price, change)})
    }

    #[test]
    fn an_offer_counts_in_the_base_unit_of_its_dimension() {
        let found = checked(json!({"quantity": "10", "unit": "thùng", "minimum_order": "60", "minimum_order_unit": "kg"})).unwrap();
        assert_eq!((found.base.quantity.to_string(), found.base.unit.as_str()), ("120".into(), "KG"));
        assert_eq!(found.minimum_order.map(|(unit, least)| (unit.as_str(), least.to_string())), Some(("KG", "60".into())));
        assert_eq!(found.months, Months::ALL);
        assert!(found.price.is_none() && found.delivers_to.is_none());
        let least = checked(json!({"quantity": "10", "unit": "THUNG", "minimum_order": "2"})).unwrap().minimum_order;
        assert_eq!(least.map(|(unit, least)| (unit.as_str(), least.to_string())), Some(("THUNG", "24".into())));
    }

    #[test]
    fn a_price_is_for_keys_unless_it_says_otherwise_and_knows_its_unit() {
        let found = checked(price(json!({"per_unit": "THUNG"}))).unwrap().price.unwrap();
        assert_eq!((found.visibility, found.per_unit_base.to_string()), (Visibility::Keys, "12".into()));
        let found = checked(price(json!({"per_unit": "G", "visibility": "hidden", "currency": "vnd"}))).unwrap().price.unwrap();
        assert_eq!(
            (found.visibility, found.per_unit_base.to_string(), found.currency.as_str()),
            (Visibility::Hidden, "0.001".into(), "VND")
        );
    }

    #[test]
    fn each_fault_has_its_pointer_and_word() {
        for (change, pointer, code) in [
            (json!({"quantity": "0"}), "/quantity", "not_positive"),
            (json!({"unit": "HOP"}), "/unit", "pack_needed"),
            (json!({"unit": "CHUC"}), "/unit", "ambiguous_unit"),
            (json!({"unit": "furlong"}), "/unit", "unknown_unit"),
            (json!({"quantity": "999999999999"}), "/quantity", "too_large"),
            (json!({"quantity": "0.5", "unit": "G"}), "/quantity", "too_fine"),
            (json!({"months": []}), "/months", "empty"),
            (json!({"months": [1, 13]}), "/months/1", "out_of_range"),
            (json!({"months": [7, 8], "available_until": "2027-03-31"}), "/months", "outside_period"),
            (json!({"available_until": "2026-12-31"}), "/available_until", "wrong_order"),
            (json!({"available_from": "1812-01-01"}), "/available_from", "out_of_range"),
            (json!({"minimum_order_unit": "KG"}), "/minimum_order", "incomplete"),
            (json!({"minimum_order": "0"}), "/minimum_order", "not_positive"),
            (json!({"minimum_order": "1", "minimum_order_unit": "L"}), "/minimum_order_unit", "unit_mismatch"),
            (json!({"minimum_order": "1", "minimum_order_unit": "HOP"}), "/minimum_order_unit", "pack_needed"),
            (json!({"lead_time_days": -1}), "/lead_time_days", "out_of_range"),
            (json!({"remaining_shelf_life_days": 0}), "/remaining_shelf_life_days", "out_of_range"),
            (json!({"delivers_to": []}), "/delivers_to", "out_of_range"),
            (json!({"delivers_to": ["Hà Nội", "Atlantis"]}), "/delivers_to/1", "unknown_province"),
            (json!({"delivers_to": ["Hà Nội", "01"]}), "/delivers_to/1", "repeated"),
            (price(json!({"amount": "0"})), "/price/amount", "not_positive"),
            (price(json!({"amount": "0.5"})), "/price/amount", "too_fine"),
            (price(json!({"currency": "XAU"})), "/price/currency", "unknown_currency"),
            (price(json!({"per_unit": "L"})), "/price/per_unit", "unit_mismatch"),
            (price(json!({"per_unit": "HOP"})), "/price/per_unit", "pack_needed"),
            (price(json!({"as_of": "2026-11-24"})), "/price/as_of", "in_future"),
        ] {
            assert_eq!(checked(change.clone()).unwrap_err(), [(pointer.to_owned(), code)], "{change}");
        }
    }

    #[test]
    fn all_faults_are_named_at_once_even_without_a_product() {
        let new = offer(json!({"unit": "x", "months": [0], "price": price(json!({"amount": "0"}))["price"]}));
        let mut faults = Faults::new();
        assert!(check(&new, None, day("2026-11-23"), &mut faults).is_none());
        let problem = faults.into_result().unwrap_err();
        let mut found: Vec<&str> = problem.errors().iter().map(|fault| fault.pointer.as_str()).collect();
        found.sort_unstable();
        assert_eq!(found, ["/months/0", "/price/amount", "/product_id", "/unit"]);
    }

    #[test]
    fn an_offer_stands_as_its_days_say() {
        let all_year: Vec<i32> = (1..=12).collect();
        let spring_and_summer = season(&all_year, "2027-03-01", Some("2027-08-31"));
        let at = |closed: Option<&str>, as_of: &str| status(closed.map(day), spring_and_summer, day(as_of));
        assert_eq!(at(None, "2027-02-28"), OfferStatus::NotYet);
        assert_eq!(at(None, "2027-03-01"), OfferStatus::Open);
        assert_eq!(at(None, "2027-08-31"), OfferStatus::Open);
        assert_eq!(at(None, "2027-09-01"), OfferStatus::Ended);
        assert_eq!(at(Some("2027-05-01"), "2027-04-30"), OfferStatus::Open);
        assert_eq!(at(Some("2027-05-01"), "2027-05-01"), OfferStatus::Closed);
        assert_eq!(at(Some("2027-02-01"), "2027-02-15"), OfferStatus::Closed);
        assert_eq!(status(None, season(&[6], "2020-01-01", None), day("2199-01-01")), OfferStatus::Open);
    }

    #[test]
    fn an_offer_of_which_no_month_is_left_has_ended() {
        let at = |months: &[i32], as_of: &str| status(None, season(months, "2026-11-15", Some("2027-08-31")), day(as_of));
        assert_eq!(at(&[3, 4], "2026-11-14"), OfferStatus::NotYet);
        assert_eq!(at(&[3, 4], "2026-11-15"), OfferStatus::Open);
        assert_eq!(at(&[3, 4], "2027-04-30"), OfferStatus::Open);
        assert_eq!(at(&[3, 4], "2027-05-01"), OfferStatus::Ended);
        assert_eq!(at(&[3, 8, 11], "2027-08-31"), OfferStatus::Open);
    }

    fn season(months: &[i32], from: &str, until: Option<&str>) -> Season {
        Season { months: Months::from_list(months).unwrap(), from: day(from), until: until.map(day) }
    }
}
