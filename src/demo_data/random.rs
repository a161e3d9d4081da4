//! Repeatable chance: the same seed gives the same numbers on every machine.
//!
//! Each record draws from a stream of its own, found from the seed, the kind of record and its place, so that no record
//! depends on how many were made before it. Powers are worked out here with the four operations alone: those of the
//! platform's library may differ in the last bit, and a last bit is another quantity.

/// The golden ratio in 64 bits, the step of `SplitMix64`.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
/// 2^53: how many equal parts of the unit interval an `f64` tells apart.
const PARTS: f64 = 9_007_199_254_740_992.0;
const LN_2: f64 = std::f64::consts::LN_2;

/// A stream of numbers (`SplitMix64`: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream of record `index` of `kind`.
    pub fn of(seed: u64, kind: u64, index: u64) -> Self {
        Self(mixed(mixed(seed.wrapping_add(STEP)) ^ mixed(kind.wrapping_mul(STEP)) ^ mixed(index.wrapping_add(STEP << 1))))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mixed(self.0)
    }

    /// A whole number below `n`; zero for none.
    pub fn below(&mut self, n: u64) -> u64 {
        // The high half of the product: a bias of n / 2^64 is nothing here.
        u64::try_from((u128::from(self.bits()) * u128::from(n)) >> 64).unwrap_or(0)
    }

    /// A whole number from `least` to `most`, both included.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let n = u64::try_from(most - least + 1).unwrap_or(1);
        least + i64::try_from(self.below(n)).unwrap_or(0)
    }

    /// True so often in a thousand times.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of `items`, each as often; none of none.
    pub fn one<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let index = self.below(items.len() as u64);
        items.get(usize::try_from(index).unwrap_or(0))
    }

    /// From 0 up to but not 1.
    pub fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let part = (self.bits() >> 11) as f64;
        part / PARTS
    }

    /// From `least` to `most`, each order of size as often.
    pub fn log_uniform(&mut self, least: f64, most: f64) -> f64 {
        exp(ln(least) + self.unit() * (ln(most) - ln(least)))
    }

    /// Around `median`, its logarithm scattered by `spread`: the shape of prices.
    pub fn log_normal(&mut self, median: f64, spread: f64) -> f64 {
        // Twelve uniform numbers have the variance of one normal number.
        let normal: f64 = (0..12).map(|_| self.unit()).sum::<f64>() - 6.0;
        median * exp(normal * spread)
    }

    /// A place from 0 below `n` whose chance falls like `(place + 1)^-exponent`, for exponents below 1 and any `n`.
    pub fn long_tail(&mut self, n: usize, exponent: f64) -> usize {
        let place = power(self.unit().max(1.0 / PARTS), 1.0 / (1.0 - exponent));
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "below n, which counts records"
        )]
        let place = (place * n as f64) as usize;
        place.min(n.saturating_sub(1))
    }
}

fn mixed(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

/// Chances of so many things.
#[derive(Debug, Clone)]
pub struct Weights(Vec<u64>);

impl Weights {
    /// By these weights.
    pub fn new(weights: impl IntoIterator<Item = u64>) -> Self {
        let mut sum = 0;
        Self(
            weights
                .into_iter()
                .map(|weight| {
                    sum += weight;
                    sum
                })
                .collect(),
        )
    }

    /// Zipf's law: the chance of place k, from 0, is in proportion to (k + 1)^-exponent.
    pub fn zipf(n: usize, exponent: f64) -> Self {
        Self::new((0..n).map(|place| zipf_weight(place, exponent)))
    }

    /// A place among them.
    pub fn draw(&self, random: &mut Random) -> usize {
        let at = random.below(self.0.last().copied().unwrap_or(0));
        self.0.partition_point(|sum| *sum <= at)
    }
}

/// The weight of a place, from 0, under Zipf's law; a thousand million for the first.
pub fn zipf_weight(place: usize, exponent: f64) -> u64 {
    #[expect(clippy::cast_precision_loss, reason = "places are counted in thousands")]
    let rank = (place + 1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a thousand million")]
    let weight = (1e9 * power(rank, -exponent)) as u64;
    weight.max(1)
}

fn power(base: f64, exponent: f64) -> f64 {
    exp(exponent * ln(base))
}

/// The natural logarithm of a positive number, by the series of the inverse hyperbolic tangent.
fn ln(x: f64) -> f64 {
    let (mut x, mut halvings) = (x, 0.0);
    while x > 1.5 {
        x /= 2.0;
        halvings += 1.0;
    }
    while x < 0.75 {
        x *= 2.0;
        halvings -= 1.0;
    }
    let ratio = (x - 1.0) / (x + 1.0);
    let square = ratio * ratio;
    let (mut term, mut sum, mut odd) = (ratio, 0.0, 1.0);
    for _ in 0..16 {
        sum += term / odd;
        term *= square;
        odd += 2.0;
    }
    2.0 * sum + halvings * LN_2
}

/// `x` to two significant digits, at least 1: how people state a quantity.
pub fn rounded(x: f64) -> i64 {
    let mut step = 1.0;
    while x / step >= 100.0 {
        step *= 10.0;
    }
    rounded_to(x, step)
}

/// The multiple of `step` that is nearest to `x`, at least one step.
pub fn rounded_to(x: f64, step: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "quantities and prices are far below 2^53")]
    let n = ((x / step + 0.5).max(1.0) as i64, step as i64);
    n.0 * n.1
}

/// e to the power `x`, by its series on a quarter of the way to 2 and doublings.
fn exp(x: f64) -> f64 {
    let (mut rest, mut factor) = (x, 1.0);
    while rest > LN_2 / 2.0 {
        rest -= LN_2;
        factor *= 2.0;
    }
    while rest < -LN_2 / 2.0 {
        rest += LN_2;
        factor /= 2.0;
    }
    let (mut term, mut sum) = (1.0, 1.0);
    let mut n = 1.0;
    for _ in 0..16 {
        term *= rest / n;
        sum += term;
        n += 1.0;
    }
    factor * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_each_time_and_another_for_each_record() {
        let draw = |seed, kind, index| Random::of(seed, kind, index).bits();
        assert_eq!(draw(7, 1, 5), draw(7, 1, 5));
        let others = [draw(8, 1, 5), draw(7, 2, 5), draw(7, 1, 6), draw(7, 5, 1)];
        assert!(others.iter().all(|other| *other != draw(7, 1, 5)));
    }

    // The first numbers of the published generator for the seed 1234567.
    #[test]
    fn the_generator_is_splitmix64() {
        let mut random = Random(1_234_567);
        let drawn = [random.bits(), random.bits(), random.bits()];
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn logarithm_and_power_agree_with_the_library() {
        for x in [1e-9, 0.01, 0.5, 0.75, 1.0, 1.5, 2.0, 10.0, 50.0, 50_000.0, 1e15] {
            assert!((ln(x) - x.ln()).abs() <= 1e-12 * x.ln().abs().max(1.0), "ln {x}");
        }
        for x in [-20.0, -1.0, -0.1, 0.0, 0.1, 1.0, 5.0, 20.0] {
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-12, "exp {x}");
        }
    }

    // Zipf's law with exponent 1: the first is drawn twice as often as the second, ten times as often as the tenth.
    #[test]
    fn zipf_falls_with_the_rank() {
        let weights = Weights::zipf(100, 1.0);
        let mut random = Random::of(1, 1, 1);
        let mut counts = vec![0_i64; 100];
        for _ in 0..200_000 {
            counts[weights.draw(&mut random)] += 1;
        }
        // The sum of 1/k up to 100 is 5.187.
        for (place, expected) in [(0, 38_556), (1, 19_278), (9, 3_856), (99, 386)] {
            assert!((counts[place] - expected).abs() < expected / 10 + 60, "{place}: {} against {expected}", counts[place]);
        }
    }

    #[test]
    fn log_uniform_has_each_order_of_size_as_often() {
        let mut random = Random::of(1, 2, 1);
        let drawn: Vec<f64> = (0..30_000).map(|_| random.log_uniform(50.0, 50_000.0)).collect();
        assert!(drawn.iter().all(|x| (50.0..=50_000.0).contains(x)));
        let upto = |limit: f64| drawn.iter().filter(|x| **x < limit).count();
        assert!((9_500..10_500).contains(&upto(500.0)) && (19_500..20_500).contains(&upto(5_000.0)));
    }

    #[test]
    fn half_of_a_log_normal_lies_below_its_median_and_two_thirds_within_its_spread() {
        let mut random = Random::of(1, 3, 1);
        let drawn: Vec<f64> = (0..30_000).map(|_| random.log_normal(100.0, 0.5)).collect();
        let below = drawn.iter().filter(|x| **x < 100.0).count();
        let within = drawn.iter().filter(|x| (60.653..164.872).contains(*x)).count();
        assert!((14_500..15_500).contains(&below), "{below}");
        assert!((20_000..21_000).contains(&within), "{within}");
    }

    #[test]
    fn a_quantity_has_two_significant_digits_and_is_never_nothing() {
        assert_eq!([0.2, 7.4, 64.6, 99.9, 123.0, 1_987.0, 45_678.0].map(rounded), [1, 7, 65, 100, 120, 2_000, 46_000]);
        assert_eq!((rounded_to(25_449.0, 500.0), rounded_to(3.0, 100.0)), (25_500, 100));
    }

    #[test]
    fn a_long_tail_stays_below_its_end() {
        let mut random = Random::of(1, 4, 1);
        let drawn: Vec<usize> = (0..10_000).map(|_| random.long_tail(1_000, 0.3)).collect();
        assert!(drawn.iter().all(|place| *place < 1_000));
        // Up to a tenth of the places: 0.1^0.7 of the draws.
        let first = drawn.iter().filter(|place| **place < 100).count();
        assert!((1_850..2_150).contains(&first), "{first}");
        assert_eq!(random.long_tail(0, 0.3), 0);
    }
}
