//! The stages in which a query is read, each for itself: as typed, in other words, with marks forgotten, with one error, with
//! most of the words.

use super::lexicon::{Fold, Lexicon, Word};
use super::query::{How, NAME_WORDS};
use super::reading::{Marks, PLACE_BITS, Reading, TELLS, marks, places};
use super::senses::{InPhrases, RowNames};
use super::slots::{Known, LastWord, Slot, all_of, fold_slot, slot, slots};
use super::synonyms::{Rewriting, Thesaurus};
use super::tokens::Token;
use super::typed::Typed;
use roaring::RoaringBitmap;
use std::borrow::{Borrow, Cow};
use std::ops::Range;

/// Which rows are asked of.
#[derive(Debug, Clone, Copy)]
pub enum Among<'r> {
    /// All.
    All,
    /// These, as if there were no others: organisations on one side.
    Only(&'r RoaringBitmap),
    /// These; a word that others have is no error.
    Some(&'r RoaringBitmap),
}

impl<'r> Among<'r> {
    pub(super) fn rows(self) -> Option<&'r RoaringBitmap> {
        match self {
            Self::All => None,
            Self::Only(rows) | Self::Some(rows) => Some(rows),
        }
    }

    /// The rows whose words are known; those of all without.
    pub(super) fn known(self) -> Option<&'r RoaringBitmap> {
        if let Self::Only(rows) = self { Some(rows) } else { None }
    }
}

/// What is read: words, of whom, by what is known.
pub(super) struct Query<'q, 'a> {
    typed: &'q [Token],
    /// The same words, looked up.
    known: Vec<Known<'q>>,
    end: LastWord,
    lexicon: &'a Lexicon,
    thesaurus: &'q Thesaurus,
    among: Among<'q>,
}

impl<'q, 'a> Query<'q, 'a> {
    pub fn new(typed: &'q Typed, lexicon: &'a Lexicon, thesaurus: &'q Thesaurus, among: Among<'q>) -> Self {
        let Typed { words: typed, end } = typed;
        let known = typed.iter().map(|token| Known::new(token, lexicon)).collect();
        Self { typed, known, end: *end, lexicon, thesaurus, among }
    }

    /// As typed: marked words by their spelling, others by their fold.
    pub fn as_typed(&self) -> Option<Reading<'a>> {
        let Self { typed, known, lexicon, thesaurus, .. } = self;
        let slots = slots(known, self.end, |word, last| slot(word, last, lexicon));
        let rows = self.in_common(all_of(&slots, lexicon)?)?;
        let in_doubt = thesaurus.words_with_other_senses(typed).map(|word| lexicon.word(word));
        let are_absent = lexicon.senses().are_absent(&rows, in_doubt);
        let mut other_senses = if are_absent { Vec::new() } else { self.other_senses(typed) };
        let mut marks = marks(known, &slots, lexicon);
        tell(&mut marks, &mut other_senses);
        let mut reading = Reading::new(rows, known, places(known), marks, How::Exact, false);
        reading.is_marked = typed.iter().all(Token::is_marked);
        reading.other_senses = other_senses;
        reading.bound = thesaurus.phrases(typed).map(bound).fold(0, |all, bits| all | bits);
        Some(reading)
    }

    /// With a phrase said in other words.
    pub fn in_other_words(&self, rewriting: &Rewriting<'_>, names_of: impl Fn(u32, &mut RowNames)) -> Option<Reading<'a>> {
        let lexicon = self.lexicon;
        let words = &rewriting.words;
        // Words that were typed are looked up already.
        let typed = |token: &Token| self.known.iter().find(|known| std::ptr::eq(known.token, token)).copied();
        let known: Vec<Known<'_>> = words.iter().map(|token| typed(token).unwrap_or_else(|| Known::new(token, lexicon))).collect();
        // The words of a synonym are spelled as in the table, whole.
        let slot = |(at, word): (usize, &Known<'_>)| {
            if rewriting.phrase.contains(&at) { Slot::of_word(word.word) } else { slot(word, LastWord::IsWhole, lexicon) }
        };
        let slots: Vec<Slot> = known.iter().enumerate().map(slot).collect();
        let mut rows = self.in_common(all_of(&slots, lexicon)?)?;
        // Where the other name stands in a phrase with another sense it is not the other name: "gạo thơm" is no pineapple.
        let mut other_senses = self.other_senses(words);
        let in_phrases = InPhrases::new(&rows, &slots, &other_senses, lexicon, names_of);
        if !in_phrases.alone.is_empty() {
            *rows.to_mut() -= in_phrases.alone;
        }
        if rows.is_empty() {
            return None;
        }
        let mut marks = marks(&known, &slots, lexicon);
        // Without such a phrase in a name that is left, the beginnings of names tell more.
        if in_phrases.others {
            tell(&mut marks, &mut other_senses);
        } else {
            other_senses.clear();
        }
        let in_other_words = !rewriting.phrase.is_empty();
        let mut reading = Reading::new(rows, &known, places(&known), marks, How::Synonym, in_other_words);
        reading.is_marked = true;
        reading.other_senses = other_senses;
        reading.bound = bound(rewriting.phrase.clone());
        Some(reading)
    }

    /// Phrases in which one of `words` has another sense, of words that some name has or had.
    fn other_senses<T: Borrow<Token>>(&self, words: &[T]) -> Vec<Vec<Word>> {
        let numbered = |phrase: &[Token]| phrase.iter().map(|token| self.lexicon.word(token)).collect();
        self.thesaurus.other_senses(words).filter_map(numbered).collect()
    }

    /// As typed, where names or the tables have it so; else without regard to marks.
    fn as_a_word(&self, known: &Known<'_>, last: LastWord) -> Slot {
        let marked = slot(known, last, self.lexicon);
        let is_word = self.is_known(&marked) || self.tables_know(known.token);
        if is_word { marked } else { fold_slot(known, last, self.lexicon) }
    }

    /// Whether some row has it whose words are known.
    fn is_known(&self, slot: &Slot) -> bool {
        slot.is_had(self.lexicon, self.among.known())
    }

    /// Whether the tables know what was typed as a word of goods; of what organisations are called they say nothing.
    fn tables_know(&self, typed: &Token) -> bool {
        !matches!(self.among, Among::Only(_)) && self.thesaurus.knows(typed)
    }

    /// Words that neither a name nor a table has with the marks that were typed, without regard to these. What some are called so
    /// is no other word because nobody has all of the query ("đồ gỗ" is nothing that is packed, "gói"), unless it all stands side by
    /// side without marks: "dứa sáp" is "dừa sáp".
    pub fn without_marks(&self) -> Option<Reading<'a>> {
        let Self { known, end, lexicon, among, .. } = self;
        let slots = slots(known, *end, |word, last| self.as_a_word(word, last));
        let folded = || {
            // Of other rows' words nothing is known here, and one word stands beside none.
            if matches!(among, Among::Some(_)) || known.len() < 2 {
                return None;
            }
            let folds: Option<Vec<Fold>> = known.iter().map(|word| word.fold).collect();
            let are_side_by_side = folds
                .is_some_and(|folds| folds.iter().zip(folds.iter().skip(1)).all(|(left, right)| lexicon.are_side_by_side(*left, *right)));
            let slots = self::slots(known, *end, |word, last| fold_slot(word, last, lexicon));
            if are_side_by_side { self.reading(&slots, How::Folded) } else { None }
        };
        self.reading(&slots, How::Folded).or_else(folded)
    }

    /// Words that no row has are read as known ones that are one error away: first as those that keep the marks that were typed,
    /// for "dừaa" is no pineapple.
    ///
    /// Of words that were learned and that no row has (any more) it makes no difference that they are known.
    /// What is spelled as a word which the tables know is none of these, and where nobody offers it, no other word is mended beside
    /// it. Nor are all words of several: what is left of them must say what is meant.
    pub fn with_one_error(&self) -> Option<Reading<'a>> {
        let Self { typed, known, lexicon, .. } = self;
        let folded = slots(known, self.end, |word, last| fold_slot(word, last, lexicon));
        let wrong = folded.iter().filter(|slot| !self.is_known(slot)).count();
        let are_all_wrong = typed.len() > 1 && wrong == typed.len();
        let is_missing = |known: &Known<'_>| self.tables_know(known.token) && !self.is_known(&slot(known, LastWord::IsWhole, lexicon));
        if wrong == 0 || are_all_wrong || known.iter().any(is_missing) {
            return None;
        }
        let kept = if typed.iter().any(Token::is_marked) { self.mended(true) } else { None };
        kept.or_else(|| self.mended(false))
    }

    /// The same with or without regard to marks: as neighbours with which the other words occur, or where that finds nothing, as
    /// any.
    fn mended(&self, keeps_marks: bool) -> Option<Reading<'a>> {
        let Self { known: typed, lexicon, .. } = self;
        let is_had = |slot: &Slot| slot.is_had(lexicon, self.among.rows());
        let mut slots = Vec::with_capacity(typed.len());
        let mut beside_others = Vec::with_capacity(typed.len());
        for (at, known) in typed.iter().enumerate() {
            let last = if at + 1 == typed.len() { self.end } else { LastWord::IsWhole };
            let folded = fold_slot(known, last, lexicon);
            if self.is_known(&folded) {
                let marked = keeps_marks.then(|| slot(known, last, lexicon)).filter(|slot| self.is_known(slot));
                let as_it_is = marked.unwrap_or(folded);
                slots.push(as_it_is.clone());
                beside_others.push(as_it_is);
                continue;
            }
            let mut near = lexicon.near(&known.token.folded);
            near.retain(|fold| is_had(&Slot::Fold(*fold)));
            // What was typed without marks means all spellings, misspelt too.
            let keeps_marks = keeps_marks && known.token.is_marked();
            let spelled = |fold: Fold| {
                let words = lexicon.words_of(fold).iter().copied();
                words.filter(|word| keeps_marks && lexicon.keeps_marks(*word, known.token) && is_had(&Slot::Word(*word)))
            };
            let is_spelled = near.iter().any(|fold| spelled(*fold).next().is_some());
            if is_spelled {
                near.retain(|fold| spelled(*fold).next().is_some());
            }
            let slot_of = |folds: Vec<Fold>| {
                if is_spelled { Slot::of_words(folds.into_iter().flat_map(spelled).collect()) } else { Slot::of_folds(folds) }
            };
            let neighbour = |place: Option<usize>| place.and_then(|place| typed.get(place)).and_then(|known| known.fold);
            let (before, after) = (neighbour(at.checked_sub(1)), neighbour(Some(at + 1)));
            let occurs = |fold: &Fold| {
                before.is_some_and(|before| lexicon.are_side_by_side(before, *fold))
                    || after.is_some_and(|after| lexicon.are_side_by_side(*fold, after))
            };
            let with_neighbour: Vec<Fold> = near.iter().copied().filter(occurs).collect();
            beside_others.push(slot_of(if with_neighbour.is_empty() { near.clone() } else { with_neighbour }));
            slots.push(slot_of(near));
        }
        self.reading(&beside_others, How::Typo).or_else(|| self.reading(&slots, How::Typo))
    }

    /// As many of the words as some row has. A word that some name has with the marks that were typed keeps them: who gave a word
    /// up does not want another one.
    ///
    /// A Vietnamese name begins with what the thing is, and so does who looks for one: rows with the first word that names goods
    /// come before those with more of the others ("rau hữu cơ" is no coffee).
    pub fn with_most_words(&self) -> Vec<Reading<'a>> {
        let Self { typed, known, lexicon, thesaurus, .. } = self;
        let slots: Vec<Slot> = known.iter().map(|word| self.as_a_word(word, LastWord::IsWhole)).collect();
        let rows = slots.iter().map(|slot| self.among.rows().map_or_else(|| slot.rows(lexicon), |among| slot.rows(lexicon) & among));
        let mut rows: Vec<RoaringBitmap> = rows.collect();
        let is_as_typed = |at: &usize| known.get(*at).is_some_and(|word| self.is_known(&slot(word, LastWord::IsWhole, lexicon)));
        let head = thesaurus.head(typed).filter(is_as_typed);
        let by_itself = head.and_then(|at| rows.get(at)).cloned().unwrap_or_default();
        // Words that mean something together are not had one by one: there is no "tàu hũ" in a "hũ".
        for phrase in thesaurus.phrases(typed) {
            let of_phrase = rows.get_mut(phrase).unwrap_or_default();
            let all = of_phrase.iter().cloned().reduce(|all, rows| all & rows).unwrap_or_default();
            of_phrase.fill(all);
        }
        let reading = |(rows, kept): (RoaringBitmap, usize)| {
            // A row may have some words of a phrase beside.
            let mut reading = Reading::new(Cow::Owned(rows), known, places(known), marks(known, &slots, lexicon), How::Partial, false);
            reading.most = u8::try_from(kept).unwrap_or(u8::MAX);
            reading
        };
        // Where nothing has the phrase that it begins, its first word says what it is: "rau củ".
        if let Some(rows) = head.and_then(|at| rows.get_mut(at)).filter(|rows| rows.is_empty()) {
            rows.clone_from(&by_itself);
        }
        let head = head.and_then(|at| rows.get(at)).cloned().unwrap_or_default();
        // From all but one of them down to one: a word that nothing has falls out by itself.
        rows.retain(|rows| !rows.is_empty());
        let most_of = |rows: &[RoaringBitmap]| {
            let most = rows.len().min(typed.len() - 1);
            (1..=most).rev().map(|kept| (at_least(rows, kept), kept)).find(|(found, _)| !found.is_empty())
        };
        let Some((mut others, kept)) = most_of(&rows) else { return Vec::new() };
        let with_head: Vec<RoaringBitmap> = rows.iter().map(|rows| rows & &head).filter(|rows| !rows.is_empty()).collect();
        let first = most_of(&with_head);
        others -= head;
        let others = (!others.is_empty()).then_some((others, kept));
        let come_after = |reading: Reading<'a>| if first.is_some() { reading.coming_after() } else { reading };
        let others = others.map(reading).map(come_after);
        first.clone().map(reading).into_iter().chain(others).collect()
    }

    fn reading(&self, slots: &[Slot], how: How) -> Option<Reading<'a>> {
        let Self { known, lexicon, .. } = self;
        let rows = self.in_common(all_of(slots, lexicon)?)?;
        Some(Reading::new(rows, known, places(known), marks(known, slots, lexicon), how, false))
    }

    /// Those of `rows` that are among the ones that are asked of; `None` where none is.
    fn in_common(&self, rows: Cow<'a, RoaringBitmap>) -> Option<Cow<'a, RoaringBitmap>> {
        let Some(among) = self.among.rows() else { return Some(rows) };
        let rows = rows.as_ref() & among;
        (!rows.is_empty()).then_some(Cow::Owned(rows))
    }
}

/// Marks a word of each of `other_senses` as one that tells of it, one that was not typed where there is; phrases that are
/// longer than the names that are ranked are left out.
fn tell(marks: &mut Marks, other_senses: &mut Vec<Vec<Word>>) {
    other_senses.retain(|phrase| phrase.len() <= NAME_WORDS);
    for phrase in other_senses {
        let is_typed = |word: &&Word| marks.by_word.get(**word as usize).is_some_and(|mark| mark & PLACE_BITS != 0);
        let telling = phrase.iter().find(|word| !is_typed(word)).or(phrase.first());
        if let Some(mark) = telling.and_then(|word| marks.by_word.get_mut(*word as usize)) {
            *mark |= TELLS;
        }
    }
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

/// The places, from 1, of a phrase at `words` but for its first.
fn bound(words: Range<usize>) -> u32 {
    words.skip(1).fold(0, |bits, at| bits | 1 << (at + 1))
}
