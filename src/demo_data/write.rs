//! Into a database: each batch is one transaction of records and their entries of the log.
//!
//! What a kill in the middle leaves: the batches that were committed, each with its entries, numbered without gaps; the
//! register is a smaller one, and is as good as any. It is not added to: begin anew in an empty database.
//!
//! A file that is new is written without waiting for the disk, since there is nothing in it to lose: a power cut while
//! the command runs can leave it unreadable, and then it is to be deleted. At the end everything is on the disk, and the
//! setting is as before.

use super::batch::{Batch, parts};
use super::progress::Progress;
use super::world::World;
use crate::access::Caller;
use crate::audit;
use crate::db::schema::changes;
use crate::db::{self, Db, Store, Target};
use crate::error::Problem;
use crate::ids::Randomness;
use crate::log::Tx;
use crate::settings::Settings;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::sync::mpsc::sync_channel;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// A file that is new has nothing to lose. Pages of the indexes by name are met again and again: half a gigabyte of them
/// stays in memory, and goes to the file once in 200 MB of log instead of once in 4.
const NEW_FILE: &str = "PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; PRAGMA wal_autocheckpoint = 50000";
const OLD_FILE: &str = "PRAGMA cache_size = -500000; PRAGMA wal_autocheckpoint = 50000";
/// Everything to the disk.
const ENDING: &str = "PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)";

/// A register that is ours alone while it is filled.
pub struct Register {
    db: Db,
    target: Target,
    settings: Settings,
    // Held so that no server opens the file meanwhile.
    _store: Store,
}

impl Register {
    /// Opens `target`, makes its tables, and refuses a register that has organisations.
    ///
    /// # Errors
    /// A sentence that says what is in the way.
    pub fn open(target: &Target, instance: Option<&str>) -> Outcome<Self> {
        let is_new = match target {
            Target::Sqlite(path) => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
                }
                !path.exists()
            }
            Target::Postgres(_) => false,
        };
        let store = Store::open(target)?;
        let mut db = db::connect(target)?;
        db::migrate(&mut db)?;
        let settings = Settings::load(&mut db, instance, &Randomness::System)?;
        let organisations: i64 = changes::table.filter(changes::entity.eq("organisation")).count().get_result(&mut db)?;
        if organisations > 0 {
            return Err(
                format!("the register is not empty ({organisations} changes of organisations): made-up records go into a new one").into()
            );
        }
        if let Db::Sqlite(conn) = &mut db {
            conn.batch_execute(if is_new { NEW_FILE } else { OLD_FILE })?;
        }
        Ok(Self { db, target: target.clone(), settings, _store: store })
    }

    /// Name of the instance.
    pub fn instance(&self) -> &str {
        &self.settings.instance
    }

    /// Writes all of `world`; the number of the newest change.
    ///
    /// # Errors
    /// A sentence that says what went wrong; the batches before it stay.
    pub fn fill(&mut self, world: &World, progress: &mut Progress) -> Outcome<i64> {
        let written = self.write(world, progress);
        let ended = self.end();
        let head = written?;
        ended?;
        Ok(head)
    }

    /// One thread makes the batches, this one stores them.
    fn write(&mut self, world: &World, progress: &mut Progress) -> Result<i64, Problem> {
        let caller = Caller::system();
        let ids = Randomness::System;
        let mut head = 0;
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(1);
            scope.spawn(move || {
                for (stage, range) in parts(world) {
                    let made = Batch::made(world, stage, range);
                    let failed = made.is_err();
                    // The other side has gone when it failed: it says why.
                    if sender.send(made).is_err() || failed {
                        break;
                    }
                }
            });
            for batch in receiver {
                let batch = batch?;
                let (stage, indexes) = (batch.stage, batch.indexes);
                let Settings { instance, digest_key, .. } = &self.settings;
                head = db::write_once_on(&mut self.db, |db| {
                    batch.store(db)?;
                    let mut tx = Tx::new(db, world.now(), instance, digest_key, &caller, &ids);
                    tx.note(batch.entries);
                    Ok(tx.finish()?.last().map_or(head, |entry| entry.seq))
                })?;
                progress.advance(stage, indexes);
            }
            // One row of the audit log for all of it: nobody acted but this program.
            db::write_once_on(&mut self.db, |db| audit::seal_import(db, world.now()))?;
            Ok(head)
        })
    }

    fn end(&mut self) -> Outcome {
        let (Db::Sqlite(conn), Target::Sqlite(path)) = (&mut self.db, &self.target) else { return Ok(()) };
        conn.batch_execute(ENDING)?;
        on_disk(path)
    }
}

/// Pages that were written without waiting are waited for here.
fn on_disk(path: &Path) -> Outcome {
    File::open(path)?.sync_all()?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
