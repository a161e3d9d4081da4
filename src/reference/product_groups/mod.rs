//! OCOP product groups of the decisions of 2019, 2023 and 2026, and which group of 2026 each became.
//!
//! The decisions give labels (I / 1 / a); the dotted codes are ours and are shown as ours. The codes of 2023 and 2026
//! are written alike, so that a code means a group only together with its decision; those of 2019 begin with N.

mod load;

use std::{fmt, str::FromStr};

use chrono::NaiveDate;

use super::{UnknownKey, reference};

pub(super) const CSV: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/reference/ocop_product_groups.csv"));
/// The decision whose groups all others are mapped to.
const RULE_2026: &str = "QD26-2026";

text_id!(
    /// A product group of one decision; its text form is decision and code, `QD26-2026/I.2.a`.
    GroupId,
    "OCOP product group: the decision and the dotted code of this service.",
    "QD26-2026/I.2.a"
);

/// A decision of the Prime Minister that lists product groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Our key, `QD26-2026`.
    pub id: String,
    /// Number and date, with those of its amendments.
    pub no: String,
    /// First day.
    pub effective_from: NaiveDate,
    /// Last day on which it still applies to somebody; `None` while it does.
    pub effective_to: Option<NaiveDate>,
}

/// One product group of one decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductGroup {
    /// Its key.
    pub id: GroupId,
    /// Key of the decision.
    pub rule_id: String,
    /// Number and date of the decision.
    pub rule_no: String,
    /// First day of the decision.
    pub effective_from: NaiveDate,
    /// Last day of the decision.
    pub effective_to: Option<NaiveDate>,
    /// 1 for a top group, 2 below it, 3 for a subgroup.
    pub level: u8,
    /// Our dotted code, unique within the decision.
    pub code: String,
    /// The label in the decision.
    pub official_label: String,
    /// The group above; `None` for a top group.
    pub parent: Option<GroupId>,
    /// Number of the set of criteria, 1 to 26, only where products are scored.
    pub criteria_set_no: Option<u8>,
    /// Vietnamese name.
    pub name_vi: String,
    /// English name, our translation.
    pub name_en: String,
    /// Ministries in charge, in Vietnamese.
    pub managing_agency: Option<String>,
    /// Whether samples are handed in; said only by the decision of 2026, and only where products are scored.
    pub sample_required: Option<bool>,
    /// The group of 2026 it became; itself in 2026, `None` where nothing followed.
    pub maps_to_2026: Option<GroupId>,
    /// `high`, `medium` or `low`.
    pub certainty: String,
    /// Remark.
    pub note: Option<String>,
}

/// Why no product group could be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupError {
    /// No decision has this code.
    Unknown {
        /// The text as it came.
        input: String,
        /// Text forms of what would be right: the groups beside the wrong one, or the top groups.
        allowed: Vec<String>,
    },
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Unknown { input, allowed } = self;
        write!(f, "no OCOP product group {input:?}; allowed here: {}", allowed.join(", "))
    }
}

impl std::error::Error for GroupError {}

/// The table of product groups.
#[derive(Debug)]
pub struct ProductGroups {
    all: Vec<ProductGroup>,
    /// Oldest first.
    rules: Vec<Rule>,
}

impl ProductGroups {
    /// The row of an id.
    pub fn get(&self, id: GroupId) -> &ProductGroup {
        // INVARIANT: only this table makes ids, and every loaded table is the same.
        match self.all.get(usize::from(id.0)) {
            Some(group) => group,
            None => unreachable!("product group id {} is not a row", id.0),
        }
    }

    /// Every group of every decision, in the order of the file.
    pub fn all(&self) -> &[ProductGroup] {
        &self.all
    }

    /// The decisions, oldest first.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The decision under which a product is scored on `day`; `None` before the programme.
    ///
    /// Decisions overlap: the one of 2023 still ends old cases until 20 July 2026, while that of 2026 governs from
    /// 22 May. The one that began last counts.
    pub fn rule_on(&self, day: NaiveDate) -> Option<&Rule> {
        let has_ended = |rule: &Rule| rule.effective_to.is_some_and(|last_day| last_day < day);
        self.rules.iter().rev().find(|rule| rule.effective_from <= day && !has_ended(rule))
    }

    /// The group that a person means by `input` on `day`, in upper or lower case.
    ///
    /// A code alone ("I.2.a") belongs to the decision of the day, or else to the newest one that has it. A code with its
    /// decision ("QD26-2026/I.2.a") needs no day.
    ///
    /// # Errors
    /// [`GroupError::Unknown`] with what would be right.
    pub fn resolve(&self, input: &str, day: NaiveDate) -> Result<GroupId, GroupError> {
        let (rule, code) = match input.trim().split_once('/') {
            Some((rule, code)) => (Some(rule.trim()), code.trim()),
            None => (None, input.trim()),
        };
        let searched: Vec<&str> = match rule {
            Some(rule) => vec![rule],
            None => self.rules_by_rank(day).collect(),
        };
        let found = searched.iter().find_map(|rule| self.by_code_in_any_case(rule, code));
        found.ok_or_else(|| {
            let known = searched.iter().copied().find(|rule| self.has_rule(rule));
            let rule = known.or_else(|| self.rules_by_rank(day).next()).unwrap_or(RULE_2026);
            GroupError::Unknown { input: input.to_owned(), allowed: self.allowed_instead_of(rule, code) }
        })
    }

    /// The decision of the day, then the others from the newest.
    fn rules_by_rank(&self, day: NaiveDate) -> impl Iterator<Item = &str> {
        let governing = self.rule_on(day).map(|rule| rule.id.as_str());
        let others = self.rules.iter().rev().map(|rule| rule.id.as_str());
        governing.into_iter().chain(others.filter(move |rule| Some(*rule) != governing))
    }

    fn has_rule(&self, id: &str) -> bool {
        self.rules.iter().any(|rule| rule.id.eq_ignore_ascii_case(id))
    }

    /// What could have been meant by a wrong code: the children of the longest beginning of it that is right.
    fn allowed_instead_of(&self, rule: &str, code: &str) -> Vec<String> {
        let mut beginning = code;
        let parent = loop {
            let Some((shorter, _)) = beginning.rsplit_once('.') else { break None };
            beginning = shorter;
            let found = self.by_code_in_any_case(rule, beginning);
            // A group without children has nothing to offer below it.
            if found.is_some_and(|found| self.all.iter().any(|group| group.parent == Some(found))) {
                break found;
            }
        };
        let beside = self.all.iter().filter(|group| group.rule_id.eq_ignore_ascii_case(rule) && group.parent == parent);
        beside.map(full_code).collect()
    }

    /// The group of 2026 that this one became; itself for a group of 2026, `None` where nothing followed.
    pub fn current(&self, id: GroupId) -> Option<GroupId> {
        self.get(id).maps_to_2026
    }

    /// The group of the decision of 2026 with exactly this code.
    pub fn of_2026(&self, code: &str) -> Option<GroupId> {
        self.by_code(RULE_2026, code)
    }

    /// The groups in which a product belongs to `id`, whatever decision it was registered under; sorted, `id` among
    /// them.
    ///
    /// These are the groups below `id` and the groups of the other decisions with the same counterpart of 2026. A
    /// counterpart counts only when it came from these groups alone: processed meat of 2019 became half of a group of
    /// 2023, and a search for it must not find the fish in the other half.
    pub fn descendants(&self, id: GroupId) -> Vec<GroupId> {
        let below: Vec<&ProductGroup> = self.all.iter().filter(|group| self.is_within(group.id, id)).collect();
        let counterparts: Vec<GroupId> =
            below.iter().filter_map(|group| group.maps_to_2026).filter(|counterpart| self.came_alone_from(*counterpart, id)).collect();
        let other_decisions =
            self.all.iter().filter(|group| group.maps_to_2026.is_some_and(|counterpart| counterparts.contains(&counterpart)));
        let mut found: Vec<GroupId> = below.iter().copied().chain(other_decisions).map(|group| group.id).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether no group beside `id` in its decision became `counterpart`. A group above `id` says nothing new.
    fn came_alone_from(&self, counterpart: GroupId, id: GroupId) -> bool {
        let rule = &self.get(id).rule_id;
        let mut sources = self.all.iter().filter(|group| group.rule_id == *rule && group.maps_to_2026 == Some(counterpart));
        sources.all(|source| self.is_within(source.id, id) || self.is_within(id, source.id))
    }

    /// Whether `id` is `above` or below it in its decision.
    fn is_within(&self, id: GroupId, above: GroupId) -> bool {
        let mut group = Some(id);
        while let Some(id) = group {
            if id == above {
                return true;
            }
            group = self.get(id).parent;
        }
        false
    }

    fn by_code(&self, rule: &str, code: &str) -> Option<GroupId> {
        self.all.iter().find(|group| group.rule_id == rule && group.code == code).map(|group| group.id)
    }

    fn by_code_in_any_case(&self, rule: &str, code: &str) -> Option<GroupId> {
        let meant = |group: &&ProductGroup| group.rule_id.eq_ignore_ascii_case(rule) && group.code.eq_ignore_ascii_case(code);
        self.all.iter().find(meant).map(|group| group.id)
    }
}

fn full_code(group: &ProductGroup) -> String {
    format!("{}/{}", group.rule_id, group.code)
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&full_code(reference().product_groups.get(*self)))
    }
}

impl FromStr for GroupId {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, UnknownKey> {
        text.split_once('/')
            .and_then(|(rule, code)| reference().product_groups.by_code(rule, code))
            .ok_or_else(|| UnknownKey::new("product group", text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> &'static ProductGroups {
        &reference().product_groups
    }

    fn id(text: &str) -> GroupId {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn descendants(text: &str) -> Vec<String> {
        table().descendants(id(text)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_decision_that_began_last_governs() {
        let rule_on = |text: &str| table().rule_on(day(text)).map(|rule| rule.id.as_str());
        assert_eq!(rule_on("2019-08-20"), None);
        assert_eq!(rule_on("2019-08-21"), Some("QD1048-2019"));
        assert_eq!(rule_on("2023-02-23"), Some("QD1048-2019"));
        assert_eq!(rule_on("2023-02-24"), Some("QD148-2023"));
        assert_eq!(rule_on("2026-05-21"), Some("QD148-2023"));
        assert_eq!(rule_on("2026-05-22"), Some("QD26-2026"), "though 148 ends old cases until 20 July");
        assert_eq!(rule_on("2026-11-23"), Some("QD26-2026"));
        let ids: Vec<&str> = table().rules().iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(ids, ["QD1048-2019", "QD148-2023", "QD26-2026"]);
    }

    #[test]
    fn a_row_carries_its_columns() {
        let rice = table().get(id("QD26-2026/I.2.a"));
        assert_eq!(rice.rule_no, "26/2026/QĐ-TTg (22/5/2026)");
        assert_eq!((rice.level, rice.official_label.as_str(), rice.criteria_set_no), (3, "a", Some(3)));
        assert_eq!(rice.parent, Some(id("QD26-2026/I.2")));
        assert_eq!(rice.name_vi, "Gạo, ngũ cốc, hạt sơ chế khác");
        assert_eq!(rice.managing_agency.as_deref(), Some("Bộ Nông nghiệp và Môi trường"));
        assert_eq!(rice.sample_required, Some(true));
        assert_eq!(table().get(id("QD26-2026/VI.1")).sample_required, Some(false), "tourism has no samples");
        assert_eq!(table().get(id("QD148-2023/I.2.a")).sample_required, None);
    }

    #[test]
    fn each_decision_scores_26_sets_of_criteria() {
        for rule in table().rules() {
            let sets = table().all().iter().filter(|group| group.rule_id == rule.id);
            let mut numbers: Vec<u8> = sets.filter_map(|group| group.criteria_set_no).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, (1..=26).collect::<Vec<u8>>(), "{}", rule.id);
        }
    }

    #[test]
    fn a_code_belongs_to_the_decision_of_the_day_or_to_the_newest_that_has_it() {
        let resolved = |input: &str, text: &str| table().resolve(input, day(text)).unwrap().to_string();
        assert_eq!(resolved("I.2.a", "2026-11-23"), "QD26-2026/I.2.a");
        assert_eq!(resolved("I.2.a", "2024-01-01"), "QD148-2023/I.2.a");
        assert_eq!(resolved("I.2.a", "2020-10-27"), "QD26-2026/I.2.a", "the decision of 2019 has no such code");
        assert_eq!(resolved("N1.2.a", "2026-11-23"), "QD1048-2019/N1.2.a");
        assert_eq!(resolved(" qd148-2023/i.2.A ", "2026-11-23"), "QD148-2023/I.2.a");
    }

    #[test]
    fn an_unknown_code_comes_with_what_would_be_right() {
        let allowed = |input: &str, text: &str| {
            let GroupError::Unknown { input: repeated, allowed } = table().resolve(input, day(text)).unwrap_err();
            assert_eq!(repeated, input);
            allowed
        };
        assert_eq!(allowed("I.2.z", "2026-11-23"), ["QD26-2026/I.2.a", "QD26-2026/I.2.b"]);
        assert_eq!(allowed("IV.1.a", "2024-01-01"), ["QD148-2023/IV.1", "QD148-2023/IV.2"]);
        let top = ["I", "II", "III", "IV", "V", "VI"].map(|code| format!("QD26-2026/{code}"));
        assert_eq!(allowed("gạo", "2026-11-23"), top);
        assert_eq!(allowed("QD99-2099/I", "2026-11-23"), top);
        assert_eq!(allowed("", "2026-11-23"), top);
        assert_eq!(allowed("I.9", "2020-10-27").len(), 6, "the top groups of 2019");
    }

    #[test]
    fn old_groups_lead_to_those_of_2026() {
        for (old, new) in [
            ("QD1048-2019/N1.2.a", Some("QD26-2026/I.2.a")),
            ("QD1048-2019/N1.3.e", Some("QD26-2026/I.3.d")),
            ("QD1048-2019/N4.1.a", Some("QD26-2026/IV.2")),
            ("QD1048-2019/N5.2", Some("QD26-2026/IV.1")),
            ("QD1048-2019/N3.3.a", None),
            ("QD148-2023/VI.1", Some("QD26-2026/VI.1")),
            ("QD26-2026/V.3", Some("QD26-2026/V.3")),
        ] {
            assert_eq!(table().current(id(old)), new.map(id), "{old}");
        }
    }

    #[test]
    fn a_group_is_searched_under_all_decisions() {
        let raw_food = [
            "QD1048-2019/N1.2",
            "QD1048-2019/N1.2.a",
            "QD1048-2019/N1.2.b",
            "QD148-2023/I.2",
            "QD148-2023/I.2.a",
            "QD148-2023/I.2.b",
            "QD26-2026/I.2",
            "QD26-2026/I.2.a",
            "QD26-2026/I.2.b",
        ];
        for same in ["QD1048-2019/N1.2", "QD148-2023/I.2", "QD26-2026/I.2"] {
            assert_eq!(descendants(same), raw_food, "{same}");
        }
        assert_eq!(descendants("QD26-2026/I.6"), ["QD1048-2019/N1.6", "QD1048-2019/N1.6.a", "QD148-2023/I.6", "QD26-2026/I.6"]);
        assert_eq!(descendants("QD26-2026/V.3"), ["QD148-2023/V.3", "QD26-2026/V.3"]);
    }

    #[test]
    fn a_part_of_a_later_group_does_not_find_the_rest_of_it() {
        assert_eq!(descendants("QD1048-2019/N1.3.d"), ["QD1048-2019/N1.3.d"], "meat without fish");
        assert_eq!(descendants("QD26-2026/I.3.d"), ["QD1048-2019/N1.3.d", "QD1048-2019/N1.3.e", "QD148-2023/I.3.d", "QD26-2026/I.3.d"]);
        // Garments of 2019 are all of IV.2 and only a part of IV.
        assert_eq!(
            descendants("QD1048-2019/N4"),
            ["QD1048-2019/N4", "QD1048-2019/N4.1", "QD1048-2019/N4.1.a", "QD148-2023/IV.2", "QD26-2026/IV.2"]
        );
        assert_eq!(descendants("QD1048-2019/N3.3"), ["QD1048-2019/N3.3", "QD1048-2019/N3.3.a"]);
    }

    #[test]
    fn the_text_form_is_read_back_exactly() {
        for group in table().all() {
            assert_eq!(group.id.to_string().parse(), Ok(group.id));
            assert!(table().descendants(group.id).contains(&group.id));
        }
        for wrong in ["I.2.a", "qd26-2026/I.2.a", "QD26-2026/", "QD26-2026/N1", ""] {
            assert!(wrong.parse::<GroupId>().is_err(), "{wrong}");
        }
    }
}
