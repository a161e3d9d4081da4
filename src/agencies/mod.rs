//! Agencies: departments, committees and ministries. The record, its checks and its SQL are the organisations slice's.

use crate::http::collection::{Spec, operations};
use crate::organisations::{Of, Profile, ProfileKind};
use serde_json::{Value, json};

/// Marks the collection.
#[derive(Debug)]
pub struct HasAgency;

/// `/v1/agencies`
pub type Agencies = Of<HasAgency>;

impl Profile for HasAgency {
    const KIND: Option<ProfileKind> = Some(ProfileKind::Agency);
    const SPEC: Spec = Spec {
        name: "agencies",
        noun: "agency",
        entity: "organisation",
        table: "organisations",
        description: "A department, committee or ministry. Creating one makes the organisation too; deleting one leaves the organisation.",
        operations: operations!("agency", "agencies"),
        filters: crate::organisations::AGENCY_FILTERS,
        sorts: crate::organisations::SORTS,
        example,
    };
}

fn example() -> Value {
    json!({"name": "Sở Công Thương tỉnh An Giang (minh họa)", "legal_form": "state_agency", "province": "89@2020-10-27", "illustrative": true,
        "agency": {"kind": "department_of_industry_and_trade"}})
}
