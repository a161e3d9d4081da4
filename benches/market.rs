//! How fast the market answers: `make bench`.
//!
//! Parts, each with its own section of `benches/RESULTS.md`: `engine` (the index alone), `means` (the same under
//! Criterion), `sql` (the same questions in SQL), `http` (the server, beside one that answers nothing), `visible` (from
//! commit to index). `cargo bench --bench market -- engine sql` runs two of them; sizes are chosen by `BENCH_SIZES`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::missing_panics_doc,
    clippy::panic,
    missing_docs,
    reason = "a benchmark stops at its first failure and prints its figures"
)]

#[path = "market/data.rs"]
mod data;
#[path = "market/engine.rs"]
mod engine;
#[path = "market/http.rs"]
mod http;
#[path = "market/means.rs"]
mod means;
#[path = "market/questions.rs"]
mod questions;
#[path = "market/server.rs"]
mod server;
mod shared;
#[path = "market/sql.rs"]
mod sql;
#[path = "market/statements.rs"]
mod statements;
#[path = "market/visible.rs"]
mod visible;

use data::Loaded;

const PARTS: [&str; 5] = ["engine", "means", "sql", "http", "visible"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs the binary without it: there is nothing to test.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let named: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with('-')).collect();
    assert!(named.iter().all(|name| PARTS.contains(name)), "the parts are {}", PARTS.join(", "));
    let runs = |part: &str| named.is_empty() || named.contains(&part);
    for size in data::sizes() {
        if !["engine", "means", "sql", "http"].iter().any(|part| runs(part)) {
            break;
        }
        let mut loaded = Loaded::new(size);
        let plan = runs("http").then(|| http::Plan::new(&loaded));
        if runs("means") {
            means::run(&loaded);
        }
        if runs("sql") {
            sql::run(&loaded);
        }
        // Last of those that ask the index: it changes offers.
        if runs("engine") {
            engine::run(&mut loaded);
        }
        // The server has the machine to itself.
        drop(loaded);
        if let Some(plan) = plan {
            http::run(&plan);
        }
    }
    if runs("visible") {
        visible::run();
    }
}
