//! Keys seen lately: at most one question to the database for each key in five seconds.

use super::KeyText;
use super::store::{Key, find};
use crate::access::{Caller, unauthenticated};
use crate::app::App;
use crate::error::{Problem, Result, text};
use crate::http::edge::Recognised;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpMessage, HttpRequest};
use chrono::{NaiveDateTime, TimeDelta};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// A revocation reaches every process within this time.
const TRUSTED_FOR: TimeDelta = TimeDelta::seconds(5);
/// More keys than an instance has at work; beyond it the cache starts anew.
const MOST: usize = 10_000;

/// The cache.
#[derive(Debug, Default)]
pub struct KeyCache(RwLock<HashMap<String, (Key, NaiveDateTime)>>);

impl KeyCache {
    /// Who sends `request`: anonymous without a key.
    ///
    /// # Errors
    /// 401 for anything in `Authorization` that is not a key which holds, also where none is needed.
    pub async fn authenticate(&self, app: &App, request: &HttpRequest) -> Result<Caller> {
        let Some(header) = request.headers().get(AUTHORIZATION) else { return Ok(Caller::default()) };
        let sent = header.to_str().ok().and_then(|value| value.split_once(' '));
        let key = sent.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).and_then(|(_, token)| KeyText::parse(token.trim()));
        let Some(key) = key else { return Err(refused()) };
        let digest = key.digest();
        let now = app.clock.now();
        let found = if let Some(known) = self.recent(&digest, now) {
            known
        } else {
            let asked = digest.clone();
            let Some(found) = app.store.read(move |db| find(db, &asked)).await? else { return Err(refused()) };
            self.remember(digest.clone(), &found, now);
            found
        };
        let same = bool::from(subtle::ConstantTimeEq::ct_eq(found.digest.as_bytes(), digest.as_bytes()));
        if !same || !found.holds(now) {
            return Err(refused());
        }
        request.extensions_mut().insert(Recognised(Some(found.id.clone()), Some(found.role)));
        Ok(found.caller())
    }

    fn recent(&self, digest: &str, now: NaiveDateTime) -> Option<Key> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(digest).filter(|(_, asked)| now - *asked < TRUSTED_FOR && now >= *asked).map(|(key, _)| key.clone())
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
