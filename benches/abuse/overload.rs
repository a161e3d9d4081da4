//! Three times the load that can be answered: what still is, and how soon the others are told.

use crate::load::{self, Outcome};
use crate::publish;
use crate::register::{Base, Place, Register};
use crate::shared::percentile::percentile;
use std::fmt::Write as _;
use std::time::Duration;

const ALL_OUT: Duration = Duration::from_secs(3);
const TRY: Duration = Duration::from_secs(4);
const OVER: Duration = Duration::from_secs(10);
/// A load is sustainable when as good as everything is answered, and nobody waits longer than that for it.
const SUSTAINED: (f64, u64) = (0.995, 100_000);
const TIMES: f64 = 3.0;
/// Of the good answers of the sustainable load as many come under three times as much.
const LEAST_SHARE: f64 = 0.8;
const SLOWEST_GOOD: u64 = 1_000_000;
const SLOWEST_SHED: u64 = 50_000;

type Requests = fn(&Register, &Place) -> Vec<Vec<u8>>;

/// Measures and publishes it; the promises that are not kept.
pub fn run(register: &Register) -> Vec<String> {
    let kinds: [(&str, Requests); 4] = [
        ("searches without a key, from memory", |register, _| register.anonymous_searches()),
        ("searches and matches of an administrator, from memory", Register::searches),
        ("reads, from the database", |_, place| Register::reads(place)),
        ("writes", |_, place| Register::writes(place)),
    ];
    let [_, _, from_database @ ..] = kinds;
    let server = std::env::var("TEST_DATABASE_URL").ok();
    let on_postgres = server.as_deref().map(Base::Postgres).into_iter().flat_map(|base| from_database.map(|kind| (base, kind)));
    let all: Vec<(Base<'_>, (&str, Requests))> = kinds.map(|kind| (Base::Sqlite, kind)).into_iter().chain(on_postgres).collect();
    let mut report = format!(
        "A register of size {}. The load has an arrival rate of its own and comes from one core, the server (and PostgreSQL) has the other; limits by key and address are off. Sustainable is the highest of some rates at which 99.5 % are answered well and the 99th percentile is under {} ms. Times count from when a request was due, and are the slowest of all, in milliseconds.\n\n| | database | all out, answers a second | sustainable, a second | good a second | 99th percentile | three times as much: sent a second | good a second | share of the sustainable | slowest good | shed | slowest shed | 99th percentile of shed | neither | connections | sent late by |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
        register.size().words(),
        SUSTAINED.1 / 1000
    );
    let size = register.size().name();
    let mut broken = Vec::new();
    for (base, (what, requests)) in all {
        let place = register.serve_on(base, &[("CUNGCAU_ANONYMOUS_RATE", "off"), ("CUNGCAU_KEY_RATE", "off"), ("CUNGCAU_KEY_DAY", "off")]);
        let requests = requests(register, &place);
        load::closed(place.address, &requests, 32, ALL_OUT);
        let all_out = load::closed(place.address, &requests, 32, ALL_OUT).rate();
        let Some((rate, once)) = sustainable(&place, &requests, all_out) else {
            broken.push(format!("{what}, {}, {size}: no rate was sustainable", base.name()));
            continue;
        };
        let over = load::open(place.address, &requests, TIMES * rate, OVER);
        let share = over.rate() / once.rate();
        let slowest = |times: &[u64]| times.iter().max().copied().unwrap_or(0);
        let (good, shed) = (slowest(&over.good), slowest(&over.shed));
        let millis = |micros: u64| micros as f64 / 1e3;
        writeln!(
            report,
            "| {what} | {} | {all_out:.0} | {rate:.0} | {:.0} | {:.1} | {:.0} | {:.0} | {:.0} % | {:.1} | {:.0} % | {:.1} | {:.1} | {} | {} | {:.1} |",
            base.name(),
            once.rate(),
            millis(percentile(&once.good, 0.99)),
            over.sent as f64 / over.seconds,
            over.rate(),
            100.0 * share,
            millis(good),
            100.0 * over.shed.len() as f64 / over.sent as f64,
            millis(shed),
            millis(percentile(&over.shed, 0.99)),
            others(&over),
            over.connections,
            over.latest.as_secs_f64() * 1e3,
        )
        .unwrap();
        eprintln!("{}", report.lines().last().unwrap());
        if share < LEAST_SHARE {
            broken.push(format!(
                "{what}, {}, {size}: {:.0} % of the good answers come under three times the load",
                base.name(),
                100.0 * share
            ));
        }
        if good > SLOWEST_GOOD {
            broken.push(format!("{what}, {}, {size}: a good answer took {} ms", base.name(), millis(good)));
        }
        if shed > SLOWEST_SHED {
            broken.push(format!("{what}, {}, {size}: somebody was turned away after {} ms", base.name(), millis(shed)));
        }
    }
    publish(&format!("Three times the sustainable load, {}", register.size().name()), &report);
    broken
}

fn sustainable(place: &Place, requests: &[Vec<u8>], all_out: f64) -> Option<(f64, Outcome)> {
    for share in [1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5, 0.4] {
        let rate = all_out * share;
        let outcome = load::open(place.address, requests, rate, TRY);
        let answered = outcome.good.len() as f64 / outcome.sent as f64;
        let slow = percentile(&outcome.good, 0.99);
        eprintln!(
            "at {rate:.0} a second: {:.2} % answered, 99th percentile {slow} µs, {} connections",
            100.0 * answered,
            outcome.connections
        );
        if answered >= SUSTAINED.0 && slow <= SUSTAINED.1 {
            return Some((rate, outcome));
        }
    }
    None
}

/// What was neither answered well nor turned away, by status; 0 is no answer at all.
fn others(outcome: &Outcome) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for status in &outcome.other {
        *counts.entry(status).or_insert(0) += 1;
    }
    if counts.is_empty() {
        "none".into()
    } else {
        counts.iter().map(|(status, n)| format!("{n} × {status}")).collect::<Vec<_>>().join(", ")
    }
}
