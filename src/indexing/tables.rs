//! What the market index is told of the reference tables.

use crate::market::tables::Tables;
use crate::market::text::synonyms::Thesaurus;
use crate::reference::{Direction, ProvinceId, reference};
use std::sync::LazyLock;

/// A region of today's list of provinces. Its number in the index is its place in [`regions`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its code.
    pub code: String,
    /// Its Vietnamese name.
    pub name: String,
}

/// The regions of today, in the order in which the table of provinces comes to them.
pub fn regions() -> &'static [Region] {
    static REGIONS: LazyLock<Vec<Region>> = LazyLock::new(|| {
        let mut regions: Vec<Region> = Vec::new();
        for province in reference().provinces.all() {
            let today = reference().provinces.get(reference().provinces.current(province.id));
            if regions.iter().all(|region| region.code != today.region_code) {
                regions.push(Region { code: today.region_code.clone(), name: today.region.clone() });
            }
        }
        regions
    });
    &REGIONS
}

/// The number of the region in which today's unit in the place of `province` lies.
pub fn region_of(province: ProvinceId) -> u8 {
    let provinces = &reference().provinces;
    let code = &provinces.get(provinces.current(province)).region_code;
    let place = regions().iter().position(|region| region.code == *code);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

/// Synonyms in the directions in which they hold, and phrases in which a word has another sense.
pub fn thesaurus() -> Thesaurus {
    let synonyms = &reference().synonyms;
    let pairs = synonyms.all().iter().flat_map(|synonym| {
        let (from, to) = (synonym.from.as_str(), synonym.to.as_str());
        let back = (synonym.direction == Direction::Both).then_some((to, from));
        std::iter::once((from, to)).chain(back)
    });
    Thesaurus::new(pairs, synonyms.other_senses().iter().map(|sense| (sense.word.as_str(), sense.phrase.as_str())))
}

/// The tables that the index reads, by row number.
pub fn tables() -> Tables {
    let (provinces, groups) = (&reference().provinces, &reference().product_groups);
    Tables::new(
        provinces.all().iter().map(|province| provinces.current(province.id).row()).collect(),
        provinces.all().iter().map(|province| region_of(province.id)).collect(),
        provinces.all().iter().map(|province| (province.lat, province.lon)).collect(),
        groups.all().iter().map(|group| groups.current(group.id).unwrap_or(group.id).row()).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn province(text: &str) -> ProvinceId {
        text.parse().unwrap()
    }

    #[test]
    fn every_unit_has_a_unit_and_a_region_of_today() {
        let tables = tables();
        let soc_trang = province("94@2008-08-01").row();
        assert_eq!(tables.current(soc_trang), province("92@2025-07-01").row());
        for unit in reference().provinces.all() {
            let today = ProvinceId::from_row(tables.current(unit.id.row())).unwrap();
            assert_eq!(reference().provinces.get(today).valid_to, None);
            assert_eq!(region_of(unit.id), region_of(today));
            let region = &regions()[usize::from(region_of(unit.id))];
            assert_eq!(region.code, reference().provinces.get(today).region_code);
        }
        // Six socio-economic regions since 2025.
        assert_eq!(regions().len(), 6);
    }

    #[test]
    fn a_group_of_2019_has_its_counterpart_of_2026() {
        let groups = &reference().product_groups;
        let tables = tables();
        for group in groups.all() {
            let expected = groups.current(group.id).unwrap_or(group.id);
            assert_eq!(tables.group_2026(group.id.row()), expected.row());
        }
    }
}
