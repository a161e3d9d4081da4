-- Who did, saw and was refused what. Each row of `audit` holds the digest of itself and of the row before, so that what is
-- edited, taken out or moved shows; what is cut off at the end shows against the signed checkpoints outside the database.
CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY,
    recorded_at TIMESTAMP NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('create', 'update', 'delete', 'import', 'disclose', 'export', 'erase', 'refuse')),
    operation TEXT,
    code TEXT,
    actor_key_id TEXT,
    actor_role TEXT NOT NULL,
    actor_organisation_id TEXT,
    entity TEXT,
    entity_id TEXT,
    version BIGINT,
    organisation_id TEXT,
    reason TEXT,
    times BIGINT NOT NULL CHECK (times > 0),
    first_change BIGINT,
    last_change BIGINT,
    changes_digest TEXT,
    hash TEXT NOT NULL
);
CREATE INDEX audit_recorded_at ON audit (recorded_at);
CREATE INDEX audit_entity_id ON audit (entity_id, seq);
CREATE INDEX audit_actor ON audit (actor_key_id, seq);
CREATE INDEX audit_seldom ON audit (action, seq) WHERE action NOT IN ('create', 'update');

-- The end of the chain. Whoever seals holds this row.
CREATE TABLE audit_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    change_seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (id, seq, change_seq, hash) VALUES (1, 0, 0, '');

-- What was noted in the transaction of what it tells of, and is not in the chain yet.
CREATE TABLE audit_pending (
    id TEXT NOT NULL PRIMARY KEY,
    recorded_at TIMESTAMP NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('disclose', 'export', 'erase', 'refuse')),
    operation TEXT NOT NULL,
    code TEXT,
    actor_key_id TEXT,
    actor_role TEXT NOT NULL,
    actor_organisation_id TEXT,
    entity TEXT,
    entity_id TEXT,
    organisation_id TEXT,
    reason TEXT,
    times BIGINT NOT NULL CHECK (times > 0)
);
