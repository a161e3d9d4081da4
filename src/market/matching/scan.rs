//! The scan of a block: first the loops over columns ([`super::lanes`]), then a closer look at the rows that may fit after
//! all, or whose best possible score lets them in among the best or the near misses.

#![expect(clippy::needless_bitwise_bool, reason = "a branch for each row is what keeps a loop from being vectorised")]
#![expect(clippy::indexing_slicing, reason = "rows are below ROWS, the length of every column; planes and tables by masks of their length")]

use super::book::Place;
use super::codes::value_of;
use super::columns::{Block, MORE_STARS, PROMISED, ROWS, STARS, VISIBILITY_SHIFT, WIDE};
use super::constraints::{Code, Fails};
use super::facts::{Need, Setting, Supply};
use super::judge::judge;
use super::lanes::{CLOSED, DOUBT, bound, fail, mask};
use super::papers::{AT_ONCE, Held, PaperSet};
use super::question::{Ceiling, Question};
use super::ranking::Race;
use super::score::{self, NEUTRAL};
use crate::market::record::ALL_MONTHS;
use std::cmp::Reverse;

/// What keeps rows out of a scan: [`LEFT_OUT`], or 0 for those that stay.
pub(super) type Mask = [u16; ROWS];
/// As if the row were closed.
pub(super) const LEFT_OUT: u16 = CLOSED;

/// Scans the first `used` rows of a block, without those that `left_out` names; `place` is that of the first, `wide` finds
/// the offers that are kept whole.
pub(super) fn scan<'b>(
    question: &Question<'_>,
    (block, used): (&Block, usize),
    place: Place,
    left_out: Option<&Mask>,
    wide: impl Fn(usize) -> Option<&'b Supply>,
    race: &mut Race<Place>,
) {
    // Whole vectors: unused rows are closed.
    let used = used.next_multiple_of(64).min(ROWS);
    let (mut fails, mut bounds) = ([0; ROWS], [0.0; ROWS]);
    let (fails, bounds) = (&mut fails[..used], &mut bounds[..used]);
    mask(question, block, fails);
    if let Some(left_out) = left_out {
        for (fails, left_out) in fails.iter_mut().zip(left_out) {
            *fails |= left_out;
        }
    }
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
        certify(question, block, &alive, fails);
    }
    alive.keep(fails);
    for row in alive.rows() {
        let place = Place { slot: place.slot + u32::try_from(row).unwrap_or(0), ..place };
        Row { block, at: row, fails: fails[row], common: common[row], bound: bounds[row], place }.rank(question, race);
    }
    if block.wide > 0 {
        for row in (0..used).filter(|row| block.months[*row] & WIDE != 0 && left_out.is_none_or(|left_out| left_out[*row] == 0)) {
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

/// Looks up whether the required papers, of which each row has some of any date, hold over the period.
fn certify(question: &Question<'_>, block: &Block, alive: &Alive, fails: &mut [u16]) {
    let need = question.need;
    let unknown = alive.rows().filter(|row| fails[*row] & Code::Certificate.bit() == 0).collect::<Vec<_>>();
    for rows in unknown.chunks(AT_ONCE) {
        let mut sets = [PaperSet::default(); AT_ONCE];
        for (set, row) in sets.iter_mut().zip(rows) {
            *set = block.papers[*row];
        }
        let held = question.setting.papers.kinds_held(&sets[..rows.len()], need.from, need.until);
        for (row, kinds) in rows.iter().zip(held) {
            fails[*row] |= fail(need.required & !kinds != 0, Code::Certificate);
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
        let most = question.setting.promises.most(self.block.promises[self.at]);
        let enough = if question.need.single_supplier { question.need.quantity } else { 1 };
        self.fails & Code::Quantity.bit() != 0 || value_of(self.block.quantity[self.at]).saturating_sub(most) >= enough
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
