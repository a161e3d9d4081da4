//! One pair judged: everything that constraints, score and mends are made of, worked out once.

use super::calendar::month_of;
use super::constraints::{Code, Fails};
use super::facts::{Need, Setting, Supply};
use super::papers::Held;
use super::reach::Reach;
use super::score::{self, NEUTRAL};
use crate::market::record::{Basis, Day, FOREVER, Month, Per, Price, Promise};
use crate::market::tables::Kilometres;

/// How a price stands to a ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceVerdict {
    /// Not stated, not to be seen, or not to be compared.
    Unknown,
    /// At most the ceiling.
    Within,
    /// Above the ceiling.
    Above,
}

/// What is left of an offer in the months of both sides, thousandths of the base unit.
///
/// Where no month is shared, or not all that a single supplier must, the months are those that the least change of days or
/// months would open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    /// In the month that decides for a single supplier: that with least, beside what is needed in it.
    pub least: i64,
    /// In the month with most.
    pub most: i64,
    /// Needed in the month that decides for a single supplier.
    pub decisive: i64,
    /// Needed in the month of these that needs most; of a single supplier, who must bring each, in the one that needs least.
    pub needed: i64,
    /// The most that can be brought and is needed in one month; of a single supplier, in each.
    pub largest: i64,
    /// The most that can be brought and is needed in one month, of whomever.
    pub brought: i64,
    /// Over all months, in each at most what is needed; nothing in a month of which less than the least order is left.
    pub covered: i128,
    /// Needed over the same months.
    pub asked: i128,
}

impl Left {
    /// Nothing, of nothing that is needed.
    const NONE: Self = Self { least: 0, most: 0, decisive: 0, needed: 0, largest: 0, brought: 0, covered: 0, asked: 0 };
}

/// What was found of a pair.
#[derive(Debug, Clone)]
pub(super) struct Judgement {
    pub fails: Fails,
    pub held: Held,
    pub reach: Reach,
    pub left: Left,
    /// The largest order that can be asked for and brought in some month.
    pub largest_order: i64,
    pub price: PriceVerdict,
    /// Basis points.
    pub fits: [u16; 7],
    pub distance: Kilometres,
}

impl Judgement {
    /// Basis points.
    pub fn score_bp(&self, setting: &Setting<'_>) -> u16 {
        setting.weights.percent().iter().zip(self.fits).map(|(weight, fit)| score::points((*weight).into(), fit)).sum()
    }
}

/// Holds an offer against what is still needed of a demand; `text` says whether the product answers the demand's words.
pub(super) fn judge(supply: &Supply, need: &Need, text: bool, setting: &Setting<'_>) -> Judgement {
    let held = setting.papers.held(supply.papers, need.from, need.until);
    let reach = Reach::new(supply, need, setting);
    let is_counted = supply.unit == need.unit;
    let left = if is_counted { left(supply, need, &reach, setting) } else { Left::NONE };
    let price = if is_counted { price_verdict(supply, need, setting) } else { PriceVerdict::Unknown };
    let distance = setting.tables.distance(need.province, supply.province);
    let enough = if need.single_supplier { left.least >= left.decisive } else { left.most > 0 };
    // Where too little is left at all, that alone is told.
    let largest_order = if enough { left.largest } else { left.needed };
    let fails = Fails::of([
        (Code::Category, !need.wants(supply.group)),
        (Code::Text, !text),
        (Code::Stars, held.stars < need.least_stars),
        (Code::Certificate, need.required & !held.kinds != 0),
        (Code::Period, !reach.shares_days),
        (Code::Months, !reach.shares_months),
        // Of another unit nothing else that is counted in it is held against the demand.
        (Code::MinimumOrder, is_counted && supply.minimum_order > largest_order),
        (Code::Quantity, is_counted && !enough),
        (Code::Price, price == PriceVerdict::Above),
        (Code::Delivery, !supply.delivers_to.is_none_or(|units| units.contains(need.place))),
        (Code::ShelfLife, supply.shelf_life_days < need.shelf_life_days),
        (Code::Unit, !is_counted),
    ]);
    let fits = [
        score::volume_fit(left.covered, left.asked),
        score::months_fit(reach.common, need.months_needed),
        comparable(supply, need, setting).map_or(NEUTRAL, |(price, ceiling)| score::price_fit(&price, &ceiling)),
        score::stars_fit(held.stars),
        score::preferred_fit(held, need.preferred),
        score::distance_fit(distance),
        NEUTRAL,
    ];
    Judgement { fails, held, reach, left, largest_order, price, fits, distance }
}

/// Price and ceiling, where the caller sees both and they are of one unit, currency, basis and tax.
pub(super) fn comparable(supply: &Supply, need: &Need, setting: &Setting<'_>) -> Option<(Price, Price)> {
    let (price, ceiling) = supply.price.zip(need.ceiling)?;
    let alike = supply.unit == need.unit
        && price.currency == ceiling.currency
        && price.basis == ceiling.basis
        && price.vat_included == ceiling.vat_included;
    (alike && setting.view.sees_price(supply) && setting.view.sees_ceiling(need)).then_some((price, ceiling))
}

/// How the price stands to the ceiling, as far as the caller may know.
///
/// A price without what the ceiling includes (transport, tax) that is above it already can only come out higher; below
/// it, nothing is known.
fn price_verdict(supply: &Supply, need: &Need, setting: &Setting<'_>) -> PriceVerdict {
    let Some((price, ceiling)) = supply.price.zip(need.ceiling).filter(|_| setting.view.judges_price(supply, need)) else {
        return PriceVerdict::Unknown;
    };
    let same = price.basis == ceiling.basis && price.vat_included == ceiling.vat_included;
    let bounds = (price.basis == ceiling.basis || (price.basis == Basis::FarmGate && ceiling.basis == Basis::Delivered))
        && (price.vat_included == ceiling.vat_included || (!price.vat_included && ceiling.vat_included));
    if price.currency != ceiling.currency || !bounds {
        return PriceVerdict::Unknown;
    }
    let (over_price, over_ceiling) = score::over_one(&price, &ceiling);
    if over_price > over_ceiling {
        PriceVerdict::Above
    } else if same {
        PriceVerdict::Within
    } else {
        PriceVerdict::Unknown
    }
}

fn left(supply: &Supply, need: &Need, reach: &Reach, setting: &Setting<'_>) -> Left {
    let promises = setting.promises.get(supply.promises);
    if promises.is_empty() && need.uneven.is_none() {
        let (left, needed, months) = (supply.quantity, need.quantity, i128::from(reach.opened.max(1)));
        let (covered, asked) = (i128::from(left.clamp(0, needed)) * months, i128::from(needed) * months);
        let largest = left.min(needed);
        return Left { least: left, most: left, decisive: needed, needed, largest, brought: largest, covered, asked };
    }
    let in_months = reach.months(need).map(|month| (left_in(supply, month, setting), need.needed_in(month)));
    let in_months: Vec<(i64, i64)> = in_months.collect();
    let decisive = in_months.iter().copied().min_by_key(|(left, needed)| left.saturating_sub(*needed));
    let (least, decisive) = decisive.unwrap_or((0, need.quantity));
    let orders = in_months.iter().map(|(left, needed)| *left.min(needed));
    let needs = in_months.iter().map(|(_, needed)| *needed);
    let (largest, needed) = if need.single_supplier { (orders.min(), needs.min()) } else { (orders.max(), needs.max()) };
    let mut found = Left {
        least,
        decisive,
        most: in_months.iter().map(|(left, _)| *left).max().unwrap_or(0),
        needed: needed.unwrap_or(need.quantity),
        largest: largest.unwrap_or(0),
        brought: in_months.iter().map(|(left, needed)| *left.min(needed)).max().unwrap_or(0),
        covered: 0,
        asked: in_months.iter().map(|(_, needed)| i128::from(*needed)).sum(),
    };
    // A least order that is too large anyway is mended by a smaller one.
    let least_order = supply.minimum_order.min(found.brought);
    let brought = in_months.into_iter().map(|(left, needed)| left.clamp(0, needed)).filter(|brought| *brought >= least_order);
    found.covered = brought.map(i128::from).sum();
    found
}

/// What must be left in a month, of which so much is needed, for an offer to be of use, where at most `most` is needed in one:
/// for an order of the least size too, but of one above what is needed, which is mended by itself, no more than that.
pub(super) fn enough_in_month(supply: &Supply, need: &Need, needed: i64, most: i64) -> i64 {
    if need.single_supplier { needed } else { supply.minimum_order.min(most).max(1) }
}

/// What is left of an offer in a calendar month.
pub(super) fn left_in(supply: &Supply, month: Month, setting: &Setting<'_>) -> i64 {
    net(supply, promised(setting.promises.get(supply.promises), supply.unit, month, setting.as_of), setting)
}

/// What is left of an offer beside what is promised: rounded down to two digits for whom the promises are not shown, since
/// the quantity is public and the one less the other would tell them.
pub(super) fn net(supply: &Supply, promised: i64, setting: &Setting<'_>) -> i64 {
    let left = supply.quantity.saturating_sub(promised);
    if promised == 0 || setting.view.sees_promises(supply) { left } else { two_digits(left) }
}

/// The largest number of two digits and zeros that is not above `number`, of a positive one.
pub(super) fn two_digits(number: i64) -> i64 {
    let digits = number.checked_ilog10().unwrap_or(0);
    let step = 10_i64.pow(digits.saturating_sub(1));
    number / step * step
}

/// The smallest number of two digits and zeros that is not below `number`, of a positive one.
pub(super) fn two_digits_up(number: i64) -> i64 {
    let below = two_digits(number);
    let step = 10_i64.pow(number.checked_ilog10().unwrap_or(0).saturating_sub(1));
    if below == number { number } else { below.saturating_add(step) }
}

/// A promise in all without an end is spread over so many months: what nobody ended is looked at again after a year.
const OPEN_MONTHS: Month = 12;

/// What `promises` that hold on `as_of` take of an offer that counts in `unit` in the calendar month `month`.
///
/// Source: settled question 12, in the arithmetic of the offers' rules; tested against them.
pub(super) fn promised(promises: &[Promise], unit: u8, month: Month, as_of: Day) -> i64 {
    promises
        .iter()
        .filter(|promise| promise.unit == unit && promise.signed_on <= as_of && as_of < promise.ended_on)
        .fold(0_i64, |sum, promise| sum.saturating_add(promised_by(promise, month)))
}

/// Spread evenly over its period and rounded up, so that nothing promised is offered again.
fn promised_by(promise: &Promise, month: Month) -> i64 {
    let first = month_of(promise.from);
    let last = match (promise.until, promise.per) {
        (FOREVER, Per::Total) => first.saturating_add(OPEN_MONTHS - 1),
        (FOREVER, _) => Month::MAX,
        (day, _) => month_of(day),
    };
    let (begins, ends) = promise.effect;
    let is_in_effect = month_of(begins) <= month && (ends == FOREVER || month <= month_of(ends));
    if month < first || month > last || !is_in_effect {
        return 0;
    }
    let months = match promise.per {
        Per::Month => 1,
        Per::Quarter => 3,
        Per::Year => 12,
        Per::Total => i64::from(last - first) + 1,
    };
    promise.quantity.saturating_add(months - 1) / months
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal::Decimal;
    use crate::market::matching::samples::{self, NEW_YEAR, TODAY};
    use crate::market::record::FOREVER;
    use crate::measure::Base;
    use crate::months::Months;
    use crate::mous::Period;
    use crate::mous::{Commitment, Season, promised as shown_as_promised};
    use chrono::{Days, NaiveDate};
    use proptest::prelude::*;

    fn date(day: Day) -> NaiveDate {
        NaiveDate::default() + Days::new(u64::try_from(day).unwrap())
    }

    #[test]
    fn a_number_is_rounded_to_two_digits() {
        for (number, down, up) in [
            (1, 1, 1),
            (99, 99, 99),
            (100, 100, 100),
            (101, 100, 110),
            (2_766_000, 2_700_000, 2_800_000),
            (12_000_001, 12_000_000, 13_000_000),
            (999, 990, 1_000),
            (0, 0, 0),
        ] {
            assert_eq!((two_digits(number), two_digits_up(number)), (down, up), "{number}");
        }
        assert_eq!(two_digits(-5), -5, "more is promised than there is");
        assert_eq!(two_digits_up(i64::MAX), i64::MAX);
    }

    // Settled question 12: 12 t from January to June are 2 t in each of these months and nothing in July. Of a memorandum that is
    // in effect from February to April, these three months.
    #[test]
    fn a_total_is_spread_over_its_months() {
        let promise = Promise {
            unit: 0,
            quantity: 12_000_000,
            per: Per::Total,
            from: NEW_YEAR,
            until: NEW_YEAR + 180,
            effect: (-30_000, FOREVER),
            signed_on: TODAY,
            ended_on: FOREVER,
        };
        let in_month = |month0: i32| promised(&[promise], 0, 2027 * 12 + month0, TODAY);
        assert_eq!([-1, 0, 5, 6].map(in_month), [0, 2_000_000, 2_000_000, 0]);
        let in_effect =
            |month0: i32| promised(&[Promise { effect: (NEW_YEAR + 31, NEW_YEAR + 100), ..promise }], 0, 2027 * 12 + month0, TODAY);
        assert_eq!([0, 1, 3, 4].map(in_effect), [0, 2_000_000, 2_000_000, 0]);
        assert_eq!(promised(&[promise], 1, 2027 * 12, TODAY), 0, "in another unit");
        assert_eq!(promised(&[promise], 0, 2027 * 12, TODAY - 1), 0, "before it is signed");
    }

    proptest! {
        #[test]
        fn what_is_promised_is_what_the_offers_show(promises in proptest::collection::vec(samples::promise(), 0..5)) {
            let kilogram = "KG".parse().unwrap();
            let in_force = promises.iter().filter(|promise| promise.signed_on <= TODAY && TODAY < promise.ended_on);
            let commitments: Vec<Commitment> = in_force
                .map(|promise| Commitment {
                    quantity: Base { quantity: Decimal(promise.quantity), unit: if promise.unit == 0 { kilogram } else { "L".parse().unwrap() } },
                    period: match promise.per {
                        Per::Month => Period::Month,
                        Per::Quarter => Period::Quarter,
                        Per::Year => Period::Year,
                        Per::Total => Period::Total,
                    },
                    starts_on: date(promise.from),
                    ends_on: (promise.until != FOREVER).then(|| date(promise.until)),
                    effect: (Some(date(promise.effect.0.max(0))), (promise.effect.1 != FOREVER).then(|| date(promise.effect.1))),
                })
                .collect();
            let season = Season { months: Months::ALL, from: date(0), until: None };
            let shown = shown_as_promised(&commitments, season, kilogram, date(TODAY));
            let first = month_of(TODAY);
            let ours: Vec<(Month, i64)> =
                (first..first + 12).map(|month| (month, promised(&promises, 0, month, TODAY))).filter(|(_, quantity)| *quantity > 0).collect();
            prop_assert_eq!(ours, shown.into_iter().map(|(month, quantity)| (month, quantity.0)).collect::<Vec<_>>());
        }
    }
}
