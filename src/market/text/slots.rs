//! What a name must have at one place of a query, and the rows that have it at all.

use super::beginnings::Beginning;
use super::lexicon::{Fold, Lexicon, Word};
use super::rows::{Set, in_both, united};
use super::tokens::Token;
use roaring::RoaringBitmap;
use std::borrow::Cow;

/// A word that was typed or stands for one, looked up once.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub token: &'a Token,
    pub word: Option<Word>,
    pub fold: Option<Fold>,
}

impl<'a> Known<'a> {
    pub fn new(token: &'a Token, lexicon: &Lexicon) -> Self {
        let word = lexicon.word(token);
        Self { token, word, fold: word.map(|word| lexicon.fold_of(word)).or_else(|| lexicon.fold(&token.folded)) }
    }
}

/// What the rows of a name must have at one place of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// What no row has.
    Nothing,
    /// This spelling.
    Word(Word),
    /// Any spelling of this fold.
    Fold(Fold),
    /// One of these spellings.
    Words(Vec<Word>),
    /// One of these folds.
    Folds(Vec<Fold>),
    /// One of these folds, which are all that begin so.
    Begun(Beginning, Vec<Fold>),
}

/// Whether the last word may be the beginning of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastWord {
    MayGoOn,
    IsWhole,
}

pub fn slots(typed: &[Known<'_>], end: LastWord, slot: impl Fn(&Known<'_>, LastWord) -> Slot) -> Vec<Slot> {
    typed.iter().enumerate().map(|(at, known)| slot(known, if at + 1 == typed.len() { end } else { LastWord::IsWhole })).collect()
}

/// What `known` means as typed.
pub fn slot(known: &Known<'_>, last: LastWord, lexicon: &Lexicon) -> Slot {
    let token = known.token;
    match (token.is_marked(), last) {
        (false, _) => fold_slot(known, last, lexicon),
        (true, LastWord::IsWhole) => Slot::of_word(known.word),
        (true, LastWord::MayGoOn) => {
            let folds = lexicon.beginning_with(&token.folded);
            Slot::of_words(folds.flat_map(|fold| lexicon.words_beginning_with(fold, token)).collect())
        }
    }
}

/// What `known` means without regard to marks.
pub fn fold_slot(known: &Known<'_>, last: LastWord, lexicon: &Lexicon) -> Slot {
    match last {
        LastWord::IsWhole => known.fold.map_or(Slot::Nothing, Slot::Fold),
        LastWord::MayGoOn => {
            let letters = known.token.folded.as_str();
            let folds = lexicon.beginning_with(letters).collect();
            match lexicon.beginnings().find(letters) {
                Some(beginning) => Slot::Begun(beginning, folds),
                None => Slot::of_folds(folds),
            }
        }
    }
}

impl Slot {
    pub fn of_word(word: Option<Word>) -> Self {
        word.map_or(Self::Nothing, Self::Word)
    }

    pub fn of_words(words: Vec<Word>) -> Self {
        match words.as_slice() {
            [] => Self::Nothing,
            [only] => Self::Word(*only),
            _ => Self::Words(words),
        }
    }

    pub fn of_folds(folds: Vec<Fold>) -> Self {
        match folds.as_slice() {
            [] => Self::Nothing,
            [only] => Self::Fold(*only),
            _ => Self::Folds(folds),
        }
    }

    /// The rows of each of its words.
    fn sets<'a>(&self, lexicon: &'a Lexicon) -> Sets<'a> {
        let only = |set: Option<Set<'a>>| set.map_or(Sets::Several(Vec::new()), Sets::One);
        match self {
            Self::Nothing => Sets::Several(Vec::new()),
            Self::Word(word) => only(lexicon.rows(*word)),
            Self::Fold(fold) => match lexicon.words_of(*fold) {
                [word] => only(lexicon.rows(*word)),
                _ => Sets::Several(lexicon.fold_sets(*fold).collect()),
            },
            Self::Words(words) => Sets::Several(words.iter().filter_map(|word| lexicon.rows(*word)).collect()),
            Self::Begun(beginning, _) => only(lexicon.beginnings().rows(*beginning).map(Set::Many)),
            Self::Folds(folds) => Sets::Several(folds.iter().flat_map(|fold| lexicon.fold_sets(*fold)).collect()),
        }
    }

    pub fn rows(&self, lexicon: &Lexicon) -> RoaringBitmap {
        united(self.sets(lexicon).as_slice().iter().copied())
    }

    /// Its word, where there is no other.
    pub fn only_word(&self, lexicon: &Lexicon) -> Option<Word> {
        match self {
            Self::Word(word) => Some(*word),
            Self::Fold(fold) => match lexicon.words_of(*fold) {
                [word] => Some(*word),
                _ => None,
            },
            Self::Nothing | Self::Words(_) | Self::Folds(_) | Self::Begun(..) => None,
        }
    }

    /// Whether `word` is one of its words.
    pub fn takes(&self, word: Word, lexicon: &Lexicon) -> bool {
        match self {
            Self::Nothing => false,
            Self::Word(wanted) => word == *wanted,
            Self::Words(wanted) => wanted.contains(&word),
            Self::Fold(wanted) => lexicon.fold_of(word) == *wanted,
            Self::Folds(wanted) | Self::Begun(_, wanted) => wanted.contains(&lexicon.fold_of(word)),
        }
    }

    /// Whether some row has one of the words, of those `among` where they are given.
    pub fn is_had(&self, lexicon: &Lexicon, among: Option<&RoaringBitmap>) -> bool {
        let is_had = |set: &Set<'_>| among.map_or(!set.is_empty(), |among| set.meets(among));
        self.sets(lexicon).as_slice().iter().any(is_had)
    }
}

/// The rows of the words of a slot: most have one.
#[derive(Debug)]
enum Sets<'a> {
    One(Set<'a>),
    Several(Vec<Set<'a>>),
}

impl<'a> Sets<'a> {
    fn as_slice(&self) -> &[Set<'a>] {
        match self {
            Self::One(only) => std::slice::from_ref(only),
            Self::Several(several) => several,
        }
    }
}

/// Rows that have a word for every slot; `None` where no row has.
pub fn all_of<'a>(slots: &[Slot], lexicon: &'a Lexicon) -> Option<Cow<'a, RoaringBitmap>> {
    if slots.contains(&Slot::Nothing) {
        return None;
    }
    let mut by_weight: Vec<(u64, Sets<'_>)> = Vec::with_capacity(slots.len());
    for slot in slots {
        let sets = slot.sets(lexicon);
        by_weight.push((sets.as_slice().iter().map(|rows| rows.len()).sum(), sets));
    }
    by_weight.sort_by_key(|(weight, _)| *weight);
    let mut by_weight = by_weight.iter().map(|(_, sets)| sets.as_slice());
    let mut rows = match (by_weight.next()?, by_weight.next()) {
        ([only], None) => only.to_bitmap(),
        (several, None) => Cow::Owned(united(several.iter().copied())),
        (first, Some(second)) => Cow::Owned(in_both(first, second)),
    };
    for sets in by_weight {
        if rows.is_empty() {
            return None;
        }
        rows = Cow::Owned(in_both(&[Set::Many(&rows)], sets));
    }
    (!rows.is_empty()).then_some(rows)
}

/// Those of `rows` that have all words of `phrase`.
pub fn with_all_words(rows: &RoaringBitmap, phrase: &[Word], lexicon: &Lexicon) -> RoaringBitmap {
    in_common(std::iter::once(Some(Set::Many(rows))).chain(phrase.iter().map(|word| lexicon.rows(*word))))
}

/// Rows that are in each of `sets`; none where one of these is not there.
pub fn in_common<'a>(sets: impl Iterator<Item = Option<Set<'a>>>) -> RoaringBitmap {
    let Some(mut sets) = sets.collect::<Option<Vec<_>>>() else { return RoaringBitmap::new() };
    sets.sort_by_key(|rows| rows.len());
    match sets.split_first() {
        None => RoaringBitmap::new(),
        Some((first, [])) => first.to_bitmap().into_owned(),
        Some((first, [second, others @ ..])) => others.iter().fold(in_both(&[*first], &[*second]), |found, other| other.and(&found)),
    }
}
