//! What is matched: an offer, a demand, and through whose eyes.

use super::calendar;
use super::papers::{PaperSet, Papers, PromiseSet, Promises};
use super::score::Weights;
use crate::market::record::{Day, DemandRecord, Id, Month, MonthBits, Price, Promise, Rows, Visibility};
use crate::market::tables::Tables;
use std::sync::Arc;

/// One offer as the engine keeps it. Quantities are thousandths of the base unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supply {
    /// `ofr_…`
    pub id: Id,
    /// Version, from 1.
    pub version: u32,
    /// Row of the product.
    pub product: u32,
    /// Row of the producer.
    pub producer: u32,
    /// The producer's unit, as recorded.
    pub province: u8,
    /// The product's group, as recorded; fewer than 128.
    pub group: u8,
    /// Base unit.
    pub unit: u8,
    /// A month.
    pub quantity: i64,
    /// Months of the year in which it supplies; never empty.
    pub months: MonthBits,
    /// First day.
    pub from: Day,
    /// Last day; [`FOREVER`] without one.
    pub until: Day,
    /// Day from which on it is closed; [`FOREVER`] while it is not.
    pub closed_on: Day,
    /// Least quantity of one order; 0 without one.
    pub minimum_order: i64,
    /// Days from order to delivery, where stated.
    pub lead_time_days: Option<u16>,
    /// Price, where stated.
    pub price: Option<Price>,
    /// Units of today it delivers to; everywhere when `None`.
    pub delivers_to: Option<Rows>,
    /// Days of shelf life left at delivery, of the offer or else of the product; 0 when unknown.
    pub shelf_life_days: u16,
    /// Whether the offer states them itself.
    pub states_shelf_life: bool,
    /// Papers of the product and of its producer.
    pub papers: PaperSet,
    /// Promises of the product.
    pub promises: PromiseSet,
    /// Invented for a demo.
    pub illustrative: bool,
}

impl Supply {
    /// The last day on which it can supply, as far as was known on `as_of`: that it was closed later was not.
    pub fn end_on(&self, as_of: Day) -> Day {
        if self.closed_on <= as_of { self.until.min(self.closed_on.saturating_sub(1)) } else { self.until }
    }

    /// Those of its months of the year that it has left from `as_of` on, in the year that follows: none where it is over or
    /// closed.
    pub fn months_left(&self, as_of: Day) -> MonthBits {
        if self.closed_on <= as_of { 0 } else { months_left(self.months, (self.from, self.until), as_of) }
    }

    /// Whether it is neither closed nor over on `as_of`: it has a month left. One that begins later is.
    pub fn is_open(&self, as_of: Day) -> bool {
        self.months_left(as_of) != 0
    }
}

/// Those of `months` of the year that lie between two days, both included, and not before `as_of`.
pub(super) fn months_left(months: MonthBits, (from, until): (Day, Day), as_of: Day) -> MonthBits {
    const MOST_DAYS_OF_A_YEAR: Day = 366;
    let first = from.max(as_of);
    if until.saturating_sub(first) >= MOST_DAYS_OF_A_YEAR {
        return months;
    }
    if until < first { 0 } else { months & calendar::bits(calendar::month_of(first), calendar::month_of(until)) }
}

/// A demand as offers are held against it. Quantities are thousandths of the base unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// `dmd_…`; of a preview, 0.
    pub id: Id,
    /// Row of the buyer.
    pub buyer: u32,
    /// The buyer's unit, as recorded: its officers see the ceiling.
    pub buyer_province: u8,
    /// Groups in which a product serves it; [`Rows::ALL`] for any.
    pub groups: Rows,
    /// Base unit.
    pub unit: u8,
    /// A month; more than 0. Of what is left where in some months more is needed than in others: in the month with most.
    pub quantity: i64,
    /// How much is needed in each calendar month, in their order, of what is left of a demand where that is not the same in all.
    pub uneven: Option<Arc<[(Month, i64)]>>,
    /// Months of the year in which it is needed and which its period touches; never empty.
    pub months: MonthBits,
    /// How many calendar months of its period those are.
    pub months_needed: u32,
    /// First day of delivery.
    pub from: Day,
    /// Last day of delivery.
    pub until: Day,
    /// Unit of delivery, as recorded.
    pub province: u8,
    /// Today's unit in the place of it.
    pub place: u8,
    /// Ceiling, where stated.
    pub ceiling: Option<Price>,
    /// OCOP stars at least; 0 for any.
    pub least_stars: u8,
    /// Kinds that must hold over the whole period that is left: one bit a row of the certificate kinds.
    pub required: u64,
    /// Kinds that are welcome.
    pub preferred: u64,
    /// Days of shelf life that must be left at delivery; 0 for any.
    pub shelf_life_days: u16,
    /// Last day on which it takes answers.
    pub answer_by: Day,
    /// Whether one supplier must bring all of it.
    pub single_supplier: bool,
    /// Day from which on it is closed; [`FOREVER`] while it is not.
    pub closed_on: Day,
    /// What signed `MoUs` promise it; `None` where nothing is.
    pub met: Option<Arc<[Promise]>>,
    /// Invented for a demo.
    pub illustrative: bool,
}

impl Need {
    /// `record` made ready; `buyer` is the buyer's row and `buyer_province` its unit.
    ///
    /// The register refuses months outside the period; should none lie in it, all of the period are meant.
    pub fn new(record: &DemandRecord, buyer: u32, buyer_province: u8, tables: &Tables) -> Self {
        let (first, last) = (calendar::month_of(record.from), calendar::month_of(record.until));
        let touched = calendar::bits(first, last);
        let months = if record.months & touched == 0 { touched } else { record.months & touched };
        Self {
            id: record.id,
            buyer,
            buyer_province,
            groups: record.groups.unwrap_or(Rows::ALL),
            unit: record.unit,
            quantity: record.quantity.max(1),
            uneven: None,
            months,
            months_needed: calendar::count(first, last, months).max(1),
            from: record.from,
            until: record.until,
            province: record.province,
            place: tables.current(record.province),
            ceiling: record.ceiling,
            least_stars: record.least_stars,
            required: record.required,
            preferred: record.preferred,
            shelf_life_days: record.shelf_life_days,
            answer_by: record.answer_by,
            single_supplier: record.suppliers_at_most == 1,
            closed_on: record.closed_on,
            met: None,
            illustrative: record.illustrative,
        }
    }

    /// The first and the last calendar month in which it is needed.
    pub(super) fn first_and_last_month(&self) -> Option<(Month, Month)> {
        let mut months = self.months_between(self.from, self.until);
        let first = months.next()?;
        Some((first, months.last().unwrap_or(first)))
    }

    /// The first and the last day of a calendar month that lie in its period.
    pub(super) fn days_of(&self, month: Month) -> (Day, Day) {
        (calendar::first_day(month).max(self.from), calendar::last_day(month).min(self.until))
    }

    /// How many of its calendar months an offer must share: who is to bring all of it alone, each.
    pub(super) fn least_months(&self) -> u32 {
        if self.single_supplier { self.months_needed } else { 1 }
    }

    /// Whether who supplies in `months` of the year has one that is needed, or, alone, each of them.
    pub(super) fn is_in_season(&self, months: MonthBits) -> bool {
        let shared = months & self.months;
        if self.single_supplier { shared == self.months } else { shared != 0 }
    }

    /// Whether it is the producer's own: nobody serves itself.
    pub fn is_of(&self, producer: u32) -> bool {
        self.buyer == producer
    }

    /// Whether a product of `group` can serve it.
    pub fn wants(&self, group: u8) -> bool {
        self.groups.contains(group)
    }

    /// The calendar months between two days, both included, in which it is needed.
    pub(super) fn months_between(&self, from: Day, until: Day) -> impl Iterator<Item = Month> {
        let (first, last) = (calendar::month_of(from.max(self.from)), calendar::month_of(until.min(self.until)));
        let months = if from <= until { self.months } else { 0 };
        (first..=last).filter(move |month| calendar::bit(*month) & months != 0 && self.is_needed_in(*month))
    }
}

/// Through whose eyes prices and ceilings are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View<'a> {
    /// The most private that the caller sees of anybody.
    pub level: Visibility,
    /// Row of the caller's own organisation.
    pub organisation: Option<u32>,
    /// An officer's own units, of any time.
    pub provinces: Rows,
    /// Offers and demands about which the caller's organisation was introduced to the other side, in order of their ids.
    pub introduced: &'a [Id],
}

impl View<'_> {
    /// Everybody's.
    pub const PUBLIC: Self = Self { level: Visibility::Public, organisation: None, provinces: Rows(0), introduced: &[] };

    /// Whether the caller may see the offer's price, should there be one.
    pub fn sees_price(&self, supply: &Supply) -> bool {
        supply.price.is_some_and(|price| self.sees(price.visibility, supply.producer, supply.province, supply.id))
    }

    /// Whether the caller may see the demand's ceiling, should there be one.
    pub fn sees_ceiling(&self, need: &Need) -> bool {
        need.ceiling.is_some_and(|ceiling| self.sees(ceiling.visibility, need.buyer, need.buyer_province, need.id))
    }

    /// Whether a price above the ceiling may be told of: the caller sees the price, and sees the ceiling or owns the offer.
    pub fn judges_price(&self, supply: &Supply, need: &Need) -> bool {
        self.sees_price(supply) && need.ceiling.is_some() && (self.sees_ceiling(need) || self.organisation == Some(supply.producer))
    }

    /// Whether the caller may see how much of the offer is promised to others: its owner, officers of its province and who
    /// sees everything.
    pub fn sees_promises(&self, supply: &Supply) -> bool {
        self.sees(Visibility::Hidden, supply.producer, supply.province, supply.id)
    }

    /// Whether the caller was introduced about the offer or demand `id`.
    pub(super) fn is_introduced_about(&self, id: Id) -> bool {
        self.introduced.binary_search(&id).is_ok()
    }

    pub(super) fn sees(&self, visibility: Visibility, owner: u32, province: u8, about: Id) -> bool {
        visibility <= self.level
            || self.organisation == Some(owner)
            || self.provinces.contains(province)
            || visibility == Visibility::Parties && self.is_introduced_about(about)
    }
}

/// What a question is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The reference tables.
    pub tables: &'a Tables,
    /// Papers of the offers.
    pub papers: &'a Papers,
    /// Promises of the offers.
    pub promises: &'a Promises,
    /// Whose eyes.
    pub view: View<'a>,
    /// What counts how much.
    pub weights: Weights,
    /// The day for which offers, demands and promises are judged.
    pub as_of: Day,
}
