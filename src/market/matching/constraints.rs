//! The hard constraints: whether an offer can serve a demand, one by one, with what was needed and what was found.

use super::facts::{Need, Setting, Supply};
use super::judge::{self, Judgement, Left, PriceVerdict, judge};
use super::mend::{Mend, mend};
use super::score::{Criterion, Part, Raw};
use crate::market::record::{Day, MonthBits, Price, Rows};
use crate::market::tables::Kilometres;

/// A hard constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The product is of a group that serves the demand.
    Category,
    /// The product answers the demand's words.
    Text,
    /// OCOP stars over the whole period that is left.
    Stars,
    /// Each required kind of certificate over the whole period that is left.
    Certificate,
    /// A day of both.
    Period,
    /// A calendar month of both; for a single supplier, each that is needed.
    Months,
    /// The least order is no more than what is needed a month, nor than what is left in some month.
    MinimumOrder,
    /// Something is left; for a single supplier, all of what is needed.
    Quantity,
    /// At most the ceiling, as far as the caller may know.
    Price,
    /// The offer delivers to the demand's unit of today.
    Delivery,
    /// Days of shelf life left at delivery.
    ShelfLife,
    /// One base unit.
    Unit,
}

impl Code {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 12] = [
        Self::Category,
        Self::Text,
        Self::Stars,
        Self::Certificate,
        Self::Period,
        Self::Months,
        Self::MinimumOrder,
        Self::Quantity,
        Self::Price,
        Self::Delivery,
        Self::ShelfLife,
        Self::Unit,
    ];

    /// Whether an offer that fails this alone is a near miss: whether a change of the offer or of its papers mends it.
    ///
    /// Source: settled question 13.
    pub fn is_near(self) -> bool {
        !matches!(self, Self::Category | Self::Text | Self::Unit)
    }

    /// Its bit in [`Fails`].
    pub(super) const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// The constraints that a pair fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Fails(pub u16);

impl Fails {
    pub fn of(verdicts: [(Code, bool); 12]) -> Self {
        Self(verdicts.iter().filter(|(_, fails)| *fails).fold(0, |set, (code, _)| set | code.bit()))
    }

    pub fn contains(self, code: Code) -> bool {
        self.0 & code.bit() != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The one constraint that fails, where it makes a near miss.
    pub fn near(self) -> Option<Code> {
        if self.0.count_ones() != 1 {
            return None;
        }
        Code::ALL.into_iter().find(|code| self.contains(*code)).filter(|code| code.is_near())
    }
}

/// What a constraint asked for and what there was. Quantities are thousandths of the base unit, sets of kinds one bit a
/// row of the certificate kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Groups.
    Category {
        /// Groups that serve the demand; all when `None`.
        needed: Option<Rows>,
        /// Group of the product.
        found: u8,
    },
    /// Words.
    Text,
    /// OCOP stars.
    Stars {
        /// At least.
        needed: u8,
        /// Over the whole period; 0 without.
        found: u8,
    },
    /// Kinds of certificate.
    Certificate {
        /// Required.
        needed: u64,
        /// Required, and held over the whole period.
        found: u64,
    },
    /// Days, first and last.
    Period {
        /// Of the demand.
        needed: (Day, Day),
        /// Of the offer, to its end or the day before it closes.
        found: (Day, Day),
    },
    /// Months of the year.
    Months {
        /// Of the demand.
        needed: MonthBits,
        /// Of the offer.
        found: MonthBits,
        /// How many calendar months the two share.
        common: u32,
        /// Whether one supplier must be there in each.
        single_supplier: bool,
    },
    /// Least order or quantity, where offer and demand count in two units: neither is held against the other.
    OtherUnit,
    /// Least order.
    MinimumOrder {
        /// At most.
        needed: i64,
        /// Of the offer; 0 without one.
        found: i64,
        /// Whether it is more than what is left in every month, though no more than what is needed.
        is_left: bool,
        /// Whether somewhat more may be left: what is promised to others is not shown to the caller.
        rounded: bool,
    },
    /// Quantity a month.
    Quantity {
        /// Needed a month.
        needed: i64,
        /// Left in the month that decides: for a single supplier that with least, otherwise that with most.
        found: i64,
        /// Whether one supplier must bring all of it.
        single_supplier: bool,
        /// Whether it may be somewhat more: what is promised to others is not shown to the caller.
        rounded: bool,
    },
    /// Price.
    Price {
        /// How the one stands to the other.
        verdict: PriceVerdict,
        /// The ceiling, where the caller sees it.
        needed: Option<Price>,
        /// The price, where the caller sees it.
        found: Option<Price>,
    },
    /// Units of today.
    Delivery {
        /// Of the demand.
        needed: u8,
        /// Of the offer; all when `None`.
        found: Option<Rows>,
    },
    /// Days of shelf life.
    ShelfLife {
        /// At least; 0 for any.
        needed: u16,
        /// Of the offer; 0 when unknown.
        found: u16,
    },
    /// Base units.
    Unit {
        /// Of the demand.
        needed: u8,
        /// Of the offer.
        found: u8,
    },
}

/// How one constraint came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Which.
    pub code: Code,
    /// Whether it holds; what the caller may not know holds.
    pub passes: bool,
    /// Why.
    pub detail: Detail,
}

/// A pair explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// Whether both sides are open on the day asked: others are in no ranking.
    pub considered: bool,
    /// Whether both are open and every constraint holds.
    pub eligible: bool,
    /// Every constraint, in the order of [`Code::ALL`].
    pub verdicts: [Verdict; 12],
    /// Every part of the score, in the order of [`Criterion::ALL`].
    pub parts: [Part; 7],
    /// Sum of the parts' points, in basis points.
    pub score_bp: u16,
    /// Kilometres between the centroids of the units of producer and delivery.
    pub distance_km: Kilometres,
}

impl Evaluation {
    /// The constraints that fail.
    pub fn failing(&self) -> impl Iterator<Item = Code> {
        self.verdicts.iter().filter(|verdict| !verdict.passes).map(|verdict| verdict.code)
    }

    /// The one constraint that keeps an open pair apart, where it makes a near miss.
    pub fn near_miss(&self) -> Option<Code> {
        let mut failing = self.failing();
        let first = failing.next().filter(|code| self.considered && code.is_near())?;
        failing.next().is_none().then_some(first)
    }
}

/// What a pair that fits is shown with.
#[derive(Debug, Clone)]
pub struct Scored {
    /// The parts of the score.
    pub parts: [Part; 7],
    /// Their points together.
    pub score_bp: u16,
    /// Between the centroids of the units of producer and delivery.
    pub distance_km: Kilometres,
}

/// What a near miss is shown with.
#[derive(Debug, Clone)]
pub struct Missed {
    /// As if it fitted.
    pub scored: Scored,
    /// What it fails.
    pub fails: Vec<Verdict>,
    /// What would mend it.
    pub mends: Vec<(Code, Mend)>,
}

/// The score of a pair that is known to fit: the same as [`evaluate`] gives, without the constraints.
pub fn scored(supply: &Supply, need: &Need, setting: &Setting<'_>) -> Scored {
    let need = &*need.still_needed(setting);
    with_parts(&judge(supply, need, true, setting), supply, need, setting)
}

/// The score of a pair that is known to be a near miss, what keeps it apart and what would mend that: the same as
/// [`evaluate`] and [`super::mends`] give, judged once.
pub fn missed(supply: &Supply, need: &Need, setting: &Setting<'_>) -> Missed {
    let need = &*need.still_needed(setting);
    let found = judge(supply, need, true, setting);
    let failing = || Code::ALL.into_iter().filter(|code| found.fails.contains(*code));
    Missed {
        scored: with_parts(&found, supply, need, setting),
        fails: failing().map(|code| Verdict { code, passes: false, detail: detail(code, &found, supply, need, setting) }).collect(),
        mends: failing().flat_map(|code| mend(code, &found, supply, need, setting)).collect(),
    }
}

fn with_parts(found: &Judgement, supply: &Supply, need: &Need, setting: &Setting<'_>) -> Scored {
    Scored { parts: parts(found, supply, need, setting), score_bp: found.score_bp(setting), distance_km: found.distance }
}

/// Holds `supply` against what is still needed of `need` and says why it fits or not; `text` says whether the product answers
/// the demand's words.
pub fn evaluate(supply: &Supply, need: &Need, text: bool, setting: &Setting<'_>) -> Evaluation {
    let considered = supply.is_open(setting.as_of) && need.is_open(setting.as_of) && !need.is_of(supply.producer);
    let need = &*need.still_needed(setting);
    let found = judge(supply, need, text, setting);
    Evaluation {
        considered,
        eligible: considered && found.fails.is_empty(),
        verdicts: Code::ALL.map(|code| Verdict {
            code,
            passes: !found.fails.contains(code),
            detail: detail(code, &found, supply, need, setting),
        }),
        parts: parts(&found, supply, need, setting),
        score_bp: found.score_bp(setting),
        distance_km: found.distance,
    }
}

fn detail(code: Code, found: &Judgement, supply: &Supply, need: &Need, setting: &Setting<'_>) -> Detail {
    match code {
        Code::Category => Detail::Category { needed: (need.groups != Rows::ALL).then_some(need.groups), found: supply.group },
        Code::Text => Detail::Text,
        Code::Stars => Detail::Stars { needed: need.least_stars, found: found.held.stars },
        Code::Certificate => Detail::Certificate { needed: need.required, found: need.required & found.held.kinds },
        Code::Period => Detail::Period { needed: (need.from, need.until), found: (supply.from, supply.end_on(setting.as_of)) },
        Code::Months => {
            Detail::Months { needed: need.months, found: supply.months, common: found.reach.common, single_supplier: need.single_supplier }
        }
        Code::MinimumOrder | Code::Quantity if found.fails.contains(Code::Unit) => Detail::OtherUnit,
        Code::MinimumOrder => {
            let is_left = (found.largest_order + 1..=found.left.needed).contains(&supply.minimum_order);
            let needed = if is_left { found.largest_order } else { found.left.needed };
            Detail::MinimumOrder { needed, found: supply.minimum_order, is_left, rounded: is_left && is_rounded(supply, setting) }
        }
        Code::Quantity => Detail::Quantity {
            needed: if need.single_supplier { found.left.decisive } else { found.left.needed },
            found: if need.single_supplier { found.left.least } else { found.left.most },
            single_supplier: need.single_supplier,
            rounded: is_rounded(supply, setting),
        },
        Code::Price => Detail::Price {
            verdict: found.price,
            needed: need.ceiling.filter(|_| setting.view.sees_ceiling(need)),
            found: supply.price.filter(|_| setting.view.sees_price(supply)),
        },
        Code::Delivery => Detail::Delivery { needed: need.place, found: supply.delivers_to },
        Code::ShelfLife => Detail::ShelfLife { needed: need.shelf_life_days, found: supply.shelf_life_days },
        Code::Unit => Detail::Unit { needed: need.unit, found: supply.unit },
    }
}

fn prices(supply: &Supply, need: &Need, setting: &Setting<'_>) -> Raw {
    let view = setting.view;
    let seen = supply.price.zip(need.ceiling).filter(|_| view.sees_price(supply) && view.sees_ceiling(need) && supply.unit == need.unit);
    match (judge::comparable(supply, need, setting), seen) {
        (None, Some((price, ceiling))) => Raw::PricesApart(price, ceiling),
        (alike, _) => Raw::Price(alike),
    }
}

/// Whether what is left is told in two digits.
fn is_rounded(supply: &Supply, setting: &Setting<'_>) -> bool {
    !setting.promises.get(supply.promises).is_empty() && !setting.view.sees_promises(supply)
}

fn parts(found: &Judgement, supply: &Supply, need: &Need, setting: &Setting<'_>) -> [Part; 7] {
    let weights = setting.weights.percent();
    let raw = [
        match found.left {
            _ if found.fails.contains(Code::Unit) => Raw::OtherUnit,
            Left { covered, asked, .. } => Raw::Volume { covered, asked, opened: found.reach.common == 0 },
        },
        Raw::Months { common: found.reach.common, needed: need.months_needed },
        prices(supply, need, setting),
        Raw::Stars(found.held.stars),
        Raw::Preferred { held: found.held.kinds & need.preferred, asked: need.preferred },
        Raw::Distance(found.distance),
        Raw::Deliveries,
    ];
    let mut parts = Criterion::ALL.map(|criterion| Part { criterion, weight_pct: 0, fit_bp: 0, raw: Raw::Deliveries });
    for (part, ((weight_pct, fit_bp), raw)) in parts.iter_mut().zip(weights.into_iter().zip(found.fits).zip(raw)) {
        *part = Part { weight_pct, fit_bp, raw, ..*part };
    }
    parts
}
