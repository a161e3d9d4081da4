//! The API document (`OpenAPI` 3.1), made from the one list of routes.

use super::query::Param;
use super::responses;
use super::route::{Doc, Route, Schemas, schema_of};
use crate::access::table::{Rule, rule};
use crate::error::Code;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

/// The document as it is served and as `openapi/openapi.json` holds it: indented JSON with a final newline.
pub fn document(routes: &[Route]) -> String {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    DOCUMENT
        .get_or_init(|| {
            let mut text = serde_json::to_string_pretty(&build(routes)).unwrap_or_default();
            text.push('\n');
            text
        })
        .clone()
}

/// Names of the members of schema `name` in `document`, through `allOf` and references.
pub fn members(schemas: &Value, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(schemas, schemas.get(name).unwrap_or(&Value::Null), &mut found);
    found.sort();
    found.dedup();
    found
}

fn collect(schemas: &Value, schema: &Value, found: &mut Vec<String>) {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        collect(schemas, schemas.get(name).unwrap_or(&Value::Null), found);
    }
    if let Some(Value::Object(properties)) = schema.get("properties") {
        found.extend(properties.keys().cloned());
    }
    if let Some(Value::Array(parts)) = schema.get("allOf") {
        for part in parts {
            collect(schemas, part, found);
        }
    }
}

/// Schemas of all routes, as JSON.
pub fn schemas(routes: &[Route]) -> Value {
    let mut found = Schemas::new();
    for route in routes {
        route.doc.schemas.iter().for_each(|add| add(&mut found));
    }
    schema_of::<crate::log::MemberChange>(&mut found);
    let mut schemas = serde_json::to_value(&found).unwrap_or_default();
    say_sizes(&mut schemas);
    let extra = shared_schemas();
    if let (Value::Object(all), Value::Object(extra)) = (&mut schemas, extra) {
        all.extend(extra);
        for route in routes {
            derived_schemas(route, all);
        }
    }
    schemas
}

/// What utoipa leaves open: a day has ten characters wherever it stands, and a count fits 64 bits.
fn say_sizes(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(say_sizes);
            if members.get("type").is_some_and(|kind| kind == "integer") && !members.contains_key("format") {
                members.insert("format".into(), "int64".into());
            }
            if members.get("format").is_some_and(|format| format == "date") {
                members.insert("minLength".into(), 10.into());
                members.insert("maxLength".into(), 10.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(say_sizes),
        _ => {}
    }
}

fn shared_schemas() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.word()).collect();
    json!({
        "Problem": {
            "type": "object",
            "description": "What went wrong (RFC 9457). Programs switch on `code`; `detail` is for people, in Vietnamese or English by Accept-Language.",
            "required": ["type", "title", "status", "code", "detail", "request_id"],
            "properties": {
                "type": {"type": "string", "format": "uri", "examples": ["urn:cungcau:problem:invalid"]},
                "title": {"type": "string"},
                "status": {"type": "integer", "format": "int32", "minimum": 400, "maximum": 599},
                "code": {"type": "string", "enum": codes},
                "detail": {"type": "string"},
                "request_id": {"type": "string"},
                "results": {"type": "array", "description": "Of a batch that was rolled back: the code of each item, in their order.", "items": {"type": "object"}},
                "blocked_by": {"type": "array", "description": "Of `not_eligible`: the constraints that keep the two apart, each with its code and a sentence.", "items": {"type": "object"}},
                "references": {"type": "array", "description": "Of `in_use`: what refers to the record, by collection.", "items": {"type": "object"}},
                "legal": {"type": "array", "description": "Of `illegal_transition` of an MoU: where it may go from here.", "items": {"type": "string"}},
                "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}}
            }
        },
        "Fault": {
            "type": "object",
            "description": "One bad member.",
            "required": ["pointer", "code", "detail"],
            "properties": {
                "pointer": {"type": "string", "description": "JSON Pointer into the body, or ?name for a parameter of the query or the path.", "examples": ["/parties/1/organisation_id"]},
                "code": {"type": "string", "examples": ["unknown_province"]},
                "detail": {"type": "string"}
            }
        },
        "BatchResult": {
            "type": "object",
            "description": "One result for each item, in the order of the items.",
            "required": ["created", "failed", "results"],
            "properties": {
                "created": {"type": "integer", "format": "int32", "minimum": 0},
                "failed": {"type": "integer", "format": "int32", "minimum": 0},
                "results": {"type": "array", "items": {
                    "type": "object",
                    "required": ["index", "status"],
                    "properties": {
                        "index": {"type": "integer", "format": "int32", "minimum": 0},
                        "status": {"type": "integer", "format": "int32"},
                        "id": {"type": "string"},
                        "location": {"type": "string"},
                        "etag": {"type": "string"},
                        "number": {"type": ["string", "null"]},
                        "problem": {"type": "object"}
                    }
                }}
            }
        },
        "HistoryPage": page_schema("HistoryEntry")
    })
}

fn page_schema(item: &str) -> Value {
    json!({
        "type": "object",
        "required": ["items", "next_cursor"],
        "properties": {
            "items": {"type": "array", "items": {"$ref": format!("#/components/schemas/{item}")}},
            "next_cursor": {"type": ["string", "null"], "description": "Ask again with cursor= this; null on the last page."}
        }
    })
}

/// Pages, batches and patches are made from the record's own schemas.
fn derived_schemas(route: &Route, all: &mut Map<String, Value>) {
    for (_, _, schema, _) in &route.doc.answers {
        if let Some(item) = schema.as_deref().and_then(|name| name.strip_suffix("Page").or_else(|| name.strip_suffix("Answer")))
            && !all.contains_key(&format!("{item}Page"))
        {
            all.insert(format!("{item}Page"), page_schema(item));
        }
    }
    let Some((_, schema, _)) = &route.doc.body else { return };
    if let Some(view) = schema.strip_suffix("Batch") {
        let items = json!({"type": "array", "minItems": 1, "maxItems": super::BATCH_ITEMS, "items": {"$ref": format!("#/components/schemas/New{view}")}});
        all.insert(
            schema.clone(),
            json!({"type": "object", "required": ["items"], "additionalProperties": false, "properties": {"items": items}}),
        );
    }
    if let Some(view) = schema.strip_suffix("Patch")
        && let Some(Value::Object(new)) = all.get(&format!("New{view}")).cloned()
    {
        let mut patch = new;
        patch.remove("required");
        patch.insert("description".into(), "The members to change; null removes one that may be absent.".into());
        all.insert(schema.clone(), Value::Object(patch));
    }
}

fn build(routes: &[Route]) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let item = paths.entry(route.path.clone()).or_insert_with(|| json!({}));
        if let Value::Object(item) = item {
            item.insert(route.method.as_str().to_ascii_lowercase(), operation(route));
        }
    }
    let mut tags: Vec<&str> = routes.iter().map(|route| route.doc.tag).collect();
    tags.dedup();
    let (responses, headers) = responses::components(routes);
    let tags: Vec<Value> = tags.into_iter().map(|tag| json!({"name": tag, "description": tag_description(tag)})).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Cung Cầu",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Register and matchmaker of supply and demand for Vietnamese OCOP products and regional specialties.",
            "description": format!("{DESCRIPTION}\n\n{}", limits()),
            "contact": {"name": "The operator of this instance"},
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
        },
        "servers": [{"url": "/", "description": "This instance"}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas(routes),
            "responses": responses,
            "headers": headers,
            "securitySchemes": {"api_key": {"type": "http", "scheme": "bearer", "bearerFormat": "cc_live_<id>_<secret>_<checksum>", "description": "An API key, made with `cungcau keys create`; or the access token (a signed JWT) of a person, where the instance has an OpenID provider. Reading the public directory needs none."}}
        }
    })
}

const DESCRIPTION: &str = "Who can supply what, with which papers valid on which day, and which memoranda (MoUs) were signed.\n\n\
**Two times.** `as_of` is a day: what follows from dates is worked out for it. `at` is an instant: the record as the register knew it then.\n\n\
**Provinces.** Input takes a code or a name, with `@YYYY-MM-DD` for the day it is meant on; neither is a key, since seven codes changed their name in 2025. Filters find what a unit and those which it succeeded have.\n\n\
**Changes.** Read, then send the ETag as `If-Match`. Creating requests may carry an `Idempotency-Key`; scripts use `PUT …/by-ref/{source}/{ref}`.\n\n\
**Problems** are `application/problem+json` with every fault of meaning at once: 400 is form, 422 is meaning.";

/// What a request may be at most; lengths of texts and lists stand in the schemas.
fn limits() -> String {
    let (body, batch) = (super::BODY_LIMIT / 1024, super::BATCH_BODY_LIMIT / (1024 * 1024));
    let (items, depth) = (super::BATCH_ITEMS, super::body::DEPTH);
    let (arrival, answer) = (super::BODY_TIMEOUT.as_secs(), super::REQUEST_TIMEOUT.as_secs());
    format!(
        "**Share.** Each key, and each address without one, has so many tokens; `RateLimit` and `RateLimit-Policy` tell what is left, and 429 with `Retry-After` that nothing is. A read takes 1, a list or a ranking of matches 2, a change 5, a report or this document 10, the readiness of a producer 20, a batch 50. Each process counts for itself; the day of a key is counted for all together. Keys that replace one another share what one has.\n\n**Limits.** A body has at most {body} KiB, that of a batch {batch} MiB and {items} items, and {depth} levels of nesting; it arrives within {arrival} s (408) and is answered within {answer} s (503). A page has at most 100 items. No text holds a NUL. Lengths of texts and lists stand in the schemas."
    )
}

fn tag_description(tag: &str) -> &'static str {
    match tag {
        "reference" => "Provinces with their dates, OCOP product groups, kinds of certificate, units.",
        "organisations" => "Who one is: name, tax code, province, legal form.",
        "producers" => "Organisations that make products.",
        "buyers" => "Supermarkets, retail chains, distributors, processors.",
        "agencies" => "Departments and people's committees.",
        "facilities" => "Places that certificates are given to.",
        "products" => "What a producer makes.",
        "certificates" => "Dated papers: stars, food safety, schemes.",
        "star-proposals" => "Products proposed for a higher star, which never count as stars.",
        "events" => "Conferences and fairs at which MoUs are signed.",
        "mous" => "Memoranda of cooperation.",
        "offers" => "What can be supplied: how much a month, in which months, at which price.",
        "demands" => "What is needed, from when to when, and where.",
        "matches" => "Which offers serve a demand and the other way round, why, and what would mend what just misses.",
        "search" => "Names to choose from while one types; products and offers are searched at their own addresses.",
        "reports" => "Counts for reports.",
        "contacts" => "How an organisation is reached: who may see it, on which ground, until when.",
        "introductions" => "One side asks, the other accepts, and each sees the other's contacts.",
        "personal-data" => "What persons ask: everything that is held on them, and its erasure.",
        "keys" => "API keys: made, listed, replaced, revoked.",
        _ => "How the service is.",
    }
}

fn operation(route: &Route) -> Value {
    let doc = &route.doc;
    let mut parameters: Vec<Value> = path_members(&route.path)
        .map(|name| json!({"name": name, "in": "path", "required": true, "description": path_description(name), "schema": {"type": "string", "minLength": 1, "maxLength": 100}, "example": path_example(&route.path, name)}))
        .collect();
    parameters.extend(doc.params.iter().map(query_parameter));
    parameters.extend(header_parameters(doc));
    let mut operation = json!({
        "operationId": route.operation,
        "summary": doc.summary,
        "description": doc.description,
        "tags": [doc.tag],
        "parameters": parameters,
        "responses": responses::of(route),
        "security": security(route.operation),
    });
    if let (Some((media, schema, example)), Value::Object(members)) = (&doc.body, &mut operation) {
        let content = json!({media.name(): {"schema": {"$ref": format!("#/components/schemas/{schema}")}, "example": example}});
        members.insert("requestBody".into(), json!({"required": true, "content": content}));
    }
    operation
}

/// `{}` stands for "or none": an anonymous caller may.
fn security(operation: &str) -> Value {
    match rule(operation, None) {
        Some(Rule::Allow | Rule::Own | Rule::OwnElseHide) => json!([{}, {"api_key": []}]),
        _ => json!([{"api_key": []}]),
    }
}

fn path_members(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')))
}

fn path_description(name: &str) -> &'static str {
    match name {
        "id" => "Id of the record.",
        "offer" => "Id of the offer.",
        "contact" => "Id of the contact.",
        "source" => {
            "Name of the script or system that keeps its own keys: letters, digits or `.` `_` `:` `-`. All callers share these names: choose one of your own, such as your organisation's."
        }
        "ref" => "The record's key in that system: letters, digits or `.` `_` `:` `-`.",
        _ => "Code, name or id.",
    }
}

fn path_example(path: &str, name: &str) -> &'static str {
    match name {
        "id" if path.starts_with("/v1/offers/") => "ofr_01JDB3B8Q00000000000000000",
        "id" if path.starts_with("/v1/demands/") => "dmd_01JDB3B8Q00000000000000000",
        "id" if path.starts_with("/v1/products/") => "prd_01JDB3B8Q00000000000000000",
        "source" => "soc-trang-2020",
        "ref" => "row-17",
        "offer" => "ofr_01JDB3B8Q00000000000000000",
        "contact" => "cnt_01JDB3B8Q00000000000000000",
        "code" => "92",
        _ => "org_01JDB3B8Q00000000000000000",
    }
}

fn query_parameter(param: &Param) -> Value {
    json!({"name": param.name, "in": "query", "required": false, "description": param.description, "schema": param.schema(), "example": param.example()})
}

/// What `etag::IfMatch` reads.
const ETAGS: &str = r#"^(\*|"v[1-9][0-9]{0,17}(-[0-9a-z-]+)?"(, ?"v[1-9][0-9]{0,17}(-[0-9a-z-]+)?")*)$"#;

fn header_parameters(doc: &Doc) -> Vec<Value> {
    let mut list = vec![
        json!({"name": "Accept-Language", "in": "header", "required": false, "description": "Language of sentences: vi or en.", "schema": {"type": "string"}, "example": "vi"}),
    ];
    if doc.if_match {
        list.push(json!({"name": "If-Match", "in": "header", "required": true, "description": "ETag of the version that was read, or several, or `*`; 428 without it.", "schema": {"type": "string", "maxLength": 1000, "pattern": ETAGS}, "example": "\"v1-2026-11-23-o\""}));
    }
    if doc.may_if_match {
        list.push(json!({"name": "If-Match", "in": "header", "required": false, "description": "ETag of the version that was read; compared when it is sent.", "schema": {"type": "string", "maxLength": 1000, "pattern": ETAGS}, "example": "\"v1-2026-11-23-o\""}));
    }
    if doc.if_none_match {
        list.push(json!({"name": "If-None-Match", "in": "header", "required": false, "description": "ETag of a copy that one has; `*` on PUT only creates.", "schema": {"type": "string"}, "example": "\"v1-2026-11-23-p\""}));
    }
    if doc.idempotency_key {
        list.push(json!({"name": "Idempotency-Key", "in": "header", "required": false, "description": "Repeating a request with the same key repeats its answer, for seven days. An error has had no effect and is not kept: the key is free again.", "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^\"?[!#-~]([ !#-~]*[!#-~])?\"?$"}, "example": "f3b1c2d4"}));
    }
    list
}
