//! From the register's records to those of the market index.
//!
//! A record that the index can't take is [`Unfit`]: it is left out, counted and logged, and stops nothing. `MoUs` are made of
//! several tables and have a home of their own (`promises`).

use super::tables::tables;
use crate::certificates::Certificate;
use crate::decimal::CURRENCIES;
use crate::demands::{Ceiling, Demand};
use crate::introductions::{Introduction, IntroductionStatus};
use crate::market::record::{
    Basis, CertificateRecord, Day, DemandRecord, FOREVER, Id, IntroductionRecord, MonthBits, OfferRecord, OrganisationRecord, Paper, Price,
    ProductRecord, Rows, Visibility,
};
use crate::market::tables::Tables;
use crate::measure;
use crate::months::Months;
use crate::offers::{self, Offer};
use crate::organisations::{Organisation, OrganisationStatus, ProducerKind};
use crate::price::{self, PriceBasis};
use crate::products::{Product, ProductStatus};
use crate::reference::{CertificateKindId, GroupId, SubjectKind, UnitId, reference};
use chrono::{Datelike, NaiveDate};
use std::fmt;
use std::sync::LazyLock;

/// 1970-01-01 in days of the common era.
const EPOCH: i32 = 719_163;

/// Why a record can't go into the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit(pub String);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfit {}

/// A day as the index counts it.
pub fn day(day: NaiveDate) -> Day {
    day.num_days_from_ce() - EPOCH
}

/// The day, or the end of time.
pub(super) fn day_or_forever(date: Option<NaiveDate>) -> Day {
    date.map_or(FOREVER, day)
}

/// The number in an id.
pub(super) fn id(text: &str) -> Result<Id, Unfit> {
    Id::parse(text).ok_or_else(|| Unfit(format!("{text:?} is no id of this service")))
}

/// An organisation.
///
/// # Errors
/// [`Unfit`] for an id of another form.
pub fn organisation(record: &Organisation) -> Result<OrganisationRecord, Unfit> {
    let row = &record.row;
    Ok(OrganisationRecord {
        id: id(&row.id)?,
        version: row.version,
        name: row.name.clone(),
        province: row.province_id.row(),
        producer_kind: record.producer.as_ref().and_then(|profile| producer_kind(profile.kind)),
        is_buyer: record.buyer.is_some(),
        is_active: row.status == OrganisationStatus::Active,
    })
}

/// The place of a kind of producer in its list.
pub(super) fn producer_kind(kind: ProducerKind) -> Option<u8> {
    ProducerKind::WORDS.iter().position(|word| *word == kind.as_str()).and_then(|place| u8::try_from(place).ok())
}

/// A product.
///
/// # Errors
/// [`Unfit`] for an id of another form.
pub fn product(record: &Product) -> Result<ProductRecord, Unfit> {
    Ok(ProductRecord {
        id: id(&record.id)?,
        version: record.version,
        producer: id(&record.producer_id)?,
        name: record.name.clone(),
        group: record.group_id.row(),
        shelf_life_days: record.shelf_life_days.map(days),
        illustrative: record.illustrative,
        is_active: record.status == ProductStatus::Active,
    })
}

/// A certificate. One for anything but a product counts for its holder, and so for all that the holder makes.
///
/// # Errors
/// [`Unfit`] for an id of another form.
pub fn certificate(record: &Certificate) -> Result<CertificateRecord, Unfit> {
    let product = record.product_id.as_deref().filter(|_| record.subject == SubjectKind::Product);
    Ok(CertificateRecord {
        id: id(&record.id)?,
        version: record.version,
        holder: id(&record.holder_id)?,
        product: product.map(id).transpose()?,
        paper: Paper {
            kind: record.kind.row(),
            stars: small(record.stars.unwrap_or(0)),
            from: day(record.issued_on),
            until: day_or_forever(record.validity().last_day()),
        },
    })
}

/// An offer.
///
/// # Errors
/// [`Unfit`] for an id of another form, or a currency that there is none of.
pub fn offer(record: &Offer) -> Result<OfferRecord, Unfit> {
    Ok(OfferRecord {
        id: id(&record.id)?,
        version: record.version,
        product: id(&record.product_id)?,
        unit: record.quantity_base.unit.row(),
        quantity: record.quantity_base.quantity.0,
        months: month_bits(record.months),
        from: day(record.available_from),
        until: day_or_forever(record.available_until),
        closed_on: day_or_forever(record.closed_on),
        minimum_order: record.minimum_order_base.map_or(0, |quantity| quantity.0),
        lead_time_days: record.lead_time_days.map(days),
        price: record.price.get().map(|price| offer_price(&price)).transpose()?,
        delivers_to: record.delivers_to.as_ref().map(|provinces| delivers_to(provinces.get().iter().map(|province| province.row()))),
        shelf_life_days: record.remaining_shelf_life_days.map(days),
        illustrative: record.illustrative,
    })
}

fn offer_price(price: &offers::Price) -> Result<Price, Unfit> {
    Ok(Price {
        amount: price.amount.0,
        per_base: price.per_unit_base.0,
        currency: currency(&price.currency)?,
        basis: basis(price.basis),
        vat_included: price.vat_included,
        visibility: visibility(price.visibility),
    })
}

/// Today's units in the places of `provinces`.
pub(super) fn delivers_to(provinces: impl Iterator<Item = u8>) -> Rows {
    static TABLES: LazyLock<Tables> = LazyLock::new(tables);
    Rows::of(provinces.map(|province| TABLES.current(province)))
}

/// A demand.
///
/// # Errors
/// [`Unfit`] for an id of another form, or a unit without a fixed size.
pub fn demand(record: &Demand) -> Result<DemandRecord, Unfit> {
    let base = measure::to_base(record.quantity, record.unit, None).map_err(|error| Unfit(format!("its quantity: {error:?}")))?;
    Ok(DemandRecord {
        id: id(&record.id)?,
        version: record.version,
        buyer: id(&record.buyer_id)?,
        title: record.title.clone(),
        text: record.text.clone(),
        groups: record.group_id.map(groups),
        unit: base.unit.row(),
        quantity: base.quantity.0,
        months: month_bits(record.months),
        from: day(record.starts_on),
        until: day(record.ends_on),
        province: record.delivery_province_id.row(),
        ceiling: record.price_ceiling.get().map(|ceiling| demand_ceiling(&ceiling)).transpose()?,
        least_stars: small(record.least_stars.unwrap_or(0)),
        required: kinds(record.required_certificates.get().iter().copied()),
        preferred: kinds(record.preferred_certificates.get().iter().copied()),
        shelf_life_days: days(record.minimum_remaining_shelf_life_days.unwrap_or(0)),
        answer_by: day(record.answer_by.unwrap_or(record.ends_on)),
        suppliers_at_most: small(record.suppliers_at_most.unwrap_or(0)),
        closed_on: day_or_forever(record.closed_on),
        illustrative: record.illustrative,
    })
}

fn demand_ceiling(ceiling: &Ceiling) -> Result<Price, Unfit> {
    Ok(Price {
        amount: ceiling.amount.0,
        per_base: worth(ceiling.per_unit)?,
        currency: currency(&ceiling.currency)?,
        basis: basis(ceiling.basis),
        vat_included: ceiling.vat_included,
        visibility: visibility(ceiling.visibility),
    })
}

/// Thousandths of the base unit that one `unit` is, where that is fixed.
pub(super) fn worth(unit: UnitId) -> Result<i64, Unfit> {
    measure::one(unit, None).map(|base| base.quantity.0).map_err(|error| Unfit(format!("the unit of its ceiling: {error:?}")))
}

/// The groups in which a product belongs to `group`, under every decision.
pub(super) fn groups(group: GroupId) -> Rows {
    Rows::of(reference().product_groups.descendants(group).into_iter().map(GroupId::row))
}

/// One bit for each kind.
pub(super) fn kinds(kinds: impl Iterator<Item = CertificateKindId>) -> u64 {
    kinds.fold(0, |set, kind| set | 1_u64.checked_shl(u32::from(kind.row())).unwrap_or(0))
}

/// Days as the index keeps them; more than there is room for are as many as there is room for.
pub(super) fn days(days: i32) -> u16 {
    u16::try_from(days).unwrap_or(if days < 0 { 0 } else { u16::MAX })
}

/// The same of stars and suppliers.
pub(super) fn small(number: i32) -> u8 {
    u8::try_from(number).unwrap_or(if number < 0 { 0 } else { u8::MAX })
}

fn month_bits(months: Months) -> MonthBits {
    MonthBits::try_from(months.bits()).unwrap_or(0)
}

/// An introduction.
///
/// # Errors
/// [`Unfit`] for an id of another form.
pub fn introduction(record: &Introduction) -> Result<IntroductionRecord, Unfit> {
    Ok(IntroductionRecord {
        id: id(&record.id)?,
        version: record.version,
        demand: id(&record.demand_id)?,
        offer: id(&record.offer_id)?,
        buyer: id(&record.buyer_id)?,
        producer: id(&record.producer_id)?,
        is_accepted: record.status == IntroductionStatus::Accepted,
    })
}

/// The place of a currency in the list of those that prices come in.
pub(super) fn currency(code: &str) -> Result<u8, Unfit> {
    let place = CURRENCIES.iter().position(|(known, _)| *known == code).and_then(|place| u8::try_from(place).ok());
    place.ok_or_else(|| Unfit(format!("{code:?} is no currency of a price")))
}

pub(super) fn basis(basis: PriceBasis) -> Basis {
    match basis {
        PriceBasis::FarmGate => Basis::FarmGate,
        PriceBasis::Delivered => Basis::Delivered,
    }
}

pub(super) fn visibility(visibility: price::Visibility) -> Visibility {
    match visibility {
        price::Visibility::Public => Visibility::Public,
        price::Visibility::Keys => Visibility::Keys,
        price::Visibility::Parties => Visibility::Parties,
        price::Visibility::Hidden => Visibility::Hidden,
    }
}
