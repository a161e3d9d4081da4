//! The tables as diesel knows them. A test compares them with what the migrations make on both databases.

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    feed_head (id) {
        id -> Integer,
        head -> BigInt,
    }
}

diesel::table! {
    changes (seq) {
        seq -> BigInt,
        recorded_at -> Timestamp,
        entity -> Text,
        entity_id -> Text,
        version -> BigInt,
        operation -> Text,
        actor_key_id -> Nullable<Text>,
        actor_role -> Text,
        actor_organisation_id -> Nullable<Text>,
        origin -> Text,
        body -> Nullable<Text>,
    }
}

diesel::table! {
    audit (seq) {
        seq -> BigInt,
        recorded_at -> Timestamp,
        action -> Text,
        operation -> Nullable<Text>,
        code -> Nullable<Text>,
        actor_key_id -> Nullable<Text>,
        actor_role -> Text,
        actor_organisation_id -> Nullable<Text>,
        entity -> Nullable<Text>,
        entity_id -> Nullable<Text>,
        version -> Nullable<BigInt>,
        organisation_id -> Nullable<Text>,
        reason -> Nullable<Text>,
        times -> BigInt,
        first_change -> Nullable<BigInt>,
        last_change -> Nullable<BigInt>,
        changes_digest -> Nullable<Text>,
        hash -> Text,
    }
}

diesel::table! {
    audit_head (id) {
        id -> Integer,
        seq -> BigInt,
        change_seq -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    audit_pending (id) {
        id -> Text,
        recorded_at -> Timestamp,
        action -> Text,
        operation -> Text,
        code -> Nullable<Text>,
        actor_key_id -> Nullable<Text>,
        actor_role -> Text,
        actor_organisation_id -> Nullable<Text>,
        entity -> Nullable<Text>,
        entity_id -> Nullable<Text>,
        organisation_id -> Nullable<Text>,
        reason -> Nullable<Text>,
        times -> BigInt,
    }
}

diesel::table! {
    idempotency_keys (caller, idempotency_key) {
        caller -> Text,
        idempotency_key -> Text,
        request_digest -> Text,
        status -> Integer,
        location -> Nullable<Text>,
        etag -> Nullable<Text>,
        body -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    refs (collection, source, ref_) {
        collection -> Text,
        source -> Text,
        #[sql_name = "ref"]
        ref_ -> Text,
        entity_id -> Text,
    }
}

diesel::table! {
    organisations (id) {
        id -> Text,
        version -> BigInt,
        origin -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        name -> Text,
        name_folded -> Text,
        name_en -> Nullable<Text>,
        tax_code -> Nullable<Text>,
        personal_code_digest -> Nullable<Text>,
        legal_form -> Text,
        province_id -> Text,
        address -> Nullable<Text>,
        website -> Nullable<Text>,
        status -> Text,
        successor_id -> Nullable<Text>,
        succeeded_on -> Nullable<Date>,
        illustrative -> Bool,
    }
}

diesel::table! {
    keys (id) {
        id -> Text,
        digest -> Text,
        last_four -> Text,
        name -> Text,
        role -> Text,
        organisation_id -> Nullable<Text>,
        province_id -> Nullable<Text>,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
        version -> BigInt,
        scopes -> Text,
        addresses -> Text,
        replaced_by_id -> Nullable<Text>,
        revocation_reason -> Nullable<Text>,
        family_id -> Text,
    }
}

diesel::table! {
    key_uses (key_id) {
        key_id -> Text,
        last_used_at -> Timestamp,
    }
}

diesel::table! {
    key_days (key_id, day, kind) {
        key_id -> Text,
        day -> Date,
        kind -> Text,
        used -> BigInt,
    }
}

diesel::table! {
    personal_codes (organisation_id) {
        organisation_id -> Text,
        personal_code -> Text,
    }
}

diesel::table! {
    producers (organisation_id) {
        organisation_id -> Text,
        kind -> Text,
        invoice_kind -> Text,
        description -> Nullable<Text>,
    }
}

diesel::table! {
    buyers (organisation_id) {
        organisation_id -> Text,
        kind -> Text,
        retail_system -> Nullable<Text>,
        description -> Nullable<Text>,
    }
}

diesel::table! {
    agencies (organisation_id) {
        organisation_id -> Text,
        kind -> Text,
        description -> Nullable<Text>,
    }
}

diesel::table! {
    facilities (id) {
        id -> Text,
        version -> BigInt,
        origin -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        holder_id -> Text,
        kind -> Text,
        name -> Text,
        name_folded -> Text,
        province_id -> Text,
        address -> Nullable<Text>,
        illustrative -> Bool,
    }
}

diesel::table! {
    products (id) {
        id -> Text,
        version -> BigInt,
        origin -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        producer_id -> Text,
        name -> Text,
        name_folded -> Text,
        name_en -> Nullable<Text>,
        group_id -> Text,
        hs_code -> Nullable<Text>,
        gtin -> Nullable<Text>,
        pack_unit -> Nullable<Text>,
        pack_content_milli -> Nullable<BigInt>,
        pack_content_unit -> Nullable<Text>,
        shelf_life_days -> Nullable<Integer>,
        storage -> Nullable<Text>,
        story -> Nullable<Text>,
        pictures -> Text,
        status -> Text,
        illustrative -> Bool,
    }
}

diesel::table! {
    certificates (id) {
        id -> Text,
        version -> BigInt,
        origin -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        kind -> Text,
        number -> Nullable<Text>,
        holder_id -> Text,
        subject -> Text,
        product_id -> Nullable<Text>,
        facility_id -> Nullable<Text>,
        subject_name -> Nullable<Text>,
        issuer -> Text,
        issuer_level -> Text,
        decision_number -> Nullable<Text>,
        scope -> Nullable<Text>,
        issued_on -> Date,
        valid_until -> Nullable<Date>,
        extended_until -> Nullable<Date>,
        revoked_on -> Nullable<Date>,
        revocation_reason -> Nullable<Text>,
        stars -> Nullable<Integer>,
        checked_by_id -> Nullable<Text>,
        checked_on -> Nullable<Date>,
        illustrative -> Bool,
    }
}

diesel::table! {
    star_proposals (id) {
        id -> Text,
        version -> BigInt,
        origin -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        product_id -> Text,
        stars -> Integer,
        proposed_by_id -> Text,
        proposed_on -> Date,
        outcome -> Text,
        outcome_on -> Nullable<Date>,
        certificate_id -> Nullable<Text>,
        illustrative -> Bool,
    }
}

diesel::table! {
    events (id) {
        id -> Text,
        version -> BigInt,
        origin -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        name -> Text,
        name_folded -> Text,
        name_en -> Nullable<Text>,
        kind -> Text,
        starts_on -> Date,
        ends_on -> Date,
        province_id -> Text,
        venue -> Nullable<Text>,
        organiser_id -> Nullable<Text>,
        status -> Text,
        illustrative -> Bool,
    }
}

diesel::table! {
    mous (id) {
        id -> Text,
        version -> BigInt,
        origin -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        number -> Nullable<Text>,
        kind -> Text,
        status -> Text,
        title -> Text,
        event_id -> Nullable<Text>,
        registrar_id -> Nullable<Text>,
        external_number -> Nullable<Text>,
        proposed_on -> Nullable<Date>,
        agreed_on -> Nullable<Date>,
        signed_on -> Nullable<Date>,
        effective_from -> Nullable<Date>,
        effective_until -> Nullable<Date>,
        ended_on -> Nullable<Date>,
        fields_of_cooperation -> Text,
        documents -> Text,
        transitions -> Text,
        notes -> Text,
        illustrative -> Bool,
    }
}

diesel::table! {
    mou_parties (mou_id, position) {
        mou_id -> Text,
        position -> Integer,
        organisation_id -> Text,
        side -> Text,
        capacity -> Text,
        name -> Text,
        province_id -> Text,
        acting_for -> Nullable<Text>,
    }
}

diesel::table! {
    mou_commitments (mou_id, position) {
        mou_id -> Text,
        position -> Integer,
        product_id -> Nullable<Text>,
        group_id -> Nullable<Text>,
        description -> Nullable<Text>,
        quantity_milli -> Nullable<BigInt>,
        unit -> Nullable<Text>,
        period -> Nullable<Text>,
        starts_on -> Nullable<Date>,
        ends_on -> Nullable<Date>,
        value_cents -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        demand_id -> Nullable<Text>,
        offer_id -> Nullable<Text>,
    }
}

diesel::table! {
    mou_numbers (year) {
        year -> Integer,
        last -> BigInt,
    }
}

diesel::table! {
    offers (id) {
        id -> Text,
        version -> BigInt,
        origin -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        product_id -> Text,
        quantity_milli -> BigInt,
        unit -> Text,
        quantity_base_milli -> BigInt,
        base_unit -> Text,
        months -> Integer,
        available_from -> Date,
        available_until -> Nullable<Date>,
        minimum_order_milli -> Nullable<BigInt>,
        minimum_order_unit -> Nullable<Text>,
        minimum_order_base_milli -> Nullable<BigInt>,
        lead_time_days -> Nullable<Integer>,
        price_cents -> Nullable<BigInt>,
        price_currency -> Nullable<Text>,
        price_unit -> Nullable<Text>,
        price_unit_base_milli -> Nullable<BigInt>,
        price_basis -> Nullable<Text>,
        price_vat_included -> Nullable<Bool>,
        price_as_of -> Nullable<Date>,
        price_visibility -> Nullable<Text>,
        delivers_to -> Nullable<Text>,
        remaining_shelf_life_days -> Nullable<Integer>,
        closed_on -> Nullable<Date>,
        closed_reason -> Nullable<Text>,
        illustrative -> Bool,
    }
}

diesel::table! {
    demands (id) {
        id -> Text,
        version -> BigInt,
        origin -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        buyer_id -> Text,
        title -> Text,
        title_folded -> Text,
        words -> Nullable<Text>,
        group_id -> Nullable<Text>,
        quantity_milli -> BigInt,
        unit -> Text,
        quantity_base_milli -> BigInt,
        months -> Integer,
        starts_on -> Date,
        ends_on -> Date,
        delivery_province_id -> Text,
        ceiling_cents -> Nullable<BigInt>,
        ceiling_currency -> Nullable<Text>,
        ceiling_unit -> Nullable<Text>,
        ceiling_basis -> Nullable<Text>,
        ceiling_vat_included -> Nullable<Bool>,
        ceiling_visibility -> Nullable<Text>,
        least_stars -> Nullable<Integer>,
        required_certificates -> Text,
        preferred_certificates -> Text,
        minimum_remaining_shelf_life_days -> Nullable<Integer>,
        answer_by -> Nullable<Date>,
        suppliers_at_most -> Nullable<Integer>,
        closed_on -> Nullable<Date>,
        closed_reason -> Nullable<Text>,
        illustrative -> Bool,
    }
}

diesel::table! {
    contacts (id) {
        id -> Text,
        version -> BigInt,
        origin -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        organisation_id -> Text,
        kind -> Text,
        purpose -> Text,
        ground -> Nullable<Text>,
        visibility -> Text,
        name -> Nullable<Text>,
        position -> Nullable<Text>,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        phone_digest -> Nullable<Text>,
        email_digest -> Nullable<Text>,
        salt -> Text,
        digest -> Text,
        consent_given_on -> Nullable<Date>,
        consent_channel -> Nullable<Text>,
        consent_text_version -> Nullable<Text>,
        consent_recorded_at -> Nullable<Timestamp>,
        consent_recorded_by_key_id -> Nullable<Text>,
        consent_recorded_by_organisation_id -> Nullable<Text>,
        consent_withdrawn_on -> Nullable<Date>,
        retention_until -> Nullable<Date>,
        illustrative -> Bool,
    }
}

diesel::table! {
    introductions (id) {
        id -> Text,
        version -> BigInt,
        origin -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        demand_id -> Text,
        offer_id -> Text,
        buyer_id -> Text,
        producer_id -> Text,
        asked_by -> Text,
        asked_by_key_id -> Nullable<Text>,
        status -> Text,
        answered_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        illustrative -> Bool,
    }
}

diesel::table! {
    personal_data_requests (id) {
        id -> Text,
        version -> BigInt,
        origin -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        kind -> Text,
        channel -> Text,
        received_on -> Date,
        answer_by -> Date,
        province_id -> Nullable<Text>,
        phone_digest -> Nullable<Text>,
        email_digest -> Nullable<Text>,
        personal_code_digest -> Nullable<Text>,
        contact_ids -> Text,
        organisation_ids -> Text,
        held_elsewhere -> Bool,
        registered_by_key_id -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
        answered_by_key_id -> Nullable<Text>,
        done_at -> Nullable<Timestamp>,
        done_by_key_id -> Nullable<Text>,
        backups_until -> Nullable<Date>,
    }
}

diesel::joinable!(producers -> organisations (organisation_id));
diesel::joinable!(buyers -> organisations (organisation_id));
diesel::joinable!(agencies -> organisations (organisation_id));
diesel::joinable!(mou_parties -> mous (mou_id));
diesel::joinable!(mou_commitments -> mous (mou_id));
diesel::joinable!(mou_commitments -> products (product_id));
diesel::joinable!(offers -> products (product_id));

diesel::allow_tables_to_appear_in_same_query!(
    settings,
    feed_head,
    changes,
    audit,
    idempotency_keys,
    refs,
    organisations,
    keys,
    personal_codes,
    producers,
    buyers,
    agencies,
    facilities,
    products,
    certificates,
    star_proposals,
    events,
    mous,
    mou_parties,
    mou_commitments,
    mou_numbers,
    offers,
    demands,
    contacts,
    introductions,
    personal_data_requests,
);
