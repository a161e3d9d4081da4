//! Products in the database.

use super::model::{PRODUCT_COLUMNS, Product};
use crate::access::Caller;
use crate::check::{NAMED, Uses};
use crate::db::schema::{certificates, offers, products, star_proposals};
use crate::db::{Db, each, insert_all};
use crate::error::Result;
use crate::months::are_left_sql;
use crate::mous;
use crate::reference::UnitId;
use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

/// Products that have one of `gtins`: (producer, GTIN, id).
pub(super) fn with_gtins(db: &mut Db, gtins: &[String]) -> Result<Vec<(String, String, String)>> {
    if gtins.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(String, Option<String>, String)> =
        products::table.filter(products::gtin.eq_any(gtins)).select((products::producer_id, products::gtin, products::id)).load(db)?;
    Ok(rows.into_iter().filter_map(|(producer, gtin, id)| gtin.map(|gtin| (producer, gtin, id))).collect())
}

pub(super) fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Product>> {
    Ok(products::table.filter(products::id.eq_any(ids)).select(Product::as_select()).load(db)?)
}

/// Stores new products.
pub(crate) fn insert(db: &mut Db, records: &[&Product]) -> Result<()> {
    Ok(insert_all!(db, products::table, records, PRODUCT_COLUMNS)?)
}

/// Stores `next` in place of the version before it; false when another writer was faster.
pub(super) fn update(db: &mut Db, current: &Product, next: &Product) -> Result<bool> {
    let of_version = products::table.filter(products::id.eq(&current.id).and(products::version.eq(current.version)));
    Ok(each!(&mut *db, |conn| diesel::update(of_version).set(next).execute(conn))? > 0)
}

pub(super) fn delete(db: &mut Db, id: &str) -> Result<()> {
    diesel::delete(products::table.find(id)).execute(db)?;
    Ok(())
}

/// What refers to a product.
pub(super) fn uses(db: &mut Db, caller: &Caller, id: &str) -> Result<Uses> {
    let of_certificates =
        certificates::table.filter(certificates::product_id.eq(id)).order(certificates::id).select(certificates::id).limit(NAMED);
    let of_proposals =
        star_proposals::table.filter(star_proposals::product_id.eq(id)).order(star_proposals::id).select(star_proposals::id).limit(NAMED);
    let of_offers = offers::table.filter(offers::product_id.eq(id)).order(offers::id).select(offers::id).limit(NAMED);
    let uses = Uses::default().and("certificates", of_certificates.load(db)?).and("star-proposals", of_proposals.load(db)?);
    Ok(mous::using(db, caller, uses, mous::Named::Product(id))?.and("offers", of_offers.load(db)?))
}

/// Keeps offers from being counted in the packs of a product, and others from locking it, until the transaction ends. On
/// `SQLite` there is one writer.
pub(crate) fn lock(db: &mut Db, id: &str) -> Result<()> {
    if let Db::Postgres(conn) = db {
        let _: Option<String> = products::table.find(id).select(products::id).for_no_key_update().first(conn).optional()?;
    }
    Ok(())
}

/// What counts in packs `unit` of a product on `day` or later: offers by their quantity, least order or price, and signed
/// `MoUs`.
pub(super) fn counted_in(db: &mut Db, caller: &Caller, id: &str, unit: UnitId, day: NaiveDate) -> Result<Uses> {
    let in_packs = offers::unit.eq(unit).or(offers::minimum_order_unit.eq(unit)).or(offers::price_unit.eq(unit));
    let of_offers: Vec<String> = offers::table
        .filter(offers::product_id.eq(id).and(in_packs))
        .filter(offers::closed_on.is_null().or(offers::closed_on.gt(day)))
        .filter(offers::available_until.is_null().or(sql::<Bool>(&are_left_sql("offers.months", "offers.available_until", day))))
        .order(offers::id)
        .limit(NAMED)
        .select(offers::id)
        .load(db)?;
    mous::using(db, caller, Uses::default().and("offers", of_offers), mous::Named::Units(id, unit, day))
}
