-- The register. The same columns stand in migrations/sqlite; a test compares both with src/db/schema.rs.
-- Instants are UTC cut to microseconds, days are days in Asia/Ho_Chi_Minh, quantities are thousandths of
-- their unit, money is hundredths of its currency. `*_folded` are search keys made in Rust.
-- Text compares by bytes, as it does on SQLite, so that both databases page in the same order.

CREATE TABLE settings (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

-- One row: the number of the newest change. Its lock orders the log (see src/log).
CREATE TABLE feed_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    head BIGINT NOT NULL CHECK (head >= 0)
);
INSERT INTO feed_head (id, head) VALUES (1, 0);

CREATE TABLE changes (
    seq BIGINT NOT NULL PRIMARY KEY,
    recorded_at TIMESTAMP NOT NULL,
    entity TEXT COLLATE "C" NOT NULL,
    entity_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL CHECK (version >= 1),
    operation TEXT COLLATE "C" NOT NULL CHECK (operation IN ('create', 'update', 'delete')),
    actor_key_id TEXT COLLATE "C",
    actor_role TEXT COLLATE "C" NOT NULL,
    actor_organisation_id TEXT COLLATE "C",
    origin TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C",
    CHECK ((operation = 'delete') = (body IS NULL))
);
CREATE UNIQUE INDEX changes_entity_version ON changes (entity_id, version);

CREATE TABLE idempotency_keys (
    caller TEXT COLLATE "C" NOT NULL,
    idempotency_key TEXT COLLATE "C" NOT NULL,
    request_digest TEXT COLLATE "C" NOT NULL,
    status INTEGER NOT NULL,
    location TEXT COLLATE "C",
    etag TEXT COLLATE "C",
    body TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (caller, idempotency_key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

CREATE TABLE refs (
    collection TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    ref TEXT COLLATE "C" NOT NULL,
    entity_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (collection, source, ref)
);
CREATE INDEX refs_entity ON refs (entity_id);

CREATE TABLE organisations (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    origin TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL,
    name_en TEXT COLLATE "C",
    tax_code TEXT COLLATE "C",
    personal_code_digest TEXT COLLATE "C",
    legal_form TEXT COLLATE "C" NOT NULL CHECK (legal_form IN ('limited_liability_company', 'joint_stock_company', 'private_enterprise', 'partnership', 'state_enterprise', 'cooperative', 'cooperative_union', 'cooperative_group', 'household_business', 'farm', 'association', 'state_agency', 'foreign_company', 'other')),
    province_id TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C",
    website TEXT COLLATE "C",
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('active', 'suspended', 'dissolved')),
    successor_id TEXT COLLATE "C" REFERENCES organisations (id) DEFERRABLE INITIALLY IMMEDIATE,
    succeeded_on DATE,
    illustrative BOOLEAN NOT NULL,
    CHECK ((successor_id IS NULL) = (succeeded_on IS NULL)),
    CHECK (tax_code IS NULL OR personal_code_digest IS NULL)
);
CREATE UNIQUE INDEX organisations_tax_code ON organisations (tax_code);
CREATE UNIQUE INDEX organisations_personal_code ON organisations (personal_code_digest);
CREATE INDEX organisations_name ON organisations (name_folded, id);
CREATE INDEX organisations_province ON organisations (province_id, id);
CREATE INDEX organisations_successor ON organisations (successor_id);

CREATE TABLE keys (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    digest TEXT COLLATE "C" NOT NULL,
    last_four TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('admin', 'officer', 'auditor', 'producer', 'buyer', 'partner')),
    organisation_id TEXT COLLATE "C" REFERENCES organisations (id),
    province_id TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP,
    CHECK (role <> 'officer' OR province_id IS NOT NULL),
    CHECK (role NOT IN ('producer', 'buyer') OR organisation_id IS NOT NULL)
);
CREATE UNIQUE INDEX keys_digest ON keys (digest);
CREATE INDEX keys_organisation ON keys (organisation_id);

-- The one table that holds values which are personal data. Nothing here is ever sent or logged.
CREATE TABLE personal_codes (
    organisation_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES organisations (id) ON DELETE CASCADE,
    personal_code TEXT COLLATE "C" NOT NULL
);

CREATE TABLE producers (
    organisation_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES organisations (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('enterprise', 'cooperative', 'cooperative_group', 'farm', 'household_business', 'association')),
    invoice_kind TEXT COLLATE "C" NOT NULL CHECK (invoice_kind IN ('vat_e_invoice', 'sales_e_invoice', 'none', 'unknown')),
    description TEXT COLLATE "C"
);

CREATE TABLE buyers (
    organisation_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES organisations (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('supermarket', 'retail_chain', 'convenience_chain', 'wholesale', 'distributor', 'ecommerce', 'processor', 'exporter', 'restaurant', 'hotel', 'caterer', 'canteen', 'other')),
    retail_system TEXT COLLATE "C",
    description TEXT COLLATE "C"
);

CREATE TABLE agencies (
    organisation_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES organisations (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('department_of_industry_and_trade', 'department_of_agriculture', 'provincial_peoples_committee', 'ministry', 'trade_promotion_centre', 'other')),
    description TEXT COLLATE "C"
);

CREATE TABLE facilities (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    origin TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    holder_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('facility', 'farm')),
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL,
    province_id TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C",
    illustrative BOOLEAN NOT NULL
);
CREATE INDEX facilities_holder ON facilities (holder_id, id);
CREATE INDEX facilities_name ON facilities (name_folded, id);

CREATE TABLE products (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    origin TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    producer_id TEXT COLLATE "C" NOT NULL REFERENCES producers (organisation_id),
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL,
    name_en TEXT COLLATE "C",
    group_id TEXT COLLATE "C" NOT NULL,
    hs_code TEXT COLLATE "C",
    gtin TEXT COLLATE "C",
    pack_unit TEXT COLLATE "C",
    pack_content_milli BIGINT CHECK (pack_content_milli > 0),
    pack_content_unit TEXT COLLATE "C",
    shelf_life_days INTEGER CHECK (shelf_life_days > 0),
    storage TEXT COLLATE "C" CHECK (storage IN ('ambient', 'cool', 'chilled', 'frozen', 'live')),
    story TEXT COLLATE "C",
    pictures TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('active', 'discontinued')),
    illustrative BOOLEAN NOT NULL,
    CHECK ((pack_unit IS NULL) = (pack_content_milli IS NULL) AND (pack_unit IS NULL) = (pack_content_unit IS NULL))
);
CREATE INDEX products_producer ON products (producer_id, id);
CREATE INDEX products_name ON products (name_folded, id);
CREATE INDEX products_group ON products (group_id, id);
CREATE UNIQUE INDEX products_gtin ON products (producer_id, gtin);

CREATE TABLE certificates (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    origin TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C",
    holder_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    subject TEXT COLLATE "C" NOT NULL CHECK (subject IN ('product', 'facility', 'farm', 'entity', 'brand', 'origin_name', 'chain')),
    product_id TEXT COLLATE "C" REFERENCES products (id),
    facility_id TEXT COLLATE "C" REFERENCES facilities (id),
    subject_name TEXT COLLATE "C",
    issuer TEXT COLLATE "C" NOT NULL,
    issuer_level TEXT COLLATE "C" NOT NULL CHECK (issuer_level IN ('commune', 'district', 'province', 'ministry', 'certification_body', 'laboratory', 'association', 'retail_programme', 'self_declared', 'foreign', 'other')),
    decision_number TEXT COLLATE "C",
    scope TEXT COLLATE "C",
    issued_on DATE NOT NULL,
    valid_until DATE,
    extended_until DATE,
    revoked_on DATE,
    revocation_reason TEXT COLLATE "C",
    stars INTEGER CHECK (stars BETWEEN 3 AND 5),
    checked_by_id TEXT COLLATE "C" REFERENCES organisations (id),
    checked_on DATE,
    illustrative BOOLEAN NOT NULL,
    CHECK (valid_until IS NULL OR valid_until >= issued_on),
    CHECK (extended_until IS NULL OR (valid_until IS NOT NULL AND extended_until >= valid_until)),
    CHECK ((kind = 'OCOP') = (stars IS NOT NULL))
);
CREATE INDEX certificates_holder ON certificates (holder_id, id);
CREATE INDEX certificates_product ON certificates (product_id, id);
CREATE INDEX certificates_facility ON certificates (facility_id, id);
CREATE INDEX certificates_kind ON certificates (kind, id);
-- A paper is registered once; NULL numbers differ from each other on both databases.
CREATE UNIQUE INDEX certificates_paper ON certificates (kind, number, holder_id, issued_on);
CREATE INDEX certificates_checked_by ON certificates (checked_by_id);

CREATE TABLE star_proposals (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    origin TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    product_id TEXT COLLATE "C" NOT NULL REFERENCES products (id),
    stars INTEGER NOT NULL CHECK (stars BETWEEN 3 AND 5),
    proposed_by_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    proposed_on DATE NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('pending', 'granted', 'refused', 'withdrawn')),
    outcome_on DATE,
    certificate_id TEXT COLLATE "C" REFERENCES certificates (id),
    illustrative BOOLEAN NOT NULL,
    CHECK ((outcome = 'pending') = (outcome_on IS NULL))
);
CREATE INDEX star_proposals_product ON star_proposals (product_id, id);
CREATE INDEX star_proposals_proposed_by ON star_proposals (proposed_by_id);
CREATE INDEX star_proposals_certificate ON star_proposals (certificate_id);

CREATE TABLE events (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    origin TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL,
    name_en TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('supply_demand_conference', 'trade_fair', 'festival', 'trade_mission', 'online_session', 'other')),
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    province_id TEXT COLLATE "C" NOT NULL,
    venue TEXT COLLATE "C",
    organiser_id TEXT COLLATE "C" REFERENCES organisations (id),
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('planned', 'held', 'cancelled')),
    illustrative BOOLEAN NOT NULL,
    CHECK (ends_on >= starts_on)
);
CREATE INDEX events_name ON events (name_folded, id);
CREATE INDEX events_starts ON events (starts_on, id);
CREATE INDEX events_organiser ON events (organiser_id);

CREATE TABLE mous (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    origin TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    number TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('agency_agency', 'province_retail', 'producer_distributor', 'other')),
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('draft', 'proposed', 'agreed', 'signed', 'completed', 'terminated', 'cancelled')),
    title TEXT COLLATE "C" NOT NULL,
    event_id TEXT COLLATE "C" REFERENCES events (id),
    registrar_id TEXT COLLATE "C" REFERENCES organisations (id),
    external_number TEXT COLLATE "C",
    proposed_on DATE,
    agreed_on DATE,
    signed_on DATE,
    effective_from DATE,
    effective_until DATE,
    ended_on DATE,
    fields_of_cooperation TEXT COLLATE "C" NOT NULL,
    documents TEXT COLLATE "C" NOT NULL,
    transitions TEXT COLLATE "C" NOT NULL,
    notes TEXT COLLATE "C" NOT NULL,
    illustrative BOOLEAN NOT NULL,
    CHECK ((number IS NULL) = (signed_on IS NULL)),
    CHECK (status NOT IN ('signed', 'completed', 'terminated') OR signed_on IS NOT NULL),
    CHECK (signed_on IS NULL OR status IN ('signed', 'completed', 'terminated')),
    CHECK (signed_on IS NULL OR effective_from IS NOT NULL),
    CHECK (effective_until IS NULL OR effective_from IS NULL OR effective_until >= effective_from),
    CHECK ((ended_on IS NOT NULL) = (status IN ('completed', 'terminated', 'cancelled')))
);
CREATE UNIQUE INDEX mous_number ON mous (number);
CREATE UNIQUE INDEX mous_external_number ON mous (registrar_id, external_number, signed_on);
CREATE INDEX mous_event ON mous (event_id, id);
-- The sort by day of signing, in which what is not signed stands last: src/mous/store.rs has the same expression.
CREATE INDEX mous_signed ON mous (COALESCE(signed_on, '9999-12-31'), id);

CREATE TABLE mou_parties (
    mou_id TEXT COLLATE "C" NOT NULL REFERENCES mous (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    side TEXT COLLATE "C" NOT NULL CHECK (side IN ('a', 'b', 'c', 'd')),
    capacity TEXT COLLATE "C" NOT NULL CHECK (capacity IN ('producer', 'buyer', 'agency')),
    name TEXT COLLATE "C" NOT NULL,
    province_id TEXT COLLATE "C" NOT NULL,
    acting_for TEXT COLLATE "C",
    PRIMARY KEY (mou_id, position)
);
CREATE UNIQUE INDEX mou_parties_organisation ON mou_parties (organisation_id, mou_id);
CREATE INDEX mou_parties_province ON mou_parties (province_id, mou_id);

CREATE TABLE mou_commitments (
    mou_id TEXT COLLATE "C" NOT NULL REFERENCES mous (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    product_id TEXT COLLATE "C" REFERENCES products (id),
    group_id TEXT COLLATE "C",
    description TEXT COLLATE "C",
    quantity_milli BIGINT CHECK (quantity_milli > 0),
    unit TEXT COLLATE "C",
    period TEXT COLLATE "C" CHECK (period IN ('month', 'quarter', 'year', 'total')),
    starts_on DATE,
    ends_on DATE,
    value_cents BIGINT CHECK (value_cents > 0),
    currency TEXT COLLATE "C",
    PRIMARY KEY (mou_id, position),
    CHECK ((quantity_milli IS NULL) = (unit IS NULL) AND (value_cents IS NULL) = (currency IS NULL)),
    CHECK (ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on)
);
CREATE INDEX mou_commitments_product ON mou_commitments (product_id, mou_id);

-- The newest sequence number given in each year of signing; numbers are never reused.
CREATE TABLE mou_numbers (
    year INTEGER NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL CHECK (last >= 1)
);
