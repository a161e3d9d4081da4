//! `/v1/personal-data-requests`: registered, answered, given out, erased.

use super::model::{
    HeldCode, HeldContact, NewPersonalDataRequest, PersonalDataExport, PersonalDataRequest, PersonalDataStep, RequestKind, RequestStatus,
};
use super::rules::{answer_by, check};
use super::store::{self, Held};
use crate::access::{Permit, Sight};
use crate::app::App;
use crate::audit::{self, Action, Note};
use crate::contacts::disclosing::{self, Showing};
use crate::contacts::{self, Of, keyed_digest};
use crate::db::{Db, Json};
use crate::error::{Code, Faults, Problem, Result, text};
use crate::http::answer::{Answer, pick, read_fields};
use crate::http::auth::{Permitted, operation};
use crate::http::collection_handlers::object_of;
use crate::http::etag::is_not_modified;
use crate::http::page::{After, Page, seal};
use crate::http::posted::Posted;
use crate::http::query::{Args, CURSOR, FIELDS, Kind, LIMIT, Param, VALIDATE_ONLY, param};
use crate::http::{Context, path_member};
use crate::log::{Meta, Operation as Logged, Tx};
use crate::organisations::personal;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;
use serde_json::json;
use std::collections::BTreeSet;

operation!(ListPersonalDataRequests = "list_personal_data_requests");
operation!(CreatePersonalDataRequest = "create_personal_data_request");
operation!(GetPersonalDataRequest = "get_personal_data_request");
operation!(AnswerPersonalDataRequest = "answer_personal_data_request");
operation!(GetPersonalDataExport = "get_personal_data_export");
operation!(ErasePersonalData = "erase_personal_data");

/// Filters of the list.
pub(super) const FILTERS: &[Param] = &[
    param("kind", Kind::Word(RequestKind::WORDS), "Of this kind."),
    param("status", Kind::Word(RequestStatus::WORDS), "In this status."),
    param("due_until", Kind::Day, "To be answered by this day or earlier; with `status=open` those that are due."),
];
const SORTS: &[&str] = &["created", "-created", "answer_by", "-answer_by"];
/// Sort of the list.
pub(super) const SORT: Param = param("sort", Kind::Word(SORTS), "Order of the items; `-` sorts downwards.");
const NAME: &str = "personal-data-requests";
const ENTITY: &str = "personal_data_request";

fn permitted(db: &mut Db, id: &str, permit: &Permit) -> Result<PersonalDataRequest> {
    let request = store::load(db, id)?.ok_or_else(Problem::not_found)?;
    permit.require(&request.owners())?;
    Ok(request)
}

fn told(request: &PersonalDataRequest, context: &Context) -> Result<Answer> {
    let body = serde_json::to_string(&request.view()).map_err(Problem::internal)?;
    Ok(Answer::ok(body).with_version(request.version, context))
}

pub(super) async fn list(permit: Permitted<ListPersonalDataRequests>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[FILTERS, &[SORT, LIMIT, CURSOR, FIELDS]])?;
    let page = Page::read(&args, SORTS, NAME, app.cursor_secret())?;
    let fields = read_fields(args.get("fields"), app.members(NAME))?;
    let caller = permit.caller.clone();
    let secret = app.cursor_secret().to_vec();
    let body = app
        .store
        .read(move |db| {
            let mut found = store::list(db, &args, &page, &caller)?;
            let more = page.cut(&mut found);
            let last = found.last().filter(|_| more);
            let next = last.map(|last| {
                let key = if page.sort.ends_with("answer_by") { last.answer_by.to_string() } else { String::new() };
                seal(&After { key, id: last.id.clone() }, NAME, &args.fingerprint(), &secret)
            });
            let mut items = found.iter().map(|request| object_of(&request.view())).collect::<Result<Vec<_>>>()?;
            if let Some(fields) = &fields {
                for item in &mut items {
                    pick(item, fields);
                }
            }
            Ok(json!({"items": items, "next_cursor": next}).to_string())
        })
        .await?;
    Ok(contacts::no_store(Answer::ok(body)))
}

pub(super) async fn get(permit: Permitted<GetPersonalDataRequest>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[])?;
    let id = path_member(&request, "id").to_owned();
    let context = app.context(&permit.caller, &args);
    let permit = permit.into_inner();
    let answer = app.store.read(move |db| permitted(db, &id, &permit).and_then(|found| told(&found, &context))).await?;
    if let Some(tag) = answer.etag.as_deref().filter(|tag| is_not_modified(&request, tag)) {
        return Ok(HttpResponse::NotModified().insert_header(("ETag", tag)).insert_header(("Cache-Control", "no-store")).finish());
    }
    Ok(contacts::no_store(answer))
}

pub(super) async fn create(
    permit: Permitted<CreatePersonalDataRequest>,
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let Posted::<NewPersonalDataRequest> { body: new, key, context, validate_only } =
        Posted::read(&permit.caller, &app, &request, payload, &[VALIDATE_ONLY]).await?;
    let answer = app
        .create_once(&context, key, validate_only, move |tx, context| {
            let made = register(tx, &new, validate_only)?;
            let answer = told(&made, context)?;
            let location = Some(format!("/v1/{NAME}/{}", made.id));
            Ok(if validate_only { answer } else { Answer { status: 201, location, ..answer } })
        })
        .await?;
    Ok(contacts::no_store(answer))
}

fn register(tx: &mut Tx<'_>, new: &NewPersonalDataRequest, validate_only: bool) -> Result<PersonalDataRequest> {
    let mut faults = Faults::new();
    let person = check(new, tx.today, &mut faults);
    faults.into_result()?;
    let keyed = |of, value: Option<&String>| value.map(|value| keyed_digest(tx.digest_key, of, value)).transpose();
    let phone_digest = keyed(Of::Phone, person.phone.as_ref())?;
    let email_digest = keyed(Of::Email, person.email.as_ref())?;
    let personal_code_digest = person.personal_code.as_deref().and_then(|code| personal::digest(tx.digest_key, code));
    let digests = [phone_digest.as_deref(), email_digest.as_deref(), personal_code_digest.as_deref()];
    // A request that leaves no trace does not tell whether somebody is registered.
    let held = if validate_only { Held::default() } else { store::held(tx.db, digests, tx.caller)? };
    let received_on = new.received_on.unwrap_or(tx.today);
    let Meta { id, version, origin, created_at, updated_at } = tx.first_version("pdr")?;
    let made = PersonalDataRequest {
        id,
        version,
        origin,
        created_at,
        updated_at,
        kind: new.kind,
        channel: new.channel,
        received_on,
        answer_by: answer_by(received_on),
        province_id: tx.caller.province_id,
        phone_digest,
        email_digest,
        personal_code_digest,
        contact_ids: contact_ids(&held),
        organisation_ids: organisation_ids(&held),
        held_elsewhere: held.elsewhere,
        registered_by_key_id: tx.caller.key_id.clone(),
        answered_at: None,
        answered_by_key_id: None,
        done_at: None,
        done_by_key_id: None,
        backups_until: None,
    };
    store::insert(tx.db, &made)?;
    tx.record(Logged::Create, ENTITY, &made.id, 1, &made.view())?;
    Ok(made)
}

fn contact_ids(held: &Held) -> Json<Vec<String>> {
    Json::new(held.contacts.iter().map(|contact| contact.id.clone()).collect())
}

fn organisation_ids(held: &Held) -> Json<Vec<String>> {
    Json::new(held.organisations.iter().map(|organisation| organisation.row.id.clone()).collect())
}

/// What is held now on the person of a request.
fn held_now(tx: &mut Tx<'_>, request: &PersonalDataRequest) -> Result<Held> {
    let digests = [&request.phone_digest, &request.email_digest, &request.personal_code_digest].map(Option::as_deref);
    store::held(tx.db, digests, tx.caller)
}

/// Stores the next version of `current`.
fn change(tx: &mut Tx<'_>, current: &PersonalDataRequest, next: PersonalDataRequest) -> Result<PersonalDataRequest> {
    let next = PersonalDataRequest { version: current.version + 1, updated_at: tx.now, ..next };
    if !store::update(tx.db, current, &next)? {
        return Err(Problem::unavailable("another writer was faster").contended());
    }
    tx.record(Logged::Update, ENTITY, &next.id, next.version, &next.view())?;
    Ok(next)
}

/// The same request with a person who is answered now, where that was not said before.
fn answered(tx: &Tx<'_>, request: PersonalDataRequest) -> PersonalDataRequest {
    if request.answered_at.is_some() {
        return request;
    }
    PersonalDataRequest { answered_at: Some(tx.now), answered_by_key_id: tx.caller.key_id.clone(), ..request }
}

/// The same request, done now. By what the person was found is forgotten.
fn done(tx: &Tx<'_>, request: PersonalDataRequest) -> PersonalDataRequest {
    let request = answered(tx, request);
    PersonalDataRequest {
        done_at: Some(tx.now),
        done_by_key_id: tx.caller.key_id.clone(),
        phone_digest: None,
        email_digest: None,
        personal_code_digest: None,
        ..request
    }
}

pub(super) async fn answer(
    permit: Permitted<AnswerPersonalDataRequest>,
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let Posted::<PersonalDataStep> { body: _, key, context, validate_only } =
        Posted::read(&permit.caller, &app, &request, payload, &[VALIDATE_ONLY]).await?;
    let id = path_member(&request, "id").to_owned();
    let permit = permit.into_inner();
    let answer = app
        .create_once(&context, key, validate_only, move |tx, context| {
            let current = permitted(tx.db, &id, &permit)?;
            // Nothing is left to do for somebody who asked what is held, unless others hold more.
            let is_all = current.kind == RequestKind::Export && current.done_at.is_none() && !held_now(tx, &current)?.elsewhere;
            let next = match current.answered_at {
                _ if is_all => change(tx, &current, done(tx, current.clone()))?,
                None => change(tx, &current, answered(tx, current.clone()))?,
                Some(_) => current,
            };
            told(&next, context)
        })
        .await?;
    Ok(contacts::no_store(answer))
}

pub(super) async fn export(permit: Permitted<GetPersonalDataExport>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[])?;
    let id = path_member(&request, "id").to_owned();
    let context = app.context(&permit.caller, &args);
    let limit = app.daily_disclosures;
    let permit = permit.into_inner();
    let operation = permit.operation;
    let found = app
        .write(&context, false, move |tx: &mut Tx<'_>| {
            let request = permitted(tx.db, &id, &permit)?;
            if request.done_at.is_some() {
                return Err(Problem::new(
                    Code::IllegalTransition,
                    text(
                        "It is done, and by what the person was found is forgotten: register the request anew.",
                        "Yêu cầu đã hoàn tất và thông tin tra cứu đã được xóa: hãy đăng ký yêu cầu mới.",
                    ),
                ));
            }
            let held = held_now(tx, &request)?;
            let showing = Showing { operation, action: Action::Export, reason: Some(&request.id), limit };
            let mut export = PersonalDataExport { contacts: Vec::new(), personal_codes: Vec::new() };
            for contact in &held.contacts {
                let disclosures = store::disclosures(tx.db, &contact.id)?;
                disclosing::note(tx, contact, &showing)?;
                export.contacts.push(HeldContact { contact: contacts::clear(contact, Sight::Officers), disclosures });
            }
            for organisation in &held.organisations {
                let id = &organisation.row.id;
                if let Some(personal_code) = personal::code_of(tx.db, id)? {
                    disclosing::note_of(tx, personal::ENTITY, id, id, &showing)?;
                    export.personal_codes.push(HeldCode { organisation_id: id.clone(), personal_code });
                }
            }
            Ok(export)
        })
        .await?;
    Ok(contacts::no_store(Answer::ok(serde_json::to_string(&found).map_err(Problem::internal)?)))
}

pub(super) async fn erase(
    permit: Permitted<ErasePersonalData>,
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let Posted::<PersonalDataStep> { body: _, key, context, validate_only } =
        Posted::read(&permit.caller, &app, &request, payload, &[VALIDATE_ONLY]).await?;
    let id = path_member(&request, "id").to_owned();
    let backup_days = app.backup_days;
    let permit = permit.into_inner();
    let answer = app
        .create_once(&context, key, validate_only, move |tx, context| {
            let current = permitted(tx.db, &id, &permit)?;
            let erased = if current.done_at.is_some() { current } else { erase_now(tx, &current, permit.operation, backup_days)? };
            told(&erased, context)
        })
        .await?;
    if !validate_only {
        // Also when it was erased before: whoever was told that the cleaning failed asks again.
        contacts::scrub(&app).await?;
    }
    Ok(contacts::no_store(answer))
}

fn erase_now(tx: &mut Tx<'_>, current: &PersonalDataRequest, operation: &str, backup_days: i64) -> Result<PersonalDataRequest> {
    if current.kind != RequestKind::Erasure {
        return Err(Problem::new(
            Code::IllegalTransition,
            text("The person asked for an export, not for erasure.", "Người này yêu cầu trích xuất, không yêu cầu xóa."),
        ));
    }
    let held = held_now(tx, current)?;
    let is_nothing = held.contacts.is_empty() && held.organisations.is_empty();
    let was_begun = current.backups_until.is_some();
    match (is_nothing && held.elsewhere, was_begun) {
        (true, false) => {
            return Err(Problem::new(
                Code::IllegalTransition,
                text(
                    "What is held on the person is held by organisations elsewhere: an administrator is needed to erase it.",
                    "Dữ liệu về người này do tổ chức ở địa phương khác lưu giữ: cần quản trị viên thực hiện việc xóa.",
                ),
            ));
        }
        // Whoever was told that the cleaning failed asks again.
        (true, true) => return Ok(current.clone()),
        (false, _) => {}
    }
    held.contacts.iter().try_for_each(|contact| contacts::erase(tx, contact, operation, Some(&current.id)))?;
    for organisation in &held.organisations {
        personal::erase(tx, organisation)?;
        let id = &organisation.row.id;
        let reason = Some(current.id.as_str());
        let note = Note { action: Action::Erase, operation, entity: personal::ENTITY, entity_id: id, organisation_id: Some(id), reason };
        audit::note(tx, &note)?;
    }
    // What was erased before an administrator went on stays named.
    let before = |ids: &Json<Vec<String>>| if was_begun { ids.get().clone() } else { Vec::new() };
    let both = |before: Vec<String>, now: Json<Vec<String>>| {
        let mut ids = [before, now.get().clone()].concat();
        ids.sort();
        ids.dedup();
        Json::new(ids)
    };
    // While somebody else holds more, the person is still to be found by the digests.
    let next = if held.elsewhere { answered(tx, current.clone()) } else { done(tx, current.clone()) };
    let last_backup = tx.today.checked_add_signed(TimeDelta::days(backup_days));
    let next = PersonalDataRequest {
        contact_ids: both(before(&current.contact_ids), contact_ids(&held)),
        organisation_ids: both(before(&current.organisation_ids), organisation_ids(&held)),
        held_elsewhere: held.elsewhere,
        backups_until: if is_nothing { current.backups_until } else { last_backup },
        ..next
    };
    if next.done_at.is_some() {
        forget_in_others(tx, current, &held)?;
    }
    change(tx, current, next)
}

/// Takes the digests by which the person was found out of every other request that has them: nothing is held any more that
/// they would find. Those of an erased contact that the request itself did not name go where no other contact has them.
fn forget_in_others(tx: &mut Tx<'_>, current: &PersonalDataRequest, held: &Held) -> Result<()> {
    let mut phones: BTreeSet<String> = current.phone_digest.iter().cloned().collect();
    let mut emails: BTreeSet<String> = current.email_digest.iter().cloned().collect();
    let codes: BTreeSet<String> = current.personal_code_digest.iter().cloned().collect();
    for contact in &held.contacts {
        if contacts::found_by(tx.db, contact.phone_digest.as_deref(), None)?.is_empty() {
            phones.extend(contact.phone_digest.clone());
        }
        if contacts::found_by(tx.db, None, contact.email_digest.as_deref())?.is_empty() {
            emails.extend(contact.email_digest.clone());
        }
    }
    let kept = |digest: &Option<String>, gone: &BTreeSet<String>| digest.clone().filter(|digest| !gone.contains(digest));
    for other in store::with_digests(tx.db, &phones, &emails, &codes)?.into_iter().filter(|other| other.id != current.id) {
        let next = PersonalDataRequest {
            phone_digest: kept(&other.phone_digest, &phones),
            email_digest: kept(&other.email_digest, &emails),
            personal_code_digest: kept(&other.personal_code_digest, &codes),
            ..other.clone()
        };
        change(tx, &other, next)?;
    }
    Ok(())
}
