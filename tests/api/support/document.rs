//! The API document as the tests use it: its operations, and whether an answer is what it promises.
//!
//! Every answer that any test receives is held against it, so each test is a test of the contract too. The
//! validator knows the part of JSON Schema that the document uses, and fails on a keyword that it doesn't know.

use super::client::Response;
use cungcau::app::routes;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// The document as it is served.
pub fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| cungcau::http::document::document(&routes()))
}

/// The document.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(text()).unwrap())
}

/// An operation of the document.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Operation id.
    pub id: String,
    /// Method, in capitals.
    pub method: String,
    /// Path with `{members}`.
    pub path: String,
    /// Everything else.
    pub spec: &'static Value,
}

impl Operation {
    /// The path with something in the place of each member.
    pub fn example_path(&self) -> String {
        self.path
            .replace("{id}", "org_0")
            .replace("{source}", "s")
            .replace("{ref}", "r")
            .replace("{code}", "92")
            .replace("{offer}", "ofr_0")
            .replace("{contact}", "cnt_0")
    }

    /// Whether it takes a query parameter of this name.
    pub fn takes(&self, parameter: &str) -> bool {
        let parameters = self.spec["parameters"].as_array().unwrap();
        parameters.iter().any(|known| known["in"] == "query" && known["name"] == parameter)
    }

    /// The schema of its body.
    pub fn body(&self) -> Option<&'static Value> {
        self.spec["requestBody"]["content"].as_object().and_then(|content| content.values().next()).map(|media| &media["schema"])
    }

    /// The schema of its answer of this status.
    pub fn answer(&self, status: u16) -> &'static Value {
        component(&self.spec["responses"][status.to_string().as_str()])
    }
}

/// Every operation.
pub fn operations() -> &'static [Operation] {
    static OPERATIONS: OnceLock<Vec<Operation>> = OnceLock::new();
    OPERATIONS.get_or_init(|| {
        let mut found = Vec::new();
        for (path, item) in document()["paths"].as_object().unwrap() {
            for (method, spec) in item.as_object().unwrap() {
                let id = spec["operationId"].as_str().unwrap().to_owned();
                found.push(Operation { id, method: method.to_uppercase(), path: path.clone(), spec });
            }
        }
        found
    })
}

/// The collections: everything that has `POST /v1/{name}`, `PATCH /v1/{name}/{id}` and its history.
pub fn collections() -> Vec<String> {
    let has = |method: &str, path: String| operations().iter().any(|operation| operation.method == method && operation.path == path);
    let names = operations().iter().filter_map(|operation| operation.path.strip_prefix("/v1/"));
    let names: BTreeSet<&str> = names.filter(|name| !name.contains('/')).collect();
    let names = names.into_iter().filter(|name| {
        has("POST", format!("/v1/{name}")) && has("PATCH", format!("/v1/{name}/{{id}}")) && has("GET", format!("/v1/{name}/{{id}}/history"))
    });
    names.map(str::to_owned).collect()
}

/// The operation that answers `method path`.
pub fn operation_of(method: &str, path: &str) -> Option<&'static Operation> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let method = if method == "HEAD" { "GET" } else { method };
    let fits = |pattern: &str| {
        let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
        pattern.len() == path.len() && pattern.iter().zip(&path).all(|(p, s)| p == s || (p.starts_with('{') && !s.is_empty()))
    };
    // Of `/mous/batch` and `/mous/{id}`, the one without members is meant.
    let mut fitting: Vec<&Operation> = operations().iter().filter(|operation| fits(&operation.path)).collect();
    fitting.sort_by_key(|operation| operation.path.matches('{').count());
    let meant = fitting.first()?.path.clone();
    fitting.into_iter().find(|operation| operation.path == meant && operation.method == method)
}

/// Panics when `response` is not what the document promises of `method path`.
#[track_caller]
pub fn check(method: &str, path: &str, response: &Response) {
    let what = format!("{method} {path}: {} {}", response.status, response.text.chars().take(2_000).collect::<String>());
    if path.starts_with("/docs") {
        return;
    }
    let content_type = response.header("Content-Type").unwrap_or_default();
    if response.status >= 400 {
        assert_eq!(content_type, "application/problem+json", "{what}");
        if method != "HEAD" {
            let problem = response.json();
            conforms(&problem, schema("Problem"), &what, false);
            assert_eq!(problem["status"].as_u64(), Some(u64::from(response.status)), "{what}");
            assert_eq!(problem["request_id"].as_str(), response.header("X-Request-Id"), "{what}");
            let word = problem["code"].as_str().unwrap_or_default();
            assert_eq!(problem["type"], format!("urn:cungcau:problem:{word}"), "{what}");
        }
    }
    let Some(operation) = operation_of(method, path) else {
        assert!(matches!(response.status, 404..=406), "the document has no such operation: {what}");
        return;
    };
    let promised = operation.answer(response.status);
    assert!(promised.is_object(), "{} does not promise {}: {what}", operation.id, response.status);
    check_headers(promised, response, &what);
    if response.status >= 400 && method != "HEAD" {
        let (media, code) = (&promised["content"]["application/problem+json"], response.problem_code());
        assert!(media["examples"][code.as_str()].is_object(), "{} does not promise {code}: {what}", operation.id);
    }
    if response.status >= 400 || method == "HEAD" {
        return;
    }
    match promised["content"].as_object().and_then(|content| content.iter().next()) {
        None => assert!(response.text.is_empty(), "{what}"),
        Some((media, content)) => {
            assert_eq!(content_type.split(';').next(), Some(media.as_str()), "{what}");
            if media == "application/json" && content["schema"].get("$ref").is_some() {
                conforms(&response.json(), &content["schema"], &what, path.contains("fields="));
            }
        }
    }
}

/// Headers that are no promise of one operation: those of the connection and of the body, and those that keep browsers in check.
const OF_EVERY_SERVER: [&str; 14] = [
    "access-control-expose-headers",
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-resource-policy",
    "date",
    "keep-alive",
    "referrer-policy",
    "strict-transport-security",
    "transfer-encoding",
    "x-content-type-options",
    "x-frame-options",
    "x-robots-tag",
];

#[track_caller]
fn check_headers(promised: &'static Value, response: &Response, what: &str) {
    assert_eq!(response.header("X-Content-Type-Options"), Some("nosniff"), "{what}");
    let promised = promised["headers"].as_object().unwrap();
    for (name, header) in promised {
        let value = response.header(name);
        assert!(value.is_some() || component(header)["required"] != true, "no {name}: {what}");
    }
    for name in response.headers.keys().filter(|name| !OF_EVERY_SERVER.contains(&name.as_str())) {
        assert!(promised.keys().any(|known| known.eq_ignore_ascii_case(name.as_str())), "{name} is not promised: {what}");
    }
    if matches!(response.status, 401 | 403) {
        assert!(response.header("WWW-Authenticate").is_some(), "{what}");
    }
    if matches!(response.status, 429 | 503) {
        assert!(response.header("Retry-After").is_some(), "{what}");
    }
}

/// What `value` refers to, or itself.
pub fn component(value: &'static Value) -> &'static Value {
    let Some(path) = value["$ref"].as_str() else { return value };
    let found = document().pointer(path.strip_prefix('#').unwrap());
    found.unwrap_or_else(|| panic!("the document has no {path}"))
}

/// The schema of this name.
pub fn schema(name: &str) -> &'static Value {
    let found = &document()["components"]["schemas"][name];
    assert!(found.is_object(), "the document has no schema {name}");
    found
}

/// The schema that `schema` refers to, or itself; of "this or null", this.
pub fn resolve(schema: &'static Value) -> &'static Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return resolve(self::schema(name));
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let choices: Vec<&Value> = choices.iter().filter(|choice| choice["type"] != "null").collect();
        if let [only] = choices.as_slice() {
            return resolve(only);
        }
    }
    schema
}

/// The members of an object's schema, through `allOf` and references.
pub fn members(schema: &'static Value) -> BTreeMap<&'static str, &'static Value> {
    let schema = resolve(schema);
    let mut found: BTreeMap<&str, &Value> = BTreeMap::new();
    if let Some(properties) = schema["properties"].as_object() {
        found.extend(properties.iter().map(|(name, schema)| (name.as_str(), schema)));
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        found.extend(members(part));
    }
    found
}

const KNOWN: [&str; 21] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "description",
    "enum",
    "example",
    "examples",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "oneOf",
    "pattern",
    "properties",
    "required",
];

/// Panics when `value` does not fit `schema`, or has a member that the schema doesn't name. With `partial`
/// members may be missing, as `fields=` has it.
#[track_caller]
pub fn conforms(value: &Value, schema: &'static Value, what: &str, partial: bool) {
    let mut faults = Vec::new();
    validate(value, schema, "", partial, &mut faults);
    assert!(faults.is_empty(), "{faults:#?}\n{what}");
}

fn validate(value: &Value, schema: &'static Value, at: &str, partial: bool, faults: &mut Vec<String>) {
    unknown_members(value, schema, at, faults);
    validate_part(value, schema, at, partial, faults);
}

/// Everything but members that the schema does not name: a part of `allOf` doesn't name those of the others.
fn validate_part(value: &Value, schema: &'static Value, at: &str, partial: bool, faults: &mut Vec<String>) {
    let Some(object) = schema.as_object() else { return };
    for keyword in object.keys().filter(|keyword| *keyword != "type" && !KNOWN.contains(&keyword.as_str())) {
        faults.push(format!("{at}: the validator does not know the keyword {keyword}"));
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        validate_part(value, self::schema(name), at, partial, faults);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        validate_part(value, part, at, partial, faults);
    }
    for keyword in ["oneOf", "anyOf"] {
        let Some(choices) = schema[keyword].as_array() else { continue };
        let tried: Vec<Vec<String>> = choices
            .iter()
            .map(|choice| {
                let mut faults = Vec::new();
                validate(value, choice, at, partial, &mut faults);
                faults
            })
            .collect();
        let fitting = tried.iter().filter(|faults| faults.is_empty()).count();
        if fitting == 0 || keyword == "oneOf" && fitting > 1 {
            faults.push(format!("{at}: {value} fits {fitting} of the choices: {tried:?}"));
        }
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|one| is_of_type(value, one)) {
        faults.push(format!("{at}: {value} is not {types:?}"));
        return;
    }
    if schema["enum"].as_array().is_some_and(|allowed| !allowed.contains(value)) {
        faults.push(format!("{at}: {value} is not one of {}", schema["enum"]));
    }
    match value {
        Value::String(text) => validate_text(text, schema, at, faults),
        Value::Number(number) => {
            let outside = |limit: &str, beyond: fn(f64, f64) -> bool| {
                schema[limit].as_f64().zip(number.as_f64()).is_some_and(|(limit, number)| beyond(number, limit))
            };
            if outside("minimum", |number, limit| number < limit) || outside("maximum", |number, limit| number > limit) {
                faults.push(format!("{at}: {value} is out of range"));
            }
        }
        Value::Array(items) => {
            let n = items.len() as u64;
            if schema["maxItems"].as_u64().is_some_and(|most| n > most) || schema["minItems"].as_u64().is_some_and(|least| n < least) {
                faults.push(format!("{at}: {n} items"));
            }
            for (index, item) in items.iter().enumerate() {
                validate(item, &schema["items"], &format!("{at}/{index}"), partial, faults);
            }
        }
        Value::Object(object) => {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !partial && !object.contains_key(name) {
                    faults.push(format!("{at}: {name} is missing"));
                }
            }
            for (name, value) in object {
                if let Some(schema) = schema["properties"].get(name) {
                    validate(value, schema, &format!("{at}/{name}"), partial, faults);
                }
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// A text's length and format.
fn validate_text(text: &str, schema: &'static Value, at: &str, faults: &mut Vec<String>) {
    let length = text.chars().count() as u64;
    if schema["maxLength"].as_u64().is_some_and(|most| length > most) || schema["minLength"].as_u64().is_some_and(|least| length < least) {
        faults.push(format!("{at}: {text:?} has {length} characters"));
    }
    let well_formed = match schema["format"].as_str() {
        Some("date") => text.parse::<chrono::NaiveDate>().is_ok_and(|day| day.to_string() == text),
        Some("date-time") => chrono::DateTime::parse_from_rfc3339(text).is_ok() && text.ends_with('Z'),
        _ => true,
    };
    if !well_formed {
        faults.push(format!("{at}: {text:?} has another format"));
    }
}

fn unknown_members(value: &Value, schema: &'static Value, at: &str, faults: &mut Vec<String>) {
    // A problem may have members of its own, as RFC 9457 allows.
    if std::ptr::eq(resolve(schema), self::schema("Problem")) || schema["additionalProperties"].as_bool() == Some(true) {
        return;
    }
    let known = members(schema);
    if known.is_empty() {
        return;
    }
    for name in value.as_object().into_iter().flat_map(|object| object.keys()) {
        if !known.contains_key(name.as_str()) {
            faults.push(format!("{at}: the document has no member {name}"));
        }
    }
}

fn is_of_type(value: &Value, word: &str) -> bool {
    match word {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}
