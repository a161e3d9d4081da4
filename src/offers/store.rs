//! Offers in the database, and what other tables say of their products.

use super::model::{OFFER_COLUMNS, Offer};
use crate::db::schema::{offers, products};
use crate::db::{Db, each, insert_all};
use crate::decimal::Quantity;
use crate::error::Result;
use crate::measure::Pack;
use crate::organisations::{Identity, identities};
use crate::products::ProductStatus;
use crate::reference::{GroupId, UnitId};
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
