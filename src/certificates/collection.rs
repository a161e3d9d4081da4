//! `/v1/certificates`

use super::model::{Certificate, CertificateStatus, CertificateView, IssuerLevel, NewCertificate};
use super::rules::{Checked, Known, Paper, check, refuse_officers_word};
use super::store;
use super::{valid_on, valid_through};
use crate::access::{Caller, Owners, Permit, Role};
use crate::db::Db;
use crate::db::schema::{certificates, organisations as organisation_rows};
use crate::error::{Code, Faults, Problem, Result, text};
use crate::facilities::FacilityKind;
use crate::http::collection::{Collection, Spec, location, operations};
use crate::http::page::{Page, day_key, keyset};
use crate::http::query::{Args, Kind, Param, param};
use crate::log::{Meta, Operation, Tx, is_same};
use crate::organisations::{self, Identity, identities};
use crate::reference::{SubjectKind, reference, texts};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The collection.
#[derive(Debug)]
pub struct Certificates;

const FILTERS: &[Param] = &[
    param("holder", Kind::Id, "Held by this organisation."),
    param("product", Kind::Id, "About this product."),
    param("facility", Kind::Id, "About this facility or farm."),
    param("kind", Kind::Text, "Of this kind."),
    param("subject", Kind::Word(SubjectKind::WORDS), "About a subject of this kind."),
    param("stars", Kind::Stars, "OCOP certificates of at least so many stars, valid or not."),
    param("valid_on", Kind::Day, "Valid on this day."),
    param("valid_from", Kind::Day, "With valid_until: valid on every day of the period that begins on this day."),
    param("valid_until", Kind::Day, "With valid_from: valid on every day of the period that ends on this day."),
    param("status", Kind::Word(CertificateStatus::WORDS), "What they are on the day asked."),
    param("issuer_level", Kind::Word(IssuerLevel::WORDS), "Issued at this level."),
    param("number", Kind::Text, "With exactly this number."),
    param(
        "province",
        Kind::Province,
        "Held by an organisation in this province-level unit (code or name on the day asked) or in one that it succeeded.",
    ),
];

fn example() -> Value {
    json!({"kind": "OCOP", "number": "94-942-00000-1-2020", "holder_id": "org_01JDB3B8Q00000000000000000",
        "product_id": "prd_01JDB3B8Q00000000000000000", "issuer": "Ủy ban nhân dân tỉnh Sóc Trăng", "issuer_level": "province",
        "issued_on": "2020-06-24", "valid_until": "2023-06-24", "stars": 4, "illustrative": true})
}

impl Collection for Certificates {
    const SPEC: Spec = Spec {
        name: "certificates",
        noun: "certificate",
        entity: "certificate",
        table: "certificates",
        description: "A dated paper about a product, a facility, a farm, an organisation, a mark, a name of origin or a chain. Its status follows from its dates on the day asked and is never stored; stars belong to the certificate.",
        operations: operations!("certificate", "certificates"),
        filters: FILTERS,
        sorts: &["created", "-created", "issued_on", "-issued_on"],
        example,
    };
    type New = NewCertificate;
    type Record = Certificate;
    type View = CertificateView;

    fn id(record: &Certificate) -> &str {
        &record.id
    }

    fn version(record: &Certificate) -> i64 {
        record.version
    }

    fn owners(db: &mut Db, records: &[Certificate]) -> Result<Vec<Owners>> {
        organisations::owners(db, &records.iter().map(|record| record.holder_id.as_str()).collect::<Vec<_>>())
    }

    fn create(tx: &mut Tx<'_>, permit: &Permit, items: Vec<NewCertificate>) -> Result<Vec<Result<Certificate>>> {
        let known = known(tx.db, &items)?;
        let numbers: Vec<&str> = items.iter().filter_map(|new| new.number.as_deref()).collect();
        let registered = store::registered(tx.db, &numbers)?;
        let mut seen: HashMap<Paper, usize> = HashMap::new();
        let mut results = Vec::with_capacity(items.len());
        for (index, new) in items.into_iter().enumerate() {
            let result = judge(permit, &new, &known, tx.today).and_then(|checked| {
                let record = record_of(new, checked, tx.first_version("crt")?);
                if !is_officer(permit) {
                    refuse_officers_word(None, &record)?;
                }
                refuse_twin(&record, &registered)?;
                refuse_twin_in_batch(&record, index, &mut seen)?;
                Ok(record)
            });
            results.push(result);
        }
        let stored: Vec<&Certificate> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
        store::insert(tx.db, &stored)?;
        for record in stored {
            tx.record(Operation::Create, "certificate", &record.id, record.version, record)?;
        }
        Ok(results)
    }

    fn replace(tx: &mut Tx<'_>, permit: &Permit, current: &Certificate, new: NewCertificate) -> Result<Certificate> {
        let known = known(tx.db, std::slice::from_ref(&new))?;
        let checked = judge(permit, &new, &known, tx.today)?;
        let next = record_of(new, checked, tx.next_version(current.meta()));
        if is_same(current, &next)? {
            return Ok(current.clone());
        }
        if !is_officer(permit) {
            refuse_officers_word(Some(current), &next)?;
        }
        refuse_twin(&next, &store::registered(tx.db, &next.number.as_deref().into_iter().collect::<Vec<_>>())?)?;
        if (current.kind, &current.product_id, current.stars) != (next.kind, &next.product_id, next.stars) {
            // A granted proposal names a certificate of its product and stars.
            store::uses(tx.db, &current.id)?.refuse()?;
        }
        if !store::update(tx.db, current, &next)? {
            return Err(Problem::unavailable("another writer was faster").contended());
        }
        tx.record(Operation::Update, "certificate", &next.id, next.version, &next)?;
        Ok(next)
    }

    fn delete(tx: &mut Tx<'_>, _: &Permit, current: &Certificate) -> Result<()> {
        store::uses(tx.db, &current.id)?.refuse()?;
        store::delete(tx.db, &current.id)?;
        tx.record(Operation::Delete, "certificate", &current.id, current.version + 1, &())
    }

    fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Certificate>> {
        store::load(db, ids)
    }

    fn list(db: &mut Db, args: &Args, page: &Page, as_of: NaiveDate, _: &Caller) -> Result<Vec<Certificate>> {
        let query = filtered(args, as_of)?;
        Ok(if page.sort.ends_with("issued_on") {
            keyset!(query, page, certificates::id, certificates::issued_on, day_key).select(Certificate::as_select()).load(db)?
        } else {
            keyset!(query, page, certificates::id).select(Certificate::as_select()).load(db)?
        })
    }

    fn sort_key(record: &Certificate, sort: &str) -> String {
        if sort == "issued_on" { record.issued_on.to_string() } else { String::new() }
    }

    fn to_new(record: &Certificate) -> NewCertificate {
        record.into()
    }

    fn views(db: &mut Db, records: Vec<Certificate>, as_of: NaiveDate) -> Result<Vec<CertificateView>> {
        let holders = identities(db, &records.iter().map(|record| record.holder_id.as_str()).collect::<Vec<_>>())?;
        let view = |record: Certificate| {
            let kind = reference().certificate_kinds.get(record.kind);
            CertificateView {
                kind_name: kind.name_vi.clone(),
                kind_name_en: kind.name_en.clone(),
                holder: holders.get(&record.holder_id).map(|holder| holder.summary(&record.holder_id, as_of)),
                status: record.validity().status_on(as_of),
                valid_through: record.validity().last_day(),
                record,
            }
        };
        Ok(records.into_iter().map(view).collect())
    }
}

type Query = certificates::BoxedQuery<'static, crate::db::MultiBackend>;

/// The filters of a list as SQL.
fn filtered(args: &Args, as_of: NaiveDate) -> Result<Query> {
    let mut query = certificates::table.into_boxed();
    if let Some(id) = args.get("holder") {
        query = query.filter(certificates::holder_id.eq(id.to_owned()));
    }
    if let Some(id) = args.get("product") {
        query = query.filter(certificates::product_id.eq(id.to_owned()));
    }
    if let Some(id) = args.get("facility") {
        query = query.filter(certificates::facility_id.eq(id.to_owned()));
    }
    if let Some(code) = args.get("kind") {
        let kind = reference()
            .certificate_kinds
            .resolve(code)
            .map_err(|_| Problem::parameter("kind", "unknown_certificate_kind", texts::certificate_kind_error()))?;
        query = query.filter(certificates::kind.eq(kind));
    }
    if let Some(subject) = args.word::<SubjectKind>("subject") {
        query = query.filter(certificates::subject.eq(subject));
    }
    if let Some(stars) = args.number("stars").and_then(|stars| i32::try_from(stars).ok()) {
        query = query.filter(certificates::stars.ge(stars));
    }
    if let Some(level) = args.word::<IssuerLevel>("issuer_level") {
        query = query.filter(certificates::issuer_level.eq(level));
    }
    if let Some(number) = args.get("number") {
        query = query.filter(certificates::number.eq(number.to_owned()));
    }
    if let Some(provinces) = args.provinces("province", as_of)? {
        let holders = organisation_rows::table.filter(organisation_rows::province_id.eq_any(provinces)).select(organisation_rows::id);
        query = query.filter(certificates::holder_id.eq_any(holders));
    }
    if let Some(day) = args.day("valid_on") {
        query = query.filter(valid_on(day));
    }
    if let Some((from, until)) = period(args)? {
        query = query.filter(valid_through(from, until));
    }
    Ok(match args.word::<CertificateStatus>("status") {
        None => query,
        Some(status) => of_status(query, status, as_of),
    })
}

/// The period of `valid_from` and `valid_until`.
///
/// # Errors
/// 400 when one is missing.
fn period(args: &Args) -> Result<Option<(NaiveDate, NaiveDate)>> {
    let together = || {
        text(
            "Give valid_from and valid_until together; for one day use valid_on.",
            "Hãy dùng valid_from cùng valid_until; với một ngày thì dùng valid_on.",
        )
    };
    match (args.day("valid_from"), args.day("valid_until")) {
        (None, None) => Ok(None),
        (Some(from), Some(until)) => Ok(Some((from, until))),
        (Some(_), None) => Err(Problem::parameter("valid_until", "missing", together())),
        (None, Some(_)) => Err(Problem::parameter("valid_from", "missing", together())),
    }
}

/// `Validity::status_on` as SQL.
fn of_status(query: Query, status: CertificateStatus, day: NaiveDate) -> Query {
    match status {
        CertificateStatus::Valid => query.filter(valid_on(day)),
        CertificateStatus::NotYetValid => query.filter(certificates::issued_on.gt(day)),
        CertificateStatus::Revoked => query.filter(certificates::issued_on.le(day)).filter(certificates::revoked_on.le(day)),
        CertificateStatus::Expired => query
            .filter(certificates::issued_on.le(day))
            .filter(certificates::revoked_on.is_null().or(certificates::revoked_on.gt(day)))
            .filter(certificates::valid_until.lt(day))
            .filter(certificates::extended_until.is_null().or(certificates::extended_until.lt(day))),
    }
}

fn known(db: &mut Db, items: &[NewCertificate]) -> Result<Known> {
    let organisations: Vec<&str> =
        items.iter().flat_map(|new| [Some(new.holder_id.as_str()), new.checked_by_id.as_deref()]).flatten().collect();
    let products: Vec<&str> = items.iter().filter_map(|new| new.product_id.as_deref()).collect();
    let facilities: Vec<&str> = items.iter().filter_map(|new| new.facility_id.as_deref()).collect();
    store::known(db, &organisations, &products, &facilities)
}

/// Checks everything about `new`, and that the caller may have it.
fn judge(permit: &Permit, new: &NewCertificate, known: &Known, today: NaiveDate) -> Result<Checked> {
    let mut faults = Faults::new();
    let checked = check(new, known, today, &mut faults);
    faults.into_result()?;
    let (Some(checked), Some(holder)) = (checked, known.organisations.get(&new.holder_id)) else {
        return Err(Problem::internal("a certificate without faults was not checked"));
    };
    permit.require(&holder.owners(&new.holder_id))?;
    Ok(checked)
}

/// The record that `new` of `holder` makes on `day` when its checks find no fault, without a caller or a database: for
/// records that are made many at a time, whose papers are known to be unique. The product or place that it names is the
/// holder's; `place` says of which kind that is.
///
/// # Errors
/// 422 with every fault.
pub(crate) fn made(new: NewCertificate, holder: &Identity, place: Option<FacilityKind>, day: NaiveDate, meta: Meta) -> Result<Certificate> {
    let mut known = Known::default();
    known.organisations.insert(new.holder_id.clone(), holder.clone());
    known.products.extend(new.product_id.iter().map(|id| (id.clone(), new.holder_id.clone())));
    known.facilities.extend(new.facility_id.iter().cloned().zip(place.map(|kind| (new.holder_id.clone(), kind))));
    let mut faults = Faults::new();
    let checked = check(&new, &known, day, &mut faults);
    faults.into_result()?;
    let checked = checked.ok_or_else(|| Problem::internal("a certificate without faults was not checked"))?;
    Ok(record_of(new, checked, meta))
}

fn is_officer(permit: &Permit) -> bool {
    matches!(permit.caller.role, Some(Role::Admin | Role::Officer))
}

/// Refuses a paper that is registered under another id.
fn refuse_twin(record: &Certificate, registered: &HashMap<Paper, String>) -> Result<()> {
    match Paper::of(record).and_then(|paper| registered.get(&paper)) {
        Some(id) if *id != record.id => Err(Problem::new(
            Code::AlreadyExists,
            text(
                format!("This holder's certificate of this kind, number and day of issue is registered as {id}."),
                format!("Giấy chứng nhận cùng loại, cùng số, cùng ngày cấp của chủ thể này đã được đăng ký là {id}."),
            ),
        )
        .with_header("Location", location::<Certificates>(id))),
        _ => Ok(()),
    }
}

/// Refuses a paper that stands earlier in the batch.
fn refuse_twin_in_batch(record: &Certificate, index: usize, seen: &mut HashMap<Paper, usize>) -> Result<()> {
    let Some(paper) = Paper::of(record) else { return Ok(()) };
    if let Some(first) = seen.get(&paper) {
        return Err(Problem::new(
            Code::AlreadyExists,
            text(format!("Item {first} of this batch is the same paper."), format!("Mục {first} của lô này là cùng một giấy chứng nhận.")),
        ));
    }
    seen.insert(paper, index);
    Ok(())
}

/// The record that `new` makes; destructured, so that a new member can't be forgotten.
fn record_of(new: NewCertificate, checked: Checked, meta: Meta) -> Certificate {
    let NewCertificate {
        kind: _,
        number,
        holder_id,
        subject: _,
        product_id,
        facility_id,
        subject_name,
        issuer,
        issuer_level,
        decision_number,
        scope,
        issued_on,
        valid_until,
        extended_until,
        revoked_on,
        revocation_reason,
        stars,
        checked_by_id,
        checked_on,
        illustrative,
    } = new;
    let Meta { id, version, origin, created_at, updated_at } = meta;
    Certificate {
        id,
        version,
        origin,
        created_at,
        updated_at,
        kind: checked.kind,
        number,
        holder_id,
        subject: checked.subject,
        product_id,
        facility_id,
        subject_name,
        issuer,
        issuer_level,
        decision_number,
        scope,
        issued_on,
        valid_until,
        extended_until,
        revoked_on,
        revocation_reason,
        stars,
        checked_by_id,
        checked_on,
        illustrative,
    }
}
