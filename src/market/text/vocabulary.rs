//! The words of a catalogue, by number: spellings, and folds, which spellings that differ in marks alone share.
//!
//! All texts stand one after the other: most words are a few letters, which would take less room than the place of each
//! by itself.

use super::tokens::Token;
use super::typos;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;
use unicode_normalization::char::is_combining_mark;

/// Number of a spelling.
pub type Word = u32;
/// Number of a fold.
pub type Fold = u32;

/// Where a text stands among all texts, with how many bytes: no name has as many as two of them count.
#[derive(Debug, Clone, Copy)]
struct Text {
    start: u32,
    length: u16,
}

impl Text {
    fn of(self, texts: &str) -> &str {
        let start = self.start as usize;
        texts.get(start..start + self.length as usize).unwrap_or_default()
    }
}

/// A spelling: its letters as a [`Text`], which by itself would leave a hole.
#[derive(Debug, Clone, Copy)]
struct Spelling {
    start: u32,
    length: u16,
    tone: Tone,
    fold: Fold,
}

impl Spelling {
    fn letters(self, texts: &str) -> &str {
        Text { start: self.start, length: self.length }.of(texts)
    }
}

/// The number of a tone's character, which is small; 0 for none.
type Tone = u16;

fn tone(of: Option<char>) -> Tone {
    of.and_then(|tone| Tone::try_from(u32::from(tone)).ok()).unwrap_or(0)
}

/// All spellings of one fold.
#[derive(Debug, Clone, Copy)]
struct Folded {
    text: Text,
    /// The one that it has, as most; or [`SEVERAL`] and the place of the list that has them.
    word: u32,
}

/// Marks a place in [`Vocabulary::several`]: there are not so many spellings.
const SEVERAL: u32 = 1 << 31;

/// A fold in the order of texts, by [`beginning`]. Without a hole: every fold has one.
#[derive(Debug, Clone, Copy)]
#[repr(Rust, packed)]
struct Ordered {
    beginning: u64,
    fold: Fold,
}

/// The words.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    texts: String,
    words: Vec<Spelling>,
    folds: Vec<Folded>,
    /// The spellings of folds that have several.
    several: Vec<Box<[Word]>>,
    /// By letters and tone.
    by_spelling: HashTable<Word>,
    /// By text: quicker than the order where a whole word is looked up.
    by_whole_fold: HashTable<Fold>,
    /// In order of their texts.
    by_fold: Vec<Ordered>,
    hasher: RandomState,
}

impl Vocabulary {
    /// The number of `token`'s spelling, given now when it is new, and that of its fold when that is new.
    pub fn learn(&mut self, token: &Token) -> (Word, Option<Fold>) {
        if let Some(word) = self.word(token) {
            return (word, None);
        }
        let word = number(self.words.len());
        let letters = self.put(&token.letters);
        let known = self.fold(&token.folded);
        let fold = known.unwrap_or(number(self.folds.len()));
        if known.is_some() {
            self.add_spelling(fold, word);
        } else {
            let text = if token.folded == token.letters { letters } else { self.put(&token.folded) };
            self.learn_fold(Folded { text, word });
        }
        let Text { start, length } = letters;
        self.words.push(Spelling { start, length, tone: tone(token.tone), fold });
        let Self { by_spelling, words, texts, hasher, .. } = self;
        let hash = |letters: &str, tone: Tone| hasher.hash_one((letters, tone));
        by_spelling.insert_unique(hash(letters.of(texts), tone(token.tone)), word, |word| {
            words.get(*word as usize).map_or(0, |spelling| hash(spelling.letters(texts), spelling.tone))
        });
        (word, known.is_none().then_some(fold))
    }

    /// Gives a fold that has spellings one more.
    fn add_spelling(&mut self, fold: Fold, word: Word) {
        let Self { folds, several, .. } = self;
        let Some(Folded { word: known, .. }) = folds.get_mut(fold as usize) else { return };
        if *known & SEVERAL == 0 {
            several.push([*known, word].into());
            *known = SEVERAL | number(several.len() - 1);
        } else if let Some(words) = several.get_mut((*known & !SEVERAL) as usize) {
            *words = [&**words, &[word]].concat().into();
        }
    }

    /// Puts a text behind the others.
    fn put(&mut self, text: &str) -> Text {
        let start = number(self.texts.len());
        self.texts.push_str(text);
        Text { start, length: u16::try_from(text.len()).unwrap_or(u16::MAX) }
    }

    fn learn_fold(&mut self, folded: Folded) {
        let fold = number(self.folds.len());
        let text = folded.text.of(&self.texts);
        let (key, whole) = (beginning(text), self.hasher.hash_one(text));
        let is_before = |other: &Ordered| other.beginning < key || other.beginning == key && self.fold_text(other.fold) < text;
        let at = self.by_fold.partition_point(is_before);
        self.by_fold.insert(at, Ordered { beginning: key, fold });
        self.folds.push(folded);
        let Self { by_whole_fold, folds, texts, hasher, .. } = self;
        by_whole_fold
            .insert_unique(whole, fold, |fold| folds.get(*fold as usize).map_or(0, |folded| hasher.hash_one(folded.text.of(texts))));
    }

    /// The fold of a spelling.
    pub fn fold_of(&self, word: Word) -> Fold {
        self.words.get(word as usize).map_or(Fold::MAX, |spelling| spelling.fold)
    }

    /// The spelling that is written like `token`, where the catalogue has it.
    pub fn word(&self, token: &Token) -> Option<Word> {
        let tone = tone(token.tone);
        let is_it = |word: &Word| {
            self.words.get(*word as usize).is_some_and(|known| known.tone == tone && known.letters(&self.texts) == token.letters)
        };
        self.by_spelling.find(self.hasher.hash_one((token.letters.as_str(), tone)), is_it).copied()
    }

    /// The fold of `text`, where the catalogue has it.
    pub fn fold(&self, text: &str) -> Option<Fold> {
        self.by_whole_fold.find(self.hasher.hash_one(text), |fold| self.fold_text(*fold) == text).copied()
    }

    /// The text of a fold.
    pub fn fold_text(&self, fold: Fold) -> &str {
        self.folds.get(fold as usize).map_or("", |folded| folded.text.of(&self.texts))
    }

    /// Spellings of a fold.
    pub fn words_of(&self, fold: Fold) -> &[Word] {
        match self.folds.get(fold as usize) {
            None => &[],
            Some(Folded { word, .. }) if word & SEVERAL == 0 => std::slice::from_ref(word),
            Some(Folded { word, .. }) => self.several.get((word & !SEVERAL) as usize).map_or(&[], |words| words),
        }
    }

    /// How many spellings there are: their numbers are smaller.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Folds that begin with `prefix`, itself first.
    pub fn beginning_with(&self, prefix: &str) -> impl Iterator<Item = Fold> {
        self.begun(&self.by_fold, prefix).iter().map(|ordered| ordered.fold)
    }

    /// Those of `among`, which stand one after the other, that begin with `prefix`.
    fn begun<'a>(&self, among: &'a [Ordered], prefix: &str) -> &'a [Ordered] {
        let from = beginning(prefix);
        let (first, end) = if prefix.len() <= size_of::<u64>() {
            let last = from | u64::MAX.checked_shr(8 * u32::try_from(prefix.len()).unwrap_or(u32::MAX)).unwrap_or(0);
            (among.partition_point(|other| other.beginning < from), among.partition_point(|other| other.beginning <= last))
        } else {
            let text = |other: &Ordered| self.fold_text(other.fold);
            let is_before = |other: &Ordered| other.beginning < from || other.beginning == from && text(other) < prefix;
            let is_not_after = |other: &Ordered| {
                other.beginning < from || other.beginning == from && (text(other) < prefix || text(other).starts_with(prefix))
            };
            (among.partition_point(is_before), among.partition_point(is_not_after))
        };
        among.get(first..end).unwrap_or_default()
    }

    /// Letters with which folds go on that begin with `prefix`.
    pub fn letters_after(&self, prefix: &str) -> impl Iterator<Item = char> {
        let mut rest = self.begun(&self.by_fold, prefix);
        let mut begun = prefix.to_owned();
        std::iter::from_fn(move || {
            loop {
                let Ordered { fold, .. } = *rest.first()?;
                let Some(letter) = self.fold_text(fold).get(begun.len()..).and_then(|after| after.chars().next()) else {
                    // The prefix itself.
                    rest = rest.get(1..)?;
                    continue;
                };
                begun.push(letter);
                rest = rest.get(self.begun(rest, &begun).len()..)?;
                begun.pop();
                return Some(letter);
            }
        })
    }

    /// Spellings of `fold`, which begins with `token`, that `token` may become: its own where nothing more is typed, else
    /// those whose letters go on from its letters, with its tone where it has one.
    pub fn words_beginning_with<'a>(&'a self, fold: Fold, token: &'a Token) -> impl Iterator<Item = Word> + 'a {
        let is_whole = self.fold_text(fold) == token.folded;
        let tone = tone(token.tone);
        self.words_of(fold).iter().copied().filter(move |word| {
            self.words.get(*word as usize).is_some_and(|spelling| {
                let (same_tone, letters) = (tone == spelling.tone, spelling.letters(&self.texts));
                if is_whole {
                    same_tone && letters == token.letters
                } else {
                    letters.starts_with(token.letters.as_str()) && (tone == 0 || same_tone)
                }
            })
        })
    }

    /// Whether `word` has the marks of `token` in their order, and its tone: which letters carry them does not matter, for one
    /// of these may be an error.
    pub fn keeps_marks(&self, word: Word, token: &Token) -> bool {
        fn marks(letters: &str) -> impl Iterator<Item = char> {
            letters.chars().filter(|letter| *letter == 'đ' || is_combining_mark(*letter))
        }
        self.words
            .get(word as usize)
            .is_some_and(|spelling| spelling.tone == tone(token.tone) && marks(spelling.letters(&self.texts)).eq(marks(&token.letters)))
    }

    /// Folds that are one typing error away from `text`: a letter more, less, another, or two exchanged.
    pub fn near(&self, text: &str) -> Vec<Fold> {
        typos::near(text, self)
    }

    /// Gives back what has grown beyond what it holds.
    pub fn shrink(&mut self) {
        let Self { texts, words, folds, several, by_fold, .. } = self;
        texts.shrink_to_fit();
        words.shrink_to_fit();
        folds.shrink_to_fit();
        several.shrink_to_fit();
        by_fold.shrink_to_fit();
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        let several: usize = self.several.iter().map(|words| size_of_val::<[Word]>(words)).sum();
        let columns = self.texts.capacity()
            + self.words.capacity() * size_of::<Spelling>()
            + self.folds.capacity() * size_of::<Folded>()
            + self.several.capacity() * size_of::<Box<[Word]>>()
            + self.by_fold.capacity() * size_of::<Ordered>();
        let tables = self.by_spelling.allocation_size() + self.by_whole_fold.allocation_size();
        columns + tables + several
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
    use super::super::tokens::tokens;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn vocabulary(names: &[&str]) -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        names.iter().flat_map(|name| tokens(name)).for_each(|token| _ = vocabulary.learn(&token));
        vocabulary
    }

    #[test]
    fn a_prefix_finds_the_words_that_go_on() {
        let vocabulary = vocabulary(&["tím", "ti", "tiêu", "tôm", "tính"]);
        let found: Vec<&str> = vocabulary.beginning_with("ti").map(|fold| vocabulary.fold_text(fold)).collect();
        assert_eq!(found, ["ti", "tieu", "tim", "tinh"]);
        let typed = &tokens("tí")[0];
        let marked = |fold| vocabulary.words_beginning_with(fold, typed).collect::<Vec<_>>();
        let marked: Vec<Word> = vocabulary.beginning_with("ti").flat_map(marked).collect();
        assert_eq!(marked.len(), 2, "tím and tính, not ti and tiêu");
        assert_eq!(vocabulary.letters_after("ti").collect::<String>(), "emn");
    }

    #[test]
    fn a_spelling_has_one_number_and_shares_its_fold() {
        let mut vocabulary = vocabulary(&["dừa dứa", "dua"]);
        let word = |vocabulary: &Vocabulary, text: &str| vocabulary.word(&tokens(text)[0]);
        assert_eq!(vocabulary.len(), 3);
        assert_eq!(vocabulary.learn(&tokens("DỨA")[0]), (word(&vocabulary, "dứa").unwrap(), None));
        assert_eq!(word(&vocabulary, "dưa"), None);
        let fold = vocabulary.fold("dua").unwrap();
        assert_eq!(vocabulary.words_of(fold).len(), 3);
        assert!(vocabulary.words_of(fold).iter().all(|word| vocabulary.fold_of(*word) == fold));
    }

    proptest! {
        // Against looking at each word; eight letters are told apart by number.
        #[test]
        fn a_prefix_finds_all_words_that_begin_so_in_order(words in prop::collection::btree_set("a{0,9}[ab]{1,3}", 1..30), prefix in "a{0,10}[ab]{0,2}") {
            let names: Vec<&str> = words.iter().map(String::as_str).rev().collect();
            let vocabulary = vocabulary(&names);
            let found: Vec<&str> = vocabulary.beginning_with(&prefix).map(|fold| vocabulary.fold_text(fold)).collect();
            let expected: Vec<&str> = words.iter().map(String::as_str).filter(|word| word.starts_with(&prefix)).collect();
            let letters: BTreeSet<char> = expected.iter().filter_map(|word| word[prefix.len()..].chars().next()).collect();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(vocabulary.letters_after(&prefix).collect::<Vec<_>>(), letters.into_iter().collect::<Vec<_>>());
        }
    }
}
