//! What a collection is, so that the operations which all collections share are written once.
//!
//! A slice says how its records are checked, stored, found and shown; the kernel's handlers
//! (`collection_handlers`) do everything that the contract promises for every collection alike: permits,
//! strict bodies, idempotency, `ETags`, merge patch, batches, natural keys, pages, history.

use super::page::Page;
use super::query::{Args, Param};
use crate::access::{Caller, Owners, Permit};
use crate::db::Db;
use crate::error::Result;
use crate::log::Tx;
use chrono::NaiveDate;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Operation ids of a collection: `verb_noun`.
#[derive(Debug, Clone, Copy)]
pub struct Operations {
    /// `GET /{name}`
    pub list: &'static str,
    /// `POST /{name}`
    pub create: &'static str,
    /// `POST /{name}/batch`
    pub batch: &'static str,
    /// `GET /{name}/{id}`
    pub get: &'static str,
    /// `PATCH /{name}/{id}`
    pub patch: &'static str,
    /// `DELETE /{name}/{id}`
    pub delete: &'static str,
    /// `GET /{name}/{id}/history`
    pub history: &'static str,
    /// `GET /{name}/by-ref/{source}/{ref}`
    pub get_by_ref: &'static str,
    /// `PUT /{name}/by-ref/{source}/{ref}`
    pub put_by_ref: &'static str,
}

/// What a collection is called and how it is described.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Last segment of its address: `products`.
    pub name: &'static str,
    /// One of it, in English: `product`.
    pub noun: &'static str,
    /// Entity in the change log and table of its columns: several collections may show one entity.
    pub entity: &'static str,
    /// Table of `access::columns` that decides who sees its members.
    pub table: &'static str,
    /// What a record is and what it promises, for the document.
    pub description: &'static str,
    /// Operation ids.
    pub operations: Operations,
    /// Filters of the list.
    pub filters: &'static [Param],
    /// Sorts of the list; the first is the default.
    pub sorts: &'static [&'static str],
    /// A complete body for the document; run by the tests.
    pub example: fn() -> serde_json::Value,
}

/// Declares the operation ids of a collection from its singular and plural.
macro_rules! operations {
    ($one:literal, $many:literal) => {
        $crate::http::collection::Operations {
            list: concat!("list_", $many),
            create: concat!("create_", $one),
            batch: concat!("create_", $many, "_batch"),
            get: concat!("get_", $one),
            patch: concat!("patch_", $one),
            delete: concat!("delete_", $one),
            history: concat!("list_", $one, "_history"),
            get_by_ref: concat!("get_", $one, "_by_ref"),
            put_by_ref: concat!("put_", $one, "_by_ref"),
        }
    };
}
pub(crate) use operations;

/// A record, and what is answered of it where that is known.
#[derive(Debug)]
pub struct Viewed<C: Collection + ?Sized> {
    /// As it is stored.
    pub record: C::Record,
    /// As it is answered.
    pub view: Option<C::View>,
}

/// A collection.
pub trait Collection: Send + Sync + 'static {
    /// Its name, filters, sorts and words.
    const SPEC: Spec;
    /// For the document: what change of a record is refused with 409 `in_use`, where one is.
    const CHANGES_REFUSED: Option<&'static str> = None;
    /// The body that makes or replaces a record. Refuses unknown members.
    type New: DeserializeOwned + Serialize + ToSchema + Clone + Send + Sync + 'static;
    /// A record as it is stored: the body of its changes.
    type Record: Serialize + DeserializeOwned + Clone + Send + 'static;
    /// A record as it is answered: the stored one with what follows from dates and other records.
    type View: Serialize + ToSchema + Send + 'static;

    /// Id of a record.
    fn id(record: &Self::Record) -> &str;
    /// Version of a record, from 1.
    fn version(record: &Self::Record) -> i64;
    /// A number that people use for it, where it has one.
    fn number(_: &Self::Record) -> Option<&str> {
        None
    }
    /// Whether the collection shows the record: several collections may show one entity, each a part of it.
    fn shows(_: &Self::Record) -> bool {
        true
    }
    /// Whose each record is.
    ///
    /// # Errors
    /// What the database says.
    fn owners(db: &mut Db, records: &[Self::Record]) -> Result<Vec<Owners>>;
    /// Whether the caller may know that the record exists.
    fn is_visible(_: &Caller, _: &Self::Record, _: &Owners) -> bool {
        true
    }
    /// Members of `object`, a record or its view, which its own words keep from the caller, such as a price.
    ///
    /// Asked wherever a record is shown, after the table of columns. Of an earlier version is also kept back what
    /// the latest version keeps back: who hides a price hides it in the past as well.
    fn hidden(_: &Map<String, Value>, _: &Caller, _: &Owners) -> Vec<&'static str> {
        Vec::new()
    }
    /// Checks and stores new records: one result an item. The permit is asked for each item.
    ///
    /// # Errors
    /// What the database says; what is wrong with an item is its own result.
    fn create(tx: &mut Tx<'_>, permit: &Permit, items: Vec<Self::New>) -> Result<Vec<Result<Self::Record>>>;
    /// The same, with each record as it is answered for day `as_of` where the transaction has all that this needs at hand;
    /// what comes without is put together after the commit.
    ///
    /// # Errors
    /// As `create`.
    fn create_viewed(tx: &mut Tx<'_>, permit: &Permit, items: Vec<Self::New>, _: NaiveDate) -> Result<Vec<Result<Viewed<Self>>>> {
        let results = Self::create(tx, permit, items)?;
        Ok(results.into_iter().map(|result| result.map(|record| Viewed { record, view: None })).collect())
    }
    /// Checks and stores the next version of `current`.
    ///
    /// # Errors
    /// Every fault at once; 412 when another writer was faster.
    fn replace(tx: &mut Tx<'_>, permit: &Permit, current: &Self::Record, new: Self::New) -> Result<Self::Record>;
    /// Deletes the record.
    ///
    /// # Errors
    /// 409 with what refers to it.
    fn delete(tx: &mut Tx<'_>, permit: &Permit, current: &Self::Record) -> Result<()>;
    /// The records of `ids` that exist, in any order.
    ///
    /// # Errors
    /// What the database says.
    fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Self::Record>>;
    /// A page of records, with one more row than the page holds where more follow.
    ///
    /// # Errors
    /// 400 for a filter's value that names nothing.
    fn list(db: &mut Db, args: &Args, page: &Page, as_of: NaiveDate, caller: &Caller) -> Result<Vec<Self::Record>>;
    /// The sort key of `record` as text, for the cursor; empty where the list is sorted by id.
    fn sort_key(record: &Self::Record, sort: &str) -> String;
    /// The body that would make this record, for merge patches.
    fn to_new(record: &Self::Record) -> Self::New;
    /// What a body under a script's own key says of a record that decisions have moved on since the body made it.
    ///
    /// A script that repeats its request repeats what it knew: a decision that was taken meanwhile stands.
    fn restated(_: &Self::Record, new: Self::New) -> Self::New {
        new
    }
    /// The records as they are answered, for day `as_of`.
    ///
    /// # Errors
    /// What the database says.
    fn views(db: &mut Db, records: Vec<Self::Record>, as_of: NaiveDate) -> Result<Vec<Self::View>>;
}

/// The address of a record.
pub fn location<C: Collection>(id: &str) -> String {
    format!("/v1/{}/{id}", C::SPEC.name)
}
