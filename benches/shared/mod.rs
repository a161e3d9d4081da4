//! What the benchmarks have in common.

#![allow(dead_code, reason = "each benchmark uses its part")]

pub mod percentile;
pub mod report;
