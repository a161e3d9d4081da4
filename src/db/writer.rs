//! The one writer of an `SQLite` file: transactions that wait at the same time share one commit.
//!
//! A commit waits for the disk, and nobody else can write meanwhile. So whatever has queued up by then runs next, one
//! after the other in the order of asking, under one commit. Each keeps an outcome of its own: what fails is undone to
//! where it began, and the others stand. Nobody is told that anything is stored before the commit is on disk; when it
//! fails, everybody in the group is told so.
//!
//! Two threads: one writes, the other does what follows a commit, in the same order, while the next group is written.

use super::pools::{Pools, is_away};
use super::queue::{Queue, Ticket};
use super::{Access, Db, Ending, TRIES, commit, each, rollback};
use crate::error::{Problem, Result};
use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Transactions under one commit.
const GROUP: usize = 64;
/// After so long a group takes no more in: who waits for its commit should not wait for long batches behind it.
const GROUP_TIME: Duration = Duration::from_millis(10);

/// A transaction that somebody waits for.
trait Job: Send {
    /// Leaves the queue; the refusal when its turn comes too late.
    fn begin(&mut self) -> Option<Problem>;
    /// Runs it once in the transaction that is open, and keeps the result.
    fn run(&mut self, db: &mut Db) -> Ran;
    /// Puts `problem` in the place of whatever came out.
    fn refuse(&mut self, problem: Problem);
    /// Does what follows the commit, and tells who waits.
    fn finish(self: Box<Self>);
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ran {
    /// To be kept.
    Keep,
    /// To be undone.
    Undo,
    /// To be undone and run again: it lost a race.
    Again,
    /// To be undone, and the connection is not to be used again.
    Broken,
}

struct Work<T, F, D> {
    ending: Ending,
    run: F,
    done: D,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
    ticket: Option<Ticket>,
}

impl<T, F, D> Job for Work<T, F, D>
where
    T: Send,
    F: Fn(&mut Db) -> Result<T> + Send,
    D: FnOnce(&T) + Send,
{
    fn begin(&mut self) -> Option<Problem> {
        self.ticket.take().and_then(|ticket| ticket.begin().err())
    }

    fn run(&mut self, db: &mut Db) -> Ran {
        let (result, ran) = match catch_unwind(AssertUnwindSafe(|| (self.run)(db))) {
            Ok(Ok(value)) => (Ok(value), if self.ending == Ending::Commit { Ran::Keep } else { Ran::Undo }),
            Ok(Err(problem)) => {
                let ran = match &problem {
                    problem if problem.is_contended() => Ran::Again,
                    problem if is_away(problem) => Ran::Broken,
                    _ => Ran::Undo,
                };
                (Err(problem), ran)
            }
            Err(_) => (Err(Problem::internal("the work of a transaction panicked")), Ran::Broken),
        };
        self.result = Some(result);
        ran
    }

    fn refuse(&mut self, problem: Problem) {
        self.result = Some(Err(problem));
    }

    fn finish(self: Box<Self>) {
        let Self { ending, done, result, reply, .. } = *self;
        let result = result.unwrap_or_else(|| Err(Problem::internal("a transaction was not run")));
        if let (Ok(value), Ending::Commit) = (&result, ending)
            && catch_unwind(AssertUnwindSafe(|| done(value))).is_err()
        {
            // It is stored all the same.
            tracing::error!("what follows a commit panicked");
        }
        // Nobody waits any more when the client has gone.
        let _ = reply.send(result);
    }
}

/// The writer's threads. They end with it.
pub(super) struct Writer {
    queue: Option<Sender<Box<dyn Job>>>,
    waiting: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

impl Writer {
    pub fn start(pools: Pools) -> std::io::Result<Self> {
        let (queue, jobs) = channel();
        let (written, groups) = channel();
        let finisher = std::thread::Builder::new().name("after-commit".to_owned()).spawn(move || finish(&groups))?;
        let writer = std::thread::Builder::new().name("writer".to_owned()).spawn(move || write(&pools, &jobs, &written))?;
        Ok(Self { queue: Some(queue), waiting: Queue::new(), threads: vec![writer, finisher] })
    }

    /// Turns somebody away who has nothing to write yet, when too many wait.
    ///
    /// # Errors
    /// 503 at once.
    pub fn look(&self) -> Result<()> {
        self.waiting.look()
    }

    /// How many were turned away since the start.
    pub fn turned_away(&self) -> u64 {
        self.waiting.turned_away()
    }

    /// Joins the queue.
    ///
    /// # Errors
    /// 503 at once when too many wait.
    pub fn join(&self) -> Result<Ticket> {
        self.waiting.join()
    }

    /// Runs `work` in its turn, and `done` after its commit. Without a `ticket` it is done however long it has waited.
    ///
    /// # Errors
    /// What `work` returns; 503 when it waited too long.
    pub async fn write<T, F, D>(&self, ending: Ending, work: F, done: D, ticket: Option<Ticket>) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Db) -> Result<T> + Send + 'static,
        D: FnOnce(&T) + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work { ending, run: work, done, result: None, reply, ticket });
        let Some(queue) = &self.queue else { return Err(stopped()) };
        queue.send(job).map_err(|_| stopped())?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        // The last to hold the database may be one of the threads, by what follows a commit.
        let me = std::thread::current().id();
        for thread in self.threads.drain(..).filter(|thread| thread.thread().id() != me) {
            if thread.join().is_err() {
                tracing::error!("a thread of the writer panicked");
            }
        }
    }
}

fn stopped() -> Problem {
    Problem::internal("the writer has stopped")
}

fn finish(groups: &Receiver<Vec<Box<dyn Job>>>) {
    while let Ok(jobs) = groups.recv() {
        for job in jobs {
            job.finish();
        }
    }
}

fn write(pools: &Pools, queue: &Receiver<Box<dyn Job>>, written: &Sender<Vec<Box<dyn Job>>>) {
    while let Ok(first) = queue.recv() {
        let jobs = write_group(pools, first, || queue.try_recv().ok());
        if written.send(jobs).is_err() {
            break;
        }
    }
}

/// Writes `first` and what waits behind it; all of it is done with then, one way or the other.
fn write_group(pools: &Pools, first: Box<dyn Job>, mut waiting: impl FnMut() -> Option<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
    let mut conn = match pools.begin(Access::Write) {
        Ok(conn) => conn,
        Err(problem) => {
            // Nobody who waited with it need wait as long again.
            let mut jobs: Vec<_> = std::iter::once(first).chain(std::iter::from_fn(waiting)).collect();
            for job in &mut jobs {
                job.refuse(problem.clone());
            }
            return jobs;
        }
    };
    let since = Instant::now();
    // Those that are done with whatever the commit says, and those that stand and fall with it.
    let (mut ended, mut kept) = (Vec::new(), Vec::new());
    let mut next = Some(first);
    let mut lost = false;
    while let Some(mut job) = next.take() {
        if let Some(problem) = job.begin() {
            job.refuse(problem);
            ended.push(job);
        } else {
            let Run { is_kept, is_open, is_sound } = run(&mut conn.db, &mut *job, kept.is_empty());
            conn.broken |= !is_sound;
            lost = !is_open;
            if is_kept { kept.push(job) } else { ended.push(job) }
        }
        if !lost && kept.len() + ended.len() < GROUP && since.elapsed() < GROUP_TIME {
            next = waiting();
        }
    }
    if lost {
        // Those before it had no part in what went wrong: each is written again by itself.
        conn.broken = true;
        drop(conn);
        ended.extend(kept.into_iter().flat_map(|job| write_group(pools, job, nobody)));
        return ended;
    }
    let end = if kept.is_empty() { rollback(&mut conn.db) } else { commit(&mut conn.db) };
    conn.broken |= end.is_err();
    if let Err(error) = end {
        let problem = Problem::from(error);
        for job in &mut kept {
            job.refuse(problem.clone());
        }
    }
    pools.judge(&mut conn);
    ended.extend(kept);
    ended
}

fn nobody() -> Option<Box<dyn Job>> {
    None
}

/// How a transaction went within its group.
struct Run {
    /// Whether it stands if the group's commit does.
    is_kept: bool,
    /// Whether others can follow it under the same commit.
    is_open: bool,
    /// Whether the connection can be used again.
    is_sound: bool,
}

/// Runs `job`; undoes it alone where it is not to be kept.
fn run(db: &mut Db, job: &mut dyn Job, is_first: bool) -> Run {
    let mut is_sound = true;
    for turn in 1..=TRIES {
        // The first of a group needs no savepoint: to undo it is to begin anew.
        if !is_first && let Err(error) = savepoint(db) {
            job.refuse(Problem::from(error));
            return Run { is_kept: false, is_open: false, is_sound: false };
        }
        let ran = job.run(db);
        is_sound &= ran != Ran::Broken;
        let ended = match ran {
            Ran::Keep if is_first => Ok(()),
            Ran::Keep => commit(db),
            Ran::Undo | Ran::Again | Ran::Broken if is_first => rollback(db).and_then(|()| super::begin_on(db, Access::Write)),
            Ran::Undo | Ran::Again | Ran::Broken => rollback(db),
        };
        // A full disk, for one, ends the whole transaction of its own: then those before it are lost as well.
        if let Err(error) = ended {
            if ran == Ran::Keep {
                job.refuse(Problem::from(error));
            }
            return Run { is_kept: false, is_open: false, is_sound: false };
        }
        if ran != Ran::Again || turn == TRIES {
            return Run { is_kept: ran == Ran::Keep, is_open: true, is_sound };
        }
    }
    Run { is_kept: false, is_open: true, is_sound }
}

fn savepoint(db: &mut Db) -> QueryResult<()> {
    each!(db, |conn| AnsiTransactionManager::begin_transaction(conn))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Store, Target};
    use crate::error::{Code, text};
    use diesel::connection::SimpleConnection;
    use diesel::prelude::*;
    use diesel::sql_types::Text;
    use std::sync::{Arc, Mutex, mpsc};

    #[derive(QueryableByName)]
    struct Word {
        #[diesel(sql_type = Text)]
        word: String,
    }

    fn say(db: &mut Db, sql: &str) -> Result<()> {
        Ok(each!(db, |conn| conn.batch_execute(sql))?)
    }

    fn words(store: &Store) -> Vec<String> {
        let rows: Vec<Word> =
            store.read_here(|db| Ok(each!(db, |conn| diesel::sql_query("SELECT word FROM words ORDER BY rowid").load(conn))?)).unwrap();
        rows.into_iter().map(|row| row.word).collect()
    }

    type Work = Box<dyn Fn(&mut Db) -> Result<&'static str> + Send>;

    fn adds(word: &'static str) -> Work {
        Box::new(move |db| say(db, &format!("INSERT INTO words VALUES ('{word}')")).map(|()| word))
    }

    /// Adds `word`, then does as `end` says.
    fn adds_then(word: &'static str, end: impl Fn(&mut Db) -> Result<&'static str> + Send + 'static) -> Work {
        Box::new(move |db| say(db, &format!("INSERT INTO words VALUES ('{word}')")).and_then(|()| end(db)))
    }

    /// What came of `works` that all wait at the same time, the words that are stored then, and the order in which
    /// what follows a commit was done.
    fn together(works: Vec<(Ending, Work)>) -> (Vec<Result<&'static str>>, Vec<String>, Vec<&'static str>) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Target::Sqlite(folder.path().join("group.db"))).unwrap();
        let followed = Arc::new(Mutex::new(Vec::new()));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let results = runtime.block_on(async {
            store.write(Ending::Commit, |db| say(db, "CREATE TABLE words (word TEXT NOT NULL UNIQUE)"), |()| ()).await.unwrap();
            // The first holds the writer up until all the others wait behind it.
            let (go, wait) = mpsc::channel::<()>();
            let wait = Mutex::new(wait);
            let held = store.write(
                Ending::Commit,
                // When it has to run again, nobody is there to release it.
                move |_| {
                    wait.lock().unwrap().recv().unwrap_or_default();
                    Ok(())
                },
                |()| (),
            );
            let (seen, others) = (&followed, &store);
            let written = works.into_iter().map(|(ending, work)| {
                let seen = Arc::clone(seen);
                others.write(ending, work, move |word| seen.lock().unwrap().push(*word))
            });
            let all = futures_util::future::join_all(written);
            let release = async move { go.send(()).unwrap() };
            let (held, results, ()) = tokio::join!(held, all, release);
            held.unwrap();
            results
        });
        let followed = followed.lock().unwrap().clone();
        (results, words(&store), followed)
    }

    fn refused() -> Problem {
        Problem::forbidden(text("no", "không"))
    }

    #[test]
    fn each_of_a_group_keeps_its_own_outcome() {
        let (results, stored, followed) = together(vec![
            (Ending::Commit, adds_then("refused first", |_| Err(refused()))),
            (Ending::Commit, adds("one")),
            (Ending::Commit, adds_then("refused", |_| Err(refused()))),
            (Ending::RollBack, adds("tried only")),
            (Ending::Commit, adds_then("panics", |_| panic!("on purpose"))),
            (Ending::Commit, adds("two")),
            (Ending::Commit, adds("one")),
            (Ending::Commit, adds("three")),
        ]);
        assert_eq!(stored, ["one", "two", "three"]);
        assert_eq!(followed, ["one", "two", "three"], "what follows a commit keeps the order of the commits");
        let codes: Vec<_> = results.iter().map(|result| result.as_ref().map_err(Problem::code)).map(Result::err).collect();
        let contended = results[6].as_ref().unwrap_err();
        assert!(contended.is_contended(), "a word that is there was tried again, and lost again: {contended:?}");
        let (forbidden, internal) = (Some(Code::Forbidden), Some(Code::Internal));
        assert_eq!(codes, [forbidden, None, forbidden, None, internal, None, Some(contended.code()), None]);
    }

    #[test]
    fn who_ends_the_transaction_of_all_takes_nothing_from_the_others() {
        // A full disk does the same: SQLite then ends the whole transaction of its own.
        let ends_all = adds_then("lost", |db| say(db, "ROLLBACK").map(|()| "lost"));
        let (results, stored, followed) = together(vec![
            (Ending::Commit, adds("one")),
            (Ending::Commit, adds("two")),
            (Ending::Commit, ends_all),
            (Ending::Commit, adds("three")),
        ]);
        assert_eq!(stored, ["one", "two", "three"]);
        assert_eq!(followed, ["one", "two", "three"]);
        assert!(results[2].is_err(), "nobody is told that what was lost is stored");
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
    }

    #[test]
    fn what_the_service_itself_keeps_goes_past_a_full_queue() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Target::Sqlite(folder.path().join("full.db"))).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (go, wait) = mpsc::channel::<()>();
            let wait = Mutex::new(wait);
            let waits = move |_: &mut Db| {
                wait.lock().unwrap().recv().unwrap_or_default();
                Ok(())
            };
            let held = store.write(Ending::Commit, waits, |()| ());
            let crowd = (0..300).map(|_| store.write(Ending::Commit, |_| Ok(()), |()| ()));
            let own = store.write_at_once(Ending::Commit, |_| Ok("kept"), |_| ());
            let release = async move { go.send(()).unwrap() };
            let (held, crowd, own, ()) = tokio::join!(held, futures_util::future::join_all(crowd), own, release);
            held.unwrap();
            assert!(crowd.iter().any(Result::is_err) && crowd.iter().any(Result::is_ok), "the queue was full");
            assert_eq!(own.unwrap(), "kept");
        });
    }
}
