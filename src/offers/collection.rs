//! `/v1/offers`

use super::model::{BaseColumns, NewOffer, Offer, OfferView, PriceColumns, ProductOfOffer};
use super::rules::{self, Checked, check, counts_in_packs, must_be_over};
use super::store::{self, Product};
use crate::access::{Caller, Owners, Permit, Sight};
use crate::check::Uses;
use crate::closing::{Closes, closed_already};
use crate::db::Db;
use crate::db::Json;
use crate::db::schema::{certificates, offers, organisations, products};
use crate::error::{Faults, Problem, Result, text};
use crate::http::collection::{Collection, Spec, operations};
use crate::http::page::{Page, day_key, keyset};
use crate::http::query::{Args, Kind, Param, many, param};
use crate::introductions::introduced_to_offers;
use crate::log::{Meta, Operation, Tx, is_same};
use crate::measure::{self, Worth};
use crate::months;
use crate::mous::{self, PromisedOf};
use crate::price::{Visibility, is_hidden};
use crate::products::ProductStatus;
use chrono::NaiveDate;
use diesel::dsl::{not, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// `/v1/offers`
#[derive(Debug)]
pub struct Offers;

/// Filters of the list.
pub const FILTERS: &[Param] = &[
    param("product", Kind::Id, "Of this product."),
    param("producer", Kind::Id, "Of this producer."),
    many("group", Kind::Group, "Of products in this group or below it, under any decision."),
    many(
        "province",
        Kind::Province,
        "Of producers in this province-level unit (code or name on the day asked) or in one that it succeeded.",
    ),
    param(
        "month",
        Kind::Word(months::WORDS),
        "That supply in this month of the year, to come or past. Of what is still to come: `months`, in a search.",
    ),
    param("open", Kind::Flag, "Only those whose `status` is open on the day asked, or only the others."),
    param("stars", Kind::Stars, "Of products whose OCOP certificate of at least so many stars is valid on the day asked."),
    param("illustrative", Kind::Flag, "Only invented records, or only others."),
];
/// Sorts of the list.
pub const SORTS: &[&str] = &["created", "-created", "available_from", "-available_from"];

fn example() -> Value {
    json!({
        "product_id": "prd_01JDB3B8Q00000000000000000", "quantity": "5", "unit": "TAN", "months": [1, 2, 3, 4], "available_from": "2027-01-01",
        "available_until": "2027-04-30", "minimum_order": "200", "minimum_order_unit": "KG", "lead_time_days": 3,
        "price": {"amount": "32000", "currency": "VND", "per_unit": "KG", "basis": "farm_gate", "vat_included": false,
                  "as_of": "2026-11-20", "visibility": "keys"},
        "delivers_to": ["79", "92"], "remaining_shelf_life_days": 60, "illustrative": true
    })
}

impl Collection for Offers {
    const CHANGES_REFUSED: Option<&'static str> =
        Some("While a memorandum names the offer, it stays of the same product: another one is refused with 409 `in_use`.");
    const SPEC: Spec = Spec {
        name: "offers",
        noun: "offer",
        entity: "offer",
        table: "offers",
        description: "What a producer can supply of a product: how much a month, in which months, from when to when. `quantity_base` is the same quantity in the base unit of its dimension (kilogram, litre, piece), in which an offer compares with a demand. The price is in the answer only for callers whom its visibility names. A closed offer takes no change. What is not made any more (its product is `discontinued`) is not offered anew: only an offer that was over before today is registered then, and one that is there stays and may be put right.",
        operations: operations!("offer", "offers"),
        filters: FILTERS,
        sorts: SORTS,
        example,
    };
    type New = NewOffer;
    type Record = Offer;
    type View = OfferView;

    fn id(record: &Offer) -> &str {
        &record.id
    }

    fn version(record: &Offer) -> i64 {
        record.version
    }

    fn owners(db: &mut Db, records: &[Offer]) -> Result<Vec<Owners>> {
        let products = store::products_of(db, &product_ids(records))?;
        let for_parties = |record: &&Offer| record.price.get().is_some_and(|price| price.visibility == Visibility::Parties);
        let ids: Vec<&str> = records.iter().filter(for_parties).map(|record| record.id.as_str()).collect();
        let mut introduced = if ids.is_empty() { HashMap::new() } else { introduced_to_offers(db, &ids)? };
        let mut owners = |record: &Offer| {
            let product = products.get(&record.product_id)?;
            let introduced = introduced.remove(&record.id).unwrap_or_default();
            Some(Owners { introduced, ..product.producer.owners(&product.producer_id) })
        };
        Ok(records.iter().map(|record| owners(record).unwrap_or_default()).collect())
    }

    fn hidden(object: &Map<String, Value>, caller: &Caller, owners: &Owners) -> Vec<&'static str> {
        let mut hidden = Vec::new();
        if is_hidden(object, "price", caller, owners) {
            hidden.push("price");
        }
        if caller.sight(owners) < Sight::Parties {
            hidden.push("promised");
        }
        hidden
    }

    fn create(tx: &mut Tx<'_>, permit: &Permit, items: Vec<NewOffer>) -> Result<Vec<Result<Offer>>> {
        let in_packs: Vec<&str> = items.iter().filter(|new| counts_in_packs(new)).map(|new| new.product_id.as_str()).collect();
        store::hold_packs(tx.db, &in_packs)?;
        let products = store::products_of(tx.db, &items.iter().map(|new| new.product_id.as_str()).collect::<Vec<_>>())?;
        let mut results = Vec::with_capacity(items.len());
        for new in items {
            let product = products.get(&new.product_id);
            results.push(match accepted(tx, permit, &new, product, is_made(product)) {
                Err(problem) => Err(problem),
                Ok(checked) => Ok(record_of(new, checked, tx.first_version("ofr")?)),
            });
        }
        let stored: Vec<Offer> = results.iter().filter_map(|result| result.as_ref().ok().cloned()).collect();
        store::insert(tx.db, &stored)?;
        for record in &stored {
            tx.record(Operation::Create, "offer", &record.id, 1, record)?;
        }
        Ok(results)
    }

    fn replace(tx: &mut Tx<'_>, permit: &Permit, current: &Offer, new: NewOffer) -> Result<Offer> {
        if let Some(day) = current.closed_on {
            return Err(closed_already(day));
        }
        let in_packs: &[&str] = if counts_in_packs(&new) { &[new.product_id.as_str()] } else { &[] };
        store::hold_packs(tx.db, in_packs)?;
        let products = store::products_of(tx.db, &[new.product_id.as_str()])?;
        // What was on offer before its product was given up may be put right; what was over is not opened again.
        let was_on_offer = current.product_id == new.product_id && current.available_until.is_none_or(|day| day >= tx.today);
        let product = products.get(&new.product_id);
        let checked = accepted(tx, permit, &new, product, was_on_offer || is_made(product))?;
        let next = record_of(new, checked, tx.next_version(current.meta()));
        if next.product_id != current.product_id {
            refuse_named(tx, permit, current)?;
        }
        // The same offer in other words, such as a province by its name, is no new version.
        if is_same(current, &next)? {
            return Ok(current.clone());
        }
        stored(tx, current, next)
    }

    fn delete(tx: &mut Tx<'_>, permit: &Permit, current: &Offer) -> Result<()> {
        refuse_named(tx, permit, current)?;
        store::delete(tx.db, &current.id)?;
        tx.record(Operation::Delete, "offer", &current.id, current.version + 1, &())
    }

    fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Offer>> {
        store::load(db, ids)
    }

    fn list(db: &mut Db, args: &Args, page: &Page, as_of: NaiveDate, _: &Caller) -> Result<Vec<Offer>> {
        let query = filtered(args, as_of)?;
        let rows = if page.sort.ends_with("available_from") {
            keyset!(query, page, offers::id, offers::available_from, day_key).select(Offer::as_select()).load(db)?
        } else {
            keyset!(query, page, offers::id).select(Offer::as_select()).load(db)?
        };
        Ok(rows)
    }

    fn sort_key(record: &Offer, sort: &str) -> String {
        if sort == "available_from" { record.available_from.to_string() } else { String::new() }
    }

    fn to_new(record: &Offer) -> NewOffer {
        record.into()
    }

    fn views(db: &mut Db, records: Vec<Offer>, as_of: NaiveDate) -> Result<Vec<OfferView>> {
        let ids = product_ids(&records);
        let products = store::products_of(db, &ids)?;
        let commitments = mous::signed_commitments(db, PromisedOf::Products(&ids), as_of)?;
        let view = |record: Offer| {
            let product = products.get(&record.product_id);
            let written = commitments.get(&record.product_id).map_or(&[] as &[_], Vec::as_slice);
            OfferView {
                status: rules::status(record.closed_on, record.season(), as_of),
                product: product.map(|product| ProductOfOffer {
                    id: record.product_id.clone(),
                    name: product.name.clone(),
                    group: product.group_id.into(),
                }),
                producer: product.map(|product| product.producer.summary(&product.producer_id, as_of)),
                promised: product.map(|_| mous::promised_months(written, record.season(), record.quantity_base.unit, as_of)),
                record,
            }
        };
        Ok(records.into_iter().map(view).collect())
    }
}

impl Closes for Offers {
    const OPERATION: &'static str = "close_offer";

    fn closed_on(record: &Offer) -> Option<NaiveDate> {
        record.closed_on
    }

    fn close(tx: &mut Tx<'_>, current: &Offer, on: NaiveDate, reason: Option<String>) -> Result<Offer> {
        let next =
            Offer { version: current.version + 1, updated_at: tx.now, closed_on: Some(on), closed_reason: reason, ..current.clone() };
        stored(tx, current, next)
    }
}

fn product_ids(records: &[Offer]) -> Vec<&str> {
    records.iter().map(|record| record.product_id.as_str()).collect()
}

/// Whether a product is made still, where there is one.
fn is_made(product: Option<&Product>) -> bool {
    product.is_none_or(|product| product.status == ProductStatus::Active)
}

/// The checks of `new`, and the permit for its producer; it must be over unless it `may_go_on`.
fn accepted(tx: &Tx<'_>, permit: &Permit, new: &NewOffer, product: Option<&Product>, may_go_on: bool) -> Result<Checked> {
    let mut faults = Faults::new();
    let checked = check(new, product.map(|product| Worth::OfProduct(product.pack.as_ref())), tx.today, &mut faults);
    if !may_go_on {
        must_be_over(new.available_until, tx.today, &mut faults);
    }
    faults.into_result()?;
    let (Some(checked), Some(product)) = (checked, product) else {
        return Err(Problem::internal("an offer without faults was not checked"));
    };
    permit.require(&product.producer.owners(&product.producer_id))?;
    Ok(checked)
}

/// The record that `new` makes on `day` when its checks find no fault, without a caller or a database: for records that
/// are made many at a time. `pack` is what its product says of its own pack.
///
/// # Errors
/// 422 with every fault.
pub(crate) fn made(new: NewOffer, pack: Option<&measure::Pack>, day: NaiveDate, meta: Meta) -> Result<Offer> {
    let mut faults = Faults::new();
    let checked = check(&new, Some(Worth::OfProduct(pack)), day, &mut faults);
    faults.into_result()?;
    let checked = checked.ok_or_else(|| Problem::internal("an offer without faults was not checked"))?;
    Ok(record_of(new, checked, meta))
}

/// Refuses to take an offer from under the memoranda that name it.
fn refuse_named(tx: &mut Tx<'_>, permit: &Permit, current: &Offer) -> Result<()> {
    let named = mous::using(tx.db, &permit.caller, Uses::default(), mous::Named::Offer(&current.id))?;
    named.refuse_with(text(
        "Memoranda name this offer: it stays, and of the same product. Close it instead, and make another one.",
        "Đã có biên bản ghi nhớ nêu chào bán này nên không thể xóa hoặc đổi sản phẩm. Hãy đóng lại và tạo mới.",
    ))
}

/// Stores `next` in place of `current`, and its change.
fn stored(tx: &mut Tx<'_>, current: &Offer, next: Offer) -> Result<Offer> {
    if !store::update(tx.db, current, &next)? {
        return Err(Problem::unavailable("another writer was faster").contended());
    }
    tx.record(Operation::Update, "offer", &next.id, next.version, &next)?;
    Ok(next)
}

/// The record that `new` makes; destructured, so that a new member can't be forgotten.
fn record_of(new: NewOffer, checked: Checked, meta: Meta) -> Offer {
    let NewOffer {
        product_id,
        quantity,
        unit: _,
        months: _,
        available_from,
        available_until,
        minimum_order,
        minimum_order_unit: _,
        lead_time_days,
        price: _,
        delivers_to: _,
        remaining_shelf_life_days,
        illustrative,
    } = new;
    let Checked { unit, base, months, minimum_order: least, price, delivers_to } = checked;
    let Meta { id, version, origin, created_at, updated_at } = meta;
    Offer {
        id,
        version,
        origin,
        created_at,
        updated_at,
        product_id,
        quantity,
        unit,
        quantity_base: BaseColumns::from(base),
        months,
        available_from,
        available_until,
        minimum_order,
        minimum_order_unit: least.map(|(unit, _)| unit),
        minimum_order_base: least.map(|(_, quantity)| quantity),
        lead_time_days,
        price: PriceColumns::from(price),
        delivers_to: delivers_to.map(Json::new),
        remaining_shelf_life_days,
        closed_on: None,
        closed_reason: None,
        illustrative,
    }
}

type Query = offers::BoxedQuery<'static, crate::db::MultiBackend>;

/// The filters of a list as SQL.
fn filtered(args: &Args, as_of: NaiveDate) -> Result<Query> {
    let mut query = offers::table.into_boxed();
    if let Some(product) = args.get("product") {
        query = query.filter(offers::product_id.eq(product.to_owned()));
    }
    if let Some(producer) = args.get("producer") {
        let of_producer = products::table.filter(products::producer_id.eq(producer.to_owned())).select(products::id);
        query = query.filter(offers::product_id.eq_any(of_producer));
    }
    if let Some(groups) = args.groups("group", as_of)? {
        query = query.filter(offers::product_id.eq_any(products::table.filter(products::group_id.eq_any(groups)).select(products::id)));
    }
    if let Some(provinces) = args.provinces("province", as_of)? {
        let producers = organisations::table.filter(organisations::province_id.eq_any(provinces)).select(organisations::id);
        query =
            query.filter(offers::product_id.eq_any(products::table.filter(products::producer_id.eq_any(producers)).select(products::id)));
    }
    if let Some(month) = args.number("month") {
        query = query.filter(sql::<Bool>(&format!("(offers.months & {}) <> 0", 1_u32 << (month - 1).clamp(0, 11))));
    }
    if let Some(open) = args.maybe_flag("open") {
        let is_open = offers::closed_on.is_null().or(offers::closed_on.gt(as_of)).and(offers::available_from.le(as_of)).and(
            offers::available_until.is_null().or(sql::<Bool>(&months::are_left_sql("offers.months", "offers.available_until", as_of))),
        );
        // The sum of these conditions is never unknown: each nullable column is asked for null first.
        query = if open { query.filter(is_open.assume_not_null()) } else { query.filter(not(is_open.assume_not_null())) };
    }
    if let Some(stars) = args.number("stars").and_then(|stars| i32::try_from(stars).ok()) {
        let starred = certificates::table
            .filter(crate::certificates::valid_on(as_of))
            .filter(certificates::stars.ge(stars))
            .filter(certificates::product_id.is_not_null())
            .select(certificates::product_id.assume_not_null());
        query = query.filter(offers::product_id.eq_any(starred));
    }
    if let Some(illustrative) = args.maybe_flag("illustrative") {
        query = query.filter(offers::illustrative.eq(illustrative));
    }
    Ok(query)
}
