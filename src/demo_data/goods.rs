//! What is made: the specialties of `reference/specialties.csv`, and common goods for every lowest OCOP group.

use super::lines::{LINES, Line};
use super::places::Places;
use super::random::{Random, Weights, zipf_weight};
use crate::error::{Problem, Result};
use serde::Deserialize;

const SPECIALTIES: &str = include_str!("../../reference/specialties.csv");

/// How fast goods become rarer within a group.
const GOODS_FALL: f64 = 0.7;
/// How fast groups become rarer.
pub const LINES_FALL: f64 = 0.9;

/// One kind of good.
#[derive(Debug)]
pub struct Good {
    /// What it is called.
    pub name: String,
    /// Where it comes from, among today's units; a common good comes from anywhere.
    pub place: Option<usize>,
    /// HS code.
    pub hs_code: Option<String>,
    /// Months of harvest; all year when there are none.
    pub months: Vec<i32>,
    /// Whether its name is a protected name of origin.
    pub is_protected: bool,
}

#[derive(Deserialize)]
struct Row {
    name_vi: String,
    province_code_current: String,
    ocop_code_2026: String,
    hs6: String,
    harvest_months: String,
    gi_registered: String,
}

/// The goods of one lowest group.
#[derive(Debug)]
struct Shelf {
    goods: Vec<Good>,
    weights: Weights,
    common: Vec<usize>,
}

/// All goods by group.
#[derive(Debug)]
pub struct Goods {
    shelves: Vec<Shelf>,
    lines: Weights,
}

impl Goods {
    /// Reads the specialties.
    ///
    /// # Errors
    /// 500 when the file is no such table.
    pub fn load(places: &Places) -> Result<Self> {
        let mut goods: Vec<Vec<Good>> = LINES.iter().map(common).collect();
        for row in csv::Reader::from_reader(SPECIALTIES.as_bytes()).into_deserialize::<Row>() {
            let row = row.map_err(Problem::internal)?;
            let line = LINES.iter().position(|line| line.code == row.ocop_code_2026);
            let shelf = line
                .and_then(|line| goods.get_mut(line))
                .ok_or_else(|| Problem::internal(format!("{} has no line", row.ocop_code_2026)))?;
            // A remark in brackets, such as the sorts that are meant, is no part of a name.
            let name = row.name_vi.split(" (").next().unwrap_or(&row.name_vi).to_owned();
            let months = row.harvest_months.split(';').filter_map(|month| month.parse().ok()).collect();
            let good = Good {
                name,
                place: places.with_current_code(&row.province_code_current),
                hs_code: Some(row.hs6).filter(|code| !code.is_empty()),
                months,
                is_protected: row.gi_registered == "yes",
            };
            // Specialties and common goods by turns, so that neither fills the long tail alone.
            let at = (2 * shelf.iter().filter(|good| good.place.is_some()).count()).min(shelf.len());
            shelf.insert(at, good);
        }
        let shelves = goods.into_iter().map(Shelf::new).collect();
        Ok(Self { shelves, lines: Weights::zipf(LINES.len(), LINES_FALL) })
    }

    /// A group.
    pub fn line(&self, random: &mut Random) -> usize {
        self.lines.draw(random)
    }

    /// A good of the group.
    pub fn of_line(&self, line: usize, random: &mut Random) -> usize {
        self.shelves.get(line).map_or(0, |shelf| shelf.weights.draw(random))
    }

    /// A good of the group that a producer at `place` makes: one from there, or a common one.
    pub fn of_line_at(&self, line: usize, place: usize, random: &mut Random) -> usize {
        let Some(there) = self.shelves.get(line) else { return 0 };
        let local: Vec<usize> =
            (0..there.goods.len()).filter(|good| there.goods.get(*good).is_some_and(|good| good.place == Some(place))).collect();
        let good = if local.is_empty() || random.chance(400) { random.one(&there.common) } else { random.one(&local) };
        good.copied().unwrap_or(0)
    }

    /// The good at a place of its group's shelf.
    pub fn get(&self, line: usize, good: usize) -> Option<&Good> {
        self.shelves.get(line)?.goods.get(good)
    }
}

impl Shelf {
    fn new(goods: Vec<Good>) -> Self {
        let weights = Weights::new((0..goods.len()).map(|place| zipf_weight(place, GOODS_FALL)));
        let common = (0..goods.len()).filter(|good| goods.get(*good).is_some_and(|good| good.place.is_none())).collect();
        Self { goods, weights, common }
    }
}

fn common(line: &Line) -> Vec<Good> {
    let good = |name: &str| Good { name: name.to_owned(), place: None, hs_code: None, months: Vec::new(), is_protected: false };
    line.goods.split('|').map(good).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::reference;

    #[test]
    fn every_lowest_group_of_2026_has_goods_and_every_specialty_its_province() {
        let places = Places::on("2026-11-23".parse().unwrap());
        let goods = Goods::load(&places).unwrap();
        let groups = &reference().product_groups;
        let lowest = |id| groups.all().iter().all(|other| other.parent != Some(id));
        let mut leaves: Vec<&str> =
            groups.all().iter().filter(|group| group.rule_id == "QD26-2026" && lowest(group.id)).map(|group| group.code.as_str()).collect();
        leaves.sort_unstable();
        let mut lines: Vec<&str> = LINES.iter().map(|line| line.code).collect();
        lines.sort_unstable();
        assert_eq!(lines, leaves);
        let specialties: Vec<&Good> = goods.shelves.iter().flat_map(|shelf| &shelf.goods).filter(|good| good.place.is_some()).collect();
        assert_eq!(specialties.len(), 123);
        assert!(goods.shelves.iter().all(|shelf| !shelf.common.is_empty()));
    }
}
