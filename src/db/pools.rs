//! The connections of a process: pools that make, judge and mend them, and the transactions on one of them.

use super::queue::Gate;
use super::{Access, Db, Ending, OpenError, Target, begin_on, commit, connect, each, rollback};
use crate::error::{Problem, Result};
use diesel::r2d2::{ManageConnection, Pool, PooledConnection, R2D2Connection};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a request waits for a connection before it is told 503: with the queue before it under the 2 s in which a
/// caller hears that the database is away.
const CONNECTION_WAIT: Duration = Duration::from_millis(1_100);
/// A connection which rested longer than this is asked whether it still lives before it is used.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// `SQLite` readers: more than the cores only wait for each other.
const SQLITE_READERS: u32 = 4;
/// `PostgreSQL` connections of one process beside the one that follows the log; a deployment of 8 processes stays under a
/// server's default of 100.
const POSTGRES_CONNECTIONS: u32 = 11;
/// How many of them write at a time: they wait for each other at the head of the log, and readers need not wait with them.
const POSTGRES_WRITERS: u32 = 7;

/// The pools of one database.
#[derive(Clone)]
pub(super) struct Pools {
    readers: Pool<Manager>,
    writers: Pool<Manager>,
    /// Before whoever wants a connection: as many go at a time as there are. On `SQLite` it is for those who read.
    pub connections: Gate,
    /// `PostgreSQL` alone: before that one, for those who write. On `SQLite` the writer has a queue of its own.
    pub writes: Gate,
    /// Whether the database was away when it was asked last.
    away: Arc<AtomicBool>,
}

impl Pools {
    pub fn new(target: &Target) -> Self {
        let pool = |size: u32| {
            Pool::builder()
                .max_size(size)
                .min_idle(Some(1))
                .connection_timeout(CONNECTION_WAIT)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_on_check_out(true)
                .error_handler(Box::new(LogPoolErrors))
                .build_unchecked(Manager { target: target.clone() })
        };
        let (readers, writers, connections) = match target {
            Target::Sqlite(_) => (pool(SQLITE_READERS), pool(1), SQLITE_READERS),
            Target::Postgres(_) => {
                let shared = pool(POSTGRES_CONNECTIONS);
                (shared.clone(), shared, POSTGRES_CONNECTIONS)
            }
        };
        Self { readers, writers, connections: Gate::new(connections), writes: Gate::new(POSTGRES_WRITERS), away: Arc::default() }
    }

    pub fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    pub fn note_away(&self, away: bool) {
        if self.away.swap(away, Ordering::Relaxed) != away {
            tracing::warn!(away, "the database");
        }
    }

    /// Runs `work` in one read transaction.
    pub fn read<T>(&self, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
        let mut conn = self.begin(Access::Read)?;
        let result = work(&mut conn.db);
        // Nothing was written: how a read transaction ends makes no difference to its answer.
        let ended = rollback(&mut conn.db);
        conn.broken |= ended.is_err() || result.as_ref().is_err_and(is_away);
        self.judge(&mut conn);
        result
    }

    /// Runs `work` in one write transaction and ends it as `ending` says.
    pub fn write<T>(&self, ending: Ending, work: &impl Fn(&mut Db) -> Result<T>) -> Result<T> {
        let mut conn = self.begin(Access::Write)?;
        let result = match work(&mut conn.db) {
            Ok(value) => {
                let ended = match ending {
                    Ending::Commit => commit(&mut conn.db),
                    Ending::RollBack => rollback(&mut conn.db),
                };
                conn.broken |= ended.is_err();
                ended.map(|()| value).map_err(Problem::from)
            }
            Err(problem) => {
                conn.broken |= rollback(&mut conn.db).is_err() || is_away(&problem);
                Err(problem)
            }
        };
        self.judge(&mut conn);
        result
    }

    /// A connection with its transaction open. That there is none at all means that the database is away: one that is
    /// merely busy has them all in use.
    pub fn begin(&self, access: Access) -> Result<PooledConnection<Manager>> {
        let pool = match access {
            Access::Read => &self.readers,
            Access::Write => &self.writers,
        };
        let begun = begin(pool, access);
        if begun.is_err() && pool.state().connections == 0 {
            self.note_away(true);
        }
        begun
    }

    /// Notes whether the database is there, by a connection that was just used: one that works, or a broken one that
    /// may only have been told to wait too long.
    pub fn judge(&self, conn: &mut Pooled) {
        let away = conn.broken && each!(&mut conn.db, |c| c.ping()).is_err();
        if away || self.is_away() {
            self.note_away(away);
        }
    }
}

/// A connection with its transaction open. A pooled one whose server has gone meanwhile is thrown away and the next taken.
fn begin(pool: &Pool<Manager>, access: Access) -> Result<PooledConnection<Manager>> {
    let deadline = Instant::now() + CONNECTION_WAIT;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut conn = pool.get_timeout(left.max(Duration::from_millis(1))).map_err(Problem::unavailable)?;
        match begin_on(&mut conn.db, access) {
            Ok(()) => return Ok(conn),
            Err(error) => {
                conn.broken = true;
                if Instant::now() >= deadline {
                    return Err(Problem::unavailable(error));
                }
            }
        }
    }
}

pub(super) fn is_away(problem: &Problem) -> bool {
    problem.code() == crate::error::Code::Unavailable && !problem.is_contended()
}

/// Makes and judges the pools' connections.
pub(super) struct Manager {
    target: Target,
}

/// A connection with what the pool has to know of it.
pub struct Pooled {
    pub(super) db: Db,
    checked: Instant,
    /// Whether it is not to be used again.
    pub(super) broken: bool,
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = OpenError;

    fn connect(&self) -> Result<Pooled, OpenError> {
        Ok(Pooled { db: connect(&self.target)?, checked: Instant::now(), broken: false })
    }

    fn is_valid(&self, conn: &mut Pooled) -> Result<(), OpenError> {
        if conn.checked.elapsed() > TRUSTED_FOR {
            each!(&mut conn.db, |c| c.ping()).map_err(|error| OpenError(error.to_string()))?;
            conn.checked = Instant::now();
        }
        Ok(())
    }

    fn has_broken(&self, conn: &mut Pooled) -> bool {
        // An open transaction means that its closure panicked: closing the connection rolls it back.
        conn.broken || std::thread::panicking() || each!(&mut conn.db, |c| R2D2Connection::is_broken(c))
    }
}

#[derive(Debug)]
struct LogPoolErrors;

impl diesel::r2d2::HandleError<OpenError> for LogPoolErrors {
    fn handle_error(&self, error: OpenError) {
        tracing::warn!(cause = %error, "no database connection");
    }
}
