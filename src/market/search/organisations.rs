//! Organisations by the words of their names, the best first and page by page.

use super::Hit;
use super::run::least_score;
use super::top::Top;
use crate::market::Market;
use crate::market::order::SortKey;
use crate::market::organisations::Organisation;
use crate::market::text::query::Found as Words;

/// Organisations that were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoundOrganisations {
    /// The first ones after the cursor, the best first.
    pub hits: Vec<Hit>,
    /// Whether more follow.
    pub more: bool,
}

impl Market {
    /// The first `most` organisations after `after` whose names fit `text`, of those that `wanted` takes.
    ///
    /// Every one that the words mean is looked at, whichever page is asked for; no more than `most` are kept.
    pub fn rank_organisations(
        &self,
        text: &str,
        most: usize,
        after: Option<SortKey>,
        wanted: impl Fn(&Organisation) -> bool,
    ) -> FoundOrganisations {
        let Some(words) = Words::new(text, &self.organisation_lexicon, &self.thesaurus) else { return FoundOrganisations::default() };
        let mut top = Top::new(most, after);
        for row in words.rows() {
            let Some(organisation) = self.organisations.get(row).filter(|known| known.version > 0 && wanted(known)) else { continue };
            let (score, how) = words.score_from(least_score(&top), row, &organisation.name_words);
            let first = u64::from(u32::MAX - score);
            if top.may_enter(first) {
                top.offer((first, self.organisations.id(row)), row, Some(how));
            }
        }
        let (rows, more) = top.into_page();
        FoundOrganisations { hits: rows.into_iter().map(|(key, row, how)| Hit { row, key, how }).collect(), more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::record::Change;
    use crate::market::samples::{loaded, organisation};
    use crate::market::text::query::How;

    fn market(names: &[&str]) -> Market {
        loaded((1_u128..).zip(names).map(|(id, name)| Change::Organisation(organisation(id, name, u8::try_from(id % 2).unwrap()))))
    }

    fn ids(found: &FoundOrganisations) -> Vec<u128> {
        found.hits.iter().map(|hit| hit.key.1.0).collect()
    }

    #[test]
    fn who_is_called_so_comes_before_who_only_has_the_words() {
        let market = market(&["Cơ sở Gạo Hồng Phát", "Hồng Phát", "Hồng Phát Đạt", "Minh Phát"]);
        let found = market.rank_organisations("hong phat", 10, None, |_| true);
        assert_eq!((ids(&found), found.more), (vec![2, 3, 1], false));
        assert!(found.hits.iter().all(|hit| hit.how == Some(How::Folded)));
        let found = market.rank_organisations("hong phat", 1, None, |known| known.province == 1);
        assert_eq!((ids(&found), found.more), (vec![3], true), "of those that are wanted");
        assert_eq!(market.rank_organisations("?!", 10, None, |_| true), FoundOrganisations::default());
    }

    #[test]
    fn pages_follow_each_other_without_doubles_or_gaps() {
        let names: Vec<String> =
            (0..97).map(|n| format!("{} Sông Hậu {}", ["HTX", "Công ty", "Cơ sở"][n % 3], "Xanh ".repeat(n % 4))).collect();
        let market = market(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let all = ids(&market.rank_organisations("sông hậu xanh", 97, None, |_| true));
        assert_eq!(all.len(), 72, "97 without the 25 that are not green");
        for most in [1, 7, 71, 72] {
            let (mut walked, mut after) = (Vec::new(), None);
            loop {
                let found = market.rank_organisations("sông hậu xanh", most, after, |_| true);
                walked.extend(ids(&found));
                after = found.hits.last().map(|hit| hit.key);
                if !found.more {
                    break;
                }
            }
            assert_eq!(walked, all, "by {most}");
        }
    }
}
