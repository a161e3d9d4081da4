//! When rows are sealed and the chain's end is signed.

use super::Audit;
use super::checkpoint::Checkpoints;
use super::model::Pending;
use super::refusals;
use super::seal::{self, End};
use crate::app::App;
use crate::db::Ending;
use crate::error::{Problem, Result};
use actix_web::web::Data;
use chrono::{NaiveDateTime, TimeDelta};
use std::sync::Arc;
use std::time::Duration;

/// Between two sealings.
const SEALS_EVERY: Duration = Duration::from_secs(1);
/// Between two checkpoints while rows are being sealed: what is cut off within it does not show.
const SIGNS_EVERY: TimeDelta = TimeDelta::seconds(60);
/// Between two transactions when there is much to seal: whoever waits for the writer comes in between.
const BREATH: Duration = Duration::from_millis(5);

/// How far this process has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    checkpoints: Option<Arc<Checkpoints>>,
    end: Option<End>,
    signed: Option<(i64, NaiveDateTime)>,
}

impl Audit {
    /// The same with a file to sign checkpoints into.
    #[must_use]
    pub fn signing(self, checkpoints: Checkpoints) -> Self {
        let progress = Progress { checkpoints: Some(Arc::new(checkpoints)), ..Progress::default() };
        Self { progress: tokio::sync::Mutex::new(progress), ..self }
    }
}

/// Seals all that is committed.
///
/// # Errors
/// 503 when the database is away or full; nothing is lost, the next sealing has it.
pub async fn seal(app: &App) -> Result<()> {
    let mut progress = app.audit.progress.lock().await;
    seal_in(app, &mut progress).await
}

async fn seal_in(app: &App, progress: &mut Progress) -> Result<()> {
    seal_all(app, progress).await.inspect_err(|_| app.metrics.audit_failed())
}

async fn seal_all(app: &App, progress: &mut Progress) -> Result<()> {
    loop {
        if app.audit.refusals.is_empty() && !app.store.read_at_once(seal::is_behind).await? {
            return Ok(());
        }
        let now = app.clock.now();
        let counts = app.audit.refusals.take();
        let rows: Result<Vec<Pending>> = counts.iter().map(|(refusal, times)| refusals::row(refusal, *times, now, &app.ids)).collect();
        let sealed = match rows {
            Ok(rows) => app.store.write_at_once(Ending::Commit, move |db| seal::seal(db, &rows), |_| ()).await,
            Err(problem) => Err(problem),
        };
        match sealed {
            Ok(sealed) => {
                app.metrics.sealed(sealed.end.seq);
                progress.end = Some(sealed.end);
                if !sealed.is_full {
                    return Ok(());
                }
            }
            Err(problem) => {
                app.audit.refusals.give_back(counts);
                return Err(problem);
            }
        }
        tokio::time::sleep(BREATH).await;
    }
}

/// Signs where the chain ends, if it has moved since the last time.
///
/// # Errors
/// What the file system says.
async fn sign(app: &App, progress: &mut Progress) -> Result<()> {
    sign_in(progress, app.clock.now()).await.inspect_err(|_| app.metrics.audit_failed())
}

async fn sign_in(progress: &mut Progress, now: NaiveDateTime) -> Result<()> {
    let (Some(checkpoints), Some(end)) = (&progress.checkpoints, &progress.end) else { return Ok(()) };
    if progress.signed.is_some_and(|(seq, _)| seq == end.seq) {
        return Ok(());
    }
    let (checkpoints, signed) = (Arc::clone(checkpoints), end.clone());
    actix_web::web::block(move || checkpoints.sign(&signed, now)).await.map_err(Problem::internal)?.map_err(Problem::internal)?;
    progress.signed = Some((end.seq, now));
    Ok(())
}

/// Seals every second and signs every minute, until the process ends. What fails is said in the log and tried again.
pub fn follow(app: &Data<App>) {
    let app = app.clone();
    actix_web::rt::spawn(async move {
        loop {
            tokio::time::sleep(SEALS_EVERY).await;
            if app.store.is_away() {
                continue;
            }
            let mut progress = app.audit.progress.lock().await;
            if let Err(problem) = seal_in(&app, &mut progress).await {
                tracing::warn!(cause = %problem, "the audit log was not sealed; it is tried again");
            }
            if progress.signed.is_none_or(|(_, at)| app.clock.now() - at >= SIGNS_EVERY)
                && let Err(problem) = sign(&app, &mut progress).await
            {
                tracing::error!(cause = %problem, "no checkpoint of the audit log was written: is the disk full?");
            }
        }
    });
}

/// Seals and signs what is left, before the process ends.
pub async fn finish(app: &App) {
    let mut progress = app.audit.progress.lock().await;
    if let Err(problem) = seal_in(app, &mut progress).await {
        tracing::warn!(cause = %problem, "the audit log was not sealed; the next start does it");
    }
    if let Err(problem) = sign(app, &mut progress).await {
        tracing::error!(cause = %problem, "no checkpoint of the audit log was written: is the disk full?");
    }
}
