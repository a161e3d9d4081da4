//! The engine alone, one thread: how long each question takes.

use crate::data::Loaded;
use crate::questions::{Chance, Search, by_filters, by_words};
use crate::shared::percentile::percentile;
use cungcau::market::Market;
use cungcau::market::matching::{Setting, View, Weights, missed, scored};
use cungcau::market::record::{Change, Id, OfferRecord, Rows};
use cungcau::market::search::{Found, Question};
use cungcau::market::text::query::How;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

/// Different questions of each kind.
pub const QUESTIONS: usize = 2_000;
/// How often each is asked; the middle time counts, so that an interruption by another program does not.
const TIMES: usize = 3;
/// Best offers of a demand, and near misses beside them.
pub const BEST: usize = 20;
pub const NEAR: usize = 5;

/// What each question took.
pub struct Timed<'a, Q> {
    /// Nanoseconds, in the order of the questions.
    pub nanos: Vec<u64>,
    pub questions: &'a [Q],
}

/// Asks every question in turn, all of them several times.
pub fn timed<Q>(questions: &[Q], ask: impl Fn(&Q)) -> Timed<'_, Q> {
    let mut all = vec![Vec::with_capacity(TIMES); questions.len()];
    // The first round warms what a running server has warm.
    for round in 0..=TIMES {
        for (question, times) in questions.iter().zip(&mut all) {
            let begun = Instant::now();
            ask(question);
            if round > 0 {
                times.push(begun.elapsed().as_nanos() as u64);
            }
        }
    }
    Timed { nanos: all.iter().map(|times| percentile(times, 0.5)).collect(), questions }
}

impl<Q> Timed<'_, Q> {
    /// The slowest questions, the slowest first.
    pub fn slowest(&self, n: usize) -> Vec<(u64, &Q)> {
        let mut all: Vec<(u64, &Q)> = self.nanos.iter().copied().zip(self.questions).collect();
        all.sort_by_key(|(nanos, _)| std::cmp::Reverse(*nanos));
        all.truncate(n);
        all
    }

    fn row(&self, what: &str, target: (&str, &str), note: &str) -> String {
        let micros = |share| format!("{:.1}", percentile(&self.nanos, share) as f64 / 1e3);
        let slowest = self.nanos.iter().max().copied().unwrap_or(0) as f64 / 1e3;
        format!(
            "| {what} | {} | {} | {} | {} | {} | {slowest:.0} | {note} |\n",
            self.nanos.len(),
            micros(0.5),
            target.0,
            micros(0.99),
            target.1
        )
    }
}

/// Demands that are asked about: all of a small register; so many of a large one, spread over it.
pub fn demands(loaded: &Loaded) -> Vec<Id> {
    let step = (loaded.demands.len() / QUESTIONS).max(1);
    loaded.demands.iter().step_by(step).take(QUESTIONS).map(|record| record.id).collect()
}

/// By what a demand is judged for everybody.
pub fn setting(market: &Market) -> Setting<'_> {
    market.setting(View::PUBLIC, Weights::default(), market.today())
}

/// The best offers for a demand and those that just miss, each with its parts, and what would mend the latter.
pub fn best(market: &Market, demand: Id, setting: &Setting<'_>) -> (u32, u32) {
    let asked = market.asked(demand).unwrap();
    let book = market.offers().book();
    let ranking = market.best_offers(&asked, setting, BEST, NEAR);
    for place in ranking.best.iter().map(|ranked| ranked.place) {
        let Some(supply) = book.get(place) else { continue };
        black_box(scored(&supply, &asked.need, setting));
    }
    for place in ranking.near.iter().map(|near| near.place) {
        let Some(supply) = book.get(place) else { continue };
        black_box(missed(&supply, &asked.need, setting));
    }
    (ranking.considered, ranking.eligible)
}

/// Measures everything of the engine and publishes it.
pub fn run(loaded: &mut Loaded) {
    let mut report = format!("{}.\n\n", loaded.size.words());
    let words = by_words(&loaded.market, QUESTIONS);
    let filters = by_filters(&loaded.market, QUESTIONS);
    let is_small = loaded.size == crate::data::Size::M;
    let target = |small: (&'static str, &'static str), large: (&'static str, &'static str)| if is_small { small } else { large };
    report += &format!(
        "One thread, no HTTP, today and everybody's view. Each question is different and is asked {TIMES} times after a warming round; its middle time counts. Microseconds.\n\n"
    );
    report += "| question | how many | median | target | 99th percentile | target | slowest | what is found |\n|---|---|---|---|---|---|---|---|\n";

    let market = &loaded.market;
    let asked: Vec<(Question<'_>, &Search)> = words.iter().map(|search| (search.question(loaded.today), search)).collect();
    let by_text = timed(&asked, |(question, _)| drop(black_box(market.search(question))));
    report += &by_text.row(
        "text, two filters, all facets, 20 items",
        target(("10", "80"), ("150", "3,000")),
        &hits(&asked.iter().map(|(question, _)| u64::from(market.search(question).total)).collect::<Vec<_>>(), "products"),
    );
    let asked_filters: Vec<(Question<'_>, &Search)> = filters.iter().map(|search| (search.question(loaded.today), search)).collect();
    let by_filter = timed(&asked_filters, |(question, _)| drop(black_box(market.search(question))));
    report += &by_filter.row(
        "filters (some with several values), sort, all facets, 20 items",
        target(("20", "150"), ("600", "6,000")),
        &hits(&asked_filters.iter().map(|(question, _)| u64::from(market.search(question).total)).collect::<Vec<_>>(), "products"),
    );

    let setting = setting(market);
    let demands = demands(loaded);
    let matched = timed(&demands, |demand| {
        black_box(best(market, *demand, &setting));
    });
    report += &matched.row(
        &format!("the best {BEST} offers for a demand with their parts, {NEAR} near misses with what mends them"),
        target(("8", "50"), ("150", "800")),
        &hits(&demands.iter().map(|demand| u64::from(best(market, *demand, &setting).1)).collect::<Vec<_>>(), "eligible offers"),
    );

    let slow_words: Vec<String> =
        by_text.slowest(3).iter().map(|(nanos, (question, search))| slow(market, *nanos, question, search)).collect();
    let slow_filters: Vec<String> =
        by_filter.slowest(3).iter().map(|(nanos, (question, search))| slow(market, *nanos, question, search)).collect();
    let slow_demands: Vec<String> =
        matched.slowest(3).iter().map(|(nanos, demand)| slow_demand(market, *nanos, **demand, &setting)).collect();

    let updates = updates(loaded, QUESTIONS);
    let nanos: Vec<u64> = updates
        .into_iter()
        .map(|change| {
            let begun = Instant::now();
            loaded.market.apply(change);
            begun.elapsed().as_nanos() as u64
        })
        .collect();
    report += &Timed { nanos, questions: &[(); 0] }.row("one changed offer taken in", ("", ""), "a new quantity and price");

    let sizes = loaded.market.sizes();
    let per_product = |bytes: usize| bytes as f64 / sizes.products as f64;
    write!(
        report,
        "\nFrom the SQLite file to an index that answers: {:.2} s (target {}). Memory: {:.0} bytes for each product with its offer, names, demands and all, by the index's own count; the process grew by {:.0}, with what the allocator keeps{}.\n",
        loaded.ready.as_secs_f64(),
        if is_small { "0.5 s" } else { "6 s" },
        per_product(sizes.bytes),
        per_product(loaded.grown),
        if is_small { "" } else { " (target 300)" },
    )
    .unwrap();
    let parts = loaded.market.parts().map(|(part, bytes)| format!("{part} {:.0}", per_product(bytes)));
    writeln!(report, "Of these bytes: {}.", parts.join(", ")).unwrap();
    report += "\nThe slowest questions, and how each is answered:\n\n";
    for line in slow_words.into_iter().chain(slow_filters).chain(slow_demands) {
        writeln!(report, "- {line}").unwrap();
    }
    loaded.publish("the engine", &report);
}

/// How much is found: in the median, and at most.
fn hits(totals: &[u64], what: &str) -> String {
    format!("{} {what} in the median, {} at most", percentile(totals, 0.5), percentile(totals, 1.0))
}

fn slow(market: &Market, nanos: u64, question: &Question<'_>, search: &Search) -> String {
    let found = market.search(question);
    // Without filters: how many rows the words mean, which is what a search by words looks at.
    let looks_at = match &search.text {
        Some(_) => {
            let bare = Question { filter: cungcau::market::search::Filter::default(), facets: 0, ..question.clone() };
            format!("the {} products that the words mean are looked at ({})", market.search(&bare).total, how(&found))
        }
        None => "by sets of rows, and the table of pairs where one filter is left".to_owned(),
    };
    format!("{:.0} µs, {} found: {}; {looks_at}", nanos as f64 / 1e3, found.total, search.words())
}

/// How the first product was found.
fn how(found: &Found) -> &'static str {
    match found.hits.first().and_then(|hit| hit.how) {
        Some(How::Exact) => "as typed",
        Some(How::Folded) => "without marks",
        Some(How::Prefix) => "by the beginning of a word",
        Some(How::Synonym) => "by a synonym",
        Some(How::Place) => "in the province that was typed",
        Some(How::Typo) => "with an error mended",
        Some(How::Partial) => "by most words",
        None => "nothing passes",
    }
}

fn slow_demand(market: &Market, nanos: u64, demand: Id, setting: &Setting<'_>) -> String {
    let (considered, eligible) = best(market, demand, setting);
    let Some((need, _)) = market.demands().get(demand) else { return String::new() };
    let groups = if need.groups == Rows::ALL { "any group".to_owned() } else { format!("{} groups", need.groups.0.count_ones()) };
    let words = market.demands().text(need.id).map(|text| format!(" in the words “{text}”")).unwrap_or_default();
    format!(
        "{:.0} µs: a demand of {groups}{words}, {} certificates required: {considered} offers considered, {eligible} eligible",
        nanos as f64 / 1e3,
        need.required.count_ones()
    )
}

/// Changes of offers that are there: another quantity and another price.
fn updates(loaded: &Loaded, n: usize) -> Vec<Change> {
    let market = &loaded.market;
    let mut chance = Chance::new(9);
    let mut known: Vec<Id> = Vec::new();
    let mut changes = Vec::new();
    while changes.len() < n {
        let Some(supply) = market.offers().get(chance.below(market.offers().len()) as u32) else { continue };
        // A second change of one offer would have to know the first.
        if known.contains(&supply.id) {
            continue;
        }
        known.push(supply.id);
        changes.push(Change::Offer(OfferRecord {
            id: supply.id,
            version: i64::from(supply.version) + 1,
            product: market.products().id(supply.product),
            unit: supply.unit,
            quantity: supply.quantity / 2 + 1_000 * (1 + chance.below(1_000) as i64),
            months: supply.months,
            from: supply.from,
            until: supply.until,
            closed_on: supply.closed_on,
            minimum_order: supply.minimum_order,
            lead_time_days: supply.lead_time_days,
            price: supply.price.map(|price| cungcau::market::record::Price { amount: price.amount + price.amount / 10, ..price }),
            delivers_to: supply.delivers_to,
            shelf_life_days: Some(supply.shelf_life_days),
            illustrative: supply.illustrative,
        }));
    }
    changes
}
