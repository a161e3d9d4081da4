//! Clients that hold connections and say nothing, while an honest one asks.

use crate::load;
use crate::publish;
use crate::register::{Place, Register};
use crate::shared::percentile::percentile;
use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const CONNECTIONS: &str = "300";
const MINUTE: Duration = Duration::from_mins(1);
/// Requests a second of the honest client: with the default limit of its key.
const HONEST: f64 = 100.0;
/// Its 99th percentile, microseconds.
const MOST: u64 = 250_000;

type Attack = fn(&Place) -> Child;

/// Measures and publishes it; the promises that are not kept.
pub fn run(register: &Register) -> Vec<String> {
    let mut report = format!(
        "`slowhttptest` holds {CONNECTIONS} connections for a minute (and comes back with as many when the server has closed them), all limits as they are unless set otherwise. Meanwhile an honest client with a key asks {HONEST} times a second, searches and single records in turns. Milliseconds.\n\n| | honest requests | answered well | median | 99th percentile | slowest | other statuses |\n|---|---|---|---|---|---|---|\n"
    );
    let mut broken = Vec::new();
    let kinds: [(&str, Option<Attack>); 3] = [("nobody", None), ("slow bodies", Some(slow_bodies)), ("slow headers", Some(slow_headers))];
    for (what, attack) in kinds {
        let place = register.serve(&[]);
        let requests: Vec<Vec<u8>> =
            register.searches(&place).into_iter().zip(Register::reads(&place)).flat_map(|(search, read)| [search, read]).collect();
        let time = if attack.is_some() { MINUTE } else { MINUTE / 6 };
        let is_over = AtomicBool::new(false);
        let outcome = std::thread::scope(|scope| {
            if let Some(attack) = attack {
                let (place, is_over) = (&place, &is_over);
                scope.spawn(move || again_and_again(|| attack(place), is_over));
            }
            let outcome = load::open(place.address, &requests, HONEST, time);
            is_over.store(true, Ordering::Relaxed);
            outcome
        });
        let millis = |share: f64| percentile(&outcome.good, share) as f64 / 1e3;
        let share = outcome.good.len() as f64 / outcome.sent as f64;
        writeln!(
            report,
            "| {what} | {} | {:.1} % | {:.2} | {:.2} | {:.2} | {} |",
            outcome.sent,
            100.0 * share,
            millis(0.5),
            millis(0.99),
            millis(1.0),
            outcome.other.len() + outcome.shed.len(),
        )
        .unwrap();
        if percentile(&outcome.good, 0.99) > MOST || share < 0.99 {
            broken.push(format!("{what}: an honest client's 99th percentile is {} ms, {:.1} % answered", millis(0.99), 100.0 * share));
        }
    }
    publish("Slow clients", &report);
    broken
}

/// The server closes the slow connections after a while, and slowhttptest ends with the last of them: then the next 300 come.
fn again_and_again(attack: impl Fn() -> Child, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        let mut child = attack();
        while child.try_wait().unwrap().is_none() && !is_over.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn slow_bodies(place: &Place) -> Child {
    // It has no option for a key, but takes any text for the media type.
    let media = format!("application/json\r\nAuthorization: Bearer {}", place.key);
    attack(place, &["-B", "-t", "POST", "-s", "200000", "-i", "3", "-x", "10", "-f", &media], "/v1/mous")
}

fn slow_headers(place: &Place) -> Child {
    attack(place, &["-H", "-i", "3", "-x", "24"], "/v1/products?q=gao")
}

fn attack(place: &Place, arguments: &[&str], path: &str) -> Child {
    Command::new("slowhttptest")
        .args([
            "-c",
            CONNECTIONS,
            "-r",
            CONNECTIONS,
            "-l",
            "90",
            "-p",
            "5",
            "-v",
            "1",
            "-u",
            &format!("http://{}{path}", place.server.address),
        ])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("slowhttptest is needed: `make abuse` installs Debian's")
}
