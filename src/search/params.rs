//! What a search may ask.

use crate::decimal::Quantity;
use crate::error::{Problem, Result, text};
use crate::http::page::no_words;
use crate::http::query::{Args, Kind, Param, Wrong, many, param};
use crate::indexing::tables::{region_of, regions};
use crate::market::facet::Dimension;
use crate::market::record::{Id, Rows};
use crate::market::search::{Filter, Place, Sort};
use crate::market::{Market, record::Day};
use crate::measure::{self, Worth};
use crate::months;
use crate::organisations::ProducerKind;
use crate::reference::texts::{self, Taken};
use crate::reference::{CertificateKindId, GroupId, ProvinceId, reference};
use crate::text::fold;
use chrono::NaiveDate;

/// Names of the dimensions that can be counted, in the order of their bits.
pub const FACETS: [&str; 7] = ["province", "group", "stars", "certificate", "producer_kind", "month", "price"];
/// Orders that only a search has.
pub const SORTS: [&str; 6] = ["relevance", "price", "quantity", "stars", "distance", "newest"];
/// Farther than the country is long.
const FARTHEST_KM: i64 = 3_000;
/// Highest price that is worth a limit: a billion đồng a kilogram.
const DEAREST: i64 = 1_000_000_000;

/// Parameters that only a search has: any of them makes a list a search.
pub const OWN: &[Param] = &[
    param(
        "q",
        Kind::Text,
        "Words of the product's or producer's name. Typed with marks they mean themselves (`dừa` is no `dứa`), typed without they mean all; the last one may be half typed, an unknown one may have one typing error, and other names of the same thing are found too. A province among them, of today or before, is where the producer is, too: who stands there comes after names that have all of them, with `in_place`. What is offered nowhere in it is found elsewhere, as `partial`; words of trade (`mua`, `giá sỉ`, `5 tấn`, `4 sao`) that no name has are left out. Where no name has all words, products with the first one come before those with more of the others.",
    ),
    param(
        "facets",
        Kind::Text,
        "What to count, separated by commas: province, group, stars, certificate, producer_kind, month, price. A facet that is chosen does not narrow itself. Stars and certificates are those of the day or period asked; a product counts under each month, and under the lowest price, of those of its open offers that pass the other filters: under a month asked, the lowest price of what is supplied then. Stars and bands of prices are counted each by itself, where `stars` asks for so many at least and `price_at_most` for that price at most. A province or group is chosen by its `id`, which means the same on every day.",
    ),
    many("region", Kind::Text, "Of producers in this region of today (code or name)."),
    many("producer_kind", Kind::Word(ProducerKind::WORDS), "Of producers of this kind."),
    many(
        "certificates",
        Kind::Text,
        "With a valid certificate of this kind: its own, or one of its producer for a facility, a farm, a chain or the whole. Given several times, with all of them.",
    ),
    param("valid_on", Kind::Day, "Day on which stars and certificates must hold; the day asked unless given."),
    param("valid_from", Kind::Day, "First day of a period over which stars and certificates must hold, with `valid_until`."),
    param("valid_until", Kind::Day, "Last day of that period."),
    many(
        "months",
        Kind::Word(months::WORDS),
        "That one offer supplies in this month of the year, of those that it has left. Given several times, in all of them.",
    ),
    param(
        "quantity",
        Kind::Text,
        "That one offer has so much a month, in `unit`, beside what is promised to others: in each of `months`, or in some month where none is asked.",
    ),
    param(
        "unit",
        Kind::Text,
        "Unit of `quantity` and `price_at_most`: one of fixed size. Unless given, a quantity is one of KG, and a price one for whichever base unit (kg, litre, piece) an offer is counted in; given, only offers that are counted in its base unit are looked at, by the facet of prices too.",
    ),
    param(
        "price_at_most",
        Kind::Whole(DEAREST),
        "That one offer costs no more than so many đồng for a `unit`, whatever the basis and tax of its price. An offer whose price one may not see is not found by it, nor one in another currency.",
    ),
    param("gi", Kind::Flag, "`true`: with a valid right to a geographical indication; `false` asks nothing."),
    param("delivers_to", Kind::Province, "That one offer delivers to this province-level unit."),
    param(
        "near",
        Kind::Text,
        "Where distances are measured from: a province-level unit, or latitude and longitude in degrees, separated by a comma.",
    ),
    param(
        "within_km",
        Kind::Whole(FARTHEST_KM),
        "Not farther than so many kilometres from `near`, measured to the centroid of the producer's unit.",
    ),
    param("offered", Kind::Flag, "Only products with an offer that is open or to come, or only the others."),
];

/// Parameters that a list has as well, as a search takes them.
pub const SHARED: &[Param] = &[
    many(
        "province",
        Kind::Province,
        "Of producers in this province-level unit (code or name on the day asked) or in one that it succeeded.",
    ),
    many("group", Kind::Group, "In this OCOP group, of any level, whatever decision the product was listed under."),
    param("producer", Kind::Id, "Of this producer."),
    param("stars", Kind::Stars, "With an OCOP certificate of at least so many stars that is valid on the day asked (or over the period)."),
    param("illustrative", Kind::Flag, "Only invented records, or only others."),
];

/// What was asked, beside words, view and page.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Filters.
    pub filter: Filter,
    /// Dimensions to count, one bit each.
    pub facets: u8,
    /// Order.
    pub sort: Sort,
    /// Where distances are measured from.
    pub place: Option<Place>,
}

/// Whether `query` asks for a search: it has a parameter or a sort that a list has not.
pub fn is_search(query: &str) -> bool {
    query.split('&').any(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        OWN.iter().any(|param| param.name == name) || name == "sort" && SORTS.contains(&value.trim_start_matches('-'))
    })
}

/// Reads what was asked, beside what is `wrong` already.
///
/// # Errors
/// 400 with what would be right.
pub fn read(args: &Args, market: &Market, as_of: NaiveDate, mut wrong: Wrong) -> Result<Asked> {
    if let Some(words) = args.get("q") {
        wrong.or_default(has_words(words));
    }
    let place = args.get("near").and_then(|near| wrong.or_default(place(near, as_of).map(Some)));
    let sort = match args.get("sort") {
        None | Some("relevance") => Sort::Relevance,
        Some("price") => Sort::Price,
        Some("quantity") => Sort::Quantity,
        Some("stars") => Sort::Stars,
        Some("distance") => Sort::Distance,
        Some(_) => Sort::Newest,
    };
    if !args.has("near") && (sort == Sort::Distance || args.has("within_km")) {
        wrong.or_default::<()>(Err(Problem::parameter(
            "near",
            "missing",
            text("Distances need a place: give near.", "Khoảng cách cần một điểm mốc: hãy ghi near."),
        )));
    }
    let (filter, facets) = (filter(args, market, as_of, &mut wrong), wrong.or_default(facets(args)));
    wrong.into_result()?;
    Ok(Asked { filter, facets, sort, place })
}

/// Refuses a text without a letter or digit: it names nothing.
///
/// # Errors
/// 400 that says so.
pub fn has_words(words: &str) -> Result<()> {
    if fold(words).is_empty() { Err(no_words("q")) } else { Ok(()) }
}

/// What is asked of each product or offer; without what is noted as `wrong`.
fn filter(args: &Args, market: &Market, as_of: NaiveDate, wrong: &mut Wrong) -> Filter {
    let rows = |units: Option<Vec<ProvinceId>>| units.map(|units| Rows::of(units.into_iter().map(ProvinceId::row)));
    let unit = wrong.or_default(unit(args).map(Some));
    if args.has("unit") && !args.has("quantity") && !args.has("price_at_most") {
        wrong.or_default::<()>(Err(Problem::parameter(
            "quantity",
            "missing",
            text(
                "A unit goes with quantity or price_at_most: give one of them.",
                "unit đi cùng quantity hoặc price_at_most: hãy ghi một trong hai.",
            ),
        )));
    }
    let price = args.number("price_at_most").and_then(|price| u32::try_from(price).ok());
    let kinds = args.all("producer_kind").filter_map(|word| ProducerKind::WORDS.iter().position(|known| *known == word));
    let delivers_to = args.get("delivers_to").and_then(|input| wrong.or_default(province("delivers_to", input, as_of).map(Some)));
    Filter {
        provinces: rows(wrong.or_default(args.provinces("province", as_of))),
        region: wrong.or_default(region(args)),
        groups: wrong.or_default(args.groups("group", as_of)).map(|groups| Rows::of(groups.into_iter().map(GroupId::row))),
        least_stars: args.number("stars").and_then(|stars| u8::try_from(stars).ok()).unwrap_or(0),
        kinds: args.has("producer_kind").then(|| kinds.fold(0_u16, |set, kind| set | 1 << kind)),
        certificates: wrong.or_default(certificates(args)),
        held: indication(args),
        period: wrong.or_default(period(args)),
        months: args.all("months").filter_map(|month| month.parse::<u16>().ok()).fold(0, |set, month| set | 1 << (month - 1).min(11)),
        quantity: args.get("quantity").and_then(|value| wrong.or_default(quantity(value, unit).map(Some))),
        price_at_most: price.zip(unit).map(|(price, unit)| per_base(price, unit)),
        // Without a unit it is a price for whichever base unit an offer is counted in.
        unit: unit.filter(|_| price.is_some() && args.has("unit")).map(|unit| unit.unit.row()),
        delivers_to: delivers_to.map(|id| market.tables().current(id.row())),
        within_km: args.number("within_km").and_then(|km| u16::try_from(km).ok()),
        is_offered: args.maybe_flag("offered"),
        is_illustrative: args.maybe_flag("illustrative"),
        producer: args.get("producer").map(|id| Id::parse(id).and_then(|id| market.organisations().row(id)).unwrap_or(u32::MAX)),
    }
}

/// The beginning of what was typed, for a text that names it.
fn few(word: &str) -> String {
    const MOST: usize = 40;
    word.chars().take(MOST).collect()
}

fn facets(args: &Args) -> Result<u8> {
    let mut bits = 0;
    for word in args.get("facets").into_iter().flat_map(|list| list.split(',')).map(str::trim) {
        let Some(at) = FACETS.iter().position(|known| *known == word) else {
            let known = FACETS.join(", ");
            return Err(Problem::parameter(
                "facets",
                "not_allowed",
                text(
                    format!("“{}” is none of these, which are separated by commas: {known}.", few(word)),
                    format!("“{}” không có trong danh sách; chọn trong: {known}, cách nhau bằng dấu phẩy.", few(word)),
                ),
            ));
        };
        bits |= Dimension::ALL.get(at).map_or(0, |dimension| dimension.bit());
    }
    Ok(bits)
}

fn region(args: &Args) -> Result<Option<Rows>> {
    let mut found: Option<Rows> = None;
    for input in args.all("region") {
        let key = crate::text::fold(input);
        let at =
            regions().iter().position(|region| region.code.eq_ignore_ascii_case(input.trim()) || crate::text::fold(&region.name) == key);
        let Some(at) = at else {
            let known = regions().iter().map(|region| format!("{} ({})", region.code, region.name)).collect::<Vec<_>>().join(", ");
            return Err(Problem::parameter(
                "region",
                "unknown_region",
                text(format!("The regions of today are: {known}."), format!("Các vùng hiện nay: {known}.")),
            ));
        };
        let in_region = reference()
            .provinces
            .all()
            .iter()
            .filter(|province| usize::from(region_of(province.id)) == at)
            .map(|province| province.id.row());
        let rows = Rows::of(in_region);
        found = Some(Rows(found.map_or(0, |found| found.0) | rows.0));
    }
    Ok(found)
}

fn certificates(args: &Args) -> Result<u64> {
    let mut wrong = Wrong::default();
    let mut kinds = 0_u64;
    for code in args.all("certificates") {
        let kind = reference()
            .certificate_kinds
            .resolve(code)
            .map_err(|_| Problem::parameter("certificates", "unknown_certificate_kind", texts::certificate_kind_error()));
        kinds |= wrong.or_default(kind.map(bit));
    }
    wrong.into_result()?;
    Ok(kinds)
}

/// The right to a geographical indication, where it is asked.
fn indication(args: &Args) -> u64 {
    if args.flag("gi") { reference().certificate_kinds.resolve("GI_USE").map_or(0, bit) } else { 0 }
}

fn bit(kind: CertificateKindId) -> u64 {
    1_u64.checked_shl(u32::from(kind.row())).unwrap_or(0)
}

fn period(args: &Args) -> Result<Option<(Day, Day)>> {
    let day = |name: &str| args.day(name).map(crate::indexing::day);
    match (day("valid_on"), day("valid_from"), day("valid_until")) {
        (None, None, None) => Ok(None),
        (Some(on), None, None) => Ok(Some((on, on))),
        (None, Some(from), Some(until)) => Ok(Some((from, until))),
        (on, from, _) => Err(Problem::parameter(
            // What stands there is right; the other day is missing.
            match (on, from) {
                (Some(_), _) => "valid_on",
                (None, Some(_)) => "valid_until",
                (None, None) => "valid_from",
            },
            if on.is_some() { "not_together" } else { "missing" },
            text(
                "Give valid_on alone, or valid_from and valid_until together.",
                "Dùng riêng valid_on, hoặc dùng valid_from cùng với valid_until.",
            ),
        )),
    }
}

/// A unit of fixed size, and what one is worth in its base unit.
fn unit(args: &Args) -> Result<measure::Base> {
    let input = args.get("unit").unwrap_or("KG");
    let unknown = |error| Problem::parameter("unit", "unknown_unit", texts::unit_error(&error, Taken::Fixed));
    let unit = reference().units.resolve(input).map_err(unknown)?;
    measure::one(unit, None).map_err(|error| {
        let (code, detail) = measure::said(error, Worth::Fixed);
        Problem::parameter("unit", code, detail)
    })
}

/// So much of `unit`, in thousandths of the base unit; where the unit is none, that alone is wrong with it.
fn quantity(value: &str, unit: Option<measure::Base>) -> Result<(i64, u8)> {
    let wrong = || {
        Problem::parameter(
            "quantity",
            "not_a_quantity",
            text(
                "A number above 0 with at most 12 digits before the point and 3 decimal places, such as 5000.",
                "Một số lớn hơn 0, tối đa 12 chữ số trước dấu chấm và 3 chữ số thập phân, ví dụ 5000.",
            ),
        )
    };
    let asked: Quantity = value.parse().map_err(|_| wrong())?;
    let Some(unit) = unit else { return if asked.0 > 0 { Ok((asked.0, 0)) } else { Err(wrong()) } };
    let base = i128::from(asked.0) * i128::from(unit.quantity.0) / 1_000;
    if base == 0 && asked.0 > 0 {
        let least = text(
            "The least that is asked for is a thousandth of a kilogram, a litre or a piece.",
            "Ít nhất phải là một phần nghìn kg, lít hoặc cái.",
        );
        return Err(Problem::parameter("quantity", "too_small", least));
    }
    let base = i64::try_from(base).ok().filter(|base| *base > 0).ok_or_else(wrong)?;
    Ok((base, unit.unit.row()))
}

/// A price for a `unit`, for its base unit: rounded down, so that nothing dearer passes.
fn per_base(price: u32, unit: measure::Base) -> u32 {
    let per = i128::from(price) * 1_000 / i128::from(unit.quantity.0.max(1));
    u32::try_from(per).unwrap_or(u32::MAX - 1)
}

fn province(name: &'static str, input: &str, as_of: NaiveDate) -> Result<ProvinceId> {
    reference().provinces.resolve(input, as_of).map_err(|error| Problem::parameter(name, "unknown_province", texts::province_error(&error)))
}

fn place(near: &str, as_of: NaiveDate) -> Result<Place> {
    let Some((latitude, longitude)) = near.split_once(',') else { return Ok(Place::Unit(province("near", near, as_of)?.row())) };
    let hundredths = |value: &str, most: f64| {
        let degrees = value.trim().parse::<f64>().ok().filter(|degrees| degrees.abs() <= most)?;
        #[expect(clippy::cast_possible_truncation, reason = "at most 18,000")]
        let rounded = (degrees * 100.0).round() as i32;
        Some(rounded)
    };
    match (hundredths(latitude, 90.0), hundredths(longitude, 180.0)) {
        (Some(latitude), Some(longitude)) => Ok(Place::Point(latitude, longitude)),
        _ => Err(Problem::parameter(
            "near",
            "not_a_place",
            text(
                "Latitude and longitude in degrees, such as 10.03,105.78, or a province-level unit.",
                "Vĩ độ và kinh độ theo độ, ví dụ 10.03,105.78, hoặc tên tỉnh, thành phố.",
            ),
        )),
    }
}
