//! The wordings of all demands, each once however many have it, and each word of them once: different demands mostly say
//! the same in other places.

use super::answering::Answered;
use super::text::synonyms::Thesaurus;
use super::text::tokens::Token;
use super::varints::{next, write};
use super::wording::{Reading, Wording};
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::cell::Cell;
use std::hash::BuildHasher;

/// All of them.
#[derive(Debug, Default)]
pub struct Wordings {
    list: Vec<Option<Kept>>,
    /// Numbers by text.
    by_text: HashTable<u32>,
    hasher: RandomState,
    free: Vec<u32>,
    vocabulary: Vocabulary,
    answered: Answered,
}

/// A wording as it is kept.
#[derive(Debug)]
struct Kept {
    text: Box<str>,
    /// Its readings in the numbers of the vocabulary ([`written`]).
    readings: Box<[u8]>,
    /// How many demands have it.
    taken: u32,
}

impl Wordings {
    /// Which offers answer them.
    pub fn answered(&self) -> &Answered {
        &self.answered
    }

    /// The number of what `text` asks for; it is kept until it is released as often as it was taken. `None` where it has
    /// no word.
    pub fn take(&mut self, text: &str, thesaurus: &Thesaurus) -> Option<u32> {
        let hash = self.hasher.hash_one(text);
        if let Some(number) = self.by_text.find(hash, is_of(text, &self.list)).copied() {
            if let Some(Some(known)) = self.list.get_mut(number as usize) {
                known.taken += 1;
            }
            return Some(number);
        }
        let readings = written(&Wording::new(text, thesaurus)?, |token| self.vocabulary.take(token));
        let kept = Some(Kept { text: text.into(), readings: readings.into(), taken: 1 });
        let number = self.free.pop().unwrap_or(u32::try_from(self.list.len()).ok()?);
        match self.list.get_mut(number as usize) {
            Some(place) => *place = kept,
            None => self.list.push(kept),
        }
        let Self { by_text, list, hasher, .. } = self;
        by_text.insert_unique(hash, number, |number| {
            let known = list.get(*number as usize).and_then(Option::as_ref);
            known.map_or(0, |known| hasher.hash_one(&*known.text))
        });
        Some(number)
    }

    /// Gives back a number that was taken.
    pub fn release(&mut self, number: u32) {
        let Some(place) = self.list.get_mut(number as usize) else { return };
        let Some(known) = place else { return };
        known.taken -= 1;
        if known.taken > 0 {
            return;
        }
        let hash = self.hasher.hash_one(&*known.text);
        if let Ok(found) = self.by_text.find_entry(hash, |other| *other == number) {
            found.remove();
        }
        let kept = self.list.get_mut(number as usize).and_then(Option::take);
        let words = kept.iter().flat_map(|kept| words_of(&kept.readings));
        words.for_each(|word| self.vocabulary.release(word));
        self.free.push(number);
        self.answered.forget(number as usize);
    }

    /// The text of a number.
    pub fn text(&self, number: u32) -> Option<&str> {
        self.kept(number).map(|known| &*known.text)
    }

    /// The wording of a number.
    pub fn get(&self, number: u32) -> Option<Wording<&Token>> {
        read(&self.kept(number)?.readings, |word| self.vocabulary.get(word))
    }

    fn kept(&self, number: u32) -> Option<&Kept> {
        self.list.get(number as usize)?.as_ref()
    }

    /// Room to remember, for one product, which wordings it answers.
    pub fn memo(&self) -> Vec<Cell<Option<bool>>> {
        vec![Cell::new(None); self.list.len()]
    }

    /// Gives back what has grown beyond what it holds.
    pub fn shrink(&mut self) {
        self.list.shrink_to_fit();
        self.free.shrink_to_fit();
    }

    /// Bytes of memory, estimated.
    pub fn bytes(&self) -> usize {
        let kept = self.list.iter().flatten().map(|known| known.text.len() + known.readings.len()).sum::<usize>();
        kept + self.list.capacity() * size_of::<Option<Kept>>()
            + self.by_text.allocation_size()
            + self.free.capacity() * size_of::<u32>()
            + self.vocabulary.bytes()
            + self.answered.bytes()
    }
}

/// Whether a number is that of `text`.
fn is_of(text: &str, list: &[Option<Kept>]) -> impl Fn(&u32) -> bool {
    move |number| list.get(*number as usize).and_then(Option::as_ref).is_some_and(|known| &*known.text == text)
}

/// The words of wordings by number, each as long as a wording has it.
#[derive(Debug, Default)]
struct Vocabulary {
    /// With how often it is taken; a word that is not waits in `free`.
    words: Vec<(Token, u32)>,
    numbers: HashTable<u32>,
    hasher: RandomState,
    free: Vec<u32>,
}

impl Vocabulary {
    fn take(&mut self, token: &Token) -> u32 {
        let Self { words, numbers, hasher, free } = self;
        let hash = hasher.hash_one(token);
        let is_it = |number: &u32| words.get(*number as usize).is_some_and(|(known, _)| known == token);
        if let Some(number) = numbers.find(hash, is_it).copied() {
            words.get_mut(number as usize).into_iter().for_each(|(_, taken)| *taken += 1);
            return number;
        }
        let number = free.pop().unwrap_or(u32::try_from(words.len()).unwrap_or(u32::MAX));
        match words.get_mut(number as usize) {
            Some(place) => *place = (token.clone(), 1),
            None => words.push((token.clone(), 1)),
        }
        numbers.insert_unique(hash, number, |number| words.get(*number as usize).map_or(0, |(known, _)| hasher.hash_one(known)));
        number
    }

    fn release(&mut self, number: u32) {
        let Some((token, times)) = self.words.get_mut(number as usize) else { return };
        *times -= 1;
        if *times == 0 {
            let hash = self.hasher.hash_one(&*token);
            if let Ok(found) = self.numbers.find_entry(hash, |other| *other == number) {
                found.remove();
            }
            self.free.push(number);
        }
    }

    fn get(&self, number: u32) -> Option<&Token> {
        self.words.get(number as usize).map(|(token, _)| token)
    }

    fn bytes(&self) -> usize {
        let texts = self.words.iter().map(|(token, _)| token.letters.capacity() + token.folded.capacity()).sum::<usize>();
        texts + self.words.capacity() * size_of::<(Token, u32)>() + self.numbers.allocation_size() + self.free.capacity() * size_of::<u32>()
    }
}

/// A wording in bytes: of each reading how many words it has, where its phrase begins and ends and how many other senses
/// there are, then the numbers of the words, and of each sense how many words it has and their numbers.
fn written(wording: &Wording, mut number_of: impl FnMut(&Token) -> u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for Reading { words, phrase, other_senses: senses, .. } in &wording.readings {
        for length in [words.len(), phrase.start, phrase.end, senses.len()] {
            write(&mut bytes, u32::try_from(length).unwrap_or(u32::MAX));
        }
        for token in words {
            write(&mut bytes, number_of(token));
        }
        for sense in senses {
            write(&mut bytes, u32::try_from(sense.len()).unwrap_or(u32::MAX));
            for token in sense {
                write(&mut bytes, number_of(token));
            }
        }
    }
    bytes
}

/// What was [`written`].
fn read<T>(mut bytes: &[u8], word: impl Fn(u32) -> Option<T>) -> Option<Wording<T>> {
    let mut readings = Vec::new();
    while !bytes.is_empty() {
        let mut length = || next(&mut bytes).map(|length| length as usize);
        let (words, start, end, senses) = (length()?, length()?, length()?, length()?);
        let mut phrase = |length: usize| (0..length).map(|_| word(next(&mut bytes)?)).collect::<Option<Vec<T>>>();
        let words = phrase(words)?;
        let senses = (0..senses).map(|_| {
            let length = next(&mut bytes)? as usize;
            (0..length).map(|_| word(next(&mut bytes)?)).collect::<Option<Vec<T>>>()
        });
        let other_senses = senses.collect::<Option<Vec<_>>>()?;
        readings.push(Reading { words, phrase: start..end, other_senses });
    }
    Some(Wording { readings })
}

/// The numbers of all words, as often as they come.
fn words_of(readings: &[u8]) -> Vec<u32> {
    let wording = read(readings, Some);
    let readings = wording.into_iter().flat_map(|wording| wording.readings);
    readings.flat_map(|reading| reading.words.into_iter().chain(reading.other_senses.into_iter().flatten())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::samples;
    use crate::market::text::lexicon::Lexicon;
    use crate::market::text::tokens::tokens;
    use proptest::prelude::*;

    #[test]
    fn a_wording_is_kept_as_long_as_a_demand_has_it() {
        let (mut wordings, thesaurus) = (Wordings::default(), samples::thesaurus());
        let first = wordings.take("dứa", &thesaurus);
        assert_eq!((first, wordings.take("dứa", &thesaurus), wordings.take("?", &thesaurus)), (Some(0), Some(0), None));
        wordings.release(0);
        assert!(wordings.get(0).is_some());
        wordings.release(0);
        assert!(wordings.get(0).is_none());
        assert_eq!(wordings.take("khóm", &thesaurus), Some(0));
    }

    proptest! {
        // Against the wording itself; taken and given back in between, so that numbers and words are used again.
        #[test]
        fn a_wording_comes_back_as_it_was(
            steps in prop::collection::vec((any::<bool>(), prop::sample::select(vec!["dứa", "khóm sấy", "cá dứa", "cá lóc", "gạo ST25 thơm", "mít", "hành tím"])), 1..40),
        ) {
            let (mut wordings, thesaurus) = (Wordings::default(), samples::thesaurus());
            let mut lexicon = Lexicon::default();
            for token in ["dứa", "khóm", "cá", "quả", "gạo", "thơm", "một", "nắng", "hành tím"].into_iter().flat_map(tokens) {
                lexicon.learn(&token);
            }
            let mut taken: Vec<(u32, &str)> = Vec::new();
            for (takes, text) in steps {
                let known = taken.iter().position(|(_, other)| *other == text);
                match known.filter(|_| !takes) {
                    Some(at) => wordings.release(taken.swap_remove(at).0),
                    None => taken.push((wordings.take(text, &thesaurus).unwrap(), text)),
                }
                for (number, text) in &taken {
                    let expected = Wording::new(text, &thesaurus).unwrap().resolve(&lexicon);
                    prop_assert_eq!(format!("{:?}", wordings.get(*number).unwrap().resolve(&lexicon)), format!("{expected:?}"));
                    let kept = wordings.text(*number);
                    prop_assert_eq!(kept, Some(*text));
                }
                let texts: std::collections::BTreeSet<&str> = taken.iter().map(|(_, text)| *text).collect();
                let words: std::collections::HashSet<Token> = texts.iter().flat_map(|text| {
                    let readings = Wording::new(text, &thesaurus).unwrap().readings.into_iter();
                    readings.flat_map(|reading| reading.words.into_iter().chain(reading.other_senses.into_iter().flatten()))
                }).collect();
                prop_assert_eq!((wordings.by_text.len(), wordings.vocabulary.numbers.len()), (texts.len(), words.len()));
            }
        }
    }
}
