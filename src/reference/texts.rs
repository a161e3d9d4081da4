//! What is wrong with a name or code, in both languages, with what would be right.

use super::{FactorKind, GroupError, ProvinceError, ProvinceId, Unit, UnitError, reference};
use crate::error::{Text, text};
use chrono::NaiveDate;

/// An unknown province.
pub fn province_error(error: &ProvinceError) -> Text {
    match error {
        ProvinceError::Unknown { suggestions, .. } if suggestions.is_empty() => text(
            "No province-level unit has this code or name. Give a code (94), a name in any spelling, or either with a day (94@2020-10-27).",
            "Không có đơn vị cấp tỉnh nào mang mã hoặc tên này. Hãy ghi mã (94), tên, hoặc kèm ngày (94@2020-10-27).",
        ),
        ProvinceError::Unknown { suggestions, .. } => {
            let near = suggestions.join(", ");
            text(
                format!("No province-level unit has this code or name. Did you mean: {near}?"),
                format!("Không có đơn vị cấp tỉnh nào mang mã hoặc tên này. Có phải: {near}?"),
            )
        }
        ProvinceError::BadDay { .. } => {
            text("After @ comes a day that exists, as in 94@2020-10-27.", "Sau @ là một ngày có thật, như 94@2020-10-27.")
        }
    }
}

/// An unknown product group.
pub fn group_error(error: &GroupError) -> Text {
    let GroupError::Unknown { allowed, .. } = error;
    let allowed = allowed.join(", ");
    text(
        format!("No product group has this code. Codes: {allowed}."),
        format!("Không có nhóm sản phẩm nào mang mã này. Các mã: {allowed}."),
    )
}

/// Which units are taken in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Any; what a pack holds is said elsewhere.
    Any,
    /// Those of one size everywhere.
    Fixed,
    /// Those, and packs, but none whose size differs by region.
    Agreed,
    /// Those of which a product says what one holds.
    Packages,
}

impl Taken {
    /// Whether `unit` is one of them.
    pub fn takes(self, unit: &Unit) -> bool {
        match self {
            Self::Any => true,
            Self::Fixed => unit.factor_kind == FactorKind::Fixed,
            Self::Agreed => unit.factor_kind != FactorKind::Ambiguous,
            Self::Packages => unit.factor_kind != FactorKind::Fixed || unit.dimension == "package",
        }
    }

    /// Their codes, for a sentence.
    pub fn codes(self) -> String {
        let codes = reference().units.all().iter().filter(|unit| self.takes(unit)).map(|unit| unit.code.as_str());
        codes.collect::<Vec<_>>().join(", ")
    }
}

/// An unknown unit of measure, where those of `taken` are allowed.
pub fn unit_error(error: &UnitError, taken: Taken) -> Text {
    let UnitError::Unknown { near, .. } = error;
    let is_taken = |code: &&String| reference().units.all().iter().any(|unit| unit.code == **code && taken.takes(unit));
    let near = near.iter().filter(is_taken).map(String::as_str).collect::<Vec<_>>().join(", ");
    let (near, near_vi) =
        if near.is_empty() { <(String, String)>::default() } else { (format!(" Near: {near}."), format!(" Gần đúng: {near}.")) };
    let codes = taken.codes();
    text(
        format!("No unit has this code, or several may be meant.{near} Codes: {codes}."),
        format!("Không có đơn vị tính nào mang mã này, hoặc có nhiều khả năng.{near_vi} Các mã: {codes}."),
    )
}

/// An unknown kind of certificate.
pub fn certificate_kind_error() -> Text {
    let codes: Vec<&str> = reference().certificate_kinds.all().iter().map(|kind| kind.code.as_str()).collect();
    let codes = codes.join(", ");
    text(
        format!("No kind of certificate has this code. Codes: {codes}."),
        format!("Không có loại giấy chứng nhận nào mang mã này. Các mã: {codes}."),
    )
}

/// The unit that `input` means on `day`, for a record.
///
/// # Errors
/// The sentence that says what would be right.
pub fn resolve_province(input: &str, day: NaiveDate) -> Result<ProvinceId, Text> {
    if let Ok(id) = input.parse() {
        return Ok(id);
    }
    reference().provinces.resolve(input, day).map_err(|error| province_error(&error))
}
