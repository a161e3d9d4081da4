//! The founding case as demo: the conference of Sóc Trăng on 27/10/2020, through the code that the API uses.
//!
//! The article that it follows gives counts, not names: every invented party carries `(minh họa)` in its
//! name and every invented record `illustrative: true` (see `reference/demo/README.md`). It is loaded in one
//! transaction into a register that is empty, and never twice.

use crate::access::{Caller, Permit};
use crate::app::App;
use crate::certificates::Certificates;
use crate::commands::system;
use crate::db::one_at_a_time;
use crate::db::schema::changes;
use crate::error::{Problem, Result};
use crate::events::Events;
use crate::http::body::typed;
use crate::http::collection::Collection;
use crate::log::Tx;
use crate::mous::Mous;
use crate::organisations::Organisations;
use crate::products::Products;
use crate::star_proposals::StarProposals;
use diesel::prelude::*;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

const FOUNDING_CASE: &str = include_str!("../reference/demo/soc_trang_2020.json");

/// Members that name another record of the file, and the members of the API that take their ids.
const REFERENCES: [(&str, &str); 9] = [
    ("producer", "producer_id"),
    ("holder", "holder_id"),
    ("product", "product_id"),
    ("proposed_by", "proposed_by_id"),
    ("organiser", "organiser_id"),
    ("event", "event_id"),
    ("registrar", "registrar_id"),
    ("organisation", "organisation_id"),
    ("successor", "successor_id"),
];

/// Loads the demo when the register has no organisation yet; whether it did.
///
/// # Errors
/// What is wrong with the file, or what the database says; then nothing is kept.
pub async fn load(app: &App) -> Result<bool> {
    let file: Value = serde_json::from_str(FOUNDING_CASE).map_err(Problem::internal)?;
    let file = Arc::new(file);
    app.write(&system(app), false, move |tx| {
        // Several processes may start at once on PostgreSQL.
        one_at_a_time(tx.db)?;
        let organisations: i64 = changes::table.filter(changes::entity.eq("organisation")).count().get_result(tx.db)?;
        if organisations > 0 {
            return Ok(false);
        }
        let mut keys = Keys::default();
        let mut waiting = list(&file, "organisations");
        // An organisation comes after the one that succeeded it.
        while !waiting.is_empty() {
            let (ready, rest): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|item| item.get("successor").and_then(Value::as_str).is_none_or(|successor| keys.0.contains_key(successor)));
            if ready.is_empty() {
                return Err(Problem::internal("the demo's organisations succeed each other in a circle"));
            }
            keys.create::<Organisations>(tx, ready)?;
            waiting = rest;
        }
        keys.create::<Products>(tx, list(&file, "products"))?;
        keys.create::<Certificates>(tx, list(&file, "certificates"))?;
        keys.create::<StarProposals>(tx, list(&file, "star_proposals"))?;
        keys.create::<Events>(tx, file.get("event").cloned().into_iter().collect())?;
        keys.create::<Mous>(tx, list(&file, "mous"))?;
        Ok(true)
    })
    .await
}

fn list(file: &Value, name: &str) -> Vec<Value> {
    file.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Ids of the records made so far, by the file's keys.
#[derive(Default)]
struct Keys(HashMap<String, String>);

impl Keys {
    fn create<C: Collection>(&mut self, tx: &mut Tx<'_>, items: Vec<Value>) -> Result<()> {
        let permit = Permit::new(C::SPEC.operations.create, Caller::system())?;
        let mut names = Vec::new();
        let mut bodies = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let Value::Object(mut item) = self.resolve(item)? else { return Err(Problem::internal("an item of the demo is no object")) };
            names.push(item.shift_remove("key").and_then(|key| key.as_str().map(str::to_owned)));
            bodies.push(typed::<C::New>(Value::Object(item), &format!("/{}/{index}", C::SPEC.name))?);
        }
        for (name, record) in names.into_iter().zip(C::create(tx, &permit, bodies)?) {
            let record = record?;
            if let Some(name) = name {
                self.0.insert(name, C::id(&record).to_owned());
            }
        }
        Ok(())
    }

    /// The item with ids in place of the file's keys, at every depth.
    fn resolve(&self, value: Value) -> Result<Value> {
        Ok(match value {
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.resolve(item)).collect::<Result<_>>()?),
            Value::Object(members) => {
                let mut resolved = Map::new();
                for (name, value) in members {
                    match (REFERENCES.iter().find(|(key, _)| *key == name), &value) {
                        (Some((_, member)), Value::String(key)) => {
                            let id = self.0.get(key).ok_or_else(|| Problem::internal(format!("the demo names {key} before it is made")))?;
                            resolved.insert((*member).to_owned(), id.clone().into());
                        }
                        _ => {
                            resolved.insert(name, self.resolve(value)?);
                        }
                    }
                }
                Value::Object(resolved)
            }
            other => other,
        })
    }
}
