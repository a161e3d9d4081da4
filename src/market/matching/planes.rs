//! What a scan reads of a block: for each thing that is asked the set of rows that have it, 512 offers to a line of the
//! processor's cache.

#![expect(clippy::inline_always, reason = "what is not inlined is compiled without the wide instructions")]

use super::bits::Bits;
use super::columns::{CURRENCY, EVERYWHERE, Judged, MORE_STARS, PRICED, PROMISED, Summary};
use super::question::Question;
use super::sliced::{Against, Sliced};
use super::survey::kinds;
use crate::market::record::{ALL_MONTHS, MonthBits};

/// Bits of a unit that are kept; a row with a larger number is wide.
pub(super) const UNIT_BITS: usize = 6;

/// Units that the rows of a block deliver to at most: today there are 34.
const PLACES: usize = 48;
/// Of [`Planes::one_unit`]: no row was written yet, and rows of several units were.
const NO_UNIT: u8 = u8::MAX;
const SEVERAL_UNITS: u8 = u8::MAX - 1;
/// No set has this number.
const NOWHERE: u8 = u8::MAX;

/// The sets of a block, in the order in which a scan reads them: one after the other in memory.
#[derive(Debug, Clone)]
#[repr(C)]
pub(super) struct Planes {
    /// Of each unit and of each kind of certificate, the number of its set.
    place_of: [u8; 128],
    kind_of: [u8; 64],
    unit_of: [u8; PLACES],
    /// The unit of all rows that were written, where they have one.
    one_unit: u8,
    /// In use, and not wide.
    pub used: Bits,
    /// Days, by their codes: the first and the last on which it can supply.
    pub from: Sliced<8>,
    pub end: Sliced<10>,
    /// It ends before it begins.
    pub never: Bits,
    /// All months of the year, and each.
    pub all_year: Bits,
    months: [Bits; 12],
    /// Numbers as [`super::codes::size_code`] writes them.
    pub minimum_order: Sliced<8>,
    pub quantity: Sliced<6>,
    pub shelf_life_days: Sliced<11>,
    units: [Bits; UNIT_BITS],
    pub everywhere: Bits,
    pub promised: Bits,
    /// The OCOP paper that lasts longest, by the codes of its days.
    pub stars_from: Sliced<6>,
    pub stars_until: Sliced<8>,
    pub more_stars: Bits,
    /// Price for one unit, as [`super::codes::rate_bits`] writes it.
    pub rate: Sliced<6>,
    /// The bits of the terms, stars among them; of the currency only whether it is another than the first.
    pub foreign: Bits,
    terms: [Bits; 8],
    /// By today's unit, unless it delivers everywhere.
    delivers_to: [Bits; PLACES],
    places: u8,
    /// Kinds of which a row has a paper of any date.
    kinds: Vec<Kind>,
}

/// The rows that have papers of one kind.
#[derive(Debug, Clone)]
#[repr(C)]
pub(super) struct Kind {
    pub has: Bits,
    pub number: u8,
    /// Those that have several: should the longest not hold, another may.
    pub several: Bits,
    /// Of each that has one, the days of the one that lasts longest.
    pub days: Vec<(u16, u16)>,
}

/// Where the terms stand in [`Planes::terms`].
const TERMS_SHIFT: u32 = 8;

impl Planes {
    pub fn new() -> Self {
        Self {
            place_of: [NOWHERE; 128],
            kind_of: [NOWHERE; 64],
            unit_of: [0; PLACES],
            one_unit: NO_UNIT,
            used: Bits::NONE,
            from: Sliced::new(16),
            end: Sliced::new(16),
            never: Bits::NONE,
            all_year: Bits::NONE,
            months: [Bits::NONE; 12],
            minimum_order: Sliced::new(32),
            quantity: Sliced::new(32),
            shelf_life_days: Sliced::new(16),
            units: [Bits::NONE; UNIT_BITS],
            everywhere: Bits::NONE,
            promised: Bits::NONE,
            stars_from: Sliced::new(16),
            stars_until: Sliced::new(16),
            more_stars: Bits::NONE,
            rate: Sliced::new(32),
            foreign: Bits::NONE,
            terms: [Bits::NONE; 8],
            delivers_to: [Bits::NONE; PLACES],
            places: 0,
            kinds: Vec::new(),
        }
    }

    /// The number of a unit in the sets of places; `None` where no more find room.
    pub fn place_or_new(&mut self, unit: u8) -> Option<usize> {
        if let Some(known) = self.place(unit) {
            return Some(known);
        }
        if usize::from(self.places) == PLACES {
            return None;
        }
        *self.place_of.get_mut(usize::from(unit))? = self.places;
        *self.unit_of.get_mut(usize::from(self.places))? = unit;
        self.places += 1;
        self.place(unit)
    }

    /// The number of a unit in the sets of places, where a row delivers to it.
    #[inline]
    pub fn place(&self, unit: u8) -> Option<usize> {
        self.place_of.get(usize::from(unit)).filter(|place| **place != NOWHERE).map(|place| usize::from(*place))
    }

    /// The units of a set of places.
    pub fn units_of(&self, set: u64) -> u128 {
        let (mut left, mut units) = (set, 0);
        while left != 0 {
            let unit = self.unit_of.get(left.trailing_zeros() as usize).copied().unwrap_or(0);
            units |= 1_u128.checked_shl(u32::from(unit)).unwrap_or(0);
            left &= left - 1;
        }
        units
    }

    /// Writes a row.
    pub fn put(&mut self, row: usize, judged: &Judged, rate: u32, summary: &Summary) {
        self.used.put(row, true);
        self.put_numbers(row, judged, rate);
        self.never.put(row, judged.from > judged.end);
        self.all_year.put(row, judged.months & ALL_MONTHS == ALL_MONTHS);
        put_bits(&mut self.months, row, u64::from(judged.months));
        put_bits(&mut self.units, row, u64::from(judged.unit));
        self.everywhere.put(row, judged.months & EVERYWHERE != 0);
        self.promised.put(row, judged.months & PROMISED != 0);
        self.more_stars.put(row, judged.months & MORE_STARS != 0);
        self.foreign.put(row, judged.terms & CURRENCY != 0 && judged.terms & PRICED != 0);
        put_bits(&mut self.terms, row, u64::from(judged.terms >> TERMS_SHIFT));
        put_bits(&mut self.delivers_to, row, judged.delivers_to);
        self.put_kinds(row, summary);
    }

    /// Forgets which unit the rows have; their numbers must be written anew.
    pub fn forget_unit(&mut self) {
        self.one_unit = NO_UNIT;
    }

    /// Writes the numbers of a row, whose frames may have changed.
    pub fn put_numbers(&mut self, row: usize, judged: &Judged, rate: u32) {
        self.one_unit = if self.one_unit == NO_UNIT || self.one_unit == judged.unit { judged.unit } else { SEVERAL_UNITS };
        self.from.put(row, judged.from.into());
        self.end.put(row, judged.end.into());
        self.minimum_order.put(row, judged.minimum_order_code());
        self.quantity.put(row, judged.quantity_code());
        self.shelf_life_days.put(row, judged.shelf_life_days.into());
        self.stars_from.put(row, judged.stars_from.into());
        self.stars_until.put(row, judged.stars_until.into());
        self.rate.put(row, rate);
    }

    /// Leaves a row unused.
    pub fn clear(&mut self, row: usize) {
        self.used.put(row, false);
        self.put_kinds(row, &Summary::default());
    }

    fn put_kinds(&mut self, row: usize, summary: &Summary) {
        for kind in self.kinds.iter_mut().filter(|kind| kind.has.has(row)) {
            kind.days.remove(kind.has.rank(row));
            kind.has.put(row, false);
            kind.several.put(row, false);
        }
        for held in &summary.kinds {
            let Some(number) = self.kind_of.get_mut(usize::from(held.kind)) else { continue };
            if *number == NOWHERE {
                *number = u8::try_from(self.kinds.len()).unwrap_or(NOWHERE);
                self.kinds.push(Kind { number: held.kind, has: Bits::NONE, several: Bits::NONE, days: Vec::new() });
            }
            let Some(kind) = self.kinds.get_mut(usize::from(*number)) else { continue };
            kind.has.put(row, true);
            kind.several.put(row, held.several);
            kind.days.insert(kind.has.rank(row), (held.from, held.until));
        }
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
        self.months.get(month).copied().unwrap_or(Bits::NONE)
    }

    /// Rows that have none of `months`, of which there is one at least.
    #[inline(always)]
    pub fn without_months(&self, months: MonthBits) -> Bits {
        let chosen = self.months.iter().enumerate().filter(|(month, _)| months >> month & 1 != 0);
        chosen.fold(self.all_year, |any, (_, plane)| any.or(*plane)).not()
    }

    /// Rows that have all of `months`.
    #[inline(always)]
    pub fn with_all_months(&self, months: MonthBits) -> Bits {
        let chosen = self.months.iter().enumerate().filter(|(month, _)| months >> month & 1 != 0);
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
        let planes = self.units.iter().enumerate();
        planes.fold(Bits::NONE, |differ, (place, plane)| differ.or(plane.differs(Bits::all_if(unit >> place & 1 != 0))))
    }

    /// Rows that do not deliver to a unit.
    #[inline(always)]
    pub fn not_delivering(&self, unit: u8) -> Bits {
        let some = self.place(unit).and_then(|place| self.delivers_to.get(place)).copied().unwrap_or(Bits::NONE);
        self.everywhere.or(some).not()
    }

    /// Rows whose longest OCOP paper has so many stars, one to seven, or more.
    #[inline(always)]
    pub fn with_stars(&self, least: u8) -> Bits {
        let (mut more, mut same) = (Bits::NONE, Bits::ALL);
        let [_, _, _, stars @ .., _, _] = &self.terms;
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
        let asked = self.terms.iter().enumerate().filter(|(place, _)| mask >> TERMS_SHIFT >> place & 1 != 0);
        let mut differ =
            asked.fold(Bits::NONE, |differ, (place, plane)| differ.or(plane.differs(Bits::all_if(value >> TERMS_SHIFT >> place & 1 != 0))));
        // All currencies but the first look the same.
        let is_first = value & CURRENCY == 0;
        differ = differ.or(if is_first { self.foreign } else { self.foreign.not() });
        Against { fails: differ, unsure: if is_first { Bits::NONE } else { self.foreign } }
    }

    /// Rows whose price is for those who see as much as `level`.
    #[inline(always)]
    pub fn visible(&self, level: u16) -> Bits {
        let [.., low, high] = self.terms;
        match level {
            0 => low.or(high).not(),
            1 => high.not(),
            2 => low.and(high).not(),
            _ => Bits::ALL,
        }
    }

    /// Reads a part of every line that a survey will read, so that the processor fetches them all at once: a survey decides
    /// by what it reads, and would wait for one after the other.
    #[inline(always)]
    pub fn fetch(&self, question: &Question<'_>) {
        let need = question.need;
        let mut all = self.used.first() ^ self.end.touch() ^ self.all_year.first() ^ self.minimum_order.touch() ^ self.everywhere.first();
        all ^= self.place(need.place).and_then(|place| self.delivers_to.get(place)).map_or(0, Bits::first);
        all ^= self
            .months
            .iter()
            .enumerate()
            .filter(|(month, _)| need.months >> month & 1 != 0)
            .fold(0, |all, (_, plane)| all ^ plane.first());
        if self.one_unit == SEVERAL_UNITS {
            all = self.units.iter().fold(all, |all, plane| all ^ plane.first());
        }
        if need.shelf_life_days > 0 {
            all ^= self.shelf_life_days.touch();
        }
        if question.points.star > 0 || need.least_stars > 0 {
            all ^= self.stars_until.touch();
            all = self.terms.iter().fold(all, |all, plane| all ^ plane.first());
        }
        if need.least_stars > 0 {
            all ^= self.stars_from.touch();
        }
        if question.points.volume > 0 || need.single_supplier {
            all ^= self.quantity.touch();
        }
        if question.price.as_ref().is_some_and(|ceiling| ceiling.is_seen) {
            all ^= self.rate.touch();
        }
        all = kinds(need.required | need.preferred).filter_map(|kind| self.kind(kind)).fold(all, |all, kind| all ^ kind.has.first());
        std::hint::black_box(all);
    }

    /// Bytes that it has beside itself.
    pub fn heap(&self) -> usize {
        let kinds: usize = self.kinds.iter().map(|kind| kind.days.capacity() * size_of::<(u16, u16)>()).sum();
        self.kinds.capacity() * size_of::<Kind>() + kinds
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
            let judged = |unit: &u8| Judged { unit: *unit, ..Judged::default() };
            if anew {
                planes.put(0, &judged(&5), 0, &Summary::default());
                planes.forget_unit();
            }
            units.iter().enumerate().for_each(|(row, unit)| planes.put(row, &judged(unit), 0, &Summary::default()));
            let other = planes.of_another_unit(asked).and(planes.used);
            let expected: Vec<usize> = units.iter().enumerate().filter(|(_, unit)| **unit != asked).map(|(row, _)| row).collect();
            prop_assert_eq!(other.rows().collect::<Vec<_>>(), expected);
        }
    }
}
