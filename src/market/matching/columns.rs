//! Offers of one group, up to 512 to a block: what a look at one offer reads lies in one line of memory, and what a scan of
//! all of them reads stands beside it in sets of rows.

#![expect(clippy::indexing_slicing, reason = "rows are those that were written")]

use super::bits::Bits;
use super::codes::{day_code, day_of, floor_code, nearest_day_code, rate, size_code, value_of};
use super::facts::{Supply, months_left};
use super::papers::{PaperSet, Papers, PapersOf, PromiseSet};
use super::places::{PLACES, Places};
use super::planes::{Planes, UNIT_BITS};
use crate::market::numbers::{Number, Short};
use crate::market::record::{ALL_MONTHS, Basis, FOREVER, Id, Price, Rows, Visibility};
use std::cmp::Reverse;

/// A block chooses its frames anew after so many rows at the latest: as many as it has.
const MOST_PATIENCE: u16 = 512;
const LEAST_PATIENCE: u16 = 8;

/// Bits above the months in [`Judged::months`].
pub(super) const EVERYWHERE: u16 = 1 << 12;
/// The row has OCOP papers beside the one that lasts longest, which might count before that begins.
pub(super) const MORE_STARS: u16 = 1 << 13;
/// The row has promises.
pub(super) const PROMISED: u16 = 1 << 14;
/// The row has numbers without codes: the book keeps the offer whole, and the block nothing but its id.
const WIDE: u16 = 1 << 15;

/// Bits of [`Judged::delivers_to`] above the units, of what is only shown: the version, an invented offer, one that was
/// closed, one that states how long it keeps, days of lead time plus one.
const VERSION_SHIFT: usize = 40;
const ILLUSTRATIVE: u64 = 1 << 48;
const CLOSED: u64 = 1 << 49;
const STATES_SHELF_LIFE: u64 = 1 << 50;
const LEAD_SHIFT: u32 = 52;
const MOST_LEAD: u16 = 4_000;
const _: () = assert!(PLACES <= VERSION_SHIFT, "the units lie below");
/// From this version on the book keeps it beside.
pub(super) const MANY_VERSIONS: u32 = u8::MAX as u32;

/// Bits of [`Judged::terms`]: the currency below, then whether there is a price, basis and tax, OCOP stars, the visibility on
/// top.
pub(super) const CURRENCY: u16 = 0xFF;
pub(super) const PRICED: u16 = 1 << 8;
pub(super) const DELIVERED: u16 = 1 << 9;
pub(super) const WITH_TAX: u16 = 1 << 10;
const STARS_SHIFT: u32 = 11;
const STARS: u8 = 0b111;
pub(super) const VISIBILITY_SHIFT: u32 = 14;

/// What an offer is judged by, but for its papers, its promises and the amount of its price: half a line.
///
/// One that is not in use is of no months and has ended before all days.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(32))]
pub(super) struct Judged {
    /// Days, by their codes: the first, and the last.
    pub from: u16,
    pub end: u16,
    /// Months of the year, and bits above them.
    pub months: u16,
    pub shelf_life_days: u16,
    /// The OCOP paper that lasts longest.
    pub stars_from: u16,
    pub stars_until: u16,
    /// What kind of price it has, and the stars of that paper.
    pub terms: u16,
    pub province: u8,
    pub unit: u8,
    /// Quantities, by their codes.
    pub quantity: i32,
    pub minimum_order: i32,
    /// Units it delivers to, by their places in the book, unless it delivers everywhere; above them what is only shown.
    pub delivers_to: u64,
}

impl Judged {
    /// Of the OCOP paper that lasts longest.
    #[inline]
    pub fn stars(&self) -> u8 {
        u8::try_from(self.terms >> STARS_SHIFT & u16::from(STARS)).unwrap_or(0)
    }

    pub fn is_wide(&self) -> bool {
        self.months & WIDE != 0
    }

    /// Whether it was closed, on whatever day.
    fn was_closed(&self) -> bool {
        self.delivers_to & CLOSED != 0
    }

    /// Takes what papers say, of a row that knows nothing of any.
    fn take(&mut self, summary: &Summary) {
        self.months |= if summary.more_stars { MORE_STARS } else { 0 };
        (self.stars_from, self.stars_until) = (summary.stars_from, summary.stars_until);
        self.terms |= u16::from(summary.stars) << STARS_SHIFT;
    }

    /// The least order as [`Planes`] has it.
    pub fn minimum_order_code(&self) -> u32 {
        size_code(value_of(self.minimum_order))
    }

    /// The quantity as [`Planes`] has it.
    pub fn quantity_code(&self) -> u32 {
        size_code(value_of(self.quantity))
    }
}

/// What is read of a row that may fit: the other half of its line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rest {
    pub id: Id,
    product: Short,
    producer: Short,
    papers: Short,
    /// The number of how much the price is for.
    priced: u8,
    amount: i32,
    /// The code of the day from which on it is closed.
    closed_on: u16,
}

const _: () = assert!(size_of::<Row>() == 64, "a line of memory");

/// All that is kept of a row. Rows that answer words lie far from each other, and what a look at one waits for is
/// memory: it waits once.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C, align(64))]
pub(super) struct Row {
    pub judged: Judged,
    pub rest: Rest,
}

/// The rows of a block, from the first on.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub rows: Vec<Row>,
    pub planes: Planes,
    /// How many rows are wide.
    pub wide: u16,
    /// No price for one unit is lower, nor ever was since the frames were chosen.
    pub least_rate: f32,
    /// No row has more stars, on whatever day, nor ever had since the frames were chosen.
    pub most_stars: u8,
    /// Rows written since the frames were chosen, and after how many they are chosen anew.
    written: u16,
    patience: u16,
}

impl Rest {
    /// Row of the product.
    pub fn product(&self) -> u32 {
        self.product.row_or_none()
    }

    /// Row of the producer.
    #[inline]
    pub fn producer(&self) -> u32 {
        self.producer.row_or_none()
    }

    #[inline]
    pub fn papers(&self) -> PaperSet {
        PaperSet(self.papers.row())
    }

    /// The price, of `terms`.
    pub fn price(&self, terms: u16, places: &Places) -> Option<Price> {
        (terms & PRICED != 0).then(|| Price {
            amount: value_of(self.amount),
            per_base: places.priced(self.priced),
            currency: u8::try_from(terms & CURRENCY).unwrap_or(0),
            basis: if terms & DELIVERED == 0 { Basis::FarmGate } else { Basis::Delivered },
            vat_included: terms & WITH_TAX != 0,
            visibility: match terms >> VISIBILITY_SHIFT {
                0 => Visibility::Public,
                1 => Visibility::Keys,
                2 => Visibility::Parties,
                _ => Visibility::Hidden,
            },
        })
    }
}

impl Row {
    fn is_unused(&self) -> bool {
        self.judged.months & ALL_MONTHS == 0
    }

    /// The same as [`Supply::is_open`], of a day's code, should it not be wide.
    #[inline]
    pub fn is_open(&self, day: u16) -> bool {
        let Judged { from, end, months, .. } = self.judged;
        let is_all_year = months & ALL_MONTHS == ALL_MONTHS && from <= end;
        end >= day && !(self.judged.was_closed() && self.rest.closed_on <= day) && (is_all_year || self.has_month_left(day))
    }

    fn has_month_left(&self, day: u16) -> bool {
        let Judged { from, end, months, .. } = self.judged;
        months_left(months & ALL_MONTHS, (day_of(from), day_of(end)), day_of(day)) != 0
    }

    /// Price for one unit; 0 without one.
    fn rate(&self, places: &Places) -> f32 {
        self.rest.price(self.judged.terms, places).map_or(0.0, |price| rate(&price))
    }
}

impl Block {
    pub fn new() -> Self {
        Self {
            rows: Vec::new(),
            planes: Planes::new(),
            wide: 0,
            least_rate: f32::INFINITY,
            most_stars: 0,
            written: 0,
            patience: LEAST_PATIENCE,
        }
    }

    /// Writes a row, one of those that are there or the next; `false` if the offer has numbers without codes and must be
    /// kept whole beside its id. `today` is the code of the book's day. Without a summary of its papers the block is being
    /// loaded, and answers after [`Block::settle`].
    pub fn set(&mut self, row: usize, supply: &Supply, summary: Option<&Summary>, places: &mut Places, today: u16) -> bool {
        if row == self.rows.len() {
            self.rows.push(Row::default());
        }
        self.clear(row);
        let Some(coded) = coded(supply, places) else {
            self.rows[row].judged.months = WIDE;
            self.rows[row].rest.id = supply.id;
            self.wide += 1;
            return false;
        };
        self.rows[row] = coded;
        let Some(summary) = summary else { return true };
        self.rows[row].judged.take(summary);
        let Row { judged, .. } = &self.rows[row];
        let rate = coded.rate(places);
        if judged.terms & PRICED != 0 {
            self.least_rate = self.least_rate.min(rate);
        }
        self.most_stars = self.most_stars.max(judged.stars());
        self.planes.put_numbers(row, judged, rate.to_bits());
        self.planes.put(row, judged, summary, coded.is_open(today));
        self.written += 1;
        if self.written >= self.patience {
            self.choose_frames(places);
        }
        true
    }

    /// Ends loading: what a scan reads is worked out from the rows, all at once.
    pub fn settle(&mut self, papers: &Papers, places: &Places, today: u16) {
        let used = |row: &Row| !row.is_unused();
        let summaries: Vec<Summary> =
            self.rows.iter().map(|row| Summary::new(papers.get(if used(row) { row.rest.papers() } else { PaperSet::default() }))).collect();
        for (row, summary) in self.rows.iter_mut().zip(&summaries).filter(|(row, _)| used(row)) {
            row.judged.take(summary);
        }
        self.choose_frames(places);
        for (number, (row, summary)) in self.rows.iter().zip(&summaries).enumerate().filter(|(_, (row, _))| used(row)) {
            self.planes.put(number, &row.judged, summary, row.is_open(today));
        }
        self.rows.shrink_to_fit();
        self.planes.shrink();
        // It is taken as if it had been written row after row.
        self.patience = u16::try_from(self.rows.len()).map_or(MOST_PATIENCE, |rows| rows.clamp(LEAST_PATIENCE, MOST_PATIENCE));
    }

    /// Chooses the frames of the numbers anew, by those that are there.
    fn choose_frames(&mut self, places: &Places) {
        (self.written, self.patience) = (0, self.patience.saturating_mul(2).min(MOST_PATIENCE));
        let rows = || self.rows.iter().filter(|row| !row.is_unused());
        let of = |number: fn(&Judged) -> u32| rows().map(|row| number(&row.judged)).collect::<Vec<_>>();
        let stars_of = |number: fn(&Judged) -> u32| {
            let with_stars = rows().filter(|row| row.judged.stars() > 0);
            with_stars.map(|row| number(&row.judged)).collect::<Vec<_>>()
        };
        let rates: Vec<u32> = rows().filter(|row| row.judged.terms & PRICED != 0).map(|row| row.rate(places).to_bits()).collect();
        self.least_rate = rates.iter().min().map_or(f32::INFINITY, |rate| f32::from_bits(*rate));
        self.most_stars = rows().map(|row| row.judged.stars()).max().unwrap_or(0);
        let some = rows().count() / 64;
        let forever = u32::from(u16::MAX);
        let ends = of(|judged| judged.end.into()).into_iter().filter(|end| *end < forever).collect();
        let some_rates = rates.len() / 64;
        // Where none is stated the number is 0: whatever is stated must lie in the frame, not beside those below it.
        let stated = |numbers: Vec<u32>| numbers.into_iter().filter(|number| *number > 0).collect();
        let (minimum_orders, shelf_lives) = (stated(of(Judged::minimum_order_code)), stated(of(|judged| judged.shelf_life_days.into())));
        let (from, quantities) = (of(|judged| judged.from.into()), of(Judged::quantity_code));
        let (stars_from, stars_until) = (stars_of(|judged| judged.stars_from.into()), stars_of(|judged| judged.stars_until.into()));
        let sets = &mut self.planes;
        sets.forget_unit();
        sets.frames.from.choose(from, some);
        sets.frames.end.choose(ends, 0);
        sets.frames.minimum_order.choose(minimum_orders, 0);
        sets.frames.quantity.choose(quantities, some);
        sets.frames.shelf_life_days.choose(shelf_lives, 0);
        sets.frames.stars_from.choose(stars_from, 0);
        sets.frames.stars_until.choose(stars_until, 0);
        sets.frames.rate.choose(rates, some_rates);
        for (number, row) in self.rows.iter().enumerate().filter(|(_, row)| !row.is_unused()) {
            self.planes.put_numbers(number, &row.judged, row.rate(places).to_bits());
        }
    }

    /// What the columns say of the papers of a row.
    pub fn summary(&self, row: usize) -> Summary {
        let judged = &self.rows[row].judged;
        let kinds = self.planes.kinds().iter().filter(|kind| kind.has.has(row)).map(|kind| {
            let (from, until) = kind.days[kind.has.rank(row)];
            HeldKind { kind: kind.number, several: kind.several().has(row), from, until }
        });
        Summary {
            kinds: kinds.collect(),
            stars: judged.stars(),
            more_stars: judged.months & MORE_STARS != 0,
            stars_from: judged.stars_from,
            stars_until: judged.stars_until,
        }
    }

    /// Writes which rows are open on `today`, the new day of the book.
    pub fn set_today(&mut self, today: u16) {
        let Self { rows, planes, .. } = self;
        (0..).zip(rows).filter(|(_, row)| !row.is_unused()).for_each(|(number, row)| planes.set_open(number, row.is_open(today)));
    }

    /// Rows that are open on another day than the book's.
    pub fn open_on(&self, day: u16) -> Bits {
        let mut open = Bits::NONE;
        let used = (0..).zip(&self.rows).filter(|(_, row)| !row.is_unused());
        used.for_each(|(number, row)| open.put(number, row.is_open(day)));
        open
    }

    /// Leaves a row unused.
    pub fn clear(&mut self, row: usize) {
        if self.rows[row].judged.is_wide() {
            self.wide -= 1;
        } else if self.planes.is_used(row) {
            self.planes.clear(row);
        }
        self.rows[row] = Row::default();
    }

    /// Forgets the last row, which is unused.
    pub fn shorten(&mut self) {
        self.rows.pop();
    }

    /// The offer of a row that is not wide, but for its promises, and for its version where that is [`MANY_VERSIONS`].
    pub fn get(&self, row: usize, group: u8, places: &Places) -> Supply {
        let Row { judged, rest } = &self.rows[row];
        let shown = judged.delivers_to;
        let lead = u16::try_from(shown >> LEAD_SHIFT).unwrap_or(0);
        Supply {
            id: rest.id,
            version: u32::from(u8::try_from(shown >> VERSION_SHIFT & u64::from(u8::MAX)).unwrap_or(0)),
            product: rest.product(),
            producer: rest.producer(),
            province: judged.province,
            group,
            unit: judged.unit,
            quantity: value_of(judged.quantity),
            months: judged.months & ALL_MONTHS,
            from: day_of(judged.from),
            until: day_of(judged.end),
            closed_on: day_of(rest.closed_on),
            minimum_order: value_of(judged.minimum_order),
            lead_time_days: lead.checked_sub(1),
            price: rest.price(judged.terms, places),
            delivers_to: (judged.months & EVERYWHERE == 0).then(|| Rows(places.units_of(judged.delivers_to))),
            shelf_life_days: judged.shelf_life_days,
            states_shelf_life: shown & STATES_SHELF_LIFE != 0,
            papers: rest.papers(),
            promises: PromiseSet::default(),
            illustrative: shown & ILLUSTRATIVE != 0,
        }
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.rows.capacity() * size_of::<Row>() + self.planes.heap()
    }
}

/// What the columns say of a set of papers.
#[derive(Debug, Clone, Default)]
pub(super) struct Summary {
    /// Kinds of which it has a paper of any date.
    pub kinds: Vec<HeldKind>,
    /// Stars of the OCOP paper that lasts longest, and the codes of its days.
    stars: u8,
    stars_from: u16,
    stars_until: u16,
    more_stars: bool,
}

/// Papers of one kind: whether there are several, and the codes of the days of the one that lasts longest.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeldKind {
    pub kind: u8,
    pub several: bool,
    pub from: u16,
    pub until: u16,
}

impl Summary {
    pub fn new(papers: PapersOf<'_>) -> Self {
        let mut kinds: Vec<HeldKind> = Vec::with_capacity(papers.size_hint().0);
        for paper in papers.clone().filter(|paper| paper.kind < 64) {
            let (from, until) = (nearest_day_code(paper.from), nearest_day_code(paper.until));
            match kinds.iter_mut().find(|held| held.kind == paper.kind) {
                Some(held) if (held.until, Reverse(held.from)) >= (until, Reverse(from)) => held.several = true,
                Some(held) => *held = HeldKind { kind: paper.kind, several: true, from, until },
                None => kinds.push(HeldKind { kind: paper.kind, several: false, from, until }),
            }
        }
        let ocop = papers.filter(|paper| paper.stars > 0);
        let Some(longest) = ocop.clone().max_by_key(|paper| (paper.until, paper.stars, Reverse(paper.from))) else {
            return Self { kinds, ..Self::default() };
        };
        let more = ocop.clone().any(|paper| paper.from < longest.from);
        let higher = ocop.clone().any(|paper| paper.stars > longest.stars) || longest.stars > STARS;
        Self {
            kinds,
            // Where another has more stars, as if it had most and never began: whether one counts has to be looked up.
            stars: if higher { 5 } else { longest.stars },
            stars_from: if higher { u16::MAX } else { nearest_day_code(longest.from) },
            stars_until: nearest_day_code(longest.until),
            more_stars: more || higher,
        }
    }
}

/// What kind of price it is.
pub(super) fn terms_of(price: &Price) -> u16 {
    let basis = if price.basis == Basis::Delivered { DELIVERED } else { 0 };
    let tax = if price.vat_included { WITH_TAX } else { 0 };
    u16::from(price.currency) | PRICED | basis | tax | (price.visibility as u16) << VISIBILITY_SHIFT
}

/// An offer as it stands in a row, but for its papers; `None` where a number has no code.
fn coded(supply: &Supply, places: &mut Places) -> Option<Row> {
    let set = |is: bool, bit: u16| if is { bit } else { 0 };
    let lead = supply.lead_time_days.map_or(Some(0), |days| (days < MOST_LEAD).then_some(days + 1))?;
    let (mut amount, mut priced, mut terms) = (0, 0, 0);
    if let Some(price) = &supply.price {
        (amount, priced, terms) = (exact_code(price.amount)?, places.priced_or_new(price.per_base)?, terms_of(price));
    }
    let mut delivers_to = 0;
    if let Some(units) = supply.delivers_to {
        for unit in (0..128).filter(|unit| units.contains(*unit)) {
            delivers_to |= 1 << places.get_or_new(unit)?;
        }
    }
    if supply.unit >> UNIT_BITS != 0 {
        return None;
    }
    let mark = |is: bool, bit: u64| if is { bit } else { 0 };
    let shown = u64::from(supply.version.min(MANY_VERSIONS)) << VERSION_SHIFT
        | mark(supply.illustrative, ILLUSTRATIVE)
        | mark(supply.closed_on != FOREVER, CLOSED)
        | mark(supply.states_shelf_life, STATES_SHELF_LIFE)
        | u64::from(lead) << LEAD_SHIFT;
    let judged = Judged {
        from: day_code(supply.from)?,
        end: day_code(supply.until)?,
        months: supply.months & ALL_MONTHS
            | set(supply.delivers_to.is_none(), EVERYWHERE)
            | set(supply.promises != PromiseSet::default(), PROMISED),
        shelf_life_days: supply.shelf_life_days,
        stars_from: 0,
        stars_until: 0,
        terms,
        province: supply.province,
        unit: supply.unit,
        quantity: exact_code(supply.quantity)?,
        minimum_order: exact_code(supply.minimum_order)?,
        delivers_to: delivers_to | shown,
    };
    let rest = Rest {
        id: supply.id,
        product: Short::fitting(supply.product)?,
        producer: Short::fitting(supply.producer)?,
        papers: Short::fitting(supply.papers.0)?,
        priced,
        amount,
        closed_on: day_code(supply.closed_on)?,
    };
    Some(Row { judged, rest })
}

fn exact_code(value: i64) -> Option<i32> {
    let (code, exact) = floor_code(value);
    exact.then_some(code)
}
