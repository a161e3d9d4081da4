//! Certificates by their ids, and the papers that each product and each organisation holds by them.

use super::ids::{Index, id_in};
use super::record::{Day, Id, Paper};
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// No certificate.
const NONE: u32 = u32::MAX;

/// Who holds a certificate, by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A product.
    Product(u32),
    /// An organisation, for all its products.
    Organisation(u32),
}

/// A certificate as it is kept.
#[derive(Debug, Clone, Copy)]
struct Certificate {
    from: Day,
    until: Day,
    version: u32,
    holder: u32,
    /// The next of the same holder, or [`NONE`].
    next: u32,
    kind: u8,
    stars: u8,
    is_of_product: bool,
}

impl Certificate {
    fn holder(&self) -> Holder {
        if self.is_of_product { Holder::Product(self.holder) } else { Holder::Organisation(self.holder) }
    }

    fn paper(&self) -> Paper {
        Paper { kind: self.kind, stars: self.stars, from: self.from, until: self.until }
    }
}

/// All of them, those of one holder chained.
#[derive(Debug, Default)]
pub struct Certificates {
    index: Index,
    ids: Vec<Id>,
    rows: Vec<Certificate>,
    /// The first of each holder.
    firsts: HashTable<u32>,
    hasher: RandomState,
    free: Vec<u32>,
}

impl Certificates {
    /// The version of `id`, where it is known.
    pub fn version(&self, id: Id) -> Option<i64> {
        let row = self.index.find(id, id_in(&self.ids))?;
        self.rows.get(row as usize).map(|known| i64::from(known.version))
    }

    /// Keeps a certificate, which is not known yet.
    pub fn put(&mut self, id: Id, version: i64, holder: Holder, paper: Paper) {
        let row = self.free.pop().unwrap_or_else(|| u32::try_from(self.rows.len()).unwrap_or(NONE));
        let (holder_row, is_of_product) = match holder {
            Holder::Product(row) => (row, true),
            Holder::Organisation(row) => (row, false),
        };
        let Paper { kind, stars, from, until } = paper;
        let version = u32::try_from(version).unwrap_or(u32::MAX);
        let next = self.set_first(holder, row);
        let known = Certificate { from, until, version, holder: holder_row, next, kind, stars, is_of_product };
        if let (Some(place), Some(of)) = (self.rows.get_mut(row as usize), self.ids.get_mut(row as usize)) {
            (*place, *of) = (known, id);
        } else {
            self.rows.push(known);
            self.ids.push(id);
        }
        self.index.insert(id, row, id_in(&self.ids));
    }

    /// Forgets `id`; who held it.
    pub fn remove(&mut self, id: Id) -> Option<Holder> {
        let row = self.index.remove(id, id_in(&self.ids))?;
        let known = *self.rows.get(row as usize)?;
        let holder = known.holder();
        let before = self.chain(holder).find(|other| self.next(*other) == row);
        if let Some(before) = before {
            self.rows.get_mut(before as usize).into_iter().for_each(|before| before.next = known.next);
        } else if known.next != NONE {
            self.set_first(holder, known.next);
        } else {
            let (hash, is_it) = (self.hasher.hash_one(holder), first_of(holder, &self.rows));
            if let Ok(found) = self.firsts.find_entry(hash, is_it) {
                found.remove();
            }
        }
        self.free.push(row);
        Some(holder)
    }

    /// The papers of `holder`, in no order.
    pub fn papers(&self, holder: Holder) -> impl Iterator<Item = Paper> {
        self.chain(holder).filter_map(|row| self.rows.get(row as usize)).map(Certificate::paper)
    }

    /// Gives back what has grown beyond what it holds.
    pub fn shrink(&mut self) {
        self.index.shrink(id_in(&self.ids));
        self.ids.shrink_to_fit();
        self.rows.shrink_to_fit();
        self.free.shrink_to_fit();
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.index.bytes()
            + self.ids.capacity() * size_of::<Id>()
            + self.rows.capacity() * size_of::<Certificate>()
            + self.firsts.allocation_size()
            + self.free.capacity() * size_of::<u32>()
    }

    /// Notes that `row` is the first of `holder`; which was the first before.
    fn set_first(&mut self, holder: Holder, row: u32) -> u32 {
        let Self { firsts, rows, hasher, .. } = self;
        let hash = hasher.hash_one(holder);
        if let Some(first) = firsts.find_mut(hash, first_of(holder, rows)) {
            return std::mem::replace(first, row);
        }
        firsts.insert_unique(hash, row, |first| {
            let holder_of = rows.get(*first as usize).map(Certificate::holder);
            holder_of.map_or(hash, |holder| hasher.hash_one(holder))
        });
        NONE
    }

    /// The certificates of `holder`.
    fn chain(&self, holder: Holder) -> impl Iterator<Item = u32> {
        let first = self.firsts.find(self.hasher.hash_one(holder), first_of(holder, &self.rows)).copied();
        std::iter::successors(first, |row| Some(self.next(*row)).filter(|next| *next != NONE))
    }

    fn next(&self, row: u32) -> u32 {
        self.rows.get(row as usize).map_or(NONE, |known| known.next)
    }
}

/// Whether a first certificate is that of `holder`.
fn first_of(holder: Holder, rows: &[Certificate]) -> impl Fn(&u32) -> bool {
    move |first| rows.get(*first as usize).is_some_and(|known| known.holder() == holder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        // Against a map.
        #[test]
        fn every_holder_has_its_papers(steps in prop::collection::vec((0_u128..30, 0_u32..5, any::<bool>(), any::<bool>(), 0..9_i32), 0..120)) {
            let mut certificates = Certificates::default();
            let mut expected: HashMap<u128, (i64, Holder, Paper)> = HashMap::new();
            for (version, (id, holder, is_of_product, keep, from)) in (1..).zip(steps) {
                let holder = if is_of_product { Holder::Product(holder) } else { Holder::Organisation(holder) };
                let paper = Paper { kind: 7, stars: 3, from, until: from + 5 };
                prop_assert_eq!(certificates.version(Id(id)), expected.get(&id).map(|(version, ..)| *version));
                if !keep || expected.contains_key(&id) {
                    prop_assert_eq!(certificates.remove(Id(id)), expected.remove(&id).map(|(_, holder, _)| holder));
                } else {
                    certificates.put(Id(id), version, holder, paper);
                    expected.insert(id, (version, holder, paper));
                }
                if version % 16 == 0 { certificates.shrink() }
                for holder in (0..5).flat_map(|row| [Holder::Product(row), Holder::Organisation(row)]) {
                    let mut held: Vec<Paper> = certificates.papers(holder).collect();
                    let mut papers: Vec<Paper> = expected.values().filter(|(_, of, _)| *of == holder).map(|(.., paper)| *paper).collect();
                    held.sort_unstable();
                    papers.sort_unstable();
                    prop_assert_eq!(held, papers);
                }
            }
        }
    }
}
