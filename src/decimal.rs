//! Quantities and money: whole numbers here, decimal strings on the wire, converted in this one place.

use crate::db::portable_integer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The largest number of whole units: 12 digits, so that a thousand such quantities still add up in an `i64`.
const LARGEST_WHOLE: i64 = 999_999_999_999;

/// A decimal with `PLACES` places: `Decimal<3>` is a count of thousandths.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::BigInt)]
pub struct Decimal<const PLACES: u32>(pub i64);

/// A quantity in thousandths of its unit.
pub type Quantity = Decimal<3>;
/// An amount of money in hundredths of its currency, whatever the currency's own smallest coin.
pub type Amount = Decimal<2>;

portable_integer!(Quantity);
portable_integer!(Amount);

impl<const PLACES: u32> Decimal<PLACES> {
    const SCALE: i64 = 10_i64.pow(PLACES);

    /// So many parts of a unit.
    pub fn new(parts: i64) -> Self {
        Self(parts)
    }

    /// Whether it is a whole number of units.
    pub fn is_whole(self) -> bool {
        self.0 % Self::SCALE == 0
    }
}

impl<const PLACES: u32> fmt::Display for Decimal<PLACES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = self.0.unsigned_abs() / Self::SCALE.unsigned_abs();
        let rest = self.0.unsigned_abs() % Self::SCALE.unsigned_abs();
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{rest:0width$}", width = PLACES as usize);
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl<const PLACES: u32> FromStr for Decimal<PLACES> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("a decimal string such as \"12.5\" with at most {PLACES} places and 12 digits before the point is expected");
        let (whole, places) = text.split_once('.').unwrap_or((text, ""));
        let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty()
            || !plain(whole)
            || !plain(places)
            || places.len() > PLACES as usize
            || (places.is_empty() && text.contains('.'))
        {
            return Err(wrong());
        }
        let units: i64 = whole.parse().map_err(|_| wrong())?;
        if units > LARGEST_WHOLE {
            return Err(wrong());
        }
        let parts: i64 = format!("{places:0<width$}", width = PLACES as usize).parse().map_err(|_| wrong())?;
        Ok(Self(units * Self::SCALE + parts))
    }
}

impl<const PLACES: u32> Serialize for Decimal<PLACES> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const PLACES: u32> Deserialize<'de> for Decimal<PLACES> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl<const PLACES: u32> PartialSchema for Decimal<PLACES> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::String))
            .pattern(Some(format!("^[0-9]{{1,12}}(\\.[0-9]{{1,{PLACES}}})?$")))
            .description(Some(format!("Decimal string with at most {PLACES} places")))
            .max_length(Some(12 + 1 + PLACES as usize))
            .examples([serde_json::json!("12.5")])
            .into()
    }
}

impl<const PLACES: u32> ToSchema for Decimal<PLACES> {
    fn name() -> std::borrow::Cow<'static, str> {
        if PLACES == 3 { "Quantity".into() } else { "Amount".into() }
    }
}

/// ISO 4217 codes that prices come in here, with the decimals their amounts may have.
pub const CURRENCIES: [(&str, u32); 7] = [("VND", 0), ("USD", 2), ("EUR", 2), ("CNY", 2), ("JPY", 0), ("KRW", 0), ("THB", 2)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_keeps_its_thousandths() {
        for (text, thousandths, shown) in [
            ("12.5", 12_500, "12.5"),
            ("0.001", 1, "0.001"),
            ("7", 7_000, "7"),
            ("7.000", 7_000, "7"),
            ("999999999999.999", 999_999_999_999_999, "999999999999.999"),
        ] {
            let quantity: Quantity = text.parse().unwrap();
            assert_eq!(quantity.0, thousandths);
            assert_eq!(quantity.to_string(), shown);
        }
    }

    #[test]
    fn what_is_not_a_plain_decimal_is_refused() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "1.0001", "1000000000000", " 1", "１"] {
            assert!(text.parse::<Quantity>().is_err(), "{text:?}");
        }
    }
}
