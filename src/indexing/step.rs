//! From a change of the log to what it changes in the index.

use super::convert::{self, Unfit};
use super::{Index, promises};
use crate::db::Db;
use crate::error::Result;
use crate::log::{self, Operation, Position};
use crate::market::Market;
use crate::market::record::{Change, Id, MouRecord};
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// One number of the log and what it changes; nothing, where the index does not need the record.
#[derive(Debug)]
pub(super) struct Step {
    pub seq: i64,
    /// A product that no commitment named when the step was made.
    pub unpromised: Option<Id>,
    pub changes: Vec<Change>,
    /// Its place in the log.
    pub position: Position,
}

impl Step {
    /// Applies it.
    pub fn apply(self, market: &mut Market) {
        for change in self.changes {
            market.apply(change);
        }
    }
}

/// Steps that follow each other, and what they still need of the tables.
#[derive(Debug, Default)]
pub(super) struct Steps {
    pub list: Vec<Step>,
    /// Place in the list of each `MoU` that changed, by its id.
    mous: HashMap<String, usize>,
    /// The same of products.
    products: HashMap<String, usize>,
}

impl Index {
    /// What `changes` change in the index. One that can't be read is logged and counted, and changes nothing.
    pub(super) fn steps(&self, changes: &[log::Change]) -> Steps {
        let mut steps = Steps::default();
        for change in changes {
            let found = change_of(change, &mut steps).unwrap_or_else(|unfit| {
                self.note_error(change.seq, &change.entity, &unfit);
                None
            });
            let position = Position::of(change);
            let unpromised = match &found {
                Some(Change::Product(product)) => Some(product.id),
                _ => None,
            };
            steps.list.push(Step { seq: change.seq, unpromised, position, changes: found.into_iter().collect() });
        }
        steps
    }

    /// Whether an `MoU` has to be read for `steps`.
    pub(super) fn needs_promises(&self, steps: &Steps) -> bool {
        !steps.mous.is_empty() || steps.list.iter().any(|step| step.unpromised.is_some_and(|product| self.is_promised(product)))
    }

    /// Adds what the `MoUs` that changed promise, and those that name a product which changed.
    ///
    /// INVARIANT: an `MoU` is applied after its products are known as promised, and a product is applied after a look at
    /// them under the lock of the order. So the packs by which a promise counts are those of the newest change applied,
    /// or of one that is still to come.
    pub(super) fn add_promises(&self, steps: &mut Steps, db: &mut Db) -> Result<()> {
        let mut wanted = std::mem::take(&mut steps.mous);
        if !wanted.is_empty() {
            let read = promises::of_mous(db, Some(&ids(&wanted)))?;
            self.promised.lock().extend(read.products);
            self.add(steps, &wanted, read.mous);
            wanted.clear();
        }
        for (product, place) in std::mem::take(&mut steps.products) {
            let Some(step) = steps.list.get_mut(place) else { continue };
            if step.unpromised.is_some_and(|id| self.is_promised(id)) {
                step.unpromised = None;
                wanted.extend(promises::naming(db, &product)?.into_iter().map(|mou| (mou, place)));
            }
        }
        if !wanted.is_empty() {
            let read = promises::of_mous(db, Some(&ids(&wanted)))?;
            self.add(steps, &wanted, read.mous);
        }
        Ok(())
    }

    /// Puts `mous` where they are wanted. One that is not there was deleted since: its tombstone comes.
    fn add(&self, steps: &mut Steps, wanted: &HashMap<String, usize>, mous: Vec<(String, Result<MouRecord, Unfit>)>) {
        for (id, mou) in mous {
            let Some(step) = wanted.get(&id).and_then(|place| steps.list.get_mut(*place)) else { continue };
            match mou {
                Ok(record) => step.changes.push(Change::Mou(record)),
                Err(unfit) => self.note_error(step.seq, "mou", &unfit),
            }
        }
    }
}

/// What `change` changes itself; what it needs of the tables is noted in `steps`.
fn change_of(change: &log::Change, steps: &mut Steps) -> Result<Option<Change>, Unfit> {
    let place = steps.list.len();
    let gone = change.operation == Operation::Delete;
    let id = || convert::id(&change.entity_id);
    Ok(match change.entity.as_str() {
        "organisation" if gone => Some(Change::OrganisationGone(id()?)),
        "organisation" => Some(Change::Organisation(convert::organisation(&body(change)?)?)),
        "product" if gone => Some(Change::ProductGone(id()?)),
        "product" => {
            steps.products.insert(change.entity_id.clone(), place);
            Some(Change::Product(convert::product(&body(change)?)?))
        }
        "certificate" if gone => Some(Change::CertificateGone(id()?)),
        "certificate" => Some(Change::Certificate(convert::certificate(&body(change)?)?)),
        "offer" if gone => Some(Change::OfferGone(id()?)),
        "offer" => Some(Change::Offer(convert::offer(&body(change)?)?)),
        "demand" if gone => Some(Change::DemandGone(id()?)),
        "demand" => Some(Change::Demand(convert::demand(&body(change)?)?)),
        "mou" if gone => Some(Change::MouGone(id()?)),
        "mou" => {
            let mou = promises::of_body(text(change)?)?;
            if mou.is_none() {
                steps.mous.insert(change.entity_id.clone(), place);
            }
            mou.map(Change::Mou)
        }
        "introduction" if gone => Some(Change::IntroductionGone(id()?)),
        "introduction" => Some(Change::Introduction(convert::introduction(&body(change)?)?)),
        // Events, facilities, keys and whatever else the register keeps are not in the market.
        _ => None,
    })
}

fn ids(places: &HashMap<String, usize>) -> Vec<String> {
    places.keys().cloned().collect()
}

fn body<T: DeserializeOwned>(change: &log::Change) -> Result<T, Unfit> {
    serde_json::from_str(text(change)?).map_err(|error| Unfit(format!("its body: {error}")))
}

fn text(change: &log::Change) -> Result<&str, Unfit> {
    change.body.as_deref().ok_or_else(|| Unfit("it has no body".to_owned()))
}
