//! `GET /v1/products`, `GET /v1/offers` (list or search) and `GET /v1/suggest`.

use super::model::{OfferSearchPage, ProductSearchPage, Suggestions};
use super::params::{self, Asked, OWN, SHARED, SORTS};
use super::suggest::suggestions;
use super::view::view_of;
use super::write::Writer;
use crate::access::Permit;
use crate::app::App;
use crate::error::{Code, Fault, Problem, Result, text};
use crate::http::answer::read_fields;
use crate::http::auth::{Permitted, operation};
use crate::http::collection::Collection;
use crate::http::collection_handlers::{LIST_PARAMS, list_page};
use crate::http::page::{After, seal};
use crate::http::query::{AS_OF, Args, CURSOR, FIELDS, Kind, LIMIT, Param, Wrong, param};
use crate::http::route::{Doc, Route, Schemas, get_route, schema_of};
use crate::ids::base32;
use crate::market::Market;
use crate::market::order::SortKey;
use crate::market::record::Id;
use crate::market::search::{Question, Sort};
use crate::offers::Offers;
use crate::products::Products;
use actix_web::body::MessageBody;
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use std::time::Instant;
use utoipa::openapi::schema::{AnyOfBuilder, Ref};
use utoipa::openapi::{RefOr, Schema};

operation!(ListProducts = "list_products", Memory);
operation!(ListOffers = "list_offers", Memory);
operation!(ListSuggestions = "list_suggestions", Memory);

/// Items on a page unless asked otherwise.
pub(super) const DEFAULT_LIMIT: usize = 20;
/// The sort of a search.
const SORT: Param = param("sort", Kind::Word(&SORTS), "Order of the items.");
/// Names of one kind that are suggested unless asked otherwise.
const SUGGESTED: usize = 5;

/// The routes of a collection whose list can be searched: its list answers both.
pub fn searchable<C: Searched>(mut routes: Vec<Route>) -> Vec<Route> {
    for route in routes.iter_mut().filter(|route| route.operation == C::SPEC.operations.list) {
        route.handler = C::HANDLER;
        let doc = &mut route.doc;
        doc.from_memory = true;
        doc.description = format!(
            "{} Items come in pages; follow `next_cursor` until it is null.\n\nWith `q`, `facets` or another parameter of a search it is one: answered from memory, of what is open or to come on the day asked, with `total`, `facets`, how it was `matched`, and `Server-Timing`. What a producer who is suspended or dissolved offers is found by no search. Its order is one of relevance (newest without words), price (the lowest first), quantity (largest first, beside what is promised), stars (most first), distance (nearest first; needs `near`) and newest; what has no price in đồng that the caller sees comes last by price. Prices are compared for a base unit, whatever their basis and tax. {} don't go with it.",
            C::SPEC.description,
            C::OF_LISTS
        );
        // As a search takes a shared parameter: several times.
        doc.params.retain(|known| !SHARED.iter().any(|shared| shared.name == known.name) && known.name != "sort");
        doc.params.extend(SHARED);
        doc.params.extend(OWN);
        doc.params.push(Param {
            name: "sort",
            kind: Kind::Word(C::ALL_SORTS),
            description: "Order of the items. Those that are there with `-` too, which sorts downwards, are of a list; the others are of a search.",
            many: false,
        });
        doc.schemas.push(C::SCHEMAS);
        for answer in doc.answers.iter_mut().filter(|answer| answer.0 == 200) {
            answer.2 = Some(format!("{}Answer", C::PAGE));
        }
    }
    routes
}

/// A collection that can be searched.
pub trait Searched: Collection {
    /// Its handler of the list.
    const HANDLER: fn() -> actix_web::Route;
    /// Sorts of the list and of the search.
    const ALL_SORTS: &'static [&'static str];
    /// The parameters that only a list has.
    const OF_LISTS: &'static str;
    /// Adds the schemas of its answers.
    const SCHEMAS: fn(&mut Schemas);
    /// First part of the names of its pages.
    const PAGE: &'static str;
    /// Schema of what is found.
    const HIT: &'static str;
}

impl Searched for Products {
    const HANDLER: fn() -> actix_web::Route = || get_route().to(list_products);
    const ALL_SORTS: &'static [&'static str] =
        &["created", "-created", "name", "-name", "relevance", "price", "quantity", "stars", "distance", "newest"];
    const SCHEMAS: fn(&mut Schemas) = |schemas| {
        schema_of::<ProductSearchPage>(schemas);
        schemas.insert("ProductAnswer".into(), either("ProductSearchPage", "ProductPage"));
    };
    const OF_LISTS: &'static str =
        "`name`, `status`, `certificate_kind`, `gtin`, `storage`, and members of `fields` that only a record has,";
    const PAGE: &'static str = "Product";
    const HIT: &'static str = "ProductHit";
}

impl Searched for Offers {
    const HANDLER: fn() -> actix_web::Route = || get_route().to(list_offers);
    const ALL_SORTS: &'static [&'static str] =
        &["created", "-created", "available_from", "-available_from", "relevance", "price", "quantity", "stars", "distance", "newest"];
    const SCHEMAS: fn(&mut Schemas) = |schemas| {
        schema_of::<OfferSearchPage>(schemas);
        schemas.insert("OfferAnswer".into(), either("OfferSearchPage", "OfferPage"));
    };
    const OF_LISTS: &'static str = "`product`, `month` (a search has `months`) and `open`, and members of `fields` that only a record has,";
    const PAGE: &'static str = "Offer";
    const HIT: &'static str = "OfferHit";
}

fn either(list: &str, search: &str) -> RefOr<Schema> {
    AnyOfBuilder::new()
        .item(Ref::from_schema_name(list))
        .item(Ref::from_schema_name(search))
        .description(Some("A page of the list, or of a search."))
        .into()
}

/// Routes beside the lists.
pub fn routes() -> Vec<Route> {
    vec![Route {
        method: Method::GET,
        path: "/v1/suggest".into(),
        operation: "list_suggestions",
        handler: || get_route().to(suggest),
        doc: Doc {
            summary: "Suggest names while one types".into(),
            from_memory: true,
            description: "Products, product groups (by code as well), provinces, producers and buyers whose names (of products: with their producers') fit all that has been typed so far, the best of each first; those one typing error away only where nothing of any kind fits as typed. A province-level unit is found by the name of one before it, too, which is then told as `former_name`. Answered from memory.".into(),
            tag: "search",
            params: SUGGEST_PARAMS.to_vec(),
            answers: vec![(200, "application/json", Some("Suggestions".into()), None)],
            problems: vec![Code::Unauthenticated],
            schemas: vec![schema_of::<Suggestions>],
            ..Doc::default()
        },
    }]
}

const SUGGEST_PARAMS: &[Param] = &[
    param("q", Kind::Text, "What has been typed so far; needed."),
    AS_OF,
    param("limit", Kind::Few(5), "Names of each kind, 1 to 100; 5 unless given."),
];

async fn list_products(permit: Permitted<ListProducts>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    if !params::is_search(request.query_string()) {
        return list_page::<Products>(&permit, app, &request).await.map_err(also_of_searches::<Products>);
    }
    search::<Products>(&permit, &app, &request, |market, question, write, facets, seal| {
        let found = market.search(question);
        let next = found.hits.last().filter(|_| found.more).map(|hit| seal(hit.key));
        write.products(&found, facets, next.as_deref())
    })
}

async fn list_offers(permit: Permitted<ListOffers>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    if !params::is_search(request.query_string()) {
        return list_page::<Offers>(&permit, app, &request).await.map_err(also_of_searches::<Offers>);
    }
    search::<Offers>(&permit, &app, &request, |market, question, write, facets, seal| {
        let found = market.search_offers(question);
        let next = found.hits.last().filter(|_| found.more).map(|hit| seal(hit.key));
        write.offers(&found, facets, next.as_deref())
    })
}

/// `refused` by the plain list, with what a search would take: whoever names nothing that there is may have meant either.
fn also_of_searches<C: Searched>(refused: Problem) -> Problem {
    let told = |fault: &Fault| match (fault.code, fault.pointer.as_str()) {
        ("unknown_parameter", _) => {
            let list = C::SPEC.filters.iter().map(|param| param.name);
            let search = OWN.iter().map(|param| param.name).filter(|name| C::SPEC.filters.iter().all(|param| param.name != *name));
            let both = list.chain(["sort"]).chain(LIST_PARAMS.iter().map(|param| param.name)).collect::<Vec<_>>().join(", ");
            let search = search.collect::<Vec<_>>().join(", ");
            let detail = text(
                format!("There is no parameter of this name here; there are: {both}; and those of a search: {search}."),
                format!("Không có tham số này; các tham số có: {both}; và các tham số tìm kiếm: {search}."),
            );
            Fault { detail, ..fault.clone() }
        }
        ("not_allowed", "?sort") => {
            let all = C::ALL_SORTS.join(", ");
            Fault { detail: text(format!("One of: {all}."), format!("Một trong: {all}.")), ..fault.clone() }
        }
        _ => fault.clone(),
    };
    let faults: Vec<Fault> = refused.errors().iter().map(told).collect();
    match faults.first() {
        Some(first) if *refused.errors() != *faults => Problem::new(refused.code(), first.detail.clone()).with_errors(faults),
        _ => refused,
    }
}

/// `refused`, with a word for parameters that there are, though not in a search.
fn only_of_lists<C: Searched>(refused: Problem) -> Problem {
    let is_of_the_list = |fault: &Fault| {
        let name = fault.pointer.trim_start_matches('?');
        fault.code == "unknown_parameter" && C::SPEC.filters.iter().any(|param| param.name == name)
    };
    let told = |fault: &Fault| {
        if !is_of_the_list(fault) {
            return fault.clone();
        }
        let detail = text(
            "This parameter is one of the plain list: it does not go with those of a search (q, facets, price_at_most and others).",
            "Tham số này chỉ dùng cho danh sách thường, không dùng cùng các tham số tìm kiếm (q, facets, price_at_most và các tham số khác).",
        );
        Fault { code: "not_together", detail, ..fault.clone() }
    };
    let faults: Vec<Fault> = refused.errors().iter().map(told).collect();
    let detail = faults.first().map_or_else(|| refused.detail().clone(), |fault| fault.detail.clone());
    if faults.iter().any(|fault| fault.code == "not_together") { Problem::new(refused.code(), detail).with_errors(faults) } else { refused }
}

/// Answers a search from memory, on the thread that took the request: it takes microseconds and waits for nothing.
fn search<C: Searched>(
    permit: &Permit,
    app: &App,
    request: &HttpRequest,
    answer: impl Fn(&Market, &Question<'_>, Writer<'_>, u8, &dyn Fn(SortKey) -> String) -> Vec<u8>,
) -> Result<HttpResponse> {
    let started = Instant::now();
    let args = Args::parse(request.query_string(), &[SHARED, OWN, &[SORT, AS_OF, LIMIT, CURSOR, FIELDS]]).map_err(only_of_lists::<C>)?;
    let scope = format!("{}/search", C::SPEC.name);
    let mut wrong = Wrong::default();
    let fields = wrong.or_default(read_fields(args.get("fields"), app.members(C::HIT)));
    let context = app.context(&permit.caller, &args);
    let market = app.index.read()?;
    let Asked { filter, facets, sort, place } = params::read(&args, &market, context.as_of, wrong)?;
    let after = args.get("cursor").map(|cursor| open_cursor(cursor, &scope, &args, app.cursor_secret())).transpose()?;
    let view = view_of(&permit.caller, &market);
    let as_of = crate::indexing::day(context.as_of);
    let limit = args.count("limit").unwrap_or(DEFAULT_LIMIT);
    // Without words the newest fit best.
    let sort = if args.has("q") || sort != Sort::Relevance { sort } else { Sort::Newest };
    let question = Question { text: args.get("q"), filter, facets, sort, place, limit, after, as_of, view };
    #[cfg(feature = "bench-floor")]
    if let Some(body) = crate::http::floor::bench_floor(request) {
        drop(market);
        return Ok(from_memory(app, started, "search", body));
    }
    let seal = |key: SortKey| sealed(key, &scope, &args, app.cursor_secret());
    let write = Writer::new(&market, &question.view, as_of, context.as_of, place, fields).answering(&question);
    let body = answer(&market, &question, write, facets, &seal);
    drop(market);
    Ok(from_memory(app, started, "search", body))
}

/// An answer that memory gave: how long it took, and whether the database was away.
pub fn from_memory(app: &App, started: Instant, what: &str, body: impl MessageBody + 'static) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.content_type("application/json");
    response.insert_header(("Server-Timing", format!("{what};dur={:.3}", started.elapsed().as_secs_f64() * 1_000.0)));
    if let Some(degraded) = app.degraded() {
        response.insert_header(("Cungcau-Degraded", format!("database; position={}; age={}", degraded.position, degraded.age_seconds)));
    }
    response.body(body)
}

/// A cursor after `key`, of the search `scope` with `args`.
pub(super) fn sealed((key, id): SortKey, scope: &str, args: &Args, secret: &[u8]) -> String {
    seal(&After { key: key.to_string(), id: base32(id.0, 26) }, scope, &args.fingerprint(), secret)
}

/// Where the page before ended.
///
/// # Errors
/// 400 for a cursor of another search.
pub(super) fn open_cursor(cursor: &str, scope: &str, args: &Args, secret: &[u8]) -> Result<SortKey> {
    let opened = crate::http::page::open(cursor, scope, &args.fingerprint(), secret);
    let key = opened.and_then(|after| Some((after.key.parse().ok()?, Id::parse(&format!("x_{}", after.id))?)));
    key.ok_or_else(crate::http::page::invalid_cursor)
}

async fn suggest(permit: Permitted<ListSuggestions>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let started = Instant::now();
    let args = Args::parse(request.query_string(), &[SUGGEST_PARAMS])?;
    let Some(typed) = args.get("q") else {
        return Err(Problem::parameter("q", "missing", text("Say what has been typed so far.", "Hãy ghi những chữ đã gõ.")));
    };
    params::has_words(typed)?;
    let context = app.context(&permit.caller, &args);
    let limit = args.count("limit").unwrap_or(SUGGESTED);
    let market = app.index.read()?;
    let names = suggestions(&market, typed, limit, context.as_of);
    drop(market);
    let body = serde_json::to_string(&names).map_err(Problem::internal)?;
    Ok(from_memory(&app, started, "suggest", body))
}
