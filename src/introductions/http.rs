//! `/v1/introductions`: asked for, answered, ended, and the contacts that come of it.

use super::model::{Introduction, IntroductionContacts, IntroductionStatus, IntroductionStep, NewIntroduction};
use super::rules::{self, Sides, Step, asking_side};
use super::store;
use crate::access::{Caller, Owners, Permit, Sight};
use crate::app::App;
use crate::audit::Action;
use crate::check;
use crate::contacts::disclosing::{self, Showing};
use crate::contacts::{self, ContactPurpose, ContactVisibility};
use crate::db::Db;
use crate::demands::{self, Demand, DemandStatus, Demands};
use crate::error::{Code, Faults, Problem, Result, text};
use crate::http::answer::{Answer, pick, read_fields};
use crate::http::auth::{Permitted, operation};
use crate::http::collection::Collection;
use crate::http::collection_handlers::object_of;
use crate::http::etag::is_not_modified;
use crate::http::history::history_page;
use crate::http::page::{After, Page, seal};
use crate::http::posted::Posted;
use crate::http::query::{Args, CURSOR, FIELDS, Kind, LIMIT, Param, VALIDATE_ONLY, param};
use crate::http::{Context, path_member};
use crate::log::{Meta, Operation as Logged, Tx};
use crate::offers::{self, Offer, OfferStatus, Offers};
use crate::organisations;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use serde_json::{Value, json};

operation!(ListIntroductions = "list_introductions");
operation!(CreateIntroduction = "create_introduction");
operation!(GetIntroduction = "get_introduction");
operation!(ListIntroductionHistory = "list_introduction_history");
operation!(ListIntroductionContacts = "list_introduction_contacts");
operation!(AcceptIntroduction = "accept_introduction");
operation!(DeclineIntroduction = "decline_introduction");
operation!(WithdrawIntroduction = "withdraw_introduction");
operation!(EndIntroduction = "end_introduction");

/// Filters of the list.
pub(super) const FILTERS: &[Param] = &[
    param("status", Kind::Word(IntroductionStatus::WORDS), "In this status."),
    param("demand", Kind::Id, "For this demand."),
    param("offer", Kind::Id, "For this offer."),
    param("organisation", Kind::Id, "With this organisation on either side."),
];
const SORTS: &[&str] = &["created", "-created"];
/// Sort of the list.
pub(super) const SORT: Param = param("sort", Kind::Word(SORTS), "Order of the items; `-` sorts downwards.");
const ENTITY: &str = "introduction";
/// Contacts that are given for something else than buying and selling are no business of an introduction.
const PURPOSE: ContactPurpose = ContactPurpose::Trade;

fn sides_of(db: &mut Db, introduction: &Introduction) -> Result<Sides> {
    let mut owners = organisations::owners(db, &[&introduction.buyer_id, &introduction.producer_id])?.into_iter();
    Ok(Sides { buyer: owners.next().unwrap_or_default(), producer: owners.next().unwrap_or_default() })
}

/// The introduction, where it concerns the caller of `permit`.
fn permitted(db: &mut Db, id: &str, permit: &Permit) -> Result<(Introduction, Sides)> {
    let introduction = store::load(db, id)?.ok_or_else(Problem::not_found)?;
    let sides = sides_of(db, &introduction)?;
    permit.require(&sides.owners())?;
    Ok((introduction, sides))
}

fn told(introduction: &Introduction, context: &Context) -> Result<Answer> {
    let body = serde_json::to_string(introduction).map_err(Problem::internal)?;
    Ok(Answer::ok(body).with_version(introduction.version, context))
}

pub(super) async fn list(permit: Permitted<ListIntroductions>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[FILTERS, &[SORT, LIMIT, CURSOR, FIELDS]])?;
    let page = Page::read(&args, SORTS, "introductions", app.cursor_secret())?;
    let fields = read_fields(args.get("fields"), app.members("introductions"))?;
    let caller = permit.caller.clone();
    let secret = app.cursor_secret().to_vec();
    let body = app
        .store
        .read(move |db| {
            let mut found = store::list(db, &args, &page, &caller)?;
            let more = page.cut(&mut found);
            let last = found.last().filter(|_| more);
            let next =
                last.map(|last| seal(&After { key: String::new(), id: last.id.clone() }, "introductions", &args.fingerprint(), &secret));
            let mut items = found.iter().map(object_of).collect::<Result<Vec<_>>>()?;
            if let Some(fields) = &fields {
                for item in &mut items {
                    pick(item, fields);
                }
            }
            Ok(json!({"items": items, "next_cursor": next}).to_string())
        })
        .await?;
    Ok(Answer::ok(body).into_response())
}

pub(super) async fn get(permit: Permitted<GetIntroduction>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[&[FIELDS]])?;
    let fields = read_fields(args.get("fields"), app.members("introductions"))?;
    let id = path_member(&request, "id").to_owned();
    let context = app.context(&permit.caller, &args);
    let permit = permit.into_inner();
    let answer = app
        .store
        .read(move |db| {
            let (introduction, _) = permitted(db, &id, &permit)?;
            let mut object = object_of(&introduction)?;
            if let Some(fields) = &fields {
                pick(&mut object, fields);
            }
            Ok(Answer::ok(Value::Object(object).to_string()).with_version(introduction.version, &context))
        })
        .await?;
    if let Some(tag) = answer.etag.as_deref().filter(|tag| is_not_modified(&request, tag)) {
        return Ok(HttpResponse::NotModified().insert_header(("ETag", tag)).finish());
    }
    Ok(answer.into_response())
}

pub(super) async fn create(
    permit: Permitted<CreateIntroduction>,
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let Posted::<NewIntroduction> { body: new, key, context, validate_only } =
        Posted::read(&permit.caller, &app, &request, payload, &[VALIDATE_ONLY]).await?;
    let answer = app
        .create_once(&context, key, validate_only, move |tx, context| {
            let introduction = ask(tx, &new)?;
            let answer = told(&introduction, context)?;
            let location = Some(location(&introduction.id));
            Ok(if validate_only { answer } else { Answer { status: 201, location, ..answer } })
        })
        .await?;
    Ok(answer.into_response())
}

fn location(id: &str) -> String {
    format!("/v1/introductions/{id}")
}

/// Stores the introduction that the caller asks for.
fn ask(tx: &mut Tx<'_>, new: &NewIntroduction) -> Result<Introduction> {
    let demand = Demands::load(tx.db, std::slice::from_ref(&new.demand_id))?.pop();
    let offer = Offers::load(tx.db, std::slice::from_ref(&new.offer_id))?.pop();
    let mut faults = Faults::new();
    if demand.is_none() {
        check::unknown_reference(&mut faults, "/demand_id", "demand", "nhu cầu");
    }
    if offer.is_none() {
        check::unknown_reference(&mut faults, "/offer_id", "offer", "chào bán");
    }
    faults.into_result()?;
    let (Some(demand), Some(offer)) = (demand, offer) else { return Err(Problem::not_found()) };
    let sides = Sides {
        buyer: Demands::owners(tx.db, std::slice::from_ref(&demand))?.pop().unwrap_or_default(),
        producer: Offers::owners(tx.db, std::slice::from_ref(&offer))?.pop().unwrap_or_default(),
    };
    let asked_by = asking_side(tx.caller, &sides, new.side)?;
    let organisation = |owners: &Owners| owners.organisations.first().cloned().unwrap_or_default();
    let (buyer_id, producer_id) = (organisation(&sides.buyer), organisation(&sides.producer));
    if buyer_id == producer_id {
        let mut faults = Faults::new();
        faults.add("/offer_id", "same_organisation", text("Both sides are one organisation.", "Hai bên là cùng một tổ chức."));
        faults.into_result()?;
    }
    check_both_go_on(&demand, &offer, tx.today)?;
    if let Some(id) = store::live(tx.db, &demand.id, &offer.id)? {
        return Err(Problem::new(
            Code::AlreadyExists,
            text(
                "This demand and this offer have an introduction: Location names it.",
                "Nhu cầu và chào bán này đã có lời giới thiệu: xem Location.",
            ),
        )
        .with_header("Location", location(&id)));
    }
    let Meta { id, version, origin, created_at, updated_at } = tx.first_version("int")?;
    let introduction = Introduction {
        id,
        version,
        origin,
        created_at,
        updated_at,
        illustrative: demand.illustrative || offer.illustrative,
        demand_id: demand.id,
        offer_id: offer.id,
        buyer_id,
        producer_id,
        asked_by,
        asked_by_key_id: tx.caller.key_id.clone(),
        status: IntroductionStatus::Asked,
        answered_at: None,
        ended_at: None,
    };
    store::insert(tx.db, &introduction)?;
    tx.record(Logged::Create, ENTITY, &introduction.id, 1, &introduction)?;
    Ok(introduction)
}

/// There is something to talk about: the demand and the offer are open, or will be.
fn check_both_go_on(demand: &Demand, offer: &Offer, today: NaiveDate) -> Result<()> {
    let demand_status = demands::status(demand.closed_on, demand.answer_by, (demand.months, demand.ends_on), today);
    let offer_status = offers::status(offer.closed_on, offer.season(), today);
    // What is offered from a later day on is there to be talked about today.
    if demand_status == DemandStatus::Open && matches!(offer_status, OfferStatus::Open | OfferStatus::NotYet) {
        return Ok(());
    }
    let (demand, offer) = (demand_status.as_str(), offer_status.as_str());
    Err(Problem::new(
        Code::IllegalTransition,
        text(
            format!("The demand is {demand} and the offer {offer}: both must go on."),
            format!("Nhu cầu ở trạng thái {demand}, chào bán ở trạng thái {offer}: cả hai phải còn hiệu lực."),
        ),
    ))
}

/// The same of what an introduction is about, which may have been closed since it was asked for, or deleted.
fn check_still_goes_on(tx: &mut Tx<'_>, introduction: &Introduction) -> Result<()> {
    let demand = Demands::load(tx.db, std::slice::from_ref(&introduction.demand_id))?.pop();
    let offer = Offers::load(tx.db, std::slice::from_ref(&introduction.offer_id))?.pop();
    let (Some(demand), Some(offer)) = (demand, offer) else {
        return Err(Problem::new(
            Code::IllegalTransition,
            text("The demand or the offer is no longer registered.", "Nhu cầu hoặc chào bán không còn được đăng ký."),
        ));
    };
    check_both_go_on(&demand, &offer, tx.today)
}

macro_rules! step_handler {
    ($name:ident, $operation:ident, $step:ident) => {
        pub(super) async fn $name(
            permit: Permitted<$operation>,
            app: Data<App>,
            request: HttpRequest,
            payload: Payload,
        ) -> Result<HttpResponse> {
            take(permit.into_inner(), app, request, payload, Step::$step).await
        }
    };
}
step_handler!(accept, AcceptIntroduction, Accept);
step_handler!(decline, DeclineIntroduction, Decline);
step_handler!(withdraw, WithdrawIntroduction, Withdraw);
step_handler!(end, EndIntroduction, End);

async fn take(permit: Permit, app: Data<App>, request: HttpRequest, payload: Payload, step: Step) -> Result<HttpResponse> {
    let Posted::<IntroductionStep> { body: _, key, context, validate_only } =
        Posted::read(&permit.caller, &app, &request, payload, &[VALIDATE_ONLY]).await?;
    let id = path_member(&request, "id").to_owned();
    let answer = app
        .create_once(&context, key, validate_only, move |tx, context| {
            let (introduction, sides) = permitted(tx.db, &id, &permit)?;
            let status = rules::step(&introduction, step, tx.caller, &sides)?;
            if step == Step::Accept {
                check_still_goes_on(tx, &introduction)?;
            }
            let next = next(tx, &introduction, step, status)?;
            told(&next, context)
        })
        .await?;
    Ok(answer.into_response())
}

fn next(tx: &mut Tx<'_>, current: &Introduction, step: Step, status: IntroductionStatus) -> Result<Introduction> {
    let mut next = Introduction { version: current.version + 1, updated_at: tx.now, status, ..current.clone() };
    match step {
        Step::Accept | Step::Decline => next.answered_at = Some(tx.now),
        Step::Withdraw | Step::End => next.ended_at = Some(tx.now),
    }
    if !store::update(tx.db, current, &next)? {
        return Err(Problem::unavailable("another writer was faster").contended());
    }
    tx.record(Logged::Update, ENTITY, &next.id, next.version, &next)?;
    Ok(next)
}

pub(super) async fn history(permit: Permitted<ListIntroductionHistory>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[&[LIMIT, CURSOR]])?;
    let id = path_member(&request, "id").to_owned();
    let scope = format!("introductions/{id}/history");
    let page = Page::read(&args, &["version"], &scope, app.cursor_secret())?;
    let secret = app.cursor_secret().to_vec();
    let permit = permit.into_inner();
    let body = app
        .store
        .read(move |db| {
            let see = |db: &mut Db, body: &str| {
                let version: Introduction = serde_json::from_str(body).map_err(Problem::internal)?;
                let owners = sides_of(db, &version)?.owners();
                permit.require(&owners)?;
                Ok(Some((object_of(&version)?, permit.caller.sight(&owners))))
            };
            history_page(db, (ENTITY, &id), &page, (&scope, &args, &secret), see)
        })
        .await?;
    Ok(Answer::ok(body).into_response())
}

pub(super) async fn contacts(permit: Permitted<ListIntroductionContacts>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[])?;
    let id = path_member(&request, "id").to_owned();
    let context = app.context(&permit.caller, &args);
    let limit = app.daily_disclosures;
    let permit = permit.into_inner();
    let operation = permit.operation;
    let shown = app
        .write(&context, false, move |tx: &mut Tx<'_>| {
            let (introduction, sides) = permitted(tx.db, &id, &permit)?;
            check_goes_on(&introduction, &sides)?;
            let side = permit.caller.organisation_id.as_deref().and_then(|own| introduction.side_of(own));
            let Some(side) = side else {
                let all = [ContactVisibility::Public, ContactVisibility::Matched, ContactVisibility::Officers];
                let both =
                    contacts::of_organisations(tx.db, &[&introduction.buyer_id, &introduction.producer_id], PURPOSE, &all, tx.today)?;
                return Ok(both.iter().filter_map(|contact| overseen(contact, &permit.caller, &sides)).collect::<Vec<_>>());
            };
            let to_the_other = [ContactVisibility::Public, ContactVisibility::Matched];
            let theirs = contacts::of_organisations(tx.db, &[introduction.organisation(side.other())], PURPOSE, &to_the_other, tx.today)?;
            let showing = Showing { operation, action: Action::Disclose, reason: Some(&introduction.id), limit };
            // What everybody sees anyway is not disclosed by it.
            let mut disclosed = theirs.iter().filter(|contact| contact.visibility != ContactVisibility::Public);
            disclosed.try_for_each(|contact| disclosing::note(tx, contact, &showing))?;
            Ok(theirs.iter().map(|contact| contacts::clear(contact, Sight::Public)).collect())
        })
        .await?;
    let body = serde_json::to_string(&IntroductionContacts { items: shown }).map_err(Problem::internal)?;
    Ok(contacts::no_store(Answer::ok(body)))
}

/// A contact as somebody sees it who oversees the introduction and is no side of it: as he sees it anywhere.
fn overseen(contact: &contacts::Contact, caller: &Caller, sides: &Sides) -> Option<contacts::ContactView> {
    let owners = [&sides.buyer, &sides.producer].into_iter().find(|owners| owners.organisations.contains(&contact.organisation_id))?;
    contacts::view(contact, caller, owners)
}

/// Contacts are shown while it is accepted and both sides are there.
fn check_goes_on(introduction: &Introduction, sides: &Sides) -> Result<()> {
    let both_there = !sides.buyer.provinces.is_empty() && !sides.producer.provinces.is_empty();
    if introduction.status == IntroductionStatus::Accepted && both_there {
        return Ok(());
    }
    let status = introduction.status.as_str();
    Err(Problem::new(
        Code::IllegalTransition,
        text(
            format!("It is {status}: contacts are shown while an introduction is accepted and both organisations are registered."),
            format!("Trạng thái là {status}: chỉ xem được liên hệ khi lời giới thiệu đã được chấp nhận và hai tổ chức còn đăng ký."),
        ),
    ))
}
