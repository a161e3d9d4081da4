//! Reference data: provinces over time, OCOP groups of three decisions, kinds of certificate, units, retail systems,
//! synonyms.
//!
//! The tables are CSV files compiled into the program and checked as a whole by [`Reference::load`], so that a running
//! service has either all of them or has refused to start. They never change while it runs; what changes the law
//! changes a file and a release.
//!
//! An id is a row of a table and has a readable text form (`94@2008-08-01`, `QD26-2026/I.2.a`, `KG`). Only the text form
//! leaves the process: the number inside is the place in a file and means nothing to the next release.
//!
//! Nothing here reads the clock, the disk or the database. Days are arguments.

use std::{fmt, sync::LazyLock};

use serde::de::DeserializeOwned;

use crate::text::fold;

/// A row of a table: a number inside, its text form everywhere else (JSON, database, URL, API document).
///
/// The caller supplies `Display` and `FromStr`.
macro_rules! text_id {
    ($(#[$attribute:meta])* $name:ident, $description:literal, $example:literal) => {
        $(#[$attribute])*
        #[derive(Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
        #[diesel(sql_type = diesel::sql_types::Text)]
        pub struct $name(pub(in crate::reference) u16);

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some($description))
                    .examples([$example])
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

mod certificate_kinds;
mod columns;
pub mod http;
mod product_groups;
mod provinces;
mod retail_systems;
mod rows;
mod synonyms;
pub mod texts;
mod units;
pub mod views;

pub use certificate_kinds::{CertificateKind, CertificateKindId, CertificateKinds, SubjectKind};
pub use product_groups::{GroupError, GroupId, ProductGroup, ProductGroups, Rule};
pub use provinces::{Province, ProvinceError, ProvinceId, ProvinceKind, Provinces};
pub use retail_systems::{RetailSystem, RetailSystems};
pub use synonyms::{Certainty, Direction, OtherSense, Region, Synonym, Synonyms};
pub use units::{FactorKind, Unit, UnitError, UnitId, Units};

/// All reference tables, checked against each other.
#[derive(Debug)]
pub struct Reference {
    /// Province-level units since 2008, with what became of each.
    pub provinces: Provinces,
    /// OCOP product groups of the decisions of 2019, 2023 and 2026.
    pub product_groups: ProductGroups,
    /// Papers which buyers or the law ask for.
    pub certificate_kinds: CertificateKinds,
    /// Units of measure and packages.
    pub units: Units,
    /// Retail systems, wholesale markets, distributors, e-commerce sites.
    pub retail_systems: RetailSystems,
    /// Words for one thing, and phrases in which a word means another.
    pub synonyms: Synonyms,
}

impl Reference {
    /// Reads and checks the tables that are compiled into the program.
    ///
    /// # Errors
    /// [`ReferenceError`] for the first row that contradicts itself, another row or another table.
    pub fn load() -> Result<Self, ReferenceError> {
        let provinces = Provinces::parse(provinces::CSV)?;
        let product_groups = ProductGroups::parse(product_groups::CSV)?;
        let certificate_kinds = CertificateKinds::parse(certificate_kinds::CSV, &product_groups)?;
        let units = Units::parse(units::CSV)?;
        let retail_systems = RetailSystems::parse(retail_systems::CSV, &provinces)?;
        let synonyms = Synonyms::parse(synonyms::SYNONYMS_CSV, synonyms::OTHER_SENSES_CSV, synonyms::TRADE_WORDS_CSV)?;
        Ok(Self { provinces, product_groups, certificate_kinds, units, retail_systems, synonyms })
    }
}

/// The tables of this process, read at the first call.
///
/// `main` calls [`Reference::load`] before it serves anything and stops on an error; the files are compiled in, so that
/// the same reading cannot fail later.
pub fn reference() -> &'static Reference {
    static TABLES: LazyLock<Reference> = LazyLock::new(|| match Reference::load() {
        Ok(tables) => tables,
        Err(error) => unreachable!("main has loaded the same tables before: {error}"),
    });
    &TABLES
}

/// Why the reference tables cannot be used: a file, a line in it, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceError {
    /// Name of the CSV file.
    pub file: &'static str,
    /// Line in that file, 1 for the header.
    pub line: u64,
    /// What is wrong, for the person who edits the file.
    pub problem: String,
}

impl ReferenceError {
    fn new(file: &'static str, line: u64, problem: impl fmt::Display) -> Self {
        Self { file, line, problem: problem.to_string() }
    }
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reference/{}, line {}: {}", self.file, self.line, self.problem)
    }
}

impl std::error::Error for ReferenceError {}

/// A text that is the exact key of no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownKey {
    /// What the key should name, in English: "province", "unit".
    pub what: &'static str,
    /// The text as it came.
    pub input: String,
}

impl UnknownKey {
    fn new(what: &'static str, input: &str) -> Self {
        Self { what, input: input.to_owned() }
    }
}

impl fmt::Display for UnknownKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not the key of a {}", self.input, self.what)
    }
}

impl std::error::Error for UnknownKey {}

/// A row with its id and the line where it stands.
struct Line<Row> {
    number: u64,
    id: u16,
    row: Row,
}

/// The rows of a CSV text, numbered from zero in the order of the file.
fn lines<Row: DeserializeOwned>(file: &'static str, text: &str) -> Result<Vec<Line<Row>>, ReferenceError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| ReferenceError::new(file, 1, error))?.clone();
    let mut lines = Vec::new();
    // INVARIANT: the id of a row is its place in the table; 65 536 rows are more than any of these lists can have.
    for (id, record) in (0_u16..).zip(reader.records()) {
        let record = record.map_err(|error| {
            let number = error.position().map_or(0, csv::Position::line);
            ReferenceError::new(file, number, error)
        })?;
        let number = record.position().map_or(0, csv::Position::line);
        let row = record.deserialize(Some(&headers)).map_err(|error| ReferenceError::new(file, number, error))?;
        lines.push(Line { number, id, row });
    }
    Ok(lines)
}

/// The parts of a cell which holds a list.
fn list(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('|').map(str::trim).filter(|part| !part.is_empty())
}

/// A decimal number as an exact integer of units of 10^-`decimals`; `None` when it is no such number or has more
/// decimals than that.
fn exact_decimal(text: &str, decimals: usize) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let only_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !only_digits(whole) || !only_digits(fraction) || fraction.len() > decimals {
        return None;
    }
    format!("{whole}{fraction:0<decimals$}").parse().ok()
}

/// Up to three of `candidates` whose search key is nearest to that of `input`, nearest first, none that is far.
fn nearest<'a>(input: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<String> {
    // Longer than any name here. Comparing costs the product of both lengths, and the input may be anything.
    const LONGEST_COMPARED: usize = 60;

    let wanted: Vec<char> = fold(input).chars().collect();
    if wanted.is_empty() || wanted.len() > LONGEST_COMPARED {
        return Vec::new();
    }
    // A slip in every third letter still is a slip; more is another word.
    let farthest = (wanted.len() / 3).max(1);
    let mut near: Vec<(usize, &str)> = candidates
        .map(|candidate| (edit_distance(&wanted, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= farthest)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, candidate)| candidate.to_owned()).collect()
}

/// Letters to insert, delete or replace to turn one word into the other (Levenshtein).
fn edit_distance(from: &[char], to: &str) -> usize {
    let mut costs: Vec<usize> = (0..=from.len()).collect();
    for (row, target) in to.chars().enumerate() {
        let mut diagonal = row;
        let mut left = row + 1;
        let mut next = vec![left];
        for (letter, above) in from.iter().zip(costs.iter().skip(1)) {
            let replaced = diagonal + usize::from(*letter != target);
            left = replaced.min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        costs = next;
    }
    costs.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_tables_load_with_all_their_rows() {
        let tables = Reference::load().unwrap();
        assert_eq!(tables.provinces.all().len(), 100);
        assert_eq!(tables.product_groups.all().len(), 126);
        assert_eq!(tables.certificate_kinds.all().len(), 39);
        assert_eq!(tables.units.all().len(), 52);
        assert_eq!(tables.retail_systems.all().len(), 39);
        assert_eq!(tables.synonyms.all().len(), 437);
        assert_eq!(tables.synonyms.other_senses().len(), 220);
        assert_eq!(tables.synonyms.trade_words().len(), 43);
    }

    #[test]
    fn an_error_names_file_line_and_problem() {
        let error = ReferenceError::new("units.csv", 7, "no factor");
        assert_eq!(error.to_string(), "reference/units.csv, line 7: no factor");
    }

    #[test]
    fn decimals_are_read_exactly_or_not_at_all() {
        assert_eq!(exact_decimal("0.001", 6), Some(1_000));
        assert_eq!(exact_decimal("1000", 6), Some(1_000_000_000));
        assert_eq!(exact_decimal("105.7", 2), Some(10_570));
        for wrong in ["", ".5", "-1", "+1", "1e3", "1,5", "1.234", "1.2.3"] {
            assert_eq!(exact_decimal(wrong, 2), None, "{wrong}");
        }
    }

    #[test]
    fn the_distance_of_words_is_counted_in_letters() {
        let distance = |from: &str, to: &str| edit_distance(&from.chars().collect::<Vec<_>>(), to);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("soc trag", "soc trang"), 1);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn suggestions_are_near_and_at_most_three() {
        let names = ["Cà Mau", "Cần Thơ", "Sóc Trăng"];
        assert_eq!(nearest("Can Thu", names.into_iter()), ["Cần Thơ"]);
        assert!(nearest("Paris", names.into_iter()).is_empty());
        assert!(nearest("", names.into_iter()).is_empty());
        assert_eq!(nearest("aa", ["ab", "ac", "ad", "ae", "ab"].into_iter()), ["ab", "ac", "ad"]);
        assert!(nearest(&"a".repeat(10_000), names.into_iter()).is_empty());
    }
}
