//! The rows of all words that begin with the same one or two letters.
//!
//! The last word of a query is mostly the beginning of one, and short: hundreds of words go on from it, whose rows would
//! be put together anew at every letter that is typed.

use super::rows::bitmap_bytes;
use crate::market::upkeep::table_bytes;
use foldhash::fast::RandomState;
use roaring::RoaringBitmap;
use std::collections::HashMap;

/// Letters of the longest beginning whose rows are kept: with three there are few words left that go on from it.
const MOST_LETTERS: usize = 2;
/// Folds from which on the rows of a beginning are kept.
const MANY_FOLDS: usize = 6;

/// Number of some first letters.
pub type Beginning = u32;

/// First letters of some folds.
#[derive(Debug, Clone)]
struct Begun {
    letters: Box<str>,
    folds: usize,
    /// Rows of all of them, where they are many.
    rows: Option<RoaringBitmap>,
}

/// All first letters of folds.
#[derive(Debug, Clone, Default)]
pub struct Beginnings {
    begun: Vec<Begun>,
    by_letters: HashMap<Box<str>, Beginning, RandomState>,
}

impl Beginnings {
    /// Counts a new fold; the numbers of its first letters that have become so many that their rows are to be kept.
    pub fn count(&mut self, text: &str) -> Vec<Beginning> {
        let mut wanted = Vec::new();
        for letters in first_letters(text) {
            let beginning = self.by_letters.get(letters).copied().unwrap_or_else(|| {
                let beginning = u32::try_from(self.begun.len()).unwrap_or(u32::MAX);
                self.by_letters.insert(letters.into(), beginning);
                self.begun.push(Begun { letters: letters.into(), folds: 0, rows: None });
                beginning
            });
            let Some(begun) = self.begun.get_mut(beginning as usize) else { continue };
            begun.folds += 1;
            if begun.folds >= MANY_FOLDS && begun.rows.is_none() {
                wanted.push(beginning);
            }
        }
        wanted
    }

    /// Those whose rows are kept.
    pub fn with_rows(&self) -> Vec<Beginning> {
        (0..).zip(&self.begun).filter(|(_, begun)| begun.rows.is_some()).map(|(beginning, _)| beginning).collect()
    }

    /// The letters.
    pub fn letters(&self, beginning: Beginning) -> &str {
        self.begun.get(beginning as usize).map_or("", |begun| &begun.letters)
    }

    /// The rows of all folds that begin so, where they are kept.
    pub fn rows(&self, beginning: Beginning) -> Option<&RoaringBitmap> {
        self.begun.get(beginning as usize)?.rows.as_ref()
    }

    /// The numbers of the first letters of a fold where their rows are kept.
    pub fn of(&self, text: &str) -> impl Iterator<Item = Beginning> {
        first_letters(text).filter_map(|letters| self.find(letters))
    }

    /// Puts `row` in where the rows of the first letters of a fold are kept.
    pub fn insert(&mut self, text: &str, row: u32) {
        let Self { begun, by_letters } = self;
        for beginning in first_letters(text).filter_map(|letters| by_letters.get(letters)) {
            if let Some(rows) = begun.get_mut(*beginning as usize).and_then(|begun| begun.rows.as_mut()) {
                rows.insert(row);
            }
        }
    }

    /// Takes `row` out of those of a beginning.
    pub fn remove(&mut self, beginning: Beginning, row: u32) {
        if let Some(rows) = self.begun.get_mut(beginning as usize).and_then(|begun| begun.rows.as_mut()) {
            rows.remove(row);
        }
    }

    /// Keeps `rows` as those of all folds that begin so.
    pub fn keep(&mut self, beginning: Beginning, rows: RoaringBitmap) {
        if let Some(begun) = self.begun.get_mut(beginning as usize) {
            begun.rows = Some(rows);
        }
    }

    /// The number of `letters` where their rows are kept.
    pub fn find(&self, letters: &str) -> Option<Beginning> {
        let beginning = *self.by_letters.get(letters)?;
        self.rows(beginning).map(|_| beginning)
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        let of = |begun: &Begun| 2 * begun.letters.len() + begun.rows.as_ref().map_or(0, bitmap_bytes);
        self.begun.iter().map(of).sum::<usize>() + self.begun.capacity() * size_of::<Begun>() + table_bytes(&self.by_letters)
    }
}

/// The beginnings of `text` of one letter, of two.
fn first_letters(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().take(MOST_LETTERS).filter_map(|(at, letter)| text.get(..at + letter.len_utf8()))
}
