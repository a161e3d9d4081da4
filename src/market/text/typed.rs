//! The words of a query, and what some of them name: a place, goods, neither.

use super::places::{NamedPlace, PlaceNames};
use super::slots::LastWord;
use super::tokens::{Token, ends_in_y, tokens, without_mark};
use crate::text::fold;
use std::ops::Range;

/// Words of a query that count; nobody types more, and each costs.
const MOST_WORDS: usize = 10;

/// The words of a query.
#[derive(Debug, Clone)]
pub struct Typed {
    pub(super) words: Vec<Token>,
    pub(super) end: LastWord,
}

impl Typed {
    /// Those of `text`; `None` where it has none.
    pub fn new(text: &str) -> Option<Self> {
        // A name as an answer has it means what it does without the mark.
        let mut words = tokens(without_mark(text));
        words.truncate(MOST_WORDS);
        let end = if goes_on(text) { LastWord::MayGoOn } else { LastWord::IsWhole };
        (!words.is_empty()).then_some(Self { words, end })
    }

    /// A province that they name, or whose name the last of them begin.
    pub fn place(&self, names: &PlaceNames) -> Option<NamedPlace> {
        names.find(&self.words, self.end == LastWord::MayGoOn)
    }

    /// The words, in order.
    pub fn words(&self) -> &[Token] {
        &self.words
    }

    /// The others than these; `None` where there is no other.
    pub fn without(&self, named: &Range<usize>) -> Option<Self> {
        self.only(|at| !named.contains(&at))
    }

    /// How many different words they are.
    pub fn different_words(&self) -> usize {
        (1..).zip(&self.words).filter(|(next, word)| self.words.iter().skip(*next).all(|other| other.folded != word.folded)).count()
    }

    /// Those of goods, without what is said in `of_trade` of buying and selling but in the name of a place; `None` where that is
    /// all, or nothing.
    pub fn of_goods(&self, of_trade: &[(usize, &Token)], names: &PlaceNames) -> Option<Self> {
        let place = self.place(names).map_or(0..0, |place| place.words);
        let is_of_goods = |at| of_trade.iter().all(|(place, _)| *place != at);
        self.only(|at| is_of_goods(at) || place.contains(&at)).filter(|others| others.words.len() < self.words.len())
    }

    fn only(&self, stays: impl Fn(usize) -> bool) -> Option<Self> {
        // Who went on behind a word has ended it.
        let end = if self.words.len().checked_sub(1).is_some_and(&stays) { self.end } else { LastWord::IsWhole };
        let words: Vec<Token> = (0..).zip(&self.words).filter(|(at, _)| stays(*at)).map(|(_, word)| word.clone()).collect();
        (!words.is_empty()).then_some(Self { words, end })
    }
}

/// Whether the last word of `text` may be half typed: nothing comes behind the "y" of "lý", which as "lí" would begin others.
pub fn goes_on(text: &str) -> bool {
    let is_mark = unicode_normalization::char::is_combining_mark;
    let in_word = |letter: char| letter.is_alphanumeric() || is_mark(letter);
    let last = text.chars().next_back();
    let may_be_y = last.is_some_and(|last| "yýỳỷỹỵ".contains(last) || is_mark(last) || last.is_uppercase());
    let last_word = || text.rsplit(|letter| !in_word(letter)).next().map(fold);
    last.is_some_and(in_word) && !(may_be_y && last_word().is_some_and(|word| ends_in_y(&word)))
}
