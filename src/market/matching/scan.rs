//! The scan of a block: first the loops over columns ([`super::lanes`]), then a closer look at the rows that may fit after
//! all, or whose best possible score lets them in among the best or the near misses.

#![expect(clippy::needless_bitwise_bool, reason = "a branch for each row is what keeps a loop from being vectorised")]
#![expect(clippy::indexing_slicing, reason = "rows are below ROWS, the length of every column; planes and tables by masks of their length")]

use super::book::Place;
use super::codes::value_of;
use super::columns::{Block, Columns, MORE_STARS, PROMISED, ROWS, Rest, STARS, VISIBILITY_SHIFT};
use super::constraints::{Code, Fails};
use super::facts::{Need, Setting, Supply};
use super::judge::judge;
use super::lanes::{CLOSED, DOUBT, Survey, fail};
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

/// What lies beside the columns of a scan: of a row that may fit, the rest.
pub(super) trait Beside {
    /// Where the book keeps it.
    fn place(&self, row: usize) -> Place;
    /// What is not in the columns.
    fn rest(&self, row: usize) -> &Rest;
    /// All of it.
    fn supply(&self, row: usize) -> Supply;
}

/// A block as it stands in its group; `start` is the place of its first row.
pub(super) struct Standing<'b> {
    pub block: &'b Block,
    pub start: Place,
}

impl Beside for Standing<'_> {
    fn place(&self, row: usize) -> Place {
        Place { slot: self.start.slot + u32::try_from(row).unwrap_or(0), ..self.start }
    }

    fn rest(&self, row: usize) -> &Rest {
        &self.block.rest[row]
    }

    fn supply(&self, row: usize) -> Supply {
        self.block.get(row, self.start.group)
    }
}

/// Scans the first `used` rows, without those that `left_out` names; wide ones are the caller's to look at.
pub(super) fn scan<const N: usize>(
    question: &Question<'_>,
    (columns, used): (&Columns<N>, usize),
    left_out: Option<&Mask>,
    beside: &impl Beside,
    race: &mut Race<Place>,
) {
    // Whole vectors: unused rows are closed.
    let used = used.next_multiple_of(64).min(N);
    let least = (race.best.least_score(), race.near.least_score());
    let mut survey = Survey::<N>::new(question, columns, used, left_out, least);
    race.considered += u32::from(survey.open);
    race.eligible += u32::from(survey.fitting);

    let mut alive = Alive::<N>::new(&survey.alive, used);
    let fails = &mut survey.fails;
    let mut common = [0; N];
    for row in alive.rows() {
        refine(question, columns, beside, row, fails, &mut common);
    }
    if question.need.required != 0 {
        alive.keep(fails);
        certify(question, beside, &alive, fails);
    }
    alive.keep(fails);
    for row in alive.rows() {
        Row { columns, beside, at: row, fails: fails[row], common: common[row], bound: survey.bounds[row] }.rank(question, race);
    }
}

/// Rows of a block that may still count or win.
struct Alive<const N: usize> {
    rows: [u16; N],
    count: usize,
}

impl<const N: usize> Alive<N> {
    fn new(alive: &[u8; N], used: usize) -> Self {
        let mut found = Self { rows: [0; N], count: 0 };
        let (eights, _) = alive.as_chunks::<8>();
        for (first, eight) in (0_u16..).step_by(8).zip(eights).take(used / 8) {
            // Most of the time none of eight is alive.
            let mut left = u64::from_le_bytes(*eight);
            while left != 0 {
                found.rows[found.count & (N - 1)] = first + u16::try_from(left.trailing_zeros() / 8).unwrap_or(0);
                found.count += 1;
                left &= left - 1;
            }
        }
        found
    }

    fn rows(&self) -> impl Iterator<Item = usize> {
        self.rows.iter().take(self.count).map(|row| usize::from(*row) & (N - 1))
    }

    /// Drops those that by now fail more than one constraint.
    fn keep(&mut self, fails: &[u16; N]) {
        let mut count = 0;
        for at in 0..self.count {
            let row = self.rows[at];
            self.rows[count] = row;
            let certain = fails[usize::from(row) & (N - 1)] & !DOUBT;
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
fn stars_of<const N: usize>(question: &Question<'_>, block: &Columns<N>, row: usize) -> (bool, u16) {
    let (begun, lasts) = (block.stars_from[row] <= question.from, question.until <= block.stars_until[row]);
    let unknown = (block.months[row] & MORE_STARS != 0) & lasts & !begun;
    (unknown, if begun & lasts { block.marks[row] & STARS } else { 0 })
}

/// Counts the months that are shared, and compares a price with the ceiling where the codes do not tell.
#[inline]
fn refine<const N: usize>(
    question: &Question<'_>,
    block: &Columns<N>,
    beside: &impl Beside,
    row: usize,
    fails: &mut [u16; N],
    common: &mut [u8; N],
) {
    let before = fails[row];
    if before & (Code::Period.bit() | Code::Months.bit()) == 0 {
        let end = block.until[row].min(block.closed_on[row].saturating_sub(1));
        common[row] = question.months_shared(block.months[row] & ALL_MONTHS, block.from[row], end);
        fails[row] |= fail(common[row] == 0, Code::Months);
    }
    if let Some(ceiling) = &question.price
        && before & Code::Price.bit() == 0
        && too_dear(question, ceiling, block, beside, row)
    {
        fails[row] |= Code::Price.bit();
    }
}

/// Looks up whether the required papers, of which each row has some of any date, hold over the period.
fn certify<const N: usize>(question: &Question<'_>, beside: &impl Beside, alive: &Alive<N>, fails: &mut [u16; N]) {
    let need = question.need;
    let unknown = alive.rows().filter(|row| fails[*row] & Code::Certificate.bit() == 0).collect::<Vec<_>>();
    for rows in unknown.chunks(AT_ONCE) {
        let mut sets = [PaperSet::default(); AT_ONCE];
        for (set, row) in sets.iter_mut().zip(rows) {
            *set = beside.rest(*row).papers;
        }
        let held = question.setting.papers.kinds_held(&sets[..rows.len()], need.from, need.until);
        for (row, kinds) in rows.iter().zip(held) {
            fails[*row] |= fail(need.required & !kinds != 0, Code::Certificate);
        }
    }
}

/// A row that fails at most one constraint.
struct Row<'a, B, const N: usize> {
    columns: &'a Columns<N>,
    beside: &'a B,
    at: usize,
    /// What it fails; with [`DOUBT`], it is not counted yet.
    fails: u16,
    /// Calendar months of both sides.
    common: u8,
    bound: f32,
}

impl<B: Beside, const N: usize> Row<'_, B, N> {
    /// Counts it unless that is done, and takes it in where it is good enough.
    #[inline]
    fn rank(&self, question: &Question<'_>, race: &mut Race<Place>) {
        let (block, row, points, fails) = (self.columns, self.at, &question.points, self.fails & !DOUBT);
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
        let without_months = self.bound - points.months_at_most(question.need.months, block.months[row]);
        if without_months + f32::from(months) < f32::from(least) {
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
            + u16::from(price_fit(question, block, self.beside, row)) * points.price;
        let preferred_at_most = self.preferred_at_most(question);
        if score + preferred_at_most * points.preferred < least {
            return;
        }
        let score = score + if preferred_at_most == 0 { 0 } else { self.preferred(question) * points.preferred };
        if score < least {
            return;
        }
        let rank = (Reverse(score), distance, self.beside.rest(row).id);
        match Fails(fails).near() {
            None => race.best.offer(rank, self.beside.place(row)),
            Some(code) => race.near.offer(rank, (self.beside.place(row), code)),
        }
    }

    /// Whether it leaves enough however much of its promises falls into the months of both; certain not to is as good.
    fn surely_leaves_enough(&self, question: &Question<'_>) -> bool {
        let most = question.setting.promises.most(self.beside.rest(self.at).promises);
        let enough = if question.need.single_supplier { question.need.quantity } else { 1 };
        self.fails & Code::Quantity.bit() != 0 || value_of(self.columns.quantity[self.at]).saturating_sub(most) >= enough
    }

    /// Judges it by all that is known of it; whether it fits.
    fn judge(&self, question: &Question<'_>, race: &mut Race<Place>) -> bool {
        full(&self.beside.supply(self.at), self.beside.place(self.at), question.need, question.setting, race)
    }

    /// Fit of the welcome papers, should all that it has of any date hold.
    fn preferred_at_most(&self, question: &Question<'_>) -> u16 {
        let kinds = (0_u32..)
            .step_by(16)
            .zip(self.columns.kinds.iter().zip(question.preferred))
            .fold(0, |kinds, (shift, (plane, asked))| kinds | u64::from(plane.as_ref().map_or(0, |plane| plane[self.at]) & asked) << shift);
        u16::from(score::preferred_fit(Held { stars: 0, kinds }, question.need.preferred))
    }

    /// Fit of the welcome papers.
    fn preferred(&self, question: &Question<'_>) -> u16 {
        let need = question.need;
        let held = if need.preferred == 0 {
            Held::default()
        } else {
            question.setting.papers.held(self.beside.rest(self.at).papers, need.from, need.until)
        };
        u16::from(score::preferred_fit(held, need.preferred))
    }
}

/// Whether a price that the codes let pass is above the ceiling all the same: of equal codes, or of what the caller owns.
fn too_dear<const N: usize>(question: &Question<'_>, ceiling: &Ceiling, block: &Columns<N>, beside: &impl Beside, row: usize) -> bool {
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
    let owned = view.organisation.is_some() && view.organisation == Some(beside.rest(row).producer);
    let seen = by_level || owned || view.provinces.contains(block.province[row]);
    (seen && (ceiling.is_seen || owned)) && above(question, block, beside, row)
}

fn above<const N: usize>(question: &Question<'_>, block: &Columns<N>, beside: &impl Beside, row: usize) -> bool {
    beside.rest(row).price(block.terms[row]).zip(question.need.ceiling).is_some_and(|(price, ceiling)| {
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
fn price_fit<const N: usize>(question: &Question<'_>, block: &Columns<N>, beside: &impl Beside, row: usize) -> u8 {
    let Some(((mask, value), ceiling)) =
        question.price.as_ref().filter(|ceiling| ceiling.is_seen).map(|ceiling| ceiling.alike).zip(question.need.ceiling)
    else {
        return NEUTRAL;
    };
    let terms = block.terms[row];
    let view = &question.setting.view;
    let seen = terms >> VISIBILITY_SHIFT <= view.level as u16
        || view.organisation.is_some() && view.organisation == Some(beside.rest(row).producer)
        || view.provinces.contains(block.province[row]);
    if terms & mask != value || !seen {
        return NEUTRAL;
    }
    beside.rest(row).price(terms).map_or(NEUTRAL, |price| score::price_fit(&price, &ceiling))
}
