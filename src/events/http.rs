//! `GET /v1/events/{id}/summary`: the event in numbers.

use super::collection::Events;
use super::model::{ByKind, CommittedQuantity, CommittedValue, EventSummary, ProvinceCount};
use super::store;
use crate::access::{Caller, Owners, Sight};
use crate::app::App;
use crate::db::Db;
use crate::decimal::{Amount, Quantity};
use crate::error::{Code, Problem, Result};
use crate::http::Context;
use crate::http::answer::Answer;
use crate::http::auth::{Permitted, operation};
use crate::http::collection_handlers::visible;
use crate::http::path_member;
use crate::http::query::{AS_OF, Args};
use crate::http::route::{Doc, Route, get_route, schema_of};
use crate::mous::{MouCommitment, MouKind, MouParty, Period};
use crate::organisations::ProfileKind;
use crate::reference::views::ProvinceView;
use crate::reference::{GroupId, ProvinceId, UnitId};
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use std::collections::{BTreeMap, BTreeSet, HashMap};

operation!(GetEventSummary = "get_event_summary");

/// Routes of the summary.
pub fn routes() -> Vec<Route> {
    vec![Route {
        method: Method::GET,
        path: "/v1/events/{id}/summary".into(),
        operation: "get_event_summary",
        handler: || get_route().to(get_event_summary),
        doc: Doc {
            summary: "Read an event in numbers".into(),
            description: "MoUs by kind, units with a party, distinct distributors and producers, and what was committed by product and unit. Counted is what was signed by the day asked. Everybody may read it, and so a sum from which one party could work out what another committed (fewer than two MoUs in it are of others) is shown to those alone who see these commitments; `withheld` counts the others.".into(),
            tag: "events",
            params: vec![AS_OF],
            answers: vec![(200, "application/json", Some("EventSummary".into()), None)],
            problems: vec![Code::Unauthenticated, Code::NotFound],
            schemas: vec![schema_of::<EventSummary>],
            ..Doc::default()
        },
    }]
}

async fn get_event_summary(permit: Permitted<GetEventSummary>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[&[AS_OF]])?;
    let context = app.context(&permit.caller, &args);
    let id = path_member(&request, "id").to_owned();
    let summary = app
        .store
        .read(move |db| {
            visible::<Events>(db, &id, &context)?;
            summary(db, id, &context)
        })
        .await?;
    Ok(Answer::ok(serde_json::to_string(&summary).map_err(Problem::internal)?).into_response())
}

fn summary(db: &mut Db, event_id: String, context: &Context) -> Result<EventSummary> {
    let as_of = context.as_of;
    let signed = store::signed_mous(db, &event_id, as_of)?;
    let kinds: HashMap<&str, MouKind> = signed.iter().map(|(id, kind)| (id.as_str(), *kind)).collect();
    let mut by_kind = ByKind::default();
    for (_, kind) in &signed {
        *match kind {
            MouKind::AgencyAgency => &mut by_kind.agency_agency,
            MouKind::ProvinceRetail => &mut by_kind.province_retail,
            MouKind::ProducerDistributor => &mut by_kind.producer_distributor,
            MouKind::Other => &mut by_kind.other,
        } += 1;
    }
    let parties = store::parties_of(db, &event_id, as_of)?;
    let distinct = |capacity: ProfileKind| {
        let of_kind = parties
            .iter()
            .filter(|party| party.capacity == capacity && kinds.get(party.mou_id.as_str()) == Some(&MouKind::ProducerDistributor));
        of_kind.map(|party| party.organisation_id.as_str()).collect::<BTreeSet<_>>().len()
    };
    let mut by_province: BTreeMap<ProvinceId, BTreeSet<&str>> = BTreeMap::new();
    for party in &parties {
        by_province.entry(party.province_id).or_default().insert(party.mou_id.as_str());
    }
    let mut provinces: Vec<ProvinceCount> =
        by_province.into_iter().map(|(id, mous)| ProvinceCount { province: ProvinceView::new(id, as_of), mous: mous.len() }).collect();
    // Stable: units of equal counts stay in the order of their codes.
    provinces.sort_by_key(|count| std::cmp::Reverse(count.mous));
    let commitments = store::commitments_of(db, &event_id, as_of)?;
    let products: BTreeSet<&str> = commitments.iter().filter_map(|commitment| commitment.product_id.as_deref()).collect();
    let names = store::product_names(db, &products.into_iter().collect::<Vec<_>>())?;
    let mut sights = Sights::new(&parties, &context.caller);
    let quantities = quantities(&commitments, &names, &mut sights);
    let values = values(&commitments, &mut sights);
    Ok(EventSummary {
        event_id,
        as_of,
        signed: signed.len(),
        by_kind,
        distributors: distinct(ProfileKind::Buyer),
        producers: distinct(ProfileKind::Producer),
        provinces,
        commitments: quantities,
        values,
        withheld: sights.withheld,
    })
}

/// Whose each `MoU` is, and which the caller sees with its commitments.
struct Sights<'p> {
    owners: BTreeMap<&'p str, Owners>,
    seen: BTreeSet<&'p str>,
    withheld: usize,
}

/// `MoUs` of others that a sum needs beside those of any one organisation: of fewer, this one could work out from it what
/// another committed.
const FEWEST_OF_OTHERS: usize = 2;

impl<'p> Sights<'p> {
    fn new(parties: &'p [MouParty], caller: &Caller) -> Self {
        let mut owners: BTreeMap<&str, Owners> = BTreeMap::new();
        for party in parties {
            let owners = owners.entry(party.mou_id.as_str()).or_default();
            owners.organisations.push(party.organisation_id.clone());
            owners.provinces.push(party.province_id);
        }
        let seen = owners.iter().filter(|(_, owners)| caller.sight(owners) >= Sight::Parties).map(|(id, _)| *id).collect();
        Self { owners, seen, withheld: 0 }
    }

    /// Whether a sum over `mous` is shown; counted if not.
    fn shows(&mut self, mous: &BTreeSet<&str>) -> bool {
        let shown = mous.is_subset(&self.seen) || self.tells_of_nobody(mous);
        self.withheld += usize::from(!shown);
        shown
    }

    fn tells_of_nobody(&self, mous: &BTreeSet<&str>) -> bool {
        let mut of_one: BTreeMap<&str, usize> = BTreeMap::new();
        for owners in mous.iter().filter_map(|id| self.owners.get(id)) {
            for organisation in owners.organisations.iter().map(String::as_str).collect::<BTreeSet<_>>() {
                *of_one.entry(organisation).or_default() += 1;
            }
        }
        of_one.values().all(|own| mous.len() >= own + FEWEST_OF_OTHERS)
    }
}

/// A sum, and the MoUs in it.
#[derive(Default)]
struct Sum<'c> {
    parts: i64,
    mous: BTreeSet<&'c str>,
}

impl<'c> Sum<'c> {
    fn add(&mut self, parts: i64, commitment: &'c MouCommitment) {
        self.parts = self.parts.saturating_add(parts);
        self.mous.insert(&commitment.mou_id);
    }
}

/// Sums by product, group, unit and period; a quantity for a month and one for a year are not added.
fn quantities(commitments: &[MouCommitment], names: &HashMap<String, String>, sights: &mut Sights<'_>) -> Vec<CommittedQuantity> {
    type Key<'c> = (Option<&'c str>, Option<GroupId>, UnitId, Period);
    let mut sums: BTreeMap<Key<'_>, Sum<'_>> = BTreeMap::new();
    for commitment in commitments {
        let (Some(quantity), Some(unit), Some(period)) = (commitment.quantity, commitment.unit, commitment.period) else { continue };
        sums.entry((commitment.product_id.as_deref(), commitment.group_id, unit, period)).or_default().add(quantity.0, commitment);
    }
    sums.into_iter()
        .filter(|(_, sum)| sights.shows(&sum.mous))
        .map(|((product, group, unit, period), sum)| CommittedQuantity {
            product_id: product.map(str::to_owned),
            product_name: product.and_then(|id| names.get(id).cloned()),
            group: group.map(Into::into),
            unit,
            period,
            quantity: Quantity::new(sum.parts),
            mous: sum.mous.len(),
        })
        .collect()
}

/// Sums by currency and, where it is said, period.
fn values(commitments: &[MouCommitment], sights: &mut Sights<'_>) -> Vec<CommittedValue> {
    let mut sums: BTreeMap<(&str, Option<Period>), Sum<'_>> = BTreeMap::new();
    for commitment in commitments {
        let (Some(value), Some(currency)) = (commitment.value, commitment.currency.as_deref()) else { continue };
        sums.entry((currency, commitment.period)).or_default().add(value.0, commitment);
    }
    sums.into_iter()
        .filter(|(_, sum)| sights.shows(&sum.mous))
        .map(|((currency, period), sum)| CommittedValue {
            currency: currency.to_owned(),
            period,
            value: Amount::new(sum.parts),
            mous: sum.mous.len(),
        })
        .collect()
}
