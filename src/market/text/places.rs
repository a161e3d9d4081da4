//! Names of provinces among the words of a query.
//!
//! Who types "gạo Sóc Trăng" wants rice from there, whatever it and its producer are called.

use super::tokens::{Token, tokens};
use crate::market::record::Rows;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::ops::Range;

/// Words of a name that is only begun: with one alone nobody has named a place yet.
const BEGUN_WORDS: usize = 2;
/// What may stand before a name, without marks.
const RANKS: [&[&str]; 3] = [&["tinh"], &["thanh", "pho"], &["tp"]];

/// A name, and the rows of the units that it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceName {
    /// With its marks, or without where it has none of its own.
    pub name: String,
    /// The unit, those that it succeeded, and those that succeeded it: where it may be now.
    pub units: Rows,
}

/// Where a place is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPlace {
    /// Places of its words, with a rank before the name.
    pub words: Range<usize>,
    /// Places of the words of the name alone.
    pub name: Range<usize>,
    /// As of [`PlaceName`].
    pub units: Rows,
    /// Whether its last word may go on.
    pub is_begun: bool,
}

/// All names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceNames {
    names: Vec<Known>,
    /// Names by the word that they begin with, and by the one that they are where they are written without a space, with how
    /// many words they are then.
    by_first: HashMap<String, Vec<(usize, usize)>, RandomState>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    words: Vec<Token>,
    /// The words without marks and without a space: "cantho" is Cần Thơ too.
    letters: String,
    units: Rows,
}

impl PlaceNames {
    /// `names` to look for.
    pub fn new(names: impl IntoIterator<Item = PlaceName>) -> Self {
        let mut places = Self::default();
        for PlaceName { name, units } in names {
            let words = tokens(&name);
            let (letters, at) = (letters(&words), places.names.len());
            let joined = [letters.clone(), format!("tp{letters}")].map(|joined| (joined, 1));
            let apart = words.first().map(|first| (first.folded.clone(), words.len())).filter(|(_, length)| *length > 1);
            // A short form is written in one word or in two: "saigon", "sài gòn".
            let halves = letters.char_indices().skip(1).filter(|_| words.len() == 1).map(|(at, _)| (letters[..at].to_owned(), 2));
            for (first, length) in joined.into_iter().chain(apart).chain(halves) {
                places.by_first.entry(first).or_default().push((at, length));
            }
            places.names.push(Known { words, letters, units });
        }
        places
    }

    /// The longest name among `words`, the last one of several; at the end it may be one that is only begun, where the last
    /// word `goes_on`.
    pub fn find(&self, words: &[Token], goes_on: bool) -> Option<NamedPlace> {
        self.find_whole(words).or_else(|| if goes_on { self.find_begun(words) } else { None })
    }

    fn find_whole(&self, words: &[Token]) -> Option<NamedPlace> {
        let mut best: Option<(Range<usize>, Rows)> = None;
        for (from, word) in words.iter().enumerate() {
            for (at, length) in self.by_first.get(&word.folded).into_iter().flatten() {
                let (Some(known), Some(typed)) = (self.names.get(*at), words.get(from..from + length)) else { continue };
                if !known.is_written(typed) {
                    continue;
                }
                let name = from..from + length;
                best = match best {
                    Some((longer, units)) if longer.len() > *length => Some((longer, units)),
                    Some((same, units)) if same == name => Some((same, Rows(units.0 | known.units.0))),
                    _ => Some((name, known.units)),
                };
            }
        }
        best.map(|(name, units)| NamedPlace { words: name.start - rank_before(words, name.start)..name.end, name, units, is_begun: false })
    }

    /// All names that begin with the last words, the more the better.
    fn find_begun(&self, words: &[Token]) -> Option<NamedPlace> {
        (0..(words.len() + 1).saturating_sub(BEGUN_WORDS)).find_map(|from| {
            let typed = words.get(from..)?;
            let begun = self.by_first.get(&typed.first()?.folded)?.iter().filter_map(|(at, _)| self.names.get(*at));
            let begun: Vec<&Known> = begun.filter(|known| known.is_begun(typed)).collect();
            let units = Rows(begun.iter().fold(0, |all, known| all | known.units.0));
            let name = from..words.len();
            let words = from - rank_before(words, from)..words.len();
            (!begun.is_empty()).then_some(NamedPlace { words, name, units, is_begun: true })
        })
    }
}

impl Known {
    /// Whether `typed` are its words, or all of them in one, or its one in two.
    fn is_written(&self, typed: &[Token]) -> bool {
        match (typed, self.words.as_slice()) {
            ([typed], [own]) if typed.folded == own.folded => may_be(typed, own),
            ([_], _) => true,
            ([first, second], [_]) => self.letters.strip_prefix(first.folded.as_str()) == Some(second.folded.as_str()),
            (typed, own) => typed.iter().zip(own).all(|(typed, own)| typed.folded == own.folded && may_be(typed, own)),
        }
    }

    /// Whether `typed` are its first words, the last of them perhaps half.
    fn is_begun(&self, typed: &[Token]) -> bool {
        let Some((last, before)) = typed.split_last() else { return false };
        let is_whole = |(typed, own): (&Token, &Token)| typed.folded == own.folded && may_be(typed, own);
        before.iter().zip(&self.words).all(is_whole)
            && self.words.get(before.len()).is_some_and(|own| own.folded.starts_with(&last.folded) && may_be(last, own))
    }
}

/// Whether a word that was typed can be one of a name, or its beginning: where it has marks none of them is another one, but
/// it may lack some ("Đăk Lăk", "lâm dồng").
fn may_be(typed: &Token, own: &Token) -> bool {
    let is_letter = |letter: &char| !unicode_normalization::char::is_combining_mark(*letter);
    let bare = |letter: char| if letter == 'đ' { 'd' } else { letter };
    let mut rest = own.letters.chars().peekable();
    let fits = typed.letters.chars().all(|letter| {
        if is_letter(&letter) {
            while rest.next_if(|own| !is_letter(own)).is_some() {}
            rest.next().is_some_and(|own| own == letter || bare(own) == letter)
        } else {
            rest.next_if_eq(&letter).is_some()
        }
    });
    // Names that have no marks of their own take any.
    !own.is_marked() || fits && (typed.tone.is_none() || typed.tone == own.tone)
}

/// How many words just before `at` are a rank.
fn rank_before(words: &[Token], at: usize) -> usize {
    let before = words.get(..at).unwrap_or_default();
    let is_rank = |rank: &&&[&str]| {
        let last = before.len().checked_sub(rank.len()).and_then(|first| before.get(first..));
        last.is_some_and(|last| last.iter().zip(**rank).all(|(word, rank)| word.folded == *rank))
    };
    RANKS.iter().find(is_rank).map_or(0, |rank| rank.len())
}

fn letters(words: &[Token]) -> String {
    words.iter().map(|word| word.folded.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sóc Trăng (1), now in Cần Thơ (2), which was Cần Thơ alone (0) before; Hà Nam (3), Hà Nội (4), Huế (5), Hồ Chí Minh (6).
    fn names() -> PlaceNames {
        let names: [(&str, &[u8]); 7] = [
            ("Sóc Trăng", &[1, 2]),
            ("Cần Thơ", &[0, 1, 2]),
            ("Hà Nam", &[3]),
            ("Hà Nội", &[4]),
            ("Huế", &[5]),
            ("hcm", &[6]),
            ("saigon", &[6]),
        ];
        PlaceNames::new(names.map(|(name, units)| PlaceName { name: name.into(), units: Rows::of(units.iter().copied()) }))
    }

    #[test]
    fn a_province_is_found_among_the_words_however_it_is_written() {
        for (text, words, units) in [
            ("gạo Sóc Trăng", 1..3, vec![1, 2]),
            ("gao soc trang ngon", 1..3, vec![1, 2]),
            ("sóc trang", 0..2, vec![1, 2]),
            ("gạo tỉnh Sóc Trăng", 1..4, vec![1, 2]),
            ("gạo thành phố Cần Thơ", 1..5, vec![0, 1, 2]),
            ("gạo TP. Cần Thơ", 1..4, vec![0, 1, 2]),
            ("gao cantho", 1..2, vec![0, 1, 2]),
            ("nón huế", 1..2, vec![5]),
            ("rau TPHCM", 1..2, vec![6]),
            ("rau tp hcm", 1..3, vec![6]),
            ("rau tp cantho", 1..3, vec![0, 1, 2]),
            ("rau sài gòn", 1..3, vec![6]),
            ("rau saigon", 1..2, vec![6]),
            // The longest, the last of several.
            ("hà nội sóc trăng", 2..4, vec![1, 2]),
            ("huế hà nội", 1..3, vec![4]),
            // Some marks of it are enough.
            ("gạo sóc trang", 1..3, vec![1, 2]),
            ("gạo cân tho", 1..3, vec![0, 1, 2]),
            ("hà nội huế", 0..2, vec![4]),
            // Half typed, and what it may become.
            ("gạo sóc tr", 1..3, vec![1, 2]),
            ("ca ha n", 1..3, vec![3, 4]),
            ("ca ha na", 1..3, vec![3]),
        ] {
            let found = names().find(&tokens(text), true).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.words, found.units), (words, Rows::of(units)), "{text}");
        }
    }

    #[test]
    fn other_words_are_no_province() {
        // Marks of another word, one word of two, a beginning of one word, one in the middle, and one that is over.
        for text in ["hoa huệ", "gạo sốc trăng", "gạo cần thờ", "sóc", "gạo s", "ha n gạo", "trăng sóc", ""] {
            assert_eq!(names().find(&tokens(text), true), None, "{text}");
        }
        assert_eq!(names().find(&tokens("gạo sóc tr"), false), None, "the word is whole");
    }
}
