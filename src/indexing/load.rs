//! Reading the whole register for the market index, as of one position of the log.
//!
//! On `SQLite` several connections read at once, each a few thousand rows at a time of one state of the database; what
//! they read is put into the order of the tables again. On `PostgreSQL` one connection reads table after table, a row
//! at a time, since a result is otherwise held in memory as a whole. Only the columns that count are read.

use super::promises;
use super::rows::{AcceptedIntroductionColumns, CertificateColumns, DemandColumns, Fit, OfferColumns, OrganisationColumns, ProductColumns};
use crate::db::schema::{buyers, certificates, demands, introductions, offers, organisations, producers, products};
use crate::db::{Db, Snapshot, Target};
use crate::error::{Problem, Result};
use crate::introductions::IntroductionStatus;
use crate::log;
use crate::market::record::{Change, Id};
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::sql;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Rows that are read before they are handed on.
const PAGE: usize = 4_096;
/// Pages that may wait to be taken: enough that the readers go on with certificates and all offers of a register of some
/// millions while products are still taken, since the index keeps offers waiting in any case; an end for all that.
const WAITING: usize = 1_024;
/// How often several connections are opened to see one state of an `SQLite` file that is being written to.
const TRIES: usize = 10;

/// What was read beside the records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loaded {
    /// The position of the log as of which it was read.
    pub position: log::Position,
    /// Products that commitments of an `MoU` name.
    pub promised: HashSet<Id>,
    /// Records that the index can't take.
    pub unfit: u64,
}

/// Hands every record of the register to `take`: organisations, products, certificates, offers, demands, `MoUs`,
/// introductions that open something.
///
/// # Errors
/// What the database says.
pub fn load(target: &Target, take: &mut impl FnMut(Change)) -> Result<Loaded> {
    let readers = match target {
        Target::Sqlite(_) => std::thread::available_parallelism().map_or(1, usize::from).clamp(1, 4),
        Target::Postgres(_) => 1,
    };
    let (mut snapshots, position) = at_one_position(target, readers)?;
    let mut loaded = Loaded { position, ..Loaded::default() };
    let jobs = match snapshots.first_mut() {
        Some(snapshot) => jobs(snapshot.db())?,
        None => Vec::new(),
    };
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(WAITING);
        for snapshot in &mut snapshots {
            let (jobs, next, sender) = (&jobs, &next, sender.clone());
            scope.spawn(move || read(snapshot.db(), jobs, next, &sender));
        }
        drop(sender);
        in_order(&receiver, &mut loaded, take)
    })?;
    Ok(loaded)
}

/// Connections that see the same state of the database.
fn at_one_position(target: &Target, readers: usize) -> Result<(Vec<Snapshot>, log::Position)> {
    for attempt in 1..=TRIES {
        // An instance that is written to without a pause is read by one connection.
        let wanted = if attempt == TRIES { 1 } else { readers };
        let mut snapshots = Vec::with_capacity(wanted);
        let mut positions = Vec::with_capacity(wanted);
        for _ in 0..wanted {
            let mut snapshot = Snapshot::open(target).map_err(Problem::unavailable)?;
            positions.push(log::position(snapshot.db())?);
            snapshots.push(snapshot);
        }
        if let Some(position) = positions.pop()
            && positions.iter().all(|other| *other == position)
        {
            return Ok((snapshots, position));
        }
    }
    Err(Problem::unavailable("no two connections saw one state of the database"))
}

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    Organisations,
    Products,
    Certificates,
    Offers,
    Demands,
    Mous,
    Introductions,
}

/// A part of a table: on `SQLite` the rows after the first number up to the second, else all of it.
#[derive(Debug, Clone, Copy)]
struct Job {
    table: Table,
    rows: Option<(i64, i64)>,
}

/// All there is to read, in order.
fn jobs(db: &mut Db) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for (table, name) in [
        (Table::Organisations, "organisations"),
        (Table::Products, "products"),
        (Table::Certificates, "certificates"),
        (Table::Offers, "offers"),
        (Table::Demands, "demands"),
    ] {
        let Db::Sqlite(connection) = &mut *db else {
            jobs.push(Job { table, rows: None });
            continue;
        };
        let last: Option<i64> = diesel::select(sql::<diesel::sql_types::Nullable<BigInt>>(&format!("(SELECT max(rowid) FROM {name})")))
            .get_result(connection)?;
        let step = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let starts = (0..last.unwrap_or(0)).step_by(PAGE);
        jobs.extend(starts.map(|after| Job { table, rows: Some((after, after + step)) }));
    }
    jobs.extend([Table::Mous, Table::Introductions].map(|table| Job { table, rows: None }));
    Ok(jobs)
}

/// A page of a job, with its place in the order of all pages.
struct Page {
    place: (usize, usize),
    /// Whether no page of its job comes after it.
    last: bool,
    changes: Vec<Change>,
    promised: Vec<Id>,
    unfit: u64,
}

/// Takes one job after the other until there is none left, or nobody waits for the pages.
fn read(db: &mut Db, jobs: &[Job], next: &AtomicUsize, pages: &SyncSender<Result<Page>>) {
    loop {
        let place = next.fetch_add(1, Ordering::Relaxed);
        let Some(job) = jobs.get(place) else { return };
        let mut out = Out { job: place, page: 0, changes: Vec::with_capacity(PAGE), promised: Vec::new(), unfit: 0, pages, closed: false };
        let read = read_table(db, *job, &mut out);
        if let Err(error) = read {
            // Nobody listens any more when another reader has failed before.
            let _ = pages.send(Err(Problem::from(error)));
            return;
        }
        out.flush(true);
        if out.closed {
            return;
        }
    }
}

/// Where a reader puts what it has read.
struct Out<'a> {
    job: usize,
    page: usize,
    changes: Vec<Change>,
    promised: Vec<Id>,
    unfit: u64,
    pages: &'a SyncSender<Result<Page>>,
    closed: bool,
}

impl Out<'_> {
    fn put(&mut self, table: Table, change: Fit<Change>) {
        match change {
            Ok(change) => self.changes.push(change),
            Err(unfit) => {
                tracing::error!(?table, cause = %unfit, "a record is left out of the market index");
                self.unfit += 1;
            }
        }
        if self.changes.len() >= PAGE {
            self.flush(false);
        }
    }

    fn flush(&mut self, last: bool) {
        let page = Page {
            place: (self.job, self.page),
            last,
            changes: std::mem::replace(&mut self.changes, if last { Vec::new() } else { Vec::with_capacity(PAGE) }),
            promised: std::mem::take(&mut self.promised),
            unfit: std::mem::take(&mut self.unfit),
        };
        self.page += 1;
        self.closed |= self.pages.send(Ok(page)).is_err();
    }
}

/// Takes the pages in the order of the tables, whichever was read first.
fn in_order(pages: &Receiver<Result<Page>>, loaded: &mut Loaded, take: &mut impl FnMut(Change)) -> Result<()> {
    let mut early: BTreeMap<(usize, usize), Page> = BTreeMap::new();
    let mut place = (0, 0);
    for page in pages {
        let page = page?;
        early.insert(page.place, page);
        while let Some(page) = early.remove(&place) {
            place = if page.last { (place.0 + 1, 0) } else { (place.0, place.1 + 1) };
            loaded.promised.extend(page.promised);
            loaded.unfit += page.unfit;
            page.changes.into_iter().for_each(&mut *take);
        }
    }
    Ok(())
}

/// Runs `$query` for the rows of `$job` and hands each to `$take`.
macro_rules! each_row {
    ($db:expr, $job:expr, $name:literal, $query:expr, $row:ty, $take:expr) => {{
        let mut take = $take;
        match $db {
            Db::Sqlite(connection) => {
                let (after, until) = $job.rows.unwrap_or((0, i64::MAX));
                let rows = sql::<Bool>(concat!($name, ".rowid > "))
                    .bind::<BigInt, _>(after)
                    .sql(concat!(" AND ", $name, ".rowid <= "))
                    .bind::<BigInt, _>(until);
                for row in $query.filter(rows).load_iter::<$row, DefaultLoadingMode>(connection)? {
                    take(row?);
                }
            }
            Db::Postgres(connection) => {
                for row in $query.load_iter::<$row, PgRowByRowLoadingMode>(connection)? {
                    take(row?);
                }
            }
        }
        Ok(())
    }};
}

fn read_table(db: &mut Db, job: Job, out: &mut Out<'_>) -> QueryResult<()> {
    match job.table {
        Table::Organisations => {
            let query = organisations::table.left_join(producers::table).left_join(buyers::table).select((
                organisations::id,
                organisations::version,
                organisations::name,
                organisations::province_id,
                producers::kind.nullable(),
                buyers::organisation_id.nullable(),
                organisations::status,
            ));
            each_row!(db, job, "organisations", query, OrganisationColumns, |row: OrganisationColumns| {
                out.put(job.table, row.record().map(Change::Organisation));
            })
        }
        Table::Products => {
            let query = products::table.select((
                products::id,
                products::version,
                products::producer_id,
                products::name,
                products::group_id,
                products::shelf_life_days,
                products::illustrative,
                products::status,
            ));
            each_row!(db, job, "products", query, ProductColumns, |row: ProductColumns| {
                out.put(job.table, row.record().map(Change::Product));
            })
        }
        Table::Certificates => {
            let query = certificates::table.select((
                certificates::id,
                certificates::version,
                certificates::holder_id,
                certificates::subject,
                certificates::product_id,
                certificates::kind,
                certificates::stars,
                certificates::issued_on,
                certificates::valid_until,
                certificates::extended_until,
                certificates::revoked_on,
            ));
            each_row!(db, job, "certificates", query, CertificateColumns, |row: CertificateColumns| {
                out.put(job.table, row.record().map(Change::Certificate));
            })
        }
        Table::Offers => read_offers(db, job, out),
        Table::Demands => read_demands(db, job, out),
        Table::Mous => read_mous(db, out),
        Table::Introductions => read_introductions(db, job, out),
    }
}

fn read_offers(db: &mut Db, job: Job, out: &mut Out<'_>) -> QueryResult<()> {
    let query = offers::table.select((
        offers::id,
        offers::version,
        offers::product_id,
        offers::base_unit,
        offers::quantity_base_milli,
        offers::months,
        offers::available_from,
        offers::available_until,
        offers::closed_on,
        offers::minimum_order_base_milli,
        offers::lead_time_days,
        (
            offers::price_cents,
            offers::price_unit_base_milli,
            offers::price_currency,
            offers::price_basis,
            offers::price_vat_included,
            offers::price_visibility,
        ),
        offers::delivers_to,
        offers::remaining_shelf_life_days,
        offers::illustrative,
    ));
    each_row!(db, job, "offers", query, OfferColumns, |row: OfferColumns| {
        out.put(Table::Offers, row.record().map(Change::Offer));
    })
}

fn read_demands(db: &mut Db, job: Job, out: &mut Out<'_>) -> QueryResult<()> {
    let query = demands::table.select((
        demands::id,
        demands::version,
        demands::buyer_id,
        demands::title,
        demands::words,
        demands::group_id,
        (demands::unit, demands::quantity_base_milli),
        demands::months,
        (demands::starts_on, demands::ends_on),
        demands::delivery_province_id,
        (
            demands::ceiling_cents,
            demands::ceiling_unit,
            demands::ceiling_currency,
            demands::ceiling_basis,
            demands::ceiling_vat_included,
            demands::ceiling_visibility,
        ),
        demands::least_stars,
        (demands::required_certificates, demands::preferred_certificates),
        demands::minimum_remaining_shelf_life_days,
        demands::answer_by,
        (demands::suppliers_at_most, demands::closed_on, demands::illustrative),
    ));
    each_row!(db, job, "demands", query, DemandColumns, |row: DemandColumns| {
        out.put(Table::Demands, row.record().map(Change::Demand));
    })
}

/// `MoUs` with what they promise, at once: there are few, each was signed by people.
fn read_mous(db: &mut Db, out: &mut Out<'_>) -> QueryResult<()> {
    let promised = promises::of_mous(db, None)?;
    out.promised = promised.products.into_iter().collect();
    for (_, mou) in promised.mous {
        out.put(Table::Mous, mou.map(Change::Mou));
    }
    Ok(())
}

/// Introductions that both sides agreed to; the others open nothing. There are few, each was asked for by people.
fn read_introductions(db: &mut Db, job: Job, out: &mut Out<'_>) -> QueryResult<()> {
    let accepted = introductions::table.filter(introductions::status.eq(IntroductionStatus::Accepted)).select((
        introductions::id,
        introductions::version,
        introductions::demand_id,
        introductions::offer_id,
        introductions::buyer_id,
        introductions::producer_id,
    ));
    each_row!(db, job, "introductions", accepted, AcceptedIntroductionColumns, |row: AcceptedIntroductionColumns| {
        out.put(Table::Introductions, row.record().map(Change::Introduction));
    })
}
