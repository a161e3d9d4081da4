//! Quantities in the base unit of their dimension, exactly: kilograms, litres, pieces.
//!
//! An offer in `THUNG` and a demand in `TAN` compare only in the base unit. A unit with a fixed factor says itself
//! what it is worth; a pack (`THUNG`) is worth what its product says; a unit that means different things to
//! different people (`CHUC` is 10, 12 or 14) is worth nothing until a product or a person says what is meant.
//! Pure: no clock, no database. What can't be said in whole thousandths of the base is refused, never rounded.

use crate::decimal::{Decimal, Quantity};
use crate::error::{Faults, Text, text};
use crate::reference::texts::Taken;
use crate::reference::{FactorKind, UnitId, reference};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Factors of units are millionths.
const ONE_FACTOR: i128 = 1_000_000;
/// Quantities are thousandths.
const ONE: i128 = 1_000;
/// One whole unit, in thousandths.
const WHOLE: i64 = 1_000;
/// What a [`Quantity`] takes on the wire: 12 digits before the point.
const LARGEST: i128 = 999_999_999_999_999;

/// A quantity in the base unit of its dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BaseQuantity)]
pub struct Base {
    /// How much.
    pub quantity: Quantity,
    /// Of which base unit: `KG`, `L`, `UNIT` …
    pub unit: UnitId,
}

/// What one pack of a product holds: `1 THUNG = 12 KG`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pack {
    /// The pack.
    pub unit: UnitId,
    /// How much is in it.
    pub content: Quantity,
    /// Of which unit.
    pub content_unit: UnitId,
}

/// Why a quantity has no worth in a base unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureError {
    /// The unit differs by region or trade.
    Ambiguous(UnitId),
    /// The unit is worth what the product says, and nothing says it.
    PackNeeded(UnitId),
    /// Smaller than a thousandth of the base is at stake.
    TooFine(UnitId),
    /// More than 12 digits.
    TooLarge(UnitId),
}

/// `quantity` of `unit` in its base unit; `pack` is what the product says of its own pack.
///
/// A product's own pack wins over the table, so that `CHUC` is fine for a product whose ten is stated as 12.
///
/// # Errors
/// [`MeasureError`] when the unit is worth nothing fixed, or the result is no [`Quantity`].
pub fn to_base(quantity: Quantity, unit: UnitId, pack: Option<&Pack>) -> Result<Base, MeasureError> {
    worth(quantity, unit, pack, false)
}

/// The same rounded up to a whole thousandth of the base, so that nothing that is promised is left out.
///
/// # Errors
/// As [`to_base`], but never [`MeasureError::TooFine`].
pub fn to_base_up(quantity: Quantity, unit: UnitId, pack: Option<&Pack>) -> Result<Base, MeasureError> {
    worth(quantity, unit, pack, true)
}

fn worth(quantity: Quantity, unit: UnitId, pack: Option<&Pack>, rounds_up: bool) -> Result<Base, MeasureError> {
    match pack.filter(|pack| pack.unit == unit && pack.content_unit != unit) {
        None => scaled((i128::from(quantity.0), 1), unit, rounds_up),
        Some(pack) => scaled((i128::from(quantity.0) * i128::from(pack.content.0), ONE), pack.content_unit, rounds_up),
    }
}

/// What one `unit` is worth in its base unit.
///
/// # Errors
/// As [`to_base`].
pub fn one(unit: UnitId, pack: Option<&Pack>) -> Result<Base, MeasureError> {
    to_base(Decimal(WHOLE), unit, pack)
}

/// `parts / per` thousandths of `unit`, in its base unit.
fn scaled((parts, per): (i128, i128), unit: UnitId, rounds_up: bool) -> Result<Base, MeasureError> {
    let facts = reference().units.get(unit);
    let (FactorKind::Fixed, Some(factor), Some(base)) = (facts.factor_kind, facts.factor_micro, facts.base_unit) else {
        return Err(match facts.factor_kind {
            FactorKind::Ambiguous => MeasureError::Ambiguous(unit),
            FactorKind::Fixed | FactorKind::PerProduct => MeasureError::PackNeeded(unit),
        });
    };
    let divisor = per * ONE_FACTOR;
    let product = parts.checked_mul(i128::from(factor)).ok_or(MeasureError::TooLarge(unit))?;
    let product = if rounds_up { product + (divisor - product % divisor) % divisor } else { product };
    if product / divisor > LARGEST {
        return Err(MeasureError::TooLarge(unit));
    }
    if product % divisor != 0 {
        return Err(MeasureError::TooFine(unit));
    }
    let thousandths = i64::try_from(product / divisor).map_err(|_| MeasureError::TooLarge(unit))?;
    Ok(Base { quantity: Decimal(thousandths), unit: base })
}

/// The quantity of a body in its base unit; notes what is wrong with it at `quantity_at` or `unit_at`.
pub fn read(faults: &mut Faults, (quantity_at, unit_at): (&str, &str), quantity: Quantity, unit: UnitId, worth: Worth<'_>) -> Option<Base> {
    if quantity.0 <= 0 {
        faults.add(quantity_at, "not_positive", text("More than zero.", "Phải lớn hơn 0."));
    }
    let pack = match worth {
        Worth::OfProduct(pack) => pack,
        Worth::Fixed => None,
    };
    match to_base(quantity, unit, pack) {
        Ok(base) => Some(base),
        Err(error) => {
            let (code, detail) = said(error, worth);
            let is_of_unit = matches!(error, MeasureError::Ambiguous(_) | MeasureError::PackNeeded(_));
            faults.add(if is_of_unit { unit_at } else { quantity_at }, code, detail);
            None
        }
    }
}

/// The stable word and the sentence of what is wrong.
pub fn said(error: MeasureError, worth: Worth<'_>) -> (&'static str, Text) {
    match error {
        MeasureError::Ambiguous(unit) => ("ambiguous_unit", ambiguous(unit, worth)),
        MeasureError::PackNeeded(unit) => ("pack_needed", pack_needed(unit, worth)),
        MeasureError::TooFine(unit) => ("too_fine", too_fine(unit)),
        MeasureError::TooLarge(_) => ("too_large", too_large()),
    }
}

/// Where a unit's worth may come from.
#[derive(Debug, Clone, Copy)]
pub enum Worth<'a> {
    /// The table, or what the product says of its own pack.
    OfProduct(Option<&'a Pack>),
    /// The table alone: there is no product.
    Fixed,
}

fn ambiguous(unit: UnitId, worth: Worth<'_>) -> Text {
    let facts = reference().units.get(unit);
    let (name, english) = (&facts.name_vi, &facts.name_en);
    match worth {
        Worth::OfProduct(_) => text(
            format!(
                "\"{name}\" ({english}) differs by region. Give the count in pieces (CAI, QUA, CON …), or state on the product what its own pack of this unit holds."
            ),
            format!("\"{name}\" khác nhau theo vùng. Hãy ghi số lượng theo cái, quả, con …, hoặc ghi quy cách của đơn vị này ở sản phẩm."),
        ),
        Worth::Fixed => text(
            format!("\"{name}\" ({english}) differs by region. Give the count in pieces (CAI, QUA, CON …) or dozens (TA12)."),
            format!("\"{name}\" khác nhau theo vùng. Hãy ghi số lượng theo cái, quả, con … hoặc tá (TA12)."),
        ),
    }
}

fn pack_needed(unit: UnitId, worth: Worth<'_>) -> Text {
    let facts = reference().units.get(unit);
    let (code, name) = (&facts.code, &facts.name_vi);
    match worth {
        Worth::OfProduct(_) => text(
            format!(
                "What a {code} holds is stated on the product (pack: 1 {code} = so many KG, L or pieces). State it there first, or use such a unit here."
            ),
            format!(
                "Một {name} chứa bao nhiêu phải ghi ở sản phẩm (quy cách: 1 {name} = bao nhiêu kg, lít hoặc cái). Hãy ghi ở đó trước, hoặc dùng đơn vị như vậy ở đây."
            ),
        ),
        Worth::Fixed => text(
            format!("A {code} holds something else for each product. Use a unit of fixed size here: {}.", Taken::Fixed.codes()),
            format!("Một {name} chứa lượng khác nhau theo từng sản phẩm. Hãy dùng đơn vị cố định ở đây: {}.", Taken::Fixed.codes()),
        ),
    }
}

fn too_fine(unit: UnitId) -> Text {
    let code = reference().units.get(unit).base_unit.map_or("", |base| reference().units.get(base).code.as_str());
    text(
        format!("The smallest part that is kept is a thousandth of a {code}."),
        format!("Phần nhỏ nhất được lưu là một phần nghìn {code}."),
    )
}

fn too_large() -> Text {
    text("More than 999,999,999,999 of the base unit (kg, litre, piece).", "Vượt quá 999.999.999.999 đơn vị gốc (kg, lít, cái).")
}

/// What stands for `unit` against `base`: notes at `pointer` that another dimension is meant.
pub fn same_dimension(faults: &mut Faults, pointer: &str, found: Base, base: UnitId) -> bool {
    if found.unit == base {
        return true;
    }
    let (found, wanted) = (found.unit.as_str(), base.as_str());
    faults.add(
        pointer,
        "unit_mismatch",
        text(
            format!("This counts in {found}, the quantity in {wanted}: use a unit of the same dimension."),
            format!("Đơn vị này quy về {found}, còn số lượng quy về {wanted}: hãy dùng đơn vị cùng loại."),
        ),
    );
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit(code: &str) -> UnitId {
        code.parse().unwrap()
    }

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    fn base(amount: &str, code: &str) -> Base {
        Base { quantity: quantity(amount), unit: unit(code) }
    }

    fn pack(code: &str, content: &str, content_unit: &str) -> Pack {
        Pack { unit: unit(code), content: quantity(content), content_unit: unit(content_unit) }
    }

    #[test]
    fn fixed_units_are_worth_what_the_table_says() {
        for (amount, code, worth) in [
            ("5", "TAN", base("5000", "KG")),
            ("1.5", "TA", base("150", "KG")),
            ("250", "G", base("0.25", "KG")),
            ("1", "G", base("0.001", "KG")),
            ("2", "M3", base("2000", "L")),
            ("3", "TA12", base("36", "UNIT")),
            ("7", "QUA", base("7", "UNIT")),
            ("0.001", "KG", base("0.001", "KG")),
        ] {
            assert_eq!(to_base(quantity(amount), unit(code), None), Ok(worth), "{amount} {code}");
        }
    }

    #[test]
    fn a_pack_is_worth_what_its_product_says_and_nothing_else() {
        let carton = pack("THUNG", "12", "KG");
        assert_eq!(to_base(quantity("10"), unit("THUNG"), Some(&carton)), Ok(base("120", "KG")));
        assert_eq!(to_base(quantity("2.5"), unit("THUNG"), Some(&pack("THUNG", "500", "G"))), Ok(base("1.25", "KG")));
        assert_eq!(to_base(quantity("10"), unit("HOP"), Some(&carton)), Err(MeasureError::PackNeeded(unit("HOP"))));
        assert_eq!(to_base(quantity("10"), unit("THUNG"), None), Err(MeasureError::PackNeeded(unit("THUNG"))));
        // A carton of boxes is as unknown as the boxes are.
        let of_boxes = pack("THUNG", "24", "HOP");
        assert_eq!(to_base(quantity("1"), unit("THUNG"), Some(&of_boxes)), Err(MeasureError::PackNeeded(unit("HOP"))));
        let of_itself = pack("THUNG", "24", "THUNG");
        assert_eq!(to_base(quantity("1"), unit("THUNG"), Some(&of_itself)), Err(MeasureError::PackNeeded(unit("THUNG"))));
    }

    #[test]
    fn ten_is_refused_until_its_product_says_how_many_it_is() {
        assert_eq!(to_base(quantity("3"), unit("CHUC"), None), Err(MeasureError::Ambiguous(unit("CHUC"))));
        assert_eq!(to_base(quantity("3"), unit("CHUC"), Some(&pack("CHUC", "12", "QUA"))), Ok(base("36", "UNIT")));
        let mut faults = Faults::new();
        assert_eq!(read(&mut faults, ("/quantity", "/unit"), quantity("3"), unit("CHUC"), Worth::Fixed), None);
        let problem = faults.into_result().unwrap_err();
        assert_eq!((problem.errors()[0].pointer.as_str(), problem.errors()[0].code), ("/unit", "ambiguous_unit"));
    }

    #[test]
    fn what_is_finer_than_a_thousandth_or_larger_than_a_quantity_is_refused() {
        assert_eq!(to_base(quantity("0.5"), unit("G"), None), Err(MeasureError::TooFine(unit("G"))));
        assert_eq!(to_base(quantity("999999999999"), unit("TAN"), None), Err(MeasureError::TooLarge(unit("TAN"))));
        assert_eq!(to_base(quantity("999999999"), unit("TAN"), None), Ok(base("999999999000", "KG")));
        let huge = pack("PALLET", "999999999999", "TAN");
        assert_eq!(to_base(quantity("999999999999"), unit("PALLET"), Some(&huge)), Err(MeasureError::TooLarge(unit("TAN"))));
    }

    fn a_fixed_unit() -> impl Strategy<Value = UnitId> {
        let fixed: Vec<UnitId> =
            reference().units.all().iter().filter(|unit| unit.factor_kind == FactorKind::Fixed).map(|unit| unit.id).collect();
        proptest::sample::select(fixed)
    }

    proptest! {
        #[test]
        fn the_base_of_a_base_is_itself(parts in 1_i64..1_000_000_000, unit in a_fixed_unit()) {
            if let Ok(base) = to_base(Decimal(parts), unit, None) {
                prop_assert_eq!(to_base(base.quantity, base.unit, None), Ok(base));
            }
        }

        // A mass of at least a gram in units of at least a gram keeps every thousandth of its unit that a kilogram can hold.
        #[test]
        fn whole_grams_are_never_lost(grams in 1_i64..1_000_000_000) {
            let base = to_base(Decimal(grams * WHOLE), unit("G"), None).unwrap();
            prop_assert_eq!(base.quantity, Decimal(grams));
            for code in ["LANG", "KG", "YEN", "TA", "TAN"] {
                let one = one(unit(code), None).unwrap().quantity.0;
                let parts = grams * 1_000;
                // `grams` of grams, written in the larger unit where that has a whole number of thousandths.
                if parts % one == 0 {
                    prop_assert_eq!(to_base(Decimal(parts / one), unit(code), None), Ok(base), "{}", code);
                }
            }
        }

        #[test]
        fn thousandths_of_every_mass_unit_from_a_kilogram_up_are_kept(parts in 1_i64..1_000_000_000) {
            for code in ["KG", "YEN", "TA", "TAN"] {
                let one = one(unit(code), None).unwrap().quantity.0;
                prop_assert_eq!(to_base(Decimal(parts), unit(code), None).unwrap().quantity.0, parts * one / 1_000, "{}", code);
            }
        }

        #[test]
        fn nothing_overflows(parts in 0_i64..=999_999_999_999_999, content in 0_i64..=999_999_999_999_999, unit in a_fixed_unit()) {
            let pack = Pack { unit: "PALLET".parse().unwrap(), content: Decimal(content), content_unit: unit };
            for base in [to_base(Decimal(parts), pack.unit, Some(&pack)), to_base(Decimal(parts), unit, None)].into_iter().flatten() {
                    prop_assert!(base.quantity <= Decimal(999_999_999_999_999));
            }
        }
    }
}
