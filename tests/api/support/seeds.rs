//! Records of every collection, for what is tested of all collections alike.

use super::app::TestApp;
use super::builders::{
    Draft, Record, a_buyer, a_demand, a_facility, a_mou, a_producer, a_product, a_star_proposal, an_agency, an_event, an_ocop_certificate,
    an_offer, an_organisation,
};
use serde_json::{Value, json};

/// A record with a body that would make another one.
#[derive(Debug, Clone)]
pub struct Seed {
    /// The record.
    pub record: Record,
    /// An organisation that it belongs to.
    pub owner: Option<String>,
    /// The province that it belongs to, by its code of today.
    pub province: &'static str,
    /// A body of the same collection, which may be posted again and again.
    pub body: Value,
}

/// `count` records of `collection` that may be patched, with what they need.
#[track_caller]
pub fn seeds(app: &TestApp, collection: &str, count: usize) -> Vec<Seed> {
    let mut needs = Needs::default();
    (0..count)
        .map(|index| {
            let draft = draft(app, collection, index, &mut needs);
            let body = draft.body().clone();
            let record = draft.create();
            let owner = match collection {
                "organisations" | "producers" | "buyers" | "agencies" => Some(record.id.clone()),
                "demands" => needs.buyer.as_ref().map(|buyer| buyer.id.clone()),
                _ => needs.producer.as_ref().map(|producer| producer.id.clone()),
            };
            Seed { record, body, owner, province: if matches!(collection, "buyers" | "demands") { "79" } else { "92" } }
        })
        .collect()
}

/// What records refer to, made once.
#[derive(Default)]
struct Needs {
    producer: Option<Record>,
    buyer: Option<Record>,
    agency: Option<Record>,
}

impl Needs {
    fn producer(&mut self, app: &TestApp) -> &Record {
        self.producer.get_or_insert_with(|| a_producer(app).create())
    }

    fn buyer(&mut self, app: &TestApp) -> &Record {
        self.buyer.get_or_insert_with(|| a_buyer(app).create())
    }

    fn agency(&mut self, app: &TestApp) -> &Record {
        self.agency.get_or_insert_with(|| an_agency(app).create())
    }

    fn product(&mut self, app: &TestApp) -> Record {
        a_product(app, self.producer(app)).create()
    }
}

#[track_caller]
fn draft<'a>(app: &'a TestApp, collection: &str, index: usize, needs: &mut Needs) -> Draft<'a> {
    // Names that do not sort by the time of making.
    let name = format!("{} {index}", ["Đồng Tâm", "Ấp Ba", "Vĩnh Châu", "Ấp Ba"][index % 4]);
    match collection {
        "organisations" => an_organisation(app).named(&name),
        "producers" => a_producer(app).named(&name),
        "buyers" => a_buyer(app).named(&name),
        "agencies" => an_agency(app).named(&name),
        "events" => an_event(app).named(&name).with(json!({"starts_on": format!("2020-10-{}", 27 - index % 3)})),
        // Only what is not signed may be patched and deleted.
        "mous" => a_mou(app).named(&name).draft().of_producer(needs.producer(app)).with_buyer(needs.buyer(app)).with(json!({
            "fields_of_cooperation": ["Tiêu thụ sản phẩm OCOP"],
            "documents": [{"sha256": "0".repeat(64), "title": "Biên bản"}],
            "commitments": [{"group": "N1.2.a", "quantity": "12", "unit": "TAN", "period": "year"}]
        })),
        "facilities" => a_facility(app, needs.producer(app)).named(&name),
        "products" => a_product(app, needs.producer(app)).named(&name),
        "certificates" => {
            let product = needs.product(app);
            let issued_on = ["2020-06-24", "2020-03-16", "2021-01-05", "2020-03-16"][index % 4];
            // A paper with a number is registered once.
            an_ocop_certificate(app, &product).issued_on(issued_on).with(json!({"number": null}))
        }
        "star-proposals" => {
            let product = needs.product(app);
            let proposed_on = ["2020-09-25", "2020-09-01", "2021-02-03", "2020-09-01"][index % 4];
            a_star_proposal(app, &product, needs.agency(app)).with(json!({"proposed_on": proposed_on}))
        }
        "offers" => {
            let product = a_product(app, needs.producer(app)).create();
            an_offer(app, &product).with(json!({"available_from": format!("2026-0{}-01", index % 3 + 1)}))
        }
        "demands" => a_demand(app, needs.buyer(app)).named(&name).with(json!({"starts_on": format!("2027-01-0{}", index % 3 + 1)})),
        _ => panic!("tests/api/support/seeds.rs does not know how to make a record of {collection}: add it"),
    }
}
