//! The scan of a block: the survey of its rows ([`super::survey`]), then a closer look at those that may fit after all, or
//! that may come in among the best or the near misses.

use super::bits::Bits;
use super::book::Place;
use super::codes::value_of;
use super::columns::{Block, EVERYWHERE, Judged, MORE_STARS, PROMISED, Rest, Row, VISIBILITY_SHIFT};
use super::constraints::{Code, Fails};
use super::facts::{Need, Setting, Supply};
use super::judge::{judge, two_digits};
use super::papers::PromiseSet;
use super::places::Places;
use super::question::{Ceiling, Question};
use super::ranking::Race;
use super::score::{self, NEUTRAL, WHOLE};
use super::survey::{Sought, Survey, best_score, contending, kinds, promising};
use crate::market::fetch::fetch_one;
use crate::market::record::{ALL_MONTHS, Visibility};
use std::cmp::Reverse;

/// Up to so many rows of a block are looked at one by one at once; in tests fewer, so that small markets are surveyed too.
const FEW: usize = if cfg!(test) { 2 } else { 16 };

/// So many rows are looked at together.
const AT_ONCE: usize = 64;

/// Of more rows than these, where nothing is known yet of how good they must be, so many are looked at before the others.
const FIRST: u32 = if cfg!(test) { 2 } else { 32 };

/// A block as it stands in its group; `start` is the place of its first row.
#[derive(Clone, Copy)]
pub(super) struct Standing<'b> {
    pub block: &'b Block,
    pub start: Place,
    pub places: &'b Places,
    /// What is promised of its offers.
    pub promises: &'b dyn Fn(&Rest) -> PromiseSet,
}

impl Standing<'_> {
    pub fn place(&self, row: usize) -> Place {
        Place { slot: self.start.slot + u32::try_from(row).unwrap_or(0), ..self.start }
    }
}

/// What a row that is to be looked at is known to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Nothing, not even whether it is open.
    Nothing,
    /// Open; it may fit.
    Open,
    /// It fits, and is counted.
    Fits,
    /// It does not fit; it may be a near miss.
    Misses,
}

/// Rows of many blocks, few of each, that are looked at together: so many that the processor waits for all of them at once.
pub(super) struct Scan<'b> {
    waiting: Vec<(Standing<'b>, usize, Known)>,
}

impl<'b> Scan<'b> {
    pub fn new() -> Self {
        Self { waiting: Vec::with_capacity(AT_ONCE) }
    }

    /// Scans all rows; wide ones are the caller's to look at.
    pub fn all(&mut self, question: &Question<'_>, standing: Standing<'b>, race: &mut Race<Place>) {
        let rows = standing.block.rows.len();
        if rows <= FEW {
            (0..rows).for_each(|row| self.wait(question, standing, row, Known::Nothing, race));
        } else {
            self.survey(question, standing, Bits::ALL, race);
        }
    }

    /// Scans the rows in `chosen`, of which there are some.
    pub fn some(&mut self, question: &Question<'_>, standing: Standing<'b>, chosen: Bits, race: &mut Race<Place>) {
        if chosen.count() as usize <= FEW {
            chosen.rows().for_each(|row| self.wait(question, standing, row, Known::Nothing, race));
        } else {
            self.survey(question, standing, chosen, race);
        }
    }

    fn survey(&mut self, question: &Question<'_>, standing: Standing<'b>, chosen: Bits, race: &mut Race<Place>) {
        let best = best_score(question, standing.block);
        let survey = Survey::new(question, standing.block, chosen, race.near.least_score() <= best.score);
        race.considered += survey.open.count();
        race.eligible += survey.fitting.count();
        survey.doubtful.rows().for_each(|row| self.wait(question, standing, row, Known::Open, race));
        for (known, mut rows) in [(Known::Fits, survey.fitting), (Known::Misses, survey.missing)] {
            if rows.is_empty() {
                continue;
            }
            if least_score(known, race) == 0 && rows.count() > FIRST {
                let first = promising(question, standing.block, rows, FIRST);
                first.rows().for_each(|row| self.wait(question, standing, row, known, race));
                self.look(question, race);
                rows = rows.without(first);
            }
            let contending = contending(question, standing.block, best, rows, least_score(known, race));
            contending.rows().for_each(|row| self.wait(question, standing, row, known, race));
        }
    }

    #[inline]
    fn wait(&mut self, question: &Question<'_>, standing: Standing<'b>, row: usize, known: Known, race: &mut Race<Place>) {
        fetch_one(&standing.block.rows, row);
        self.waiting.push((standing, row, known));
        if self.waiting.len() == AT_ONCE {
            self.look(question, race);
        }
    }

    /// Looks at those that wait.
    pub fn look(&mut self, question: &Question<'_>, race: &mut Race<Place>) {
        // First one line of memory of each, so that the processor waits for all together.
        let mut scores = [0_u16; AT_ONCE];
        for (score, (standing, row, known)) in scores.iter_mut().zip(&self.waiting) {
            let Some(look) = Look::new(standing, *row) else { continue };
            *score = match known {
                Known::Nothing => u16::from(!look.judged.is_wide() && look.is_open(question.as_of)),
                Known::Open => u16::from(look.judged.unit == question.need.unit),
                Known::Fits | Known::Misses => look.score_at_most(question),
            };
        }
        for (score, (standing, row, known)) in scores.into_iter().zip(&self.waiting) {
            let is_counted = matches!(known, Known::Fits | Known::Misses);
            if score < if is_counted { least_score(*known, race) } else { 1 } {
                continue;
            }
            race.considered += u32::from(*known == Known::Nothing);
            if let Some(look) = Look::new(standing, *row) {
                race.eligible += u32::from(look.rank(question, race) && !is_counted);
            }
        }
        self.waiting.clear();
    }
}

/// Scans the rows in `chosen` for a demand of which in some months more is needed than in others: who fails twice in the months
/// with most and with least alike fails, and all others are judged by all that is known of them. Wide ones are the caller's to
/// look at.
pub(super) fn unevenly(question: &Question<'_>, standing: &Standing<'_>, chosen: Bits, race: &mut Race<Place>) {
    let Survey { open, fitting, doubtful, missing } = Survey::new(question, standing.block, chosen, true);
    race.considered += open.count();
    for row in fitting.or(doubtful).or(missing).rows() {
        if let Some(look) = Look::new(standing, row) {
            race.eligible += u32::from(look.judge(question, race));
        }
    }
}

/// Lets the processor fetch what a scan of all rows will read, block after block: first where things stand, then sets, then
/// what is found through these.
pub(super) fn fetch_ahead(question: &Question<'_>, ahead: [Option<Standing<'_>>; 3], race: &Race<Place>) {
    let [next, second, third] = ahead.map(|standing| standing.map(|standing| standing.block).filter(|block| block.rows.len() > FEW));
    if let Some(block) = third {
        block.planes.fetch_frames();
    }
    if let Some(block) = second {
        let best = best_score(question, block);
        let scores = race.near.least_score().min(race.best.least_score()) <= best.score;
        block.planes.fetch_sets(question, Sought { scores, stars: scores && best.stars > 0 });
    }
    if let Some(block) = next {
        block.planes.fetch_days(question);
    }
}

/// The least score with which a row enters where it belongs.
fn least_score(known: Known, race: &Race<Place>) -> u16 {
    if known == Known::Misses { race.near.least_score() } else { race.best.least_score() }
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

/// A closer look at an open row.
struct Look<'a> {
    standing: &'a Standing<'a>,
    row: usize,
    judged: &'a Judged,
    rest: &'a Rest,
}

impl<'a> Look<'a> {
    fn new(standing: &'a Standing<'a>, row: usize) -> Option<Self> {
        let Row { judged, rest } = standing.block.rows.get(row)?;
        Some(Self { standing, row, judged, rest })
    }

    fn is_open(&self, day: u16) -> bool {
        self.standing.block.rows.get(self.row).is_some_and(|row| row.is_open(day))
    }

    /// Takes it in where it is good enough; whether it fits.
    fn rank(&self, question: &Question<'_>, race: &mut Race<Place>) -> bool {
        let (need, points, judged) = (question.need, &question.points, self.judged);
        if judged.unit != need.unit {
            return false;
        }
        let (mut fails, common) = self.fails_of_terms(question);
        let (stars_unknown, stars) = self.stars(question);
        fails |= fail(!stars_unknown && stars < need.least_stars, Code::Stars);
        if is_twice(fails) {
            return false;
        }
        let delivers = judged.months & EVERYWHERE != 0 || question.place.is_some_and(|place| judged.delivers_to >> place & 1 != 0);
        fails |= fail(!delivers, Code::Delivery);
        if is_twice(fails) {
            return false;
        }
        if let Some(ceiling) = &question.price
            && self.is_too_dear(question, ceiling)
        {
            fails |= Code::Price.bit();
        }
        if need.required != 0 && !is_twice(fails) && self.lacks_papers(question) {
            fails |= Code::Certificate.bit();
        }
        if is_twice(fails) {
            return false;
        }
        let promised = judged.months & PROMISED != 0;
        if (stars_unknown && need.least_stars > 0) || (promised && !self.surely_leaves_enough(question, fails)) {
            return self.judge(question, race);
        }
        let fits = fails == 0;
        let least = if fits { race.best.least_score() } else { race.near.least_score() };
        if promised || stars_unknown {
            // It does not fit better for what is promised of it, nor for stars that it has not.
            self.judge(question, race);
            return fits;
        }
        let (distance_points, distance) = points.province.get(usize::from(judged.province & 127)).copied().unwrap_or_default();
        let score = points.always
            + distance_points
            + points.months.get(usize::from(common)).copied().unwrap_or(0)
            + points.stars.get(usize::from(stars & 7)).copied().unwrap_or(0)
            + score::points(points.volume, volume_fit(value_of(judged.quantity), need.quantity))
            + score::points(points.price, self.price_fit(question));
        if score + 100 * points.preferred < least {
            return fits;
        }
        let score = score + self.preferred(question);
        if score < least {
            return fits;
        }
        let (rank, place) = ((Reverse(score), distance, self.rest.id), self.standing.place(self.row));
        match Fails(fails).near() {
            None => race.best.offer(rank, place),
            Some(code) => race.near.offer(rank, (place, code)),
        }
        fits
    }

    /// A score that it does not exceed, without a look at its papers.
    #[inline]
    fn score_at_most(&self, question: &Question<'_>) -> u16 {
        let (need, points, judged, planes) = (question.need, &question.points, self.judged, &self.standing.block.planes);
        let lasts = question.until <= judged.stars_until;
        let months = if points.each_month_once { (judged.months & need.months).count_ones() } else { need.months_needed };
        let mut may_hold = 0;
        if need.preferred != 0 {
            may_hold = kinds(need.preferred).filter(|kind| planes.kind(*kind).is_some_and(|kind| kind.has.has(self.row))).count();
        }
        points.always
            + points.province.get(usize::from(judged.province & 127)).map_or(0, |(points, _)| *points)
            + points.months.get(months as usize).copied().unwrap_or(0)
            + points.welcome.get(may_hold).copied().unwrap_or(0)
            + if lasts { points.stars.get(usize::from(judged.stars())).copied().unwrap_or(0) } else { 0 }
            + score::points(points.volume, volume_fit(value_of(judged.quantity), need.quantity))
            + score::points(points.price, self.price_fit(question))
    }

    /// What it fails of all but unit, delivery, stars, papers and price, and how many calendar months it shares.
    #[inline]
    fn fails_of_terms(&self, question: &Question<'_>) -> (u16, u8) {
        let (need, judged) = (question.need, self.judged);
        let months = judged.months & ALL_MONTHS;
        let shares_days = judged.from.max(question.from) <= judged.end.min(question.until);
        let common = if shares_days { question.months_shared(months, judged.from, judged.end) } else { 0 };
        let shares_months = if shares_days { u32::from(common) >= need.least_months() } else { need.is_in_season(months) };
        let has_enough = judged.quantity >= question.quantity_at_least;
        let fails = fail(!shares_days, Code::Period)
            | fail(!shares_months, Code::Months)
            | fail(
                judged.minimum_order > question.minimum_order_at_most || (judged.minimum_order > judged.quantity && has_enough),
                Code::MinimumOrder,
            )
            | fail(!has_enough, Code::Quantity)
            | fail(judged.shelf_life_days < need.shelf_life_days, Code::ShelfLife);
        (fails, common)
    }

    /// Whether its OCOP papers have to be looked up, and if not, how many stars it has over the period.
    #[inline]
    fn stars(&self, question: &Question<'_>) -> (bool, u8) {
        let judged = self.judged;
        let (begun, lasts) = (judged.stars_from <= question.from, question.until <= judged.stars_until);
        let unknown = judged.months & MORE_STARS != 0 && lasts && !begun;
        (unknown, if begun && lasts { judged.stars() } else { 0 })
    }

    /// Whether a required paper does not hold over the period.
    fn lacks_papers(&self, question: &Question<'_>) -> bool {
        kinds(question.need.required).any(|kind| !self.holds(question, kind))
    }

    /// Whether it has a paper of a kind that holds over the period.
    fn holds(&self, question: &Question<'_>, number: u8) -> bool {
        let Some(kind) = self.standing.block.planes.kind(number).filter(|kind| kind.has.has(self.row)) else { return false };
        let (from, until) = kind.days.get(kind.has.rank(self.row)).copied().unwrap_or((u16::MAX, 0));
        if from <= question.from && question.until <= until {
            return true;
        }
        let (need, papers) = (question.need, question.setting.papers);
        kind.several().has(self.row) && papers.held(self.rest.papers(), need.from, need.until).kinds >> number & 1 != 0
    }

    /// Whether it leaves enough, for its least order too, however much of its promises falls into the months of both; certain
    /// not to is as good.
    fn surely_leaves_enough(&self, question: &Question<'_>, fails: u16) -> bool {
        let most = question.setting.promises.most((self.standing.promises)(self.rest));
        let least_order = value_of(self.judged.minimum_order);
        // A least order above what is needed fails whatever is left.
        let enough = if least_order > question.need.quantity { question.enough } else { question.enough.max(least_order) };
        fails & Code::Quantity.bit() != 0 || two_digits(value_of(self.judged.quantity).saturating_sub(most)) >= enough
    }

    /// Judges it by all that is known of it; whether it fits.
    fn judge(&self, question: &Question<'_>, race: &mut Race<Place>) -> bool {
        let supply = self.standing.block.get(self.row, self.standing.start.group, self.standing.places);
        let supply = Supply { promises: (self.standing.promises)(self.rest), ..supply };
        full(&supply, self.standing.place(self.row), question.need, question.setting, race)
    }

    /// Points of the welcome papers.
    fn preferred(&self, question: &Question<'_>) -> u16 {
        let held = kinds(question.need.preferred).filter(|kind| self.holds(question, *kind)).count();
        question.points.welcome.get(held).copied().unwrap_or(0)
    }

    /// Whether the price is above the ceiling, as far as the caller may know.
    fn is_too_dear(&self, question: &Question<'_>, ceiling: &Ceiling) -> bool {
        let (terms, (mask, value)) = (self.judged.terms, ceiling.bounded);
        if terms & mask != value {
            return false;
        }
        let (owned, seen) = self.seen(question);
        (seen && (ceiling.is_seen || owned))
            && self.rest.price(terms, self.standing.places).zip(question.need.ceiling).is_some_and(|(price, ceiling)| {
                let (price, ceiling) = score::over_one(&price, &ceiling);
                price > ceiling
            })
    }

    fn price_fit(&self, question: &Question<'_>) -> u16 {
        let ceiling = question.price.as_ref().filter(|ceiling| ceiling.is_seen).map(|ceiling| ceiling.alike);
        let Some(((mask, value), ceiling)) = ceiling.zip(question.need.ceiling) else { return NEUTRAL };
        let terms = self.judged.terms;
        if terms & mask != value || !self.seen(question).1 {
            return NEUTRAL;
        }
        self.rest.price(terms, self.standing.places).map_or(NEUTRAL, |price| score::price_fit(&price, &ceiling))
    }

    /// Whether the offer is the caller's own, and whether the caller sees its price.
    fn seen(&self, question: &Question<'_>) -> (bool, bool) {
        let view = &question.setting.view;
        let owned = view.organisation == Some(self.rest.producer());
        let visibility = self.judged.terms >> VISIBILITY_SHIFT;
        let seen = owned || visibility <= view.level as u16 || view.provinces.contains(self.judged.province);
        (owned, seen || visibility == Visibility::Parties as u16 && view.is_introduced_about(self.rest.id))
    }
}

#[inline]
fn fail(fails: bool, code: Code) -> u16 {
    if fails { code.bit() } else { 0 }
}

/// Whether more than one constraint fails.
#[inline]
fn is_twice(fails: u16) -> bool {
    fails & fails.wrapping_sub(1) != 0
}

#[inline]
fn volume_fit(quantity: i64, needed: i64) -> u16 {
    if quantity >= needed {
        return WHOLE;
    }
    match quantity.checked_mul(WHOLE.into()) {
        Some(multiple) => u16::try_from(multiple / needed).unwrap_or(0),
        None => score::volume_fit(i128::from(quantity), i128::from(needed)),
    }
}
