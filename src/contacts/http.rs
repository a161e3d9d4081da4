//! `/v1/organisations/{id}/contacts`: made, listed, read, changed, deleted, and shown to whoever says why.
//!
//! A stored answer of an `Idempotency-Key` holds no value: a repeated request is answered from the row as it is now.

use super::disclosing::{self, Showing};
use super::model::{Contact, ContactKind, ContactPurpose, ContactView, Logged, NewContact, NewDisclosure, Owned};
use super::rules::{self, Before};
use super::sight::{Shown, clear, known_to, shown, view, view_up_to, without_values};
use super::{store, write};
use crate::access::{Owners, Permit, Sight};
use crate::app::App;
use crate::audit::Action;
use crate::clock::day_of;
use crate::db::Db;
use crate::error::{Faults, Problem, Result};
use crate::http::answer::{Answer, pick, read_fields};
use crate::http::auth::{Permitted, operation};
use crate::http::body::{self, Media};
use crate::http::collection_handlers::object_of;
use crate::http::etag::{IfMatch, is_not_modified};
use crate::http::history::history_page;
use crate::http::page::{After, Page, seal};
use crate::http::posted::Posted;
use crate::http::query::{Args, CURSOR, FIELDS, Kind, LIMIT, Param, VALIDATE_ONLY, param};
use crate::http::{BODY_LIMIT, Context, path_member};
use crate::log::Tx;
use crate::organisations;
use actix_web::http::header;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

operation!(ListContacts = "list_contacts");
operation!(CreateContact = "create_contact");
operation!(GetContact = "get_contact");
operation!(PatchContact = "patch_contact");
operation!(DeleteContact = "delete_contact");
operation!(ListContactHistory = "list_contact_history");
operation!(DiscloseContact = "disclose_contact");

/// Filters of the list.
pub(super) const FILTERS: &[Param] = &[
    param("kind", Kind::Word(ContactKind::WORDS), "Of this kind."),
    param("purpose", Kind::Word(ContactPurpose::WORDS), "Given for this purpose."),
];
const SORTS: &[&str] = &["created", "-created"];
/// Sort of the list.
pub(super) const SORT: Param = param("sort", Kind::Word(SORTS), "Order of the items; `-` sorts downwards.");
/// Name of the list of members.
const MEMBERS: &str = "contacts";

/// The response, which no cache may keep.
pub(crate) fn no_store(answer: Answer) -> HttpResponse {
    let mut response = answer.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// Ids of the organisation and the contact in the path.
fn ids(request: &HttpRequest) -> (String, String) {
    (path_member(request, "id").to_owned(), path_member(request, "contact").to_owned())
}

/// Whose the contacts of an organisation are.
fn owners_of(db: &mut Db, organisation_id: &str) -> Result<Owners> {
    let found = organisations::identities(db, &[organisation_id])?;
    found.get(organisation_id).map(|identity| identity.owners(organisation_id)).ok_or_else(Problem::not_found)
}

/// The contact, where the caller may know of it.
fn visible(db: &mut Db, organisation_id: &str, id: &str, context: &Context) -> Result<Owned> {
    let contact = store::load(db, organisation_id, id, day_of(context.now))?.ok_or_else(Problem::not_found)?;
    let owners = owners_of(db, organisation_id)?;
    shown(&context.caller, &owners, contact.visibility).ok_or_else(Problem::hidden)?;
    Ok(Owned { contact, owners })
}

/// 200 with the contact as the caller sees it.
fn told(contact: &Contact, owners: &Owners, context: &Context) -> Result<Answer> {
    let seen = view(contact, &context.caller, owners).ok_or_else(Problem::not_found)?;
    answer(&seen, context)
}

fn answer(seen: &ContactView, context: &Context) -> Result<Answer> {
    let body = serde_json::to_string(seen).map_err(Problem::internal)?;
    Ok(Answer::ok(body).with_version(seen.version, context))
}

pub(super) async fn list(permit: Permitted<ListContacts>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[FILTERS, &[SORT, LIMIT, CURSOR, FIELDS]])?;
    let organisation_id = path_member(&request, "id").to_owned();
    let scope = format!("organisations/{organisation_id}/contacts");
    let page = Page::read(&args, SORTS, &scope, app.cursor_secret())?;
    let fields = read_fields(args.get("fields"), app.members(MEMBERS))?;
    let context = app.context(&permit.caller, &args);
    let secret = app.cursor_secret().to_vec();
    let body = app
        .store
        .read(move |db| {
            let owners = owners_of(db, &organisation_id)?;
            let known = known_to(&context.caller, &owners);
            let mut found = store::list(db, &organisation_id, known, &args, &page, day_of(context.now))?;
            let more = page.cut(&mut found);
            let last = found.last().filter(|_| more);
            let next = last.map(|last| seal(&After { key: String::new(), id: last.id.clone() }, &scope, &args.fingerprint(), &secret));
            let seen = found.iter().filter_map(|contact| view(contact, &context.caller, &owners));
            let items = seen.map(|seen| picked(&seen, fields.as_deref())).collect::<Result<Vec<_>>>()?;
            Ok(json!({"items": items, "next_cursor": next}).to_string())
        })
        .await?;
    Ok(no_store(Answer::ok(body)))
}

fn picked(seen: &ContactView, fields: Option<&[String]>) -> Result<Map<String, Value>> {
    let mut object = object_of(seen)?;
    if let Some(fields) = fields {
        pick(&mut object, fields);
    }
    Ok(object)
}

pub(super) async fn get(permit: Permitted<GetContact>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[&[FIELDS]])?;
    let fields = read_fields(args.get("fields"), app.members(MEMBERS))?;
    let (organisation_id, id) = ids(&request);
    let context = app.context(&permit.caller, &args);
    let answer = app
        .store
        .read(move |db| {
            let Owned { contact, owners } = visible(db, &organisation_id, &id, &context)?;
            let seen = view(&contact, &context.caller, &owners).ok_or_else(Problem::not_found)?;
            let object = picked(&seen, fields.as_deref())?;
            Ok(Answer::ok(Value::Object(object).to_string()).with_version(contact.version, &context))
        })
        .await?;
    if let Some(tag) = answer.etag.as_deref().filter(|tag| is_not_modified(&request, tag)) {
        let no_store = (header::CACHE_CONTROL, "no-store");
        return Ok(HttpResponse::NotModified().insert_header(("ETag", tag)).insert_header(no_store).finish());
    }
    Ok(no_store(answer))
}

pub(super) async fn create(
    permit: Permitted<CreateContact>,
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let Posted::<NewContact> { body: new, key, context, validate_only } =
        Posted::read(&permit.caller, &app, &request, payload, &[VALIDATE_ONLY]).await?;
    let organisation_id = path_member(&request, "id").to_owned();
    let permit = permit.into_inner();
    let (of, asked) = (organisation_id.clone(), context.clone());
    let kept = app
        .create_once(&context, key, validate_only, move |tx, context| {
            let owners = owners_of(tx.db, &organisation_id)?;
            permit.require(&owners)?;
            let contact = write::create(tx, &organisation_id, new.clone())?;
            if validate_only {
                return told(&contact, &owners, context);
            }
            let location = Some(contact.location());
            let kept = answer(&without_values(&contact, context.caller.sight(&owners)), context)?;
            Ok(Answer { status: 201, location, ..kept })
        })
        .await?;
    if validate_only {
        return Ok(no_store(kept));
    }
    // The values come from the row, now and whenever the request is repeated; without them where it is gone meanwhile.
    let id = kept.location.as_deref().and_then(|location| location.rsplit('/').next()).unwrap_or_default().to_owned();
    let seen = app.store.read(move |db| visible(db, &of, &id, &asked).and_then(|owned| told(&owned.contact, &owned.owners, &asked))).await;
    Ok(no_store(match seen {
        Ok(seen) => Answer { etag: seen.etag, body: seen.body, ..kept },
        // It is stored: what goes wrong since must not make us say otherwise.
        Err(_) => kept,
    }))
}

pub(super) async fn patch(permit: Permitted<PatchContact>, app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[&[VALIDATE_ONLY]])?;
    let if_match = IfMatch::read(&request)?;
    let bytes = body::read(&request, payload, Media::MergePatch, BODY_LIMIT).await?;
    let change = body::parse(&bytes)?;
    let (organisation_id, id) = ids(&request);
    let context = app.context(&permit.caller, &args);
    let permit = permit.into_inner();
    let answer = app
        .write(&context.clone(), args.flag("validate_only"), move |tx| {
            let Owned { contact, owners } = visible(tx.db, &organisation_id, &id, &context)?;
            permit.require(&owners)?;
            if_match.check(contact.version, &context)?;
            let before = object_of(&contact.to_new())?;
            let mut after = before.clone();
            body::merge(&mut after, change.clone());
            let new: NewContact = body::typed(Value::Object(after.clone()), "")?;
            body::refuse_unknown_nulls::<NewContact>(after, &change)?;
            let seen = shown(&context.caller, &owners, contact.visibility).ok_or_else(Problem::not_found)?;
            let is_blind = seen == Shown::Masked;
            let is_same = object_of(&new)? == before && !(is_blind && VALUES.iter().any(|member| change.contains_key(*member)));
            let before = Before { contact: &contact, names_blindly: is_blind && change.contains_key("name") };
            let contact = if is_same { contact.clone() } else { write::replace(tx, before, new)? };
            let view = view_up_to(seen, &contact, &context.caller, &owners).ok_or_else(Problem::not_found)?;
            answer(&view, &context)
        })
        .await?;
    Ok(no_store(answer))
}

/// What a patch states of these changes the contact, where its sender sees them masked: that nothing changes would tell
/// that a guess is right.
const VALUES: [&str; 4] = ["name", "position", "phone", "email"];

pub(super) async fn delete(permit: Permitted<DeleteContact>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[&[VALIDATE_ONLY]])?;
    let if_match = IfMatch::read(&request)?;
    let (organisation_id, id) = ids(&request);
    let context = app.context(&permit.caller, &args);
    let permit = permit.into_inner();
    app.write(&context.clone(), args.flag("validate_only"), move |tx| {
        let Owned { contact, owners } = visible(tx.db, &organisation_id, &id, &context)?;
        permit.require(&owners)?;
        if_match.check(contact.version, &context)?;
        write::delete(tx, &contact)
    })
    .await?;
    Ok(HttpResponse::NoContent().insert_header((header::CACHE_CONTROL, "no-store")).finish())
}

pub(super) async fn history(permit: Permitted<ListContactHistory>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[&[LIMIT, CURSOR]])?;
    let (organisation_id, id) = ids(&request);
    let scope = format!("organisations/{organisation_id}/contacts/{id}/history");
    let page = Page::read(&args, &["version"], &scope, app.cursor_secret())?;
    let secret = app.cursor_secret().to_vec();
    let permit = permit.into_inner();
    let body = app
        .store
        .read(move |db| {
            let see = |db: &mut Db, body: &str| {
                let version: Logged = serde_json::from_str(body).map_err(Problem::internal)?;
                if version.organisation_id != organisation_id {
                    return Ok(None);
                }
                let owners = owners_of(db, &version.organisation_id)?;
                permit.require(&owners)?;
                Ok(Some((object_of(&version)?, permit.caller.sight(&owners))))
            };
            history_page(db, (write::ENTITY, &id), &page, (&scope, &args, &secret), see)
        })
        .await?;
    Ok(no_store(Answer::ok(body)))
}

pub(super) async fn disclose(
    permit: Permitted<DiscloseContact>,
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[])?;
    let bytes = body::read(&request, payload, Media::Json, BODY_LIMIT).await?;
    let NewDisclosure { reason } = body::typed(Value::Object(body::parse(&bytes)?), "")?;
    let (organisation_id, id) = ids(&request);
    let context = app.context(&permit.caller, &args);
    let limit = app.daily_disclosures;
    let permit: Permit = permit.into_inner();
    let (operation, asked) = (permit.operation, context.clone());
    let answer = app
        .write(&context, false, move |tx: &mut Tx<'_>| {
            let Owned { contact, owners } = visible(tx.db, &organisation_id, &id, &asked)?;
            permit.require(&owners)?;
            let mut faults = Faults::new();
            rules::check_reason(&mut faults, &reason, &contact);
            faults.into_result()?;
            let showing = Showing { operation, action: Action::Disclose, reason: Some(&reason), limit };
            disclosing::note(tx, &contact, &showing)?;
            answer(&clear(&contact, Sight::Officers), &asked)
        })
        .await?;
    Ok(no_store(answer))
}
