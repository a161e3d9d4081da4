//! Small markets for tests.

use super::Market;
use super::matching::View;
use super::record::{
    ALL_MONTHS, CertificateRecord, Change, Day, DemandRecord, FOREVER, Id, OfferRecord, OrganisationRecord, Paper, ProductRecord, Rows,
};
use super::search::{Filter, Question, Sort};
use super::tables::Tables;
use super::text::synonyms::Thesaurus;

/// The day for which everything is ready.
pub const TODAY: Day = 20_000;

/// Four units in a row, a degree of latitude apart (111 km), in two regions; unit 0 became unit 2. Groups stay themselves,
/// but 5 became 6.
pub fn tables() -> Tables {
    Tables::new(
        vec![2, 1, 2, 3],
        vec![0, 0, 0, 1],
        vec![(1000, 10500), (1100, 10500), (1200, 10500), (1300, 10500)],
        vec![0, 1, 2, 3, 4, 6, 6],
    )
}

/// Pineapple goes by three names.
pub fn thesaurus() -> Thesaurus {
    Thesaurus::new(
        [("khóm", "dứa"), ("dứa", "khóm"), ("cá lóc", "cá quả"), ("cá quả", "cá lóc"), ("trái", "quả")],
        [("dứa", "cá dứa"), ("dứa", "lá dứa")],
    )
}

pub fn organisation(id: u128, name: &str, province: u8) -> OrganisationRecord {
    OrganisationRecord { id: Id(id), version: 1, name: name.into(), province, producer_kind: Some(1), is_buyer: false, is_active: true }
}

pub fn product(id: u128, producer: u128, name: &str, group: u8) -> ProductRecord {
    ProductRecord {
        id: Id(id),
        version: 1,
        producer: Id(producer),
        name: name.into(),
        group,
        shelf_life_days: None,
        illustrative: false,
        is_active: true,
    }
}

pub fn paper(id: u128, holder: u128, product: Option<u128>, kind: u8, stars: u8, from: Day, until: Day) -> CertificateRecord {
    CertificateRecord { id: Id(id), version: 1, holder: Id(holder), product: product.map(Id), paper: Paper { kind, stars, from, until } }
}

pub fn offer(id: u128, product: u128, quantity: i64) -> OfferRecord {
    OfferRecord {
        id: Id(id),
        version: 1,
        product: Id(product),
        unit: 0,
        quantity,
        months: ALL_MONTHS,
        from: TODAY - 30,
        until: FOREVER,
        closed_on: FOREVER,
        minimum_order: 0,
        lead_time_days: None,
        price: None,
        delivers_to: None,
        shelf_life_days: None,
        illustrative: false,
    }
}

/// A kilogram a month of what `text` says or of group 1, all year round.
pub fn demand(id: u128, buyer: u128, text: Option<&str>) -> DemandRecord {
    DemandRecord {
        id: Id(id),
        version: 1,
        buyer: Id(buyer),
        title: "Cần hàng".into(),
        text: text.map(str::to_owned),
        groups: text.is_none().then(|| Rows::of([1])),
        unit: 0,
        quantity: 1_000,
        months: ALL_MONTHS,
        from: TODAY,
        until: TODAY + 300,
        province: 0,
        ceiling: None,
        least_stars: 0,
        required: 0,
        preferred: 0,
        shelf_life_days: 0,
        answer_by: TODAY + 30,
        suppliers_at_most: 0,
        closed_on: FOREVER,
        illustrative: false,
    }
}

/// A market of `changes`, loaded at once.
pub fn loaded(changes: impl IntoIterator<Item = Change>) -> Market {
    let mut market = Market::new(tables(), thesaurus(), TODAY);
    changes.into_iter().for_each(|change| market.apply(change));
    market.finish_loading();
    market
}

/// A market of products with these names, of one producer without a telling name.
pub fn named(names: &[&str]) -> Market {
    let products = (1_u128..).zip(names).map(|(id, name)| Change::Product(product(id, 1_000, name, 0)));
    loaded(std::iter::once(Change::Organisation(organisation(1_000, "HTX Minh Phát", 0))).chain(products))
}

pub fn public() -> View<'static> {
    View::PUBLIC
}

pub fn question(text: Option<&str>) -> Question<'_> {
    Question {
        text,
        filter: Filter::default(),
        facets: 0x7F,
        sort: Sort::Relevance,
        place: None,
        limit: 20,
        after: None,
        as_of: TODAY,
        view: public(),
    }
}
