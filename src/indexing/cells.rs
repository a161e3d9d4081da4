//! Columns as a load of the whole register reads them: without a copy of their text, and without an end for all where
//! one value can't be read.
//!
//! A million rows of twenty columns are read at each start; the types of the slices make a string of each word and
//! look it up in a list.

use super::convert;
use crate::decimal::CURRENCIES;
use crate::market::record::{Basis, Day, Id, Visibility};
use crate::organisations::{OrganisationStatus, ProducerKind};
use crate::price::{self, PriceBasis};
use crate::products::ProductStatus;
use crate::reference::{CertificateKindId, GroupId, ProvinceId, SubjectKind, UnitId, reference};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::data_types::PgDate;
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::{Date, Text};
use diesel::sqlite::{Sqlite, SqliteValue};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a text means; none where it means nothing here.
pub(super) trait Meaning: Sized {
    fn of(text: &str) -> Option<Self>;
}

/// A text column by what it means.
#[derive(Debug, Clone, Copy, FromSqlRow)]
pub(super) struct Cell<T>(pub Option<T>);

impl<T: Meaning> FromSql<Text, Sqlite> for Cell<T> {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(T::of(value.read_text())))
    }
}

impl<T: Meaning> FromSql<Text, Pg> for Cell<T> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(std::str::from_utf8(value.as_bytes()).ok().and_then(T::of)))
    }
}

/// A day column.
#[derive(Debug, Clone, Copy, FromSqlRow)]
pub(super) struct DayCell(pub Day);

/// 2000-01-01, from which PostgreSQL counts, in days since 1970-01-01.
const POSTGRES_EPOCH: Day = 10_957;

impl FromSql<Date, Sqlite> for DayCell {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let text = value.read_text();
        day_of(text).map(Self).ok_or_else(|| format!("{text:?} is no day").into())
    }
}

impl FromSql<Date, Pg> for DayCell {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        PgDate::from_sql(value).map(|PgDate(days)| Self(days.saturating_add(POSTGRES_EPOCH)))
    }
}

/// The day that `YYYY-MM-DD` writes.
fn day_of(text: &str) -> Option<Day> {
    let number = |from: usize, until: usize| {
        let digits = text.as_bytes().get(from..until)?;
        digits.iter().try_fold(0_u32, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
    };
    let year = i32::try_from(number(0, 4)?).ok()?;
    chrono::NaiveDate::from_ymd_opt(year, number(5, 7)?, number(8, 10)?).filter(|_| text.len() == 10).map(convert::day)
}

impl Meaning for Id {
    fn of(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

macro_rules! reference_ids {
    ($($id:ident in $table:ident),+ $(,)?) => { $(
        impl Meaning for $id {
            fn of(text: &str) -> Option<Self> {
                static IDS: LazyLock<HashMap<&'static str, $id, RandomState>> =
                    LazyLock::new(|| reference().$table.all().iter().map(|row| (row.id.as_str(), row.id)).collect());
                IDS.get(text).copied()
            }
        }
    )+ };
}
reference_ids!(ProvinceId in provinces, GroupId in product_groups, CertificateKindId in certificate_kinds, UnitId in units);

macro_rules! words {
    ($($word:ident),+ $(,)?) => { $(
        impl Meaning for $word {
            fn of(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )+ };
}
words!(OrganisationStatus, ProducerKind, ProductStatus, SubjectKind);

impl Meaning for Basis {
    fn of(text: &str) -> Option<Self> {
        text.parse::<PriceBasis>().ok().map(convert::basis)
    }
}

impl Meaning for Visibility {
    fn of(text: &str) -> Option<Self> {
        text.parse::<price::Visibility>().ok().map(convert::visibility)
    }
}

/// The place of a currency.
#[derive(Debug, Clone, Copy)]
pub(super) struct Currency(pub u8);

impl Meaning for Currency {
    fn of(text: &str) -> Option<Self> {
        CURRENCIES.iter().position(|(code, _)| *code == text).and_then(|place| u8::try_from(place).ok()).map(Self)
    }
}

/// A JSON list of reference ids.
#[derive(Debug, Clone)]
pub(super) struct List<T>(pub Vec<T>);

impl<T: Meaning> Meaning for List<T> {
    fn of(text: &str) -> Option<Self> {
        if text == "[]" {
            return Some(Self(Vec::new()));
        }
        // Ids as the register writes them need nothing undone; whatever else it is, is for the parser to say.
        let plain = text.strip_prefix("[\"").and_then(|rest| rest.strip_suffix("\"]")).filter(|words| !words.contains(['\\', ' ', '[']));
        if let Some(list) = plain.and_then(|words| words.split("\",\"").map(T::of).collect::<Option<_>>()) {
            return Some(Self(list));
        }
        let words: Vec<&str> = serde_json::from_str(text).ok()?;
        words.into_iter().map(T::of).collect::<Option<_>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_day_is_read_from_its_one_form() {
        assert_eq!(day_of("1970-01-01"), Some(0));
        assert_eq!(day_of("2000-01-01"), Some(POSTGRES_EPOCH));
        assert_eq!(day_of("2024-02-29"), Some(19_782));
        for wrong in ["", "2024-02-30", "2024-2-9", "2024-02-29x", "20240229", "abcd-ef-gh"] {
            assert_eq!(day_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_list_is_read_as_it_means_however_it_is_written() {
        let units = |text: &str| List::<UnitId>::of(text).map(|list| list.0.iter().map(UnitId::as_str).collect::<Vec<_>>());
        assert_eq!(units("[]"), Some(vec![]));
        assert_eq!(units(r#"["KG"]"#), Some(vec!["KG"]));
        for text in [r#"["KG","L"]"#, r#"[ "KG" , "L" ]"#, r#"["KG", "L"]"#] {
            assert_eq!(units(text), Some(vec!["KG", "L"]), "{text}");
        }
        // No id needs an escape: one that has some was not written by the register.
        for wrong in [r#"["\u004bG","L"]"#, "", "[", r#"[""]"#, r#"["KG""L"]"#, r#"["KG","nothing"]"#, r#"["KG",["L"]]"#, r#""KG""#] {
            assert_eq!(units(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_day_is_read_as_it_is_written(days in -200_000..1_000_000_i32) {
            let day = chrono::NaiveDate::from_num_days_from_ce_opt(719_163 + days).unwrap();
            prop_assert_eq!(day_of(&day.to_string()), Some(days));
        }
    }
}
