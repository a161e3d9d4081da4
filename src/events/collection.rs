//! `/v1/events` as the kernel sees it.

use super::model::{Event, EventKind, EventStatus, EventView, NewEvent};
use super::store;
use crate::access::{Caller, Owners, Permit};
use crate::check::{self, Uses};
use crate::db::Db;
use crate::db::schema::events;
use crate::error::{Faults, Problem, Result};
use crate::http::collection::{Collection, Spec, operations};
use crate::http::page::{Page, day_key, keys_with, keyset, text_key};
use crate::http::query::{Args, Kind, Param, param};
use crate::log::{Operation, Tx, is_same};
use crate::mous;
use crate::organisations::{Identity, identities};
use crate::reference::ProvinceId;
use crate::reference::views::ProvinceView;
use crate::text::fold;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde_json::{Value, json};
use std::collections::HashMap;

/// `/v1/events`
#[derive(Debug)]
pub struct Events;

const FILTERS: &[Param] = &[
    param("name", Kind::Text, "Names that begin with this, with or without accents."),
    param("kind", Kind::Word(EventKind::WORDS), "Of this kind."),
    param("status", Kind::Word(EventStatus::WORDS), "With this status."),
    param("province", Kind::Province, "In this province-level unit (code or name on the day asked) or in one that it succeeded."),
    param("from", Kind::Day, "Beginning on this day or later."),
    param("until", Kind::Day, "Beginning on this day or earlier."),
    param("organiser", Kind::Id, "Held by this organisation."),
    param("illustrative", Kind::Flag, "Only invented records, or only others."),
];

fn example() -> Value {
    json!({"name": "Hội nghị kết nối cung cầu tỉnh Sóc Trăng năm 2020 (minh họa)", "kind": "supply_demand_conference", "starts_on": "2020-10-27", "province": "94", "status": "held", "illustrative": true})
}

impl Collection for Events {
    const SPEC: Spec = Spec {
        name: "events",
        noun: "event",
        entity: "event",
        table: "events",
        description: "A conference or fair at which MoUs are signed. Its province is the unit of its first day.",
        operations: operations!("event", "events"),
        filters: FILTERS,
        sorts: &["created", "-created", "starts_on", "-starts_on", "name", "-name"],
        example,
    };
    type New = NewEvent;
    type Record = Event;
    type View = EventView;

    fn id(record: &Event) -> &str {
        &record.id
    }

    fn version(record: &Event) -> i64 {
        record.version
    }

    fn owners(_: &mut Db, records: &[Event]) -> Result<Vec<Owners>> {
        Ok(records.iter().map(Event::owners).collect())
    }

    fn create(tx: &mut Tx<'_>, permit: &Permit, items: Vec<NewEvent>) -> Result<Vec<Result<Event>>> {
        let organisers = organisers(tx.db, &items)?;
        let results: Vec<Result<Event>> = items
            .iter()
            .map(|new| {
                let province_id = check_event(new, &organisers)?;
                let event = record_of(new, province_id, (tx.new_id("evt")?, 1, tx.origin.to_owned(), tx.now), tx.now);
                permit.require(&event.owners())?;
                Ok(event)
            })
            .collect();
        let stored: Vec<&Event> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
        store::insert(tx.db, &stored)?;
        for event in stored {
            tx.record(Operation::Create, "event", &event.id, 1, event)?;
        }
        Ok(results)
    }

    fn replace(tx: &mut Tx<'_>, permit: &Permit, current: &Event, new: NewEvent) -> Result<Event> {
        let organisers = organisers(tx.db, std::slice::from_ref(&new))?;
        let province_id = check_event(&new, &organisers)?;
        let next =
            record_of(&new, province_id, (current.id.clone(), current.version + 1, current.origin.clone(), current.created_at), tx.now);
        permit.require(&next.owners())?;
        if is_same(current, &next)? {
            return Ok(current.clone());
        }
        if !store::update(tx.db, current, &next)? {
            return Err(Problem::unavailable("another writer was faster").contended());
        }
        tx.record(Operation::Update, "event", &next.id, next.version, &next)?;
        Ok(next)
    }

    fn delete(tx: &mut Tx<'_>, permit: &Permit, current: &Event) -> Result<()> {
        mous::using(tx.db, &permit.caller, Uses::default(), mous::Named::Event(&current.id))?.refuse()?;
        store::delete(tx.db, &current.id)?;
        tx.record(Operation::Delete, "event", &current.id, current.version + 1, &())
    }

    fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Event>> {
        store::load(db, ids)
    }

    fn list(db: &mut Db, args: &Args, page: &Page, as_of: NaiveDate, _: &Caller) -> Result<Vec<Event>> {
        let mut query = events::table.into_boxed();
        if let Some((from, end)) = keys_with(args, "name")? {
            query = query.filter(events::name_folded.ge(from).and(events::name_folded.lt(end)));
        }
        if let Some(kind) = args.word::<EventKind>("kind") {
            query = query.filter(events::kind.eq(kind));
        }
        if let Some(status) = args.word::<EventStatus>("status") {
            query = query.filter(events::status.eq(status));
        }
        if let Some(provinces) = args.provinces("province", as_of)? {
            query = query.filter(events::province_id.eq_any(provinces));
        }
        if let Some(day) = args.day("from") {
            query = query.filter(events::starts_on.ge(day));
        }
        if let Some(day) = args.day("until") {
            query = query.filter(events::starts_on.le(day));
        }
        if let Some(organiser) = args.get("organiser") {
            query = query.filter(events::organiser_id.eq(organiser.to_owned()));
        }
        if let Some(illustrative) = args.maybe_flag("illustrative") {
            query = query.filter(events::illustrative.eq(illustrative));
        }
        let query = query.select(Event::as_select());
        Ok(match page.sort.trim_start_matches('-') {
            "name" => keyset!(query, page, events::id, events::name_folded, text_key).load(db)?,
            "starts_on" => keyset!(query, page, events::id, events::starts_on, day_key).load(db)?,
            _ => keyset!(query, page, events::id).load(db)?,
        })
    }

    fn sort_key(record: &Event, sort: &str) -> String {
        match sort {
            "name" => record.name_folded.clone(),
            "starts_on" => record.starts_on.to_string(),
            _ => String::new(),
        }
    }

    fn to_new(record: &Event) -> NewEvent {
        record.into()
    }

    fn views(db: &mut Db, records: Vec<Event>, as_of: NaiveDate) -> Result<Vec<EventView>> {
        let ids: Vec<&str> = records.iter().filter_map(|record| record.organiser_id.as_deref()).collect();
        let organisers = identities(db, &ids)?;
        Ok(records
            .into_iter()
            .map(|record| EventView {
                province: ProvinceView::new(record.province_id, as_of),
                organiser_name: record.organiser_id.as_ref().and_then(|id| organisers.get(id)).map(|identity| identity.name.clone()),
                record,
            })
            .collect())
    }
}

fn organisers(db: &mut Db, items: &[NewEvent]) -> Result<HashMap<String, Identity>> {
    let ids: Vec<&str> = items.iter().filter_map(|new| new.organiser_id.as_deref()).collect();
    identities(db, &ids)
}

fn check_event(new: &NewEvent, organisers: &HashMap<String, Identity>) -> Result<ProvinceId> {
    let mut faults = Faults::new();
    check::line(&mut faults, "/name", &new.name, check::LINE_LIMIT);
    check::maybe_line(&mut faults, "/name_en", new.name_en.as_deref(), check::LINE_LIMIT);
    check::maybe_line(&mut faults, "/venue", new.venue.as_deref(), check::LINE_LIMIT);
    check::day(&mut faults, "/starts_on", Some(new.starts_on));
    check::day(&mut faults, "/ends_on", new.ends_on);
    check::order(&mut faults, "/ends_on", Some(new.starts_on), new.ends_on, "It ends before it begins", "Kết thúc trước khi bắt đầu");
    if new.organiser_id.as_ref().is_some_and(|id| !organisers.contains_key(id)) {
        check::unknown_reference(&mut faults, "/organiser_id", "organisation", "tổ chức");
    }
    let province_id = check::province(&mut faults, "/province", &new.province, new.starts_on);
    faults.into_result()?;
    province_id.ok_or_else(|| Problem::internal("an event without faults has no province"))
}

/// The record that `new` makes; destructured, so that a new member can't be forgotten.
fn record_of(
    new: &NewEvent,
    province_id: ProvinceId,
    (id, version, origin, created_at): (String, i64, String, NaiveDateTime),
    updated_at: NaiveDateTime,
) -> Event {
    let NewEvent { name, name_en, kind, starts_on, ends_on, province: _, venue, organiser_id, status, illustrative } = new.clone();
    Event {
        id,
        version,
        origin,
        created_at,
        updated_at,
        name_folded: fold(&name),
        name,
        name_en,
        kind,
        starts_on,
        ends_on: ends_on.unwrap_or(starts_on),
        province_id,
        venue,
        organiser_id,
        status: status.unwrap_or(EventStatus::Planned),
        illustrative,
    }
}
