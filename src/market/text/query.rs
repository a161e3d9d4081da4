//! What is typed: which rows it means, and how well each fits.
//!
//! Every word must match, the last one as the beginning of a word too. A word typed with marks means that spelling
//! alone, one without marks any. The stages follow each other until one finds rows: as typed (and in other words), with
//! marks forgotten, with one typing error in a word that the catalogue does not know, with most of the words.

use super::lexicon::{Fold, Lexicon, Word};
use super::synonyms::Thesaurus;
use super::tokens::{Token, tokens};
use roaring::{MultiOps, RoaringBitmap};
use std::borrow::Cow;
use std::ops::Range;

/// Words of a query that count; nobody types more, and each costs.
const MOST_WORDS: usize = 10;
/// Other wordings that are tried: the longest list is that of what a kind comprises.
pub const MOST_REWRITINGS: usize = 24;
/// Words of a name that are kept for ranking.
pub const NAME_WORDS: usize = 16;
/// No word.
pub const NO_WORD: u16 = u16::MAX;
/// Up to so many rows it is cheaper to look for each in the sets of a prefix than to intersect.
const SINGLE_ROWS: u64 = 16;
/// Up to so many rows of a set each is looked for among the rows that were found.
const SMALL_SET: u64 = 8;
/// What it costs to unite any sets, in rows.
const UNITING: u64 = 8_192;
/// Up to so many rows sets are united one by one: together they are first laid out in full.
const FEW_TO_UNITE: u64 = 1_024;

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

/// A word that was typed or stands for one, looked up once.
#[derive(Debug, Clone, Copy)]
struct Known<'a> {
    token: &'a Token,
    word: Option<Word>,
    fold: Option<Fold>,
}

impl<'a> Known<'a> {
    fn new(token: &'a Token, lexicon: &Lexicon) -> Self {
        let word = lexicon.word(token);
        Self { token, word, fold: word.map(|word| lexicon.fold_of(word)).or_else(|| lexicon.fold(&token.folded)) }
    }
}

/// What the rows of a name must have at one place of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Slot {
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
}

/// One way to read the query.
#[derive(Debug, Clone)]
struct Reading<'a> {
    rows: Cow<'a, RoaringBitmap>,
    /// By number of a spelling: place in the query from 1, and how well it fits, in [`Mark`]'s bits.
    marks: Vec<u8>,
    places: u8,
    /// No row has a higher score.
    most: TextScore,
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
pub struct Found<'a> {
    readings: Vec<Reading<'a>>,
    /// The rows of all readings, where there are several.
    rows: Option<RoaringBitmap>,
    none: RoaringBitmap,
}

/// How well a row fits: the higher the better.
pub type TextScore = u32;

impl<'a> Found<'a> {
    /// What `text` means in `lexicon`; `None` when it has no word.
    pub fn new(text: &str, lexicon: &'a Lexicon, thesaurus: &Thesaurus) -> Option<Self> {
        let mut typed = tokens(text);
        typed.truncate(MOST_WORDS);
        if typed.is_empty() {
            return None;
        }
        let goes_on = text.chars().next_back().is_some_and(char::is_alphanumeric)
            || text.chars().next_back().is_some_and(unicode_normalization::char::is_combining_mark);
        let end = if goes_on { LastWord::MayGoOn } else { LastWord::IsWhole };
        let known: Vec<Known<'_>> = typed.iter().map(|token| Known::new(token, lexicon)).collect();
        let mut readings = as_typed(&typed, &known, end, lexicon, thesaurus);
        if readings.is_empty() {
            let found = without_marks(&known, end, lexicon).or_else(|| with_one_error(&known, end, lexicon));
            readings.extend(found.or_else(|| with_most_words(&known, lexicon)));
        }
        let rows = (readings.len() > 1).then(|| united(readings.iter().map(|reading| reading.rows.as_ref())));
        Some(Self { readings, rows, none: RoaringBitmap::new() })
    }

    /// All rows.
    pub fn rows(&self) -> &RoaringBitmap {
        self.rows.as_ref().or(self.readings.first().map(|reading| reading.rows.as_ref())).unwrap_or(&self.none)
    }

    /// How well `row` with the name `words` fits, and how it was found.
    pub fn score(&self, row: u32, words: &NameWords) -> (TextScore, How) {
        if let [only] = self.readings.as_slice() {
            return only.score(words);
        }
        let mut best = (0, How::Partial);
        for reading in &self.readings {
            if reading.most > best.0 && reading.rows.contains(row) {
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

impl Fit {
    fn score(&self, class: u32) -> TextScore {
        let Self { in_name, adjacent, following: _, whole, same, starts, length } = self;
        class << 24 | in_name << 20 | adjacent << 16 | whole << 12 | same << 8 | starts << 7 | (31 - (*length).min(31)) << 1 | 1
    }
}

impl Reading<'_> {
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
        (fit.score(class), how)
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
fn as_typed<'a>(typed: &[Token], known: &[Known<'_>], end: LastWord, lexicon: &'a Lexicon, thesaurus: &Thesaurus) -> Vec<Reading<'a>> {
    let mut readings = Vec::new();
    let slots: Vec<Slot> = slots(known, end, |word, last| slot(word, last, lexicon));
    if let Some(rows) = all_of(&slots, lexicon) {
        let numbered = |phrase: &[Token]| phrase.iter().map(|token| lexicon.word(token)).collect::<Option<Vec<Word>>>();
        let other_senses = thesaurus.other_senses(typed).filter_map(numbered).filter(|phrase| phrase.len() <= NAME_WORDS).collect();
        readings.push(Reading {
            rows,
            marks: marks(known, &slots, lexicon),
            places: places(known),
            most: highest(known, false),
            how: How::Exact,
            in_other_words: false,
            is_marked: typed.iter().all(Token::is_marked),
            other_senses,
            bound: thesaurus.phrases(typed).map(bound).fold(0, |all, bits| all | bits),
        });
    }
    let rewritings = thesaurus.rewritings(typed, MOST_REWRITINGS);
    readings.extend(rewritings.iter().filter_map(|rewriting| {
        let words = &rewriting.words;
        // Words that were typed are looked up already.
        let typed = |token: &Token| known.iter().find(|known| std::ptr::eq(known.token, token)).copied();
        let known: Vec<Known<'_>> = words.iter().map(|token| typed(token).unwrap_or_else(|| Known::new(token, lexicon))).collect();
        // The words of a synonym are spelled as in the table, whole.
        let slot = |(at, word): (usize, &Known<'_>)| {
            if rewriting.phrase.contains(&at) { Slot::of_word(word.word) } else { slot(word, LastWord::IsWhole, lexicon) }
        };
        let slots: Vec<Slot> = known.iter().enumerate().map(slot).collect();
        let mut rows = all_of(&slots, lexicon)?;
        // Where the other name stands in a phrase with another sense it is not the other name: "gạo thơm" is no pineapple.
        for phrase in thesaurus.other_senses(words) {
            let in_phrase = with_all_words(&rows, phrase, lexicon);
            if !in_phrase.is_empty() {
                *rows.to_mut() -= in_phrase;
            }
        }
        (!rows.is_empty()).then(|| Reading {
            rows,
            marks: marks(&known, &slots, lexicon),
            places: places(&known),
            most: highest(&known, !rewriting.phrase.is_empty()),
            how: How::Synonym,
            in_other_words: !rewriting.phrase.is_empty(),
            is_marked: true,
            other_senses: Vec::new(),
            bound: bound(rewriting.phrase.clone()),
        })
    }));
    readings
}

/// Those of `rows` that have all words of `phrase`.
fn with_all_words(rows: &RoaringBitmap, phrase: &[Token], lexicon: &Lexicon) -> RoaringBitmap {
    let words = phrase.iter().map(|token| lexicon.word(token).and_then(|word| lexicon.rows(word)));
    let Some(mut words) = words.collect::<Option<Vec<_>>>() else { return RoaringBitmap::new() };
    words.sort_by_key(|rows| rows.len());
    let mut words = words.into_iter();
    let Some(first) = words.next() else { return RoaringBitmap::new() };
    let mut found = rows & first;
    for other in words {
        if found.is_empty() {
            break;
        }
        found &= other;
    }
    found
}

fn without_marks<'a>(typed: &[Known<'_>], end: LastWord, lexicon: &'a Lexicon) -> Option<Reading<'a>> {
    if !typed.iter().any(|known| known.token.is_marked()) {
        return None;
    }
    let slots = slots(typed, end, |known, last| fold_slot(known, last, lexicon));
    reading(typed, &slots, How::Folded, lexicon)
}

/// Words that the catalogue does not know are read as known ones that are one error away; a neighbour with which the word
/// occurs is worth more than one with which it does not.
fn with_one_error<'a>(typed: &[Known<'_>], end: LastWord, lexicon: &'a Lexicon) -> Option<Reading<'a>> {
    if typed.iter().all(|known| known.fold.is_some()) {
        return None;
    }
    let mut slots = Vec::with_capacity(typed.len());
    for (at, known) in typed.iter().enumerate() {
        let last = if at + 1 == typed.len() { end } else { LastWord::IsWhole };
        let as_it_is = fold_slot(known, last, lexicon);
        if as_it_is != Slot::Nothing {
            slots.push(as_it_is);
            continue;
        }
        let near = lexicon.near(&known.token.folded);
        let neighbour = |place: Option<usize>| place.and_then(|place| typed.get(place)).and_then(|known| known.fold);
        let (before, after) = (neighbour(at.checked_sub(1)), neighbour(Some(at + 1)));
        let occurs = |fold: &Fold| {
            before.is_some_and(|before| lexicon.pair(before, *fold) > 0) || after.is_some_and(|after| lexicon.pair(*fold, after) > 0)
        };
        let with_neighbour: Vec<Fold> = near.iter().copied().filter(occurs).collect();
        slots.push(Slot::of_folds(if with_neighbour.is_empty() { near } else { with_neighbour }));
    }
    reading(typed, &slots, How::Typo, lexicon)
}

/// As many of the words as some row has.
fn with_most_words<'a>(typed: &[Known<'_>], lexicon: &Lexicon) -> Option<Reading<'a>> {
    let slots: Vec<Slot> = typed.iter().map(|known| fold_slot(known, LastWord::IsWhole, lexicon)).collect();
    let rows: Vec<RoaringBitmap> = slots.iter().map(|slot| slot.rows(lexicon)).filter(|rows| !rows.is_empty()).collect();
    // From all but one of them down to one: a word that nothing has falls out by itself.
    let most = rows.len().min(typed.len() - 1);
    for kept in (1..=most).rev() {
        let found = at_least(&rows, kept);
        if !found.is_empty() {
            return Some(Reading {
                rows: Cow::Owned(found),
                marks: marks(typed, &slots, lexicon),
                places: places(typed),
                most: highest(typed, false),
                how: How::Partial,
                in_other_words: false,
                is_marked: false,
                other_senses: Vec::new(),
                bound: 0,
            });
        }
    }
    None
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

fn reading<'a>(typed: &[Known<'_>], slots: &[Slot], how: How, lexicon: &'a Lexicon) -> Option<Reading<'a>> {
    Some(Reading {
        rows: all_of(slots, lexicon)?,
        marks: marks(typed, slots, lexicon),
        places: places(typed),
        most: highest(typed, false),
        how,
        in_other_words: false,
        is_marked: false,
        other_senses: Vec::new(),
        bound: 0,
    })
}

/// The places, from 1, of a phrase at `words` but for its first.
fn bound(words: Range<usize>) -> u32 {
    words.skip(1).fold(0, |bits, at| bits | 1 << (at + 1))
}

fn places(typed: &[Known<'_>]) -> u8 {
    u8::try_from(typed.len()).unwrap_or(u8::MAX)
}

/// The score of a name that has nothing but all the words, in order.
fn highest(typed: &[Known<'_>], in_other_words: bool) -> TextScore {
    let places = u32::from(places(typed));
    let class = if in_other_words { BEGINS_IN_OTHER_WORDS } else { BEGINS_AS_TYPED };
    let fit = Fit { in_name: places, adjacent: places.saturating_sub(1), following: 0, whole: places, same: places, starts: 1, length: 1 };
    fit.score(class)
}

fn slots(typed: &[Known<'_>], end: LastWord, slot: impl Fn(&Known<'_>, LastWord) -> Slot) -> Vec<Slot> {
    typed.iter().enumerate().map(|(at, known)| slot(known, if at + 1 == typed.len() { end } else { LastWord::IsWhole })).collect()
}

/// What `known` means as typed.
fn slot(known: &Known<'_>, last: LastWord, lexicon: &Lexicon) -> Slot {
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
fn fold_slot(known: &Known<'_>, last: LastWord, lexicon: &Lexicon) -> Slot {
    match last {
        LastWord::IsWhole => known.fold.map_or(Slot::Nothing, Slot::Fold),
        LastWord::MayGoOn => Slot::of_folds(lexicon.beginning_with(&known.token.folded).collect()),
    }
}

impl Slot {
    fn of_word(word: Option<Word>) -> Self {
        word.map_or(Self::Nothing, Self::Word)
    }

    fn of_words(words: Vec<Word>) -> Self {
        match words.as_slice() {
            [] => Self::Nothing,
            [only] => Self::Word(*only),
            _ => Self::Words(words),
        }
    }

    fn of_folds(folds: Vec<Fold>) -> Self {
        match folds.as_slice() {
            [] => Self::Nothing,
            [only] => Self::Fold(*only),
            _ => Self::Folds(folds),
        }
    }

    /// The rows of each of its words.
    fn sets<'a>(&self, lexicon: &'a Lexicon) -> Sets<'a> {
        match self {
            Self::Nothing => Sets::Several(Vec::new()),
            Self::Word(word) => lexicon.rows(*word).map_or(Sets::Several(Vec::new()), Sets::One),
            Self::Fold(fold) => lexicon.fold_rows(*fold).map_or(Sets::Several(Vec::new()), Sets::One),
            Self::Words(words) => Sets::Several(words.iter().filter_map(|word| lexicon.rows(*word)).collect()),
            Self::Folds(folds) => Sets::Several(folds.iter().filter_map(|fold| lexicon.fold_rows(*fold)).collect()),
        }
    }

    fn rows(&self, lexicon: &Lexicon) -> RoaringBitmap {
        united(self.sets(lexicon).as_slice().iter().copied())
    }
}

/// The rows of the words of a slot: most have one.
#[derive(Debug)]
enum Sets<'a> {
    One(&'a RoaringBitmap),
    Several(Vec<&'a RoaringBitmap>),
}

impl<'a> Sets<'a> {
    fn as_slice(&self) -> &[&'a RoaringBitmap] {
        match self {
            Self::One(only) => std::slice::from_ref(only),
            Self::Several(several) => several,
        }
    }
}

/// Rows that have a word for every slot; `None` where no row has.
fn all_of<'a>(slots: &[Slot], lexicon: &'a Lexicon) -> Option<Cow<'a, RoaringBitmap>> {
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
    let mut rows = match by_weight.next()? {
        [only] => Cow::Borrowed(*only),
        several => Cow::Owned(united(several.iter().copied())),
    };
    for sets in by_weight {
        if rows.is_empty() {
            return None;
        }
        rows = match (rows, sets) {
            (Cow::Borrowed(rows), [only]) => Cow::Owned(rows & *only),
            (Cow::Owned(rows), [only]) => Cow::Owned(rows & *only),
            (rows, several) if rows.len() <= SINGLE_ROWS => {
                Cow::Owned(rows.iter().filter(|row| several.iter().any(|set| set.contains(*row))).collect())
            }
            (rows, several) => Cow::Owned(in_any(&rows, several)),
        };
    }
    (!rows.is_empty()).then_some(rows)
}

/// Those of `rows` that are in any of `sets`.
fn in_any(rows: &RoaringBitmap, sets: &[&RoaringBitmap]) -> RoaringBitmap {
    if rows.len() > FEW_TO_UNITE {
        let (count, size) = sets.iter().fold((0, 0), |(count, size), set| (count + 1, size + set.len()));
        // Intersecting reads the rows once a set, uniting writes the rows of the sets: about twice as slow.
        if count * rows.len() > 2 * size + UNITING {
            return sets.iter().copied().union() & rows;
        }
        let found: Vec<RoaringBitmap> = sets.iter().map(|set| rows & *set).collect();
        return united(found.iter());
    }
    let mut all = RoaringBitmap::new();
    for set in sets {
        if set.len() <= SMALL_SET {
            all.extend(set.iter().filter(|row| rows.contains(*row)));
        } else {
            all |= rows & *set;
        }
    }
    all
}

/// The rows of any of `sets`.
fn united<'a>(sets: impl Iterator<Item = &'a RoaringBitmap> + Clone) -> RoaringBitmap {
    let sets = sets.filter(|set| !set.is_empty());
    if sets.clone().map(RoaringBitmap::len).sum::<u64>() > FEW_TO_UNITE {
        return sets.union();
    }
    let mut sets = sets;
    let mut all = sets.next().cloned().unwrap_or_default();
    sets.for_each(|set| all |= set);
    all
}

/// What each spelling is worth in this reading of the query.
fn marks(typed: &[Known<'_>], slots: &[Slot], lexicon: &Lexicon) -> Vec<u8> {
    let mut marks = vec![0_u8; lexicon.len().min(usize::from(NO_WORD - 1))];
    for (place, (known, slot)) in (1_u8..).zip(typed.iter().zip(slots)) {
        let mut mark = |word: Word| {
            let mut fit = place & PLACE_BITS;
            if Some(lexicon.fold_of(word)) == known.fold {
                fit |= WHOLE;
                if Some(word) == known.word {
                    fit |= SAME_MARKS;
                }
            }
            if let Some(before) = marks.get_mut(word as usize).filter(|before| fit & !PLACE_BITS >= **before & !PLACE_BITS) {
                *before = fit;
            }
        };
        let mut mark_fold = |fold: Fold| lexicon.words_of(fold).iter().for_each(|word| mark(*word));
        match slot {
            Slot::Nothing => {}
            Slot::Fold(fold) => mark_fold(*fold),
            Slot::Folds(folds) => folds.iter().for_each(|fold| mark_fold(*fold)),
            Slot::Word(word) => mark(*word),
            Slot::Words(words) => words.iter().for_each(|word| mark(*word)),
        }
    }
    marks
}
