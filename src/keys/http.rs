//! `/v1/keys`: made, listed, replaced and revoked. A key itself is shown once, when it is made.

use super::model::{Key, KeyRequest, KeyRevocation, KeyRotation, KeyStatus, KeyView, MadeKey, NewKey};
use super::{KeyText, rules, store};
use crate::access::{Permit, Role};
use crate::app::App;
use crate::check;
use crate::db::Db;
use crate::error::{Code, Faults, Problem, Result};
use crate::http::answer::Answer;
use crate::http::auth::{Permitted, operation};
use crate::http::body::Media;
use crate::http::etag::is_not_modified;
use crate::http::idempotency::IdempotencyKey;
use crate::http::page::{After, Page, seal};
use crate::http::posted::Posted;
use crate::http::query::{Args, CURSOR, Kind, LIMIT, Param, VALIDATE_ONLY, param};
use crate::http::route::{Doc, Route, get_route, schema_of};
use crate::http::{Context, path_member};
use crate::log::Tx;
use actix_web::http::{Method, header};
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use parking_lot::Mutex;
use serde_json::json;
use std::sync::Arc;

operation!(ListKeys = "list_keys");
operation!(GetKey = "get_key");
operation!(CreateKey = "create_key");
operation!(RotateKey = "rotate_key");
operation!(RevokeKey = "revoke_key");

const FILTERS: &[Param] = &[
    param("role", Kind::Word(Role::WORDS), "Of this role."),
    param("organisation", Kind::Id, "Acting for this organisation."),
    param("status", Kind::Word(KeyStatus::WORDS), "In this status now."),
];
const SORTS: &[&str] = &["created", "-created"];
const SORT: Param = param("sort", Kind::Word(SORTS), "Order of the items; `-` sorts downwards.");
/// Days that a key lives unless asked otherwise.
const DAYS: i64 = 365;
/// Hours that a replaced key goes on unless asked otherwise.
const OVERLAP_HOURS: i64 = 24;

/// Routes of the keys.
#[expect(clippy::too_many_lines, reason = "a table, one entry an operation")]
pub fn routes() -> Vec<Route> {
    let route = |method, path: &str, operation, handler, doc: Doc| Route {
        method,
        path: path.into(),
        operation,
        handler,
        doc: Doc { tag: "keys", ..doc },
    };
    let writing = || {
        vec![Code::Unauthenticated, Code::Forbidden, Code::BodyTooLarge, Code::UnsupportedMediaType, Code::Invalid, Code::RequestTimeout]
    };
    let of_one = || writing().into_iter().chain([Code::NotFound, Code::IllegalTransition]).collect();
    vec![
        route(
            Method::GET,
            "/v1/keys",
            "list_keys",
            || get_route().to(list),
            Doc {
                summary: "List keys".into(),
                description: "How each begins and ends, what it may do, how it stands and when it was used last, to the minute; never a key itself.".into(),
                params: FILTERS.iter().copied().chain([SORT, LIMIT, CURSOR]).collect(),
                answers: vec![(200, "application/json", Some("KeyViewPage".into()), None)],
                problems: vec![Code::Unauthenticated, Code::Forbidden],
                schemas: vec![schema_of::<KeyView>],
                ..Doc::default()
            },
        ),
        route(
            Method::POST,
            "/v1/keys",
            "create_key",
            || web::post().to(create),
            Doc {
                summary: "Make a key".into(),
                description: "The answer shows the key this once; the register keeps its digest alone. A repeated request with the same `Idempotency-Key` makes no second key and does not show the first again. Whose key has scopes gives none that it lacks itself (403).".into(),
                params: vec![VALIDATE_ONLY],
                idempotency_key: true,
                body: Some((Media::Json, "NewKey".into(), json!({"name": "Ứng dụng mua hàng (minh họa)", "role": "auditor", "scopes": ["offers:read", "products:read"], "days": 90}))),
                answers: vec![(201, "application/json", Some("MadeKey".into()), None), (200, "application/json", Some("MadeKey".into()), None)],
                problems: writing(),
                schemas: vec![schema_of::<NewKey>, schema_of::<MadeKey>],
                ..Doc::default()
            },
        ),
        route(
            Method::GET,
            "/v1/keys/{id}",
            "get_key",
            || get_route().to(get),
            Doc {
                summary: "Read a key".into(),
                description: "What a key may do and how it stands; a key may read its own.".into(),
                if_none_match: true,
                answers: vec![(200, "application/json", Some("KeyView".into()), None), (304, "", None, None)],
                problems: vec![Code::Unauthenticated, Code::Forbidden, Code::NotFound],
                schemas: vec![schema_of::<KeyView>],
                ..Doc::default()
            },
        ),
        route(
            Method::POST,
            "/v1/keys/{id}/rotate",
            "rotate_key",
            || web::post().to(rotate),
            Doc {
                summary: "Replace a key".into(),
                description: "Makes a key that may do the same and lives as long, and ends the old one after the overlap; a key may replace itself, but for an auditor's, which writes nothing, and one whose scopes leave `keys:write` out: these an administrator replaces. The answer shows the new key this once.".into(),
                params: vec![VALIDATE_ONLY],
                idempotency_key: true,
                body: Some((Media::Json, "KeyRotation".into(), json!({"overlap_hours": 24}))),
                answers: vec![(201, "application/json", Some("MadeKey".into()), None), (200, "application/json", Some("MadeKey".into()), None)],
                problems: of_one(),
                schemas: vec![schema_of::<KeyRotation>, schema_of::<MadeKey>],
                ..Doc::default()
            },
        ),
        route(
            Method::POST,
            "/v1/keys/{id}/revoke",
            "revoke_key",
            || web::post().to(revoke),
            Doc {
                summary: "Revoke a key".into(),
                description: "From now on it opens nothing, on every process within five seconds, and neither do the keys that it has made to replace it (unless `keep_successors` is true): who stole it has stolen them. What an administrator made to replace it goes on. Final; revoking it again changes nothing.".into(),
                params: vec![VALIDATE_ONLY],
                idempotency_key: true,
                body: Some((Media::Json, "KeyRevocation".into(), json!({"reason": "Máy tính bị mất"}))),
                answers: vec![(200, "application/json", Some("KeyView".into()), None)],
                problems: of_one(),
                schemas: vec![schema_of::<KeyRevocation>, schema_of::<KeyView>],
                ..Doc::default()
            },
        ),
    ]
}

async fn list(permit: Permitted<ListKeys>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[FILTERS, &[SORT, LIMIT, CURSOR]])?;
    let page = Page::read(&args, SORTS, "keys", app.cursor_secret())?;
    let context = app.context(&permit.caller, &args);
    let secret = app.cursor_secret().to_vec();
    let body = app
        .store
        .read(move |db| {
            let mut keys = store::list(db, &args, &page, context.now)?;
            let more = page.cut(&mut keys);
            let last = keys.last().filter(|_| more);
            let next = last.map(|last| seal(&After { key: String::new(), id: last.id.clone() }, "keys", &args.fingerprint(), &secret));
            Ok(json!({"items": views(db, &keys, &context)?, "next_cursor": next}).to_string())
        })
        .await?;
    Ok(Answer::ok(body).into_response())
}

fn views(db: &mut Db, keys: &[Key], context: &Context) -> Result<Vec<KeyView>> {
    let uses = store::uses(db, &keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>())?;
    Ok(keys.iter().map(|key| key.view(uses.get(&key.id).copied(), context.now, context.as_of)).collect())
}

fn view(db: &mut Db, key: Key, context: &Context) -> Result<KeyView> {
    views(db, &[key], context)?.pop().ok_or_else(|| Problem::internal("a key without a view"))
}

/// `view` with its `ETag`: what reading the key gives, whichever operation tells it.
fn told(view: &KeyView, context: &Context) -> Result<Answer> {
    let body = serde_json::to_string(view).map_err(Problem::internal)?;
    Ok(Answer::ok(body).with_version(view.version, context))
}

/// The key of the path, where `permit` covers it.
fn permitted(db: &mut Db, id: &str, permit: &Permit) -> Result<Key> {
    let key = store::load(db, id)?.ok_or_else(Problem::not_found)?;
    permit.require(&key.owners())?;
    Ok(key)
}

async fn get(permit: Permitted<GetKey>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[])?;
    let id = path_member(&request, "id").to_owned();
    let context = app.context(&permit.caller, &args);
    let permit = permit.into_inner();
    let answer = app
        .store
        .read(move |db| {
            let key = permitted(db, &id, &permit)?;
            told(&view(db, key, &context)?, &context)
        })
        .await?;
    if let Some(tag) = answer.etag.as_deref().filter(|tag| is_not_modified(&request, tag)) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, tag)).finish());
    }
    Ok(answer.into_response())
}

async fn create(permit: Permitted<CreateKey>, app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse> {
    let Posted::<NewKey> { body: new, key, context, validate_only } =
        Posted::read(&permit.caller, &app, &request, payload, &[VALIDATE_ONLY]).await?;
    make(&app, &context, key, validate_only, move |tx| {
        let mut faults = Faults::new();
        let province_id = new.province.as_deref().and_then(|province| check::province(&mut faults, "/province", province, tx.today));
        faults.into_result()?;
        let NewKey { name, role, organisation_id, province: _, scopes, addresses, days } = new.clone();
        let request = KeyRequest { name, role, organisation_id, province_id, scopes, addresses, days: days.unwrap_or(DAYS) };
        rules::create(tx, &request)
    })
    .await
}

async fn rotate(permit: Permitted<RotateKey>, app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse> {
    let Posted::<KeyRotation> { body: rotation, key, context, validate_only } =
        Posted::read(&permit.caller, &app, &request, payload, &[VALIDATE_ONLY]).await?;
    let id = path_member(&request, "id").to_owned();
    let permit = permit.into_inner();
    let answer = make(&app, &context, key, validate_only, move |tx| {
        let old = permitted(tx.db, &id, &permit)?;
        rules::rotate(tx, &old, rotation.overlap_hours.unwrap_or(OVERLAP_HOURS))
    })
    .await;
    // The old one may have ended with it.
    app.keys.forget();
    answer
}

/// 201 with the key that `work` makes. Its text goes past the record of the answer, which is kept for repetitions.
async fn make(
    app: &App,
    context: &Context,
    key: Option<IdempotencyKey>,
    validate_only: bool,
    work: impl Fn(&mut Tx<'_>) -> Result<(Key, KeyText)> + Send + 'static,
) -> Result<HttpResponse> {
    let made: Arc<Mutex<Option<(KeyView, KeyText)>>> = Arc::default();
    let making = Arc::clone(&made);
    let answer = app
        .create_once(context, key, validate_only, move |tx, context| {
            let (key, text) = work(tx)?;
            let location = Some(format!("/v1/keys/{}", key.id));
            let view = view(tx.db, key, context)?;
            let answer = told(&view, context)?;
            *making.lock() = Some((view, text));
            Ok(if validate_only { answer } else { Answer { status: 201, location, ..answer } })
        })
        .await?;
    let shown = made.lock().take().filter(|_| !answer.replayed && !validate_only);
    let answer = match shown {
        None => answer,
        Some((view, text)) => {
            let body = serde_json::to_string(&MadeKey { view, key: Some(text.reveal().to_owned()) }).map_err(Problem::internal)?;
            Answer { body, ..answer }
        }
    };
    let mut response = answer.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn revoke(permit: Permitted<RevokeKey>, app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse> {
    let Posted::<KeyRevocation> { body: revocation, key, context, validate_only } =
        Posted::read(&permit.caller, &app, &request, payload, &[VALIDATE_ONLY]).await?;
    let id = path_member(&request, "id").to_owned();
    let permit = permit.into_inner();
    let answer = app
        .create_once(&context, key, validate_only, move |tx, context| {
            let key = permitted(tx.db, &id, &permit)?;
            let key = rules::revoke(tx, key, &revocation)?;
            told(&view(tx.db, key, context)?, context)
        })
        .await?;
    // Here at once; every other process asks again within five seconds.
    app.keys.forget();
    Ok(answer.into_response())
}
