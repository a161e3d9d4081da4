//! Contacts that go: after their day, or because the person asked. The row is deleted, the log keeps a tombstone, the
//! audit log says that personal data was erased, and the database's files are cleaned of what the rows held.

use super::model::Contact;
use super::{store, write};
use crate::app::App;
use crate::audit::{self, Action, Note};
use crate::clock::day_of;
use crate::commands::system;
use crate::error::Result;
use crate::log::Tx;
use actix_web::web::Data;
use std::time::Duration;

/// How often contacts are looked for whose day has passed: they are absent from that day on, this only deletes them.
const EVERY: Duration = Duration::from_hours(1);
/// Contacts that are deleted in one transaction, which holds the writer for a moment.
const AT_ONCE: i64 = 500;
/// Name of the task in the audit log.
const OPERATION: &str = "purge_contacts";

/// Deletes the contacts whose day has passed; how many there were.
///
/// # Errors
/// 503 when the database is away.
pub async fn purge(app: &App) -> Result<usize> {
    let mut purged = 0;
    loop {
        let context = system(app);
        let today = day_of(context.now);
        let found = app
            .write(&context, false, move |tx| {
                let expired = store::expired(tx.db, today, AT_ONCE)?;
                expired.iter().try_for_each(|contact| erase(tx, contact, OPERATION, None))?;
                Ok(expired.len())
            })
            .await?;
        purged += found;
        if found == 0 {
            break;
        }
    }
    if purged > 0 {
        scrub(app).await?;
    }
    Ok(purged)
}

/// Purges every hour for as long as the process runs.
pub async fn keep_purging(app: Data<App>) {
    let mut hours = tokio::time::interval(EVERY);
    loop {
        hours.tick().await;
        match purge(&app).await {
            Ok(0) => {}
            Ok(purged) => tracing::info!(purged, "contacts past their day"),
            Err(problem) => tracing::warn!(cause = problem.cause(), "contacts past their day were not purged"),
        }
    }
}

/// Deletes `contact` because it may not be held any longer; `reason` is the request of the person who asked for it.
///
/// # Errors
/// What the database says.
pub(crate) fn erase(tx: &mut Tx<'_>, contact: &Contact, operation: &str, reason: Option<&str>) -> Result<()> {
    write::delete(tx, contact)?;
    let note = Note {
        action: Action::Erase,
        operation,
        entity: write::ENTITY,
        entity_id: &contact.id,
        organisation_id: Some(&contact.organisation_id),
        reason,
    };
    audit::note(tx, &note)
}

/// Cleans the database's files of what rows with personal values held that are gone.
///
/// # Errors
/// 503 when the database is too busy for it; asking again does no harm.
pub(crate) async fn scrub(app: &App) -> Result<()> {
    app.store.scrub(&["contacts", "personal_codes", "personal_data_requests"]).await
}
