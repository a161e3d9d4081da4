//! The score: seven soft parts, each a fit in whole percent, weighed in whole percent.
//!
//! Both are whole percent, so that the points of the parts, in basis points, add up to the score exactly.

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

/// The fit of what is not known.
pub(super) const NEUTRAL: u8 = 50;

/// Weights in whole percent, in the order of [`Criterion::ALL`]; they add up to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weights([u8; 7]);

/// Weights do not add up to 100; this is what they add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongSum(pub u32);

impl Weights {
    /// The name of [`Weights::default`].
    pub const DEFAULT_VERSION: &'static str = "2026-11";

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
    },
    /// Calendar months.
    Months {
        /// Of both.
        common: u32,
        /// Of the demand.
        needed: u32,
    },
    /// Price and ceiling; `None` where they cannot be compared or the caller may not see both.
    Price(Option<(Price, Price)>),
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
    /// Fit in percent.
    pub fit_pct: u8,
    /// What the fit was worked out from.
    pub raw: Raw,
}

impl Part {
    /// The weight in basis points.
    pub fn weight_bp(&self) -> u16 {
        u16::from(self.weight_pct) * 100
    }

    /// The fit in basis points.
    pub fn fit_bp(&self) -> u16 {
        u16::from(self.fit_pct) * 100
    }

    /// What it adds to the score, in basis points.
    pub fn points_bp(&self) -> u16 {
        u16::from(self.weight_pct) * u16::from(self.fit_pct)
    }
}

/// Fit of the volume: whole percent of `asked` that `covered` is.
pub(super) fn volume_fit(covered: i128, asked: i128) -> u8 {
    // What most are: small enough for a quick division.
    if let (Ok(covered), Ok(asked)) = (i64::try_from(covered), i64::try_from(asked))
        && let Some(hundredfold) = covered.checked_mul(100)
    {
        return percent(hundredfold / asked.max(1));
    }
    percent(covered.saturating_mul(100) / asked.max(1))
}

/// Fit of the months: whole percent of `needed` that `common` are.
pub(super) fn months_fit(common: u32, needed: u32) -> u8 {
    percent(i64::from(common) * 100 / i64::from(needed.max(1)))
}

/// Fit of a price that can be compared with the ceiling: 50 at the ceiling, 100 for nothing, 0 from twice the ceiling on.
pub(super) fn price_fit(price: &Price, ceiling: &Price) -> u8 {
    // What most prices are: for the same quantity, and small enough for a quick division.
    if price.per_base == ceiling.per_base && (0..=i64::MAX / 200).contains(&price.amount) && (1..=i64::MAX / 200).contains(&ceiling.amount)
    {
        return u8::try_from((100 * ceiling.amount - 50 * price.amount).max(0) / ceiling.amount).unwrap_or(100);
    }
    let (price, ceiling) = over_one(price, ceiling);
    // 50 + 50 · (ceiling − price) / ceiling, rounded down, also where the difference is negative.
    percent(50 + (ceiling - price).saturating_mul(50).div_euclid(ceiling.max(1)))
}

/// Price and ceiling over their common denominator.
pub(super) fn over_one(price: &Price, ceiling: &Price) -> (i128, i128) {
    (i128::from(price.amount) * i128::from(ceiling.per_base), i128::from(ceiling.amount) * i128::from(price.per_base))
}

/// Fit of stars: a fifth of the whole each.
pub(super) fn stars_fit(stars: u8) -> u8 {
    stars.min(5) * 20
}

/// Fit of welcome certificates: whole percent of those asked that hold; all where none is asked.
pub(super) fn preferred_fit(held: Held, asked: u64) -> u8 {
    if asked == 0 { 100 } else { percent((held.kinds & asked).count_ones() * 100 / asked.count_ones()) }
}

/// Fit of a distance: a percent less for each 20 km.
pub(super) fn distance_fit(distance: Kilometres) -> u8 {
    percent(100 - i32::from(distance / 20))
}

/// `value` between 0 and 100.
fn percent<N: Ord + From<u8> + TryInto<u8>>(value: N) -> u8 {
    value.clamp(0.into(), 100.into()).try_into().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::record::{Basis, Visibility};

    fn price(amount: i64, per_base: i64) -> Price {
        Price { amount, per_base, currency: 0, basis: Basis::Delivered, vat_included: true, visibility: Visibility::Public }
    }

    // Ceiling 25,000 a kilogram. 20,000 is a fifth below: 50 + 10. 24,999 is 0.004 % below: 50. 25,001 is above: 49.
    // 240,000 for 12 kg is 20,000 a kilogram. Twice the ceiling and beyond: 0.
    #[test]
    fn a_price_fits_by_how_far_it_lies_below_the_ceiling() {
        let fit = |amount, per_base| price_fit(&price(amount, per_base), &price(2_500_000, 1_000));
        assert_eq!([fit(2_000_000, 1_000), fit(2_499_900, 1_000), fit(2_500_000, 1_000), fit(2_500_100, 1_000)], [60, 50, 50, 49]);
        assert_eq!([fit(24_000_000, 12_000), fit(5_000_000, 1_000), fit(9_000_000, 1_000), fit(0, 1_000)], [60, 0, 0, 100]);
    }

    #[test]
    fn weights_add_up_to_a_hundred() {
        assert_eq!(Weights::new(Weights::default().percent()), Ok(Weights::default()));
        assert_eq!(Weights::new([30, 15, 20, 10, 10, 10, 6]), Err(WrongSum(101)));
        assert!(Weights::new([100, 0, 0, 0, 0, 0, 0]).is_ok());
    }

    #[test]
    fn fits_are_whole_percent_rounded_down() {
        assert_eq!((volume_fit(999, 1_000), volume_fit(2_000, 1_000), volume_fit(0, 1_000)), (99, 100, 0));
        let much = i128::from(i64::MAX);
        assert_eq!((volume_fit(much * 999, much * 1_000), volume_fit(much / 2, much), volume_fit(1, much * 2)), (99, 49, 0));
        assert_eq!((months_fit(2, 3), months_fit(3, 3)), (66, 100));
        assert_eq!([0, 3, 4, 5].map(stars_fit), [0, 60, 80, 100]);
        assert_eq!((distance_fit(0), distance_fit(19), distance_fit(20), distance_fit(2_000), distance_fit(20_000)), (100, 100, 99, 0, 0));
        let held = Held { stars: 0, kinds: 0b011 };
        assert_eq!((preferred_fit(held, 0), preferred_fit(held, 0b110), preferred_fit(held, 0b111)), (100, 50, 66));
    }
}
