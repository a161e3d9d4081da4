//! The provider's keys as this process knows them, and when it asks again.
//!
//! Asking is never in the way of what works: keys that are known go on being used while they are fetched anew beside the
//! requests, and for a day when the provider is away. Only who has no usable key at all waits for the answer.

use super::keys::KeySet;
use super::settings::PeopleSettings;
use super::token::Token;
use crate::clock::Clock;
use crate::outgoing::{self, Client};
use chrono::{NaiveDateTime, TimeDelta};
use parking_lot::{Mutex, RwLock};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// Keys older than this are fetched anew, beside the requests.
pub const FRESH_FOR: TimeDelta = TimeDelta::minutes(5);
/// Keys older than this are worth a moment's wait: nobody asked for a while, and one may have been withdrawn.
pub const STALE_AFTER: TimeDelta = TimeDelta::minutes(15);
/// How long that moment is.
const MOMENT: Duration = Duration::from_secs(1);
/// How long keys are used that the provider, which is away, can't confirm.
pub const KEPT_WHILE_AWAY: TimeDelta = TimeDelta::hours(24);
/// Time between two questions, also for a key that nobody knows: strangers can't make this service ask more.
pub const ASKS_EVERY: TimeDelta = TimeDelta::seconds(10);
/// A key set or a description: a hundred keys with their certificates have less.
const LARGEST_ANSWER: u64 = 512 * 1024;
/// Two questions, at most, to have the keys.
const LONGEST_WAIT: Duration = Duration::from_secs(2 * outgoing::TIMEOUT.as_secs() + 1);

/// The provider.
#[derive(Debug)]
pub struct Provider {
    issuer: String,
    keys_url: Option<String>,
    client: Client,
    clock: Clock,
    known: RwLock<Option<(Arc<KeySet>, NaiveDateTime)>>,
    asked_at: Mutex<Option<NaiveDateTime>>,
    /// Held by whoever asks.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// A provider's description of itself (OpenID Connect Discovery 1.0).
#[derive(Deserialize)]
struct Description {
    issuer: String,
    jwks_uri: String,
}

impl Provider {
    /// The provider of `settings`, which nobody has asked yet.
    pub fn new(settings: &PeopleSettings, client: Client, clock: Clock) -> Self {
        Self {
            issuer: settings.issuer.clone(),
            keys_url: settings.keys_url.clone(),
            client,
            clock,
            known: RwLock::new(None),
            asked_at: Mutex::new(None),
            turn: Arc::default(),
        }
    }

    /// The keys to hold `token` against; `None` when there are none and the provider does not answer.
    pub async fn keys_for(self: &Arc<Self>, token: &Token<'_>) -> Option<Arc<KeySet>> {
        let known = self.known();
        let age = known.as_ref().map(|(_, fetched_at)| self.clock.now() - *fetched_at);
        match (known, age) {
            (Some((keys, _)), Some(age)) if age < KEPT_WHILE_AWAY && token.has_key_in(&keys) => {
                if age >= STALE_AFTER {
                    self.ask(MOMENT).await;
                } else if age >= FRESH_FOR {
                    self.ask(Duration::ZERO).await;
                }
            }
            _ => self.ask(LONGEST_WAIT).await,
        }
        let now = self.clock.now();
        self.known().filter(|(_, fetched_at)| now - *fetched_at < KEPT_WHILE_AWAY).map(|(keys, _)| keys)
    }

    /// Time since the keys were fetched; none before the first time.
    pub fn age(&self) -> Option<Duration> {
        let (_, fetched_at) = self.known()?;
        Some((self.clock.now() - fetched_at).to_std().unwrap_or_default())
    }

    /// Asks beside everything else.
    pub fn ask_ahead(self: &Arc<Self>) {
        if self.may_ask() {
            self.begin();
        }
    }

    fn known(&self) -> Option<(Arc<KeySet>, NaiveDateTime)> {
        self.known.read().clone()
    }

    /// Asks unless that was done just now, and waits so long for what is being asked.
    async fn ask(self: &Arc<Self>, wait: Duration) {
        let asks = self.may_ask();
        if asks {
            self.begin();
        }
        // A moment's wait is for the one who asks; nobody else need wait for what may not come.
        if wait == LONGEST_WAIT || (asks && !wait.is_zero()) {
            // The question has the lock before this asks for it, or has been answered.
            let _ = tokio::time::timeout(wait, self.turn.lock()).await;
        }
    }

    /// Whether it is time to ask; for one of those who want to know it at once.
    fn may_ask(&self) -> bool {
        let now = self.clock.now();
        let mut asked_at = self.asked_at.lock();
        let may = asked_at.is_none_or(|at| now - at >= ASKS_EVERY || now < at);
        if may {
            *asked_at = Some(now);
        }
        may
    }

    /// Begins to ask, on a thread for waiting. Goes on when the request that began it is gone.
    fn begin(self: &Arc<Self>) {
        // Somebody is asking still: one question is enough.
        let Ok(turn) = Arc::clone(&self.turn).try_lock_owned() else { return };
        let provider = Arc::clone(self);
        actix_web::rt::spawn(async move {
            let asked = Arc::clone(&provider);
            let answer = actix_web::web::block(move || asked.fetch()).await;
            match answer.unwrap_or_else(|error| Err(error.to_string())) {
                Ok(keys) => *provider.known.write() = Some((Arc::new(keys), provider.clock.now())),
                Err(cause) => tracing::warn!(issuer = provider.issuer, cause, "the keys of the OpenID provider could not be fetched"),
            }
            drop(turn);
        });
    }

    fn fetch(&self) -> Result<KeySet, String> {
        let url = match &self.keys_url {
            Some(url) => url.clone(),
            None => self.discover()?,
        };
        KeySet::parse(&self.client.get(&url, LARGEST_ANSWER)?)
    }

    fn discover(&self) -> Result<String, String> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let description: Description =
            serde_json::from_slice(&self.client.get(&url, LARGEST_ANSWER)?).map_err(|error| format!("{url}: {error}"))?;
        if description.issuer == self.issuer {
            Ok(description.jwks_uri)
        } else {
            Err(format!("{url} describes another issuer: {:?}", description.issuer))
        }
    }
}
