-- How people are reached. Names, positions, numbers and addresses of persons stand in this table alone; a change of the log
-- holds a digest that is salted with `salt`, which goes with the row.
CREATE TABLE contacts (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    origin TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    kind TEXT NOT NULL CHECK (kind IN ('mailbox', 'switchboard', 'person')),
    purpose TEXT NOT NULL CHECK (purpose IN ('trade', 'memoranda', 'deliveries', 'administration')),
    ground TEXT CHECK (ground IN ('consent', 'contract', 'public_task')),
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'matched', 'officers')),
    name TEXT,
    position TEXT,
    phone TEXT,
    email TEXT,
    phone_digest TEXT,
    email_digest TEXT,
    salt TEXT NOT NULL,
    digest TEXT NOT NULL,
    consent_given_on DATE,
    consent_channel TEXT CHECK (consent_channel IN ('paper', 'email', 'phone', 'web', 'event')),
    consent_text_version TEXT,
    consent_recorded_at TIMESTAMP,
    consent_recorded_by_key_id TEXT,
    consent_recorded_by_organisation_id TEXT,
    consent_withdrawn_on DATE,
    retention_until DATE,
    illustrative BOOLEAN NOT NULL,
    CHECK (phone IS NOT NULL OR email IS NOT NULL),
    CHECK (kind <> 'person' OR (name IS NOT NULL AND ground IS NOT NULL AND retention_until IS NOT NULL)),
    CHECK (kind <> 'person' OR visibility = 'officers' OR (consent_given_on IS NOT NULL AND consent_withdrawn_on IS NULL))
);
CREATE INDEX contacts_organisation ON contacts (organisation_id, id);
CREATE INDEX contacts_phone ON contacts (phone_digest) WHERE phone_digest IS NOT NULL;
CREATE INDEX contacts_email ON contacts (email_digest) WHERE email_digest IS NOT NULL;
CREATE INDEX contacts_retention ON contacts (retention_until) WHERE retention_until IS NOT NULL;

-- One side asks the other to exchange contacts, for a demand and an offer. Holds no personal value.
CREATE TABLE introductions (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    origin TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    demand_id TEXT NOT NULL,
    offer_id TEXT NOT NULL,
    buyer_id TEXT NOT NULL,
    producer_id TEXT NOT NULL,
    asked_by TEXT NOT NULL CHECK (asked_by IN ('buyer', 'producer')),
    asked_by_key_id TEXT,
    status TEXT NOT NULL CHECK (status IN ('asked', 'accepted', 'declined', 'withdrawn', 'ended')),
    answered_at TIMESTAMP,
    ended_at TIMESTAMP,
    illustrative BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX introductions_live ON introductions (demand_id, offer_id) WHERE status IN ('asked', 'accepted');
CREATE INDEX introductions_offer ON introductions (offer_id);
CREATE INDEX introductions_buyer ON introductions (buyer_id, id);
CREATE INDEX introductions_producer ON introductions (producer_id, id);

-- What a person asked about the data that is held on him or her: by digests, which are forgotten when it is done.
CREATE TABLE personal_data_requests (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    origin TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('export', 'erasure')),
    channel TEXT NOT NULL CHECK (channel IN ('paper', 'email', 'phone', 'web', 'event')),
    received_on DATE NOT NULL,
    answer_by DATE NOT NULL,
    province_id TEXT,
    phone_digest TEXT,
    email_digest TEXT,
    personal_code_digest TEXT,
    contact_ids TEXT NOT NULL,
    organisation_ids TEXT NOT NULL,
    held_elsewhere BOOLEAN NOT NULL,
    registered_by_key_id TEXT,
    answered_at TIMESTAMP,
    answered_by_key_id TEXT,
    done_at TIMESTAMP,
    done_by_key_id TEXT,
    backups_until DATE
);
CREATE INDEX personal_data_requests_province ON personal_data_requests (province_id, id);
