//! The market index: structured supply against structured demand, in memory.
//!
//! Pure: no I/O, no clock, no HTTP, no SQL, and nothing of the reference tables but what it is given
//! ([`tables::Tables`]). The same records give the same answers, in whatever order they came. It is fed by the change
//! log; everything in it can be thrown away and rebuilt from the tables.
//!
//! In reading order: [`record`] (what goes in), [`tables`] (what it is told of the reference tables).

pub mod record;
pub mod tables;
