//! `cungcau copy`: everything arrives, log included, and an instance that moved goes on where it was.

use crate::support::Database;
use cungcau::app::App;
use cungcau::clock::Clock;
use cungcau::copy::{TABLES, copy};
use cungcau::db::{Db, Store, Target, migrate};
use cungcau::ids::Randomness;
use cungcau::settings::Settings;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::collections::BTreeSet;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn counts(db: &mut Db) -> Vec<(String, i64)> {
    TABLES
        .iter()
        .map(|table| {
            ((*table).to_owned(), diesel::sql_query(format!("SELECT count(*) AS n FROM {table}")).get_result::<Count>(db).unwrap().n)
        })
        .collect()
}

/// A register with the demo in it that no server has open, and how many rows each table has.
fn a_demo_that_has_stopped() -> (Database, Vec<(String, i64)>) {
    let database = Database::fresh();
    let ids = Randomness::System;
    let settings = Settings::load(&mut database.connect(), Some("TEST"), &ids).unwrap();
    let app = App::new(Store::open(&database.target).unwrap(), Clock::System, ids, settings).unwrap();
    actix_web::rt::System::new().block_on(cungcau::demo::load(&app)).unwrap();
    drop(app);
    let before = counts(&mut database.connect());
    (database, before)
}

#[test]
fn everything_arrives_on_the_other_database_and_back() {
    let (source, before) = a_demo_that_has_stopped();
    let folder = tempfile::tempdir().unwrap();
    let file = Target::Sqlite(folder.path().join("there.db"));
    let copied = copy(&source.target, &file).unwrap();
    assert_eq!(copied.iter().map(|(table, rows)| (table.clone(), i64::try_from(*rows).unwrap())).collect::<Vec<_>>(), before);
    assert!(before.iter().any(|(table, rows)| table == "changes" && *rows > 300), "{before:?}");
    // And back, into a database of the system that the suite runs on.
    let back = Database::unmigrated();
    copy(&file, &back.target).unwrap();
    assert_eq!(counts(&mut back.connect()), before);
    let bodies = |database: &mut Db| {
        use cungcau::db::schema::changes;
        changes::table
            .order(changes::seq)
            .select((changes::seq, changes::recorded_at, changes::body))
            .load::<(i64, chrono::NaiveDateTime, Option<String>)>(database)
            .unwrap()
    };
    assert_eq!(bodies(&mut back.connect()), bodies(&mut source.connect()));
}

#[test]
fn a_database_that_is_not_empty_is_left_alone() {
    let (source, before) = a_demo_that_has_stopped();
    let folder = tempfile::tempdir().unwrap();
    let file = Target::Sqlite(folder.path().join("there.db"));
    copy(&source.target, &file).unwrap();
    let refused = copy(&source.target, &file).unwrap_err().to_string();
    // A sentence for who typed the command, without the words of an answer over HTTP.
    assert!(refused.starts_with("the target is not empty: its log has "), "{refused}");
    assert_eq!(counts(&mut cungcau::db::connect(&file).unwrap()), before);
}

#[test]
fn no_table_is_missing_from_the_copy() {
    let database = Database::unmigrated();
    let mut db = database.connect();
    migrate(&mut db).unwrap();
    let sql = match &db {
        Db::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        Db::Postgres(_) => "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = current_schema()",
    };
    let there: BTreeSet<String> = diesel::sql_query(sql)
        .load::<Name>(&mut db)
        .unwrap()
        .into_iter()
        .map(|row| row.name)
        .filter(|name| !name.starts_with("__diesel"))
        .collect();
    assert_eq!(there, TABLES.iter().map(|table| (*table).to_owned()).collect());
}
