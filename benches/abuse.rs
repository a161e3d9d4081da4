//! The service under abuse: more load than it can answer, slow clients, and what the limits cost those who keep them.
//! Run by `make abuse`; parts of it by their names (see benches/README.md). Fails where a promise is not kept.
//!
//! Two cores: the server has one, the load comes from the other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    dead_code,
    missing_docs,
    reason = "a benchmark that can't go on panics with the reason; counts are small; parts of the market's benchmark are used here"
)]

#[path = "abuse/cost.rs"]
mod cost;
#[path = "market/data.rs"]
mod data;
#[path = "abuse/load.rs"]
mod load;
#[path = "abuse/overload.rs"]
mod overload;
#[path = "market/questions.rs"]
mod questions;
#[path = "abuse/register.rs"]
mod register;
#[path = "market/server.rs"]
mod server;
mod shared;
#[path = "abuse/slow.rs"]
mod slow;

use std::process::{Command, ExitCode};

const PARTS: [&str; 3] = ["overload", "slow", "cost"];
/// The server's core, and that of the load.
pub const CORES: (usize, usize) = (0, 1);

const HEAD: &str = "# The service under abuse\n\n\
    Each section is what one part of `make abuse` measured last, with the day and the machine. Figures of different machines\n\
    can't be compared; shares of one run can. How to run one part: see `benches/README.md`.\n";

pub fn publish(title: &str, body: &str) {
    shared::report::publish_in("RESULTS-ABUSE.md", HEAD, title, body);
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs the binary without it: there is nothing to test.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let named: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with('-')).collect();
    assert!(named.iter().all(|name| PARTS.contains(name)), "the parts are {}", PARTS.join(", "));
    let runs = |part: &str| named.is_empty() || named.contains(&part);
    // Light searches are the worst case of turning away, heavy ones that of waiting: L on demand, as it takes minutes to make.
    let sizes = if std::env::var_os("BENCH_SIZES").is_some() { data::sizes() } else { vec![data::Size::M] };
    // Whatever is started from here inherits it, and is put elsewhere where it has to be.
    let pinned = Command::new("taskset").args(["-cp", &CORES.1.to_string(), &std::process::id().to_string()]).output();
    assert!(pinned.is_ok_and(|output| output.status.success()), "taskset is needed, and a second core");
    // PostgreSQL works for the server: where the server is.
    if let Some(data) = std::env::var_os("PG_DATA") {
        let running = std::fs::read_to_string(std::path::Path::new(&data).join("postmaster.pid")).unwrap_or_default();
        let pinned = Command::new("taskset").args(["-acp", &CORES.0.to_string(), running.lines().next().unwrap_or_default()]).output();
        assert!(pinned.is_ok_and(|output| output.status.success()), "the PostgreSQL of scripts/postgres.sh could not be put on a core");
    }
    let mut broken = Vec::new();
    for size in sizes {
        let register = register::Register::new(size);
        if runs("overload") {
            broken.extend(overload::run(&register));
        }
        if runs("cost") && size == data::Size::M {
            broken.extend(cost::run(&register));
        }
        if runs("slow") && size == data::Size::M {
            broken.extend(slow::run(&register));
        }
    }
    for promise in &broken {
        eprintln!("NOT KEPT: {promise}");
    }
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
