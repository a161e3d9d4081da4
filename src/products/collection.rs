//! `/v1/products`

use super::model::{NewProduct, Pack, Product, ProductStatus, ProductView, Storage, ValidCertificate};
use super::rules::{Checked, check, gtin_forms, is_worth_another};
use super::store;
use crate::access::{Caller, Owners, Permit};
use crate::certificates::{Certificate, valid_for_products, valid_on};
use crate::db::schema::{certificates, organisations as organisation_rows, products};
use crate::db::{Db, Json};
use crate::error::{Code, Fault, Faults, Problem, Result, Text, text};
use crate::http::collection::{Collection, Spec, location, operations};
use crate::http::page::{Page, keys_with, keyset, text_key};
use crate::http::query::{Args, Kind, Param, many, param};
use crate::log::{Meta, Operation, Tx, is_same};
use crate::organisations::{self, Identity, identities};
use crate::reference::{reference, texts};
use crate::text::fold;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The collection.
#[derive(Debug)]
pub struct Products;

const FILTERS: &[Param] = &[
    param("producer", Kind::Id, "Of this producer."),
    many("group", Kind::Group, "In this OCOP group, of any level, whatever decision the product was listed under."),
    many(
        "province",
        Kind::Province,
        "Of producers in this province-level unit (code or name on the day asked) or in one that it succeeded.",
    ),
    param("name", Kind::Text, "Names that begin with this, with or without accents."),
    param("status", Kind::Word(ProductStatus::WORDS), "With this status."),
    param("stars", Kind::Stars, "With an OCOP certificate of at least so many stars that is valid on the day asked."),
    param("certificate_kind", Kind::Text, "With a certificate of this kind that is valid on the day asked."),
    param("gtin", Kind::Text, "With this GTIN, with or without zeros before it."),
    param("storage", Kind::Word(Storage::WORDS), "Kept like this."),
    param("illustrative", Kind::Flag, "Only invented records, or only others."),
];

fn example() -> Value {
    json!({"producer_id": "org_01JDB3B8Q00000000000000000", "name": "Gạo ST25 (minh họa)", "group": "N1.2.a", "hs_code": "1006.30",
        "pack": {"unit": "THUNG", "content_quantity": "12", "content_unit": "KG"}, "shelf_life_days": 365, "storage": "ambient",
        "pictures": [{"url": "https://example.vn/st25.jpg", "caption": "Túi 5 kg"}], "illustrative": true})
}

impl Collection for Products {
    const SPEC: Spec = Spec {
        name: "products",
        noun: "product",
        entity: "product",
        table: "products",
        description: "What a producer makes. It shows the stars and the certificates that are valid on the day asked; stars belong to the certificate and end with it.",
        operations: operations!("product", "products"),
        filters: FILTERS,
        sorts: &["created", "-created", "name", "-name"],
        example,
    };
    const CHANGES_REFUSED: Option<&'static str> = Some(
        "While an offer that is neither closed nor over, or a commitment of a signed memorandum that has not ended, is counted in the product's pack, that pack keeps its content: another or none is refused with 409 `in_use`, whose `references` name what stands in the way. State the offers in KG, L or pieces, or close them, or register another product.",
    );
    type New = NewProduct;
    type Record = Product;
    type View = ProductView;

    fn id(record: &Product) -> &str {
        &record.id
    }

    fn version(record: &Product) -> i64 {
        record.version
    }

    fn owners(db: &mut Db, records: &[Product]) -> Result<Vec<Owners>> {
        organisations::owners(db, &records.iter().map(|record| record.producer_id.as_str()).collect::<Vec<_>>())
    }

    fn create(tx: &mut Tx<'_>, permit: &Permit, items: Vec<NewProduct>) -> Result<Vec<Result<Product>>> {
        let producers = identities(tx.db, &items.iter().map(|new| new.producer_id.as_str()).collect::<Vec<_>>())?;
        let judged: Vec<Result<(NewProduct, Checked)>> = items
            .into_iter()
            .map(|new| judge(permit, &new, producers.get(&new.producer_id), None, tx.today).map(|checked| (new, checked)))
            .collect();
        let gtins: Vec<&str> =
            judged.iter().filter_map(|result| result.as_ref().ok().and_then(|(_, checked)| checked.gtin.as_deref())).collect();
        let taken = taken(tx.db, &gtins)?;
        let mut seen: HashMap<Article, usize> = HashMap::new();
        let mut results = Vec::with_capacity(judged.len());
        for (index, judged) in judged.into_iter().enumerate() {
            let result = judged.and_then(|(new, checked)| {
                if let Some(article) = checked.gtin.as_deref().map(|gtin| Article::new(&new.producer_id, gtin)) {
                    refuse_taken(&article, None, &taken)?;
                    refuse_twin_in_batch(article, index, &mut seen)?;
                }
                Ok(record_of(new, checked, tx.first_version("prd")?))
            });
            results.push(result);
        }
        let stored: Vec<&Product> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
        store::insert(tx.db, &stored)?;
        for record in stored {
            tx.record(Operation::Create, "product", &record.id, record.version, record)?;
        }
        Ok(results)
    }

    fn replace(tx: &mut Tx<'_>, permit: &Permit, current: &Product, new: NewProduct) -> Result<Product> {
        let producers = identities(tx.db, &[&new.producer_id])?;
        let checked = judge(permit, &new, producers.get(&new.producer_id), Some(current), tx.today)?;
        if let Some(gtin) = checked.gtin.as_deref() {
            refuse_taken(&Article::new(&new.producer_id, gtin), Some(&current.id), &taken(tx.db, &[gtin])?)?;
        }
        let next = record_of(new, checked, tx.next_version(current.meta()));
        if is_same(current, &next)? {
            return Ok(current.clone());
        }
        keep_agreed_pack(tx, permit, current, &next)?;
        if !store::update(tx.db, current, &next)? {
            return Err(Problem::unavailable("another writer was faster").contended());
        }
        tx.record(Operation::Update, "product", &next.id, next.version, &next)?;
        Ok(next)
    }

    fn delete(tx: &mut Tx<'_>, permit: &Permit, current: &Product) -> Result<()> {
        store::uses(tx.db, &permit.caller, &current.id)?.refuse()?;
        store::delete(tx.db, &current.id)?;
        tx.record(Operation::Delete, "product", &current.id, current.version + 1, &())
    }

    fn load(db: &mut Db, ids: &[String]) -> Result<Vec<Product>> {
        store::load(db, ids)
    }

    fn list(db: &mut Db, args: &Args, page: &Page, as_of: NaiveDate, _: &Caller) -> Result<Vec<Product>> {
        let query = filtered(args, as_of)?;
        Ok(if page.sort.ends_with("name") {
            keyset!(query, page, products::id, products::name_folded, text_key).select(Product::as_select()).load(db)?
        } else {
            keyset!(query, page, products::id).select(Product::as_select()).load(db)?
        })
    }

    fn sort_key(record: &Product, sort: &str) -> String {
        if sort == "name" { record.name_folded.clone() } else { String::new() }
    }

    fn to_new(record: &Product) -> NewProduct {
        record.into()
    }

    fn views(db: &mut Db, records: Vec<Product>, as_of: NaiveDate) -> Result<Vec<ProductView>> {
        let producers = identities(db, &records.iter().map(|record| record.producer_id.as_str()).collect::<Vec<_>>())?;
        let valid = valid_for_products(db, &records.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(), as_of)?;
        let mut by_product: HashMap<String, Vec<ValidCertificate>> = HashMap::new();
        for mut certificate in valid {
            if let Some(product_id) = certificate.product_id.take() {
                by_product.entry(product_id).or_default().push(shown(certificate));
            }
        }
        let view = |record: Product| {
            let valid_certificates = by_product.remove(&record.id).unwrap_or_default();
            ProductView {
                group: record.group_id.into(),
                producer: producers.get(&record.producer_id).map(|producer| producer.summary(&record.producer_id, as_of)),
                // Only OCOP certificates have stars.
                stars: valid_certificates.iter().filter_map(|certificate| certificate.stars).max(),
                valid_certificates,
                record,
            }
        };
        Ok(records.into_iter().map(view).collect())
    }
}

fn shown(certificate: Certificate) -> ValidCertificate {
    ValidCertificate {
        valid_through: certificate.validity().last_day(),
        id: certificate.id,
        kind: certificate.kind,
        stars: certificate.stars,
        valid_until: certificate.valid_until,
    }
}

type Query = products::BoxedQuery<'static, crate::db::MultiBackend>;

/// The filters of a list as SQL.
fn filtered(args: &Args, as_of: NaiveDate) -> Result<Query> {
    let mut query = products::table.into_boxed();
    if let Some(id) = args.get("producer") {
        query = query.filter(products::producer_id.eq(id.to_owned()));
    }
    if let Some(groups) = args.groups("group", as_of)? {
        query = query.filter(products::group_id.eq_any(groups));
    }
    if let Some(provinces) = args.provinces("province", as_of)? {
        let producers = organisation_rows::table.filter(organisation_rows::province_id.eq_any(provinces)).select(organisation_rows::id);
        query = query.filter(products::producer_id.eq_any(producers));
    }
    if let Some((from, end)) = keys_with(args, "name")? {
        query = query.filter(products::name_folded.ge(from).and(products::name_folded.lt(end)));
    }
    if let Some(status) = args.word::<ProductStatus>("status") {
        query = query.filter(products::status.eq(status));
    }
    if let Some(stars) = args.number("stars").and_then(|stars| i32::try_from(stars).ok()) {
        let certified = certificates::table
            .filter(valid_on(as_of))
            .filter(certificates::stars.ge(stars))
            .filter(certificates::product_id.is_not_null())
            .select(certificates::product_id.assume_not_null());
        query = query.filter(products::id.eq_any(certified));
    }
    if let Some(code) = args.get("certificate_kind") {
        let kind = reference()
            .certificate_kinds
            .resolve(code)
            .map_err(|_| Problem::parameter("certificate_kind", "unknown_certificate_kind", texts::certificate_kind_error()))?;
        let certified = certificates::table
            .filter(valid_on(as_of))
            .filter(certificates::kind.eq(kind))
            .filter(certificates::product_id.is_not_null())
            .select(certificates::product_id.assume_not_null());
        query = query.filter(products::id.eq_any(certified));
    }
    if let Some(gtin) = args.get("gtin") {
        let digits: String = gtin.chars().filter(char::is_ascii_digit).collect();
        query = query.filter(products::gtin.eq_any(gtin_forms(&digits)));
    }
    if let Some(storage) = args.word::<Storage>("storage") {
        query = query.filter(products::storage.eq(storage));
    }
    if let Some(illustrative) = args.maybe_flag("illustrative") {
        query = query.filter(products::illustrative.eq(illustrative));
    }
    Ok(query)
}

/// Checks everything about `new`, which takes the place of `current`, and that the caller may have it.
fn judge(permit: &Permit, new: &NewProduct, producer: Option<&Identity>, current: Option<&Product>, today: NaiveDate) -> Result<Checked> {
    let mut faults = Faults::new();
    if current.is_some_and(|current| current.producer_id != new.producer_id) {
        faults.add(
            "/producer_id",
            "immutable",
            text(
                "A product stays its producer's: register another product for another producer.",
                "Sản phẩm luôn thuộc chủ thể của nó: hãy đăng ký sản phẩm khác cho chủ thể khác.",
            ),
        );
    }
    let checked = check(new, producer, today, &mut faults);
    faults.into_result()?;
    let (Some(checked), Some(producer)) = (checked, producer) else {
        return Err(Problem::internal("a product without faults was not checked"));
    };
    permit.require(&producer.owners(&new.producer_id))?;
    Ok(checked)
}

/// The record that `new` of `producer` makes on `day` when its checks find no fault, without a caller or a database: for
/// records that are made many at a time, whose GTINs are known to be unique.
///
/// # Errors
/// 422 with every fault.
pub(crate) fn made(new: NewProduct, producer: &Identity, day: NaiveDate, meta: Meta) -> Result<Product> {
    let mut faults = Faults::new();
    let checked = check(&new, Some(producer), day, &mut faults);
    faults.into_result()?;
    let checked = checked.ok_or_else(|| Problem::internal("a product without faults was not checked"))?;
    Ok(record_of(new, checked, meta))
}

/// A producer's GTIN, however many zeros stand before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Article {
    producer_id: String,
    gtin: String,
}

impl Article {
    fn new(producer_id: &str, gtin: &str) -> Self {
        Self { producer_id: producer_id.to_owned(), gtin: gtin.trim_start_matches('0').to_owned() }
    }
}

/// The products that have these GTINs.
fn taken(db: &mut Db, gtins: &[&str]) -> Result<HashMap<Article, String>> {
    let forms: Vec<String> = gtins.iter().flat_map(|gtin| gtin_forms(gtin)).collect();
    Ok(store::with_gtins(db, &forms)?.into_iter().map(|(producer, gtin, id)| (Article::new(&producer, &gtin), id)).collect())
}

/// Refuses a GTIN that another product of the producer than `own` has.
fn refuse_taken(article: &Article, own: Option<&str>, taken: &HashMap<Article, String>) -> Result<()> {
    match taken.get(article) {
        Some(id) if Some(id.as_str()) != own => Err(Problem::new(
            Code::AlreadyExists,
            text(
                format!("This producer's product with this GTIN is registered as {id}."),
                format!("Sản phẩm mang mã GTIN này của chủ thể đã được đăng ký là {id}."),
            ),
        )
        .with_header("Location", location::<Products>(id))),
        _ => Ok(()),
    }
}

/// Refuses another worth of the pack of `current` while something agreed is counted in it: what was offered or promised in
/// packs means the pack of its day.
fn keep_agreed_pack(tx: &mut Tx<'_>, permit: &Permit, current: &Product, next: &Product) -> Result<()> {
    let Some(pack) = Option::<Pack>::from(current.pack).filter(|pack| is_worth_another(pack, next.pack.into())) else { return Ok(()) };
    store::lock(tx.db, &current.id)?;
    let uses = store::counted_in(tx.db, &permit.caller, &current.id, pack.unit, tx.today)?;
    let named = uses.list();
    uses.refuse().map_err(|problem| {
        let detail = pack_in_use(&pack, &named);
        let fault = Fault { pointer: "/pack".into(), code: "counted_in_packs", detail: detail.clone() };
        problem.with_detail(detail).with_errors(vec![fault])
    })
}

fn pack_in_use(pack: &Pack, named: &str) -> Text {
    let (unit, content, of) = (pack.unit.as_str(), pack.content_quantity, pack.content_unit.as_str());
    text(
        format!(
            "What is agreed is counted in this pack, 1 {unit} = {content} {of}: {named}. State the quantity, minimum order and price of these offers in {of} or close them; a signed MoU keeps its pack until it ends. For another pack, register another product."
        ),
        format!(
            "Đã có thỏa thuận tính theo quy cách này, 1 {unit} = {content} {of}: {named}. Hãy ghi số lượng, đơn tối thiểu và giá của các chào bán đó theo {of}, hoặc đóng chúng; biên bản đã ký giữ nguyên quy cách đến khi kết thúc. Nếu cần quy cách khác, hãy đăng ký sản phẩm khác."
        ),
    )
}

/// Refuses a GTIN that the producer has earlier in the batch.
fn refuse_twin_in_batch(article: Article, index: usize, seen: &mut HashMap<Article, usize>) -> Result<()> {
    if let Some(first) = seen.get(&article) {
        return Err(Problem::new(
            Code::AlreadyExists,
            text(format!("Item {first} of this batch has the same GTIN."), format!("Mục {first} của lô này có cùng mã GTIN.")),
        ));
    }
    seen.insert(article, index);
    Ok(())
}

/// The record that `new` makes; destructured, so that a new member can't be forgotten.
fn record_of(new: NewProduct, checked: Checked, meta: Meta) -> Product {
    let NewProduct {
        producer_id,
        name,
        name_en,
        group: _,
        hs_code: _,
        gtin: _,
        pack: _,
        shelf_life_days,
        storage,
        story,
        pictures,
        status,
        illustrative,
    } = new;
    let Meta { id, version, origin, created_at, updated_at } = meta;
    Product {
        id,
        version,
        origin,
        created_at,
        updated_at,
        producer_id,
        name_folded: fold(&name),
        name,
        name_en,
        group_id: checked.group_id,
        hs_code: checked.hs_code,
        gtin: checked.gtin,
        pack: checked.pack.into(),
        shelf_life_days,
        storage,
        story,
        pictures: Json::new(pictures),
        status: status.unwrap_or(ProductStatus::Active),
        illustrative,
    }
}
