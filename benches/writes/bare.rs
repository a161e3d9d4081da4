//! The rows of an `MoU` written by bare diesel transactions: what the database itself can do.

use chrono::{NaiveDate, NaiveDateTime};
use cungcau::db::schema::{changes, feed_head, mou_commitments, mou_numbers, mou_parties, mous, organisations, settings};
use cungcau::db::{self, Db, Target};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// As long as the body of the API's change for the same `MoU`.
const BODY_BYTES: usize = 1_250;

macro_rules! insert {
    ($db:expr, $table:expr, $rows:expr) => {
        match $db {
            Db::Sqlite(conn) => diesel::insert_into($table).values($rows).execute(conn).unwrap(),
            Db::Postgres(conn) => diesel::insert_into($table).values($rows).execute(conn).unwrap(),
        }
    };
}

pub struct Bare {
    target: Target,
    /// On SQLite writers take turns in the process, as the API's do: SQLite's own waiting is slower.
    turn: Mutex<()>,
    next: AtomicU64,
    body: String,
}

/// A fresh `PostgreSQL` schema of this name; its URL.
pub fn fresh_schema(url: &str, name: &str) -> String {
    let Db::Postgres(mut conn) = db::connect(&Target::parse(url).unwrap()).unwrap() else { panic!("{url} is no PostgreSQL") };
    conn.batch_execute(&format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}")).unwrap();
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}options=-csearch_path%3D{name}")
}

impl Bare {
    pub fn new(url: &str) -> Self {
        let target = Target::parse(url).unwrap();
        let bare = Self { target, turn: Mutex::new(()), next: AtomicU64::new(1), body: "x".repeat(BODY_BYTES) };
        let mut db = bare.connect();
        db::migrate(&mut db).unwrap();
        for id in ["org_a", "org_b"] {
            let row = (
                organisations::id.eq(id),
                organisations::version.eq(1_i64),
                organisations::origin.eq("BENCH"),
                organisations::created_at.eq(instant()),
                organisations::updated_at.eq(instant()),
                organisations::name.eq("n"),
                organisations::name_folded.eq("n"),
                organisations::legal_form.eq("cooperative"),
                organisations::province_id.eq("94@2008-08-01"),
                organisations::status.eq("active"),
                organisations::illustrative.eq(true),
            );
            insert!(&mut db, organisations::table, row);
        }
        insert!(&mut db, mou_numbers::table, (mou_numbers::year.eq(2020), mou_numbers::last.eq(1_i64)));
        let _ = settings::table;
        bare
    }

    pub fn connect(&self) -> Db {
        db::connect(&self.target).unwrap()
    }

    pub fn write(&self, db: &mut Db, with_log: bool) {
        let _turn = matches!(self.target, Target::Sqlite(_)).then(|| self.turn.lock().unwrap());
        db::write_once_on(db, |db| {
            self.rows(db);
            if with_log {
                self.change(db);
            }
            Ok(())
        })
        .unwrap();
    }

    fn rows(&self, db: &mut Db) {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let id = format!("mou_{n:026}");
        let last: i64 = diesel::update(mou_numbers::table.find(2020))
            .set(mou_numbers::last.eq(mou_numbers::last + 1))
            .returning(mou_numbers::last)
            .get_result(db)
            .unwrap();
        let row = (
            mous::id.eq(&id),
            mous::version.eq(1_i64),
            mous::origin.eq("BENCH"),
            mous::created_at.eq(instant()),
            mous::updated_at.eq(instant()),
            mous::number.eq(format!("BENCH-2020-{last}")),
            mous::kind.eq("producer_distributor"),
            mous::status.eq("signed"),
            mous::title.eq("Biên bản ghi nhớ hợp tác kinh doanh số 1"),
            mous::proposed_on.eq(day(2020, 9, 3)),
            mous::agreed_on.eq(day(2020, 10, 5)),
            mous::signed_on.eq(day(2020, 10, 27)),
            mous::effective_from.eq(day(2020, 10, 27)),
            mous::effective_until.eq(day(2022, 10, 27)),
            (mous::fields_of_cooperation.eq("[]"), mous::documents.eq("[]"), mous::transitions.eq("x".repeat(400)), mous::notes.eq("[]")),
            mous::illustrative.eq(true),
        );
        insert!(&mut *db, mous::table, row);
        let party = |position: i32, organisation: &'static str, side: &'static str, capacity: &'static str| {
            (
                mou_parties::mou_id.eq(id.clone()),
                mou_parties::position.eq(position),
                mou_parties::organisation_id.eq(organisation),
                mou_parties::side.eq(side),
                mou_parties::capacity.eq(capacity),
                mou_parties::name.eq("Hợp tác xã Hành tím (minh họa)"),
                mou_parties::province_id.eq("94@2008-08-01"),
            )
        };
        insert!(&mut *db, mou_parties::table, vec![party(0, "org_a", "a", "producer"), party(1, "org_b", "b", "buyer")]);
        let commitment = (
            mou_commitments::mou_id.eq(&id),
            mou_commitments::position.eq(0),
            mou_commitments::description.eq("Hành tím"),
            mou_commitments::quantity_milli.eq(12_500_i64),
            mou_commitments::unit.eq("TAN"),
            mou_commitments::period.eq("month"),
            mou_commitments::starts_on.eq(day(2021, 1, 1)),
            mou_commitments::ends_on.eq(day(2021, 12, 31)),
        );
        insert!(&mut *db, mou_commitments::table, commitment);
    }

    fn change(&self, db: &mut Db) {
        let head: i64 = diesel::update(feed_head::table)
            .set(feed_head::head.eq(feed_head::head + 1))
            .returning(feed_head::head)
            .get_result(db)
            .unwrap();
        let row = (
            changes::seq.eq(head),
            changes::recorded_at.eq(instant()),
            changes::entity.eq("mou"),
            changes::entity_id.eq(format!("mou_{head:026}")),
            changes::version.eq(1_i64),
            changes::operation.eq("create"),
            changes::actor_key_id.eq("key_00000000000000000000000000"),
            changes::actor_role.eq("admin"),
            changes::origin.eq("BENCH"),
            changes::body.eq(&self.body),
        );
        insert!(&mut *db, changes::table, row);
    }
}

fn instant() -> NaiveDateTime {
    day(2026, 11, 23).and_hms_micro_opt(7, 30, 0, 123_456).unwrap()
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}
