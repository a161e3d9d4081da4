//! The registers of the benchmarks: made once by `cungcau demo-data`, kept under `target/bench/`, read into an index.

use crate::shared::report;
use cungcau::clock::{Clock, day_of};
use cungcau::db::Target;
use cungcau::indexing::{self, load, tables};
use cungcau::market::Market;
use cungcau::market::record::{Change, Day, DemandRecord};
use cungcau::market::text::synonyms::Thesaurus;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A register is made anew when it is older: offers end, and a market without offers answers too quickly.
const FRESH_DAYS: i64 = 30;
/// Name of the instance of the made-up registers.
const INSTANCE: &str = "BENCH";

/// How large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Viet Nam's OCOP of today: 17,000 products.
    M,
    /// A million products.
    L,
}

impl Size {
    pub fn name(self) -> &'static str {
        match self {
            Self::M => "M",
            Self::L => "L",
        }
    }

    /// The size in words, for the report.
    pub fn words(self) -> &'static str {
        match self {
            Self::M => "M (9,000 producers, 17,000 products, 20,000 offers, 2,000 demands)",
            Self::L => "L (100,000 producers, 1,000,000 products, 1,000,000 offers, 50,000 demands)",
        }
    }
}

/// The sizes to measure: `BENCH_SIZES`, or both.
pub fn sizes() -> Vec<Size> {
    let asked = std::env::var("BENCH_SIZES").unwrap_or_else(|_| "M,L".into());
    asked
        .split([',', ' '])
        .filter(|word| !word.is_empty())
        .map(|word| match word {
            "M" => Size::M,
            "L" => Size::L,
            other => panic!("BENCH_SIZES is M, L or M,L, and not {other}"),
        })
        .collect()
}

/// Today in Viet Nam, in the days of the index.
pub fn today() -> Day {
    indexing::day(day_of(Clock::System.now()))
}

/// The program under test, as `cargo bench` has built it.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cungcau"));
    for name in ["DATABASE_URL", "CUNGCAU_DATA_DIR", "CUNGCAU_LISTEN", "CUNGCAU_DEMO", "CUNGCAU_INSTANCE"] {
        command.env_remove(name);
    }
    command.env("CUNGCAU_LOG", "warn");
    command
}

/// Where registers are kept between runs.
fn folder() -> PathBuf {
    // Beside the target directory's own folder for such things, which Cargo may clean.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("bench");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The register of a size in an `SQLite` file; made when there is none, or another program, or an older day made it.
pub fn register(size: Size) -> PathBuf {
    let (file, stamp) = (folder().join(format!("{}.db", size.name())), folder().join(format!("{}.stamp", size.name())));
    let generator = format!("demo-data --size {} by {}", size.name(), generator());
    let known = std::fs::read_to_string(&stamp).unwrap_or_default();
    let is_fresh = known
        .split_once('\n')
        .is_some_and(|(by, day)| by == generator && day.trim().parse::<Day>().is_ok_and(|day| i64::from(today() - day) <= FRESH_DAYS));
    if is_fresh && file.exists() {
        return file;
    }
    let _ = std::fs::remove_file(&stamp);
    remove(&file);
    eprintln!("Making the register of size {} ({}): once, kept for later runs.", size.name(), file.display());
    fill(size, &format!("sqlite:{}", file.display()));
    std::fs::write(&stamp, format!("{generator}\n{}\n", today())).unwrap();
    file
}

/// Fills an empty database with the register of a size.
pub fn fill(size: Size, url: &str) {
    let made =
        program().args(["demo-data", "--size", size.name(), "--database-url", url]).env("CUNGCAU_INSTANCE", INSTANCE).status().unwrap();
    assert!(made.success(), "demo-data failed");
}

/// Removes an `SQLite` file and what stands beside it.
fn remove(file: &Path) {
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
}

/// What decides which records are made: the generator's code, its reference tables, the schema.
fn generator() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for part in ["src/demo_data", "reference", "migrations/sqlite"] {
        list(&root.join(part), &mut files);
    }
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        digest.update(std::fs::read(&file).unwrap());
    }
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { list(&path, files) } else { files.push(path) }
    }
}

/// An index with what the benchmarks need beside it.
pub struct Loaded {
    pub size: Size,
    pub market: Market,
    /// Synonyms, as the index has them.
    pub thesaurus: Thesaurus,
    /// Demands that take answers today.
    pub demands: Vec<DemandRecord>,
    pub today: Day,
    /// From the file to an index that answers.
    pub ready: Duration,
    /// What the process grew by, bytes.
    pub grown: usize,
}

impl Loaded {
    /// Reads the register of `size`.
    pub fn new(size: Size) -> Self {
        let file = register(size);
        let today = today();
        let before = resident();
        let mut demands = Vec::new();
        let begun = Instant::now();
        let mut market = Market::new(tables::tables(), tables::thesaurus(), today);
        load::load(&Target::Sqlite(file), &mut |change| {
            if let Change::Demand(record) = &change {
                demands.push(record.clone());
            }
            market.apply(change);
        })
        .unwrap();
        market.finish_loading();
        let ready = begun.elapsed();
        let grown = resident().saturating_sub(before);
        demands.retain(|record| record.closed_on > today && record.answer_by >= today);
        Self { size, market, thesaurus: tables::thesaurus(), demands, today, ready, grown }
    }

    /// Title of a section about this size.
    pub fn publish(&self, what: &str, body: &str) {
        report::publish(&format!("Market, {what}, {}", self.size.name()), body);
    }
}

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<usize>().unwrap_or(0) * 1024
}
