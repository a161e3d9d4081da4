//! Offers in the database, and what other tables say of their products.

use super::model::{OFFER_COLUMNS, Offer};
use crate::db::schema::{mou_commitments, mous, offers, products};
use crate::db::{Db, each, insert_all};
use crate::decimal::Quantity;
use crate::error::Result;
use crate::measure::Pack;
use crate::mous::Period;
use crate::organisations::{Identity, identities};
use crate::products::ProductStatus;
use crate::reference::{GroupId, UnitId};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

/// What an offer needs of its product.
#[derive(Debug, Clone)]
pub(super) struct Product {
    pub(super) producer_id: String,
    pub(super) name: String,
    pub(super) group_id: GroupId,
    pub(super) pack: Option<Pack>,
    pub(super) status: ProductStatus,
    pub(super) producer: Identity,
}

/// The products of `ids` that exist, by id, with their producers, in two round trips.
pub(super) fn products_of(db: &mut Db, ids: &[&str]) -> Result<HashMap<String, Product>> {
    type Row = (String, String, String, GroupId, Option<UnitId>, Option<Quantity>, Option<UnitId>, ProductStatus);
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = products::table
        .filter(products::id.eq_any(ids.iter().copied()))
        .select((
            products::id,
            products::producer_id,
            products::name,
            products::group_id,
            products::pack_unit,
            products::pack_content_milli,
            products::pack_content_unit,
            products::status,
        ))
        .load(db)?;
    let producers = identities(db, &rows.iter().map(|row| row.1.as_str()).collect::<Vec<_>>())?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, producer_id, name, group_id, unit, content, content_unit, status)| {
            let pack = match (unit, content, content_unit) {
                (Some(unit), Some(content), Some(content_unit)) => Some(Pack { unit, content, content_unit }),
                _ => None,
            };
            let producer = producers.get(&producer_id)?.clone();
            Some((id, Product { producer_id, name, group_id, pack, status, producer }))
        })
        .collect())
}

/// Keeps the packs of the products of `ids` as they are until the transaction ends. On `SQLite` there is one writer.
pub(super) fn hold_packs(db: &mut Db, ids: &[&str]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    if let Db::Postgres(conn) = db {
        // In one order for all, so that no two wait for each other.
        let products = products::table.filter(products::id.eq_any(ids.iter().copied())).order(products::id);
        let _: Vec<String> = products.select(products::id).for_share().load(conn)?;
    }
    Ok(())
}

pub(super) fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Offer>> {
    Ok(offers::table.filter(offers::id.eq_any(ids)).select(Offer::as_select()).load(db)?)
}

/// Stores new offers.
pub(crate) fn insert(db: &mut Db, records: &[Offer]) -> Result<()> {
    let rows: Vec<&Offer> = records.iter().collect();
    insert_all!(db, offers::table, &rows, OFFER_COLUMNS)?;
    Ok(())
}

/// Stores `next` in place of the version before it; false when another writer was faster.
pub(super) fn update(db: &mut Db, current: &Offer, next: &Offer) -> Result<bool> {
    let of_version = offers::table.filter(offers::id.eq(&current.id).and(offers::version.eq(current.version)));
    let changed = each!(&mut *db, |conn| diesel::update(of_version).set(next).execute(conn))?;
    Ok(changed > 0)
}

pub(super) fn delete(db: &mut Db, id: &str) -> Result<()> {
    diesel::delete(offers::table.find(id)).execute(db)?;
    Ok(())
}

/// A commitment as an `MoU` has it.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) quantity: Quantity,
    pub(super) unit: UnitId,
    pub(super) period: Period,
    pub(super) starts_on: NaiveDate,
    pub(super) ends_on: Option<NaiveDate>,
}

/// What `MoUs` that are signed and not ended on `as_of` commit of the products of `ids`, by product.
///
/// Where a commitment states no days, those of its `MoU` hold.
pub(super) fn commitments(db: &mut Db, ids: &[&str], as_of: NaiveDate) -> Result<HashMap<String, Vec<Written>>> {
    type Days = (Option<NaiveDate>, Option<NaiveDate>);
    type Row = (Option<String>, Option<Quantity>, Option<UnitId>, Option<Period>, Days, Days);
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = mou_commitments::table
        .inner_join(mous::table)
        .filter(mou_commitments::product_id.eq_any(ids.iter().copied()))
        .filter(mous::signed_on.le(as_of).and(mous::ended_on.is_null().or(mous::ended_on.gt(as_of))))
        .select((
            mou_commitments::product_id,
            mou_commitments::quantity_milli,
            mou_commitments::unit,
            mou_commitments::period,
            (mou_commitments::starts_on, mou_commitments::ends_on),
            (mous::effective_from, mous::effective_until),
        ))
        .load(db)?;
    let mut found: HashMap<String, Vec<Written>> = HashMap::new();
    for (product_id, quantity, unit, period, (starts_on, ends_on), (from, until)) in rows {
        let (Some(product_id), Some(quantity), Some(unit), Some(starts_on)) = (product_id, quantity, unit, starts_on.or(from)) else {
            continue;
        };
        let period = period.unwrap_or(Period::Total);
        found.entry(product_id).or_default().push(Written { quantity, unit, period, starts_on, ends_on: ends_on.or(until) });
    }
    Ok(found)
}
