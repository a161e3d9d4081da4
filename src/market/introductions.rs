//! Who was introduced to whom: the one side sees what the other shows to the parties of the offer or demand.

use super::record::{Id, IntroductionRecord};
use super::upkeep::table_bytes;
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Introductions, by themselves and by organisation.
#[derive(Debug, Default)]
pub struct Introductions {
    known: HashMap<Id, IntroductionRecord, RandomState>,
    /// The offers that are open to an organisation, as a buyer, and the demands, as a producer: in order, each as often as
    /// an introduction opens it.
    opened: HashMap<Id, Vec<Id>, RandomState>,
}

impl Introductions {
    /// The offers and demands about which `organisation` was introduced to the other side, in order.
    pub fn opened_to(&self, organisation: Id) -> &[Id] {
        self.opened.get(&organisation).map(Vec::as_slice).unwrap_or_default()
    }

    /// Takes an introduction as it is now.
    pub(super) fn put(&mut self, record: IntroductionRecord) {
        let known = self.known.get(&record.id).copied();
        if known.is_some_and(|known| known.version >= record.version) {
            return;
        }
        if let Some(known) = known {
            self.close(&known);
        }
        if record.is_accepted {
            for (organisation, what) in opens(&record) {
                let opened = self.opened.entry(organisation).or_default();
                let at = opened.partition_point(|other| *other < what);
                opened.insert(at, what);
            }
        }
        self.known.insert(record.id, record);
    }

    pub(super) fn forget(&mut self, id: Id) {
        if let Some(known) = self.known.remove(&id) {
            self.close(&known);
        }
    }

    fn close(&mut self, record: &IntroductionRecord) {
        for (organisation, what) in opens(record).into_iter().filter(|_| record.is_accepted) {
            let Some(opened) = self.opened.get_mut(&organisation) else { continue };
            if let Ok(at) = opened.binary_search(&what) {
                opened.remove(at);
            }
            if opened.is_empty() {
                self.opened.remove(&organisation);
            }
        }
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        let lists: usize = self.opened.values().map(|opened| opened.capacity() * size_of::<Id>()).sum();
        table_bytes(&self.known) + table_bytes(&self.opened) + lists
    }
}

/// What an accepted introduction opens, to whom.
fn opens(record: &IntroductionRecord) -> [(Id, Id); 2] {
    [(record.buyer, record.offer), (record.producer, record.demand)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn record() -> impl Strategy<Value = IntroductionRecord> {
        (1..5_u128, 1..4_i64, 10..12_u128, 20..22_u128, 30..32_u128, 40..42_u128, any::<bool>()).prop_map(
            |(id, version, demand, offer, buyer, producer, is_accepted)| IntroductionRecord {
                id: Id(id),
                version,
                demand: Id(demand),
                offer: Id(offer),
                buyer: Id(buyer),
                producer: Id(producer),
                is_accepted,
            },
        )
    }

    proptest! {
        // Against looking through the newest version of each, in whatever order they came.
        #[test]
        fn what_is_accepted_now_is_open(steps in prop::collection::vec((record(), prop::bool::weighted(0.2)), 0..20)) {
            let mut introductions = Introductions::default();
            let mut newest = BTreeMap::new();
            for (record, gone) in &steps {
                if *gone {
                    introductions.forget(record.id);
                    newest.remove(&record.id);
                    continue;
                }
                introductions.put(*record);
                let known = newest.entry(record.id).or_insert(*record);
                if record.version > known.version {
                    *known = *record;
                }
            }
            for organisation in [30, 31, 40, 41].map(Id) {
                let accepted = newest.values().filter(|record| record.is_accepted);
                let mut expected: Vec<Id> = accepted
                    .filter_map(|record| match organisation {
                        _ if record.buyer == organisation => Some(record.offer),
                        _ if record.producer == organisation => Some(record.demand),
                        _ => None,
                    })
                    .collect();
                expected.sort_unstable();
                prop_assert_eq!(introductions.opened_to(organisation), expected);
            }
        }
    }
}
