//! `GET /v1/producers` and `GET /v1/buyers` with words: whose names fit, the best first.
//!
//! The market index says who is meant and in which order; it knows of an organisation its name, its unit, its kind of
//! producer and whether it buys. All other filters are the database's: it is asked which of the best ones pass, in three
//! questions at most and no more than [`MOST_JUDGED`] for a page. What passes is read and shown as the list shows it.

use super::http::{DEFAULT_LIMIT, open_cursor, sealed};
use super::model::{Matched, OrganisationHitPage};
use super::params::has_words;
use super::plain::id_text;
use crate::app::App;
use crate::db::Db;
use crate::error::{Problem, Result, text};
use crate::http::answer::{Answer, read_fields};
use crate::http::auth::Permitted;
use crate::http::collection::Collection;
use crate::http::collection_handlers::{LIST_PARAMS, List, list_page, listed};
use crate::http::query::{Args, Kind, Param, param};
use crate::http::route::{Route, get_route, schema_of, sort_param};
use crate::market::order::SortKey;
use crate::market::organisations::{Organisation as Known, Side};
use crate::market::record::Rows;
use crate::market::search::Hit;
use crate::market::text::query::How;
use crate::organisations::{Of, Organisation, ProducerKind, Profile, ProfileKind};
use crate::reference::ProvinceId;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// Organisations whose other filters the database is asked for, to fill one page.
const MOST_JUDGED: usize = 4_096;
/// How many of them are asked for at first: mostly that fills the page.
const FIRST_JUDGED: usize = 256;
/// How many times as many are asked for next, so that three questions are enough.
const NEXT_JUDGED: usize = 4;

/// The words.
const Q: Param = param(
    "q",
    Kind::Text,
    "Words of the name, wherever they stand in it. Typed with marks they mean themselves, typed without they mean all; the last one may be half typed, an unknown one may have one typing error, and other names of the same thing are found too. Does not go with `sort`: the best come first.",
);

/// The routes of a collection of organisations whose list takes words.
pub fn by_name<P: Profile>(mut routes: Vec<Route>) -> Vec<Route> {
    for route in routes.iter_mut().filter(|route| route.operation == P::SPEC.operations.list) {
        route.handler = || get_route().to(list::<P>);
        let doc = &mut route.doc;
        doc.description.push_str(&format!(
            "\n\nWith `q` the answer is those whose names fit, the best first, and each says how it was `matched`; every filter goes with it. At most {MOST_JUDGED} of them are held against the filters for one page. Where few pass, a page may therefore hold fewer items than `limit`, or none, and `next_cursor` goes on from there: only null is the end."
        ));
        doc.params.insert(0, Q);
        doc.schemas.push(schema_of::<OrganisationHitPage>);
        for answer in doc.answers.iter_mut().filter(|answer| answer.0 == 200) {
            answer.2 = Some("OrganisationHitPage".into());
        }
    }
    routes
}

async fn list<P: Profile>(permit: Permitted<List<Of<P>>>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let has_q = |pair: &str| pair.split_once('=').map_or(pair, |(name, _)| name) == Q.name;
    if !request.query_string().split('&').any(has_q) {
        return list_page::<Of<P>>(&permit, app, &request).await;
    }
    let args = Args::parse(request.query_string(), &[&[Q], P::SPEC.filters, &[sort_param(&P::SPEC)], LIST_PARAMS])?;
    let words = args.get(Q.name).unwrap_or_default().to_owned();
    has_words(&words)?;
    if args.has("sort") {
        return Err(Problem::parameter(
            "sort",
            "not_together",
            text(
                "With q the best come first: leave sort out, or q. Every other parameter goes with q.",
                "Có q thì kết quả khớp nhất đứng trước: hãy bỏ sort hoặc bỏ q. Mọi tham số khác đều dùng được cùng q.",
            ),
        ));
    }
    let scope = format!("{}/search", P::SPEC.name);
    let after = args.get("cursor").map(|cursor| open_cursor(cursor, &scope, &args, app.cursor_secret())).transpose()?;
    let fields = read_fields(args.get("fields"), app.members("OrganisationHit"))?;
    let context = app.context(&permit.caller, &args);
    let limit = args.count("limit").unwrap_or(DEFAULT_LIMIT);
    // Before the database is asked for a connection: memory may be waited for, while it changes.
    let ranked = ranked::<P>(&app, &args, &words, limit, after, context.as_of)?;
    let memory = app.clone();
    let body = app
        .store
        .read(move |db| {
            let page = page(ranked, limit, |ids| Of::<P>::passing(db, &args, context.as_of, ids))?;
            let next = page.next.map(|key| sealed(key, &scope, &args, memory.cursor_secret()));
            let (records, ways) = in_order::<P>(db, &page.items)?;
            let mut items = listed::<Of<P>>(db, records, fields.as_deref(), &context)?;
            if fields.is_none_or(|fields| fields.iter().any(|field| field == "matched")) {
                for (item, how) in items.iter_mut().zip(&ways) {
                    item.insert("matched".into(), json!(Matched::from(*how)));
                }
            }
            let matched = ways.first().map(|how| Matched::from(*how));
            Ok(json!({"items": items, "next_cursor": next, "matched": matched}).to_string())
        })
        .await?;
    Ok(Answer::ok(body).into_response())
}

/// One that may come on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    id: String,
    key: SortKey,
    how: How,
}

/// Candidates, the best first.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ranked {
    candidates: Vec<Candidate>,
    /// Whether others follow the last one.
    more: bool,
}

/// Whom the words mean, of those that pass the filters which the index can judge; as many as the page may need.
fn ranked<P: Profile>(app: &App, args: &Args, words: &str, limit: usize, after: Option<SortKey>, as_of: NaiveDate) -> Result<Ranked> {
    let provinces = args.provinces("province", as_of)?.map(|units| Rows::of(units.into_iter().map(ProvinceId::row)));
    let makes = P::KIND == Some(ProfileKind::Producer);
    let kind = args.get("kind").filter(|_| makes).and_then(|word| ProducerKind::WORDS.iter().position(|known| *known == word));
    let side = if makes { Side::Producers } else { Side::Buyers };
    let wanted = |known: &Known| {
        provinces.is_none_or(|provinces| provinces.contains(known.province))
            && kind.is_none_or(|kind| known.producer_kind.map(usize::from) == Some(kind))
    };
    let is_known = |param: &Param| param.name == "province" || param.name == "kind" && makes;
    let asks_more = P::SPEC.filters.iter().any(|param| args.has(param.name) && !is_known(param));
    // One more tells whether another page follows.
    let most = if asks_more { MOST_JUDGED } else { limit + 1 };
    let market = app.index.read()?;
    let found = market.rank_organisations(words, side, most, after, wanted);
    let candidate =
        |hit: Hit| Candidate { id: id_text("org", market.organisations().id(hit.row)), key: hit.key, how: hit.how.unwrap_or(How::Partial) };
    Ok(Ranked { candidates: found.hits.into_iter().map(candidate).collect(), more: found.more })
}

/// A page, as far as its items are known.
#[derive(Debug, Default, PartialEq, Eq)]
struct Page {
    items: Vec<Candidate>,
    /// Where the next one begins, where there may be one.
    next: Option<SortKey>,
}

/// The first `limit` candidates that pass; `passing` says which of those it is given do.
fn page(ranked: Ranked, limit: usize, mut passing: impl FnMut(&[String]) -> Result<HashSet<String>>) -> Result<Page> {
    let mut items: Vec<Candidate> = Vec::with_capacity(limit + 1);
    let last = ranked.candidates.last().map(|candidate| candidate.key);
    let mut candidates = ranked.candidates.into_iter().peekable();
    let mut size = FIRST_JUDGED;
    // At least once, also for nobody: a filter may name nothing.
    loop {
        let judged: Vec<Candidate> = candidates.by_ref().take(size).collect();
        let ids: Vec<String> = judged.iter().map(|candidate| candidate.id.clone()).collect();
        let passed = passing(&ids)?;
        items.extend(judged.into_iter().filter(|candidate| passed.contains(&candidate.id)));
        size *= NEXT_JUDGED;
        if candidates.peek().is_none() || items.len() > limit {
            break;
        }
    }
    // Either one too many passed, or all were judged and others may follow.
    let is_over = items.len() > limit;
    items.truncate(limit);
    let next = if is_over { items.last().map(|item| item.key) } else { last.filter(|_| ranked.more) };
    Ok(Page { items, next })
}

/// The records of `items` in their order, each with how it was found.
fn in_order<P: Profile>(db: &mut Db, items: &[Candidate]) -> Result<(Vec<Organisation>, Vec<How>)> {
    let ids: Vec<String> = items.iter().map(|item| item.id.clone()).collect();
    let found = Of::<P>::load(db, &ids)?.into_iter().map(|record| (record.row.id.clone(), record));
    let mut found: HashMap<String, Organisation> = found.collect();
    Ok(items.iter().filter_map(|item| Some((found.remove(&item.id)?, item.how))).unzip())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::record::Id;

    fn ranked(count: u64, more: bool) -> Ranked {
        let candidate = |n: u64| Candidate { id: n.to_string(), key: (n, Id(n.into())), how: How::Exact };
        Ranked { candidates: (1..=count).map(candidate).collect(), more }
    }

    fn paged(ranked: Ranked, limit: usize, passes: impl Fn(u64) -> bool) -> (Vec<u64>, Option<u64>, Vec<usize>) {
        let mut asked = Vec::new();
        let page = page(ranked, limit, |ids| {
            asked.push(ids.len());
            Ok(ids.iter().filter(|id| passes(id.parse().unwrap())).cloned().collect())
        });
        let Page { items, next } = page.unwrap();
        (items.iter().map(|item| item.key.0).collect(), next.map(|key| key.0), asked)
    }

    #[test]
    fn a_page_that_is_full_says_whether_another_follows() {
        assert_eq!(paged(ranked(3, false), 3, |_| true), (vec![1, 2, 3], None, vec![3]));
        assert_eq!(paged(ranked(4, false), 3, |_| true), (vec![1, 2, 3], Some(3), vec![4]));
        assert_eq!(paged(ranked(9, false), 3, |n| n % 2 == 0), (vec![2, 4, 6], Some(6), vec![9]), "8 follows");
        assert_eq!(paged(ranked(7, false), 3, |n| n % 2 == 0), (vec![2, 4, 6], None, vec![7]), "7 does not pass");
        assert_eq!(paged(ranked(0, false), 3, |_| true), (vec![], None, vec![0]));
    }

    #[test]
    fn no_more_are_judged_than_a_page_may_cost_and_the_next_one_goes_on_behind_them() {
        let most = u64::try_from(MOST_JUDGED).unwrap();
        let all = vec![256, 1_024, 2_816];
        assert_eq!(paged(ranked(most, true), 20, |_| false), (vec![], Some(most), all.clone()));
        assert_eq!(paged(ranked(most, true), 2, |n| n == 300 || n == 4_000), (vec![300, 4_000], Some(most), all.clone()));
        assert_eq!(paged(ranked(most, false), 2, |n| n == 300), (vec![300], None, all));
        assert_eq!(paged(ranked(most, true), 2, |n| n % 100 == 0), (vec![100, 200], Some(200), vec![256, 1_024]));
    }
}
