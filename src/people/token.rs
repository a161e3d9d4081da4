//! An access token (RFC 7519, RFC 9068, RFC 8725): taken apart, its signature, its times, for whom and by whom it is.

use super::keys::{Algorithm, KeySet};
use crate::error::{Text, text};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::NaiveDateTime;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A token that is larger is no token: 8 KiB hold a person's groups, and headers in all are limited too.
pub const LONGEST: usize = 8 * 1024;
/// How far the clocks of the provider and of this machine may be apart.
pub const LEEWAY_SECONDS: f64 = 30.0;

/// Why a token does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not three parts of base64 with JSON in them, or not of a kind that is taken.
    Malformed,
    /// Over [`LONGEST`] bytes.
    TooLarge,
    /// Signed in a way that is not taken, or not signed.
    Algorithm,
    /// The provider has no such key.
    UnknownKey,
    /// Somebody else's signature, or something was changed.
    Signature,
    /// `iss` names another provider.
    Issuer,
    /// `aud` does not name this service.
    Audience,
    /// `exp` is over, or missing.
    Expired,
    /// `nbf` or `iat` lies ahead.
    NotYetValid,
    /// `sub` is missing.
    Nobody,
}

impl Fault {
    /// `error_description` of RFC 6750: ASCII without quotes.
    pub fn description(self) -> &'static str {
        match self {
            Self::Malformed => "The token is malformed",
            Self::TooLarge => "The token is larger than 8 KiB",
            Self::Algorithm => "The token is not signed with RS256, ES256 or EdDSA",
            Self::UnknownKey => "The token is signed with a key that the issuer does not have",
            Self::Signature => "The signature of the token does not hold",
            Self::Issuer => "The token is of another issuer",
            Self::Audience => "The token is for another audience",
            Self::Expired => "The token expired",
            Self::NotYetValid => "The token is not valid yet",
            Self::Nobody => "The token names no subject",
        }
    }

    /// The same for people.
    pub fn detail(self) -> Text {
        let vi = match self {
            Self::Malformed => "Mã truy cập sai cấu trúc.",
            Self::TooLarge => "Mã truy cập lớn hơn 8 KiB.",
            Self::Algorithm => "Mã truy cập không được ký bằng RS256, ES256 hoặc EdDSA.",
            Self::UnknownKey => "Mã truy cập được ký bằng khóa mà nhà cung cấp không có.",
            Self::Signature => "Chữ ký của mã truy cập không đúng.",
            Self::Issuer => "Mã truy cập do nhà cung cấp khác cấp.",
            Self::Audience => "Mã truy cập dành cho dịch vụ khác.",
            Self::Expired => "Mã truy cập đã hết hạn.",
            Self::NotYetValid => "Mã truy cập chưa có hiệu lực.",
            Self::Nobody => "Mã truy cập không nêu chủ thể.",
        };
        text(format!("{}.", self.description()), vi)
    }
}

/// A token as it was sent: nothing of it is believed yet.
#[derive(Debug)]
pub struct Token<'t> {
    signed: &'t str,
    payload: &'t str,
    signature: Vec<u8>,
    algorithm: Algorithm,
    key_id: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

impl<'t> Token<'t> {
    /// Takes `text` apart.
    ///
    /// # Errors
    /// When it is no token of a kind that is taken.
    pub fn parse(text: &'t str) -> Result<Self, Fault> {
        if text.len() > LONGEST {
            return Err(Fault::TooLarge);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Fault::Malformed)?;
        let (header, payload) = signed.split_once('.').filter(|(_, payload)| !payload.contains('.')).ok_or(Fault::Malformed)?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Fault::Malformed);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Fault::Malformed)?;
        let kind = header.typ.map(|kind| kind.to_ascii_lowercase());
        let taken = kind.as_deref().is_none_or(|kind| matches!(kind, "jwt" | "at+jwt" | "application/jwt" | "application/at+jwt"));
        // What must be understood is not: nothing that extends a token is known here.
        if !taken || header.crit.is_some() {
            return Err(Fault::Malformed);
        }
        let algorithm = Algorithm::named(&header.alg).ok_or(Fault::Algorithm)?;
        Ok(Self { signed, payload, signature: decode(signature)?, algorithm, key_id: header.kid })
    }

    /// Whether `keys` have one that may have signed it.
    pub fn has_key_in(&self, keys: &KeySet) -> bool {
        !keys.candidates(self.key_id.as_deref(), self.algorithm).is_empty()
    }

    /// Its claims, when one of `keys` signed them.
    ///
    /// # Errors
    /// When none did.
    pub fn verify(&self, keys: &KeySet) -> Result<Map<String, Value>, Fault> {
        let candidates = keys.candidates(self.key_id.as_deref(), self.algorithm);
        if candidates.is_empty() {
            return Err(Fault::UnknownKey);
        }
        if !candidates.iter().any(|key| key.signed(self.signed.as_bytes(), &self.signature)) {
            return Err(Fault::Signature);
        }
        let payload = BASE64_URL_SAFE_NO_PAD.decode(self.payload).map_err(|_| Fault::Malformed)?;
        serde_json::from_slice(&payload).map_err(|_| Fault::Malformed)
    }
}

/// Whose token it is, when it is `issuer`'s, for `audience`, and holds `now`.
///
/// # Errors
/// The first claim that says otherwise.
pub fn subject<'c>(claims: &'c Map<String, Value>, issuer: &str, audience: &str, now: NaiveDateTime) -> Result<&'c str, Fault> {
    if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
        return Err(Fault::Issuer);
    }
    if !values(claims.get("aud")).iter().any(|value| value == audience) {
        return Err(Fault::Audience);
    }
    #[expect(clippy::cast_precision_loss, reason = "microseconds of this century are exact in 53 bits")]
    let now = now.and_utc().timestamp_micros() as f64 / 1e6;
    let instant = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().filter(|seconds| seconds.is_finite()).map(Some).ok_or(Fault::Malformed),
    };
    match instant("exp")? {
        Some(end) if now < end + LEEWAY_SECONDS => {}
        _ => return Err(Fault::Expired),
    }
    for name in ["nbf", "iat"] {
        if instant(name)?.is_some_and(|start| now < start - LEEWAY_SECONDS) {
            return Err(Fault::NotYetValid);
        }
    }
    claims.get("sub").and_then(Value::as_str).filter(|subject| !subject.is_empty()).ok_or(Fault::Nobody)
}

/// The claim at `path`: of that name, or inside objects, a member for each part between dots.
pub fn claim<'c>(claims: &'c Map<String, Value>, path: &str) -> Option<&'c Value> {
    claims.get(path).or_else(|| {
        let (first, rest) = path.split_once('.')?;
        claims.get(first)?.as_object().and_then(|inner| claim(inner, rest))
    })
}

/// The words of a claim that is one or a list of them.
pub fn values(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(word)) => vec![word.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// The payload of RFC 7515, appendix A: `{"iss":"joe", "exp":1300819380, "http://example.com/is_root":true}`.
    const JOE: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    fn keys(keys: &[Value]) -> KeySet {
        KeySet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap()
    }

    /// The public key of RFC 7515, appendix A.2.
    fn of_rfc_7515_a2() -> Value {
        json!({"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})
    }

    /// The public key of RFC 7515, appendix A.3.
    fn of_rfc_7515_a3() -> Value {
        json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})
    }

    #[test]
    fn the_examples_of_the_standards_are_verified() {
        let rsa = format!(
            "eyJhbGciOiJSUzI1NiJ9.{JOE}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
        );
        let p256 =
            format!("eyJhbGciOiJFUzI1NiJ9.{JOE}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
        for (token, key) in [(rsa, of_rfc_7515_a2()), (p256, of_rfc_7515_a3())] {
            let claims = Token::parse(&token).unwrap().verify(&keys(std::slice::from_ref(&key))).unwrap();
            assert_eq!(Value::Object(claims), json!({"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true}));
            let forged = token.replace("eyJpc3MiOiJqb2Ui", "eyJpc3MiOiJqb3Ui");
            assert_eq!(Token::parse(&forged).unwrap().verify(&keys(&[key])), Err(Fault::Signature));
        }
        // RFC 8037, appendix A.4, whose payload is no JSON: the signature holds, and then there are no claims.
        let ed25519 = keys(&[json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})]);
        let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert_eq!(Token::parse(token).unwrap().verify(&ed25519), Err(Fault::Malformed));
        let other = token.replace("KAg", "KAQ");
        assert_eq!(Token::parse(&other).unwrap().verify(&ed25519), Err(Fault::Signature));
    }

    #[test]
    fn a_claim_is_found_by_its_whole_name_or_inside_objects() {
        let claims = json!({"a.b": 1, "a": {"b": 2, "c": {"d": 3, "d.e": 4}}, "https://x.vn/roles": 5, "s": "x"});
        let claims = claims.as_object().unwrap();
        for (path, found) in [("a.b", Some(1)), ("a.c.d", Some(3)), ("a.c.d.e", Some(4)), ("https://x.vn/roles", Some(5)), ("a.x", None)] {
            assert_eq!(claim(claims, path).and_then(Value::as_i64), found, "{path}");
        }
        assert_eq!(claim(claims, "s.x"), None);
        assert_eq!(claim(claims, ""), None);
    }

    #[test]
    fn descriptions_are_what_rfc_6750_lets_them_be() {
        for fault in [
            Fault::Malformed,
            Fault::TooLarge,
            Fault::Algorithm,
            Fault::UnknownKey,
            Fault::Signature,
            Fault::Issuer,
            Fault::Audience,
            Fault::Expired,
            Fault::NotYetValid,
            Fault::Nobody,
        ] {
            assert!(fault.description().bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,150}", header in "[{}\":,a-z0-9]{0,40}") {
            let _ = Token::parse(&text);
            let encoded = BASE64_URL_SAFE_NO_PAD.encode(header);
            let _ = Token::parse(&format!("{encoded}.{text}.{encoded}"));
        }

        #[test]
        fn no_claims_make_the_checks_panic(number in proptest::num::f64::ANY, word in "\\PC{0,20}") {
            let claims = json!({"iss": "i", "aud": ["a"], "exp": number, "nbf": number, "iat": word, "sub": word});
            let _ = subject(claims.as_object().unwrap_or(&Map::new()), "i", "a", NaiveDateTime::default());
        }
    }
}
