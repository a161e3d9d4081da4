//! Bodies: read with a limit and a deadline, taken apart strictly, in one place.
//!
//! `serde_json` alone takes duplicate members (the last wins), NUL in strings, which `PostgreSQL` can't store,
//! and any order of composed and decomposed letters. Here a duplicate, a NUL, a depth over 32 or trailing
//! data is a 400 that names the place, and every string is stored in NFC.

use super::BODY_TIMEOUT;
use super::shape::lists_for_objects;
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

/// Faults of form that are looked for: each costs reading the value anew.
const MOST_FAULTS_OF_FORM: usize = 20;

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

/// Reads `value` as a `T`, which refuses members that it doesn't know.
///
/// serde stops at the first fault: what it names is taken out and the rest is read again, so that a caller
/// hears of the others too. What follows from a taken-out member (that it is missing) is not told.
///
/// # Errors
/// 400 with the pointers of the members that do not fit, under `prefix`.
pub fn typed<T: DeserializeOwned + ToSchema>(mut value: Value, prefix: &str) -> Result<T> {
    let mut faults: Vec<Fault> = Vec::new();
    for at in lists_for_objects(&value, &T::name()) {
        let detail = text("Expected an object.", "Cần một đối tượng.");
        faults.push(Fault { pointer: format!("{prefix}{at}"), code: "wrong_type", detail });
        // An item of a list is one still, and is not told of again.
        if let Some(place) = value.pointer_mut(&at) {
            *place = Value::Null;
        }
        take_out(&mut value, &at);
    }
    let mut guesses = Guesses::default();
    loop {
        let read: std::result::Result<T, _> = serde_path_to_error::deserialize(&value);
        let (at, code, detail) = match read {
            Ok(read) if faults.is_empty() => return Ok(read),
            Ok(_) => break,
            Err(error) => misfit(&error),
        };
        if guesses.is_about(&at) {
            // What stands there is ours: nothing of it is told.
            if guesses.next(&mut value, code, &detail) {
                continue;
            }
            break;
        }
        let pointer = format!("{prefix}{at}");
        if faults.iter().any(|fault| fault.pointer == pointer) {
            // It was there, and was taken out.
            if code == "missing" && guesses.begin(&mut value, at) {
                continue;
            }
            break;
        }
        faults.push(Fault { pointer, code, detail });
        let goes_on = if code == "missing" { guesses.begin(&mut value, at) } else { take_out(&mut value, &at) };
        if faults.len() == MOST_FAULTS_OF_FORM || !goes_on {
            break;
        }
    }
    let detail = faults.first().map_or_else(|| text("", ""), |fault| fault.detail.clone());
    Err(Problem::new(Code::InvalidBody, detail).with_errors(faults))
}

/// What is put in the place of a member that is missing, so that reading goes on to what else there is to say.
#[derive(Default)]
struct Guesses {
    /// Where the last one stands.
    at: Option<String>,
    tried: usize,
}

impl Guesses {
    /// A text, a day, a decimal, a list, a number, a flag: nearly all members that are needed are one of these.
    const VALUES: [fn() -> Value; 6] =
        [|| "x".into(), || "2020-10-27".into(), || "1".into(), || Value::Array(Vec::new()), || 1.into(), || true.into()];

    /// Whether a fault at `pointer` is one of the last guess.
    fn is_about(&self, pointer: &str) -> bool {
        self.at.as_ref().is_some_and(|at| pointer.strip_prefix(at.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }

    /// The first guess of the member at `pointer`; whether there is a place for it.
    fn begin(&mut self, value: &mut Value, pointer: String) -> bool {
        self.tried = 0;
        let is_set = set(value, &pointer, Self::VALUES[0]());
        self.at = Some(pointer);
        is_set
    }

    /// The guess after one that had the fault `code`; false when there is none.
    fn next(&mut self, value: &mut Value, code: &str, detail: &Text) -> bool {
        let Some(at) = self.at.clone() else { return false };
        self.tried += 1;
        // One of a few words: the fault names them.
        let word = detail.en.split_once(" is not one of: ").and_then(|(_, words)| words.split([',', '.']).next());
        let guess = match (code, word) {
            ("not_allowed", Some(word)) if self.tried == 1 => Some(word.into()),
            _ => Self::VALUES.get(self.tried).map(|guess| guess()),
        };
        guess.is_some_and(|guess| set(value, &at, guess))
    }
}

/// Puts `guess` at `pointer`; whether there is an object for it.
fn set(value: &mut Value, pointer: &str, guess: Value) -> bool {
    let Some((object, member)) = pointer.rsplit_once('/') else { return false };
    let Some(Value::Object(object)) = value.pointer_mut(object) else { return false };
    object.insert(member.replace("~1", "/").replace("~0", "~"), guess);
    true
}

/// Where and why a value does not fit: pointer, code and sentence.
fn misfit(error: &serde_path_to_error::Error<serde_json::Error>) -> (String, &'static str, Text) {
    let mut pointer = String::new();
    for segment in error.path() {
        use serde_path_to_error::Segment;
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => pointer.push_str(&format!("/{}", escape(key))),
            Segment::Unknown => {}
        }
    }
    let (code, member, detail) = explain(&error.inner().to_string());
    if let Some(member) = member
        && !pointer.ends_with(&format!("/{}", escape(&member)))
    {
        pointer.push_str(&format!("/{}", escape(&member)));
    }
    (pointer, code, detail)
}

/// Takes the member at `pointer` out of its object; whether there was one. An item of a list stays: without
/// it the others would have other pointers.
fn take_out(value: &mut Value, pointer: &str) -> bool {
    let Some((object, member)) = pointer.rsplit_once('/') else { return false };
    let member = member.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(object) {
        Some(Value::Object(object)) => object.shift_remove(&member).is_some(),
        _ => false,
    }
}

fn form_fault(kind: Code, pointer: &str, code: &'static str, detail: Text) -> Problem {
    Problem::new(kind, detail.clone()).with_errors(vec![Fault { pointer: pointer.to_owned(), code, detail }])
}

/// A member's name as a segment of a JSON Pointer.
pub fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// serde's words in ours: code, the member that is meant where serde names it, and the sentence.
fn explain(words: &str) -> (&'static str, Option<String>, Text) {
    let quoted = |prefix: &str| words.strip_prefix(prefix).and_then(|rest| rest.split('`').nth(1)).map(str::to_owned);
    if let Some(member) = quoted("unknown field ") {
        let allowed: Vec<&str> = words.split('`').skip(3).step_by(2).collect();
        let allowed = allowed.join(", ");
        return (
            "unknown_member",
            Some(member.clone()),
            text(
                format!("There is no member \"{member}\" here; there are: {allowed}."),
                format!("Không có trường \"{member}\"; các trường có: {allowed}."),
            ),
        );
    }
    if let Some(member) = quoted("missing field ") {
        return (
            "missing",
            Some(member.clone()),
            text(format!("The member \"{member}\" is needed."), format!("Cần có trường \"{member}\".")),
        );
    }
    if let Some(word) = quoted("unknown variant ") {
        let allowed: Vec<&str> = words.split('`').skip(3).step_by(2).collect();
        let allowed = allowed.join(", ");
        return ("not_allowed", None, text(format!("\"{word}\" is not one of: {allowed}."), format!("\"{word}\" không thuộc: {allowed}.")));
    }
    if words.starts_with("a decimal string") {
        let plain = words.split(" at line ").next().unwrap_or(words);
        let places = plain.split_once("at most ").and_then(|(_, rest)| rest.split(' ').next()).unwrap_or("3");
        return (
            "not_a_decimal",
            None,
            text(
                format!("Expected {plain}.").replace(" is expected.", "."),
                format!(
                    "Cần một chuỗi số thập phân dùng dấu chấm, ví dụ \"12.5\": tối đa 12 chữ số trước dấu chấm và {places} chữ số sau."
                ),
            ),
        );
    }
    if words.starts_with("a list of months") {
        return ("not_a_month", None, text("Expected a list of months from 1 to 12.", "Cần một danh sách tháng từ 1 đến 12."));
    }
    if let Some((_, expected)) = words.split_once(", expected ") {
        let (en, vi) = expectation(expected);
        return ("wrong_type", None, text(format!("Expected {en}."), format!("Cần {vi}.")));
    }
    if words.contains("premature end of input")
        || words.contains("input contains invalid characters")
        || words.contains("input is out of range")
        || words.contains("trailing input")
    {
        return ("not_a_day", None, text("A day that exists, as YYYY-MM-DD.", "Một ngày có thật, dạng YYYY-MM-DD."));
    }
    let plain = words.split(" at line ").next().unwrap_or(words);
    ("not_allowed", None, text(format!("{plain}."), "Giá trị không hợp lệ."))
}

fn expectation(expected: &str) -> (&'static str, &'static str) {
    let table: [(&str, &str, &str); 7] = [
        ("bool", "true or false", "true hoặc false"),
        ("struct", "an object", "một đối tượng"),
        ("string", "a string", "một chuỗi"),
        ("str", "a string", "một chuỗi"),
        ("formatted date", "a day that exists, as YYYY-MM-DD", "một ngày có thật, dạng YYYY-MM-DD"),
        ("sequence", "a list", "một danh sách"),
        ("map", "an object", "một đối tượng"),
    ];
    if expected.starts_with('i') || expected.starts_with('u') {
        return ("a whole number in range", "một số nguyên trong phạm vi");
    }
    table.iter().find(|(word, _, _)| expected.contains(word)).map_or(("another type", "một kiểu khác"), |(_, en, vi)| (*en, *vi))
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

    #[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
    #[serde(deny_unknown_fields)]
    #[schema(no_recursion)]
    #[expect(dead_code, reason = "only read")]
    struct Line {
        name: String,
        #[serde(default)]
        count: Option<u8>,
        #[serde(default)]
        parts: Vec<Self>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Farm,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Paper {
        number: String,
        kind: Kind,
        issued_on: chrono::NaiveDate,
        quantity: crate::decimal::Decimal<3>,
        lines: Vec<Line>,
        stars: u8,
        is_checked: bool,
        holder: Line,
        last: String,
    }

    #[test]
    fn every_fault_of_form_that_can_be_told_is_told_at_once() {
        #[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        enum Kind {
            Farm,
        }
        #[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only read")]
        struct Paper {
            number: String,
            kind: Kind,
            issued_on: chrono::NaiveDate,
            quantity: crate::decimal::Decimal<3>,
            lines: Vec<Line>,
            stars: u8,
            is_checked: bool,
            holder: Line,
            last: String,
        }
        let faults = |value: Value| -> Vec<(String, &'static str)> {
            let refused = typed::<Line>(value, "/items/3").unwrap_err();
            refused.errors().iter().map(|fault| (fault.pointer.clone(), fault.code)).collect()
        };
        let fault = |pointer: &str, code| (format!("/items/3{pointer}"), code);
        assert_eq!(
            faults(json!({"count": "x", "a/b": 1, "parts": [{"name": "a", "colour": 1}, {}], "name": 5})),
            [
                fault("/count", "wrong_type"),
                fault("/a~1b", "unknown_member"),
                fault("/parts/0/colour", "unknown_member"),
                fault("/parts/1/name", "missing"),
                fault("/name", "wrong_type")
            ]
        );
        // That a member is missing is not told of one that was there.
        assert_eq!(faults(json!({"name": 5, "count": 300})), [fault("/name", "wrong_type"), fault("/count", "wrong_type")]);
        assert_eq!(faults(json!([])).len(), 1);
        let refused = typed::<Paper>(json!({"number": 5, "parts": []}), "").unwrap_err();
        let missing: Vec<&str> =
            refused.errors().iter().filter(|fault| fault.code == "missing").map(|fault| fault.pointer.as_str()).collect();
        // What an object of its own needs is not guessed: it is the last that is told.
        assert_eq!(missing, ["/kind", "/issued_on", "/quantity", "/lines", "/stars", "/is_checked", "/holder"]);
        assert_eq!(refused.errors().len(), missing.len() + 2);
        let many: Map<String, Value> = (0..100).map(|n| (format!("m{n}"), n.into())).collect();
        assert_eq!(faults(many.into()).len(), MOST_FAULTS_OF_FORM);
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
