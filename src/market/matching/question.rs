//! A demand made ready for a scan: thresholds in the columns' codes, and points by province, months and stars.

use super::calendar;
use super::codes::{BEFORE_DAYS, MOST_EXACT, ceil_code, day_code, floor_code, rate_bits};
use super::columns::{CURRENCY, DELIVERED, PRICED, WITH_TAX, terms_of};
use super::facts::{Need, Setting};
use super::places::Places;
use super::score::{self, NEUTRAL};
use crate::market::record::{Basis, MonthBits};
use crate::market::tables::Kilometres;

/// Calendar months that a set of them can hold.
const MOST_MONTHS: usize = 60;
/// A month of the year in each of five years.
const EACH_YEAR: u64 = 1 | 1 << 12 | 1 << 24 | 1 << 36 | 1 << 48;

/// A demand made ready.
pub(super) struct Question<'a> {
    pub need: &'a Need,
    pub setting: &'a Setting<'a>,
    /// Where it is to be delivered, by its number in the book; `None` where no offer names it.
    pub place: Option<usize>,
    /// Whether it is asked for the day of the book, for which it keeps what is open.
    pub is_today: bool,
    /// Days, by their codes.
    pub as_of: u16,
    pub from: u16,
    pub until: u16,
    /// Codes of quantities.
    pub minimum_order_at_most: i32,
    pub quantity_at_least: i32,
    /// The quantity that must be left.
    pub enough: i64,
    pub price: Option<Ceiling>,
    /// First and last day of the needed months that lie in the period, where these follow each other: who supplies in any
    /// season shares a month if it shares one of these days.
    pub run: Option<(u16, u16)>,
    /// Those months, with their place in the year and the days of each that lie in the period.
    pub calendar: Vec<(usize, u16, u16)>,
    /// For a single supplier: the last day of the first needed month and the first of the last one, which it must not miss.
    pub edges: Option<(u16, u16)>,
    pub points: Points,
    months: Calendar,
}

/// How prices are held against the ceiling.
pub(super) struct Ceiling {
    /// The ceiling for one unit, as the columns write prices.
    pub rate: u32,
    /// Which bits of the terms must be what, for a price above the ceiling to be too high.
    pub bounded: (u16, u16),
    /// Which bits of the terms must be what, for a price to be compared in the score.
    pub alike: (u16, u16),
    /// Whether the caller sees the ceiling.
    pub is_seen: bool,
}

/// Points in basis points.
pub(super) struct Points {
    /// By unit: points of the distance, and the distance.
    pub province: [(u16, Kilometres); 128],
    pub months: [u16; MOST_MONTHS + 1],
    pub stars: [u16; 8],
    /// By how many of the welcome papers are held.
    pub welcome: [u16; 65],
    /// Weights in percent: a part that fits entirely has a hundred points for each.
    pub volume: u16,
    pub price: u16,
    pub preferred: u16,
    pub month: u16,
    pub star: u16,
    pub nearness: u16,
    /// The same for every offer.
    pub always: u16,
    /// Whether each month of the year comes once.
    pub each_month_once: bool,
}

impl<'a> Question<'a> {
    /// `None` for a demand whose days have no codes, or a ceiling beyond all prices, or that lasts longer than a scan can count: its offers are judged one by one.
    pub fn new(need: &'a Need, setting: &'a Setting<'a>, places: &Places, today: u16) -> Option<Self> {
        let seen = setting.view.sees_ceiling(need);
        if need.ceiling.is_some_and(|ceiling| ceiling.amount.max(ceiling.per_base) > MOST_EXACT) {
            return None;
        }
        let calendar = run(need);
        // Where in some months more is needed than in others: who leaves less fails whatever the month.
        let enough = if need.single_supplier { need.least_needed() } else { 1 };
        // Before all days that have codes everything is still to come.
        let as_of = if setting.as_of <= BEFORE_DAYS { 0 } else { day_code(setting.as_of)? };
        Some(Self {
            need,
            setting,
            place: places.get(need.place),
            is_today: as_of == today,
            as_of,
            from: day_code(need.from)?,
            until: day_code(need.until)?,
            minimum_order_at_most: floor_code(need.quantity).0,
            quantity_at_least: ceil_code(enough),
            enough,
            price: need.ceiling.map(|ceiling| {
                let terms = terms_of(&ceiling);
                let same = PRICED | CURRENCY | DELIVERED | WITH_TAX;
                // A price without transport or tax that is above a ceiling with it can only come out higher.
                let basis = if ceiling.basis == Basis::FarmGate { DELIVERED } else { 0 };
                let tax = if ceiling.vat_included { 0 } else { WITH_TAX };
                let bounded = PRICED | CURRENCY | basis | tax;
                Ceiling { rate: rate_bits(&ceiling), bounded: (bounded, terms & bounded), alike: (same, terms & same), is_seen: seen }
            }),
            run: calendar.first().zip(calendar.last()).map(|((_, first, _), (_, _, last))| (*first, *last)),
            calendar,
            edges: if need.single_supplier { Some(edges(need)?) } else { None },
            points: Points::new(need, setting),
            months: Calendar::new(need)?,
        })
    }

    /// The first day on which who supplies in any season must still be there.
    pub fn first_needed(&self) -> u16 {
        self.run.map_or(self.from, |(first, _)| first)
    }

    /// How many calendar months an offer shares, by its months of the year and the codes of its first and last day, which
    /// reach into the period.
    #[inline]
    pub fn months_shared(&self, months: MonthBits, from: u16, end: u16) -> u8 {
        let first = self.months.index(from.saturating_sub(self.from));
        let last = self.months.index(end.min(self.until) - self.from);
        let (needed, window) = (self.months.needed, (u64::MAX << first) & (u64::MAX >> (63 - last)));
        u8::try_from((self.months.each_year(months) & needed & window).count_ones()).unwrap_or(0)
    }
}

/// Each month that is needed, with its place in the year and its days in the period; none unless they follow each other.
fn run(need: &Need) -> Vec<(usize, u16, u16)> {
    let mut found: Vec<(usize, u16, u16)> = Vec::new();
    let mut before = None;
    for month in need.months_between(need.from, need.until) {
        let days = need.days_of(month);
        let (Some(first), Some(last), true) = (day_code(days.0), day_code(days.1), before.is_none_or(|before| month == before + 1)) else {
            return Vec::new();
        };
        before = Some(month);
        found.push((usize::try_from(month.rem_euclid(12)).unwrap_or(0), first, last));
    }
    found
}

/// The last day in the period of the first needed month, and the first of the last one.
fn edges(need: &Need) -> Option<(u16, u16)> {
    let (first, last) = need.first_and_last_month()?;
    Some((day_code(need.days_of(first).1)?, day_code(need.days_of(last).0)?))
}

impl Points {
    fn new(need: &Need, setting: &Setting<'_>) -> Self {
        let [volume, months, price, stars, preferred, distance, deliveries] = setting.weights.percent().map(u16::from);
        let count = u16::try_from(need.months.count_ones()).unwrap_or(12).max(1);
        let mut found = Self {
            province: [(0, 0); 128],
            months: [0; MOST_MONTHS + 1],
            stars: [0, 1, 2, 3, 4, 5, 6, 7].map(|count| score::points(stars, score::stars_fit(count))),
            welcome: [score::points(preferred, score::WHOLE); 65],
            volume,
            price,
            preferred,
            always: score::points(deliveries, NEUTRAL),
            month: months,
            each_month_once: need.months_needed == u32::from(count),
            star: stars,
            nearness: distance,
        };
        for (province, entry) in (0..).zip(&mut found.province) {
            let kilometres = setting.tables.distance(need.province, province);
            *entry = (score::points(distance, score::distance_fit(kilometres)), kilometres);
        }
        for (held, points) in (0..).zip(&mut found.welcome).take(need.preferred.count_ones() as usize) {
            *points = score::points(preferred, score::share_of_kinds(held, need.preferred));
        }
        for (common, points) in (0..).zip(&mut found.months).take(need.months_needed as usize + 1) {
            *points = score::points(months, score::months_fit(common, need.months_needed));
        }
        found
    }
}

/// The calendar months of a demand's period, the first one the lowest bit.
struct Calendar {
    needed: u64,
    /// Of the first, its place in the year.
    month_of_year: u32,
    /// Of each day of the period, which month.
    of_day: Vec<u8>,
}

impl Calendar {
    fn new(need: &Need) -> Option<Self> {
        let (first, last) = (calendar::month_of(need.from), calendar::month_of(need.until));
        let count = usize::try_from(last - first).ok().filter(|more| *more < MOST_MONTHS)? + 1;
        let mut of_day = Vec::with_capacity(usize::try_from(need.until - need.from).ok()? + 1);
        for (month, index) in (first..=last).zip(0_u8..) {
            let end = usize::try_from(calendar::last_day(month).min(need.until) - need.from).ok()? + 1;
            of_day.resize(end, index);
        }
        let month_of_year = first.rem_euclid(12).unsigned_abs();
        let mut found = Self { needed: 0, month_of_year, of_day };
        found.needed = found.each_year(need.months) & (u64::MAX >> (64 - count));
        Some(found)
    }

    #[inline]
    fn index(&self, day: u16) -> u32 {
        self.of_day.get(usize::from(day)).map_or(0, |index| u32::from(*index))
    }

    /// Months of the year as calendar months of five years.
    #[inline]
    fn each_year(&self, months: MonthBits) -> u64 {
        let months = u64::from(months);
        ((months >> self.month_of_year | months << (12 - self.month_of_year)) & 0xFFF) * EACH_YEAR
    }
}
