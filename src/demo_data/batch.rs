//! Some thousand records with their entries of the log, made beside the transaction that stores them.

use super::world::{Stage, World};
use super::{demands, offers, organisations, papers, products};
use crate::certificates::Certificate;
use crate::db::Db;
use crate::demands::Demand;
use crate::error::Result;
use crate::facilities::Facility;
use crate::log::Change;
use crate::offers::Offer;
use crate::organisations::Organisation;
use crate::products::Product;
use chrono::NaiveDateTime;
use serde::Serialize;
use std::ops::Range;

/// Indexes of one batch: with their entries, some 50,000 rows in a transaction.
pub const SIZE: usize = 20_000;

/// Records of one kind.
#[derive(Debug)]
enum Records {
    Organisations(Vec<Organisation>),
    Facilities(Vec<Facility>),
    Certificates(Vec<Certificate>),
    Products(Vec<Product>),
    Offers(Vec<Offer>),
    Demands(Vec<Demand>),
}

/// Records of one kind with their entries, in one order.
#[derive(Debug)]
pub struct Batch {
    /// Of which stage.
    pub stage: Stage,
    /// How many indexes of the stage they come from.
    pub indexes: usize,
    records: Records,
    /// The entries.
    pub entries: Vec<Change>,
}

/// The parts of the plan, in the order of the log.
pub fn parts(world: &World) -> impl Iterator<Item = (Stage, Range<usize>)> {
    Stage::ALL.into_iter().flat_map(|stage| {
        let length = world.length(stage);
        (0..length).step_by(SIZE).map(move |first| (stage, first..length.min(first + SIZE)))
    })
}

impl Batch {
    /// Makes the records of `range`.
    ///
    /// # Errors
    /// What a slice's rules find wrong with one.
    pub fn made(world: &World, stage: Stage, range: Range<usize>) -> Result<Self> {
        let indexes = range.len();
        let records = match stage {
            Stage::Producers => Records::Organisations(range.map(|index| organisations::producer(world, index)).collect::<Result<_>>()?),
            Stage::Buyers => Records::Organisations(range.map(|index| organisations::buyer(world, index)).collect::<Result<_>>()?),
            Stage::Facilities => {
                Records::Facilities(range.filter_map(|index| papers::facility(world, index).transpose()).collect::<Result<_>>()?)
            }
            Stage::PlacePapers => {
                Records::Certificates(range.map(|index| papers::of_place(world, index)).collect::<Result<Vec<_>>>()?.concat())
            }
            Stage::Products => Records::Products(range.map(|index| products::product(world, index)).collect::<Result<_>>()?),
            Stage::ProductPapers => {
                Records::Certificates(range.map(|index| papers::of_product(world, index)).collect::<Result<Vec<_>>>()?.concat())
            }
            Stage::Offers => Records::Offers(range.map(|index| offers::offer(world, index)).collect::<Result<_>>()?),
            Stage::Demands => Records::Demands(range.map(|index| demands::demand(world, index)).collect::<Result<_>>()?),
        };
        let entries = records.entries(stage.entity().0)?;
        Ok(Self { stage, indexes, records, entries })
    }

    /// Stores the records; their entries are left to the transaction.
    ///
    /// # Errors
    /// What the database says.
    pub fn store(&self, db: &mut Db) -> Result<()> {
        match &self.records {
            Records::Organisations(records) => crate::organisations::insert(db, records),
            Records::Facilities(records) => crate::facilities::insert(db, &records.iter().collect::<Vec<_>>()),
            Records::Certificates(records) => crate::certificates::insert(db, &records.iter().collect::<Vec<_>>()),
            Records::Products(records) => crate::products::insert(db, &records.iter().collect::<Vec<_>>()),
            Records::Offers(records) => crate::offers::insert(db, records),
            Records::Demands(records) => crate::demands::insert(db, records),
        }
    }
}

impl Records {
    fn entries(&self, entity: &str) -> Result<Vec<Change>> {
        match self {
            Self::Organisations(records) => entries(entity, records, |record| (&record.row.id, record.row.created_at, &record.row.origin)),
            Self::Facilities(records) => entries(entity, records, |record| (&record.id, record.created_at, &record.origin)),
            Self::Certificates(records) => entries(entity, records, |record| (&record.id, record.created_at, &record.origin)),
            Self::Products(records) => entries(entity, records, |record| (&record.id, record.created_at, &record.origin)),
            Self::Offers(records) => entries(entity, records, |record| (&record.id, record.created_at, &record.origin)),
            Self::Demands(records) => entries(entity, records, |record| (&record.id, record.created_at, &record.origin)),
        }
    }
}

fn entries<R: Serialize>(entity: &str, records: &[R], of: impl Fn(&R) -> (&String, NaiveDateTime, &String)) -> Result<Vec<Change>> {
    let entry = |record: &R| {
        let (id, at, origin) = of(record);
        Change::first(entity, id, at, origin, record)
    };
    records.iter().map(entry).collect()
}
