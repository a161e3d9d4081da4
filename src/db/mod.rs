//! One code over two databases: `SQLite` (bundled, one process) and `PostgreSQL` (any number of processes).
//!
//! The scheme of the database URL chooses; an unknown scheme is an error. Reads and writes each run in one
//! transaction away from the threads that answer requests, after a bounded queue ([`queue`]); nobody else opens one. On `SQLite` one connection writes, in
//! the order in which writers asked ([`writer`]), and several read. What the shared connection type lacks (batch insert,
//! upsert) goes through `each!`.

mod migrate;
mod pools;
mod queue;
#[expect(missing_docs, reason = "diesel generates the items")]
pub mod schema;
mod scrub;
mod types;
mod writer;

pub use migrate::{MigrationError, is_current, migrate, revert_all};
pub use types::Json;
pub(crate) use types::{portable_integer, portable_text, text_enum};

use crate::error::{Problem, Result, text};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{Connection, PgConnection, QueryResult, SqliteConnection};
use pools::Pools;
use std::fmt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use writer::Writer;

/// How often a transaction is tried that lost a race: batches which cross may lock each other out twice.
const TRIES: usize = 3;
/// By how much the threads that work on the database are nicer than those that take requests in.
#[cfg(target_os = "linux")]
const GIVE_WAY: i32 = 5;
/// The longest a statement may run: the request itself has 30 s.
const POSTGRES_SESSION: &str = "SET statement_timeout = '15s'; SET lock_timeout = '2s'; \
     SET idle_in_transaction_session_timeout = '20s'; SET TIME ZONE 'UTC'; SET client_min_messages = 'warning'";
/// As long as a writer is waited for (`busy_timeout`).
const LONGEST_SET_UP: Duration = Duration::from_secs(5);
const SET_UP_PAUSE: Duration = Duration::from_millis(20);
/// Any number that nobody else in the database locks: "first" in base 36.
const FIRST_START_LOCK: i32 = 26_070_077;
/// Older versions can corrupt a write-ahead log that two connections use (fixed in `SQLite` 3.51.3).
const OLDEST_SQLITE: i32 = 3_051_003;

// A connection to either database.
pub use connection::{Db, MultiBackend};

#[expect(missing_docs, reason = "the derive makes public items without documentation")]
mod connection {
    use diesel::{PgConnection, SqliteConnection};

    #[derive(diesel::MultiConnection)]
    pub enum Db {
        Sqlite(SqliteConnection),
        Postgres(PgConnection),
    }
}

/// Runs the same diesel expression on whichever database `db` is, for what `Db` itself does not support.
macro_rules! each {
    ($db:expr, |$conn:ident| $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite($conn) => $body,
            $crate::db::Db::Postgres($conn) => $body,
        }
    };
}
pub(crate) use each;

/// Values that one statement may bind: SQLite takes 32,766.
pub const BIND_LIMIT: usize = 30_000;

/// Inserts all `rows` in as few statements as the databases' bind limits allow.
///
/// `columns` is the number of columns of a row: `SQLite` takes 32,766 bound values in a statement.
macro_rules! insert_all {
    ($db:expr, $table:expr, $rows:expr, $columns:expr) => {{
        let rows: &[&_] = $rows;
        // diesel keeps the prepared statement of one row, and prepares one of many rows anew each time.
        let (few, many) = rows.split_at(if rows.len() <= 4 { rows.len() } else { 0 });
        few.iter()
            .try_for_each(|row| $crate::db::each!(&mut *$db, |conn| diesel::insert_into($table).values(*row).execute(conn)).map(|_| ()))?;
        many.chunks($crate::db::BIND_LIMIT / $columns).try_for_each(|chunk| {
            $crate::db::each!(&mut *$db, |conn| diesel::insert_into($table).values(chunk.to_vec()).execute(conn)).map(|_| ())
        })
    }};
}
pub(crate) use insert_all;

/// Ids that are asked for one by one on `SQLite`.
pub const FEW_IDS: usize = 4;

/// Loads the rows of `$query` whose `$column` is one of `$ids` (no id twice), in no order.
macro_rules! load_of {
    ($db:expr, $ids:expr, $column:expr, $query:expr) => {{
        let ids: &[&str] = $ids;
        let mut rows = Vec::with_capacity(ids.len());
        if ids.len() <= $crate::db::FEW_IDS && matches!($db, $crate::db::Db::Sqlite(_)) {
            // SQLite has no array to bind: a list of ids is prepared anew each time, and the statement for one id is kept.
            for id in ids {
                rows.extend($query.filter($column.eq(*id)).load(&mut *$db)?);
            }
        } else {
            for chunk in ids.chunks($crate::db::BIND_LIMIT) {
                rows.extend($query.filter($column.eq_any(chunk.iter().copied())).load(&mut *$db)?);
            }
        }
        rows
    }};
}
pub(crate) use load_of;

/// Which database a URL names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A file.
    Sqlite(PathBuf),
    /// A libpq URL.
    Postgres(String),
}

impl Target {
    /// Reads a database URL: `sqlite:PATH`, `sqlite://PATH`, `postgres://…` or `postgresql://…`.
    ///
    /// # Errors
    /// A sentence that names the schemes there are. Any other text is refused rather than taken for a file.
    pub fn parse(url: &str) -> Result<Self, String> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
        match path {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            _ => Err(format!(
                "the database URL must begin with sqlite:, postgres:// or postgresql:// (such as sqlite:data/cungcau.db), not {:?}",
                url.split(['@', '?']).next().map(|head| head.split(':').next().unwrap_or(head)).unwrap_or_default()
            )),
        }
    }
}

/// Why a database could not be opened.
#[derive(Debug)]
pub struct OpenError(String);

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OpenError {}

/// Opens one connection with the settings that every connection here has.
///
/// # Errors
/// A sentence with the database's own words; a URL's password is not in it.
pub fn connect(target: &Target) -> Result<Db, OpenError> {
    match target {
        Target::Sqlite(path) => {
            make_private(path).map_err(|error| OpenError(format!("{}: {error}", path.display())))?;
            let mut conn =
                SqliteConnection::establish(&path.to_string_lossy()).map_err(|error| OpenError(format!("{}: {error}", path.display())))?;
            set_up(&mut conn).map_err(|error| OpenError(format!("{}: {error}", path.display())))?;
            Ok(Db::Sqlite(conn))
        }
        Target::Postgres(url) => {
            let mut conn = PgConnection::establish(&with_timeouts(url)).map_err(|error| OpenError(error.to_string()))?;
            conn.batch_execute(POSTGRES_SESSION).map_err(|error| OpenError(error.to_string()))?;
            Ok(Db::Postgres(conn))
        }
    }
}

/// Makes the settings of an `SQLite` connection. Whoever makes a new file switches it to its log, and `SQLite` lets nobody
/// wait for that, whatever the timeout: so it is tried again here for as long as a writer would be waited for.
fn set_up(conn: &mut SqliteConnection) -> QueryResult<()> {
    // The busy timeout first, so that the others may wait; FULL, since NORMAL loses acknowledged commits on a power cut.
    const SETTINGS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA secure_delete = ON; PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY";
    let began = Instant::now();
    loop {
        match conn.batch_execute(SETTINGS) {
            Err(error) if error.to_string().contains("locked") && began.elapsed() < LONGEST_SET_UP => std::thread::sleep(SET_UP_PAUSE),
            outcome => return outcome,
        }
    }
}

/// Makes a file that is not there yet, for its owner alone: it will hold personal codes and the instance's
/// secrets. `SQLite` gives its log the same rights. One that is there keeps those that the operator gave it.
fn make_private(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}

/// Adds libpq's timeouts where the URL does not set them.
fn with_timeouts(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in [("connect_timeout", "2"), ("tcp_user_timeout", "2000"), ("application_name", "cungcau")] {
        if !url.contains(name) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&format!("{name}={value}"));
        }
    }
    url
}

/// Refuses to run on an `SQLite` that can corrupt its log.
///
/// # Errors
/// A sentence with both versions.
pub fn check_sqlite_version() -> Result<(), OpenError> {
    // The bundled library is of one version with these headers: libsqlite3-sys compiles both together.
    let running = libsqlite3_sys::SQLITE_VERSION_NUMBER;
    if running < OLDEST_SQLITE {
        return Err(OpenError(format!("SQLite {running} is too old: at least {OLDEST_SQLITE} is needed")));
    }
    Ok(())
}

/// A database with its pools.
#[derive(Clone)]
pub struct Store {
    target: Target,
    pools: Pools,
    /// `SQLite` alone: through it everything is written.
    writer: Option<Arc<Writer>>,
    /// `SQLite` alone: held as long as the store lives, so that a second server refuses.
    _lock: Option<Arc<std::fs::File>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// What a write does at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Keep it.
    Commit,
    /// Check everything, keep nothing (`validate_only`).
    RollBack,
}

impl Store {
    /// Opens `target`; an `SQLite` file is locked against a second server.
    ///
    /// # Errors
    /// A sentence that says what is in the way.
    pub fn open(target: &Target) -> Result<Self, OpenError> {
        check_sqlite_version()?;
        let lock = match target {
            Target::Sqlite(path) => Some(Arc::new(lock_file(path)?)),
            Target::Postgres(_) => None,
        };
        // One connection is made here, so that what is wrong is said in the database's own words.
        drop(connect(target)?);
        let pools = Pools::new(target);
        let writer = match target {
            Target::Sqlite(_) => {
                let writer = Writer::start(pools.clone()).map_err(|error| OpenError(format!("no thread for the writer: {error}")))?;
                Some(Arc::new(writer))
            }
            Target::Postgres(_) => None,
        };
        Ok(Self { target: target.clone(), pools, writer, _lock: lock })
    }

    /// What it was opened with.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Whether the database was away when somebody asked it last. Asks nothing itself.
    pub fn is_away(&self) -> bool {
        self.pools.is_away()
    }

    /// Whether who is about to write something would find a full queue: then nothing need be made of it.
    ///
    /// # Errors
    /// 503 at once.
    pub fn look_before_writing(&self) -> Result<()> {
        self.writer.as_ref().map_or_else(|| self.pools.writes.queue().look(), |writer| writer.look())
    }

    /// The same of who is about to read.
    ///
    /// # Errors
    /// 503 at once.
    pub fn look_before_reading(&self) -> Result<()> {
        self.pools.connections.queue().look()
    }

    /// How many were turned away since the start, by the queue that was full.
    pub fn turned_away(&self) -> [(&'static str, u64); 2] {
        let writes = self.writer.as_ref().map_or_else(|| self.pools.writes.queue().turned_away(), |writer| writer.turned_away());
        [("connections", self.pools.connections.queue().turned_away()), ("writes", writes)]
    }

    /// Notes that the database answered, or that it is away.
    pub fn note_away(&self, away: bool) {
        self.pools.note_away(away);
    }

    /// Runs `work` on a blocking thread, in one read transaction: it sees one state of the database.
    ///
    /// # Errors
    /// What `work` returns; 503 when the database is away or too many wait for it.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T> + Send + 'static,
    {
        let turn = self.pools.connections.enter().await?;
        let store = self.clone();
        blocking(move || {
            let result = store.read_here(work);
            drop(turn);
            result
        })
        .await
    }

    /// The same past the queue: for what must be known of a database that has too much to do.
    ///
    /// # Errors
    /// What `work` returns; 503 when the database is away.
    pub async fn read_at_once<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T> + Send + 'static,
    {
        let store = self.clone();
        blocking(move || store.read_here(work)).await
    }

    /// The same on this thread, which may wait.
    ///
    /// # Errors
    /// What `work` returns; 503 when the database is away.
    pub fn read_here<T>(&self, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
        self.pools.read(work)
    }

    /// Runs `work` in one write transaction and ends it as `ending` says; then `done` with what was kept. Neither runs on
    /// the caller's thread, and both may wait.
    ///
    /// `Ok` is returned only after the database said that the commit is on disk. A transaction that lost a
    /// race (unique, serialisation, deadlock) runs again, so `work` must not keep anything from the run before.
    ///
    /// # Errors
    /// What `work` returns; 503 when the database is away, full, too many wait for it, or the commit failed.
    pub async fn write<T, F, D>(&self, ending: Ending, work: F, done: D) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Db) -> Result<T> + Send + 'static,
        D: FnOnce(&T) + Send + 'static,
    {
        if let Some(writer) = &self.writer {
            let turn = writer.join()?;
            return writer.write(ending, work, done, Some(turn)).await;
        }
        let turns = (self.pools.writes.enter().await?, self.pools.connections.enter().await?);
        self.write_with(turns, ending, work, done).await
    }

    /// The same past the queue: for what the service itself must keep, most of all when it is asked too much.
    ///
    /// # Errors
    /// What `work` returns; 503 when the database is away, full, or the commit failed.
    pub async fn write_at_once<T, F, D>(&self, ending: Ending, work: F, done: D) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Db) -> Result<T> + Send + 'static,
        D: FnOnce(&T) + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.write(ending, work, done, None).await,
            None => self.write_with((), ending, work, done).await,
        }
    }

    /// Holds `turns` while it writes.
    async fn write_with<T, F, D>(&self, turns: impl Send + 'static, ending: Ending, work: F, done: D) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Db) -> Result<T> + Send + 'static,
        D: FnOnce(&T) + Send + 'static,
    {
        let pools = self.pools.clone();
        blocking(move || {
            let _turns = turns;
            let mut result = pools.write(ending, &work);
            for _ in 1..TRIES {
                if !result.as_ref().is_err_and(Problem::is_contended) {
                    break;
                }
                result = pools.write(ending, &work);
            }
            // After the transaction: the next writer goes on meanwhile.
            if let (Ok(value), Ending::Commit) = (&result, ending) {
                done(value);
            }
            result
        })
        .await
    }
}

/// Runs `work` in one write transaction on a connection of one's own, for the command line.
///
/// # Errors
/// What `work` returns, or the database's words.
pub fn write_once_on<T>(db: &mut Db, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    begin_on(db, Access::Write)?;
    let result = work(db);
    match result {
        Ok(value) => commit(db).map(|()| value).map_err(Problem::from),
        Err(problem) => {
            rollback(db)?;
            Err(problem)
        }
    }
}

/// Runs `work` in one read transaction on a connection of one's own, for the command line.
///
/// # Errors
/// What `work` returns, or the database's words.
pub fn read_once_on<T>(db: &mut Db, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    begin_on(db, Access::Read)?;
    let result = work(db);
    rollback(db)?;
    result
}

/// A connection of one's own that sees one state of the database for as long as it lives.
pub struct Snapshot(Db);

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}

impl Snapshot {
    /// Opens one. What it sees is fixed by the first question that is asked of it.
    ///
    /// # Errors
    /// A sentence with the database's own words.
    pub fn open(target: &Target) -> Result<Self, OpenError> {
        let mut db = connect(target)?;
        let failed = |error: diesel::result::Error| OpenError(error.to_string());
        if let Db::Postgres(connection) = &mut db {
            // The whole register is read in one statement a table, at the speed of whoever takes it.
            connection.batch_execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0").map_err(failed)?;
        }
        begin_on(&mut db, Access::Read).map_err(failed)?;
        Ok(Self(db))
    }

    /// The connection. The end of its transaction is the end of the connection.
    pub fn db(&mut self) -> &mut Db {
        &mut self.0
    }
}

/// Holds back whoever asks the same of this database, in any process, until the transaction ends: for what is
/// done once, at a first start. What was committed before is seen after it.
///
/// # Errors
/// What the database says.
pub fn one_at_a_time(db: &mut Db) -> QueryResult<()> {
    match db {
        // A write transaction is alone there.
        Db::Sqlite(_) => Ok(()),
        Db::Postgres(conn) => conn.batch_execute(&format!(
            "SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '60s'; \
             SELECT pg_advisory_xact_lock({FIRST_START_LOCK}, hashtext(current_schema()))"
        )),
    }
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy)]
enum Access {
    Read,
    Write,
}

fn begin_on(db: &mut Db, access: Access) -> QueryResult<()> {
    match (db, access) {
        // A deferred transaction that writes later is refused as locked at once, whatever the timeout.
        (Db::Sqlite(c), Access::Write) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
        (Db::Sqlite(c), Access::Read) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN"),
        (Db::Postgres(c), Access::Write) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN"),
        (Db::Postgres(c), Access::Read) => {
            AnsiTransactionManager::begin_transaction_sql(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        }
    }
}

fn commit(db: &mut Db) -> QueryResult<()> {
    each!(db, |conn| AnsiTransactionManager::commit_transaction(conn))
}

fn rollback(db: &mut Db) -> QueryResult<()> {
    each!(db, |conn| AnsiTransactionManager::rollback_transaction(conn))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let work = move || {
        give_way();
        work()
    };
    match actix_web::web::block(work).await {
        Ok(result) => result,
        Err(_) => Err(Problem::internal("the blocking thread stopped before its work was done")),
    }
}

/// Lets this thread, on which work waits for the database, have less of a busy core than those on which requests come in:
/// whoever is to be turned away would else wait behind the work that is too much.
fn give_way() {
    thread_local!(static GIVES_WAY: () = {
        // Threads have a priority of their own on Linux alone. That it cannot be changed hurts nobody.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::nice(GIVE_WAY);
    });
    GIVES_WAY.with(|()| ());
}

/// Takes `PATH.lock` for this process.
fn lock_file(path: &Path) -> Result<std::fs::File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock = PathBuf::from(name);
    let file = std::fs::File::create(&lock).map_err(|error| OpenError(format!("{}: {error}", lock.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError(format!(
            "{} is open in another process. An SQLite file belongs to one server: stop the other one, or move to PostgreSQL with `cungcau copy`.",
            path.display()
        ))),
        Err(std::fs::TryLockError::Error(error)) => Err(OpenError(format!("{}: {error}", lock.display()))),
    }
}

/// 503 that says which part of the database's start is missing.
pub fn not_ready(what_en: &str, what_vi: &str) -> Problem {
    Problem::new(crate::error::Code::Unavailable, text(what_en, what_vi)).with_header("Retry-After", "1")
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::Text;
    use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};

    #[derive(QueryableByName)]
    struct CompileOption {
        #[diesel(sql_type = Text)]
        compile_options: String,
    }

    // The flags come from `.cargo/config.toml`: a build from elsewhere would lose them without a word.
    #[test]
    fn sqlite_is_built_as_it_is_used() {
        let mut db = SqliteConnection::establish(":memory:").unwrap();
        let options: Vec<CompileOption> = sql_query("SELECT compile_options FROM pragma_compile_options").load(&mut db).unwrap();
        let has = |wanted: &str| options.iter().any(|option| option.compile_options == wanted);
        assert!(has("THREADSAFE=2") && has("DEFAULT_MEMSTATUS=0"));
    }
}
