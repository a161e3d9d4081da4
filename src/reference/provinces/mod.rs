//! Provinces and centrally run cities since 2008: which unit a name or code meant on a day, and what became of it.
//!
//! A code alone is no key: 15, 24, 44, 52, 80, 82 and 91 passed to a unit of another name on 1 July 2025. The key is
//! the code with the first day of the unit.
//!
//! A unit ends when its territory, name, code or rank changes, or when the official list is replaced. So two units can
//! be one territory (Hà Nội before and after the list of 2025), and that is so exactly when the later one has a single
//! predecessor; a merger has several. The loader checks this against the column `change_kind`.

mod load;
#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{UnknownKey, nearest, reference};
use crate::text::fold;

pub(super) const CSV: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/reference/provinces.csv"));

text_id!(
    /// A province-level unit during one span of time; its text form is the code and the first day, `94@2008-08-01`.
    ProvinceId,
    "Province-level unit: official code and the first day it was valid, since a code alone may have meant two units.",
    "94@2008-08-01"
);

/// Rank of a province-level unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProvinceKind {
    /// Province.
    Tinh,
    /// Centrally run city.
    ThanhPho,
}

/// One province-level unit during one span of time.
#[derive(Debug, Clone)]
pub struct Province {
    /// Its key.
    pub id: ProvinceId,
    /// Official list it stands in, by the number of its units: 63 or 34.
    pub list_edition: u8,
    /// Official two digits.
    pub code: String,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day; `None` while the unit exists.
    pub valid_to: Option<NaiveDate>,
    /// Province or city.
    pub unit_type: ProvinceKind,
    /// Full name, "Tỉnh Sóc Trăng".
    pub name: String,
    /// Name without the rank, "Sóc Trăng".
    pub short_name: String,
    /// Short name without accents, "Soc Trang".
    pub name_ascii: String,
    /// Code of the region in the regions of its list.
    pub region_code: String,
    /// Name of the region.
    pub region: String,
    /// Half of the central region in the list of 63.
    pub subregion_code: Option<String>,
    /// Latitude of the centroid, hundredths of a degree north (WGS84); good for distances, not for borders.
    pub lat: i32,
    /// Longitude of the centroid, hundredths of a degree east.
    pub lon: i32,
    /// The unit that follows; `None` while this one exists.
    pub successor: Option<ProvinceId>,
    /// How it ended, or how it began while it exists.
    pub change_kind: String,
    /// The units that ended in this one, sorted.
    pub predecessors: Vec<ProvinceId>,
    /// Where the law says so.
    pub legal_basis: String,
    /// What it can be called by; see [`name_key`].
    keys: Vec<String>,
}

impl Province {
    /// Whether the unit exists on `day`.
    pub fn is_in_force(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && !self.has_ended_by(day)
    }

    /// What else it is called, in letters alone: "saigon".
    pub fn other_names(&self) -> impl Iterator<Item = &str> {
        let own = name_key(&self.short_name);
        self.keys.iter().map(String::as_str).filter(move |key| *key != own)
    }

    fn has_ended_by(&self, day: NaiveDate) -> bool {
        self.valid_to.is_some_and(|last_day| last_day < day)
    }
}

/// Why no province could be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProvinceError {
    /// No unit has or had this code or name.
    Unknown {
        /// The text as it came.
        input: String,
        /// Up to three short names that are near.
        suggestions: Vec<String>,
    },
    /// What follows the `@` is not a day written as YYYY-MM-DD.
    BadDay {
        /// The text as it came.
        input: String,
    },
}

impl fmt::Display for ProvinceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { input, suggestions } if suggestions.is_empty() => {
                write!(f, "no province has or had the code or name {input:?}")
            }
            Self::Unknown { input, suggestions } => {
                write!(f, "no province has or had the code or name {input:?}; near: {}", suggestions.join(", "))
            }
            Self::BadDay { input } => write!(f, "the day after \"@\" in {input:?} is not a day as YYYY-MM-DD"),
        }
    }
}

impl std::error::Error for ProvinceError {}

/// The table of provinces, in the order of the file: the list of 63, then that of 34.
#[derive(Debug)]
pub struct Provinces {
    all: Vec<Province>,
}

impl Provinces {
    /// The row of an id.
    pub fn get(&self, id: ProvinceId) -> &Province {
        // INVARIANT: only this table makes ids, and every loaded table is the same.
        match self.all.get(usize::from(id.0)) {
            Some(province) => province,
            None => unreachable!("province id {} is not a row", id.0),
        }
    }

    /// Every unit of every time.
    pub fn all(&self) -> &[Province] {
        &self.all
    }

    /// The units that exist on `day`.
    pub fn in_force(&self, day: NaiveDate) -> impl Iterator<Item = &Province> {
        self.all.iter().filter(move |province| province.is_in_force(day))
    }

    /// The unit that has exactly this code on `day`.
    pub fn by_code(&self, code: &str, day: NaiveDate) -> Option<ProvinceId> {
        self.in_force(day).find(|province| province.code == code).map(|province| province.id)
    }

    /// The unit that a person means by `input` on `day`.
    ///
    /// `input` is a code ("94") or a name in any spelling, with or without the rank; "@YYYY-MM-DD" after it overrides
    /// `day`, so that the text form of an id resolves to that id. The unit in force on the day goes first. An officer
    /// may still write an old name or code: then it is the latest unit that had ended by that day. What is only known
    /// later gives the earliest unit after the day.
    ///
    /// # Errors
    /// [`ProvinceError::Unknown`] for a code or name of no time, [`ProvinceError::BadDay`] for a wrong day after "@".
    pub fn resolve(&self, input: &str, day: NaiveDate) -> Result<ProvinceId, ProvinceError> {
        let (name, day) = match input.split_once('@') {
            None => (input.trim(), day),
            Some((name, text)) => {
                let day = exact_day(text.trim()).ok_or_else(|| ProvinceError::BadDay { input: input.to_owned() })?;
                (name.trim(), day)
            }
        };
        self.meant_by(name, day).ok_or_else(|| ProvinceError::Unknown {
            input: input.to_owned(),
            suggestions: nearest(name, self.all.iter().map(|province| province.short_name.as_str())),
        })
    }

    fn meant_by(&self, name: &str, day: NaiveDate) -> Option<ProvinceId> {
        let key = name_key(name);
        let called_so: Vec<&Province> = self.all.iter().filter(|province| province.code == name || province.keys.contains(&key)).collect();
        let in_force = called_so.iter().find(|province| province.is_in_force(day));
        let ended = || {
            let before = called_so.iter().filter(|province| province.has_ended_by(day));
            before.max_by_key(|province| province.valid_from)
        };
        let to_come = || called_so.iter().min_by_key(|province| province.valid_from);
        in_force.or_else(ended).or_else(to_come).map(|province| province.id)
    }

    /// The unit in which the territory of `id` lies on `day`.
    ///
    /// For a later day, the unit that followed. For an earlier day, the unit before it as long as that was the same
    /// territory; a merged unit has no single unit before it and stays.
    pub fn as_of(&self, id: ProvinceId, day: NaiveDate) -> ProvinceId {
        let mut province = self.get(id);
        while let (true, Some(successor)) = (province.has_ended_by(day), province.successor) {
            province = self.get(successor);
        }
        while let (true, [only]) = (day < province.valid_from, province.predecessors.as_slice()) {
            province = self.get(*only);
        }
        province.id
    }

    /// The unit of today in which the territory of `id` lies.
    pub fn current(&self, id: ProvinceId) -> ProvinceId {
        let mut province = self.get(id);
        while let Some(successor) = province.successor {
            province = self.get(successor);
        }
        province.id
    }

    /// Every unit whose territory lies wholly in that of `id`, whatever the time; sorted, `id` among them.
    ///
    /// These are the units that ended in `id`, and the units after it as long as none was merged.
    pub fn closure(&self, id: ProvinceId) -> Vec<ProvinceId> {
        let mut latest = self.get(id);
        while let Some(next) = latest.successor.map(|successor| self.get(successor)) {
            if next.predecessors.len() > 1 {
                break;
            }
            latest = next;
        }
        let mut found = vec![latest.id];
        let mut unvisited = vec![latest];
        while let Some(province) = unvisited.pop() {
            found.extend(&province.predecessors);
            unvisited.extend(province.predecessors.iter().map(|predecessor| self.get(*predecessor)));
        }
        found.sort_unstable();
        found
    }

    /// The units to search for when a person filters by `input` on `day`: the [`closure`](Self::closure) of the unit
    /// that is meant.
    ///
    /// On a day before a merger the old unit is meant, so that the units merged with it later stay out.
    ///
    /// # Errors
    /// Those of [`resolve`](Self::resolve).
    pub fn match_filter(&self, input: &str, day: NaiveDate) -> Result<Vec<ProvinceId>, ProvinceError> {
        self.resolve(input, day).map(|id| self.closure(id))
    }

    fn by_key(&self, code: &str, valid_from: NaiveDate) -> Option<ProvinceId> {
        let found = self.all.iter().find(|province| province.code == code && province.valid_from == valid_from);
        found.map(|province| province.id)
    }
}

impl fmt::Display for ProvinceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let province = reference().provinces.get(*self);
        write!(f, "{}@{}", province.code, province.valid_from)
    }
}

impl FromStr for ProvinceId {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, UnknownKey> {
        text.split_once('@')
            .and_then(|(code, day)| reference().provinces.by_key(code, exact_day(day)?))
            .ok_or_else(|| UnknownKey::new("province", text))
    }
}

/// A day written as YYYY-MM-DD and in no other way.
fn exact_day(text: &str) -> Option<NaiveDate> {
    text.parse::<NaiveDate>().ok().filter(|day| day.to_string() == text)
}

/// A name without accents, rank and spaces: "TP. Cần Thơ", "Can Tho City" and "Cantho" are all "cantho".
fn name_key(name: &str) -> String {
    let folded = fold(name);
    let mut bare = folded.as_str();
    for rank in ["tinh ", "thanh pho ", "tp", "t p ", "t "] {
        if let Some(rest) = bare.strip_prefix(rank) {
            // "tp" is also written without a space ("TPHCM"); no province begins with these letters.
            bare = rest.trim_start();
            break;
        }
    }
    for rank in [" city", " province"] {
        bare = bare.strip_suffix(rank).unwrap_or(bare);
    }
    bare.replace(' ', "")
}
