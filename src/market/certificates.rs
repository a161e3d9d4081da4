//! Certificates by their ids, and the papers that each product and each organisation holds by them.

use super::ids::{Index, id_in};
use super::matching::{day_code, day_of};
use super::numbers::Short;
use super::products::NO_ROW;
use super::record::{Id, Paper};
use super::upkeep::table_bytes;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::collections::HashMap;
use std::hash::BuildHasher;

/// No certificate.
const NONE: u32 = NO_ROW;

/// Who holds a certificate, by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A product.
    Product(u32),
    /// An organisation, for all its products.
    Organisation(u32),
}

/// What is known of a certificate.
#[derive(Debug, Clone, Copy)]
struct Certificate {
    paper: Paper,
    version: u32,
    holder: Holder,
    /// The next of the same holder, or [`NONE`].
    next: u32,
}

/// A certificate as it is kept.
#[derive(Debug, Clone, Copy, Default)]
struct Packed {
    /// Days, by their codes.
    from: u16,
    until: u16,
    version: u16,
    holder: Short,
    next: Short,
    /// [`WIDE`] for one that stands beside.
    kind: u8,
    /// Stars, and [`OF_PRODUCT`].
    stars: u8,
}

/// No kind of certificate has this number.
const WIDE: u8 = u8::MAX;
const OF_PRODUCT: u8 = 0x80;

impl Packed {
    /// `None` for a certificate with a number that does not fit.
    fn new(Certificate { paper, version, holder, next }: Certificate) -> Option<Self> {
        let (holder, of_product) = match holder {
            Holder::Product(row) => (row, OF_PRODUCT),
            Holder::Organisation(row) => (row, 0),
        };
        let fits = paper.kind != WIDE && paper.stars & OF_PRODUCT == 0;
        fits.then_some(Self {
            from: day_code(paper.from)?,
            until: day_code(paper.until)?,
            version: u16::try_from(version).ok()?,
            holder: Short::fitting(holder)?,
            next: Short::fitting(next)?,
            kind: paper.kind,
            stars: paper.stars | of_product,
        })
    }

    fn certificate(self) -> Certificate {
        let row = self.holder.row_or_none();
        Certificate {
            paper: Paper { kind: self.kind, stars: self.stars & !OF_PRODUCT, from: day_of(self.from), until: day_of(self.until) },
            version: self.version.into(),
            holder: if self.stars & OF_PRODUCT == 0 { Holder::Organisation(row) } else { Holder::Product(row) },
            next: self.next.row_or_none(),
        }
    }
}

/// Certificates by row.
#[derive(Debug, Default)]
struct Rows {
    packed: Vec<Packed>,
    /// Those with numbers that do not fit: hardly any.
    wide: HashMap<u32, Certificate, RandomState>,
}

impl Rows {
    #[inline]
    fn get(&self, row: u32) -> Option<Certificate> {
        let packed = self.packed.get(row as usize)?;
        if packed.kind == WIDE { self.wide.get(&row).copied() } else { Some(packed.certificate()) }
    }

    /// Writes a certificate in a row that is there, or in the next.
    fn set(&mut self, row: u32, certificate: Certificate) {
        let packed = Packed::new(certificate);
        if packed.is_none() {
            self.wide.insert(row, certificate);
        } else if !self.wide.is_empty() {
            self.wide.remove(&row);
        }
        let packed = packed.unwrap_or(Packed { kind: WIDE, ..Packed::default() });
        match self.packed.get_mut(row as usize) {
            Some(place) => *place = packed,
            None => self.packed.push(packed),
        }
    }
}

/// All of them, those of one holder chained.
#[derive(Debug, Default)]
pub struct Certificates {
    index: Index,
    ids: Vec<Id>,
    rows: Rows,
    /// The first of each holder.
    firsts: HashTable<u32>,
    hasher: RandomState,
    free: Vec<u32>,
}

impl Certificates {
    /// The version of `id`, where it is known.
    pub fn version(&self, id: Id) -> Option<i64> {
        let row = self.index.find(id, id_in(&self.ids))?;
        self.rows.get(row).map(|known| i64::from(known.version))
    }

    /// Keeps a certificate, which is not known yet.
    pub fn put(&mut self, id: Id, version: i64, holder: Holder, paper: Paper) {
        let row = self.free.pop().unwrap_or_else(|| u32::try_from(self.ids.len()).unwrap_or(NONE));
        let version = u32::try_from(version).unwrap_or(u32::MAX);
        let next = self.set_first(holder, row);
        self.rows.set(row, Certificate { paper, version, holder, next });
        match self.ids.get_mut(row as usize) {
            Some(of) => *of = id,
            None => self.ids.push(id),
        }
        self.index.insert(id, row, id_in(&self.ids));
    }

    /// Forgets `id`; who held it.
    pub fn remove(&mut self, id: Id) -> Option<Holder> {
        let row = self.index.remove(id, id_in(&self.ids))?;
        let known = self.rows.get(row)?;
        let holder = known.holder;
        let before = self.chain(holder).find(|other| self.next(*other) == row);
        if let Some(before) = before {
            let linked = self.rows.get(before).map(|known_before| Certificate { next: known.next, ..known_before });
            if let Some(linked) = linked {
                self.rows.set(before, linked);
            }
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
        self.chain(holder).filter_map(|row| self.rows.get(row)).map(|known| known.paper)
    }

    /// Gives back what has grown beyond what it holds.
    pub fn shrink(&mut self) {
        self.index.shrink(id_in(&self.ids));
        self.ids.shrink_to_fit();
        self.rows.packed.shrink_to_fit();
        self.rows.wide.shrink_to_fit();
        self.free.shrink_to_fit();
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.index.bytes()
            + self.ids.capacity() * size_of::<Id>()
            + self.rows.packed.capacity() * size_of::<Packed>()
            + table_bytes(&self.rows.wide)
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
        firsts.insert_unique(hash, row, |first| rows.get(*first).map_or(hash, |known| hasher.hash_one(known.holder)));
        NONE
    }

    /// The certificates of `holder`.
    fn chain(&self, holder: Holder) -> impl Iterator<Item = u32> {
        let first = self.firsts.find(self.hasher.hash_one(holder), first_of(holder, &self.rows)).copied();
        std::iter::successors(first, |row| Some(self.next(*row)).filter(|next| *next != NONE))
    }

    fn next(&self, row: u32) -> u32 {
        self.rows.get(row).map_or(NONE, |known| known.next)
    }
}

/// Whether a first certificate is that of `holder`.
fn first_of(holder: Holder, rows: &Rows) -> impl Fn(&u32) -> bool {
    move |first| rows.get(*first).is_some_and(|known| known.holder == holder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// Some have no code, nor have versions from 65,536 on.
    fn from() -> impl Strategy<Value = i32> {
        prop_oneof![6 => 0..9_i32, 1 => any::<i32>()]
    }

    proptest! {
        // Against a map.
        #[test]
        fn every_holder_has_its_papers(steps in prop::collection::vec((0_u128..30, 0_u32..5, any::<bool>(), any::<bool>(), from()), 0..120), least in prop::sample::select(vec![1_i64, 65_500])) {
            let mut certificates = Certificates::default();
            let mut expected: HashMap<u128, (i64, Holder, Paper)> = HashMap::new();
            for (version, (id, holder, is_of_product, keep, from)) in (least..).zip(steps) {
                let holder = if is_of_product { Holder::Product(holder) } else { Holder::Organisation(holder) };
                let paper = Paper { kind: 7, stars: 3, from, until: from.saturating_add(5) };
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
