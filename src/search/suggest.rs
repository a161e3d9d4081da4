//! Names to choose from while one types.

use super::model::{Matched, SuggestedName, Suggestions};
use super::plain::id_text;
use crate::market::Market;
use crate::market::organisations::Side;
use crate::market::text::query::How;
use crate::market::text::synonyms::means;
use crate::market::text::tokens::{Token, tokens};
use crate::market::text::typed::goes_on;
use crate::reference::{ProductGroup, ProvinceError, ProvinceId, reference};
use crate::text::fold;
use chrono::NaiveDate;

/// What fits `typed`, at most `limit` of each kind.
///
/// Of products and organisations every word that was typed must be meant: while one types, what has some of the words alone
/// is noise. So is what is one typing error away where something of another kind has the very words: `dua` is no error for the
/// "cửa" of every shop.
pub fn suggestions(market: &Market, typed: &str, limit: usize, as_of: NaiveDate) -> Suggestions {
    let suggested = |id: String, name: String, how: How| {
        (how != How::Partial).then(|| SuggestedName { id, name, former_name: None, matched: how.into() })
    };
    let products = market
        .suggest_products(typed, limit)
        .into_iter()
        .filter_map(|found| suggested(id_text("prd", market.products().id(found.row)), market.products().name(found.row), found.how));
    let organisations = |side: Side| -> Vec<SuggestedName> {
        let organisations = market.organisations();
        let named = market.suggest_organisations(typed, side, limit).into_iter();
        named.filter_map(|found| suggested(id_text("org", organisations.id(found.row)), organisations.name(found.row), found.how)).collect()
    };
    let mut found = Suggestions {
        products: products.collect(),
        groups: groups(typed, &market.in_other_words(typed), limit, as_of),
        provinces: provinces(typed, limit, as_of),
        producers: organisations(Side::Producers),
        buyers: organisations(Side::Buyers),
    };
    let mut kinds = [&mut found.products, &mut found.groups, &mut found.provinces, &mut found.producers, &mut found.buyers];
    let is_error = |name: &SuggestedName| name.matched == Matched::Typo;
    if kinds.iter().any(|names| names.iter().any(|name| !is_error(name))) {
        for names in &mut kinds {
            names.retain(|name| !is_error(name));
        }
    }
    found
}

/// Groups of 2026: the one whose code was typed, also by a decision before, those below it, then those by name, and by what else
/// is said for it.
fn groups(typed: &str, in_other_words: &[String], limit: usize, as_of: NaiveDate) -> Vec<SuggestedName> {
    let groups = &reference().product_groups;
    let code = typed.trim();
    let meant = groups.resolve(code, as_of).ok().and_then(|id| groups.current(id));
    let is_below = |other: &str| {
        let rest = other.get(..code.len()).filter(|start| start.eq_ignore_ascii_case(code)).and_then(|_| other.get(code.len()..));
        rest.is_some_and(|rest| rest.starts_with('.') || code.ends_with('.') && !rest.is_empty())
    };
    let current = || groups.all().iter().filter(|group| groups.current(group.id) == Some(group.id));
    let of = |group: &ProductGroup, matched| SuggestedName {
        id: group.id.as_str().to_owned(),
        name: group.name_vi.clone(),
        former_name: None,
        matched,
    };
    let exact = meant.map(|id| of(groups.get(id), Matched::Exact));
    let below = current().filter(|group| is_below(&group.code) && Some(group.id) != meant).map(|group| of(group, Matched::Prefix));
    let mut found: Vec<SuggestedName> = exact.into_iter().chain(below).collect();
    let named = |typed: &str, said: Option<Matched>| -> Vec<SuggestedName> {
        let names = current().map(|group| (group.id.as_str(), group.name_vi.as_str()));
        // What stands in the table of other names is whole.
        let is_begun = said.is_none() && goes_on(typed);
        let fitting = fitting(typed, is_begun, names);
        let suggested = fitting.map(|(id, name, matched)| SuggestedName {
            id: id.into(),
            name: name.into(),
            former_name: None,
            matched: said.unwrap_or(matched),
        });
        suggested.collect()
    };
    add_others(&mut found, named(typed, None).into_iter());
    for other in in_other_words {
        add_others(&mut found, named(other, Some(Matched::Synonym)).into_iter());
    }
    found.truncate(limit);
    found
}

/// Units of the day by their own names, then those by the names of units before them: both are words that filters take.
fn provinces(typed: &str, limit: usize, as_of: NaiveDate) -> Vec<SuggestedName> {
    let provinces = &reference().provinces;
    let in_force = provinces.in_force(as_of).map(|province| (province.id, province.name.as_str()));
    let mut found: Vec<SuggestedName> = fitting(typed, goes_on(typed), in_force)
        .map(|(id, name, matched)| SuggestedName { id: id.as_str().to_owned(), name: name.to_owned(), former_name: None, matched })
        .collect();
    let former = provinces.all().iter().filter(|province| province.valid_from <= as_of && !province.is_in_force(as_of));
    let by_former =
        fitting(typed, goes_on(typed), former.map(|province| (province.id, province.name.as_str()))).map(|(id, former_name, matched)| {
            let today = provinces.get(provinces.as_of(id, as_of));
            SuggestedName { id: today.id.as_str().to_owned(), name: today.name.clone(), former_name: Some(former_name.to_owned()), matched }
        });
    add_others(&mut found, by_former);
    if found.is_empty() {
        // As a filter takes it: "tp hcm", "sg", "hanoi"; else the names that are near.
        let named = |id: ProvinceId, matched| {
            let unit = provinces.get(provinces.as_of(id, as_of));
            SuggestedName { id: unit.id.as_str().to_owned(), name: unit.name.clone(), former_name: None, matched }
        };
        match provinces.resolve(typed, as_of) {
            Ok(id) => found.push(named(id, Matched::Synonym)),
            Err(ProvinceError::Unknown { suggestions, .. }) => {
                let near = suggestions.iter().filter_map(|name| provinces.resolve(name, as_of).ok());
                add_others(&mut found, near.map(|id| named(id, Matched::Typo)));
            }
            Err(ProvinceError::BadDay { .. }) => {}
        }
    }
    found.truncate(limit);
    found
}

/// Adds those of `more` that are not there.
fn add_others(found: &mut Vec<SuggestedName>, more: impl Iterator<Item = SuggestedName>) {
    for name in more {
        if found.iter().all(|known| known.id != name.id) {
            found.push(name);
        }
    }
}

/// Names of a short table in which every typed word begins a word, one with marks as it is spelled, but for the last where it is
/// whole; those whose own beginning it is first.
fn fitting<'n, I: Copy + Ord + 'n>(
    typed: &str,
    is_begun: bool,
    names: impl Iterator<Item = (I, &'n str)>,
) -> impl Iterator<Item = (I, &'n str, Matched)> {
    let typed_key = fold(typed);
    let words = tokens(typed);
    let mut found: Vec<(bool, usize, &str, I)> = names
        .filter_map(|(id, name)| {
            let key = fold(name);
            let own = tokens(name);
            let has = |(at, word): (usize, &Token)| {
                let is_whole = !is_begun && at + 1 == words.len();
                own.iter().any(|own| if is_whole { means(word, own) } else { begins(word, own) })
            };
            let all = !words.is_empty() && words.iter().enumerate().all(has);
            all.then(|| (!key.contains(&typed_key), name.chars().count(), name, id))
        })
        .collect();
    found.sort();
    let typed = typed.to_owned();
    found.into_iter().map(move |(_, _, name, id)| {
        let has = |words: &[String], of: &[String]| words.iter().all(|word| of.contains(word));
        let spelled = |text: &str| tokens(text).iter().map(Token::spelling).collect::<Vec<_>>();
        let folded = |text: &str| tokens(text).into_iter().map(|token| token.folded).collect::<Vec<_>>();
        let matched = if has(&spelled(&typed), &spelled(name)) {
            Matched::Exact
        } else if has(&folded(&typed), &folded(name)) {
            Matched::Folded
        } else {
            Matched::Prefix
        };
        (id, name, matched)
    })
}

/// Whether what was typed begins `word`: with marks, as it is spelled.
fn begins(typed: &Token, word: &Token) -> bool {
    if !typed.is_marked() {
        return word.folded.starts_with(&typed.folded);
    }
    word.letters.starts_with(&typed.letters) && typed.tone.is_none_or(|tone| word.tone == Some(tone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_former_unit_leads_to_the_unit_of_the_day_and_says_its_name() {
        let found = |typed: &str, day: NaiveDate| -> Vec<(String, Option<String>)> {
            provinces(typed, 5, day).into_iter().map(|found| (found.name, found.former_name)).collect()
        };
        let today = day("2026-11-23");
        let of = |name: &str, former: &str| vec![(name.to_owned(), Some(former.to_owned()))];
        assert_eq!(found("soc trang", today), of("Thành phố Cần Thơ", "Tỉnh Sóc Trăng"));
        assert_eq!(found("bình dương", today), of("Thành phố Hồ Chí Minh", "Tỉnh Bình Dương"));
        assert_eq!(found("vung tau", today), of("Thành phố Hồ Chí Minh", "Tỉnh Bà Rịa - Vũng Tàu"));
        assert_eq!(found("soc trang", day("2020-10-27")), [("Tỉnh Sóc Trăng".to_owned(), None)]);
        // A unit that kept its name is named once, by that.
        assert_eq!(found("an giang", today), [("Tỉnh An Giang".to_owned(), None)]);
        assert!(found("atlantis", today).is_empty());
    }

    #[test]
    fn a_unit_is_found_by_what_a_filter_takes_and_with_an_error() {
        let found = |typed: &str| -> Vec<(String, Matched)> {
            provinces(typed, 5, day("2026-11-23")).into_iter().map(|found| (found.name, found.matched)).collect()
        };
        for (typed, name, matched) in [
            ("tp hcm", "Thành phố Hồ Chí Minh", Matched::Synonym),
            ("sài gòn", "Thành phố Hồ Chí Minh", Matched::Synonym),
            ("hanoi", "Thành phố Hà Nội", Matched::Synonym),
            ("tp. cần thơ", "Thành phố Cần Thơ", Matched::Synonym),
            ("92", "Thành phố Cần Thơ", Matched::Synonym),
            ("can thow", "Thành phố Cần Thơ", Matched::Typo),
            ("lam dogn", "Tỉnh Lâm Đồng", Matched::Typo),
        ] {
            assert_eq!(found(typed).first(), Some(&(name.to_owned(), matched)), "{typed}");
        }
    }

    #[test]
    fn a_group_is_found_as_it_is_spelled_and_by_what_else_is_said_for_it() {
        let found = |typed: &str, others: &[&str]| -> Vec<(String, Matched)> {
            let others: Vec<String> = others.iter().map(|other| (*other).to_owned()).collect();
            groups(typed, &others, 5, day("2026-11-23")).into_iter().map(|found| (found.name, found.matched)).collect()
        };
        // With its marks "trà" begins neither "trắng" nor "trang trí"; in 2026 the groups of tea are called "chè".
        assert!(found("trà", &[]).is_empty());
        let tea = found("trà", &["chè"]);
        assert_eq!(tea[0], ("Chè".to_owned(), Matched::Synonym));
        assert!(tea.iter().all(|(name, _)| name.to_lowercase().contains("chè")), "{tea:?}");
        let begun = found("tra", &[]);
        assert!(begun.iter().any(|(name, _)| name.contains("trắng")), "{begun:?}");
        assert!(begun.iter().all(|(name, matched)| fold(name).contains("tra") && *matched == Matched::Prefix));
        assert!(!found("rượ", &[]).is_empty() && found("rướ", &[]).is_empty(), "a word half typed");
    }

    #[test]
    fn a_code_leads_to_its_group_and_those_below() {
        let found = |typed: &str| -> Vec<String> { groups(typed, &[], 3, day("2026-11-23")).into_iter().map(|found| found.id).collect() };
        assert_eq!(found("I.1.a"), ["QD26-2026/I.1.a"]);
        assert_eq!(found("iii")[0], "QD26-2026/III");
        // By a code of 2019, what that became.
        assert_eq!(found("N1.1.a"), ["QD26-2026/I.1.a"]);
        let below = found("I.1");
        assert_eq!(below[0], "QD26-2026/I.1");
        assert!(below[1..].iter().all(|id| id.starts_with("QD26-2026/I.1.")), "{below:?}");
    }
}
