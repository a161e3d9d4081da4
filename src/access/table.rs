//! Operation × role × ownership → allow, deny or hide.
//!
//! A test walks every operation of the API document and demands its row here, and tries each cell.

use super::Role;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a role may do in an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Whosever the record is.
    Allow,
    /// Where the record is the caller's own; else 403.
    Own,
    /// Where the record is the caller's own; else 404, as for a random id.
    OwnElseHide,
    /// Never: 401 without a key, 403 with one.
    Deny,
    /// Never, and not even that it exists.
    Hide,
}

use Rule::{Allow as A, Deny as D, Own as O, OwnElseHide as H};

/// One operation: its id, the area of it that a key's scopes name, and its rules in the order anonymous, producer, buyer,
/// officer, auditor, partner, admin.
pub type Row = (&'static str, &'static str, [Rule; 7]);

/// What everybody may do.
const EVERYBODY: [Rule; 7] = [A, A, A, A, A, A, A];
/// What officers of the province and administrators do.
const OFFICERS: [Rule; 7] = [D, D, D, O, D, D, A];
/// What a producer does with its own, and officers for it.
const PRODUCERS: [Rule; 7] = [D, O, D, O, D, D, A];
/// What a buyer does with its own, and officers for it.
const BUYERS: [Rule; 7] = [D, D, O, O, D, D, A];
/// What any organisation does with its own, and officers for it.
const OWNERS: [Rule; 7] = [D, O, O, O, D, D, A];
/// What the parties of an `MoU` do, and officers of their provinces.
const PARTIES: [Rule; 7] = [D, H, H, H, D, D, A];
/// What auditors and administrators read.
const AUDITORS: [Rule; 7] = [D, D, D, D, A, D, A];

/// The table.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    //                                      anon prod buy off aud part admin
    ("get_health",                          "service",        EVERYBODY),
    ("get_readiness",                       "service",        EVERYBODY),
    ("get_metrics",                         "service",        EVERYBODY),
    ("get_openapi",                         "service",        EVERYBODY),
    ("list_provinces",                      "reference",      EVERYBODY),
    ("get_province",                        "reference",      EVERYBODY),
    ("list_product_groups",                 "reference",      EVERYBODY),
    ("get_product_group",                   "reference",      EVERYBODY),
    ("list_certificate_kinds",              "reference",      EVERYBODY),
    ("get_certificate_kind",                "reference",      EVERYBODY),
    ("list_units",                          "reference",      EVERYBODY),
    ("get_unit",                            "reference",      EVERYBODY),

    ("list_organisations",                  "organisations",  EVERYBODY),
    ("get_organisation",                    "organisations",  EVERYBODY),
    ("get_organisation_by_ref",             "organisations",  EVERYBODY),
    ("list_organisation_history",           "organisations",  EVERYBODY),
    ("create_organisation",                 "organisations",  OFFICERS),
    ("create_organisations_batch",          "organisations",  OFFICERS),
    ("put_organisation_by_ref",             "organisations",  OFFICERS),
    ("patch_organisation",                  "organisations",  OWNERS),
    ("delete_organisation",                 "organisations",  OFFICERS),
    ("put_organisation_producer",           "organisations",  OWNERS),
    ("put_organisation_buyer",              "organisations",  OWNERS),
    ("put_organisation_agency",             "organisations",  OFFICERS),

    ("list_producers",                      "producers",      EVERYBODY),
    ("get_producer",                        "producers",      EVERYBODY),
    ("get_producer_by_ref",                 "producers",      EVERYBODY),
    ("list_producer_history",               "producers",      EVERYBODY),
    ("create_producer",                     "producers",      OFFICERS),
    ("create_producers_batch",              "producers",      OFFICERS),
    ("put_producer_by_ref",                 "producers",      OFFICERS),
    ("patch_producer",                      "producers",      PRODUCERS),
    ("delete_producer",                     "producers",      OFFICERS),

    ("list_buyers",                         "buyers",         EVERYBODY),
    ("get_buyer",                           "buyers",         EVERYBODY),
    ("get_buyer_by_ref",                    "buyers",         EVERYBODY),
    ("list_buyer_history",                  "buyers",         EVERYBODY),
    ("create_buyer",                        "buyers",         OFFICERS),
    ("create_buyers_batch",                 "buyers",         OFFICERS),
    ("put_buyer_by_ref",                    "buyers",         OFFICERS),
    ("patch_buyer",                         "buyers",         BUYERS),
    ("delete_buyer",                        "buyers",         OFFICERS),

    ("list_agencies",                       "agencies",       EVERYBODY),
    ("get_agency",                          "agencies",       EVERYBODY),
    ("get_agency_by_ref",                   "agencies",       EVERYBODY),
    ("list_agency_history",                 "agencies",       EVERYBODY),
    ("create_agency",                       "agencies",       OFFICERS),
    ("create_agencies_batch",               "agencies",       OFFICERS),
    ("put_agency_by_ref",                   "agencies",       OFFICERS),
    ("patch_agency",                        "agencies",       OFFICERS),
    ("delete_agency",                       "agencies",       OFFICERS),

    ("list_facilities",                     "facilities",     EVERYBODY),
    ("get_facility",                        "facilities",     EVERYBODY),
    ("get_facility_by_ref",                 "facilities",     EVERYBODY),
    ("list_facility_history",               "facilities",     EVERYBODY),
    ("create_facility",                     "facilities",     OWNERS),
    ("create_facilities_batch",             "facilities",     OWNERS),
    ("put_facility_by_ref",                 "facilities",     OWNERS),
    ("patch_facility",                      "facilities",     OWNERS),
    ("delete_facility",                     "facilities",     OWNERS),

    ("list_products",                       "products",       EVERYBODY),
    ("get_product",                         "products",       EVERYBODY),
    ("get_product_by_ref",                  "products",       EVERYBODY),
    ("list_product_history",                "products",       EVERYBODY),
    ("create_product",                      "products",       PRODUCERS),
    ("create_products_batch",               "products",       PRODUCERS),
    ("put_product_by_ref",                  "products",       PRODUCERS),
    ("patch_product",                       "products",       PRODUCERS),
    ("delete_product",                      "products",       PRODUCERS),

    // A producer states its own papers; only officers state stars and that a paper was checked (see certificates::rules).
    ("list_certificates",                   "certificates",   EVERYBODY),
    ("get_certificate",                     "certificates",   EVERYBODY),
    ("get_certificate_by_ref",              "certificates",   EVERYBODY),
    ("list_certificate_history",            "certificates",   EVERYBODY),
    ("create_certificate",                  "certificates",   OWNERS),
    ("create_certificates_batch",           "certificates",   OWNERS),
    ("put_certificate_by_ref",              "certificates",   OWNERS),
    ("patch_certificate",                   "certificates",   OWNERS),
    ("delete_certificate",                  "certificates",   OFFICERS),

    ("list_star_proposals",                 "star-proposals", EVERYBODY),
    ("get_star_proposal",                   "star-proposals", EVERYBODY),
    ("get_star_proposal_by_ref",            "star-proposals", EVERYBODY),
    ("list_star_proposal_history",          "star-proposals", EVERYBODY),
    ("create_star_proposal",                "star-proposals", OFFICERS),
    ("create_star_proposals_batch",         "star-proposals", OFFICERS),
    ("put_star_proposal_by_ref",            "star-proposals", OFFICERS),
    ("patch_star_proposal",                 "star-proposals", OFFICERS),
    ("delete_star_proposal",                "star-proposals", OFFICERS),

    ("list_events",                         "events",         EVERYBODY),
    ("get_event",                           "events",         EVERYBODY),
    ("get_event_by_ref",                    "events",         EVERYBODY),
    ("list_event_history",                  "events",         EVERYBODY),
    ("get_event_summary",                   "events",         EVERYBODY),
    ("create_event",                        "events",         OFFICERS),
    ("create_events_batch",                 "events",         OFFICERS),
    ("put_event_by_ref",                    "events",         OFFICERS),
    ("patch_event",                         "events",         OFFICERS),
    ("delete_event",                        "events",         OFFICERS),

    // What is not signed yet exists for its parties and officers alone: see_unsigned_mou.
    ("list_mous",                           "mous",           EVERYBODY),
    ("get_mou",                             "mous",           EVERYBODY),
    ("get_mou_by_ref",                      "mous",           EVERYBODY),
    ("list_mou_history",                    "mous",           EVERYBODY),
    ("see_unsigned_mou",                    "mous",           [H, H, H, H, A, H, A]),
    ("create_mou",                          "mous",           OWNERS),
    ("create_mous_batch",                   "mous",           OWNERS),
    ("put_mou_by_ref",                      "mous",           OWNERS),
    ("patch_mou",                           "mous",           PARTIES),
    ("delete_mou",                          "mous",           PARTIES),
    ("transition_mou",                      "mous",           PARTIES),
    ("create_mou_note",                     "mous",           PARTIES),
    // That the others agreed and signed is the word of an officer, not of one party.
    ("state_mou_signed",                    "mous",           OFFICERS),

    ("list_offers",                         "offers",         EVERYBODY),
    ("get_offer",                           "offers",         EVERYBODY),
    ("get_offer_by_ref",                    "offers",         EVERYBODY),
    ("list_offer_history",                  "offers",         EVERYBODY),
    ("create_offer",                        "offers",         PRODUCERS),
    ("create_offers_batch",                 "offers",         PRODUCERS),
    ("put_offer_by_ref",                    "offers",         PRODUCERS),
    ("patch_offer",                         "offers",         PRODUCERS),
    ("delete_offer",                        "offers",         PRODUCERS),
    ("close_offer",                         "offers",         PRODUCERS),

    ("list_demands",                        "demands",        EVERYBODY),
    ("get_demand",                          "demands",        EVERYBODY),
    ("get_demand_by_ref",                   "demands",        EVERYBODY),
    ("list_demand_history",                 "demands",        EVERYBODY),
    ("create_demand",                       "demands",        BUYERS),
    ("create_demands_batch",                "demands",        BUYERS),
    ("put_demand_by_ref",                   "demands",        BUYERS),
    ("patch_demand",                        "demands",        BUYERS),
    ("delete_demand",                       "demands",        BUYERS),
    ("close_demand",                        "demands",        BUYERS),

    ("list_suggestions",                    "search",         EVERYBODY),

    ("list_demand_matches",                 "matches",        EVERYBODY),
    ("list_offer_matches",                  "matches",        EVERYBODY),
    ("get_match",                           "matches",        EVERYBODY),
    ("get_producer_readiness",              "matches",        EVERYBODY),
    ("preview_matches",                     "matches",        BUYERS),
    // Whoever may make a memorandum of one of the two sides.
    ("propose_mou",                         "mous",           OWNERS),

    ("get_ocop_statistics",                 "reports",        EVERYBODY),

    // Which of them somebody sees, and whether masked, follows from the contact (contacts::sight).
    ("list_contacts",                       "contacts",       EVERYBODY),
    ("get_contact",                         "contacts",       EVERYBODY),
    ("create_contact",                      "contacts",       OWNERS),
    ("patch_contact",                       "contacts",       OWNERS),
    ("delete_contact",                      "contacts",       OWNERS),
    ("list_contact_history",                "contacts",       [D, H, H, H, A, H, A]),
    ("disclose_contact",                    "contacts",       OFFICERS),

    ("list_introductions",                  "introductions",  [D, A, A, A, A, D, A]),
    ("get_introduction",                    "introductions",  [D, H, H, H, A, D, A]),
    ("list_introduction_history",           "introductions",  [D, H, H, H, A, D, A]),
    ("list_introduction_contacts",          "introductions",  [D, H, H, H, A, D, A]),
    // For which side, and which step belongs to which, is asked of the record (introductions::rules).
    ("create_introduction",                 "introductions",  [D, A, A, A, D, D, A]),
    ("accept_introduction",                 "introductions",  PARTIES),
    ("decline_introduction",                "introductions",  PARTIES),
    ("withdraw_introduction",               "introductions",  PARTIES),
    ("end_introduction",                    "introductions",  PARTIES),

    ("list_personal_data_requests",         "personal-data",  [D, D, D, A, A, D, A]),
    ("get_personal_data_request",           "personal-data",  [D, D, D, H, A, D, A]),
    ("create_personal_data_request",        "personal-data",  [D, D, D, A, D, D, A]),
    ("answer_personal_data_request",        "personal-data",  [D, D, D, H, D, D, A]),
    ("get_personal_data_export",            "personal-data",  [D, D, D, H, D, D, A]),
    ("erase_personal_data",                 "personal-data",  [D, D, D, H, D, D, A]),

    // A script may look at its own key, replace it in time and give it up.
    ("list_keys",                           "keys",           [D, D, D, D, A, D, A]),
    ("get_key",                             "keys",           [D, H, H, H, A, H, A]),
    ("create_key",                          "keys",           [D, D, D, D, D, D, A]),
    ("rotate_key",                          "keys",           [D, H, H, H, D, H, A]),
    ("revoke_key",                          "keys",           [D, H, H, H, D, H, A]),

    ("list_audit",                          "audit",          AUDITORS),
    ("get_audit_export",                    "audit",          AUDITORS),
    ("get_audit_table",                     "audit",          AUDITORS),
];

/// Rows of the table which are no operation of the document but a question that handlers ask.
pub const QUESTIONS: &[&str] = &["see_unsigned_mou", "state_mou_signed"];

/// The rule for `role` (none: anonymous) in `operation`; `None` when the table has no such row.
pub fn rule(operation: &str, role: Option<Role>) -> Option<Rule> {
    let column = match role {
        None => 0,
        Some(Role::Producer) => 1,
        Some(Role::Buyer) => 2,
        Some(Role::Officer) => 3,
        Some(Role::Auditor) => 4,
        Some(Role::Partner) => 5,
        Some(Role::Admin) => 6,
    };
    row(operation).and_then(|(_, _, rules)| rules.get(column)).copied()
}

/// The row of `operation`. Asked for every request, so that it is not searched for from top to bottom.
pub fn row(operation: &str) -> Option<&'static Row> {
    static ROWS: LazyLock<HashMap<&str, &Row>> = LazyLock::new(|| TABLE.iter().map(|row| (row.0, row)).collect());
    ROWS.get(operation).copied()
}
