//! Names by row, put together from parts: what stands between two spaces is kept once, and a name is the numbers of its
//! parts.
//!
//! A register says the same few thousand parts again and again. Those that it says most have numbers of one byte; whoever
//! shows a name puts it together again, to the letter.

use super::facts::Column;
use super::numbers::Numbers;
use super::text::lexicon::{Lexicon, Word};
use super::text::query::{NAME_WORDS, NO_WORD, NameHead, NameWords};
use super::text::tokens::{INVENTED, without_mark};
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::BuildHasher;

/// Number of a part.
type Part = u32;

/// What stands behind the last part of a name.
const END: u8 = 0;
/// The same of a name that ends with [`INVENTED`], which is no part of it: it has no words.
const END_INVENTED: u8 = 1;
/// The lowest first byte of a part.
const FIRST: u8 = 2;
/// First bytes from here on are followed by one more byte, by two, and by all four of a number.
const TWO: u8 = 200;
const THREE: u8 = 248;
const FIVE: u8 = 255;
/// The first numbers that are written so.
const FIRST_OF_TWO: Part = 198;
const FIRST_OF_THREE: Part = FIRST_OF_TWO + 48 * 0x100;
const FIRST_OF_FIVE: Part = FIRST_OF_THREE + 7 * 0x1_0000;

/// The parts, each once.
#[derive(Debug, Clone, Default)]
struct Parts {
    texts: String,
    /// Where each ends in the texts.
    ends: Vec<u32>,
    by_text: HashTable<Part>,
    hasher: RandomState,
}

impl Parts {
    fn text(&self, part: Part) -> &str {
        text_of(&self.texts, &self.ends, part)
    }

    fn find(&self, text: &str) -> Option<Part> {
        self.by_text.find(self.hasher.hash_one(text), |part| self.text(*part) == text).copied()
    }

    /// The number of a part, given now when it is new.
    fn learn(&mut self, text: &str) -> Part {
        if let Some(known) = self.find(text) {
            return known;
        }
        let part = number(self.ends.len());
        self.texts.push_str(text);
        self.ends.push(number(self.texts.len()));
        let Self { texts, ends, by_text, hasher } = self;
        by_text.insert_unique(hasher.hash_one(text), part, |part| hasher.hash_one(text_of(texts, ends, *part)));
        part
    }

    fn shrink(&mut self) {
        self.texts.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    fn bytes(&self) -> usize {
        self.texts.capacity() + self.ends.capacity() * size_of::<u32>() + self.by_text.allocation_size()
    }
}

/// Codes of a name that are read at once: nearly all names have fewer.
const MOST_FIRST: usize = 24;

/// The first codes of a name, and what stands behind them.
#[derive(Debug, Clone, Copy)]
pub struct FirstCodes([u8; MOST_FIRST]);

impl FirstCodes {
    /// Those of no name.
    pub const NONE: Self = Self([END; MOST_FIRST]);
}

/// The names.
#[derive(Debug, Clone)]
pub struct Names {
    parts: Parts,
    /// Where the name of each row begins in the codes.
    starts: Numbers,
    /// The numbers of the parts of each name, and [`END`] behind them. First stands the name of those without one.
    codes: Vec<u8>,
    /// How many of them are of no name any more.
    unused: usize,
}

/// So many unused codes are always kept.
const MOST_UNUSED: usize = if cfg!(test) { 16 } else { 1 << 16 };

impl Default for Names {
    fn default() -> Self {
        Self { parts: Parts::default(), starts: Numbers::default(), codes: vec![END], unused: 0 }
    }
}

impl Names {
    /// A row more, without a name yet.
    pub fn push(&mut self) {
        self.starts.push(0);
    }

    /// Makes room for so many rows more.
    pub fn reserve(&mut self, more: usize) {
        self.starts.make_room(more);
    }

    /// Numbers the parts of `names` before others, those that come most often first: they take the least room.
    pub fn expect<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        let mut times: HashMap<&str, usize, RandomState> = HashMap::default();
        names.flat_map(|name| without_mark(name).split(' ')).for_each(|part| *times.entry(part).or_default() += 1);
        let mut parts: Vec<(&str, usize)> = times.into_iter().collect();
        parts.sort_unstable_by_key(|(part, times)| (Reverse(*times), *part));
        for (part, _) in parts {
            self.parts.learn(part);
        }
    }

    /// Names `row`. The codes of the name that it had stay where they are, until there are more such codes than others.
    pub fn set(&mut self, row: u32, name: &str) {
        if self.is(row, name) {
            return;
        }
        self.unused += self.length(row);
        if self.unused > MOST_UNUSED && self.unused > self.codes.len() / 2 {
            self.starts.set(row, 0);
            self.close_gaps();
        }
        let start = number(self.codes.len());
        if !name.is_empty() {
            let (told, end) = told(name);
            for part in told.split(' ') {
                let part = self.parts.learn(part);
                write(part, &mut self.codes);
            }
            self.codes.push(end);
        }
        self.starts.set(row, if name.is_empty() { 0 } else { start });
    }

    /// How many codes the name of `row` takes.
    fn length(&self, row: u32) -> usize {
        match self.starts.get(row) {
            None | Some(0) => 0,
            Some(start) => {
                let behind = self.codes.get(start as usize..).unwrap_or_default();
                let mut codes = behind.iter().copied();
                while read(&mut codes).is_ok() {}
                behind.len() - codes.len()
            }
        }
    }

    /// Writes the codes of all names anew, one after the other.
    fn close_gaps(&mut self) {
        let mut codes = Vec::with_capacity(self.codes.len() - self.unused.min(self.codes.len()) + 1);
        codes.push(END);
        for row in 0..number(self.starts.count()) {
            let length = self.length(row);
            let Some(start) = self.starts.get(row).filter(|start| *start != 0) else { continue };
            let moved = number(codes.len());
            codes.extend_from_slice(self.codes.get(start as usize..start as usize + length).unwrap_or_default());
            self.starts.set(row, moved);
        }
        (self.codes, self.unused) = (codes, 0);
    }

    /// Whether `row` has this name.
    pub fn is(&self, row: u32, name: &str) -> bool {
        let mut known = self.parts_of(row).map(|part| self.parts.text(part));
        if name.is_empty() {
            return known.next().is_none();
        }
        let (told, end) = told(name);
        known.eq(told.split(' ')) && self.end_of(row) == end
    }

    /// The name of `row`.
    pub fn get(&self, row: u32) -> String {
        let mut name = String::with_capacity(64);
        let mut codes = self.codes_of(row);
        let end = loop {
            match read(&mut codes) {
                Ok(part) => name.push_str(self.parts.text(part)),
                Err(end) => break end,
            }
            name.push(' ');
        };
        name.pop();
        if end == END_INVENTED {
            name.push_str(INVENTED);
        }
        name
    }

    #[inline]
    fn codes_of(&self, row: u32) -> impl Iterator<Item = u8> {
        let start = self.starts.get(row).map_or(0, |start| start as usize);
        self.codes.get(start..).unwrap_or_default().iter().copied()
    }

    /// The parts of the name of `row`.
    #[inline]
    fn parts_of(&self, row: u32) -> impl Iterator<Item = Part> {
        let mut codes = self.codes_of(row);
        std::iter::from_fn(move || read(&mut codes).ok())
    }

    /// What stands behind the last part of the name of `row`.
    fn end_of(&self, row: u32) -> u8 {
        let mut codes = self.codes_of(row);
        loop {
            if let Err(end) = read(&mut codes) {
                return end;
            }
        }
    }

    /// The first codes of the name of `row`.
    #[inline]
    pub fn first_codes(&self, row: u32) -> FirstCodes {
        let start = self.starts.get(row).map_or(0, |start| start as usize);
        let codes = self.codes.get(start..).unwrap_or_default();
        FirstCodes(codes.first_chunk().copied().unwrap_or_else(|| {
            let mut first = [END; MOST_FIRST];
            first.iter_mut().zip(codes).for_each(|(place, code)| *place = *code);
            first
        }))
    }

    /// Gives back what has grown beyond what it holds.
    pub fn shrink(&mut self) {
        self.parts.shrink();
        self.starts.give_back();
        self.codes.shrink_to_fit();
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.parts.bytes() + self.starts.bytes() + self.codes.capacity()
    }
}

/// The words of the parts of names, in one lexicon.
#[derive(Debug, Clone, Default)]
pub struct PartWords {
    /// Of each part its word, or [`SEVERAL`] and the place of its words.
    words: Vec<u32>,
    /// Of each part that has one word what it is for ranking; else [`NO_WORD`].
    ranks: Vec<u16>,
    /// Words of parts that have none or more than one.
    several: Vec<Box<[Word]>>,
}

/// Marks a place in [`PartWords::several`]: no lexicon has so many words.
const SEVERAL: u32 = 1 << 31;

impl PartWords {
    /// Learns the words of parts that are new.
    pub fn learn(&mut self, names: &Names, lexicon: &mut Lexicon) {
        let known = number(self.words.len());
        for part in known..number(names.parts.ends.len()) {
            let words = lexicon.learn_all(names.parts.text(part));
            let (word, rank) = if let [only] = words.as_slice() {
                (*only, rank(*only))
            } else {
                self.several.push(words.into());
                (SEVERAL | number(self.several.len() - 1), NO_WORD)
            };
            self.words.push(word);
            self.ranks.push(rank);
        }
    }

    /// The words of a part.
    #[inline]
    fn of(&self, part: Part) -> &[Word] {
        match self.words.get(part as usize) {
            None => &[],
            Some(word) if *word < SEVERAL => std::slice::from_ref(word),
            Some(place) => self.several.get((place & !SEVERAL) as usize).map_or(&[], |words| words),
        }
    }

    /// The words of the name of `row`.
    #[inline]
    pub fn of_name(&self, names: &Names, row: u32) -> impl Iterator<Item = Word> {
        names.parts_of(row).flat_map(|part| self.of(part)).copied()
    }

    /// The first words of the name of `row`, for ranking.
    pub fn ranked(&self, names: &Names, row: u32) -> NameWords {
        let mut ranked = [NO_WORD; NAME_WORDS];
        ranked.iter_mut().zip(self.of_name(names, row)).for_each(|(place, word)| *place = rank(word));
        ranked
    }

    /// The same where the first codes of the name are all, and parts that have one word; else `None`. A question asks this
    /// of many names: it takes no turn that depends on the name, but for its end.
    #[inline]
    pub fn ranked_by(&self, FirstCodes(codes): &FirstCodes) -> Option<NameWords> {
        let mut ranked = [NO_WORD; NAME_WORDS];
        let mut at = 0;
        for place in &mut ranked {
            let (first, second) = (*codes.get(at)?, *codes.get(at + 1)?);
            if first < FIRST {
                return Some(ranked);
            }
            if first >= THREE {
                return None;
            }
            let is_two = first >= TWO;
            let long = FIRST_OF_TWO + (Part::from(first.wrapping_sub(TWO)) << 8 | Part::from(second));
            let part = if is_two { long } else { Part::from(first - FIRST) };
            at += 1 + usize::from(is_two);
            *place = *self.ranks.get(part as usize)?;
            if *place == NO_WORD {
                return None;
            }
        }
        Some(ranked)
    }

    /// Gives back what has grown beyond what it holds.
    pub fn shrink(&mut self) {
        self.words.shrink_to_fit();
        self.ranks.shrink_to_fit();
        self.several.shrink_to_fit();
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        let several = self.several.iter().map(|words| words.len() * size_of::<Word>()).sum::<usize>();
        let by_part = self.words.capacity() * size_of::<u32>() + self.ranks.capacity() * size_of::<u16>();
        by_part + self.several.capacity() * size_of::<Box<[Word]>>() + several
    }
}

/// A word as it is kept for ranking. Words beyond the width are found all the same; they only don't help the rank.
fn rank(word: Word) -> u16 {
    u16::try_from(word).ok().filter(|word| *word != NO_WORD).unwrap_or(NO_WORD - 1)
}

/// Names with their words, and the beginnings of names in a column: of many rows these alone are read.
#[derive(Debug, Clone, Default)]
pub struct Named {
    names: Names,
    words: PartWords,
    heads: Vec<NameHead>,
}

impl Named {
    /// A row more, without a name yet.
    pub fn push(&mut self) {
        self.names.push();
        self.heads.push(NameHead::NONE);
    }

    /// Makes room for so many rows more.
    pub fn reserve(&mut self, more: usize) {
        self.names.reserve(more);
        self.heads.reserve(more);
    }

    /// As [`Names::expect`].
    pub fn expect<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        self.names.expect(names);
    }

    /// Names `row`; its words are learned.
    pub fn set(&mut self, row: u32, name: &str, lexicon: &mut Lexicon) {
        self.names.set(row, name);
        self.words.learn(&self.names, lexicon);
        let head = NameHead::of(&self.ranked(row));
        self.heads.get_mut(row as usize).into_iter().for_each(|place| *place = head);
    }

    /// The name of `row`.
    pub fn get(&self, row: u32) -> String {
        self.names.get(row)
    }

    /// The beginning of the name, for ranking.
    #[inline]
    pub fn head(&self, row: u32) -> NameHead {
        self.heads.get(row as usize).copied().unwrap_or(NameHead::NONE)
    }

    /// The words of the name, for ranking.
    pub fn ranked(&self, row: u32) -> NameWords {
        self.ranked_by(row, &self.first_codes(row))
    }

    /// What [`Self::ranked_by`] reads of a name: of many names it is fetched before it is read.
    #[inline]
    pub fn first_codes(&self, row: u32) -> FirstCodes {
        self.names.first_codes(row)
    }

    /// The words of the name of `row`, which begins with `codes`, for ranking.
    #[inline]
    pub fn ranked_by(&self, row: u32, codes: &FirstCodes) -> NameWords {
        self.words.ranked_by(codes).unwrap_or_else(|| self.words.ranked(&self.names, row))
    }

    /// All words of the name.
    pub fn words(&self, row: u32) -> impl Iterator<Item = Word> {
        self.words.of_name(&self.names, row)
    }

    /// Gives back what has grown beyond what it holds.
    pub fn shrink(&mut self) {
        self.names.shrink();
        self.words.shrink();
        self.heads.shrink_to_fit();
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.names.bytes() + self.words.bytes() + self.heads.capacity() * size_of::<NameHead>()
    }
}

/// Writes the number of a part.
fn write(part: Part, codes: &mut Vec<u8>) {
    if part < FIRST_OF_TWO {
        let [code, ..] = part.to_le_bytes();
        codes.push(FIRST + code);
    } else if part < FIRST_OF_THREE {
        let [low, high, ..] = (part - FIRST_OF_TWO).to_le_bytes();
        codes.extend([TWO + high, low]);
    } else if part < FIRST_OF_FIVE {
        let [low, middle, high, _] = (part - FIRST_OF_THREE).to_le_bytes();
        codes.extend([THREE + high, middle, low]);
    } else {
        codes.push(FIVE);
        codes.extend(part.to_be_bytes());
    }
}

/// Reads the number of the next part, or what stands behind the last one.
#[inline]
fn read(codes: &mut impl Iterator<Item = u8>) -> Result<Part, u8> {
    let first = codes.next().unwrap_or(END);
    let mut more = || codes.next().map_or(0, Part::from);
    match first {
        END | END_INVENTED => Err(first),
        FIRST..TWO => Ok(Part::from(first - FIRST)),
        TWO..THREE => Ok(FIRST_OF_TWO + (Part::from(first - TWO) << 8 | more())),
        THREE..FIVE => {
            let high = Part::from(first - THREE) << 8 | more();
            Ok(FIRST_OF_THREE + (high << 8 | more()))
        }
        FIVE => Ok((0..4).fold(0, |number, _| number << 8 | more())),
    }
}

/// What of a name is told by its parts, and what stands behind these.
fn told(name: &str) -> (&str, u8) {
    let told = without_mark(name);
    (told, if told.len() < name.len() { END_INVENTED } else { END })
}

fn text_of<'a>(texts: &'a str, ends: &[u32], part: Part) -> &'a str {
    let end = |part: usize| ends.get(part).map_or(0, |end| *end as usize);
    let start = (part as usize).checked_sub(1).map_or(0, end);
    texts.get(start..end(part as usize)).unwrap_or_default()
}

/// A length as it is kept: four thousand million parts or bytes of them are more than a register has.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_part_is_read_as_it_was_written() {
        let ends =
            [0, FIRST_OF_TWO, FIRST_OF_THREE, FIRST_OF_FIVE].into_iter().flat_map(|first| [first.saturating_sub(1), first, first + 1]);
        let parts: Vec<Part> = ends.chain([255, 256, 70_000, u32::MAX]).collect();
        let mut codes = Vec::new();
        for part in &parts {
            write(*part, &mut codes);
        }
        codes.push(END_INVENTED);
        let mut codes = codes.into_iter();
        let found: Vec<Part> = std::iter::from_fn(|| read(&mut codes).ok()).collect();
        assert_eq!((found, codes.next()), (parts, None));
    }

    #[test]
    fn what_is_expected_takes_a_byte() {
        let mut names = Names::default();
        let many: Vec<String> = (0..1_000).map(|number| format!("{number} kg")).collect();
        names.expect(many.iter().map(String::as_str));
        names.push();
        let before = names.codes.len();
        names.set(0, "kg kg kg");
        assert_eq!((names.codes.len() - before, names.get(0).as_str()), (4, "kg kg kg"));
    }

    fn name() -> impl Strategy<Value = String> {
        prop_oneof![3 => "[ab ]{0,6}", 1 => any::<String>(), 2 => "(gạo|ST-25| |  |túi|)( (500 g|\u{a0}|mật-ong|!))?( \\(minh họa\\)){0,2}", 1 => "p[0-9]{1,5}( p[0-9]{1,4}){0,22}"]
    }

    proptest! {
        // Against a list.
        #[test]
        fn any_name_is_given_back(
            named in prop::collection::vec((any::<prop::sample::Index>(), name()), 1..60),
            expected in prop::collection::vec(name(), 0..9),
            // What comes first takes the short codes.
            before in prop::sample::select(vec![0, 0, 190, 300, 13_000]),
        ) {
            let (mut names, mut words, mut lexicon) = (Names::default(), PartWords::default(), Lexicon::default());
            for part in 0..before {
                names.parts.learn(&format!("p{part}"));
            }
            let mut list = vec![String::new(); 12];
            for _ in &list {
                names.push();
            }
            names.expect(expected.iter().map(String::as_str));
            for (row, name) in named {
                let row = row.index(list.len());
                names.set(u32::try_from(row).unwrap(), &name);
                list[row] = name;
                words.learn(&names, &mut lexicon);
            }
            let used: usize = (0..12).map(|row| names.length(row)).sum();
            prop_assert_eq!(names.codes.len(), 1 + used + names.unused);
            prop_assert!(names.unused <= MOST_UNUSED.max(names.codes.len() / 2));
            for (row, name) in (0..).zip(&list) {
                prop_assert_eq!(&names.get(row), name);
                let name = without_mark(name);
                prop_assert_eq!(words.of_name(&names, row).collect::<Vec<_>>(), lexicon.learn_all(name));
                let ranked = words.ranked(&names, row);
                prop_assert_eq!(words.ranked_by(&names.first_codes(row)).unwrap_or(ranked), ranked);
                prop_assert!(ranked.iter().map(|word| Word::from(*word)).eq(lexicon.learn_all(name).into_iter().chain(std::iter::repeat(NO_WORD.into())).take(NAME_WORDS)));
            }
        }
    }
}
