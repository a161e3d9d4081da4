//! What is typed: which rows it means, and how well each fits.
//!
//! Every word must match, the last one as the beginning of a word too. A word typed with marks means that spelling
//! alone, one without marks any. The stages follow each other until one finds rows: as typed (and in other words), with
//! marks forgotten, with one typing error in a word that the catalogue does not know, with most of the words.

use super::lexicon::{Fold, Lexicon, Word};
use super::slots::{Known, LastWord, Slot, all_of, fold_slot, slot, slots, united, with_all_words};
use super::synonyms::Thesaurus;
use super::tokens::{Token, tokens};
use roaring::RoaringBitmap;
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
/// Words at the beginning of a name that mostly tell what it is worth.
pub const HEAD_WORDS: usize = 4;

/// The beginning of a name: small, for each of many is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameHead {
    words: [u16; HEAD_WORDS],
    /// How many words the name has.
    length: u8,
}

impl NameHead {
    /// That of a name without a word.
    pub const NONE: Self = Self { words: [NO_WORD; HEAD_WORDS], length: 0 };

    /// That of `words`.
    pub fn of(words: &NameWords) -> Self {
        let [first, second, third, fourth, ..] = *words;
        let length = words.iter().map(|word| u8::from(*word != NO_WORD)).sum();
        Self { words: [first, second, third, fourth], length }
    }

    /// The first words.
    pub fn words(&self) -> [u16; HEAD_WORDS] {
        self.words
    }
}

/// One way to read the query.
#[derive(Debug, Clone)]
struct Reading<'a> {
    rows: Cow<'a, RoaringBitmap>,
    /// By number of a spelling: place in the query from 1, and how well it fits, in [`Mark`]'s bits.
    marks: Vec<u8>,
    places: u8,
    /// The highest scores of a name of no words that begins otherwise, with the first word of the query, with all of it.
    highest: [TextScore; 3],
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
        Self::within(text, lexicon, thesaurus, None)
    }

    /// The same of the rows `among` alone, where they are given: what only others have does not end the stages.
    pub fn within(text: &str, lexicon: &'a Lexicon, thesaurus: &Thesaurus, among: Option<&RoaringBitmap>) -> Option<Self> {
        let mut typed = tokens(text);
        typed.truncate(MOST_WORDS);
        if typed.is_empty() {
            return None;
        }
        let goes_on = text.chars().next_back().is_some_and(char::is_alphanumeric)
            || text.chars().next_back().is_some_and(unicode_normalization::char::is_combining_mark);
        let end = if goes_on { LastWord::MayGoOn } else { LastWord::IsWhole };
        let known: Vec<Known<'_>> = typed.iter().map(|token| Known::new(token, lexicon)).collect();
        let mut readings = as_typed(&typed, &known, end, lexicon, thesaurus, among);
        if readings.is_empty() {
            let found = without_marks(&known, end, lexicon, among).or_else(|| with_one_error(&known, end, lexicon, among));
            readings.extend(found.or_else(|| with_most_words(&known, lexicon, among)));
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
        self.score_from(0, row, words)
    }

    /// The same, where it is `least` or more; anything less than `least` otherwise.
    pub fn score_from(&self, least: TextScore, row: u32, words: &NameWords) -> (TextScore, How) {
        let head = NameHead::of(words);
        let score = |reading: &Reading<'_>, by_head: Option<_>| Some(by_head.unwrap_or_else(|| reading.score(words, head.length)));
        self.best(least, row, head, score).unwrap_or((0, How::Partial))
    }

    /// The same by the beginning of the name alone; `None` where that does not tell.
    #[inline]
    pub fn score_by_head(&self, least: TextScore, row: u32, head: NameHead) -> Option<(TextScore, How)> {
        self.best(least, row, head, |_, by_head| by_head)
    }

    /// The best score of all readings, where it is `least` or more.
    #[inline]
    fn best(
        &self,
        least: TextScore,
        row: u32,
        head: NameHead,
        score: impl Fn(&Reading<'_>, Option<(TextScore, How)>) -> Option<(TextScore, How)>,
    ) -> Option<(TextScore, How)> {
        let mut best = (0, How::Partial);
        for reading in &self.readings {
            let (highest, by_head) = reading.highest(head);
            if highest >= least && highest > best.0 && (self.readings.len() == 1 || reading.rows.contains(row)) {
                let score = score(reading, by_head)?;
                if score.0 > best.0 {
                    best = score;
                }
            }
        }
        Some(best)
    }
}

/// The bits of a mark: place in the query (from 1) and fit.
const PLACE_BITS: u8 = 0b0000_1111;
/// The whole word, as typed.
const WHOLE: u8 = 0b0001_0000;
/// As typed, also in its marks.
const SAME_MARKS: u8 = 0b0010_0000;

/// Up to so many words of the query a name's beginning tells whether it begins with them.
const HEAD_PLACES: u32 = 4;

/// Of every phrase with another sense one word has it, so that names without are known at once.
const TELLS: u8 = 0b0100_0000;

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
        class << 24 | in_name << 20 | adjacent << 16 | whole << 12 | same << 8 | starts << 7 | (31 - (*length).min(31)) << 1 | 1
    }
}

impl<'a> Reading<'a> {
    /// `rows`, of which none has more than `most` of the words that were `typed`.
    fn new(rows: Cow<'a, RoaringBitmap>, typed: &[Known<'_>], most: u8, marks: Marks, how: How, in_other_words: bool) -> Self {
        Self {
            rows,
            places: places(typed),
            highest: highest(most, typed, &marks, in_other_words),
            marks: marks.by_word,
            how,
            in_other_words,
            is_marked: false,
            other_senses: Vec::new(),
            bound: 0,
        }
    }

    /// What the score of a name with this beginning is at most, and what it is where that tells.
    #[inline]
    fn highest(&self, head: NameHead) -> (TextScore, Option<(TextScore, How)>) {
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

    fn score(&self, words: &NameWords, length: u8) -> (TextScore, How) {
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
        (fit.score(self.class(fit, in_other_sense)), how)
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

/// As typed: marked words by their spelling, others by their fold; and with a phrase said in other words.
fn as_typed<'a>(
    typed: &[Token],
    known: &[Known<'_>],
    end: LastWord,
    lexicon: &'a Lexicon,
    thesaurus: &Thesaurus,
    among: Option<&RoaringBitmap>,
) -> Vec<Reading<'a>> {
    let mut readings = Vec::new();
    let slots: Vec<Slot> = slots(known, end, |word, last| slot(word, last, lexicon));
    if let Some(rows) = all_of(&slots, lexicon).and_then(|rows| in_common(rows, among)) {
        let numbered = |phrase: &[Token]| phrase.iter().map(|token| lexicon.word(token)).collect::<Option<Vec<Word>>>();
        let other_senses: Vec<Vec<Word>> =
            thesaurus.other_senses(typed).filter_map(numbered).filter(|phrase| phrase.len() <= NAME_WORDS).collect();
        let mut marks = marks(known, &slots, lexicon);
        for phrase in &other_senses {
            let is_typed = |word: &&Word| marks.by_word.get(**word as usize).is_some_and(|mark| mark & PLACE_BITS != 0);
            let telling = phrase.iter().find(|word| !is_typed(word)).or(phrase.first());
            if let Some(mark) = telling.and_then(|word| marks.by_word.get_mut(*word as usize)) {
                *mark |= TELLS;
            }
        }
        readings.push(Reading {
            is_marked: typed.iter().all(Token::is_marked),
            other_senses,
            bound: thesaurus.phrases(typed).map(bound).fold(0, |all, bits| all | bits),
            ..Reading::new(rows, known, places(known), marks, How::Exact, false)
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
        let mut rows = in_common(all_of(&slots, lexicon)?, among)?;
        // Where the other name stands in a phrase with another sense it is not the other name: "gạo thơm" is no pineapple.
        for phrase in thesaurus.other_senses(words) {
            let in_phrase = with_all_words(&rows, phrase, lexicon);
            if !in_phrase.is_empty() {
                *rows.to_mut() -= in_phrase;
            }
        }
        let in_other_words = !rewriting.phrase.is_empty();
        (!rows.is_empty()).then(|| Reading {
            is_marked: true,
            bound: bound(rewriting.phrase.clone()),
            ..Reading::new(rows, &known, places(&known), marks(&known, &slots, lexicon), How::Synonym, in_other_words)
        })
    }));
    readings
}

fn without_marks<'a>(typed: &[Known<'_>], end: LastWord, lexicon: &'a Lexicon, among: Option<&RoaringBitmap>) -> Option<Reading<'a>> {
    if !typed.iter().any(|known| known.token.is_marked()) {
        return None;
    }
    let slots = slots(typed, end, |known, last| fold_slot(known, last, lexicon));
    reading(typed, &slots, How::Folded, lexicon, among)
}

/// Words that the catalogue does not know are read as known ones that are one error away; a neighbour with which the word
/// occurs is worth more than one with which it does not.
fn with_one_error<'a>(typed: &[Known<'_>], end: LastWord, lexicon: &'a Lexicon, among: Option<&RoaringBitmap>) -> Option<Reading<'a>> {
    let is_there = |slot: &Slot| among.is_none_or(|among| !slot.rows(lexicon).is_disjoint(among));
    if typed.iter().all(|known| known.fold.is_some_and(|fold| is_there(&Slot::Fold(fold)))) {
        return None;
    }
    let mut slots = Vec::with_capacity(typed.len());
    for (at, known) in typed.iter().enumerate() {
        let last = if at + 1 == typed.len() { end } else { LastWord::IsWhole };
        let as_it_is = fold_slot(known, last, lexicon);
        if as_it_is != Slot::Nothing && is_there(&as_it_is) {
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
    reading(typed, &slots, How::Typo, lexicon, among)
}

/// As many of the words as some row has.
fn with_most_words<'a>(typed: &[Known<'_>], lexicon: &Lexicon, among: Option<&RoaringBitmap>) -> Option<Reading<'a>> {
    let slots: Vec<Slot> = typed.iter().map(|known| fold_slot(known, LastWord::IsWhole, lexicon)).collect();
    let rows = slots.iter().map(|slot| among.map_or_else(|| slot.rows(lexicon), |among| slot.rows(lexicon) & among));
    let rows: Vec<RoaringBitmap> = rows.filter(|rows| !rows.is_empty()).collect();
    // From all but one of them down to one: a word that nothing has falls out by itself.
    let most = rows.len().min(typed.len() - 1);
    for kept in (1..=most).rev() {
        let found = at_least(&rows, kept);
        if !found.is_empty() {
            // No row has more words, or it would have been found before.
            let most = u8::try_from(kept).unwrap_or(u8::MAX);
            return Some(Reading::new(Cow::Owned(found), typed, most, marks(typed, &slots, lexicon), How::Partial, false));
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

fn reading<'a>(typed: &[Known<'_>], slots: &[Slot], how: How, lexicon: &'a Lexicon, among: Option<&RoaringBitmap>) -> Option<Reading<'a>> {
    let rows = in_common(all_of(slots, lexicon)?, among)?;
    Some(Reading::new(rows, typed, places(typed), marks(typed, slots, lexicon), how, false))
}

/// Those of `rows` that are `among` the ones that are asked of; `None` where none is.
fn in_common<'a>(rows: Cow<'a, RoaringBitmap>, among: Option<&RoaringBitmap>) -> Option<Cow<'a, RoaringBitmap>> {
    let Some(among) = among else { return Some(rows) };
    let rows = rows.as_ref() & among;
    (!rows.is_empty()).then_some(Cow::Owned(rows))
}

/// The places, from 1, of a phrase at `words` but for its first.
fn bound(words: Range<usize>) -> u32 {
    words.skip(1).fold(0, |bits, at| bits | 1 << (at + 1))
}

fn places(typed: &[Known<'_>]) -> u8 {
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
    [fit(0).score(has), fit(1).score(has), fit(1).score(begins)]
}

/// What each spelling is worth in a reading of the query.
#[derive(Debug)]
struct Marks {
    by_word: Vec<u8>,
    /// Places, one bit each, for which some spelling is the whole word, and the same in its marks.
    whole: u32,
    same: u32,
}

/// What each spelling is worth in this reading of the query.
fn marks(typed: &[Known<'_>], slots: &[Slot], lexicon: &Lexicon) -> Marks {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // Against scoring every name, in every reading, in full.
        #[test]
        fn a_name_is_left_out_only_where_it_is_worth_less(
            names in prop::collection::vec("(dứa|dừa|khóm|cá|lá|sấy|sấy dẻo|kho)( (dứa|dừa|khóm|cá|sấy|kho)){0,4}", 1..12),
            text in "(dứa|dua|khóm|cá dứa|sấy|trái dứa)( (sấy|say|kho|d)){0,2}",
            least in 0_usize..12,
        ) {
            let thesaurus = Thesaurus::new([("khóm", "dứa"), ("dứa", "khóm")], [("dứa", "cá dứa"), ("dứa", "lá dứa")]);
            let mut lexicon = Lexicon::default();
            let mut words = Vec::new();
            for (row, name) in (0_u32..).zip(&names) {
                let numbers = lexicon.learn_all(name);
                for word in &numbers {
                    lexicon.post(*word, row);
                }
                let mut name = [NO_WORD; NAME_WORDS];
                name.iter_mut().zip(&numbers).for_each(|(place, word)| *place = u16::try_from(*word).unwrap());
                words.push(name);
            }
            let found = Found::new(&text, &lexicon, &thesaurus).unwrap();
            let in_full = |row: u32, name: &NameWords| {
                let readings = found.readings.iter().filter(|reading| reading.rows.contains(row));
                let scores = readings.map(|reading| reading.score(name, NameHead::of(name).length));
                scores.rev().max_by_key(|(score, _)| *score)
            };
            let all: Vec<(u32, (TextScore, How))> =
                (0_u32..).zip(&words).filter_map(|(row, name)| Some((row, in_full(row, name)?))).collect();
            prop_assert_eq!(found.rows().iter().collect::<Vec<_>>(), all.iter().map(|(row, _)| *row).collect::<Vec<_>>());
            let least = all.get(least).map_or(0, |(_, (score, _))| *score);
            for (row, expected) in all {
                let name = &words[row as usize];
                prop_assert_eq!(found.score(row, name), expected);
                let seen = found.score_from(least, row, name);
                let by_head = found.score_by_head(least, row, NameHead::of(name));
                prop_assert!(by_head.is_none_or(|by_head| by_head == seen));
                if expected.0 >= least { prop_assert_eq!(seen, expected) } else { prop_assert!(seen.0 < least) }
            }
        }
    }
}
