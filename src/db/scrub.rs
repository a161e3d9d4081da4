//! Cleaning a database's files of what deleted and replaced rows held: small tables are written anew.
//!
//! `SQLite` overwrites what is deleted with zeros (`secure_delete`), but a page that rows were moved away from keeps copies
//! of them, and the write-ahead log holds both until it is checkpointed: taking all rows out empties every page, and the log
//! is cut to nothing. `PostgreSQL` keeps dead rows until they are vacuumed, and vacuums none that an older transaction could
//! still see: `TRUNCATE` gives the table a new file at once and drops the old one. What its write-ahead log holds stays
//! until it is overwritten: a segment that is recycled is renamed, not cleaned. What a disk holds of a file that was cut, the
//! file system overwrites in its own time.

use super::{Access, Db, Store, Target, begin_on, blocking, commit, connect, each, rollback};
use crate::error::{Problem, Result};
use diesel::connection::SimpleConnection;
use diesel::sql_types::Integer;
use diesel::{QueryResult, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use std::time::Duration;

/// How often the log is tried to be cut: a reader may be in the middle of it.
const TRIES: u32 = 20;
/// How long is waited between two tries.
const PAUSE: Duration = Duration::from_millis(100);

impl Store {
    /// Cleans the files of what rows of `tables` held that were deleted or replaced. No other table may refer to them.
    ///
    /// # Errors
    /// 503 when the database is away, or too busy for it.
    pub async fn scrub(&self, tables: &'static [&'static str]) -> Result<()> {
        let target = self.target.clone();
        blocking(move || scrub(&target, tables)).await
    }
}

fn scrub(target: &Target, tables: &[&str]) -> Result<()> {
    let mut db = connect(target).map_err(Problem::unavailable)?;
    tables.iter().try_for_each(|table| rewrite(&mut db, table)).map_err(Problem::unavailable)?;
    match &mut db {
        Db::Sqlite(connection) => cut_log(connection),
        Db::Postgres(_) => Ok(()),
    }
}

/// Takes all rows of a table out and puts them back.
fn rewrite(db: &mut Db, table: &str) -> QueryResult<()> {
    let (settings, empty) = match db {
        // A temporary table stands in memory here (`temp_store`).
        Db::Sqlite(_) => ("", format!("DELETE FROM {table}")),
        // It waits for whoever uses the table, and whoever comes after waits for it: a while, not for ever.
        Db::Postgres(_) => ("SET LOCAL lock_timeout = '10s';", format!("TRUNCATE {table}")),
    };
    let lock = match db {
        Db::Sqlite(_) => String::new(),
        Db::Postgres(_) => format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;"),
    };
    let statements = format!(
        "{settings} {lock} CREATE TEMP TABLE scrubbed AS SELECT * FROM {table}; {empty}; INSERT INTO {table} SELECT * FROM scrubbed; DROP TABLE scrubbed"
    );
    begin_on(db, Access::Write)?;
    match each!(&mut *db, |connection| connection.batch_execute(&statements)) {
        Ok(()) => commit(db),
        Err(error) => {
            rollback(db)?;
            Err(error)
        }
    }
}

fn cut_log(connection: &mut SqliteConnection) -> Result<()> {
    #[derive(QueryableByName)]
    struct Outcome {
        #[diesel(sql_type = Integer)]
        busy: i32,
    }
    for _ in 0..TRIES {
        let outcome: Outcome = sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(connection).map_err(Problem::from)?;
        if outcome.busy == 0 {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    Err(Problem::unavailable("the write-ahead log could not be cut: a reader was always in the middle of it"))
}
