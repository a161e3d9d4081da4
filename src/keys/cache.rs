//! Keys seen lately: at most one question to the database for each key in two seconds, beside the requests.
//!
//! While the database is away, a key that it knew in the last minute goes on for what is answered from memory: a search
//! need not fail because nobody can say whether the key was revoked just now.

use super::KeyText;
use super::model::Key;
use super::store::{find, note_use};
use super::wrong::WrongKeys;
use crate::access::{Caller, invalid_token, unauthenticated};
use crate::app::App;
use crate::clock::day_of;
use crate::db::Db;
use crate::error::{Code, Problem, Result, Text, text};
use crate::http::Context;
use crate::http::address::{client_address, shared};
use crate::http::auth::Source;
use crate::http::edge::Recognised;
use crate::http::limits::{Counter, Who};
use crate::people::People;
use crate::quotas;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest};
use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use parking_lot::{Mutex, RwLock};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

/// A revocation reaches every process within this time.
const TRUSTED_FOR: TimeDelta = TimeDelta::seconds(5);
/// A key that is at work is asked for anew from this age on, beside the requests: none of them waits for it.
const ASKED_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(2);
/// The same while the database is away, for operations that need no database.
const TRUSTED_WHILE_AWAY: TimeDelta = TimeDelta::seconds(60);
/// How exactly it is known when a key was used last.
const USES_NOTED_EVERY: TimeDelta = TimeDelta::seconds(60);
/// The operation whose tokens a key takes that is looked for behind an address from which wrong ones came.
const GUESS: &str = "get_key";
/// More keys than an instance has at work; beyond it the cache starts anew.
const MOST: usize = 10_000;

/// The cache.
#[derive(Debug, Default)]
pub struct KeyCache {
    /// By digest: the key, and when the database was asked.
    known: RwLock<HashMap<String, (Key, NaiveDateTime)>>,
    /// How often all were forgotten; changed while `known` is written.
    forgotten: AtomicU64,
    wrong: WrongKeys,
    /// Digests of keys that are being asked for anew.
    asked_again: Mutex<HashSet<String>>,
    /// By id: when its use was noted last.
    used: Mutex<HashMap<String, NaiveDateTime>>,
}

impl KeyCache {
    /// Who sends `request`: anonymous without a key.
    ///
    /// # Errors
    /// 401 for anything in `Authorization` that is not a key or token which holds, also where none is needed; 403 for a
    /// key that is not accepted from there, and a person without a part here; 429 for the sixth wrong one in a minute; 503 when the database is away and the key is
    /// not known well enough for an operation that answers from `source`.
    pub async fn authenticate(&self, app: &Data<App>, request: &HttpRequest, source: Source) -> Result<Caller> {
        let Some(header) = request.headers().get(AUTHORIZATION) else { return Ok(Caller::default()) };
        let address = client_address(request, &app.proxies);
        let now = app.clock.now();
        let sent = header.to_str().ok().and_then(|value| value.split_once(' '));
        let sent = sent.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        if let (Some(people), Some(token)) = (&app.people, sent)
            && !KeyText::is_meant(token)
        {
            return self.person(people, request, token, address, now).await;
        }
        // Another scheme is as no credentials: it is told which there is.
        let challenge = || if sent.is_some() { refused() } else { unauthenticated(no_key()) };
        let Some(digest) = sent.and_then(KeyText::parse).map(|key| key.digest()) else {
            self.wrong.check(address, now)?;
            self.wrong.note(address, now);
            return Err(challenge());
        };
        let found = if let Some(known) = self.known(&digest, now, TRUSTED_FOR) {
            if self.known(&digest, now, ASKED_AGAIN_AFTER).is_none() {
                self.ask_again(app, &digest, now);
            }
            known
        } else {
            let over = self.wrong.check(address, now);
            let mut counter = None;
            if let (Err(_), Some(address)) = (&over, address) {
                // Who has a good key behind an address from which others guess is let in; the guesser has the tokens of any
                // address without a key to spend on it.
                let (left, refused) = app.limits.take(Who::Address(shared(address)), GUESS);
                counter = left;
                if let Some(problem) = refused {
                    tell(request, counter);
                    return Err(problem);
                }
            }
            match self.find(app, digest.clone(), now, source).await {
                Err(problem) if problem.code() == Code::Unauthenticated => {
                    self.wrong.note(address, now);
                    tell(request, counter);
                    return Err(over.err().unwrap_or(problem));
                }
                found => found?,
            }
        };
        let same = bool::from(subtle::ConstantTimeEq::ct_eq(found.digest.as_bytes(), digest.as_bytes()));
        // One that has held is no guess.
        if !same || !found.holds(now) {
            return Err(refused());
        }
        let caller = found.caller();
        // Before its address is looked at: whose key is tried from elsewhere concerns whoever keeps it.
        request.extensions_mut().insert(Recognised::from(&caller));
        if !found.is_accepted_from(address) {
            return Err(Problem::forbidden(text(
                "This key is not accepted from this address.",
                "Khóa này không được chấp nhận từ địa chỉ này.",
            )));
        }
        self.note_use(app, &found, now);
        Ok(caller)
    }

    /// Who bears `token` of the OpenID provider. No question to the database: the token says it all. One that holds goes
    /// on also behind an address that others guess from.
    async fn person(
        &self,
        people: &People,
        request: &HttpRequest,
        token: &str,
        from: Option<IpAddr>,
        now: NaiveDateTime,
    ) -> Result<Caller> {
        let caller = match people.caller(token).await {
            Err(problem) if problem.code() == Code::Unauthenticated => {
                self.wrong.check(from, now)?;
                self.wrong.note(from, now);
                return Err(problem);
            }
            other => other?,
        };
        request.extensions_mut().insert(Recognised::from(&caller));
        Ok(caller)
    }

    /// Notes the use of `key` in the database, once a minute, beside the request.
    fn note_use(&self, app: &Data<App>, key: &Key, now: NaiveDateTime) {
        {
            let mut used = self.used.lock();
            if used.get(&key.id).is_some_and(|noted| now - *noted < USES_NOTED_EVERY) || app.store.is_away() {
                return;
            }
            if used.len() >= MOST {
                used.clear();
            }
            used.insert(key.id.clone(), now);
        }
        let (app, id) = (app.clone(), key.id.clone());
        actix_web::rt::spawn(async move {
            let context = Context { caller: Caller::system(), as_of: day_of(now), now };
            if let Err(problem) = app.write(&context, false, move |tx| note_use(tx.db, &id, tx.now)).await {
                tracing::debug!(cause = %problem, "the use of a key was not noted");
            }
        });
    }

    /// Asks the database for a known key, past the queue: when more is asked than can be answered, whoever is to be turned
    /// away must not wait to be known first.
    fn ask_again(&self, app: &Data<App>, digest: &str, now: NaiveDateTime) {
        if app.store.is_away() || !self.asked_again.lock().insert(digest.to_owned()) {
            return;
        }
        let (app, digest) = (app.clone(), digest.to_owned());
        actix_web::rt::spawn(async move {
            let asked = digest.clone();
            match app.store.read_at_once(look_up(&app, asked, now)).await {
                Ok(Some(found)) => app.keys.renew(&digest, found.told_to(&app), now),
                Ok(None) => drop(app.keys.known.write().remove(&digest)),
                // Asked by the requests themselves, once it is known for too long.
                Err(problem) => tracing::debug!(cause = %problem, "a key was not asked for anew"),
            }
            app.keys.asked_again.lock().remove(&digest);
        });
    }

    /// Asks the database anew for every key: one was revoked.
    pub fn forget(&self) {
        let mut known = self.known.write();
        known.clear();
        self.forgotten.fetch_add(1, Ordering::Relaxed);
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
        let forgotten = self.forgotten.load(Ordering::Relaxed);
        match app.store.read(look_up(app, digest.clone(), now)).await {
            Ok(Some(found)) => {
                let found = found.told_to(app);
                self.remember(digest, &found, now, forgotten);
                Ok(found)
            }
            Ok(None) => Err(refused()),
            Err(problem) if problem.code() == Code::Unavailable => known_before().ok_or(problem),
            Err(problem) => Err(problem),
        }
    }

    fn known(&self, digest: &str, now: NaiveDateTime, trusted_for: TimeDelta) -> Option<Key> {
        let keys = self.known.read();
        keys.get(digest).filter(|(_, asked)| now - *asked < trusted_for && now >= *asked).map(|(key, _)| key.clone())
    }

    /// Notes what was found of a known key that was asked for at `now`; nothing where it was forgotten or asked for since, as
    /// when it was revoked here meanwhile.
    fn renew(&self, digest: &str, found: Key, now: NaiveDateTime) {
        if let Some(known) = self.known.write().get_mut(digest).filter(|(_, asked)| *asked < now) {
            *known = (found, now);
        }
    }

    /// Notes what was found of a key; nothing where all were `forgotten` once more since the database was asked.
    fn remember(&self, digest: String, key: &Key, now: NaiveDateTime, forgotten: u64) {
        let mut keys = self.known.write();
        if self.forgotten.load(Ordering::Relaxed) != forgotten {
            return;
        }
        if keys.len() >= MOST {
            keys.clear();
        }
        keys.insert(digest, (key.clone(), now));
    }
}

/// Lets the answer tell what is left of the share that was taken from.
fn tell(request: &HttpRequest, counter: Option<Counter>) {
    if let Some(counter) = counter {
        request.extensions_mut().insert(counter);
    }
}

/// A key as the database has it.
struct Found {
    key: Key,
    /// What its family had used of a day, where that is counted.
    used: Option<(NaiveDate, i64)>,
}

impl Found {
    /// The key, once the limits know what it has used elsewhere: in another process, or in this one before its start.
    fn told_to(self, app: &App) -> Key {
        if let (Some(days), Some((day, total))) = (app.limits.days(), self.used) {
            days.hear(&self.key.family_id, day, total);
        }
        self.key
    }
}

/// Asks for the key with `digest` at `now`, and in the same read for what it has used of the day.
fn look_up(app: &App, digest: String, now: NaiveDateTime) -> impl FnOnce(&mut Db) -> Result<Option<Found>> + Send + 'static {
    let counted = app.limits.days().map(|_| day_of(now));
    move |db| {
        let Some(key) = find(db, &digest)? else { return Ok(None) };
        let used = counted.map(|day| quotas::used(db, &key.family_id, day).map(|used| (day, used))).transpose()?;
        Ok(Some(Found { key, used }))
    }
}

fn no_key() -> Text {
    text("This is no key that holds: it is mistyped, expired or revoked.", "Khóa không có hiệu lực: sai, hết hạn hoặc đã bị thu hồi.")
}

fn refused() -> Problem {
    invalid_token(no_key(), "The key is mistyped, expired or revoked")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;
    use crate::db::Json;

    fn at(second: i64) -> NaiveDateTime {
        NaiveDateTime::default() + TimeDelta::seconds(second)
    }

    /// A key by the name that it had when the database was asked.
    fn key(name: &str) -> Key {
        Key {
            id: "key_1".into(),
            digest: "digest".into(),
            last_four: "0000".into(),
            name: name.into(),
            role: Role::Auditor,
            organisation_id: None,
            province_id: None,
            created_at: at(0),
            expires_at: at(1_000),
            revoked_at: None,
            version: 1,
            scopes: Json::new(Vec::new()),
            addresses: Json::new(Vec::new()),
            replaced_by_id: None,
            revocation_reason: None,
            family_id: "key_1".into(),
        }
    }

    /// The name under which the key is known, and whether it was asked for at `second`.
    fn known(cache: &KeyCache, second: i64) -> Option<String> {
        cache.known("digest", at(second), TimeDelta::seconds(1)).map(|key| key.name)
    }

    #[test]
    fn a_key_that_was_asked_for_anew_is_trusted_from_when_it_was_asked_for() {
        let cache = KeyCache::default();
        cache.remember("digest".into(), &key("first"), at(0), 0);
        cache.renew("digest", key("second"), at(2));
        assert_eq!(known(&cache, 2).as_deref(), Some("second"));
        assert_eq!(known(&cache, 1), None, "the first is no longer known");
    }

    #[test]
    fn a_key_that_was_revoked_while_it_was_asked_for_does_not_come_back() {
        let cache = KeyCache::default();
        cache.remember("digest".into(), &key("first"), at(0), 0);
        // Asked for at 2; what the database says of it then comes only after the revocation.
        cache.forget();
        cache.renew("digest", key("second"), at(2));
        assert_eq!(known(&cache, 2), None);
        assert!(cache.known.read().is_empty());
    }

    #[test]
    fn what_was_asked_earlier_takes_the_place_of_nothing() {
        let cache = KeyCache::default();
        cache.remember("digest".into(), &key("first"), at(0), 0);
        // Asked for at 2, forgotten, and asked for by a request at 3 before that answer is there.
        cache.forget();
        cache.remember("digest".into(), &key("second"), at(2), 0);
        assert_eq!(known(&cache, 2), None, "a request that asked before it was forgotten");
        cache.remember("digest".into(), &key("third"), at(3), 1);
        cache.renew("digest", key("second"), at(2));
        assert_eq!(known(&cache, 3).as_deref(), Some("third"));
        // Of the same instant neither is newer.
        cache.renew("digest", key("second"), at(3));
        assert_eq!(known(&cache, 3).as_deref(), Some("third"));
    }
}
