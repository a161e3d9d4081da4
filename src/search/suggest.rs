//! Names to choose from while one types.

use super::model::{Matched, SuggestedName, Suggestions};
use super::plain::id_text;
use crate::market::Market;
use crate::market::organisations::Side;
use crate::market::text::tokens::{Token, tokens};
use crate::reference::reference;
use crate::text::fold;
use chrono::NaiveDate;

/// What fits `typed`, at most `limit` of each kind.
pub fn suggestions(market: &Market, typed: &str, limit: usize, as_of: NaiveDate) -> Suggestions {
    let products = market.suggest_products(typed, limit).into_iter().map(|found| SuggestedName {
        id: id_text("prd", market.products().id(found.row)),
        name: market.products().name(found.row),
        matched: found.how.into(),
    });
    let organisations = |side: Side| -> Vec<SuggestedName> {
        let named = market.suggest_organisations(typed, side, limit).into_iter().map(|found| {
            let id = id_text("org", market.organisations().id(found.row));
            SuggestedName { id, name: market.organisations().name(found.row), matched: found.how.into() }
        });
        named.collect()
    };
    let groups = &reference().product_groups;
    let current = groups.all().iter().filter(|group| groups.current(group.id) == Some(group.id));
    let provinces = reference().provinces.in_force(as_of);
    Suggestions {
        products: products.collect(),
        groups: fitting(typed, limit, current.map(|group| (group.id.as_str().to_owned(), group.name_vi.clone()))),
        provinces: fitting(typed, limit, provinces.map(|province| (province.id.as_str().to_owned(), province.name.clone()))),
        producers: organisations(Side::Producers),
        buyers: organisations(Side::Buyers),
    }
}

/// Names of a short table in which every typed word begins a word; those whose own beginning it is first.
fn fitting(typed: &str, limit: usize, names: impl Iterator<Item = (String, String)>) -> Vec<SuggestedName> {
    let typed_key = fold(typed);
    let words: Vec<&str> = typed_key.split(' ').filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(bool, usize, String, String)> = names
        .filter_map(|(id, name)| {
            let key = fold(&name);
            let all = words.iter().all(|word| key.split(' ').any(|own| own.starts_with(word)));
            all.then(|| (!key.contains(&typed_key), name.chars().count(), name, id))
        })
        .collect();
    found.sort();
    let suggested = found.into_iter().map(|(_, _, name, id)| {
        let has = |words: &[String], of: &[String]| words.iter().all(|word| of.contains(word));
        let spelled = |text: &str| tokens(text).iter().map(Token::spelling).collect::<Vec<_>>();
        let folded = |text: &str| tokens(text).into_iter().map(|token| token.folded).collect::<Vec<_>>();
        let matched = if has(&spelled(typed), &spelled(&name)) {
            Matched::Exact
        } else if has(&folded(typed), &folded(&name)) {
            Matched::Folded
        } else {
            Matched::Prefix
        };
        SuggestedName { id, name, matched }
    });
    suggested.take(limit).collect()
}
