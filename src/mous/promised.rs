//! What signed `MoUs` promise, month by month: of the offers of a product, and to a demand.

use super::model::{MouStatus, Period};
use crate::db::Db;
use crate::db::schema::{mou_commitments, mous, products};
use crate::decimal::{Decimal, Quantity};
use crate::error::Result;
use crate::measure::{self, Base, Pack};
use crate::months::{Months, ordinal};
use crate::reference::UnitId;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// What is promised in one calendar month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PromisedMonth {
    /// The month.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}$", example = "2027-03")]
    pub month: String,
    /// How much.
    pub quantity: Quantity,
    /// What it is counted in: the unit of `quantity_base`.
    pub unit: UnitId,
}

/// A commitment as an `MoU` has it.
#[derive(Debug, Clone)]
pub struct Written {
    quantity: Quantity,
    unit: UnitId,
    period: Period,
    starts_on: NaiveDate,
    ends_on: Option<NaiveDate>,
    effect: (Option<NaiveDate>, Option<NaiveDate>),
    /// Of its product, where it names one.
    pack: Option<Pack>,
}

/// What promises are asked about.
#[derive(Debug, Clone, Copy)]
pub enum PromisedOf<'a> {
    /// Products, by their ids.
    Products(&'a [&'a str]),
    /// Demands, by theirs.
    Demands(&'a [&'a str]),
}

/// What `MoUs` that are signed and not ended on `as_of` commit of products, and with them those that were fulfilled to demands, by
/// the id of these.
///
/// Where a commitment states no days, those of its `MoU` hold.
///
/// # Errors
/// What the database says.
pub fn signed_commitments(db: &mut Db, of: PromisedOf<'_>, as_of: NaiveDate) -> Result<HashMap<String, Vec<Written>>> {
    type Days = (Option<NaiveDate>, Option<NaiveDate>);
    type PackColumns = (Option<UnitId>, Option<Quantity>, Option<UnitId>);
    type Row = (Option<String>, Option<String>, Option<Quantity>, Option<UnitId>, Option<Period>, Days, Days, PackColumns);
    let (PromisedOf::Products(ids) | PromisedOf::Demands(ids)) = of;
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let signed = mou_commitments::table.inner_join(mous::table).left_join(products::table).filter(mous::signed_on.le(as_of)).select((
        mou_commitments::product_id,
        mou_commitments::demand_id,
        mou_commitments::quantity_milli,
        mou_commitments::unit,
        mou_commitments::period,
        (mou_commitments::starts_on, mou_commitments::ends_on),
        (mous::effective_from, mous::effective_until),
        (products::pack_unit.nullable(), products::pack_content_milli.nullable(), products::pack_content_unit.nullable()),
    ));
    let rows: Vec<Row> = match of {
        PromisedOf::Products(_) => {
            let going_on = signed.filter(mous::ended_on.is_null().or(mous::ended_on.gt(as_of)));
            going_on.filter(mou_commitments::product_id.eq_any(ids.iter().copied())).load(db)?
        }
        // What was fulfilled before its time is not needed again either.
        PromisedOf::Demands(_) => {
            let kept = mous::ended_on.is_null().or(mous::ended_on.gt(as_of)).or(mous::status.eq(MouStatus::Completed));
            signed.filter(kept).filter(mou_commitments::demand_id.eq_any(ids.iter().copied())).load(db)?
        }
    };
    let mut found: HashMap<String, Vec<Written>> = HashMap::new();
    for (product_id, demand_id, quantity, unit, period, (starts_on, ends_on), (from, until), pack) in rows {
        let id = if matches!(of, PromisedOf::Products(_)) { product_id } else { demand_id };
        let (Some(id), Some(quantity), Some(unit), Some(starts_on)) = (id, quantity, unit, starts_on.or(from)) else { continue };
        let pack = match pack {
            (Some(unit), Some(content), Some(content_unit)) => Some(Pack { unit, content, content_unit }),
            _ => None,
        };
        let period = period.unwrap_or(Period::Total);
        found.entry(id).or_default().push(Written {
            quantity,
            unit,
            period,
            starts_on,
            ends_on: ends_on.or(until),
            effect: (from, until),
            pack,
        });
    }
    Ok(found)
}

/// What is promised, as it is shown: of an offer or to a demand of this season, which counts in `unit`.
pub fn promised_months(written: &[Written], season: Season, unit: UnitId, as_of: NaiveDate) -> Vec<PromisedMonth> {
    let commitments: Vec<Commitment> = written
        .iter()
        .filter_map(|commitment| {
            let quantity = measure::to_base_up(commitment.quantity, commitment.unit, commitment.pack.as_ref()).ok()?;
            let Written { quantity: _, unit: _, period, starts_on, ends_on, effect, pack: _ } = *commitment;
            Some(Commitment { quantity, period, starts_on, ends_on, effect })
        })
        .collect();
    let of_month = |(month, quantity): (i32, _)| {
        let month = format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1);
        PromisedMonth { month, quantity, unit }
    };
    promised(&commitments, season, unit, as_of).into_iter().map(of_month).collect()
}

/// What a signed `MoU` promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commitment {
    /// How much.
    pub quantity: Base,
    /// In each of what.
    pub period: Period,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day; none when it goes on.
    pub ends_on: Option<NaiveDate>,
    /// First and last day on which the `MoU` is in effect, as far as it says: in months beyond these it promises nothing.
    pub effect: (Option<NaiveDate>, Option<NaiveDate>),
}

/// A promise in all without an end is spread over so many months: what nobody ended is looked at again after a year.
const OPEN_MONTHS: i32 = 12;

impl Commitment {
    /// What it promises in the calendar month `month` (see [`ordinal`]): its quantity spread evenly over its period,
    /// rounded up, so that nothing promised is offered again.
    fn in_month(&self, month: i32) -> i64 {
        let first = ordinal(self.starts_on);
        let last = match (self.ends_on, self.period) {
            (Some(day), _) => ordinal(day),
            (None, Period::Total) => first + OPEN_MONTHS - 1,
            (None, _) => i32::MAX,
        };
        let (begins, ends) = self.effect;
        let is_in_effect = begins.is_none_or(|day| ordinal(day) <= month) && ends.is_none_or(|day| month <= ordinal(day));
        if month < first || month > last || !is_in_effect {
            return 0;
        }
        let months = match self.period {
            Period::Month => 1,
            Period::Quarter => 3,
            Period::Year => 12,
            Period::Total => i64::from(last - first) + 1,
        };
        (self.quantity.quantity.0 + months - 1) / months
    }
}

/// When an offer supplies, or a demand needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Season {
    /// Months of the year.
    pub months: Months,
    /// First day.
    pub from: NaiveDate,
    /// Last day; none when it goes on.
    pub until: Option<NaiveDate>,
}

impl Season {
    /// Whether the calendar month `month` (see [`ordinal`]) is in it.
    fn has(&self, month: i32) -> bool {
        let in_window = ordinal(self.from) <= month && self.until.is_none_or(|day| month <= ordinal(day));
        in_window && u32::try_from(month.rem_euclid(12) + 1).is_ok_and(|month| self.months.contains(month))
    }
}

/// What `commitments` promise of an offer, or to a demand, that counts in `unit`: (calendar month, quantity) for each of the twelve
/// calendar months from that of `as_of` in which something is promised and which are of its season.
///
/// A commitment in another base unit can't be compared and is left out.
///
/// Source: settled question 12; tested against its example.
pub fn promised(commitments: &[Commitment], season: Season, unit: UnitId, as_of: NaiveDate) -> Vec<(i32, Quantity)> {
    let first = ordinal(as_of);
    (first..first + 12)
        .filter(|month| season.has(*month))
        .map(|month| {
            let comparable = commitments.iter().filter(|commitment| commitment.quantity.unit == unit);
            (month, comparable.fold(0_i64, |sum, commitment| sum.saturating_add(commitment.in_month(month))))
        })
        .filter(|(_, parts)| *parts > 0)
        .map(|(month, parts)| (month, Decimal(parts)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn commitment(quantity: &str, period: Period, starts_on: &str, ends_on: Option<&str>) -> Commitment {
        let quantity = Base { quantity: quantity.parse().unwrap(), unit: "KG".parse().unwrap() };
        Commitment { quantity, period, starts_on: day(starts_on), ends_on: ends_on.map(day), effect: (None, None) }
    }

    fn season(months: &[i32], from: &str, until: Option<&str>) -> Season {
        Season { months: Months::from_list(months).unwrap(), from: day(from), until: until.map(day) }
    }

    fn shown(promised: &[(i32, Quantity)]) -> Vec<(i32, i32, String)> {
        promised.iter().map(|(month, quantity)| (month / 12, month % 12 + 1, quantity.to_string())).collect()
    }

    // Settled question 12: 12 t from January to June, offer in season March to August: 2 t a month, March to June count.
    #[test]
    fn a_promise_is_spread_over_its_period_and_counts_where_the_offer_serves() {
        let march_to_august = season(&[3, 4, 5, 6, 7, 8], "2026-01-01", None);
        let twelve = commitment("12000", Period::Total, "2027-01-01", Some("2027-06-30"));
        let found = promised(&[twelve], march_to_august, "KG".parse().unwrap(), day("2026-11-23"));
        let two = || "2000".to_owned();
        assert_eq!(shown(&found), [(2027, 3, two()), (2027, 4, two()), (2027, 5, two()), (2027, 6, two())]);
    }

    // The same of an MoU that is in effect from February to the middle of April: the rest of the 12 t is promised by nobody.
    #[test]
    fn a_promise_is_none_in_months_in_which_its_memorandum_is_not_in_effect() {
        let all_year = season(&[1, 2, 3, 4, 5, 6], "2026-01-01", None);
        let effect = (Some(day("2027-02-01")), Some(day("2027-04-15")));
        let twelve = Commitment { effect, ..commitment("12000", Period::Total, "2027-01-01", Some("2027-06-30")) };
        let found = promised(&[twelve], all_year, "KG".parse().unwrap(), day("2026-11-23"));
        let two = || "2000".to_owned();
        assert_eq!(shown(&found), [(2027, 2, two()), (2027, 3, two()), (2027, 4, two())]);
    }

    #[test]
    fn promises_add_up_by_their_periods() {
        let all_year = season(&[1, 2, 3], "2027-02-01", Some("2027-03-15"));
        let promises = [
            commitment("100", Period::Month, "2027-01-15", None),
            commitment("300", Period::Quarter, "2027-03-01", Some("2027-12-31")),
            commitment("1200", Period::Year, "2020-01-01", None),
            commitment("12", Period::Total, "2026-03-01", None),
        ];
        let found = promised(&promises, all_year, "KG".parse().unwrap(), day("2026-12-01"));
        assert_eq!(shown(&found), [(2027, 2, "201".into()), (2027, 3, "300".into())]);
    }

    #[test]
    fn what_counts_in_another_unit_or_has_ended_counts_nothing() {
        let all_year = season(&[1, 6, 12], "2020-01-01", None);
        let past = commitment("5", Period::Month, "2020-01-01", Some("2025-12-31"));
        let litres = Commitment {
            quantity: Base { quantity: "5".parse().unwrap(), unit: "L".parse().unwrap() },
            ..commitment("5", Period::Month, "2020-01-01", None)
        };
        assert_eq!(promised(&[past, litres], all_year, "KG".parse().unwrap(), day("2026-11-23")), []);
    }

    proptest! {
        // What is promised in all is never offered again, and rounding adds less than a thousandth a month.
        #[test]
        fn the_months_of_a_total_hold_at_least_all_of_it(parts in 1_i64..1_000_000_000, months in 1_i32..=12) {
            let ends_on = day("2027-01-01") + chrono::Months::new(u32::try_from(months - 1).unwrap());
            let total = Commitment {
                quantity: Base { quantity: Decimal(parts), unit: "KG".parse().unwrap() },
                period: Period::Total,
                starts_on: day("2027-01-01"),
                ends_on: Some(ends_on),
                effect: (None, None),
            };
            let season = Season { months: Months::ALL, from: day("2020-01-01"), until: None };
            let found = promised(&[total], season, "KG".parse().unwrap(), day("2027-01-01"));
            let sum: i64 = found.iter().map(|(_, quantity)| quantity.0).sum();
            prop_assert!(sum >= parts && sum < parts + i64::from(months));
        }

        #[test]
        fn the_order_of_promises_does_not_matter(quantities in proptest::collection::vec(1_i64..1_000_000, 0..6)) {
            let promises: Vec<Commitment> = quantities.iter().map(|parts| Commitment {
                quantity: Base { quantity: Decimal(*parts), unit: "KG".parse().unwrap() },
                ..commitment("1", Period::Quarter, "2027-01-01", None)
            }).collect();
            let season = Season { months: Months::ALL, from: day("2020-01-01"), until: None };
            let reversed: Vec<Commitment> = promises.iter().rev().copied().collect();
            let unit = "KG".parse().unwrap();
            prop_assert_eq!(promised(&promises, season, unit, day("2027-01-01")), promised(&reversed, season, unit, day("2027-01-01")));
        }
    }
}
