//! Sets of dated papers and of promises, each kept once however many offers have it.

use super::codes::{day_code, day_of};
use crate::market::record::{Day, Paper, Promise};
use crate::market::upkeep::table_bytes;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A set of papers in [`Papers`]; 0 is the empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PaperSet(pub u32);

/// A set of promises in [`Promises`]; 0 is the empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PromiseSet(pub u32);

/// The papers of offers: those of the product with those of its producer.
#[derive(Debug, Clone, Default)]
pub struct Papers {
    sets: Arena<Packed>,
    /// Papers with days that have no code, as a year 9999: they stay, each once.
    wide: Vec<Paper>,
    /// Where each of them stands.
    wide_places: HashMap<Paper, usize, RandomState>,
}

/// A paper as it is kept: half of what it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Packed {
    /// Days, by their codes.
    from: u16,
    until: u16,
    /// [`WIDE`] for one that stands beside, in the place that the days write.
    kind: u8,
    stars: u8,
}

/// No kind of certificate has this number.
const WIDE: u8 = u8::MAX;

/// The papers of a set.
#[derive(Debug, Clone)]
pub struct PapersOf<'a> {
    left: std::slice::Iter<'a, Packed>,
    wide: &'a [Paper],
}

impl Iterator for PapersOf<'_> {
    type Item = Paper;

    #[inline]
    fn next(&mut self) -> Option<Paper> {
        let Packed { from, until, kind, stars } = *self.left.next()?;
        if kind == WIDE {
            return self.wide.get(usize::from(from) << 16 | usize::from(until)).copied();
        }
        Some(Paper { kind, stars, from: day_of(from), until: day_of(until) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left.size_hint()
    }
}

/// What signed `MoUs` have promised of products.
#[derive(Debug, Clone, Default)]
pub struct Promises {
    sets: Arena<Promise>,
    /// Of each set, what it promises at most in any month: all its quantities together.
    most: Vec<i64>,
}

impl Papers {
    /// The set of `papers`, in whatever order and however often they come; it is kept until it is released as often as
    /// it was taken.
    pub fn intern(&mut self, mut papers: Vec<Paper>) -> PaperSet {
        papers.sort_unstable();
        papers.dedup();
        let packed: Vec<Packed> = papers.into_iter().map(|paper| self.packed(paper)).collect();
        PaperSet(self.sets.intern(&packed))
    }

    fn packed(&mut self, paper: Paper) -> Packed {
        let Paper { kind, stars, from, until } = paper;
        if let Some((from, until)) = day_code(from).zip(day_code(until)).filter(|_| kind != WIDE) {
            return Packed { from, until, kind, stars };
        }
        let place = *self.wide_places.entry(paper).or_insert(self.wide.len());
        if place == self.wide.len() {
            self.wide.push(paper);
        }
        let half = |number: usize| u16::try_from(number & 0xFFFF).unwrap_or(0);
        Packed { from: half(place >> 16), until: half(place), kind: WIDE, stars: 0 }
    }

    /// Gives back a set that was taken.
    pub fn release(&mut self, set: PaperSet) {
        self.sets.release(set.0);
    }

    /// The papers of a set, sorted.
    #[inline]
    pub fn get(&self, set: PaperSet) -> PapersOf<'_> {
        PapersOf { left: self.sets.get(set.0).iter(), wide: &self.wide }
    }

    /// What of a set holds on every day from `from` to `until`.
    pub fn held(&self, set: PaperSet, from: Day, until: Day) -> Held {
        self.get(set)
            .filter(|paper| paper.holds_through(from, until))
            .fold(Held::default(), |held, paper| Held { stars: held.stars.max(paper.stars), kinds: held.kinds | kind_bit(paper.kind) })
    }

    /// Gives back what has grown beyond what it holds.
    pub fn shrink(&mut self) {
        self.sets.shrink();
    }

    /// Bytes that the sets take.
    pub fn bytes(&self) -> usize {
        self.sets.bytes() + self.wide.capacity() * size_of::<Paper>() + table_bytes(&self.wide_places)
    }
}

/// What papers say over a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// Most OCOP stars; 0 without any.
    pub stars: u8,
    /// Kinds of which a paper holds on every day: one bit a row of the certificate kinds.
    pub kinds: u64,
}

/// The bit of a kind of certificate; none for a row that can't be in a set of them.
pub(super) fn kind_bit(kind: u8) -> u64 {
    1_u64.checked_shl(u32::from(kind)).unwrap_or(0)
}

impl Promises {
    /// The set of `promises` of one product, in whatever order they come; it is kept until it is released as often as it
    /// was taken. Two commitments that say the same are two.
    pub fn intern(&mut self, mut promises: Vec<Promise>) -> PromiseSet {
        promises.sort_unstable();
        let most = promises.iter().fold(0_i64, |sum, promise| sum.saturating_add(promise.quantity));
        let handle = self.sets.intern(&promises);
        let place = handle as usize;
        if self.most.len() <= place {
            self.most.resize(place + 1, 0);
        }
        if let Some(known) = self.most.get_mut(place) {
            *known = most;
        }
        PromiseSet(handle)
    }

    /// Gives back a set that was taken.
    pub fn release(&mut self, set: PromiseSet) {
        self.sets.release(set.0);
    }

    /// The promises of a set, sorted.
    pub fn get(&self, set: PromiseSet) -> &[Promise] {
        self.sets.get(set.0)
    }

    /// What a set promises at most in any month, of any unit.
    pub(super) fn most(&self, set: PromiseSet) -> i64 {
        self.most.get(set.0 as usize).copied().unwrap_or(i64::MAX)
    }

    /// Bytes that the sets take.
    pub fn bytes(&self) -> usize {
        self.sets.bytes() + self.most.capacity() * size_of::<i64>()
    }
}

/// One set: a run of the pool.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    start: u32,
    length: u32,
    /// How often it is taken; a run that nobody has waits in `unused`.
    taken: u32,
}

/// Lists, each once, with the number of those who have it.
#[derive(Debug, Clone)]
struct Arena<T> {
    pool: Vec<T>,
    /// By handle; the first is the empty set.
    runs: Vec<Run>,
    /// Handles by hash, open addressing with linear probing; 0 is a free place. Its length is a power of two.
    places: Vec<u32>,
    /// Handles whose set nobody has.
    unused: Vec<u32>,
    /// Pool entries that no set uses.
    wasted: usize,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { pool: Vec::new(), runs: vec![Run::default()], places: vec![0; 16], unused: Vec::new(), wasted: 0 }
    }
}

#[expect(clippy::indexing_slicing, reason = "handles and places come from this arena, which keeps them in bounds")]
impl<T: Copy + Eq + Hash> Arena<T> {
    fn intern(&mut self, items: &[T]) -> u32 {
        if items.is_empty() {
            return 0;
        }
        let mut place = self.home(items);
        while self.places[place] != 0 {
            let handle = self.places[place];
            if self.get(handle) == items {
                self.runs[handle as usize].taken += 1;
                return handle;
            }
            place = self.after(place);
        }
        let handle = self.add(items);
        self.places[place] = handle;
        // At most two thirds full, so that probing stays short.
        if (self.runs.len() - self.unused.len()) * 3 > self.places.len() * 2 {
            self.spread(self.places.len() * 2);
        }
        handle
    }

    fn add(&mut self, items: &[T]) -> u32 {
        let run = Run { start: number(self.pool.len()), length: number(items.len()), taken: 1 };
        self.pool.extend_from_slice(items);
        if let Some(handle) = self.unused.pop() {
            self.runs[handle as usize] = run;
            return handle;
        }
        self.runs.push(run);
        number(self.runs.len() - 1)
    }

    fn release(&mut self, handle: u32) {
        if handle == 0 {
            return;
        }
        let run = &mut self.runs[handle as usize];
        run.taken = run.taken.saturating_sub(1);
        if run.taken == 0 {
            self.wasted += run.length as usize;
            self.forget(handle);
        }
    }

    fn get(&self, handle: u32) -> &[T] {
        let run = self.runs[handle as usize];
        &self.pool[run.start as usize..][..run.length as usize]
    }

    /// Takes a handle out of `places` and moves those behind it up, so that no probe ends too early.
    fn forget(&mut self, handle: u32) {
        let mut hole = self.home(self.get(handle));
        while self.places[hole] != handle {
            hole = self.after(hole);
        }
        let mut place = self.after(hole);
        while self.places[place] != 0 {
            let wanted = self.home(self.get(self.places[place]));
            let mask = self.places.len() - 1;
            // It may move up unless the place it wants lies behind the hole.
            if (place.wrapping_sub(wanted) & mask) >= (place.wrapping_sub(hole) & mask) {
                self.places[hole] = self.places[place];
                hole = place;
            }
            place = self.after(place);
        }
        self.places[hole] = 0;
        self.runs[handle as usize] = Run::default();
        self.unused.push(handle);
        if self.wasted > 1_024 && self.wasted * 2 > self.pool.len() {
            self.compact();
        }
    }

    /// Copies what is in use to a new pool.
    fn compact(&mut self) {
        let mut pool = Vec::with_capacity(self.pool.len() - self.wasted);
        for run in self.runs.iter_mut().filter(|run| run.taken > 0) {
            let start = number(pool.len());
            pool.extend_from_slice(&self.pool[run.start as usize..][..run.length as usize]);
            run.start = start;
        }
        self.pool = pool;
        self.wasted = 0;
    }

    /// Puts all handles into a table of `length` places.
    fn spread(&mut self, length: usize) {
        self.places = vec![0; length];
        for handle in 1..self.runs.len() {
            if self.runs[handle].taken == 0 {
                continue;
            }
            let mut place = self.home(self.get(number(handle)));
            while self.places[place] != 0 {
                place = self.after(place);
            }
            self.places[place] = number(handle);
        }
    }

    fn home(&self, items: &[T]) -> usize {
        let mut hasher = DefaultHasher::new();
        items.hash(&mut hasher);
        // Only the low bits are used.
        #[expect(clippy::cast_possible_truncation, reason = "a hash")]
        let hash = hasher.finish() as usize;
        hash & (self.places.len() - 1)
    }

    fn after(&self, place: usize) -> usize {
        (place + 1) & (self.places.len() - 1)
    }

    fn shrink(&mut self) {
        self.pool.shrink_to_fit();
        self.runs.shrink_to_fit();
        self.unused.shrink_to_fit();
    }

    fn bytes(&self) -> usize {
        self.pool.capacity() * size_of::<T>()
            + self.runs.capacity() * size_of::<Run>()
            + (self.places.capacity() + self.unused.capacity()) * size_of::<u32>()
    }
}

/// A length as a handle counts: four thousand million sets would not fit in memory.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn paper(kind: u8, from: Day) -> Paper {
        Paper { kind, stars: 0, from, until: from + 100 }
    }

    #[test]
    fn the_same_papers_in_any_order_are_one_set() {
        let mut papers = Papers::default();
        let both = papers.intern(vec![paper(1, 0), paper(2, 5)]);
        assert_eq!(papers.intern(vec![paper(2, 5), paper(1, 0), paper(1, 0)]), both);
        assert_eq!(papers.get(both).collect::<Vec<_>>(), [paper(1, 0), paper(2, 5)]);
        assert_eq!(papers.intern(Vec::new()), PaperSet::default());
        assert_eq!(papers.held(both, 5, 100), Held { stars: 0, kinds: 0b110 });
        assert_eq!(papers.held(both, 5, 101), Held { stars: 0, kinds: 0b100 });
    }

    proptest! {
        #[test]
        fn sets_are_kept_as_long_as_somebody_has_them(steps in proptest::collection::vec((0..12_u8, prop_oneof![4 => 0..4_i32, 1 => 900_000..900_003_i32], any::<bool>()), 0..300)) {
            let mut papers = Papers::default();
            let mut taken: HashMap<Vec<Paper>, (PaperSet, u32)> = HashMap::new();
            for (kind, from, takes) in steps {
                let set: Vec<Paper> = (0..=kind % 3).map(|more| paper(kind + more, from)).collect();
                if takes {
                    let handle = papers.intern(set.clone());
                    let entry = taken.entry(set).or_insert((handle, 0));
                    prop_assert_eq!(entry.0, handle);
                    entry.1 += 1;
                } else if let Some((handle, count)) = taken.remove(&set) {
                    papers.release(handle);
                    if count > 1 {
                        taken.insert(set, (handle, count - 1));
                    }
                }
                for (set, (handle, _)) in &taken {
                    prop_assert_eq!(papers.get(*handle).collect::<Vec<_>>(), set.clone());
                }
            }
        }
    }
}
