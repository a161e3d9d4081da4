-- Who did, saw and was refused what. Each row of `audit` holds the digest of itself and of the row before, so that what is
-- edited, taken out or moved shows; what is cut off at the end shows against the signed checkpoints outside the database.
CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY,
    recorded_at TIMESTAMP NOT NULL,
    action TEXT COLLATE "C" NOT NULL CHECK (action IN ('create', 'update', 'delete', 'import', 'disclose', 'export', 'erase', 'refuse')),
    operation TEXT COLLATE "C",
    code TEXT COLLATE "C",
    actor_key_id TEXT COLLATE "C",
    actor_role TEXT COLLATE "C" NOT NULL,
    actor_organisation_id TEXT COLLATE "C",
    entity TEXT COLLATE "C",
    entity_id TEXT COLLATE "C",
    version BIGINT,
    organisation_id TEXT COLLATE "C",
    reason TEXT COLLATE "C",
    times BIGINT NOT NULL CHECK (times > 0),
    first_change BIGINT,
    last_change BIGINT,
    changes_digest TEXT COLLATE "C",
    hash TEXT COLLATE "C" NOT NULL
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
    hash TEXT COLLATE "C" NOT NULL
);
INSERT INTO audit_head (id, seq, change_seq, hash) VALUES (1, 0, 0, '');

-- What was noted in the transaction of what it tells of, and is not in the chain yet.
CREATE TABLE audit_pending (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    recorded_at TIMESTAMP NOT NULL,
    action TEXT COLLATE "C" NOT NULL CHECK (action IN ('disclose', 'export', 'erase', 'refuse')),
    operation TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C",
    actor_key_id TEXT COLLATE "C",
    actor_role TEXT COLLATE "C" NOT NULL,
    actor_organisation_id TEXT COLLATE "C",
    entity TEXT COLLATE "C",
    entity_id TEXT COLLATE "C",
    organisation_id TEXT COLLATE "C",
    reason TEXT COLLATE "C",
    times BIGINT NOT NULL CHECK (times > 0)
);
