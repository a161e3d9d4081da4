//! All demands, and the best of them for an offer.

use super::facts::{Need, Setting, Supply};
use super::judge::judge;
use super::ranking::{Race, Ranking};
use crate::market::record::{Id, Rows};
use std::cmp::Reverse;
use std::collections::HashMap;

/// All demands by id.
#[derive(Debug, Clone, Default)]
pub struct DemandBook {
    needs: Vec<Need>,
    /// Groups of each: read first, so that the demands of other groups are not touched.
    groups: Vec<Rows>,
    rows: HashMap<Id, usize>,
}

impl DemandBook {
    /// Adds a demand, or puts it in the place of an older version of itself.
    pub fn put(&mut self, need: Need) {
        let groups = need.groups.unwrap_or(Rows(u128::MAX));
        let row = *self.rows.entry(need.id).or_insert(self.needs.len());
        if let (Some(old), Some(old_groups)) = (self.needs.get_mut(row), self.groups.get_mut(row)) {
            (*old, *old_groups) = (need, groups);
        } else {
            self.needs.push(need);
            self.groups.push(groups);
        }
    }

    /// Takes a demand out, where it is there.
    pub fn remove(&mut self, id: Id) -> Option<Need> {
        let row = self.rows.remove(&id)?;
        let removed = self.needs.swap_remove(row);
        self.groups.swap_remove(row);
        if let Some(moved) = self.needs.get(row) {
            self.rows.insert(moved.id, row);
        }
        Some(removed)
    }

    /// The demand of an id.
    pub fn get(&self, id: Id) -> Option<&Need> {
        self.needs.get(*self.rows.get(&id)?)
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
    /// A demand is considered if it is open and asks for the product's group and words; none is if the offer is not open.
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
        for need in self.of_group(supply.group).filter(|need| need.is_open(setting.as_of) && answers(need)) {
            race.considered += 1;
            let found = judge(supply, need, true, setting);
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
