//! Searches and matches over HTTP, beside the same server that reads the same requests and answers a constant body of
//! the same mean size, in turns: what the market costs of what the server can do at all.
//!
//! `wrk` sends from one core, the server has another: it is the one that is busy, and its time is told.

use crate::data::{self, Loaded, Size};
use crate::engine::{BEST, NEAR, setting};
use crate::questions::{Search, by_filters, by_words};
use crate::server::{Client, Server, pinned};
use crate::shared::percentile::median;
use crate::shared::report;
use cungcau::ids::base32;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Of three searches two have words.
const BY_WORDS: usize = 1_600;
const BY_FILTERS: usize = 800;
const MATCHES: usize = 2_000;
/// Answers whose totals are held against the index's.
const COMPARED: usize = 300;
/// Turns of each kind, one after the other.
const ROUNDS: usize = 3;
const TURN: &str = "8s";
/// In two rounds as many as the door answers whatever it takes: more would wait too long behind the slowest at L, and be
/// turned away.
const CONNECTIONS: &str = "4";
/// Starts from which the time to be ready is taken.
const STARTS: usize = 3;

/// The requests, made while the index is there.
pub struct Plan {
    size: Size,
    searches: Vec<Asked>,
    matches: Vec<Asked>,
}

struct Asked {
    path: String,
    /// How many products the index finds.
    total: Option<u32>,
    /// How many offers fit a demand.
    eligible: Option<u32>,
    words: String,
}

impl Plan {
    pub fn new(loaded: &Loaded) -> Self {
        let ask = |search: &Search| Asked {
            path: search.path(),
            total: Some(loaded.market.search(&search.question(loaded.today)).total),
            eligible: None,
            words: search.words(),
        };
        let mut words = by_words(&loaded.market, BY_WORDS).into_iter();
        let mut searches = Vec::new();
        for search in by_filters(&loaded.market, BY_FILTERS) {
            searches.extend(words.by_ref().take(BY_WORDS / BY_FILTERS).map(|search| ask(&search)));
            searches.push(ask(&search));
        }
        let step = (loaded.demands.len() / MATCHES).max(1);
        let matches = loaded.demands.iter().step_by(step).take(MATCHES).map(|demand| {
            let id = format!("dmd_{}", base32(demand.id.0, 26));
            let asked = loaded.market.asked(demand.id).unwrap();
            let eligible = loaded.market.best_offers(&asked, &setting(&loaded.market), BEST, NEAR).eligible;
            Asked {
                path: format!("/v1/demands/{id}/matches?limit=20"),
                total: None,
                eligible: Some(eligible),
                words: format!("demand {id}"),
            }
        });
        Self { size: loaded.size, searches, matches: matches.collect() }
    }
}

/// Measures and publishes it.
pub fn run(plan: &Plan) {
    let url = format!("sqlite:{}", data::register(plan.size).display());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (server_core, client_core) = if cores > 1 { (Some(0), Some(1)) } else { (None, None) };
    let ready: Vec<f64> = (0..STARTS).map(|_| Server::start(&url, None).ready.as_secs_f64()).collect();
    let server = Server::start(&url, server_core);
    let is_small = plan.size == Size::M;
    let mut report = format!(
        "{}.\n\n`wrk -t1 -c{CONNECTIONS} -d{TURN}` on one core, the server on another, {ROUNDS} turns of each kind in alternation, without a key. Searches: two thirds words with two filters, one third filters (some with several values) in an order of their own; all facets, 20 items, {} different ones. No answer is kept for the next (texts of single products may be). Where the server's core is not busy all the time something else held the turn up, and the share by processor time is the true one.\n\n",
        plan.size.words(),
        plan.searches.len()
    );
    if !cfg!(feature = "bench-floor") {
        report += "The constant was not measured: that takes the feature `bench-floor`, with which `make bench` builds.\n\n";
    }
    report += "| request | answers a second | constant body, a second | share | target | share by the server's processor time | median ms | 99th percentile ms | server's core busy | mean bytes | slowest alone ms |\n|---|---|---|---|---|---|---|---|---|---|---|\n";
    let mut slowest = Vec::new();
    for (what, asked, target) in [
        ("search", &plan.searches, if is_small { "60 %, goal 80 %" } else { "6 %, goal 15 %" }),
        ("matches", &plan.matches, if is_small { "60 %, goal 80 %" } else { "15 %, goal 25 %" }),
    ] {
        let Some(alone) = alone(&server, asked) else {
            writeln!(report, "| {what} | the server has no such operation | | | | | | | | | |").unwrap();
            continue;
        };
        let (real, floor) = turns(&server, asked, alone.mean_bytes, client_core);
        let rate = |turns: &[Turn]| median(&turns.iter().map(|turn| turn.rate).collect::<Vec<_>>());
        let of = |turns: &[Turn], value: &dyn Fn(&Turn) -> f64| median(&turns.iter().map(value).collect::<Vec<_>>());
        let percent = |real: f64, floor: f64| if floor.is_nan() { "?".to_owned() } else { format!("{:.0} %", 100.0 * real / floor) };
        let share = percent(rate(&real), rate(&floor));
        let by_processor = percent(of(&real, &|turn| turn.rate / turn.busy), of(&floor, &|turn| turn.rate / turn.busy));
        writeln!(
            report,
            "| {what} | {:.0} | {:.0} | {share} | {target} | {by_processor} | {:.2} | {:.2} | {:.0} % (constant: {:.0} %) | {} | {:.2} |",
            rate(&real),
            rate(&floor),
            of(&real, &|turn| turn.median_ms),
            of(&real, &|turn| turn.slow_ms),
            100.0 * of(&real, &|turn| turn.busy),
            100.0 * of(&floor, &|turn| turn.busy),
            alone.mean_bytes,
            alone.slowest.first().map_or(0.0, |(time, _)| time.as_secs_f64() * 1e3),
        )
        .unwrap();
        slowest.extend(alone.slowest.into_iter().take(3));
    }
    write!(
        report,
        "\nReady after a start, from the SQLite file (process, schema, index; median of {STARTS} starts on all cores): {:.2} s (target {} s).\n\nThe slowest requests, sent one at a time (target at L: none over 30 ms):\n\n",
        median(&ready),
        if is_small { "0.5" } else { "6" }
    )
    .unwrap();
    for (time, words) in slowest {
        writeln!(report, "- {:.2} ms: {words}", time.as_secs_f64() * 1e3).unwrap();
    }
    report::publish(&format!("Market, HTTP, {}", plan.size.name()), &report);
}

/// What requests that are sent one at a time tell.
struct Alone {
    mean_bytes: usize,
    slowest: Vec<(Duration, String)>,
}

/// Sends every request once; nothing where the server does not know the operation.
fn alone(server: &Server, asked: &[Asked]) -> Option<Alone> {
    let mut client = Client::new(&server.address, None);
    if client.get(&asked.first()?.path).0 == 404 {
        return None;
    }
    let different: HashSet<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(different.len(), asked.len());
    let (mut bytes, mut slowest) = (0, Vec::new());
    for (at, asked) in asked.iter().enumerate() {
        let begun = Instant::now();
        let (status, body) = client.get(&asked.path);
        let time = begun.elapsed();
        assert_eq!(status, 200, "{}: {}", asked.path, String::from_utf8_lossy(&body));
        bytes += body.len();
        // The one answer and the other: what is measured here is what the engine's section measures.
        if let Some(total) = asked.total.filter(|_| at < COMPARED) {
            let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(answer["total"], total, "{}", asked.path);
        }
        if let Some(eligible) = asked.eligible.filter(|_| at < COMPARED) {
            let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(answer["eligible"], eligible, "{}", asked.path);
        }
        slowest.push((time, at));
    }
    slowest.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    slowest.truncate(10);
    // Once more: the first time may have been an interruption by another program.
    let again = slowest.into_iter().map(|(time, at)| {
        let begun = Instant::now();
        client.get(&asked[at].path);
        (time.min(begun.elapsed()), asked[at].words.clone())
    });
    let mut slowest: Vec<(Duration, String)> = again.collect();
    slowest.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    Some(Alone { mean_bytes: bytes / asked.len(), slowest })
}

/// What `wrk` says of one turn.
struct Turn {
    rate: f64,
    median_ms: f64,
    slow_ms: f64,
    /// Share of the turn in which the server had a processor.
    busy: f64,
}

/// Turns with the real answer and with the constant one, in alternation.
fn turns(server: &Server, asked: &[Asked], bytes: usize, core: Option<usize>) -> (Vec<Turn>, Vec<Turn>) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for asked in asked {
        writeln!(file, "{}", asked.path).unwrap();
    }
    let (mut real, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        real.push(turn(server, file.path(), 0, core));
        if cfg!(feature = "bench-floor") {
            floor.push(turn(server, file.path(), bytes, core));
        }
    }
    (real, floor)
}

fn turn(server: &Server, paths: &Path, constant: usize, core: Option<usize>) -> Turn {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/market/wrk.lua");
    let mut command: Command = pinned("wrk", core);
    command.args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{TURN}"), "-s"]).arg(script);
    command.arg(format!("http://{}", server.address)).arg("--").arg(paths).arg(constant.to_string());
    let (before, begun) = (server.busy(), Instant::now());
    let output = command.output().expect("wrk is needed: `make bench` installs Debian's");
    let busy = server.busy().saturating_sub(before).as_secs_f64() / begun.elapsed().as_secs_f64();
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("RESULT ")).unwrap_or_else(|| panic!("wrk: {text}"));
    let numbers: Vec<f64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
    let [requests, micros, failed, median, slow] = numbers[..] else { panic!("wrk: {line}") };
    assert!(failed == 0.0, "{failed} requests failed");
    Turn { rate: requests / micros * 1e6, median_ms: median / 1e3, slow_ms: slow / 1e3, busy }
}
