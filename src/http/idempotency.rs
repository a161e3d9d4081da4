//! `Idempotency-Key`: a creating request that is repeated has its effect once.
//!
//! The record of the answer commits in the transaction of the effect, scoped to the caller. In this process
//! a second request waits up to 2 s for the first; across processes the unique key does the same.

use super::answer::Answer;
use crate::app::App;
use crate::db::schema::idempotency_keys as rows;
use crate::db::{Db, each};
use crate::error::{Code, Problem, Result, text};
use crate::hex::hex;
use actix_web::HttpRequest;
use actix_web::web::Data;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::days(7);
/// How often a process forgets older ones: nothing runs between requests, so a request with a key does it.
const FORGETS_EVERY: TimeDelta = TimeDelta::hours(1);
/// How long a second request waits for the first.
const WAIT: Duration = Duration::from_secs(2);
/// Longest key.
const LONGEST_KEY: usize = 200;

/// The key of a request, with the digest of what it asks.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    caller: String,
    /// Keyed digest of what the caller sent, which may hold a person's number.
    key: String,
    digest: String,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = rows, treat_none_as_default_value = false)]
pub(crate) struct IdempotencyRow {
    pub caller: String,
    pub idempotency_key: String,
    pub request_digest: String,
    pub status: i32,
    pub location: Option<String>,
    pub etag: Option<String>,
    pub body: String,
    pub created_at: NaiveDateTime,
}

impl IdempotencyKey {
    /// Reads the header, quoted or bare.
    ///
    /// # Errors
    /// 400 when it is empty, too long or not printable ASCII.
    pub fn read(request: &HttpRequest, caller: &str, body: &[u8]) -> Result<Option<Self>> {
        let Some(sent) = request.headers().get("idempotency-key") else { return Ok(None) };
        let bare = sent.to_str().unwrap_or_default().trim();
        let key = bare.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(bare);
        if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Err(Problem::new(
                Code::InvalidHeader,
                text(
                    format!("Idempotency-Key takes 1 to {LONGEST_KEY} printable ASCII characters."),
                    format!("Idempotency-Key gồm 1 đến {LONGEST_KEY} ký tự ASCII in được."),
                ),
            ));
        }
        // Keyed: a body or a key may hold a number or a code of a person, of which there are few enough to try them all.
        let secret = request.app_data::<Data<App>>().map_or(&[][..], |app| app.settings.digest_key.as_slice());
        let asked = [request.method().as_str().as_bytes(), request.path().as_bytes(), request.query_string().as_bytes(), body];
        Ok(Some(Self {
            caller: caller.to_owned(),
            key: keyed_digest(secret, &[b"idempotency-key", key.as_bytes()])?,
            digest: keyed_digest(secret, &asked)?,
        }))
    }

    /// The answer that was given to this key before.
    ///
    /// # Errors
    /// 422 when the key belongs to another request.
    pub fn replay(&self, db: &mut Db, now: NaiveDateTime) -> Result<Option<Answer>> {
        let found: Option<IdempotencyRow> = rows::table
            .filter(rows::caller.eq(&self.caller).and(rows::idempotency_key.eq(&self.key)))
            .select(IdempotencyRow::as_select())
            .first(db)
            .optional()?;
        let Some(found) = found else { return Ok(None) };
        if found.created_at < now - KEPT {
            diesel::delete(rows::table.filter(rows::caller.eq(&self.caller).and(rows::idempotency_key.eq(&self.key)))).execute(db)?;
            return Ok(None);
        }
        if found.request_digest != self.digest {
            return Err(Problem::new(
                Code::IdempotencyMismatch,
                text(
                    "This key was used with another method, path or body. Use a new key for a new request.",
                    "Khóa này đã dùng cho phương thức, đường dẫn hoặc nội dung khác. Hãy dùng khóa mới cho yêu cầu mới.",
                ),
            ));
        }
        Ok(Some(Answer {
            status: u16::try_from(found.status).unwrap_or(200),
            location: found.location,
            etag: found.etag,
            body: found.body,
            replayed: true,
        }))
    }

    /// Keeps `answer` for seven days, in the transaction of its effect.
    ///
    /// # Errors
    /// What the database says; a unique violation means that the first request committed meanwhile.
    pub fn keep(&self, db: &mut Db, answer: &Answer, now: NaiveDateTime) -> Result<()> {
        let row = IdempotencyRow {
            caller: self.caller.clone(),
            idempotency_key: self.key.clone(),
            request_digest: self.digest.clone(),
            status: i32::from(answer.status),
            location: answer.location.clone(),
            etag: answer.etag.clone(),
            body: answer.body.clone(),
            created_at: now,
        };
        each!(db, |conn| diesel::insert_into(rows::table).values(&row).execute(conn))?;
        Ok(())
    }

    fn name(&self) -> String {
        format!("{}\n{}", self.caller, self.key)
    }
}

/// A digest of `parts` that nobody makes without the secret, in hexadecimal.
fn keyed_digest(secret: &[u8], parts: &[&[u8]]) -> Result<String> {
    let mut digest = Hmac::<Sha256>::new_from_slice(secret).map_err(Problem::internal)?;
    for part in parts {
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    Ok(hex(digest.finalize().into_bytes()))
}

/// Forgets answers that are older than seven days; how many.
///
/// # Errors
/// What the database says.
pub fn forget_old(db: &mut Db, now: NaiveDateTime) -> Result<usize> {
    Ok(diesel::delete(rows::table.filter(rows::created_at.lt(now - KEPT))).execute(db)?)
}

/// The keys whose first request is running in this process, and when it last forgot old answers.
#[derive(Debug, Default)]
pub struct Running {
    keys: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
    forgot_at: Mutex<Option<NaiveDateTime>>,
}

impl Running {
    /// Waits for the turn of `key`.
    ///
    /// # Errors
    /// 409 with `Retry-After` when the first request is still running after 2 s.
    pub async fn turn(&self, key: &IdempotencyKey) -> Result<tokio::sync::OwnedMutexGuard<()>> {
        let lock = {
            let mut running = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            running.retain(|_, lock| lock.strong_count() > 0);
            let known = running.get(&key.name()).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let lock = Arc::new(tokio::sync::Mutex::new(()));
                running.insert(key.name(), Arc::downgrade(&lock));
                lock
            })
        };
        tokio::time::timeout(WAIT, lock.lock_owned()).await.map_err(|_| {
            Problem::new(
                Code::RequestRunning,
                text(
                    "Ask again in a second: the answer of the first request will be repeated.",
                    "Hãy gửi lại sau một giây: câu trả lời của yêu cầu đầu sẽ được lặp lại.",
                ),
            )
            .with_header("Retry-After", "1")
        })
    }

    /// Whether old answers are to be forgotten now: at the first request with a key, then once an hour.
    pub fn is_time_to_forget(&self, now: NaiveDateTime) -> bool {
        let mut forgot_at = self.forgot_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = forgot_at.is_none_or(|before| now - before >= FORGETS_EVERY);
        if is_time {
            *forgot_at = Some(now);
        }
        is_time
    }
}
