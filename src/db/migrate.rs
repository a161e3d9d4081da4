//! Brings a database to the schema that this binary knows, and refuses one which is newer.

use super::{Db, each};
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::collections::BTreeSet;
use std::fmt;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
/// Any number that nobody else in the database takes: "cungcau" in base 36 cut to 63 bits.
const ADVISORY_LOCK: i64 = 27_849_105_162;

/// Why the schema could not be brought up to date.
#[derive(Debug)]
pub enum MigrationError {
    /// The database has migrations that this binary does not know.
    Newer(String),
    /// A migration failed; the database's words.
    Failed(String),
}

impl fmt::Display for MigrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer(version) => write!(
                f,
                "the database's schema is newer than this program knows (migration {version}): start the version that made it, or a later one"
            ),
            Self::Failed(words) => write!(f, "the schema could not be brought up to date: {words}"),
        }
    }
}

impl std::error::Error for MigrationError {}

/// Runs what is pending. Several processes may call it at once.
///
/// # Errors
/// [`MigrationError::Newer`] before anything is touched; [`MigrationError::Failed`] with the database's words.
pub fn migrate(db: &mut Db) -> Result<(), MigrationError> {
    if let Db::Postgres(conn) = db {
        conn.batch_execute(&format!("SET lock_timeout = '60s'; SELECT pg_advisory_lock({ADVISORY_LOCK})")).map_err(failed)?;
    }
    let result = migrate_alone(db);
    if let Db::Postgres(conn) = db {
        conn.batch_execute(&format!("SELECT pg_advisory_unlock({ADVISORY_LOCK}); SET lock_timeout = '2s'")).map_err(failed)?;
    }
    result
}

fn migrate_alone(db: &mut Db) -> Result<(), MigrationError> {
    refuse_newer(db)?;
    let mut outcome = each!(&mut *db, |conn| conn.run_pending_migrations(source(conn)).map(|_| ()));
    if let Db::Sqlite(conn) = db {
        // SQLite has no lock to wait for: another process may have run one in between, and then the next, each of them once.
        for _ in known(conn)? {
            if outcome.is_ok() {
                break;
            }
            outcome = conn.run_pending_migrations(SQLITE).map(|_| ());
        }
    }
    outcome.map_err(failed)
}

/// Takes every migration back, newest first; for tests.
///
/// # Errors
/// The database's words.
pub fn revert_all(db: &mut Db) -> Result<(), MigrationError> {
    each!(db, |conn| conn.revert_all_migrations(source(conn)).map(|_| ())).map_err(failed)
}

diesel::table! {
    /// diesel's own record of what was run.
    __diesel_schema_migrations (version) {
        version -> Text,
        run_on -> Timestamp,
    }
}

/// Whether exactly the migrations that this binary knows have been run. Only reads.
///
/// # Errors
/// The database's words; also when no migration was ever run.
pub fn is_current(db: &mut Db) -> Result<bool, MigrationError> {
    let known: BTreeSet<String> = each!(&mut *db, |conn| known(conn))?;
    let applied: Vec<String> = __diesel_schema_migrations::table.select(__diesel_schema_migrations::version).load(db).map_err(failed)?;
    Ok(applied.into_iter().collect::<BTreeSet<_>>() == known)
}

fn refuse_newer(db: &mut Db) -> Result<(), MigrationError> {
    let known: BTreeSet<String> = each!(&mut *db, |conn| known(conn))?;
    let applied: Vec<String> =
        each!(db, |conn| conn.applied_migrations().map(|list| list.iter().map(ToString::to_string).collect())).map_err(failed)?;
    match applied.into_iter().filter(|version| !known.contains(version)).max() {
        Some(version) => Err(MigrationError::Newer(version)),
        None => Ok(()),
    }
}

trait Source: Connection {
    const MIGRATIONS: EmbeddedMigrations;
}

impl Source for diesel::SqliteConnection {
    const MIGRATIONS: EmbeddedMigrations = SQLITE;
}

impl Source for diesel::PgConnection {
    const MIGRATIONS: EmbeddedMigrations = POSTGRES;
}

fn source<C: Source>(_: &C) -> EmbeddedMigrations {
    C::MIGRATIONS
}

fn known<C: Source>(_: &C) -> Result<BTreeSet<String>, MigrationError>
where
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    let migrations: Vec<Box<dyn Migration<C::Backend>>> = MigrationSource::<C::Backend>::migrations(&C::MIGRATIONS).map_err(failed)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn failed(error: impl fmt::Display) -> MigrationError {
    MigrationError::Failed(error.to_string())
}
