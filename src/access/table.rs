//! Operation × role × ownership → allow, deny or hide.
//!
//! A test walks every operation of the API document and demands its row here, and tries each cell.

use super::Role;

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

/// Rules of one operation in the order anonymous, producer, buyer, officer, auditor, partner, admin.
pub type Row = (&'static str, [Rule; 7]);

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

/// The table.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    //                                      anon prod buy off aud part admin
    ("get_health",                          EVERYBODY),
    ("get_readiness",                       EVERYBODY),
    ("get_metrics",                         EVERYBODY),
    ("get_openapi",                         EVERYBODY),
    ("list_provinces",                      EVERYBODY),
    ("get_province",                        EVERYBODY),
    ("list_product_groups",                 EVERYBODY),
    ("get_product_group",                   EVERYBODY),
    ("list_certificate_kinds",              EVERYBODY),
    ("get_certificate_kind",                EVERYBODY),
    ("list_units",                          EVERYBODY),
    ("get_unit",                            EVERYBODY),

    ("list_organisations",                  EVERYBODY),
    ("get_organisation",                    EVERYBODY),
    ("get_organisation_by_ref",             EVERYBODY),
    ("list_organisation_history",           EVERYBODY),
    ("create_organisation",                 OFFICERS),
    ("create_organisations_batch",          OFFICERS),
    ("put_organisation_by_ref",             OFFICERS),
    ("patch_organisation",                  OWNERS),
    ("delete_organisation",                 OFFICERS),
    ("put_organisation_producer",           OWNERS),
    ("put_organisation_buyer",              OWNERS),
    ("put_organisation_agency",             OFFICERS),

    ("list_producers",                      EVERYBODY),
    ("get_producer",                        EVERYBODY),
    ("get_producer_by_ref",                 EVERYBODY),
    ("list_producer_history",               EVERYBODY),
    ("create_producer",                     OFFICERS),
    ("create_producers_batch",              OFFICERS),
    ("put_producer_by_ref",                 OFFICERS),
    ("patch_producer",                      PRODUCERS),
    ("delete_producer",                     OFFICERS),

    ("list_buyers",                         EVERYBODY),
    ("get_buyer",                           EVERYBODY),
    ("get_buyer_by_ref",                    EVERYBODY),
    ("list_buyer_history",                  EVERYBODY),
    ("create_buyer",                        OFFICERS),
    ("create_buyers_batch",                 OFFICERS),
    ("put_buyer_by_ref",                    OFFICERS),
    ("patch_buyer",                         BUYERS),
    ("delete_buyer",                        OFFICERS),

    ("list_agencies",                       EVERYBODY),
    ("get_agency",                          EVERYBODY),
    ("get_agency_by_ref",                   EVERYBODY),
    ("list_agency_history",                 EVERYBODY),
    ("create_agency",                       OFFICERS),
    ("create_agencies_batch",               OFFICERS),
    ("put_agency_by_ref",                   OFFICERS),
    ("patch_agency",                        OFFICERS),
    ("delete_agency",                       OFFICERS),

    ("list_facilities",                     EVERYBODY),
    ("get_facility",                        EVERYBODY),
    ("get_facility_by_ref",                 EVERYBODY),
    ("list_facility_history",               EVERYBODY),
    ("create_facility",                     OWNERS),
    ("create_facilities_batch",             OWNERS),
    ("put_facility_by_ref",                 OWNERS),
    ("patch_facility",                      OWNERS),
    ("delete_facility",                     OWNERS),

    ("list_products",                       EVERYBODY),
    ("get_product",                         EVERYBODY),
    ("get_product_by_ref",                  EVERYBODY),
    ("list_product_history",                EVERYBODY),
    ("create_product",                      PRODUCERS),
    ("create_products_batch",               PRODUCERS),
    ("put_product_by_ref",                  PRODUCERS),
    ("patch_product",                       PRODUCERS),
    ("delete_product",                      PRODUCERS),

    // A producer states its own papers; only officers state stars and that a paper was checked (see certificates::rules).
    ("list_certificates",                   EVERYBODY),
    ("get_certificate",                     EVERYBODY),
    ("get_certificate_by_ref",              EVERYBODY),
    ("list_certificate_history",            EVERYBODY),
    ("create_certificate",                  OWNERS),
    ("create_certificates_batch",           OWNERS),
    ("put_certificate_by_ref",              OWNERS),
    ("patch_certificate",                   OWNERS),
    ("delete_certificate",                  OFFICERS),

    ("list_star_proposals",                 EVERYBODY),
    ("get_star_proposal",                   EVERYBODY),
    ("get_star_proposal_by_ref",            EVERYBODY),
    ("list_star_proposal_history",          EVERYBODY),
    ("create_star_proposal",                OFFICERS),
    ("create_star_proposals_batch",         OFFICERS),
    ("put_star_proposal_by_ref",            OFFICERS),
    ("patch_star_proposal",                 OFFICERS),
    ("delete_star_proposal",                OFFICERS),

    ("list_events",                         EVERYBODY),
    ("get_event",                           EVERYBODY),
    ("get_event_by_ref",                    EVERYBODY),
    ("list_event_history",                  EVERYBODY),
    ("get_event_summary",                   EVERYBODY),
    ("create_event",                        OFFICERS),
    ("create_events_batch",                 OFFICERS),
    ("put_event_by_ref",                    OFFICERS),
    ("patch_event",                         OFFICERS),
    ("delete_event",                        OFFICERS),

    // What is not signed yet exists for its parties and officers alone: see_unsigned_mou.
    ("list_mous",                           EVERYBODY),
    ("get_mou",                             EVERYBODY),
    ("get_mou_by_ref",                      EVERYBODY),
    ("list_mou_history",                    EVERYBODY),
    ("see_unsigned_mou",                    [H, H, H, H, A, H, A]),
    ("create_mou",                          OWNERS),
    ("create_mous_batch",                   OWNERS),
    ("put_mou_by_ref",                      OWNERS),
    ("patch_mou",                           PARTIES),
    ("delete_mou",                          PARTIES),
    ("transition_mou",                      PARTIES),
    ("create_mou_note",                     PARTIES),
    // That the others agreed and signed is the word of an officer, not of one party.
    ("state_mou_signed",                    OFFICERS),

    ("list_offers",                         EVERYBODY),
    ("get_offer",                           EVERYBODY),
    ("get_offer_by_ref",                    EVERYBODY),
    ("list_offer_history",                  EVERYBODY),
    ("create_offer",                        PRODUCERS),
    ("create_offers_batch",                 PRODUCERS),
    ("put_offer_by_ref",                    PRODUCERS),
    ("patch_offer",                         PRODUCERS),
    ("delete_offer",                        PRODUCERS),
    ("close_offer",                         PRODUCERS),

    ("list_demands",                        EVERYBODY),
    ("get_demand",                          EVERYBODY),
    ("get_demand_by_ref",                   EVERYBODY),
    ("list_demand_history",                 EVERYBODY),
    ("create_demand",                       BUYERS),
    ("create_demands_batch",                BUYERS),
    ("put_demand_by_ref",                   BUYERS),
    ("patch_demand",                        BUYERS),
    ("delete_demand",                       BUYERS),
    ("close_demand",                        BUYERS),

    ("list_suggestions",                    EVERYBODY),

    ("list_demand_matches",                 EVERYBODY),
    ("list_offer_matches",                  EVERYBODY),
    ("get_match",                           EVERYBODY),
    ("get_producer_readiness",              EVERYBODY),
    ("preview_matches",                     BUYERS),
    // Whoever may make a memorandum of one of the two sides.
    ("propose_mou",                         OWNERS),

    ("get_ocop_statistics",                 EVERYBODY),
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
    TABLE.iter().find(|(name, _)| *name == operation).and_then(|(_, rules)| rules.get(column)).copied()
}
