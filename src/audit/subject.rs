//! Whose data a change is about: the one organisation that its record belongs to. Memoranda and introductions have several
//! sides, which are looked up when the log is read; a person's request belongs to none.

use crate::db::schema::{changes, products};
use crate::db::{BIND_LIMIT, Db, load_of};
use crate::error::Result;
use crate::log::{self, Change};
use diesel::prelude::*;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

/// What a record says of whose it is; of whatever else it says nothing is kept.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    producer_id: Option<String>,
    buyer_id: Option<String>,
    holder_id: Option<String>,
    organisation_id: Option<String>,
    organiser_id: Option<String>,
    product_id: Option<String>,
    collection: Option<String>,
    id: Option<String>,
}

/// How the organisation is found.
#[derive(Clone)]
enum About {
    Organisation(String),
    /// The producer of a product.
    Product(String),
    /// Whose another record is, to which a natural key leads.
    Record(&'static str, String),
    Nobody,
}

impl About {
    fn of(entity: &str, id: &str, body: Option<&str>) -> Self {
        if entity == "organisation" {
            return Self::Organisation(id.to_owned());
        }
        let said: Said = body.and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
        let organisation = match entity {
            "product" => said.producer_id,
            "demand" => said.buyer_id,
            "certificate" | "facility" => said.holder_id,
            "contact" | "key" => said.organisation_id,
            "event" => said.organiser_id,
            "offer" | "star_proposal" => return said.product_id.map_or(Self::Nobody, Self::Product),
            "ref" => {
                let entity = said.collection.as_deref().and_then(entity_of);
                return entity.zip(said.id).map_or(Self::Nobody, |(entity, id)| Self::Record(entity, id));
            }
            _ => None,
        };
        organisation.map_or(Self::Nobody, Self::Organisation)
    }
}

/// What the records of a collection are called in the log, where one organisation owns each.
fn entity_of(collection: &str) -> Option<&'static str> {
    Some(match collection {
        "organisations" | "producers" | "buyers" | "agencies" => "organisation",
        "products" => "product",
        "demands" => "demand",
        "certificates" => "certificate",
        "facilities" => "facility",
        "events" => "event",
        "offers" => "offer",
        "star-proposals" => "star_proposal",
        _ => return None,
    })
}

/// For each of `changes` the organisation that it is about.
pub(super) fn organisations(db: &mut Db, changes: &[Change]) -> Result<Vec<Option<String>>> {
    let last = last_bodies(db, changes)?;
    let mut abouts: Vec<About> = Vec::with_capacity(changes.len());
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (at, change) in changes.iter().enumerate() {
        let body = change.body.as_deref().or_else(|| last.get(&(change.entity_id.as_str(), change.version - 1)).map(String::as_str));
        let about = match About::of(&change.entity, &change.entity_id, body) {
            // A record and its natural key are mostly made together.
            About::Record(entity, id) => match known.get(id.as_str()).and_then(|at| abouts.get(*at)) {
                Some(about) => about.clone(),
                None => About::of(entity, &id, log::latest(db, entity, &id)?.as_deref()),
            },
            about => about,
        };
        abouts.push(about);
        known.insert(&change.entity_id, at);
    }
    let producers = producers(db, &abouts)?;
    let organisation = |about| match about {
        About::Organisation(id) => Some(id),
        About::Product(id) => producers.get(&id).cloned(),
        About::Record(..) | About::Nobody => None,
    };
    Ok(abouts.into_iter().map(organisation).collect())
}

/// By record and version, what the records that `changes` delete said last.
fn last_bodies<'a>(db: &mut Db, changes: &'a [Change]) -> Result<HashMap<(&'a str, i64), String>> {
    let deleted: Vec<(&str, i64)> = changes
        .iter()
        .filter(|change| change.body.is_none() && change.entity != "organisation")
        .map(|change| (change.entity_id.as_str(), change.version - 1))
        .collect();
    let mut found: HashMap<(String, i64), String> = HashMap::new();
    // Half of what may be bound are ids, the other half versions.
    for deleted in deleted.chunks(BIND_LIMIT / 2) {
        let (ids, versions): (BTreeSet<&str>, BTreeSet<i64>) = deleted.iter().copied().unzip();
        let rows: Vec<(String, i64, Option<String>)> = changes::table
            .filter(changes::entity_id.eq_any(ids).and(changes::version.eq_any(versions)))
            .select((changes::entity_id, changes::version, changes::body))
            .load(db)?;
        found.extend(rows.into_iter().filter_map(|(id, version, body)| Some(((id, version), body?))));
    }
    Ok(deleted.into_iter().filter_map(|(id, version)| Some(((id, version), found.remove(&(id.to_owned(), version))?))).collect())
}

/// The producers of the products that `abouts` name.
fn producers<'a>(db: &mut Db, abouts: &'a [About]) -> Result<HashMap<String, String>> {
    let named = |about: &'a About| if let About::Product(id) = about { Some(id.as_str()) } else { None };
    let ids: Vec<&str> = abouts.iter().filter_map(named).collect::<BTreeSet<_>>().into_iter().collect();
    let rows: Vec<(String, String)> = load_of!(db, &ids, products::id, products::table.select((products::id, products::producer_id)));
    let mut found: HashMap<String, String> = rows.into_iter().collect();
    for id in ids {
        // One that was deleted meanwhile is in the log alone.
        if !found.contains_key(id)
            && let About::Organisation(producer) = About::of("product", id, log::latest(db, "product", id)?.as_deref())
        {
            found.insert(id.to_owned(), producer);
        }
    }
    Ok(found)
}
