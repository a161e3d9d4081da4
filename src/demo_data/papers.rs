//! Facilities, farms, and the certificates of places, producers and products, at all ages: a part has run out.

use super::names::{MARK, small};
use super::random::Random;
use super::world::{ProductShape, Stage, World};
use crate::certificates::{self, Certificate, IssuerLevel, NewCertificate, OCOP};
use crate::error::{Problem, Result};
use crate::facilities::{self, Facility, FacilityKind, NewFacility};
use crate::reference::{ProvinceId, SubjectKind, reference};
use chrono::{Datelike, Days, Months, NaiveDate};

/// An OCOP certificate runs 36 months. Source: Decision 26/2026/QĐ-TTg, as those before.
const OCOP_MONTHS: u32 = 36;
/// How far back OCOP certificates of the register go.
const OCOP_DAYS: i64 = 5 * 365;
/// Stars in a thousand certificates: three, four, five. Source: `reference/ocop_rules.md`, section 5 (2024: 73.9%,
/// 24.7%, 42 of 12,000), without the products that wait for their fifth star.
pub const STARS: [(i32, u64); 3] = [(3, 747), (4, 249), (5, 4)];

/// Papers of a workshop in a thousand: kind, and the tops of the groups in which it is usual.
const OF_WORKSHOPS: [(&str, u64, &str); 8] = [
    ("ATTP_GCN", 600, "I II III"),
    ("HACCP", 160, "I II III"),
    ("ISO22000", 120, "I II III"),
    ("FSSC22000", 20, "I II"),
    ("ISO9001", 50, "I II III"),
    ("GMP", 200, "III"),
    ("RUOU_TC", 300, "II"),
    ("MT", 100, "I II III"),
];
/// Papers of a farm in a thousand.
const OF_FARMS: [(&str, u64, &str); 7] = [
    ("VIETGAP", 420, "I V"),
    ("GLOBALGAP", 80, "I"),
    ("ORG_VN", 80, "I"),
    ("ORG_EU", 20, "I"),
    ("PGS", 30, "I"),
    ("PUC", 200, "I"),
    ("ATDB", 30, "I"),
];
/// Papers of a product in a thousand, where it has its stars.
const OF_PRODUCTS: [(&str, u64, &str); 5] =
    [("TCB", 400, "I II"), ("PKN", 300, "I II III"), ("HALAL", 50, "I II III"), ("DKBCB", 500, "III"), ("GI_USE", 300, "I II III IV V")];

/// What a paper is given to.
enum To {
    Product(String),
    Place(String, FacilityKind),
    Entity,
}

/// A paper's holder.
struct Holder {
    producer: usize,
    unit: ProvinceId,
    town: &'static str,
}

/// The place with papers of producer `index`, when it has one.
pub fn facility(world: &World, index: usize) -> Result<Option<Facility>> {
    let shape = world.producer(index)?;
    let Some(kind) = shape.site else { return Ok(None) };
    let mut random = world.random(Stage::Facilities, index);
    let what = match kind {
        FacilityKind::Farm => ["Vùng trồng", "Trang trại", "Vùng nuôi"],
        FacilityKind::Facility => ["Xưởng chế biến", "Cơ sở đóng gói", "Xưởng sản xuất"],
    };
    let what = random.one(&what).copied().unwrap_or_default();
    let new = NewFacility {
        holder_id: world.id(Stage::Producers, index),
        kind,
        name: format!("{what} {} {}{MARK}", shape.town, index + 1),
        address: None,
        province: shape.unit.as_str().to_owned(),
        illustrative: true,
    };
    facilities::made(new, &world.identity(index)?, world.eve, world.meta(Stage::Facilities, index, 0)).map(Some)
}

/// The papers of producer `index` and of its place.
pub fn of_place(world: &World, index: usize) -> Result<Vec<Certificate>> {
    let shape = world.producer(index)?;
    let mut random = world.random(Stage::PlacePapers, index);
    let mut papers = Papers::new(world, Stage::PlacePapers, index, Holder { producer: index, unit: shape.unit, town: shape.town });
    if random.chance(150) {
        papers.add("MSMV", To::Entity, &mut random)?;
    }
    if let Some(kind) = shape.site {
        let usual: &[(&str, u64, &str)] = match kind {
            FacilityKind::Farm => &OF_FARMS,
            FacilityKind::Facility => &OF_WORKSHOPS,
        };
        let line = super::lines::LINES.get(shape.line).map_or("", |line| line.code);
        for (paper, share, tops) in usual {
            if is_usual(tops, line) && random.chance(*share) {
                papers.add(paper, To::Place(world.id(Stage::Facilities, index), kind), &mut random)?;
            }
        }
    }
    Ok(papers.made)
}

/// The papers of product `index`.
pub fn of_product(world: &World, index: usize) -> Result<Vec<Certificate>> {
    let mut random = world.random(Stage::ProductPapers, index);
    if !random.chance(world.plan.ocop_per_mille) {
        return Ok(Vec::new());
    }
    let shape = world.product(index)?;
    let producer = world.producer(shape.producer)?;
    let id = world.id(Stage::Products, index);
    let mut papers =
        Papers::new(world, Stage::ProductPapers, index, Holder { producer: shape.producer, unit: producer.unit, town: producer.town });
    papers.add_stars(&id, &mut random)?;
    for (paper, share, tops) in OF_PRODUCTS {
        let fits = is_usual(tops, shape.line.code) && (paper != "GI_USE" || is_of_protected_name(world, &shape)?);
        if fits && random.chance(share) {
            papers.add(paper, To::Product(id.clone()), &mut random)?;
        }
    }
    Ok(papers.made)
}

fn is_of_protected_name(world: &World, shape: &ProductShape) -> Result<bool> {
    Ok(world.good(shape.line_at, shape.good)?.is_protected)
}

/// Whether group `line` is under one of the top groups `tops`.
fn is_usual(tops: &str, line: &str) -> bool {
    tops.split(' ').any(|top| line.split('.').next() == Some(top))
}

/// The papers that one index gives.
struct Papers<'a> {
    world: &'a World,
    stage: Stage,
    index: usize,
    holder: Holder,
    made: Vec<Certificate>,
}

impl<'a> Papers<'a> {
    fn new(world: &'a World, stage: Stage, index: usize, holder: Holder) -> Self {
        Self { world, stage, index, holder, made: Vec::new() }
    }

    /// A paper of the usual term, issued at any time of that term or up to a year before it.
    fn add(&mut self, kind: &str, to: To, random: &mut Random) -> Result<()> {
        let kinds = &reference().certificate_kinds;
        let facts = kinds.get(kinds.resolve(kind).map_err(Problem::internal)?);
        let term = facts.validity_months;
        let issued_on = days_before(self.world.eve, random.between(0, i64::from(term.unwrap_or(48)) * 30 + 365));
        let province = &reference().provinces.get(reference().provinces.as_of(self.holder.unit, issued_on)).name;
        let body = random.between(1, 12);
        let (issuer, issuer_level) = match facts.issuing_kind.as_str() {
            "self_declared" => (format!("Chủ thể{MARK}"), IssuerLevel::SelfDeclared),
            "test_lab" => (format!("Phòng thử nghiệm số {body}{MARK}"), IssuerLevel::Laboratory),
            "state_authority" => (format!("Cơ quan chuyên môn {province}{MARK}"), IssuerLevel::Province),
            _ => (format!("Tổ chức chứng nhận số {body}{MARK}"), IssuerLevel::CertificationBody),
        };
        let ends = term.and_then(|months| issued_on.checked_add_months(Months::new(months)));
        let number = format!("{kind}-{}-{:06}/{}", self.made.len(), self.index, issued_on.year());
        self.push(NewCertificate { valid_until: ends, number: Some(number), ..self.paper(kind, to, issuer, issuer_level, issued_on) })
    }

    /// An OCOP certificate of the last five years, and for a part of those that have run out the next one.
    fn add_stars(&mut self, product: &str, random: &mut Random) -> Result<()> {
        let stars = stars(random);
        let issued_on = days_before(self.world.eve, random.between(0, OCOP_DAYS));
        let ends = self.add_ocop(product, stars, issued_on, random)?;
        let again_on = ends.checked_add_days(Days::new(random.below(90))).unwrap_or(ends);
        if again_on <= self.world.eve && random.chance(350) {
            // Stars go down as well as up at the next assessment.
            let stars = if stars == 4 && random.chance(100) { 3 } else { stars };
            self.add_ocop(product, stars, again_on, random)?;
        }
        Ok(())
    }

    /// Adds one; its last day.
    fn add_ocop(&mut self, product: &str, stars: i32, issued_on: NaiveDate, random: &mut Random) -> Result<NaiveDate> {
        let provinces = &reference().provinces;
        let unit = provinces.get(provinces.as_of(self.holder.unit, issued_on));
        let (issuer, issuer_level) = ocop_issuer(stars, issued_on, &unit.name, self.holder.town);
        let ends = issued_on.checked_add_months(Months::new(OCOP_MONTHS)).unwrap_or(issued_on);
        // The older shape of the number, with a district and a commune that do not exist: no real paper has it.
        let number = format!("{}-000-00000-{}-{}", unit.code, self.index + 1, issued_on.year());
        let revoked = random.chance(15).then(|| days_before(self.world.eve, random.between(0, 300))).filter(|day| *day > issued_on);
        let new = NewCertificate {
            number: Some(number),
            decision_number: Some(format!("{}/QĐ-MH", random.between(100, 4_000))),
            valid_until: Some(ends),
            revoked_on: revoked,
            revocation_reason: revoked.map(|_| "Không còn đáp ứng tiêu chí".to_owned()),
            stars: Some(stars),
            ..self.paper(OCOP, To::Product(product.to_owned()), issuer, issuer_level, issued_on)
        };
        self.push(new)?;
        Ok(ends)
    }

    fn paper(&self, kind: &str, to: To, issuer: String, issuer_level: IssuerLevel, issued_on: NaiveDate) -> NewCertificate {
        let (subject, product_id, facility_id) = match to {
            To::Product(id) => (SubjectKind::Product, Some(id), None),
            To::Place(id, FacilityKind::Facility) => (SubjectKind::Facility, None, Some(id)),
            To::Place(id, FacilityKind::Farm) => (SubjectKind::Farm, None, Some(id)),
            To::Entity => (SubjectKind::Entity, None, None),
        };
        NewCertificate {
            kind: kind.to_owned(),
            number: None,
            holder_id: self.world.id(Stage::Producers, self.holder.producer),
            subject: Some(subject),
            product_id,
            facility_id,
            subject_name: None,
            issuer,
            issuer_level,
            decision_number: None,
            scope: None,
            issued_on,
            valid_until: None,
            extended_until: None,
            revoked_on: None,
            revocation_reason: None,
            stars: None,
            checked_by_id: None,
            checked_on: None,
            illustrative: true,
        }
    }

    fn push(&mut self, new: NewCertificate) -> Result<()> {
        let meta = self.world.meta(self.stage, self.index, self.made.len() as u64);
        let place = match new.subject {
            Some(SubjectKind::Facility) => Some(FacilityKind::Facility),
            Some(SubjectKind::Farm) => Some(FacilityKind::Farm),
            _ => None,
        };
        let identity = self.world.identity(self.holder.producer)?;
        self.made.push(certificates::made(new, &identity, place, self.world.eve, meta)?);
        Ok(())
    }
}

fn stars(random: &mut Random) -> i32 {
    let mut at = random.below(1_000);
    for (stars, share) in STARS {
        if at < share {
            return stars;
        }
        at -= share;
    }
    3
}

/// Who recognised so many stars on a day. Source: `reference/ocop_rules.md`, section 3.
fn ocop_issuer(stars: i32, day: NaiveDate, province: &str, town: &str) -> (String, IssuerLevel) {
    let is_before = |year, month, date| NaiveDate::from_ymd_opt(year, month, date).is_some_and(|limit| day < limit);
    if stars == 5 {
        let ministry = if is_before(2025, 3, 1) {
            "Bộ Nông nghiệp và Phát triển nông thôn"
        } else {
            "Bộ Nông nghiệp và Môi trường"
        };
        return (format!("{ministry}{MARK}"), IssuerLevel::Ministry);
    }
    if stars == 3 && !is_before(2023, 2, 24) && is_before(2025, 7, 6) {
        return (format!("Ủy ban nhân dân huyện {town}{MARK}"), IssuerLevel::District);
    }
    (format!("Ủy ban nhân dân {}{MARK}", small(province)), IssuerLevel::Province)
}

fn days_before(day: NaiveDate, days: i64) -> NaiveDate {
    day.checked_sub_days(Days::new(u64::try_from(days).unwrap_or(0))).unwrap_or(day)
}
