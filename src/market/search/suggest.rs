//! Type-ahead: names that begin with, or hold, what has been typed so far.

use crate::market::Market;
use crate::market::organisations::Side;
use crate::market::text::query::{How, MOST_REWRITINGS};
use crate::market::text::tokens::{Token, tokens};
use std::collections::HashSet;

/// Rows of a common beginning that are ranked: the first ones are good enough to choose from while one types.
const MOST_RANKED: usize = 4_096;

/// A name to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suggestion {
    /// Row of the product or organisation.
    pub row: u32,
    /// How it was found.
    pub how: How,
}

impl Market {
    /// Products of different names whose names fit `text`, the best first.
    pub fn suggest_products(&self, text: &str, limit: usize) -> Vec<Suggestion> {
        let Some(words) = self.products_meant(text) else { return Vec::new() };
        let scored = words.rows().iter().take(MOST_RANKED).filter(|row| self.products.shown().contains(*row)).map(|row| {
            let (score, how) = words.score(row, &self.products.words(row));
            (std::cmp::Reverse(score), self.products.id(row), Suggestion { row, how })
        });
        let mut scored: Vec<_> = scored.collect();
        scored.sort_unstable_by_key(|(score, id, _)| (*score, *id));
        let mut names = HashSet::new();
        let fresh = scored.into_iter().filter(|(_, _, found)| names.insert(self.products.words(found.row)));
        fresh.map(|(_, _, found)| found).take(limit).collect()
    }

    /// What else is said for `text`, in words with their marks.
    pub fn in_other_words(&self, text: &str) -> Vec<String> {
        let said = |words: &[&Token]| words.iter().map(|word| word.spelling()).collect::<Vec<_>>().join(" ");
        self.thesaurus.rewritings(&tokens(text), MOST_REWRITINGS).iter().map(|other| said(&other.words)).collect()
    }

    /// Organisations on `side` whose names fit `text`, the best first.
    pub fn suggest_organisations(&self, text: &str, side: Side, limit: usize) -> Vec<Suggestion> {
        let Some(words) = self.organisations_meant(text, side) else { return Vec::new() };
        let at_work = |row: &u32| self.organisations.get(*row).is_some_and(|known| !known.is_idle);
        let ranked = words.rows().iter().filter(at_work).take(MOST_RANKED).map(|row| {
            let (score, how) = words.score(row, &self.organisations.ranked(row));
            (std::cmp::Reverse(score), self.organisations.id(row), Suggestion { row, how })
        });
        let mut scored: Vec<_> = ranked.collect();
        scored.sort_unstable_by_key(|(score, id, _)| (*score, *id));
        scored.into_iter().map(|(_, _, found)| found).take(limit).collect()
    }
}
