//! An OpenID provider: its keys over HTTP or HTTPS on this machine, made when it starts, and tokens that it signs.

use super::Value;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use rsa::Generate;
use rsa::pkcs8::EncodePrivateKey;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;

/// A private key with its public half.
#[derive(Clone)]
pub struct SigningKey {
    /// Its id.
    pub id: String,
    /// How it signs.
    pub algorithm: &'static str,
    pair: Arc<Pair>,
}

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// An RSA key. Looking for primes takes longest, so that all tests share one.
    pub fn rsa(id: &str) -> Self {
        static PAIR: OnceLock<Arc<Pair>> = OnceLock::new();
        let pair = PAIR.get_or_init(|| {
            let der = rsa::PrivateKey::generate().to_pkcs8_der().unwrap();
            Arc::new(Pair::Rsa(RsaKeyPair::from_pkcs8(der.as_bytes()).unwrap()))
        });
        Self { id: id.to_owned(), algorithm: "RS256", pair: Arc::clone(pair) }
    }

    /// A new key on P-256.
    pub fn p256(id: &str) -> Self {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref(), &random).unwrap();
        Self { id: id.to_owned(), algorithm: "ES256", pair: Arc::new(Pair::P256(pair)) }
    }

    /// A new Ed25519 key.
    pub fn ed25519(id: &str) -> Self {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(der.as_ref()).unwrap();
        Self { id: id.to_owned(), algorithm: "EdDSA", pair: Arc::new(Pair::Ed25519(pair)) }
    }

    /// The public half as a JWK.
    pub fn jwk(&self) -> Value {
        let mut key = match &*self.pair {
            Pair::Rsa(pair) => {
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({"kty": "RSA", "n": encoded(&public.n), "e": encoded(&public.e)})
            }
            Pair::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y)})
            }
            Pair::Ed25519(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key().as_ref())}),
        };
        key["kid"] = json!(self.id);
        key["alg"] = json!(self.algorithm);
        key["use"] = json!("sig");
        key
    }

    /// The raw public half: what a forger has.
    pub fn public_bytes(&self) -> Vec<u8> {
        match &*self.pair {
            Pair::Rsa(pair) => RsaPublicKeyComponents::<Vec<u8>>::from(pair.public()).n,
            Pair::P256(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    /// Its signature of `text`.
    pub fn sign(&self, text: &str) -> Vec<u8> {
        let random = SystemRandom::new();
        match &*self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
                signature
            }
            Pair::P256(pair) => pair.sign(&random, text.as_bytes()).unwrap().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(text.as_bytes()).as_ref().to_vec(),
        }
    }

    /// A token with these claims.
    pub fn token(&self, claims: &Value) -> String {
        self.token_with(&json!({"alg": self.algorithm, "typ": "at+jwt", "kid": self.id}), claims)
    }

    /// A token with a header of one's own.
    pub fn token_with(&self, header: &Value, claims: &Value) -> String {
        let signed = unsigned(header, claims);
        let signature = encoded(&self.sign(&signed));
        format!("{signed}.{signature}")
    }
}

/// The first two parts of a token.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encoded(header.to_string().as_bytes()), encoded(claims.to_string().as_bytes()))
}

/// As the parts of tokens are written.
pub fn encoded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A running provider. Stops when dropped.
pub struct Provider {
    address: SocketAddr,
    base: String,
    state: Arc<Mutex<State>>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct State {
    keys: Value,
    answer: Answer,
    asked: usize,
}

/// How a provider answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// With its keys.
    Keys,
    /// With this status.
    Status(u16),
    /// To go elsewhere.
    Redirect(String),
    /// With far too much.
    Flood,
    /// Not at all.
    Silence,
}

impl Provider {
    /// A provider with these keys.
    pub fn start(keys: &[&SigningKey]) -> Self {
        Self::over(keys, None)
    }

    /// A provider over https, under the name `localhost`, and its certificate (PEM), which nobody trusts unless told.
    pub fn start_with_tls(keys: &[&SigningKey]) -> (Self, String) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (chain, key) = (vec![made.cert.der().clone()], made.signing_key.serialize_der());
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, rustls::pki_types::PrivateKeyDer::try_from(key).unwrap())
            .unwrap();
        (Self::over(keys, Some(Arc::new(config))), made.cert.pem())
    }

    fn over(keys: &[&SigningKey], tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let base = if tls.is_some() { format!("https://localhost:{}", address.port()) } else { format!("http://{address}") };
        let state = Arc::new(Mutex::new(State { keys: key_set(keys), answer: Answer::Keys, asked: 0 }));
        let stopped = Arc::new(AtomicBool::new(false));
        let (shared, end, url) = (Arc::clone(&state), Arc::clone(&stopped), base.clone());
        let thread = std::thread::spawn(move || {
            let mut silent = Vec::new();
            for connection in listener.incoming() {
                if end.load(Ordering::Relaxed) {
                    return;
                }
                let mut connection = connection.unwrap();
                match &tls {
                    None => answer(&mut connection, &shared, &url),
                    Some(config) => {
                        let mut session = rustls::ServerConnection::new(Arc::clone(config)).unwrap();
                        answer(&mut rustls::Stream::new(&mut session, &mut connection), &shared, &url);
                    }
                }
                if shared.lock().unwrap().answer == Answer::Silence {
                    silent.push(connection);
                }
            }
        });
        Self { address, base, state, stopped, thread: Some(thread) }
    }

    /// Its name.
    pub fn issuer(&self) -> String {
        format!("{}/realms/cung-cau", self.base)
    }

    /// Where its keys are.
    pub fn keys_url(&self) -> String {
        format!("{}/keys", self.base)
    }

    /// From now on it has these keys.
    pub fn rotate(&self, keys: &[&SigningKey]) {
        self.state.lock().unwrap().keys = key_set(keys);
    }

    /// From now on it serves this key set.
    pub fn serve(&self, set: Value) {
        self.state.lock().unwrap().keys = set;
    }

    /// From now on it answers so.
    pub fn answer(&self, answer: Answer) {
        self.state.lock().unwrap().answer = answer;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.state.lock().unwrap().asked
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn key_set(keys: &[&SigningKey]) -> Value {
    json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()})
}

/// Answers one request, unless it is to keep silent.
fn answer(connection: &mut (impl Read + Write), state: &Mutex<State>, base: &str) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        // Who does not trust the certificate goes away before asking anything.
        if connection.read_exact(&mut byte).is_err() {
            return;
        }
        head.push(byte[0]);
    }
    let (keys, how) = {
        let mut state = state.lock().unwrap();
        state.asked += 1;
        (state.keys.to_string(), state.answer.clone())
    };
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, more, body) = match how {
        Answer::Silence => return,
        Answer::Status(status) => (status, String::new(), String::new()),
        Answer::Redirect(to) => (302, format!("Location: {to}\r\n"), String::new()),
        Answer::Flood => (200, String::new(), " ".repeat(1 << 20) + &keys),
        Answer::Keys if path == "/keys" => (200, String::new(), keys),
        Answer::Keys if path == "/realms/cung-cau/.well-known/openid-configuration" => {
            let description = json!({"issuer": format!("{base}/realms/cung-cau"), "jwks_uri": format!("{base}/keys")});
            (200, String::new(), description.to_string())
        }
        Answer::Keys => (404, String::new(), String::new()),
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n");
    // A client that has had enough closes before the end.
    let _ = connection.write_all(head.as_bytes()).and_then(|()| connection.write_all(body.as_bytes()));
}
