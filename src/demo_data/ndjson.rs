//! As lines of JSON: the entries of the log, one a line, each with its record.

use super::batch::{Batch, parts};
use super::progress::Progress;
use super::world::World;
use crate::error::{Problem, Result};
use chrono::SecondsFormat;
use std::io::Write;

/// Writes all of `world` to `out`; how many lines.
///
/// # Errors
/// 500 when a record has faults or the file can't be written.
pub fn write(world: &World, out: &mut impl Write, progress: &mut Progress) -> Result<i64> {
    let mut seq = 0_i64;
    for (stage, range) in parts(world) {
        let batch = Batch::made(world, stage, range)?;
        for entry in &batch.entries {
            seq += 1;
            let at = entry.recorded_at.and_utc().to_rfc3339_opts(SecondsFormat::Micros, true);
            let (entity, id, version, operation) = (&entry.entity, &entry.entity_id, entry.version, entry.operation.as_str());
            let (origin, body) = (&entry.origin, entry.body.as_deref().unwrap_or("null"));
            // Names, ids and words of the register's own: nothing in them needs an escape.
            writeln!(
                out,
                r#"{{"seq":{seq},"recorded_at":"{at}","entity":"{entity}","entity_id":"{id}","version":{version},"operation":"{operation}","origin":"{origin}","body":{body}}}"#
            )
            .map_err(Problem::internal)?;
        }
        progress.advance(batch.stage, batch.indexes);
    }
    out.flush().map_err(Problem::internal)?;
    Ok(seq)
}
