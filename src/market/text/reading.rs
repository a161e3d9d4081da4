//! One way to read a query: which rows it means, and how well a name fits.

use super::lexicon::{Fold, Lexicon, Word};
use super::query::{How, NO_WORD, NameHead, NameWords, TextScore};
use super::slots::{Known, Slot};
use roaring::RoaringBitmap;
use std::borrow::Cow;

/// One way to read the query.
#[derive(Debug, Clone)]
pub(super) struct Reading<'a> {
    pub rows: Cow<'a, RoaringBitmap>,
    /// By number of a spelling: place in the query from 1, and how well it fits, in [`Mark`]'s bits.
    marks: Vec<u8>,
    places: u8,
    /// How many of the words of the query each row has.
    pub most: u8,
    /// The highest scores of a name of no words that begins otherwise, with the first word of the query, with all of it.
    highest: [TextScore; 3],
    pub how: How,
    /// What is said at least of how a row was found.
    pub said: How,
    /// What is added to the classes of scores, but to that of chance.
    base: u32,
    /// Whether a phrase was put in place of one that was typed.
    in_other_words: bool,
    /// Whether every word was typed with marks.
    pub is_marked: bool,
    /// Phrases in which words of the query mean something else.
    pub other_senses: Vec<Vec<Word>>,
    /// Places, one bit each, whose word must follow the one of the place before: those of phrases that mean something as
    /// a whole.
    pub bound: u32,
}

/// The bits of a mark: place in the query (from 1) and fit.
pub(super) const PLACE_BITS: u8 = 0b0000_1111;
/// The whole word, as typed.
const WHOLE: u8 = 0b0001_0000;
/// As typed, also in its marks.
const SAME_MARKS: u8 = 0b0010_0000;

/// Up to so many words of the query a name's beginning tells whether it begins with them.
const HEAD_PLACES: u32 = 4;

/// Of every phrase with another sense one word has it, so that names without are known at once.
pub(super) const TELLS: u8 = 0b0100_0000;

/// Classes of the score, from bit [`CLASS`] on. A Vietnamese name begins with what the thing is, so that a name which begins
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
/// How many classes there are: what is added to them to put all of one reading before all of another is so many times as much.
const CLASSES: u32 = 7;
/// What is added to the classes of those that are found by their names. Those of which it is only the place that was typed come
/// after all of them, and of either those without what is sought last.
const BY_NAME: u32 = 3 * CLASSES;
const IN_PLACE: u32 = 2 * CLASSES;
/// A chance match of the word in another sense, or in the producer's name alone.
const BY_CHANCE: u32 = 0;

/// Where in a score its class stands.
const CLASS: u32 = 24;
/// Where in a score it stands how many words of the query the name has.
pub(super) const IN_NAME: u32 = 20;

/// What the words of a name are to a reading.
#[derive(Debug, Clone, Copy, Default)]
struct Fit {
    in_name: u32,
    adjacent: u32,
    /// Places, one bit each, whose word follows that of the place before.
    following: u32,
    whole: u32,
    same: u32,
    /// Whether the name begins with the first word of the query.
    starts: u32,
    /// Words at the beginning of the name that are those of the query.
    begins: u32,
    length: u32,
    /// All marks together.
    marks: u8,
}

impl Fit {
    fn score(&self, class: u32) -> TextScore {
        let Self { in_name, adjacent, whole, same, starts, length, .. } = self;
        class << CLASS | in_name << IN_NAME | adjacent << 16 | whole << 12 | same << 8 | starts << 7 | (31 - (*length).min(31)) << 1 | 1
    }
}

impl<'a> Reading<'a> {
    /// `rows`, of which none has more than `most` of the words that were `typed`.
    pub fn new(rows: Cow<'a, RoaringBitmap>, typed: &[Known<'_>], most: u8, marks: Marks, how: How, in_other_words: bool) -> Self {
        Self {
            rows,
            places: places(typed),
            most,
            highest: highest(most, typed, &marks, in_other_words),
            marks: marks.by_word,
            how,
            said: How::Exact,
            base: BY_NAME,
            in_other_words,
            is_marked: false,
            other_senses: Vec::new(),
            bound: 0,
        }
    }

    /// All of `rows`, by no word: they stand in the place that was typed.
    pub fn of_place(rows: RoaringBitmap) -> Self {
        let marks = Marks { by_word: Vec::new(), whole: 0, same: 0 };
        Self::new(Cow::Owned(rows), &[], 0, marks, How::Place, false).in_place()
    }

    /// The same of a query that names the place of these rows too: after those that have it in their names.
    pub fn in_place(self) -> Self {
        Self { said: self.said.max(How::Place), ..self.later(IN_PLACE) }
    }

    /// The same, of rows that come after those of other readings found alike.
    pub fn coming_after(self) -> Self {
        self.later(CLASSES)
    }

    fn later(self, by: u32) -> Self {
        let by = by.min(self.base);
        let highest = self.highest.map(|score| score - (by << CLASS));
        Self { base: self.base - by, highest, ..self }
    }

    /// What the score of a name with this beginning is at most, and what it is where that tells.
    #[inline]
    pub fn highest(&self, head: NameHead) -> (TextScore, Option<(TextScore, How)>) {
        let places = u32::from(self.places);
        let mut fit = Fit { length: u32::from(head.length), following: u32::MAX, starts: 1, ..Fit::default() };
        for (word, place) in head.words.into_iter().zip(1_u8..=self.places) {
            let mark = self.mark(word);
            if mark & PLACE_BITS != place {
                break;
            }
            fit.begins += 1;
            fit.whole += u32::from(mark & WHOLE != 0);
            fit.same += u32::from(mark & SAME_MARKS != 0);
        }
        let [has, starts, begins] = self.highest;
        let is_known = fit.begins == places.min(HEAD_PLACES);
        let highest = match fit.begins {
            _ if is_known => begins,
            0 => has,
            _ => starts,
        };
        let tells = is_known && fit.begins == places && self.other_senses.is_empty();
        fit.in_name = places;
        fit.adjacent = places.saturating_sub(1);
        (highest - (fit.length.min(31) << 1), tells.then(|| self.scored(&fit, &fit, false)))
    }

    #[inline]
    fn mark(&self, word: u16) -> u8 {
        self.marks.get(usize::from(word)).copied().unwrap_or(0)
    }

    pub fn score(&self, words: &NameWords, length: u8) -> (TextScore, How) {
        let in_any_sense = self.fit(words, length, 0);
        let masked = if in_any_sense.marks & TELLS == 0 { 0 } else { self.masked(words) };
        let fit = if masked == 0 { in_any_sense } else { self.fit(words, length, masked) };
        let in_other_sense = masked != 0 && fit.in_name < u32::from(self.places);
        // How it was found is a matter of letters, whatever the sense.
        self.scored(&fit, if in_other_sense { &in_any_sense } else { &fit }, in_other_sense)
    }

    #[inline]
    fn scored(&self, fit: &Fit, seen: &Fit, in_other_sense: bool) -> (TextScore, How) {
        let how = match self.how {
            How::Exact if seen.whole < seen.in_name => How::Prefix,
            How::Exact if seen.same < seen.in_name || seen.in_name == 0 && !self.is_marked => How::Folded,
            how => how,
        };
        (fit.score(with_base(self.class(fit, in_other_sense), self.base)), how.max(self.said))
    }

    /// How a row was found whose name and producer's name have these `words` together; `None` where they do not have all.
    fn how_by(&self, words: impl Iterator<Item = Word>) -> Option<How> {
        let (mut places, mut whole, mut same) = (0_u32, 0_u32, 0_u32);
        for mark in words.filter_map(|word| Some(self.mark(u16::try_from(word).ok()?))) {
            let place = u32::from(mark & PLACE_BITS != 0) << (mark & PLACE_BITS);
            places |= place;
            whole |= place * u32::from(mark & WHOLE != 0);
            same |= place * u32::from(mark & SAME_MARKS != 0);
        }
        (places.count_ones() >= u32::from(self.places)).then_some(match (whole == places, whole & same == places) {
            (false, _) => How::Prefix,
            (true, false) => How::Folded,
            (true, true) => How::Exact,
        })
    }

    /// How a row was found, where its name alone does not tell since words of the query stand in its producer's: its score
    /// and how it was found by its name, and the `words` of both.
    pub fn how_in_full(&self, (score, how): (TextScore, How), words: impl Iterator<Item = Word>) -> How {
        let is_by_name = score >> IN_NAME & 0xF == u32::from(self.places);
        if self.how != How::Exact || is_by_name || !matches!(how, How::Exact | How::Folded) {
            return how;
        }
        self.how_by(words).unwrap_or(how)
    }

    fn class(&self, fit: &Fit, in_other_sense: bool) -> u32 {
        let places = u32::from(self.places);
        if in_other_sense || fit.in_name == 0 {
            return BY_CHANCE;
        }
        if fit.whole < places || fit.following & self.bound != self.bound {
            return if self.in_other_words { PART_IN_OTHER_WORDS } else { PART_AS_TYPED };
        }
        match (fit.begins == places, self.in_other_words) {
            (true, false) => BEGINS_AS_TYPED,
            (true, true) => BEGINS_IN_OTHER_WORDS,
            (false, false) => HAS_AS_TYPED,
            (false, true) => HAS_IN_OTHER_WORDS,
        }
    }

    /// Counts the words of the query in a name, leaving out the places in `masked`.
    fn fit(&self, words: &NameWords, length: u8, masked: u32) -> Fit {
        // Words that match come at random: all is summed up without a branch, which would be foretold wrongly.
        let mut fit = Fit { length: u32::from(length), ..Fit::default() };
        let mut places = 0_u32;
        let mut before = 0_u8;
        for (at, word) in words.iter().take(usize::from(length)).enumerate() {
            let mark = self.mark(*word) * u8::from(masked & (1 << at) == 0);
            fit.marks |= mark;
            let place = mark & PLACE_BITS;
            let is_new = u32::from(place != 0) & (!places >> place);
            places |= is_new << place;
            fit.whole += is_new & u32::from(mark & WHOLE != 0);
            fit.same += is_new & u32::from(mark & SAME_MARKS != 0);
            let follows = is_new & u32::from(before != 0) & u32::from(place == before + 1);
            fit.adjacent += follows;
            fit.following |= follows << place;
            fit.starts |= is_new & u32::from(at == 0) & u32::from(place == 1);
            fit.begins += is_new & u32::from(fit.begins as usize == at) & u32::from(usize::from(place) == at + 1);
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

/// Whether a name that is worth this score has every word of the reading, whole.
pub(super) fn has_all(score: TextScore) -> bool {
    (score >> CLASS) % CLASSES >= HAS_IN_OTHER_WORDS
}

fn with_base(class: u32, base: u32) -> u32 {
    if class == BY_CHANCE { class } else { class + base }
}

pub(super) fn places(typed: &[Known<'_>]) -> u8 {
    u8::try_from(typed.len()).unwrap_or(u8::MAX)
}

/// The highest scores of a name of no length with `most` of the words, in order: elsewhere, after the first word, at the
/// beginning.
fn highest(most: u8, typed: &[Known<'_>], marks: &Marks, in_other_words: bool) -> [TextScore; 3] {
    let in_name = u32::from(most);
    let (whole, same) = (marks.whole.count_ones().min(in_name), marks.same.count_ones().min(in_name));
    let fit = |starts| Fit { in_name, adjacent: in_name.saturating_sub(1), whole, same, starts, ..Fit::default() };
    // A word that only goes on from what was typed leaves the name in a lower class, wherever it stands.
    let is_part = whole < u32::from(places(typed));
    let [has, begins] = match (is_part, in_other_words) {
        (true, false) => [PART_AS_TYPED; 2],
        (true, true) => [PART_IN_OTHER_WORDS; 2],
        (false, false) => [HAS_AS_TYPED, BEGINS_AS_TYPED],
        (false, true) => [HAS_IN_OTHER_WORDS, BEGINS_IN_OTHER_WORDS],
    };
    let [has, begins] = [has, begins].map(|class| class + BY_NAME);
    [fit(0).score(has), fit(1).score(has), fit(1).score(begins)]
}

/// What each spelling is worth in a reading of the query.
#[derive(Debug)]
pub(super) struct Marks {
    pub by_word: Vec<u8>,
    /// Places, one bit each, for which some spelling is the whole word, and the same in its marks.
    whole: u32,
    same: u32,
}

/// What each spelling is worth in this reading of the query.
pub(super) fn marks(typed: &[Known<'_>], slots: &[Slot], lexicon: &Lexicon) -> Marks {
    let mut marks = vec![0_u8; lexicon.len().min(usize::from(NO_WORD - 1))];
    let (mut whole, mut same) = (0, 0);
    for (place, (known, slot)) in (1_u8..).zip(typed.iter().zip(slots)) {
        let mut mark = |word: Word| {
            let mut fit = place & PLACE_BITS;
            if Some(lexicon.fold_of(word)) == known.fold {
                fit |= WHOLE;
                whole |= 1 << place;
                if Some(word) == known.word {
                    fit |= SAME_MARKS;
                    same |= 1 << place;
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
            Slot::Folds(folds) | Slot::Begun(_, folds) => folds.iter().for_each(|fold| mark_fold(*fold)),
            Slot::Word(word) => mark(*word),
            Slot::Words(words) => words.iter().for_each(|word| mark(*word)),
        }
    }
    Marks { by_word: marks, whole, same }
}
