//! Matching: which offer serves which demand, how well, why, and what would mend it.
//!
//! Pure: the same offers, demands, weights, day and eyes give the same answer, in whatever order they came. Twelve hard
//! constraints decide whether a pair fits; seven soft parts, whole basis points each, add up to its score. What the caller may
//! not see (a price, a ceiling) is unknown: it neither keeps a pair apart nor moves its score. Who wins is score, then
//! distance, then id.
//!
//! In reading order: [`Supply`], [`Need`], [`View`] and [`Setting`] (what is matched), `needed` (what is left of a demand), [`evaluate`] (one pair, explained)
//! with [`mends`], [`Papers`] and [`Promises`] (sets that offers share), [`Book`] (all offers, and the best for a demand),
//! [`Stretches`] (some of them), [`DemandBook`] (all demands, and the best for an offer), [`readiness()`] (what a producer lacks).

mod bits;
mod book;
mod calendar;
mod codes;
mod columns;
mod constraints;
mod demands;
#[cfg(test)]
mod examples;
mod facts;
mod judge;
mod left;
mod mend;
mod needed;
mod papers;
mod places;
mod planes;
#[cfg(test)]
mod properties;
mod question;
mod ranking;
mod reach;
mod readiness;
#[cfg(test)]
mod samples;
mod scan;
mod score;
mod shares;
mod sliced;
mod stretches;
mod survey;

pub use book::{Book, Place};
pub(super) use codes::{day_code, day_of};
pub use constraints::{Code, Detail, Evaluation, Missed, Scored, Verdict, evaluate, missed, scored};
pub use demands::DemandBook;
pub use facts::{Need, Setting, Supply, View};
pub use judge::PriceVerdict;
pub use left::left;
pub use mend::{Mend, are_enough, mends};
pub use papers::{Held, PaperSet, Papers, PapersOf, PromiseSet, Promises};
pub use ranking::{NearMiss, Ranked, Ranking};
pub use readiness::{Concerned, Lack, Readiness, Unlock, readiness};
pub use score::{Criterion, Part, Raw, Weights, WrongSum};
pub use shares::{Share, shares};
pub use stretches::Stretches;
