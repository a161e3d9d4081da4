//! Bodies as the types that operations take: every fault of form at once, in words of ours.

use super::body::escape;
use super::shape::lists_for_objects;
use crate::error::{Code, Fault, Problem, Result, Text, text};
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

/// Faults of form that are looked for: each costs reading the value anew.
const MOST_FAULTS_OF_FORM: usize = 20;

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
    ("not_allowed", None, text(format!("{plain}."), format!("Giá trị không hợp lệ: {plain}.")))
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, json};

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
}
