//! People, who come with an access token of an OpenID provider instead of a key. Off unless a provider is configured.
//!
//! A token is believed when the provider signed it for this service and it holds now; its claims say in which role, for
//! which organisation or province and within which scopes its bearer acts, and from then on a person is a
//! [`Caller`] like a key. Nothing of a person is stored: the name in the log is a keyed digest of issuer and subject,
//! never an e-mail address or a name. What the provider withdraws ends with the token.

mod keys;
mod provider;
mod settings;
mod token;

pub use settings::{Claim, NAMES, PeopleSettings};

use crate::access::scopes::Scope;
use crate::access::{Caller, Role, invalid_token};
use crate::clock::{Clock, day_of};
use crate::error::{Problem, Result, Text, text};
use crate::ids::base32;
use crate::outgoing::Client;
use crate::reference::texts::resolve_province;
use chrono::NaiveDate;
use hmac::{Hmac, KeyInit, Mac};
use provider::Provider;
use serde_json::{Map, Value};
use sha2::Sha256;
use std::sync::Arc;
use std::time::Duration;
use token::{Fault, Token, claim, subject, values};

/// The people of one provider.
#[derive(Debug)]
pub struct People {
    settings: PeopleSettings,
    provider: Arc<Provider>,
    clock: Clock,
    digest_key: Vec<u8>,
}

impl People {
    /// Those whom the provider of `settings` knows, asked with `client`.
    pub fn new(settings: PeopleSettings, client: Client, clock: &Clock, digest_key: &[u8]) -> Self {
        let provider = Arc::new(Provider::new(&settings, client, clock.clone()));
        Self { settings, provider, clock: clock.clone(), digest_key: digest_key.to_owned() }
    }

    /// The name of the provider.
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Time since its keys were fetched; none before the first time.
    pub fn age_of_keys(&self) -> Option<Duration> {
        self.provider.age()
    }

    /// Fetches the provider's keys before anybody needs them.
    pub fn ask_ahead(&self) {
        self.provider.ask_ahead();
    }

    /// Who bears the token in `sent`.
    ///
    /// # Errors
    /// 401 for a token that does not hold, 403 for a person who has no part here, 503 when the provider's keys are not
    /// known and it does not answer.
    pub async fn caller(&self, sent: &str) -> Result<Caller> {
        let token = Token::parse(sent).map_err(refused)?;
        let Some(keys) = self.provider.keys_for(&token).await else { return Err(away()) };
        let claims = token.verify(&keys).map_err(refused)?;
        let PeopleSettings { issuer, audience, .. } = &self.settings;
        let now = self.clock.now();
        let subject = subject(&claims, issuer, audience, now).map_err(refused)?;
        let name = pseudonym(&self.digest_key, issuer, subject).ok_or_else(|| Problem::internal("the digest key is of no use"))?;
        self.settings.caller(&claims, name, day_of(now)).map_err(Problem::forbidden)
    }
}

impl PeopleSettings {
    /// What `claims` make of the person called `name`.
    ///
    /// # Errors
    /// What is missing for a part here.
    fn caller(&self, claims: &Map<String, Value>, name: String, today: NaiveDate) -> std::result::Result<Caller, Text> {
        let said = |path: &str| values(claim(claims, path));
        let role = self.role.meaning(&said(&self.role.path)).ok_or_else(|| {
            text(
                format!("Your token gives you no role here: its claim {} has none that is known.", self.role.path),
                format!("Mã truy cập không cho bạn vai trò nào ở đây: trường {} không có vai trò nào được biết.", self.role.path),
            )
        })?;
        let organisation_id = match role {
            Role::Producer | Role::Buyer => Some(self.organisation(&said(&self.organisation.path))?),
            Role::Admin | Role::Officer | Role::Auditor | Role::Partner => None,
        };
        let province_id = if role == Role::Officer {
            let said = said(&self.province.path);
            let input = self.province.meaning(&said).or_else(|| said.first().cloned()).ok_or_else(|| missing(&self.province.path))?;
            Some(resolve_province(&input, today)?)
        } else {
            None
        };
        let scopes = self.scope_claim.as_ref().map_or_else(Vec::new, |path| scopes(&said(path)));
        Ok(Caller { key_id: Some(name), family_id: None, role: Some(role), organisation_id, province_id, scopes })
    }

    fn organisation(&self, said: &[String]) -> std::result::Result<String, Text> {
        let as_it_stands = || said.iter().find(|value| value.starts_with("org_")).cloned();
        self.organisation.meaning(said).or_else(as_it_stands).ok_or_else(|| missing(&self.organisation.path))
    }
}

/// The scopes of this service among those of a token; none of them opens nothing, where a key without scopes opens all.
fn scopes(said: &[String]) -> Vec<Scope> {
    let found: Vec<Scope> = said.iter().flat_map(|words| words.split(' ')).filter_map(|word| word.parse().ok()).collect();
    if found.is_empty() { vec![Scope::NOTHING] } else { found }
}

fn missing(path: &str) -> Text {
    text(
        format!("Your role needs what your token does not say: its claim {path}."),
        format!("Vai trò của bạn cần thông tin mà mã truy cập không có: trường {path}."),
    )
}

/// The name of a person in the log, for limits and for idempotency keys. Who has no digest key can't tell whose it is.
fn pseudonym(digest_key: &[u8], issuer: &str, subject: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(digest_key).ok()?;
    for part in ["person", issuer, subject] {
        mac.update(&u64::try_from(part.len()).ok()?.to_be_bytes());
        mac.update(part.as_bytes());
    }
    let number = mac.finalize().into_bytes().iter().take(16).fold(0_u128, |n, byte| (n << 8) | u128::from(*byte));
    Some(format!("per_{}", base32(number, 26)))
}

fn refused(fault: Fault) -> Problem {
    invalid_token(fault.detail(), fault.description())
}

fn away() -> Problem {
    Problem::unavailable("the keys of the OpenID provider are not known").with_detail(text(
        "Tokens can't be checked: the OpenID provider does not answer. Try again, or use an API key.",
        "Không kiểm tra được mã truy cập: nhà cung cấp danh tính không trả lời. Hãy thử lại hoặc dùng khóa API.",
    ))
}
