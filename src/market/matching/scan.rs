//! The scan of a group: first a mask of what each row certainly fails, block by block in plain loops over columns, which
//! the compiler turns into vector instructions; then a closer look at the rows that fail at most one constraint.

#![expect(clippy::needless_bitwise_bool, reason = "a branch for each row is what keeps a loop from being vectorised")]
#![expect(clippy::indexing_slicing, reason = "rows are below ROWS, the length of every column; planes and tables by masks of their length")]

use super::book::Place;
use super::codes::{least_rate, value_of};
use super::columns::{Block, EVERYWHERE, MORE_STARS, PROMISED, ROWS, STARS, VISIBILITY_SHIFT, WIDE};
use super::constraints::{Code, Fails};
use super::facts::{Need, Setting, Supply};
use super::judge::judge;
use super::papers::Held;
use super::question::{Ceiling, Question};
use super::ranking::Race;
use super::score::{self, NEUTRAL};
use crate::market::record::ALL_MONTHS;
use std::cmp::Reverse;

/// Whether the row passes all that it does not certainly fail has to be looked up.
const DOUBT: u16 = 1 << 12;
/// Beside the unit: it makes no near miss, so it counts as two failures.
const NEVER_NEAR: u16 = 1 << 13;
/// The row is not considered: two failures.
const CLOSED: u16 = 0b11 << 14;

/// A column of zeros, for planes that no row has needed.
static NOTHING: [u16; ROWS] = [0; ROWS];

/// Scans the first `used` rows of a block; `place` is that of its first, `wide` finds the offers that are kept whole.
pub(super) fn scan<'b>(
    question: &Question<'_>,
    (block, used): (&Block, usize),
    place: Place,
    wide: impl Fn(usize) -> Option<&'b Supply>,
    race: &mut Race<Place>,
) {
    // Whole vectors: unused rows are closed.
    let used = used.next_multiple_of(64).min(ROWS);
    let (mut fails, mut bounds) = ([0; ROWS], [0.0; ROWS]);
    let (fails, bounds) = (&mut fails[..used], &mut bounds[..used]);
    mask(question, block, fails);
    bound(question, block, bounds);
    let (mut open, mut fitting) = (0_u16, 0_u16);
    for fails in &*fails {
        open += u16::from(*fails < CLOSED);
        fitting += u16::from(*fails == 0);
    }
    race.considered += u32::from(open);
    race.eligible += u32::from(fitting);

    let mut alive = Alive::new(fails, bounds, race);
    let mut common = [0; ROWS];
    for row in alive.rows() {
        refine(question, block, row, fails, &mut common);
    }
    if question.need.required != 0 {
        alive.keep(fails);
        for row in alive.rows() {
            certify(question, block, row, fails);
        }
    }
    alive.keep(fails);
    for row in alive.rows() {
        let place = Place { slot: place.slot + u32::try_from(row).unwrap_or(0), ..place };
        Row { block, at: row, fails: fails[row], common: common[row], bound: bounds[row], place }.rank(question, race);
    }
    if block.wide > 0 {
        for row in (0..ROWS).filter(|row| block.months[*row] & WIDE != 0) {
            let place = Place { slot: place.slot + u32::try_from(row).unwrap_or(0), ..place };
            if let Some(supply) = wide(row) {
                whole(supply, place, question.need, question.setting, race);
            }
        }
    }
}

/// Rows of a block that may still count or win.
struct Alive {
    rows: [u16; ROWS],
    count: usize,
}

impl Alive {
    /// Those that may fit after all, and those whose bound lets them in among the best or the near misses.
    fn new(fails: &[u16], bounds: &[f32], race: &Race<Place>) -> Self {
        let (best, near) = (f32::from(race.best.least_score()), f32::from(race.near.least_score()));
        let mut chosen = [0_u16; ROWS];
        for (chosen, (fails, bound)) in chosen.iter_mut().zip(fails.iter().zip(bounds)) {
            let certain = fails & !DOUBT;
            let fits = (certain == 0) & ((*fails == DOUBT) | (*bound >= best));
            let misses = (certain & certain.wrapping_sub(1) == 0) & (*bound >= near);
            *chosen = u16::from(fits | misses);
        }
        let mut found = Self { rows: [0; ROWS], count: 0 };
        // Without a branch: whether a row is alive cannot be foretold.
        for (row, chosen) in (0..).zip(chosen) {
            found.rows[found.count & (ROWS - 1)] = row;
            found.count += usize::from(chosen);
        }
        found
    }

    fn rows(&self) -> impl Iterator<Item = usize> {
        self.rows.iter().take(self.count).map(|row| usize::from(*row) & (ROWS - 1))
    }

    /// Drops those that by now fail more than one constraint.
    fn keep(&mut self, fails: &[u16]) {
        let mut count = 0;
        for at in 0..self.count {
            let row = self.rows[at];
            self.rows[count] = row;
            let certain = fails[usize::from(row) & (ROWS - 1)] & !DOUBT;
            count += usize::from(certain & certain.wrapping_sub(1) == 0);
        }
        self.count = count;
    }
}

/// Judges an offer by all that is known of it.
pub(super) fn whole(supply: &Supply, place: Place, need: &Need, setting: &Setting<'_>, race: &mut Race<Place>) {
    if supply.is_open(setting.as_of) {
        race.considered += 1;
        race.eligible += u32::from(full(supply, place, need, setting, race));
    }
}

/// The same for one that is open: takes it in where it is good enough; whether it fits.
fn full(supply: &Supply, place: Place, need: &Need, setting: &Setting<'_>, race: &mut Race<Place>) -> bool {
    let found = judge(supply, need, true, setting);
    let rank = (Reverse(found.score_bp(setting)), found.distance, supply.id);
    if found.fails.is_empty() {
        race.best.offer(rank, place);
    } else if let Some(code) = found.fails.near() {
        race.near.offer(rank, (place, code));
    }
    found.fails.is_empty()
}

/// Sets for each row the bits of what it certainly fails, and whether it may fail more. Unused rows and wide ones are closed.
fn mask(question: &Question<'_>, block: &Block, fails: &mut [u16]) {
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
    let plane: &[u16; ROWS] = block.delivers_to[plane & 7].as_deref().unwrap_or(&NOTHING);
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
        let plane: &[u16; ROWS] = plane.as_deref().unwrap_or(&NOTHING);
        for (fails, kinds) in fails.iter_mut().zip(plane) {
            *fails |= fail(kinds & required != required, Code::Certificate) | DOUBT;
        }
    }
    if let Some(ceiling) = &question.price {
        prices(question, ceiling, block, fails);
    }
}

fn days(question: &Question<'_>, block: &Block, fails: &mut [u16]) {
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

fn stars(question: &Question<'_>, block: &Block, fails: &mut [u16]) {
    let (first, last, needed) = (question.from, question.until, u16::from(question.need.least_stars));
    let columns = block.stars_from.iter().zip(&block.stars_until).zip(block.marks.iter().zip(&block.months));
    for (fails, ((from, until), (marks, months))) in fails.iter_mut().zip(columns) {
        let (begun, lasts) = (*from <= first, last <= *until);
        let enough = begun & lasts & (marks & STARS >= needed);
        let unknown = (months & MORE_STARS != 0) & lasts & !begun;
        *fails |= fail(!(enough | unknown), Code::Stars) | doubt(unknown);
    }
}

fn prices(question: &Question<'_>, ceiling: &Ceiling, block: &Block, fails: &mut [u16]) {
    let view = &question.setting.view;
    let ((mask, value), level) = (ceiling.bounded, view.level as u16);
    if ceiling.is_seen {
        let may_own = view.organisation.is_some() || !view.provinces.is_empty();
        for (fails, (rate, terms)) in fails.iter_mut().zip(block.rate.iter().zip(&block.terms)) {
            let (bounded, seen) = (terms & mask == value, terms >> VISIBILITY_SHIFT <= level);
            *fails |= fail(bounded & seen & (*rate > ceiling.rate), Code::Price);
            *fails |= doubt(bounded & ((*rate == ceiling.rate) | (may_own & !seen)));
        }
    } else if let Some(organisation) = view.organisation {
        // Of a ceiling that the caller does not see, only owners learn that their price is above it.
        for (fails, producer) in fails.iter_mut().zip(&block.producer) {
            *fails |= doubt(*producer == organisation);
        }
    }
}

#[inline]
fn doubt(is: bool) -> u16 {
    if is { DOUBT } else { 0 }
}

#[inline]
fn fail(fails: bool, code: Code) -> u16 {
    if fails { code.bit() } else { 0 }
}

/// Whether the OCOP papers of a row have to be looked up, and if not, how many stars it has over the period.
#[inline]
fn stars_of(question: &Question<'_>, block: &Block, row: usize) -> (bool, u16) {
    let (begun, lasts) = (block.stars_from[row] <= question.from, question.until <= block.stars_until[row]);
    let unknown = (block.months[row] & MORE_STARS != 0) & lasts & !begun;
    (unknown, if begun & lasts { block.marks[row] & STARS } else { 0 })
}

/// Counts the months that are shared, and compares a price with the ceiling where the codes do not tell.
#[inline]
fn refine(question: &Question<'_>, block: &Block, row: usize, fails: &mut [u16], common: &mut [u8; ROWS]) {
    let before = fails[row];
    if before & (Code::Period.bit() | Code::Months.bit()) == 0 {
        let end = block.until[row].min(block.closed_on[row].saturating_sub(1));
        common[row] = question.months_shared(block.months[row] & ALL_MONTHS, block.from[row], end);
        fails[row] |= fail(common[row] == 0, Code::Months);
    }
    if let Some(ceiling) = &question.price
        && before & Code::Price.bit() == 0
        && too_dear(question, ceiling, block, row)
    {
        fails[row] |= Code::Price.bit();
    }
}

/// Looks up whether the required papers, of which the row has some of any date, hold over the period.
#[inline]
fn certify(question: &Question<'_>, block: &Block, row: usize, fails: &mut [u16]) {
    let need = question.need;
    if fails[row] & (Code::Certificate.bit()) == 0 {
        let held = question.setting.papers.held(block.papers[row], need.from, need.until);
        fails[row] |= fail(need.required & !held.kinds != 0, Code::Certificate);
    }
}

/// A score that no row exceeds, in basis points: exact but for months, of which it takes all to be shared, for stars and papers
/// of which it takes all to hold, and for rounding.
fn bound(question: &Question<'_>, block: &Block, bounds: &mut [f32]) {
    let points = &question.points;
    let neutral = f32::from(points.price) * f32::from(NEUTRAL);
    let welcome = f32::from(points.preferred) * 100.0;
    let always = f32::from(points.always + points.all_months) + 0.5 + neutral + if question.need.preferred == 0 { welcome } else { 0.0 };
    for (bound, province) in bounds.iter_mut().zip(&block.province) {
        *bound = always + f32::from(points.province[usize::from(province & 127)].0);
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
        let plane: &[u16; ROWS] = plane.as_deref().unwrap_or(&NOTHING);
        for (bound, plane) in bounds.iter_mut().zip(plane) {
            *bound += if plane & kinds == 0 { 0.0 } else { welcome };
        }
    }
}

/// A row that fails at most one constraint.
struct Row<'a> {
    block: &'a Block,
    at: usize,
    /// What it fails; with [`DOUBT`], it is not counted yet.
    fails: u16,
    /// Calendar months of both sides.
    common: u8,
    bound: f32,
    place: Place,
}

impl Row<'_> {
    /// Counts it unless that is done, and takes it in where it is good enough.
    #[inline]
    fn rank(&self, question: &Question<'_>, race: &mut Race<Place>) {
        let (block, row, points, fails) = (self.block, self.at, &question.points, self.fails & !DOUBT);
        let counted = self.fails & DOUBT == 0;
        let (stars_unknown, stars) = stars_of(question, block, row);
        let promised = block.months[row] & PROMISED != 0;
        if (stars_unknown && question.need.least_stars > 0) || (promised && !self.surely_leaves_enough(question)) {
            race.eligible += u32::from(self.judge(question, race));
            return;
        }
        race.eligible += u32::from(fails == 0 && !counted);
        let least = if fails == 0 { race.best.least_score() } else { race.near.least_score() };
        let months = points.months[usize::from(self.common)];
        if self.bound - f32::from(points.all_months - months) < f32::from(least) {
            return;
        }
        if promised || stars_unknown {
            self.judge(question, race);
            return;
        }
        let (distance_points, distance) = points.province[usize::from(block.province[row] & 127)];
        let score = points.always
            + distance_points
            + months
            + points.stars[usize::from(stars)]
            + u16::from(volume_fit(value_of(block.quantity[row]), question.need.quantity)) * points.volume
            + u16::from(price_fit(question, block, row)) * points.price
            + self.preferred(question) * points.preferred;
        if score < least {
            return;
        }
        let rank = (Reverse(score), distance, block.id[row]);
        match Fails(fails).near() {
            None => race.best.offer(rank, self.place),
            Some(code) => race.near.offer(rank, (self.place, code)),
        }
    }

    /// Whether it leaves enough however much of its promises falls into the months of both; certain not to is as good.
    fn surely_leaves_enough(&self, question: &Question<'_>) -> bool {
        let promises = question.setting.promises.get(self.block.promises[self.at]);
        let all = promises.iter().fold(0_i64, |sum, promise| sum.saturating_add(promise.quantity));
        let enough = if question.need.single_supplier { question.need.quantity } else { 1 };
        self.fails & Code::Quantity.bit() != 0 || value_of(self.block.quantity[self.at]).saturating_sub(all) >= enough
    }

    /// Judges it by all that is known of it; whether it fits.
    fn judge(&self, question: &Question<'_>, race: &mut Race<Place>) -> bool {
        full(&self.block.get(self.at, self.place.group), self.place, question.need, question.setting, race)
    }

    /// Fit of the welcome papers.
    fn preferred(&self, question: &Question<'_>) -> u16 {
        let need = question.need;
        let held = if need.preferred == 0 {
            Held::default()
        } else {
            question.setting.papers.held(self.block.papers[self.at], need.from, need.until)
        };
        u16::from(score::preferred_fit(held, need.preferred))
    }
}

/// Whether a price that the codes let pass is above the ceiling all the same: of equal codes, or of what the caller owns.
fn too_dear(question: &Question<'_>, ceiling: &Ceiling, block: &Block, row: usize) -> bool {
    let terms = block.terms[row];
    let (mask, value) = ceiling.bounded;
    if terms & mask != value || block.rate[row] < ceiling.rate {
        return false;
    }
    let view = &question.setting.view;
    let by_level = ceiling.is_seen && terms >> VISIBILITY_SHIFT <= view.level as u16;
    if by_level && block.rate[row] > ceiling.rate {
        return true;
    }
    let owned = view.organisation == Some(block.producer[row]);
    let seen = by_level || owned || view.provinces.contains(block.province[row]);
    (seen && (ceiling.is_seen || owned)) && above(question, block, row)
}

fn above(question: &Question<'_>, block: &Block, row: usize) -> bool {
    block.price(row).zip(question.need.ceiling).is_some_and(|(price, ceiling)| {
        let (price, ceiling) = score::over_one(&price, &ceiling);
        price > ceiling
    })
}

#[inline]
fn volume_fit(quantity: i64, needed: i64) -> u8 {
    if quantity >= needed {
        return 100;
    }
    match quantity.checked_mul(100) {
        Some(hundredfold) => u8::try_from(hundredfold / needed).unwrap_or(0),
        None => score::volume_fit(i128::from(quantity), i128::from(needed)),
    }
}

#[inline]
fn price_fit(question: &Question<'_>, block: &Block, row: usize) -> u8 {
    let Some(((mask, value), ceiling)) =
        question.price.as_ref().filter(|ceiling| ceiling.is_seen).map(|ceiling| ceiling.alike).zip(question.need.ceiling)
    else {
        return NEUTRAL;
    };
    let terms = block.terms[row];
    let view = &question.setting.view;
    let seen = terms >> VISIBILITY_SHIFT <= view.level as u16
        || view.organisation == Some(block.producer[row])
        || view.provinces.contains(block.province[row]);
    if terms & mask != value || !seen {
        return NEUTRAL;
    }
    block.price(row).map_or(NEUTRAL, |price| score::price_fit(&price, &ceiling))
}
