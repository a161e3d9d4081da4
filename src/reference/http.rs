//! `/v1/provinces`, `/v1/product-groups`, `/v1/certificate-kinds`, `/v1/units`: read by everybody, cacheable.
//!
//! The tables are part of the program, so an `ETag` is the digest of the answer itself.

use super::views::{GroupView, ProvinceUnit};
use super::{CertificateKind, GroupId, ProductGroup, Province, ProvinceId, Unit, reference, texts};
use crate::app::App;
use crate::clock::day_of;
use crate::error::{Code, Problem, Result};
use crate::hex::hex;
use crate::http::auth::{Permitted, operation};
use crate::http::etag::is_not_modified;
use crate::http::path_member;
use crate::http::query::{AS_OF, Args, Kind, Param, param};
use crate::http::route::{Doc, Route, get_route, schema_of};
use crate::text::fold;
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

operation!(ListProvinces = "list_provinces");
operation!(GetProvince = "get_province");
operation!(ListProductGroups = "list_product_groups");
operation!(GetProductGroup = "get_product_group");
operation!(ListCertificateKinds = "list_certificate_kinds");
operation!(GetCertificateKind = "get_certificate_kind");
operation!(ListUnits = "list_units");
operation!(GetUnit = "get_unit");

/// A province-level unit with its dates and relations.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProvinceRecord {
    /// The unit.
    #[serde(flatten)]
    pub unit: ProvinceUnit,
    /// Last day of the unit; absent while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<NaiveDate>,
    /// `tinh` (province) or `thanh_pho` (centrally run city).
    pub unit_type: super::ProvinceKind,
    /// Name without the type.
    pub short_name: String,
    /// Name without accents.
    pub name_ascii: String,
    /// Region code.
    pub region_code: String,
    /// Region.
    pub region: String,
    /// Latitude of the centroid, WGS84, two decimals.
    pub latitude: String,
    /// Longitude of the centroid, WGS84, two decimals.
    pub longitude: String,
    /// How this unit came to be or ended, against the list before or after.
    pub change_kind: String,
    /// The unit that follows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<ProvinceUnit>,
    /// Today's unit in its place.
    pub current: ProvinceUnit,
    /// The units that it followed.
    pub predecessors: Vec<ProvinceUnit>,
    /// Legal basis.
    pub legal_basis: String,
}

impl From<&Province> for ProvinceRecord {
    fn from(province: &Province) -> Self {
        Self {
            unit: province.id.into(),
            valid_to: province.valid_to,
            unit_type: province.unit_type,
            short_name: province.short_name.clone(),
            name_ascii: province.name_ascii.clone(),
            region_code: province.region_code.clone(),
            region: province.region.clone(),
            latitude: hundredths(province.lat),
            longitude: hundredths(province.lon),
            change_kind: province.change_kind.clone(),
            successor: province.successor.map(Into::into),
            current: reference().provinces.current(province.id).into(),
            predecessors: province.predecessors.iter().map(|id| ProvinceUnit::from(*id)).collect(),
            legal_basis: province.legal_basis.clone(),
        }
    }
}

fn hundredths(value: i32) -> String {
    format!("{}.{:02}", value / 100, value.rem_euclid(100))
}

/// An OCOP product group under one decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductGroupRecord {
    /// The group.
    #[serde(flatten)]
    pub group: GroupView,
    /// Decision.
    pub rule_id: String,
    /// Decision's number.
    pub rule_no: String,
    /// First day of the decision.
    pub effective_from: NaiveDate,
    /// Last day of the decision; absent while it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_to: Option<NaiveDate>,
    /// 1 group, 2 group below, 3 subgroup.
    pub level: u8,
    /// Label that the decision prints.
    pub official_label: String,
    /// Code of the group above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_code: Option<String>,
    /// Number of the set of criteria, for leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criteria_set_no: Option<u8>,
    /// Ministry in charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managing_agency: Option<String>,
    /// How sure the row is: high, medium or low.
    pub certainty: String,
}

impl From<&ProductGroup> for ProductGroupRecord {
    fn from(group: &ProductGroup) -> Self {
        let groups = &reference().product_groups;
        Self {
            group: group.id.into(),
            rule_id: group.rule_id.clone(),
            rule_no: group.rule_no.clone(),
            effective_from: group.effective_from,
            effective_to: group.effective_to,
            level: group.level,
            official_label: group.official_label.clone(),
            parent_code: group.parent.map(|parent| groups.get(parent).code.clone()),
            criteria_set_no: group.criteria_set_no,
            managing_agency: group.managing_agency.clone(),
            certainty: group.certainty.clone(),
        }
    }
}

/// A kind of certificate.
#[derive(Debug, Serialize, ToSchema)]
pub struct CertificateKindRecord {
    /// Code; ours.
    #[schema(example = "HACCP")]
    pub code: String,
    /// Vietnamese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Who issues such papers.
    pub issuing_kind: String,
    /// Example of an issuer.
    pub issuer_example: String,
    /// Usual term in months: a default for a form, never a reason to compute an end over the printed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity_months: Option<u32>,
    /// How the term is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity_note: Option<String>,
    /// What it may be given to.
    pub attaches_to: Vec<super::SubjectKind>,
    /// Codes of the 2026 groups it concerns.
    pub applies_to_groups: Vec<String>,
    /// legal, market, export or programme.
    pub demand_kind: String,
    /// Legal or other basis.
    pub basis: String,
    /// How sure the row is: high, medium or low.
    pub certainty: String,
}

impl From<&CertificateKind> for CertificateKindRecord {
    fn from(kind: &CertificateKind) -> Self {
        let groups = &reference().product_groups;
        Self {
            code: kind.code.clone(),
            name: kind.name_vi.clone(),
            name_en: kind.name_en.clone(),
            issuing_kind: kind.issuing_kind.clone(),
            issuer_example: kind.issuer_example.clone(),
            validity_months: kind.validity_months,
            validity_note: kind.validity_note.clone(),
            attaches_to: kind.attaches_to.clone(),
            applies_to_groups: kind.applies_to_groups.iter().map(|group| groups.get(*group).code.clone()).collect(),
            demand_kind: kind.demand_kind.clone(),
            basis: kind.basis.clone(),
            certainty: kind.certainty.clone(),
        }
    }
}

/// A unit of measure or a package.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitRecord {
    /// Code; ours.
    #[schema(example = "TAN")]
    pub code: String,
    /// Vietnamese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Symbol.
    pub symbol: String,
    /// UN/ECE code, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unece_code: Option<String>,
    /// mass, volume, count, package, length, area or service.
    pub dimension: String,
    /// Code of the base unit of the dimension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_unit: Option<String>,
    /// How many base units one is, as a decimal string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor_to_base: Option<String>,
    /// `fixed`, `per_product` (needs the content of the pack) or `ambiguous` (ask).
    pub factor_kind: super::FactorKind,
    /// Other names.
    pub aliases: Vec<String>,
    /// What to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl From<&Unit> for UnitRecord {
    fn from(unit: &Unit) -> Self {
        Self {
            code: unit.code.clone(),
            name: unit.name_vi.clone(),
            name_en: unit.name_en.clone(),
            symbol: unit.symbol.clone(),
            unece_code: unit.unece_code.clone(),
            dimension: unit.dimension.clone(),
            base_unit: unit.base_unit.map(|base| base.as_str().to_owned()),
            factor_to_base: unit.factor_micro.map(micro),
            factor_kind: unit.factor_kind,
            aliases: unit.aliases.clone(),
            note: unit.note.clone(),
        }
    }
}

fn micro(value: i64) -> String {
    let text = format!("{}.{:06}", value / 1_000_000, value % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

const NAME: Param = param("name", Kind::Text, "Only units whose name contains this, in any spelling, with or without accents.");
const ALL: Param = param("all", Kind::Flag, "`true` answers the units of every day since 2008, not only of the day asked.");
const RULE: Param = param(
    "rule",
    Kind::Text,
    "Only groups of this decision (QD1048-2019, QD148-2023, QD26-2026); the one that governs the day asked unless given.",
);
const LEVEL: Param = param("level", Kind::Word(&["1", "2", "3"]), "Only groups of this level.");
const DIMENSION: Param = param("dimension", Kind::Text, "Only units of this dimension.");

/// Routes of the reference data.
#[expect(clippy::too_many_lines, reason = "a table, one entry an operation")]
pub fn routes() -> Vec<Route> {
    let list = |path: &str, operation, handler, summary: &str, description: &str, page: &str, params: &[Param], schema| Route {
        method: Method::GET,
        path: path.into(),
        operation,
        handler,
        doc: Doc {
            summary: summary.into(),
            description: description.into(),
            tag: "reference",
            params: params.to_vec(),
            if_none_match: true,
            answers: vec![(200, "application/json", Some(page.into()), None), (304, "", None, None)],
            schemas: vec![schema],
            ..Doc::default()
        },
    };
    let item = |path: &str, operation, handler, summary: &str, description: &str, schema_name: &str, params: &[Param], schema| Route {
        method: Method::GET,
        path: path.into(),
        operation,
        handler,
        doc: Doc {
            summary: summary.into(),
            description: description.into(),
            tag: "reference",
            params: params.to_vec(),
            if_none_match: true,
            answers: vec![(200, "application/json", Some(schema_name.into()), None), (304, "", None, None)],
            problems: vec![Code::NotFound],
            schemas: vec![schema],
            ..Doc::default()
        },
    };
    vec![
        list(
            "/v1/provinces",
            "list_provinces",
            || get_route().to(list_provinces),
            "List provinces as of a day",
            "The province-level units in force on the day asked: 63 until 30/6/2025, 34 since.",
            "ProvinceRecordPage",
            &[AS_OF, NAME, ALL],
            schema_of::<ProvinceRecord>,
        ),
        item(
            "/v1/provinces/{code}",
            "get_province",
            || get_route().to(get_province),
            "Read a province",
            "By code, by name in any spelling, or by id; meant on the day asked. An ended unit is found by its old name.",
            "ProvinceRecord",
            &[AS_OF],
            schema_of::<ProvinceRecord>,
        ),
        list(
            "/v1/product-groups",
            "list_product_groups",
            || get_route().to(list_product_groups),
            "List OCOP product groups",
            "Groups of the decision that governs the day asked, with their counterpart under Decision 26/2026.",
            "ProductGroupRecordPage",
            &[AS_OF, RULE, LEVEL],
            schema_of::<ProductGroupRecord>,
        ),
        item(
            "/v1/product-groups/{code}",
            "get_product_group",
            || get_route().to(get_product_group),
            "Read an OCOP product group",
            "By code under the decision that governs the day asked, or any decision's where no other has the code.",
            "ProductGroupRecord",
            &[AS_OF],
            schema_of::<ProductGroupRecord>,
        ),
        list(
            "/v1/certificate-kinds",
            "list_certificate_kinds",
            || get_route().to(list_certificate_kinds),
            "List kinds of certificate",
            "Papers which buyers or the law ask for.",
            "CertificateKindRecordPage",
            &[],
            schema_of::<CertificateKindRecord>,
        ),
        item(
            "/v1/certificate-kinds/{code}",
            "get_certificate_kind",
            || get_route().to(get_certificate_kind),
            "Read a kind of certificate",
            "By code, in upper or lower case.",
            "CertificateKindRecord",
            &[],
            schema_of::<CertificateKindRecord>,
        ),
        list(
            "/v1/units",
            "list_units",
            || get_route().to(list_units),
            "List units of measure",
            "Units and packages with their UN/ECE codes and factors.",
            "UnitRecordPage",
            &[DIMENSION],
            schema_of::<UnitRecord>,
        ),
        item(
            "/v1/units/{code}",
            "get_unit",
            || get_route().to(get_unit),
            "Read a unit of measure",
            "By code, symbol or name.",
            "UnitRecord",
            &[],
            schema_of::<UnitRecord>,
        ),
    ]
}

async fn list_provinces(_: Permitted<ListProvinces>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[&[AS_OF, NAME, ALL]])?;
    let day = day_asked(&app, &args);
    let name = args.get("name").map(fold);
    let named = |province: &&Province| name.as_ref().is_none_or(|name| fold(&province.name).contains(name.as_str()));
    let provinces = &reference().provinces;
    let items: Vec<ProvinceRecord> = if args.flag("all") {
        provinces.all().iter().filter(named).map(Into::into).collect()
    } else {
        provinces.in_force(day).filter(named).map(Into::into).collect()
    };
    Ok(cacheable(&request, &json!({"items": items, "next_cursor": null})))
}

async fn get_province(_: Permitted<GetProvince>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[&[AS_OF]])?;
    let asked = path_member(&request, "code");
    let exact = asked.parse::<ProvinceId>().ok();
    let id = match exact {
        Some(id) => id,
        None => reference()
            .provinces
            .resolve(asked, day_asked(&app, &args))
            .map_err(|error| Problem::new(Code::NotFound, texts::province_error(&error)))?,
    };
    Ok(cacheable(&request, &to_value(&ProvinceRecord::from(reference().provinces.get(id)))?))
}

async fn list_product_groups(_: Permitted<ListProductGroups>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[&[AS_OF, RULE, LEVEL]])?;
    let groups = &reference().product_groups;
    let governing = groups.rule_on(day_asked(&app, &args)).map(|rule| rule.id.clone());
    let rule = match args.get("rule") {
        None => governing,
        Some(asked) if groups.rules().iter().any(|rule| rule.id == asked) => Some(asked.to_owned()),
        Some(_) => {
            let rules: Vec<&str> = groups.rules().iter().map(|rule| rule.id.as_str()).collect();
            let rules = rules.join(", ");
            return Err(Problem::parameter(
                "rule",
                "not_allowed",
                crate::error::text(format!("One of: {rules}."), format!("Một trong: {rules}.")),
            ));
        }
    };
    let level = args.number("level");
    let items: Vec<ProductGroupRecord> = groups
        .all()
        .iter()
        .filter(|group| Some(&group.rule_id) == rule.as_ref() && level.is_none_or(|level| i64::from(group.level) == level))
        .map(Into::into)
        .collect();
    Ok(cacheable(&request, &json!({"items": items, "next_cursor": null})))
}

async fn get_product_group(_: Permitted<GetProductGroup>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[&[AS_OF]])?;
    let groups = &reference().product_groups;
    let asked = path_member(&request, "code");
    let id: GroupId =
        groups.resolve(asked, day_asked(&app, &args)).map_err(|error| Problem::new(Code::NotFound, texts::group_error(&error)))?;
    Ok(cacheable(&request, &to_value(&ProductGroupRecord::from(groups.get(id)))?))
}

async fn list_certificate_kinds(_: Permitted<ListCertificateKinds>, request: HttpRequest) -> Result<HttpResponse> {
    Args::parse(request.query_string(), &[])?;
    let items: Vec<CertificateKindRecord> = reference().certificate_kinds.all().iter().map(Into::into).collect();
    Ok(cacheable(&request, &json!({"items": items, "next_cursor": null})))
}

async fn get_certificate_kind(_: Permitted<GetCertificateKind>, request: HttpRequest) -> Result<HttpResponse> {
    Args::parse(request.query_string(), &[])?;
    let kinds = &reference().certificate_kinds;
    let id = kinds.resolve(path_member(&request, "code")).map_err(|_| Problem::new(Code::NotFound, texts::certificate_kind_error()))?;
    Ok(cacheable(&request, &to_value(&CertificateKindRecord::from(kinds.get(id)))?))
}

async fn list_units(_: Permitted<ListUnits>, request: HttpRequest) -> Result<HttpResponse> {
    let args = Args::parse(request.query_string(), &[&[DIMENSION]])?;
    let dimension = args.get("dimension");
    let items: Vec<UnitRecord> = reference()
        .units
        .all()
        .iter()
        .filter(|unit| dimension.is_none_or(|dimension| unit.dimension == dimension))
        .map(Into::into)
        .collect();
    Ok(cacheable(&request, &json!({"items": items, "next_cursor": null})))
}

async fn get_unit(_: Permitted<GetUnit>, request: HttpRequest) -> Result<HttpResponse> {
    Args::parse(request.query_string(), &[])?;
    let units = &reference().units;
    let id = units
        .resolve(path_member(&request, "code"))
        .map_err(|error| Problem::new(Code::NotFound, texts::unit_error(&error, texts::Taken::Any)))?;
    Ok(cacheable(&request, &to_value(&UnitRecord::from(units.get(id)))?))
}

fn day_asked(app: &App, args: &Args) -> NaiveDate {
    args.day("as_of").unwrap_or_else(|| day_of(app.clock.now()))
}

fn to_value(record: &impl Serialize) -> Result<Value> {
    serde_json::to_value(record).map_err(Problem::internal)
}

/// An hour: the tables change with a release, and a day's list changes at midnight.
const KEEP: (&str, &str) = ("Cache-Control", "public, max-age=3600");

fn cacheable(request: &HttpRequest, body: &Value) -> HttpResponse {
    let body = body.to_string();
    let digest = hex(Sha256::digest(body.as_bytes()).into_iter().take(12));
    let tag = format!("\"{digest}\"");
    if is_not_modified(request, &tag) {
        return HttpResponse::NotModified().insert_header(("ETag", tag)).insert_header(KEEP).finish();
    }
    HttpResponse::Ok().content_type("application/json").insert_header(("ETag", tag)).insert_header(KEEP).body(body)
}
