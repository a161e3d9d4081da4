//! Reading the table of product groups, and the promises that the rest of the slice builds on.

use chrono::NaiveDate;
use serde::Deserialize;

use super::{GroupId, ProductGroup, ProductGroups, RULE_2026, Rule};
use crate::reference::{Line, ReferenceError, lines};

const FILE: &str = "ocop_product_groups.csv";

#[derive(Deserialize)]
struct Row {
    rule_id: String,
    rule_no: String,
    effective_from: NaiveDate,
    effective_to: Option<NaiveDate>,
    level: u8,
    code: String,
    official_label: String,
    parent_code: Option<String>,
    criteria_set_no: Option<u8>,
    name_vi: String,
    name_en: String,
    managing_agency_vi: Option<String>,
    sample_required: Option<String>,
    maps_to_2026_code: Option<String>,
    certainty: String,
    note: Option<String>,
}

impl ProductGroups {
    /// Reads the table: each code once in its decision, under a parent that exists, with a counterpart that exists.
    pub(in crate::reference) fn parse(text: &str) -> Result<Self, ReferenceError> {
        let rows = lines::<Row>(FILE, text)?;
        let mut table = Self { all: Vec::with_capacity(rows.len()), rules: Vec::new() };
        for Line { number, id, row } in &rows {
            let added = table.add(GroupId(*id), row);
            added.map_err(|problem| ReferenceError::new(FILE, *number, problem))?;
        }
        // The groups of 2026 stand last in the file, hence a second pass.
        for Line { number, id, row } in &rows {
            let linked = table.link_to_2026(GroupId(*id), row);
            linked.map_err(|problem| ReferenceError::new(FILE, *number, problem))?;
        }
        table.rules.sort_by_key(|rule| rule.effective_from);
        Ok(table)
    }

    fn add(&mut self, id: GroupId, row: &Row) -> Result<(), String> {
        self.add_rule(row)?;
        if self.by_code(&row.rule_id, &row.code).is_some() {
            return Err(format!("code {} stands twice in {}", row.code, row.rule_id));
        }
        let parent = match &row.parent_code {
            None => None,
            Some(code) => {
                let found = self.by_code(&row.rule_id, code);
                Some(found.ok_or_else(|| format!("parent {code} does not stand above its child"))?)
            }
        };
        let level_of_parent = parent.map_or(0, |parent| self.get(parent).level);
        if row.level != level_of_parent + 1 {
            return Err(format!("level {} under a parent of level {level_of_parent}", row.level));
        }
        let sample_required = match row.sample_required.as_deref() {
            None => None,
            Some("yes") => Some(true),
            Some("no") => Some(false),
            Some(other) => return Err(format!("sample_required is {other:?}, neither yes nor no")),
        };
        self.all.push(ProductGroup {
            id,
            rule_id: row.rule_id.clone(),
            rule_no: row.rule_no.clone(),
            effective_from: row.effective_from,
            effective_to: row.effective_to,
            level: row.level,
            code: row.code.clone(),
            official_label: row.official_label.clone(),
            parent,
            criteria_set_no: row.criteria_set_no,
            name_vi: row.name_vi.clone(),
            name_en: row.name_en.clone(),
            managing_agency: row.managing_agency_vi.clone(),
            sample_required,
            maps_to_2026: None,
            certainty: row.certainty.clone(),
            note: row.note.clone(),
        });
        Ok(())
    }

    fn add_rule(&mut self, row: &Row) -> Result<(), String> {
        let rule =
            Rule { id: row.rule_id.clone(), no: row.rule_no.clone(), effective_from: row.effective_from, effective_to: row.effective_to };
        if rule.effective_to.is_some_and(|last_day| last_day < rule.effective_from) {
            return Err("ends before it begins".to_owned());
        }
        match self.rules.iter().find(|known| known.id == rule.id) {
            None => self.rules.push(rule),
            Some(known) if *known == rule => {}
            Some(_) => return Err(format!("number or days of {} differ from the rows above", rule.id)),
        }
        Ok(())
    }

    fn link_to_2026(&mut self, id: GroupId, row: &Row) -> Result<(), String> {
        let target = match &row.maps_to_2026_code {
            None => None,
            Some(code) => Some(self.of_2026(code).ok_or_else(|| format!("{code} is not a group of {RULE_2026}"))?),
        };
        if row.rule_id == RULE_2026 && target != Some(id) {
            return Err("a group of 2026 is its own counterpart".to_owned());
        }
        if let Some(group) = self.all.get_mut(usize::from(id.0)) {
            group.maps_to_2026 = target;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::CSV;
    use super::*;

    #[test]
    fn a_broken_table_is_refused_with_its_line() {
        for (from, to, line, problem) in [
            (",2,N1.1,1,N1,", ",2,N1,1,N1,", 3, "code N1 stands twice in QD1048-2019"),
            (",2,N1.1,1,N1,", ",2,N1.1,1,N9,", 3, "parent N9 does not stand above its child"),
            (",2,N1.1,1,N1,", ",3,N1.1,1,N1,", 3, "level 3 under a parent of level 1"),
            (",I.1,medium", ",I.9,medium", 3, "I.9 is not a group of QD26-2026"),
            ("2023-02-23,2", "2023-02-22,2", 3, "number or days of QD1048-2019 differ from the rows above"),
        ] {
            let error = ProductGroups::parse(&CSV.replacen(from, to, 1)).unwrap_err();
            assert_eq!((error.line, error.problem.as_str()), (line, problem), "{from} -> {to}");
        }
        let error = ProductGroups::parse(&CSV.replacen("yes,I.1.a", "yes,I.1.b", 1)).unwrap_err();
        assert_eq!(error.problem, "a group of 2026 is its own counterpart");
        let error = ProductGroups::parse(&CSV.replacen("yes,I.1.a", "maybe,I.1.a", 1)).unwrap_err();
        assert_eq!(error.problem, "sample_required is \"maybe\", neither yes nor no");
    }
}
