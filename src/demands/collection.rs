//! `/v1/demands`

use super::model::{CeilingColumns, Demand, DemandView, NewDemand};
use super::rules::{self, Checked, check};
use super::store;
use crate::access::{Caller, Owners, Permit, Sight};
use crate::check::{self, Uses};
use crate::closing::{Closes, closed_already};
use crate::db::Db;
use crate::db::Json;
use crate::db::schema::demands;
use crate::error::{Faults, Problem, Result, text};
use crate::http::collection::{Collection, Spec, operations};
use crate::http::page::{Page, day_key, keys_with, keyset};
use crate::http::query::{Args, Kind, Param, param};
use crate::introductions::introduced_to_demands;
use crate::log::{Meta, Operation, Tx, is_same};
use crate::measure;
use crate::months;
use crate::mous::{self, PromisedOf, Season};
use crate::organisations::{Identity, ProfileKind, identities, owners};
use crate::price::{Visibility, is_hidden};
use crate::reference::views::ProvinceView;
use crate::text::fold;
use chrono::NaiveDate;
use diesel::dsl::{not, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde_json::{Map, Value, json};

/// `/v1/demands`
#[derive(Debug)]
pub struct Demands;

/// Filters of the list.
pub const FILTERS: &[Param] = &[
    param("buyer", Kind::Id, "Of this buyer."),
    param("group", Kind::Group, "For products in this group or below it, under any decision."),
    param(
        "province",
        Kind::Province,
        "To be delivered in this province-level unit (code or name on the day asked) or in one that it succeeded.",
    ),
    param("month", Kind::Word(months::WORDS), "That need it in this month of the year, to come or past."),
    param(
        "open",
        Kind::Flag,
        "Only those that take answers on the day asked, or only the others. One of which no month that it names is left takes none.",
    ),
    param("text", Kind::Text, "Titles that begin with this, with or without accents."),
    param("illustrative", Kind::Flag, "Only invented records, or only others."),
];
/// Sorts of the list.
pub const SORTS: &[&str] = &["created", "-created", "starts_on", "-starts_on"];

fn example() -> Value {
    json!({
        "buyer_id": "org_01JDB3B8Q00000000000000000", "title": "Hành tím cho Tết (minh họa)", "text": "hành tím", "group": "I.1.a",
        "quantity": "5", "unit": "TAN", "months": [1, 2], "starts_on": "2027-01-01", "ends_on": "2027-03-31", "delivery_province": "01",
        "price_ceiling": {"amount": "45000", "currency": "VND", "per_unit": "KG", "basis": "delivered", "vat_included": true},
        "least_stars": 4, "required_certificates": ["HACCP"], "preferred_certificates": ["VIETGAP"],
        "minimum_remaining_shelf_life_days": 30, "answer_by": "2026-12-15", "suppliers_at_most": 3, "illustrative": true
    })
}

impl Collection for Demands {
    const CHANGES_REFUSED: Option<&'static str> =
        Some("While a memorandum names the demand, it stays of the same buyer: another one is refused with 409 `in_use`.");
    const SPEC: Spec = Spec {
        name: "demands",
        noun: "demand",
        entity: "demand",
        table: "demands",
        description: "What a buyer needs: how much a month, in which months, from when to when, delivered where, with which papers. `quantity_base` is the same quantity in the base unit of its dimension, in which a demand compares with an offer. The price ceiling is in the answer only for callers whom its visibility names. A demand that ends before it begins, of zero quantity or of a month outside its period is refused with 422. A closed demand takes no change.",
        operations: operations!("demand", "demands"),
        filters: FILTERS,
        sorts: SORTS,
        example,
    };
    type New = NewDemand;
    type Record = Demand;
    type View = DemandView;

    fn id(record: &Demand) -> &str {
        &record.id
    }

    fn version(record: &Demand) -> i64 {
        record.version
    }

    fn owners(db: &mut Db, records: &[Demand]) -> Result<Vec<Owners>> {
        let mut owners = owners(db, &buyer_ids(records))?;
        let for_parties = |record: &&Demand| record.price_ceiling.get().is_some_and(|ceiling| ceiling.visibility == Visibility::Parties);
        let ids: Vec<&str> = records.iter().filter(for_parties).map(|record| record.id.as_str()).collect();
        if !ids.is_empty() {
            let mut introduced = introduced_to_demands(db, &ids)?;
            for (record, owners) in records.iter().zip(&mut owners) {
                owners.introduced = introduced.remove(&record.id).unwrap_or_default();
            }
        }
        Ok(owners)
    }

    fn hidden(object: &Map<String, Value>, caller: &Caller, owners: &Owners) -> Vec<&'static str> {
        let mut hidden = Vec::new();
        if is_hidden(object, "price_ceiling", caller, owners) {
            hidden.push("price_ceiling");
        }
        if caller.sight(owners) < Sight::Parties {
            hidden.push("promised");
        }
        hidden
    }

    fn create(tx: &mut Tx<'_>, permit: &Permit, items: Vec<NewDemand>) -> Result<Vec<Result<Demand>>> {
        let buyers = identities(tx.db, &items.iter().map(|new| new.buyer_id.as_str()).collect::<Vec<_>>())?;
        let mut results = Vec::with_capacity(items.len());
        for new in items {
            results.push(match accepted(tx, permit, &new, buyers.get(&new.buyer_id)) {
                Err(problem) => Err(problem),
                Ok(checked) => Ok(record_of(new, checked, tx.first_version("dmd")?)),
            });
        }
        let stored: Vec<Demand> = results.iter().filter_map(|result| result.as_ref().ok().cloned()).collect();
        store::insert(tx.db, &stored)?;
        for record in &stored {
            tx.record(Operation::Create, "demand", &record.id, 1, record)?;
        }
        Ok(results)
    }

    fn replace(tx: &mut Tx<'_>, permit: &Permit, current: &Demand, new: NewDemand) -> Result<Demand> {
        if let Some(day) = current.closed_on {
            return Err(closed_already(day));
        }
        let buyers = identities(tx.db, &[new.buyer_id.as_str()])?;
        let checked = accepted(tx, permit, &new, buyers.get(&new.buyer_id))?;
        let next = record_of(new, checked, tx.next_version(current.meta()));
        if next.buyer_id != current.buyer_id {
            refuse_named(tx, permit, current)?;
        }
        // The same demand in other words, such as a province by its name, is no new version.
        if is_same(current, &next)? {
            return Ok(current.clone());
        }
        stored(tx, current, next)
    }

    fn delete(tx: &mut Tx<'_>, permit: &Permit, current: &Demand) -> Result<()> {
        refuse_named(tx, permit, current)?;
        store::delete(tx.db, &current.id)?;
        tx.record(Operation::Delete, "demand", &current.id, current.version + 1, &())
    }

    fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Demand>> {
        store::load(db, ids)
    }

    fn list(db: &mut Db, args: &Args, page: &Page, as_of: NaiveDate, _: &Caller) -> Result<Vec<Demand>> {
        let query = filtered(args, as_of)?;
        let rows = if page.sort.ends_with("starts_on") {
            keyset!(query, page, demands::id, demands::starts_on, day_key).select(Demand::as_select()).load(db)?
        } else {
            keyset!(query, page, demands::id).select(Demand::as_select()).load(db)?
        };
        Ok(rows)
    }

    fn sort_key(record: &Demand, sort: &str) -> String {
        if sort == "starts_on" { record.starts_on.to_string() } else { String::new() }
    }

    fn to_new(record: &Demand) -> NewDemand {
        record.into()
    }

    fn views(db: &mut Db, records: Vec<Demand>, as_of: NaiveDate) -> Result<Vec<DemandView>> {
        let buyers = identities(db, &buyer_ids(&records))?;
        let ids: Vec<&str> = records.iter().map(|record| record.id.as_str()).collect();
        let commitments = mous::signed_commitments(db, PromisedOf::Demands(&ids), as_of)?;
        records
            .into_iter()
            .map(|record| {
                // What was checked when it was written: a record from the log has no derived column.
                let quantity_base = measure::to_base(record.quantity, record.unit, None)
                    .map_err(|error| Problem::internal(format!("demand {}: {error:?}", record.id)))?;
                let season = Season { months: record.months, from: record.starts_on, until: Some(record.ends_on) };
                let written = commitments.get(&record.id).map_or(&[] as &[_], Vec::as_slice);
                Ok(DemandView {
                    promised: Some(mous::promised_months(written, season, quantity_base.unit, as_of)),
                    status: rules::status(record.closed_on, record.answer_by, (record.months, record.ends_on), as_of),
                    quantity_base,
                    buyer: buyers.get(&record.buyer_id).map(|buyer| buyer.summary(&record.buyer_id, as_of)),
                    group: record.group_id.map(Into::into),
                    delivery_province: ProvinceView::new(record.delivery_province_id, as_of),
                    record,
                })
            })
            .collect()
    }
}

impl Closes for Demands {
    const OPERATION: &'static str = "close_demand";

    fn closed_on(record: &Demand) -> Option<NaiveDate> {
        record.closed_on
    }

    fn close(tx: &mut Tx<'_>, current: &Demand, on: NaiveDate, reason: Option<String>) -> Result<Demand> {
        let next =
            Demand { version: current.version + 1, updated_at: tx.now, closed_on: Some(on), closed_reason: reason, ..current.clone() };
        stored(tx, current, next)
    }
}

fn buyer_ids(records: &[Demand]) -> Vec<&str> {
    records.iter().map(|record| record.buyer_id.as_str()).collect()
}

/// The checks of `new`, and the permit for its buyer.
fn accepted(tx: &Tx<'_>, permit: &Permit, new: &NewDemand, buyer: Option<&Identity>) -> Result<Checked> {
    let buyer = buyer.filter(|buyer| buyer.profiles.contains(&ProfileKind::Buyer));
    let checked = checked(new, tx.today, buyer.is_some())?;
    let Some(buyer) = buyer else { return Err(Problem::internal("a demand without faults has no buyer")) };
    permit.require(&buyer.owners(&new.buyer_id))?;
    Ok(checked)
}

/// What the checks of `new` found.
fn checked(new: &NewDemand, today: NaiveDate, has_buyer: bool) -> Result<Checked> {
    let mut faults = Faults::new();
    if !has_buyer {
        check::unknown_reference(&mut faults, "/buyer_id", "buyer", "bên mua");
    }
    let checked = check(new, today, &mut faults);
    faults.into_result()?;
    checked.ok_or_else(|| Problem::internal("a demand without faults was not checked"))
}

/// The record that `new` makes on `day` when its checks find no fault, without a caller or a database: for records that
/// are made many at a time or not stored at all. `has_buyer` says whether its buyer is known to be one.
///
/// # Errors
/// 422 with every fault.
pub(crate) fn made(new: NewDemand, day: NaiveDate, has_buyer: bool, meta: Meta) -> Result<Demand> {
    let checked = checked(&new, day, has_buyer)?;
    Ok(record_of(new, checked, meta))
}

/// Refuses to take a demand from under the memoranda that name it.
fn refuse_named(tx: &mut Tx<'_>, permit: &Permit, current: &Demand) -> Result<()> {
    let named = mous::using(tx.db, &permit.caller, Uses::default(), mous::Named::Demand(&current.id))?;
    named.refuse_with(text(
        "Memoranda name this demand: it stays, and of the same buyer. Close it instead, and make another one.",
        "Đã có biên bản ghi nhớ nêu nhu cầu này nên không thể xóa hoặc đổi bên mua. Hãy đóng lại và tạo mới.",
    ))
}

/// Stores `next` in place of `current`, and its change.
fn stored(tx: &mut Tx<'_>, current: &Demand, next: Demand) -> Result<Demand> {
    if !store::update(tx.db, current, &next)? {
        return Err(Problem::unavailable("another writer was faster").contended());
    }
    tx.record(Operation::Update, "demand", &next.id, next.version, &next)?;
    Ok(next)
}

/// The record that `new` makes; destructured, so that a new member can't be forgotten.
fn record_of(new: NewDemand, checked: Checked, meta: Meta) -> Demand {
    let NewDemand {
        buyer_id,
        title,
        text,
        group: _,
        quantity,
        unit: _,
        months: _,
        starts_on,
        ends_on,
        delivery_province: _,
        price_ceiling: _,
        least_stars,
        required_certificates: _,
        preferred_certificates: _,
        minimum_remaining_shelf_life_days,
        answer_by,
        suppliers_at_most,
        illustrative,
    } = new;
    let Checked { group_id, unit, base, months, delivery_province_id, price_ceiling, required_certificates, preferred_certificates } =
        checked;
    let Meta { id, version, origin, created_at, updated_at } = meta;
    Demand {
        id,
        version,
        origin,
        created_at,
        updated_at,
        buyer_id,
        title_folded: fold(&title),
        title,
        text,
        group_id,
        quantity,
        unit,
        quantity_base_milli: base.quantity,
        months,
        starts_on,
        ends_on,
        delivery_province_id,
        price_ceiling: CeilingColumns::from(price_ceiling),
        least_stars,
        required_certificates: Json::new(required_certificates),
        preferred_certificates: Json::new(preferred_certificates),
        minimum_remaining_shelf_life_days,
        answer_by,
        suppliers_at_most,
        closed_on: None,
        closed_reason: None,
        illustrative,
    }
}

type Query = demands::BoxedQuery<'static, crate::db::MultiBackend>;

/// The filters of a list as SQL.
fn filtered(args: &Args, as_of: NaiveDate) -> Result<Query> {
    let mut query = demands::table.into_boxed();
    if let Some(buyer) = args.get("buyer") {
        query = query.filter(demands::buyer_id.eq(buyer.to_owned()));
    }
    if let Some(groups) = args.groups("group", as_of)? {
        query = query.filter(demands::group_id.eq_any(groups));
    }
    if let Some(provinces) = args.provinces("province", as_of)? {
        query = query.filter(demands::delivery_province_id.eq_any(provinces));
    }
    if let Some(month) = args.number("month") {
        query = query.filter(sql::<Bool>(&format!("(demands.months & {}) <> 0", 1_u32 << (month - 1).clamp(0, 11))));
    }
    if let Some(open) = args.maybe_flag("open") {
        let is_open = demands::closed_on
            .is_null()
            .or(demands::closed_on.gt(as_of))
            .and(sql::<Bool>(&months::are_left_sql("demands.months", "demands.ends_on", as_of)))
            .and(demands::answer_by.is_null().or(demands::answer_by.ge(as_of)));
        // The sum of these conditions is never unknown: each nullable column is asked for null first.
        query = if open { query.filter(is_open.assume_not_null()) } else { query.filter(not(is_open.assume_not_null())) };
    }
    if let Some((from, end)) = keys_with(args, "text")? {
        query = query.filter(demands::title_folded.ge(from).and(demands::title_folded.lt(end)));
    }
    if let Some(illustrative) = args.maybe_flag("illustrative") {
        query = query.filter(demands::illustrative.eq(illustrative));
    }
    Ok(query)
}
