//! Scopes: what a key may do within its role.
//!
//! A scope is `area:read` or `area:write`; `*` stands for every area, and who may write an area may read it. The areas are
//! those of the access table. A key without scopes may do whatever its role may.

use super::table::{self, TABLE};
use std::fmt;
use std::str::FromStr;

/// What everybody may always read: facts, and how the service is.
const ALWAYS: [&str; 2] = ["reference", "service"];
/// Operations that only read begin like this.
const READING: [&str; 4] = ["list_", "get_", "see_", "preview_"];

/// Reading or changing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Reading.
    Read,
    /// Changing, and reading.
    Write,
}

/// One scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Of which area; none for all.
    area: Option<&'static str>,
    access: Access,
}

impl Scope {
    /// Opens everything.
    pub const ALL: Self = Self { area: None, access: Access::Write };
    /// Opens nothing: there is no such area.
    pub const NOTHING: Self = Self { area: Some(""), access: Access::Read };

    /// What `operation` of the access table needs; none for what needs no scope.
    pub fn needed(operation: &str) -> Option<Self> {
        let (_, area, _) = table::row(operation)?;
        let access = if READING.iter().any(|verb| operation.starts_with(verb)) { Access::Read } else { Access::Write };
        (!ALWAYS.contains(area)).then_some(Self { area: Some(area), access })
    }

    /// Whether it opens `needed`.
    pub fn opens(self, needed: Self) -> bool {
        self.access >= needed.access && (self.area.is_none() || self.area == needed.area)
    }
}

/// Every area that a scope may name, in the order of the access table.
pub fn areas() -> Vec<&'static str> {
    let mut areas: Vec<&str> = Vec::new();
    for (_, area, _) in TABLE {
        if !areas.contains(area) && !ALWAYS.contains(area) {
            areas.push(area);
        }
    }
    areas
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access = match self.access {
            Access::Read => "read",
            Access::Write => "write",
        };
        write!(f, "{}:{access}", self.area.unwrap_or("*"))
    }
}

impl FromStr for Scope {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (area, access) = text.split_once(':').ok_or(())?;
        let access = match access {
            "read" => Access::Read,
            "write" => Access::Write,
            _ => return Err(()),
        };
        let area = match area {
            "*" => None,
            area => Some(areas().into_iter().find(|known| *known == area).ok_or(())?),
        };
        Ok(Self { area, access })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    #[test]
    fn a_scope_opens_its_area_and_writing_includes_reading() {
        let opened = |text: &str| {
            ["list_offers", "create_offer", "get_match", "propose_mou", "see_unsigned_mou"]
                .map(|operation| scope(text).opens(Scope::needed(operation).unwrap()))
        };
        assert_eq!(opened("offers:read"), [true, false, false, false, false]);
        assert_eq!(opened("offers:write"), [true, true, false, false, false]);
        assert_eq!(opened("mous:write"), [false, false, false, true, true]);
        assert_eq!(opened("*:read"), [true, false, true, false, true]);
        assert_eq!(opened("*:write"), [true; 5]);
        assert_eq!(Scope::needed("list_provinces"), None, "facts need no scope");
    }

    #[test]
    fn a_scope_is_read_back_and_nothing_else_is_one() {
        for area in areas().into_iter().chain(["*"]) {
            for access in ["read", "write"] {
                let text = format!("{area}:{access}");
                assert_eq!(scope(&text).to_string(), text);
            }
        }
        for text in ["", "offers", "offers:", ":read", "offers:delete", "offer:read", "reference:read", "Offers:read"] {
            assert_eq!(text.parse::<Scope>(), Err(()), "{text}");
        }
    }
}
