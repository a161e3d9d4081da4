//! Demands.

use super::lines::{LINES, Line, Site};
use super::names::{capital, small, word};
use super::offers::{day, dong};
use super::packs::Measure;
use super::random::{Random, rounded, rounded_to};
use super::world::{Stage, World, quantity};
use crate::decimal::Decimal;
use crate::demands::{self, Demand, NewCeiling, NewDemand};
use crate::error::{Problem, Result};
use crate::months::Months;
use crate::price::{PriceBasis, Visibility};
use crate::reference::reference;
use chrono::NaiveDate;

/// How fast the number of demands falls from buyer to buyer.
const DEMANDS_FALL: f64 = 0.3;
const TITLES: &str = "Cần mua|Thu mua|Tìm nguồn cung|Cần nhà cung cấp|Đặt hàng|Tìm nhà vườn cung ứng";
const OCCASIONS: &str = "cho Tết|cho hệ thống cửa hàng|cho quầy đặc sản|cho bếp ăn|giao hằng tuần|xuất khẩu|cho mùa du lịch|làm quà tặng";
/// What buyers ask of workshops and of farms.
const PAPERS_OF_FOOD: [&str; 5] = ["ATTP_GCN", "HACCP", "ISO22000", "PKN", "TCB"];
const PAPERS_OF_FARMS: [&str; 5] = ["VIETGAP", "ORG_VN", "GLOBALGAP", "PUC", "ATTP_GCN"];

/// Demand `index`.
pub fn demand(world: &World, index: usize) -> Result<Demand> {
    let mut random = world.random(Stage::Demands, index);
    let line_at = world.goods.line(&mut random);
    let good = world.goods.of_line(line_at, &mut random);
    let good = world.good(line_at, good)?;
    let line = LINES.get(line_at).ok_or_else(|| Problem::internal("a demand without a line"))?;
    let wanted = small(&good.name);
    let (starts_on, ends_on) = period(world.plan.today, &mut random);
    let (has_text, has_group) = match random.below(100) {
        0..55 => (true, true),
        55..80 => (false, true),
        _ => (true, false),
    };
    let (quantity, unit) = amount(line.measure, &mut random);
    let required = papers(line, &mut random, &[]);
    let preferred = papers(line, &mut random, &required);
    let buyer = random.long_tail(world.plan.buyers, DEMANDS_FALL);
    let place = world.places.all.get(world.places.of_market(&mut random)).ok_or_else(|| Problem::internal("a demand nowhere"))?;
    let new = NewDemand {
        buyer_id: world.id(Stage::Buyers, buyer),
        title: title(&wanted, &mut random),
        text: has_text.then_some(wanted),
        group: has_group.then(|| group(line.code, &mut random)),
        quantity,
        unit: unit.to_owned(),
        months: months(&good.months, starts_on, ends_on, &mut random),
        starts_on,
        ends_on,
        delivery_province: place.unit.as_str().to_owned(),
        price_ceiling: random.chance(700).then(|| ceiling(line, &mut random)),
        least_stars: random.chance(400).then(|| least_stars(&mut random)),
        required_certificates: required,
        preferred_certificates: preferred,
        minimum_remaining_shelf_life_days: line.shelf_life.filter(|_| random.chance(400)).and_then(|(least, most)| {
            let share = random.between(30, 70);
            i32::try_from((least.midpoint(most) * share / 100).max(1)).ok()
        }),
        answer_by: random.chance(600).then(|| answer_by(world.plan.today, starts_on, &mut random)),
        suppliers_at_most: random.chance(200).then(|| i32::try_from(random.between(1, 5)).ok()).flatten(),
        illustrative: true,
    };
    demands::made(new, world.eve, true, world.meta(Stage::Demands, index, 0))
}

fn title(wanted: &str, random: &mut Random) -> String {
    let first = word(TITLES, random);
    if random.chance(400) { format!("{first} {wanted} {}", word(OCCASIONS, random)) } else { capital(&format!("{first} {wanted}")) }
}

/// Delivery within the next twelve months.
fn period(today: NaiveDate, random: &mut Random) -> (NaiveDate, NaiveDate) {
    let starts = random.between(7, 300);
    let ends = (starts + random.between(20, 330)).min(365);
    (day(today, starts), day(today, ends))
}

/// The group itself, the one above it, or the top.
fn group(code: &str, random: &mut Random) -> String {
    let kept = match random.below(100) {
        0..70 => 3,
        70..90 => 2,
        _ => 1,
    };
    let code: Vec<&str> = code.split('.').take(kept).collect();
    format!("QD26-2026/{}", code.join("."))
}

fn amount(measure: Measure, random: &mut Random) -> (Decimal<3>, &'static str) {
    let amount = quantity(measure, random);
    if measure == Measure::Mass && amount >= 2_000.0 && random.chance(600) {
        (Decimal(rounded_to(amount, 100.0)), "TAN")
    } else {
        (Decimal(rounded(amount) * 1_000), measure.unit())
    }
}

/// The whole period for most; else its months of harvest, or the first half of its months.
fn months(harvest: &[i32], starts_on: NaiveDate, ends_on: NaiveDate, random: &mut Random) -> Option<Vec<i32>> {
    if random.chance(700) {
        return None;
    }
    let period = Months::of_period(starts_on, ends_on)?;
    let in_season = Months::from_list(harvest).and_then(|harvest| period.and(harvest));
    Some(in_season.map_or_else(
        || {
            let months = period.list();
            let half = months.len().div_ceil(2);
            months.into_iter().take(half).collect()
        },
        Months::list,
    ))
}

fn ceiling(line: &Line, random: &mut Random) -> NewCeiling {
    NewCeiling {
        // Somewhat above the middle: a ceiling under most prices finds nobody.
        amount: dong(random.log_normal(line.price * 1.3, line.spread / 2.0)),
        currency: "VND".to_owned(),
        per_unit: line.measure.unit().to_owned(),
        basis: if random.chance(800) { PriceBasis::Delivered } else { PriceBasis::FarmGate },
        vat_included: random.chance(700),
        visibility: Some(match random.below(100) {
            0..10 => Visibility::Public,
            10..35 => Visibility::Keys,
            35..40 => Visibility::Parties,
            _ => Visibility::Hidden,
        }),
    }
}

fn least_stars(random: &mut Random) -> i32 {
    match random.below(100) {
        0..70 => 3,
        70..95 => 4,
        _ => 5,
    }
}

/// None for half, else one or two that `taken` does not name.
fn papers(line: &Line, random: &mut Random, taken: &[String]) -> Vec<String> {
    let usual = match line.site {
        Site::Farm => PAPERS_OF_FARMS,
        Site::Workshop => PAPERS_OF_FOOD,
        Site::Other => return Vec::new(),
    };
    let n = [0, 0, 1, 2].get(usize::try_from(random.below(4)).unwrap_or(0)).copied().unwrap_or(0);
    let mut codes: Vec<String> = Vec::new();
    for _ in 0..n {
        let at = random.long_tail(usual.len(), 0.5);
        let Some(code) = usual.get(at).filter(|code| reference().certificate_kinds.resolve(code).is_ok()) else { continue };
        if !taken.iter().chain(&codes).any(|other| other == code) {
            codes.push((*code).to_owned());
        }
    }
    codes
}

fn answer_by(today: NaiveDate, starts_on: NaiveDate, random: &mut Random) -> NaiveDate {
    let days = starts_on.signed_duration_since(today).num_days();
    day(today, random.between(3.min(days), days))
}
