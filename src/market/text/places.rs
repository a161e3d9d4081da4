//! Names of provinces among the words of a query.
//!
//! Who types "gạo Sóc Trăng" wants rice from there, whatever it and its producer are called.

use super::tokens::{Token, tokens};
use crate::market::record::Rows;
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
    /// The unit and those that it succeeded.
    pub units: Rows,
    /// The unit of today that the place lies in, and those that it succeeded.
    pub around: Rows,
}

/// Where a place is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPlace {
    /// Places of its words.
    pub words: Range<usize>,
    /// As of [`PlaceName`].
    pub units: Rows,
    /// As of [`PlaceName`].
    pub around: Rows,
}

/// All names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceNames {
    names: Vec<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    words: Vec<Token>,
    /// The words without marks and without a space: "cantho" is Cần Thơ too.
    letters: String,
    units: Rows,
    around: Rows,
}

impl PlaceNames {
    /// `names` to look for.
    pub fn new(names: impl IntoIterator<Item = PlaceName>) -> Self {
        let known = names.into_iter().map(|PlaceName { name, units, around }| {
            let words = tokens(&name);
            Known { letters: letters(&words), words, units, around }
        });
        Self { names: known.collect() }
    }

    /// The longest name among `words`, the last one of several; at the end it may be one that is only begun, where the last
    /// word `goes_on`.
    pub fn find(&self, words: &[Token], goes_on: bool) -> Option<NamedPlace> {
        let runs = (1..=words.len()).rev().flat_map(|length| (0..=words.len() - length).rev().map(move |from| from..from + length));
        for run in runs {
            let Some(typed) = words.get(run.clone()) else { continue };
            let is_begun = goes_on && run.end == words.len() && typed.len() >= BEGUN_WORDS;
            let whole = |known: &&Known| known.is_whole(typed);
            let begun = |known: &&Known| is_begun && known.is_begun(typed);
            let mut named: Vec<&Known> = self.names.iter().filter(whole).collect();
            if named.is_empty() {
                named.extend(self.names.iter().filter(begun));
            }
            if !named.is_empty() {
                let all = |rows: fn(&Known) -> Rows| Rows(named.iter().fold(0, |all, known| all | rows(known).0));
                let from = run.start - rank_before(words, run.start);
                return Some(NamedPlace { words: from..run.end, units: all(|known| known.units), around: all(|known| known.around) });
            }
        }
        None
    }
}

impl Known {
    fn is_whole(&self, typed: &[Token]) -> bool {
        let letters = letters(typed);
        let is_named = letters == self.letters || letters.strip_prefix("tp").is_some_and(|bare| bare == self.letters);
        is_named && self.keeps_marks(typed)
    }

    fn is_begun(&self, typed: &[Token]) -> bool {
        let Some((_, before)) = typed.split_last() else { return false };
        self.letters.starts_with(&letters(typed)) && self.keeps_marks(before)
    }

    /// Whether the words that were typed with marks have those of the name, as far as they are the same letters.
    fn keeps_marks(&self, typed: &[Token]) -> bool {
        let is_other = |(typed, own): (&Token, &Token)| typed.is_marked() && own.is_marked() && typed.folded == own.folded && typed != own;
        !typed.iter().zip(&self.words).any(is_other)
    }
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

    /// Sóc Trăng (1) lies in Cần Thơ (2), which was Cần Thơ alone (0) before; Hà Nam (3), Hà Nội (4), Huế (5).
    fn names() -> PlaceNames {
        let name = |name: &str, units: &[u8], around: &[u8]| PlaceName {
            name: name.into(),
            units: Rows::of(units.iter().copied()),
            around: Rows::of(around.iter().copied()),
        };
        PlaceNames::new([
            name("Sóc Trăng", &[1], &[0, 1, 2]),
            name("Cần Thơ", &[0, 1, 2], &[0, 1, 2]),
            name("Hà Nam", &[3], &[3]),
            name("Hà Nội", &[4], &[4]),
            name("Huế", &[5], &[5]),
            name("hcm", &[6], &[6]),
        ])
    }

    #[test]
    fn a_province_is_found_among_the_words_however_it_is_written() {
        for (text, words, units) in [
            ("gạo Sóc Trăng", 1..3, vec![1]),
            ("gao soc trang ngon", 1..3, vec![1]),
            ("sóc trang", 0..2, vec![1]),
            ("gạo tỉnh Sóc Trăng", 1..4, vec![1]),
            ("gạo thành phố Cần Thơ", 1..5, vec![0, 1, 2]),
            ("gạo TP. Cần Thơ", 1..4, vec![0, 1, 2]),
            ("gao cantho", 1..2, vec![0, 1, 2]),
            ("nón huế", 1..2, vec![5]),
            ("rau TPHCM", 1..2, vec![6]),
            ("rau tp hcm", 1..3, vec![6]),
            // Half typed, and what it may become.
            ("gạo sóc tr", 1..3, vec![1]),
            ("ca ha n", 1..3, vec![3, 4]),
            ("ca ha na", 1..3, vec![3]),
        ] {
            let found = names().find(&tokens(text), true).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.words, found.units), (words, Rows::of(units)), "{text}");
        }
        let in_today = names().find(&tokens("gạo sóc trăng"), true).map(|found| found.around);
        assert_eq!(in_today, Some(Rows::of([0, 1, 2])));
    }

    #[test]
    fn other_words_are_no_province() {
        // Marks of another word, one word of two, a beginning of one word, one in the middle, and one that is over.
        for text in ["hoa huệ", "sóc", "gạo s", "ha n gạo", "trăng sóc", ""] {
            assert_eq!(names().find(&tokens(text), true), None, "{text}");
        }
        assert_eq!(names().find(&tokens("gạo sóc tr"), false), None, "the word is whole");
    }
}
