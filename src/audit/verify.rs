//! Whether the audit log is whole: nothing edited, taken out, moved, or cut off.

use super::chain::{self, Digest};
use super::checkpoint::Checkpoint;
use super::model::Entry;
use super::seal;
use crate::db::Db;
use crate::db::schema::{audit, changes};
use crate::error::Result;
use crate::log;
use diesel::dsl::max;
use diesel::prelude::*;
use ed25519_dalek::VerifyingKey;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;

/// Rows that are looked at in one go.
const PAGE: i64 = 5_000;

/// What is not as it was written. Each display names the rows concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Rows are not there.
    Missing {
        /// The first of them.
        from: i64,
        /// The last of them.
        to: i64,
    },
    /// A row does not have the hash that follows from it and the row before.
    Altered {
        /// Number of the row.
        seq: i64,
    },
    /// The register's own note of the end says otherwise.
    End {
        /// Number of the last row that is there.
        last: i64,
        /// Number that the note has.
        noted: i64,
    },
    /// Changes of the log are not as they were when they were sealed.
    Changes {
        /// The first of them.
        from: i64,
        /// The last of them.
        to: i64,
    },
    /// No row covers these changes, or two do.
    Uncovered {
        /// Number of the row at which the count of changes jumps.
        seq: i64,
        /// The change that was due.
        due: i64,
    },
    /// Changes that are not sealed yet are not all there, or some stand beyond the end of the log.
    Unnumbered {
        /// The end of the log as the register notes it.
        head: i64,
        /// Number of the last change that is there.
        newest: i64,
        /// Changes that are missing between those that are sealed and the end.
        missing: i64,
    },
    /// A line of a file is no checkpoint.
    Unreadable {
        /// Number of the line, from 1.
        line: usize,
    },
    /// A checkpoint knows a row that is not there.
    CutOff {
        /// Number of the row.
        seq: i64,
        /// When the checkpoint was signed.
        signed_at: chrono::NaiveDateTime,
    },
    /// A checkpoint knows another hash of the row.
    Rewritten {
        /// Number of the row.
        seq: i64,
        /// When the checkpoint was signed.
        signed_at: chrono::NaiveDateTime,
    },
    /// There are rows, and nothing signed that knows of any.
    NoCheckpoint,
    /// A checkpoint is not signed by the key, or of another instance.
    Unsigned {
        /// Number of the row that it tells of.
        seq: i64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { from, to } => write!(f, "rows {from} to {to} are missing"),
            Self::Altered { seq } => write!(f, "row {seq} was altered, moved, or stands behind another row than when it was written"),
            Self::End { last, noted } => write!(f, "the chain ends with row {last}; the register noted another end (row {noted})"),
            Self::NoCheckpoint => write!(f, "there are rows and no checkpoint: the file was emptied, or nothing was ever signed"),
            Self::Changes { from, to } => write!(f, "changes {from} to {to} of the log were edited or deleted after they were sealed"),
            Self::Uncovered { seq, due } => write!(f, "row {seq} does not go on with change {due} of the log"),
            Self::Unnumbered { head, newest, missing: 0 } => {
                write!(f, "changes {} to {newest} stand beyond the end of the log: nobody numbered them", head + 1)
            }
            Self::Unnumbered { head, newest, missing } => {
                write!(
                    f,
                    "of the changes that are not sealed yet {missing} are missing (the log ends with {head}, the last there is {newest})"
                )
            }
            Self::Unreadable { line } => write!(f, "line {line} of the checkpoints is none: it was cut off or edited"),
            Self::CutOff { seq, signed_at } => write!(f, "row {seq} is missing: the checkpoint of {signed_at} UTC knows it"),
            Self::Rewritten { seq, signed_at } => {
                write!(f, "row {seq} is not the one that the checkpoint of {signed_at} UTC knows: the chain was made anew")
            }
            Self::Unsigned { seq } => write!(f, "the checkpoint of row {seq} is not signed by this key for this instance"),
        }
    }
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows of the audit log.
    pub rows: i64,
    /// Changes of the log that they cover.
    pub changes: i64,
    /// Changes that are not sealed yet.
    pub unsealed: i64,
    /// Checkpoints.
    pub checkpoints: usize,
    /// What is wrong, in the order of the rows.
    pub findings: Vec<Finding>,
}

/// Looks at every row, every change and every checkpoint; `checkpoints` has the number of a line that is none.
///
/// # Errors
/// What the database says.
pub fn verify(
    db: &mut Db,
    instance: &str,
    key: Option<&VerifyingKey>,
    checkpoints: &[std::result::Result<Checkpoint, usize>],
) -> Result<Report> {
    let mut walk = Walk { asks_checkpoints: key.is_some(), ..Walk::default() };
    walk.report.findings.extend(checkpoints.iter().filter_map(|line| Some(Finding::Unreadable { line: *line.as_ref().err()? })));
    let checkpoints: Vec<&Checkpoint> = checkpoints.iter().flatten().collect();
    for checkpoint in &checkpoints {
        if key.is_none_or(|key| checkpoint.is_signed_by(key)) && checkpoint.instance == instance {
            walk.known.entry(checkpoint.seq).or_default().push(checkpoint);
        } else {
            walk.report.findings.push(Finding::Unsigned { seq: checkpoint.seq });
        }
    }
    walk.report.checkpoints = checkpoints.len();
    loop {
        let rows: Vec<Entry> =
            audit::table.filter(audit::seq.gt(walk.seq)).order(audit::seq).limit(PAGE).select(Entry::as_select()).load(db)?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            walk.row(db, &row)?;
        }
    }
    walk.end(db)
}

#[derive(Default)]
struct Walk<'a> {
    seq: i64,
    hash: String,
    change: i64,
    /// Changes that were loaded and not compared yet: they are read in the order in which the rows cover them.
    ahead: VecDeque<log::Change>,
    known: BTreeMap<i64, Vec<&'a Checkpoint>>,
    report: Report,
    asks_checkpoints: bool,
}

impl Walk<'_> {
    fn find(&mut self, finding: Finding) {
        self.report.findings.push(finding);
    }

    fn row(&mut self, db: &mut Db, row: &Entry) -> Result<()> {
        if row.seq > self.seq + 1 {
            self.find(Finding::Missing { from: self.seq + 1, to: row.seq - 1 });
            // Which changes they covered is not known; said once is enough.
            self.change = row.first_change.map_or(self.change, |first| first - 1);
        }
        if row.hash != chain::hash(&self.hash, row) {
            self.find(Finding::Altered { seq: row.seq });
        }
        for checkpoint in self.known.remove(&row.seq).unwrap_or_default() {
            if checkpoint.hash != row.hash {
                self.find(Finding::Rewritten { seq: row.seq, signed_at: checkpoint.signed_at });
            }
        }
        if let (Some(first), Some(last)) = (row.first_change, row.last_change) {
            self.changes(db, row, first, last)?;
        }
        self.seq = row.seq;
        self.hash.clone_from(&row.hash);
        self.report.rows += 1;
        Ok(())
    }

    fn changes(&mut self, db: &mut Db, row: &Entry, first: i64, last: i64) -> Result<()> {
        if first != self.change + 1 {
            self.find(Finding::Uncovered { seq: row.seq, due: self.change + 1 });
        }
        let mut digest = Digest::default();
        let mut from = first - 1;
        let mut found = 0;
        while from < last {
            if self.ahead.front().is_none_or(|change| change.seq != from + 1) {
                self.ahead = log::after(db, from, PAGE)?.into();
            }
            let now = self.ahead.iter().take_while(|change| change.seq <= last).count();
            if now == 0 {
                break;
            }
            for change in self.ahead.drain(..now) {
                from = change.seq;
                found += 1;
                digest.take(&change);
            }
        }
        if row.changes_digest.as_deref() != Some(digest.finish().as_str()) {
            self.find(Finding::Changes { from: first, to: last });
        }
        self.report.changes += found;
        self.change = last;
        Ok(())
    }

    fn end(mut self, db: &mut Db) -> Result<Report> {
        let end = seal::end(db)?;
        if (end.seq, &end.hash, end.change_seq) != (self.seq, &self.hash, self.change) {
            self.find(Finding::End { last: self.seq, noted: end.seq });
        }
        for (seq, checkpoints) in std::mem::take(&mut self.known) {
            for checkpoint in checkpoints {
                // A checkpoint of a row that is missing in the middle is found with the row.
                if seq > self.seq {
                    self.find(Finding::CutOff { seq, signed_at: checkpoint.signed_at });
                }
            }
        }
        if self.asks_checkpoints && self.report.checkpoints == 0 && self.seq > 0 {
            self.find(Finding::NoCheckpoint);
        }
        let head = log::head(db)?;
        self.report.unsealed = head - self.change;
        // All of it is read from one snapshot, so that nobody writes meanwhile.
        let unsealed = changes::table.filter(changes::seq.gt(self.change).and(changes::seq.le(head)));
        let missing = self.report.unsealed - unsealed.count().get_result::<i64>(db)?;
        let newest: Option<i64> = changes::table.select(max(changes::seq)).first(db)?;
        let newest = newest.unwrap_or(0);
        if missing != 0 || newest > head {
            self.find(Finding::Unnumbered { head, newest, missing });
        }
        Ok(self.report)
    }
}
