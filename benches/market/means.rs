//! The same questions under Criterion, which keeps its own record of runs and says whether one differs from the last.
//!
//! Means over questions in turn: what changed shows here first, what is promised (medians, 99th percentiles) in `engine`.

use crate::data::Loaded;
use crate::engine::{QUESTIONS, best, demands, setting};
use crate::questions::{by_filters, by_words};
use criterion::Criterion;
use std::hint::black_box;
use std::time::Duration;

pub fn run(loaded: &Loaded) {
    let mut criterion = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(4));
    let mut group = criterion.benchmark_group(format!("market at {}", loaded.size.name()));
    let market = &loaded.market;
    for (name, searches) in [("text", by_words(market, QUESTIONS)), ("filters", by_filters(market, QUESTIONS))] {
        let questions: Vec<_> = searches.iter().map(|search| search.question(loaded.today)).collect();
        let mut turn = questions.iter().cycle();
        group.bench_function(name, |bench| bench.iter(|| turn.next().map(|question| market.search(black_box(question)))));
    }
    let setting = setting(market);
    let demands = demands(loaded);
    let mut turn = demands.iter().cycle();
    group.bench_function("matches", |bench| bench.iter(|| turn.next().map(|demand| best(market, black_box(*demand), &setting))));
    group.finish();
}
