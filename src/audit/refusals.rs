//! Who was refused, counted: under abuse a row for each would be the abuse.

use super::model::{Action, Pending};
use crate::access::Role;
use crate::error::Result;
use crate::ids::Randomness;
use chrono::NaiveDateTime;
use parking_lot::Mutex;
use std::collections::HashMap;

/// Kinds of refusal that are told apart between two sealings; what comes beyond is counted without the key and its organisation.
const MOST: usize = 10_000;

/// Refusals that are alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// The operation that was tried.
    pub operation: &'static str,
    /// `code` of the problem; `hidden` where the answer was that there is nothing.
    pub code: &'static str,
    /// The key that tried.
    pub key_id: Option<String>,
    /// Its role.
    pub role: Option<Role>,
    /// The organisation that it acts for.
    pub organisation_id: Option<String>,
}

/// What was refused since the last sealing.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<HashMap<Refusal, i64>>);

impl Refusals {
    pub(super) fn count(&self, refusal: Refusal) {
        self.add(refusal, 1);
    }

    fn add(&self, refusal: Refusal, times: i64) {
        let mut counts = self.0.lock();
        let refusal = if counts.len() < MOST || counts.contains_key(&refusal) {
            refusal
        } else {
            Refusal { key_id: None, organisation_id: None, ..refusal }
        };
        *counts.entry(refusal).or_default() += times;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    /// Takes the counts; who can't keep them gives them back.
    pub(super) fn take(&self) -> Vec<(Refusal, i64)> {
        self.0.lock().drain().collect()
    }

    pub(super) fn give_back(&self, counts: Vec<(Refusal, i64)>) {
        for (refusal, times) in counts {
            self.add(refusal, times);
        }
    }
}

/// The row for `times` times `refusal`, counted until `now`.
pub(super) fn row(refusal: &Refusal, times: i64, now: NaiveDateTime, ids: &Randomness) -> Result<Pending> {
    let Refusal { operation, code, key_id, role, organisation_id } = refusal;
    Ok(Pending {
        id: ids.id("adt", now).map_err(crate::error::Problem::internal)?,
        recorded_at: now,
        action: Action::Refuse,
        operation: (*operation).to_owned(),
        code: Some((*code).to_owned()),
        actor_key_id: key_id.clone(),
        actor_role: role.as_ref().map_or("anonymous", Role::as_str).to_owned(),
        actor_organisation_id: organisation_id.clone(),
        entity: None,
        entity_id: None,
        organisation_id: None,
        reason: None,
        times,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(n: usize) -> Refusal {
        Refusal {
            operation: "create_mou",
            code: "forbidden",
            key_id: Some(format!("key_{n}")),
            role: Some(Role::Buyer),
            organisation_id: None,
        }
    }

    #[test]
    fn refusals_are_counted_by_kind_and_none_is_lost_however_many_there_are() {
        let refusals = Refusals::default();
        for n in 0..MOST + 500 {
            refusals.count(refusal(n));
            refusals.count(refusal(n));
        }
        let counts = refusals.take();
        assert!(refusals.is_empty());
        assert_eq!(counts.len(), MOST + 1, "all others are one kind");
        assert_eq!(counts.iter().map(|(_, times)| times).sum::<i64>(), 2 * (10_000 + 500));
        refusals.give_back(counts);
        refusals.count(refusal(0));
        assert_eq!(refusals.take().iter().map(|(_, times)| times).sum::<i64>(), 2 * (10_000 + 500) + 1);
    }
}
