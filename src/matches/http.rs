//! The questions: all answered from memory, on the thread that took the request.

use super::model::{DemandMatches, MatchExplanation, OfferMatches, ProducerReadiness};
use super::params::{self, PAIR, PROBLEMS, RANKING, limits};
use super::propose;
use super::write::Page;
use crate::access::{Caller, Owners};
use crate::app::App;
use crate::demands::{self, Demands, NewDemand};
use crate::error::{Code, Problem, Result};
use crate::http::auth::{Permitted, operation};
use crate::http::body::{self, Media};
use crate::http::collection::Collection;
use crate::http::edge::language;
use crate::http::query::{AS_OF, Args, Param};
use crate::http::route::{Doc, Route, Schemas, get_route, schema_of};
use crate::http::{BODY_LIMIT, Context, path_member};
use crate::indexing::{Reading, day, demand};
use crate::log::Meta;
use crate::market::Market;
use crate::market::matching::{Setting, Weights};
use crate::market::record::Id;
use crate::reference::ProvinceId;
use crate::search::{from_memory, view_of};
use actix_web::http::Method;
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;
use std::time::Instant;

operation!(ListDemandMatches = "list_demand_matches", Memory);
operation!(ListOfferMatches = "list_offer_matches", Memory);
operation!(GetMatch = "get_match", Memory);
operation!(PreviewMatches = "preview_matches", Memory);
operation!(GetProducerReadiness = "get_producer_readiness", Memory);

const RULES: &str = "An offer fits when it passes every constraint, of what of the demand's period is still to come on the day asked: category, text, stars, certificate (over that whole period), period, months (one of both; each that is needed where one supplier must bring all), minimum_order (no more than what is needed, nor than what is left in some month), quantity (beside what signed MoUs promise; what is left is rounded down to two digits for callers to whom `promised` is not shown), price, delivery, shelf_life, unit. Its score is the sum of seven parts, weight times fit; equal scores go by distance, then id. Unless `weights` says otherwise they weigh 30, 15, 20, 10, 10, 10 and 5 %: volume fits by the share of what is needed that is left; months by the share of those needed; price by half at the ceiling, wholly for nothing and not at all from twice the ceiling on; stars by a fifth each; preferred certificates by the share of them; distance by a percent less for each 20 km; deliveries, of which nothing is recorded yet, by half. A price that is not stated or can't be compared (no ceiling, another currency, basis or tax) counts half. It keeps apart where it is above the ceiling as far as that can be said: without transport or tax that the ceiling includes it can only come out higher. A price or ceiling that the caller may not see is unknown: it counts half and keeps nothing apart; the producer of an offer is told that its price is above a ceiling, and never the ceiling. The own offers of an organisation that produces and buys are not considered for its demands: it makes no memorandum with itself. What an organisation that is suspended or dissolved offers or needs takes no part until it is active again. Sentences are in Vietnamese or English by Accept-Language.";

/// Routes of matching.
pub fn routes() -> Vec<Route> {
    let get = |path: &str, operation, handler, tag, summary: &str, description: String, params: &[Param], schema: &str, add| Route {
        method: Method::GET,
        path: path.into(),
        operation,
        handler,
        doc: Doc {
            summary: summary.into(),
            from_memory: true,
            description,
            tag,
            params: params.to_vec(),
            answers: vec![(200, "application/json", Some(schema.into()), None)],
            problems: PROBLEMS.to_vec(),
            schemas: vec![add],
            ..Doc::default()
        },
    };
    vec![
        get(
            "/v1/demands/{id}/matches",
            "list_demand_matches",
            || get_route().to(list_demand_matches),
            "matches",
            "The best offers for a demand",
            format!("The best offers with the parts of their scores, and those that fail one constraint alone (other than category, text and unit) with what would mend it. There are no pages: `considered` and `eligible` count all. {RULES}"),
            RANKING,
            "OfferMatches",
            schema_of::<OfferMatches> as fn(&mut Schemas),
        ),
        get(
            "/v1/offers/{id}/matches",
            "list_offer_matches",
            || get_route().to(list_offer_matches),
            "matches",
            "The best demands for an offer",
            format!("The same from the other side. {RULES}"),
            RANKING,
            "DemandMatches",
            schema_of::<DemandMatches>,
        ),
        get(
            "/v1/demands/{id}/matches/{offer}",
            "get_match",
            || get_route().to(get_match),
            "matches",
            "Explain one pair",
            format!("Any demand with any offer, also where they don't fit: every constraint, what is missing, and the least change that would make it fit. {RULES}"),
            PAIR,
            "MatchExplanation",
            schema_of::<MatchExplanation>,
        ),
        get(
            "/v1/producers/{id}/readiness",
            "get_producer_readiness",
            || get_route().to(get_producer_readiness),
            "matches",
            "What a producer is ready for, and what it lacks",
            "Over all open demands of others: how many its offers fit, and what each thing that it lacks costs it in demands and quantity, most valuable first, with the offers that it is about: a change of these is enough, and of no other is anything asked.".into(),
            &[AS_OF],
            "ProducerReadiness",
            schema_of::<ProducerReadiness>,
        ),
        preview(),
        propose::route(),
    ]
}

fn preview() -> Route {
    Route {
        method: Method::POST,
        path: "/v1/matches/preview".into(),
        operation: "preview_matches",
        handler: || web::post().to(preview_matches),
        doc: Doc {
            summary: "The best offers for a demand that is not stored".into(),
            from_memory: true,
            description: format!("The body is that of a demand, with all its checks; nothing is stored. {RULES}"),
            tag: "matches",
            params: RANKING.to_vec(),
            body: Some((Media::Json, "NewDemand".into(), (Demands::SPEC.example)())),
            answers: vec![(200, "application/json", Some("OfferMatches".into()), None)],
            problems: vec![
                Code::Unauthenticated,
                Code::Forbidden,
                Code::BodyTooLarge,
                Code::UnsupportedMediaType,
                Code::Invalid,
                Code::RequestTimeout,
            ],
            schemas: vec![schema_of::<OfferMatches>, schema_of::<NewDemand>],
            ..Doc::default()
        },
    }
}

/// What every question reads before it is answered.
struct Question<'a> {
    market: Reading<'a>,
    context: Context,
    weights: Weights,
    version: &'static str,
}

impl<'a> Question<'a> {
    fn read(app: &'a App, caller: &Caller, args: &Args) -> Result<Self> {
        let (weights, version) = params::weights(args)?;
        Ok(Self { context: app.context(caller, args), market: app.index.read()?, weights, version })
    }

    fn setting(&self) -> Setting<'_> {
        self.market.setting(view_of(&self.context.caller, &self.market), self.weights, day(self.context.as_of))
    }
}

/// The id in member `name` of the path, of a record whose ids begin with `prefix`.
///
/// # Errors
/// 404 for anything else.
pub fn id_in_path(request: &HttpRequest, name: &str, prefix: &str) -> Result<Id> {
    let text = path_member(request, name);
    let is_of_kind = text.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('_'));
    Id::parse(text).filter(|_| is_of_kind).ok_or_else(Problem::not_found)
}

async fn list_demand_matches(permit: Permitted<ListDemandMatches>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let started = Instant::now();
    let args = Args::parse(request.query_string(), &[RANKING])?;
    let question = Question::read(&app, &permit.caller, &args)?;
    let id = id_in_path(&request, "id", "dmd")?;
    let (limit, near) = limits(&args);
    #[cfg(feature = "bench-floor")]
    if let Some(body) = crate::http::floor::bench_floor(&request) {
        drop(question);
        return Ok(from_memory(&app, started, "match", body));
    }
    let asked = question.market.asked(id).ok_or_else(Problem::not_found)?;
    let setting = question.setting();
    let ranking = question.market.best_offers(&asked, &setting, limit, near);
    let page = Page::new(&question.market, &setting, question.context.as_of, language(&request));
    let body = page.offers(&asked, question.market.demands().text(id), &ranking, question.version);
    drop(question);
    Ok(from_memory(&app, started, "match", body))
}

async fn list_offer_matches(permit: Permitted<ListOfferMatches>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let started = Instant::now();
    let args = Args::parse(request.query_string(), &[RANKING])?;
    let question = Question::read(&app, &permit.caller, &args)?;
    let supply = question.market.offer(id_in_path(&request, "id", "ofr")?).ok_or_else(Problem::not_found)?;
    let setting = question.setting();
    let (limit, near) = limits(&args);
    let ranking = question.market.best_demands(&supply, &setting, limit, near);
    let page = Page::new(&question.market, &setting, question.context.as_of, language(&request));
    let body = page.demands(&supply, &ranking, question.version);
    drop(question);
    Ok(from_memory(&app, started, "match", body))
}

async fn get_match(permit: Permitted<GetMatch>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let started = Instant::now();
    let args = Args::parse(request.query_string(), &[PAIR])?;
    let question = Question::read(&app, &permit.caller, &args)?;
    let asked = question.market.asked(id_in_path(&request, "id", "dmd")?).ok_or_else(Problem::not_found)?;
    let supply = question.market.offer(id_in_path(&request, "offer", "ofr")?).ok_or_else(Problem::not_found)?;
    let setting = question.setting();
    let page = Page::new(&question.market, &setting, question.context.as_of, language(&request));
    let body = page.explanation(&supply, &asked, question.version);
    drop(question);
    Ok(from_memory(&app, started, "match", body))
}

async fn get_producer_readiness(permit: Permitted<GetProducerReadiness>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let started = Instant::now();
    let args = Args::parse(request.query_string(), &[&[AS_OF]])?;
    let question = Question::read(&app, &permit.caller, &args)?;
    let organisations = question.market.organisations();
    let row = organisations.row(id_in_path(&request, "id", "org")?).ok_or_else(Problem::not_found)?;
    if organisations.get(row).is_none_or(|organisation| organisation.producer_kind.is_none()) {
        return Err(Problem::not_found());
    }
    let setting = question.setting();
    let found = question.market.readiness(row, &setting);
    let page = Page::new(&question.market, &setting, question.context.as_of, language(&request));
    let body = page.readiness(row, &found);
    drop(question);
    Ok(from_memory(&app, started, "match", body))
}

async fn preview_matches(
    permit: Permitted<PreviewMatches>,
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[RANKING])?;
    let bytes = body::read(&request, payload, Media::Json, BODY_LIMIT).await?;
    let started = Instant::now();
    let new: NewDemand = body::typed(Value::Object(body::parse(&bytes)?), "")?;
    let question = Question::read(&app, &permit.caller, &args)?;
    let owners = buyer(&new.buyer_id, &question.market);
    let today = crate::clock::day_of(question.context.now);
    let made = demands::made(new, today, owners.is_some(), unstored(&question.context))?;
    permit.require(&owners.unwrap_or_default())?;
    let record = demand(&made).map_err(Problem::internal)?;
    let asked = question.market.asked_by(&record);
    let setting = question.setting();
    let (limit, near) = limits(&args);
    let ranking = question.market.best_offers(&asked, &setting, limit, near);
    let page = Page::new(&question.market, &setting, question.context.as_of, language(&request));
    let body = page.offers(&asked, record.text.as_deref(), &ranking, question.version);
    drop(question);
    Ok(from_memory(&app, started, "match", body))
}

/// Whose a demand of `buyer` is; `None` where it is not known to buy.
fn buyer(id: &str, market: &Market) -> Option<Owners> {
    let organisations = market.organisations();
    let found =
        Id::parse(id).filter(|_| id.starts_with("org_")).and_then(|id| organisations.row(id)).and_then(|row| organisations.get(row));
    let province = ProvinceId::from_row(found.filter(|organisation| organisation.is_buyer)?.province)?;
    Some(Owners::one(id, province))
}

/// What the register would note of a record that it does not keep.
fn unstored(context: &Context) -> Meta {
    Meta {
        id: crate::search::id_text("dmd", Id::default()),
        version: 1,
        origin: String::new(),
        created_at: context.now,
        updated_at: context.now,
    }
}
