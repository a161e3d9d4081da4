//! The provider's keys (RFC 7517): which there are, and whether one of them signed something.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;

/// More keys than a provider has at once.
const MOST: usize = 100;

/// How a token may be signed: by a private key alone, never by a secret that both sides have, never not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA with PKCS #1 v1.5 and SHA-256, of 2048 bits at least.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// The algorithm of this name; `None` for all others, `none` and `HS256` among them.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// The keys that a provider signs with.
#[derive(Debug, PartialEq, Eq)]
pub struct KeySet(Vec<Key>);

/// One of them. Its kind decides the algorithm, whatever a token says.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    id: Option<String>,
    material: Material,
}

#[derive(Debug, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a key set; keys of other kinds and for other ends are left out.
    ///
    /// # Errors
    /// When it is none, or no key of it is of use.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let set: Jwks = serde_json::from_slice(bytes).map_err(|error| format!("no key set: {error}"))?;
        let keys = set.keys.into_iter().take(MOST);
        let keys: Vec<Key> = keys.filter_map(|key| serde_json::from_value::<Jwk>(key).ok()?.key()).collect();
        if keys.is_empty() { Err("a key set without a key of RS256, ES256 or EdDSA".to_owned()) } else { Ok(Self(keys)) }
    }

    /// The keys that may have signed a token of `id` and `algorithm`; one without an id only where one key can be meant.
    pub fn candidates(&self, id: Option<&str>, algorithm: Algorithm) -> Vec<&Key> {
        let fitting = self.0.iter().filter(|key| key.algorithm() == algorithm);
        let found: Vec<&Key> = match id {
            Some(id) => fitting.filter(|key| key.id.as_deref() == Some(id)).collect(),
            None => fitting.collect(),
        };
        if id.is_none() && found.len() > 1 { Vec::new() } else { found }
    }
}

impl Jwk {
    fn key(self) -> Option<Key> {
        let signs = self.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        let decode = |text: &Option<String>| BASE64_URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
        let material = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                // The numbers as RFC 7518 has them have no zeros in front; some write them.
                let number = |text| decode(text).map(|bytes| bytes.into_iter().skip_while(|byte| *byte == 0).collect());
                Material::Rsa { n: number(&self.n)?, e: number(&self.e)? }
            }
            ("EC", Some("P-256")) => {
                let (x, y) = (decode(&self.x)?, decode(&self.y)?);
                if x.len() != 32 || y.len() != 32 {
                    return None;
                }
                Material::P256([&[4], x.as_slice(), y.as_slice()].concat())
            }
            ("OKP", Some("Ed25519")) => Material::Ed25519(decode(&self.x).filter(|x| x.len() == 32)?),
            _ => return None,
        };
        let key = Key { id: self.kid, material };
        let said = self.alg.as_deref().is_none_or(|name| Algorithm::named(name) == Some(key.algorithm()));
        (signs && said).then_some(key)
    }
}

impl Key {
    fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Rsa { .. } => Algorithm::Rs256,
            Material::P256(_) => Algorithm::Es256,
            Material::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    /// Whether it made `signature` of `text`.
    pub fn signed(&self, text: &[u8], signature: &[u8]) -> bool {
        let verdict = match &self.material {
            Material::Rsa { n, e } => RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, text, signature),
            Material::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(text, signature),
            Material::Ed25519(point) => UnparsedPublicKey::new(&ED25519, point).verify(text, signature),
        };
        verdict.is_ok()
    }
}
