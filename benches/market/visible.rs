//! From a commit to an index that has it: in the process that committed, and in another on the same `PostgreSQL`.
//!
//! A server of its own takes the offers. This process holds two indexes beside it, each as a server holds one: the first
//! follows the log as a second server does; the second is handed each change as the server hands it to its own index
//! between commit and answer.

use crate::data::{self, Size};
use crate::server::{Client, Server};
use crate::shared::percentile::percentile;
use crate::shared::report;
use cungcau::clock::Clock;
use cungcau::commands;
use cungcau::db::{self, Target};
use cungcau::ids::Randomness;
use cungcau::indexing::{Index, follow};
use cungcau::log;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Offers that are posted.
const OFFERS: usize = 300;
/// Longer than this nobody waits.
const PATIENCE: Duration = Duration::from_secs(5);

pub fn run() {
    let Ok(server) = std::env::var("TEST_DATABASE_URL") else {
        eprintln!("From commit to another process is not measured: run `make bench`, which starts PostgreSQL.");
        return;
    };
    let url = crate::server::fresh_schema(&server, "bench_visible");
    data::fill(Size::M, &url);
    let target = Target::parse(&url).unwrap();
    let writing = Server::start(&url, None);
    let (store, _) = commands::open(&target, None, &Randomness::System).unwrap();
    let following = Arc::new(Index::new(store.clone(), Clock::System));
    follow::follow(&following).unwrap();
    let own = Index::new(store, Clock::System);
    own.rebuild().unwrap();
    wait_until(&following, own.applied());

    let mut client = Client::new(&writing.address, writing.key.as_deref());
    let (_, body) = client.get("/v1/products?limit=100");
    let products: Value = serde_json::from_slice(&body).unwrap();
    let products: Vec<&Value> = products["items"].as_array().unwrap().iter().filter(|product| product["status"] == "active").collect();
    let mut log = db::connect(&target).unwrap();
    let (mut same, mut after_answer, mut after_request) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..OFFERS {
        // At no fixed place between two looks of the follower.
        std::thread::sleep(Duration::from_micros(1_000 + 377 * (n as u64 % 29)));
        let offer = json!({
            "product_id": products[n % products.len()]["id"], "quantity": (100 + n).to_string(), "unit": "KG",
            "available_from": crate::questions::day(data::today()).to_string(), "illustrative": true
        });
        let before = own.applied();
        let sent = Instant::now();
        let (status, answer) = client.post("/v1/offers", &offer);
        let answered = Instant::now();
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&answer));
        wait_until(&following, before + 1);
        let seen = Instant::now();
        after_answer.push(seen.duration_since(answered).as_nanos() as u64);
        after_request.push(seen.duration_since(sent).as_nanos() as u64);
        let changes = log::after(&mut log, before, 10).unwrap();
        assert_eq!(changes.len(), 1);
        let begun = Instant::now();
        own.committed(&changes);
        same.push(begun.elapsed().as_nanos() as u64);
        assert_eq!(own.applied(), changes[0].seq);
    }
    let mut report = format!(
        "{}, on PostgreSQL. {OFFERS} offers, posted to a server one at a time. Milliseconds.\n\n| from commit to visible | median | target | 99th percentile |\n|---|---|---|---|\n",
        Size::M.words()
    );
    for (what, times, target) in [
        ("in the process that committed", &same, "0.1"),
        ("in another process, from the writer's answer on", &after_answer, "5"),
        ("in another process, from the request on (the write is in it)", &after_request, ""),
    ] {
        let millis = |share| percentile(times, share) as f64 / 1e6;
        report += &format!("| {what} | {:.3} | {target} | {:.3} |\n", millis(0.5), millis(0.99));
    }
    report::publish("Market, from commit to visible", &report);
}

fn wait_until(index: &Index, seq: i64) {
    let begun = Instant::now();
    while index.applied() < seq {
        assert!(begun.elapsed() < PATIENCE || !index.is_built(), "the change did not come");
        // Little enough to be nothing in a millisecond, enough to leave the others the core.
        std::thread::sleep(Duration::from_micros(20));
    }
}
