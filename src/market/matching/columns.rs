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
pub(super) const WIDE: u16 = 1 << 15;

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
type Plane = Option<Box<[u16; ROWS]>>;

/// 512 rows. A row that is not in use has ended before all days.
///
/// In the order of the declaration: what every scan reads lies together, on few pages.
#[derive(Debug, Clone)]
#[repr(C)]
pub(super) struct Block {
    /// Days, by their codes.
    pub from: [u16; ROWS],
    pub until: [u16; ROWS],
    pub closed_on: [u16; ROWS],
    /// Months of the year, and bits above them.
    pub months: [u16; ROWS],
    /// Quantities, by their codes.
    pub minimum_order: [i32; ROWS],
    pub quantity: [i32; ROWS],
    pub unit: [u8; ROWS],
    pub province: [u8; ROWS],
    /// Stars and small things.
    pub marks: [u16; ROWS],
    /// The OCOP paper that lasts longest.
    pub stars_from: [u16; ROWS],
    pub stars_until: [u16; ROWS],
    pub shelf_life_days: [u16; ROWS],
    /// Price for one unit, by its code, and what kind of price it is; both 0 without one.
    pub rate: [u16; ROWS],
    pub terms: [u16; ROWS],
    /// Units it delivers to, unless it delivers everywhere.
    pub delivers_to: [Plane; 8],
    /// Kinds of which it has a paper of any date.
    pub kinds: [Plane; 4],
    /// How many rows are wide.
    pub wide: u16,
    pub id: [Id; ROWS],
    pub producer: [u32; ROWS],
    pub papers: [PaperSet; ROWS],
    pub promises: [PromiseSet; ROWS],
    product: [u32; ROWS],
    version: [u32; ROWS],
    amount: [i32; ROWS],
    per_base: [i32; ROWS],
}

impl Block {
    pub fn new() -> Box<Self> {
        Box::new(Self {
            months: [0; ROWS],
            marks: [0; ROWS],
            from: [0; ROWS],
            until: [0; ROWS],
            closed_on: [0; ROWS],
            stars_from: [0; ROWS],
            stars_until: [0; ROWS],
            shelf_life_days: [0; ROWS],
            rate: [0; ROWS],
            terms: [0; ROWS],
            unit: [0; ROWS],
            province: [0; ROWS],
            quantity: [0; ROWS],
            minimum_order: [0; ROWS],
            delivers_to: [const { None }; 8],
            kinds: [const { None }; 4],
            wide: 0,
            id: [Id(0); ROWS],
            producer: [0; ROWS],
            papers: [PaperSet(0); ROWS],
            promises: [PromiseSet(0); ROWS],
            product: [0; ROWS],
            version: [0; ROWS],
            amount: [0; ROWS],
            per_base: [0; ROWS],
        })
    }

    /// Writes a row; `false` if the offer has numbers without codes and must be kept whole beside its id.
    pub fn set(&mut self, row: usize, supply: &Supply, summary: Summary) -> bool {
        self.clear(row);
        self.id[row] = supply.id;
        if self.write(row, supply).is_none() {
            self.clear(row);
            self.months[row] = WIDE;
            self.wide += 1;
            return false;
        }
        self.marks[row] |= summary.stars;
        self.months[row] |= summary.more_stars;
        (self.stars_from[row], self.stars_until[row]) = (summary.stars_from, summary.stars_until);
        write_planes(&mut self.kinds, row, u128::from(summary.kinds));
        write_planes(&mut self.delivers_to, row, supply.delivers_to.unwrap_or_default().0);
        true
    }

    /// What the columns say of the papers of a row.
    pub fn summary(&self, row: usize) -> Summary {
        Summary {
            kinds: u64::try_from(read_planes(&self.kinds, row)).unwrap_or(0),
            stars: self.marks[row] & STARS,
            more_stars: self.months[row] & MORE_STARS,
            stars_from: self.stars_from[row],
            stars_until: self.stars_until[row],
        }
    }

    /// What has a place of its own; `None` where a number has no code.
    fn write(&mut self, row: usize, supply: &Supply) -> Option<()> {
        self.from[row] = day_code(supply.from)?;
        self.until[row] = day_code(supply.until)?;
        self.closed_on[row] = day_code(supply.closed_on)?;
        self.quantity[row] = exact_code(supply.quantity)?;
        self.minimum_order[row] = exact_code(supply.minimum_order)?;
        let lead = supply.lead_time_days.map_or(Some(0), |days| (days < MOST_LEAD).then_some(days + 1))?;
        self.marks[row] = lead << LEAD_SHIFT | if supply.illustrative { ILLUSTRATIVE } else { 0 };
        if let Some(price) = &supply.price {
            self.amount[row] = exact_code(price.amount)?;
            self.per_base[row] = exact_code(price.per_base)?;
            self.rate[row] = rate_code(price);
            self.terms[row] = terms_of(price);
        }
        let promised = if supply.promises == PromiseSet::default() { 0 } else { PROMISED };
        let everywhere = if supply.delivers_to.is_none() { EVERYWHERE } else { 0 };
        self.months[row] = supply.months & ALL_MONTHS | promised | everywhere;
        self.shelf_life_days[row] = supply.shelf_life_days;
        self.unit[row] = supply.unit;
        self.province[row] = supply.province;
        self.producer[row] = supply.producer;
        self.papers[row] = supply.papers;
        self.promises[row] = supply.promises;
        self.product[row] = supply.product;
        self.version[row] = supply.version;
        Some(())
    }

    /// Leaves a row unused.
    pub fn clear(&mut self, row: usize) {
        self.wide -= u16::from(self.months[row] & WIDE != 0);
        (self.months[row], self.marks[row], self.from[row], self.until[row], self.closed_on[row]) = (0, 0, 0, 0, 0);
        (self.stars_from[row], self.stars_until[row], self.shelf_life_days[row]) = (0, 0, 0);
        (self.rate[row], self.terms[row], self.amount[row], self.per_base[row]) = (0, 0, 0, 0);
        (self.quantity[row], self.minimum_order[row]) = (0, 0);
        write_planes(&mut self.kinds, row, 0);
        write_planes(&mut self.delivers_to, row, 0);
    }

    /// The offer of a row that is not wide.
    pub fn get(&self, row: usize, group: u8) -> Supply {
        let lead = self.marks[row] >> LEAD_SHIFT;
        Supply {
            id: self.id[row],
            version: self.version[row],
            product: self.product[row],
            producer: self.producer[row],
            province: self.province[row],
            group,
            unit: self.unit[row],
            quantity: value_of(self.quantity[row]),
            months: self.months[row] & ALL_MONTHS,
            from: day_of(self.from[row]),
            until: day_of(self.until[row]),
            closed_on: day_of(self.closed_on[row]),
            minimum_order: value_of(self.minimum_order[row]),
            lead_time_days: lead.checked_sub(1),
            price: self.price(row),
            delivers_to: (self.months[row] & EVERYWHERE == 0).then(|| Rows(read_planes(&self.delivers_to, row))),
            shelf_life_days: self.shelf_life_days[row],
            papers: self.papers[row],
            promises: self.promises[row],
            illustrative: self.marks[row] & ILLUSTRATIVE != 0,
        }
    }

    /// The price of a row.
    pub fn price(&self, row: usize) -> Option<Price> {
        let terms = self.terms[row];
        (terms & PRICED != 0).then(|| Price {
            amount: value_of(self.amount[row]),
            per_base: value_of(self.per_base[row]),
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

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let planes = self.kinds.iter().chain(&self.delivers_to).filter(|plane| plane.is_some()).count();
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

fn read_planes(planes: &[Plane], row: usize) -> u128 {
    planes.iter().rev().fold(0, |bits, plane| bits << 16 | u128::from(plane.as_ref().map_or(0, |plane| plane[row])))
}

/// Writes the bits of a set, sixteen to a plane.
fn write_planes(planes: &mut [Plane], row: usize, mut bits: u128) {
    for plane in planes {
        let part = u16::try_from(bits & 0xFFFF).unwrap_or(0);
        match plane {
            Some(plane) => plane[row] = part,
            None if part != 0 => plane.insert(Box::new([0; ROWS]))[row] = part,
            None => {}
        }
        bits >>= 16;
    }
}
