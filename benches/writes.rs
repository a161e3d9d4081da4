//! How fast MoUs are registered: `make bench`.
//!
//! Single `POST /v1/mous` by 8 clients against the release server, beside the same rows written by bare
//! diesel transactions (rows, change, and the head row's lock) and by bare transactions without any log,
//! in turns within one run, on SQLite and on `PostgreSQL`; then batches of 100 MoUs in one request.
//! What decides is the ratio: figures of different machines can't be compared.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::missing_panics_doc,
    clippy::panic,
    missing_docs,
    reason = "a benchmark stops at its first failure and prints its figures"
)]

#[path = "writes/bare.rs"]
mod bare;
#[path = "writes/http.rs"]
mod http;
mod shared;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Clients and bare writers.
const WRITERS: usize = 8;
/// How long one turn lasts.
const TURN: Duration = Duration::from_secs(4);
/// How often each takes its turn.
const ROUNDS: usize = 3;
/// MoUs of a batch.
const BATCH: usize = 100;

/// What one turn measured.
#[derive(Default, Clone)]
pub struct Turn {
    seconds: f64,
    micros: Vec<u64>,
}

impl Turn {
    fn rate(&self) -> f64 {
        self.micros.len() as f64 / self.seconds
    }

    fn percentile(&self, share: f64) -> f64 {
        shared::percentile::percentile(&self.micros, share) as f64 / 1000.0
    }

    fn add(&mut self, other: Self) {
        self.seconds += other.seconds;
        self.micros.extend(other.micros);
    }
}

/// Runs `write` in `WRITERS` threads for `TURN`; `make` gives each thread its own connection.
pub fn turn<C, W>(make: impl Fn(usize) -> C, write: W) -> Turn
where
    C: Send,
    W: Fn(&mut C, u64) + Sync,
{
    let stop = AtomicBool::new(false);
    let connections: Vec<C> = (0..WRITERS).map(make).collect();
    let started = Instant::now();
    let micros: Vec<Vec<u64>> = std::thread::scope(|scope| {
        let threads: Vec<_> = connections
            .into_iter()
            .enumerate()
            .map(|(thread, mut connection)| {
                let (stop, write) = (&stop, &write);
                scope.spawn(move || {
                    let mut micros = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let begun = Instant::now();
                        write(&mut connection, (thread * 10_000_000 + micros.len()) as u64);
                        micros.push(begun.elapsed().as_micros() as u64);
                    }
                    micros
                })
            })
            .collect();
        std::thread::sleep(TURN);
        stop.store(true, Ordering::Relaxed);
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    Turn { seconds: started.elapsed().as_secs_f64(), micros: micros.into_iter().flatten().collect() }
}

fn main() {
    // `cargo test --benches` runs the binary with `--test`: there is nothing to test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let mut report = String::new();
    writeln!(
        report,
        "{WRITERS} writers, {ROUNDS} turns of {} s each, interleaved. Signed MoUs with two parties and one commitment.\n",
        TURN.as_secs()
    )
    .unwrap();
    writeln!(report, "| database | what | a second | median ms | 99th percentile ms | of the bare rate |\n|---|---|---|---|---|---|")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sqlite = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    single(&mut report, "SQLite", &sqlite("api.db"), &sqlite("bare.db"));
    let batch = batches(&sqlite("batch.db"));
    match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => {
            let schema = |name: &str| bare::fresh_schema(&url, name);
            single(&mut report, "PostgreSQL", &schema("bench_api"), &schema("bench_bare"));
        }
        Err(_) => writeln!(report, "\nPostgreSQL was not measured: run `make bench`, which starts one.").unwrap(),
    }
    writeln!(report, "\nBatches of {BATCH} MoUs in one request on SQLite, one client: {:.0} MoUs a second (median {:.1} ms a batch, 99th percentile {:.1} ms).", batch.rate() * BATCH as f64, batch.percentile(0.5), batch.percentile(0.99)).unwrap();
    shared::report::publish("Writes", &report);
}

fn single(report: &mut String, database: &str, api_url: &str, bare_url: &str) {
    let server = http::Server::start(api_url);
    let parties = server.two_parties();
    let bare = bare::Bare::new(bare_url);
    let (mut api, mut with_log, mut without_log) = (Turn::default(), Turn::default(), Turn::default());
    for round in 0..ROUNDS as u64 {
        api.add(turn(|_| server.client(), |client, n| client.post_mou(&parties, round * 1_000_000_000 + n)));
        with_log.add(turn(|_| bare.connect(), |db, _| bare.write(db, true)));
        without_log.add(turn(|_| bare.connect(), |db, _| bare.write(db, false)));
    }
    for (what, turn) in [("POST /v1/mous", &api), ("bare transactions", &with_log), ("bare, without any log", &without_log)] {
        writeln!(
            report,
            "| {database} | {what} | {:.0} | {:.2} | {:.2} | {:.0} % |",
            turn.rate(),
            turn.percentile(0.5),
            turn.percentile(0.99),
            100.0 * turn.rate() / with_log.rate()
        )
        .unwrap();
    }
}

fn batches(url: &str) -> Turn {
    let server = http::Server::start(url);
    let parties = server.two_parties();
    let mut client = server.client();
    let mut micros = Vec::new();
    let started = Instant::now();
    for n in 0..100 {
        let body = parties.batch(BATCH, n);
        let begun = Instant::now();
        client.post("/v1/mous/batch", &body, 200);
        micros.push(begun.elapsed().as_micros() as u64);
    }
    // The rate counts the requests alone, not the making of their bodies.
    let _ = started;
    Turn { seconds: micros.iter().sum::<u64>() as f64 / 1e6, micros }
}
