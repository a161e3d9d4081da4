//! Buyers: supermarkets, retail chains, distributors, processors and other organisations that buy. The record, its checks and its SQL are the organisations slice's.

use crate::http::collection::{Spec, operations};
use crate::organisations::{Of, Profile, ProfileKind};
use serde_json::{Value, json};

/// Marks the collection.
#[derive(Debug)]
pub struct HasBuyer;

/// `/v1/buyers`
pub type Buyers = Of<HasBuyer>;

impl Profile for HasBuyer {
    const KIND: Option<ProfileKind> = Some(ProfileKind::Buyer);
    const SPEC: Spec = Spec {
        name: "buyers",
        noun: "buyer",
        entity: "organisation",
        table: "organisations",
        description: "An organisation that buys: supermarket, chain, distributor, processor. Creating one makes the organisation too; deleting one leaves the organisation.",
        operations: operations!("buyer", "buyers"),
        filters: crate::organisations::BUYER_FILTERS,
        sorts: crate::organisations::SORTS,
        example,
    };
}

fn example() -> Value {
    json!({"name": "Hệ thống siêu thị Sao Khuê (minh họa)", "legal_form": "joint_stock_company", "province": "79", "illustrative": true,
        "buyer": {"kind": "supermarket"}})
}
