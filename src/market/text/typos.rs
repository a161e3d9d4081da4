//! Words that are one typing error away from what was typed.

use super::vocabulary::{Fold, Vocabulary};

/// Shortest word in which a typing error is looked for: in two letters every word is near.
const SHORTEST_WITH_ERROR: usize = 3;
/// Longest word in which one is: longer ones are no syllables.
const LONGEST_WITH_ERROR: usize = 24;

/// Folds that are one typing error (Damerau) away from `text`: a letter more, less, another, or two exchanged.
///
/// Each error is made and the word looked up. Letters are put only where some word goes on with them, so that few of these
/// words are none.
pub(super) fn near(text: &str, vocabulary: &Vocabulary) -> Vec<Fold> {
    let places: Vec<(usize, char)> = text.char_indices().collect();
    if !(SHORTEST_WITH_ERROR..=LONGEST_WITH_ERROR).contains(&places.len()) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut word = String::with_capacity(text.len() + size_of::<char>());
    let mut look_up = |before: &str, letters: &[char], after: &str| {
        word.clear();
        word.push_str(before);
        word.extend(letters);
        word.push_str(after);
        found.extend(vocabulary.fold(&word));
    };
    for (place, (at, letter)) in places.iter().enumerate() {
        let (before, rest) = text.split_at(*at);
        let after = rest.get(letter.len_utf8()..).unwrap_or_default();
        look_up(before, &[], after);
        if let Some((_, next)) = places.get(place + 1) {
            look_up(before, &[*next, *letter], after.get(next.len_utf8()..).unwrap_or_default());
        }
        for other in vocabulary.letters_after(before) {
            look_up(before, &[other], after);
            look_up(before, &[other], rest);
        }
    }
    for more in vocabulary.letters_after(text) {
        look_up(text, &[more], "");
    }
    found.sort_unstable();
    found.dedup();
    found.retain(|fold| vocabulary.fold_text(*fold) != text);
    found
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn vocabulary<'a>(words: impl IntoIterator<Item = &'a str>) -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        words.into_iter().flat_map(tokens).for_each(|token| _ = vocabulary.learn(&token));
        vocabulary
    }

    #[test]
    fn one_error_is_a_letter_more_less_other_or_two_exchanged() {
        let vocabulary = vocabulary(["hành tím", "tôm khô", "thanh long", "xoài"]);
        let near = |text: &str| {
            let mut found: Vec<&str> = near(text, &vocabulary).into_iter().map(|fold| vocabulary.fold_text(fold)).collect();
            found.sort_unstable();
            found
        };
        assert_eq!(near("hanhh"), ["hanh"]);
        assert_eq!(near("hnah"), ["hanh"]);
        assert_eq!(near("hang"), ["hanh"]);
        assert_eq!(near("thnh"), ["thanh"]);
        assert_eq!(near("xoia"), ["xoai"]);
        assert_eq!(near("hanh"), ["thanh"], "it is no error away from itself");
        assert!(near("ho").is_empty(), "in two letters every word is near");
        assert!(near("hinnh").is_empty());
    }

    proptest! {
        // Against the distance by dynamic programming, counting an exchange as one.
        #[test]
        fn near_is_damerau_distance_one(typed in "[abж]{2,6}", known in prop::collection::btree_set("[abcж]{2,6}", 0..40)) {
            let vocabulary = vocabulary(known.iter().map(String::as_str));
            let found: BTreeSet<&str> = near(&typed, &vocabulary).into_iter().map(|fold| vocabulary.fold_text(fold)).collect();
            let is_long = typed.chars().count() >= 3;
            let expected: BTreeSet<&str> = known.iter().map(String::as_str).filter(|known| is_long && distance(&typed, known) == 1).collect();
            prop_assert_eq!(found, expected);
        }
    }

    fn distance(typed: &str, known: &str) -> usize {
        let (typed, known): (Vec<char>, Vec<char>) = (typed.chars().collect(), known.chars().collect());
        let (rows, columns) = (typed.len() + 1, known.len() + 1);
        let mut cost = vec![vec![0_usize; columns]; rows];
        for i in 0..rows {
            for j in 0..columns {
                cost[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let mut best =
                        (cost[i - 1][j] + 1).min(cost[i][j - 1] + 1).min(cost[i - 1][j - 1] + usize::from(typed[i - 1] != known[j - 1]));
                    if i > 1 && j > 1 && typed[i - 1] == known[j - 2] && typed[i - 2] == known[j - 1] {
                        best = best.min(cost[i - 2][j - 2] + 1);
                    }
                    best
                };
            }
        }
        cost[rows - 1][columns - 1]
    }
}
