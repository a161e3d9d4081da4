//! What the market index is told of the reference tables.

use crate::market::record::Rows;
use crate::market::tables::Tables;
use crate::market::text::places::{PlaceName, PlaceNames};
use crate::market::text::synonyms::Thesaurus;
use crate::reference::{Direction, Province, ProvinceId, Provinces, reference};
use std::collections::BTreeMap;
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
    let senses = synonyms.other_senses().iter().map(|sense| (sense.word.as_str(), sense.phrase.as_str()));
    let groups = reference().product_groups.all().iter().map(|group| group.name_vi.as_str());
    Thesaurus::new(pairs, senses).with_trade_words(synonyms.trade_words().iter().map(|words| words.phrase.as_str())).with_goods(groups)
}

/// What the names of provinces mean: the units that a filter by it means today, and those that it lies in since it ended,
/// for who registers there now says no more of where.
fn names(provinces: &Provinces) -> PlaceNames {
    let rows = |id: ProvinceId| {
        let later = std::iter::successors(provinces.get(id).successor, |later| provinces.get(*later).successor);
        Rows::of(provinces.closure(id).into_iter().chain(later).map(ProvinceId::row))
    };
    let others = provinces.all().iter().flat_map(|province| province.other_names().map(move |name| (name, province)));
    // What one unit is called beside its name may be the name of another: with its marks.
    let is_free = |name: &str| provinces.all().iter().all(|province| crate::text::fold(&province.short_name).replace(' ', "") != name);
    let own = provinces.all().iter().map(|province| (province.short_name.as_str(), province));
    let mut latest: BTreeMap<&str, &Province> = BTreeMap::new();
    for (name, province) in own.chain(others.filter(|(name, _)| is_free(name))) {
        let known = latest.entry(name).or_insert(province);
        if known.valid_from < province.valid_from {
            *known = province;
        }
    }
    PlaceNames::new(latest.into_iter().map(|(name, province)| PlaceName { name: name.to_owned(), units: rows(province.id) }))
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
    .with_names(names(provinces))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::text::tokens::tokens;

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
    fn a_province_of_any_day_is_known_by_its_names() {
        let names = names(&reference().provinces);
        let rows = |units: &[&str]| Rows::of(units.iter().map(|unit| province(unit).row()));
        for (text, units) in [
            // In Cần Thơ since July 2025; neither what was Cần Thơ before nor Hậu Giang.
            ("gạo Sóc Trăng", rows(&["94@2008-08-01", "92@2025-07-01"])),
            ("gạo Cần Thơ", rows(&["92@2025-07-01", "92@2008-08-01", "93@2008-08-01", "94@2008-08-01"])),
            // Thừa Thiên Huế became Huế on 1 January 2025.
            ("nón Huế", rows(&["46@2008-08-01", "46@2025-01-01"])),
            ("sầu riêng Đăk Nông", rows(&["67@2008-08-01", "68@2025-07-01"])),
            ("gạo sài gòn", rows(&["79@2025-07-01", "79@2008-08-01", "74@2008-08-01", "77@2008-08-01"])),
        ] {
            let found = names.find(&tokens(text), true).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.words.end, found.units), (tokens(text).len(), units), "{text}");
        }
        for province in reference().provinces.all() {
            let found = names.find(&tokens(&province.name), false).unwrap_or_else(|| panic!("{}", province.name));
            assert!(found.units.contains(province.id.row()), "{}", province.name);
        }
        assert_eq!(names.find(&tokens("hoa huệ"), true), None);
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
