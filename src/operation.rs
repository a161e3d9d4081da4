//! How the service is: `/healthz`, `/readyz`, `/metrics`, `/openapi.json`.
//!
//! Where operators have a door of their own, the public one has no `/metrics`, and its `/readyz` says whether and no more.

use crate::app::{App, routes as all_routes};
use crate::db::{is_current, not_ready};
use crate::error::{Code, Problem, Result};
use crate::http::auth::{Operation, Permitted, operation};
use crate::http::document::document;
use crate::http::route::{Doc, Route, Schemas, get_route, schema_of};
use crate::indexing::not_built;
use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::Data;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

operation!(GetHealth = "get_health", Memory);
operation!(GetReadiness = "get_readiness");
operation!(GetMetrics = "get_metrics", Memory);
operation!(GetOpenapi = "get_openapi", Memory);

/// How a check went.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    pub status: String,
    /// Version of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Position in the change log that the market index has come to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 41)]
    pub index_position: Option<i64>,
    /// Seconds since the market index was last known to be in step with the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0)]
    pub index_age_seconds: Option<u64>,
}

impl Health {
    fn ok() -> Self {
        Self { status: "ok".into(), version: None, index_position: None, index_age_seconds: None }
    }
}

/// `routes` for everybody, where operators have a door of their own.
pub fn without_details(mut routes: Vec<Route>) -> Vec<Route> {
    routes.retain(|route| route.operation != GetMetrics::ID);
    for route in routes.iter_mut().filter(|route| route.operation == GetReadiness::ID) {
        route.handler = || get_route().to(get_readiness_in_a_word);
    }
    routes
}

/// Those of `routes` that are at the operators' door.
pub fn of_operators(mut routes: Vec<Route>) -> Vec<Route> {
    routes.retain(|route| [GetHealth::ID, GetReadiness::ID, GetMetrics::ID].contains(&route.operation));
    routes
}

/// Routes of operation.
pub fn routes() -> Vec<Route> {
    let route = |path: &str,
                 operation,
                 handler,
                 summary: &str,
                 description: &str,
                 media: &'static str,
                 schema: Option<&str>,
                 schemas: Vec<fn(&mut Schemas)>,
                 problems: Vec<Code>| Route {
        method: Method::GET,
        path: path.into(),
        operation,
        handler,
        doc: Doc {
            summary: summary.into(),
            description: description.into(),
            tag: "operation",
            answers: vec![(200, media, schema.map(Into::into), schema.map(|_| json!({"status": "ok"})))],
            schemas,
            problems,
            ..Doc::default()
        },
    };
    vec![
        route(
            "/healthz",
            "get_health",
            || get_route().to(get_health),
            "Is the process alive",
            "200 as long as the process answers; asks nothing of the database.",
            "application/json",
            Some("Health"),
            vec![schema_of::<Health>],
            vec![],
        ),
        route(
            "/readyz",
            "get_readiness",
            || get_route().to(get_readiness),
            "Can the process serve",
            "200 when the market index is built, the database answers, its schema is the one this program knows, and the process is not stopping; 503 otherwise. How the index stands, and why not, is told to operators alone where they have an address of their own.",
            "application/json",
            Some("Health"),
            vec![schema_of::<Health>],
            vec![Code::Unavailable],
        ),
        route(
            "/metrics",
            "get_metrics",
            || get_route().to(get_metrics),
            "Counters for Prometheus",
            "Prometheus text format 0.0.4. 404 where operators have an address of their own.",
            "text/plain",
            None,
            vec![],
            vec![Code::NotFound],
        ),
        route(
            "/openapi.json",
            "get_openapi",
            || get_route().to(get_openapi),
            "This document",
            "OpenAPI 3.1, made from the same list as the router.",
            "application/json",
            None,
            vec![],
            vec![],
        ),
    ]
}

async fn get_health(_: Permitted<GetHealth>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(Health::ok()))
}

async fn get_readiness(_: Permitted<GetReadiness>, app: Data<App>) -> Result<HttpResponse> {
    check_readiness(&app).await?;
    let state = app.index.state();
    Ok(HttpResponse::Ok().json(Health {
        version: Some(env!("CARGO_PKG_VERSION").into()),
        index_position: Some(state.position),
        index_age_seconds: Some(state.age.as_secs()),
        ..Health::ok()
    }))
}

async fn get_readiness_in_a_word(_: Permitted<GetReadiness>, app: Data<App>) -> Result<HttpResponse> {
    match check_readiness(&app).await {
        Ok(()) => Ok(HttpResponse::Ok().json(Health::ok())),
        Err(problem) => {
            tracing::warn!(cause = %problem, "not ready");
            Err(not_ready("Not ready.", "Chưa sẵn sàng."))
        }
    }
}

/// Whether the process can serve; why not, otherwise.
async fn check_readiness(app: &App) -> Result<()> {
    if app.is_draining() {
        return Err(not_ready("The process is stopping.", "Tiến trình đang dừng."));
    }
    if !app.index.is_built() {
        return Err(not_built());
    }
    let current = app.store.read_at_once(|db| is_current(db).map_err(|error| Problem::unavailable(error.to_string()))).await?;
    if current {
        Ok(())
    } else {
        Err(not_ready("The database's schema is not up to date.", "Lược đồ cơ sở dữ liệu chưa được cập nhật."))
    }
}

async fn get_metrics(_: Permitted<GetMetrics>, app: Data<App>) -> Result<HttpResponse> {
    app.metrics.index(app.index.state(), app.index.sizes());
    if let Some((issuer, Some(age))) = app.people.as_ref().map(|people| (people.issuer(), people.age_of_keys())) {
        app.metrics.provider(issuer, age);
    }
    app.metrics.turned_away(&app.all_turned_away());
    let text = app.metrics.text().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}

async fn get_openapi(_: Permitted<GetOpenapi>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().content_type("application/json").body(document(&all_routes())))
}
