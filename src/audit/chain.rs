//! What ties the rows of the audit log together: digests over an encoding that two different rows never share.

use super::model::Entry;
use crate::hex::hex;
use crate::log::Change;
use chrono::NaiveDateTime;
use sha2::{Digest as _, Sha256};

/// A digest that takes members one by one, each with its length: `("ab", "c")` and `("a", "bc")` differ, and so do an
/// absent and an empty one.
struct Members(Sha256);

impl Members {
    fn new(of: &str) -> Self {
        let mut members = Self(Sha256::new());
        members.text(of);
        members
    }

    fn text(&mut self, text: &str) {
        self.maybe(Some(text));
    }

    fn maybe(&mut self, text: Option<&str>) {
        match text {
            None => self.0.update([0]),
            Some(text) => {
                self.0.update([1]);
                self.0.update((text.len() as u64).to_be_bytes());
                self.0.update(text.as_bytes());
            }
        }
    }

    fn number(&mut self, number: i64) {
        self.0.update([2]);
        self.0.update(number.to_be_bytes());
    }

    fn maybe_number(&mut self, number: Option<i64>) {
        match number {
            None => self.0.update([0]),
            Some(number) => self.number(number),
        }
    }

    /// Both databases keep microseconds.
    fn instant(&mut self, instant: NaiveDateTime) {
        self.number(instant.and_utc().timestamp_micros());
    }

    fn finish(self) -> String {
        hex(self.0.finalize())
    }
}

/// SHA-256 over changes with all their members.
pub(super) struct Digest(Members);

impl Default for Digest {
    fn default() -> Self {
        Self(Members::new("changes"))
    }
}

impl Digest {
    /// Takes the next change.
    pub(super) fn take(&mut self, change: &Change) {
        let Change {
            seq,
            recorded_at,
            entity,
            entity_id,
            version,
            operation,
            actor_key_id,
            actor_role,
            actor_organisation_id,
            origin,
            body,
        } = change;
        let members = &mut self.0;
        members.number(*seq);
        members.instant(*recorded_at);
        members.text(entity);
        members.text(entity_id);
        members.number(*version);
        members.text(operation.as_str());
        members.maybe(actor_key_id.as_deref());
        members.text(actor_role);
        members.maybe(actor_organisation_id.as_deref());
        members.text(origin);
        members.maybe(body.as_deref());
    }

    /// In hexadecimal.
    pub(super) fn finish(self) -> String {
        self.0.finish()
    }
}

/// The digest of one change.
pub(super) fn digest(change: &Change) -> String {
    let mut digest = Digest::default();
    digest.take(change);
    digest.finish()
}

/// The hash of `entry` after the row whose hash is `previous`, whatever stands in its own `hash`.
pub(super) fn hash(previous: &str, entry: &Entry) -> String {
    let Entry {
        seq,
        recorded_at,
        action,
        operation,
        code,
        actor_key_id,
        actor_role,
        actor_organisation_id,
        entity,
        entity_id,
        version,
        organisation_id,
        reason,
        times,
        first_change,
        last_change,
        changes_digest,
        hash: _,
    } = entry;
    let mut members = Members::new("audit");
    members.text(previous);
    members.number(*seq);
    members.instant(*recorded_at);
    members.text(action.as_str());
    for text in [operation, code, actor_key_id] {
        members.maybe(text.as_deref());
    }
    members.text(actor_role);
    for text in [actor_organisation_id, entity, entity_id] {
        members.maybe(text.as_deref());
    }
    members.maybe_number(*version);
    members.maybe(organisation_id.as_deref());
    members.maybe(reason.as_deref());
    members.number(*times);
    members.maybe_number(*first_change);
    members.maybe_number(*last_change);
    members.maybe(changes_digest.as_deref());
    members.finish()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::audit::Action;
    use proptest::prelude::*;
    use std::collections::HashSet;

    /// Any row: few letters, so that rows are alike but for one member.
    pub(in crate::audit) fn entries() -> impl Strategy<Value = Entry> {
        let text = || proptest::option::of("[ab]{0,2}");
        let number = || proptest::option::of(0_i64..3);
        let what = (prop_oneof![Just(Action::Update), Just(Action::Refuse)], text(), text(), text(), "[ab]{0,2}", text());
        (what, text(), text(), number(), text(), text(), (1_i64..3, number(), number(), text())).prop_map(
            |(
                (action, operation, code, actor_key_id, actor_role, actor_organisation_id),
                entity,
                entity_id,
                version,
                organisation_id,
                reason,
                (times, first_change, last_change, changes_digest),
            )| Entry {
                seq: 1,
                recorded_at: NaiveDateTime::default(),
                action,
                operation,
                code,
                actor_key_id,
                actor_role,
                actor_organisation_id,
                entity,
                entity_id,
                version,
                organisation_id,
                reason,
                times,
                first_change,
                last_change,
                changes_digest,
                hash: String::new(),
            },
        )
    }

    proptest! {
        #[test]
        fn different_rows_have_different_hashes(rows in proptest::collection::vec(entries(), 2..40)) {
            let hashes: HashSet<String> = rows.iter().map(|row| hash("", row)).collect();
            let rows: HashSet<String> = rows.iter().map(|row| format!("{row:?}")).collect();
            prop_assert_eq!(hashes.len(), rows.len());
        }

        #[test]
        fn a_hash_depends_on_the_row_before(row in entries()) {
            prop_assert_ne!(hash("", &row), hash(&hash("", &row), &row));
        }
    }

    #[test]
    fn a_hash_is_the_sha_256_of_the_members_as_documented() {
        // Put together by hand from the encoding, not by `Members`.
        let change = Change {
            seq: 1,
            recorded_at: NaiveDateTime::default(),
            entity: "offer".into(),
            entity_id: "off_1".into(),
            version: 1,
            operation: crate::log::Operation::Delete,
            actor_key_id: None,
            actor_role: "system".into(),
            actor_organisation_id: None,
            origin: "ST".into(),
            body: None,
        };
        let mut bytes = Vec::new();
        let text = |bytes: &mut Vec<u8>, text: &str| {
            bytes.push(1);
            bytes.extend([0, 0, 0, 0, 0, 0, 0, u8::try_from(text.len()).unwrap()]);
            bytes.extend(text.as_bytes());
        };
        text(&mut bytes, "changes");
        bytes.extend([2, 0, 0, 0, 0, 0, 0, 0, 1]);
        bytes.extend([2, 0, 0, 0, 0, 0, 0, 0, 0]);
        text(&mut bytes, "offer");
        text(&mut bytes, "off_1");
        bytes.extend([2, 0, 0, 0, 0, 0, 0, 0, 1]);
        text(&mut bytes, "delete");
        bytes.push(0);
        text(&mut bytes, "system");
        bytes.push(0);
        text(&mut bytes, "ST");
        bytes.push(0);
        assert_eq!(digest(&change), hex(Sha256::digest(&bytes)));
    }
}
