//! The words of a demand: which products answer them.
//!
//! A demand's words decide whether a pair fits, so they are read strictly: each whole, in its spelling where it has marks,
//! or a phrase in other words of the same meaning; never as the beginning of a word, with an error mended, or in part.
//! Whether a product answers depends on its name and its producer's alone, never on what else there is: that is why
//! both directions of matching agree.

use super::text::lexicon::{Fold, Lexicon, Word};
use super::text::query::MOST_REWRITINGS;
use super::text::rows::{Set, united};
use super::text::synonyms::Thesaurus;
use super::text::tokens::{Token, tokens};
use roaring::RoaringBitmap;
use std::borrow::{Borrow, Cow};
use std::ops::Range;

/// Words that count: as many as of a search.
const MOST_WORDS: usize = 10;

/// Words, the places of the phrase that is a synonym, and phrases with another sense.
type WordsAndSenses<T> = (Vec<T>, Range<usize>, Vec<Vec<T>>);

/// Words as they were written, and in other words.
#[derive(Debug, Clone)]
pub struct Wording<T = Token> {
    /// The words, with the places of the phrase that is a synonym, and the phrases in which one of the words means
    /// something else.
    pub(super) readings: Vec<WordsAndSenses<T>>,
}

impl Wording {
    /// What `text` asks for; `None` where it has no word.
    pub fn new(text: &str, thesaurus: &Thesaurus) -> Option<Self> {
        let mut words = tokens(text);
        words.truncate(MOST_WORDS);
        if words.is_empty() {
            return None;
        }
        let rewritings = thesaurus.rewritings(&words, MOST_REWRITINGS).into_iter();
        let readings = rewritings.map(|other| (other.words.into_iter().cloned().collect(), other.phrase)).collect::<Vec<_>>();
        // Another name may have other senses too: "thơm" for pineapple is not that of "gạo thơm".
        let with_senses = |(words, phrase): (Vec<Token>, Range<usize>)| {
            let other_senses = thesaurus.other_senses(&words).map(<[Token]>::to_vec).collect();
            (words, phrase, other_senses)
        };
        Some(Self { readings: std::iter::once((words, 0..0)).chain(readings).map(with_senses).collect() })
    }
}

impl<T: Borrow<Token>> Wording<T> {
    /// The same by numbers of `lexicon`. What it does not know, no product has.
    pub fn resolve(&self, lexicon: &Lexicon) -> Wanted {
        let numbered = |phrase: &Vec<T>| phrase.iter().map(|token| lexicon.word(token.borrow())).collect::<Option<Vec<Word>>>();
        let readings = self.readings.iter().filter_map(|(words, phrase, other_senses)| {
            let slots = words.iter().map(Borrow::borrow).enumerate().map(|(at, token): (usize, &Token)| {
                // The words of a synonym are spelled as in the table.
                if token.is_marked() || phrase.contains(&at) {
                    lexicon.word(token).map(Slot::Word)
                } else {
                    lexicon.fold(&token.folded).map(Slot::Fold)
                }
            });
            let other_senses = other_senses.iter().filter_map(numbered).collect();
            Some(Reading { slots: slots.collect::<Option<Vec<Slot>>>()?, phrase: phrase.clone(), other_senses })
        });
        Wanted { readings: readings.collect() }
    }
}

/// What a name must have at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// This spelling.
    Word(Word),
    /// Any spelling of this fold.
    Fold(Fold),
}

impl Slot {
    fn takes(self, word: Word, lexicon: &Lexicon) -> bool {
        match self {
            Self::Word(wanted) => word == wanted,
            Self::Fold(wanted) => lexicon.fold_of(word) == wanted,
        }
    }

    fn rows(self, lexicon: &Lexicon) -> Cow<'_, RoaringBitmap> {
        match self {
            Self::Word(word) => lexicon.rows(word).map(Set::to_bitmap).unwrap_or_default(),
            Self::Fold(fold) => match lexicon.words_of(fold) {
                [word] => Self::Word(*word).rows(lexicon),
                _ => Cow::Owned(united(lexicon.fold_sets(fold))),
            },
        }
    }
}

#[derive(Debug, Clone)]
struct Reading {
    slots: Vec<Slot>,
    phrase: Range<usize>,
    other_senses: Vec<Vec<Word>>,
}

/// The words of a demand by number.
#[derive(Debug, Clone)]
pub struct Wanted {
    readings: Vec<Reading>,
}

impl Wanted {
    /// Rows in which all words stand, in the product's name or the producer's: those that may answer.
    pub fn rows(&self, lexicon: &Lexicon) -> RoaringBitmap {
        self.readings.iter().fold(RoaringBitmap::new(), |all, reading| all | reading.rows(lexicon))
    }

    /// Whether a product answers: every word stands in its name or its producer's, and one at least, in the sense that
    /// is meant, in its own.
    pub fn takes(&self, name: &[Word], producer: &[Word], lexicon: &Lexicon) -> bool {
        self.readings.iter().any(|reading| reading.takes(name, producer, lexicon))
    }
}

impl Reading {
    fn rows(&self, lexicon: &Lexicon) -> RoaringBitmap {
        let mut sets: Vec<_> = self.slots.iter().map(|slot| slot.rows(lexicon)).collect();
        sets.sort_by_key(|rows| rows.len());
        let mut sets = sets.into_iter();
        let first = sets.next().unwrap_or_default().into_owned();
        sets.fold(first, |rows, more| rows & more.as_ref())
    }

    fn takes(&self, name: &[Word], producer: &[Word], lexicon: &Lexicon) -> bool {
        let has = |words: &[Word], slot: Slot| words.iter().any(|word| slot.takes(*word, lexicon));
        if !self.slots.iter().all(|slot| has(name, *slot) || has(producer, *slot)) {
            return false;
        }
        // A synonym names goods: its words stand side by side in the name of goods.
        let phrase = self.slots.get(self.phrase.clone()).unwrap_or_default();
        if !phrase.is_empty() {
            let stands = |words: &[Word]| words.iter().zip(phrase).all(|(word, slot)| slot.takes(*word, lexicon));
            return name.windows(phrase.len()).any(stands);
        }
        let masked = self.masked(name);
        let seen = |(at, word): (usize, &Word)| !masked.contains(&at) && self.slots.iter().any(|slot| slot.takes(*word, lexicon));
        name.iter().enumerate().any(seen)
    }

    /// Places of the name that lie in a phrase with another sense.
    fn masked(&self, name: &[Word]) -> Vec<usize> {
        let of_phrase = |phrase: &Vec<Word>| {
            let starts = name.windows(phrase.len().max(1)).enumerate().filter(|(_, window)| *window == phrase.as_slice());
            starts.flat_map(|(at, window)| at..at + window.len()).collect::<Vec<_>>()
        };
        self.other_senses.iter().flat_map(of_phrase).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::samples;

    fn answers(text: &str, name: &str, producer: &str) -> bool {
        let mut lexicon = Lexicon::default();
        let mut learned = |text: &str| tokens(text).iter().map(|token| lexicon.learn(token)).collect::<Vec<_>>();
        let (name, producer) = (learned(name), learned(producer));
        name.iter().chain(&producer).for_each(|word| lexicon.post(*word, 7));
        let wanted = Wording::new(text, &samples::thesaurus()).unwrap().resolve(&lexicon);
        let found = wanted.takes(&name, &producer, &lexicon);
        assert!(!found || wanted.rows(&lexicon).contains(7), "what answers is among the rows");
        found
    }

    #[test]
    fn every_word_stands_in_the_name_or_the_producers_and_one_in_the_name() {
        let producer = "Hợp tác xã Hành tím Vĩnh Châu";
        assert!(answers("hành tím", "Hành tím sấy", "Hợp tác xã Bốn Mùa"));
        assert!(answers("hành tím Vĩnh Châu", "Hành tím", producer));
        assert!(!answers("hành tím", "Gạo ST25", producer), "its producer's name alone does not make it onion");
        assert!(!answers("hành tím sấy", "Hành tím", producer));
    }

    #[test]
    fn words_are_whole_and_marks_count_where_they_are_written() {
        assert!(answers("hanh tim", "Hành tím", "A"));
        assert!(answers("HÀNH  TÍM!", "hành tím", "A"));
        assert!(!answers("hành tim", "Hanh tím", "A"));
        assert!(!answers("hà", "Hành tím", "A"));
        assert!(!answers("hành tin", "Hành tím", "A"));
        assert!(Wording::new(" !?", &samples::thesaurus()).is_none());
    }

    #[test]
    fn other_names_of_the_same_thing_answer_and_other_things_of_the_same_name_do_not() {
        assert!(answers("dứa", "Khóm Cầu Đúc", "A"));
        assert!(answers("cá lóc", "Khô cá quả", "A"));
        assert!(!answers("cá lóc", "Quả cá tra", "A"), "the words of a synonym stand side by side");
        assert!(!answers("dứa", "Cá dứa một nắng", "A"));
        assert!(answers("cá dứa", "Cá dứa một nắng", "A"));
    }
}
