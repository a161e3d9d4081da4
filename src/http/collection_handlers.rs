//! The operations that all collections share, written once for any [`Collection`].

#![expect(clippy::missing_errors_doc, reason = "every handler fails with the problem that its document lists")]

use super::answer::{Answer, pick, read_fields};
use super::auth::{Operation as OperationId, Permitted};
use super::body::{self, Media};
use super::collection::{Collection, Viewed, location};
use super::edge::language;
use super::etag::{IfMatch, etag, is_not_modified, must_not_exist, nothing_to_match, stale};
use super::idempotency::IdempotencyKey;
use super::page::{After, Page, seal};
use super::posted::Posted;
use super::query::{AS_OF, AT, Args, CURSOR, FIELDS, LIMIT, ON_ERROR, Param, VALIDATE_ONLY};
use super::refs::{find_ref, forget_refs, ref_of, store_ref};
use super::{BATCH_BODY_LIMIT, BATCH_ITEMS, BODY_LIMIT, Context, path_member};
use crate::access::columns::redact;
use crate::access::{Owners, Permit, Sight};
use crate::app::App;
use crate::clock::day_of;
use crate::db::Db;
use crate::error::{Code, Fault, Problem, Result, text};
use crate::log::{self, At, HistoryEntry, Tx};
use actix_web::http::header::IF_MATCH;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};
use std::marker::PhantomData;

macro_rules! marker {
    ($($name:ident => $field:ident),+ $(,)?) => { $(
        #[doc = concat!("`", stringify!($field), "` of collection `C`.")]
        #[derive(Debug)]
        pub struct $name<C>(PhantomData<C>);
        impl<C: Collection> OperationId for $name<C> {
            const ID: &'static str = C::SPEC.operations.$field;
        }
    )+ };
}
marker!(List => list, Create => create, Batch => batch, Get => get, Patch => patch, Delete => delete, History => history, GetByRef => get_by_ref, PutByRef => put_by_ref);

/// Query parameters of `GET /{name}/{id}`.
pub const GET_PARAMS: &[Param] = &[AS_OF, AT, FIELDS];
/// Query parameters of creating and changing operations.
pub const WRITE_PARAMS: &[Param] = &[AS_OF, VALIDATE_ONLY];
/// Query parameters of a batch.
pub const BATCH_PARAMS: &[Param] = &[ON_ERROR, VALIDATE_ONLY];
/// Query parameters of every list, beside its own filters.
pub const LIST_PARAMS: &[Param] = &[AS_OF, LIMIT, CURSOR, FIELDS];
/// Query parameters of a history.
pub const HISTORY_PARAMS: &[Param] = &[LIMIT, CURSOR];
/// Query parameters of deletion.
pub const DELETE_PARAMS: &[Param] =
    &[Param { description: "`true` does every check and keeps the record; the answer is the same 204.", ..VALIDATE_ONLY }];

/// `POST /{name}`
pub async fn create<C: Collection>(
    permit: Permitted<Create<C>>,
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let Posted::<C::New> { body: new, key, context, validate_only } =
        Posted::read(&permit.caller, &app, &request, payload, WRITE_PARAMS).await?;
    let permit = permit.into_inner();
    if key.is_some() || validate_only {
        let answer = app
            .create_once(&context, key, validate_only, move |tx, context| {
                let record = create_one::<C>(tx, &permit, new.clone())?;
                made::<C>(tx.db, record, context, validate_only)
            })
            .await?;
        return Ok(answer.into_response());
    }
    // Nothing has to be kept with the effect, so the answer is put together after the commit: other writers don't wait for it.
    let as_of = context.as_of;
    let made_now = move |tx: &mut Tx<'_>| {
        let viewed = C::create_viewed(tx, &permit, vec![new.clone()], as_of)?.pop().unwrap_or_else(|| Err(no_result()))?;
        let owners = match viewed.view {
            Some(_) => C::owners(tx.db, std::slice::from_ref(&viewed.record))?,
            None => Vec::new(),
        };
        Ok((viewed, owners))
    };
    let (Viewed { record, view }, owners) = app.write(&context, false, made_now).await?;
    let (id, version) = (C::id(&record).to_owned(), C::version(&record));
    let answer = if let Some(view) = view {
        let object = seen::<C>(&view, &owners.into_iter().next().unwrap_or_default(), &context)?;
        Ok(created::<C>(&id, version, object, &context))
    } else {
        let asked = context.clone();
        app.store.read(move |db| made::<C>(db, record, &asked, false)).await
    };
    // It is stored: a database that went away since must not make us say otherwise.
    let answer = answer.unwrap_or_else(|_| Answer {
        status: 201,
        location: Some(location::<C>(&id)),
        etag: Some(etag(version, &context)),
        body: json!({"id": id, "version": version}).to_string(),
        replayed: false,
    });
    Ok(answer.into_response())
}

/// `POST /{name}/batch`
pub async fn batch<C: Collection>(
    permit: Permitted<Batch<C>>,
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[BATCH_PARAMS])?;
    let skip = args.get("on_error") == Some("skip");
    let bytes = body::read(&request, payload, Media::Json, BATCH_BODY_LIMIT).await?;
    let items = read_batch::<C>(body::parse(&bytes)?)?;
    let key = IdempotencyKey::read(&request, permit.caller.name(), &bytes)?;
    let context = app.context(&permit.caller, &args);
    let language = language(&request);
    let permit = permit.into_inner();
    let is_kept = !args.flag("validate_only");
    let answer = app
        .create_once(&context, key, !is_kept, move |tx, context| {
            let good: Vec<C::New> = items.iter().filter_map(|item| item.as_ref().ok().cloned()).collect();
            let mut stored = C::create(tx, &permit, good)?.into_iter();
            let results: Vec<Result<C::Record>> = items
                .iter()
                .enumerate()
                .map(|(index, item)| match item {
                    Err(problem) => Err(problem.clone()),
                    Ok(_) => stored
                        .next()
                        .unwrap_or_else(|| Err(Problem::internal("fewer results than items")))
                        .map_err(|problem| problem.under(&format!("/items/{index}"))),
                })
                .collect();
            let failed = results.iter().filter(|result| result.is_err()).count();
            if failed > 0 && !skip {
                return Err(refused_batch(&results));
            }
            let list: Vec<Value> =
                results.iter().enumerate().map(|(index, result)| item_result::<C>(index, result, context, (language, is_kept))).collect();
            let body = json!({"created": results.len() - failed, "failed": failed, "results": list});
            Ok(Answer::ok(body.to_string()))
        })
        .await?;
    Ok(answer.into_response())
}

/// `GET /{name}/{id}`
pub async fn get<C: Collection>(permit: Permitted<Get<C>>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[GET_PARAMS])?;
    let id = path_member(&request, "id").to_owned();
    read_one::<C>(&permit, app, &request, &args, move |_| Ok(id.clone())).await
}

/// `GET /{name}/by-ref/{source}/{ref}`
pub async fn get_by_ref<C: Collection>(permit: Permitted<GetByRef<C>>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[GET_PARAMS])?;
    let (source, reference) = ref_of(&request)?;
    read_one::<C>(&permit, app, &request, &args, move |db| find_ref::<C>(db, &source, &reference)?.ok_or_else(Problem::not_found)).await
}

async fn read_one<C: Collection>(
    permit: &Permit,
    app: Data<App>,
    request: &HttpRequest,
    args: &Args,
    id: impl Fn(&mut Db) -> Result<String> + Send + 'static,
) -> Result<HttpResponse> {
    let mut context = app.context(&permit.caller, args);
    let fields = read_fields(args.get("fields"), app.members(C::SPEC.name))?;
    let at = args.instant("at");
    if let (Some(at), None) = (at, args.day("as_of")) {
        context.as_of = day_of(at);
    }
    let asked = context.clone();
    let (version, location, object) = app
        .store
        .read(move |db| {
            let id = id(db)?;
            // What is deleted today was there then.
            let (record, owners) = match at {
                None => visible::<C>(db, &id, &asked)?,
                Some(instant) => visible_at::<C>(db, &id, instant, &asked)?,
            };
            let hidden_now = if at.is_some() { hidden_now::<C>(db, &id, &asked)? } else { Vec::new() };
            let version = C::version(&record);
            let mut object = shown::<C>(db, vec![record], &[owners], &asked)?.pop().unwrap_or_default();
            take_out(&mut object, &hidden_now);
            if let Some(fields) = &fields {
                pick(&mut object, fields);
            }
            Ok((version, location::<C>(&id), object))
        })
        .await?;
    let answer = Answer::ok(Value::Object(object).to_string()).with_version(version, &context);
    if let Some(tag) = answer.etag.as_deref().filter(|tag| is_not_modified(request, tag)) {
        return Ok(HttpResponse::NotModified().insert_header(("ETag", tag)).finish());
    }
    let mut response = answer.into_response();
    if let Ok(value) = location.parse() {
        response.headers_mut().insert(actix_web::http::header::CONTENT_LOCATION, value);
    }
    Ok(response)
}

/// `GET /{name}`
pub async fn list<C: Collection>(permit: Permitted<List<C>>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    list_page::<C>(&permit, app, &request).await
}

/// A page of `GET /{name}`, for whoever has the permit to list.
pub async fn list_page<C: Collection>(permit: &Permit, app: Data<App>, request: &HttpRequest) -> Result<HttpResponse> {
    let sort = super::route::sort_param(&C::SPEC);
    let args = Args::parse(request.query_string(), &[C::SPEC.filters, &[sort], LIST_PARAMS])?;
    let page = Page::read(&args, C::SPEC.sorts, C::SPEC.name, app.cursor_secret())?;
    let fields = read_fields(args.get("fields"), app.members(C::SPEC.name))?;
    let context = app.context(&permit.caller, &args);
    args.check_names(C::SPEC.filters, context.as_of)?;
    let secret = app.cursor_secret().to_vec();
    let body = app
        .store
        .read(move |db| {
            let mut records = C::list(db, &args, &page, context.as_of, &context.caller)?;
            let more = page.cut(&mut records);
            let next = records.last().filter(|_| more).map(|last| {
                let after = After { key: C::sort_key(last, page.sort.trim_start_matches('-')), id: C::id(last).to_owned() };
                seal(&after, C::SPEC.name, &args.fingerprint(), &secret)
            });
            let items = listed::<C>(db, records, fields.as_deref(), &context)?;
            Ok(json!({"items": items, "next_cursor": next}).to_string())
        })
        .await?;
    Ok(Answer::ok(body).into_response())
}

/// The items of a page: `records` in their order, as the caller sees them, each with the members `fields` alone where they
/// are given.
///
/// # Errors
/// What the database says.
pub fn listed<C: Collection>(
    db: &mut Db,
    records: Vec<C::Record>,
    fields: Option<&[String]>,
    context: &Context,
) -> Result<Vec<Map<String, Value>>> {
    let owners = C::owners(db, &records)?;
    let mut items = shown::<C>(db, records, &owners, context)?;
    if let Some(fields) = fields {
        for item in &mut items {
            pick(item, fields);
        }
    }
    Ok(items)
}

/// `PATCH /{name}/{id}`
pub async fn patch<C: Collection>(
    permit: Permitted<Patch<C>>,
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[WRITE_PARAMS])?;
    let if_match = IfMatch::read(&request)?;
    let bytes = body::read(&request, payload, Media::MergePatch, BODY_LIMIT).await?;
    let change = body::parse(&bytes)?;
    let id = path_member(&request, "id").to_owned();
    let context = app.context(&permit.caller, &args);
    let permit = permit.into_inner();
    let answer = app
        .write(&context.clone(), args.flag("validate_only"), move |tx| {
            let (record, owners) = visible::<C>(tx.db, &id, &context)?;
            permit.require(&owners)?;
            is_current::<C>(tx.db, &if_match, &record, &context)?;
            let before = object_of(&C::to_new(&record))?;
            let mut after = before.clone();
            body::merge(&mut after, change.clone());
            let new: C::New = body::typed(Value::Object(after.clone()), "")?;
            body::refuse_unknown_nulls::<C::New>(after, &change)?;
            let record = if object_of(&new)? == before { record } else { C::replace(tx, &permit, &record, new)? };
            told::<C>(tx.db, record, &context)
        })
        .await?;
    Ok(answer.into_response())
}

/// `DELETE /{name}/{id}`
pub async fn delete<C: Collection>(permit: Permitted<Delete<C>>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[DELETE_PARAMS])?;
    let if_match = IfMatch::read(&request)?;
    let id = path_member(&request, "id").to_owned();
    let context = app.context(&permit.caller, &args);
    let permit = permit.into_inner();
    app.write(&context.clone(), args.flag("validate_only"), move |tx| {
        let (record, owners) = visible::<C>(tx.db, &id, &context)?;
        permit.require(&owners)?;
        is_current::<C>(tx.db, &if_match, &record, &context)?;
        C::delete(tx, &permit, &record)?;
        forget_refs(tx, C::SPEC.name, &id)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `PUT /{name}/by-ref/{source}/{ref}`
pub async fn put_by_ref<C: Collection>(
    permit: Permitted<PutByRef<C>>,
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[WRITE_PARAMS])?;
    let (source, reference) = ref_of(&request)?;
    let create_only = must_not_exist(&request);
    let if_match = if request.headers().contains_key(IF_MATCH) { Some(IfMatch::read(&request)?) } else { None };
    let bytes = body::read(&request, payload, Media::Json, BODY_LIMIT).await?;
    let new: C::New = body::typed(Value::Object(body::parse(&bytes)?), "")?;
    let context = app.context(&permit.caller, &args);
    let permit = permit.into_inner();
    let validate_only = args.flag("validate_only");
    let answer = app
        .write(&context.clone(), validate_only, move |tx| {
            if let Some(id) = find_ref::<C>(tx.db, &source, &reference)? {
                let (record, owners) = visible::<C>(tx.db, &id, &context)?;
                permit.require(&owners)?;
                if create_only {
                    return Err(outdated::<C>(tx.db, &record, &context)?);
                }
                if_match.as_ref().map_or(Ok(()), |versions| is_current::<C>(tx.db, versions, &record, &context))?;
                let new = C::restated(&record, new.clone());
                let same = object_of(&new)? == object_of(&C::to_new(&record))?;
                let record = if same { record } else { C::replace(tx, &permit, &record, new)? };
                told::<C>(tx.db, record, &context)
            } else {
                if if_match.is_some() {
                    return Err(nothing_to_match());
                }
                let record = create_one::<C>(tx, &permit, new.clone())?;
                store_ref::<C>(tx, &source, &reference, C::id(&record))?;
                made::<C>(tx.db, record, &context, validate_only)
            }
        })
        .await?;
    Ok(answer.into_response())
}

/// `GET /{name}/{id}/history`
pub async fn history<C: Collection>(permit: Permitted<History<C>>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[HISTORY_PARAMS])?;
    let id = path_member(&request, "id").to_owned();
    let scope = format!("{}/{id}/history", C::SPEC.name);
    let page = Page::read(&args, &["version"], &scope, app.cursor_secret())?;
    let context = app.context(&permit.caller, &args);
    let secret = app.cursor_secret().to_vec();
    let body = app
        .store
        .read(move |db| {
            let after = page.after.as_ref().and_then(|after| after.id.parse().ok()).unwrap_or(0);
            let (body_before, mut changes) = log::history(db, C::SPEC.entity, &id, after, page.rows())?;
            let more = page.cut(&mut changes);
            let next = changes
                .last()
                .filter(|_| more)
                .map(|last| seal(&After { key: String::new(), id: last.version.to_string() }, &scope, &args.fingerprint(), &secret));
            let hidden_now = hidden_now::<C>(db, &id, &context)?;
            let seen = |db: &mut Db, body: Option<&str>| -> Result<Option<(Map<String, Value>, Sight)>> {
                let Some(body) = body else { return Ok(None) };
                let record: C::Record = serde_json::from_str(body).map_err(Problem::internal)?;
                let owners = C::owners(db, std::slice::from_ref(&record))?.pop().unwrap_or_default();
                if !C::shows(&record) || !C::is_visible(&context.caller, &record, &owners) {
                    return Ok(None);
                }
                let sight = context.caller.sight(&owners);
                let mut object = object_of(&record)?;
                redact(C::SPEC.table, &mut object, sight);
                let hidden = C::hidden(&object, &context.caller, &owners);
                take_out(&mut object, &hidden);
                take_out(&mut object, &hidden_now);
                Ok(Some((object, sight)))
            };
            let mut before = seen(db, body_before.as_deref())?;
            let mut items = Vec::new();
            for mut change in changes {
                let current = seen(db, change.body.as_deref())?;
                // A tombstone is shown to whoever saw the version before it.
                let Some(sight) = current.as_ref().or(before.as_ref()).map(|(_, sight)| *sight) else { continue };
                if sight < Sight::Officers {
                    change.actor_key_id = None;
                }
                let empty = Map::new();
                let members =
                    |seen: &Option<(Map<String, Value>, Sight)>| seen.as_ref().map_or(empty.clone(), |(object, _)| object.clone());
                items.push(HistoryEntry::new(change, &members(&before), &members(&current)));
                before = current;
            }
            if items.is_empty() && page.after.is_none() {
                return Err(Problem::not_found());
            }
            Ok(json!({"items": items, "next_cursor": next}).to_string())
        })
        .await?;
    Ok(Answer::ok(body).into_response())
}

/// The record, and whose it is, when the caller may know that it exists.
///
/// # Errors
/// 404 otherwise.
pub fn visible<C: Collection>(db: &mut Db, id: &str, context: &Context) -> Result<(C::Record, Owners)> {
    let record = C::load(db, &[id.to_owned()])?.pop().ok_or_else(Problem::not_found)?;
    let owners = C::owners(db, std::slice::from_ref(&record))?.pop().unwrap_or_default();
    if C::is_visible(&context.caller, &record, &owners) { Ok((record, owners)) } else { Err(Problem::hidden()) }
}

fn visible_at<C: Collection>(db: &mut Db, id: &str, instant: chrono::NaiveDateTime, context: &Context) -> Result<(C::Record, Owners)> {
    let At::Known(body) = log::at(db, C::SPEC.entity, id, instant)? else { return Err(Problem::not_found()) };
    let record: C::Record = serde_json::from_str(&body).map_err(Problem::internal)?;
    let owners = C::owners(db, std::slice::from_ref(&record))?.pop().unwrap_or_default();
    if C::shows(&record) && C::is_visible(&context.caller, &record, &owners) { Ok((record, owners)) } else { Err(Problem::hidden()) }
}

/// The records as the caller sees them.
fn shown<C: Collection>(db: &mut Db, records: Vec<C::Record>, owners: &[Owners], context: &Context) -> Result<Vec<Map<String, Value>>> {
    let views = C::views(db, records, context.as_of)?;
    views.iter().zip(owners).map(|(view, owners)| seen::<C>(view, owners, context)).collect()
}

/// A view without what the caller may not see.
fn seen<C: Collection>(view: &C::View, owners: &Owners, context: &Context) -> Result<Map<String, Value>> {
    let mut object = object_of(view)?;
    redact(C::SPEC.table, &mut object, context.caller.sight(owners));
    let hidden = C::hidden(&object, &context.caller, owners);
    take_out(&mut object, &hidden);
    Ok(object)
}

/// 201 with `Location`.
fn created<C: Collection>(id: &str, version: i64, object: Map<String, Value>, context: &Context) -> Answer {
    let answer = Answer::ok(Value::Object(object).to_string()).with_version(version, context);
    Answer { status: 201, location: Some(location::<C>(id)), ..answer }
}

fn no_result() -> Problem {
    Problem::internal("no result for the item")
}

/// What the latest version of a record keeps from the caller, which its earlier versions do not tell either.
fn hidden_now<C: Collection>(db: &mut Db, id: &str, context: &Context) -> Result<Vec<&'static str>> {
    let Some(body) = log::latest(db, C::SPEC.entity, id)? else { return Ok(Vec::new()) };
    let record: C::Record = serde_json::from_str(&body).map_err(Problem::internal)?;
    let owners = C::owners(db, std::slice::from_ref(&record))?.pop().unwrap_or_default();
    Ok(C::hidden(&object_of(&record)?, &context.caller, &owners))
}

fn take_out(object: &mut Map<String, Value>, members: &[&str]) {
    for member in members {
        object.shift_remove(*member);
    }
}

/// 200 with the record as the caller sees it.
///
/// # Errors
/// What the database says.
pub fn told<C: Collection>(db: &mut Db, record: C::Record, context: &Context) -> Result<Answer> {
    let version = C::version(&record);
    let owners = C::owners(db, std::slice::from_ref(&record))?;
    let object = shown::<C>(db, vec![record], &owners, context)?.pop().unwrap_or_default();
    Ok(Answer::ok(Value::Object(object).to_string()).with_version(version, context))
}

/// Checks that the caller has read the version that there is.
///
/// # Errors
/// 412 with the `ETag` that reading it would give.
fn is_current<C: Collection>(db: &mut Db, if_match: &IfMatch, record: &C::Record, context: &Context) -> Result<()> {
    if if_match.allows(C::version(record)) { Ok(()) } else { Err(outdated::<C>(db, record, context)?) }
}

fn outdated<C: Collection>(db: &mut Db, record: &C::Record, context: &Context) -> Result<Problem> {
    let current = told::<C>(db, record.clone(), context)?.etag;
    Ok(stale(C::version(record), current.unwrap_or_else(|| etag(C::version(record), context))))
}

/// 201 with `Location`; 200 without when nothing was kept.
fn made<C: Collection>(db: &mut Db, record: C::Record, context: &Context, validate_only: bool) -> Result<Answer> {
    let at = location::<C>(C::id(&record));
    let answer = told::<C>(db, record, context)?;
    Ok(if validate_only { answer } else { Answer { status: 201, location: Some(at), ..answer } })
}

fn create_one<C: Collection>(tx: &mut Tx<'_>, permit: &Permit, new: C::New) -> Result<C::Record> {
    C::create(tx, permit, vec![new])?.pop().unwrap_or_else(|| Err(no_result()))
}

/// A struct as a JSON object.
///
/// # Errors
/// 500 when it is none.
pub fn object_of(value: &impl serde::Serialize) -> Result<Map<String, Value>> {
    match serde_json::to_value(value).map_err(Problem::internal)? {
        Value::Object(object) => Ok(object),
        _ => Err(Problem::internal("a record is not an object")),
    }
}

fn read_batch<C: Collection>(mut body: Map<String, Value>) -> Result<Vec<Result<C::New>>> {
    let Some(Value::Array(items)) = body.remove("items") else {
        return Err(Problem::new(Code::InvalidBody, text("A batch is {\"items\": [ … ]}.", "Một lô có dạng {\"items\": [ … ]}."))
            .with_errors(vec![Fault {
                pointer: "/items".into(),
                code: "missing",
                detail: text("The list of items is needed.", "Cần có danh sách items."),
            }]));
    };
    if let Some(name) = body.keys().next() {
        return Err(Problem::new(Code::InvalidBody, text("A batch has no member but items.", "Một lô chỉ có trường items.")).with_errors(
            vec![Fault {
                pointer: format!("/{}", body::escape(name)),
                code: "unknown_member",
                detail: text("There is no such member; there is: items.", "Không có trường này; chỉ có: items."),
            }],
        ));
    }
    if items.is_empty() || items.len() > BATCH_ITEMS {
        return Err(Problem::invalid(vec![Fault {
            pointer: "/items".into(),
            code: "out_of_range",
            detail: text(
                format!("1 to {BATCH_ITEMS} items; here are {}.", items.len()),
                format!("Từ 1 đến {BATCH_ITEMS} mục; ở đây có {}.", items.len()),
            ),
        }]));
    }
    Ok(items.into_iter().enumerate().map(|(index, item)| body::typed(item, &format!("/items/{index}"))).collect())
}

/// The problem of a whole batch that was rolled back: every fault of every item at once.
fn refused_batch<R>(results: &[Result<R>]) -> Problem {
    let mut faults = Vec::new();
    let mut list = Vec::new();
    for (index, result) in results.iter().enumerate() {
        match result {
            Ok(_) => list.push(json!({"index": index, "code": "rolled_back"})),
            Err(problem) => {
                list.push(json!({"index": index, "status": problem.code().status().as_u16(), "code": problem.code().word()}));
                if problem.errors().is_empty() {
                    faults.push(Fault {
                        pointer: format!("/items/{index}"),
                        code: problem.code().word(),
                        detail: problem.detail().clone(),
                    });
                }
                faults.extend(problem.errors().iter().cloned());
            }
        }
    }
    Problem::invalid(faults).with_member("results", Value::Array(list))
}

/// What became of an item; what is not kept has no id to come back to.
fn item_result<C: Collection>(
    index: usize,
    result: &Result<C::Record>,
    context: &Context,
    (language, is_kept): (crate::error::Language, bool),
) -> Value {
    match result {
        Ok(_) if !is_kept => json!({"index": index, "status": 200}),
        Ok(record) => {
            let id = C::id(record);
            json!({"index": index, "status": 201, "id": id, "location": location::<C>(id), "etag": etag(C::version(record), context), "number": C::number(record)})
        }
        Err(problem) => json!({"index": index, "status": problem.code().status().as_u16(), "problem": problem.to_json(language, None)}),
    }
}
