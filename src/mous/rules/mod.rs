//! What an MoU may be: pure decisions, no database, no clock.

use super::body::{NewMou, NewMouCommitment};
use super::model::{Mou, MouKind, MouPhase, MouRow, MouStatus, Period, Side, Transition};
use crate::check;
use crate::decimal::CURRENCIES;
use crate::error::{Faults, text};
use crate::organisations::ProfileKind;
use crate::reference::texts::Taken;
use crate::reference::{FactorKind, GroupId, UnitId, reference};
use crate::text::in_vietnamese;
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// Most parties of an MoU: a round table of a region's departments had under 30.
const MOST_PARTIES: usize = 50;
/// Most commitments: a chain's annex lists some hundred products.
const MOST_COMMITMENTS: usize = 200;
/// Most documents and fields of cooperation.
const MOST_DOCUMENTS: usize = 50;
const MOST_FIELDS: usize = 30;
/// The largest whole number that every reader of JSON keeps exactly.
const LARGEST_FILE: i64 = 9_007_199_254_740_991;
/// Longest number of another register.
const EXTERNAL_NUMBER_LIMIT: usize = 100;

/// The kind that follows from the sides: (side, capacity) of each party.
///
/// Agencies alone on both sides: `agency_agency`; agencies on one and buyers on the other: `province_retail`;
/// producers on one and buyers on the other: `producer_distributor`; anything else: `other`.
pub fn kind_of(parties: &[(Side, ProfileKind)]) -> MouKind {
    let sides: BTreeSet<Side> = parties.iter().map(|(side, _)| *side).collect();
    let capacities =
        |of: Side| -> BTreeSet<ProfileKind> { parties.iter().filter(|(side, _)| *side == of).map(|(_, capacity)| *capacity).collect() };
    let mut each: Vec<Vec<ProfileKind>> = sides.into_iter().map(|side| capacities(side).into_iter().collect()).collect();
    each.sort();
    let each: Vec<&[ProfileKind]> = each.iter().map(Vec::as_slice).collect();
    match each.as_slice() {
        [[ProfileKind::Agency], [ProfileKind::Agency]] => MouKind::AgencyAgency,
        [[ProfileKind::Buyer], [ProfileKind::Agency]] => MouKind::ProvinceRetail,
        [[ProfileKind::Producer], [ProfileKind::Buyer]] => MouKind::ProducerDistributor,
        _ => MouKind::Other,
    }
}

/// The steps that are legal from a status.
pub fn legal_from(status: MouStatus) -> &'static [MouStatus] {
    use MouStatus as S;
    match status {
        S::Draft => &[S::Proposed, S::Cancelled],
        S::Proposed => &[S::Agreed, S::Draft, S::Cancelled],
        S::Agreed => &[S::Signed, S::Proposed, S::Cancelled],
        S::Signed => &[S::Completed, S::Terminated],
        S::Completed | S::Terminated | S::Cancelled => &[],
    }
}

/// Whether the parties themselves may record the step; the others are an officer's word.
pub fn party_may(to: MouStatus) -> bool {
    matches!(to, MouStatus::Draft | MouStatus::Proposed | MouStatus::Cancelled)
}

/// The phase on `day`.
pub fn phase_on(row: &MouRow, day: NaiveDate) -> MouPhase {
    if row.ended_on.is_some_and(|ended| ended <= day) {
        match row.status {
            MouStatus::Completed => return MouPhase::Completed,
            MouStatus::Terminated => return MouPhase::Terminated,
            MouStatus::Cancelled => return MouPhase::Cancelled,
            _ => {}
        }
    }
    match (row.signed_on, row.effective_from) {
        (Some(signed), Some(from)) if signed <= day => {
            if day < from {
                MouPhase::NotYetInEffect
            } else if row.effective_until.is_some_and(|until| until < day) {
                MouPhase::Lapsed
            } else {
                MouPhase::InEffect
            }
        }
        _ => MouPhase::InPreparation,
    }
}

/// What is said under a script's own key of an MoU whose decisions went on after the script registered it.
///
/// The script states the status and days of its day. A later decision stands: where the body repeats what was
/// registered, or leaves it out, it means what is there now. What differs from both is kept, and judged.
pub fn restated(mou: &Mou, mut new: NewMou) -> NewMou {
    let row = &mou.row;
    if new.registrar_id.is_none() {
        new.registrar_id.clone_from(&row.registrar_id);
    }
    let (first, later): (Vec<&Transition>, Vec<&Transition>) = row.transitions.get().iter().partition(|decision| decision.version == 1);
    let registered = first.last().map_or(MouStatus::Draft, |decision| decision.to);
    if later.is_empty() || new.status.unwrap_or(MouStatus::Draft) != registered {
        return new;
    }
    new.status = Some(row.status);
    for (stated, now, status) in [
        (&mut new.proposed_on, row.proposed_on, MouStatus::Proposed),
        (&mut new.agreed_on, row.agreed_on, MouStatus::Agreed),
        (&mut new.signed_on, row.signed_on, MouStatus::Signed),
    ] {
        let at_first = first.iter().find(|decision| decision.to == status).map(|decision| decision.on);
        if stated.is_none() || *stated == at_first {
            *stated = now;
        }
    }
    if let Some(signing) = later.iter().find(|decision| decision.to == MouStatus::Signed) {
        if signing.effective_from.is_some() || new.effective_from.is_none() {
            new.effective_from = row.effective_from;
        }
        if signing.effective_until.is_some() {
            new.effective_until = row.effective_until;
        }
    }
    new
}

/// The decisions with the days that a replacement corrects; a fault where they would no longer follow each other.
pub fn corrected(decisions: &[Transition], new: &NewMou, faults: &mut Faults) -> Vec<Transition> {
    let mut corrected = decisions.to_vec();
    for (pointer, status, day) in [("/proposed_on", MouStatus::Proposed, new.proposed_on), ("/agreed_on", MouStatus::Agreed, new.agreed_on)]
    {
        // The step forward to the status; a withdrawal to it has a day of its own.
        let forward = |decision: &&mut Transition| decision.to == status && decision.from.unwrap_or(MouStatus::Draft) < status;
        let (Some(day), Some(decision)) = (day, corrected.iter_mut().rfind(forward)) else { continue };
        if decision.on == day {
            continue;
        }
        decision.on = day;
        if corrected.is_sorted_by_key(|decision| decision.on) {
            continue;
        }
        faults.add(
            pointer,
            "wrong_order",
            text("On this day it would not follow the decisions before it.", "Ngày này không khớp thứ tự các quyết định đã ghi."),
        );
    }
    corrected
}

/// The day of the paper, on which its names of provinces and groups are meant.
pub fn day_of_paper(new: &NewMou, today: NaiveDate) -> NaiveDate {
    new.signed_on.or(new.agreed_on).or(new.proposed_on).unwrap_or(today)
}

/// A commitment's words resolved.
#[derive(Debug, Clone, Default)]
pub struct CheckedCommitment {
    /// The group, where one is named.
    pub group_id: Option<GroupId>,
    /// The unit, where a quantity is given.
    pub unit: Option<UnitId>,
}

/// Checks everything about `new` that does not need the database; commitments in their order.
///
/// `current` is the status of the MoU that it replaces; none for a new one.
pub fn check(new: &NewMou, current: Option<MouStatus>, today: NaiveDate, faults: &mut Faults) -> Vec<CheckedCommitment> {
    check::line(faults, "/title", &new.title, check::LINE_LIMIT);
    check::maybe_line(faults, "/external_number", new.external_number.as_deref(), EXTERNAL_NUMBER_LIMIT);
    check_lists(new, faults);
    check_parties(new, faults);
    check_days(new, today, faults);
    check_status(new, current, faults);
    let day = day_of_paper(new, today);
    let commitments = new.commitments.iter().enumerate();
    commitments.map(|(index, commitment)| check_commitment(commitment, &format!("/commitments/{index}"), day, faults)).collect()
}

fn check_lists(new: &NewMou, faults: &mut Faults) {
    let mut at_most = |pointer: &str, n: usize, most: usize| {
        if n > most {
            faults.add(pointer, "too_many", text(format!("At most {most}; here are {n}."), format!("Tối đa {most}; ở đây có {n}.")));
        }
    };
    at_most("/parties", new.parties.len(), MOST_PARTIES);
    at_most("/commitments", new.commitments.len(), MOST_COMMITMENTS);
    at_most("/documents", new.documents.len(), MOST_DOCUMENTS);
    at_most("/fields_of_cooperation", new.fields_of_cooperation.len(), MOST_FIELDS);
    for (index, field) in new.fields_of_cooperation.iter().enumerate() {
        check::line(faults, &format!("/fields_of_cooperation/{index}"), field, check::LINE_LIMIT);
    }
    for (index, document) in new.documents.iter().enumerate() {
        let at = format!("/documents/{index}");
        check::line(faults, &format!("{at}/title"), &document.title, check::NAME_LIMIT);
        check::maybe_line(faults, &format!("{at}/media_type"), document.media_type.as_deref(), 100);
        if document.sha256.len() != 64 || !document.sha256.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
            faults.add(
                &format!("{at}/sha256"),
                "not_a_digest",
                text("64 lower-case hexadecimal digits: the SHA-256 of the file.", "64 chữ số thập lục phân viết thường: SHA-256 của tệp."),
            );
        }
        if document.size_bytes.is_some_and(|size| !(0..=LARGEST_FILE).contains(&size)) {
            faults.add(&format!("{at}/size_bytes"), "out_of_range", text("From 0 to 2^53 - 1.", "Từ 0 đến 2^53 - 1."));
        }
    }
}

fn check_parties(new: &NewMou, faults: &mut Faults) {
    let sides: BTreeSet<Side> = new.parties.iter().map(|party| party.side).collect();
    if new.parties.len() < 2 || sides.len() < 2 {
        faults.add(
            "/parties",
            "one_side",
            text("An MoU has at least two parties on at least two sides.", "Biên bản có ít nhất hai bên tham gia thuộc ít nhất hai phía."),
        );
    }
    let mut seen = BTreeSet::new();
    for (index, party) in new.parties.iter().enumerate() {
        let at = format!("/parties/{index}");
        if !seen.insert(party.organisation_id.as_str()) {
            faults.add(
                &format!("{at}/organisation_id"),
                "party_twice",
                text("This organisation is a party already.", "Tổ chức này đã là một bên tham gia."),
            );
        }
        check::maybe_line(faults, &format!("{at}/name"), party.name.as_deref(), check::NAME_LIMIT);
        check::maybe_line(faults, &format!("{at}/acting_for"), party.acting_for.as_deref(), check::NAME_LIMIT);
    }
    let derived = kind_of(&new.parties.iter().map(|party| (party.side, party.capacity)).collect::<Vec<_>>());
    if let Some(kind) = new.kind.filter(|kind| *kind != derived && sides.len() >= 2) {
        let (kind, derived) = (kind.as_str(), derived.as_str());
        faults.add(
            "/kind",
            "wrong_kind",
            text(
                format!("The sides make it {derived}, not {kind}; leave it out or correct a capacity."),
                format!("Theo các bên thì đây là {derived}, không phải {kind}; hãy bỏ trường này hoặc sửa tư cách tham gia."),
            ),
        );
    }
}

fn check_days(new: &NewMou, today: NaiveDate, faults: &mut Faults) {
    for (pointer, day) in [
        ("/proposed_on", new.proposed_on),
        ("/agreed_on", new.agreed_on),
        ("/signed_on", new.signed_on),
        ("/effective_from", new.effective_from),
        ("/effective_until", new.effective_until),
    ] {
        check::day(faults, pointer, day);
    }
    for (pointer, day) in [("/proposed_on", new.proposed_on), ("/agreed_on", new.agreed_on), ("/signed_on", new.signed_on)] {
        if day.is_some_and(|day| day > today) {
            faults.add(
                pointer,
                "in_future",
                text(
                    format!("It has not happened yet: today is {today}."),
                    format!("Việc này chưa xảy ra: hôm nay là {}.", in_vietnamese(today)),
                ),
            );
        }
    }
    check::order(
        faults,
        "/agreed_on",
        new.proposed_on,
        new.agreed_on,
        "Agreed before it was proposed",
        "Thống nhất trước khi được đề xuất",
    );
    check::order(
        faults,
        "/signed_on",
        new.agreed_on.or(new.proposed_on),
        new.signed_on,
        "Signed before it was agreed",
        "Ký trước khi thống nhất",
    );
    check::order(faults, "/signed_on", new.signed_on, new.effective_until, "Signed after its end", "Ký sau ngày kết thúc");
    check::order(
        faults,
        "/effective_until",
        new.effective_from,
        new.effective_until,
        "It ends before it begins",
        "Kết thúc trước khi bắt đầu",
    );
}

/// The status against the one before it, and against the days that it needs and forbids.
fn check_status(new: &NewMou, current: Option<MouStatus>, faults: &mut Faults) {
    let status = new.status.unwrap_or(MouStatus::Draft);
    if let Some(current) = current.filter(|current| *current != status) {
        let current = current.as_str();
        faults.add(
            "/status",
            "use_transition",
            text(
                format!("The status is {current}. It changes by decisions: POST /v1/mous/{{id}}/transitions."),
                format!("Trạng thái hiện là {current}, chỉ thay đổi bằng quyết định: POST /v1/mous/{{id}}/transitions."),
            ),
        );
        // The days belong to a status that it has not got.
        return;
    }
    if current.is_none() && status > MouStatus::Signed {
        faults.add(
            "/status",
            "not_allowed",
            text(
                "Register it as draft, proposed, agreed or signed; later steps are transitions.",
                "Đăng ký ở trạng thái draft, proposed, agreed hoặc signed; các bước sau là chuyển trạng thái.",
            ),
        );
        return;
    }
    let needed = match status {
        MouStatus::Draft | MouStatus::Cancelled => None,
        MouStatus::Proposed => Some(("/proposed_on", new.proposed_on)),
        MouStatus::Agreed => Some(("/agreed_on", new.agreed_on)),
        MouStatus::Signed | MouStatus::Completed | MouStatus::Terminated => Some(("/signed_on", new.signed_on)),
    };
    if let Some((pointer, None)) = needed {
        let status = status.as_str();
        faults.add(pointer, "missing", text(format!("The status {status} needs its day."), format!("Trạng thái {status} cần có ngày.")));
    }
    let too_early = [
        ("/signed_on", new.signed_on, MouStatus::Signed),
        ("/agreed_on", new.agreed_on, MouStatus::Agreed),
        ("/proposed_on", new.proposed_on, MouStatus::Proposed),
    ];
    for (pointer, day, from) in too_early {
        if day.is_some() && status < from {
            let (status, from) = (status.as_str(), from.as_str());
            faults.add(
                pointer,
                "not_allowed",
                text(
                    format!("The status is {status}: leave the day out or set the status to {from}."),
                    format!("Trạng thái là {status}: hãy bỏ ngày này hoặc đặt trạng thái {from}."),
                ),
            );
        }
    }
}

fn check_commitment(commitment: &NewMouCommitment, at: &str, day: NaiveDate, faults: &mut Faults) -> CheckedCommitment {
    let here = |member: &str| format!("{at}/{member}");
    let is_named = commitment.product_id.is_some() || commitment.offer_id.is_some();
    if !is_named && commitment.group.is_none() && commitment.description.is_none() {
        let told =
            text("Name a product_id, an offer_id, a group or a description.", "Hãy nêu product_id, offer_id, group hoặc description.");
        faults.add(at, "incomplete", told);
    }
    check::maybe_line(faults, &here("description"), commitment.description.as_deref(), check::LINE_LIMIT);
    let group_id = commitment.group.as_deref().and_then(|group| check::group(faults, &here("group"), group, day));
    let unit = commitment.unit.as_deref().and_then(|unit| check::unit(faults, &here("unit"), unit, Taken::Agreed));
    if let Some(unit) = unit {
        check_unit(unit, &here("unit"), faults);
    }
    if commitment.quantity.is_some() != commitment.unit.is_some() {
        faults.add(&here("unit"), "incomplete", text("Give quantity and unit together.", "Hãy ghi cả quantity và unit."));
    }
    if commitment.quantity.is_some_and(|quantity| quantity.0 <= 0) {
        faults.add(&here("quantity"), "out_of_range", text("More than zero.", "Lớn hơn 0."));
    }
    if commitment.quantity.is_some() && commitment.period.is_none() {
        let words = Period::WORDS.join(", ");
        faults.add(
            &here("period"),
            "missing",
            text(format!("Say what the quantity is for: {words}."), format!("Hãy nêu số lượng tính theo: {words}.")),
        );
    }
    if commitment.period.is_some() && commitment.quantity.is_none() && commitment.value.is_none() {
        faults.add(
            &here("period"),
            "incomplete",
            text("A period belongs to a quantity or a value.", "Kỳ hạn đi cùng số lượng hoặc giá trị."),
        );
    }
    if commitment.value.is_some() != commitment.currency.is_some() {
        faults.add(&here("currency"), "incomplete", text("Give value and currency together.", "Hãy ghi cả value và currency."));
    }
    check_value(commitment, at, faults);
    check::day(faults, &here("starts_on"), commitment.starts_on);
    check::day(faults, &here("ends_on"), commitment.ends_on);
    check::order(
        faults,
        &here("ends_on"),
        commitment.starts_on,
        commitment.ends_on,
        "It ends before it begins",
        "Kết thúc trước khi bắt đầu",
    );
    CheckedCommitment { group_id, unit }
}

/// A unit that is no fixed number of anything can't be committed: a chục is 10, 12 or 14.
fn check_unit(unit: UnitId, pointer: &str, faults: &mut Faults) {
    let units = &reference().units;
    let unit = units.get(unit);
    if unit.factor_kind != FactorKind::Ambiguous {
        return;
    }
    let base = unit.base_unit.map_or("", |base| base.as_str());
    let (name, note) = (&unit.name_vi, unit.note.as_deref().unwrap_or_default());
    faults.add(
        pointer,
        "ambiguous_unit",
        text(
            format!("A {name} is another number in another place ({note}): give the count itself in {base}, or the weight in KG."),
            format!("Một {name} có số lượng khác nhau tùy nơi: hãy ghi số đếm theo {base}, hoặc khối lượng theo KG."),
        ),
    );
}

fn check_value(commitment: &NewMouCommitment, at: &str, faults: &mut Faults) {
    let Some(currency) = &commitment.currency else { return };
    let Some((_, places)) = CURRENCIES.iter().find(|(code, _)| code == currency) else {
        let codes: Vec<&str> = CURRENCIES.iter().map(|(code, _)| *code).collect();
        let codes = codes.join(", ");
        faults.add(&format!("{at}/currency"), "not_allowed", text(format!("One of: {codes}."), format!("Một trong: {codes}.")));
        return;
    };
    if commitment.value.is_some_and(|value| value.0 <= 0) {
        faults.add(&format!("{at}/value"), "out_of_range", text("More than zero.", "Lớn hơn 0."));
    }
    if *places == 0 && commitment.value.is_some_and(|value| !value.is_whole()) {
        faults.add(
            &format!("{at}/value"),
            "too_precise",
            text(
                format!("{currency} has no smaller coin: give a whole number."),
                format!("{currency} không có đơn vị nhỏ hơn: hãy ghi số nguyên."),
            ),
        );
    }
}

#[cfg(test)]
mod tests;
