//! What is typed: which rows it means, and how well each fits.
//!
//! Every word must match, the last one as the beginning of a word too. A word typed with marks means that spelling
//! alone, one without marks any. The stages follow each other until one finds rows: as typed (and in other words), with
//! marks forgotten, with one typing error in a word that the catalogue does not know, with most of the words.

use super::lexicon::{Lexicon, Word};
use super::reading::{IN_NAME, Reading, has_all};
use super::rows::{Set, united};
use super::senses::RowNames;
use super::stages::{Among, Query};
use super::synonyms::Thesaurus;
use super::tokens::Token;
use super::typed::Typed;
use roaring::RoaringBitmap;

/// Other wordings that are tried: the longest list is that of what a kind comprises.
pub const MOST_REWRITINGS: usize = 24;
/// Words of a name that are kept for ranking.
pub const NAME_WORDS: usize = 16;
/// No word.
pub const NO_WORD: u16 = u16::MAX;
/// How a row was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// As it was typed.
    Exact,
    /// Without regard to marks.
    Folded,
    /// The last word is the beginning of one.
    Prefix,
    /// In other words of the same meaning.
    Synonym,
    /// A province that was typed is its producer's; the other words are as they were typed, or nearly.
    Place,
    /// With one typing error mended.
    Typo,
    /// With most of the words, not all.
    Partial,
}

/// The words of a product's name by number, [`NO_WORD`] after the last.
pub type NameWords = [u16; NAME_WORDS];
/// Words at the beginning of a name that mostly tell what it is worth.
pub const HEAD_WORDS: usize = 4;

/// The beginning of a name: small, for each of many is read, and every product has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(Rust, packed)]
pub struct NameHead {
    pub(super) words: [u16; HEAD_WORDS],
    /// How many words the name has.
    pub(super) length: u8,
}

impl NameHead {
    /// That of a name without a word.
    pub const NONE: Self = Self { words: [NO_WORD; HEAD_WORDS], length: 0 };

    /// That of `words`.
    pub fn of(words: &NameWords) -> Self {
        let [first, second, third, fourth, ..] = *words;
        let length = words.iter().map(|word| u8::from(*word != NO_WORD)).sum();
        Self { words: [first, second, third, fourth], length }
    }

    /// The first words.
    pub fn words(&self) -> [u16; HEAD_WORDS] {
        self.words
    }
}

/// The rows that a query means.
#[derive(Debug, Clone)]
pub struct Found<'a> {
    readings: Vec<Reading<'a>>,
    /// How many of the words the rows that come first have.
    words: usize,
    /// The rows of all readings, where there are several.
    rows: Option<RoaringBitmap>,
    none: RoaringBitmap,
}

/// How sure it is that rows are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// There is none.
    Nothing,
    /// Words were given up.
    InPart,
    /// A word was mended.
    Mended,
    /// Marks that were typed were forgotten.
    WithOtherMarks,
    /// Every word is as it was typed, or another name of the same.
    Spelled,
}

/// How well a row fits: the higher the better.
pub type TextScore = u32;

impl<'a> Found<'a> {
    /// What `text` means in `lexicon`, where `names_of` fills in the names of a row; `None` when it has no word.
    pub fn new(text: &str, lexicon: &'a Lexicon, thesaurus: &Thesaurus, names_of: impl Fn(u32, &mut RowNames)) -> Option<Self> {
        Typed::new(text).map(|typed| Self::within(&typed, lexicon, thesaurus, names_of, Among::All))
    }

    /// What was `typed` means of the rows `among` alone: what only others have does not end the stages.
    pub fn within(
        typed: &Typed,
        lexicon: &'a Lexicon,
        thesaurus: &Thesaurus,
        names_of: impl Fn(u32, &mut RowNames),
        among: Among<'_>,
    ) -> Self {
        let query = Query::new(typed, lexicon, thesaurus, among);
        let mut readings: Vec<Reading<'_>> = query.as_typed().into_iter().collect();
        let rewritings = thesaurus.rewritings(typed.words(), MOST_REWRITINGS);
        readings.extend(rewritings.iter().filter_map(|other| query.in_other_words(other, &names_of)));
        if readings.is_empty() && typed.words().iter().any(Token::is_marked) {
            let bare: Vec<Token> = typed.words().iter().map(Token::without_marks).collect();
            readings.extend(query.without_marks());
            let of_bare = thesaurus.rewritings(&bare, MOST_REWRITINGS);
            let untried = of_bare.iter().filter(|other| rewritings.iter().all(|tried| tried.words != other.words));
            readings.extend(untried.filter_map(|other| query.in_other_words(other, &names_of)));
        }
        if readings.is_empty() {
            readings.extend(query.with_one_error());
        }
        if readings.is_empty() {
            readings = query.with_most_words();
        }
        let rows = (readings.len() > 1).then(|| united(readings.iter().map(|reading| Set::Many(&reading.rows))));
        let words = readings.first().map_or(0, |reading| reading.most.into());
        Self { readings, words, rows, none: RoaringBitmap::new() }
    }

    /// All of `rows`, which stand in a place that so many words name.
    pub fn all_in_place(rows: RoaringBitmap, words: usize) -> Self {
        Self { readings: vec![Reading::of_place(rows)], words, rows: None, none: RoaringBitmap::new() }
    }

    /// The same, of a query that names the place of these rows in so many words more.
    #[must_use]
    pub fn in_place(self, words: usize) -> Self {
        Self { readings: self.readings.into_iter().map(Reading::in_place).collect(), words: self.words + words, ..self }
    }

    /// The same, where there are others that come before.
    #[must_use]
    pub fn coming_after(self) -> Self {
        Self { readings: self.readings.into_iter().map(Reading::coming_after).collect(), ..self }
    }

    /// The same, of a query of which other words were given up.
    #[must_use]
    pub fn in_part(mut self) -> Self {
        self.readings.iter_mut().for_each(|reading| reading.said = How::Partial);
        self
    }

    /// These rows and `others`.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.readings.extend(others.readings);
        self.rows = Some(united(self.readings.iter().map(|reading| Set::Many(&reading.rows))));
        self
    }

    /// How many of the words of the query each row has.
    pub fn words(&self) -> usize {
        self.words
    }

    /// How sure it is that the rows are meant.
    pub fn certainty(&self) -> Certainty {
        let of = |reading: &Reading<'_>| match reading.how {
            How::Partial => Certainty::InPart,
            How::Typo => Certainty::Mended,
            How::Folded => Certainty::WithOtherMarks,
            How::Exact | How::Prefix | How::Synonym | How::Place => Certainty::Spelled,
        };
        let least = self.readings.iter().map(of).min().unwrap_or(Certainty::Spelled);
        if self.rows().is_empty() { Certainty::Nothing } else { least }
    }

    /// How many of so many words of the query a name has that is worth this score; all where it has all that are asked of it
    /// in other words.
    pub fn words_in_name(score: TextScore, typed: usize) -> usize {
        if has_all(score) { typed } else { (score >> IN_NAME & 0xF) as usize }
    }

    /// All rows.
    pub fn rows(&self) -> &RoaringBitmap {
        self.rows.as_ref().or(self.readings.first().map(|reading| reading.rows.as_ref())).unwrap_or(&self.none)
    }

    /// How well `row` with the name `words` fits, and how it was found.
    pub fn score(&self, row: u32, words: &NameWords) -> (TextScore, How) {
        self.score_from(0, row, words)
    }

    /// The same, where it is `least` or more; anything less than `least` otherwise.
    pub fn score_from(&self, least: TextScore, row: u32, words: &NameWords) -> (TextScore, How) {
        let head = NameHead::of(words);
        let score = |reading: &Reading<'_>, by_head: Option<_>| Some(by_head.unwrap_or_else(|| reading.score(words, head.length)));
        self.best(least, row, head, score).unwrap_or((0, How::Partial))
    }

    /// How a row was found that has this score and was found so by its name, with the `words` of its name and its
    /// producer's.
    pub fn how_in_full(&self, found: (TextScore, How), words: impl Iterator<Item = Word>) -> How {
        // As it was typed is read first, where some row has it.
        self.readings.first().map_or(found.1, |reading| reading.how_in_full(found, words))
    }

    /// The same by the beginning of the name alone; `None` where that does not tell.
    #[inline]
    pub fn score_by_head(&self, least: TextScore, row: u32, head: NameHead) -> Option<(TextScore, How)> {
        self.best(least, row, head, |_, by_head| by_head)
    }

    /// The best score of all readings, where it is `least` or more.
    #[inline]
    fn best(
        &self,
        least: TextScore,
        row: u32,
        head: NameHead,
        score: impl Fn(&Reading<'_>, Option<(TextScore, How)>) -> Option<(TextScore, How)>,
    ) -> Option<(TextScore, How)> {
        let mut best = (0, How::Partial);
        for reading in &self.readings {
            let (highest, by_head) = reading.highest(head);
            if highest >= least && highest > best.0 && (self.readings.len() == 1 || reading.rows.contains(row)) {
                let score = score(reading, by_head)?;
                if score.0 > best.0 {
                    best = score;
                }
            }
        }
        Some(best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a lexicon was told of names.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Told {
        Nothing,
        /// All at the end of loading.
        All,
        /// Each, in place of another name.
        Each,
    }

    proptest! {
        // Against scoring every name, in every reading, in full.
        #[test]
        fn a_name_is_left_out_only_where_it_is_worth_less(
            names in prop::collection::vec("(dứa|dừa|khóm|cá|lá|sấy|sấy dẻo|kho)( (dứa|dừa|khóm|cá|sấy|kho)){0,4}", 1..12),
            producer in "(cá|lá dứa|dứa|khóm sấy|a)",
            text in "(dứa|dua|khóm|cá dứa|sấy|trái dứa)( (sấy|say|kho|d)){0,2}",
            least in 0_usize..12, is_told: bool,
        ) {
            let thesaurus = Thesaurus::new([("khóm", "dứa"), ("dứa", "khóm")], [("dứa", "cá dứa"), ("dứa", "lá dứa")]);
            let mut lexicon = if is_told { Lexicon::with_senses(&thesaurus) } else { Lexicon::default() };
            let (mut words, mut named) = (Vec::new(), Vec::new());
            for (row, name) in (0_u32..).zip(&names) {
                let (numbers, producer) = (lexicon.learn_all(name), lexicon.learn_all(&producer));
                for word in numbers.iter().chain(&producer) {
                    lexicon.post(*word, row);
                }
                let mut name = [NO_WORD; NAME_WORDS];
                name.iter_mut().zip(&numbers).for_each(|(place, word)| *place = u16::try_from(*word).unwrap());
                words.push(name);
                named.push(RowNames { own: numbers, producer, of: None });
                lexicon.note_names(row, &named[row as usize]);
            }
            let found = Found::new(&text, &lexicon, &thesaurus, |row, names| names.clone_from(&named[row as usize])).unwrap();
            let in_full = |row: u32, name: &NameWords| {
                let readings = found.readings.iter().filter(|reading| reading.rows.contains(row));
                let scores = readings.map(|reading| reading.score(name, NameHead::of(name).length));
                scores.rev().max_by_key(|(score, _)| *score)
            };
            let all: Vec<(u32, (TextScore, How))> =
                (0_u32..).zip(&words).filter_map(|(row, name)| Some((row, in_full(row, name)?))).collect();
            prop_assert_eq!(found.rows().iter().collect::<Vec<_>>(), all.iter().map(|(row, _)| *row).collect::<Vec<_>>());
            let least = all.get(least).map_or(0, |(_, (score, _))| *score);
            for (row, expected) in all {
                let name = &words[row as usize];
                prop_assert_eq!(found.score(row, name), expected);
                let seen = found.score_from(least, row, name);
                let by_head = found.score_by_head(least, row, NameHead::of(name));
                prop_assert!(by_head.is_none_or(|by_head| by_head == seen));
                if expected.0 >= least { prop_assert_eq!(seen, expected) } else { prop_assert!(seen.0 < least) }
            }
        }

        // Against looking at every word of every name.
        #[test]
        fn what_goes_by_another_name_stands_outside_of_phrases_with_another_sense(
            names in prop::collection::vec(("(dứa|cá|lá|sấy|tre)( (dứa|cá|lá|sấy|dại)){0,4}", "(cá|lá dứa|dứa|cá dứa dứa|sấy|a)"), 1..12),
            is_dried: bool, told in prop::sample::select(vec![Told::Nothing, Told::All, Told::Each]),
        ) {
            let thesaurus = Thesaurus::new([("khóm", "dứa")], [("dứa", "cá dứa"), ("dứa", "lá dứa"), ("dứa", "dứa dại"), ("sấy", "sấy lá")]);
            // Whether the lexicon knows where words stand in phrases: from the end of loading, or name by name.
            let mut lexicon = if told == Told::Nothing { Lexicon::default() } else { Lexicon::with_senses(&thesaurus) };
            let mut named = Vec::new();
            for (row, (name, producer)) in (0_u32..).zip(&names) {
                let (own, producer) = (lexicon.learn_all(name), lexicon.learn_all(producer));
                own.iter().chain(&producer).for_each(|word| lexicon.post(*word, row));
                named.push(RowNames { own, producer, of: None });
                if told == Told::Each {
                    let before = RowNames { own: lexicon.learn_all("cá dứa sấy lá"), ..RowNames::default() };
                    lexicon.note_names(row, &before);
                    lexicon.note_names(row, &named[row as usize]);
                }
            }
            if told == Told::All {
                lexicon.note_all_names(|row, names| names.clone_from(&named[row as usize]));
            }
            let stands = |wanted: &str, name: &str| {
                let words: Vec<&str> = name.split(' ').collect();
                let is = |at: Option<usize>, word: &str| at.and_then(|at| words.get(at)).is_some_and(|has| *has == word);
                (0..words.len()).filter(|at| words[*at] == wanted).any(|at| {
                    let (before, after) = (at.checked_sub(1), Some(at + 1));
                    let of_two = wanted == "dứa" && (is(before, "cá") || is(before, "lá") || is(after, "dại"));
                    !of_two && (!is_dried || wanted != "sấy" || !is(after, "lá"))
                })
            };
            let wanted: &[&str] = if is_dried { &["dứa", "sấy"] } else { &["dứa"] };
            let expected: Vec<u32> = (0_u32..).zip(&names).filter(|(_, (name, producer))| {
                wanted.iter().all(|wanted| stands(wanted, name) || stands(wanted, producer))
            }).map(|(row, _)| row).collect();
            let text = if is_dried { "khóm sấy" } else { "khóm" };
            let asked = std::cell::Cell::new(0);
            let found = Found::new(text, &lexicon, &thesaurus, |row, names| {
                asked.set(asked.get() + 1);
                names.clone_from(&named[row as usize]);
            }).unwrap();
            let of_synonym: Vec<u32> = found.readings.iter().filter(|reading| reading.how == How::Synonym).flat_map(|reading| reading.rows.iter()).collect();
            let of_synonym_names: Vec<&(String, String)> = expected.iter().map(|row| &names[*row as usize]).collect();
            prop_assert_eq!(of_synonym, expected);
            // With marks forgotten it is tried once more, where other words than the synonym's have some.
            let most = if told == Told::Nothing { names.len() * (1 + usize::from(is_dried)) } else { 0 };
            prop_assert!(asked.get() <= most);
            // Where a name is left that has such a phrase too, the beginnings of names do not tell all.
            let tell = found.readings.iter().filter(|reading| reading.how == How::Synonym).all(|reading| reading.other_senses.is_empty());
            let has_phrase = |name: &str| ["cá dứa", "lá dứa", "dứa dại", "sấy lá"].iter().filter(|phrase| is_dried || **phrase != "sấy lá")
                .any(|phrase| format!(" {name} ").contains(&format!(" {phrase} ")));
            let left = of_synonym_names.iter().any(|(name, producer)| has_phrase(name) || has_phrase(producer));
            prop_assert_eq!(tell, !left);
        }
    }
}
