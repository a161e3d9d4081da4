//! What signed `MoUs` promise demands: kept by demand, so that a demand that comes later finds it, and by `MoU`, so that it can be
//! taken back.

use super::record::{Day, Id, Promise};
use super::upkeep::table_bytes;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::Arc;

/// What is promised to demands.
#[derive(Debug, Default)]
pub(super) struct Met {
    /// Of each demand, with the `MoU` that promises it.
    of_demand: HashMap<Id, Vec<(Id, Promise)>, RandomState>,
    /// The demands of each `MoU`.
    of_mou: HashMap<Id, Vec<Id>, RandomState>,
}

impl Met {
    /// Adds what an `MoU`, of which nothing is kept, promises; the demands to which it does.
    pub fn put(&mut self, mou: Id, meets: impl Iterator<Item = (Id, Promise)>) -> Vec<Id> {
        let mut demands = Vec::new();
        for (demand, promise) in meets {
            self.of_demand.entry(demand).or_default().push((mou, promise));
            demands.push(demand);
        }
        demands.sort_unstable();
        demands.dedup();
        if !demands.is_empty() {
            self.of_mou.insert(mou, demands.clone());
        }
        demands
    }

    /// Takes back what an `MoU` promises; the demands to which it did.
    pub fn forget(&mut self, mou: Id) -> Vec<Id> {
        let demands = self.of_mou.remove(&mou).unwrap_or_default();
        for demand in &demands {
            self.retain(*demand, |(promised_by, _)| *promised_by != mou);
        }
        demands
    }

    /// Forgets promises that ended before a day; the demands to which they were made.
    pub fn forget_before(&mut self, day: Day) -> Vec<Id> {
        let is_old = |(_, promise): &(Id, Promise)| promise.until < day;
        let ended = self.of_demand.iter().filter(|(_, promises)| promises.iter().any(is_old));
        let changed: Vec<Id> = ended.map(|(demand, _)| *demand).collect();
        for demand in &changed {
            self.retain(*demand, |promise| !is_old(promise));
        }
        changed
    }

    fn retain(&mut self, demand: Id, keeps: impl FnMut(&(Id, Promise)) -> bool) {
        if let Some(promises) = self.of_demand.get_mut(&demand) {
            promises.retain(keeps);
            if promises.is_empty() {
                self.of_demand.remove(&demand);
            }
        }
    }

    /// What is promised to a demand, in an order of its own; `None` where nothing is.
    pub fn promises(&self, demand: Id) -> Option<Arc<[Promise]>> {
        let mut promises: Vec<Promise> = self.of_demand.get(&demand)?.iter().map(|(_, promise)| *promise).collect();
        promises.sort_unstable();
        Some(promises.into())
    }

    /// Bytes of memory, estimated.
    pub fn bytes(&self) -> usize {
        let promises: usize = self.of_demand.values().map(|promises| promises.capacity() * size_of::<(Id, Promise)>()).sum();
        let demands: usize = self.of_mou.values().map(|demands| demands.capacity() * size_of::<Id>()).sum();
        table_bytes(&self.of_demand) + table_bytes(&self.of_mou) + promises + demands
    }

    /// Gives back what has grown beyond what it holds.
    pub fn shrink(&mut self) {
        self.of_demand.shrink_to_fit();
        self.of_mou.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::super::Market;
    use super::super::matching::Weights;
    use super::super::record::{Change, DemandRecord, FOREVER, Id, MouRecord, Per, Promise};
    use super::super::samples::{self, TODAY, loaded, offer, organisation, product, public, tables, thesaurus};
    use proptest::prelude::*;

    fn promise(quantity: i64) -> Promise {
        Promise {
            unit: 0,
            quantity,
            per: Per::Month,
            from: TODAY,
            until: TODAY + 400,
            effect: (-30_000, FOREVER),
            signed_on: TODAY,
            ended_on: FOREVER,
        }
    }

    fn mou(id: u128, version: i64, meets: &[(u128, i64)]) -> Change {
        let meets = meets.iter().map(|(demand, quantity)| (Id(*demand), promise(*quantity))).collect();
        Change::Mou(MouRecord { id: Id(id), version, promises: Vec::new(), meets })
    }

    /// Two demands of 1,000 a month, the first of which becomes one of 2,000, and what two `MoUs` promise them in the end: 500
    /// and 300 to the first, all to the second.
    fn records() -> Vec<Change> {
        let demand = |id, version, quantity| Change::Demand(DemandRecord { version, quantity, ..samples::demand(id, 802, None) });
        vec![
            Change::Organisation(organisation(800, "HTX Minh Phát", 0)),
            Change::Organisation(organisation(802, "Siêu thị Tân Định", 0)),
            Change::Product(product(1, 800, "Tỏi khô", 1)),
            Change::Offer(offer(11, 1, 9_000)),
            demand(21, 1, 1_000),
            demand(21, 2, 2_000),
            demand(22, 1, 1_000),
            mou(31, 1, &[(21, 900), (23, 1)]),
            mou(31, 2, &[(21, 500), (22, 400)]),
            mou(32, 1, &[(21, 300), (22, 600)]),
        ]
    }

    /// Of each demand how much is needed still, as everybody is told, and how many offers are held against it.
    fn said(market: &Market) -> Vec<(i64, u32)> {
        let setting = market.setting(public(), Weights::default(), TODAY);
        let said = [21, 22].map(|id| {
            let asked = market.asked(Id(id)).unwrap();
            (asked.need.left(&setting), market.best_offers(&asked, &setting, 9, 9).considered)
        });
        let demands = market.best_demands(&market.offer(Id(11)).unwrap(), &setting, 9, 9).considered;
        said.into_iter().chain([(0, demands)]).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn what_demands_are_promised_is_known_in_whatever_order_it_comes(changes in Just(records()).prop_shuffle(), loading in 0..=10_usize) {
            let mut market = Market::new(tables(), thesaurus(), TODAY);
            let (first, rest) = changes.split_at(loading);
            for change in first {
                market.apply(change.clone());
            }
            market.finish_loading();
            for change in rest {
                market.apply(change.clone());
            }
            prop_assert_eq!(said(&market), [(1_200, 1), (0, 0), (0, 1)]);
            market.apply(Change::MouGone(Id(32)));
            prop_assert_eq!(said(&market), [(1_500, 1), (600, 1), (0, 2)]);
            // A demand that is gone and comes again is promised the same.
            market.apply(Change::DemandGone(Id(22)));
            market.apply(Change::Demand(samples::demand(22, 802, None)));
            prop_assert_eq!(said(&market), [(1_500, 1), (600, 1), (0, 2)]);
            market.apply(mou(31, 3, &[]));
            prop_assert_eq!(said(&market), [(2_000, 1), (1_000, 1), (0, 2)]);
        }
    }

    // An index that ran on and one that is built anew answer alike about days long past.
    #[test]
    fn what_demands_were_promised_over_a_year_ago_is_forgotten() {
        let mut market = loaded(records());
        let is_met = |market: &Market| [21, 22].map(|id| market.demands().get(Id(id)).unwrap().0.met.is_some());
        assert_eq!(is_met(&market), [true, true]);
        market.set_today(TODAY + 400 + 366);
        assert_eq!(is_met(&market), [true, true]);
        market.set_today(TODAY + 400 + 367);
        assert_eq!(is_met(&market), [false, false]);
        let mut anew = Market::new(tables(), thesaurus(), TODAY + 400 + 367);
        for change in records() {
            anew.apply(change);
        }
        anew.finish_loading();
        assert_eq!(is_met(&anew), [false, false]);
    }
}
