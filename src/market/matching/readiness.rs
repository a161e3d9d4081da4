//! What a producer is ready for, over all open demands, and what each thing that it lacks costs it.

use super::constraints::Code;
use super::demands::DemandBook;
use super::facts::{Need, Setting, Supply};
use super::judge::judge;
use super::mend::{Mend, mend};
use crate::market::record::{Basis, Id, Price};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What a producer lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lack {
    /// An OCOP paper of so many stars.
    Stars(u8),
    /// A paper of each of these kinds: one bit a row of the certificate kinds.
    Certificates(u64),
    /// Other days.
    Period,
    /// Other months.
    Months,
    /// A smaller least order, counted in this base unit.
    MinimumOrder(u8),
    /// A larger quantity, counted in this base unit.
    Quantity(u8),
    /// A lower price; prices that can't be compared are lacks of their own.
    Price {
        /// The base unit.
        unit: u8,
        /// Number of the currency.
        currency: u8,
        /// With or without transport.
        basis: Basis,
        /// With or without tax.
        vat_included: bool,
        /// Whether some price would be low enough, and may be told.
        is_told: bool,
    },
    /// Delivery to this unit of today.
    Delivery(u8),
    /// A longer shelf life.
    ShelfLife,
}

impl Lack {
    /// The constraint that it fails.
    pub fn code(self) -> Code {
        match self {
            Self::Stars(_) => Code::Stars,
            Self::Certificates(_) => Code::Certificate,
            Self::Period => Code::Period,
            Self::Months => Code::Months,
            Self::MinimumOrder(_) => Code::MinimumOrder,
            Self::Quantity(_) => Code::Quantity,
            Self::Price { .. } => Code::Price,
            Self::Delivery(_) => Code::Delivery,
            Self::ShelfLife => Code::ShelfLife,
        }
    }
}

/// What mending one lack would unlock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlock {
    /// What is lacking.
    pub lack: Lack,
    /// How many demands no offer of the producer serves, while at least one lacks nothing but this.
    pub demands: u32,
    /// What those could be brought a month: base unit and thousandths of it, by unit; of each demand the most that one
    /// offer could bring.
    pub quantities: Vec<(u8, i128)>,
    /// Changes that are enough for every one of these demands; none where the caller may not see what would be.
    pub mends: Vec<Mend>,
    /// The offers that lack nothing but this for one of these demands, those first that do for most of them, then by id.
    pub offers: Vec<Concerned>,
}

/// An offer that one lack keeps from demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concerned {
    /// `ofr_…`
    pub offer: Id,
    /// Row of its product.
    pub product: u32,
    /// From how many.
    pub demands: u32,
}

/// What a producer is ready for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// How many of the offers are open.
    pub on_offer: u32,
    /// Open demands of others, whatever they ask for.
    pub open: u32,
    /// Those that ask for the group and words of a product on offer.
    pub considered: u32,
    /// Those that at least one offer serves.
    pub served: u32,
    /// What would serve more, most valuable first: by demands, then by quantity, then in the order of [`Lack`].
    pub unlocks: Vec<Unlock>,
}

/// What one lack costs, in the making.
#[derive(Debug, Default)]
struct Cost {
    demands: u32,
    quantities: BTreeMap<u8, i128>,
    mends: Vec<Mend>,
    /// Product and number of demands by offer.
    offers: BTreeMap<Id, (u32, u32)>,
}

/// What one demand finds one lack to keep from it.
#[derive(Debug, Default)]
struct Kept {
    most: i64,
    mends: Vec<Mend>,
    offers: Vec<(Id, u32)>,
}

/// Holds the offers of `producer` against all open demands of others; `answers` says whether the product of an offer answers
/// a demand's words.
pub fn readiness(
    producer: u32,
    supplies: &[Supply],
    demands: &DemandBook,
    answers: impl Fn(&Supply, &Need) -> bool,
    setting: &Setting<'_>,
) -> Readiness {
    let supplies: Vec<&Supply> = supplies.iter().filter(|supply| supply.is_open(setting.as_of)).collect();
    let on_offer = u32::try_from(supplies.len()).unwrap_or(u32::MAX);
    let mut found = Readiness { on_offer, open: 0, considered: 0, served: 0, unlocks: Vec::new() };
    let groups: BTreeSet<u8> = supplies.iter().map(|supply| supply.group).collect();
    let mut costs: BTreeMap<Lack, Cost> = BTreeMap::new();
    for need in demands.iter().filter(|need| need.is_open(setting.as_of) && !need.is_of(producer)) {
        found.open += 1;
        if !groups.iter().any(|group| need.wants(*group)) {
            continue;
        }
        let need = &*need.still_needed(setting);
        let asked = supplies.iter().copied().filter(|supply| need.wants(supply.group) && answers(supply, need));
        let (mut is_considered, mut is_served) = (false, false);
        let mut lacks: BTreeMap<Lack, Kept> = BTreeMap::new();
        for supply in asked {
            is_considered = true;
            let judged = judge(supply, need, true, setting);
            is_served |= judged.fails.is_empty();
            let Some(code) = judged.fails.near() else { continue };
            let mends: Vec<Mend> = mend(code, &judged, supply, need, setting).into_iter().map(|(_, mend)| mend).collect();
            let quantity = if code == Code::Quantity { brought_of_more(&mends, supply, need, setting) } else { judged.left.brought };
            let entry = lacks.entry(lack(code, &mends, supply, need)).or_default();
            entry.most = entry.most.max(quantity);
            widen(&mut entry.mends, &mends);
            entry.offers.push((supply.id, supply.product));
        }
        found.considered += u32::from(is_considered);
        found.served += u32::from(is_served);
        for (lack, Kept { most, mends, offers }) in lacks.into_iter().filter(|_| !is_served) {
            let cost = costs.entry(lack).or_default();
            cost.demands += 1;
            *cost.quantities.entry(need.unit).or_default() += i128::from(most);
            widen(&mut cost.mends, &mends);
            for (offer, product) in offers {
                cost.offers.entry(offer).or_insert((product, 0)).1 += 1;
            }
        }
    }
    found.unlocks = costs
        .into_iter()
        .map(|(lack, cost)| Unlock {
            lack,
            demands: cost.demands,
            quantities: cost.quantities.into_iter().collect(),
            mends: cost.mends,
            offers: most_concerned(cost.offers),
        })
        .collect();
    // The sort keeps the order of lacks where nothing else decides.
    found.unlocks.sort_by_key(|unlock| Reverse((unlock.demands, unlock.quantities.iter().map(|(_, quantity)| quantity).sum::<i128>())));
    found
}

fn most_concerned(offers: BTreeMap<Id, (u32, u32)>) -> Vec<Concerned> {
    let mut offers: Vec<Concerned> = offers.into_iter().map(|(offer, (product, demands))| Concerned { offer, product, demands }).collect();
    offers.sort_by_key(|concerned| Reverse(concerned.demands));
    offers
}

/// What can be brought in the month with most, beside what is promised, once so much more is offered as is enough.
fn brought_of_more(mends: &[Mend], supply: &Supply, need: &Need, setting: &Setting<'_>) -> i64 {
    let quantity = mends.iter().fold(supply.quantity, |most, mend| if let Mend::Quantity(least) = mend { most.max(*least) } else { most });
    judge(&Supply { quantity, ..supply.clone() }, need, true, setting).left.brought
}

fn lack(code: Code, mends: &[Mend], supply: &Supply, need: &Need) -> Lack {
    let kinds = || mends.iter().fold(0, |all, mend| if let Mend::Certificates { kinds, .. } = mend { all | kinds } else { all });
    match code {
        Code::Stars => Lack::Stars(need.least_stars),
        Code::Certificate => Lack::Certificates(kinds()),
        Code::Months => Lack::Months,
        Code::MinimumOrder => Lack::MinimumOrder(supply.unit),
        Code::Quantity => Lack::Quantity(supply.unit),
        Code::Price => {
            let of = supply.price.map(|price| (price.currency, price.basis, price.vat_included));
            let (currency, basis, vat_included) = of.unwrap_or((0, Basis::FarmGate, false));
            Lack::Price { unit: supply.unit, currency, basis, vat_included, is_told: !mends.is_empty() }
        }
        Code::Delivery => Lack::Delivery(need.place),
        Code::ShelfLife => Lack::ShelfLife,
        // The others make no near miss.
        Code::Period | Code::Category | Code::Text | Code::Unit => Lack::Period,
    }
}

/// Makes changes enough for `more` as well: those of one kind become one.
fn widen(mends: &mut Vec<Mend>, more: &[Mend]) {
    for mend in more {
        if let Some(known) = mends.iter_mut().find(|known| kind(known) == kind(mend)) {
            *known = both(*known, *mend);
        } else {
            mends.push(*mend);
        }
    }
    mends.sort_by_key(kind);
}

/// The place of a kind of change, so that lists of them do not depend on what came first.
fn kind(mend: &Mend) -> u8 {
    match mend {
        Mend::Stars { .. } => 0,
        Mend::Certificates { .. } => 1,
        Mend::Window { .. } => 2,
        Mend::AddMonths(_) => 3,
        Mend::MinimumOrder(_) => 4,
        Mend::Quantity(_) => 5,
        Mend::Price(_) => 6,
        Mend::DeliverTo(_) => 7,
        Mend::ShelfLife(_) => 8,
    }
}

/// A change that is enough for two of its kind.
fn both(one: Mend, other: Mend) -> Mend {
    match (one, other) {
        (Mend::Stars { stars, from, until }, Mend::Stars { stars: other, from: begins, until: ends }) => {
            Mend::Stars { stars: stars.max(other), from: from.min(begins), until: until.max(ends) }
        }
        (Mend::Certificates { kinds, from, until }, Mend::Certificates { kinds: other, from: begins, until: ends }) => {
            Mend::Certificates { kinds: kinds | other, from: from.min(begins), until: until.max(ends) }
        }
        (Mend::Window { from_at_latest, until_at_least }, Mend::Window { from_at_latest: other_from, until_at_least: other_until }) => {
            Mend::Window {
                from_at_latest: from_at_latest.into_iter().chain(other_from).min(),
                until_at_least: until_at_least.into_iter().chain(other_until).max(),
            }
        }
        (Mend::AddMonths(months), Mend::AddMonths(other)) => Mend::AddMonths(months | other),
        (Mend::MinimumOrder(most), Mend::MinimumOrder(other)) => Mend::MinimumOrder(most.min(other)),
        (Mend::Quantity(least), Mend::Quantity(other)) => Mend::Quantity(least.max(other)),
        (Mend::Price(price), Mend::Price(other)) => Mend::Price(lower(price, other)),
        (Mend::ShelfLife(days), Mend::ShelfLife(other)) => Mend::ShelfLife(days.max(other)),
        // Of one unit only: the lack names it.
        (one, _) => one,
    }
}

/// The lower of two prices that can be compared; what decides between equal ones means nothing but is always the same.
fn lower(one: Price, other: Price) -> Price {
    let (over_one, over_other) = super::score::over_one(&one, &other);
    let rank = |over: i128, price: &Price| (over, price.per_base, price.basis, price.vat_included, price.visibility);
    if rank(over_one, &one) <= rank(over_other, &other) { one } else { other }
}
