//! Which column is public: decided here, column by column.
//!
//! A test compares this table with the columns of both databases: a column without a decision fails it.
//! [`redact`] reads the table for every record that is answered, listed or shown in a history.

use super::Sight;
use serde_json::{Map, Value};

/// Who sees a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody.
    Public,
    /// The organisations concerned, and whoever Officers are.
    Parties,
    /// Officers of the provinces concerned, auditors, administrators.
    Officers,
    /// Whoever the record itself says: its `visibility` decides (see `price::Visibility`).
    Stated,
    /// Nobody: it never leaves the database by the API.
    Never,
}

use Who::{Never as N, Officers as O, Parties as S, Public as P, Stated as V};

/// Columns of one table.
pub type Table = (&'static str, &'static [(&'static str, Who)]);

/// The table.
#[rustfmt::skip]
pub const COLUMNS: &[Table] = &[
    ("settings", &[
        ("name", N), ("value", N),
    ]),
    ("feed_head", &[
        ("id", N), ("head", N),
    ]),
    ("changes", &[
        ("seq", P), ("recorded_at", P), ("entity", P), ("entity_id", P), ("version", P), ("operation", P), ("actor_key_id", O),
        ("actor_role", P), ("actor_organisation_id", P), ("origin", P), ("body", N),
    ]),
    // Shown whole, to auditors and administrators alone (`list_audit`).
    ("audit", &[
        ("seq", N), ("recorded_at", N), ("action", N), ("operation", N), ("code", N), ("actor_key_id", N), ("actor_role", N),
        ("actor_organisation_id", N), ("entity", N), ("entity_id", N), ("version", N), ("organisation_id", N), ("reason", N),
        ("times", N), ("first_change", N), ("last_change", N), ("changes_digest", N), ("hash", N),
    ]),
    ("audit_head", &[
        ("id", N), ("seq", N), ("change_seq", N), ("hash", N),
    ]),
    ("audit_pending", &[
        ("id", N), ("recorded_at", N), ("action", N), ("operation", N), ("code", N), ("actor_key_id", N), ("actor_role", N),
        ("actor_organisation_id", N), ("entity", N), ("entity_id", N), ("organisation_id", N), ("reason", N), ("times", N),
    ]),
    ("idempotency_keys", &[
        ("caller", N), ("idempotency_key", N), ("request_digest", N), ("status", N), ("location", N), ("etag", N), ("body", N),
        ("created_at", N),
    ]),
    ("refs", &[
        ("collection", N), ("source", N), ("ref", N), ("entity_id", N),
    ]),
    ("organisations", &[
        ("id", P), ("version", P), ("origin", P), ("created_at", P), ("updated_at", P), ("name", P), ("name_folded", N),
        ("name_en", P), ("tax_code", P), ("personal_code_digest", N), ("legal_form", P), ("province_id", P), ("address", P),
        ("website", P), ("status", P), ("successor_id", P), ("succeeded_on", P), ("illustrative", P),
    ]),
    ("keys", &[
        ("id", N), ("digest", N), ("last_four", N), ("name", N), ("role", N), ("organisation_id", N), ("province_id", N),
        ("created_at", N), ("expires_at", N), ("revoked_at", N), ("version", N), ("scopes", N), ("addresses", N),
        ("replaced_by_id", N), ("revocation_reason", N), ("family_id", N),
    ]),
    ("key_uses", &[
        ("key_id", N), ("last_used_at", N),
    ]),
    ("key_days", &[
        ("key_id", N), ("day", N), ("kind", N), ("used", N),
    ]),
    ("personal_codes", &[
        ("organisation_id", N), ("personal_code", N),
    ]),
    ("producers", &[
        ("organisation_id", P), ("kind", P), ("invoice_kind", P), ("description", P),
    ]),
    ("buyers", &[
        ("organisation_id", P), ("kind", P), ("retail_system", P), ("description", P),
    ]),
    ("agencies", &[
        ("organisation_id", P), ("kind", P), ("description", P),
    ]),
    ("facilities", &[
        ("id", P), ("version", P), ("origin", P), ("created_at", P), ("updated_at", P), ("holder_id", P), ("kind", P),
        ("name", P), ("name_folded", N), ("province_id", P), ("address", P), ("illustrative", P),
    ]),
    ("products", &[
        ("id", P), ("version", P), ("origin", P), ("created_at", P), ("updated_at", P), ("producer_id", P), ("name", P),
        ("name_folded", N), ("name_en", P), ("group_id", P), ("hs_code", P), ("gtin", P), ("pack_unit", P),
        ("pack_content_milli", P), ("pack_content_unit", P), ("shelf_life_days", P), ("storage", P), ("story", P),
        ("pictures", P), ("status", P), ("illustrative", P),
    ]),
    ("certificates", &[
        ("id", P), ("version", P), ("origin", P), ("created_at", P), ("updated_at", P), ("kind", P), ("number", P),
        ("holder_id", P), ("subject", P), ("product_id", P), ("facility_id", P), ("subject_name", P), ("issuer", P),
        ("issuer_level", P), ("decision_number", P), ("scope", P), ("issued_on", P), ("valid_until", P), ("extended_until", P),
        ("revoked_on", P), ("revocation_reason", P), ("stars", P), ("checked_by_id", P), ("checked_on", P), ("illustrative", P),
    ]),
    ("star_proposals", &[
        ("id", P), ("version", P), ("origin", P), ("created_at", P), ("updated_at", P), ("product_id", P), ("stars", P),
        ("proposed_by_id", P), ("proposed_on", P), ("outcome", P), ("outcome_on", P), ("certificate_id", P), ("illustrative", P),
    ]),
    ("events", &[
        ("id", P), ("version", P), ("origin", P), ("created_at", P), ("updated_at", P), ("name", P), ("name_folded", N),
        ("name_en", P), ("kind", P), ("starts_on", P), ("ends_on", P), ("province_id", P), ("venue", P), ("organiser_id", P),
        ("status", P), ("illustrative", P),
    ]),
    ("mous", &[
        ("id", P), ("version", P), ("origin", P), ("created_at", P), ("updated_at", P), ("number", P), ("kind", P), ("status", P),
        ("title", P), ("event_id", P), ("registrar_id", P), ("external_number", P), ("proposed_on", P), ("agreed_on", P),
        ("signed_on", P), ("effective_from", P), ("effective_until", P), ("ended_on", P), ("fields_of_cooperation", P),
        ("documents", S), ("transitions", S), ("notes", S), ("illustrative", P),
    ]),
    ("mou_parties", &[
        ("mou_id", P), ("position", P), ("organisation_id", P), ("side", P), ("capacity", P), ("name", P), ("province_id", P),
        ("acting_for", P),
    ]),
    ("mou_commitments", &[
        ("mou_id", S), ("position", S), ("product_id", S), ("group_id", S), ("description", S), ("quantity_milli", S),
        ("unit", S), ("period", S), ("starts_on", S), ("ends_on", S), ("value_cents", S), ("currency", S), ("demand_id", S),
        ("offer_id", S),
    ]),
    ("mou_numbers", &[
        ("year", N), ("last", N),
    ]),
    ("offers", &[
        ("id", P), ("version", P), ("origin", P), ("created_at", P), ("updated_at", P), ("product_id", P),
        ("quantity_milli", P), ("unit", P), ("quantity_base_milli", P), ("base_unit", P), ("months", P), ("available_from", P),
        ("available_until", P), ("minimum_order_milli", P), ("minimum_order_unit", P), ("minimum_order_base_milli", P),
        ("lead_time_days", P), ("price_cents", V), ("price_currency", V), ("price_unit", V), ("price_unit_base_milli", V),
        ("price_basis", V), ("price_vat_included", V), ("price_as_of", V), ("price_visibility", V), ("delivers_to", P),
        ("remaining_shelf_life_days", P), ("closed_on", P), ("closed_reason", P), ("illustrative", P),
    ]),
    ("demands", &[
        ("id", P), ("version", P), ("origin", P), ("created_at", P), ("updated_at", P), ("buyer_id", P), ("title", P),
        ("title_folded", N), ("words", P), ("group_id", P), ("quantity_milli", P), ("unit", P), ("quantity_base_milli", P),
        ("months", P), ("starts_on", P), ("ends_on", P), ("delivery_province_id", P), ("ceiling_cents", V),
        ("ceiling_currency", V), ("ceiling_unit", V), ("ceiling_basis", V), ("ceiling_vat_included", V),
        ("ceiling_visibility", V), ("least_stars", P), ("required_certificates", P), ("preferred_certificates", P),
        ("minimum_remaining_shelf_life_days", P), ("answer_by", P), ("suppliers_at_most", P), ("closed_on", P),
        ("closed_reason", P), ("illustrative", P),
    ]),
    ("contacts", &[
        ("id", P), ("version", P), ("origin", P), ("created_at", P), ("updated_at", P), ("organisation_id", P), ("kind", P),
        ("purpose", P), ("ground", S), ("visibility", P), ("name", V), ("position", V), ("phone", V), ("email", V),
        ("phone_digest", N), ("email_digest", N), ("salt", N), ("digest", N), ("consent_given_on", S), ("consent_channel", S),
        ("consent_text_version", S), ("consent_recorded_at", S), ("consent_recorded_by_key_id", N),
        ("consent_recorded_by_organisation_id", S), ("consent_withdrawn_on", S), ("retention_until", S), ("illustrative", P),
    ]),
    ("introductions", &[
        ("id", S), ("version", S), ("origin", S), ("created_at", S), ("updated_at", S), ("demand_id", S), ("offer_id", S),
        ("buyer_id", S), ("producer_id", S), ("asked_by", S), ("asked_by_key_id", N), ("status", S), ("answered_at", S),
        ("ended_at", S), ("illustrative", S),
    ]),
    ("personal_data_requests", &[
        ("id", O), ("version", O), ("origin", O), ("created_at", O), ("updated_at", O), ("kind", O), ("channel", O),
        ("received_on", O), ("answer_by", O), ("province_id", O), ("phone_digest", N), ("email_digest", N),
        ("personal_code_digest", N), ("contact_ids", O), ("organisation_ids", O), ("held_elsewhere", O),
        ("registered_by_key_id", O), ("answered_at", O), ("answered_by_key_id", O), ("done_at", O), ("done_by_key_id", O),
        ("backups_until", O),
    ]),
];

/// Members of a record that are rows of a table of their own: (table of the record, member, table of its rows).
const PARTS: &[(&str, &str, &str)] = &[
    ("organisations", "producer", "producers"),
    ("organisations", "buyer", "buyers"),
    ("organisations", "agency", "agencies"),
    ("mous", "parties", "mou_parties"),
    ("mous", "commitments", "mou_commitments"),
];

/// Takes out of `object`, a record of `table`, what `sight` does not reach.
pub fn redact(table: &str, object: &mut Map<String, Value>, sight: Sight) {
    for (column, who) in columns(table) {
        if !reaches(sight, *who) {
            object.shift_remove(*column);
        }
    }
    for (_, member, part) in PARTS.iter().filter(|(of, _, _)| *of == table) {
        if columns(part).iter().any(|(_, who)| !reaches(sight, *who)) {
            object.shift_remove(*member);
        }
    }
}

fn columns(table: &str) -> &'static [(&'static str, Who)] {
    COLUMNS.iter().find(|(name, _)| *name == table).map_or(&[], |(_, columns)| columns)
}

fn reaches(sight: Sight, who: Who) -> bool {
    match who {
        Who::Public => true,
        Who::Parties => sight >= Sight::Parties,
        Who::Officers => sight >= Sight::Officers,
        // The member that holds such columns is judged by its own collection (`Collection::hidden`), never by name here.
        Who::Stated | Who::Never => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn commitments_are_seen_by_the_parties_and_officers_alone() {
        let mou = json!({"id": "mou_1", "title": "t", "commitments": [{"quantity": "5"}], "notes": []});
        let seen = |sight| {
            let mut object = mou.as_object().unwrap().clone();
            redact("mous", &mut object, sight);
            object.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(seen(Sight::Public), ["id", "title"]);
        assert_eq!(seen(Sight::Parties), ["id", "title", "commitments", "notes"]);
        assert_eq!(seen(Sight::Officers), ["id", "title", "commitments", "notes"]);
    }

    #[test]
    fn the_digest_of_a_personal_code_is_seen_by_nobody() {
        let mut object = json!({"name": "Hộ kinh doanh", "personal_code_digest": "x"}).as_object().unwrap().clone();
        redact("organisations", &mut object, Sight::Officers);
        assert!(!object.contains_key("personal_code_digest"));
    }
}
