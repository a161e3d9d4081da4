//! The entry of the one list of routes: it yields the router and the API document.

use super::body::Media;
use super::collection::{Collection, Spec};
use super::collection_handlers as handlers;
use super::query::{Kind, Param, param};
use crate::error::{Code, Problem, text};
use actix_web::dev::HttpServiceFactory;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Resource, Scope, guard, middleware};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Schemas of the document by name.
pub type Schemas = BTreeMap<String, RefOr<Schema>>;

/// An operation: where it is, what runs it, and how it is described.
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path with `{members}`.
    pub path: String,
    /// Operation id, in the document and in the access table.
    pub operation: &'static str,
    /// Makes actix's route; called once for each worker.
    pub handler: fn() -> actix_web::Route,
    /// Description.
    pub doc: Doc,
}

/// Description of an operation.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a header that an operation has or has not")]
pub struct Doc {
    /// One line.
    pub summary: String,
    /// What it promises.
    pub description: String,
    /// Group in the document.
    pub tag: &'static str,
    /// Query parameters.
    pub params: Vec<Param>,
    /// Takes `If-Match`.
    pub if_match: bool,
    /// Compares `If-Match` when it is sent, and does without.
    pub may_if_match: bool,
    /// Takes `Idempotency-Key`.
    pub idempotency_key: bool,
    /// Takes `If-None-Match`.
    pub if_none_match: bool,
    /// Answered from memory: says how long it took, and whether the database was away.
    pub from_memory: bool,
    /// Body: media type, schema name, example.
    pub body: Option<(Media, String, Value)>,
    /// Answers of success: status, media type, schema name, example.
    pub answers: Vec<(u16, &'static str, Option<String>, Option<Value>)>,
    /// Problems beside those that every operation has.
    pub problems: Vec<Code>,
    /// Adds its schemas.
    pub schemas: Vec<fn(&mut Schemas)>,
}

/// Adds `T` and what it refers to.
pub fn schema_of<T: ToSchema>(schemas: &mut Schemas) {
    let mut found = Vec::new();
    T::schemas(&mut found);
    schemas.extend(found);
    schemas.insert(T::name().into_owned(), <T as PartialSchema>::schema());
}

/// The parameter `sort` of a list.
pub fn sort_param(spec: &Spec) -> Param {
    param("sort", Kind::Word(spec.sorts), "Order of the items; `-` sorts downwards.")
}

/// The operations that every collection has.
#[expect(clippy::too_many_lines, reason = "a table, one entry an operation")]
pub fn collection_routes<C: Collection>() -> Vec<Route> {
    let spec = C::SPEC;
    let ops = spec.operations;
    let base = format!("/v1/{}", spec.name);
    let noun = spec.noun;
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    let new = || C::New::name().into_owned();
    let view = || C::View::name().into_owned();
    let patch = || format!("{}Patch", view());
    let example = || (spec.example)();
    let with = |params: &[&[Param]]| -> Vec<Param> { params.iter().flat_map(|list| list.iter().copied()).collect() };
    let changing = |description: &str| match C::CHANGES_REFUSED {
        None => description.to_owned(),
        Some(refused) => format!("{description} {refused}"),
    };
    let route = |method: Method, path: String, operation, handler, doc: Doc| Route {
        method,
        path,
        operation,
        handler,
        doc: Doc { tag: spec.name, ..doc },
    };
    let view_schema: Vec<fn(&mut Schemas)> = vec![schema_of::<C::View>];
    let new_schema: Vec<fn(&mut Schemas)> = vec![schema_of::<C::New>, schema_of::<C::View>];
    let write_problems = vec![
        Code::Unauthenticated,
        Code::Forbidden,
        Code::NotFound,
        Code::AlreadyExists,
        Code::BodyTooLarge,
        Code::UnsupportedMediaType,
        Code::Invalid,
        Code::RequestTimeout,
    ];
    let with_precondition: Vec<Code> =
        write_problems.iter().copied().chain([Code::PreconditionFailed, Code::PreconditionRequired, Code::InUse]).collect();
    vec![
        route(
            Method::GET,
            base.clone(),
            ops.list,
            || get_route().to(handlers::list::<C>),
            Doc {
                summary: format!("List {}", spec.name.replace('-', " ")),
                description: format!("{} Items come in pages; follow `next_cursor` until it is null.", spec.description),
                params: with(&[spec.filters, &[sort_param(&spec)], handlers::LIST_PARAMS]),
                answers: vec![(200, "application/json", Some(format!("{}Page", view())), None)],
                schemas: view_schema.clone(),
                problems: vec![Code::Unauthenticated],
                ..Doc::default()
            },
        ),
        route(
            Method::POST,
            base.clone(),
            ops.create,
            || web::post().to(handlers::create::<C>),
            Doc {
                summary: format!("Register a new {noun}"),
                description: format!("{} The answer is the stored record, with its address in `Location`.", spec.description),
                params: handlers::WRITE_PARAMS.to_vec(),
                idempotency_key: true,
                body: Some((Media::Json, new(), example())),
                answers: vec![(201, "application/json", Some(view()), None), (200, "application/json", Some(view()), None)],
                schemas: new_schema.clone(),
                problems: write_problems.clone(),
                ..Doc::default()
            },
        ),
        route(
            Method::POST,
            format!("{base}/batch"),
            ops.batch,
            || web::post().to(handlers::batch::<C>),
            Doc {
                summary: format!("Register up to 1,000 {} at once", spec.name.replace('-', " ")),
                description: "All in one transaction, with one result for each item in the order of the items. With `on_error=rollback` (unless given) one bad item keeps all out and every fault is named; with `on_error=skip` the good ones are kept. A batch that is rolled back is 422 `invalid` whatever its items lack, with the code of each in `results`.".into(),
                params: handlers::BATCH_PARAMS.to_vec(),
                idempotency_key: true,
                body: Some((Media::Json, format!("{}Batch", view()), json!({"items": [example()]}))),
                answers: vec![(200, "application/json", Some("BatchResult".into()), None)],
                schemas: new_schema.clone(),
                problems: write_problems.clone(),
                ..Doc::default()
            },
        ),
        route(
            Method::GET,
            format!("{base}/by-ref/{{source}}/{{ref}}"),
            ops.get_by_ref,
            || get_route().to(handlers::get_by_ref::<C>),
            Doc {
                summary: format!("Read {article} {noun} by a script's own key"),
                description: "The record that was put under this source and reference; its address is in `Content-Location`.".into(),
                params: handlers::GET_PARAMS.to_vec(),
                if_none_match: true,
                answers: vec![(200, "application/json", Some(view()), None), (304, "", None, None)],
                schemas: view_schema.clone(),
                problems: vec![Code::Unauthenticated, Code::NotFound],
                ..Doc::default()
            },
        ),
        route(
            Method::PUT,
            format!("{base}/by-ref/{{source}}/{{ref}}"),
            ops.put_by_ref,
            || web::put().to(handlers::put_by_ref::<C>),
            Doc {
                summary: format!("Create or replace {article} {noun} under a script's own key"),
                description: changing("For scripts that run again and again: the first call makes the record, later ones replace it, and one that changes nothing makes no new version. `If-None-Match: *` only creates; `If-Match`, where it is sent, only replaces what was read."),
                params: handlers::WRITE_PARAMS.to_vec(),
                if_none_match: true,
                may_if_match: true,
                body: Some((Media::Json, new(), example())),
                answers: vec![(201, "application/json", Some(view()), None), (200, "application/json", Some(view()), None)],
                schemas: new_schema.clone(),
                problems: write_problems
                    .iter()
                    .copied()
                    .chain([Code::PreconditionFailed, Code::NotEditable])
                    .chain(C::CHANGES_REFUSED.map(|_| Code::InUse))
                    .collect(),
                ..Doc::default()
            },
        ),
        route(
            Method::GET,
            format!("{base}/{{id}}"),
            ops.get,
            || get_route().to(handlers::get::<C>),
            Doc {
                summary: format!("Read {article} {noun}"),
                description: spec.description.into(),
                params: handlers::GET_PARAMS.to_vec(),
                if_none_match: true,
                answers: vec![(200, "application/json", Some(view()), None), (304, "", None, None)],
                schemas: view_schema,
                problems: vec![Code::Unauthenticated, Code::NotFound],
                ..Doc::default()
            },
        ),
        route(
            Method::PATCH,
            format!("{base}/{{id}}"),
            ops.patch,
            || web::patch().to(handlers::patch::<C>),
            Doc {
                summary: format!("Change {article} {noun}"),
                description: changing(
                    "JSON merge patch (RFC 7396): members that are given replace, null removes; the result is checked as a whole.",
                ),
                params: handlers::WRITE_PARAMS.to_vec(),
                if_match: true,
                body: Some((Media::MergePatch, patch(), json!({}))),
                answers: vec![(200, "application/json", Some(view()), None)],
                schemas: new_schema,
                problems: with_precondition.iter().copied().chain([Code::NotEditable]).collect(),
                ..Doc::default()
            },
        ),
        route(
            Method::DELETE,
            format!("{base}/{{id}}"),
            ops.delete,
            || web::delete().to(handlers::delete::<C>),
            Doc {
                summary: format!("Delete {article} {noun}"),
                description: "Where other records refer to it: 409 with the list of them. The change log keeps a tombstone.".into(),
                params: handlers::DELETE_PARAMS.to_vec(),
                if_match: true,
                answers: vec![(204, "", None, None)],
                problems: with_precondition.iter().copied().chain([Code::NotEditable]).collect(),
                ..Doc::default()
            },
        ),
        route(
            Method::GET,
            format!("{base}/{{id}}/history"),
            ops.history,
            || get_route().to(handlers::history::<C>),
            Doc {
                summary: format!("Every version of {article} {noun}"),
                description: "Who changed what and when, oldest first; a deletion is the last entry.".into(),
                params: handlers::HISTORY_PARAMS.to_vec(),
                answers: vec![(200, "application/json", Some("HistoryPage".into()), None)],
                schemas: vec![schema_of::<crate::log::HistoryEntry>],
                problems: vec![Code::Unauthenticated, Code::NotFound],
                ..Doc::default()
            },
        ),
    ]
}

/// A route for GET, and for HEAD, which every GET here answers too.
pub fn get_route() -> actix_web::Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// Registers `routes`: one resource a path, each with a 405 that names its methods, and a 404 for the rest.
pub fn register(config: &mut ServiceConfig, routes: &[Route]) {
    let mut paths: Vec<&str> = Vec::new();
    for route in routes {
        if !paths.contains(&route.path.as_str()) {
            paths.push(&route.path);
        }
    }
    // Paths without members first: they are compared as they stand, before any pattern is tried, and none hides another.
    let (patterns, whole): (Vec<&str>, Vec<&str>) = paths.into_iter().partition(|path| path.contains('{'));
    for path in whole {
        config.service(resource(path, path, routes));
    }
    // The patterns of a collection stand together behind its path: one after the other is tried, and there are many.
    let mut collections: Vec<&str> = Vec::new();
    for path in &patterns {
        if !collections.contains(&collection(path)) {
            collections.push(collection(path));
        }
    }
    for prefix in collections {
        let of_it = patterns.iter().filter(|path| collection(path) == prefix);
        let resources = of_it.filter_map(|path| Some(resource(path.strip_prefix(prefix)?, path, routes)));
        config.service(resources.fold(web::scope(prefix), Scope::service));
    }
    config.default_service(
        web::route()
            .to(async || Err::<actix_web::HttpResponse, Problem>(Problem::not_found()))
            .wrap(middleware::from_fn(super::edge::edge)),
    );
}

/// The first two segments of a path, such as `/v1/demands`, or those before its first member.
fn collection(path: &str) -> &str {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    let before_member = path.find("/{").unwrap_or(path.len());
    ends.skip(1).take_while(|end| *end <= before_member).take(2).last().and_then(|end| path.get(..end)).unwrap_or_default()
}

/// The resource of `path`, which stands at `pattern` where it is registered.
fn resource(pattern: &str, path: &str, routes: &[Route]) -> impl HttpServiceFactory + use<> {
    let mut resource = web::resource(pattern);
    let mut methods: Vec<&str> = Vec::new();
    for route in routes.iter().filter(|route| route.path == path) {
        methods.push(route.method.as_str());
        if route.method == Method::GET {
            methods.push("HEAD");
        }
        resource = resource.route((route.handler)());
    }
    with_405(resource, methods.join(", ")).wrap(middleware::from_fn(super::edge::edge))
}

/// `resource`, which answers a method that it has no route for with a 405 that names those in `allow`.
pub fn with_405(resource: Resource, allow: String) -> Resource {
    resource.default_service(web::to(move || {
        let allow = allow.clone();
        async move {
            let problem =
                Problem::new(Code::MethodNotAllowed, text(format!("This path takes {allow}."), format!("Đường dẫn này nhận {allow}.")));
            Err::<actix_web::HttpResponse, Problem>(problem.with_header("Allow", allow))
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_together_by_collection() {
        for (path, expected) in [
            ("/v1/demands/{id}", "/v1/demands"),
            ("/v1/demands/{id}/matches/{offer}", "/v1/demands"),
            ("/v1/organisations/by-ref/{source}/{ref}", "/v1/organisations"),
            ("/docs/{file}", "/docs"),
            ("/{file}", ""),
        ] {
            assert_eq!(collection(path), expected, "{path}");
        }
    }
}
