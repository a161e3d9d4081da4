//! How far it is, on standard error: one line that moves on a terminal, a line for each part elsewhere.

use super::world::{Stage, World};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

const WIDTH: usize = 30;
/// How often a line is written where nobody watches it move.
const EVERY: Duration = Duration::from_secs(10);

/// Progress through a plan.
#[derive(Debug)]
pub struct Progress {
    done: usize,
    all: usize,
    started: Instant,
    said: Option<(Stage, Instant)>,
    moves: bool,
    quiet: bool,
}

impl Progress {
    /// Through all of `world`.
    pub fn of(world: &World) -> Self {
        let all = Stage::ALL.into_iter().map(|stage| world.length(stage)).sum();
        Self { done: 0, all, started: Instant::now(), said: None, moves: std::io::stderr().is_terminal(), quiet: false }
    }

    /// Says nothing.
    pub fn quiet(world: &World) -> Self {
        Self { quiet: true, ..Self::of(world) }
    }

    /// So many more indexes of a stage are done.
    pub fn advance(&mut self, stage: Stage, indexes: usize) {
        self.done += indexes;
        if self.quiet {
            return;
        }
        let mut err = std::io::stderr().lock();
        let percent = self.done * 100 / self.all.max(1);
        let seconds = self.started.elapsed().as_secs();
        let word = stage.word();
        // Standard error that is gone is no reason to stop.
        if self.moves {
            let full = (self.done * WIDTH / self.all.max(1)).min(WIDTH);
            let bar = format!("{}{}", "#".repeat(full), ".".repeat(WIDTH - full));
            let end = if self.done == self.all { "\n" } else { "" };
            let _ = write!(err, "\r[{bar}] {percent:>3}% {seconds:>4} s {word:<24}{end}");
            let _ = err.flush();
            return;
        }
        // What is done at once needs no telling.
        let is_due = seconds > 0 && self.said.is_none_or(|(said, at)| said != stage || at.elapsed() >= EVERY);
        if is_due {
            self.said = Some((stage, Instant::now()));
            let _ = writeln!(err, "{percent:>3}% {seconds:>4} s {word}");
        }
    }
}
