//! Keys seen lately: at most one question to the database for each key in five seconds.
//!
//! While the database is away, a key that it knew in the last minute goes on for what is answered from memory: a search
//! need not fail because nobody can say whether the key was revoked just now.

use super::KeyText;
use super::store::{Key, find};
use crate::access::{Caller, unauthenticated};
use crate::app::App;
use crate::error::{Code, Problem, Result, text};
use crate::http::auth::Source;
use crate::http::edge::Recognised;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpMessage, HttpRequest};
use chrono::{NaiveDateTime, TimeDelta};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// A revocation reaches every process within this time.
const TRUSTED_FOR: TimeDelta = TimeDelta::seconds(5);
/// The same while the database is away, for operations that need no database.
const TRUSTED_WHILE_AWAY: TimeDelta = TimeDelta::seconds(60);
/// More keys than an instance has at work; beyond it the cache starts anew.
const MOST: usize = 10_000;

/// The cache.
#[derive(Debug, Default)]
pub struct KeyCache(RwLock<HashMap<String, (Key, NaiveDateTime)>>);

impl KeyCache {
    /// Who sends `request`: anonymous without a key.
    ///
    /// # Errors
    /// 401 for anything in `Authorization` that is not a key which holds, also where none is needed; 503 when the
    /// database is away and the key is not known well enough for an operation that answers from `source`.
    pub async fn authenticate(&self, app: &App, request: &HttpRequest, source: Source) -> Result<Caller> {
        let Some(header) = request.headers().get(AUTHORIZATION) else { return Ok(Caller::default()) };
        let sent = header.to_str().ok().and_then(|value| value.split_once(' '));
        let key = sent.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).and_then(|(_, token)| KeyText::parse(token.trim()));
        let Some(key) = key else { return Err(refused()) };
        let digest = key.digest();
        let now = app.clock.now();
        let found = match self.known(&digest, now, TRUSTED_FOR) {
            Some(known) => known,
            None => self.find(app, digest.clone(), now, source).await?,
        };
        let same = bool::from(subtle::ConstantTimeEq::ct_eq(found.digest.as_bytes(), digest.as_bytes()));
        if !same || !found.holds(now) {
            return Err(refused());
        }
        request.extensions_mut().insert(Recognised(Some(found.id.clone()), Some(found.role)));
        Ok(found.caller())
    }

    /// Asks the database.
    async fn find(&self, app: &App, digest: String, now: NaiveDateTime, source: Source) -> Result<Key> {
        let known_before = || match source {
            Source::Memory => self.known(&digest, now, TRUSTED_WHILE_AWAY),
            Source::Database => None,
        };
        // Not asked when it is known to be away: that takes longer than the answer.
        if app.store.is_away()
            && let Some(known) = known_before()
        {
            return Ok(known);
        }
        let asked = digest.clone();
        match app.store.read(move |db| find(db, &asked)).await {
            Ok(Some(found)) => {
                self.remember(digest, &found, now);
                Ok(found)
            }
            Ok(None) => Err(refused()),
            Err(problem) if problem.code() == Code::Unavailable => known_before().ok_or(problem),
            Err(problem) => Err(problem),
        }
    }

    fn known(&self, digest: &str, now: NaiveDateTime, trusted_for: TimeDelta) -> Option<Key> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(digest).filter(|(_, asked)| now - *asked < trusted_for && now >= *asked).map(|(key, _)| key.clone())
    }

    fn remember(&self, digest: String, key: &Key, now: NaiveDateTime) {
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MOST {
            keys.clear();
        }
        keys.insert(digest, (key.clone(), now));
    }
}

fn refused() -> Problem {
    unauthenticated(text(
        "This is no key that holds: it is mistyped, expired or revoked.",
        "Khóa không có hiệu lực: sai, hết hạn hoặc đã bị thu hồi.",
    ))
}
