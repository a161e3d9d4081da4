//! `cungcau copy`: everything, log included, from one database to an empty one, on either system.
//!
//! Tables go in the order in which they refer to each other, each in pages by key, all in one write
//! transaction: a copy that breaks off leaves the target empty. A test demands that no table is missing.

use crate::db::{self, Db, Store, Target, insert_all};
use crate::error::Problem;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::error::Error;
use std::fmt;

/// Rows of a page: some 20 MB of the widest table, and few enough pages that their offsets cost little.
const PAGE: i64 = 20_000;

/// Why nothing was copied.
#[derive(Debug)]
pub struct CopyError(String);

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for CopyError {}

/// Columns of a row, of the types that both databases have.
macro_rules! tables {
    ($($table:ident by ($($key:ident),+) { $($column:ident: $type:ty),+ $(,)? })+) => {
        /// Tables in the order in which they are copied.
        pub const TABLES: &[&str] = &[$(stringify!($table)),+];

        fn copy_all(from: &mut Db, to: &mut Db) -> Result<Vec<(String, usize)>, Problem> {
            let mut counts = Vec::new();
            $({
                use crate::db::schema::$table;
                #[derive(Queryable, Insertable)]
                #[diesel(table_name = $table, treat_none_as_default_value = false)]
                struct Row { $($column: $type),+ }
                const COLUMNS: usize = [$(stringify!($column)),+].len();
                diesel::delete($table::table).execute(to)?;
                let mut done = 0_i64;
                loop {
                    // The source is read in one transaction, so a page by offset of a fixed order misses nothing.
                    let rows: Vec<Row> = $table::table.select(($($table::$column),+,)).order(($($table::$key),+,)).limit(PAGE).offset(done).load(from)?;
                    if rows.is_empty() {
                        break;
                    }
                    insert_all!(to, $table::table, &rows.iter().collect::<Vec<_>>(), COLUMNS)?;
                    done += i64::try_from(rows.len()).unwrap_or(PAGE);
                }
                counts.push((stringify!($table).to_owned(), usize::try_from(done).unwrap_or(0)));
            })+
            Ok(counts)
        }
    };
}

type Instant = chrono::NaiveDateTime;
type Day = chrono::NaiveDate;

tables! {
    settings by (name) { name: String, value: String }
    feed_head by (id) { id: i32, head: i64 }
    changes by (seq) {
        seq: i64, recorded_at: Instant, entity: String, entity_id: String, version: i64, operation: String,
        actor_key_id: Option<String>, actor_role: String, actor_organisation_id: Option<String>, origin: String,
        body: Option<String>,
    }
    audit by (seq) {
        seq: i64, recorded_at: Instant, action: String, operation: Option<String>, code: Option<String>,
        actor_key_id: Option<String>, actor_role: String, actor_organisation_id: Option<String>, entity: Option<String>,
        entity_id: Option<String>, version: Option<i64>, organisation_id: Option<String>, reason: Option<String>, times: i64,
        first_change: Option<i64>, last_change: Option<i64>, changes_digest: Option<String>, hash: String,
    }
    audit_head by (id) { id: i32, seq: i64, change_seq: i64, hash: String }
    audit_pending by (id) {
        id: String, recorded_at: Instant, action: String, operation: String, code: Option<String>,
        actor_key_id: Option<String>, actor_role: String, actor_organisation_id: Option<String>, entity: Option<String>,
        entity_id: Option<String>, organisation_id: Option<String>, reason: Option<String>, times: i64,
    }
    idempotency_keys by (caller, idempotency_key) {
        caller: String, idempotency_key: String, request_digest: String, status: i32, location: Option<String>,
        etag: Option<String>, body: String, created_at: Instant,
    }
    refs by (collection, source, ref_) { collection: String, source: String, ref_: String, entity_id: String }
    organisations by (id) {
        id: String, version: i64, origin: String, created_at: Instant, updated_at: Instant, name: String, name_folded: String,
        name_en: Option<String>, tax_code: Option<String>, personal_code_digest: Option<String>, legal_form: String,
        province_id: String, address: Option<String>, website: Option<String>, status: String, successor_id: Option<String>,
        succeeded_on: Option<Day>, illustrative: bool,
    }
    keys by (id) {
        id: String, digest: String, last_four: String, name: String, role: String, organisation_id: Option<String>,
        province_id: Option<String>, created_at: Instant, expires_at: Instant, revoked_at: Option<Instant>, version: i64,
        scopes: String, addresses: String, replaced_by_id: Option<String>, revocation_reason: Option<String>,
        family_id: String,
    }
    key_uses by (key_id) { key_id: String, last_used_at: Instant }
    key_days by (key_id, day, kind) { key_id: String, day: Day, kind: String, used: i64 }
    personal_codes by (organisation_id) { organisation_id: String, personal_code: String }
    producers by (organisation_id) { organisation_id: String, kind: String, invoice_kind: String, description: Option<String> }
    buyers by (organisation_id) {
        organisation_id: String, kind: String, retail_system: Option<String>, description: Option<String>,
    }
    agencies by (organisation_id) { organisation_id: String, kind: String, description: Option<String> }
    facilities by (id) {
        id: String, version: i64, origin: String, created_at: Instant, updated_at: Instant, holder_id: String, kind: String,
        name: String, name_folded: String, province_id: String, address: Option<String>, illustrative: bool,
    }
    products by (id) {
        id: String, version: i64, origin: String, created_at: Instant, updated_at: Instant, producer_id: String, name: String,
        name_folded: String, name_en: Option<String>, group_id: String, hs_code: Option<String>, gtin: Option<String>,
        pack_unit: Option<String>, pack_content_milli: Option<i64>, pack_content_unit: Option<String>,
        shelf_life_days: Option<i32>, storage: Option<String>, story: Option<String>, pictures: String, status: String,
        illustrative: bool,
    }
    certificates by (id) {
        id: String, version: i64, origin: String, created_at: Instant, updated_at: Instant, kind: String,
        number: Option<String>, holder_id: String, subject: String, product_id: Option<String>, facility_id: Option<String>,
        subject_name: Option<String>, issuer: String, issuer_level: String, decision_number: Option<String>,
        scope: Option<String>, issued_on: Day, valid_until: Option<Day>, extended_until: Option<Day>, revoked_on: Option<Day>,
        revocation_reason: Option<String>, stars: Option<i32>, checked_by_id: Option<String>, checked_on: Option<Day>,
        illustrative: bool,
    }
    star_proposals by (id) {
        id: String, version: i64, origin: String, created_at: Instant, updated_at: Instant, product_id: String, stars: i32,
        proposed_by_id: String, proposed_on: Day, outcome: String, outcome_on: Option<Day>, certificate_id: Option<String>,
        illustrative: bool,
    }
    events by (id) {
        id: String, version: i64, origin: String, created_at: Instant, updated_at: Instant, name: String, name_folded: String,
        name_en: Option<String>, kind: String, starts_on: Day, ends_on: Day, province_id: String, venue: Option<String>,
        organiser_id: Option<String>, status: String, illustrative: bool,
    }
    mous by (id) {
        id: String, version: i64, origin: String, created_at: Instant, updated_at: Instant, number: Option<String>,
        kind: String, status: String, title: String, event_id: Option<String>, registrar_id: Option<String>,
        external_number: Option<String>, proposed_on: Option<Day>, agreed_on: Option<Day>, signed_on: Option<Day>,
        effective_from: Option<Day>, effective_until: Option<Day>, ended_on: Option<Day>, fields_of_cooperation: String,
        documents: String, transitions: String, notes: String, illustrative: bool,
    }
    mou_parties by (mou_id, position) {
        mou_id: String, position: i32, organisation_id: String, side: String, capacity: String, name: String,
        province_id: String, acting_for: Option<String>,
    }
    mou_numbers by (year) { year: i32, last: i64 }
    offers by (id) {
        id: String, version: i64, origin: String, created_at: Instant, updated_at: Instant, product_id: String,
        quantity_milli: i64, unit: String, quantity_base_milli: i64, base_unit: String, months: i32, available_from: Day,
        available_until: Option<Day>, minimum_order_milli: Option<i64>, minimum_order_unit: Option<String>,
        minimum_order_base_milli: Option<i64>, lead_time_days: Option<i32>, price_cents: Option<i64>,
        price_currency: Option<String>, price_unit: Option<String>, price_unit_base_milli: Option<i64>,
        price_basis: Option<String>, price_vat_included: Option<bool>, price_as_of: Option<Day>,
        price_visibility: Option<String>, delivers_to: Option<String>, remaining_shelf_life_days: Option<i32>,
        closed_on: Option<Day>, closed_reason: Option<String>, illustrative: bool,
    }
    demands by (id) {
        id: String, version: i64, origin: String, created_at: Instant, updated_at: Instant, buyer_id: String, title: String,
        title_folded: String, words: Option<String>, group_id: Option<String>, quantity_milli: i64, unit: String,
        quantity_base_milli: i64, months: i32, starts_on: Day, ends_on: Day, delivery_province_id: String,
        ceiling_cents: Option<i64>, ceiling_currency: Option<String>, ceiling_unit: Option<String>,
        ceiling_basis: Option<String>, ceiling_vat_included: Option<bool>, ceiling_visibility: Option<String>,
        least_stars: Option<i32>, required_certificates: String, preferred_certificates: String,
        minimum_remaining_shelf_life_days: Option<i32>, answer_by: Option<Day>, suppliers_at_most: Option<i32>,
        closed_on: Option<Day>, closed_reason: Option<String>, illustrative: bool,
    }
    mou_commitments by (mou_id, position) {
        mou_id: String, position: i32, product_id: Option<String>, group_id: Option<String>, description: Option<String>,
        quantity_milli: Option<i64>, unit: Option<String>, period: Option<String>, starts_on: Option<Day>, ends_on: Option<Day>,
        value_cents: Option<i64>, currency: Option<String>, demand_id: Option<String>, offer_id: Option<String>,
    }
    contacts by (id) {
        id: String, version: i64, origin: String, created_at: Instant, updated_at: Instant, organisation_id: String,
        kind: String, purpose: String, ground: Option<String>, visibility: String, name: Option<String>,
        position: Option<String>, phone: Option<String>, email: Option<String>, phone_digest: Option<String>,
        email_digest: Option<String>, salt: String, digest: String, consent_given_on: Option<Day>,
        consent_channel: Option<String>, consent_text_version: Option<String>, consent_recorded_at: Option<Instant>,
        consent_recorded_by_key_id: Option<String>, consent_recorded_by_organisation_id: Option<String>,
        consent_withdrawn_on: Option<Day>, retention_until: Option<Day>, illustrative: bool,
    }
    introductions by (id) {
        id: String, version: i64, origin: String, created_at: Instant, updated_at: Instant, demand_id: String, offer_id: String,
        buyer_id: String, producer_id: String, asked_by: String, asked_by_key_id: Option<String>, status: String,
        answered_at: Option<Instant>, ended_at: Option<Instant>, illustrative: bool,
    }
    personal_data_requests by (id) {
        id: String, version: i64, origin: String, created_at: Instant, updated_at: Instant, kind: String, channel: String,
        received_on: Day, answer_by: Day, province_id: Option<String>, phone_digest: Option<String>,
        email_digest: Option<String>, personal_code_digest: Option<String>, contact_ids: String, organisation_ids: String,
        held_elsewhere: bool, registered_by_key_id: Option<String>, answered_at: Option<Instant>,
        answered_by_key_id: Option<String>, done_at: Option<Instant>, done_by_key_id: Option<String>,
        backups_until: Option<Day>,
    }
}

/// Copies everything from `from` to `to`, whose register must be empty; rows by table.
///
/// # Errors
/// A sentence that says what is in the way; then the target is as it was.
pub fn copy(from: &Target, to: &Target) -> Result<Vec<(String, usize)>, Box<dyn Error>> {
    if from == to {
        return Err(CopyError("--from and --to are the same database".into()).into());
    }
    if let Target::Sqlite(path) = from
        && !path.exists()
    {
        return Err(CopyError(format!("{}: there is no such file", path.display())).into());
    }
    // An SQLite file that is served belongs to its server: nothing may be written while it is copied.
    let _source = Store::open(from)?;
    let _target = Store::open(to)?;
    let (mut source, mut target) = (db::connect(from)?, db::connect(to)?);
    if !db::is_current(&mut source)? {
        return Err(CopyError("the source's schema is not up to date: run `cungcau migrate` on it first".into()).into());
    }
    db::migrate(&mut target)?;
    let counts = db::write_once_on(&mut target, |target| {
        use crate::db::schema::changes;
        let there: i64 = changes::table.count().get_result(target)?;
        if there > 0 {
            return Ok(Err(CopyError(format!("the target is not empty: its log has {there} changes"))));
        }
        // An organisation may refer to a successor that comes on a later page.
        match target {
            Db::Sqlite(conn) => conn.batch_execute("PRAGMA defer_foreign_keys = ON")?,
            Db::Postgres(conn) => conn.batch_execute("SET CONSTRAINTS ALL DEFERRED")?,
        }
        db::read_once_on(&mut source, |source| copy_all(source, target)).map(Ok)
    })?;
    Ok(counts?)
}
