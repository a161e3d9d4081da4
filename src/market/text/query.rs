//! What is typed: which rows it means, and how well each fits.
//!
//! Every word must match, the last one as the beginning of a word too. A word typed with marks means that spelling
//! alone, one without marks any. The stages follow each other until one finds rows: as typed (and in other words), with
//! marks forgotten, with one typing error in a word that the catalogue does not know, with most of the words.

use super::lexicon::{Fold, Lexicon, Word};
use super::synonyms::Thesaurus;
use super::tokens::{Token, tokens};
use roaring::{MultiOps, RoaringBitmap};
use std::ops::Range;

/// Words of a query that count; nobody types more, and each costs.
const MOST_WORDS: usize = 10;
/// Other wordings that are tried: the longest list is that of what a kind comprises.
pub const MOST_REWRITINGS: usize = 24;
/// Words of a name that are kept for ranking.
pub const NAME_WORDS: usize = 16;
/// No word.
pub const NO_WORD: u16 = u16::MAX;
/// Below so many rows it is cheaper to ask for each prefix's rows among them than to unite the prefixes.
const FEW_ROWS: u64 = 4_096;

/// How a row was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// As it was typed.
    Exact,
    /// Without regard to marks.
    Folded,
    /// The last word is the beginning of one.
    Prefix,
    /// In other words of the same meaning.
    Synonym,
    /// With one typing error mended.
    Typo,
    /// With most of the words, not all.
    Partial,
}

/// The words of a product's name by number, [`NO_WORD`] after the last.
pub type NameWords = [u16; NAME_WORDS];

/// What the rows of a name must have at one place of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Slot {
    /// One of these spellings.
    Words(Vec<Word>),
    /// One of these folds.
    Folds(Vec<Fold>),
}

/// One way to read the query.
#[derive(Debug, Clone)]
struct Reading {
    rows: RoaringBitmap,
    /// By number of a spelling: place in the query from 1, and how well it fits, in [`Mark`]'s bits.
    marks: Vec<u8>,
    places: u8,
    how: How,
    /// Whether a phrase was put in place of one that was typed.
    in_other_words: bool,
    /// Whether every word was typed with marks.
    is_marked: bool,
    /// Phrases in which words of the query mean something else.
    other_senses: Vec<Vec<Word>>,
    /// Places, one bit each, whose word must follow the one of the place before: those of phrases that mean something as
    /// a whole.
    bound: u32,
}

/// The rows that a query means.
#[derive(Debug, Clone)]
pub struct Found {
    readings: Vec<Reading>,
    /// The rows of all readings, where there are several.
    rows: Option<RoaringBitmap>,
    none: RoaringBitmap,
}

/// How well a row fits: the higher the better.
pub type TextScore = u32;

impl Found {
    /// What `text` means in `lexicon`; `None` when it has no word.
    pub fn new(text: &str, lexicon: &Lexicon, thesaurus: &Thesaurus) -> Option<Self> {
        let mut typed = tokens(text);
        typed.truncate(MOST_WORDS);
        if typed.is_empty() {
            return None;
        }
        let goes_on = text.chars().next_back().is_some_and(char::is_alphanumeric)
            || text.chars().next_back().is_some_and(unicode_normalization::char::is_combining_mark);
        let end = if goes_on { LastWord::MayGoOn } else { LastWord::IsWhole };
        let stages: [&dyn Fn() -> Vec<Reading>; 4] = [
            &|| as_typed(&typed, end, lexicon, thesaurus),
            &|| without_marks(&typed, end, lexicon),
            &|| with_one_error(&typed, end, lexicon),
            &|| with_most_words(&typed, lexicon),
        ];
        let readings = stages.iter().map(|stage| stage()).find(|readings| !readings.is_empty()).unwrap_or_default();
        let rows = (readings.len() > 1).then(|| readings.iter().map(|reading| &reading.rows).union());
        Some(Self { readings, rows, none: RoaringBitmap::new() })
    }

    /// All rows.
    pub fn rows(&self) -> &RoaringBitmap {
        self.rows.as_ref().or(self.readings.first().map(|reading| &reading.rows)).unwrap_or(&self.none)
    }

    /// How well `row` with the name `words` fits, and how it was found.
    pub fn score(&self, row: u32, words: &NameWords) -> (TextScore, How) {
        if let [only] = self.readings.as_slice() {
            return only.score(words);
        }
        let mut best = (0, How::Partial);
        for reading in &self.readings {
            if reading.rows.contains(row) {
                let score = reading.score(words);
                if score.0 > best.0 {
                    best = score;
                }
            }
        }
        best
    }
}

/// Whether the last word may be the beginning of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastWord {
    MayGoOn,
    IsWhole,
}

/// The bits of a mark: place in the query (from 1) and fit.
const PLACE_BITS: u8 = 0b0000_1111;
/// The whole word, as typed.
const WHOLE: u8 = 0b0001_0000;
/// As typed, also in its marks.
const SAME_MARKS: u8 = 0b0010_0000;

/// Classes of the score, from bit 24 on. A Vietnamese name begins with what the thing is, so that a name which begins
/// with another word for it comes before one that only has the word that was typed: for "trà xanh", "Chè xanh" before
/// "Sữa rửa mặt trà xanh".
const BEGINS_AS_TYPED: u32 = 6;
const BEGINS_IN_OTHER_WORDS: u32 = 5;
/// Every word stands whole in the name.
const HAS_AS_TYPED: u32 = 4;
const HAS_IN_OTHER_WORDS: u32 = 3;
/// Words stand in the producer's name, go on, or were mended.
const PART_AS_TYPED: u32 = 2;
const PART_IN_OTHER_WORDS: u32 = 1;
/// A chance match of the word in another sense, or in the producer's name alone.
const BY_CHANCE: u32 = 0;

/// What the words of a name are to a reading.
#[derive(Debug, Clone, Copy, Default)]
struct Fit {
    in_name: u32,
    adjacent: u32,
    /// Places, one bit each, whose word follows that of the place before.
    following: u32,
    whole: u32,
    same: u32,
    starts: u32,
    length: u32,
}

impl Reading {
    fn score(&self, words: &NameWords) -> (TextScore, How) {
        let masked = self.masked(words);
        let fit = self.fit(words, masked);
        let in_other_sense = masked != 0 && fit.in_name < u32::from(self.places);
        let class = self.class(&fit, in_other_sense);
        // How it was found is a matter of letters, whatever the sense.
        let seen = if in_other_sense { self.fit(words, 0) } else { fit };
        let how = match self.how {
            How::Exact if seen.whole < seen.in_name => How::Prefix,
            How::Exact if seen.same < seen.in_name || seen.in_name == 0 && !self.is_marked => How::Folded,
            how => how,
        };
        let Fit { in_name, adjacent, following: _, whole, same, starts, length } = fit;
        let score = class << 24 | in_name << 20 | adjacent << 16 | whole << 12 | same << 8 | starts << 7 | (31 - length.min(31)) << 1 | 1;
        (score, how)
    }

    fn class(&self, fit: &Fit, in_other_sense: bool) -> u32 {
        let places = u32::from(self.places);
        if in_other_sense || fit.in_name == 0 {
            return BY_CHANCE;
        }
        if fit.whole < places || fit.following & self.bound != self.bound {
            return if self.in_other_words { PART_IN_OTHER_WORDS } else { PART_AS_TYPED };
        }
        match (fit.starts != 0 && fit.adjacent + 1 == places, self.in_other_words) {
            (true, false) => BEGINS_AS_TYPED,
            (true, true) => BEGINS_IN_OTHER_WORDS,
            (false, false) => HAS_AS_TYPED,
            (false, true) => HAS_IN_OTHER_WORDS,
        }
    }

    /// Counts the words of the query in a name, leaving out the places in `masked`.
    fn fit(&self, words: &NameWords, masked: u32) -> Fit {
        // Words that match come at random: all is summed up without a branch, which would be foretold wrongly.
        let length = words.iter().filter(|word| **word != NO_WORD).count();
        let mut fit = Fit { length: u32::try_from(length).unwrap_or(0), ..Fit::default() };
        let mut places = 0_u32;
        let mut before = 0_u8;
        for (at, word) in words.iter().take(length).enumerate() {
            let mark = self.marks.get(usize::from(*word)).copied().unwrap_or(0) * u8::from(masked & (1 << at) == 0);
            let place = mark & PLACE_BITS;
            let is_new = u32::from(place != 0) & (!places >> place);
            places |= is_new << place;
            fit.whole += is_new & u32::from(mark & WHOLE != 0);
            fit.same += is_new & u32::from(mark & SAME_MARKS != 0);
            let follows = is_new & u32::from(before != 0) & u32::from(place == before + 1);
            fit.adjacent += follows;
            fit.following |= follows << place;
            fit.starts |= is_new & u32::from(at == 0) & u32::from(place == 1);
            before = place;
        }
        fit.in_name = places.count_ones();
        fit
    }

    /// Places of the name, one bit each, that lie in a phrase with another sense.
    fn masked(&self, words: &NameWords) -> u32 {
        let mut masked = 0_u32;
        for phrase in &self.other_senses {
            for (at, window) in words.windows(phrase.len().max(1)).enumerate() {
                if window.iter().zip(phrase).all(|(word, wanted)| u32::from(*word) == *wanted) {
                    masked |= ((1 << phrase.len()) - 1) << at;
                }
            }
        }
        masked
    }
}

/// As typed: marked words by their spelling, others by their fold; and with a phrase said in other words.
fn as_typed(typed: &[Token], end: LastWord, lexicon: &Lexicon, thesaurus: &Thesaurus) -> Vec<Reading> {
    let mut readings = Vec::new();
    let slots: Vec<Slot> = slots(typed, end, lexicon, |token, last| slot(token, last, lexicon));
    let rows = all_of(&slots, lexicon);
    if !rows.is_empty() {
        let numbered = |phrase: &[Token]| phrase.iter().map(|token| lexicon.word(token)).collect::<Option<Vec<Word>>>();
        let other_senses = thesaurus.other_senses(typed).filter_map(numbered).filter(|phrase| phrase.len() <= NAME_WORDS).collect();
        readings.push(Reading {
            rows,
            marks: marks(typed, &slots, lexicon),
            places: places(typed),
            how: How::Exact,
            in_other_words: false,
            is_marked: is_marked(typed),
            other_senses,
            bound: thesaurus.phrases(typed).into_iter().map(bound).fold(0, |all, bits| all | bits),
        });
    }
    for rewriting in thesaurus.rewritings(typed, MOST_REWRITINGS) {
        let words = &rewriting.words;
        // The words of a synonym are spelled as in the table, whole.
        let slots: Vec<Slot> = words
            .iter()
            .enumerate()
            .map(|(at, token)| {
                if rewriting.phrase.contains(&at) {
                    Slot::Words(lexicon.word(token).into_iter().collect())
                } else {
                    slot(token, LastWord::IsWhole, lexicon)
                }
            })
            .collect();
        let mut rows = all_of(&slots, lexicon);
        // Where the other name stands in a phrase with another sense it is not the other name: "gạo thơm" is no pineapple.
        for phrase in thesaurus.other_senses(words) {
            let slots: Vec<Slot> = phrase.iter().map(|token| Slot::Words(lexicon.word(token).into_iter().collect())).collect();
            rows -= all_of(&slots, lexicon);
        }
        if !rows.is_empty() {
            readings.push(Reading {
                rows,
                marks: marks(words, &slots, lexicon),
                places: places(words),
                how: How::Synonym,
                in_other_words: !rewriting.phrase.is_empty(),
                is_marked: true,
                other_senses: Vec::new(),
                bound: bound(rewriting.phrase.clone()),
            });
        }
    }
    readings
}

fn without_marks(typed: &[Token], end: LastWord, lexicon: &Lexicon) -> Vec<Reading> {
    if !typed.iter().any(Token::is_marked) {
        return Vec::new();
    }
    let slots = slots(typed, end, lexicon, |token, last| fold_slot(&token.folded, last, lexicon));
    reading(typed, &slots, How::Folded, lexicon)
}

/// Words that the catalogue does not know are read as known ones that are one error away; a neighbour with which the word
/// occurs is worth more than one with which it does not.
fn with_one_error(typed: &[Token], end: LastWord, lexicon: &Lexicon) -> Vec<Reading> {
    let known: Vec<Option<Fold>> = typed.iter().map(|token| lexicon.fold(&token.folded)).collect();
    if known.iter().all(Option::is_some) {
        return Vec::new();
    }
    let mut slots = Vec::with_capacity(typed.len());
    for (at, token) in typed.iter().enumerate() {
        let last = if at + 1 == typed.len() { end } else { LastWord::IsWhole };
        let as_it_is = fold_slot(&token.folded, last, lexicon);
        if !as_it_is.is_empty() {
            slots.push(as_it_is);
            continue;
        }
        let near = lexicon.near(&token.folded);
        let neighbour = |place: Option<usize>| place.and_then(|place| known.get(place).copied().flatten());
        let (before, after) = (neighbour(at.checked_sub(1)), neighbour(Some(at + 1)));
        let occurs = |fold: &Fold| {
            before.is_some_and(|before| lexicon.pair(before, *fold) > 0) || after.is_some_and(|after| lexicon.pair(*fold, after) > 0)
        };
        let with_neighbour: Vec<Fold> = near.iter().copied().filter(occurs).collect();
        slots.push(Slot::Folds(if with_neighbour.is_empty() { near } else { with_neighbour }));
    }
    reading(typed, &slots, How::Typo, lexicon)
}

/// As many of the words as some row has.
fn with_most_words(typed: &[Token], lexicon: &Lexicon) -> Vec<Reading> {
    let slots: Vec<Slot> = typed.iter().map(|token| fold_slot(&token.folded, LastWord::IsWhole, lexicon)).collect();
    let rows: Vec<RoaringBitmap> = slots.iter().map(|slot| slot.rows(lexicon)).filter(|rows| !rows.is_empty()).collect();
    // From all but one of them down to one: a word that nothing has falls out by itself.
    let most = rows.len().min(typed.len() - 1);
    for kept in (1..=most).rev() {
        let found = at_least(&rows, kept);
        if !found.is_empty() {
            return vec![Reading {
                rows: found,
                marks: marks(typed, &slots, lexicon),
                places: places(typed),
                how: How::Partial,
                in_other_words: false,
                is_marked: false,
                other_senses: Vec::new(),
                bound: 0,
            }];
        }
    }
    Vec::new()
}

/// Rows that are in at least `kept` of `sets`.
fn at_least(sets: &[RoaringBitmap], kept: usize) -> RoaringBitmap {
    // `reached[n]`: rows in at least n + 1 of the sets so far.
    let mut reached: Vec<RoaringBitmap> = vec![RoaringBitmap::new(); kept];
    for set in sets {
        for n in (0..kept).rev() {
            let grown = match n.checked_sub(1).and_then(|below| reached.get(below)) {
                Some(below) => below & set,
                None => set.clone(),
            };
            if let Some(level) = reached.get_mut(n) {
                *level |= grown;
            }
        }
    }
    reached.pop().unwrap_or_default()
}

fn reading(typed: &[Token], slots: &[Slot], how: How, lexicon: &Lexicon) -> Vec<Reading> {
    let rows = all_of(slots, lexicon);
    if rows.is_empty() {
        return Vec::new();
    }
    vec![Reading {
        rows,
        marks: marks(typed, slots, lexicon),
        places: places(typed),
        how,
        in_other_words: false,
        is_marked: false,
        other_senses: Vec::new(),
        bound: 0,
    }]
}

fn is_marked(typed: &[Token]) -> bool {
    typed.iter().all(Token::is_marked)
}

/// The places, from 1, of a phrase at `words` but for its first.
fn bound(words: Range<usize>) -> u32 {
    words.skip(1).fold(0, |bits, at| bits | 1 << (at + 1))
}

fn places(typed: &[Token]) -> u8 {
    u8::try_from(typed.len()).unwrap_or(u8::MAX)
}

fn slots(typed: &[Token], end: LastWord, _: &Lexicon, slot: impl Fn(&Token, LastWord) -> Slot) -> Vec<Slot> {
    typed.iter().enumerate().map(|(at, token)| slot(token, if at + 1 == typed.len() { end } else { LastWord::IsWhole })).collect()
}

/// What `token` means as typed.
fn slot(token: &Token, last: LastWord, lexicon: &Lexicon) -> Slot {
    match (token.is_marked(), last) {
        (false, _) => fold_slot(&token.folded, last, lexicon),
        (true, LastWord::IsWhole) => Slot::Words(lexicon.word(token).into_iter().collect()),
        (true, LastWord::MayGoOn) => {
            let folds: Vec<Fold> = lexicon.beginning_with(&token.folded).collect();
            Slot::Words(folds.into_iter().flat_map(|fold| lexicon.words_beginning_with(fold, token).collect::<Vec<_>>()).collect())
        }
    }
}

/// What `folded` means without regard to marks.
fn fold_slot(folded: &str, last: LastWord, lexicon: &Lexicon) -> Slot {
    Slot::Folds(match last {
        LastWord::IsWhole => lexicon.fold(folded).into_iter().collect(),
        LastWord::MayGoOn => lexicon.beginning_with(folded).collect(),
    })
}

impl Slot {
    fn is_empty(&self) -> bool {
        match self {
            Self::Words(words) => words.is_empty(),
            Self::Folds(folds) => folds.is_empty(),
        }
    }

    /// The rows of each of its words.
    fn sets<'a>(&'a self, lexicon: &'a Lexicon) -> Vec<&'a RoaringBitmap> {
        match self {
            Self::Words(words) => words.iter().filter_map(|word| lexicon.rows(*word)).collect(),
            Self::Folds(folds) => folds.iter().filter_map(|fold| lexicon.fold_rows(*fold)).collect(),
        }
    }

    fn rows(&self, lexicon: &Lexicon) -> RoaringBitmap {
        self.sets(lexicon).union()
    }

    /// How many rows it has at most.
    fn weight(&self, lexicon: &Lexicon) -> u64 {
        self.sets(lexicon).iter().map(|rows| rows.len()).sum()
    }
}

/// Rows that have a word for every slot.
fn all_of(slots: &[Slot], lexicon: &Lexicon) -> RoaringBitmap {
    let mut by_weight: Vec<(u64, &Slot)> = slots.iter().map(|slot| (slot.weight(lexicon), slot)).collect();
    by_weight.sort_by_key(|(weight, _)| *weight);
    let mut rows: Option<RoaringBitmap> = None;
    for (weight, slot) in by_weight {
        if weight == 0 {
            return RoaringBitmap::new();
        }
        let sets = slot.sets(lexicon);
        rows = Some(match (rows, sets.as_slice()) {
            (None, [only]) => (*only).clone(),
            (None, several) => several.iter().copied().union(),
            (Some(rows), [only]) => rows & *only,
            (Some(rows), several) if rows.len() < FEW_ROWS => several.iter().map(|set| &rows & *set).collect::<Vec<_>>().union(),
            (Some(rows), several) => rows & several.iter().copied().union(),
        });
        if rows.as_ref().is_some_and(RoaringBitmap::is_empty) {
            return RoaringBitmap::new();
        }
    }
    rows.unwrap_or_default()
}

/// What each spelling is worth in this reading of the query.
fn marks(typed: &[Token], slots: &[Slot], lexicon: &Lexicon) -> Vec<u8> {
    let mut marks = vec![0_u8; lexicon.len().min(usize::from(NO_WORD - 1))];
    for (place, (token, slot)) in (1_u8..).zip(typed.iter().zip(slots)) {
        let same = lexicon.word(token);
        let whole = lexicon.fold(&token.folded);
        let mut mark = |word: Word| {
            let mut fit = place & PLACE_BITS;
            if Some(lexicon.fold_of(word)) == whole {
                fit |= WHOLE;
                if Some(word) == same {
                    fit |= SAME_MARKS;
                }
            }
            if let Some(known) = marks.get_mut(word as usize).filter(|known| fit & !PLACE_BITS >= **known & !PLACE_BITS) {
                *known = fit;
            }
        };
        match slot {
            Slot::Words(words) => words.iter().for_each(|word| mark(*word)),
            Slot::Folds(folds) => folds.iter().flat_map(|fold| lexicon.words_of(*fold)).for_each(|word| mark(*word)),
        }
    }
    marks
}
