//! Producers: organisations that make products. The record, its checks and its SQL are the organisations slice's.

use crate::http::collection::{Spec, operations};
use crate::organisations::{Of, Profile, ProfileKind};
use serde_json::{Value, json};

/// Marks the collection.
#[derive(Debug)]
pub struct HasProducer;

/// `/v1/producers`
pub type Producers = Of<HasProducer>;

impl Profile for HasProducer {
    const KIND: Option<ProfileKind> = Some(ProfileKind::Producer);
    const SPEC: Spec = Spec {
        name: "producers",
        noun: "producer",
        entity: "organisation",
        table: "organisations",
        description: "An organisation that makes products, with its kind of OCOP subject. Creating one makes the organisation too; deleting one leaves the organisation.",
        operations: operations!("producer", "producers"),
        filters: crate::organisations::PRODUCER_FILTERS,
        sorts: crate::organisations::SORTS,
        example,
    };
}

fn example() -> Value {
    json!({"name": "Hợp tác xã Hành tím Vĩnh Châu (minh họa)", "legal_form": "cooperative", "province": "94@2020-10-27", "illustrative": true,
        "producer": {"kind": "cooperative", "invoice_kind": "vat_e_invoice"}})
}
