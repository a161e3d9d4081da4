//! Organisations and their profiles in the database.

use super::model::{Agency, Buyer, ORGANISATION_COLUMNS, Organisation, OrganisationRow, Producer, ProfileKind};
use crate::access::{Caller, Owners, Permit};
use crate::check::{NAMED, Uses};
use crate::db::schema::{
    agencies, buyers, certificates, contacts, demands, events, facilities, keys, organisations, personal_codes, producers, products,
    star_proposals,
};
use crate::db::{Db, each, insert_all, load_of};
use crate::error::Result;
use crate::mous;
use crate::reference::ProvinceId;
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

/// What other slices need of an organisation.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Name today.
    pub name: String,
    /// Unit, as recorded.
    pub province_id: ProvinceId,
    /// Its profiles.
    pub profiles: Vec<ProfileKind>,
    /// Organisation that took over its obligations, and since when.
    pub successor: Option<(String, chrono::NaiveDate)>,
}

impl Identity {
    /// Whose a record of this organisation is.
    pub fn owners(&self, id: &str) -> Owners {
        Owners::one(id, self.province_id)
    }
}

/// The organisations of `ids` that exist, by id, in one round trip (one for each 30,000).
///
/// # Errors
/// What the database says.
pub fn identities(db: &mut Db, ids: &[&str]) -> Result<HashMap<String, Identity>> {
    type Row = (String, String, ProvinceId, Option<String>, Option<chrono::NaiveDate>, Option<String>, Option<String>, Option<String>);
    let rows: Vec<Row> = load_of!(
        db,
        ids,
        organisations::id,
        organisations::table.left_join(producers::table).left_join(buyers::table).left_join(agencies::table).select((
            organisations::id,
            organisations::name,
            organisations::province_id,
            organisations::successor_id,
            organisations::succeeded_on,
            producers::organisation_id.nullable(),
            buyers::organisation_id.nullable(),
            agencies::organisation_id.nullable(),
        ))
    );
    Ok(rows
        .into_iter()
        .map(|(id, name, province_id, successor_id, succeeded_on, producer, buyer, agency)| {
            let profiles = [(producer, ProfileKind::Producer), (buyer, ProfileKind::Buyer), (agency, ProfileKind::Agency)];
            let profiles = profiles.into_iter().filter_map(|(found, kind)| found.map(|_| kind)).collect();
            (id, Identity { name, province_id, profiles, successor: successor_id.zip(succeeded_on) })
        })
        .collect())
}

/// Adds the profiles to `rows`, keeping their order.
pub(super) fn with_profiles(db: &mut Db, rows: Vec<OrganisationRow>) -> Result<Vec<Organisation>> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let found: Vec<Producer> =
        producers::table.filter(producers::organisation_id.eq_any(ids.iter().copied())).select(Producer::as_select()).load(db)?;
    let mut producer: HashMap<String, Producer> = found.into_iter().map(|profile| (profile.organisation_id.clone(), profile)).collect();
    let found: Vec<Buyer> =
        buyers::table.filter(buyers::organisation_id.eq_any(ids.iter().copied())).select(Buyer::as_select()).load(db)?;
    let mut buyer: HashMap<String, Buyer> = found.into_iter().map(|profile| (profile.organisation_id.clone(), profile)).collect();
    let found: Vec<Agency> =
        agencies::table.filter(agencies::organisation_id.eq_any(ids.iter().copied())).select(Agency::as_select()).load(db)?;
    let mut agency: HashMap<String, Agency> = found.into_iter().map(|profile| (profile.organisation_id.clone(), profile)).collect();
    Ok(rows
        .into_iter()
        .map(|row| Organisation { producer: producer.remove(&row.id), buyer: buyer.remove(&row.id), agency: agency.remove(&row.id), row })
        .collect())
}

pub(super) fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Organisation>> {
    let rows = organisations::table.filter(organisations::id.eq_any(ids)).select(OrganisationRow::as_select()).load(db)?;
    with_profiles(db, rows)
}

/// Which of `codes` are taken, by code: by organisations (tax code) or individuals (digest).
pub(super) fn taken_codes(db: &mut Db, tax_codes: &[&str], digests: &[&str]) -> Result<HashMap<String, String>> {
    let mut taken = HashMap::new();
    if !tax_codes.is_empty() {
        let rows: Vec<(Option<String>, String)> = organisations::table
            .filter(organisations::tax_code.eq_any(tax_codes.iter().copied()))
            .select((organisations::tax_code, organisations::id))
            .load(db)?;
        taken.extend(rows.into_iter().filter_map(|(code, id)| code.map(|code| (code, id))));
    }
    if !digests.is_empty() {
        let rows: Vec<(Option<String>, String)> = organisations::table
            .filter(organisations::personal_code_digest.eq_any(digests.iter().copied()))
            .select((organisations::personal_code_digest, organisations::id))
            .load(db)?;
        taken.extend(rows.into_iter().filter_map(|(code, id)| code.map(|code| (code, id))));
    }
    Ok(taken)
}

/// Stores new organisations with their profiles.
pub(crate) fn insert(db: &mut Db, records: &[Organisation]) -> Result<()> {
    let mut rows: Vec<&OrganisationRow> = records.iter().map(|record| &record.row).collect();
    // In one order in every process: batches with the same codes in another order would lock each other out.
    rows.sort_by_key(|row| (&row.tax_code, &row.personal_code_digest));
    insert_all!(db, organisations::table, &rows, ORGANISATION_COLUMNS)?;
    let rows: Vec<&Producer> = records.iter().filter_map(|record| record.producer.as_ref()).collect();
    insert_all!(db, producers::table, &rows, 4)?;
    let rows: Vec<&Buyer> = records.iter().filter_map(|record| record.buyer.as_ref()).collect();
    insert_all!(db, buyers::table, &rows, 4)?;
    let rows: Vec<&Agency> = records.iter().filter_map(|record| record.agency.as_ref()).collect();
    insert_all!(db, agencies::table, &rows, 3)?;
    Ok(())
}

/// Keeps an individual's code in the one table of personal values.
pub(super) fn keep_personal_code(db: &mut Db, organisation_id: &str, code: &str) -> Result<()> {
    forget_personal_code(db, organisation_id)?;
    diesel::insert_into(personal_codes::table)
        .values((personal_codes::organisation_id.eq(organisation_id), personal_codes::personal_code.eq(code)))
        .execute(db)?;
    Ok(())
}

pub(super) fn forget_personal_code(db: &mut Db, organisation_id: &str) -> Result<()> {
    diesel::delete(personal_codes::table.find(organisation_id)).execute(db)?;
    Ok(())
}

/// Stores `next` in place of the version before it; false when another writer was faster.
pub(super) fn update(db: &mut Db, current: &Organisation, next: &Organisation) -> Result<bool> {
    let of_version = organisations::table.filter(organisations::id.eq(&current.row.id).and(organisations::version.eq(current.row.version)));
    let changed = each!(&mut *db, |conn| diesel::update(of_version).set(&next.row).execute(conn))?;
    if changed == 0 {
        return Ok(false);
    }
    let id = &next.row.id;
    match (&current.producer, &next.producer) {
        (None, None) => {}
        (None, Some(profile)) => drop(each!(&mut *db, |conn| diesel::insert_into(producers::table).values(profile).execute(conn))?),
        (Some(_), Some(profile)) => drop(each!(&mut *db, |conn| diesel::update(producers::table.find(id)).set(profile).execute(conn))?),
        (Some(_), None) => drop(diesel::delete(producers::table.find(id)).execute(db)?),
    }
    match (&current.buyer, &next.buyer) {
        (None, None) => {}
        (None, Some(profile)) => drop(each!(&mut *db, |conn| diesel::insert_into(buyers::table).values(profile).execute(conn))?),
        (Some(_), Some(profile)) => drop(each!(&mut *db, |conn| diesel::update(buyers::table.find(id)).set(profile).execute(conn))?),
        (Some(_), None) => drop(diesel::delete(buyers::table.find(id)).execute(db)?),
    }
    match (&current.agency, &next.agency) {
        (None, None) => {}
        (None, Some(profile)) => drop(each!(&mut *db, |conn| diesel::insert_into(agencies::table).values(profile).execute(conn))?),
        (Some(_), Some(profile)) => drop(each!(&mut *db, |conn| diesel::update(agencies::table.find(id)).set(profile).execute(conn))?),
        (Some(_), None) => drop(diesel::delete(agencies::table.find(id)).execute(db)?),
    }
    Ok(true)
}

pub(super) fn delete(db: &mut Db, id: &str) -> Result<()> {
    forget_personal_code(db, id)?;
    diesel::delete(producers::table.find(id)).execute(db)?;
    diesel::delete(buyers::table.find(id)).execute(db)?;
    diesel::delete(agencies::table.find(id)).execute(db)?;
    diesel::delete(organisations::table.find(id)).execute(db)?;
    Ok(())
}

/// What refers to an organisation.
pub(super) fn uses(db: &mut Db, caller: &Caller, id: &str, today: NaiveDate) -> Result<Uses> {
    let of_certificates = certificates::table.filter(certificates::holder_id.eq(id).or(certificates::checked_by_id.eq(id)));
    let of_facilities = facilities::table.filter(facilities::holder_id.eq(id)).select(facilities::id).limit(NAMED);
    let of_proposals = star_proposals::table.filter(star_proposals::proposed_by_id.eq(id)).select(star_proposals::id).limit(NAMED);
    let of_events = events::table.filter(events::organiser_id.eq(id)).select(events::id).limit(NAMED);
    let succeeded = organisations::table.filter(organisations::successor_id.eq(id)).select(organisations::id).limit(NAMED);
    let uses = Uses::default()
        .and("products", products_of(db, id)?)
        .and("demands", demands_of(db, id)?)
        .and("certificates", of_certificates.select(certificates::id).limit(NAMED).load(db)?)
        .and("facilities", of_facilities.load(db)?)
        .and("star-proposals", of_proposals.load(db)?)
        .and("events", of_events.load(db)?);
    let uses = mous::using(db, caller, uses, mous::Named::Organisation(id))?.and("organisations", succeeded.load(db)?);
    // A few contacts are named by their ids, which tell nothing of whom they reach. One past its day is there for nobody.
    let of_contacts = || contacts::table.filter(contacts::organisation_id.eq(id)).select(contacts::id).limit(NAMED);
    let is_kept = contacts::retention_until.is_null().or(contacts::retention_until.ge(today));
    let uses = if may(caller, "get_contact") {
        let seen: Vec<String> = of_contacts().filter(is_kept).load(db)?;
        let is_hidden = seen.is_empty() && !of_contacts().load::<String>(db)?.is_empty();
        uses.and("contacts", seen).and_hidden(is_hidden)
    } else {
        uses.and_hidden(!of_contacts().load::<String>(db)?.is_empty())
    };
    let of_keys: Vec<String> = keys::table.filter(keys::organisation_id.eq(id)).select(keys::id).limit(NAMED).load(db)?;
    Ok(if may(caller, "list_keys") { uses.and("keys", of_keys) } else { uses.and_hidden(!of_keys.is_empty()) })
}

/// Whether the caller may run `operation` at all.
fn may(caller: &Caller, operation: &'static str) -> bool {
    Permit::new(operation, caller.clone()).is_ok()
}

/// A few products of a producer.
pub(super) fn products_of(db: &mut Db, id: &str) -> Result<Vec<String>> {
    Ok(products::table.filter(products::producer_id.eq(id)).select(products::id).limit(NAMED).load(db)?)
}

/// A few demands of a buyer.
pub(super) fn demands_of(db: &mut Db, id: &str) -> Result<Vec<String>> {
    Ok(demands::table.filter(demands::buyer_id.eq(id)).select(demands::id).limit(NAMED).load(db)?)
}

/// Organisations of the same folded names: (name, unit, id), for the warning about duplicates.
pub(super) fn namesakes(db: &mut Db, names: &[&str]) -> Result<Vec<(String, ProvinceId, String)>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    Ok(organisations::table
        .filter(organisations::name_folded.eq_any(names.iter().copied()))
        .order(organisations::id)
        .limit(200)
        .select((organisations::name_folded, organisations::province_id, organisations::id))
        .load(db)?)
}
