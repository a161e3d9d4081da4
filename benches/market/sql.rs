//! The same questions in SQL, on the same rows, on `SQLite` and `PostgreSQL`.
//!
//! The tables are filled from the index, so that both hold the same facts; a sample of questions must find the same
//! totals and the same counts before anything is measured. Each statement is run once to warm it and once measured.

use crate::data::{Loaded, Size};
use crate::engine::{BEST, NEAR, best, setting, timed};
use crate::questions::{Search, by_filters, by_words, day};
use crate::shared::percentile::percentile;
use crate::statements::{self, Dialect, FACETS, Vocabulary, folded_key, marked_key};
use chrono::Datelike;
use cungcau::market::facet::{Counts, Seen, ones, price_bucket};
use cungcau::market::matching::{Need, Supply, View, Weights};
use cungcau::market::record::{Day, DemandRecord, FOREVER, Visibility};
use cungcau::market::text::tokens::{Token, tokens, without_mark};
use cungcau::market::text::typed::Typed;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Rows that are handed over in one statement.
const AT_ONCE: usize = 10_000;
/// What one kind of question may take on one database.
const TIME_BOX: Duration = Duration::from_secs(90);

/// One row of an answer: what it is (0 an item, from 1 on counts), which value, how many.
#[derive(QueryableByName)]
struct Cell {
    #[diesel(sql_type = Integer)]
    d: i32,
    #[diesel(sql_type = BigInt)]
    v: i64,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

enum Base {
    Sqlite { connection: SqliteConnection, _folder: tempfile::TempDir },
    Postgres(PgConnection),
}

impl Base {
    fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = SqliteConnection::establish(&folder.path().join("bench.db").display().to_string()).unwrap();
        connection
            .batch_execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 4000000000")
            .unwrap();
        Self::Sqlite { connection, _folder: folder }
    }

    fn postgres(url: &str) -> Self {
        let mut connection = PgConnection::establish(url).unwrap();
        connection
            .batch_execute(
                "SET client_min_messages = warning; DROP SCHEMA IF EXISTS bench_market CASCADE; CREATE SCHEMA bench_market; SET search_path TO bench_market; \
                 SET work_mem = '128MB'; SET maintenance_work_mem = '512MB'; SET jit = off; SET random_page_cost = 1.1; SET effective_cache_size = '4GB'; SET effective_io_concurrency = 200",
            )
            .unwrap();
        Self::Postgres(connection)
    }

    fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    fn run(&mut self, sql: &str) {
        match self {
            Self::Sqlite { connection, .. } => connection.batch_execute(sql),
            Self::Postgres(connection) => connection.batch_execute(sql),
        }
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    fn cells(&mut self, sql: &str) -> Vec<Cell> {
        match self {
            Self::Sqlite { connection, .. } => diesel::sql_query(sql).load(connection),
            Self::Postgres(connection) => diesel::sql_query(sql).load(connection),
        }
        .unwrap_or_else(|error| panic!("{error}: {sql}"))
    }

    /// Fills `table` with `rows`; `columns` are expressions over the elements of a row, which is `e`.
    fn fill(&mut self, table: &str, columns: &[&str], rows: impl Iterator<Item = Value>) {
        let mut rows = rows.peekable();
        while rows.peek().is_some() {
            let batch: Vec<Value> = rows.by_ref().take(AT_ONCE).collect();
            let batch = Value::Array(batch).to_string();
            let part = |at: usize, column: &str| match self.dialect() {
                Dialect::Sqlite => format!("e.value ->> {at}"),
                Dialect::Postgres if column == "words" => format!("array_to_tsvector(string_to_array(e.value ->> {at}, ' '))"),
                Dialect::Postgres => format!("CAST(e.value ->> {at} AS bigint)"),
            };
            let parts: Vec<String> = columns.iter().enumerate().map(|(at, column)| part(at, column)).collect();
            let columns = columns.join(", ");
            let parts = parts.join(", ");
            match self {
                Self::Sqlite { connection, .. } => {
                    let sql = format!("INSERT OR IGNORE INTO {table} ({columns}) SELECT {parts} FROM json_each(?) AS e");
                    diesel::sql_query(sql).bind::<Text, _>(batch).execute(connection).unwrap();
                }
                Self::Postgres(connection) => {
                    let sql = format!(
                        "INSERT INTO {table} ({columns}) SELECT {parts} FROM json_array_elements($1::json) AS e (value) ON CONFLICT DO NOTHING"
                    );
                    diesel::sql_query(sql).bind::<Text, _>(batch).execute(connection).unwrap();
                }
            }
        }
    }

    /// The plan of `sql`.
    fn plan(&mut self, sql: &str) -> String {
        let lines: Vec<String> = match self {
            Self::Sqlite { connection, .. } => {
                #[derive(QueryableByName)]
                struct Step {
                    #[diesel(sql_type = Text)]
                    detail: String,
                }
                let steps: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(connection).unwrap();
                steps.into_iter().map(|step| step.detail).collect()
            }
            Self::Postgres(connection) => {
                // An EXPLAIN has a column of a name that no identifier of ours can have: a function hands it on.
                connection
                    .batch_execute("CREATE OR REPLACE FUNCTION plan_of(sql text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY ON) ' || sql; END $$")
                    .unwrap();
                let lines: Vec<Line> =
                    diesel::sql_query("SELECT line FROM plan_of($1) AS plan (line)").bind::<Text, _>(sql).load(connection).unwrap();
                lines.into_iter().map(|line| line.line).collect()
            }
        };
        lines.join("\n")
    }
}

const PRODUCTS: [&str; 11] = ["id", "province", "grp", "stars", "kind", "bucket", "months", "certificates", "offered", "price", "quantity"];
const OFFERS: [&str; 19] = [
    "grp",
    "id",
    "product",
    "province",
    "unit",
    "quantity",
    "months",
    "from_day",
    "end_day",
    "last_day",
    "minimum",
    "shelf",
    "amount",
    "per_base",
    "currency",
    "basis",
    "vat",
    "units_low",
    "units_high",
];
const PAPERS: [&str; 5] = ["product", "kind", "from_day", "until_day", "stars"];

/// Makes and fills the tables, with every index that helps one of the questions.
fn load(base: &mut Base, loaded: &Loaded) {
    let begun = Instant::now();
    let dialect = base.dialect();
    let columns = |names: &[&str]| names.iter().map(|name| format!("{name} BIGINT")).collect::<Vec<_>>().join(", ");
    let clustered = if dialect == Dialect::Sqlite { " WITHOUT ROWID" } else { "" };
    let words = if dialect == Dialect::Sqlite { "" } else { ", words tsvector" };
    base.run(&format!(
        "CREATE TABLE products ({}{words}, PRIMARY KEY (id));
         CREATE TABLE product_certificates (kind BIGINT, product BIGINT, PRIMARY KEY (kind, product)){clustered};
         CREATE TABLE offers ({}, PRIMARY KEY (grp, id)){clustered};
         CREATE TABLE papers ({}, PRIMARY KEY (product, kind, from_day, until_day, stars)){clustered};
         CREATE TABLE distances (from_province BIGINT, to_province BIGINT, km BIGINT, PRIMARY KEY (from_province, to_province)){clustered}",
        columns(&PRODUCTS).replacen("id BIGINT", if dialect == Dialect::Sqlite { "id INTEGER" } else { "id BIGINT" }, 1),
        columns(&OFFERS),
        columns(&PAPERS),
    ));
    if dialect == Dialect::Sqlite {
        base.run("CREATE VIRTUAL TABLE words USING fts5(keys, content='', detail=none, columnsize=0, prefix='3 4 5', tokenize='ascii')");
    }
    fill_products(base, loaded);
    fill_offers(base, loaded);
    let rest = "province, grp, stars, kind, bucket, months, certificates, offered, price, quantity, id";
    for first in ["province", "grp", "stars", "kind", "price"] {
        // The first two filters narrow; the others come with the index, so that no row is looked up.
        let second = if first == "grp" { "province" } else { "grp" };
        let others: Vec<&str> = rest.split(", ").filter(|column| *column != first && *column != second).collect();
        base.run(&match dialect {
            Dialect::Sqlite => {
                format!("CREATE INDEX products_{first} ON products ({first}, {second}, {})", others.join(", ").replace(", id", ""))
            }
            Dialect::Postgres => format!("CREATE INDEX products_{first} ON products ({first}, {second}) INCLUDE ({})", others.join(", ")),
        });
    }
    match dialect {
        Dialect::Sqlite => base.run("INSERT INTO words(words) VALUES ('optimize'); ANALYZE"),
        Dialect::Postgres => {
            base.run("CREATE INDEX products_words ON products USING gin (words) WITH (fastupdate = off)");
            base.run("CLUSTER offers USING offers_pkey");
            for table in ["products", "product_certificates", "offers", "papers", "distances"] {
                base.run(&format!("VACUUM (ANALYZE) {table}"));
            }
        }
    }
    eprintln!("{}: tables filled and indexed in {:.0} s", base.name(), begun.elapsed().as_secs_f64());
}

/// The words of a product: of its name and of its producer's.
fn words_of(loaded: &Loaded, row: u32) -> impl Iterator<Item = Token> {
    let market = &loaded.market;
    let producer = market.organisations().name(market.products().producer(row));
    tokens(without_mark(&market.products().name(row))).into_iter().chain(tokens(without_mark(&producer)))
}

fn fill_products(base: &mut Base, loaded: &Loaded) {
    let products = loaded.market.products();
    let shown = || products.shown().iter();
    let keys = |row: u32| {
        let mut keys: Vec<String> = words_of(loaded, row).flat_map(|token| [folded_key(&token), marked_key(&token)]).collect();
        keys.sort();
        keys.dedup();
        keys.join(" ")
    };
    let is_sqlite = base.dialect() == Dialect::Sqlite;
    let rows = shown().map(|row| {
        let (facts, price) = (products.facts(row), products.price(row, Seen::Public));
        let facet = facts.facet;
        let mut values = json!([
            row,
            facet.province(),
            facet.group(),
            facet.stars(),
            facet.kind(),
            price_bucket(price),
            facts.months,
            facts.certificates,
            u8::from(facet.is_offered()),
            price,
            facts.quantity
        ]);
        if let (false, Value::Array(values)) = (is_sqlite, &mut values) {
            values.push(Value::String(keys(row)));
        }
        values
    });
    let mut columns = PRODUCTS.to_vec();
    if !is_sqlite {
        columns.push("words");
    }
    base.fill("products", &columns, rows);
    if is_sqlite {
        base.fill("words", &["rowid", "keys"], shown().map(|row| json!([row, keys(row)])));
    }
    let certificates = shown().flat_map(|row| ones(products.facts(row).certificates).map(move |kind| json!([kind, row])));
    base.fill("product_certificates", &["kind", "product"], certificates);
    let papers = (0..products.rows()).flat_map(|row| {
        let papers = loaded.market.papers().get(products.papers(row));
        papers.map(move |paper| json!([row, paper.kind, paper.from, paper.until, paper.stars]))
    });
    base.fill("papers", &PAPERS, papers);
}

/// The last day that lies in a month in which it supplies, in its last year; before all others where there is none.
fn last_day(supply: &Supply, today: Day) -> Day {
    let is_served = |on: &Day| supply.months >> day(*on).month0() & 1 == 1;
    let end = supply.end_on(today);
    if end == FOREVER { end } else { (supply.from..=end).rev().take(366).find(is_served).unwrap_or(Day::MIN) }
}

fn fill_offers(base: &mut Base, loaded: &Loaded) {
    let book = loaded.market.offers().book();
    let offers = (0..128).flat_map(|group| book.iter_group(group)).map(|(place, supply)| {
        // A number that is its own in the whole book.
        let id = u64::from(place.group) << 32 | u64::from(place.slot);
        let price = supply.price.filter(|price| price.visibility == Visibility::Public);
        let units = supply.delivers_to.map(|units| units.0);
        json!([
            supply.group,
            id,
            supply.product,
            supply.province,
            supply.unit,
            supply.quantity,
            supply.months,
            supply.from,
            supply.end_on(loaded.today),
            last_day(&supply, loaded.today),
            supply.minimum_order,
            supply.shelf_life_days,
            price.map(|price| price.amount),
            price.map(|price| price.per_base),
            price.map(|price| price.currency),
            price.map(|price| statements::basis(price.basis)),
            price.map(|price| u8::from(price.vat_included)),
            units.map(|units| units as u64 as i64),
            units.map(|units| (units >> 64) as u64 as i64)
        ])
    });
    base.fill("offers", &OFFERS, offers);
    let provinces = loaded.market.tables().centroid.len() as u8;
    let distances = (0..provinces).flat_map(|from| (0..provinces).map(move |to| (from, to)));
    let distances = distances.map(|(from, to)| json!([from, to, loaded.market.tables().distance(from, to)]));
    base.fill("distances", &["from_province", "to_province", "km"], distances);
}

/// What one kind of question took, for SQL and for the index.
struct Outcome {
    sql: Vec<u64>,
    index: Vec<u64>,
    slowest: String,
    typical: String,
}

/// Measures `statements` against the same questions asked of the index.
fn measure(base: &mut Base, statements: &[String], index: &[u64]) -> Outcome {
    let begun = Instant::now();
    let mut times = Vec::new();
    for sql in statements {
        if begun.elapsed() > TIME_BOX {
            break;
        }
        base.cells(sql);
        let asked = Instant::now();
        base.cells(sql);
        times.push(asked.elapsed().as_nanos() as u64);
    }
    let mut by_time: Vec<(u64, &String)> = times.iter().copied().zip(statements).collect();
    by_time.sort();
    Outcome {
        index: index[..times.len()].to_vec(),
        slowest: by_time.last().map(|(_, sql)| (*sql).clone()).unwrap_or_default(),
        typical: by_time.get(by_time.len() / 2).map(|(_, sql)| (*sql).clone()).unwrap_or_default(),
        sql: times,
    }
}

impl Outcome {
    fn row(&self, base: &Base, what: &str, target: &str) -> String {
        let millis = |nanos: &[u64], share| percentile(nanos, share) as f64 / 1e6;
        let (sql, index) = (millis(&self.sql, 0.5), millis(&self.index, 0.5));
        format!(
            "| {what} | {} | {} | {sql:.2} | {:.1} | {index:.4} | {:.0}× | {target} |\n",
            base.name(),
            self.sql.len(),
            millis(&self.sql, 0.99),
            sql / index
        )
    }

    /// Keeps the plans of the median and of the slowest statement.
    fn keep_plans(&self, base: &mut Base, size: Size, what: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/plans");
        std::fs::create_dir_all(&folder).unwrap();
        let mut text = String::new();
        for (which, sql) in [("The median statement", &self.typical), ("The slowest statement", &self.slowest)] {
            text += &format!("{which}:\n\n{sql}\n\nIts plan on {}:\n\n{}\n\n", base.name(), base.plan(sql));
        }
        let file = format!("{}-{}-{what}.txt", base.name().to_lowercase(), size.name());
        std::fs::write(folder.join(file), text.trim_end().to_owned() + "\n").unwrap();
    }
}

/// Measures both databases and publishes it.
pub fn run(loaded: &Loaded) {
    let many = if loaded.size == Size::M { 200 } else { 60 };
    let questions = Questions::new(loaded, many);
    let targets = if loaded.size == Size::M { ["60×", "15×", "50×"] } else { ["120×", "20×", "40×"] };
    let mut report = format!(
        "{}.\n\nThe engine's questions in SQL on the same rows, one connection, everything in memory and warm; milliseconds. Those by words name no place and have no other name; matches are of groups alone. Totals and counts by facet of every question were found to be the same first, but those of months beside a price and of prices beside a month; of matches the scores too.\n\n\
         | question | database | how many | median | 99th percentile | index, median | index faster | target |\n|---|---|---|---|---|---|---|---|\n",
        loaded.size.words()
    );
    let mut bases = vec![Base::sqlite()];
    match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => bases.push(Base::postgres(&url)),
        Err(_) => eprintln!("PostgreSQL is not measured: run `make bench`, which starts one."),
    }
    for base in &mut bases {
        load(base, loaded);
        let (index_words, index_filters, index_needs) = questions.ask_index(loaded);
        let statements = questions.statements(loaded, base.dialect());
        compare(base, loaded, &questions, &statements);
        for ((what, index), (statements, target)) in
            [("text", index_words), ("filters", index_filters), ("match", index_needs)].into_iter().zip(statements.iter().zip(targets))
        {
            let outcome = measure(base, statements, &index);
            report += &outcome.row(base, what, target);
            outcome.keep_plans(base, loaded.size, what);
        }
        if let Base::Postgres(connection) = base {
            connection.batch_execute("DROP SCHEMA bench_market CASCADE").unwrap();
        }
    }
    report += "\nThe plans of the median and the slowest statement of each kind stand in `benches/plans`.\n";
    loaded.publish("SQL", &report);
}

/// What is asked of both.
struct Questions {
    words: Vec<Search>,
    filters: Vec<Search>,
    needs: Vec<Need>,
    vocabulary: Vocabulary,
}

impl Questions {
    fn new(loaded: &Loaded, many: usize) -> Self {
        let mut known = std::collections::HashSet::new();
        let mut vocabulary = Vec::new();
        for row in loaded.market.products().shown() {
            vocabulary.extend(words_of(loaded, row).filter(|token| known.insert(token.spelling())));
        }
        // What SQL is not asked: other names of a thing, words that name a place or are of buying and selling, mended errors,
        // two things of one offer.
        let places = &loaded.market.tables().names;
        let is_of_names = |typed: Typed| {
            let words = typed.words();
            loaded.thesaurus.rewritings(words, 1).is_empty() && loaded.thesaurus.of_trade(words).is_empty() && typed.place(places).is_none()
        };
        let plain = |search: &Search| {
            let typed = search.text.as_deref().and_then(Typed::new);
            !search.is_mistyped && statements::is_flat(search) && typed.is_none_or(is_of_names)
        };
        let chosen = |searches: Vec<Search>| searches.into_iter().filter(plain).take(many).collect();
        // Words of a demand are matched by rules of their own: here only demands of a group alone.
        let setting = loaded.market.setting(View::PUBLIC, Weights::default(), loaded.today);
        let need = |record: &DemandRecord| Some(loaded.market.asked(record.id)?.need.still_needed(&setting).into_owned());
        let all: Vec<&DemandRecord> = loaded.demands.iter().filter(|record| record.text.is_none()).collect();
        let step = (all.len() / many).max(1);
        Self {
            words: chosen(by_words(&loaded.market, 2 * many)),
            filters: chosen(by_filters(&loaded.market, 2 * many)),
            needs: all.into_iter().step_by(step).take(many).filter_map(need).collect(),
            vocabulary: Vocabulary::new(vocabulary.into_iter()),
        }
    }

    /// Nanoseconds of the index for each.
    fn ask_index(&self, loaded: &Loaded) -> (Vec<u64>, Vec<u64>, Vec<u64>) {
        let ask = |searches: &[Search]| {
            let questions: Vec<_> = searches.iter().map(|search| search.question(loaded.today)).collect();
            timed(&questions, |question| drop(std::hint::black_box(loaded.market.search(question)))).nanos
        };
        let setting = setting(&loaded.market);
        let needs = timed(&self.needs, |need| {
            std::hint::black_box(best(&loaded.market, need.id, &setting));
        });
        (ask(&self.words), ask(&self.filters), needs.nanos)
    }

    fn statements(&self, loaded: &Loaded, dialect: Dialect) -> [Vec<String>; 3] {
        let today = loaded.today;
        [
            self.words.iter().map(|search| statements::by_words(search, today, &self.vocabulary, dialect)).collect(),
            self.filters.iter().map(|search| statements::by_filters(search, today)).collect(),
            self.needs.iter().map(|need| statements::matches(need, today, BEST, NEAR, dialect)).collect(),
        ]
    }
}

/// Stops where SQL and the index do not count the same.
fn compare(base: &mut Base, loaded: &Loaded, questions: &Questions, statements: &[Vec<String>; 3]) {
    let [words, filters, matches] = statements;
    for (search, sql) in questions.words.iter().zip(words).chain(questions.filters.iter().zip(filters)) {
        let found = loaded.market.search(&search.question(loaded.today));
        let cells = base.cells(sql);
        let total: i64 = cells.iter().filter(|cell| cell.d == 8).map(|cell| cell.n).sum();
        assert_eq!(total, i64::from(found.total), "{}: {}\n{sql}", base.name(), search.words());
        let (mut ours, mut theirs) = (counted(&found.counts), unfolded(&cells));
        for counted in [&mut ours, &mut theirs] {
            counted.retain(|(facet, _), _| !statements::is_narrowed(search, *facet));
        }
        assert_eq!(ours, theirs, "{}: {}\n{sql}", base.name(), search.words());
    }
    let setting = setting(&loaded.market);
    for (need, sql) in questions.needs.iter().zip(matches) {
        let ranking = loaded.market.offers().book().best(need, &setting, (BEST, NEAR), &[]);
        let cells = base.cells(sql);
        let of = |which: i32| cells.iter().filter(|cell| cell.d == which).map(|cell| cell.n).collect::<Vec<_>>();
        assert_eq!(of(2), [i64::from(ranking.eligible)], "eligible, {}: {need:?}\n{sql}", base.name());
        assert_eq!(of(3), [i64::from(ranking.considered)], "considered, {}: {need:?}\n{sql}", base.name());
        let scores: Vec<i64> = ranking.best.iter().map(|ranked| i64::from(ranked.score_bp)).collect();
        assert_eq!(of(0), scores, "scores, {}: {need:?}\n{sql}", base.name());
        let near: Vec<i64> = ranking.near.iter().map(|near| i64::from(near.score_bp)).collect();
        assert_eq!(of(1), near, "near misses, {}: {need:?}\n{sql}", base.name());
    }
}

type Counted = HashMap<(usize, i64), i64>;

/// What SQL counted, combinations of months and certificates added up.
fn unfolded(cells: &[Cell]) -> Counted {
    let mut counted = Counted::new();
    for cell in cells.iter().filter(|cell| (1..=7).contains(&cell.d)) {
        let facet = cell.d as usize - 1;
        if matches!(FACETS[facet], "months" | "certificates") {
            ones(cell.v as u64).for_each(|value| *counted.entry((facet, value as i64)).or_default() += cell.n);
        } else {
            *counted.entry((facet, cell.v)).or_default() += cell.n;
        }
    }
    counted
}

/// What the index counted.
fn counted(counts: &Counts) -> Counted {
    let stars = [0, 3, 4, 5].map(i64::from);
    let mut counted = Counted::new();
    let mut add = |facet: usize, counts: &[u32], value: &dyn Fn(usize) -> i64| {
        for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            counted.insert((facet, value(at)), i64::from(*count));
        }
    };
    let same = |at: usize| at as i64;
    add(0, &counts.province, &same);
    add(1, &counts.group, &same);
    add(2, &counts.stars, &|at| stars[at]);
    add(3, &counts.certificate, &same);
    add(4, &counts.kind, &same);
    add(5, &counts.month, &same);
    add(6, &counts.price, &same);
    counted
}
