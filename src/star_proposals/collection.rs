//! `/v1/star-proposals`

use super::model::{NewStarProposal, Outcome, ProposedProduct, StarProposal, StarProposalView};
use super::rules::{Known, check};
use super::store;
use crate::access::{Caller, Owners, Permit};
use crate::certificates;
use crate::db::Db;
use crate::db::schema::{organisations as organisation_rows, products, star_proposals};
use crate::error::{Faults, Problem, Result};
use crate::http::collection::{Collection, Spec, operations};
use crate::http::page::{Page, day_key, keyset};
use crate::http::query::{Args, Kind, Param, param};
use crate::log::{Meta, Operation, Tx, is_same};
use crate::organisations::identities;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::{Value, json};

/// The collection.
#[derive(Debug)]
pub struct StarProposals;

const FILTERS: &[Param] = &[
    param("product", Kind::Id, "Of this product."),
    param("proposed_by", Kind::Id, "Proposed by this organisation."),
    param("outcome", Kind::Word(Outcome::WORDS), "Of which this came."),
    param("stars", Kind::Stars, "For exactly so many stars."),
    param(
        "province",
        Kind::Province,
        "Of products whose producer is in this province-level unit (code or name on the day asked) or in one that it succeeded.",
    ),
];

fn example() -> Value {
    json!({"product_id": "prd_01JDB3B8Q00000000000000000", "stars": 5, "proposed_by_id": "org_01JDB3B8Q00000000000000000",
        "proposed_on": "2020-09-25", "outcome": "pending", "illustrative": true})
}

impl Collection for StarProposals {
    const SPEC: Spec = Spec {
        name: "star-proposals",
        noun: "star proposal",
        entity: "star_proposal",
        table: "star_proposals",
        description: "That a product was proposed for a higher star: by whom, on which day, and what came of it. A proposal never counts as stars; what was granted is a certificate.",
        operations: operations!("star_proposal", "star_proposals"),
        filters: FILTERS,
        sorts: &["created", "-created", "proposed_on", "-proposed_on"],
        example,
    };
    type New = NewStarProposal;
    type Record = StarProposal;
    type View = StarProposalView;

    fn id(record: &StarProposal) -> &str {
        &record.id
    }

    fn version(record: &StarProposal) -> i64 {
        record.version
    }

    fn owners(db: &mut Db, records: &[StarProposal]) -> Result<Vec<Owners>> {
        let found = store::products_of(db, &records.iter().map(|record| record.product_id.as_str()).collect::<Vec<_>>())?;
        let producers: Vec<&str> = found.values().map(|(producer, _)| producer.as_str()).collect();
        let known = identities(db, &producers)?;
        let owners_of = |record: &StarProposal| {
            let (producer, _) = found.get(&record.product_id)?;
            Some(known.get(producer)?.owners(producer))
        };
        // What the log tells of a product that is gone is nobody's.
        Ok(records.iter().map(|record| owners_of(record).unwrap_or_default()).collect())
    }

    fn create(tx: &mut Tx<'_>, permit: &Permit, items: Vec<NewStarProposal>) -> Result<Vec<Result<StarProposal>>> {
        let known = known(tx.db, &items)?;
        let results: Vec<Result<StarProposal>> = items
            .into_iter()
            .map(|new| {
                judge(permit, &new, None, &known, tx.today)?;
                Ok(record_of(new, tx.first_version("spr")?))
            })
            .collect();
        let stored: Vec<&StarProposal> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
        store::insert(tx.db, &stored)?;
        for record in stored {
            tx.record(Operation::Create, "star_proposal", &record.id, record.version, record)?;
        }
        Ok(results)
    }

    fn replace(tx: &mut Tx<'_>, permit: &Permit, current: &StarProposal, new: NewStarProposal) -> Result<StarProposal> {
        let known = known(tx.db, std::slice::from_ref(&new))?;
        judge(permit, &new, Some(current), &known, tx.today)?;
        let next = record_of(new, tx.next_version(current.meta()));
        if is_same(current, &next)? {
            return Ok(current.clone());
        }
        if !store::update(tx.db, current, &next)? {
            return Err(Problem::unavailable("another writer was faster").contended());
        }
        tx.record(Operation::Update, "star_proposal", &next.id, next.version, &next)?;
        Ok(next)
    }

    fn delete(tx: &mut Tx<'_>, _: &Permit, current: &StarProposal) -> Result<()> {
        store::delete(tx.db, &current.id)?;
        tx.record(Operation::Delete, "star_proposal", &current.id, current.version + 1, &())
    }

    fn load(db: &mut Db, ids: &[String]) -> Result<Vec<StarProposal>> {
        store::load(db, ids)
    }

    fn list(db: &mut Db, args: &Args, page: &Page, as_of: NaiveDate, _: &Caller) -> Result<Vec<StarProposal>> {
        let query = filtered(args, as_of)?;
        Ok(if page.sort.ends_with("proposed_on") {
            keyset!(query, page, star_proposals::id, star_proposals::proposed_on, day_key).select(StarProposal::as_select()).load(db)?
        } else {
            keyset!(query, page, star_proposals::id).select(StarProposal::as_select()).load(db)?
        })
    }

    fn sort_key(record: &StarProposal, sort: &str) -> String {
        if sort == "proposed_on" { record.proposed_on.to_string() } else { String::new() }
    }

    fn to_new(record: &StarProposal) -> NewStarProposal {
        record.into()
    }

    fn views(db: &mut Db, records: Vec<StarProposal>, as_of: NaiveDate) -> Result<Vec<StarProposalView>> {
        let products = store::products_of(db, &records.iter().map(|record| record.product_id.as_str()).collect::<Vec<_>>())?;
        let proposers = identities(db, &records.iter().map(|record| record.proposed_by_id.as_str()).collect::<Vec<_>>())?;
        let view = |record: StarProposal| StarProposalView {
            product: products.get(&record.product_id).map(|(producer_id, name)| ProposedProduct {
                id: record.product_id.clone(),
                name: name.clone(),
                producer_id: producer_id.clone(),
            }),
            proposed_by: proposers.get(&record.proposed_by_id).map(|proposer| proposer.summary(&record.proposed_by_id, as_of)),
            record,
        };
        Ok(records.into_iter().map(view).collect())
    }
}

type Query = star_proposals::BoxedQuery<'static, crate::db::MultiBackend>;

/// The filters of a list as SQL.
fn filtered(args: &Args, as_of: NaiveDate) -> Result<Query> {
    let mut query = star_proposals::table.into_boxed();
    if let Some(id) = args.get("product") {
        query = query.filter(star_proposals::product_id.eq(id.to_owned()));
    }
    if let Some(id) = args.get("proposed_by") {
        query = query.filter(star_proposals::proposed_by_id.eq(id.to_owned()));
    }
    if let Some(outcome) = args.word::<Outcome>("outcome") {
        query = query.filter(star_proposals::outcome.eq(outcome));
    }
    if let Some(stars) = args.number("stars").and_then(|stars| i32::try_from(stars).ok()) {
        query = query.filter(star_proposals::stars.eq(stars));
    }
    if let Some(provinces) = args.provinces("province", as_of)? {
        let producers = organisation_rows::table.filter(organisation_rows::province_id.eq_any(provinces)).select(organisation_rows::id);
        let made_there = products::table.filter(products::producer_id.eq_any(producers)).select(products::id);
        query = query.filter(star_proposals::product_id.eq_any(made_there));
    }
    Ok(query)
}

fn known(db: &mut Db, items: &[NewStarProposal]) -> Result<Known> {
    let product_ids: Vec<&str> = items.iter().map(|new| new.product_id.as_str()).collect();
    let certificate_ids: Vec<&str> = items.iter().filter_map(|new| new.certificate_id.as_deref()).collect();
    let products = store::products_of(db, &product_ids)?;
    let organisation_ids: Vec<&str> =
        items.iter().map(|new| new.proposed_by_id.as_str()).chain(products.values().map(|(producer, _)| producer.as_str())).collect();
    let organisations = identities(db, &organisation_ids)?;
    let certificates = certificates::of_products(db, &product_ids, &certificate_ids)?;
    Ok(Known { products, organisations, certificates })
}

/// Checks everything about `new`, and that the caller may propose the product of this producer.
fn judge(permit: &Permit, new: &NewStarProposal, current: Option<&StarProposal>, known: &Known, today: NaiveDate) -> Result<()> {
    let mut faults = Faults::new();
    check(new, current, known, today, &mut faults);
    faults.into_result()?;
    let producer = known.products.get(&new.product_id).map(|(producer, _)| producer);
    let Some((producer, identity)) = producer.and_then(|id| known.organisations.get(id).map(|identity| (id, identity))) else {
        return Err(Problem::internal("a product without a producer"));
    };
    permit.require(&identity.owners(producer))
}

/// The record that `new` makes; destructured, so that a new member can't be forgotten.
fn record_of(new: NewStarProposal, meta: Meta) -> StarProposal {
    let NewStarProposal { product_id, stars, proposed_by_id, proposed_on, outcome, outcome_on, certificate_id, illustrative } = new;
    let Meta { id, version, origin, created_at, updated_at } = meta;
    StarProposal {
        id,
        version,
        origin,
        created_at,
        updated_at,
        product_id,
        stars,
        proposed_by_id,
        proposed_on,
        outcome: outcome.unwrap_or(Outcome::Pending),
        outcome_on,
        certificate_id,
        illustrative,
    }
}
