//! `/v1/mous` as the kernel sees it.

use super::body::NewMou;
use super::commitments::Subjects;
use super::list::{filtered, of_commitments, visible};
use super::model::{
    Mou, MouCommitment, MouCommitmentView, MouKind, MouParty, MouPartyView, MouPhase, MouRow, MouStatus, MouView, SuccessorView, Transition,
};
use super::rules::{check, corrected, day_of_paper, kind_of, party_may, phase_on, restated};
use super::store::{self, NaturalKey, signing_day};
use crate::access::{Caller, Owners, Permit, Role};
use crate::check;
use crate::db::schema::mous;
use crate::db::{Db, Json};
use crate::error::{Code, Faults, Problem, Result, text};
use crate::events;
use crate::http::collection::{Collection, Spec, Viewed, operations};
use crate::http::page::{Page, day_key, keyset};
use crate::http::query::{Args, Kind, Param, param};
use crate::log::{Operation, Tx, is_same};
use crate::organisations::{Identity, ProfileKind, identities};
use crate::reference::views::ProvinceView;
use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// `/v1/mous`
#[derive(Debug)]
pub struct Mous;

const FILTERS: &[Param] = &[
    param("event", Kind::Id, "Signed at this event."),
    param("kind", Kind::Word(MouKind::WORDS), "Of this kind."),
    param("party", Kind::Id, "With this organisation as a party."),
    param(
        "province",
        Kind::Province,
        "With a party in this province-level unit (code or name on the day asked) or in one that it succeeded.",
    ),
    param("status", Kind::Word(MouStatus::WORDS), "With this status."),
    param("phase", Kind::Word(MouPhase::WORDS), "In this phase on the day asked."),
    param("signed_from", Kind::Day, "Signed on this day or later."),
    param("signed_until", Kind::Day, "Signed on this day or earlier."),
    param("on", Kind::Day, "In effect on this day."),
    param("number", Kind::Text, "With this number."),
    param("registrar", Kind::Id, "Registered by this organisation."),
    param("external_number", Kind::Text, "With this number of the registering organisation."),
    param("demand", Kind::Id, "With a commitment that is to meet this demand, among those whose commitments the caller sees."),
    param("offer", Kind::Id, "With a commitment that is made of this offer, among those whose commitments the caller sees."),
    param("illustrative", Kind::Flag, "Only invented records, or only others."),
];

fn example() -> Value {
    json!({
        "title": "Biên bản ghi nhớ hợp tác kinh doanh (minh họa)", "status": "signed", "signed_on": "2020-10-27", "effective_until": "2022-10-27", "illustrative": true,
        "parties": [
            {"organisation_id": "org_01JDB3B8Q00000000000000000A", "side": "a", "capacity": "producer"},
            {"organisation_id": "org_01JDB3B8Q00000000000000000B", "side": "b", "capacity": "buyer"}
        ],
        "commitments": [{"description": "hành tím", "quantity": "12.5", "unit": "TAN", "period": "month", "starts_on": "2021-01-01", "ends_on": "2021-12-31"}]
    })
}

impl Collection for Mous {
    const SPEC: Spec = Spec {
        name: "mous",
        noun: "memorandum",
        entity: "mou",
        table: "mous",
        description: "A memorandum of cooperation with its parties as they signed. Its kind follows from its sides; its phase is worked out for the day asked. What is not signed is seen by its parties and officers alone, and so are commitments, documents, decisions and notes.",
        operations: operations!("mou", "mous"),
        filters: FILTERS,
        sorts: &["created", "-created", "signed_on", "-signed_on"],
        example,
    };
    type New = NewMou;
    type Record = Mou;
    type View = MouView;

    fn id(record: &Mou) -> &str {
        &record.row.id
    }

    fn version(record: &Mou) -> i64 {
        record.row.version
    }

    fn number(record: &Mou) -> Option<&str> {
        record.row.number.as_deref()
    }

    fn owners(_: &mut Db, records: &[Mou]) -> Result<Vec<Owners>> {
        Ok(records.iter().map(Mou::owners).collect())
    }

    fn is_visible(caller: &Caller, record: &Mou, owners: &Owners) -> bool {
        record.row.signed_on.is_some() || Permit::new("see_unsigned_mou", caller.clone()).is_ok_and(|permit| permit.require(owners).is_ok())
    }

    fn create(tx: &mut Tx<'_>, permit: &Permit, items: Vec<NewMou>) -> Result<Vec<Result<Mou>>> {
        create(tx, permit, items).map(|(results, _)| results)
    }

    fn create_viewed(tx: &mut Tx<'_>, permit: &Permit, items: Vec<NewMou>, as_of: NaiveDate) -> Result<Vec<Result<Viewed<Self>>>> {
        let (results, known) = create(tx, permit, items)?;
        let lineage = Lineage { known: known.organisations, as_of };
        // Who took over from a party is read after the commit.
        let is_whole = lineage.known.values().all(|identity| lineage.step(identity).is_none());
        let viewed = |record: Mou| Viewed { view: is_whole.then(|| view(record.clone(), &lineage, &known.events, as_of)), record };
        Ok(results.into_iter().map(|result| result.map(viewed)).collect())
    }

    fn replace(tx: &mut Tx<'_>, permit: &Permit, current: &Mou, new: NewMou) -> Result<Mou> {
        let known = Known::load(tx.db, std::slice::from_ref(&new))?;
        let next = known.record(tx, &new, current.row.id.clone(), Some(current));
        // A script may repeat what it said of an MoU that is signed by now: nothing changes, and nothing is refused.
        if let Ok(next) = &next
            && is_same(current, next)?
        {
            return Ok(current.clone());
        }
        if current.row.status > MouStatus::Agreed {
            return Err(not_editable());
        }
        let next = next?;
        permit.require(&next.owners()).map_err(|_| {
            Problem::forbidden(text(
                "After this change the MoU would be the record of others alone: leave yourself, or your province, among the parties.",
                "Sau thay đổi này biên bản sẽ chỉ thuộc về bên khác: hãy giữ tổ chức hoặc tỉnh của mình trong các bên.",
            ))
        })?;
        if current.row.status == MouStatus::Agreed {
            agreed_is_changed_by_officer(permit, current)?;
        }
        save(tx, current, next)
    }

    fn delete(tx: &mut Tx<'_>, _: &Permit, current: &Mou) -> Result<()> {
        if current.row.status != MouStatus::Draft {
            return Err(Problem::new(
                Code::NotEditable,
                text(
                    "Only a draft is deleted; cancel what was proposed, terminate what was signed.",
                    "Chỉ xóa được bản nháp; hãy hủy bản đã đề xuất, chấm dứt bản đã ký.",
                ),
            ));
        }
        store::delete(tx.db, &current.row.id)?;
        tx.record(Operation::Delete, "mou", &current.row.id, current.row.version + 1, &())
    }

    fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Mou>> {
        store::load(db, ids)
    }

    fn list(db: &mut Db, args: &Args, page: &Page, as_of: NaiveDate, caller: &Caller) -> Result<Vec<Mou>> {
        let query = of_commitments(filtered(visible(caller), args, as_of)?, args, caller);
        let rows: Vec<MouRow> = if page.sort.ends_with("signed_on") {
            keyset!(query, page, mous::id, signing_day(), day_key).select(MouRow::as_select()).load(db)?
        } else {
            keyset!(query, page, mous::id).select(MouRow::as_select()).load(db)?
        };
        store::with_parts(db, rows)
    }

    fn sort_key(record: &Mou, sort: &str) -> String {
        if sort == "signed_on" { record.row.signed_on.unwrap_or(store::UNSIGNED).to_string() } else { String::new() }
    }

    fn to_new(record: &Mou) -> NewMou {
        record.into()
    }

    fn restated(record: &Mou, new: NewMou) -> NewMou {
        restated(record, new)
    }

    fn views(db: &mut Db, records: Vec<Mou>, as_of: NaiveDate) -> Result<Vec<MouView>> {
        let parties: BTreeSet<&str> =
            records.iter().flat_map(|record| &record.parties).map(|party| party.organisation_id.as_str()).collect();
        let lineage = Lineage::load(db, parties.into_iter().collect(), as_of)?;
        let events: BTreeSet<&str> = records.iter().filter_map(|record| record.row.event_id.as_deref()).collect();
        let events = events::names(db, &events.into_iter().collect::<Vec<_>>())?;
        Ok(records.into_iter().map(|record| view(record, &lineage, &events, as_of)).collect())
    }
}

/// Checks, numbers and stores new `MoUs`; with what was known of whom they name.
fn create(tx: &mut Tx<'_>, permit: &Permit, items: Vec<NewMou>) -> Result<(Vec<Result<Mou>>, Known)> {
    // Only the first version takes the registrar from the key: a later one must not change hands unsaid.
    let registrar = permit.caller.organisation_id.clone();
    let items: Vec<NewMou> =
        items.into_iter().map(|new| NewMou { registrar_id: new.registrar_id.or_else(|| registrar.clone()), ..new }).collect();
    let known = Known::load(tx.db, &items)?;
    let mut seen: HashSet<NaturalKey> = HashSet::new();
    let mut results: Vec<Result<Mou>> = items
        .iter()
        .map(|new| {
            let mou = known.record(tx, new, tx.new_id("mou")?, None)?;
            permit.require(&mou.owners())?;
            if !party_may(mou.row.status) {
                stated_by_officer(permit, &mou.owners())?;
            }
            known.refuse_taken(&mou.row, &mut seen)?;
            Ok(mou)
        })
        .collect();
    // As late as possible: from here to the commit no other MoU of the year is numbered.
    number(tx, results.iter_mut().filter_map(|result| result.as_mut().ok()))?;
    let stored: Vec<&Mou> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
    store::insert(tx.db, &stored)?;
    for mou in stored {
        tx.record(Operation::Create, "mou", &mou.row.id, 1, mou)?;
    }
    Ok((results, known))
}

/// Organisations with those that took over their obligations by a day.
struct Lineage {
    known: HashMap<String, Identity>,
    as_of: NaiveDate,
}

impl Lineage {
    /// The organisations of `ids`, then their successors, then those of these: a query for each step.
    fn load(db: &mut Db, ids: Vec<&str>, as_of: NaiveDate) -> Result<Self> {
        let mut lineage = Self { known: HashMap::new(), as_of };
        let mut wanted: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        while !wanted.is_empty() {
            let found = identities(db, &wanted.iter().map(String::as_str).collect::<Vec<_>>())?;
            let next: BTreeSet<String> =
                found.values().filter_map(|identity| lineage.step(identity)).map(|(id, _)| id.to_owned()).collect();
            lineage.known.extend(found);
            wanted = next.into_iter().filter(|id| !lineage.known.contains_key(id)).collect();
        }
        Ok(lineage)
    }

    fn step<'i>(&self, identity: &'i Identity) -> Option<(&'i str, NaiveDate)> {
        identity.successor.as_ref().filter(|(_, since)| *since <= self.as_of).map(|(id, since)| (id.as_str(), *since))
    }

    /// Who holds the obligations of `id` on the day, since when; none when it still does itself.
    fn successor(&self, id: &str) -> Option<SuccessorView> {
        let mut passed = BTreeSet::from([id]);
        let mut last = None;
        let mut at = self.known.get(id)?;
        // Organisations that name each other as successors lead round: it ends where it has been.
        while let Some((next, since)) = self.step(at).filter(|(next, _)| passed.insert(next)) {
            at = self.known.get(next)?;
            last = Some(SuccessorView { organisation_id: next.to_owned(), name: at.name.clone(), since });
        }
        last
    }
}

fn view(record: Mou, lineage: &Lineage, events: &HashMap<String, String>, as_of: NaiveDate) -> MouView {
    MouView {
        phase: phase_on(&record.row, as_of),
        event_name: record.row.event_id.as_ref().and_then(|id| events.get(id).cloned()),
        parties: record
            .parties
            .into_iter()
            .map(|party| MouPartyView {
                province: ProvinceView::new(party.province_id, as_of),
                successor: lineage.successor(&party.organisation_id),
                party,
            })
            .collect(),
        commitments: record
            .commitments
            .into_iter()
            .map(|commitment| MouCommitmentView { group: commitment.group_id.map(Into::into), commitment })
            .collect(),
        row: record.row,
    }
}

/// What the items of a batch refer to, loaded at once.
struct Known {
    organisations: HashMap<String, Identity>,
    subjects: Subjects,
    events: HashMap<String, String>,
    taken: HashMap<NaturalKey, String>,
}

impl Known {
    fn load(db: &mut Db, items: &[NewMou]) -> Result<Self> {
        let mut organisations: HashSet<&str> =
            items.iter().flat_map(|new| &new.parties).map(|party| party.organisation_id.as_str()).collect();
        organisations.extend(items.iter().filter_map(|new| new.registrar_id.as_deref()));
        let events: HashSet<&str> = items.iter().filter_map(|new| new.event_id.as_deref()).collect();
        let keys: Vec<NaturalKey> =
            items.iter().filter_map(|new| Some((new.registrar_id.clone()?, new.external_number.clone()?, new.signed_on?))).collect();
        Ok(Self {
            organisations: identities(db, &organisations.into_iter().collect::<Vec<_>>())?,
            subjects: Subjects::load(db, items)?,
            events: events::names(db, &events.into_iter().collect::<Vec<_>>())?,
            taken: store::taken(db, &keys)?,
        })
    }

    /// The record that `new` makes, or its next version, with every fault of it at once.
    fn record(&self, tx: &Tx<'_>, new: &NewMou, id: String, current: Option<&Mou>) -> Result<Mou> {
        let mut faults = Faults::new();
        let checked = check(new, current.map(|mou| mou.row.status), tx.today, &mut faults);
        let parties = self.parties(new, current, tx.today, &mut faults);
        self.check_references(new, &mut faults);
        self.subjects.check(new, &parties, &mut faults);
        let decisions = match current {
            None => first_decisions(tx, new),
            Some(mou) => corrected(mou.row.transitions.get(), new, &mut faults),
        };
        faults.into_result()?;
        let commitments = self.subjects.resolve(new, checked);
        Ok(assemble(tx, new, id, current, Parts { parties, commitments, decisions }))
    }

    fn check_references(&self, new: &NewMou, faults: &mut Faults) {
        if new.event_id.as_ref().is_some_and(|id| !self.events.contains_key(id)) {
            check::unknown_reference(faults, "/event_id", "event", "sự kiện");
        }
        if new.registrar_id.as_ref().is_some_and(|id| !self.organisations.contains_key(id)) {
            check::unknown_reference(faults, "/registrar_id", "organisation", "tổ chức");
        }
        if new.external_number.is_some() && new.registrar_id.is_none() {
            faults.add(
                "/registrar_id",
                "missing",
                text(
                    "An external_number belongs to the organisation that gave it: name it.",
                    "external_number thuộc về tổ chức đã cấp: hãy nêu registrar_id.",
                ),
            );
        }
    }

    fn parties(&self, new: &NewMou, current: Option<&Mou>, today: NaiveDate, faults: &mut Faults) -> Vec<MouParty> {
        let day = day_of_paper(new, today);
        let mut parties = Vec::with_capacity(new.parties.len());
        for (position, party) in (0_i32..).zip(&new.parties) {
            let at = format!("/parties/{position}");
            let Some(identity) = self.organisations.get(&party.organisation_id) else {
                check::unknown_reference(faults, &format!("{at}/organisation_id"), "organisation", "tổ chức");
                continue;
            };
            if !identity.profiles.contains(&party.capacity) {
                let (id, capacity) = (&party.organisation_id, party.capacity.as_str());
                faults.add(
                    &format!("{at}/capacity"),
                    "missing_profile",
                    text(
                        format!("The organisation has no profile of {capacity}: PUT /v1/organisations/{id}/{capacity} first."),
                        format!("Tổ chức chưa có hồ sơ {capacity}: hãy PUT /v1/organisations/{id}/{capacity} trước."),
                    ),
                );
            }
            // A party keeps the name and unit that it has here, whatever it is called and wherever it lies today.
            let before = current.and_then(|mou| mou.parties.iter().find(|known| known.organisation_id == party.organisation_id));
            let (name, recorded) = before.map_or((&identity.name, identity.province_id), |known| (&known.name, known.province_id));
            let province_id = match &party.province {
                None => Some(recorded),
                Some(input) => check::province(faults, &format!("{at}/province"), input, day),
            };
            parties.push(MouParty {
                mou_id: String::new(),
                position,
                organisation_id: party.organisation_id.clone(),
                side: party.side,
                capacity: party.capacity,
                name: party.name.as_ref().unwrap_or(name).clone(),
                province_id: province_id.unwrap_or(recorded),
                acting_for: party.acting_for.clone(),
            });
        }
        parties
    }

    /// Refuses the natural key of another MoU, in the register or earlier in the batch.
    fn refuse_taken(&self, row: &MouRow, seen: &mut HashSet<NaturalKey>) -> Result<()> {
        let Some(key) = natural_key(row) else { return Ok(()) };
        if let Some(id) = self.taken.get(&key) {
            return Err(already_registered(id));
        }
        if !seen.insert(key) {
            return Err(Problem::new(
                Code::AlreadyExists,
                text(
                    "An item before it in this batch has the same registrar, number and day of signing.",
                    "Một mục trước đó trong lô có cùng đơn vị đăng ký, số và ngày ký.",
                ),
            ));
        }
        Ok(())
    }
}

fn natural_key(row: &MouRow) -> Option<NaturalKey> {
    Some((row.registrar_id.clone()?, row.external_number.clone()?, row.signed_on?))
}

/// Refuses to sign what another MoU's natural key says is registered as signed already.
pub(super) fn refuse_taken(tx: &mut Tx<'_>, row: &MouRow) -> Result<()> {
    let Some(key) = natural_key(row) else { return Ok(()) };
    match store::taken(tx.db, std::slice::from_ref(&key))?.get(&key) {
        None => Ok(()),
        Some(id) => Err(already_registered(id)),
    }
}

fn already_registered(id: &str) -> Problem {
    Problem::new(
        Code::AlreadyExists,
        text(
            format!("This registrar has registered an MoU with this number and day of signing as {id}."),
            format!("Đơn vị này đã đăng ký biên bản có cùng số và ngày ký: {id}."),
        ),
    )
    .with_header("Location", format!("/v1/mous/{id}"))
}

/// What a record is put together from, beside its body.
struct Parts {
    parties: Vec<MouParty>,
    commitments: Vec<MouCommitment>,
    decisions: Vec<Transition>,
}

/// The record; `new` is destructured, so that a new member can't be forgotten.
fn assemble(tx: &Tx<'_>, new: &NewMou, id: String, current: Option<&Mou>, parts: Parts) -> Mou {
    let NewMou {
        title,
        kind: _,
        status,
        event_id,
        registrar_id,
        external_number,
        proposed_on,
        agreed_on,
        signed_on,
        effective_from,
        effective_until,
        fields_of_cooperation,
        parties: _,
        commitments: _,
        documents,
        illustrative,
    } = new.clone();
    let Parts { mut parties, mut commitments, decisions } = parts;
    for party in &mut parties {
        party.mou_id.clone_from(&id);
    }
    for commitment in &mut commitments {
        commitment.mou_id.clone_from(&id);
    }
    let current = current.map(|mou| &mou.row);
    let row = MouRow {
        id,
        version: current.map_or(1, |row| row.version + 1),
        origin: current.map_or_else(|| tx.origin.to_owned(), |row| row.origin.clone()),
        created_at: current.map_or(tx.now, |row| row.created_at),
        updated_at: tx.now,
        number: current.and_then(|row| row.number.clone()),
        kind: kind_of(&parties.iter().map(|party| (party.side, party.capacity)).collect::<Vec<(_, ProfileKind)>>()),
        status: status.unwrap_or(MouStatus::Draft),
        title,
        event_id,
        registrar_id,
        external_number,
        proposed_on,
        agreed_on,
        signed_on,
        effective_from: effective_from.or(signed_on),
        effective_until,
        ended_on: current.and_then(|row| row.ended_on),
        fields_of_cooperation: Json::new(fields_of_cooperation),
        documents: Json::new(documents),
        transitions: Json::new(decisions),
        notes: Json::new(current.map_or_else(Vec::new, |row| row.notes.get().clone())),
        illustrative,
    };
    Mou { row, parties, commitments }
}

/// The decisions that a new MoU brings with it, each on its day.
fn first_decisions(tx: &Tx<'_>, new: &NewMou) -> Vec<Transition> {
    let dated = [(MouStatus::Proposed, new.proposed_on), (MouStatus::Agreed, new.agreed_on), (MouStatus::Signed, new.signed_on)];
    let mut from = None;
    let decided = dated.into_iter().filter_map(|(to, on)| on.map(|on| (to, on)));
    decided.map(|(to, on)| transition(tx, (from.replace(to), to), on, 1)).collect()
}

/// A decision of the caller, recorded now, which makes version `version`.
pub(super) fn transition(tx: &Tx<'_>, (from, to): (Option<MouStatus>, MouStatus), on: NaiveDate, version: i64) -> Transition {
    Transition {
        from,
        to,
        on,
        reason: None,
        effective_from: None,
        effective_until: None,
        actor_role: actor_role(tx),
        actor_organisation_id: tx.caller.organisation_id.clone(),
        recorded_at: tx.now,
        version,
    }
}

/// The caller's role as it is recorded.
pub(super) fn actor_role(tx: &Tx<'_>) -> String {
    if tx.caller.key_id.is_none() { "system".to_owned() } else { tx.caller.role.as_ref().map_or("anonymous", Role::as_str).to_owned() }
}

/// Gives each MoU that was signed just now the next number of its year.
pub(super) fn number<'m>(tx: &mut Tx<'_>, mous: impl Iterator<Item = &'m mut Mou>) -> Result<()> {
    let mut by_year: BTreeMap<i32, Vec<&mut Mou>> = BTreeMap::new();
    for mou in mous {
        if let Some(signed) = mou.row.signed_on.filter(|_| mou.row.number.is_none()) {
            by_year.entry(signed.year()).or_default().push(mou);
        }
    }
    // In the order of years, so that two batches can't wait for each other.
    for (year, mous) in by_year {
        let first = store::take_numbers(tx.db, year, i64::try_from(mous.len()).map_err(Problem::internal)?)?;
        for (sequence, mou) in (first..).zip(mous) {
            mou.row.number = Some(format!("{}-{year}-{sequence}", tx.origin));
        }
    }
    Ok(())
}

/// Stores the next version with its change.
pub(super) fn save(tx: &mut Tx<'_>, current: &Mou, next: Mou) -> Result<Mou> {
    if !store::update(tx.db, current, &next)? {
        return Err(Problem::unavailable("another writer was faster").contended());
    }
    tx.record(Operation::Update, "mou", &next.row.id, next.row.version, &next)?;
    Ok(next)
}

fn not_editable() -> Problem {
    Problem::new(
        Code::NotEditable,
        text(
            "A memorandum is edited only before it is signed: a signed one takes transitions and notes.",
            "Biên bản chỉ được sửa trước khi ký: bản đã ký chỉ nhận chuyển trạng thái và ghi chú.",
        ),
    )
}

/// Refuses what only an officer of a party's province states, to anybody else.
pub(super) fn stated_by_officer(permit: &Permit, owners: &Owners) -> Result<()> {
    permit.also("state_mou_signed").and_then(|permit| permit.require(owners)).map_err(|_| {
        Problem::forbidden(text(
            "That an MoU was agreed, signed, completed or terminated is stated by an officer of a party's province, not by one party.",
            "Việc biên bản đã thống nhất, ký, hoàn thành hoặc chấm dứt do cán bộ tỉnh của một bên ghi nhận, không phải do một bên tự ghi.",
        ))
    })
}

/// What an officer stated to be agreed, a single party must not rewrite.
fn agreed_is_changed_by_officer(permit: &Permit, current: &Mou) -> Result<()> {
    stated_by_officer(permit, &current.owners()).map_err(|_| {
        Problem::forbidden(text(
            "It is agreed: take it back to proposed before it is changed, or ask an officer of a party's province.",
            "Biên bản đã thống nhất: hãy đưa về trạng thái proposed trước khi sửa, hoặc đề nghị cán bộ tỉnh của một bên.",
        ))
    })
}
