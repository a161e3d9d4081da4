//! All demands, and the best of them for an offer.

use super::facts::{Need, Setting, Supply};
use super::judge::judge;
use super::ranking::{Race, Ranking};
use crate::market::ids::Index;
use crate::market::record::{Id, Rows};
use std::cmp::Reverse;

/// All demands by id.
#[derive(Debug, Clone, Default)]
pub struct DemandBook {
    needs: Vec<Need>,
    /// Groups of each: read first, so that the demands of other groups are not touched.
    groups: Vec<Rows>,
    rows: Index,
}

impl DemandBook {
    /// Adds a demand behind the others, or puts it in the place of an older version of itself.
    pub fn put(&mut self, need: Need) {
        let (id, groups) = (need.id, need.groups);
        let known = self.row(id).and_then(|row| self.needs.get_mut(row).zip(self.groups.get_mut(row)));
        if let Some((old, old_groups)) = known {
            (*old, *old_groups) = (need, groups);
            return;
        }
        self.needs.push(need);
        self.groups.push(groups);
        let Self { needs, rows, .. } = self;
        rows.insert(id, u32::try_from(needs.len() - 1).unwrap_or(u32::MAX), id_in(needs));
    }

    /// Takes a demand out, where it is there; its row, where the last one stands now.
    pub fn remove(&mut self, id: Id) -> Option<usize> {
        let row = self.row(id)?;
        let last = self.needs.last().map(|need| need.id).filter(|last| *last != id);
        let Self { needs, rows, .. } = self;
        for id in [Some(id), last].into_iter().flatten() {
            rows.remove(id, id_in(needs));
        }
        self.needs.swap_remove(row);
        self.groups.swap_remove(row);
        let Self { needs, rows, .. } = self;
        if let Some(last) = last {
            rows.insert(last, u32::try_from(row).unwrap_or(u32::MAX), id_in(needs));
        }
        Some(row)
    }

    /// The demand of an id.
    pub fn get(&self, id: Id) -> Option<&Need> {
        self.needs.get(self.row(id)?)
    }

    /// The row of an id: as many came before it and are still there, or it has taken the place of one that is not.
    pub fn row(&self, id: Id) -> Option<usize> {
        self.rows.find(id, id_in(&self.needs)).map(|row| row as usize)
    }

    /// Gives back what has grown beyond what it holds.
    pub fn shrink(&mut self) {
        self.rows.shrink(id_in(&self.needs));
        self.needs.shrink_to_fit();
        self.groups.shrink_to_fit();
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.needs.capacity() * size_of::<Need>() + self.groups.capacity() * size_of::<Rows>() + self.rows.bytes()
    }

    /// All demands, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &Need> {
        self.needs.iter()
    }

    /// How many demands there are.
    pub fn len(&self) -> usize {
        self.needs.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.needs.is_empty()
    }

    /// Demands that ask for products of `group`.
    pub(super) fn of_group(&self, group: u8) -> impl Iterator<Item = &Need> {
        self.groups.iter().zip(&self.needs).filter(move |(groups, _)| groups.contains(group)).map(|(_, need)| need)
    }

    /// The best `limit` demands for an offer, and the best `near_limit` of those that it just misses; `answers` says whether
    /// its product answers a demand's words.
    ///
    /// A demand is considered if it is open, asks for the product's group and words and is not the producer's own; none is if
    /// the offer is not open.
    pub fn for_offer(
        &self,
        supply: &Supply,
        answers: impl Fn(&Need) -> bool,
        setting: &Setting<'_>,
        limit: usize,
        near_limit: usize,
    ) -> Ranking<Id> {
        let mut race = Race::new(limit, near_limit);
        if !supply.is_open(setting.as_of) {
            return race.finish();
        }
        let is_considered = |need: &&Need| need.is_open(setting.as_of) && !need.is_of(supply.producer) && answers(need);
        for need in self.of_group(supply.group).filter(is_considered) {
            race.considered += 1;
            let found = judge(supply, &need.still_needed(setting), true, setting);
            let rank = (Reverse(found.score_bp(setting)), found.distance, need.id);
            if found.fails.is_empty() {
                race.eligible += 1;
                race.best.offer(rank, need.id);
            } else if let Some(code) = found.fails.near() {
                race.near.offer(rank, (need.id, code));
            }
        }
        race.finish()
    }
}

/// Which id stands in a row.
fn id_in(needs: &[Need]) -> impl Fn(u32) -> Option<Id> {
    |row| needs.get(row as usize).map(|need| need.id)
}
