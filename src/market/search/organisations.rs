//! Organisations by the words of their names, the best first and page by page.

use super::Hit;
use super::run::least_score;
use super::top::Top;
use crate::market::Market;
use crate::market::order::SortKey;
use crate::market::organisations::{Organisation, Side};

/// Organisations that were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoundOrganisations {
    /// The first ones after the cursor, the best first.
    pub hits: Vec<Hit>,
    /// Whether more follow.
    pub more: bool,
}

impl Market {
    /// The first `most` organisations after `after` whose names fit `text`, of those on `side` that `wanted` takes.
    ///
    /// Every one that the words mean there is looked at, whichever page is asked for; no more than `most` are kept.
    pub fn rank_organisations(
        &self,
        text: &str,
        side: Side,
        most: usize,
        after: Option<SortKey>,
        wanted: impl Fn(&Organisation) -> bool,
    ) -> FoundOrganisations {
        let Some(words) = self.organisations_meant(text, side) else { return FoundOrganisations::default() };
        let mut top = Top::new(most, after);
        for row in words.rows() {
            if self.organisations.get(row).is_none_or(|known| !wanted(known)) {
                continue;
            }
            let (score, how) = words.score_from(least_score(&top), row, &self.organisations.ranked(row));
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
        let found = market.rank_organisations("hong phat", Side::Producers, 10, None, |_| true);
        assert_eq!((ids(&found), found.more), (vec![2, 3, 1], false));
        assert!(found.hits.iter().all(|hit| hit.how == Some(How::Folded)));
        let found = market.rank_organisations("hong phat", Side::Producers, 1, None, |known| known.province == 1);
        assert_eq!((ids(&found), found.more), (vec![3], true), "of those that are wanted");
        assert_eq!(market.rank_organisations("?!", Side::Producers, 10, None, |_| true), FoundOrganisations::default());
    }

    #[test]
    fn what_only_the_other_side_has_ends_no_stage() {
        let mut records: Vec<_> = (1_u128..)
            .zip(["Công ty Dừa Sông Hậu", "Công ty Dứa Vĩnh Châu", "Phân phối Sông Hậu", "Phân phối Vinnh"])
            .map(|(id, name)| organisation(id, name, 0))
            .collect();
        for record in &mut records[1..3] {
            record.is_buyer = true;
        }
        for record in &mut records[2..] {
            record.producer_kind = None;
        }
        let mut market = loaded(records.iter().cloned().map(Change::Organisation));
        let found = |market: &Market, text: &str, side: Side| {
            let found = market.rank_organisations(text, side, 10, None, |_| true);
            (ids(&found), found.hits.first().and_then(|hit| hit.how))
        };
        assert_eq!(found(&market, "dừa", Side::Producers), (vec![1], Some(How::Exact)));
        assert_eq!(found(&market, "dừa", Side::Buyers), (vec![2], Some(How::Folded)), "no buyer has the word with its marks");
        assert_eq!(found(&market, "công ty dừa sông hậu", Side::Buyers).1, Some(How::Partial));
        assert_eq!(found(&market, "phan phoi song hau", Side::Producers).1, Some(How::Partial));
        assert_eq!(found(&market, "phân phối sông hậu", Side::Buyers), (vec![3], Some(How::Exact)));
        // Who neither makes nor buys is on no side, and a word of theirs is one that nobody there has; who buys no more is
        // on it no longer.
        assert_eq!(found(&market, "vinnh", Side::Buyers), (vec![2], Some(How::Typo)));
        records[2].version = 2;
        records[2].is_buyer = false;
        market.apply(Change::Organisation(records.remove(2)));
        assert_eq!(found(&market, "phân phối", Side::Buyers), (vec![], None));
        market.apply(Change::OrganisationGone(crate::market::record::Id(1)));
        assert_eq!(found(&market, "dừa", Side::Producers), (vec![2], Some(How::Folded)));
    }

    #[test]
    fn what_stands_beside_a_word_on_the_other_side_decides_nothing() {
        let mut buyer = organisation(2, "Tamy Hồng Phát", 0);
        (buyer.producer_kind, buyer.is_buyer) = (None, true);
        let market = loaded([Change::Organisation(organisation(1, "Tâm Phát", 0)), Change::Organisation(buyer)]);
        let found = |side| {
            let found = market.rank_organisations("tamm phat", side, 10, None, |_| true);
            (ids(&found), found.hits.first().and_then(|hit| hit.how))
        };
        assert_eq!([found(Side::Producers), found(Side::Buyers)], [(vec![1], Some(How::Typo)), (vec![2], Some(How::Typo))]);
    }

    #[test]
    fn those_of_each_side_are_suggested() {
        let mut buyer = organisation(2, "Phân phối Dứa", 0);
        (buyer.producer_kind, buyer.is_buyer) = (None, true);
        let market = loaded([Change::Organisation(organisation(1, "Công ty Dừa", 0)), Change::Organisation(buyer)]);
        let suggested = |side| {
            let found = market.suggest_organisations("dừa", side, 5).into_iter();
            found.map(|found| (market.organisations().id(found.row).0, found.how)).collect::<Vec<_>>()
        };
        assert_eq!([suggested(Side::Producers), suggested(Side::Buyers)], [[(1, How::Exact)], [(2, How::Folded)]]);
    }

    #[test]
    fn pages_follow_each_other_without_doubles_or_gaps() {
        let names: Vec<String> =
            (0..97).map(|n| format!("{} Sông Hậu {}", ["HTX", "Công ty", "Cơ sở"][n % 3], "Xanh ".repeat(n % 4))).collect();
        let market = market(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let all = ids(&market.rank_organisations("sông hậu xanh", Side::Producers, 97, None, |_| true));
        assert_eq!(all.len(), 72, "97 without the 25 that are not green");
        for most in [1, 7, 71, 72] {
            let (mut walked, mut after) = (Vec::new(), None);
            loop {
                let found = market.rank_organisations("sông hậu xanh", Side::Producers, most, after, |_| true);
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
