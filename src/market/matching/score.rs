//! The score: seven soft parts, each a fit in basis points, weighed in whole percent.
//!
//! The points of each part are whole basis points, rounded down, and the score is their sum: they add up to it exactly. Two
//! offers tie only where they differ by less than a basis point of each part.

use super::papers::Held;
use crate::market::record::Price;
use crate::market::tables::Kilometres;

/// What a pair is scored by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Criterion {
    /// How much of the demanded quantity is left in the months of both.
    Volume,
    /// How many of the demanded months are served.
    Months,
    /// How far below the ceiling the price is.
    Price,
    /// OCOP stars over the whole period.
    Stars,
    /// How many of the welcome certificates hold over the whole period.
    Preferred,
    /// How near the producer is.
    Distance,
    /// Record of deliveries: neutral until deliveries exist.
    Deliveries,
}

impl Criterion {
    /// All of them, in the order of the weights.
    pub const ALL: [Self; 7] = [Self::Volume, Self::Months, Self::Price, Self::Stars, Self::Preferred, Self::Distance, Self::Deliveries];
}

/// The fit of what fits entirely.
pub(super) const WHOLE: u16 = 10_000;
/// The fit of what is not known.
pub(super) const NEUTRAL: u16 = WHOLE / 2;

/// Weights in whole percent, in the order of [`Criterion::ALL`]; they add up to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weights([u8; 7]);

/// Weights do not add up to 100; this is what they add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongSum(pub u32);

impl Weights {
    /// The name of [`Weights::default`] and of the arithmetic with which they make a score: another one where either changes.
    pub const DEFAULT_VERSION: &'static str = "2026-11.3";

    /// `percent` in the order of [`Criterion::ALL`].
    ///
    /// # Errors
    /// [`WrongSum`] if they do not add up to 100.
    pub fn new(percent: [u8; 7]) -> Result<Self, WrongSum> {
        let sum = percent.iter().map(|weight| u32::from(*weight)).sum();
        if sum == 100 { Ok(Self(percent)) } else { Err(WrongSum(sum)) }
    }

    /// In whole percent, in the order of [`Criterion::ALL`].
    pub fn percent(self) -> [u8; 7] {
        self.0
    }
}

impl Default for Weights {
    fn default() -> Self {
        Self([30, 15, 20, 10, 10, 10, 5])
    }
}

/// What a part was worked out from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raw {
    /// Thousandths of the base unit that are left for the demand, and that it needs, over the months of both.
    Volume {
        /// Left, at most what is needed in each month.
        covered: i128,
        /// Needed.
        asked: i128,
        /// Whether they are the months that a change would open, where both have none.
        opened: bool,
    },
    /// The volume, where offer and demand count in two units: nothing is held against anything.
    OtherUnit,
    /// Calendar months.
    Months {
        /// Of both.
        common: u32,
        /// Of the demand.
        needed: u32,
    },
    /// Price and ceiling; `None` where they cannot be compared or the caller may not see both.
    Price(Option<(Price, Price)>),
    /// Price and ceiling that the caller sees, of different currencies, bases or taxes.
    PricesApart(Price, Price),
    /// OCOP stars over the whole period; 0 without.
    Stars(u8),
    /// Kinds of certificate, one bit each.
    Preferred {
        /// Welcome, and held over the whole period.
        held: u64,
        /// Welcome.
        asked: u64,
    },
    /// Between the centroids of the units of producer and delivery, as recorded.
    Distance(Kilometres),
    /// No record yet.
    Deliveries,
}

/// One part of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub criterion: Criterion,
    /// Weight in percent.
    pub weight_pct: u8,
    /// Fit in basis points.
    pub fit_bp: u16,
    /// What the fit was worked out from.
    pub raw: Raw,
}

impl Part {
    /// The weight in basis points.
    pub fn weight_bp(&self) -> u16 {
        u16::from(self.weight_pct) * 100
    }

    /// What it adds to the score, in basis points.
    pub fn points_bp(&self) -> u16 {
        points(self.weight_pct.into(), self.fit_bp)
    }
}

/// What a fit adds to the score where its part weighs so many percent: basis points, rounded down.
#[inline]
pub(super) fn points(weight_pct: u16, fit_bp: u16) -> u16 {
    #[expect(clippy::cast_possible_truncation, reason = "no weight is above a hundred, and no fit above the whole")]
    let points = (u32::from(weight_pct) * u32::from(fit_bp) / 100) as u16;
    points
}

/// The least fit that adds so many points where its part weighs so many percent; 0 where it weighs nothing.
#[inline]
pub(super) fn least_fit(weight_pct: u16, points: u16) -> u16 {
    if weight_pct == 0 { 0 } else { u16::try_from((u32::from(points) * 100).div_ceil(weight_pct.into())).unwrap_or(u16::MAX) }
}

/// Fit of the volume: the share of `asked` that `covered` is.
pub(super) fn volume_fit(covered: i128, asked: i128) -> u16 {
    // What most are: small enough for a quick division.
    if let (Ok(covered), Ok(asked)) = (i64::try_from(covered), i64::try_from(asked))
        && let Some(multiple) = covered.checked_mul(WHOLE.into())
    {
        return fit(multiple / asked.max(1));
    }
    fit(covered.saturating_mul(WHOLE.into()) / asked.max(1))
}

/// Fit of the months: the share of `needed` that `common` are.
pub(super) fn months_fit(common: u32, needed: u32) -> u16 {
    fit(i64::from(common) * i64::from(WHOLE) / i64::from(needed.max(1)))
}

/// Fit of a price that can be compared with the ceiling: half at the ceiling, whole for nothing, none from twice the ceiling
/// on.
pub(super) fn price_fit(price: &Price, ceiling: &Price) -> u16 {
    /// Times the whole it does not overflow.
    const QUICK: i64 = i64::MAX / 20_000;
    // What most prices are: for the same quantity, and small enough for a quick division.
    if price.per_base == ceiling.per_base && (0..=QUICK).contains(&price.amount) && (1..=QUICK).contains(&ceiling.amount) {
        let above_nothing = i64::from(WHOLE) * ceiling.amount - i64::from(NEUTRAL) * price.amount;
        return u16::try_from(above_nothing.max(0) / ceiling.amount).unwrap_or(WHOLE);
    }
    let (price, ceiling) = over_one(price, ceiling);
    let half = i128::from(NEUTRAL);
    // Half of the whole, and as much of the other half as the price is below the ceiling: rounded down, also where the
    // difference is negative.
    fit(half + (ceiling - price).saturating_mul(half).div_euclid(ceiling.max(1)))
}

/// Price and ceiling over their common denominator.
pub(super) fn over_one(price: &Price, ceiling: &Price) -> (i128, i128) {
    (i128::from(price.amount) * i128::from(ceiling.per_base), i128::from(ceiling.amount) * i128::from(price.per_base))
}

/// Fit of stars: a fifth of the whole each.
pub(super) fn stars_fit(stars: u8) -> u16 {
    u16::from(stars.min(5)) * (WHOLE / 5)
}

/// Fit of welcome certificates: the share of those asked that hold; all where none is asked.
pub(super) fn preferred_fit(held: Held, asked: u64) -> u16 {
    share_of_kinds((held.kinds & asked).count_ones(), asked)
}

/// Fit of so many of the welcome certificates.
pub(super) fn share_of_kinds(held: u32, asked: u64) -> u16 {
    if asked == 0 { WHOLE } else { fit(held * u32::from(WHOLE) / asked.count_ones()) }
}

/// Fit of a distance: a percent less for each 20 km.
pub(super) fn distance_fit(distance: Kilometres) -> u16 {
    const LOST_PER_KM: i32 = 5;
    fit(i32::from(WHOLE) - i32::from(distance) * LOST_PER_KM)
}

/// `value` between nothing and the whole.
fn fit<N: Ord + From<u16> + TryInto<u16>>(value: N) -> u16 {
    value.clamp(0.into(), WHOLE.into()).try_into().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::record::{Basis, Visibility};
    use proptest::prelude::*;

    fn price(amount: i64, per_base: i64) -> Price {
        Price { amount, per_base, currency: 0, basis: Basis::Delivered, vat_included: true, visibility: Visibility::Public }
    }

    // Ceiling 25,000 a kilogram. 20,000 is a fifth below: a half and a fifth of the other. 24,999 is 0.004 % below: 0.002 %
    // are 0.2 basis points. 24,995 is 0.02 % below: a basis point. 25,001 is above, 0.2 basis points less than half. 240,000
    // for 12 kg is 20,000 a kilogram. Twice the ceiling and beyond: nothing.
    #[test]
    fn a_price_fits_by_how_far_it_lies_below_the_ceiling() {
        let fit = |amount, per_base| price_fit(&price(amount, per_base), &price(2_500_000, 1_000));
        assert_eq!([fit(2_000_000, 1_000), fit(2_499_900, 1_000), fit(2_499_500, 1_000)], [6_000, 5_000, 5_001]);
        assert_eq!([fit(2_500_000, 1_000), fit(2_500_100, 1_000)], [5_000, 4_999]);
        assert_eq!([fit(24_000_000, 12_000), fit(5_000_000, 1_000), fit(9_000_000, 1_000), fit(0, 1_000)], [6_000, 0, 0, 10_000]);
        assert_eq!([fit(24_000_000 + 600, 12_000), fit(30_001_200, 12_000)], [5_999, 4_999], "not for the same quantity");
    }

    // Under a ceiling of 15,000, 10,000 is a third below it and 10,050 nearly: 6,666 and 6,650 of the fit, at a weight of a
    // fifth 1,333 and 1,330 points. Of 3,000 kg, 905 are 3,016 and 900 are 3,000: at 30 percent 904 and 900 points.
    #[test]
    fn small_differences_are_told_apart() {
        let of_price = |amount| price_fit(&price(amount, 1_000), &price(1_500_000, 1_000));
        assert_eq!([of_price(1_000_000), of_price(1_005_000)], [6_666, 6_650]);
        assert_eq!([points(20, 6_666), points(20, 6_650)], [1_333, 1_330]);
        assert_eq!([volume_fit(905, 3_000), volume_fit(900, 3_000)], [3_016, 3_000]);
        assert_eq!([points(30, 3_016), points(30, 3_000)], [904, 900]);
    }

    #[test]
    fn weights_add_up_to_a_hundred() {
        assert_eq!(Weights::new(Weights::default().percent()), Ok(Weights::default()));
        assert_eq!(Weights::new([30, 15, 20, 10, 10, 10, 6]), Err(WrongSum(101)));
        assert!(Weights::new([100, 0, 0, 0, 0, 0, 0]).is_ok());
    }

    #[test]
    fn fits_are_basis_points_rounded_down() {
        assert_eq!((volume_fit(999, 1_000), volume_fit(2_000, 1_000), volume_fit(0, 1_000)), (9_990, 10_000, 0));
        let much = i128::from(i64::MAX);
        assert_eq!((volume_fit(much * 999, much * 1_000), volume_fit(much / 2, much), volume_fit(1, much * 2)), (9_990, 4_999, 0));
        assert_eq!((months_fit(2, 3), months_fit(3, 3)), (6_666, 10_000));
        assert_eq!([0, 3, 4, 5].map(stars_fit), [0, 6_000, 8_000, 10_000]);
        assert_eq!([0, 1, 19, 20, 1_999, 2_000, 20_000].map(distance_fit), [10_000, 9_995, 9_905, 9_900, 5, 0, 0]);
        let held = Held { stars: 0, kinds: 0b011 };
        assert_eq!((preferred_fit(held, 0), preferred_fit(held, 0b110), preferred_fit(held, 0b111)), (10_000, 5_000, 6_666));
    }

    proptest! {
        // What a scan leaves out without a look is what adds too little.
        #[test]
        fn the_least_fit_is_the_first_that_adds_so_much(weight in 1..=100_u16, least in 0..=10_000_u16, fit in 0..=10_000_u16) {
            prop_assert_eq!(points(weight, fit) >= least, fit >= least_fit(weight, least));
        }

        // Settled question 13: where the part has weight, the better raw value has more points as soon as it differs by a
        // basis point of them.
        #[test]
        fn a_basis_point_is_told_apart(weight in 1..=100_u16, one in 0..=10_000_u16, other in 0..=10_000_u16) {
            let (worse, better) = (one.min(other), one.max(other));
            let exact = u32::from(weight) * u32::from(better - worse);
            prop_assert!(points(weight, better) >= points(weight, worse));
            prop_assert!(exact < 100 || points(weight, better) > points(weight, worse));
        }

        #[test]
        fn the_quick_way_to_a_fit_is_the_exact_one(amount in 0..5_000_000_i64, of in 1..5_000_000_i64, covered in 0..1_000_000_i64, asked in 1..1_000_000_i64) {
            // The same price for twice as much of twice the unit goes the long way.
            let twice = Price { amount: amount * 2, ..price(0, 2_000) };
            prop_assert_eq!(price_fit(&price(amount, 1_000), &price(of, 1_000)), price_fit(&twice, &price(of, 1_000)));
            let much = i128::from(i64::MAX);
            let exact = volume_fit(i128::from(covered) * much, i128::from(asked) * much);
            prop_assert_eq!(volume_fit(covered.into(), asked.into()), exact);
        }
    }
}
