//! Units of measure and packages, as the trade writes them.
//!
//! Without accents a unit can be another one ("tạ" is 100 kg, "tá" a dozen; "bó" is a bunch, "bộ" a set). So accents
//! are forgotten only when one unit alone can be meant.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Line, ReferenceError, UnknownKey, exact_decimal, lines, list, nearest, reference};
use crate::text::{fold, nfc};

const FILE: &str = "units.csv";
pub(super) const CSV: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/reference/units.csv"));
/// Factors are exact to a millionth.
const FACTOR_DECIMALS: usize = 6;
const ONE: i64 = 1_000_000;
const UNECE_SOURCES: [&str; 3] = ["rec20", "rec21x", "none"];
/// Bases that the file names by what they count. The only unit of each is the base itself.
const BASES_WITHOUT_A_ROW: [(&str, &str); 2] = [("PERSON", "KHACH"), ("DAY", "NGAY")];

text_id!(
    /// A unit of measure; its text form is our code, `KG`.
    UnitId,
    "Unit of measure or package, by the code of this service.",
    "KG"
);

/// What the factor of a unit is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactorKind {
    /// Always the same: 100 kg to the quintal.
    Fixed,
    /// Depends on what is in the pack.
    PerProduct,
    /// Differs by region or trade; the factor is only the usual one, so ask.
    Ambiguous,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its key.
    pub id: UnitId,
    /// Our code, the text form of the key.
    pub code: String,
    /// Vietnamese name.
    pub name_vi: String,
    /// English name.
    pub name_en: String,
    /// What is printed after a number.
    pub symbol: String,
    /// Code of UN/ECE; several units may share one.
    pub unece_code: Option<String>,
    /// `rec20`, `rec21x` (package code with the X prefix) or `none`.
    pub unece_source: String,
    /// What it measures: `mass`, `volume`, `count`, `package`, `length`, `area`, `service`.
    pub dimension: String,
    /// The unit that its factor counts in; itself for a base.
    pub base_unit: Option<UnitId>,
    /// How many millionths of the base one unit is; `None` for [`FactorKind::PerProduct`].
    pub factor_micro: Option<i64>,
    /// What the factor is worth.
    pub factor_kind: FactorKind,
    /// Other words for it.
    pub aliases: Vec<String>,
    /// Remark.
    pub note: Option<String>,
}

impl Unit {
    /// The words that mean this unit: symbol, other words, and the names, whose variants are parted by a slash.
    fn words(&self) -> impl Iterator<Item = &str> {
        let names = self.name_vi.split(" / ").chain([self.name_en.as_str()]);
        self.aliases.iter().map(String::as_str).chain([self.symbol.as_str()]).chain(names)
    }
}

/// Why no unit could be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitError {
    /// No single unit is written like this.
    Unknown {
        /// The text as it came.
        input: String,
        /// Codes that it could mean, or that come near; none where nothing does.
        near: Vec<String>,
    },
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Unknown { input, near } = self;
        write!(f, "{input:?} is not one unit; near: {}", near.join(", "))
    }
}

impl std::error::Error for UnitError {}

/// The table of units.
#[derive(Debug)]
pub struct Units {
    all: Vec<Unit>,
}

#[derive(Deserialize)]
struct Row {
    code: String,
    name_vi: String,
    name_en: String,
    symbol: String,
    unece_code: Option<String>,
    unece_source: String,
    dimension: String,
    base_unit: Option<String>,
    factor_to_base: Option<String>,
    factor_kind: FactorKind,
    aliases: String,
    note: Option<String>,
}

impl Units {
    pub(super) fn parse(text: &str) -> Result<Self, ReferenceError> {
        let rows = lines::<Row>(FILE, text)?;
        let mut table = Self { all: Vec::with_capacity(rows.len()) };
        for Line { number, id, row } in &rows {
            let added = table.add(UnitId(*id), row);
            added.map_err(|problem| ReferenceError::new(FILE, *number, problem))?;
        }
        // A base may stand below what is counted in it, hence a second pass.
        for Line { number, id, row } in &rows {
            let linked = table.link_base(UnitId(*id), row);
            linked.map_err(|problem| ReferenceError::new(FILE, *number, problem))?;
        }
        Ok(table)
    }

    fn add(&mut self, id: UnitId, row: &Row) -> Result<(), String> {
        if self.by_code(&row.code).is_some() {
            return Err(format!("code {} stands twice", row.code));
        }
        let symbol = exact_word(&row.symbol);
        if symbol.is_empty() || self.all.iter().any(|other| exact_word(&other.symbol) == symbol) {
            return Err(format!("symbol {:?} is empty or stands twice", row.symbol));
        }
        if !UNECE_SOURCES.contains(&row.unece_source.as_str()) || row.unece_code.is_some() == (row.unece_source == "none") {
            return Err(format!("UN/ECE code and its source {:?} do not agree", row.unece_source));
        }
        let factor_micro = match &row.factor_to_base {
            None => None,
            Some(factor) => {
                let exact = exact_decimal(factor, FACTOR_DECIMALS).filter(|micro| *micro > 0);
                Some(exact.ok_or_else(|| format!("factor {factor:?} is not a number above zero"))?)
            }
        };
        if factor_micro.is_some() == (row.factor_kind == FactorKind::PerProduct) {
            return Err("a factor is needed, except for a unit that depends on the product".to_owned());
        }
        self.all.push(Unit {
            id,
            code: row.code.clone(),
            name_vi: row.name_vi.clone(),
            name_en: row.name_en.clone(),
            symbol: row.symbol.clone(),
            unece_code: row.unece_code.clone(),
            unece_source: row.unece_source.clone(),
            dimension: row.dimension.clone(),
            base_unit: None,
            factor_micro,
            factor_kind: row.factor_kind,
            aliases: list(&row.aliases).map(str::to_owned).collect(),
            note: row.note.clone(),
        });
        Ok(())
    }

    fn link_base(&mut self, id: UnitId, row: &Row) -> Result<(), String> {
        let Some(name) = &row.base_unit else {
            return if row.factor_to_base.is_some() { Err("a factor without a base".to_owned()) } else { Ok(()) };
        };
        let named = BASES_WITHOUT_A_ROW.iter().find(|(name_of_base, _)| name_of_base == name);
        let code = named.map_or(name.as_str(), |(_, code)| code);
        let base = self.by_code(code).ok_or_else(|| format!("base {name} is not a unit"))?;
        let is_own_base = base.code == *name && base.factor_micro == Some(ONE) && base.factor_kind == FactorKind::Fixed;
        let is_named_base = named.is_some() && base.id == id && base.factor_micro == Some(ONE);
        if base.dimension != row.dimension || !(is_own_base || is_named_base) {
            return Err(format!("{name} is not a base of the dimension {}", row.dimension));
        }
        let base = base.id;
        if let Some(unit) = self.all.get_mut(usize::from(id.0)) {
            unit.base_unit = Some(base);
        }
        Ok(())
    }

    /// The row of an id.
    pub fn get(&self, id: UnitId) -> &Unit {
        // INVARIANT: only this table makes ids, and every loaded table is the same.
        match self.all.get(usize::from(id.0)) {
            Some(unit) => unit,
            None => unreachable!("unit id {} is not a row", id.0),
        }
    }

    /// Every unit, in the order of the file.
    pub fn all(&self) -> &[Unit] {
        &self.all
    }

    /// The unit that a person means by `input`: a code in any case, else a symbol, else a name or another word for it,
    /// at last any of these without accents. Each step counts only when one unit alone is found.
    ///
    /// # Errors
    /// [`UnitError::Unknown`] when no unit or several can be meant, with the codes that come near.
    pub fn resolve(&self, input: &str) -> Result<UnitId, UnitError> {
        let word = exact_word(input);
        let key = fold(input);
        let by_code = self.all.iter().find(|unit| unit.code.eq_ignore_ascii_case(&word));
        let by_symbol = || self.all.iter().find(|unit| exact_word(&unit.symbol) == word);
        if let Some(unit) = by_code.or_else(by_symbol) {
            return Ok(unit.id);
        }
        let exact = self.called(|other| exact_word(other) == word);
        let folded = self.called(|other| !key.is_empty() && fold(other) == key);
        match (exact.as_slice(), folded.as_slice()) {
            ([unit], _) | ([], [unit]) => Ok(unit.id),
            ([], several) | (several, _) => {
                let meant = several.iter().map(|unit| unit.code.clone()).collect();
                Err(UnitError::Unknown { input: input.to_owned(), near: self.or_else_near(meant, input) })
            }
        }
    }

    /// The units with a word that fits.
    fn called(&self, fits: impl Fn(&str) -> bool) -> Vec<&Unit> {
        self.all.iter().filter(|unit| unit.words().any(&fits)).collect()
    }

    fn or_else_near(&self, candidates: Vec<String>, input: &str) -> Vec<String> {
        if !candidates.is_empty() {
            return candidates;
        }
        nearest(input, self.all.iter().map(|unit| unit.code.as_str()))
    }

    fn by_code(&self, code: &str) -> Option<&Unit> {
        self.all.iter().find(|unit| unit.code == code)
    }
}

/// A word with its accents, in one composition and case.
fn exact_word(text: &str) -> String {
    nfc(text.trim()).to_lowercase()
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&reference().units.get(*self).code)
    }
}

impl FromStr for UnitId {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, UnknownKey> {
        let found = reference().units.by_code(text);
        found.map(|unit| unit.id).ok_or_else(|| UnknownKey::new("unit", text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> &'static Units {
        &reference().units
    }

    fn unit(code: &str) -> &'static Unit {
        table().get(code.parse().unwrap())
    }

    #[test]
    fn factors_are_exact_millionths_of_the_base() {
        for (code, base, factor_micro) in [
            ("KG", "KG", 1_000_000),
            ("G", "KG", 1_000),
            ("LANG", "KG", 100_000),
            ("TA", "KG", 100_000_000),
            ("TAN", "KG", 1_000_000_000),
            ("ML", "L", 1_000),
            ("TA12", "UNIT", 12_000_000),
            ("KHACH", "KHACH", 1_000_000),
            ("NGAY", "NGAY", 1_000_000),
        ] {
            assert_eq!(unit(code).factor_micro, Some(factor_micro), "{code}");
            assert_eq!(unit(code).base_unit, Some(unit(base).id), "{code}");
            assert_eq!(unit(code).factor_kind, FactorKind::Fixed, "{code}");
        }
        assert_eq!((unit("CHUC").factor_kind, unit("CHUC").factor_micro), (FactorKind::Ambiguous, Some(10_000_000)));
        let carton = unit("THUNG");
        assert_eq!((carton.factor_kind, carton.factor_micro, carton.base_unit), (FactorKind::PerProduct, None, None));
    }

    #[test]
    fn a_row_carries_its_columns() {
        let basket = unit("SOT");
        assert_eq!((basket.name_vi.as_str(), basket.symbol.as_str()), ("sọt / rổ", "sọt"));
        assert_eq!((basket.unece_code.as_deref(), basket.unece_source.as_str()), (Some("XBK"), "rec21x"));
        assert_eq!((basket.dimension.as_str(), basket.aliases.as_slice()), ("package", ["rổ", "cần xé"].map(str::to_owned).as_slice()));
        assert_eq!(unit("YEN").unece_code, None);
    }

    #[test]
    fn a_unit_is_known_by_code_symbol_name_and_other_words() {
        for (input, code) in [
            ("kg", "KG"),
            (" Kg ", "KG"),
            ("ký", "KG"),
            ("ki-lô", "KG"),
            ("ki lo", "KG"),
            ("cân", "KG"),
            ("can", "CAN"),
            ("t", "TAN"),
            ("tấn", "TAN"),
            ("ta\u{323}", "TA"),
            ("tạ", "TA"),
            ("tá", "TA12"),
            ("TÁ", "TA12"),
            ("bó", "BO"),
            ("bộ", "BO_SET"),
            ("lọ", "LO"),
            ("lố", "TA12"),
            ("lốc", "LOC"),
            ("hũ", "LO"),
            ("chiếc", "CAI"),
            ("trái", "QUA"),
            ("trai", "QUA"),
            ("cặp", "DOI"),
            ("lít", "L"),
            ("jar", "LO"),
            ("túi hút chân không", "TUI_HCK"),
            ("tui hck", "TUI_HCK"),
        ] {
            assert_eq!(table().resolve(input).map(|id| id.to_string()), Ok(code.to_owned()), "{input}");
        }
    }

    #[test]
    fn what_is_no_single_unit_comes_with_codes_that_are() {
        let near = |input: &str| {
            let UnitError::Unknown { input: repeated, near } = table().resolve(input).unwrap_err();
            assert_eq!(repeated, input);
            near
        };
        assert_eq!(near("tà"), ["TA", "TA12"], "neither tạ nor tá");
        assert_eq!(near("bô"), ["BO_SET", "BO"], "neither bộ nor bó");
        assert_eq!(near("lô"), ["TA12", "LO"], "neither lố nor lọ");
        assert_eq!(near("thùg"), ["THUNG"]);
        assert_eq!(near("furlong"), [""; 0]);
        assert_eq!(near(""), [""; 0]);
    }

    #[test]
    fn the_text_form_is_read_back_exactly() {
        for unit in table().all() {
            assert_eq!(unit.id.to_string(), unit.code);
            assert_eq!(unit.code.parse(), Ok(unit.id));
            assert_eq!(table().resolve(&unit.symbol), Ok(unit.id), "a symbol is never the code of another unit");
        }
        assert!("kg".parse::<UnitId>().is_err());
    }

    #[test]
    fn a_broken_table_is_refused_with_its_line() {
        for (from, to, line, problem) in [
            ("\nG,", "\nKG,", 3, "code KG stands twice"),
            (",gram,g,", ",gram,KG,", 3, "symbol \"KG\" is empty or stands twice"),
            ("KG,0.001,", "KG,0.0000001,", 3, "factor \"0.0000001\" is not a number above zero"),
            ("KG,0.001,", "KG,0,", 3, "factor \"0\" is not a number above zero"),
            ("KG,0.001,fixed", "KG,,fixed", 3, "a factor is needed, except for a unit that depends on the product"),
            ("KG,0.001,", ",0.001,", 3, "a factor without a base"),
            ("KG,0.001,", "LB,0.001,", 3, "base LB is not a unit"),
            ("KG,0.001,", "TAN,0.001,", 3, "TAN is not a base of the dimension mass"),
            ("KG,0.001,", "L,0.001,", 3, "L is not a base of the dimension mass"),
            ("KG,0.001,", "PERSON,0.001,", 3, "PERSON is not a base of the dimension mass"),
            ("g,GRM,rec20", "g,,rec20", 3, "UN/ECE code and its source \"rec20\" do not agree"),
        ] {
            let error = Units::parse(&CSV.replacen(from, to, 1)).unwrap_err();
            assert_eq!((error.line, error.problem.as_str()), (line, problem), "{from:?} -> {to:?}");
        }
    }
}
