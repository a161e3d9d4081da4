//! A place to keep what was made of a row, until the row changes.
//!
//! Whoever writes answers makes the same text of the same product again and again. It may leave it here; what is kept
//! goes with the next change of the row, and all of it with the day and with the index.

use parking_lot::{RwLock, RwLockReadGuard};
use std::sync::Arc;

/// Rows for which something is kept: about 60 MB of text. Of rows that share a place, the one that was written last has it:
/// in a register of any size what is often found is mostly there.
const MOST_ROWS: usize = if cfg!(test) { 8 } else { 65_536 };

/// A row with its text.
type Slot = Option<(u32, Arc<str>)>;

/// Texts by row.
#[derive(Debug, Default)]
pub struct Kept {
    slots: RwLock<Vec<Slot>>,
}

/// The texts as a reader has them.
#[derive(Debug)]
pub struct KeptTexts<'a>(RwLockReadGuard<'a, Vec<Slot>>);

impl KeptTexts<'_> {
    /// The text of a row, where it is kept.
    pub fn get(&self, row: u32) -> Option<&str> {
        self.0.get(place_of(row))?.as_ref().filter(|(known, _)| *known == row).map(|(_, text)| &**text)
    }
}

impl Kept {
    /// What is kept now.
    pub fn read(&self) -> KeptTexts<'_> {
        KeptTexts(self.slots.read())
    }

    /// Keeps `texts`, each made of its row as it is now.
    pub fn keep(&self, texts: Vec<(u32, Arc<str>)>) {
        let mut slots = self.slots.write();
        for (row, text) in texts {
            let place = place_of(row);
            if slots.len() <= place {
                slots.resize(place + 1, None);
            }
            if let Some(slot) = slots.get_mut(place) {
                *slot = Some((row, text));
            }
        }
    }

    /// Forgets what was made of `row`, which has changed.
    pub fn forget(&mut self, row: u32) {
        let slot = self.slots.get_mut().get_mut(place_of(row));
        slot.into_iter().filter(|slot| slot.as_ref().is_some_and(|(known, _)| *known == row)).for_each(|slot| *slot = None);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.slots.get_mut().clear();
    }

    /// Bytes of memory, estimated.
    pub fn bytes(&self) -> usize {
        let slots = self.slots.read();
        slots.capacity() * size_of::<Slot>() + slots.iter().flatten().map(|(_, text)| text.len() + 16).sum::<usize>()
    }
}

fn place_of(row: u32) -> usize {
    row as usize % MOST_ROWS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[test]
    fn a_text_is_kept_until_its_row_changes_or_another_takes_its_place() {
        let mut kept = Kept::default();
        kept.keep(vec![(3, "three".into()), (1, "one".into()), (9, "nine".into())]);
        let text = |kept: &Kept, row: u32| kept.read().get(row).map(str::to_owned);
        assert_eq!([3, 1, 9, 11].map(|row| text(&kept, row)), [Some("three".to_owned()), None, Some("nine".to_owned()), None]);
        kept.forget(1);
        kept.forget(3);
        kept.forget(99);
        assert_eq!([3, 9].map(|row| text(&kept, row)), [None, Some("nine".to_owned())]);
        kept.clear();
        assert_eq!(text(&kept, 9), None);
    }

    proptest! {
        // What is given back was kept of that row last, and not forgotten since.
        #[test]
        fn no_row_is_given_the_text_of_another(steps in prop::collection::vec((0..40_u32, 0..3_u8), 0..60)) {
            let (mut kept, mut last) = (Kept::default(), HashMap::new());
            for (at, (row, what)) in steps.into_iter().enumerate() {
                if what == 0 {
                    kept.forget(row);
                    last.remove(&row);
                } else {
                    kept.keep(vec![(row, at.to_string().into())]);
                    last.insert(row, at.to_string());
                    prop_assert!(kept.read().get(row).is_some());
                }
            }
            for row in 0..40 {
                prop_assert!(kept.read().get(row).is_none_or(|text| last.get(&row).is_some_and(|last| last == text)));
            }
        }
    }
}
