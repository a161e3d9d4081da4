//! The survey of a block: which of its rows are open, which certainly fit, and which have to be looked at one by one because
//! they may fit; of those that fit, or fail once, which may come in among the best or the near misses.
//!
//! Loops over sets of 512 rows, which the compiler turns into vector instructions: into the widest that the processor has,
//! chosen when the program runs. A row that fails twice interests nobody, and one that fails once only as a near miss.

#![expect(clippy::inline_always, reason = "what is not inlined is compiled without the wide instructions")]

use super::bits::Bits;
use super::codes::{rate, size_code};
use super::columns::Block;
use super::planes::{Kind, Planes};
use super::question::{Ceiling, Question};
use super::score::{self, NEUTRAL, WHOLE};
use super::sliced::Against;
use fearless_simd::{Level, dispatch};

/// From this on, several quantities have the same code.
const MOST_TOLD_APART: i64 = 1 << 24;

/// Scores are told apart by so much where the most promising rows are chosen.
const LEAST_STEP: u16 = 64;

/// What is found of a block.
pub(super) struct Survey {
    /// Rows that are open.
    pub open: Bits,
    /// Those that certainly fit.
    pub fitting: Bits,
    /// Those that may fit.
    pub doubtful: Bits,
    /// Those that fail once, and may fail more; none where near misses are not asked for.
    pub missing: Bits,
}

/// What is sought in a block beside how many fit, by how good an offer must be to come in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought {
    /// Which may score enough.
    pub scores: bool,
    /// And of these who has stars.
    pub stars: bool,
}

/// What the rows are known to fail.
struct Tally {
    once: Bits,
    twice: Bits,
    /// They may fail more.
    unsure: Bits,
    /// Whether near misses are asked for.
    near: bool,
}

impl Tally {
    /// Those that interest nobody.
    #[inline(always)]
    fn lost(&self) -> Bits {
        if self.near { self.twice } else { self.once }
    }

    #[inline(always)]
    fn fail(&mut self, rows: Bits) {
        self.twice = self.twice.or(self.once.and(rows));
        self.once = self.once.or(rows);
    }

    #[inline(always)]
    fn hold(&mut self, against: Against) {
        self.fail(against.fails);
        self.unsure = self.unsure.or(against.unsure);
    }
}

impl Survey {
    /// Surveys `chosen` rows; for near misses too where these may still come in.
    pub fn new(question: &Question<'_>, block: &Block, chosen: Bits, near: bool) -> Self {
        dispatch!(Level::new(), _ => survey(question, block, chosen, near))
    }
}

/// Those of `rows` whose score may be `least` or more.
pub(super) fn contending(question: &Question<'_>, block: &Block, best: BestScore, rows: Bits, least: u16) -> Bits {
    dispatch!(Level::new(), _ => contenders(question, &block.planes, rows, best, least))
}

/// Those of `rows` that may score most, at least `count` where there are so many: whoever looks at them first knows how good
/// the others must be.
pub(super) fn promising(question: &Question<'_>, block: &Block, rows: Bits, count: u32) -> Bits {
    dispatch!(Level::new(), _ => most_promising(question, block, rows, count))
}

#[inline(always)]
fn most_promising(question: &Question<'_>, block: &Block, rows: Bits, count: u32) -> Bits {
    let best = best_score(question, block);
    let (mut found, mut least, mut step) = (rows, 0, best.score.next_power_of_two());
    while step > LEAST_STEP {
        step /= 2;
        let fewer = contenders(question, &block.planes, rows, best, least + step);
        if fewer.count() >= count {
            (found, least) = (fewer, least + step);
        }
    }
    found
}

#[inline(always)]
fn survey(question: &Question<'_>, block: &Block, chosen: Bits, near: bool) -> Survey {
    let (planes, need) = (&block.planes, question.need);
    let open = if question.is_today { planes.open() } else { block.open_on(question.as_of) }.and(chosen);
    let none = Survey { open, fitting: Bits::NONE, doubtful: Bits::NONE, missing: Bits::NONE };
    // No paper of a row has more stars than the block's most.
    if open.is_empty() || (!near && block.most_stars < need.least_stars) {
        return none;
    }
    let mut tally = Tally { once: Bits::NONE, twice: Bits::NONE, unsure: planes.doubtful(), near };
    let unit = planes.of_another_unit(need.unit);
    // Beside the unit: it makes no near miss, so it counts as two failures.
    tally.fail(unit);
    tally.fail(unit);
    if open.without(tally.lost()).is_empty() {
        return none;
    }
    tally.fail(planes.delivering(question.place).not());
    for kind in kinds(need.required) {
        // Several kinds are one constraint: here a row may seem to fail twice that fails it alone.
        if need.required.is_power_of_two() {
            tally.fail(planes.kind(kind).map_or(Bits::NONE, |kind| kind.has).not());
        }
    }
    days(question, planes, open, &mut tally);
    if open.without(tally.lost()).is_empty() {
        return none;
    }
    let told_apart = |number: i64| number < MOST_TOLD_APART;
    tally.hold(planes.quantity().at_least(size_code(question.enough), told_apart(question.enough)));
    tally.hold(planes.minimum_order().at_most(size_code(need.quantity), told_apart(need.quantity)));
    if need.shelf_life_days > 0 {
        tally.hold(planes.shelf_life_days().at_least(need.shelf_life_days.into(), true));
    }
    if need.least_stars > 0 {
        tally.hold(stars(question, planes, need.least_stars));
    }
    if let Some(ceiling) = &question.price {
        tally.hold(prices(question, ceiling, planes));
    }
    if need.required != 0 {
        certificates(question, planes, open, &mut tally);
    }
    let faultless = open.without(tally.once);
    let missing = if near { open.and(tally.once).without(tally.twice) } else { Bits::NONE };
    Survey { open, fitting: faultless.without(tally.unsure), doubtful: faultless.and(tally.unsure), missing }
}

/// The kinds of a set.
#[inline(always)]
pub(super) fn kinds(mut set: u64) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let kind = (set != 0).then(|| u8::try_from(set.trailing_zeros()).unwrap_or(0))?;
        set &= set - 1;
        Some(kind)
    })
}

/// Days and months of both; of a single supplier each month.
#[inline(always)]
fn days(question: &Question<'_>, planes: &Planes, open: Bits, tally: &mut Tally) {
    let shares = |first: u16, last: u16| {
        let (begins, ends) = (planes.from().at_most(last.into(), true), planes.end().at_least(first.into(), true));
        Against { fails: begins.fails.or(ends.fails), unsure: begins.unsure.or(ends.unsure) }
    };
    let period = shares(question.from, question.until);
    tally.hold(period);
    if let Some((first_month_ends, last_month_begins)) = question.edges {
        let in_season = planes.all_year().or(planes.with_all_months(question.need.months));
        tally.fail(in_season.not());
        // Who shares no day at all is judged by its season.
        let certainly_shares = in_season.without(period.fails).without(period.unsure);
        let (begins, ends) = (planes.from().at_most(first_month_ends.into(), true), planes.end().at_least(last_month_begins.into(), true));
        tally.fail(begins.fails.or(ends.fails).and(certainly_shares));
        tally.unsure = tally.unsure.or(begins.unsure.or(ends.unsure).and(certainly_shares));
        return;
    }
    let seasonal = open.without(planes.all_year());
    let mut doubtful = open;
    if let Some((first, last)) = question.run {
        if (first, last) != (question.from, question.until) {
            // Who shares no day at all is judged by its season.
            let run = shares(first, last);
            tally.fail(run.fails.without(period.fails).without(period.unsure).and(planes.all_year()));
            tally.unsure = tally.unsure.or(run.unsure);
        }
        doubtful = seasonal;
    }
    if !seasonal.is_empty() {
        let certainly_shares = seasonal.without(period.fails).without(period.unsure);
        tally.fail(planes.without_months(question.need.months).without(certainly_shares));
        if question.run.is_some() {
            seasons(question, planes, certainly_shares, tally);
            doubtful = Bits::NONE;
        } else {
            tally.fail(planes.without_months(question.need.months).and(certainly_shares));
        }
    }
    // One that does not reach over the whole period may share no demanded month.
    if !doubtful.without(tally.lost()).is_empty() {
        let (begun, lasts) = (planes.from().at_most(question.from.into(), true), planes.end().at_least(question.until.into(), true));
        let partly = begun.fails.or(begun.unsure).or(lasts.fails).or(lasts.unsure);
        tally.unsure = tally.unsure.or(doubtful.and(partly));
    }
}

/// Whether `rows`, which share days, share a calendar month.
#[inline(always)]
fn seasons(question: &Question<'_>, planes: &Planes, rows: Bits, tally: &mut Tally) {
    let (mut sure, mut may) = (Bits::NONE, Bits::NONE);
    for (month, first, last) in &question.calendar {
        let season = planes.month(*month).and(rows);
        if season.is_empty() {
            continue;
        }
        let (begins, ends) = (planes.from().at_most((*last).into(), true), planes.end().at_least((*first).into(), true));
        let holds = season.without(begins.fails).without(ends.fails);
        may = may.or(holds);
        sure = sure.or(holds.without(begins.unsure).without(ends.unsure));
    }
    tally.fail(rows.without(may));
    tally.unsure = tally.unsure.or(may.without(sure));
}

/// Whether the longest OCOP paper has so many stars and holds over the period.
#[inline(always)]
fn stars(question: &Question<'_>, planes: &Planes, least: u8) -> Against {
    let (begun, lasts) =
        (planes.stars_from().at_most(question.from.into(), true), planes.stars_until().at_least(question.until.into(), true));
    let enough = planes.with_stars(least);
    // Where it has not begun, another may hold.
    let lapsed = lasts.fails;
    let late = begun.fails.or(begun.unsure);
    let unsure = begun.unsure.or(lasts.unsure).or(planes.more_stars().and(late)).without(lapsed);
    let holds = enough.without(begun.fails).without(lapsed);
    Against { fails: holds.or(unsure).not(), unsure }
}

/// Whether prices are at most the ceiling, as far as the caller may know.
#[inline(always)]
fn prices(question: &Question<'_>, ceiling: &Ceiling, planes: &Planes) -> Against {
    let view = &question.setting.view;
    let may_own = view.organisation.is_some() || !view.provinces.is_empty() || !view.introduced.is_empty();
    // Of a ceiling that the caller does not see, only owners learn that their price is above it.
    if !ceiling.is_seen && view.organisation.is_none() {
        return Against::HOLDS;
    }
    let bounded = planes.with_terms(ceiling.bounded.0, ceiling.bounded.1);
    let within = planes.rate().at_most(ceiling.rate, false);
    let may_be_bounded = bounded.fails.not();
    let high = within.fails.or(within.unsure);
    if !ceiling.is_seen {
        return Against { fails: Bits::NONE, unsure: may_be_bounded.and(high) };
    }
    let seen = planes.visible(view.level as u16);
    let fails = may_be_bounded.without(bounded.unsure).and(within.fails).and(seen);
    let judged = if may_own { Bits::ALL } else { seen };
    Against { fails, unsure: may_be_bounded.and(high).and(judged).without(fails) }
}

/// Whether each required kind is held over the period.
#[inline(always)]
fn certificates(question: &Question<'_>, planes: &Planes, open: Bits, tally: &mut Tally) {
    let several_kinds = question.need.required.count_ones() > 1;
    let (mut fails, mut unsure) = (Bits::NONE, Bits::NONE);
    for kind in kinds(question.need.required) {
        let Some(kind) = planes.kind(kind) else {
            fails = Bits::ALL;
            break;
        };
        fails = fails.or(kind.has.not());
        // Who fails already interests only as a near miss, and is looked at then.
        let (lapsed, other) = lapsed(question, kind, open.without(tally.once).without(fails));
        fails = fails.or(lapsed);
        unsure = unsure.or(other);
    }
    unsure = unsure.without(fails);
    if several_kinds {
        tally.fail(fails);
    } else if let Some(kind) = kinds(question.need.required).next().and_then(|kind| planes.kind(kind)) {
        // Those that have none failed before.
        tally.fail(fails.and(kind.has));
    }
    tally.unsure = tally.unsure.or(unsure);
}

/// Those of `rows` whose paper does not hold over the period: of which it is the only one, and which may have another.
#[inline(always)]
fn lapsed(question: &Question<'_>, kind: &Kind, rows: Bits) -> (Bits, Bits) {
    let lapsed =
        kind.has.and_ranked(rows, |rank| kind.days.get(rank).is_none_or(|(from, until)| *from > question.from || question.until > *until));
    (lapsed.without(kind.several()), lapsed.and(kind.several()))
}

/// Those of `rows` whose score may be `least` or more.
///
/// No part of such a row is worse than the best that there can be by more than the best sum is better than `least`. What a
/// row loses by its stars and its papers is known; what it may lose by the rest is as much less.
#[inline(always)]
fn contenders(question: &Question<'_>, planes: &Planes, rows: Bits, best: BestScore, least: u16) -> Bits {
    let (need, points, price_fit) = (question.need, &question.points, best.price_fit);
    let Some(slack) = best.score.checked_sub(least) else { return Bits::NONE };
    let welcome = kinds(need.preferred).fold(Bits::NONE, |rows, kind| planes.kind(kind).map_or(rows, |kind| rows.or(kind.has)));
    if least == 0 {
        return rows;
    }
    let lapsed = planes.stars_until().at_least(question.until.into(), true).fails;
    let mut found = Bits::NONE;
    let (mut rest, mut left) = (rows, Some(slack));
    for stars in (0..=best.stars).rev() {
        let Some(slack) = left.filter(|_| !rest.is_empty()) else { break };
        // Rows with so many stars, and no more.
        let starred = if stars == 0 || points.star == 0 { rest } else { rest.and(planes.with_stars(stars)).without(lapsed) };
        rest = rest.without(starred);
        if !starred.is_empty() {
            if need.preferred == 0 {
                found = found.or(rivals(question, planes, starred, price_fit, slack));
            } else {
                found = found.or(rivals(question, planes, starred.and(welcome), price_fit, slack));
                if let Some(slack) = slack.checked_sub(100 * points.preferred) {
                    found = found.or(rivals(question, planes, starred.without(welcome), price_fit, slack));
                }
            }
        }
        left = slack.checked_sub(20 * points.star);
    }
    found
}

/// Those of `rows` that lose at most `slack` by volume, months and price, each by itself.
#[inline(always)]
fn rivals(question: &Question<'_>, planes: &Planes, rows: Bits, price_fit: u16, slack: u16) -> Bits {
    if rows.is_empty() {
        return rows;
    }
    let (need, points, mut rows) = (question.need, &question.points, rows);
    // The least fit with which a part of such a weight does not lose more of its points than the slack.
    let fit = |most: u16, weight: u16| score::least_fit(weight, score::points(weight, most).saturating_sub(slack));
    let volume = fit(WHOLE, points.volume);
    if volume > 0 {
        let whole = i128::from(WHOLE);
        let quantity = (i128::from(need.quantity) * i128::from(volume) + whole - 1) / whole;
        rows = rows.without(planes.quantity().at_least(size_code(i64::try_from(quantity).unwrap_or(i64::MAX)), false).fails);
    }
    // Who does not share every month of the year has the points of one less at most.
    let all_but_one = points.months.get((need.months_needed as usize).saturating_sub(1)).copied().unwrap_or(0);
    if points.each_month_once && slack < 100 * points.month - all_but_one {
        rows = rows.and(planes.all_year().or(planes.with_all_months(need.months)));
    }
    let price = fit(price_fit, points.price);
    if price > 0 && !rows.is_empty() {
        rows = rows.and(cheap(question, planes, price));
    }
    rows
}

/// The best score that there may be in a block, with the best fit of a price.
#[derive(Clone, Copy)]
pub(super) struct BestScore {
    pub score: u16,
    price_fit: u16,
    pub stars: u8,
}

#[inline]
pub(super) fn best_score(question: &Question<'_>, block: &Block) -> BestScore {
    let (points, price_fit) = (&question.points, best_price_fit(question, block.least_rate));
    // More stars than five are no better.
    let stars = block.most_stars.min(5);
    let of_stars = points.stars.get(usize::from(stars)).copied().unwrap_or(0);
    let parts = points.volume + points.month + points.preferred + points.nearness;
    BestScore { score: points.always + 100 * parts + of_stars + score::points(points.price, price_fit), price_fit, stars }
}

/// The best fit of a price in a block, or a better one.
fn best_price_fit(question: &Question<'_>, least_rate: f32) -> u16 {
    let Some(ceiling) = question.price.as_ref().filter(|ceiling| ceiling.is_seen).and(question.need.ceiling) else { return NEUTRAL };
    let ceiling = rate(&ceiling);
    if ceiling <= 0.0 {
        return WHOLE;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between nothing and the whole")]
    // A basis point more, for rounding.
    let fit = (f32::from(WHOLE + 1) - f32::from(NEUTRAL) * least_rate / ceiling).clamp(0.0, WHOLE.into()) as u16;
    fit.max(NEUTRAL)
}

/// Rows whose price may fit so well.
#[inline(always)]
fn cheap(question: &Question<'_>, planes: &Planes, fit: u16) -> Bits {
    let neutral = fit <= NEUTRAL;
    let Some((terms, ceiling)) = question.price.as_ref().filter(|ceiling| ceiling.is_seen).zip(question.need.ceiling) else {
        return if neutral { Bits::ALL } else { Bits::NONE };
    };
    let alike = planes.with_terms(terms.alike.0, terms.alike.1);
    // A fit of so much: at most such a share of the ceiling; a little more, for rounding.
    let most = rate(&ceiling) * (f32::from(WHOLE - fit.min(WHOLE)) / f32::from(NEUTRAL)) * 1.000_01;
    let dear = planes.rate().at_most(most.to_bits(), false).fails;
    if !neutral {
        return alike.fails.not().without(dear);
    }
    // Where they are not seen, or not alike, they are neutral.
    let view = &question.setting.view;
    let sees_all = view.organisation.is_none() && view.provinces.is_empty() && view.introduced.is_empty();
    let compared = alike.fails.or(alike.unsure).not().and(if sees_all { planes.visible(view.level as u16) } else { Bits::NONE });
    compared.and(dear).not()
}
