//! What `MoUs` promise, of products and to demands: the one record of the index that is made of several tables.
//!
//! A quantity in packs is worth what its product says of its pack, so that a product that is stated anew can change what
//! an `MoU` promises. An `MoU` is therefore read from the tables as they are whenever it, or the pack of a product that it
//! names, may have changed. What is read may be newer than the change that asked for it; the change that made it so
//! comes later and then changes nothing.

use super::convert::{self, Unfit};
use crate::db::schema::{mou_commitments, mous, products};
use crate::db::{BIND_LIMIT, Db};
use crate::decimal::Quantity;
use crate::market::record::{FOREVER, Id, MouRecord, Per, Promise};
use crate::measure::{self, Pack};
use crate::mous::{MouStatus, Period};
use crate::products::is_package;
use crate::reference::UnitId;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Promised {
    /// The `MoUs`, by id.
    pub mous: Vec<(String, std::result::Result<MouRecord, Unfit>)>,
    /// The products that they name.
    pub products: HashSet<Id>,
}

/// Those of the `MoUs` of `ids` that exist; of all without ids.
pub(super) fn of_mous(db: &mut Db, ids: Option<&[String]>) -> QueryResult<Promised> {
    let Some(ids) = ids else { return promised(db, None) };
    let mut all = Promised::default();
    for chunk in ids.chunks(BIND_LIMIT) {
        let some = promised(db, Some(chunk))?;
        all.mous.extend(some.mous);
        all.products.extend(some.products);
    }
    Ok(all)
}

/// The `MoUs` that name `product`.
pub(super) fn naming(db: &mut Db, product: &str) -> QueryResult<Vec<String>> {
    mou_commitments::table.filter(mou_commitments::product_id.eq(product)).select(mou_commitments::mou_id).distinct().load(db)
}

/// What of an `MoU` says what it promises, from its row or from the body of its change.
#[derive(Queryable, Deserialize)]
struct Mou {
    id: String,
    version: i64,
    signed_on: Option<NaiveDate>,
    ended_on: Option<NaiveDate>,
    effective_from: Option<NaiveDate>,
    effective_until: Option<NaiveDate>,
    status: MouStatus,
}

/// What of a commitment says it.
#[derive(Queryable, Deserialize)]
struct Commitment {
    /// Not in a body: there it stands within its `MoU`.
    #[serde(skip)]
    mou_id: String,
    product_id: Option<String>,
    quantity: Option<Quantity>,
    unit: Option<UnitId>,
    period: Option<Period>,
    starts_on: Option<NaiveDate>,
    ends_on: Option<NaiveDate>,
    demand_id: Option<String>,
}

/// The `MoU` in the body of a change, where nothing but itself says what it promises: no commitment to a product or
/// for a demand is counted in packs, whose worth the product states. Most are like that, and the tables need not be asked.
pub(super) fn of_body(text: &str) -> std::result::Result<Option<MouRecord>, Unfit> {
    #[derive(Deserialize)]
    struct Commitments {
        #[serde(default)]
        commitments: Vec<Commitment>,
    }
    let unfit = |error| Unfit(format!("its body: {error}"));
    // Twice over the text is cheaper than once with `flatten`, which keeps a copy of all that it meets.
    let mou: Mou = serde_json::from_str(text).map_err(unfit)?;
    let Commitments { commitments } = serde_json::from_str(text).map_err(unfit)?;
    let is_counted = |commitment: &&Commitment| commitment.product_id.is_some() || commitment.demand_id.is_some();
    let named: Vec<&Commitment> = commitments.iter().filter(is_counted).collect();
    if named.iter().any(|commitment| commitment.unit.is_some_and(is_package)) {
        return Ok(None);
    }
    record(&mou, &named, &HashMap::new()).map(Some)
}

/// What the worth of a commitment depends on beside itself.
#[derive(Debug, Clone, Copy, Default)]
struct Product {
    version: i64,
    pack: Option<Pack>,
}

fn promised(db: &mut Db, ids: Option<&[String]>) -> QueryResult<Promised> {
    let mut query = mou_commitments::table.into_boxed();
    if let Some(ids) = ids {
        query = query.filter(mou_commitments::mou_id.eq_any(ids));
    }
    let commitments: Vec<Commitment> = query
        .filter(mou_commitments::product_id.is_not_null().or(mou_commitments::demand_id.is_not_null()))
        .order((mou_commitments::mou_id, mou_commitments::position))
        .select((
            mou_commitments::mou_id,
            mou_commitments::product_id,
            mou_commitments::quantity_milli,
            mou_commitments::unit,
            mou_commitments::period,
            mou_commitments::starts_on,
            mou_commitments::ends_on,
            mou_commitments::demand_id,
        ))
        .load(db)?;
    let named: HashSet<&str> = commitments.iter().filter_map(|commitment| commitment.product_id.as_deref()).collect();
    let products = facts(db, &named.iter().copied().collect::<Vec<_>>())?;
    let mut of_mou: HashMap<&str, Vec<&Commitment>> = HashMap::new();
    for commitment in &commitments {
        of_mou.entry(&commitment.mou_id).or_default().push(commitment);
    }
    let mut query = mous::table.into_boxed();
    if let Some(ids) = ids {
        query = query.filter(mous::id.eq_any(ids));
    }
    let mous: Vec<Mou> = query
        .order(mous::id)
        .select((mous::id, mous::version, mous::signed_on, mous::ended_on, mous::effective_from, mous::effective_until, mous::status))
        .load(db)?;
    let mous =
        mous.iter().map(|mou| (mou.id.clone(), record(mou, of_mou.get(mou.id.as_str()).map_or(&[], Vec::as_slice), &products))).collect();
    Ok(Promised { mous, products: named.into_iter().filter_map(Id::parse).collect() })
}

fn facts(db: &mut Db, ids: &[&str]) -> QueryResult<HashMap<String, Product>> {
    type Row = (String, i64, Option<UnitId>, Option<Quantity>, Option<UnitId>);
    let mut facts = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(BIND_LIMIT) {
        let rows: Vec<Row> = products::table
            .filter(products::id.eq_any(chunk.iter().copied()))
            .select((products::id, products::version, products::pack_unit, products::pack_content_milli, products::pack_content_unit))
            .load(db)?;
        facts.extend(rows.into_iter().map(|(id, version, unit, content, content_unit)| {
            let pack = match (unit, content, content_unit) {
                (Some(unit), Some(content), Some(content_unit)) => Some(Pack { unit, content, content_unit }),
                _ => None,
            };
            (id, Product { version, pack })
        }));
    }
    Ok(facts)
}

fn record(mou: &Mou, commitments: &[&Commitment], products: &HashMap<String, Product>) -> std::result::Result<MouRecord, Unfit> {
    let (mut promises, mut meets) = (Vec::new(), Vec::new());
    let mut versions: i64 = 0;
    for commitment in commitments {
        let product = commitment.product_id.as_ref().and_then(|id| products.get(id)).copied().unwrap_or_default();
        if commitment.unit.is_some_and(is_package) {
            versions = versions.saturating_add(product.version);
        }
        let Some(promise) = promise(commitment, mou, product.pack.as_ref()) else { continue };
        if let Some(product) = &commitment.product_id {
            promises.push((convert::id(product)?, promise));
        }
        if let Some(demand) = &commitment.demand_id {
            // What was fulfilled before its time is not needed again.
            let ended_on = if mou.status == MouStatus::Completed { FOREVER } else { promise.ended_on };
            meets.push((convert::id(demand)?, Promise { ended_on, ..promise }));
        }
    }
    // The versions of the products whose packs count stand below its own, so that a pack that is stated anew makes a
    // later version of the same `MoU`. Within one version of it the products are the same ones, whose versions only rise.
    let version = (mou.version << 32) | versions.min(i64::from(u32::MAX));
    Ok(MouRecord { id: convert::id(&mou.id)?, version, promises, meets })
}

/// The promise of a commitment, by the rule by which an offer shows what is promised of it: what has no quantity, no
/// first day or no worth in a base unit promises nothing.
fn promise(commitment: &Commitment, mou: &Mou, pack: Option<&Pack>) -> Option<Promise> {
    let base = measure::to_base_up(commitment.quantity?, commitment.unit?, pack).ok()?;
    Some(Promise {
        unit: base.unit.row(),
        quantity: base.quantity.0,
        per: match commitment.period {
            Some(Period::Month) => Per::Month,
            Some(Period::Quarter) => Per::Quarter,
            Some(Period::Year) => Per::Year,
            Some(Period::Total) | None => Per::Total,
        },
        from: convert::day(commitment.starts_on.or(mou.effective_from)?),
        until: convert::day_or_forever(commitment.ends_on.or(mou.effective_until)),
        effect: (convert::day(mou.effective_from.or(mou.signed_on)?), convert::day_or_forever(mou.effective_until)),
        signed_on: convert::day(mou.signed_on?),
        ended_on: convert::day_or_forever(mou.ended_on),
    })
}
