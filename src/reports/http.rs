//! `GET /v1/stats/ocop`.

use super::store;
use crate::app::App;
use crate::error::{Code, Problem, Result};
use crate::http::answer::Answer;
use crate::http::auth::{Permitted, operation};
use crate::http::query::{AS_OF, Args, Kind, Param, param};
use crate::http::route::{Doc, Route, get_route, schema_of};
use crate::reference::views::{GroupView, ProvinceUnit};
use crate::reference::{GroupId, reference};
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;

operation!(GetOcopStatistics = "get_ocop_statistics");

const PROVINCE: Param = param(
    "province",
    Kind::Province,
    "Only products of producers in this province-level unit (code or name on the day asked) or in one that it succeeded.",
);

/// Products by the stars that hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Stars {
    /// With three stars.
    #[serde(rename = "3")]
    pub three: usize,
    /// With four stars.
    #[serde(rename = "4")]
    pub four: usize,
    /// With five stars.
    #[serde(rename = "5")]
    pub five: usize,
}

/// Products and producers of one group.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GroupCount {
    /// Group of level 2 (or 1) under Decision 26/2026, or the group as registered where it has no counterpart.
    #[serde(flatten)]
    pub group: GroupView,
    /// Certified products in it.
    pub products: usize,
    /// Their producers.
    pub producers: usize,
}

/// OCOP products on a day.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OcopStatistics {
    /// The day.
    pub as_of: NaiveDate,
    /// The unit asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub province: Option<ProvinceUnit>,
    /// Products with a certificate that is valid on the day.
    pub products: usize,
    /// Their producers.
    pub producers: usize,
    /// Products by the stars that hold; of two valid certificates the higher counts.
    pub stars: Stars,
    /// Products proposed for five stars and not decided by the day; they don't count as five stars.
    pub proposed_for_five_stars: usize,
    /// By group.
    pub groups: Vec<GroupCount>,
}

/// Routes of the reports.
pub fn routes() -> Vec<Route> {
    vec![Route {
        method: Method::GET,
        path: "/v1/stats/ocop".into(),
        operation: "get_ocop_statistics",
        handler: || get_route().to(get_ocop_statistics),
        doc: Doc {
            summary: "Count OCOP products on a day".into(),
            description: "Certified products, their producers, the stars that hold on the day asked, and the groups. A certificate that has run out counts no more.".into(),
            tag: "reports",
            params: vec![PROVINCE, AS_OF],
            answers: vec![(200, "application/json", Some("OcopStatistics".into()), None)],
            problems: vec![Code::Unauthenticated],
            schemas: vec![schema_of::<OcopStatistics>],
            ..Doc::default()
        },
    }]
}

async fn get_ocop_statistics(permit: Permitted<GetOcopStatistics>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[&[PROVINCE, AS_OF]])?;
    let as_of = app.context(&permit.caller, &args).as_of;
    let provinces = args.provinces("province", as_of)?;
    let province = args.get("province").and_then(|input| reference().provinces.resolve(input, as_of).ok()).map(Into::into);
    let (certified, proposed_for_five_stars) = app
        .store
        .read(move |db| Ok((store::certified(db, provinces.clone(), as_of)?, store::proposed_for_five(db, provinces, as_of)?)))
        .await?;
    let statistics = count(as_of, province, certified, proposed_for_five_stars);
    Ok(Answer::ok(serde_json::to_string(&statistics).map_err(Problem::internal)?).into_response())
}

fn count(
    as_of: NaiveDate,
    province: Option<ProvinceUnit>,
    certified: Vec<store::Certified>,
    proposed_for_five_stars: usize,
) -> OcopStatistics {
    // One entry a product, with the highest of its stars.
    let mut products: HashMap<String, (String, GroupId, i32)> = HashMap::new();
    for (product, producer, group, stars) in certified {
        let stars = stars.unwrap_or(0);
        let entry = products.entry(product).or_insert((producer, group, stars));
        entry.2 = entry.2.max(stars);
    }
    let mut stars = Stars::default();
    let mut producers = BTreeSet::new();
    let mut groups: BTreeMap<GroupId, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for (producer, group, held) in products.values() {
        match held {
            5 => stars.five += 1,
            4 => stars.four += 1,
            _ => stars.three += 1,
        }
        producers.insert(producer.as_str());
        let count = groups.entry(second_level(*group)).or_default();
        count.0 += 1;
        count.1.insert(producer);
    }
    OcopStatistics {
        as_of,
        province,
        products: products.len(),
        producers: producers.len(),
        stars,
        proposed_for_five_stars,
        groups: groups
            .into_iter()
            .map(|(group, (products, producers))| GroupCount { group: group.into(), products, producers: producers.len() })
            .collect(),
    }
}

/// The group of level 2 (or 1) above `group` under the decision of 2026.
fn second_level(group: GroupId) -> GroupId {
    let groups = &reference().product_groups;
    let mut at = groups.current(group).unwrap_or(group);
    while groups.get(at).level > 2 {
        match groups.get(at).parent {
            Some(parent) => at = parent,
            None => break,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_with_two_valid_certificates_counts_once_with_its_higher_stars() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 15).unwrap();
        let group = reference().product_groups.resolve("I.2.a", NaiveDate::from_ymd_opt(2026, 6, 1).unwrap()).unwrap();
        let row = |product: &str, producer: &str, stars| (product.to_owned(), producer.to_owned(), group, Some(stars));
        let statistics = count(day, None, vec![row("p1", "a", 3), row("p1", "a", 4), row("p2", "a", 3), row("p3", "b", 5)], 0);
        assert_eq!((statistics.products, statistics.producers), (3, 2));
        assert_eq!(statistics.stars, Stars { three: 1, four: 1, five: 1 });
        assert_eq!(statistics.groups.len(), 1);
        assert_eq!(statistics.groups[0].group.code, "I.2");
        assert_eq!((statistics.groups[0].products, statistics.groups[0].producers), (3, 2));
    }
}
