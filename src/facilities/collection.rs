//! `/v1/facilities`

use super::model::{Facility, FacilityKind, FacilityView, NewFacility};
use super::store;
use crate::access::{Caller, Owners, Permit};
use crate::check;
use crate::db::Db;
use crate::db::schema::facilities;
use crate::error::{Faults, Problem, Result};
use crate::http::collection::{Collection, Spec, operations};
use crate::http::page::{Page, keys_with, keyset, text_key};
use crate::http::query::{Args, Kind, Param, param};
use crate::log::{Meta, Operation, Tx, is_same};
use crate::organisations::{self, Identity, identities};
use crate::reference::ProvinceId;
use crate::reference::views::ProvinceView;
use crate::text::fold;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The collection.
#[derive(Debug)]
pub struct Facilities;

const FILTERS: &[Param] = &[
    param("holder", Kind::Id, "Of this organisation."),
    param("kind", Kind::Word(FacilityKind::WORDS), "Of this kind."),
    param("province", Kind::Province, "In this province-level unit (code or name on the day asked) or in one that it succeeded."),
    param("name", Kind::Text, "Names that begin with this, with or without accents."),
];

fn example() -> Value {
    json!({"holder_id": "org_01JDB3B8Q00000000000000000", "kind": "facility", "name": "Xưởng sấy hành tím Vĩnh Phước (minh họa)",
        "province": "94@2020-10-27", "address": "Ấp Biển Dưới, Vĩnh Châu", "illustrative": true})
}

impl Collection for Facilities {
    const SPEC: Spec = Spec {
        name: "facilities",
        noun: "facility",
        entity: "facility",
        table: "facilities",
        description: "A place where goods are made or packed, or a farm: what certificates such as HACCP and VietGAP are given to.",
        operations: operations!("facility", "facilities"),
        filters: FILTERS,
        sorts: &["created", "-created", "name", "-name"],
        example,
    };
    type New = NewFacility;
    type Record = Facility;
    type View = FacilityView;

    fn id(record: &Facility) -> &str {
        &record.id
    }

    fn version(record: &Facility) -> i64 {
        record.version
    }

    fn owners(db: &mut Db, records: &[Facility]) -> Result<Vec<Owners>> {
        organisations::owners(db, &records.iter().map(|record| record.holder_id.as_str()).collect::<Vec<_>>())
    }

    fn create(tx: &mut Tx<'_>, permit: &Permit, items: Vec<NewFacility>) -> Result<Vec<Result<Facility>>> {
        let holders = identities(tx.db, &items.iter().map(|new| new.holder_id.as_str()).collect::<Vec<_>>())?;
        let results: Vec<Result<Facility>> = items
            .into_iter()
            .map(|new| {
                let province_id = judge(permit, &new, &holders, tx.today)?;
                Ok(record_of(new, province_id, tx.first_version("fac")?))
            })
            .collect();
        let stored: Vec<&Facility> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
        store::insert(tx.db, &stored)?;
        for record in stored {
            tx.record(Operation::Create, "facility", &record.id, record.version, record)?;
        }
        Ok(results)
    }

    fn replace(tx: &mut Tx<'_>, permit: &Permit, current: &Facility, new: NewFacility) -> Result<Facility> {
        let holders = identities(tx.db, &[&new.holder_id])?;
        let province_id = judge(permit, &new, &holders, tx.today)?;
        let next = record_of(new, province_id, tx.next_version(current.meta()));
        if is_same(current, &next)? {
            return Ok(current.clone());
        }
        if (&current.holder_id, current.kind) != (&next.holder_id, next.kind) {
            // A certificate of a place names the same holder and a place of its kind.
            store::uses(tx.db, &current.id)?.refuse()?;
        }
        if !store::update(tx.db, current, &next)? {
            return Err(Problem::unavailable("another writer was faster").contended());
        }
        tx.record(Operation::Update, "facility", &next.id, next.version, &next)?;
        Ok(next)
    }

    fn delete(tx: &mut Tx<'_>, _: &Permit, current: &Facility) -> Result<()> {
        store::uses(tx.db, &current.id)?.refuse()?;
        store::delete(tx.db, &current.id)?;
        tx.record(Operation::Delete, "facility", &current.id, current.version + 1, &())
    }

    fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Facility>> {
        store::load(db, ids)
    }

    fn list(db: &mut Db, args: &Args, page: &Page, as_of: NaiveDate, _: &Caller) -> Result<Vec<Facility>> {
        let query = filtered(args, as_of)?;
        Ok(if page.sort.ends_with("name") {
            keyset!(query, page, facilities::id, facilities::name_folded, text_key).select(Facility::as_select()).load(db)?
        } else {
            keyset!(query, page, facilities::id).select(Facility::as_select()).load(db)?
        })
    }

    fn sort_key(record: &Facility, sort: &str) -> String {
        if sort == "name" { record.name_folded.clone() } else { String::new() }
    }

    fn to_new(record: &Facility) -> NewFacility {
        record.into()
    }

    fn views(_: &mut Db, records: Vec<Facility>, as_of: NaiveDate) -> Result<Vec<FacilityView>> {
        Ok(records.into_iter().map(|record| FacilityView { province: ProvinceView::new(record.province_id, as_of), record }).collect())
    }
}

type Query = facilities::BoxedQuery<'static, crate::db::MultiBackend>;

/// The filters of a list as SQL.
fn filtered(args: &Args, as_of: NaiveDate) -> Result<Query> {
    let mut query = facilities::table.into_boxed();
    if let Some(id) = args.get("holder") {
        query = query.filter(facilities::holder_id.eq(id.to_owned()));
    }
    if let Some(kind) = args.word::<FacilityKind>("kind") {
        query = query.filter(facilities::kind.eq(kind));
    }
    if let Some(provinces) = args.provinces("province", as_of)? {
        query = query.filter(facilities::province_id.eq_any(provinces));
    }
    if let Some((from, end)) = keys_with(args, "name")? {
        query = query.filter(facilities::name_folded.ge(from).and(facilities::name_folded.lt(end)));
    }
    Ok(query)
}

/// Checks everything about `new`, and that the caller may have it: its province.
fn judge(permit: &Permit, new: &NewFacility, holders: &HashMap<String, Identity>, today: NaiveDate) -> Result<ProvinceId> {
    let holder = holders.get(&new.holder_id);
    let province_id = check_place(new, holder, today)?;
    let holder = holder.ok_or_else(|| Problem::internal("a facility without faults has a holder"))?;
    permit.require(&holder.owners(&new.holder_id))?;
    Ok(province_id)
}

/// The record that `new` of `holder` makes on `day` when its checks find no fault, without a caller or a database: for
/// records that are made many at a time.
///
/// # Errors
/// 422 with every fault.
pub(crate) fn made(new: NewFacility, holder: &Identity, day: NaiveDate, meta: Meta) -> Result<Facility> {
    let province_id = check_place(&new, Some(holder), day)?;
    Ok(record_of(new, province_id, meta))
}

/// Checks everything about `new`: its province.
fn check_place(new: &NewFacility, holder: Option<&Identity>, today: NaiveDate) -> Result<ProvinceId> {
    let mut faults = Faults::new();
    check::line(&mut faults, "/name", &new.name, check::NAME_LIMIT);
    check::maybe_line(&mut faults, "/address", new.address.as_deref(), check::LINE_LIMIT);
    let province_id = check::province(&mut faults, "/province", &new.province, today);
    if holder.is_none() {
        check::unknown_reference(&mut faults, "/holder_id", "organisation", "tổ chức");
    }
    faults.into_result()?;
    province_id.ok_or_else(|| Problem::internal("a facility without faults was not checked"))
}

/// The record that `new` makes; destructured, so that a new member can't be forgotten.
fn record_of(new: NewFacility, province_id: ProvinceId, meta: Meta) -> Facility {
    let NewFacility { holder_id, kind, name, address, province: _, illustrative } = new;
    let Meta { id, version, origin, created_at, updated_at } = meta;
    Facility {
        id,
        version,
        origin,
        created_at,
        updated_at,
        holder_id,
        kind,
        name_folded: fold(&name),
        name,
        province_id,
        address,
        illustrative,
    }
}
