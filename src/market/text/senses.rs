//! Words of a name that mean something else there than alone: those of phrases that stand in it side by side.
//!
//! "Nghệ tươi" of a producer "Hộ An" is turmeric, and so is that of "Hợp tác xã Nghệ An": words of two names make no
//! phrase, and a phrase in one says nothing of the words of the other.

use super::lexicon::{Lexicon, Word};
use super::slots::{Slot, with_all_words};
use roaring::RoaringBitmap;

/// The words of the names by which a row is found. There is one to be filled in again and again, row after row.
#[derive(Debug, Clone, Default)]
pub struct RowNames {
    /// Of its own.
    pub own: Vec<Word>,
    /// Of its producer's, where it has one.
    pub producer: Vec<Word>,
    /// Whose name that is: neighbours mostly are of one producer.
    pub of: Option<u32>,
}

/// Places of `name` that lie in one of `phrases`: most have none.
pub fn masked(name: &[Word], phrases: &[Vec<Word>]) -> Vec<usize> {
    let of_phrase = |phrase: &Vec<Word>| {
        let starts = name.windows(phrase.len().max(1)).enumerate();
        let starts = starts.filter(|(_, window)| window.first() == phrase.first() && *window == phrase.as_slice());
        starts.flat_map(|(at, window)| at..at + window.len()).collect::<Vec<_>>()
    };
    phrases.iter().flat_map(of_phrase).collect()
}

/// Rows in which words stand in phrases with another sense.
#[derive(Debug, Default)]
pub struct InPhrases {
    /// Those in which some word of the query stands nowhere else.
    pub alone: RoaringBitmap,
    /// Whether there are others.
    pub others: bool,
}

impl InPhrases {
    /// Those of `rows`, which have a word for each of `slots`; `names_of` fills in the names of a row. It is asked for rows
    /// that have all words of one of `phrases`.
    pub fn new(
        rows: &RoaringBitmap,
        slots: &[Slot],
        phrases: &[Vec<Word>],
        lexicon: &Lexicon,
        names_of: impl Fn(u32, &mut RowNames),
    ) -> Self {
        let mut found = Self::default();
        let mut in_doubt = RoaringBitmap::new();
        for phrase in phrases {
            in_doubt |= with_all_words(rows, phrase, lexicon);
        }
        let (mut names, mut alone) = (RowNames::default(), Vec::new());
        for row in in_doubt {
            names_of(row, &mut names);
            let RowNames { own, producer, .. } = &names;
            let (of_own, of_producers) = (masked(own, phrases), masked(producer, phrases));
            if of_own.is_empty() && of_producers.is_empty() {
                continue;
            }
            let stands = |slot: &Slot, name: &[Word], masked: &[usize]| {
                name.iter().enumerate().any(|(at, word)| slot.takes(*word, lexicon) && !masked.contains(&at))
            };
            if slots.iter().all(|slot| stands(slot, own, &of_own) || stands(slot, producer, &of_producers)) {
                found.others = true;
            } else {
                alone.push(row);
            }
        }
        found.alone = alone.into_iter().collect();
        found
    }
}
