//! The words of a demand: which products answer them.
//!
//! A demand's words decide whether a pair fits, so they are read strictly: each whole, in its spelling where it has marks,
//! or a phrase in other words of the same meaning; never as the beginning of a word, with an error mended, or in part, nor in
//! a phrase with another sense. What answers a demand, a search for its words finds too.
//! Whether a product answers depends on its name and its producer's alone, never on what else there is: that is why
//! both directions of matching agree.

use super::text::lexicon::{Fold, Lexicon, Word};
use super::text::query::MOST_REWRITINGS;
use super::text::rows::{Set, united};
use super::text::senses::{RowNames, masked};
use super::text::synonyms::Thesaurus;
use super::text::tokens::{Token, tokens};
use roaring::RoaringBitmap;
use std::borrow::{Borrow, Cow};
use std::ops::Range;

/// Words that count: as many as of a search.
const MOST_WORDS: usize = 10;

/// Words as they were written, and in other words.
#[derive(Debug, Clone)]
pub struct Wording<T = Token> {
    /// First as they were written.
    pub(super) readings: Vec<Reading<T>>,
}

/// One way to say what is meant, by words or by their numbers.
#[derive(Debug, Clone)]
pub(super) struct Reading<W, S = W> {
    pub words: Vec<S>,
    /// The places of the phrase that is a synonym.
    pub phrase: Range<usize>,
    /// Phrases in which one of the words means something else.
    pub other_senses: Vec<Vec<W>>,
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
        let rewritings: Vec<(Vec<Token>, Range<usize>)> =
            rewritings.map(|other| (other.words.into_iter().cloned().collect(), other.phrase)).collect();
        // Another name may have other senses too: "thơm" for pineapple is not that of "gạo thơm".
        let reading = |(words, phrase): (Vec<Token>, Range<usize>)| {
            let other_senses = thesaurus.other_senses(&words).map(<[Token]>::to_vec).collect();
            Reading { words, phrase, other_senses }
        };
        Some(Self { readings: std::iter::once((words, 0..0)).chain(rewritings).map(reading).collect() })
    }
}

impl<T: Borrow<Token>> Wording<T> {
    /// The same by numbers of `lexicon`. What it does not know, no product has.
    pub fn resolve(&self, lexicon: &Lexicon) -> Wanted {
        let numbered = |phrase: &Vec<T>| phrase.iter().map(|token| lexicon.word(token.borrow())).collect::<Option<Vec<Word>>>();
        let readings = self.readings.iter().filter_map(|reading| {
            let Reading { words, phrase, other_senses } = reading;
            let words = words.iter().map(Borrow::borrow).enumerate().map(|(at, token): (usize, &Token)| {
                // The words of a synonym are spelled as in the table.
                if token.is_marked() || phrase.contains(&at) {
                    lexicon.word(token).map(Slot::Word)
                } else {
                    lexicon.fold(&token.folded).map(Slot::Fold)
                }
            });
            // A phrase of which it does not know a word stands in no name.
            let other_senses = other_senses.iter().filter_map(numbered).collect();
            let words = words.collect::<Option<Vec<Slot>>>()?;
            Some(Reading { words, phrase: phrase.clone(), other_senses })
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

/// The words of a demand by number.
#[derive(Debug, Clone)]
pub struct Wanted {
    readings: Vec<Reading<Word, Slot>>,
}

impl Wanted {
    /// Rows in which all words stand, in the product's name or the producer's: those that may answer.
    pub fn rows(&self, lexicon: &Lexicon) -> RoaringBitmap {
        self.readings.iter().fold(RoaringBitmap::new(), |all, reading| all | reading.rows(lexicon))
    }

    /// Whether a product answers: every word stands, in the sense that is meant, in its name or its producer's, and one at
    /// least in its own.
    pub fn takes(&self, names: &RowNames, lexicon: &Lexicon) -> bool {
        self.readings.iter().any(|reading| reading.takes(names, lexicon))
    }
}

impl Reading<Word, Slot> {
    fn rows(&self, lexicon: &Lexicon) -> RoaringBitmap {
        let mut sets: Vec<_> = self.words.iter().map(|slot| slot.rows(lexicon)).collect();
        sets.sort_by_key(|rows| rows.len());
        let mut sets = sets.into_iter();
        let first = sets.next().unwrap_or_default().into_owned();
        sets.fold(first, |rows, more| rows & more.as_ref())
    }

    fn takes(&self, RowNames { own: name, producer, .. }: &RowNames, lexicon: &Lexicon) -> bool {
        let (of_name, of_producer) = (masked(name, &self.other_senses), masked(producer, &self.other_senses));
        let has = |words: &[Word], masked: &[usize], slot: Slot| {
            words.iter().enumerate().any(|(at, word)| slot.takes(*word, lexicon) && !masked.contains(&at))
        };
        if !self.words.iter().all(|slot| has(name, &of_name, *slot) || has(producer, &of_producer, *slot)) {
            return false;
        }
        let Some(phrase) = self.words.get(self.phrase.clone()).filter(|phrase| !phrase.is_empty()) else {
            return self.words.iter().any(|slot| has(name, &of_name, *slot));
        };
        // A synonym names goods: its words stand side by side in the name of goods.
        let stands = |(at, words): (usize, &[Word])| {
            let fits = |(place, (word, slot)): (usize, (&Word, &Slot))| slot.takes(*word, lexicon) && !of_name.contains(&place);
            (at..).zip(words.iter().zip(phrase)).all(fits)
        };
        name.windows(phrase.len()).enumerate().any(stands)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indexing::tables::thesaurus;
    use crate::market::samples;
    use crate::market::text::query::Found;
    use proptest::prelude::*;

    fn answers(text: &str, name: &str, producer: &str) -> bool {
        answers_by(&samples::thesaurus(), text, name, producer)
    }

    /// Whether a product answers; what does is found by a search for the same words.
    fn answers_by(thesaurus: &Thesaurus, text: &str, name: &str, producer: &str) -> bool {
        let mut lexicon = Lexicon::default();
        let mut learned = |text: &str| tokens(text).iter().map(|token| lexicon.learn(token)).collect::<Vec<_>>();
        let names = RowNames { own: learned(name), producer: learned(producer), of: None };
        names.own.iter().chain(&names.producer).for_each(|word| lexicon.post(*word, 7));
        let wanted = Wording::new(text, thesaurus).unwrap().resolve(&lexicon);
        let found = wanted.takes(&names, &lexicon);
        assert!(!found || wanted.rows(&lexicon).contains(7), "what answers is among the rows");
        let searched =
            Found::new(text, &lexicon, thesaurus, |_, of_row| of_row.clone_from(&names)).is_some_and(|found| found.rows().contains(7));
        assert!(!found || searched, "{text} is answered by {name} of {producer}, and a search does not find it");
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

    // By the tables of the reference data: what each demand must find, and what only has the word.
    #[test]
    fn another_name_is_not_meant_in_its_other_sense() {
        let thesaurus = thesaurus();
        for (text, meant, others) in [
            (
                "dứa",
                &["Khóm Cầu Đúc", "Thơm sấy", "Mứt dứa"][..],
                &["Gạo Đài thơm 8", "Gạo Nàng Nhen thơm Bảy Núi", "Nếp thơm", "Cá dứa sấy"][..],
            ),
            ("pineapple", &["Dứa tươi", "Khóm sấy", "Thơm tươi"], &["Gạo thơm", "Nến thơm sả", "Trà lá dứa"]),
            ("dọc mùng", &["Dọc mùng khô", "Bạc hà tươi"], &["Mật ong bạc hà"]),
            ("cassava", &["Bột sắn", "Khoai mì lát"], &["Bột sắn dây", "Củ sắn nước"]),
            ("turmeric", &["Tinh bột nghệ", "Nghệ tươi"], &["Tranh mỹ nghệ", "Cam Nghệ An"]),
            ("silk", &["Khăn lụa"], &["Chả lụa", "Giò lụa ước lễ"]),
            ("thủ công mỹ nghệ", &["Khăn lụa tơ tằm", "Bình gốm"], &["Chả lụa", "Giò lụa"]),
            ("na", &["Na dai", "Mãng cầu ta"], &["Mãng cầu xiêm", "Miến Na Rì"]),
        ] {
            let names = |names: &[&str]| -> Vec<bool> { names.iter().map(|name| answers_by(&thesaurus, text, name, "Hộ Ba")).collect() };
            assert_eq!(names(meant), vec![true; meant.len()], "{text}: {meant:?}");
            assert_eq!(names(others), vec![false; others.len()], "{text}: {others:?}");
        }
    }

    #[test]
    fn another_sense_is_that_of_words_side_by_side_in_one_name() {
        for (name, producer, answers_it) in [
            ("Dứa tươi", "HTX Cá Đồng", true),
            ("Dứa kho cá", "A", true),
            ("Khô cá dứa và mứt dứa", "A", true),
            ("Dứa gọt", "Cơ sở Lá Dứa", true),
            ("Cá dứa", "A", false),
            ("Cá dứa", "Vườn Dứa Bến Lức", false),
            ("Bánh", "Cơ sở Lá Dứa", false),
        ] {
            assert_eq!(answers("khóm", name, producer), answers_it, "{name} of {producer}");
            assert_eq!(answers("dứa", name, producer), answers_it, "{name} of {producer}, as it is written");
        }
        let thesaurus = thesaurus();
        assert!(answers_by(&thesaurus, "turmeric", "Nghệ tươi", "Hộ An"));
        assert!(answers_by(&thesaurus, "tea", "Trà sen", "Cơ sở Trà Vinh"));
        assert!(answers_by(&thesaurus, "shrimp", "Tôm muối", "A"));
        assert!(!answers_by(&thesaurus, "shrimp", "Muối tôm", "A"));
    }

    // "Dứa sấy" is not answered by dried catfish because both are dried, nor turmeric powder by any powder of craftsmen.
    #[test]
    fn every_word_is_meant_in_the_sense_in_which_it_was_written() {
        assert!(answers("dứa sấy", "Dứa sấy dẻo", "A"));
        assert!(!answers("dứa sấy", "Cá dứa sấy", "A"));
        assert!(answers("dứa sấy", "Cá dứa sấy và dứa sấy", "A"));
        assert!(!answers_by(&thesaurus(), "bột nghệ", "Bột gạo", "Hợp tác xã mỹ nghệ"));
        assert!(answers_by(&thesaurus(), "bột nghệ", "Bột nghệ", "Hợp tác xã mỹ nghệ"));
    }

    proptest! {
        #[test]
        fn what_answers_a_demand_a_search_finds(
            text in "(trái )?(dứa|dua|khóm|thơm|na|sắn|lụa|chè|nghệ)( (sấy|say|khô|dứa))?",
            name in "(cá|gạo|dứa|khóm|thơm|na|mãng cầu|xiêm|sắn|dây|lụa|chả|trà|vinh|nghệ|mỹ|sấy)( (cá|dứa|thơm|dua|xiêm|dây|lụa|sấy|vinh|nghệ|an)){0,3}",
            producer in "(a|trà vinh|gạo thơm|mỹ nghệ|dứa|chả|an|nghệ|nghệ an|cá|lá dứa dứa)",
        ) {
            answers_by(&thesaurus(), &text, &name, &producer);
        }
    }
}
