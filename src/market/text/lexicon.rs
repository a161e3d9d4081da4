//! Every word of the catalogue, and the rows in which it stands.
//!
//! A word has one number a spelling; spellings that differ in marks alone share a fold. Rows are kept by spelling: those
//! of a fold are put together when they are asked for, which is seldom more than one large set and some small ones.

use super::beginnings::{Beginning, Beginnings, BeginningsOf};
use super::rows::{Rows, Set, united};
use super::tokens::{Token, tokens};
use super::typos::Typos;
use crate::market::upkeep::table_bytes;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use roaring::RoaringBitmap;
use std::collections::HashMap;
use std::hash::BuildHasher;

/// Number of a spelling.
pub type Word = u32;
/// Number of a fold.
pub type Fold = u32;
/// Words that wait to be posted at most: eight megabytes.
const MOST_WAITING: usize = 1 << 20;

/// A spelling.
#[derive(Debug, Clone)]
struct Spelling {
    letters: Box<str>,
    tone: Option<char>,
    rows: Rows,
}

/// All spellings of one fold.
#[derive(Debug, Clone)]
struct Folded {
    text: Box<str>,
    words: Vec<Word>,
    /// With which letters it begins.
    beginnings: BeginningsOf,
}

/// The words of a catalogue.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    words: Vec<Spelling>,
    /// Fold of each spelling.
    fold_of: Vec<Fold>,
    folds: Vec<Folded>,
    /// By letters and tone.
    by_spelling: HashTable<Word>,
    /// In order of their texts, by [`beginning`].
    by_fold: Vec<(u64, Fold)>,
    beginnings: Beginnings,
    /// By text: quicker than the order where a whole word is looked up.
    by_whole_fold: HashTable<Fold>,
    hasher: RandomState,
    /// How often two folds stand side by side in a name.
    pairs: HashMap<(Fold, Fold), u32, RandomState>,
    /// Words that are to be posted, with their rows.
    waiting: Vec<(Word, u32)>,
    typos: Typos,
}

impl Lexicon {
    /// The number of `token`'s spelling, given now when it is new.
    pub fn learn(&mut self, token: &Token) -> Word {
        if let Some(word) = self.word(token) {
            return word;
        }
        let word = number(self.words.len());
        let fold = self.fold(&token.folded).unwrap_or_else(|| self.learn_fold(&token.folded));
        if let Some(folded) = self.folds.get_mut(fold as usize) {
            folded.words.push(word);
        }
        self.words.push(Spelling { letters: token.letters.as_str().into(), tone: token.tone, rows: Rows::default() });
        self.fold_of.push(fold);
        let Self { by_spelling, words, hasher, .. } = self;
        let hash = |letters: &str, tone: Option<char>| hasher.hash_one((letters, tone));
        by_spelling.insert_unique(hash(&token.letters, token.tone), word, |word| {
            words.get(*word as usize).map_or(0, |spelling| hash(&spelling.letters, spelling.tone))
        });
        word
    }

    /// The words of a name, each with its number.
    pub fn learn_all(&mut self, name: &str) -> Vec<Word> {
        tokens(name).iter().map(|token| self.learn(token)).collect()
    }

    fn learn_fold(&mut self, text: &str) -> Fold {
        let fold = number(self.folds.len());
        let beginnings = self.beginnings.count(text);
        self.folds.push(Folded { text: text.into(), words: Vec::new(), beginnings });
        let Self { by_whole_fold, by_fold, folds, hasher, .. } = self;
        let (key, text_of) = (beginning(text), |fold: Fold| folds.get(fold as usize).map_or("", |folded| &*folded.text));
        let at = by_fold.partition_point(|(other, fold)| *other < key || *other == key && text_of(*fold) < text);
        by_fold.insert(at, (key, fold));
        by_whole_fold.insert_unique(hasher.hash_one(text), fold, |fold| {
            folds.get(*fold as usize).map_or(0, |folded| hasher.hash_one(&*folded.text))
        });
        self.typos.learn(text, fold);
        for beginning in beginnings.into_iter().flatten() {
            if self.beginnings.wants_rows(beginning) {
                let rows = self.united_beginning(beginning);
                self.beginnings.keep(beginning, rows);
            }
        }
        fold
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
        self.words.shrink_to_fit();
        self.fold_of.shrink_to_fit();
        self.folds.shrink_to_fit();
        self.by_fold.shrink_to_fit();
        self.words.iter_mut().for_each(|spelling| spelling.rows.shrink());
        for beginning in self.beginnings.with_rows() {
            let rows = self.united_beginning(beginning);
            self.beginnings.keep(beginning, rows);
        }
    }

    /// Puts in what waits, word by word. The rows of beginnings are left to [`Self::settle`].
    fn post_waiting(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        // Counting sort: the rows of a word stay in the order in which they came.
        let mut ends = vec![0_usize; self.words.len() + 1];
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
        for (spelling, end) in self.words.iter_mut().zip(ends) {
            let run = rows.get(start..end).unwrap_or_default();
            start = end;
            spelling.rows.append(run);
        }
        self.waiting = waiting;
        self.waiting.clear();
    }

    /// Notes that `word` stands in `row`.
    pub fn post(&mut self, word: Word, row: u32) {
        let fold = self.fold_of(word);
        if let Some(spelling) = self.words.get_mut(word as usize) {
            spelling.rows.insert(row);
        }
        let Some(folded) = self.folds.get(fold as usize) else { return };
        for beginning in folded.beginnings.into_iter().flatten() {
            if let Some(rows) = self.beginnings.rows_mut(beginning) {
                rows.insert(row);
            }
        }
    }

    /// Notes that none of `words` stands in `row` any more.
    pub fn unpost(&mut self, words: &[Word], row: u32) {
        if !words.is_empty() && !self.waiting.is_empty() {
            self.post_waiting();
        }
        for word in words {
            if let Some(spelling) = self.words.get_mut(*word as usize) {
                spelling.rows.remove(row);
            }
        }
        for word in words {
            let fold = self.fold_of(*word);
            for beginning in self.folds.get(fold as usize).map(|folded| folded.beginnings).into_iter().flatten().flatten() {
                let is_kept = self.beginnings.rows(beginning).is_some_and(|rows| rows.contains(row));
                if is_kept && !self.has_one_beginning(beginning, row) {
                    self.beginnings.rows_mut(beginning).into_iter().for_each(|rows| _ = rows.remove(row));
                }
            }
        }
    }

    /// Whether some word that begins so stands in `row`.
    fn has_one_beginning(&self, beginning: Beginning, row: u32) -> bool {
        let is_in = |fold: Fold| self.fold_sets(fold).any(|rows| rows.contains(row));
        self.beginning_with(self.beginnings.letters(beginning)).any(is_in)
    }

    /// Counts the pairs of neighbours in a name.
    pub fn count_pairs(&mut self, words: &[Word], times: i32) {
        for pair in words.windows(2) {
            if let [left, right] = pair {
                let pair = (self.fold_of(*left), self.fold_of(*right));
                let count = self.pairs.entry(pair).or_insert(0);
                *count = count.saturating_add_signed(times);
                if *count == 0 {
                    self.pairs.remove(&pair);
                }
            }
        }
    }

    /// The fold of a spelling.
    pub fn fold_of(&self, word: Word) -> Fold {
        self.fold_of.get(word as usize).copied().unwrap_or(Fold::MAX)
    }

    /// The spelling that is written like `token`, where the catalogue has it.
    pub fn word(&self, token: &Token) -> Option<Word> {
        let hash = self.hasher.hash_one((token.letters.as_str(), token.tone));
        let is_it = |word: &Word| {
            self.words.get(*word as usize).is_some_and(|spelling| spelling.tone == token.tone && *spelling.letters == *token.letters)
        };
        self.by_spelling.find(hash, is_it).copied()
    }

    /// The fold of `text`, where the catalogue has it.
    pub fn fold(&self, text: &str) -> Option<Fold> {
        let is_it = |fold: &Fold| self.folds.get(*fold as usize).is_some_and(|folded| &*folded.text == text);
        self.by_whole_fold.find(self.hasher.hash_one(text), is_it).copied()
    }

    /// The text of a fold.
    pub fn fold_text(&self, fold: Fold) -> &str {
        self.folds.get(fold as usize).map_or("", |folded| &folded.text)
    }

    /// Spellings of a fold.
    pub fn words_of(&self, fold: Fold) -> &[Word] {
        self.folds.get(fold as usize).map_or(&[], |folded| &folded.words)
    }

    /// How many spellings there are: their numbers are smaller.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Rows in which a spelling stands.
    pub fn rows(&self, word: Word) -> Option<Set<'_>> {
        self.words.get(word as usize).map(|spelling| spelling.rows.read())
    }

    /// Rows in which the spellings of a fold stand, of each.
    pub fn fold_sets(&self, fold: Fold) -> impl Iterator<Item = Set<'_>> + Clone {
        self.words_of(fold).iter().filter_map(|word| self.rows(*word))
    }

    /// First letters, and the rows in which words stand that begin so.
    pub fn beginnings(&self) -> &Beginnings {
        &self.beginnings
    }

    /// Folds that begin with `prefix`, itself first.
    pub fn beginning_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = Fold> + 'a {
        let from = beginning(prefix);
        let last = from | u64::MAX.checked_shr(8 * u32::try_from(prefix.len()).unwrap_or(u32::MAX)).unwrap_or(0);
        let first = self.by_fold.partition_point(|(key, _)| *key < from);
        let near = self.by_fold.get(first..).unwrap_or_default().iter().take_while(move |(key, _)| *key <= last);
        let is_told = prefix.len() <= size_of::<u64>();
        near.map(|(_, fold)| *fold).filter(move |fold| is_told || self.fold_text(*fold).starts_with(prefix))
    }

    /// Spellings of `fold`, which begins with `token`, that `token` may become: its own where nothing more is typed, else
    /// those whose letters go on from its letters, with its tone where it has one.
    pub fn words_beginning_with<'a>(&'a self, fold: Fold, token: &'a Token) -> impl Iterator<Item = Word> + 'a {
        let is_whole = self.fold_text(fold) == token.folded;
        self.words_of(fold).iter().copied().filter(move |word| {
            self.words.get(*word as usize).is_some_and(|spelling| {
                let same_tone = token.tone == spelling.tone;
                if is_whole {
                    same_tone && *spelling.letters == *token.letters
                } else {
                    spelling.letters.starts_with(token.letters.as_str()) && (token.tone.is_none() || same_tone)
                }
            })
        })
    }

    /// Folds that are one typing error away from `text`: a letter more, less, another, or two exchanged.
    pub fn near(&self, text: &str) -> Vec<Fold> {
        self.typos.near(text, |fold| self.fold_text(fold))
    }

    /// How often `left` stands before `right` in a name.
    pub fn pair(&self, left: Fold, right: Fold) -> u32 {
        self.pairs.get(&(left, right)).copied().unwrap_or(0)
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        let words: usize = self.words.iter().map(|word| word.letters.len() + word.rows.bytes()).sum();
        let of_fold = |fold: &Folded| fold.text.len() + fold.words.capacity() * size_of::<Word>();
        let folds: usize = self.folds.iter().map(of_fold).sum();
        let columns = self.words.capacity() * size_of::<Spelling>()
            + self.fold_of.capacity() * size_of::<Fold>()
            + self.folds.capacity() * size_of::<Folded>()
            + self.by_fold.capacity() * size_of::<(u64, Fold)>()
            + self.waiting.capacity() * size_of::<(Word, u32)>();
        let tables = self.by_spelling.allocation_size() + self.by_whole_fold.allocation_size() + self.typos.bytes();
        words + folds + columns + tables + self.beginnings.bytes() + table_bytes(&self.pairs)
    }
}

/// The first eight bytes of a text as a number, which is in the order of texts: most words have no more.
fn beginning(text: &str) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
    u64::from_be_bytes(bytes)
}

fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::typos::is_one_error;
    use super::*;
    use proptest::prelude::*;

    fn lexicon(names: &[&str]) -> Lexicon {
        let mut lexicon = Lexicon::default();
        for (row, name) in (0_u32..).zip(names) {
            let words: Vec<Word> = tokens(name).iter().map(|token| lexicon.learn(token)).collect();
            for word in &words {
                lexicon.post(*word, row);
            }
            lexicon.count_pairs(&words, 1);
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

    #[test]
    fn one_error_is_a_letter_more_less_other_or_two_exchanged() {
        let lexicon = lexicon(&["hành tím", "tôm khô", "thanh long", "xoài"]);
        let near = |text: &str| {
            let mut found: Vec<&str> = lexicon.near(text).into_iter().map(|fold| lexicon.fold_text(fold)).collect();
            found.sort_unstable();
            found
        };
        assert_eq!(near("hanhh"), ["hanh"]);
        assert_eq!(near("hnah"), ["hanh"]);
        assert_eq!(near("hang"), ["hanh"]);
        assert_eq!(near("thnh"), ["thanh"]);
        assert_eq!(near("xoia"), ["xoai"]);
        assert!(near("ho").is_empty(), "in two letters every word is near");
        assert!(near("hinnh").is_empty());
    }

    #[test]
    fn a_prefix_finds_the_words_that_go_on() {
        let lexicon = lexicon(&["tím", "ti", "tiêu", "tôm", "tính"]);
        let found: Vec<&str> = lexicon.beginning_with("ti").map(|fold| lexicon.fold_text(fold)).collect();
        assert_eq!(found, ["ti", "tieu", "tim", "tinh"]);
        let typed = &tokens("tí")[0];
        let marked: Vec<Word> =
            lexicon.beginning_with("ti").flat_map(|fold| lexicon.words_beginning_with(fold, typed).collect::<Vec<_>>()).collect();
        assert_eq!(marked.len(), 2, "tím and tính, not ti and tiêu");
    }

    proptest! {
        // Against looking at each word; eight letters are told apart by number.
        #[test]
        fn a_prefix_finds_all_words_that_begin_so_in_order(words in prop::collection::btree_set("a{0,9}[ab]{1,3}", 1..30), prefix in "a{0,10}[ab]{0,2}") {
            let names: Vec<&str> = words.iter().map(String::as_str).rev().collect();
            let lexicon = lexicon(&names);
            let found: Vec<&str> = lexicon.beginning_with(&prefix).map(|fold| lexicon.fold_text(fold)).collect();
            let expected: Vec<&str> = words.iter().map(String::as_str).filter(|word| word.starts_with(&prefix)).collect();
            prop_assert_eq!(found, expected);
        }

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

        #[test]
        fn near_finds_every_word_at_one_error(typed in "[ab]{3,5}", words in prop::collection::vec("[ab]{2,6}", 1..20)) {
            let lexicon = lexicon(&words.iter().map(String::as_str).collect::<Vec<_>>());
            let letters: Vec<char> = typed.chars().collect();
            let mut expected: Vec<&str> = words.iter().map(String::as_str).filter(|word| is_one_error(&letters, &word.chars().collect::<Vec<_>>())).collect();
            expected.sort_unstable();
            expected.dedup();
            let mut found: Vec<&str> = lexicon.near(&typed).into_iter().map(|fold| lexicon.fold_text(fold)).collect();
            found.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
