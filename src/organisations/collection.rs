//! `/v1/organisations`, `/v1/producers`, `/v1/buyers`, `/v1/agencies`: four collections over one record.

use super::model::{
    Agency, Buyer, InvoiceKind, LegalForm, NewOrganisation, Organisation, OrganisationRow, OrganisationStatus, OrganisationView, Producer,
    ProducerKind, ProfileKind,
};
use super::rules::{Checked, TaxCode, check};
use super::store::{self, Identity};
use crate::access::{Caller, Owners, Permit, Role};
use crate::check::{self, Uses};
use crate::db::Db;
use crate::db::schema::{agencies, buyers, certificates, organisations, producers};
use crate::error::{Code, Faults, Problem, Result, text};
use crate::http::collection::{Collection, Operations, Spec, operations};
use crate::http::page::{Page, keys_with, keyset, text_key};
use crate::http::query::{Args, Kind, Param, param};
use crate::http::refs::forget_refs;
use crate::log::{Meta, Operation, Tx, is_same};
use crate::mous;
use crate::reference::views::ProvinceView;
use crate::reference::{CertificateKindId, reference, texts};
use crate::text::fold;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::marker::PhantomData;

/// Which profile a collection shows.
pub trait Profile: Send + Sync + 'static {
    /// Its name and words.
    const SPEC: Spec;
    /// The profile that its records have; none for all organisations.
    const KIND: Option<ProfileKind>;
}

/// The collection of organisations with profile `P`.
#[derive(Debug)]
pub struct Of<P>(PhantomData<P>);

/// Marks the collection of all organisations.
#[derive(Debug)]
pub struct Any;

/// `/v1/organisations`
pub type Organisations = Of<Any>;

/// Filters that all four lists have.
const NAME: Param = param("name", Kind::Text, "Names that begin with this, with or without accents.");
const PROVINCE: Param =
    param("province", Kind::Province, "In this province-level unit (code or name on the day asked) or in one that it succeeded.");
const LEGAL_FORM: Param = param("legal_form", Kind::Word(LegalForm::WORDS), "Of this legal form.");
const STATUS: Param = param("status", Kind::Word(OrganisationStatus::WORDS), "With this status.");
const TAX_CODE: Param = param("tax_code", Kind::Text, "With this tax code of an organisation.");
const ILLUSTRATIVE: Param = param("illustrative", Kind::Flag, "Only invented records, or only others.");
const CERTIFICATE_KIND: Param = param("certificate_kind", Kind::Text, "Holding a certificate of this kind that is valid on the day asked.");
const STARS: Param = param("stars", Kind::Stars, "Holding an OCOP certificate of at least so many stars that is valid on the day asked.");

/// Filters of `/v1/organisations`.
pub const ORGANISATION_FILTERS: &[Param] = &[
    NAME,
    PROVINCE,
    LEGAL_FORM,
    STATUS,
    TAX_CODE,
    ILLUSTRATIVE,
    CERTIFICATE_KIND,
    STARS,
    param("profile", Kind::Word(ProfileKind::WORDS), "Having this profile."),
];
/// Filters of `/v1/producers`.
pub const PRODUCER_FILTERS: &[Param] = &[
    NAME,
    PROVINCE,
    LEGAL_FORM,
    STATUS,
    TAX_CODE,
    ILLUSTRATIVE,
    CERTIFICATE_KIND,
    STARS,
    param("kind", Kind::Word(ProducerKind::WORDS), "Of this kind."),
    param("invoice_kind", Kind::Word(InvoiceKind::WORDS), "That can issue this kind of invoice."),
];
/// Filters of `/v1/buyers`.
pub const BUYER_FILTERS: &[Param] = &[
    NAME,
    PROVINCE,
    LEGAL_FORM,
    STATUS,
    TAX_CODE,
    ILLUSTRATIVE,
    CERTIFICATE_KIND,
    param("kind", Kind::Word(super::BuyerKind::WORDS), "Of this kind."),
    param("retail_system", Kind::Text, "That runs this retail system."),
];
/// Filters of `/v1/agencies`.
pub const AGENCY_FILTERS: &[Param] =
    &[NAME, PROVINCE, STATUS, ILLUSTRATIVE, param("kind", Kind::Word(super::AgencyKind::WORDS), "Of this kind.")];
/// Sorts of all four lists.
pub const SORTS: &[&str] = &["created", "-created", "name", "-name"];

fn example() -> Value {
    json!({"name": "Hợp tác xã Nông nghiệp Vĩnh Phước (minh họa)", "legal_form": "cooperative", "province": "94@2020-10-27", "illustrative": true})
}

impl Profile for Any {
    const KIND: Option<ProfileKind> = None;
    const SPEC: Spec = Spec {
        name: "organisations",
        noun: "organisation",
        entity: "organisation",
        table: "organisations",
        description: "Who one is: name, tax code, province, legal form, with the profiles of producer, buyer and agency.",
        operations: ORGANISATION_OPERATIONS,
        filters: ORGANISATION_FILTERS,
        sorts: SORTS,
        example,
    };
}

const ORGANISATION_OPERATIONS: Operations = operations!("organisation", "organisations");

impl<P: Profile> Collection for Of<P> {
    const SPEC: Spec = P::SPEC;
    type New = NewOrganisation;
    type Record = Organisation;
    type View = OrganisationView;

    fn id(record: &Organisation) -> &str {
        &record.row.id
    }

    fn version(record: &Organisation) -> i64 {
        record.row.version
    }

    fn shows(record: &Organisation) -> bool {
        P::KIND.is_none_or(|profile| record.has(profile))
    }

    fn owners(_: &mut Db, records: &[Organisation]) -> Result<Vec<Owners>> {
        Ok(records.iter().map(Organisation::owners).collect())
    }

    fn create(tx: &mut Tx<'_>, permit: &Permit, items: Vec<NewOrganisation>) -> Result<Vec<Result<Organisation>>> {
        let today = tx.today;
        let successors = successors(tx.db, &items)?;
        let mut drafts: Vec<Result<(NewOrganisation, Checked)>> = items
            .into_iter()
            .map(|new| {
                let mut faults = Faults::new();
                let checked = check(&new, P::KIND, today, &mut faults);
                check_successor(&new, &successors, &mut faults);
                faults.into_result()?;
                let checked = checked.ok_or_else(|| Problem::internal("an organisation without faults was not checked"))?;
                permit.require(&Owners::province(checked.province_id))?;
                Ok((new, checked))
            })
            .collect();
        refuse_taken_codes(tx, &mut drafts)?;
        let mut results = Vec::with_capacity(drafts.len());
        let mut personal = Vec::new();
        for draft in drafts {
            results.push(match draft {
                Err(problem) => Err(problem),
                Ok((new, checked)) => {
                    let id = tx.new_id("org")?;
                    if let Some(TaxCode::Person(code)) = &checked.tax_code {
                        personal.push((id.clone(), code.clone()));
                    }
                    let digest = digest_of(tx, checked.tax_code.as_ref());
                    Ok(record_of(
                        &new,
                        checked,
                        digest,
                        OrganisationMeta { id, version: 1, origin: tx.origin.to_owned(), created_at: tx.now, updated_at: tx.now },
                    ))
                }
            });
        }
        let stored: Vec<Organisation> = results.iter().filter_map(|result| result.as_ref().ok().cloned()).collect();
        store::insert(tx.db, &stored)?;
        for (id, code) in personal {
            store::keep_personal_code(tx.db, &id, &code)?;
        }
        for record in &stored {
            tx.record(Operation::Create, "organisation", &record.row.id, 1, record)?;
        }
        Ok(results)
    }

    fn replace(tx: &mut Tx<'_>, permit: &Permit, current: &Organisation, new: NewOrganisation) -> Result<Organisation> {
        let mut faults = Faults::new();
        let checked = check(&new, P::KIND, tx.today, &mut faults);
        check_successor(&new, &successors(tx.db, std::slice::from_ref(&new))?, &mut faults);
        if new.successor_id.as_deref() == Some(current.row.id.as_str()) {
            faults.add("/successor_id", "itself", text("An organisation can't succeed itself.", "Tổ chức không thể kế thừa chính mình."));
        }
        faults.into_result()?;
        let checked = checked.ok_or_else(|| Problem::internal("an organisation without faults was not checked"))?;
        permit.require(&Owners::one(&current.row.id, checked.province_id))?;
        let personal = match &checked.tax_code {
            Some(TaxCode::Person(code)) => Some(code.clone()),
            _ => None,
        };
        let digest = match &checked.tax_code {
            None => current.row.personal_code_digest.clone(),
            code => digest_of(tx, code.as_ref()),
        };
        let next = record_of(
            &new,
            checked,
            digest,
            OrganisationMeta {
                id: current.row.id.clone(),
                version: current.row.version + 1,
                origin: current.row.origin.clone(),
                created_at: current.row.created_at,
                updated_at: tx.now,
            },
        );
        if is_same(current, &next)? && current.row.personal_code_digest == next.row.personal_code_digest {
            return Ok(current.clone());
        }
        check_next(tx, permit, current, &next)?;
        if !store::update(tx.db, current, &next)? {
            return Err(Problem::unavailable("another writer was faster").contended());
        }
        match (&personal, &next.row.personal_code_digest) {
            (Some(code), _) => store::keep_personal_code(tx.db, &next.row.id, code)?,
            (None, None) => store::forget_personal_code(tx.db, &next.row.id)?,
            (None, Some(_)) => {}
        }
        for profile in ProfileKind::ALL.into_iter().filter(|profile| current.has(*profile) && !next.has(*profile)) {
            forget_refs(tx, profile.collection(), &next.row.id)?;
        }
        tx.record(Operation::Update, "organisation", &next.row.id, next.row.version, &next)?;
        Ok(next)
    }

    fn delete(tx: &mut Tx<'_>, permit: &Permit, current: &Organisation) -> Result<()> {
        if let Some(profile) = P::KIND {
            // The profile goes, the organisation stays.
            let mut new = NewOrganisation::from(current);
            match profile {
                ProfileKind::Producer => new.producer = None,
                ProfileKind::Buyer => new.buyer = None,
                ProfileKind::Agency => new.agency = None,
            }
            Organisations::replace(tx, permit, current, new)?;
            return Ok(());
        }
        store::uses(tx.db, &permit.caller, &current.row.id, tx.today)?.refuse()?;
        for profile in ProfileKind::ALL {
            forget_refs(tx, profile.collection(), &current.row.id)?;
        }
        store::delete(tx.db, &current.row.id)?;
        tx.record(Operation::Delete, "organisation", &current.row.id, current.row.version + 1, &())
    }

    fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Organisation>> {
        let found = store::load(db, ids)?;
        Ok(found.into_iter().filter(Self::shows).collect())
    }

    fn list(db: &mut Db, args: &Args, page: &Page, as_of: NaiveDate, _: &Caller) -> Result<Vec<Organisation>> {
        let query = filtered(args, P::KIND, as_of, None)?;
        let rows: Vec<OrganisationRow> = if page.sort.ends_with("name") {
            keyset!(query, page, organisations::id, organisations::name_folded, text_key).select(OrganisationRow::as_select()).load(db)?
        } else {
            keyset!(query, page, organisations::id).select(OrganisationRow::as_select()).load(db)?
        };
        store::with_profiles(db, rows)
    }

    fn sort_key(record: &Organisation, sort: &str) -> String {
        if sort == "name" { record.row.name_folded.clone() } else { String::new() }
    }

    fn to_new(record: &Organisation) -> NewOrganisation {
        record.into()
    }

    fn views(db: &mut Db, records: Vec<Organisation>, as_of: NaiveDate) -> Result<Vec<OrganisationView>> {
        let bare = |row: &OrganisationRow| row.tax_code.is_none() && row.personal_code_digest.is_none();
        // A record from the log has no search key: it is made anew.
        let names: Vec<String> = records.iter().filter(|record| bare(&record.row)).map(|record| fold(&record.row.name)).collect();
        let namesakes = store::namesakes(db, &names.iter().map(String::as_str).collect::<Vec<_>>())?;
        let provinces = &reference().provinces;
        Ok(records
            .into_iter()
            .map(|record| {
                let name = fold(&record.row.name);
                let place = provinces.current(record.row.province_id);
                let possible_duplicates = namesakes
                    .iter()
                    .filter(|(other, province, id)| {
                        bare(&record.row) && *other == name && *id != record.row.id && provinces.current(*province) == place
                    })
                    .map(|(_, _, id)| id.clone())
                    .collect();
                OrganisationView {
                    province: ProvinceView::new(record.row.province_id, as_of),
                    has_personal_tax_code: record.row.personal_code_digest.is_some(),
                    possible_duplicates,
                    record,
                }
            })
            .collect())
    }
}

impl<P: Profile> Of<P> {
    /// Those of `ids` that the list shows under the filters in `args`, in any order.
    ///
    /// # Errors
    /// 400 for a filter's value that names nothing.
    pub(crate) fn passing(db: &mut Db, args: &Args, as_of: NaiveDate, ids: &[String]) -> Result<HashSet<String>> {
        let query = filtered(args, P::KIND, as_of, Some(ids))?;
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        Ok(query.select(organisations::id).load(db)?.into_iter().collect())
    }
}

type Query = organisations::BoxedQuery<'static, crate::db::MultiBackend>;

/// `$query` of organisations that `$id` of one of `$rows` names. Where it is asked of `$among` alone, nobody else's rows are
/// looked at.
macro_rules! named_in {
    ($query:expr, $among:expr, $rows:expr, $id:expr) => {
        match $among {
            None => $query.filter(organisations::id.eq_any($rows.select($id))),
            Some(ids) => $query.filter(organisations::id.eq_any($rows.filter($id.eq_any(ids.to_vec())).select($id))),
        }
    };
}

/// The filters of a list as SQL; of the organisations `among` alone, where they are given.
fn filtered(args: &Args, profile: Option<ProfileKind>, as_of: NaiveDate, among: Option<&[String]>) -> Result<Query> {
    let mut query = organisations::table.into_boxed();
    if let Some(ids) = among {
        query = query.filter(organisations::id.eq_any(ids.to_vec()));
    }
    if let Some((from, end)) = keys_with(args, "name")? {
        query = query.filter(organisations::name_folded.ge(from).and(organisations::name_folded.lt(end)));
    }
    if let Some(provinces) = args.provinces("province", as_of)? {
        query = query.filter(organisations::province_id.eq_any(provinces));
    }
    if let Some(form) = args.word::<LegalForm>("legal_form") {
        query = query.filter(organisations::legal_form.eq(form));
    }
    if let Some(status) = args.word::<OrganisationStatus>("status") {
        query = query.filter(organisations::status.eq(status));
    }
    if let Some(code) = args.get("tax_code") {
        let digits: String = code.chars().filter(char::is_ascii_digit).collect();
        query = query.filter(organisations::tax_code.eq(digits));
    }
    if let Some(illustrative) = args.maybe_flag("illustrative") {
        query = query.filter(organisations::illustrative.eq(illustrative));
    }
    if let Some(code) = args.get("certificate_kind") {
        let kind: CertificateKindId = reference()
            .certificate_kinds
            .resolve(code)
            .map_err(|_| Problem::parameter("certificate_kind", "unknown_certificate_kind", texts::certificate_kind_error()))?;
        let papers = certificates::table.filter(crate::certificates::valid_on(as_of)).filter(certificates::kind.eq(kind));
        query = named_in!(query, among, papers, certificates::holder_id);
    }
    if let Some(stars) = args.number("stars").and_then(|stars| i32::try_from(stars).ok()) {
        let papers = certificates::table.filter(crate::certificates::valid_on(as_of)).filter(certificates::stars.ge(stars));
        query = named_in!(query, among, papers, certificates::holder_id);
    }
    match profile.or_else(|| args.word("profile")) {
        None => {}
        Some(ProfileKind::Producer) => {
            query = named_in!(query, among, producers::table, producers::organisation_id);
            if let Some(kind) = args.word::<ProducerKind>("kind") {
                query = named_in!(query, among, producers::table.filter(producers::kind.eq(kind)), producers::organisation_id);
            }
            if let Some(kind) = args.word::<InvoiceKind>("invoice_kind") {
                query = named_in!(query, among, producers::table.filter(producers::invoice_kind.eq(kind)), producers::organisation_id);
            }
        }
        Some(ProfileKind::Buyer) => {
            query = named_in!(query, among, buyers::table, buyers::organisation_id);
            if let Some(kind) = args.word::<super::BuyerKind>("kind") {
                query = named_in!(query, among, buyers::table.filter(buyers::kind.eq(kind)), buyers::organisation_id);
            }
            if let Some(system) = args.get("retail_system") {
                let runs_it = buyers::table.filter(buyers::retail_system.eq(system.to_owned()));
                query = named_in!(query, among, runs_it, buyers::organisation_id);
            }
        }
        Some(ProfileKind::Agency) => {
            query = named_in!(query, among, agencies::table, agencies::organisation_id);
            if let Some(kind) = args.word::<super::AgencyKind>("kind") {
                query = named_in!(query, among, agencies::table.filter(agencies::kind.eq(kind)), agencies::organisation_id);
            }
        }
    }
    Ok(query)
}

/// The record that `new` makes on `day` when its checks find no fault, without a caller or a database: for records that
/// are made many at a time, whose tax codes are an organisation's and known to be unique.
///
/// # Errors
/// 422 with every fault.
pub(crate) fn made(new: &NewOrganisation, day: NaiveDate, meta: Meta) -> Result<Organisation> {
    let mut faults = Faults::new();
    let checked = check(new, None, day, &mut faults);
    faults.into_result()?;
    let checked = checked.ok_or_else(|| Problem::internal("an organisation without faults was not checked"))?;
    let Meta { id, version, origin, created_at, updated_at } = meta;
    Ok(record_of(new, checked, None, OrganisationMeta { id, version, origin, created_at, updated_at }))
}

struct OrganisationMeta {
    id: String,
    version: i64,
    origin: String,
    created_at: chrono::NaiveDateTime,
    updated_at: chrono::NaiveDateTime,
}

/// The record that `new` makes; destructured, so that a new member can't be forgotten.
fn record_of(new: &NewOrganisation, checked: Checked, personal_code_digest: Option<String>, meta: OrganisationMeta) -> Organisation {
    let NewOrganisation {
        name,
        name_en,
        tax_code: _,
        legal_form,
        province: _,
        address,
        website,
        status,
        successor_id,
        succeeded_on,
        illustrative,
        producer,
        buyer,
        agency,
    } = new.clone();
    let tax_code = match checked.tax_code {
        Some(TaxCode::Organisation(code)) => Some(code),
        _ => None,
    };
    let organisation_id = meta.id.clone();
    Organisation {
        producer: producer.map(|profile| Producer {
            organisation_id: organisation_id.clone(),
            kind: profile.kind,
            invoice_kind: profile.invoice_kind.unwrap_or(InvoiceKind::Unknown),
            description: profile.description,
        }),
        buyer: buyer.map(|profile| Buyer {
            organisation_id: organisation_id.clone(),
            kind: profile.kind,
            retail_system: checked.retail_system,
            description: profile.description,
        }),
        agency: agency.map(|profile| Agency { organisation_id, kind: profile.kind, description: profile.description }),
        row: OrganisationRow {
            id: meta.id,
            version: meta.version,
            origin: meta.origin,
            created_at: meta.created_at,
            updated_at: meta.updated_at,
            name_folded: fold(&name),
            name,
            name_en,
            tax_code,
            personal_code_digest,
            legal_form,
            province_id: checked.province_id,
            address,
            website,
            status: status.unwrap_or(OrganisationStatus::Active),
            successor_id,
            succeeded_on,
            illustrative,
        },
    }
}

/// Keyed digest of an individual's code: equal codes meet, and nobody can try out all codes without the key.
fn digest_of(tx: &Tx<'_>, code: Option<&TaxCode>) -> Option<String> {
    let Some(TaxCode::Person(code)) = code else { return None };
    super::personal::digest(tx.digest_key, code)
}

/// The organisations that `items` name as successors and that exist.
fn successors(db: &mut Db, items: &[NewOrganisation]) -> Result<HashMap<String, Identity>> {
    let ids: Vec<&str> = items.iter().filter_map(|new| new.successor_id.as_deref()).collect();
    store::identities(db, &ids)
}

fn check_successor(new: &NewOrganisation, known: &HashMap<String, Identity>, faults: &mut Faults) {
    if new.successor_id.as_ref().is_some_and(|id| !known.contains_key(id)) {
        check::unknown_reference(faults, "/successor_id", "organisation", "tổ chức");
    }
}

/// Refuses codes that another organisation has, in the register or earlier in the batch.
fn refuse_taken_codes(tx: &mut Tx<'_>, drafts: &mut [Result<(NewOrganisation, Checked)>]) -> Result<()> {
    let key = |tx: &Tx<'_>, draft: &Result<(NewOrganisation, Checked)>| match draft
        .as_ref()
        .ok()
        .and_then(|(_, checked)| checked.tax_code.clone())
    {
        Some(TaxCode::Organisation(code)) => (Some(code), None),
        person => (None, digest_of(tx, person.as_ref())),
    };
    let keys: Vec<(Option<String>, Option<String>)> = drafts.iter().map(|draft| key(tx, draft)).collect();
    let codes: Vec<&str> = keys.iter().filter_map(|(code, _)| code.as_deref()).collect();
    let digests: Vec<&str> = keys.iter().filter_map(|(_, digest)| digest.as_deref()).collect();
    let taken = store::taken_codes(tx.db, &codes, &digests)?;
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (index, (draft, (code, digest))) in drafts.iter_mut().zip(&keys).enumerate() {
        let Some(code) = code.as_ref().or(digest.as_ref()) else { continue };
        if let Some(id) = taken.get(code) {
            *draft = Err(already_registered(id));
        } else if let Some(first) = seen.insert(code.clone(), index) {
            *draft = Err(Problem::new(
                Code::AlreadyExists,
                text(format!("Item {first} of this batch has the same tax code."), format!("Mục {first} của lô này có cùng mã số thuế.")),
            ));
        }
    }
    Ok(())
}

fn already_registered(id: &str) -> Problem {
    Problem::new(
        Code::AlreadyExists,
        text(
            format!("An organisation with this tax code is registered as {id}. To add a profile to it, PUT /v1/organisations/{id}/producer (or buyer, agency)."),
            format!("Tổ chức có mã số thuế này đã được đăng ký là {id}. Để thêm hồ sơ, dùng PUT /v1/organisations/{id}/producer (hoặc buyer, agency)."),
        ),
    )
    .with_header("Location", format!("/v1/organisations/{id}"))
}

/// What the next version must not do: take another's code, lose a profile that is in use, or change its identity by its own key.
fn check_next(tx: &mut Tx<'_>, permit: &Permit, current: &Organisation, next: &Organisation) -> Result<()> {
    let codes: Vec<&str> = next.row.tax_code.as_deref().filter(|_| next.row.tax_code != current.row.tax_code).into_iter().collect();
    let digests: Vec<&str> = next
        .row
        .personal_code_digest
        .as_deref()
        .filter(|_| next.row.personal_code_digest != current.row.personal_code_digest)
        .into_iter()
        .collect();
    if let Some(id) = store::taken_codes(tx.db, &codes, &digests)?.values().find(|id| **id != next.row.id) {
        return Err(already_registered(id));
    }
    let identity = |row: &OrganisationRow| {
        (
            row.tax_code.clone(),
            row.personal_code_digest.clone(),
            row.legal_form,
            row.province_id,
            row.status,
            row.successor_id.clone(),
            row.succeeded_on,
            row.illustrative,
        )
    };
    let by_officer = matches!(permit.caller.role, Some(Role::Admin | Role::Officer));
    if !by_officer && identity(&current.row) != identity(&next.row) {
        return Err(Problem::forbidden(text(
            "Tax code, legal form, province, status and successor are changed by an officer of the province.",
            "Mã số thuế, hình thức pháp lý, tỉnh, trạng thái và đơn vị kế thừa do cán bộ của tỉnh thay đổi.",
        )));
    }
    for profile in ProfileKind::ALL {
        if current.has(profile) && !next.has(profile) {
            let id = &current.row.id;
            let uses = mous::using(tx.db, &permit.caller, Uses::default(), mous::Named::Profile(id, profile))?;
            let uses = match profile {
                ProfileKind::Producer => uses.and("products", store::products_of(tx.db, id)?),
                ProfileKind::Buyer => uses.and("demands", store::demands_of(tx.db, id)?),
                ProfileKind::Agency => uses,
            };
            uses.refuse()?;
        }
    }
    Ok(())
}
