//! Bodies: read with a limit and a deadline, taken apart strictly, in one place.
//!
//! `serde_json` alone takes duplicate members (the last wins), NUL in strings, which `PostgreSQL` can't store,
//! and any order of composed and decomposed letters. Here a duplicate, a NUL, a depth over 32 or trailing
//! data is a 400 that names the place, and every string is stored in NFC.

use super::BODY_TIMEOUT;
pub use super::form::typed;
use crate::error::{Code, Fault, Problem, Result, Text, text};
use crate::text::nfc;
use actix_web::web::{Bytes, BytesMut, Payload};
use actix_web::{HttpMessage, HttpRequest};
use futures_util::StreamExt;
use serde::de::{DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;
use std::time::Duration;
use utoipa::ToSchema;

/// Nesting of a body: the deepest that any operation takes is four.
pub const DEPTH: usize = 32;

/// Media types of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/json`.
    Json,
    /// `application/merge-patch+json` (RFC 7396), and no other way of saying what changes.
    MergePatch,
}

impl Media {
    /// The media type, as `Accept-Post` and `Accept-Patch` give it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::MergePatch => "application/merge-patch+json",
        }
    }

    fn check(self, request: &HttpRequest) -> Result<()> {
        let sent = request.content_type();
        let taken = sent.eq_ignore_ascii_case(self.name());
        let encoded = request.headers().get("content-encoding").is_some_and(|encoding| encoding.as_bytes() != b"identity");
        if taken && !encoded {
            return Ok(());
        }
        let header = match self {
            Self::Json => "Accept-Post",
            Self::MergePatch => "Accept-Patch",
        };
        let name = self.name();
        Err(Problem::new(Code::UnsupportedMediaType, text(format!("Send {name}, not compressed."), format!("Hãy gửi {name}, không nén.")))
            .with_header(header, name))
    }
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// 415, 413, or 408 when it does not arrive in time.
pub async fn read(request: &HttpRequest, payload: Payload, media: Media, limit: usize) -> Result<Bytes> {
    read_within(BODY_TIMEOUT, request, payload, media, limit).await
}

async fn read_within(time: Duration, request: &HttpRequest, mut payload: Payload, media: Media, limit: usize) -> Result<Bytes> {
    media.check(request)?;
    let too_large = || {
        Problem::new(
            Code::BodyTooLarge,
            text(format!("A body here has at most {limit} bytes."), format!("Nội dung ở đây tối đa {limit} byte.")),
        )
        .with_header("Connection", "close")
    };
    let declared =
        request.headers().get("content-length").and_then(|length| length.to_str().ok()).and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let arriving = async {
        let mut body = BytesMut::with_capacity(declared.unwrap_or(1024));
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| {
                Problem::new(Code::MalformedJson, text(format!("The body broke off: {error}."), "Nội dung bị ngắt giữa chừng."))
            })?;
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    match tokio::time::timeout(time, arriving).await {
        Ok(body) => body,
        Err(_) => Err(Problem::new(
            Code::RequestTimeout,
            text("The body did not arrive within 30 seconds.", "Nội dung không đến đủ trong 30 giây."),
        )
        .with_header("Connection", "close")),
    }
}

/// Takes JSON apart strictly: an object, no duplicate members, no NUL, at most 32 deep, NFC.
///
/// # Errors
/// 400 that names the place.
pub fn parse(bytes: &[u8]) -> Result<Map<String, Value>> {
    let mut walk = Walk::default();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = Strict { walk: &mut walk, depth: 0 }.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    match parsed {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => {
            Err(form_fault(Code::InvalidBody, "", "wrong_type", text("The body is a JSON object.", "Nội dung phải là một đối tượng JSON.")))
        }
        Err(error) => Err(match walk.fault.clone() {
            Some((code, detail)) => form_fault(Code::MalformedJson, &walk.pointer(), code, detail),
            None => form_fault(
                Code::MalformedJson,
                &walk.pointer(),
                "not_json",
                text(
                    format!("Not JSON at line {}, column {}.", error.line(), error.column()),
                    format!("Không phải JSON tại dòng {}, cột {}.", error.line(), error.column()),
                ),
            ),
        }),
    }
}

fn form_fault(kind: Code, pointer: &str, code: &'static str, detail: Text) -> Problem {
    Problem::new(kind, detail.clone()).with_errors(vec![Fault { pointer: pointer.to_owned(), code, detail }])
}

/// A member's name as a segment of a JSON Pointer.
pub fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Where the parser is, and why it stopped.
#[derive(Default)]
struct Walk {
    path: Vec<String>,
    fault: Option<(&'static str, Text)>,
}

impl Walk {
    fn pointer(&self) -> String {
        self.path.iter().map(|name| format!("/{}", escape(name))).collect()
    }

    fn stop<E: serde::de::Error>(&mut self, code: &'static str, detail: Text) -> E {
        self.fault = Some((code, detail));
        E::custom(code)
    }

    fn string<E: serde::de::Error>(&mut self, value: &str) -> Result<String, E> {
        if value.contains('\0') {
            return Err(self.stop("nul", text("The character NUL (\\u0000) can't be stored.", "Không thể lưu ký tự NUL (\\u0000).")));
        }
        Ok(nfc(value).into_owned())
    }
}

struct Strict<'w> {
    walk: &'w mut Walk,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.depth > DEPTH {
            return Err(self.walk.stop("too_deep", text(format!("At most {DEPTH} levels."), format!("Tối đa {DEPTH} cấp lồng nhau."))));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        // JSON Schema counts 4.0 among the integers, so who reads the document may send it; beyond 2^53 it would be a guess.
        let whole = value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0;
        Ok(whole.then(|| format!("{value:.0}").parse::<i64>().ok()).flatten().map_or_else(|| value.into(), Value::from))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.walk.string(value).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            self.walk.path.push(list.len().to_string());
            let item = items.next_element_seed(Strict { walk: self.walk, depth: self.depth + 1 })?;
            self.walk.path.pop();
            match item {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let name = self.walk.string::<A::Error>(&name)?;
            self.walk.path.push(name.clone());
            let value = members.next_value_seed(Strict { walk: self.walk, depth: self.depth + 1 })?;
            if object.contains_key(&name) {
                return Err(self.walk.stop("duplicate_member", text("This member stands twice.", "Trường này xuất hiện hai lần.")));
            }
            self.walk.path.pop();
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// Applies a JSON merge patch (RFC 7396) to `target`.
pub fn merge(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => {
                target.shift_remove(&name);
            }
            Value::Object(inner) => {
                let slot = target.entry(name).or_insert_with(|| Value::Object(Map::new()));
                if !slot.is_object() {
                    *slot = Value::Object(Map::new());
                }
                if let Value::Object(slot) = slot {
                    merge(slot, inner);
                }
            }
            other => {
                target.insert(name, other);
            }
        }
    }
}

/// Refuses a null in `change` for a member that a `T` doesn't have: merging would only pass over it.
///
/// `merged` is what became of the change.
///
/// # Errors
/// 400 with the pointer of the member.
pub fn refuse_unknown_nulls<T: DeserializeOwned + ToSchema>(mut merged: Map<String, Value>, change: &Map<String, Value>) -> Result<()> {
    if !keep_nulls(&mut merged, change) {
        return Ok(());
    }
    match typed::<T>(Value::Object(merged), "") {
        Err(problem) if problem.errors().iter().any(|fault| fault.code == "unknown_member") => Err(problem),
        // Absent or null: the merged body itself was read before.
        _ => Ok(()),
    }
}

/// Puts the nulls of `change` into `target`; whether there is any.
fn keep_nulls(target: &mut Map<String, Value>, change: &Map<String, Value>) -> bool {
    let mut found = false;
    for (name, value) in change {
        match (value, target.get_mut(name)) {
            (Value::Null, _) => {
                target.insert(name.clone(), Value::Null);
                found = true;
            }
            (Value::Object(inner), Some(Value::Object(slot))) => found |= keep_nulls(slot, inner),
            _ => {}
        }
    }
    found
}

/// A member with a default that may also be null: absent equals null (`#[serde(default, deserialize_with = "…")]`).
///
/// # Errors
/// Those of the deserializer.
pub fn or_default<'de, D: serde::Deserializer<'de>, T: serde::Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(<Option<T> as serde::Deserialize>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn refused(body: &str) -> (String, &'static str) {
        let problem = parse(body.as_bytes()).unwrap_err();
        assert_eq!(problem.code().status().as_u16(), 400);
        let fault = &problem.errors()[0];
        (fault.pointer.clone(), fault.code)
    }

    #[test]
    fn what_serde_json_would_take_and_we_do_not() {
        assert_eq!(refused(r#"{"a":{"b":1,"b":2}}"#), ("/a/b".into(), "duplicate_member"));
        assert_eq!(refused("{\"a\":[\"x\\u0000\"]}"), ("/a/0".into(), "nul"));
        assert_eq!(refused(r#"{"a":"\ud800"}"#), ("/a".into(), "not_json"));
        assert_eq!(refused(r#"{"a":1} {"#).1, "not_json");
        assert_eq!(refused("[]").1, "wrong_type");
        assert_eq!(refused(""), (String::new(), "not_json"));
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(40), "]".repeat(40));
        assert_eq!(refused(&deep).1, "too_deep");
        let very_deep = "[".repeat(10_000);
        assert!(parse(very_deep.as_bytes()).is_err());
    }

    #[actix_web::test]
    async fn a_body_that_does_not_arrive_is_not_waited_for() {
        let request = actix_web::test::TestRequest::post().insert_header(("Content-Type", "application/json")).to_http_request();
        let begun = futures_util::stream::iter([Ok(Bytes::from_static(b"{\"name\":"))]).chain(futures_util::stream::pending());
        let mut payload: actix_web::dev::Payload = actix_web::dev::Payload::Stream { payload: Box::pin(begun) };
        let payload = <Payload as actix_web::FromRequest>::from_request(&request, &mut payload).await.unwrap();
        let refused = read_within(Duration::from_millis(5), &request, payload, Media::Json, 100).await.unwrap_err();
        assert_eq!(refused.code(), Code::RequestTimeout);
        assert!(refused.headers().contains(&("Connection", "close".to_owned())), "the rest of the body may still come");
    }

    #[test]
    fn a_whole_number_may_have_a_zero_fraction() {
        let members = parse(br#"{"a":4.0,"b":[-0.0,1e3],"c":4.5,"d":9007199254740993.0}"#).unwrap();
        assert_eq!(members["a"], json!(4));
        assert_eq!(members["b"], json!([0, 1000]));
        assert!(members["c"].is_f64());
        assert!(members["d"].is_f64(), "it may have been another number when it was written");
    }

    #[test]
    fn strings_are_kept_composed() {
        let body = parse("{\"ten\":\"Ho\u{300}a Bi\u{300}nh\"}".as_bytes()).unwrap();
        assert_eq!(body["ten"], json!("Hòa Bình"));
    }

    // The example cases of RFC 7396, appendix A, that have objects as targets.
    #[test]
    fn merge_patch_does_what_rfc_7396_shows() {
        for (target, patch, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            let mut merged = target.as_object().unwrap().clone();
            merge(&mut merged, patch.as_object().unwrap().clone());
            assert_eq!(Value::Object(merged), result, "{target} + {patch}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
