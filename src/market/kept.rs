//! A place to keep what was made of a row, until the row changes.
//!
//! Whoever writes answers makes the same text of the same product again and again. It may leave it here; what is kept
//! goes with the next change of the row, and all of it with the day and with the index.

use parking_lot::{RwLock, RwLockReadGuard};
use std::sync::Arc;

/// Rows for which something is kept: about 60 MB of text. A larger register has too many to keep any.
const MOST_ROWS: u32 = 65_536;

/// Texts by row.
#[derive(Debug, Default)]
pub struct Kept {
    rows: RwLock<Vec<Option<Arc<str>>>>,
}

/// The texts as a reader has them.
pub type KeptTexts<'a> = RwLockReadGuard<'a, Vec<Option<Arc<str>>>>;

impl Kept {
    /// What is kept now.
    pub fn read(&self) -> KeptTexts<'_> {
        self.rows.read()
    }

    /// Keeps `texts`, each made of its row as it is now.
    pub fn keep(&self, texts: Vec<(u32, Arc<str>)>) {
        let mut rows = self.rows.write();
        for (row, text) in texts.into_iter().filter(|(row, _)| *row < MOST_ROWS) {
            let at = row as usize;
            if rows.len() <= at {
                rows.resize(at + 1, None);
            }
            if let Some(place) = rows.get_mut(at) {
                *place = Some(text);
            }
        }
    }

    /// Forgets what was made of `row`, which has changed.
    pub fn forget(&mut self, row: u32) {
        self.rows.get_mut().get_mut(row as usize).into_iter().for_each(|place| *place = None);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.rows.get_mut().clear();
    }

    /// Bytes of memory, estimated.
    pub fn bytes(&self) -> usize {
        let rows = self.rows.read();
        rows.capacity() * size_of::<Option<Arc<str>>>() + rows.iter().flatten().map(|text| text.len() + 16).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_until_its_row_changes() {
        let mut kept = Kept::default();
        kept.keep(vec![(3, "three".into()), (1, "one".into()), (MOST_ROWS, "too many".into())]);
        let text = |kept: &Kept, row: usize| kept.read().get(row).cloned().flatten();
        assert_eq!(text(&kept, 3).as_deref(), Some("three"));
        assert_eq!(text(&kept, MOST_ROWS as usize), None);
        kept.forget(3);
        kept.forget(99);
        assert_eq!((text(&kept, 3), text(&kept, 1).as_deref()), (None, Some("one")));
        kept.clear();
        assert_eq!(text(&kept, 1), None);
    }
}
