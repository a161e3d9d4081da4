//! All offers by group, and the best of them for a demand.

#![expect(clippy::indexing_slicing, reason = "a place is one that the book gave out; a stale one is a fault of the caller")]

use super::bits::{Bits, ROWS};
use super::codes::{nearest_day_code, value_of};
use super::columns::{Block, MANY_VERSIONS, Rest, Row, Summary};
use super::facts::{Need, Setting, Supply};
use super::papers::{Papers, PromiseSet};
use super::places::Places;
use super::question::Question;
use super::ranking::{Race, Ranking};
use super::scan::{self, Scan, Standing};
use super::stretches::Stretches;
use crate::market::record::{Day, Id, Rows};
use crate::market::upkeep::table_bytes;
use std::collections::HashMap;

/// Blocks that are moved to another day by one thread at least.
const BLOCKS_A_THREAD: usize = 64;

/// Where an offer stands in the [`Book`], until it or the last of its group is removed. Every offer has one, and every list
/// of offers: it takes no more bytes than it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(Rust, packed)]
pub struct Place {
    /// The product's group, as recorded.
    pub group: u8,
    /// Row within the group.
    pub slot: u32,
}

/// All offers, by the group of their products.
#[derive(Debug, Clone, Default)]
pub struct Book {
    groups: Vec<Group>,
    places: Places,
    /// Code of the day for which the blocks keep what is open.
    today: u16,
    is_loading: bool,
    /// Offers with numbers that the columns cannot hold, whole.
    wide: HashMap<Id, Supply>,
    /// The promises of those that have any: few have.
    promises: HashMap<Id, PromiseSet>,
    /// The versions that are too large for the columns: few are changed so often.
    versions: HashMap<Id, u32>,
}

#[derive(Debug, Clone, Default)]
struct Group {
    blocks: Vec<Block>,
    rows: usize,
}

impl Book {
    /// Moves to a day: what is open on it is known without a look at the offers.
    pub fn set_today(&mut self, today: Day) {
        self.today = nearest_day_code(today);
        if self.is_loading {
            return;
        }
        let (today, threads) = (self.today, std::thread::available_parallelism().map_or(1, usize::from));
        let mut blocks: Vec<&mut Block> = self.groups.iter_mut().flat_map(|group| &mut group.blocks).collect();
        let share = blocks.len().div_ceil(threads).max(BLOCKS_A_THREAD);
        let set_all = |blocks: &mut [&mut Block]| blocks.iter_mut().for_each(|block| block.set_today(today));
        std::thread::scope(|scope| {
            let mut shares = blocks.chunks_mut(share);
            let own = shares.next();
            shares.for_each(|share| _ = scope.spawn(move || set_all(share)));
            own.into_iter().for_each(set_all);
        });
    }

    /// From now on, until [`Book::finish_loading`], offers are only stored.
    pub fn begin_loading(&mut self) {
        self.is_loading = true;
    }

    /// Works out what is asked of all offers that are there, on several threads.
    pub fn finish_loading(&mut self, papers: &Papers) {
        self.is_loading = false;
        let mut blocks: Vec<&mut Block> = self.groups.iter_mut().flat_map(|group| &mut group.blocks).collect();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let (share, today, places) = (blocks.len().div_ceil(threads).max(1), self.today, &self.places);
        std::thread::scope(|scope| {
            for blocks in blocks.chunks_mut(share) {
                scope.spawn(move || blocks.iter_mut().for_each(|block| block.settle(papers, places, today)));
            }
        });
    }

    /// Adds an offer; `papers` is the arena of its papers.
    pub fn put(&mut self, supply: Supply, papers: &Papers) -> Place {
        let group = supply.group;
        if self.groups.len() <= usize::from(group) {
            self.groups.resize_with(usize::from(group) + 1, Group::default);
        }
        let rows = &mut self.groups[usize::from(group)];
        if rows.rows == rows.blocks.len() * ROWS {
            rows.blocks.push(Block::new());
        }
        let place = Place { group, slot: u32::try_from(rows.rows).unwrap_or(u32::MAX) };
        rows.rows += 1;
        let summary = self.summary(&supply, papers);
        self.write(place, supply, summary.as_ref());
        place
    }

    /// Puts `supply` in the place of an older version of the same offer; where its group is another, that moves it, and the
    /// last offer of the old group to `place`, which is told as [`Book::remove`] does.
    pub fn replace(&mut self, place: Place, supply: Supply, papers: &Papers) -> (Place, Option<(Id, Place)>) {
        if place.group == supply.group {
            let summary = self.summary(&supply, papers);
            self.write(place, supply, summary.as_ref());
            return (place, None);
        }
        let moved = self.remove(place);
        (self.put(supply, papers), moved)
    }

    /// Takes an offer out. The last of its group comes to its place, unless it was the last itself: which, and where.
    pub fn remove(&mut self, place: Place) -> Option<(Id, Place)> {
        let last = Place { slot: u32::try_from(self.groups[usize::from(place.group)].rows - 1).unwrap_or(0), ..place };
        let moved = (last != place).then(|| (self.get(last), self.block(last).summary(row_of(last))));
        self.unset(place);
        if last != place {
            self.unset(last);
        }
        let rows = &mut self.groups[usize::from(place.group)];
        rows.rows -= 1;
        rows.blocks[block_of(last)].shorten();
        if rows.rows + ROWS == rows.blocks.len() * ROWS {
            rows.blocks.pop();
        }
        let (Some(supply), summary) = moved? else { return None };
        let id = supply.id;
        self.write(place, supply, (!self.is_loading).then_some(&summary));
        Some((id, place))
    }

    /// The offer in a place.
    pub fn get(&self, place: Place) -> Option<Supply> {
        let rows = self.groups.get(usize::from(place.group)).filter(|rows| (place.slot as usize) < rows.rows)?;
        let (block, row) = (&rows.blocks[block_of(place)], row_of(place));
        if block.rows[row].judged.is_wide() {
            return self.wide.get(&block.rows[row].rest.id).cloned();
        }
        let mut supply = Supply { promises: self.promises_of(&block.rows[row].rest), ..block.get(row, place.group, &self.places) };
        if supply.version == MANY_VERSIONS {
            supply.version = self.versions.get(&supply.id).copied().unwrap_or(MANY_VERSIONS);
        }
        Some(supply)
    }

    /// Whether anything is promised of any offer.
    pub fn has_promises(&self) -> bool {
        !self.promises.is_empty()
    }

    /// Id of the offer in a place.
    pub fn id(&self, place: Place) -> Option<Id> {
        let rows = self.groups.get(usize::from(place.group)).filter(|rows| (place.slot as usize) < rows.rows)?;
        Some(rows.blocks[block_of(place)].rows[row_of(place)].rest.id)
    }

    /// Thousandths of the base unit a month of the offer in a place.
    pub fn quantity(&self, place: Place) -> Option<i64> {
        let rows = self.groups.get(usize::from(place.group)).filter(|rows| (place.slot as usize) < rows.rows)?;
        let row = &rows.blocks[block_of(place)].rows[row_of(place)];
        if row.judged.is_wide() { self.get(place).map(|supply| supply.quantity) } else { Some(value_of(row.judged.quantity)) }
    }

    /// The last place of a group.
    pub fn last(&self, group: u8) -> Option<Place> {
        let last = self.groups.get(usize::from(group))?.rows.checked_sub(1)?;
        Some(Place { group, slot: u32::try_from(last).ok()? })
    }

    /// The product of the offer in a place.
    pub fn product(&self, place: Place) -> Option<u32> {
        let rows = self.groups.get(usize::from(place.group)).filter(|rows| (place.slot as usize) < rows.rows)?;
        let Row { judged, rest } = &rows.blocks[block_of(place)].rows[row_of(place)];
        if judged.is_wide() { self.wide.get(&rest.id).map(|supply| supply.product) } else { Some(rest.product()) }
    }

    /// The offers of a group with their places.
    pub fn iter_group(&self, group: u8) -> impl Iterator<Item = (Place, Supply)> + '_ {
        let rows = self.groups.get(usize::from(group)).map_or(0, |rows| rows.rows);
        (0..u32::try_from(rows).unwrap_or(u32::MAX)).filter_map(move |slot| {
            let place = Place { group, slot };
            Some((place, self.get(place)?))
        })
    }

    /// How many offers there are.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|rows| rows.rows).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The groups that have offers.
    pub fn groups(&self) -> Rows {
        Rows::of((0..).zip(&self.groups).filter(|(_, rows)| rows.rows > 0).map(|(group, _)| group))
    }

    /// Bytes that the offers take, without the arenas.
    pub fn bytes(&self) -> usize {
        let blocks: usize = self.groups.iter().flat_map(|rows| &rows.blocks).map(Block::bytes).sum();
        let lists: usize = self.groups.iter().map(|rows| size_of::<Group>() + rows.blocks.capacity() * size_of::<Block>()).sum();
        blocks + lists + table_bytes(&self.wide) + table_bytes(&self.promises) + table_bytes(&self.versions)
    }

    fn promises_of(&self, rest: &Rest) -> PromiseSet {
        self.promises.get(&rest.id).copied().unwrap_or_default()
    }

    /// Judges those offers of a block that are kept whole, where they are `chosen`.
    fn judge_wide(&self, question: &Question<'_>, standing: &Standing<'_>, chosen: Bits, race: &mut Race<Place>) {
        if standing.block.wide == 0 {
            return;
        }
        for (at, row) in standing.block.rows.iter().enumerate().filter(|(at, row)| row.judged.is_wide() && chosen.has(*at)) {
            if let Some(supply) = self.wide.get(&row.rest.id) {
                scan::whole(supply, standing.place(at), question.need, question.setting, race);
            }
        }
    }

    fn block(&self, place: Place) -> &Block {
        &self.groups[usize::from(place.group)].blocks[block_of(place)]
    }

    /// What the papers of an offer say; nothing while all of them are being loaded.
    fn summary(&self, supply: &Supply, papers: &Papers) -> Option<Summary> {
        (!self.is_loading).then(|| Summary::new(papers.get(supply.papers)))
    }

    fn write(&mut self, place: Place, supply: Supply, summary: Option<&Summary>) {
        let (block, row) = (&mut self.groups[usize::from(place.group)].blocks[block_of(place)], row_of(place));
        if row < block.rows.len() {
            self.unset(place);
        }
        let block = &mut self.groups[usize::from(place.group)].blocks[block_of(place)];
        if supply.promises != PromiseSet::default() {
            self.promises.insert(supply.id, supply.promises);
        }
        if !block.set(row, &supply, summary, &mut self.places, self.today) {
            self.wide.insert(supply.id, supply);
            return;
        }
        if supply.version >= MANY_VERSIONS {
            self.versions.insert(supply.id, supply.version);
        }
    }

    /// Forgets what stands in a place.
    fn unset(&mut self, place: Place) {
        let (block, row) = (&mut self.groups[usize::from(place.group)].blocks[block_of(place)], row_of(place));
        let id = block.rows[row].rest.id;
        if block.rows[row].judged.is_wide() {
            self.wide.remove(&id);
        }
        self.promises.remove(&id);
        self.versions.remove(&id);
        block.clear(row);
    }

    /// The best offers for a demand without words, and the best of those that just miss, as many as `limits` say; `own` are
    /// the places of the buyer's own offers, in order.
    ///
    /// An offer is considered if it is open, its group is one that the demand asks for and it is not the buyer's own; none is
    /// if the demand is not open.
    pub fn best(&self, need: &Need, setting: &Setting<'_>, limits: (usize, usize), own: &[Place]) -> Ranking<Place> {
        let mut race = Race::new(limits.0, limits.1);
        if !need.is_open(setting.as_of) {
            return race.finish();
        }
        let need = &*need.still_needed(setting);
        let question = Question::new(need, setting, &self.places, self.today);
        let promises = |rest: &Rest| self.promises_of(rest);
        let mut scan = Scan::new();
        let wanted = (0_u8..).zip(&self.groups).filter(|(group, rows)| rows.rows > 0 && need.wants(*group));
        let Some(question) = &question else {
            for (group, _) in wanted {
                let others = self.iter_group(group).filter(|(place, _)| own.binary_search(place).is_err());
                others.for_each(|(place, supply)| scan::whole(&supply, place, need, setting, &mut race));
            }
            return race.finish();
        };
        let blocks = wanted.flat_map(|(group, rows)| {
            let starts = (0_u32..).step_by(ROWS).map(move |slot| Place { group, slot });
            rows.blocks.iter().zip(starts)
        });
        let mut blocks = blocks.map(|(block, start)| Standing { block, start, places: &self.places, promises: &promises });
        let [mut now, mut next, mut second, mut third] = [blocks.next(), blocks.next(), blocks.next(), blocks.next()];
        while let Some(standing) = now {
            scan::fetch_ahead(question, [next, second, third], &race);
            [now, next, second, third] = [next, second, third, blocks.next()];
            let others = if own.is_empty() { Bits::ALL } else { rows_in(own, standing.start).not() };
            if need.uneven.is_some() {
                scan::unevenly(question, &standing, others, &mut race);
            } else if own.is_empty() {
                scan.all(question, standing, &mut race);
            } else {
                scan.some(question, standing, others, &mut race);
            }
            self.judge_wide(question, &standing, others, &mut race);
        }
        scan.look(question, &mut race);
        race.finish()
    }

    /// The same among the offers in `places`, those whose products answer the demand's words.
    pub fn best_among(
        &self,
        need: &Need,
        setting: &Setting<'_>,
        limits: (usize, usize),
        own: &[Place],
        places: &Stretches,
    ) -> Ranking<Place> {
        let mut race = Race::new(limits.0, limits.1);
        if !need.is_open(setting.as_of) {
            return race.finish();
        }
        let need = &*need.still_needed(setting);
        let Some(question) = Question::new(need, setting, &self.places, self.today) else {
            let wanted = places.places().filter(|place| need.wants(place.group) && own.binary_search(place).is_err());
            let supplies = wanted.filter_map(|place| Some((place, self.get(place)?)));
            supplies.for_each(|(place, supply)| scan::whole(&supply, place, need, setting, &mut race));
            return race.finish();
        };
        let promises = |rest: &Rest| self.promises_of(rest);
        let mut scan = Scan::new();
        for (start, rows) in places.by_block(|group| need.wants(group)) {
            let chosen = if own.is_empty() { rows } else { rows.without(rows_in(own, start)) };
            let standing = Standing { block: self.block(start), start, places: &self.places, promises: &promises };
            if need.uneven.is_some() {
                scan::unevenly(&question, &standing, chosen, &mut race);
            } else {
                scan.some(&question, standing, chosen, &mut race);
            }
            self.judge_wide(&question, &standing, chosen, &mut race);
        }
        scan.look(&question, &mut race);
        race.finish()
    }
}

/// The rows of `places` in the block that begins at `start`.
fn rows_in(places: &[Place], start: Place) -> Bits {
    let mut rows = Bits::NONE;
    let inside = places.iter().filter(|place| place.group == start.group && block_of(**place) == block_of(start));
    inside.for_each(|place| rows.put(row_of(*place), true));
    rows
}

fn block_of(place: Place) -> usize {
    place.slot as usize / ROWS
}

fn row_of(place: Place) -> usize {
    place.slot as usize % ROWS
}
