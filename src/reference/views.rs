//! Reference rows as they stand inside other records.

use super::{GroupId, ProvinceId, reference};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A province-level unit: never its code or name alone, since seven codes changed their name in 2025.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProvinceUnit {
    /// Code and first day of the unit: its key.
    #[schema(value_type = String, example = "94@2008-08-01")]
    pub id: String,
    /// Official two digits.
    #[schema(example = "94")]
    pub code: String,
    /// First day of the unit.
    pub valid_from: NaiveDate,
    /// Full name.
    #[schema(example = "Tỉnh Sóc Trăng")]
    pub name: String,
}

/// A unit as recorded, with the one that holds its place on the day asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProvinceView {
    /// The unit of the record's day.
    #[serde(flatten)]
    pub unit: ProvinceUnit,
    /// The unit in its place on the day asked, when that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<ProvinceUnit>,
}

impl From<ProvinceId> for ProvinceUnit {
    fn from(id: ProvinceId) -> Self {
        let province = reference().provinces.get(id);
        Self { id: id.as_str().to_owned(), code: province.code.clone(), valid_from: province.valid_from, name: province.name.clone() }
    }
}

impl ProvinceView {
    /// The unit `id` with what it is on `as_of`.
    pub fn new(id: ProvinceId, as_of: NaiveDate) -> Self {
        let then = reference().provinces.as_of(id, as_of);
        Self { unit: id.into(), successor: (then != id).then(|| then.into()) }
    }
}

/// A product group under the decision it was chosen by, with its counterpart of 2026.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupView {
    /// Decision and code: its key.
    #[schema(example = "QD1048-2019/N1.2.a")]
    pub id: String,
    /// The code, a dotted join of the decision's labels; ours, not the decision's.
    #[schema(example = "N1.2.a")]
    pub code: String,
    /// Vietnamese name.
    pub name: String,
    /// English name; our translation.
    pub name_en: String,
    /// Code of the counterpart under Decision 26/2026, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "I.2.a")]
    pub code_2026: Option<String>,
}

impl From<GroupId> for GroupView {
    fn from(id: GroupId) -> Self {
        let groups = &reference().product_groups;
        let group = groups.get(id);
        Self {
            id: id.as_str().to_owned(),
            code: group.code.clone(),
            name: group.name_vi.clone(),
            name_en: group.name_en.clone(),
            code_2026: groups.current(id).map(|current| groups.get(current).code.clone()),
        }
    }
}
