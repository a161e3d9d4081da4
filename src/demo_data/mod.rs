//! Made-up registers of any size, with the shapes of the real thing: for benchmarks, demonstrations and tests at scale.
//!
//! The same plan (counts, seed, day) makes the same records on every machine, byte for byte; nothing reads a clock.
//! Every record is `illustrative`, every invented name ends with `(minh họa)`, and codes are drawn where no real one is
//! (tax codes under a province that does not exist, GTINs from the range for a shop's own use).
//!
//! A record begins as the body that a caller would send and goes through its slice's own rules (`made` of each slice), so
//! that it is what the API would have stored on the eve of the plan's day. What is left out is what needs the database:
//! that references exist and codes are unique holds by construction.
//!
//! In reading order: `random`, then what there is (`places`, `packs`, `lines`, `goods`, `names`, `world`), then what is
//! made of it (`organisations`, `papers`, `products`, `offers`, `demands`), then where it goes (`batch`,
//! `write`, `ndjson`).

mod batch;
mod demands;
mod goods;
mod lines;
mod names;
mod ndjson;
mod offers;
mod organisations;
mod packs;
mod papers;
mod places;
mod products;
mod progress;
mod random;
#[cfg(test)]
mod tests;
mod world;
mod write;

use crate::db::Target;
use crate::error::Result;
use chrono::NaiveDate;
use progress::Progress;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use world::World;
use write::Register;

/// What to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Producers.
    pub producers: usize,
    /// Buyers.
    pub buyers: usize,
    /// Products.
    pub products: usize,
    /// Offers.
    pub offers: usize,
    /// Demands.
    pub demands: usize,
    /// Which of the many registers of this size.
    pub seed: u64,
    /// The day around which offers and demands lie; everything is registered the day before.
    pub today: NaiveDate,
    /// So many of a thousand products have an OCOP certificate.
    pub ocop_per_mille: u64,
}

impl Plan {
    /// A province with its neighbours: about what one instance has.
    pub const M: [usize; 4] = [9_000, 17_000, 20_000, 2_000];
    /// The whole country, and then some.
    pub const L: [usize; 4] = [100_000, 1_000_000, 1_000_000, 50_000];

    /// A plan of so many producers, products, offers and demands, with the buyers and the share of certificates that go
    /// with them.
    pub fn new([producers, products, offers, demands]: [usize; 4], seed: u64, today: NaiveDate) -> Self {
        // At M three products in five have been assessed; a million products are more than have ever been.
        let ocop_per_mille = if products > 100_000 { 150 } else { 600 };
        Self { producers, buyers: (demands / 10).max(20), products, offers, demands, seed, today, ocop_per_mille }
    }

    /// What is wrong with it: products need producers, offers need products, demands need buyers.
    ///
    /// # Errors
    /// A sentence.
    pub fn check(&self) -> std::result::Result<(), String> {
        for (n, what, needed, by) in [
            (self.producers, "producer", self.products, "products"),
            (self.products, "product", self.offers, "offers"),
            (self.buyers, "buyer", self.demands, "demands"),
        ] {
            if n == 0 && needed > 0 {
                return Err(format!("{by} need at least one {what}"));
            }
        }
        Ok(())
    }
}

/// Fills the empty register of `target`; the number of its newest change.
///
/// # Errors
/// A sentence that says what is in the way. What was stored before stays, complete with its entries.
pub fn fill(plan: Plan, target: &Target, instance: Option<&str>) -> std::result::Result<i64, Box<dyn Error>> {
    let mut register = Register::open(target, instance)?;
    let world = World::new(plan, register.instance())?;
    let mut progress = Progress::of(&world);
    register.fill(&world, &mut progress)
}

/// Writes the entries of the log as lines of JSON into a file, or to standard output for `-`; how many lines.
///
/// # Errors
/// A sentence that says what is in the way.
pub fn write_lines(plan: Plan, path: &Path, instance: &str) -> std::result::Result<i64, Box<dyn Error>> {
    let world = World::new(plan, instance)?;
    let mut progress = Progress::of(&world);
    if path == Path::new("-") {
        return Ok(ndjson::write(&world, &mut BufWriter::new(std::io::stdout().lock()), &mut progress)?);
    }
    let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(ndjson::write(&world, &mut BufWriter::new(file), &mut progress)?)
}

/// The same lines, for tests that read them.
///
/// # Errors
/// 500 when a record has faults.
pub fn lines_of(plan: Plan, instance: &str, out: &mut impl Write) -> Result<i64> {
    let world = World::new(plan, instance)?;
    ndjson::write(&world, out, &mut Progress::quiet(&world))
}
