//! Reading the table of provinces, and the promises that the rest of the slice builds on.

use chrono::{Days, NaiveDate};
use serde::Deserialize;

use super::{Province, ProvinceId, ProvinceKind, Provinces, name_key};
use crate::reference::{Line, ReferenceError, exact_decimal, lines, list};

const FILE: &str = "provinces.csv";

/// How a unit ends when the next one is the same territory under another name, rank or list.
const SAME_TERRITORY: [&str; 3] = ["unchanged", "renamed_and_reclassified", "reclassified_to_city"];

/// What people write instead of the short name, both as [`name_key`]s.
const ALIASES: [(&str, &str); 16] = [
    ("hcm", "hochiminh"),
    ("hcmc", "hochiminh"),
    ("saigon", "hochiminh"),
    ("sg", "hochiminh"),
    ("hn", "hanoi"),
    // Before 2025 "Huế" was the short way to say Thừa Thiên Huế; since then it is the name itself.
    ("hue", "thuathienhue"),
    ("tthue", "thuathienhue"),
    ("brvt", "bariavungtau"),
    ("baria", "bariavungtau"),
    ("vungtau", "bariavungtau"),
    ("daclac", "daklak"),
    ("daclak", "daklak"),
    ("darlac", "daklak"),
    ("dacnong", "daknong"),
    ("baccan", "backan"),
    ("contum", "kontum"),
];

#[derive(Deserialize)]
struct Row {
    list_edition: u8,
    code: String,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    unit_type: ProvinceKind,
    name_vi: String,
    short_name_vi: String,
    name_ascii: String,
    region_code: String,
    region_vi: String,
    subregion_code: Option<String>,
    lat: String,
    lon: String,
    successor_code: Option<String>,
    successor_valid_from: Option<NaiveDate>,
    current_code: String,
    change_kind: String,
    merged_from: String,
    legal_basis: String,
}

impl Provinces {
    /// Reads the table and checks all that the functions of this slice take for granted.
    pub(in crate::reference) fn parse(text: &str) -> Result<Self, ReferenceError> {
        let rows = lines::<Row>(FILE, text)?;
        let mut table = Self { all: Vec::with_capacity(rows.len()) };
        for Line { number, id, row } in &rows {
            let province = province(ProvinceId(*id), row).map_err(|problem| wrong(*number, problem))?;
            table.check_no_clash(&province).map_err(|problem| wrong(*number, problem))?;
            table.all.push(province);
        }
        for Line { number, id, row } in &rows {
            table.link(ProvinceId(*id), row).map_err(|problem| wrong(*number, problem))?;
        }
        for Line { number, id, row } in &rows {
            table.check_history(ProvinceId(*id), row).map_err(|problem| wrong(*number, problem))?;
        }
        Ok(table)
    }

    /// One day must not have two units of one code or of one name.
    fn check_no_clash(&self, new: &Province) -> Result<(), String> {
        let starts_within = |one: &Province, other: &Province| other.is_in_force(one.valid_from);
        let clash = self.all.iter().find(|old| {
            let same_name = old.keys.iter().any(|key| new.keys.contains(key));
            (old.code == new.code || same_name) && (starts_within(new, old) || starts_within(old, new))
        });
        clash.map_or(Ok(()), |old| Err(format!("{} {} has the code or name of {} at the same time", new.code, new.short_name, old.name)))
    }

    /// Sets successor and predecessors. A unit that ended has a successor which begins the day after, so that every
    /// chain of successors moves forward in time and ends at a unit of today.
    fn link(&mut self, id: ProvinceId, row: &Row) -> Result<(), String> {
        let successor = match (row.valid_to, &row.successor_code, row.successor_valid_from) {
            (None, None, None) => return Ok(()),
            (Some(last_day), Some(code), Some(first_day)) => {
                if last_day.checked_add_days(Days::new(1)) != Some(first_day) {
                    return Err(format!("ends on {last_day}, but its successor begins on {first_day}"));
                }
                self.by_key(code, first_day).ok_or_else(|| format!("successor {code}@{first_day} is not a row"))?
            }
            _ => return Err("an end and a successor belong together".to_owned()),
        };
        for province in &mut self.all {
            if province.id == id {
                province.successor = Some(successor);
            }
            if province.id == successor {
                province.predecessors.push(id);
            }
        }
        Ok(())
    }

    /// The columns that repeat what follows from the links must agree with them.
    fn check_history(&self, id: ProvinceId, row: &Row) -> Result<(), String> {
        let current = &self.get(self.current(id)).code;
        if *current != row.current_code {
            return Err(format!("current code is {}, but the successors lead to {current}", row.current_code));
        }
        let province = self.get(id);
        if let Some(successor) = province.successor {
            let alone = self.get(successor).predecessors.len() == 1;
            if alone != SAME_TERRITORY.contains(&row.change_kind.as_str()) {
                return Err(format!("{} contradicts the number of units that its successor comes from", row.change_kind));
            }
        }
        if province.predecessors.is_empty() {
            return Ok(());
        }
        let mut origins: Vec<&str> = self.origins(id).into_iter().map(|origin| origin.code.as_str()).collect();
        origins.sort_unstable();
        let merged_from: Vec<&str> = list(&row.merged_from).collect();
        if origins == merged_from {
            Ok(())
        } else {
            Err(format!("merged from {}, but the successors say {}", row.merged_from, origins.join("|")))
        }
    }

    /// The oldest units that ended in this one.
    fn origins(&self, id: ProvinceId) -> Vec<&Province> {
        let province = self.get(id);
        if province.predecessors.is_empty() {
            return vec![province];
        }
        province.predecessors.iter().flat_map(|predecessor| self.origins(*predecessor)).collect()
    }
}

fn wrong(line: u64, problem: String) -> ReferenceError {
    ReferenceError::new(FILE, line, problem)
}

/// One row without its links.
fn province(id: ProvinceId, row: &Row) -> Result<Province, String> {
    if row.code.len() != 2 || !row.code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("code {:?} is not two digits", row.code));
    }
    if row.valid_to.is_some_and(|last_day| last_day < row.valid_from) {
        return Err("ends before it begins".to_owned());
    }
    let key = name_key(&row.short_name_vi);
    if key.is_empty() || name_key(&row.name_vi) != key || name_key(&row.name_ascii) != key {
        return Err(format!("{:?}, {:?} and {:?} are not one name", row.name_vi, row.short_name_vi, row.name_ascii));
    }
    let aliases = ALIASES.iter().filter(|(_, meant)| *meant == key).map(|(alias, _)| (*alias).to_owned());
    Ok(Province {
        id,
        list_edition: row.list_edition,
        code: row.code.clone(),
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        unit_type: row.unit_type,
        name: row.name_vi.clone(),
        short_name: row.short_name_vi.clone(),
        name_ascii: row.name_ascii.clone(),
        region_code: row.region_code.clone(),
        region: row.region_vi.clone(),
        subregion_code: row.subregion_code.clone(),
        lat: hundredths(&row.lat).ok_or_else(|| format!("latitude {:?}", row.lat))?,
        lon: hundredths(&row.lon).ok_or_else(|| format!("longitude {:?}", row.lon))?,
        successor: None,
        change_kind: row.change_kind.clone(),
        predecessors: Vec::new(),
        legal_basis: row.legal_basis.clone(),
        keys: aliases.chain([key.clone()]).collect(),
    })
}

/// Hundredths of a degree north or east; Viet Nam has no other half of the globe.
fn hundredths(degrees: &str) -> Option<i32> {
    exact_decimal(degrees, 2).and_then(|hundredths| i32::try_from(hundredths).ok()).filter(|angle| *angle <= 18_000)
}
