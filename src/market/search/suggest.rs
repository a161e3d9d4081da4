//! Type-ahead: names that begin with, or hold, what has been typed so far.

use super::{Filter, Question, Sort};
use crate::market::Market;
use crate::market::matching::View;
use crate::market::organisations::Side;
use crate::market::text::query::{How, MOST_REWRITINGS};
use crate::market::text::tokens::{Token, tokens};
use std::collections::HashSet;

/// Products that are looked through at once for others of a name that has been told.
const PAGE: usize = 250;
/// How often: who types a name that a thousand products have needs no other.
const MOST_PAGES: usize = 4;

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
        let mut asked = Question {
            text: Some(text),
            filter: Filter::default(),
            facets: 0,
            sort: Sort::Relevance,
            place: None,
            limit: PAGE,
            after: None,
            as_of: self.today,
            view: View::PUBLIC,
        };
        let (mut names, mut suggested) = (HashSet::new(), Vec::new());
        for _ in 0..MOST_PAGES {
            let found = self.search(&asked);
            let fresh = found.hits.iter().filter(|hit| names.insert(self.products.words(hit.row)));
            suggested.extend(fresh.map(|hit| Suggestion { row: hit.row, how: hit.how.unwrap_or(How::Partial) }));
            asked.after = found.hits.last().map(|hit| hit.key);
            if suggested.len() >= limit || !found.more {
                break;
            }
        }
        suggested.truncate(limit);
        suggested
    }

    /// What else is said for `text`, in words with their marks.
    pub fn in_other_words(&self, text: &str) -> Vec<String> {
        let said = |words: &[&Token]| words.iter().map(|word| word.spelling()).collect::<Vec<_>>().join(" ");
        self.thesaurus.rewritings(&tokens(text), MOST_REWRITINGS).iter().map(|other| said(&other.words)).collect()
    }

    /// Organisations on `side` whose names fit `text`, the best first.
    pub fn suggest_organisations(&self, text: &str, side: Side, limit: usize) -> Vec<Suggestion> {
        let found = self.rank_organisations(text, side, limit, None, |known| !known.is_idle);
        found.hits.into_iter().map(|hit| Suggestion { row: hit.row, how: hit.how.unwrap_or(How::Partial) }).collect()
    }
}
