//! Papers that buyers or the law ask for: OCOP, food safety, good farming practice, organic, origin and so on.
//!
//! The months of validity are what a form may propose. They are never a reason to compute an end over the one printed
//! on the paper.

use std::{fmt, str::FromStr};

use serde::Deserialize;

use super::{GroupId, Line, ProductGroups, ReferenceError, UnknownKey, lines, list, reference};

const FILE: &str = "certifications.csv";
pub(super) const CSV: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/reference/certifications.csv"));
const ISSUING_KINDS: [&str; 7] =
    ["state_authority", "certification_body", "self_declared", "ip_registration", "test_lab", "participatory", "retail_programme"];
const DEMAND_KINDS: [&str; 4] = ["legal", "market", "export", "programme"];

text_id!(
    /// A kind of certificate; its text form is our code, `VIETGAP`.
    CertificateKindId,
    "Kind of certificate, by the code of this service.",
    "VIETGAP"
);

crate::db::text_enum! {
    /// What a certificate speaks about.
    SubjectKind {
        /// One product.
        Product = "product",
        /// A place where goods are made or packed.
        Facility = "facility",
        /// Land, herd or pond.
        Farm = "farm",
        /// The firm, cooperative or household as a whole.
        Entity = "entity",
        /// A mark.
        Brand = "brand",
        /// A protected name of origin, which belongs to nobody alone.
        OriginName = "origin_name",
        /// A supply chain of several parties.
        Chain = "chain",
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One kind of certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateKind {
    /// Its key.
    pub id: CertificateKindId,
    /// Our code, the text form of the key.
    pub code: String,
    /// Vietnamese name.
    pub name_vi: String,
    /// English name.
    pub name_en: String,
    /// `state_authority`, `certification_body`, `self_declared`, `ip_registration`, `test_lab`, `participatory` or
    /// `retail_programme`.
    pub issuing_kind: String,
    /// Who issues it, in words.
    pub issuer_example: String,
    /// Usual months from issue to end; `None` when there is no fixed end. A default for a form, not a rule.
    pub validity_months: Option<u32>,
    /// What to know about the validity.
    pub validity_note: Option<String>,
    /// What it can speak about; never empty.
    pub attaches_to: Vec<SubjectKind>,
    /// The top groups of the decision of 2026 in which it is usual.
    pub applies_to_groups: Vec<GroupId>,
    /// Who asks for it: `legal`, `market`, `export` or `programme`.
    pub demand_kind: String,
    /// Law or scheme behind it.
    pub basis: String,
    /// `high`, `medium` or `low`.
    pub certainty: String,
}

/// The table of certificate kinds.
#[derive(Debug)]
pub struct CertificateKinds {
    all: Vec<CertificateKind>,
}

#[derive(Deserialize)]
struct Row {
    code: String,
    name_vi: String,
    name_en: String,
    issuing_kind: String,
    issuer_example: String,
    validity_months: Option<u32>,
    validity_note: Option<String>,
    attaches_to: String,
    applies_to_groups: String,
    demand_kind: String,
    basis: String,
    certainty: String,
}

impl CertificateKinds {
    pub(super) fn parse(text: &str, groups: &ProductGroups) -> Result<Self, ReferenceError> {
        let mut all: Vec<CertificateKind> = Vec::new();
        for Line { number, id, row } in lines::<Row>(FILE, text)? {
            if all.iter().any(|other| other.code.eq_ignore_ascii_case(&row.code)) {
                return Err(ReferenceError::new(FILE, number, format!("code {} stands twice", row.code)));
            }
            let kind = certificate_kind(CertificateKindId(id), row, groups);
            all.push(kind.map_err(|problem| ReferenceError::new(FILE, number, problem))?);
        }
        Ok(Self { all })
    }

    /// The row of an id.
    pub fn get(&self, id: CertificateKindId) -> &CertificateKind {
        // INVARIANT: only this table makes ids, and every loaded table is the same.
        match self.all.get(usize::from(id.0)) {
            Some(kind) => kind,
            None => unreachable!("certificate kind id {} is not a row", id.0),
        }
    }

    /// Every kind, in the order of the file.
    pub fn all(&self) -> &[CertificateKind] {
        &self.all
    }

    /// The kind with this code, in upper or lower case.
    ///
    /// # Errors
    /// [`UnknownKey`] when there is none.
    pub fn resolve(&self, code: &str) -> Result<CertificateKindId, UnknownKey> {
        let found = self.all.iter().find(|kind| kind.code.eq_ignore_ascii_case(code.trim()));
        found.map(|kind| kind.id).ok_or_else(|| UnknownKey::new("certificate kind", code))
    }
}

fn certificate_kind(id: CertificateKindId, row: Row, groups: &ProductGroups) -> Result<CertificateKind, String> {
    if !ISSUING_KINDS.contains(&row.issuing_kind.as_str()) {
        return Err(format!("unknown issuing kind {}", row.issuing_kind));
    }
    if !DEMAND_KINDS.contains(&row.demand_kind.as_str()) {
        return Err(format!("unknown demand kind {}", row.demand_kind));
    }
    let attaches_to = list(&row.attaches_to).map(str::parse).collect::<Result<Vec<SubjectKind>, _>>();
    let attaches_to = attaches_to.map_err(|()| format!("{} is attached to a subject of no known kind: {}", row.code, row.attaches_to))?;
    if attaches_to.is_empty() {
        return Err("attaches to nothing".to_owned());
    }
    let applies_to_groups = list(&row.applies_to_groups)
        .map(|code| groups.of_2026(code).ok_or_else(|| format!("{code} is not a group of 2026")))
        .collect::<Result<Vec<GroupId>, _>>()?;
    Ok(CertificateKind {
        id,
        code: row.code,
        name_vi: row.name_vi,
        name_en: row.name_en,
        issuing_kind: row.issuing_kind,
        issuer_example: row.issuer_example,
        validity_months: row.validity_months,
        validity_note: row.validity_note,
        attaches_to,
        applies_to_groups,
        demand_kind: row.demand_kind,
        basis: row.basis,
        certainty: row.certainty,
    })
}

impl fmt::Display for CertificateKindId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&reference().certificate_kinds.get(*self).code)
    }
}

impl FromStr for CertificateKindId {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, UnknownKey> {
        let found = reference().certificate_kinds.all.iter().find(|kind| kind.code == text);
        found.map(|kind| kind.id).ok_or_else(|| UnknownKey::new("certificate kind", text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> &'static CertificateKinds {
        &reference().certificate_kinds
    }

    #[test]
    fn a_row_carries_its_columns() {
        let ocop = table().get(table().resolve("ocop").unwrap());
        assert_eq!(ocop.name_vi, "Giấy chứng nhận sản phẩm OCOP");
        assert_eq!(ocop.validity_months, Some(36));
        assert_eq!(ocop.attaches_to, [SubjectKind::Product]);
        let groups: Vec<String> = ocop.applies_to_groups.iter().map(ToString::to_string).collect();
        let expected = ["I", "II", "III", "IV", "V", "VI"].map(|code| format!("QD26-2026/{code}"));
        assert_eq!(groups, expected);
        let origin = table().get(table().resolve(" Gi ").unwrap());
        assert_eq!((origin.validity_months, origin.attaches_to.as_slice()), (None, [SubjectKind::OriginName].as_slice()));
        let barcode = table().get("MSMV".parse().unwrap());
        assert_eq!(barcode.name_vi, "Giấy chứng nhận quyền sử dụng mã số, mã vạch");
    }

    #[test]
    fn the_text_form_is_read_back_exactly() {
        for kind in table().all() {
            assert_eq!(kind.id.to_string(), kind.code);
            assert_eq!(kind.code.parse(), Ok(kind.id));
        }
        assert!("vietgap".parse::<CertificateKindId>().is_err());
        assert!(table().resolve("VIETGAB").is_err());
    }

    #[test]
    fn subject_kinds_have_one_word_everywhere() {
        for kind in SubjectKind::WORDS.iter().filter_map(|word| word.parse::<SubjectKind>().ok()) {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert!("Product".parse::<SubjectKind>().is_err());
    }

    #[test]
    fn a_broken_table_is_refused_with_its_line() {
        for (from, to, problem) in [
            (",product,I|II", ",shop,I|II", "OCOP is attached to a subject of no known kind: shop"),
            (",product,I|II", ",,I|II", "attaches to nothing"),
            (",product,I|II", ",product,VII|II", "VII is not a group of 2026"),
            ("state_authority", "somebody", "unknown issuing kind somebody"),
            (",programme,", ",nobody,", "unknown demand kind nobody"),
        ] {
            let groups = &reference().product_groups;
            let error = CertificateKinds::parse(&CSV.replacen(from, to, 1), groups).unwrap_err();
            assert_eq!((error.line, error.problem.as_str()), (2, problem), "{from} -> {to}");
        }
    }
}
