//! Retail systems, wholesale markets, distributors and e-commerce sites, as public facts.
//!
//! None of them has joined anything: this is a list to choose from, never a list of partners.

use chrono::NaiveDate;
use serde::Deserialize;

use super::{Line, ProvinceId, Provinces, ReferenceError, UnknownKey, lines, list};

const FILE: &str = "retail_systems.csv";
pub(super) const CSV: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/reference/retail_systems.csv"));
const KINDS: [&str; 6] = ["supermarket", "retail_chain", "convenience_chain", "wholesale", "distributor", "ecommerce"];
/// The day of the founding event, for which the older of the two head-office columns holds.
const FOUNDING_DAY: Option<NaiveDate> = NaiveDate::from_ymd_opt(2020, 10, 27);

/// One retail system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetailSystem {
    /// Our code; the key.
    pub code: String,
    /// Name or brand.
    pub name: String,
    /// Firm that runs it.
    pub operator: String,
    /// `supermarket`, `retail_chain`, `convenience_chain`, `wholesale`, `distributor` or `ecommerce`.
    pub kind: String,
    /// Province of the head office as it was in 2020.
    pub hq_province_2020: ProvinceId,
    /// Province of the head office today.
    pub hq_province_current: ProvinceId,
    /// City of the head office, without accents.
    pub hq_city: String,
    /// Shop formats or sites.
    pub formats: Vec<String>,
    /// Countries of the owners, two letters each.
    pub owner_origin: Vec<String>,
    /// Remark.
    pub note: Option<String>,
    /// `press` or `recall`.
    pub source_kind: String,
    /// `high`, `medium` or `low`.
    pub certainty: String,
}

/// The table of retail systems.
#[derive(Debug)]
pub struct RetailSystems {
    all: Vec<RetailSystem>,
}

#[derive(Deserialize)]
struct Row {
    code: String,
    name: String,
    operator: String,
    kind: String,
    hq_province_code_2020: String,
    hq_province_code_current: String,
    hq_city: String,
    formats: String,
    owner_origin: String,
    note: Option<String>,
    source_kind: String,
    certainty: String,
}

impl RetailSystems {
    pub(super) fn parse(text: &str, provinces: &Provinces) -> Result<Self, ReferenceError> {
        let mut all: Vec<RetailSystem> = Vec::new();
        for Line { number, row, .. } in lines::<Row>(FILE, text)? {
            let wrong = |problem: String| ReferenceError::new(FILE, number, problem);
            if all.iter().any(|other| other.code.eq_ignore_ascii_case(&row.code)) {
                return Err(wrong(format!("code {} stands twice", row.code)));
            }
            if !KINDS.contains(&row.kind.as_str()) {
                return Err(wrong(format!("unknown kind {}", row.kind)));
            }
            let hq_province_2020 = FOUNDING_DAY
                .and_then(|day| provinces.by_code(&row.hq_province_code_2020, day))
                .ok_or_else(|| wrong(format!("no province had code {} in 2020", row.hq_province_code_2020)))?;
            let hq_province_current = provinces.current(hq_province_2020);
            if provinces.get(hq_province_current).code != row.hq_province_code_current {
                return Err(wrong(format!(
                    "province {hq} of 2020 does not lead to {current}",
                    hq = row.hq_province_code_2020,
                    current = row.hq_province_code_current
                )));
            }
            all.push(RetailSystem {
                code: row.code,
                name: row.name,
                operator: row.operator,
                kind: row.kind,
                hq_province_2020,
                hq_province_current,
                hq_city: row.hq_city,
                formats: list(&row.formats).map(str::to_owned).collect(),
                owner_origin: list(&row.owner_origin).map(str::to_owned).collect(),
                note: row.note,
                source_kind: row.source_kind,
                certainty: row.certainty,
            });
        }
        Ok(Self { all })
    }

    /// Every retail system, in the order of the file.
    pub fn all(&self) -> &[RetailSystem] {
        &self.all
    }

    /// The retail system with this code, in upper or lower case.
    ///
    /// # Errors
    /// [`UnknownKey`] when there is none.
    pub fn resolve(&self, code: &str) -> Result<&RetailSystem, UnknownKey> {
        self.all.iter().find(|system| system.code.eq_ignore_ascii_case(code.trim())).ok_or_else(|| UnknownKey::new("retail system", code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::reference;

    #[test]
    fn a_code_is_found_in_any_case() {
        let system = reference().retail_systems.resolve(" saigon_coop ").unwrap();
        assert_eq!(system.name, "Saigon Co.op");
        assert_eq!(system.formats.len(), 6);
        assert_eq!(system.hq_province_2020.to_string(), "79@2008-08-01");
        assert_eq!(system.hq_province_current.to_string(), "79@2025-07-01");
        assert!(reference().retail_systems.resolve("WALMART").is_err());
    }

    #[test]
    fn a_head_office_follows_its_province_into_the_new_list() {
        // Tứ Sơn of Châu Đốc: An Giang had code 89 in 2020 and has 91 today.
        let system = reference().retail_systems.resolve("TUSON").unwrap();
        assert_eq!(system.hq_province_2020.to_string(), "89@2008-08-01");
        assert_eq!(system.hq_province_current.to_string(), "91@2025-07-01");
    }

    #[test]
    fn a_wrong_head_office_is_refused_with_its_line() {
        let text = CSV.replacen("supermarket,79,79", "supermarket,79,92", 1);
        let error = RetailSystems::parse(&text, &reference().provinces).unwrap_err();
        assert_eq!((error.line, error.problem.as_str()), (2, "province 79 of 2020 does not lead to 92"));
    }
}
