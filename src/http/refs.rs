//! Keys that scripts give their records: `/by-ref/{source}/{ref}`.

use super::collection::Collection;
use super::path_member;
use crate::db::Db;
use crate::db::schema::{changes, refs};
use crate::error::{Problem, Result, text};
use crate::log::{Operation, Tx};
use crate::text::nfc;
use actix_web::HttpRequest;
use diesel::prelude::*;
use serde_json::json;

pub(super) fn ref_of(request: &HttpRequest) -> Result<(String, String)> {
    let member = |name: &'static str| {
        let value = nfc(path_member(request, name));
        let plain = |c: char| c.is_alphanumeric() || "._:-".contains(c);
        if value.is_empty() || value.chars().count() > 100 || !value.chars().all(plain) {
            return Err(Problem::parameter(
                name,
                "not_allowed",
                text("1 to 100 letters, digits or . _ : -", "1 đến 100 chữ cái, chữ số hoặc . _ : -"),
            ));
        }
        Ok(value.into_owned())
    };
    Ok((member("source")?, member("ref")?))
}

pub(super) fn find_ref<C: Collection>(db: &mut Db, source: &str, reference: &str) -> Result<Option<String>> {
    let key = refs::collection.eq(C::SPEC.name).and(refs::source.eq(source)).and(refs::ref_.eq(reference));
    Ok(refs::table.filter(key).select(refs::entity_id).first(db).optional()?)
}

pub(super) fn store_ref<C: Collection>(tx: &mut Tx<'_>, source: &str, reference: &str, id: &str) -> Result<()> {
    let row = (refs::collection.eq(C::SPEC.name), refs::source.eq(source), refs::ref_.eq(reference), refs::entity_id.eq(id));
    diesel::insert_into(refs::table).values(row).execute(tx.db)?;
    let name = format!("{}/{source}/{reference}", C::SPEC.name);
    let version = last_ref_version(tx.db, &name)? + 1;
    tx.record(Operation::Create, "ref", &name, version, &json!({"collection": C::SPEC.name, "source": source, "ref": reference, "id": id}))
}

/// A natural key that was freed by a deletion may be given again: its versions go on.
fn last_ref_version(db: &mut Db, name: &str) -> Result<i64> {
    let known: Option<i64> = changes::table.filter(changes::entity_id.eq(name)).select(diesel::dsl::max(changes::version)).first(db)?;
    Ok(known.unwrap_or(0))
}

/// Frees the natural keys that a record has in `collection`, each with its tombstone: it is gone from there.
///
/// # Errors
/// What the database says.
pub fn forget_refs(tx: &mut Tx<'_>, collection: &'static str, id: &str) -> Result<()> {
    let of_record = refs::collection.eq(collection).and(refs::entity_id.eq(id.to_owned()));
    let keys: Vec<(String, String)> = refs::table.filter(of_record.clone()).select((refs::source, refs::ref_)).load(tx.db)?;
    diesel::delete(refs::table.filter(of_record)).execute(tx.db)?;
    for (source, reference) in keys {
        let name = format!("{collection}/{source}/{reference}");
        let version = last_ref_version(tx.db, &name)? + 1;
        tx.record(Operation::Delete, "ref", &name, version, &())?;
    }
    Ok(())
}
