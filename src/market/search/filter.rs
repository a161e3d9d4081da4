//! What is asked: filters, facets, order, page.

use crate::market::Market;
use crate::market::facet::{Dimension, Facet, KINDS, NO_PRICE, PRICE_BUCKETS, Seen, UNKNOWN_PRICE, price_bucket, rows_of};
use crate::market::matching::{PromiseSet, Supply, View, Weights, left};
use crate::market::order::SortKey;
use crate::market::record::{Day, MonthBits, Rows};
use crate::market::tables::Tables;
use crate::market::upkeep::dong_per_base;

/// A place to measure distance from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The centroid of a unit.
    Unit(u8),
    /// Latitude and longitude in hundredths of a degree.
    Point(i32, i32),
}

impl Place {
    /// Kilometres to every unit, by row.
    pub fn distances(self, tables: &Tables) -> [u16; 128] {
        let mut distances = [0; 128];
        for (row, distance) in (0_u8..).zip(&mut distances) {
            *distance = match self {
                Self::Unit(unit) => tables.distance(unit, row),
                Self::Point(latitude, longitude) => tables.distance_from((latitude, longitude), row),
            };
        }
        distances
    }

    /// Kilometres to one unit.
    pub fn distance(self, tables: &Tables, to: u8) -> u16 {
        match self {
            Self::Unit(unit) => tables.distance(unit, to),
            Self::Point(latitude, longitude) => tables.distance_from((latitude, longitude), to),
        }
    }
}

/// Which products are asked for; what is absent asks nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of producers in these units, as recorded.
    pub provinces: Option<Rows>,
    /// Of producers in these units too, but no facet: a region.
    pub region: Option<Rows>,
    /// In these groups, under any decision.
    pub groups: Option<Rows>,
    /// Stars at least.
    pub least_stars: u8,
    /// Kinds of producer, one bit each.
    pub kinds: Option<u16>,
    /// Kinds of certificate that must all be valid, one bit each.
    pub certificates: u64,
    /// Kinds of certificate that must be valid too, but no facet: a geographical indication.
    pub held: u64,
    /// Days over which stars and certificates must hold; the day asked unless given.
    pub period: Option<(Day, Day)>,
    /// Months in which one offer must supply, all of them.
    pub months: MonthBits,
    /// Thousandths a month of a base unit that one offer must have, and the unit.
    pub quantity: Option<(i64, u8)>,
    /// Highest price of one offer, whole đồng for a base unit.
    pub price_at_most: Option<u32>,
    /// Base unit that one offer must be counted in.
    pub unit: Option<u8>,
    /// Unit of today that one offer must deliver to.
    pub delivers_to: Option<u8>,
    /// Not farther than so many kilometres from the place of the question.
    pub within_km: Option<u16>,
    /// With an offer that is open or to come, or without.
    pub is_offered: Option<bool>,
    /// Invented for a demo, or not.
    pub is_illustrative: Option<bool>,
    /// Of this producer, by row; `u32::MAX` finds nothing.
    pub producer: Option<u32>,
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Best fitting words first; newest first where no words are asked.
    Relevance,
    /// Lowest price first.
    Price,
    /// Largest quantity first: what is left beside promises.
    Quantity,
    /// Most stars first.
    Stars,
    /// Nearest first; needs a place.
    Distance,
    /// Newest first.
    Newest,
}

/// A question.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// Words.
    pub text: Option<&'a str>,
    /// Filters.
    pub filter: Filter,
    /// Dimensions to count: [`Dimension::bit`] of each.
    pub facets: u8,
    /// Order.
    pub sort: Sort,
    /// Where distances are measured from.
    pub place: Option<Place>,
    /// Rows of a page.
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<SortKey>,
    /// The day for which stars and validity are worked out.
    pub as_of: Day,
    /// Through whose eyes.
    pub view: View<'a>,
}

impl Question<'_> {
    /// Whether the answer depends on what the caller sees of prices.
    pub fn asks_prices(&self) -> bool {
        self.filter.price_at_most.is_some() || self.sort == Sort::Price || self.facets & Dimension::Price.bit() != 0
    }

    /// Whether stars and certificates are counted or sorted by as they hold over a period.
    pub fn shows_period(&self) -> bool {
        const OF_PAPERS: u8 = Dimension::Stars.bit() | Dimension::Certificate.bit();
        self.filter.period.is_some() && (self.facets & OF_PAPERS != 0 || self.sort == Sort::Stars)
    }

    /// Whether a product whose offers supply in different months must be looked at offer by offer: since one offer must have
    /// several things, or since a facet is narrowed by what is asked of one offer.
    pub fn asks_each_of_mixed(&self) -> bool {
        let is_counted = |dimension: Dimension| self.facets & dimension.bit() != 0;
        let (months, price) = (self.filter.months, self.filter.price_at_most.is_some());
        let asks_two = months.count_ones() + u32::from(price) > 1;
        asks_two || months != 0 && is_counted(Dimension::Price) || price && is_counted(Dimension::Month)
    }

    /// The products whose key of order is not what the columns say, since not each of their offers may pass: it is that of
    /// the offers that do.
    pub fn ordered_by_passing(&self) -> Ordered {
        let Filter { months, price_at_most, .. } = &self.filter;
        let any_offer = match self.sort {
            // Of offers that cost no more than is asked the cheapest of all is one.
            Sort::Price => false,
            Sort::Quantity => price_at_most.is_some(),
            Sort::Relevance | Sort::Stars | Sort::Distance | Sort::Newest => return Ordered::Nothing,
        };
        match (any_offer || self.filter.asks_terms(), *months) {
            (true, _) => Ordered::Several,
            (false, 0) => Ordered::Nothing,
            (false, _) => Ordered::Mixed,
        }
    }

    /// Whether sets of rows say all that is asked.
    pub fn is_of_sets(&self) -> bool {
        !self.shows_period() && !self.filter.asks_papers_of_a_period() && !self.filter.asks_terms()
    }

    /// Whether `supply`, open on the day asked, satisfies all that is asked of one offer; what the caller may not see is
    /// unknown, and an unknown price is under no limit.
    pub fn takes(&self, supply: &Supply, market: &Market) -> OfferFails {
        let filter = &self.filter;
        let months = supply.months_left(self.as_of) & filter.months == filter.months;
        let price = filter.price_at_most.is_none_or(|most| seen_price(supply, &self.view) <= most);
        OfferFails { month: !months, price: !price, other: !self.takes_terms(supply, market) }
    }

    /// Whether its quantity, unit and delivery are as asked.
    pub fn takes_terms(&self, supply: &Supply, market: &Market) -> bool {
        let filter = &self.filter;
        filter.unit.is_none_or(|unit| supply.unit == unit)
            && filter.quantity.is_none_or(|(least, unit)| supply.unit == unit && self.leaves(supply, least, market))
            && filter.delivers_to.is_none_or(|unit| supply.delivers_to.is_none_or(|units| units.contains(unit)))
    }

    /// Thousandths of its base unit a month that are left of an offer beside what is promised of it: in the month of those
    /// asked with the least, or in the one with the most. Rounded down to two digits for whom the promises are not shown.
    pub fn quantity_left(&self, supply: &Supply, market: &Market) -> i64 {
        market.quantity_left(supply, self.filter.months, self.view, self.as_of)
    }

    fn leaves(&self, supply: &Supply, least: i64, market: &Market) -> bool {
        supply.quantity >= least && self.quantity_left(supply, market) >= least
    }
}

impl Filter {
    /// Whether one offer of a product must satisfy something.
    pub fn asks_offers(&self) -> bool {
        self.months != 0 || self.price_at_most.is_some() || self.asks_terms()
    }

    /// Whether something else than its price is asked of one offer: a product without one fails in more than the price.
    pub fn asks_beside_price(&self) -> bool {
        self.months != 0 || self.asks_terms()
    }

    /// Whether one offer must have what no column says: quantity, unit, delivery.
    pub fn asks_terms(&self) -> bool {
        self.quantity.is_some() || self.unit.is_some() || self.delivers_to.is_some()
    }

    /// Whether stars or certificates must hold over a period.
    pub fn asks_papers_of_a_period(&self) -> bool {
        self.period.is_some() && (self.certificates | self.held != 0 || self.least_stars > 0)
    }
}

impl Market {
    /// As of [`Question::quantity_left`], of `months`.
    pub fn quantity_left(&self, supply: &Supply, months: MonthBits, view: View<'_>, as_of: Day) -> i64 {
        if supply.promises == PromiseSet::default() {
            return supply.quantity;
        }
        // More may be promised than there is.
        left(supply, months, &self.setting(view, Weights::default(), as_of)).max(0)
    }
}

/// Price of `supply` in whole đồng for a base unit as the caller sees it.
pub fn seen_price(supply: &Supply, view: &View<'_>) -> u32 {
    supply.price.filter(|_| view.sees_price(supply)).map_or(UNKNOWN_PRICE, |price| dong_per_base(&price))
}

/// Which products may have offers of which only some say where they stand in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordered {
    /// None.
    Nothing,
    /// Those whose offers supply in different months.
    Mixed,
    /// Those with several offers.
    Several,
}

/// In which dimensions an offer fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferFails {
    /// Months.
    pub month: bool,
    /// Price.
    pub price: bool,
    /// What is no facet: quantity, unit, delivery.
    pub other: bool,
}

impl OfferFails {
    /// One bit a dimension, [`OTHER`] for what is no facet.
    pub fn bits(self) -> u8 {
        (u8::from(self.month) * Dimension::Month.bit()) | (u8::from(self.price) * Dimension::Price.bit()) | (u8::from(self.other) * OTHER)
    }
}

/// The bit of filters that are no facet.
pub const OTHER: u8 = 0x80;

/// Which values of the packed facets fail in which dimension, by table.
#[derive(Debug)]
pub struct Lookup {
    province: [u8; 128],
    group: [u8; 128],
    stars: [u8; 4],
    kind: [u8; KINDS],
    price: [u8; 16],
    flags: [u8; 4],
    seen: Seen,
    /// Units in the region and near enough.
    pub near: Rows,
}

impl Lookup {
    /// The tables of `filter`. The price is judged by bucket: a row of the bucket in which the limit lies passes here.
    pub fn new(filter: &Filter, distances: Option<&[u16; 128]>, seen: Seen) -> Self {
        let mut lookup = Self {
            province: [0; 128],
            group: [0; 128],
            stars: [0; 4],
            kind: [0; KINDS],
            price: [0; 16],
            flags: [0; 4],
            seen,
            near: Rows(u128::MAX),
        };
        let is_by_place = filter.region.is_some() || filter.within_km.is_some();
        for (row, fails) in (0_u8..).zip(&mut lookup.province).take(if is_by_place { 128 } else { 0 }) {
            let is_near = || match (filter.within_km, distances) {
                (Some(most), Some(distances)) => distances.get(usize::from(row)).is_some_and(|km| *km <= most),
                _ => true,
            };
            if filter.region.is_some_and(|region| !region.contains(row)) || !is_near() {
                *fails |= OTHER;
                lookup.near.0 &= !(1 << row);
            }
        }
        for (asked, fails, dimension) in
            [(filter.provinces, &mut lookup.province, Dimension::Province), (filter.groups, &mut lookup.group, Dimension::Group)]
        {
            let Some(asked) = asked else { continue };
            for fails in fails.iter_mut() {
                *fails |= dimension.bit();
            }
            rows_of(asked).for_each(|row| fails.get_mut(row).into_iter().for_each(|fails| *fails &= !dimension.bit()));
        }
        // Over a period stars are judged by the papers; here the stars of the day say nothing.
        if filter.period.is_none() {
            for (stars, fails) in [0_u8, 3, 4, 5].into_iter().zip(&mut lookup.stars) {
                *fails = u8::from(stars < filter.least_stars) * Dimension::Stars.bit();
            }
        }
        for (kind, fails) in (0_u32..).zip(&mut lookup.kind) {
            *fails = u8::from(filter.kinds.is_some_and(|kinds| kinds >> kind & 1 == 0)) * Dimension::ProducerKind.bit();
        }
        if let Some(most) = filter.price_at_most {
            for (bucket, fails) in (0_u8..).zip(&mut lookup.price).take(PRICE_BUCKETS) {
                *fails = u8::from(bucket == NO_PRICE || bucket > price_bucket(most)) * Dimension::Price.bit();
            }
        }
        for (bits, fails) in (0_u8..).zip(&mut lookup.flags) {
            let (offered, illustrative) = (bits & 1 == 1, bits & 2 == 2);
            let wrong = filter.is_offered.is_some_and(|asked| asked != offered)
                || filter.is_illustrative.is_some_and(|asked| asked != illustrative);
            *fails = u8::from(wrong) * OTHER;
        }
        lookup
    }

    /// In which dimensions each unit fails.
    pub fn provinces(&self) -> &[u8; 128] {
        &self.province
    }

    /// In which dimensions each group fails.
    pub fn groups(&self) -> &[u8; 128] {
        &self.group
    }

    /// In which dimensions stars, less two, fail.
    pub fn of_stars(&self, step: usize) -> u8 {
        self.stars.get(step).copied().unwrap_or(0)
    }

    /// In which dimensions a kind of producer fails.
    pub fn of_kind(&self, kind: usize) -> u8 {
        self.kind.get(kind).copied().unwrap_or(0)
    }

    /// In which dimensions a bucket of price fails.
    pub fn of_price(&self, bucket: usize) -> u8 {
        self.price.get(bucket).copied().unwrap_or(0)
    }

    /// In which dimensions `facet` fails.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "every index is masked to its table's size by the facet")]
    pub fn fails(&self, facet: Facet) -> u8 {
        self.province[facet.province() & 127]
            | self.group[facet.group() & 127]
            | self.stars[facet.star_step() & 3]
            | self.kind[facet.kind() & (KINDS - 1)]
            | self.price[facet.price(self.seen) & 15]
            | self.flags[usize::from(facet.is_offered()) | usize::from(facet.is_illustrative()) << 1]
    }
}
