//! What an `MoU` may be, by examples and as properties.

use super::*;
use ProfileKind::{Agency, Buyer, Producer};
use Side::{A, B, C};
use proptest::prelude::*;

#[test]
fn the_kind_follows_from_the_sides() {
    for (parties, kind) in [
        (vec![(A, Agency), (B, Agency)], MouKind::AgencyAgency),
        (vec![(A, Agency), (B, Agency), (B, Agency)], MouKind::AgencyAgency),
        (vec![(A, Agency), (B, Buyer)], MouKind::ProvinceRetail),
        (vec![(A, Buyer), (B, Agency), (B, Agency)], MouKind::ProvinceRetail),
        (vec![(A, Producer), (B, Buyer)], MouKind::ProducerDistributor),
        (vec![(A, Buyer), (A, Buyer), (B, Producer)], MouKind::ProducerDistributor),
        (vec![(A, Producer), (B, Agency)], MouKind::Other),
        (vec![(A, Producer), (A, Agency), (B, Buyer)], MouKind::Other),
        (vec![(A, Buyer), (B, Buyer)], MouKind::Other),
        (vec![(A, Agency), (B, Agency), (C, Agency)], MouKind::Other),
    ] {
        assert_eq!(kind_of(&parties), kind, "{parties:?}");
    }
}

const SIDES: [Side; 4] = [A, B, C, Side::D];

fn any_party() -> impl Strategy<Value = (Side, ProfileKind)> {
    (prop_oneof![3 => Just(A), 3 => Just(B), 1 => Just(C), 1 => Just(Side::D)], prop_oneof![Just(Producer), Just(Buyer), Just(Agency)])
}

proptest! {
    #[test]
    fn the_order_of_parties_does_not_matter(parties in proptest::collection::vec(any_party(), 2..8), turn in 0_usize..8) {
        let mut turned = parties.clone();
        turned.rotate_left(turn % parties.len());
        prop_assert_eq!(kind_of(&turned), kind_of(&parties));
        turned.reverse();
        prop_assert_eq!(kind_of(&turned), kind_of(&parties));
    }

    #[test]
    fn the_letters_of_sides_do_not_matter(parties in proptest::collection::vec(any_party(), 2..8), letters in Just(SIDES.to_vec()).prop_shuffle()) {
        let renamed: Vec<_> = parties.iter().map(|(side, capacity)| (letters[*side as usize], *capacity)).collect();
        prop_assert_eq!(kind_of(&renamed), kind_of(&parties));
    }

    #[test]
    fn a_third_side_makes_it_another_kind(parties in proptest::collection::vec(any_party(), 0..8)) {
        let mut parties = parties;
        parties.extend([(A, Agency), (B, Agency), (C, Agency)]);
        prop_assert_eq!(kind_of(&parties), MouKind::Other);
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn decision(from: Option<MouStatus>, to: MouStatus, on: &str, version: i64) -> Transition {
    Transition {
        from,
        to,
        on: day(on),
        reason: None,
        effective_from: None,
        effective_until: None,
        actor_role: "officer".into(),
        actor_organisation_id: None,
        recorded_at: day(on).and_hms_opt(9, 0, 0).unwrap(),
        version,
    }
}

fn a_mou(status: MouStatus, decisions: Vec<Transition>) -> Mou {
    let last = |to: MouStatus| decisions.iter().rfind(|decision| decision.to == to).map(|decision| decision.on);
    let row = MouRow {
        id: "mou_1".into(),
        version: 1,
        origin: "TEST".into(),
        created_at: day("2020-09-01").and_hms_opt(9, 0, 0).unwrap(),
        updated_at: day("2020-09-01").and_hms_opt(9, 0, 0).unwrap(),
        number: None,
        kind: MouKind::Other,
        status,
        title: "t".into(),
        event_id: None,
        registrar_id: Some("org_r".into()),
        external_number: None,
        proposed_on: last(MouStatus::Proposed),
        agreed_on: last(MouStatus::Agreed),
        signed_on: last(MouStatus::Signed),
        effective_from: last(MouStatus::Signed),
        effective_until: None,
        ended_on: last(MouStatus::Completed).or(last(MouStatus::Terminated)).or(last(MouStatus::Cancelled)),
        fields_of_cooperation: crate::db::Json::new(Vec::new()),
        documents: crate::db::Json::new(Vec::new()),
        transitions: crate::db::Json::new(decisions),
        notes: crate::db::Json::new(Vec::new()),
        illustrative: true,
    };
    Mou { row, parties: Vec::new(), commitments: Vec::new() }
}

fn a_body(status: Option<MouStatus>) -> NewMou {
    NewMou { status, parties: Vec::new(), ..serde_json::from_value(serde_json::json!({"title": "t", "parties": []})).unwrap() }
}

#[test]
fn the_phase_follows_from_the_days() {
    use MouPhase as P;
    let mut mou = a_mou(MouStatus::Signed, vec![decision(None, MouStatus::Signed, "2020-10-27", 1)]);
    mou.row.effective_from = Some(day("2021-01-01"));
    mou.row.effective_until = Some(day("2021-12-31"));
    let phases = |mou: &Mou, days: &[(&str, MouPhase)]| {
        for (text, phase) in days {
            assert_eq!(phase_on(&mou.row, day(text)), *phase, "{text}");
        }
    };
    phases(
        &mou,
        &[
            ("2020-10-26", P::InPreparation),
            ("2020-10-27", P::NotYetInEffect),
            ("2020-12-31", P::NotYetInEffect),
            ("2021-01-01", P::InEffect),
            ("2021-12-31", P::InEffect),
            ("2022-01-01", P::Lapsed),
        ],
    );
    // Before a decision ended it, the phase of that time holds; also when it had lapsed by then.
    mou.row.status = MouStatus::Completed;
    mou.row.ended_on = Some(day("2022-02-01"));
    phases(&mou, &[("2021-06-01", P::InEffect), ("2022-01-31", P::Lapsed), ("2022-02-01", P::Completed)]);
    mou.row.status = MouStatus::Terminated;
    mou.row.ended_on = Some(day("2021-06-01"));
    phases(&mou, &[("2021-05-31", P::InEffect), ("2021-06-01", P::Terminated), ("2023-01-01", P::Terminated)]);
    mou.row.effective_until = None;
    mou.row.status = MouStatus::Signed;
    mou.row.ended_on = None;
    phases(&mou, &[("2199-01-01", P::InEffect)]);
    let cancelled = a_mou(MouStatus::Cancelled, vec![decision(None, MouStatus::Cancelled, "2020-10-01", 2)]);
    phases(&cancelled, &[("2020-09-30", P::InPreparation), ("2020-10-01", P::Cancelled)]);
    phases(&a_mou(MouStatus::Draft, Vec::new()), &[("2026-11-23", P::InPreparation)]);
}

#[test]
fn a_repeated_body_means_what_later_decisions_made_of_it() {
    let proposed = || decision(None, MouStatus::Proposed, "2020-09-18", 1);
    let agreed = decision(Some(MouStatus::Proposed), MouStatus::Agreed, "2020-10-12", 2);
    let mou = a_mou(MouStatus::Agreed, vec![proposed(), agreed]);
    let mut body = a_body(Some(MouStatus::Proposed));
    body.proposed_on = Some(day("2020-09-18"));
    let meant = restated(&mou, body.clone());
    assert_eq!((meant.status, meant.proposed_on, meant.agreed_on), (Some(MouStatus::Agreed), mou.row.proposed_on, mou.row.agreed_on));
    assert_eq!(meant.registrar_id.as_deref(), Some("org_r"));
    // Another day is another statement.
    body.proposed_on = Some(day("2020-09-19"));
    assert_eq!(restated(&mou, body.clone()).proposed_on, body.proposed_on);
    // So is another status.
    body.status = Some(MouStatus::Signed);
    assert_eq!(restated(&mou, body).status, Some(MouStatus::Signed));
    // Nothing was decided since: the body is taken at its word.
    let body = a_body(None);
    assert_eq!(restated(&a_mou(MouStatus::Proposed, vec![proposed()]), body.clone()).status, body.status);
}

#[test]
fn a_body_repeated_after_signing_means_the_days_that_signing_set() {
    let mut signing = decision(Some(MouStatus::Agreed), MouStatus::Signed, "2020-10-27", 4);
    signing.effective_until = Some(day("2022-10-27"));
    let mut mou = a_mou(MouStatus::Signed, vec![signing]);
    mou.row.effective_until = Some(day("2022-10-27"));
    let meant = restated(&mou, a_body(None));
    assert_eq!(meant.status, Some(MouStatus::Signed));
    assert_eq!((meant.signed_on, meant.effective_from), (mou.row.signed_on, mou.row.effective_from));
    assert_eq!(meant.effective_until, mou.row.effective_until);
}

#[test]
fn a_corrected_day_stands_in_its_decision_and_keeps_the_order() {
    let decisions = [
        decision(None, MouStatus::Proposed, "2020-09-18", 1),
        decision(Some(MouStatus::Proposed), MouStatus::Agreed, "2020-10-12", 2),
        decision(Some(MouStatus::Agreed), MouStatus::Proposed, "2020-10-14", 3),
    ];
    let correct = |proposed_on: &str| {
        let mut new = a_body(Some(MouStatus::Proposed));
        new.proposed_on = Some(day(proposed_on));
        let mut faults = Faults::new();
        let days: Vec<String> = corrected(&decisions, &new, &mut faults).iter().map(|decision| decision.on.to_string()).collect();
        (days, faults.is_empty())
    };
    assert_eq!(correct("2020-09-17"), (vec!["2020-09-17".into(), "2020-10-12".into(), "2020-10-14".into()], true));
    assert!(!correct("2020-10-13").1, "proposed after it was agreed");
}

#[test]
fn a_decided_end_is_final_and_every_legal_step_leads_on() {
    for status in [MouStatus::Completed, MouStatus::Terminated, MouStatus::Cancelled] {
        assert!(legal_from(status).is_empty());
    }
    assert!(!legal_from(MouStatus::Signed).contains(&MouStatus::Cancelled));
    assert!(legal_from(MouStatus::Draft).iter().all(|to| *to != MouStatus::Signed));
}
