//! Words of a name that mean something else there than alone: those of phrases that stand in it side by side.
//!
//! "Nghệ tươi" of a producer "Hộ An" is turmeric, and so is that of "Hợp tác xã Nghệ An": words of two names make no
//! phrase, and a phrase in one says nothing of the words of the other.

use super::lexicon::{Lexicon, Word};
use super::rows::{Set, bitmap_bytes, united};
use super::slots::{Slot, in_common, with_all_words};
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
    /// Those of `rows`, which have a word for each of `slots`; `names_of` fills in the names of a row. It is asked, where
    /// the lexicon does not know, for rows that have all words of one of `phrases`.
    pub fn new(
        rows: &RoaringBitmap,
        slots: &[Slot],
        phrases: &[Vec<Word>],
        lexicon: &Lexicon,
        names_of: impl Fn(u32, &mut RowNames),
    ) -> Self {
        if phrases.is_empty() {
            return Self::default();
        }
        if let Some(known) = lexicon.senses().in_phrases(rows, slots, phrases, lexicon) {
            return known;
        }
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

/// Of each word with another sense the rows in which it stands in the phrases that give it one: to look at the names of
/// thousands of rows would take most of the time of a question.
#[derive(Debug, Clone, Default)]
pub struct Senses {
    /// By word.
    words: Vec<Known>,
}

/// What is known of a word.
#[derive(Debug, Clone)]
struct Known {
    word: Word,
    /// All phrases that give it another sense, in order.
    phrases: Vec<Vec<Word>>,
    /// Rows in which it stands in one of them.
    inside: RoaringBitmap,
    /// Those of them in which it stands nowhere else.
    only: RoaringBitmap,
}

impl Senses {
    /// Those of words and phrases, of which no row has any yet.
    pub fn new(senses: impl IntoIterator<Item = (Word, Vec<Word>)>) -> Self {
        let mut found = Self::default();
        for (word, phrase) in senses {
            match found.words.iter_mut().find(|known| known.word == word) {
                Some(known) => known.phrases.push(phrase),
                None => found.words.push(Known { word, phrases: vec![phrase], inside: RoaringBitmap::new(), only: RoaringBitmap::new() }),
            }
        }
        for known in &mut found.words {
            known.phrases.sort_unstable();
            known.phrases.dedup();
        }
        found.words.sort_unstable_by_key(|known| known.word);
        found
    }

    fn of(&self, word: Word) -> Option<&Known> {
        self.words.binary_search_by_key(&word, |known| known.word).ok().and_then(|at| self.words.get(at))
    }

    /// Takes the names of a row as they are now.
    pub fn note(&mut self, row: u32, names: &RowNames) {
        self.words.iter_mut().for_each(|known| known.note(row, names));
    }

    /// Looks through all rows of `rows_of` each word, of which none is noted yet.
    pub fn note_all<'a>(&mut self, rows_of: impl Fn(Word) -> Option<Set<'a>>, names_of: impl Fn(u32, &mut RowNames)) {
        let mut names = RowNames::default();
        for known in &mut self.words {
            let all = |phrase: &Vec<Word>| in_common(phrase.iter().map(|word| rows_of(*word)));
            let in_doubt = united(known.phrases.iter().map(all).collect::<Vec<_>>().iter().map(Set::Many));
            for row in in_doubt {
                names_of(row, &mut names);
                known.note(row, &names);
            }
        }
    }

    /// Whether none of `words` stands in a phrase with another sense in any of `rows`, as far as is known.
    pub fn are_absent(&self, rows: &RoaringBitmap, words: impl IntoIterator<Item = Option<Word>>) -> bool {
        words.into_iter().all(|word| word.and_then(|word| self.of(word)).is_some_and(|known| known.inside.is_disjoint(rows)))
    }

    /// [`InPhrases`] by what is known; nothing, where that does not tell.
    ///
    /// It tells where each word that lies in phrases is one whose phrases, all and no other, these are.
    fn in_phrases(&self, rows: &RoaringBitmap, slots: &[Slot], phrases: &[Vec<Word>], lexicon: &Lexicon) -> Option<InPhrases> {
        let mut told = vec![false; phrases.len()];
        let (mut alone, mut inside) = (RoaringBitmap::new(), RoaringBitmap::new());
        for slot in slots {
            let touches = |phrase: &Vec<Word>| phrase.iter().any(|word| slot.takes(*word, lexicon));
            let touching = || phrases.iter().enumerate().filter(|(_, phrase)| touches(phrase));
            if touching().next().is_none() {
                continue;
            }
            let word = slot.only_word(lexicon)?;
            let known = self.of(word)?;
            let mut left = known.phrases.len();
            for (at, phrase) in touching() {
                known.phrases.binary_search(phrase).ok()?;
                let place = told.get_mut(at)?;
                left -= usize::from(!phrases.iter().take(at).any(|before| before == phrase));
                *place = true;
            }
            if left > 0 {
                return None;
            }
            alone |= rows & &known.only;
            inside |= rows & &known.inside;
        }
        told.into_iter().all(|told| told).then(|| InPhrases { others: inside.len() > alone.len(), alone })
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.words.iter().map(|known| bitmap_bytes(&known.inside) + bitmap_bytes(&known.only)).sum()
    }
}

impl Known {
    fn note(&mut self, row: u32, names: &RowNames) {
        let (mut inside, mut outside) = (false, false);
        for name in [&names.own, &names.producer].into_iter().filter(|name| name.contains(&self.word)) {
            let masked = masked(name, &self.phrases);
            for (at, _) in name.iter().enumerate().filter(|(_, word)| **word == self.word) {
                let is_masked = masked.contains(&at);
                inside |= is_masked;
                outside |= !is_masked;
            }
        }
        for (rows, is_in) in [(&mut self.inside, inside), (&mut self.only, inside && !outside)] {
            if is_in {
                rows.insert(row);
            } else {
                rows.remove(row);
            }
        }
    }
}
