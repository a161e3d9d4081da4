//! Words that are one typing error away from what was typed.

use super::lexicon::Fold;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// Shortest word in which a typing error is looked for: in two letters every word is near.
const SHORTEST_WITH_ERROR: usize = 3;
/// Longest word in which one is: longer ones are no syllables.
const LONGEST_WITH_ERROR: usize = 24;

/// Folds by the hash of what is left of them when one letter is taken out, and of themselves: of two texts with one hash
/// the one that is no error away is told by looking.
#[derive(Debug, Clone, Default)]
pub(super) struct Typos {
    shortened: HashTable<(u32, Fold)>,
    hasher: RandomState,
}

impl Typos {
    /// Learns a fold, which is new.
    pub fn learn(&mut self, text: &str, fold: Fold) {
        for rest in shortenings(text) {
            let short = short_hash(&self.hasher, &rest);
            self.shortened.insert_unique(spread(short), (short, fold), |(short, _)| spread(*short));
        }
    }

    /// Folds that are one typing error away from `text`: a letter more, less, another, or two exchanged.
    pub fn near<'a>(&self, text: &str, text_of: impl Fn(Fold) -> &'a str) -> Vec<Fold> {
        let letters = text.chars().count();
        if !(SHORTEST_WITH_ERROR..=LONGEST_WITH_ERROR).contains(&letters) {
            return Vec::new();
        }
        let typed: Vec<char> = text.chars().collect();
        let shorts = shortenings(text).map(|rest| short_hash(&self.hasher, &rest));
        let near = |short: u32| self.shortened.iter_hash(spread(short)).filter(move |(other, _)| *other == short).map(|(_, fold)| *fold);
        let mut found: Vec<Fold> = shorts.flat_map(near).collect();
        found.sort_unstable();
        found.dedup();
        found.retain(|fold| is_one_error(&typed, &text_of(*fold).chars().collect::<Vec<_>>()));
        found
    }

    /// Bytes of memory beside itself.
    pub fn bytes(&self) -> usize {
        self.shortened.allocation_size()
    }
}

/// The hash of a text in half the room.
fn short_hash(hasher: &RandomState, text: &str) -> u32 {
    u32::try_from(hasher.hash_one(text) >> 32).unwrap_or(0)
}

/// A short hash in all bits, as a table wants it.
fn spread(short: u32) -> u64 {
    u64::from(short).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// `text` itself, and with each one letter taken out.
fn shortenings(text: &str) -> impl Iterator<Item = String> {
    let letters: Vec<char> = text.chars().collect();
    let count = if (SHORTEST_WITH_ERROR - 1..=LONGEST_WITH_ERROR + 1).contains(&letters.len()) { letters.len() + 1 } else { 0 };
    (0..count).map(move |out| letters.iter().enumerate().filter(|(at, _)| *at + 1 != out).map(|(_, letter)| *letter).collect())
}

/// Whether two words differ by exactly one error (Damerau): what stands between their common ends tells.
pub(super) fn is_one_error(typed: &[char], known: &[char]) -> bool {
    let head = typed.iter().zip(known).take_while(|(left, right)| left == right).count();
    let rest = typed.len().min(known.len()) - head;
    let tail = typed.iter().rev().zip(known.iter().rev()).take(rest).take_while(|(left, right)| left == right).count();
    let between = |word: &[char]| word.get(head..word.len() - tail).map(<[char]>::to_vec).unwrap_or_default();
    match (between(typed).as_slice(), between(known).as_slice()) {
        ([_], [] | [_]) | ([], [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // Against the distance by dynamic programming, counting an exchange as one.
        #[test]
        fn near_is_damerau_distance_one(typed in "[abc]{2,6}", known in "[abc]{2,6}") {
            let (typed, known): (Vec<char>, Vec<char>) = (typed.chars().collect(), known.chars().collect());
            let (rows, columns) = (typed.len() + 1, known.len() + 1);
            let mut cost = vec![vec![0_usize; columns]; rows];
            for i in 0..rows {
                for j in 0..columns {
                    cost[i][j] = if i == 0 || j == 0 {
                        i + j
                    } else {
                        let mut best = (cost[i - 1][j] + 1).min(cost[i][j - 1] + 1).min(cost[i - 1][j - 1] + usize::from(typed[i - 1] != known[j - 1]));
                        if i > 1 && j > 1 && typed[i - 1] == known[j - 2] && typed[i - 2] == known[j - 1] {
                            best = best.min(cost[i - 2][j - 2] + 1);
                        }
                        best
                    };
                }
            }
            prop_assert_eq!(is_one_error(&typed, &known), cost[rows - 1][columns - 1] == 1);
        }
    }
}
