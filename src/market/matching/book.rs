//! All offers by group, and the best of them for a demand.

#![expect(clippy::indexing_slicing, reason = "a place is one that the book gave out; a stale one is a fault of the caller")]

use super::facts::{Need, Setting, Supply};
use super::judge::judge;
use super::papers::Papers;
use super::ranking::{Race, Ranking};
use crate::market::record::{Id, Rows};
use std::cmp::Reverse;

/// Where an offer stands in the [`Book`], until it or the last of its group is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The product's group, as recorded.
    pub group: u8,
    /// Row within the group.
    pub slot: u32,
}

/// All offers, by the group of their products.
#[derive(Debug, Clone, Default)]
pub struct Book {
    groups: Vec<Vec<Supply>>,
}

impl Book {
    /// Adds an offer; `papers` is the arena of its papers.
    pub fn put(&mut self, supply: Supply, _papers: &Papers) -> Place {
        let group = supply.group;
        if self.groups.len() <= usize::from(group) {
            self.groups.resize(usize::from(group) + 1, Vec::new());
        }
        let rows = &mut self.groups[usize::from(group)];
        rows.push(supply);
        Place { group, slot: u32::try_from(rows.len() - 1).unwrap_or(u32::MAX) }
    }

    /// Puts `supply` in the place of an older version of the same offer; where its group is another, that moves it, and the
    /// last offer of the old group to `place`, which is told as [`Book::remove`] does.
    pub fn replace(&mut self, place: Place, supply: Supply, papers: &Papers) -> (Place, Option<(Id, Place)>) {
        if place.group == supply.group {
            self.groups[usize::from(place.group)][place.slot as usize] = supply;
            return (place, None);
        }
        let moved = self.remove(place);
        (self.put(supply, papers), moved)
    }

    /// Takes an offer out. The last of its group comes to its place, unless it was the last itself: which, and where.
    pub fn remove(&mut self, place: Place) -> Option<(Id, Place)> {
        let rows = &mut self.groups[usize::from(place.group)];
        rows.swap_remove(place.slot as usize);
        rows.get(place.slot as usize).map(|moved| (moved.id, place))
    }

    /// The offer in a place.
    pub fn get(&self, place: Place) -> Option<Supply> {
        self.groups.get(usize::from(place.group))?.get(place.slot as usize).cloned()
    }

    /// The offers of a group with their places.
    pub fn iter_group(&self, group: u8) -> impl Iterator<Item = (Place, Supply)> + '_ {
        self.groups
            .get(usize::from(group))
            .into_iter()
            .flatten()
            .zip(0..)
            .map(move |(supply, slot)| (Place { group, slot }, supply.clone()))
    }

    /// How many offers there are.
    pub fn len(&self) -> usize {
        self.groups.iter().map(Vec::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that the offers take, without the arenas.
    pub fn bytes(&self) -> usize {
        self.groups.iter().map(|rows| rows.capacity() * size_of::<Supply>()).sum()
    }

    /// The best `limit` offers for a demand without words, and the best `near_limit` of those that just miss.
    ///
    /// An offer is considered if it is open and its group is one that the demand asks for; none is if the demand is not open.
    pub fn best(&self, need: &Need, setting: &Setting<'_>, limit: usize, near_limit: usize) -> Ranking<Place> {
        let places = (0..128).filter(|group| need.wants(*group)).flat_map(|group| self.iter_group(group).map(|(place, _)| place));
        self.best_among(need, setting, limit, near_limit, places)
    }

    /// The same among the offers in `places`, those whose products answer the demand's words; each place once.
    pub fn best_among(
        &self,
        need: &Need,
        setting: &Setting<'_>,
        limit: usize,
        near_limit: usize,
        places: impl IntoIterator<Item = Place>,
    ) -> Ranking<Place> {
        let mut race = Race::new(limit, near_limit);
        if !need.is_open(setting.as_of) {
            return race.finish();
        }
        for place in places {
            let Some(supply) = self.get(place).filter(|supply| need.wants(supply.group) && supply.is_open(setting.as_of)) else { continue };
            race.considered += 1;
            let found = judge(&supply, need, true, setting);
            let rank = || (Reverse(found.score_bp(setting)), found.distance, supply.id);
            if found.fails.is_empty() {
                race.eligible += 1;
                race.best.offer(rank(), place);
            } else if let Some(code) = found.fails.near() {
                race.near.offer(rank(), (place, code));
            }
        }
        race.finish()
    }

    /// The groups that have offers.
    pub fn groups(&self) -> Rows {
        Rows::of((0..128).filter(|group| self.groups.get(usize::from(*group)).is_some_and(|rows| !rows.is_empty())))
    }
}
