//! The offers whose products answer a wording: found once for all who ask, and kept as long as they are the same.
//!
//! What the index changes it notes in [`Changes`]; a list that is older looks at what has changed since, and no further.

use super::matching::{Place, Stretches};
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows that are remembered as changed: a list that has missed more is made anew.
const MOST_CHANGES: usize = 4_096;
/// Bytes of all lists together: where they take more, they are begun anew.
const MOST_BYTES: usize = 16 << 20;

/// Rows of products whose words or offers are others than before, in the order of the changes.
#[derive(Debug, Default)]
pub struct Changes {
    /// How many came before those that are remembered.
    forgotten: u64,
    rows: Vec<u32>,
}

impl Changes {
    /// Notes that a product has other words, other offers, or offers in other places.
    pub fn note(&mut self, product: u32) {
        if self.rows.len() >= MOST_CHANGES {
            self.forgotten = self.now();
            self.rows.clear();
        }
        self.rows.push(product);
    }

    /// How many there have been.
    pub fn now(&self) -> u64 {
        self.forgotten + self.rows.len() as u64
    }

    /// The products that have changed since `then`, each once; `None` where they are forgotten.
    pub fn since(&self, then: u64) -> Option<Vec<u32>> {
        let from = usize::try_from(then.checked_sub(self.forgotten)?).ok()?;
        let mut rows = self.rows.get(from..)?.to_vec();
        rows.sort_unstable();
        rows.dedup();
        Some(rows)
    }
}

/// The offers of a wording.
#[derive(Debug, Default)]
pub struct Answering {
    /// After how many changes it was so.
    then: AtomicU64,
    places: Stretches,
}

impl Answering {
    /// The list of the offers in these places, as of `then`.
    pub fn new(places: Vec<Place>, then: u64) -> Self {
        Self { then: AtomicU64::new(then), places: Stretches::new(places) }
    }

    /// Where they stand.
    pub fn places(&self) -> &Stretches {
        &self.places
    }

    fn bytes(&self) -> usize {
        // What is counted of those who have it stands before it.
        size_of::<Self>() + 2 * size_of::<usize>() + self.places.bytes()
    }

    /// As of how many changes it is known to be so.
    pub fn then(&self) -> u64 {
        self.then.load(Ordering::Relaxed)
    }

    /// Those of other products than `changed`, which are in order, and `now` instead; `None` where nothing is different: then
    /// the list is known to be good until `then`.
    ///
    /// `product` tells whose offer stands in a place now. Where that is another's than before, both have changed, so what it
    /// tells is enough.
    pub fn changed(&self, changed: &[u32], product: impl Fn(Place) -> Option<u32>, now: Vec<Place>, then: u64) -> Option<Self> {
        let stays = |place: &Place| product(*place).is_some_and(|product| changed.binary_search(&product).is_err());
        if now.is_empty() && self.places.places().all(|place| stays(&place)) {
            self.then.fetch_max(then, Ordering::Relaxed);
            return None;
        }
        let mut places = now;
        places.extend(self.places.places().filter(stays));
        Some(Self::new(places, then))
    }
}

/// Lists by the number of their wording.
#[derive(Debug, Default)]
pub struct Answered {
    lists: RwLock<Lists>,
}

#[derive(Debug, Default)]
struct Lists {
    by_wording: Vec<Option<Arc<Answering>>>,
    /// Bytes of all of them.
    bytes: usize,
}

impl Answered {
    /// The list of a wording, where it is kept.
    pub fn get(&self, wording: usize) -> Option<Arc<Answering>> {
        self.lists.read().by_wording.get(wording).cloned().flatten()
    }

    /// Keeps the list of a wording in place of an older one.
    pub fn keep(&self, wording: usize, list: &Arc<Answering>) {
        let mut lists = self.lists.write();
        lists.forget(wording);
        if lists.bytes + list.bytes() > MOST_BYTES {
            *lists = Lists::default();
        }
        if lists.by_wording.len() <= wording {
            lists.by_wording.resize(wording + 1, None);
        }
        lists.bytes += list.bytes();
        if let Some(place) = lists.by_wording.get_mut(wording) {
            *place = Some(Arc::clone(list));
        }
    }

    /// Forgets the list of a wording that nobody has any more.
    pub fn forget(&mut self, wording: usize) {
        self.lists.get_mut().forget(wording);
    }

    /// Bytes of memory, estimated.
    pub fn bytes(&self) -> usize {
        let lists = self.lists.read();
        lists.by_wording.capacity() * size_of::<usize>() + lists.bytes
    }
}

impl Lists {
    fn forget(&mut self, wording: usize) {
        if let Some(list) = self.by_wording.get_mut(wording).and_then(Option::take) {
            self.bytes -= list.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(slot: u32) -> Place {
        Place { group: 3, slot }
    }

    #[test]
    fn what_has_changed_is_told_once_until_it_is_forgotten() {
        let mut changes = Changes::default();
        changes.note(7);
        let then = changes.now();
        for product in [5, 9, 5] {
            changes.note(product);
        }
        assert_eq!((changes.since(then), changes.since(changes.now())), (Some(vec![5, 9]), Some(vec![])));
        for _ in 0..MOST_CHANGES {
            changes.note(1);
        }
        assert_eq!((changes.since(then), changes.since(changes.now())), (None, Some(vec![])));
    }

    #[test]
    fn a_list_changes_with_its_products_alone() {
        let list = Answering::new(vec![place(4), place(2), place(3)], 1);
        assert_eq!(list.places().places().collect::<Vec<_>>(), [place(2), place(3), place(4)]);
        let product = |place: Place| [10, 30, 20, 20, 40].get(place.slot as usize).copied();
        assert!(list.changed(&[10, 30], product, Vec::new(), 5).is_none(), "neither of them answers or did");
        assert_eq!(list.then(), 5);
        let changed = list.changed(&[20, 30], product, vec![place(1)], 9).unwrap();
        assert_eq!((changed.places().places().collect::<Vec<_>>(), changed.then()), (vec![place(1), place(4)], 9));
        let left = list.changed(&[40], |place| product(place).filter(|_| place.slot < 4), Vec::new(), 9).unwrap();
        assert_eq!(left.places().places().collect::<Vec<_>>(), [place(2), place(3)], "nobody has come where the last one stood");
    }

    #[test]
    fn a_list_is_kept_until_it_is_forgotten() {
        let mut answered = Answered::default();
        answered.keep(2, &Arc::new(Answering::new(vec![place(1)], 0)));
        assert!(answered.get(2).is_some() && answered.get(1).is_none() && answered.get(9).is_none());
        answered.forget(2);
        answered.forget(9);
        assert!(answered.get(2).is_none());
    }
}
