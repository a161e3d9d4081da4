//! The questions of all benchmarks: the same ones for the engine, for SQL and over HTTP, from one fixed seed.
//!
//! Every question is drawn from the catalogue itself, so that what many products have is asked often. Words are of a
//! product's name, as it is typed: two or three syllables, two thirds of them with marks, some cut short, a few with a
//! typing error. Filters are what one product has, so that most questions find something; more values of a chosen
//! dimension come from other products.

use chrono::NaiveDate;
use cungcau::market::Market;
use cungcau::market::facet::{Seen, UNKNOWN_PRICE, ones};
use cungcau::market::matching::View;
use cungcau::market::record::{Day, Rows};
use cungcau::market::search::{Filter, Question, Sort};
use cungcau::market::text::tokens::without_mark;
use cungcau::organisations::ProducerKind;
use cungcau::reference::{CertificateKindId, GroupId, ProvinceId, reference};
use cungcau::text::fold;
use std::collections::HashSet;

/// Any number; the same on every machine.
const SEED: u64 = 0x00C0_FFEE;
/// Items on a page.
pub const LIMIT: usize = 20;
/// Every dimension that can be counted.
pub const ALL_FACETS: u8 = 0x7F;
/// Repeatable chance (`SplitMix64`).
pub struct Chance(u64);

impl Chance {
    pub fn new(stream: u64) -> Self {
        Self(SEED ^ stream.wrapping_mul(0xA076_1D64_78BD_642F))
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let n1 = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let n2 = (n1 ^ (n1 >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((n2 ^ (n2 >> 31)) % n.max(1) as u64) as usize
    }

    /// True so often in a hundred.
    pub fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    fn one<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

/// A filter of a search with what it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Provinces(Vec<ProvinceId>),
    Groups(Vec<GroupId>),
    Stars(u8),
    Certificate(CertificateKindId),
    Kinds(Vec<usize>),
    Month(usize),
    PriceAtMost(u32),
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    pub text: Option<String>,
    /// Whether the text has a typing error.
    pub is_mistyped: bool,
    pub asked: Vec<Asked>,
    pub sort: Sort,
}

impl Search {
    /// As the engine takes it.
    pub fn question(&self, today: Day) -> Question<'_> {
        let mut filter = Filter::default();
        let day = day(today);
        for asked in &self.asked {
            match asked {
                Asked::Provinces(units) => filter.provinces = Some(provinces(units, day)),
                Asked::Groups(groups) => filter.groups = Some(self::groups(groups)),
                Asked::Stars(stars) => filter.least_stars = *stars,
                Asked::Certificate(kind) => filter.certificates = 1 << kind.row(),
                Asked::Kinds(kinds) => filter.kinds = Some(kinds.iter().fold(0, |set, kind| set | 1 << kind)),
                Asked::Month(month) => filter.months = 1 << month,
                Asked::PriceAtMost(most) => filter.price_at_most = Some(*most),
            }
        }
        Question {
            text: self.text.as_deref(),
            filter,
            facets: ALL_FACETS,
            sort: self.sort,
            place: None,
            limit: LIMIT,
            after: None,
            as_of: today,
            view: View::PUBLIC,
        }
    }

    /// As a client sends it.
    pub fn path(&self) -> String {
        let mut path = String::from("/v1/products?");
        let mut add = |name: &str, value: &str| {
            path += &format!("{name}={}&", encoded(value));
        };
        if let Some(text) = &self.text {
            add("q", text);
        }
        for asked in &self.asked {
            match asked {
                Asked::Provinces(units) => units.iter().for_each(|unit| add("province", unit.as_str())),
                Asked::Groups(groups) => groups.iter().for_each(|group| add("group", group.as_str())),
                Asked::Stars(stars) => add("stars", &stars.to_string()),
                Asked::Certificate(kind) => add("certificates", kind.as_str()),
                Asked::Kinds(kinds) => kinds.iter().for_each(|kind| add("producer_kind", ProducerKind::WORDS[*kind])),
                Asked::Month(month) => add("months", &(month + 1).to_string()),
                Asked::PriceAtMost(most) => add("price_at_most", &most.to_string()),
            }
        }
        let sort = match self.sort {
            Sort::Relevance => "relevance",
            Sort::Price => "price",
            Sort::Quantity => "quantity",
            Sort::Stars => "stars",
            Sort::Distance => "distance",
            Sort::Newest => "newest",
        };
        path + &format!("facets=province,group,stars,certificate,producer_kind,month,price&sort={sort}&limit={LIMIT}")
    }

    /// For people: the words and the filters.
    pub fn words(&self) -> String {
        let path = self.path();
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let parts = query.split('&').filter(|part| !["facets", "sort", "limit", "q"].contains(&part.split('=').next().unwrap_or("")));
        let text = self.text.as_ref().map(|text| format!("“{text}” ")).unwrap_or_default();
        format!("{text}{} by {:?}", parts.collect::<Vec<_>>().join(" ").replace("%2F", "/").replace("%40", "@"), self.sort)
    }
}

/// A day of the index in the calendar.
pub fn day(day: Day) -> NaiveDate {
    NaiveDate::default() + chrono::TimeDelta::days(i64::from(day))
}

/// The units in which a filter by `units` finds producers.
pub fn provinces(units: &[ProvinceId], day: NaiveDate) -> Rows {
    let found = units.iter().flat_map(|unit| reference().provinces.match_filter(unit.as_str(), day).unwrap());
    Rows::of(found.map(ProvinceId::row))
}

/// The groups in which a filter by `groups` finds products.
pub fn groups(groups: &[GroupId]) -> Rows {
    Rows::of(groups.iter().flat_map(|group| reference().product_groups.descendants(*group)).map(GroupId::row))
}

/// Words with two filters: `n` different ones.
pub fn by_words(market: &Market, n: usize) -> Vec<Search> {
    distinct(market, 1, n, |draw, chance| {
        let product = draw.product(chance);
        let (text, is_mistyped) = draw.text(product, chance);
        let dimensions = Draw::dimensions(2, chance);
        let asked = dimensions.iter().map(|dimension| draw.filter(*dimension, product, 1, chance)).collect::<Option<_>>()?;
        Some(Search { text: Some(text), is_mistyped, asked, sort: Sort::Relevance })
    })
}

/// Two or three filters, some with several values, in an order of their own: `n` different ones.
pub fn by_filters(market: &Market, n: usize) -> Vec<Search> {
    distinct(market, 2, n, |draw, chance| {
        let product = draw.product(chance);
        let many = 2 + usize::from(chance.percent(30));
        let dimensions = Draw::dimensions(many, chance);
        let asked = dimensions
            .iter()
            .map(|dimension| {
                let values = chance.one(&[1, 1, 2, 2, 3]);
                draw.filter(*dimension, product, values, chance)
            })
            .collect::<Option<_>>()?;
        let sort = chance.one(&[Sort::Price, Sort::Quantity, Sort::Stars, Sort::Newest]);
        Some(Search { text: None, is_mistyped: false, asked, sort })
    })
}

fn distinct(market: &Market, stream: u64, n: usize, make: impl Fn(&Draw<'_>, &mut Chance) -> Option<Search>) -> Vec<Search> {
    let draw = Draw { market, rows: market.products().rows() };
    let mut chance = Chance::new(stream);
    let (mut seen, mut found) = (HashSet::new(), Vec::with_capacity(n));
    while found.len() < n {
        let Some(search) = make(&draw, &mut chance) else { continue };
        if seen.insert(search.path()) {
            found.push(search);
        }
    }
    found
}

/// What can be filtered by, with how often it is.
const DIMENSIONS: [(Dimension, usize); 7] = [
    (Dimension::Province, 30),
    (Dimension::Group, 25),
    (Dimension::Stars, 15),
    (Dimension::Certificate, 8),
    (Dimension::Kind, 7),
    (Dimension::Month, 8),
    (Dimension::Price, 7),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dimension {
    Province,
    Group,
    Stars,
    Certificate,
    Kind,
    Month,
    Price,
}

struct Draw<'a> {
    market: &'a Market,
    rows: u32,
}

impl Draw<'_> {
    /// A product that is shown.
    fn product(&self, chance: &mut Chance) -> u32 {
        loop {
            let row = chance.below(self.rows as usize) as u32;
            if self.market.products().shown().contains(row) {
                return row;
            }
        }
    }

    fn dimensions(n: usize, chance: &mut Chance) -> Vec<Dimension> {
        let mut found = Vec::new();
        while found.len() < n {
            let mut at = chance.below(100);
            let (dimension, _) = DIMENSIONS
                .iter()
                .find(|(_, share)| {
                    let is_here = at < *share;
                    at = at.saturating_sub(*share);
                    is_here
                })
                .unwrap();
            if !found.contains(dimension) {
                found.push(*dimension);
            }
        }
        found
    }

    /// A filter that `product` passes, where it has what is asked; other values from other products.
    fn filter(&self, dimension: Dimension, product: u32, values: usize, chance: &mut Chance) -> Option<Asked> {
        let products = self.market.products();
        let mut several = |of: &dyn Fn(u32) -> Option<u8>| {
            let mut found = vec![of(product)?];
            for _ in 1..values {
                found.extend(of(self.product(chance)).filter(|value| !found.contains(value)));
            }
            Some(found)
        };
        Some(match dimension {
            Dimension::Province => {
                let found = several(&|row| Some(self.market.tables().current(products.facet(row).province() as u8)))?;
                Asked::Provinces(found.into_iter().filter_map(ProvinceId::from_row).collect())
            }
            Dimension::Group => {
                let found = several(&|row| Some(self.market.tables().group_2026(products.facet(row).group() as u8)))?;
                Asked::Groups(found.into_iter().filter_map(GroupId::from_row).collect())
            }
            Dimension::Kind => Asked::Kinds(several(&|row| Some(products.facet(row).kind() as u8))?.into_iter().map(usize::from).collect()),
            Dimension::Stars => match products.facet(product).stars() {
                0 => Asked::Stars(chance.one(&[3, 3, 4])),
                stars => Asked::Stars(stars),
            },
            Dimension::Certificate => {
                let kinds: Vec<usize> = ones(products.scanned(product)?.certificates).collect();
                let kinds = if kinds.is_empty() { ones(products.scanned(self.product(chance))?.certificates).collect() } else { kinds };
                let kind = *kinds.get(chance.below(kinds.len()))?;
                Asked::Certificate(CertificateKindId::from_row(kind as u8)?)
            }
            Dimension::Month => {
                let months: Vec<usize> = ones(u64::from(products.scanned(product)?.months)).collect();
                Asked::Month(if months.is_empty() { chance.below(12) } else { chance.one(&months) })
            }
            Dimension::Price => {
                let price = Some(products.price(product, Seen::Public)).filter(|price| *price != UNKNOWN_PRICE)?;
                // A limit as people say it: a little above, two digits.
                let step = 10_u32.pow(price.max(1).ilog10().saturating_sub(1));
                Asked::PriceAtMost((price.saturating_add(price / 10) / step + 1) * step)
            }
        })
    }

    /// Two or three words of a product's name as they are typed, and whether there is an error in them.
    fn text(&self, product: u32, chance: &mut Chance) -> (String, bool) {
        let name = without_mark(&self.market.products().name(product)).to_lowercase();
        let words: Vec<&str> = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let length = (2 + usize::from(chance.percent(40))).min(words.len());
        // Names begin with what the thing is: that is what most people type.
        let from = if chance.percent(70) { 0 } else { chance.below(words.len() - length + 1) };
        let mut typed: Vec<String> = words[from..from + length].iter().map(|word| (*word).to_owned()).collect();
        if chance.percent(33) {
            typed = typed.iter().map(|word| fold(word)).collect();
        }
        let is_mistyped = chance.percent(3);
        if is_mistyped {
            let at = chance.below(typed.len());
            typed[at] = mistyped(&typed[at], chance);
        } else if chance.percent(20) {
            let last = typed.last_mut().unwrap();
            let letters = last.chars().count();
            if letters > 2 {
                let kept = 2 + chance.below(letters - 2);
                *last = last.chars().take(kept).collect();
            }
        }
        (typed.join(" "), is_mistyped)
    }
}

/// A letter lost, doubled, or two exchanged.
fn mistyped(word: &str, chance: &mut Chance) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let at = chance.below(letters.len());
    match chance.below(3) {
        0 if letters.len() > 3 => drop(letters.remove(at)),
        1 if at + 1 < letters.len() => letters.swap(at, at + 1),
        _ => letters.insert(at, letters[at]),
    }
    letters.into_iter().collect()
}

/// In percent, as a query has it.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
