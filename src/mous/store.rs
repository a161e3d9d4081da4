//! MoUs in the database.

use super::model::{COMMITMENT_COLUMNS, MOU_COLUMNS, Mou, MouCommitment, MouParty, MouRow, MouStatus, PARTY_COLUMNS};
use crate::db::schema::{mou_commitments, mou_parties, mous};
use crate::db::{Db, each, insert_all};
use crate::error::Result;
use chrono::NaiveDate;
use diesel::backend::Backend;
use diesel::dsl::{exists, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Date, HasSqlType, Integer};
use std::collections::{HashMap, HashSet};

pub(super) fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Mou>> {
    let rows = mous::table.filter(mous::id.eq_any(ids)).select(MouRow::as_select()).load(db)?;
    with_parts(db, rows)
}

/// Adds parties and commitments to `rows`, keeping their order.
pub(super) fn with_parts(db: &mut Db, rows: Vec<MouRow>) -> Result<Vec<Mou>> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let found: Vec<MouParty> = mou_parties::table
        .filter(mou_parties::mou_id.eq_any(ids.iter().copied()))
        .order((mou_parties::mou_id, mou_parties::position))
        .select(MouParty::as_select())
        .load(db)?;
    let mut parties: HashMap<String, Vec<MouParty>> = HashMap::new();
    for party in found {
        parties.entry(party.mou_id.clone()).or_default().push(party);
    }
    let found: Vec<MouCommitment> = mou_commitments::table
        .filter(mou_commitments::mou_id.eq_any(ids.iter().copied()))
        .order((mou_commitments::mou_id, mou_commitments::position))
        .select(MouCommitment::as_select())
        .load(db)?;
    let mut commitments: HashMap<String, Vec<MouCommitment>> = HashMap::new();
    for commitment in found {
        commitments.entry(commitment.mou_id.clone()).or_default().push(commitment);
    }
    Ok(rows
        .into_iter()
        .map(|row| Mou {
            parties: parties.remove(&row.id).unwrap_or_default(),
            commitments: commitments.remove(&row.id).unwrap_or_default(),
            row,
        })
        .collect())
}

/// What stands for the day of signing in the sort by it, of an MoU that is not signed: after every day there can be.
pub(super) const UNSIGNED: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// The day of signing, or [`UNSIGNED`]: the expression of the index `mous_signed`, since nulls sort differently.
pub(super) fn signing_day() -> SqlLiteral<Date> {
    sql("COALESCE(mous.signed_on, '9999-12-31')")
}

/// The oldest `MoU` that is to be signed yet by these two, in which one commits this product on a day between these two, for this
/// demand or for none that is named.
pub(crate) fn unsigned_alike(
    db: &mut Db,
    [one, other]: [&str; 2],
    (product, demand): (&str, Option<&str>),
    (from, until): (NaiveDate, NaiveDate),
) -> Result<Option<String>> {
    let of_party = |id: &str| mou_parties::organisation_id.eq(id.to_owned()).and(mou_parties::mou_id.eq(mous::id));
    let committed = mou_commitments::table
        .filter(mou_commitments::product_id.eq(product))
        .filter(mou_commitments::demand_id.is_null().or(mou_commitments::demand_id.eq(demand)))
        .filter(mou_commitments::starts_on.is_null().or(mou_commitments::starts_on.le(until)))
        .filter(mou_commitments::ends_on.is_null().or(mou_commitments::ends_on.ge(from)))
        .select(mou_commitments::mou_id);
    Ok(mous::table
        .filter(mous::id.eq_any(committed))
        .filter(mous::status.eq(MouStatus::Draft).or(mous::status.eq(MouStatus::Proposed)).or(mous::status.eq(MouStatus::Agreed)))
        .filter(exists(mou_parties::table.filter(of_party(one))))
        .filter(exists(mou_parties::table.filter(of_party(other))))
        .order(mous::id)
        .select(mous::id)
        .first(db)
        .optional()?)
}

/// A natural key: registrar, external number, day of signing.
pub(super) type NaturalKey = (String, String, NaiveDate);

/// Which of `keys` are taken, by whom.
pub(super) fn taken(db: &mut Db, keys: &[NaturalKey]) -> Result<HashMap<NaturalKey, String>> {
    type Found = (Option<String>, Option<String>, Option<NaiveDate>, String);
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let numbers: HashSet<&str> = keys.iter().map(|(_, number, _)| number.as_str()).collect();
    let registrars: HashSet<&str> = keys.iter().map(|(registrar, _, _)| registrar.as_str()).collect();
    let found: Vec<Found> = mous::table
        .filter(mous::registrar_id.eq_any(registrars).and(mous::external_number.eq_any(numbers)))
        .select((mous::registrar_id, mous::external_number, mous::signed_on, mous::id))
        .load(db)?;
    Ok(found.into_iter().filter_map(|(registrar, number, signed, id)| Some(((registrar?, number?, signed?), id))).collect())
}

/// The statement that takes sequence numbers. As diesel's own upsert it would be prepared anew for every transaction.
#[derive(Debug, Clone, Copy, QueryId)]
struct TakeNumbers {
    year: i32,
    n: i64,
}

impl Query for TakeNumbers {
    type SqlType = BigInt;
}

impl<Conn> RunQueryDsl<Conn> for TakeNumbers {}

impl<DB> QueryFragment<DB> for TakeNumbers
where
    DB: Backend + HasSqlType<Integer> + HasSqlType<BigInt>,
    i32: ToSql<Integer, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("INSERT INTO mou_numbers (year, last) VALUES (");
        out.push_bind_param::<Integer, _>(&self.year)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.n)?;
        out.push_sql(") ON CONFLICT (year) DO UPDATE SET last = mou_numbers.last + ");
        out.push_bind_param::<BigInt, _>(&self.n)?;
        out.push_sql(" RETURNING last");
        Ok(())
    }
}

/// Takes `n` sequence numbers of `year`; the first of them. The row's lock is held through the commit.
pub(super) fn take_numbers(db: &mut Db, year: i32, n: i64) -> Result<i64> {
    let last: i64 = each!(db, |conn| TakeNumbers { year, n }.get_result(conn))?;
    Ok(last - n + 1)
}

pub(super) fn insert(db: &mut Db, records: &[&Mou]) -> Result<()> {
    let rows: Vec<&MouRow> = records.iter().map(|record| &record.row).collect();
    insert_all!(db, mous::table, &rows, MOU_COLUMNS)?;
    insert_parts(db, records)
}

fn insert_parts(db: &mut Db, records: &[&Mou]) -> Result<()> {
    let rows: Vec<&MouParty> = records.iter().flat_map(|record| &record.parties).collect();
    insert_all!(db, mou_parties::table, &rows, PARTY_COLUMNS)?;
    let rows: Vec<&MouCommitment> = records.iter().flat_map(|record| &record.commitments).collect();
    insert_all!(db, mou_commitments::table, &rows, COMMITMENT_COLUMNS)?;
    Ok(())
}

/// Stores `next` in place of the version before it; false when another writer was faster.
pub(super) fn update(db: &mut Db, current: &Mou, next: &Mou) -> Result<bool> {
    let of_version = mous::table.filter(mous::id.eq(&current.row.id).and(mous::version.eq(current.row.version)));
    let changed = each!(&mut *db, |conn| diesel::update(of_version).set(&next.row).execute(conn))?;
    if changed == 0 {
        return Ok(false);
    }
    if current.parties != next.parties || current.commitments != next.commitments {
        delete_parts(db, &next.row.id)?;
        insert_parts(db, &[next])?;
    }
    Ok(true)
}

pub(super) fn delete(db: &mut Db, id: &str) -> Result<()> {
    delete_parts(db, id)?;
    diesel::delete(mous::table.find(id)).execute(db)?;
    Ok(())
}

fn delete_parts(db: &mut Db, id: &str) -> Result<()> {
    diesel::delete(mou_parties::table.filter(mou_parties::mou_id.eq(id))).execute(db)?;
    diesel::delete(mou_commitments::table.filter(mou_commitments::mou_id.eq(id))).execute(db)?;
    Ok(())
}
