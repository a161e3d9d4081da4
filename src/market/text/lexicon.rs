//! Every word of the catalogue, and the rows in which it stands.
//!
//! A word has one number a spelling; spellings that differ in marks alone share a fold. Rows are kept by spelling: those
//! of a fold are put together when they are asked for, which is seldom more than one large set and some small ones.

use super::beginnings::{Beginning, Beginnings};
use super::neighbours::Neighbours;
use super::rows::{Rows, Set, united};
use super::senses::{RowNames, Senses};
use super::synonyms::Thesaurus;
use super::tokens::{Token, tokens};
use super::vocabulary::Vocabulary;
pub use super::vocabulary::{Fold, Word};
use roaring::RoaringBitmap;
use std::ops::Deref;

/// Words that wait to be posted at most: eight megabytes.
const MOST_WAITING: usize = 1 << 20;

/// The words of a catalogue with their rows.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    vocabulary: Vocabulary,
    /// Of each spelling.
    rows: Vec<Rows>,
    beginnings: Beginnings,
    neighbours: Neighbours,
    senses: Senses,
    /// Words that are to be posted, with their rows.
    waiting: Vec<(Word, u32)>,
}

/// What is asked of words alone, whatever their rows.
impl Deref for Lexicon {
    type Target = Vocabulary;

    fn deref(&self) -> &Vocabulary {
        &self.vocabulary
    }
}

impl Lexicon {
    /// One that keeps where words stand in the phrases of `thesaurus` that give them another sense: it is to be told the names
    /// of each row.
    pub fn with_senses(thesaurus: &Thesaurus) -> Self {
        let mut lexicon = Self::default();
        let numbered =
            thesaurus.senses().map(|(word, phrase)| (lexicon.learn(word), phrase.iter().map(|token| lexicon.learn(token)).collect()));
        lexicon.senses = Senses::new(numbered.collect::<Vec<_>>());
        lexicon
    }

    /// Where words stand in phrases with another sense.
    pub fn senses(&self) -> &Senses {
        &self.senses
    }

    /// Notes the names of `row`, whose words are posted: what senses they have there. They need not be forgotten, for nobody
    /// asks of a row without these words.
    pub fn note_names(&mut self, row: u32, names: &RowNames) {
        self.senses.note(row, names);
    }

    /// The same of all rows at the end of loading, after [`Self::settle`].
    pub fn note_all_names(&mut self, names_of: impl Fn(u32, &mut RowNames)) {
        let rows = &self.rows;
        self.senses.note_all(|word| rows.get(word as usize).map(Rows::read), names_of);
    }

    /// The number of `token`'s spelling, given now when it is new.
    pub fn learn(&mut self, token: &Token) -> Word {
        let (word, new_fold) = self.vocabulary.learn(token);
        if self.rows.len() < self.vocabulary.len() {
            self.rows.push(Rows::default());
        }
        if new_fold.is_some() {
            for beginning in self.beginnings.count(&token.folded) {
                let rows = self.united_beginning(beginning);
                self.beginnings.keep(beginning, rows);
            }
        }
        word
    }

    /// The words of a name, each with its number.
    pub fn learn_all(&mut self, name: &str) -> Vec<Word> {
        tokens(name).iter().map(|token| self.learn(token)).collect()
    }

    /// The rows of all folds that begin so, put together.
    fn united_beginning(&self, beginning: Beginning) -> RoaringBitmap {
        let sets: Vec<Set<'_>> = self.beginning_with(self.beginnings.letters(beginning)).flat_map(|fold| self.fold_sets(fold)).collect();
        united(sets.into_iter())
    }

    /// Notes that `word` stands in `row`, at the next [`Self::settle`] at the latest: while an index is loaded, where
    /// millions of these are quicker put in word by word than row by row.
    pub fn post_later(&mut self, word: Word, row: u32) {
        self.waiting.push((word, row));
        if self.waiting.len() >= MOST_WAITING {
            self.post_waiting();
        }
    }

    /// Ends loading: everything that was posted later is there.
    pub fn settle(&mut self) {
        self.post_waiting();
        self.waiting = Vec::new();
        self.vocabulary.shrink();
        self.rows.shrink_to_fit();
        self.rows.iter_mut().for_each(Rows::shrink);
        for beginning in self.beginnings.with_rows() {
            let rows = self.united_beginning(beginning);
            self.beginnings.keep(beginning, rows);
        }
    }

    /// Puts in what waits, word by word. The rows of beginnings are left to [`Self::settle`].
    fn post_waiting(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        // Counting sort: the rows of a word stay in the order in which they came.
        let mut ends = vec![0_usize; self.rows.len() + 1];
        for (word, _) in &waiting {
            ends.get_mut(*word as usize + 1).into_iter().for_each(|count| *count += 1);
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let mut rows = vec![0_u32; waiting.len()];
        for (word, row) in &waiting {
            let Some(place) = ends.get_mut(*word as usize) else { continue };
            rows.get_mut(*place).into_iter().for_each(|place| *place = *row);
            *place += 1;
        }
        let mut start = 0;
        for (known, end) in self.rows.iter_mut().zip(ends) {
            let run = rows.get(start..end).unwrap_or_default();
            start = end;
            known.append(run);
        }
        self.waiting = waiting;
        self.waiting.clear();
    }

    /// Notes that `word` stands in `row`.
    pub fn post(&mut self, word: Word, row: u32) {
        self.rows.get_mut(word as usize).into_iter().for_each(|rows| rows.insert(row));
        let text = self.vocabulary.fold_text(self.vocabulary.fold_of(word));
        self.beginnings.insert(text, row);
    }

    /// Notes that none of `words` stands in `row` any more.
    pub fn unpost(&mut self, words: &[Word], row: u32) {
        if !words.is_empty() && !self.waiting.is_empty() {
            self.post_waiting();
        }
        for word in words {
            self.rows.get_mut(*word as usize).into_iter().for_each(|rows| rows.remove(row));
        }
        for word in words {
            let text = self.vocabulary.fold_text(self.vocabulary.fold_of(*word));
            for beginning in self.beginnings.of(text).collect::<Vec<_>>() {
                let is_kept = self.beginnings.rows(beginning).is_some_and(|rows| rows.contains(row));
                if is_kept && !self.has_one_beginning(beginning, row) {
                    self.beginnings.remove(beginning, row);
                }
            }
        }
    }

    /// Whether some word that begins so stands in `row`.
    fn has_one_beginning(&self, beginning: Beginning, row: u32) -> bool {
        let is_in = |fold: Fold| self.fold_sets(fold).any(|rows| rows.contains(row));
        self.beginning_with(self.beginnings.letters(beginning)).any(is_in)
    }

    /// Counts the neighbours in a name, one more time or one less.
    pub fn count_neighbours(&mut self, words: &[Word], more: bool) {
        for pair in words.windows(2) {
            if let [left, right] = pair {
                self.neighbours.count(self.fold_of(*left), self.fold_of(*right), more);
            }
        }
    }

    /// Rows in which a spelling stands.
    pub fn rows(&self, word: Word) -> Option<Set<'_>> {
        self.rows.get(word as usize).map(Rows::read)
    }

    /// Rows in which the spellings of a fold stand, of each.
    pub fn fold_sets(&self, fold: Fold) -> impl Iterator<Item = Set<'_>> + Clone {
        self.words_of(fold).iter().filter_map(|word| self.rows(*word))
    }

    /// First letters, and the rows in which words stand that begin so.
    pub fn beginnings(&self) -> &Beginnings {
        &self.beginnings
    }

    /// Whether `left` stands before `right` in some name.
    pub fn are_side_by_side(&self, left: Fold, right: Fold) -> bool {
        self.neighbours.are_side_by_side(left, right)
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        let rows = self.rows.capacity() * size_of::<Rows>() + self.rows.iter().map(Rows::bytes).sum::<usize>();
        let waiting = self.waiting.capacity() * size_of::<(Word, u32)>();
        self.vocabulary.bytes() + rows + waiting + self.beginnings.bytes() + self.neighbours.bytes() + self.senses.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lexicon(names: &[&str]) -> Lexicon {
        let mut lexicon = Lexicon::default();
        for (row, name) in (0_u32..).zip(names) {
            let words: Vec<Word> = tokens(name).iter().map(|token| lexicon.learn(token)).collect();
            for word in &words {
                lexicon.post(*word, row);
            }
            lexicon.count_neighbours(&words, true);
        }
        lexicon
    }

    fn rows(set: Option<Set<'_>>) -> Vec<u32> {
        set.map(|rows| rows.to_bitmap().iter().collect()).unwrap_or_default()
    }

    fn fold_rows(lexicon: &Lexicon, fold: Fold) -> RoaringBitmap {
        united(lexicon.fold_sets(fold))
    }

    #[test]
    fn a_fold_has_the_rows_of_all_its_spellings() {
        let mut lexicon = lexicon(&["Dừa Bến Tre", "Dứa Tiền Giang", "Dưa hấu", "dừa dứa"]);
        let dua = lexicon.fold("dua").unwrap();
        let word = |lexicon: &Lexicon, text: &str| lexicon.word(&tokens(text)[0]).unwrap();
        assert_eq!(fold_rows(&lexicon, dua).iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(rows(lexicon.rows(word(&lexicon, "DỪA"))), [0, 3]);
        assert_eq!(rows(lexicon.rows(word(&lexicon, "dứa"))), [1, 3]);
        lexicon.unpost(&[word(&lexicon, "dừa")], 3);
        assert_eq!(fold_rows(&lexicon, dua).iter().collect::<Vec<_>>(), [0, 1, 2, 3], "dứa is still there");
        lexicon.unpost(&[word(&lexicon, "dứa")], 3);
        assert_eq!(fold_rows(&lexicon, dua).iter().collect::<Vec<_>>(), [0, 1, 2]);
        let ben = lexicon.fold("ben").unwrap();
        assert_eq!(fold_rows(&lexicon, ben).iter().collect::<Vec<_>>(), [0]);
    }

    proptest! {
        // Against posting at once.
        #[test]
        fn what_is_posted_later_is_there_once_settled(names in prop::collection::vec("(dừa|dứa|dưa|tỏi|tỏi dừa| ){1,3}", 1..8), gone in prop::collection::vec(any::<prop::sample::Index>(), 0..3)) {
            let (mut later, mut at_once) = (Lexicon::default(), Lexicon::default());
            for (row, name) in (0_u32..).zip(&names) {
                for word in later.learn_all(name) {
                    later.post_later(word, row);
                }
                for word in at_once.learn_all(name) {
                    at_once.post(word, row);
                }
                for index in &gone {
                    let other = index.index(names.len());
                    if other < row as usize {
                        let words = later.learn_all(&names[other]);
                        later.unpost(&words, u32::try_from(other).unwrap());
                        at_once.unpost(&words, u32::try_from(other).unwrap());
                    }
                }
            }
            later.settle();
            for word in (0..).take(at_once.len()) {
                prop_assert_eq!(rows(later.rows(word)), rows(at_once.rows(word)));
                prop_assert_eq!(fold_rows(&later, later.fold_of(word)), fold_rows(&at_once, at_once.fold_of(word)));
            }
        }

        // Against putting the rows of each word together, before and after names are gone, and after more came.
        #[test]
        fn rows_of_first_letters_are_those_of_their_words(names in prop::collection::vec("([dt][aeou][1-3]?|[dt] ?){1,3}", 1..30), gone in prop::collection::vec(any::<prop::sample::Index>(), 0..9), settles: bool) {
            let mut lexicon = Lexicon::default();
            for (row, name) in (0_u32..).zip(&names) {
                for word in lexicon.learn_all(name) {
                    if settles { lexicon.post_later(word, row) } else { lexicon.post(word, row) }
                }
            }
            if settles { lexicon.settle() }
            for index in &gone {
                let row = index.index(names.len());
                let words = lexicon.learn_all(&names[row]);
                lexicon.unpost(&words, u32::try_from(row).unwrap());
            }
            for letters in ["d", "t", "da", "to", "1"] {
                let expected: RoaringBitmap = lexicon.beginning_with(letters).flat_map(|fold| fold_rows(&lexicon, fold)).collect();
                let folds = lexicon.beginning_with(letters).count();
                let found = lexicon.beginnings().find(letters);
                prop_assert_eq!(found.is_some(), folds >= 6, "{} has {} folds", letters, folds);
                if let Some(found) = found {
                    prop_assert_eq!(lexicon.beginnings().rows(found), Some(&expected));
                }
            }
        }

        #[test]
        fn a_name_is_learned_word_by_word(names in prop::collection::vec("[a-cà-ãđĐ .0-1\u{300}\u{301}-]{0,12}", 1..6)) {
            let (mut whole, mut single) = (Lexicon::default(), Lexicon::default());
            for name in &names {
                let one_by_one: Vec<Word> = tokens(name).iter().map(|token| single.learn(token)).collect();
                prop_assert_eq!(whole.learn_all(name), one_by_one);
            }
        }
    }
}
