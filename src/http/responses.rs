//! Responses in the API document: what an operation answers, in which headers, and with which problems.
//!
//! What an operation's problems have in common stands once, under `components`: a response for each set of codes that one
//! status may stand for, with an example of each code, and every header.

use super::query::Kind;
use super::route::Route;
use crate::error::{Code, Fault, Language, Problem, text};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Every header of an answer that a caller may want to read: its name, whether each answer that names it has it, what it
/// says, and an example.
const HEADERS: &[(&str, bool, &str, &str)] = &[
    ("X-Request-Id", true, "Id of the request, as in the log: the caller's own, or one that was made.", "req_01M86782GTG80Y17X1VB1MRB0N"),
    ("Cache-Control", true, "Who may keep the answer; `no-store` where personal data is.", "no-cache"),
    ("Vary", true, "What of the request the answer depends on.", "Authorization, Accept-Language"),
    ("Content-Language", true, "Language of the sentences.", "vi"),
    (
        "RateLimit",
        false,
        "By policy, what is left (r) and seconds until all is there again (t), where the caller has a limit: tokens of the bucket of an `address` or a `key`, tokens of the `day` of a key; on 429 also wrong keys that an address may still send (`wrong-key`), and contacts of persons that a key may still be shown today (`disclosures`).",
        "\"address\";r=498;t=1",
    ),
    (
        "RateLimit-Policy",
        false,
        "The same policies: how much there is (q) and the seconds in which it comes back (w).",
        "\"address\";q=500;w=10",
    ),
    (
        "Access-Control-Allow-Origin",
        false,
        "Origin whose pages' scripts may read the answer, where the operator lets it.",
        "https://app.example.vn",
    ),
    ("ETag", false, "Version of what was answered, or on 412 of what there is: for `If-Match` and `If-None-Match`.", "\"v1-2026-11-23-p\""),
    ("Location", false, "Address of what was made; on 409 of what there is already.", "/v1/products/prd_01M86782GTG80Y17X1VB1MRB0N"),
    ("Content-Location", false, "Address of the record under its id.", "/v1/products/prd_01M86782GTG80Y17X1VB1MRB0N"),
    ("Content-Disposition", false, "Name for the file.", "attachment; filename=\"audit.csv\""),
    ("Idempotency-Replayed", false, "`true` where the answer of an earlier request with the same `Idempotency-Key` is repeated.", "true"),
    ("Server-Timing", false, "How many milliseconds the question took.", "search;dur=0.084"),
    (
        "Cungcau-Degraded",
        false,
        "The database is away and memory answers: position in the log, and age in seconds.",
        "database; position=48210; age=7",
    ),
    (
        "WWW-Authenticate",
        false,
        "How to authenticate (RFC 6750), on 403 that the key or token may not, and which scope is needed where one would do.",
        "Bearer realm=\"cungcau\"",
    ),
    ("Allow", true, "Methods of this path.", "GET, HEAD, POST"),
    ("Accept-Post", false, "Media type that is taken.", "application/json"),
    ("Accept-Patch", false, "Media type that is taken.", "application/merge-patch+json"),
    ("Retry-After", false, "Seconds after which asking again makes sense.", "1"),
];
/// What every answer has, or has where there is something to say.
const OF_ALL: &[&str] = &["X-Request-Id", "Cache-Control", "Vary", "RateLimit", "RateLimit-Policy", "Access-Control-Allow-Origin"];
/// Problems that every operation has: a key that does not hold, or is too narrow, is refused also where none is needed.
const OF_ALL_OPERATIONS: &[Code] = &[
    Code::InvalidParameter,
    Code::InvalidHeader,
    Code::Unauthenticated,
    Code::Forbidden,
    Code::MethodNotAllowed,
    Code::NotAcceptable,
    Code::TooManyRequests,
    Code::Internal,
    Code::Unavailable,
];

/// The responses of an operation by status.
pub fn of(route: &Route) -> Value {
    let doc = &route.doc;
    let mut list = Map::new();
    for (status, media, schema, example) in &doc.answers {
        let mut response = json!({"description": success(*status, route), "headers": references(of_success(*status, route))});
        if let (Some(schema), Value::Object(members)) = (schema, &mut response) {
            let mut content = json!({"schema": {"$ref": format!("#/components/schemas/{schema}")}});
            if let (Some(example), Value::Object(content)) = (example, &mut content) {
                content.insert("example".into(), example.clone());
            }
            members.insert("content".into(), json!({*media: content}));
        } else if let (false, Value::Object(members)) = (media.is_empty(), &mut response) {
            members.insert("content".into(), json!({*media: {"schema": {"type": "string"}}}));
        }
        list.insert(status.to_string(), response);
    }
    for (status, codes) in problems(route) {
        list.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{}", name(&codes))}));
    }
    Value::Object(list)
}

/// What the responses of `routes` refer to: `components/responses` and `components/headers`.
pub fn components(routes: &[Route]) -> (Value, Value) {
    let sets: BTreeMap<String, Vec<Code>> = routes.iter().flat_map(problems).map(|(_, codes)| (name(&codes), codes)).collect();
    let responses: Map<String, Value> = sets.into_iter().map(|(name, codes)| (name, problem(&codes))).collect();
    let header = |(name, always, description, example): &(&str, bool, &str, &str)| {
        ((*name).to_owned(), json!({"description": description, "required": always, "schema": {"type": "string"}, "example": example}))
    };
    (Value::Object(responses), Value::Object(HEADERS.iter().map(header).collect()))
}

fn references(names: Vec<&str>) -> Value {
    names.into_iter().map(|name| (name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")}))).collect::<Map<_, _>>().into()
}

fn success(status: u16, route: &Route) -> &'static str {
    let doc = &route.doc;
    match status {
        201 => "Stored.",
        204 => "Gone; a tombstone stays in the log.",
        304 => "The copy is current.",
        200 if route.path.ends_with("/batch") => "One result for each item; with `validate_only` as if they were stored, without ids.",
        // What is done to a record answers the record.
        200 if route.method == "POST" && doc.idempotency_key && doc.answers.iter().any(|answer| answer.0 == 201) => {
            "Checked; nothing was stored."
        }
        200 if route.method == "PUT" && doc.idempotency_key => "Checked or replaced; nothing new was made.",
        _ => "The answer.",
    }
}

/// Headers of an answer of success.
fn of_success(status: u16, route: &Route) -> Vec<&'static str> {
    let doc = &route.doc;
    let mut names = OF_ALL.to_vec();
    let is_done_to_a_record = route.method == "POST" && route.path.contains("{id}");
    let is_a_version = doc.if_match || doc.may_if_match || doc.if_none_match || doc.idempotency_key || is_done_to_a_record;
    let is_a_version = is_a_version && !route.path.ends_with("/batch");
    let is_a_record = route.method == "GET" && doc.if_none_match && status == 200;
    for (name, has) in [
        ("ETag", is_a_version && status != 204),
        ("Location", status == 201),
        ("Content-Location", is_a_record),
        ("Content-Disposition", route.path.contains("/export")),
        ("Idempotency-Replayed", doc.idempotency_key),
        ("Server-Timing", doc.from_memory),
        ("Cungcau-Degraded", doc.from_memory),
    ] {
        names.extend(has.then_some(name));
    }
    names
}

/// The codes of an operation's problems by status.
fn problems(route: &Route) -> BTreeMap<u16, Vec<Code>> {
    let doc = &route.doc;
    let of_writing = [Code::StorageFull];
    let of_bodies =
        [Code::MalformedJson, Code::InvalidBody, Code::BodyTooLarge, Code::UnsupportedMediaType, Code::Invalid, Code::RequestTimeout];
    let of_repeating = [Code::RequestRunning, Code::IdempotencyMismatch];
    let is_reading = super::door::is_reading(route.method.as_str());
    let has = |code: &Code| {
        OF_ALL_OPERATIONS.contains(code)
            || doc.problems.contains(code)
            || (!is_reading && of_writing.contains(code))
            || (doc.body.is_some() && of_bodies.contains(code))
            || (doc.idempotency_key && of_repeating.contains(code))
    };
    let mut found = BTreeMap::<u16, Vec<Code>>::new();
    for code in Code::ALL.into_iter().filter(has) {
        found.entry(code.status().as_u16()).or_default().push(code);
    }
    found
}

/// The name of the response for any of `codes`, such as `AlreadyExistsOrInUse`.
fn name(codes: &[Code]) -> String {
    let names: Vec<String> = codes.iter().map(|code| format!("{code:?}")).collect();
    names.join("Or")
}

fn problem(codes: &[Code]) -> Value {
    let titles: Vec<String> = codes.iter().map(|code| format!("{} (`{}`)", code.facts().2, code.word())).collect();
    let examples: Map<String, Value> = codes.iter().map(|code| (code.word().to_owned(), json!({"value": example(*code)}))).collect();
    let mut headers = OF_ALL.to_vec();
    headers.push("Content-Language");
    for (name, of) in [
        ("WWW-Authenticate", &[Code::Unauthenticated, Code::Forbidden][..]),
        ("Allow", &[Code::MethodNotAllowed]),
        ("Location", &[Code::AlreadyExists]),
        ("ETag", &[Code::PreconditionFailed]),
        ("Accept-Post", &[Code::UnsupportedMediaType]),
        ("Accept-Patch", &[Code::UnsupportedMediaType]),
        ("Retry-After", &[Code::TooManyRequests, Code::Unavailable, Code::RequestRunning]),
    ] {
        headers.extend(codes.iter().any(|code| of.contains(code)).then_some(name));
    }
    json!({
        "description": format!("{}.", titles.join("; ")),
        "headers": references(headers),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}}
    })
}

/// A problem of `code` as it may come.
fn example(code: Code) -> Value {
    let (_, _, title, title_vi) = code.facts();
    let problem = match code {
        Code::Invalid => Problem::invalid(vec![Fault {
            pointer: "/gtin".into(),
            code: "bad_check_digit",
            detail: text(
                "The last digit does not fit the others: one of them is mistyped.",
                "Chữ số cuối không khớp các chữ số khác: có chữ số bị gõ sai.",
            ),
        }]),
        Code::InvalidParameter => match Kind::Limit.refuse("1000") {
            Some((code, detail)) => Problem::parameter("limit", code, detail),
            None => Problem::new(code, text(title, title_vi)),
        },
        code => Problem::new(code, text(format!("{title}."), format!("{title_vi}."))),
    };
    problem.to_json(Language::Vi, Some("req_01M86782GTG80Y17X1VB1MRB0N"))
}
