//! What the limits cost those who keep them: the same build with limits on and off, in turns.

use crate::load;
use crate::publish;
use crate::register::{Place, Register};
use crate::shared::percentile::median;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const TURN: Duration = Duration::from_secs(3);
const TURNS: usize = 9;
const AT_A_TIME: usize = 16;
/// At most as much of the answers a second.
const MOST: f64 = 0.05;

const OFF: [(&str, &str); 4] =
    [("CUNGCAU_ANONYMOUS_RATE", "off"), ("CUNGCAU_KEY_RATE", "off"), ("CUNGCAU_KEY_DAY", "off"), ("CUNGCAU_SHEDDING", "off")];
/// Never reached here: what is measured is the counting.
const ON: [(&str, &str); 4] = [
    ("CUNGCAU_ANONYMOUS_RATE", "10000000/10000000"),
    ("CUNGCAU_KEY_RATE", "10000000/10000000"),
    ("CUNGCAU_KEY_DAY", "1000000000000"),
    ("CUNGCAU_SHEDDING", "on"),
];

/// Measures and publishes it; the promise where it is not kept.
pub fn run(register: &Register) -> Vec<String> {
    let (off, on) = (register.serve(&OFF), register.serve(&ON));
    let mut report = format!(
        "The search benchmark's requests, {AT_A_TIME} at a time, {TURNS} turns of {} s with limits (buckets, quotas of the day, shedding) and without, in alternation, on the same core. The share is the median of the turns' ratios.\n\n| | a second without | with | costs | µs of the processor without | with | costs |\n|---|---|---|---|---|---|---|\n",
        TURN.as_secs()
    );
    let mut broken = Vec::new();
    let with_key = |place: &Place| register.searches(place);
    let anonymous = |_: &Place| register.anonymous_searches();
    for (what, requests) in [("without a key", &anonymous as &dyn Fn(&Place) -> Vec<Vec<u8>>), ("with a key", &with_key)] {
        let (asked_off, asked_on) = (requests(&off), requests(&on));
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            without.push(turn(&off, &asked_off));
            with.push(turn(&on, &asked_on));
        }
        let of = |turns: &[(f64, f64)], which: fn(&(f64, f64)) -> f64| median(&turns.iter().map(which).collect::<Vec<_>>());
        let ratio = |which: fn(&(f64, f64)) -> f64| {
            median(&without.iter().zip(&with).map(|(without, with)| which(with) / which(without)).collect::<Vec<_>>())
        };
        let costs = 1.0 - ratio(|turn| turn.0);
        writeln!(
            report,
            "| {what} | {:.0} | {:.0} | {:.1} % | {:.2} | {:.2} | {:.1} % |",
            of(&without, |turn| turn.0),
            of(&with, |turn| turn.0),
            100.0 * costs,
            of(&without, |turn| turn.1),
            of(&with, |turn| turn.1),
            100.0 * (ratio(|turn| turn.1) - 1.0),
        )
        .unwrap();
        if costs > MOST {
            broken.push(format!("{what}: limits cost {:.1} % of the answers a second", 100.0 * costs));
        }
    }
    publish("What limits cost a search", &report);
    broken
}

/// Answers a second, and microseconds of the processor for each.
fn turn(place: &Place, requests: &[Vec<u8>]) -> (f64, f64) {
    let (before, begun) = (place.server.busy(), Instant::now());
    let outcome = load::closed(place.address, requests, AT_A_TIME, TURN);
    let busy = place.server.busy().saturating_sub(before);
    // Another program on the server's core may hold it up for longer than anybody may wait.
    let refused = outcome.other.len() + outcome.shed.len();
    assert!(refused * 100 < outcome.sent, "{refused} were not answered");
    let answers = outcome.good.len() as f64;
    (answers / begun.elapsed().as_secs_f64(), busy.as_secs_f64() * 1e6 / answers)
}
