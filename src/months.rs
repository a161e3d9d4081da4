//! Months of the year: one bit each in a column, a sorted list from 1 to 12 on the wire.

use crate::error::{Faults, text};
use chrono::{Datelike, Months as CalendarMonths, NaiveDate};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Integer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The words of a query parameter that names a month.
pub const WORDS: &[&str] = &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];

/// A set of months of the year, never empty. January is the lowest bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub struct Months(i32);

impl Months {
    /// All twelve.
    pub const ALL: Self = Self(0xFFF);

    /// The months that `list` names; none when it is empty or names one that does not exist.
    pub fn from_list(list: &[i32]) -> Option<Self> {
        list.iter().try_fold(0, |bits, month| Some(bits | bit(u32::try_from(*month).ok()?)?)).and_then(Self::from_bits)
    }

    /// The months of which at least one day lies between `from` and `until`, both included.
    pub fn of_period(from: NaiveDate, until: NaiveDate) -> Option<Self> {
        let first = ordinal(from);
        let last = ordinal(until).min(first + 11);
        let bits = (first..=last).fold(0, |bits, month| bits | 1 << month.rem_euclid(12));
        Self::from_bits(bits).filter(|_| from <= until)
    }

    /// How many calendar months have a day between `from` and `until`, both included.
    pub fn touched(from: NaiveDate, until: NaiveDate) -> i32 {
        if from <= until { ordinal(until) - ordinal(from) + 1 } else { 0 }
    }

    fn from_bits(bits: i32) -> Option<Self> {
        (1..=Self::ALL.0).contains(&bits).then_some(Self(bits))
    }

    /// Whether a day of one of them is left from `as_of` on, before `until` is over.
    pub fn are_left(self, as_of: NaiveDate, until: Option<NaiveDate>) -> bool {
        until.is_none_or(|until| Self::of_period(as_of, until).and_then(|left| left.and(self)).is_some())
    }

    /// One bit for each month.
    pub fn bits(self) -> i32 {
        self.0
    }

    /// Whether `month` (1 to 12) is one of them.
    pub fn contains(self, month: u32) -> bool {
        bit(month).is_some_and(|bit| self.0 & bit != 0)
    }

    /// Those that are in `other` as well, when there are any.
    pub fn and(self, other: Self) -> Option<Self> {
        Self::from_bits(self.0 & other.0)
    }

    /// 1 to 12, rising.
    pub fn list(self) -> Vec<i32> {
        (1..=12_i32).filter(|month| u32::try_from(*month).is_ok_and(|month| self.contains(month))).collect()
    }
}

/// A calendar month as a whole number: months since the year 0.
pub fn ordinal(day: NaiveDate) -> i32 {
    day.year() * 12 + day.month0().cast_signed()
}

fn bit(month: u32) -> Option<i32> {
    (1..=12).contains(&month).then(|| 1 << (month - 1))
}

/// [`Months::are_left`] as an SQL condition on the columns `months` and `until`; unknown where `until` is null.
pub fn are_left_sql(months: &str, until: &str, as_of: NaiveDate) -> String {
    let left: Vec<String> = to_come(as_of).map(|(month, from)| format!("({months} & {month}) <> 0 AND {until} >= '{from}'")).collect();
    format!("({})", left.join(" OR "))
}

/// From `as_of` on twelve months, one bit each, with the first day of each that is still to come.
fn to_come(as_of: NaiveDate) -> impl Iterator<Item = (i32, NaiveDate)> {
    let firsts = (1..12).filter_map(move |later| as_of.with_day(1)?.checked_add_months(CalendarMonths::new(later)));
    std::iter::once(as_of).chain(firsts).map(|day| (1 << day.month0(), day))
}

/// Reads a list of months; notes each that does not exist, and a list without any.
pub fn read(faults: &mut Faults, pointer: &str, list: &[i32]) -> Option<Months> {
    for (index, _) in list.iter().enumerate().filter(|(_, month)| !(1..=12).contains(*month)) {
        faults.add(&format!("{pointer}/{index}"), "out_of_range", text("A month from 1 to 12.", "Một tháng từ 1 đến 12."));
    }
    if list.is_empty() {
        faults.add(
            pointer,
            "empty",
            text("Name at least one month, or leave the member out.", "Hãy ghi ít nhất một tháng, hoặc bỏ trường này."),
        );
    }
    Months::from_list(list)
}

impl Serialize for Months {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Months {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = Vec::<i32>::deserialize(deserializer)?;
        Self::from_list(&list).ok_or_else(|| de::Error::custom("a list of months from 1 to 12 is expected"))
    }
}

impl PartialSchema for Months {
    fn schema() -> RefOr<Schema> {
        let month = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::Integer))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .minimum(Some(1))
            .maximum(Some(12));
        ArrayBuilder::new()
            .items(month)
            .min_items(Some(1))
            .max_items(Some(12))
            .description(Some("Months of the year, 1 to 12, rising"))
            .examples([serde_json::json!([1, 2, 3])])
            .into()
    }
}

impl ToSchema for Months {}

impl<DB> ToSql<Integer, DB> for Months
where
    DB: diesel::backend::Backend,
    i32: ToSql<Integer, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

impl<DB> FromSql<Integer, DB> for Months
where
    DB: diesel::backend::Backend,
    i32: FromSql<Integer, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let bits = i32::from_sql(bytes)?;
        Self::from_bits(bits).ok_or_else(|| format!("{bits} is no set of months").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn months(from: &str, until: &str) -> Option<Vec<i32>> {
        Months::of_period(from.parse().unwrap(), until.parse().unwrap()).map(Months::list)
    }

    #[test]
    fn a_period_has_each_month_that_it_touches() {
        assert_eq!(months("2027-01-31", "2027-03-01"), Some(vec![1, 2, 3]));
        assert_eq!(months("2026-11-15", "2027-02-01"), Some(vec![1, 2, 11, 12]));
        assert_eq!(months("2026-05-01", "2026-05-01"), Some(vec![5]));
        assert_eq!(months("2026-05-01", "2027-04-01"), Some((1..=12).collect()));
        assert_eq!(months("2026-05-01", "2200-04-01"), Some((1..=12).collect()));
        assert_eq!(months("2026-05-01", "2026-04-30"), None);
    }

    #[test]
    fn what_is_no_month_is_named_and_a_list_without_any_is_refused() {
        let mut faults = Faults::new();
        assert_eq!(read(&mut faults, "/months", &[0, 5, 13]), None);
        assert_eq!(read(&mut faults, "/months", &[]), None);
        let problem = faults.into_result().unwrap_err();
        let named: Vec<(&str, &str)> = problem.errors().iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(named, [("/months/0", "out_of_range"), ("/months/2", "out_of_range"), ("/months", "empty")]);
    }

    #[test]
    fn months_are_left_until_the_last_of_their_days_is_over() {
        let are_left = |months: &[i32], as_of: &str, until: Option<&str>| {
            Months::from_list(months).unwrap().are_left(as_of.parse().unwrap(), until.map(|day| day.parse().unwrap()))
        };
        assert!(are_left(&[1, 2], "2027-02-28", Some("2027-06-30")));
        assert!(!are_left(&[1, 2], "2027-03-01", Some("2027-06-30")));
        assert!(are_left(&[1, 2], "2027-03-01", None), "next year");
        assert!(are_left(&[1], "2027-02-01", Some("2028-01-01")));
        assert!(!are_left(&[1], "2027-02-01", Some("2027-12-31")));
        assert!(!are_left(&[1], "2027-01-02", Some("2027-01-01")));
    }

    #[test]
    fn a_condition_asks_for_a_day_of_each_month_to_come() {
        let condition = are_left_sql("months", "until", "2026-11-29".parse().unwrap());
        assert!(condition.starts_with("((months & 1024) <> 0 AND until >= '2026-11-29' OR (months & 2048) <> 0 AND until >= '2026-12-01'"));
        assert!(condition.ends_with("OR (months & 512) <> 0 AND until >= '2027-10-01')"), "{condition}");
        // No twelve months can be counted from the last day on.
        let condition = are_left_sql("months", "until", NaiveDate::MAX);
        assert_eq!(condition, format!("((months & 2048) <> 0 AND until >= '{}')", NaiveDate::MAX));
    }

    proptest! {
        #[test]
        fn a_list_comes_back_sorted_and_without_repeats(list in proptest::collection::vec(1..=12_i32, 1..20)) {
            let mut expected = list.clone();
            expected.sort_unstable();
            expected.dedup();
            let months = Months::from_list(&list).unwrap();
            prop_assert_eq!(months.list(), expected.clone());
            prop_assert_eq!(serde_json::to_value(months).unwrap(), serde_json::json!(expected));
            prop_assert_eq!(serde_json::from_value::<Months>(serde_json::json!(list)).unwrap(), months);
        }
    }
}
