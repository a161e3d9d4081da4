//! What north and south, market and label call the same: phrases, with their direction.

use super::tokens::{Token, tokens};
use std::collections::HashMap;

/// A phrase and another one that means the same.
#[derive(Debug, Clone)]
struct Entry {
    from: Vec<Token>,
    to: Vec<Token>,
}

/// Synonyms, and phrases in which a word means something else.
#[derive(Debug, Clone, Default)]
pub struct Thesaurus {
    /// By the fold of the first word of the phrase.
    entries: HashMap<String, Vec<Entry>>,
    /// Phrases in which the word has another sense than alone, by the fold of the word.
    other_senses: HashMap<String, Vec<(Token, Vec<Token>)>>,
}

/// A query with a phrase of it said in other words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewriting {
    /// The words.
    pub words: Vec<Token>,
    /// Which of them are the other phrase: they must stand side by side.
    pub phrase: std::ops::Range<usize>,
}

impl Thesaurus {
    /// `synonyms` are pairs in the direction in which they hold (a pair that holds both ways comes twice); `senses` are
    /// pairs of a word and a longer phrase with it.
    pub fn new<'a>(synonyms: impl IntoIterator<Item = (&'a str, &'a str)>, senses: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut thesaurus = Self::default();
        for (from, to) in synonyms {
            let (from, to) = (tokens(from), tokens(to));
            if let (Some(first), false) = (from.first(), to.is_empty()) {
                let first = first.folded.clone();
                thesaurus.entries.entry(first).or_default().push(Entry { from, to });
            }
        }
        for (word, phrase) in senses {
            for token in tokens(word).into_iter().take(1) {
                let fold = token.folded.clone();
                thesaurus.other_senses.entry(fold).or_default().push((token, tokens(phrase)));
            }
        }
        thesaurus
    }

    /// `query` with each of its phrases that has a synonym said in the other words, one phrase at a time; at most `most`.
    pub fn rewritings(&self, query: &[Token], most: usize) -> Vec<Rewriting> {
        let mut found: Vec<Rewriting> = Vec::new();
        for at in 0..query.len() {
            let Some(rest) = query.get(at..) else { break };
            let Some(entries) = rest.first().and_then(|first| self.entries.get(&first.folded)) else { continue };
            for entry in entries.iter().filter(|entry| begins_with(rest, &entry.from)) {
                let before = query.iter().take(at);
                let after = query.iter().skip(at + entry.from.len());
                let words: Vec<Token> = before.chain(&entry.to).chain(after).cloned().collect();
                let rewriting = Rewriting { words, phrase: at..at + entry.to.len() };
                if found.len() < most && !found.contains(&rewriting) && rewriting.words != query {
                    found.push(rewriting);
                }
            }
        }
        found
    }

    /// Phrases in which a word of `query` has another sense, unless the query has the phrase itself.
    pub fn other_senses<'a>(&'a self, query: &'a [Token]) -> impl Iterator<Item = &'a [Token]> {
        query.iter().flat_map(move |typed| {
            let senses = self.other_senses.get(&typed.folded).map_or(&[] as &[_], Vec::as_slice);
            senses
                .iter()
                .filter(move |(word, phrase)| {
                    means(typed, word) && !(0..query.len()).any(|at| query.get(at..).is_some_and(|rest| begins_with(rest, phrase)))
                })
                .map(|(_, phrase)| phrase.as_slice())
        })
    }
}

/// Whether what was typed can mean `word`: with marks that spelling alone, without them any.
pub fn means(typed: &Token, word: &Token) -> bool {
    if typed.is_marked() { typed.letters == word.letters && typed.tone == word.tone } else { typed.folded == word.folded }
}

fn begins_with(typed: &[Token], phrase: &[Token]) -> bool {
    typed.len() >= phrase.len() && typed.iter().zip(phrase).all(|(typed, word)| means(typed, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thesaurus() -> Thesaurus {
        Thesaurus::new(
            [("khóm", "dứa"), ("dứa", "khóm"), ("cá lóc", "cá quả"), ("trái", "quả")],
            [("dứa", "cá dứa"), ("dứa", "lá dứa"), ("quả", "cá quả")],
        )
    }

    fn said(query: &str) -> Vec<String> {
        let spell = |words: &[Token]| words.iter().map(|token| token.folded.as_str()).collect::<Vec<_>>().join(" ");
        thesaurus().rewritings(&tokens(query), 8).iter().map(|rewriting| spell(&rewriting.words)).collect()
    }

    #[test]
    fn a_phrase_is_said_in_other_words_with_or_without_marks() {
        assert_eq!(said("khom say"), ["dua say"]);
        assert_eq!(said("nước dứa"), ["nuoc khom"]);
        assert_eq!(said("khô cá lóc"), ["kho ca qua"]);
        assert!(said("dừa").is_empty(), "coconut is no pineapple");
        assert_eq!(said("dua"), ["khom"], "without marks it may be one");
        assert!(said("quả").is_empty(), "one way only");
    }

    #[test]
    fn a_word_keeps_its_sense_inside_the_phrase_that_was_typed() {
        let thesaurus = thesaurus();
        let senses = |query: &str| thesaurus.other_senses(&tokens(query)).count();
        assert_eq!(senses("dứa"), 2);
        assert_eq!(senses("cá dứa"), 1);
        assert_eq!(senses("dừa"), 0);
    }
}
