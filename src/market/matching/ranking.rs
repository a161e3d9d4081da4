//! The best of many: score, then distance, then id.

use super::constraints::Code;
use crate::market::record::Id;
use crate::market::tables::Kilometres;
use std::cmp::Reverse;

/// One of the best; `P` says where it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranked<P> {
    /// Where.
    pub place: P,
    /// Basis points.
    pub score_bp: u16,
    /// Between the centroids of the units of producer and delivery.
    pub distance_km: Kilometres,
}

/// One that fails exactly one constraint which a change can mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NearMiss<P> {
    /// Where.
    pub place: P,
    /// What it fails.
    pub code: Code,
    /// Basis points.
    pub score_bp: u16,
    /// Between the centroids of the units of producer and delivery.
    pub distance_km: Kilometres,
}

/// The best of those that were considered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking<P> {
    /// How many were open and of the groups (and words) that were asked for.
    pub considered: u32,
    /// How many of them fit.
    pub eligible: u32,
    /// The best of those that fit.
    pub best: Vec<Ranked<P>>,
    /// The best of those that just miss.
    pub near: Vec<NearMiss<P>>,
}

/// What decides between two, the smaller the better.
pub(super) type Rank = (Reverse<u16>, Kilometres, Id);

/// The best few of what it is shown.
#[derive(Debug, Clone)]
pub(super) struct Top<T> {
    limit: usize,
    /// Sorted, the best first.
    items: Vec<(Rank, T)>,
}

impl<T> Top<T> {
    pub fn new(limit: usize) -> Self {
        Self { limit, items: Vec::new() }
    }

    /// Less than this cannot enter, whatever its distance and id.
    pub fn least_score(&self) -> u16 {
        match self.items.last() {
            Some(((Reverse(score), _, _), _)) if self.items.len() >= self.limit => *score,
            // Nothing enters a list of no length.
            None if self.limit == 0 => u16::MAX,
            _ => 0,
        }
    }

    /// Takes in what is better than the last.
    pub fn offer(&mut self, rank: Rank, item: T) {
        let place = self.items.partition_point(|(other, _)| *other < rank);
        if place >= self.limit {
            return;
        }
        if self.items.len() >= self.limit {
            self.items.pop();
        }
        self.items.insert(place, (rank, item));
    }

    /// What it holds, the best first.
    pub fn into_items(self) -> impl Iterator<Item = (Rank, T)> {
        self.items.into_iter()
    }
}

/// A ranking in the making.
#[derive(Debug, Clone)]
pub(super) struct Race<P> {
    pub considered: u32,
    pub eligible: u32,
    pub best: Top<P>,
    pub near: Top<(P, Code)>,
}

impl<P> Race<P> {
    pub fn new(limit: usize, near_limit: usize) -> Self {
        Self { considered: 0, eligible: 0, best: Top::new(limit), near: Top::new(near_limit) }
    }

    pub fn finish(self) -> Ranking<P> {
        Ranking {
            considered: self.considered,
            eligible: self.eligible,
            best: self
                .best
                .into_items()
                .map(|((Reverse(score_bp), distance_km, _), place)| Ranked { place, score_bp, distance_km })
                .collect(),
            near: self
                .near
                .into_items()
                .map(|((Reverse(score_bp), distance_km, _), (place, code))| NearMiss { place, code, score_bp, distance_km })
                .collect(),
        }
    }
}
