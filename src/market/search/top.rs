//! The first rows of an order, out of rows that come in any order.

use crate::market::order::SortKey;
use crate::market::text::query::How;
use std::collections::BinaryHeap;

/// Key, row, and how it was found where that is known.
type Kept = (SortKey, u32, Option<How>);

/// Keeps the `limit + 1` smallest keys after the cursor: one more tells whether another page follows.
#[derive(Debug)]
pub struct Top {
    heap: BinaryHeap<Kept>,
    most: usize,
    after: Option<SortKey>,
}

impl Top {
    /// For a page of `limit` rows after `after`.
    pub fn new(limit: usize, after: Option<SortKey>) -> Self {
        Self { heap: BinaryHeap::with_capacity(limit + 2), most: limit + 1, after }
    }

    /// Whether a row whose key begins with `first` could still come in.
    #[inline]
    pub fn may_enter(&self, first: u64) -> bool {
        first <= self.last()
    }

    /// The highest first part of a key that could still come in.
    #[inline]
    pub fn last(&self) -> u64 {
        self.heap.peek().filter(|_| self.is_full()).map_or(u64::MAX, |(worst, ..)| worst.0)
    }

    /// Offers `row`.
    #[inline]
    pub fn offer(&mut self, key: SortKey, row: u32, how: Option<How>) {
        if self.after.is_some_and(|after| key <= after) {
            return;
        }
        if self.heap.len() < self.most {
            self.heap.push((key, row, how));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && key < worst.0
        {
            *worst = (key, row, how);
        }
    }

    /// Whether it has all it can take.
    pub fn is_full(&self) -> bool {
        self.heap.len() >= self.most
    }

    /// The rows in order, and whether more follow.
    pub fn into_page(self) -> (Vec<Kept>, bool) {
        let limit = self.most - 1;
        let mut rows = self.heap.into_sorted_vec();
        let more = rows.len() > limit;
        rows.truncate(limit);
        (rows, more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::record::Id;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_rows_are_those_of_a_sorted_list(keys in prop::collection::vec(0_u64..30, 0..100), limit in 1_usize..20, after in prop::option::of(0_u64..30)) {
            let after = after.map(|first| (first, Id(3)));
            let mut top = Top::new(limit, after);
            let mut expected: Vec<(SortKey, u32)> = (0_u32..).zip(&keys).map(|(row, key)| ((*key, Id(u128::from(row))), row)).collect();
            for (key, row) in &expected {
                top.offer(*key, *row, None);
            }
            expected.sort_unstable();
            expected.retain(|(key, _)| after.is_none_or(|after| *key > after));
            let more = expected.len() > limit;
            expected.truncate(limit);
            let (page, goes_on) = top.into_page();
            prop_assert_eq!((page.into_iter().map(|(key, row, _)| (key, row)).collect::<Vec<_>>(), goes_on), (expected, more));
        }
    }
}
