//! What a scan reads of a block: for each thing that is asked the set of rows that have it, 512 offers to a line of the
//! processor's cache.

#![expect(clippy::inline_always, reason = "what is not inlined is compiled without the wide instructions")]

use super::bits::Bits;
use super::codes::size_code;
use super::columns::{CURRENCY, EVERYWHERE, Judged, MORE_STARS, PRICED, PROMISED, Summary};
use super::places::PLACES;
use super::question::Question;
use super::sliced::{Against, Frame, Sliced};
use super::survey::{Sought, kinds};
use crate::market::fetch::{fetch, fetch_one};
use crate::market::record::{ALL_MONTHS, MonthBits};
use std::slice::from_ref;

/// Bits of a unit that are kept; a row with a larger number is wide.
pub(super) const UNIT_BITS: usize = 6;

/// Of [`Planes::one_unit`]: no row was written yet, and rows of several units were.
const NO_UNIT: u8 = u8::MAX;
const SEVERAL_UNITS: u8 = u8::MAX - 1;
/// No set has this number.
const NOWHERE: u8 = u8::MAX;

/// The sets of a block, and beside the block itself what is read before them and often says enough.
#[derive(Debug, Clone)]
pub(super) struct Planes {
    /// The unit of all rows that were written, where they have one.
    one_unit: u8,
    /// How many rows do not have all months of the year.
    seasonal: u16,
    pub frames: Frames,
    /// Of each kind of certificate, the number of its set.
    kind_of: [u8; 64],
    /// Kinds of which a row has a paper of any date.
    kinds: Vec<Kind>,
    sets: Box<Sets>,
}

/// The frames of the numbers.
#[derive(Debug, Clone)]
pub(super) struct Frames {
    /// Days, by their codes: the last and the first on which it can supply.
    pub end: Frame<8>,
    pub from: Frame<8>,
    /// Numbers as [`super::codes::size_code`] writes them.
    pub minimum_order: Frame<8>,
    pub quantity: Frame<6>,
    pub shelf_life_days: Frame<8>,
    /// The OCOP paper that lasts longest, by the codes of its days.
    pub stars_until: Frame<8>,
    pub stars_from: Frame<6>,
    /// Price for one unit, as [`super::codes::rate_bits`] writes it.
    pub rate: Frame<6>,
}

/// In the order in which a scan reads them: one after the other in memory.
#[derive(Debug, Clone)]
#[repr(C)]
struct Sets {
    /// In use, not wide, and not over on the day of the book.
    open: Bits,
    /// To be looked at whatever else is found.
    doubtful: Bits,
    /// All months of the year.
    all_year: Bits,
    end: [Bits; 8],
    minimum_order: [Bits; 8],
    quantity: [Bits; 6],
    shelf_life_days: [Bits; 8],
    stars_until: [Bits; 8],
    /// The bits of the terms, stars among them; of the currency only whether it is another than the first.
    terms: [Bits; 8],
    foreign: Bits,
    rate: [Bits; 6],
    /// Each month.
    months: [Bits; 12],
    /// By place, those that deliver everywhere among them.
    delivers_to: [Bits; PLACES],
    everywhere: Bits,
    from: [Bits; 8],
    stars_from: [Bits; 6],
    more_stars: Bits,
    units: [Bits; UNIT_BITS],
    /// In use, and not wide.
    used: Bits,
}

/// The rows that have papers of one kind.
#[derive(Debug, Clone)]
#[repr(C)]
pub(super) struct Kind {
    pub has: Bits,
    /// Of each that has one, the days of the one that lasts longest.
    pub days: Vec<(u16, u16)>,
    pub number: u8,
    /// Those that have several papers of the kind, where there are any: hardly ever.
    several: Option<Box<Bits>>,
}

impl Kind {
    fn new(number: u8) -> Self {
        Self { has: Bits::NONE, days: Vec::new(), number, several: None }
    }

    fn put_several(&mut self, row: usize, is: bool) {
        if is || self.several.is_some() {
            let mut several = self.several();
            several.put(row, is);
            self.several = (!several.is_empty()).then(|| Box::new(several));
        }
    }

    /// Those that have several papers of the kind: should the longest not hold, another may.
    #[inline(always)]
    pub fn several(&self) -> Bits {
        self.several.as_deref().copied().unwrap_or(Bits::NONE)
    }
}

/// Where the terms stand in [`Sets::terms`].
const TERMS_SHIFT: u32 = 8;

impl Sets {
    fn new() -> Self {
        Self {
            open: Bits::NONE,
            doubtful: Bits::NONE,
            all_year: Bits::NONE,
            end: [Bits::NONE; 8],
            minimum_order: [Bits::NONE; 8],
            quantity: [Bits::NONE; 6],
            shelf_life_days: [Bits::NONE; 8],
            stars_until: [Bits::NONE; 8],
            terms: [Bits::NONE; 8],
            foreign: Bits::NONE,
            rate: [Bits::NONE; 6],
            months: [Bits::NONE; 12],
            delivers_to: [Bits::NONE; PLACES],
            everywhere: Bits::NONE,
            from: [Bits::NONE; 8],
            stars_from: [Bits::NONE; 6],
            more_stars: Bits::NONE,
            units: [Bits::NONE; UNIT_BITS],
            used: Bits::NONE,
        }
    }
}

impl Planes {
    pub fn new() -> Self {
        let frames = Frames {
            end: Frame::new(16),
            from: Frame::new(16),
            minimum_order: Frame::new(32),
            quantity: Frame::new(32),
            shelf_life_days: Frame::new(16),
            stars_until: Frame::new(16),
            stars_from: Frame::new(16),
            rate: Frame::new(32),
        };
        Self { one_unit: NO_UNIT, seasonal: 0, frames, kind_of: [NOWHERE; 64], kinds: Vec::new(), sets: Box::new(Sets::new()) }
    }

    /// Writes a row, but for its numbers; `is_open` is of the day of the book.
    pub fn put(&mut self, row: usize, judged: &Judged, summary: &Summary, is_open: bool) {
        let sets = &mut *self.sets;
        sets.used.put(row, true);
        sets.open.put(row, is_open);
        // What ends before it begins, or can't bring its own least order, is rare: nothing else is kept for it.
        sets.doubtful.put(row, judged.months & PROMISED != 0 || judged.from > judged.end || judged.minimum_order > judged.quantity);
        let is_all_year = judged.months & ALL_MONTHS == ALL_MONTHS;
        self.seasonal += u16::from(!is_all_year);
        sets.all_year.put(row, is_all_year);
        put_bits(&mut sets.months, row, u64::from(judged.months));
        put_bits(&mut sets.units, row, u64::from(judged.unit));
        let is_everywhere = judged.months & EVERYWHERE != 0;
        sets.everywhere.put(row, is_everywhere);
        put_bits(&mut sets.delivers_to, row, if is_everywhere { u64::MAX } else { judged.delivers_to });
        sets.more_stars.put(row, judged.months & MORE_STARS != 0);
        sets.foreign.put(row, judged.terms & CURRENCY != 0 && judged.terms & PRICED != 0);
        put_bits(&mut sets.terms, row, u64::from(judged.terms >> TERMS_SHIFT));
        self.put_kinds(row, summary);
    }

    /// Whether a row is in use, and not wide.
    pub fn is_used(&self, row: usize) -> bool {
        self.sets.used.has(row)
    }

    /// Writes whether a row is open.
    pub fn set_open(&mut self, row: usize, is_open: bool) {
        self.sets.open.put(row, is_open);
    }

    /// Forgets which unit the rows have; their numbers must be written anew.
    pub fn forget_unit(&mut self) {
        self.one_unit = NO_UNIT;
    }

    /// Writes the numbers of a row, whose frames may have changed.
    pub fn put_numbers(&mut self, row: usize, judged: &Judged, rate: u32) {
        self.one_unit = if self.one_unit == NO_UNIT || self.one_unit == judged.unit { judged.unit } else { SEVERAL_UNITS };
        let (frames, sets) = (&mut self.frames, &mut *self.sets);
        frames.end.put(&mut sets.end, row, judged.end.into());
        frames.from.put(&mut sets.from, row, judged.from.into());
        frames.minimum_order.put(&mut sets.minimum_order, row, judged.minimum_order_code());
        frames.quantity.put(&mut sets.quantity, row, judged.quantity_code());
        frames.shelf_life_days.put(&mut sets.shelf_life_days, row, judged.shelf_life_days.into());
        frames.stars_until.put(&mut sets.stars_until, row, judged.stars_until.into());
        frames.stars_from.put(&mut sets.stars_from, row, judged.stars_from.into());
        frames.rate.put(&mut sets.rate, row, rate);
    }

    /// Leaves a row unused.
    pub fn clear(&mut self, row: usize) {
        self.seasonal -= u16::from(self.sets.used.has(row) && !self.sets.all_year.has(row));
        self.sets.used.put(row, false);
        self.sets.open.put(row, false);
        self.put_kinds(row, &Summary::default());
    }

    fn put_kinds(&mut self, row: usize, summary: &Summary) {
        for kind in self.kinds.iter_mut().filter(|kind| kind.has.has(row)) {
            kind.days.remove(kind.has.rank(row));
            kind.has.put(row, false);
            kind.put_several(row, false);
        }
        for held in &summary.kinds {
            let Some(number) = self.kind_of.get_mut(usize::from(held.kind)) else { continue };
            if *number == NOWHERE {
                *number = u8::try_from(self.kinds.len()).unwrap_or(NOWHERE);
                self.kinds.push(Kind::new(held.kind));
            }
            let Some(kind) = self.kinds.get_mut(usize::from(*number)) else { continue };
            kind.has.put(row, true);
            kind.put_several(row, held.several);
            kind.days.insert(kind.has.rank(row), (held.from, held.until));
        }
    }

    #[inline(always)]
    pub fn end(&self) -> Sliced<'_, 8> {
        Sliced { frame: &self.frames.end, planes: &self.sets.end }
    }

    #[inline(always)]
    pub fn from(&self) -> Sliced<'_, 8> {
        Sliced { frame: &self.frames.from, planes: &self.sets.from }
    }

    #[inline(always)]
    pub fn minimum_order(&self) -> Sliced<'_, 8> {
        Sliced { frame: &self.frames.minimum_order, planes: &self.sets.minimum_order }
    }

    #[inline(always)]
    pub fn quantity(&self) -> Sliced<'_, 6> {
        Sliced { frame: &self.frames.quantity, planes: &self.sets.quantity }
    }

    #[inline(always)]
    pub fn shelf_life_days(&self) -> Sliced<'_, 8> {
        Sliced { frame: &self.frames.shelf_life_days, planes: &self.sets.shelf_life_days }
    }

    #[inline(always)]
    pub fn stars_until(&self) -> Sliced<'_, 8> {
        Sliced { frame: &self.frames.stars_until, planes: &self.sets.stars_until }
    }

    #[inline(always)]
    pub fn stars_from(&self) -> Sliced<'_, 6> {
        Sliced { frame: &self.frames.stars_from, planes: &self.sets.stars_from }
    }

    #[inline(always)]
    pub fn rate(&self) -> Sliced<'_, 6> {
        Sliced { frame: &self.frames.rate, planes: &self.sets.rate }
    }

    #[inline(always)]
    pub fn open(&self) -> Bits {
        self.sets.open
    }

    #[inline(always)]
    pub fn doubtful(&self) -> Bits {
        self.sets.doubtful
    }

    #[inline(always)]
    pub fn all_year(&self) -> Bits {
        self.sets.all_year
    }

    #[inline(always)]
    pub fn more_stars(&self) -> Bits {
        self.sets.more_stars
    }

    /// The rows that have papers of a kind, where there are any.
    #[inline]
    pub fn kind(&self, kind: u8) -> Option<&Kind> {
        self.kinds.get(usize::from(*self.kind_of.get(usize::from(kind))?))
    }

    /// All kinds.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Rows that have a month of the year.
    #[inline(always)]
    pub fn month(&self, month: usize) -> Bits {
        self.sets.months.get(month).copied().unwrap_or(Bits::NONE)
    }

    /// Rows that have none of `months`, of which there is one at least.
    #[inline(always)]
    pub fn without_months(&self, months: MonthBits) -> Bits {
        let chosen = self.sets.months.iter().enumerate().filter(|(month, _)| months >> month & 1 != 0);
        chosen.fold(self.sets.all_year, |any, (_, plane)| any.or(*plane)).not()
    }

    /// Rows that have all of `months`.
    #[inline(always)]
    pub fn with_all_months(&self, months: MonthBits) -> Bits {
        if self.seasonal == 0 {
            return Bits::ALL;
        }
        let chosen = self.sets.months.iter().enumerate().filter(|(month, _)| months >> month & 1 != 0);
        chosen.fold(Bits::ALL, |all, (_, plane)| all.and(*plane))
    }

    /// Rows of another unit.
    #[inline(always)]
    pub fn of_another_unit(&self, unit: u8) -> Bits {
        if unit >> UNIT_BITS != 0 {
            return Bits::ALL;
        }
        if self.one_unit != SEVERAL_UNITS {
            return Bits::all_if(self.one_unit != unit);
        }
        let planes = self.sets.units.iter().enumerate();
        planes.fold(Bits::NONE, |differ, (place, plane)| differ.or(plane.differs(Bits::all_if(unit >> place & 1 != 0))))
    }

    /// Rows that deliver to a place, `None` for one that no offer names.
    #[inline(always)]
    pub fn delivering(&self, place: Option<usize>) -> &Bits {
        place.and_then(|place| self.sets.delivers_to.get(place)).unwrap_or(&self.sets.everywhere)
    }

    /// Rows whose longest OCOP paper has so many stars, one to seven, or more.
    #[inline(always)]
    pub fn with_stars(&self, least: u8) -> Bits {
        let (mut more, mut same) = (Bits::NONE, Bits::ALL);
        let [_, _, _, stars @ .., _, _] = &self.sets.terms;
        for (place, plane) in stars.iter().enumerate().rev() {
            if least >> place & 1 == 0 {
                more = more.or(same.and(*plane));
                same = same.without(*plane);
            } else {
                same = same.and(*plane);
            }
        }
        if least > 7 { Bits::NONE } else { more.or(same) }
    }

    /// Rows whose terms are `value` where `mask` asks, and those of which that is not known.
    #[inline(always)]
    pub fn with_terms(&self, mask: u16, value: u16) -> Against {
        let asked = self.sets.terms.iter().enumerate().filter(|(place, _)| mask >> TERMS_SHIFT >> place & 1 != 0);
        let mut differ =
            asked.fold(Bits::NONE, |differ, (place, plane)| differ.or(plane.differs(Bits::all_if(value >> TERMS_SHIFT >> place & 1 != 0))));
        // All currencies but the first look the same.
        let is_first = value & CURRENCY == 0;
        differ = differ.or(if is_first { self.sets.foreign } else { self.sets.foreign.not() });
        Against { fails: differ, unsure: if is_first { Bits::NONE } else { self.sets.foreign } }
    }

    /// Rows whose price is for those who see as much as `level`.
    #[inline(always)]
    pub fn visible(&self, level: u16) -> Bits {
        let [.., low, high] = self.sets.terms;
        match level {
            0 => low.or(high).not(),
            1 => high.not(),
            2 => low.and(high).not(),
            _ => Bits::ALL,
        }
    }

    /// Lets the processor fetch what says where the rest stands, and of all rows alike.
    #[inline(always)]
    pub fn fetch_frames(&self) {
        let Frames { end, from, minimum_order, quantity, shelf_life_days, stars_until, stars_from, rate } = &self.frames;
        for frame in [end, from, minimum_order, shelf_life_days, stars_until] {
            fetch(from_ref(frame));
        }
        for frame in [quantity, stars_from, rate] {
            fetch(from_ref(frame));
        }
        fetch(from_ref(&self.kind_of));
        fetch(from_ref(&self.kinds));
    }

    /// Lets the processor fetch what a survey will read of sets: a survey decides by what it reads, and would wait for one
    /// after the other.
    #[inline(always)]
    pub fn fetch_sets(&self, question: &Question<'_>, sought: Sought) {
        let (need, sets) = (question.need, &*self.sets);
        for set in [&sets.open, &sets.doubtful, &sets.all_year, self.delivering(question.place)] {
            fetch(from_ref(set));
        }
        self.end().fetch_at_least(question.first_needed().into());
        self.minimum_order().fetch_at_most(size_code(need.quantity));
        if self.seasonal > 0 {
            sets.months.iter().enumerate().filter(|(month, _)| need.months >> month & 1 != 0).for_each(|(_, plane)| fetch(from_ref(plane)));
        }
        if self.one_unit == SEVERAL_UNITS {
            fetch(&sets.units);
        }
        if need.shelf_life_days > 0 {
            self.shelf_life_days().fetch_at_least(need.shelf_life_days.into());
        }
        if sought.stars || need.least_stars > 0 {
            self.stars_until().fetch_at_least(question.until.into());
            let [_, _, _, stars @ .., _, _] = &sets.terms;
            fetch(stars);
        }
        if need.least_stars > 0 {
            self.stars_from().fetch_at_most(question.from.into());
        }
        let quantity = if sought.scores && question.points.volume > 0 { need.quantity } else { question.enough };
        self.quantity().fetch_at_least(size_code(quantity));
        if question.price.as_ref().is_some_and(|ceiling| ceiling.is_seen) {
            fetch(&sets.terms);
            fetch(&sets.rate);
        }
        let asked = need.required | if sought.scores { need.preferred } else { 0 };
        for kind in kinds(asked).filter_map(|kind| self.kind(kind)) {
            fetch(from_ref(&kind.has));
            fetch(from_ref(&kind.days));
        }
    }

    /// The same for the days of papers, which stand behind what [`Planes::fetch_sets`] fetches.
    #[inline(always)]
    pub fn fetch_days(&self, question: &Question<'_>) {
        for kind in kinds(question.need.required).filter_map(|kind| self.kind(kind)) {
            // Sixteen to a line.
            (0..kind.days.len()).step_by(16).for_each(|place| fetch_one(&kind.days, place));
        }
    }

    /// Gives back what has grown beyond what it holds.
    pub fn shrink(&mut self) {
        self.kinds.iter_mut().for_each(|kind| kind.days.shrink_to_fit());
        self.kinds.shrink_to_fit();
    }

    /// Bytes that it has beside itself.
    pub fn heap(&self) -> usize {
        let of_kind = |kind: &Kind| kind.days.capacity() * size_of::<(u16, u16)>() + kind.several.as_deref().map_or(0, size_of_val);
        let kinds: usize = self.kinds.iter().map(of_kind).sum();
        size_of::<Sets>() + self.kinds.capacity() * size_of::<Kind>() + kinds
    }
}

fn put_bits(planes: &mut [Bits], row: usize, bits: u64) {
    for (place, plane) in planes.iter_mut().enumerate() {
        plane.put(row, bits >> place & 1 != 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // Of one unit, of several, and of one again after they are written anew.
        #[test]
        fn rows_of_another_unit_are_told_from_the_others(
            units in proptest::collection::vec(prop_oneof![4 => Just(3_u8), 1 => 0..6_u8], 1..20), anew in any::<bool>(), asked in 0..70_u8,
        ) {
            let mut planes = Planes::new();
            let write = |planes: &mut Planes, row: usize, unit: u8| {
                let judged = Judged { unit, ..Judged::default() };
                planes.put_numbers(row, &judged, 0);
                planes.put(row, &judged, &Summary::default(), true);
            };
            if anew {
                write(&mut planes, 0, 5);
                planes.clear(0);
                planes.forget_unit();
            }
            units.iter().enumerate().for_each(|(row, unit)| write(&mut planes, row, *unit));
            let other = planes.of_another_unit(asked).and(planes.open());
            let expected: Vec<usize> = units.iter().enumerate().filter(|(_, unit)| **unit != asked).map(|(row, _)| row).collect();
            prop_assert_eq!(other.rows().collect::<Vec<_>>(), expected);
        }
    }
}
