//! The thread that follows the log: for changes of other processes, for midnight, and to know whether the database is there.
//!
//! On `PostgreSQL` a commit is announced to every process. The connection is looked at every few milliseconds, which asks
//! the server nothing: diesel has no way to wait for an announcement. Whatever was announced, the head is asked every
//! 100 ms: that finds what a pooler between here and the server swallowed, a database that is away, and, on `SQLite`, what
//! the command line wrote beside this process.

use super::Index;
use crate::db::{Db, connect, read_once_on};
use crate::error::{Problem, Result};
use crate::log;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Between two looks for an announcement: a change of another process waits half of it in the mean.
const LOOK: Duration = Duration::from_millis(4);
/// Between two questions for the head.
const ASK: Duration = Duration::from_millis(100);
/// After a failed build.
const REST: Duration = Duration::from_secs(1);

/// Starts the thread. It builds the index when there is none, and ends soon after nobody else holds it.
///
/// # Errors
/// When the operating system has no thread to give.
pub fn follow(index: &Arc<Index>) -> std::io::Result<()> {
    let index = Arc::downgrade(index);
    let follow = move || {
        let mut follower = Follower::default();
        while let Some(index) = index.upgrade() {
            let turn = catch_unwind(AssertUnwindSafe(|| follower.turn(&index)));
            let rest = turn.unwrap_or_else(|_| {
                follower = Follower::default();
                index.note_broken();
                REST
            });
            drop(index);
            std::thread::sleep(rest);
        }
    };
    std::thread::Builder::new().name("index".to_owned()).spawn(follow).map(drop)
}

#[derive(Default)]
struct Follower {
    /// A connection of its own: it must not wait for requests, nor they for it.
    db: Option<Db>,
    asked: Option<Instant>,
}

impl Follower {
    /// Does what there is to do, and says how long to rest.
    fn turn(&mut self, index: &Index) -> Duration {
        if (!index.is_built() || index.broken.swap(false, Ordering::AcqRel))
            && let Err(problem) = index.rebuild()
        {
            tracing::warn!(cause = %problem, "the market index could not be built yet");
            index.broken.store(index.is_built(), Ordering::Release);
            return REST;
        }
        index.roll_over();
        match self.look(index) {
            Ok(rest) => rest,
            Err(problem) => {
                tracing::warn!(cause = %problem, "the log can't be followed");
                self.db = None;
                index.store.note_away(true);
                ASK
            }
        }
    }

    fn look(&mut self, index: &Index) -> Result<Duration> {
        let db = match &mut self.db {
            Some(db) => db,
            empty => empty.insert(arrive(index)?),
        };
        let rest = if matches!(db, Db::Postgres(_)) { LOOK } else { ASK };
        let announced = log::announced(db).map_err(Problem::unavailable)?;
        let is_new = announced.is_some_and(|head| head > index.applied());
        if !is_new && self.asked.is_some_and(|asked| asked.elapsed() < ASK) {
            return Ok(rest);
        }
        self.asked = Some(Instant::now());
        // Before the head: this process may apply a change of its own meanwhile.
        let applied = index.applied();
        let head = read_once_on(db, |db| {
            let head = log::head(db)?;
            if head > applied {
                index.catch_up(db)?;
            }
            Ok(head)
        })?;
        index.store.note_away(false);
        if head < applied {
            tracing::warn!(head, applied, "the log ends before the market index: the database was restored");
            index.rebuild()?;
        } else {
            index.heard_of(head);
        }
        Ok(rest)
    }
}

/// A connection that hears announcements, to a log that is still the one which the index has read.
fn arrive(index: &Index) -> Result<Db> {
    let mut db = connect(index.store.target()).map_err(Problem::unavailable)?;
    log::listen(&mut db)?;
    let position = index.position();
    if read_once_on(&mut db, |db| log::at_position(db, position.seq))? != position {
        tracing::warn!(seq = position.seq, "the log is not the one that the market index has read: the database was restored");
        index.rebuild()?;
    }
    Ok(db)
}
