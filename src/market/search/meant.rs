//! Which products and organisations the words of a question mean.

use crate::market::Market;
use crate::market::facet::rows_of;
use crate::market::organisations::Side;
use crate::market::record::Rows;
use crate::market::text::lexicon::{Fold, Word};
use crate::market::text::places::NamedPlace;
use crate::market::text::query::{Certainty, Found as Words};
use crate::market::text::rows::{Set, united};
use crate::market::text::senses::RowNames;
use crate::market::text::stages::Among;
use crate::market::text::tokens::Token;
use crate::market::text::typed::Typed;
use roaring::RoaringBitmap;

/// Rows of a page: so few that it is worth a look whether they are meant.
const FEW: u64 = 20;

/// So many rows are looked at before sets are intersected.
const MANY: usize = 64;

/// "thành phố Hồ Chí Minh", "tỉnh Bà Rịa - Vũng Tàu".
const MOST_WORDS_OF_A_PLACE: usize = 5;

/// One way to read a query.
struct Meant<'a> {
    words: Words<'a>,
    /// As sure as it is for all that is known of it.
    certainty: Certainty,
    /// How many of the words that were typed it keeps.
    kept: usize,
}

impl<'a> Meant<'a> {
    fn new(words: Words<'a>) -> Self {
        Self { certainty: words.certainty(), kept: words.words(), words }
    }

    /// The higher the better.
    fn rank(&self) -> (Certainty, usize) {
        (self.certainty, self.kept)
    }
}

impl Market {
    /// The products that `text` means, by their names and their producers'; `None` where it has no word.
    ///
    /// What is said of buying and selling is left out, unless names say it.
    pub(super) fn products_meant(&self, text: &str) -> Option<Words<'_>> {
        let typed = Typed::new(text)?;
        let found = self.products_named(&typed);
        let of_trade = self.thesaurus.of_trade(typed.words());
        if of_trade.is_empty() {
            return Some(found.words);
        }
        let is_said = self.say_of_trade(found.words.rows(), &typed, &of_trade);
        if is_said && found.certainty == Certainty::Spelled {
            return Some(found.words);
        }
        let Some(of_goods) = typed.of_goods(&of_trade, &self.tables.names) else { return Some(found.words) };
        let of_goods = self.products_named(&of_goods);
        if (found.certainty, of_goods.certainty) == (Certainty::Spelled, Certainty::Spelled) {
            // Typed without marks it may be meant all the same: "vu mua" is a season.
            return Some(found.words.and(of_goods.words.in_part().coming_after()));
        }
        let is_better = match of_goods.certainty {
            Certainty::Nothing => false,
            Certainty::Spelled => true,
            // Words that are had by chance make nothing more certain.
            certainty if !is_said => certainty >= found.certainty.min(Certainty::InPart),
            _ => of_goods.rank() > found.rank(),
        };
        Some(if is_better { of_goods.words.in_part() } else { found.words })
    }

    /// Whether some of `rows` have in their names what was `typed` of buying and selling, spelled so: "mua" is no "mùa".
    fn say_of_trade(&self, rows: &RoaringBitmap, typed: &Typed, of_trade: &[(usize, &Token)]) -> bool {
        let sets = |(at, word): &(usize, &Token)| {
            let typed = typed.words().get(*at).filter(|typed| typed != word);
            typed.into_iter().chain([*word]).filter_map(|word| self.lexicon.rows(self.lexicon.word(word)?)).collect()
        };
        let words: Vec<Vec<Set<'_>>> = of_trade.iter().map(sets).collect();
        let has_all = |row: u32| words.iter().all(|spelled| spelled.iter().any(|set| set.contains(row)));
        // Names that have it mostly all have.
        rows.iter().take(MANY).any(has_all) || {
            let saying = words.iter().fold(rows.clone(), |rows, spelled| rows & united(spelled.iter().copied()));
            !saying.is_empty()
        }
    }

    /// The products whose names have what was `typed`. A province among it is where the producer is: where names have it
    /// too, but few, those come after these; where they have it by chance, or not at all, it is the reading that is more
    /// certain, then that which leaves out least. At last what is sought is found elsewhere.
    fn products_named(&self, typed: &Typed) -> Meant<'_> {
        let by_words = Meant::new(self.products_among(typed, Among::All));
        let is_spelled = by_words.certainty == Certainty::Spelled;
        let are_few = by_words.words.rows().len() <= FEW;
        // Who names nothing else wants all that is there.
        let may_be_alone = typed.words().len() <= MOST_WORDS_OF_A_PLACE;
        let place = if is_spelled && !are_few && !may_be_alone { None } else { typed.place(&self.tables.names) };
        let is_alone = |place: &NamedPlace| place.words.len() == typed.words().len();
        let Some(place) = place.filter(|place| !is_spelled || are_few || is_alone(place)) else { return by_words };
        let is_by_chance = are_few && !self.is_named(typed, &place, &by_words.words);
        let in_place = self.products_in_place(typed, &place);
        if is_spelled && !is_by_chance {
            let Meant { words, certainty, kept } = by_words;
            let words = match in_place.filter(|there| there.certainty == Certainty::Spelled) {
                Some(there) => words.and(there.words),
                None => words,
            };
            return Meant { words, certainty, kept };
        }
        let elsewhere = typed
            .without(&place.words)
            .map(|others| self.in_own_names(Meant::new(self.products_among(&others, Among::All).in_part()), &others));
        // Neither by chance nor with other marks than those that what is sought has elsewhere.
        let is_elsewhere = elsewhere.as_ref().is_some_and(|found| found.certainty == Certainty::Spelled);
        let is_other = is_by_chance || is_elsewhere && by_words.certainty == Certainty::WithOtherMarks;
        let certainty = if is_other { by_words.certainty.min(Certainty::InPart) } else { by_words.certainty };
        let elsewhere = elsewhere.map(|found| Meant { certainty: found.certainty.min(Certainty::WithOtherMarks), ..found });
        let mut best = Meant { certainty, ..by_words };
        // Of two that leave words out the one in the place is there for certain.
        let in_place = match in_place {
            Some(there) if there.certainty == Certainty::InPart && there.rank() == best.rank() => {
                best = there;
                None
            }
            in_place => in_place,
        };
        for found in in_place.into_iter().chain(elsewhere) {
            if found.rank() > best.rank() {
                best = found;
            }
        }
        best
    }

    /// Whether some name of those found by `words` has the `place` as a name, with another word that was `typed` in the
    /// product's own: "Xoài Lộc Hà" of "Tổ hợp tác An Nam" is no mango of Hà Nam.
    fn is_named(&self, typed: &Typed, place: &NamedPlace, words: &Words<'_>) -> bool {
        let phrase = typed.words().get(place.name.clone()).unwrap_or_default();
        let Some((last, before)) = phrase.split_last() else { return true };
        let Some(before) = before.iter().map(|word| self.lexicon.fold(&word.folded)).collect::<Option<Vec<Fold>>>() else { return false };
        let is_alone = place.words.len() == typed.words().len();
        // The last word may be half typed where it is the last of all.
        let is_last = |word: Word| {
            let letters = self.lexicon.fold_text(self.lexicon.fold_of(word));
            letters == last.folded || place.is_begun && letters.starts_with(&last.folded)
        };
        let has = |words: &[Word]| {
            words.windows(phrase.len()).any(|run| {
                let fits = run.iter().zip(&before).all(|(word, fold)| self.lexicon.fold_of(*word) == *fold);
                fits && run.last().is_some_and(|word| is_last(*word))
            })
        };
        let mut names = RowNames::default();
        words.rows().iter().any(|row| {
            self.names_of(row, &mut names);
            let in_name = Words::words_in_name(words.score(row, &self.products.words(row)).0, typed.words().len());
            let (by_itself, by_producer) = (has(&names.own), has(&names.producer));
            by_itself && (is_alone || in_name > phrase.len()) || by_producer && (is_alone || in_name > 0)
        })
    }

    /// The products of those `among` that `typed` means.
    pub(in crate::market) fn products_among(&self, typed: &Typed, among: Among<'_>) -> Words<'_> {
        Words::within(typed, &self.lexicon, &self.thesaurus, |row, names| self.names_of(row, names), among)
    }

    /// The products of a `place` that was `typed` which the other words mean; `None` where there is none.
    fn products_in_place(&self, typed: &Typed, place: &NamedPlace) -> Option<Meant<'_>> {
        let rows = self.products_of_units(place.units);
        let Some(others) = typed.without(&place.words) else {
            let words = Words::all_in_place(rows, place.words.len());
            return (!words.rows().is_empty()).then(|| Meant::new(words));
        };
        let found = self.in_own_names(Meant::new(self.products_among(&others, Among::Some(&rows))), &others);
        let place = place.words.len();
        (!found.words.rows().is_empty()).then(|| Meant { words: found.words.in_place(place), kept: found.kept + place, ..found })
    }

    /// What was `found` of `typed`, as sure as it is by what products themselves are called: where few are found, a word that
    /// only a producer's name has may be there by chance.
    fn in_own_names<'a>(&self, found: Meant<'a>, typed: &Typed) -> Meant<'a> {
        let (words, typed) = (&found.words, typed.different_words());
        if found.certainty <= Certainty::InPart || words.rows().len() > FEW {
            return found;
        }
        let in_name = |row: u32| Words::words_in_name(words.score(row, &self.products.words(row)).0, typed);
        let kept = words.rows().iter().map(in_name).max().unwrap_or(0);
        if kept >= typed { found } else { Meant { certainty: Certainty::InPart, kept, ..found } }
    }

    /// The products of producers in `units`, as recorded.
    fn products_of_units(&self, units: Rows) -> RoaringBitmap {
        let of_units = rows_of(units).filter_map(|unit| self.products.bitmaps().province.get(unit));
        self.products.in_any(of_units).iter().collect()
    }

    /// The organisations on `side` that `text` means; `None` where it has no word.
    pub(super) fn organisations_meant(&self, text: &str, side: Side) -> Option<Words<'_>> {
        let names_of = |row: u32, names: &mut RowNames| {
            names.own.clear();
            names.own.extend(self.organisations.words(row));
        };
        let typed = Typed::new(text)?;
        Some(Words::within(&typed, &self.organisation_lexicon, &self.thesaurus, names_of, Among::Only(self.organisations.on(side))))
    }

    /// Writes down all words of a product's name and of its producer's: those by which the product is posted.
    pub(in crate::market) fn names_of(&self, product: u32, names: &mut RowNames) {
        let of = self.products.producer(product);
        names.own.clear();
        names.own.extend(self.products.all_words(product));
        if names.of.replace(of) != Some(of) {
            names.producer.clear();
            names.producer.extend(self.organisations.product_words(of));
        }
    }
}
