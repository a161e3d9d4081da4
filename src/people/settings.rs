//! What is configured of the provider: who it is, and what its claims mean here.

use crate::access::Role;
use crate::outgoing::Client;
use crate::reference::texts::resolve_province;
use chrono::NaiveDate;

/// The provider, and what its claims mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleSettings {
    /// Its name: `iss` of its tokens, letter by letter.
    pub issuer: String,
    /// This service's name there: one of `aud`.
    pub audience: String,
    /// Where its keys are; in its own description (`.well-known/openid-configuration`) when it is left out.
    pub keys_url: Option<String>,
    /// What a role is called there. Of several that a person has, the first in this order counts.
    pub role: Claim<Role>,
    /// Organisation of a producer or buyer; what has no other name here is its id.
    pub organisation: Claim<String>,
    /// Province of an officer; what has no other name here is its code or name.
    pub province: Claim<String>,
    /// The claim with scopes; without one a person may do whatever the role may.
    pub scope_claim: Option<String>,
}

/// Names of the settings.
pub const NAMES: [&str; 10] = [
    "CUNGCAU_OIDC_ISSUER",
    "CUNGCAU_OIDC_AUDIENCE",
    "CUNGCAU_OIDC_JWKS_URL",
    "CUNGCAU_OIDC_ROLE_CLAIM",
    "CUNGCAU_OIDC_ROLES",
    "CUNGCAU_OIDC_ORGANISATION_CLAIM",
    "CUNGCAU_OIDC_ORGANISATIONS",
    "CUNGCAU_OIDC_PROVINCE_CLAIM",
    "CUNGCAU_OIDC_PROVINCES",
    "CUNGCAU_OIDC_SCOPE_CLAIM",
];

impl PeopleSettings {
    /// Reads what `get` knows of [`NAMES`]; none without an issuer. Its addresses must be such that `client` may call;
    /// provinces are those of `today`.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn read<'e>(get: impl Fn(&str) -> Option<&'e str>, client: &Client, today: NaiveDate) -> Result<Option<Self>, String> {
        let Some(issuer) = get("CUNGCAU_OIDC_ISSUER") else {
            return match NAMES.iter().find(|name| get(name).is_some()) {
                Some(name) => Err(format!("{name} is set, but CUNGCAU_OIDC_ISSUER is not: whose tokens are meant?")),
                None => Ok(None),
            };
        };
        let needed = |name: &str, such_as: &str| {
            get(name).map(str::to_owned).ok_or_else(|| format!("{name} is not set, but CUNGCAU_OIDC_ISSUER is: {such_as}"))
        };
        let check = |name: &str, url: &str| client.check(url).map(drop).map_err(|words| format!("{name} is {url:?}: {words}"));
        let audience = needed("CUNGCAU_OIDC_AUDIENCE", "this service's name there is expected, as it stands in aud")?;
        let roles = needed("CUNGCAU_OIDC_ROLES", "what roles are called there is expected, such as quan-tri=admin,so-cong-thuong=officer")?;
        check("CUNGCAU_OIDC_ISSUER", issuer)?;
        let keys_url = get("CUNGCAU_OIDC_JWKS_URL").map(str::to_owned);
        if let Some(url) = &keys_url {
            check("CUNGCAU_OIDC_JWKS_URL", url)?;
        }
        let role_named = |word: &str| word.parse().ok();
        let organisation_named = |id: &str| id.starts_with("org_").then(|| id.to_owned());
        let province_named = |input: &str| resolve_province(input, today).is_ok().then(|| input.to_owned());
        let path = |name: &str, default: &'static str| get(name).unwrap_or(default).to_owned();
        let list = |name: &str| get(name).unwrap_or_default().to_owned();
        Ok(Some(Self {
            issuer: issuer.to_owned(),
            audience,
            keys_url,
            role: Claim::parse(&path("CUNGCAU_OIDC_ROLE_CLAIM", "roles"), &roles, role_named).map_err(|entry| {
                let words = Role::WORDS.join(", ");
                format!("CUNGCAU_OIDC_ROLES has {entry:?}: NAME=ROLE is expected, separated by commas; roles are {words}")
            })?,
            organisation: Claim::parse(
                &path("CUNGCAU_OIDC_ORGANISATION_CLAIM", "organisation"),
                &list("CUNGCAU_OIDC_ORGANISATIONS"),
                organisation_named,
            )
            .map_err(|entry| format!("CUNGCAU_OIDC_ORGANISATIONS has {entry:?}: NAME=org_… is expected, separated by commas"))?,
            province: Claim::parse(&path("CUNGCAU_OIDC_PROVINCE_CLAIM", "province"), &list("CUNGCAU_OIDC_PROVINCES"), province_named)
                .map_err(|entry| {
                    format!("CUNGCAU_OIDC_PROVINCES has {entry:?}: NAME=PROVINCE is expected, separated by commas, a code or name of today")
                })?,
            scope_claim: get("CUNGCAU_OIDC_SCOPE_CLAIM").map(str::to_owned),
        }))
    }
}

/// A claim, and what its values mean here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim<T> {
    /// Its name; dots lead into objects, unless a claim has the whole name.
    pub path: String,
    /// Values there and what they mean here, in the order of the setting.
    pub values: Vec<(String, T)>,
}

impl<T: Clone> Claim<T> {
    /// Reads a list such as `quan-tri=admin,so-cong-thuong=officer`.
    ///
    /// # Errors
    /// The entry that can't be read.
    pub fn parse(path: &str, list: &str, read: impl Fn(&str) -> Option<T>) -> Result<Self, String> {
        let entry = |text: &str| {
            // The value here has no equals sign; the value there may.
            let (there, here) = text.rsplit_once('=')?;
            let (there, here) = (there.trim(), here.trim());
            if there.is_empty() { None } else { Some((there.to_owned(), read(here)?)) }
        };
        let entries = list.split(',').map(str::trim).filter(|text| !text.is_empty());
        let values = entries.map(|text| entry(text).ok_or_else(|| text.to_owned())).collect::<Result<_, _>>()?;
        Ok(Self { path: path.to_owned(), values })
    }

    /// What the first of `values` that is mapped means, in the order of the setting.
    pub fn meaning(&self, values: &[String]) -> Option<T> {
        self.values.iter().find(|(there, _)| values.contains(there)).map(|(_, here)| here.clone())
    }
}
