//! Offers, demands and eyes for the property tests: few of everything, so that they meet, and now and then the extremes.

use super::facts::{Need, Setting, Supply, View};
use super::papers::{Papers, Promises};
use super::score::Weights;
use crate::market::record::{Basis, Day, DemandRecord, FOREVER, Id, MonthBits, Paper, Per, Price, Promise, Rows, Visibility};
use crate::market::tables::Tables;
use proptest::collection::vec;
use proptest::prelude::*;

/// 2027-01-01: 57 years of 365 days and 14 leap days after 1970-01-01.
pub const NEW_YEAR: Day = 20_819;
/// The day most questions are asked for: 2026-11-24.
pub const TODAY: Day = NEW_YEAR - 38;

/// Eight units: 0 to 3 lie in 6 and 7 of today, two each.
pub fn tables() -> Tables {
    let centroid =
        vec![(2103, 10585), (2050, 10600), (1605, 10820), (1500, 10900), (1078, 10670), (960, 10597), (2090, 10590), (1550, 10860)];
    Tables::new(vec![6, 6, 7, 7, 4, 5, 6, 7], vec![0; 8], centroid, Vec::new())
}

/// An offer with its papers and promises spelled out.
#[derive(Debug, Clone)]
pub struct Offered {
    pub supply: Supply,
    pub papers: Vec<Paper>,
    pub promises: Vec<Promise>,
}

/// Everything that questions are asked about.
#[derive(Debug, Clone)]
pub struct World {
    pub tables: Tables,
    pub papers: Papers,
    pub promises: Promises,
    pub supplies: Vec<Supply>,
}

impl World {
    /// The offers with ids by `numbered`, interned in the order given.
    pub fn new(offered: &[Offered]) -> Self {
        let (mut papers, mut promises) = (Papers::default(), Promises::default());
        let supplies = offered
            .iter()
            .map(|one| Supply {
                papers: papers.intern(one.papers.clone()),
                promises: promises.intern(one.promises.clone()),
                ..one.supply.clone()
            })
            .collect();
        Self { tables: tables(), papers, promises, supplies }
    }

    pub fn setting<'a>(&'a self, view: View<'a>, weights: Weights, as_of: Day) -> Setting<'a> {
        Setting { tables: &self.tables, papers: &self.papers, promises: &self.promises, view, weights, as_of }
    }

    pub fn today(&self) -> Setting<'_> {
        self.setting(all_seeing(), Weights::default(), TODAY)
    }
}

pub fn all_seeing() -> View<'static> {
    View { level: Visibility::Hidden, ..View::PUBLIC }
}

fn months() -> impl Strategy<Value = MonthBits> {
    prop_oneof![Just(0x0FFF), 1..0x1000_u16, (0..12_u16).prop_map(|month| 1 << month)]
}

fn quantity() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => (1..12_i64).prop_map(|tonnes| tonnes * 1_000_000),
        2 => 1..12_000_000_i64,
        1 => prop_oneof![Just(1), Just(268_435_457), Just(5_368_709_121), Just(1 << 50)],
    ]
}

fn visibility() -> impl Strategy<Value = Visibility> {
    prop_oneof![Just(Visibility::Public), Just(Visibility::Keys), Just(Visibility::Parties), Just(Visibility::Hidden)]
}

fn price() -> impl Strategy<Value = Price> {
    let amount = prop_oneof![8 => (1..8_i64).prop_map(|step| step * 500_000), 2 => 1..4_000_000_i64, 1 => Just(1 << 50)];
    let per_base = prop_oneof![8 => Just(1_000_i64), 2 => Just(1), 2 => Just(12_000), 2 => 1..5_000_i64];
    let currency = prop_oneof![6 => Just(0_u8), 1 => Just(1)];
    let basis = prop_oneof![Just(Basis::FarmGate), Just(Basis::Delivered)];
    (amount, per_base, currency, basis, any::<bool>(), visibility()).prop_map(
        |(amount, per_base, currency, basis, vat_included, visibility)| Price {
            amount,
            per_base,
            currency,
            basis,
            vat_included,
            visibility,
        },
    )
}

fn some<T: std::fmt::Debug + Clone>(inner: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    proptest::option::weighted(0.6, inner)
}

fn window() -> impl Strategy<Value = (Day, Day)> {
    prop_oneof![
        6 => (-300..100_i32, prop_oneof![Just(FOREVER), (0..900_i32).prop_map(|length| NEW_YEAR + length)]).prop_map(|(from, until)| (NEW_YEAR + from, until)),
        3 => (-300..900_i32, 0..500_i32).prop_map(|(from, length)| (NEW_YEAR + from, NEW_YEAR + from + length)),
        1 => prop_oneof![Just((-25_000, 83_000)), Just((90_000, FOREVER)), Just((NEW_YEAR, 79_000)), Just((-9_000, NEW_YEAR + 60))],
    ]
}

fn until() -> impl Strategy<Value = Day> {
    prop_oneof![6 => Just(FOREVER), 3 => (0..900_i32).prop_map(|days| TODAY + days), 1 => -3_000..80_000_i32]
}

pub fn paper() -> impl Strategy<Value = Paper> {
    let days = prop_oneof![
        4 => (Just(TODAY - 600), Just(TODAY + 900)),
        2 => (-900..300_i32, 0..1_500_i32).prop_map(|(from, length)| (NEW_YEAR + from, NEW_YEAR + from + length)),
        1 => Just((-30_000, FOREVER)),
        1 => Just((NEW_YEAR, 85_000)),
    ];
    (0..5_u8, 3..=5_u8, days).prop_map(|(kind, stars, (from, until))| Paper { kind, stars: if kind == 0 { stars } else { 0 }, from, until })
}

pub fn promise() -> impl Strategy<Value = Promise> {
    let per = prop_oneof![Just(Per::Month), Just(Per::Quarter), Just(Per::Year), Just(Per::Total)];
    let ended = prop_oneof![4 => Just(FOREVER), 1 => (-20..20_i32).prop_map(|days| TODAY + days)];
    let effect = prop_oneof![3 => Just((-30_000, FOREVER)), 1 => (-300..300_i32, 0..400_i32).prop_map(|(from, days)| (NEW_YEAR + from, NEW_YEAR + from + days))];
    (0..5_u8, quantity(), per, -500..500_i32, until(), effect, -100..20_i32, ended).prop_map(
        |(unit, quantity, per, from, until, effect, signed, ended_on)| {
            let from = NEW_YEAR + from;
            let signed_on = TODAY + signed;
            Promise { unit: u8::from(unit == 0), quantity, per, from, until: until.max(from), effect, signed_on, ended_on }
        },
    )
}

/// An offer with id `0`.
pub fn offered() -> impl Strategy<Value = Offered> {
    let names = (0..6_u32, 0..3_u32, 0..8_u8, 0..4_u8, prop_oneof![9 => Just(0_u8), 1 => Just(1)]);
    let amounts = (quantity(), months(), window(), until(), prop_oneof![2 => Just(0), 1 => quantity()]);
    let terms = (
        proptest::option::of(0..30_u16),
        some(price()),
        proptest::option::weighted(0.4, vec(prop_oneof![Just(4_u8), Just(5), Just(6), Just(7)], 1..4)),
        prop_oneof![Just(0_u16), Just(30), 0..400_u16],
        any::<bool>(),
    );
    let sets = (vec(paper(), 0..5), proptest::option::weighted(0.3, vec(promise(), 1..4)));
    (names, amounts, terms, sets).prop_map(|(names, amounts, terms, (papers, promises))| {
        let (product, producer, province, group, unit) = names;
        let (quantity, months, (from, until), closed_on, minimum_order) = amounts;
        let (lead_time_days, price, delivers_to, shelf_life_days, illustrative) = terms;
        let supply = Supply {
            id: Id(0),
            version: 1,
            product,
            producer,
            province,
            group,
            unit,
            quantity,
            months,
            from,
            until,
            closed_on,
            minimum_order,
            lead_time_days,
            price,
            delivers_to: delivers_to.map(Rows::of),
            shelf_life_days,
            states_shelf_life: product % 2 == 0,
            papers: super::PaperSet::default(),
            promises: super::PromiseSet::default(),
            illustrative,
        };
        Offered { supply, papers, promises: promises.unwrap_or_default() }
    })
}

/// Offers with ids of their own, in no order of ids.
pub fn market(most: usize) -> impl Strategy<Value = Vec<Offered>> {
    vec(offered(), 0..most).prop_flat_map(|offered| {
        let ids: Vec<u128> = (1..=offered.len() as u128).collect();
        (Just(offered), Just(ids).prop_shuffle()).prop_map(|(mut offered, ids)| {
            for (one, id) in offered.iter_mut().zip(ids) {
                one.supply.id = Id(id);
            }
            offered
        })
    })
}

pub fn demand() -> impl Strategy<Value = DemandRecord> {
    let what = (proptest::option::weighted(0.7, vec(0..4_u8, 1..4)), prop_oneof![9 => Just(0_u8), 1 => Just(1)], quantity(), months());
    let days = prop_oneof![
        8 => (-60..300_i32, 0..250_i32),
        2 => (-60..300_i32, 250..1_400_i32),
        // Running, or over.
        2 => (-500..-38_i32, 0..700_i32),
        1 => (0..10_i32, 3_000..9_000_i32),
        1 => (40_000..60_000_i32, 0..400_i32),
    ];
    let place = (0..8_u8, some(price()));
    let papers = (prop_oneof![2 => Just(0_u8), 1 => 3..=5_u8], prop_oneof![2 => Just(0_u64), 1 => 0..32_u64], 0..32_u64);
    let rest = (prop_oneof![3 => Just(0_u16), 1 => 1..300_u16], 0..3_u8, prop_oneof![9 => Just(FOREVER), 1 => Just(TODAY)]);
    (what, days, place, papers, rest).prop_map(|(what, (start, length), (province, ceiling), papers, rest)| {
        let (groups, unit, quantity, months) = what;
        let (least_stars, required, preferred) = papers;
        let (shelf_life_days, suppliers_at_most, closed_on) = rest;
        let from = NEW_YEAR + start;
        DemandRecord {
            id: Id(0),
            version: 1,
            buyer: Id(9),
            title: String::new(),
            text: None,
            groups: groups.map(Rows::of),
            unit,
            quantity,
            months,
            from,
            until: from + length,
            province,
            ceiling,
            least_stars,
            required,
            preferred,
            shelf_life_days,
            answer_by: from + length,
            suppliers_at_most,
            closed_on,
            illustrative: false,
        }
    })
}

/// A demand to which now and then something is promised.
pub fn need() -> impl Strategy<Value = Need> {
    need_promised(proptest::option::weighted(0.2, promises_met()).boxed())
}

/// A demand to which something is promised, mostly less than it needs.
pub fn need_met() -> impl Strategy<Value = Need> {
    need_promised(promises_met().prop_map(Some).boxed())
}

fn promises_met() -> impl Strategy<Value = Vec<(u8, Promise)>> {
    vec((0..6_u8, promise()), 1..4)
}

fn need_promised(promises: BoxedStrategy<Option<Vec<(u8, Promise)>>>) -> impl Strategy<Value = Need> {
    (demand().boxed(), 3..5_u32, 0..8_u8, promises).prop_map(|(record, buyer, province, promises)| {
        let need = Need::new(&record, buyer, province, &tables());
        let part = |(parts, promise): (u8, Promise)| match parts {
            0 => promise,
            parts => Promise { quantity: (need.quantity / (1 + i64::from(parts))).max(1), ..promise },
        };
        Need { met: promises.map(|promises| promises.into_iter().map(part).collect()), ..need }
    })
}

/// Whose eyes, introduced about some of the ids that offers and demands of samples have.
#[derive(Debug, Clone)]
pub struct Eyes {
    level: Visibility,
    organisation: Option<u32>,
    provinces: Rows,
    introduced: Vec<Id>,
}

impl Eyes {
    pub fn view(&self) -> View<'_> {
        let Self { level, organisation, provinces, introduced } = self;
        View { level: *level, organisation: *organisation, provinces: *provinces, introduced }
    }
}

pub fn eyes() -> impl Strategy<Value = Eyes> {
    let provinces = prop_oneof![Just(Rows::default()), vec(0..8_u8, 1..3).prop_map(Rows::of)];
    let introduced = prop_oneof![
        Just(Vec::new()),
        vec(any::<bool>(), 40).prop_map(|some| (0..).zip(some).filter(|(_, is_in)| *is_in).map(|(id, _)| Id(id)).collect())
    ];
    (visibility(), proptest::option::weighted(0.3, 0..5_u32), provinces, introduced)
        .prop_map(|(level, organisation, provinces, introduced)| Eyes { level, organisation, provinces, introduced })
}

pub fn weights() -> impl Strategy<Value = Weights> {
    prop_oneof![
        Just(Weights::default()),
        (0..=100_u8).prop_map(|first| Weights::new([first, 0, 100 - first, 0, 0, 0, 0]).unwrap()),
        (0..=50_u8, 0..=50_u8).prop_map(|(stars, near)| Weights::new([0, 100 - stars - near, 0, stars, 0, near, 0]).unwrap()),
    ]
}
