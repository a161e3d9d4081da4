//! Offers of one group in columns, 512 to a block: what a scan reads lies side by side, each number as small as it can be.

#![expect(clippy::indexing_slicing, reason = "rows are below ROWS, the length of every column")]

use super::codes::{day_code, day_of, floor_code, nearest_day_code, rate_code, value_of};
use super::facts::Supply;
use super::papers::{PaperSet, PromiseSet, kind_bit};
use crate::market::record::{ALL_MONTHS, Basis, Id, Paper, Price, Rows, Visibility};
use std::cmp::Reverse;

/// Rows of a block.
pub(super) const ROWS: usize = 512;

/// Bits above the months in [`Block::months`].
pub(super) const EVERYWHERE: u16 = 1 << 12;
/// The row has OCOP papers beside the one that lasts longest, which might count before that begins.
pub(super) const MORE_STARS: u16 = 1 << 13;
/// The row has promises.
pub(super) const PROMISED: u16 = 1 << 14;
/// The row has numbers without codes: the book keeps the offer whole, and its columns say nothing but its id.
const WIDE: u16 = 1 << 15;

/// Bits of [`Block::marks`]: OCOP stars, an invented offer, days of lead time plus one.
pub(super) const STARS: u16 = 0b111;
const ILLUSTRATIVE: u16 = 1 << 3;
const LEAD_SHIFT: u32 = 4;
const MOST_LEAD: u16 = 4_000;

/// Bits of [`Block::terms`]: the currency below, then whether there is a price, basis and tax, the visibility on top.
pub(super) const CURRENCY: u16 = 0xFF;
pub(super) const PRICED: u16 = 1 << 8;
pub(super) const DELIVERED: u16 = 1 << 9;
pub(super) const WITH_TAX: u16 = 1 << 10;
pub(super) const VISIBILITY_SHIFT: u32 = 14;

/// A column of sixteen bits each of a set; absent while no row has one of them.
type Plane<const N: usize> = Option<Box<[u16; N]>>;

/// What a scan reads of `N` rows. A row that is not in use has ended before all days.
///
/// In the order of the declaration: what every scan reads lies together, on few pages.
#[derive(Debug, Clone)]
#[repr(C)]
pub(super) struct Columns<const N: usize> {
    /// Days, by their codes.
    pub from: [u16; N],
    pub until: [u16; N],
    pub closed_on: [u16; N],
    /// Months of the year, and bits above them.
    pub months: [u16; N],
    /// Quantities, by their codes.
    pub minimum_order: [i32; N],
    pub quantity: [i32; N],
    pub unit: [u8; N],
    pub province: [u8; N],
    /// Stars and small things.
    pub marks: [u16; N],
    /// The OCOP paper that lasts longest.
    pub stars_from: [u16; N],
    pub stars_until: [u16; N],
    pub shelf_life_days: [u16; N],
    /// Price for one unit, by its code, and what kind of price it is; both 0 without one.
    pub rate: [u16; N],
    pub terms: [u16; N],
    /// Units it delivers to, unless it delivers everywhere.
    pub delivers_to: [Plane<N>; 8],
    /// Kinds of which it has a paper of any date.
    pub kinds: [Plane<N>; 4],
}

/// What is read of a row that may fit, together: one look at memory.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rest {
    pub id: Id,
    pub producer: u32,
    pub papers: PaperSet,
    pub promises: PromiseSet,
    product: u32,
    version: u32,
    amount: i32,
    per_base: i32,
}

/// 512 rows.
#[derive(Debug, Clone)]
#[repr(C)]
pub(super) struct Block {
    pub columns: Columns<ROWS>,
    /// How many rows are wide.
    pub wide: u16,
    pub rest: [Rest; ROWS],
}

impl Rest {
    /// The price, of `terms`.
    pub fn price(&self, terms: u16) -> Option<Price> {
        (terms & PRICED != 0).then(|| Price {
            amount: value_of(self.amount),
            per_base: value_of(self.per_base),
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

impl<const N: usize> Columns<N> {
    pub const fn new() -> Self {
        Self {
            months: [0; N],
            marks: [0; N],
            from: [0; N],
            until: [0; N],
            closed_on: [0; N],
            stars_from: [0; N],
            stars_until: [0; N],
            shelf_life_days: [0; N],
            rate: [0; N],
            terms: [0; N],
            unit: [0; N],
            province: [0; N],
            quantity: [0; N],
            minimum_order: [0; N],
            delivers_to: [const { None }; 8],
            kinds: [const { None }; 4],
        }
    }

    /// Copies row `from` of `other` to row `to`: of its sets, the plane of units it delivers to that a demand's lies in, and
    /// those planes of kinds that are asked for.
    #[inline]
    pub fn copy<const M: usize>(&mut self, to: usize, other: &Columns<M>, from: usize, delivers_to: usize, kinds: [bool; 4]) {
        self.from[to] = other.from[from];
        self.until[to] = other.until[from];
        self.closed_on[to] = other.closed_on[from];
        self.months[to] = other.months[from];
        self.minimum_order[to] = other.minimum_order[from];
        self.quantity[to] = other.quantity[from];
        self.unit[to] = other.unit[from];
        self.province[to] = other.province[from];
        self.marks[to] = other.marks[from];
        self.stars_from[to] = other.stars_from[from];
        self.stars_until[to] = other.stars_until[from];
        self.shelf_life_days[to] = other.shelf_life_days[from];
        self.rate[to] = other.rate[from];
        self.terms[to] = other.terms[from];
        let delivers_to = delivers_to & 7;
        copy_plane(&mut self.delivers_to[delivers_to], to, &other.delivers_to[delivers_to], from);
        for ((plane, other), _) in self.kinds.iter_mut().zip(&other.kinds).zip(kinds).filter(|(_, asked)| *asked) {
            copy_plane(plane, to, other, from);
        }
    }
}

fn copy_plane<const N: usize, const M: usize>(plane: &mut Plane<N>, to: usize, other: &Plane<M>, from: usize) {
    let bits = other.as_ref().map_or(0, |other| other[from]);
    match plane {
        Some(plane) => plane[to] = bits,
        None if bits != 0 => plane.insert(Box::new([0; N]))[to] = bits,
        None => {}
    }
}

impl Block {
    #[expect(clippy::large_stack_arrays, reason = "on its way to the heap")]
    pub fn new() -> Box<Self> {
        Box::new(Self { columns: Columns::new(), wide: 0, rest: [Rest::default(); ROWS] })
    }

    /// Whether the book keeps the offer of a row whole.
    pub fn is_wide(&self, row: usize) -> bool {
        self.columns.months[row] & WIDE != 0
    }

    /// Writes a row; `false` if the offer has numbers without codes and must be kept whole beside its id.
    pub fn set(&mut self, row: usize, supply: &Supply, summary: Summary) -> bool {
        self.clear(row);
        self.rest[row].id = supply.id;
        if self.write(row, supply).is_none() {
            self.clear(row);
            self.columns.months[row] = WIDE;
            self.wide += 1;
            return false;
        }
        self.columns.marks[row] |= summary.stars;
        self.columns.months[row] |= summary.more_stars;
        (self.columns.stars_from[row], self.columns.stars_until[row]) = (summary.stars_from, summary.stars_until);
        write_planes(&mut self.columns.kinds, row, u128::from(summary.kinds));
        write_planes(&mut self.columns.delivers_to, row, supply.delivers_to.unwrap_or_default().0);
        true
    }

    /// What the columns say of the papers of a row.
    pub fn summary(&self, row: usize) -> Summary {
        Summary {
            kinds: u64::try_from(read_planes(&self.columns.kinds, row)).unwrap_or(0),
            stars: self.columns.marks[row] & STARS,
            more_stars: self.columns.months[row] & MORE_STARS,
            stars_from: self.columns.stars_from[row],
            stars_until: self.columns.stars_until[row],
        }
    }

    /// What has a place of its own; `None` where a number has no code.
    fn write(&mut self, row: usize, supply: &Supply) -> Option<()> {
        self.columns.from[row] = day_code(supply.from)?;
        self.columns.until[row] = day_code(supply.until)?;
        self.columns.closed_on[row] = day_code(supply.closed_on)?;
        self.columns.quantity[row] = exact_code(supply.quantity)?;
        self.columns.minimum_order[row] = exact_code(supply.minimum_order)?;
        let lead = supply.lead_time_days.map_or(Some(0), |days| (days < MOST_LEAD).then_some(days + 1))?;
        self.columns.marks[row] = lead << LEAD_SHIFT | if supply.illustrative { ILLUSTRATIVE } else { 0 };
        if let Some(price) = &supply.price {
            self.rest[row].amount = exact_code(price.amount)?;
            self.rest[row].per_base = exact_code(price.per_base)?;
            self.columns.rate[row] = rate_code(price);
            self.columns.terms[row] = terms_of(price);
        }
        let promised = if supply.promises == PromiseSet::default() { 0 } else { PROMISED };
        let everywhere = if supply.delivers_to.is_none() { EVERYWHERE } else { 0 };
        self.columns.months[row] = supply.months & ALL_MONTHS | promised | everywhere;
        self.columns.shelf_life_days[row] = supply.shelf_life_days;
        self.columns.unit[row] = supply.unit;
        self.columns.province[row] = supply.province;
        self.rest[row].producer = supply.producer;
        self.rest[row].papers = supply.papers;
        self.rest[row].promises = supply.promises;
        self.rest[row].product = supply.product;
        self.rest[row].version = supply.version;
        Some(())
    }

    /// Leaves a row unused.
    pub fn clear(&mut self, row: usize) {
        self.wide -= u16::from(self.columns.months[row] & WIDE != 0);
        (self.columns.months[row], self.columns.marks[row], self.columns.from[row], self.columns.until[row], self.columns.closed_on[row]) =
            (0, 0, 0, 0, 0);
        (self.columns.stars_from[row], self.columns.stars_until[row], self.columns.shelf_life_days[row]) = (0, 0, 0);
        (self.columns.rate[row], self.columns.terms[row], self.rest[row].amount, self.rest[row].per_base) = (0, 0, 0, 0);
        (self.columns.quantity[row], self.columns.minimum_order[row]) = (0, 0);
        write_planes(&mut self.columns.kinds, row, 0);
        write_planes(&mut self.columns.delivers_to, row, 0);
    }

    /// The offer of a row that is not wide.
    pub fn get(&self, row: usize, group: u8) -> Supply {
        let lead = self.columns.marks[row] >> LEAD_SHIFT;
        Supply {
            id: self.rest[row].id,
            version: self.rest[row].version,
            product: self.rest[row].product,
            producer: self.rest[row].producer,
            province: self.columns.province[row],
            group,
            unit: self.columns.unit[row],
            quantity: value_of(self.columns.quantity[row]),
            months: self.columns.months[row] & ALL_MONTHS,
            from: day_of(self.columns.from[row]),
            until: day_of(self.columns.until[row]),
            closed_on: day_of(self.columns.closed_on[row]),
            minimum_order: value_of(self.columns.minimum_order[row]),
            lead_time_days: lead.checked_sub(1),
            price: self.rest[row].price(self.columns.terms[row]),
            delivers_to: (self.columns.months[row] & EVERYWHERE == 0).then(|| Rows(read_planes(&self.columns.delivers_to, row))),
            shelf_life_days: self.columns.shelf_life_days[row],
            papers: self.rest[row].papers,
            promises: self.rest[row].promises,
            illustrative: self.columns.marks[row] & ILLUSTRATIVE != 0,
        }
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let planes = self.columns.kinds.iter().chain(&self.columns.delivers_to).filter(|plane| plane.is_some()).count();
        size_of::<Self>() + planes * size_of::<[u16; ROWS]>()
    }
}

/// What the columns say of a set of papers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Summary {
    /// Kinds of which it has a paper of any date.
    kinds: u64,
    /// Stars of the OCOP paper that lasts longest, and the codes of its days.
    stars: u16,
    stars_from: u16,
    stars_until: u16,
    /// [`MORE_STARS`] or nothing.
    more_stars: u16,
}

impl Summary {
    pub fn new(papers: &[Paper]) -> Self {
        let kinds = papers.iter().fold(0, |kinds, paper| kinds | kind_bit(paper.kind));
        let ocop = papers.iter().filter(|paper| paper.stars > 0);
        let Some(longest) = ocop.clone().max_by_key(|paper| (paper.until, paper.stars, Reverse(paper.from))) else {
            return Self { kinds, ..Self::default() };
        };
        let more = ocop.clone().any(|paper| paper.from < longest.from);
        let higher = ocop.clone().any(|paper| paper.stars > longest.stars) || u16::from(longest.stars) > STARS;
        Self {
            kinds,
            // Where another has more stars, as if it had most and never began: whether one counts has to be looked up.
            stars: if higher { 5 } else { u16::from(longest.stars) },
            stars_from: if higher { u16::MAX } else { nearest_day_code(longest.from) },
            stars_until: nearest_day_code(longest.until),
            more_stars: if more || higher { MORE_STARS } else { 0 },
        }
    }
}

/// What kind of price it is.
pub(super) fn terms_of(price: &Price) -> u16 {
    let basis = if price.basis == Basis::Delivered { DELIVERED } else { 0 };
    let tax = if price.vat_included { WITH_TAX } else { 0 };
    u16::from(price.currency) | PRICED | basis | tax | (price.visibility as u16) << VISIBILITY_SHIFT
}

fn exact_code(value: i64) -> Option<i32> {
    let (code, exact) = floor_code(value);
    exact.then_some(code)
}

fn read_planes<const N: usize>(planes: &[Plane<N>], row: usize) -> u128 {
    planes.iter().rev().fold(0, |bits, plane| bits << 16 | u128::from(plane.as_ref().map_or(0, |plane| plane[row])))
}

/// Writes the bits of a set, sixteen to a plane.
fn write_planes<const N: usize>(planes: &mut [Plane<N>], row: usize, mut bits: u128) {
    for plane in planes {
        let part = u16::try_from(bits & 0xFFFF).unwrap_or(0);
        match plane {
            Some(plane) => plane[row] = part,
            None if part != 0 => plane.insert(Box::new([0; N]))[row] = part,
            None => {}
        }
        bits >>= 16;
    }
}
