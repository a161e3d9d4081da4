//! Offers.

use super::packs::Measure;
use super::products;
use super::random::{Random, rounded, rounded_to};
use super::world::{ProductShape, Stage, World, pack_of, quantity};
use crate::decimal::{Decimal, Quantity};
use crate::error::{Problem, Result};
use crate::measure::{self, Pack};
use crate::months::Months;
use crate::offers::{self, NewOffer, NewPrice, Offer};
use crate::price::{PriceBasis, Visibility};
use crate::products::ProductStatus;
use chrono::{Days, NaiveDate};

/// Days in which every month lies.
const YEAR: i64 = 366;
/// How many thousandths a whole unit has.
const WHOLE: i64 = 1_000;

/// Offer `index`.
pub fn offer(world: &World, index: usize) -> Result<Offer> {
    let mut random = world.random(Stage::Offers, index);
    let product = usize::try_from(random.below(world.plan.products as u64)).unwrap_or(0);
    let shape = world.product(product)?;
    let pack = pack_of(shape.pack)?;
    let amounts = Amounts::drawn(&shape, pack.as_ref(), &mut random)?;
    let today = world.plan.today;
    let months = months(world, &shape, &mut random)?;
    let available_from = day(today, -random.between(0, 364));
    let available_until = random
        .chance(300)
        .then(|| day(today, random.between(-30, 400)).max(available_from))
        // An offer ends in a season of its own: an end that leaves it no month is none.
        .filter(|until| can_supply(months.as_deref(), available_from, *until));
    // What is not made any more was on offer for a year, until the day before all of this is registered.
    let is_made = products::product(world, product)?.status == ProductStatus::Active;
    let (available_from, available_until) =
        if is_made { (available_from, available_until) } else { (day(today, -2 - YEAR), Some(day(today, -2))) };
    let new = NewOffer {
        product_id: world.id(Stage::Products, product),
        quantity: amounts.quantity,
        unit: amounts.unit,
        months,
        available_from,
        available_until,
        minimum_order: amounts.least.as_ref().map(|(quantity, _)| *quantity),
        minimum_order_unit: amounts.least.map(|(_, unit)| unit),
        lead_time_days: random.chance(800).then(|| lead_time(&shape, &mut random)).flatten(),
        price: random.chance(950).then(|| price(world, &shape, pack.as_ref().filter(|_| amounts.in_packs), &mut random)).transpose()?,
        delivers_to: delivers_to(world, &shape, &mut random)?,
        remaining_shelf_life_days: shape.shelf_life.filter(|_| random.chance(700)).and_then(|days| {
            let percent = random.between(50, 90);
            i32::try_from((i64::from(days) * percent / 100).max(1)).ok()
        }),
        illustrative: true,
    };
    offers::made(new, pack.as_ref(), world.eve, world.meta(Stage::Offers, index, 0))
}

/// A quantity with the least order.
struct Amounts {
    quantity: Quantity,
    unit: String,
    least: Option<(Quantity, String)>,
    in_packs: bool,
}

impl Amounts {
    fn drawn(shape: &ProductShape, pack: Option<&Pack>, random: &mut Random) -> Result<Self> {
        let amount = quantity(shape.line.measure, random);
        let fraction = random.log_uniform(0.01, 0.3);
        let has_least = random.chance(600);
        let least = |amount: f64, unit: &str| has_least.then(|| (Decimal(rounded(amount * fraction) * WHOLE), unit.to_owned()));
        if let Some(pack) = pack.filter(|_| random.chance(150)) {
            let packs = amount / content(pack)?;
            let unit = pack.unit.as_str();
            return Ok(Self {
                quantity: Decimal(rounded(packs) * WHOLE),
                unit: unit.to_owned(),
                least: least(packs, unit),
                in_packs: true,
            });
        }
        let unit = shape.line.measure.unit();
        if shape.line.measure == Measure::Mass && amount >= 2_000.0 && random.chance(600) {
            // A tenth of a tonne is a hundred kilograms.
            let tenths = rounded_to(amount, 100.0);
            return Ok(Self { quantity: Decimal(tenths), unit: "TAN".to_owned(), least: least(amount, unit), in_packs: false });
        }
        Ok(Self { quantity: Decimal(rounded(amount) * WHOLE), unit: unit.to_owned(), least: least(amount, unit), in_packs: false })
    }
}

/// How many base units a pack holds.
fn content(pack: &Pack) -> Result<f64> {
    let one = measure::one(pack.unit, Some(pack)).map_err(|error| Problem::internal(format!("{error:?}")))?;
    #[expect(clippy::cast_precision_loss, reason = "packs hold far less than 2^53 thousandths")]
    let content = one.quantity.0 as f64 / 1_000.0;
    Ok(content)
}

/// The harvest of a specialty, a season for other fresh goods, or all year.
fn months(world: &World, shape: &ProductShape, random: &mut Random) -> Result<Option<Vec<i32>>> {
    let harvest = &world.good(shape.line_at, shape.good)?.months;
    if !harvest.is_empty() {
        return Ok((harvest.len() < 12).then(|| harvest.clone()));
    }
    if shape.line.code != "I.1.a" || !random.chance(600) {
        return Ok(None);
    }
    let first = random.between(0, 11);
    let length = random.between(2, 5);
    Ok(Some((first..first + length).filter_map(|month| i32::try_from(month % 12 + 1).ok()).collect()))
}

fn can_supply(months: Option<&[i32]>, from: NaiveDate, until: NaiveDate) -> bool {
    let period = Months::of_period(from, until);
    match months.map(Months::from_list) {
        None => period.is_some(),
        Some(months) => period.zip(months).is_some_and(|(period, months)| period.and(months).is_some()),
    }
}

fn lead_time(shape: &ProductShape, random: &mut Random) -> Option<i32> {
    let longest = match shape.line.code {
        "I.1.a" | "I.1.b" | "V.1" => 5,
        "IV.1" | "IV.2" => 45,
        _ => 14,
    };
    i32::try_from(random.between(1, longest)).ok()
}

fn price(world: &World, shape: &ProductShape, pack: Option<&Pack>, random: &mut Random) -> Result<NewPrice> {
    let one = random.log_normal(shape.line.price, shape.line.spread);
    let (amount, per_unit) = match pack.filter(|_| random.chance(500)) {
        Some(pack) => (one * content(pack)?, pack.unit.as_str()),
        None => (one, shape.line.measure.unit()),
    };
    Ok(NewPrice {
        amount: dong(amount),
        currency: "VND".to_owned(),
        per_unit: per_unit.to_owned(),
        basis: if random.chance(550) { PriceBasis::FarmGate } else { PriceBasis::Delivered },
        vat_included: random.chance(500),
        as_of: day(world.eve, -random.between(0, 120)),
        visibility: Some(match random.below(100) {
            0..60 => Visibility::Public,
            60..95 => Visibility::Keys,
            _ => Visibility::Hidden,
        }),
    })
}

/// An amount as prices are told: hundreds of dong, thousands above a hundred thousand.
pub fn dong(amount: f64) -> Decimal<2> {
    let step = if amount < 100_000.0 { 100.0 } else { 1_000.0 };
    Decimal(rounded_to(amount, step) * 100)
}

/// Everywhere for two in five; else its own unit and up to eight markets.
fn delivers_to(world: &World, shape: &ProductShape, random: &mut Random) -> Result<Option<Vec<String>>> {
    if random.chance(400) {
        return Ok(None);
    }
    let mut places = vec![world.producer(shape.producer)?.place];
    for _ in 0..random.between(1, 8) {
        let place = world.places.of_market(random);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    Ok(Some(places.iter().filter_map(|place| world.places.all.get(*place)).map(|place| place.unit.as_str().to_owned()).collect()))
}

/// `days` after `from`, or before it.
pub fn day(from: NaiveDate, days: i64) -> NaiveDate {
    let by = Days::new(days.unsigned_abs());
    if days < 0 { from.checked_sub_days(by) } else { from.checked_add_days(by) }.unwrap_or(from)
}
