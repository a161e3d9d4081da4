//! Records as a test needs them, made over HTTP: `a_producer(&app).named("…").in_province("94@2020-10-27").create()`.
//!
//! What a test does not say has a value that is right, and `with` changes any member of the body.

use super::app::TestApp;
use super::client::Response;
use serde_json::{Value, json};

/// The body of a record that is not made yet.
#[must_use = "nothing is made before create()"]
pub struct Draft<'a> {
    app: &'a TestApp,
    collection: &'static str,
    key: Option<String>,
    body: Value,
}

/// A record that was made.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// Its ETag when it was made.
    pub etag: String,
    /// Its address.
    pub path: String,
    /// The answer.
    pub json: Value,
}

impl AsRef<str> for Record {
    fn as_ref(&self) -> &str {
        &self.id
    }
}

/// An organisation without a profile, in Sóc Trăng of 2020.
pub fn an_organisation(app: &TestApp) -> Draft<'_> {
    draft(
        app,
        "organisations",
        json!({"name": "Hội Nông dân tỉnh Sóc Trăng", "legal_form": "association", "province": "94@2020-10-27", "illustrative": true}),
    )
}

/// A cooperative of Sóc Trăng of 2020.
pub fn a_producer(app: &TestApp) -> Draft<'_> {
    draft(
        app,
        "producers",
        json!({
            "name": "Hợp tác xã Hành tím Vĩnh Châu", "legal_form": "cooperative", "province": "94@2020-10-27", "illustrative": true,
            "producer": {"kind": "cooperative", "invoice_kind": "vat_e_invoice"}
        }),
    )
}

/// A distributor in Ho Chi Minh City.
pub fn a_buyer(app: &TestApp) -> Draft<'_> {
    draft(
        app,
        "buyers",
        json!({
            "name": "Công ty Phân phối Gánh Hàng Sớm", "legal_form": "limited_liability_company", "province": "79@2020-10-27",
            "illustrative": true, "buyer": {"kind": "distributor"}
        }),
    )
}

/// The Department of Industry and Trade of Sóc Trăng of 2020.
pub fn an_agency(app: &TestApp) -> Draft<'_> {
    draft(
        app,
        "agencies",
        json!({
            "name": "Sở Công Thương tỉnh Sóc Trăng", "legal_form": "state_agency", "province": "94@2020-10-27", "illustrative": true,
            "agency": {"kind": "department_of_industry_and_trade"}
        }),
    )
}

/// Rice of `producer`.
pub fn a_product<'a>(app: &'a TestApp, producer: &impl AsRef<str>) -> Draft<'a> {
    draft(
        app,
        "products",
        json!({
            "producer_id": producer.as_ref(), "name": "Gạo ST25", "group": "N1.2.a", "hs_code": "100630",
            "pack": {"unit": "TUI", "content_quantity": "5", "content_unit": "KG"}, "shelf_life_days": 365, "storage": "ambient",
            "illustrative": true
        }),
    )
}

/// An OCOP certificate of 3 stars for `product`, valid on 2020-10-27 and for 36 months in all.
pub fn an_ocop_certificate<'a>(app: &'a TestApp, product: &Record) -> Draft<'a> {
    draft(
        app,
        "certificates",
        json!({
            "kind": "OCOP", "number": "94-942-00000-1-2020", "holder_id": product.json["producer_id"], "subject": "product",
            "product_id": product.id, "issuer": "Ủy ban nhân dân tỉnh Sóc Trăng", "issuer_level": "province", "issued_on": "2020-06-24",
            "valid_until": "2023-06-24", "stars": 3, "illustrative": true
        }),
    )
}

/// A workshop of `holder` in Sóc Trăng of 2020.
pub fn a_facility<'a>(app: &'a TestApp, holder: &impl AsRef<str>) -> Draft<'a> {
    draft(
        app,
        "facilities",
        json!({
            "holder_id": holder.as_ref(), "kind": "facility", "name": "Xưởng sấy Vĩnh Phước", "province": "94@2020-10-27",
            "address": "Ấp Biển Dưới, Vĩnh Châu", "illustrative": true
        }),
    )
}

/// A paper of `kind` of `holder`, from 2020-06-24 to 2023-06-24: what it is about is for the test to say.
pub fn a_certificate<'a>(app: &'a TestApp, kind: &str, holder: &impl AsRef<str>) -> Draft<'a> {
    draft(
        app,
        "certificates",
        json!({
            "kind": kind, "holder_id": holder.as_ref(), "issuer": "Trung tâm Chứng nhận Sông Hậu", "issuer_level": "certification_body",
            "issued_on": "2020-06-24", "valid_until": "2023-06-24", "illustrative": true
        }),
    )
}

/// `product` proposed for 5 stars on 2020-09-25, of which nothing has come yet.
pub fn a_star_proposal<'a>(app: &'a TestApp, product: &impl AsRef<str>, proposer: &impl AsRef<str>) -> Draft<'a> {
    draft(
        app,
        "star-proposals",
        json!({
            "product_id": product.as_ref(), "stars": 5, "proposed_by_id": proposer.as_ref(), "proposed_on": "2020-09-25",
            "outcome": "pending", "illustrative": true
        }),
    )
}

/// The conference of 2020-10-27 in Sóc Trăng.
pub fn an_event(app: &TestApp) -> Draft<'_> {
    draft(
        app,
        "events",
        json!({
            "name": "Hội nghị Kết nối cung cầu tỉnh Sóc Trăng năm 2020", "kind": "supply_demand_conference", "starts_on": "2020-10-27",
            "ends_on": "2020-10-27", "province": "94@2020-10-27", "status": "held", "illustrative": true
        }),
    )
}

/// A memorandum signed on 2020-10-27, without parties: name them with `of_producer`, `of_agency`, `with_buyer`, `party`.
pub fn a_mou(app: &TestApp) -> Draft<'_> {
    draft(
        app,
        "mous",
        json!({
            "title": "Biên bản ghi nhớ hợp tác kinh doanh", "status": "signed", "proposed_on": "2020-09-18", "agreed_on": "2020-10-12",
            "signed_on": "2020-10-27", "effective_from": "2020-10-27", "effective_until": "2023-10-27", "parties": [], "commitments": [],
            "illustrative": true
        }),
    )
}

/// 5 tonnes a month of `product`, from 2026 on, at the farm's gate.
pub fn an_offer<'a>(app: &'a TestApp, product: &impl AsRef<str>) -> Draft<'a> {
    draft(
        app,
        "offers",
        json!({
            "product_id": product.as_ref(), "quantity": "5", "unit": "TAN", "available_from": "2026-01-01", "minimum_order": "200",
            "minimum_order_unit": "KG",
            "price": {"amount": "32000", "currency": "VND", "per_unit": "KG", "basis": "farm_gate", "vat_included": false, "as_of": "2026-11-20"},
            "delivers_to": ["79", "92"], "illustrative": true
        }),
    )
}

/// 5 tonnes of shallots a month for `buyer`, in the first quarter of 2027, delivered to Hà Nội.
pub fn a_demand<'a>(app: &'a TestApp, buyer: &impl AsRef<str>) -> Draft<'a> {
    draft(
        app,
        "demands",
        json!({
            "buyer_id": buyer.as_ref(), "title": "Hành tím cho Tết", "text": "hành tím", "quantity": "5", "unit": "TAN",
            "starts_on": "2027-01-01", "ends_on": "2027-03-31", "delivery_province": "Hà Nội",
            "price_ceiling": {"amount": "45000", "currency": "VND", "per_unit": "KG", "basis": "delivered", "vat_included": true},
            "required_certificates": ["HACCP"], "illustrative": true
        }),
    )
}

fn draft<'a>(app: &'a TestApp, collection: &'static str, body: Value) -> Draft<'a> {
    Draft { app, collection, key: None, body }
}

impl Draft<'_> {
    /// Changes members of the body, as a merge patch does: null takes one out.
    pub fn with(mut self, change: Value) -> Self {
        merge(&mut self.body, change);
        self
    }

    /// Makes it with this key instead of an administrator's.
    pub fn by(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// With this name, or title of a memorandum or demand.
    pub fn named(self, name: &str) -> Self {
        let member = if matches!(self.collection, "mous" | "demands") { "title" } else { "name" };
        self.with(json!({member: name}))
    }

    /// In this province: code or name, with `@YYYY-MM-DD` for another day than today.
    pub fn in_province(self, province: &str) -> Self {
        self.with(json!({"province": province}))
    }

    /// With this tax code.
    pub fn with_tax_code(self, code: &str) -> Self {
        self.with(json!({"tax_code": code}))
    }

    /// With so many stars.
    pub fn stars(self, stars: u8) -> Self {
        self.with(json!({"stars": stars}))
    }

    /// Issued on this day.
    pub fn issued_on(self, day: &str) -> Self {
        self.with(json!({"issued_on": day}))
    }

    /// Valid until this day.
    pub fn valid_until(self, day: &str) -> Self {
        self.with(json!({"valid_until": day}))
    }

    /// Signed at this event.
    pub fn at_event(self, event: &Record) -> Self {
        self.with(json!({"event_id": event.id}))
    }

    /// Registered by this organisation under its own number.
    pub fn registered_by(self, registrar: &impl AsRef<str>, external_number: &str) -> Self {
        self.with(json!({"registrar_id": registrar.as_ref(), "external_number": external_number}))
    }

    /// A party on a side (`a` to `d`) in a capacity (`producer`, `buyer`, `agency`).
    pub fn party(self, organisation: &impl AsRef<str>, side: &str, capacity: &str) -> Self {
        self.push("parties", json!({"organisation_id": organisation.as_ref(), "side": side, "capacity": capacity}))
    }

    /// This producer on side a.
    pub fn of_producer(self, producer: &impl AsRef<str>) -> Self {
        self.party(producer, "a", "producer")
    }

    /// This agency on side a.
    pub fn of_agency(self, agency: &impl AsRef<str>) -> Self {
        self.party(agency, "a", "agency")
    }

    /// This buyer on side b.
    pub fn with_buyer(self, buyer: &impl AsRef<str>) -> Self {
        self.party(buyer, "b", "buyer")
    }

    /// A commitment to deliver so much of `product` in each period (`month`, `quarter`, `year`, `total`) of 2021.
    pub fn committing(self, product: &impl AsRef<str>, quantity: &str, unit: &str, period: &str) -> Self {
        let commitment = json!({
            "product_id": product.as_ref(), "quantity": quantity, "unit": unit, "period": period, "starts_on": "2021-01-01",
            "ends_on": "2021-12-31"
        });
        self.push("commitments", commitment)
    }

    /// Not signed yet: without the day of signing and what follows from it.
    pub fn draft(self) -> Self {
        self.with(json!({
            "status": "draft", "proposed_on": null, "agreed_on": null, "signed_on": null, "effective_from": null, "effective_until": null
        }))
    }

    fn push(mut self, list: &str, item: Value) -> Self {
        match self.body[list].as_array_mut() {
            Some(items) => items.push(item),
            None => self.body[list] = json!([item]),
        }
        self
    }

    /// The body.
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// The body itself.
    pub fn into_body(self) -> Value {
        self.body
    }

    /// Asks the server to make it; the answer may be a refusal.
    pub fn send(self) -> Response {
        let key = self.key.unwrap_or_else(|| self.app.admin());
        self.app.post(&format!("/v1/{}", self.collection), self.body).key(&key).send()
    }

    /// Makes it; a refusal fails the test.
    #[track_caller]
    pub fn create(self) -> Record {
        let collection = self.collection;
        let answer = self.send().expect(201);
        let id = answer.id();
        Record { path: format!("/v1/{collection}/{id}"), etag: answer.etag(), json: answer.json(), id }
    }
}

/// RFC 7396.
fn merge(target: &mut Value, change: Value) {
    let Value::Object(change) = change else {
        *target = change;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in change {
        if value.is_null() {
            if let Some(object) = target.as_object_mut() {
                object.shift_remove(&name);
            }
        } else {
            merge(&mut target[name.as_str()], value);
        }
    }
}
