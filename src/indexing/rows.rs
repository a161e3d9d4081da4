//! What the columns of a row say to the index: a record, or why it can't take it.

use super::cells::{Cell, Currency, DayCell, List};
use super::convert::{self, Unfit};
use crate::market::record::{
    Basis, CertificateRecord, Day, DemandRecord, FOREVER, Id, IntroductionRecord, MonthBits, OfferRecord, OrganisationRecord, Paper, Price,
    ProductRecord, Visibility,
};
use crate::organisations::{OrganisationStatus, ProducerKind};
use crate::products::ProductStatus;
use crate::reference::{CertificateKindId, GroupId, ProvinceId, SubjectKind, UnitId, reference};
use diesel::prelude::*;

/// A record, or why the index can't take it.
pub(super) type Fit<T> = std::result::Result<T, Unfit>;

#[derive(Queryable)]
pub(super) struct OrganisationColumns {
    id: Cell<Id>,
    version: i64,
    name: String,
    province: Cell<ProvinceId>,
    producer_kind: Option<Cell<ProducerKind>>,
    buyer: Option<Cell<Id>>,
    status: Cell<OrganisationStatus>,
}

impl OrganisationColumns {
    pub(super) fn record(self) -> Fit<OrganisationRecord> {
        let kind = self.producer_kind.map(|kind| known(kind, "its kind of producer")).transpose()?;
        Ok(OrganisationRecord {
            id: known(self.id, "its id")?,
            version: self.version,
            name: self.name,
            province: known(self.province, "its province")?.row(),
            producer_kind: kind.and_then(convert::producer_kind),
            is_buyer: self.buyer.is_some(),
            is_active: known(self.status, "its status")? == OrganisationStatus::Active,
        })
    }
}

#[derive(Queryable)]
pub(super) struct ProductColumns {
    id: Cell<Id>,
    version: i64,
    producer: Cell<Id>,
    name: String,
    group: Cell<GroupId>,
    shelf_life_days: Option<i32>,
    illustrative: bool,
    status: Cell<ProductStatus>,
}

impl ProductColumns {
    pub(super) fn record(self) -> Fit<ProductRecord> {
        Ok(ProductRecord {
            id: known(self.id, "its id")?,
            version: self.version,
            producer: known(self.producer, "its producer")?,
            name: self.name,
            group: known(self.group, "its group")?.row(),
            shelf_life_days: self.shelf_life_days.map(convert::days),
            illustrative: self.illustrative,
            is_active: known(self.status, "its status")? == ProductStatus::Active,
        })
    }
}

#[derive(Queryable)]
pub(super) struct CertificateColumns {
    id: Cell<Id>,
    version: i64,
    holder: Cell<Id>,
    subject: Cell<SubjectKind>,
    product: Option<Cell<Id>>,
    kind: Cell<CertificateKindId>,
    stars: Option<i32>,
    issued_on: DayCell,
    valid_until: Option<DayCell>,
    extended_until: Option<DayCell>,
    revoked_on: Option<DayCell>,
}

impl CertificateColumns {
    pub(super) fn record(self) -> Fit<CertificateRecord> {
        let subject = known(self.subject, "its subject")?;
        let product = self.product.filter(|_| subject == SubjectKind::Product);
        Ok(CertificateRecord {
            id: known(self.id, "its id")?,
            version: self.version,
            holder: known(self.holder, "its holder")?,
            product: product.map(|id| known(id, "its product")).transpose()?,
            paper: Paper {
                kind: known(self.kind, "its kind")?.row(),
                stars: convert::small(self.stars.unwrap_or(0)),
                from: self.issued_on.0,
                until: self.last_day(),
            },
        })
    }

    /// `certificates::Validity::last_day` in the days of the index; a test holds the two together.
    fn last_day(&self) -> Day {
        let end = self.valid_until.map_or(FOREVER, |until| self.extended_until.map_or(until.0, |extended| extended.0.max(until.0)));
        self.revoked_on.map_or(end, |revoked| end.min(revoked.0 - 1))
    }
}

#[derive(Queryable)]
pub(super) struct OfferColumns {
    id: Cell<Id>,
    version: i64,
    product: Cell<Id>,
    unit: Cell<UnitId>,
    quantity: i64,
    months: i32,
    from: DayCell,
    until: Option<DayCell>,
    closed_on: Option<DayCell>,
    minimum_order: Option<i64>,
    lead_time_days: Option<i32>,
    price: PriceColumns,
    delivers_to: Option<Cell<List<ProvinceId>>>,
    shelf_life_days: Option<i32>,
    illustrative: bool,
}

impl OfferColumns {
    pub(super) fn record(self) -> Fit<OfferRecord> {
        let delivers_to = self.delivers_to.map(|list| known(list, "where it delivers to")).transpose()?;
        Ok(OfferRecord {
            id: known(self.id, "its id")?,
            version: self.version,
            product: known(self.product, "its product")?,
            unit: known(self.unit, "its unit")?.row(),
            quantity: self.quantity,
            months: month_bits(self.months)?,
            from: self.from.0,
            until: day_or_forever(self.until),
            closed_on: day_or_forever(self.closed_on),
            minimum_order: self.minimum_order.unwrap_or(0),
            lead_time_days: self.lead_time_days.map(convert::days),
            price: self.price.price()?,
            delivers_to: delivers_to.map(|list| convert::delivers_to(list.0.into_iter().map(ProvinceId::row))),
            shelf_life_days: self.shelf_life_days.map(convert::days),
            illustrative: self.illustrative,
        })
    }
}

#[derive(Queryable)]
pub(super) struct PriceColumns {
    amount: Option<i64>,
    per_base: Option<i64>,
    currency: Option<Cell<Currency>>,
    basis: Option<Cell<Basis>>,
    vat_included: Option<bool>,
    visibility: Option<Cell<Visibility>>,
}

impl PriceColumns {
    /// All of them are there, or none: a CHECK of the table.
    fn price(self) -> Fit<Option<Price>> {
        let Self { amount, per_base, currency, basis, vat_included, visibility } = self;
        let (Some(amount), Some(per_base), Some(currency), Some(basis), Some(vat_included), Some(visibility)) =
            (amount, per_base, currency, basis, vat_included, visibility)
        else {
            return Ok(None);
        };
        Ok(Some(Price {
            amount,
            per_base,
            currency: known(currency, "the currency of its price")?.0,
            basis: known(basis, "the basis of its price")?,
            vat_included,
            visibility: known(visibility, "the visibility of its price")?,
        }))
    }
}

#[derive(Queryable)]
pub(super) struct DemandColumns {
    id: Cell<Id>,
    version: i64,
    buyer: Cell<Id>,
    title: String,
    text: Option<String>,
    group: Option<Cell<GroupId>>,
    quantity: (Cell<UnitId>, i64),
    months: i32,
    period: (DayCell, DayCell),
    province: Cell<ProvinceId>,
    ceiling: CeilingColumns,
    least_stars: Option<i32>,
    certificates: (Cell<List<CertificateKindId>>, Cell<List<CertificateKindId>>),
    shelf_life_days: Option<i32>,
    answer_by: Option<DayCell>,
    rest: (Option<i32>, Option<DayCell>, bool),
}

impl DemandColumns {
    pub(super) fn record(self) -> Fit<DemandRecord> {
        let unit = known(self.quantity.0, "its unit")?;
        let base = reference().units.get(unit).base_unit.ok_or_else(|| Unfit(format!("its unit {unit} has no fixed size")))?;
        let (required, preferred) = self.certificates;
        let (suppliers_at_most, closed_on, illustrative) = self.rest;
        Ok(DemandRecord {
            id: known(self.id, "its id")?,
            version: self.version,
            buyer: known(self.buyer, "its buyer")?,
            title: self.title,
            text: self.text,
            groups: self.group.map(|group| known(group, "its group")).transpose()?.map(convert::groups),
            unit: base.row(),
            quantity: self.quantity.1,
            months: month_bits(self.months)?,
            from: self.period.0.0,
            until: self.period.1.0,
            province: known(self.province, "its province")?.row(),
            ceiling: self.ceiling.price()?,
            least_stars: convert::small(self.least_stars.unwrap_or(0)),
            required: convert::kinds(known(required, "its required certificates")?.0.into_iter()),
            preferred: convert::kinds(known(preferred, "its preferred certificates")?.0.into_iter()),
            shelf_life_days: convert::days(self.shelf_life_days.unwrap_or(0)),
            answer_by: self.answer_by.unwrap_or(self.period.1).0,
            suppliers_at_most: convert::small(suppliers_at_most.unwrap_or(0)),
            closed_on: day_or_forever(closed_on),
            illustrative,
        })
    }
}

#[derive(Queryable)]
pub(super) struct CeilingColumns {
    amount: Option<i64>,
    unit: Option<Cell<UnitId>>,
    currency: Option<Cell<Currency>>,
    basis: Option<Cell<Basis>>,
    vat_included: Option<bool>,
    visibility: Option<Cell<Visibility>>,
}

impl CeilingColumns {
    fn price(self) -> Fit<Option<Price>> {
        let Self { amount, unit, currency, basis, vat_included, visibility } = self;
        let per_base = unit.map(|unit| known(unit, "the unit of its ceiling").and_then(convert::worth)).transpose()?;
        PriceColumns { amount, per_base, currency, basis, vat_included, visibility }.price()
    }
}

#[derive(Queryable)]
pub(super) struct AcceptedIntroductionColumns {
    id: Cell<Id>,
    version: i64,
    demand: Cell<Id>,
    offer: Cell<Id>,
    buyer: Cell<Id>,
    producer: Cell<Id>,
}

impl AcceptedIntroductionColumns {
    pub(super) fn record(self) -> Fit<IntroductionRecord> {
        Ok(IntroductionRecord {
            id: known(self.id, "its id")?,
            version: self.version,
            demand: known(self.demand, "its demand")?,
            offer: known(self.offer, "its offer")?,
            buyer: known(self.buyer, "its buyer")?,
            producer: known(self.producer, "its producer")?,
            is_accepted: true,
        })
    }
}

/// The value of a cell that could be read.
fn known<T>(cell: Cell<T>, what: &str) -> Fit<T> {
    cell.0.ok_or_else(|| Unfit(format!("{what} can't be read")))
}

fn day_or_forever(day: Option<DayCell>) -> Day {
    day.map_or(FOREVER, |day| day.0)
}

fn month_bits(months: i32) -> Fit<MonthBits> {
    MonthBits::try_from(months).map_err(|_| Unfit(format!("{months} is no set of months")))
}
