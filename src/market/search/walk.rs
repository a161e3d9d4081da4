//! Counting rows that all pass: nothing is judged, only what is counted is read.

use super::tally::{MANY, Tally};
use crate::market::rowset::Bits;

/// Counts `dimensions` of `rows` and shows each row to `visit`.
pub(super) fn walk(tally: &mut Tally<'_>, rows: &Bits, dimensions: u8, mut visit: impl FnMut(u32)) {
    let mut many = [0_u32; MANY];
    let mut rows = rows.iter();
    loop {
        let length = many.iter_mut().zip(&mut rows).map(|(place, row)| *place = row).count();
        let Some(taken) = many.get(..length).filter(|taken| !taken.is_empty()) else { break };
        tally.count_all(dimensions, taken);
        taken.iter().for_each(|row| visit(*row));
    }
}
