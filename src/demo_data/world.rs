//! The made-up market that all records are drawn from: who there is, where, and what each makes.
//!
//! Whatever several records must agree on is here; a record's own body is drawn where it is made. Everything follows from
//! the plan, so that a product's shape can be had again when its offer is made, without keeping a million of them.

use super::Plan;
use super::goods::{Good, Goods};
use super::lines::{LINES, Line, Site};
use super::names::Names;
use super::packs::{Measure, PackShape};
use super::places::Places;
use super::random::Random;
use crate::clock;
use crate::error::{Problem, Result};
use crate::facilities::FacilityKind;
use crate::ids::base32;
use crate::log::Meta;
use crate::measure;
use crate::organisations::{BuyerKind, Identity, LegalForm, ProducerKind, ProfileKind};
use crate::reference::{GroupId, ProvinceId, UnitId, reference};
use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};

/// How fast the number of products falls from producer to producer, beyond the first of each.
const PRODUCTS_FALL: f64 = 0.3;
/// Shares of the kinds of producers in a thousand, of 6,542 in 2024. Source: `reference/ocop_rules.md`, section 5.
pub const KINDS: [(ProducerKind, u64); 4] = [
    (ProducerKind::HouseholdBusiness, 403),
    (ProducerKind::Cooperative, 325),
    (ProducerKind::Enterprise, 220),
    (ProducerKind::CooperativeGroup, 52),
];

/// What is made, in the order of the log: nothing refers to what comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Organisations with a producer's profile.
    Producers,
    /// Organisations with a buyer's profile.
    Buyers,
    /// Facilities and farms.
    Facilities,
    /// Certificates of producers and of their places.
    PlacePapers,
    /// Products.
    Products,
    /// Certificates of products.
    ProductPapers,
    /// Offers.
    Offers,
    /// Demands.
    Demands,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Producers,
        Self::Buyers,
        Self::Facilities,
        Self::PlacePapers,
        Self::Products,
        Self::ProductPapers,
        Self::Offers,
        Self::Demands,
    ];

    /// Word in the progress.
    pub fn word(self) -> &'static str {
        match self {
            Self::Producers => "producers",
            Self::Buyers => "buyers",
            Self::Facilities => "facilities",
            Self::PlacePapers => "certificates of places",
            Self::Products => "products",
            Self::ProductPapers => "certificates of products",
            Self::Offers => "offers",
            Self::Demands => "demands",
        }
    }

    /// Name in the log and prefix of the ids.
    pub fn entity(self) -> (&'static str, &'static str) {
        match self {
            Self::Producers | Self::Buyers => ("organisation", "org"),
            Self::Facilities => ("facility", "fac"),
            Self::PlacePapers | Self::ProductPapers => ("certificate", "crt"),
            Self::Products => ("product", "prd"),
            Self::Offers => ("offer", "ofr"),
            Self::Demands => ("demand", "dmd"),
        }
    }
}

/// What a random stream is for: beside the stages' bodies, shapes and ids.
const SHAPES: u64 = 100;
const IDS: u64 = 200;
/// Each stage has an eighth of a day for its records' instants.
const WINDOW: TimeDelta = TimeDelta::hours(3);

/// What a producer is.
#[derive(Debug, Clone)]
pub struct ProducerShape {
    /// Legal form.
    pub form: LegalForm,
    /// Kind of OCOP subject.
    pub kind: ProducerKind,
    /// Where it is, among the places.
    pub place: usize,
    /// In which town.
    pub town: &'static str,
    /// Unit under which it is registered.
    pub unit: ProvinceId,
    /// Group of its first product.
    pub line: usize,
    /// Its place with papers, when it has one.
    pub site: Option<FacilityKind>,
}

/// What a product is.
#[derive(Debug, Clone)]
pub struct ProductShape {
    /// Whose it is.
    pub producer: usize,
    /// Its group.
    pub line: &'static Line,
    /// Where the group stands.
    pub line_at: usize,
    /// What it is, among the goods of the group.
    pub good: usize,
    /// Its pack.
    pub pack: Option<&'static PackShape>,
    /// Shelf life in days.
    pub shelf_life: Option<i32>,
}

/// The market.
#[derive(Debug)]
pub struct World {
    /// What was asked for.
    pub plan: Plan,
    /// The day on which everything was registered: the day before the plan's.
    pub eve: NaiveDate,
    /// Name of the instance.
    pub origin: String,
    /// Where things are.
    pub places: Places,
    /// What is made.
    pub goods: Goods,
    /// What things are called.
    pub names: Names,
    /// The producers.
    pub producers: Vec<ProducerShape>,
    by_place: Vec<Vec<usize>>,
    /// The groups of each line under the decisions of 2026, 2023 and 2019.
    groups: Vec<[Vec<GroupId>; 3]>,
}

impl World {
    /// The market of a plan.
    ///
    /// # Errors
    /// 500 when the reference data is not as expected.
    pub fn new(plan: Plan, origin: &str) -> Result<Self> {
        let eve = plan.today.checked_sub_days(Days::new(1)).ok_or_else(|| Problem::internal("no day before today"))?;
        let places = Places::on(eve);
        let goods = Goods::load(&places)?;
        let producers: Vec<ProducerShape> =
            (0..plan.producers).map(|index| producer(&plan, &places, &goods, index)).collect::<Result<_>>()?;
        let mut by_place = vec![Vec::new(); places.all.len()];
        for (index, shape) in producers.iter().enumerate() {
            if let Some(list) = by_place.get_mut(shape.place) {
                list.push(index);
            }
        }
        let groups = LINES.iter().map(|line| groups_of(line.code)).collect();
        Ok(Self { plan, eve, origin: origin.to_owned(), places, goods, names: Names::new(), producers, by_place, groups })
    }

    /// How many indexes a stage has; each gives one record, or with papers some.
    pub fn length(&self, stage: Stage) -> usize {
        match stage {
            Stage::Producers | Stage::Facilities | Stage::PlacePapers => self.plan.producers,
            Stage::Buyers => self.plan.buyers,
            Stage::Products | Stage::ProductPapers => self.plan.products,
            Stage::Offers => self.plan.offers,
            Stage::Demands => self.plan.demands,
        }
    }

    /// The chance from which the body of a record is drawn.
    pub fn random(&self, stage: Stage, index: usize) -> Random {
        Random::of(self.plan.seed, stage as u64, index as u64)
    }

    /// What the register notes of record `index` of a stage; `nth` tells several of one index apart.
    pub fn meta(&self, stage: Stage, index: usize, nth: u64) -> Meta {
        let at = self.instant(stage, index);
        let millis = u64::try_from(at.and_utc().timestamp_millis()).unwrap_or(0);
        let mut random = Random::of(self.plan.seed, IDS + stage as u64, index as u64 * 16 + nth);
        let tail = (u128::from(random.bits()) << 16) | u128::from(random.bits() >> 48);
        let id = format!("{}_{}", stage.entity().1, base32((u128::from(millis) << 80) | tail, 26));
        Meta { id, version: 1, origin: self.origin.clone(), created_at: at, updated_at: at }
    }

    /// Id of record `index` of a stage that has one for each.
    pub fn id(&self, stage: Stage, index: usize) -> String {
        self.meta(stage, index, 0).id
    }

    /// Instants rise with stage and index, all on the eve: one long day of an import.
    fn instant(&self, stage: Stage, index: usize) -> NaiveDateTime {
        let window = i128::from(WINDOW.num_seconds()) * 1_000_000;
        let share = window * (index as i128) / (self.length(stage).max(1) as i128);
        let into = WINDOW * i32::from(stage as u8) + TimeDelta::microseconds(i64::try_from(share).unwrap_or(0));
        clock::start_of(self.eve) + into
    }

    /// The instant at which all of it is there.
    pub fn now(&self) -> NaiveDateTime {
        clock::start_of(self.plan.today)
    }

    /// A producer as other slices see it.
    pub fn identity(&self, producer: usize) -> Result<Identity> {
        let shape = self.producer(producer)?;
        Ok(Identity { name: String::new(), province_id: shape.unit, profiles: vec![ProfileKind::Producer], successor: None })
    }

    /// A producer.
    pub fn producer(&self, index: usize) -> Result<&ProducerShape> {
        self.producers.get(index).ok_or_else(|| Problem::internal("a record of a producer that is not planned"))
    }

    /// A product: the first of each producer in its own line, then whatever sells, made where it comes from.
    pub fn product(&self, index: usize) -> Result<ProductShape> {
        let mut random = Random::of(self.plan.seed, SHAPES + Stage::Products as u64, index as u64);
        let (producer, line_at, good) = if let Some(shape) = self.producers.get(index) {
            (index, shape.line, self.goods.of_line_at(shape.line, shape.place, &mut random))
        } else {
            let line = self.goods.line(&mut random);
            let good = self.goods.of_line(line, &mut random);
            (self.maker(self.good(line, good)?, &mut random), line, good)
        };
        let line = LINES.get(line_at).ok_or_else(|| Problem::internal("a product without a line"))?;
        let pack = random.one(line.packs).filter(|_| random.chance(700));
        let shelf_life = match line.shelf_life {
            Some((least, most)) if random.chance(850) => i32::try_from(random.between(least, most)).ok(),
            _ => None,
        };
        Ok(ProductShape { producer, line, line_at, good, pack, shelf_life })
    }

    fn maker(&self, good: &Good, random: &mut Random) -> usize {
        let local = good.place.and_then(|place| self.by_place.get(place)).filter(|list| !list.is_empty());
        match local {
            Some(list) => list.get(random.long_tail(list.len(), PRODUCTS_FALL)).copied().unwrap_or(0),
            None => random.long_tail(self.producers.len(), PRODUCTS_FALL),
        }
    }

    /// A good.
    pub fn good(&self, line: usize, good: usize) -> Result<&Good> {
        self.goods.get(line, good).ok_or_else(|| Problem::internal("a product of no known good"))
    }

    /// A group of a line: mostly of 2026, some of the decisions before.
    pub fn group(&self, line: usize, random: &mut Random) -> Result<GroupId> {
        let [now, of_2023, of_2019] = self.groups.get(line).ok_or_else(|| Problem::internal("no such line"))?;
        let of_then = match random.below(100) {
            0..5 => of_2019,
            5..15 => of_2023,
            _ => now,
        };
        random.one(of_then).or_else(|| now.first()).copied().ok_or_else(|| Problem::internal("a line without a group"))
    }
}

/// What `pack` says of its content, for offers that count in it.
pub fn pack_of(pack: Option<&PackShape>) -> Result<Option<measure::Pack>> {
    let Some((unit, content, content_unit, _)) = pack else { return Ok(None) };
    let unit_of = |code: &str| code.parse::<UnitId>().map_err(Problem::internal);
    Ok(Some(measure::Pack { unit: unit_of(unit)?, content: crate::decimal::Decimal(*content), content_unit: unit_of(content_unit)? }))
}

/// Kind and legal form of a producer.
fn producer(plan: &Plan, places: &Places, goods: &Goods, index: usize) -> Result<ProducerShape> {
    let mut random = Random::of(plan.seed, SHAPES, index as u64);
    let mut at = random.below(1_000);
    let mut kind = ProducerKind::CooperativeGroup;
    for (candidate, share) in KINDS {
        if at < share {
            kind = candidate;
            break;
        }
        at -= share;
    }
    let form = match kind {
        ProducerKind::Enterprise => match random.below(100) {
            0..70 => LegalForm::LimitedLiabilityCompany,
            70..90 => LegalForm::JointStockCompany,
            _ => LegalForm::PrivateEnterprise,
        },
        ProducerKind::Cooperative => LegalForm::Cooperative,
        ProducerKind::CooperativeGroup => LegalForm::CooperativeGroup,
        _ => LegalForm::HouseholdBusiness,
    };
    let place = places.of_producer(&mut random);
    let unit = places.registered(place, &mut random).ok_or_else(|| Problem::internal("a producer nowhere"))?;
    let towns = places.all.get(place).map_or(&[] as &[_], |place| place.places.as_slice());
    let town = random.one(towns).copied().unwrap_or_default();
    let line = goods.line(&mut random);
    let site = match LINES.get(line).map(|line| line.site) {
        Some(Site::Farm) => Some(FacilityKind::Farm),
        Some(Site::Workshop) => Some(FacilityKind::Facility),
        _ => None,
    };
    let site = site.filter(|_| random.chance(450));
    Ok(ProducerShape { form, kind, place, town, unit, line, site })
}

/// The lowest groups that became `code` of 2026, under the decisions of 2026, 2023 and 2019.
fn groups_of(code: &str) -> [Vec<GroupId>; 3] {
    let groups = &reference().product_groups;
    let target = groups.of_2026(code);
    let of = |rule: &str| {
        let lowest = |id: GroupId| groups.all().iter().all(|other| other.parent != Some(id));
        let found = groups.all().iter().filter(|group| group.rule_id == rule && groups.current(group.id) == target && lowest(group.id));
        found.map(|group| group.id).collect()
    };
    [of("QD26-2026"), of("QD148-2023"), of("QD1048-2019")]
}

/// Shares of the kinds of buyers in a thousand: retailers first, as at a conference, then those who cook and process.
/// Source: `reference/domain_notes.md`, section 1, in round numbers.
pub fn buyer_kind(random: &mut Random) -> BuyerKind {
    match random.below(1_000) {
        0..180 => BuyerKind::Supermarket,
        180..330 => BuyerKind::RetailChain,
        330..400 => BuyerKind::ConvenienceChain,
        400..470 => BuyerKind::Wholesale,
        470..650 => BuyerKind::Distributor,
        650..690 => BuyerKind::Ecommerce,
        690..770 => BuyerKind::Processor,
        770..840 => BuyerKind::Exporter,
        840..890 => BuyerKind::Restaurant,
        890..930 => BuyerKind::Hotel,
        930..970 => BuyerKind::Caterer,
        _ => BuyerKind::Canteen,
    }
}

/// A quantity of one month in whole base units, each order of size as often.
pub fn quantity(measure: Measure, random: &mut Random) -> f64 {
    match measure {
        Measure::Mass => random.log_uniform(50.0, 50_000.0),
        Measure::Volume => random.log_uniform(50.0, 20_000.0),
        Measure::Pieces(_) => random.log_uniform(20.0, 20_000.0),
    }
}
