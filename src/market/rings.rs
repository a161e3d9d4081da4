//! Lists of rows, each row in one of them at most: a number a row says which comes next, and the last leads to the first.
//!
//! Who has a list knows its last row alone. Rows stay in the order in which they came.

use super::facts::Column;
use super::numbers::Numbers;
use super::products::NO_ROW;

/// The lists.
#[derive(Debug, Clone, Default)]
pub struct Rings {
    /// The next row, or [`NO_ROW`] for one that is in no list.
    next: Numbers,
}

impl Rings {
    /// A row more, in no list yet.
    pub fn push(&mut self) {
        self.next.push(NO_ROW);
    }

    /// The rows of the list that ends with `last`, in order.
    pub fn of(&self, last: u32) -> impl Iterator<Item = u32> {
        let mut left = (last != NO_ROW).then_some(last);
        std::iter::from_fn(move || {
            let row = self.next.get(left?).filter(|row| *row != NO_ROW)?;
            left = (row != last).then_some(row);
            Some(row)
        })
    }

    /// Puts `row`, which is in no list, at the end of the one that ends with `last`; the last row now.
    pub fn add(&mut self, row: u32, last: u32) -> u32 {
        let first = if last == NO_ROW { row } else { self.next.get(last).unwrap_or(row) };
        self.next.set(row, first);
        if last != NO_ROW {
            self.next.set(last, row);
        }
        row
    }

    /// Takes `row` out of the list that ends with `last`; the last row now.
    pub fn remove(&mut self, row: u32, last: u32) -> u32 {
        let before = self.of(last).find(|before| self.next.get(*before) == Some(row));
        let (Some(before), Some(after)) = (before, self.next.get(row)) else { return last };
        self.next.set(before, after);
        self.next.set(row, NO_ROW);
        match before {
            _ if before == row => NO_ROW,
            before if last == row => before,
            _ => last,
        }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.next.bytes()
    }
}

impl Column for Rings {
    fn make_room(&mut self, more: usize) {
        self.next.make_room(more);
    }

    fn give_back(&mut self) {
        self.next.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // Against vectors.
        #[test]
        fn lists_have_their_rows_in_order(steps in prop::collection::vec((0..12_u32, 0..3_usize), 0..60)) {
            let (mut rings, mut lasts, mut expected) = (Rings::default(), [NO_ROW; 3], <[Vec<u32>; 3]>::default());
            for _ in 0..12 {
                rings.push();
            }
            for (row, list) in steps {
                if let Some(list) = expected.iter().position(|rows| rows.contains(&row)) {
                    expected[list].retain(|other| *other != row);
                    lasts[list] = rings.remove(row, lasts[list]);
                } else {
                    expected[list].push(row);
                    lasts[list] = rings.add(row, lasts[list]);
                }
                prop_assert_eq!(lasts.map(|last| rings.of(last).collect::<Vec<_>>()), expected.clone());
            }
        }
    }
}
