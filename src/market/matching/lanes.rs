//! The loops over columns: what each row certainly fails, whether it may fail more, and what it can score at most.
//!
//! Plain loops over columns of one length, without a branch that depends on a row, which the compiler turns into vector
//! instructions: into the widest that the processor has, chosen when the program runs.

#![expect(clippy::inline_always, reason = "what is not inlined is compiled without the wide instructions")]
#![expect(clippy::needless_bitwise_bool, reason = "a branch for each row is what keeps a loop from being vectorised")]
#![expect(clippy::indexing_slicing, reason = "planes and tables by masks of their length")]

use super::codes::least_rate;
use super::columns::{Columns, EVERYWHERE, MORE_STARS, PROMISED, ROWS, STARS, VISIBILITY_SHIFT};
use super::constraints::Code;
use super::question::{Ceiling, Question, ones};
use super::score::NEUTRAL;
use fearless_simd::{Level, dispatch};

/// Whether the row passes all that it does not certainly fail has to be looked up.
pub(super) const DOUBT: u16 = 1 << 12;
/// Beside the unit: it makes no near miss, so it counts as two failures.
const NEVER_NEAR: u16 = 1 << 13;
/// The row is not considered: two failures.
pub(super) const CLOSED: u16 = 0b11 << 14;

/// What the loops find of a block.
pub(super) struct Survey<const N: usize> {
    /// What each row certainly fails, and whether it may fail more.
    pub fails: [u16; N],
    /// What each can score at most.
    pub bounds: [f32; N],
    /// 1 for those that may fit after all, and those whose bound lets them in among the best or the near misses.
    pub alive: [u8; N],
    /// How many are open, and how many of them certainly fit.
    pub open: u16,
    pub fitting: u16,
}

impl<const N: usize> Survey<N> {
    /// Surveys the first `used` rows, without those that `left_out` names; `best` and `near` are the least scores that enter
    /// among the best and the near misses.
    pub fn new(
        question: &Question<'_>,
        columns: &Columns<N>,
        used: usize,
        left_out: Option<&[u16; ROWS]>,
        (best, near): (u16, u16),
    ) -> Self {
        let mut found = Self { fails: [0; N], bounds: [0.0; N], alive: [0; N], open: 0, fitting: 0 };
        dispatch!(Level::new(), _ => found.fill(question, columns, used, left_out, (f32::from(best), f32::from(near))));
        found
    }

    #[inline(always)]
    fn fill(
        &mut self,
        question: &Question<'_>,
        columns: &Columns<N>,
        used: usize,
        left_out: Option<&[u16; ROWS]>,
        (best, near): (f32, f32),
    ) {
        let (fails, bounds) = (&mut self.fails[..used], &mut self.bounds[..used]);
        mask(question, columns, fails);
        if let Some(left_out) = left_out {
            for (fails, left_out) in fails.iter_mut().zip(left_out) {
                *fails |= left_out;
            }
        }
        bound(question, columns, bounds);
        let (mut open, mut fitting) = (0, 0);
        for fails in &*fails {
            open += u16::from(*fails < CLOSED);
            fitting += u16::from(*fails == 0);
        }
        (self.open, self.fitting) = (open, fitting);
        for (alive, (fails, bound)) in self.alive.iter_mut().zip(fails.iter().zip(&*bounds)) {
            let certain = fails & !DOUBT;
            let fits = (certain == 0) & ((*fails == DOUBT) | (*bound >= best));
            let misses = (certain & certain.wrapping_sub(1) == 0) & (*bound >= near);
            *alive = u8::from(fits | misses);
        }
    }
}

/// Sets for each row the bits of what it certainly fails, and whether it may fail more. Unused rows and wide ones are closed.
#[inline(always)]
fn mask<const N: usize>(question: &Question<'_>, block: &Columns<N>, fails: &mut [u16]) {
    days(question, block, fails);
    let needed = question.need.months;
    for (fails, months) in fails.iter_mut().zip(&block.months) {
        *fails |= fail(months & needed == 0, Code::Months) | doubt(months & PROMISED != 0);
    }
    for (fails, order) in fails.iter_mut().zip(&block.minimum_order) {
        *fails |= fail(*order > question.minimum_order_at_most, Code::MinimumOrder);
    }
    for (fails, quantity) in fails.iter_mut().zip(&block.quantity) {
        *fails |= fail(*quantity < question.quantity_at_least, Code::Quantity);
    }
    for (fails, unit) in fails.iter_mut().zip(&block.unit) {
        *fails |= if *unit == question.need.unit { 0 } else { Code::Unit.bit() | NEVER_NEAR };
    }
    let (plane, bit) = question.place;
    let plane: &[u16; N] = block.delivers_to[plane & 7].as_deref().unwrap_or(const { &[0; N] });
    let mark = 1 << bit;
    for ((fails, delivers), months) in fails.iter_mut().zip(plane).zip(&block.months) {
        *fails |= fail((delivers & mark) | (months & EVERYWHERE) == 0, Code::Delivery);
    }
    if question.need.shelf_life_days > 0 {
        for (fails, days) in fails.iter_mut().zip(&block.shelf_life_days) {
            *fails |= fail(*days < question.need.shelf_life_days, Code::ShelfLife);
        }
    }
    if question.need.least_stars > 0 {
        stars(question, block, fails);
    }
    for (plane, required) in block.kinds.iter().zip(question.required).filter(|(_, required)| *required != 0) {
        let plane: &[u16; N] = plane.as_deref().unwrap_or(const { &[0; N] });
        for (fails, kinds) in fails.iter_mut().zip(plane) {
            *fails |= fail(kinds & required != required, Code::Certificate) | DOUBT;
        }
    }
    if let Some(ceiling) = &question.price {
        prices(question, ceiling, block, fails);
    }
}

#[inline(always)]
fn days<const N: usize>(question: &Question<'_>, block: &Columns<N>, fails: &mut [u16]) {
    let (as_of, first, last) = (question.as_of, question.from, question.until);
    let columns = block.from.iter().zip(&block.until).zip(&block.closed_on);
    for (fails, ((from, until), closed_on)) in fails.iter_mut().zip(columns) {
        let end = (*until).min(closed_on.saturating_sub(1));
        let closed = if end < as_of { CLOSED } else { 0 };
        // One that does not reach over the whole period may share no demanded month.
        let partly = doubt((*from > first) | (end < last));
        *fails = closed | partly | fail((*from).max(first) > end.min(last), Code::Period);
    }
}

#[inline(always)]
fn stars<const N: usize>(question: &Question<'_>, block: &Columns<N>, fails: &mut [u16]) {
    let (first, last, needed) = (question.from, question.until, u16::from(question.need.least_stars));
    let columns = block.stars_from.iter().zip(&block.stars_until).zip(block.marks.iter().zip(&block.months));
    for (fails, ((from, until), (marks, months))) in fails.iter_mut().zip(columns) {
        let (begun, lasts) = (*from <= first, last <= *until);
        let enough = begun & lasts & (marks & STARS >= needed);
        let unknown = (months & MORE_STARS != 0) & lasts & !begun;
        *fails |= fail(!(enough | unknown), Code::Stars) | doubt(unknown);
    }
}

#[inline(always)]
fn prices<const N: usize>(question: &Question<'_>, ceiling: &Ceiling, block: &Columns<N>, fails: &mut [u16]) {
    let view = &question.setting.view;
    let ((mask, value), level) = (ceiling.bounded, view.level as u16);
    if ceiling.is_seen {
        let may_own = view.organisation.is_some() || !view.provinces.is_empty();
        for (fails, (rate, terms)) in fails.iter_mut().zip(block.rate.iter().zip(&block.terms)) {
            let (bounded, seen) = (terms & mask == value, terms >> VISIBILITY_SHIFT <= level);
            *fails |= fail(bounded & seen & (*rate > ceiling.rate), Code::Price);
            *fails |= doubt(bounded & ((*rate == ceiling.rate) | (may_own & !seen)));
        }
    } else if view.organisation.is_some() {
        // Of a ceiling that the caller does not see, only owners learn that their price is above it.
        for (fails, (rate, terms)) in fails.iter_mut().zip(block.rate.iter().zip(&block.terms)) {
            *fails |= doubt((terms & mask == value) & (*rate >= ceiling.rate));
        }
    }
}

#[inline(always)]
fn doubt(is: bool) -> u16 {
    if is { DOUBT } else { 0 }
}

#[inline(always)]
pub(super) fn fail(fails: bool, code: Code) -> u16 {
    if fails { code.bit() } else { 0 }
}

/// A score that no row exceeds, in basis points: exact but for months, of which it takes all of the season to be
/// shared, for stars and papers of which it takes all to hold, and for rounding.
#[inline(always)]
fn bound<const N: usize>(question: &Question<'_>, block: &Columns<N>, bounds: &mut [f32]) {
    let points = &question.points;
    let neutral = f32::from(points.price) * f32::from(NEUTRAL);
    let welcome = f32::from(points.preferred) * 100.0;
    let always = f32::from(points.always) + 0.5 + neutral + if question.need.preferred == 0 { welcome } else { 0.0 };
    for (bound, province) in bounds.iter_mut().zip(&block.province) {
        *bound = points.distance[usize::from(province & 127)];
    }
    let (needed, month, always) = (question.need.months, points.month, always + points.whole_season);
    for (bound, months) in bounds.iter_mut().zip(&block.months) {
        *bound += always + f32::from(ones(months & needed)) * month;
    }
    #[expect(clippy::cast_precision_loss, reason = "half a point is left for it")]
    let (most, each) = (f32::from(points.volume) * 100.0, f32::from(points.volume) * 100.0 / question.need.quantity as f32);
    for (bound, code) in bounds.iter_mut().zip(&block.quantity) {
        // The code of a number is that number, or one that is large enough.
        #[expect(clippy::cast_precision_loss, reason = "half a point is left for it")]
        let volume = *code as f32 * each;
        *bound += volume.min(most);
    }
    let star = f32::from(points.star);
    for (bound, (until, marks)) in bounds.iter_mut().zip(block.stars_until.iter().zip(&block.marks)) {
        let lasts = u16::from(question.until <= *until);
        *bound += f32::from((marks & STARS) * lasts) * star;
    }
    if let Some((ceiling, price)) = question.price.as_ref().zip(question.need.ceiling).filter(|(ceiling, _)| ceiling.is_seen) {
        let (mask, value) = ceiling.alike;
        #[expect(clippy::cast_precision_loss, reason = "half a point is left for it")]
        let below = f32::from(points.price) * 50.0 * (price.per_base as f32 / price.amount.max(1) as f32);
        for (bound, (rate, terms)) in bounds.iter_mut().zip(block.rate.iter().zip(&block.terms)) {
            let more = (neutral - least_rate(*rate) * below).max(0.0);
            *bound += if terms & mask == value { more } else { 0.0 };
        }
    }
    for (plane, kinds) in block.kinds.iter().zip(question.preferred).filter(|(_, kinds)| *kinds != 0) {
        let plane: &[u16; N] = plane.as_deref().unwrap_or(const { &[0; N] });
        for (bound, plane) in bounds.iter_mut().zip(plane) {
            *bound += if plane & kinds == 0 { 0.0 } else { welcome };
        }
    }
}
